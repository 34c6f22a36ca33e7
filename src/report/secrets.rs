//! Text of the source that is nobody's to see, when lines of it are shown.
//!
//! Values know whether they are sensitive; lines do not. So what stands in a sensitive variable's
//! default, in the values given for it, in `sensitive(…)`, behind names that sound like a secret and at
//! the paths that the catalog's rows name is covered byte by byte: marks stay where they are. In a file that does not parse nothing is known of
//! what a line means, so there the quoted text of suspicious lines is covered.

use crate::catalog::Catalog;
use crate::diagnostic::Mark;
use crate::load::project::Project;
use crate::load::syntax::{Expr, Item, NodeId, Span, Tree};
use crate::source::{FileId, Place};
use regex::Regex;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{LazyLock, OnceLock};

/// What a name that holds a secret contains.
const WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "private_key",
    "access_key",
    "account_key",
    "api_key",
    "apikey",
    "auth_key",
    "shared_key",
    "connection_string",
];

/// Credentials in an address: the word behind the user's name, and what query parameters hold that are
/// named like secrets.
static IN_ADDRESSES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)://[^/\s"@:]*:(?<word>[^/\s"@]+)@|[?&][^=&"\s]*(token|secret|password|sshkey|signature|credential|apikey|api_key)[^=&"\s]*=(?<value>[^&"\s]+)"#,
    )
    .expect("internal: a constant that is tested")
});

/// A text for any output, without the credentials of addresses in it.
pub fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    mask(&mut bytes, text);
    String::from_utf8(bytes).unwrap_or_default()
}

fn mask(bytes: &mut [u8], text: &str) {
    for found in IN_ADDRESSES.captures_iter(text) {
        for part in ["word", "value"] {
            if let Some(part) = found.name(part) {
                stars(bytes.get_mut(part.range()));
            }
        }
    }
}

/// What is covered, by file; found out when a line of the file is shown.
#[derive(Debug)]
pub struct Secrets {
    files: Vec<OnceLock<Vec<Span>>>,
    variables: OnceLock<FxHashSet<String>>,
    /// Where secrets stand that extract found.
    stands: FxHashMap<FileId, Vec<Span>>,
}

impl Secrets {
    /// For so many files, with the places of expressions whose literals are secrets.
    pub fn new(files: usize, stands: impl IntoIterator<Item = Place>) -> Secrets {
        let mut by_file: FxHashMap<FileId, Vec<Span>> = FxHashMap::default();
        for place in stands {
            by_file.entry(place.file).or_default().push(place.span);
        }
        Secrets {
            stands: by_file,
            files: (0..files).map(|_| OnceLock::new()).collect(),
            variables: OnceLock::new(),
        }
    }

    /// The text of a file from byte `start` to `end`, with what is secret covered.
    pub fn cover(&self, project: &Project, file: FileId, start: usize, end: usize) -> String {
        let source = project.sources.file(file);
        let tree = &source.tree;
        // A settings file's tree holds the values that it gives for variables.
        let values = source.shown.contains(".tfvars") || source.shown.ends_with(".toml");
        // The text of a plan or state is not kept.
        let Some(text) = tree.source().get(start..end) else {
            return String::new();
        };
        let mut bytes = text.as_bytes().to_vec();
        mask(&mut bytes, text);
        let spans = self.files[file.0 as usize].get_or_init(|| {
            let mut finder = Finder {
                tree,
                variables: self.variables(project),
                out: Vec::new(),
            };
            finder.body(tree.root(), values, &[]);
            for span in self.stands.get(&file).into_iter().flatten() {
                literals(tree.text(*span), span.start, &mut finder.out);
            }
            finder.out.sort_unstable();
            apart(finder.out)
        });
        // Literals do not overlap: at most one reaches in from before.
        let first = spans.partition_point(|s| (s.start as usize) < start);
        for span in spans[first.saturating_sub(1)..]
            .iter()
            .take_while(|s| (s.start as usize) < end)
        {
            let from = (span.start as usize).max(start) - start;
            let to = (span.end as usize).min(end).max(start) - start;
            stars(bytes.get_mut(from..to));
        }
        if !tree.errors().is_empty() {
            for line in bytes.split_mut(|&b| b == b'\n') {
                if values || sounds_secret(&String::from_utf8_lossy(line)) {
                    cover_quoted(line);
                }
            }
        }
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// Whether something of what stands at a place is covered.
    pub fn covers(&self, project: &Project, place: Place) -> bool {
        let (start, end) = (place.span.start as usize, place.span.end as usize);
        let plain = project.sources.text(place);
        self.cover(project, place.file, start, end) != plain
    }

    /// The values of a way, without those that are nobody's to see: where anything on it is covered or is
    /// called like a secret, none is told.
    pub fn values<'f>(
        &self,
        project: &Project,
        from: Place,
        way: &'f [Mark],
    ) -> Vec<Option<&'f str>> {
        let plain = project.sources.text(from);
        // Of a plan or state nothing is told that no fact names.
        let kept = !project.sources.tree(from.file).source().is_empty();
        let secret = !kept
            || sounds_secret(plain)
            || way.iter().any(|m| {
                let named = m.message.args.iter().any(|name| sounds_secret(name));
                named || self.covers(project, m.place)
            });
        let told = |m: &'f Mark| m.value.as_deref().filter(|_| !secret);
        way.iter().map(told).collect()
    }

    /// The names of all variables that are declared sensitive anywhere.
    fn variables(&self, project: &Project) -> &FxHashSet<String> {
        self.variables.get_or_init(|| {
            let mut out = FxHashSet::default();
            for file in &project.sources.files {
                for block in file.tree.blocks(file.tree.root()) {
                    if block.kind == "variable"
                        && marked(&file.tree, block.body)
                        && let Some(name) = block.label(0)
                    {
                        out.insert(name.into_owned());
                    }
                }
            }
            out
        })
    }
}

/// Whether a variable says that it is sensitive, or says something about it that is not `false`.
fn marked(tree: &Tree, body: NodeId) -> bool {
    ["sensitive", "ephemeral"].iter().any(|name| {
        tree.attribute(body, name)
            .is_some_and(|a| !matches!(tree.expr(a.value), Expr::Bool(false)))
    })
}

pub(super) fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // Whose key it is, is what sekisho is about.
    if name.ends_with("kms_key_id") || name.ends_with("_arn") {
        return false;
    }
    WORDS.iter().any(|word| name.contains(word))
}

/// What is left of paths behind a first step; `""`: the path ends here.
fn below<'p>(paths: &[&'p str], name: &str) -> Vec<&'p str> {
    paths
        .iter()
        .filter_map(|path| {
            let rest = path.strip_prefix(name)?;
            if rest.is_empty() {
                Some(rest)
            } else {
                rest.strip_prefix('.')
            }
        })
        .collect()
}

struct Finder<'t> {
    tree: &'t Tree,
    variables: &'t FxHashSet<String>,
    out: Vec<Span>,
}

impl Finder<'_> {
    fn named(&self, name: &str) -> bool {
        self.variables.contains(name) || sounds_secret(name)
    }

    /// `paths`: what is secret below this body, as the row of its resource says.
    fn body(&mut self, body: NodeId, values: bool, paths: &[&str]) {
        let tree = self.tree;
        for item in tree.items(body) {
            match item {
                Item::Attribute(a) => {
                    let below = below(paths, a.name);
                    let secret = below.contains(&"")
                        || if values {
                            self.named(a.name)
                        } else {
                            sounds_secret(a.name)
                        };
                    // Below an object the path goes on through keys: all of it is covered.
                    self.expression(a.value, secret || !below.is_empty());
                }
                Item::Block(b) if b.kind == "variable" => {
                    let secret =
                        marked(tree, b.body) || b.label(0).is_some_and(|name| sounds_secret(&name));
                    for a in tree.attributes(b.body) {
                        self.expression(a.value, secret && a.name == "default");
                    }
                }
                Item::Block(b) if b.kind == "module" => {
                    for a in tree.attributes(b.body) {
                        let secret = self.named(a.name);
                        self.expression(a.value, secret);
                    }
                }
                Item::Block(b) if matches!(b.kind, "resource" | "data" | "ephemeral") => {
                    let ty = b.label(0).unwrap_or_default();
                    let row = match b.kind {
                        "data" => Catalog::builtin().row(&format!("data.{ty}")),
                        _ => Catalog::builtin().row(&ty),
                    };
                    let paths: Vec<&str> = row
                        .iter()
                        .flat_map(|r| &r.secrets)
                        .map(String::as_str)
                        .collect();
                    self.body(b.body, false, &paths);
                }
                // `dynamic "x" { content { … } }` is as `x { … }`.
                Item::Block(b) if b.kind == "dynamic" => {
                    let below = below(paths, &b.label(0).unwrap_or_default());
                    for item in tree.items(b.body) {
                        match item {
                            Item::Block(content) => self.body(content.body, false, &below),
                            // What is gone through may hold what is secret.
                            Item::Attribute(a) => {
                                self.expression(a.value, a.name == "for_each" && !below.is_empty());
                            }
                        }
                    }
                }
                Item::Block(b) => {
                    let below = below(paths, b.kind);
                    self.body(b.body, false, &below);
                }
            }
        }
    }

    /// Notes the literals of an expression that is secret, and of the parts that are.
    fn expression(&mut self, id: NodeId, secret: bool) {
        let tree = self.tree;
        match tree.expr(id) {
            Expr::Text(_) | Expr::Number(_) if secret => self.out.push(tree.span(id)),
            Expr::Template(parts) => parts.iter().for_each(|&x| self.expression(x, secret)),
            Expr::Tuple(all) => all.iter().for_each(|&x| self.expression(x, secret)),
            Expr::Object(pairs) => {
                for pair in pairs.chunks(2) {
                    let named = sounds_secret(&tree.text_of(pair[0]));
                    self.expression(pair[0], secret);
                    self.expression(pair[1], secret || named);
                }
            }
            Expr::Call { name, args, .. } => {
                let secret = secret || matches!(name, "sensitive" | "ephemeralasnull");
                for &x in args {
                    self.expression(x, secret);
                }
            }
            Expr::Wrap(x) | Expr::Paren(x) | Expr::Unary { of: x, .. } => {
                self.expression(x, secret);
            }
            Expr::Attr { of, .. } | Expr::LegacyIndex { of, .. } | Expr::Splat { of, .. } => {
                self.expression(of, secret);
            }
            Expr::Index { of, key } => {
                self.expression(of, secret);
                self.expression(key, secret);
            }
            Expr::Conditional { cond, then, other } => {
                for x in [cond, then, other] {
                    self.expression(x, secret);
                }
            }
            Expr::Binary { left, right, .. } => {
                self.expression(left, secret);
                self.expression(right, secret);
            }
            Expr::For(f) => {
                self.expression(f.collection, secret);
                self.expression(f.value, secret);
                for x in f.key.into_iter().chain(f.condition) {
                    self.expression(x, secret);
                }
            }
            Expr::TemplateIf { cond, then, other } => {
                for x in [Some(cond), Some(then), other].into_iter().flatten() {
                    self.expression(x, secret);
                }
            }
            Expr::TemplateFor {
                collection, body, ..
            } => {
                self.expression(collection, secret);
                self.expression(body, secret);
            }
            _ => {}
        }
    }
}

/// The literals in the text of an expression that begins at `base`: what stands in quotes, a heredoc's
/// lines, a number.
fn literals(text: &str, base: u32, out: &mut Vec<Span>) {
    let mut add = |from: usize, to: usize| {
        out.push(Span {
            start: base + from as u32,
            end: base + to as u32,
        });
    };
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return add(0, text.len());
    }
    if let Some(at) = text.find("<<")
        && let Some(line) = text[at..].find('\n')
    {
        add(at + line, text.len());
    }
    let (mut from, mut escaped) = (None, false);
    for (i, b) in text.bytes().enumerate() {
        match (b, from) {
            (b'"', None) => from = Some(i + 1),
            (b'"', Some(start)) if !escaped => {
                add(start, i);
                from = None;
            }
            _ => {}
        }
        escaped = from.is_some() && !escaped && b == b'\\';
    }
    if let Some(start) = from {
        add(start, text.len());
    }
}

/// Sorted spans, those that touch as one.
fn apart(spans: Vec<Span>) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match out.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => out.push(span),
        }
    }
    out
}

/// Covers bytes; quotes around them and ends of lines stay.
fn stars(bytes: Option<&mut [u8]>) {
    let Some(mut bytes) = bytes else { return };
    if let [b'"', inside @ .., b'"'] = bytes {
        bytes = inside;
    }
    for b in bytes {
        if !matches!(b, b'\n' | b'\r') {
            *b = b'*';
        }
    }
}

/// Covers what stands in quotes on a line, to its end where they are not closed; in a line with none,
/// what stands behind `=`.
fn cover_quoted(line: &mut [u8]) {
    let (mut quoted, mut escaped, mut any) = (false, false, false);
    for b in line.iter_mut() {
        let end = quoted && !escaped && *b == b'"';
        escaped = quoted && !escaped && *b == b'\\';
        if end {
            quoted = false;
        } else if quoted {
            if *b != b'\r' {
                *b = b'*';
            }
        } else if *b == b'"' {
            (quoted, any) = (true, true);
        }
    }
    if !any && let Some(at) = line.iter().position(|b| *b == b'=') {
        for b in &mut line[at + 1..] {
            if !b.is_ascii_whitespace() {
                *b = b'*';
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::syntax::parse_native;
    use crate::source::SourceFile;

    fn covered(name: &str, text: &str) -> String {
        let mut project = Project::default();
        for (shown, text) in [
            (name, text),
            ("v.tf", "variable \"hush\" {\n  sensitive = true\n}\n"),
        ] {
            project.sources.files.push(SourceFile {
                path: shown.into(),
                shown: shown.into(),
                tree: parse_native(text.as_bytes()),
            });
        }
        Secrets::new(2, []).cover(&project, FileId(0), 0, text.len())
    }

    #[test]
    fn what_is_secret_is_covered_and_the_rest_stays() {
        for (name, text, expected) in [
            ("a.tf", "x = \"abc\"\n", "x = \"abc\"\n"),
            ("a.tf", "db_password = \"abc\"\n", "db_password = \"***\"\n"),
            (
                "a.tf",
                "kms_key_id = sensitive(\"abc\")\n",
                "kms_key_id = sensitive(\"***\")\n",
            ),
            (
                "a.tf",
                "x = { token = \"鍵\" }\n",
                "x = { token = \"***\" }\n",
            ),
            (
                "a.tfvars",
                "hush = [\"a\", 12]\nx = \"a\"\n",
                "hush = [\"*\", **]\nx = \"a\"\n",
            ),
            ("a.tfvars", "x = \"a\n", "x = \"*\n"),
            ("a.tf", "password = \"abc\" =\n", "password = \"***\" =\n"),
            (
                "a.tf",
                "variable \"x\" {\n  ephemeral = true\n  default = { a = \"b\" }\n}\n",
                "variable \"x\" {\n  ephemeral = true\n  default = { * = \"*\" }\n}\n",
            ),
            (
                "a.tf",
                "resource \"aws_db_instance\" \"d\" {\n  name = \"a\"\n  password = \"b\"\n}\n",
                "resource \"aws_db_instance\" \"d\" {\n  name = \"a\"\n  password = \"*\"\n}\n",
            ),
            (
                "a.tf",
                "source = \"git::https://me:pw@h/x?ref=1&sshkey=ab\"\n",
                "source = \"git::https://me:**@h/x?ref=1&sshkey=**\"\n",
            ),
            (
                "a.tf",
                "module \"m\" {\n  hush = \"a-${var.x}\"\n}\n",
                "module \"m\" {\n  hush = \"**${var.x}\"\n}\n",
            ),
        ] {
            assert_eq!(covered(name, text), expected, "{text}");
        }
    }

    #[test]
    fn paths_go_through_blocks_dynamic_ones_and_objects() {
        let text = "a = \"x\"\nb {\n  c = \"x\"\n  d = \"x\"\n}\ndynamic \"b\" {\n  for_each = [\"x\"]\n  \
                    content {\n    c = \"x\"\n    d = \"x\"\n  }\n}\ne = { f = \"x\" }\ng = \"x\"\n";
        let tree = parse_native(text.as_bytes());
        let mut finder = Finder {
            tree: &tree,
            variables: &FxHashSet::default(),
            out: Vec::new(),
        };
        finder.body(tree.root(), false, &["a", "b.c", "e.f"]);
        let lines: Vec<usize> = finder
            .out
            .iter()
            .map(|s| text[..s.start as usize].lines().count())
            .collect();
        // The key of an object that is covered is covered too.
        assert_eq!(lines, [1, 3, 7, 9, 13, 13], "{:?}", finder.out);
    }

    #[test]
    fn every_path_of_the_catalog_is_covered() {
        let catalog = Catalog::builtin();
        let mut paths = 0;
        for ty in catalog.names() {
            let row = catalog.row(ty).expect("it is there");
            for path in &row.secrets {
                let mut inner = String::new();
                for step in path.split('.').rev() {
                    inner = if inner.is_empty() {
                        format!("{step} = \"hunter2\"")
                    } else {
                        format!("{step} {{\n{inner}\n}}")
                    };
                }
                let (kind, bare) = match ty.strip_prefix("data.") {
                    Some(bare) => ("data", bare),
                    None => ("resource", ty),
                };
                let text = format!("{kind} \"{bare}\" \"x\" {{\n{inner}\n}}\n");
                assert!(!covered("a.tf", &text).contains("hunter2"), "{ty}.{path}");
                paths += 1;
            }
        }
        assert!(paths > 0);
    }
}
