//! What load gives: every module directory once, with its blocks sorted by kind, and the roots.
//!
//! Lives here: the shape. Not here: how it is filled (`modules.rs`, `roots.rs`, `tfvars.rs`) and what
//! the expressions in it mean (`evaluate/`).

use super::planned::Planned;
use super::syntax::{Attribute, Block, Item, NodeId, Span};
use crate::diagnostic::Diagnostic;
use crate::discover::Boundaries;
use crate::source::{FileId, Place, Sources};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// The number of a module directory in [`Project::modules`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ModuleId(pub u32);

/// Everything that was read, before anything is evaluated.
#[derive(Debug, Default)]
pub struct Project {
    /// The files.
    pub sources: Sources,
    /// The module directories, each once.
    pub modules: Vec<Module>,
    /// The roots, sorted by what is shown of them.
    pub roots: Vec<Root>,
    /// What was read and what was not.
    pub seen: Seen,
    /// The root of the git work tree, or what else bounds reading; the first named path's.
    pub boundary: PathBuf,
    /// The boundaries of all named paths, for reading that an evaluation does.
    pub boundaries: Boundaries,
    /// Files that were named: only findings with a mark in one of them are shown. Empty: all are.
    pub only: Vec<PathBuf>,
    /// Files that expressions read (`file()` and its relatives).
    pub noted: Noted,
}

/// Files that were read while something was evaluated.
#[derive(Debug, Default)]
pub struct Noted(Mutex<BTreeSet<PathBuf>>);

impl Noted {
    /// A file was read.
    pub fn note(&self, path: PathBuf) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(path);
    }

    /// All of them.
    pub fn all(&self) -> BTreeSet<PathBuf> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// What a run has looked at, for the summary.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    /// Files read and parsed, also with errors.
    pub files_read: usize,
    /// Files that could not be read, or not wholly parsed.
    pub files_failed: usize,
    /// Files of kinds that are not judged (`.tfstack.hcl`, Terragrunt): kind and shown paths.
    pub not_judged: Vec<(String, Vec<String>)>,
}

/// A body as overrides leave it: layers, the later ones win.
///
/// An attribute is the last layer's that has it. Blocks of a kind are those of the last layer that
/// has any of that kind, as Terraform merges them (what is merged otherwise, `lifecycle` and the
/// like, is not read by anybody here).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// File and body node, the original first.
    pub layers: Vec<(FileId, NodeId)>,
}

impl Body {
    /// A body of one layer.
    pub fn of(file: FileId, body: NodeId) -> Body {
        Body {
            layers: vec![(file, body)],
        }
    }

    /// The attribute of a name.
    pub fn attribute<'s>(
        &self,
        sources: &'s Sources,
        name: &str,
    ) -> Option<(FileId, Attribute<'s>)> {
        self.layers
            .iter()
            .rev()
            .find_map(|&(file, body)| sources.tree(file).attribute(body, name).map(|a| (file, a)))
    }

    /// The blocks of a kind. `dynamic` blocks are not unfolded: they are of kind `dynamic`.
    pub fn blocks<'s>(&self, sources: &'s Sources, kind: &str) -> Vec<(FileId, Block<'s>)> {
        for &(file, body) in self.layers.iter().rev() {
            let found: Vec<_> = sources
                .tree(file)
                .blocks(body)
                .filter(|b| {
                    b.kind == kind || (b.kind == "dynamic" && b.label(0).as_deref() == Some(kind))
                })
                .map(|b| (file, b))
                .collect();
            if !found.is_empty() {
                return found
                    .into_iter()
                    .filter(|(_, b)| b.kind == kind || kind != "dynamic")
                    .collect();
            }
        }
        Vec::new()
    }

    /// All attributes that count, in the order of the original, overriding ones in place.
    pub fn attributes<'s>(&self, sources: &'s Sources) -> Vec<(FileId, Attribute<'s>)> {
        let mut out: Vec<(FileId, Attribute<'s>)> = Vec::new();
        for &(file, body) in &self.layers {
            for item in sources.tree(file).items(body) {
                let Item::Attribute(a) = item else { continue };
                match out
                    .iter_mut()
                    .find(|(_, have)| self.layers.len() > 1 && have.name == a.name)
                {
                    Some(have) => *have = (file, a),
                    None => out.push((file, a)),
                }
            }
        }
        out
    }

    /// The kinds of blocks in it, in order of first appearance; a `dynamic "x"` counts as `x`.
    pub fn block_kinds(&self, sources: &Sources) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for &(file, body) in &self.layers {
            for b in sources.tree(file).blocks(body) {
                let kind = if b.kind == "dynamic" {
                    b.label(0).unwrap_or_default().into_owned()
                } else {
                    b.kind.to_owned()
                };
                if !out.contains(&kind) {
                    out.push(kind);
                }
            }
        }
        out
    }
}

/// Managed by Terraform, only read, or opened for a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Mode {
    Managed,
    Data,
    Ephemeral,
}

/// A module directory.
#[derive(Debug, Default)]
pub struct Module {
    /// Absolute.
    pub dir: PathBuf,
    /// As shown: relative to the current directory.
    pub shown: Arc<str>,
    /// Its configuration files, in the order in which Terraform reads them (overrides last).
    pub files: Vec<FileId>,
    /// `variable` blocks.
    pub variables: Vec<Variable>,
    /// `locals`.
    pub locals: Vec<Local>,
    /// `output` blocks.
    pub outputs: Vec<Named>,
    /// `resource`, `data` and `ephemeral` blocks.
    pub resources: Vec<Resource>,
    /// `module` blocks.
    pub calls: Vec<ModuleCall>,
    /// `provider` blocks.
    pub providers: Vec<ProviderBlock>,
    /// `required_providers`, by local name.
    pub required: Vec<RequiredProvider>,
    /// `backend` or `cloud`.
    pub backend: Option<Backend>,
    /// Name to index in `variables`.
    pub variable_index: FxHashMap<Arc<str>, u32>,
    /// Name to index in `locals`.
    pub local_index: FxHashMap<Arc<str>, u32>,
    /// Name to index in `outputs`.
    pub output_index: FxHashMap<Arc<str>, u32>,
    /// Name to index in `calls`.
    pub call_index: FxHashMap<Arc<str>, u32>,
    /// Mode, type and name to index in `resources`.
    pub resource_index: FxHashMap<(Mode, Arc<str>, Arc<str>), u32>,
    /// Whether a file of it was not read, or not wholly.
    pub incomplete: bool,
}

impl Module {
    /// A module without any configuration.
    pub fn empty(dir: PathBuf) -> Module {
        Module {
            dir,
            shown: ".".into(),
            files: Vec::new(),
            variables: Vec::new(),
            locals: Vec::new(),
            outputs: Vec::new(),
            resources: Vec::new(),
            calls: Vec::new(),
            providers: Vec::new(),
            required: Vec::new(),
            backend: None,
            variable_index: FxHashMap::default(),
            local_index: FxHashMap::default(),
            output_index: FxHashMap::default(),
            call_index: FxHashMap::default(),
            resource_index: FxHashMap::default(),
            incomplete: false,
        }
    }
}

impl Root {
    /// The root that a plan or state is.
    pub fn of_plan(planned: &Arc<Planned>, target: Arc<str>, identity: Arc<str>) -> Root {
        Root {
            target,
            identity,
            planned: Some(Arc::clone(planned)),
            ..Root::of(planned.modules[0].module)
        }
    }

    /// A root with one variable set and nothing given.
    pub fn of(module: ModuleId) -> Root {
        Root {
            module,
            target: ".".into(),
            identity: ".".into(),
            reusable: false,
            sets: vec![VariableSet {
                name: "default".into(),
                ..VariableSet::default()
            }],
            vendored: FxHashMap::default(),
            backend_config: Vec::new(),
            backend_files: Vec::new(),
            locked: Vec::new(),
            callers_unread: false,
            planned: None,
            beside: None,
            in_plan: false,
        }
    }
}

/// `variable "name" { … }`.
#[derive(Debug)]
pub struct Variable {
    /// The name.
    pub name: Arc<str>,
    /// The block's body.
    pub body: Body,
    /// The block's header.
    pub place: Place,
    /// Has no default.
    pub required: bool,
}

/// `name = value` of a `locals` block.
#[derive(Debug)]
pub struct Local {
    /// The name.
    pub name: Arc<str>,
    /// Where it stands.
    pub file: FileId,
    /// The value.
    pub value: NodeId,
    /// Name to end of value.
    pub span: Span,
}

/// A block with one label.
#[derive(Debug)]
pub struct Named {
    /// The label.
    pub name: Arc<str>,
    /// The block's body.
    pub body: Body,
    /// The block's header.
    pub place: Place,
}

/// `resource "type" "name" { … }`, `data`, `ephemeral`.
#[derive(Debug)]
pub struct Resource {
    /// Which of them.
    pub mode: Mode,
    /// The type.
    pub ty: Arc<str>,
    /// The name.
    pub name: Arc<str>,
    /// The block's body.
    pub body: Body,
    /// The block's header.
    pub place: Place,
    /// The whole block.
    pub span: Span,
    /// The provider configuration: of `provider = x.y`, else that of the type's first word.
    pub provider: ProviderUse,
}

/// A use of a provider configuration.
#[derive(Clone, Debug)]
pub struct ProviderUse {
    /// Which configuration.
    pub key: ProviderKey,
    /// Which instance of it, where the block has `for_each` (`OpenTofu`): the expression in brackets.
    pub instance: Option<(FileId, NodeId)>,
}

/// A provider configuration as a module names it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProviderKey {
    /// The local name.
    pub name: Arc<str>,
    /// The alias.
    pub alias: Option<Arc<str>>,
}

/// `module "name" { … }`.
#[derive(Debug)]
pub struct ModuleCall {
    /// The name.
    pub name: Arc<str>,
    /// The block's body.
    pub body: Body,
    /// The block's header.
    pub place: Place,
    /// `source`: the text, also one put together of constants; else the expression as written.
    pub source: Arc<str>,
    /// Its source is an expression whose text is not known: only what was installed tells the module.
    pub composed: bool,
    /// `version` as written.
    pub version: Option<Arc<str>>,
    /// The module of a local source (`./x`), when it is there.
    pub local: Option<ModuleId>,
    /// Why the module of a local source is not there.
    pub missing: Option<Missing>,
    /// `providers = { child = parent }`: the child's key, what the parent hands to it.
    pub providers: Vec<(ProviderKey, ProviderUse)>,
}

/// Why the module of a local source is not there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Missing {
    /// There is no such directory.
    NotThere,
    /// The directory could not be listed.
    Unreadable,
    /// It lies outside the boundary.
    OutsideBoundary,
    /// The call leads back to a module that it is called from: Terraform would not come to an end.
    Circle,
}

/// `provider "name" { alias = … }`.
#[derive(Debug)]
pub struct ProviderBlock {
    /// Name and alias.
    pub key: ProviderKey,
    /// The block's body.
    pub body: Body,
    /// The block's header.
    pub place: Place,
}

/// An entry of `required_providers`.
#[derive(Debug)]
pub struct RequiredProvider {
    /// The local name.
    pub name: Arc<str>,
    /// `source`, as written (`hashicorp/aws`); where none is written `hashicorp/NAME`.
    pub source: Arc<str>,
    /// `version`, as written.
    pub version: Option<Arc<str>>,
    /// `configuration_aliases`.
    pub aliases: Vec<ProviderKey>,
}

/// Where Terraform keeps its state.
#[derive(Debug)]
pub struct Backend {
    /// `s3`, `gcs`, …; `cloud` for a `cloud` block.
    pub ty: Arc<str>,
    /// The block's body.
    pub body: Body,
    /// The block's header.
    pub place: Place,
}

/// A root module.
#[derive(Debug)]
pub struct Root {
    /// Its directory.
    pub module: ModuleId,
    /// As shown: `target` of every output.
    pub target: Arc<str>,
    /// Relative to the boundary, for fingerprints.
    pub identity: Arc<str>,
    /// A module that is meant to be called, not applied (see DESIGN "Inputs").
    pub reusable: bool,
    /// The values that it runs with; at least one.
    pub sets: Vec<VariableSet>,
    /// Modules that `.terraform/modules/modules.json` names: `app.db` to its directory.
    pub vendored: FxHashMap<Arc<str>, ModuleId>,
    /// Settings of the backend from the command line and from files.
    pub backend_config: Vec<Given>,
    /// The backend files that lie beside it and were not used, as shown.
    pub backend_files: Vec<String>,
    /// What the lock file says: provider source to version.
    pub locked: Vec<(Arc<str>, Arc<str>)>,
    /// The callers of this directory could not be read: it is judged as a root of its own.
    pub callers_unread: bool,
    /// For a plan or state: what it holds.
    pub planned: Option<Arc<Planned>>,
    /// The plan of this configuration (`--plan`): values are the plan's, places and what expressions mean
    /// are the configuration's.
    pub beside: Option<Arc<Planned>>,
    /// Its configuration stands in the plan file: nothing of it is looked for on disk.
    pub in_plan: bool,
}

/// The values of one evaluation.
#[derive(Debug, Default, Clone)]
pub struct VariableSet {
    /// Its name; `default` where there is only one without a name.
    pub name: Arc<str>,
    /// In Terraform's precedence, each name once.
    pub values: Vec<Given>,
    /// `TF_WORKSPACE`, what was selected, or the settings'; `None` where it can be any.
    pub workspace: Option<Arc<str>>,
    /// Settings of the backend that belong to this set; the root's lie over them.
    pub backend_config: Vec<Given>,
}

/// A value that was given for a variable or backend setting.
#[derive(Debug, Clone)]
pub struct Given {
    /// The variable.
    pub name: Arc<str>,
    /// Its value.
    pub value: GivenValue,
}

/// Where a given value stands.
#[derive(Debug, Clone)]
pub enum GivenValue {
    /// In a values file that was read: an expression without references.
    Node(FileId, NodeId, Span),
    /// On the command line (`--var`), as text: read as the variable's type says.
    Argument(Arc<str>),
    /// In the environment (`TF_VAR_x`), as text.
    Environment(Arc<str>),
}

/// A load's result.
#[derive(Debug, Default)]
pub struct Loaded {
    /// What was read.
    pub project: Project,
    /// What went wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl Project {
    /// The module of a number.
    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0 as usize]
    }
}
