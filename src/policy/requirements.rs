//! requirements.toml: the documents that rules and profiles stand on, and what each of them asks for.
//!
//! Lives here: the schema. Not here: what comes of a requirement in a run (`report/`), the rules
//! (`rules.rs`).

use super::rules::About;
use crate::catalog::row::Words;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The text of the file.
const TEXT: &str = include_str!("../../requirements.toml");

/// The whole file.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// By id.
    pub documents: BTreeMap<String, Document>,
    /// In the order of reports.
    pub requirement: Vec<Requirement>,
}

/// A text that something is asked by.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Its whole title, with issuer and date.
    pub title: Words,
    /// What it is called in a table.
    pub short: Words,
    /// Its date or version, as it gives it.
    pub edition: String,
    /// How much of it was read.
    pub read: Reading,
    /// What has to be known to rely on it: its standing, later editions, where the wording was seen.
    pub note: Option<Words>,
}

/// How much of a document was read when its requirements were written.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// The text itself.
    Original,
    /// The issuer's wording, in part.
    Excerpt,
    /// What others write about it or quote of it.
    SecondHand,
    /// Nothing but that it is there.
    NameOnly,
}

impl Reading {
    /// As it stands in the file.
    pub fn word(self) -> &'static str {
        match self {
            Reading::Original => "original",
            Reading::Excerpt => "excerpt",
            Reading::SecondHand => "second-hand",
            Reading::NameOnly => "name-only",
        }
    }
}

/// One thing that a document asks for.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// `R07`.
    pub id: String,
    /// Whose it is: an id of the documents.
    pub document: String,
    /// Where in it.
    pub section: String,
    /// The profiles in whose reports it stands.
    pub profiles: Vec<String>,
    /// What is asked for, in our words.
    pub asks: Words,
    /// What stands there; only where its wording was read.
    pub says: Option<Words>,
    /// What sekisho does about it.
    pub treated: Treated,
    /// The rules whose outcomes make its verdict.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Of which things the rules count for it; none: of all that they ask about.
    #[serde(default)]
    pub about: Vec<About>,
    /// Which parts of the register and the report show it.
    #[serde(default)]
    pub shows: Vec<Shows>,
    /// What the code cannot show, and who or what settles it.
    pub settle: Option<Words>,
    /// The version of sekisho that treats it.
    pub since: String,
}

/// What sekisho does about a requirement.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Treated {
    /// Rules decide.
    Judged,
    /// It is information in the register and the report.
    Shown,
    /// A contract or a person settles it; the report asks.
    Asked,
}

impl Treated {
    /// As it stands in the file.
    pub fn word(self) -> &'static str {
        match self {
            Treated::Judged => "judged",
            Treated::Shown => "shown",
            Treated::Asked => "asked",
        }
    }
}

/// A part of the register and the report.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Shows {
    Places,
    Copies,
    Operators,
    Custody,
    Ciphers,
    Keys,
    Classes,
    Exposure,
    Backups,
    Operations,
    State,
    Services,
    Processing,
    Suppressions,
    Lists,
}

impl Shows {
    /// As it stands in the file.
    pub fn word(self) -> &'static str {
        match self {
            Shows::Places => "places",
            Shows::Copies => "copies",
            Shows::Operators => "operators",
            Shows::Custody => "custody",
            Shows::Ciphers => "ciphers",
            Shows::Keys => "keys",
            Shows::Classes => "classes",
            Shows::Exposure => "exposure",
            Shows::Backups => "backups",
            Shows::Operations => "operations",
            Shows::State => "state",
            Shows::Services => "services",
            Shows::Processing => "processing",
            Shows::Suppressions => "suppressions",
            Shows::Lists => "lists",
        }
    }
}

/// The file, read once.
pub fn file() -> &'static File {
    static FILE: OnceLock<File> = OnceLock::new();
    FILE.get_or_init(|| {
        toml::from_str(TEXT).unwrap_or_else(|e| panic!("requirements.toml is ours and tested: {e}"))
    })
}

/// The title of a document; of own rules, whose documents are not ours, what they call it.
pub fn title(document: &str) -> Option<&'static Words> {
    file().documents.get(document).map(|d| &d.title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use std::collections::BTreeSet;

    #[test]
    fn what_is_named_is_there() {
        let f = file();
        let rules: BTreeSet<&str> = Policy::rule_ids().into_iter().collect();
        let profiles: BTreeSet<&str> = Policy::profile_names().into_iter().collect();
        let mut ids = BTreeSet::new();
        for r in &f.requirement {
            assert!(ids.insert(&r.id), "{} stands there twice", r.id);
            let document = f.documents.get(&r.document);
            let document = document.unwrap_or_else(|| panic!("{}: {}", r.id, r.document));
            assert!(!r.profiles.is_empty(), "{}: in no report", r.id);
            for p in &r.profiles {
                assert!(profiles.contains(&**p), "{}: {p}", r.id);
            }
            for rule in &r.rules {
                assert!(rules.contains(&**rule), "{}: {rule}", r.id);
            }
            // Wording that nobody read is not quoted.
            let read = document.read;
            assert!(
                r.says.is_none() || read != Reading::NameOnly,
                "{}: a quotation of what was not read",
                r.id
            );
            let whole = match r.treated {
                Treated::Judged => !r.rules.is_empty(),
                Treated::Shown => !r.shows.is_empty(),
                Treated::Asked => r.settle.is_some() && r.rules.is_empty(),
            };
            assert!(whole, "{}: {} without what does it", r.id, r.treated.word());
        }
    }

    #[test]
    fn what_a_profile_is_told_by_is_asked_there() {
        let f = file();
        let rules = &Policy::file().rule;
        for r in f
            .requirement
            .iter()
            .filter(|r| r.treated == Treated::Judged)
        {
            for p in &r.profiles {
                let asked = |id: &String| {
                    let rule = rules.iter().find(|rule| rule.id == *id);
                    let level = rule.and_then(|rule| rule.levels.get(p));
                    level.is_some_and(|l| *l != crate::diagnostic::Level::Off)
                };
                assert!(r.rules.iter().any(asked), "{}: nothing asked by {p}", r.id);
            }
        }
        // A profile names the documents that it stands on, all of them and no others but those known by name only.
        for (name, profile) in &Policy::file().profiles {
            let of_rules = rules.iter().flat_map(|r| {
                let level = r.levels.get(name).copied();
                let asks = level.is_some_and(|l| l != crate::diagnostic::Level::Off);
                let basis = r.basis.iter().filter(move |b| asks && b.stands_for(name));
                basis.map(|b| &*b.document)
            });
            let here = f.requirement.iter().filter(|r| r.profiles.contains(name));
            let used: BTreeSet<&str> = of_rules.chain(here.map(|r| &*r.document)).collect();
            let named: BTreeSet<&str> = profile.documents.iter().map(String::as_str).collect();
            let missing: Vec<_> = used.difference(&named).collect();
            assert!(missing.is_empty(), "{name} does not name {missing:?}");
            for d in named.difference(&used) {
                let read = f.documents.get(*d).map(|d| d.read);
                assert_eq!(
                    read,
                    Some(Reading::NameOnly),
                    "{name} names {d} for nothing"
                );
            }
        }
    }

    #[test]
    fn quotations_are_literal() {
        let mut read: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut document = "";
        for line in include_str!("../../tests/data/quotations.txt").lines() {
            match line.strip_prefix("== ") {
                Some(id) => document = id,
                None if line.starts_with('#') => {}
                None => read.entry(document).or_default().push(line),
            }
        }
        let of_requirements = file().requirement.iter();
        let of_requirements = of_requirements.map(|r| (&r.document, r.says.as_ref()));
        let of_rules = Policy::file().rule.iter().flat_map(|r| &r.basis);
        let of_rules = of_rules.map(|b| (&b.document, b.says.as_ref()));
        for (document, says) in of_requirements.chain(of_rules) {
            // `…` leaves something out.
            for part in says.iter().flat_map(|w| w.ja.split('…')) {
                let part: String = part.chars().filter(|c| !c.is_whitespace()).collect();
                let lines = read.get(document.as_str());
                let literal = lines.is_some_and(|l| l.iter().any(|line| line.contains(&part)));
                assert!(literal, "{document} does not say {part}");
            }
        }
    }
}
