//! Which provider configuration a resource resolves to: its own module's, or one handed in by the
//! call, or inherited from the caller, as Terraform decides it.

use super::Evaluation;
use super::evaluated::{From, InstanceId, Provider, Versions, View};
use super::expr::Cx;
use super::scope::{Binding, Scope};
use super::types::Type;
use super::value::{Kind, Ref, Val, Why, World, lift, mix};
use crate::load::project::{Module, ProviderBlock, ProviderKey, ProviderUse};
use std::sync::Arc;

impl Evaluation<'_> {
    /// The provider configuration that an instance resolves to.
    pub fn provider(&self, id: InstanceId) -> Provider {
        if let Some(from) = &self.from_plan {
            return self.planned_provider(from, id);
        }
        let instance = self.instance(id);
        let inst = self.module_instance(instance.module);
        let used = &self.project.module(inst.module).resources[instance.resource as usize].provider;
        let own = self.instance_of_provider(id);
        self.resolve_provider(instance.module, &used.key, own)
    }

    /// Every provider configuration that is written, with its address: `provider.aws`,
    /// `module.a.provider.aws.osaka`.
    pub fn configurations(&self) -> Vec<(Arc<str>, Provider)> {
        if let Some(from) = &self.from_plan {
            return self.configurations_of_plan(from);
        }
        let count = self.modules.borrow().len();
        let mut out = Vec::new();
        for m in 0..count {
            let inst = self.module_instance(m as u32);
            for block in &self.project.module(inst.module).providers {
                let mut address = format!("provider.{}", block.key.name);
                if !inst.address.is_empty() {
                    address.insert_str(0, &format!("{}.", inst.address));
                }
                if let Some(alias) = &block.key.alias {
                    address.push('.');
                    address.push_str(alias);
                }
                let provider = self.resolve_provider(m as u32, &block.key, None);
                out.push((address.into(), provider));
            }
        }
        out
    }

    /// The provider configuration of what a reference stands for; `view` is its body.
    pub(super) fn provider_at(&self, r: &Ref, view: &View) -> Provider {
        let inst = self.module_instance(r.module);
        let used = &self.project.module(inst.module).resources[r.resource as usize].provider;
        let own = match &view.from {
            From::Text(_, scope) => self.key_of(used, scope),
            From::Value(_) | From::Planned(_) => None,
        };
        self.resolve_provider(r.module, &used.key, own)
    }

    /// Which instance of its provider configuration a resource instance names itself: `each.key` of
    /// `provider = aws.by[each.key]`.
    pub fn instance_of_provider(&self, id: InstanceId) -> Option<Val> {
        let instance = self.instance(id);
        let inst = self.module_instance(instance.module);
        let used = &self.project.module(inst.module).resources[instance.resource as usize].provider;
        // Most have none: what it stands in is looked up only then.
        used.instance?;
        let view = self.view(id);
        let From::Text(_, scope) = &view.from else {
            return None;
        };
        self.key_of(used, scope)
    }

    /// The key that a use of a provider configuration has in a scope.
    fn key_of(&self, used: &ProviderUse, scope: &Scope) -> Option<Val> {
        let (file, node) = used.instance?;
        let cx = Cx::new(self.project.sources.tree(file), Some(file), scope.clone());
        Some(self.expr(&cx, node))
    }

    /// The configurations that a call hands to its module: those it names, else the caller's own.
    pub(super) fn handed_to(&self, m: u32, c: u32) -> Vec<(Arc<str>, Provider)> {
        let inst = self.module_instance(m);
        let module = self.project.module(inst.module);
        let call = &module.calls[c as usize];
        if !call.providers.is_empty() {
            return call
                .providers
                .iter()
                // Which instance a call that is not loaded hands over is not asked.
                .map(|(child, parent)| {
                    (
                        child.name.clone(),
                        self.resolve_provider(m, &parent.key, None),
                    )
                })
                .collect();
        }
        // Inherited: every configuration without alias that is in reach.
        let mut names: Vec<Arc<str>> = Vec::new();
        let mut at = Some(m);
        while let Some(m) = at {
            let inst = self.module_instance(m);
            let module = self.project.module(inst.module);
            let own = module
                .providers
                .iter()
                .filter(|p| p.key.alias.is_none())
                .map(|p| p.key.name.clone());
            for name in own.chain(module.required.iter().map(|r| r.name.clone())) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            at = inst.parent.map(|(p, _)| p);
        }
        names.sort();
        names
            .into_iter()
            .map(|name| {
                let provider = self.resolve_provider(
                    m,
                    &ProviderKey {
                        name: name.clone(),
                        alias: None,
                    },
                    None,
                );
                (name, provider)
            })
            .collect()
    }

    fn resolve_provider(&self, m: u32, key: &ProviderKey, own: Option<Val>) -> Provider {
        let memo = (m, key.clone(), own.as_ref().map(Val::identity));
        if let Some(known) = self.providers.borrow().get(&memo) {
            return known.clone();
        }
        let provider = self.find_provider(m, key, own);
        self.providers.borrow_mut().insert(memo, provider.clone());
        provider
    }

    fn find_provider(&self, m: u32, key: &ProviderKey, mut own: Option<Val>) -> Provider {
        let source = source_of(
            self.project.module(self.module_instance(m).module),
            &key.name,
        );
        let mut provider = Provider {
            versions: self.versions(&source),
            source: source.clone(),
            view: None,
            instance: None,
            handed_in: false,
            unseen: false,
            later: false,
        };
        let (mut m, mut key) = (m, key.clone());
        loop {
            let inst = self.module_instance(m);
            let module = self.project.module(inst.module);
            if let Some(block) = module.providers.iter().find(|p| p.key == key) {
                provider.instance = own.as_ref().map(Val::identity);
                provider.view = Some(View {
                    from: From::Text(block.body.clone(), self.scope_of_instance(m, block, own)),
                    place: block.place,
                    when: World::ANY,
                    maybe: false,
                    planned: None,
                });
                return provider;
            }
            let Some((parent, call)) = inst.parent else {
                // A module that is meant to be called gets its configuration from whoever calls it.
                let asked = module.required.iter().any(|r| r.aliases.contains(&key));
                provider.handed_in = self.root.reusable || asked;
                return provider;
            };
            let parent_inst = self.module_instance(parent);
            let parent_module = self.project.module(parent_inst.module);
            let handed = &parent_module.calls[call as usize].providers;
            key = match handed.iter().find(|(child, _)| *child == key) {
                Some((_, given)) => {
                    own = self.key_of(given, &inst.scope);
                    given.key.clone()
                }
                // Inherited by what the provider is, whatever the caller calls it.
                None => ProviderKey {
                    name: parent_module
                        .required
                        .iter()
                        .find(|r| full_source(&r.source) == source)
                        .map_or_else(|| key.name.clone(), |r| r.name.clone()),
                    alias: key.alias.clone(),
                },
            };
            m = parent;
        }
    }

    /// What a provider block is evaluated in: with `for_each`, the element of the instance.
    fn scope_of_instance(&self, m: u32, block: &ProviderBlock, own: Option<Val>) -> Scope {
        let scope = Scope::module(m);
        let sources = &self.project.sources;
        let Some((file, a)) = block.body.attribute(sources, "for_each") else {
            return scope;
        };
        let cx = Cx::new(sources.tree(file), Some(file), scope.clone());
        let all = self.materialised(&self.expr(&cx, a.value));
        let own = own.unwrap_or_else(|| {
            let id = mix(0x9601, u64::from(block.place.span.start));
            Val::unknown(Type::String, id, Why::Instances, "each.key")
        });
        let value = lift(&[all, own.clone()], |args| match &args[0].kind {
            Kind::Set(_) => args[1].clone(),
            _ => self.index(&cx, a.value, &args[0], &args[1]),
        });
        scope.bind(Binding::Each(own, value))
    }

    /// All that is said of a provider's version, in every module that the root loads.
    fn versions(&self, source: &Arc<str>) -> Arc<Versions> {
        if let Some(known) = self.provider_versions.borrow().get(source) {
            return known.clone();
        }
        let mut seen = rustc_hash::FxHashSet::default();
        let mut constraints = Vec::new();
        for inst in self.modules.borrow().iter() {
            if !seen.insert(inst.module) {
                continue;
            }
            for r in &self.project.module(inst.module).required {
                if full_source(&r.source) == *source
                    && let Some(version) = &r.version
                {
                    constraints.push(version.clone());
                }
            }
        }
        constraints.sort();
        constraints.dedup();
        let locked = self
            .root
            .locked
            .iter()
            .find(|(s, _)| full_source(s) == *source)
            .map(|(_, version)| version.clone());
        let versions = Arc::new(Versions {
            locked,
            constraints,
        });
        self.provider_versions
            .borrow_mut()
            .insert(source.clone(), versions.clone());
        versions
    }
}

fn source_of(module: &Module, name: &str) -> Arc<str> {
    match module.required.iter().find(|r| *r.name == *name) {
        Some(r) => full_source(&r.source),
        None => full_source(&format!("hashicorp/{name}")),
    }
}

/// With the registry's host, which may be left out.
pub fn full_source(source: &str) -> Arc<str> {
    let lower = source.to_lowercase();
    match lower.split('/').count() {
        1 => format!("registry.terraform.io/hashicorp/{lower}").into(),
        2 => format!("registry.terraform.io/{lower}").into(),
        // The two public registries carry the same providers.
        _ => lower
            .strip_prefix("registry.opentofu.org/")
            .map_or_else(
                || lower.clone(),
                |rest| format!("registry.terraform.io/{rest}"),
            )
            .into(),
    }
}
