//! Policy: what is asked, by whom, and what it is made from.
//!
//! Lives here: the rules of rules.toml, compiled, and the profiles that ask them. Not here: the words
//! of requirements as values (`words.rs`), verdicts and findings (`judge/`).

pub mod classify;
pub mod nearest;
pub mod pattern;
pub mod rules;
pub mod suppress;
pub mod words;

use crate::catalog::compile::{Condition, condition};
use crate::catalog::row::Words;
use crate::diagnostic::Level;
use rules::{About, Fact, File, Profile, RuleText};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The text of the built-in rules.
pub const RULES: &str = include_str!("../../rules.toml");

/// A rule, compiled.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Rule {
    pub id: Arc<str>,
    pub family: Arc<str>,
    pub about: About,
    pub fact: Fact,
    pub applies: Option<Condition>,
    /// Rules that must have passed for the same subject.
    pub after: Vec<usize>,
    /// `None`: it only gives its name to what another leaves undecided.
    pub requires: Option<Condition>,
    /// The rule under whose id an undecided fact is said.
    pub undecided_as: usize,
    pub levels: BTreeMap<String, Level>,
    /// Whether outcomes are the same for subjects with the same facts (no address or tag is read).
    pub by_facts: bool,
    pub title: Words,
    pub why: Words,
    pub help: Words,
    pub violation: Option<Words>,
    pub undetermined: Option<Words>,
    pub basis: Vec<rules::BasisText>,
}

/// What is asked.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Policy {
    pub profiles: Vec<Arc<str>>,
    pub rules: Vec<Rule>,
    pub documents: BTreeMap<String, Words>,
    /// Countries where data may rest.
    pub home: Vec<Arc<str>>,
    /// `aws:ap-southeast-1`.
    pub accepted_regions: Vec<Arc<str>>,
    /// Countries where data must never be.
    pub countries_of_concern: Vec<Arc<str>>,
    /// The highest level of what is undetermined.
    pub undetermined: Level,
    /// Levels of single rules, in place of the profiles'.
    pub overrides: BTreeMap<String, Level>,
    /// What settings accept, of all settings files together.
    pub ignores: Vec<suppress::Ignore>,
    all: BTreeMap<String, Profile>,
}

impl Policy {
    /// The built-in rules under these profiles; `Err` names one that does not exist.
    pub fn builtin(profiles: &[&str]) -> Result<Policy, String> {
        Policy::with(profiles, &[])
    }

    /// The built-in rules and further ones under these profiles; `Err` says what does not fit.
    pub fn with(profiles: &[&str], more: &[Arc<RuleText>]) -> Result<Policy, String> {
        let mut file = Policy::file().clone();
        file.rule.extend(more.iter().map(|r| (**r).clone()));
        Policy::read(file, profiles)
    }

    /// rules.toml, read once.
    fn file() -> &'static File {
        static FILE: OnceLock<File> = OnceLock::new();
        FILE.get_or_init(|| {
            toml::from_str(RULES).unwrap_or_else(|e| panic!("rules.toml is ours and tested: {e}"))
        })
    }

    /// The names of all profiles.
    pub fn profile_names() -> Vec<&'static str> {
        Policy::file().profiles.keys().map(String::as_str).collect()
    }

    /// The ids of all built-in rules.
    pub fn rule_ids() -> Vec<&'static str> {
        Policy::file().rule.iter().map(|r| r.id.as_str()).collect()
    }

    /// The classes that a profile is about.
    pub fn about(&self, profile: &str) -> &[String] {
        self.all.get(profile).map_or(&[][..], |p| &p.about)
    }

    /// Whether a profile asks about countries of concern.
    pub fn names_countries(&self, profile: &str) -> bool {
        self.all.get(profile).is_some_and(|p| p.names_countries)
    }

    fn read(file: File, profiles: &[&str]) -> Result<Policy, String> {
        if let Some(p) = profiles.iter().find(|p| !file.profiles.contains_key(**p)) {
            return Err((*p).to_owned());
        }
        let number = |id: &str| {
            let found = file.rule.iter().position(|r| r.id == id);
            found.ok_or_else(|| format!("no rule `{id}`"))
        };
        let mut rules = Vec::with_capacity(file.rule.len());
        for (i, r) in file.rule.iter().enumerate() {
            let texts = [r.r#for.as_deref(), r.requires.as_deref()];
            let by_facts = !texts.iter().flatten().any(|t| {
                ["address", "tags", "target", "names"]
                    .iter()
                    .any(|word| t.contains(word))
            });
            rules.push(Rule {
                id: r.id.as_str().into(),
                family: r.family.as_str().into(),
                about: r.about,
                fact: r.fact,
                applies: r.r#for.as_deref().map(condition).transpose()?,
                after: r
                    .after
                    .iter()
                    .map(|a| number(a))
                    .collect::<Result<_, _>>()?,
                requires: r.requires.as_deref().map(condition).transpose()?,
                undecided_as: match &r.undecided_as {
                    Some(other) => number(other)?,
                    None => i,
                },
                levels: r.levels.clone(),
                by_facts,
                title: r.title.clone(),
                why: r.why.clone(),
                help: r.help.clone(),
                violation: r.violation.clone(),
                undetermined: r.undetermined.clone(),
                basis: r.basis.clone(),
            });
        }
        Ok(Policy {
            profiles: profiles.iter().map(|p| Arc::from(*p)).collect(),
            rules,
            documents: file.documents,
            home: vec!["JP".into()],
            accepted_regions: Vec::new(),
            countries_of_concern: Vec::new(),
            undetermined: Level::Error,
            overrides: BTreeMap::new(),
            ignores: Vec::new(),
            all: file.profiles,
        })
    }

    /// The level of a rule for a data class, the strictest of the profiles', and the profiles that ask.
    pub fn level(&self, rule: &Rule, class: &str) -> (Level, Vec<Arc<str>>) {
        let mut best = Level::Off;
        let mut who = Vec::new();
        for name in &self.profiles {
            let level = self.level_of(name, rule, class);
            best = best.max(level);
            if level != Level::Off {
                who.push(name.clone());
            }
        }
        (best, who)
    }

    fn level_of(&self, profile: &str, rule: &Rule, class: &str) -> Level {
        let level = self
            .overrides
            .get(&*rule.id)
            .or_else(|| rule.levels.get(profile))
            .copied()
            .unwrap_or(Level::Off);
        let about = self.all.get(profile).map_or(&[][..], |p| &p.about);
        if about.iter().any(|c| c == class) {
            return level;
        }
        // What is public is asked only about loss.
        if class == "public" && &*rule.family != "availability" {
            return Level::Off;
        }
        match level {
            Level::Error => Level::Warning,
            Level::Warning => Level::Note,
            Level::Note | Level::Off => Level::Off,
        }
    }

    /// The texts of rules, by message key.
    pub fn texts(&self) -> Vec<(String, Words)> {
        let mut out = Vec::new();
        for r in &self.rules {
            let key = |what: &str| format!("rule.{}.{what}", r.id);
            out.push((key("title"), r.title.clone()));
            out.push((key("why"), r.why.clone()));
            out.push((key("help"), r.help.clone()));
            if let Some(t) = &r.violation {
                out.push((key("violation"), t.clone()));
            }
            if let Some(t) = &r.undetermined {
                out.push((key("undetermined"), t.clone()));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_well_formed() {
        let p = Policy::builtin(&["baseline"]).expect("rules.toml is well-formed");
        for r in &p.rules {
            // What is said about the run itself is made from no document.
            assert_eq!(r.basis.is_empty(), r.about == About::Run, "{}", r.id);
            for b in &r.basis {
                assert!(p.documents.contains_key(&b.document), "{}", b.document);
            }
            assert_eq!(r.levels.len(), 5, "{}: a level a profile", r.id);
            if r.requires.is_some() {
                assert!(r.violation.is_some(), "{}", r.id);
                let said = &p.rules[r.undecided_as];
                assert!(said.undetermined.is_some(), "{}", r.id);
            }
            for w in [&r.title, &r.why, &r.help] {
                assert!(!w.en.is_empty() && !w.ja.is_empty(), "{}", r.id);
            }
        }
        assert!(Policy::builtin(&["no-such"]).is_err());
    }

    #[test]
    fn levels_by_class_and_profile() {
        let p = Policy::builtin(&["baseline", "personal-information"]).expect("they exist");
        let rule = p
            .rules
            .iter()
            .find(|r| &*r.id == "data-outside-japan")
            .expect("it exists");
        assert_eq!(p.level(rule, "protected").0, Level::Error);
        // The strictest level wins, and all that ask are named.
        assert_eq!(p.level(rule, "protected").1.len(), 2);
        assert_eq!(p.level(rule, "internal").0, Level::Warning);
        assert_eq!(p.level(rule, "public").0, Level::Off);
    }
}
