//! What people are told without anything being judged: a rule, a type, the lists of them, and the pages of `docs/`.
//!
//! Lives here: putting rules.toml, the catalog and the examples into words. Not here: the wording itself
//! (`messages.toml`, rules.toml).

mod basis;
pub mod examples;
mod lists;
mod page;
mod profile;
mod resource;
mod rule;

pub use lists::pages;

use crate::catalog::{Catalog, Unlisted, lists as type_lists};
use crate::cli::{self, PageArgs, PageFormat};
use crate::diagnostic::Message;
use crate::messages::{Lang, Words};
use crate::settings::Environment;
use crate::{Exit, complain, nearest, to_stdout};
use page::Page;
use serde_json::{Value, json};

/// Every page there is, as text: what a test looks at for words that are missing.
pub fn all_texts(words: &Words) -> Vec<(String, String)> {
    let catalog = Catalog::builtin();
    let examples = examples::builtin();
    let rules = rule::rules().rule.iter();
    let mut out: Vec<(String, String)> = rules
        .map(|r| (r.id.clone(), rule::page(r, &examples, words).text()))
        .collect();
    let profiles = rule::rules().profiles.iter();
    out.extend(profiles.map(|(name, p)| (name.clone(), profile::page(name, p, words).text())));
    out.push(("basis".to_owned(), basis::page(words).text()));
    for name in catalog.names() {
        let page = catalog
            .in_file(name)
            .map(|w| resource::page(name, &w, words).text());
        out.push((name.to_owned(), page.unwrap_or_default()));
    }
    out
}

/// The version of the JSON of these commands.
const SCHEMA_VERSION: u32 = 1;

fn words(args: &PageArgs, env: &Environment) -> Words {
    Words::new(args.lang.map_or_else(|| env.lang(), Lang::from))
}

fn print(args: &PageArgs, page: &Page, json: &Value) -> Exit {
    let written = to_stdout(|out| match args.format {
        PageFormat::Text => write!(out, "{}", page.text()),
        PageFormat::Json => writeln!(out, "{json:#}"),
    });
    match written {
        Ok(()) => Exit::Clean,
        Err(_) => Exit::NotJudged,
    }
}

/// `sekisho explain NAME`: a rule, a profile or a type.
pub fn explain(typed: &cli::Explain, env: &Environment) -> Exit {
    let words = words(&typed.page, env);
    let name = typed.name.as_str();
    let rules = &rule::rules().rule;
    if let Some(found) = rules.iter().find(|r| r.id == name) {
        let examples = examples::builtin();
        let page = rule::page(found, &examples, &words);
        let json = rule::json(found, &examples, &words);
        let json = json!({"schema_version": SCHEMA_VERSION, "rule": json});
        return print(&typed.page, &page, &json);
    }
    let profiles = &rule::rules().profiles;
    if let Some(found) = profiles.get(name) {
        let page = profile::page(name, found, &words);
        let json = profile::json(name, found, &words);
        let json = json!({"schema_version": SCHEMA_VERSION, "profile": json});
        return print(&typed.page, &page, &json);
    }
    let catalog = Catalog::builtin();
    if let Some(written) = catalog.in_file(name) {
        let page = resource::page(name, &written, &words);
        let json = resource::json(name, &written, &words);
        let json = json!({"schema_version": SCHEMA_VERSION, "type": json});
        return print(&typed.page, &page, &json);
    }
    let unlisted = catalog.unlisted(name);
    if unlisted != Unlisted::UnknownType {
        let page = resource::page_without_row(name, unlisted, &words);
        let mut json = json!({"type": name, "kind": resource::kind_without_row(unlisted)});
        if let Unlisted::Unjudged(role) = unlisted {
            json["role"] = role.word().into();
        }
        let json = json!({"schema_version": SCHEMA_VERSION, "type": json});
        return print(&typed.page, &page, &json);
    }
    let mut known: Vec<&str> = rules.iter().map(|r| r.id.as_str()).collect();
    known.extend(profiles.keys().map(String::as_str));
    known.extend(catalog.names());
    known.extend(type_lists().known.all());
    unknown(&words, "explain.unknown", name, &known)
}

/// Says that nothing is called so, and what is called nearly so.
fn unknown(words: &Words, key: &str, name: &str, known: &[&str]) -> Exit {
    let near = nearest(name, known);
    let message = match near {
        Some(near) => Message::new(format!("{key}-near")).arg(name).arg(near),
        None => Message::new(key).arg(name),
    };
    complain(words, &message);
    Exit::NotJudged
}

/// `sekisho rules`.
pub fn rules(typed: &cli::Rules, env: &Environment) -> Exit {
    let words = words(&typed.page, env);
    let all = rule::rules();
    if let Some(wrong) = typed
        .profile
        .iter()
        .find(|p| !all.profiles.contains_key(*p))
    {
        let known: Vec<&str> = all.profiles.keys().map(String::as_str).collect();
        let message = Message::new("explain.unknown-profile")
            .arg(wrong)
            .arg(known.join(", "));
        complain(&words, &message);
        return Exit::NotJudged;
    }
    let page = lists::rules_page(&typed.profile, &words);
    let json = lists::rules_json(&typed.profile, &words);
    print(&typed.page, &page, &json)
}

/// `sekisho catalog`.
pub fn catalog(typed: &cli::Catalog, env: &Environment) -> Exit {
    let words = words(&typed.page, env);
    let pattern = typed.pattern.as_deref();
    let types = lists::Types::matching(pattern);
    if let Some(pattern) = pattern
        && types.nothing()
    {
        let mut known = Catalog::builtin().names();
        known.extend(type_lists().known.all());
        return unknown(&words, "explain.no-match", pattern, &known);
    }
    let page = types.page(pattern.is_some(), &words);
    print(&typed.page, &page, &types.json())
}

/// `sekisho completions`.
pub fn completions(typed: &cli::Completions) -> Exit {
    let mut command = cli::command();
    let written = to_stdout(|out| {
        let mut bytes = Vec::new();
        clap_complete::generate(typed.shell, &mut command, "sekisho", &mut bytes);
        out.write_all(&bytes)
    });
    match written {
        Ok(()) => Exit::Clean,
        Err(_) => Exit::NotJudged,
    }
}
