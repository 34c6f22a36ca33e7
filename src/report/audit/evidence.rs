//! What each requirement came to in this run, and by which answers.

use super::super::inventory::{key_address, level_word};
use super::super::text::{answer, location};
use super::super::{Outcome, said};
use crate::diagnostic::{Code, Finding, Level, Message, Suppressed, Verdict};
use crate::extract::facts::{Answer, Copy, Keeping, KeyFacts, Operator, Other, Store};
use crate::judge::asked::{Asked, Profiles, State, bit};
use crate::messages::Words;
use crate::policy::Policy;
use crate::policy::requirements::{self, Requirement, Treated};
use crate::policy::rules::{About, Fact};
use crate::source::Place;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a requirement came to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Standing {
    /// Something does not do what is asked, and nobody accepted that.
    Broken,
    /// Something could not be told.
    Open,
    /// What does not do it was accepted, or something makes up for it.
    Accepted,
    /// All that was asked passed.
    Met,
    /// There was nothing in the code that it asks about.
    NothingSeen,
    /// Settings or profiles ask none of its rules.
    Off,
    /// The report shows it; nothing decides.
    Shown,
    /// A contract or a person settles it.
    Asked,
}

impl Standing {
    pub const ALL: [Standing; 8] = [
        Standing::Broken,
        Standing::Open,
        Standing::Accepted,
        Standing::Met,
        Standing::NothingSeen,
        Standing::Off,
        Standing::Shown,
        Standing::Asked,
    ];

    /// As it stands in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Broken => "broken",
            Standing::Open => "open",
            Standing::Accepted => "accepted",
            Standing::Met => "met",
            Standing::NothingSeen => "nothing-seen",
            Standing::Off => "off",
            Standing::Shown => "shown",
            Standing::Asked => "asked",
        }
    }

    pub fn words(self, words: &Words) -> String {
        words.word(&format!("audit.{}", self.word()))
    }
}

/// One answer that stands for or against a requirement.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    pub rule: Arc<str>,
    pub standing: Standing,
    /// It was not asked: something else has to be mended first.
    pub held_back: bool,
    pub level: Option<Level>,
    pub target: Arc<str>,
    pub variable_set: Arc<str>,
    pub address: Arc<str>,
    /// The part or copy of it.
    pub which: Option<Arc<str>>,
    /// What was found, or what the finding says.
    pub words: String,
    pub place: Option<Place>,
    pub suppressed: Option<Suppressed>,
    /// The number of the finding that tells it.
    pub finding: Option<usize>,
}

/// A requirement with what it came to.
pub(super) struct Checked {
    pub requirement: &'static Requirement,
    /// Those of the report that it is asked for.
    pub profiles: Vec<Arc<str>>,
    pub standing: Standing,
    /// Rules of it that were not asked: off, or what they need is not in the settings.
    pub not_asked: Vec<&'static str>,
    /// The worst first; in the order of outputs.
    pub evidence: Vec<Evidence>,
}

impl Checked {
    /// How many answers there are of a kind.
    pub fn count(&self, standing: Standing) -> usize {
        let same = |e: &&Evidence| e.standing == standing;
        self.evidence.iter().filter(same).count()
    }

    /// The highest level of what stands against it.
    pub fn level(&self) -> Option<Level> {
        let against = |e: &&Evidence| e.standing <= Standing::Open;
        self.evidence
            .iter()
            .filter(against)
            .filter_map(|e| e.level)
            .max()
    }
}

/// All requirements of the profiles that judged, in their order.
pub(super) fn requirements(outcome: &Outcome, words: &Words) -> Vec<Checked> {
    let facts = Facts::of(outcome);
    requirements::file()
        .requirement
        .iter()
        .filter_map(|r| {
            let profiles: Vec<Arc<str>> = outcome
                .profiles
                .iter()
                .filter(|p| r.profiles.iter().any(|of| **of == ***p))
                .cloned()
                .collect();
            (!profiles.is_empty()).then(|| check(r, profiles, outcome, &facts, words))
        })
        .collect()
}

/// Findings that count and that no requirement has as its evidence.
pub(super) fn beside<'o>(outcome: &'o Outcome, checked: &[Checked]) -> Vec<&'o Finding> {
    let told: BTreeSet<usize> = checked
        .iter()
        .flat_map(|c| &c.evidence)
        .filter_map(|e| e.finding)
        .collect();
    let all = outcome.findings.iter().enumerate();
    all.filter(|(number, f)| {
        f.suppressed.is_none() && f.verdict != Verdict::Pass && !told.contains(number)
    })
    .map(|(_, f)| f)
    .collect()
}

fn check(
    requirement: &'static Requirement,
    profiles: Vec<Arc<str>>,
    outcome: &Outcome,
    facts: &Facts<'_>,
    words: &Words,
) -> Checked {
    let by: Profiles = profiles.iter().map(|p| bit(p)).fold(0, |all, b| all | b);
    let mut evidence: Vec<Evidence> = Vec::new();
    let mut used: Vec<usize> = Vec::new();
    // That something is decided says nothing of what is asked beside it.
    let decides = requirement.rules.iter().any(|r| !asks_nothing(r));
    for (target, a) in &outcome.answers {
        let named = |id: &Arc<str>| requirement.rules.iter().any(|r| **r == **id);
        // A rule that asks nothing itself only gives its name to what others leave open.
        let names_open = named(&a.open_as) && asks_nothing(&a.open_as);
        let only_open = !named(&a.rule);
        let of_it = requirement.about.is_empty() || requirement.about.contains(&a.about);
        if a.profiles & by == 0
            || !of_it
            || (only_open && !names_open)
            || (only_open && decides && a.state != State::Open)
        {
            continue;
        }
        evidence.push(facts.evidence(target, a, only_open, words, &mut used));
    }
    // What is told about the run itself is no answer about a thing.
    for (number, f) in outcome.findings.iter().enumerate() {
        let asks = |r: &String| **r == *f.rule;
        let for_it = f.profiles.is_empty() || f.profiles.iter().any(|p| bit(p) & by != 0);
        let run = outcome
            .rules
            .get(&f.rule)
            .is_some_and(|r| &*r.family == "run");
        if run && for_it && requirement.rules.iter().any(asks) && !used.contains(&number) {
            evidence.push(of_finding(number, f, words));
        }
    }
    evidence.sort_by_cached_key(|e| {
        (
            (e.standing, std::cmp::Reverse(e.level)),
            (e.rule.clone(), e.target.clone(), e.address.clone()),
            (e.which.clone(), e.variable_set.clone(), e.words.clone()),
        )
    });
    let not_asked: Vec<&str> = requirement
        .rules
        .iter()
        .filter(|r| facts.is_off(r))
        .map(String::as_str)
        .collect();
    let standing = match requirement.treated {
        Treated::Shown => Standing::Shown,
        Treated::Asked => Standing::Asked,
        Treated::Judged => match evidence.first() {
            Some(worst) => worst.standing,
            None if !not_asked.is_empty() => Standing::Off,
            None => Standing::NothingSeen,
        },
    };
    Checked {
        requirement,
        profiles,
        standing,
        not_asked,
        evidence,
    }
}

fn of_finding(number: usize, f: &Finding, words: &Words) -> Evidence {
    Evidence {
        rule: f.rule.clone(),
        standing: match (&f.suppressed, f.verdict) {
            (Some(_), _) | (None, Verdict::Pass) => Standing::Accepted,
            (None, Verdict::Undetermined) => Standing::Open,
            (None, Verdict::Violation) => Standing::Broken,
        },
        held_back: false,
        level: Some(f.level),
        target: f.target.clone(),
        variable_set: f.variable_sets.first().cloned().unwrap_or_default(),
        address: f
            .addresses
            .first()
            .map(|a| a.as_str().into())
            .unwrap_or_default(),
        which: None,
        words: words.show(&said(words, f)),
        place: Some(f.place),
        suppressed: f.suppressed.clone(),
        finding: Some(number),
    }
}

/// Whether a rule only gives its name to what others leave open.
fn asks_nothing(rule: &str) -> bool {
    let mut rules = Policy::file().rule.iter();
    rules.any(|r| *r.id == *rule && r.ask.is_empty() && r.family != "run")
}

/// A thing, by target, variable set and address.
type Key<'a> = (&'a str, &'a str, &'a str);

/// The register and the findings, by what they are about.
struct Facts<'a> {
    outcome: &'a Outcome,
    stores: FxHashMap<Key<'a>, &'a Store>,
    keys: FxHashMap<Key<'a>, &'a KeyFacts>,
    others: FxHashMap<Key<'a>, &'a Other>,
    /// By target, rule and address.
    findings: FxHashMap<(&'a str, &'a str, &'a str), Vec<usize>>,
    sets: FxHashMap<&'a str, Vec<&'a Arc<str>>>,
}

impl<'a> Facts<'a> {
    fn of(outcome: &'a Outcome) -> Facts<'a> {
        let mut findings: FxHashMap<_, Vec<usize>> = FxHashMap::default();
        for (number, f) in outcome.findings.iter().enumerate() {
            for address in &f.addresses {
                let at = (&*f.target, &*f.rule, &**address);
                findings.entry(at).or_default().push(number);
            }
        }
        let key = |target, set, address| -> Key<'a> { (target, set, address) };
        let stores = outcome.stores.iter();
        let keys = outcome.keys.iter();
        let others = outcome.others.iter();
        let sets = outcome.project.roots.iter();
        Facts {
            outcome,
            stores: stores
                .map(|s| (key(&s.target, &s.variable_set, &s.address), s))
                .collect(),
            keys: keys
                .map(|k| (key(&k.target, &k.variable_set, &k.address), k))
                .collect(),
            others: others
                .map(|o| (key(&o.target, &o.variable_set, &o.address), o))
                .collect(),
            findings,
            sets: sets
                .map(|r| (&*r.target, r.sets.iter().map(|s| &s.name).collect()))
                .collect(),
        }
    }

    /// Whether a rule asks nothing in this run: no profile does, settings turned it off, or it is about
    /// countries that settings do not name.
    fn is_off(&self, rule: &str) -> bool {
        /// The word of conditions for the countries that settings name.
        const NAMED: &str = "countries_of_concern";
        let info = self.outcome.rules.get(rule);
        let nameless = || {
            let all = &self.outcome.diagnostics;
            all.iter().any(|d| d.code == Code::NoCountriesOfConcern)
        };
        let about_named = || {
            let asks = Policy::file().rule.iter().filter(|r| *r.id == *rule);
            let mut asks = asks.flat_map(|r| &r.ask).peekable();
            asks.peek().is_some()
                && asks.all(|a| a.r#for.iter().any(|f| f.get_ref().contains(NAMED)))
        };
        info.is_none_or(|info| info.level == Level::Off) || (about_named() && nameless())
    }

    fn evidence(
        &self,
        target: &Arc<str>,
        a: &'a Asked,
        only_open: bool,
        words: &Words,
        used: &mut Vec<usize>,
    ) -> Evidence {
        let none = Arc::default();
        let sets = self.sets.get(&**target);
        let set = sets.and_then(|s| s.get(a.set as usize)).copied();
        let set = set.unwrap_or(&none);
        let id = if a.state == State::Open {
            &a.open_as
        } else {
            &a.rule
        };
        let (verdict, standing) = match a.state {
            State::Passed => (None, Standing::Met),
            // What another rule finds is decided, and that is all that is asked here.
            State::Broken | State::MadeUp | State::HeldBack if only_open => (None, Standing::Met),
            State::Broken => (Some(Verdict::Violation), Standing::Broken),
            State::Open => (Some(Verdict::Undetermined), Standing::Open),
            State::MadeUp => (Some(Verdict::Pass), Standing::Accepted),
            State::HeldBack => (None, Standing::Open),
        };
        let finding = verdict.and_then(|verdict| {
            let at = (&**target, &**id, &*a.at);
            let found = self.findings.get(&at)?.iter().copied().filter(|&n| {
                let f = &self.outcome.findings[n];
                f.verdict == verdict && f.variable_sets.iter().any(|s| s == set)
            });
            // What is open counts before what somebody accepted.
            found.min_by_key(|&n| self.outcome.findings[n].suppressed.is_some())
        });
        used.extend(finding);
        let number = finding;
        let finding = finding.map(|n| &self.outcome.findings[n]);
        let suppressed = finding.and_then(|f| f.suppressed.clone());
        let fact = self.fact((&**target, &**set, &*a.of), a, words);
        Evidence {
            rule: id.clone(),
            standing: if suppressed.is_some() {
                Standing::Accepted
            } else {
                standing
            },
            held_back: a.state == State::HeldBack && !only_open,
            level: finding.map(|f| f.level),
            target: target.clone(),
            variable_set: set.clone(),
            address: a.of.clone(),
            which: a.which.clone(),
            words: match finding {
                Some(f) => words.show(&said(words, f)),
                None if a.state == State::HeldBack && !only_open => {
                    words.show(&Message::new("audit.held-back"))
                }
                None => fact,
            },
            place: finding
                .map(|f| f.place)
                .or_else(|| self.place((&**target, &**set, &*a.of))),
            suppressed,
            finding: number,
        }
    }

    fn place(&self, at: Key<'_>) -> Option<Place> {
        let store = self.stores.get(&at).map(|s| s.place);
        let key = || self.keys.get(&at).map(|k| k.place);
        let other = || self.others.get(&at).map(|o| o.place);
        store.or_else(key).or_else(other)
    }

    /// What was found of the fact that is asked for, in words.
    fn fact(&self, at: Key<'_>, a: &Asked, words: &Words) -> String {
        let store = self.stores.get(&at).copied();
        let key = self.keys.get(&at).copied();
        let other = self.others.get(&at).copied();
        match (a.about, store, key, other) {
            (About::Copy, store, _, other) => {
                let all = store.map(|s| &s.copies).or(other.map(|o| &o.copies));
                let same = |c: &&Copy| Some(&*c.kind) == a.which.as_deref();
                let copy = match (all, a.copy) {
                    (Some(all), Some(number)) => all.get(number),
                    (all, _) => all.into_iter().flatten().find(same),
                };
                copy.map_or_else(String::new, |c| of_copy(c, a.fact, words))
            }
            // A key that only a text at the store names.
            (About::Key, Some(s), ..) => of_text_key(s, words),
            (About::Part, Some(s), ..) => {
                let part = s
                    .parts
                    .iter()
                    .find(|p| Some(&*p.part) == a.which.as_deref());
                part.map_or_else(String::new, |p| keeping(&p.custody, words))
            }
            (_, Some(s), ..) => of_store(s, a.fact, words),
            (_, _, Some(k), _) => match a.fact {
                Fact::Location => location(&k.location, words),
                Fact::Rotation => answer(k.rotation.answer(), words),
                Fact::Exposure => words.word(&format!("audit.{}", k.open.exposure())),
                Fact::Loss => answer(k.protected.answer(), words),
                _ => keeping(&k.custody, words),
            },
            (_, _, _, Some(o)) => match a.fact {
                Fact::Location => location(&o.location, words),
                Fact::Exposure => words.word(&format!("audit.{}", o.open.exposure())),
                Fact::Plaintext => answer(o.transport.plaintext.answer(), words),
                Fact::Weak => answer(o.transport.weak.answer(), words),
                Fact::Operator => o.operator.as_ref().map_or_else(String::new, operator),
                _ => String::new(),
            },
            _ => String::new(),
        }
    }
}

fn of_copy(c: &Copy, fact: Fact, words: &Words) -> String {
    match fact {
        Fact::Location => location(&c.location, words),
        _ => keeping(&c.custody, words),
    }
}

fn of_store(s: &Store, fact: Fact, words: &Words) -> String {
    match fact {
        Fact::Location => location(&s.location, words),
        Fact::Encryption => encryption(s, words),
        Fact::Custody => keeping(&s.custody, words),
        Fact::Exposure => words.word(&format!("audit.{}", s.exposure.exposure())),
        Fact::Backup => answer(s.backup.answer(), words),
        Fact::Loss => answer(s.deletion_protected.answer(), words),
        Fact::Plaintext => answer(s.transport.plaintext.answer(), words),
        Fact::Weak => answer(s.transport.weak.answer(), words),
        Fact::Operator => operator(&s.operator),
        _ => String::new(),
    }
}

fn operator(o: &Operator) -> String {
    if o.name.is_empty() {
        String::new()
    } else {
        format!("{} ({})", o.name, o.country)
    }
}

fn of_text_key(s: &Store, words: &Words) -> String {
    let keepings = std::iter::once(&s.custody)
        .chain(s.parts.iter().map(|p| &p.custody))
        .chain(s.copies.iter().map(|c| &c.custody));
    let named = keepings
        .flat_map(|k| &k.answers)
        .filter(|a| a.key.is_none() && !a.key_as_store)
        .filter_map(|a| a.key_location.as_deref());
    let mut places: Vec<String> = named.map(|l| location(l, words)).collect();
    places.sort();
    places.dedup();
    places.join("; ")
}

/// The cipher, or whether it is encrypted.
pub(super) fn encryption(s: &Store, words: &Words) -> String {
    match &s.encryption.cipher {
        Some(cipher) if s.encryption.at_rest == Answer::Yes => cipher.to_string(),
        _ => answer(s.encryption.at_rest, words),
    }
}

/// Who keeps the key, and which it is.
pub(super) fn keeping(k: &Keeping, words: &Words) -> String {
    let level = words.word(&format!("custody.{}", level_word(k)));
    match key_address(k) {
        Some(key) => format!("{level}: {key}"),
        None => level,
    }
}
