//! How things are before the change that a plan makes.
//!
//! Each stands at the address that it has after the change: what is moved is the same thing. The configuration
//! in a plan is the new one, so nothing of it says what was there.

use super::{Builder, Change, Document, PlannedInstance, ValuesModule, key_of, mode};
use crate::load::planned::document::Value;
use crate::load::planned::{InstanceKey, Raw, Sensitive};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// Instances that were met.
type Seen = FxHashSet<(u32, u32, InstanceKey, Option<Arc<str>>)>;

/// What is told of an instance.
struct Was<'a> {
    module: &'a str,
    mode: &'a str,
    ty: &'a str,
    name: &'a str,
    index: Value<'a>,
    deposed: Option<&'a str>,
    source: &'a str,
    values: Value<'a>,
    sensitive: Value<'a>,
    /// The change leaves it as it is.
    aside: bool,
}

impl Builder<'_> {
    /// Reads what was there; a file without changes does not tell.
    pub(super) fn before(&mut self, document: &Document<'_>) {
        let Some(changes) = &document.resource_changes else {
            return;
        };
        self.out.before = Some(Vec::new());
        let mut seen = Seen::default();
        for change in changes.iter() {
            if let Some(change) = self.whole(change) {
                self.was(&of_change(&change), &mut seen);
            }
        }
        let deferred = document.deferred_changes.iter().flatten();
        for change in deferred.filter_map(|d| d.resource_change.as_ref()) {
            self.was(&of_change(change), &mut seen);
        }
        // What the change does not speak of (`-target`), and what was read.
        if let Some(root) = document
            .prior_state
            .as_ref()
            .and_then(|s| s.values.as_ref())
            .and_then(|v| v.root_module.as_ref())
        {
            self.prior(root, &mut seen);
        }
    }

    fn prior(&mut self, module: &ValuesModule<'_>, seen: &mut Seen) {
        for r in module.resources.iter() {
            let Some(r) = self.whole(r) else { continue };
            let was = Was {
                module: &module.address,
                mode: &r.mode,
                ty: &r.ty,
                name: &r.name,
                index: r.index,
                deposed: r.deposed_key.as_deref(),
                source: &r.provider_name,
                values: r.values,
                sensitive: r.sensitive_values,
                aside: true,
            };
            self.was(&was, seen);
        }
        for child in &module.child_modules {
            self.prior(child, seen);
        }
    }

    fn was(&mut self, was: &Was<'_>, seen: &mut Seen) {
        let (Some(mode), Some(key)) = (mode(was.mode), key_of(was.index)) else {
            return;
        };
        let Some(module) = self.module_instance(was.module) else {
            return;
        };
        let config = self.config_of(module);
        let resource = self.resource(config, mode, was.ty, was.name);
        let deposed: Option<Arc<str>> = was.deposed.map(Into::into);
        if !seen.insert((module, resource, key.clone(), deposed.clone())) {
            return;
        }
        let values = self.raw(was.values);
        if values.is_none() {
            return;
        }
        let instance = PlannedInstance {
            module,
            resource,
            key,
            deposed,
            values,
            unknown: Raw::default(),
            sensitive: match was.sensitive {
                None => Sensitive::None,
                some => Sensitive::Tree(self.raw(some)),
            },
            provider: self.provider_used(config, resource),
            source: self.text(was.source),
            aside: was.aside,
        };
        self.out.before.get_or_insert_default().push(instance);
    }
}

fn of_change<'a>(c: &'a Change<'a>) -> Was<'a> {
    let actions = &c.happens.actions;
    let text = |v: Value<'a>| v.map(serde_json::value::RawValue::get);
    let (before, after) = (c.happens.before, c.happens.after);
    Was {
        module: &c.module_address,
        mode: &c.mode,
        ty: &c.ty,
        name: &c.name,
        index: c.index,
        deposed: c.deposed.as_deref(),
        source: &c.provider_name,
        // What stays as it is needs to be kept once.
        values: if text(before) == text(after) {
            after
        } else {
            before
        },
        sensitive: c.happens.before_sensitive,
        // What terraform lets go of is still there.
        aside: !actions.is_empty() && actions.iter().all(|a| a == "forget"),
    }
}
