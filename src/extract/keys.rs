//! Keys: a key's value is followed to whose it is: an instance, an attribute that passes one on, a text.

use super::collect::{EntryId, Extractor, Written, is_sensitive, why_of};
use super::custody::{Cases, answer, undecided, within_world};
use super::facts::{Answer, Basis, Custody, Foreign, KeyAnswer, Location};
use super::place::{self, half_known};
use super::readers;
use super::worlds::within;
use crate::catalog::compile::{Case, KeyPath, KeyRef, Literal, LiteralPlace, Name, Says};
use crate::catalog::row::{Role, ScopeText};
use crate::diagnostic::Message;
use crate::evaluate::evaluated::View;
use crate::evaluate::value::{self, Marks, Ref, Val, Why, World};
use crate::load::project::Mode;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// How far a key is followed.
const MAX_HOPS: u8 = 8;

impl Extractor<'_, '_> {
    /// Notes which key instance an answer is about; one that is already noted lies behind this one.
    pub(super) fn at_key(&self, key: EntryId, a: &mut KeyAnswer) {
        if a.key.is_none() {
            a.key = Some(self.instance(key).address.clone());
            a.key_location = Some(self.location(key));
            a.key_as_store = false;
        }
    }

    #[allow(clippy::too_many_arguments)] // two call sites; a struct would only name them again
    pub(super) fn key_source(
        &self,
        cx: &Cases<'_>,
        case: &Case,
        item: Option<&View>,
        key: &KeyRef,
        w: &World,
        absent: &mut Vec<World>,
        out: &mut Vec<KeyAnswer>,
    ) {
        let values = match key {
            KeyRef::Path(path) => self.read_at(cx.entry, item, path),
            KeyRef::Beside(ty, path) => self.beside(cx.entry, ty, path),
            KeyRef::Value(expression) => self.value_of(expression, cx.entry, item),
        };
        for (both, v) in within(&values, w) {
            let Some((v, basis)) = v else {
                absent.push(both);
                continue;
            };
            let mut found = Vec::new();
            let maybe_null = self.key(cx.entry, &v, &basis, &both, 0, &mut found);
            for a in &mut found {
                a.case = Some(case.id.clone());
            }
            out.append(&mut found);
            if maybe_null {
                absent.push(both);
            }
        }
    }

    /// A setting of the same scope.
    pub(super) fn beside(&self, e: EntryId, ty: &Arc<str>, path: &Arc<str>) -> Written {
        let path = KeyPath {
            item: false,
            path: path.clone(),
        };
        for &other in self.by_type.get(ty).map_or(&[][..], Vec::as_slice) {
            match self.same_scope(e, other, ScopeText::AccountRegion) {
                Some(false) => {}
                _ => return self.read_at(other, None, &path),
            }
        }
        vec![(World::ANY, None)]
    }

    /// Whose key a value names. Gives whether the value may be null.
    pub(super) fn key(
        &self,
        e: EntryId,
        v: &Val,
        basis: &Basis,
        w: &World,
        hops: u8,
        out: &mut Vec<KeyAnswer>,
    ) -> bool {
        if let Some(r) = &v.via
            && let Some(maybe_null) = self.followed(e, r, v, basis, w, hops, out)
        {
            return maybe_null;
        }
        if is_sensitive(v) {
            out.push(undecided(Answer::Yes, why_of(v), w.clone(), basis.clone()));
            return !v.is_not_null();
        }
        if let Some(text) = half_known(v)
            && self.key_text(e, v, &text, basis, w, out)
        {
            return false;
        }
        if let Some(levels) = self.not_declared(v) {
            out.extend(levels.into_iter().map(|level| KeyAnswer {
                level: Some(level),
                key_location: Some(Arc::new(place::unknown(why_of(v), basis.clone()))),
                ..undecided(Answer::Yes, why_of(v), w.clone(), basis.clone())
            }));
            return false;
        }
        let maybe_null = !v.is_not_null();
        out.push(undecided(Answer::Yes, why_of(v), w.clone(), basis.clone()));
        maybe_null
    }

    /// What a key may be that its module names and does not have (part of the code is not here, or it is
    /// a mistake that has its own diagnostic): whatever it is, it is a key of that type.
    fn not_declared(&self, v: &Val) -> Option<Vec<Custody>> {
        let u = v.as_unknown().filter(|u| u.why == Why::NotDeclared)?;
        let mut words = u.subject.split(['.', '[']);
        let row = self.catalog.row(words.next()?)?;
        let attribute = words.next_back()?;
        let named = row
            .names
            .iter()
            .any(|n| matches!(n, Name::Attr(a) if **a == *attribute));
        if row.role != Some(Role::Key) || !named {
            return None;
        }
        let mut out = Vec::new();
        for case in &row.custody {
            if let Says::Is(levels) = &case.says {
                out.extend(levels);
            }
            out.extend(case.absent.iter().chain(&case.otherwise));
        }
        out.sort();
        out.dedup();
        (!out.is_empty()).then_some(out)
    }

    #[allow(clippy::too_many_arguments)] // one call site; a struct would only name them again
    pub(super) fn followed(
        &self,
        e: EntryId,
        r: &Ref,
        v: &Val,
        basis: &Basis,
        w: &World,
        hops: u8,
        out: &mut Vec<KeyAnswer>,
    ) -> Option<bool> {
        let ids = self.ev.resolve(r);
        let keys: Vec<EntryId> = self
            .entries_of(r)
            .into_iter()
            .filter(|&k| self.entries[k].row.is_key() && !self.entries[k].row.custody.is_empty())
            .collect();
        if !keys.is_empty() && keys.len() == ids.len() {
            for k in keys {
                for mut a in within_world(&self.custody(k), w) {
                    self.at_key(k, &mut a);
                    // What the user can change is where the key is named.
                    a.basis = Some(basis.clone());
                    out.push(a);
                }
            }
            return Some(false);
        }
        // An attribute of something else that passes a key on.
        let [id] = ids[..] else { return None };
        if hops >= MAX_HOPS || v.as_str().is_some() {
            return None;
        }
        let view = self.ev.view(id);
        let found = self.ev.path(&view, &r.path).into_iter().next()?;
        let mut maybe_null = false;
        for (world, inner) in found.val.alternatives() {
            let Some(both) = w.and(&world) else { continue };
            if inner.is_null() {
                // The provider chooses; which key nobody sees.
                out.push(undecided(Answer::Yes, why_of(v), both, basis.clone()));
                continue;
            }
            maybe_null |= self.key(e, &inner, basis, &both, hops + 1, out);
        }
        Some(maybe_null)
    }

    /// A key's text: another instance's name, or what its form says.
    pub(super) fn key_text(
        &self,
        e: EntryId,
        v: &Val,
        text: &str,
        basis: &Basis,
        w: &World,
        out: &mut Vec<KeyAnswer>,
    ) -> bool {
        let provider = self.entries[e].provider.clone();
        let literal = provider.literals.iter().find(|l| l.pattern.is_match(text));
        let below = |l: &Literal| l.is.iter().all(|is| *is < Custody::CustomerManaged);
        let provider_owned = literal.is_some_and(below);
        if !provider_owned && v.is_known() {
            let (hits, which) = self.key_named(e, v);
            if !hits.is_empty() {
                for k in hits {
                    for mut a in within_world(&self.custody(k), w) {
                        self.at_key(k, &mut a);
                        if !which {
                            a.key = None;
                        }
                        a.basis = Some(basis.clone());
                        out.push(a);
                    }
                }
                return true;
            }
        }
        let Some(literal) = literal else {
            if v.is_known() {
                let why = Message::new("why.key-text");
                out.push(undecided(Answer::Yes, why, w.clone(), basis.clone()));
                return true;
            }
            return false;
        };
        // What a data source asks for, a user wrote.
        let asked = self.instance(e).mode == Mode::Data;
        let chosen = v.marks.has(Marks::CHOSEN) && !asked;
        if !provider_owned && !literal.sure && chosen {
            // Its form is that of a customer's key, and that of the provider's own.
            let mut a = undecided(
                Answer::Yes,
                Message::new("why.key-chosen"),
                w.clone(),
                basis.clone(),
            );
            a.key_location = self.text_place(&provider, v, basis).map(Arc::new);
            out.push(a);
            return true;
        }
        let as_store = literal.place == LiteralPlace::AsStore;
        let location = if as_store {
            Some(self.location(e))
        } else {
            self.text_place(&provider, v, basis).map(Arc::new)
        };
        let foreign = self.foreign_text(literal, v, text).map(Arc::new);
        let why = (literal.is.len() > 1).then(|| Message::new("why.one-of-levels"));
        for level in &literal.is {
            // Which it is hangs on the key: wherever the same text stands, it is the same.
            let here = match &why {
                Some(_) => {
                    let atom = Val::text(&format!("protection of {text}")).identity();
                    let word = Val::text(level.word());
                    let shown = format!("{text} = {}", level.word());
                    w.and(&World::of(value::Literal::new(atom, &word, shown)))
                }
                None => Some(w.clone()),
            };
            let Some(here) = here else { continue };
            let mut a = answer(*level, here, basis.clone(), &Arc::from("key_literal"));
            a.why.clone_from(&why);
            a.key_as_store = as_store;
            a.key_location.clone_from(&location);
            a.foreign.clone_from(&foreign);
            out.push(a);
        }
        true
    }

    /// Whose account a key's text names; `None`: it is the provider's own key, or nobody said which accounts are one's
    /// own.
    fn foreign_text(&self, literal: &Literal, v: &Val, text: &str) -> Option<Foreign> {
        let accounts = literal.accounts.as_ref()?;
        let own = self.options.own.list(accounts)?;
        if own.is_empty() {
            return None;
        }
        let captures = literal.pattern.captures(text)?;
        let said = |answer: Answer, account: &str| Foreign {
            answer,
            account: account.into(),
        };
        // A key that is as good as an own one.
        let mut trusted = self.options.own.trusted_keys.iter();
        if v.is_known() && trusted.any(|pattern| readers::like(pattern, text)) {
            return Some(said(Answer::No, ""));
        }
        let Some(group) = captures.name("account") else {
            // One that has no place of its own stands in the store's account; of another nobody can tell.
            let answer = match literal.place {
                LiteralPlace::AsStore if v.is_known() => Answer::No,
                LiteralPlace::AsStore => Answer::Unknown,
                LiteralPlace::Group | LiteralPlace::Never => Answer::Unknown,
            };
            return Some(said(answer, ""));
        };
        let account = readers::piece(v, text, group.range());
        Some(match readers::is_foreign(&account, own) {
            Some(false) => said(Answer::No, group.as_str()),
            Some(true) => said(Answer::Yes, group.as_str()),
            None => said(Answer::Unknown, account.known().unwrap_or_default()),
        })
    }

    /// Key instances of this target that a text names; of several, those where the store is. And whether it
    /// is sure that they are named, not another that reads the same key.
    pub(super) fn key_named(&self, e: EntryId, v: &Val) -> (Vec<EntryId>, bool) {
        let types: Vec<Arc<str>> = self
            .by_type
            .iter()
            .filter(|(_, list)| {
                let row = &self.entries[list[0]].row;
                // What a data source asks for is no name that it gives.
                row.is_key()
                    && !row.custody.is_empty()
                    && self.instance(list[0]).mode == Mode::Managed
            })
            .map(|(ty, _)| ty.clone())
            .collect();
        if types.is_empty() {
            return self.key_read(e, v);
        }
        let mut hits: Vec<EntryId> = self
            .join(v, &types)
            .hits
            .iter()
            .filter(|h| h.sure && h.entry != e)
            .map(|h| h.entry)
            .collect();
        hits.sort_unstable();
        hits.dedup();
        if hits.is_empty() {
            return self.key_read(e, v);
        }
        if hits.len() > 1 {
            let here = self.location(e);
            let near = |l: &Location| {
                l.alternatives
                    .iter()
                    .any(|p| here.alternatives.iter().any(|q| q.regions == p.regions))
            };
            let kept: Vec<EntryId> = hits
                .iter()
                .copied()
                .filter(|&k| near(&self.location(k)))
                .collect();
            if !kept.is_empty() {
                return (kept, true);
            }
        }
        (hits, true)
    }

    /// The data source that read a key of this text: a plan or state holds what it read. Where several read
    /// it, the one whose own name it is tells most; which of them was meant, it does not say.
    fn key_read(&self, e: EntryId, v: &Val) -> (Vec<EntryId>, bool) {
        let Some(text) = v.as_str() else {
            return (Vec::new(), true);
        };
        // What a data source asks for is no answer of another.
        if self.instance(e).mode == Mode::Data {
            return (Vec::new(), true);
        }
        let read = self.keys_read.get_or_init(|| {
            let mut out: FxHashMap<Arc<str>, Vec<EntryId>> = FxHashMap::default();
            for (e, entry) in self.entries.iter().enumerate() {
                let data = self.instance(e).mode == Mode::Data;
                if data && entry.row.is_key() && !entry.row.custody.is_empty() {
                    for text in self.ev.given_texts(self.view(e)) {
                        out.entry(text).or_default().push(e);
                    }
                }
            }
            out
        });
        let Some(all) = read.get(text) else {
            return (Vec::new(), true);
        };
        let own = |k: &&EntryId| {
            self.entries[**k].row.names.iter().any(|n| {
                let Name::Attr(a) = n else { return false };
                let values = self.read(self.view(**k), a);
                matches!(&values[..], [(_, Some((v, _)))] if v.as_str() == Some(text))
            })
        };
        let best = all.iter().find(own).or(all.first());
        (best.copied().into_iter().collect(), all.len() == 1)
    }

    /// A key that several columns name.
    pub(super) fn columns(
        &self,
        cx: &Cases<'_>,
        case: &Case,
        ty: &Arc<str>,
        columns: &[(Arc<str>, KeyPath)],
        item: Option<&View>,
        w: &World,
    ) -> Vec<KeyAnswer> {
        let mut values = Vec::new();
        let mut basis = None;
        for (theirs, ours) in columns {
            let mut read = self.read_at(cx.entry, item, ours);
            if let (1, Some((_, Some((v, b))))) = (read.len(), read.pop()) {
                basis.get_or_insert(b);
                values.push((theirs.clone(), v));
            }
        }
        let basis = basis.unwrap_or_else(|| self.header(cx.entry));
        let (sure, maybe) = if values.len() == columns.len() {
            self.by_columns(ty, &values)
        } else {
            (Vec::new(), Vec::new())
        };
        let mut out = Vec::new();
        for k in sure
            .iter()
            .chain(if sure.is_empty() { &maybe[..] } else { &[] })
        {
            for mut a in within_world(&self.custody(*k), w) {
                self.at_key(*k, &mut a);
                a.basis = Some(basis.clone());
                a.case = Some(case.id.clone());
                out.push(a);
            }
        }
        if sure.is_empty() {
            for &l in &case.otherwise {
                out.push(answer(l, w.clone(), basis.clone(), &case.id));
            }
            if case.otherwise.is_empty() {
                let why = Message::new("why.no-case");
                out.push(undecided(Answer::Yes, why, w.clone(), basis));
            }
        }
        out
    }
}
