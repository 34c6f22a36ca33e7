//! What the readers of documents have to know of the clouds: `catalog/documents.toml`.
//!
//! Lives here: that file as a table. Not here: what the languages mean (`extract/readers`).

use super::embedded;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The table.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Documents {
    pub aws: Aws,
    pub google: Google,
    pub network: Network,
    pub secrets: Secrets,
}

/// AWS policy documents.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Aws {
    /// Condition key, in lower case, to what a fixed value of it is.
    pub narrowing: BTreeMap<String, Fixed>,
    /// Policy variables that stand for what the resource's owner has, in lower case.
    pub own_variables: Vec<String>,
    /// Services whose resource names are unique without an account.
    pub global_names: Vec<String>,
}

/// What a fixed value of a condition key is.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Fixed {
    Id,
    Account,
    Arn,
    OrgPath,
    UserId,
    Cidr,
    True,
}

/// Google IAM.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Google {
    /// The members that are everybody.
    pub everybody: Vec<String>,
}

/// Ranges of addresses.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// A shorter prefix is everywhere.
    pub wide_ipv4: u8,
    /// A shorter prefix is everywhere.
    pub wide_ipv6: u8,
    /// Wide ranges that nobody reaches from outside.
    pub private: Vec<String>,
    /// Words that stand for everywhere.
    pub everywhere: Vec<String>,
    /// Words that stand for some place inside.
    pub inside: Vec<String>,
    /// Ports to which the world is meant to come.
    pub web: Vec<i64>,
    /// What rules call every protocol.
    pub all_protocols: Vec<String>,
    /// Protocols without ports: nothing listens there.
    pub without_ports: Vec<String>,
}

/// What secrets look like in text.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// How the names of arguments, variables and fields end that hold one.
    pub names: Vec<String>,
    /// Arguments that hold one in whatever resource or provider configuration.
    pub arguments: Vec<String>,
    /// Arguments whose text or map may hold one, likewise.
    pub texts: Vec<String>,
    /// Forms of secrets, wherever they stand.
    pub forms: Vec<String>,
    /// A name of `names` with its value in a text: groups `name` and `value`.
    pub assignment: String,
    /// A name and its value as two fields: groups `name` and `value`.
    pub pair: String,
    /// What begins so is the name or place of a secret, not one.
    pub references: Vec<String>,
    /// Texts that stand for a secret that somebody puts there later, in lower case.
    pub placeholders: Vec<String>,
}

impl Documents {
    /// The table that is built in.
    pub fn builtin() -> &'static Documents {
        static TABLE: OnceLock<Documents> = OnceLock::new();
        TABLE.get_or_init(|| {
            toml::from_str(embedded::DOCUMENTS)
                .unwrap_or_else(|e| panic!("catalog: documents: {e}"))
        })
    }
}
