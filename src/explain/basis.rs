//! What asks for what: the documents, each of their requirements, and how sekisho treats it.

use super::page::{Block, Page};
use super::rule::{rules, said};
use crate::diagnostic::Message;
use crate::messages::Words;
use crate::policy::requirements::{self, Document, Requirement, Treated};
use serde_json::{Value, json};

fn word(words: &Words, key: &str) -> String {
    words.word(&format!("explain.{key}"))
}

/// The page of all documents: `docs/basis.md`.
pub fn page(words: &Words) -> Page {
    let file = requirements::file();
    let mut page = Page {
        title: word(words, "basis-title"),
        ..Page::default()
    };
    page.section(
        String::new(),
        vec![Block::Words(word(words, "basis-about"))],
    );
    let mut rows = vec![head(words, &["document", "edition", "read", "note"])];
    rows.extend(file.documents.values().map(|d| of_document(d, words)));
    page.section(word(words, "documents"), vec![Block::Table(rows)]);
    for (id, document) in &file.documents {
        let asked = file.requirement.iter().filter(|r| r.document == *id);
        let mut blocks = vec![Block::Table(table(asked, words))];
        let standing = standing_on(id);
        if !standing.is_empty() {
            blocks.push(Block::Words(word(words, "rules-on-it")));
            blocks.push(Block::List(standing));
        }
        page.section(said(words, &document.title).to_owned(), blocks);
    }
    page
}

/// Documents, as a table has them.
pub fn of_document(d: &Document, words: &Words) -> Vec<String> {
    vec![
        said(words, &d.title).to_owned(),
        d.edition.clone(),
        word(words, &format!("read-{}", d.read.word())),
        d.note.as_ref().map_or("", |n| said(words, n)).to_owned(),
    ]
}

fn head(words: &Words, keys: &[&str]) -> Vec<String> {
    let cells = keys.iter().map(|k| word(words, &format!("column-{k}")));
    cells.collect()
}

/// Requirements, a row each.
pub fn table<'a>(all: impl Iterator<Item = &'a Requirement>, words: &Words) -> Vec<Vec<String>> {
    let keys = [
        "requirement",
        "section",
        "asks",
        "treated",
        "settle",
        "since",
    ];
    let mut rows = vec![head(words, &keys)];
    rows.extend(all.map(|r| {
        let asks = said(words, &r.asks);
        let asks = match &r.says {
            Some(says) => words.say(
                &Message::new("explain.asks-and-says")
                    .arg(asks)
                    .arg(said(words, says)),
            ),
            None => asks.to_owned(),
        };
        vec![
            r.id.clone(),
            r.section.clone(),
            asks,
            treated(r, words),
            r.settle.as_ref().map_or("", |s| said(words, s)).to_owned(),
            r.since.clone(),
        ]
    }));
    rows
}

/// How a requirement is treated, in words.
pub fn treated(r: &Requirement, words: &Words) -> String {
    let list = match r.treated {
        Treated::Judged => r.rules.iter().map(|rule| format!("`{rule}`")).collect(),
        Treated::Shown => r
            .shows
            .iter()
            .map(|s| word(words, &format!("shows-{}", s.word())))
            .collect(),
        Treated::Asked => Vec::new(),
    };
    let how = Message::new(format!("explain.treated-{}", r.treated.word()));
    words.say(&how.arg(list.join(", ")))
}

/// The rules that stand on a document, with the sections.
fn standing_on(document: &str) -> Vec<String> {
    let of_rule = |r: &crate::policy::rules::RuleText| {
        let sections = r.basis.iter().filter(|b| b.document == document);
        let sections: Vec<&str> = sections.map(|b| b.section.as_str()).collect();
        (!sections.is_empty()).then(|| format!("`{}`: {}", r.id, sections.join(", ")))
    };
    rules().rule.iter().filter_map(of_rule).collect()
}

/// A requirement as JSON has it.
pub fn json(r: &Requirement, words: &Words) -> Value {
    let document = requirements::title(&r.document);
    json!({
        "id": r.id, "document": document.map_or(r.document.as_str(), |d| said(words, d)), "section": r.section,
        "profiles": r.profiles, "asks": said(words, &r.asks), "says": r.says.as_ref().map(|s| said(words, s)),
        "treated": r.treated.word(), "rules": r.rules,
        "shows": r.shows.iter().map(|s| s.word()).collect::<Vec<_>>(),
        "settle": r.settle.as_ref().map(|s| said(words, s)), "since": r.since,
    })
}
