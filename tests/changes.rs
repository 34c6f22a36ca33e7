//! What a change does: each folder of `fixtures/changes` holds a configuration, what was there `before`, and the
//! plan that the real terraform made of both.

mod support;

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Output;
use support::{schema, snapshot};

fn fixture(name: &str) -> PathBuf {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    all.join(name).join("plan.json")
}

fn document(name: &str) -> Value {
    let text = std::fs::read(fixture(name)).expect("it is there");
    serde_json::from_slice(&text).expect("JSON")
}

fn check(path: &Path, more: &[&str]) -> Output {
    let mut args = vec!["check", path.to_str().expect("UTF-8"), "--no-config"];
    args.extend(more);
    support::sekisho(&args).output().expect("the binary starts")
}

/// Exit code and JSON of a plan that a test has made.
fn judged(plan: &Value, more: &[&str]) -> (Option<i32>, Value) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("plan.json");
    std::fs::write(&path, plan.to_string()).expect("it is written");
    let mut args = vec!["--format", "json"];
    args.extend(more);
    let output = check(&path, &args);
    let out = serde_json::from_slice(&output.stdout).expect("JSON");
    (output.status.code(), out)
}

/// `rule address change` of all that is no note.
fn changes(out: &Value) -> BTreeSet<String> {
    let findings = out["findings"].as_array().expect("a list").iter();
    let findings = findings.filter(|f| f["level"] != "note");
    findings
        .flat_map(|f| {
            let changes = f["changes"].as_array().into_iter().flatten();
            let rule = f["rule"].as_str().expect("text").to_owned();
            changes.map(move |c| {
                let text = |name: &str| c[name].as_str().expect("text").to_owned();
                format!("{rule} {} {}", text("address"), text("change"))
            })
        })
        .collect()
}

fn resolved(out: &Value) -> BTreeSet<String> {
    let all = out["resolved"].as_array().expect("a list").iter();
    all.filter(|r| r["level"] != "note")
        .flat_map(|r| {
            let addresses = r["addresses"].as_array().expect("a list").iter();
            addresses.map(|a| {
                let text = |v: &Value| v.as_str().expect("text").to_owned();
                format!("{} {} {}", text(&r["rule"]), text(a), text(&r["because"]))
            })
        })
        .collect()
}

fn set(lines: &[&str]) -> BTreeSet<String> {
    lines.iter().map(|l| (*l).to_owned()).collect()
}

/// The words at one address of a rule.
fn words<'v>(out: &'v Value, rule: &str, address: &str) -> &'v str {
    let findings = out["findings"].as_array().expect("a list").iter();
    findings
        .filter(|f| f["rule"] == rule)
        .flat_map(|f| f["changes"].as_array().into_iter().flatten())
        .find(|c| c["address"] == address)
        .and_then(|c| c["message"].as_str())
        .unwrap_or_else(|| panic!("{rule} {address} has no words"))
}

#[test]
fn a_store_moves_and_gets_a_copy() {
    let (code, out) = judged(&document("changes/places"), &[]);
    assert_eq!(code, Some(1));
    let all = changes(&out);
    for expected in [
        "data-outside-japan aws_ebs_volume.orders introduced",
        "copy-outside-japan aws_dynamodb_table.sessions introduced",
        "key-not-customer-controlled aws_dynamodb_table.sessions existing",
        "no-backup aws_dynamodb_table.sessions existing",
    ] {
        assert!(all.contains(expected), "{expected}: {all:#?}");
    }
    assert_eq!(
        words(&out, "data-outside-japan", "aws_ebs_volume.orders"),
        "this change moves aws_ebs_volume.orders from ap-northeast-1 (Japan) to us-east-1 (United States)"
    );
    assert!(
        words(&out, "copy-outside-japan", "aws_dynamodb_table.sessions").contains("adds a copy")
    );
    assert_eq!(resolved(&out), set(&[]));
}

#[test]
fn keys_are_given_up_and_gained() {
    let (_, out) = judged(&document("changes/keys"), &[]);
    assert_eq!(
        changes(&out),
        set(&[
            "data-unencrypted aws_ebs_volume.bare introduced",
            // From no encryption to a key of the provider's: better, and no longer the same rule.
            "key-not-customer-controlled aws_ebs_volume.better existing",
            "key-not-customer-controlled aws_sqs_queue.given_up introduced",
            "key-not-rotated aws_kms_key.k introduced",
            "key-not-rotated aws_sqs_queue.gained introduced",
            "key-not-rotated aws_sqs_queue.kept introduced",
        ])
    );
    assert_eq!(
        resolved(&out),
        set(&[
            "data-unencrypted aws_ebs_volume.better passes",
            "key-not-customer-controlled aws_sqs_queue.gained passes",
        ])
    );
    let given_up = words(
        &out,
        "key-not-customer-controlled",
        "aws_sqs_queue.given_up",
    );
    assert!(
        given_up.contains("gives up the customer's key"),
        "{given_up}"
    );
    let bare = words(&out, "data-unencrypted", "aws_ebs_volume.bare");
    assert!(bare.contains("leaves it without encryption"), "{bare}");
}

#[test]
fn what_is_destroyed_is_resolved_and_what_is_let_go_of_is_not() {
    let (_, out) = judged(&document("changes/gone"), &[]);
    assert_eq!(
        changes(&out),
        set(&["data-unencrypted aws_sns_topic.new introduced"])
    );
    assert_eq!(
        resolved(&out),
        set(&[
            "data-outside-japan aws_cloudwatch_log_group.abroad gone",
            "key-not-customer-controlled aws_cloudwatch_log_group.abroad gone",
            "data-unencrypted aws_sns_topic.old gone",
        ])
    );
}

#[test]
fn each_address_has_its_own_change() {
    let (_, out) = judged(&document("changes/each"), &[]);
    let all = changes(&out);
    for expected in [
        "key-not-customer-controlled aws_cloudwatch_log_group.g[\"a\"] existing",
        "key-not-customer-controlled aws_cloudwatch_log_group.g[\"b\"] introduced",
        // What was moved is the same store.
        "data-unencrypted module.events.aws_sns_topic.after existing",
        "data-outside-japan module.events.aws_sns_topic.after existing",
        // A further store at a key that was abroad.
        "key-outside-japan aws_kms_key.k existing",
        "key-outside-japan aws_sqs_queue.one existing",
        "key-outside-japan aws_sqs_queue.two introduced",
    ] {
        assert!(all.contains(expected), "{expected}: {all:#?}");
    }
    assert_eq!(resolved(&out), set(&[]));
    let of = |rule: &str| {
        let all = out["findings"].as_array().expect("a list");
        let found = all.iter().find(|f| f["rule"] == rule);
        found.expect("there is one")["change"].clone()
    };
    assert_eq!(of("key-outside-japan"), "introduced", "the worst counts");
}

#[test]
fn what_is_imported_was_there() {
    let (_, out) = judged(&document("plans/imported"), &[]);
    let all = changes(&out);
    assert!(
        all.contains("key-not-customer-controlled aws_s3_bucket.b existing"),
        "{all:#?}"
    );
    assert_eq!(
        resolved(&out),
        set(&["key-not-customer-controlled aws_cloudwatch_log_group.l passes"])
    );
}

#[test]
fn a_plan_that_changes_nothing_introduces_and_resolves_nothing() {
    for name in ["changes/nothing", "changes/constants"] {
        let (code, out) = judged(&document(name), &[]);
        assert_eq!(code, Some(1));
        let all = changes(&out);
        assert!(!all.is_empty());
        let other: Vec<&String> = all.iter().filter(|c| !c.ends_with(" existing")).collect();
        assert!(other.is_empty(), "{name}: {other:#?}");
        assert_eq!(resolved(&out), set(&[]), "{name}");
        // Only what is new counts, in each format, and how much is not shown is told.
        for format in ["text", "brief", "json", "sarif", "github", "csv"] {
            let output = check(&fixture(name), &["--new-only", "--format", format]);
            assert_eq!(output.status.code(), Some(0), "{name} {format}");
        }
        let output = check(&fixture(name), &["--new-only"]);
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(!text.contains("error["), "{text}");
        assert!(text.contains("(--new-only)"), "{text}");
    }
}

#[test]
fn the_region_of_the_provider_is_the_new_one() {
    // By hand: nothing but the provider's region tells where the bucket is.
    let mut plan = document("changes/nothing");
    for c in plan["resource_changes"].as_array_mut().expect("a list") {
        if c["address"] != "aws_s3_bucket.abroad" {
            continue;
        }
        for side in ["before", "after"] {
            let values = c["change"][side].as_object_mut().expect("values");
            values.retain(|name, _| !name.contains("domain_name") && name != "region");
        }
    }
    for (_, state) in plan.as_object_mut().expect("an object").iter_mut() {
        // Nor is it read from anywhere else.
        if state.get("values").is_some() {
            *state = json!({});
        }
    }
    let (_, out) = judged(&plan, &["--new-only"]);
    let all = changes(&out);
    assert!(
        all.contains("data-outside-japan aws_s3_bucket.abroad worsened"),
        "{all:#?}"
    );
    let said = words(&out, "data-outside-japan", "aws_s3_bucket.abroad");
    assert!(said.contains("where it is now is not known"), "{said}");
}

#[test]
fn what_the_change_does_not_speak_of_is_not_resolved() {
    // By hand: as `-target` leaves a resource out of the changes.
    let mut plan = document("changes/nothing");
    let without = |list: &mut Value| {
        let list = list.as_array_mut().expect("a list");
        list.retain(|r| r["address"] != "aws_ebs_volume.v");
    };
    without(&mut plan["resource_changes"]);
    without(&mut plan["planned_values"]["root_module"]["resources"]);
    plan["complete"] = json!(false);
    let (code, out) = judged(&plan, &["--new-only"]);
    assert_eq!(code, Some(0), "{out}");
    assert_eq!(resolved(&out), set(&[]));
    assert_eq!(out["diagnostics"][0]["code"], "plan-incomplete");
}

#[test]
fn an_incomplete_plan_is_exit_2_where_that_is_asked_for() {
    let whole = document("changes/nothing");
    let (code, _) = judged(&whole, &["--new-only", "--require-complete"]);
    assert_eq!(code, Some(0));
    let mut deferred = whole.clone();
    let change = deferred["resource_changes"]
        .as_array_mut()
        .expect("a list")
        .remove(0);
    deferred["deferred_changes"] =
        json!([{"reason": "provider_config_unknown", "resource_change": change}]);
    let mut unreadable = whole.clone();
    unreadable["resource_changes"][0]["module_address"] = json!("module.x[");
    let with = |key: &str, value: Value| {
        let mut plan = whole.clone();
        plan[key] = value;
        plan
    };
    for plan in [
        with("errored", json!(true)),
        with("complete", json!(false)),
        deferred,
        unreadable,
    ] {
        let (code, out) = judged(&plan, &["--new-only"]);
        assert_eq!(code, Some(0), "{out}");
        assert_eq!(out["diagnostics"][0]["code"], "plan-incomplete");
        let (code, _) = judged(&plan, &["--new-only", "--require-complete"]);
        assert_eq!(code, Some(2));
    }
}

#[test]
fn where_nothing_is_known_of_before_everything_counts() {
    // A plan that tells no changes, a state, a configuration.
    let mut plan = document("changes/nothing");
    plan.as_object_mut()
        .expect("an object")
        .remove("resource_changes");
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("plan.json");
    std::fs::write(&path, plan.to_string()).expect("it is written");
    let plans = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/plans/bucket-and-key");
    for input in [
        path,
        plans.join("terraform.tfstate"),
        plans.join("state.json"),
        plans.clone(),
    ] {
        let plain = check(&input, &["--format", "json"]);
        let text = String::from_utf8(plain.stdout).expect("UTF-8");
        assert!(!text.contains("\"change"), "{text}");
        assert!(!text.contains("\"resolved\""), "{text}");
        let output = check(&input, &["--new-only", "--format", "json"]);
        assert_eq!(output.status.code(), Some(1), "{}", input.display());
        let out: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(out["diagnostics"][0]["code"], "not-compared", "{out}");
        let text = check(&input, &["--new-only"]);
        let text = String::from_utf8(text.stdout).expect("UTF-8");
        assert!(text.contains("error["), "{text}");
        assert!(text.contains("terraform show -json"), "{text}");
    }
}

#[test]
fn a_plan_of_nothing_but_new_things_is_new() {
    // Where nothing was there before, all is introduced: that is knowledge.
    let (code, out) = judged(&document("plans/bucket-and-key"), &["--new-only"]);
    assert_eq!(code, Some(1));
    let all = changes(&out);
    assert!(!all.is_empty());
    assert!(all.iter().all(|c| c.ends_with(" introduced")), "{all:#?}");
    assert_eq!(out["diagnostics"], json!([]));
}

#[test]
fn a_plan_beside_its_code_tells_the_same() {
    for name in ["keys", "gone", "each", "places", "nothing", "constants"] {
        let (_, alone) = judged(&document(&format!("changes/{name}")), &[]);
        let plan = fixture(&format!("changes/{name}"));
        let dir = plan.parent().expect("a folder");
        let plan = plan.to_str().expect("UTF-8");
        let both = |more: &[&str]| {
            let mut args = vec!["--plan", plan, "--format", "json"];
            args.extend(more);
            let output = check(dir, &args);
            let out: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            (output.status.code(), out)
        };
        let (_, beside) = both(&[]);
        assert_eq!(changes(&beside), changes(&alone), "{name}");
        assert_eq!(resolved(&beside), resolved(&alone), "{name}");
        let nothing_new = ["nothing", "constants"].contains(&name);
        let (code, out) = both(&["--new-only"]);
        assert_eq!(code, Some(i32::from(!nothing_new)), "{name}: {out}");
    }
}

#[test]
fn each_format_tells_the_change() {
    for format in ["text", "json", "sarif", "github", "csv"] {
        for name in ["keys", "each"] {
            let path = format!("../../fixtures/changes/{name}/plan.json");
            let args = ["check", &path, "--new-only", "--format", format];
            let output = snapshot(&format!("change-{name}-{format}"), &args);
            assert_eq!(output.status.code(), Some(1), "{name} {format}");
        }
    }
    let path = "../../fixtures/changes/places/plan.json";
    snapshot("change-places-ja", &["check", path, "--lang", "ja"]);
    snapshot("change-places-brief", &["check", path, "--new-only", "-q"]);
}

#[test]
fn json_and_sarif_have_their_fields() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("schema/check-1.json")).expect("it is there");
    let shape: Value = serde_json::from_str(&text).expect("JSON");
    let text = std::fs::read_to_string(root.join("tests/data/sarif-used.json")).expect("there");
    let sarif: Value = serde_json::from_str(&text).expect("JSON");
    for name in [
        "changes/places",
        "changes/keys",
        "changes/gone",
        "changes/each",
        "changes/nothing",
        "changes/constants",
        "plans/replaced",
        "plans/updated",
    ] {
        let output = check(&fixture(name), &["--format", "json"]);
        let out: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let problems = schema::problems(&shape, &out);
        assert!(problems.is_empty(), "{name}: {problems:#?}");
        let output = check(&fixture(name), &["--format", "sarif"]);
        let log: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let problems = schema::problems(&sarif, &log);
        assert!(problems.is_empty(), "{name}: {problems:#?}");
        let results = log["runs"][0]["results"].as_array().expect("a list");
        for (finding, result) in out["findings"]
            .as_array()
            .expect("a list")
            .iter()
            .zip(results)
        {
            let expected = match finding["change"].as_str() {
                Some("introduced") => "new",
                Some("worsened") => "updated",
                Some("existing") => "unchanged",
                other => panic!("{other:?}"),
            };
            assert_eq!(result["baselineState"], expected);
        }
    }
}

/// Where the values of a document stand.
fn pointers(v: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    let inner: Vec<(String, &Value)> = match v {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(i, item)| (i.to_string(), item)).collect()
        }
        Value::Object(fields) => {
            let name = |n: &String| n.replace('~', "~0").replace('/', "~1");
            fields.iter().map(|(n, item)| (name(n), item)).collect()
        }
        _ => Vec::new(),
    };
    for (name, item) in inner {
        pointers(item, &format!("{at}/{name}"), out);
    }
}

#[test]
fn a_changed_before_is_no_panic_and_no_all_clear() {
    let document = document("changes/nothing");
    let mut all = Vec::new();
    pointers(&document["resource_changes"], "/resource_changes", &mut all);
    all.retain(|p| !p.contains("/change/after"));
    let others = [
        json!(null),
        json!([]),
        json!({}),
        json!("x"),
        json!(7),
        json!(true),
    ];
    let step = (all.len() / 60).max(1);
    for (i, pointer) in all.iter().step_by(step).enumerate() {
        let mut changed = document.clone();
        *changed.pointer_mut(pointer).expect("it is there") = others[i % others.len()].clone();
        let (code, out) = judged(&changed, &[]);
        assert!(matches!(code, Some(1 | 2)), "{pointer}: {code:?} {out}");
        let text = out.to_string();
        assert!(!text.contains("\"internal-error\""), "{pointer}: {text}");
        // What is not known of before is not taken for what was.
        let (code, out) = judged(&changed, &["--new-only"]);
        let all = out["findings"].as_array().expect("a list").iter();
        let new = all.filter(|f| f["level"] == "error" && f["change"] != "existing");
        let new = new.count();
        if code != Some(2) {
            assert_eq!(code == Some(1), new > 0, "{pointer}: {out}");
        }
    }
}
