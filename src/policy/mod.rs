//! Policy: what is asked, by whom, and what it is made from.
//!
//! Lives here: the rules of rules.toml, compiled, and the profiles that ask them. Not here: the words
//! of requirements as values (`words.rs`), verdicts and findings (`judge/`).

pub mod classify;
pub mod functions;
pub mod nearest;
pub mod pattern;
pub mod requirements;
pub mod rules;
pub mod suppress;
mod vocabulary;
pub mod words;

use crate::catalog::compile::{Condition, condition};
use crate::catalog::row::Words;
use crate::date::Date;
use crate::diagnostic::Level;
use rules::{About, AskText, Fact, File, LevelOf, Profile, RuleText};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use toml::Spanned;

/// The text of the built-in rules.
pub const RULES: &str = include_str!("../../rules.toml");

/// A rule, compiled.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Rule {
    pub id: Arc<str>,
    pub family: Arc<str>,
    /// What it asks; nothing: it only gives its name to what another leaves undecided.
    pub asks: Vec<Ask>,
    pub levels: BTreeMap<String, Level>,
    pub title: Words,
    pub why: Words,
    pub help: Words,
    pub violation: Option<Words>,
    pub undetermined: Option<Words>,
    pub basis: Vec<rules::BasisText>,
}

impl Rule {
    /// What a profile's question is made from.
    pub fn basis_of<'a>(&'a self, profile: &'a str) -> impl Iterator<Item = &'a rules::BasisText> {
        self.basis.iter().filter(move |b| b.stands_for(profile))
    }
}

/// A question of a rule, compiled.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Ask {
    pub about: About,
    pub fact: Fact,
    pub applies: Option<Condition>,
    /// Rules that must have passed for the same thing.
    pub after: Vec<usize>,
    /// Rules that must have passed for the store that a part or a copy belongs to.
    pub after_store: Vec<usize>,
    /// Rules that must have passed for the store of this target that a copy goes to.
    pub after_destination: Vec<usize>,
    /// `None`: nobody can tell.
    pub requires: Option<Condition>,
    /// The rule under whose id an undecided fact is said.
    pub undecided_as: usize,
    /// The rule whose level what is undecided has.
    pub undecided_level: usize,
    /// What makes up for it, by profile (its number in [`Policy::profiles`]).
    pub accept: Vec<(usize, Condition)>,
    /// What makes it worse, by profile, and the level that it has then.
    pub worse: Vec<(usize, Level, Condition)>,
    /// Whether outcomes are the same for things with the same facts (no address or tag is read).
    pub by_facts: bool,
    pub violation: Option<Words>,
    pub undetermined: Option<Words>,
    pub accepted: Option<Words>,
}

/// What is asked.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Policy {
    pub profiles: Vec<Arc<str>>,
    pub rules: Vec<Rule>,
    /// Countries where data may rest.
    pub home: Vec<Arc<str>>,
    /// `aws:ap-southeast-1`.
    pub accepted_regions: Vec<Arc<str>>,
    /// Countries whose access is to be avoided.
    pub countries_of_concern: Vec<Arc<str>>,
    /// The day on which somebody looked at that list.
    pub countries_of_concern_as_of: Option<Arc<str>>,
    /// A password of fewer characters is short.
    pub minimum_password_length: i64,
    /// The highest level of what is undetermined.
    pub undetermined: Level,
    /// Levels of single rules, in place of the profiles'.
    pub overrides: BTreeMap<String, Level>,
    /// Which day it is, for lists that change with a day.
    pub today: Date,
    /// What settings accept, of all settings files together.
    pub ignores: Vec<suppress::Ignore>,
    all: BTreeMap<String, Profile>,
}

impl Policy {
    /// Whether settings accept a region as a place for data.
    pub fn accepts(&self, namespace: &str, code: &str) -> bool {
        let mut accepted = self.accepted_regions.iter();
        accepted.any(|a| a.split_once(':') == Some((namespace, code)))
    }

    /// Whether data may be at a place.
    pub fn at_home(&self, namespace: &str, code: &str, country: &str) -> bool {
        self.home.iter().any(|h| **h == *country) || self.accepts(namespace, code)
    }

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
    pub fn file() -> &'static File {
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

    /// What is wrong with the questions of a rule, looked at alone: where in the text that it was read
    /// from, and what.
    pub fn mistakes(rule: &RuleText) -> Vec<(Option<Range<usize>>, String)> {
        let mut out = Vec::new();
        let said =
            |own: &Option<Words>, of_rule: &Option<Words>| own.is_some() || of_rule.is_some();
        for a in &rule.ask {
            if !a.fact.is_of(a.about) {
                out.push((None, format!("no {:?} has a fact {:?}", a.about, a.fact)));
            }
            for text in a.conditions() {
                let checked =
                    condition(text.get_ref()).and_then(|c| vocabulary::check(&c.tree, a.about));
                if let Err(what) = checked {
                    out.push((Some(text.span()), what));
                }
            }
            let mut lacks = |what: &str| out.push((None, format!("`{what}` is missing")));
            if a.requires.is_some() && !said(&a.violation, &rule.violation) {
                lacks("violation");
            }
            if a.undecided_as.is_none() && !said(&a.undetermined, &rule.undetermined) {
                lacks("undetermined");
            }
            if !a.accept.is_empty() && a.accepted.is_none() {
                lacks("accepted");
            }
        }
        out
    }

    fn read(file: File, profiles: &[&str]) -> Result<Policy, String> {
        if let Some(p) = profiles.iter().find(|p| !file.profiles.contains_key(**p)) {
            return Err((*p).to_owned());
        }
        let mut rules = Vec::with_capacity(file.rule.len());
        for (i, r) in file.rule.iter().enumerate() {
            let number = |id: &str| {
                let found = file.rule.iter().position(|r| r.id == id);
                found.ok_or_else(|| format!("{}: there is no rule `{id}`", r.id))
            };
            let asks = r.ask.iter().map(|a| {
                let undecided_as = match &a.undecided_as {
                    Some(other) => number(other)?,
                    None => i,
                };
                let undecided = (
                    undecided_as,
                    match a.undecided_level {
                        Some(LevelOf::Own) => i,
                        None => undecided_as,
                    },
                );
                let earlier = |id: &String| {
                    let n = number(id)?;
                    // A question on the same thing has to have been asked before this one.
                    if n > i {
                        Err(format!("{}: `{id}` stands after it", r.id))
                    } else {
                        Ok(n)
                    }
                };
                ask(a, r, profiles, undecided, &earlier).map_err(|(at, what)| match at {
                    Some(at) => format!("line {}: {what}", line(RULES, at)),
                    None => what,
                })
            });
            rules.push(Rule {
                id: r.id.as_str().into(),
                family: r.family.as_str().into(),
                asks: asks.collect::<Result<_, _>>()?,
                levels: r.levels.clone(),
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
            home: vec!["JP".into()],
            accepted_regions: Vec::new(),
            countries_of_concern: Vec::new(),
            countries_of_concern_as_of: None,
            minimum_password_length: file.thresholds.minimum_password_length,
            undetermined: Level::Error,
            overrides: BTreeMap::new(),
            today: Date::today(None),
            ignores: Vec::new(),
            all: file.profiles,
        })
    }

    /// The message key of what a question has to say; of what is undecided, under the rule that says it.
    pub fn text(&self, rule: usize, ask: usize, what: Said) -> String {
        let asking = &self.rules[rule];
        let question = &asking.asks[ask];
        let (own, word, by) = match what {
            Said::Violation => (question.violation.is_some(), "violation", rule),
            Said::Accepted => (true, "accepted", rule),
            Said::Undetermined => {
                let by = question.undecided_as;
                (question.undetermined.is_some(), "undetermined", by)
            }
        };
        if own {
            format!("rule.{}.{ask}.{word}", asking.id)
        } else {
            format!("rule.{}.{word}", self.rules[by].id)
        }
    }

    /// The level of a rule for a data class under one of the profiles.
    pub fn level_under(
        &self,
        profile: usize,
        rule: &Rule,
        worse: Option<Level>,
        class: Class<'_>,
    ) -> Level {
        self.level_of(&self.profiles[profile], rule, worse, class)
    }

    /// The level of a rule for a data class, the strictest of the profiles', and the profiles that ask.
    pub fn level(&self, rule: &Rule, class: Class<'_>) -> (Level, Vec<Arc<str>>) {
        let mut best = Level::Off;
        let mut who = Vec::new();
        for name in &self.profiles {
            let level = self.level_of(name, rule, None, class);
            best = best.max(level);
            if level != Level::Off {
                who.push(name.clone());
            }
        }
        (best, who)
    }

    fn level_of(
        &self,
        profile: &str,
        rule: &Rule,
        worse: Option<Level>,
        Class { class, marks }: Class<'_>,
    ) -> Level {
        let level = self
            .overrides
            .get(&*rule.id)
            .or(worse.as_ref())
            .or_else(|| rule.levels.get(profile))
            .copied()
            .unwrap_or(Level::Off);
        let about = self.about(profile);
        let wanted = self.all.get(profile).map_or(&[][..], |p| &p.marks);
        let marked = wanted.is_empty()
            || class != "personal"
            || marks.iter().any(|m| wanted.iter().any(|w| **w == **m));
        if about.iter().any(|c| c == class) && marked {
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
            for (i, a) in r.asks.iter().enumerate() {
                let texts = [
                    ("violation", &a.violation),
                    ("undetermined", &a.undetermined),
                    ("accepted", &a.accepted),
                ];
                for (what, text) in texts {
                    out.extend(text.clone().map(|t| (key(&format!("{i}.{what}")), t)));
                }
            }
        }
        out
    }
}

/// What class data is of.
#[derive(Clone, Copy, Debug)]
pub struct Class<'a> {
    /// The class.
    pub class: &'a str,
    /// Its marks.
    pub marks: &'a [Arc<str>],
}

impl Class<'_> {
    /// That of what nobody classified.
    pub const DEFAULT: Class<'static> = Class {
        class: classify::DEFAULT,
        marks: &[],
    };
}

/// What a question has to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Said {
    Violation,
    Undetermined,
    Accepted,
}

/// Where in the file, and what is wrong.
type Wrong = (Option<usize>, String);

fn line(text: &str, at: usize) -> usize {
    text.get(..at).map_or(0, |t| t.matches('\n').count()) + 1
}

fn ask(
    a: &AskText,
    rule: &RuleText,
    profiles: &[&str],
    (undecided_as, undecided_level): (usize, usize),
    earlier: &dyn Fn(&String) -> Result<usize, String>,
) -> Result<Ask, Wrong> {
    let wrong = |what: String| (None, format!("{}: {what}", rule.id));
    if !a.fact.is_of(a.about) {
        return Err(wrong(format!("no {:?} has a fact {:?}", a.about, a.fact)));
    }
    let compile = |text: &Spanned<String>| -> Result<Condition, Wrong> {
        let compiled = condition(text.get_ref()).and_then(|c| {
            vocabulary::check(&c.tree, a.about)
                .map_err(|what| format!("`{}`: {what}", text.get_ref()))?;
            Ok(c)
        });
        compiled.map_err(|what| (Some(text.span().start), format!("{}: {what}", rule.id)))
    };
    let mut accept = Vec::new();
    for (profile, text) in &a.accept {
        let compiled = compile(text)?;
        if a.accepted.is_none() {
            return Err(wrong("`accept` without `accepted`".into()));
        }
        if let Some(i) = profiles.iter().position(|p| p == profile) {
            accept.push((i, compiled));
        }
    }
    let mut worse = Vec::new();
    for (profile, text) in &a.worse {
        let compiled = compile(&text.r#where)?;
        if let Some(i) = profiles.iter().position(|p| p == profile) {
            worse.push((i, text.level, compiled));
        }
    }
    let by_facts = !a.conditions().any(|t| {
        let t = t.get_ref();
        ["address", "tags", "target", "names", "copy.to"]
            .iter()
            .any(|word| t.contains(word))
    });
    let numbers = |ids: &[String]| -> Result<Vec<usize>, Wrong> {
        ids.iter()
            .map(|id| earlier(id).map_err(|e| (None, e)))
            .collect()
    };
    Ok(Ask {
        about: a.about,
        fact: a.fact,
        applies: a.r#for.as_ref().map(compile).transpose()?,
        after: numbers(&a.after)?,
        after_store: numbers(&a.after_store)?,
        after_destination: numbers(&a.after_destination)?,
        requires: a.requires.as_ref().map(compile).transpose()?,
        undecided_as,
        undecided_level,
        accept,
        worse,
        by_facts,
        violation: a.violation.clone(),
        undetermined: a.undetermined.clone(),
        accepted: a.accepted.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_well_formed() {
        let p = Policy::builtin(&["baseline"]).expect("rules.toml is well-formed");
        for r in &p.rules {
            // What is said about the run itself is made from no document.
            assert_eq!(
                r.basis.is_empty(),
                &*r.family == "run" && r.asks.is_empty(),
                "{}",
                r.id
            );
            for b in &r.basis {
                assert!(
                    requirements::title(&b.document).is_some(),
                    "{}: {}",
                    r.id,
                    b.document
                );
                for profile in b.profiles.iter().flatten() {
                    assert!(p.all.contains_key(profile), "{}: {profile}", r.id);
                }
            }
            assert_eq!(r.levels.len(), p.all.len(), "{}: a level a profile", r.id);
            for (profile, level) in &r.levels {
                let asked = *level != Level::Off && &*r.family != "run";
                assert!(
                    !asked || r.basis_of(profile).next().is_some(),
                    "{}: nothing that {profile} asks it by",
                    r.id
                );
            }
            for a in &r.asks {
                let violation = a.violation.is_some() || r.violation.is_some();
                assert!(a.requires.is_none() || violation, "{}", r.id);
                let said = &p.rules[a.undecided_as];
                let undetermined = a.undetermined.is_some() || said.undetermined.is_some();
                assert!(undetermined, "{}", r.id);
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
        let level = |class: &str| p.level(rule, Class { class, marks: &[] });
        assert_eq!(level("protected").0, Level::Error);
        // The strictest level wins, and all that ask are named.
        assert_eq!(level("protected").1.len(), 2);
        assert_eq!(level("internal").0, Level::Warning);
        assert_eq!(level("public").0, Level::Off);
    }

    #[test]
    fn a_profile_for_a_mark_asks_less_of_other_personal_data() {
        let p = Policy::builtin(&["medical"]).expect("it exists");
        let rule = p.rules.iter().find(|r| &*r.id == "data-outside-japan");
        let rule = rule.expect("it exists");
        let level = |class: &str, marks: &[&str]| {
            let marks: Vec<Arc<str>> = marks.iter().map(|m| Arc::from(*m)).collect();
            let class = Class {
                class,
                marks: &marks,
            };
            p.level(rule, class).0
        };
        assert_eq!(level("personal", &["medical"]), Level::Error);
        assert_eq!(level("personal", &["my-number"]), Level::Warning);
        assert_eq!(level("personal", &[]), Level::Warning);
        // What nobody classified may be anything.
        assert_eq!(level("protected", &[]), Level::Error);
    }
}
