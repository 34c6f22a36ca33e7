//! Accept: whether somebody has accepted an outcome before it becomes a finding.
//!
//! Lives here: what a comment can stand at to mean an outcome. Not here: what suppressions say
//! (`policy/suppress.rs`).

use super::Judged;
use super::gather::Raw;
use super::mark;
use crate::diagnostic::Suppressed;
use crate::policy::Policy;
use crate::policy::suppress::{Subject, Suppressions, calls};
use crate::source::Place;
use rustc_hash::FxHashMap;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// Asks for a root.
pub(super) struct Accepting<'a> {
    sets: &'a [Judged<'a, 'a>],
    policy: &'a Policy,
    suppressions: &'a Suppressions,
    /// By variable set: the block and the type of every address. Made when something is asked.
    blocks: OnceCell<Vec<FxHashMap<&'a str, (Place, &'a str)>>>,
    /// The calls around a module instance, by what stands before the resource.
    calls: RefCell<FxHashMap<String, Rc<Vec<Place>>>>,
}

impl<'a> Accepting<'a> {
    pub(super) fn new(
        sets: &'a [Judged<'a, 'a>],
        policy: &'a Policy,
        suppressions: &'a Suppressions,
    ) -> Accepting<'a> {
        Accepting {
            sets,
            policy,
            suppressions,
            blocks: OnceCell::new(),
            calls: RefCell::default(),
        }
    }

    /// By what an outcome was accepted: a comment on or above its block, on the line that is marked,
    /// on a line of the value's way, on a module call around it; or the settings.
    pub(super) fn accepted(&self, raw: &Raw) -> Option<Suppressed> {
        let rule = &self.policy.rules[raw.rule].id;
        if !self.suppressions.name(rule) {
            return None;
        }
        let ev = self.sets[raw.set].evaluation;
        let marked = mark::mark(ev, &raw.basis);
        let block = self.blocks()[raw.set].get(&*raw.address).copied();
        let mut stands = vec![marked.place];
        stands.extend(block.map(|(place, _)| place));
        let mut around = vec![raw.basis.place];
        around.extend(self.calls(&raw.address).iter());
        let way: Vec<Place> = marked.trail.iter().map(|m| m.place).collect();
        let root = &ev.project.module(ev.root.module).dir;
        self.suppressions.of(&Subject {
            id: rule,
            root: Some(root),
            address: Some(&raw.address),
            ty: block.map(|(_, ty)| ty),
            class: Some(&raw.class),
            stands: &stands,
            around: &around,
            way: &way,
        })
    }

    fn blocks(&self) -> &[FxHashMap<&'a str, (Place, &'a str)>] {
        self.blocks.get_or_init(|| {
            let of = |set: &Judged<'a, 'a>| {
                let facts = set.facts;
                let stores = facts
                    .stores
                    .iter()
                    .map(|s| (&*s.address, (s.place, &*s.ty)));
                let keys = facts.keys.iter().map(|k| (&*k.address, (k.place, &*k.ty)));
                let others = facts
                    .others
                    .iter()
                    .map(|o| (&*o.address, (o.place, &*o.ty)));
                stores.chain(keys).chain(others).collect()
            };
            self.sets.iter().map(of).collect()
        })
    }

    fn calls(&self, address: &str) -> Rc<Vec<Place>> {
        if !address.starts_with("module.") {
            return Rc::default();
        }
        // All resources of a module instance share its calls: what follows the last call is cut off.
        let steps = crate::policy::pattern::steps(address);
        let modules = steps.chunks(2).take_while(|c| c[0] == "module").count();
        let len: usize = steps.iter().take(modules * 2).map(|s| s.len() + 1).sum();
        let path = &address[..len.min(address.len())];
        if let Some(known) = self.calls.borrow().get(path) {
            return known.clone();
        }
        let ev = self.sets[0].evaluation;
        let found = Rc::new(calls(ev.project, ev.root, address));
        self.calls
            .borrow_mut()
            .insert(path.to_owned(), found.clone());
        found
    }
}
