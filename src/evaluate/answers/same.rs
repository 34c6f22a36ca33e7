//! Data sources that read what the same configuration makes: `data "aws_kms_key" "k" { key_id =
//! aws_kms_key.main.id }` is that key, and each of its attributes is that key's.
//!
//! Which attribute names which of which type is the catalog's to say ([`super::super::Types::same_as`]).
//! A reference counts before a name. By name it is one that certainly has it, under the same provider
//! configuration, where no other may have it: whatever else there is, the data source stays unknown.

use super::super::evaluated::{From, InstanceId, Provider, View};
use super::super::operators::equal;
use super::super::value::{Key, Ref, Val};
use super::super::{Evaluation, MODULE, VIEW};
use crate::load::project::Mode;
use crate::load::syntax::NodeId;
use crate::source::FileId;
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;

/// What a data source is the same as.
#[derive(Clone, Debug)]
pub struct SameAs {
    /// The managed type.
    pub ty: Arc<str>,
    /// An attribute of the data source, and the one that it equals.
    pub by: Vec<(Arc<str>, Arc<str>)>,
    /// Attributes of both that say where to look (a region, a project): where one writes it, both have to
    /// mean the same.
    pub alike: Vec<Arc<str>>,
    /// The name is nobody else's in the world: it counts whatever the provider configuration is.
    pub everywhere: bool,
}

/// What the instances of a type are called by one attribute.
#[derive(Default)]
pub(in super::super) struct Names {
    texts: FxHashMap<Arc<str>, Vec<Ref>>,
    /// Those of which it is not known.
    open: Vec<Ref>,
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
        let whole = Ref {
            path: "".into(),
            ..r.clone()
        };
        if let Some(known) = self.read_by.borrow().get(&whole) {
            return known.clone();
        }
        let found = self.find_same(r, view, same);
        // Before all instances are there more may be found later.
        if !self.instances.is_empty() {
            self.read_by.borrow_mut().insert(whole, found.clone());
        }
        found
    }

    fn find_same(&self, r: &Ref, view: &View, same: &SameAs) -> Option<Ref> {
        if let Some(found) = same
            .by
            .iter()
            .find_map(|(own, _)| self.referred(r, view, own, same))
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
        let (first, by) = named.iter().find(|(v, _)| text(v))?;
        let names = self.names_of(&same.ty, by);
        let called = names.texts.get(first.as_str().unwrap_or(""));
        let mut found = None;
        for candidate in called.into_iter().flatten().chain(&names.open).cloned() {
            let there = self.view_of(&candidate)?;
            let asked = named
                .iter()
                .all(|(_, other)| self.may_be_asked(&candidate, &there, other));
            let mut may = true;
            let mut is = asked;
            for (v, other) in named.iter().filter(|_| asked) {
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
            if !is || found.is_some() || !self.is_certainly_there(&candidate) {
                return None;
            }
            if !same.everywhere && !self.found_alike((r, view), (&candidate, &there), same) {
                return None;
            }
            found = Some(candidate);
        }
        found
    }

    /// Whether an attribute of an instance can be asked for here. A name that rests on what a data source reads
    /// is perhaps this one's; to ask for it may be to go in a circle where terraform does not.
    fn may_be_asked(&self, r: &Ref, view: &View, name: &str) -> bool {
        let place = self.attribute_at(view, name);
        place.is_none_or(|(file, node)| self.rests_on_no_data(r.module, file, node))
    }

    /// What the instances of a type have as an attribute.
    fn names_of(&self, ty: &Arc<str>, name: &Arc<str>) -> Rc<Names> {
        let key = (ty.clone(), name.clone());
        if let Some(known) = self.names_of_type.borrow().get(&key) {
            return known.clone();
        }
        let mut out = Names::default();
        let of_type = self.instances.iter();
        for instance in of_type.filter(|i| i.mode == Mode::Managed && i.ty == *ty) {
            let r = instance.reference();
            let asked = self
                .view_of(&r)
                .is_some_and(|view| self.may_be_asked(&r, &view, name));
            let value = asked.then(|| self.resource_attribute(&Arc::new(r.clone()), name));
            match value.as_ref().and_then(Val::as_str) {
                Some(text) => out.texts.entry(text.into()).or_default().push(r),
                None => out.open.push(r),
            }
        }
        let out = Rc::new(out);
        // Before all instances are there none is remembered.
        if !self.instances.is_empty() {
            self.names_of_type.borrow_mut().insert(key, out.clone());
        }
        out
    }

    /// Whether an instance is there, and once, whatever is not known.
    fn is_certainly_there(&self, r: &Ref) -> bool {
        match self.resolve(r)[..] {
            [id] if r.key != Key::Any => {
                let instance = self.instance(id);
                instance.worlds.is_empty() && instance.counted
            }
            _ => false,
        }
    }

    /// Whether two look in the same account and region: the same provider configuration, and what they write of
    /// it themselves.
    fn found_alike(&self, own: (&Ref, &View), other: (&Ref, &View), same: &SameAs) -> bool {
        let providers = [own, other].map(|(r, view)| self.provider_at(r, view));
        let [a, b] = &providers;
        let place = |p: &Provider| p.view.as_ref().map(|v| v.place);
        if (place(a), a.instance.as_ref()) != (place(b), b.instance.as_ref()) {
            return false;
        }
        let written = |view: &View, name: &str| {
            let found = self.attribute(view, name)?.val;
            (!found.is_null()).then_some(found)
        };
        same.alike.iter().all(|name| {
            let [x, y] = [own.1, other.1].map(|view| written(view, name));
            if x.is_none() && y.is_none() {
                return true;
            }
            let configured = || written(a.view.as_ref()?, name);
            match (x.or_else(configured), y.or_else(configured)) {
                (Some(x), Some(y)) => equal(&x, &y).as_bool() == Some(true),
                _ => false,
            }
        })
    }

    /// The instance of the type that an attribute of the data source was read from, by one of its names.
    fn referred(&self, r: &Ref, view: &View, own: &str, same: &SameAs) -> Option<Ref> {
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
        if !it || via.key == Key::Any || !named() {
            return None;
        }
        let found = Ref {
            path: "".into(),
            ..(**via).clone()
        };
        let there = self.view_of(&found)?;
        // The same name elsewhere is another thing; an ARN says where.
        if !same.everywhere
            && &*via.path != "arn"
            && !self.found_alike((r, view), (&found, &there), same)
        {
            return None;
        }
        // The other columns may contradict it.
        let others = same.by.iter().filter(|(name, _)| **name != *own);
        for (name, other) in others {
            let Some(v) = self.attribute(view, name).map(|f| f.val) else {
                continue;
            };
            let value = self.resource_attribute(&Arc::new(found.clone()), other);
            if !v.is_null() && equal(&v, &value).as_bool() == Some(false) {
                return None;
            }
        }
        Some(found)
    }

    /// Where an attribute of a body is written.
    fn attribute_at(&self, view: &View, name: &str) -> Option<(FileId, NodeId)> {
        let From::Text(body, _) = &view.from else {
            return None;
        };
        let (file, a) = body.attribute(&self.project.sources, name)?;
        Some((file, a.value))
    }
}
