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
    /// `key`, `container` (ring, vault), `alias`, `place`; `route`, `door`, `endpoint`; a store where a
    /// category stands.
    pub role: Option<Role>,
    pub category: Option<String>,
    /// The service kind: user-data, operations, communication, security.
    pub service: Option<String>,
    pub cipher: Option<String>,
    /// Nothing that is written makes it use a key of the customer's.
    #[serde(default)]
    pub no_key: bool,
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
    /// Attributes that are built of what is written, and how (see `evaluate/answers`).
    #[serde(default)]
    pub answers: BTreeMap<String, String>,
    /// What a data source reads, where the same configuration makes it.
    pub same_as: Option<SameAsText>,
    /// What is never printed, and a secret by itself.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Those of `secrets` whose text is no secret by itself, but may hold one; where a condition holds.
    #[serde(default)]
    pub looked_through: BTreeMap<String, String>,
    /// How people sign in.
    pub sign_in: Option<SignInText>,
    /// Where the facts are from.
    pub source: Option<String>,
    /// Backends: there is nothing to ask (the state stays where terraform runs).
    #[serde(default)]
    pub not_judged: bool,
    #[serde(default)]
    pub defaults: BTreeMap<String, DefaultText>,
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
    /// Keys: it is somebody else's, or somebody else may decrypt with it.
    pub foreign: Option<YesText>,
    /// Keys: what they encrypt or sign with; the first that fits.
    #[serde(default)]
    pub algorithm: Vec<AlgorithmText>,
    pub backup: Option<YesText>,
    pub exposure: Option<ExposureText>,
    pub loss: Option<LossText>,
    pub transport: Option<TransportText>,
    /// Key material comes from outside: a condition.
    pub imported: Option<String>,
    /// The HCL that mends it; the first that fits.
    #[serde(default)]
    pub repair: Vec<RepairText>,
}

/// HCL that mends a fact of this type. In it `SELF` is the resource, `KEY` a key of the customer,
/// `NAME` the resource's name, `PLACE` the code of its region.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RepairText {
    /// Only where this block stands in the resource.
    pub has: Option<String>,
    /// What is set in the resource itself.
    #[serde(default)]
    pub inside: String,
    /// Arguments that may not stand there any more.
    #[serde(default)]
    pub unset: Vec<String>,
    /// The resources that are added.
    #[serde(default)]
    pub beside: String,
    /// What the code alone does not do.
    pub note: Option<Words>,
}

/// Whose key is proposed.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ProposedKeyText {
    /// The type of key.
    pub r#type: String,
    /// A new one, with what it needs.
    pub new: String,
    /// Arguments that the first resource of `new`, and those beside, take over from the one that is
    /// mended.
    #[serde(default)]
    pub takes_over: Vec<String>,
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
    /// Moves data that others keep: a backup plan, a replication, a log sink, a model call.
    Route,
    /// Opens or shuts what others keep: a policy, an IAM member.
    Door,
    /// Where data goes over the wire: a listener, a TLS policy.
    Endpoint,
    /// Says how people sign in: a password policy, an access policy.
    SignIn,
}

/// What holds where nothing is written: a value, or one for each range of the provider's versions.
#[derive(Deserialize, Clone, Debug)]
#[serde(untagged)]
#[allow(missing_docs)]
pub enum DefaultText {
    Ranged(Vec<RangedText>),
    Always(toml::Value),
}

/// A default that holds for some versions of the provider.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RangedText {
    /// A version constraint, as in `required_providers`: `<5`, `>=4.20, <5`.
    pub provider: String,
    pub is: toml::Value,
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
    /// What an expression gives: `jsondecode(self.policy).KmsARN`.
    Value {
        value: String,
    },
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
    /// An attribute that has to be written (a reference counts as written).
    pub given: Option<String>,
    /// Where it goes: `pair`, `region:P`, `region:P@TABLE`, `store:P` (by reference, name or ARN),
    /// `store:P@TYPE` (what it is where it is not in the code), `fixed:CODE`.
    pub to: Option<String>,
    /// The resource is the copy itself, of what this names: it is where the data goes.
    pub of: Option<String>,
    pub key: Option<KeyText>,
    pub absent: Option<OneOrMany>,
    /// `self`: the copy's key is the store's.
    pub r#as: Option<String>,
    /// Where it is when what `to` names is not found: `here` (where the source is), `fixed:CODE`.
    pub r#else: Option<String>,
    /// How it is kept when what `to` names is not found.
    pub kept: Option<OneOrMany>,
    /// `custody`: no other key can be had there.
    pub not_asked: Option<String>,
    pub source: Option<String>,
}

impl RowText {
    /// A data source that keeps nothing: it tells what it is asked.
    pub fn reads_only(&self) -> bool {
        !self.answers.is_empty() || self.same_as.is_some()
    }
}

/// The managed type that a data source reads, and what names the instance.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct SameAsText {
    pub r#type: String,
    /// Its own attribute, and the one that it equals.
    pub by: BTreeMap<String, String>,
    /// The name is nobody else's in the world.
    #[serde(default)]
    pub everywhere: bool,
}

/// Who can reach it: doors by name (acl, policy, iam, network, anonymous, share), each a condition. A
/// table with nothing in it says that nothing opens this type.
#[derive(Deserialize, Default, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ExposureText {
    /// Opens the door.
    #[serde(default)]
    pub open: BTreeMap<String, String>,
    /// Shuts it, whatever opens it.
    #[serde(default)]
    pub shut: BTreeMap<String, String>,
    /// Without this it stays shut, whatever opens it.
    #[serde(default)]
    pub unlocked: BTreeMap<String, String>,
}

/// What a key encrypts or signs with.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct AlgorithmText {
    pub when: Option<String>,
    /// An attribute whose value stands in `catalog/ciphers.toml` under TYPE.ATTRIBUTE.
    pub value: Option<String>,
    /// A name of the lists there.
    pub is: Option<String>,
}

/// Whether it is guarded against being destroyed.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct LossText {
    /// Without it nothing guards it by itself; of a key in a vault, what the vault says counts.
    pub protected: Option<String>,
    /// Keys: an expression, the days between the order to destroy it and its end.
    pub days: Option<String>,
    pub not_asked: Option<String>,
}

/// How people sign in to it, or by it.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct SignInText {
    /// The shortest password that is taken: a Terraform expression, null where it does not say.
    pub length: Option<String>,
    /// A condition: a second factor is required.
    pub mfa: Option<String>,
    /// A condition: passwords that were used before are refused.
    pub reuse: Option<String>,
    /// A condition: nobody signs in so.
    pub not_asked: Option<String>,
}

/// How it is talked to.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct TransportText {
    /// A condition: plain text is taken.
    pub plaintext: Option<String>,
    /// A condition: something weaker than TLS 1.2 is taken.
    pub weak: Option<String>,
    /// An attribute whose value stands in `catalog/ciphers.toml` under TYPE.ATTRIBUTE.
    pub minimum: Option<String>,
    /// Only where this holds is `minimum` asked: there is TLS at all.
    pub when: Option<String>,
    pub not_asked: Option<String>,
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
    /// Attributes that name the stores: an id, a name, an ARN; a list of them; with `*` in it, a pattern.
    pub by: Option<OneOrMany>,
    /// A block that names them by tag: `tags = { block = "selection_tag", key = "key", value = "value" }`.
    pub tags: Option<TagsText>,
    pub scope: Option<ScopeText>,
    /// custody, exposure, backup, loss, transport, copies, parts.
    pub facts: Vec<String>,
    /// Only in place of these levels.
    #[serde(default)]
    pub instead_of: Vec<String>,
}

/// A block that names stores by a tag of theirs.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct TagsText {
    pub block: String,
    pub key: String,
    pub value: String,
}

/// What a scope carrier's scope is.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum ScopeText {
    /// The same provider configuration and region.
    AccountRegion,
    /// The same provider configuration, in whatever region.
    Account,
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
    /// The key that repairs propose.
    pub proposed_key: Option<ProposedKeyText>,
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
    /// Block of the provider configuration with custom endpoints, and the hosts that are its own.
    pub endpoints: Option<String>,
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Attributes with the tags or labels of a resource.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Attributes of the provider configuration with tags that all resources get.
    #[serde(default)]
    pub default_tags: Vec<String>,
    /// Attributes of a resource and a data source that say where it is looked for: a region, a project.
    #[serde(default)]
    pub alike: Vec<String>,
    /// What in a text (an ARN, a full resource name) tells a place: patterns with a group `region`.
    #[serde(default)]
    pub places_in_text: Vec<String>,
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
    /// Several: the text does not tell which.
    pub is: OneOrMany,
    /// Whose accounts the group `account` is held against, a word of `[own]`.
    pub accounts: Option<String>,
    pub region: Option<String>,
    pub table: Option<String>,
    /// No key of the provider's own has this form: so it tells whose it is also where the provider gave
    /// the text, not the user.
    #[serde(default)]
    pub sure: bool,
}
