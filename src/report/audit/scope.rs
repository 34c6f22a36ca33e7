//! What was looked at and by what, what was not seen, what was accepted, and the texts and lists behind it.

use super::super::Outcome;
use super::super::text::location;
use super::evidence::Checked;
use super::page::{Cell, NAMED, Page, Table};
use super::said;
use crate::date::Date;
use crate::diagnostic::{Message, Suppressed};
use crate::messages::{Words, visible};
use crate::policy::{Policy, requirements};
use crate::provenance::lists;
use std::collections::BTreeSet;

/// Title, date, versions, and what this report never says.
pub(super) fn head(page: &mut Page, outcome: &Outcome, today: Date, words: &Words) {
    let mut table = Table::new(&["what", "value"], words);
    let mut row = |key: &str, value: String| {
        table.row(vec![Cell::text(words.word(key)), Cell::text(value)]);
    };
    row("audit.made-on", today.to_string());
    row(
        "audit.made-by",
        format!("sekisho {}", env!("CARGO_PKG_VERSION")),
    );
    row("audit.catalog", outcome.catalog.to_string());
    for list in lists() {
        row(&format!("audit.list-{}", list.list), list.edition);
    }
    if let Some(git) = outcome.provenance.as_ref().and_then(|p| p.git.as_ref()) {
        let mut text = match &git.branch {
            Some(branch) => format!("{} ({branch})", git.commit),
            None => git.commit.clone(),
        };
        text.push_str(&match &git.differing {
            None => words.word("audit.commit-unknown"),
            Some(files) if files.is_empty() => words.word("audit.commit-same"),
            Some(files) => {
                let message = Message::new("audit.commit-differs").arg(files.len().to_string());
                words.say(&message)
            }
        });
        row("audit.commit", text);
    }
    row("audit.home", outcome.home.join(", "));
    let concern = match outcome.countries_of_concern.as_slice() {
        [] => words.word("audit.concern-none"),
        named => named.join("; "),
    };
    row("audit.concern", concern);
    page.table(table, words);
    page.note(words.word("audit.claims-nothing"));
    for name in &outcome.profiles {
        let Some(profile) = Policy::file().profiles.get(&**name) else {
            continue;
        };
        for text in [&profile.summary, &profile.not_claimed] {
            let text = said(text, words);
            if !text.is_empty() {
                page.text(format!("{}: {text}", said(&profile.title, words)));
            }
        }
    }
}

/// What was seen, and what was not.
pub(super) fn seen(page: &mut Page, outcome: &Outcome, words: &Words) {
    page.heading(2, "audit.scope", words);
    let seen = &outcome.seen;
    let number = |key: &str, n: usize| {
        let message = Message::new(key).arg(n.to_string());
        words.say(&message)
    };
    let counts = [
        ("audit.n-roots", seen.targets),
        ("audit.n-sets", seen.variable_sets),
        ("audit.n-files", seen.files_read),
        ("audit.n-failed", seen.files_failed),
        ("audit.n-stores", seen.stores),
        ("audit.n-keys", seen.keys),
        ("audit.n-backends", seen.backends),
    ];
    let counts = counts.iter().map(|(key, n)| number(key, *n)).collect();
    page.blocks.push(super::page::Block::List(counts));
    roots(page, outcome, words);
    unseen(page, outcome, words);
    diagnostics(page, outcome, words);
}

fn roots(page: &mut Page, outcome: &Outcome, words: &Words) {
    page.heading(3, "audit.roots", words);
    let mut table = Table::new(
        &["target", "set", "workspace", "values", "values-from"],
        words,
    );
    for root in &outcome.project.roots {
        for set in &root.sets {
            let told = outcome.provenance.iter().flat_map(|p| &p.variable_sets);
            let mut told = told.filter(|s| *s.target == *root.target && *s.name == *set.name);
            let (names, files) = told.next().map_or((Vec::new(), Vec::new()), |s| {
                (s.variables.clone(), s.files.clone())
            });
            table.row(vec![
                Cell::code(&*root.target),
                Cell::text(&*set.name),
                Cell::text(set.workspace.as_deref().unwrap_or("-")),
                Cell::lines(some(names, words)),
                Cell::lines(some(files, words)),
            ]);
        }
    }
    page.table(table, words);
}

/// So many of a list as are read, and how many more.
pub(super) fn some(mut all: Vec<String>, words: &Words) -> Vec<String> {
    let more = all.len().saturating_sub(NAMED);
    all.truncate(NAMED);
    if more > 0 {
        all.push(words.say(&Message::new("summary.more").arg(more.to_string())));
    }
    all
}

fn unseen(page: &mut Page, outcome: &Outcome, words: &Words) {
    page.heading(3, "audit.unseen", words);
    let mut table = Table::new(&["kind", "name", "where"], words);
    let mut calls: BTreeSet<(String, String, String)> = BTreeSet::new();
    for m in &outcome.modules_missing {
        let at = format!("{}: {}", m.target, m.address);
        calls.insert((m.source.to_string(), at, location(&m.location, words)));
    }
    for (source, at, place) in calls {
        table.row(vec![
            Cell::text(words.word("audit.kind-module")),
            Cell::code(source),
            Cell::lines(vec![at, place]),
        ]);
    }
    for u in &outcome.unclassified {
        table.row(vec![
            Cell::text(words.word(&format!("audit.kind-{}", u.kind))),
            Cell::code(&*u.ty),
            Cell::lines(some(
                u.addresses.iter().map(ToString::to_string).collect(),
                words,
            )),
        ]);
    }
    for o in outcome.others.iter().filter(|o| o.role == "opaque") {
        table.row(vec![
            Cell::text(words.word("audit.kind-opaque")),
            Cell::code(&*o.ty),
            Cell::lines(vec![format!("{}: {}", o.target, o.address)]),
        ]);
    }
    for (kind, files) in &outcome.project.seen.not_judged {
        table.row(vec![
            Cell::text(words.word("audit.kind-file")),
            Cell::text(kind),
            Cell::lines(some(files.clone(), words)),
        ]);
    }
    page.table(table, words);
}

fn diagnostics(page: &mut Page, outcome: &Outcome, words: &Words) {
    page.heading(3, "audit.diagnostics", words);
    let mut table = Table::new(&["code", "place", "says"], words);
    for d in &outcome.diagnostics {
        let place = match (d.place, &d.path) {
            (Some(p), _) => format!("{}:{}", outcome.file(p), outcome.lines(p).line),
            (None, Some(path)) => path.to_string(),
            (None, None) => String::new(),
        };
        table.row(vec![
            Cell::text(d.code.id()),
            Cell::code(place),
            Cell::text(words.show(&d.message)),
        ]);
    }
    page.table(table, words);
}

/// What somebody accepted, with reason and expiry.
pub(super) fn suppressions(page: &mut Page, outcome: &Outcome, words: &Words) {
    page.heading(2, "audit.suppressions", words);
    let mut table = Table::new(&["rule", "addresses", "place", "reason", "until"], words);
    let cells = |by: &Suppressed| {
        let until = by
            .until
            .clone()
            .unwrap_or_else(|| words.word("audit.no-end"));
        [Cell::text(&by.reason), Cell::text(until)]
    };
    for f in &outcome.findings {
        let Some(by) = &f.suppressed else { continue };
        let at = format!("{}:{}", outcome.file(f.place), outcome.lines(f.place).line);
        let mut row = vec![
            Cell::text(&*f.rule),
            Cell {
                code: true,
                ..Cell::lines(some(f.addresses.clone(), words))
            },
            Cell::code(at),
        ];
        row.extend(cells(by));
        table.row(row);
    }
    for d in &outcome.diagnostics {
        let Some(by) = &d.suppressed else { continue };
        let at = d.place.map_or_else(String::new, |p| {
            format!("{}:{}", outcome.file(p), outcome.lines(p).line)
        });
        let mut row = vec![
            Cell::text(d.code.id()),
            Cell {
                code: true,
                ..Cell::lines(some(d.addresses.clone(), words))
            },
            Cell::code(at),
        ];
        row.extend(cells(by));
        table.row(row);
    }
    page.table(table, words);
}

/// The documents that requirements stand on, and the files that were read.
pub(super) fn sources(page: &mut Page, outcome: &Outcome, checked: &[Checked], words: &Words) {
    page.heading(2, "audit.documents", words);
    page.text(words.word("audit.documents-text"));
    let mut ids: BTreeSet<&str> = checked.iter().map(|c| &*c.requirement.document).collect();
    for name in &outcome.profiles {
        let profile = Policy::file().profiles.get(&**name);
        ids.extend(
            profile
                .iter()
                .flat_map(|p| &p.documents)
                .map(String::as_str),
        );
    }
    let mut table = Table::new(&["document", "edition", "read", "note"], words);
    for (id, document) in &requirements::file().documents {
        if ids.contains(&**id) {
            let note = document.note.as_ref().map_or("", |n| said(n, words));
            table.row(vec![
                Cell::text(said(&document.title, words)),
                Cell::text(&document.edition),
                Cell::text(words.word(&format!("audit.read-{}", document.read.word()))),
                Cell::text(note),
            ]);
        }
    }
    page.table(table, words);
    let files = outcome.provenance.as_ref().and_then(|p| p.files.as_ref());
    if let Some(files) = files {
        page.heading(2, "audit.files", words);
        page.text(words.word("audit.files-text"));
        let mut table = Table::new(&["file", "sha256"], words);
        for f in files {
            table.row(vec![
                Cell::code(visible(&f.path)),
                Cell::code(f.sha256.as_deref().unwrap_or("-")),
            ]);
        }
        page.table(table, words);
    }
}
