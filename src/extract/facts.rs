//! What extract gives: the facts of every store, key and other thing of a target.
//!
//! Lives here: the shape, with the words of DESIGN's JSON contract. Not here: how facts are found
//! (`collect.rs`, `resolve.rs`) and what is asked of them (`judge/`).

pub use crate::catalog::custody::{Custody, Operator};
use crate::evaluate::evaluated::Found;
use crate::evaluate::value::{Val, World};
use crate::source::Place;
use std::collections::BTreeMap;
use std::sync::Arc;

/// `yes`, `no`, `unknown`, `not-applicable`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[allow(missing_docs)]
pub enum Answer {
    Yes,
    No,
    #[default]
    Unknown,
    NotApplicable,
}

impl Answer {
    /// As it stands in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Answer::Yes => "yes",
            Answer::No => "no",
            Answer::Unknown => "unknown",
            Answer::NotApplicable => "not-applicable",
        }
    }
}

/// A yes-or-no fact: its alternatives, and what decided it.
#[derive(Clone, Debug)]
pub struct YesNo {
    /// By world; at least one. `NotApplicable`: nobody asks it of this type, or here.
    pub answers: Vec<(World, Answer)>,
    /// What decided it.
    pub basis: Option<Basis>,
    /// Why it is not decided.
    pub why: Option<crate::diagnostic::Message>,
    /// Whose row and which table of it decided: `TYPE.exposure.open.acl`.
    pub case: Option<Arc<str>>,
    /// The address of what decided it, when that is another resource.
    pub by: Option<Arc<str>>,
    /// Of who can reach it: the door that stands open, or may (`acl`, `policy`, `iam`, …).
    pub door: Option<Arc<str>>,
}

impl Default for YesNo {
    fn default() -> YesNo {
        YesNo::of(Answer::NotApplicable)
    }
}

impl YesNo {
    /// One answer in every case.
    pub fn of(answer: Answer) -> YesNo {
        YesNo {
            answers: vec![(World::ANY, answer)],
            basis: None,
            why: None,
            case: None,
            by: None,
            door: None,
        }
    }

    /// The answer that holds in every case.
    pub fn answer(&self) -> Answer {
        let first = self.answers.first().map_or(Answer::Unknown, |(_, a)| *a);
        if self.answers.iter().all(|(_, a)| *a == first) {
            first
        } else {
            Answer::Unknown
        }
    }

    /// Of who can reach it: `public`, `private`, `unknown`.
    pub fn exposure(&self) -> &'static str {
        match self.answer() {
            Answer::Yes => "public",
            Answer::No => "private",
            Answer::Unknown | Answer::NotApplicable => "unknown",
        }
    }
}

/// A fact that is a number or a name: its alternatives, and what decided it.
#[derive(Clone, Debug)]
pub struct Valued<T> {
    /// By world; `None`: not known. Empty: nobody asks it of this type.
    pub answers: Vec<(World, Option<T>)>,
    /// What decided it.
    pub basis: Option<Basis>,
    /// Why it is not decided.
    pub why: Option<crate::diagnostic::Message>,
    /// Whose row and which table of it decided: `TYPE.loss.days`.
    pub case: Option<Arc<str>>,
}

impl<T> Default for Valued<T> {
    fn default() -> Valued<T> {
        Valued {
            answers: Vec::new(),
            basis: None,
            why: None,
            case: None,
        }
    }
}

impl<T: PartialEq> Valued<T> {
    /// The value that holds in every case.
    pub fn value(&self) -> Option<&T> {
        let first = self.answers.first()?.1.as_ref()?;
        let same = |(_, v): &(World, Option<T>)| v.as_ref() == Some(first);
        self.answers.iter().all(same).then_some(first)
    }
}

/// Whose account a key's text names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Foreign {
    /// Whether it is somebody else's.
    pub answer: Answer,
    /// The account, as the text has it; empty: it has none.
    pub account: Arc<str>,
}

/// What a key serves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Served {
    /// `store`, `part`, `copy`.
    pub what: &'static str,
    /// The cipher there.
    pub cipher: Option<Arc<str>>,
}

/// How something is talked to.
#[derive(Clone, Debug, Default)]
pub struct Transport {
    /// Plain text is taken.
    pub plaintext: YesNo,
    /// Something weaker than TLS 1.2 is taken.
    pub weak: YesNo,
}

/// What decided a fact: a value that was read, or the block that says nothing. The value's way to its
/// literal is rebuilt from it when a finding needs it.
#[derive(Clone, Debug)]
pub struct Basis {
    /// Where it stands.
    pub place: Place,
    /// The header of the block around it.
    pub header: Place,
    /// The value, where one was read.
    pub found: Option<Arc<Found>>,
    /// What is missing in many places for one reason (`no provider configuration of X`): the findings
    /// are one.
    pub group: Option<Arc<str>>,
    /// It is a secret: no value on its way is told.
    pub secret: bool,
}

impl Basis {
    /// A block that says nothing.
    pub fn block(place: Place) -> Basis {
        Basis {
            place,
            header: place,
            found: None,
            group: None,
            secret: false,
        }
    }

    /// A value that was read.
    pub fn value(found: Found) -> Basis {
        Basis {
            place: found.place,
            header: found.header,
            found: Some(Arc::new(found)),
            group: None,
            secret: false,
        }
    }
}

/// A region, or a place that is several regions at once.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Region {
    /// The code, as the provider writes it.
    pub code: Arc<str>,
    /// ISO 3166-1 alpha-2; empty where the table does not know the code.
    pub country: Arc<str>,
}

/// One possible place: all regions where the data may lie at once.
#[derive(Clone, Debug)]
pub struct Placement {
    /// The regions; not empty.
    pub regions: Vec<Region>,
    /// In which world.
    pub when: World,
    /// The code as it was written, where that is a place of several regions.
    pub written: Option<Arc<str>>,
    /// What decided it.
    pub basis: Option<Basis>,
}

/// Where something is.
#[derive(Clone, Debug, Default)]
pub struct Location {
    /// The alternatives; empty: unknown.
    pub alternatives: Vec<Placement>,
    /// Besides the alternatives it may be anywhere: some possibility is not known.
    pub open: bool,
    /// Why it is not (wholly) known, in the user's words (a message key and its gaps).
    pub why: Option<crate::diagnostic::Message>,
    /// What decided it, or what is to be said for it to be decided.
    pub basis: Option<Basis>,
    /// The region table that its codes are from.
    pub namespace: Option<Arc<str>>,
    /// Nothing that is written here could tell a place.
    pub never: bool,
    /// Assumptions in use (`region from [assume]`, `AWS_REGION`), in words.
    pub assumptions: Vec<String>,
}

impl Location {
    /// `known`, `one-of`, `unknown`.
    pub fn state(&self) -> &'static str {
        match (self.open, self.alternatives.len()) {
            (true, _) | (_, 0) => "unknown",
            (false, 1) => "known",
            _ => "one-of",
        }
    }
}

/// Encryption at rest.
#[derive(Clone, Debug, Default)]
pub struct Encryption {
    /// Whether.
    pub at_rest: Answer,
    /// With what, where it is known.
    pub cipher: Option<Arc<str>>,
}

/// One possible answer to "who controls the key".
#[derive(Clone, Debug)]
pub struct KeyAnswer {
    /// The step; `None`: not decided.
    pub level: Option<Custody>,
    /// In which world.
    pub when: World,
    /// The key instance of the same target.
    pub key: Option<Arc<str>>,
    /// The key's place, where a text or a key instance tells it.
    pub key_location: Option<Arc<Location>>,
    /// Why it is not decided.
    pub why: Option<crate::diagnostic::Message>,
    /// Whether it is encrypted at all.
    pub encrypted: Answer,
    /// The key's text holds no place of its own: it is where the store is.
    pub key_as_store: bool,
    /// Whose account the key's text names; `None`: no text does, or nobody said which are one's own.
    pub foreign: Option<Arc<Foreign>>,
    /// What decided it.
    pub basis: Option<Basis>,
    /// The case of its own row, or of the row that carries the fact, that decided: `TYPE.custody[0]`. Which
    /// case of the key's row did stands at the key.
    pub case: Option<Arc<str>>,
}

/// Who controls the key: the possible answers, at least one.
#[derive(Clone, Debug, Default)]
pub struct Keeping {
    /// The answers; all hold at once where `all`, else one of them.
    pub answers: Vec<KeyAnswer>,
    /// Key material was imported.
    pub imported: bool,
}

impl Keeping {
    /// The step that holds in every case; `None` while not decided.
    pub fn level(&self) -> Option<Custody> {
        let first = self.answers.first()?.level?;
        self.answers
            .iter()
            .all(|a| a.level == Some(first))
            .then_some(first)
    }

    /// Whether it is encrypted, over all answers.
    pub fn encrypted(&self) -> Answer {
        let Some(first) = self.answers.first() else {
            return Answer::Unknown;
        };
        if self.answers.iter().all(|a| a.encrypted == first.encrypted) {
            first.encrypted
        } else {
            Answer::Unknown
        }
    }

    /// The steps that are possible, lowest first; where an answer is not decided, all that encrypt, and
    /// `none` where not even that is known.
    pub fn levels(&self) -> Vec<Custody> {
        let mut out: Vec<Custody> = Vec::new();
        for a in &self.answers {
            match (a.level, a.encrypted) {
                (Some(level), _) => out.push(level),
                (None, Answer::Yes) => out.extend_from_slice(&Custody::LADDER[1..]),
                (None, _) => out.extend_from_slice(&Custody::LADDER),
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }
}

/// What is judged together with the store but has a key of its own.
#[derive(Clone, Debug)]
pub struct Part {
    /// The resource that says so, when it is not the store.
    pub by: Option<Arc<str>>,
    /// A word of the contract: `queue`, `table`, `root-volume`.
    pub part: Arc<str>,
    /// Its encryption.
    pub encryption: Encryption,
    /// Its key.
    pub custody: Keeping,
}

/// A second place to which the data goes.
#[derive(Clone, Debug)]
pub struct Copy {
    /// `replica`, `backup`, `geo-redundancy`, …
    pub kind: Arc<str>,
    /// The address of the destination, when it is in the same target.
    pub to: Option<Arc<str>>,
    /// Its place.
    pub location: Location,
    /// Its key.
    pub custody: Keeping,
    /// Whether another key could be had there.
    pub custody_asked: bool,
    /// Its service kind.
    pub service_kind: Arc<str>,
    /// The resource that says so, when it is not the store: a replication, a copy rule, the copy itself.
    pub by: Option<Arc<str>>,
    /// What says so.
    pub basis: Basis,
    /// Whether the copy is made; only perhaps: `Unknown`.
    pub made: YesNo,
    /// Row and case of the catalog: `TYPE.copy[0]`.
    pub case: Arc<str>,
}

/// Why something has its class.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum ClassBecause {
    /// Nobody classified it.
    #[default]
    Nobody,
    /// An entry that holds.
    Entry {
        /// Where it stands; empty: with sekisho itself.
        stands: Arc<str>,
        /// Its conditions: `tags`, `names`, …
        by: Vec<&'static str>,
    },
    /// The strictest of what is possible: some entry before may hold.
    Perhaps {
        /// Where the entry stands whose class it has; empty: with sekisho itself, or it is nobody's.
        stands: Arc<str>,
        /// Its conditions.
        by: Vec<&'static str>,
    },
}

/// What people wrote on a store.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    /// Tags or labels, the provider's default ones included.
    pub tags: Tags,
    /// Its own names, as far as they are known.
    pub names: Vec<Arc<str>>,
    /// It has a name that is not known.
    pub names_open: bool,
}

/// Tags, as far as they are known.
#[derive(Clone, Debug, Default)]
pub struct Tags {
    /// By key.
    pub entries: BTreeMap<Arc<str>, Tag>,
    /// There may be others.
    pub open: bool,
}

/// What a tag may say.
#[derive(Clone, Debug, Default)]
pub struct Tag {
    /// The values that are known to be possible.
    pub values: Vec<Arc<str>>,
    /// It may have any other.
    pub unknown: bool,
    /// It may not be there.
    pub absent: bool,
}

/// One resource instance that keeps data.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Store {
    pub target: Arc<str>,
    pub variable_set: Arc<str>,
    pub address: Arc<str>,
    pub ty: Arc<str>,
    /// Full source: `registry.terraform.io/hashicorp/aws`.
    pub provider: Arc<str>,
    pub category: Arc<str>,
    pub service_kind: Arc<str>,
    pub data_class: Arc<str>,
    /// Marks of the class: `medical`, `my-number`.
    pub marks: Vec<Arc<str>>,
    /// Why it has its class.
    pub class_because: ClassBecause,
    /// Tags and names, where something asks for them.
    pub labels: Option<Box<Labels>>,
    /// The header of its block.
    pub place: Place,
    /// Whether the number of instances is known (`known` / `unknown` in outputs).
    pub instances_known: bool,
    /// The worlds in which it exists; empty: always.
    pub worlds: Vec<World>,
    pub location: Arc<Location>,
    pub operator: Operator,
    pub encryption: Encryption,
    pub custody: Keeping,
    pub parts: Vec<Part>,
    pub copies: Vec<Copy>,
    /// Whether anybody can reach it.
    pub exposure: YesNo,
    /// The same, by what its settings grant: all doors but the network's.
    pub access: YesNo,
    /// Whether anybody in the world may open a connection to it.
    pub network: YesNo,
    /// How people sign in to it, where they do.
    pub sign_in: Option<Box<SignIn>>,
    pub backup: YesNo,
    /// Guarded against being destroyed.
    pub deletion_protected: YesNo,
    pub transport: Transport,
    /// In words, for the output.
    pub assumptions: Vec<String>,
    /// Nothing that is written makes it use a key of the customer's.
    pub no_key: bool,
    /// Questions that cannot be asked of it (`custody`), and why in both languages.
    pub not_asked: Vec<(Arc<str>, crate::catalog::row::Words)>,
}

/// A key instance or data source.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct KeyFacts {
    pub target: Arc<str>,
    pub variable_set: Arc<str>,
    pub address: Arc<str>,
    pub ty: Arc<str>,
    pub provider: Arc<str>,
    pub place: Place,
    pub location: Arc<Location>,
    pub custody: Keeping,
    pub rotation: YesNo,
    /// Whether anybody can use it.
    pub open: YesNo,
    /// Whether it is somebody else's, or an account of somebody else may decrypt with it.
    pub foreign: YesNo,
    /// Guarded against being destroyed at once.
    pub protected: YesNo,
    /// The days between the order to destroy it and its end.
    pub window: Valued<i64>,
    /// What it encrypts or signs with, in the words of `ciphers.toml`.
    pub cipher: Valued<Arc<str>>,
    /// Whether that is on the list of recommended ciphers, today.
    pub listed: Answer,
    /// The last day on which it is.
    pub until: Option<crate::date::Date>,
    /// The addresses of the stores that it serves, sorted.
    pub used_by: Vec<Arc<str>>,
    /// As what it serves them.
    pub serves: Vec<Served>,
    /// Whether what it encrypts can be got back without it: of all those stores together.
    pub backup: YesNo,
    /// Who runs the service that keeps it.
    pub operator: Operator,
    pub worlds: Vec<World>,
    pub assumptions: Vec<String>,
    /// The key, ring or vault that this one lies in: its address.
    pub inside: Option<Arc<str>>,
    /// A key of the same target lies in it, or is what it stands for: that one is judged instead.
    pub defers: bool,
}

/// What is judged and is neither store nor key: a backend (only its place is asked), a route with its
/// copies, a door that opens something which is not in this configuration, an endpoint, a provider
/// configuration that is a service by itself.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Other {
    pub target: Arc<str>,
    pub variable_set: Arc<str>,
    /// `terraform.backend.s3`, `terraform.cloud`, `provider.datadog`, or a resource's address.
    pub address: Arc<str>,
    pub ty: Arc<str>,
    /// Full source; empty for a backend.
    pub provider: Arc<str>,
    /// `backend`, `route`, `door`, `endpoint`, `opaque`, `service`.
    pub role: &'static str,
    pub service_kind: Arc<str>,
    pub data_class: Arc<str>,
    pub place: Place,
    pub location: Location,
    /// Who runs it, where it is a service; nobody's name where that is not known.
    pub operator: Option<Operator>,
    /// It keeps what opens the systems that it manages.
    pub credentials: bool,
    /// Where it sends data that no store of this target is the source of.
    pub copies: Vec<Copy>,
    /// Whether it lets anybody in.
    pub open: YesNo,
    /// What it opens is keys.
    pub opens_keys: bool,
    /// How people sign in, where it says so.
    pub sign_in: Option<Box<SignIn>>,
    pub transport: Transport,
    pub worlds: Vec<World>,
    pub assumptions: Vec<String>,
}

/// How people sign in.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The shortest password that is taken, by world: a number, null where it does not say.
    pub length: Vec<(World, Val)>,
    /// What says so.
    pub length_basis: Option<Basis>,
    /// Why that is not known.
    pub length_why: Option<crate::diagnostic::Message>,
    /// Whether a second factor is required.
    pub mfa: YesNo,
    /// Whether passwords that were used before are refused.
    pub reuse: YesNo,
}

/// A secret that stands in the code as text, or may. The text itself is nowhere here but in `basis`, whose
/// values are never told.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Secret {
    pub target: Arc<str>,
    pub variable_set: Arc<str>,
    /// Of the resource or the provider configuration.
    pub address: Arc<str>,
    pub ty: Arc<str>,
    /// Where in it: `password`, `environment.variables.DB_PASSWORD`.
    pub path: Arc<str>,
    pub place: Place,
    /// Whether it stands in the code.
    pub in_code: YesNo,
    /// Where its text may stand: covered wherever lines are shown.
    pub stands: Vec<Place>,
    pub worlds: Vec<World>,
}

/// Types that were met and have no row: `no-row` (keeps data), `not-judged` (moves, opens or guards what others
/// keep) or `unknown-type`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub struct Unclassified {
    pub ty: Arc<str>,
    pub kind: &'static str,
    pub target: Arc<str>,
    pub addresses: Vec<Arc<str>>,
}

/// A module that is not there.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct MissingModule {
    pub source: Arc<str>,
    pub version: Option<Arc<str>>,
    pub target: Arc<str>,
    pub address: Arc<str>,
    pub place: Place,
    /// The place that the provider configuration handed in has.
    pub location: Location,
    /// Reason and date, when somebody accepted that it is not there.
    pub suppressed: Option<crate::diagnostic::Suppressed>,
}

/// Everything that one target has.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Facts {
    pub stores: Vec<Store>,
    pub keys: Vec<KeyFacts>,
    pub others: Vec<Other>,
    /// Secrets that stand in the code; they are in no register.
    pub secrets: Vec<Secret>,
    pub unclassified: Vec<Unclassified>,
    pub modules_missing: Vec<MissingModule>,
}
