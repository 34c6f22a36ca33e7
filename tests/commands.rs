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
            (
                "aws_macie2_classification_job",
                "not-judged"
            ),
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
