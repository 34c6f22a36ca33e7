//! What is said of a profile: what it asks, on which texts it stands, what it never says.

use super::basis;
use super::page::{Block, Page};
use super::rule::{rules, said};
use crate::diagnostic::Level;
use crate::messages::Words;
use crate::policy::requirements;
use crate::policy::rules::Profile;
use serde_json::{Map, Value, json};

fn word(words: &Words, key: &str) -> String {
    words.word(&format!("explain.{key}"))
}

/// The rules that a profile asks, with their levels, in the order of rules.toml.
fn levels(name: &str) -> impl Iterator<Item = (&'static crate::policy::rules::RuleText, Level)> {
    rules().rule.iter().filter_map(move |r| {
        let level = r.levels.get(name).copied().unwrap_or(Level::Off);
        (level != Level::Off).then_some((r, level))
    })
}

/// The page of a profile.
pub fn page(name: &str, profile: &Profile, words: &Words) -> Page {
    let mut page = Page {
        title: format!("{name}: {}", said(words, &profile.title)),
        ..Page::default()
    };
    page.section(
        word(words, "profile-asks"),
        vec![Block::Words(said(words, &profile.summary).to_owned())],
    );
    page.section(
        word(words, "not-claimed"),
        vec![Block::Words(said(words, &profile.not_claimed).to_owned())],
    );
    let mut classes = vec![profile.about.join(", ")];
    if !profile.marks.is_empty() {
        classes.push(words.say(
            &crate::diagnostic::Message::new("explain.profile-marks").arg(profile.marks.join(", ")),
        ));
    }
    page.section(word(words, "classes"), vec![Block::List(classes)]);
    let documents = &requirements::file().documents;
    let columns = ["document", "edition", "read", "note"];
    let head = columns.map(|c| word(words, &format!("column-{c}")));
    let mut rows = vec![head.to_vec()];
    let made_from = profile.documents.iter().filter_map(|d| documents.get(d));
    rows.extend(made_from.map(|d| basis::of_document(d, words)));
    page.section(word(words, "documents"), vec![Block::Table(rows)]);
    let mut rows = vec![vec![
        word(words, "rule"),
        word(words, "level"),
        word(words, "title"),
    ]];
    rows.extend(levels(name).map(|(r, level)| {
        let id = format!("`{}`", r.id);
        vec![
            id,
            level.word().to_owned(),
            said(words, &r.title).to_owned(),
        ]
    }));
    page.section(word(words, "rules"), vec![Block::Table(rows)]);
    let all = requirements::file().requirement.iter();
    let own = all.filter(|r| r.profiles.iter().any(|p| p == name));
    let rows = basis::table(own, words);
    page.section(word(words, "requirements"), vec![Block::Table(rows)]);
    let configured = format!("profiles = [\"{name}\"]");
    page.section(
        word(words, "configure"),
        vec![
            Block::Code("toml", configured),
            Block::Code(
                "sh",
                format!("sekisho check --profile {name}\nsekisho report --profile {name}"),
            ),
        ],
    );
    page
}

/// A profile as JSON has it.
pub fn json(name: &str, profile: &Profile, words: &Words) -> Value {
    let levels: Map<String, Value> = levels(name)
        .map(|(r, level)| (r.id.clone(), level.word().into()))
        .collect();
    let all = requirements::file().requirement.iter();
    let own = all.filter(|r| r.profiles.iter().any(|p| p == name));
    json!({
        "id": name, "title": said(words, &profile.title), "summary": said(words, &profile.summary),
        "not_claimed": said(words, &profile.not_claimed), "about": profile.about, "marks": profile.marks,
        "levels": levels, "requirements": own.map(|r| basis::json(r, words)).collect::<Vec<_>>(),
    })
}
