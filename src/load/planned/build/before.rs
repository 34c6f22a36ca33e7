//! How things are before the change that a plan makes.
//!
//! Each stands at the address that it has after the change: what is moved is the same thing. The configuration
//! in a plan is the new one, so nothing of it says what was there.

use super::{Builder, Change, Document, PlannedInstance, Seen, Told, ValuesModule};
use crate::load::planned::Raw;
use crate::load::planned::document::Value;

/// What is told of an instance that was there.
struct Was<'a> {
    told: Told<'a>,
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
                told: Told::of_resource(module, &r),
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
        let Some(who) = self.who(&was.told) else {
            return;
        };
        if !seen.insert(who.clone()) {
            return;
        }
        let (module, resource, key, deposed) = who;
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
            sensitive: self.tree(was.sensitive),
            provider: self.provider_used(self.config_of(module), resource),
            source: self.text(was.told.source),
            aside: was.aside,
        };
        self.out.before.get_or_insert_default().push(instance);
    }
}

fn of_change<'a>(c: &'a Change<'a>) -> Was<'a> {
    let text = |v: Value<'a>| v.map(serde_json::value::RawValue::get);
    let (before, after) = (c.happens.before, c.happens.after);
    Was {
        told: Told::of_change(c),
        // What stays as it is needs to be kept once.
        values: if text(before) == text(after) {
            after
        } else {
            before
        },
        sensitive: c.happens.before_sensitive,
        aside: c.happens.is_forgotten(),
    }
}
