//! Where a row stands: file and line of the catalog, for people who ask why.

use super::row::RowText;
use super::{Catalog, read_row};

/// A line of the catalog.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Line {
    /// `catalog/aws/s3.toml`.
    pub file: String,
    /// 1-based.
    pub line: u32,
}

/// A row as it stands in its file.
#[derive(Debug)]
pub struct InFile {
    /// `catalog/aws/s3.toml`.
    pub file: String,
    /// The line of its first table, from 1.
    pub line: usize,
    /// Its text.
    pub text: &'static str,
    /// What it says.
    pub row: RowText,
}

impl Catalog {
    /// The first line of a built-in row, and its text.
    fn text_of(&self, ty: &str) -> Option<(Line, &'static str)> {
        let shelf = self.shelf(ty)?;
        let &(file, row) = shelf.index().get(ty)?;
        let all = shelf.folder.rows[file];
        let start = row.as_ptr() as usize - all.as_ptr() as usize;
        let line = Line {
            file: format!(
                "catalog/{}/{}.toml",
                shelf.folder.name, shelf.folder.files[file]
            ),
            line: all[..start].matches('\n').count() as u32 + 1,
        };
        Some((line, row))
    }

    /// A built-in row as it stands in its file, for people.
    pub fn in_file(&self, name: &str) -> Option<InFile> {
        let (line, text) = self.text_of(name)?;
        Some(InFile {
            file: line.file,
            line: line.line as usize,
            text,
            row: read_row(name, text).ok()?,
        })
    }

    /// Where a part of a row stands: `aws_s3_bucket`, `aws_s3_bucket.custody[1]`, `aws_s3_bucket.backup`,
    /// `aws_s3_bucket.cipher`. A part that is not found gives the row; `None` where there is no such row.
    pub fn stands(&self, part: &str) -> Option<Line> {
        // `data.aws_x` and `backend.s3` have a dot of their own.
        let own = part.starts_with("data.") || part.starts_with("backend.");
        let mut dots = part.match_indices('.').skip(usize::from(own));
        let end = dots.next().map_or(part.len(), |(at, _)| at);
        let ty = &part[..end];
        let (mut line, row) = self.text_of(ty)?;
        let rest = part[end..].trim_start_matches('.');
        if !rest.is_empty() {
            line.line += line_of(ty, row, rest) as u32;
        }
        Some(line)
    }

    /// Where the chain stands that tells the place of a type: its row's, else its provider's.
    pub fn place_written(&self, ty: &str) -> Option<Line> {
        let header = self.stands(ty)?;
        let own = self.stands(&format!("{ty}.place"))?;
        if own != header {
            return Some(own);
        }
        let folder = self.shelf(ty)?.folder;
        let is_place = |l: &str| l.split('=').next().is_some_and(|k| k.trim() == "place");
        let line = folder.provider.lines().position(is_place);
        Some(line.map_or(header, |line| Line {
            file: format!("catalog/{}/provider.toml", folder.name),
            line: line as u32 + 1,
        }))
    }
}

/// The line, from 0, of a part in the text of a row.
fn line_of(ty: &str, row: &str, part: &str) -> usize {
    let (name, number) = match part.split_once('[') {
        Some((name, rest)) => (
            name,
            rest.split(']')
                .next()
                .and_then(|n| n.parse().ok())
                .unwrap_or(0),
        ),
        None => (part, 0),
    };
    let headers = [format!("[{ty}.{name}]"), format!("[[{ty}.{name}]]")];
    let table = row
        .lines()
        .enumerate()
        .filter(|(_, l)| headers.iter().any(|h| l.starts_with(h.as_str())));
    if let Some((line, _)) = table.clone().nth(number) {
        return line;
    }
    // A key of a table, or of the row's own: `transport.plaintext`, `cipher`.
    let (table, key) = name.rsplit_once('.').unwrap_or(("", name));
    let header = if table.is_empty() {
        format!("[{ty}]")
    } else {
        format!("[{ty}.{table}]")
    };
    let inside = row
        .lines()
        .enumerate()
        .skip_while(|(_, l)| !l.starts_with(&header))
        .enumerate()
        .take_while(|(i, (_, l))| *i == 0 || !l.starts_with('['));
    let mut first = None;
    for (_, (line, text)) in inside {
        first.get_or_insert(line);
        if text.split('=').next().is_some_and(|k| k.trim() == key) {
            return line;
        }
    }
    first.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of a line of the catalog.
    fn text(line: &Line) -> String {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&line.file);
        let all = std::fs::read_to_string(path).expect("a file of the catalog");
        all.lines()
            .nth(line.line as usize - 1)
            .expect("a line")
            .to_owned()
    }

    #[test]
    fn rows_cases_and_keys_are_found() {
        let catalog = Catalog::builtin();
        for ty in catalog.names() {
            let row = catalog.stands(ty).expect("a row");
            assert!(text(&row).starts_with(&format!("[{ty}")), "{ty}: {row:?}");
            let known = catalog.row(ty).expect("a row");
            for case in &known.custody {
                let line = catalog.stands(&case.id).expect("a case");
                assert!(
                    text(&line).starts_with(&format!("[[{ty}.custody]]")),
                    "{}",
                    case.id
                );
            }
            assert!(catalog.place_written(ty).is_some(), "{ty}");
        }
        let cipher = catalog.stands("aws_s3_bucket.cipher").expect("a key");
        assert!(text(&cipher).starts_with("cipher"));
        let place = catalog.place_written("aws_s3_bucket").expect("a chain");
        assert!(place.file.ends_with("aws/provider.toml") && text(&place).starts_with("place"));
        let own = catalog
            .place_written("google_storage_bucket")
            .expect("a chain");
        assert!(own.file.ends_with("google/storage.toml") && text(&own).starts_with("place"));
        assert_eq!(catalog.stands("aws_no_such"), None);
    }
}
