//! Outcomes: what each question came out as, one by one, for those who compare two registers.
//!
//! Lives here: which outcomes are the same question about the same thing, and the fact that it was about.
//! Not here: what is better or worse (`compare/`), how outcomes become findings (`gather.rs`).

use super::decided;
use super::subject::Subject;
use crate::diagnostic::{Level, Message, Verdict};
use crate::extract::facts::{
    Copy, Facts, Keeping, KeyFacts, Location, Operator, Other, Secret, Store, YesNo,
};
use crate::policy::rules::Fact;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What a question came out as; what passes without a word has none.
pub struct Outcome<'f> {
    /// The number of the variable set.
    pub set: u32,
    /// The number of the rule that asks, and of its question.
    pub asked: (u16, u16),
    /// What is asked for.
    pub fact: Fact,
    /// What it came out as. `Pass`: something makes up for it, and that is told.
    pub verdict: Verdict,
    /// How it is told; `None`: something else is told in its place.
    pub told: Option<Told>,
    pub(super) subject: Subject<'f>,
}

/// What becomes a finding.
pub struct Told {
    /// The number of the rule under whose id it is told.
    pub rule: u16,
    /// The level.
    pub level: Level,
    /// The first address, where that is not the thing's own, and further ones.
    pub others: Option<Box<Others>>,
}

/// Addresses besides the thing's own.
pub struct Others {
    /// The first.
    pub first: Arc<str>,
    /// Further ones.
    pub more: Vec<Arc<str>>,
}

/// What of a thing is asked: the same on both sides of a change.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Which<'f> {
    /// The thing itself.
    Itself,
    /// A part of it.
    Part(&'f str),
    /// A copy: its kind, and where it goes.
    Copy(&'f str, Option<&'f str>),
    /// A key that only a text names.
    TextKey,
    /// A secret in the code: where in it.
    Secret(&'f str),
}

/// A fact, as it stands in the register.
#[derive(Clone, Copy)]
pub enum Seen<'f> {
    /// Where.
    Place(&'f Location),
    /// Who keeps the key, and whom the operator is.
    Keeping(&'f Keeping, Option<&'f Operator>),
    /// Yes or no.
    YesNo(&'f YesNo),
    /// Who runs it.
    Operator(&'f Operator),
    /// None that could be told.
    Nothing,
}

impl<'f> Outcome<'f> {
    /// The address of what is asked.
    pub fn address(&self) -> &'f Arc<str> {
        self.subject.address()
    }

    /// What of it.
    pub fn which(&self) -> Which<'f> {
        self.subject.which()
    }

    /// The first address that it is told at.
    pub fn first(&self) -> &Arc<str> {
        let others = self.told.as_ref().and_then(|t| t.others.as_ref());
        others.map_or_else(|| self.address(), |o| &o.first)
    }

    /// Further addresses that it is told at.
    pub fn more(&self) -> &[Arc<str>] {
        let others = self.told.as_ref().and_then(|t| t.others.as_ref());
        others.map_or(&[], |o| &o.more)
    }

    /// It is of the configuration itself and of no resource: where the root keeps its state, a service that
    /// it sends data to.
    pub fn is_configured(&self) -> bool {
        matches!(self.subject, Subject::Other(o) if matches!(o.role, "backend" | "service"))
    }

    /// The fact.
    pub fn seen(&self) -> Seen<'f> {
        seen(&self.subject, self.fact)
    }

    /// A copy in words: what it is, and where.
    pub fn copy_words(&self) -> Option<Vec<Message>> {
        match self.subject {
            Subject::Copy { copy, .. } => Some(decided::copy_to(copy)),
            _ => None,
        }
    }
}

impl<'f> Subject<'f> {
    /// What of a thing it is.
    pub(super) fn which(&self) -> Which<'f> {
        match *self {
            Subject::Store(_) | Subject::Key(_) | Subject::Other(_) => Which::Itself,
            Subject::Part(_, part) => Which::Part(&part.part),
            Subject::Copy { copy, .. } => Which::Copy(&copy.kind, copy.to.as_deref()),
            Subject::TextKey(..) => Which::TextKey,
            Subject::Secret(s) => Which::Secret(&s.path),
        }
    }
}

fn seen<'f>(subject: &Subject<'f>, fact: Fact) -> Seen<'f> {
    let operator = || subject.operator();
    if let Some(yes_no) = subject.yes_no(fact) {
        return Seen::YesNo(yes_no);
    }
    let found = match fact {
        Fact::Location => subject.location().map(Seen::Place),
        Fact::Encryption | Fact::Custody => subject.keeping().map(|k| Seen::Keeping(k, operator())),
        Fact::Operator => operator().map(Seen::Operator),
        _ => None,
    };
    found.unwrap_or(Seen::Nothing)
}

impl Seen<'_> {
    /// The places in words.
    pub fn place_words(&self) -> Vec<Message> {
        match self {
            Seen::Place(l) => decided::places(l).into_iter().map(|p| p.words).collect(),
            _ => Vec::new(),
        }
    }
}

/// What there is, by variable set and address.
#[derive(Default)]
pub struct Things<'f> {
    stores: FxHashMap<(usize, &'f str), &'f Store>,
    keys: FxHashMap<(usize, &'f str), &'f KeyFacts>,
    others: FxHashMap<(usize, &'f str), &'f Other>,
    secrets: FxHashMap<(usize, String), &'f Secret>,
}

impl<'f> Things<'f> {
    /// Those of several variable sets.
    pub fn of(sets: impl IntoIterator<Item = (usize, &'f Facts)>) -> Things<'f> {
        let mut out = Things::default();
        for (set, facts) in sets {
            let stores = facts.stores.iter().map(|s| ((set, &*s.address), s));
            out.stores.extend(stores);
            let keys = facts.keys.iter().map(|k| ((set, &*k.address), k));
            out.keys.extend(keys);
            let others = facts.others.iter().map(|o| ((set, &*o.address), o));
            out.others.extend(others);
            let secrets = facts.secrets.iter();
            out.secrets
                .extend(secrets.map(|s| ((set, format!("{} {}", s.address, s.path)), s)));
        }
        out
    }

    /// Whether there is such a thing.
    pub fn has(&self, set: usize, address: &str) -> bool {
        let at = (set, address);
        self.stores.contains_key(&at)
            || self.keys.contains_key(&at)
            || self.others.contains_key(&at)
    }

    /// The fact that an outcome of another register is about, here; `None`: there is no such thing.
    pub fn seen(&self, set: usize, like: &Outcome<'_>) -> Option<Seen<'f>> {
        let at = (set, &**like.address());
        let store = || self.stores.get(&at).copied();
        let copies = |all: &'f [Copy]| match like.which() {
            Which::Copy(kind, to) => all
                .iter()
                .find(|c| *c.kind == *kind && c.to.as_deref() == to),
            _ => None,
        };
        let subject = match like.subject {
            Subject::Store(_) => Subject::Store(store()?),
            Subject::Part(_, part) => {
                let s = store()?;
                Subject::Part(s, s.parts.iter().find(|p| p.part == part.part)?)
            }
            Subject::Copy { store: Some(_), .. } => {
                let s = store()?;
                let copy = copies(&s.copies)?;
                Subject::Copy {
                    store: Some(s),
                    copy,
                    cipher: None,
                    owner: &s.address,
                }
            }
            Subject::Copy { .. } => {
                let o = self.others.get(&at)?;
                Subject::Copy {
                    store: None,
                    copy: copies(&o.copies)?,
                    cipher: None,
                    owner: &o.address,
                }
            }
            Subject::Key(_) => Subject::Key(self.keys.get(&at)?),
            Subject::Other(_) => Subject::Other(self.others.get(&at)?),
            Subject::Secret(s) => {
                let at = (set, format!("{} {}", s.address, s.path));
                Subject::Secret(self.secrets.get(&at)?)
            }
            Subject::TextKey(..) => {
                let s = store()?;
                let mut answers = s.custody.answers.iter();
                let named = answers.find(|a| a.key_location.is_some());
                Subject::TextKey(s, &s.custody, named?)
            }
        };
        Some(seen(&subject, like.fact))
    }
}
