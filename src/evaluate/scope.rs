//! Scopes: in what an expression is evaluated.
//!
//! A scope is a module instance and a chain of bindings (the instance's `each` or `count`, `for`
//! variables, iterators of `dynamic` blocks). Names of a module's own objects are not in it: they are
//! slots of the module instance.

use super::value::Val;
use std::sync::Arc;

/// The number of no module: conditions of the catalog, values files, template files.
pub(super) const NO_MODULE: u32 = u32::MAX;

/// In what an expression is evaluated: a module instance, the instance of a resource, iterators.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The module instance's number, or [`NO_MODULE`].
    pub(super) module: u32,
    frame: Option<Arc<Frame>>,
}

#[derive(Debug)]
struct Frame {
    outer: Option<Arc<Frame>>,
    binding: Binding,
}

/// What a frame binds.
#[derive(Debug)]
pub(super) enum Binding {
    /// A name: a `for` variable, an iterator, an object of conditions.
    Name(Arc<str>, Val),
    /// `each.key`, `each.value`.
    Each(Val, Val),
    /// `count.index`.
    Count(Val),
}

impl Scope {
    /// The scope of a module instance.
    pub(super) fn module(module: u32) -> Scope {
        Scope {
            module,
            frame: None,
        }
    }

    /// This scope with one more binding.
    pub(super) fn bind(&self, binding: Binding) -> Scope {
        Scope {
            module: self.module,
            frame: Some(Arc::new(Frame {
                outer: self.frame.clone(),
                binding,
            })),
        }
    }

    /// The innermost value of a name.
    pub(super) fn name(&self, name: &str) -> Option<&Val> {
        self.find(|b| match b {
            Binding::Name(n, v) if **n == *name => Some(v),
            _ => None,
        })
    }

    /// `each.key` and `each.value`.
    pub(super) fn each(&self) -> Option<(&Val, &Val)> {
        self.find(|b| match b {
            Binding::Each(k, v) => Some((k, v)),
            _ => None,
        })
    }

    /// `count.index`.
    pub(super) fn count(&self) -> Option<&Val> {
        self.find(|b| match b {
            Binding::Count(v) => Some(v),
            _ => None,
        })
    }

    fn find<'s, T>(&'s self, f: impl Fn(&'s Binding) -> Option<T>) -> Option<T> {
        let mut at = self.frame.as_deref();
        while let Some(frame) = at {
            if let Some(found) = f(&frame.binding) {
                return Some(found);
            }
            at = frame.outer.as_deref();
        }
        None
    }
}

/// The chain is let go of in a loop: a deep one must not overflow the stack.
impl Drop for Frame {
    fn drop(&mut self) {
        let mut next = self.outer.take();
        while let Some(frame) = next {
            match Arc::try_unwrap(frame) {
                Ok(mut frame) => next = frame.outer.take(),
                Err(_) => break,
            }
        }
    }
}
