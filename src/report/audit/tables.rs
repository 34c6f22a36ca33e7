//! The register in short: who runs what where, where copies go, who holds the keys.

use super::super::Outcome;
use super::super::flow::country;
use super::super::inventory::{level_word, place};
use super::super::text::{answer, location, of_set};
use super::evidence::{encryption, keeping};
use super::page::{Cell, Page, Table};
use super::scope::some;
use crate::catalog::ciphers::{self, Standing};
use crate::catalog::operators;
use crate::diagnostic::Message;
use crate::extract::facts::{Answer, Copy, Location, Operator, Other, Store};
use crate::messages::Words;
use std::collections::{BTreeMap, BTreeSet};

/// All tables of the register.
pub(super) fn register(page: &mut Page, outcome: &Outcome, words: &Words) {
    page.heading(2, "audit.register", words);
    in_short(page, outcome, words);
    environment(page, outcome, words);
    places(page, outcome, words);
    spread(page, outcome, words);
    keys(page, outcome, words);
    cipher_table(page, outcome, words);
}

/// Rows of things that are alike, with their addresses.
struct Rows {
    rows: BTreeMap<Vec<Vec<String>>, Vec<String>>,
}

impl Rows {
    fn new() -> Rows {
        Rows {
            rows: BTreeMap::new(),
        }
    }

    fn add(
        &mut self,
        target: &str,
        set: &std::sync::Arc<str>,
        address: &str,
        cells: Vec<Vec<String>>,
    ) {
        let mut key = vec![vec![of_set(target, set)]];
        key.extend(cells);
        let have = self.rows.entry(key).or_default();
        if have.last().is_none_or(|last| last != address) {
            have.push(address.to_owned());
        }
    }

    /// Target, addresses, then the rest.
    fn into(self, table: &mut Table, words: &Words) {
        for (key, addresses) in self.rows {
            let mut cells = key.into_iter();
            let mut row = vec![Cell {
                code: true,
                ..Cell::lines(cells.next().unwrap_or_default())
            }];
            row.push(Cell {
                code: true,
                ..Cell::lines(some(addresses, words))
            });
            row.extend(cells.map(Cell::lines));
            table.row(row);
        }
    }
}

fn one(text: impl Into<String>) -> Vec<String> {
    vec![text.into()]
}

/// How much is where.
fn in_short(page: &mut Page, outcome: &Outcome, words: &Words) {
    page.heading(3, "audit.in-short", words);
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for s in &outcome.stores {
        let level = words.word(&format!("custody.{}", level_word(&s.custody)));
        *counts
            .entry((countries(&s.location, words), level))
            .or_default() += 1;
    }
    let mut table = Table::new(&["countries", "custody", "stores"], words);
    for ((countries, level), count) in counts {
        table.row(vec![
            Cell::text(countries),
            Cell::text(level),
            Cell::text(count.to_string()),
        ]);
    }
    page.table(table, words);
}

/// The countries of a place, or that they are not known.
fn countries(l: &Location, words: &Words) -> String {
    let place = place(l);
    if place.state == "unknown" || place.countries.is_empty() {
        return words.word("answer.unknown");
    }
    let names: Vec<String> = place.countries.iter().map(|c| country(c, words)).collect();
    let key = if place.state == "one-of" {
        "flow.one-of"
    } else {
        return names.join(", ");
    };
    words.say(&Message::new(key).arg(names.join(", ")))
}

/// A place with its countries; where it is not known, why, and what it may be.
fn place_lines(l: &Location, words: &Words) -> Vec<String> {
    let mut out = vec![countries(l, words)];
    let codes = location(l, words);
    if place(l).state == "unknown" {
        let mut candidates: Vec<String> = Vec::new();
        for r in l.alternatives.iter().flat_map(|a| &a.regions) {
            let text = format!("{} ({})", r.code, r.country);
            if !candidates.contains(&text) {
                candidates.push(text);
            }
        }
        if !candidates.is_empty() {
            let message = Message::new("audit.candidates").arg(candidates.join(", "));
            out.push(words.say(&message));
        }
    } else {
        out.push(codes);
    }
    if place(l).state != "known"
        && let Some(why) = &l.why
    {
        out.push(words.show(why));
    }
    for a in &l.assumptions {
        out.push(words.say(&Message::new("audit.assumed").arg(a)));
    }
    out
}

fn copy_line(c: &Copy, words: &Words) -> String {
    let kind = words.word(&format!("copy-kind.{}", c.kind));
    let text = format!("{kind}: {}", location(&c.location, words));
    match c.made.answer() {
        Answer::Yes => text,
        _ => words.say(&Message::new("flow.perhaps").arg(text)),
    }
}

fn made(c: &Copy) -> bool {
    c.made.answer() != Answer::No
}

fn class(s: &Store) -> String {
    if s.marks.is_empty() {
        s.data_class.to_string()
    } else {
        format!("{} ({})", s.data_class, s.marks.join(", "))
    }
}

/// The company, its home, what of the CLOUD Act reaches it, and its entry of the ISMAP list.
fn operator(o: Option<&Operator>, words: &Words) -> Vec<String> {
    let Some(o) = o.filter(|o| !o.name.is_empty()) else {
        return one(words.word("answer.unknown"));
    };
    let mut out = vec![o.name.to_string(), country(&o.country, words)];
    let known = operators::find(&o.name);
    let reach = known.map_or("unknown", |k| k.reach.word());
    out.push(words.word(&format!("audit.reach-{reach}")));
    out.push(match known.and_then(|k| k.ismap.as_ref()) {
        Some(entry) => {
            let key = format!("audit.ismap-{}", entry.listed.word());
            words.say(&Message::new(key).arg(&entry.as_of))
        }
        None => words.word("audit.ismap-unknown"),
    });
    out
}

/// Who handles what in which country: what has to be known of an environment abroad.
fn environment(page: &mut Page, outcome: &Outcome, words: &Words) {
    page.heading(3, "audit.environment", words);
    page.text(words.word("audit.environment-text"));
    let columns = [
        "target",
        "addresses",
        "class",
        "operator",
        "server",
        "copies",
    ];
    let mut table = Table::new(&columns, words);
    let mut rows = Rows::new();
    for s in &outcome.stores {
        let operator = operator(Some(&s.operator), words);
        let copies: Vec<String> = s
            .copies
            .iter()
            .filter(|c| made(c))
            .map(|c| copy_line(c, words))
            .collect();
        let copies = if copies.is_empty() { one("-") } else { copies };
        rows.add(
            &s.target,
            &s.variable_set,
            &s.address,
            vec![
                one(class(s)),
                operator,
                place_lines(&s.location, words),
                copies,
            ],
        );
    }
    for o in outcome.others.iter().filter(|o| o.role == "service") {
        rows.add(
            &o.target,
            &o.variable_set,
            &o.address,
            vec![
                one(&*o.data_class),
                operator(o.operator.as_ref(), words),
                place_lines(&o.location, words),
                one("-"),
            ],
        );
    }
    rows.into(&mut table, words);
    page.table(table, words);
}

/// Places, told apart by what lies there: data, copies, operations, state, services.
fn places(page: &mut Page, outcome: &Outcome, words: &Words) {
    let operations = |kind: &str| kind == "operations";
    let columns = ["target", "addresses", "type", "server"];
    for (key, wanted) in [
        ("audit.places-data", false),
        ("audit.places-operations", true),
    ] {
        page.heading(3, key, words);
        let mut table = Table::new(&columns, words);
        let mut rows = Rows::new();
        for s in outcome
            .stores
            .iter()
            .filter(|s| operations(&s.service_kind) == wanted)
        {
            rows.add(
                &s.target,
                &s.variable_set,
                &s.address,
                vec![one(&*s.ty), place_lines(&s.location, words)],
            );
        }
        rows.into(&mut table, words);
        page.table(table, words);
    }
    page.heading(3, "audit.places-copies", words);
    let mut table = Table::new(&["target", "addresses", "copy", "server", "custody"], words);
    let mut rows = Rows::new();
    let of_stores = outcome
        .stores
        .iter()
        .map(|s| (&s.target, &s.variable_set, &s.address, &s.copies));
    let of_others = outcome
        .others
        .iter()
        .map(|o| (&o.target, &o.variable_set, &o.address, &o.copies));
    for (target, set, address, copies) in of_stores.chain(of_others) {
        for c in copies.iter().filter(|c| made(c)) {
            let mut kind = words.word(&format!("copy-kind.{}", c.kind));
            if c.made.answer() != Answer::Yes {
                kind = words.say(&Message::new("flow.perhaps").arg(kind));
            }
            let mut server = place_lines(&c.location, words);
            server.extend(c.to.iter().map(|to| format!("→ {to}")));
            let cells = vec![one(kind), server, one(keeping(&c.custody, words))];
            rows.add(target, set, address, cells);
        }
    }
    rows.into(&mut table, words);
    page.table(table, words);
    for (key, role) in [
        ("audit.places-state", "backend"),
        ("audit.places-services", "service"),
    ] {
        let all: Vec<&Other> = outcome.others.iter().filter(|o| o.role == role).collect();
        if role == "service" && all.is_empty() {
            continue;
        }
        page.heading(3, key, words);
        let mut table = Table::new(&columns, words);
        let mut rows = Rows::new();
        for o in all {
            let cells = vec![one(&*o.ty), place_lines(&o.location, words)];
            rows.add(&o.target, &o.variable_set, &o.address, cells);
        }
        rows.into(&mut table, words);
        page.table(table, words);
    }
}

/// What lies in several countries at once, itself and its copies: whether one of them is home. Processing
/// keeps nothing, and what nobody knows stands in the tables above.
fn spread(page: &mut Page, outcome: &Outcome, words: &Words) {
    let mut table = Table::new(&["target", "addresses", "countries", "with-home"], words);
    let mut rows = Rows::new();
    for s in &outcome.stores {
        let kept = s
            .copies
            .iter()
            .filter(|c| made(c) && &*c.kind != "processing");
        let copies = kept.map(|c| &c.location);
        let all: BTreeSet<&str> = std::iter::once(&*s.location)
            .chain(copies)
            .flat_map(|l| &l.alternatives)
            .flat_map(|p| &p.regions)
            .map(|r| &*r.country)
            .filter(|c| !c.is_empty())
            .collect();
        if all.len() < 2 {
            continue;
        }
        let at_home = all.iter().any(|c| outcome.home.iter().any(|h| **h == **c));
        let at_home = if at_home { Answer::Yes } else { Answer::No };
        let names = all.iter().map(|c| country(c, words)).collect();
        let cells = vec![names, one(answer(at_home, words))];
        rows.add(&s.target, &s.variable_set, &s.address, cells);
    }
    page.heading(3, "audit.spread", words);
    page.text(words.word("audit.spread-text"));
    rows.into(&mut table, words);
    page.table(table, words);
}

fn keys(page: &mut Page, outcome: &Outcome, words: &Words) {
    page.heading(3, "audit.keys", words);
    let columns = [
        "target",
        "addresses",
        "type",
        "server",
        "custody",
        "rotation",
        "guarded",
        "window",
        "cipher",
        "used-by",
    ];
    let mut table = Table::new(&columns, words);
    let mut rows = Rows::new();
    for k in &outcome.keys {
        let mut custody = one(words.word(&format!("custody.{}", level_word(&k.custody))));
        if k.custody.imported {
            custody.push(words.word("audit.imported"));
        }
        let cipher = match k.cipher.value() {
            Some(cipher) => vec![cipher.to_string(), listed(cipher, words)],
            None => one("-"),
        };
        rows.add(
            &k.target,
            &k.variable_set,
            &k.address,
            vec![
                one(&*k.ty),
                place_lines(&k.location, words),
                custody,
                one(answer(k.rotation.answer(), words)),
                one(answer(k.protected.answer(), words)),
                one(k
                    .window
                    .value()
                    .map_or_else(|| "-".to_owned(), ToString::to_string)),
                cipher,
                one(k.used_by.len().to_string()),
            ],
        );
    }
    rows.into(&mut table, words);
    page.table(table, words);
}

/// What the list says of a cipher.
fn listed(cipher: &str, words: &Words) -> String {
    match ciphers::standing(cipher) {
        Some(Standing::Recommended) => words.word("audit.cipher-recommended"),
        Some(Standing::Until(day)) => {
            words.say(&Message::new("audit.cipher-until").arg(day.to_string()))
        }
        Some(Standing::Monitored) => words.word("audit.cipher-monitored"),
        Some(Standing::Outside) => words.word("audit.cipher-outside"),
        None => words.word("answer.unknown"),
    }
}

/// The ciphers that stores are encrypted with, and whether the list has them.
fn cipher_table(page: &mut Page, outcome: &Outcome, words: &Words) {
    page.heading(3, "audit.ciphers", words);
    let message = Message::new("audit.ciphers-text").arg(ciphers::edition());
    page.text(words.say(&message));
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for s in &outcome.stores {
        let listed = match &s.encryption.cipher {
            Some(cipher) if s.encryption.at_rest == Answer::Yes => listed(cipher, words),
            _ => "-".to_owned(),
        };
        *counts.entry((encryption(s, words), listed)).or_default() += 1;
    }
    let mut table = Table::new(&["cipher", "listed", "stores"], words);
    for ((cipher, listed), count) in counts {
        table.row(vec![
            Cell::text(cipher),
            Cell::text(listed),
            Cell::text(count.to_string()),
        ]);
    }
    page.table(table, words);
}
