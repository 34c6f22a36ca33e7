//! Terraform's JSON syntax, into the same tree as native syntax.
//!
//! Two steps: `dom.rs` reads JSON, `convert.rs` makes bodies and expressions of it. JSON has no
//! notion of a block, so this is the one place of the parser that knows words of Terraform's: which
//! properties are blocks, with how many labels, and which strings are not templates.

mod convert;
mod dom;

use super::parser::Parser;
use super::tree::{Span, Tree};
use convert::{Context, Converter};
use dom::Dom;

/// A configuration file.
pub(super) fn configuration(bytes: &[u8]) -> Tree {
    parse(bytes, Context::Root)
}

/// A file of values for variables.
pub(super) fn values(bytes: &[u8]) -> Tree {
    parse(bytes, Context::Values)
}

fn parse(bytes: &[u8], context: Context) -> Tree {
    let (mut text, bad) = super::decode(bytes);
    let file_len = text.len() as u32;
    let dom = Dom::read(&mut text);
    let mut converter = Converter {
        parser: Parser::new(&text),
        dom: &dom,
    };
    converter.parser.errors.extend(dom.errors.iter().cloned());
    let root = converter.file(context, file_len);
    let mut parts = converter.parser.finish(root);
    // Comments inside templates are nobody's business.
    parts.comments.clear();
    super::tree(text, file_len, dom.moved, parts, &bad)
}

/// Where a key or string stands, with its quotation marks.
fn quoted(content: Span) -> Span {
    Span::new(content.start.saturating_sub(1), content.end + 1)
}
