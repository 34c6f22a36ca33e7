//! The lists of `tests/data/schema/`: which attributes a resource type has. Their format stands in the README there.
#![allow(dead_code)] // each test file uses some of it

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Where the lists lie.
pub fn dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/schema")
}

/// What a body holds.
#[derive(Default, Debug, Clone)]
pub struct Body {
    /// By name; a name stands twice where it is an argument in some versions only.
    pub names: BTreeMap<String, Vec<Name>>,
    /// More names may stand here.
    pub more: bool,
}

/// An attribute or a block.
#[derive(Debug, Clone)]
pub struct Name {
    /// Can be read, not written.
    pub computed: bool,
    /// Must be written.
    pub required: bool,
    /// `s`, `n`, `b`, `l`, `m`, `o`, `?`.
    pub kind: char,
    /// Label of the last version that has it, when it is gone.
    pub until: Option<String>,
    /// What it holds: of a block, or of an attribute of objects.
    pub body: Option<Rc<Body>>,
}

impl Name {
    /// Written as a block, not as an attribute.
    pub fn is_block(&self) -> bool {
        self.body.is_some() && self.kind == 's'
    }
}

/// What a list says of a path.
#[derive(Debug)]
pub enum Found {
    /// It is there; the last name of the path.
    Yes(Vec<Name>),
    /// The list does not say.
    Unsaid,
    /// It is not there; the nearest that is.
    No(Option<String>),
}

/// The list of one provider.
#[derive(Default)]
pub struct List {
    /// The bodies' text, by type.
    types: HashMap<String, Vec<(usize, String)>>,
    /// The shared bodies, by file.
    shared: Vec<HashMap<String, String>>,
    /// The list of arguments only: what can be read beside them is not said.
    arguments_only: bool,
    /// Where names are approximate.
    pub approximate: bool,
}

/// All lists, read when they are asked.
#[derive(Default)]
pub struct Lists {
    have: HashMap<String, Option<Rc<List>>>,
    bodies: HashMap<String, Option<Rc<Body>>>,
    added: BTreeMap<(String, String), bool>,
}

impl Lists {
    /// No list is read yet, but what was added by hand.
    pub fn new() -> Lists {
        let text = std::fs::read_to_string(dir().join("added.txt")).expect("added.txt");
        let mut lists = Lists::default();
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            let (names, why) = line.split_once('#').expect("it says where it is written");
            assert!(!why.trim().is_empty(), "{line}");
            let (ty, path) = names.trim().split_once(' ').expect("type and path");
            lists
                .added
                .insert((ty.into(), path.trim().to_owned()), false);
        }
        lists
    }

    /// What was added by hand and never needed.
    pub fn not_needed(&self) -> Vec<String> {
        let unused = self.added.iter().filter(|(_, used)| !**used);
        unused
            .map(|((ty, path), _)| format!("{ty} {path}"))
            .collect()
    }

    fn list(&mut self, provider: &str, data: bool) -> Option<Rc<List>> {
        let key = format!("{provider}{}", if data { ".data" } else { "" });
        if let Some(have) = self.have.get(&key) {
            return have.clone();
        }
        let read = List::read(provider, data).map(Rc::new);
        self.have.insert(key, read.clone());
        read
    }

    /// The body of a type as the catalog names it: `aws_x`, `data.aws_x`, `backend.s3`; of a
    /// provider's own configuration, `provider.aws`. `None`: no such type.
    pub fn body(&mut self, name: &str) -> Option<Rc<Body>> {
        if let Some(have) = self.bodies.get(name) {
            return have.clone();
        }
        let body = self.read_body(name).map(Rc::new);
        self.bodies.insert(name.to_owned(), body.clone());
        body
    }

    fn read_body(&mut self, name: &str) -> Option<Body> {
        if let Some(provider) = name.strip_prefix("provider.") {
            return self.list(provider, false)?.body("provider");
        }
        let Some(bare) = name.strip_prefix("data.") else {
            return self.list(provider_of(name), false)?.body(name);
        };
        let list = self.list(provider_of(bare), true)?;
        let mut body = list.body(bare)?;
        // A list of arguments does not say what can be read; the resource type of the name mostly does.
        if list.arguments_only {
            let same = self.list(provider_of(bare), false)?.body(bare);
            for (name, nodes) in same.unwrap_or_default().names {
                body.names.entry(name).or_insert(nodes);
            }
        }
        Some(body)
    }

    /// What the lists say of a path of a type; names parted by dots.
    pub fn find(&mut self, ty: &str, path: &str) -> Found {
        let Some(body) = self.body(ty) else {
            return Found::No(None);
        };
        let found = find(&body, path);
        if let Some(used) = self.added.get_mut(&(ty.to_owned(), path.to_owned())) {
            *used = !matches!(found, Found::Yes(_));
            return Found::Unsaid;
        }
        found
    }

    /// All types of a provider, data sources with `data.`.
    pub fn types(&mut self, provider: &str) -> Vec<String> {
        let mut out = Vec::new();
        for (data, prefix) in [(false, ""), (true, "data.")] {
            if let Some(list) = self.list(provider, data) {
                out.extend(list.types.keys().map(|t| format!("{prefix}{t}")));
            }
        }
        out.sort();
        out
    }
}

/// The providers that have a list.
pub fn providers() -> Vec<String> {
    let mut out: Vec<String> = std::fs::read_dir(dir())
        .expect("the lists are there")
        .filter_map(|e| {
            let name = e.ok()?.file_name().into_string().ok()?;
            let bare = name.strip_suffix(".txt")?;
            (!bare.contains('.') && bare != "added" && bare != "google-beta").then(|| bare.into())
        })
        .collect();
    out.sort();
    out
}

/// The provider of a type's name.
pub fn provider_of(ty: &str) -> &str {
    let ty = ty.strip_prefix("data.").unwrap_or(ty);
    if ty.starts_with("backend.") {
        return "terraform";
    }
    ty.split('_').next().unwrap_or(ty)
}

/// What a body says of a path.
pub fn find(body: &Rc<Body>, path: &str) -> Found {
    // What every resource has.
    if path == "id" || path.is_empty() {
        return Found::Unsaid;
    }
    let mut level = vec![body.clone()];
    let mut last: Vec<Name> = Vec::new();
    for (i, part) in path.split('.').enumerate() {
        // The key of a map, or what an object holds that the list does not know.
        if i > 0 && level.is_empty() && last.iter().any(|n| "mo?".contains(n.kind)) {
            return Found::Unsaid;
        }
        if i > 0 && last.iter().any(|n| n.kind == 'm' && n.body.is_none()) {
            return Found::Unsaid;
        }
        let found: Vec<Name> = level
            .iter()
            .flat_map(|b| b.names.get(part).into_iter().flatten().cloned())
            .collect();
        if found.is_empty() {
            if level.iter().any(|b| b.more) {
                return Found::Unsaid;
            }
            let known = level.iter().flat_map(|b| b.names.keys());
            return Found::No(nearest(part, known));
        }
        level = found.iter().filter_map(|n| n.body.clone()).collect();
        last = found;
    }
    Found::Yes(last)
}

/// The name with the fewest changes.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> Option<String> {
    known
        .map(|k| (changes(name, k), k))
        .min()
        .map(|(_, k)| k.clone())
}

fn changes(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (corner + usize::from(x != *y))
                .min(row[j] + 1)
                .min(row[j + 1] + 1);
            corner = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()]
}

impl List {
    fn read(provider: &str, data: bool) -> Option<List> {
        let mut list = List::default();
        let files: &[&str] = if provider == "google" {
            &["", "-beta"]
        } else {
            &[""]
        };
        for suffix in files {
            let name = format!("{provider}{suffix}{}.txt", if data { ".data" } else { "" });
            let text = std::fs::read_to_string(dir().join(name)).ok()?;
            let file = list.shared.len();
            list.shared.push(HashMap::new());
            for line in text.lines() {
                let (head, body) = line.split_once(' ').unwrap_or((line, ""));
                if head == "#" {
                    list.approximate |= body.contains("APPROXIMATE");
                    list.arguments_only |= data && !body.contains("exact");
                } else if head.starts_with('$') {
                    list.shared[file].insert(head.to_owned(), body.to_owned());
                } else {
                    let name = head.trim_start_matches('+').split('@').next();
                    let name = name.expect("a type's name").to_owned();
                    list.types
                        .entry(name)
                        .or_default()
                        .push((file, body.to_owned()));
                }
            }
        }
        Some(list)
    }

    fn body(&self, ty: &str) -> Option<Body> {
        let mut out = Body::default();
        for (file, text) in self.types.get(ty)? {
            let mut rest = text.as_str();
            self.fill(*file, &mut rest, &mut out);
        }
        Some(out)
    }

    /// Reads words up to the closing brace.
    fn fill(&self, file: usize, rest: &mut &str, out: &mut Body) {
        loop {
            *rest = rest.trim_start();
            let end = rest.find([' ', '{', '}']).unwrap_or(rest.len());
            let word = &rest[..end];
            *rest = &rest[end..];
            if word == "..." {
                out.more = true;
            } else if word.starts_with('$') {
                let mut shared = self.shared[file]
                    .get(word)
                    .unwrap_or_else(|| panic!("no shared body {word}"))
                    .as_str();
                self.fill(file, &mut shared, out);
            } else if !word.is_empty() {
                let (name, mut node) = one(word);
                if let Some(inner) = rest.strip_prefix('{') {
                    *rest = inner;
                    let mut body = Body::default();
                    self.fill(file, rest, &mut body);
                    *rest = rest.strip_prefix('}').expect("a closing brace");
                    node.body = Some(Rc::new(body));
                }
                out.names.entry(name).or_default().push(node);
            }
            if rest.is_empty() || rest.starts_with('}') {
                return;
            }
        }
    }
}

/// `[=]name[!][:letter][@versions]`.
fn one(word: &str) -> (String, Name) {
    let (word, versions) = word.split_once('@').unwrap_or((word, ""));
    let (word, letter) = word.split_once(':').unwrap_or((word, "s"));
    let (computed, word) = word
        .strip_prefix('=')
        .map_or((false, word), |rest| (true, rest));
    let (required, name) = word
        .strip_suffix('!')
        .map_or((false, word), |rest| (true, rest));
    let name_of = Name {
        computed,
        required,
        kind: letter.chars().next().unwrap_or('s'),
        until: versions.split_once('-').map(|(_, until)| until.to_owned()),
        body: None,
    };
    (name.to_owned(), name_of)
}
