//! Gather: outcomes become findings. What one line causes many times is one finding, with all
//! addresses; of a reusable module, what stays undecided is one a rule.

use super::Judged;
use super::accept::Accepting;
use super::decided::{Said, cause_of};
use super::mark::{self, Marked};
use crate::diagnostic::{Finding, Level, Mark, Message, Suppressed, Verdict, fingerprint};
use crate::evaluate::value::World;
use crate::extract::facts::Basis;
use crate::policy::Policy;
use crate::policy::suppress::Suppressions;
use crate::source::Place;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A finding shows so many ways,
const WAYS: usize = 8;
/// and so many marks on them.
const MARKS: usize = 40;
/// of so many outcomes that came to one.
const ELSEWHERE: usize = 64;

/// One outcome that is no pass. Kept boxed: there may be one for each of many stores, and they are
/// sorted from list to list.
pub(super) struct Raw {
    pub rule: usize,
    pub verdict: Verdict,
    pub level: Level,
    pub profiles: Vec<Arc<str>>,
    pub set: usize,
    pub address: Arc<str>,
    pub more: Vec<Arc<str>>,
    pub basis: Basis,
    pub why: Option<Message>,
    pub facts: Vec<Said>,
    /// They are those of several parts, copies or variable sets.
    pub several: bool,
    /// What decided the same of it for further parts and copies, and in further variable sets.
    pub elsewhere: Vec<(usize, Basis)>,
    /// The message key.
    pub text: String,
    /// What helps, when it is not what the rule says.
    pub help: Option<&'static str>,
    /// The data class it was asked for.
    pub class: Arc<str>,
    /// By what it was accepted.
    pub suppressed: Option<Suppressed>,
    /// The outcomes that it is made of, where they are compared.
    pub outcomes: Vec<u32>,
}

/// Rule, verdict, level, cause, and by what it was accepted: findings are grouped after suppression.
type Cause = (usize, Verdict, Level, String, Option<Suppressed>);
/// What causes at one line have to share to be one finding.
type Shared = (usize, Verdict, Level, Place, Vec<usize>, Option<Suppressed>);

/// Puts the findings of a root together.
pub(super) fn findings(
    sets: &[Judged<'_, '_>],
    policy: &Policy,
    suppressions: &Suppressions,
    raws: Vec<Box<Raw>>,
) -> Vec<Finding> {
    let Some(first) = sets.first() else {
        return Vec::new();
    };
    let root = first.evaluation.root;
    let accepting = Accepting::new(sets, policy, suppressions);
    // The same outcome in several variable sets is one.
    let mut same: FxHashMap<(Cause, Arc<str>), usize> = FxHashMap::default();
    let mut merged: Vec<(Box<Raw>, BTreeSet<usize>)> = Vec::with_capacity(raws.len());
    for mut raw in raws {
        let mut cause = cause_of(&raw.basis);
        if root.reusable && raw.verdict == Verdict::Undetermined {
            raw.level = raw.level.min(Level::Note);
            "reusable".clone_into(&mut cause);
        }
        raw.suppressed = accepting.accepted(&raw);
        let suppressed = raw.suppressed.clone();
        let key = (
            (raw.rule, raw.verdict, raw.level, cause, suppressed),
            raw.address.clone(),
        );
        let at = *same.entry(key).or_insert_with(|| merged.len());
        if let Some((have, in_sets)) = merged.get_mut(at) {
            in_sets.insert(raw.set);
            have.outcomes.extend(raw.outcomes);
            if have.elsewhere.len() < ELSEWHERE {
                have.elsewhere.push((raw.set, raw.basis));
            }
            have.several |= add_facts(&mut have.facts, raw.facts);
            // A route speaks of many stores.
            have.more.extend(raw.more);
        } else {
            let in_sets = BTreeSet::from([raw.set]);
            merged.push((raw, in_sets));
        }
    }
    // There may be one for each of many stores: what is done with gives its room to what comes.
    drop(same);
    let mut groups: BTreeMap<(Cause, BTreeSet<usize>), Vec<Box<Raw>>> = BTreeMap::new();
    for (raw, in_sets) in merged {
        let cause = if root.reusable && raw.verdict == Verdict::Undetermined {
            "reusable".to_owned()
        } else {
            let set = &sets[in_sets.first().copied().unwrap_or(0)];
            match mark::handed_in(set.evaluation, &raw.basis) {
                // One line of a module, given its value by several: each is told at its own.
                Some(place) => format!(
                    "{} {}:{}",
                    cause_of(&raw.basis),
                    place.file.0,
                    place.span.start
                ),
                None => cause_of(&raw.basis),
            }
        };
        let suppressed = raw.suppressed.clone();
        let cause = (raw.rule, raw.verdict, raw.level, cause, suppressed);
        groups.entry((cause, in_sets)).or_default().push(raw);
    }
    // Causes that are marked at one line are one: what a module hands on, value by value.
    let mut out: Vec<(Marked, Vec<Box<Raw>>, BTreeSet<usize>)> = Vec::new();
    let mut by_place: FxHashMap<Shared, usize> = FxHashMap::default();
    for ((_, in_sets), raws) in groups {
        let set = &sets[in_sets.first().copied().unwrap_or(0)];
        let marked = mark::mark(set.evaluation, &raws[0].basis);
        let raw = &raws[0];
        let key = (
            raw.rule,
            raw.verdict,
            raw.level,
            marked.place,
            in_sets.iter().copied().collect(),
            raw.suppressed.clone(),
        );
        let at = *by_place.entry(key).or_insert_with(|| out.len());
        match out.get_mut(at) {
            Some((_, have, _)) => have.extend(raws),
            None => out.push((marked, raws, in_sets)),
        }
    }
    drop(by_place);
    out.into_iter()
        .map(|(marked, raws, in_sets)| finding(sets, policy, &marked, raws, &in_sets))
        .collect()
}

fn finding(
    sets: &[Judged<'_, '_>],
    policy: &Policy,
    marked: &Marked,
    mut raws: Vec<Box<Raw>>,
    in_sets: &BTreeSet<usize>,
) -> Finding {
    raws.sort_by(|a, b| a.address.cmp(&b.address));
    let root = sets[0].evaluation.root;
    let first = &raws[0];
    let rule = &policy.rules[first.rule];
    let variable_sets: Vec<Arc<str>> = in_sets
        .iter()
        .map(|&s| sets[s].evaluation.set.name.clone())
        .collect();

    let mut facts: Vec<Message> = Vec::new();
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    for f in raws.iter().flat_map(|r| &r.facts) {
        if seen.insert(&f.id) {
            facts.push(f.words.clone());
        }
    }
    let mut addresses: Vec<String> = raws.iter().map(|r| r.address.to_string()).collect();
    addresses.dedup();
    let own = addresses.len();
    // Sorted and many: a search for each would be quadratic.
    let mut more: Vec<String> = raws
        .iter()
        .flat_map(|r| r.more.iter().map(ToString::to_string))
        .filter(|a| addresses.binary_search(a).is_err())
        .collect();
    more.sort();
    more.dedup();
    addresses.extend(more);

    let named = if own > 1 {
        format!("{} (+{})", addresses[0], own - 1)
    } else {
        addresses[0].clone()
    };
    // What one thing may be stands with "or"; what several things are is a list.
    let alternatives = raws
        .iter()
        .all(|r| !r.several && r.facts.len() == facts.len());
    let gap = |m: Message, words: Vec<Message>| {
        if alternatives {
            m.one_of(words)
        } else {
            m.list(words)
        }
    };
    let colon = first.verdict == Verdict::Undetermined && !facts.is_empty();
    let facts = if colon {
        vec![gap(Message::new("fact.colon"), facts)]
    } else {
        facts
    };
    let mut trail = Vec::new();
    if let Some(why) = &first.why {
        trail.push(Mark {
            place: marked.place,
            message: why.clone(),
            value: None,
        });
    }
    ways(sets, marked.place, &raws, &mut trail);
    // What decided for an address, whatever else the same line causes.
    let mut decided: FxHashMap<&str, &Raw> = FxHashMap::default();
    for raw in &raws {
        decided.entry(&raw.address).or_insert(raw);
    }
    for raw in &raws {
        for more in &raw.more {
            decided.entry(more).or_insert(raw);
        }
    }
    let deciding = |address: &str| {
        let raw = decided.get(address).copied().unwrap_or(first);
        raw.why
            .as_ref()
            .map_or_else(|| ids(&raw.facts), |w| format!("{}{:?}", w.key, w.args))
    };
    let fingerprints = addresses
        .iter()
        .map(|a| {
            let facts = deciding(a);
            let of = [&*root.identity, a, &rule.id, &facts];
            fingerprint(of.into_iter().chain(variable_sets.iter().map(|s| &**s)))
        })
        .collect();
    let (_, profiles) = (first.level, first.profiles.clone());
    let outcomes = raws.iter().flat_map(|r| &r.outcomes);
    Finding {
        rule: rule.id.clone(),
        level: first.level,
        verdict: first.verdict,
        target: root.target.clone(),
        variable_sets,
        addresses,
        place: marked.place,
        header: marked.header,
        message: gap(Message::new(first.text.clone()).arg(named), facts),
        // What is accepted needs no mending.
        help: (first.verdict != Verdict::Pass).then(|| match first.help {
            Some(key) => Message::new(key),
            None => Message::new(format!("rule.{}.help", rule.id)),
        }),
        trail,
        profiles,
        fingerprints,
        suppressed: first.suppressed.clone(),
        change: None,
        changes: Vec::new(),
        outcomes: outcomes.copied().collect(),
    }
}

/// How the values that decide got there: that of each of the facts, in each of the variable sets.
fn ways(sets: &[Judged<'_, '_>], from: Place, raws: &[Box<Raw>], trail: &mut Vec<Mark>) {
    let mut seen: FxHashSet<String> = FxHashSet::default();
    let mut left = WAYS;
    for raw in raws {
        let here = std::iter::once((raw.set, &raw.basis));
        let there = raw.elsewhere.iter().map(|(set, basis)| (*set, basis));
        for (set, basis) in here.chain(there) {
            if left == 0 {
                return;
            }
            // Many that read the same value from one line have one way.
            let value = basis.found.as_ref().map_or(0, |f| f.val.identity());
            let known = format!("{set} {} {value}", cause_of(basis));
            if !seen.insert(known) {
                continue;
            }
            left -= 1;
            for mark in mark::way(sets[set].evaluation, basis, from, &World::ANY) {
                if trail.len() < MARKS && !trail.contains(&mark) {
                    trail.push(mark);
                }
            }
        }
    }
}

/// Adds facts that are not there yet; whether there were any.
fn add_facts(have: &mut Vec<Said>, more: Vec<Said>) -> bool {
    let before = have.len();
    for f in more {
        if !have.iter().any(|h| h.id == f.id) {
            have.push(f);
        }
    }
    have.len() > before
}

/// Facts as they count for a fingerprint.
fn ids(facts: &[Said]) -> String {
    let ids: Vec<&str> = facts.iter().map(|f| &*f.id).collect();
    ids.join(" | ")
}
