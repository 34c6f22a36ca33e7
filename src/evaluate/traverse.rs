//! Attributes, indexes and splats: from a value to a part of it.
//!
//! A resource instance is read attribute by attribute, and each value read from it keeps the
//! reference it came by.

use super::convert::convert;
use super::expr::{Cx, is_error, iterate};
use super::operators::{by_key, element_id};
use super::types::Type;
use super::value::{Kind, MAX_ALTERNATIVES, Ref, Unknown, Val, Why, mix_bytes, unknown_from};
use super::{Evaluation, MODULE};
use crate::diagnostic::Message;
use crate::load::syntax::{Expr, NodeId};
use std::sync::Arc;

impl Evaluation<'_> {
    /// `of.name`, where `of` may be the start of a reference.
    pub(super) fn attr_expr(&self, cx: &Cx<'_>, node: NodeId, of: NodeId, name: &str) -> Val {
        if let Expr::Variable(root) = cx.tree.expr(of)
            && let Some(v) = self.reference(cx, node, root, name)
        {
            return v;
        }
        // `data.TYPE.NAME` and `ephemeral.TYPE.NAME` have one step more.
        if let Expr::Attr { of: root, name: ty } = cx.tree.expr(of)
            && let Expr::Variable(root) = cx.tree.expr(root)
            && let Some(v) = self.long_reference(cx, node, root, ty, name)
        {
            return v;
        }
        let object = self.expr(cx, of);
        self.get(cx, node, &object, name)
    }

    /// An attribute of a value.
    pub(super) fn get(&self, cx: &Cx<'_>, node: NodeId, object: &Val, name: &str) -> Val {
        if let Kind::OneOf(_) = object.kind {
            return super::value::lift(std::slice::from_ref(object), |o| {
                self.get(cx, node, &o[0], name)
            })
            .marked(object.marks);
        }
        match &object.kind {
            Kind::Instance(r) => self.instance_attribute(cx, node, r, name),
            Kind::Object(f) | Kind::Map(f) => match (f.get(name), &f.open) {
                (Some(v), _) => v.clone().marked(object.marks),
                (None, Some(open)) => self.computed(&extended(open, name)).marked(object.marks),
                // In conditions what is not written is null: JSON syntax writes blocks as objects.
                (None, None) if cx.more.is_some() => Val::null(),
                (None, None) => {
                    self.error(cx, node, Message::new("evaluate.no-attribute").arg(name))
                }
            },
            Kind::Unknown(u) => match &u.ty {
                Type::Object(o) if !o.attributes.iter().any(|(n, _)| **n == *name) => {
                    self.error(cx, node, Message::new("evaluate.no-attribute").arg(name))
                }
                Type::Object(_) | Type::Map(_) | Type::Dynamic => part_of(object, u, name, None),
                other => self.error(
                    cx,
                    node,
                    Message::new("evaluate.not-object")
                        .arg(name)
                        .arg(other.friendly()),
                ),
            },
            Kind::Null(_) => {
                self.error(cx, node, Message::new("evaluate.null-attribute").arg(name))
            }
            _ => self.error(
                cx,
                node,
                Message::new("evaluate.not-object")
                    .arg(name)
                    .arg(object.ty().friendly()),
            ),
        }
    }

    /// `coll[key]`.
    pub(super) fn index(&self, cx: &Cx<'_>, node: NodeId, coll: &Val, key: &Val) -> Val {
        let args = [coll.clone(), key.clone()];
        let certain = !args.iter().any(|a| matches!(a.kind, Kind::OneOf(_)));
        if self.strict && !key.is_known() && !key.is_null() {
            return self.index_undecided(cx, node, coll, key);
        }
        // An attribute's name is no secret, as terraform has it.
        let marks = match coll.kind {
            Kind::Object(_) => coll.marks,
            _ => coll.marks.with(key.marks),
        };
        if certain {
            let v = self.index_one(cx, node, coll, key, true);
            // What failed has no marks.
            return if is_error(&v) { v } else { v.marked(marks) };
        }
        super::value::lift(&args, |a| self.index_one(cx, node, &a[0], &a[1], false)).marked(marks)
    }

    /// As terraform has it: where the key is not known, neither is the element.
    fn index_undecided(&self, cx: &Cx<'_>, node: NodeId, coll: &Val, key: &Val) -> Val {
        let (of, elem) = match &coll.kind {
            Kind::List(s) => (Type::Number, s.elem.clone()),
            Kind::Tuple(_) => (Type::Number, Type::Dynamic),
            Kind::Map(f) => (Type::String, f.elem.clone()),
            Kind::Object(_) => (Type::String, Type::Dynamic),
            _ => return self.index_one(cx, node, coll, key, true),
        };
        if let Err(e) = convert(key, &of) {
            return self.error(cx, node, Message::new("evaluate.index").arg(e));
        }
        let mut v = unknown_from(elem, "[]", &[coll, key]);
        if let Kind::Unknown(u) = &mut v.kind {
            Arc::make_mut(u).not_null = false;
        }
        v.marks = coll.marks.with(key.marks);
        v
    }

    fn index_one(&self, cx: &Cx<'_>, node: NodeId, coll: &Val, key: &Val, certain: bool) -> Val {
        let fail = |message: Message| {
            if certain && !is_error(coll) && !is_error(key) {
                self.error(cx, node, message)
            } else {
                self.unknown_error(cx, node)
            }
        };
        if key.is_null() {
            return fail(Message::new("evaluate.index-null"));
        }
        match &coll.kind {
            Kind::Null(_) => fail(Message::new("evaluate.index-of-null")),
            Kind::List(s) | Kind::Tuple(s) => {
                let key = match convert(key, &Type::Number) {
                    Ok(k) => k,
                    Err(e) => return fail(Message::new("evaluate.index").arg(e)),
                };
                match &key.kind {
                    Kind::Num(n) => {
                        let found = n
                            .to_i64()
                            .and_then(|i| usize::try_from(i).ok())
                            .and_then(|i| s.items.get(i));
                        match found {
                            Some(v) => v.clone(),
                            None => fail(Message::new("evaluate.index-missing").arg(n.to_string())),
                        }
                    }
                    Kind::Unknown(u) => {
                        let items = s.items.iter().enumerate().map(|(i, v)| (Val::num(i), v));
                        one_of_elements(coll, &key, u, items, s.items.len())
                    }
                    _ => self.unknown_error(cx, node),
                }
            }
            Kind::Map(f) | Kind::Object(f) => {
                let key = match convert(key, &Type::String) {
                    Ok(k) => k,
                    Err(e) => return fail(Message::new("evaluate.index").arg(e)),
                };
                match &key.kind {
                    Kind::Str(name) => match (f.get(name), &f.open) {
                        (Some(v), _) => v.clone(),
                        (None, Some(open)) => self.computed(&extended(open, name)),
                        (None, None) => {
                            let shown = if key.marks.is_empty() { &**name } else { "…" };
                            fail(Message::new("evaluate.index-missing").arg(format!("\"{shown}\"")))
                        }
                    },
                    Kind::Unknown(u) if f.open.is_none() => {
                        let items = f.items.iter().map(|(k, v)| (Val::str(k.clone()), v));
                        one_of_elements(coll, &key, u, items, f.items.len())
                    }
                    _ => unknown_from(Type::Dynamic, "[]", &[coll, &key]),
                }
            }
            Kind::Set(_) => fail(Message::new("evaluate.index-set")),
            Kind::Instance(r) => match key.as_str() {
                Some(name) => self.instance_attribute(cx, node, r, name),
                None => unknown_from(Type::Dynamic, "[]", &[coll, key]),
            },
            Kind::Unknown(u) => match (&u.ty, key.as_num(), key.as_str()) {
                (Type::Set(_), ..) => fail(Message::new("evaluate.index-set")),
                (ty, ..) if ty.is_primitive() => {
                    fail(Message::new("evaluate.not-indexable").arg(ty.friendly()))
                }
                (Type::Object(o), _, Some(name))
                    if !o.attributes.iter().any(|(n, _)| **n == *name) =>
                {
                    fail(Message::new("evaluate.index-missing").arg(format!("\"{name}\"")))
                }
                (Type::Tuple(ts), Some(n), _)
                    if n.to_i64()
                        .is_none_or(|i| usize::try_from(i).map_or(true, |i| i >= ts.len())) =>
                {
                    fail(Message::new("evaluate.index-missing").arg(n.to_string()))
                }
                _ => element_of(coll, u, key),
            },
            _ => fail(Message::new("evaluate.not-indexable").arg(coll.ty().friendly())),
        }
    }

    /// `of[*].each`, `of.*.each`.
    pub(super) fn splat(&self, cx: &Cx<'_>, node: NodeId, of: &Val, each: NodeId) -> Val {
        if let Kind::OneOf(_) = of.kind {
            return super::value::lift(std::slice::from_ref(of), |o| {
                self.splat(cx, node, &o[0], each)
            })
            .marked(of.marks);
        }
        let on = |item: Val| {
            let mut cx = cx.clone();
            cx.item = Some(item);
            self.expr(&cx, each)
        };
        let out = match &of.kind {
            Kind::Null(Type::List(_) | Type::Set(_) | Type::Tuple(_)) => {
                return self.error(cx, node, Message::new("evaluate.index-of-null"));
            }
            Kind::Null(_) => Val::tuple(Vec::new()),
            Kind::List(_) | Kind::Set(_) | Kind::Tuple(_) => {
                let items: Vec<Val> = iterate(of)
                    .unwrap_or_default()
                    .into_iter()
                    .map(|(_, v)| on(v))
                    .collect();
                match &of.kind {
                    Kind::List(_) | Kind::Set(_) if !items.is_empty() => {
                        let ty = items[0].ty();
                        if items.iter().all(|v| v.ty() == ty) {
                            Val::list(ty, items)
                        } else {
                            Val::tuple(items)
                        }
                    }
                    Kind::List(s) | Kind::Set(s) => {
                        // The type of what each would give, for an element that is not there.
                        let sample = Val::unknown(s.elem.clone(), 0x5a1, Why::Computed, "");
                        let (v, failed) = self.trial(|| on(sample.clone()));
                        if failed {
                            return on(sample);
                        }
                        Val::list(v.ty(), items)
                    }
                    _ => Val::tuple(items),
                }
            }
            Kind::Unknown(u) if !u.not_null || !single(&u.ty) => {
                // How many there are is not known; each of them would be this.
                let item = element_of(of, u, &Val::unknown(Type::Number, u.id, Why::Computed, ""));
                let (v, _) = self.trial(|| on(item));
                let each = |ty: &Type| {
                    let sample = Val::unknown(ty.clone(), 0x5a1, Why::Computed, "");
                    self.trial(|| on(sample)).0.ty()
                };
                let ty = match &u.ty {
                    Type::List(t) | Type::Set(t) => Type::list(each(t)),
                    Type::Tuple(ts) => Type::tuple(ts.iter().map(each).collect()),
                    _ => Type::Dynamic,
                };
                let mut out = unknown_from(ty, "[*]", &[&v]);
                out.via.clone_from(&v.via);
                out
            }
            _ => Val::tuple(vec![on(of.clone())]),
        };
        out.marked(of.marks)
    }

    /// An attribute that the provider computes.
    pub(super) fn computed(&self, r: &Ref) -> Val {
        let data = self.is_data(r);
        let why = if data { Why::DataSource } else { Why::Computed };
        let mut v = Val::unknown(Type::Dynamic, r.identity(), why, self.address(r));
        if let Kind::Unknown(u) = &mut v.kind {
            let u = Arc::make_mut(u);
            u.refs = Arc::from([r.clone()]);
            u.not_null = self.never_null(r);
        }
        v.via(Arc::new(r.clone()))
    }

    pub(super) fn never_null(&self, r: &Ref) -> bool {
        let inst = self.module_instance(r.module);
        let resource = &self.project.module(inst.module).resources[r.resource as usize];
        self.types.never_null(resource.mode, &resource.ty, &r.path)
    }

    /// A value where a function needs all of it: module instances become the objects they stand for.
    pub(super) fn materialised(&self, v: &Val) -> Val {
        if !v.has().instance {
            return v.clone();
        }
        match &v.kind {
            Kind::Instance(r) if r.resource == MODULE => {
                self.module_object(r.module).marked(v.marks)
            }
            Kind::OneOf(alts) => Val::one_of(
                alts.iter()
                    .map(|a| (a.when.clone(), self.materialised(&a.val)))
                    .collect(),
            )
            .marked(v.marks),
            _ => v.clone(),
        }
    }
}

/// A type whose value a splat takes as one element.
fn single(ty: &Type) -> bool {
    ty.is_primitive() || matches!(ty, Type::Map(_) | Type::Object(_))
}

/// The reference one attribute further.
pub(super) fn extended(r: &Ref, name: &str) -> Ref {
    let path = if r.path.is_empty() {
        name.into()
    } else {
        format!("{}.{name}", r.path).into()
    };
    Ref { path, ..r.clone() }
}

/// An attribute of an unknown.
fn part_of(object: &Val, u: &Unknown, name: &str, ty: Option<Type>) -> Val {
    let ty = ty.unwrap_or_else(|| match &u.ty {
        Type::Object(o) => o
            .attributes
            .iter()
            .find(|(n, _)| **n == *name)
            .map_or(Type::Dynamic, |(_, t)| t.clone()),
        Type::Map(t) => (**t).clone(),
        _ => Type::Dynamic,
    });
    // Of a whole resource the part is that attribute; of anything else the dependence stays.
    let whole = object.via.is_some();
    let refs: Vec<Ref> = u
        .refs
        .iter()
        .map(|r| if whole { extended(r, name) } else { r.clone() })
        .collect();
    // A file, a function or a budget has no attributes that could be the reason.
    let whole = matches!(
        u.why,
        Why::File | Why::NotHeld | Why::Function | Why::Impure | Why::Limit | Why::Document
    );
    let subject = if u.subject.is_empty() || whole {
        u.subject.clone()
    } else {
        format!("{}.{name}", u.subject).into()
    };
    let inner = Unknown {
        ty,
        id: mix_bytes(u.id, name.as_bytes()),
        test: None,
        why: u.why,
        subject,
        refs: refs.into(),
        not_null: false,
        parts: Arc::from([]),
    };
    Val {
        kind: Kind::Unknown(Arc::new(inner)),
        marks: object.marks,
        via: object.via.as_ref().map(|r| Arc::new(extended(r, name))),
    }
}

/// An element of an unknown collection.
fn element_of(coll: &Val, u: &Unknown, key: &Val) -> Val {
    let ty = match (&u.ty, key.as_str()) {
        (Type::List(t) | Type::Set(t) | Type::Map(t), _) => (**t).clone(),
        (Type::Object(o), Some(name)) => o
            .attributes
            .iter()
            .find(|(n, _)| **n == *name)
            .map_or(Type::Dynamic, |(_, t)| t.clone()),
        (Type::Tuple(ts), _) => key
            .as_num()
            .and_then(super::number::Num::to_i64)
            .and_then(|i| usize::try_from(i).ok())
            .and_then(|i| ts.get(i).cloned())
            .unwrap_or(Type::Dynamic),
        _ => Type::Dynamic,
    };
    // Of a list of texts the parts are those of each element.
    let parts = match &u.ty {
        Type::List(t) | Type::Set(t) if **t == Type::String => u.parts.clone(),
        _ => Arc::from([]),
    };
    let inner = Unknown {
        ty,
        id: element_id(u.id, key),
        test: None,
        why: u.why,
        subject: u.subject.clone(),
        refs: u.refs.clone(),
        not_null: false,
        parts,
    };
    Val {
        kind: Kind::Unknown(Arc::new(inner)),
        marks: coll.marks.with(key.marks),
        via: coll.via.clone(),
    }
}

/// One of the elements, each where the key is its; plain unknown where there are too many.
fn one_of_elements<'v>(
    coll: &Val,
    key: &Val,
    u: &Unknown,
    items: impl Iterator<Item = (Val, &'v Val)>,
    len: usize,
) -> Val {
    if len == 0 || len > MAX_ALTERNATIVES {
        let mut v = unknown_from(Type::Dynamic, "[]", &[coll, key]);
        if let Kind::Unknown(inner) = &mut v.kind {
            let inner = Arc::make_mut(inner);
            inner.not_null = false;
            (inner.why, inner.subject) = (u.why, u.subject.clone());
        }
        return v;
    }
    Val::one_of(by_key(u, items))
}
