//! Whether a text stands in the code: written there, in a default or in a values file of the tree, and not
//! handed in from outside.
//!
//! Lives here: what the values' ways tell of that. Not here: which texts are secrets (`extract/secrets.rs`).

use super::Evaluation;
use super::evaluated::{Found, InstanceId};
use crate::load::project::GivenValue;
use crate::load::syntax::Expr;

impl Evaluation<'_> {
    /// Whether the instances are those of a plan or state.
    pub fn is_planned(&self) -> bool {
        self.from_plan.is_some()
    }

    /// Whether a known text that was found in a body stands in the code; `None`: nobody can tell. `path` is
    /// where it was found, in the instance `id`.
    pub fn stands_in_code(
        &self,
        id: Option<InstanceId>,
        path: &str,
        found: &Found,
        text: &str,
    ) -> Option<bool> {
        /// Shorter texts stand in others by chance.
        const LONG: usize = 4;
        if self.from_plan.is_some() {
            // What only the plan knows may be from anywhere.
            return Some(id.is_some_and(|id| self.is_constant(id, path)));
        }
        if found.origin.is_none() && self.beside.is_some() {
            return None;
        }
        let given = || {
            self.set.values.iter().filter_map(|g| match &g.value {
                GivenValue::Argument(text) | GivenValue::Environment(text) => Some(&**text),
                GivenValue::Node(..) => None,
            })
        };
        if given().any(|g| g == text || text.len() >= LONG && g.contains(text)) {
            return Some(false);
        }
        let outside = |m: &crate::diagnostic::Mark| {
            let key = &*m.message.key;
            let file = || &self.project.sources.file(m.place.file).path;
            let from_outside = [
                "trail.given-argument",
                "trail.given-environment",
                "trail.given-plan",
            ];
            from_outside.contains(&key)
                || key == "trail.given" && !file().starts_with(&self.project.boundary)
        };
        if self.trail(found).iter().any(outside) {
            return Some(false);
        }
        if given().any(|g| g.len() >= LONG && text.contains(g)) {
            return None;
        }
        Some(true)
    }

    /// Whether terraform leaves an argument of a resource as it is once the resource is there.
    pub fn ignores_changes(&self, id: InstanceId, argument: &str) -> bool {
        if self.from_plan.is_some() {
            return false;
        }
        let instance = self.instance(id);
        let inst = self.module_instance(instance.module);
        let resources = &self.project.module(inst.module).resources;
        let Some(resource) = resources.get(instance.resource as usize) else {
            return false;
        };
        let sources = &self.project.sources;
        let lifecycle = resource.body.blocks(sources, "lifecycle");
        lifecycle.into_iter().any(|(file, block)| {
            let Some(a) = block.attribute("ignore_changes") else {
                return false;
            };
            let tree = sources.tree(file);
            match tree.expr(a.value) {
                Expr::Variable("all") => true,
                Expr::Tuple(items) => items.iter().any(|&item| {
                    let text = sources.text(sources.place(file, item));
                    let name = text.trim().trim_matches('"');
                    let rest = name.strip_prefix(argument);
                    rest.is_some_and(|r| r.is_empty() || r.starts_with(['.', '[']))
                }),
                _ => false,
            }
        })
    }
}
