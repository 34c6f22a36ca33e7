//! What an expression rests on, by its text alone.
//!
//! To find the resource that a data source reads, names of resources are looked at that nothing has asked for.
//! One that rests on the data source itself would be a cycle that Terraform does not have: such names are
//! found here before they are evaluated.

use super::super::Evaluation;
use crate::load::project::{Body, Mode};
use crate::load::syntax::{Expr, Item, NodeId, Tree};
use crate::source::FileId;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// So many expressions are looked at; what rests on more may rest on anything.
const MAX_NODES: usize = 20_000;

/// Expressions still to be looked at, each with its module instance.
struct Open {
    at: Vec<(u32, FileId, NodeId)>,
    seen: FxHashSet<(u32, FileId, u32)>,
}

impl Open {
    fn push(&mut self, m: u32, file: FileId, node: NodeId) {
        if self.seen.insert((m, file, node.index())) {
            self.at.push((m, file, node));
        }
    }
}

impl Evaluation<'_> {
    /// Whether no data source, nor an output of a module, has a part in an expression of a module instance.
    pub(super) fn rests_on_no_data(&self, m: u32, file: FileId, node: NodeId) -> bool {
        if let Some(known) = self.rests.borrow().get(&(m, file, node)) {
            return *known;
        }
        let out = self.find_rests(m, file, node);
        self.rests.borrow_mut().insert((m, file, node), out);
        out
    }

    fn find_rests(&self, m: u32, file: FileId, node: NodeId) -> bool {
        let mut open = Open {
            at: Vec::new(),
            seen: FxHashSet::default(),
        };
        open.push(m, file, node);
        while let Some((m, file, node)) = open.at.pop() {
            if open.seen.len() > MAX_NODES || !self.look(m, file, node, &mut open) {
                return false;
            }
        }
        true
    }

    /// Looks at one expression; `false` for what reads a data source or a module.
    fn look(&self, m: u32, file: FileId, node: NodeId, open: &mut Open) -> bool {
        let sources = &self.project.sources;
        let tree = sources.tree(file);
        let inst = self.module_instance(m);
        let module = self.project.module(inst.module);
        if let Expr::Attr { of, name } = tree.expr(node)
            && let Expr::Variable(root) = tree.expr(of)
        {
            match root {
                "data" | "module" | "ephemeral" => return false,
                "var" => {
                    if let Some((parent, call)) = inst.parent {
                        let calls = &self
                            .project
                            .module(self.module_instance(parent).module)
                            .calls;
                        if let Some((file, a)) = calls[call as usize].body.attribute(sources, name)
                        {
                            open.push(parent, file, a.value);
                        }
                    }
                }
                "local" => {
                    if let Some(&i) = module.local_index.get(name) {
                        let local = &module.locals[i as usize];
                        open.push(m, local.file, local.value);
                    }
                }
                "path" | "terraform" | "each" | "count" | "self" => {}
                ty => {
                    let key = (Mode::Managed, Arc::from(ty), Arc::from(name));
                    if let Some(&r) = module.resource_index.get(&key) {
                        self.whole(m, &module.resources[r as usize].body, open);
                    }
                }
            }
            return true;
        }
        if let Expr::Variable(root) = tree.expr(node) {
            return !matches!(root, "data" | "module" | "ephemeral");
        }
        let mut parts = Vec::new();
        parts_of(tree, node, &mut parts);
        for part in parts {
            open.push(m, file, part);
        }
        true
    }

    /// Everything in a body.
    fn whole(&self, m: u32, body: &Body, open: &mut Open) {
        let mut bodies = body.layers.clone();
        while let Some((file, node)) = bodies.pop() {
            for item in self.project.sources.tree(file).items(node) {
                match item {
                    Item::Attribute(a) => open.push(m, file, a.value),
                    Item::Block(b) => bodies.push((file, b.body)),
                }
            }
        }
    }
}

/// The expressions right below one.
fn parts_of(tree: &Tree, node: NodeId, out: &mut Vec<NodeId>) {
    match tree.expr(node) {
        Expr::Missing
        | Expr::Null
        | Expr::Bool(_)
        | Expr::Number(_)
        | Expr::Text(_)
        | Expr::Variable(_)
        | Expr::Item => {}
        Expr::Template(parts) | Expr::Tuple(parts) | Expr::Object(parts) => out.extend(parts),
        Expr::Call { args, .. } => out.extend(args),
        Expr::Wrap(of)
        | Expr::Paren(of)
        | Expr::Attr { of, .. }
        | Expr::LegacyIndex { of, .. }
        | Expr::Unary { of, .. } => out.push(of),
        Expr::Index { of, key } => out.extend([of, key]),
        Expr::Splat { of, each, .. } => out.extend([of, each]),
        Expr::Conditional { cond, then, other } => out.extend([cond, then, other]),
        Expr::Binary { left, right, .. } => out.extend([left, right]),
        Expr::For(f) => {
            out.extend([f.collection, f.value]);
            out.extend(f.key.into_iter().chain(f.condition));
        }
        Expr::TemplateIf { cond, then, other } => {
            out.extend([cond, then]);
            out.extend(other);
        }
        Expr::TemplateFor {
            collection, body, ..
        } => out.extend([collection, body]),
    }
}
