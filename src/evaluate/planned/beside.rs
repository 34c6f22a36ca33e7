//! A plan beside the configuration that it was made of: what the configuration leaves open, the plan tells.
//!
//! Lives here: which instances there are, and what the plan says of each as a tree ([`PlannedValue`]). Expressions stay
//! the configuration's, so that places, trails and what is joined by reference are those of the code. Not here:
//! where it is asked (`body.rs`, `modules.rs`, `names.rs`).

use super::key_of;
use super::trees::{Recent, Trees};
use crate::evaluate::Evaluation;
use crate::evaluate::convert::convert;
use crate::evaluate::evaluated::View;
use crate::evaluate::expr::is_error;
use crate::evaluate::functions::{Files, json_to_val};
use crate::evaluate::modules::{resource_address, with_key};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Key, Kind, Marks, Val};
use crate::load::planned::Planned;
use crate::load::project::{Mode, Project, Root, VariableSet};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use std::rc::Rc;
use std::sync::Arc;

/// Values in values.
const MAX_DEPTH: u32 = 64;

/// A plan beside configuration.
pub(in crate::evaluate) struct Beside<'p> {
    plan: &'p Planned,
    /// The number of a module instance in the plan, by address.
    modules: FxHashMap<Arc<str>, u32>,
    /// The keys of a module call, by calling module instance and name.
    calls: FxHashMap<(u32, Arc<str>), Vec<Key>>,
    /// The instances of a resource that are no remains, by module instance and resource.
    instances: FxHashMap<(u32, u32), Vec<(Key, u32)>>,
    /// Instances that the plan destroys.
    gone: FxHashSet<(u32, u32, Key)>,
    told: Recent<PlannedValue>,
}

/// What a plan tells of a value.
#[derive(Debug)]
pub enum PlannedValue {
    /// It will be known after apply.
    Unknown,
    /// It is not set.
    Null,
    /// Text, number or truth value.
    Value(Val),
    /// An object, by name.
    Fields(Vec<(Arc<str>, Rc<PlannedValue>)>),
    /// A list or set, in no order that could be relied on.
    Items(Vec<Rc<PlannedValue>>),
}

/// What is asked how often it is there.
#[derive(Clone, Copy)]
pub(in crate::evaluate) enum Repeated {
    /// A resource, by number in its module.
    Resource(u32),
    /// A module call, by number in its module.
    Call(u32),
}

impl PlannedValue {
    fn of(
        value: Option<&Value>,
        unknown: Option<&Value>,
        sensitive: Option<&Value>,
        depth: u32,
    ) -> PlannedValue {
        let is_true = |v: Option<&Value>| v.and_then(Value::as_bool) == Some(true);
        if is_true(unknown) || depth > MAX_DEPTH {
            return PlannedValue::Unknown;
        }
        let secret = is_true(sensitive);
        let below = |tree: Option<&'_ Value>, at: &dyn Fn(&Value) -> Option<Value>| match tree {
            Some(Value::Bool(all)) => Some(Value::Bool(*all)),
            Some(tree) => at(tree),
            None => None,
        };
        match value {
            None | Some(Value::Null) => PlannedValue::Null,
            Some(Value::Array(items)) => PlannedValue::Items(
                items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| {
                        let at = |t: &Value| t.get(i).cloned();
                        let (unknown, sensitive) = (below(unknown, &at), below(sensitive, &at));
                        let told = PlannedValue::of(
                            Some(item),
                            unknown.as_ref(),
                            sensitive.as_ref(),
                            depth + 1,
                        );
                        Rc::new(told)
                    })
                    .collect(),
            ),
            Some(Value::Object(fields)) => {
                let lost = unknown.and_then(Value::as_object).into_iter().flatten();
                let lost = lost.filter(|(name, _)| !fields.contains_key(*name));
                let all = fields.iter().map(|(n, v)| (n, Some(v)));
                PlannedValue::Fields(
                    all.chain(lost.map(|(n, _)| (n, None)))
                        .map(|(name, value)| {
                            let at = |t: &Value| t.get(name).cloned();
                            let (unknown, sensitive) = (below(unknown, &at), below(sensitive, &at));
                            let told = PlannedValue::of(
                                value,
                                unknown.as_ref(),
                                sensitive.as_ref(),
                                depth + 1,
                            );
                            (Arc::from(name.as_str()), Rc::new(told))
                        })
                        .collect(),
                )
            }
            Some(scalar) => {
                let marks = if secret {
                    Marks::SENSITIVE
                } else {
                    Marks::NONE
                };
                PlannedValue::Value(json_to_val(scalar).marked(marks))
            }
        }
    }

    /// What it tells of a part.
    pub fn field(&self, name: &str) -> Option<&Rc<PlannedValue>> {
        match self {
            PlannedValue::Fields(fields) => {
                fields.iter().find(|(n, _)| **n == *name).map(|(_, t)| t)
            }
            _ => None,
        }
    }

    /// Its parts.
    pub fn fields(&self) -> impl Iterator<Item = &(Arc<str>, Rc<PlannedValue>)> {
        let fields = match self {
            PlannedValue::Fields(fields) => &fields[..],
            _ => &[],
        };
        fields.iter()
    }

    /// The value as of something that nobody wrote: `None` for what is not set, empty, or known after apply.
    pub fn unwritten(&self) -> Option<Val> {
        match self {
            PlannedValue::Unknown | PlannedValue::Null => None,
            PlannedValue::Value(v) => match v.as_str() {
                Some("") => None,
                Some(_) => Some(v.clone().marked(Marks::CHOSEN)),
                None => Some(v.clone()),
            },
            PlannedValue::Items(items) if items.is_empty() => None,
            PlannedValue::Items(items) => Some(Val::tuple(
                items
                    .iter()
                    .map(|t| t.unwritten().unwrap_or_else(Val::null))
                    .collect(),
            )),
            PlannedValue::Fields(fields) => Some(Val::object(
                fields
                    .iter()
                    .filter_map(|(n, t)| Some((n.clone(), t.unwritten()?)))
                    .collect(),
            )),
        }
    }

    /// The value, where all of it is known.
    fn whole(&self) -> Option<Val> {
        match self {
            PlannedValue::Unknown => None,
            PlannedValue::Null => Some(Val::null()),
            PlannedValue::Value(v) => Some(v.clone()),
            PlannedValue::Items(items) => {
                let all: Option<Vec<Val>> = items.iter().map(|t| t.whole()).collect();
                Some(Val::tuple(all?))
            }
            PlannedValue::Fields(fields) => {
                let each = fields.iter().map(|(n, t)| Some((n.clone(), t.whole()?)));
                let all: Option<Vec<(Arc<str>, Val)>> = each.collect();
                Some(Val::object(all?))
            }
        }
    }

    /// Whether a value of the configuration can be this one.
    pub fn could_be(&self, v: &Val) -> bool {
        match (self, &v.kind) {
            (_, Kind::Unknown(_) | Kind::Instance(_)) | (PlannedValue::Unknown, _) => true,
            (_, Kind::OneOf(alts)) => alts.iter().any(|a| self.could_be(&a.val)),
            // A provider fills in what is null.
            (_, Kind::Null(_)) => true,
            (PlannedValue::Value(told), _) => same_text(told, v),
            (PlannedValue::Items(items), _) => v.as_seq().is_some_and(|s| s.len() == items.len()),
            (PlannedValue::Fields(_), _) => v.as_fields().is_some(),
            (PlannedValue::Null, _) => false,
        }
    }
}

/// Whether two scalars are the same for a provider: `"true"` and `true`.
fn same_text(a: &Val, b: &Val) -> bool {
    let text = |v: &Val| convert(v, &Type::String).ok();
    match (text(a), text(b)) {
        (Some(a), Some(b)) => a.as_str() == b.as_str(),
        _ => false,
    }
}

/// Whether a text is a document: a provider writes it in its own way.
fn is_document(v: &Val) -> bool {
    v.as_str().is_some_and(|s| {
        let s = s.trim_start();
        s.starts_with('{') || s.starts_with('[')
    })
}

impl<'p> Beside<'p> {
    pub(in crate::evaluate) fn new(plan: &'p Planned, project: &Project) -> Beside<'p> {
        let mut out = Beside {
            plan,
            modules: FxHashMap::default(),
            calls: FxHashMap::default(),
            instances: FxHashMap::default(),
            gone: plan
                .gone
                .iter()
                .map(|(m, r, key)| (*m, *r, key_of(key)))
                .collect(),
            told: Recent::default(),
        };
        let mut addresses: Vec<String> = Vec::new();
        for (number, module) in plan.modules.iter().enumerate() {
            let address = module.parent.map_or_else(String::new, |parent| {
                let key = key_of(&module.key);
                let of = (parent, module.name.clone());
                out.calls.entry(of).or_default().push(key.clone());
                let parent = &addresses[parent as usize];
                let dot = if parent.is_empty() { "" } else { "." };
                with_key(&format!("{parent}{dot}module.{}", module.name), &key)
            });
            out.modules.insert(address.as_str().into(), number as u32);
            addresses.push(address);
        }
        for (number, i) in plan.instances.iter().enumerate() {
            let module = project.module(plan.modules[i.module as usize].module);
            let there = (i.resource as usize) < module.resources.len();
            if i.deposed.is_none() && there {
                out.instances
                    .entry((i.module, i.resource))
                    .or_default()
                    .push((key_of(&i.key), number as u32));
            }
        }
        for keys in out.calls.values_mut() {
            keys.sort();
        }
        for keys in out.instances.values_mut() {
            keys.sort_by(|a, b| a.0.cmp(&b.0));
        }
        out
    }

    /// The value of a variable of the root module.
    pub(in crate::evaluate) fn variable(&self, name: &str) -> Option<Val> {
        let text = self.plan.raw(*self.plan.variables.get(name)?)?;
        let value: Value = serde_json::from_str(text).ok()?;
        Some(json_to_val(&value))
    }
}

/// Stands for the name of the workspace to see where it comes through as it is. No function leaves it as it is
/// that would change a name.
const ANY_WORKSPACE: &str = "Wx9\u{e000}yZ";

/// The workspace that a plan was made in, by the names that are made of it: `acme-${terraform.workspace}` is
/// `acme-prod` there. A plan does not tell it otherwise.
pub fn workspace_of_plan(
    project: &Project,
    root: &Root,
    set: &VariableSet,
    files: &dyn Files,
) -> Option<Arc<str>> {
    root.beside.as_ref()?;
    let mentions = |f: &crate::source::SourceFile| f.tree.source().contains("terraform.workspace");
    if !project.sources.files.iter().any(mentions) {
        return None;
    }
    let set = VariableSet {
        workspace: Some(ANY_WORKSPACE.into()),
        ..set.clone()
    };
    let probe = Evaluation::new(project, root, &set, files);
    let mut found: Vec<String> = Vec::new();
    for instance in probe.instances() {
        let Some(planned) = probe.planned_value(instance.module, instance.resource, &instance.key)
        else {
            continue;
        };
        let view = View {
            planned: None,
            ..probe.view(instance.id)
        };
        for (name, planned) in planned.fields() {
            if let Some(written) = probe.attribute(&view, name) {
                names(&probe.materialised(&written.val), planned, &mut found);
            }
        }
    }
    found.sort();
    found.dedup();
    // Two names: one of them is not made as it seems.
    let [only] = &found[..] else { return None };
    let set = VariableSet {
        workspace: Some(only.as_str().into()),
        ..set
    };
    let with_it = Evaluation::new(project, root, &set, files);
    (!with_it.contradicts_the_plan()).then(|| only.as_str().into())
}

impl Evaluation<'_> {
    /// Whether a text of the configuration is another one in the plan, or an error where the plan has a value.
    fn contradicts_the_plan(&self) -> bool {
        self.instances().iter().any(|instance| {
            let (module, resource) = (instance.module, instance.resource);
            let Some(planned) = self.planned_value(module, resource, &instance.key) else {
                return false;
            };
            let view = View {
                planned: None,
                ..self.view(instance.id)
            };
            planned.fields().any(|(name, planned)| {
                let PlannedValue::Value(_) = &**planned else {
                    return false;
                };
                self.attribute(&view, name).is_some_and(|found| {
                    let v = &found.val;
                    is_error(v) || v.is_known() && !planned.could_be(v) && !is_document(v)
                })
            })
        })
    }
}

/// What stands in a plan where the configuration has the name of the workspace.
fn names(v: &Val, planned: &PlannedValue, out: &mut Vec<String>) {
    match (planned, v.as_str(), v.as_fields()) {
        (PlannedValue::Value(told), Some(text), _) => {
            let Some((before, after)) = text.split_once(ANY_WORKSPACE) else {
                return;
            };
            let inner = told.as_str().and_then(|t| t.strip_prefix(before));
            if let Some(name) = inner.and_then(|t| t.strip_suffix(after))
                && !name.is_empty()
                && !after.contains(ANY_WORKSPACE)
                && !told.marks.has(Marks::SENSITIVE)
            {
                out.push(name.to_owned());
            }
        }
        (PlannedValue::Fields(_), _, Some(fields)) => {
            for (name, v) in &fields.items {
                if let Some(planned) = planned.field(name) {
                    names(v, planned, out);
                }
            }
        }
        _ => {}
    }
}

impl<'p> Evaluation<'p> {
    /// The plan's number of a module instance.
    fn planned_module(&self, beside: &Beside<'p>, m: u32) -> Option<u32> {
        let address = self.module_instance(m).address.clone();
        beside.modules.get(&address).copied()
    }

    /// Whether the plan destroys an instance that the configuration has (`-destroy`).
    pub(in crate::evaluate) fn is_gone(&self, m: u32, r: u32, key: &Key) -> bool {
        let Some(beside) = self.beside.as_ref().filter(|b| !b.gone.is_empty()) else {
            return false;
        };
        self.planned_resource(beside, m, r)
            .is_some_and(|(m, r)| beside.gone.contains(&(m, r, key.clone())))
    }

    /// The plan's numbers of a resource.
    fn planned_resource(&self, beside: &Beside<'p>, m: u32, r: u32) -> Option<(u32, u32)> {
        let of = self.planned_module(beside, m)?;
        let resource = &self
            .project
            .module(self.module_instance(m).module)
            .resources[r as usize];
        let planned = self.project.module(beside.plan.modules[of as usize].module);
        let index = (resource.mode, resource.ty.clone(), resource.name.clone());
        Some((of, *planned.resource_index.get(&index)?))
    }

    /// The plan's instances of a resource.
    fn planned_instances<'b>(
        &self,
        beside: &'b Beside<'p>,
        m: u32,
        r: u32,
    ) -> Option<&'b [(Key, u32)]> {
        let at = self.planned_resource(beside, m, r)?;
        beside.instances.get(&at).map(|v| &v[..])
    }

    /// The keys of what is there, where the plan tells them; to be asked where the configuration leaves them
    /// open.
    pub(in crate::evaluate) fn planned_keys(&self, m: u32, what: Repeated) -> Option<Vec<Key>> {
        let beside = self.beside.as_ref()?;
        let module = self.project.module(self.module_instance(m).module);
        let (keys, shows): (Vec<Key>, bool) = match what {
            Repeated::Resource(r) => {
                let found = self.planned_instances(beside, m, r);
                let keys = found.into_iter().flatten().map(|(k, _)| k.clone());
                // Every instance of it stands in a plan; of those that are only read, not those that a
                // check reads.
                (
                    keys.collect(),
                    module.resources[r as usize].mode == Mode::Managed,
                )
            }
            Repeated::Call(c) => {
                let call = &module.calls[c as usize];
                let at = self.planned_module(beside, m);
                let found = at.and_then(|at| beside.calls.get(&(at, call.name.clone())));
                // A module without resources leaves no trace.
                let shows = call.local.is_some_and(|id| {
                    let resources = &self.project.module(id).resources;
                    resources.iter().any(|r| r.mode == Mode::Managed)
                });
                (found.cloned().unwrap_or_default(), shows)
            }
        };
        let mut keys = keys;
        keys.sort();
        (!keys.is_empty() || shows && beside.plan.complete).then_some(keys)
    }

    /// What the plan tells of an instance.
    pub(in crate::evaluate) fn planned_value(
        &self,
        m: u32,
        r: u32,
        key: &Key,
    ) -> Option<Rc<PlannedValue>> {
        let beside = self.beside.as_ref()?;
        let all = self.planned_instances(beside, m, r)?;
        let at = all.binary_search_by(|(k, _)| k.cmp(key)).ok()?;
        let (_, number) = &all[at];
        let instance = &beside.plan.instances[*number as usize];
        beside.plan.raw(instance.values)?;
        Some(beside.told.get_or_make(*number, || {
            let trees = Trees::of(beside.plan, instance);
            PlannedValue::of(
                trees.values.as_ref(),
                trees.unknown.as_ref(),
                trees.sensitive.as_ref(),
                0,
            )
        }))
    }

    /// A value of the configuration with what the plan tells of it.
    pub(in crate::evaluate) fn with_planned(&self, v: Val, told: &PlannedValue) -> Val {
        self.with_planned_at(v, told, 0)
    }

    fn with_planned_at(&self, v: Val, told: &PlannedValue, depth: u32) -> Val {
        if depth > MAX_DEPTH {
            return v;
        }
        let marks = v.marks;
        match (told, &v.kind) {
            (PlannedValue::Unknown, _) => v,
            // Not set: what the provider gives is there all the same.
            (_, Kind::Null(_)) => told.unwritten().map_or(v, |t| t.marked(marks)),
            (_, Kind::Instance(_)) => {
                let whole = self.materialised(&v);
                if matches!(whole.kind, Kind::Instance(_)) {
                    return whole;
                }
                self.with_planned_at(whole, told, depth + 1)
            }
            (_, Kind::OneOf(alts)) => {
                // That of the alternatives which it is: it knows where it came from.
                let fits: Vec<&Val> = alts
                    .iter()
                    .map(|a| &a.val)
                    .filter(|a| {
                        matches!(told, PlannedValue::Null) == a.is_null() && told.could_be(a)
                    })
                    .collect();
                let known: Vec<&&Val> = fits.iter().filter(|a| a.is_wholly_known()).collect();
                match (&known[..], &fits[..]) {
                    ([one, ..], _) => (**one).clone().marked(marks),
                    ([], [one]) => {
                        self.with_planned_at((*one).clone().marked(marks), told, depth + 1)
                    }
                    _ => told.whole().map_or(v, |t| t.marked(marks)),
                }
            }
            (_, Kind::Unknown(_)) => match told.whole() {
                Some(mut t) => {
                    t.via.clone_from(&v.via);
                    t.marked(marks)
                }
                None => told.unwritten().map_or(v, |t| t.marked(marks)),
            },
            (PlannedValue::Value(t), Kind::Str(_) | Kind::Num(_) | Kind::Bool(_)) => {
                if same_text(t, &v) || is_document(&v) {
                    v
                } else {
                    t.clone().marked(marks)
                }
            }
            (PlannedValue::Items(items), Kind::Tuple(seq)) if seq.items.len() == items.len() => {
                if v.is_wholly_known() {
                    return v;
                }
                let items = seq.items.iter().zip(items);
                let items = items.map(|(v, t)| self.with_planned_at(v.clone(), t, depth + 1));
                Val::tuple(items.collect()).marked(marks)
            }
            (PlannedValue::Items(_), Kind::List(_) | Kind::Set(_)) if !v.is_wholly_known() => {
                told.whole().map_or(v, |t| t.marked(marks))
            }
            (PlannedValue::Fields(_), Kind::Object(f) | Kind::Map(f)) if !v.is_wholly_known() => {
                let fields = f.items.iter().map(|(name, inner)| {
                    let inner = inner.clone();
                    let inner = match told.field(name) {
                        Some(t) => self.with_planned_at(inner, t, depth + 1),
                        None => inner,
                    };
                    (name.clone(), inner)
                });
                Val::object(fields.collect()).marked(marks)
            }
            _ => v,
        }
    }

    /// The addresses of the plan's managed instances which the configuration does not make: then the plan is
    /// not of this configuration.
    pub fn not_of_this_code(&self) -> Vec<String> {
        let Some(beside) = &self.beside else {
            return Vec::new();
        };
        let have: FxHashSet<&str> = self.instances.iter().map(|i| &*i.address).collect();
        let mut out = Vec::new();
        let mut addresses = beside.modules.iter().collect::<Vec<_>>();
        addresses.sort_by_key(|(_, number)| **number);
        for ((module, resource), keys) in &beside.instances {
            let id = beside.plan.modules[*module as usize].module;
            let r = &self.project.module(id).resources[*resource as usize];
            if r.mode != Mode::Managed || !self.types.wanted(r.mode, &r.ty) {
                continue;
            }
            let base = resource_address(addresses[*module as usize].0, r.mode, &r.ty, &r.name);
            for (key, _) in keys {
                let address = with_key(&base, key);
                if !have.contains(address.as_str()) {
                    out.push(address);
                }
            }
        }
        out.sort();
        out
    }
}
