//! A row as it is written: the strict schema of `catalog/PROVIDER/SERVICE.toml`.
//!
//! Lives here: what may stand in a row. Not here: its compiled form (`compile.rs`). Words that a row
//! may not use yet are not in the schema, so that no row says what nobody reads.

use serde::Deserialize;
use std::collections::BTreeMap;

/// One table of a type.
#[derive(Deserialize, Default, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RowText {
    /// `key`, `container` (ring, vault), `alias`, `place`; a store where a category stands.
    pub role: Option<Role>,
    pub category: Option<String>,
    /// The service kind: user-data, operations, communication, security.
    pub service: Option<String>,
    pub cipher: Option<String>,
    /// What others may call it by.
    #[serde(default)]
    pub named_by: Vec<String>,
    /// The place chain; without one, the provider's.
    #[serde(default)]
    pub place: Vec<String>,
    /// A list of codes that narrows a place of several regions.
    pub narrowed: Option<String>,
    /// Its name among the provider configuration's custom endpoints; of a backend, the settings.
    pub endpoint: Option<OneOrMany>,
    /// The ring, vault or key that it lies in or stands for.
    pub inside: Option<String>,
    /// What is never printed.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Where the facts are from.
    pub source: Option<String>,
    /// Backends: there is nothing to ask (the state stays where terraform runs).
    #[serde(default)]
    pub not_judged: bool,
    #[serde(default)]
    pub defaults: BTreeMap<String, toml::Value>,
    #[serde(default)]
    pub custody: Vec<CaseText>,
    #[serde(default)]
    pub part: Vec<PartText>,
    #[serde(default)]
    pub copy: Vec<CopyText>,
    #[serde(default)]
    pub not_asked: Vec<NotAskedText>,
    pub carries: Option<CarriesText>,
    pub rotation: Option<YesText>,
    pub backup: Option<YesText>,
    /// Key material comes from outside: a condition.
    pub imported: Option<String>,
}

/// What a row is about, when it is no store.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Role {
    Key,
    Container,
    Alias,
    Place,
}

/// One word or several.
#[derive(Deserialize, Clone, Debug)]
#[serde(untagged)]
#[allow(missing_docs)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    /// As a list.
    pub fn list(&self) -> &[String] {
        match self {
            OneOrMany::One(x) => std::slice::from_ref(x),
            OneOrMany::Many(x) => x,
        }
    }
}

/// A key: a path, the first of several that is written, or a key that columns name together.
#[derive(Deserialize, Clone, Debug)]
#[serde(untagged)]
#[allow(missing_docs)]
pub enum KeyText {
    Path(OneOrMany),
    Columns {
        r#type: String,
        r#where: BTreeMap<String, String>,
    },
}

/// A case of custody.
#[derive(Deserialize, Default, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct CaseText {
    pub each: Option<String>,
    pub when: Option<String>,
    /// An attribute that has to be written (a reference counts as written).
    pub given: Option<String>,
    pub is: Option<OneOrMany>,
    pub key: Option<KeyText>,
    pub absent: Option<OneOrMany>,
    pub r#as: Option<String>,
    pub literal: Option<String>,
    pub r#else: Option<OneOrMany>,
    pub source: Option<String>,
}

/// A case of a part; cases of one name belong together.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct PartText {
    pub name: String,
    pub each: Option<String>,
    pub when: Option<String>,
    /// An attribute that has to be written (a reference counts as written).
    pub given: Option<String>,
    pub is: Option<OneOrMany>,
    pub key: Option<KeyText>,
    pub absent: Option<OneOrMany>,
    pub r#as: Option<String>,
    pub literal: Option<String>,
    pub r#else: Option<OneOrMany>,
    pub source: Option<String>,
}

/// A copy.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct CopyText {
    pub kind: String,
    pub service: Option<String>,
    pub each: Option<String>,
    pub when: Option<String>,
    pub to: String,
    pub key: Option<KeyText>,
    pub absent: Option<OneOrMany>,
    pub r#as: Option<String>,
}

/// A question that cannot be asked here, and why.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct NotAskedText {
    pub question: String,
    pub when: String,
    pub because: Words,
}

/// Words in both languages.
#[derive(Deserialize, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Words {
    pub en: String,
    pub ja: String,
}

/// What a carrier decides, and of whom.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct CarriesText {
    pub to: Vec<String>,
    pub by: Option<String>,
    pub scope: Option<ScopeText>,
    pub facts: Vec<String>,
    /// Only in place of these levels.
    #[serde(default)]
    pub instead_of: Vec<String>,
}

/// What a scope carrier's scope is.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum ScopeText {
    AccountRegion,
}

/// A yes-or-no fact.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct YesText {
    pub yes: String,
    pub not_asked: Option<String>,
}

/// `provider.toml`.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ProviderFile {
    pub provider: ProviderText,
    #[serde(default)]
    pub key_literal: Vec<LiteralText>,
}

/// A provider.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ProviderText {
    pub sources: Vec<String>,
    pub operator: OperatorText,
    pub regions: Option<String>,
    #[serde(default)]
    pub place: Vec<String>,
    /// Where tags or labels stand, which may say a data class; later ones lie over earlier ones.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Block of the provider configuration with custom endpoints, and the hosts that are its own.
    pub endpoints: Option<String>,
    #[serde(default)]
    pub hosts: Vec<String>,
}

/// Who runs it.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct OperatorText {
    pub name: String,
    pub country: String,
}

/// What a key's text says.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct LiteralText {
    pub r#match: String,
    pub is: String,
    pub region: Option<String>,
    pub table: Option<String>,
}
