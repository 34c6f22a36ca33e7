//! What a change does, as all formats tell it. Where nobody knows how things were, nothing is told.

use super::Outcome;
use crate::diagnostic::{Change, Finding, Level, Message, Shown, Verdict};
use crate::messages::{Words, visible};
use crate::settings::Detail;
use serde::Serialize;

/// So many addresses and sentences of a finding are told, unless all are asked for.
const TOLD: usize = 5;

/// What the change does to a finding, in lines for people.
pub fn lines(f: &Finding, words: &Words, detail: Detail) -> Vec<String> {
    let Some(worst) = f.change else {
        return Vec::new();
    };
    let most = if detail == Detail::Verbose {
        usize::MAX
    } else {
        TOLD
    };
    let mut out = Vec::new();
    if f.changes.iter().all(|c| c.change == worst) {
        out.push(words.word(&format!("change.{}", worst.word())));
    } else {
        for change in Change::ALL {
            let of = f.addresses.iter().zip(&f.changes);
            let of = of.filter(|(_, c)| c.change == change);
            let all: Vec<&str> = of.map(|(a, _)| a.as_str()).collect();
            if !all.is_empty() {
                let message = Message::new(format!("change.of-{}", change.word()))
                    .arg(few(&all, most, words).join(", "));
                out.push(words.say(&message));
            }
        }
    }
    let mut said: Vec<&Message> = Vec::new();
    for c in Change::ALL {
        let of = f.changes.iter().filter(|o| o.change == c);
        for shift in of.filter_map(|o| o.shift.as_ref()) {
            if said.len() <= most && !said.contains(&&shift.words) {
                said.push(&shift.words);
            }
        }
    }
    let more = said.len() > most;
    out.extend(said.into_iter().take(most).map(|m| words.say(m)));
    if more {
        out.push("…".to_owned());
    }
    out
}

fn few(all: &[&str], most: usize, words: &Words) -> Vec<String> {
    let mut out: Vec<String> = all.iter().take(most).map(|a| visible(a)).collect();
    if all.len() > most {
        let more = Message::new("summary.more").arg((all.len() - most).to_string());
        out.push(words.say(&more));
    }
    out
}

/// What the change does to one address.
#[derive(Serialize)]
pub struct Each<'a> {
    address: &'a str,
    change: Change,
    fact: Option<&'static str>,
    before: Option<&'a Shown>,
    after: Option<&'a Shown>,
    message: Option<String>,
}

/// What the change does to each address of a finding.
pub fn each<'a>(f: &'a Finding, words: &Words) -> Vec<Each<'a>> {
    let all = f.addresses.iter().zip(&f.changes);
    all.map(|(address, c)| {
        let shift = c.shift.as_deref();
        Each {
            address,
            change: c.change,
            fact: shift.and_then(|s| s.fact),
            before: shift.and_then(|s| s.before.as_ref()),
            after: shift.and_then(|s| s.after.as_ref()),
            message: shift.map(|s| words.say(&s.words)),
        }
    })
    .collect()
}

/// The findings by what the change does to them.
#[derive(Serialize)]
pub struct Counts {
    introduced: usize,
    worsened: usize,
    existing: usize,
    resolved: usize,
}

impl Counts {
    /// Those of an outcome.
    pub fn of(outcome: &Outcome) -> Counts {
        let [introduced, worsened, existing] = outcome.seen.changes;
        Counts {
            introduced,
            worsened,
            existing,
            resolved: mended(outcome),
        }
    }
}

/// How many findings are resolved: one an address and rule.
pub fn mended(outcome: &Outcome) -> usize {
    outcome.resolved.iter().map(|r| r.addresses.len()).sum()
}

/// What held before, and does no longer.
#[derive(Serialize)]
pub struct Resolved<'a> {
    rule: &'a str,
    level: Level,
    verdict: Verdict,
    target: &'a str,
    variable_sets: Vec<&'a str>,
    addresses: &'a [String],
    /// `passes`, or `gone`: what it was about is no longer there.
    because: &'static str,
}

/// All that is resolved.
pub fn resolved(outcome: &Outcome) -> Vec<Resolved<'_>> {
    let all = outcome.resolved.iter();
    all.map(|r| Resolved {
        rule: &r.rule,
        level: r.level,
        verdict: r.verdict,
        target: &r.target,
        variable_sets: r.variable_sets.iter().map(|s| &**s).collect(),
        addresses: &r.addresses,
        because: if r.gone { "gone" } else { "passes" },
    })
    .collect()
}

/// The same for people, an address and rule each.
pub fn resolved_lines(outcome: &Outcome, words: &Words) -> Vec<String> {
    let mut out = Vec::new();
    for r in &outcome.resolved {
        let because = if r.gone {
            "change.gone"
        } else {
            "change.passes"
        };
        for address in &r.addresses {
            let address = visible(address);
            out.push(format!("{} {address} ({})", r.rule, words.word(because)));
        }
    }
    out
}
