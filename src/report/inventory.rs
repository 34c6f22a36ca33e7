//! The register's entries as JSON has them; the text table is made from the same.

use super::Outcome;
use crate::catalog::operators;
use crate::extract::facts::{
    ClassBecause, Custody, Keeping, KeyFacts, Location, MissingModule, Operator, Other, Store,
    Unclassified,
};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Serialize)]
pub struct StoreJson<'a> {
    target: &'a str,
    variable_set: &'a str,
    address: &'a str,
    #[serde(rename = "type")]
    ty: &'a str,
    provider: &'a str,
    category: &'a str,
    service_kind: &'a str,
    data_class: &'a str,
    marks: Vec<&'a str>,
    data_class_because: BecauseJson<'a>,
    file: &'a str,
    line: u32,
    instances: &'static str,
    location: Place<'a>,
    operator: OperatorJson<'a>,
    encryption: Encryption<'a>,
    custody: FullCustody<'a>,
    parts: Vec<PartJson<'a>>,
    copies: Vec<CopyJson<'a>>,
    exposure: &'a str,
    backup: &'static str,
    assumptions: Vec<&'a str>,
}

/// A place, flat: what a consumer asks first is whether it is known and which countries are in it.
#[derive(Serialize)]
pub struct Place<'a> {
    pub state: &'static str,
    pub regions: Vec<&'a str>,
    pub countries: Vec<&'a str>,
}

/// Why a store has its class: nobody said one (`default`), an `entry` of the settings or of sekisho did, or
/// some entry may hold and the strictest class that is possible counts.
#[derive(Serialize)]
struct BecauseJson<'a> {
    says: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stands: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<&'static str>,
}

/// Who runs it, and what sekisho's table says of the company; empty where nobody knows who it is.
#[derive(Serialize)]
struct OperatorJson<'a> {
    name: &'a str,
    country: &'a str,
    reach: &'static str,
    ismap: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ismap_as_of: Option<&'static str>,
}

#[derive(Serialize)]
struct Encryption<'a> {
    at_rest: &'static str,
    cipher: Option<&'a str>,
}

#[derive(Serialize)]
struct FullCustody<'a> {
    level: &'static str,
    levels: Vec<&'static str>,
    imported: bool,
    key: Option<&'a str>,
    key_regions: Vec<&'a str>,
    key_countries: Vec<&'a str>,
}

#[derive(Serialize)]
struct AtRest {
    at_rest: &'static str,
}

#[derive(Serialize)]
struct LevelOnly {
    level: &'static str,
}

#[derive(Serialize)]
struct PartJson<'a> {
    part: &'a str,
    encryption: AtRest,
    custody: LevelOnly,
}

#[derive(Serialize)]
struct CopyJson<'a> {
    kind: &'a str,
    to: Option<&'a str>,
    location: Place<'a>,
    custody: LevelOnly,
}

#[derive(Serialize)]
pub struct KeyJson<'a> {
    target: &'a str,
    variable_set: &'a str,
    address: &'a str,
    #[serde(rename = "type")]
    ty: &'a str,
    location: Place<'a>,
    custody: LevelOnly,
    rotation: &'static str,
    cipher: Option<CipherJson>,
    used_by: Vec<&'a str>,
}

/// What a key encrypts or signs with.
#[derive(Serialize)]
struct CipherJson {
    /// Nothing, where it is not known which of several it is.
    name: Option<String>,
    /// On the list of recommended ciphers, today.
    listed: &'static str,
    /// The last day on which it is.
    until: Option<String>,
}

#[derive(Serialize)]
pub struct OtherJson<'a> {
    target: &'a str,
    variable_set: &'a str,
    address: &'a str,
    #[serde(rename = "type")]
    ty: &'a str,
    role: &'a str,
    /// Of a provider configuration that is a service.
    #[serde(flatten)]
    service: Option<ServiceJson<'a>>,
}

#[derive(Serialize)]
struct ServiceJson<'a> {
    service_kind: &'a str,
    operator: OperatorJson<'a>,
    location: Place<'a>,
    credentials: bool,
}

#[derive(Serialize)]
pub struct UnclassifiedJson<'a> {
    #[serde(rename = "type")]
    ty: &'a str,
    kind: &'a str,
    addresses: Vec<&'a str>,
}

#[derive(Serialize)]
pub struct MissingJson<'a> {
    source: &'a str,
    version: Option<&'a str>,
    calls: Vec<CallJson<'a>>,
}

#[derive(Serialize)]
struct CallJson<'a> {
    target: &'a str,
    address: &'a str,
    location: Place<'a>,
}

/// A store.
pub fn store<'a>(outcome: &'a Outcome, s: &'a Store) -> StoreJson<'a> {
    let mut assumptions: Vec<&str> = Vec::new();
    for a in s.assumptions.iter().chain(&s.location.assumptions) {
        if !assumptions.contains(&a.as_str()) {
            assumptions.push(a);
        }
    }
    StoreJson {
        target: &s.target,
        variable_set: &s.variable_set,
        address: &s.address,
        ty: &s.ty,
        provider: &s.provider,
        category: &s.category,
        service_kind: &s.service_kind,
        data_class: &s.data_class,
        marks: s.marks.iter().map(|m| &**m).collect(),
        data_class_because: because(&s.class_because),
        file: outcome.file(s.place),
        line: outcome.lines(s.place).line,
        instances: if s.instances_known {
            "known"
        } else {
            "unknown"
        },
        location: place(&s.location),
        operator: operator(&s.operator),
        encryption: Encryption {
            at_rest: s.encryption.at_rest.word(),
            cipher: s.encryption.cipher.as_deref(),
        },
        custody: full_custody(&s.custody),
        parts: s
            .parts
            .iter()
            .map(|p| PartJson {
                part: &p.part,
                encryption: AtRest {
                    at_rest: p.encryption.at_rest.word(),
                },
                custody: level(&p.custody),
            })
            .collect(),
        copies: s
            .copies
            .iter()
            .map(|c| CopyJson {
                kind: &c.kind,
                to: c.to.as_deref(),
                location: place(&c.location),
                custody: level(&c.custody),
            })
            .collect(),
        exposure: s.exposure.exposure(),
        backup: s.backup.answer().word(),
        assumptions,
    }
}

fn because(why: &ClassBecause) -> BecauseJson<'_> {
    let (says, stands, by): (_, &str, &[&'static str]) = match why {
        ClassBecause::Nobody => ("default", "", &[]),
        ClassBecause::Entry { stands, by } => ("entry", stands, by),
        ClassBecause::Perhaps { stands, by } => ("strictest-possible", stands, by),
    };
    let stands = match says {
        "entry" if stands.is_empty() => Some("sekisho"),
        _ => Some(stands).filter(|s| !s.is_empty()),
    };
    BecauseJson {
        says,
        stands,
        conditions: by.to_vec(),
    }
}

fn operator(o: &Operator) -> OperatorJson<'_> {
    let known = operators::find(&o.name);
    let entry = known.and_then(|k| k.ismap.as_ref());
    OperatorJson {
        name: &o.name,
        country: &o.country,
        reach: known.map_or("unknown", |k| k.reach.word()),
        ismap: entry.map_or("unknown", |i| i.listed.word()),
        ismap_as_of: entry.map(|i| i.as_of.as_str()),
    }
}

/// A key.
pub fn key(k: &KeyFacts) -> KeyJson<'_> {
    KeyJson {
        target: &k.target,
        variable_set: &k.variable_set,
        address: &k.address,
        ty: &k.ty,
        location: place(&k.location),
        custody: level(&k.custody),
        rotation: k.rotation.answer().word(),
        cipher: cipher(k),
        used_by: k.used_by.iter().map(|a| &**a).collect(),
    }
}

/// Nothing where nobody asks it of the type.
fn cipher(k: &KeyFacts) -> Option<CipherJson> {
    (!k.cipher.answers.is_empty()).then(|| CipherJson {
        name: k.cipher.value().map(ToString::to_string),
        listed: k.listed.word(),
        until: k.until.map(|day| day.to_string()),
    })
}

/// A backend, route, door, endpoint, opaque thing.
pub fn other(o: &Other) -> OtherJson<'_> {
    OtherJson {
        target: &o.target,
        variable_set: &o.variable_set,
        address: &o.address,
        ty: &o.ty,
        role: o.role,
        service: o.operator.as_ref().map(|by| ServiceJson {
            service_kind: &o.service_kind,
            operator: operator(by),
            location: place(&o.location),
            credentials: o.credentials,
        }),
    }
}

/// A type without a row.
pub fn unclassified(u: &Unclassified) -> UnclassifiedJson<'_> {
    UnclassifiedJson {
        ty: &u.ty,
        kind: u.kind,
        addresses: u.addresses.iter().map(|a| &**a).collect(),
    }
}

/// One entry a source and version; the calls come sorted by them.
pub fn modules_missing(all: &[MissingModule]) -> Vec<MissingJson<'_>> {
    let same =
        |a: &MissingModule, b: &MissingModule| (&a.source, &a.version) == (&b.source, &b.version);
    all.chunk_by(same)
        .map(|calls| MissingJson {
            source: &calls[0].source,
            version: calls[0].version.as_deref(),
            calls: calls
                .iter()
                .map(|c| CallJson {
                    target: &c.target,
                    address: &c.address,
                    location: place(&c.location),
                })
                .collect(),
        })
        .collect()
}

/// A place; nothing is listed while it is not known, so that no part of it is read as the whole.
pub fn place(location: &Location) -> Place<'_> {
    let state = location.state();
    let mut regions: BTreeSet<&str> = BTreeSet::new();
    let mut countries: BTreeSet<&str> = BTreeSet::new();
    if state != "unknown" {
        for region in location.alternatives.iter().flat_map(|a| &a.regions) {
            regions.insert(&region.code);
            if !region.country.is_empty() {
                countries.insert(&region.country);
            }
        }
    }
    Place {
        state,
        regions: regions.into_iter().collect(),
        countries: countries.into_iter().collect(),
    }
}

/// The step, or `unknown`.
pub fn level_word(keeping: &Keeping) -> &'static str {
    keeping.level().map_or("unknown", Custody::word)
}

fn level(keeping: &Keeping) -> LevelOnly {
    LevelOnly {
        level: level_word(keeping),
    }
}

/// The key's address, where every answer names the same one.
pub fn key_address(keeping: &Keeping) -> Option<&Arc<str>> {
    let first = keeping.answers.first()?.key.as_ref()?;
    keeping
        .answers
        .iter()
        .all(|a| a.key.as_ref() == Some(first))
        .then_some(first)
}

fn full_custody(keeping: &Keeping) -> FullCustody<'_> {
    let places: Vec<Place<'_>> = keeping
        .answers
        .iter()
        .filter_map(|a| a.key_location.as_deref())
        .map(place)
        .collect();
    let known = !places.is_empty() && places.iter().all(|p| p.state != "unknown");
    let mut regions: BTreeSet<&str> = BTreeSet::new();
    let mut countries: BTreeSet<&str> = BTreeSet::new();
    if known {
        for p in places {
            regions.extend(p.regions);
            countries.extend(p.countries);
        }
    }
    FullCustody {
        level: level_word(keeping),
        levels: keeping.levels().into_iter().map(Custody::word).collect(),
        imported: keeping.imported,
        key: key_address(keeping).map(|k| &**k),
        key_regions: regions.into_iter().collect(),
        key_countries: countries.into_iter().collect(),
    }
}
