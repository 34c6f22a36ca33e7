//! The words of requirements as values: `store`, `key`, `backend`, `policy`, and their functions.

use super::Policy;
use crate::catalog::custody::Custody;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Val, Why, World, lift, unknown_from};
use crate::extract::facts::{Answer, Keeping, KeyFacts, Location, Other, Store, Transport, YesNo};
use crate::extract::readers;
use std::sync::Arc;

fn text(s: &str) -> Val {
    Val::text(s)
}

fn not_known(id: u64, ty: Type) -> Val {
    Val::unknown(ty, id, Why::Computed, "")
}

/// A place: one object of regions an alternative.
pub fn location(l: &Location) -> Val {
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
        alternatives.push((World::ANY, not_known(0x10ca, Type::Dynamic)));
    }
    Val::one_of(alternatives)
}

/// The steps of the ladder that are possible.
pub fn custody(k: &Keeping) -> Val {
    let alternatives: Vec<(World, Val)> = k
        .answers
        .iter()
        .map(|a| {
            let v = match a.level {
                Some(level) => text(level.word()),
                None => not_known(0xc057, Type::String),
            };
            (a.when.clone(), v)
        })
        .collect();
    if alternatives.is_empty() {
        return not_known(0xc057, Type::String);
    }
    Val::one_of(alternatives)
}

/// Whether, and with what.
pub fn encryption(k: &Keeping, cipher: Option<&Arc<str>>) -> Val {
    let alternatives: Vec<(World, Val)> = k
        .answers
        .iter()
        .map(|a| {
            let v = match a.encrypted {
                Answer::Unknown => not_known(0xe4c5, Type::String),
                known => text(known.word()),
            };
            (a.when.clone(), v)
        })
        .collect();
    let at_rest = if alternatives.is_empty() {
        not_known(0xe4c5, Type::String)
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

/// Of a host that nobody knows, the operator is not known.
fn country(code: &str) -> Val {
    if code.is_empty() {
        not_known(0x09e4, Type::String)
    } else {
        text(code)
    }
}

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
        (
            "operator".into(),
            Val::object(vec![
                ("name".into(), text(&s.operator.name)),
                ("country".into(), country(&s.operator.country)),
            ]),
        ),
        ("location".into(), location(&s.location)),
        (
            "encryption".into(),
            encryption(&s.custody, s.encryption.cipher.as_ref()),
        ),
        ("custody".into(), custody(&s.custody)),
        ("exposure".into(), exposure(&s.exposure)),
        ("backup".into(), yes_no(&s.backup, 0xbac0)),
        (
            "deletion_protected".into(),
            yes_no(&s.deletion_protected, 0xde1e),
        ),
        ("transport".into(), transport(&s.transport)),
    ])
}

/// `key`.
pub fn key(k: &KeyFacts) -> Val {
    Val::object(vec![
        ("address".into(), text(&k.address)),
        ("type".into(), text(&k.ty)),
        ("location".into(), location(&k.location)),
        ("custody".into(), custody(&k.custody)),
        ("imported".into(), Val::bool(k.custody.imported)),
        ("rotation".into(), yes_no(&k.rotation, 0x4074)),
    ])
}

/// `key` of one that only a text names.
pub fn text_key(l: &Location) -> Val {
    Val::object(vec![("location".into(), location(l))])
}

/// `backend`.
pub fn backend(o: &Other) -> Val {
    Val::object(vec![
        ("type".into(), text(&o.ty)),
        ("location".into(), location(&o.location)),
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
    ])
}

/// The functions beside Terraform's own.
pub fn function(p: &Policy, name: &str, args: &[Val]) -> Option<Result<Val, String>> {
    let two = |f: &dyn Fn(&Val, &Val) -> Option<bool>| -> Result<Val, String> {
        let [a, b] = args else {
            return Err(format!("{name}: two arguments are needed"));
        };
        Ok(lift(&[a.clone(), b.clone()], |args| {
            match f(&args[0], &args[1]) {
                Some(b) => Val::bool(b),
                None => unknown_from(Type::Bool, name, &[&args[0], &args[1]]),
            }
        }))
    };
    Some(match name {
        "within" => two(&|place, countries| within(p, place, countries)),
        "at_least" => two(&at_least),
        _ => return readers::call(name, args),
    })
}

/// Whether every region of a place lies in these countries, or is accepted.
fn within(p: &Policy, place: &Val, countries: &Val) -> Option<bool> {
    let fields = place.as_fields()?;
    let list = |v: &Val| -> Option<Vec<Arc<str>>> {
        let items = v.as_seq()?.iter();
        items.map(|i| i.as_str().map(Arc::from)).collect()
    };
    let regions = list(fields.get("regions")?)?;
    let lies_in = list(fields.get("countries")?)?;
    let namespace = fields.get("namespace")?.as_str()?;
    let wanted = list(countries)?;
    let good = |(region, country): (&Arc<str>, &Arc<str>)| {
        wanted.contains(country)
            || p.accepted_regions
                .iter()
                .any(|a| a.split_once(':') == Some((namespace, region)))
    };
    Some(!regions.is_empty() && regions.iter().zip(&lies_in).all(good))
}

/// Whether a step is as high as another.
fn at_least(have: &Val, want: &Val) -> Option<bool> {
    let have = Custody::parse(have.as_str()?)?;
    let want = Custody::parse(want.as_str()?)?;
    Some(have >= want)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::facts::{Placement, Region};

    fn place(countries: &[&str]) -> Placement {
        Placement {
            regions: countries
                .iter()
                .map(|c| Region {
                    code: format!("{c}-1").into(),
                    country: (*c).into(),
                })
                .collect(),
            when: World::ANY,
            written: None,
            basis: None,
        }
    }

    fn ask(p: &Policy, l: &Location) -> Val {
        let home = Val::strings(p.home.iter().cloned());
        function(p, "within", &[location(l), home])
            .expect("it is a function")
            .expect("two arguments")
    }

    #[test]
    fn every_region_counts() {
        let p = Policy::builtin(&["baseline"]).expect("it exists");
        let at = |l: &[Placement], open: bool| Location {
            alternatives: l.to_vec(),
            open,
            ..Location::default()
        };
        assert_eq!(ask(&p, &at(&[place(&["JP"])], false)).as_bool(), Some(true));
        assert_eq!(
            ask(&p, &at(&[place(&["JP", "KR"])], false)).as_bool(),
            Some(false)
        );
        assert_eq!(ask(&p, &at(&[place(&[""])], false)).as_bool(), Some(false));
        let abroad = [place(&["US"]), place(&["KR"])];
        assert_eq!(ask(&p, &at(&abroad, false)).as_bool(), Some(false));
        let either = [place(&["US"]), place(&["JP"])];
        assert_eq!(ask(&p, &at(&either, false)).as_bool(), None);
        assert_eq!(ask(&p, &at(&[], true)).as_bool(), None);
        assert_eq!(ask(&p, &at(&[place(&["JP"])], true)).as_bool(), None);
    }

    #[test]
    fn the_ladder() {
        let ask = |a: &str, b: &str| at_least(&text(a), &text(b));
        assert_eq!(ask("provider-managed", "customer-managed"), Some(false));
        assert_eq!(ask("external", "customer-hsm"), Some(true));
        assert_eq!(ask("no such step", "none"), None);
    }
}
