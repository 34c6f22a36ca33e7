//! rules.toml as it is written.

use crate::catalog::row::Words;
use crate::diagnostic::Level;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The whole file.
#[derive(Deserialize, Debug, Clone)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct File {
    /// Classes of what the settings do not classify.
    pub classify: Vec<ClassifyText>,
    pub thresholds: Thresholds,
    pub profiles: BTreeMap<String, Profile>,
    pub rule: Vec<RuleText>,
}

/// Numbers that questions compare with.
#[derive(Deserialize, Debug, Clone)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// A password of fewer characters is short.
    pub minimum_password_length: i64,
}

/// What has a class by itself.
#[derive(Deserialize, Debug, Clone)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ClassifyText {
    pub class: String,
    /// Categories of the catalog.
    pub categories: Vec<String>,
}

/// A profile.
#[derive(Deserialize, Debug, Clone)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Profile {
    pub title: Words,
    /// What it asks, and on which texts it stands.
    pub summary: Words,
    /// What it never says.
    pub not_claimed: Words,
    /// The documents that it is made from, by id.
    pub documents: Vec<String>,
    pub about: Vec<String>,
    /// Marks of personal data: what is classified `personal` with none of these is asked one step lower.
    #[serde(default)]
    pub marks: Vec<String>,
    /// It asks about countries of concern: without a list of them that is said.
    #[serde(default)]
    pub names_countries: bool,
}

/// What a question is asked of.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum About {
    Store,
    /// What is kept together with a store under a key of its own.
    Part,
    /// A second place to which data goes.
    Copy,
    Key,
    /// Where Terraform's own state is.
    Backend,
    /// What moves data that nothing in this target is the source of.
    Route,
    /// What opens something that is not in this target.
    Door,
    /// Where data goes over the wire.
    Endpoint,
    /// What makes things that Terraform does not show.
    Opaque,
    /// A provider configuration that is a service by itself.
    Service,
    /// What says how people sign in.
    SignIn,
    /// A secret that may stand in the code.
    Secret,
}

impl About {
    /// As it stands in rules.
    pub fn word(self) -> &'static str {
        match self {
            About::Store => "store",
            About::Part => "part",
            About::Copy => "copy",
            About::Key => "key",
            About::Backend => "backend",
            About::Route => "route",
            About::Door => "door",
            About::Endpoint => "endpoint",
            About::Opaque => "opaque",
            About::Service => "service",
            About::SignIn => "sign-in",
            About::Secret => "secret",
        }
    }
}

/// What a question is about: it says where the mark is, and which words fill `{1}`.
#[derive(
    Deserialize, serde::Serialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug,
)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Fact {
    Location,
    Encryption,
    Custody,
    Rotation,
    Exposure,
    /// Who is let in by what its settings grant, whatever the network.
    Access,
    /// Who may open a connection.
    Network,
    Backup,
    Loss,
    Plaintext,
    Weak,
    Operator,
    Contents,
    /// Of keys: whether it is somebody else's, or an account of somebody else may decrypt with it.
    Foreign,
    /// Of keys: the time between the order to destroy it and its end.
    Window,
    /// With what it is encrypted.
    Cipher,
    SignIn,
    InCode,
}

impl Fact {
    /// Whether such a thing has such a fact.
    pub fn is_of(self, about: About) -> bool {
        use About::{
            Backend, Copy, Door, Endpoint, Key, Opaque, Part, Secret, Service, SignIn, Store,
        };
        let of: &[About] = match self {
            Fact::Location => &[Store, Copy, Key, Backend, Service],
            Fact::Encryption => &[Store, Part, Copy],
            Fact::Custody => &[Store, Part, Copy, Key],
            Fact::Rotation | Fact::Foreign | Fact::Window => &[Key],
            Fact::Cipher => &[Store, Key],
            Fact::Exposure => &[Store, Key, Door],
            Fact::Backup => &[Store],
            Fact::Operator => &[Store, Service],
            Fact::Loss => &[Store, Key],
            Fact::Plaintext | Fact::Weak => &[Store, Endpoint],
            Fact::Contents => &[Opaque],
            Fact::Access | Fact::Network => &[Store],
            Fact::SignIn => &[Store, SignIn],
            Fact::InCode => &[Secret],
        };
        of.contains(&about)
    }
}

/// A question of a rule.
#[derive(Deserialize, Debug, Clone)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct AskText {
    pub about: About,
    pub fact: Fact,
    pub r#for: Option<Spanned<String>>,
    #[serde(default)]
    pub after: Vec<String>,
    #[serde(default)]
    pub after_store: Vec<String>,
    #[serde(default)]
    pub after_destination: Vec<String>,
    pub requires: Option<Spanned<String>>,
    pub undecided_as: Option<String>,
    pub undecided_level: Option<LevelOf>,
    #[serde(default)]
    pub accept: BTreeMap<String, Spanned<String>>,
    /// By profile: what makes it worse, and its level then.
    #[serde(default)]
    pub worse: BTreeMap<String, WorseText>,
    pub violation: Option<Words>,
    pub undetermined: Option<Words>,
    pub accepted: Option<Words>,
}

impl AskText {
    /// Every condition of it.
    pub fn conditions(&self) -> impl Iterator<Item = &Spanned<String>> {
        let worse = self.worse.values().map(|w| &w.r#where);
        let asked = self.r#for.iter().chain(&self.requires);
        asked.chain(self.accept.values()).chain(worse)
    }
}

/// Another level, where something makes it worse.
#[derive(Deserialize, Debug, Clone)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct WorseText {
    pub r#where: Spanned<String>,
    pub level: Level,
}

/// A rule.
#[derive(Deserialize, Debug, Clone)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RuleText {
    pub id: String,
    pub family: String,
    /// None: it gives its name to what other rules leave undecided.
    #[serde(default)]
    pub ask: Vec<AskText>,
    pub levels: BTreeMap<String, Level>,
    pub title: Words,
    pub violation: Option<Words>,
    pub undetermined: Option<Words>,
    pub why: Words,
    pub help: Words,
    /// What stays unknown, why, and what would settle it.
    pub unknown: Option<Words>,
    pub basis: Vec<BasisText>,
}

/// Whose level something has.
#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum LevelOf {
    /// That of the rule that asks, not of the one under whose id it is said.
    Own,
}

/// What a rule is made from.
#[derive(Deserialize, Debug, Clone)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct BasisText {
    pub document: String,
    pub section: String,
    /// What stands there; `None`: its wording was not read, and only its name stands as basis.
    pub says: Option<Words>,
    /// The profiles whose question is made from it; `None`: all that ask.
    pub profiles: Option<Vec<String>>,
}

impl BasisText {
    /// Whether a profile's question is made from it.
    pub fn stands_for(&self, profile: &str) -> bool {
        stands_for(self.profiles.as_deref(), profile)
    }
}

/// Whether a profile is one of those that something stands for; `None`: it stands for all.
pub fn stands_for(profiles: Option<&[String]>, profile: &str) -> bool {
    profiles.is_none_or(|list| list.iter().any(|p| p == profile))
}
