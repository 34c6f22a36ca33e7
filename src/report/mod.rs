//! Report: what a run found, in the format that was asked for.
//!
//! Lives here: what all formats share: the outcome of a run, its counts, and which diagnostics come
//! out of it as a whole. One file a format beside it. Not here: what is a finding (`judge/`).

mod inventory;
mod json;
mod lines;
mod outcome;
mod secrets;
mod snippet;
mod summary;
mod text;
pub mod unknowns;
pub mod why;
mod width;

pub use outcome::{Basis, Outcome, RuleInfo, Seen};

use crate::messages::Words;
use crate::settings::{Format, Question, Settings};
use std::io::{self, Write};

/// The version of the JSON formats; changes only when the meaning of a field does.
pub const SCHEMA_VERSION: u32 = 1;

/// Writes an outcome in one format.
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
        (Format::Text, Question::Findings) => text::check(out, outcome, settings, words),
        (Format::Text, Question::Register) => text::inventory(out, outcome, settings, words),
    }
}

/// Writes the register of an outcome that was made without settings (`debug stores`).
pub fn write_register(out: &mut dyn Write, outcome: &Outcome, words: &Words) -> io::Result<()> {
    json::inventory(out, outcome, words)
}
