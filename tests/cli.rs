//! The command line as people and CI meet it: exit code, standard output, standard error.

mod support;

use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};
use support::{run, schema, sekisho, snapshot, trees};

fn code(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("output is UTF-8")
}

#[test]
fn help_and_version_are_no_failure() {
    assert_eq!(code(&snapshot("help", &["--help"])), 0);
    assert_eq!(code(&snapshot("help-check", &["check", "--help"])), 0);
    assert_eq!(
        code(&snapshot("help-inventory", &["inventory", "--help"])),
        0
    );
    assert_eq!(code(&snapshot("help-init", &["init", "--help"])), 0);
    let version = run(&["--version"]);
    assert_eq!(
        stdout(&version),
        format!("sekisho {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn usage_errors_are_exit_2_and_name_what_was_meant() {
    assert_eq!(code(&snapshot("usage-none", &[])), 2);
    assert_eq!(code(&snapshot("usage-command", &["chekc"])), 2);
    assert_eq!(
        code(&snapshot("usage-option", &["check", "--formt", "json"])),
        2
    );
    assert_eq!(
        code(&snapshot("usage-value", &["check", "--format", "yaml"])),
        2
    );
    assert_eq!(
        code(&snapshot("usage-output", &["check", "--output", "json"])),
        2
    );
    assert_eq!(
        code(&snapshot("usage-var", &["check", "--var", "region"])),
        2
    );
    assert_eq!(
        code(&snapshot(
            "usage-rule",
            &["check", "bucket", "--select", "data-outside-jpan"]
        )),
        2
    );
}

#[test]
fn check_in_text() {
    assert_eq!(code(&snapshot("check-bucket", &["check", "bucket"])), 1);
    assert_eq!(
        code(&snapshot(
            "check-bucket-ja",
            &["check", "bucket", "--lang", "ja"]
        )),
        1
    );
    snapshot("check-bucket-quiet", &["check", "bucket", "-q"]);
    snapshot(
        "check-bucket-verbose",
        &["check", "bucket", "-v", "--min-level", "note"],
    );
    snapshot(
        "check-bucket-colour",
        &["check", "bucket", "--color", "always"],
    );
    snapshot(
        "check-bucket-tokyo",
        &["check", "bucket", "--var-file", "bucket/tokyo.tfvars"],
    );
}

#[test]
fn inventory_in_text() {
    assert_eq!(
        code(&snapshot("inventory-bucket", &["inventory", "bucket"])),
        0
    );
    snapshot(
        "inventory-bucket-ja",
        &["inventory", "bucket", "--lang", "ja"],
    );
}

#[test]
fn json_is_what_the_schemas_say() {
    for tree in [
        "bucket",
        "modules",
        "broken",
        "empty",
        "terragrunt",
        "missing",
    ] {
        for command in ["check", "inventory"] {
            for lang in ["en", "ja"] {
                let args = [command, tree, "--format", "json", "--lang", lang];
                let output = if lang == "en" {
                    snapshot(&format!("json-{command}-{tree}"), &args)
                } else {
                    run(&args)
                };
                let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
                let path =
                    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{command}-1.json"));
                let text = std::fs::read_to_string(path).expect("the schema is there");
                let schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
                let problems = schema::problems(&schema, &value);
                assert!(problems.is_empty(), "{command} {tree}: {problems:#?}");
            }
        }
    }
}

#[test]
fn ids_do_not_depend_on_the_language() {
    let ids = |lang: &str| {
        let output = run(&["check", "bucket", "--format", "json", "--lang", lang]);
        let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let findings = value["findings"].as_array().expect("a list").clone();
        let keep = [
            "rule",
            "level",
            "verdict",
            "addresses",
            "fingerprints",
            "line",
            "column",
        ];
        findings
            .iter()
            .map(|f| keep.map(|k| f[k].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids("en"), ids("ja"));
}

#[test]
fn the_locale_gives_the_language_and_the_argument_wins() {
    let text = |args: &[&str], vars: &[(&str, &str)]| {
        let output = sekisho(args)
            .envs(vars.iter().copied())
            .output()
            .expect("the binary starts");
        stdout(&output)
    };
    let ja = [("LANG", "ja_JP.UTF-8")];
    assert!(text(&["check", "nothing"], &ja).contains("何も判定していません"));
    assert!(text(&["check", "nothing", "--lang", "en"], &ja).contains("nothing was judged"));
    let both = [("LANG", "ja_JP.UTF-8"), ("LC_ALL", "C.UTF-8")];
    assert!(text(&["check", "nothing"], &both).contains("nothing was judged"));
}

#[test]
fn a_run_that_saw_nothing_is_not_green() {
    assert_eq!(code(&snapshot("check-empty", &["check", "empty"])), 2);
    assert_eq!(code(&snapshot("check-nothing", &["check", "nothing"])), 2);
    assert_eq!(
        code(&snapshot("check-terragrunt", &["check", "terragrunt"])),
        2
    );
    assert_eq!(
        code(&snapshot(
            "check-allow",
            &["check", "nothing", "--allow-nothing"]
        )),
        0
    );
}

#[test]
fn a_missing_path_is_exit_2_and_the_rest_is_judged() {
    assert_eq!(code(&snapshot("check-missing", &["check", "missing"])), 2);
    assert_eq!(
        code(&snapshot(
            "check-missing-too",
            &["check", "missing", "bucket"]
        )),
        2
    );
}

#[test]
fn a_file_that_does_not_parse_is_exit_2_with_its_place() {
    assert_eq!(code(&snapshot("check-broken", &["check", "broken"])), 2);
    assert_eq!(
        code(&snapshot(
            "check-broken-ja",
            &["check", "broken", "--lang", "ja"]
        )),
        2
    );
}

#[test]
fn a_missing_module_is_exit_1_and_exit_2_when_required() {
    assert_eq!(code(&snapshot("check-modules", &["check", "modules"])), 1);
    assert_eq!(code(&run(&["check", "modules", "--require-modules"])), 2);
}

#[test]
fn exit_codes_are_the_same_in_each_format_and_for_the_inventory_of_bad_input() {
    for tree in ["bucket", "modules", "broken", "empty", "missing"] {
        let text = code(&run(&["check", tree]));
        assert_eq!(
            text,
            code(&run(&["check", tree, "--format", "json"])),
            "{tree}"
        );
        assert_eq!(text, code(&run(&["check", tree, "-q"])), "{tree}");
    }
    assert_eq!(code(&run(&["inventory", "broken"])), 2);
}

#[test]
fn fail_on_moves_the_line() {
    let strict = code(&run(&["check", "bucket", "--fail-on", "note"]));
    assert_eq!(strict, 1);
}

#[test]
fn a_further_output_goes_to_a_file_and_a_bad_one_is_exit_2() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("out.json");
    let arg = format!("json={}", file.display());
    let output = run(&["check", "bucket", "--output", &arg]);
    let alone = run(&["check", "bucket"]);
    assert_eq!(output.stdout, alone.stdout);
    let written = std::fs::read(&file).expect("it was written");
    assert_eq!(
        written,
        run(&["check", "bucket", "--format", "json"]).stdout
    );

    let arg = format!("json={}", dir.path().join("none/out.json").display());
    let output = run(&["check", "bucket", "--output", &arg]);
    assert_eq!(code(&output), 2);
    assert!(!output.stderr.is_empty());
}

#[test]
fn a_closed_pipe_ends_quietly() {
    for command in ["check", "inventory"] {
        let mut child = sekisho(&[command, "bucket", "--format", "json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert!(
            output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(output.status.code().is_some_and(|c| c < 2));
    }
}

#[test]
fn control_characters_of_the_input_do_not_reach_the_terminal() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let name = "a\u{1b}[31m\u{202e}b";
    let source = format!(
        "resource \"aws_s3_bucket\" \"x\" {{\n  bucket = \"{name}\" +\n}}\n# \u{1b}]0;x\u{7}\n"
    );
    std::fs::write(dir.path().join("main.tf"), source).expect("written");
    let path = dir.path().display().to_string();
    for args in [
        ["check", &path, "--color", "never"],
        ["check", &path, "--lang", "ja"],
    ] {
        let text = stdout(&run(&args));
        let bad = text
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(bad, None, "{text}");
    }
}

#[test]
fn the_same_bytes_from_one_thread_and_from_many() {
    for args in [["check", "."], ["inventory", "."]] {
        for format in ["text", "json"] {
            let all: Vec<Output> = ["1", "2", "7"]
                .iter()
                .map(|threads| {
                    sekisho(&args)
                        .args(["--format", format])
                        .env("RAYON_NUM_THREADS", threads)
                        .output()
                        .expect("the binary starts")
                })
                .collect();
            assert!(
                all.iter()
                    .all(|o| o.stdout == all[0].stdout && o.status == all[0].status)
            );
        }
    }
}

#[test]
fn debug_expr_answers_a_line_with_a_line() {
    let mut child = sekisho(&["debug", "expr"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin
        .write_all(b"\"1 + 1\"\n\"upper(\\\"a\\\")\"\n\"[\"\n\"var.none\"\nnot json\n")
        .expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let lines: Vec<Value> = stdout(&output)
        .lines()
        .map(|l| serde_json::from_str(l).expect("a JSON object a line"))
        .collect();
    let ok: Vec<bool> = lines.iter().map(|l| l["ok"] == true).collect();
    assert_eq!(ok, [true, true, false, false, false]);
    assert_eq!(lines[0]["json"], "2");
    assert_eq!(lines[1]["type"], "string");
}

#[test]
fn debug_shows_each_stage() {
    let blocks = run(&["debug", "blocks", "bucket/main.tf"]);
    assert!(stdout(&blocks).starts_with("bucket/main.tf\tOK\t(block@"));
    let read: Value =
        serde_json::from_slice(&run(&["debug", "read", "bucket"]).stdout).expect("JSON");
    assert_eq!(read["files_read"], 1);
    let resources: Value =
        serde_json::from_slice(&run(&["debug", "resources", "bucket"]).stdout).expect("JSON");
    assert_eq!(resources["ok"], true);
    let stores: Value =
        serde_json::from_slice(&run(&["debug", "stores", "bucket"]).stdout).expect("JSON");
    assert!(stores["stores"].is_array());
}

#[test]
fn the_empty_tree_is_really_empty() {
    // git keeps no empty directory, so the tree has a file of no kind that counts.
    let entries = std::fs::read_dir(trees().join("empty")).expect("it is there");
    assert_eq!(entries.count(), 1);
}

#[test]
fn nobody_is_told_to_name_a_key_where_none_can_be_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let text = r#"
provider "aws" {
  region = "ap-northeast-1"
}
resource "aws_cognito_user_pool" "people" {
  name = "people"
}
resource "aws_sqs_queue" "jobs" {
  name                    = "jobs"
  sqs_managed_sse_enabled = true
}
"#;
    std::fs::write(dir.path().join("main.tf"), text).expect("written");
    let path = dir.path().to_str().expect("a path");
    let output = run(&[
        "check",
        "--format",
        "json",
        "--lang",
        "en",
        "--boundary",
        path,
        path,
    ]);
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let help = |address: &str| {
        let findings = json["findings"].as_array().expect("findings");
        let found = findings
            .iter()
            .find(|f| f["rule"] == "key-not-customer-controlled" && f["addresses"][0] == address);
        found.expect("a finding")["help"]
            .as_str()
            .expect("help")
            .to_owned()
    };
    assert!(help("aws_cognito_user_pool.people").contains("no key of yours can be named here"));
    assert!(help("aws_sqs_queue.jobs").contains("name a key that you made"));
}
