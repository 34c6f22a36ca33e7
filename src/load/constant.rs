//! Module sources that are put together: `"./modules/${var.kind}"`, as `OpenTofu` takes them.
//!
//! Which module a call means has to be known before anything is evaluated. Read here: texts that hang on
//! nothing but the directory's own locals and the defaults of its variables, and on those only where
//! nothing could set another value. A wrong module would be judged in the place of the right one, so
//! whatever else a source hangs on, its module counts as not there.

use super::request::Request;
use super::syntax::{Expr, NodeId, Tree};
use super::words;
use crate::discover::{Boundaries, Directory};

/// References that lead on are followed so many times.
const MAX_DEPTH: u32 = 16;

/// The names of one directory.
pub(super) struct Constants<'t> {
    /// Its files.
    pub trees: &'t [&'t Tree],
    /// Variables have their defaults.
    pub defaults: bool,
}

impl<'t> Constants<'t> {
    /// The text of an expression.
    pub(super) fn text(&self, tree: &'t Tree, node: NodeId) -> Option<String> {
        self.text_at(tree, node, 0)
    }

    fn text_at(&self, tree: &'t Tree, node: NodeId, depth: u32) -> Option<String> {
        if depth > MAX_DEPTH {
            return None;
        }
        match tree.expr(node) {
            Expr::Text(text) => Some(text.decode().into_owned()),
            Expr::Wrap(of) | Expr::Paren(of) => self.text_at(tree, of, depth + 1),
            Expr::Template(pieces) => pieces
                .iter()
                .map(|&piece| self.text_at(tree, piece, depth + 1))
                .collect(),
            Expr::Attr { of, name } => {
                let (tree, node) = match tree.expr(of) {
                    Expr::Variable("local") => self.local(name)?,
                    Expr::Variable("var") if self.defaults => self.default_of(name)?,
                    _ => return None,
                };
                self.text_at(tree, node, depth + 1)
            }
            _ => None,
        }
    }

    fn local(&self, name: &str) -> Option<(&'t Tree, NodeId)> {
        let mut found = self.trees.iter().rev().flat_map(|tree| {
            let locals = tree.blocks(tree.root()).filter(|b| b.kind == "locals");
            locals.filter_map(|b| Some((*tree, b.attribute(name)?.value)))
        });
        found.next()
    }

    fn default_of(&self, name: &str) -> Option<(&'t Tree, NodeId)> {
        let mut found = self.trees.iter().rev().flat_map(|tree| {
            let variables = tree
                .blocks(tree.root())
                .filter(|b| b.kind == "variable" && b.label(0).as_deref() == Some(name));
            variables.filter_map(|b| Some((*tree, b.attribute("default")?.value)))
        });
        found.next()
    }
}

/// Whether nothing sets a variable of a directory: no values file, no settings, nothing that was typed.
pub(super) fn defaults_hold(
    request: &Request,
    boundaries: &Boundaries,
    directory: &Directory,
) -> bool {
    let configured = request.configured.as_deref();
    !directory.any_values
        && request.given.is_empty()
        && !request
            .env
            .iter()
            .any(|(name, _)| name.starts_with("TF_VAR_"))
        && configured.is_none_or(|c| {
            c.sets(&directory.path, boundaries.around(&directory.path))
                .is_empty()
        })
}

/// Whether a file has a module call whose source is more than a literal text.
pub(super) fn has_composed_sources(tree: &Tree) -> bool {
    composed(tree).next().is_some()
}

/// The sources of a file's module calls that are more than a literal text.
pub(super) fn composed(tree: &Tree) -> impl Iterator<Item = NodeId> {
    tree.blocks(tree.root())
        .filter(|b| b.kind == "module")
        .filter_map(|b| Some(b.attribute("source")?.value))
        .filter(|&source| words::literal(tree, source).is_none())
}
