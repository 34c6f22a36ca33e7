//! A fixture root in memory, and what the library says of it when it lies on disk.
#![allow(dead_code)] // each test file uses some of it

#[path = "fixture_roots.rs"]
mod fixture_roots;

use sekisho::diagnostic::Code;
use sekisho::extract::facts::{Keeping, Location};
use sekisho::report::Outcome;
use sekisho::settings::{Input, Question, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The files of a root and of everything below it, by path with `/`.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// Where it stands below `fixtures/`.
    pub name: String,
    /// The files.
    pub files: BTreeMap<String, String>,
}

/// Every root below `fixtures/`: a directory with a `main.tf` that no directory above it has.
pub fn all() -> Vec<Fixture> {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    // What those of `plans` and `changes` say is held against plans, not written beside them.
    let of_plans = ["fixtures/plans", "fixtures/changes"];
    fixture_roots::roots(&base, &of_plans)
        .into_iter()
        .map(|dir| {
            let mut files = BTreeMap::new();
            read(&dir, &dir, &mut files);
            let name = slashed(dir.strip_prefix(&base).expect("it lies below"));
            Fixture { name, files }
        })
        .collect()
}

fn read(dir: &Path, base: &Path, out: &mut BTreeMap<String, String>) {
    for path in entries(dir) {
        if path.is_dir() {
            read(&path, base, out);
        } else if let Ok(text) = fs::read_to_string(&path) {
            out.insert(slashed(path.strip_prefix(base).expect("below")), text);
        }
    }
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(dir)
        .expect("fixtures can be read")
        .filter_map(|e| Some(e.ok()?.path()))
        .collect();
    all.sort();
    all
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

impl Fixture {
    /// The same files under another name.
    pub fn with(&self, files: BTreeMap<String, String>) -> Fixture {
        Fixture {
            name: self.name.clone(),
            files,
        }
    }

    /// Writes the files.
    pub fn write(&self) -> TempDir {
        let dir = TempDir::new().expect("a temporary directory");
        for (path, text) in &self.files {
            let full = dir.path().join(path);
            fs::create_dir_all(full.parent().expect("a parent")).expect("a directory");
            fs::write(full, text).expect("a file");
        }
        dir
    }

    /// Writes the files, and what the library says of them.
    pub fn examine(&self) -> Answers {
        let dir = self.write();
        let outcome = examine(dir.path());
        Answers::of(&outcome)
    }

    /// All files, for a message.
    pub fn shown(&self) -> String {
        let mut out = String::new();
        for (path, text) in &self.files {
            let _ = writeln!(out, "--- {path}\n{text}");
        }
        out
    }
}

/// The library on a directory, as `sekisho check DIR --boundary DIR`.
pub fn examine(dir: &Path) -> Outcome {
    let settings = Settings::plain(
        Question::Findings,
        Input {
            current_dir: dir.to_path_buf(),
            paths: vec![dir.to_path_buf()],
            boundary: Some(dir.to_path_buf()),
            ..Input::default()
        },
    );
    sekisho::examine(&settings, &sekisho::policy_of(&settings))
}

/// A finding without its place: rule, verdict, level, address without modules and instance keys.
pub type Said = (String, String, String, String);

/// What is compared of a run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answers {
    /// The findings, one entry an address.
    pub said: Vec<Said>,
    /// How many questions passed.
    pub passed: usize,
    /// What is known of each store and key.
    pub facts: Vec<Fact>,
    /// The codes of what went wrong.
    pub codes: BTreeSet<&'static str>,
    /// The same with what fills the gaps; not compared.
    pub told: Vec<String>,
}

/// Place and custody of a store or key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Fact {
    /// The address without modules and instance keys.
    pub address: String,
    /// The possible places.
    pub places: BTreeSet<Vec<String>>,
    /// It may be anywhere else too.
    pub anywhere: bool,
    /// The possible steps of the ladder.
    pub levels: Vec<&'static str>,
}

impl Fact {
    fn new(address: &str, location: &Location, custody: &Keeping) -> Fact {
        Fact {
            address: plain(address),
            places: location
                .alternatives
                .iter()
                .map(|a| a.regions.iter().map(|r| r.code.to_string()).collect())
                .collect(),
            anywhere: location.state() == "unknown",
            levels: custody.levels().iter().map(|l| l.word()).collect(),
        }
    }
}

impl Answers {
    fn of(outcome: &Outcome) -> Answers {
        let keys: std::collections::BTreeSet<&str> =
            outcome.keys.iter().map(|k| &*k.address).collect();
        let is_key = |a: &str| keys.contains(a);
        let is_key = &is_key;
        let mut said: Vec<Said> = outcome
            .findings
            .iter()
            // Comments do not outlive every rewriting; what is said of them is no answer.
            .filter(|f| !f.rule.starts_with("suppression-"))
            .flat_map(|f| {
                // What is said of a key names the stores that it serves too: those may be more or fewer.
                let of_keys = f.addresses.iter().any(|a| is_key(a));
                let about = move |a: &&String| !of_keys || is_key(a);
                f.addresses.iter().filter(about).map(|address| {
                    (
                        f.rule.to_string(),
                        format!("{:?}", f.verdict),
                        format!("{:?}", f.level),
                        plain(address),
                    )
                })
            })
            .collect();
        said.sort();
        // Two lines of a block are two findings; in JSON syntax they may be one.
        said.dedup();
        let stores = outcome
            .stores
            .iter()
            .map(|s| Fact::new(&s.address, &s.location, &s.custody));
        let keys = outcome
            .keys
            .iter()
            .map(|k| Fact::new(&k.address, &k.location, &k.custody));
        let mut facts: Vec<Fact> = stores.chain(keys).collect();
        facts.sort();
        Answers {
            said,
            passed: outcome.seen.passed,
            facts,
            codes: outcome.diagnostics.iter().map(|d| d.code.id()).collect(),
            told: outcome
                .diagnostics
                .iter()
                .map(|d| format!("{} {:?}", d.message.key, d.message.args))
                .collect(),
        }
    }

    /// How two runs that should be one differ; empty when they do not.
    pub fn difference(&self, other: &Answers) -> String {
        let mut out = String::new();
        for (mark, one, two) in [("-", self, other), ("+", other, self)] {
            for s in left_over(&one.said, &two.said) {
                out += &format!("{mark} {} {} {} {}\n", s.0, s.1, s.2, s.3);
            }
            for f in left_over(&one.facts, &two.facts) {
                out += &format!("{mark} {f:?}\n");
            }
            for c in one.codes.difference(&two.codes) {
                out += &format!("{mark} diagnostic {c}\n");
            }
        }
        if self.codes != other.codes {
            out += &format!("  {:#?} {:#?}\n", self.told, other.told);
        }
        if self.passed != other.passed {
            out += &format!("- passed {}\n+ passed {}\n", self.passed, other.passed);
        }
        out
    }

    /// Whether something went wrong that only our own faults explain.
    pub fn broken(&self) -> bool {
        self.codes.contains(Code::InternalError.id())
    }
}

/// What the first list has more of.
fn left_over<T: Ord + Clone>(one: &[T], two: &[T]) -> Vec<T> {
    let mut counts: BTreeMap<&T, usize> = BTreeMap::new();
    for t in two {
        *counts.entry(t).or_default() += 1;
    }
    one.iter()
        .filter(|t| match counts.get_mut(t) {
            Some(n) if *n > 0 => {
                *n -= 1;
                false
            }
            _ => true,
        })
        .cloned()
        .collect()
}

/// An address without `module.x.`, instance keys and the alias of a provider configuration.
pub fn plain(address: &str) -> String {
    let mut out = String::new();
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for c in address.chars() {
        if quoted {
            (quoted, escaped) = (escaped || c != '"', !escaped && c == '\\');
            continue;
        }
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            '"' if depth > 0 => quoted = true,
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    let mut rest = out.as_str();
    while let Some(after) = rest.strip_prefix("module.") {
        match after.split_once('.') {
            Some((_, below)) => rest = below,
            None => break,
        }
    }
    match rest.strip_prefix("provider.") {
        Some(name) => format!("provider.{}", name.split('.').next().unwrap_or(name)),
        None => rest.to_owned(),
    }
}
