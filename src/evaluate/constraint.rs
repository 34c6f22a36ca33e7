//! Type constraints of variables: `list(object({ a = optional(string, "x") }))`.
//!
//! Lives here: reading the constraint's expression, and applying it to a given value, defaults of
//! optional attributes first, as Terraform does.

use super::convert::{convert, convertible};
use super::types::Type;
use super::value::{Kind, Unknown, Val};
use crate::load::syntax::{Expr, NodeId, Tree};
use std::sync::Arc;

/// A type constraint.
#[derive(Clone, Debug)]
pub(super) enum Constraint {
    /// A type without optional attributes inside.
    Plain(Type),
    List(Box<Constraint>),
    Set(Box<Constraint>),
    Map(Box<Constraint>),
    Tuple(Vec<Constraint>),
    Object(Vec<Attribute>),
}

#[derive(Clone, Debug)]
pub(super) struct Attribute {
    name: Arc<str>,
    constraint: Constraint,
    optional: bool,
    default: Option<NodeId>,
}

/// Reads a constraint; `None` where it is none.
pub(super) fn read(tree: &Tree, node: NodeId, depth: u32) -> Option<Constraint> {
    if depth > 100 {
        return None;
    }
    match tree.expr(node) {
        Expr::Variable(name) => Some(Constraint::Plain(match name {
            "string" => Type::String,
            "number" => Type::Number,
            "bool" => Type::Bool,
            "any" => Type::Dynamic,
            "list" => Type::list(Type::Dynamic),
            "map" => Type::map(Type::Dynamic),
            "set" => Type::set(Type::Dynamic),
            _ => return None,
        })),
        // Old configurations quote the type: "string", "list", "map".
        Expr::Text(t) => Some(Constraint::Plain(match &*t.decode() {
            "string" => Type::String,
            "list" => Type::list(Type::Dynamic),
            "map" => Type::map(Type::Dynamic),
            _ => return None,
        })),
        Expr::Paren(inner) => read(tree, inner, depth + 1),
        Expr::Call { name, args, .. } => {
            let [arg] = args else { return None };
            match name {
                "list" => Some(Constraint::List(Box::new(read(tree, *arg, depth + 1)?))),
                "set" => Some(Constraint::Set(Box::new(read(tree, *arg, depth + 1)?))),
                "map" => Some(Constraint::Map(Box::new(read(tree, *arg, depth + 1)?))),
                "tuple" => {
                    let Expr::Tuple(items) = tree.expr(*arg) else {
                        return None;
                    };
                    let items: Option<Vec<_>> =
                        items.iter().map(|&i| read(tree, i, depth + 1)).collect();
                    Some(Constraint::Tuple(items?))
                }
                "object" => {
                    let Expr::Object(items) = tree.expr(*arg) else {
                        return None;
                    };
                    let mut out = Vec::new();
                    for pair in items.chunks_exact(2) {
                        let name: Arc<str> = tree.text_of(pair[0]).into();
                        let mut constraint = pair[1];
                        let mut optional = false;
                        let mut default = None;
                        if let Expr::Call {
                            name: "optional",
                            args,
                            ..
                        } = tree.expr(pair[1])
                        {
                            optional = true;
                            constraint = *args.first()?;
                            default = args.get(1).copied();
                        }
                        let constraint = read(tree, constraint, depth + 1)?;
                        out.push(Attribute {
                            name,
                            constraint,
                            optional,
                            default,
                        });
                    }
                    Some(Constraint::Object(out))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

impl Constraint {
    /// The type that values have after it.
    pub(super) fn ty(&self) -> Type {
        match self {
            Constraint::Plain(t) => t.clone(),
            Constraint::List(c) => Type::list(c.ty()),
            Constraint::Set(c) => Type::set(c.ty()),
            Constraint::Map(c) => Type::map(c.ty()),
            Constraint::Tuple(cs) => Type::tuple(cs.iter().map(Constraint::ty).collect()),
            Constraint::Object(attributes) => Type::object(
                attributes
                    .iter()
                    .map(|a| (a.name.clone(), a.constraint.ty()))
                    .collect(),
            ),
        }
    }

    /// Applies it: fills in defaults of optional attributes, then converts. `default` evaluates the
    /// expression of a default.
    pub(super) fn apply(&self, v: &Val, default: &dyn Fn(NodeId) -> Val) -> Result<Val, String> {
        let filled = self.fill(v, default);
        convert(&filled, &self.ty())
    }

    /// A type with the optional attributes that it lacks: a null or unknown value of it has no
    /// attributes that could be filled in, and fits all the same.
    fn completed(&self, from: &Type) -> Type {
        match (self, from) {
            (
                Constraint::List(c) | Constraint::Set(c) | Constraint::Map(c),
                Type::List(_) | Type::Set(_) | Type::Map(_) | Type::Tuple(_) | Type::Object(_),
            ) => each(from, |_, t| c.completed(t)),
            (Constraint::Tuple(cs), Type::Tuple(_)) => each(from, |i, t| match cs.get(i) {
                Some(c) => c.completed(t),
                None => t.clone(),
            }),
            (Constraint::Object(attributes), Type::Object(own)) => {
                let mut out: Vec<(Arc<str>, Type)> = Vec::with_capacity(attributes.len());
                for (name, t) in &own.attributes {
                    let c = attributes.iter().find(|a| a.name == *name);
                    let t = c.map_or_else(|| t.clone(), |a| a.constraint.completed(t));
                    out.push((name.clone(), t));
                }
                for a in attributes.iter().filter(|a| a.optional) {
                    if !own.attributes.iter().any(|(n, _)| *n == a.name) {
                        out.push((a.name.clone(), a.constraint.ty()));
                    }
                }
                Type::object(out)
            }
            _ => from.clone(),
        }
    }

    fn fill(&self, v: &Val, default: &dyn Fn(NodeId) -> Val) -> Val {
        let marks = v.marks;
        let out = match (self, &v.kind) {
            (_, Kind::OneOf(alts)) => Val::one_of(
                alts.iter()
                    .map(|a| (a.when.clone(), self.fill(&a.val, default)))
                    .collect(),
            ),
            (_, Kind::Null(from)) if convertible(&self.completed(from), &self.ty()) => {
                Val::null_of(self.ty())
            }
            (_, Kind::Unknown(u)) => {
                if convertible(&self.completed(&u.ty), &self.ty()) {
                    Kind::Unknown(Arc::new(Unknown {
                        ty: self.ty(),
                        ..(**u).clone()
                    }))
                    .into()
                } else {
                    v.clone()
                }
            }
            (Constraint::Plain(_), _) => v.clone(),
            (Constraint::List(c) | Constraint::Set(c), _) => match v.as_seq() {
                Some(items) => Val::tuple(items.iter().map(|i| c.fill(i, default)).collect()),
                None => v.clone(),
            },
            (Constraint::Tuple(cs), _) => match v.as_seq() {
                Some(items) if items.len() == cs.len() => Val::tuple(
                    items
                        .iter()
                        .zip(cs)
                        .map(|(i, c)| c.fill(i, default))
                        .collect(),
                ),
                _ => v.clone(),
            },
            (Constraint::Map(c), _) => match v.as_fields() {
                Some(f) => Val::object(
                    f.items
                        .iter()
                        .map(|(k, v)| (k.clone(), c.fill(v, default)))
                        .collect(),
                ),
                None => v.clone(),
            },
            (Constraint::Object(attributes), _) => {
                let Some(fields) = v.as_fields() else {
                    return v.clone();
                };
                let mut out = Vec::with_capacity(attributes.len());
                for a in attributes {
                    let given = fields.get(&a.name).cloned();
                    let value = match given {
                        Some(given) if !(given.is_null() && a.optional) => {
                            a.constraint.fill(&given, default)
                        }
                        None if !a.optional => continue,
                        _ => match a.default {
                            Some(node) => a.constraint.fill(&default(node), default),
                            None => Val::null_of(a.constraint.ty()),
                        },
                    };
                    out.push((a.name.clone(), value));
                }
                Val::object(out)
            }
        };
        Val {
            via: v
                .via
                .clone()
                .filter(|_| matches!(self, Constraint::Plain(_))),
            ..out.marked(marks)
        }
    }
}

/// A type with the types inside it changed.
fn each(ty: &Type, f: impl Fn(usize, &Type) -> Type) -> Type {
    match ty {
        Type::List(t) => Type::list(f(0, t)),
        Type::Set(t) => Type::set(f(0, t)),
        Type::Map(t) => Type::map(f(0, t)),
        Type::Tuple(ts) => Type::tuple(ts.iter().enumerate().map(|(i, t)| f(i, t)).collect()),
        Type::Object(o) => Type::object(
            o.attributes
                .iter()
                .enumerate()
                .map(|(i, (n, t))| (n.clone(), f(i, t)))
                .collect(),
        ),
        other => other.clone(),
    }
}
