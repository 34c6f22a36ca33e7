//! What was looked at and what came out, for the end of a text: a run that looked at little must not
//! look like a run that found little.

use super::Outcome;
use super::width::table;
use crate::diagnostic::{Level, Message};
use crate::messages::{Words, visible};
use crate::settings::{Detail, Question, Settings};

/// So many types are named without `--verbose`.
const TYPES_NAMED: usize = 8;

/// The closing lines.
pub fn summary(outcome: &Outcome, settings: &Settings, words: &Words) -> String {
    table(&rows(outcome, settings, words))
}

/// The same on one line, for formats that are made of lines.
pub fn line(outcome: &Outcome, settings: &Settings, words: &Words) -> String {
    let parts: Vec<String> = rows(outcome, settings, words)
        .into_iter()
        .map(|row| row.join(": "))
        .collect();
    parts.join("; ")
}

fn rows(outcome: &Outcome, settings: &Settings, words: &Words) -> Vec<Vec<String>> {
    let seen = &outcome.seen;
    let say = |key: &str, args: &[usize]| {
        let message = args
            .iter()
            .fold(Message::new(format!("summary.{key}")), |m, n| {
                m.arg(n.to_string())
            });
        words.show(&message)
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |key: &str, text: String| {
        rows.push(vec![words.word(&format!("summary.{key}")), text]);
    };
    row(
        "read",
        say(
            "read-text",
            &[
                seen.targets,
                seen.variable_sets,
                seen.files_read,
                seen.files_failed,
            ],
        ),
    );
    if seen.modules_missing > 0 {
        row(
            "missing",
            say("missing-text", &[seen.modules_missing, seen.calls_missing]),
        );
    }
    row(
        "found",
        say("found-text", &[seen.stores, seen.keys, seen.backends]),
    );
    if seen.opaque > 0 {
        row("opaque", say("opaque-text", &[seen.opaque]));
    }
    if seen.unclassified > 0 {
        row("unclassified", unclassified(outcome, settings, words));
    }
    for (kind, paths) in &outcome.project.seen.not_judged {
        let mut text = say("not-judged-text", &[paths.len()]);
        text = format!("{}: {text}", visible(kind));
        if settings.detail == Detail::Verbose {
            for path in paths {
                text.push_str(", ");
                text.push_str(&visible(path));
            }
        }
        row("not-judged", text);
    }
    if settings.question == Question::Findings {
        row(
            "verdicts",
            say(
                "verdicts-text",
                &[
                    seen.violations,
                    seen.undetermined,
                    seen.passed,
                    seen.suppressed,
                ],
            ),
        );
        let hidden = outcome
            .findings
            .iter()
            .filter(|f| f.suppressed.is_none() && f.level < settings.min_level)
            .count();
        if hidden > 0 {
            let lowest = if outcome
                .findings
                .iter()
                .any(|f| f.suppressed.is_none() && f.level == Level::Note)
            {
                "note"
            } else {
                "warning"
            };
            let message = Message::new("summary.hidden-text")
                .arg(hidden.to_string())
                .arg(lowest);
            row("hidden", words.show(&message));
        }
    }
    rows
}

/// The types without a row: those that keep data first, then by how often they were met.
fn unclassified(outcome: &Outcome, settings: &Settings, words: &Words) -> String {
    let mut types: Vec<_> = outcome.unclassified.iter().collect();
    types.sort_by_key(|u| (u.kind, std::cmp::Reverse(u.addresses.len())));
    let all = settings.detail == Detail::Verbose;
    let named = if all { types.len() } else { TYPES_NAMED };
    let mut parts: Vec<String> = types
        .iter()
        .take(named)
        .map(|u| {
            let mut text = format!("{} ({}) {}", visible(&u.ty), u.kind, u.addresses.len());
            if all {
                let addresses: Vec<String> = u.addresses.iter().map(|a| visible(a)).collect();
                text.push_str(": ");
                text.push_str(&addresses.join(" "));
            }
            text
        })
        .collect();
    if types.len() > named {
        let more = Message::new("summary.more").arg((types.len() - named).to_string());
        parts.push(words.show(&more));
    }
    parts.join(", ")
}
