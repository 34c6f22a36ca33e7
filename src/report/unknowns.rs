//! `sekisho unknowns`: causes with what they leave undecided, as a table and as JSON.

use super::width::table;
use super::{Outcome, SCHEMA_VERSION};
use crate::diagnostic::Message;
use crate::messages::{Words, visible};
use crate::unknowns::{Cause, Group};
use serde_json::{Value, json};
use std::io::{self, Write};

/// As text.
pub fn text(out: &mut dyn Write, groups: &[Group], words: &Words) -> io::Result<()> {
    if groups.is_empty() {
        return writeln!(out, "{}", words.word("unknowns.none"));
    }
    let column = |key: &str| words.word(&format!("unknowns.{key}"));
    let mut rows = vec![vec![
        column("answers"),
        column("addresses"),
        column("roots"),
        column("give"),
    ]];
    for g in groups {
        let count = |n: usize| n.to_string();
        rows.push(vec![
            count(g.answers),
            count(g.addresses),
            count(g.targets.len()),
            visible(&give(&g.cause, words)),
        ]);
    }
    out.write_all(table(&rows).as_bytes())
}

/// What to give, in words.
fn give(cause: &Cause, words: &Words) -> String {
    let key = format!("unknowns.give-{}", cause.kind);
    let message = Message::new(key).arg(&cause.subject);
    match &cause.why {
        Some(why) => words.say(why),
        None => words.say(&message),
    }
}

/// As JSON.
pub fn json(
    out: &mut dyn Write,
    outcome: &Outcome,
    groups: &[Group],
    words: &Words,
) -> io::Result<()> {
    let all: Vec<Value> = groups
        .iter()
        .map(|g| {
            json!({
                "kind": g.cause.kind,
                "subject": g.cause.subject,
                "answers": g.answers,
                "addresses": g.addresses,
                "targets": g.targets,
                "by": g.by,
                "message": give(&g.cause, words),
            })
        })
        .collect();
    let all = json!({
        "schema_version": SCHEMA_VERSION,
        "tool": {"version": env!("CARGO_PKG_VERSION"), "catalog": &*outcome.catalog},
        "unknowns": all,
        "summary": {
            "targets": outcome.seen.targets,
            "undetermined": outcome.seen.undetermined,
            "modules_missing": outcome.seen.modules_missing,
        },
    });
    serde_json::to_writer_pretty(&mut *out, &all).map_err(io::Error::from)?;
    writeln!(out)
}
