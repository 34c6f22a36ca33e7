//! The words of requirements as values: `store`, `key`, `backend`, `policy`. Which words there are: `vocabulary.rs`.

use super::Policy;
use crate::catalog::custody::Operator;
use crate::catalog::operators;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Val, Why, World, mix};
use crate::extract::facts::{
    Answer, Copy, Keeping, KeyFacts, Location, Other, Part, Secret, Served, SignIn, Store,
    Transport, Valued, YesNo,
};
use std::sync::Arc;

fn text(s: &str) -> Val {
    Val::text(s)
}

fn not_known(id: u64, ty: Type) -> Val {
    Val::unknown(ty, id, Why::Computed, "")
}

/// A place: one object of regions an alternative. `whose` keeps two places apart that nobody knows.
pub fn location(l: &Location, whose: u64) -> Val {
    let namespace = l.namespace.as_deref().unwrap_or("");
    let mut alternatives: Vec<(World, Val)> = l
        .alternatives
        .iter()
        .map(|p| {
            let codes = p.regions.iter().map(|r| r.code.clone());
            let countries = p.regions.iter().map(|r| r.country.clone());
            let v = Val::object(vec![
                ("regions".into(), Val::strings(codes)),
                ("countries".into(), Val::strings(countries)),
                ("namespace".into(), text(namespace)),
            ]);
            (p.when.clone(), v)
        })
        .collect();
    if l.open || alternatives.is_empty() {
        alternatives.push((World::ANY, not_known(mix(0x10ca, whose), Type::Dynamic)));
    }
    Val::one_of(alternatives)
}

/// The steps of the ladder that are possible.
pub fn custody(k: &Keeping, whose: u64) -> Val {
    let not_known = |i: usize| not_known(mix(0xc057, mix(whose, i as u64)), Type::String);
    let alternatives: Vec<(World, Val)> = k
        .answers
        .iter()
        .enumerate()
        .map(|(i, a)| {
            let v = match a.level {
                Some(level) => text(level.word()),
                None => not_known(i),
            };
            (a.when.clone(), v)
        })
        .collect();
    if alternatives.is_empty() {
        return not_known(0);
    }
    Val::one_of(alternatives)
}

/// Whether, and with what.
pub fn encryption(k: &Keeping, cipher: Option<&Arc<str>>, whose: u64) -> Val {
    let not_known = |i: usize| not_known(mix(0xe4c5, mix(whose, i as u64)), Type::String);
    let alternatives: Vec<(World, Val)> = k
        .answers
        .iter()
        .enumerate()
        .map(|(i, a)| {
            let v = match a.encrypted {
                Answer::Unknown => not_known(i),
                known => text(known.word()),
            };
            (a.when.clone(), v)
        })
        .collect();
    let at_rest = if alternatives.is_empty() {
        not_known(0)
    } else {
        Val::one_of(alternatives)
    };
    Val::object(vec![
        ("at_rest".into(), at_rest),
        ("cipher".into(), cipher.map_or_else(Val::null, |c| text(c))),
    ])
}

fn answer(a: Answer, id: u64) -> Val {
    match a {
        Answer::Unknown => not_known(id, Type::String),
        known => text(known.word()),
    }
}

/// Tags, where they were read: an object of those that are known, in which what is not known is unknown.
fn tags(s: &Store) -> Val {
    let not_text = || not_known(0x7a65, Type::String);
    let Some(labels) = &s.labels else {
        return not_known(0x7a66, Type::Dynamic);
    };
    if labels.tags.open {
        return not_known(0x7a66, Type::Dynamic);
    }
    let entries = labels.tags.entries.iter().map(|(key, tag)| {
        let value = match (&tag.values[..], tag.unknown || tag.absent) {
            ([one], false) => text(one),
            ([], false) => Val::null(),
            _ => not_text(),
        };
        (key.clone(), value)
    });
    Val::object(entries.collect())
}

/// `yes`, `no`, `not-applicable`, by world.
pub fn yes_no(fact: &YesNo, id: u64) -> Val {
    let alternatives = fact.answers.iter();
    Val::one_of(
        alternatives
            .map(|(w, a)| (w.clone(), answer(*a, id)))
            .collect(),
    )
}

/// `public`, `private`, `not-applicable`, by world.
pub fn exposure(fact: &YesNo) -> Val {
    let alternatives = fact.answers.iter();
    Val::one_of(
        alternatives
            .map(|(w, a)| {
                let v = match a {
                    Answer::Yes => text("public"),
                    Answer::No => text("private"),
                    other => answer(*other, 0xe405),
                };
                (w.clone(), v)
            })
            .collect(),
    )
}

/// How it is talked to: `plaintext` and `weak`.
pub fn transport(t: &Transport) -> Val {
    Val::object(vec![
        ("plaintext".into(), yes_no(&t.plaintext, 0x91a1)),
        ("weak".into(), yes_no(&t.weak, 0x3ea4)),
    ])
}

/// How people sign in; null where nobody does.
fn sign_in(s: Option<&SignIn>) -> Val {
    let Some(s) = s else { return Val::null() };
    Val::object(vec![
        ("password_length".into(), Val::one_of(s.length.clone())),
        ("mfa".into(), yes_no(&s.mfa, 0x3fa0)),
        ("reuse_refused".into(), yes_no(&s.reuse, 0x3fa1)),
    ])
}

/// `secret`.
pub fn secret(s: &Secret) -> Val {
    Val::object(vec![
        ("address".into(), text(&s.address)),
        ("type".into(), text(&s.ty)),
        ("path".into(), text(&s.path)),
        ("in_code".into(), yes_no(&s.in_code, 0x5ec0)),
    ])
}

/// `operator`. Of a host that nobody knows nothing is known; of the ISMAP list, what somebody looked up.
fn operator(o: &Operator) -> Val {
    let known = operators::find(&o.name);
    let or_unknown = |word: Option<&str>, id: u64| match word {
        Some(word) if !word.is_empty() => text(word),
        _ => not_known(id, Type::String),
    };
    let listed = known
        .and_then(|k| k.ismap.as_ref())
        .map(|i| i.listed.word());
    Val::object(vec![
        ("name".into(), text(&o.name)),
        ("country".into(), or_unknown(Some(&o.country), 0x0fe4)),
        (
            "reach".into(),
            or_unknown(known.map(|k| k.reach.word()), 0x0fe5),
        ),
        ("ismap".into(), or_unknown(listed, 0x0fe6)),
    ])
}

/// Which thing an unknown value is of.
const STORE: u64 = 1;
const PART: u64 = 2;
const COPY: u64 = 3;
const KEY: u64 = 4;
const OTHER: u64 = 5;

/// `store`.
pub fn store(s: &Store) -> Val {
    Val::object(vec![
        ("address".into(), text(&s.address)),
        ("type".into(), text(&s.ty)),
        ("category".into(), text(&s.category)),
        ("service_kind".into(), text(&s.service_kind)),
        ("data_class".into(), text(&s.data_class)),
        ("marks".into(), Val::strings(s.marks.iter().cloned())),
        ("tags".into(), tags(s)),
        ("provider".into(), text(&s.provider)),
        ("target".into(), text(&s.target)),
        ("operator".into(), operator(&s.operator)),
        ("location".into(), location(&s.location, STORE)),
        (
            "encryption".into(),
            encryption(&s.custody, s.encryption.cipher.as_ref(), STORE),
        ),
        ("custody".into(), custody(&s.custody, STORE)),
        ("exposure".into(), exposure(&s.exposure)),
        ("access".into(), exposure(&s.access)),
        ("network".into(), yes_no(&s.network, 0x4e70)),
        ("sign_in".into(), sign_in(s.sign_in.as_deref())),
        ("backup".into(), yes_no(&s.backup, 0xbac0)),
        (
            "deletion_protected".into(),
            yes_no(&s.deletion_protected, 0xde1e),
        ),
        ("transport".into(), transport(&s.transport)),
    ])
}

/// `part`.
pub fn part(p: &Part) -> Val {
    let cipher = p.encryption.cipher.as_ref();
    Val::object(vec![
        ("part".into(), text(&p.part)),
        ("encryption".into(), encryption(&p.custody, cipher, PART)),
        ("custody".into(), custody(&p.custody, PART)),
    ])
}

/// `copy`, encrypted, where it is, with this cipher.
pub fn copy(c: &Copy, cipher: Option<&Arc<str>>) -> Val {
    let keys: Vec<(World, Val)> = c
        .custody
        .answers
        .iter()
        .map(|a| match &a.key_location {
            Some(l) => (a.when.clone(), location(l, KEY)),
            None if a.key_as_store => (a.when.clone(), location(&c.location, COPY)),
            None => (a.when.clone(), not_known(mix(0x10ca, KEY), Type::Dynamic)),
        })
        .collect();
    let key_location = if keys.is_empty() {
        not_known(mix(0x10ca, KEY), Type::Dynamic)
    } else {
        Val::one_of(keys)
    };
    Val::object(vec![
        ("kind".into(), text(&c.kind)),
        ("service_kind".into(), text(&c.service_kind)),
        (
            "to".into(),
            c.to.as_ref().map_or_else(Val::null, |to| text(to)),
        ),
        ("location".into(), location(&c.location, COPY)),
        ("encryption".into(), encryption(&c.custody, cipher, COPY)),
        ("custody".into(), custody(&c.custody, COPY)),
        ("key_location".into(), key_location),
    ])
}

/// `key`.
pub fn key(k: &KeyFacts) -> Val {
    Val::object(vec![
        ("address".into(), text(&k.address)),
        ("type".into(), text(&k.ty)),
        ("location".into(), location(&k.location, KEY)),
        ("custody".into(), custody(&k.custody, KEY)),
        ("imported".into(), Val::bool(k.custody.imported)),
        ("rotation".into(), yes_no(&k.rotation, 0x4074)),
        ("open".into(), yes_no(&k.open, 0x09e4)),
        ("foreign".into(), yes_no(&k.foreign, 0xf04e)),
        (
            "deletion_window".into(),
            valued(&k.window, 0x317d, &Type::Number, &|days| Val::num(*days)),
        ),
        ("protected".into(), yes_no(&k.protected, 0xde1e)),
        (
            "cipher".into(),
            valued(&k.cipher, 0xc1f4, &Type::String, &|name| text(name)),
        ),
        (
            "serves".into(),
            Val::tuple(k.serves.iter().map(served).collect()),
        ),
        ("backup".into(), yes_no(&k.backup, 0xbac0)),
    ])
}

/// As what a key serves something: `store`, `part`, `copy`.
fn served(s: &Served) -> Val {
    let cipher = s.cipher.as_ref().map_or_else(Val::null, |c| text(c));
    Val::object(vec![("as".into(), text(s.what)), ("cipher".into(), cipher)])
}

/// A number or a name, by world; null where nobody asks.
fn valued<T>(fact: &Valued<T>, id: u64, ty: &Type, of: &dyn Fn(&T) -> Val) -> Val {
    if fact.answers.is_empty() {
        return Val::null();
    }
    let alternatives = fact.answers.iter().enumerate().map(|(i, (w, v))| {
        let v = match v {
            Some(v) => of(v),
            None => not_known(mix(id, i as u64), ty.clone()),
        };
        (w.clone(), v)
    });
    Val::one_of(alternatives.collect())
}

/// `key` of one that only a text names: what the answers about it say. What else is asked of a key is not known.
pub fn text_key(k: &Keeping) -> Val {
    let first = k.answers.first();
    let place = first.and_then(|a| a.key_location.as_deref());
    let foreign = first.and_then(|a| a.foreign.as_ref());
    Val::object(vec![
        (
            "location".into(),
            place.map_or_else(
                || not_known(mix(0x10ca, KEY), Type::Dynamic),
                |l| location(l, KEY),
            ),
        ),
        ("custody".into(), custody(k, KEY)),
        (
            "foreign".into(),
            answer(foreign.map_or(Answer::NotApplicable, |f| f.answer), 0xf04e),
        ),
    ])
}

/// `backend`.
pub fn backend(o: &Other) -> Val {
    Val::object(vec![
        ("type".into(), text(&o.ty)),
        ("location".into(), location(&o.location, OTHER)),
    ])
}

/// `other`.
pub fn other(o: &Other) -> Val {
    Val::object(vec![
        ("type".into(), text(&o.ty)),
        ("role".into(), text(o.role)),
        ("open".into(), yes_no(&o.open, 0x09e4)),
        (
            "opens".into(),
            text(if o.opens_keys { "key" } else { "store" }),
        ),
        ("transport".into(), transport(&o.transport)),
        ("sign_in".into(), sign_in(o.sign_in.as_deref())),
    ])
}

/// `service`.
pub fn service(o: &Other) -> Val {
    let nobody = Operator::default();
    Val::object(vec![
        ("type".into(), text(&o.ty)),
        ("address".into(), text(&o.address)),
        ("service_kind".into(), text(&o.service_kind)),
        (
            "operator".into(),
            operator(o.operator.as_ref().unwrap_or(&nobody)),
        ),
        ("location".into(), location(&o.location, OTHER)),
        ("credentials".into(), Val::bool(o.credentials)),
    ])
}

/// `policy`.
pub fn policy(p: &Policy) -> Val {
    Val::object(vec![
        ("home".into(), Val::strings(p.home.iter().cloned())),
        (
            "accepted_regions".into(),
            Val::strings(p.accepted_regions.iter().cloned()),
        ),
        (
            "countries_of_concern".into(),
            Val::strings(p.countries_of_concern.iter().cloned()),
        ),
        ("minimum_deletion_window".into(), Val::num(14_i64)),
        (
            "minimum_password_length".into(),
            Val::num(p.minimum_password_length),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_knows_is_not_the_same() {
        let nowhere = Location::default();
        let both = [location(&nowhere, STORE), location(&nowhere, COPY)];
        assert!(!both[0].same(&both[1]));
    }
}
