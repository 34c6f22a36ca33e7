//! One line a finding: `path:line:column: level rule: message`, as compilers write it and editors read it.

use super::summary;
use super::{Outcome, said, with_sets};
use crate::diagnostic::{Diagnostic, Finding};
use crate::messages::{Words, visible};
use crate::settings::Settings;
use std::io::{self, Write};

/// `check --format brief`.
pub fn check(
    out: &mut dyn Write,
    outcome: &Outcome,
    settings: &Settings,
    words: &Words,
) -> io::Result<()> {
    let shown = |f: &&Finding| f.suppressed.is_none() && settings.shows(f);
    for f in outcome.findings.iter().filter(shown) {
        out.write_all(finding(outcome, words, f).as_bytes())?;
    }
    diagnostics(out, outcome, settings, words)?;
    writeln!(out, "sekisho: {}", summary::line(outcome, settings, words))
}

/// The diagnostics, one line each.
pub fn diagnostics(
    out: &mut dyn Write,
    outcome: &Outcome,
    settings: &Settings,
    words: &Words,
) -> io::Result<()> {
    let shown = |d: &&Diagnostic| d.suppressed.is_none() && d.code.level() >= settings.min_level;
    for d in outcome.diagnostics.iter().filter(shown) {
        out.write_all(diagnostic(outcome, words, d).as_bytes())?;
    }
    Ok(())
}

/// The line of a finding.
pub fn finding(outcome: &Outcome, words: &Words, f: &Finding) -> String {
    let at = outcome.lines(f.place);
    format!(
        "{}:{}:{}: {} {}: {}\n",
        visible(outcome.file(f.place)),
        at.line,
        at.column,
        f.level.word(),
        visible(&f.rule),
        with_sets(visible(&words.show(&said(words, f))), f),
    )
}

/// The line of a diagnostic; one without a place begins with `sekisho`.
pub fn diagnostic(outcome: &Outcome, words: &Words, d: &Diagnostic) -> String {
    let at = match (d.place, &d.path) {
        (Some(place), _) => {
            let lines = outcome.lines(place);
            let file = visible(outcome.file(place));
            format!("{file}:{}:{}", lines.line, lines.column)
        }
        (None, Some(path)) => visible(path),
        (None, None) => "sekisho".to_owned(),
    };
    format!(
        "{at}: {} {}: {}\n",
        d.code.level().word(),
        d.code.id(),
        visible(&words.show(&d.message)),
    )
}
