//! Evaluate: the values that Terraform would have, as far as the text alone decides them.
//!
//! [`Evaluation`] is one root with one variable set. Making it expands modules and resources;
//! attributes are evaluated when they are asked for, and remembered.

pub mod convert;
pub mod evaluated;
pub mod functions;
pub mod number;
pub mod types;
pub mod value;

use crate::diagnostic::Diagnostic;
use crate::load::project::{Project, Root, VariableSet};
use crate::load::syntax::{NodeId, Tree};
use evaluated::{Found, Instance, InstanceId, MissingCall, MoreFunctions, Provider, Trail, View};
use functions::Files;
use std::sync::Arc;
use value::{Ref, Val};

/// In what an expression is evaluated: a module instance, the instance of a resource, iterators.
#[derive(Clone, Debug)]
pub struct Scope {}

/// One root, evaluated with one variable set.
pub struct Evaluation<'p> {
    /// What was loaded.
    pub project: &'p Project,
    /// The root.
    pub root: &'p Root,
    /// The values it runs with.
    pub set: &'p VariableSet,
}

impl<'p> Evaluation<'p> {
    /// Expands the modules and resources of a root.
    pub fn new(
        _project: &'p Project,
        _root: &'p Root,
        _set: &'p VariableSet,
        _files: &'p dyn Files,
    ) -> Self {
        todo!()
    }

    /// All resource instances, by module, in the order they stand.
    pub fn instances(&self) -> &[Instance] {
        todo!()
    }

    /// The instance of a number.
    pub fn instance(&self, _id: InstanceId) -> &Instance {
        todo!()
    }

    /// The instances that a reference may mean: one, or several where its key is not known.
    pub fn resolve(&self, _r: &Ref) -> Vec<InstanceId> {
        todo!()
    }

    /// The address that a reference stands for, its attribute path included.
    pub fn address(&self, _r: &Ref) -> String {
        todo!()
    }

    /// The content of an instance.
    pub fn view(&self, _id: InstanceId) -> View {
        todo!()
    }

    /// The attribute `name` of a body, where it is written. Null is given as null: absent is for the
    /// reader to decide.
    pub fn attribute(&self, _view: &View, _name: &str) -> Option<Found> {
        todo!()
    }

    /// The blocks `name` of a body, `dynamic` ones unfolded; an attribute that holds an object or
    /// objects counts as blocks too.
    pub fn blocks(&self, _view: &View, _name: &str) -> Vec<View> {
        todo!()
    }

    /// Every value at a path: `rule.destination.bucket` walks through all blocks `rule` and
    /// `destination`. Nothing where nothing is written.
    pub fn path(&self, _view: &View, _path: &str) -> Vec<Found> {
        todo!()
    }

    /// A body as a value for conditions: attributes read when asked, what is not written is null,
    /// blocks are lists. `defaults` stand for what is not written.
    pub fn as_object(&self, _view: &View, _defaults: &[(Arc<str>, Val)]) -> Val {
        todo!()
    }

    /// The provider configuration that an instance resolves to.
    pub fn provider(&self, _id: InstanceId) -> Provider {
        todo!()
    }

    /// The backend's body, with what the command line and files give for it.
    pub fn backend(&self) -> Option<View> {
        todo!()
    }

    /// The value that the command line or a backend file gives for a backend setting.
    pub fn backend_given(&self, _name: &str) -> Option<Val> {
        todo!()
    }

    /// Calls whose modules are not there.
    pub fn missing(&self) -> &[MissingCall] {
        todo!()
    }

    /// Evaluates a condition or a requirement over `bindings` (`self`, `item`, `store`, …), with
    /// Terraform's functions and `more`. Errors give an unknown with reason `Error`, and their words.
    pub fn condition(
        &self,
        _tree: &Tree,
        _node: NodeId,
        _bindings: &[(&str, Val)],
        _more: MoreFunctions<'_>,
    ) -> (Val, Vec<String>) {
        todo!()
    }

    /// Where a value came from, nearest first: literal ← variable default ← module argument ← …
    pub fn trail(&self, _found: &Found) -> Trail {
        todo!()
    }

    /// What went wrong so far, each once, in a stable order.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        todo!()
    }
}
