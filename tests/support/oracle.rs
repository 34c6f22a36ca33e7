//! Expressions with the answers of the real terraform: asking `debug expr`, and telling what differs.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Reads cases, one JSON object a line.
pub fn cases(file: &Path) -> Vec<Value> {
    std::fs::read_to_string(file)
        .expect("the cases are there")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a case is JSON"))
        .collect()
}

/// Asks `sekisho debug expr` with further arguments, from `dir`, for each case's `expr`, and holds the
/// answers against the cases: what is not `same` has to be `listed` (by the case's `key`) with its
/// reason, and what is listed must not have come right.
pub fn hold(
    cases: &[Value],
    (dir, args): (&Path, &[&str]),
    (key, listed): (&str, &[(&str, &str)]),
    same: impl Fn(&Value, &Value) -> bool,
) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["debug", "expr"])
        .args(args)
        .env_clear()
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sekisho starts");
    let mut stdin = child.stdin.take().expect("internal: piped");
    let lines = cases
        .iter()
        .fold(String::new(), |all, c| all + &c["expr"].to_string() + "\n");
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("sekisho ends");
    writer.join().expect("no panic").expect("sekisho reads all");
    let answers: Vec<Value> = String::from_utf8(output.stdout)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("an answer is JSON"))
        .collect();
    assert_eq!(answers.len(), cases.len(), "an answer a line");
    let listed: BTreeMap<&str, &str> = listed.iter().copied().collect();
    let mut report = String::new();
    let mut right = 0;
    for (case, answer) in cases.iter().zip(&answers) {
        let name = case[key].as_str().expect("text");
        let same = same(case, answer);
        right += usize::from(same);
        if same == listed.contains_key(name) {
            let said = if same {
                "is right now: take it off the list"
            } else {
                "differs"
            };
            let _ = writeln!(
                report,
                "{name}: {said}\n  terraform {case}\n  sekisho   {answer}"
            );
        }
    }
    assert!(
        report.is_empty(),
        "{report}{right} of {} right",
        cases.len()
    );
}
