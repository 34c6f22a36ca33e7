//! How many columns of a terminal a text takes: Japanese takes two a character.

/// The columns of a text.
pub fn width(text: &str) -> usize {
    text.chars().map(of).sum()
}

fn of(c: char) -> usize {
    match c as u32 {
        // Combining marks, kana voicing marks, variation selectors.
        0x300..=0x36f | 0x3099..=0x309a | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        // Hangul, CJK and kana, full-width forms, emoji, supplementary ideographs.
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// A narrower column than this is not read any more: such a table may be wider than it should.
const NARROWEST: usize = 8;
/// Between two columns.
const GAP: usize = 2;

/// A table of at most so many columns of a terminal: cells of wide columns are broken into lines. What
/// stands in a cell is never cut.
pub fn fitted(rows: &[Vec<String>], limit: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths: Vec<usize> = (0..columns)
        .map(|i| {
            let cells = rows.iter().filter_map(|r| r.get(i));
            cells.map(|cell| width(cell)).max().unwrap_or(0)
        })
        .collect();
    let room = limit.saturating_sub(GAP * columns.saturating_sub(1));
    // The widest gives a column at a time: narrow columns stay whole as long as they can.
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max().filter(|w| **w > NARROWEST) else {
            break;
        };
        *widest -= 1;
    }
    let apart = rows
        .iter()
        .any(|row| row.iter().zip(&widths).any(|(c, w)| width(c) > *w));
    let mut lines: Vec<Vec<String>> = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        // Rows of several lines are told apart by an empty one.
        if apart && number > 0 {
            lines.push(Vec::new());
        }
        let cells: Vec<Vec<String>> = row
            .iter()
            .zip(&widths)
            .map(|(cell, limit)| broken(cell, *limit))
            .collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for i in 0..height {
            lines.push(
                cells
                    .iter()
                    .map(|cell| cell.get(i).cloned().unwrap_or_default())
                    .collect(),
            );
        }
    }
    table(&lines)
}

/// A text in pieces of at most so many columns, broken behind a space or a mark where there is one.
fn broken(text: &str, limit: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut piece = String::new();
    let mut used = 0;
    for c in text.chars() {
        let takes = of(c);
        if used + takes > limit && !piece.is_empty() {
            let good = piece
                .rfind([' ', '.', '/', ',', ':', '|', '+', '_', '-'])
                .map_or(0, |i| i + 1);
            let rest = if good > 0 && width(&piece[good..]) + takes <= limit {
                piece.split_off(good)
            } else {
                String::new()
            };
            out.push(std::mem::replace(&mut piece, rest).trim_end().to_owned());
            used = width(&piece);
        }
        if piece.is_empty() && c == ' ' {
            continue;
        }
        piece.push(c);
        used += takes;
    }
    if !piece.is_empty() || out.is_empty() {
        out.push(piece);
    }
    out
}

/// A table with aligned columns; the last column is not padded.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|i| {
            rows.iter()
                .filter_map(|r| r.get(i))
                .map(|cell| width(cell))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (i, cell) in row.iter().enumerate() {
            line.push_str(cell);
            if i + 1 < row.len() {
                line.extend(std::iter::repeat_n(' ', widths[i] - width(cell) + GAP));
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_takes_two_columns_a_character() {
        assert_eq!(width("鍵a"), 3);
        assert_eq!(width("カ\u{3099}"), 2);
        let row = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
        assert_eq!(
            table(&[row("所在", "x"), row("a", "y")]),
            "所在  x\na     y\n"
        );
    }

    #[test]
    fn a_fitted_table_keeps_within_the_width_and_loses_nothing() {
        let rows = vec![
            vec!["所在".to_owned(), "アドレス".to_owned(), "x".to_owned()],
            vec![
                "東京リージョン（日本）".to_owned(),
                "module.app[\"a\"].aws_s3_bucket.orders".to_owned(),
                "yes".to_owned(),
            ],
        ];
        for limit in [24, 30, 40, 57] {
            let text = fitted(&rows, limit);
            assert!(text.lines().all(|l| width(l) <= limit), "{limit}\n{text}");
            // Read down its columns, each cell is whole again.
            let mut letters: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
            let mut expected: Vec<char> = rows
                .iter()
                .flatten()
                .flat_map(|c| c.chars())
                .filter(|c| !c.is_whitespace())
                .collect();
            letters.sort_unstable();
            expected.sort_unstable();
            assert_eq!(letters, expected, "{text}");
        }
        assert_eq!(fitted(&rows, 200), table(&rows));
        assert_eq!(broken("a.bc.de", 5), ["a.bc.", "de"]);
        assert_eq!(broken("abcdefg", 3), ["abc", "def", "g"]);
    }
}
