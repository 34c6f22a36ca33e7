//! rules.toml as it is written.

use crate::catalog::row::Words;
use crate::diagnostic::Level;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The whole file.
#[derive(Deserialize, Debug, Clone)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct File {
    pub documents: BTreeMap<String, Words>,
    pub profiles: BTreeMap<String, Profile>,
    pub rule: Vec<RuleText>,
}

/// A profile.
#[derive(Deserialize, Debug, Clone)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Profile {
    pub about: Vec<String>,
    /// It asks about countries of concern: without a list of them that is said.
    #[serde(default)]
    pub names_countries: bool,
}

/// What a rule is asked of.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum About {
    Store,
    Key,
    Backend,
    /// The run itself (suppressions): nothing is required, the program says it by itself.
    Run,
}

/// What a rule is about.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Fact {
    #[default]
    Location,
    Encryption,
    Custody,
}

/// A rule.
#[derive(Deserialize, Debug, Clone)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RuleText {
    pub id: String,
    pub family: String,
    pub about: About,
    /// Without meaning for rules about the run.
    #[serde(default)]
    pub fact: Fact,
    pub r#for: Option<String>,
    #[serde(default)]
    pub after: Vec<String>,
    pub requires: Option<String>,
    pub undecided_as: Option<String>,
    pub levels: BTreeMap<String, Level>,
    pub title: Words,
    pub violation: Option<Words>,
    pub undetermined: Option<Words>,
    pub why: Words,
    pub help: Words,
    pub basis: Vec<BasisText>,
}

/// What a rule is made from.
#[derive(Deserialize, Debug, Clone)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct BasisText {
    pub document: String,
    pub section: String,
    pub says: Words,
}
