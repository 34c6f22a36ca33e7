//! Who runs services: whose law reaches the company, and whether it is on the ISMAP list. The data is
//! `catalog/operators.toml`.

use super::custody::Operator;
use super::embedded;
use crate::date::Date;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::sync::OnceLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    edition: String,
    operator: Vec<Entry>,
}

/// What is known of an operator.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The company.
    pub name: String,
    /// Its home country, ISO 3166-1 alpha-2.
    pub country: String,
    /// Whether the CLOUD Act reaches it.
    pub reach: Reach,
    /// Its entry of the ISMAP list; `None`: nobody looked.
    pub ismap: Option<Ismap>,
}

/// Whether the US CLOUD Act reaches a company.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Reach {
    Reached,
    Depends,
    NotByResidence,
}

impl Reach {
    /// As it stands in outputs and rules.
    pub fn word(self) -> &'static str {
        match self {
            Reach::Reached => "reached",
            Reach::Depends => "depends",
            Reach::NotByResidence => "not-by-residence",
        }
    }
}

/// Whether a service of the company is on the ISMAP cloud service list.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Ismap {
    /// Whether.
    pub listed: Listed,
    /// When that was seen: a day, or a month.
    pub as_of: String,
    /// By whom.
    pub source: String,
}

/// Yes or no.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Listed {
    Yes,
    No,
}

impl Listed {
    /// As it stands in outputs and rules.
    pub fn word(self) -> &'static str {
        match self {
            Listed::Yes => "yes",
            Listed::No => "no",
        }
    }
}

struct Table {
    edition: String,
    by_name: FxHashMap<String, Entry>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let file: File = toml::from_str(embedded::OPERATORS)
            .unwrap_or_else(|e| panic!("catalog: operators.toml: {e}"));
        let entries = file.operator.into_iter();
        Table {
            edition: file.edition,
            by_name: entries.map(|e| (e.name.clone(), e)).collect(),
        }
    })
}

/// The day of the table.
pub fn edition() -> &'static str {
    &table().edition
}

/// What is known of an operator; `None` for one that nobody knows.
pub fn find(name: &str) -> Option<&'static Entry> {
    table().by_name.get(name)
}

/// An operator of the table, by name.
pub fn named(name: &str) -> Option<Operator> {
    let e = find(name)?;
    Some(Operator {
        name: e.name.as_str().into(),
        country: e.country.as_str().into(),
    })
}

/// Whether a text is a day or a month of the calendar.
pub fn is_time(text: &str) -> bool {
    Date::parse(text).is_some() || Date::parse(&format!("{text}-01")).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{embedded::FOLDERS, hosts, services};

    #[test]
    fn every_entry_of_the_list_has_its_time_and_its_witness() {
        assert!(is_time(edition()));
        for e in table().by_name.values() {
            assert_eq!(e.country.len(), 2, "{}", e.name);
            let good = |i: &Ismap| is_time(&i.as_of) && !i.source.is_empty();
            assert!(e.ismap.as_ref().is_none_or(good), "{}", e.name);
        }
    }

    #[test]
    fn whoever_is_named_elsewhere_is_in_the_table_with_the_same_country() {
        let of_hosts = hosts::operators();
        let of_services = services::all().iter().map(|s| s.operator.clone());
        let of_providers = FOLDERS.iter().filter_map(|f| {
            let catalog = crate::catalog::Catalog::builtin();
            let provider = catalog.provider(&format!("{}_", f.name))?;
            Some(provider.operator.clone())
        });
        for o in of_hosts.chain(of_services).chain(of_providers) {
            if o.name.is_empty() {
                continue;
            }
            assert_eq!(named(&o.name).as_ref(), Some(&o));
        }
    }
}
