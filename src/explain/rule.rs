//! What is said of a rule: read from rules.toml as it is written, so that the page has its very expressions.

use super::examples::{Example, Examples};
use super::page::{Block, Page};
use crate::catalog::row;
use crate::diagnostic::Message;
use crate::messages::{Lang, Words};
use crate::policy::RULES;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// rules.toml, as much of it as people are told. Other fields are the judge's.
#[derive(Deserialize, Debug)]
pub struct RulesText {
    /// By short name.
    pub documents: BTreeMap<String, row::Words>,
    /// By name.
    pub profiles: BTreeMap<String, ProfileText>,
    /// In their order.
    pub rule: Vec<RuleText>,
}

/// A profile.
#[derive(Deserialize, Debug)]
pub struct ProfileText {
    /// The classes that it is about.
    pub about: Vec<String>,
}

/// A rule.
#[derive(Deserialize, Debug)]
#[allow(missing_docs)]
pub struct RuleText {
    pub id: String,
    pub family: String,
    pub title: row::Words,
    pub why: row::Words,
    pub help: row::Words,
    /// By profile.
    pub levels: BTreeMap<String, String>,
    pub basis: Vec<BasisText>,
    /// Its questions.
    #[serde(default)]
    pub ask: Vec<AskText>,
    /// A rule with one question may have it in itself.
    #[serde(flatten)]
    pub own: AskText,
}

/// A question.
#[derive(Deserialize, Debug, Default)]
#[allow(missing_docs)]
pub struct AskText {
    pub about: Option<String>,
    pub fact: Option<String>,
    pub r#for: Option<String>,
    #[serde(default)]
    pub after: Vec<String>,
    pub requires: Option<String>,
    #[serde(default)]
    pub accept: BTreeMap<String, String>,
    pub undecided_as: Option<String>,
}

/// What it is made from.
#[derive(Deserialize, Debug)]
#[allow(missing_docs)]
pub struct BasisText {
    pub document: String,
    pub section: String,
    pub says: row::Words,
}

/// The built-in rules.
pub fn rules() -> &'static RulesText {
    static TEXT: OnceLock<RulesText> = OnceLock::new();
    TEXT.get_or_init(|| toml::from_str(RULES).expect("internal: rules.toml is ours and tested"))
}

impl RuleText {
    /// What it asks.
    pub fn asks(&self) -> Vec<&AskText> {
        if self.ask.is_empty() {
            self.own.about.iter().map(|_| &self.own).collect()
        } else {
            self.ask.iter().collect()
        }
    }
}

/// A text in the language that was asked for.
pub fn said<'a>(words: &Words, text: &'a row::Words) -> &'a str {
    match words.lang {
        Lang::En => &text.en,
        Lang::Ja => &text.ja,
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// The page of a rule.
pub fn page(rule: &RuleText, examples: &Examples, words: &Words) -> Page {
    let all = rules();
    let word = |key: &str| words.word(&format!("explain.{key}"));
    let say = |key: &str, args: &[&str]| {
        let message = Message::new(format!("explain.{key}"));
        words.say(&args.iter().fold(message, |m, a| m.arg(*a)))
    };
    let mut page = Page {
        title: format!("{}: {}", rule.id, said(words, &rule.title)),
        ..Page::default()
    };
    page.section(
        word("why"),
        vec![Block::Words(said(words, &rule.why).to_owned())],
    );

    let mut asks = Vec::new();
    for ask in rule.asks() {
        let about = ask.about.as_deref().unwrap_or_default();
        let mut parts = vec![match &ask.requires {
            Some(requires) => say("requires", &[&code(about), &code(requires)]),
            None => say("requires-nothing", &[&code(about)]),
        }];
        if let Some(applies) = &ask.r#for {
            parts.push(say("requires-for", &[&code(applies)]));
        }
        for (profile, accept) in &ask.accept {
            parts.push(say("requires-accept", &[&code(profile), &code(accept)]));
        }
        if !ask.after.is_empty() {
            let after: Vec<String> = ask.after.iter().map(|a| code(a)).collect();
            parts.push(say("requires-after", &[&after.join(", ")]));
        }
        if let Some(other) = &ask.undecided_as {
            parts.push(say("requires-undecided", &[&code(other)]));
        }
        asks.push(parts.join(if words.lang == Lang::Ja { "" } else { " " }));
    }
    if asks.is_empty() {
        asks.push(word("requires-only-undecided"));
    }
    page.section(word("what"), vec![Block::List(asks)]);

    let mut levels = vec![vec![word("profile"), word("level"), word("classes")]];
    for (name, profile) in &all.profiles {
        let level = rule.levels.get(name).map_or("off", String::as_str);
        levels.push(vec![
            name.clone(),
            level.to_owned(),
            profile.about.join(", "),
        ]);
    }
    page.section(
        word("levels"),
        vec![Block::Table(levels), Block::Words(word("levels-classes"))],
    );

    let basis = rule.basis.iter().map(|b| {
        let document = all
            .documents
            .get(&b.document)
            .map_or(b.document.as_str(), |d| said(words, d));
        say("basis-line", &[document, &b.section, said(words, &b.says)])
    });
    page.section(word("basis"), vec![Block::List(basis.collect())]);
    page.section(
        word("repair"),
        vec![Block::Words(said(words, &rule.help).to_owned())],
    );

    if let Some(example) = examples.get(&rule.id) {
        for (key, text) in example.each() {
            page.section(
                word(&format!("example-{key}")),
                vec![Block::Code("terraform", text.to_owned())],
            );
        }
    }
    page.section(
        word("suppress"),
        vec![
            Block::Words(word("suppress-code")),
            Block::Code(
                "terraform",
                format!("# sekisho: ignore[{}] {}", rule.id, word("suppress-reason")),
            ),
            Block::Words(word("suppress-settings")),
            Block::Code(
                "toml",
                format!(
                    "[[ignore]]\nrules = [\"{}\"]\naddresses = [\"module.example.**\"]\nreason = \"{}\"\n\n\
                     [levels]\n{} = \"note\"",
                    rule.id,
                    word("suppress-reason"),
                    rule.id
                ),
            ),
        ],
    );
    page
}

/// A rule as JSON has it.
pub fn json(rule: &RuleText, examples: &Examples, words: &Words) -> Value {
    let all = rules();
    let asks: Vec<Value> = rule
        .asks()
        .into_iter()
        .map(|a| {
            json!({
                "about": a.about, "fact": a.fact, "for": a.r#for, "requires": a.requires,
                "accept": a.accept, "after": a.after, "undecided_as": a.undecided_as,
            })
        })
        .collect();
    let basis: Vec<Value> = rule
        .basis
        .iter()
        .map(|b| {
            let document = all.documents.get(&b.document);
            json!({
                "document": document.map_or(b.document.as_str(), |d| said(words, d)),
                "section": b.section, "says": said(words, &b.says),
            })
        })
        .collect();
    let mut shown = Map::new();
    for (key, text) in examples.get(&rule.id).iter().flat_map(|e| Example::each(e)) {
        shown.insert(key.to_owned(), text.into());
    }
    json!({
        "id": rule.id, "family": rule.family, "title": said(words, &rule.title), "why": said(words, &rule.why),
        "help": said(words, &rule.help), "asks": asks, "levels": rule.levels, "basis": basis, "examples": shown,
    })
}
