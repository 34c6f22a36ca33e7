//! The report for an auditor: what was looked at, what each requirement of the profiles came to and by what
//! evidence, and what the code cannot show.
//!
//! Lives here: what a report consists of, and in which order. It says what the code shows, and nothing of
//! what a law makes of it. Not here: what requirements there are (`requirements.toml`), what is a finding
//! (`judge/`). A page is made once (`page.rs`, `scope.rs`, `tables.rs`, `asked.rs`) and written as Markdown or
//! HTML; JSON has all of it, uncut.

mod asked;
mod evidence;
mod html;
mod json;
mod markdown;
mod page;
mod scope;
mod tables;

use super::Outcome;
use crate::catalog::row;
use crate::date::Date;
use crate::messages::{Lang, Words};
use std::io::{self, Write};

/// A format of reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Format {
    Md,
    Html,
    Json,
}

/// Writes the report.
pub fn write(
    out: &mut dyn Write,
    format: Format,
    outcome: &Outcome,
    today: Date,
    words: &Words,
) -> io::Result<()> {
    let checked = evidence::requirements(outcome, words);
    match format {
        Format::Md => {
            let page = page::page(outcome, &checked, today, words);
            out.write_all(markdown::write(&page, outcome, words).as_bytes())
        }
        Format::Html => {
            let page = page::page(outcome, &checked, today, words);
            out.write_all(html::write(&page, outcome, words).as_bytes())
        }
        Format::Json => json::write(out, outcome, &checked, today, words),
    }
}

/// A text of the rules or requirements in the language of the report.
fn said<'w>(text: &'w row::Words, words: &Words) -> &'w str {
    match words.lang {
        Lang::En => &text.en,
        Lang::Ja => &text.ja,
    }
}
