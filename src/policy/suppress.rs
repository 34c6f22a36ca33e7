//! Suppressions: which finding was accepted, by whom, and which of the words for it come to nothing.
//!
//! A comment (`load/suppress.rs`) accepts what is marked in the text that it is about, and what is made
//! by the block or below the module call that it stands at. An `[[ignore]]` of sekisho.toml accepts by
//! conditions. Both need a reason, both may have a last day, and what they do not do is a finding.

use super::nearest::nearest;
use super::{Policy, pattern};
use crate::date::Date;
use crate::diagnostic::{Code, Diagnostic, Finding, Message, Suppressed, Verdict, fingerprint};
use crate::extract::facts::MissingModule;
use crate::load::project::{Project, Root};
use crate::load::suppress::{Comment, Wrong};
use crate::load::syntax::Span;
use crate::source::{FileId, Place};
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The rules about suppressions themselves: they cannot be suppressed.
const WITHOUT_REASON: &str = "suppression-without-reason";
const EXPIRED: &str = "suppression-expired";
const UNUSED: &str = "suppression-unused";

/// An `[[ignore]]` of sekisho.toml. Of each condition any value may hold, and all conditions must; a
/// list that is empty is no condition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ignore {
    /// Ids of rules and diagnostics; without one nothing is accepted.
    pub rules: Vec<String>,
    /// Addresses (`*` within a step, `**` for any number of steps).
    pub addresses: Vec<String>,
    /// Paths, relative to `base`: the file of the block, that of the mark, or the root's directory.
    pub paths: Vec<String>,
    /// Resource types.
    pub types: Vec<String>,
    /// Data classes.
    pub classes: Vec<String>,
    /// Why.
    pub reason: Option<String>,
    /// The last day on which it counts.
    pub until: Option<Date>,
    /// Who answers for it; only told.
    pub owner: Option<String>,
    /// Where it stands.
    pub place: Place,
    /// The directory of the settings file, absolute.
    pub base: PathBuf,
    /// It counts for roots in or below `base` only (a file that was found), else for all (`--config`).
    pub only_below: bool,
}

/// Which suppressions count.
#[derive(Clone, Debug)]
pub struct Options {
    /// Those of comments (`--no-inline-suppressions` says no).
    pub inline: bool,
    /// Those of comments in vendored modules too.
    pub vendored: bool,
    /// Where `terraform init` puts modules: `.terraform`, or `TF_DATA_DIR`.
    pub data_dir: PathBuf,
    /// The day on which the run is.
    pub today: Date,
}

/// What is asked whether it was accepted.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The id of its rule, or the code of the diagnostic.
    pub id: &'a str,
    /// The directory of its root.
    pub root: Option<&'a Path>,
    /// What it is about.
    pub address: Option<&'a str>,
    /// The resource type of that.
    pub ty: Option<&'a str>,
    /// The data class.
    pub class: Option<&'a str>,
    /// Where it stands: the block and the mark.
    pub stands: &'a [Place],
    /// What else a comment can stand at: the deciding value, the module calls around it.
    pub around: &'a [Place],
    /// The way of the value. A comment there counts when it is about a value, not when it is about
    /// everything that another block makes.
    pub way: &'a [Place],
}

/// All suppressions of a run. What they were used for is noted from all threads.
#[derive(Debug)]
pub struct Suppressions {
    entries: Vec<Entry>,
    /// Comments that count, by the file in which they stand, sorted by what they cover; each with the
    /// furthest end so far, so that a search need not look at all of them.
    by_file: FxHashMap<FileId, Vec<Covered>>,
    /// `[[ignore]]` entries that count.
    ignores: Vec<usize>,
    /// The ids that any entry that counts names.
    named: FxHashSet<String>,
}

#[derive(Clone, Copy, Debug)]
struct Covered {
    span: Span,
    furthest: u32,
    entry: usize,
}

#[derive(Debug)]
struct Entry {
    said: Said,
    /// For each rule that it names.
    rules: Vec<Use>,
    state: State,
    suppressed: Option<Suppressed>,
    /// Files that the paths of an `[[ignore]]` name.
    files: FxHashSet<FileId>,
    /// In a vendored module: nothing is told of it.
    vendored: bool,
}

#[derive(Debug)]
enum Said {
    Comment(Comment),
    Ignore(Box<Ignore>),
}

#[derive(Debug)]
struct Use {
    id: String,
    /// Where the id stands.
    place: Place,
    known: Known,
    /// It accepted something, or nobody can tell whether it would.
    used: AtomicBool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Known {
    /// It can be suppressed.
    Yes,
    /// It is there and cannot be suppressed.
    Never,
    /// There is no such id.
    No,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Counts,
    Malformed,
    WithoutReason,
    Expired,
}

impl Suppressions {
    /// Those of a project's comments and of the policy.
    pub fn new(
        project: &Project,
        comments: Vec<Comment>,
        policy: &Policy,
        options: &Options,
    ) -> Suppressions {
        let known = known(policy);
        let use_of = |id: &str, place: Place| Use {
            id: id.to_owned(),
            place,
            known: known.get(id).copied().unwrap_or(Known::No),
            used: AtomicBool::new(false),
        };
        let state = |wrong: bool, reason: Option<&str>, until: Option<Date>| {
            if wrong {
                State::Malformed
            } else if reason.is_none_or(|r| r.trim().is_empty()) {
                State::WithoutReason
            } else if until.is_some_and(|day| day < options.today) {
                State::Expired
            } else {
                State::Counts
            }
        };
        let suppressed = |reason: Option<&str>, until: Option<Date>| {
            reason.map(|reason| Suppressed {
                reason: reason.trim().to_owned(),
                until: until.map(|day| day.to_string()),
            })
        };
        let mut entries = Vec::new();
        for comment in comments.into_iter().filter(|_| options.inline) {
            let path = &project.sources.file(comment.place.file).path;
            let vendored = is_vendored(path, &options.data_dir);
            if vendored && !options.vendored {
                continue;
            }
            let reason = comment.reason.as_deref();
            entries.push(Entry {
                rules: comment
                    .rules
                    .iter()
                    .map(|(id, at)| use_of(id, *at))
                    .collect(),
                state: state(comment.wrong.is_some(), reason, comment.until),
                suppressed: suppressed(reason, comment.until),
                files: FxHashSet::default(),
                vendored,
                said: Said::Comment(comment),
            });
        }
        for ignore in &policy.ignores {
            let reason = ignore.reason.as_deref();
            let files = project.sources.files.iter().enumerate();
            entries.push(Entry {
                rules: ignore
                    .rules
                    .iter()
                    .map(|id| use_of(id, ignore.place))
                    .collect(),
                state: state(false, reason, ignore.until),
                suppressed: suppressed(reason, ignore.until),
                files: files
                    .filter(|(_, f)| ignore.names_path(&f.path))
                    .map(|(number, _)| FileId(number as u32))
                    .collect(),
                vendored: false,
                said: Said::Ignore(Box::new(ignore.clone())),
            });
        }
        let mut out = Suppressions {
            entries,
            by_file: FxHashMap::default(),
            ignores: Vec::new(),
            named: FxHashSet::default(),
        };
        for (number, entry) in out.entries.iter().enumerate() {
            if entry.state != State::Counts {
                continue;
            }
            match &entry.said {
                Said::Comment(c) => match c.covers {
                    Some(covers) => {
                        let all = out.by_file.entry(covers.file).or_default();
                        all.push(Covered {
                            span: covers.span,
                            furthest: 0,
                            entry: number,
                        });
                    }
                    None => continue,
                },
                Said::Ignore(_) => out.ignores.push(number),
            }
            let can = entry.rules.iter().filter(|r| r.known == Known::Yes);
            out.named.extend(can.map(|r| r.id.clone()));
        }
        for all in out.by_file.values_mut() {
            all.sort_unstable_by_key(|c| (c.span, c.entry));
            let mut furthest = 0;
            for c in all {
                furthest = furthest.max(c.span.end);
                c.furthest = furthest;
            }
        }
        out
    }

    /// The entries of comments that cover a place.
    fn covering(&self, place: Place) -> impl Iterator<Item = usize> {
        let all = self.by_file.get(&place.file).map_or(&[][..], |all| all);
        let begun = all.partition_point(|c| c.span.start <= place.span.start);
        all[..begun]
            .iter()
            .rev()
            .take_while(move |c| c.furthest >= place.span.end)
            .filter(move |c| c.span.end >= place.span.end)
            .map(|c| c.entry)
    }

    /// Whether anything could accept this rule or code at all; where not, nothing needs to be looked up.
    pub fn name(&self, id: &str) -> bool {
        self.named.contains(id)
    }

    /// By what it was accepted; comments count before settings. Everything that would accept it counts
    /// as used.
    pub fn of(&self, subject: &Subject<'_>) -> Option<Suppressed> {
        if !self.name(subject.id) {
            return None;
        }
        let own = subject.stands.iter().chain(subject.around);
        let all = own.map(|p| (p, true));
        let all = all.chain(subject.way.iter().map(|p| (p, false)));
        let mut at: Vec<usize> = all
            .flat_map(|(place, own)| {
                let counts = move |n: &usize| own || !self.entries[*n].makes();
                self.covering(*place).filter(counts)
            })
            .collect();
        at.sort_unstable();
        at.dedup();
        let ignores = self.ignores.iter().copied();
        at.extend(ignores.filter(|&n| self.entries[n].holds(subject)));
        let mut by = None;
        for number in at {
            let entry = &self.entries[number];
            for rule in &entry.rules {
                if rule.id == subject.id && rule.known == Known::Yes {
                    rule.used.store(true, Ordering::Relaxed);
                    by = by.or_else(|| entry.suppressed.clone());
                }
            }
        }
        by
    }

    /// What lies below a module that is not there was not judged: whether suppressions around its call
    /// would be used cannot be told. Notes that, and whether the call itself was accepted.
    pub fn missing(&self, project: &Project, missing: &mut MissingModule) {
        let Some(root) = project.roots.iter().find(|r| r.target == missing.target) else {
            return;
        };
        let mut around = calls(project, root, &missing.address);
        around.push(missing.place);
        missing.suppressed = self.of(&Subject {
            id: Code::ModuleNotLoaded.id(),
            root: Some(&project.module(root.module).dir),
            address: Some(&missing.address),
            ty: None,
            class: None,
            stands: &[missing.place],
            around: &around,
            way: &[],
        });
        let at_a_call = around.iter().flat_map(|place| self.covering(*place));
        for number in at_a_call.chain(self.ignores.iter().copied()) {
            for rule in &self.entries[number].rules {
                if rule.id != Code::ModuleNotLoaded.id() {
                    rule.used.store(true, Ordering::Relaxed);
                }
            }
        }
    }

    /// Whether a diagnostic was accepted.
    pub fn of_diagnostic(&self, project: &Project, d: &Diagnostic) -> Option<Suppressed> {
        if !d.code.can_be_ignored() || !self.name(d.code.id()) {
            return None;
        }
        let root = project
            .roots
            .iter()
            .find(|r| d.target.as_ref() == Some(&r.target))
            .map(|r| project.module(r.module).dir.as_path());
        let stands: Vec<Place> = d.place.into_iter().collect();
        let of = |address: Option<&str>| {
            self.of(&Subject {
                id: d.code.id(),
                root,
                address,
                ty: None,
                class: None,
                stands: &stands,
                around: &[],
                way: &[],
            })
        };
        // Accepted is what is accepted for everything that it is about.
        let mut all = d.addresses.iter().map(|a| of(Some(a)));
        match all.next() {
            None => of(None),
            Some(first) => all.fold(first, |have, next| have.filter(|_| next.is_some())),
        }
    }

    /// What comes to nothing: suppressions without a reason, expired, unused. `asked` tells which rules
    /// were asked at all, `seen` which files' surroundings were all looked at; without `whole` a part of
    /// the input was not judged, and nothing is called unused for that.
    pub fn findings(
        &self,
        project: &Project,
        policy: &Policy,
        whole: bool,
        asked: &dyn Fn(&str) -> bool,
        seen: &dyn Fn(&Path) -> bool,
    ) -> Vec<Finding> {
        let all: Vec<&str> = known(policy)
            .into_iter()
            .filter(|(_, k)| *k == Known::Yes)
            .map(|(id, _)| id)
            .collect();
        let mut telling = Telling {
            project,
            policy,
            out: Vec::new(),
        };
        for entry in self.entries.iter().filter(|e| !e.vendored) {
            let path = match &entry.said {
                Said::Comment(c) => &project.sources.file(c.place.file).path,
                Said::Ignore(i) => &i.base,
            };
            if !seen(path) {
                continue;
            }
            entry.tell(&all, whole, asked, &mut telling);
        }
        telling.out
    }
}

/// What may stand in brackets, and whether it can be suppressed.
fn known(policy: &Policy) -> std::collections::BTreeMap<&str, Known> {
    let can = |can: bool| if can { Known::Yes } else { Known::Never };
    let rules = policy.rules.iter().map(|r| {
        let own = [WITHOUT_REASON, EXPIRED, UNUSED].contains(&&*r.id);
        (&*r.id, can(!own))
    });
    let codes = Code::ALL.iter().map(|c| (c.id(), can(c.can_be_ignored())));
    rules.chain(codes).collect()
}

/// Whether a file lies where `terraform init` puts modules.
fn is_vendored(path: &Path, data_dir: &Path) -> bool {
    if data_dir.is_absolute() {
        return path.starts_with(data_dir);
    }
    let wanted: Vec<_> = data_dir
        .components()
        .filter(|c| !matches!(c, std::path::Component::CurDir))
        .collect();
    let have: Vec<_> = path.components().collect();
    !wanted.is_empty() && have.windows(wanted.len()).any(|w| w == wanted)
}

/// The headers of the module calls through which an address is reached, the outermost first.
pub fn calls(project: &Project, root: &Root, address: &str) -> Vec<Place> {
    let mut out = Vec::new();
    let mut module = project.module(root.module);
    let mut path = String::new();
    let mut rest = address;
    while let Some(after) = rest.strip_prefix("module.") {
        let steps = pattern::steps(after);
        let name = steps[0].split('[').next().unwrap_or(steps[0]);
        let Some(&call) = module.call_index.get(name) else {
            break;
        };
        let call = &module.calls[call as usize];
        out.push(call.place);
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
        let below = call.local.or_else(|| root.vendored.get(&*path).copied());
        let Some(below) = below else { break };
        module = project.module(below);
        rest = after[steps[0].len()..].trim_start_matches('.');
    }
    out
}

impl Ignore {
    fn names_path(&self, path: &Path) -> bool {
        let Ok(below) = path.strip_prefix(&self.base) else {
            return false;
        };
        let text = crate::source::slashed(below);
        self.paths.iter().any(|p| pattern::path(p, &text))
    }
}

impl Entry {
    /// Whether a comment is about all that a block makes.
    fn makes(&self) -> bool {
        matches!(&self.said, Said::Comment(c) if c.makes)
    }

    /// Whether the conditions of an `[[ignore]]` hold.
    fn holds(&self, s: &Subject<'_>) -> bool {
        let Said::Ignore(i) = &self.said else {
            return false;
        };
        let any = |patterns: &[String], text: Option<&str>, fits: &dyn Fn(&str, &str) -> bool| {
            patterns.is_empty() || text.is_some_and(|text| patterns.iter().any(|p| fits(p, text)))
        };
        let in_scope = !i.only_below
            || match s.root {
                Some(root) => root.starts_with(&i.base),
                None => false,
            };
        let path = i.paths.is_empty()
            || s.root.is_some_and(|root| i.names_path(root))
            || s.stands.iter().any(|p| self.files.contains(&p.file));
        in_scope
            && path
            && any(&i.addresses, s.address, &pattern::address)
            && any(&i.types, s.ty, &pattern::text)
            && any(&i.classes, s.class, &pattern::text)
    }

    fn tell(&self, all: &[&str], whole: bool, asked: &dyn Fn(&str) -> bool, out: &mut Telling<'_>) {
        let (place, block) = match &self.said {
            Said::Comment(c) => (c.place, c.block.as_deref()),
            Said::Ignore(i) => (i.place, None),
        };
        let said: Vec<&str> = self.rules.iter().map(|r| r.id.as_str()).collect();
        let said = said.join(", ");
        for rule in &self.rules {
            let message = match (rule.known, nearest(&rule.id, all)) {
                (Known::Yes, _) => continue,
                (Known::Never, _) => Message::new("suppress.never").arg(&rule.id),
                (Known::No, Some(near)) => Message::new("suppress.unknown-near")
                    .arg(&rule.id)
                    .arg(near),
                (Known::No, None) => Message::new("suppress.unknown").arg(&rule.id),
            };
            out.tell(UNUSED, rule.place, block, &rule.id, message);
        }
        match self.state {
            State::Malformed => {
                let wrong = match &self.said {
                    Said::Comment(c) => c.wrong.as_ref(),
                    Said::Ignore(_) => None,
                };
                let message = match wrong {
                    Some(Wrong::Day(day)) => Message::new("suppress.day").arg(day),
                    _ => Message::new("suppress.form"),
                };
                out.tell(UNUSED, place, block, &said, message);
            }
            State::WithoutReason => {
                let message = Message::new("rule.suppression-without-reason.violation").arg(&said);
                out.tell(WITHOUT_REASON, place, block, &said, message);
            }
            State::Expired => {
                let until = self.suppressed.as_ref().and_then(|s| s.until.clone());
                let until = until.unwrap_or_default();
                let message = Message::new("rule.suppression-expired.violation")
                    .arg(&said)
                    .arg(&until);
                out.tell(EXPIRED, place, block, &format!("{said} {until}"), message);
            }
            State::Counts => {
                let nothing = matches!(&self.said, Said::Comment(Comment { covers: None, .. }));
                for rule in self.rules.iter().filter(|r| r.known == Known::Yes) {
                    if rule.used.load(Ordering::Relaxed) || !asked(&rule.id) || (!whole && !nothing)
                    {
                        continue;
                    }
                    let key = if nothing {
                        "suppress.nothing"
                    } else {
                        "rule.suppression-unused.violation"
                    };
                    let message = Message::new(key).arg(&rule.id);
                    out.tell(UNUSED, rule.place, block, &rule.id, message);
                }
            }
        }
    }
}

struct Telling<'a> {
    project: &'a Project,
    policy: &'a Policy,
    out: Vec<Finding>,
}

impl Telling<'_> {
    fn tell(&mut self, id: &str, place: Place, block: Option<&str>, facts: &str, message: Message) {
        let Some(rule) = self.policy.rules.iter().find(|r| &*r.id == id) else {
            return;
        };
        let (level, profiles) = self.policy.level(rule, super::Class::DEFAULT);
        let file = self.project.sources.file(place.file);
        let dir = file.shown.rsplit_once('/').map_or(".", |(dir, _)| dir);
        // What it stands at; where that is no block, the file.
        let address = block.unwrap_or(&file.shown);
        let boundary = self.project.boundaries.around(&file.path);
        let identity = crate::source::shown(&file.path, boundary);
        let print = [&*identity, id, block.unwrap_or(""), facts];
        self.out.push(Finding {
            rule: rule.id.clone(),
            level,
            verdict: Verdict::Violation,
            target: dir.into(),
            variable_sets: Vec::new(),
            addresses: vec![address.to_owned()],
            place,
            header: None,
            message,
            help: Some(Message::new(format!("rule.{id}.help"))),
            trail: Vec::new(),
            profiles,
            fingerprints: vec![fingerprint(print)],
            suppressed: None,
            change: None,
            changes: Vec::new(),
            outcomes: Vec::new(),
        });
    }
}
