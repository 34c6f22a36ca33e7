//! The flow map as a mermaid flowchart. Every text stands in quotation marks, with what mermaid or
//! Markdown would read as its own written as an entity.

use super::About;
use super::model::{Abroad, Flow, Kind, Map, Node};
use crate::messages::{Words, visible};
use std::fmt::Write as _;

/// A longer text is cut: boxes are as wide as their widest line.
const LONGEST: usize = 72;

/// The picture, with its title and description.
pub(super) fn draw(map: &Map, about: &About, words: &Words) -> String {
    let mut out = String::from("flowchart LR\n");
    let _ = writeln!(out, "  accTitle: {}", line(&about.title));
    let _ = writeln!(out, "  accDescr: {}", line(&about.description));
    for (number, lane) in map.lanes.iter().enumerate() {
        let _ = writeln!(out, "  subgraph p{number}[\"{}\"]", escaped(&lane.title));
        for (n, node) in map.nodes.iter().enumerate() {
            if node.lane == number {
                let _ = writeln!(out, "    n{n}{}", shape(node));
            }
        }
        out.push_str("  end\n");
    }
    for e in &map.edges {
        let arrow = match e.flow {
            Flow::Copy => "-->",
            Flow::Processing => "==>",
            Flow::Log | Flow::Key | Flow::State | Flow::Service => "-.->",
        };
        let mut label = if e.label.is_empty() {
            words.word(e.flow.word())
        } else {
            e.label.clone()
        };
        if e.count > 1 {
            let _ = write!(label, " ×{}", e.count);
        }
        let _ = writeln!(
            out,
            "  n{} {arrow}|\"{}\"| n{}",
            e.from,
            escaped(&label),
            e.to
        );
    }
    // Abroad is told by its title, and by the line around it.
    out.push_str("  classDef abroad stroke-width:3px,stroke-dasharray:8 4\n");
    out.push_str("  classDef unknown stroke-width:2px,stroke-dasharray:2 4\n");
    for (number, lane) in map.lanes.iter().enumerate() {
        let class = match lane.abroad {
            Abroad::No | Abroad::Home => continue,
            Abroad::Unknown => "unknown",
            Abroad::Out | Abroad::Partly | Abroad::Perhaps => "abroad",
        };
        let _ = writeln!(out, "  class p{number} {class}");
    }
    for note in &about.notes {
        // No directive: mermaid reads those in comments too.
        let _ = writeln!(out, "%% {}", visible(note).replace(['{', '}'], " "));
    }
    out
}

fn shape(node: &Node) -> String {
    let mut lines = vec![escaped(&node.head), escaped(&node.name)];
    lines.extend(node.lines.iter().map(|l| escaped(l)));
    let text = lines.join("<br/>");
    let (open, close) = match node.kind {
        Kind::Store | Kind::State => ("[(", ")]"),
        Kind::Key => ("{{", "}}"),
        Kind::Route => ("[/", "/]"),
        Kind::Copy => ("[[", "]]"),
        Kind::Service => ("([", "])"),
        Kind::Opaque => (">", "]"),
        Kind::Root => ("[", "]"),
    };
    format!("{open}\"{text}\"{close}")
}

/// A text between quotation marks.
fn escaped(text: &str) -> String {
    let text = visible(text);
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.chars().enumerate() {
        if at == LONGEST {
            out.push('…');
            break;
        }
        match c {
            // Letters, and what stands in addresses and means nothing to mermaid.
            c if c.is_alphanumeric() => out.push(c),
            ' ' | '.' | '-' | '_' | '/' | ',' | ':' | '(' | ')' | '[' | ']' | '+' | '·' | '×'
            | '・' | '、' | '。' | '（' | '）' | '：' | '—' | '…' => out.push(c),
            c => {
                let _ = write!(out, "#{};", c as u32);
            }
        }
    }
    out
}

/// A text behind `accTitle:`: to the end of the line, and nothing in it is an entity.
fn line(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || " .,-_/()[]:、。（）・：".contains(c);
    visible(text)
        .chars()
        .map(|c| if plain(c) { c } else { ' ' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_read_as_mermaid_or_markdown() {
        let hostile =
            "a\"]\n  end\n  click n0 \"javascript:alert(1)\" %% `` ``` <script> #35; ;{{x}}|";
        let text = escaped(hostile);
        for c in ['"', '\n', '<', '>', '`', '%', '{', '}', '|', '&', '\\'] {
            assert!(!text.contains(c), "{c:?} in {text}");
        }
        // An entity of the text is no entity of the picture.
        assert!(text.contains("#35;35#59;"), "{text}");
        assert!(!line("a; b\n%% c <br> \"").contains(['\n', ';', '%', '<', '"']));
    }
}
