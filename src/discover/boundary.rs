//! The boundary: the directory outside of which nothing is read unless it is named.
//!
//! All paths of directories in a run are real ones (links followed), so that one directory has one
//! name, and relative module sources mean what they mean to Terraform, which follows links before it
//! goes on from a module's directory.

use std::path::{Component, Path, PathBuf};

/// The boundaries of a run: one for each named path, mostly the same one.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Boundaries {
    list: Vec<PathBuf>,
}

impl Boundaries {
    /// The boundaries of named paths (real ones). A given boundary holds for all of them; what is named
    /// outside of it bounds itself.
    pub fn of(named: &[PathBuf], cwd: &Path, given: Option<&Path>) -> Boundaries {
        let mut list: Vec<PathBuf> = Vec::new();
        let mut add = |dir: PathBuf| {
            if !list.contains(&dir) {
                list.push(dir);
            }
        };
        if let Some(given) = given {
            let given = clean(&cwd.join(given));
            add(given.canonicalize().unwrap_or(given));
        }
        for path in named {
            let dir = if path.is_dir() {
                path.as_path()
            } else {
                path.parent().unwrap_or(path)
            };
            let bound = match given {
                Some(_) => dir.to_path_buf(),
                None => match work_tree(dir) {
                    Some(tree) => tree.to_path_buf(),
                    None if dir.starts_with(cwd) => cwd.to_path_buf(),
                    None => dir.to_path_buf(),
                },
            };
            add(bound);
        }
        if list.is_empty() {
            list.push(work_tree(cwd).unwrap_or(cwd).to_path_buf());
        }
        if given.is_some() {
            let (first, rest) = list.split_at(1);
            let outside: Vec<PathBuf> = rest
                .iter()
                .filter(|p| !p.starts_with(&first[0]))
                .cloned()
                .collect();
            list.truncate(1);
            list.extend(outside);
        }
        Boundaries { list }
    }

    /// Whether a real path may be read.
    pub fn hold(&self, path: &Path) -> bool {
        self.list.iter().any(|b| path.starts_with(b))
    }

    /// The boundary that a path lies in, the nearest one; the first for a path in none.
    pub fn around(&self, path: &Path) -> &Path {
        self.list
            .iter()
            .filter(|b| path.starts_with(b))
            .max_by_key(|b| b.as_os_str().len())
            .map_or(self.first(), PathBuf::as_path)
    }

    /// The boundary of the first named path.
    pub fn first(&self) -> &Path {
        self.list.first().map_or(Path::new(""), PathBuf::as_path)
    }

    /// All of them.
    pub fn all(&self) -> &[PathBuf] {
        &self.list
    }
}

/// The git work tree around a directory: `.git` is a directory, or a file in linked work trees and
/// submodules.
fn work_tree(dir: &Path) -> Option<&Path> {
    dir.ancestors()
        .find(|d| d.join(".git").symlink_metadata().is_ok())
}

/// A path as it was typed, from the current directory, `.` and `..` resolved as text.
pub fn absolute(path: &Path, cwd: &Path) -> PathBuf {
    clean(&cwd.join(path))
}

/// Resolves `.` and `..` as text, as Terraform does with module sources.
pub fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                // `/..` is `/`.
                if !out.pop() && !path.has_root() {
                    out.push("..");
                }
            }
            part => out.push(part),
        }
    }
    out
}
