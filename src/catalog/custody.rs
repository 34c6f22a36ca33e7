//! The ladder of key custody, and who runs a service: the words that rows and rules share.

use std::sync::Arc;

/// Who controls the key: a ladder, lowest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Custody {
    None,
    ProviderOwned,
    ProviderManaged,
    CustomerManaged,
    CustomerHsm,
    CustomerDedicatedHsm,
    External,
    ClientSide,
}

impl Custody {
    /// The ladder, lowest first.
    pub const LADDER: [Custody; 8] = [
        Custody::None,
        Custody::ProviderOwned,
        Custody::ProviderManaged,
        Custody::CustomerManaged,
        Custody::CustomerHsm,
        Custody::CustomerDedicatedHsm,
        Custody::External,
        Custody::ClientSide,
    ];

    /// As it stands in outputs, in the catalog and in rules.
    pub fn word(self) -> &'static str {
        [
            "none",
            "provider-owned",
            "provider-managed",
            "customer-managed",
            "customer-hsm",
            "customer-dedicated-hsm",
            "external",
            "client-side",
        ][self as usize]
    }

    /// The step of a word.
    pub fn parse(word: &str) -> Option<Custody> {
        Custody::LADDER.into_iter().find(|c| c.word() == word)
    }
}

/// Who runs a service.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Operator {
    /// The company.
    pub name: Arc<str>,
    /// Its home country, ISO 3166-1 alpha-2.
    pub country: Arc<str>,
}
