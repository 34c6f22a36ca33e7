//! Paths for programs that know the work tree and not the current directory.

use super::Outcome;
use crate::source::slashed;
use std::path::{Component, Path, PathBuf};

/// A path relative to the boundary, with `/`; `None` for what lies outside.
pub fn in_boundary(outcome: &Outcome, full: &Path) -> Option<String> {
    let clean = clean(full);
    let rest = clean.strip_prefix(&outcome.project.boundary).ok()?;
    let text = slashed(rest);
    Some(if text.is_empty() { ".".into() } else { text })
}

/// `.` and `..` taken out, as far as the text goes.
pub fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// A path as part of a URI: what is not allowed there in percent signs.
pub fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for b in path.bytes() {
        match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(b));
            }
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_and_escaped() {
        assert_eq!(clean(Path::new("/a/./b/../c")), Path::new("/a/c"));
        assert_eq!(escaped("a b/本:1.tf"), "a%20b/%E6%9C%AC%3A1.tf");
    }
}
