//! `sekisho unknowns`: what to give so that the most is decided.
//!
//! Lives here: which cause an undetermined answer has, and the count of answers by cause. Not here: how
//! it looks (`report/unknowns.rs`).

use crate::diagnostic::{Finding, Message, Verdict};
use crate::evaluate::value::World;
use crate::extract::facts::{Keeping, Location};
use crate::judge::subject_of;
use crate::policy::rules::Fact;
use crate::report::Outcome;
use std::collections::{BTreeMap, BTreeSet};

/// What is missing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Cause {
    /// `variable`, `modules`, `provider`, `data-source`, `workspace`, `computed`, `condition`, `other`.
    pub kind: &'static str,
    /// What it is about: `var.region`, a root, a provider, an address.
    pub subject: String,
    /// Why, where the kind does not say it.
    pub why: Option<Message>,
}

/// What would be decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// What is missing.
    pub cause: Cause,
    /// Undetermined answers, one a rule, address and variable set; for missing modules, calls.
    pub answers: usize,
    /// How many different addresses they are about.
    pub addresses: usize,
    /// The roots.
    pub targets: BTreeSet<String>,
    /// By rule; for missing modules, by source.
    pub by: BTreeMap<String, usize>,
}

/// Answers, target and address of each, and how many by rule or source.
type Counted = (usize, BTreeSet<(String, String)>, BTreeMap<String, usize>);

/// Every cause with what it leaves undecided, the most first. An answer that hangs on two things
/// counts for both. `fact_of` tells what a rule is about.
pub fn groups(outcome: &Outcome, fact_of: &dyn Fn(&str) -> Option<Fact>) -> Vec<Group> {
    let index = Index::of(outcome);
    let mut found: BTreeMap<Cause, Counted> = BTreeMap::new();
    let mut add = |cause: Cause, target: &str, address: &str, by: &str, times: usize| {
        let (answers, at, of) = found.entry(cause).or_default();
        *answers += times;
        at.insert((target.to_owned(), address.to_owned()));
        *of.entry(by.to_owned()).or_default() += times;
    };
    let open = |f: &&Finding| f.verdict == Verdict::Undetermined && f.suppressed.is_none();
    for f in outcome.findings.iter().filter(open) {
        let fact = fact_of(&f.rule);
        for address in index.own(f) {
            let mut causes: BTreeSet<Cause> = BTreeSet::new();
            for set in &f.variable_sets {
                causes.extend(index.causes(f, fact, address, set));
            }
            for cause in causes {
                add(cause, &f.target, address, &f.rule, f.variable_sets.len());
            }
        }
    }
    for m in &outcome.modules_missing {
        if m.suppressed.is_none() {
            let cause = Cause {
                kind: "modules",
                subject: m.target.to_string(),
                why: None,
            };
            add(cause, &m.target, &m.address, &m.source, 1);
        }
    }
    let mut out: Vec<Group> = found
        .into_iter()
        .map(|(cause, (answers, at, by))| Group {
            cause,
            answers,
            addresses: at.len(),
            targets: at.into_iter().map(|(target, _)| target).collect(),
            by,
        })
        .collect();
    // Of causes with as many answers those that somebody can do something about come first.
    let order = |g: &Group| (std::cmp::Reverse(g.answers), g.cause.kind == "other");
    out.sort_by(|a, b| (order(a), &a.cause).cmp(&(order(b), &b.cause)));
    out
}

/// Target, variable set, address.
type Key<'a> = (&'a str, &'a str, &'a str);

/// The facts by address.
struct Index<'a> {
    stores: BTreeMap<Key<'a>, (&'a Location, &'a Keeping)>,
    keys: BTreeMap<Key<'a>, &'a Location>,
    others: BTreeMap<Key<'a>, &'a Location>,
}

impl<'a> Index<'a> {
    fn of(outcome: &'a Outcome) -> Index<'a> {
        let stores = outcome.stores.iter().map(|s| {
            let key = (&*s.target, &*s.variable_set, &*s.address);
            (key, (&*s.location, &s.custody))
        });
        let keys = outcome.keys.iter().map(|k| {
            let key = (&*k.target, &*k.variable_set, &*k.address);
            (key, &*k.location)
        });
        let others = outcome.others.iter().map(|o| {
            let key = (&*o.target, &*o.variable_set, &*o.address);
            (key, &o.location)
        });
        Index {
            stores: stores.collect(),
            keys: keys.collect(),
            others: others.collect(),
        }
    }

    /// The addresses that a finding asks about: where it is about keys or others, not the stores that
    /// are named beside them.
    fn own<'f>(&self, f: &'f Finding) -> Vec<&'f str> {
        let set = f.variable_sets.first().map_or("", |s| &**s);
        let is_store = |a: &&str| self.stores.contains_key(&(&*f.target, set, a));
        let all: Vec<&str> = f.addresses.iter().map(String::as_str).collect();
        let beside: Vec<&str> = all.iter().copied().filter(|a| !is_store(a)).collect();
        if beside.is_empty() { all } else { beside }
    }

    fn causes(&self, f: &Finding, fact: Option<Fact>, address: &str, set: &str) -> Vec<Cause> {
        let key = (&*f.target, set, address);
        let mut out = Vec::new();
        if let Some((location, custody)) = self.stores.get(&key) {
            match fact {
                Some(Fact::Location) => of_location(location, &mut out),
                Some(Fact::Custody | Fact::Encryption) => of_keeping(custody, &mut out),
                #[allow(unreachable_patterns)] // facts that come later
                _ => {}
            }
            // A key that only a text names is asked at its store.
            if f.rule.starts_with("key-") && fact == Some(Fact::Location) {
                out.clear();
                for place in custody
                    .answers
                    .iter()
                    .filter_map(|a| a.key_location.as_ref())
                {
                    of_location(place, &mut out);
                }
            }
        } else if let Some(location) = self.keys.get(&key).or_else(|| self.others.get(&key))
            && fact == Some(Fact::Location)
        {
            of_location(location, &mut out);
        }
        if out.is_empty() {
            // What the finding itself says.
            let said = f.trail.iter().map(|m| &m.message);
            out.extend(
                said.filter(|m| m.key.starts_with("why."))
                    .take(1)
                    .flat_map(of_why),
            );
        }
        if out.is_empty() {
            out.push(Cause {
                kind: "other",
                subject: String::new(),
                why: Some(Message::new("why.several")),
            });
        }
        out
    }
}

fn of_location(l: &Location, out: &mut Vec<Cause>) {
    out.extend(of_worlds(l.alternatives.iter().map(|p| &p.when)));
    if l.open || l.alternatives.is_empty() {
        out.extend(l.why.iter().flat_map(of_why));
    }
}

fn of_keeping(k: &Keeping, out: &mut Vec<Cause>) {
    out.extend(of_worlds(k.answers.iter().map(|a| &a.when)));
    let open = k.answers.iter().filter(|a| a.level.is_none());
    out.extend(open.filter_map(|a| a.why.as_ref()).flat_map(of_why));
}

fn of_worlds<'w>(worlds: impl Iterator<Item = &'w World>) -> Vec<Cause> {
    let texts = worlds.flat_map(World::texts);
    texts.map(|t| hanging(subject_of(&t))).collect()
}

/// What an assumption is about.
fn hanging(subject: &str) -> Cause {
    let name = subject.strip_prefix("var.").is_some_and(|n| {
        n.chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
    });
    Cause {
        kind: match subject {
            _ if name => "variable",
            "terraform.workspace" => "workspace",
            _ if subject.starts_with("data.") => "data-source",
            _ => "condition",
        },
        subject: subject.to_owned(),
        why: None,
    }
}

/// What a reason is about; one that lists assumptions is about each.
fn of_why(why: &Message) -> Vec<Cause> {
    let arg = why.args.first().map_or("", String::as_str);
    let one = |kind: &'static str, subject: String| {
        vec![Cause {
            kind,
            subject,
            why: None,
        }]
    };
    match why.key.as_str() {
        "why.variable" => {
            let name = arg.strip_prefix("var.").unwrap_or(arg);
            one("variable", format!("var.{name}"))
        }
        "why.provider-no-region" | "why.provider-none" | "why.provider-handed-in" => {
            one("provider", arg.to_owned())
        }
        "why.data-source" => one("data-source", arg.to_owned()),
        "why.module" => one("module-output", arg.to_owned()),
        "why.workspace" => one("workspace", arg.to_owned()),
        "why.computed" => one("computed", arg.to_owned()),
        "why.hangs-on" => arg.split(", ").map(|s| hanging(subject_of(s))).collect(),
        _ => vec![Cause {
            kind: "other",
            subject: arg.to_owned(),
            why: Some(why.clone()),
        }],
    }
}
