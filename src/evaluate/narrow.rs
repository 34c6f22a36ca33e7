//! What a variable can only be: its `validation` blocks list the values that terraform lets through, so
//! a variable that nothing sets, or whose value is not known yet, is one of those.
//!
//! Lives here: reading such a list off a condition. Only what a condition's text decides by itself is
//! read (lists of constants, comparisons, `&&`, `||`, conditionals); a condition of another form narrows
//! nothing. Not here: whether a validation holds for a value that is known (`force.rs`).

use super::Evaluation;
use super::constraint::Constraint;
use super::convert::convert;
use super::expr::Cx;
use super::operators::test;
use super::scope::Scope;
use super::value::{Kind, MAX_ALTERNATIVES, Val, World};
use crate::load::project::Variable;
use crate::load::syntax::{Expr, NodeId, Op, Tree};
use crate::source::FileId;

/// Conditions and locals nested deeper say nothing.
const MAX_NESTING: u32 = 16;

/// The values that a condition lets through; `None`: it does not say.
type Allowed = Option<Vec<Val>>;

impl Evaluation<'_> {
    /// A variable's value with what its validations leave of it: an unknown becomes one of the values that
    /// they list. Anything else stays as it is.
    pub(super) fn narrowed(
        &self,
        m: u32,
        variable: &Variable,
        ty: Option<&Constraint>,
        value: Val,
    ) -> Val {
        let Kind::Unknown(unknown) = &value.kind else {
            return value;
        };
        if super::expr::is_error(&value) {
            return value;
        }
        let sources = &self.project.sources;
        let mut left: Allowed = None;
        for (file, block) in variable.body.blocks(sources, "validation") {
            let tree = sources.tree(file);
            let Some(condition) = block.attribute("condition") else {
                continue;
            };
            let look = Look {
                evaluation: self,
                tree,
                file,
                m,
                variable: &variable.name,
            };
            left = both(left, look.allowed(condition.value, 0));
        }
        let Some(left) = left else { return value };
        let mut values: Vec<Val> = Vec::with_capacity(left.len());
        for v in left {
            // What is not of the variable's type, it cannot be.
            let v = match ty {
                Some(ty) => match convert(&v, &ty.ty()) {
                    Ok(v) => v,
                    Err(_) => continue,
                },
                None => v,
            };
            let never = v.is_null() && unknown.not_null;
            if !never && !values.iter().any(|have| have.same(&v)) {
                values.push(v);
            }
        }
        if values.is_empty() || values.len() > MAX_ALTERNATIVES {
            return value;
        }
        let alternatives = values
            .into_iter()
            .map(|v| {
                let v = Val {
                    via: value.via.clone(),
                    ..v
                };
                (World::of(test(unknown, &v)), v)
            })
            .collect();
        Val::one_of(alternatives).marked(value.marks)
    }
}

/// What both let through.
fn both(a: Allowed, b: Allowed) -> Allowed {
    match (a, b) {
        (Some(a), Some(b)) => Some(
            a.into_iter()
                .filter(|v| b.iter().any(|w| like(v, w)))
                .collect(),
        ),
        (a, b) => a.or(b),
    }
}

/// What one of them lets through.
fn either(a: Allowed, b: Allowed) -> Allowed {
    let (mut a, b) = (a?, b?);
    a.extend(b);
    Some(a)
}

/// The same value, whatever its type is yet: `1` and `"1"` may be one when converted.
fn like(a: &Val, b: &Val) -> bool {
    a.same(b) || convert(a, &b.ty()).is_ok_and(|a| a.same(b))
}

/// A condition and where it stands.
struct Look<'e, 'p> {
    evaluation: &'e Evaluation<'p>,
    tree: &'e Tree,
    file: FileId,
    m: u32,
    variable: &'e str,
}

impl Look<'_, '_> {
    /// The values for which the expression can be true.
    fn allowed(&self, node: NodeId, depth: u32) -> Allowed {
        if depth > MAX_NESTING {
            return None;
        }
        let inner = |node| self.allowed(node, depth + 1);
        match self.tree.expr(node) {
            Expr::Wrap(of) | Expr::Paren(of) => inner(of),
            // Never true.
            Expr::Bool(false) => Some(Vec::new()),
            Expr::Binary {
                op: Op::And,
                left,
                right,
            } => both(inner(left), inner(right)),
            Expr::Binary {
                op: Op::Or,
                left,
                right,
            } => either(inner(left), inner(right)),
            Expr::Binary {
                op: Op::Eq,
                left,
                right,
            } => {
                let other = match (self.is_it(left), self.is_it(right)) {
                    (true, false) => right,
                    (false, true) => left,
                    _ => return None,
                };
                self.constant(other, depth).map(|v| vec![v])
            }
            Expr::Conditional { cond, then, other } => {
                either(both(inner(cond), inner(then)), inner(other))
            }
            Expr::Call {
                name,
                args,
                expand: false,
            } => match (name.strip_prefix("core::").unwrap_or(name), args) {
                ("contains", [list, it]) if self.is_it(*it) => {
                    let list = self.constant(*list, depth)?;
                    Some(list.as_seq()?.to_vec())
                }
                ("anytrue", [list]) => {
                    let Expr::Tuple(items) = self.tree.expr(*list) else {
                        return None;
                    };
                    items
                        .iter()
                        .map(|i| inner(*i))
                        .reduce(either)
                        .unwrap_or(None)
                }
                ("alltrue", [list]) => {
                    let Expr::Tuple(items) = self.tree.expr(*list) else {
                        return None;
                    };
                    items.iter().map(|i| inner(*i)).fold(None, both)
                }
                ("can", [of]) => self.matching(*of, depth),
                _ => None,
            },
            _ => None,
        }
    }

    /// The texts that `regex(PATTERN, var.x)` finds something in, where they can be listed.
    fn matching(&self, node: NodeId, depth: u32) -> Allowed {
        let Expr::Call {
            name: "regex" | "core::regex",
            args: [pattern, it],
            expand: false,
        } = self.tree.expr(node)
        else {
            return None;
        };
        if !self.is_it(*it) {
            return None;
        }
        let pattern = self.constant(*pattern, depth)?;
        let texts = super::functions::texts_of_pattern(pattern.as_str()?)?;
        Some(texts.iter().map(|t| Val::text(t)).collect())
    }

    /// Whether an expression is the variable itself.
    fn is_it(&self, node: NodeId) -> bool {
        match self.tree.expr(node) {
            Expr::Wrap(of) | Expr::Paren(of) => self.is_it(of),
            Expr::Attr { of, name } => {
                name == self.variable && matches!(self.tree.expr(of), Expr::Variable("var"))
            }
            _ => false,
        }
    }

    /// The value of an expression that hangs on nothing but constants: asking for anything else might
    /// come back here.
    fn constant(&self, node: NodeId, depth: u32) -> Option<Val> {
        if !self.is_constant(self.tree, node, depth) {
            return None;
        }
        let cx = Cx::new(self.tree, Some(self.file), Scope::module(self.m));
        let (v, failed) = self.evaluation.trial(|| self.evaluation.expr(&cx, node));
        (!failed && v.is_wholly_known()).then_some(v)
    }

    fn is_constant(&self, tree: &Tree, node: NodeId, depth: u32) -> bool {
        if depth > MAX_NESTING {
            return false;
        }
        let constant = |node: NodeId| self.is_constant(tree, node, depth + 1);
        match tree.expr(node) {
            Expr::Null | Expr::Bool(_) | Expr::Number(_) | Expr::Text(_) => true,
            Expr::Wrap(of) | Expr::Paren(of) => constant(of),
            Expr::Tuple(items) | Expr::Object(items) => items.iter().all(|i| constant(*i)),
            Expr::Call { args, .. } => args.iter().all(|a| constant(*a)),
            Expr::Index { of, key } => constant(of) && constant(key),
            Expr::Attr { of, name } => match tree.expr(of) {
                Expr::Variable("local") => {
                    let inst = self.evaluation.module_instance(self.m);
                    let module = self.evaluation.project.module(inst.module);
                    module.local_index.get(name).is_some_and(|&i| {
                        let local = &module.locals[i as usize];
                        let tree = self.evaluation.project.sources.tree(local.file);
                        self.is_constant(tree, local.value, depth + 1)
                    })
                }
                _ => constant(of),
            },
            _ => false,
        }
    }
}
