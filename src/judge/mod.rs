//! Judge: the policy's questions, asked of every fact of a root, with three answers.
//!
//! Lives here: which question is asked of what, and what it comes out as. Not here: what it is asked of
//! (`subject.rs`), what decided (`decided.rs`), how outcomes become findings (`gather.rs`), where a
//! finding's mark is (`mark.rs`).

mod accept;
pub mod asked;
mod decided;
mod gather;
mod mark;
pub mod outcome;
mod signature;
mod subject;

use crate::catalog::compile::Condition;
use crate::diagnostic::{Finding, Level, Verdict};
use crate::evaluate::Evaluation;
use crate::evaluate::value::{Val, World};
use crate::extract::facts::{
    Answer, Copy, Facts, Keeping, KeyAnswer, KeyFacts, Other, Store, YesNo,
};
use crate::extract::worlds::{self, Cond, can_be, cond};
use crate::policy::rules::{About, Fact};
use crate::policy::suppress::Suppressions;
use crate::policy::{Ask, Class, Policy, Said, functions, words};
use asked::{At, State};
pub use decided::subject_of;
use decided::{Decided, cause_of};
use gather::Raw;
use outcome::{Others, Outcome as One, Told};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use subject::Subject;

/// One variable set of a root: how it was evaluated, and what was extracted.
pub struct Judged<'a, 'p> {
    /// The evaluation, for marks and trails.
    pub evaluation: &'a Evaluation<'p>,
    /// Its facts.
    pub facts: &'a Facts,
}

/// What a root came to.
#[derive(Default)]
pub struct Judgement<'f> {
    /// The findings, without an order.
    pub findings: Vec<Finding>,
    /// Questions that passed.
    pub passed: usize,
    /// What did not pass, one by one; none where it is not compared.
    pub outcomes: Vec<One<'f>>,
    /// Every answer; none where nobody wants them.
    pub asked: Vec<asked::Asked>,
}

/// What is kept beside findings.
#[derive(Clone, Copy, Default)]
pub struct Noting {
    /// Each outcome that is no pass, for a comparison.
    pub compared: bool,
    /// Every answer, for evidence.
    pub asked: bool,
}

/// Judges a root with all its variable sets.
pub fn judge<'f>(
    sets: &[Judged<'f, '_>],
    policy: &Policy,
    suppressions: &Suppressions,
    noting: Noting,
) -> Judgement<'f> {
    let all = ask_all(sets.iter().map(|s| (s.evaluation, s.facts)), policy, noting);
    Judgement {
        findings: gather::findings(sets, policy, suppressions, all.raws),
        passed: all.passed,
        outcomes: all.outcomes,
        asked: all.asked,
    }
}

/// What does not pass, one by one: the side of a comparison that no findings are made of.
pub fn outcomes<'f>(ev: &Evaluation<'_>, facts: &'f Facts, policy: &Policy) -> Vec<One<'f>> {
    let noting = Noting {
        compared: true,
        asked: false,
    };
    ask_all(std::iter::once((ev, facts)), policy, noting).outcomes
}

/// What asking came to.
#[derive(Default)]
struct All<'f> {
    raws: Vec<Box<Raw>>,
    passed: usize,
    outcomes: Vec<One<'f>>,
    asked: Vec<asked::Asked>,
}

/// Asks everything of all variable sets.
fn ask_all<'a, 'f, 'p: 'a>(
    sets: impl Iterator<Item = (&'a Evaluation<'p>, &'f Facts)>,
    policy: &Policy,
    noting: Noting,
) -> All<'f> {
    let mut questions: FxHashMap<About, Vec<(usize, usize)>> = FxHashMap::default();
    for (r, rule) in policy.rules.iter().enumerate() {
        for (a, ask) in rule.asks.iter().enumerate() {
            questions.entry(ask.about).or_default().push((r, a));
        }
    }
    // A copy of which nobody knows where it goes is not asked once more how it is kept there.
    if let Some(list) = questions.get_mut(&About::Copy) {
        list.sort_by_key(|&(r, a)| policy.rules[r].asks[a].fact != Fact::Location);
    }
    let mut all = All::default();
    for (number, (ev, facts)) in sets.enumerate() {
        let mut asking = Asking {
            ev,
            policy,
            questions: &questions,
            set: number,
            bindings: words::policy(policy),
            signatures: FxHashMap::default(),
            memo: FxHashMap::default(),
            passed: 0,
            raws: Vec::new(),
            compared: noting.compared,
            outcomes: std::mem::take(&mut all.outcomes),
            noted: noting.asked,
            asked: std::mem::take(&mut all.asked),
        };
        asking.all(facts);
        all.passed += asking.passed;
        all.raws.append(&mut asking.raws);
        all.outcomes = asking.outcomes;
        all.asked = asking.asked;
    }
    all
}

/// What a question came out as.
#[derive(Clone, Default, Debug)]
struct Outcome {
    /// `None`: it is not asked.
    verdict: Option<Verdict>,
    /// The profiles under which something makes up for it.
    accepted: Vec<usize>,
    /// Those under which nobody can tell whether something does.
    open: Vec<usize>,
    /// Those under which something makes it worse: at this level.
    worse: Vec<(usize, Level)>,
}

/// Rules that something did not pass, and how each came out.
type Failed = Vec<(usize, Verdict)>;
/// Rule, question, signature.
type Asked = (usize, usize, usize);

struct Asking<'a, 'f, 'p> {
    ev: &'a Evaluation<'p>,
    policy: &'a Policy,
    /// The questions about each kind of thing.
    questions: &'a FxHashMap<About, Vec<(usize, usize)>>,
    set: usize,
    bindings: Val,
    signatures: FxHashMap<String, usize>,
    memo: FxHashMap<Asked, Outcome>,
    passed: usize,
    raws: Vec<Box<Raw>>,
    /// Whether outcomes are noted one by one.
    compared: bool,
    outcomes: Vec<One<'f>>,
    /// Whether every answer is noted.
    noted: bool,
    asked: Vec<asked::Asked>,
}

/// What a subject was asked with, and what it came to.
struct Round<'f> {
    class: Class<'f>,
    /// Its address; the first of a finding.
    address: &'f Arc<str>,
    /// Further addresses.
    more: &'f [Arc<str>],
    /// Rules that its store did not pass.
    store_failed: &'f [(usize, Verdict)],
    /// Rules that the store it goes to did not pass.
    there_failed: &'f [(usize, Verdict)],
    /// What is undecided at its stores, and for what cause: it is not told once more.
    told: &'f [(Fact, String)],
    /// What helps, when it is not what the rule says.
    help: Option<&'static str>,
    /// Rules that it did not pass.
    failed: Vec<(usize, Verdict)>,
    /// What was left undecided.
    undecided: Vec<(Fact, String)>,
}

impl<'f> Round<'f> {
    fn new(class: Class<'f>, address: &'f Arc<str>) -> Round<'f> {
        Round {
            class,
            address,
            more: &[],
            store_failed: &[],
            there_failed: &[],
            told: &[],
            help: None,
            failed: Vec::new(),
            undecided: Vec::new(),
        }
    }
}

impl<'f> Asking<'_, 'f, '_> {
    fn all(&mut self, facts: &'f Facts) {
        let mut undecided: FxHashMap<Arc<str>, Vec<(Fact, String)>> = FxHashMap::default();
        let stores: FxHashMap<&str, &'f Store> =
            facts.stores.iter().map(|s| (&*s.address, s)).collect();
        let mut failed: FxHashMap<&str, Failed> = FxHashMap::default();
        for s in &facts.stores {
            let (not_passed, open) = self.store(s);
            if !open.is_empty() {
                undecided.insert(s.address.clone(), open);
            }
            if !not_passed.is_empty() {
                failed.insert(&s.address, not_passed);
            }
        }
        for s in facts.stores.iter().filter(|s| !s.copies.is_empty()) {
            let open = undecided.get(&s.address);
            self.copies(s, &stores, &failed, open.map_or(&[], Vec::as_slice));
        }
        for k in facts.keys.iter().filter(|k| !k.defers) {
            self.key(k, &undecided, &stores);
        }
        for o in &facts.others {
            self.other(o, &stores);
        }
        for s in &facts.secrets {
            let class = Class {
                class: "credentials",
                marks: &[],
            };
            self.round(&Subject::Secret(s), &mut Round::new(class, &s.address));
        }
    }

    /// Asks of a store and its parts; gives the rules that it did not pass, and what is undecided for
    /// what cause.
    fn store(&mut self, s: &'f Store) -> (Failed, Vec<(Fact, String)>) {
        let mut own = Round::new(class_of(s), &s.address);
        self.round(&Subject::Store(s), &mut own);
        let Round {
            failed, undecided, ..
        } = own;
        for p in &s.parts {
            let mut round = Round {
                store_failed: &failed,
                ..Round::new(class_of(s), &s.address)
            };
            self.round(&Subject::Part(s, p), &mut round);
        }
        self.text_keys(s, &undecided);
        (failed, undecided)
    }

    /// Asks of a store's copies.
    fn copies(
        &mut self,
        s: &'f Store,
        stores: &FxHashMap<&str, &'f Store>,
        failed: &FxHashMap<&str, Failed>,
        undecided: &[(Fact, String)],
    ) {
        let failed_at = |address: &str| failed.get(address).map_or(&[][..], Vec::as_slice);
        let me = [s.address.clone()];
        for c in &s.copies {
            let mut round = Round {
                more: if c.by.is_some() { &me } else { &[] },
                store_failed: failed_at(&s.address),
                there_failed: c.to.as_ref().map_or(&[], |to| failed_at(to)),
                told: undecided,
                ..Round::new(class_of(s), c.by.as_ref().unwrap_or(&s.address))
            };
            let subject = Subject::Copy {
                store: Some(s),
                copy: c,
                cipher: cipher(c, Some(s), stores),
                owner: &s.address,
            };
            self.round(&subject, &mut round);
        }
    }

    /// All questions about a kind of thing, of one.
    fn round(&mut self, subject: &Subject<'f>, round: &mut Round<'_>) {
        let Some(about) = subject.about() else { return };
        let questions = self.questions;
        let Some(list) = questions.get(&about) else {
            return;
        };
        let signature = self.sign(signature::of(subject));
        let mut by_address: Option<usize> = None;
        let policy = self.policy;
        for &(r, a) in list {
            let ask = &policy.rules[r].asks[a];
            if !subject.has(ask.fact) {
                continue;
            }
            let before = [
                held_back(&round.failed, &ask.after),
                held_back(round.store_failed, &ask.after_store),
                held_back(round.there_failed, &ask.after_destination),
            ];
            if let Some(verdict) = before.into_iter().flatten().min() {
                self.note((r, a), subject, verdict, None);
                self.note_asked((r, a), subject, round, State::HeldBack);
                continue;
            }
            let signature = if ask.by_facts {
                signature
            } else {
                let text = || format!("{}|{}", round.address, signature::of(subject));
                *by_address.get_or_insert_with(|| {
                    let count = self.signatures.len();
                    *self.signatures.entry(text()).or_insert(count)
                })
            };
            let outcome = self.ask((r, a, signature), ask, subject);
            match outcome.verdict {
                None => {}
                Some(Verdict::Pass) => {
                    self.passed += 1;
                    self.note_asked((r, a), subject, round, State::Passed);
                }
                Some(verdict) => {
                    if !round.failed.iter().any(|(f, _)| *f == r) {
                        round.failed.push((r, verdict));
                    }
                    let mut decided = decided::of(subject, ask.fact, verdict);
                    let cause = (ask.fact, cause_of(&decided.basis));
                    if verdict == Verdict::Undetermined {
                        let nowhere = (Fact::Location, cause.1.clone());
                        let by_place = about == About::Copy && round.undecided.contains(&nowhere);
                        if round.told.contains(&cause) || by_place {
                            self.note((r, a), subject, verdict, None);
                            self.note_asked((r, a), subject, round, State::Open);
                            continue;
                        }
                        round.undecided.push(cause);
                    } else if !outcome.open.is_empty() && decided.why.is_none() {
                        decided.why = decided::of(subject, ask.fact, Verdict::Undetermined).why;
                    }
                    let keyless = matches!(subject, Subject::Store(s) if s.no_key);
                    round.help = (keyless && ask.fact == Fact::Custody).then_some("help.no-key");
                    self.tell((r, a), (subject, verdict), &outcome, round, decided);
                }
            }
        }
    }

    /// Notes an outcome for a comparison; its number.
    fn note(
        &mut self,
        (r, a): (usize, usize),
        subject: &Subject<'f>,
        verdict: Verdict,
        told: Option<Told>,
    ) -> Option<u32> {
        if !self.compared {
            return None;
        }
        self.outcomes.push(One {
            set: self.set as u32,
            asked: (r as u16, a as u16),
            fact: self.policy.rules[r].asks[a].fact,
            verdict,
            told,
            subject: *subject,
        });
        u32::try_from(self.outcomes.len() - 1).ok()
    }

    fn sign(&mut self, text: String) -> usize {
        let count = self.signatures.len();
        *self.signatures.entry(text).or_insert(count)
    }

    /// What a question comes out as.
    fn ask(&mut self, asked: Asked, ask: &Ask, subject: &Subject<'_>) -> Outcome {
        if let Some(known) = self.memo.get(&asked) {
            return known.clone();
        }
        let outcome = self.answer(ask, subject);
        self.memo.insert(asked, outcome.clone());
        outcome
    }

    fn answer(&self, ask: &Ask, subject: &Subject<'_>) -> Outcome {
        let exists = subject.exists();
        let policy = self.policy;
        let mut bindings = subject.words();
        bindings.push(("policy", self.bindings.clone()));
        let more = |name: &str, args: &[Val]| functions::function(policy, name, args);
        let holds = |c: &Condition| -> Cond {
            let (v, _) = self.ev.condition(&c.tree, c.tree.root(), &bindings, &more);
            here(cond(&v), exists)
        };
        let never = |c: &Cond| c.iter().all(|(_, b)| *b == Some(false));
        let mut good = match &ask.requires {
            Some(c) => holds(c),
            None => vec![(World::ANY, None)],
        };
        // Where it does not apply, is not made, or cannot be had, there is nothing to require. Where
        // nobody knows whether it does, it is asked: not knowing is not a pass.
        let mut asked: Vec<Cond> = Vec::new();
        asked.extend(ask.applies.as_ref().map(holds));
        if let Subject::Copy { copy, .. } = subject {
            asked.push(here(made(&copy.made), exists));
        }
        asked.extend(
            subject
                .yes_no(ask.fact)
                .map(|f| here(applicable(f), exists)),
        );
        for a in &asked {
            if never(a) {
                return Outcome::default();
            }
            good = here(worlds::or(&worlds::not(a), &good), exists);
        }
        let verdict = settle(&good);
        let mut out = Outcome {
            verdict: Some(verdict),
            ..Outcome::default()
        };
        if verdict != Verdict::Pass {
            for (profile, c) in &ask.accept {
                match settle(&here(worlds::or(&good, &holds(c)), exists)) {
                    Verdict::Pass => out.accepted.push(*profile),
                    Verdict::Undetermined => out.open.push(*profile),
                    Verdict::Violation => {}
                }
            }
            for (profile, level, c) in &ask.worse {
                if settle(&here(holds(c), exists)) == Verdict::Pass {
                    out.worse.push((*profile, *level));
                }
            }
        }
        out
    }

    /// Notes an outcome that is no pass, at the level of the strictest profile that it is not accepted
    /// under.
    fn tell(
        &mut self,
        (r, a): (usize, usize),
        (subject, verdict): (&Subject<'f>, Verdict),
        outcome: &Outcome,
        round: &Round<'_>,
        decided: Decided,
    ) {
        let policy = self.policy;
        let asking = &policy.rules[r];
        let level = |profile: usize, verdict: Verdict| {
            let by = match verdict {
                Verdict::Undetermined => asking.asks[a].undecided_level,
                _ => r,
            };
            let worse = outcome.worse.iter().find(|(p, _)| *p == profile);
            let worse = worse.filter(|_| by == r).map(|(_, level)| *level);
            let level = policy.level_under(profile, &policy.rules[by], worse, round.class);
            match verdict {
                Verdict::Undetermined if decided.never => level.min(Level::Note),
                Verdict::Undetermined => level.min(policy.undetermined),
                _ => level,
            }
        };
        let mut best: Option<(Level, Verdict)> = None;
        let mut asking_it: Vec<(Verdict, Arc<str>)> = Vec::new();
        let mut accepting: Vec<Arc<str>> = Vec::new();
        let mut noted: [asked::Profiles; 3] = [0; 3];
        for (profile, name) in policy.profiles.iter().enumerate() {
            if outcome.accepted.contains(&profile) {
                if level(profile, verdict) > Level::Off {
                    accepting.push(name.clone());
                    noted[0] |= asked::bit(name);
                }
                continue;
            }
            let verdict = if outcome.open.contains(&profile) {
                Verdict::Undetermined
            } else {
                verdict
            };
            // A violation says more than what is not decided.
            let here = (level(profile, verdict), verdict);
            let rank = |(l, v): (Level, Verdict)| (l, v == Verdict::Violation);
            if here.0 == Level::Off {
                continue;
            }
            if best.is_none_or(|b| rank(here) > rank(b)) {
                best = Some(here);
            }
            asking_it.push((verdict, name.clone()));
            noted[1 + usize::from(verdict == Verdict::Violation)] |= asked::bit(name);
        }
        let at = At {
            asked: (r, a),
            subject,
            address: round.address,
        };
        for (state, profiles) in [State::MadeUp, State::Open, State::Broken]
            .into_iter()
            .zip(noted)
        {
            self.note_under(&at, state, profiles);
        }
        // All that say the same, whatever their level: the strictest of them counts.
        let who = |said: Verdict| {
            let same = asking_it.iter().filter(|(v, _)| *v == said);
            same.map(|(_, name)| name.clone()).collect::<Vec<_>>()
        };
        let (level, verdict, said, profiles) = match best {
            Some((level, Verdict::Undetermined)) => {
                let who = who(Verdict::Undetermined);
                (level, Verdict::Undetermined, Said::Undetermined, who)
            }
            Some((level, verdict)) => (level, verdict, Said::Violation, who(verdict)),
            None if accepting.is_empty() => return,
            None => {
                self.passed += 1;
                (Level::Note, Verdict::Pass, Said::Accepted, accepting)
            }
        };
        let address = round.address;
        let rule = if verdict == Verdict::Undetermined {
            asking.asks[a].undecided_as
        } else {
            r
        };
        let told = self.compared.then(|| Told {
            rule: rule as u16,
            level,
            others: (subject.address() != address || !round.more.is_empty()).then(|| {
                Box::new(Others {
                    first: address.clone(),
                    more: round.more.to_vec(),
                })
            }),
        });
        let number = self.note((r, a), subject, verdict, told);
        self.raws.push(Box::new(Raw {
            rule,
            verdict,
            level,
            profiles,
            set: self.set,
            address: address.clone(),
            more: round.more.to_vec(),
            basis: decided.basis,
            why: decided.why.filter(|_| verdict == Verdict::Undetermined),
            facts: decided.facts,
            several: false,
            elsewhere: Vec::new(),
            text: policy.text(r, a, said),
            help: round.help,
            class: round.class.class.into(),
            suppressed: None,
            outcomes: number.into_iter().collect(),
        }));
    }

    /// Keys that only a text names are asked at the store.
    fn text_keys(&mut self, s: &'f Store, undecided: &[(Fact, String)]) {
        let questions = self.questions;
        let Some(list) = questions.get(&About::Key) else {
            return;
        };
        let policy = self.policy;
        let keepings = std::iter::once(&s.custody)
            .chain(s.parts.iter().map(|p| &p.custody))
            .chain(s.copies.iter().map(|c| &c.custody));
        let answers = keepings.flat_map(|k| k.answers.iter().map(move |a| (k, a)));
        let mut seen: FxHashSet<(Asked, String)> = FxHashSet::default();
        for (keeping, answer) in answers {
            if answer.key.is_some() || answer.key_location.is_none() {
                continue;
            }
            let subject = Subject::TextKey(s, keeping, answer);
            let signature = self.sign(signature::of(&subject));
            for &(r, a) in list {
                let ask = &policy.rules[r].asks[a];
                if !subject.has(ask.fact) {
                    continue;
                }
                let mut outcome = self.ask((r, a, signature), ask, &subject);
                // A key that is only perhaps this one is perhaps abroad.
                if outcome.verdict == Some(Verdict::Violation) && differ(keeping, answer) {
                    outcome.verdict = Some(Verdict::Undetermined);
                }
                let Some(verdict) = outcome.verdict else {
                    continue;
                };
                let mut decided = decided::of(&subject, ask.fact, verdict);
                if let Some(b) = &answer.basis {
                    decided.basis = b.clone();
                }
                let cause = cause_of(&decided.basis);
                if !seen.insert(((r, a, signature), cause.clone())) {
                    continue;
                }
                let round = Round::new(class_of(s), &s.address);
                if verdict == Verdict::Pass {
                    self.passed += 1;
                    self.note_asked((r, a), &subject, &round, State::Passed);
                    continue;
                }
                if verdict == Verdict::Undetermined && undecided.contains(&(ask.fact, cause)) {
                    self.note((r, a), &subject, verdict, None);
                    self.note_asked((r, a), &subject, &round, State::Open);
                    continue;
                }
                self.tell((r, a), (&subject, verdict), &outcome, &round, decided);
            }
        }
    }

    fn key(
        &mut self,
        k: &'f KeyFacts,
        undecided: &FxHashMap<Arc<str>, Vec<(Fact, String)>>,
        stores: &FxHashMap<&str, &'f Store>,
    ) {
        // The strictest class of the stores that it serves.
        let served = k.used_by.iter().filter_map(|s| stores.get(&**s).copied());
        let class = served
            .map(class_of)
            .max_by_key(|c| (strictness(c.class), c.marks.len()));
        let told: Vec<(Fact, String)> = k
            .used_by
            .iter()
            .filter_map(|s| undecided.get(s))
            .flatten()
            .cloned()
            .collect();
        let mut round = Round {
            more: &k.used_by,
            told: &told,
            ..Round::new(class.unwrap_or(Class::DEFAULT), &k.address)
        };
        self.round(&Subject::Key(k), &mut round);
    }

    fn other(&mut self, o: &'f Other, stores: &FxHashMap<&str, &'f Store>) {
        let class = Class {
            class: &o.data_class,
            marks: &[],
        };
        let round = || Round::new(class, &o.address);
        self.round(&Subject::Other(o), &mut round());
        for c in &o.copies {
            let subject = Subject::Copy {
                store: None,
                copy: c,
                cipher: cipher(c, None, stores),
                owner: &o.address,
            };
            self.round(&subject, &mut round());
        }
    }
}

/// What keeps a question back: a rule that has to be passed first, and was not; how it came out.
fn held_back(failed: &[(usize, Verdict)], needed: &[usize]) -> Option<Verdict> {
    let not_passed = failed.iter().filter(|(f, _)| needed.contains(f));
    not_passed.map(|(_, verdict)| *verdict).min()
}

fn class_of(s: &Store) -> Class<'_> {
    Class {
        class: &s.data_class,
        marks: &s.marks,
    }
}

/// How strict the questions for a class are.
fn strictness(class: &str) -> u8 {
    match class {
        "public" => 0,
        "internal" => 1,
        "protected" => 2,
        _ => 3,
    }
}

/// The cipher at a copy: that of the store that is there, else that of the same service here.
fn cipher<'f>(
    copy: &Copy,
    source: Option<&'f Store>,
    stores: &FxHashMap<&str, &'f Store>,
) -> Option<&'f Arc<str>> {
    let there = copy.to.as_ref().and_then(|to| stores.get(&**to).copied());
    there.or(source)?.encryption.cipher.as_ref()
}

/// A condition where something exists.
fn here(mut c: Cond, exists: &[World]) -> Cond {
    c.retain(|(w, _)| can_be(w, exists));
    c
}

fn settle(c: &Cond) -> Verdict {
    if c.is_empty() {
        Verdict::Undetermined
    } else if c.iter().all(|(_, b)| *b == Some(true)) {
        Verdict::Pass
    } else if c.iter().all(|(_, b)| *b == Some(false)) {
        Verdict::Violation
    } else {
        Verdict::Undetermined
    }
}

/// Where a copy is made.
fn made(fact: &YesNo) -> Cond {
    let answers = fact.answers.iter();
    answers
        .map(|(w, a)| {
            let made = match a {
                Answer::Yes => Some(true),
                Answer::No => Some(false),
                Answer::Unknown | Answer::NotApplicable => None,
            };
            (w.clone(), made)
        })
        .collect()
}

/// Where a question can be asked.
fn applicable(fact: &YesNo) -> Cond {
    let answers = fact.answers.iter();
    answers
        .map(|(w, a)| (w.clone(), Some(*a != Answer::NotApplicable)))
        .collect()
}

/// Whether an answer is only one of several that do not agree on the key.
fn differ(k: &Keeping, answer: &KeyAnswer) -> bool {
    k.answers
        .iter()
        .any(|a| a.key != answer.key || a.level.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::value::Literal;

    fn world(atom: u64, equal: bool) -> World {
        let holds = Literal::new(atom, &Val::bool(true), "x = true");
        World::of(if equal { holds } else { holds.negate() })
    }

    fn fact(answers: &[(World, Answer)]) -> YesNo {
        YesNo {
            answers: answers.to_vec(),
            ..YesNo::of(Answer::Unknown)
        }
    }

    #[test]
    fn all_worlds_decide() {
        let (yes, no) = (world(1, true), world(1, false));
        let both = |a, b| settle(&vec![(yes.clone(), a), (no.clone(), b)]);
        assert_eq!(both(Some(true), Some(true)), Verdict::Pass);
        assert_eq!(both(Some(false), Some(false)), Verdict::Violation);
        assert_eq!(both(Some(true), Some(false)), Verdict::Undetermined);
        assert_eq!(both(Some(false), None), Verdict::Undetermined);
        assert_eq!(both(Some(true), None), Verdict::Undetermined);
        assert_eq!(settle(&Vec::new()), Verdict::Undetermined);
        // What cannot be where it exists does not count.
        let c = vec![(yes.clone(), Some(true)), (no, Some(false))];
        assert_eq!(settle(&here(c, &[yes])), Verdict::Pass);
    }

    #[test]
    fn a_copy_that_is_perhaps_made_is_perhaps_abroad() {
        let abroad: Cond = vec![(World::ANY, Some(false))];
        let come_out = |f: &YesNo| settle(&worlds::or(&worlds::not(&made(f)), &abroad));
        assert_eq!(come_out(&YesNo::of(Answer::Yes)), Verdict::Violation);
        assert_eq!(come_out(&YesNo::of(Answer::Unknown)), Verdict::Undetermined);
        assert_eq!(come_out(&YesNo::of(Answer::No)), Verdict::Pass);
        let sometimes = [(world(1, true), Answer::Yes), (world(1, false), Answer::No)];
        assert_eq!(come_out(&fact(&sometimes)), Verdict::Undetermined);
    }

    #[test]
    fn what_cannot_be_had_is_not_asked() {
        let c = applicable(&YesNo::of(Answer::NotApplicable));
        assert!(c.iter().all(|(_, b)| *b == Some(false)));
        let c = applicable(&YesNo::of(Answer::Unknown));
        assert!(c.iter().all(|(_, b)| *b == Some(true)));
    }
}
