//! sekisho.toml: what it says counts, root by root, and every mistake in it is told.

mod support;

use sekisho::settings::file;
use serde_json::Value;
use std::path::Path;
use std::process::Output;
use support::{run, sekisho, snapshot};
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files in a directory that is a git work tree of its own.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::create_dir(dir.path().join(".git")).expect("made");
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    dir
}

fn in_dir(dir: &Path, args: &[&str]) -> Output {
    sekisho(args).current_dir(dir).output().expect("it starts")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

fn json(dir: &Path, args: &[&str]) -> (i32, Value) {
    let args: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
    let output = in_dir(dir, &args);
    let value = serde_json::from_slice(&output.stdout).expect("JSON");
    (code(&output), value)
}

fn check(dir: &TempDir, args: &[&str]) -> (i32, Value) {
    let args: Vec<&str> = ["check", "."].iter().chain(args).copied().collect();
    json(dir.path(), &args)
}

/// Rule, level and addresses of findings that nobody accepted.
fn said(value: &Value) -> Vec<String> {
    let all = value["findings"].as_array().expect("a list");
    let open = all.iter().filter(|f| f["suppressed"].is_null());
    open.map(|f| {
        format!(
            "{} {} {}",
            f["rule"].as_str().unwrap_or(""),
            f["level"].as_str().unwrap_or(""),
            f["addresses"]
        )
    })
    .collect()
}

fn has(value: &Value, what: &str) -> bool {
    said(value).iter().any(|line| line.starts_with(what))
}

fn diagnostics(value: &Value) -> Vec<&str> {
    let all = value["diagnostics"].as_array().expect("a list");
    all.iter().filter_map(|d| d["code"].as_str()).collect()
}

fn stores(dir: &TempDir) -> Vec<Value> {
    let (_, value) = json(dir.path(), &["inventory", "."]);
    value["stores"].as_array().expect("a list").clone()
}

const TOKYO: &str = "provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\n";
const VIRGINIA: &str = "provider \"aws\" {\n  region = \"us-east-1\"\n}\n";
const VOLUME: &str = "resource \"aws_ebs_volume\" \"v\" {\n  availability_zone = \"ap-northeast-1a\"\n  size = 1\n}\n";
const QUEUE: &str = "resource \"aws_sqs_queue\" \"q\" {\n  name = \"q\"\n}\n";

#[test]
fn the_schema_for_editors_is_current() {
    let path = root().join("schema/sekisho-toml.json");
    let text = serde_json::to_string_pretty(&file::schema()).expect("JSON") + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).expect("written");
    }
    let have = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        have == text,
        "UPDATE=1 cargo test --test settings rewrites {path:?}"
    );
    // Every key has words for whoever writes it, and the words of rules and rows are there.
    let schema: Value = serde_json::from_str(&have).expect("JSON");
    let properties = schema["properties"].as_object().expect("keys");
    assert!(properties.values().all(|p| p["description"].is_string()));
    assert!(schema["properties"]["rule"]["items"]["properties"]["ask"].is_object());
    let row = &schema["properties"]["type"]["additionalProperties"]["properties"];
    assert!(row["custody"].is_object(), "{row}");
}

#[test]
fn the_documentation_has_every_key_and_its_examples_are_right() {
    let text = std::fs::read_to_string(root().join("docs/settings.md")).expect("it is there");
    let blocks: Vec<&str> = text
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(blocks.len() > 5);
    for block in &blocks {
        let (_, mistakes) = file::read(block);
        assert!(mistakes.is_empty(), "{block}\n{mistakes:#?}");
    }
    fn keys(schema: &Value, out: &mut Vec<String>) {
        for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
            out.push(key.clone());
            // The words of rules and rows have documents of their own.
            if key != "rule" && key != "type" {
                keys(inner, out);
                keys(&inner["items"], out);
            }
        }
    }
    let mut all = Vec::new();
    keys(&file::schema(), &mut all);
    assert!(all.len() > 40);
    let written = blocks.concat();
    for key in all {
        assert!(
            written.contains(&key),
            "docs/settings.md has no example of {key}"
        );
    }
}

#[test]
fn every_mistake_is_told_in_every_format_and_the_rest_is_judged() {
    assert_eq!(
        code(&snapshot("settings-bad", &["check", "settings-bad", "-q"])),
        2
    );
    assert_eq!(
        code(&snapshot(
            "settings-bad-ja",
            &["check", "settings-bad", "-q", "--lang", "ja"]
        )),
        2
    );
    let output = run(&["check", "settings-bad", "--format", "json"]);
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = std::fs::read_to_string(root().join("tests/trees/settings-bad/sekisho.toml"));
    let text = text.expect("it is there");
    let lines: Vec<&str> = text.lines().collect();
    for d in value["diagnostics"].as_array().expect("a list") {
        assert_eq!(d["code"], "settings-invalid");
        let line = d["line"].as_u64().expect("a line") as usize;
        let column = d["column"].as_u64().expect("a column") as usize;
        assert!(column <= lines[line - 1].chars().count() + 1, "{d}");
    }
    assert!(has(&value, "key-not-customer-controlled error"));
    // Inventories say it too.
    let inventory = run(&["inventory", "settings-bad", "-q"]);
    assert_eq!(code(&inventory), 2);
}

#[test]
fn a_text_that_is_no_toml_tells_all_its_errors() {
    let dir = tree(&[
        ("main.tf", &format!("{TOKYO}{QUEUE}")),
        (
            "sekisho.toml",
            "a = \nfail-on = \"note\"\n[[x]\nlang = \"ja\"\n",
        ),
    ]);
    let (code, value) = check(&dir, &[]);
    assert_eq!(code, 2);
    let lines: Vec<u64> = value["diagnostics"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|d| d["line"].as_u64())
        .collect();
    assert!(lines.contains(&1) && lines.contains(&3), "{value:#}");
    assert!(has(&value, "key-not-customer-controlled"));
    for (name, text) in [("latin", &b"# caf\xe9\n"[..]), ("empty", b"")] {
        std::fs::write(dir.path().join("sekisho.toml"), text).expect("written");
        let (code, value) = check(&dir, &[]);
        assert_eq!(code == 2, name == "latin", "{value:#}");
    }
}

#[test]
fn nested_files_the_nearer_one_wins_key_by_key() {
    let dir = tree(&[
        (
            "sekisho.toml",
            "fail-on = \"note\"\nprofiles = [\"government\"]\n[residency]\nhome = [\"US\"]\naccepted-regions = [\"aws:eu-west-1\"]\n",
        ),
        ("a/main.tf", &format!("{VIRGINIA}{QUEUE}")),
        ("b/main.tf", &format!("{VIRGINIA}{QUEUE}")),
        (
            "b/sekisho.toml",
            "[residency]\nhome = [\"JP\"]\naccepted-regions = [\"aws:eu-west-2\"]\n",
        ),
    ]);
    let (_, value) = check(&dir, &[]);
    assert_eq!(value["profiles"][0], "government");
    let outside: Vec<&str> = value["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|f| f["rule"] == "data-outside-japan")
        .filter_map(|f| f["target"].as_str())
        .collect();
    assert_eq!(outside, ["b"], "{value:#}");
    let shown = in_dir(dir.path(), &["check", "b", "--show-settings"]);
    let shown = String::from_utf8(shown.stdout).expect("UTF-8");
    for line in [
        "profiles = [\"government\"] # sekisho.toml:2",
        "home = [\"JP\"] # b/sekisho.toml:2",
        "  \"aws:eu-west-1\", # sekisho.toml:5",
        "  \"aws:eu-west-2\", # b/sekisho.toml:3",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
}

#[test]
fn each_target_makes_its_part_of_the_exit_code() {
    let volume = format!("{TOKYO}{VOLUME}");
    let dir = tree(&[
        ("sekisho.toml", "[levels]\ndata-unencrypted = \"warning\"\n"),
        ("strict/main.tf", &volume),
        ("strict/sekisho.toml", "fail-on = \"warning\"\n"),
        ("lenient/main.tf", &volume),
    ]);
    assert_eq!(json(dir.path(), &["check", "lenient"]).0, 0);
    assert_eq!(json(dir.path(), &["check", "strict"]).0, 1);
    assert_eq!(json(dir.path(), &["check", "."]).0, 1);
    // What is typed wins.
    assert_eq!(json(dir.path(), &["check", ".", "--fail-on", "error"]).0, 0);
}

#[test]
fn above_the_boundary_nothing_is_read() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(dir.path().join("sekisho.toml"), "nonsense = 1\n").expect("written");
    let work = dir.path().join("work");
    std::fs::create_dir_all(work.join(".git")).expect("made");
    std::fs::write(work.join("main.tf"), format!("{TOKYO}{QUEUE}")).expect("written");
    let (_, value) = json(&work, &["check", "."]);
    assert!(
        !diagnostics(&value).contains(&"settings-invalid"),
        "{value:#}"
    );
    let named = json(&work, &["check", ".", "--config", "../sekisho.toml"]);
    assert!(diagnostics(&named.1).contains(&"settings-invalid"));
    assert_eq!(named.0, 2);
    assert_eq!(json(&work, &["check", ".", "--config", "none.toml"]).0, 2);
}

#[test]
fn a_file_can_be_named_or_left_out() {
    let dir = tree(&[
        ("main.tf", &format!("{TOKYO}{VOLUME}")),
        ("sekisho.toml", "[levels]\ndata-unencrypted = \"off\"\n"),
        ("other/ours.toml", "[levels]\ndata-unencrypted = \"note\"\n"),
    ]);
    assert!(!has(&check(&dir, &[]).1, "data-unencrypted"));
    assert!(has(
        &check(&dir, &["--no-config"]).1,
        "data-unencrypted error"
    ));
    let named = check(&dir, &["--config", "other/ours.toml"]).1;
    assert!(has(&named, "data-unencrypted note"));
}

#[test]
fn profiles_compose_and_all_that_ask_are_named() {
    let dir = tree(&[("main.tf", &format!("{VIRGINIA}{QUEUE}"))]);
    let (_, value) = check(
        &dir,
        &[
            "--profile",
            "personal-information",
            "--profile",
            "sovereign",
        ],
    );
    let finding = value["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|f| f["rule"] == "data-outside-japan")
        .expect("it is there");
    assert_eq!(finding["level"], "error");
    assert_eq!(finding["profiles"].as_array().map(Vec::len), Some(2));
    let (code, value) = check(&dir, &["--profile", "soverein"]);
    assert_eq!(code, 2);
    assert_eq!(diagnostics(&value), ["settings-invalid"]);
}

#[test]
fn what_is_undetermined_can_be_lowered() {
    let files = [
        (
            "main.tf",
            "variable \"r\" {}\nprovider \"aws\" {\n  region = var.r\n}\nterraform {\n  backend \"local\" {}\n}\nresource \"aws_sqs_queue\" \"q\" {\n  name = \"q\"\n}\n",
        ),
        ("sekisho.toml", "undetermined = \"warning\"\n"),
    ];
    let dir = tree(&files);
    assert!(has(&check(&dir, &[]).1, "location-undetermined warning"));
    assert!(has(
        &check(&dir, &["--no-config"]).1,
        "location-undetermined error"
    ));
}

#[test]
fn classes_by_tags_and_what_is_not_known_is_not_public() {
    let dir = tree(&[
        (
            "main.tf",
            r#"
provider "aws" {
  region = "ap-northeast-1"
  default_tags {
    tags = { DataClass = "public", Team = "web" }
  }
}
variable "class" {}
variable "tags" { type = map(string) }
resource "aws_sqs_queue" "default" {}
resource "aws_sqs_queue" "own" {
  tags = { DataClass = "secret" }
}
resource "aws_sqs_queue" "unknown" {
  tags = { DataClass = var.class }
}
resource "aws_sqs_queue" "other_key" {
  tags = { for k in ["a"] : k => var.class if var.class != "x" }
}
resource "aws_sqs_queue" "all_unknown" {
  tags = var.tags
}
resource "aws_sqs_queue" "merged" {
  tags = merge(var.tags, { DataClass = "public" })
}
resource "aws_sqs_queue" "computed" {
  tags = { DataClass = aws_sqs_queue.own.arn }
}
resource "aws_sqs_queue" "customers" {
  tags = { DataClass = "other" }
}
"#,
        ),
        (
            "sekisho.toml",
            r#"
[[classify]]
class = "public"
tags = { DataClass = ["public"], Team = ["*"] }
[[classify]]
class = "personal"
marks = ["my-number"]
names = ["*customer*"]
[[classify]]
class = "internal"
tags = { DataClass = ["se*"] }
"#,
        ),
    ]);
    let classes: Vec<String> = stores(&dir)
        .iter()
        .map(|s| {
            format!(
                "{} {}",
                s["address"].as_str().unwrap_or(""),
                s["data_class"].as_str().unwrap_or("")
            )
        })
        .collect();
    assert_eq!(
        classes,
        [
            "aws_sqs_queue.default public",
            "aws_sqs_queue.own internal",
            "aws_sqs_queue.unknown protected",
            // Whatever the variable is, the only key is another one.
            "aws_sqs_queue.other_key public",
            "aws_sqs_queue.all_unknown protected",
            // Terraform does not know the merge of a map that it does not know either.
            "aws_sqs_queue.merged protected",
            "aws_sqs_queue.computed protected",
            "aws_sqs_queue.customers personal",
        ]
    );
    // What is public is asked about loss only.
    let (_, value) = check(&dir, &[]);
    assert!(
        !said(&value).iter().any(|l| l.contains("default\"")),
        "{:#?}",
        said(&value)
    );
}

#[test]
fn classes_by_path_are_those_of_the_file_or_of_the_root() {
    let dir = tree(&[
        ("modules/q/main.tf", QUEUE),
        (
            "envs/prod/main.tf",
            &format!("{TOKYO}module \"q\" {{\n  source = \"../../modules/q\"\n}}\n"),
        ),
        (
            "envs/dev/main.tf",
            &format!("{TOKYO}module \"q\" {{\n  source = \"../../modules/q\"\n}}\n"),
        ),
        (
            "sekisho.toml",
            "[[classify]]\nclass = \"personal\"\npaths = [\"envs/prod/**\"]\n",
        ),
    ]);
    let classes: Vec<String> = stores(&dir)
        .iter()
        .map(|s| {
            format!(
                "{} {}",
                s["target"].as_str().unwrap_or(""),
                s["data_class"].as_str().unwrap_or("")
            )
        })
        .collect();
    assert_eq!(classes, ["envs/dev protected", "envs/prod personal"]);
}

#[test]
fn a_profile_that_meets_none_of_its_classes_says_so() {
    let dir = tree(&[
        ("main.tf", &format!("{TOKYO}{QUEUE}")),
        (
            "sekisho.toml",
            "profiles = [\"export-control\"]\n[[classify]]\nclass = \"internal\"\ntypes = [\"aws_*\"]\n",
        ),
    ]);
    let (_, value) = check(&dir, &[]);
    assert!(diagnostics(&value).contains(&"class-not-met"), "{value:#}");
    assert!(diagnostics(&value).contains(&"no-countries-of-concern"));
    let (_, value) = check(&dir, &["--profile", "baseline", "--no-config"]);
    assert!(diagnostics(&value).is_empty(), "{value:#}");
}

#[test]
fn variable_sets() {
    let dir = tree(&[
        (
            "app/main.tf",
            "variable \"region\" {}\nvariable \"names\" {\n  type = list(object({ n = number, on = bool }))\n}\nprovider \"aws\" {\n  region = var.region\n}\nresource \"aws_sqs_queue\" \"q\" {\n  count = var.names[0].on ? var.names[0].n : 0\n}\n",
        ),
        (
            "app/tokyo.tfvars",
            "region = \"ap-northeast-1\"\nnames = [{ n = 1, on = true }]\n",
        ),
        (
            "sekisho.toml",
            "[[target]]\nroot = \"app\"\nname = \"tokyo\"\nvar-files = [\"tokyo.tfvars\"]\n[[target]]\nroot = \"app\"\nname = \"virginia\"\nvars = { region = \"us-east-1\", names = [{ n = 0x2, on = true }], extra = 1 }\nworkspace = \"v\"\n",
        ),
    ]);
    let places: Vec<String> = stores(&dir)
        .iter()
        .map(|s| {
            format!(
                "{} {} {}",
                s["variable_set"].as_str().unwrap_or(""),
                s["address"].as_str().unwrap_or(""),
                s["location"]["regions"][0].as_str().unwrap_or("")
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            "tokyo aws_sqs_queue.q[0] ap-northeast-1",
            "virginia aws_sqs_queue.q[0] us-east-1",
            "virginia aws_sqs_queue.q[1] us-east-1",
        ]
    );
    let (_, value) = check(&dir, &[]);
    let outside = value["findings"].as_array().expect("a list").iter();
    let outside: Vec<&Value> = outside
        .filter(|f| f["rule"] == "data-outside-japan")
        .collect();
    assert_eq!(outside.len(), 1);
    assert_eq!(outside[0]["variable_sets"][0], "virginia");
    let files: Vec<&str> = outside[0]["trail"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|t| t["file"].as_str())
        .collect();
    assert!(files.contains(&"sekisho.toml"), "{files:?}");
    // A value that the root does not declare, and what is typed lies over all sets.
    assert!(diagnostics(&value).contains(&"evaluation-error"));
    let (_, value) = check(&dir, &["--var", "region=ap-northeast-1"]);
    assert!(!has(&value, "data-outside-japan"));
}

#[test]
fn sensitive_values_of_sets_are_covered() {
    let dir = tree(&[
        (
            "main.tf",
            "variable \"region\" {}\nvariable \"pin\" {\n  sensitive = true\n}\nprovider \"aws\" {\n  region = var.region\n}\nresource \"aws_sqs_queue\" \"q\" {}\n",
        ),
        (
            "sekisho.toml",
            "[[target]]\nname = \"a\"\nvars = { region = \"us-east-1\", pin = \"hunter2\" }\n",
        ),
    ]);
    let output = in_dir(dir.path(), &["check", "."]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.contains("sekisho.toml:3"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    let shown = in_dir(dir.path(), &["check", ".", "--show-settings"]);
    assert!(
        !String::from_utf8(shown.stdout)
            .expect("UTF-8")
            .contains("hunter2")
    );
}

#[test]
fn backends_of_sets() {
    let dir = tree(&[
        (
            "main.tf",
            &format!("{TOKYO}terraform {{\n  backend \"s3\" {{}}\n}}\n"),
        ),
        ("a.tfbackend", "region = \"ap-northeast-1\"\n"),
        (
            "sekisho.toml",
            "[[target]]\nname = \"a\"\nbackend-config = [\"a.tfbackend\"]\n[[target]]\nname = \"b\"\nbackend-config = [\"region=us-east-1\"]\n",
        ),
    ]);
    let (_, value) = check(&dir, &[]);
    let state = value["findings"].as_array().expect("a list").iter();
    let state: Vec<&Value> = state
        .filter(|f| f["rule"] == "state-outside-japan")
        .collect();
    assert_eq!(state.len(), 1, "{value:#}");
    assert_eq!(state[0]["variable_sets"][0], "b");
    assert_eq!(state[0]["verdict"], "violation");
}

#[test]
fn mapped_modules() {
    let dir = tree(&[
        (
            "app/main.tf",
            &format!(
                "{TOKYO}module \"a\" {{\n  source  = \"app.terraform.io/acme/store/aws\"\n  version = \"1.0\"\n}}\nmodule \"b\" {{\n  source = \"git::https://example.com/acme/nothing.git?ref=v1\"\n}}\n"
            ),
        ),
        (
            "modules/store/main.tf",
            &format!(
                "{QUEUE}module \"again\" {{\n  source = \"app.terraform.io/acme/store/aws\"\n}}\n"
            ),
        ),
        (
            "sekisho.toml",
            "[modules]\n\"app.terraform.io/acme/*/aws\" = \"modules/*\"\n\"git::https://example.com/acme/*.git\" = \"modules/*\"\n",
        ),
    ]);
    let (_, value) = json(dir.path(), &["inventory", "."]);
    let addresses: Vec<&str> = value["stores"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|s| s["address"].as_str())
        .collect();
    assert_eq!(addresses, ["module.a.aws_sqs_queue.q"]);
    assert_eq!(value["summary"]["targets"], 1, "a mapped module is no root");
    let missing: Vec<&str> = value["modules_missing"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|m| m["source"].as_str())
        .collect();
    // What calls itself does not come to an end, and what is not there stays missing.
    assert_eq!(
        missing,
        [
            "app.terraform.io/acme/store/aws",
            "git::https://example.com/acme/nothing.git?ref=v1"
        ]
    );
}

#[test]
fn what_is_ignored_needs_a_reason_and_counts_below_its_file() {
    let ignore = "[[ignore]]\nrules = [\"data-unencrypted\"]\naddresses = [\"aws_ebs_volume.*\"]\n";
    let volume = format!("{TOKYO}{VOLUME}");
    let dir = tree(&[
        ("a/main.tf", &volume),
        (
            "a/sekisho.toml",
            &format!("{ignore}reason = \"scratch data\"\nuntil = 2999-01-01\n"),
        ),
        ("b/main.tf", &volume),
        ("c/main.tf", &volume),
        ("c/sekisho.toml", ignore),
    ]);
    let (_, value) = check(&dir, &[]);
    let open: Vec<&str> = value["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|f| f["rule"] == "data-unencrypted" && f["suppressed"].is_null())
        .filter_map(|f| f["target"].as_str())
        .collect();
    assert_eq!(open, ["b", "c"], "{value:#}");
    assert!(has(&value, "suppression-without-reason"));
    assert_eq!(value["summary"]["suppressed"], 1);
}

#[test]
fn assumptions_decide_only_what_nothing_else_says() {
    let dir = tree(&[
        ("a/main.tf", &format!("provider \"aws\" {{}}\n{QUEUE}")),
        ("b/main.tf", &format!("{VIRGINIA}{QUEUE}")),
        (
            "sekisho.toml",
            "[assume]\nregion = { aws = \"ap-northeast-1\" }\n",
        ),
    ]);
    let all = stores(&dir);
    assert_eq!(all[0]["location"]["regions"][0], "ap-northeast-1");
    assert_eq!(all[0]["assumptions"].as_array().map(Vec::len), Some(1));
    assert_eq!(all[1]["location"]["regions"][0], "us-east-1");
    let region = |settings: &str| {
        std::fs::write(dir.path().join("sekisho.toml"), settings).expect("written");
        let output = sekisho(&["inventory", "a", "--format", "json"])
            .current_dir(dir.path())
            .env("AWS_REGION", "eu-west-1")
            .output()
            .expect("it starts");
        let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        value["stores"][0]["location"]["regions"][0].clone()
    };
    assert_eq!(region("[assume]\nenvironment = true\n"), "eu-west-1");
    assert_eq!(region(""), Value::Null);
}

#[test]
fn an_assumed_region_is_the_one_that_a_data_source_tells() {
    let code = r#"
provider "aws" {}
provider "aws" {
  alias  = "tokyo"
  region = "ap-northeast-1"
}
data "aws_region" "here" {}
data "aws_caller_identity" "me" {}
resource "aws_sqs_queue" "q" {
  provider          = aws.tokyo
  kms_master_key_id = "arn:aws:kms:${data.aws_region.here.name}:${data.aws_caller_identity.me.account_id}:key/1234"
}
"#;
    let dir = tree(&[("main.tf", code), ("sekisho.toml", "")]);
    let keys = |settings: &str| {
        std::fs::write(dir.path().join("sekisho.toml"), settings).expect("written");
        let (_, value) = check(&dir, &[]);
        let findings = value["findings"].as_array().expect("a list").clone();
        let of_key = |f: &&Value| f["rule"] == "key-outside-japan";
        findings.iter().find(of_key).cloned().unwrap_or_default()
    };
    assert_eq!(keys("")["verdict"], "undetermined");
    let abroad = keys("[assume]\nregion = { aws = \"us-east-1\" }\n");
    assert_eq!(abroad["verdict"], "violation", "{abroad:#}");
    let assumed = stores(&dir)[0]["assumptions"].to_string();
    assert!(assumed.contains("assume.region: us-east-1"), "{assumed}");
    let here = keys("[assume]\nregion = { aws = \"ap-northeast-3\" }\n");
    assert!(here.is_null(), "{here:#}");
}

#[test]
fn own_rules_and_rows() {
    let dir = tree(&[
        (
            "main.tf",
            &format!(
                "{TOKYO}{QUEUE}resource \"aws_our_thing\" \"x\" {{\n  region = \"us-east-1\"\n}}\n"
            ),
        ),
        (
            "sekisho.toml",
            r#"
[[rule]]
id = "queue-has-team"
family = "own"
levels = { baseline = "error" }
title = "A queue belongs to a team"
violation = "{0} has no tag Team"
undetermined = "whether {0} has a tag Team{1}"
why = "somebody has to answer for it"
help = "add the tag Team"
[[rule.ask]]
about = "store"
fact = "location"
for = 'store.type == "aws_sqs_queue"'
requires = 'try(store.tags["Team"], "") != ""'
[[rule.basis]]
document = "our handbook"
section = "3"
says = "Everything has a team."

[type.aws_our_thing]
category = "database"
place = ["attr:region"]
[[type.aws_our_thing.custody]]
is = "provider-managed"
"#,
        ),
    ]);
    let (code, value) = check(&dir, &[]);
    assert_eq!(code, 1, "{value:#}");
    let own = value["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|f| f["rule"] == "queue-has-team")
        .unwrap_or_else(|| panic!("{value:#}"));
    assert_eq!(own["message"], "aws_sqs_queue.q has no tag Team");
    assert_eq!(own["basis"][0]["document"], "our handbook");
    assert!(
        has(&value, "data-outside-japan error [\"aws_our_thing.x\"]"),
        "{:#?}",
        said(&value)
    );
    // Without the file the type is not classified.
    let (_, value) = json(dir.path(), &["inventory", ".", "--no-config"]);
    assert_eq!(value["unclassified"][0]["type"], "aws_our_thing");
}

#[test]
fn what_is_wrong_with_an_own_rule_is_told_where_it_stands() {
    let rule = |id: &str, ask: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nfamily = \"own\"\nlevels = {{ baseline = \"error\" }}\ntitle = \"t\"\nviolation = \"v\"\nundetermined = \"u\"\nwhy = \"w\"\nhelp = \"h\"\nbasis = []\n[[rule.ask]]\nabout = \"store\"\nfact = \"location\"\n{ask}\n"
        )
    };
    let text = [
        rule("word", "requires = 'store.colour == \"red\"'"),
        rule("form", "requires = 'store.('"),
        rule("early", "requires = 'true'\nafter = [\"late\"]"),
        rule("late", "requires = 'true'\nafter = [\"data-unencrypted\"]"),
        rule(
            "profile",
            "requires = 'true'\naccepted = \"a\"\naccept = { nobody = 'true' }",
        ),
    ]
    .concat();
    let main = format!("{TOKYO}{VOLUME}");
    let dir = tree(&[("main.tf", &main), ("sekisho.toml", &text)]);
    let (code, value) = check(&dir, &[]);
    assert_eq!(code, 2);
    let wrong: Vec<String> = value["diagnostics"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|d| d["code"] == "settings-invalid")
        .map(|d| {
            let line = d["line"].as_u64().unwrap_or(0) as usize;
            text.lines()
                .nth(line.wrapping_sub(1))
                .unwrap_or("none")
                .to_owned()
        })
        .collect();
    for line in [
        "requires = 'store.colour == \"red\"'",
        "requires = 'store.('",
        "after = [\"late\"]",
        "accept = { nobody = 'true' }",
    ] {
        assert!(wrong.iter().any(|w| w == line), "{line}: {value:#}");
    }
    // The rules that ship judge all the same.
    assert!(has(&value, "data-unencrypted"));
}

#[test]
fn text_nested_too_deep_is_a_mistake_and_no_crash() {
    for text in [
        format!("{} = 1\n", vec!["a"; 100_000].join(".")),
        format!("a = {}1{}\n", "[".repeat(100_000), "]".repeat(100_000)),
        format!("[{}]\n", vec!["a"; 100_000].join(".")),
        format!("a = {}\n", "{ a = ".repeat(50_000)),
    ] {
        let main = format!("{TOKYO}{QUEUE}");
        let dir = tree(&[("main.tf", &main), ("sekisho.toml", &text)]);
        let output = in_dir(dir.path(), &["check", ".", "--format", "json"]);
        assert_eq!(output.status.code(), Some(2), "{}", &text[..20]);
    }
}

#[test]
fn the_language_of_the_settings_is_under_what_is_typed() {
    let dir = tree(&[
        ("main.tf", &format!("{TOKYO}{VOLUME}")),
        ("sekisho.toml", "lang = \"ja\"\n"),
    ]);
    let message = |args: &[&str]| {
        let (_, value) = check(&dir, args);
        value["findings"][0]["message"]
            .as_str()
            .unwrap_or("")
            .to_owned()
    };
    assert!(!message(&[]).is_ascii());
    assert!(message(&["--lang", "en"]).is_ascii());
}

#[test]
fn what_counts_is_shown() {
    assert_eq!(
        code(&snapshot(
            "settings-show",
            &[
                "check",
                "settings",
                "--show-settings",
                "--fail-on",
                "warning"
            ]
        )),
        0
    );
    assert_eq!(
        code(&snapshot("settings-check", &["check", "settings", "-q"])),
        1
    );
}

#[test]
fn init_writes_what_it_finds_and_nothing_over_what_is_there() {
    let dir = tree(&[
        (
            "envs/app/main.tf",
            "variable \"region\" {}\nprovider \"aws\" {\n  region = var.region\n}\nresource \"aws_sqs_queue\" \"q\" {\n  name = \"arn:aws:iam::123456789012:role/x\"\n}\n",
        ),
        ("envs/app/prod.tfvars", "region = \"ap-northeast-1\"\n"),
        ("envs/app/dev.tfvars", "region = \"us-east-1\"\n"),
        ("envs/app/common.tfvars", ""),
        ("envs/app/terraform.tfvars", ""),
        (
            "envs/app/prod.s3.tfbackend",
            "region = \"ap-northeast-1\"\n",
        ),
        ("dev/main.tf", &format!("provider \"aws\" {{}}\n{QUEUE}")),
    ]);
    let output = in_dir(dir.path(), &["init", "--lang", "en"]);
    assert_eq!(code(&output), 0, "{output:?}");
    support::compare("init", &support::record(&["init", "--lang", "en"], &output));
    let path = dir.path().join("sekisho.toml");
    let text = std::fs::read_to_string(&path).expect("written");
    support::compare("init-file", &text);
    let (_, mistakes) = file::read(&text);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let (_, value) = check(&dir, &[]);
    assert!(
        !diagnostics(&value).contains(&"settings-invalid"),
        "{value:#}"
    );
    assert_eq!(value["summary"]["variable_sets"], 3);

    let again = in_dir(dir.path(), &["init"]);
    assert_eq!(code(&again), 2);
    assert_eq!(std::fs::read_to_string(&path).expect("there"), text);
    let forced = in_dir(dir.path(), &["init", "--force", "--lang", "ja"]);
    assert_eq!(code(&forced), 0);
    let ja = std::fs::read_to_string(&path).expect("there");
    assert!(!ja.is_ascii() && ja != text);
    assert!(file::read(&ja).1.is_empty());
}

/// A values file may be an environment of its own: that it was not judged is said, until somebody names one.
#[test]
fn values_files_that_nobody_names_are_told() {
    let key = "variable \"key\" {\n  default = \"alias/ours\"\n}\nresource \"aws_sqs_queue\" \"k\" {\n  kms_master_key_id = var.key\n}\n";
    let dir = tree(&[
        ("main.tf", &format!("{TOKYO}{key}")),
        ("dev.tfvars", "key = \"\"\n"),
        ("terraform.tfvars", ""),
    ]);
    let (code, value) = check(&dir, &[]);
    assert_eq!(code, 0, "{value:#}");
    assert_eq!(diagnostics(&value), ["values-not-named"]);
    let message = value["diagnostics"][0]["message"].as_str().unwrap_or("");
    assert!(message.ends_with(": dev.tfvars"), "{message}");
    let file = dir.path().join("dev.tfvars").display().to_string();
    let (code, value) = check(&dir, &["--var-file", &file]);
    assert_eq!(code, 1, "{value:#}");
    assert!(diagnostics(&value).is_empty(), "{value:#}");
    std::fs::write(
        dir.path().join("sekisho.toml"),
        "[[target]]\nroot = \".\"\nname = \"dev\"\nvar-files = [\"dev.tfvars\"]\n",
    )
    .expect("written");
    let (code, value) = check(&dir, &[]);
    assert_eq!(code, 1, "{value:#}");
    assert!(diagnostics(&value).is_empty(), "{value:#}");
}

/// What a root reads by two variables, and the sets that its values files come to.
const BY_SET: &str = "variable \"region\" {}\nvariable \"key\" {}\nprovider \"aws\" {\n  region = var.region\n}\nresource \"aws_sqs_queue\" \"q\" {\n  kms_master_key_id = var.key\n}\n";

fn sets_of(value: &Value, rule: &str) -> Vec<Vec<String>> {
    let all = value["findings"].as_array().expect("a list").iter();
    all.filter(|f| f["rule"] == rule)
        .map(|f| {
            let sets = f["variable_sets"].as_array().expect("a list");
            sets.iter()
                .map(|s| s.as_str().unwrap_or("").to_owned())
                .collect()
        })
        .collect()
}

#[test]
fn values_files_near_a_root_make_sets_where_that_is_asked_for() {
    let key = "key = \"alias/ours\"\n";
    let dir = tree(&[
        ("app/main.tf", BY_SET),
        ("app/common.tfvars", key),
        ("app/dev.tfvars", "region = \"us-east-1\"\n"),
        ("app/prod.tfvars", "region = \"ap-northeast-1\"\n"),
        ("app/qa.tfvars.json", "{\"region\": \"us-east-1\"}"),
        ("app/envs/stg/terraform.tfvars", "region = \"us-east-1\"\n"),
        ("app/vars/other.tfvars", "nothing = 1\n"),
        // A module of its own: its files are not this root's.
        ("app/config/main.tf", "variable \"region\" {}\n"),
        ("app/config/x.tfvars", "region = \"eu-west-1\"\n"),
    ]);
    let (_, value) = check(&dir, &["--exclude", "config"]);
    assert_eq!(value["summary"]["variable_sets"], 1);
    assert!(diagnostics(&value).contains(&"values-not-named"));
    let help = value["diagnostics"][0]["help"].as_str().unwrap_or("");
    assert!(help.contains("--variable-sets auto"), "{help}");

    let auto = ["--exclude", "config", "--variable-sets", "auto"];
    let (code, value) = check(&dir, &auto);
    assert_eq!(code, 1);
    assert_eq!(diagnostics(&value), Vec::<&str>::new());
    assert_eq!(value["summary"]["variable_sets"], 4);
    assert_eq!(
        sets_of(&value, "data-outside-japan"),
        [["dev", "stg", "qa"]],
        "once, with the sets named"
    );
    // The same by the settings; what is typed is over them, and a typed values file is a choice.
    std::fs::write(
        dir.path().join("sekisho.toml"),
        "variable-sets = \"auto\"\n",
    )
    .expect("written");
    let (_, same) = check(&dir, &["--exclude", "config"]);
    assert_eq!(same["findings"], value["findings"]);
    let shown = in_dir(dir.path(), &["check", ".", "--show-settings"]).stdout;
    let shown = String::from_utf8(shown).expect("UTF-8");
    assert!(
        shown.contains("# sets: [\"dev\", \"stg\", \"prod\", \"qa\"]"),
        "{shown}"
    );
    let given = ["--exclude", "config", "--variable-sets", "given"];
    assert_eq!(check(&dir, &given).1["summary"]["variable_sets"], 1);
    let file = dir.path().join("app/prod.tfvars").display().to_string();
    let typed = ["--exclude", "config", "--var-file", &file];
    let (_, value) = check(&dir, &typed);
    assert_eq!(value["summary"]["variable_sets"], 1);
    assert!(!has(&value, "data-outside-japan"));
    // Asked for beside it, it lies over the other sets.
    let (_, value) = check(&dir, &[&typed[..], &auto[2..]].concat());
    assert_eq!(value["summary"]["variable_sets"], 3);
    assert!(!has(&value, "data-outside-japan"));
    // A [[target]] of the root stands for it.
    std::fs::write(
        dir.path().join("sekisho.toml"),
        "variable-sets = \"auto\"\n[[target]]\nroot = \"app\"\nname = \"only\"\nvar-files = [\"prod.tfvars\"]\n",
    )
    .expect("written");
    assert_eq!(
        check(&dir, &["--exclude", "config"]).1["summary"]["variable_sets"],
        1
    );
}

#[test]
fn the_sets_of_a_finding_are_named_in_every_format() {
    let dir = tree(&[
        ("main.tf", BY_SET),
        (
            "dev.tfvars",
            "region = \"us-east-1\"\nkey = \"alias/ours\"\n",
        ),
        ("prod.tfvars", "region = \"ap-northeast-1\"\n"),
        (
            "qa.tfvars",
            "region = \"us-east-1\"\nkey = \"alias/ours\"\n",
        ),
    ]);
    let auto = |command: &str, format: &str| {
        let args = [command, ".", "--variable-sets", "auto", "--lang", "en"];
        let output = in_dir(dir.path(), &[&args[..], &["--format", format]].concat());
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    for (format, both, one) in [
        (
            "text",
            "= variable sets: dev, qa\n",
            "= variable sets: prod\n",
        ),
        ("brief", " [dev, qa]\n", " [prod]\n"),
        ("github", " [dev, qa]%0A", " [prod]%0A"),
        ("csv", ",dev; qa,", ",prod,"),
        (
            "sarif",
            "\"variableSets\":[\"dev\",\"qa\"]",
            "\"variableSets\":[\"prod\"]",
        ),
    ] {
        let text = auto("check", format);
        let text = text.replace("\": ", "\":");
        assert!(text.contains(both), "{format}: {text}");
        assert!(text.contains(one), "{format}: {text}");
    }
    for set in ["dev", "prod", "qa"] {
        let text = auto("inventory", "table");
        assert!(text.contains(&format!(". [{set}]  ")), "{text}");
    }
    let text = auto("inventory", "text");
    assert!(text.contains("variable sets 3, "), "{text}");
    // A root that is judged once has no such words.
    let output = in_dir(dir.path(), &["check", "main.tf", "--lang", "en"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(!text.contains("variable sets:"), "{text}");
}

/// Fingerprints are made over the sets, and a suppression counts where it is needed once.
#[test]
fn what_one_set_needs_is_used_and_the_sets_are_in_the_fingerprint() {
    let with = |tail: &str| {
        format!(
            "variable \"region\" {{}}\nprovider \"aws\" {{\n  region = var.region{tail}\n}}\n{QUEUE}"
        )
    };
    let targets = |names: &[(&str, &str)]| {
        names.iter().fold(String::new(), |all, (name, region)| {
            format!("{all}[[target]]\nname = \"{name}\"\nvars = {{ region = \"{region}\" }}\n")
        })
    };
    let dir = tree(&[
        ("main.tf", &with("")),
        (
            "sekisho.toml",
            &targets(&[("a", "us-east-1"), ("b", "ap-northeast-1")]),
        ),
    ]);
    let prints = |value: &Value| -> Vec<Value> {
        let all = value["findings"].as_array().expect("a list").iter();
        all.filter(|f| f["rule"] == "data-outside-japan")
            .map(|f| f["fingerprints"].clone())
            .collect()
    };
    let one = prints(&check(&dir, &[]).1);
    let write = |name: &str, text: &str| {
        std::fs::write(dir.path().join(name), text).expect("written");
    };
    write(
        "sekisho.toml",
        &targets(&[("a", "us-east-1"), ("b", "us-east-1")]),
    );
    let (_, value) = check(&dir, &[]);
    let two = prints(&value);
    assert_eq!((one.len(), two.len()), (1, 1));
    assert_ne!(one, two, "{value:#}");
    assert_eq!(sets_of(&value, "data-outside-japan"), [["a", "b"]]);
    write(
        "sekisho.toml",
        &targets(&[("a", "us-east-1"), ("b", "ap-northeast-1")]),
    );
    write(
        "main.tf",
        &with(" # sekisho: ignore[data-outside-japan] only in a"),
    );
    let (_, value) = check(&dir, &[]);
    assert!(!has(&value, "data-outside-japan"), "{value:#}");
    assert!(!has(&value, "suppression-unused"), "{value:#}");
    let accepted = value["findings"].as_array().expect("a list").iter();
    let accepted: Vec<_> = accepted.filter(|f| !f["suppressed"].is_null()).collect();
    assert_eq!(accepted.len(), 1);
    assert_eq!(accepted[0]["variable_sets"], serde_json::json!(["a"]));
}
