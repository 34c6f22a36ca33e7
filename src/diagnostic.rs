//! One type for everything that a run has to say: findings, bad input, and our own bugs.
//!
//! Lives here: the shape of what is said, its level, its code. Not here: the words (`messages.toml`
//! and `rules.toml`; a [`Message`] is a key and what fills its gaps) and how it looks (`report/`).

mod change;

pub use change::{Change, Changed, Mended, Shift, Shown};

use crate::source::Place;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// How much it matters.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Level {
    Off,
    Note,
    Warning,
    Error,
}

impl Level {
    /// As it stands in outputs and settings.
    pub fn word(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// How several messages stand together in one gap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Join {
    /// One of them: "a or b".
    Or,
    /// All of them: "a, b".
    List,
}

/// Words, still without a language. Facts may have one and mostly have none: it is as small as a pointer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Message(Box<Said>);

/// A key of `messages.toml` and what stands in its gaps `{0}`, `{1}`…
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Said {
    /// The key.
    pub key: String,
    /// What fills the first gaps, in order: text without a language.
    pub args: Vec<String>,
    /// What fills the gaps after those: other messages, joined.
    pub words: Vec<(Join, Vec<Message>)>,
}

impl Message {
    /// A message without gaps.
    pub fn new(key: impl Into<String>) -> Message {
        Message(Box::new(Said {
            key: key.into(),
            args: Vec::new(),
            words: Vec::new(),
        }))
    }

    /// The same with a gap, after those of texts, filled with one of these messages; none leaves it
    /// empty.
    #[must_use]
    pub fn one_of(mut self, words: Vec<Message>) -> Message {
        self.words.push((Join::Or, words));
        self
    }

    /// The same with a gap, after those of texts, filled with a list of messages.
    #[must_use]
    pub fn list(mut self, words: Vec<Message>) -> Message {
        self.words.push((Join::List, words));
        self
    }

    /// The same with the next gap filled.
    #[must_use]
    pub fn arg(mut self, value: impl Into<String>) -> Message {
        self.args.push(value.into());
        self
    }
}

impl Deref for Message {
    type Target = Said;
    fn deref(&self) -> &Said {
        &self.0
    }
}

impl DerefMut for Message {
    fn deref_mut(&mut self) -> &mut Said {
        &mut self.0
    }
}

/// The diagnostics that are no findings; docs: "Diagnostics" in docs/formats.md.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Code {
    InputNotRead,
    SettingsInvalid,
    LimitReached,
    InternalError,
    NothingJudged,
    ModuleNotLoaded,
    EvaluationError,
    OutsideBoundary,
    ValuesNotNamed,
    PlanIncomplete,
    NotCompared,
    NoCountriesOfConcern,
    ClassNotMet,
}

impl Code {
    /// Those that can be ignored with a reason.
    pub const IGNORABLE: &[Code] = &[
        Code::ModuleNotLoaded,
        Code::EvaluationError,
        Code::OutsideBoundary,
        Code::ValuesNotNamed,
        Code::PlanIncomplete,
        Code::NotCompared,
        Code::NoCountriesOfConcern,
        Code::ClassNotMet,
    ];

    /// All of them.
    pub const ALL: [Code; 13] = [
        Code::InputNotRead,
        Code::SettingsInvalid,
        Code::LimitReached,
        Code::InternalError,
        Code::NothingJudged,
        Code::ModuleNotLoaded,
        Code::EvaluationError,
        Code::OutsideBoundary,
        Code::ValuesNotNamed,
        Code::PlanIncomplete,
        Code::NotCompared,
        Code::NoCountriesOfConcern,
        Code::ClassNotMet,
    ];

    /// As it stands in outputs.
    pub fn id(self) -> &'static str {
        match self {
            Code::InputNotRead => "input-not-read",
            Code::SettingsInvalid => "settings-invalid",
            Code::LimitReached => "limit-reached",
            Code::InternalError => "internal-error",
            Code::NothingJudged => "nothing-judged",
            Code::ModuleNotLoaded => "module-not-loaded",
            Code::EvaluationError => "evaluation-error",
            Code::OutsideBoundary => "outside-boundary",
            Code::ValuesNotNamed => "values-not-named",
            Code::PlanIncomplete => "plan-incomplete",
            Code::NotCompared => "not-compared",
            Code::NoCountriesOfConcern => "no-countries-of-concern",
            Code::ClassNotMet => "class-not-met",
        }
    }

    /// Its level.
    pub fn level(self) -> Level {
        match self {
            Code::EvaluationError
            | Code::OutsideBoundary
            | Code::ValuesNotNamed
            | Code::PlanIncomplete
            | Code::NotCompared
            | Code::NoCountriesOfConcern => Level::Warning,
            Code::ClassNotMet => Level::Note,
            _ => Level::Error,
        }
    }

    /// The exit code that it makes by itself.
    pub fn exit(self) -> u8 {
        match self {
            Code::InputNotRead
            | Code::SettingsInvalid
            | Code::LimitReached
            | Code::InternalError
            | Code::NothingJudged => 2,
            Code::ModuleNotLoaded => 1,
            _ => 0,
        }
    }

    /// Whether it can be accepted with a reason; what kept sekisho from judging cannot.
    pub fn can_be_ignored(self) -> bool {
        self.exit() != 2
    }
}

/// What went wrong with the input, or with us; never a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Which.
    pub code: Code,
    /// The root it is about, as shown.
    pub target: Option<Arc<str>>,
    /// The addresses it is about.
    pub addresses: Vec<String>,
    /// Where: a place in a file that was read.
    pub place: Option<Place>,
    /// Where, for a file that was not read.
    pub path: Option<Arc<str>>,
    /// What.
    pub message: Message,
    /// The next step.
    pub help: Option<Message>,
    /// Reason and date, when somebody accepted it.
    pub suppressed: Option<Suppressed>,
}

impl Diagnostic {
    /// A diagnostic without a place.
    pub fn new(code: Code, message: Message) -> Diagnostic {
        Diagnostic {
            code,
            target: None,
            addresses: Vec::new(),
            place: None,
            path: None,
            message,
            help: None,
            suppressed: None,
        }
    }

    /// With a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Diagnostic {
        self.place = Some(place);
        self
    }

    /// With the path of a file or directory that was not read.
    #[must_use]
    pub fn path(mut self, shown: impl Into<Arc<str>>) -> Diagnostic {
        self.path = Some(shown.into());
        self
    }

    /// With the next step.
    #[must_use]
    pub fn help(mut self, help: Message) -> Diagnostic {
        self.help = Some(help);
        self
    }

    /// With the root it is about.
    #[must_use]
    pub fn target(mut self, target: impl Into<Arc<str>>) -> Diagnostic {
        self.target = Some(target.into());
        self
    }
}

/// What a rule's requirement came out as.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Verdict {
    Violation,
    Undetermined,
    Pass,
}

impl Verdict {
    /// As it stands in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Violation => "violation",
            Verdict::Undetermined => "undetermined",
            Verdict::Pass => "pass",
        }
    }
}

/// A further mark of a finding: a step of a value's way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Where.
    pub place: Place,
    /// What stands there.
    pub message: Message,
    /// Its value, as it would be written; `None` where it is not asked for, or cannot be told.
    pub value: Option<String>,
}

/// What a rule says about one place in the code.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's id; family, texts and basis are the rule's.
    pub rule: Arc<str>,
    /// The level, after profiles, classes and settings.
    pub level: Level,
    /// Violation or undetermined.
    pub verdict: Verdict,
    /// The root, as shown.
    pub target: Arc<str>,
    /// The variable sets it holds in.
    pub variable_sets: Vec<Arc<str>>,
    /// The addresses, sorted; a route's own address first.
    pub addresses: Vec<String>,
    /// The mark on what the user can change.
    pub place: Place,
    /// The header of the block around it, kept visible.
    pub header: Option<Place>,
    /// What is wrong.
    pub message: Message,
    /// How to mend it.
    pub help: Option<Message>,
    /// Where the deciding value came from, nearest first.
    pub trail: Vec<Mark>,
    /// The profiles that ask for it.
    pub profiles: Vec<Arc<str>>,
    /// One an address.
    pub fingerprints: Vec<String>,
    /// Reason and date, when somebody accepted it.
    pub suppressed: Option<Suppressed>,
    /// What the change does to it, the worst of its addresses; `None`: how it was before is not known.
    pub change: Option<Change>,
    /// What the change does, one an address; empty: how it was before is not known.
    pub changes: Vec<Changed>,
    /// The outcomes that it is made of, by number, where they are compared.
    pub outcomes: Vec<u32>,
}

/// Why a finding is accepted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Suppressed {
    /// The reason given.
    pub reason: String,
    /// Until when (`2027-03-31`).
    pub until: Option<String>,
}

/// The hash of what makes a finding this one: it outlives moved lines, and dies with a changed part.
pub fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    digest.iter().take(8).fold(String::new(), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}
