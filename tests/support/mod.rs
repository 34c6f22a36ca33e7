//! What the tests of the command line share: running the binary, and comparing with snapshots.
#![allow(dead_code)] // each test file uses some of it

pub mod provider_schema;
pub mod register;
pub mod row_walk;
pub mod schema;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The directory that tests run in: what is shown is relative to it.
pub fn trees() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trees")
}

/// The binary with nothing of the environment that could matter.
pub fn sekisho(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
    command.args(args).current_dir(trees()).stdin(Stdio::null());
    command.env("SEKISHO_TODAY", "2026-11-25");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let ours = ["TF_", "LC_", "AWS_", "GOOGLE_", "ARM_", "CLICOLOR"]
            .iter()
            .any(|p| text.starts_with(p));
        if ours || matches!(&*text, "LANG" | "LANGUAGE" | "NO_COLOR" | "COLUMNS") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs it.
pub fn run(args: &[&str]) -> Output {
    sekisho(args).output().expect("the binary starts")
}

/// What stands in a snapshot of a run.
pub fn record(args: &[&str], output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("output is UTF-8");
    let code = output
        .status
        .code()
        .map_or("none".into(), |c| c.to_string());
    let name = |text: String| {
        let text = text.replace("sekisho.exe", "sekisho").replace("\r\n", "\n");
        without_commit(&text)
    };
    format!(
        "$ sekisho {}\nexit {code}\n--- stdout\n{}--- stderr\n{}",
        args.join(" "),
        name(text(&output.stdout)),
        name(text(&output.stderr)),
    )
}

/// An output without the commit of this repository, which is another each time.
pub fn without_commit(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\"git\":{") {
        let end = rest[at..].find('}').map_or(rest.len(), |e| at + e + 1);
        out.push_str(&rest[..at]);
        out.push_str("\"git\":null");
        rest = &rest[end..];
    }
    out + rest
}

/// Compares a run with `tests/snapshots/NAME.txt`; `UPDATE=1` writes it instead.
pub fn snapshot(name: &str, args: &[&str]) -> Output {
    let output = run(args);
    compare(name, &record(args, &output));
    output
}

/// Compares a text with a snapshot.
pub fn compare(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/snapshots")
        .join(format!("{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, actual).expect("the snapshot can be written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "{name} differs from its snapshot (UPDATE=1 cargo test rewrites it)\n{}",
        difference(&expected, actual)
    );
}

/// The first lines that differ.
fn difference(expected: &str, actual: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let side = |mark: &str, lines: &[&str]| {
        let shown = lines.iter().skip(same).take(12);
        shown.fold(String::new(), |out, l| out + mark + " " + l + "\n")
    };
    format!(
        "from line {}:\n{}{}",
        same + 1,
        side("-", &old),
        side("+", &new)
    )
}
