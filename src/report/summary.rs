//! What was looked at and what came out, for the end of a text: a run that looked at little must not
//! look like a run that found little.

use super::Outcome;
use super::change;
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
    if seen.services > 0 {
        row("services", seen.services.to_string());
    }
    if seen.opaque > 0 {
        let types = outcome.others.iter().filter(|o| o.role == "opaque");
        let mut types: Vec<String> = types.map(|o| visible(&o.ty)).collect();
        types.sort();
        types.dedup();
        let types = few(types, settings, words);
        row(
            "opaque",
            format!("{}: {types}", say("opaque-text", &[seen.opaque])),
        );
    }
    for (kind, n) in [
        ("no-row", seen.no_row),
        ("not-judged", seen.not_judged),
        ("unknown-type", seen.unknown_types),
    ] {
        if n > 0 {
            let types = few(unclassified(outcome, settings, kind), settings, words);
            let text = say(&format!("{kind}-text"), &[n]);
            row("unclassified", format!("{text}: {types}"));
        }
    }
    for (kind, paths) in &outcome.project.seen.not_judged {
        let mut text = say("files-not-judged-text", &[paths.len()]);
        text = format!("{}: {text}", visible(kind));
        if settings.detail == Detail::Verbose {
            for path in paths {
                text.push_str(", ");
                text.push_str(&visible(path));
            }
        }
        row("files-not-judged", text);
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
        if outcome.compared {
            let [introduced, worsened, existing] = seen.changes;
            let mended = change::mended(outcome);
            let mut text = say("change-text", &[introduced, worsened, existing, mended]);
            if settings.new_only && existing > 0 {
                text.push_str("; ");
                text.push_str(&say("existing-hidden", &[existing]));
            }
            row("change", text);
            if !outcome.resolved.is_empty() {
                let all = change::resolved_lines(outcome, words);
                row("resolved", few(all, settings, words));
            }
        }
        let hidden = outcome
            .findings
            .iter()
            .filter(|f| f.suppressed.is_none() && f.level < settings.min_level)
            .filter(|f| settings.counts(f))
            .count();
        if hidden > 0 {
            let lowest = if outcome
                .findings
                .iter()
                .any(|f| f.suppressed.is_none() && f.level == Level::Note && settings.counts(f))
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

/// The types without a row of which the same is known, by how often they were met.
fn unclassified(outcome: &Outcome, settings: &Settings, kind: &str) -> Vec<String> {
    let all = outcome.unclassified.iter();
    let mut types: Vec<_> = all.filter(|u| u.kind == kind).collect();
    types.sort_by_key(|u| std::cmp::Reverse(u.addresses.len()));
    types
        .iter()
        .map(|u| {
            let mut text = format!("{} {}", visible(&u.ty), u.addresses.len());
            if settings.detail == Detail::Verbose {
                let addresses: Vec<_> = u.addresses.iter().map(|a| visible(a)).collect();
                text.push_str(" (");
                text.push_str(&addresses.join(" "));
                text.push(')');
            }
            text
        })
        .collect()
}

/// The first of a list, unless all are asked for.
fn few(mut parts: Vec<String>, settings: &Settings, words: &Words) -> String {
    let left = parts.len().saturating_sub(TYPES_NAMED);
    if left > 0 && settings.detail != Detail::Verbose {
        parts.truncate(TYPES_NAMED);
        let more = Message::new("summary.more").arg(left.to_string());
        parts.push(words.show(&more));
    }
    parts.join(", ")
}
