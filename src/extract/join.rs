//! Joins: which instances a value means, and who carries facts of whom. docs/decisions/0003-joins.md
//! says why it is done this way.

use super::collect::{EntryId, Extractor};
use super::worlds;
use crate::catalog::compile::{KeyPath, Name, NamePiece, UNKNOWN_PIECE};
use crate::catalog::row::ScopeText;
use crate::evaluate::could_be;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Part, Ref, Unknown, Val, Why, World};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;
use std::sync::Arc;

/// How far a value is followed through attributes that only pass it on.
const MAX_HOPS: u8 = 8;
/// Carriers of nobody knows whom: so many different ones are told apart.
const MAX_ANY: usize = 16;

/// An instance that a value means.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Which.
    pub entry: EntryId,
    /// In which world.
    pub when: World,
    /// For sure, or perhaps.
    pub sure: bool,
}

/// What a join found.
#[derive(Debug, Default)]
pub struct Joined {
    /// The instances meant.
    pub hits: Vec<Hit>,
    /// Besides them it may be any, in these worlds; the value that is not known.
    pub any: Vec<(World, Val)>,
}

/// What the instances of a type may be called by.
#[derive(Default)]
pub struct Names {
    /// By attribute and text.
    texts: FxHashMap<(Arc<str>, Arc<str>), Vec<EntryId>>,
    /// By the identity of a name that is not known.
    same: FxHashMap<u64, Vec<EntryId>>,
    /// Names that are not known.
    open: Vec<(EntryId, Val)>,
}

/// The entries of one type that a path of another type names.
#[derive(Default)]
pub struct NamedIn {
    sure: FxHashSet<EntryId>,
    maybe: FxHashSet<EntryId>,
    /// Values that are not known: they may name any.
    any: Vec<Val>,
}

/// The carriers of one store type.
#[derive(Default)]
pub struct Carried {
    /// By store: carrier and world.
    pub sure: FxHashMap<EntryId, Vec<(EntryId, World)>>,
    /// By store: perhaps.
    pub maybe: FxHashMap<EntryId, Vec<(EntryId, World)>>,
    /// Of any store: carrier, world, the name that is not known.
    pub any: Vec<(EntryId, World, Val)>,
    /// There were more of them than are kept.
    pub overflow: bool,
    /// By scope.
    pub scoped: Vec<EntryId>,
}

impl Extractor<'_, '_> {
    /// Which instances of these types a value means.
    pub(super) fn join(&self, val: &Val, types: &[Arc<str>]) -> Joined {
        let mut out = Joined::default();
        for (world, v) in val.alternatives() {
            self.join_one(&v, &world, types, 0, &mut out);
        }
        out
    }

    fn join_one(&self, v: &Val, world: &World, types: &[Arc<str>], hops: u8, out: &mut Joined) {
        if v.is_null() || v.as_str() == Some("") {
            return;
        }
        let reference = match &v.kind {
            Kind::Instance(r) => Some(r),
            _ => v.via.as_ref(),
        };
        if let Some(r) = reference {
            let entries = self.entries_of(r);
            let wanted: Vec<EntryId> = entries
                .iter()
                .copied()
                .filter(|&e| types.contains(&self.entries[e].row.ty))
                .collect();
            if !wanted.is_empty() {
                let sure = wanted.len() == 1 && wanted.len() == self.ev.resolve(r).len();
                out.hits.extend(wanted.into_iter().map(|entry| Hit {
                    entry,
                    when: world.clone(),
                    sure,
                }));
                return;
            }
            // An attribute of something else: what it was given.
            if hops < MAX_HOPS && self.pass_on(r, world, types, hops, out) {
                return;
            }
            // What a store of another type is called by, made by the cloud: that names none of these.
            if !v.is_known() && self.names_another(r, &entries) {
                return;
            }
        }
        match &v.kind {
            Kind::Str(text) => self.join_text(text, world, types, out),
            Kind::Unknown(u) => self.join_unknown(u, v, world, types, out),
            _ => {}
        }
    }

    /// The one store that a name means which stands on a store of the same service: an object's bucket.
    pub(super) fn named_alike(&self, e: EntryId, v: &Val) -> Option<EntryId> {
        let row = &self.entries[e].row;
        let types: Vec<Arc<str>> = self
            .by_type
            .iter()
            .filter(|(_, list)| {
                list.first().is_some_and(|&t| {
                    let other = &self.entries[t].row;
                    other.is_store()
                        && (&other.category, &other.endpoint) == (&row.category, &row.endpoint)
                        && Arc::ptr_eq(&self.entries[t].provider, &self.entries[e].provider)
                })
            })
            .map(|(ty, _)| ty.clone())
            .collect();
        // In a state a version of a secret is called as its secret is.
        let mut hits = self.join(v, &types).hits;
        hits.retain(|h| self.entries[h.entry].row.ty != row.ty);
        match &hits[..] {
            [hit] if hit.sure && hit.when.is_any() => Some(hit.entry),
            _ => None,
        }
    }

    /// Whether a reference is to what stores of types that are not asked about are called by.
    fn names_another(&self, r: &Ref, entries: &[EntryId]) -> bool {
        let called = |a: &Name| matches!(a, Name::Attr(attr) if *attr == r.path);
        !entries.is_empty()
            && entries.len() == self.ev.resolve(r).len()
            && entries.iter().all(|&e| {
                let row = &self.entries[e].row;
                row.is_store() && row.names.iter().any(called)
            })
    }

    /// Follows a reference to an instance of another type; whether that led anywhere.
    fn pass_on(
        &self,
        r: &Ref,
        world: &World,
        types: &[Arc<str>],
        hops: u8,
        out: &mut Joined,
    ) -> bool {
        let ids = self.ev.resolve(r);
        let [id] = ids[..] else { return false };
        let view = self.ev.view(id);
        let mut found = self.ev.path(&view, &r.path);
        if found.is_empty() && self.ev.instance(id).mode == crate::load::project::Mode::Data {
            // A data source is called by what it was asked for.
            for ty in types {
                let Some(&first) = self.by_type.get(ty).and_then(|e| e.first()) else {
                    continue;
                };
                for name in &self.entries[first].row.names {
                    if let Name::Attr(attr) = name {
                        found.extend(self.ev.attribute(&view, attr));
                    }
                }
            }
        }
        let before = out.hits.len() + out.any.len();
        for f in &found {
            for (w, v) in f.val.alternatives() {
                if let Some(both) = world.and(&w) {
                    self.join_one(&v, &both, types, hops + 1, out);
                }
            }
        }
        !found.is_empty()
            && (out.hits.len() + out.any.len() > before || found.iter().all(|f| f.val.is_known()))
    }

    fn join_unknown(
        &self,
        u: &Unknown,
        v: &Val,
        world: &World,
        types: &[Arc<str>],
        out: &mut Joined,
    ) {
        // What another resource computes is no name that somebody gave to one of these.
        for ty in types {
            if let Some(found) = self.names(ty).same.get(&u.id) {
                out.hits.extend(found.iter().map(|&entry| Hit {
                    entry,
                    when: world.clone(),
                    sure: true,
                }));
                return;
            }
        }
        let mut among: Vec<EntryId> = u
            .refs
            .iter()
            .flat_map(|r| self.entries_of(r))
            .filter(|&e| types.contains(&self.entries[e].row.ty))
            .collect();
        among.sort_unstable();
        among.dedup();
        if among.is_empty() {
            out.any.push((world.clone(), v.clone()));
        } else {
            out.hits.extend(among.into_iter().map(|entry| Hit {
                entry,
                when: world.clone(),
                sure: false,
            }));
        }
    }

    fn join_text(&self, text: &str, world: &World, types: &[Arc<str>], out: &mut Joined) {
        let mut add = |entry: EntryId, sure: bool| {
            if !out
                .hits
                .iter()
                .any(|h| h.entry == entry && h.when.texts() == world.texts())
            {
                out.hits.push(Hit {
                    entry,
                    when: world.clone(),
                    sure,
                });
            }
        };
        for ty in types {
            let Some(&first) = self.by_type.get(ty).and_then(|e| e.first()) else {
                continue;
            };
            let names = self.names(ty);
            for name in &self.entries[first].row.names {
                if text.contains('*') {
                    for &entry in self.by_type.get(ty).map_or(&[][..], Vec::as_slice) {
                        match self.fits(entry, name, text) {
                            Some(true) => add(entry, true),
                            None => add(entry, false),
                            Some(false) => {}
                        }
                    }
                    continue;
                }
                // What a name says of the attribute that it is made from.
                let (attr, said) = match name {
                    Name::Attr(attr) => (attr.clone(), text.to_owned()),
                    Name::Template(pieces) => match take_apart(pieces, text) {
                        Some(found) => found,
                        None => continue,
                    },
                };
                let key = (attr.clone(), Arc::<str>::from(said.as_str()));
                for &entry in names.texts.get(&key).map_or(&[][..], Vec::as_slice) {
                    add(entry, true);
                }
                for (entry, v) in &names.open {
                    if let Kind::Unknown(u) = &v.kind
                        && could_be(&u.parts, &said)
                    {
                        add(*entry, false);
                    }
                }
            }
        }
    }

    /// Whether a name of an entry fits a pattern with `*` in it; `None`: perhaps.
    fn fits(&self, e: EntryId, name: &Name, pattern: &str) -> Option<bool> {
        if pattern == "*" {
            return Some(true);
        }
        // What is not known may be anything.
        const ANY: char = UNKNOWN_PIECE;
        let of = |attr: &str| match self.ev.attribute(self.view(e), attr).map(|f| f.val) {
            Some(v) => super::place::half_known(&v).unwrap_or_else(|| ANY.into()),
            None => ANY.into(),
        };
        let said = match name {
            // An ARN that only the cloud makes: nothing to hold against the pattern.
            Name::Attr(attr) => of(attr),
            Name::Template(pieces) => pieces
                .iter()
                .map(|p| match p {
                    NamePiece::Text(t) => t.to_string(),
                    NamePiece::Any => ANY.into(),
                    NamePiece::Attr(a) => of(a),
                })
                .collect(),
        };
        match_pattern(pattern, &said)
    }

    /// The entries that a reference may mean.
    pub(super) fn entries_of(&self, r: &Ref) -> Vec<EntryId> {
        self.ev
            .resolve(r)
            .iter()
            .filter_map(|id| self.by_id.get(id).copied())
            .collect()
    }

    fn names(&self, ty: &Arc<str>) -> Rc<Names> {
        if let Some(known) = self.names.borrow().get(ty) {
            return known.clone();
        }
        let mut out = Names::default();
        for &e in self.by_type.get(ty).map_or(&[][..], Vec::as_slice) {
            let mut attrs: Vec<&Arc<str>> = Vec::new();
            for name in &self.entries[e].row.names {
                match name {
                    Name::Attr(a) => attrs.push(a),
                    Name::Template(pieces) => attrs.extend(pieces.iter().filter_map(|p| match p {
                        NamePiece::Attr(a) => Some(a),
                        _ => None,
                    })),
                }
            }
            attrs.sort();
            attrs.dedup();
            for attr in attrs {
                let Some(found) = self.ev.attribute(self.view(e), attr) else {
                    continue;
                };
                for (_, v) in found.val.alternatives() {
                    match &v.kind {
                        Kind::Str(s) => out
                            .texts
                            .entry((attr.clone(), s.clone()))
                            .or_default()
                            .push(e),
                        Kind::Unknown(u) => {
                            out.same.entry(u.id).or_default().push(e);
                            out.open.push((e, v.clone()));
                        }
                        _ => {}
                    }
                }
            }
        }
        let out = Rc::new(out);
        self.names.borrow_mut().insert(ty.clone(), out.clone());
        out
    }

    /// All carriers of a store type, joined once.
    pub(super) fn carried(&self, ty: &Arc<str>) -> Rc<Carried> {
        if let Some(known) = self.carried.borrow().get(ty) {
            return known.clone();
        }
        let mut out = Carried::default();
        for c in 0..self.entries.len() {
            let row = self.entries[c].row.clone();
            let Some(carries) = row.carries.as_ref().filter(|x| x.to.contains(ty)) else {
                continue;
            };
            if carries.scope.is_some() {
                out.scoped.push(c);
            }
            for by in &carries.by {
                // A path through blocks may name several.
                for read in self.read_each(self.view(c), &by.path) {
                    for there in self.exists(c) {
                        for (w, value) in &read {
                            let (Some(w), Some((value, _))) = (there.and(w), value) else {
                                continue;
                            };
                            self.carry(c, &w, value, (ty, &carries.to), &mut out);
                        }
                    }
                }
            }
            if let Some((block, key, value)) = &carries.tags {
                self.carry_by_tag(c, block, key, value, ty, &mut out);
            }
        }
        let out = Rc::new(out);
        self.carried.borrow_mut().insert(ty.clone(), out.clone());
        out
    }

    /// Stores that a block names by a tag of theirs. All that such blocks name is carried.
    fn carry_by_tag(
        &self,
        c: EntryId,
        block: &str,
        key: &str,
        value: &str,
        ty: &Arc<str>,
        out: &mut Carried,
    ) {
        for selection in self.blocks(self.view(c), block) {
            let Some(when) = self
                .exists(c)
                .iter()
                .find_map(|there| there.and(&selection.when))
            else {
                continue;
            };
            let read = |path: &str| self.ev.attribute(&selection, path).map(|f| f.val);
            let (wanted_key, wanted) = (read(key), read(value));
            for &e in self.by_type.get(ty).map_or(&[][..], Vec::as_slice) {
                let has = match (&wanted_key, &wanted) {
                    (Some(k), Some(v)) => self.has_tag(e, k, v),
                    _ => None,
                };
                let list = match has {
                    Some(false) => continue,
                    Some(true) if !selection.maybe && self.comes_with(c, e) => &mut out.sure,
                    _ => &mut out.maybe,
                };
                list.entry(e).or_default().push((c, when.clone()));
            }
        }
    }

    /// Whether an entry has a tag, those of its provider configuration included; `None`: not known.
    fn has_tag(&self, e: EntryId, key: &Val, value: &Val) -> Option<bool> {
        let (key, value) = (key.as_str()?, value.as_str()?);
        let mut unknown = false;
        for tags in self.tags(e) {
            match tags.as_fields().and_then(|f| f.get(key).cloned()) {
                Some(v) => match v.as_str() {
                    Some(have) => return Some(have == value),
                    None => return None,
                },
                None => unknown |= tags.as_fields().is_none(),
            }
        }
        if unknown { None } else { Some(false) }
    }

    /// The tags and labels of an entry: its own, then those that its provider configuration gives all.
    pub(super) fn tags(&self, e: EntryId) -> Vec<Val> {
        let provider = self.entries[e].provider.clone();
        let mut out = Vec::new();
        for path in &provider.tags {
            out.extend(self.ev.attribute(self.view(e), path).map(|f| f.val));
        }
        if let Some(view) = &self.ev.provider(self.entries[e].id).view {
            for path in &provider.default_tags {
                out.extend(self.ev.path(view, path).into_iter().map(|f| f.val));
            }
        }
        out
    }

    /// Joins what names stores: to those of one type. What is one of another type that may be named there
    /// (`types`: all of them) is none of these.
    fn carry(
        &self,
        c: EntryId,
        w: &World,
        value: &Val,
        (ty, types): (&Arc<str>, &[Arc<str>]),
        out: &mut Carried,
    ) {
        if let Some(items) = value.as_seq() {
            for item in items {
                for (own, v) in item.alternatives() {
                    if let Some(w) = w.and(&own) {
                        self.carry(c, &w, &v, (ty, types), out);
                    }
                }
            }
            return;
        }
        let joined = self.join(value, types);
        for hit in joined.hits {
            if self.entries[hit.entry].row.ty != *ty {
                continue;
            }
            let Some(when) = w.and(&hit.when) else {
                continue;
            };
            let sure = hit.sure && self.comes_with(c, hit.entry);
            let list = if sure { &mut out.sure } else { &mut out.maybe };
            list.entry(hit.entry).or_default().push((c, when));
        }
        for (aw, v) in joined.any {
            let Some(when) = w.and(&aw) else { continue };
            if out
                .any
                .iter()
                .any(|(_, have, x)| x.identity() == v.identity() && have.texts() == when.texts())
            {
                continue;
            }
            if out.any.len() < MAX_ANY {
                out.any.push((c, when, v));
            } else {
                out.overflow = true;
            }
        }
    }

    /// Whether a carrier is there wherever the store is. One whose number is not known may be none,
    /// unless that number is the store's own.
    fn comes_with(&self, c: EntryId, e: EntryId) -> bool {
        let (carrier, store) = (self.instance(c), self.instance(e));
        if carrier.counted {
            return true;
        }
        if store.counted || carrier.module != store.module {
            return false;
        }
        let number = |e: EntryId| {
            ["count", "for_each"].map(|name| self.ev.attribute(self.view(e), name).map(|f| f.val))
        };
        let [count, keys] = number(c);
        let [own_count, own_keys] = number(e);
        let same = |a: &Option<Val>, b: &Option<Val>| match (a, b) {
            (Some(a), Some(b)) => a.identity() == b.identity(),
            (None, None) => true,
            _ => false,
        };
        let over_the_store = keys.as_ref().is_some_and(|v| match (&v.kind, &v.via) {
            (Kind::Instance(r), _) | (_, Some(r)) => {
                r.module == store.module && r.resource == store.resource && r.path.is_empty()
            }
            _ => false,
        });
        over_the_store || same(&count, &own_count) && same(&keys, &own_keys)
    }

    /// Whether a carrier with a name that is not known may be one of this store.
    pub(super) fn may_be_called(&self, e: EntryId, by: &Val) -> bool {
        let Kind::Unknown(u) = &by.kind else {
            return true;
        };
        if u.parts.is_empty() {
            return true;
        }
        let row = &self.entries[e].row;
        row.names.iter().any(|name| {
            let Name::Attr(attr) = name else { return false };
            self.ev.attribute(self.view(e), attr).is_some_and(|found| {
                found.val.alternatives().iter().any(|(_, v)| match &v.kind {
                    Kind::Str(s) => could_be(&u.parts, s),
                    Kind::Unknown(mine) => parts_agree(&mine.parts, &u.parts),
                    _ => false,
                })
            })
        })
    }

    /// Whether anybody names this entry at `TYPE.PATH`.
    pub(super) fn named_in(&self, e: EntryId, place: &str) -> Val {
        let Some((ty, path)) = place.split_once('.') else {
            return Val::bool(false);
        };
        let by = KeyPath {
            item: false,
            path: path.into(),
        };
        let own = self.entries[e].row.ty.clone();
        let key = (own.clone(), Arc::from(place));
        let known = self.named.borrow().get(&key).cloned();
        let named = known.unwrap_or_else(|| {
            let found = Rc::new(self.all_named_in(ty, &by, own));
            self.named.borrow_mut().insert(key, found.clone());
            found
        });
        if named.sure.contains(&e) {
            return Val::bool(true);
        }
        if named.maybe.contains(&e) || named.any.iter().any(|v| self.may_be_called(e, v)) {
            return Val::unknown(Type::Bool, 0x9a3e_d141, Why::Instances, ty);
        }
        Val::bool(false)
    }

    /// All entries of a type that a path of the resources of another one names. Asked once: each store
    /// asks the same.
    fn all_named_in(&self, ty: &str, by: &KeyPath, own: Arc<str>) -> NamedIn {
        let types = [own];
        let mut out = NamedIn::default();
        for instance in self.ev.instances().iter().filter(|i| *i.ty == *ty) {
            let view = self.ev.view(instance.id);
            for (_, value) in self.read_each(&view, &by.path).into_iter().flatten() {
                let Some((value, _)) = value else { continue };
                let joined = self.join(&value, &types);
                for hit in &joined.hits {
                    let sure = hit.sure
                        && hit.when.is_any()
                        && instance.worlds.is_empty()
                        && instance.counted;
                    let kind = if sure { &mut out.sure } else { &mut out.maybe };
                    kind.insert(hit.entry);
                }
                out.any.extend(joined.any.iter().map(|(_, v)| v.clone()));
            }
        }
        out
    }

    /// Instances of a type whose columns have these values: sure, perhaps.
    pub(super) fn by_columns(
        &self,
        ty: &Arc<str>,
        columns: &[(Arc<str>, Val)],
    ) -> (Vec<EntryId>, Vec<EntryId>) {
        let (mut sure, mut maybe) = (Vec::new(), Vec::new());
        for &e in self.by_type.get(ty).map_or(&[][..], Vec::as_slice) {
            let mut verdict = Some(true);
            for (theirs, ours) in columns {
                let value = self.ev.attribute(self.view(e), theirs).map(|f| f.val);
                let same = value.map_or(Some(false), |v| self.same(&v, ours));
                verdict = match (verdict, same) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
            }
            match verdict {
                Some(true) => sure.push(e),
                None => maybe.push(e),
                Some(false) => {}
            }
        }
        (sure, maybe)
    }

    /// Whether two values mean the same.
    fn same(&self, a: &Val, b: &Val) -> Option<bool> {
        if a.same(b) && !matches!(a.kind, Kind::OneOf(_)) {
            return Some(true);
        }
        if let (Some(x), Some(y)) = (&a.via, &b.via) {
            let (x, y) = (self.ev.resolve(x), self.ev.resolve(y));
            if let ([x], [y]) = (&x[..], &y[..]) {
                return Some(x == y);
            }
        }
        match (&a.kind, &b.kind) {
            (Kind::Str(_), Kind::Str(_)) => Some(false),
            (Kind::Unknown(u), Kind::Str(s)) | (Kind::Str(s), Kind::Unknown(u))
                if !could_be(&u.parts, s) =>
            {
                Some(false)
            }
            _ => None,
        }
    }

    /// Whether a carrier by scope holds where a store is: yes, no, perhaps.
    pub(super) fn same_scope(
        &self,
        store: EntryId,
        carrier: EntryId,
        scope: ScopeText,
    ) -> Option<bool> {
        let (a, b) = (self.entries[store].id, self.entries[carrier].id);
        let (a, b) = (self.ev.provider(a), self.ev.provider(b));
        let place = |p: &crate::evaluate::evaluated::Provider| {
            p.view.as_ref().map(|v| (v.place, p.instance))
        };
        let unseen = a.unseen && a.view.is_none();
        // A state that does not tell configurations: one, as far as all that it holds tells.
        let known = &self.entries[store].provider;
        let unseen = unseen && (a.source != b.source || self.near(&a, known).is_none());
        if a.source != b.source || unseen || place(&a) != place(&b) {
            // Two configurations may be one account and one region all the same: perhaps.
            let (la, lb) = (self.configured_place(store), self.configured_place(carrier));
            return if scope == ScopeText::AccountRegion && regions_differ(&la, &lb) {
                Some(false)
            } else {
                None
            };
        }
        let (la, lb) = (self.configured_place(store), self.configured_place(carrier));
        if scope == ScopeText::AccountRegion && regions_differ(&la, &lb) {
            return Some(false);
        }
        if scope == ScopeText::Account {
            return Some(true);
        }
        let one = |l: &super::facts::Location| l.state() == "known" || l.basis.is_some();
        (one(&la) && one(&lb)).then_some(true)
    }
}

fn regions_differ(a: &super::facts::Location, b: &super::facts::Location) -> bool {
    if a.open || b.open || a.alternatives.is_empty() || b.alternatives.is_empty() {
        return false;
    }
    let has = |l: &super::facts::Location, p: &super::facts::Placement| {
        l.alternatives
            .iter()
            .any(|q| q.regions == p.regions && q.when.agrees(&p.when))
    };
    !a.alternatives.iter().any(|p| has(b, p))
}

/// Whether the known starts and ends of two half-known texts can stand in one text.
fn parts_agree(a: &[Part], b: &[Part]) -> bool {
    let start = |p: &[Part]| match p.first() {
        Some(Part::Known(k)) => k.to_string(),
        _ => String::new(),
    };
    let end = |p: &[Part]| match p.last() {
        Some(Part::Known(k)) => k.to_string(),
        _ => String::new(),
    };
    let (sa, sb) = (start(a), start(b));
    let (ea, eb) = (end(a), end(b));
    (sa.starts_with(&sb) || sb.starts_with(&sa)) && (ea.ends_with(&eb) || eb.ends_with(&ea))
}

/// Whether a text of which some pieces are not known fits a pattern; `None`: it depends on them.
fn match_pattern(pattern: &str, said: &str) -> Option<bool> {
    let literal = |p: &str| {
        p.split('*')
            .map(regex::escape)
            .collect::<Vec<_>>()
            .join(".*")
    };
    if said.contains(UNKNOWN_PIECE) {
        // The pieces could be anything: it fits at most perhaps.
        let pieces: Vec<&str> = pattern.split('*').collect();
        let known: Vec<&str> = said.split(UNKNOWN_PIECE).collect();
        let start = pieces.first().zip(known.first());
        let end = pieces.last().zip(known.last());
        let open = start.is_none_or(|(a, b)| a.starts_with(b) || b.starts_with(a))
            && end.is_none_or(|(a, b)| a.ends_with(b) || b.ends_with(a));
        return if open { None } else { Some(false) };
    }
    let pattern = regex::Regex::new(&format!("^{}$", literal(pattern))).ok()?;
    Some(pattern.is_match(said))
}

/// The first attribute of a name's template, as a text has it.
fn take_apart(pieces: &[NamePiece], text: &str) -> Option<(Arc<str>, String)> {
    fn fits(pieces: &[NamePiece], text: &str, got: &mut Option<(Arc<str>, String)>) -> bool {
        let Some((first, rest)) = pieces.split_first() else {
            return text.is_empty();
        };
        match first {
            NamePiece::Text(t) => text
                .strip_prefix(&**t)
                .is_some_and(|after| fits(rest, after, got)),
            NamePiece::Any | NamePiece::Attr(_) => {
                let ends = text
                    .char_indices()
                    .map(|(i, _)| i)
                    .chain(std::iter::once(text.len()));
                for end in ends {
                    if !fits(rest, &text[end..], got) {
                        continue;
                    }
                    if let NamePiece::Attr(a) = first {
                        *got = Some((a.clone(), text[..end].to_owned()));
                    }
                    return true;
                }
                false
            }
        }
    }
    let mut got = None;
    if fits(pieces, text, &mut got) {
        got
    } else {
        None
    }
}

/// Carriers of a store in a world: every set of them that can hold together, with its world.
pub fn sets(carriers: &[(EntryId, World)], start: Vec<World>) -> Vec<(World, Vec<EntryId>)> {
    let mut out: Vec<(World, Vec<EntryId>)> = start.into_iter().map(|w| (w, Vec::new())).collect();
    for (c, cw) in carriers {
        let without = worlds::complement(std::slice::from_ref(cw));
        let mut next = Vec::new();
        for (w, have) in &out {
            if let Some(both) = w.and(cw) {
                let mut with = have.clone();
                if !with.contains(c) {
                    with.push(*c);
                }
                next.push((both, with));
            }
            for n in &without {
                if let Some(both) = w.and(n) {
                    next.push((both, have.clone()));
                }
            }
        }
        if next.len() > 64 {
            break;
        }
        out = next;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates() {
        let pieces = [
            NamePiece::Text("arn:".into()),
            NamePiece::Any,
            NamePiece::Text(":s3:::".into()),
            NamePiece::Attr("bucket".into()),
        ];
        let got = take_apart(&pieces, "arn:aws-cn:s3:::logs").expect("it fits");
        assert_eq!((&*got.0, &*got.1), ("bucket", "logs"));
        assert!(take_apart(&pieces, "logs").is_none());
    }

    #[test]
    fn half_known_texts() {
        let known = |s: &str| Part::Known(s.into());
        let a = [Part::Unknown, known("-logs")];
        let b = [known("acme-"), Part::Unknown];
        let c = [Part::Unknown, known("-data")];
        assert!(parts_agree(&a, &b));
        assert!(!parts_agree(&a, &c));
        assert!(parts_agree(&a, &[]));
    }

    #[test]
    fn sets_of_carriers() {
        let out = sets(&[(1, World::ANY), (2, World::ANY)], vec![World::ANY]);
        assert_eq!(out.len(), 1);
        assert_eq!(out[0].1, [1, 2]);
    }
}
