//! The text of an instance, parsed: its values, what is not known of them, what must not be shown. And the memory
//! of those that were looked at last.

use crate::load::planned::{Planned, PlannedInstance, Raw, Sensitive};
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// The trees of an instance.
#[derive(Debug)]
pub(super) struct Trees {
    pub values: Option<Value>,
    pub unknown: Option<Value>,
    pub sensitive: Option<Value>,
}

impl Trees {
    pub(super) fn of(plan: &Planned, instance: &PlannedInstance) -> Trees {
        Trees {
            values: parsed(plan, instance.values),
            unknown: parsed(plan, instance.unknown),
            sensitive: match instance.sensitive {
                Sensitive::None => None,
                Sensitive::Tree(raw) => parsed(plan, raw),
                Sensitive::Paths(raw) => parsed(plan, raw).as_ref().map(tree_of_paths),
            },
        }
    }
}

/// A part of the text as a value.
pub(super) fn parsed(plan: &Planned, raw: Raw) -> Option<Value> {
    serde_json::from_str(plan.raw(raw)?).ok()
}

/// The tree of what must not be shown, of a raw state's paths: what a path leads into is all of it.
fn tree_of_paths(paths: &Value) -> Value {
    let mut out = Map::new();
    for path in paths.as_array().into_iter().flatten() {
        let first = match path {
            Value::Array(steps) => steps.first().and_then(|s| s.get("value")),
            // OpenTofu and old versions.
            other => other.get("value").or(Some(other)),
        };
        match first.and_then(Value::as_str) {
            Some(name) => {
                out.insert(name.to_owned(), Value::Bool(true));
            }
            // A path that is not understood: none of it is shown.
            None => return Value::Bool(true),
        }
    }
    Value::Object(out)
}

/// What was made of the instances that were looked at last: what is asked of one is asked in one go, and of those
/// it refers to. All of them would take more room than the file.
#[derive(Debug)]
pub(super) struct Recent<T>(RefCell<Kept<T>>);

#[derive(Debug)]
struct Kept<T> {
    made: FxHashMap<u32, Rc<T>>,
    order: VecDeque<u32>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Recent(RefCell::new(Kept {
            made: FxHashMap::default(),
            order: VecDeque::new(),
        }))
    }
}

impl<T> Recent<T> {
    /// So many are remembered.
    const MANY: usize = 128;

    /// What was made of the instance of a number, or is made now.
    pub(super) fn get_or_make(&self, number: u32, make: impl FnOnce() -> T) -> Rc<T> {
        if let Some(known) = self.0.borrow().made.get(&number) {
            return known.clone();
        }
        let made = Rc::new(make());
        let mut kept = self.0.borrow_mut();
        if kept.order.len() >= Self::MANY
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.made.remove(&oldest);
        }
        kept.order.push_back(number);
        kept.made.insert(number, made.clone());
        made
    }
}
