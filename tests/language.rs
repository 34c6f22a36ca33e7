//! Terraform's language, against what the real terraform 1.11.4 answers.
//!
//! `tests/language/expressions.jsonl` holds expressions with the answers of terraform's console,
//! `tests/language/modules` small modules, `tests/language/plans` what `terraform plan` made of them. An answer that
//! differs is either a mistake, or stands below with its reason; a case that stands there and has
//! come right is a failure too, so that the lists only get shorter.

#[path = "support/oracle.rs"]
mod oracle;

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Expressions that are answered otherwise, by id, with the reason.
const OTHER_EXPRESSIONS: &[(&str, &str)] = &[(
    "e03917",
    "the bytes of gzip differ by implementation: a text that is not known",
)];

/// Modules that are answered otherwise, with the reason.
const OTHER_MODULES: &[(&str, &str)] = &[];

fn sekisho(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
    command.args(args).env_clear();
    command
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language")
}

#[test]
fn expressions_are_answered_as_terraform_answers_them() {
    let cases = oracle::cases(&home().join("expressions.jsonl"));
    assert!(cases.len() > 2_500, "cases got lost");
    oracle::hold(
        &cases,
        (&home(), &["--chdir", "console"]),
        ("id", OTHER_EXPRESSIONS),
        same_answer,
    );
}

fn same_answer(case: &Value, answer: &Value) -> bool {
    if case["ok"] != answer["ok"] {
        return false;
    }
    // Where terraform says error, error is the right answer, in whatever words.
    if case["ok"] == json!(false) {
        return true;
    }
    if case["unknown"] == json!(true) {
        return answer["unknown"] == json!(true);
    }
    let sensitive = |v: &Value| !matches!(v["sensitive"], Value::Null | Value::Bool(false));
    sensitive(case) == sensitive(answer)
        && case["type"] == answer["type"]
        && (case.get("json").is_none() || case["json"] == answer["json"])
}

#[test]
fn modules_are_evaluated_as_terraform_plans_them() {
    let listed: BTreeMap<&str, &str> = OTHER_MODULES.iter().copied().collect();
    let mut names: Vec<String> = std::fs::read_dir(home().join("modules"))
        .expect("the cases are there")
        .map(|e| {
            e.expect("readable")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    assert!(names.len() > 100, "cases got lost");
    let mut report = String::new();
    for name in &names {
        let difference = difference(&home().join("modules").join(name));
        match (difference, listed.contains_key(name.as_str())) {
            (Some(difference), false) => {
                let _ = writeln!(report, "{name}: {difference}");
            }
            (None, true) => {
                let _ = writeln!(report, "{name}: is right now: take it off the list");
            }
            _ => {}
        }
    }
    assert!(report.is_empty(), "{report}");
}

/// What differs from terraform's plan, if anything.
fn difference(dir: &Path) -> Option<String> {
    // Beside the modules, not in them: what lies in a module, `fileset` sees.
    let name = dir.file_name().expect("a name").to_string_lossy();
    let plan = home().join("plans").join(format!("{name}.json"));
    let text = std::fs::read_to_string(plan).expect("an expected plan");
    let want: Value = serde_json::from_str(&text).expect("it is JSON");
    let mut command = sekisho(&["debug", "resources", "--show-sensitive", "."]);
    command.current_dir(dir);
    for arg in want["args"].as_array().expect("a list") {
        let arg = arg.as_str().expect("text");
        // Terraform's own options have one dash.
        let dash = if arg.starts_with('-') { "-" } else { "" };
        command.arg(format!("{dash}{arg}"));
    }
    for (name, value) in want["env"].as_object().expect("an object") {
        command.env(name, value.as_str().expect("text"));
    }
    let output = command.output().expect("sekisho runs");
    let got: Value = match serde_json::from_slice(&output.stdout) {
        Ok(got) => got,
        Err(e) => {
            return Some(format!(
                "no JSON: {e}\n{}",
                String::from_utf8_lossy(&output.stderr)
            ));
        }
    };
    if want["ok"] != got["ok"] {
        return Some(format!(
            "ok is {}, not {}: {}",
            got["ok"], want["ok"], got["diagnostics"]
        ));
    }
    if want["ok"] == json!(false) {
        return None;
    }
    let by_address = |v: &Value| -> BTreeMap<String, Value> {
        v["resources"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|r| r["mode"] == "managed")
            .map(|r| {
                let facts = json!([
                    r["values"],
                    r["unknown"],
                    r["sensitive"],
                    r["type"],
                    r["index"]
                ]);
                (r["address"].to_string(), facts)
            })
            .collect()
    };
    let (a, b) = (by_address(&want), by_address(&got));
    if a != b {
        return Some(format!(
            "resources\n  terraform {}\n  sekisho   {}",
            json!(a),
            json!(b)
        ));
    }
    for (name, output) in want["outputs"].as_object().into_iter().flatten() {
        let own = &got["outputs"][name];
        for field in ["sensitive", "type", "value"] {
            if output.get(field).is_some() && output[field] != own[field] {
                return Some(format!(
                    "output {name}: {field} is {}, not {}",
                    own[field], output[field]
                ));
            }
        }
    }
    None
}
