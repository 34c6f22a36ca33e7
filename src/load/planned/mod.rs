//! Plans and states: what `terraform show -json` and `terraform.tfstate` hold, as instances.
//!
//! Lives here: the shape, and how a file becomes one. The text is kept and values are ranges of it: only
//! what is asked for is ever made into values, by evaluate. Not here: what references mean
//! (`evaluate/planned/`).

mod address;
mod binary;
mod build;
mod document;
mod flat;
mod keep;
mod providers;
mod read;

pub use address::key;
pub use binary::{Snapshot, SnapshotModule};
pub use read::{At, Read, Refused, may_be_planned, read};

use super::project::{Mode, ModuleId};
use crate::source::{FileId, Place};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// What terraform is about to do.
    Plan,
    /// What there is.
    State,
}

/// A part of the text: one JSON value. Empty where there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Raw {
    start: usize,
    end: usize,
}

impl Raw {
    /// Whether there is no value.
    pub fn is_none(self) -> bool {
        self.start == self.end
    }
}

/// The key of an instance, as the file writes it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum InstanceKey {
    /// Neither `count` nor `for_each`.
    #[default]
    None,
    /// `[0]`.
    Index(u64),
    /// `["a"]`.
    Name(Arc<str>),
}

/// A plan or a state.
#[derive(Debug)]
pub struct Planned {
    /// Which of them.
    pub kind: Kind,
    /// The file, for places; its text is not kept there.
    pub file: FileId,
    /// It says that it holds all that there will be.
    pub complete: bool,
    /// The text, as far as values are ranges of it.
    pub text: String,
    /// The instances.
    pub instances: Vec<PlannedInstance>,
    /// How things are before the change, at the addresses that they have after it; `None`: the file does not tell.
    pub before: Option<Vec<PlannedInstance>>,
    /// What will not be there: module instance, resource, key.
    pub gone: Vec<(u32, u32, InstanceKey)>,
    /// The module instances; the first is the root.
    pub modules: Vec<PlannedModule>,
    /// What the configuration says of each module, by [`ModuleId`] less the root's.
    pub configs: Vec<ConfigModule>,
    /// The provider configurations.
    pub providers: Vec<PlannedProvider>,
    /// The values of the root's variables.
    pub variables: FxHashMap<Arc<str>, Raw>,
}

/// An instance of a resource.
#[derive(Debug)]
pub struct PlannedInstance {
    /// The number of its module instance in [`Planned::modules`].
    pub module: u32,
    /// The number of its resource in its module.
    pub resource: u32,
    /// Its key.
    pub key: InstanceKey,
    /// For an object that is still there beside the one that took its place: its key.
    pub deposed: Option<Arc<str>>,
    /// What it will be, or is.
    pub values: Raw,
    /// Which of it is known after apply.
    pub unknown: Raw,
    /// Which of it must not be shown.
    pub sensitive: Sensitive,
    /// Its provider configuration, in [`Planned::providers`].
    pub provider: Option<u32>,
    /// Its provider.
    pub source: Arc<str>,
    /// Of what was before: the change leaves it as it is, and says nothing of how it will be.
    pub aside: bool,
}

/// Which values must not be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sensitive {
    /// None is marked.
    #[default]
    None,
    /// A tree like the values', with `true` for those.
    Tree(Raw),
    /// A list of paths.
    Paths(Raw),
}

/// An instance of a module.
#[derive(Debug)]
pub struct PlannedModule {
    /// Its configuration.
    pub module: ModuleId,
    /// The calling module instance.
    pub parent: Option<u32>,
    /// The name of the call.
    pub name: Arc<str>,
    /// Its key.
    pub key: InstanceKey,
    /// `module.a["x"]`, empty for the root.
    pub address: Arc<str>,
}

/// What the configuration says of a module. Expressions are constants or lists of references.
#[derive(Debug, Default)]
pub struct ConfigModule {
    /// By the number of the resource.
    pub resources: Vec<Option<ConfigResource>>,
    /// By name.
    pub calls: FxHashMap<Arc<str>, ConfigCall>,
    /// By name.
    pub outputs: FxHashMap<Arc<str>, Raw>,
    /// By name.
    pub variables: FxHashMap<Arc<str>, ConfigVariable>,
}

/// What the configuration says of a resource.
#[derive(Clone, Debug)]
pub struct ConfigResource {
    /// Its arguments.
    pub expressions: Raw,
    /// What it is repeated over.
    pub for_each: Raw,
}

/// What the configuration says of a module call.
#[derive(Clone, Debug)]
pub struct ConfigCall {
    /// Its arguments.
    pub expressions: Raw,
    /// What it is repeated over.
    pub for_each: Raw,
}

/// What the configuration says of a variable.
#[derive(Clone, Copy, Debug)]
pub struct ConfigVariable {
    /// Its default.
    pub default: Raw,
    /// It must not be shown.
    pub sensitive: bool,
}

/// A provider configuration.
#[derive(Debug)]
pub struct PlannedProvider {
    /// As the file names it: `aws.osaka`, `module.a:aws`.
    pub key: Arc<str>,
    /// The provider: `registry.terraform.io/hashicorp/aws`; as little of it as there is.
    pub source: Arc<str>,
    /// The module whose configuration it stands in.
    pub module: u32,
    /// Its arguments; `None`: the file does not hold them (a state).
    pub expressions: Option<Raw>,
    /// The constraint on its version.
    pub version: Option<Arc<str>>,
    /// A place that tells it from others.
    pub place: Place,
}

impl Planned {
    /// Nothing.
    fn empty(kind: Kind, file: FileId) -> Planned {
        Planned {
            kind,
            file,
            complete: true,
            text: String::new(),
            instances: Vec::new(),
            before: None,
            gone: Vec::new(),
            modules: Vec::new(),
            configs: Vec::new(),
            providers: Vec::new(),
            variables: FxHashMap::default(),
        }
    }

    /// The text of a value.
    pub fn raw(&self, raw: Raw) -> Option<&str> {
        self.text
            .get(raw.start..raw.end)
            .filter(|text| !text.is_empty())
    }
}

/// A mode by its word.
fn mode(word: &str) -> Option<Mode> {
    match word {
        "managed" => Some(Mode::Managed),
        "data" => Some(Mode::Data),
        _ => None,
    }
}
