//! What a change does to what a finding is about.
//!
//! Lives here: the shape. Not here: how two registers are compared (`compare/`), how it looks (`report/`).

use super::{Level, Message, Verdict};
use serde::Serialize;
use std::sync::Arc;

/// What a change does to a finding. The worst of several counts: the last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It was so before.
    Existing,
    /// It was so, or not decided, and is worse now.
    Worsened,
    /// It was not so, or nothing was there.
    Introduced,
}

impl Change {
    /// All of them, the worst first.
    pub const ALL: [Change; 3] = [Change::Introduced, Change::Worsened, Change::Existing];

    /// As it stands in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Change::Existing => "existing",
            Change::Worsened => "worsened",
            Change::Introduced => "introduced",
        }
    }
}

/// What a change does to one address of a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changed {
    /// What.
    pub change: Change,
    /// What of the fact that the finding is about is another; `None`: nothing, or nobody can tell.
    pub shift: Option<Arc<Shift>>,
}

/// A fact before and after.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shift {
    /// Which, as the register calls it; `None`: no fact, but what it has to do with.
    pub fact: Option<&'static str>,
    /// As it was; `None`: nothing was there.
    pub before: Option<Shown>,
    /// As it is after the change.
    pub after: Option<Shown>,
    /// What happens, in words.
    pub words: Message,
}

/// A fact in the words of the register.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(untagged)]
#[allow(missing_docs)]
pub enum Shown {
    /// `yes`, `public`.
    Word(&'static str),
    /// A place.
    Place {
        state: &'static str,
        regions: Vec<String>,
        countries: Vec<String>,
    },
    /// Who runs it.
    Operator { name: String, country: String },
    /// Encryption, and who keeps the key.
    Custody {
        at_rest: &'static str,
        level: &'static str,
        levels: Vec<&'static str>,
        key: Option<String>,
    },
}

/// What did not hold before the change, and does no longer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Mended {
    /// The root, as shown.
    pub target: Arc<str>,
    /// The rule.
    pub rule: Arc<str>,
    /// The variable sets it held in.
    pub variable_sets: Vec<Arc<str>>,
    /// Its level.
    pub level: Level,
    /// What it was.
    pub verdict: Verdict,
    /// What it was about is no longer there; else it passes.
    pub gone: bool,
    /// The addresses, sorted.
    pub addresses: Vec<String>,
}
