//! Module instances and resource instances: `count`, `for_each`, and what is not known of them.
//!
//! Both are expanded when first asked for, because the `for_each` of one may need the output of
//! another. How many there are may hang on a condition: then an instance exists in some worlds. Or it
//! is not known: then there is one, `[*]`.

use super::convert::convert;
use super::evaluated::{Instance, InstanceId, MissingCall};
use super::expr::{Cx, as_alternatives, is_error, snippet};
use super::planned::Repeated;
use super::scope::{Binding, Scope};
use super::types::Type;
use super::value::{
    Key, Kind, MAX_ALTERNATIVES, Marks, Ref, Val, Why, World, mix, mix_bytes, unknown_from,
};
use super::{Evaluation, MAX_INSTANCES, MAX_MODULE_DEPTH, MODULE};
use crate::diagnostic::Message;
use crate::load::project::{Body, Mode, ModuleId};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;

/// What is remembered of an object that is evaluated once.
#[derive(Clone, Debug, Default)]
pub(super) enum Slot {
    #[default]
    Empty,
    Busy,
    Done(Val),
}

/// A lazily made thing that may be asked for while it is being made.
#[derive(Debug)]
pub(super) enum Lazy<T> {
    Empty,
    Busy,
    Done(Rc<T>),
}

/// One instance of a module.
#[derive(Debug)]
pub(super) struct ModuleInstance {
    pub module: ModuleId,
    /// The calling module instance and the number of its call.
    pub parent: Option<(u32, u32)>,
    /// In what the call's arguments are evaluated.
    pub scope: Scope,
    /// `module.a["x"]`, empty for the root.
    pub address: Arc<str>,
    /// `a.b`, as modules.json names it.
    pub path: Arc<str>,
    /// The worlds in which it exists; empty: in all; `None`: in none.
    pub worlds: Option<Vec<World>>,
    pub counted: bool,
    pub depth: u32,
    pub variables: RefCell<Vec<Slot>>,
    pub locals: RefCell<Vec<Slot>>,
    pub outputs: RefCell<Vec<Slot>>,
    pub resources: RefCell<Vec<Lazy<Expansion>>>,
    pub calls: RefCell<Vec<Lazy<Expansion>>>,
}

/// The instances of a resource or of a module call.
#[derive(Debug)]
pub(super) struct Expansion {
    pub instances: Vec<Expanded>,
    /// What the name stands for in expressions; `None` for a module that is not there.
    pub value: Option<Val>,
    /// For a module call: the module instances, in the order of `instances`.
    pub modules: Vec<u32>,
    /// Key to index in `instances`.
    pub by_key: FxHashMap<Key, u32>,
}

/// One instance.
#[derive(Debug, Clone)]
pub(super) struct Expanded {
    pub key: Key,
    /// `each.value`.
    pub value: Option<Val>,
    /// The worlds in which it exists; empty: in all.
    pub worlds: Vec<World>,
}

impl Expanded {
    fn only() -> Expanded {
        Expanded {
            key: Key::None,
            value: None,
            worlds: Vec::new(),
        }
    }

    /// Any of those that are not known.
    pub(super) fn any() -> Expanded {
        Expanded {
            key: Key::Any,
            ..Expanded::only()
        }
    }

    pub(super) fn scope(&self, module: u32, id: u64) -> Scope {
        let scope = Scope::module(module);
        match (&self.key, &self.value) {
            (Key::None, _) => scope,
            (Key::Index(i), _) => scope.bind(Binding::Count(Val::num(*i as i64))),
            (Key::Name(name), Some(v)) => {
                scope.bind(Binding::Each(Val::str(name.clone()), v.clone()))
            }
            (Key::Name(name), None) => scope.bind(Binding::Each(
                Val::str(name.clone()),
                Val::str(name.clone()),
            )),
            (Key::Any, v) => {
                let key = Val::unknown(Type::String, mix(id, 1), Why::Instances, "each.key");
                let index = Val::unknown(Type::Number, mix(id, 3), Why::Instances, "count.index");
                let value = v.clone().unwrap_or_else(|| {
                    Val::unknown(Type::Dynamic, mix(id, 2), Why::Instances, "each.value")
                });
                scope
                    .bind(Binding::Each(key, value))
                    .bind(Binding::Count(index))
            }
        }
    }
}

/// How often something is there.
struct Repetition {
    instances: Vec<Expanded>,
    /// `count` (else `for_each`); `None` without either.
    count: Option<bool>,
    /// The value that decided, to build what the name stands for in each world.
    shapes: Vec<(World, Vec<Key>)>,
    marks: Marks,
}

impl Evaluation<'_> {
    pub(super) fn module_instance(&self, m: u32) -> Rc<ModuleInstance> {
        self.modules.borrow()[m as usize].clone()
    }

    pub(super) fn add_module(&self, inst: ModuleInstance) -> u32 {
        let mut modules = self.modules.borrow_mut();
        modules.push(Rc::new(inst));
        modules.len() as u32 - 1
    }

    pub(super) fn new_instance(
        &self,
        module: ModuleId,
        parent: Option<(u32, u32)>,
        scope: Scope,
        address: Arc<str>,
        path: Arc<str>,
    ) -> ModuleInstance {
        let m = self.project.module(module);
        let slots = |n: usize| RefCell::new(vec![Slot::Empty; n]);
        let lazy = |n: usize| RefCell::new((0..n).map(|_| Lazy::Empty).collect());
        ModuleInstance {
            module,
            parent,
            scope,
            address,
            path,
            worlds: Some(Vec::new()),
            counted: true,
            depth: 0,
            variables: slots(m.variables.len()),
            locals: slots(m.locals.len()),
            outputs: slots(m.outputs.len()),
            resources: lazy(m.resources.len()),
            calls: lazy(m.calls.len()),
        }
    }

    /// The instances of a resource; `None` in a cycle.
    pub(super) fn resource_expansion(&self, m: u32, r: u32) -> Option<Rc<Expansion>> {
        let inst = self.module_instance(m);
        match &inst.resources.borrow()[r as usize] {
            Lazy::Done(e) => return Some(e.clone()),
            Lazy::Busy => return None,
            Lazy::Empty => {}
        }
        inst.resources.borrow_mut()[r as usize] = Lazy::Busy;
        let resource = &self.project.module(inst.module).resources[r as usize];
        let repetition = self.certain(|| self.repetition(m, &resource.body, Repeated::Resource(r)));
        let whole = |key: &Key| {
            let reference = Ref {
                module: m,
                resource: r,
                key: key.clone(),
                path: "".into(),
            };
            Val::from(Kind::Instance(Arc::new(reference)))
        };
        let any = || {
            let reference = Ref {
                module: m,
                resource: r,
                key: Key::Any,
                path: "".into(),
            };
            let address = self.address(&reference);
            let mut v = Val::unknown(Type::Dynamic, reference.identity(), Why::Instances, address);
            if let Kind::Unknown(u) = &mut v.kind {
                Arc::make_mut(u).refs = Arc::from([reference.clone()]);
            }
            v.via(Arc::new(reference))
        };
        let value = self.value_of(&repetition, &whole, &any);
        let by_key = index_keys(&repetition.instances);
        let expansion = Rc::new(Expansion {
            instances: repetition.instances,
            value: Some(value),
            modules: Vec::new(),
            by_key,
        });
        inst.resources.borrow_mut()[r as usize] = Lazy::Done(expansion.clone());
        Some(expansion)
    }

    /// The instances of a module call; `None` in a cycle.
    pub(super) fn call_expansion(&self, m: u32, c: u32) -> Option<Rc<Expansion>> {
        let inst = self.module_instance(m);
        match &inst.calls.borrow()[c as usize] {
            Lazy::Done(e) => return Some(e.clone()),
            Lazy::Busy => return None,
            Lazy::Empty => {}
        }
        inst.calls.borrow_mut()[c as usize] = Lazy::Busy;
        let call = &self.project.module(inst.module).calls[c as usize];
        let path: Arc<str> = if inst.path.is_empty() {
            call.name.clone()
        } else {
            format!("{}.{}", inst.path, call.name).into()
        };
        let target = call
            .local
            .or_else(|| self.root.vendored.get(&path).copied());
        let repetition = self.certain(|| self.repetition(m, &call.body, Repeated::Call(c)));
        let mut modules = Vec::new();
        let mut value = None;
        if let Some(target) = target {
            if inst.depth + 1 >= MAX_MODULE_DEPTH || self.calls_itself(m, target) {
                self.report_limit(Some(call.place), Message::new("limit.modules"));
            } else {
                let id = mix(mix(0xca1, u64::from(m)), u64::from(c));
                for expanded in &repetition.instances {
                    // Where it cannot exist it is made all the same, so that keys and numbers agree;
                    // its resources are left out (`worlds` is None then).
                    if self.modules.borrow().len() >= MAX_INSTANCES {
                        self.report_limit(Some(call.place), Message::new("limit.instances"));
                        break;
                    }
                    let address = with_key(&self.call_address(m, c), &expanded.key);
                    let mut child = self.new_instance(
                        target,
                        Some((m, c)),
                        expanded.scope(m, id),
                        address.into(),
                        path.clone(),
                    );
                    child.worlds = inst
                        .worlds
                        .as_ref()
                        .and_then(|w| both_worlds(w, &expanded.worlds));
                    child.counted = inst.counted && expanded.key != Key::Any;
                    child.depth = inst.depth + 1;
                    modules.push(self.add_module(child));
                }
                let by_key = index_keys(&repetition.instances);
                let of = |m: u32| {
                    let reference = Ref {
                        module: m,
                        resource: MODULE,
                        key: Key::None,
                        path: "".into(),
                    };
                    Val::from(Kind::Instance(Arc::new(reference)))
                };
                let whole = |key: &Key| {
                    by_key
                        .get(key)
                        .and_then(|&i| modules.get(i as usize))
                        .map_or_else(Val::null, |&m| of(m))
                };
                let any = || {
                    // Outputs of the one instance that stands for all are what each would give.
                    let one = by_key.get(&Key::Any).and_then(|&i| modules.get(i as usize));
                    match one {
                        Some(&m) => of(m),
                        None => {
                            Val::unknown(Type::Dynamic, id, Why::Instances, self.call_address(m, c))
                        }
                    }
                };
                value = Some(self.value_of(&repetition, &whole, &any));
                if repetition.instances.iter().any(|i| i.key == Key::Any)
                    && repetition.count.is_some()
                {
                    let subject = self.call_address(m, c);
                    value = Some(Val::unknown(Type::Dynamic, id, Why::Instances, subject));
                }
            }
        }
        let by_key = index_keys(&repetition.instances);
        let expansion = Rc::new(Expansion {
            instances: repetition.instances,
            value,
            modules,
            by_key,
        });
        inst.calls.borrow_mut()[c as usize] = Lazy::Done(expansion.clone());
        Some(expansion)
    }

    fn calls_itself(&self, m: u32, target: ModuleId) -> bool {
        let mut at = Some(m);
        while let Some(m) = at {
            let inst = self.module_instance(m);
            if inst.module == target {
                return true;
            }
            at = inst.parent.map(|(p, _)| p);
        }
        false
    }

    /// What the name of something repeated stands for, in each world.
    fn value_of(&self, r: &Repetition, whole: &dyn Fn(&Key) -> Val, any: &dyn Fn() -> Val) -> Val {
        let Some(count) = r.count else {
            let one = |keys: &[Key]| match keys {
                [] => Val::null(),
                _ => whole(&Key::None),
            };
            let each = r.shapes.iter().map(|(w, keys)| (w.clone(), one(keys)));
            return Val::one_of(each.collect());
        };
        let shape = |keys: &[Key]| {
            if keys.contains(&Key::Any) {
                return any();
            }
            if count {
                return Val::tuple(keys.iter().map(whole).collect());
            }
            Val::object(
                keys.iter()
                    .map(|k| match k {
                        Key::Name(n) => (n.clone(), whole(k)),
                        _ => ("".into(), whole(k)),
                    })
                    .collect(),
            )
        };
        Val::one_of(
            r.shapes
                .iter()
                .map(|(w, keys)| (w.clone(), shape(keys)))
                .collect(),
        )
        .marked(r.marks)
    }

    fn repetition(&self, m: u32, body: &Body, what: Repeated) -> Repetition {
        let sources = &self.project.sources;
        let one = |value: Option<Val>| Repetition {
            instances: vec![Expanded {
                key: Key::Any,
                value,
                worlds: Vec::new(),
            }],
            count: Some(true),
            shapes: vec![(World::ANY, vec![Key::Any])],
            marks: Marks::NONE,
        };
        let count = body.attribute(sources, "count");
        let for_each = body.attribute(sources, "for_each");
        if let (Some((file, a)), Some(_)) = (&count, &for_each) {
            self.report_always(
                Some(sources.place(*file, a.value)),
                Message::new("evaluate.count-and-for-each"),
            );
        }
        if let Some((file, a)) = count {
            let cx = Cx::new(sources.tree(file), Some(file), Scope::module(m));
            let v = self.expr(&cx, a.value);
            let bad = |message: Message| {
                self.error(&cx, a.value, message);
                one(None)
            };
            let v = match convert(&v, &Type::Number) {
                Ok(v) => v,
                Err(e) => return bad(Message::new("evaluate.count-value").arg(e)),
            };
            let mut shapes = Vec::new();
            for (world, v) in v.alternatives() {
                match &v.kind {
                    Kind::Num(n) => match n.to_i64() {
                        Some(n) if (0..=MAX_INSTANCES as i64).contains(&n) => {
                            shapes.push((world, (0..n as u64).map(Key::Index).collect()));
                        }
                        Some(n) if n > 0 => {
                            self.report_limit(
                                self.place(&cx, a.value),
                                Message::new("limit.instances"),
                            );
                            shapes.push((world, vec![Key::Any]));
                        }
                        _ => return bad(Message::new("evaluate.count-value").arg(n.to_string())),
                    },
                    Kind::Null(_) => return bad(Message::new("evaluate.count-value").arg("null")),
                    _ => shapes.push((world, vec![Key::Any])),
                }
            }
            if let Some(keys) = self.planned_shape(m, what, &shapes) {
                shapes = vec![(World::ANY, keys)];
            }
            return assemble(shapes, true, v.marks, |_, _| None);
        }
        let Some((file, a)) = for_each else {
            return self.enabled(m, body, what).unwrap_or_else(|| Repetition {
                instances: vec![Expanded::only()],
                count: None,
                shapes: vec![(World::ANY, vec![Key::None])],
                marks: Marks::NONE,
            });
        };
        let cx = Cx::new(sources.tree(file), Some(file), Scope::module(m));
        let v = self.materialised(&self.expr(&cx, a.value));
        if v.marks.has(Marks::SENSITIVE) {
            self.error(&cx, a.value, Message::new("evaluate.for-each-sensitive"));
            let mut r = one(None);
            r.count = Some(false);
            return r;
        }
        let mut shapes = Vec::new();
        let mut values: Vec<FxHashMap<Key, Val>> = Vec::new();
        for (world, v) in v.alternatives() {
            match for_each_keys(&v) {
                Ok(pairs) => {
                    if pairs.len() > MAX_INSTANCES {
                        self.report_limit(
                            self.place(&cx, a.value),
                            Message::new("limit.instances"),
                        );
                        shapes.push((world, vec![Key::Any]));
                        values.push(FxHashMap::default());
                        continue;
                    }
                    shapes.push((world, pairs.iter().map(|(k, _)| k.clone()).collect()));
                    values.push(pairs.into_iter().collect());
                }
                Err(problem) => {
                    if let Some(problem) = problem
                        && !is_error(&v)
                    {
                        self.error(
                            &cx,
                            a.value,
                            Message::new("evaluate.for-each-value").arg(problem),
                        );
                    }
                    shapes.push((world, vec![Key::Any]));
                    let mut each = unknown_from(element_type(&v), "each.value", &[&v]);
                    // Over all instances of a resource: one of them.
                    each.via = v.via.clone().filter(|r| r.path.is_empty());
                    values.push(std::iter::once((Key::Any, each)).collect());
                }
            }
        }
        if let Some(keys) = self.planned_shape(m, what, &shapes) {
            let values = planned_values(&v, &shapes, &values, &keys);
            let shapes = vec![(World::ANY, keys)];
            return assemble(shapes, false, v.marks, |key, _| values.get(key).cloned());
        }
        let worlds: Vec<World> = shapes.iter().map(|(w, _)| w.clone()).collect();
        assemble(shapes, false, v.marks, |key, _| {
            let found: Vec<(World, Val)> = worlds
                .iter()
                .zip(&values)
                .filter_map(|(w, values)| values.get(key).map(|v| (w.clone(), v.clone())))
                .collect();
            (!found.is_empty()).then(|| Val::one_of(found))
        })
    }

    /// The instances as the plan tells them, where the configuration leaves open which there are.
    fn planned_shape(
        &self,
        m: u32,
        what: Repeated,
        shapes: &[(World, Vec<Key>)],
    ) -> Option<Vec<Key>> {
        let open = shapes.len() != 1 || shapes.iter().any(|(_, keys)| keys.contains(&Key::Any));
        open.then(|| self.planned_keys(m, what)).flatten()
    }

    /// There or not, as `lifecycle { enabled = … }` says (`OpenTofu`).
    fn enabled(&self, m: u32, body: &Body, what: Repeated) -> Option<Repetition> {
        let sources = &self.project.sources;
        let mut lifecycle = body.blocks(sources, "lifecycle").into_iter();
        let (file, a) = lifecycle.find_map(|(file, b)| Some((file, b.attribute("enabled")?)))?;
        let cx = Cx::new(sources.tree(file), Some(file), Scope::module(m));
        let v = self.expr(&cx, a.value);
        let v = convert(&v, &Type::Bool).unwrap_or(v);
        let mut shapes = Vec::new();
        for (world, v) in as_alternatives(&v, &snippet(cx.tree, a.value)).alternatives() {
            match v.kind {
                Kind::Bool(false) => shapes.push((world, Vec::new())),
                Kind::Bool(true) => shapes.push((world, vec![Key::None])),
                // An error says what is wrong where it arose; the thing may well be there.
                _ => return None,
            }
        }
        if let Some(keys) = self.planned_shape(m, what, &shapes) {
            shapes = vec![(World::ANY, keys)];
        }
        let mut repetition = assemble(shapes, false, v.marks, |_, _| None);
        repetition.count = None;
        Some(repetition)
    }

    /// The address of a call: `module.a["x"].module.b`.
    pub(super) fn call_address(&self, m: u32, c: u32) -> String {
        let inst = self.module_instance(m);
        let call = &self.project.module(inst.module).calls[c as usize];
        if inst.address.is_empty() {
            format!("module.{}", call.name)
        } else {
            format!("{}.module.{}", inst.address, call.name)
        }
    }

    /// Walks all modules, in the order they stand, and lists every resource instance and every call
    /// whose module is not there.
    pub(super) fn expand_all(
        &self,
        m: u32,
        out: &mut Vec<Instance>,
        missing: &mut Vec<MissingCall>,
    ) {
        let inst = self.module_instance(m);
        let Some(own_worlds) = &inst.worlds else {
            return;
        };
        let module = self.project.module(inst.module);
        for (r, resource) in module.resources.iter().enumerate() {
            if !self.types.wanted(resource.mode, &resource.ty) {
                continue;
            }
            let Some(expansion) = self.resource_expansion(m, r as u32) else {
                continue;
            };
            let base: Arc<str> =
                resource_address(&inst.address, resource.mode, &resource.ty, &resource.name).into();
            for expanded in &expansion.instances {
                if out.len() >= MAX_INSTANCES {
                    self.report_limit(Some(resource.place), Message::new("limit.instances"));
                    return;
                }
                if self.is_gone(m, r as u32, &expanded.key) {
                    continue;
                }
                let Some(worlds) = both_worlds(own_worlds, &expanded.worlds) else {
                    continue;
                };
                let address = if expanded.key == Key::None {
                    base.clone()
                } else {
                    with_key(&base, &expanded.key).into()
                };
                out.push(Instance {
                    id: InstanceId(out.len() as u32),
                    module: m,
                    resource: r as u32,
                    key: expanded.key.clone(),
                    mode: resource.mode,
                    ty: resource.ty.clone(),
                    address,
                    worlds,
                    counted: inst.counted && expanded.key != Key::Any,
                    place: resource.place,
                });
            }
        }
        for (c, call) in module.calls.iter().enumerate() {
            let Some(expansion) = self.call_expansion(m, c as u32) else {
                continue;
            };
            if expansion.value.is_none() && !expansion.instances.is_empty() {
                missing.push(MissingCall {
                    address: self.call_address(m, c as u32).into(),
                    source: call.source.clone(),
                    version: call.version.clone(),
                    place: call.place,
                    providers: self.handed_to(m, c as u32),
                });
            }
            for &child in &expansion.modules {
                self.expand_all(child, out, missing);
            }
        }
    }
}

fn assemble(
    shapes: Vec<(World, Vec<Key>)>,
    count: bool,
    marks: Marks,
    value: impl Fn(&Key, &World) -> Option<Val>,
) -> Repetition {
    let mut order: Vec<Key> = Vec::new();
    let mut worlds: FxHashMap<Key, Vec<World>> = FxHashMap::default();
    for (world, keys) in &shapes {
        for key in keys {
            let at = worlds.entry(key.clone()).or_insert_with(|| {
                order.push(key.clone());
                Vec::new()
            });
            at.push(world.clone());
        }
    }
    if shapes.len() > 1 {
        order.sort();
    }
    let instances = order
        .into_iter()
        .map(|key| {
            let own = worlds.remove(&key).unwrap_or_default();
            // In every world: nothing is assumed.
            let worlds = if own.len() == shapes.len() {
                Vec::new()
            } else {
                own
            };
            Expanded {
                value: value(&key, &World::ANY),
                key,
                worlds,
            }
        })
        .collect();
    Repetition {
        instances,
        count: Some(count),
        shapes,
        marks,
    }
}

fn index_keys(instances: &[Expanded]) -> FxHashMap<Key, u32> {
    instances
        .iter()
        .enumerate()
        .map(|(i, e)| (e.key.clone(), i as u32))
        .collect()
}

/// `each.value` of instances that the plan tells, as far as the configuration gives it.
fn planned_values(
    over: &Val,
    shapes: &[(World, Vec<Key>)],
    values: &[FxHashMap<Key, Val>],
    keys: &[Key],
) -> FxHashMap<Key, Val> {
    let same = |own: &[Key]| own.len() == keys.len() && keys.iter().all(|k| own.contains(k));
    let this = shapes.iter().position(|(_, own)| same(own));
    let is_set = matches!(over.ty(), Type::Set(_));
    keys.iter()
        .filter_map(|key| {
            let Key::Name(name) = key else { return None };
            let known = match this {
                Some(at) => values[at].get(key),
                None => values.iter().find_map(|of| of.get(key)),
            };
            let v = match known {
                Some(v) => v.clone(),
                None if is_set => Val::str(name.clone()),
                None => {
                    let any = values.iter().find_map(|of| of.get(&Key::Any))?;
                    let key = Val::str(name.clone());
                    let mut each = unknown_from(any.ty(), "each.value", &[any, &key]);
                    each.via.clone_from(&any.via);
                    each
                }
            };
            Some((key.clone(), v))
        })
        .collect()
}

fn element_type(v: &Val) -> Type {
    match v.ty() {
        Type::Map(t) | Type::Set(t) | Type::List(t) => (*t).clone(),
        _ => Type::Dynamic,
    }
}

/// Keys and values of `for_each`; an error without words where it is not known.
fn for_each_keys(v: &Val) -> Result<Vec<(Key, Val)>, Option<String>> {
    match &v.kind {
        Kind::Map(f) | Kind::Object(f) if f.open.is_none() => Ok(f
            .items
            .iter()
            .map(|(k, v)| (Key::Name(k.clone()), v.clone()))
            .collect()),
        Kind::Set(s) => {
            let mut out = Vec::with_capacity(s.items.len());
            for item in &s.items {
                match convert(item, &Type::String).map(|v| v.kind) {
                    Ok(Kind::Str(k)) if matches!(item.kind, Kind::Str(_)) => {
                        out.push((Key::Name(k.clone()), Val::str(k)));
                    }
                    Ok(Kind::Unknown(_) | Kind::OneOf(_)) => return Err(None),
                    Ok(Kind::Null(_)) => return Err(Some("a set with a null value".into())),
                    _ => return Err(Some("a set of something other than strings".into())),
                }
            }
            Ok(out)
        }
        Kind::Unknown(_) | Kind::OneOf(_) | Kind::Instance(_) => Err(None),
        Kind::Null(_) => Err(Some("null".into())),
        _ => Err(Some(v.ty().friendly())),
    }
}

/// Worlds that hold of both; empty means all, `None` that there is none.
pub(super) fn both_worlds(a: &[World], b: &[World]) -> Option<Vec<World>> {
    if a.is_empty() {
        return Some(b.to_vec());
    }
    if b.is_empty() {
        return Some(a.to_vec());
    }
    let out: Vec<World> = a
        .iter()
        .flat_map(|x| b.iter().filter_map(|y| x.and(y)))
        .collect();
    match out.len() {
        0 => None,
        // Too many to tell apart: it may exist in any.
        n if n > MAX_ALTERNATIVES => Some(Vec::new()),
        _ => Some(out),
    }
}

/// `address[key]`.
pub(super) fn with_key(address: &str, key: &Key) -> String {
    match key {
        Key::None => address.to_owned(),
        Key::Index(i) => format!("{address}[{i}]"),
        Key::Any => format!("{address}[*]"),
        Key::Name(n) => {
            let mut out = format!("{address}[\"");
            let mut rest = n.chars().peekable();
            while let Some(c) = rest.next() {
                match c {
                    // Begins no template.
                    '$' | '%' if rest.peek() == Some(&'{') => out.extend([c, c]),
                    '"' => out.push_str("\\\""),
                    '\\' => out.push_str("\\\\"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    '\t' => out.push_str("\\t"),
                    c if !is_shown(c) && u32::from(c) < 0x1_0000 => {
                        let _ = write!(out, "\\u{:04x}", u32::from(c));
                    }
                    c if !is_shown(c) => {
                        let _ = write!(out, "\\U{:08x}", u32::from(c));
                    }
                    c => out.push(c),
                }
            }
            out.push_str("\"]");
            out
        }
    }
}

/// Whether a character leaves something to be seen, or is a space.
fn is_shown(c: char) -> bool {
    let format = matches!(
        u32::from(c),
        0xAD | 0x61C | 0x180E | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB
    );
    c == ' ' || !(c.is_control() || c.is_whitespace() || format)
}

/// `module.a.data.TYPE.NAME`.
pub(super) fn resource_address(module: &str, mode: Mode, ty: &str, name: &str) -> String {
    let prefix = match mode {
        Mode::Managed => "",
        Mode::Data => "data.",
        Mode::Ephemeral => "ephemeral.",
    };
    let dot = if module.is_empty() { "" } else { "." };
    format!("{module}{dot}{prefix}{ty}.{name}")
}

/// An identity for what is not known of an instance of a resource.
pub(super) fn instance_identity(m: u32, r: u32) -> u64 {
    mix_bytes(mix(u64::from(m), 0x1d), &r.to_le_bytes())
}
