//! The commands beside `check` and `inventory`, and what all say of types without a row.

mod support;

use serde_json::{Value, json};
use support::{run, schema, snapshot};

fn json_of(args: &[&str]) -> Value {
    let output = run(args);
    serde_json::from_slice(&output.stdout).expect("standard output is JSON")
}

#[test]
fn types_without_a_row_are_told_apart() {
    let output = snapshot("check-unclassified", &["check", "unclassified"]);
    // Nothing in it could be judged, and that is loud.
    assert_eq!(output.status.code(), Some(2));
    snapshot(
        "inventory-unclassified-ja",
        &["inventory", "unclassified", "--lang", "ja", "-v"],
    );

    let register = json_of(&["inventory", "unclassified", "--format", "json"]);
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/schema/inventory-1.json"
    ));
    let schema: Value = serde_json::from_str(&text.expect("the schema")).expect("JSON");
    assert_eq!(schema::problems(&schema, &register), Vec::<String>::new());
    let unclassified: Vec<(&str, &str)> = register["unclassified"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|u| Some((u["type"].as_str()?, u["kind"].as_str()?)))
        .collect();
    assert_eq!(
        unclassified,
        [
            ("aws_macie2_classification_job", "not-judged"),
            ("aws_type_of_tomorrow", "unknown-type"),
            ("aws_workmail_user", "no-row"),
        ]
    );
    let others: Vec<(&str, &str)> = register["others"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|o| Some((o["address"].as_str()?, o["role"].as_str()?)))
        .collect();
    assert_eq!(
        others,
        [
            ("aws_cloudformation_stack.app", "opaque"),
            ("helm_release.app", "opaque"),
        ]
    );
    for counts in [
        &register["summary"],
        &json_of(&["check", "unclassified", "--format", "json"])["summary"],
    ] {
        assert_eq!(counts["no_row"], json!(1));
        assert_eq!(counts["not_judged"], json!(1));
        assert_eq!(counts["unknown_types"], json!(1));
        assert_eq!(counts["opaque"], json!(2));
        assert_eq!(counts["stores"], json!(0));
    }
}

#[test]
fn a_rule_is_explained() {
    for (name, lang) in [("explain-rule", "en"), ("explain-rule-ja", "ja")] {
        let args = ["explain", "data-outside-japan", "--lang", lang];
        assert_eq!(snapshot(name, &args).status.code(), Some(0));
    }
    let rule = &json_of(&["explain", "key-not-customer-controlled", "--format", "json"])["rule"];
    assert_eq!(rule["family"], json!("custody"));
    assert!(!rule["basis"].as_array().expect("a list").is_empty());
    assert!(!rule["asks"].as_array().expect("a list").is_empty());
    assert!(
        rule["examples"]["bad"]
            .as_str()
            .expect("an example")
            .contains("resource")
    );
}

#[test]
fn a_type_is_explained() {
    for (name, ty, lang) in [
        ("explain-bucket", "aws_s3_bucket", "en"),
        ("explain-bucket-ja", "aws_s3_bucket", "ja"),
        ("explain-instance", "aws_db_instance", "en"),
        ("explain-carrier", "aws_ebs_encryption_by_default", "en"),
        ("explain-key", "data.aws_kms_alias", "en"),
        ("explain-backend", "backend.s3", "ja"),
        ("explain-opaque", "aws_cloudformation_stack", "en"),
        ("explain-route", "aws_macie2_classification_job", "ja"),
        ("explain-no-data", "aws_vpc", "en"),
    ] {
        let output = snapshot(name, &["explain", ty, "--lang", lang]);
        assert_eq!(output.status.code(), Some(0), "{ty}");
    }
    let ty = &json_of(&["explain", "aws_s3_bucket", "--format", "json"])["type"];
    assert_eq!(ty["kind"], json!("store"));
    let file = ty["file"].as_str().expect("a file");
    let text = std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR")));
    let text = text.expect("the row's file");
    let line = ty["line"].as_u64().expect("a line") as usize;
    assert_eq!(text.lines().nth(line - 1), Some("[aws_s3_bucket]"));
    let none = &json_of(&[
        "explain",
        "aws_macie2_classification_job",
        "--format",
        "json",
    ])["type"];
    assert_eq!(
        (&none["kind"], &none["role"]),
        (&json!("not-judged"), &json!("route"))
    );
}

#[test]
fn what_is_not_there_is_exit_2_and_names_the_nearest() {
    for (name, args) in [
        ("explain-near", &["explain", "data-outside-jpan"][..]),
        ("explain-near-type", &["explain", "aws_s3_bukket"]),
        ("explain-nothing", &["explain", "zzz", "--lang", "ja"]),
        ("rules-no-profile", &["rules", "--profile", "goverment"]),
        ("catalog-nothing", &["catalog", "aws_s3_bukket"]),
    ] {
        let output = snapshot(name, args);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(output.stdout.is_empty(), "{name}");
    }
}

#[test]
fn rules_and_types_are_listed() {
    assert_eq!(snapshot("rules", &["rules"]).status.code(), Some(0));
    snapshot(
        "rules-ja",
        &["rules", "--profile", "government", "--lang", "ja"],
    );
    let rules = json_of(&["rules", "--format", "json", "--profile", "baseline"]);
    assert_eq!(rules["profiles"], json!(["baseline"]));
    let first = &rules["rules"][0];
    assert!(first["levels"]["baseline"].is_string(), "{first}");

    assert_eq!(
        snapshot("catalog-queue", &["catalog", "aws_sqs_*"])
            .status
            .code(),
        Some(0)
    );
    let all = json_of(&["catalog", "--format", "json"]);
    let kinds: Vec<&str> = all["types"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|t| t["kind"].as_str())
        .collect();
    for kind in [
        "store",
        "key",
        "carrier",
        "backend",
        "no-row",
        "not-judged",
        "opaque",
        "no-data",
    ] {
        let n = kinds.iter().filter(|k| **k == kind).count();
        assert!(n > 0, "{kind}");
        assert_eq!(all["counts"][kind], json!(n), "{kind}");
    }
}

/// Every row can be said in words: no word is missing in either language.
#[test]
fn every_type_and_rule_can_be_explained() {
    use sekisho::messages::{Lang, Words};
    for lang in [Lang::En, Lang::Ja] {
        let words = Words::new(lang);
        for (name, text) in sekisho::explain::all_texts(&words) {
            assert!(!text.contains("explain."), "{name}: {text}");
            assert!(
                !text.contains("{0}") && !text.contains("{1}"),
                "{name}: {text}"
            );
        }
    }
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = run(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(
            text.contains("inventory") && text.contains("explain"),
            "{shell}"
        );
    }
    assert_eq!(run(&["completions", "cmd"]).status.code(), Some(2));
}
