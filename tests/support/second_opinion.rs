//! What our parser and hcl-edit make of one text, in one form: the names of attributes and blocks in order,
//! with their places.

use super::syntax::{Item, NodeId, Tree, parse_native};
use std::fmt::Write as _;

/// The names of attributes and blocks in order, with their places; `None` for a text with errors.
pub fn ours(text: &str) -> Option<String> {
    let tree = parse_native(text.as_bytes());
    let mut out = String::new();
    our_body(&tree, tree.root(), &mut out);
    tree.errors().is_empty().then_some(out)
}

fn our_body(tree: &Tree, body: NodeId, out: &mut String) {
    for item in tree.items(body) {
        match item {
            Item::Attribute(a) => {
                let value = tree.span(a.value);
                let _ = write!(
                    out,
                    "{}@{} {}-{}; ",
                    a.name, a.name_span.start, value.start, value.end
                );
            }
            Item::Block(b) => {
                let _ = write!(out, "{}@{}", b.kind, b.kind_span.start);
                for (i, label) in b.labels().enumerate() {
                    let _ = write!(out, " {label:?}@{:?}", b.label_span(i).map(|s| s.start));
                }
                out.push_str(" { ");
                our_body(tree, b.body, out);
                out.push_str("} ");
            }
        }
    }
}

pub fn theirs(text: &str) -> Option<String> {
    let body: hcl_edit::structure::Body = hcl_edit::parser::parse_body(text).ok()?;
    let mut out = String::new();
    their_body(&body, text, &mut out);
    Some(out)
}

fn their_body(body: &hcl_edit::structure::Body, text: &str, out: &mut String) {
    use hcl_edit::Span;
    for structure in body {
        if let Some(a) = structure.as_attribute() {
            let name = a.key.span().unwrap_or_default();
            let value = a.value.span().unwrap_or_default();
            // Its heredocs end behind the newline.
            let end = value.start + text[value.clone()].trim_end_matches(['\r', '\n']).len();
            let _ = write!(
                out,
                "{}@{} {}-{end}; ",
                a.key.as_str(),
                name.start,
                value.start
            );
        } else if let Some(b) = structure.as_block() {
            let _ = write!(
                out,
                "{}@{}",
                b.ident.as_str(),
                b.ident.span().unwrap_or_default().start
            );
            for label in &b.labels {
                let start = label.span().map(|s| s.start as u32);
                let _ = write!(out, " {:?}@{start:?}", label.as_str());
            }
            out.push_str(" { ");
            their_body(&b.body, text, out);
            out.push_str("} ");
        }
    }
}
