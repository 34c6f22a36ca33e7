//! An evaluation out of a plan or state: the same instances and bodies as out of configuration, so that
//! all later stages have one way.
//!
//! Lives here: instances, and which provider configuration they have. Not here: how a body comes of
//! values and what is not known of them (`values.rs`), what references mean (`references.rs`).

mod beside;
mod neighbours;
mod read_from;
mod references;
mod trees;
mod values;

pub use beside::workspace_of_plan;
pub(super) use beside::{Beside, PlannedValue, Repeated};

pub use neighbours::Told;

use super::Evaluation;
use super::evaluated::{From, Instance, InstanceId, Provider, Versions, View};
use super::modules::{resource_address, with_key};
use super::scope::{NO_MODULE, Scope};
use super::value::{Key, Marks, Ref, Val, World};
use crate::load::planned::{InstanceKey, Kind, Planned, PlannedInstance, Raw};
use references::Target;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use trees::Recent;

/// An instance of a resource, by module instance, resource and key.
type At = (u32, u32, Key);
/// The number of a resource's module, and its own.
type ResourceAt = (usize, u32);

/// Module instances by parent and call: key and number.
type Children = FxHashMap<(u32, Arc<str>), Vec<(InstanceKey, u32)>>;
/// What inputs or outputs of module instances mean.
type Meant = RefCell<FxHashMap<(u32, Arc<str>), Rc<Vec<Target>>>>;

/// What is remembered of a plan or state while it is evaluated.
pub(super) struct FromPlan<'p> {
    pub plan: &'p Planned,
    /// Its instances, or those that were there before.
    instances: &'p [PlannedInstance],
    /// It is how things were: the configuration, which is the new one, tells nothing of it.
    earlier: bool,
    /// By number of the instance: its number in the plan.
    of: Vec<u32>,
    /// All instances of the plan, also those of types that nobody asks for.
    by_key: FxHashMap<At, u32>,
    /// The keys of a resource's instances.
    keys: FxHashMap<(u32, u32), Vec<Key>>,
    /// Module instances by parent and call: key and number.
    children: Children,
    recent: Recent<values::Opened>,
    /// Names of attributes, each once.
    names: RefCell<FxHashSet<Arc<str>>>,
    /// The arguments of the resource that was asked for last: instances stand together.
    arguments: RefCell<Option<(ResourceAt, Rc<Value>)>>,
    /// What inputs and outputs of module instances mean.
    inputs: Meant,
    outputs: Meant,
    /// Attributes of types that some instance leaves null: no provider fills them in.
    never_filled: RefCell<FxHashMap<Arc<str>, Rc<FxHashSet<String>>>>,
    depth: Cell<u32>,
}

impl FromPlan<'_> {
    /// How an instance that was there before is after the change.
    fn later(&self, number: u32) -> Raw {
        let was = &self.instances[number as usize];
        let at = |i: &PlannedInstance| (i.module, i.resource, i.key.clone());
        let all = &self.plan.instances;
        let start = all.partition_point(|i| at(i) < at(was));
        let same = all[start..].iter().take_while(|i| at(i) == at(was));
        let mut same = same.filter(|i| i.deposed == was.deposed);
        same.next().map_or_else(Raw::default, |i| i.values)
    }

    /// The name of an attribute.
    fn name(&self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.borrow().get(name) {
            return known.clone();
        }
        let new: Arc<str> = name.into();
        self.names.borrow_mut().insert(new.clone());
        new
    }
}

fn key_of(key: &InstanceKey) -> Key {
    match key {
        InstanceKey::None => Key::None,
        InstanceKey::Index(i) => Key::Index(*i),
        InstanceKey::Name(n) => Key::Name(n.clone()),
    }
}

impl<'p> Evaluation<'p> {
    /// Makes the instances of a plan or state, or those that were there before the plan.
    pub(super) fn fill(&mut self, plan: &'p Planned, earlier: bool) {
        let mut children = Children::default();
        for (number, module) in plan.modules.iter().enumerate() {
            let parent = module.parent.map(|p| {
                let of = self.project.module(plan.modules[p as usize].module);
                children
                    .entry((p, module.name.clone()))
                    .or_default()
                    .push((module.key.clone(), number as u32));
                (p, of.call_index.get(&module.name).copied().unwrap_or(0))
            });
            let inst = self.new_instance(
                module.module,
                parent,
                Scope::module(NO_MODULE),
                module.address.clone(),
                "".into(),
            );
            self.add_module(inst);
        }
        let before = plan.before.as_deref().unwrap_or_default();
        let mut from = FromPlan {
            plan,
            instances: if earlier { before } else { &plan.instances },
            earlier,
            of: Vec::new(),
            by_key: FxHashMap::default(),
            keys: FxHashMap::default(),
            children,
            recent: Recent::default(),
            names: RefCell::default(),
            arguments: RefCell::default(),
            inputs: RefCell::default(),
            outputs: RefCell::default(),
            never_filled: RefCell::default(),
            depth: Cell::new(0),
        };
        let mut instances = Vec::new();
        for (number, i) in from.instances.iter().enumerate() {
            let module = &plan.modules[i.module as usize];
            let resource = &self.project.module(module.module).resources[i.resource as usize];
            let key = key_of(&i.key);
            if i.deposed.is_none() {
                from.by_key
                    .insert((i.module, i.resource, key.clone()), number as u32);
                from.keys
                    .entry((i.module, i.resource))
                    .or_default()
                    .push(key.clone());
            }
            if !self.types.wanted(resource.mode, &resource.ty) {
                continue;
            }
            let base =
                resource_address(&module.address, resource.mode, &resource.ty, &resource.name);
            let mut address = with_key(&base, &key);
            if let Some(deposed) = &i.deposed {
                address = format!("{address} (deposed {deposed})");
            }
            let id = InstanceId(instances.len() as u32);
            if i.deposed.is_none() {
                self.by_ref
                    .entry((i.module, i.resource))
                    .or_default()
                    .push(id);
            }
            from.of.push(number as u32);
            instances.push(Instance {
                id,
                module: i.module,
                resource: i.resource,
                key,
                mode: resource.mode,
                ty: resource.ty.clone(),
                address: address.into(),
                worlds: Vec::new(),
                counted: true,
                place: resource.place,
            });
        }
        instances.shrink_to_fit();
        self.instances = instances;
        self.from_plan = Some(from);
    }

    /// The addresses of what the change leaves as it is, without a word of how it will be.
    pub fn left_aside(&self) -> Vec<Arc<str>> {
        let Some(from) = &self.from_plan else {
            return Vec::new();
        };
        let aside = |i: &&Instance| from.instances[from.of[i.id.0 as usize] as usize].aside;
        let all = self.instances.iter().filter(aside);
        all.map(|i| i.address.clone()).collect()
    }

    /// The body of an instance of the plan.
    pub(super) fn planned_view(&self, from: &FromPlan<'p>, id: InstanceId) -> View {
        self.view_of_planned(from, from.of[id.0 as usize])
    }

    /// An attribute of an instance of the plan.
    pub(super) fn planned_attribute_of(&self, number: u32, name: &str) -> Option<Val> {
        self.attribute_of(self.from_plan.as_ref()?, number, name)
    }

    /// The long texts at the top of a body that nobody wrote: a plan or state holds what the provider gave.
    pub fn given_texts(&self, view: &View) -> Vec<Arc<str>> {
        /// Shorter ones name too much: an account, a region.
        const LONG: usize = 20;
        let long = |v: &Val| {
            let given = v.marks.has(Marks::CHOSEN) && !v.marks.has(Marks::SENSITIVE);
            v.as_str()
                .filter(|s| given && s.len() >= LONG)
                .map(Into::into)
        };
        match (&view.from, view.planned.as_deref(), &self.from_plan) {
            (From::Planned(number), _, Some(from)) => self
                .attribute_names(from, *number)
                .iter()
                .filter_map(|name| long(&self.attribute_of(from, *number, name)?))
                .collect(),
            (From::Text(..), Some(planned), _) => planned
                .fields()
                .filter_map(|(_, told)| long(&told.unwritten()?))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The body that a reference means.
    pub(super) fn planned_view_of(&self, from: &FromPlan<'p>, r: &Ref) -> Option<View> {
        let number = from.by_key.get(&(r.module, r.resource, r.key.clone()))?;
        Some(self.view_of_planned(from, *number))
    }

    fn view_of_planned(&self, from: &FromPlan<'p>, number: u32) -> View {
        let instance = &from.instances[number as usize];
        let module = &from.plan.modules[instance.module as usize];
        View {
            from: From::Planned(number),
            place: self.project.module(module.module).resources[instance.resource as usize].place,
            when: World::ANY,
            maybe: false,
            planned: None,
        }
    }

    /// The provider configuration of an instance.
    pub(super) fn planned_provider(&self, from: &FromPlan<'p>, id: InstanceId) -> Provider {
        let instance = &from.instances[from.of[id.0 as usize] as usize];
        self.provider_of_plan(from, instance.provider, &instance.source)
    }

    /// Every configuration that a plan holds, by its address.
    pub(super) fn configurations_of_plan(&self, from: &FromPlan<'p>) -> Vec<(Arc<str>, Provider)> {
        let providers = from.plan.providers.iter().enumerate();
        providers
            .filter(|(_, p)| p.expressions.is_some() && !p.source.is_empty())
            .map(|(number, p)| {
                let address = match p.key.rsplit_once(':') {
                    Some((module, name)) => format!("{module}.provider.{name}"),
                    None => format!("provider.{}", p.key),
                };
                let provider = self.provider_of_plan(from, Some(number as u32), &p.source);
                (address.into(), provider)
            })
            .collect()
    }

    fn provider_of_plan(
        &self,
        from: &FromPlan<'p>,
        number: Option<u32>,
        source: &Arc<str>,
    ) -> Provider {
        let used = number.map(|p| &from.plan.providers[p as usize]);
        let source = match used {
            Some(p) if !p.source.is_empty() => &p.source,
            _ => source,
        };
        let memo = (number.unwrap_or(u32::MAX), Arc::clone(source));
        if let Some(known) = self.planned_providers.borrow().get(&memo) {
            return known.clone();
        }
        let mut constraints: Vec<Arc<str>> = from
            .plan
            .providers
            .iter()
            .filter(|p| p.source == *source)
            .filter_map(|p| p.version.clone())
            .collect();
        constraints.sort();
        constraints.dedup();
        let provider = Provider {
            source: super::full_source(source),
            view: used.map(|p| View {
                from: From::Value(match p.expressions {
                    Some(raw) => self.configured(from, p.module, raw),
                    None => Val::object(Vec::new()),
                }),
                place: p.place,
                when: World::ANY,
                maybe: false,
                planned: None,
            }),
            instance: None,
            handed_in: false,
            unseen: from.plan.kind == Kind::State,
            later: from.earlier,
            versions: Arc::new(Versions {
                locked: None,
                constraints,
            }),
        };
        self.planned_providers
            .borrow_mut()
            .insert(memo, provider.clone());
        provider
    }
}
