//! What a catalog row names: its attributes, blocks and types, found by going through its TOML.
//!
//! What a field's text is stands in [`FIELDS`]; a field that is not there is a mistake, so that no new field of
//! the row format goes unchecked.
#![allow(dead_code)] // each test file uses some of it

use super::provider_schema::provider_of;
use sekisho::catalog::Catalog;
use sekisho::load::syntax::{Expr, Item, NodeId, Op, Tree, parse_expression, parse_native};
use std::path::{Path, PathBuf};
use toml::Value;

/// What a field's text is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Is {
    /// A word of the row format, or text for people: not looked up here.
    Word,
    /// A path below `self`, or below `item` inside an `each`.
    Path,
    /// The blocks that `item` goes through.
    Each,
    /// A Terraform expression.
    Condition,
    /// A source of a place.
    Place,
    /// What others may call it by.
    Name,
    /// A path, `beside:TYPE.PATH`, or columns.
    Key,
    /// A path that names a column of what stands just before it.
    Column,
    /// Whose: `self`, `store:PATH`, `key:PATH`.
    Whose,
    /// Where a copy goes or comes from.
    To,
    /// The key of a table is a path, its value what holds where nothing is written.
    Default,
    /// A type.
    Type,
    /// A name among the endpoints of the provider's configuration.
    Endpoint,
    /// The key of a table is an attribute, its value a word.
    Attribute,
    /// HCL that stands in the resource itself.
    Inside,
    /// HCL that stands beside the resource.
    Beside,
}

/// Arguments that every resource has.
const META: [&str; 5] = ["provider", "depends_on", "lifecycle", "count", "for_each"];

/// Fields by their place in a row: `[]` an element of a list, `*` any name. First match.
const FIELDS: &[(&str, Is)] = &[
    ("role", Is::Word),
    ("category", Is::Word),
    ("service", Is::Word),
    ("cipher", Is::Word),
    ("source", Is::Word),
    ("not_judged", Is::Word),
    ("no_key", Is::Word),
    ("endpoint", Is::Endpoint),
    ("named_by", Is::Name),
    ("place", Is::Place),
    ("narrowed", Is::Path),
    ("inside", Is::Path),
    ("secrets", Is::Path),
    ("sign_in.length", Is::Condition),
    ("sign_in.mfa", Is::Condition),
    ("sign_in.reuse", Is::Condition),
    ("sign_in.not_asked", Is::Condition),
    ("defaults.*", Is::Default),
    ("answers.*", Is::Attribute),
    ("carries.to", Is::Type),
    ("carries.by", Is::Path),
    ("carries.document", Is::Path),
    ("carries.scope", Is::Word),
    ("carries.facts", Is::Word),
    ("carries.instead_of", Is::Word),
    ("rotation.yes", Is::Condition),
    ("rotation.not_asked", Is::Condition),
    ("backup.yes", Is::Condition),
    ("backup.not_asked", Is::Condition),
    ("carries.tags.block", Is::Path),
    ("carries.tags.*", Is::Word),
    ("loss.protected", Is::Condition),
    ("loss.days", Is::Condition),
    ("loss.not_asked", Is::Condition),
    ("imported", Is::Condition),
    ("foreign.yes", Is::Condition),
    ("foreign.not_asked", Is::Condition),
    ("algorithm[].value", Is::Path),
    ("exposure.open.*", Is::Condition),
    ("exposure.shut.*", Is::Condition),
    ("exposure.unlocked.*", Is::Condition),
    ("transport.plaintext", Is::Condition),
    ("transport.weak", Is::Condition),
    ("transport.minimum", Is::Path),
    ("transport.when", Is::Condition),
    ("transport.not_asked", Is::Condition),
    ("defeat[].rule", Is::Word),
    ("not_asked[].question", Is::Word),
    ("not_asked[].because.*", Is::Word),
    ("part[].name", Is::Word),
    ("copy[].kind", Is::Word),
    ("copy[].service", Is::Word),
    ("copy[].kept", Is::Word),
    ("copy[].not_asked", Is::Word),
    ("copy[].to", Is::To),
    ("copy[].of", Is::To),
    ("repair[].has", Is::Path),
    ("repair[].inside", Is::Inside),
    ("repair[].unset", Is::Path),
    ("repair[].beside", Is::Beside),
    ("repair[].note.*", Is::Word),
    ("*[].each", Is::Each),
    ("*[].when", Is::Condition),
    ("*[].given", Is::Path),
    ("*[].key", Is::Key),
    ("*[].as", Is::Whose),
    ("*[].literal", Is::Path),
    ("*[].is", Is::Word),
    ("*[].absent", Is::Word),
    ("*[].else", Is::Word),
    ("*[].source", Is::Word),
];

/// What stands for a field whose value is a table or a list of texts.
fn field(at: &str) -> Option<Is> {
    if at.starts_with("defaults.") {
        return Some(Is::Default); // its name is a path, which may go through blocks
    }
    if at.starts_with("looked_through.") {
        return Some(Is::Condition); // its name is one of `secrets`
    }
    let parts: Vec<&str> = at.split('.').collect();
    FIELDS
        .iter()
        .find(|(pattern, _)| {
            let words: Vec<&str> = pattern.split('.').collect();
            words.len() == parts.len()
                && words
                    .iter()
                    .zip(&parts)
                    .all(|(w, p)| match w.strip_suffix("[]") {
                        Some("*") => p.ends_with("[]"),
                        _ => *w == "*" || w == p,
                    })
        })
        .map(|(_, is)| *is)
}

fn below(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("the catalog").flatten() {
        let path = entry.path();
        if path.is_dir() {
            below(&path, out);
        } else if path.extension().is_some_and(|e| e == "toml") {
            out.push(path);
        }
    }
}

/// Every file of rows, as it is shown and its text; what a provider says and the tables of all are no rows.
pub fn files() -> Vec<(String, String)> {
    let base = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    below(&base.join("catalog"), &mut paths);
    paths.retain(|p| p.parent() != Some(&base.join("catalog")) && !p.ends_with("provider.toml"));
    paths.sort();
    let shown = |p: &Path| {
        let inside = p.strip_prefix(base).expect("below");
        inside.to_string_lossy().replace('\\', "/")
    };
    paths
        .iter()
        .map(|p| {
            (
                shown(p),
                std::fs::read_to_string(p).expect("it can be read"),
            )
        })
        .collect()
}

/// Something that a row names.
#[derive(Clone, PartialEq, Debug)]
pub enum Named {
    /// An attribute or block of the type itself; its full path.
    Path(String, Is),
    /// `TYPE.PATH`.
    Elsewhere(String),
    /// A type.
    Type(String),
    /// A table of regions.
    Regions(String),
    /// An argument of the provider's configuration.
    Config(String),
    /// What holds where nothing is written.
    Default(String, Value),
    /// A text or number that a condition compares with.
    Constant(String),
    /// A condition asks whether something is true.
    Truth,
    /// A function that a condition calls.
    Function(String),
    /// What cannot be read.
    Mistake(String),
}

/// Everything that a row names, each with its field: `custody[2].when`.
pub fn named(name: &str, row: &toml::Table) -> Vec<(String, Named)> {
    let mut gather = Gather {
        name,
        out: Vec::new(),
    };
    gather.fields("", "", row, None);
    gather.out
}

/// Everything that HCL beside a resource names; what is `SELF` there is not looked at.
pub fn beside(provider: &str, text: &str) -> Vec<(String, Named)> {
    let name = format!("{provider}_");
    let mut gather = Gather {
        name: &name,
        out: Vec::new(),
    };
    gather.hcl("", text, false);
    gather.out.retain(
        |(_, n)| !matches!(n, Named::Elsewhere(text) if text.starts_with(&format!("{name}."))),
    );
    gather.out
}

struct Gather<'a> {
    name: &'a str,
    out: Vec<(String, Named)>,
}

impl Gather<'_> {
    fn add(&mut self, at: &str, named: Named) {
        self.out.push((at.to_owned(), named));
    }

    fn wrong(&mut self, at: &str, what: impl Into<String>) {
        self.add(at, Named::Mistake(what.into()));
    }

    fn path(&mut self, at: &str, text: &str, item: Option<&str>, is: Is) {
        let path = match text.strip_prefix("item.") {
            Some(rest) => match item {
                Some(item) => format!("{item}.{rest}"),
                None => return self.wrong(at, format!("`{text}` without an `each`")),
            },
            None => text.strip_prefix("self.").unwrap_or(text).to_owned(),
        };
        self.add(at, Named::Path(path, is));
    }

    fn text(&mut self, at: &str, is: Is, text: &str, item: Option<&str>) {
        match is {
            Is::Word | Is::Default | Is::Attribute => {}
            Is::Path | Is::Each | Is::Column => self.path(at, text, item, is),
            Is::Condition => self.condition(at, text, item),
            Is::Type => self.add(at, Named::Type(text.to_owned())),
            Is::Key => match text.strip_prefix("beside:") {
                Some(rest) => self.add(at, Named::Elsewhere(rest.to_owned())),
                None => self.path(at, text, item, is),
            },
            Is::Whose => {
                if text != "self" {
                    self.path(at, text.split_once(':').map_or(text, |(_, p)| p), item, is);
                }
            }
            Is::Name => match text.split_once('=') {
                None => self.path(at, text, None, is),
                Some((_, template)) => {
                    for piece in template.split('{').skip(1) {
                        let attr = piece.split('}').next().unwrap_or(piece);
                        self.path(at, attr, None, is);
                    }
                }
            },
            Is::Place | Is::To => {
                let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
                let (path, table) = rest.split_once('@').unwrap_or((rest, ""));
                match kind {
                    "attr" | "all" | "near" | "zone" | "own-zone" | "in-text" | "parent"
                    | "arn" | "host" | "region" | "key" => {
                        self.path(at, path, item, is);
                        if !table.is_empty() && !table.starts_with(['<', '>', '=']) {
                            self.add(at, Named::Regions(table.to_owned()));
                        }
                    }
                    "store" => {
                        self.path(at, path, item, is);
                        if !table.is_empty() {
                            self.add(at, Named::Type(table.to_owned()));
                        }
                    }
                    "config" => {
                        self.add(at, Named::Config(path.trim_end_matches(".*").to_owned()));
                    }
                    "env" | "fixed" | "default" | "provider" | "pair" => {}
                    _ => self.wrong(at, format!("`{text}` is not known here")),
                }
            }
            Is::Inside => self.hcl(at, text, true),
            Is::Beside => self.hcl(at, text, false),
            Is::Endpoint => {
                if self.name.starts_with("backend.") {
                    self.path(at, text, None, is);
                } else if provider_of(self.name) == "aws" {
                    self.add(at, Named::Config(format!("endpoints.{text}")));
                } else {
                    self.add(at, Named::Config(text.to_owned()));
                }
            }
        }
    }

    fn value(&mut self, at: &str, shown: &str, value: &Value, item: Option<&str>) {
        match (field(at), value) {
            (Some(Is::Default), given) => {
                let path = at.strip_prefix("defaults.").unwrap_or(at);
                self.add(shown, Named::Default(path.to_owned(), given.clone()));
            }
            (Some(Is::Attribute), Value::String(text)) => {
                let path = at.strip_prefix("answers.").unwrap_or(at);
                self.path(shown, path, None, Is::Path);
                // One of the catalog's words, or an expression.
                if text.contains(['.', '(', '"']) {
                    self.condition(shown, text, None);
                }
            }
            (None, Value::Table(table)) if at == "same_as" => {
                let ty = table.get("type").and_then(Value::as_str).unwrap_or("?");
                self.add(shown, Named::Type(ty.to_owned()));
                for (own, other) in table
                    .get("by")
                    .and_then(Value::as_table)
                    .into_iter()
                    .flatten()
                {
                    self.path(shown, own, None, Is::Path);
                    let other = other.as_str().unwrap_or("?");
                    self.add(shown, Named::Elsewhere(format!("{ty}.{other}")));
                }
            }
            (Some(Is::Key), Value::Table(columns)) => self.columns(shown, columns, item),
            (Some(is), Value::String(text)) => self.text(shown, is, text, item),
            (Some(is), Value::Array(all)) if all.iter().all(Value::is_str) => {
                for text in all.iter().filter_map(Value::as_str) {
                    self.text(shown, is, text, item);
                }
            }
            (Some(Is::Word), _) => {}
            (None, Value::Table(table)) => self.fields(at, shown, table, item),
            (None, Value::Array(all)) if all.iter().all(Value::is_table) => {
                for (i, one) in all.iter().enumerate() {
                    let table = one.as_table().expect("a table");
                    self.fields(&format!("{at}[]"), &format!("{shown}[{i}]"), table, item);
                }
            }
            (is, _) => {
                let so = format!("how is `{value}` read? ({is:?})");
                self.wrong(
                    shown,
                    format!(
                        "{so}: a new field needs a line in FIELDS of tests/support/row_walk.rs"
                    ),
                );
            }
        }
    }

    fn fields(&mut self, at: &str, shown: &str, table: &toml::Table, item: Option<&str>) {
        // Several kinds of blocks: what is read is read in each.
        if let Some(paths) = table.get("each").and_then(Value::as_str)
            && paths.contains('|')
        {
            for path in paths.split('|') {
                let mut one = table.clone();
                one.insert("each".into(), Value::String(path.into()));
                self.fields(at, shown, &one, item);
            }
            return;
        }
        let each = table.get("each").and_then(Value::as_str);
        let each = each.map(|e| match (e.strip_prefix("item."), item) {
            (Some(rest), Some(item)) => format!("{item}.{rest}"),
            _ => e.strip_prefix("self.").unwrap_or(e).to_owned(),
        });
        // Attributes of the block that names stores by tag.
        if at == "carries.tags" {
            let word = |name: &str| table.get(name).and_then(Value::as_str).unwrap_or("");
            for name in ["key", "value"] {
                let path = format!("{}.{}", word("block"), word(name));
                self.path(&format!("{shown}.{name}"), &path, None, Is::Path);
            }
        }
        for (name, value) in table {
            let inner = if name == "each" {
                item
            } else {
                each.as_deref().or(item)
            };
            let dot = |p: &str| {
                if p.is_empty() {
                    name.clone()
                } else {
                    format!("{p}.{name}")
                }
            };
            self.value(&dot(at), &dot(shown), value, inner);
        }
    }

    /// `{ type = T, where = { theirs = ours } }`, or `{ value = CONDITION }`.
    fn columns(&mut self, at: &str, columns: &toml::Table, item: Option<&str>) {
        if let Some(value) = columns.get("value").and_then(Value::as_str) {
            return self.condition(at, value, item);
        }
        let Some(ty) = columns.get("type").and_then(Value::as_str) else {
            return self.wrong(at, "no `type`");
        };
        self.add(at, Named::Type(ty.to_owned()));
        let columns = columns.get("where").and_then(Value::as_table);
        for (theirs, ours) in columns.into_iter().flatten() {
            self.add(at, Named::Elsewhere(format!("{ty}.{theirs}")));
            match ours.as_str() {
                Some(ours) => self.path(at, ours, item, Is::Column),
                None => self.wrong(at, format!("`{theirs}` is no path")),
            }
        }
    }

    /// HCL of a proposal: what it sets, and what it names of others.
    fn hcl(&mut self, at: &str, text: &str, inside: bool) {
        let tree = parse_native(text.as_bytes());
        if let Some(e) = tree.errors().first() {
            return self.wrong(at, format!("`{text}`: {}", e.code));
        }
        let provider = Catalog::builtin().provider(self.name);
        let key = provider.and_then(|p| Some(p.proposed_key.as_ref()?.r#type.clone()));
        let Some(key) = key else {
            return self.wrong(at, "its provider proposes no key");
        };
        let own = self.name.to_owned();
        if inside {
            return self.body(at, &tree, tree.root(), (&own, ""), &key);
        }
        for block in tree.blocks(tree.root()) {
            let ty = block.label(0).unwrap_or_default();
            let ty = match block.kind {
                "resource" => ty.into_owned(),
                "data" => format!("data.{ty}"),
                other => {
                    self.wrong(at, format!("`{other}` beside a resource"));
                    continue;
                }
            };
            self.add(at, Named::Type(ty.clone()));
            self.body(at, &tree, block.body, (&ty, ""), &key);
        }
    }

    /// The body of a block of `of`: a type and a path below it.
    fn body(&mut self, at: &str, tree: &Tree, body: NodeId, of: (&str, &str), key: &str) {
        let (ty, above) = of;
        let below = |name: &str| {
            if above.is_empty() {
                name.to_owned()
            } else {
                format!("{above}.{name}")
            }
        };
        for item in tree.items(body) {
            match item {
                Item::Attribute(a) => {
                    if !(above.is_empty() && META.contains(&a.name)) {
                        self.add(at, Named::Elsewhere(format!("{ty}.{}", below(a.name))));
                    }
                    self.reference(at, tree, a.value, key);
                }
                Item::Block(b) if above.is_empty() && META.contains(&b.kind) => {}
                Item::Block(b) => {
                    let path = below(b.kind);
                    self.add(at, Named::Elsewhere(format!("{ty}.{path}")));
                    self.body(at, tree, b.body, (ty, &path), key);
                }
            }
        }
    }

    /// What an argument of a proposal names: the resource (`SELF`), its key (`KEY`), another resource.
    fn reference(&mut self, at: &str, tree: &Tree, value: NodeId, key: &str) {
        let mut walk = Walk {
            tree,
            names: Vec::new(),
            looked: Vec::new(),
            item: None,
            types: true,
        };
        walk.go(value);
        for look in walk.looked {
            let Look::Path(path) = look else { continue };
            let (first, rest) = path.split_once('.').unwrap_or((&path, ""));
            let named = match first {
                "SELF" => Some((self.name, rest)),
                "KEY" => Some((key, rest)),
                // `TYPE.NAME.PATH`, `data.TYPE.NAME.PATH`.
                _ => path.split_once(".NAME."),
            };
            if let Some((ty, path)) = named.filter(|(_, path)| !path.is_empty()) {
                self.add(at, Named::Elsewhere(format!("{ty}.{path}")));
            }
        }
    }

    fn condition(&mut self, at: &str, text: &str, item: Option<&str>) {
        let tree = parse_expression(text);
        if let Some(e) = tree.errors().first() {
            return self.wrong(at, format!("`{text}`: {}", e.code));
        }
        let mut names: Vec<(String, Base)> = vec![
            ("self".into(), Base::paths("")),
            ("store".into(), Base::Anything),
            ("policy".into(), Base::Anything),
            ("own".into(), Base::Anything),
            // Of rules: what they are asked about, and the store that they are asked for.
            ("ports".into(), Base::Anything),
            ("store".into(), Base::Anything),
            // Of answers: the provider configuration, and texts of which little is known.
            ("config".into(), Base::paths("config:")),
            ("own_account".into(), Base::Anything),
            ("some".into(), Base::Anything),
        ];
        if let Some(item) = item {
            names.push(("item".into(), Base::paths(item)));
        }
        let mut walk = Walk {
            tree: &tree,
            names,
            looked: Vec::new(),
            item: None,
            types: false,
        };
        walk.go(tree.root());
        for look in walk.looked {
            match look {
                Look::Path(path) => match path.strip_prefix("config:") {
                    Some(path) => {
                        self.add(at, Named::Config(path.trim_start_matches('.').to_owned()));
                    }
                    None => self.add(at, Named::Path(path, Is::Condition)),
                },
                Look::Elsewhere(text) => self.add(at, Named::Elsewhere(text)),
                Look::Constant(text) => self.add(at, Named::Constant(text)),
                Look::Truth => self.add(at, Named::Truth),
                Look::Function(name) => self.add(at, Named::Function(name)),
                Look::Lost(what) => self.wrong(at, format!("`{text}`: {what}")),
            }
        }
    }
}

/// What an expression stands for.
#[derive(Clone, PartialEq, Debug)]
enum Base {
    /// One of these paths below the instance.
    Paths(Vec<String>),
    /// A value without attributes of the instance's schema: a literal, a number, a decoded document.
    Anything,
}

impl Base {
    fn paths(path: &str) -> Base {
        Base::Paths(vec![path.to_owned()])
    }
}

enum Look {
    Path(String),
    Elsewhere(String),
    Constant(String),
    Truth,
    Function(String),
    Lost(String),
}

/// What a condition looks at, names of `for` and splats resolved.
struct Walk<'t> {
    tree: &'t Tree,
    names: Vec<(String, Base)>,
    looked: Vec<Look>,
    /// The element of the splat that is being walked.
    item: Option<Base>,
    /// A name that is nothing else is a resource type.
    types: bool,
}

/// Functions that give their arguments, or elements of them.
const THROUGH: [&str; 17] = [
    "one",
    "flatten",
    "concat",
    "coalesce",
    "coalescelist",
    "try",
    "element",
    "values",
    "tolist",
    "toset",
    "reverse",
    "sort",
    "distinct",
    "compact",
    "slice",
    "tomap",
    "setunion",
];

impl Walk<'_> {
    fn truth(&mut self) {
        self.looked.push(Look::Truth);
    }

    fn attr(&mut self, base: Base, name: &str) -> Base {
        let Base::Paths(paths) = base else {
            return Base::Anything;
        };
        let paths: Vec<String> = paths
            .into_iter()
            .map(|p| {
                if p.is_empty() {
                    name.to_owned()
                } else {
                    format!("{p}.{name}")
                }
            })
            .collect();
        self.looked.extend(paths.iter().cloned().map(Look::Path));
        Base::Paths(paths)
    }

    fn all(&mut self, nodes: &[NodeId]) -> Base {
        let mut paths = Vec::new();
        for &n in nodes {
            if let Base::Paths(more) = self.go(n) {
                paths.extend(more);
            }
        }
        if paths.is_empty() {
            Base::Anything
        } else {
            Base::Paths(paths)
        }
    }

    fn go(&mut self, node: NodeId) -> Base {
        match self.tree.expr(node) {
            Expr::Variable(name) => match self.names.iter().rev().find(|(n, _)| n == name) {
                Some((_, base)) => base.clone(),
                None if self.types => Base::paths(name),
                None => {
                    self.looked.push(Look::Lost(format!(
                        "`{name}` is nothing that a condition knows"
                    )));
                    Base::Anything
                }
            },
            Expr::Attr { of, name } => {
                let base = self.go(of);
                self.attr(base, name)
            }
            Expr::Index { of, key } => {
                let base = self.go(of);
                match self.tree.expr(key) {
                    Expr::Text(t) => self.attr(base, &t.decode()),
                    _ => {
                        self.go(key);
                        base
                    }
                }
            }
            Expr::LegacyIndex { of, .. } => self.go(of),
            Expr::Splat { of, each, .. } => {
                let base = self.go(of);
                let before = self.item.replace(base);
                let out = self.go(each);
                self.item = before;
                out
            }
            Expr::Item => self.item.clone().unwrap_or(Base::Anything),
            Expr::Paren(x) | Expr::Wrap(x) => self.go(x),
            Expr::Conditional { cond, then, other } => {
                self.go(cond);
                self.all(&[then, other])
            }
            Expr::Call { name, args, .. } => {
                if name == "named_in" {
                    for &a in args {
                        match self.tree.expr(a) {
                            Expr::Text(t) => {
                                self.looked.push(Look::Elsewhere(t.decode().to_string()));
                            }
                            _ => self.looked.push(Look::Lost("named_in wants a text".into())),
                        }
                    }
                    return Base::Anything;
                }
                self.looked.push(Look::Function(name.to_owned()));
                let base = self.all(args);
                if THROUGH.contains(&name) {
                    base
                } else {
                    Base::Anything
                }
            }
            Expr::Tuple(items) => self.all(items),
            Expr::Object(items) | Expr::Template(items) => {
                self.all(items);
                Base::Anything
            }
            Expr::Text(t) => {
                self.looked.push(Look::Constant(t.decode().to_string()));
                Base::Anything
            }
            Expr::Number(n) => {
                self.looked.push(Look::Constant(n.to_owned()));
                Base::Anything
            }
            Expr::Unary { op, of } => {
                if op == Op::Not {
                    self.truth();
                }
                self.go(of);
                Base::Anything
            }
            Expr::Bool(_) => {
                self.truth();
                Base::Anything
            }
            Expr::Binary { left, right, .. } => {
                self.all(&[left, right]);
                Base::Anything
            }
            Expr::For(f) => {
                let base = self.go(f.collection);
                let depth = self.names.len();
                if let Some(key) = f.key_name {
                    self.names.push((key.to_owned(), Base::Anything));
                }
                self.names.push((f.value_name.to_owned(), base));
                if let Some(c) = f.condition {
                    self.go(c);
                }
                let out = self.go(f.value);
                self.names.truncate(depth);
                out
            }
            _ => Base::Anything,
        }
    }
}

/// The rows of a file: name and table.
pub fn rows(table: &toml::Table) -> Vec<(String, &toml::Table)> {
    let mut out = Vec::new();
    for (name, value) in table {
        let Some(inner) = value.as_table() else {
            continue;
        };
        if name == "data" || name == "backend" {
            for (ty, row) in inner {
                out.extend(row.as_table().map(|row| (format!("{name}.{ty}"), row)));
            }
        } else {
            out.push((name.clone(), inner));
        }
    }
    out
}

/// The line of a table of a row: `custody[2].when` of `aws_x` is in the third `[[aws_x.custody]]`.
pub fn line(text: &str, row: &str, at: &str) -> usize {
    let (list, rest) = at.split_once('[').unwrap_or((at, ""));
    let nth: usize = rest
        .split(']')
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(0);
    let number = |header: &str, nth: usize| {
        let lines = text.lines().enumerate();
        lines
            .filter(|(_, l)| l.starts_with(header))
            .nth(nth)
            .map(|(i, _)| i + 1)
    };
    number(&format!("[[{row}.{list}]]"), nth)
        .or_else(|| {
            number(
                &format!("[{row}.{}]", at.split('.').next().unwrap_or(at)),
                0,
            )
        })
        .or_else(|| number(&format!("[{row}]"), 0))
        .unwrap_or(1)
}
