//! Expressions: a node of the tree and a scope give a value.
//!
//! Lives here: the walk over the tree, conditionals, errors and budgets. Below it: objects and `for`
//! (`loops.rs`), templates (`templates.rs`), calls and the functions that need the evaluator (`calls.rs`).
//! Not here: operators, reading of names (`names.rs`), attributes and indexes (`traverse.rs`).

mod calls;
mod loops;
mod templates;

use super::convert::{convert, unify};
use super::evaluated::MoreFunctions;
use super::operators::{binary, literal_of, unary, undecided};
use super::scope::{Binding, Scope};
use super::types::Type;
use super::value::{Kind, Literal, Marks, Val, Why, World, lift, mix, unknown_from};
use super::{Evaluation, MAX_DEPTH, MAX_VALUE_DEPTH, MAX_VALUE_SIZE};
use crate::diagnostic::Message;
use crate::load::syntax::{Expr, NodeId, Op, Tree};
use crate::source::{FileId, Place};
use std::sync::Arc;

/// What an expression is evaluated in: its tree, its scope, and what the caller adds.
#[derive(Clone)]
pub(super) struct Cx<'t> {
    pub tree: &'t Tree,
    /// The file of the tree; `None` for conditions of the catalog and template files.
    pub file: Option<FileId>,
    pub scope: Scope,
    /// The element that a splat looks at.
    pub item: Option<Val>,
    /// Functions beside Terraform's.
    pub more: Option<MoreFunctions<'t>>,
}

impl<'t> Cx<'t> {
    pub(super) fn new(tree: &'t Tree, file: Option<FileId>, scope: Scope) -> Cx<'t> {
        Cx {
            tree,
            file,
            scope,
            item: None,
            more: None,
        }
    }

    fn bound(&self, binding: Binding) -> Cx<'t> {
        Cx {
            scope: self.scope.bind(binding),
            ..self.clone()
        }
    }
}

/// A text that is compared with true or false, as what terraform makes of it.
fn switch(v: &Val, other: &Val) -> Val {
    match (&v.kind, &other.kind) {
        (Kind::Str(_), Kind::Bool(_)) => convert(v, &Type::Bool).unwrap_or_else(|_| v.clone()),
        _ => v.clone(),
    }
}

impl Evaluation<'_> {
    /// The value of an expression.
    pub(super) fn expr(&self, cx: &Cx<'_>, node: NodeId) -> Val {
        let depth = self.depth.get();
        if depth >= MAX_DEPTH {
            return self.limit(cx, node, "limit.depth");
        }
        if self.steps.get() == 0 {
            return self.limit(cx, node, "limit.steps");
        }
        self.steps.set(self.steps.get() - 1);
        self.depth.set(depth + 1);
        let v = self.expr_inner(cx, node);
        self.depth.set(depth);
        // Values share their parts, so a few lines can make one that nobody could go through.
        let has = match &v.kind {
            Kind::List(s) | Kind::Set(s) | Kind::Tuple(s) => s.has,
            Kind::Map(f) | Kind::Object(f) => f.has,
            Kind::OneOf(_) => v.has(),
            _ => return v,
        };
        if u32::from(has.depth) > MAX_VALUE_DEPTH || has.size > MAX_VALUE_SIZE {
            return self.limit(cx, node, "limit.size");
        }
        v
    }

    fn expr_inner(&self, cx: &Cx<'_>, node: NodeId) -> Val {
        match cx.tree.expr(node) {
            Expr::Missing => self.unknown_error(cx, node),
            Expr::Null => Val::null(),
            Expr::Bool(b) => Val::bool(b),
            Expr::Number(text) => match super::number::Num::parse(text) {
                Some(n) => Val::num(n),
                None => self.error(cx, node, Message::new("evaluate.number").arg(text)),
            },
            Expr::Text(t) => Val::text(&t.decode()),
            Expr::Template(parts) => self.template(cx, node, parts),
            Expr::Wrap(inner) | Expr::Paren(inner) => self.expr(cx, inner),
            Expr::Variable(name) => self.name(cx, node, name),
            Expr::Attr { of, name } => self.attr_expr(cx, node, of, name),
            Expr::Index { of, key } => {
                let coll = self.expr(cx, of);
                let key = self.expr(cx, key);
                self.index(cx, node, &coll, &key)
            }
            Expr::LegacyIndex { of, index } => {
                let coll = self.expr(cx, of);
                let key = super::number::Num::parse(index).map_or_else(Val::null, Val::num);
                self.index(cx, node, &coll, &key)
            }
            Expr::Splat { of, each, full: _ } => {
                let of = self.expr(cx, of);
                self.splat(cx, node, &of, each)
            }
            Expr::Item => cx.item.clone().unwrap_or_else(Val::null),
            Expr::Call { name, args, expand } => self.call(cx, node, name, args, expand),
            Expr::Conditional { cond, then, other } => {
                self.conditional(cx, node, cond, then, other)
            }
            Expr::Unary { op, of } => {
                let v = self.expr(cx, of);
                let ty = if op == Op::Not {
                    Type::Bool
                } else {
                    Type::Number
                };
                let out = self.lifted(cx, node, &[v], |args| unary(op, &args[0]));
                with_type(out, ty)
            }
            Expr::Binary { op, left, right } => self.binary_expr(cx, node, op, left, right),
            Expr::Tuple(items) => Val::tuple(items.iter().map(|&i| self.expr(cx, i)).collect()),
            Expr::Object(items) => self.object(cx, node, items),
            Expr::For(f) => self.for_expr(cx, node, &f),
            Expr::TemplateIf { .. } | Expr::TemplateFor { .. } => self.directive(cx, node),
        }
    }

    fn binary_expr(&self, cx: &Cx<'_>, node: NodeId, op: Op, left: NodeId, right: NodeId) -> Val {
        let mut a = self.expr(cx, left);
        let logic = matches!(op, Op::And | Op::Or);
        let mut b = if logic && !self.strict {
            // Where the left side decides, what fails on the right does not count (Terraform 1.12).
            let (b, failed) = self.trial(|| self.expr(cx, right));
            if failed {
                let decides =
                    convert(&a, &Type::Bool).is_ok_and(|a| a.as_bool() == Some(op == Op::Or));
                if decides {
                    return Val::bool(op == Op::Or).marked(a.marks);
                }
                // Said now, unless the left side is not known: then it may never be asked.
                if a.is_known() {
                    return self.expr(cx, right);
                }
            }
            b
        } else {
            self.expr(cx, right)
        };
        if logic && self.strict && !(a.is_known() && b.is_known()) {
            return match undecided(op, &a, &b) {
                Ok(v) => v,
                Err(e) => self.error(cx, node, e),
            };
        }
        // What one side hangs on, the other may hang on too: told apart, they are never mixed.
        if logic {
            match (&a.kind, &b.kind) {
                (Kind::OneOf(_), Kind::Unknown(u)) if u.ty == Type::Bool => {
                    b = as_alternatives(&b, &snippet(cx.tree, right));
                }
                (Kind::Unknown(u), Kind::OneOf(_)) if u.ty == Type::Bool => {
                    a = as_alternatives(&a, &snippet(cx.tree, left));
                }
                _ => {}
            }
        }
        // Conditions of the catalog know no schema: a switch that is written as a text is the switch, as
        // the provider takes it.
        if cx.more.is_some() && matches!(op, Op::Eq | Op::Ne) {
            return self.lifted(cx, node, &[a, b], |args| {
                let (a, b) = (switch(&args[0], &args[1]), switch(&args[1], &args[0]));
                binary(op, &a, &b)
            });
        }
        let compare = matches!(op, Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge);
        let ty = if logic || compare {
            Type::Bool
        } else {
            Type::Number
        };
        let out = self.lifted(cx, node, &[a, b], |args| binary(op, &args[0], &args[1]));
        with_type(out, ty)
    }

    /// Runs an operation for each combination of alternatives; its error is a diagnostic where it is
    /// certain, else an unknown alternative.
    pub(super) fn lifted(
        &self,
        cx: &Cx<'_>,
        node: NodeId,
        args: &[Val],
        f: impl Fn(&[Val]) -> Result<Val, Message>,
    ) -> Val {
        if args.iter().any(|a| matches!(a.kind, Kind::OneOf(_))) {
            return lift(args, |args| {
                f(args).unwrap_or_else(|_| self.unknown_error(cx, node))
            });
        }
        match f(args) {
            Ok(v) => v,
            // What failed before has its own diagnostic.
            Err(_) if args.iter().any(is_error) => self.unknown_error(cx, node),
            Err(e) => self.error(cx, node, e),
        }
    }

    // Conditionals.

    fn conditional(
        &self,
        cx: &Cx<'_>,
        node: NodeId,
        cond: NodeId,
        then: NodeId,
        other: NodeId,
    ) -> Val {
        let condition = self.expr(cx, cond);
        let marks = condition.marks;
        // What it would be, also where the condition is none.
        let refuse = |message: Message| {
            let types = [then, other].map(|n| self.trial(|| self.expr(cx, n)).0.ty());
            let mut v = self.error(cx, cond, message);
            if let (Kind::Unknown(u), Some(ty)) = (&mut v.kind, unify(&types)) {
                Arc::make_mut(u).ty = ty;
            }
            v
        };
        let condition = match convert(&condition, &Type::Bool) {
            // Terraform does not ask for the type of what is not known.
            Err(_) if self.strict && !condition.is_known() => condition,
            Ok(c) => c,
            Err(e) => return refuse(Message::new("evaluate.condition").arg(e)),
        };
        if condition.is_null() {
            return refuse(Message::new("evaluate.condition").arg("null"));
        }
        let out = match &condition.kind {
            Kind::Bool(b) => {
                let (chosen, left) = if *b { (then, other) } else { (other, then) };
                let value = self.expr(cx, chosen);
                // The other branch counts by its type only; what is wrong with it does not.
                let (left, _) = self.trial(|| self.expr(cx, left));
                return self.unified(cx, node, &value, &left).marked(marks);
            }
            Kind::Unknown(u) => {
                let literal = literal_of(u, &snippet(cx.tree, cond));
                let (then, then_failed) = self.trial(|| self.expr(cx, then));
                let (other, other_failed) = self.trial(|| self.expr(cx, other));
                if then_failed && other_failed && !self.strict {
                    return self.error(cx, node, Message::new("evaluate.both-branches"));
                }
                self.branches(cx, node, literal, &then, &other)
            }
            Kind::OneOf(alts) => {
                let (then, _) = self.trial(|| self.expr(cx, then));
                let (other, _) = self.trial(|| self.expr(cx, other));
                let mut out = Vec::new();
                for a in alts.iter() {
                    let v = match &a.val.kind {
                        Kind::Bool(true) => self.unified(cx, node, &then, &other),
                        Kind::Bool(false) => self.unified(cx, node, &other, &then),
                        Kind::Unknown(u) => {
                            let literal = literal_of(u, &snippet(cx.tree, cond));
                            self.branches(cx, node, literal, &then, &other)
                        }
                        _ => self.unknown_error(cx, node),
                    };
                    out.push((a.when.clone(), v));
                }
                Val::one_of(out)
            }
            _ => self.unknown_error(cx, node),
        };
        out.marked(marks)
    }

    /// Either branch, each under its assumption.
    fn branches(&self, cx: &Cx<'_>, node: NodeId, yes: Literal, then: &Val, other: &Val) -> Val {
        let no = yes.negate();
        let (then, other) = (
            self.unified(cx, node, then, other),
            self.unified(cx, node, other, then),
        );
        if self.strict {
            return either(&then, &other);
        }
        Val::one_of(vec![(World::of(yes), then), (World::of(no), other)])
    }

    /// `value`, converted to the type that both branches have in common, with the marks of both.
    fn unified(&self, cx: &Cx<'_>, node: NodeId, value: &Val, other: &Val) -> Val {
        let out = self.converted(cx, node, value, other);
        out.marked(other.marks)
    }

    fn converted(&self, cx: &Cx<'_>, node: NodeId, value: &Val, other: &Val) -> Val {
        let (a, b) = (value.ty(), other.ty());
        if a == b || other.has().instance || value.has().instance {
            return value.clone();
        }
        // A bare null has no type of its own.
        if b == Type::Dynamic || a == Type::Dynamic {
            return match (&value.kind, other.is_null()) {
                (Kind::Null(_), _) => convert(value, &b).unwrap_or_else(|_| value.clone()),
                _ => value.clone(),
            };
        }
        match unify(&[a, b]).and_then(|ty| convert(value, &ty).ok()) {
            Some(v) => v,
            None => self.error(cx, node, Message::new("evaluate.branch-types")),
        }
    }

    // Errors.

    /// Says what is wrong, and gives an unknown.
    pub(super) fn error(&self, cx: &Cx<'_>, node: NodeId, message: Message) -> Val {
        self.report(self.place(cx, node), message);
        self.unknown_error(cx, node)
    }

    /// An error that `try` does not catch: of a reference, not of a value.
    pub(super) fn static_error(&self, cx: &Cx<'_>, node: NodeId, message: Message) {
        self.report_always(self.place(cx, node), message);
    }

    /// Unknown because of an error that has its own diagnostic.
    pub(super) fn unknown_error(&self, cx: &Cx<'_>, node: NodeId) -> Val {
        Val::unknown(
            Type::Dynamic,
            self.node_identity(cx, node, 0xe44),
            Why::Error,
            // Named by its text, unless that holds literal text: it may be a secret.
            Some(snippet(cx.tree, node))
                .filter(|text| !text.contains('"'))
                .unwrap_or_default(),
        )
    }

    pub(super) fn place(&self, cx: &Cx<'_>, node: NodeId) -> Option<Place> {
        cx.file.map(|file| Place {
            file,
            span: cx.tree.span(node),
        })
    }

    /// An identity for what a node gives in a module instance.
    pub(super) fn node_identity(&self, cx: &Cx<'_>, node: NodeId, seed: u64) -> u64 {
        let file = cx.file.map_or(u64::MAX, |f| u64::from(f.0));
        let at = mix(mix(seed, file), u64::from(node.index()));
        let own = mix(at, u64::from(cx.scope.module));
        let each = cx.scope.each().map_or(0, |(k, _)| k.identity());
        let count = cx.scope.count().map_or(0, Val::identity);
        mix(mix(own, each), count)
    }

    /// Says that a value is not known because of a budget of sekisho's, where that came about in this step
    /// and not in what it is made of.
    fn say_of_limit<'v>(
        &self,
        cx: &Cx<'_>,
        node: NodeId,
        v: &Val,
        mut from: impl Iterator<Item = &'v Val>,
    ) {
        let limited = |v: &Val| match &v.kind {
            Kind::Unknown(u) => u.why == Why::Limit,
            Kind::OneOf(alts) => alts
                .iter()
                .any(|a| a.val.as_unknown().is_some_and(|u| u.why == Why::Limit)),
            _ => false,
        };
        if cx.file.is_some() && limited(v) && !from.any(limited) {
            self.report_limit(self.place(cx, node), Message::new("limit.size"));
        }
    }

    fn limit(&self, cx: &Cx<'_>, node: NodeId, key: &str) -> Val {
        self.report_limit(self.place(cx, node), Message::new(key));
        Val::unknown(
            Type::Dynamic,
            self.node_identity(cx, node, 0x11),
            Why::Limit,
            "",
        )
    }
}

/// One of two values, as far as terraform remembers it: whether it is null, a number that both are, how
/// long a list is.
fn either(then: &Val, other: &Val) -> Val {
    let marks = then.marks.with(other.marks);
    if then.is_null() && other.is_null() {
        return Val::null_of(then.ty()).marked(marks);
    }
    let not_null = then.is_not_null() && other.is_not_null();
    let ty = unify(&[then.ty(), other.ty()]).unwrap_or_default();
    match (&then.kind, &other.kind) {
        (Kind::Num(a), Kind::Num(b)) if a == b => return Val::num(a.clone()).marked(marks),
        (Kind::List(a), Kind::List(b)) if a.items.len() == b.items.len() => {
            let each = |i: usize| {
                let mut v = unknown_from(a.elem.clone(), "?:[]", &[then, other, &Val::num(i)]);
                if let Kind::Unknown(u) = &mut v.kind {
                    Arc::make_mut(u).not_null = false;
                }
                v.marks = Marks::NONE;
                v
            };
            let items = (0..a.items.len()).map(each).collect();
            return Val::list(a.elem.clone(), items).marked(marks);
        }
        (Kind::Map(a), Kind::Map(b)) if a.items.is_empty() && b.items.is_empty() => {
            return then.clone().marked(marks);
        }
        (Kind::Set(a), Kind::Set(b)) if a.items.is_empty() && b.items.is_empty() => {
            return then.clone().marked(marks);
        }
        _ => {}
    }
    let mut v = unknown_from(ty, "?:", &[then, other]);
    if let Kind::Unknown(u) = &mut v.kind {
        let u = Arc::make_mut(u);
        u.not_null = not_null;
        // What is wrong with one of them is not asked for yet.
        if matches!(u.why, Why::Error | Why::NotDeclared) {
            u.why = Why::Computed;
        }
    }
    v.marks = marks;
    v
}

/// An error with the type that there would have been.
fn with_type(mut v: Val, ty: Type) -> Val {
    let error = is_error(&v);
    if let (Kind::Unknown(u), true) = (&mut v.kind, error) {
        Arc::make_mut(u).ty = ty;
    }
    v
}

/// Whether it is unknown because of an error.
pub(super) fn is_error(v: &Val) -> bool {
    matches!(&v.kind, Kind::Unknown(u) if matches!(u.why, Why::Error | Why::NotDeclared))
}

/// Whether something not known may turn out to have elements.
fn may_be_iterated(coll: &Val) -> bool {
    match &coll.kind {
        Kind::Unknown(u) => !u.ty.is_primitive(),
        Kind::Map(_) | Kind::Object(_) | Kind::Instance(_) => true,
        _ => false,
    }
}

/// Key and value of each element; `None` for what has no elements.
pub(super) fn iterate(coll: &Val) -> Option<Vec<(Val, Val)>> {
    Some(match &coll.kind {
        Kind::List(s) | Kind::Tuple(s) => s
            .items
            .iter()
            .enumerate()
            .map(|(i, v)| (Val::num(i), v.clone()))
            .collect(),
        Kind::Set(s) => s.items.iter().map(|v| (v.clone(), v.clone())).collect(),
        Kind::Map(f) | Kind::Object(f) if f.open.is_none() => f
            .items
            .iter()
            .map(|(k, v)| (Val::str(k.clone()), v.clone()))
            .collect(),
        _ => return None,
    })
    .map(|pairs: Vec<(Val, Val)>| {
        if coll.marks.is_empty() {
            return pairs;
        }
        pairs
            .into_iter()
            .map(|(k, v)| (k.marked(coll.marks), v.marked(coll.marks)))
            .collect()
    })
}

/// An unknown bool as true or false, each under its assumption; anything else as it is.
pub(super) fn as_alternatives(c: &Val, text: &str) -> Val {
    let Kind::Unknown(u) = &c.kind else {
        return c.clone();
    };
    let yes: Literal = literal_of(u, text);
    let no = yes.negate();
    Val::one_of(vec![
        (World::of(yes), Val::bool(true)),
        (World::of(no), Val::bool(false)),
    ])
    .marked(c.marks)
}

/// The source of an expression, short and on one line, to name a condition by.
pub(super) fn snippet(tree: &Tree, node: NodeId) -> String {
    let text = tree.text(tree.span(node));
    let mut out: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if out.chars().count() > 80 {
        out = out.chars().take(79).chain(['…']).collect();
    }
    out
}
