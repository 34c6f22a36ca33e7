//! Every attribute, block and type that a catalog row names is in the lists of its provider
//! (`tests/data/schema/`): a misspelt path would read nothing, and nothing reads as "not written".
//!
//! What a field's text is stands in [`FIELDS`]; a field that is not there fails, so that no new field of the
//! row format goes unchecked.

mod support;

use sekisho::catalog::Catalog;
use sekisho::load::syntax::{Expr, NodeId, Tree, parse_expression};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use support::provider_schema::{Found, Lists, provider_of};
use toml::Value;

/// What a field's text is.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Is {
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
}

/// Fields by their place in a row: `[]` an element of a list, `*` any name. First match.
const FIELDS: &[(&str, Is)] = &[
    ("role", Is::Word),
    ("category", Is::Word),
    ("service", Is::Word),
    ("cipher", Is::Word),
    ("source", Is::Word),
    ("not_judged", Is::Word),
    ("endpoint", Is::Endpoint),
    ("named_by", Is::Name),
    ("place", Is::Place),
    ("narrowed", Is::Path),
    ("inside", Is::Path),
    ("secrets", Is::Path),
    ("defaults.*", Is::Default),
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
    ("loss.protected", Is::Condition),
    ("imported", Is::Condition),
    ("exposure.open.*", Is::Condition),
    ("exposure.shut.*", Is::Condition),
    ("exposure.unlocked.*", Is::Condition),
    ("transport.*", Is::Path),
    ("defeat[].rule", Is::Word),
    ("not_asked[].question", Is::Word),
    ("not_asked[].because.*", Is::Word),
    ("part[].name", Is::Word),
    ("copy[].kind", Is::Word),
    ("copy[].service", Is::Word),
    ("copy[].to", Is::To),
    ("copy[].of", Is::To),
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

/// One row that is looked at.
struct Row<'a> {
    lists: &'a mut Lists,
    name: &'a str,
    mistakes: Vec<String>,
}

impl Row<'_> {
    fn wrong(&mut self, at: &str, what: impl std::fmt::Display) {
        self.mistakes.push(format!("{at}: {what}"));
    }

    fn path_of(&mut self, at: &str, ty: &str, path: &str) {
        if let Found::No(nearest) = self.lists.find(ty, path) {
            let near = nearest.map_or(String::new(), |n| format!("; nearest: {n}"));
            self.wrong(at, format!("{ty} has no `{path}`{near}"));
        }
    }

    /// A type that something names.
    fn ty(&mut self, at: &str, ty: &str) -> bool {
        if self.lists.body(ty).is_some() {
            return true;
        }
        let all = self
            .lists
            .types(provider_of(ty.trim_start_matches("data.")));
        let near = all
            .iter()
            .find(|t| t.contains(ty) || ty.contains(t.as_str()));
        let near = near.map_or(String::new(), |n| format!("; nearest: {n}"));
        self.wrong(at, format!("no type {ty}{near}"));
        false
    }

    fn path(&mut self, at: &str, text: &str, item: Option<&str>) {
        let path = match text.strip_prefix("item.") {
            Some(rest) => match item {
                Some(item) => format!("{item}.{rest}"),
                None => return self.wrong(at, format!("`{text}` without an `each`")),
            },
            None => text.strip_prefix("self.").unwrap_or(text).to_owned(),
        };
        self.path_of(at, self.name, &path);
    }

    /// `TYPE.PATH`.
    fn elsewhere(&mut self, at: &str, text: &str) {
        let Some((ty, path)) = text.split_once('.') else {
            return self.wrong(at, format!("`{text}`: type and path are needed"));
        };
        if self.ty(at, ty) {
            self.path_of(at, ty, path);
        }
    }

    fn table(&mut self, at: &str, table: &str) {
        if !table.starts_with(['<', '>', '=']) && Catalog::builtin().regions(table).is_none() {
            self.wrong(at, format!("no region table `{table}`"));
        }
    }

    fn text(&mut self, at: &str, is: Is, text: &str, item: Option<&str>) {
        match is {
            Is::Word | Is::Default => {}
            Is::Path | Is::Each => self.path(at, text, item),
            Is::Condition => self.condition(at, text, item),
            Is::Type => {
                self.ty(at, text);
            }
            Is::Key => match text.strip_prefix("beside:") {
                Some(rest) => self.elsewhere(at, rest),
                None => self.path(at, text, item),
            },
            Is::Whose => {
                if text != "self" {
                    self.path(at, text.split_once(':').map_or(text, |(_, p)| p), item);
                }
            }
            Is::Name => match text.split_once('=') {
                None => self.path(at, text, None),
                Some((_, template)) => {
                    for piece in template.split('{').skip(1) {
                        let attr = piece.split('}').next().unwrap_or(piece);
                        self.path(at, attr, None);
                    }
                }
            },
            Is::Place | Is::To => {
                let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
                let (path, table) = rest.split_once('@').unwrap_or((rest, ""));
                match kind {
                    "attr" | "zone" | "parent" | "arn" | "host" | "region" | "key" => {
                        self.path(at, path, item);
                        if !table.is_empty() {
                            self.table(at, table);
                        }
                    }
                    "store" => {
                        self.path(at, path, item);
                        if !table.is_empty() {
                            self.ty(at, table);
                        }
                    }
                    "config" => {
                        let provider = format!("provider.{}", provider_of(self.name));
                        let path = path.trim_end_matches(".*");
                        self.path_of(at, &provider, path);
                    }
                    "env" | "fixed" | "default" | "provider" | "pair" => {}
                    _ => self.wrong(at, format!("`{text}` is not known here")),
                }
            }
            Is::Endpoint => {
                if self.name.starts_with("backend.") {
                    self.path(at, text, None);
                } else if provider_of(self.name) == "aws" {
                    self.path_of(at, "provider.aws", &format!("endpoints.{text}"));
                } else {
                    let provider = format!("provider.{}", provider_of(self.name));
                    self.path_of(at, &provider, text);
                }
            }
        }
    }

    fn value(&mut self, at: &str, shown: &str, value: &Value, item: Option<&str>) {
        match (field(at), value) {
            (Some(Is::Default), given) => {
                let path = at.strip_prefix("defaults.").unwrap_or(at);
                self.default(shown, path, given);
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
                    format!("{so}: a new field needs a line in FIELDS of tests/catalog_paths.rs"),
                );
            }
        }
    }

    fn fields(&mut self, at: &str, shown: &str, table: &toml::Table, item: Option<&str>) {
        let each = table.get("each").and_then(Value::as_str);
        let each = each.map(|e| match (e.strip_prefix("item."), item) {
            (Some(rest), Some(item)) => format!("{item}.{rest}"),
            _ => e.strip_prefix("self.").unwrap_or(e).to_owned(),
        });
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

    /// `{ type = T, where = { theirs = ours } }`.
    fn columns(&mut self, at: &str, columns: &toml::Table, item: Option<&str>) {
        let Some(ty) = columns.get("type").and_then(Value::as_str) else {
            return self.wrong(at, "no `type`");
        };
        let named = columns.get("where").and_then(Value::as_table);
        if self.ty(at, ty) {
            for (theirs, ours) in named.into_iter().flatten() {
                self.path_of(at, ty, theirs);
                match ours.as_str() {
                    Some(ours) => self.path(at, ours, item),
                    None => self.wrong(at, format!("`{theirs}` is no path")),
                }
            }
        }
    }

    /// A default stands for an argument, and is of its type.
    fn default(&mut self, at: &str, path: &str, value: &Value) {
        let values: Vec<&Value> = match value.as_array() {
            Some(all) if all.iter().all(|v| v.get("is").is_some()) => {
                all.iter().filter_map(|v| v.get("is")).collect()
            }
            _ => vec![value],
        };
        match self.lists.find(self.name, path) {
            Found::Yes(names) => {
                if names.iter().all(|n| n.computed) {
                    self.wrong(
                        at,
                        format!("`{path}` cannot be written, so it has no default"),
                    );
                }
                let fits = |v: &Value| {
                    names.iter().any(|n| match n.kind {
                        'b' => v.is_bool(),
                        'n' => v.is_integer() || v.is_float(),
                        's' if n.body.is_none() => v.is_str(),
                        _ => true,
                    })
                };
                for v in values {
                    if !fits(v) {
                        self.wrong(at, format!("`{v}` is not of the type of `{path}`"));
                    }
                }
            }
            Found::Unsaid => {}
            Found::No(_) => self.path_of(at, self.name, path),
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
        ];
        if let Some(item) = item {
            names.push(("item".into(), Base::paths(item)));
        }
        let mut walk = Walk {
            tree: &tree,
            names,
            looked: Vec::new(),
            item: None,
        };
        walk.go(tree.root());
        for look in walk.looked {
            match look {
                Look::Path(path) => self.path_of(at, self.name, &path),
                Look::Elsewhere(text) => self.elsewhere(at, &text),
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
    Lost(String),
}

/// What a condition looks at, names of `for` and splats resolved.
struct Walk<'t> {
    tree: &'t Tree,
    names: Vec<(String, Base)>,
    looked: Vec<Look>,
    /// The element of the splat that is being walked.
    item: Option<Base>,
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
            Expr::Unary { of, .. } => {
                self.go(of);
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
fn rows(table: &toml::Table) -> Vec<(String, &toml::Table)> {
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
fn line(text: &str, row: &str, at: &str) -> usize {
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

/// The mistakes of a file's text, a line each.
fn mistakes(lists: &mut Lists, shown: &str, text: &str) -> Vec<String> {
    let table: toml::Table = text.parse().expect("the catalog's files are TOML");
    let mut out = Vec::new();
    for (name, row) in rows(&table) {
        let mut r = Row {
            lists,
            name: &name,
            mistakes: Vec::new(),
        };
        if r.ty("", &name) {
            r.fields("", "", row, None);
        }
        for m in r.mistakes {
            let (at, what) = m.split_once(": ").unwrap_or(("", &m));
            out.push(format!(
                "{shown}:{}: {name}.{at}: {what}",
                line(text, &name, at)
            ));
        }
    }
    out
}

#[test]
fn what_rows_name_exists() {
    let base = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    below(&base.join("catalog"), &mut files);
    files.sort();
    let mut lists = Lists::new();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in files {
        let name = path
            .file_name()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        // Tables of the whole catalog, and what a provider says, are not rows.
        if path.parent() == Some(&base.join("catalog")) || name == "provider.toml" {
            continue;
        }
        let shown = path
            .strip_prefix(base)
            .expect("below")
            .to_string_lossy()
            .replace('\\', "/");
        let text = std::fs::read_to_string(&path).expect("it can be read");
        wrong.extend(mistakes(&mut lists, &shown, &text));
        seen += 1;
    }
    assert!(seen > 10, "the catalog is there");
    let unneeded = lists.not_needed();
    assert!(
        wrong.is_empty(),
        "{} names that do not exist:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        unneeded.is_empty(),
        "in tests/data/schema/added.txt without need: {unneeded:?}"
    );
}

#[test]
fn what_providers_name_exists() {
    let mut lists = Lists::new();
    let mut wrong = String::new();
    for folder in sekisho::catalog::embedded::FOLDERS {
        let table: toml::Table = folder.provider.parse().expect("TOML");
        let provider = table["provider"].as_table().expect("[provider]");
        let name = format!("provider.{}", folder.name);
        let mut paths: Vec<String> = Vec::new();
        for source in provider
            .get("place")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let text = source.as_str().expect("a text");
            paths.extend(text.strip_prefix("config:").map(str::to_owned));
        }
        paths.extend(
            provider
                .get("endpoints")
                .and_then(Value::as_str)
                .map(str::to_owned),
        );
        for path in paths {
            if let Found::No(near) = lists.find(&name, path.trim_end_matches(".*")) {
                let _ = writeln!(wrong, "{}: no `{path}`; nearest: {near:?}", folder.name);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The walker finds each kind of mistake, and nothing in a row that is right.
#[test]
fn each_kind_of_mistake_is_found() {
    let right = r#"
[aws_s3_bucket]
category = "object-store"
named_by = ["id", "arn=arn:*:s3:::{bucket}"]
[aws_s3_bucket.backup]
yes = "anytrue(self.versioning[*].enabled) || anytrue([for r in self.replication_configuration[0].rules : r.status == \"x\"])"
[[aws_s3_bucket.custody]]
each = "server_side_encryption_configuration.rule.apply_server_side_encryption_by_default"
when = 'item.sse_algorithm != "AES256" && self.tags["any"] == null'
key = "item.kms_master_key_id"
"#;
    let mut lists = Lists::new();
    assert_eq!(mistakes(&mut lists, "f", right), Vec::<String>::new());
    for (from, to, told) in [
        (
            "{bucket}",
            "{bukket}",
            "aws_s3_bucket has no `bukket`; nearest: bucket",
        ),
        (
            "[*].enabled",
            "[*].enable",
            "no `versioning.enable`; nearest: enabled",
        ),
        (
            "r.status",
            "r.state",
            "no `replication_configuration.rules.state`",
        ),
        (
            "item.sse_algorithm",
            "item.sse_algo",
            "apply_server_side_encryption_by_default.sse_algo`",
        ),
        (
            "item.kms_master_key_id",
            "item.kms_key_id",
            "kms_key_id`; nearest: kms_master_key_id",
        ),
        ("self.tags", "self.tagz", "no `tagz`; nearest: tags"),
        ("each =", "eech =", "how is"),
        ("category =", "cathegory =", "how is"),
        (
            "self.tags[\"any\"] == null",
            "named_in(\"aws_s3_bucket_logging.target\")",
            "aws_s3_bucket_logging has no `target`",
        ),
        (
            "self.tags[\"any\"] == null",
            "bucket.x",
            "`bucket` is nothing",
        ),
    ] {
        assert!(right.contains(from), "{from}");
        let text = right.replacen(from, to, 1);
        let found = mistakes(&mut lists, "f", &text);
        assert!(found.iter().any(|m| m.contains(told)), "{to}: {found:?}");
    }
    let at = mistakes(
        &mut lists,
        "f",
        &right.replace("item.kms_master_key_id", "item.x"),
    );
    assert!(
        at[0].starts_with("f:7: aws_s3_bucket.custody[0].key: "),
        "{at:?}"
    );
    let wrong = right.replace(
        "category",
        "defaults = { acl = true, arn = \"x\" }\ncategory",
    );
    let found = mistakes(&mut lists, "f", &wrong).join("\n");
    assert!(
        found.contains("`true` is not of the type of `acl`"),
        "{found}"
    );
    assert!(found.contains("`arn` cannot be written"), "{found}");
}
