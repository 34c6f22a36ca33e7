//! Workflow commands: GitHub shows each as an annotation at its line.
//!
//! A command is one line, so what could end or begin one is escaped as the runner undoes it.

use super::located::in_boundary;
use super::summary;
use super::{Outcome, change, help, said, with_sets};
use crate::diagnostic::{Diagnostic, Finding, Level};
use crate::messages::Words;
use crate::settings::Settings;
use crate::source::Place;
use std::io::{self, Write};

/// `check --format github`.
pub fn check(
    out: &mut dyn Write,
    outcome: &Outcome,
    settings: &Settings,
    words: &Words,
) -> io::Result<()> {
    let shown = |f: &&Finding| f.suppressed.is_none() && settings.shows(f);
    for f in outcome.findings.iter().filter(shown) {
        let mut text = with_sets(words.show(&said(words, f)), f);
        for line in change::lines(f, words, settings.detail) {
            text.push('\n');
            text.push_str(&line);
        }
        if let Some(help) = help(outcome, words, f) {
            text.push('\n');
            text.push_str(&help);
        }
        let at = place(outcome, settings, f.place);
        command(out, f.level, &at, &f.rule, &text)?;
    }
    let shown = |d: &&Diagnostic| d.suppressed.is_none() && d.code.level() >= settings.min_level;
    for d in outcome.diagnostics.iter().filter(shown) {
        let mut text = words.show(&d.message);
        if let Some(help) = &d.help {
            text.push('\n');
            text.push_str(&words.show(help));
        }
        let at = match (d.place, &d.path) {
            (Some(at), _) => place(outcome, settings, at),
            (None, Some(path)) => {
                let full = settings.input.absolute(std::path::Path::new(&**path));
                let file = in_boundary(outcome, &full).unwrap_or_else(|| path.to_string());
                vec![("file", file)]
            }
            (None, None) => Vec::new(),
        };
        command(out, d.code.level(), &at, d.code.id(), &text)?;
    }
    let seen = summary::line(outcome, settings, words);
    command(out, Level::Note, &[], "sekisho", &seen)
}

/// Where, relative to the boundary: that is where the work tree of a pull request is. Columns only
/// where they are on one line: the runner takes them for that alone.
fn place(outcome: &Outcome, settings: &Settings, at: Place) -> Vec<(&'static str, String)> {
    let lines = outcome.lines(at);
    let full = settings
        .input
        .absolute(&outcome.project.sources.file(at.file).path);
    let file = in_boundary(outcome, &full).unwrap_or_else(|| outcome.file(at).to_owned());
    let mut out = vec![
        ("file", file),
        ("line", lines.line.to_string()),
        ("endLine", lines.end_line.to_string()),
    ];
    if lines.line == lines.end_line {
        out.push(("col", lines.column.to_string()));
        out.push(("endColumn", lines.end_column.to_string()));
    }
    out
}

fn command(
    out: &mut dyn Write,
    level: Level,
    at: &[(&str, String)],
    title: &str,
    text: &str,
) -> io::Result<()> {
    let name = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note | Level::Off => "notice",
    };
    let mut properties: Vec<String> = at
        .iter()
        .map(|(name, value)| format!("{name}={}", property(value)))
        .collect();
    properties.push(format!("title={}", property(title)));
    writeln!(out, "::{name} {}::{}", properties.join(","), data(text))
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_or_begins_a_command() {
        let mut out = Vec::new();
        let at = [("file", "a,b:c%\n.tf".to_owned())];
        command(&mut out, Level::Error, &at, "t:1,2", "50 %\r\n::error::x").expect("written");
        assert_eq!(
            String::from_utf8(out).expect("UTF-8"),
            "::error file=a%2Cb%3Ac%25%0A.tf,title=t%3A1%2C2::50 %25%0D%0A::error::x\n"
        );
    }
}
