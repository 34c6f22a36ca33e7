//! Lines and columns of many places in one file, without reading its text for each again.

use crate::source::{FileId, Lines, Place, Sources};
use std::sync::OnceLock;

/// Where the lines of each file start; made when first asked for.
#[derive(Default)]
pub struct LineTables(Vec<OnceLock<Vec<u32>>>);

impl LineTables {
    /// For so many files.
    pub fn new(files: usize) -> LineTables {
        LineTables((0..files).map(|_| OnceLock::new()).collect())
    }

    /// The starts of a file's lines.
    pub fn starts(&self, sources: &Sources, file: FileId) -> &[u32] {
        self.0[file.0 as usize].get_or_init(|| {
            let text = sources.tree(file).source();
            std::iter::once(0)
                .chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|i| i as u32 + 1))
                .collect()
        })
    }

    /// The line (from 0) of an offset.
    pub fn line(&self, sources: &Sources, file: FileId, offset: u32) -> usize {
        self.starts(sources, file)
            .partition_point(|&start| start <= offset)
            .saturating_sub(1)
    }

    /// Lines and columns of a place, as `Sources::lines` gives them.
    pub fn lines(&self, sources: &Sources, place: Place) -> Lines {
        let text = sources.tree(place.file).source();
        let at = |offset: u32| {
            let mut offset = (offset as usize).min(text.len());
            while !text.is_char_boundary(offset) {
                offset -= 1;
            }
            let line = self.line(sources, place.file, offset as u32);
            let start = self.starts(sources, place.file)[line] as usize;
            let before = text[start..offset].trim_start_matches('\u{feff}');
            (line as u32 + 1, before.chars().count() as u32 + 1)
        };
        let (line, column) = at(place.span.start);
        let (end_line, end_column) = at(place.span.end);
        Lines {
            line,
            column,
            end_line,
            end_column,
        }
    }
}
