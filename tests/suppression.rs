//! Suppressions at the command line, and what holds for every one of them: it accepts what it names
//! and changes nothing else.

#[path = "support/fixture.rs"]
mod fixture;
mod support;

use fixture::Fixture;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use sekisho::date::Date;
use sekisho::diagnostic::{Finding, Suppressed, Verdict};
use sekisho::policy::suppress::Ignore;
use sekisho::report::Outcome;
use sekisho::settings::{Input, Question, Settings};
use sekisho::source::{FileId, Place};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;
use support::{run, snapshot};

fn code(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

fn json(args: &[&str]) -> Value {
    serde_json::from_slice(&run(args).stdout).expect("JSON")
}

/// Asks these rules only: what other rules say of the same trees is not what is tested here.
fn asking<'a>(args: &[&'a str]) -> Vec<&'a str> {
    let rules = [
        "data-outside-japan",
        "key-outside-japan",
        "data-unencrypted",
        "suppression-without-reason",
        "suppression-expired",
        "suppression-unused",
    ];
    let select = rules.iter().flat_map(|rule| ["--select", rule]);
    args.iter().copied().chain(select).collect()
}

#[test]
fn what_is_accepted_is_told_and_does_not_count() {
    let args = asking(&["check", "suppressed"]);
    assert_eq!(code(&snapshot("check-suppressed", &args)), 0);
    assert_eq!(
        code(&snapshot(
            "check-suppressed-verbose",
            &asking(&["check", "suppressed", "-v", "--lang", "ja"])
        )),
        0
    );
    let value = json(&asking(&["check", "suppressed", "--format", "json"]));
    let findings = value["findings"].as_array().expect("a list");
    assert!(
        findings
            .iter()
            .all(|f| f["suppressed"]["reason"].is_string())
    );
    assert_eq!(value["summary"]["suppressed"], findings.len());
    assert_eq!(value["summary"]["violations"], 0);
    let until: BTreeSet<&str> = findings
        .iter()
        .filter_map(|f| f["suppressed"]["until"].as_str())
        .collect();
    assert_eq!(until, BTreeSet::from(["2027-03-31"]));
    let missing = &value["diagnostics"][0];
    assert_eq!(missing["code"], "module-not-loaded");
    assert_eq!(
        missing["suppressed"]["reason"],
        "looked at by hand, ticket 123"
    );
    // What is accepted is so for --require-modules too, and in the register.
    assert_eq!(code(&run(&["check", "suppressed", "--require-modules"])), 0);
    assert_eq!(code(&run(&["inventory", "suppressed"])), 0);
}

#[test]
fn a_central_team_can_look_past_comments() {
    let all = [
        "check",
        "suppressed",
        "--no-inline-suppressions",
        "--format",
        "json",
    ];
    assert_eq!(code(&run(&all)), 1);
    let value = json(&all);
    assert_eq!(value["summary"]["suppressed"], 0);
    assert_eq!(value["diagnostics"][0]["suppressed"], Value::Null);
    let rules = value["findings"].as_array().expect("a list").iter();
    assert!(rules.clone().count() > 0);
    assert!(rules.clone().all(|f| f["family"] != "run"));
}

#[test]
fn what_comes_to_nothing_is_a_finding() {
    let args = asking(&["check", "suppressed-badly", "--min-level", "note"]);
    assert_eq!(code(&snapshot("check-suppressed-badly", &args)), 1);
    snapshot(
        "check-suppressed-badly-ja",
        &asking(&["check", "suppressed-badly", "-q", "--lang", "ja"]),
    );
    let value = json(&["check", "suppressed-badly", "--format", "json"]);
    let place: Vec<(Vec<&str>, bool)> = value["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|f| f["rule"] == "data-outside-japan")
        .map(|f| {
            let addresses = f["addresses"].as_array().expect("a list").iter();
            let addresses = addresses.filter_map(Value::as_str).collect();
            (addresses, f["suppressed"].is_object())
        })
        .collect();
    // Grouped after suppression: what one line causes is two findings now.
    assert_eq!(
        place,
        [
            (vec!["aws_sns_topic.accepted"], true),
            (vec!["aws_sns_topic.expired", "aws_sns_topic.silent"], false),
        ]
    );
}

#[test]
fn what_was_not_asked_is_not_unused() {
    let rules = |args: &[&str]| -> BTreeSet<String> {
        let value = json(args);
        let findings = value["findings"].as_array().expect("a list").iter();
        findings
            .filter_map(|f| Some(f["rule"].as_str()?.to_owned()))
            .collect()
    };
    let one = rules(&[
        "check",
        "suppressed",
        "--select",
        "data-outside-japan",
        "--select",
        "suppression-unused",
        "--format",
        "json",
    ]);
    assert_eq!(one, BTreeSet::from(["data-outside-japan".to_owned()]));
    let none = rules(&[
        "check",
        "suppressed-badly",
        "--ignore",
        "suppression-unused",
        "--format",
        "json",
    ]);
    assert!(!none.contains("suppression-unused"));
    assert!(none.contains("suppression-expired"));
}

#[test]
fn the_day_of_the_run_can_be_given() {
    let on = |day: &str| {
        let output = support::sekisho(&["check", "suppressed"])
            .env("SEKISHO_TODAY", day)
            .output();
        code(&output.expect("the binary starts"))
    };
    assert_eq!(on("2027-03-31"), 0);
    assert_eq!(on("2027-04-01"), 1);
}

#[test]
fn comments_of_vendored_modules_count_only_when_asked_for() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write(
        "main.tf",
        "provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\nmodule \"m\" {\n  source = \"example.org/m/aws\"\n}\n",
    );
    write(
        ".terraform/modules/m/main.tf",
        "# sekisho: ignore[data-unencrypted] says the vendor\nresource \"aws_sns_topic\" \"t\" {}\n\n# sekisho: ignore[no-such]\n",
    );
    write(
        ".terraform/modules/modules.json",
        r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"m","Source":"registry.terraform.io/example.org/m/aws","Dir":".terraform/modules/m"}]}"#,
    );
    let path = dir.path().display().to_string();
    let plain = json(&asking(&["check", &path, "--format", "json"]));
    assert_eq!(plain["summary"]["suppressed"], 0);
    assert_eq!(plain["summary"]["violations"], 1, "{plain}");
    let trusted = json(&asking(&[
        "check",
        &path,
        "--vendored-suppressions",
        "--format",
        "json",
    ]));
    assert_eq!(trusted["summary"]["suppressed"], 1, "{trusted}");
    assert_eq!(trusted["summary"]["violations"], 0, "{trusted}");
}

/// Everything of an outcome that a suppression may not change, and by whom what was accepted.
type Told = (String, Vec<String>, String, String, String, String);

fn told(outcome: &Outcome) -> BTreeMap<Told, Option<Suppressed>> {
    let words = |f: &Finding, address: &str, print: &str| {
        // What has one reason in many places (not decided, or one operator) is marked at the first that
        // is left.
        let one_place = f.verdict == Verdict::Violation && &*f.rule != "foreign-operator";
        let place = if one_place {
            let lines = outcome.lines(f.place);
            format!("{}:{}:{}", outcome.file(f.place), lines.line, lines.column)
        } else {
            String::new()
        };
        (
            f.rule.to_string(),
            f.variable_sets.iter().map(ToString::to_string).collect(),
            address.to_owned(),
            print.to_owned(),
            format!("{:?} {:?} {:?}", f.level, f.verdict, f.profiles),
            place,
        )
    };
    let own = |f: &&Finding| !f.rule.starts_with("suppression-");
    let all = outcome.findings.iter().filter(own).flat_map(|f| {
        let each = f.addresses.iter().zip(&f.fingerprints);
        each.map(move |(a, print)| (words(f, a, print), f.suppressed.clone()))
    });
    all.collect()
}

/// A fixture with a comment on every line that is marked for a rule; lines that hold a comment keep it.
fn commented(fixture: &Fixture, outcome: &Outcome, rule: &str) -> Option<Fixture> {
    let mut files = fixture.files.clone();
    let mut any = false;
    let marks: BTreeSet<(&str, u32)> = outcome
        .findings
        .iter()
        .filter(|f| &*f.rule == rule && f.suppressed.is_none())
        .map(|f| (outcome.file(f.place), outcome.lines(f.place).line))
        .collect();
    for (file, line) in marks {
        let text = files.get_mut(file)?;
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let at = &mut lines[line as usize - 1];
        if at.contains("<<") || at.contains("sekisho:") {
            continue;
        }
        let end = at.find(" #").unwrap_or(at.trim_end().len());
        at.insert_str(
            end,
            &format!(" /* sekisho: ignore[{rule}] accepted here */"),
        );
        *text = lines.concat();
        any = true;
    }
    any.then(|| fixture.with(files))
}

#[test]
fn a_suppression_accepts_what_is_marked_and_changes_nothing_else() {
    let all = fixture::all();
    let results: Vec<(usize, String)> = sekisho::on_own_threads(|| {
        all.par_iter()
            .filter(|f| !f.name.starts_with("rules/suppression-"))
            // What a fixture itself accepts would be mixed up with what is tried here.
            .filter(|f| {
                !f.files
                    .values()
                    .any(|text| text.contains("sekisho: ignore"))
            })
            // JSON has no comments.
            .filter(|f| !f.files.keys().any(|name| name.ends_with(".tf.json")))
            .map(|fixture| {
                let dir = fixture.write();
                let before = fixture::examine(dir.path());
                let rules: BTreeSet<&str> = before.findings.iter().map(|f| &*f.rule).collect();
                let (mut tried, mut wrong) = (0, String::new());
                for rule in rules {
                    let Some(other) = commented(fixture, &before, rule) else {
                        continue;
                    };
                    let dir = other.write();
                    let after = fixture::examine(dir.path());
                    let (was, is) = (told(&before), told(&after));
                    let keys = |m: &BTreeMap<Told, Option<Suppressed>>| -> Vec<Told> {
                        m.keys().cloned().collect()
                    };
                    let accepted = is.iter().filter(|(_, by)| by.is_some());
                    let right = keys(&was) == keys(&is)
                        && accepted.clone().count() > 0
                        && accepted.clone().all(|(key, _)| key.0 == rule)
                        && before.seen.passed == after.seen.passed
                        && before.seen.files_failed == after.seen.files_failed
                        && before.diagnostics.len() == after.diagnostics.len()
                        && !after
                            .findings
                            .iter()
                            .any(|f| f.rule.starts_with("suppression-"));
                    tried += 1;
                    if !right {
                        wrong += &format!("== {} {rule}\n{}{is:#?}\n", fixture.name, other.shown());
                    }
                }
                (tried, wrong)
            })
            .collect()
    });
    let tried: usize = results.iter().map(|(n, _)| n).sum();
    assert!(tried > 20, "{tried} tried");
    let wrong: String = results.into_iter().map(|(_, w)| w).collect();
    assert!(wrong.is_empty(), "{wrong}");
}

/// Examines with one `[[ignore]]`, whose place is the start of the first file.
fn with_ignore(dir: &Path, change: impl FnOnce(&mut Ignore)) -> Outcome {
    let settings = Settings::plain(
        Question::Findings,
        Input {
            current_dir: dir.to_path_buf(),
            paths: vec![dir.to_path_buf()],
            boundary: Some(dir.to_path_buf()),
            ..Input::default()
        },
    );
    let mut ignore = Ignore {
        rules: vec!["data-unencrypted".into()],
        addresses: Vec::new(),
        paths: Vec::new(),
        types: Vec::new(),
        classes: Vec::new(),
        reason: Some("names of builds only".into()),
        until: None,
        owner: None,
        place: Place {
            file: FileId(0),
            span: sekisho::load::syntax::Span::new(0, 0),
        },
        base: dir.to_path_buf(),
        only_below: true,
    };
    change(&mut ignore);
    let mut policy = sekisho::policy_of(&settings);
    policy.accept(vec![ignore]);
    sekisho::on_own_threads(|| sekisho::examine(&settings, &policy))
}

/// The accepted addresses, and the rules of what suppressions came to.
fn came_to(outcome: &Outcome) -> (Vec<&str>, Vec<&str>) {
    let accepted = outcome.findings.iter().filter(|f| f.suppressed.is_some());
    let mut accepted: Vec<&str> = accepted
        .flat_map(|f| &f.addresses)
        .map(String::as_str)
        .collect();
    accepted.sort_unstable();
    let run = outcome
        .findings
        .iter()
        .filter(|f| f.rule.starts_with("suppression-"));
    (accepted, run.map(|f| &*f.rule).collect())
}

#[test]
fn conditions_of_settings() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write(
        "main.tf",
        "provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\nresource \"aws_sns_topic\" \"t\" {\n  count = 2\n}\nmodule \"m\" {\n  for_each = toset([\"x\"])\n  source = \"./m\"\n}\n",
    );
    write(
        "m/main.tf",
        "resource \"aws_sns_topic\" \"t\" {}\nresource \"aws_ebs_volume\" \"v\" {\n  availability_zone = \"ap-northeast-1a\"\n}\n",
    );
    let dir = dir.path();
    let list = |texts: &[&str]| -> Vec<String> { texts.iter().map(ToString::to_string).collect() };
    let topics = ["aws_sns_topic.t[0]", "aws_sns_topic.t[1]"];
    let (inner, volume) = (
        "module.m[\"x\"].aws_sns_topic.t",
        "module.m[\"x\"].aws_ebs_volume.v",
    );

    let all = with_ignore(dir, |_| {});
    assert_eq!(
        came_to(&all),
        (vec![topics[0], topics[1], volume, inner], vec![])
    );
    let one = with_ignore(dir, |i| i.addresses = list(&["aws_sns_topic.t[1]"]));
    assert_eq!(came_to(&one), (vec![topics[1]], vec![]));
    let below = with_ignore(dir, |i| i.addresses = list(&["nothing", "module.m.**"]));
    assert_eq!(came_to(&below), (vec![volume, inner], vec![]));
    let both = with_ignore(dir, |i| {
        i.addresses = list(&["module.m.**"]);
        i.types = list(&["aws_ebs_*"]);
    });
    assert_eq!(came_to(&both), (vec![volume], vec![]));
    let file = with_ignore(dir, |i| i.paths = list(&["m/**"]));
    assert_eq!(came_to(&file), (vec![volume, inner], vec![]));
    let class = with_ignore(dir, |i| i.classes = list(&["protected"]));
    assert_eq!(came_to(&class).0.len(), 4);
    let none = with_ignore(dir, |i| i.classes = list(&["public"]));
    assert_eq!(came_to(&none), (vec![], vec!["suppression-unused"]));
    let no_rule = with_ignore(dir, |i| i.rules.clear());
    assert_eq!(came_to(&no_rule).0, Vec::<&str>::new());
    let silent = with_ignore(dir, |i| i.reason = Some("  ".into()));
    assert_eq!(
        came_to(&silent),
        (vec![], vec!["suppression-without-reason"])
    );
    let expired = with_ignore(dir, |i| i.until = Date::parse("2020-01-01"));
    assert_eq!(came_to(&expired), (vec![], vec!["suppression-expired"]));
    let elsewhere = with_ignore(dir, |i| i.base = dir.join("m"));
    assert_eq!(came_to(&elsewhere), (vec![], vec!["suppression-unused"]));
    let for_all = with_ignore(dir, |i| {
        i.base = dir.join("m");
        i.only_below = false;
    });
    assert_eq!(came_to(&for_all).0.len(), 4);
}
