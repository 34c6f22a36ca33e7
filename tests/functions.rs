//! Functions, against what the real terraform 1.11.4 answers: `tests/data/functions-*.jsonl`, an
//! expression a line with its answer.
//!
//! `tests/language.rs` holds the language as a whole; here are the corners of formats and encodings.

#![allow(clippy::needless_raw_string_hashes)] // one form for all expressions

#[path = "support/oracle.rs"]
mod oracle;

use serde_json::{Value, json};
use std::path::Path;

/// What is answered otherwise: the expression, and the reason.
const OTHER: &[(&str, &str)] = &[
    (
        r##"format("%1000000000d", 3)"##,
        "terraform prints its library's complaint: unknown",
    ),
    (
        r##"format("%99999999999999999999d", 3)"##,
        "terraform prints its library's complaint: unknown",
    ),
    (
        r##"substr("क्षx", 0, 1)"##,
        "our Unicode is newer: conjuncts are one character",
    ),
    (
        r##"jsondecode("{\"a\":{\"a\":1},\"a\":{\"b\":1}}")"##,
        "of equal keys the last counts, whatever the first was",
    ),
    (
        r##"yamldecode("a: [1,\n2]")"##,
        "the parser is stricter than terraform's: unknown",
    ),
    (
        r##"yamldecode("a: \"1\"#c")"##,
        "the parser is stricter than terraform's: unknown",
    ),
    (
        r##"yamldecode("a:\tb")"##,
        "the parser is stricter than terraform's: unknown",
    ),
    (
        r##"yamldecode("\"\\'\"")"##,
        "the parser is stricter than terraform's: unknown",
    ),
    (
        r##"yamldecode("a: 'b'#c")"##,
        "the parser is stricter than terraform's: unknown",
    ),
    (
        r##"yamldecode("a: {\n}")"##,
        "the parser is stricter than terraform's: unknown",
    ),
    (
        r##"yamldecode("a: [\n]\nb: 1")"##,
        "the parser is stricter than terraform's: unknown",
    ),
    (
        r##"yamldecode("a: {\n\"b\": 1\n}\nc: 1")"##,
        "the parser is stricter than terraform's: unknown",
    ),
    (
        r##"yamldecode("a: \"x\ny\"")"##,
        "the parser is stricter than terraform's: unknown",
    ),
    (
        r##"yamldecode("a: 'x\ny'")"##,
        "the parser is stricter than terraform's: unknown",
    ),
    (
        r##"yamldecode("a: |#c\n  x")"##,
        "the parser is stricter than terraform's: unknown",
    ),
    (
        r##"yamldecode("\"a\\nb\\x41\\u3042\\e\\_\\N\\/\"")"##,
        "the parser takes what terraform refuses",
    ),
    (
        r##"yamldecode("\"\\/\"")"##,
        "the parser takes what terraform refuses",
    ),
    (
        r##"yamldecode("x: &日 1\ny: *日")"##,
        "the parser takes what terraform refuses",
    ),
    (
        r##"yamldecode("x: &a.b 1\ny: *a.b")"##,
        "the parser takes what terraform refuses",
    ),
    (
        r##"yamldecode("a: \u0085x")"##,
        "a line break for terraform's YAML 1.1, and a character for the parser: unknown",
    ),
    (
        r##"yamldecode("a: x\u2028y")"##,
        "a line break for terraform's YAML 1.1, and a character for the parser: unknown",
    ),
    (
        r##"textencodebase64("x", "HZ-GB-2312")"##,
        "an encoding, or a part of one, that is not ours: unknown",
    ),
    (
        r##"textencodebase64("x", "IBM437")"##,
        "an encoding, or a part of one, that is not ours: unknown",
    ),
    (
        r##"textencodebase64("x", "IBM850")"##,
        "an encoding, or a part of one, that is not ours: unknown",
    ),
    (
        r##"textencodebase64("x", "IBM037")"##,
        "an encoding, or a part of one, that is not ours: unknown",
    ),
    (
        r##"textencodebase64("①髙", "Shift_JIS")"##,
        "an encoding, or a part of one, that is not ours: unknown",
    ),
    (
        r##"textencodebase64("ｱ", "ISO-2022-JP")"##,
        "an encoding, or a part of one, that is not ours: unknown",
    ),
    (
        r##"textencodebase64("丂", "EUC-JP")"##,
        "an encoding, or a part of one, that is not ours: unknown",
    ),
];

#[test]
fn functions_answer_as_terraform_does() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let cases = oracle::cases(&data.join("functions-2.jsonl"));
    assert!(cases.len() > 1_000, "cases got lost");
    let empty = tempfile::tempdir().expect("a directory");
    oracle::hold(&cases, (empty.path(), &[]), ("expr", OTHER), same_answer);
}

fn same_answer(case: &Value, answer: &Value) -> bool {
    if case["ok"] != answer["ok"] || case["ok"] == json!(false) {
        return case["ok"] == answer["ok"];
    }
    if case["unknown"] == json!(true) {
        return answer["unknown"] == json!(true);
    }
    (case.get("type").is_none() || case["type"] == answer["type"])
        && (case.get("json").is_none() || case["json"] == answer["json"])
}
