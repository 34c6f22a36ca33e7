//! Tables for spreadsheets: RFC 4180 (UTF-8, lines end with CR LF), the first line names the columns.
//!
//! What went wrong and what was seen stand in the same table, told apart by the column `kind`: a file is
//! handed on alone. A cell that a spreadsheet would take for a formula gets an apostrophe in front.

use super::inventory::{key_address, level_word, place};
use super::summary;
use super::{Outcome, help};
use crate::diagnostic::{Change, Diagnostic, Suppressed};
use crate::extract::facts::{Custody, Keeping, Location};
use crate::messages::Words;
use crate::settings::Settings;
use crate::source::Place;
use std::io::{self, Write};

/// What a column holds, by its name; in a row, columns that are not named are empty.
type Cell = (&'static str, String);
type Cells = Vec<Cell>;

const FINDINGS: &[&str] = &[
    "kind",
    "level",
    "rule",
    "verdict",
    "target",
    "variable_sets",
    "addresses",
    "file",
    "line",
    "column",
    "end_line",
    "end_column",
    "message",
    "help",
    "profiles",
    "fingerprints",
    "suppressed_reason",
    "suppressed_until",
    "change",
];

const REGISTER: &[&str] = &[
    "kind",
    "target",
    "variable_set",
    "address",
    "type",
    "provider",
    "category",
    "service_kind",
    "data_class",
    "file",
    "line",
    "instances",
    "name",
    "to",
    "location",
    "regions",
    "countries",
    "operator",
    "operator_country",
    "encrypted",
    "cipher",
    "custody",
    "custody_levels",
    "imported",
    "key",
    "rotation",
    "used_by",
    "exposure",
    "backup",
    "assumptions",
    "level",
    "message",
];

/// `check --format csv`.
pub fn check(
    out: &mut dyn Write,
    outcome: &Outcome,
    settings: &Settings,
    words: &Words,
) -> io::Result<()> {
    let mut sheet = Sheet::open(out, FINDINGS)?;
    for f in &outcome.findings {
        let lines = outcome.lines(f.place);
        let mut cells: Cells = vec![
            ("kind", "finding".into()),
            ("level", f.level.word().into()),
            ("rule", f.rule.to_string()),
            ("verdict", f.verdict.word().into()),
            ("target", f.target.to_string()),
            ("variable_sets", joined(f.variable_sets.iter())),
            ("addresses", joined(f.addresses.iter())),
            ("file", outcome.file(f.place).into()),
            ("line", lines.line.to_string()),
            ("column", lines.column.to_string()),
            ("end_line", lines.end_line.to_string()),
            ("end_column", lines.end_column.to_string()),
            ("message", words.say(&f.message)),
            ("help", help(outcome, words, f).unwrap_or_default()),
            ("profiles", joined(f.profiles.iter())),
            ("fingerprints", joined(f.fingerprints.iter())),
        ];
        cells.extend(suppressed(f.suppressed.as_ref()));
        let change = f.change.map_or("", Change::word);
        cells.push(("change", change.into()));
        sheet.row(&cells)?;
    }
    for d in &outcome.diagnostics {
        let mut cells = diagnostic(outcome, words, d);
        cells.push(("rule", d.code.id().into()));
        cells.push(("addresses", joined(d.addresses.iter())));
        cells.extend(suppressed(d.suppressed.as_ref()));
        if let Some(help) = &d.help {
            cells.push(("help", words.say(help)));
        }
        if let Some(by) = &d.suppressed {
            cells.push(("suppressed_reason", by.reason.clone()));
            cells.push(("suppressed_until", by.until.clone().unwrap_or_default()));
        }
        sheet.row(&cells)?;
    }
    sheet.row(&seen(outcome, settings, words))
}

/// `inventory --format csv`: the register.
pub fn inventory(
    out: &mut dyn Write,
    outcome: &Outcome,
    settings: &Settings,
    words: &Words,
) -> io::Result<()> {
    let mut sheet = Sheet::open(out, REGISTER)?;
    for s in &outcome.stores {
        let named = || -> Cells {
            let mut cells = at(outcome, s.place);
            cells.extend([
                ("target", s.target.to_string()),
                ("variable_set", s.variable_set.to_string()),
                ("address", s.address.to_string()),
                ("type", s.ty.to_string()),
                ("provider", s.provider.to_string()),
            ]);
            cells
        };
        let mut cells = named();
        cells.extend(location(&s.location));
        cells.extend(custody(&s.custody));
        let mut assumed: Vec<&String> = s.assumptions.iter().collect();
        assumed.extend(
            s.location
                .assumptions
                .iter()
                .filter(|a| !s.assumptions.contains(a)),
        );
        cells.extend([
            ("kind", "store".to_owned()),
            ("category", s.category.to_string()),
            ("service_kind", s.service_kind.to_string()),
            ("data_class", s.data_class.to_string()),
            (
                "instances",
                if s.instances_known {
                    "known"
                } else {
                    "unknown"
                }
                .into(),
            ),
            ("operator", s.operator.name.to_string()),
            ("operator_country", s.operator.country.to_string()),
            ("encrypted", s.encryption.at_rest.word().into()),
            (
                "cipher",
                s.encryption.cipher.as_deref().unwrap_or_default().into(),
            ),
            ("exposure", s.exposure.exposure().into()),
            ("backup", s.backup.answer().word().into()),
            ("assumptions", joined(assumed.into_iter())),
        ]);
        sheet.row(&cells)?;
        for p in &s.parts {
            let mut cells = named();
            cells.extend(custody(&p.custody));
            cells.extend([
                ("kind", "part".to_owned()),
                ("name", p.part.to_string()),
                ("encrypted", p.encryption.at_rest.word().into()),
            ]);
            sheet.row(&cells)?;
        }
        for c in &s.copies {
            let mut cells = named();
            cells.extend(location(&c.location));
            cells.extend(custody(&c.custody));
            cells.extend([
                ("kind", "copy".to_owned()),
                ("name", c.kind.to_string()),
                ("to", c.to.as_deref().unwrap_or_default().into()),
                ("service_kind", c.service_kind.to_string()),
            ]);
            sheet.row(&cells)?;
        }
    }
    for k in &outcome.keys {
        let mut cells = at(outcome, k.place);
        cells.extend(location(&k.location));
        cells.extend(custody(&k.custody));
        cells.extend([
            ("kind", "key".to_owned()),
            ("target", k.target.to_string()),
            ("variable_set", k.variable_set.to_string()),
            ("address", k.address.to_string()),
            ("type", k.ty.to_string()),
            ("provider", k.provider.to_string()),
            ("rotation", k.rotation.answer().word().into()),
            ("used_by", joined(k.used_by.iter())),
            ("assumptions", joined(k.assumptions.iter())),
        ]);
        sheet.row(&cells)?;
    }
    for o in &outcome.others {
        let mut cells = at(outcome, o.place);
        cells.extend(location(&o.location));
        cells.extend([
            ("kind", o.role.to_owned()),
            ("target", o.target.to_string()),
            ("variable_set", o.variable_set.to_string()),
            ("address", o.address.to_string()),
            ("type", o.ty.to_string()),
        ]);
        if let Some(operator) = &o.operator {
            cells.extend([
                ("service_kind", o.service_kind.to_string()),
                ("operator", operator.name.to_string()),
                ("operator_country", operator.country.to_string()),
            ]);
        }
        sheet.row(&cells)?;
    }
    for u in &outcome.unclassified {
        for address in &u.addresses {
            sheet.row(&[
                ("kind", u.kind.to_owned()),
                ("address", address.to_string()),
                ("type", u.ty.to_string()),
            ])?;
        }
    }
    for m in &outcome.modules_missing {
        let mut cells = at(outcome, m.place);
        cells.extend(location(&m.location));
        cells.extend([
            ("kind", "module-not-loaded".to_owned()),
            ("target", m.target.to_string()),
            ("address", m.address.to_string()),
            ("name", m.source.to_string()),
        ]);
        sheet.row(&cells)?;
    }
    for d in &outcome.diagnostics {
        let mut cells = diagnostic(outcome, words, d);
        cells.push(("name", d.code.id().into()));
        cells.push(("address", joined(d.addresses.iter())));
        sheet.row(&cells)?;
    }
    sheet.row(&seen(outcome, settings, words))
}

/// What the columns of both tables say of a diagnostic.
fn diagnostic(outcome: &Outcome, words: &Words, d: &Diagnostic) -> Cells {
    let mut cells: Cells = vec![
        ("kind", "diagnostic".into()),
        ("level", d.code.level().word().into()),
        ("target", d.target.as_deref().unwrap_or_default().into()),
        ("message", words.say(&d.message)),
    ];
    match (d.place, &d.path) {
        (Some(place), _) => cells.extend(at(outcome, place)),
        (None, Some(path)) => cells.push(("file", path.to_string())),
        (None, None) => {}
    }
    cells
}

fn suppressed(by: Option<&Suppressed>) -> Cells {
    by.map_or_else(Vec::new, |s| {
        vec![
            ("suppressed_reason", s.reason.clone()),
            ("suppressed_until", s.until.clone().unwrap_or_default()),
        ]
    })
}

fn seen(outcome: &Outcome, settings: &Settings, words: &Words) -> Cells {
    vec![
        ("kind", "summary".into()),
        ("message", summary::line(outcome, settings, words)),
    ]
}

fn at(outcome: &Outcome, place: Place) -> Cells {
    vec![
        ("file", outcome.file(place).into()),
        ("line", outcome.lines(place).line.to_string()),
    ]
}

fn location(l: &Location) -> Cells {
    let place = place(l);
    vec![
        ("location", place.state.into()),
        ("regions", joined(place.regions.into_iter())),
        ("countries", joined(place.countries.into_iter())),
    ]
}

fn custody(k: &Keeping) -> Cells {
    vec![
        ("custody", level_word(k).into()),
        (
            "custody_levels",
            joined(k.levels().into_iter().map(Custody::word)),
        ),
        ("imported", if k.imported { "yes" } else { "no" }.into()),
        (
            "key",
            key_address(k).map_or_else(String::new, ToString::to_string),
        ),
    ]
}

/// Several in one cell.
fn joined(all: impl Iterator<Item = impl AsRef<str>>) -> String {
    let mut out = String::new();
    for one in all {
        if !out.is_empty() {
            out.push_str("; ");
        }
        out.push_str(one.as_ref());
    }
    out
}

struct Sheet<'w> {
    out: &'w mut dyn Write,
    columns: &'static [&'static str],
}

impl<'w> Sheet<'w> {
    fn open(out: &'w mut dyn Write, columns: &'static [&'static str]) -> io::Result<Sheet<'w>> {
        write!(out, "{}\r\n", columns.join(","))?;
        Ok(Sheet { out, columns })
    }

    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        debug_assert!(
            cells.iter().all(|(name, _)| self.columns.contains(name)),
            "a cell without a column: {cells:?}"
        );
        let row: Vec<String> = self
            .columns
            .iter()
            .map(|column| {
                let found = cells.iter().find(|(name, _)| name == column);
                found.map_or_else(String::new, |(_, text)| cell(text))
            })
            .collect();
        write!(self.out, "{}\r\n", row.join(","))
    }
}

/// A cell: no formula, and in quotes where it has to be.
fn cell(text: &str) -> String {
    let formula = text.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]);
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_are_no_formulas() {
        for (text, expected) in [
            ("a", "a"),
            ("a b", "a b"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("a\nb", "\"a\nb\""),
            ("=1+1", "'=1+1"),
            ("@SUM(1,2)", "\"'@SUM(1,2)\""),
            ("-x/main.tf", "'-x/main.tf"),
            ("\tx", "'\tx"),
            ("＝1", "'＝1"),
            ("a=1", "a=1"),
        ] {
            assert_eq!(cell(text), expected);
        }
    }

    #[test]
    fn columns_are_named_once() {
        for columns in [FINDINGS, REGISTER] {
            let mut names = columns.to_vec();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), columns.len());
        }
    }
}
