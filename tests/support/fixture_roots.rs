//! The fixtures as they lie on disk: which folders are roots, and what their comments say of settings. Not here:
//! fixtures that are rewritten (`fixture.rs`).
#![allow(dead_code)] // each test file uses some of it

use std::path::{Path, PathBuf};

/// Folders below `dir` that are roots of their own, in order: those with a `main.tf` that no folder above has. What lies
/// in `left_out` (`fixtures/plans`) is passed over.
pub fn roots(dir: &Path, left_out: &[&str]) -> Vec<PathBuf> {
    let mut out = Vec::new();
    add(dir, left_out, &mut out);
    out
}

fn add(dir: &Path, left_out: &[&str], out: &mut Vec<PathBuf>) {
    if dir.join("main.tf").is_file() {
        out.push(dir.to_path_buf());
        return;
    }
    let mut below: Vec<PathBuf> = std::fs::read_dir(dir)
        .expect("fixtures can be read")
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.is_dir() && !left_out.iter().any(|f| p.ends_with(f)))
        .collect();
    below.sort();
    for d in below {
        add(&d, left_out, out);
    }
}

/// What the lines `# WORD: …` of a root's main.tf say.
pub fn told(dir: &Path, word: &str) -> Vec<String> {
    let text = std::fs::read_to_string(dir.join("main.tf")).expect("fixtures are text");
    let start = format!("# {word}: ");
    let lines = text.lines().filter_map(|l| l.strip_prefix(&*start));
    lines.map(ToOwned::to_owned).collect()
}

/// The same as a list, of the first such line; `None` where there is none.
pub fn list(dir: &Path, word: &str) -> Option<Vec<String>> {
    let line = told(dir, word).into_iter().next()?;
    Some(line.split(',').map(|n| n.trim().to_owned()).collect())
}
