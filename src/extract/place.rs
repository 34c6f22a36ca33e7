//! Places: the chain of sources of a row, asked in order. What is not written falls through to the
//! next; what is written and not known stops.

use super::collect::{EntryId, Extractor, Written, is_sensitive, why_of};
use super::custody::Memo;
use super::facts::{Basis, Location, Placement, Region};
use crate::catalog::compile::{
    KeyPath, LiteralPlace, Name, PlaceSource, Provider as Known, UNKNOWN_PIECE,
};
use crate::catalog::hosts;
use crate::catalog::regions::{Regions, Spot};
use crate::catalog::row::Role;
use crate::diagnostic::Message;
use crate::evaluate::evaluated::{Provider, View};
use crate::evaluate::value::{Key, Kind, Marks, Part, Ref, Val, Whose, World};
use std::sync::Arc;

/// What one source says in one world.
pub(super) enum Step {
    /// Nothing is written.
    Absent,
    /// Here.
    At(Placement),
    /// Not known.
    Unknown(Message, Basis),
    /// Where something else is.
    Like(Arc<Location>),
}

/// So many alternatives of places that are several at once are told apart.
const MAX_TOGETHER: usize = 64;

/// The regions of a place that is several at once, and what of them is not known.
#[derive(Clone, Default)]
struct Together {
    regions: Vec<Region>,
    basis: Option<Basis>,
    open: Option<(Message, Basis)>,
}

impl Together {
    fn not_known(&mut self, why: Message, basis: &Basis) {
        self.open.get_or_insert_with(|| (why, basis.clone()));
    }

    fn step(mut self) -> Step {
        if let Some((why, basis)) = self.open {
            return Step::Unknown(why, basis);
        }
        let Some(basis) = self.basis else {
            return Step::Absent;
        };
        if self.regions.is_empty() {
            return Step::Absent;
        }
        self.regions.sort_by(|a, b| a.code.cmp(&b.code));
        self.regions.dedup();
        Step::At(Placement {
            regions: self.regions,
            when: World::ANY,
            written: None,
            basis: Some(basis),
        })
    }
}

/// Where the chain is read: an entry, or a backend.
pub(super) struct Site<'a> {
    pub entry: Option<EntryId>,
    pub view: &'a View,
    pub provider: &'a Arc<Known>,
    /// Values from the command line, for backends.
    pub given: &'a dyn Fn(&str) -> Option<Val>,
    pub defaults: &'a [(Arc<str>, Val)],
}

fn region(spot: &Spot) -> Region {
    Region {
        code: spot.code.clone(),
        country: spot.country.clone(),
    }
}

pub(super) fn placement(spots: &[Spot], code: &str, when: World, basis: Basis) -> Placement {
    let wide = spots.len() > 1;
    Placement {
        regions: spots.iter().map(region).collect(),
        when,
        written: wide.then(|| code.into()),
        basis: Some(basis),
    }
}

/// A place that nobody knows.
pub(super) fn unknown(why: Message, basis: Basis) -> Location {
    Location {
        open: true,
        why: Some(why),
        basis: Some(basis),
        ..Location::default()
    }
}

/// Values as region codes.
fn codes(values: Written, table: Option<&Regions>) -> Vec<(World, Step)> {
    values
        .into_iter()
        .map(|(w, v)| (w, v.map_or(Step::Absent, |(v, b)| code(&v, b, table))))
        .collect()
}

impl Extractor<'_, '_> {
    /// Where an entry is.
    pub(super) fn location(&self, e: EntryId) -> Arc<Location> {
        match &self.places.borrow()[e] {
            Memo::Done(known) => return known.clone(),
            Memo::Busy => return Arc::new(unknown(Message::new("why.circle"), self.header(e))),
            Memo::Open => {}
        }
        self.places.borrow_mut()[e] = Memo::Busy;
        let mut found = self.find_location(e);
        found.alternatives.shrink_to_fit();
        let found = Arc::new(found);
        self.places.borrow_mut()[e] = Memo::Done(found.clone());
        found
    }

    fn find_location(&self, e: EntryId) -> Location {
        let row = self.entries[e].row.clone();
        let site = Site {
            entry: Some(e),
            view: self.view(e),
            provider: &self.entries[e].provider,
            given: &|_| None,
            defaults: &self.entries[e].defaults,
        };
        let sources: &[PlaceSource] = if row.place.is_empty() {
            &[PlaceSource::Provider]
        } else {
            &row.place
        };
        let mut out = Location {
            namespace: site.provider.regions.clone(),
            ..Location::default()
        };
        if !row.endpoint.is_empty()
            && let Some((basis, host)) = self.custom_endpoint(e)
        {
            return at_host(host.as_ref(), basis);
        }
        for world in self.exists(e) {
            self.chain(&site, sources, &world, &mut out);
        }
        if let Some(path) = &row.narrowed {
            self.narrow(&site, path, &mut out);
        }
        tidy(&mut out);
        out
    }

    /// Asks the sources in order, in one world.
    pub(super) fn chain(
        &self,
        site: &Site<'_>,
        sources: &[PlaceSource],
        world: &World,
        out: &mut Location,
    ) {
        let Some((first, rest)) = sources.split_first() else {
            let basis = site
                .entry
                .map_or_else(|| Basis::block(site.view.place), |e| self.header(e));
            return add_unknown(out, Message::new("why.no-place"), basis);
        };
        for (w, step) in self.ask(site, first, rest) {
            let Some(both) = world.and(&w) else { continue };
            match step {
                Step::Absent => self.chain(site, rest, &both, out),
                Step::At(p) => out.alternatives.push(Placement { when: both, ..p }),
                Step::Unknown(why, basis) => add_unknown(out, why, basis),
                Step::Like(other) => {
                    for p in &other.alternatives {
                        if let Some(when) = both.and(&p.when) {
                            out.alternatives.push(Placement { when, ..p.clone() });
                        }
                    }
                    if other.open || other.alternatives.is_empty() {
                        out.never |= other.never;
                        let why = other.why.clone();
                        add_unknown(
                            out,
                            why.unwrap_or_else(|| Message::new("why.no-place")),
                            other
                                .basis
                                .clone()
                                .unwrap_or_else(|| Basis::block(site.view.place)),
                        );
                    }
                    if other.why.is_some() && out.why.is_none() {
                        out.why.clone_from(&other.why);
                        out.basis.clone_from(&other.basis);
                    }
                    for a in &other.assumptions {
                        if !out.assumptions.contains(a) {
                            out.assumptions.push(a.clone());
                        }
                    }
                }
            }
        }
    }

    fn ask(
        &self,
        site: &Site<'_>,
        source: &PlaceSource,
        rest: &[PlaceSource],
    ) -> Vec<(World, Step)> {
        match source {
            PlaceSource::Attr(path, table) => {
                self.told_or_code(site, path, table.as_ref(), &|v| self.told_by_data(v))
            }
            PlaceSource::InText(path) => self.in_given_text(site, path),
            PlaceSource::All(path, table) => self.all(site, path, table.as_ref()),
            PlaceSource::Zone(path, table) => self.zone(site, path, table.as_ref(), rest),
            PlaceSource::OwnZone(path) => {
                self.told_or_code(site, path, None, &|v| self.listed_by(v))
            }
            PlaceSource::Provider => match site.entry {
                Some(e) => self.provider_step(e, site),
                None => vec![(World::ANY, Step::Absent)],
            },
            PlaceSource::Config(_) => vec![(World::ANY, Step::Absent)],
            PlaceSource::Env(name) => vec![(World::ANY, self.environment_step(site, name))],
            PlaceSource::Parent(path) => self
                .site_read(site, path)
                .into_iter()
                .map(|(w, v)| {
                    let step = match v {
                        None => Step::Absent,
                        Some((v, basis)) => self.parent(site, &v, basis),
                    };
                    (w, step)
                })
                .collect(),
            PlaceSource::Near(path) => self
                .site_read(site, path)
                .into_iter()
                .map(|(w, v)| {
                    let step = match v {
                        None => Step::Absent,
                        Some((v, basis)) => match self.parent(site, &v, basis.clone()) {
                            Step::Like(there) => {
                                Step::Like(Arc::new(self.pair_of(Some(&there), &basis)))
                            }
                            other => other,
                        },
                    };
                    (w, step)
                })
                .collect(),
            PlaceSource::Store(path, ty) => self.store_place(site, path, ty.as_ref()),
            PlaceSource::Fixed(code) => {
                let basis = Basis::block(site.view.place);
                let found = self
                    .table(site, None)
                    .and_then(|t| t.find(code))
                    .map(|s| placement(&s, code, World::ANY, basis));
                vec![(World::ANY, found.map_or(Step::Absent, Step::At))]
            }
        }
    }

    /// The place in a text that the provider gave; where the text tells none, whatever comes after it does.
    fn in_given_text(&self, site: &Site<'_>, path: &KeyPath) -> Vec<(World, Step)> {
        self.site_read(site, path)
            .into_iter()
            .map(|(w, v)| {
                let there = v
                    .filter(|(v, _)| v.marks.has(Marks::CHOSEN) && v.is_known())
                    .and_then(|(v, basis)| self.place_in_text(site.entry?, &v, &basis));
                (w, there.map_or(Step::Absent, |l| Step::Like(Arc::new(l))))
            })
            .collect()
    }

    /// An attribute that is a code, or a value of which `told` knows where it is.
    fn told_or_code(
        &self,
        site: &Site<'_>,
        path: &KeyPath,
        table: Option<&Arc<str>>,
        told: &dyn Fn(&Val) -> Option<Arc<Location>>,
    ) -> Vec<(World, Step)> {
        let table = self.table(site, table);
        let mut out = Vec::new();
        for (w, v) in self.site_read(site, path) {
            match v.as_ref().and_then(|(v, _)| told(v)) {
                Some(there) => out.push((w, Step::Like(there))),
                None => out.extend(codes(vec![(w, v)], table.as_deref())),
            }
        }
        out
    }

    fn table(&self, site: &Site<'_>, name: Option<&Arc<str>>) -> Option<Arc<Regions>> {
        self.catalog
            .regions(name.or(site.provider.regions.as_ref())?)
    }

    /// An attribute of the site; for a backend, what the command line gives comes first.
    fn site_read(&self, site: &Site<'_>, path: &KeyPath) -> Written {
        if let Some(v) = (site.given)(&path.path) {
            let basis = Basis::block(site.view.place);
            let absent = v.is_null() || v.as_str() == Some("");
            return vec![(World::ANY, (!absent).then_some((v, basis)))];
        }
        if let Some(e) = site.entry {
            return self.read_at(e, None, path);
        }
        let mut out = self.read(site.view, &path.path);
        if let Some((_, default)) = site.defaults.iter().find(|(n, _)| *n == path.path) {
            for (_, v) in &mut out {
                if v.is_none() {
                    *v = Some((default.clone(), Basis::block(site.view.place)));
                }
            }
        }
        out
    }

    /// Every value at a path: one place that is all of them together. Where one of them is not known,
    /// the place is not either.
    fn all(&self, site: &Site<'_>, path: &KeyPath, table: Option<&Arc<str>>) -> Vec<(World, Step)> {
        let table = self.table(site, table);
        let mut out: Vec<(World, Together)> = vec![(World::ANY, Together::default())];
        for values in self.read_each(site.view, &path.path) {
            let mut next = Vec::new();
            for (w, have) in &out {
                for (own, v) in &values {
                    let Some(both) = w.and(own) else { continue };
                    let mut all = have.clone();
                    if let Some((v, basis)) = v {
                        self.add_codes(&mut all, v, basis, table.as_deref());
                    }
                    next.push((both, all));
                }
            }
            if next.len() > MAX_TOGETHER {
                let basis = Basis::block(site.view.place);
                let why = Message::new("why.too-many").arg("");
                return vec![(World::ANY, Step::Unknown(why, basis))];
            }
            out = next;
        }
        out.into_iter().map(|(w, all)| (w, all.step())).collect()
    }

    fn add_codes(&self, all: &mut Together, v: &Val, basis: &Basis, table: Option<&Regions>) {
        if let Some(items) = v.as_seq() {
            for item in items {
                self.add_codes(all, item, basis, table);
            }
            return;
        }
        let like = self.told_by_data(v);
        let step = like.map_or_else(|| code(v, basis.clone(), table), Step::Like);
        match step {
            Step::Absent => {}
            Step::At(p) => all.regions.extend(p.regions),
            Step::Like(there) => match &there.alternatives[..] {
                [one] if !there.open => all.regions.extend(one.regions.iter().cloned()),
                _ => all.not_known(why_of(v), basis),
            },
            Step::Unknown(why, basis) => all.not_known(why, &basis),
        }
        all.basis.get_or_insert_with(|| basis.clone());
    }

    /// A zone: where it says; not known, it is one of the zones of where the rest of the chain says,
    /// and those may lie elsewhere.
    fn zone(
        &self,
        site: &Site<'_>,
        path: &KeyPath,
        table: Option<&Arc<str>>,
        rest: &[PlaceSource],
    ) -> Vec<(World, Step)> {
        let table = self.table(site, table);
        let mut out = Vec::new();
        for (w, v) in self.site_read(site, path) {
            let Some((v, basis)) = v else {
                out.push((w, Step::Absent));
                continue;
            };
            if v.is_known() && !is_sensitive(&v) {
                out.push((w, code(&v, basis, table.as_deref())));
                continue;
            }
            let mut around = Location::default();
            self.chain(site, rest, &w, &mut around);
            if self.listed_zone(&v) {
                // A list of zones that a data source gives: those of its region.
                let text = Message::new("assumption.zones-of-region");
                around.assumptions.push(text.key.clone());
                out.push((w, Step::Like(Arc::new(around))));
                continue;
            }
            let edges: Vec<Placement> = around
                .alternatives
                .iter()
                .flat_map(|p| {
                    let region = p.regions.first().map_or("", |r| &r.code);
                    let edges = table.as_deref().map_or(&[][..], |t| t.edges(region));
                    edges.iter().map(|s| {
                        placement(
                            std::slice::from_ref(s),
                            &s.code,
                            p.when.clone(),
                            basis.clone(),
                        )
                    })
                })
                .collect();
            let several = !edges.is_empty();
            around.alternatives.extend(edges);
            if several {
                around.why = Some(why_of(&v));
                around.basis = Some(basis);
            }
            out.push((w, Step::Like(Arc::new(around))));
        }
        out
    }

    /// Whether a value is what data sources of the catalog (role `place`) list.
    fn listed_zone(&self, v: &Val) -> bool {
        !self.lists(v).is_empty()
    }

    /// The data sources (role `place`) that list a value; none where anything else has a part in it.
    fn lists(&self, v: &Val) -> Vec<EntryId> {
        let mut refs = Vec::new();
        v.collect_refs(&mut refs);
        let mut out = Vec::new();
        for r in &refs {
            let entries = self.entries_of(r);
            let place = |e: &EntryId| {
                let row = &self.entries[*e].row;
                row.role == Some(Role::Place) && row.ty.starts_with("data.")
            };
            if entries.is_empty() || !entries.iter().all(place) {
                return Vec::new();
            }
            out.extend(entries);
        }
        out
    }

    /// Where the one data source is that lists a zone: its zones are those of its region.
    fn listed_by(&self, v: &Val) -> Option<Arc<Location>> {
        if v.is_known() {
            return None;
        }
        let mut lists = self.lists(v);
        lists.dedup();
        let [e] = lists[..] else { return None };
        let mut there = (*self.location(e)).clone();
        there
            .assumptions
            .push("assumption.zones-of-region".to_owned());
        Some(Arc::new(there))
    }

    /// The place of a data source that tells where it is itself: `data.aws_region.current.name`.
    pub(super) fn told_by_data(&self, v: &Val) -> Option<Arc<Location>> {
        let r = v.via.as_ref()?;
        let [e] = self.entries_of(r)[..] else {
            return None;
        };
        let row = &self.entries[e].row;
        let tells = row.role == Some(Role::Place)
            && row.ty.starts_with("data.")
            && row
                .names
                .iter()
                .any(|n| matches!(n, Name::Attr(a) if *a == r.path));
        tells.then(|| self.location(e))
    }

    /// The provider's chain: what the resource itself says, then its configuration.
    fn provider_step(&self, e: EntryId, site: &Site<'_>) -> Vec<(World, Step)> {
        let own: Vec<PlaceSource> = site
            .provider
            .place
            .iter()
            .filter(|s| matches!(s, PlaceSource::Attr(..) | PlaceSource::InText(_)))
            .cloned()
            .collect();
        let mut out = Vec::new();
        let mut open = vec![World::ANY];
        for source in &own {
            let mut next = Vec::new();
            for (w, step) in self.ask(site, source, &[]) {
                for o in &open {
                    let Some(both) = o.and(&w) else { continue };
                    match &step {
                        Step::Absent => next.push(both),
                        Step::At(p) => out.push((both, Step::At(p.clone()))),
                        Step::Unknown(m, b) => {
                            out.push((both, Step::Unknown(m.clone(), b.clone())));
                        }
                        Step::Like(l) => out.push((both, Step::Like(l.clone()))),
                    }
                }
            }
            open = next;
        }
        if !open.is_empty() {
            let configured = self.configured_place(e);
            out.extend(
                open.into_iter()
                    .map(|w| (w, Step::Like(configured.clone()))),
            );
        }
        out
    }

    /// The place that an entry's provider configuration has; the same for all instances of a resource,
    /// unless each has its own instance of the configuration.
    pub(super) fn configured_place(&self, e: EntryId) -> Arc<Location> {
        let instance = self.instance(e);
        let own = self.ev.instance_of_provider(instance.id);
        let key = (
            instance.module,
            instance.resource,
            own.map(|v| v.identity()),
        );
        if let Some(known) = self.configured.borrow().get(&key) {
            return known.clone();
        }
        let provider = self.ev.provider(instance.id);
        let found = Arc::new(self.place_of_configuration(
            &provider,
            &self.entries[e].provider,
            self.header(e),
        ));
        self.configured.borrow_mut().insert(key, found.clone());
        found
    }

    /// The place that a provider configuration has.
    pub(super) fn place_of_configuration(
        &self,
        provider: &Provider,
        known: &Arc<Known>,
        fallback: Basis,
    ) -> Location {
        let mut out = Location {
            namespace: known.regions.clone(),
            ..Location::default()
        };
        if provider.later {
            let short = provider.source.rsplit('/').next().unwrap_or("");
            let why = Message::new("why.provider-later").arg(short);
            add_unknown(&mut out, why, fallback);
            return out;
        }
        let table = known.regions.as_ref().and_then(|r| self.catalog.regions(r));
        let mut open = vec![World::ANY];
        let header = provider.view.as_ref().map(|v| v.place);
        // Which configuration it is, the form of a state without configurations does not tell.
        let near = |out: &mut Location| {
            if provider.unseen && provider.view.is_none() {
                return None;
            }
            let near = self.near(provider, known)?;
            let basis = header.map_or_else(|| fallback.clone(), Basis::block);
            let placement = self.near_placement(&near, known, World::ANY, basis)?;
            if !out.assumptions.contains(&near.told) {
                out.assumptions.push(near.told);
            }
            Some(placement)
        };
        let last_config = known
            .place
            .iter()
            .rposition(|s| matches!(s, PlaceSource::Config(_)));
        for (i, source) in known.place.iter().enumerate() {
            let mut next = Vec::new();
            let steps = match source {
                PlaceSource::Config(path) => match &provider.view {
                    Some(view) => codes(self.read(view, path), table.as_deref()),
                    None => vec![(World::ANY, Step::Absent)],
                },
                PlaceSource::Env(name) if !provider.handed_in && !provider.unseen => {
                    let basis = header.map_or_else(|| fallback.clone(), Basis::block);
                    vec![(
                        World::ANY,
                        self.environment(name, table.as_deref(), basis, &mut out),
                    )]
                }
                _ => continue,
            };
            for (w, step) in steps {
                for o in &open {
                    let Some(when) = o.and(&w) else { continue };
                    match &step {
                        Step::Absent if Some(i) == last_config => match near(&mut out) {
                            Some(p) => out.alternatives.push(Placement { when, ..p }),
                            None => next.push(when),
                        },
                        Step::Absent => next.push(when),
                        Step::At(p) => out.alternatives.push(Placement { when, ..p.clone() }),
                        Step::Unknown(m, b) => match near(&mut out) {
                            Some(p) => out.alternatives.push(Placement { when, ..p }),
                            None => add_unknown(&mut out, m.clone(), b.clone()),
                        },
                        Step::Like(_) => {}
                    }
                }
            }
            open = next;
        }
        // Of several that the code leaves open, the plan beside it tells which.
        if open.is_empty()
            && out.alternatives.len() > 1
            && let Some(p) = near(&mut out)
        {
            out.alternatives = vec![p];
        }
        if !open.is_empty() {
            let assumed = self.options.assumed_region(&provider.source);
            match assumed.and_then(|c| Some((c, table.as_deref()?.find(c)?))) {
                Some((code, spots)) if !provider.handed_in => {
                    let basis = header.map_or(fallback, Basis::block);
                    for when in open {
                        let p = placement(&spots, code, when, basis.clone());
                        out.alternatives.push(p);
                    }
                    out.assumptions.push(format!("assume.region: {code}"));
                }
                _ => {
                    let short = provider.source.rsplit('/').next().unwrap_or("");
                    let (key, basis) = match (provider.handed_in, header) {
                        _ if provider.unseen => ("why.provider-unseen", fallback),
                        (true, _) => ("why.provider-handed-in", fallback),
                        (_, Some(place)) => ("why.provider-no-region", Basis::block(place)),
                        (_, None) => ("why.provider-none", fallback),
                    };
                    let group = header
                        .is_none()
                        .then(|| format!("{key}:{}", provider.source).into());
                    add_unknown(
                        &mut out,
                        Message::new(key).arg(short),
                        Basis { group, ..basis },
                    );
                }
            }
        }
        out
    }

    fn environment_step(&self, site: &Site<'_>, name: &str) -> Step {
        let mut unused = Location::default();
        let table = self
            .table(site, None)
            .or_else(|| self.catalog.regions("aws"));
        let basis = Basis::block(site.view.place);
        self.environment(name, table.as_deref(), basis, &mut unused)
    }

    /// A place out of the environment, where the settings let it count.
    fn environment(
        &self,
        name: &str,
        table: Option<&Regions>,
        basis: Basis,
        out: &mut Location,
    ) -> Step {
        let Some(value) = self.options.environment(name) else {
            return Step::Absent;
        };
        let Some(spots) = table.and_then(|t| t.find(value)) else {
            return Step::Unknown(Message::new("why.no-such-region"), basis);
        };
        out.assumptions.push(format!("{name}={}", spots[0].code));
        Step::At(placement(&spots, value, World::ANY, basis))
    }

    /// Where something is that lies in what a value refers to.
    fn parent(&self, site: &Site<'_>, v: &Val, basis: Basis) -> Step {
        if let Some(r) = &v.via {
            let entries = self.entries_of(r);
            if let [one] = entries[..] {
                return Step::Like(self.location(one));
            }
        } else if let Some(one) = site.entry.and_then(|e| self.named_alike(e, v)) {
            return Step::Like(self.location(one));
        }
        match self.text_place(site.provider, v, &basis) {
            Some(location) => Step::Like(Arc::new(location)),
            None => Step::Unknown(why_of(v), basis),
        }
    }

    /// The place that a key's or ring's text tells, wholly or half known.
    pub(super) fn text_place(&self, known: &Known, v: &Val, basis: &Basis) -> Option<Location> {
        if is_sensitive(v) {
            return None;
        }
        let text = half_known(v)?;
        let found = known
            .literals
            .iter()
            .find_map(|l| l.pattern.captures(&text).map(|c| (l, c)))?;
        let (literal, captures) = found;
        match literal.place {
            LiteralPlace::AsStore => None,
            LiteralPlace::Never => Some(Location {
                never: true,
                ..unknown(Message::new("why.no-place-in-text"), basis.clone())
            }),
            LiteralPlace::Group => {
                let code = captures.name("region").map_or("", |m| m.as_str());
                let name = literal.table.as_ref().or(known.regions.as_ref())?;
                if let Some(group) = captures.name("region")
                    && let Some(there) = self.told_piece(v, &text, group.range())
                {
                    return Some(there);
                }
                if code.is_empty() || code.contains(UNKNOWN_PIECE) {
                    return Some(unknown(why_of(v), basis.clone()));
                }
                let Some(spots) = self.catalog.regions(name).and_then(|t| t.find(code)) else {
                    let why = Message::new("why.no-such-region");
                    return Some(unknown(why, basis.clone()));
                };
                Some(Location {
                    alternatives: vec![placement(&spots, code, World::ANY, basis.clone())],
                    namespace: Some(name.clone()),
                    ..Location::default()
                })
            }
        }
    }

    /// Where a data source is whose place stands as one piece of a half-known text.
    fn told_piece(&self, v: &Val, text: &str, range: std::ops::Range<usize>) -> Option<Location> {
        let mut piece = text[range.clone()].chars();
        if (piece.next(), piece.next()) != (Some(UNKNOWN_PIECE), None) {
            return None;
        }
        let number = text[..range.start].matches(UNKNOWN_PIECE).count();
        let parts = &v.as_unknown()?.parts;
        let mut open = parts.iter().filter(|p| p.known().is_none());
        let Part::Named(Whose::Told(module, resource)) = open.nth(number)? else {
            return None;
        };
        let [e] = self.entries_of(&Ref {
            module: *module,
            resource: *resource,
            key: Key::None,
            path: "".into(),
        })[..] else {
            return None;
        };
        let tells = self.entries[e].row.role == Some(Role::Place);
        tells.then(|| (*self.location(e)).clone())
    }

    /// Where the store is that a backend names.
    fn store_place(
        &self,
        site: &Site<'_>,
        path: &KeyPath,
        ty: Option<&Arc<str>>,
    ) -> Vec<(World, Step)> {
        let types: Vec<Arc<str>> = ty.into_iter().cloned().collect();
        let mut out = Vec::new();
        for (w, v) in self.site_read(site, path) {
            let basis = Basis::block(site.view.place);
            let nowhere = Message::new("why.backend-names-no-place");
            let Some((v, basis)) = v else {
                out.push((w, Step::Unknown(nowhere, basis)));
                continue;
            };
            let joined = self.join(&v, &types);
            let sure: Vec<_> = joined.hits.iter().filter(|h| h.sure).collect();
            match &sure[..] {
                [hit] => out.push((w, Step::Like(self.location(hit.entry)))),
                _ => out.push((w, Step::Unknown(nowhere, basis))),
            }
        }
        out
    }

    /// A list of codes that says which members of a wide place are meant.
    fn narrow(&self, site: &Site<'_>, path: &KeyPath, out: &mut Location) {
        let Some(e) = site.entry else { return };
        let table = match self.entries[e].row.place.first() {
            Some(PlaceSource::Attr(_, table)) => self.table(site, table.as_ref()),
            _ => self.table(site, None),
        };
        let values = self.read(site.view, &path.path);
        let mut narrowed = Vec::new();
        for p in std::mem::take(&mut out.alternatives) {
            for (w, v) in &values {
                let Some(when) = p.when.and(w) else { continue };
                let Some((v, basis)) = v else {
                    narrowed.push(Placement { when, ..p.clone() });
                    continue;
                };
                let spots: Option<Vec<Region>> = v.as_seq().map(|items| {
                    let found = items.iter().filter_map(|i| i.as_str());
                    let found = found.filter_map(|c| table.as_deref()?.find(c));
                    found
                        .flat_map(|s| s.iter().map(region).collect::<Vec<_>>())
                        .collect()
                });
                let whole = v.as_seq().is_some_and(|items| {
                    items.iter().all(|i| {
                        i.as_str()
                            .is_some_and(|c| table.as_deref().is_some_and(|t| t.find(c).is_some()))
                    })
                });
                match spots {
                    Some(regions) if whole && !regions.is_empty() => narrowed.push(Placement {
                        regions,
                        when,
                        written: None,
                        basis: Some(basis.clone()),
                    }),
                    _ => add_unknown(out, why_of(v), basis.clone()),
                }
            }
        }
        out.alternatives = narrowed;
    }

    /// A custom endpoint of the provider configuration, and whose it is where the host is known.
    pub(super) fn custom_endpoint(&self, e: EntryId) -> Option<(Basis, Option<hosts::Found>)> {
        let known = &self.entries[e].provider;
        let block = known.endpoints.as_ref()?;
        let provider = self.ev.provider(self.entries[e].id);
        let view = provider.view.as_ref()?;
        let names = &self.entries[e].row.endpoint;
        for name in names {
            for values in self.read_each(view, &format!("{block}.{name}")) {
                if let Some(found) = foreign_host(&values, &known.hosts) {
                    return Some(found);
                }
            }
        }
        None
    }
}

/// The value that names a host which is not one of these; who that is, when it is the only one.
pub(super) fn foreign_host(
    values: &Written,
    own_hosts: &[String],
) -> Option<(Basis, Option<hosts::Found>)> {
    values.iter().find_map(|(w, v)| {
        let (v, basis) = v.as_ref()?;
        let own = v.as_str().is_some_and(|url| {
            let host = hosts::host_of(url);
            own_hosts.iter().any(|h| host.ends_with(h.as_str()))
        });
        if own {
            return None;
        }
        let known = v.as_str().filter(|_| w.is_any() && !is_sensitive(v));
        Some((basis.clone(), known.and_then(hosts::find)))
    })
}

/// Where a service behind a custom endpoint is: as its host tells, else nobody knows.
pub(super) fn at_host(host: Option<&hosts::Found>, basis: Basis) -> Location {
    match host.and_then(|h| h.spot.as_ref()) {
        Some(spot) => Location {
            alternatives: vec![placement(
                std::slice::from_ref(spot),
                &spot.code,
                World::ANY,
                basis,
            )],
            // Its codes are of no cloud's table.
            namespace: Some("host".into()),
            ..Location::default()
        },
        None => unknown(Message::new("why.custom-endpoint"), basis),
    }
}

/// A value as a region code.
fn code(v: &Val, basis: Basis, table: Option<&Regions>) -> Step {
    if is_sensitive(v) {
        return Step::Unknown(why_of(v), basis);
    }
    let Some(text) = v.as_str() else {
        return Step::Unknown(why_of(v), basis);
    };
    match table.and_then(|t| t.find(text)) {
        Some(spots) => Step::At(placement(&spots, text, World::ANY, basis)),
        None => Step::Unknown(Message::new("why.no-such-region"), basis),
    }
}

/// A text with a mark for each piece that is not known.
pub(super) fn half_known(v: &Val) -> Option<String> {
    match &v.kind {
        Kind::Str(s) => Some(s.to_string()),
        Kind::Unknown(u) if !u.parts.is_empty() => Some(
            u.parts
                .iter()
                .map(|p| match p {
                    Part::Known(k) => k.to_string(),
                    _ => UNKNOWN_PIECE.to_string(),
                })
                .collect(),
        ),
        _ => None,
    }
}

fn add_unknown(out: &mut Location, why: Message, basis: Basis) {
    out.open = true;
    if out.why.is_none() {
        out.why = Some(why);
        out.basis = Some(basis);
    }
}

/// Alternatives that say the same are one.
fn tidy(out: &mut Location) {
    if out.alternatives.len() > 1 {
        let first = out.alternatives[0].regions.clone();
        if !out.open && out.alternatives.iter().all(|p| p.regions == first) {
            out.alternatives.truncate(1);
            out.alternatives[0].when = World::ANY;
            out.why = None;
        }
    }
    if out.basis.is_none() || !out.open && out.why.is_none() {
        out.basis = out.alternatives.first().and_then(|p| p.basis.clone());
    }
    if out.why.is_none() && out.alternatives.len() > 1 {
        out.why = Some(Message::new("why.several"));
    }
}
