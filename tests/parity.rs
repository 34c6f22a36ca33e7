//! The same answer from configuration, plan and state: each folder of `fixtures/plans` holds a
//! configuration and what the real terraform made of it.

mod support;

use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use support::register::stores;

/// What only one side can know, so that the other's answer is another: folder, file, address, fact.
const KNOWN_BETTER: &[(&str, &str, &str)] = &[
    // The arguments were taken away; the provider keeps what it once was given, and only the plan and the
    // state know that.
    ("updated", "aws_ebs_volume.v", "the prior state counts"),
];

/// The workspaces that plans were made in, where that counts.
const WORKSPACES: &[(&str, &str)] = &[("workspace", "prod"), ("known-region", "default")];

/// Plans that are not all of their configuration, and say so: what they hold is compared.
const IN_PART: &[&str] = &["targeted", "errored"];

fn folders() -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/plans");
    let mut out: Vec<PathBuf> = std::fs::read_dir(all)
        .expect("the fixtures are there")
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.is_dir())
        .collect();
    out.sort();
    out
}

fn inventory(folder: &Path, input: &str) -> Value {
    let mut args = vec!["inventory", input, "--format", "json"];
    args.extend(["--exclude", "before"]);
    let mut command = support::sekisho(&args);
    if let Some((_, workspace)) = WORKSPACES.iter().find(|(name, _)| folder.ends_with(name)) {
        command.env("TF_WORKSPACE", workspace);
    }
    let output = command
        .current_dir(folder)
        .output()
        .expect("the binary starts");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!(
            "{}/{input}: {e}\n{}",
            folder.display(),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

#[test]
fn plans_and_states_say_what_the_configuration_says() {
    let (mut wrong, mut met, mut known, mut both) = (String::new(), 0, 0, 0);
    for folder in folders() {
        let name = folder
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let code = stores(&inventory(&folder, "."));
        assert!(!code.is_empty(), "{name} has stores");
        for file in ["plan.json", "tfplan", "state.json", "terraform.tfstate"] {
            if !folder.join(file).exists() {
                continue;
            }
            met += 1;
            let other = stores(&inventory(&folder, file));
            let (have, theirs): (Vec<_>, Vec<_>) = (code.keys().collect(), other.keys().collect());
            let part = IN_PART.contains(&&*name);
            let missing = have != theirs && !part;
            if missing || !theirs.iter().all(|a| have.contains(a)) {
                let _ = writeln!(wrong, "{name}/{file}: {have:?}\n  is {theirs:?}");
                continue;
            }
            for (address, facts) in &other {
                if KNOWN_BETTER
                    .iter()
                    .any(|(n, a, _)| *n == name && *a == *address)
                {
                    continue;
                }
                for (fact, value) in facts {
                    let ours = code[address].get(fact).cloned().flatten();
                    known += usize::from(value.is_some());
                    match (ours, value) {
                        (Some(ours), Some(value)) if ours != *value => {
                            let _ = writeln!(
                                wrong,
                                "{name}/{file}: {address}: {fact}: code {ours}, here {value}"
                            );
                        }
                        (Some(_), Some(_)) => both += 1,
                        _ => {}
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(met >= 70, "{met} plans and states");
    assert!(
        both * 100 >= known * 95,
        "of {known} facts that a plan or state knows, the code knows {both}"
    );
}

#[test]
fn a_binary_plan_says_what_its_json_says_and_more() {
    let mut met = 0;
    for folder in folders().iter().filter(|f| f.join("tfplan").exists()) {
        met += 1;
        let (binary, json) = (inventory(folder, "tfplan"), inventory(folder, "plan.json"));
        let (binary, json) = (stores(&binary), stores(&json));
        let at = folder.display();
        assert!(binary.keys().eq(json.keys()), "{at}");
        for (address, facts) in &json {
            for (fact, value) in facts.iter().filter(|(_, v)| v.is_some()) {
                // A key is named by the code that names it.
                let ours = binary[address].get(fact).cloned().flatten();
                assert_eq!(ours, *value, "{at} {address} {fact}");
            }
        }
    }
    assert!(met >= 6, "{met}");
}

#[test]
fn what_must_not_be_shown_is_in_no_output() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    // Of a plan also how it was before the change.
    let inputs = [
        ("plans/sensitive", "plan.json"),
        ("plans/sensitive", "tfplan"),
        ("plans/sensitive", "state.json"),
        ("plans/sensitive", "terraform.tfstate"),
        ("changes/sensitive", "plan.json"),
    ];
    let runs: &[&[&str]] = &[
        &["check", "--format", "text"],
        &["check", "--format", "brief"],
        &["check", "--format", "json"],
        &["check", "--format", "sarif"],
        &["check", "--format", "github"],
        &["check", "--format", "csv"],
        &["check", "--format", "text", "--lang", "ja", "-v"],
        &[
            "check",
            "--format",
            "text",
            "--min-level",
            "note",
            "-v",
            "--new-only",
        ],
        &["inventory", "--format", "json"],
        &["inventory", "--format", "table"],
        &["inventory", "--format", "csv"],
        &["inventory", "--format", "text"],
        &["unknowns"],
        &["debug", "stores"],
    ];
    let why: Vec<Vec<&str>> = [
        "aws_db_instance.d",
        "aws_ssm_parameter.s",
        "aws_ssm_parameter.p",
        "aws_secretsmanager_secret.s",
        "aws_secretsmanager_secret_version.s",
        "aws_cloudwatch_log_group.hidden",
    ]
    .iter()
    .map(|address| vec!["why", address])
    .collect();
    let all = runs.iter().copied().chain(why.iter().map(Vec::as_slice));
    for run in all {
        for (folder, file) in inputs {
            let mut args = run.to_vec();
            if run[0] == "why" {
                args.push("--path");
            }
            args.push(file);
            let output = support::sekisho(&args)
                .current_dir(fixtures.join(folder))
                .output()
                .expect("the binary starts");
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&text);
            assert!(text.len() > 50, "{args:?}: {text}");
            assert!(!text.contains("error: unexpected"), "{args:?}: {text}");
            assert_ne!(output.status.code(), Some(2), "{args:?}: {text}");
            let canary = text.find("CANA").map(|at| &text[at.saturating_sub(80)..]);
            assert_eq!(canary, None, "{args:?}");
        }
    }
}

/// Runs `check --format json` on a file with this content: exit code and output.
fn check(content: &[u8], name: &str) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join(name), content).expect("it is written");
    let output = support::sekisho(&["check", name, "--format", "json"])
        .current_dir(dir.path())
        .output()
        .expect("the binary starts");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

fn fixture(path: &str) -> Vec<u8> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/plans");
    std::fs::read(all.join(path)).expect("it is there")
}

#[test]
fn what_is_not_read_is_told() {
    let plan = fixture("bucket-and-key/plan.json");
    let text = String::from_utf8(plan.clone()).expect("UTF-8");
    for (content, key) in [
        (&plan[..plan.len() / 2], "ends in the middle"),
        (
            b"{\"a\": 1}".as_slice(),
            "neither a plan nor a state of Terraform",
        ),
        (b"[1, 2]", "neither a plan nor a state in JSON"),
        (b"PK\x03\x04 and more", "cut or damaged"),
        (b"tfplan\x02and more", "before 0.12"),
        (
            b"{\"remote_plan_format\": 1, \"run_id\": \"run-x\", \"hostname\": \"app.terraform.io\"}",
            "only names a run of HCP Terraform",
        ),
        // A binary plan that OpenTofu encrypted.
        (
            b"{\"meta\": {\"key_provider.pbkdf2.k\": \"e30=\"}, \"encrypted_data\": \"eA==\", \"encryption_version\": \"v0\"}",
            "encrypted by OpenTofu",
        ),
        (
            b"{\"format_version\": \"2.0\", \"planned_values\": {}}",
            "format version 2.0",
        ),
        (
            b"{\"version\": 3, \"lineage\": \"x\", \"modules\": [{}]}",
            "before 0.12",
        ),
        (
            b"{\"version\": 2, \"lineage\": \"x\", \"modules\": []}",
            "version 2",
        ),
        (b"{\"version\": 5, \"lineage\": \"x\"}", "version 5"),
        (
            b"{\"format_version\": \"1.2\", \"planned_values\": \"CANARY\"}",
            "is not what a plan or state holds",
        ),
        (
            b"{\"serial\": 1, \"lineage\": \"x\", \"encrypted_data\": \"eA==\"}",
            "encrypted by OpenTofu",
        ),
        (b"", "neither a plan"),
    ] {
        let (code, out) = check(content, "plan.json");
        assert_eq!(code, Some(2), "{out}");
        assert!(out.contains(key), "{key}: {out}");
        assert!(!out.contains("CANARY"), "{out}");
    }
    // What is there is judged, what is not there is told.
    let errored = text.replace("\"errored\":false", "\"errored\":true");
    assert_ne!(errored, text);
    let (code, out) = check(errored.as_bytes(), "tfplan.json");
    assert_eq!(code, Some(1), "{out}");
    assert!(
        out.contains("plan-incomplete") && out.contains("data-unencrypted"),
        "{out}"
    );
    let part = text.replace("\"complete\":true", "\"complete\":false");
    assert!(
        check(part.as_bytes(), "tfplan.json")
            .1
            .contains("plan-incomplete")
    );
    // As GitHub's setup-terraform action leaves it, with the lines of its wrapper.
    let whole = check(&plan, "plan.json");
    let wrapped = format!(
        "[command]/opt/terraform-bin show -json tfplan\n{text}\n\n::debug::Terraform exited with code 0.\n::debug::stdout: {text}\n::debug::exitcode: 0\n"
    );
    assert_eq!(check(wrapped.as_bytes(), "plan.json"), whole);
    let cut = &wrapped[..wrapped.len() / 3];
    assert_eq!(check(cut.as_bytes(), "plan.json").0, Some(2));
    // As PowerShell writes it.
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    assert_eq!(check(&utf16, "plan.json"), whole);
    assert_eq!(whole.0, Some(1));
}

#[test]
fn standard_input_is_a_plan_or_state() {
    use std::io::Write as _;
    for file in [
        "bucket-and-key/plan.json",
        "bucket-and-key/terraform.tfstate",
    ] {
        let mut child = support::sekisho(&["check", "-", "--format", "json"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(&fixture(file)).expect("it is taken");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(1));
        let out: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let finding = &out["findings"][0];
        assert_eq!(finding["target"], "-", "{finding}");
    }
}

/// The values in a document, by pointer.
fn pointers(v: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match v {
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{i}"), out);
            }
        }
        Value::Object(fields) => {
            for (name, item) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(item, &format!("{at}/{name}"), out);
            }
        }
        _ => {}
    }
}

#[test]
fn cut_and_changed_input_is_no_panic_and_no_all_clear() {
    for path in [
        "nested/plan.json",
        "regions/state.json",
        "regions/terraform.tfstate",
    ] {
        let whole = fixture(path);
        for part in 1..12 {
            let cut = &whole[..(whole.len() - 2) * part / 12];
            let (code, out) = check(cut, "plan.json");
            assert_eq!(code, Some(2), "{path} {part}: {out}");
        }
        let document: Value = serde_json::from_slice(&whole).expect("JSON");
        let mut all = Vec::new();
        pointers(&document, "", &mut all);
        let others = [
            Value::Null,
            serde_json::json!([]),
            serde_json::json!({}),
            serde_json::json!("x"),
            serde_json::json!(7),
            serde_json::json!(true),
            serde_json::json!([[{"references": ["module.x[", "each.value", "a"]}]]),
        ];
        let step = all.len() / 60;
        for (i, pointer) in all.iter().step_by(step.max(1)).enumerate() {
            let mut changed = document.clone();
            *changed.pointer_mut(pointer).expect("it is there") = others[i % others.len()].clone();
            let (code, out) = check(changed.to_string().as_bytes(), "plan.json");
            assert!(
                matches!(code, Some(1 | 2)),
                "{path} {pointer}: {code:?} {out}"
            );
            assert!(
                !out.contains("\"internal-error\""),
                "{path} {pointer}: {out}"
            );
        }
    }
}
