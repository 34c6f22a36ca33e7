//! Report: what a run found, in the format that was asked for.
//!
//! Lives here: what all formats share: the outcome of a run, its counts, and which diagnostics come
//! out of it as a whole. One file a format beside it. Not here: what is a finding (`judge/`).

pub mod audit;
mod brief;
mod change;
mod csv;
mod flow;
mod github;
mod inventory;
mod json;
mod lines;
mod located;
mod outcome;
mod repair;
mod sarif;
mod secrets;
mod snippet;
mod summary;
mod text;
pub mod unknowns;
pub mod verify;
pub mod why;
pub mod width;

pub use outcome::{Basis, Outcome, RuleInfo, Seen};
pub use repair::Repair;

use crate::diagnostic::{Finding, Mark, Message, Verdict};
use crate::messages::{Lang, Words, visible};
use crate::settings::{Format, Question, Settings};
use std::io::{self, Write};
use std::sync::Arc;

/// The version of the JSON formats; changes only when the meaning of a field does.
pub const SCHEMA_VERSION: u32 = 1;

/// Writes an outcome in one format. Formats of the other question do not come here: the command line
/// does not take them.
pub fn write(
    out: &mut dyn Write,
    format: Format,
    outcome: &Outcome,
    settings: &Settings,
    words: &Words,
) -> io::Result<()> {
    match (format, settings.question) {
        (Format::Json, Question::Findings) => json::check(out, outcome, words),
        (Format::Json, Question::Register) => json::inventory(out, outcome, words),
        (Format::Csv, Question::Findings) => csv::check(out, outcome, settings, words),
        (Format::Csv, Question::Register) => csv::inventory(out, outcome, settings, words),
        (Format::Sarif, _) => sarif::check(out, outcome, settings, words),
        (Format::Github, _) => github::check(out, outcome, settings, words),
        (Format::Brief, _) => brief::check(out, outcome, settings, words),
        (Format::Mermaid, _) => flow::mermaid(out, outcome, settings, words),
        (Format::Svg, _) => flow::svg(out, outcome, settings, words),
        (Format::Table, _) => text::fitted_inventory(out, outcome, settings, words),
        (Format::Text, Question::Findings) => text::check(out, outcome, settings, words),
        (Format::Text, Question::Register) => text::inventory(out, outcome, settings, words),
    }
}

/// Writes the register of an outcome that was made without settings (`debug stores`).
pub fn write_register(out: &mut dyn Write, outcome: &Outcome, words: &Words) -> io::Result<()> {
    json::inventory(out, outcome, words)
}

/// What a finding says; of what is not decided it is said that it is not.
fn said(words: &Words, f: &Finding) -> Message {
    match f.verdict {
        Verdict::Undetermined => Message::new("report.undetermined").arg(words.say(&f.message)),
        _ => f.message.clone(),
    }
}

/// The variable sets that a finding holds in, or a store is of, where they have names: Terraform's own
/// way of loading values has none.
fn named_sets(sets: &[Arc<str>]) -> Option<Vec<&str>> {
    match sets {
        [] => None,
        [only] if **only == *"default" => None,
        _ => Some(sets.iter().map(|s| &**s).collect()),
    }
}

/// What a finding says, with its variable sets behind it.
fn with_sets(text: String, f: &Finding) -> String {
    match named_sets(&f.variable_sets) {
        Some(sets) => format!("{text} [{}]", visible(&sets.join(", "))),
        None => text,
    }
}

/// The way of a finding's values, each mark once, with the values that are not written there.
fn way<'f>(outcome: &Outcome, f: &'f Finding) -> Vec<(&'f Mark, Option<String>)> {
    let values = outcome.secrets.values(&outcome.project, f.place, &f.trail);
    let mut out: Vec<(&Mark, Vec<&str>)> = Vec::new();
    for (mark, value) in f.trail.iter().zip(values) {
        let written = outcome.project.sources.text(mark.place);
        let value = value.filter(|v| *v != written.trim());
        let same = |m: &Mark| (m.place, &m.message) == (mark.place, &mark.message);
        match out.iter_mut().find(|(m, _)| same(m)) {
            // One line that gives each of many its own.
            Some((_, have)) => have.extend(value.filter(|v| !have.contains(v))),
            None => out.push((mark, value.into_iter().collect())),
        }
    }
    let joined = |all: Vec<&str>| (!all.is_empty()).then(|| all.join(" | "));
    out.into_iter().map(|(m, all)| (m, joined(all))).collect()
}

/// How a finding is mended: the words of its rule, and the HCL where there is some.
fn help(outcome: &Outcome, words: &Words, f: &Finding) -> Option<String> {
    let mut text = words.say(f.help.as_ref()?);
    if let Some(repair) = outcome.repair(f) {
        if let Some(note) = &repair.note {
            text.push('\n');
            text.push_str(match words.lang {
                Lang::En => &note.en,
                Lang::Ja => &note.ja,
            });
        }
        text.push_str("\n\n");
        text.push_str(repair.hcl.trim_end());
    }
    Some(text)
}
