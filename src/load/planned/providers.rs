//! Provider configurations of a plan, and which of them a resource has.
//!
//! Since Terraform 1.1 a resource's `provider_config_key` is the key of the configuration that it ends up
//! with. Before, it names the module that the resource stands in (`db:aws`: its last name alone), whether
//! or not that module has a configuration; configurations themselves have the last name (0.12, 0.13) or
//! the whole path (0.14 and later). Which one is inherited is then found here, as Terraform does it; where
//! one may be handed in under another name, nothing is said.

use super::build::Builder;
use super::document::Provider;
use super::{PlannedProvider, Raw};
use std::sync::Arc;

/// A configuration, as plans list them.
pub(super) struct Listed {
    /// The module that it stands in; `None`: one of several of this name.
    module: Option<usize>,
    /// `aws`, `aws.osaka`.
    local: Arc<str>,
    /// Its number in the plan.
    number: u32,
    /// It says something: not only which version a module asks for.
    says: bool,
}

impl Builder<'_> {
    pub(super) fn provider(&mut self, key: &str, provider: &Provider<'_>) {
        let (path, local) = key.rsplit_once(':').unwrap_or(("", key));
        let path = provider.module_address.as_deref().unwrap_or(path);
        let number = self.out.providers.len() as u32;
        let known = PlannedProvider {
            key: key.into(),
            source: provider
                .full_name
                .as_ref()
                .unwrap_or(&provider.name)
                .as_ref()
                .into(),
            module: 0,
            expressions: Some(self.raw(provider.expressions)),
            version: provider.version_constraint.as_deref().map(Into::into),
            place: self.place(),
        };
        self.listed.push(Listed {
            module: self.config_at(path),
            local: local.into(),
            number,
            says: provider.expressions.is_some(),
        });
        self.provider_index.insert(key.into(), number);
        self.out.providers.push(known);
    }

    /// The module of the configuration at a path; before 0.14 the path is its last name.
    fn config_at(&self, path: &str) -> Option<usize> {
        if path.is_empty() {
            return Some(0);
        }
        if let Some(steps) = super::address::steps(path) {
            let mut at = 0;
            for (name, _) in steps {
                at = *self.children[at].get(&name)?;
            }
            return Some(at);
        }
        let mut named = self.children.iter().filter_map(|c| c.get(path));
        let only = named.next()?;
        named.next().is_none().then_some(*only)
    }

    /// Says in which module instance the references of each configuration are meant. Such a module is not
    /// repeated, or what it lists is a version alone.
    pub(super) fn place_providers(&mut self) {
        for l in &self.listed {
            let first = (0..self.out.modules.len() as u32)
                .find(|m| Some(self.config_of(*m)) == l.module)
                .unwrap_or(0);
            self.out.providers[l.number as usize].module = first;
        }
    }

    /// The provider configuration of a resource, by the key that the plan gives.
    pub(super) fn provider_used(&self, module: usize, resource: u32) -> Option<u32> {
        let key = self.provider_of.get(&(module, resource))?;
        let (path, local) = key.rsplit_once(':').unwrap_or(("", key));
        let exact = self.provider_index.get(key).copied();
        let said = |n: &u32| self.listed.iter().any(|l| l.number == *n && l.says);
        if path.is_empty() || path.starts_with("module.") && exact.as_ref().is_some_and(said) {
            return exact;
        }
        self.inherited(module, local)
    }

    /// The configuration that a module inherits, or has itself.
    fn inherited(&self, module: usize, local: &str) -> Option<u32> {
        let name = local.split('.').next().unwrap_or(local);
        let around = self.around(module);
        let alike: Vec<&Listed> = self
            .listed
            .iter()
            .filter(|l| l.says && l.local.split('.').next() == Some(name))
            .filter(|l| l.module.is_none_or(|m| around.contains(&m)))
            .collect();
        let unclear = |l: &Listed| l.module.is_none();
        let in_module = |m: usize, wanted: &str| {
            let here = |l: &&&Listed| l.module == Some(m) && &*l.local == wanted;
            alike.iter().find(here).map(|l| l.number)
        };
        if !alike.iter().any(|l| unclear(l)) {
            // Its own.
            if let Some(own) = in_module(module, local) {
                return Some(own);
            }
            // With one of another name around it, that one may be handed in.
            if local == name && alike.iter().all(|l| *l.local == *name) {
                return around.iter().find_map(|m| in_module(*m, name));
            }
        }
        // All that it can be say the same.
        let first = alike.first()?;
        let text = self.constants(first.number)?;
        let same = |l: &&Listed| self.constants(l.number) == Some(text);
        alike.iter().all(same).then_some(first.number)
    }

    /// A module and those that call it, the root last.
    fn around(&self, module: usize) -> Vec<usize> {
        let mut out = vec![module];
        let mut at = module;
        while at != 0 {
            let calls = |p: &usize| self.children[*p].values().any(|c| *c == at);
            at = (0..self.children.len()).find(calls).unwrap_or(0);
            out.push(at);
        }
        out
    }

    /// What a configuration says, where it says the same wherever it stands.
    fn constants(&self, number: u32) -> Option<&str> {
        let Raw { start, end } = self.out.providers[number as usize].expressions?;
        let text = self.text.get(start..end)?;
        (!text.contains("\"references\"")).then_some(text)
    }
}
