//! Random expressions and modules, asked of the real terraform and of sekisho: nothing may differ.
//!
//! Not part of `cargo test`, since terraform has to be there: CONTRIBUTING.md says how to run it.
//! What it finds is shrunk and printed; the case then goes into `tests/language`.

#[path = "support/random/mod.rs"]
mod random;

use random::compare::Verdict;
use random::hunt::{Settings, Tally, expressions, modules, one, said, settle};
use random::node::Node;
use random::run::{Answer, sekisho, terraform};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Shrunk disagreements that are known, by a part of their text, with the reason.
const KNOWN: &[(&str, &str)] = &[
    (
        "matchkeys(",
        "where an element is not known terraform says that nothing matches, which need not be so",
    ),
    (
        "sort(toset(",
        "terraform cannot make a list of strings of a set of numbers of which one is not known",
    ),
    (
        "length(local.unk)",
        "that a length is not negative is not kept in what is known of it",
    ),
];

/// Expressions that were found so, with terraform's answers: a line each.
fn found() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language/random.jsonl")
}

fn cases() -> Vec<Value> {
    let text = std::fs::read_to_string(found()).expect("the cases are there");
    let case = |line: &str| serde_json::from_str(line).expect("a case is JSON");
    text.lines().map(case).collect()
}

fn nodes(cases: &[Value]) -> Vec<Node> {
    let text = |case: &Value| case["expr"].as_str().expect("a text").to_owned();
    cases.iter().map(|c| Node::leaf(text(c))).collect()
}

#[test]
fn what_was_found_once_is_right() {
    let cases = cases();
    assert!(cases.len() > 50, "cases got lost");
    let own = settle(&nodes(&cases), sekisho);
    let values = own.answer.expect("what does not fail has values");
    let mut wrong = String::new();
    for (i, case) in cases.iter().enumerate() {
        let failed = own.failed.iter().find(|(f, _)| *f == i);
        let verdict = match (case["ok"] == true, failed) {
            (false, Some(_)) => Verdict::BothFail,
            (false, None) => Verdict::Missed("it is an error".into()),
            (true, Some((_, words))) => Verdict::Alarm(words.clone()),
            (true, None) => one(&answer(case, i), &values, i),
        };
        if !matches!(verdict, Verdict::Same | Verdict::BothFail) {
            wrong += &format!("{}\n{}\n", case["expr"], said(&verdict));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Terraform's answer, as it was written down.
fn answer(case: &Value, i: usize) -> Answer {
    let mut out = Answer {
        ok: true,
        ..Answer::default()
    };
    let resource = case["resource"].clone();
    out.resources
        .insert(format!("terraform_data.e{i}"), resource);
    out.outputs.insert(format!("o{i}"), case["output"].clone());
    let unknown = case["output_unknown"].clone();
    out.output_unknown.insert(format!("o{i}"), unknown);
    out
}

/// Writes down what terraform answers to the expressions of `random.jsonl`; a new one is a line
/// `{"expr": "…"}`.
#[test]
#[ignore = "needs terraform"]
fn record_answers() {
    let cases = cases();
    let theirs = settle(&nodes(&cases), terraform);
    let values = theirs.answer.expect("what does not fail has values");
    let mut out = String::new();
    for (i, case) in cases.iter().enumerate() {
        let ok = !theirs.failed.iter().any(|(f, _)| *f == i);
        let mut line = json!({"expr": case["expr"], "ok": ok});
        if ok {
            line["resource"] = values.resources[&format!("terraform_data.e{i}")].clone();
            line["output"] = values.outputs[&format!("o{i}")].clone();
            let unknown = values.output_unknown.get(&format!("o{i}"));
            line["output_unknown"] = unknown.cloned().unwrap_or(json!(false));
        }
        out += &format!("{line}\n");
    }
    std::fs::write(found(), out).expect("written");
}

#[test]
#[ignore = "needs terraform"]
fn random_expressions() {
    judge(&expressions(&Settings::of_environment()));
}

#[test]
#[ignore = "needs terraform"]
fn random_modules() {
    judge(&modules(&Settings::of_environment()));
}

#[allow(clippy::print_stdout)] // for whoever runs it
fn judge(tally: &Tally) {
    println!(
        "{} asked: {} the same, {} fail in both, {} known to sekisho alone, {} disagreements",
        tally.asked,
        tally.same,
        tally.failed,
        tally.more,
        tally.bad.len()
    );
    let known = |text: &str| KNOWN.iter().any(|(part, _)| text.contains(part));
    let new: Vec<String> = tally
        .bad
        .iter()
        .filter(|(text, _)| !known(text))
        .map(|(text, verdict)| format!("{text}\n{}", said(verdict)))
        .collect();
    assert!(new.is_empty(), "{}", new.join("\n\n"));
    assert!(tally.asked > 0 && tally.same > 0, "nothing was compared");
}
