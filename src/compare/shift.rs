//! What a change does, in words: out of the fact before and after.

use super::worse;
use crate::catalog::custody::Custody;
use crate::diagnostic::{Message, Shift, Shown};
use crate::extract::facts::{Answer, Keeping, Location, Operator, YesNo};
use crate::judge::outcome::{Outcome, Seen, Which};
use crate::policy::rules::Fact;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is another of the fact that an outcome is about; `there`: the thing was there before.
pub(super) fn of(after: &Outcome<'_>, there: bool, before: Option<&Seen<'_>>) -> Option<Shift> {
    let address = &**after.address();
    let now = after.seen();
    let shift = |before: Option<Shown>, words: Message| Shift {
        fact: Some(name(after.fact)),
        before,
        after: shown(&now, after.fact),
        words,
    };
    let Some(before) = before.filter(|_| there) else {
        let words = match after.copy_words() {
            _ if !there => Message::new("change.makes").arg(address),
            Some(copy) => Message::new("change.adds-copy").arg(address).one_of(copy),
            None => match after.which() {
                Which::Part(part) => Message::new("change.adds-part")
                    .arg(address)
                    .one_of(vec![Message::new(format!("part.{part}"))]),
                _ => return None,
            },
        };
        return Some(shift(None, words));
    };
    if worse::same(before, &now) {
        return None;
    }
    let words = words(address, after.fact, before, &now)?;
    Some(shift(shown(before, after.fact), words))
}

/// A thing that was not concerned by another, and is now: a store at a key that is abroad.
pub(super) fn joins(address: &str, other: &str) -> Shift {
    Shift {
        fact: None,
        before: None,
        after: None,
        words: Message::new("change.joins").arg(address).arg(other),
    }
}

/// As the register calls it.
fn name(fact: Fact) -> &'static str {
    match fact {
        Fact::Location => "location",
        Fact::Encryption => "encryption",
        Fact::Custody => "custody",
        Fact::Rotation => "rotation",
        Fact::Exposure | Fact::Access => "exposure",
        Fact::Network => "network",
        Fact::SignIn => "sign_in",
        Fact::InCode => "in_code",
        Fact::Backup => "backup",
        Fact::Loss => "deletion_protected",
        Fact::Plaintext => "plaintext",
        Fact::Weak => "weak",
        Fact::Operator => "operator",
        Fact::Contents => "contents",
        Fact::Foreign => "foreign",
        Fact::Window => "window",
        Fact::Cipher => "cipher",
    }
}

fn words(address: &str, fact: Fact, before: &Seen<'_>, now: &Seen<'_>) -> Option<Message> {
    let say = |key: &str| Message::new(format!("change.{key}")).arg(address);
    Some(match (before, now) {
        (Seen::Place(b), Seen::Place(a)) => {
            let (from, to) = (before.place_words(), now.place_words());
            match (b.open || from.is_empty(), a.open || to.is_empty()) {
                (true, true) => return None,
                (true, false) => say("place-was-unknown").one_of(to),
                (false, true) => say("place-is-unknown").one_of(from),
                (false, false) => say("moves").one_of(from).one_of(to),
            }
        }
        (Seen::Keeping(b, old), Seen::Keeping(a, new)) => {
            let (from, to) = (keepers(b, *old), keepers(a, *new));
            match (b.level(), a.level()) {
                (None, None) => return None,
                (None, Some(_)) => say("key-was-unknown").one_of(to),
                (Some(_), None) => say("key-is-unknown").one_of(from),
                (Some(was), Some(_)) if a.encrypted() == Answer::No => {
                    let key = if was >= Custody::CustomerManaged {
                        "bare-and-key"
                    } else {
                        "bare"
                    };
                    say(key).one_of(from)
                }
                (Some(was), Some(is)) if is < was => {
                    let customers = |l: Custody| l >= Custody::CustomerManaged;
                    let key = if customers(was) && !customers(is) {
                        "gives-up-key"
                    } else {
                        "weaker-key"
                    };
                    say(key).one_of(from).one_of(to)
                }
                (Some(was), Some(is)) if is > was => say("better-key").one_of(from).one_of(to),
                _ => return None,
            }
        }
        (Seen::YesNo(b), Seen::YesNo(a)) => match (b.answer(), a.answer()) {
            (_, Answer::Unknown) => say("is-unknown"),
            (Answer::Unknown, _) => say("was-unknown"),
            (was, is) if was != is => say(match (fact, is) {
                (Fact::Exposure | Fact::Access | Fact::Network, Answer::Yes) => "opens",
                (Fact::Backup, Answer::No) => "without-backup",
                (Fact::Loss, Answer::No) => "no-guard",
                (Fact::Rotation, Answer::No) => "no-rotation",
                (Fact::Plaintext, Answer::Yes) => "plaintext",
                (Fact::Weak, Answer::Yes) => "weak",
                _ => return None,
            }),
            _ => return None,
        },
        _ => return None,
    })
}

/// Who keeps the key, in words: each step that is possible.
fn keepers(k: &Keeping, operator: Option<&Operator>) -> Vec<Message> {
    let name = operator.map_or("", |o| &*o.name);
    let levels = k.levels().into_iter();
    levels
        .map(|l| Message::new(format!("keeper.{}", l.word())).arg(name))
        .collect()
}

/// A fact in the words of the register.
fn shown(seen: &Seen<'_>, fact: Fact) -> Option<Shown> {
    Some(match seen {
        Seen::Place(l) => place(l),
        Seen::Keeping(k, _) => custody(k),
        Seen::YesNo(a) => Shown::Word(answer(a, fact)),
        Seen::Operator(o) => Shown::Operator {
            name: o.name.to_string(),
            country: o.country.to_string(),
        },
        Seen::Nothing => return None,
    })
}

fn answer(a: &YesNo, fact: Fact) -> &'static str {
    match fact {
        Fact::Exposure | Fact::Access => a.exposure(),
        _ => a.answer().word(),
    }
}

/// Nothing is listed while it is not known, as in the register.
fn place(l: &Location) -> Shown {
    let state = l.state();
    let regions = l.alternatives.iter().flat_map(|p| &p.regions);
    let regions: Vec<_> = regions.filter(|_| state != "unknown").collect();
    let codes: BTreeSet<&Arc<str>> = regions.iter().map(|r| &r.code).collect();
    let countries: BTreeSet<&Arc<str>> = regions.iter().map(|r| &r.country).collect();
    Shown::Place {
        state,
        regions: codes.into_iter().map(ToString::to_string).collect(),
        countries: countries
            .into_iter()
            .filter(|c| !c.is_empty())
            .map(ToString::to_string)
            .collect(),
    }
}

fn custody(k: &Keeping) -> Shown {
    let first = k.answers.first().and_then(|a| a.key.as_ref());
    let one_key = k.answers.iter().all(|a| a.key.as_ref() == first);
    Shown::Custody {
        at_rest: k.encrypted().word(),
        level: k.level().map_or("unknown", Custody::word),
        levels: k.levels().into_iter().map(Custody::word).collect(),
        key: first.filter(|_| one_key).map(ToString::to_string),
    }
}
