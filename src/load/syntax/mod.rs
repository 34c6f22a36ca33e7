//! The parser: bytes of a file to a [`Tree`], for Terraform's native and JSON syntax.
//!
//! A module without dependencies on the rest of the program: it may become a crate. It knows HCL's
//! grammar and, for JSON syntax, which of Terraform's top-level words are blocks; it does not know
//! values, modules or providers. Every function is total: what is wrong is in [`Tree::errors`], and
//! everything around it is in the tree. docs/decisions/ says why the parser is ours.

mod escape;
mod tree;

pub use tree::{Attribute, Block, Expr, For, Item, NodeId, Op, Span, SyntaxError, Text, Tree};

/// Nested deeper than this is an error that says that the limit is sekisho's.
pub const MAX_DEPTH: u32 = 250;
/// After so many errors the rest of a file's errors is left out.
pub const MAX_ERRORS: usize = 50;

/// Parses a file in native syntax (`.tf`, `.tofu`, `.tfvars`, `.tfbackend`). The root is a body.
pub fn parse_native(_bytes: &[u8]) -> Tree {
    todo!()
}

/// Parses a configuration file in JSON syntax (`.tf.json`, `.tofu.json`). The root is a body with
/// Terraform's blocks; everything that is not a block of Terraform's own is an attribute.
pub fn parse_json(_bytes: &[u8]) -> Tree {
    todo!()
}

/// Parses a `.tfvars.json` file: the root is a body of attributes; strings are literal, not templates.
pub fn parse_json_values(_bytes: &[u8]) -> Tree {
    todo!()
}

/// Parses one expression in native syntax (catalog conditions, `--var` values, `debug expr`).
pub fn parse_expression(_text: &str) -> Tree {
    todo!()
}

/// Parses a template file's content (`templatefile`, `templatestring`): the root is an expression.
pub fn parse_template(_text: &str) -> Tree {
    todo!()
}
