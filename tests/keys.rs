//! What the rules about keys need beside facts: settings that say what is one's own, the day of the run, a level that
//! something makes worse; and what the register says of a key's cipher.

mod support;

use serde_json::Value;
use std::path::Path;

/// What is said of a directory, on a day.
fn json(dir: &Path, day: &str, args: &[&str]) -> Value {
    let path = dir.display().to_string();
    let mut all = vec![args[0], &path, "--format", "json"];
    all.extend(&args[1..]);
    let output = support::sekisho(&all).env("SEKISHO_TODAY", day).output();
    let output = output.expect("the binary starts");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

/// Level, verdict and first address of the findings of a rule.
fn of_rule(value: &Value, rule: &str) -> Vec<(String, String, String)> {
    let findings = value["findings"].as_array().expect("a list").iter();
    let of_it = findings.filter(|f| f["rule"] == rule);
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let mut out: Vec<_> = of_it
        .map(|f| {
            (
                text(&f["level"]),
                text(&f["verdict"]),
                text(&f["addresses"][0]),
            )
        })
        .collect();
    out.sort();
    out
}

fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).expect("written");
    }
    dir
}

const DAY: &str = "2026-11-28";

const THEIRS: &str = r#"
provider "aws" {
  region = "ap-northeast-1"
}
resource "aws_sqs_queue" "q" {
  kms_master_key_id = "arn:aws:kms:ap-northeast-1:999999999999:key/12345678-1234-1234-1234-123456789012"
}
"#;

#[test]
fn a_key_of_another_account_is_told_where_settings_name_ones_own() {
    let rule = "key-of-another-account";
    let ask = |own: &str| {
        let dir = root(&[("main.tf", THEIRS), ("sekisho.toml", own)]);
        of_rule(&json(dir.path(), DAY, &["check"]), rule)
    };
    assert!(ask("").is_empty());
    // The accounts of another cloud say nothing.
    assert!(ask("[own]\ngoogle-projects = [\"mine\"]\n").is_empty());
    let found = ask("[own]\naws-accounts = [\"111111111111\"]\n");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&*found[0].0, &*found[0].1, &*found[0].2),
        ("warning", "violation", "aws_sqs_queue.q")
    );
    assert!(ask("[own]\naws-accounts = [\"111111111111\", \"9999*\"]\n").is_empty());
    let trusted = "[own]\naws-accounts = [\"111111111111\"]\n\
                   trusted-keys = [\"arn:aws:kms:*:999999999999:key/*\"]\n";
    assert!(ask(trusted).is_empty());
}

#[test]
fn a_key_that_is_easily_destroyed_is_worse_without_a_backup() {
    let text = |versioning: &str| {
        format!(
            r#"
provider "aws" {{
  region = "ap-northeast-1"
}}
resource "aws_kms_key" "k" {{
  deletion_window_in_days = 7
}}
resource "aws_s3_bucket" "b" {{
  bucket = "b"
}}
resource "aws_s3_bucket_server_side_encryption_configuration" "b" {{
  bucket = aws_s3_bucket.b.id
  rule {{
    apply_server_side_encryption_by_default {{
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.k.arn
    }}
  }}
}}
{versioning}
"#
        )
    };
    let kept = r#"
resource "aws_s3_bucket_versioning" "b" {
  bucket = aws_s3_bucket.b.id
  versioning_configuration {
    status = "Enabled"
  }
}
"#;
    let level = |versioning: &str, profile: &str| {
        let dir = root(&[("main.tf", &text(versioning))]);
        let value = json(dir.path(), DAY, &["check", "--profile", profile]);
        let mut found = of_rule(&value, "key-easily-destroyed");
        assert_eq!(found.len(), 1, "{value}");
        found.remove(0).0
    };
    assert_eq!(level("", "personal-information"), "error");
    assert_eq!(level(kept, "personal-information"), "warning");
    assert_eq!(level("", "baseline"), "warning");
}

const RSA: &str = r#"
provider "aws" {
  region = "ap-northeast-1"
}
resource "aws_kms_key" "rsa" {
  customer_master_key_spec = "RSA_2048"
}
resource "aws_kms_key" "aes" {}
resource "aws_kms_key" "new" {
  customer_master_key_spec = "ML_DSA_65"
}
"#;

#[test]
fn a_cipher_passes_up_to_its_day() {
    let dir = root(&[("main.tf", RSA)]);
    let rule = "cipher-outside-cryptrec";
    let on = |day: &str| -> Vec<(String, String)> {
        let found = of_rule(&json(dir.path(), day, &["check"]), rule).into_iter();
        found.map(|(_, verdict, at)| (verdict, at)).collect()
    };
    let new = ("undetermined".to_owned(), "aws_kms_key.new".to_owned());
    assert_eq!(on("2030-12-31"), std::slice::from_ref(&new));
    let late = ("violation".to_owned(), "aws_kms_key.rsa".to_owned());
    let mut found = on("2031-01-01");
    found.sort();
    assert_eq!(found, [new, late]);
}

#[test]
fn the_register_says_what_a_key_encrypts_with() {
    let dir = root(&[("main.tf", RSA)]);
    let on = |day: &str| -> Vec<String> {
        let value = json(dir.path(), day, &["inventory"]);
        let keys = value["keys"].as_array().expect("a list").iter();
        keys.map(|k| format!("{} {}", k["address"], k["cipher"]))
            .collect()
    };
    let line = |name: &str, cipher: &str| format!("\"aws_kms_key.{name}\" {cipher}");
    let aes = line("aes", r#"{"listed":"yes","name":"AES-256","until":null}"#);
    let new = line(
        "new",
        r#"{"listed":"unknown","name":"ML_DSA_65","until":null}"#,
    );
    let rsa = |listed: &str| {
        let cipher = format!(r#"{{"listed":"{listed}","name":"RSA-2048","until":"2030-12-31"}}"#);
        line("rsa", &cipher)
    };
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all
    };
    assert_eq!(sorted(on(DAY)), [aes.clone(), new.clone(), rsa("yes")]);
    assert_eq!(sorted(on("2031-01-01")), [aes, new, rsa("no")]);
}
