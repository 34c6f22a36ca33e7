//! What the catalog says of a resource type, in words.

use super::page::{Block, Page};
use super::rule::said;
use crate::catalog::row::{
    CarriesText, CopyText, DefaultText, ExposureText, KeyText, OneOrMany, Role, RowText, ScopeText,
    YesText,
};
use crate::catalog::written::InFile;
use crate::catalog::{Catalog, Unlisted, lists};
use crate::diagnostic::Message;
use crate::messages::{Lang, Words};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// What a type with a row is, in one word of outputs: `store`, `key`, `route`, `carrier`, …
pub fn kind(row: &RowText) -> &'static str {
    match row.role {
        _ if row.category.is_some() => "store",
        Some(Role::Key) => "key",
        Some(Role::Container) => "container",
        Some(Role::Alias) => "alias",
        Some(Role::Place) => "place",
        Some(Role::Route) => "route",
        Some(Role::Door) => "door",
        Some(Role::Endpoint) => "endpoint",
        Some(Role::SignIn) => "sign-in",
        None if row.carries.is_some() => "carrier",
        None if row.reads_only() => "data-source",
        None => "backend",
    }
}

/// What is known of a type without a row, in one word of outputs.
pub fn kind_without_row(unlisted: Unlisted) -> &'static str {
    match unlisted {
        Unlisted::NoRow => "no-row",
        Unlisted::Opaque => "opaque",
        Unlisted::Unjudged(_) => "not-judged",
        Unlisted::NoData => "no-data",
        Unlisted::UnknownType => "unknown-type",
    }
}

/// Which facts a row tells, in the words of its tables.
pub fn facts(row: &RowText) -> Vec<&'static str> {
    let has = [
        ("custody", !row.custody.is_empty()),
        ("parts", !row.part.is_empty()),
        ("copies", !row.copy.is_empty()),
        ("exposure", row.exposure.is_some()),
        ("backup", row.backup.is_some()),
        ("loss", row.loss.is_some()),
        ("transport", row.transport.is_some()),
        ("sign-in", row.sign_in.is_some()),
        ("rotation", row.rotation.is_some()),
    ];
    let has = has.into_iter().filter(|(_, has)| *has);
    has.map(|(fact, _)| fact).collect()
}

/// The confidence at the end of a source: `(high)`.
pub fn confidence(source: &str) -> Option<&'static str> {
    ["high", "medium", "low"]
        .into_iter()
        .find(|c| source.contains(&format!("({c})")))
}

/// Writes in one language.
struct Pen<'w> {
    words: &'w Words,
}

/// The parts of a case that custody, parts and copies have in common.
struct Case<'a> {
    each: Option<&'a String>,
    when: Option<&'a String>,
    given: Option<&'a String>,
    is: Option<&'a OneOrMany>,
    key: Option<&'a KeyText>,
    absent: Option<&'a OneOrMany>,
    whose: Option<&'a String>,
    literal: Option<&'a String>,
    otherwise: Option<&'a OneOrMany>,
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

impl Pen<'_> {
    fn word(&self, key: &str) -> String {
        self.words.word(&format!("explain.{key}"))
    }

    fn say(&self, key: &str, args: &[&str]) -> String {
        let message = Message::new(format!("explain.{key}"));
        self.words.say(&args.iter().fold(message, |m, a| m.arg(*a)))
    }

    /// Sentences after each other.
    fn join(&self, parts: &[String]) -> String {
        parts.join(if self.words.lang == Lang::Ja { "" } else { " " })
    }

    fn levels(&self, levels: &OneOrMany) -> String {
        let all: Vec<String> = levels
            .list()
            .iter()
            .map(|l| match l.as_str() {
                "as-destination" => self.word("as-destination"),
                l => format!("{} ({})", code(l), self.word(&format!("ladder-{l}"))),
            })
            .collect();
        match &all[..] {
            [one] => one.clone(),
            _ => self.say("one-of", &[&all.join(", ")]),
        }
    }

    fn place(&self, source: &str) -> String {
        let (kind, rest) = source.split_once(':').unwrap_or((source, ""));
        let (path, table) = rest.split_once('@').unwrap_or((rest, ""));
        match kind {
            "attr" | "zone" | "parent" | "store" | "config" | "env" | "fixed" | "host" | "arn" => {
                let base = self.say(&format!("place-{kind}"), &[&code(path)]);
                if table.is_empty() {
                    base
                } else {
                    format!("{base} ({})", code(table))
                }
            }
            "provider" => self.word("place-provider"),
            _ => code(source),
        }
    }

    fn key(&self, key: &KeyText) -> String {
        match key {
            KeyText::Path(paths) => {
                let named: Vec<String> = paths.list().iter().map(|p| code(p)).collect();
                self.say("key-path", &[&named.join(", ")])
            }
            KeyText::Value { value } => self.say("key-path", &[&code(value)]),
            KeyText::Columns { r#type, r#where } => {
                let columns: Vec<String> = r#where
                    .iter()
                    .map(|(theirs, ours)| format!("{theirs} = {ours}"))
                    .collect();
                self.say("key-columns", &[&code(r#type), &code(&columns.join(", "))])
            }
        }
    }

    fn conditions(&self, case: &Case<'_>) -> Vec<String> {
        let mut out = Vec::new();
        if let Some(each) = case.each {
            out.push(self.say("for-each", &[&code(each)]));
        }
        if let Some(given) = case.given {
            out.push(self.say("where-given", &[&code(given)]));
        }
        if let Some(when) = case.when {
            out.push(self.say("where", &[&code(when)]));
        }
        out
    }

    fn case(&self, case: &Case<'_>) -> String {
        let mut out = self.conditions(case);
        if out.is_empty() {
            out.push(self.word("always"));
        }
        if let Some(is) = case.is {
            out.push(self.say("is", &[&self.levels(is)]));
        }
        if let Some(key) = case.key {
            out.push(self.key(key));
            match case.absent {
                Some(absent) => out.push(self.say("absent", &[&self.levels(absent)])),
                None => out.push(self.word("absent-next")),
            }
        }
        if let Some(whose) = case.whose {
            out.push(match whose.split_once(':') {
                Some((_, path)) => self.say("as-other", &[&code(path)]),
                None => self.word("as-self"),
            });
        }
        if let Some(literal) = case.literal {
            out.push(self.say("literal", &[&code(literal)]));
        }
        if let Some(otherwise) = case.otherwise {
            out.push(self.say("else", &[&self.levels(otherwise)]));
        }
        self.join(&out)
    }

    fn yes(&self, key: &str, fact: &YesText) -> Vec<String> {
        let mut out = vec![self.say(key, &[&code(&fact.yes)])];
        if let Some(not_asked) = &fact.not_asked {
            out.push(self.say("not-asked-where", &[&code(not_asked)]));
        }
        out
    }

    fn copy(&self, copy: &CopyText) -> String {
        let mut out = vec![format!("{}:", code(&copy.kind))];
        out.extend(self.conditions(&Case {
            each: copy.each.as_ref(),
            when: copy.when.as_ref(),
            given: copy.given.as_ref(),
            is: None,
            key: None,
            absent: None,
            whose: None,
            literal: None,
            otherwise: None,
        }));
        if let Some(to) = &copy.to {
            out.push(match to.split_once(':') {
                None => self.word("to-pair"),
                Some(("region", path)) => self.say("to-region", &[&code(path)]),
                Some(("fixed", path)) => self.say("to-fixed", &[&code(path)]),
                Some((_, path)) => {
                    let path = path.split_once('@').map_or(path, |(path, _)| path);
                    self.say("to-store", &[&code(path)])
                }
            });
        }
        match copy.r#else.as_deref() {
            None => {}
            Some("here") => out.push(self.word("else-here")),
            Some(to) => {
                let place = to.split_once(':').map_or(to, |(_, code)| code);
                out.push(self.say("else-at", &[&code(place)]));
            }
        }
        if let Some(kept) = &copy.kept {
            out.push(self.say("kept", &[&self.levels(kept)]));
        }
        if copy.not_asked.is_some() {
            out.push(self.word("no-other-key"));
        }
        if let Some(of) = &copy.of {
            let path = of.split_once(':').map_or(of.as_str(), |(_, p)| p);
            out.push(self.say("copy-of", &[&code(path)]));
        }
        match (&copy.key, &copy.r#as) {
            (Some(key), _) => {
                out.push(self.key(key));
                if let Some(absent) = &copy.absent {
                    out.push(self.say("absent", &[&self.levels(absent)]));
                }
            }
            (None, Some(_)) => out.push(self.word("as-self")),
            (None, None) => {}
        }
        self.join(&out)
    }

    fn exposure(&self, exposure: &ExposureText) -> Vec<String> {
        let mut out = Vec::new();
        for (key, doors) in [
            ("door-open", &exposure.open),
            ("door-shut", &exposure.shut),
            ("door-unlocked", &exposure.unlocked),
        ] {
            for (door, when) in doors {
                out.push(self.say(key, &[&code(door), &code(when)]));
            }
        }
        if out.is_empty() {
            out.push(self.word("door-none"));
        }
        out
    }

    fn carries(&self, carries: &CarriesText) -> String {
        let to: Vec<String> = carries.to.iter().map(|t| code(t)).collect();
        let mut out = vec![self.say("carries", &[&carries.facts.join(", "), &to.join(", ")])];
        if let Some(by) = &carries.by {
            let by: Vec<String> = by.list().iter().map(|b| code(b)).collect();
            out.push(self.say("carries-by", &[&by.join(", ")]));
        }
        match carries.scope {
            Some(ScopeText::AccountRegion) => out.push(self.word("carries-account-region")),
            Some(ScopeText::Account) => out.push(self.word("carries-account")),
            None => {}
        }
        if let Some(tags) = &carries.tags {
            out.push(self.say("carries-tags", &[&code(&tags.block)]));
        }
        if !carries.instead_of.is_empty() {
            let levels = OneOrMany::Many(carries.instead_of.clone());
            out.push(self.say("carries-instead", &[&self.levels(&levels)]));
        }
        self.join(&out)
    }

    fn defaults(&self, row: &RowText) -> Vec<String> {
        let mut out = Vec::new();
        for (name, default) in &row.defaults {
            match default {
                DefaultText::Always(value) => {
                    out.push(format!("`{name} = {value}`"));
                }
                DefaultText::Ranged(all) => {
                    for one in all {
                        let version = self.say("default-version", &[&code(&one.provider)]);
                        out.push(format!("`{name} = {}` ({version})", one.is));
                    }
                }
            }
        }
        out
    }
}

/// Rows that decide facts of a type: name and how.
fn carriers(name: &str) -> Vec<(&'static str, &'static CarriesText)> {
    static ALL: OnceLock<Vec<(&'static str, CarriesText)>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let catalog = Catalog::builtin();
        let names = catalog.names().into_iter();
        names
            .filter_map(|other| Some((other, catalog.in_file(other)?.row.carries?)))
            .collect()
    });
    let of_it = all.iter().filter(|(_, c)| c.to.iter().any(|t| t == name));
    of_it.map(|(other, c)| (*other, c)).collect()
}

/// The page of a type with a row.
pub fn page(name: &str, written: &InFile, words: &Words) -> Page {
    let row = &written.row;
    let pen = Pen { words };
    let kind = kind(row);
    let mut page = Page {
        title: name.to_owned(),
        ..Page::default()
    };
    let mut about = vec![pen.word(&format!("kind-{kind}"))];
    if let Some(category) = &row.category {
        let service = row.service.as_deref().unwrap_or("user-data");
        about.push(pen.say("category", &[&code(category), &code(service)]));
    }
    let provider = Catalog::builtin().provider(name);
    if let Some(operator) = provider.filter(|p| !p.operator.name.is_empty()) {
        let operator = &operator.operator;
        about.push(pen.say("operator", &[&operator.name, &operator.country]));
    }
    if let Some(cipher) = &row.cipher {
        about.push(pen.say("cipher", &[&code(cipher)]));
    }
    page.section(String::new(), vec![Block::Words(pen.join(&about))]);

    if kind != "carrier" && !row.not_judged {
        let place: Vec<String> = if row.place.is_empty() {
            vec![pen.word("place-provider")]
        } else {
            row.place.iter().map(|p| pen.place(p)).collect()
        };
        let narrowed = row.narrowed.as_ref();
        let narrowed = narrowed.map_or(String::new(), |n| pen.say("narrowed", &[&code(n)]));
        let where_ = vec![Block::Steps(place), Block::Words(narrowed)];
        page.section(pen.word("where-is-it"), where_);
    }
    let cases = row.custody.iter().map(|c| {
        pen.case(&Case {
            each: c.each.as_ref(),
            when: c.when.as_ref(),
            given: c.given.as_ref(),
            is: c.is.as_ref(),
            key: c.key.as_ref(),
            absent: c.absent.as_ref(),
            whose: c.r#as.as_ref(),
            literal: c.literal.as_ref(),
            otherwise: c.r#else.as_ref(),
        })
    });
    page.section(pen.word("who-holds"), vec![Block::Steps(cases.collect())]);
    let parts = row.part.iter().map(|c| {
        let case = pen.case(&Case {
            each: c.each.as_ref(),
            when: c.when.as_ref(),
            given: c.given.as_ref(),
            is: c.is.as_ref(),
            key: c.key.as_ref(),
            absent: c.absent.as_ref(),
            whose: c.r#as.as_ref(),
            literal: c.literal.as_ref(),
            otherwise: c.r#else.as_ref(),
        });
        format!("{}: {case}", code(&c.name))
    });
    page.section(pen.word("parts"), vec![Block::List(parts.collect())]);
    let copies = row.copy.iter().map(|c| pen.copy(c));
    page.section(pen.word("copies"), vec![Block::List(copies.collect())]);
    if let Some(exposure) = &row.exposure {
        page.section(
            pen.word("exposure"),
            vec![Block::List(pen.exposure(exposure))],
        );
    }
    let mut loss = Vec::new();
    if let Some(backup) = &row.backup {
        loss.extend(pen.yes("backup", backup));
    }
    if let Some(lost) = &row.loss {
        if let Some(protected) = &lost.protected {
            let fact = YesText {
                yes: protected.clone(),
                not_asked: lost.not_asked.clone(),
            };
            loss.extend(pen.yes("protected", &fact));
        }
        if let Some(days) = &lost.days {
            loss.push(pen.say("loss-days", &[&code(days)]));
        }
        if lost.protected.is_none() && lost.days.is_none() {
            loss.push(pen.word("loss-of-vault"));
        }
    }
    page.section(pen.word("loss"), vec![Block::List(loss)]);
    let mut wire = Vec::new();
    if let Some(transport) = &row.transport {
        let conditions = [
            ("plaintext", &transport.plaintext),
            ("weak", &transport.weak),
            ("minimum", &transport.minimum),
            ("not-asked-where", &transport.not_asked),
        ];
        for (key, text) in conditions {
            wire.extend(text.as_ref().map(|t| pen.say(key, &[&code(t)])));
        }
    }
    page.section(pen.word("transport"), vec![Block::List(wire)]);
    let mut sign_in = Vec::new();
    if let Some(s) = &row.sign_in {
        let conditions = [
            ("password-length", &s.length),
            ("mfa", &s.mfa),
            ("reuse-refused", &s.reuse),
            ("not-asked-where", &s.not_asked),
        ];
        for (key, text) in conditions {
            sign_in.extend(text.as_ref().map(|t| pen.say(key, &[&code(t)])));
        }
    }
    page.section(pen.word("sign-in"), vec![Block::List(sign_in)]);
    let mut key = Vec::new();
    if let Some(rotation) = &row.rotation {
        key.extend(pen.yes("rotation", rotation));
    }
    if let Some(foreign) = &row.foreign {
        key.extend(pen.yes("foreign", foreign));
    }
    for algorithm in &row.algorithm {
        let mut said = Vec::new();
        if let Some(when) = &algorithm.when {
            said.push(pen.say("where", &[&code(when)]));
        }
        let names = algorithm.value.iter().chain(&algorithm.is);
        said.extend(names.map(|name| pen.say("algorithm", &[&code(name)])));
        key.push(pen.join(&said));
    }
    if let Some(imported) = &row.imported {
        key.push(pen.say("imported", &[&code(imported)]));
    }
    page.section(pen.word("about-key"), vec![Block::List(key)]);
    page.section(pen.word("defaults"), vec![Block::List(pen.defaults(row))]);
    let carried = carriers(name);
    let carried = carried
        .iter()
        .map(|(other, c)| format!("{}: {}", code(other), c.facts.join(", ")));
    page.section(pen.word("decided-by"), vec![Block::List(carried.collect())]);
    if let Some(carries) = &row.carries {
        page.section(
            pen.word("decides"),
            vec![Block::Words(pen.carries(carries))],
        );
    }
    let not_asked = row.not_asked.iter().map(|n| {
        let because = said(words, &n.because);
        pen.say("not-asked", &[&n.question, &code(&n.when), because])
    });
    page.section(pen.word("cannot"), vec![Block::List(not_asked.collect())]);
    let names = row.named_by.iter().map(|n| {
        n.split_once('=').map_or_else(
            || code(n),
            |(attr, text)| format!("{} {}", code(attr), code(text)),
        )
    });
    let names: Vec<String> = names.collect();
    page.section(pen.word("named-by"), vec![Block::Words(names.join(", "))]);
    let source = row.source.clone().unwrap_or_default();
    let at = format!("{}:{}", written.file, written.line);
    page.section(
        pen.word("from"),
        vec![
            Block::Words(source),
            Block::Words(pen.say("row-at", &[&code(&at)])),
        ],
    );
    page
}

/// The page of a type without a row.
pub fn page_without_row(name: &str, unlisted: Unlisted, words: &Words) -> Page {
    let pen = Pen { words };
    let mut page = Page {
        title: name.to_owned(),
        ..Page::default()
    };
    let mut about = vec![pen.word(&format!("kind-{}", kind_without_row(unlisted)))];
    if let Unlisted::Unjudged(role) = unlisted {
        about.push(pen.say("role", &[&code(role.word())]));
    }
    page.section(String::new(), vec![Block::Words(pen.join(&about))]);
    page
}

/// A type as JSON has it.
pub fn json(name: &str, written: &InFile, words: &Words) -> Value {
    let row = &written.row;
    let table: Value = written
        .text
        .parse::<toml::Table>()
        .ok()
        .and_then(|t| serde_json::to_value(t).ok())
        .map_or(Value::Null, |t| {
            let inside = |t: &Value| name.split('.').fold(t.clone(), |t, part| t[part].clone());
            inside(&t)
        });
    let carried: Vec<Value> = carriers(name)
        .into_iter()
        .map(|(other, c)| json!({"type": other, "facts": c.facts}))
        .collect();
    let provider = Catalog::builtin().provider(name);
    let operator = provider.filter(|p| !p.operator.name.is_empty());
    json!({
        "type": name, "kind": kind(row), "category": row.category,
        "service_kind": row.category.as_ref().map(|_| row.service.as_deref().unwrap_or("user-data")),
        "operator": operator.map(|p| json!({"name": &*p.operator.name, "country": &*p.operator.country})),
        "facts": facts(row), "decided_by": carried, "row": table,
        "source": row.source, "confidence": row.source.as_deref().and_then(confidence),
        "file": written.file, "line": written.line, "words": page(name, written, words).text(),
    })
}

/// Types without a row, by what is known of them, in the order of outputs.
pub fn without_row() -> Vec<(&'static str, Vec<&'static str>)> {
    let catalog = Catalog::builtin();
    let has_row: std::collections::BTreeSet<&str> = catalog.names().into_iter().collect();
    let lists = lists();
    let mut roles: Vec<&'static str> = lists.roles.keys().copied().collect();
    roles.sort_unstable();
    let listed = |names: Vec<&'static str>| -> Vec<&'static str> {
        names.into_iter().filter(|n| !has_row.contains(n)).collect()
    };
    let quiet = lists
        .known
        .all()
        .filter(|n| catalog.unlisted(n) == Unlisted::NoData);
    vec![
        ("no-row", listed(lists.stores.all().collect())),
        ("not-judged", listed(roles)),
        ("opaque", listed(lists.opaque.all().collect())),
        ("no-data", listed(quiet.collect())),
    ]
}
