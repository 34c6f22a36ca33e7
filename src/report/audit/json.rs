//! The report as JSON: requirements with all their evidence, then the register and the findings as the other
//! commands give them.

use super::super::Outcome;
use super::super::json::{self, Document};
use super::evidence::{Checked, Evidence, Standing};
use super::said;
use crate::date::Date;
use crate::messages::Words;
use crate::policy::requirements;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

#[derive(Serialize)]
struct RequirementJson<'a> {
    id: &'a str,
    document: &'a str,
    section: &'a str,
    profiles: Vec<&'a str>,
    asks: &'a str,
    says: Option<&'a str>,
    treated: &'a str,
    rules: &'a [String],
    not_asked: &'a [&'a str],
    standing: &'a str,
    level: Option<crate::diagnostic::Level>,
    /// How many answers there are of each standing.
    answers: BTreeMap<&'a str, usize>,
    settle: Option<&'a str>,
    since: &'a str,
    evidence: Vec<EvidenceJson<'a>>,
}

#[derive(Serialize)]
struct EvidenceJson<'a> {
    rule: &'a str,
    standing: &'a str,
    held_back: bool,
    level: Option<crate::diagnostic::Level>,
    target: &'a str,
    variable_set: &'a str,
    address: &'a str,
    which: Option<&'a str>,
    found: &'a str,
    file: Option<&'a str>,
    line: Option<u32>,
    suppressed: Option<json::Suppressed<'a>>,
}

#[derive(Serialize)]
struct DocumentJson<'a> {
    id: &'a str,
    title: &'a str,
    edition: &'a str,
    read: &'a str,
    note: Option<&'a str>,
}

/// Writes it.
pub(super) fn write(
    out: &mut dyn Write,
    outcome: &Outcome,
    checked: &[Checked],
    today: Date,
    words: &Words,
) -> io::Result<()> {
    let mut doc = Document::open(out, outcome)?;
    doc.field("date", &today.to_string())?;
    let profiles: Vec<&str> = outcome.profiles.iter().map(|p| &**p).collect();
    doc.field("profiles", &profiles)?;
    doc.list(
        "requirements",
        checked.iter().map(|c| requirement(outcome, c, words)),
    )?;
    let documents = requirements::file().documents.iter();
    let used = documents.filter(|(id, _)| checked.iter().any(|c| c.requirement.document == **id));
    doc.list(
        "documents",
        used.map(|(id, d)| DocumentJson {
            id,
            title: said(&d.title, words),
            edition: &d.edition,
            read: d.read.word(),
            note: d.note.as_ref().map(|n| said(n, words)),
        }),
    )?;
    json::findings(&mut doc, outcome, words)?;
    json::register(&mut doc, outcome)?;
    json::check_summary(&mut doc, outcome)?;
    json::all_diagnostics(&mut doc, outcome, words)?;
    doc.close()
}

fn requirement<'a>(outcome: &'a Outcome, c: &'a Checked, words: &Words) -> RequirementJson<'a> {
    let r = c.requirement;
    RequirementJson {
        id: &r.id,
        document: &r.document,
        section: &r.section,
        profiles: c.profiles.iter().map(|p| &**p).collect(),
        asks: said(&r.asks, words),
        says: r.says.as_ref().map(|s| said(s, words)),
        treated: r.treated.word(),
        rules: &r.rules,
        not_asked: &c.not_asked,
        standing: c.standing.word(),
        level: c.level(),
        answers: [
            Standing::Broken,
            Standing::Open,
            Standing::Accepted,
            Standing::Met,
        ]
        .into_iter()
        .map(|s| (s.word(), c.count(s)))
        .collect(),
        settle: r.settle.as_ref().map(|s| said(s, words)),
        since: &r.since,
        evidence: c.evidence.iter().map(|e| evidence(outcome, e)).collect(),
    }
}

fn evidence<'a>(outcome: &'a Outcome, e: &'a Evidence) -> EvidenceJson<'a> {
    EvidenceJson {
        rule: &e.rule,
        standing: e.standing.word(),
        held_back: e.held_back,
        level: e.level,
        target: &e.target,
        variable_set: &e.variable_set,
        address: &e.address,
        which: e.which.as_deref(),
        found: &e.words,
        file: e.place.map(|p| outcome.file(p)),
        line: e.place.map(|p| outcome.lines(p).line),
        suppressed: json::suppressed(e.suppressed.as_ref()),
    }
}
