//! `sekisho verify`: a register that is as it was, and everything that can be another.

mod support;

use serde_json::Value;
use std::path::Path;
use std::process::Output;
use support::sekisho;

const MAIN: &str = "variable \"r\" {\n  default = \"\"\n}\n\
    variable \"secret\" {\n  default = \"\"\n}\n\
    provider \"aws\" {\n  region = coalesce(var.r, trimspace(file(\"${path.module}/region.txt\")))\n}\n\
    resource \"aws_sqs_queue\" \"q\" {}\n\
    resource \"aws_kms_key\" \"k\" {}\n";

fn at(dir: &Path, args: &[&str]) -> Output {
    let output = sekisho(args).current_dir(dir).output();
    output.expect("the binary starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A tree, and its register outside of it.
fn made(args: &[&str]) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let tree = dir.path().join("tree");
    std::fs::create_dir(&tree).expect("made");
    std::fs::write(tree.join("main.tf"), MAIN).expect("written");
    std::fs::write(tree.join("region.txt"), "ap-northeast-1\n").expect("written");
    let args = [&["inventory", "--format", "json"], args].concat();
    let register = at(&tree, &args).stdout;
    let path = dir.path().join("register.json");
    std::fs::write(&path, register).expect("written");
    let path = path.display().to_string();
    (dir, path)
}

#[test]
fn what_is_as_it_was_is_the_same_from_anywhere() {
    let (dir, register) = made(&[]);
    let tree = dir.path().join("tree");
    let output = at(&tree, &["verify", &register]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        said(&output).contains("2 files, 1 stores, 1 keys"),
        "{}",
        said(&output)
    );
    let elsewhere = at(dir.path(), &["verify", &register, "tree"]);
    assert_eq!(elsewhere.status.code(), Some(0), "{}", said(&elsewhere));
}

#[test]
fn files_and_facts_that_are_others_are_told() {
    let (dir, register) = made(&[]);
    let tree = dir.path().join("tree");
    std::fs::write(tree.join("main.tf"), format!("# more\n{MAIN}")).expect("written");
    std::fs::write(
        tree.join("more.tf"),
        "resource \"aws_sqs_queue\" \"n\" {}\n",
    )
    .expect("written");
    std::fs::write(tree.join("region.txt"), "us-east-1\n").expect("written");
    let output = at(&tree, &["verify", &register, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(found["same"], false);
    assert_eq!(
        found["files_changed"],
        serde_json::json!(["main.tf", "region.txt"])
    );
    assert_eq!(found["files_new"], serde_json::json!(["more.tf"]));
    assert_eq!(found["new"], serde_json::json!([".: aws_sqs_queue.n"]));
    let changed = found["changed"].as_array().expect("a list");
    let queue = changed.iter().find(|c| c["name"] == ".: aws_sqs_queue.q");
    assert_eq!(queue.expect("it is told")["fields"][0]["field"], "location");
    for lang in ["en", "ja"] {
        let text = said(&at(&tree, &["verify", &register, "--lang", lang]));
        assert!(
            text.contains("main.tf") && text.contains("us-east-1"),
            "{text}"
        );
        assert!(!text.contains("verify."), "{text}");
    }
    std::fs::remove_file(tree.join("main.tf")).expect("removed");
    let gone = at(&tree, &["verify", &register]);
    assert_eq!(gone.status.code(), Some(1), "{}", said(&gone));
    assert!(
        said(&gone).contains("gone: .: aws_sqs_queue.q"),
        "{}",
        said(&gone)
    );
}

#[test]
fn lines_that_moved_are_a_changed_file_and_no_changed_fact() {
    let (dir, register) = made(&[]);
    let tree = dir.path().join("tree");
    std::fs::write(tree.join("main.tf"), format!("# a comment\n\n{MAIN}")).expect("written");
    let output = at(&tree, &["verify", &register, "--format", "json"]);
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(found["files_changed"], serde_json::json!(["main.tf"]));
    assert_eq!(found["changed"], serde_json::json!([]));
}

#[test]
fn values_are_given_again_and_stand_in_no_register() {
    let (dir, register) = made(&["--var", "r=us-west-2", "--var", "secret=hunter2"]);
    let tree = dir.path().join("tree");
    let text = std::fs::read_to_string(&register).expect("it is there");
    assert!(!text.contains("hunter2"), "{text}");
    let without = at(&tree, &["verify", &register]);
    assert_eq!(without.status.code(), Some(2), "{}", said(&without));
    let args = [
        "verify",
        &register,
        "--var",
        "r=us-west-2",
        "--var",
        "secret=x",
    ];
    let again = at(&tree, &args);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    let args = [
        "verify",
        &register,
        "--var",
        "r=us-east-1",
        "--var",
        "secret=x",
    ];
    assert_eq!(at(&tree, &args).status.code(), Some(1));
    let args = [&args[..], &["--var", "other=1"]].concat();
    assert_eq!(at(&tree, &args).status.code(), Some(2));
}

#[test]
fn what_cannot_be_compared_is_exit_2() {
    let (dir, register) = made(&[]);
    let tree = dir.path().join("tree");
    let text = std::fs::read_to_string(&register).expect("it is there");
    let bad = dir.path().join("bad.json");
    let bad_name = bad.display().to_string();
    let newer = text.replacen("\"schema_version\": 1", "\"schema_version\": 2", 1);
    let bare: Value = serde_json::from_str(&text).expect("JSON");
    let without = {
        let mut bare = bare.clone();
        bare.as_object_mut()
            .expect("an object")
            .remove("provenance");
        bare.to_string()
    };
    let check = at(&tree, &["check", "--format", "json"]).stdout;
    for content in [
        newer.as_bytes(),
        without.as_bytes(),
        &check,
        b"{}",
        b"[]",
        b"not JSON",
        b"",
    ] {
        std::fs::write(&bad, content).expect("written");
        let output = at(&tree, &["verify", &bad_name]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(output.stdout.is_empty());
    }
    let output = at(&tree, &["verify", "no-such.json"]);
    assert_eq!(output.status.code(), Some(2));
    let output = at(&tree, &["verify", &register, "no-such"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn another_version_or_list_is_told() {
    let (dir, register) = made(&[]);
    let tree = dir.path().join("tree");
    let text = std::fs::read_to_string(&register).expect("it is there");
    let mut other: Value = serde_json::from_str(&text).expect("JSON");
    other["tool"]["version"] = "0.0.1".into();
    other["tool"]["catalog"] = "2020-01-01".into();
    other["provenance"]["lists"][0]["edition"] = "an old one".into();
    std::fs::write(&register, other.to_string()).expect("written");
    let output = at(&tree, &["verify", &register]);
    assert_eq!(output.status.code(), Some(1));
    for word in ["0.0.1", "2020-01-01", "an old one"] {
        assert!(said(&output).contains(word), "{}", said(&output));
    }
}

#[test]
fn a_report_can_be_verified_too() {
    let (dir, _) = made(&[]);
    let tree = dir.path().join("tree");
    let report = at(&tree, &["report", "--format", "json"]).stdout;
    let path = dir.path().join("report.json");
    std::fs::write(&path, report).expect("written");
    let output = at(&tree, &["verify", &path.display().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

/// git, where there is one: the product never runs it.
fn git(dir: &Path, args: &[&str]) -> bool {
    let mut command = std::process::Command::new("git");
    command.current_dir(dir).args(args);
    for (name, value) in [
        ("GIT_AUTHOR_NAME", "a"),
        ("GIT_AUTHOR_EMAIL", "a@example.com"),
        ("GIT_COMMITTER_NAME", "a"),
        ("GIT_COMMITTER_EMAIL", "a@example.com"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("HOME", "/nonexistent"),
    ] {
        command.env(name, value);
    }
    command.output().is_ok_and(|o| o.status.success())
}

#[test]
fn the_commit_and_what_differs_from_it_are_told() {
    let (dir, _) = made(&[]);
    let tree = dir.path().join("tree");
    if !git(&tree, &["init", "-q", "-b", "main"]) {
        // Without git there is nothing to compare with.
        return;
    }
    let told = || -> Value {
        let output = at(&tree, &["inventory", "--format", "json"]).stdout;
        let all: Value = serde_json::from_slice(&output).expect("JSON");
        all["provenance"]["git"].clone()
    };
    assert_eq!(told(), Value::Null, "no commit yet");
    assert!(git(&tree, &["add", "main.tf"]));
    assert!(git(&tree, &["commit", "-qm", "one"]));
    let one = told();
    assert_eq!(one["branch"], "main");
    assert_eq!(one["commit"].as_str().map(str::len), Some(40));
    assert_eq!(one["differing"], serde_json::json!(["region.txt"]));
    assert!(git(&tree, &["add", "."]) && git(&tree, &["commit", "-qm", "two"]));
    assert_eq!(told()["differing"], serde_json::json!([]));
    // Packed, with packed references: the same.
    assert!(git(&tree, &["gc", "-q"]));
    let packed = told();
    assert_eq!(packed["differing"], serde_json::json!([]));
    assert_ne!(packed["commit"], one["commit"]);
    std::fs::write(tree.join("main.tf"), format!("{MAIN}\n# more\n")).expect("written");
    assert_eq!(told()["differing"], serde_json::json!(["main.tf"]));
    // What is staged makes the index no picture of the commit.
    assert!(git(&tree, &["add", "."]));
    assert_eq!(told()["differing"], Value::Null);
}
