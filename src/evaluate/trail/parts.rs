//! Into the part of a value: the item of an object, the element of a list, what `each.value`, an
//! iterator or a `for` variable stands for, and through the functions that hand parts on.
//!
//! A part is kept with the step until the expression is found that has it written out, so that it goes
//! through locals, variables and module outputs on the way.

use super::{Next, Step, only_read};
use crate::diagnostic::Message;
use crate::evaluate::Evaluation;
use crate::evaluate::convert::convert;
use crate::evaluate::evaluated::Trail;
use crate::evaluate::expr::iterate;
use crate::evaluate::scope::{Binding, NO_MODULE, Scope};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Val};
use crate::load::project::Body;
use crate::load::syntax::{Expr, For, NodeId, Span};
use crate::source::FileId;

/// What is taken from a value.
#[derive(Clone)]
pub(super) enum Part {
    /// The element at a key or an index.
    At(Val),
    /// The key itself.
    Key(Val),
    /// The element that is this value: sets have no index.
    Equal(Val),
}

/// What a `for` variable stands for.
#[derive(Clone)]
pub(super) struct Bound {
    name: String,
    /// What is gone through.
    of: Step,
    part: Part,
}

impl Evaluation<'_> {
    /// The value at a step, where its parts can be read.
    pub(super) fn value_at(&self, at: &Step) -> Option<Val> {
        let mut value = self.expr(&self.cx(at), at.node);
        for part in at.parts.iter().rev() {
            value = match part {
                Part::At(key) => element(&value, key)?,
                Part::Key(value) | Part::Equal(value) => value.clone(),
            };
        }
        Some(value)
    }

    /// A `for` variable.
    pub(super) fn from_name(&self, at: &Step, name: &str) -> Option<Next> {
        let bound = at.bound.iter().rev().find(|b| b.name == name)?;
        let mut out = bound.of.clone();
        out.parts.clone_from(&at.parts);
        out.parts.push(bound.part.clone());
        Some(Next::To(out))
    }

    /// `it.value`, `it.key` of a `dynamic` block; an attribute of a `for` variable.
    pub(super) fn from_iterator(
        &self,
        at: &Step,
        of: NodeId,
        root: &str,
        name: &str,
        out: &mut Trail,
    ) -> Option<Next> {
        if at.bound.iter().any(|b| b.name == root) {
            return Some(Next::To(at.part(of, Part::At(Val::str(name)))));
        }
        let iterator = at.scope.name(root)?.as_fields()?;
        let (key, value) = (iterator.get("key")?, iterator.get("value")?);
        let tree = self.project.sources.tree(at.file);
        let span = tree.span(at.node);
        // The innermost block of that name around it.
        let mut found = None;
        let mut bodies = vec![tree.root()];
        while let Some(body) = bodies.pop() {
            for block in tree.blocks(body).filter(|b| holds(b.span, span)) {
                bodies.push(block.body);
                let iterator = block.attribute("iterator").map(|a| tree.expr(a.value));
                let named = match iterator {
                    Some(Expr::Variable(named)) => named == root,
                    _ => block.label(0).is_some_and(|l| l == root),
                };
                if block.kind == "dynamic" && named {
                    found = block.attribute("for_each").or(found);
                }
            }
        }
        let step = at.inner(found?.value);
        self.from_repetition(&step, name, key, value, out)
            .map(Next::To)
    }

    /// `each.value`, `each.key`: an element of the `for_each` of the block around.
    pub(super) fn from_each(&self, at: &Step, name: &str, out: &mut Trail) -> Option<Step> {
        let (key, value) = at.scope.each()?;
        let sources = &self.project.sources;
        let module = self
            .project
            .module(self.module_instance(at.scope.module).module);
        let span = sources.tree(at.file).span(at.node);
        let around = |body: &&Body| {
            body.layers
                .iter()
                .any(|&(file, body)| file == at.file && holds(sources.tree(file).span(body), span))
        };
        let mut bodies = module
            .resources
            .iter()
            .map(|r| &r.body)
            .chain(module.calls.iter().map(|c| &c.body));
        let (file, a) = bodies.find(around)?.attribute(sources, "for_each")?;
        let step = at.elsewhere(file, a.value, Scope::module(at.scope.module));
        self.from_repetition(&step, name, key, value, out)
    }

    /// Into the element that a `for_each` gives an instance.
    fn from_repetition(
        &self,
        step: &Step,
        name: &str,
        key: &Val,
        value: &Val,
        out: &mut Trail,
    ) -> Option<Step> {
        let collection = Step {
            parts: Vec::new(),
            ..step.clone()
        };
        let collection = self.value_at(&collection)?;
        let part = match (&collection.kind, name) {
            // Not known: what it is made of is still the way.
            (Kind::Set(_), _) => Part::Equal(value.clone()),
            (_, "key") => Part::Key(key.clone()),
            _ => Part::At(key.clone()),
        };
        let message = Message::new("trail.for-each");
        out.push(self.mark(step.file, step.node, message));
        Some(step.part(step.node, part))
    }

    /// Into an expression that has its parts written out.
    pub(super) fn into_part(&self, at: &Step, out: &mut Trail) -> Option<Step> {
        let cx = self.cx(at);
        let tree = cx.tree;
        let part = at.parts.last()?;
        let mut inner = at.clone();
        inner.parts.pop();
        inner.ty = at.ty.and_then(|ty| self.type_of_part(ty, part));
        match tree.expr(at.node) {
            Expr::Object(items) => {
                let pair = items.chunks_exact(2).rev().find(|p| match part {
                    Part::At(key) | Part::Key(key) => same_key(&self.expr(&cx, p[0]), key),
                    Part::Equal(value) => self.expr(&cx, p[1]).same(value),
                });
                let Some(pair) = pair else {
                    return self.from_optional(at, part, out);
                };
                inner.node = match part {
                    Part::Key(_) => pair[0],
                    _ => pair[1],
                };
            }
            Expr::Tuple(items) => {
                inner.node = match part {
                    Part::At(key) => *items.get(index(key)?)?,
                    Part::Equal(value) => *items
                        .iter()
                        .find(|&&i| same_key(&self.expr(&cx, i), value))?,
                    Part::Key(_) => return None,
                };
            }
            Expr::For(f) => return self.into_for(at, &f, part),
            Expr::Splat { of, each, .. } => {
                let Part::At(key) = part else { return None };
                // `of[*].a.b`: the names from behind.
                let mut node = each;
                while let Expr::Attr { of, name } = tree.expr(node) {
                    inner.parts.push(Part::At(Val::str(name)));
                    node = of;
                }
                if !matches!(tree.expr(node), Expr::Item) {
                    return None;
                }
                inner.parts.push(Part::At(key.clone()));
                inner.node = of;
                inner.ty = None;
                return Some(inner);
            }
            _ => return None,
        }
        out.push(self.mark(at.file, inner.node, Message::new("trail.element")));
        Some(inner)
    }

    /// The element of a `for` expression: its value, where the variables stand for one element.
    fn into_for(&self, at: &Step, f: &For<'_>, part: &Part) -> Option<Step> {
        let cx = self.cx(at);
        let collection = self.materialised(&self.expr(&cx, f.collection));
        let set = matches!(collection.kind, Kind::Set(_));
        let mut number = 0;
        for (k, v) in iterate(&collection)? {
            let mut inner = at.clone();
            inner.parts.pop();
            inner.ty = None;
            let of = Step {
                parts: Vec::new(),
                ..at.inner(f.collection)
            };
            let mut bind = |name: &str, value: &Val, part: Part| {
                inner.scope = inner.scope.bind(Binding::Name(name.into(), value.clone()));
                inner.bound.push(Bound {
                    name: name.to_owned(),
                    of: of.clone(),
                    part,
                });
            };
            let element = if set {
                Part::Equal(v.clone())
            } else {
                Part::At(k.clone())
            };
            if let Some(name) = f.key_name {
                let key = if set {
                    Part::Equal(k.clone())
                } else {
                    Part::Key(k.clone())
                };
                bind(name, &k, key);
            }
            bind(f.value_name, &v, element);
            let cx = self.cx(&inner);
            if let Some(condition) = f.condition {
                let kept = convert(&self.expr(&cx, condition), &Type::Bool).ok()?;
                if !kept.as_bool()? {
                    continue;
                }
            }
            let here = match (part, f.key) {
                // A list a key: which of its elements is not followed.
                (_, Some(_)) if f.group => return None,
                (Part::At(key) | Part::Key(key), Some(node)) => {
                    same_key(&self.expr(&cx, node), key)
                }
                (Part::At(key), None) => index(key)? == number,
                (Part::Equal(value), _) => self.expr(&cx, f.value).same(value),
                (Part::Key(_), None) => return None,
            };
            if here {
                inner.node = match (part, f.key) {
                    (Part::Key(_), Some(node)) => node,
                    _ => f.value,
                };
                return Some(inner);
            }
            number += 1;
        }
        None
    }

    /// A part that is not given: the default in the type constraint.
    fn from_optional(&self, at: &Step, part: &Part, out: &mut Trail) -> Option<Step> {
        let (file, node) = self.type_of_part(at.ty?, part)?;
        let Expr::Call { name, args, .. } = self.project.sources.tree(file).expr(node) else {
            return None;
        };
        let default = *args.get(1).filter(|_| name == "optional")?;
        out.push(self.mark(file, default, Message::new("trail.optional")));
        let mut step = at.elsewhere(file, default, Scope::module(NO_MODULE));
        step.parts.pop();
        Some(step)
    }

    /// The constraint of a part in a constraint: `optional(string)` in `object({ a = optional(string) })`.
    fn type_of_part(&self, ty: (FileId, NodeId), part: &Part) -> Option<(FileId, NodeId)> {
        let tree = self.project.sources.tree(ty.0);
        let Expr::Call { name, args, .. } = tree.expr(ty.1) else {
            return None;
        };
        let inner = *args.first()?;
        match (name, part) {
            ("optional", _) => self.type_of_part((ty.0, inner), part),
            ("list" | "map" | "set", _) => Some((ty.0, inner)),
            ("object", Part::At(key)) => {
                let Expr::Object(items) = tree.expr(inner) else {
                    return None;
                };
                let key = key.as_str()?;
                let pair = items.chunks_exact(2).find(|p| tree.text_of(p[0]) == key)?;
                Some((ty.0, pair[1]))
            }
            _ => None,
        }
    }

    /// Into the argument that a call hands on.
    pub(super) fn into_call(&self, at: &Step, name: &str, args: &[NodeId]) -> Option<Next> {
        let cx = self.cx(at);
        let value = |node: NodeId| self.expr(&cx, node);
        let to = |step: Step| Some(Next::To(step));
        let name = name.strip_prefix("core::").unwrap_or(name);
        match (name, args) {
            ("lookup", [map, key, rest @ ..]) => {
                let key = value(*key);
                let has = element(&value(*map), &key).is_some();
                return match rest.first() {
                    Some(default) if !has => to(at.inner(*default)),
                    _ => to(at.part(*map, Part::At(key))),
                };
            }
            ("element", [list, number]) => {
                let len = value(*list).as_seq()?.len();
                let number = index(&value(*number))?.checked_rem(len)?;
                return to(at.part(*list, Part::At(Val::num(number))));
            }
            ("one", [list]) => return to(at.part(*list, Part::At(Val::num(0usize)))),
            ("sensitive" | "nonsensitive" | "ephemeralasnull", [of]) => {
                return to(at.inner(*of));
            }
            ("try", _) => {
                let works = |&&node: &&NodeId| !self.trial(|| self.expr(&cx, node)).1;
                return to(at.inner(*args.iter().find(works)?));
            }
            _ => {}
        }
        let Some(part) = at.parts.last().cloned() else {
            let whole = value(at.node);
            let same = args.iter().copied().find(|&a| value(a).same(&whole));
            return to(at.inner(same.or_else(|| only_read(cx.tree, args))?));
        };
        let taken = |node: NodeId, part: Part| {
            let mut step = at.inner(node);
            step.parts.pop();
            step.parts.push(part);
            Some(Next::To(step))
        };
        match (name, &part) {
            ("tolist" | "tomap" | "toset", _) => match (name, &part) {
                // A list made of a set, or of a list that was sorted: by its element.
                ("tolist", Part::At(key)) if matches!(value(args[0]).kind, Kind::Set(_)) => {
                    taken(*args.first()?, Part::Equal(element(&value(at.node), key)?))
                }
                _ => to(at.inner(*args.first()?)),
            },
            ("merge", Part::At(key) | Part::Key(key)) => {
                let has = |&&node: &&NodeId| element(&value(node), key).is_some();
                to(at.inner(*args.iter().rev().find(has)?))
            }
            ("concat", Part::At(key)) => {
                let mut number = index(key)?;
                for &node in args {
                    let len = value(node).as_seq()?.len();
                    if number < len {
                        return taken(node, Part::At(Val::num(number)));
                    }
                    number -= len;
                }
                None
            }
            ("zipmap", Part::At(key)) => {
                let [keys, values] = args else { return None };
                let keys = value(*keys);
                let number = keys.as_seq()?.iter().position(|k| same_key(k, key))?;
                taken(*values, Part::At(Val::num(number)))
            }
            ("keys", Part::At(key)) => {
                taken(*args.first()?, Part::Key(element(&value(at.node), key)?))
            }
            ("keys", Part::Equal(key)) => taken(*args.first()?, Part::Key(key.clone())),
            ("values", Part::At(key)) => {
                let map = value(*args.first()?);
                let (key, _) = map.as_fields()?.items.get(index(key)?)?;
                taken(args[0], Part::At(Val::str(key.clone())))
            }
            (_, Part::Equal(of)) => {
                let has = |&&node: &&NodeId| {
                    let list = value(node);
                    list.as_seq()
                        .is_some_and(|all| all.iter().any(|v| same_key(v, of)))
                };
                to(at.inner(*args.iter().find(has)?))
            }
            // Sorted, or without what is double: the element is the same.
            ("sort" | "distinct" | "compact" | "reverse", Part::At(key)) => {
                taken(*args.first()?, Part::Equal(element(&value(at.node), key)?))
            }
            _ => {
                let whole = value(at.node);
                let same = args.iter().copied().find(|&a| value(a).same(&whole));
                to(at.inner(same?))
            }
        }
    }
}

/// The element of a value.
fn element(value: &Val, key: &Val) -> Option<Val> {
    if let Some(fields) = value.as_fields() {
        return fields.get(key.as_str()?).cloned();
    }
    value.as_seq()?.get(index(key)?).cloned()
}

fn index(key: &Val) -> Option<usize> {
    let number = convert(key, &Type::Number).ok()?;
    usize::try_from(number.as_num()?.to_i64()?).ok()
}

/// Keys are texts, whatever they are written as.
fn same_key(a: &Val, b: &Val) -> bool {
    let text = |v: &Val| convert(v, &Type::String).ok();
    a.same(b)
        || matches!((text(a), text(b)), (Some(a), Some(b)) if a.as_str().is_some() && a.same(&b))
}

fn holds(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
