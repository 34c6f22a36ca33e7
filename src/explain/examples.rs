//! What is wrong and what is right, for each rule: the blocks of its fixtures that show it.
//!
//! `examples.toml` is made from `fixtures/rules/` by tests/documents.rs, which also holds it to them: what
//! stands there is tested.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The examples of a rule.
#[derive(Deserialize, Debug, Clone, Default)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it finds.
    pub bad: Option<String>,
    /// What passes.
    pub good: Option<String>,
    /// What cannot be told.
    pub unresolved: Option<String>,
}

impl Example {
    /// Those that are there, with their names.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("bad", &self.bad),
            ("good", &self.good),
            ("unresolved", &self.unresolved),
        ];
        all.into_iter()
            .filter_map(|(name, text)| Some((name, text.as_deref()?)))
    }
}

/// By rule.
pub type Examples = BTreeMap<String, Example>;

/// Those that are built in.
pub fn builtin() -> Examples {
    toml::from_str(include_str!("examples.toml")).expect("internal: it is ours and tested")
}
