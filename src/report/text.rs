//! Text for people: findings in their source, the register as a table, and what was looked at.

use super::inventory::{key_address, level_word, place};
use super::snippet::{Saying, render};
use super::summary::summary;
use super::width::table;
use super::{Outcome, RuleInfo};
use crate::diagnostic::{Diagnostic, Finding, Level, Message, Suppressed, Verdict};
use crate::extract::facts::{Answer, Keeping, Location, Store};
use crate::messages::{Words, visible};
use crate::settings::{Detail, Settings};
use annotate_snippets::Renderer;
use std::io::{self, Write};

/// So many addresses of a finding are named without `--verbose`.
const ADDRESSES_NAMED: usize = 5;

/// `check --format text`.
pub fn check(
    out: &mut dyn Write,
    outcome: &Outcome,
    settings: &Settings,
    words: &Words,
) -> io::Result<()> {
    let accepted = settings.detail == Detail::Verbose;
    let shown = |f: &&Finding| {
        (f.suppressed.is_none() || accepted) && f.level >= settings.min_level
    };
    for f in outcome.findings.iter().filter(shown) {
        out.write_all(finding(outcome, settings, words, f).as_bytes())?;
    }
    diagnostics(out, outcome, settings, words)?;
    out.write_all(summary(outcome, settings, words).as_bytes())
}

/// `inventory --format text`.
pub fn inventory(
    out: &mut dyn Write,
    outcome: &Outcome,
    settings: &Settings,
    words: &Words,
) -> io::Result<()> {
    if !outcome.stores.is_empty() {
        let columns = [
            "target",
            "address",
            "category",
            "location",
            "custody",
            "key",
            "encryption",
            "copies",
        ];
        let header = columns
            .iter()
            .map(|c| words.word(&format!("column.{c}")))
            .collect();
        let mut rows = vec![header];
        rows.extend(outcome.stores.iter().map(|s| store_row(s, words)));
        out.write_all(table(&rows).as_bytes())?;
        out.write_all(b"\n")?;
    }
    if !outcome.keys.is_empty() {
        let columns = [
            "target", "key", "type", "location", "custody", "rotation", "used-by",
        ];
        let header = columns
            .iter()
            .map(|c| words.word(&format!("column.{c}")))
            .collect();
        let mut rows = vec![header];
        rows.extend(outcome.keys.iter().map(|k| {
            vec![
                visible(&k.target),
                visible(&k.address),
                visible(&k.ty),
                location(&k.location, words),
                level(&k.custody, words),
                answer(k.rotation.answer(), words),
                k.used_by.len().to_string(),
            ]
        }));
        out.write_all(table(&rows).as_bytes())?;
        out.write_all(b"\n")?;
    }
    diagnostics(out, outcome, settings, words)?;
    out.write_all(summary(outcome, settings, words).as_bytes())
}

fn store_row(s: &Store, words: &Words) -> Vec<String> {
    let copies: Vec<String> = s
        .copies
        .iter()
        .map(|c| format!("{}: {}", visible(&c.kind), location(&c.location, words)))
        .collect();
    vec![
        visible(&s.target),
        visible(&s.address),
        s.category.to_string(),
        location(&s.location, words),
        level(&s.custody, words),
        key_address(&s.custody).map_or_else(|| "-".to_owned(), |k| visible(k)),
        match &s.encryption.cipher {
            Some(cipher) if s.encryption.at_rest == Answer::Yes => visible(cipher),
            _ => answer(s.encryption.at_rest, words),
        },
        if copies.is_empty() {
            "-".to_owned()
        } else {
            copies.join("; ")
        },
    ]
}

fn level(keeping: &Keeping, words: &Words) -> String {
    words.word(&format!("custody.{}", level_word(keeping)))
}

fn answer(answer: Answer, words: &Words) -> String {
    words.word(&format!("answer.{}", answer.word()))
}

/// `ap-northeast-1 (JP)`; several at once are joined by `+`, alternatives by `|`.
fn location(location: &Location, words: &Words) -> String {
    if place(location).state == "unknown" {
        return words.word("answer.unknown");
    }
    let mut texts: Vec<String> = Vec::new();
    for alternative in &location.alternatives {
        let regions: Vec<String> = alternative
            .regions
            .iter()
            .map(|r| {
                if r.country.is_empty() {
                    visible(&r.code)
                } else {
                    format!("{} ({})", visible(&r.code), visible(&r.country))
                }
            })
            .collect();
        let text = regions.join(" + ");
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.join(" | ")
}

fn finding(outcome: &Outcome, settings: &Settings, words: &Words, f: &Finding) -> String {
    let title = match f.verdict {
        Verdict::Undetermined => {
            words.show(&Message::new("report.undetermined").arg(words.say(&f.message)))
        }
        _ => words.show(&f.message),
    };
    if settings.detail == Detail::Quiet {
        let at = outcome.lines(f.place);
        return format!(
            "{}:{}:{}: {}[{}]: {title}: {}\n",
            visible(outcome.file(f.place)),
            at.line,
            at.column,
            level_name(f.level),
            f.rule,
            addresses(settings, words, &f.addresses),
        );
    }
    let mut notes = vec![(
        words.word("report.address"),
        format!(
            "{} ({})",
            addresses(settings, words, &f.addresses),
            words.show(&Message::new("report.in-target").arg(&*f.target))
        ),
    )];
    if let Some(rule) = outcome.rules.get(&f.rule) {
        notes.extend(basis(rule, words));
    }
    if let Some(help) = &f.help {
        notes.push((words.word("report.help"), words.show(help)));
    }
    notes.extend(f.suppressed.as_ref().map(|s| suppressed(s, words)));
    let marks = f
        .trail
        .iter()
        .map(|m| (m.place, words.show(&m.message)))
        .collect();
    let saying = Saying {
        level: f.level,
        id: &f.rule,
        title,
        primary: Some(f.place),
        header: f.header,
        marks,
        path: None,
        notes,
    };
    render(&renderer(settings), outcome, saying)
}

/// By what something was accepted, as a note.
fn suppressed(by: &Suppressed, words: &Words) -> (String, String) {
    let text = match &by.until {
        Some(until) => Message::new("report.suppressed-until")
            .arg(&by.reason)
            .arg(until),
        None => Message::new("report.suppressed-for").arg(&by.reason),
    };
    (words.word("report.suppressed"), words.show(&text))
}

fn basis(rule: &RuleInfo, words: &Words) -> Vec<(String, String)> {
    rule.basis
        .iter()
        .map(|b| {
            (
                words.word("report.basis"),
                visible(&format!("{} {}: {}", b.document, b.section, b.says)),
            )
        })
        .collect()
}

fn addresses(settings: &Settings, words: &Words, all: &[String]) -> String {
    let named = if settings.detail == Detail::Verbose {
        all.len()
    } else {
        ADDRESSES_NAMED
    };
    let mut texts: Vec<String> = all.iter().take(named).map(|a| visible(a)).collect();
    if all.len() > named {
        let more = Message::new("summary.more").arg((all.len() - named).to_string());
        texts.push(words.show(&more));
    }
    texts.join(", ")
}

fn diagnostics(
    out: &mut dyn Write,
    outcome: &Outcome,
    settings: &Settings,
    words: &Words,
) -> io::Result<()> {
    let accepted = settings.detail == Detail::Verbose;
    let shown = |d: &&Diagnostic| {
        (d.suppressed.is_none() || accepted) && d.code.level() >= settings.min_level
    };
    for d in outcome.diagnostics.iter().filter(shown) {
        out.write_all(diagnostic(outcome, settings, words, d).as_bytes())?;
    }
    Ok(())
}

fn diagnostic(outcome: &Outcome, settings: &Settings, words: &Words, d: &Diagnostic) -> String {
    let title = words.show(&d.message);
    if settings.detail == Detail::Quiet {
        let at = match (d.place, &d.path) {
            (Some(place), _) => {
                let lines = outcome.lines(place);
                let file = visible(outcome.file(place));
                format!("{file}:{}:{}: ", lines.line, lines.column)
            }
            (None, Some(path)) => format!("{}: ", visible(path)),
            (None, None) => String::new(),
        };
        return format!(
            "{at}{}[{}]: {title}\n",
            level_name(d.code.level()),
            d.code.id()
        );
    }
    let mut notes = Vec::new();
    if !d.addresses.is_empty() {
        notes.push((
            words.word("report.address"),
            addresses(settings, words, &d.addresses),
        ));
    }
    if let Some(target) = &d.target {
        notes.push((words.word("report.target"), visible(target)));
    }
    if let Some(help) = &d.help {
        notes.push((words.word("report.help"), words.show(help)));
    }
    notes.extend(d.suppressed.as_ref().map(|s| suppressed(s, words)));
    let saying = Saying {
        level: d.code.level(),
        id: d.code.id(),
        title,
        primary: d.place,
        header: None,
        marks: Vec::new(),
        path: d.path.as_deref().filter(|_| d.place.is_none()),
        notes,
    };
    render(&renderer(settings), outcome, saying)
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
        Level::Off => "off",
    }
}

fn renderer(settings: &Settings) -> Renderer {
    if settings.colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    }
}
