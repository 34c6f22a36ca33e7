//! Own rules and own catalog rows: they are read by the schemas of rules.toml and catalog/, which know
//! one mistake at a time. So what is wrong is noted, taken out, and the rest is read again.

use super::reading::{At, Node, Read, Reading, in_order, meant, span};
use crate::catalog::compile::{self, Row};
use crate::catalog::row::RowText;
use crate::diagnostic::Message;
use crate::load::syntax::Span;
use crate::policy::Policy;
use crate::policy::rules::RuleText;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// After so many mistakes in one table the rest of it is not looked at.
const MANY: usize = 50;

/// An own rule.
#[derive(Clone, Debug)]
pub struct OwnRule {
    /// As rules.toml would have it.
    pub rule: Arc<RuleText>,
    /// Where other rules and profiles are named.
    pub named: Named,
    /// Where its id stands.
    pub id_at: Span,
}

/// Where an own rule names others.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// What has to have passed: rules that stand before it.
    pub before: Vec<At<String>>,
    /// Under which rule it is undecided.
    pub undecided: Vec<At<String>>,
    /// Profiles under which something is accepted.
    pub profiles: Vec<At<String>>,
}

impl Named {
    fn of(&mut self, ask: &Node<'_>) {
        let Some(table) = ask.get_ref().as_table() else {
            return;
        };
        let text = |n: &Node<'_>| Some(At::new(n.get_ref().as_str()?.to_owned(), span(n.span())));
        for key in ["after", "after_store", "after_destination"] {
            let list = table.get(key).and_then(|a| a.get_ref().as_array());
            self.before
                .extend(list.into_iter().flat_map(|l| l.iter()).filter_map(text));
        }
        self.undecided
            .extend(table.get("undecided_as").and_then(text));
        let accept = table.get("accept").and_then(|a| a.get_ref().as_table());
        for (profile, _) in accept.into_iter().flat_map(in_order) {
            let at = span(profile.span());
            self.profiles
                .push(At::new(profile.get_ref().to_string(), at));
        }
    }
}

impl Read for OwnRule {
    fn read(node: &Node<'_>, out: &mut Reading) -> Option<OwnRule> {
        out.table(node)?;
        let mut node = node.clone();
        both_languages(&mut node);
        let rule: RuleText = peel(node.clone(), "settings.rule", out)?;
        let table = node.get_ref().as_table()?;
        let id_at = table.get("id").map_or_else(|| node.span(), Spanned::span);
        let mistakes = Policy::mistakes(&rule);
        let clean = mistakes.is_empty();
        for (at, what) in mistakes {
            let (key, at) = match at {
                Some(at) => ("settings.condition", at),
                None => ("settings.rule", id_at.clone()),
            };
            out.say(span(at), Message::new(key).arg(what), None);
        }
        let mut named = Named::default();
        for ask in table.get("ask").and_then(|a| a.get_ref().as_array())? {
            named.of(ask);
        }
        clean.then_some(OwnRule {
            rule: Arc::new(rule),
            named,
            id_at: span(id_at),
        })
    }
    fn schema() -> Value {
        properties::<RuleText>()
    }
}

/// A text stands for itself in both languages: whoever writes rules for a team needs one.
fn both_languages(rule: &mut Node<'_>) {
    let DeValue::Table(table) = rule.get_mut() else {
        return;
    };
    let texts = |table: &mut DeTable<'_>, keys: &[&str]| {
        for key in keys {
            if let Some(text) = table.get_mut(*key) {
                twice(text);
            }
        }
    };
    texts(
        table,
        &[
            "title",
            "why",
            "help",
            "unknown",
            "violation",
            "undetermined",
        ],
    );
    for (list, keys) in [
        ("basis", &["says"][..]),
        ("ask", &["violation", "undetermined", "accepted"]),
    ] {
        if let Some(DeValue::Array(entries)) = table.get_mut(list).map(Spanned::get_mut) {
            for entry in entries.iter_mut() {
                if let DeValue::Table(entry) = entry.get_mut() {
                    texts(entry, keys);
                }
            }
        }
    }
}

fn twice(node: &mut Node<'_>) {
    let at = node.span();
    if let DeValue::String(text) = node.get_ref() {
        let mut words = DeTable::new();
        for lang in ["en", "ja"] {
            words.insert(
                Spanned::new(at.clone(), Cow::Borrowed(lang)),
                Spanned::new(at.clone(), DeValue::String(text.clone())),
            );
        }
        *node.get_mut() = DeValue::Table(words);
    }
}

/// An own row of the catalog.
#[derive(Clone, Debug)]
pub struct OwnRow {
    /// The type, or `data.` and the type.
    pub name: At<String>,
    /// The row, ready for use.
    pub row: Arc<Row>,
}

/// `[type.X]`.
#[derive(Clone, Debug, Default)]
pub struct OwnRows(pub Vec<OwnRow>);

impl Read for OwnRows {
    fn read(node: &Node<'_>, out: &mut Reading) -> Option<OwnRows> {
        let mut rows = Vec::new();
        for (key, value) in in_order(out.table(node)?) {
            let name = key.get_ref();
            if name == "data" {
                for (key, value) in in_order(out.table(value)?) {
                    rows.extend(row(
                        &format!("data.{}", key.get_ref()),
                        key.span(),
                        value,
                        out,
                    ));
                }
            } else {
                rows.extend(row(name, key.span(), value, out));
            }
        }
        Some(OwnRows(rows))
    }
    fn schema() -> Value {
        json!({"type": "object", "additionalProperties": properties::<RowText>()})
    }
}

fn row(name: &str, at: Range<usize>, node: &Node<'_>, out: &mut Reading) -> Option<OwnRow> {
    out.table(node)?;
    let text: RowText = peel(node.clone(), "settings.row", out)?;
    match compile::row(name, &text) {
        Ok(row) => Some(OwnRow {
            name: At::new(name.to_owned(), span(at)),
            row: Arc::new(row),
        }),
        Err(why) => {
            out.say(span(at), Message::new("settings.row").arg(why), None);
            None
        }
    }
}

/// Reads a table by serde. Each mistake is noted and taken out, so that the next one is found too;
/// `None` where there was any.
fn peel<T: DeserializeOwned>(mut node: Node<'_>, key: &str, out: &mut Reading) -> Option<T> {
    let mut clean = true;
    for _ in 0..MANY {
        let whole = node.span();
        let error = match T::deserialize(ValueDeserializer::from(node.clone())) {
            Ok(value) => return clean.then_some(value),
            Err(error) => error,
        };
        clean = false;
        let at = error.span().unwrap_or_else(|| whole.clone());
        out.mistakes.push(told(&error, key, at.clone()));
        if at == whole || !take_out(node.get_mut(), &at) {
            return None;
        }
    }
    None
}

fn told(error: &toml::de::Error, key: &str, at: Range<usize>) -> super::reading::Mistake {
    let text = error.message();
    let quoted: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let (message, help) = match quoted.split_first() {
        Some((name, known)) if text.starts_with("unknown field") => (
            Message::new("settings.unknown-key").arg(*name),
            Some(meant(name, known)),
        ),
        Some((name, known)) if text.starts_with("unknown variant") => (
            Message::new("settings.unknown-word").arg(*name),
            Some(meant(name, known)),
        ),
        Some((name, _)) if text.starts_with("missing field") => {
            (Message::new("settings.missing-key").arg(*name), None)
        }
        _ => (Message::new(key).arg(text), None),
    };
    super::reading::Mistake {
        span: span(at),
        message,
        help,
    }
}

/// Takes out the innermost entry that a place lies in.
fn take_out(value: &mut DeValue<'_>, at: &Range<usize>) -> bool {
    let inside = |outer: Range<usize>| outer.start <= at.start && at.end <= outer.end;
    match value {
        DeValue::Table(table) => {
            for (_, inner) in table.iter_mut() {
                if inner.span() != *at && take_out(inner.get_mut(), at) {
                    return true;
                }
            }
            let found = table
                .iter()
                .find(|(k, v)| k.span() == *at || v.span() == *at)
                .or_else(|| {
                    table
                        .iter()
                        .find(|(k, v)| inside(k.span()) || inside(v.span()))
                })
                .map(|(k, _)| k.get_ref().to_string());
            found.is_some_and(|key| table.remove(key.as_str()).is_some())
        }
        DeValue::Array(items) => {
            for inner in items.iter_mut() {
                if inner.span() != *at && take_out(inner.get_mut(), at) {
                    return true;
                }
            }
            false
        }
        _ => false,
    }
}

/// The keys of a table that serde reads, for editors: it names them when it meets one that is none.
fn properties<T: DeserializeOwned>() -> Value {
    let text = "\"\\u0000\" = 0";
    let message = toml::from_str::<T>(text)
        .err()
        .map(|e| e.message().to_owned());
    let mut properties = serde_json::Map::new();
    for name in message.iter().flat_map(|m| m.split('`').skip(3).step_by(2)) {
        properties.insert(name.to_owned(), json!({}));
    }
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}
