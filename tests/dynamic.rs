//! `dynamic` blocks, against what `HashiCorp`'s own library makes of them: `tests/language/dynamic.jsonl`,
//! a body a line with the blocks that it stands for.
//!
//! The one case that is not that library's answer is `sensitive`: terraform 1.11 has a newer one, which
//! takes a sensitive `for_each` and makes the blocks' values sensitive.

use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// What is answered otherwise, by name, with the reason.
const OTHER: &[(&str, &str)] = &[(
    "unknown",
    "what the blocks have in common is known, however many there are",
)];

/// What the bodies can read.
const AROUND: &str = r#"
resource "terraform_data" "u" {}
locals {
  unks  = terraform_data.u.id
  unk   = split(",", terraform_data.u.id)
  sens  = sensitive(tolist(["a"]))
  set   = toset(["b", "a"])
  map   = tomap({ y = "2", x = "1" })
  rules = [
    { port = 22, cidrs = ["10.0.0.0/8"] },
    { port = 443, cidrs = ["0.0.0.0/0", "1.2.3.4/32"] },
  ]
  mixed = ["k", terraform_data.u.id]
}
resource "example_thing" "it" {
"#;

#[test]
fn dynamic_blocks_expand_as_the_library_expands_them() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language/dynamic.jsonl");
    let text = std::fs::read_to_string(file).expect("the cases are there");
    let mut report = String::new();
    let mut count = 0;
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("a case is JSON");
        let name = case["name"].as_str().expect("a name");
        count += 1;
        let difference = difference(&case);
        let listed = OTHER.iter().any(|(n, _)| *n == name);
        match difference {
            Some(said) if !listed => {
                let _ = writeln!(
                    report,
                    "{name}: {said}\n{}",
                    case["body"].as_str().unwrap_or("")
                );
            }
            None if listed => {
                let _ = writeln!(report, "{name}: is right now: take it off the list");
            }
            _ => {}
        }
    }
    assert!(report.is_empty(), "{report}");
    assert!(count > 30, "cases got lost");
}

fn difference(case: &Value) -> Option<String> {
    let dir = tempfile::tempdir().expect("a directory");
    let body = case["body"].as_str().expect("a body");
    std::fs::write(dir.path().join("main.tf"), format!("{AROUND}{body}\n}}\n")).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["debug", "resources", "--show-sensitive", "."])
        .env_clear()
        .current_dir(dir.path())
        .output()
        .expect("sekisho runs");
    let got: Value = serde_json::from_slice(&output.stdout).expect("an answer is JSON");
    if got["ok"] != case["ok"] {
        return Some(format!("ok is {}: {}", got["ok"], got["diagnostics"]));
    }
    if case["ok"] == json!(false) {
        return None;
    }
    let resources = got["resources"].as_array().expect("a list");
    let own = resources
        .iter()
        .find(|r| r["address"] == "example_thing.it")
        .expect("it is there");
    let want = expected(&case["attrs"], &case["blocks"]);
    let have = seen(&own["values"], &own["unknown"]);
    (want != have).then(|| format!("\n  library {want}\n  sekisho {have}"))
}

const UNKNOWN: &str = "(not known)";

/// Attributes, and blocks by their type, in their order.
fn expected(attributes: &Value, blocks: &Value) -> Value {
    let mut out = Map::new();
    for (name, v) in attributes.as_object().into_iter().flatten() {
        let unknown = v.get("$unknown").is_some();
        out.insert(
            name.clone(),
            if unknown { json!(UNKNOWN) } else { v.clone() },
        );
    }
    for block in blocks.as_array().into_iter().flatten() {
        let own = expected(&block["attrs"], &block["blocks"]);
        let of = out
            .entry(block["type"].as_str().expect("a type"))
            .or_insert(json!([]));
        of.as_array_mut().expect("blocks").push(own);
    }
    Value::Object(out)
}

/// Values with a word for what is not known.
fn seen(values: &Value, unknown: &Value) -> Value {
    if *unknown == json!(true) {
        return json!(UNKNOWN);
    }
    match (values, unknown) {
        (Value::Array(items), _) => {
            let each = items.iter().enumerate();
            each.map(|(i, v)| seen(v, &unknown[i])).collect()
        }
        (Value::Object(fields), _) => {
            let mut out: Map<String, Value> = Map::new();
            for (name, v) in fields {
                out.insert(name.clone(), seen(v, &unknown[name]));
            }
            for (name, u) in unknown.as_object().into_iter().flatten() {
                if *u == json!(true) {
                    out.insert(name.clone(), json!(UNKNOWN));
                }
            }
            // A `dynamic` block that makes none is no block.
            out.retain(|_, v| *v != json!([]));
            Value::Object(out)
        }
        _ => values.clone(),
    }
}
