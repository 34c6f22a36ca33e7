//! `sekisho why`, as a tree in the manner of `cargo tree`, and as JSON.

use super::secrets::sounds_secret;
use super::{Outcome, SCHEMA_VERSION};
use crate::diagnostic::Message;
use crate::messages::{Words, visible};
use crate::source::Place;
use crate::why::{Is, Node, Told};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Longer expressions are cut.
const TEXT: usize = 60;

/// As text.
pub fn text(
    out: &mut dyn Write,
    outcome: &Outcome,
    told: &[Told],
    words: &Words,
) -> io::Result<()> {
    for (number, t) in told.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        let within = Message::new("report.in-target").arg(&*t.target);
        let set = if *t.variable_set == *"default" {
            String::new()
        } else {
            format!(", {}", visible(&t.variable_set))
        };
        writeln!(
            out,
            "{}  {} ({}{set})",
            visible(&t.address),
            at(outcome, t.place),
            words.show(&within)
        )?;
        nodes(out, outcome, &t.facts, "", words)?;
    }
    Ok(())
}

fn nodes(
    out: &mut dyn Write,
    outcome: &Outcome,
    all: &[Node],
    indent: &str,
    words: &Words,
) -> io::Result<()> {
    for (number, node) in all.iter().enumerate() {
        let last = number + 1 == all.len();
        let (branch, below) = if last {
            ("└── ", "    ")
        } else {
            ("├── ", "│   ")
        };
        writeln!(out, "{indent}{branch}{}", line(outcome, node, words))?;
        let indent = format!("{indent}{below}");
        nodes(out, outcome, &node.children, &indent, words)?;
    }
    Ok(())
}

/// `file:line`.
fn at(outcome: &Outcome, place: Place) -> String {
    let file = visible(outcome.file(place));
    format!("{file}:{}", outcome.lines(place).line)
}

fn line(outcome: &Outcome, node: &Node, words: &Words) -> String {
    let secret = matches!(node.is, Is::Value | Is::Step) && secret(outcome, node);
    let mut text = match &node.message {
        Some(message) => words.show(message),
        None => visible(&node.text),
    };
    if node.is == Is::Value
        && let Some(place) = node.place
    {
        text = visible(&written(outcome, place));
    }
    let value = match (&node.value, secret) {
        (_, true) => Some("…".to_owned()),
        (Some(value), false) => Some(visible(value)),
        (None, false) => None,
    };
    if let Some(value) = value.filter(|v| *v != text) {
        // Of an object or a list a step hands on a part: that is not what the name stands for.
        let sign = if node.is == Is::Step { ":" } else { " =" };
        text = if text.is_empty() {
            // Of a plan or state only the value is told, not what stands there.
            value
        } else {
            format!("{text}{sign} {value}")
        };
    }
    let mut out = match node.is {
        Is::Fact(fact) => format!("{}: {text}", words.word(&format!("tree.{fact}"))),
        Is::Row => format!("{}: {text}", words.word("tree.row")),
        Is::Open => format!("{}: {text}", words.word("tree.open")),
        Is::HangsOn => words.show(&Message::new("tree.hangs-on").arg(text)),
        Is::Assumed => format!("{}: {text}", words.word("tree.assumed")),
        Is::Step => format!("← {text}"),
        Is::One | Is::Value | Is::Silent | Is::Resource => text,
    };
    if !node.when.is_empty() {
        let when = Message::new("tree.when").arg(node.when.join(", "));
        out = format!("{out} {}", words.show(&when));
    }
    if let Some(row) = &node.row {
        out = format!("{out}  {}:{}", row.file, row.line);
    }
    if let Some(place) = node.place {
        out = format!("{out}  {}", at(outcome, place));
    }
    out
}

/// The expression at a place, on one line, with what is secret covered.
fn written(outcome: &Outcome, place: Place) -> String {
    let (start, end) = (place.span.start as usize, place.span.end as usize);
    let text = outcome
        .secrets
        .cover(&outcome.project, place.file, start, end);
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    if text.chars().count() > TEXT {
        let cut: String = text.chars().take(TEXT).collect();
        format!("{cut}…")
    } else {
        text
    }
}

/// Whether anything on the way of a value is covered where it is written, or is called like a secret:
/// then its value is not told at any step.
fn secret(outcome: &Outcome, node: &Node) -> bool {
    let here = matches!(node.is, Is::Value | Is::Step)
        && (named_secret(node)
            || node.place.is_some_and(|place| {
                let plain = outcome.project.sources.text(place);
                outcome.secrets.covers(&outcome.project, place)
                    || (node.is == Is::Value && sounds_secret(plain))
            }));
    here || node.children.iter().any(|c| secret(outcome, c))
}

fn named_secret(node: &Node) -> bool {
    let named = node.message.iter().flat_map(|m| &m.args);
    named.into_iter().any(|name| sounds_secret(name))
}

/// As JSON.
pub fn json(
    out: &mut dyn Write,
    outcome: &Outcome,
    told: &[Told],
    words: &Words,
) -> io::Result<()> {
    let answers: Vec<Value> = told
        .iter()
        .map(|t| {
            let lines = outcome.lines(t.place);
            json!({
                "target": &*t.target,
                "variable_set": &*t.variable_set,
                "address": &*t.address,
                "file": outcome.file(t.place),
                "line": lines.line,
                "facts": t.facts.iter().map(|n| value(outcome, n, words)).collect::<Vec<_>>(),
            })
        })
        .collect();
    let all = json!({
        "schema_version": SCHEMA_VERSION,
        "tool": {"version": env!("CARGO_PKG_VERSION"), "catalog": &*outcome.catalog},
        "answers": answers,
    });
    serde_json::to_writer_pretty(&mut *out, &all).map_err(io::Error::from)?;
    writeln!(out)
}

fn value(outcome: &Outcome, node: &Node, words: &Words) -> Value {
    let mut out = Map::new();
    let (kind, key) = match node.is {
        Is::Fact(fact) => {
            out.insert("fact".into(), json!(fact));
            ("fact", "answer")
        }
        Is::One => ("alternative", "answer"),
        Is::Row => ("row", "row"),
        Is::Value => ("value", "expression"),
        Is::Step => ("step", "message"),
        Is::Silent => ("silent", "message"),
        Is::Resource => ("resource", "address"),
        Is::Open => ("open", "message"),
        Is::HangsOn => ("hangs-on", "subject"),
        Is::Assumed => ("assumed", "assumption"),
    };
    out.insert("kind".into(), json!(kind));
    let text = match (&node.message, node.place) {
        (Some(message), _) => words.say(message),
        (None, Some(place)) if node.is == Is::Value => written(outcome, place),
        (None, _) => node.text.clone(),
    };
    out.insert(key.into(), json!(text));
    if !node.when.is_empty() {
        out.insert("when".into(), json!(node.when));
    }
    if matches!(node.is, Is::Value | Is::Step) {
        let told = node.value.as_ref().filter(|_| !secret(outcome, node));
        out.insert("value".into(), json!(told));
    }
    if let Some(row) = &node.row {
        out.insert("file".into(), json!(row.file));
        out.insert("line".into(), json!(row.line));
    }
    if let Some(place) = node.place {
        out.insert("file".into(), json!(outcome.file(place)));
        out.insert("line".into(), json!(outcome.lines(place).line));
    }
    let children: Vec<Value> = node
        .children
        .iter()
        .map(|c| value(outcome, c, words))
        .collect();
    out.insert("children".into(), json!(children));
    Value::Object(out)
}
