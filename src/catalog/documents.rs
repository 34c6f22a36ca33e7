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
