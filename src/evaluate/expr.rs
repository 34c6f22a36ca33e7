//! Expressions: a node of the tree and a scope give a value.
//!
//! Lives here: the walk over the tree, conditionals, `for`, templates, calls and the functions that
//! need the evaluator (`try`, `can`, `templatefile`, `templatestring`). Not here: operators, reading
//! of names (`names.rs`), attributes and indexes (`traverse.rs`).

use super::convert::{convert, unify};
use super::evaluated::MoreFunctions;
use super::functions::{self, Failure};
use super::operators::{binary, literal_of, unary, undecided};
use super::scope::{Binding, NO_MODULE, Scope};
use super::text::{Piece, concat};
use super::types::Type;
use super::value::{Kind, Literal, Marks, Val, Why, World, lift, mix, mix_bytes, unknown_from};
use super::{Evaluation, MAX_DEPTH, MAX_VALUE_DEPTH, MAX_VALUE_SIZE};
use crate::diagnostic::Message;
use crate::load::syntax::{Expr, For, NodeId, Op, Tree};
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

    // Objects, for.

    fn object(&self, cx: &Cx<'_>, node: NodeId, items: &[NodeId]) -> Val {
        let mut keys = Vec::with_capacity(items.len() / 2);
        let mut values = Vec::with_capacity(items.len() / 2);
        for pair in items.chunks_exact(2) {
            keys.push(self.expr(cx, pair[0]));
            values.push(self.expr(cx, pair[1]));
        }
        self.lifted(cx, node, &keys, |keys| {
            let mut out = Vec::with_capacity(keys.len());
            let mut marks = Marks::NONE;
            for (key, value) in keys.iter().zip(&values) {
                let refused = |why: String| Message::new("evaluate.key").arg(why);
                let key = convert(key, &Type::String).map_err(refused)?;
                marks = marks.with(key.marks);
                match &key.kind {
                    Kind::Str(s) => out.push((s.clone(), value.clone())),
                    Kind::Null(_) => return Err(refused("null".into())),
                    _ => {
                        let all: Vec<&Val> = keys.iter().chain(&values).collect();
                        return Ok(unknown_from(Type::Dynamic, "{}", &all));
                    }
                }
            }
            Ok(Val::object(out).marked(marks))
        })
    }

    fn for_expr(&self, cx: &Cx<'_>, node: NodeId, f: &For<'_>) -> Val {
        let coll = self.expr(cx, f.collection);
        let coll = self.materialised(&coll);
        lift(&[coll], |args| self.for_one(cx, node, f, &args[0]))
    }

    fn for_one(&self, cx: &Cx<'_>, node: NodeId, f: &For<'_>, coll: &Val) -> Val {
        if coll.is_null() {
            return self.error(cx, node, Message::new("evaluate.for-null"));
        }
        let Some(pairs) = iterate(coll) else {
            if may_be_iterated(coll) {
                let typed = matches!(&coll.kind, Kind::Unknown(u) if u.ty != Type::Dynamic);
                if let (true, Some(condition)) = (typed, f.condition)
                    && !self.possible(cx, f, condition)
                {
                    return self.unknown_error(cx, node);
                }
                let mut out = unknown_from(Type::Dynamic, "for", &[coll]);
                if let Kind::Unknown(u) = &mut out.kind {
                    Arc::make_mut(u).id = self.node_identity(cx, node, coll.identity());
                }
                return out;
            }
            return self.error(
                cx,
                node,
                Message::new("evaluate.for-type").arg(coll.ty().friendly()),
            );
        };
        let key_name: Option<Arc<str>> = f.key_name.map(Into::into);
        let value_name: Arc<str> = f.value_name.into();
        if let Some(condition) = f.condition
            && !self.possible(cx, f, condition)
        {
            return self.unknown_error(cx, node);
        }
        let mut marks = coll.marks;
        // What decides the shape of the result: conditions, and keys of an object.
        let mut deciding = Vec::new();
        let mut values = Vec::new();
        for (k, v) in pairs {
            let mut cx = cx.clone();
            if let Some(name) = &key_name {
                cx.scope = cx.scope.bind(Binding::Name(name.clone(), k));
            }
            cx.scope = cx.scope.bind(Binding::Name(value_name.clone(), v));
            let mut certain = true;
            if let Some(condition) = f.condition {
                let c = self.expr(&cx, condition);
                marks = marks.with(c.marks);
                match convert(&c, &Type::Bool) {
                    Ok(c) if c.as_bool() == Some(false) => continue,
                    Ok(c) if c.is_null() => {
                        return self.error(
                            &cx,
                            condition,
                            Message::new("evaluate.condition").arg("null"),
                        );
                    }
                    Ok(c) => {
                        // Terraform does not look at the element then.
                        certain = c.is_known();
                        deciding.push(self.decided(cx.tree, &c, condition));
                    }
                    Err(e) => {
                        return self.error(
                            &cx,
                            condition,
                            Message::new("evaluate.condition").arg(e),
                        );
                    }
                }
            }
            if let Some(key) = f.key {
                let key_val = if certain {
                    self.expr(&cx, key)
                } else {
                    self.trial(|| self.expr(&cx, key)).0
                };
                if certain || !self.strict {
                    marks = marks.with(key_val.marks);
                }
                certain &= key_val.is_known();
                if !certain && is_error(&key_val) {
                    deciding.push(key_val);
                    values.push(self.unknown_error(&cx, f.value));
                    continue;
                }
                match convert(&key_val, &Type::String) {
                    Ok(k) if k.is_null() => {
                        return self.error(&cx, key, Message::new("evaluate.for-key").arg("null"));
                    }
                    Ok(k) => deciding.push(k),
                    Err(_) if self.strict && !key_val.is_known() => deciding.push(key_val),
                    Err(e) => return self.error(&cx, key, Message::new("evaluate.for-key").arg(e)),
                }
            }
            values.push(if certain {
                self.expr(&cx, f.value)
            } else {
                self.trial(|| self.expr(&cx, f.value)).0
            });
        }
        let with_condition = f.condition.is_some();
        let object = f.key.is_some();
        self.lifted(cx, node, &deciding, |deciding| {
            let step = usize::from(with_condition) + usize::from(object);
            let mut tuple = Vec::new();
            let mut fields: Vec<(Arc<str>, Vec<Val>)> = Vec::new();
            for (i, value) in values.iter().enumerate() {
                let own = &deciding[i * step..(i + 1) * step];
                if with_condition {
                    match own[0].kind {
                        Kind::Bool(true) => {}
                        Kind::Bool(false) => continue,
                        _ => {
                            return Ok(self.unknown_for(
                                cx,
                                node,
                                coll,
                                (deciding, marks),
                                &values,
                            ));
                        }
                    }
                }
                if !object {
                    tuple.push(value.clone());
                    continue;
                }
                let Kind::Str(key) = &own[step - 1].kind else {
                    return Ok(self.unknown_for(cx, node, coll, (deciding, marks), &values));
                };
                fields.push((key.clone(), vec![value.clone()]));
            }
            if !object {
                return Ok(Val::tuple(tuple).marked(marks));
            }
            if f.group {
                fields.sort_by(|a, b| a.0.cmp(&b.0));
                let mut grouped: Vec<(Arc<str>, Vec<Val>)> = Vec::new();
                for (k, mut v) in fields {
                    match grouped.last_mut() {
                        Some(last) if last.0 == k => last.1.append(&mut v),
                        _ => grouped.push((k, v)),
                    }
                }
                return Ok(Val::object(
                    grouped
                        .into_iter()
                        .map(|(k, v)| (k, Val::tuple(v)))
                        .collect(),
                )
                .marked(marks));
            }
            let mut seen = rustc_hash::FxHashSet::default();
            let mut out = Vec::with_capacity(fields.len());
            for (k, mut v) in fields {
                if !seen.insert(k.clone()) {
                    let shown = if marks.is_empty() { &*k } else { "…" };
                    return Err(Message::new("evaluate.for-twice").arg(shown));
                }
                out.push((k, v.remove(0)));
            }
            Ok(Val::object(out).marked(marks))
        })
    }

    /// Whether the condition of a `for` can be a condition at all, whatever the elements are. Says what
    /// is wrong with it, also where there are none.
    fn possible(&self, cx: &Cx<'_>, f: &For<'_>, condition: NodeId) -> bool {
        let any = |id: u64| Val::unknown(Type::Dynamic, id, Why::Computed, "");
        let mut inner = cx.clone();
        if let Some(name) = f.key_name {
            inner = inner.bound(Binding::Name(name.into(), any(0x0f0)));
        }
        inner = inner.bound(Binding::Name(f.value_name.into(), any(0x0f2)));
        let (c, failed) = self.trial(|| self.expr(&inner, condition));
        if failed {
            self.expr(&inner, condition);
            return false;
        }
        let message = Message::new("evaluate.condition");
        match convert(&c, &Type::Bool) {
            _ if is_error(&c) => true,
            Ok(c) if c.is_null() => {
                self.error(&inner, condition, message.arg("null"));
                false
            }
            Ok(_) => true,
            Err(e) => {
                self.error(&inner, condition, message.arg(e));
                false
            }
        }
    }

    /// A condition as true or false, each under its assumption; as terraform sees it, not known.
    fn decided(&self, tree: &Tree, c: &Val, node: NodeId) -> Val {
        if self.strict {
            return c.clone();
        }
        as_alternatives(c, &snippet(tree, node))
    }

    fn unknown_for(
        &self,
        cx: &Cx<'_>,
        node: NodeId,
        coll: &Val,
        (deciding, marks): (&[Val], Marks),
        values: &[Val],
    ) -> Val {
        let all: Vec<&Val> = deciding
            .iter()
            .chain(values)
            .chain(std::iter::once(coll))
            .collect();
        let mut out = unknown_from(Type::Dynamic, "for", &all);
        out.marks = marks;
        if let Kind::Unknown(u) = &mut out.kind {
            let u = Arc::make_mut(u);
            u.id = self.node_identity(cx, node, u.id);
        }
        out
    }

    // Templates.

    fn template(&self, cx: &Cx<'_>, node: NodeId, parts: &[NodeId]) -> Val {
        let mut pieces = Vec::with_capacity(parts.len());
        for &part in parts {
            if let Expr::Text(t) = cx.tree.expr(part) {
                pieces.push(Piece::Text(t.decode().into()));
                continue;
            }
            let v = self.expr(cx, part);
            match self.piece(cx, part, &v) {
                Some(v) => pieces.push(Piece::Val(v)),
                None => return self.unknown_error(cx, node),
            }
        }
        let v = concat("\"\"", &pieces);
        let values = pieces.iter().filter_map(|p| match p {
            Piece::Val(v) => Some(v),
            Piece::Text(_) => None,
        });
        self.say_of_limit(cx, node, &v, values);
        v
    }

    fn piece(&self, cx: &Cx<'_>, node: NodeId, v: &Val) -> Option<Val> {
        if v.is_null() {
            self.error(cx, node, Message::new("evaluate.template-null"));
            return None;
        }
        match convert(v, &Type::String) {
            Ok(v) => Some(v),
            Err(_) if is_error(v) => Some(self.unknown_error(cx, node)),
            // Terraform looks at what it is when it is known.
            Err(_) if self.strict && !v.is_known() => {
                Some(unknown_from(Type::String, "\"\"", &[v]))
            }
            Err(e) => {
                self.error(cx, node, Message::new("evaluate.template").arg(e));
                None
            }
        }
    }

    fn directive(&self, cx: &Cx<'_>, node: NodeId) -> Val {
        match cx.tree.expr(node) {
            Expr::TemplateIf { cond, then, other } => {
                let c = self.expr(cx, cond);
                let marks = c.marks;
                let c = match convert(&c, &Type::Bool) {
                    Err(_) if self.strict && !c.is_known() => c,
                    Ok(c) if !c.is_null() => self.decided(cx.tree, &c, cond),
                    Ok(_) => {
                        return self.error(
                            cx,
                            cond,
                            Message::new("evaluate.condition").arg("null"),
                        );
                    }
                    Err(e) => {
                        return self.error(cx, cond, Message::new("evaluate.condition").arg(e));
                    }
                };
                let other = |this: &Self| other.map_or_else(|| Val::str(""), |o| this.expr(cx, o));
                lift(&[c], |c| match c[0].kind {
                    // As of a condition, with the marks of both.
                    Kind::Bool(true) => {
                        let (left, _) = self.trial(|| other(self));
                        self.text_of(cx, then).marked(left.marks)
                    }
                    Kind::Bool(false) => {
                        let (left, _) = self.trial(|| self.text_of(cx, then));
                        other(self).marked(left.marks)
                    }
                    _ => {
                        let (then, _) = self.trial(|| self.text_of(cx, then));
                        let (other, _) = self.trial(|| other(self));
                        either(&then, &other)
                    }
                })
                .marked(marks)
            }
            Expr::TemplateFor {
                key_name,
                value_name,
                collection,
                body,
            } => {
                let coll = self.materialised(&self.expr(cx, collection));
                lift(&[coll], |coll| {
                    let Some(pairs) = iterate(&coll[0]) else {
                        if may_be_iterated(&coll[0]) {
                            return unknown_from(Type::String, "%{for}", &[&coll[0]]);
                        }
                        return self.error(
                            cx,
                            collection,
                            Message::new("evaluate.for-type").arg(coll[0].ty().friendly()),
                        );
                    };
                    let mut pieces = Vec::new();
                    for (k, v) in pairs {
                        let mut cx = cx.clone();
                        if let Some(name) = key_name {
                            cx = cx.bound(Binding::Name(name.into(), k));
                        }
                        cx = cx.bound(Binding::Name(value_name.into(), v));
                        pieces.push(Piece::Val(self.text_of(&cx, body)));
                    }
                    let v = concat("%{for}", &pieces).marked(coll[0].marks);
                    let values = pieces.iter().filter_map(|p| match p {
                        Piece::Val(v) => Some(v),
                        Piece::Text(_) => None,
                    });
                    self.say_of_limit(cx, node, &v, values);
                    v
                })
            }
            _ => self.unknown_error(cx, node),
        }
    }

    /// A template node as text, also where it is a single value.
    fn text_of(&self, cx: &Cx<'_>, node: NodeId) -> Val {
        let v = self.expr(cx, node);
        self.piece(cx, node, &v)
            .unwrap_or_else(|| self.unknown_error(cx, node))
    }

    // Calls.

    fn call(&self, cx: &Cx<'_>, node: NodeId, name: &str, args: &[NodeId], expand: bool) -> Val {
        let name = name.strip_prefix("core::").unwrap_or(name);
        match name {
            "try" if !expand => return self.try_call(cx, node, args),
            "can" if !expand && args.len() == 1 => {
                let (v, failed) = self.trial(|| self.expr(cx, args[0]));
                return if failed {
                    Val::bool(false)
                } else {
                    lift(&[v], |v| {
                        if is_error(&v[0]) {
                            return Val::bool(false);
                        }
                        let has = v[0].has();
                        if has.unknown {
                            return unknown_from(Type::Bool, "can", &[&v[0]]);
                        }
                        Val::bool(true)
                    })
                };
            }
            _ => {}
        }
        let mut values: Vec<Val> = args.iter().map(|&a| self.expr(cx, a)).collect();
        if expand && let Some(last) = values.pop() {
            let last = self.materialised(&last);
            match last.as_seq() {
                Some(items) => {
                    values.extend(items.iter().map(|v| v.clone().marked(last.marks)));
                }
                None if matches!(last.kind, Kind::Unknown(_) | Kind::OneOf(_)) => {
                    // The arguments differ by world; each is a call of its own.
                    if let Kind::OneOf(_) = last.kind {
                        return lift(&[last], |last| match last[0].as_seq() {
                            Some(items) => {
                                let mut all = values.clone();
                                all.extend(items.iter().cloned());
                                self.apply(cx, node, name, &all)
                            }
                            None => unknown_from(Type::Dynamic, name, &[&last[0]]),
                        });
                    }
                    values.push(last);
                    let all: Vec<&Val> = values.iter().collect();
                    return unknown_from(Type::Dynamic, name, &all);
                }
                None => {
                    return self.error(
                        cx,
                        node,
                        Message::new("evaluate.expand").arg(last.ty().friendly()),
                    );
                }
            }
        }
        self.apply(cx, node, name, &values)
    }

    fn apply(&self, cx: &Cx<'_>, node: NodeId, name: &str, args: &[Val]) -> Val {
        if let Some(answer) = cx.more.and_then(|more| more(name, args)) {
            return answer.unwrap_or_else(|e| self.call_error(cx, node, name, e));
        }
        let args: Vec<Val> = args.iter().map(|a| self.materialised(a)).collect();
        match name {
            "templatefile" => return self.templatefile(cx, node, &args),
            "templatestring" => return self.templatestring(cx, node, &args),
            "type" => return self.type_of(cx, node, &args),
            _ => {}
        }
        // What failed has been said; terraform does not call then.
        if self.strict && args.iter().any(is_error) {
            return self.unknown_error(cx, node);
        }
        if let Some(v) = self.own_provider(cx, node, name, &args) {
            return v;
        }
        let Some(function) = functions::find(name) else {
            if let Some(rest) = name.strip_prefix("provider::")
                && self.strict
                && !self.requires(cx, rest.split("::").next().unwrap_or(rest))
            {
                return self.error(cx, node, Message::new("evaluate.no-function").arg(name));
            }
            if name.starts_with("provider::") || functions::is_known_name(name) {
                let refs: Vec<&Val> = args.iter().collect();
                let mut v = unknown_from(Type::Dynamic, name, &refs);
                if let Kind::Unknown(u) = &mut v.kind {
                    let u = Arc::make_mut(u);
                    u.why = Why::Function;
                    u.subject = name.into();
                    u.not_null = false;
                }
                return v;
            }
            // `can(nosuch())` is false: this one Terraform finds out only when it calls.
            return self.error(cx, node, Message::new("evaluate.no-function").arg(name));
        };
        let v = self.call_function(cx, node, name, function, &args);
        self.say_of_limit(cx, node, &v, args.iter());
        v
    }

    pub(super) fn call_function(
        &self,
        cx: &Cx<'_>,
        node: NodeId,
        name: &str,
        function: &'static functions::Function,
        args: &[Val],
    ) -> Val {
        match functions::call(
            function,
            args,
            &FilesAt {
                evaluation: self,
                cx,
                node,
            },
        ) {
            Ok(v)
                if self.strict
                    && (matches!(v.kind, Kind::OneOf(_))
                        || name == "lookup" && args.get(1).is_some_and(|k| !k.is_known())) =>
            {
                // Of an object or tuple the key decides the type too.
                let ty = match args.first().map(|a| &a.kind) {
                    Some(Kind::Object(_) | Kind::Tuple(_)) => Type::Dynamic,
                    _ => v.ty(),
                };
                let mut out = unknown_from(ty, name, &[&v]);
                if let Kind::Unknown(u) = &mut out.kind {
                    Arc::make_mut(u).not_null = v.is_not_null();
                }
                out.marks = v.marks;
                out
            }
            Ok(v) => match v.as_unknown() {
                // The same call elsewhere has another result.
                Some(u) if u.why == Why::Impure && u.subject.as_ref() == name => {
                    let mut u = u.clone();
                    u.id = self.node_identity(cx, node, 0x1417);
                    Val {
                        kind: Kind::Unknown(Arc::new(u)),
                        ..v
                    }
                }
                _ => v,
            },
            Err(_) if args.iter().any(is_error) => self.unknown_error(cx, node),
            // The words of an error may quote the argument.
            Err(Failure::Error(at, mut e)) => {
                if args.iter().any(|a| a.has().marks.has(Marks::SENSITIVE)) {
                    "a sensitive argument does not fit".clone_into(&mut e);
                }
                match at {
                    Some(at) => {
                        let parameter = function.parameter(at).map_or("", |p| p.name);
                        let message = Message::new("evaluate.argument").arg(name);
                        self.error(cx, node, message.arg(parameter).arg(e))
                    }
                    None => self.call_error(cx, node, name, e),
                }
            }
            Err(Failure::Count(e)) => {
                let message = Message::new("evaluate.argument-count").arg(name);
                self.error(cx, node, message.arg(e))
            }
            Err(Failure::Unknown(why, subject)) => {
                let refs: Vec<&Val> = args.iter().collect();
                let mut v = unknown_from(Type::Dynamic, name, &refs);
                if let Kind::Unknown(u) = &mut v.kind {
                    let u = Arc::make_mut(u);
                    (u.why, u.subject, u.not_null) = (why, subject.into(), false);
                }
                v
            }
        }
    }

    /// Whether the module names a provider in `required_providers`.
    fn requires(&self, cx: &Cx<'_>, provider: &str) -> bool {
        let named = |m: u32| {
            let module = self.project.module(self.module_instance(m).module);
            module.required.iter().any(|p| &*p.name == provider)
        };
        cx.scope.module != NO_MODULE && named(cx.scope.module)
    }

    pub(super) fn call_error(&self, cx: &Cx<'_>, node: NodeId, name: &str, e: String) -> Val {
        self.error(cx, node, Message::new("evaluate.call").arg(name).arg(e))
    }

    /// The first argument that is no error; where one is in some worlds only, the next stands in there.
    fn try_call(&self, cx: &Cx<'_>, node: NodeId, args: &[NodeId]) -> Val {
        if args.is_empty() {
            return self.call_error(cx, node, "try", "at least one argument is required".into());
        }
        for (i, &arg) in args.iter().enumerate() {
            let (v, failed) = self.trial(|| self.expr(cx, arg));
            if failed {
                continue;
            }
            // What is not known wholly may fail yet, for all that terraform knows.
            if self.strict && !is_error(&v) && !v.is_wholly_known() {
                let mut out = unknown_from(Type::Dynamic, "try", &[&v]);
                if let Kind::Unknown(u) = &mut out.kind {
                    Arc::make_mut(u).not_null = false;
                }
                out.marks = Marks::NONE;
                return out;
            }
            let rest = &args[i + 1..];
            return match &v.kind {
                Kind::OneOf(alts) if !rest.is_empty() && alts.iter().any(|a| is_error(&a.val)) => {
                    let next = self.try_call(cx, node, rest);
                    Val::one_of(
                        alts.iter()
                            .map(|a| {
                                let v = if is_error(&a.val) {
                                    next.clone()
                                } else {
                                    a.val.clone()
                                };
                                (a.when.clone(), v)
                            })
                            .collect(),
                    )
                    .marked(v.marks)
                }
                // An attribute of something unknown may turn out not to be there.
                Kind::Unknown(u) if !rest.is_empty() && !u.not_null => try_unknown(&v),
                _ => v,
            };
        }
        self.call_error(cx, node, "try", "no expression succeeded".into())
    }

    fn templatefile(&self, cx: &Cx<'_>, node: NodeId, args: &[Val]) -> Val {
        let [path, vars] = args else {
            return self.call_error(
                cx,
                node,
                "templatefile",
                "two arguments are required".into(),
            );
        };
        lift(&[path.clone(), vars.clone()], |args| {
            let (path, vars) = (&args[0], &args[1]);
            let Some(path_text) = path.as_str() else {
                return unknown_from(Type::String, "templatefile", &[path, vars]);
            };
            let tree = match self.template_tree(cx, node, path_text) {
                Ok(tree) => tree,
                Err(v) => return v,
            };
            self.render(cx, node, &tree, vars, "templatefile")
        })
    }

    fn templatestring(&self, cx: &Cx<'_>, node: NodeId, args: &[Val]) -> Val {
        let [text, vars] = args else {
            return self.call_error(
                cx,
                node,
                "templatestring",
                "two arguments are required".into(),
            );
        };
        lift(&[text.clone(), vars.clone()], |args| {
            let (text, vars) = (&args[0], &args[1]);
            if text.is_null() {
                return self.call_error(
                    cx,
                    node,
                    "templatestring",
                    "the template must not be null".into(),
                );
            }
            let Some(content) = text.as_str() else {
                return unknown_from(Type::String, "templatestring", &[text, vars]);
            };
            let tree = crate::load::syntax::parse_template(content);
            self.render(cx, node, &tree, vars, "templatestring")
                .marked(text.marks)
        })
    }

    fn render(&self, cx: &Cx<'_>, node: NodeId, tree: &Tree, vars: &Val, function: &str) -> Val {
        if let Some(error) = tree.errors().first() {
            return self.call_error(
                cx,
                node,
                function,
                format!("invalid template: {}", error.code),
            );
        }
        let Some(fields) = vars.as_fields() else {
            if matches!(vars.kind, Kind::Unknown(_)) {
                return unknown_from(Type::String, function, &[vars]);
            }
            return self.call_error(
                cx,
                node,
                function,
                "the variables must be a map or object".into(),
            );
        };
        let mut scope = Scope::module(NO_MODULE);
        for (name, v) in &fields.items {
            scope = scope.bind(Binding::Name(name.clone(), v.clone()));
        }
        if self.templates.get() > 8 {
            return self.limit(cx, node, "limit.depth");
        }
        self.templates.set(self.templates.get() + 1);
        let inner = Cx::new(tree, None, scope);
        let root = tree.root();
        let single = matches!(tree.expr(root), Expr::Wrap(_));
        let v = if single {
            self.expr(&inner, root)
        } else {
            self.text_of(&inner, root)
        };
        self.templates.set(self.templates.get() - 1);
        if is_error(&v) && self.is_trial() {
            return self.call_error(cx, node, function, "the template failed".into());
        }
        v.marked(vars.marks)
    }

    /// `type(x)`: only the console has it.
    fn type_of(&self, cx: &Cx<'_>, node: NodeId, args: &[Val]) -> Val {
        self.static_error(cx, node, Message::new("evaluate.no-function").arg("type"));
        args.first()
            .map_or_else(Val::null, |v| Val::str(v.ty().to_string()))
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

/// `try(unknown, rest…)`: the unknown itself where it is an attribute that will be there (of a
/// resource or data source), else unknown whether it is that or the rest.
fn try_unknown(v: &Val) -> Val {
    if v.via.is_some() {
        return v.clone();
    }
    let mut out = unknown_from(Type::Dynamic, "try", &[v]);
    if let Kind::Unknown(u) = &mut out.kind {
        Arc::make_mut(u).not_null = false;
    }
    out
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

/// Files, with a diagnostic where one is not read.
struct FilesAt<'e, 'p, 't> {
    evaluation: &'e Evaluation<'p>,
    cx: &'e Cx<'t>,
    node: NodeId,
}

impl functions::Files for FilesAt<'_, '_, '_> {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, functions::FileError> {
        self.noted(self.evaluation.files.read(path))
    }
    fn exists(&self, path: &str) -> Result<bool, functions::FileError> {
        self.noted(self.evaluation.files.exists(path))
    }
    fn below(&self, path: &str) -> Result<Vec<String>, functions::FileError> {
        self.noted(self.evaluation.files.below(path))
    }
}

impl FilesAt<'_, '_, '_> {
    fn noted<T>(&self, result: Result<T, functions::FileError>) -> Result<T, functions::FileError> {
        if let Err(functions::FileError::NotRead(path)) = &result {
            self.evaluation
                .outside(self.evaluation.place(self.cx, self.node), path);
        }
        result
    }
}

impl Evaluation<'_> {
    fn template_tree(&self, cx: &Cx<'_>, node: NodeId, path: &str) -> Result<Arc<Tree>, Val> {
        if let Some(tree) = self.template_files.borrow().get(path) {
            return Ok(tree.clone());
        }
        let files = FilesAt {
            evaluation: self,
            cx,
            node,
        };
        match functions::Files::read(&files, path) {
            Ok(bytes) => {
                let Ok(text) = std::str::from_utf8(&bytes) else {
                    return Err(self.call_error(
                        cx,
                        node,
                        "templatefile",
                        "the file is not UTF-8".into(),
                    ));
                };
                let tree = Arc::new(crate::load::syntax::parse_template(text));
                self.template_files
                    .borrow_mut()
                    .insert(path.into(), tree.clone());
                Ok(tree)
            }
            Err(functions::FileError::Missing(e)) => {
                Err(self.call_error(cx, node, "templatefile", e))
            }
            Err(functions::FileError::NotRead(path)) => {
                let id = mix_bytes(0xf11e, path.as_bytes());
                Err(Val::unknown(Type::String, id, Why::File, path))
            }
        }
    }
}
