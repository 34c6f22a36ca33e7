//! Protocol versions, policies and ciphers by name: which values of an attribute let something weaker than
//! TLS 1.2 in, what the values of a key's attributes are called, and what the list of recommended ciphers says of
//! such a name. The data is `catalog/ciphers.toml`.

use super::embedded;
use crate::date::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// `TYPE.ATTRIBUTE` to its values.
    transport: BTreeMap<String, Values>,
    /// `TYPE.ATTRIBUTE` of a key to its values.
    algorithm: BTreeMap<String, Algorithms>,
    list: List,
}

/// What the list of recommended ciphers says, by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    edition: String,
    recommended: Vec<String>,
    #[serde(default)]
    limited: Vec<Limited>,
    /// Kept for compatibility alone.
    monitored: Vec<String>,
    /// On no list.
    outside: Vec<String>,
}

/// On the list up to a day.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limited {
    names: Vec<String>,
    until: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Algorithms {
    /// Value to name.
    #[serde(default)]
    is: BTreeMap<String, String>,
    /// The same where the key lies in a country, in place of that.
    #[serde(default)]
    within: BTreeMap<String, BTreeMap<String, String>>,
    /// The values of another attribute.
    like: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Values {
    /// Lets something weaker than TLS 1.2 in.
    #[serde(default)]
    weak: Vec<String>,
    /// TLS 1.2 or later alone.
    #[serde(default)]
    good: Vec<String>,
    /// The values of another attribute.
    like: Option<String>,
}

fn file() -> &'static File {
    static FILE: OnceLock<File> = OnceLock::new();
    FILE.get_or_init(|| {
        toml::from_str(embedded::CIPHERS).unwrap_or_else(|e| panic!("catalog: ciphers.toml: {e}"))
    })
}

/// Whether a value of `TYPE.ATTRIBUTE` is a weak one; `None`: the list does not have it. Case does not
/// count; a `*` at the end of a listed value stands for the rest.
pub fn weak(attribute: &str, value: &str) -> Option<bool> {
    let listed = |list: &[String]| {
        list.iter().any(|x| match x.strip_suffix('*') {
            Some(start) => value
                .get(..start.len())
                .is_some_and(|v| v.eq_ignore_ascii_case(start)),
            None => x.eq_ignore_ascii_case(value),
        })
    };
    let mut values = file().transport.get(attribute)?;
    if let Some(other) = &values.like {
        values = file().transport.get(other)?;
    }
    if listed(&values.good) {
        Some(false)
    } else if listed(&values.weak) {
        Some(true)
    } else {
        None
    }
}

/// What a value of a key's `TYPE.ATTRIBUTE` is called, where the key lies in one of these countries; `None`: nobody
/// wrote it down. Case does not count.
pub fn named<'c>(
    attribute: &str,
    value: &str,
    mut countries: impl Iterator<Item = &'c str>,
) -> Option<&'static str> {
    let mut known = file().algorithm.get(attribute)?;
    if let Some(other) = &known.like {
        known = file().algorithm.get(other)?;
    }
    let find = |list: &'static BTreeMap<String, String>| {
        let found = list.iter().find(|(v, _)| v.eq_ignore_ascii_case(value));
        found.map(|(_, name)| name.as_str())
    };
    let there = countries.find_map(|c| known.within.get(c).and_then(find));
    there.or_else(|| find(&known.is))
}

/// What the list says of a cipher, with its key length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Recommended.
    Recommended,
    /// Recommended up to this day.
    Until(Date),
    /// On the list of those that are kept for compatibility alone.
    Monitored,
    /// On none.
    Outside,
}

/// What the list says of a cipher, with its key length; `None`: nobody looked.
pub fn standing(cipher: &str) -> Option<Standing> {
    let list = &file().list;
    let has = |names: &[String]| names.iter().any(|n| n.eq_ignore_ascii_case(cipher));
    if has(&list.recommended) {
        return Some(Standing::Recommended);
    }
    if let Some(limited) = list.limited.iter().find(|l| has(&l.names)) {
        return Date::parse(&limited.until).map(Standing::Until);
    }
    if has(&list.monitored) {
        Some(Standing::Monitored)
    } else {
        has(&list.outside).then_some(Standing::Outside)
    }
}

/// Whether a cipher, with its key length, is one of the recommended ciphers on a day; `None`: nobody looked.
pub fn listed(cipher: &str, today: Date) -> Option<bool> {
    Some(match standing(cipher)? {
        Standing::Recommended => true,
        Standing::Until(day) => today <= day,
        Standing::Monitored | Standing::Outside => false,
    })
}

/// The edition of the list of recommended ciphers.
pub fn edition() -> &'static str {
    &file().list.edition
}

/// The attributes that are listed, for tests.
pub fn attributes() -> impl Iterator<Item = &'static str> {
    file().transport.keys().map(String::as_str)
}

/// The attributes of keys that are listed, with their values, for tests.
pub fn of_keys() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let all = file().algorithm.iter();
    all.map(|(attribute, known)| {
        let other = known.like.as_ref().and_then(|o| file().algorithm.get(o));
        let known = other.unwrap_or(known);
        let within = known.within.values().flatten();
        let values = known.is.iter().chain(within).map(|(value, _)| value);
        (attribute.as_str(), values.map(String::as_str).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_values() {
        let of = "azurerm_storage_account.min_tls_version";
        assert_eq!(weak(of, "TLS1_0"), Some(true));
        assert_eq!(weak(of, "TLS1_2"), Some(false));
        assert_eq!(weak(of, "TLS9"), None);
        assert_eq!(weak("no_such.thing", "TLS1_2"), None);
    }

    #[test]
    fn every_like_leads_to_a_list() {
        for (name, values) in &file().transport {
            if let Some(other) = &values.like {
                let there = file().transport.get(other);
                assert!(there.is_some_and(|v| v.like.is_none()), "{name}: {other}");
            }
        }
        for (name, values) in &file().algorithm {
            if let Some(other) = &values.like {
                let there = file().algorithm.get(other);
                assert!(there.is_some_and(|v| v.like.is_none()), "{name}: {other}");
            }
        }
    }

    #[test]
    fn a_name_stands_on_one_list_and_days_are_days() {
        let list = &file().list;
        let limited = list.limited.iter().flat_map(|l| &l.names);
        let mut names: Vec<String> = list
            .recommended
            .iter()
            .chain(limited)
            .chain(&list.monitored)
            .chain(&list.outside)
            .map(|n| n.to_ascii_lowercase())
            .collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        for l in &list.limited {
            assert!(Date::parse(&l.until).is_some(), "{}", l.until);
        }
        // What a value is called stands on a list, else its name would say nothing.
        for (attribute, known) in &file().algorithm {
            let within = known.within.values().flatten();
            for (value, name) in known.is.iter().chain(within) {
                assert!(standing(name).is_some(), "{attribute} = {value}: {name}");
            }
        }
    }

    #[test]
    fn up_to_its_day_and_not_longer() {
        let on = |day: &str| listed("RSA-2048", Date::parse(day).expect("a day"));
        assert_eq!(on("2026-11-28"), Some(true));
        assert_eq!(on("2030-12-31"), Some(true));
        assert_eq!(on("2031-01-01"), Some(false));
        let far = Date::parse("2040-01-01").expect("a day");
        assert_eq!(listed("RSA-3072", far), Some(true));
        assert_eq!(listed("3DES", far), Some(false));
        assert_eq!(listed("ML-DSA-65", far), None);
    }

    #[test]
    fn a_key_in_china_has_another_cipher() {
        let of = "aws_kms_key.customer_master_key_spec";
        let at = |country: &str| named(of, "SYMMETRIC_DEFAULT", [country].into_iter());
        assert_eq!(at("JP"), Some("AES-256"));
        assert_eq!(at("CN"), Some("SM4"));
        assert_eq!(named(of, "RSA_2048", ["CN"].into_iter()), Some("RSA-2048"));
        assert_eq!(named(of, "ML_DSA_44", ["JP"].into_iter()), None);
    }
}
