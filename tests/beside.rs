//! `--plan FILE DIR`: what the plan knows and what the code knows, together, at the lines of the code.

mod support;

use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use support::register::stores;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The folders with a configuration and a plan of it.
fn folders() -> Vec<PathBuf> {
    let all = ["plans", "beside"].into_iter().flat_map(|of| {
        let folders = std::fs::read_dir(fixtures().join(of)).expect("the fixtures are there");
        folders.map(|e| e.expect("an entry").path())
    });
    let mut out: Vec<PathBuf> = all.filter(|f| f.join("plan.json").exists()).collect();
    out.sort();
    out
}

fn json(dir: &Path, args: &[&str]) -> Value {
    let output = support::sekisho(args)
        .args(["--format", "json", "--exclude", "before"])
        .current_dir(dir)
        .output()
        .expect("the binary starts");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!(
            "{} {args:?}: {e}\n{}",
            dir.display(),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

#[test]
fn together_they_know_what_either_knows() {
    let (mut wrong, mut met, mut more) = (String::new(), 0, 0);
    for folder in folders() {
        let name = folder.file_name().expect("a name").to_string_lossy();
        let code = stores(&json(&folder, &["inventory", "."]));
        let plan = stores(&json(&folder, &["inventory", "plan.json"]));
        let both = json(&folder, &["inventory", "--plan", "plan.json", "."]);
        // A plan that is not all tells so; what it does not hold is judged by the code.
        let part = ["targeted", "errored"].contains(&&*name);
        let told = both["diagnostics"].as_array().expect("a list");
        assert_eq!(told.len(), usize::from(part), "{name}: {told:?}");
        assert!(
            told.iter().all(|d| d["code"] == "plan-incomplete"),
            "{told:?}"
        );
        let both = stores(&both);
        if both.keys().ne(if part { code.keys() } else { plan.keys() }) {
            let _ = writeln!(wrong, "{name}: {:?}\n  is {:?}", both.keys(), plan.keys());
            continue;
        }
        for (address, facts) in &both {
            met += 1;
            for (fact, value) in facts {
                let of = |side: &std::collections::BTreeMap<_, support::register::Facts>| {
                    side.get(address)?.get(fact)?.clone()
                };
                let (code, plan) = (of(&code), of(&plan));
                more += usize::from(code.is_none() && value.is_some());
                // The plan counts: it also knows what the provider keeps that once was given.
                if let Some(side) = plan.or(code)
                    && value.as_ref() != Some(&side)
                {
                    let _ = writeln!(
                        wrong,
                        "{name}: {address}: {fact}: one side knows {side}, together {value:?}"
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(met > 80, "{met} stores");
    assert!(more > 0, "the plan told what the code left open");
}

#[test]
fn the_plan_tells_what_the_code_leaves_open() {
    let folder = fixtures().join("beside/workspace");
    let alone = stores(&json(&folder, &["inventory", "."]));
    let open = |s: &support::register::Facts| s["place"].is_none();
    assert!(alone.values().all(open), "{alone:?}");
    // The workspace by the names that are made of it, how many there are by the plan's instances.
    let both = stores(&json(&folder, &["inventory", "--plan", "plan.json", "."]));
    let addresses: Vec<&str> = both.keys().map(|a| &**a).collect();
    assert_eq!(
        addresses,
        [
            "aws_dynamodb_table.t",
            "aws_ebs_volume.v",
            "aws_s3_bucket.named",
            "aws_secretsmanager_secret.s",
            "aws_sqs_queue.q[0]",
            "aws_sqs_queue.q[1]",
            "module.cells[\"cell0-123456789012\"].aws_sns_topic.t",
            "module.cells[\"cell1-123456789012\"].aws_sns_topic.t",
        ]
    );
    for (address, facts) in &both {
        let place = facts["place"].as_deref();
        assert_eq!(place, Some("[\"ap-northeast-1\"]"), "{address}");
        assert!(facts["custody"].is_some(), "{address}: {facts:?}");
    }
    for (address, copy) in [
        ("aws_dynamodb_table.t", "ap-northeast-3"),
        ("aws_secretsmanager_secret.s", "ap-northeast-3"),
    ] {
        let copies = both[address]["copies"].as_deref().expect("known");
        assert!(copies.contains(copy), "{address}: {copies}");
    }
}

#[test]
fn another_workspace_is_not_guessed() {
    // The names contradict each other: none of them is believed.
    let folder = fixtures().join("beside/workspace");
    let dir = copy_of(&folder);
    let code = std::fs::read_to_string(dir.path().join("main.tf")).expect("it is there");
    let other = code.replace(
        "\"acme\"\n  kms_key_id",
        "\"ac${terraform.workspace}\"\n  kms_key_id",
    );
    assert_ne!(code, other);
    std::fs::write(dir.path().join("main.tf"), other).expect("it is written");
    let both = stores(&json(
        dir.path(),
        &["inventory", "--plan", "plan.json", "."],
    ));
    assert_eq!(both["aws_sqs_queue.q[0]"]["place"], None);
}

#[test]
fn a_name_that_only_looks_like_the_workspace_is_not_believed() {
    // `production` is what the map has for `prod`; as a workspace it is none of the other maps' keys.
    let dir = copy_of(&fixtures().join("beside/workspace"));
    let code = std::fs::read_to_string(dir.path().join("main.tf")).expect("it is there");
    let other = code.replace(
        "env = terraform.workspace",
        "env = lookup({ prod = \"production\" }, terraform.workspace, terraform.workspace)",
    );
    assert_ne!(code, other);
    std::fs::write(dir.path().join("main.tf"), other).expect("it is written");
    let plan = std::fs::read_to_string(dir.path().join("plan.json")).expect("it is there");
    let plan = plan.replace("acme-prod-data", "acme-production-data");
    std::fs::write(dir.path().join("plan.json"), plan).expect("it is written");
    let both = json(dir.path(), &["inventory", "--plan", "plan.json", "."]);
    assert_eq!(both["diagnostics"], Value::Array(Vec::new()), "{both:#}");
    assert_eq!(stores(&both)["aws_sqs_queue.q[0]"]["place"], None);
}

/// A copy of a folder that may be changed.
fn copy_of(folder: &Path) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    copy(folder, dir.path());
    dir
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("it is there") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&to).expect("it is made");
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("it is copied");
        }
    }
}

#[test]
fn findings_stand_at_lines_of_the_code_and_its_comments_count() {
    let folder = fixtures().join("plans/bucket-and-key");
    let dir = copy_of(&folder);
    let args = ["check", "--plan", "plan.json", "."];
    let before = json(dir.path(), &args);
    let findings = before["findings"].as_array().expect("a list");
    let is_key = |f: &&Value| f["rule"] == "data-unencrypted";
    let finding = findings.iter().find(is_key).expect("it is found");
    assert_eq!(finding["target"], ".", "{finding}");
    assert_eq!(finding["file"], "main.tf", "{finding}");
    let line = finding["line"].as_u64().expect("a line") as usize;
    let rule = finding["rule"].as_str().expect("a rule");
    let code = std::fs::read_to_string(dir.path().join("main.tf")).expect("it is there");
    let mut lines: Vec<String> = code.lines().map(str::to_owned).collect();
    let comment = format!("# sekisho: ignore[{rule}] tested");
    lines.insert(line - 1, comment);
    std::fs::write(dir.path().join("main.tf"), lines.join("\n")).expect("it is written");
    let after = json(dir.path(), &args);
    let suppressed = |out: &Value| {
        let all = out["findings"].as_array().expect("a list");
        all.iter().filter(|f| !f["suppressed"].is_null()).count()
    };
    assert_eq!(
        (suppressed(&before), suppressed(&after)),
        (0, 1),
        "{after:#}"
    );
}

#[test]
fn a_plan_of_other_code_is_judged_by_itself_and_told() {
    let dir = copy_of(&fixtures().join("plans/bucket-and-key"));
    let code = std::fs::read_to_string(dir.path().join("main.tf")).expect("it is there");
    let other = code.replace("\"aws_s3_bucket\" \"", "\"aws_s3_bucket\" \"other_");
    assert_ne!(code, other);
    std::fs::write(dir.path().join("main.tf"), other).expect("it is written");
    let alone = stores(&json(dir.path(), &["inventory", "plan.json"]));
    let both = json(dir.path(), &["inventory", "--plan", "plan.json", "."]);
    assert_eq!(stores(&both), alone);
    assert_eq!(
        both["diagnostics"][0]["code"], "plan-incomplete",
        "{both:#}"
    );
}

#[test]
fn a_module_that_is_not_there_is_judged_by_the_plan() {
    let dir = copy_of(&fixtures().join("beside/workspace"));
    let code = std::fs::read_to_string(dir.path().join("main.tf")).expect("it is there");
    let other = code.replace("./cell", "acme/cell/aws");
    assert_ne!(code, other);
    std::fs::write(dir.path().join("main.tf"), other).expect("it is written");
    let both = json(dir.path(), &["inventory", "--plan", "plan.json", "."]);
    let text = both["diagnostics"].to_string();
    assert!(text.contains("the code of module.cells"), "{text}");
    let address = "module.cells[\"cell1-123456789012\"].aws_sns_topic.t";
    assert!(stores(&both).contains_key(address), "{both:#}");
}

#[test]
fn what_cannot_be_together_is_told() {
    let folder = copy_of(&fixtures().join("plans"));
    let at = |args: &[&str]| {
        let out = json(folder.path(), args);
        let text = out["diagnostics"][0]["message"].as_str().unwrap_or("");
        (
            text.to_owned(),
            out["stores"].as_array().map_or(0, Vec::len),
        )
    };
    for (args, said, any) in [
        (
            ["inventory", "--plan", "regions/state.json", "regions"],
            "is a state",
            true,
        ),
        (
            ["inventory", "--plan", "regions/plan.json", "."],
            "holds no configuration",
            true,
        ),
        (
            [
                "inventory",
                "--plan",
                "regions/plan.json",
                "regions/main.tf",
            ],
            "exactly one directory",
            true,
        ),
        (
            ["inventory", "--plan", "regions/none.json", "regions"],
            "could not be read",
            true,
        ),
    ] {
        let (text, stores) = at(&args);
        assert!(text.contains(said), "{args:?}: {text}");
        assert_eq!(stores > 0, any, "{args:?}");
    }
}

#[test]
fn what_the_plan_destroys_is_no_store() {
    let dir = copy_of(&fixtures().join("plans/bucket-and-key"));
    let path = dir.path().join("plan.json");
    let text = std::fs::read_to_string(&path).expect("it is there");
    let mut plan: Value = serde_json::from_str(&text).expect("JSON");
    let address = "aws_ebs_volume.unset";
    for change in plan["resource_changes"].as_array_mut().expect("a list") {
        if change["address"] == address {
            let was = change["change"]["after"].take();
            change["change"]["before"] = was;
            change["change"]["actions"] = serde_json::json!(["delete"]);
        }
    }
    let values = &mut plan["planned_values"]["root_module"]["resources"];
    let values = values.as_array_mut().expect("a list");
    values.retain(|r| r["address"] != address);
    std::fs::write(&path, plan.to_string()).expect("it is written");
    let both = stores(&json(
        dir.path(),
        &["inventory", "--plan", "plan.json", "."],
    ));
    let alone = stores(&json(dir.path(), &["inventory", "plan.json"]));
    assert!(!both.contains_key(address), "{both:?}");
    assert!(both.len() > 5 && both.keys().eq(alone.keys()), "{both:?}");
}
