//! Secrets that stand in the code: told where they are, never what they are.

mod support;

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use support::sekisho;

/// A secret that nothing else here contains.
const SECRET: &str = "Qz7pLw2Xk9Vt";

fn code(secret: &str) -> String {
    format!(
        r#"provider "aws" {{
  region     = "ap-northeast-1"
  secret_key = "{secret}provider"
}}

variable "innocent" {{
  default = "{secret}default"
}}

locals {{
  parts = {{ one = "{secret}local" }}
}}

resource "aws_db_instance" "here" {{
  password = "{secret}here"
}}

resource "aws_rds_cluster" "variable" {{
  master_password = var.innocent
}}

resource "aws_redshift_cluster" "local" {{
  master_password = local.parts["one"]
}}

variable "given" {{}}

resource "aws_docdb_cluster" "given" {{
  master_password = var.given
}}

resource "aws_instance" "text" {{
  user_data = <<-EOT
    line of no interest
    export DB_PASSWORD={secret}text1
  EOT
}}

resource "aws_lambda_function" "map" {{
  function_name = "map"
  role          = "arn:aws:iam::111122223333:role/f"
  environment {{
    variables = {{
      DB_PASSWORD = "{secret}map"
    }}
  }}
}}

resource "aws_db_instance" "changed" {{
  password = "{secret}changed"
  lifecycle {{
    ignore_changes = [password]
  }}
}}

resource "postgresql_role" "unlisted" {{
  name     = "r"
  password = "{secret}unlisted"
}}
"#
    )
}

fn tree(secret: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("main.tf"), code(secret)).expect("a file");
    let values = format!("given = \"{secret}values\"\n");
    fs::write(dir.path().join("terraform.tfvars"), values).expect("a file");
    dir
}

fn at(dir: &Path, args: &[&str]) -> Command {
    let mut command = sekisho(args);
    command.current_dir(dir);
    command
}

fn findings(command: &mut Command) -> Vec<Value> {
    let output = command.output().expect("the binary starts");
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let all = value["findings"].as_array().expect("a list").clone();
    all.into_iter()
        .filter(|f| f["rule"] == "secret-in-plaintext")
        .collect()
}

fn told(findings: &[Value]) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = findings
        .iter()
        .flat_map(|f| {
            let verdict = f["verdict"].as_str().expect("text").to_owned();
            let addresses = f["addresses"].as_array().expect("a list").clone();
            addresses
                .into_iter()
                .map(move |a| (a.as_str().expect("text").to_owned(), verdict.clone()))
        })
        .collect();
    out.sort();
    out
}

#[test]
fn every_secret_is_told_where_it_stands() {
    let dir = tree(SECRET);
    let args = ["check", "--profile", "government", "--format", "json"];
    let found = told(&findings(&mut at(dir.path(), &args)));
    let want = [
        ("aws_db_instance.changed", "undetermined"),
        ("aws_db_instance.here", "violation"),
        ("aws_docdb_cluster.given", "violation"),
        ("aws_instance.text", "violation"),
        ("aws_lambda_function.map", "violation"),
        ("aws_rds_cluster.variable", "violation"),
        ("aws_redshift_cluster.local", "violation"),
        ("postgresql_role.unlisted", "violation"),
        ("provider.aws", "violation"),
    ];
    let want: Vec<(String, String)> = want
        .iter()
        .map(|(a, v)| ((*a).to_owned(), (*v).to_owned()))
        .collect();
    assert_eq!(found, want);
}

#[test]
fn none_is_in_any_output() {
    let dir = tree(SECRET);
    let mut runs: Vec<Vec<&str>> = Vec::new();
    for lang in ["ja", "en"] {
        for format in ["text", "brief", "json", "sarif", "github"] {
            let profile = "government";
            runs.push(vec![
                "check",
                "--profile",
                profile,
                "--format",
                format,
                "--lang",
                lang,
                "--min-level",
                "note",
            ]);
            // The lines around other findings show the same literals.
            runs.push(vec![
                "check",
                "--ignore",
                "secret-in-plaintext",
                "--format",
                format,
                "--lang",
                lang,
                "--min-level",
                "note",
            ]);
        }
        for format in ["text", "table", "json", "csv"] {
            runs.push(vec!["inventory", "--format", format, "--lang", lang]);
        }
        for address in [
            "aws_db_instance.here",
            "aws_rds_cluster.variable",
            "aws_instance.text",
        ] {
            runs.push(vec!["why", address, "--lang", lang]);
            runs.push(vec!["why", address, "--format", "json", "--lang", lang]);
        }
        runs.push(vec!["unknowns", "--lang", lang]);
        for format in ["md", "html", "json"] {
            runs.push(vec![
                "report",
                "--profile",
                "government",
                "--format",
                format,
                "--lang",
                lang,
            ]);
        }
    }
    for args in runs {
        let output = at(dir.path(), &args).output().expect("the binary starts");
        for bytes in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(bytes);
            assert!(!text.contains(SECRET), "{args:?}:\n{text}");
        }
    }
}

#[test]
fn the_fingerprint_tells_nothing_of_it() {
    let prints = |secret: &str| -> Vec<Value> {
        let dir = tree(secret);
        // The name of a root that is its own boundary is part of no fingerprint.
        let args = ["check", "--profile", "government", "--format", "json"];
        let found = findings(&mut at(dir.path(), &args));
        found.iter().map(|f| f["fingerprints"].clone()).collect()
    };
    assert_eq!(prints(SECRET), prints("Another0ne55"));
}

#[test]
fn what_is_given_from_outside_does_not_stand_in_the_code() {
    let dir = tempfile::tempdir().expect("a directory");
    let text = r#"variable "given" {
  type = string
}

variable "other" {
  default = ""
}

resource "aws_db_instance" "a" {
  password = var.given
}

resource "aws_rds_cluster" "b" {
  master_password = var.other
}

resource "aws_redshift_cluster" "c" {
  master_password = base64decode(base64encode(var.given))
}
"#;
    fs::write(dir.path().join("main.tf"), text).expect("a file");
    let args = ["check", "--profile", "government", "--format", "json"];
    let given = format!("given={SECRET}");
    let with_var = [&args[..], &["--var", &given]].concat();
    let mut by_argument = at(dir.path(), &with_var);
    by_argument.env("TF_VAR_other", "An0therSecret");
    assert_eq!(told(&findings(&mut by_argument)), []);
    assert_eq!(told(&findings(&mut at(dir.path(), &args))), []);
}

/// Blocks of one path: what is generated in the first says nothing of the second.
#[test]
fn of_several_blocks_the_worst_counts() {
    let text = |first: &str, second: &str| {
        format!(
            "resource \"random_password\" \"p\" {{\n  length = 20\n}}\n\nresource \"aws_mq_broker\" \"b\" {{\n  \
             user {{\n    username = \"a\"\n    password = {first}\n  }}\n  user {{\n    username = \"b\"\n    \
             password = {second}\n  }}\n}}\n"
        )
    };
    let literal = format!("\"{SECRET}\"");
    let generated = "random_password.p.result";
    for (first, second) in [(generated, &*literal), (&*literal, generated)] {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("main.tf"), text(first, second)).expect("a file");
        let args = ["check", "--profile", "government", "--format", "json"];
        assert_eq!(
            told(&findings(&mut at(dir.path(), &args))),
            [("aws_mq_broker.b".to_owned(), "violation".to_owned())]
        );
    }
}

/// Of a plan alone: a constant of its configuration counts, what only the plan knows does not.
#[test]
fn of_a_plan_only_constants_count() {
    let resource = |name: &str, secret: &str, written: &str| {
        (
            format!(
                r#"{{"address":"aws_db_instance.{name}","mode":"managed","type":"aws_db_instance","name":"{name}","provider_name":"registry.terraform.io/hashicorp/aws","schema_version":0,"values":{{"password":"{secret}"}},"sensitive_values":{{"password":true}}}}"#
            ),
            format!(
                r#"{{"address":"aws_db_instance.{name}","mode":"managed","type":"aws_db_instance","name":"{name}","provider_config_key":"aws","expressions":{{"password":{written}}},"schema_version":0}}"#
            ),
            format!(
                r#"{{"address":"aws_db_instance.{name}","mode":"managed","type":"aws_db_instance","name":"{name}","provider_name":"registry.terraform.io/hashicorp/aws","change":{{"actions":["create"],"before":null,"after":{{"password":"{secret}"}},"after_unknown":{{}},"before_sensitive":false,"after_sensitive":{{"password":true}}}}}}"#
            ),
        )
    };
    let a = resource(
        "constant",
        SECRET,
        &format!(r#"{{"constant_value":"{SECRET}"}}"#),
    );
    let b = resource("given", SECRET, r#"{"references":["var.p"]}"#);
    let plan = format!(
        r#"{{"format_version":"1.2","terraform_version":"1.11.4","variables":{{"p":{{"value":"{SECRET}"}}}},"planned_values":{{"root_module":{{"resources":[{},{}]}}}},"resource_changes":[{},{}],"configuration":{{"provider_config":{{"aws":{{"name":"aws","full_name":"registry.terraform.io/hashicorp/aws"}}}},"root_module":{{"resources":[{},{}],"variables":{{"p":{{}}}}}}}},"complete":true,"errored":false}}"#,
        a.0, b.0, a.2, b.2, a.1, b.1
    );
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("plan.json"), plan).expect("a file");
    let args = [
        "check",
        "plan.json",
        "--profile",
        "government",
        "--format",
        "json",
    ];
    let found = findings(&mut at(dir.path(), &args));
    assert_eq!(
        told(&found),
        [(
            "aws_db_instance.constant".to_owned(),
            "violation".to_owned()
        )]
    );
    for format in ["text", "json", "sarif"] {
        let args = [
            "check",
            "plan.json",
            "--profile",
            "government",
            "--format",
            format,
        ];
        let output = at(dir.path(), &args).output().expect("the binary starts");
        for bytes in [&output.stdout, &output.stderr] {
            assert!(!String::from_utf8_lossy(bytes).contains(SECRET), "{format}");
        }
    }
}
