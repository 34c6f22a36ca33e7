//! The same bytes through every entrance of the parser; each tree must keep its promises.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, unused_imports)]
#[path = "../../src/load/syntax/mod.rs"]
mod syntax;
#[path = "../../tests/support/tree_invariants.rs"]
mod tree_invariants;

fuzz_target!(|bytes: &[u8]| {
    tree_invariants::check(&syntax::parse_native(bytes), bytes.len());
    tree_invariants::check(&syntax::parse_json(bytes), bytes.len());
    tree_invariants::check(&syntax::parse_json_values(bytes), bytes.len());
    if let Ok(text) = std::str::from_utf8(bytes) {
        tree_invariants::check(&syntax::parse_expression(text), text.len());
        tree_invariants::check(&syntax::parse_template(text), text.len());
    }
});
