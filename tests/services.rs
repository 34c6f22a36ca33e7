//! Provider configurations that are a service by themselves: of a plan as of code, and in a comparison.

mod support;

use serde_json::{Value, json};
use std::path::Path;
use support::sekisho;
use tempfile::TempDir;

/// A plan that makes one monitor of a service, whose site a variable names.
fn plan() -> Value {
    let resource = json!({
        "address": "datadog_monitor.m", "mode": "managed", "type": "datadog_monitor", "name": "m",
        "provider_name": "registry.terraform.io/datadog/datadog",
    });
    let with = |more: Value| {
        let mut out = resource.clone();
        let fields = more.as_object().expect("an object").clone();
        out.as_object_mut().expect("an object").extend(fields);
        out
    };
    json!({
        "format_version": "1.2", "terraform_version": "1.11.4", "complete": true, "errored": false,
        "variables": {"site": {"value": "https://api.datadoghq.eu/"}},
        "planned_values": {"root_module": {"resources": [
            with(json!({"schema_version": 0, "values": {"name": "m"}, "sensitive_values": {}})),
        ]}},
        "resource_changes": [with(json!({"change": {
            "actions": ["no-op"], "before": {"name": "m"}, "after": {"name": "m"},
            "after_unknown": {}, "before_sensitive": {}, "after_sensitive": {},
        }}))],
        "configuration": {
            "provider_config": {"datadog": {
                "name": "datadog", "full_name": "registry.terraform.io/datadog/datadog",
                "expressions": {"api_url": {"references": ["var.site"]}},
            }},
            "root_module": {
                "resources": [with(json!({
                    "provider_config_key": "datadog", "schema_version": 0,
                    "expressions": {"name": {"constant_value": "m"}},
                }))],
                "variables": {"site": {}},
            },
        },
    })
}

const CODE: &str = r#"
terraform {
  required_providers {
    datadog = {
      source = "DataDog/datadog"
    }
  }
}

variable "site" {
  default = "https://api.datadoghq.eu/"
}

provider "datadog" {
  api_url = var.site
}

resource "datadog_monitor" "m" {
  name = "m"
}
"#;

fn said(dir: &Path, args: &[&str]) -> Value {
    let output = sekisho(args)
        .current_dir(dir)
        .output()
        .expect("sekisho runs");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn tree() -> TempDir {
    let dir = TempDir::new().expect("a temporary directory");
    std::fs::create_dir(dir.path().join("code")).expect("a directory");
    std::fs::write(dir.path().join("code/main.tf"), CODE).expect("a file");
    std::fs::write(dir.path().join("tfplan.json"), plan().to_string()).expect("a file");
    dir
}

#[test]
fn code_and_plan_tell_the_same_of_a_service() {
    let dir = tree();
    let of = |path: &str| {
        let register = said(dir.path(), &["inventory", path, "--format", "json"]);
        let others = register["others"].as_array().expect("a list").clone();
        assert_eq!(others.len(), 1, "{others:?}");
        let mut one = others[0].clone();
        one["target"] = "".into();
        one
    };
    let code = of("code");
    assert_eq!(code["role"], "service");
    assert_eq!(code["address"], "provider.datadog");
    assert_eq!(code["location"]["countries"], json!(["DE"]));
    assert_eq!(code["operator"]["country"], "US");
    assert_eq!(of("tfplan.json"), code);
}

/// A plan holds the new provider configuration alone: how it was before nobody knows, so nothing of it is
/// passed over as having been there.
#[test]
fn a_service_is_never_taken_for_one_that_was_there() {
    let dir = tree();
    let args = ["check", "tfplan.json", "--new-only", "--format", "json"];
    let findings = said(dir.path(), &args)["findings"].clone();
    let abroad = findings.as_array().into_iter().flatten();
    let mut abroad = abroad.filter(|f| f["rule"] == "operations-data-outside-japan");
    let found = abroad.next().expect("it is told");
    assert_eq!(found["verdict"], "violation");
    assert_eq!(found["change"], Value::Null);
}
