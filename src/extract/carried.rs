//! Carried facts: what other resources decide about a store, by name, by tag or by scope.
//!
//! Lives here: who carries a fact of a store, and custody put together from its own and the carried
//! ones. Not here: the joins (`join.rs`), yes-or-no facts (`answers.rs`), copies (`copies.rs`).

use super::collect::{EntryId, Extractor};
use super::custody::{Cases, undecided, weakest, within_world};
use super::facts::{Answer, KeyAnswer};
use super::join::{Carried, sets};
use super::worlds;
use crate::diagnostic::Message;
use crate::evaluate::value::World;

/// Who carries a fact of a store.
#[derive(Default)]
pub(super) struct Carriers {
    /// In these worlds for sure.
    pub sure: Vec<(EntryId, World)>,
    /// In these worlds perhaps.
    pub maybe: Vec<(EntryId, World)>,
    /// Besides them there were more than are kept.
    pub overflow: bool,
}

impl Extractor<'_, '_> {
    /// Who carries a fact (a word of `carries.facts`) of an entry: by name, by tag, by scope.
    pub(super) fn carriers(&self, e: EntryId, fact: &str) -> Carriers {
        let ty = self.entries[e].row.ty.clone();
        let carried = self.carried(&ty);
        let decides = |c: &EntryId| self.entries[*c].row.carries(fact);
        let listed = |map: &rustc_hash::FxHashMap<EntryId, Vec<(EntryId, World)>>| {
            let all = map.get(&e).map_or(&[][..], Vec::as_slice);
            let kept: Vec<_> = all.iter().filter(|(c, _)| decides(c)).cloned().collect();
            kept
        };
        let mut out = Carriers {
            sure: listed(&carried.sure),
            maybe: listed(&carried.maybe),
            overflow: carried.overflow,
        };
        for (c, w, by) in &carried.any {
            if decides(c) && self.may_be_called(e, by) {
                out.maybe.push((*c, w.clone()));
            }
        }
        for &c in carried.scoped.iter().filter(|c| decides(c)) {
            let Some(scope) = self.entries[c].row.carries.as_ref().and_then(|x| x.scope) else {
                continue;
            };
            match self.same_scope(e, c, scope) {
                Some(false) => {}
                Some(true) if self.instance(c).counted => {
                    out.sure
                        .extend(self.exists(c).into_iter().map(|there| (c, there)));
                }
                _ => out
                    .maybe
                    .extend(self.exists(c).into_iter().map(|there| (c, there))),
            }
        }
        out
    }

    /// Whether a carrier was joined to some store for sure.
    pub(super) fn decides_for_some(&self, c: EntryId) -> bool {
        let row = self.entries[c].row.clone();
        let Some(carries) = &row.carries else {
            return false;
        };
        carries.to.iter().any(|ty| {
            let carried = self.carried(ty);
            carried.sure.values().flatten().any(|(x, _)| *x == c)
                || carried.scoped.contains(&c) && self.by_type.contains_key(ty)
        })
    }

    fn own(&self, e: EntryId, world: &World) -> Vec<KeyAnswer> {
        let row = self.entries[e].row.clone();
        let cases = Cases {
            entry: e,
            list: &row.custody,
            own: None,
        };
        self.cases(&cases, 0, world)
    }

    pub(super) fn with_carried(&self, e: EntryId, out: &mut Vec<KeyAnswer>) {
        let ty = self.entries[e].row.ty.clone();
        let carried = self.carried(&ty);
        let custody = |c: EntryId| self.entries[c].row.carries("custody");
        let listed = |map: &rustc_hash::FxHashMap<EntryId, Vec<(EntryId, World)>>| {
            let all = map.get(&e).map_or(&[][..], Vec::as_slice);
            let kept: Vec<_> = all.iter().filter(|(c, _)| custody(*c)).cloned().collect();
            kept
        };
        let sure = listed(&carried.sure);
        let maybe = listed(&carried.maybe);
        for (world, carriers) in sets(&sure, self.exists(e)) {
            if carriers.is_empty() {
                self.not_carried(e, &world, &maybe, &carried, out);
                continue;
            }
            let mut all: Option<Vec<KeyAnswer>> = None;
            for c in carriers {
                let answers: Vec<KeyAnswer> = within_world(&self.custody(c), &world);
                all = Some(match all {
                    Some(have) => weakest(&have, &answers),
                    None => answers,
                });
            }
            out.extend(all.unwrap_or_default());
        }
    }

    /// A store's own facts, what may be carried, and what its surroundings say.
    fn not_carried(
        &self,
        e: EntryId,
        world: &World,
        maybe: &[(EntryId, World)],
        carried: &Carried,
        out: &mut Vec<KeyAnswer>,
    ) {
        let mut own = self.own(e, world);
        for &c in &carried.scoped {
            if self.entries[c].row.carries("custody") {
                self.apply_scope(e, c, world, &mut own);
            }
        }
        out.append(&mut own);
        let mut perhaps = |c: EntryId, world: &World| {
            let why = Message::new("why.carrier").arg(&*self.instance(c).address);
            let theirs = within_world(&self.custody(c), world);
            out.extend(theirs.into_iter().map(|mut a| {
                a.why.get_or_insert_with(|| why.clone());
                a
            }));
        };
        for (c, w) in maybe {
            if let Some(both) = world.and(w) {
                perhaps(*c, &both);
            }
        }
        for (c, w, by) in &carried.any {
            if let Some(both) = world.and(w)
                && self.entries[*c].row.carries("custody")
                && self.may_be_called(e, by)
            {
                perhaps(*c, &both);
            }
        }
        if carried.overflow {
            let why = Message::new("why.too-many").arg("");
            out.push(undecided(
                Answer::Unknown,
                why,
                world.clone(),
                self.header(e),
            ));
        }
    }

    fn apply_scope(&self, e: EntryId, c: EntryId, world: &World, own: &mut Vec<KeyAnswer>) {
        let Some(carries) = self.entries[c].row.carries.as_ref() else {
            return;
        };
        let Some(scope) = carries.scope else { return };
        let holds = self.same_scope(e, c, scope);
        if holds == Some(false) {
            return;
        }
        let levels = carries.instead_of.clone();
        let theirs = within_world(&self.custody(c), world);
        let (given_way, mut kept): (Vec<_>, Vec<_>) = own
            .drain(..)
            .partition(|a| a.level.is_some_and(|l| levels.contains(&l)));
        for a in given_way {
            for t in &theirs {
                if let Some(when) = a.when.and(&t.when) {
                    let keeps = t.level.is_some_and(|l| levels.contains(&l));
                    let from = if keeps { &a } else { t };
                    kept.push(KeyAnswer {
                        when,
                        ..from.clone()
                    });
                }
            }
            let there = self.exists(c);
            for left in worlds::complement(&there) {
                if let Some(when) = a.when.and(&left) {
                    kept.push(KeyAnswer { when, ..a.clone() });
                }
            }
            if holds.is_none() || !self.instance(c).counted {
                kept.push(a);
            }
        }
        *own = kept;
    }
}
