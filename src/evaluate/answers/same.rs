//! Data sources that read what the same configuration makes: `data "aws_kms_key" "k" { key_id =
//! aws_kms_key.main.id }` is that key, and each of its attributes is that key's.
//!
//! Which attribute names which of which type is the catalog's to say ([`super::super::Types::same_as`]).
//! A reference counts before a name. By name it is one that certainly has it, under the same provider
//! configuration, where no other may have it: whatever else there is, the data source stays unknown.

use super::super::evaluated::{InstanceId, View};
use super::super::operators::equal;
use super::super::value::{Key, Ref, Val};
use super::super::{Evaluation, MODULE, VIEW};
use crate::load::project::Mode;
use std::sync::Arc;

/// What a data source is the same as.
#[derive(Clone, Debug)]
pub struct SameAs {
    /// The managed type.
    pub ty: Arc<str>,
    /// An attribute of the data source, and the one that it equals.
    pub by: Vec<(Arc<str>, Arc<str>)>,
}

impl Evaluation<'_> {
    /// The instance that a data source reads, where the configuration makes it.
    pub fn reads(&self, id: InstanceId) -> Option<Ref> {
        let instance = self.instance(id);
        if instance.mode != Mode::Data {
            return None;
        }
        let same = self.types.same_as(&instance.ty)?;
        self.same_managed(&instance.reference(), &self.view(id), &same)
    }

    /// The same of a reference, for trails.
    pub(in super::super) fn managed_behind(&self, r: &Ref, view: &View) -> Option<Arc<Ref>> {
        if !self.is_data(r) {
            return None;
        }
        let inst = self.module_instance(r.module);
        let resource = &self.project.module(inst.module).resources[r.resource as usize];
        let same = self.types.same_as(&resource.ty)?;
        self.same_managed(r, view, &same).map(Arc::new)
    }

    /// The instance that a data source reads.
    pub(in super::super) fn same_managed(
        &self,
        r: &Ref,
        view: &View,
        same: &SameAs,
    ) -> Option<Ref> {
        if let Some(found) = same
            .by
            .iter()
            .find_map(|(own, _)| self.referred(view, own, same))
        {
            return Some(found);
        }
        let named: Vec<(Val, &Arc<str>)> = same
            .by
            .iter()
            .filter_map(|(own, other)| Some((self.attribute(view, own)?.val, other)))
            .collect();
        let text = |v: &Val| v.as_str().is_some_and(|s| !s.is_empty());
        if !named.iter().any(|(v, _)| text(v)) || named.iter().any(|(v, _)| v.is_null()) {
            return None;
        }
        let own = self.provider_at(r, view);
        let mut found = None;
        for candidate in self.instances_of(&same.ty) {
            let mut may = true;
            let mut is = true;
            for (v, other) in &named {
                let there = self.resource_attribute(&Arc::new(candidate.clone()), other);
                match equal(v, &there).as_bool() {
                    Some(true) => {}
                    Some(false) => may = false,
                    None => is = false,
                }
            }
            if !may {
                continue;
            }
            // Perhaps this one, or a second one: it cannot be told which.
            if !is || found.is_some() || candidate.key == Key::Any {
                return None;
            }
            let there = self.provider_at(&candidate, &self.view_of(&candidate)?);
            let place = |p: &super::super::evaluated::Provider| p.view.as_ref().map(|v| v.place);
            if (place(&own), own.instance) != (place(&there), there.instance) {
                return None;
            }
            found = Some(candidate);
        }
        found
    }

    /// The instance of the type that an attribute of the data source was read from, by one of its names.
    fn referred(&self, view: &View, own: &str, same: &SameAs) -> Option<Ref> {
        let value = self.attribute(view, own)?.val;
        let via = value
            .via
            .as_ref()
            .filter(|r| r.resource != MODULE && r.module != VIEW)?;
        let inst = self.module_instance(via.module);
        let resource = &self.project.module(inst.module).resources[via.resource as usize];
        let named = || {
            self.types
                .never_null(Mode::Managed, &resource.ty, &via.path)
        };
        let it = resource.mode == Mode::Managed && resource.ty == same.ty;
        (it && via.key != Key::Any && named()).then(|| Ref {
            path: "".into(),
            ..(**via).clone()
        })
    }

    /// The instances of a managed type, in their order.
    fn instances_of(&self, ty: &Arc<str>) -> Vec<Ref> {
        if let Some(known) = self.of_type.borrow().get(ty) {
            return known.clone();
        }
        let all: Vec<Ref> = self
            .instances
            .iter()
            .filter(|i| i.mode == Mode::Managed && i.ty == *ty)
            .map(super::super::evaluated::Instance::reference)
            .collect();
        // Before all are there none is remembered.
        if !self.instances.is_empty() {
            self.of_type.borrow_mut().insert(ty.clone(), all.clone());
        }
        all
    }
}
