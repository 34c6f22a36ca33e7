//! Our parser against two others: `HashiCorp`'s own, by way of a recorded dump of its trees, and
//! hcl-edit, by way of the crate.

use sekisho::load::syntax;
use sekisho::load::syntax::{dump, parse_native};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[path = "support/second_opinion.rs"]
mod second_opinion;
use second_opinion::{ours, theirs};

/// Each line: a text (with `\n`, `\xNN`…), the verdict of `HashiCorp`'s parser (hcl 2.14, whose grammar
/// is that of 2.23 but for namespaced calls), and if that is OK, its tree.
const RECORDED: &str = include_str!("data/hashicorp.txt");

#[test]
fn every_recorded_text_gives_the_tree_that_hashicorps_parser_gives() {
    let mut wrong = String::new();
    for line in RECORDED.lines() {
        let mut columns = line.splitn(3, '\t');
        let text = unescape(columns.next().unwrap_or_default());
        let accepted = columns.next() == Some("OK");
        let expected = columns.next().unwrap_or_default();
        let tree = parse_native(&text);
        let shown = String::from_utf8_lossy(&text);
        if tree.errors().is_empty() != accepted {
            let _ = writeln!(
                wrong,
                "{shown:?}: HashiCorp accepts: {accepted}; ours: {:?}",
                tree.errors()
            );
        } else if accepted && dump(&tree) != expected {
            let _ = writeln!(
                wrong,
                "{shown:?}:\n  HashiCorp {expected}\n  ours      {}",
                dump(&tree)
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'x') => {
                let digits: String = bytes.by_ref().take(2).map(char::from).collect();
                out.push(u8::from_str_radix(&digits, 16).expect("two hexadecimal digits"));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

/// Texts on which hcl-edit is wrong, so that a newer version of it shows itself here.
const HCL_EDIT_DISAGREES: &[(&str, &str)] = &[
    (
        "a = { a = 1, a = 2 }\n",
        "rejects duplicate keys of an object; terraform keeps the last",
    ),
    (
        "a = { for x in y : x => x ?\n 1 : 2 }\n",
        "rejects newlines in the result of a for-object",
    ),
    ("\u{feff}a = 1\n", "rejects a byte order mark"),
    ("a = 1.2.3\n", "takes two points for a number"),
    ("a = \"x\ny\"\n", "takes a newline in a quoted string"),
    ("a = x.0.1\n", "takes two legacy indexes in a row"),
    (
        "a = <<E\nx\nE",
        "takes a heredoc whose last line has no newline",
    ),
];

/// Texts on which both must agree.
const AGREED: &[&str] = &[
    "",
    "a = 1\n",
    "a = \"x${y}z\"\nb {\n  c = [1, 2]\n}\n",
    "resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"x\"\n  tags = { a = 1\n b = 2 }\n}\n",
    "locals {\n  a = <<-EOT\n    x\n      y ${z}\n  EOT\n  b = f(1, [2]...)\n}\n",
    "a = [for k, v in x : v if k != null]\n",
    "a = x[*].y[0].z\nb = x.*.y\n",
    "a = b ? c : d\n",
    "a =\n",
    "a {\n",
    "a = [1 2]\n",
    "a = \"x\nb = 1\n",
    "a b c\n",
];

#[test]
fn hcl_edit_gives_the_same_verdict_and_the_same_names() {
    for text in AGREED {
        assert_eq!(ours(text), theirs(text), "{text:?}");
    }
    for (text, why) in HCL_EDIT_DISAGREES {
        let (ours, theirs) = (ours(text).is_some(), theirs(text).is_some());
        assert_ne!(
            ours, theirs,
            "hcl-edit no longer disagrees on {text:?} ({why}): move it to AGREED"
        );
    }
}

#[test]
fn hcl_edit_agrees_on_every_fixture() {
    let mut files = Vec::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"),
        &mut files,
    );
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else {
            continue;
        };
        if let (Some(ours), Some(theirs)) = (ours(&text), theirs(&text)) {
            assert_eq!(ours, theirs, "{}", file.display());
        } else if theirs(&text).is_some() {
            // Fixtures with errors are there on purpose, and hcl-edit is laxer; the other way round
            // it is strict about what terraform takes.
            assert!(!parse_native(text.as_bytes()).errors().is_empty());
        }
    }
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "tf") {
            files.push(path);
        }
    }
}
