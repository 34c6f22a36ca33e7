//! The parser: bytes of a file to a [`Tree`], for Terraform's native and JSON syntax.
//!
//! A module without dependencies on the rest of the program: it may become a crate. It knows HCL's
//! grammar and, for JSON syntax, which of Terraform's top-level words are blocks; it does not know
//! values, modules or providers. Every function is total: what is wrong is in [`Tree::errors`], and
//! everything around it is in the tree. docs/decisions/ says why the parser is ours.

mod chars;
mod codes;
mod dump;
mod escape;
mod expr;
mod given;
mod json;
mod native;
mod parser;
mod template;
#[cfg(test)]
mod tests;
mod tree;
mod unicode;

use parser::{Ex, Parser, Parts, R};
use tree::Kind;

pub use dump::dump;
pub use given::{Given, Plain, given};
pub use tree::{Attribute, Block, Expr, For, Item, NodeId, Op, Span, SyntaxError, Text, Tree};

/// Nested deeper than this is an error that says that the limit is sekisho's.
pub const MAX_DEPTH: u32 = 250;
/// After so many errors the rest of a file's errors is left out.
pub const MAX_ERRORS: usize = 50;
/// A file longer than this is not parsed: offsets are 32 bits wide, and decoded JSON needs room.
const MAX_LEN: usize = 1 << 30;

/// Parses a file in native syntax (`.tf`, `.tofu`, `.tfvars`, `.tfbackend`). The root is a body.
pub fn parse_native(bytes: &[u8]) -> Tree {
    let (text, bad) = decode(bytes);
    let mut parser = Parser::new(&text);
    let root = parser.file();
    let parts = parser.finish(root);
    let len = text.len() as u32;
    tree(text, len, Vec::new(), parts, &bad)
}

/// Parses a configuration file in JSON syntax (`.tf.json`, `.tofu.json`). The root is a body with
/// Terraform's blocks; everything that is not a block of Terraform's own is an attribute.
pub fn parse_json(bytes: &[u8]) -> Tree {
    json::configuration(bytes)
}

/// Parses a `.tfvars.json` file: the root is a body of attributes; strings are literal, not templates.
pub fn parse_json_values(bytes: &[u8]) -> Tree {
    json::values(bytes)
}

/// Parses one expression in native syntax (catalog conditions, `--var` values, `debug expr`).
/// Newlines are white space, as if it stood in parentheses.
pub fn parse_expression(text: &str) -> Tree {
    whole(text, |p| {
        p.lines = false;
        p.lone_expression()
    })
}

/// Whether a text is a name as HCL knows it: an identifier, also where it is a word such as `null`.
pub fn is_name(text: &str) -> bool {
    let parser = Parser::new(text);
    parser.name_next() && parser.name_end(0) == text.len()
}

/// Parses a template file's content (`templatefile`, `templatestring`): the root is an expression.
pub fn parse_template(text: &str) -> Tree {
    whole(text, |p| p.template_at((0, text.len())))
}

/// Parses text whose root is an expression.
fn whole(text: &str, parse: impl FnOnce(&mut Parser<'_>) -> R<Ex>) -> Tree {
    let (text, bad) = decode(text.as_bytes());
    let mut parser = Parser::new(&text);
    let root = match parse(&mut parser) {
        Ok(expression) => expression.id,
        Err(_) => parser.leaf(Kind::Missing, 0, text.len()),
    };
    let parts = parser.finish(root);
    let len = text.len() as u32;
    tree(text, len, Vec::new(), parts, &bad)
}

/// The bytes as text. Each byte that is not UTF-8 becomes `?`, so that offsets stay; their positions
/// come with it.
fn decode(bytes: &[u8]) -> (String, Vec<u32>) {
    if bytes.len() > MAX_LEN {
        return (String::new(), vec![u32::MAX]);
    }
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return (text.to_owned(), Vec::new()),
        Err(error) => error,
    };
    let mut text = String::with_capacity(bytes.len());
    let mut bad = Vec::new();
    let mut rest = bytes;
    let mut next = Err(error);
    while let Err(error) = next {
        let (good, tail) = rest.split_at(error.valid_up_to());
        text.push_str(std::str::from_utf8(good).expect("internal: valid up to there"));
        let len = error.error_len().unwrap_or(tail.len());
        for _ in 0..len {
            bad.push(text.len() as u32);
            text.push('?');
        }
        rest = &tail[len..];
        next = std::str::from_utf8(rest).map(|_| ());
    }
    text.push_str(std::str::from_utf8(rest).expect("internal: the rest is valid"));
    (text, bad)
}

/// The finished tree. Bytes that are not UTF-8 are errors unless a comment holds them.
fn tree(text: String, file_len: u32, moved: Vec<(u32, Span)>, parts: Parts, bad: &[u32]) -> Tree {
    let mut tree = parts.over(text, file_len, moved);
    let first = bad.iter().copied().find(|&at| {
        let after = tree.comments.partition_point(|c| c.start <= at);
        after == 0 || tree.comments[after - 1].end <= at
    });
    if let Some(at) = first {
        let (code, span) = if at == u32::MAX {
            ("file-too-large", Span::new(0, 0))
        } else {
            ("invalid-encoding", Span::new(at, at + 1))
        };
        let place = tree.errors.partition_point(|e| e.span.start < span.start);
        tree.errors.insert(
            place,
            SyntaxError {
                code,
                span,
                related: None,
                args: Vec::new(),
            },
        );
        tree.errors.truncate(MAX_ERRORS);
    }
    tree
}
