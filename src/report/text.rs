//! Text for people: findings in their source, the register as a table, and what was looked at.

use super::inventory::{key_address, level_word, place};
use super::snippet::{Saying, render};
use super::summary::summary;
use super::width::{fitted, table};
use super::{Outcome, RuleInfo, brief, change, help, named_sets, said, way};
use crate::diagnostic::{Diagnostic, Finding, Message, Suppressed};
use crate::extract::facts::{Answer, Keeping, Location, Store};
use crate::messages::{Words, visible};
use crate::settings::{Detail, Settings};
use annotate_snippets::Renderer;
use std::io::{self, Write};
use std::sync::Arc;

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
    let shown = |f: &&Finding| (f.suppressed.is_none() || accepted) && settings.shows(f);
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
    for rows in tables(outcome, words) {
        out.write_all(table(&rows).as_bytes())?;
        out.write_all(b"\n")?;
    }
    diagnostics(out, outcome, settings, words)?;
    out.write_all(summary(outcome, settings, words).as_bytes())
}

/// `inventory --format table`: as wide as the terminal, and what went wrong on a line each.
pub fn fitted_inventory(
    out: &mut dyn Write,
    outcome: &Outcome,
    settings: &Settings,
    words: &Words,
) -> io::Result<()> {
    for rows in tables(outcome, words) {
        let text = match settings.width {
            Some(width) => fitted(&rows, width),
            None => table(&rows),
        };
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")?;
    }
    brief::diagnostics(out, outcome, settings, words)?;
    out.write_all(summary(outcome, settings, words).as_bytes())
}

/// The stores and the keys, each with a header; what there is none of has no table.
fn tables(outcome: &Outcome, words: &Words) -> Vec<Vec<Vec<String>>> {
    let with_header = |columns: &[&str], rows: Vec<Vec<String>>| {
        let header = columns
            .iter()
            .map(|c| words.word(&format!("column.{c}")))
            .collect();
        let mut all = vec![header];
        all.extend(rows);
        all
    };
    let mut out = Vec::new();
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
        let rows = outcome.stores.iter().map(|s| store_row(s, words)).collect();
        out.push(with_header(&columns, rows));
    }
    if !outcome.keys.is_empty() {
        let columns = [
            "target", "key", "type", "location", "custody", "rotation", "used-by",
        ];
        let rows = outcome.keys.iter().map(|k| {
            vec![
                of_set(&k.target, &k.variable_set),
                visible(&k.address),
                visible(&k.ty),
                location(&k.location, words),
                level(&k.custody, words),
                answer(k.rotation.answer(), words),
                k.used_by.len().to_string(),
            ]
        });
        out.push(with_header(&columns, rows.collect()));
    }
    out
}

fn store_row(s: &Store, words: &Words) -> Vec<String> {
    let copies: Vec<String> = s
        .copies
        .iter()
        .map(|c| format!("{}: {}", visible(&c.kind), location(&c.location, words)))
        .collect();
    vec![
        of_set(&s.target, &s.variable_set),
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

/// A root, and the variable set where it has one with a name.
pub(super) fn of_set(target: &str, set: &Arc<str>) -> String {
    match named_sets(std::slice::from_ref(set)) {
        Some(_) => visible(&format!("{target} [{set}]")),
        None => visible(target),
    }
}

fn level(keeping: &Keeping, words: &Words) -> String {
    words.word(&format!("custody.{}", level_word(keeping)))
}

pub(super) fn answer(answer: Answer, words: &Words) -> String {
    words.word(&format!("answer.{}", answer.word()))
}

/// `ap-northeast-1 (JP)`; several at once are joined by `+`, alternatives by `|`.
pub(super) fn location(location: &Location, words: &Words) -> String {
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
    if settings.detail == Detail::Quiet {
        return brief::finding(outcome, words, f);
    }
    let title = words.show(&said(words, f));
    let mut notes = vec![(
        words.word("report.address"),
        format!(
            "{} ({})",
            addresses(settings, words, &f.addresses),
            words.show(&Message::new("report.in-target").arg(&*f.target))
        ),
    )];
    if let Some(sets) = named_sets(&f.variable_sets) {
        let names: Vec<String> = sets.iter().map(ToString::to_string).collect();
        notes.push((
            words.word("report.variable-sets"),
            addresses(settings, words, &names),
        ));
    }
    let changes = change::lines(f, words, settings.detail);
    if !changes.is_empty() {
        let lines: Vec<String> = changes.iter().map(|l| visible(l)).collect();
        notes.push((words.word("report.change"), lines.join("\n")));
    }
    notes.extend(f.suppressed.as_ref().map(|s| suppressed(s, words)));
    if let Some(rule) = outcome.rules.get(&f.rule) {
        notes.extend(basis(rule, f, words));
    }
    if let Some(help) = help(outcome, words, f) {
        let lines: Vec<String> = help.lines().map(visible).collect();
        notes.push((words.word("report.help"), lines.join("\n")));
    }
    let marks = way(outcome, f).into_iter();
    let marks = marks.map(|(m, value)| {
        let said = words.show(&m.message);
        let value = value.map_or_else(String::new, |v| format!(": {}", visible(&v)));
        (m.place, said + &value)
    });
    let marks = marks.collect();
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

fn basis(rule: &RuleInfo, finding: &Finding, words: &Words) -> Vec<(String, String)> {
    rule.basis_of(finding)
        .map(|b| (words.word("report.basis"), visible(&b.line())))
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
        return brief::diagnostic(outcome, words, d);
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

fn renderer(settings: &Settings) -> Renderer {
    if settings.colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    }
}
