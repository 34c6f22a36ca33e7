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
    walk(&tree, tree.root(), &Scope::default(), &mut looks);
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

/// What names stand for inside `for` and splats: blocks of `self` or `item`.
#[derive(Clone, Default)]
struct Scope<'t> {
    names: Vec<(&'t str, Option<KeyPath>)>,
    /// The element of the enclosing splat.
    element: Option<KeyPath>,
}

/// The path that an expression reads below `self` or `item`, through loops and splats: empty for these
/// themselves.
fn path<'t>(tree: &'t Tree, node: NodeId, scope: &Scope<'t>) -> Option<KeyPath> {
    match tree.expr(node) {
        Expr::Paren(x) => path(tree, x, scope),
        Expr::Attr { of, name } => {
            let of = path(tree, of, scope)?;
            let path = if of.path.is_empty() {
                name.into()
            } else {
                format!("{}.{name}", of.path).into()
            };
            Some(KeyPath { path, ..of })
        }
        Expr::Splat { of, each, .. } => {
            let inner = Scope {
                element: Some(path(tree, of, scope)?),
                ..scope.clone()
            };
            path(tree, each, &inner)
        }
        Expr::Item => scope.element.clone(),
        Expr::Call {
            name: "flatten",
            args: &[of],
            ..
        } => path(tree, of, scope),
        Expr::Variable(name) => {
            let bound = scope.names.iter().rev().find(|(n, _)| *n == name);
            match (bound, name) {
                (Some((_, path)), _) => path.clone(),
                (None, "self" | "item") => Some(KeyPath {
                    item: name == "item",
                    path: "".into(),
                }),
                (None, _) => None,
            }
        }
        _ => None,
    }
}

fn walk<'t>(tree: &'t Tree, node: NodeId, scope: &Scope<'t>, out: &mut Vec<KeyPath>) {
    if let Some(path) = path(tree, node, scope) {
        if !path.path.is_empty() && !out.contains(&path) {
            out.push(path);
        }
        return;
    }
    match tree.expr(node) {
        Expr::Attr { of, .. } | Expr::LegacyIndex { of, .. } | Expr::Unary { of, .. } => {
            walk(tree, of, scope, out);
        }
        Expr::Paren(x) | Expr::Wrap(x) => walk(tree, x, scope, out),
        Expr::Splat { of, .. } => walk(tree, of, scope, out),
        Expr::Index { of, key } => {
            walk(tree, of, scope, out);
            walk(tree, key, scope, out);
        }
        Expr::Binary { left, right, .. } => {
            walk(tree, left, scope, out);
            walk(tree, right, scope, out);
        }
        Expr::Conditional { cond, then, other } => {
            for n in [cond, then, other] {
                walk(tree, n, scope, out);
            }
        }
        Expr::Call { args, .. } => {
            for &n in args {
                walk(tree, n, scope, out);
            }
        }
        Expr::Tuple(items) | Expr::Object(items) | Expr::Template(items) => {
            for &n in items {
                walk(tree, n, scope, out);
            }
        }
        Expr::For(f) => {
            let of = path(tree, f.collection, scope);
            let followed = of.is_some();
            let mut inner = scope.clone();
            inner.names.extend(f.key_name.map(|k| (k, None)));
            inner.names.push((f.value_name, of));
            let before = out.len();
            walk(tree, f.value, &inner, out);
            if let Some(c) = f.condition {
                walk(tree, c, &inner, out);
            }
            // What is gone through says less than what is read of it.
            if !followed || out.len() == before {
                walk(tree, f.collection, scope, out);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_and_splats_are_followed_to_what_they_read() {
        let looks = |text: &str| -> Vec<String> {
            let c = condition(text).expect("it parses");
            c.looks.iter().map(|p| p.path.to_string()).collect()
        };
        assert_eq!(
            looks("anytrue([for v in self.net[*] : v.public != false && self.on])"),
            ["net.public", "on"]
        );
        assert_eq!(looks("flatten(self.a[*].b[*].c)"), ["a.b.c"]);
        assert_eq!(
            looks("[for a in self.a[*] : [for b in a.b[*] : b.c if b.d == item.e]]"),
            ["a.b.c", "a.b.d", "e"]
        );
        assert_eq!(looks("[for k in keys(self.map) : k]"), ["map"]);
        assert_eq!(looks("[for v in self.list : v == 1]"), ["list"]);
        assert_eq!(
            looks("[for v in concat(self.a[*], self.b[*]) : v.c]"),
            ["a", "b"]
        );
    }
}
