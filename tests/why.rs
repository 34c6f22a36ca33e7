//! `sekisho why` and `sekisho unknowns` at the command line.

mod support;

use serde_json::Value;
use std::process::Output;
use support::{run, snapshot};

fn code(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

fn json(args: &[&str]) -> Value {
    serde_json::from_slice(&run(args).stdout).expect("JSON")
}

#[test]
fn a_tree_from_the_fact_to_what_somebody_can_change() {
    snapshot("help-why", &["why", "--help"]);
    // A value out of a values file, an alternative with what decides it, a key followed.
    let args = [
        "why",
        "module.app.aws_ebs_volume.data[\"a\"]",
        "--path",
        "why",
    ];
    assert_eq!(
        code(&snapshot("why-module", &args)),
        1,
        "a module is missing"
    );
    snapshot(
        "why-ja",
        &[
            "why",
            "aws_sqs_queue.jobs",
            "--path",
            "bucket",
            "--lang",
            "ja",
        ],
    );
    let args = [
        "why",
        "terraform.backend.s3",
        "location",
        "--path",
        "bucket",
    ];
    assert_eq!(code(&snapshot("why-backend", &args)), 0);
}

#[test]
fn one_fact_or_all_and_patterns() {
    let facts = |args: &[&str]| -> Vec<(String, Vec<String>)> {
        let value = json(args);
        let answers = value["answers"].as_array().expect("a list").iter();
        answers
            .map(|a| {
                let facts = a["facts"].as_array().expect("a list").iter();
                let words = facts.filter_map(|f| Some(f["fact"].as_str()?.to_owned()));
                (
                    a["address"].as_str().expect("text").to_owned(),
                    words.collect(),
                )
            })
            .collect()
    };
    let all = [
        "location",
        "custody",
        "encryption",
        "exposure",
        "backup",
        "copies",
        "parts",
        "class",
    ];
    let queue = [
        "why",
        "aws_sqs_queue.jobs",
        "--path",
        "bucket",
        "--format",
        "json",
    ];
    assert_eq!(
        facts(&queue),
        [("aws_sqs_queue.jobs".into(), all.map(String::from).to_vec())]
    );
    for fact in all {
        let one = [
            "why",
            "aws_sqs_queue.jobs",
            fact,
            "--path",
            "bucket",
            "--format",
            "json",
        ];
        assert_eq!(
            facts(&one),
            [("aws_sqs_queue.jobs".into(), vec![fact.to_owned()])]
        );
    }
    // An address without keys means all of them.
    let both = facts(&[
        "why",
        "module.app.aws_ebs_volume.data",
        "class",
        "--path",
        "why",
        "--format",
        "json",
    ]);
    assert_eq!(both.len(), 2);
    let below = facts(&[
        "why",
        "module.app.**",
        "location",
        "--path",
        "why",
        "--format",
        "json",
    ]);
    assert_eq!(below.len(), 3);
    assert_eq!(
        code(&run(&[
            "why",
            "aws_sqs_queue.jobs",
            "colour",
            "--path",
            "bucket"
        ])),
        2
    );
}

#[test]
fn alternatives_have_their_own_values() {
    let value = json(&[
        "why",
        "module.app.aws_ebs_volume.data[\"a\"]",
        "location",
        "--path",
        "why",
        "--format",
        "json",
    ]);
    let below = value["answers"][0]["facts"][0]["children"]
        .as_array()
        .expect("a list");
    let of = |kind: &str| -> Vec<&Value> { below.iter().filter(|n| n["kind"] == kind).collect() };
    let told: Vec<(&Value, &Value)> = of("alternative")
        .iter()
        .map(|n| (&n["when"][0], &n["children"][0]["value"]))
        .collect();
    let expected = [
        (Value::from("var.dr = true"), Value::from("\"us-east-1a\"")),
        (
            Value::from("var.dr = false"),
            Value::from("\"ap-northeast-1a\""),
        ),
    ];
    assert_eq!(
        told,
        [
            (&expected[0].0, &expected[0].1),
            (&expected[1].0, &expected[1].1)
        ]
    );
    assert_eq!(of("hangs-on")[0]["subject"], "var.dr");
    // Every row that is named stands in the catalog.
    let row = of("row")[0];
    let file = row["file"].as_str().expect("a file");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let lines = std::fs::read_to_string(path).expect("a file of the catalog");
    let line = row["line"].as_u64().expect("a line") as usize;
    let line = lines.lines().nth(line - 1).expect("it is that long");
    assert!(line.starts_with("place"), "{line}");
}

#[test]
fn nothing_secret_is_told() {
    for format in ["text", "json"] {
        for lang in ["en", "ja"] {
            let args = [
                "why", "**", "--path", "why", "--format", format, "--lang", lang,
            ];
            let output = run(&args);
            let all = text(&output.stdout) + &text(&output.stderr);
            assert!(all.contains("aws_ebs_volume.sensitive"), "{all}");
            for secret in ["not-to-be-seen", "hunter2"] {
                assert!(!all.contains(secret), "{format}: {secret}");
            }
            // Given from outside it is no less secret.
            let output = support::sekisho(&args)
                .env(
                    "TF_VAR_volume_key",
                    "arn:aws:kms:ap-northeast-1:111111111111:key/whispered",
                )
                .env("TF_VAR_queue_password", "shouted")
                .output()
                .expect("the binary starts");
            let all = text(&output.stdout) + &text(&output.stderr);
            assert!(
                !all.contains("whispered") && !all.contains("shouted"),
                "{all}"
            );
        }
    }
}

#[test]
fn an_address_that_is_nothing_is_exit_2_and_near_ones_are_named() {
    let near = snapshot(
        "why-near",
        &["why", "aws_s3_bucket.order", "--path", "bucket"],
    );
    assert_eq!(code(&near), 2);
    assert!(text(&near.stderr).contains("aws_s3_bucket.orders"));
    let elsewhere = run(&["why", "aws_ebs_volume.data", "--path", "why"]);
    assert_eq!(code(&elsewhere), 2);
    assert!(text(&elsewhere.stderr).contains("module.app.aws_ebs_volume.data[\"a\"]"));
    let far = run(&["why", "nothing.of.this", "--path", "bucket"]);
    assert_eq!(code(&far), 2);
    assert!(!text(&far.stderr).contains("aws_"));
    assert_eq!(
        code(&run(&["why", "aws_s3_bucket.orders", "--path", "missing"])),
        2
    );
}

#[test]
fn what_to_give_so_that_the_most_is_decided() {
    snapshot("help-unknowns", &["unknowns", "--help"]);
    snapshot("unknowns-why", &["unknowns", "why"]);
    snapshot("unknowns-why-ja", &["unknowns", "why", "--lang", "ja"]);
    let value = json(&["unknowns", "why", "--format", "json"]);
    let all = value["unknowns"].as_array().expect("a list");
    let counts: Vec<u64> = all.iter().filter_map(|u| u["answers"].as_u64()).collect();
    assert!(counts.windows(2).all(|w| w[0] >= w[1]), "{counts:?}");
    let find = |kind: &str, subject: &str| {
        all.iter()
            .find(|u| u["kind"] == kind && u["subject"] == subject)
            .unwrap_or_else(|| panic!("no {kind} {subject}: {all:#?}"))
    };
    assert_eq!(find("variable", "var.dr")["by"]["location-undetermined"], 2);
    assert_eq!(find("modules", "why")["by"]["example.org/network/aws"], 1);
    find("variable", "var.zone");
    find("provider", "aws");
}

#[test]
fn what_is_given_is_asked_no_more() {
    let asked = |args: &[&str]| -> Vec<String> {
        let value = json(args);
        let all = value["unknowns"].as_array().expect("a list").iter();
        all.filter_map(|u| Some(u["subject"].as_str()?.to_owned()))
            .collect()
    };
    let before = asked(&["unknowns", "why", "--format", "json"]);
    assert!(before.contains(&"var.dr".to_owned()));
    let given = ["unknowns", "why", "--format", "json", "--var", "dr=false"];
    assert!(!asked(&given).contains(&"var.dr".to_owned()));
    let nothing = run(&["unknowns", "bucket"]);
    assert_eq!(code(&nothing), 0, "{}", text(&nothing.stdout));
}
