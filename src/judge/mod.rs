//! Judge: the policy's questions, asked of every fact of a root, with three answers.
//!
//! Lives here: which question is asked of what, and what it comes out as. Not here: how outcomes become
//! findings (`gather.rs`), where a finding's mark is (`mark.rs`).

mod accept;
mod gather;
mod mark;

use crate::catalog::custody::Custody;
use crate::diagnostic::{Finding, Level, Message, Verdict};
use crate::evaluate::Evaluation;
use crate::evaluate::value::{Val, World};
use crate::extract::facts::{Basis, Facts, Keeping, KeyFacts, Location, Other, Store, YesNo};
use crate::extract::worlds::{can_be, cond};
use crate::policy::rules::{About, Fact};
use crate::policy::suppress::Suppressions;
use crate::policy::{Policy, Rule, words};
use gather::Raw;
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt::Write;
use std::sync::Arc;

/// One variable set of a root: how it was evaluated, and what was extracted.
pub struct Judged<'a, 'p> {
    /// The evaluation, for marks and trails.
    pub evaluation: &'a Evaluation<'p>,
    /// Its facts.
    pub facts: &'a Facts,
}

/// What a root came to.
#[derive(Debug, Default)]
pub struct Judgement {
    /// The findings, without an order.
    pub findings: Vec<Finding>,
    /// Questions that passed.
    pub passed: usize,
}

/// Judges a root with all its variable sets.
pub fn judge(
    sets: &[Judged<'_, '_>],
    policy: &Policy,
    suppressions: &Suppressions,
) -> Judgement {
    let mut passed = 0;
    let mut raws: Vec<Box<Raw>> = Vec::new();
    for (number, set) in sets.iter().enumerate() {
        let mut asking = Asking {
            ev: set.evaluation,
            policy,
            set: number,
            bindings: words::policy(policy),
            memo: FxHashMap::default(),
            passed: 0,
            raws: Vec::new(),
        };
        asking.all(set.facts);
        passed += asking.passed;
        raws.append(&mut asking.raws);
    }
    Judgement {
        findings: gather::findings(sets, policy, suppressions, raws),
        passed,
    }
}

/// What is remembered of an outcome: rule and facts.
type Asked = (usize, String);

struct Asking<'a, 'p> {
    ev: &'a Evaluation<'p>,
    policy: &'a Policy,
    set: usize,
    bindings: Val,
    memo: FxHashMap<Asked, Option<Verdict>>,
    passed: usize,
    raws: Vec<Box<Raw>>,
}

impl Asking<'_, '_> {
    fn all(&mut self, facts: &Facts) {
        // Causes of what is undecided, by store: a key is not told once more for the same one.
        let mut undecided: FxHashMap<Arc<str>, String> = FxHashMap::default();
        let mut classes: FxHashMap<Arc<str>, Arc<str>> = FxHashMap::default();
        for s in &facts.stores {
            if let Some(cause) = self.store(s) {
                undecided.insert(s.address.clone(), cause);
            }
            classes.insert(s.address.clone(), s.data_class.clone());
        }
        for k in facts.keys.iter().filter(|k| !k.defers) {
            self.key(k, &undecided, &classes);
        }
        for o in facts.others.iter().filter(|o| o.role == "backend") {
            self.backend(o);
        }
    }

    /// Asks the rules of stores; gives the cause of a place that is not decided.
    fn store(&mut self, s: &Store) -> Option<String> {
        let policy = self.policy;
        let signature = signature_of_store(s);
        let mut object: Option<Val> = None;
        let mut outcomes: Vec<Option<Verdict>> = vec![None; policy.rules.len()];
        let mut undecided = None;
        for (i, rule) in policy.rules.iter().enumerate() {
            if rule.about != About::Store || rule.requires.is_none() {
                continue;
            }
            let held = |r: &usize| {
                !matches!(
                    outcomes[*r],
                    Some(Verdict::Violation | Verdict::Undetermined)
                )
            };
            if !rule.after.iter().all(held) || not_asked(rule, s) {
                continue;
            }
            let mut bindings = |()| {
                let v = object.get_or_insert_with(|| words::store(s)).clone();
                ("store", v)
            };
            let asked = if rule.by_facts {
                signature.clone()
            } else {
                format!("{}|{signature}", s.address)
            };
            let verdict = self.ask(i, rule, asked, &s.worlds, &mut bindings);
            outcomes[i] = verdict;
            match verdict {
                None => {}
                Some(Verdict::Pass) => self.passed += 1,
                Some(verdict) => {
                    let reported = if verdict == Verdict::Undetermined {
                        rule.undecided_as
                    } else {
                        i
                    };
                    let (basis, why, facts) = about_store(rule, s, verdict);
                    if verdict == Verdict::Undetermined && rule.fact == Fact::Location {
                        undecided = Some(cause_of(&basis));
                    }
                    self.add(
                        reported,
                        verdict,
                        &s.data_class,
                        &s.address,
                        &[],
                        basis,
                        why,
                        facts,
                        false,
                    );
                }
            }
        }
        self.text_keys(s, undecided.as_deref());
        undecided
    }

    /// The verdict of a rule; `None` where it is not asked.
    fn ask(
        &mut self,
        number: usize,
        rule: &Rule,
        signature: String,
        exists: &[World],
        object: &mut dyn FnMut(()) -> (&'static str, Val),
    ) -> Option<Verdict> {
        let key = (number, signature);
        if let Some(known) = self.memo.get(&key) {
            return *known;
        }
        let bindings = [object(()), ("policy", self.bindings.clone())];
        let policy = self.policy;
        let more = |name: &str, args: &[Val]| words::function(policy, name, args);
        let holds = |c: &crate::catalog::compile::Condition| -> Verdict {
            let (v, _) = self.ev.condition(&c.tree, c.tree.root(), &bindings, &more);
            let answers: Vec<Option<bool>> = cond(&v)
                .into_iter()
                .filter(|(w, _)| can_be(w, exists))
                .map(|(_, b)| b)
                .collect();
            if !answers.is_empty() && answers.iter().all(|b| *b == Some(true)) {
                Verdict::Pass
            } else if !answers.is_empty() && answers.iter().all(|b| *b == Some(false)) {
                Verdict::Violation
            } else {
                Verdict::Undetermined
            }
        };
        // A question that perhaps applies is asked: not knowing is not a pass.
        let applies = rule.applies.as_ref().map(holds);
        let verdict = match (applies, rule.requires.as_ref()) {
            (Some(Verdict::Violation), _) | (_, None) => None,
            (applies, Some(requires)) => Some(match (applies, holds(requires)) {
                (Some(Verdict::Undetermined), Verdict::Violation) => Verdict::Undetermined,
                (_, verdict) => verdict,
            }),
        };
        self.memo.insert(key, verdict);
        verdict
    }

    /// Keys that only a text names are asked for their place at the store.
    fn text_keys(&mut self, s: &Store, undecided: Option<&str>) {
        let policy = self.policy;
        for (i, rule) in policy.rules.iter().enumerate() {
            if rule.about != About::Key || rule.requires.is_none() {
                continue;
            }
            let keepings = std::iter::once(&s.custody).chain(s.parts.iter().map(|p| &p.custody));
            let mut seen: FxHashSet<String> = FxHashSet::default();
            for answer in keepings.flat_map(|k| &k.answers) {
                if answer.key.is_some() || answer.key_as_store {
                    continue;
                }
                let Some(place) = &answer.key_location else {
                    continue;
                };
                let signature = format!("text{}", signature_of_place(place));
                let (mut basis, why, facts) = about_location(place, s.place, Verdict::Undetermined);
                if let Some(b) = &answer.basis {
                    basis = b.clone();
                }
                if !seen.insert(format!("{signature}{}", cause_of(&basis))) {
                    continue;
                }
                let mut object = |()| ("key", words::text_key(place));
                match self.ask(i, rule, signature, &s.worlds, &mut object) {
                    None => {}
                    Some(Verdict::Pass) => self.passed += 1,
                    Some(Verdict::Undetermined) if undecided == Some(&*cause_of(&basis)) => {}
                    Some(verdict) => {
                        let sometimes = answers_differ(s, answer);
                        // A key that is only perhaps this one is perhaps abroad.
                        let verdict = if sometimes {
                            Verdict::Undetermined
                        } else {
                            verdict
                        };
                        let why = (verdict == Verdict::Undetermined).then_some(why).flatten();
                        self.add(
                            if verdict == Verdict::Undetermined {
                                rule.undecided_as
                            } else {
                                i
                            },
                            verdict,
                            &s.data_class,
                            &s.address,
                            &[],
                            basis,
                            why,
                            facts,
                            place.never,
                        );
                    }
                }
            }
        }
    }

    fn key(
        &mut self,
        k: &KeyFacts,
        undecided: &FxHashMap<Arc<str>, String>,
        classes: &FxHashMap<Arc<str>, Arc<str>>,
    ) {
        let policy = self.policy;
        for (i, rule) in policy.rules.iter().enumerate() {
            if rule.about != About::Key || rule.requires.is_none() {
                continue;
            }
            let signature = format!(
                "{}|{}|{}|{:?}",
                k.ty,
                signature_of_place(&k.location),
                signature_of_keeping(&k.custody),
                k.rotation.answers
            );
            let asked = if rule.by_facts {
                signature
            } else {
                format!("{}|{signature}", k.address)
            };
            let mut object = |()| ("key", words::key(k));
            let Some(verdict) = self.ask(i, rule, asked, &k.worlds, &mut object) else {
                continue;
            };
            if verdict == Verdict::Pass {
                self.passed += 1;
                continue;
            }
            let (basis, why, facts) = about_location(&k.location, k.place, verdict);
            let cause = cause_of(&basis);
            if verdict == Verdict::Undetermined
                && k.used_by.iter().any(|s| undecided.get(s) == Some(&cause))
            {
                continue;
            }
            // The strictest class of the stores that it serves.
            let class = k
                .used_by
                .iter()
                .filter_map(|s| classes.get(s).cloned())
                .max_by_key(|c| policy.level(rule, c).0)
                .unwrap_or_else(|| "protected".into());
            let reported = if verdict == Verdict::Undetermined {
                rule.undecided_as
            } else {
                i
            };
            let never = k.location.never;
            self.add(
                reported, verdict, &class, &k.address, &k.used_by, basis, why, facts, never,
            );
        }
    }

    fn backend(&mut self, o: &Other) {
        let policy = self.policy;
        for (i, rule) in policy.rules.iter().enumerate() {
            if rule.about != About::Backend || rule.requires.is_none() {
                continue;
            }
            let asked = format!("{}|{}", o.ty, signature_of_place(&o.location));
            let mut object = |()| ("backend", words::backend(o));
            match self.ask(i, rule, asked, &[], &mut object) {
                None => {}
                Some(Verdict::Pass) => self.passed += 1,
                Some(verdict) => {
                    let (basis, why, facts) = about_location(&o.location, o.place, verdict);
                    self.add(
                        i,
                        verdict,
                        "protected",
                        &o.address,
                        &[],
                        basis,
                        why,
                        facts,
                        false,
                    );
                }
            }
        }
    }

    #[allow(clippy::too_many_arguments)] // a raw finding's parts, once
    fn add(
        &mut self,
        rule: usize,
        verdict: Verdict,
        class: &str,
        address: &Arc<str>,
        more: &[Arc<str>],
        basis: Basis,
        why: Option<Message>,
        facts: String,
        only_a_note: bool,
    ) {
        let (mut level, profiles) = self.policy.level(&self.policy.rules[rule], class);
        if verdict == Verdict::Undetermined {
            level = level.min(self.policy.undetermined);
        }
        if only_a_note && verdict == Verdict::Undetermined {
            level = level.min(Level::Note);
        }
        if level == Level::Off {
            return;
        }
        self.raws.push(Box::new(Raw {
            rule,
            verdict,
            level,
            profiles,
            set: self.set,
            address: address.clone(),
            more: more.to_vec(),
            basis,
            why,
            facts,
            class: class.into(),
            suppressed: None,
        }));
    }
}

/// What decided, why it is not decided, and the facts in words.
fn about_store(rule: &Rule, s: &Store, verdict: Verdict) -> (Basis, Option<Message>, String) {
    match rule.fact {
        Fact::Location => about_location(&s.location, s.place, verdict),
        Fact::Encryption | Fact::Custody => {
            let bad = |a: &&crate::extract::facts::KeyAnswer| match rule.fact {
                Fact::Encryption => a.encrypted != crate::extract::facts::Answer::Yes,
                _ => a.level.is_none_or(|l| l < Custody::CustomerManaged),
            };
            let answers = &s.custody.answers;
            // What is not decided says more than what is wrong under an assumption.
            let chosen = answers
                .iter()
                .filter(bad)
                .find(|a| verdict == Verdict::Undetermined && a.level.is_none())
                .or_else(|| answers.iter().find(bad))
                .or_else(|| answers.first());
            let basis = chosen
                .and_then(|a| a.basis.clone())
                .unwrap_or_else(|| Basis::block(s.place));
            let why = (verdict == Verdict::Undetermined).then(|| {
                let said = answers.iter().find_map(|a| a.why.clone());
                said.unwrap_or_else(|| several(answers.iter().map(|a| &a.when)))
            });
            (basis, why, levels(&s.custody))
        }
    }
}

fn not_asked(rule: &Rule, s: &Store) -> bool {
    let question = match rule.fact {
        Fact::Custody => "custody",
        Fact::Encryption => "encryption",
        Fact::Location => "location",
    };
    s.not_asked.iter().any(|(q, _)| &**q == question)
}

/// Whether an answer is only one of several that do not agree on the key.
fn answers_differ(s: &Store, answer: &crate::extract::facts::KeyAnswer) -> bool {
    s.custody
        .answers
        .iter()
        .any(|a| a.key != answer.key || a.level.is_none())
}

fn about_location(
    l: &Location,
    place: crate::source::Place,
    verdict: Verdict,
) -> (Basis, Option<Message>, String) {
    let basis = l
        .basis
        .clone()
        .or_else(|| l.alternatives.first().and_then(|p| p.basis.clone()))
        .unwrap_or_else(|| Basis::block(place));
    let why = (verdict == Verdict::Undetermined).then(|| {
        let said = l.why.clone().filter(|m| m.key != "why.several");
        said.unwrap_or_else(|| several(l.alternatives.iter().map(|p| &p.when)))
    });
    (basis, why, places(l))
}

/// What is undecided because it hangs on something: on what.
fn several<'w>(worlds: impl Iterator<Item = &'w World>) -> Message {
    let mut assumed: Vec<String> = worlds
        .flat_map(World::texts)
        .map(|t| t.to_string())
        .collect();
    assumed.sort();
    assumed.dedup();
    let count = |what: &str| assumed.iter().filter(|t| subject(t) == what).count();
    let mut on: Vec<&str> = assumed
        .iter()
        .map(|t| {
            let what = subject(t);
            if count(what) > 1 { what } else { t.as_str() }
        })
        .collect();
    on.dedup();
    if on.is_empty() {
        Message::new("why.several")
    } else {
        Message::new("why.hangs-on").arg(on.join(", "))
    }
}

/// What an assumption is about: `var.dr` of `var.dr = true`.
fn subject(assumption: &str) -> &str {
    let inner = assumption
        .strip_prefix("not (")
        .and_then(|t| t.strip_suffix(')'));
    let text = inner.unwrap_or(assumption);
    [" = ", " ≠ "]
        .iter()
        .filter_map(|sign| text.rsplit_once(sign))
        .map(|(what, _)| what)
        .min_by_key(|what| std::cmp::Reverse(what.len()))
        .unwrap_or(text)
}

/// Places in words: `us-east-1 (US)`.
fn places(l: &Location) -> String {
    let mut out: Vec<String> = Vec::new();
    for p in &l.alternatives {
        let mut countries: Vec<&str> = p.regions.iter().map(|r| &*r.country).collect();
        countries.sort_unstable();
        countries.dedup();
        countries.retain(|c| !c.is_empty());
        let codes: Vec<&str> = p.regions.iter().map(|r| &*r.code).collect();
        let code = p
            .written
            .as_deref()
            .map_or_else(|| codes.join(" + "), str::to_owned);
        let text = if countries.is_empty() {
            code
        } else {
            format!("{code} ({})", countries.join(", "))
        };
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out.join(" | ")
}

fn levels(k: &Keeping) -> String {
    if k.answers.iter().any(|a| a.level.is_none()) {
        return String::new();
    }
    let words: Vec<&str> = k.levels().into_iter().map(Custody::word).collect();
    words.join(" | ")
}

/// What two findings have in common that one line causes.
fn cause_of(basis: &Basis) -> String {
    match &basis.group {
        Some(group) => group.to_string(),
        None => format!(
            "{}:{}-{}",
            basis.place.file.0, basis.place.span.start, basis.place.span.end
        ),
    }
}

fn world(out: &mut String, w: &World) {
    for l in w.literals() {
        let _ = write!(out, "&{}{}{}", l.atom, l.equal, l.constant);
    }
}

fn signature_of_place(l: &Location) -> String {
    let mut out = String::with_capacity(32);
    for p in &l.alternatives {
        for r in &p.regions {
            out.push_str(&r.code);
            out.push('=');
            out.push_str(&r.country);
            out.push(' ');
        }
        world(&mut out, &p.when);
        out.push('|');
    }
    if l.open {
        out.push('?');
    }
    out.push_str(l.namespace.as_deref().unwrap_or(""));
    out
}

fn signature_of_keeping(k: &Keeping) -> String {
    let mut out = String::with_capacity(24);
    for a in &k.answers {
        out.push_str(a.level.map_or("?", Custody::word));
        out.push_str(a.encrypted.word());
        world(&mut out, &a.when);
        out.push('|');
    }
    out
}

fn signature_of_store(s: &Store) -> String {
    let mut out = signature_of_place(&s.location);
    out.push('/');
    out.push_str(&signature_of_keeping(&s.custody));
    let parts = [&s.ty, &s.service_kind, &s.data_class, &s.provider];
    for part in parts.into_iter().chain(&s.marks) {
        out.push('/');
        out.push_str(part);
    }
    for fact in [&s.backup, &s.exposure, &s.deletion_protected] {
        signature_of_yes_no(fact, &mut out);
    }
    signature_of_yes_no(&s.transport.plaintext, &mut out);
    signature_of_yes_no(&s.transport.weak, &mut out);
    for w in &s.worlds {
        world(&mut out, w);
        out.push(';');
    }
    out
}

fn signature_of_yes_no(fact: &YesNo, out: &mut String) {
    for (w, a) in &fact.answers {
        out.push_str(a.word());
        for text in w.texts() {
            let _ = write!(out, "{text};");
        }
        out.push(' ');
    }
}
