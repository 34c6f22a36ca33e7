//! Compare: what is another between two registers of the same root, and whether it is worse.
//!
//! Each side is a list of things with their facts and what they did not pass; where the two sides come from (a
//! plan's before and after, two revisions) shows nowhere here. Lives here: which outcomes belong together, and
//! what a change does to each. Not here: what is worse (`worse.rs`), what it is in words (`shift.rs`).
//!
//! - `introduced`: it did not hold before, or the thing was not there.
//! - `worsened`: it was not decided and is violated now; or it held, and the fact that it is about got worse.
//! - `existing`: the rest.
//! - `resolved`: it held before, and now passes, or the thing is gone.

mod shift;
mod worse;

use crate::diagnostic::{Change, Changed, Finding, Mended, Shift, Verdict};
use crate::extract::facts::Facts;
use crate::judge::outcome::{Outcome, Things, Which};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One side: the variable sets of a root with their facts, and all outcomes that are no pass.
pub struct Register<'r, 'f> {
    /// Name and facts of each variable set.
    pub sets: &'r [(Arc<str>, &'f Facts)],
    /// Their outcomes.
    pub outcomes: &'r [Outcome<'f>],
    /// The rules' ids, by number.
    pub rules: &'r [Arc<str>],
}

impl<'r> Register<'r, '_> {
    /// The name of an outcome's variable set.
    fn set(&self, of: &Outcome<'_>) -> &'r Arc<str> {
        &self.sets[of.set as usize].0
    }

    /// The rule and question of an outcome, and what of its thing it asks.
    fn asked<'o>(&self, of: &Outcome<'o>) -> (&'r str, u16, Which<'o>) {
        let (rule, number) = of.asked;
        (&self.rules[rule as usize], number, of.which())
    }
}

/// What else has to be known of the two sides.
pub struct Known<'k> {
    /// Whether a place is one where data may be: namespace, code and country.
    pub at_home: &'k dyn Fn(&str, &str, &str) -> bool,
    /// Addresses of which the later side says nothing although they are still there.
    pub aside: &'k FxHashSet<Arc<str>>,
    /// The earlier side tells of what is configured: backends, services behind providers.
    pub configured: bool,
}

/// What a comparison came to.
pub struct Compared {
    /// What the change does, one an outcome of the later side; `None`: it cannot be told.
    one: Vec<Option<One>>,
    /// What held before, and does no longer; without a target.
    pub resolved: Vec<Mended>,
}

/// What the change does to one outcome.
struct One {
    change: Change,
    shift: Option<Arc<Shift>>,
    /// Of its further addresses, those that had it before.
    had: Option<Box<FxHashSet<Arc<str>>>>,
}

/// Compares two registers.
pub fn compare<'r>(
    before: &Register<'r, 'r>,
    after: &Register<'r, 'r>,
    known: &Known<'_>,
) -> Compared {
    let set_before = |name: &str| before.sets.iter().position(|(n, _)| **n == *name);
    let things = |side: &Register<'r, 'r>| {
        let sets = side.sets.iter().enumerate();
        Things::of(sets.map(|(number, (_, facts))| (number, *facts)))
    };
    let was = things(before);
    // What is left of before, by variable set and thing.
    let mut left: FxHashMap<(&str, &str), Vec<u32>> = FxHashMap::default();
    for (number, o) in before.outcomes.iter().enumerate() {
        let at = (&**before.set(o), &**o.address());
        left.entry(at).or_default().push(number as u32);
    }
    // One that is the same goes with it; what is left, in the order of both.
    let mut partner: Vec<Option<&'r Outcome<'r>>> = vec![None; after.outcomes.len()];
    for same in [true, false] {
        for (o, found) in after.outcomes.iter().zip(&mut partner) {
            let at = (&**after.set(o), &**o.address());
            let Some(left) = left.get_mut(&at).filter(|_| found.is_none()) else {
                continue;
            };
            let fits = |number: &u32| {
                let b = &before.outcomes[*number as usize];
                before.asked(b) == after.asked(o) && (!same || worse::same(&b.seen(), &o.seen()))
            };
            if let Some(at) = left.iter().position(fits) {
                *found = Some(&before.outcomes[left.remove(at) as usize]);
            }
        }
    }
    let one = |(o, b): (&'r Outcome<'r>, Option<&'r Outcome<'r>>)| {
        o.told.as_ref()?;
        if o.is_configured() && !known.configured {
            return None;
        }
        let set = set_before(after.set(o));
        let change = b.map_or(Change::Introduced, |b| change(b, o, known));
        let there = set.is_some_and(|set| was.has(set, o.address()));
        let earlier = b.map(Outcome::seen);
        let earlier = earlier.or_else(|| was.seen(set?, o));
        Some(One {
            change,
            shift: shift::of(o, there, earlier.as_ref()).map(Arc::new),
            had: b
                .filter(|b| b.told.is_some() && !o.more().is_empty())
                .map(|b| Box::new(b.more().iter().cloned().collect())),
        })
    };
    let pairs = after.outcomes.iter().zip(partner);
    let one = pairs.map(one).collect();
    let left = left.into_values().flatten();
    let left = left.map(|number| &before.outcomes[number as usize]);
    Compared {
        one,
        resolved: resolved(before, left, &things(after), after, known),
    }
}

/// What became of an outcome that was there before too.
fn change(before: &Outcome<'_>, after: &Outcome<'_>, known: &Known<'_>) -> Change {
    use Verdict::{Pass, Undetermined, Violation};
    match (before.verdict, after.verdict) {
        // What was made up for was no violation.
        (Pass, Violation | Undetermined) => Change::Introduced,
        (Undetermined, Violation) => Change::Worsened,
        (_, Pass) => Change::Existing,
        (Violation, Violation | Undetermined) | (Undetermined, Undetermined) => {
            let level = |o: &Outcome<'_>| o.told.as_ref().map(|t| t.level);
            let stricter = level(before).is_some_and(|l| level(after).is_some_and(|now| now > l));
            if stricter || worse::worse(&before.seen(), &after.seen(), known.at_home) {
                Change::Worsened
            } else {
                Change::Existing
            }
        }
    }
}

/// What is left of before: resolved, unless nobody can tell.
fn resolved<'r>(
    before: &Register<'r, 'r>,
    left: impl Iterator<Item = &'r Outcome<'r>>,
    now: &Things<'r>,
    after: &Register<'r, 'r>,
    known: &Known<'_>,
) -> Vec<Mended> {
    /// Rule, gone, verdict, level, address.
    type Key<'r> = (
        &'r Arc<str>,
        bool,
        Verdict,
        crate::diagnostic::Level,
        &'r str,
    );
    let mut by_address: BTreeMap<Key<'r>, Vec<Arc<str>>> = BTreeMap::new();
    for o in left {
        let Some(told) = o.told.as_ref().filter(|_| o.verdict != Verdict::Pass) else {
            continue;
        };
        let name = before.set(o);
        let set = after.sets.iter().position(|(n, _)| n == name);
        let there = set.is_some_and(|set| now.has(set, o.address()));
        if !there && known.aside.contains(o.address()) || o.is_configured() && !known.configured {
            continue;
        }
        let rule = &before.rules[told.rule as usize];
        let key = (rule, !there, o.verdict, told.level, &**o.first());
        by_address.entry(key).or_default().push(name.clone());
    }
    let mut out: Vec<Mended> = Vec::new();
    for ((rule, gone, verdict, level, address), mut sets) in by_address {
        sets.sort();
        sets.dedup();
        let same = |r: &&mut Mended| {
            r.rule == *rule
                && (r.gone, r.verdict, r.level) == (gone, verdict, level)
                && r.variable_sets == sets
        };
        match out.iter_mut().rev().find(same) {
            Some(have) => have.addresses.push(address.to_owned()),
            None => out.push(Mended {
                target: "".into(),
                rule: rule.clone(),
                variable_sets: sets,
                level,
                verdict,
                gone,
                addresses: vec![address.to_owned()],
            }),
        }
    }
    out
}

impl Compared {
    /// Writes to the findings of the later side what the change does to each.
    pub fn mark(&self, findings: &mut [Finding], outcomes: &[Outcome<'_>]) {
        for finding in findings {
            self.mark_one(finding, outcomes);
        }
    }

    fn mark_one(&self, finding: &mut Finding, outcomes: &[Outcome<'_>]) {
        // By address the worst, and of the same what there is something to say of.
        let mut found: FxHashMap<&str, Changed> = FxHashMap::default();
        for &number in &finding.outcomes {
            let number = number as usize;
            let (Some(Some(one)), Some(outcome)) = (self.one.get(number), outcomes.get(number))
            else {
                return;
            };
            let first = outcome.first();
            let mut add = |address, new: Changed| {
                let rank = |c: &Changed| (c.change, c.shift.is_some());
                match found.get_mut(address) {
                    Some(have) if rank(have) >= rank(&new) => {}
                    Some(have) => *have = new,
                    None => drop(found.insert(address, new)),
                }
            };
            add(first, one.changed());
            for address in outcome.more() {
                // What is at a key that was abroad already is new to it.
                let had = one.had.as_ref().is_none_or(|had| had.contains(address));
                let new = if had {
                    one.changed()
                } else {
                    Changed {
                        change: Change::Introduced,
                        shift: Some(Arc::new(shift::joins(address, first))),
                    }
                };
                add(address, new);
            }
        }
        let changes: Option<Vec<Changed>> = finding
            .addresses
            .iter()
            .map(|a| found.get(&**a).cloned())
            .collect();
        let Some(changes) = changes else { return };
        finding.change = changes.iter().map(|c| c.change).max();
        finding.changes = changes;
    }
}

impl One {
    fn changed(&self) -> Changed {
        Changed {
            change: self.change,
            shift: self.shift.clone(),
        }
    }
}
