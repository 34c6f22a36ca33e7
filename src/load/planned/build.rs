//! Instances, module instances and the tree of modules, out of the document.

mod before;

use super::document::{
    self, Change, Configuration, Document, Each, RawResource, Resource, Value, ValuesModule,
};
use super::providers::Listed;
use super::read::{At, place};
use super::{
    ConfigCall, ConfigModule, ConfigResource, ConfigVariable, InstanceKey, Kind, Planned,
    PlannedInstance, PlannedModule, PlannedProvider, Raw, Sensitive, address, mode,
};
use crate::load::project::{
    self, Body, Mode, Module, ModuleCall, ModuleId, ProviderKey, ProviderUse,
};
use crate::source::{FileId, Place};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// What is built.
pub(super) struct Built {
    pub planned: Planned,
    pub modules: Vec<Module>,
    /// Instances whose address could not be read.
    pub unreadable: usize,
    /// Where something stands that is no instance.
    pub broken: Option<usize>,
}

/// It gets its number when all are read.
const ANY_FILE: FileId = FileId(0);

/// Modules in modules.
const MAX_DEPTH: usize = 64;

/// What is built so far.
/// An instance: module instance, resource, key, and the key of what is left of it.
type Who = (u32, u32, InstanceKey, Option<Arc<str>>);
/// Instances that were met.
type Seen = FxHashSet<Who>;

pub(super) struct Builder<'a> {
    at: &'a At<'a>,
    pub(super) text: &'a str,
    pub(super) out: Planned,
    modules: Vec<Module>,
    /// Of each module: name of the call to the called module.
    pub(super) children: Vec<FxHashMap<Arc<str>, usize>>,
    /// By address.
    by_address: FxHashMap<Arc<str>, u32>,
    /// Provider configuration of a resource, by module and resource.
    pub(super) provider_of: FxHashMap<(usize, u32), Arc<str>>,
    /// By key.
    pub(super) provider_index: FxHashMap<Arc<str>, u32>,
    /// All that the configuration lists.
    pub(super) listed: Vec<Listed>,
    seen: Seen,
    texts: FxHashSet<Arc<str>>,
    broken: Option<usize>,
    places: usize,
    unreadable: usize,
}

/// What the two ways to tell of an instance share.
struct Told<'a> {
    module: &'a str,
    mode: &'a str,
    ty: &'a str,
    name: &'a str,
    index: Value<'a>,
    deposed: Option<&'a str>,
    source: &'a str,
}

impl<'a> Told<'a> {
    fn of_change(c: &'a Change<'a>) -> Told<'a> {
        Told {
            module: &c.module_address,
            mode: &c.mode,
            ty: &c.ty,
            name: &c.name,
            index: c.index,
            deposed: c.deposed.as_deref(),
            source: &c.provider_name,
        }
    }

    fn of_resource(module: &'a ValuesModule<'a>, r: &'a Resource<'a>) -> Told<'a> {
        Told {
            module: &module.address,
            mode: &r.mode,
            ty: &r.ty,
            name: &r.name,
            index: r.index,
            deposed: r.deposed_key.as_deref(),
            source: &r.provider_name,
        }
    }
}

pub(super) fn build(document: &Document<'_>, kind: Kind, text: &str, at: &At<'_>) -> Built {
    let mut b = Builder {
        at,
        text,
        out: Planned::empty(kind, ANY_FILE),
        modules: Vec::new(),
        children: Vec::new(),
        by_address: FxHashMap::default(),
        provider_of: FxHashMap::default(),
        provider_index: FxHashMap::default(),
        listed: Vec::new(),
        seen: FxHashSet::default(),
        texts: FxHashSet::default(),
        broken: None,
        places: 0,
        unreadable: 0,
    };
    b.module();
    b.by_address.insert("".into(), 0);
    b.out.modules.push(PlannedModule {
        module: ModuleId(0),
        parent: None,
        name: "".into(),
        key: InstanceKey::None,
        address: "".into(),
    });
    if let Some(configuration) = &document.configuration {
        b.configuration(configuration);
    }
    for (name, variable) in document.variables.iter().flatten() {
        let raw = b.raw(variable.value);
        b.out.variables.insert(name.as_ref().into(), raw);
    }
    match kind {
        Kind::Plan => {
            b.plan(document);
            // Of a binary plan: the data sources of the state that it starts from.
            for resource in document.resources.iter().flatten() {
                b.raw_resource(resource);
            }
            b.before(document);
        }
        Kind::State => {
            if let Some(values) = &document.values
                && let Some(root) = &values.root_module
            {
                b.values(root, &|_| true);
            }
            for resource in document.resources.iter().flatten() {
                b.raw_resource(resource);
            }
        }
    }
    b.place_providers();
    // As they stand in modules and by key: a reference finds its instance without a walk.
    for side in [Some(&mut b.out.instances), b.out.before.as_mut()] {
        let side = side.map_or(&mut [][..], Vec::as_mut_slice);
        side.sort_by(|x, y| (x.module, x.resource, &x.key).cmp(&(y.module, y.resource, &y.key)));
    }
    b.out.instances.shrink_to_fit();
    if let Some(before) = &mut b.out.before {
        before.shrink_to_fit();
    }
    Built {
        planned: b.out,
        modules: b.modules,
        unreadable: b.unreadable,
        broken: b.broken,
    }
}

impl Builder<'_> {
    /// Where a value stands in the text.
    pub(super) fn raw(&self, value: Value<'_>) -> Raw {
        let Some(value) = value else {
            return Raw::default();
        };
        let start = value.get().as_ptr() as usize - self.text.as_ptr() as usize;
        Raw {
            start,
            end: start + value.get().len(),
        }
    }

    /// A module without anything in it.
    fn module(&mut self) -> usize {
        let mut module = Module::empty(self.at.dir.to_path_buf());
        module.shown = Arc::clone(self.at.shown);
        module.files = vec![ANY_FILE];
        self.modules.push(module);
        self.out.configs.push(ConfigModule::default());
        self.children.push(FxHashMap::default());
        self.modules.len() - 1
    }

    /// A place of its own for each resource and call.
    pub(super) fn place(&mut self) -> Place {
        self.places += 1;
        place(ANY_FILE, self.places)
    }

    fn configuration(&mut self, configuration: &Configuration<'_>) {
        self.config_module(0, &configuration.root_module, 0);
        for (key, provider) in &configuration.provider_config {
            self.provider(key, provider);
        }
    }

    fn config_module(&mut self, module: usize, from: &document::Module<'_>, depth: usize) {
        for r in &from.resources {
            let Some(mode) = mode(&r.mode) else { continue };
            let at = self.resource(module, mode, &r.ty, &r.name);
            self.out.configs[module].resources[at as usize] = Some(ConfigResource {
                expressions: self.raw(r.expressions),
                for_each: self.raw(r.for_each_expression),
            });
            if !r.provider_config_key.is_empty() {
                self.provider_of
                    .insert((module, at), r.provider_config_key.as_ref().into());
            }
        }
        for (name, output) in &from.outputs {
            let raw = self.raw(output.expression);
            self.out.configs[module]
                .outputs
                .insert(name.as_ref().into(), raw);
        }
        for (name, v) in &from.variables {
            let variable = ConfigVariable {
                default: self.raw(v.default),
                sensitive: v.sensitive,
            };
            self.out.configs[module]
                .variables
                .insert(name.as_ref().into(), variable);
        }
        for (name, call) in &from.calls {
            let name: Arc<str> = name.as_ref().into();
            let expressions = ConfigCall {
                expressions: self.raw(call.expressions),
                for_each: self.raw(call.for_each_expression),
            };
            let child = self.child(module, &name);
            self.out.configs[module].calls.insert(name, expressions);
            if depth < MAX_DEPTH {
                self.config_module(child, &call.module, depth + 1);
            }
        }
    }

    /// The module that a call enters.
    fn child(&mut self, module: usize, name: &Arc<str>) -> usize {
        if let Some(&known) = self.children[module].get(name) {
            return known;
        }
        let child = self.module();
        let place = self.place();
        let number = self.modules[module].calls.len() as u32;
        self.modules[module].call_index.insert(name.clone(), number);
        self.modules[module].calls.push(ModuleCall {
            name: name.clone(),
            body: Body::default(),
            place,
            source: "".into(),
            composed: false,
            version: None,
            local: Some(ModuleId(child as u32)),
            missing: None,
            providers: Vec::new(),
        });
        self.children[module].insert(name.clone(), child);
        child
    }

    /// The number of a resource in its module.
    fn resource(&mut self, module: usize, mode: Mode, ty: &str, name: &str) -> u32 {
        let index: (Mode, Arc<str>, Arc<str>) = (mode, self.text(ty), self.text(name));
        if let Some(&known) = self.modules[module].resource_index.get(&index) {
            return known;
        }
        let number = self.modules[module].resources.len() as u32;
        let place = self.place();
        let local = self.text(ty.split('_').next().unwrap_or(ty));
        self.modules[module].resources.push(project::Resource {
            mode,
            ty: index.1.clone(),
            name: index.2.clone(),
            body: Body::default(),
            place,
            span: place.span,
            provider: ProviderUse {
                key: ProviderKey {
                    name: local,
                    alias: None,
                },
                instance: None,
            },
        });
        self.modules[module].resource_index.insert(index, number);
        self.out.configs[module].resources.push(None);
        number
    }

    /// The number of a module instance.
    fn module_instance(&mut self, address: &str) -> Option<u32> {
        if let Some(&known) = self.by_address.get(address) {
            return Some(known);
        }
        let steps = address::steps(address)?;
        if steps.len() > MAX_DEPTH {
            return None;
        }
        let (mut at, mut so_far) = (0u32, String::new());
        for (name, key) in steps {
            if !so_far.is_empty() {
                so_far.push('.');
            }
            so_far.push_str("module.");
            so_far.push_str(&name);
            match &key {
                InstanceKey::None => {}
                InstanceKey::Index(i) => so_far.push_str(&format!("[{i}]")),
                InstanceKey::Name(n) => {
                    so_far.push_str(&format!("[{}]", serde_json::Value::from(&**n)));
                }
            }
            if let Some(&known) = self.by_address.get(so_far.as_str()) {
                at = known;
                continue;
            }
            let module = self.config_of(at);
            let child = self.child(module, &name);
            let number = self.out.modules.len() as u32;
            let address: Arc<str> = so_far.as_str().into();
            self.out.modules.push(PlannedModule {
                module: ModuleId(child as u32),
                parent: Some(at),
                name,
                key,
                address: address.clone(),
            });
            self.by_address.insert(address, number);
            at = number;
        }
        self.by_address.insert(address.into(), at);
        Some(at)
    }

    pub(super) fn config_of(&self, instance: u32) -> usize {
        self.out.modules[instance as usize].module.0 as usize
    }

    fn plan(&mut self, document: &Document<'_>) {
        for change in document.resource_changes.iter().flat_map(Each::iter) {
            if let Some(change) = self.whole(change) {
                self.change(&change);
            }
        }
        for deferred in document.deferred_changes.iter().flatten() {
            if let Some(change) = &deferred.resource_change {
                self.change(change);
            }
        }
        if let Some(root) = document
            .planned_values
            .as_ref()
            .and_then(|v| v.root_module.as_ref())
        {
            self.values(root, &|_| true);
        }
        // What was read while planning.
        if let Some(root) = document
            .prior_state
            .as_ref()
            .and_then(|s| s.values.as_ref())
            .and_then(|v| v.root_module.as_ref())
        {
            self.values(root, &|r| r.mode == "data");
        }
    }

    /// A tree of what must not be shown.
    fn tree(&self, tree: Value<'_>) -> Sensitive {
        match tree {
            None => Sensitive::None,
            some => Sensitive::Tree(self.raw(some)),
        }
    }

    /// An item of a list; of one that is none, the place is noted.
    fn whole<T>(&mut self, item: Result<T, &str>) -> Option<T> {
        match item {
            Ok(item) => Some(item),
            Err(text) => {
                let at = text.as_ptr() as usize - self.text.as_ptr() as usize;
                self.broken.get_or_insert(at);
                None
            }
        }
    }

    fn change(&mut self, c: &Change<'_>) {
        let told = Told::of_change(c);
        // What is forgotten is left as it is, and is no longer this configuration's.
        if c.happens.is_forgotten() || c.happens.after.is_none() {
            return self.leave_out(&told);
        }
        let sensitive = self.tree(c.happens.after_sensitive);
        let (values, unknown) = (self.raw(c.happens.after), self.raw(c.happens.after_unknown));
        self.instance(&told, values, unknown, sensitive, None);
    }

    /// An instance that will not be there: nor is it where values are listed.
    fn leave_out(&mut self, told: &Told<'_>) {
        if let Some(who) = self.who(told) {
            let (module, resource, key, deposed) = &who;
            if deposed.is_none() {
                self.out.gone.push((*module, *resource, key.clone()));
            }
            self.seen.insert(who);
        }
    }

    fn values(&mut self, module: &ValuesModule<'_>, wanted: &dyn Fn(&Resource<'_>) -> bool) {
        for r in module.resources.iter() {
            let Some(r) = self.whole(r).filter(|r| wanted(r)) else {
                continue;
            };
            let sensitive = self.tree(r.sensitive_values);
            let values = self.raw(r.values);
            let told = Told::of_resource(module, &r);
            self.instance(&told, values, Raw::default(), sensitive, None);
        }
        for child in &module.child_modules {
            self.values(child, wanted);
        }
    }

    fn raw_resource(&mut self, r: &RawResource<'_>) {
        // `module.a.provider["registry.terraform.io/hashicorp/aws"].osaka`
        // Before 0.13: `module.a.provider.aws.osaka`
        let quoted = r.provider.split('"').nth(1);
        let bare = || r.provider.split("provider.").nth(1)?.split('.').next();
        let source = quoted.or_else(bare).unwrap_or("");
        let provider =
            (!r.provider.is_empty()).then(|| self.provider_of_state(&r.provider, source));
        for instance in &r.instances {
            let told = Told {
                module: &r.module,
                mode: &r.mode,
                ty: &r.ty,
                name: &r.name,
                index: instance.index_key,
                deposed: instance.deposed.as_deref(),
                source,
            };
            let sensitive = match instance.sensitive_attributes {
                None => Sensitive::None,
                some => Sensitive::Paths(self.raw(some)),
            };
            let values = self.raw(instance.attributes);
            self.instance(&told, values, Raw::default(), sensitive, provider);
        }
    }

    fn provider_of_state(&mut self, key: &str, source: &str) -> u32 {
        if let Some(&known) = self.provider_index.get(key) {
            return known;
        }
        let number = self.out.providers.len() as u32;
        let place = self.place();
        self.out.providers.push(PlannedProvider {
            key: key.into(),
            source: source.into(),
            module: 0,
            expressions: None,
            version: None,
            place,
        });
        self.provider_index.insert(key.into(), number);
        number
    }

    /// Which instance it is; `None` where that cannot be read.
    fn who(&mut self, told: &Told<'_>) -> Option<Who> {
        let (mode, key) = (mode(told.mode)?, key_of(told.index)?);
        let module = self.module_instance(told.module)?;
        let config = self.config_of(module);
        let resource = self.resource(config, mode, told.ty, told.name);
        Some((module, resource, key, told.deposed.map(Into::into)))
    }

    fn instance(
        &mut self,
        told: &Told<'_>,
        values: Raw,
        unknown: Raw,
        sensitive: Sensitive,
        provider: Option<u32>,
    ) {
        if mode(told.mode).is_none() {
            return;
        }
        let Some(who) = self.who(told) else {
            self.unreadable += 1;
            return;
        };
        if !self.seen.insert(who.clone()) {
            return;
        }
        let (module, resource, key, deposed) = who;
        let config = self.config_of(module);
        let provider = provider.or_else(|| self.provider_used(config, resource));
        let source = self.text(told.source);
        self.out.instances.push(PlannedInstance {
            module,
            resource,
            key,
            deposed,
            values,
            unknown,
            sensitive,
            provider,
            source,
            aside: false,
        });
    }

    /// A name or source, each once.
    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let new: Arc<str> = text.into();
        self.texts.insert(new.clone());
        new
    }
}

/// The key of an instance; `None` where it cannot be read.
fn key_of(index: Value<'_>) -> Option<InstanceKey> {
    match index.map(|i| serde_json::from_str(i.get())) {
        None => Some(InstanceKey::None),
        Some(Ok(serde_json::Value::String(name))) => Some(InstanceKey::Name(name.into())),
        Some(Ok(serde_json::Value::Number(n))) => n.as_u64().map(InstanceKey::Index),
        Some(_) => None,
    }
}
