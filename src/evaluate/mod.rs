//! Evaluate: the values that Terraform would have, as far as the text alone decides them.
//!
//! [`Evaluation`] is one root with one variable set. Making it expands modules and resources;
//! attributes are evaluated when they are asked for, and remembered. Every function is total: an
//! error is a diagnostic and an unknown value.

pub mod answers;
mod body;
mod constraint;
pub mod convert;
pub mod evaluated;
mod expr;
pub mod files_on_disk;
mod force;
pub mod functions;
mod in_code;
mod modules;
mod names;
mod narrow;
pub mod number;
mod operators;
mod order;
mod own_provider;
pub mod partial_json;
mod planned;
mod providers;
mod scope;
#[cfg(test)]
mod tests;
pub mod text;
pub mod told;
mod trail;
mod traverse;
pub mod types;
pub mod value;

pub use operators::could_be;
pub use planned::{Told, workspace_of_plan};
pub use providers::full_source;
pub use scope::Scope;

use crate::diagnostic::{Code, Diagnostic, Message};
use crate::load::project::{Mode, Project, ProviderKey, Root, VariableSet};
use crate::load::syntax::{NodeId, Tree};
use crate::source::Place;
use evaluated::{Instance, InstanceId, MissingCall, MoreFunctions, Provider, Versions, View};
use expr::Cx;
use functions::Files;
use modules::ModuleInstance;
use rustc_hash::{FxHashMap, FxHashSet};
use scope::{Binding, NO_MODULE};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use value::{Key, Ref, Val};

/// Expressions nested deeper than this, names followed included, are a limit of sekisho.
const MAX_DEPTH: u32 = 2_000;
/// A value nested deeper is a limit of sekisho: it is compared, printed and dropped recursively.
const MAX_VALUE_DEPTH: u32 = 1_000;
/// A value of more parts is a limit of sekisho.
const MAX_VALUE_SIZE: u32 = 500_000;
/// Nodes evaluated for one root.
const MAX_STEPS: u64 = 20_000_000;
/// Resource instances, and module instances, of one root.
const MAX_INSTANCES: usize = 200_000;
/// Modules in modules.
const MAX_MODULE_DEPTH: u32 = 64;
/// The `resource` of a [`Ref`] that means a module instance's outputs.
const MODULE: u32 = u32::MAX;
/// The `module` of a [`Ref`] that means a body given to a condition.
const VIEW: u32 = u32::MAX - 1;

/// A module instance, a configuration as it is named there, and which instance of that.
type ProviderOf = (u32, ProviderKey, Option<u64>);
type TypeAndAttribute = (Arc<str>, Arc<str>);
type AttributeKey = (u32, u32, Key, Arc<str>);
/// A body that a condition looks at, and what stands for what is not written in it.
type Looked = (View, Vec<(Arc<str>, Val)>);

/// What evaluation has to know of resource types; the catalog knows it.
pub trait Types {
    /// Whether instances of a type are to be listed.
    fn wanted(&self, mode: Mode, ty: &str) -> bool;
    /// Whether an attribute that nobody wrote has a value after apply, so is not null.
    fn never_null(&self, mode: Mode, ty: &str, attribute: &str) -> bool;
    /// Whether no provider fills in an attribute or block that nobody wrote.
    fn never_filled(&self, _ty: &str, _path: &str) -> bool {
        false
    }
    /// How an attribute comes of what is written, where nobody has to be asked for it.
    fn answer(&self, _mode: Mode, _ty: &str, _attribute: &str) -> Option<answers::Answer> {
        None
    }
    /// What a data source of a type reads, where the same configuration makes it.
    fn same_as(&self, _ty: &str) -> Option<answers::SameAs> {
        None
    }
}

/// All types, and of each only that it has an id.
struct AllTypes;

impl Types for AllTypes {
    fn wanted(&self, _mode: Mode, _ty: &str) -> bool {
        true
    }
    fn never_null(&self, _mode: Mode, _ty: &str, attribute: &str) -> bool {
        attribute == "id"
    }
}

/// One root, evaluated with one variable set.
pub struct Evaluation<'p> {
    /// What was loaded.
    pub project: &'p Project,
    /// The root.
    pub root: &'p Root,
    /// The values it runs with.
    pub set: &'p VariableSet,
    files: &'p dyn Files,
    types: &'p dyn Types,
    /// Knows no more than terraform does, and has its errors: to be held against it.
    strict: bool,
    /// What is looked at has no instance: resources and modules count as not known, as when terraform validates.
    validating: Cell<bool>,
    instances: Vec<Instance>,
    by_ref: FxHashMap<(u32, u32), Vec<InstanceId>>,
    missing: Vec<MissingCall>,
    modules: RefCell<Vec<Rc<ModuleInstance>>>,
    attributes: RefCell<FxHashMap<AttributeKey, Val>>,
    busy: RefCell<FxHashSet<AttributeKey>>,
    providers: RefCell<FxHashMap<ProviderOf, Provider>>,
    provider_versions: RefCell<FxHashMap<Arc<str>, Arc<Versions>>>,
    /// Of a plan or state, which has no configuration to evaluate.
    from_plan: Option<planned::FromPlan<'p>>,
    /// The plan of the configuration that is evaluated.
    beside: Option<planned::Beside<'p>>,
    planned_providers: RefCell<FxHashMap<(u32, Arc<str>), Provider>>,
    template_files: RefCell<FxHashMap<Arc<str>, Arc<Tree>>>,
    views: RefCell<Vec<Rc<Looked>>>,
    /// The instances of managed types that data sources may read, by what an attribute of theirs says.
    names_of_type: RefCell<FxHashMap<TypeAndAttribute, Rc<answers::Names>>>,
    /// What data sources read, once all instances are there.
    read_by: RefCell<FxHashMap<Ref, Option<Ref>>>,
    /// Whether an expression of a module instance rests on no data source.
    rests: RefCell<FxHashMap<(u32, crate::source::FileId, NodeId), bool>>,
    diagnostics: RefCell<Vec<Diagnostic>>,
    /// The words of errors in conditions, while one is evaluated.
    condition_errors: RefCell<Option<Vec<Message>>>,
    depth: Cell<u32>,
    steps: Cell<u64>,
    templates: Cell<u32>,
    /// Inside `try`, `can` and branches not taken: errors are counted, not said.
    trial: Cell<bool>,
    failed: Cell<bool>,
}

impl<'p> Evaluation<'p> {
    /// Expands the modules and resources of a root.
    pub fn new(
        project: &'p Project,
        root: &'p Root,
        set: &'p VariableSet,
        files: &'p dyn Files,
    ) -> Self {
        Evaluation::of_types(project, root, set, files, &AllTypes)
    }

    /// The same, with instances only of the types that are wanted: how often the others are there
    /// is found out when something refers to them.
    pub fn of_types(
        project: &'p Project,
        root: &'p Root,
        set: &'p VariableSet,
        files: &'p dyn Files,
        types: &'p dyn Types,
    ) -> Self {
        Evaluation::made((project, root, set), files, types, false, false)
    }

    /// How things are before the change that the root's plan makes.
    pub fn before(
        project: &'p Project,
        root: &'p Root,
        set: &'p VariableSet,
        files: &'p dyn Files,
        types: &'p dyn Types,
    ) -> Self {
        Evaluation::made((project, root, set), files, types, false, true)
    }

    /// The same as terraform 1.11 sees it: where sekisho knows more (`false && unknown`), it says
    /// unknown as terraform does.
    pub fn as_terraform(
        project: &'p Project,
        root: &'p Root,
        set: &'p VariableSet,
        files: &'p dyn Files,
        types: &'p dyn Types,
    ) -> Self {
        Evaluation::made((project, root, set), files, types, true, false)
    }

    fn made(
        (project, root, set): (&'p Project, &'p Root, &'p VariableSet),
        files: &'p dyn Files,
        types: &'p dyn Types,
        strict: bool,
        earlier: bool,
    ) -> Self {
        let mut this = Evaluation {
            project,
            root,
            set,
            files,
            types,
            strict,
            validating: Cell::new(false),
            instances: Vec::new(),
            by_ref: FxHashMap::default(),
            missing: Vec::new(),
            modules: RefCell::default(),
            attributes: RefCell::default(),
            busy: RefCell::default(),
            providers: RefCell::default(),
            provider_versions: RefCell::default(),
            from_plan: None,
            beside: None,
            planned_providers: RefCell::default(),
            template_files: RefCell::default(),
            views: RefCell::default(),
            names_of_type: RefCell::default(),
            read_by: RefCell::default(),
            rests: RefCell::default(),
            diagnostics: RefCell::default(),
            condition_errors: RefCell::default(),
            depth: Cell::new(0),
            steps: Cell::new(MAX_STEPS),
            templates: Cell::new(0),
            trial: Cell::new(false),
            failed: Cell::new(false),
        };
        if let Some(plan) = &root.planned {
            this.fill(plan, earlier);
            return this;
        }
        this.beside = root
            .beside
            .as_deref()
            .map(|plan| planned::Beside::new(plan, project));
        let inst = this.new_instance(
            root.module,
            None,
            Scope::module(NO_MODULE),
            "".into(),
            "".into(),
        );
        let top = this.add_module(inst);
        let mut instances = Vec::new();
        let mut missing = Vec::new();
        this.expand_all(top, &mut instances, &mut missing);
        for i in &instances {
            this.by_ref
                .entry((i.module, i.resource))
                .or_default()
                .push(i.id);
        }
        this.instances = instances;
        this.missing = missing;
        // What was found while modules were still missing may have left some out.
        this.attributes
            .borrow_mut()
            .retain(|(m, r, ..), _| !this.is_data_of(*m, *r));
        this.providers.borrow_mut().clear();
        this.provider_versions.borrow_mut().clear();
        this
    }

    /// All resource instances, by module, in the order they stand.
    pub fn instances(&self) -> &[Instance] {
        &self.instances
    }

    /// The instance of a number.
    pub fn instance(&self, id: InstanceId) -> &Instance {
        &self.instances[id.0 as usize]
    }

    /// The instances that a reference may mean: one, or several where its key is not known.
    pub fn resolve(&self, r: &Ref) -> Vec<InstanceId> {
        let Some(all) = self.by_ref.get(&(r.module, r.resource)) else {
            return Vec::new();
        };
        if r.key == Key::Any {
            return all.clone();
        }
        if let Key::Index(i) = r.key
            && let Some(id) = all.get(i as usize)
            && self.instance(*id).key == r.key
        {
            return vec![*id];
        }
        // Instances stand in the order of their keys: one that is there once is found without a walk.
        if let Ok(at) = all.binary_search_by(|id| self.instance(*id).key.cmp(&r.key)) {
            let same = |i: Option<usize>| {
                i.and_then(|i| all.get(i))
                    .is_some_and(|id| self.instance(*id).key == r.key)
            };
            if !same(at.checked_sub(1)) && !same(Some(at + 1)) {
                return vec![all[at]];
            }
        }
        all.iter()
            .copied()
            .filter(|id| self.instance(*id).key == r.key)
            .collect()
    }

    /// The address that a reference stands for, its attribute path included.
    pub fn address(&self, r: &Ref) -> String {
        if r.module == VIEW {
            return String::new();
        }
        let inst = self.module_instance(r.module);
        let dot = if r.path.is_empty() { "" } else { "." };
        if r.resource == MODULE {
            return format!("{}{dot}{}", inst.address, r.path);
        }
        let resource = &self.project.module(inst.module).resources[r.resource as usize];
        let base =
            modules::resource_address(&inst.address, resource.mode, &resource.ty, &resource.name);
        format!("{}{dot}{}", modules::with_key(&base, &r.key), r.path)
    }

    /// Calls whose modules are not there.
    pub fn missing(&self) -> &[MissingCall] {
        &self.missing
    }

    /// Evaluates a condition or a requirement over `bindings` (`self`, `item`, `store`, …), with
    /// Terraform's functions and `more`. Errors give an unknown with reason `Error`, and their words.
    pub fn condition(
        &self,
        tree: &Tree,
        node: NodeId,
        bindings: &[(&str, Val)],
        more: MoreFunctions<'_>,
    ) -> (Val, Vec<String>) {
        let mut scope = Scope::module(NO_MODULE);
        for (name, v) in bindings {
            scope = scope.bind(Binding::Name((*name).into(), v.clone()));
        }
        let mut cx = Cx::new(tree, None, scope);
        cx.more = Some(more);
        let outer = self.condition_errors.replace(Some(Vec::new()));
        let trial = self.trial.replace(false);
        let v = self.expr(&cx, node);
        self.trial.set(trial);
        let errors = self.condition_errors.replace(outer).unwrap_or_default();
        let words = |m: Message| format!("{}: {}", m.key, m.args.join(", "));
        (v, errors.into_iter().map(words).collect())
    }

    /// An expression in the scope of the root module (`debug expr`).
    pub fn root_expression(&self, tree: &Tree) -> (Val, Vec<Message>) {
        let cx = Cx::new(tree, None, Scope::module(0));
        let outer = self.condition_errors.replace(Some(Vec::new()));
        let v = self.expr(&cx, tree.root());
        let v = self.materialised(&v);
        let errors = self.condition_errors.replace(outer).unwrap_or_default();
        (v, errors)
    }

    /// What went wrong so far, each once, in a stable order.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut all = self.diagnostics.borrow().clone();
        all.sort_by(|a, b| (a.place, a.code, &a.message).cmp(&(b.place, b.code, &b.message)));
        all.dedup();
        all
    }

    // What is said, and what is kept back.

    /// Runs `f` with errors counted instead of said; tells whether there was one.
    fn trial<T>(&self, f: impl FnOnce() -> T) -> (T, bool) {
        let trial = self.trial.replace(true);
        let failed = self.failed.replace(false);
        let out = f();
        let own = self.failed.replace(failed);
        self.trial.set(trial);
        (out, own)
    }

    /// Runs `f` outside any trial: an object of its own (a local, an output), whose errors are its own.
    fn certain<T>(&self, f: impl FnOnce() -> T) -> T {
        let trial = self.trial.replace(false);
        let conditions = self.condition_errors.replace(None);
        let out = f();
        self.trial.set(trial);
        // An error of what a `debug expr` reads is an error of the expression too.
        if conditions.is_some() {
            self.condition_errors.replace(conditions);
        }
        out
    }

    fn is_trial(&self) -> bool {
        self.trial.get()
    }

    fn report(&self, place: Option<Place>, message: Message) {
        if self.trial.get() {
            self.failed.set(true);
            return;
        }
        self.report_always(place, message);
    }

    fn report_always(&self, place: Option<Place>, message: Message) {
        if let Some(errors) = &mut *self.condition_errors.borrow_mut() {
            errors.push(message);
            return;
        }
        self.push(Code::EvaluationError, place, message);
    }

    fn report_limit(&self, place: Option<Place>, message: Message) {
        self.push(Code::LimitReached, place, message);
    }

    fn outside(&self, place: Option<Place>, path: &str) {
        self.push(
            Code::OutsideBoundary,
            place,
            Message::new("evaluate.outside").arg(path),
        );
    }

    fn push(&self, code: Code, place: Option<Place>, message: Message) {
        let mut d = Diagnostic::new(code, message).target(self.root.target.clone());
        d.place = place;
        d.help = Some(Message::new(match code {
            Code::LimitReached => "help.limit",
            Code::OutsideBoundary => "help.outside",
            _ => "help.evaluation",
        }));
        let mut all = self.diagnostics.borrow_mut();
        // The same place in many instances says one thing.
        if !all.iter().rev().take(64).any(|have| *have == d) {
            all.push(d);
        }
    }
}
