//! What differs between a register and the tree, for people and programs.

use super::SCHEMA_VERSION;
use crate::diagnostic::Message;
use crate::messages::Words;
use crate::verify::{Differences, Field};
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};

/// So much of a fact is shown in a line.
const LONGEST: usize = 160;

/// A line a difference.
pub fn text(out: &mut dyn Write, found: &Differences, words: &Words) -> io::Result<()> {
    let [files, stores, keys] = found.compared;
    let message = if found.is_same() {
        Message::new("verify.same")
            .arg(files.to_string())
            .arg(stores.to_string())
            .arg(keys.to_string())
    } else {
        Message::new("verify.differs").arg(found.count().to_string())
    };
    writeln!(out, "{}", words.show(&message))?;
    let mut line = |message: Message| writeln!(out, "  {}", words.show(&message));
    for d in &found.versions {
        line(match &*d.name {
            "version" => Message::new("verify.tool").arg(&d.was).arg(&d.is),
            "catalog" => Message::new("verify.catalog").arg(&d.was).arg(&d.is),
            list => Message::new("verify.list").arg(list).arg(&d.was).arg(&d.is),
        })?;
    }
    if let Some(d) = &found.commit {
        line(Message::new("verify.commit").arg(&d.was).arg(&d.is))?;
    }
    for (key, all) in [
        ("verify.file-changed", &found.files_changed),
        ("verify.file-new", &found.files_new),
        ("verify.file-gone", &found.files_gone),
        ("verify.thing-new", &found.new),
        ("verify.thing-gone", &found.gone),
    ] {
        for name in all {
            line(Message::new(key).arg(name))?;
        }
    }
    for c in &found.changed {
        for Field { name, was, is } in &c.fields {
            line(
                Message::new("verify.thing-changed")
                    .arg(&c.name)
                    .arg(name)
                    .arg(short(was))
                    .arg(short(is)),
            )?;
        }
    }
    for part in &found.parts {
        line(Message::new(format!("verify.{part}")))?;
    }
    Ok(())
}

fn short(fact: &Value) -> String {
    let text = match fact {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[derive(Serialize)]
struct Whole<'a> {
    schema_version: u32,
    same: bool,
    #[serde(flatten)]
    differences: &'a Differences,
}

/// All of it.
pub fn json(out: &mut dyn Write, found: &Differences) -> io::Result<()> {
    let whole = Whole {
        schema_version: SCHEMA_VERSION,
        same: found.is_same(),
        differences: found,
    };
    serde_json::to_writer_pretty(&mut *out, &whole).map_err(io::Error::from)?;
    writeln!(out)
}
