//! Copies: every second place that data goes to, and where, made and kept by whom.
//!
//! Lives here: the copies that a row's tables speak of, with their destinations; whose copies those of a
//! carrier are. A destination that cannot be found is not known, never absent.

use super::collect::{EntryId, Extractor, is_sensitive, why_of};
use super::custody::undecided;
use super::facts::{Answer, Basis, Copy, Keeping, Location, Placement, YesNo};
use super::place;
use super::worlds::{self, Cond};
use crate::catalog::compile::{Case, CopyRow, KeyPath, Says, To};
use crate::catalog::custody::Custody;
use crate::diagnostic::Message;
use crate::evaluate::evaluated::View;
use crate::evaluate::value::{Kind, Part, Val, World};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// A copy that another resource speaks of: who, which of its tables, where it is there.
type Spoken = (EntryId, usize, Cond);

/// Copies of stores that other resources speak of.
#[derive(Default)]
pub(super) struct Routes {
    of: FxHashMap<EntryId, Vec<Spoken>>,
    /// Those that found a store.
    placed: FxHashSet<(EntryId, usize)>,
}

/// Where a copy goes: the place, the entry that is there, its key.
struct Destination {
    location: Location,
    entry: Option<EntryId>,
    to: Option<Arc<str>>,
    basis: Basis,
}

impl Extractor<'_, '_> {
    /// Goes through everything that moves data, and finds whose.
    pub(super) fn routes(&self) -> Routes {
        let mut out = Routes::default();
        let stores: Vec<Arc<str>> = self
            .by_type
            .iter()
            .filter(|(_, e)| e.first().is_some_and(|&e| self.entries[e].row.is_store()))
            .map(|(ty, _)| ty.clone())
            .collect();
        for c in 0..self.entries.len() {
            let row = self.entries[c].row.clone();
            if row.is_key() {
                continue;
            }
            for (i, copy) in row.copies.iter().enumerate() {
                let To::Here(of) = &copy.to else { continue };
                for (w, v) in self.read_at(c, None, of) {
                    let Some((v, _)) = v else { continue };
                    for hit in self.join(&v, &stores).hits {
                        if hit.entry == c || !hit.sure {
                            continue;
                        }
                        if let Some(when) = w.and(&hit.when) {
                            out.placed.insert((c, i));
                            let there = worlds::presence(&when, false);
                            out.of.entry(hit.entry).or_default().push((c, i, there));
                        }
                    }
                }
            }
        }
        for e in 0..self.entries.len() {
            if !self.entries[e].row.is_store() {
                continue;
            }
            for (c, when) in self.carriers(e, "copies").sure {
                for i in 0..self.entries[c].row.copies.len() {
                    out.placed.insert((c, i));
                    let there = worlds::presence(&when, false);
                    out.of.entry(e).or_default().push((c, i, there));
                }
            }
        }
        out
    }

    /// The copies of a store: its own, and those that others speak of.
    pub(super) fn copies(
        &self,
        e: EntryId,
        routes: &Routes,
        own: &Location,
        custody: &Keeping,
    ) -> Vec<Copy> {
        let mut out = Vec::new();
        let always = worlds::yes();
        let row = self.entries[e].row.clone();
        for (i, copy) in row.copies.iter().enumerate() {
            if !routes.placed.contains(&(e, i)) {
                self.made(e, copy, &always, Some((e, own, custody)), &mut out);
            }
        }
        for (c, i, there) in routes.of.get(&e).map_or(&[][..], Vec::as_slice) {
            let row = self.entries[*c].row.clone();
            self.made(
                *c,
                &row.copies[*i],
                there,
                Some((e, own, custody)),
                &mut out,
            );
        }
        out
    }

    /// The copies of a resource that no store of this target is the source of.
    pub(super) fn copies_of_nobody(&self, c: EntryId, routes: &Routes) -> Vec<Copy> {
        let mut out = Vec::new();
        let row = self.entries[c].row.clone();
        for (i, copy) in row.copies.iter().enumerate() {
            if !routes.placed.contains(&(c, i)) {
                self.made(c, copy, &worlds::yes(), None, &mut out);
            }
        }
        out
    }

    /// The copies that one table of entry `c` speaks of.
    fn made(
        &self,
        c: EntryId,
        copy: &CopyRow,
        there: &Cond,
        source: Option<(EntryId, &Location, &Keeping)>,
        out: &mut Vec<Copy>,
    ) {
        if let (To::Here(path), None) = (&copy.to, &copy.given)
            && self.read_at(c, None, path).iter().all(|(_, v)| v.is_none())
        {
            return; // It is the copy of nothing.
        }
        let items: Vec<Option<View>> = match &copy.each {
            None => vec![None],
            Some(path) => {
                let blocks = self.blocks(self.view(c), path);
                blocks.into_iter().map(Some).collect()
            }
        };
        for item in items {
            let item = item.as_ref();
            let mut cond = there.clone();
            if let Some(view) = item {
                cond = worlds::and(&cond, &worlds::presence(&view.when, view.maybe));
            }
            if let Some(when) = &copy.when {
                cond = worlds::and(&cond, &self.holds(when, c, item));
            }
            if let Some(path) = &copy.given {
                cond = worlds::and(&cond, &self.given(c, item, path));
            }
            let exists = self.exists(source.map_or(c, |(e, ..)| e));
            cond.retain(|(w, _)| worlds::can_be(w, &exists));
            if cond.iter().all(|(_, b)| *b == Some(false)) {
                continue;
            }
            let made = self.made_when(c, copy, item, &cond);
            // A route of nobody's starts where it is itself.
            let start = match source {
                Some((_, own, _)) => own.clone(),
                None => (*self.location(c)).clone(),
            };
            for d in self.destinations(c, copy, item, &start) {
                let custody = self.kept_there(c, copy, item, &d, source.map(|(.., k)| k));
                out.push(Copy {
                    kind: copy.kind.clone(),
                    to: d.to,
                    location: d.location,
                    custody,
                    custody_asked: copy.custody_asked,
                    service_kind: copy
                        .service
                        .clone()
                        .or_else(|| source.map(|(e, ..)| self.entries[e].row.service.clone()))
                        .unwrap_or_else(|| self.entries[c].row.service.clone()),
                    by: source
                        .filter(|(e, ..)| *e != c)
                        .map(|_| self.instance(c).address.clone()),
                    basis: d.basis,
                    made: made.clone(),
                    case: copy.id.clone(),
                });
            }
        }
    }

    /// Whether a copy is made, and what leaves that open.
    fn made_when(&self, c: EntryId, copy: &CopyRow, item: Option<&View>, cond: &Cond) -> YesNo {
        let answers = cond
            .iter()
            .map(|(w, b)| {
                let answer = match b {
                    Some(true) => Answer::Yes,
                    Some(false) => Answer::No,
                    None => Answer::Unknown,
                };
                (w.clone(), answer)
            })
            .collect();
        let mut made = YesNo {
            answers,
            ..YesNo::of(Answer::Yes)
        };
        if made.answer() != Answer::Yes {
            let open = copy.when.as_ref().and_then(|w| self.open_of(w, c, item));
            if let Some((why, basis)) = open {
                made.why = Some(why);
                made.basis = Some(basis);
            } else if item.is_some_and(|v| v.maybe) {
                made.why = Some(Message::new("why.block"));
                made.basis = item.map(|v| Basis::block(v.place));
            }
        }
        made
    }

    /// Whether an attribute is written.
    pub(super) fn given(&self, e: EntryId, item: Option<&View>, path: &KeyPath) -> Cond {
        self.read_at(e, item, path)
            .into_iter()
            .map(|(w, v)| match v {
                None => (w, Some(false)),
                // What another resource computes is there.
                Some((v, _)) if v.via.is_some() || v.is_not_null() => (w, Some(true)),
                Some(_) => (w, None),
            })
            .collect()
    }

    /// Who keeps the copy's key.
    fn kept_there(
        &self,
        c: EntryId,
        copy: &CopyRow,
        item: Option<&View>,
        d: &Destination,
        own: Option<&Keeping>,
    ) -> Keeping {
        if copy.as_self
            && let Some(own) = own
        {
            return own.clone();
        }
        let there = || match (d.entry, own) {
            (Some(e), _) if !self.entries[e].row.custody.is_empty() => Keeping {
                answers: (*self.custody(e)).clone(),
                imported: false,
            },
            (None, Some(own)) if !matches!(copy.to, To::Store(..)) => own.clone(),
            _ if !copy.kept.is_empty() => Keeping {
                answers: self.one_of_levels(&copy.kept, &World::ANY, &d.basis, &copy.id),
                imported: false,
            },
            _ => Keeping {
                answers: vec![undecided(
                    self.encrypted_anyway(&copy.to),
                    Message::new("why.key-of-destination"),
                    World::ANY,
                    d.basis.clone(),
                )],
                imported: false,
            },
        };
        let Some(case) = &copy.key else {
            return there();
        };
        let mut named = self.copy_key(c, case, item);
        if case.absent.is_empty() {
            // Where no key is named, the destination's counts.
            let open = |m: &Option<Message>| m.as_ref().is_some_and(|m| m.key == "why.no-case");
            if named.answers.iter().any(|a| open(&a.why)) {
                named.answers.retain(|a| !open(&a.why));
                named.answers.extend(there().answers);
            }
        }
        named
    }

    /// Whether a destination that is not in the code is encrypted: it is where no case of its type's row
    /// says otherwise.
    fn encrypted_anyway(&self, to: &To) -> Answer {
        let To::Store(_, Some(ty)) = to else {
            return Answer::Unknown;
        };
        let none = |levels: &[Custody]| levels.contains(&Custody::None);
        let may_be_none = |c: &Case| {
            none(&c.absent)
                || none(&c.otherwise)
                || match &c.says {
                    Says::Is(levels) => none(levels),
                    Says::Key(_) | Says::Columns { .. } | Says::Literal(_) => false,
                    Says::As(_) | Says::AsSelf => true,
                }
        };
        match self.catalog.row(ty) {
            Some(row) if !row.custody.is_empty() && !row.custody.iter().any(may_be_none) => {
                Answer::Yes
            }
            _ => Answer::Unknown,
        }
    }

    fn destinations(
        &self,
        c: EntryId,
        copy: &CopyRow,
        item: Option<&View>,
        own: &Location,
    ) -> Vec<Destination> {
        let here = item.map_or_else(|| self.header(c), |v| Basis::block(v.place));
        let at = |location: Location, basis: Basis| Destination {
            location,
            entry: None,
            to: None,
            basis,
        };
        match &copy.to {
            To::Pair => vec![at(self.pair_of(Some(own), &here), here)],
            To::Source => vec![at(own.clone(), here)],
            To::Here(_) => vec![Destination {
                location: (*self.location(c)).clone(),
                entry: Some(c),
                to: Some(self.instance(c).address.clone()),
                basis: here,
            }],
            To::Fixed(code) => vec![at(self.fixed(c, code, &here), here)],
            To::Region(path, table) => self
                .each_value(c, item, path)
                .into_iter()
                .map(|(values, basis)| {
                    let basis = basis.unwrap_or_else(|| here.clone());
                    let location = self.regions_of(c, table.as_ref(), values, &basis);
                    at(location, basis)
                })
                .collect(),
            To::Store(path, _) => self
                .each_value(c, item, path)
                .into_iter()
                .map(|(values, basis)| {
                    let basis = basis.unwrap_or_else(|| here.clone());
                    let elsewhere = copy.otherwise.as_ref().map(|to| match to {
                        To::Fixed(code) => self.fixed(c, code, &basis),
                        _ => own.clone(),
                    });
                    self.store_or_text(c, values, &basis, elsewhere.as_ref())
                })
                .collect(),
        }
    }

    /// A code of the provider's as a place.
    fn fixed(&self, c: EntryId, code: &str, here: &Basis) -> Location {
        let namespace = &self.entries[c].provider.regions;
        let table = namespace.as_ref().and_then(|r| self.catalog.regions(r));
        match table.and_then(|t| t.find(code)) {
            Some(spots) => Location {
                alternatives: vec![place::placement(&spots, code, World::ANY, here.clone())],
                namespace: namespace.clone(),
                ..Location::default()
            },
            None => place::unknown(Message::new("why.no-such-region"), here.clone()),
        }
    }

    /// The values at a path, those of a list apart: each is a destination of its own.
    #[allow(clippy::type_complexity)] // alternatives of one destination, and where it is written
    fn each_value(
        &self,
        c: EntryId,
        item: Option<&View>,
        path: &KeyPath,
    ) -> Vec<(Vec<(World, Option<Val>)>, Option<Basis>)> {
        let mut single: Vec<(World, Option<Val>)> = Vec::new();
        let mut basis: Option<Basis> = None;
        let mut out = Vec::new();
        let exists = self.exists(c);
        for (w, v) in self.read_at(c, item, path) {
            // Where nothing is made nothing is said.
            if !worlds::can_be(&w, &exists) {
                continue;
            }
            let Some((v, b)) = v else {
                single.push((w, None));
                continue;
            };
            basis.get_or_insert(b.clone());
            match v.as_seq() {
                Some(items) => {
                    for i in items {
                        out.push((vec![(w.clone(), Some(i.clone()))], Some(b.clone())));
                    }
                }
                None => single.push((w, Some(v))),
            }
        }
        if !single.is_empty() && (out.is_empty() || single.iter().any(|(_, v)| v.is_some())) {
            out.push((single, basis));
        }
        out
    }

    /// Region codes as a place.
    fn regions_of(
        &self,
        c: EntryId,
        table: Option<&Arc<str>>,
        values: Vec<(World, Option<Val>)>,
        here: &Basis,
    ) -> Location {
        let namespace = table.or(self.entries[c].provider.regions.as_ref()).cloned();
        let regions = namespace.as_ref().and_then(|r| self.catalog.regions(r));
        let mut out = Location {
            namespace,
            ..Location::default()
        };
        for (w, v) in values {
            let v = v.unwrap_or_else(Val::null);
            for (own, v) in v.alternatives() {
                let Some(when) = w.and(&own) else { continue };
                let found = v
                    .as_str()
                    .filter(|_| !is_sensitive(&v))
                    .and_then(|code| Some((code, regions.as_deref()?.find(code)?)));
                if let Some((code, spots)) = found {
                    out.alternatives
                        .push(place::placement(&spots, code, when, here.clone()));
                    continue;
                }
                if let Some(there) = self.told_by_data(&v) {
                    for p in &there.alternatives {
                        if let Some(when) = when.and(&p.when) {
                            out.alternatives.push(Placement { when, ..p.clone() });
                        }
                    }
                    out.open |= there.open;
                    continue;
                }
                out.open = true;
                out.why = Some(if v.is_known() && !v.is_null() && !is_sensitive(&v) {
                    Message::new("why.no-such-region")
                } else {
                    why_of(&v)
                });
                out.basis = Some(here.clone());
            }
        }
        out
    }

    /// Where a value points to: a store of this target, or a text (an ARN) that tells a place; else
    /// `elsewhere`.
    fn store_or_text(
        &self,
        c: EntryId,
        values: Vec<(World, Option<Val>)>,
        basis: &Basis,
        elsewhere: Option<&Location>,
    ) -> Destination {
        let mut out = Destination {
            location: Location {
                namespace: self.entries[c].provider.regions.clone(),
                ..Location::default()
            },
            entry: None,
            to: None,
            basis: basis.clone(),
        };
        let types: Vec<Arc<str>> = self
            .by_type
            .iter()
            .filter(|(_, list)| {
                list.first().is_some_and(|&e| {
                    let row = &self.entries[e].row;
                    row.is_store() || row.role == Some(crate::catalog::row::Role::Place)
                })
            })
            .map(|(ty, _)| ty.clone())
            .collect();
        for (w, v) in values {
            let Some(v) = v else {
                out.location.open = true;
                out.location.why = Some(Message::new("why.no-place"));
                out.location.basis = Some(basis.clone());
                continue;
            };
            for (own, v) in v.alternatives() {
                let Some(when) = w.and(&own) else { continue };
                let hits = self.join(&v, &types).hits;
                if let [hit] = &hits[..]
                    && (hit.sure || lies_within(&v))
                {
                    out.entry = Some(hit.entry);
                    out.to = Some(self.instance(hit.entry).address.clone());
                    self.like(&mut out.location, &self.location(hit.entry), &when);
                } else if let Some(there) = self.place_in_text(c, &v, basis) {
                    self.like(&mut out.location, &there, &when);
                } else if let Some(there) = elsewhere {
                    self.like(&mut out.location, there, &when);
                } else {
                    out.location.open = true;
                    out.location.why = Some(if v.is_known() {
                        Message::new("why.no-place")
                    } else {
                        why_of(&v)
                    });
                    out.location.basis = Some(basis.clone());
                }
            }
        }
        out
    }

    /// Adds where something else is.
    fn like(&self, out: &mut Location, other: &Location, when: &World) {
        for p in &other.alternatives {
            if let Some(when) = when.and(&p.when) {
                out.alternatives.push(Placement { when, ..p.clone() });
            }
        }
        out.open |= other.open || other.alternatives.is_empty();
        if out.why.is_none() {
            out.why.clone_from(&other.why);
            out.basis.clone_from(&other.basis);
        }
        if other.namespace.is_some() {
            out.namespace.clone_from(&other.namespace);
        }
        for a in &other.assumptions {
            if !out.assumptions.contains(a) {
                out.assumptions.push(a.clone());
            }
        }
    }

    /// The place that a text tells, wholly or half known: an ARN, a full resource name.
    pub(super) fn place_in_text(&self, c: EntryId, v: &Val, basis: &Basis) -> Option<Location> {
        if is_sensitive(v) {
            return None;
        }
        let text = place::half_known(v)?;
        let known = &self.entries[c].provider;
        let namespace = known.regions.as_ref()?;
        let table = self.catalog.regions(namespace)?;
        known.places_in_text.iter().find_map(|pattern| {
            let code = pattern.captures(&text)?.name("region")?.as_str().to_owned();
            let spots = table.find(&code)?;
            Some(Location {
                alternatives: vec![place::placement(&spots, &code, World::ANY, basis.clone())],
                namespace: Some(namespace.clone()),
                ..Location::default()
            })
        })
    }

    pub(super) fn pair_of(&self, own: Option<&Location>, here: &Basis) -> Location {
        let Some(own) = own else {
            return place::unknown(Message::new("why.no-place"), here.clone());
        };
        let table = own.namespace.as_ref().and_then(|n| self.catalog.regions(n));
        let mut out = Location {
            namespace: own.namespace.clone(),
            open: own.open,
            why: own.why.clone(),
            basis: own.basis.clone(),
            ..Location::default()
        };
        for p in &own.alternatives {
            let code = p.regions.first().map_or("", |r| &r.code);
            match table.as_deref().and_then(|t| t.pair(code)) {
                Some(spots) => out.alternatives.push(place::placement(
                    &spots,
                    &spots[0].code,
                    p.when.clone(),
                    p.basis.clone().unwrap_or_else(|| here.clone()),
                )),
                None => {
                    out.open = true;
                    out.why.get_or_insert_with(|| Message::new("why.no-pair"));
                }
            }
        }
        out
    }
}

/// A text that names something below the one thing that it is made from: `${x.arn}/logs`, `${x.arn}:*`,
/// `s3://${x.id}/logs`, `api.example.com/${x.id}`. Not `${x.id}-logs`, which names something else.
fn lies_within(v: &Val) -> bool {
    let Kind::Unknown(u) = &v.kind else {
        return false;
    };
    let gap = |p: &Part| p.known().is_none();
    let (start, end) = match &u.parts[..] {
        [x, Part::Known(end)] if gap(x) => ("", &**end),
        [Part::Known(start), x] if gap(x) => (&**start, ""),
        [Part::Known(start), x, Part::Known(end)] if gap(x) => (&**start, &**end),
        _ => return false,
    };
    u.refs.len() == 1
        && (start.is_empty() || start.ends_with("://") || is_host(start))
        && (end.is_empty() || end.starts_with(['/', ':']))
}

/// `api.example.com/`
fn is_host(text: &str) -> bool {
    text.strip_suffix('/')
        .is_some_and(|host| host.contains('.') && !host.contains(['/', ':']))
}
