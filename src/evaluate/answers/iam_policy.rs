//! The policy document that the AWS provider builds of `statement` blocks, to the letter.
//!
//! Lives here: statements, merging by Sid, and the order of everything: lists of actions, resources and
//! identifiers sorted backwards, one alone without its list, principals and conditions in the order of
//! the provider's sets. Tests hold it against answers of the real provider
//! (`tests/data/iam_policy_document`). Where something is not known its place in the order is not
//! either: it stands last.

use super::{Layout, Out, Texts, mapped, not_known};
use crate::evaluate::Evaluation;
use crate::evaluate::evaluated::View;
use crate::evaluate::partial_json::{self, Json, Member, Text};
use crate::evaluate::text::unknown_text;
use crate::evaluate::value::{Part, Val, World};

const VERSION: &str = "2012-10-17";
/// Blocks, and the blocks in them.
const BLOCKS: &[(&str, &[&str])] = &[("statement", &["principals", "not_principals", "condition"])];

/// A document while it is merged.
#[derive(Default)]
struct Document {
    version: Option<Val>,
    id: Option<Val>,
    statements: Vec<Statement>,
    /// What stands for statements that may be there too.
    open: Option<Val>,
}

struct Statement {
    sid: Option<Val>,
    members: Vec<(&'static str, Out)>,
    /// What stands for members that may be there too.
    open: Option<Val>,
}

impl Document {
    /// Another document merged in: its Id and newer Version, its statements in place of those with
    /// their Sid.
    fn merge(&mut self, new: Document) {
        if new.id.is_some() {
            self.id = new.id;
        }
        self.version = match (self.version.take(), new.version) {
            (Some(a), Some(b)) => Some(match (a.as_str(), b.as_str()) {
                (Some(x), Some(y)) if x >= y => a,
                (Some(_), Some(_)) => b,
                _ => unknown_text("answer", &[&a, &b], vec![Part::Unknown]),
            }),
            (a, b) => a.or(b),
        };
        if let Some(v) = &new.open {
            // Which of these it replaces is not known.
            self.statements.retain(|s| s.sid.is_none());
            self.open.get_or_insert_with(|| v.clone());
        }
        let own = self.statements.len();
        for s in new.statements {
            let Some(sid) = &s.sid else {
                self.statements.push(s);
                continue;
            };
            let Some(name) = sid.as_str() else {
                let sid = sid.clone();
                let mut at = 0;
                self.statements.retain(|have| {
                    at += 1;
                    at > own || have.sid.is_none()
                });
                if self.statements.len() < at {
                    self.open.get_or_insert(sid);
                }
                self.statements.push(s);
                continue;
            };
            let known = |have: &Statement| {
                have.sid
                    .as_ref()
                    .is_some_and(|sid| sid.as_str() == Some(name))
            };
            if let Some(i) = self.statements.iter().position(known) {
                self.statements[i] = s;
                continue;
            }
            // One whose Sid is not known may be the same.
            let maybe =
                |have: &Statement| have.sid.as_ref().is_some_and(|sid| sid.as_str().is_none());
            if let Some(i) = self.statements.iter().position(maybe)
                && i < own
            {
                self.open = self.statements[i].sid.clone();
                self.statements.remove(i);
            }
            self.statements.push(s);
        }
    }

    fn out(self) -> Out {
        let mut members: Vec<(Val, Out)> = Vec::new();
        let mut push = |name: &str, out: Out| members.push((Val::str(name), out));
        if let Some(v) = self.version {
            push("Version", Out::Text(v));
        }
        if let Some(id) = self.id {
            push("Id", Out::Text(id));
        }
        if !self.statements.is_empty() || self.open.is_some() {
            let statements = self.statements.into_iter().map(Statement::out).collect();
            push("Statement", Out::List(statements, self.open));
        }
        Out::Object(members, None)
    }
}

impl Statement {
    fn out(self) -> Out {
        let sid = self.sid.map(|sid| (Val::str("Sid"), Out::Text(sid)));
        let members = self.members.into_iter().map(|(k, v)| (Val::str(k), v));
        Out::Object(sid.into_iter().chain(members).collect(), self.open)
    }
}

impl Evaluation<'_> {
    /// The document of a body; `None` where terraform would not take it.
    pub(super) fn iam_policy_document(&self, view: &View, layout: Layout) -> Option<Val> {
        let mut out = Vec::new();
        for world in self.told_apart(view, BLOCKS) {
            let document = self.document_in(view, &world)?;
            out.push((world, document.out().write(layout)));
        }
        (!out.is_empty()).then(|| Val::one_of(out))
    }

    fn document_in(&self, view: &View, world: &World) -> Option<Document> {
        let mut merged = Document::default();
        // Before version 5 of the provider: one document each, under other names.
        for name in ["source_json", "source_policy_documents"] {
            self.merge_documents(view, name, world, &mut merged)?;
        }
        let (blocks, open) = self.blocks_in(view, "statement", world);
        let mut own = Document {
            version: Some(
                self.text_in(view, "version", world)
                    .unwrap_or_else(|| Val::str(VERSION)),
            ),
            id: self.text_in(view, "policy_id", world),
            statements: Vec::new(),
            open: open.then(|| not_known(view.place)),
        };
        for block in &blocks {
            own.statements.push(self.statement_in(block, world));
        }
        merged.merge(own);
        for name in ["override_policy_documents", "override_json"] {
            self.merge_documents(view, name, world, &mut merged)?;
        }
        Some(merged)
    }

    fn merge_documents(
        &self,
        view: &View,
        name: &str,
        world: &World,
        into: &mut Document,
    ) -> Option<()> {
        let v = self.value_in(view, name, world);
        let sources = match v.as_seq() {
            Some(items) => items,
            None => std::slice::from_ref(&v),
        };
        for source in sources {
            if source.is_null() || source.as_str() == Some("") {
                continue;
            }
            into.merge(document_of(source)?);
        }
        Some(())
    }

    fn statement_in(&self, block: &View, world: &World) -> Statement {
        let mut members: Vec<(&'static str, Out)> = Vec::new();
        let effect = self
            .text_in(block, "effect", world)
            .unwrap_or_else(|| Val::str("Allow"));
        members.push(("Effect", Out::Text(effect)));
        for (attribute, name, variables) in [
            ("actions", "Action", false),
            ("not_actions", "NotAction", false),
            ("resources", "Resource", true),
            ("not_resources", "NotResource", true),
        ] {
            let texts = self.texts_in(block, attribute, world);
            if !texts.items.is_empty() || texts.open.is_some() {
                members.push((name, set_of_texts(texts, variables)));
            }
        }
        for (kind, name) in [
            ("principals", "Principal"),
            ("not_principals", "NotPrincipal"),
        ] {
            let (blocks, open) = self.blocks_in(block, kind, world);
            let mut all: Vec<Principal> = blocks
                .iter()
                .map(|p| Principal {
                    kind: self
                        .text_in(p, "type", world)
                        .unwrap_or_else(|| Val::str("")),
                    texts: distinct(self.texts_in(p, "identifiers", world)),
                })
                .collect();
            in_order_of_set(&mut all, Principal::hashed);
            if !all.is_empty() || open {
                members.push((name, principals(all, open.then(|| not_known(block.place)))));
            }
        }
        let (blocks, open) = self.blocks_in(block, "condition", world);
        let mut all: Vec<Condition> = blocks
            .iter()
            .map(|c| {
                let text = |name| self.text_in(c, name, world).unwrap_or_else(|| Val::str(""));
                Condition {
                    test: text("test"),
                    variable: text("variable"),
                    texts: self.texts_in(c, "values", world),
                }
            })
            .collect();
        in_order_of_set(&mut all, Condition::hashed);
        if !all.is_empty() || open {
            members.push((
                "Condition",
                conditions(all, open.then(|| not_known(block.place))),
            ));
        }
        Statement {
            sid: self.text_in(block, "sid", world),
            members,
            open: None,
        }
    }
}

/// `&{…}` is how a policy's own variables are written in templates.
fn with_variables(v: &Val) -> Val {
    mapped(v, |s| s.replace("&{", "${"))
}

/// Each known text once; what is not known may be one of them.
fn distinct(texts: Texts) -> Texts {
    let mut items: Vec<Val> = Vec::new();
    for v in texts.items {
        if !items.iter().any(|have| have.same(&v)) {
            items.push(v);
        }
    }
    Texts { items, ..texts }
}

/// The texts of a set: backwards, one alone without its list.
fn set_of_texts(texts: Texts, variables: bool) -> Out {
    let Texts { mut items, open } = distinct(texts);
    if variables {
        items = items.iter().map(with_variables).collect();
    }
    backwards(&mut items);
    match (&items[..], open) {
        ([one], None) => Out::Text(one.clone()),
        ([], Some(v)) => Out::Gap(v),
        (_, open) => Out::List(items.into_iter().map(Out::Text).collect(), open),
    }
}

fn backwards(items: &mut [Val]) {
    items.sort_by(|a, b| match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => b.cmp(a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
}

struct Principal {
    kind: Val,
    texts: Texts,
}

impl Principal {
    /// As the provider's set hashes it.
    fn hashed(&self) -> Option<String> {
        let mut texts: Vec<(String, &str)> = Vec::new();
        for v in &self.texts.items {
            let s = v.as_str()?;
            texts.push((code(&format!("{s};")), s));
        }
        texts.sort();
        let mut list: Vec<&str> = texts.into_iter().map(|(_, s)| s).collect();
        // Each ends in a semicolon.
        list.push("");
        let list = list.join(";");
        let kind = self.kind.as_str()?;
        (self.texts.open.is_none()).then(|| format!("identifiers:{{{list}}};type:{kind};"))
    }
}

struct Condition {
    test: Val,
    variable: Val,
    texts: Texts,
}

impl Condition {
    fn hashed(&self) -> Option<String> {
        let mut list = String::new();
        for v in &self.texts.items {
            list.push_str(v.as_str()?);
            list.push(';');
        }
        let (test, variable) = (self.test.as_str()?, self.variable.as_str()?);
        (self.texts.open.is_none())
            .then(|| format!("test:{test};values:({list});variable:{variable};"))
    }
}

/// The order of a set of the provider: by the decimal digits of each element's checksum, equal ones
/// once.
fn in_order_of_set<T>(items: &mut Vec<T>, hashed: impl Fn(&T) -> Option<String>) {
    let mut keyed: Vec<(Option<String>, T)> = std::mem::take(items)
        .into_iter()
        .map(|item| (hashed(&item).map(|text| code(&text)), item))
        .collect();
    keyed.sort_by(|(a, _), (b, _)| match (a, b) {
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    keyed.dedup_by(|(a, _), (b, _)| a.is_some() && a == b);
    items.extend(keyed.into_iter().map(|(_, item)| item));
}

/// CRC-32 (IEEE) in decimal.
fn code(text: &str) -> String {
    let mut crc = u32::MAX;
    for byte in text.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    (!crc).to_string()
}

/// Texts while they are gathered under one name: one alone stays without its list.
struct Gathered {
    items: Vec<Val>,
    list: bool,
    open: Option<Val>,
}

impl Gathered {
    fn out(self) -> Out {
        match (&self.items[..], self.list, self.open) {
            ([one], false, None) => Out::Text(one.clone()),
            ([], _, Some(v)) => Out::Gap(v),
            (_, _, open) => Out::List(self.items.into_iter().map(Out::Text).collect(), open),
        }
    }
}

/// Gathers by name: known names sorted, the others behind.
fn gather(
    into: &mut Vec<(Val, Gathered)>,
    name: &Val,
    items: Vec<Val>,
    list: bool,
    open: Option<Val>,
) {
    match into.iter_mut().find(|(n, _)| n.same(name)) {
        Some((_, have)) => {
            have.items.extend(items);
            have.list = true;
            have.open = have.open.take().or(open);
        }
        None => into.push((name.clone(), Gathered { items, list, open })),
    }
}

fn object(mut members: Vec<(Val, Out)>, open: Option<Val>) -> Out {
    members.sort_by(|(a, _), (b, _)| match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    Out::Object(members, open)
}

fn principals(all: Vec<Principal>, open: Option<Val>) -> Out {
    if let ([one], None) = (&all[..], &open)
        && one.kind.as_str() == Some("*")
        && matches!(&one.texts.items[..], [x] if x.as_str() == Some("*"))
        && one.texts.open.is_none()
    {
        return Out::Text(Val::str("*"));
    }
    let mut by_kind = Vec::new();
    for p in all {
        let mut items: Vec<Val> = p.texts.items.iter().map(with_variables).collect();
        let list = items.len() != 1;
        backwards(&mut items);
        gather(&mut by_kind, &p.kind, items, list, p.texts.open);
    }
    object(
        by_kind.into_iter().map(|(k, g)| (k, g.out())).collect(),
        open,
    )
}

fn conditions(all: Vec<Condition>, open: Option<Val>) -> Out {
    let mut tests: Vec<(Val, Vec<(Val, Gathered)>)> = Vec::new();
    for c in all {
        let items: Vec<Val> = c.texts.items.iter().map(with_variables).collect();
        let at = match tests.iter().position(|(t, _)| t.same(&c.test)) {
            Some(at) => at,
            None => {
                tests.push((c.test.clone(), Vec::new()));
                tests.len() - 1
            }
        };
        let list = items.len() != 1;
        gather(&mut tests[at].1, &c.variable, items, list, c.texts.open);
    }
    let tests = tests
        .into_iter()
        .map(|(test, keys)| {
            let keys = keys.into_iter().map(|(k, g)| (k, g.out())).collect();
            (test, object(keys, None))
        })
        .collect();
    object(tests, open)
}

/// A document that is given as JSON; `None` where it is none.
fn document_of(source: &Val) -> Option<Document> {
    let doc = partial_json::read(source).ok()?;
    if !matches!(doc, Json::Object { .. } | Json::Gap) {
        return None;
    }
    let from = From { source };
    let (items, open) = match doc.member("Statement") {
        Member::Is(Json::Null) | Member::Absent => (&[][..], false),
        Member::Is(statements) => statements.one_or_many(),
        Member::Open => (&[][..], true),
    };
    let mut out = Document {
        version: from.text(&doc, "Version"),
        id: from.text(&doc, "Id"),
        statements: Vec::new(),
        open: open.then(|| source.clone()),
    };
    for item in items {
        if let Json::Object { open, .. } = item {
            out.statements.push(from.statement(item, *open));
        } else {
            out.open = Some(source.clone());
        }
    }
    Some(out)
}

/// Reads a document's parts as values that come of it.
struct From<'a> {
    source: &'a Val,
}

impl From<'_> {
    fn val(&self, text: &Text) -> Val {
        match text.known() {
            Some(s) => Val::text(s),
            None => unknown_text("answer", &[self.source], text.0.clone()),
        }
    }

    /// `None` for `""` and what is not there; a gap for what may be there.
    fn text(&self, of: &Json, name: &str) -> Option<Val> {
        match of.member(name) {
            Member::Is(Json::Text(t)) => (!t.0.is_empty()).then(|| self.val(t)),
            Member::Is(Json::Gap) | Member::Open => {
                Some(unknown_text("answer", &[self.source], vec![Part::Unknown]))
            }
            _ => None,
        }
    }

    fn statement(&self, json: &Json, open: bool) -> Statement {
        let mut members = Vec::new();
        if let Some(effect) = self.text(json, "Effect") {
            members.push(("Effect", Out::Text(effect)));
        }
        for name in ["Action", "NotAction", "Resource", "NotResource"] {
            match json.member(name) {
                Member::Is(Json::Null) | Member::Absent | Member::Open => {}
                Member::Is(v) => members.push((name, self.out(v))),
            }
        }
        for name in ["Principal", "NotPrincipal"] {
            if let Member::Is(v) = json.member(name)
                && let Some(out) = self.principals(v)
            {
                members.push((name, out));
            }
        }
        if let Member::Is(v) = json.member("Condition")
            && let Some(out) = self.conditions(v)
        {
            members.push(("Condition", out));
        }
        Statement {
            sid: self.text(json, "Sid"),
            members,
            open: open.then(|| self.source.clone()),
        }
    }

    /// What is taken over as it stands.
    fn out(&self, json: &Json) -> Out {
        match json {
            Json::Null => Out::Bare("null".into()),
            Json::Bool(b) => Out::Bare(b.to_string()),
            Json::Number(n) => Out::Bare(n.clone()),
            Json::Text(t) => Out::Text(self.val(t)),
            Json::Gap => Out::Gap(self.source.clone()),
            Json::List { items, open } => Out::List(
                items.iter().map(|i| self.out(i)).collect(),
                open.then(|| self.source.clone()),
            ),
            Json::Object { members, open } => object(
                members
                    .iter()
                    .map(|(k, v)| (self.val(k), self.out(v)))
                    .collect(),
                open.then(|| self.source.clone()),
            ),
        }
    }

    /// The texts of a list, or one; and whether it is a list.
    fn texts(&self, json: &Json) -> (Vec<Val>, bool, Option<Val>) {
        let (items, open) = json.one_or_many();
        let mut open = open.then(|| self.source.clone());
        let mut texts = Vec::new();
        for item in items {
            match item {
                Json::Text(t) => texts.push(self.val(t)),
                Json::Bool(b) => texts.push(Val::text(&b.to_string())),
                Json::Gap => open = Some(self.source.clone()),
                _ => {}
            }
        }
        (texts, matches!(json, Json::List { .. }), open)
    }

    fn principals(&self, json: &Json) -> Option<Out> {
        match json {
            // Any text is everybody to the provider.
            Json::Text(_) => Some(Out::Text(Val::str("*"))),
            Json::Gap => Some(Out::Gap(self.source.clone())),
            Json::Object { members, open } if !members.is_empty() || *open => {
                let mut by_kind = Vec::new();
                for (kind, v) in members {
                    let (mut texts, list, more) = self.texts(v);
                    backwards(&mut texts);
                    gather(&mut by_kind, &self.val(kind), texts, list, more);
                }
                let open = open.then(|| self.source.clone());
                if let ([(kind, g)], None) = (&by_kind[..], &open)
                    && kind.as_str() == Some("*")
                    && matches!(&g.items[..], [x] if x.as_str() == Some("*"))
                    && g.open.is_none()
                {
                    return Some(Out::Text(Val::str("*")));
                }
                let members = by_kind.into_iter().map(|(k, g)| (k, g.out())).collect();
                Some(object(members, open))
            }
            _ => None,
        }
    }

    fn conditions(&self, json: &Json) -> Option<Out> {
        match json {
            Json::Gap => Some(Out::Gap(self.source.clone())),
            Json::Object { members, open } if !members.is_empty() || *open => {
                let mut tests: Vec<(Val, Out)> = Vec::new();
                for (test, keys) in members {
                    let out = match keys {
                        Json::Object { members, open } => {
                            let keys = members
                                .iter()
                                // A number is lost on the way.
                                .filter(|(_, v)| !matches!(v, Json::Number(_) | Json::Null))
                                .map(|(k, v)| {
                                    let (items, _, open) = self.texts(v);
                                    let list = items.len() != 1;
                                    let g = Gathered { items, list, open };
                                    (self.val(k), g.out())
                                })
                                .collect();
                            object(keys, open.then(|| self.source.clone()))
                        }
                        _ => Out::Gap(self.source.clone()),
                    };
                    tests.push((self.val(test), out));
                }
                let open = open.then(|| self.source.clone());
                // A test of which nothing is left is no test.
                let left = tests
                    .into_iter()
                    .filter(|(_, out)| !matches!(out, Out::Object(m, None) if m.is_empty()));
                let left: Vec<(Val, Out)> = left.collect();
                (!left.is_empty() || open.is_some()).then(|| object(left, open))
            }
            _ => None,
        }
    }
}
