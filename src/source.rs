//! Files, places in them, lines and columns. The only maker of a place.
//!
//! Lives here: the table of all files that were read, and how a byte offset becomes a line and a
//! column for people. Not here: finding files (`discover/`) and parsing them (`load/`).

use crate::load::syntax::{NodeId, Span, Tree};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that was read; its number in [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(pub u32);

/// A span of a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
}

/// A place for people: 1-based, columns count characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Lines {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

/// A file with its text and syntax tree.
#[derive(Debug)]
pub struct SourceFile {
    /// Absolute, `.` and `..` resolved as far as the text goes (symlinks are not).
    pub path: PathBuf,
    /// As it is shown: relative to the current directory where it lies below it, with `/`.
    pub shown: Arc<str>,
    /// The parsed content.
    pub tree: Tree,
}

/// All files of a run, in a stable order (by path).
#[derive(Debug, Default)]
pub struct Sources {
    /// By [`FileId`].
    pub files: Vec<SourceFile>,
}

impl Sources {
    /// The file.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The file's tree.
    pub fn tree(&self, id: FileId) -> &Tree {
        &self.file(id).tree
    }

    /// The place of a node.
    pub fn place(&self, file: FileId, node: NodeId) -> Place {
        Place {
            file,
            span: self.tree(file).span(node),
        }
    }

    /// The text of a place; empty for a file whose text is not kept (a plan, a state).
    pub fn text(&self, place: Place) -> &str {
        let span = place.span.start as usize..place.span.end as usize;
        self.tree(place.file).source().get(span).unwrap_or("")
    }

    /// Lines and columns of a place.
    pub fn lines(&self, place: Place) -> Lines {
        let text = self.tree(place.file).source();
        let (line, column) = line_column(text, place.span.start as usize);
        let (end_line, end_column) = line_column(text, place.span.end as usize);
        Lines {
            line,
            column,
            end_line,
            end_column,
        }
    }
}

/// Line and column (1-based, in characters) of a byte offset; an offset past the end is the end.
/// A byte order mark has no column.
pub fn line_column(text: &str, offset: usize) -> (u32, u32) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line = memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1;
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    let column = before[start..]
        .trim_start_matches('\u{feff}')
        .chars()
        .count()
        + 1;
    (line as u32, column as u32)
}

/// A path with `/`, for showing.
pub fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' {
        text.into_owned()
    } else {
        text.replace('\\', "/")
    }
}

/// How a path is shown: relative to `base` where it lies below it, else with `..` where they share a
/// start, with `/`; `.` for `base` itself.
pub fn shown(path: &Path, base: &Path) -> String {
    if let Ok(rest) = path.strip_prefix(base) {
        let text = slashed(rest);
        return if text.is_empty() { ".".into() } else { text };
    }
    let mut up = 0;
    let mut at = base;
    while let Some(parent) = at.parent() {
        up += 1;
        if parent.parent().is_some()
            && let Ok(rest) = path.strip_prefix(parent)
        {
            return format!("{}{}", "../".repeat(up), slashed(rest));
        }
        at = parent;
    }
    slashed(path)
}
