//! Protocol versions and policies by name: which values of an attribute let something weaker than
//! TLS 1.2 in, and which ciphers are recommended ones. The data is `catalog/ciphers.toml`.

use super::embedded;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// `TYPE.ATTRIBUTE` to its values.
    transport: BTreeMap<String, Values>,
    list: List,
}

/// Which ciphers the list of recommended ciphers has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    edition: String,
    recommended: Vec<String>,
    /// On another list, or on none.
    not_recommended: Vec<String>,
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

/// Whether a cipher, with its key length, is one of the recommended ciphers; `None`: nobody looked.
pub fn listed(cipher: &str) -> Option<bool> {
    let list = &file().list;
    let has = |names: &[String]| names.iter().any(|n| n.eq_ignore_ascii_case(cipher));
    if has(&list.recommended) {
        Some(true)
    } else if has(&list.not_recommended) {
        Some(false)
    } else {
        None
    }
}

/// The edition of the list of recommended ciphers.
pub fn edition() -> &'static str {
    &file().list.edition
}

/// The attributes that are listed, for tests.
pub fn attributes() -> impl Iterator<Item = &'static str> {
    file().transport.keys().map(String::as_str)
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
    }
}
