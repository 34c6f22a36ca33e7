//! Conditions of rows and rules: Terraform expressions, parsed once; what they look at, and the simplest
//! kinds in a form that known values decide at once.

use super::compile::{KeyPath, Mistake};
use crate::evaluate::value::Val;
use crate::load::syntax::{Expr, NodeId, Op, Tree, parse_expression};

/// A condition: a Terraform expression, parsed once.
#[derive(Debug)]
pub struct Condition {
    /// Its syntax.
    pub tree: Tree,
    /// The attributes of `self` and `item` that it looks at, in order.
    pub looks: Vec<KeyPath>,
    /// The same, for values that are known.
    pub fast: Option<Fast>,
}

/// Conditions of the simplest kinds, for known values.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Fast {
    True(KeyPath),
    Equal(KeyPath, Val),
    Not(Box<Fast>),
    And(Box<Fast>, Box<Fast>),
    Or(Box<Fast>, Box<Fast>),
}

/// Parses a condition and looks at what it reads.
pub fn condition(text: &str) -> Result<Condition, Mistake> {
    let tree = parse_expression(text);
    if let Some(e) = tree.errors().first() {
        return Err(format!("`{text}`: {}", e.code));
    }
    let mut looks = Vec::new();
    walk(&tree, tree.root(), &mut looks);
    let fast = fast(&tree, tree.root());
    Ok(Condition { tree, looks, fast })
}

/// The path of a traversal that starts at `self` or `item`.
fn traversal(tree: &Tree, node: NodeId) -> Option<KeyPath> {
    let mut names: Vec<&str> = Vec::new();
    let mut at = node;
    loop {
        match tree.expr(at) {
            Expr::Attr { of, name } => {
                names.push(name);
                at = of;
            }
            Expr::Paren(x) if names.is_empty() => at = x,
            Expr::Variable(root @ ("self" | "item")) if !names.is_empty() => {
                names.reverse();
                return Some(KeyPath {
                    item: root == "item",
                    path: names.join(".").into(),
                });
            }
            _ => return None,
        }
    }
}

fn walk(tree: &Tree, node: NodeId, out: &mut Vec<KeyPath>) {
    if let Some(path) = traversal(tree, node) {
        if !out.contains(&path) {
            out.push(path);
        }
        return;
    }
    match tree.expr(node) {
        Expr::Attr { of, .. } | Expr::LegacyIndex { of, .. } | Expr::Unary { of, .. } => {
            walk(tree, of, out);
        }
        Expr::Paren(x) | Expr::Wrap(x) => walk(tree, x, out),
        Expr::Splat { of, .. } => walk(tree, of, out),
        Expr::Index { of, key } => {
            walk(tree, of, out);
            walk(tree, key, out);
        }
        Expr::Binary { left, right, .. } => {
            walk(tree, left, out);
            walk(tree, right, out);
        }
        Expr::Conditional { cond, then, other } => {
            for n in [cond, then, other] {
                walk(tree, n, out);
            }
        }
        Expr::Call { args, .. } => {
            for &n in args {
                walk(tree, n, out);
            }
        }
        Expr::Tuple(items) | Expr::Object(items) | Expr::Template(items) => {
            for &n in items {
                walk(tree, n, out);
            }
        }
        Expr::For(f) => {
            walk(tree, f.collection, out);
            walk(tree, f.value, out);
            if let Some(c) = f.condition {
                walk(tree, c, out);
            }
        }
        _ => {}
    }
}

/// A one-level traversal: deeper ones go through blocks, which are lists.
fn simple(tree: &Tree, node: NodeId) -> Option<KeyPath> {
    traversal(tree, node).filter(|p| !p.path.contains('.'))
}

fn constant(tree: &Tree, node: NodeId) -> Option<Val> {
    match tree.expr(node) {
        Expr::Null => Some(Val::null()),
        Expr::Bool(b) => Some(Val::bool(b)),
        Expr::Text(t) => Some(Val::text(&t.decode())),
        _ => None,
    }
}

fn fast(tree: &Tree, node: NodeId) -> Option<Fast> {
    Some(match tree.expr(node) {
        Expr::Paren(x) => fast(tree, x)?,
        Expr::Unary { op: Op::Not, of } => Fast::Not(Box::new(fast(tree, of)?)),
        Expr::Binary { op, left, right } => match op {
            Op::And => Fast::And(Box::new(fast(tree, left)?), Box::new(fast(tree, right)?)),
            Op::Or => Fast::Or(Box::new(fast(tree, left)?), Box::new(fast(tree, right)?)),
            Op::Eq => Fast::Equal(simple(tree, left)?, constant(tree, right)?),
            Op::Ne => Fast::Not(Box::new(Fast::Equal(
                simple(tree, left)?,
                constant(tree, right)?,
            ))),
            _ => return None,
        },
        _ => Fast::True(simple(tree, node)?),
    })
}
