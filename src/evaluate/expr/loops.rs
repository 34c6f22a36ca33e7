//! Objects and `for`: keys, conditions, grouping, and what is not known of them.

use super::{Cx, as_alternatives, is_error, iterate, may_be_iterated, snippet};
use crate::diagnostic::Message;
use crate::evaluate::Evaluation;
use crate::evaluate::convert::convert;
use crate::evaluate::scope::Binding;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Marks, Val, Why, lift, unknown_from};
use crate::load::syntax::{For, NodeId, Tree};
use std::sync::Arc;

impl Evaluation<'_> {
    pub(super) fn object(&self, cx: &Cx<'_>, node: NodeId, items: &[NodeId]) -> Val {
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

    pub(super) fn for_expr(&self, cx: &Cx<'_>, node: NodeId, f: &For<'_>) -> Val {
        let coll = self.expr(cx, f.collection);
        let coll = self.materialised(&coll);
        lift(&[coll], |args| self.for_one(cx, node, f, &args[0]))
    }

    pub(super) fn for_one(&self, cx: &Cx<'_>, node: NodeId, f: &For<'_>, coll: &Val) -> Val {
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
    pub(super) fn possible(&self, cx: &Cx<'_>, f: &For<'_>, condition: NodeId) -> bool {
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
    pub(super) fn decided(&self, tree: &Tree, c: &Val, node: NodeId) -> Val {
        if self.strict {
            return c.clone();
        }
        as_alternatives(c, &snippet(tree, node))
    }

    pub(super) fn unknown_for(
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
}
