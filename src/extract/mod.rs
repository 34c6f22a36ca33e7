//! Extract: the facts about every store, key and backend of an evaluated target.
//!
//! Two passes: collect (`collect.rs`, `join.rs`), then resolve on demand (`place.rs`, `custody.rs`).
//! Lives here: putting a target's facts together. No resource type stands in this code: what a type
//! means is in the catalog.

mod answers;
mod carried;
mod collect;
mod copies;
mod custody;
pub mod facts;
mod groups;
mod join;
mod keyfacts;
mod keys;
mod labels;
mod neighbours;
mod place;
pub mod readers;
mod secrets;
mod services;
pub mod worlds;

pub use collect::why_of;

use crate::catalog::compile::ACCOUNTS;
use crate::catalog::custody::Operator;
use crate::catalog::row::Role;
use crate::catalog::{Catalog, Unlisted};
use crate::date::Date;
use crate::diagnostic::Message;
use crate::evaluate::Evaluation;
use crate::evaluate::evaluated::Instance;
use crate::evaluate::value::{Val, World};
use collect::{EntryId, Extractor};
use copies::Routes;
use facts::{
    Answer, Basis, Encryption, Facts, Keeping, KeyFacts, Location, MissingModule, Other, Part,
    Served, Store, Transport, Unclassified, YesNo,
};
use keyfacts::until;
use place::Site;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is assumed where nothing else says it.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Provider (the last word of its source) to region.
    pub regions: BTreeMap<String, String>,
    /// The environment variables that count.
    pub environment: BTreeMap<String, String>,
    /// Tags and names of stores are asked for.
    pub labels: bool,
    /// What belongs to the organisation.
    pub own: Own,
    /// Which day it is, where that is given.
    pub today: Option<Date>,
}

/// What belongs to the organisation: ids, in which `*` stands for anything.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Own {
    pub aws_accounts: Vec<String>,
    pub google_projects: Vec<String>,
    pub google_domains: Vec<String>,
    pub azure_tenants: Vec<String>,
    pub azure_subscriptions: Vec<String>,
    /// Keys of others that are as good as own ones.
    pub trusted_keys: Vec<String>,
}

impl Own {
    /// By the words of settings; those of accounts.
    fn lists(&self) -> [(&'static str, &[String]); 5] {
        let [aws, projects, domains, tenants, subscriptions] = ACCOUNTS;
        [
            (aws, &self.aws_accounts),
            (projects, &self.google_projects),
            (domains, &self.google_domains),
            (tenants, &self.azure_tenants),
            (subscriptions, &self.azure_subscriptions),
        ]
    }

    /// One of the lists; `None`: there is none of that name.
    fn list(&self, name: &str) -> Option<&[String]> {
        let found = self.lists().into_iter().find(|(n, _)| *n == name);
        found.map(|(_, list)| list)
    }

    /// `own` of conditions: its words have `_` for `-`.
    fn value(&self) -> Val {
        let list = |items: &[String]| Val::strings(items.iter().map(String::as_str));
        let lists = self.lists().into_iter();
        let word = |name: &str| Arc::from(name.replace('-', "_"));
        Val::object(lists.map(|(n, items)| (word(n), list(items))).collect())
    }
}

impl Options {
    /// The region that is assumed for a provider.
    pub fn assumed_region(&self, source: &str) -> Option<&str> {
        let short = source.rsplit('/').next().unwrap_or(source);
        self.regions.get(short).map(String::as_str)
    }

    /// A variable of the environment that counts.
    pub fn environment(&self, name: &str) -> Option<&str> {
        self.environment
            .get(name)
            .map(String::as_str)
            .filter(|v| !v.is_empty())
    }
}

/// The facts of one target.
pub fn facts(ev: &Evaluation<'_>, catalog: &Catalog, options: &Options) -> Facts {
    let (x, rest) = Extractor::new(ev, catalog, options);
    let target = &ev.root.target;
    let set = &ev.set.name;
    let mut out = Facts::default();
    let managed = |e: &EntryId| x.instance(*e).mode == crate::load::project::Mode::Managed;
    let stores: Vec<EntryId> = (0..x.entries.len())
        .filter(|e| x.entries[*e].row.is_store() && managed(e))
        .collect();
    // Exactly as many as there are: a store's facts are large, and growing doubles.
    out.stores.reserve_exact(stores.len());
    let routes = x.routes();
    out.stores.extend(
        stores
            .into_iter()
            .map(|e| store(&x, e, &routes, target, set)),
    );
    out.keys = keys(&x, &out.stores, target, set);
    out.others = others(&x, &routes, target, set);
    let hidden = rest
        .iter()
        .filter(|i| catalog.unlisted(&i.ty) == Unlisted::Opaque);
    out.others
        .extend(hidden.map(|i| opaque(&x, i, target, set)));
    out.others.extend(backend(&x, target, set));
    out.others
        .extend(services::services(&x, &rest, target, set));
    out.secrets = secrets::secrets(&x, &rest, target, set);
    out.unclassified = unclassified(catalog, &rest, target);
    for call in ev.missing() {
        out.modules_missing.push(MissingModule {
            source: call.source.clone(),
            version: call.version.clone(),
            target: target.clone(),
            address: call.address.clone(),
            place: call.place,
            location: handed_in(&x, call),
            suppressed: None,
        });
    }
    out
}

fn store(
    x: &Extractor<'_, '_>,
    e: EntryId,
    routes: &Routes,
    target: &Arc<str>,
    set: &Arc<str>,
) -> Store {
    let row = x.entries[e].row.clone();
    let instance = x.instance(e);
    let location = x.location(e);
    let answers = (*x.custody(e)).clone();
    let mut parts = parts_of(x, e, &answers);
    for (c, _) in x.carriers(e, "parts").sure {
        let by = x.instance(c).address.clone();
        parts.extend(parts_of(x, c, &answers).into_iter().map(|p| Part {
            by: Some(by.clone()),
            ..p
        }));
    }
    let custody = Keeping {
        answers,
        imported: false,
    };
    let mut not_asked = Vec::new();
    for (question, when, because) in &row.not_asked {
        // Only where it certainly holds: what is not known is asked.
        if x.holds(when, e, None).iter().all(|(_, v)| *v == Some(true)) {
            not_asked.push((question.as_str().into(), because.clone()));
        }
    }
    let copies = x.copies(e, routes, &location, &custody);
    let reach = x.reach(e);
    Store {
        target: target.clone(),
        variable_set: set.clone(),
        address: instance.address.clone(),
        ty: instance.ty.clone(),
        provider: x.ev.provider(instance.id).source,
        category: row.category.clone().unwrap_or_default(),
        service_kind: row.service.clone(),
        data_class: "protected".into(),
        marks: Vec::new(),
        class_because: facts::ClassBecause::default(),
        labels: x.options.labels.then(|| Box::new(labels::labels(x, e))),
        place: instance.place,
        instances_known: instance.counted,
        worlds: instance.worlds.clone(),
        operator: operator(x, e),
        encryption: encryption(&custody, row.cipher.as_ref()),
        assumptions: {
            let mut all = assumptions(&location, instance);
            // A key that is no instance is told of only here.
            let keys = custody.answers.iter().filter(|a| a.key.is_none());
            for there in keys.filter_map(|a| a.key_location.as_ref()) {
                for assumed in &there.assumptions {
                    if !all.contains(assumed) {
                        all.push(assumed.clone());
                    }
                }
            }
            // What the catalog is not sure of is an assumption too.
            if row.source.as_ref().is_some_and(|s| s.contains("(low)")) {
                all.push("catalog: low confidence".into());
            }
            all
        },
        location,
        custody,
        parts,
        copies,
        exposure: reach.all,
        access: reach.others,
        network: reach.network,
        sign_in: x.sign_in(e),
        backup: x.yes_no(e, "backup", |row| row.backup.as_ref(), Answer::No),
        deletion_protected: x.guarded(e),
        transport: x.transport(e),
        no_key: row.no_key,
        not_asked,
    }
}

/// Who runs it: behind a custom endpoint whoever the host belongs to.
fn operator(x: &Extractor<'_, '_>, e: EntryId) -> Operator {
    let entry = &x.entries[e];
    let elsewhere = (!entry.row.endpoint.is_empty())
        .then(|| x.custom_endpoint(e))
        .flatten();
    match elsewhere {
        Some((_, Some(host))) => host.operator,
        Some((_, None)) => Operator::default(),
        None => entry.provider.operator.clone(),
    }
}

fn parts_of(x: &Extractor<'_, '_>, e: EntryId, own: &[facts::KeyAnswer]) -> Vec<Part> {
    x.parts(e, own)
        .into_iter()
        .map(|(part, custody)| Part {
            by: None,
            part,
            encryption: encryption(&custody, None),
            custody,
        })
        .collect()
}

/// What is judged and keeps nothing itself: routes, doors, endpoints.
fn others(x: &Extractor<'_, '_>, routes: &Routes, target: &Arc<str>, set: &Arc<str>) -> Vec<Other> {
    let mut out = Vec::new();
    for e in 0..x.entries.len() {
        let row = x.entries[e].row.clone();
        let Some(role) = row.other_role() else {
            continue;
        };
        let instance = x.instance(e);
        // What is joined to a store is judged there.
        let open = if role == "door" && !x.decides_for_some(e) {
            let mut open = x.exposure(e);
            // It may be about a store that something else shuts.
            if x.may_decide_for_some(e) {
                for (_, answer) in &mut open.answers {
                    if *answer == Answer::Yes {
                        *answer = Answer::Unknown;
                        let about = Message::new("why.carrier").arg(&*instance.address);
                        open.why.get_or_insert(about);
                    }
                }
            }
            open
        } else {
            YesNo::default()
        };
        let location = (*x.location(e)).clone();
        out.push(Other {
            target: target.clone(),
            variable_set: set.clone(),
            address: instance.address.clone(),
            ty: instance.ty.clone(),
            provider: x.ev.provider(instance.id).source,
            role,
            service_kind: row.service.clone(),
            data_class: "protected".into(),
            place: instance.place,
            assumptions: assumptions(&location, instance),
            location,
            operator: None,
            credentials: false,
            copies: x.copies_of_nobody(e, routes),
            open,
            opens_keys: x.opens_keys(&row),
            sign_in: x.sign_in(e),
            transport: x.transport(e),
            worlds: instance.worlds.clone(),
        });
    }
    out
}

/// What makes things that this configuration does not show.
fn opaque(x: &Extractor<'_, '_>, i: &Instance, target: &Arc<str>, set: &Arc<str>) -> Other {
    Other {
        target: target.clone(),
        variable_set: set.clone(),
        address: i.address.clone(),
        ty: i.ty.clone(),
        provider: x.ev.provider(i.id).source,
        role: "opaque",
        service_kind: "user-data".into(),
        data_class: "protected".into(),
        place: i.place,
        location: place::unknown(Message::new("why.opaque"), Basis::block(i.place)),
        operator: None,
        credentials: false,
        copies: Vec::new(),
        open: YesNo::default(),
        opens_keys: false,
        sign_in: None,
        transport: Transport::default(),
        worlds: i.worlds.clone(),
        assumptions: assumptions(&Location::default(), i),
    }
}

fn assumptions(location: &Location, instance: &Instance) -> Vec<String> {
    let mut out = location.assumptions.clone();
    for world in &instance.worlds {
        out.extend(world.texts().iter().map(ToString::to_string));
    }
    out.sort();
    out.dedup();
    out
}

fn encryption(custody: &Keeping, cipher: Option<&Arc<str>>) -> Encryption {
    let at_rest = custody.encrypted();
    Encryption {
        at_rest,
        cipher: cipher.filter(|_| at_rest == Answer::Yes).cloned(),
    }
}

fn keys(
    x: &Extractor<'_, '_>,
    stores: &[Store],
    target: &Arc<str>,
    set: &Arc<str>,
) -> Vec<KeyFacts> {
    let mut users: FxHashMap<Arc<str>, Vec<(&Store, Served)>> = FxHashMap::default();
    for s in stores {
        let cipher = &s.encryption.cipher;
        let parts = s.parts.iter().map(|p| ("part", &p.custody));
        let copies = s.copies.iter().map(|c| ("copy", &c.custody));
        let own = std::iter::once(("store", &s.custody));
        for (what, keeping) in own.chain(parts).chain(copies) {
            for key in keeping.answers.iter().filter_map(|a| a.key.as_ref()) {
                let cipher = cipher.clone();
                let all = users.entry(key.clone()).or_default();
                all.push((s, Served { what, cipher }));
            }
        }
    }
    let many = x.entries.iter().filter(|e| e.row.is_key()).count();
    let mut out = Vec::with_capacity(many);
    let mut inside: FxHashMap<Arc<str>, Vec<usize>> = FxHashMap::default();
    for e in 0..x.entries.len() {
        let row = x.entries[e].row.clone();
        if !row.is_key() {
            continue;
        }
        let instance = x.instance(e);
        let location = x.location(e);
        let holder = x.holder(e).map(|k| x.instance(k).address.clone());
        if let Some(holder) = &holder
            && row.role == Some(Role::Key)
        {
            inside.entry(holder.clone()).or_default().push(out.len());
        }
        let answers = if row.role == Some(Role::Container) {
            Vec::new()
        } else {
            (*x.custody(e)).clone()
        };
        let users = users.remove(&instance.address).unwrap_or_default();
        let mut used_by: Vec<Arc<str>> = users.iter().map(|(s, _)| s.address.clone()).collect();
        used_by.sort();
        used_by.dedup();
        let backup = saved(users.iter().map(|(s, _)| *s));
        let mut serves: Vec<Served> = Vec::new();
        for (_, served) in users {
            if !serves.contains(&served) {
                serves.push(served);
            }
        }
        let imported = row
            .imported
            .as_ref()
            .is_some_and(|c| x.holds(c, e, None).iter().all(|(_, v)| *v == Some(true)));
        let cipher = x.cipher(e);
        out.push(KeyFacts {
            target: target.clone(),
            variable_set: set.clone(),
            address: instance.address.clone(),
            ty: instance.ty.clone(),
            provider: x.ev.provider(instance.id).source,
            place: instance.place,
            rotation: x.yes_no(e, "rotation", |row| row.rotation.as_ref(), Answer::No),
            open: x.exposure(e),
            foreign: x.foreign(e, &answers),
            protected: x.guarded(e),
            window: x.window(e),
            listed: x.listed(&cipher),
            until: until(&cipher),
            cipher,
            used_by,
            serves,
            backup,
            operator: operator(x, e),
            worlds: instance.worlds.clone(),
            assumptions: assumptions(&location, instance),
            location,
            custody: Keeping { answers, imported },
            // An alias stands for the key it points to.
            defers: row.role == Some(Role::Alias) && holder.is_some(),
            inside: holder,
        });
    }
    // A ring or vault with keys in it is judged by them, and serves whom they serve.
    for i in 0..out.len() {
        if let Some(within) = inside.get(&out[i].address) {
            let mut used: Vec<Arc<str>> = within
                .iter()
                .flat_map(|&k| out[k].used_by.clone())
                .collect();
            used.sort();
            used.dedup();
            out[i].defers = true;
            out[i].used_by = used;
        }
    }
    out
}

/// Whether what all of these keep can be got back; nobody asks where there are none.
fn saved<'s>(stores: impl Iterator<Item = &'s Store>) -> YesNo {
    let mut answer = Answer::NotApplicable;
    for s in stores {
        answer = match (answer, s.backup.answer()) {
            (Answer::No, _) | (_, Answer::No) => Answer::No,
            (Answer::Unknown, _) | (_, Answer::Unknown) => Answer::Unknown,
            (have, Answer::NotApplicable) => have,
            (_, Answer::Yes) => Answer::Yes,
        };
    }
    YesNo::of(answer)
}

fn backend(x: &Extractor<'_, '_>, target: &Arc<str>, set: &Arc<str>) -> Option<Other> {
    let module = x.ev.project.module(x.ev.root.module);
    let ty = module.backend.as_ref()?.ty.clone();
    let view = x.ev.backend()?;
    let row = x.catalog.row(&format!("backend.{ty}"));
    if row.as_ref().is_some_and(|r| r.not_judged) {
        return None;
    }
    let location = match &row {
        None => place::unknown(
            Message::new("why.backend-of-this-type"),
            Basis::block(view.place),
        ),
        Some(row) => {
            let provider = x.catalog.provider("backend.")?;
            let given = |name: &str| x.ev.backend_given(name);
            let site = Site {
                entry: None,
                view: &view,
                provider: &provider,
                given: &given,
                defaults: &row.fixed_defaults(),
            };
            let foreign = row.endpoint.iter().find_map(|path| {
                let read = match given(path) {
                    Some(v) => vec![(World::ANY, Some((v, Basis::block(view.place))))],
                    None => x.read(&view, path),
                };
                place::foreign_host(&read, &provider.hosts)
            });
            if let Some((basis, host)) = foreign {
                place::at_host(host.as_ref(), basis)
            } else {
                let mut out = Location::default();
                x.chain(&site, &row.place, &World::ANY, &mut out);
                out
            }
        }
    };
    let address = if &*ty == "cloud" {
        "terraform.cloud".to_owned()
    } else {
        format!("terraform.backend.{ty}")
    };
    Some(Other {
        target: target.clone(),
        variable_set: set.clone(),
        address: address.into(),
        ty,
        provider: "".into(),
        role: "backend",
        service_kind: "operations".into(),
        data_class: "protected".into(),
        place: view.place,
        location,
        operator: None,
        credentials: false,
        copies: Vec::new(),
        open: YesNo::default(),
        opens_keys: false,
        sign_in: None,
        transport: Transport::default(),
        worlds: Vec::new(),
        assumptions: Vec::new(),
    })
}

fn unclassified(catalog: &Catalog, rest: &[&Instance], target: &Arc<str>) -> Vec<Unclassified> {
    let mut by_type: BTreeMap<Arc<str>, Vec<Arc<str>>> = BTreeMap::new();
    for i in rest {
        by_type
            .entry(i.ty.clone())
            .or_default()
            .push(i.address.clone());
    }
    by_type
        .into_iter()
        .filter_map(|(ty, addresses)| {
            let kind = match catalog.unlisted(&ty) {
                Unlisted::NoRow => "no-row",
                Unlisted::Unjudged(_) => "not-judged",
                Unlisted::UnknownType => "unknown-type",
                // What is opaque stands among the others.
                Unlisted::NoData | Unlisted::Opaque => return None,
            };
            Some(Unclassified {
                ty,
                kind,
                target: target.clone(),
                addresses,
            })
        })
        .collect()
}

/// The place that the provider configurations handed to a missing module have, where they agree.
fn handed_in(x: &Extractor<'_, '_>, call: &crate::evaluate::evaluated::MissingCall) -> Location {
    let mut out = Location::default();
    for (_, provider) in &call.providers {
        let Some(known) = x.catalog.provider_by_source(&provider.source) else {
            continue;
        };
        if known.place.is_empty() {
            continue;
        }
        let place = x.place_of_configuration(provider, &known, Basis::block(call.place));
        if out.alternatives.is_empty() && !out.open {
            out = place;
        } else {
            // Several configurations: its data may be at any of them.
            out.alternatives.extend(place.alternatives);
            out.open |= place.open;
        }
    }
    out
}
