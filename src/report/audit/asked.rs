//! The requirements: an overview, then each with its evidence and with what remains to be settled.

use super::super::{Outcome, said as finding_said};
use super::evidence::{Checked, Evidence, Standing, beside};
use super::page::{Block, Cell, Page, Table, profile};
use super::said;
use super::scope::some;
use crate::diagnostic::{Message, Verdict};
use crate::messages::Words;
use crate::policy::requirements::{self, Treated};
use std::collections::BTreeMap;

/// So many lines of evidence of a requirement are shown; JSON has all.
const LINES: usize = 20;

/// What each requirement came to, in a line.
pub(super) fn summary(page: &mut Page, outcome: &Outcome, checked: &[Checked], words: &Words) {
    page.heading(2, "audit.summary", words);
    if checked.is_empty() {
        page.text(words.word("audit.no-requirements"));
        return;
    }
    let mut counts: Vec<String> = Standing::ALL
        .into_iter()
        .filter_map(|s| {
            let count = checked.iter().filter(|c| c.standing == s).count();
            let message = Message::new("audit.count")
                .arg(s.words(words))
                .arg(count.to_string());
            (count > 0).then(|| words.say(&message))
        })
        .collect();
    let rest = beside(outcome, checked).len();
    if rest > 0 {
        let message = Message::new("audit.count")
            .arg(words.word("audit.beside"))
            .arg(rest.to_string());
        counts.push(words.say(&message));
    }
    page.blocks.push(Block::List(counts));
    if is_partial(outcome) {
        page.note(words.word("audit.partial"));
    }
    let mut table = Table::new(
        &["requirement", "asks", "document", "standing", "evidence"],
        words,
    );
    for c in checked {
        let r = c.requirement;
        let mut id = Cell::text(&r.id);
        id.link = Some(anchor(c));
        table.row(vec![
            id,
            Cell::text(said(&r.asks, words)),
            Cell::text(document(c, words)),
            Cell::standing(c.standing, words),
            Cell::lines(counted(c, words)),
        ]);
    }
    page.table(table, words);
}

/// Whether something that might matter was not seen.
fn is_partial(outcome: &Outcome) -> bool {
    let seen = &outcome.seen;
    let not_seen = seen.modules_missing + seen.files_failed + seen.no_row + seen.opaque;
    not_seen + seen.unknown_types + outcome.project.seen.not_judged.len() > 0
}

fn anchor(c: &Checked) -> String {
    let plain = |ch: char| if ch.is_ascii_alphanumeric() { ch } else { '-' };
    format!(
        "requirement-{}",
        c.requirement.id.chars().map(plain).collect::<String>()
    )
}

fn document(c: &Checked, words: &Words) -> String {
    let r = c.requirement;
    let short = requirements::file()
        .documents
        .get(&r.document)
        .map_or(&*r.document, |d| said(&d.short, words));
    format!("{short} {}", r.section)
}

/// How many answers there are of each kind, and which rules gave none.
fn counted(c: &Checked, words: &Words) -> Vec<String> {
    let not_asked = (!c.not_asked.is_empty()).then(|| {
        let message = Message::new("audit.rules-not-asked").arg(c.not_asked.join(", "));
        words.say(&message)
    });
    let kinds = [
        Standing::Broken,
        Standing::Open,
        Standing::Accepted,
        Standing::Met,
    ];
    kinds
        .into_iter()
        .filter_map(|s| {
            let count = c.count(s);
            let key = format!("audit.answers-{}", s.word());
            let message = Message::new(key).arg(count.to_string());
            (count > 0).then(|| words.say(&message))
        })
        .chain(not_asked)
        .collect()
}

/// Each requirement with its evidence.
pub(super) fn details(page: &mut Page, outcome: &Outcome, checked: &[Checked], words: &Words) {
    page.heading(2, "audit.requirements", words);
    for c in checked {
        requirement(page, outcome, c, words);
    }
    let mut rest = beside(outcome, checked);
    if rest.is_empty() {
        return;
    }
    rest.sort_by_key(|f| std::cmp::Reverse(f.level));
    page.heading(3, "audit.beside", words);
    page.text(words.word("audit.beside-text"));
    let mut table = Table::new(&["standing", "rule", "found", "addresses", "place"], words);
    for f in rest {
        let standing = match f.verdict {
            Verdict::Undetermined => Standing::Open,
            _ => Standing::Broken,
        };
        let mut cell = Cell::standing(standing, words);
        cell.lines.push(f.level.word().to_owned());
        let at = format!("{}:{}", outcome.file(f.place), outcome.lines(f.place).line);
        table.row(vec![
            cell,
            Cell::text(&*f.rule),
            Cell::text(words.show(&finding_said(words, f))),
            Cell {
                code: true,
                ..Cell::lines(some(f.addresses.clone(), words))
            },
            Cell::code(at),
        ]);
    }
    page.table(table, words);
}

fn requirement(page: &mut Page, outcome: &Outcome, c: &Checked, words: &Words) {
    let r = c.requirement;
    let title = format!("{} — {}", r.id, said(&r.asks, words));
    page.blocks.push(Block::Heading(3, title, anchor(c)));
    let document = requirements::file().documents.get(&r.document);
    let of = document.map_or(&*r.document, |d| said(&d.title, words));
    let mut table = Table::new(&["what", "value"], words);
    let mut row = |key: &str, cell: Cell| table.row(vec![Cell::text(words.word(key)), cell]);
    row("audit.col-standing", Cell::standing(c.standing, words));
    row(
        "audit.col-document",
        Cell::text(format!("{of} {}", r.section)),
    );
    let profiles = c.profiles.iter().map(|p| profile(p, words)).collect();
    row("audit.asked-for", Cell::lines(profiles));
    if !r.rules.is_empty() {
        row("audit.by-rules", Cell::text(r.rules.join(", ")));
    }
    if !c.not_asked.is_empty() {
        row("audit.not-asked", Cell::text(c.not_asked.join(", ")));
    }
    if r.treated != Treated::Asked && !r.shows.is_empty() {
        let shows = r.shows.iter().map(|s| shown_in(*s, words)).collect();
        row("audit.shown-in", Cell::lines(shows));
    }
    page.blocks.push(Block::Table(table));
    if let Some(says) = &r.says {
        page.blocks.push(Block::Quote(said(says, words).to_owned()));
    }
    page.text(words.word(&format!("audit.means-{}", c.standing.word())));
    if c.standing == Standing::Met && is_partial(outcome) {
        page.note(words.word("audit.partial"));
    }
    evidence(page, outcome, c, words);
    if let Some(settle) = &r.settle {
        let message = Message::new("audit.settle").arg(said(settle, words));
        page.note(words.say(&message));
    }
    // What only a person or a paper can say is written in by hand.
    if r.treated == Treated::Asked {
        let mut table = Table::new(&["settled", "papers", "settled-by"], words);
        table.row(vec![Cell::text(""), Cell::text(""), Cell::text("")]);
        page.blocks.push(Block::Table(table));
    }
}

/// Where in the report something is shown.
fn shown_in(shows: requirements::Shows, words: &Words) -> String {
    use requirements::Shows;
    let key = match shows {
        Shows::Places | Shows::Operators | Shows::Classes => "audit.environment",
        Shows::Copies | Shows::Backups | Shows::Processing => "audit.places-copies",
        Shows::Custody | Shows::Keys => "audit.keys",
        Shows::Ciphers => "audit.ciphers",
        Shows::Exposure => "audit.requirements",
        Shows::Operations => "audit.places-operations",
        Shows::State => "audit.places-state",
        Shows::Services => "audit.places-services",
        Shows::Suppressions => "audit.suppressions",
        Shows::Lists => "audit.documents",
    };
    words.word(key)
}

/// What is alike in a line: how it came out, by which rule, and what was found.
type Alike<'a> = (
    Standing,
    bool,
    &'a str,
    &'a str,
    Option<(&'a str, u32)>,
    Option<(&'a str, Option<&'a str>)>,
);

fn evidence(page: &mut Page, outcome: &Outcome, c: &Checked, words: &Words) {
    if c.evidence.is_empty() {
        return;
    }
    let mut order: Vec<Alike<'_>> = Vec::new();
    let mut lines: BTreeMap<usize, (Vec<&Evidence>, Vec<String>)> = BTreeMap::new();
    let mut known: BTreeMap<Alike<'_>, usize> = BTreeMap::new();
    for e in &c.evidence {
        // What passes is told by what was found, what does not by its place.
        let place = e.place.filter(|_| e.standing != Standing::Met);
        let place = place.map(|p| (outcome.file(p), outcome.lines(p).line));
        let by = e
            .suppressed
            .as_ref()
            .map(|s| (&*s.reason, s.until.as_deref()));
        let alike = (e.standing, e.held_back, &*e.rule, &*e.words, place, by);
        let at = *known.entry(alike).or_insert_with(|| {
            order.push(alike);
            order.len() - 1
        });
        let (all, addresses) = lines.entry(at).or_default();
        all.push(e);
        let address = match &e.which {
            Some(which) => format!("{} ({which})", e.address),
            None => e.address.to_string(),
        };
        let address = if outcome.project.roots.len() > 1 {
            format!("{}: {address}", e.target)
        } else {
            address
        };
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    let mut table = Table::new(&["standing", "rule", "found", "addresses", "place"], words);
    for (at, (all, addresses)) in &lines {
        if *at >= LINES {
            table.more += 1;
            continue;
        }
        let first = all[0];
        let mut found = vec![first.words.clone()];
        if let Some(by) = &first.suppressed {
            let until = by
                .until
                .clone()
                .unwrap_or_else(|| words.word("audit.no-end"));
            let message = Message::new("audit.accepted-because")
                .arg(&by.reason)
                .arg(until);
            found.push(words.say(&message));
        }
        let mut standing = Cell::text(words.word(&format!("audit.one-{}", first.standing.word())));
        standing.standing = Some(first.standing);
        standing.lines.extend(
            first
                .level
                .filter(|_| first.standing <= Standing::Open)
                .map(|l| l.word().to_owned()),
        );
        let mut places: Vec<String> = Vec::new();
        for e in all {
            if let Some(p) = e.place {
                let text = format!("{}:{}", outcome.file(p), outcome.lines(p).line);
                if !places.contains(&text) {
                    places.push(text);
                }
            }
        }
        table.row(vec![
            standing,
            Cell::text(&*first.rule),
            Cell::lines(found),
            Cell {
                code: true,
                ..Cell::lines(some(addresses.clone(), words))
            },
            Cell {
                code: true,
                ..Cell::lines(some(places, words))
            },
        ]);
    }
    page.table(table, words);
}
