//! What evaluate gives: every resource instance of a root, to be read attribute by attribute.
//!
//! Lives here: the shape that the later stages read. Where an instance comes from (configuration
//! now, plans and states later) shows nowhere in it. Not here: how values come about.

use super::planned::PlannedValue;
use super::value::{Key, Ref, Val, World};
use crate::diagnostic::Mark;
use crate::load::project::{Body, Mode};
use crate::source::{FileId, Place};
use std::rc::Rc;
use std::sync::Arc;

/// The number of a resource instance in its [`super::Evaluation`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InstanceId(pub u32);

/// A resource instance, data source instance included.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its number.
    pub id: InstanceId,
    /// The number of its module instance.
    pub module: u32,
    /// The number of its resource in the module.
    pub resource: u32,
    /// Its key.
    pub key: Key,
    /// Managed, data or ephemeral.
    pub mode: Mode,
    /// Its type.
    pub ty: Arc<str>,
    /// Its full address: `module.a["x"].aws_s3_bucket.b[0]`, `data.aws_kms_alias.x`.
    pub address: Arc<str>,
    /// The worlds in which it exists; empty: in all.
    pub worlds: Vec<World>,
    /// Whether the number of instances is known, here and in all modules around it.
    pub counted: bool,
    /// The header of its block.
    pub place: Place,
}

impl Instance {
    /// The reference to it.
    pub fn reference(&self) -> Ref {
        Ref {
            module: self.module,
            resource: self.resource,
            key: self.key.clone(),
            path: "".into(),
        }
    }
}

/// A body to read: a resource instance, one of its blocks, a provider configuration, a backend.
#[derive(Clone, Debug)]
pub struct View {
    /// What it is read from.
    pub(super) from: From,
    /// The header of the block, or the expression that stands for it.
    pub place: Place,
    /// The world in which it is there.
    pub when: World,
    /// It may not be there, or be there several times (a `dynamic` block over something unknown).
    pub maybe: bool,
    /// What the plan beside the configuration tells of it.
    pub(super) planned: Option<Rc<PlannedValue>>,
}

#[derive(Clone, Debug)]
pub(super) enum From {
    /// Text: its layers and the scope to evaluate it in.
    Text(Body, super::Scope),
    /// An object value (JSON syntax, attributes that hold blocks, plans).
    Value(Val),
    /// The instance of a number in a plan or state.
    Planned(u32),
}

/// A value that was found at a path.
#[derive(Clone, Debug)]
pub struct Found {
    /// The value.
    pub val: Val,
    /// Its expression.
    pub place: Place,
    /// The header of the innermost block around it.
    pub header: Place,
    /// The world in which its block is there.
    pub when: World,
    /// Its block may not be there.
    pub maybe: bool,
    /// What to rebuild the trail from.
    pub(super) origin: Option<(FileId, crate::load::syntax::NodeId, super::Scope)>,
}

/// The provider configuration that a resource instance resolves to.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Full source: `registry.terraform.io/hashicorp/aws`.
    pub source: Arc<str>,
    /// Its configuration block; `None` where there is none (empty configuration).
    pub view: Option<View>,
    /// Which instance of the block, where it has `for_each`: equal for equal ones.
    pub instance: Option<u64>,
    /// The configuration is not known (a reusable module: it is handed in).
    pub handed_in: bool,
    /// A state does not hold it.
    pub unseen: bool,
    /// It is the configuration of after a change: where things were before it tells nothing.
    pub later: bool,
    /// Version constraints of all modules of the root, and what the lock file says.
    pub versions: Arc<Versions>,
}

/// What is known of a provider's version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// Of the lock file.
    pub locked: Option<Arc<str>>,
    /// All constraints, of all modules.
    pub constraints: Vec<Arc<str>>,
}

/// A module call whose module is not there.
#[derive(Clone, Debug)]
pub struct MissingCall {
    /// The call's address: `module.a.module.b`.
    pub address: Arc<str>,
    /// `source`, as written.
    pub source: Arc<str>,
    /// `version`, as written.
    pub version: Option<Arc<str>>,
    /// The call's header.
    pub place: Place,
    /// The provider configurations handed in: local name and configuration.
    pub providers: Vec<(Arc<str>, Provider)>,
}

/// Rebuilt on demand: where a value came from, nearest first.
pub type Trail = Vec<Mark>;

/// Further functions for conditions and requirements (`within`, `at_least`, …): `None` where the
/// name is not theirs.
pub type MoreFunctions<'a> = &'a dyn Fn(&str, &[Val]) -> Option<Result<Val, String>>;
