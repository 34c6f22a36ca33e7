//! The outcome of a run: what every format is made from, sorted, counted, and closed with the
//! diagnostics that only the whole run can give.

use super::lines::LineTables;
use super::repair::Repairs;
use super::secrets::{Secrets, masked};
use crate::diagnostic::{
    Change, Code, Diagnostic, Finding, Level, Mended, Message, Suppressed, Verdict,
};
use crate::extract::facts::{Facts, KeyFacts, MissingModule, Other, Store, Unclassified};
use crate::judge::asked::Asked;
use crate::load::project::Project;
use crate::messages::Text;
use crate::policy::rules::{Fact, stands_for};
use crate::provenance::Provenance;
use crate::source::{Lines, Place};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a rule says beside its findings' messages.
#[derive(Clone, Debug)]
pub struct RuleInfo {
    /// `residency`, `custody`, …
    pub family: Arc<str>,
    /// What it asks of stores.
    pub fact: Option<Fact>,
    /// What is wrong, in short.
    pub title: Arc<str>,
    /// Why it matters.
    pub why: Arc<str>,
    /// How to mend it.
    pub help: Arc<str>,
    /// The level under the profiles that judge, for the classes that they are about.
    pub level: Level,
    /// What it is made from.
    pub basis: Vec<Basis>,
}

/// A place in a law, a guideline, a standard.
#[derive(Clone, Debug)]
pub struct Basis {
    /// The document's id; of own rules what they call it.
    pub id: Arc<str>,
    /// The document.
    pub document: Arc<str>,
    /// Where in it.
    pub section: Arc<str>,
    /// What it says there, where that was read.
    pub says: Option<Arc<str>>,
    /// The profiles whose question is made from it; `None`: all.
    pub profiles: Option<Vec<String>>,
}

impl Basis {
    /// Whether a profile's question is made from it.
    pub fn stands_for(&self, profile: &str) -> bool {
        stands_for(self.profiles.as_deref(), profile)
    }

    /// In one line.
    pub fn line(&self) -> String {
        match &self.says {
            Some(says) => format!("{} {}: {says}", self.document, self.section),
            None => format!("{} {}", self.document, self.section),
        }
    }
}

impl RuleInfo {
    /// What a finding is made from: what stands for one of the profiles that ask for it.
    pub fn basis_of<'a>(&'a self, finding: &'a Finding) -> impl Iterator<Item = &'a Basis> {
        let asks = |b: &&Basis| finding.profiles.iter().any(|p| b.stands_for(p));
        self.basis.iter().filter(asks)
    }
}

/// What was looked at; stands at the end of every output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Seen {
    pub targets: usize,
    pub variable_sets: usize,
    pub files_read: usize,
    pub files_failed: usize,
    /// Module sources that are not there, and the calls of them.
    pub modules_missing: usize,
    pub calls_missing: usize,
    pub stores: usize,
    pub keys: usize,
    pub backends: usize,
    /// Provider configurations that are a service by themselves.
    pub services: usize,
    pub opaque: usize,
    /// Types without a row: all, and by what is known of them.
    pub unclassified: usize,
    pub no_row: usize,
    pub not_judged: usize,
    pub unknown_types: usize,
    pub violations: usize,
    pub undetermined: usize,
    pub passed: usize,
    pub suppressed: usize,
    /// Of the findings that are open, what the change does to them, the worst first.
    pub changes: [usize; 3],
}

/// Everything that a run found.
pub struct Outcome {
    /// What was read.
    pub project: Project,
    /// All stores, in the order of outputs.
    pub stores: Vec<Store>,
    /// All keys.
    pub keys: Vec<KeyFacts>,
    /// All others.
    pub others: Vec<Other>,
    /// Types without a row, all targets together.
    pub unclassified: Vec<Unclassified>,
    /// Modules that are not there, a call each.
    pub modules_missing: Vec<MissingModule>,
    /// The findings, in the order of outputs; none that is `off`.
    pub findings: Vec<Finding>,
    /// What went wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// Every answer with its target, where they are noted.
    pub answers: Vec<(Arc<str>, Asked)>,
    /// The profiles that judged.
    pub profiles: Vec<Arc<str>>,
    /// What rules say, by id.
    pub rules: BTreeMap<Arc<str>, RuleInfo>,
    /// The texts of own rules, by message key.
    pub texts: Vec<(String, Text)>,
    /// The lowest level that makes exit 1, by target; else `error`.
    pub fail_on: BTreeMap<Arc<str>, Level>,
    /// The catalog's edition.
    pub catalog: Arc<str>,
    /// The countries where the settings of all roots let data rest.
    pub home: Vec<Arc<str>>,
    /// Countries of concern that settings name, with the day of the list.
    pub countries_of_concern: Vec<String>,
    /// Of some root it is known how it was before.
    pub compared: bool,
    /// What held before a change, and does no longer.
    pub resolved: Vec<Mended>,
    /// The counts.
    pub seen: Seen,
    /// What it was made from, where a format tells it.
    pub provenance: Option<Provenance>,
    pub(super) tables: LineTables,
    pub(super) secrets: Secrets,
    pub(super) repairs: Repairs,
}

impl Outcome {
    /// Puts together what the targets gave. `passed` counts what was asked and passes.
    pub fn new(
        project: Project,
        facts: Vec<Facts>,
        mut findings: Vec<Finding>,
        mut diagnostics: Vec<Diagnostic>,
        passed: usize,
    ) -> Outcome {
        let mut all = Facts::default();
        let mut facts_secrets = Vec::new();
        for f in facts {
            all.stores.extend(f.stores);
            all.keys.extend(f.keys);
            all.others.extend(f.others);
            facts_secrets.extend(f.secrets);
            all.unclassified.extend(f.unclassified);
            all.modules_missing.extend(f.modules_missing);
        }
        for m in &mut all.modules_missing {
            // Some people write a token into the address of a repository.
            m.source = masked(&m.source).into();
        }
        let tables = LineTables::new(project.sources.files.len());
        let stands = facts_secrets.iter().flat_map(|s| &s.stands).copied();
        let secrets = Secrets::new(project.sources.files.len(), stands);
        diagnostics.extend(missing_modules(&all.modules_missing));
        findings.retain(|f| f.level != Level::Off);

        let shown = |place: Place| project.sources.file(place.file).shown.clone();
        findings.sort_by_cached_key(|f| {
            (
                f.target.clone(),
                shown(f.place),
                f.place.span,
                f.rule.clone(),
                f.addresses.clone(),
                f.variable_sets.clone(),
            )
        });
        all.stores.sort_by_cached_key(|s| {
            (
                (s.target.clone(), shown(s.place), s.place.span),
                (s.variable_set.clone(), natural(&s.address)),
            )
        });
        all.keys.sort_by_cached_key(|k| {
            (
                (k.target.clone(), shown(k.place), k.place.span),
                (k.variable_set.clone(), natural(&k.address)),
            )
        });
        all.others.sort_by_cached_key(|o| {
            (
                (o.target.clone(), shown(o.place), o.place.span),
                (o.variable_set.clone(), natural(&o.address)),
            )
        });
        all.modules_missing.sort_by_cached_key(|m| {
            (
                (m.source.clone(), m.version.clone()),
                (m.target.clone(), m.address.clone()),
            )
        });
        diagnostics.sort_by_cached_key(|d| {
            let file = d.place.map(shown).or_else(|| d.path.clone());
            (
                (d.target.clone(), file, d.place.map(|p| p.span)),
                (d.code.id(), d.message.clone(), d.addresses.clone()),
            )
        });
        diagnostics.dedup();

        let mut out = Outcome {
            unclassified: by_type(&all.unclassified),
            stores: all.stores,
            keys: all.keys,
            others: all.others,
            modules_missing: all.modules_missing,
            findings,
            diagnostics,
            answers: Vec::new(),
            profiles: Vec::new(),
            rules: BTreeMap::new(),
            texts: Vec::new(),
            fail_on: BTreeMap::new(),
            catalog: "".into(),
            home: Vec::new(),
            countries_of_concern: Vec::new(),
            compared: false,
            resolved: Vec::new(),
            seen: Seen::default(),
            provenance: None,
            project,
            tables,
            secrets,
            repairs: Repairs::default(),
        };
        out.seen = out.count(passed);
        out
    }

    fn count(&self, passed: usize) -> Seen {
        let open = || self.findings.iter().filter(|f| f.suppressed.is_none());
        let role = |role: &str| self.others.iter().filter(|o| o.role == role).count();
        let kind = |kind: &str| self.unclassified.iter().filter(|u| u.kind == kind).count();
        let sources: BTreeSet<&str> = self.modules_missing.iter().map(|m| &*m.source).collect();
        Seen {
            targets: self.project.roots.len(),
            variable_sets: self.project.roots.iter().map(|r| r.sets.len()).sum(),
            files_read: self.project.seen.files_read,
            files_failed: self.project.seen.files_failed,
            modules_missing: sources.len(),
            calls_missing: self.modules_missing.len(),
            stores: self.stores.len(),
            keys: self.keys.len(),
            backends: role("backend"),
            services: role("service"),
            opaque: role("opaque"),
            unclassified: self.unclassified.len(),
            no_row: kind("no-row"),
            not_judged: kind("not-judged"),
            unknown_types: kind("unknown-type"),
            violations: open().filter(|f| f.verdict == Verdict::Violation).count(),
            undetermined: open()
                .filter(|f| f.verdict == Verdict::Undetermined)
                .count(),
            passed,
            suppressed: self.findings.len() - open().count(),
            changes: Change::ALL.map(|change| {
                open()
                    .filter(|f| f.change == Some(change) && f.verdict != Verdict::Pass)
                    .count()
            }),
        }
    }

    /// Whether there was anything that a judgement could be about.
    pub fn nothing_seen(&self) -> bool {
        self.seen.stores == 0
            && self.seen.keys == 0
            && self.seen.backends == 0
            && self.seen.services == 0
            && self.modules_missing.is_empty()
    }

    /// Adds a diagnostic of the run as a whole; it stands last, after what may have caused it.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The lowest level of findings of a target that makes exit 1.
    pub fn fail_on(&self, target: &str) -> Level {
        self.fail_on.get(target).copied().unwrap_or(Level::Error)
    }

    /// Lines and columns of a place.
    pub fn lines(&self, place: Place) -> Lines {
        self.tables.lines(&self.project.sources, place)
    }

    /// The file of a place, as shown.
    pub fn file(&self, place: Place) -> &str {
        &self.project.sources.file(place.file).shown
    }
}

/// Addresses in the order of people: `[2]` before `[10]`.
fn natural(address: &str) -> Vec<(String, u64)> {
    let mut out = Vec::new();
    let mut rest = address;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (text, after) = rest.split_at(digits);
        let end = after
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(after.len());
        out.push((text.to_owned(), after[..end].parse().unwrap_or(u64::MAX)));
        rest = &after[end..];
    }
    out
}

/// One entry a type, over all targets.
fn by_type(all: &[Unclassified]) -> Vec<Unclassified> {
    let mut out: BTreeMap<(Arc<str>, &'static str), Vec<Arc<str>>> = BTreeMap::new();
    for u in all {
        out.entry((u.ty.clone(), u.kind))
            .or_default()
            .extend(u.addresses.iter().cloned());
    }
    out.into_iter()
        .map(|((ty, kind), mut addresses)| {
            addresses.sort_by_cached_key(|a| natural(a));
            Unclassified {
                ty,
                kind,
                target: "".into(),
                addresses,
            }
        })
        .collect()
}

/// One diagnostic a source that is not there: with every call, and what is still known of its place.
/// Calls that somebody accepted are told apart.
fn missing_modules(all: &[MissingModule]) -> Vec<Diagnostic> {
    let mut by_source: BTreeMap<(&str, &Option<Suppressed>), Vec<&MissingModule>> = BTreeMap::new();
    for m in all {
        by_source
            .entry((&m.source, &m.suppressed))
            .or_default()
            .push(m);
    }
    by_source
        .into_iter()
        .map(|((source, suppressed), mut calls)| {
            calls.sort_by(|a, b| (&a.target, &a.address).cmp(&(&b.target, &b.address)));
            let first = calls[0];
            let one_target = calls.iter().all(|c| c.target == first.target);
            let mut addresses: Vec<String> = calls
                .iter()
                .map(|c| {
                    if one_target {
                        c.address.to_string()
                    } else {
                        format!("{}: {}", c.target, c.address)
                    }
                })
                .collect();
            addresses.dedup();
            let places: BTreeSet<String> = calls
                .iter()
                .flat_map(|c| &c.location.alternatives)
                .flat_map(|a| &a.regions)
                .map(|r| {
                    if r.country.is_empty() {
                        r.code.to_string()
                    } else {
                        format!("{} ({})", r.code, r.country)
                    }
                })
                .collect();
            let open = calls.iter().any(|c| c.location.state() == "unknown");
            let message = Message::new(match (places.is_empty(), open) {
                (true, _) => "report.module-not-loaded",
                (false, true) => "report.module-not-loaded-partly",
                (false, false) => "report.module-not-loaded-in",
            })
            .arg(source)
            .arg(addresses.len().to_string())
            .arg(places.into_iter().collect::<Vec<_>>().join(", "));
            let local = source.starts_with('.');
            let help = Message::new(if local {
                "report.module-not-loaded-help-local"
            } else {
                "report.module-not-loaded-help"
            });
            let mut d = Diagnostic::new(Code::ModuleNotLoaded, message)
                .at(first.place)
                .help(help);
            if one_target {
                d.target = Some(first.target.clone());
            }
            d.addresses = addresses;
            d.suppressed.clone_from(suppressed);
            d
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn numbers_in_addresses_count_as_numbers() {
        assert!(natural("a.b[2]") < natural("a.b[10]"));
        assert!(natural("a.b[\"a\"]") < natural("a.b[\"b\"]"));
        assert_eq!(natural("a"), natural("a"));
    }
}
