//! What is said of a rule: read from rules.toml as it is written, so that the page has its very expressions.

use super::examples::{Example, Examples};
use super::page::{Block, Page};
use crate::catalog::row;
use crate::diagnostic::{Level, Message};
use crate::messages::{Lang, Words};
use crate::policy::rules::{File, RuleText};
use crate::policy::{Policy, requirements};
use serde_json::{Map, Value, json};

/// The built-in rules, as they are written.
pub fn rules() -> &'static File {
    Policy::file()
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
    for ask in &rule.ask {
        let about = ask.about.word();
        let mut parts = vec![match &ask.requires {
            Some(requires) => say("requires", &[&code(about), &code(requires.get_ref())]),
            None => say("requires-nothing", &[&code(about)]),
        }];
        if let Some(applies) = &ask.r#for {
            parts.push(say("requires-for", &[&code(applies.get_ref())]));
        }
        for (profile, accept) in &ask.accept {
            parts.push(say(
                "requires-accept",
                &[&code(profile), &code(accept.get_ref())],
            ));
        }
        for (profile, worse) in &ask.worse {
            let level = code(worse.level.word());
            let condition = code(worse.r#where.get_ref());
            parts.push(say("requires-worse", &[&code(profile), &level, &condition]));
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
        let level = rule.levels.get(name).copied().unwrap_or(Level::Off);
        levels.push(vec![
            name.clone(),
            level.word().to_owned(),
            profile.about.join(", "),
        ]);
    }
    page.section(
        word("levels"),
        vec![Block::Table(levels), Block::Words(word("levels-classes"))],
    );

    let basis = rule.basis.iter().map(|b| {
        let document =
            requirements::title(&b.document).map_or(b.document.as_str(), |d| said(words, d));
        match &b.says {
            Some(says) => say("basis-line", &[document, &b.section, said(words, says)]),
            None => say("basis-name", &[document, &b.section]),
        }
    });
    page.section(word("basis"), vec![Block::List(basis.collect())]);
    let served = requirements::file().requirement.iter();
    let served = served.filter(|r| r.rules.contains(&rule.id));
    let served = served.map(|r| {
        let short = requirements::file().documents.get(&r.document);
        let short = short.map_or(r.document.as_str(), |d| said(words, &d.short));
        say(
            "requirement-line",
            &[&r.id, short, &r.section, said(words, &r.asks)],
        )
    });
    page.section(word("requirements"), vec![Block::List(served.collect())]);
    let unknown = rule.unknown.as_ref().map_or("", |u| said(words, u));
    page.section(word("unknown-what"), vec![Block::Words(unknown.to_owned())]);
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
    let text = |t: &Option<toml::Spanned<String>>| t.as_ref().map(|t| t.get_ref().clone());
    let asks: Vec<Value> = rule
        .ask
        .iter()
        .map(|a| {
            let accept = a
                .accept
                .iter()
                .map(|(p, t)| (p.clone(), t.get_ref().clone().into()));
            json!({
                "about": a.about.word(), "fact": a.fact, "for": text(&a.r#for),
                "requires": text(&a.requires), "accept": accept.collect::<Map<_, Value>>(),
                "after": a.after, "undecided_as": a.undecided_as,
            })
        })
        .collect();
    let basis: Vec<Value> = rule
        .basis
        .iter()
        .map(|b| {
            let document = requirements::title(&b.document);
            json!({
                "document": document.map_or(b.document.as_str(), |d| said(words, d)),
                "section": b.section, "says": b.says.as_ref().map(|s| said(words, s)),
                "profiles": b.profiles,
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
