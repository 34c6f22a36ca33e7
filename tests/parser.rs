//! Property tests of the parser: whatever the bytes, a tree that keeps its promises.

use proptest::prelude::*;
use sekisho::load::syntax;
use syntax::{
    Item, Tree, parse_expression, parse_json, parse_json_values, parse_native, parse_template,
};

#[path = "support/tree_invariants.rs"]
mod tree_invariants;

use tree_invariants::check;

/// Pieces of the language, so that random texts come near to what people write.
const PIECES: &[&str] = &[
    "\"",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "${",
    "%{",
    "~}",
    "\n",
    "\r\n",
    "\r",
    ",",
    "=",
    ":",
    "?",
    ".",
    "...",
    "*",
    "=>",
    "<<E\n",
    "<<-E\n",
    "\nE\n",
    "#",
    "//",
    "/*",
    "*/",
    "\\",
    "\\n",
    "\\u00e9",
    "\\U0010ffff",
    "$",
    "%",
    "$${",
    "!",
    "-",
    "+",
    "&&",
    "||",
    "<",
    ">=",
    "==",
    " for ",
    " if ",
    " in ",
    " x ",
    "%{ if x }",
    "%{ else }",
    "%{ endif }",
    "%{ for a, b in c ~}",
    "%{ endfor }",
    "1",
    "1.5e3",
    ".0",
    "[*]",
    ".*",
    "\t",
    "é",
    "日本",
    "\u{feff}",
    "\0",
    ";",
    "'",
    "::",
    "f(",
    "null",
    "true",
    "a = ",
    "b {\n",
    "resource \"a\" \"b\" {\n",
    " ",
    "  ",
];

/// A file to damage.
const SOUND: &str = r#"# A comment
resource "aws_s3_bucket" "logs" {
  bucket = "logs-${var.name}-%{ if var.x }a%{ else }b%{ endif }"
  tags   = { Name = "x", (var.k) = [for v in var.l : upper(v) if v != null], "k" : 1.5e3 }
  dynamic "rule" {
    for_each = var.rules[*].id
    content { id = rule.value.0 ? -1 : !true }
  }
  policy = <<-EOT
    {
      "a": "${jsonencode({ b = 1 })}"
    }
  EOT
}
/* end */ locals { a = provider::x::y(1) }
"#;

fn every_way(bytes: &[u8]) {
    check(&parse_native(bytes), bytes.len());
    check(&parse_json(bytes), bytes.len());
    check(&parse_json_values(bytes), bytes.len());
    if let Ok(text) = std::str::from_utf8(bytes) {
        check(&parse_expression(text), text.len());
        check(&parse_template(text), text.len());
    }
}

fn kinds(tree: &Tree) -> Vec<String> {
    tree.blocks(tree.root())
        .map(|b| format!("{} {}", b.kind, b.labels().collect::<Vec<_>>().join(" ")))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_give_a_tree(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        every_way(&bytes);
    }

    #[test]
    fn any_pieces_give_a_tree(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..60)) {
        every_way(pieces.concat().as_bytes());
    }

    #[test]
    fn a_damaged_file_gives_a_tree(
        at in 0..SOUND.len(),
        cut in 0..30_usize,
        piece in proptest::sample::select(PIECES),
    ) {
        let mut bytes = SOUND.as_bytes().to_vec();
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, piece.bytes());
        every_way(&bytes);
    }

    #[test]
    fn what_stands_behind_a_broken_attribute_is_kept(
        pieces in proptest::collection::vec(
            proptest::sample::select(vec!["=", "]", ")", "!", "1 2", "a b", ",", "\"x", "${", "f(", "[", "@", "'"]),
            1..6,
        ),
    ) {
        let text = format!(
            "resource \"a\" \"b\" {{\n  x = 1\n  y = = {}\n  z = 3\n}}\n\nmodule \"m\" {{\n  source = \"./x\"\n}}\n",
            pieces.concat(),
        );
        let tree = parse_native(text.as_bytes());
        check(&tree, text.len());
        prop_assert!(!tree.errors().is_empty());
        prop_assert_eq!(kinds(&tree), ["resource a b", "module m"]);
        let block = tree.blocks(tree.root()).next().expect("the resource is there");
        let names: Vec<&str> = tree.attributes(block.body).map(|a| a.name).collect();
        prop_assert_eq!(names, ["x", "y", "z"]);
    }
}

#[test]
fn the_sound_file_is_sound() {
    let tree = parse_native(SOUND.as_bytes());
    assert_eq!(tree.errors(), []);
    assert_eq!(kinds(&tree), ["resource aws_s3_bucket logs", "locals "]);
    assert_eq!(tree.comments().len(), 2);
}

#[test]
fn an_unclosed_block_keeps_its_items_and_does_not_swallow_the_next() {
    let text =
        "resource \"a\" \"b\" {\n  inner {\n    x = 1\n}\nresource \"c\" \"d\" {\n  y = 1\n}\n";
    let tree = parse_native(text.as_bytes());
    check(&tree, text.len());
    assert_eq!(tree.errors().len(), 1);
    assert_eq!(tree.errors()[0].code, "unclosed-block");
    assert_eq!(kinds(&tree), ["resource a b", "resource c d"]);
    let first = tree
        .blocks(tree.root())
        .next()
        .expect("the first block is there");
    assert_eq!(first.blocks("inner").count(), 1);
}

#[test]
fn a_broken_heredoc_is_passed_over_as_a_whole() {
    let text = "a = <<EOT\n${ x y\nb = {\nEOT\nc = 1\n";
    let tree = parse_native(text.as_bytes());
    let names: Vec<&str> = tree.attributes(tree.root()).map(|a| a.name).collect();
    assert_eq!((tree.errors().len(), names), (1, vec!["a", "c"]));
}

#[test]
fn what_is_nested_or_chained_without_end_is_an_error_and_takes_no_time() {
    const MANY: usize = 50_000;
    let texts = [
        format!("a = {}", "(".repeat(MANY)),
        format!("a = {}1{}\n", "[".repeat(MANY), "]".repeat(MANY)),
        format!("a = {}", "{x=".repeat(MANY)),
        format!("a = {}", "\"${".repeat(MANY)),
        format!("a = {}1\n", "!".repeat(MANY)),
        format!("a = x{}\n", "[0]".repeat(MANY)),
        format!("a = x{}\n", ".y".repeat(MANY)),
        format!("a = {}1\n", "1+".repeat(MANY)),
        format!("a = {}1\n", "a?b:".repeat(MANY)),
        format!(
            "a = \"{}{}\"\n",
            "%{if x}".repeat(MANY),
            "%{endif}".repeat(MANY)
        ),
        "a {\n".repeat(MANY),
        "[".repeat(MANY),
        "{\"a\":".repeat(MANY),
    ];
    for text in texts {
        let tree = parse_native(text.as_bytes());
        check(&tree, text.len());
        assert!(
            tree.errors()
                .iter()
                .any(|e| matches!(e.code, "too-deep" | "item-expected")),
            "{text:.20}"
        );
        check(&parse_json(text.as_bytes()), text.len());
    }
    let many = |item: fn(usize) -> String| (0..MANY).map(item).collect::<String>();
    let texts = [
        many(|i| format!("a{i} = 1\n")),
        format!("a = {{\n{}}}\n", many(|i| format!("a{i} = 1\n"))),
        many(|i| format!("a{i} = <<E{i}\n")),
        many(|_| "a = \"\n".to_owned()),
        format!("a = \"{}\"\n", "${x}$$".repeat(MANY)),
    ];
    for text in texts {
        check(&parse_native(text.as_bytes()), text.len());
    }
}

#[test]
fn each_code_is_listed_once() {
    let codes: std::collections::BTreeSet<&str> =
        syntax::SyntaxError::CODES.iter().copied().collect();
    assert_eq!(codes.len(), syntax::SyntaxError::CODES.len());
}

#[test]
fn attributes_and_blocks_come_in_order() {
    let tree = parse_native(b"a = 1\nb {}\nc = 2\n");
    let names: Vec<&str> = tree
        .items(tree.root())
        .map(|i| match i {
            Item::Attribute(a) => a.name,
            Item::Block(b) => b.kind,
        })
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
}
