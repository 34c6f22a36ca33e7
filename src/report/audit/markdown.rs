//! The page as Markdown (tables as GitHub reads them). What an input says is text, never markup.

use super::super::{Outcome, flow};
use super::page::{Block, Cell, Page, Table};
use crate::diagnostic::Message;
use crate::messages::{Words, visible};
use std::fmt::Write as _;

/// The whole page.
pub(super) fn write(page: &Page, outcome: &Outcome, words: &Words) -> String {
    let mut out = format!("# {}\n", escaped(&page.title));
    for block in &page.blocks {
        out.push('\n');
        match block {
            Block::Heading(depth, text, id) => {
                let marks = "#".repeat(usize::from(*depth));
                let _ = writeln!(out, "<a id=\"{id}\"></a>\n\n{marks} {}", escaped(text));
            }
            Block::Text(text) => {
                let _ = writeln!(out, "{}", escaped(text));
            }
            Block::Quote(text) | Block::Note(text) => {
                let _ = writeln!(out, "> {}", escaped(text));
            }
            Block::List(all) => {
                for text in all {
                    let _ = writeln!(out, "- {}", escaped(text));
                }
            }
            Block::Table(t) => table(&mut out, t, words),
            Block::Picture => {
                let drawn = flow::mermaid_element(outcome, words);
                let _ = writeln!(out, "```mermaid\n{drawn}```");
            }
        }
    }
    out
}

fn table(out: &mut String, t: &Table, words: &Words) {
    let head: Vec<String> = t.head.iter().map(|h| escaped(h)).collect();
    let _ = writeln!(out, "| {} |", head.join(" | "));
    let _ = writeln!(out, "|{}", " --- |".repeat(head.len()));
    for row in &t.rows {
        let cells: Vec<String> = row.iter().map(cell).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    if t.more > 0 {
        let more = Message::new("audit.more").arg(t.more.to_string());
        let _ = writeln!(out, "\n{}", escaped(&words.show(&more)));
    }
}

fn cell(c: &Cell) -> String {
    let lines: Vec<String> = c
        .lines
        .iter()
        .map(|l| if c.code { code(l) } else { escaped(l) })
        .collect();
    let text = lines.join("<br>");
    let text = if c.standing.is_some() {
        format!("**{text}**")
    } else {
        text
    };
    match &c.link {
        Some(id) => format!("[{text}](#{id})"),
        None => text,
    }
}

/// Code in a cell: it cannot be left, and a cell cannot be either.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = visible(text);
    if text.contains(['`', '|', '\\']) {
        // A code span in a cell has no way of writing these that every reader knows.
        return escaped(&text);
    }
    format!("`{text}`")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_an_input_is_markup() {
        let hostile = "a|b `c` <script>alert(1)</script> ![x](http://y) \n# z";
        let text = escaped(hostile);
        assert!(!text.contains('<') && !text.contains('\n'), "{text}");
        assert!(text.contains("\\|") && text.contains("\\`") && text.contains("\\!\\["));
        assert!(!code(hostile).starts_with('`'));
        assert_eq!(code("a[\"b\"]"), "`a[\"b\"]`");
    }
}
