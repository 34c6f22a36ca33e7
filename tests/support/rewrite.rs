//! Other ways to write a fixture that mean the same: each takes the files of a root and gives others.
//!
//! All work on the text through the spans of our own parser, so what is not rewritten stays as it was.
#![allow(dead_code)] // each test file uses some of it

use super::fixture::Fixture;
use sekisho::load::syntax::{Block, Expr, Item, NodeId, Span, Tree, parse_native};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Edits of one text: each span is replaced.
#[derive(Default)]
pub struct Edits(Vec<(Span, String)>);

impl Edits {
    pub fn replace(&mut self, span: Span, text: impl Into<String>) {
        self.0.push((span, text.into()));
    }

    pub fn insert(&mut self, at: u32, text: impl Into<String>) {
        self.replace(Span::new(at, at), text);
    }

    pub fn apply(mut self, source: &str) -> String {
        self.0.sort_by_key(|(span, _)| (span.start, span.end));
        let mut out = String::new();
        let mut at = 0;
        for (span, text) in self.0 {
            let start = span.start as usize;
            if start < at {
                continue; // inside of what was replaced already
            }
            out += &source[at..start];
            out += &text;
            at = span.end as usize;
        }
        out + &source[at..]
    }
}

/// The parsed `.tf` files, in the order of their paths.
pub fn parsed(fixture: &Fixture) -> Vec<(String, Tree)> {
    fixture
        .files
        .iter()
        .filter(|(path, _)| path.ends_with(".tf"))
        .map(|(path, text)| (path.clone(), parse_native(text.as_bytes())))
        .collect()
}

/// The directory of a path; empty for the root.
pub fn dir_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

fn beside(dir: &str, name: &str) -> String {
    if dir.is_empty() {
        name.to_owned()
    } else {
        format!("{dir}/{name}")
    }
}

/// Changes each file's text.
fn each_file(fixture: &Fixture, mut change: impl FnMut(&str, &Tree, &mut Edits)) -> Fixture {
    let mut files = fixture.files.clone();
    for (path, tree) in parsed(fixture) {
        let mut edits = Edits::default();
        change(&path, &tree, &mut edits);
        files.insert(path, edits.apply(tree.source()));
    }
    fixture.with(files)
}

/// Where a block's opening brace ends, and where its closing one starts.
fn braces(tree: &Tree, block: &Block<'_>) -> (u32, u32) {
    let after = &tree.source()[block.header.end as usize..];
    let open = after.find('{').expect("a block has a brace") as u32;
    (block.header.end + open + 1, block.span.end - 1)
}

/// Every expression below a node, itself included, with whether literal text may be replaced there.
fn visit(tree: &Tree, id: NodeId, free: bool, see: &mut impl FnMut(NodeId, bool)) {
    see(id, free);
    let mut go = |id: NodeId, free: bool| visit(tree, id, free, see);
    match tree.expr(id) {
        Expr::Template(parts) => {
            for &part in parts {
                go(part, !matches!(tree.expr(part), Expr::Text(_)));
            }
        }
        Expr::Wrap(x) | Expr::Paren(x) => go(x, true),
        Expr::Attr { of, .. } | Expr::LegacyIndex { of, .. } => go(of, true),
        Expr::Index { of, key } => {
            go(of, true);
            go(key, true);
        }
        Expr::Splat { of, each, .. } => {
            go(of, true);
            go(each, true);
        }
        Expr::Call { args, .. } => args.iter().for_each(|&a| go(a, true)),
        Expr::Conditional { cond, then, other } => {
            for x in [cond, then, other] {
                go(x, true);
            }
        }
        Expr::Unary { of, .. } => go(of, true),
        Expr::Binary { left, right, .. } => {
            go(left, true);
            go(right, true);
        }
        Expr::Tuple(all) => all.iter().for_each(|&x| go(x, true)),
        Expr::Object(pairs) => {
            for pair in pairs.chunks(2) {
                go(pair[0], false);
                go(pair[1], true);
            }
        }
        Expr::For(f) => {
            go(f.collection, true);
            f.key.into_iter().for_each(|x| go(x, true));
            go(f.value, true);
            f.condition.into_iter().for_each(|x| go(x, true));
        }
        Expr::TemplateIf { cond, then, other } => {
            go(cond, true);
            go(then, false);
            other.into_iter().for_each(|x| go(x, false));
        }
        Expr::TemplateFor {
            collection, body, ..
        } => {
            go(collection, true);
            go(body, false);
        }
        _ => {}
    }
}

/// Every attribute's value of a body and the blocks in it, with the names of the blocks on the way.
fn values<'t>(
    tree: &'t Tree,
    body: NodeId,
    way: &mut Vec<&'t str>,
    see: &mut impl FnMut(&[&'t str], &'t str, NodeId),
) {
    for item in tree.items(body) {
        match item {
            Item::Attribute(a) => see(way, a.name, a.value),
            Item::Block(b) => {
                way.push(b.kind);
                values(tree, b.body, way, see);
                way.pop();
            }
        }
    }
}

// (a) ------------------------------------------------------------------------------------------------

/// The root becomes a module that a new root calls; provider configurations and the backend stay in
/// the root. `None` where that cannot be written: a provider that is configured by what the module has.
pub fn wrap(fixture: &Fixture) -> Option<Fixture> {
    let mut files = BTreeMap::new();
    let mut outer = String::new();
    let mut providers: Vec<(String, Option<String>)> = Vec::new();
    let mut variables = Vec::new();
    let mut needs_locals = false;
    let mut locals = String::new();
    let mut needs_more = false;

    for (path, text) in &fixture.files {
        if path.ends_with(".tfvars") && dir_of(path).is_empty() {
            files.insert(path.clone(), text.clone());
        } else if !path.ends_with(".tf") || !dir_of(path).is_empty() {
            files.insert(format!("wrapped/{path}"), text.clone());
        }
    }
    let trees = parsed(fixture);
    let roots = || trees.iter().filter(|(path, _)| dir_of(path).is_empty());
    for (_, tree) in roots() {
        for block in tree.blocks(tree.root()) {
            let text = tree.text(block.span);
            match block.kind {
                "provider" => {
                    let alias = block
                        .attribute("alias")
                        .map(|a| tree.text_of(a.value).into());
                    providers.push((block.label(0)?.into(), alias));
                    outer += &format!("{text}\n\n");
                    values(tree, block.body, &mut Vec::new(), &mut |_, _, value| {
                        visit(tree, value, true, &mut |id, _| match tree.expr(id) {
                            Expr::Variable("local") => needs_locals = true,
                            Expr::Variable("var" | "path" | "terraform") => {}
                            Expr::Variable(_) => needs_more = true,
                            _ => {}
                        });
                    });
                }
                "variable" => {
                    variables.push(block.label(0)?.into_owned());
                    outer += &format!("{text}\n\n");
                }
                "terraform" => outer += &format!("{text}\n\n"),
                "locals" => locals += &format!("{text}\n\n"),
                "import" => return None,
                _ => {}
            }
        }
    }
    if needs_more {
        return None;
    }
    if needs_locals {
        outer += &locals;
    }
    let aliases: Vec<&(String, Option<String>)> = providers
        .iter()
        .filter(|(_, alias)| alias.is_some())
        .collect();

    outer += "module \"wrapped\" {\n  source = \"./wrapped\"\n";
    for name in &variables {
        let _ = writeln!(outer, "  {name} = var.{name}");
    }
    if !aliases.is_empty() {
        outer += "  providers = {\n";
        for (name, alias) in &providers {
            let full = alias
                .as_ref()
                .map_or_else(|| name.clone(), |alias| format!("{name}.{alias}"));
            let _ = writeln!(outer, "    {full} = {full}");
        }
        outer += "  }\n";
    }
    outer += "}\n";
    files.insert("main.tf".to_owned(), outer);

    // The module says which configurations it is handed.
    let mut open: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, alias) in &aliases {
        let alias = alias.as_ref().expect("they have one");
        open.entry(name)
            .or_default()
            .push(format!("{name}.{alias}"));
    }
    for (path, tree) in roots() {
        let mut edits = Edits::default();
        for block in tree.blocks(tree.root()) {
            match block.kind {
                "provider" => edits.replace(block.span, ""),
                "terraform" => {
                    for inner in tree.blocks(block.body) {
                        match inner.kind {
                            "backend" | "cloud" => edits.replace(inner.span, ""),
                            "required_providers" => {
                                for a in tree.attributes(inner.body) {
                                    if let Some(names) = open.remove(a.name) {
                                        let span = tree.span(a.value);
                                        let list = names.join(", ");
                                        edits.insert(
                                            span.start + 1,
                                            format!(" configuration_aliases = [{list}],"),
                                        );
                                    }
                                }
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        files.insert(format!("wrapped/{path}"), edits.apply(tree.source()));
    }
    if !open.is_empty() {
        let lines: String = open
            .iter()
            .map(|(name, names)| {
                let list = names.join(", ");
                format!("    {name} = {{ source = \"hashicorp/{name}\", configuration_aliases = [{list}] }}\n")
            })
            .collect();
        files.insert(
            "wrapped/zz_providers.tf".to_owned(),
            format!("terraform {{\n  required_providers {{\n{lines}  }}\n}}\n"),
        );
    }
    Some(fixture.with(files))
}

// (b) ------------------------------------------------------------------------------------------------

/// Each resource and data source becomes one over the key `k`; references name the key.
pub fn for_each(fixture: &Fixture) -> Fixture {
    let mut keyed: BTreeSet<(String, String, String, String)> = BTreeSet::new();
    for (path, tree) in parsed(fixture) {
        for b in tree.blocks(tree.root()) {
            let single = b.attribute("count").is_none() && b.attribute("for_each").is_none();
            if single && let (Some(ty), Some(name)) = (b.label(0), b.label(1)) {
                let dir = dir_of(&path).to_owned();
                keyed.insert((dir, b.kind.to_owned(), ty.into(), name.into()));
            }
        }
    }
    each_file(fixture, |path, tree, edits| {
        let is = |kind: &str, ty: &str, name: &str| {
            keyed.contains(&(dir_of(path).into(), kind.into(), ty.into(), name.into()))
        };
        for b in tree.blocks(tree.root()) {
            if let (Some(ty), Some(name)) = (b.label(0), b.label(1))
                && is(b.kind, &ty, &name)
            {
                let (open, close) = braces(tree, &b);
                edits.insert(open, "\n  for_each = toset([\"k\"])\n");
                edits.insert(close, "\n");
            }
            values(tree, b.body, &mut Vec::new(), &mut |_, attribute, value| {
                if matches!(attribute, "depends_on" | "provider" | "providers") {
                    return;
                }
                visit(tree, value, true, &mut |id, _| {
                    let Expr::Attr { of, name } = tree.expr(id) else {
                        return;
                    };
                    let hit = match tree.expr(of) {
                        Expr::Variable(ty) => is("resource", ty, name),
                        Expr::Attr { of, name: ty } => {
                            matches!(tree.expr(of), Expr::Variable("data")) && is("data", ty, name)
                        }
                        _ => false,
                    };
                    if hit {
                        edits.insert(tree.span(id).end, "[\"k\"]");
                    }
                });
            });
        }
    })
}

// (c), (g) -------------------------------------------------------------------------------------------

/// A literal that could as well be a reference.
pub struct Literal {
    pub path: String,
    pub span: Span,
    pub text: String,
    /// It stands in `count` or `for_each`: without it nobody knows what exists.
    pub counts: bool,
}

/// The literals of resources, data sources, provider configurations and module calls; with `locals`,
/// those of locals too. What Terraform wants to be literal is not among them.
pub fn literals(fixture: &Fixture, locals: bool) -> Vec<Literal> {
    let mut out = Vec::new();
    for (path, tree) in parsed(fixture) {
        for b in tree.blocks(tree.root()) {
            let fixed: &[&str] = match b.kind {
                "resource" | "data" => &["depends_on", "provider"],
                "provider" => &["alias", "version"],
                "module" => &["source", "version", "providers", "depends_on"],
                "locals" if locals => &[],
                _ => continue,
            };
            values(
                &tree,
                b.body,
                &mut Vec::new(),
                &mut |way, attribute, value| {
                    let kept = ["lifecycle", "provisioner", "connection"];
                    if way.is_empty() && fixed.contains(&attribute)
                        || way.first().is_some_and(|first| kept.contains(first))
                        || attribute == "iterator"
                    {
                        return;
                    }
                    visit(&tree, value, true, &mut |id, free| {
                        let literal = matches!(
                            tree.expr(id),
                            Expr::Text(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Null
                        );
                        let span = tree.span(id);
                        let text = tree.text(span);
                        if free && literal && !text.starts_with("<<") {
                            out.push(Literal {
                                path: path.clone(),
                                span,
                                text: text.to_owned(),
                                counts: matches!(attribute, "count" | "for_each"),
                            });
                        }
                    });
                },
            );
        }
    }
    out
}

/// Where the moved literals go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Home {
    Locals,
    Variables,
}

/// Every literal is moved away: to locals, or to variables that terraform.tfvars sets (those of
/// modules: that have a default).
pub fn move_literals(fixture: &Fixture, home: Home) -> Fixture {
    let mut edits: BTreeMap<String, Edits> = BTreeMap::new();
    let mut added: BTreeMap<String, String> = BTreeMap::new();
    let mut set = String::new();
    for (n, literal) in literals(fixture, false).into_iter().enumerate() {
        let dir = dir_of(&literal.path);
        let text = &literal.text;
        let word = match home {
            Home::Locals => {
                let _ = writeln!(
                    added.entry(dir.into()).or_default(),
                    "locals {{\n  moved{n} = {text}\n}}"
                );
                "local"
            }
            Home::Variables => {
                let default = if dir.is_empty() {
                    let _ = writeln!(set, "moved{n} = {text}");
                    String::new()
                } else {
                    format!("  default = {text}\n")
                };
                let _ = writeln!(
                    added.entry(dir.into()).or_default(),
                    "variable \"moved{n}\" {{\n{default}}}"
                );
                "var"
            }
        };
        edits
            .entry(literal.path)
            .or_default()
            .replace(literal.span, format!("{word}.moved{n}"));
    }
    let mut files = fixture.files.clone();
    for (path, edits) in edits {
        let text = edits.apply(&fixture.files[&path]);
        files.insert(path, text);
    }
    for (dir, text) in added {
        files.insert(beside(&dir, "zz_moved.tf"), text);
    }
    if !set.is_empty() {
        *files.entry("terraform.tfvars".to_owned()).or_default() += &format!("\n{set}");
    }
    fixture.with(files)
}

/// One literal becomes a variable that nobody sets.
pub fn forget(fixture: &Fixture, literal: &Literal) -> Fixture {
    let mut files = fixture.files.clone();
    let mut edits = Edits::default();
    edits.replace(literal.span, "var.forgotten");
    let text = edits.apply(&fixture.files[&literal.path]);
    files.insert(literal.path.clone(), text);
    let dir = dir_of(&literal.path);
    files.insert(
        beside(dir, "zz_forgotten.tf"),
        "variable \"forgotten\" {}\n".to_owned(),
    );
    if !dir.is_empty() {
        // A module's variable is handed in by each call; the root's has no value.
        files.insert(
            "zz_forgotten.tf".to_owned(),
            "variable \"forgotten\" {}\n".to_owned(),
        );
        for (path, tree) in parsed(fixture) {
            let mut edits = Edits::default();
            for b in tree.blocks(tree.root()).filter(|b| b.kind == "module") {
                let source = b.attribute("source").map(|a| tree.text_of(a.value));
                let called = source.is_some_and(|s| s.trim_start_matches("./") == dir);
                if called && dir_of(&path).is_empty() {
                    edits.insert(braces(&tree, &b).0, "\n  forgotten = var.forgotten\n");
                }
            }
            if path != literal.path {
                files.insert(path, edits.apply(tree.source()));
            }
        }
    }
    fixture.with(files)
}

// (e) ------------------------------------------------------------------------------------------------

/// Each block in a file of its own, the last one first.
pub fn split(fixture: &Fixture) -> Fixture {
    let mut files = fixture.files.clone();
    let trees = parsed(fixture);
    let total: usize = trees.iter().map(|(_, t)| t.blocks(t.root()).count()).sum();
    let mut n = total;
    for (path, tree) in &trees {
        files.remove(path);
        for block in tree.blocks(tree.root()) {
            n -= 1;
            let name = beside(dir_of(path), &format!("part{n:04}.tf"));
            files.insert(name, format!("{}\n", tree.text(block.span)));
        }
    }
    fixture.with(files)
}

/// All blocks of a directory in one file, the last one first.
pub fn reverse(fixture: &Fixture) -> Fixture {
    let mut files = fixture.files.clone();
    for (path, tree) in parsed(fixture) {
        files.remove(&path);
        let name = beside(dir_of(&path), "all.tf");
        let text = files.entry(name).or_default();
        for block in tree.blocks(tree.root()) {
            *text = format!("{}\n\n{text}", tree.text(block.span));
        }
    }
    fixture.with(files)
}

// (f) ------------------------------------------------------------------------------------------------

/// The provider that a resource type belongs to, as its first word says.
fn provider_of(ty: &str) -> &str {
    ty.split('_').next().unwrap_or(ty)
}

/// Each default provider configuration of the root gets the alias `named`, and every resource, data
/// source and module call that used it says so.
pub fn alias(fixture: &Fixture) -> Fixture {
    let mut defaults: BTreeSet<String> = BTreeSet::new();
    let mut aliases: BTreeSet<String> = BTreeSet::new();
    for (path, tree) in parsed(fixture) {
        for b in tree.blocks(tree.root()) {
            if b.kind == "provider" && dir_of(&path).is_empty() {
                let name = b.label(0).unwrap_or_default().into_owned();
                match b.attribute("alias") {
                    None => defaults.insert(name),
                    Some(a) => aliases.insert(format!("{name}.{}", tree.text_of(a.value))),
                };
            }
        }
    }
    each_file(fixture, |path, tree, edits| {
        if !dir_of(path).is_empty() {
            return;
        }
        for b in tree.blocks(tree.root()) {
            let (open, close) = braces(tree, &b);
            let mut say = |text: String| {
                edits.insert(open, format!("\n  {text}\n"));
                edits.insert(close, "\n");
            };
            match b.kind {
                "provider" if b.attribute("alias").is_none() => {
                    say("alias = \"named\"".to_owned());
                }
                "resource" | "data" => {
                    let ty = b.label(0).unwrap_or_default();
                    match b.attribute("provider") {
                        None if defaults.contains(provider_of(&ty)) => {
                            say(format!("provider = {}.named", provider_of(&ty)));
                        }
                        Some(a) => {
                            if let Expr::Variable(name) = tree.expr(a.value)
                                && defaults.contains(name)
                            {
                                edits.insert(tree.span(a.value).end, ".named");
                            }
                        }
                        None => {}
                    }
                }
                "module" => match b.attribute("providers") {
                    None => {
                        let mut list: Vec<String> = Vec::new();
                        list.extend(defaults.iter().map(|name| format!("{name} = {name}.named")));
                        if !list.is_empty() {
                            say(format!("providers = {{ {} }}", list.join(", ")));
                        }
                    }
                    Some(a) => {
                        if let Expr::Object(pairs) = tree.expr(a.value) {
                            for pair in pairs.chunks(2) {
                                if let Expr::Variable(name) = tree.expr(pair[1])
                                    && defaults.contains(name)
                                {
                                    edits.insert(tree.span(pair[1]).end, ".named");
                                }
                            }
                        }
                    }
                },
                _ => {}
            }
        }
    })
}
