//! Bodies out of a plan or state: the values, what is not known of them, what must not be shown.
//!
//! Absent is what nobody wrote: null, an empty text or list, and what the provider fills in after apply
//! and the configuration does not write. So conditions of the catalog ask the same of a plan as of the
//! configuration.

use super::references::{Site, Target};
use super::trees::{Trees, parsed};
use super::{FromPlan, ResourceAt};
use crate::evaluate::Evaluation;
use crate::evaluate::functions::json_to_val;
use crate::evaluate::types::Type;
use crate::evaluate::value::{
    Key, Kind, Literal, MAX_ALTERNATIVES, Marks, Ref, Val, Why, World, mix, mix_bytes, too_many,
};
use crate::load::planned::{Kind as PlanKind, Raw};
use rustc_hash::FxHashSet;
use serde_json::{Map, Value};
use std::rc::Rc;
use std::sync::Arc;

/// Blocks in blocks.
const MAX_DEPTH: u32 = 64;

/// What the configuration says of a value.
#[derive(Clone)]
enum Written<'v> {
    /// There is no configuration: it may be anything.
    NoConfiguration,
    /// Nothing.
    Nothing,
    /// These expressions or blocks.
    As(Vec<&'v Value>),
}

impl<'v> Written<'v> {
    fn key(&self, name: &str) -> Written<'v> {
        let Written::As(list) = self else {
            return self.clone();
        };
        let mut found = Vec::new();
        for v in list {
            if is_expression(v) {
                // What is in the value of an expression, it wrote.
                found.push(*v);
            } else if let Some(inner) = v.get(name) {
                found.push(inner);
            }
        }
        if found.is_empty() {
            Written::Nothing
        } else {
            Written::As(found)
        }
    }

    /// The item `i` of `of` items.
    fn item(&self, i: usize, of: usize) -> Written<'v> {
        let Written::As(list) = self else {
            return self.clone();
        };
        let mut found = Vec::new();
        for v in list {
            match v {
                Value::Array(items) if items.len() == of => found.extend(items.get(i)),
                Value::Array(items) => found.extend(items),
                other => found.push(other),
            }
        }
        // A block without arguments, not an expression that refers to nothing.
        let blocks = list.iter().all(|v| v.is_array());
        found.retain(|v| !blocks || v.as_object().is_none_or(|o| !o.is_empty()));
        if found.is_empty() {
            Written::Nothing
        } else {
            Written::As(found)
        }
    }
}

fn is_expression(v: &Value) -> bool {
    v.as_object().is_some_and(|o| {
        o.is_empty() || o.contains_key("references") || o.contains_key("constant_value")
    })
}

/// In what a value is read.
struct Reading<'r, 'p> {
    from: &'r FromPlan<'p>,
    site: Site<'r>,
    /// The instance.
    reference: &'r Ref,
    ty: &'r Arc<str>,
    /// Of a plan that holds what is known after apply.
    unknown_told: bool,
    /// Of what was before: how it is after, where that is another.
    later: Option<&'r Value>,
}

/// A place in the trees of a resource.
struct At<'v> {
    value: Option<&'v Value>,
    unknown: Option<&'v Value>,
    sensitive: Option<&'v Value>,
    written: Written<'v>,
    path: String,
    depth: u32,
}

/// An instance as it is read.
#[derive(Debug)]
pub(super) struct Opened {
    trees: Trees,
    /// Of what was before: it is the same after.
    unchanged: bool,
    /// Of what was before and is another after: how it is then.
    later: Option<Value>,
}

impl<'p> Evaluation<'p> {
    /// The attribute of an instance.
    pub(super) fn attribute_of(&self, from: &FromPlan<'p>, number: u32, name: &str) -> Option<Val> {
        self.read_instance(from, number, |reading, at| match at.value {
            Some(Value::Object(fields)) => self.field(reading, at, fields, name),
            _ => {
                let id = mix_bytes(reading.reference.identity(), name.as_bytes());
                Some(Val::unknown(Type::Dynamic, id, Why::Limit, ""))
            }
        })
    }

    /// The names of the attributes of an instance that have a value.
    pub(super) fn attribute_names(&self, from: &FromPlan<'p>, number: u32) -> Vec<String> {
        match &self.opened(from, number).trees.values {
            Some(Value::Object(fields)) => fields.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }

    fn opened(&self, from: &FromPlan<'p>, number: u32) -> Rc<Opened> {
        from.recent.get_or_make(number, || {
            let instance = &from.instances[number as usize];
            let later = from.earlier.then(|| from.later(number));
            let same = |l: Raw| from.plan.raw(l) == from.plan.raw(instance.values);
            let unchanged = later.is_some_and(same);
            let later = later.filter(|_| !unchanged);
            Opened {
                trees: Trees::of(from.plan, instance),
                unchanged,
                later: later.and_then(|raw| parsed(from.plan, raw)),
            }
        })
    }

    fn read_instance<T>(
        &self,
        from: &FromPlan<'p>,
        number: u32,
        read: impl FnOnce(&Reading<'_, 'p>, &At<'_>) -> T,
    ) -> T {
        let instance = &from.instances[number as usize];
        let reference = Ref {
            module: instance.module,
            resource: instance.resource,
            key: super::key_of(&instance.key),
            path: "".into(),
        };
        let opened = self.opened(from, number);
        let trees = &opened.trees;
        let module = &from.plan.modules[instance.module as usize];
        let config = (module.module.0 - from.plan.modules[0].module.0) as usize;
        let configured = from.plan.configs[config].resources[instance.resource as usize].as_ref();
        // Of what was before, the configuration, which is the new one, tells of what has stayed the same.
        let configured =
            configured.filter(|_| !from.earlier || opened.unchanged || opened.later.is_some());
        let arguments = configured.map(|_| self.arguments(from, (config, instance.resource)));
        let resource = &self.project.module(module.module).resources[instance.resource as usize];
        let reading = Reading {
            from,
            site: Site {
                module: instance.module,
                key: &instance.key,
                for_each: configured.map_or_else(Raw::default, |c| c.for_each),
            },
            reference: &reference,
            ty: &resource.ty,
            later: opened.later.as_ref(),
            unknown_told: from.earlier
                || from.plan.kind == PlanKind::State
                || trees.unknown.is_some(),
        };
        let at = At {
            value: trees.values.as_ref(),
            unknown: trees.unknown.as_ref(),
            sensitive: trees.sensitive.as_ref(),
            written: match &arguments {
                Some(all) => Written::As(vec![all]),
                None => Written::NoConfiguration,
            },
            path: String::new(),
            depth: 0,
        };
        read(&reading, &at)
    }

    /// The arguments of a resource.
    fn arguments(&self, from: &FromPlan<'p>, at: ResourceAt) -> Rc<Value> {
        if let Some((last, value)) = &*from.arguments.borrow()
            && *last == at
        {
            return value.clone();
        }
        let configured = from.plan.configs[at.0].resources[at.1 as usize].as_ref();
        let value = configured
            .and_then(|c| parsed(from.plan, c.expressions))
            // No arguments are written as nothing.
            .unwrap_or_else(|| {
                Value::Object([("\0".to_owned(), Value::Null)].into_iter().collect())
            });
        let value = Rc::new(value);
        *from.arguments.borrow_mut() = Some((at, value.clone()));
        value
    }

    /// Whether the configuration that a plan holds writes a constant at a path of an instance.
    pub(in crate::evaluate) fn is_constant(
        &self,
        id: super::super::evaluated::InstanceId,
        path: &str,
    ) -> bool {
        fn at(v: &Value, path: &[&str]) -> bool {
            match v {
                Value::Array(items) => items.iter().any(|v| at(v, path)),
                Value::Object(o) if is_expression(v) => {
                    o.get("constant_value").is_some_and(|c| !c.is_null())
                }
                Value::Object(o) => path
                    .split_first()
                    .is_some_and(|(first, rest)| o.get(*first).is_some_and(|v| at(v, rest))),
                _ => false,
            }
        }
        let Some(from) = self.from_plan.as_ref().filter(|f| !f.earlier) else {
            return false;
        };
        let steps: Vec<&str> = path.split('.').collect();
        let number = from.of[id.0 as usize];
        self.read_instance(from, number, |_, a| match &a.written {
            Written::As(all) => all.iter().any(|v| at(v, &steps)),
            _ => false,
        })
    }

    /// A value; `None` where nothing is written.
    fn part(&self, reading: &Reading<'_, 'p>, at: &At<'_>) -> Option<Val> {
        let sensitive = at.sensitive == Some(&Value::Bool(true));
        let marks = if sensitive {
            Marks::SENSITIVE
        } else {
            Marks::NONE
        };
        if at.depth > MAX_DEPTH {
            let id = mix_bytes(reading.reference.identity(), at.path.as_bytes());
            return Some(Val::unknown(Type::Dynamic, id, Why::Limit, "").marked(marks));
        }
        if at.unknown == Some(&Value::Bool(true)) {
            return Some(self.not_known(reading, at)?.marked(marks));
        }
        let value = match at.value {
            None | Some(Value::Null) => {
                // A plan without `after_unknown` leaves out what is not known.
                let lost = !reading.unknown_told
                    && matches!(&at.written, Written::As(w) if w.iter().any(|e| e.get("references").is_some()));
                return if lost {
                    Some(self.not_known(reading, at)?.marked(marks))
                } else {
                    None
                };
            }
            Some(value) => value,
        };
        let made = match value {
            Value::Object(fields) => self.fields(reading, at, fields),
            Value::Array(items) if items.is_empty() => return None,
            Value::Array(items) => {
                let n = items.len();
                let of = |tree: Option<&'_ Value>, i: usize| match tree {
                    Some(Value::Array(list)) => list.get(i).cloned(),
                    other => other.cloned(),
                };
                let items = items.iter().enumerate().map(|(i, v)| {
                    let (unknown, sensitive) = (of(at.unknown, i), of(at.sensitive, i));
                    let at = At {
                        value: Some(v),
                        unknown: unknown.as_ref(),
                        sensitive: sensitive.as_ref(),
                        written: at.written.item(i, n),
                        path: at.path.clone(),
                        depth: at.depth + 1,
                    };
                    self.part(reading, &at).unwrap_or_else(Val::null)
                });
                Val::tuple(items.collect())
            }
            Value::String(text) if text.is_empty() => return None,
            Value::String(_) if !matches!(at.written, Written::As(_)) => {
                json_to_val(value).marked(Marks::CHOSEN)
            }
            Value::String(text) => {
                let made = json_to_val(value);
                let written = match &at.written {
                    Written::As(list) => &list[..],
                    _ => &[],
                };
                match self.read_from(reading.from, reading.site, written, text) {
                    Some(r) => made.via(r),
                    None => made,
                }
            }
            other => json_to_val(other),
        };
        Some(made.marked(marks))
    }

    fn fields(&self, reading: &Reading<'_, 'p>, at: &At<'_>, fields: &Map<String, Value>) -> Val {
        let trees = [
            at.unknown,
            match &at.written {
                // What is written and left out of the values.
                Written::As(list) if !reading.unknown_told => list.first().copied(),
                _ => None,
            },
        ];
        let mut names: Vec<&String> = fields.keys().collect();
        for tree in trees.into_iter().flatten().filter_map(Value::as_object) {
            names.extend(tree.keys().filter(|k| !fields.contains_key(*k)));
        }
        let each = names.into_iter().filter_map(|name| {
            let v = self.field(reading, at, fields, name)?;
            Some((reading.from.name(name), v))
        });
        Val::object(each.collect())
    }

    /// A part of an object.
    fn field(
        &self,
        reading: &Reading<'_, 'p>,
        at: &At<'_>,
        fields: &Map<String, Value>,
        name: &str,
    ) -> Option<Val> {
        let of = |tree: Option<&'_ Value>| match tree {
            Some(Value::Object(map)) => map.get(name).cloned(),
            // All of it.
            other => other.filter(|v| v.is_boolean()).cloned(),
        };
        let (unknown, sensitive) = (of(at.unknown), of(at.sensitive));
        let dot = if at.path.is_empty() { "" } else { "." };
        let inner = At {
            value: fields.get(name),
            unknown: unknown.as_ref(),
            sensitive: sensitive.as_ref(),
            written: match reading.later {
                Some(l) if at.depth == 0 && l.get(name) != fields.get(name) => {
                    Written::NoConfiguration
                }
                _ => at.written.key(name),
            },
            path: format!("{}{dot}{name}", at.path),
            depth: at.depth + 1,
        };
        self.part(reading, &inner)
    }

    /// What is known after apply: what the configuration refers to. `None` where nothing is written: the
    /// provider fills it in, as it does where only the configuration is read.
    fn not_known(&self, reading: &Reading<'_, 'p>, at: &At<'_>) -> Option<Val> {
        let own = Ref {
            path: at.path.as_str().into(),
            ..reading.reference.clone()
        };
        let Written::As(list) = &at.written else {
            return match at.written {
                Written::NoConfiguration => Some(self.computed(&own)),
                // In a block that a `dynamic` block made, of which the configuration tells nothing.
                _ if at.depth > 1 && self.is_unseen_block(reading, at) => {
                    Some(self.plain(&own, ""))
                }
                // The block itself: how many there are hangs on what is known after apply.
                _ if self.types.never_filled(reading.ty, &at.path) => Some(self.plain(&own, "")),
                _ => None,
            };
        };
        let constant = |e: &&Value| e.get("constant_value").is_some_and(Value::is_null);
        if list.iter().all(constant) {
            return None;
        }
        let mut refs: Vec<Ref> = Vec::new();
        let mut opaque: Option<Arc<str>> = None;
        let mut others = list.len() > 1;
        let mut null = false;
        for expression in list {
            if !is_expression(expression) {
                opaque.get_or_insert_with(|| "".into());
                continue;
            }
            for target in self.targets(reading.from, reading.site, expression) {
                match target {
                    Target::Attribute(r) if refs.contains(&r) => {}
                    Target::Attribute(r) => refs.push(r),
                    Target::Known(v) => {
                        others = true;
                        null |= v.is_null();
                    }
                    Target::Opaque(what) => {
                        opaque.get_or_insert(what);
                    }
                }
            }
        }
        if refs.is_empty() && opaque.is_none() && null {
            // All that it can be is null: what is unknown is what the provider fills in.
            return None;
        }
        if let ([only], None) = (&refs[..], &opaque) {
            // With a condition around it, it may be unset too, where the provider fills it in then.
            if !others || !self.may_be_filled_in(reading, at) {
                return Some(self.planned_reference(only));
            }
        }
        let may_be_null = opaque.is_none() && others && self.may_be_filled_in(reading, at);
        let mut alternatives: Vec<(Arc<str>, Val)> = refs
            .iter()
            .map(|r| (self.address(r).into(), self.planned_reference(r)))
            .collect();
        if may_be_null && !alternatives.is_empty() {
            alternatives.push(("null".into(), Val::null()));
        }
        if let Some(what) = &opaque {
            alternatives.push((what.clone(), self.plain(&own, what)));
        }
        if alternatives.len() > MAX_ALTERNATIVES {
            let all: Vec<&Val> = alternatives.iter().map(|(_, v)| v).collect();
            return Some(too_many("plan", &all));
        }
        let atom = mix(own.identity(), 0x9a7);
        match alternatives.len() {
            0 => Some(self.plain(&own, "")),
            1 => alternatives.pop().map(|(_, v)| v),
            _ => Some(Val::one_of(
                alternatives
                    .into_iter()
                    .enumerate()
                    .map(|(i, (text, v))| {
                        let text = format!("{} = {text}", at.path);
                        let which = Literal::new(atom, &Val::num(i as i64), text);
                        (World::of(which), v)
                    })
                    .collect(),
            )),
        }
    }

    /// Whether the configuration writes nothing of the block around a value: a `dynamic` block made it.
    fn is_unseen_block(&self, reading: &Reading<'_, 'p>, at: &At<'_>) -> bool {
        let top = at.path.split('.').next().unwrap_or_default();
        let instance = reading.reference;
        let module = &reading.from.plan.modules[instance.module as usize];
        let config = (module.module.0 - reading.from.plan.modules[0].module.0) as usize;
        let arguments = self.arguments(reading.from, (config, instance.resource));
        arguments.get(top).is_none()
    }

    /// What a reference stands for, known after apply.
    fn planned_reference(&self, r: &Ref) -> Val {
        let mut parts = r.path.split('.');
        let (Some(first), None) = (parts.next().filter(|p| !p.is_empty()), parts.next()) else {
            return self.computed(r);
        };
        if r.key == Key::Any {
            return self.computed(r);
        }
        let whole = Arc::new(Ref {
            path: "".into(),
            ..r.clone()
        });
        let v = self.resource_attribute(&whole, first);
        // The plan says that it is not known: then the expression is more than the reference.
        match v.kind {
            Kind::Unknown(_) | Kind::OneOf(_) => v,
            _ => self.computed(r),
        }
    }

    /// Not known, and the plan does not tell what it hangs on.
    fn plain(&self, own: &Ref, what: &str) -> Val {
        let id = mix(own.identity(), 0x9a8);
        if what.is_empty() {
            Val::unknown(Type::Dynamic, id, Why::Computed, self.address(own))
        } else {
            Val::unknown(Type::Dynamic, id, Why::Plan, what)
        }
    }

    /// Whether the provider fills in what is not written: not, where some instance of the type leaves it
    /// null.
    fn may_be_filled_in(&self, reading: &Reading<'_, 'p>, at: &At<'_>) -> bool {
        if self.types.never_filled(reading.ty, &at.path) {
            return false;
        }
        let known = reading.from.never_filled.borrow().get(reading.ty).cloned();
        let never = known.unwrap_or_else(|| {
            let found = Rc::new(self.left_null(reading.from, reading.ty));
            reading
                .from
                .never_filled
                .borrow_mut()
                .insert(reading.ty.clone(), found.clone());
            found
        });
        !never.contains(&at.path)
    }

    /// The attributes that an instance of a type that is made anew leaves null.
    fn left_null(&self, from: &FromPlan<'p>, ty: &Arc<str>) -> FxHashSet<String> {
        /// So many instances are looked at.
        const ENOUGH: usize = 50;
        let mut out = FxHashSet::default();
        let of_type = from.instances.iter().filter(|i| {
            let module = from.plan.modules[i.module as usize].module;
            let resource = &self.project.module(module).resources[i.resource as usize];
            resource.ty == *ty
        });
        for instance in of_type.take(ENOUGH) {
            let Some(Ok(Value::Object(fields))) =
                from.plan.raw(instance.values).map(serde_json::from_str)
            else {
                continue;
            };
            nulls(&Value::Object(fields), "", &mut out);
        }
        out
    }

    /// What stands in a provider configuration.
    pub(super) fn configured(&self, from: &FromPlan<'p>, module: u32, raw: Raw) -> Val {
        let expressions: Option<Value> = from
            .plan
            .raw(raw)
            .and_then(|text| serde_json::from_str(text).ok());
        let site = Site {
            module,
            key: &from.plan.modules[module as usize].key,
            for_each: Raw::default(),
        };
        expressions.map_or_else(
            || Val::object(Vec::new()),
            |e| self.configured_part(from, site, &e, "", 0),
        )
    }

    fn configured_part(
        &self,
        from: &FromPlan<'p>,
        site: Site<'_>,
        v: &Value,
        name: &str,
        depth: u32,
    ) -> Val {
        match v {
            Value::Array(items) if depth < MAX_DEPTH => Val::tuple(
                items
                    .iter()
                    .map(|v| self.configured_part(from, site, v, name, depth + 1))
                    .collect(),
            ),
            Value::Object(fields) if depth == 0 || !is_expression(v) && depth < MAX_DEPTH => {
                Val::object(
                    fields
                        .iter()
                        .map(|(k, v)| {
                            let inner = self.configured_part(from, site, v, k, depth + 1);
                            (Arc::from(k.as_str()), inner)
                        })
                        .collect(),
                )
            }
            _ => self.configured_value(from, site, v, name),
        }
    }

    /// The value of an expression: a constant, or what the one reference in it stands for.
    fn configured_value(&self, from: &FromPlan<'p>, site: Site<'_>, v: &Value, name: &str) -> Val {
        let targets = self.targets(from, site, v);
        let id = mix_bytes(0x9a9, name.as_bytes());
        let id = mix(id, u64::from(site.module));
        match &targets[..] {
            [Target::Known(v)] if v.as_str() != Some("") => v.clone(),
            [Target::Attribute(r)] => {
                let whole = Arc::new(Ref {
                    path: "".into(),
                    ..r.clone()
                });
                match r.path.split('.').next() {
                    Some(first) if !first.is_empty() && r.key != Key::Any => {
                        self.resource_attribute(&whole, first)
                    }
                    _ => self.computed(r),
                }
            }
            _ => {
                let what = super::references::references(v).join(", ");
                let id = mix_bytes(id, what.as_bytes());
                Val::unknown(Type::Dynamic, id, Why::Plan, what)
            }
        }
    }
}

/// The paths of what is null, in blocks also the empty texts.
fn nulls(v: &Value, path: &str, out: &mut FxHashSet<String>) {
    match v {
        Value::Null => {
            out.insert(path.to_owned());
        }
        Value::String(s) if s.is_empty() && path.contains('.') => {
            out.insert(path.to_owned());
        }
        Value::Array(items) => items.iter().for_each(|v| nulls(v, path, out)),
        Value::Object(fields) => {
            for (name, v) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                nulls(v, &format!("{path}{dot}{name}"), out);
            }
        }
        _ => {}
    }
}
