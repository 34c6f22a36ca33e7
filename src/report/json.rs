//! The JSON formats that other programs are built on; `schema/` says them in JSON Schema.
//!
//! One element of a list stands on one line: a register that is kept in git shows what changed.

use super::inventory as register;
use super::{Outcome, SCHEMA_VERSION, change};
use crate::diagnostic::{Change, Diagnostic, Finding};
use crate::messages::Words;
use crate::provenance::Provenance;
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Tool<'a> {
    version: &'a str,
    catalog: &'a str,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    rule: &'a str,
    family: &'a str,
    level: crate::diagnostic::Level,
    verdict: crate::diagnostic::Verdict,
    target: &'a str,
    variable_sets: Vec<&'a str>,
    addresses: &'a [String],
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    message: String,
    help: Option<String>,
    trail: Vec<Step<'a>>,
    basis: Vec<Basis<'a>>,
    profiles: Vec<&'a str>,
    fingerprints: &'a [String],
    suppressed: Option<Suppressed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<change::Each<'a>>>,
}

#[derive(Serialize)]
struct Step<'a> {
    file: &'a str,
    line: u32,
    message: String,
    value: Option<&'a str>,
}

#[derive(Serialize)]
struct Basis<'a> {
    document: &'a str,
    section: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Suppressed<'a> {
    reason: &'a str,
    until: Option<&'a str>,
}

#[derive(Serialize)]
struct DiagnosticJson<'a> {
    code: &'a str,
    level: crate::diagnostic::Level,
    target: Option<&'a str>,
    addresses: &'a [String],
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
    message: String,
    help: Option<String>,
    suppressed: Option<Suppressed<'a>>,
}

#[derive(Serialize)]
struct CheckSummary {
    targets: usize,
    variable_sets: usize,
    files_read: usize,
    files_failed: usize,
    modules_missing: usize,
    stores: usize,
    no_row: usize,
    not_judged: usize,
    unknown_types: usize,
    services: usize,
    opaque: usize,
    violations: usize,
    undetermined: usize,
    passed: usize,
    suppressed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<change::Counts>,
}

#[derive(Serialize)]
struct InventorySummary {
    targets: usize,
    variable_sets: usize,
    files_read: usize,
    files_failed: usize,
    modules_missing: usize,
    stores: usize,
    keys: usize,
    unclassified: usize,
    no_row: usize,
    not_judged: usize,
    unknown_types: usize,
    services: usize,
    opaque: usize,
}

/// `check --format json`.
pub fn check(out: &mut dyn Write, outcome: &Outcome, words: &Words) -> io::Result<()> {
    let mut doc = Document::open(out, outcome)?;
    let profiles: Vec<&str> = outcome.profiles.iter().map(|p| &**p).collect();
    doc.field("profiles", &profiles)?;
    findings(&mut doc, outcome, words)?;
    check_summary(&mut doc, outcome)?;
    if outcome.compared {
        doc.list("resolved", change::resolved(outcome))?;
    }
    all_diagnostics(&mut doc, outcome, words)?;
    doc.close()
}

/// The findings.
pub(super) fn findings(doc: &mut Document<'_>, outcome: &Outcome, words: &Words) -> io::Result<()> {
    let all = outcome.findings.iter();
    doc.list("findings", all.map(|f| finding(outcome, words, f)))
}

/// What was seen and how it was judged.
pub(super) fn check_summary(doc: &mut Document<'_>, outcome: &Outcome) -> io::Result<()> {
    let seen = &outcome.seen;
    doc.field(
        "summary",
        &CheckSummary {
            targets: seen.targets,
            variable_sets: seen.variable_sets,
            files_read: seen.files_read,
            files_failed: seen.files_failed,
            modules_missing: seen.modules_missing,
            stores: seen.stores,
            no_row: seen.no_row,
            not_judged: seen.not_judged,
            unknown_types: seen.unknown_types,
            services: seen.services,
            opaque: seen.opaque,
            violations: seen.violations,
            undetermined: seen.undetermined,
            passed: seen.passed,
            suppressed: seen.suppressed,
            changes: outcome.compared.then(|| change::Counts::of(outcome)),
        },
    )
}

/// What went wrong.
pub(super) fn all_diagnostics(
    doc: &mut Document<'_>,
    outcome: &Outcome,
    words: &Words,
) -> io::Result<()> {
    doc.list("diagnostics", diagnostics(outcome, words))
}

/// What is kept where.
pub(super) fn register(doc: &mut Document<'_>, outcome: &Outcome) -> io::Result<()> {
    doc.list(
        "stores",
        outcome.stores.iter().map(|s| register::store(outcome, s)),
    )?;
    doc.list("keys", outcome.keys.iter().map(register::key))?;
    doc.list("others", outcome.others.iter().map(register::other))?;
    doc.list(
        "unclassified",
        outcome.unclassified.iter().map(register::unclassified),
    )?;
    doc.list(
        "modules_missing",
        register::modules_missing(&outcome.modules_missing),
    )
}

/// `inventory --format json`: the register.
pub fn inventory(out: &mut dyn Write, outcome: &Outcome, words: &Words) -> io::Result<()> {
    let mut doc = Document::open(out, outcome)?;
    register(&mut doc, outcome)?;
    let seen = &outcome.seen;
    doc.field(
        "summary",
        &InventorySummary {
            targets: seen.targets,
            variable_sets: seen.variable_sets,
            files_read: seen.files_read,
            files_failed: seen.files_failed,
            modules_missing: seen.modules_missing,
            stores: seen.stores,
            keys: seen.keys,
            unclassified: seen.unclassified,
            no_row: seen.no_row,
            not_judged: seen.not_judged,
            unknown_types: seen.unknown_types,
            services: seen.services,
            opaque: seen.opaque,
        },
    )?;
    all_diagnostics(&mut doc, outcome, words)?;
    doc.close()
}

fn finding<'a>(outcome: &'a Outcome, words: &Words, f: &'a Finding) -> FindingJson<'a> {
    let lines = outcome.lines(f.place);
    let rule = outcome.rules.get(&f.rule);
    FindingJson {
        rule: &f.rule,
        family: rule.map_or("", |r| &*r.family),
        level: f.level,
        verdict: f.verdict,
        target: &f.target,
        variable_sets: f.variable_sets.iter().map(|s| &**s).collect(),
        addresses: &f.addresses,
        file: outcome.file(f.place),
        line: lines.line,
        column: lines.column,
        end_line: lines.end_line,
        end_column: lines.end_column,
        message: words.say(&f.message),
        help: super::help(outcome, words, f),
        trail: steps(outcome, words, f),
        basis: rule
            .iter()
            .flat_map(|r| r.basis_of(f))
            .map(|b| Basis {
                document: &b.document,
                section: &b.section,
                says: b.says.as_deref(),
            })
            .collect(),
        profiles: f.profiles.iter().map(|p| &**p).collect(),
        fingerprints: &f.fingerprints,
        suppressed: suppressed(f.suppressed.as_ref()),
        change: f.change,
        changes: f.change.map(|_| change::each(f, words)),
    }
}

pub(super) fn suppressed(by: Option<&crate::diagnostic::Suppressed>) -> Option<Suppressed<'_>> {
    by.map(|s| Suppressed {
        reason: &s.reason,
        until: s.until.as_deref(),
    })
}

fn steps<'a>(outcome: &'a Outcome, words: &Words, f: &'a Finding) -> Vec<Step<'a>> {
    let values = outcome.secrets.values(&outcome.project, f.place, &f.trail);
    let steps = f.trail.iter().zip(values);
    steps
        .map(|(mark, value)| Step {
            file: outcome.file(mark.place),
            line: outcome.lines(mark.place).line,
            message: words.say(&mark.message),
            value,
        })
        .collect()
}

fn diagnostics<'a>(
    outcome: &'a Outcome,
    words: &'a Words,
) -> impl Iterator<Item = DiagnosticJson<'a>> {
    outcome.diagnostics.iter().map(|d: &Diagnostic| {
        let lines = d.place.map(|p| outcome.lines(p));
        DiagnosticJson {
            code: d.code.id(),
            level: d.code.level(),
            target: d.target.as_deref(),
            addresses: &d.addresses,
            file: d.place.map(|p| outcome.file(p)).or(d.path.as_deref()),
            line: lines.map(|l| l.line),
            column: lines.map(|l| l.column),
            end_line: lines.map(|l| l.end_line),
            end_column: lines.map(|l| l.end_column),
            message: words.say(&d.message),
            help: d.help.as_ref().map(|h| words.say(h)),
            suppressed: suppressed(d.suppressed.as_ref()),
        }
    })
}

/// Writes a JSON object whose lists have one element a line.
pub(super) struct Document<'w> {
    out: &'w mut dyn Write,
}

impl<'w> Document<'w> {
    pub(super) fn open(out: &'w mut dyn Write, outcome: &Outcome) -> io::Result<Document<'w>> {
        write!(out, "{{\"schema_version\": {SCHEMA_VERSION}")?;
        let mut doc = Document { out };
        doc.field(
            "tool",
            &Tool {
                version: env!("CARGO_PKG_VERSION"),
                catalog: &outcome.catalog,
            },
        )?;
        doc.provenance(outcome)?;
        Ok(doc)
    }

    /// What it was made from, a file a line.
    fn provenance(&mut self, outcome: &Outcome) -> io::Result<()> {
        let Some(p) = &outcome.provenance else {
            return Ok(());
        };
        self.field(
            "provenance",
            &Provenance {
                files: None,
                ..p.clone()
            },
        )?;
        match &p.files {
            Some(files) => self.list("files", files),
            None => Ok(()),
        }
    }

    fn key(&mut self, key: &str) -> io::Result<()> {
        write!(self.out, ",\n \"{key}\": ")
    }

    pub(super) fn field(&mut self, key: &str, value: &impl Serialize) -> io::Result<()> {
        self.key(key)?;
        serde_json::to_writer(&mut *self.out, value).map_err(io::Error::from)
    }

    pub(super) fn list<T: Serialize>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
    ) -> io::Result<()> {
        self.key(key)?;
        self.out.write_all(b"[")?;
        let mut any = false;
        for item in items {
            self.out.write_all(if any { b",\n  " } else { b"\n  " })?;
            any = true;
            serde_json::to_writer(&mut *self.out, &item).map_err(io::Error::from)?;
        }
        self.out.write_all(if any { b"\n ]" } else { b"]" })
    }

    pub(super) fn close(self) -> io::Result<()> {
        self.out.write_all(b"}\n")
    }
}
