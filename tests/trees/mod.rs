//! Trees on disk for tests, and what of a loaded project is compared.
#![allow(dead_code)] // each test file uses some of it

use sekisho::load::project::{GivenValue, Root};
use sekisho::load::syntax::Expr;
use sekisho::load::{Loaded, Request, load};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A tree of files; `/` at the end makes a directory.
pub fn tree(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().expect("a temporary directory");
    for (path, content) in files {
        put(dir.path(), path, content);
    }
    dir
}

pub fn put(base: &Path, path: &str, content: &str) {
    let full = base.join(path);
    if path.ends_with('/') {
        fs::create_dir_all(full).expect("a directory");
        return;
    }
    fs::create_dir_all(full.parent().expect("a parent")).expect("a directory");
    fs::write(full, content).expect("a file");
}

pub fn request(dir: &TempDir, paths: &[&str]) -> Request {
    Request::new(
        paths.iter().map(Into::into).collect(),
        dir.path().to_path_buf(),
    )
}

pub fn loaded(dir: &TempDir, paths: &[&str]) -> Loaded {
    load(&request(dir, paths))
}

pub fn targets(loaded: &Loaded) -> Vec<String> {
    let roots = loaded.project.roots.iter();
    roots.map(|r| r.target.to_string()).collect()
}

pub fn codes(loaded: &Loaded) -> Vec<(&'static str, String)> {
    loaded
        .diagnostics
        .iter()
        .map(|d| (d.code.id(), d.message.key.clone()))
        .collect()
}

/// A given value as text.
pub fn value(loaded: &Loaded, root: &Root, name: &str) -> Option<String> {
    let given = root.sets[0].values.iter().find(|g| &*g.name == name)?;
    Some(match &given.value {
        GivenValue::Node(file, node, _) => {
            let tree = loaded.project.sources.tree(*file);
            match tree.expr(*node) {
                Expr::Text(text) => text.decode().into_owned(),
                _ => tree.text(tree.span(*node)).to_owned(),
            }
        }
        GivenValue::Argument(text) => format!("arg:{text}"),
        GivenValue::Environment(text) => format!("env:{text}"),
    })
}

/// Everything that must not differ between two runs.
pub fn picture(loaded: &Loaded) -> String {
    let mut out = String::new();
    let project = &loaded.project;
    for file in &project.sources.files {
        writeln!(out, "{}", file.shown).expect("text");
    }
    writeln!(out, "{:#?}", project.modules).expect("text");
    for root in &project.roots {
        let mut vendored: Vec<_> = root.vendored.iter().collect();
        vendored.sort();
        writeln!(out, "{} {:?} {vendored:?}", root.target, root.sets).expect("text");
    }
    writeln!(out, "{:#?} {:?}", loaded.diagnostics, project.seen).expect("text");
    out
}

pub const AWS: &str = "provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\n";
