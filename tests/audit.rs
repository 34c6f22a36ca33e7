//! The report for an auditor: what each requirement comes to, what is shown of it, and what is never said.

mod support;

use serde_json::Value;
use std::path::Path;
use support::{run, sekisho};

const PROFILES: &[&str] = &[
    "baseline",
    "government",
    "personal-information",
    "export-control",
    "sovereign",
    "government-cloud",
    "medical",
    "my-number",
];
const DEMO: &str = "../../fixtures/demo";

fn report(path: &str, more: &[&str]) -> String {
    let args = [&["report", path], more].concat();
    String::from_utf8(run(&args).stdout).expect("output is UTF-8")
}

fn json(path: &str, more: &[&str]) -> Value {
    let more = [&["--format", "json"], more].concat();
    serde_json::from_str(&report(path, &more)).expect("JSON")
}

fn all_profiles() -> Vec<&'static str> {
    PROFILES.iter().flat_map(|p| ["--profile", p]).collect()
}

fn tree(text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(dir.path().join("main.tf"), text).expect("written");
    dir
}

/// What a requirement came to in a tree.
fn standing(dir: &Path, profile: &str, id: &str) -> Value {
    let path = dir.display().to_string();
    let all = json(&path, &["--profile", profile]);
    let requirements = all["requirements"].as_array().expect("a list").clone();
    let found = requirements.into_iter().find(|r| r["id"] == id);
    found.unwrap_or_else(|| panic!("no {id} under {profile}"))
}

const QUEUE: &str = "resource \"aws_sqs_queue\" \"q\" {\n  sqs_managed_sse_enabled = true\n}\n";

fn queue_in(region: &str) -> String {
    format!("provider \"aws\" {{\n  region = {region}\n}}\n{QUEUE}")
}

#[test]
fn a_requirement_is_what_its_answers_are() {
    let r03 = |text: &str| standing(tree(text).path(), "government", "R03");
    let abroad = r03(&queue_in("\"us-east-1\""));
    assert_eq!(abroad["standing"], "broken");
    let evidence = &abroad["evidence"][0];
    assert_eq!(evidence["address"], "aws_sqs_queue.q");
    assert!(evidence["line"].is_u64() && evidence["file"].is_string());
    let home = r03(&queue_in("\"ap-northeast-1\""));
    assert_eq!(home["standing"], "met");
    assert_eq!(home["answers"]["met"], 1);
    assert_eq!(home["evidence"][0]["found"], "ap-northeast-1 (JP)");
    let open = r03(&format!("variable \"r\" {{}}\n{}", queue_in("var.r")));
    assert_eq!(open["standing"], "open", "{open:#}");
    let accepted = r03(&queue_in("\"us-east-1\"").replace(
        "resource",
        "# sekisho: ignore[data-outside-japan] agreed on 2026-04-01\nresource",
    ));
    assert_eq!(accepted["standing"], "accepted", "{accepted:#}");
    assert_eq!(
        accepted["evidence"][0]["suppressed"]["reason"],
        "agreed on 2026-04-01"
    );
    // Nothing of what is asked about is there: that is no answer.
    let nothing = r03("resource \"aws_iam_role\" \"r\" {}\n");
    assert_eq!(nothing["standing"], "nothing-seen");
}

#[test]
fn the_worst_answer_counts_and_an_open_one_is_never_met() {
    let text = format!(
        "variable \"r\" {{}}\nprovider \"aws\" {{\n  region = \"ap-northeast-1\"\n}}\n\
         provider \"aws\" {{\n  alias = \"open\"\n  region = var.r\n}}\n{QUEUE}{}",
        QUEUE.replace("\"q\" {", "\"p\" {\n  provider = aws.open")
    );
    let found = standing(tree(&text).path(), "government", "R03");
    assert_eq!(found["standing"], "open", "{found:#}");
    assert_eq!(found["answers"]["met"], 1);
    assert_eq!(found["answers"]["open"], 1);
}

#[test]
fn countries_that_nobody_named_are_not_answered_for() {
    let found = standing(
        tree(&queue_in("\"ap-northeast-1\"")).path(),
        "export-control",
        "R29",
    );
    assert_eq!(found["standing"], "off", "{found:#}");
    let dir = tree(&queue_in("\"ap-northeast-1\""));
    let settings =
        "[residency]\ncountries-of-concern = [\"XX\"]\ncountries-of-concern-as-of = 2026-11-01\n";
    std::fs::write(dir.path().join("sekisho.toml"), settings).expect("written");
    let found = standing(dir.path(), "export-control", "R29");
    assert_eq!(found["standing"], "met", "{found:#}");
}

#[test]
fn what_was_held_back_is_open() {
    // Whoever does not encrypt has no key either.
    let text = queue_in("\"ap-northeast-1\"").replace("= true", "= false");
    let found = standing(tree(&text).path(), "government", "R08");
    assert_ne!(found["standing"], "met", "{found:#}");
    let all = found["evidence"].as_array().expect("a list");
    assert!(all.iter().any(|e| e["held_back"] == true), "{found:#}");
}

#[test]
fn a_finding_under_no_requirement_is_told_too() {
    let dir = tree(&queue_in("\"us-east-1\""));
    let path = dir.path().display().to_string();
    let all = json(&path, &["--profile", "export-control"]);
    let under = |rule: &str| {
        let requirements = all["requirements"].as_array().expect("a list");
        let rules = requirements
            .iter()
            .flat_map(|r| r["rules"].as_array().expect("a list"));
        rules.into_iter().any(|r| r == rule)
    };
    let findings = all["findings"].as_array().expect("a list");
    let beside = findings
        .iter()
        .find(|f| !under(f["rule"].as_str().expect("a rule")));
    let beside = beside.expect("no requirement of the profile asks by each of its rules");
    let rule = beside["rule"].as_str().expect("a rule");
    for format in ["md", "html"] {
        let text = report(&path, &["--profile", "export-control", "--format", format]);
        assert!(text.contains("stand under no requirement"), "{format}");
        assert!(text.contains(rule), "{format}: {rule}");
    }
}

/// Words that nobody may read out of a report: legal conclusions, certificates (facts about what no tool can
/// know).
const NEVER: &[&str] = &[
    "compliant",
    "compliance",
    "conforms to",
    "conformity",
    "certified",
    "certification",
    "cloud exception applies",
    "no report needed",
    "no licence needed",
    "not subject to the cloud act",
    "no foreign law",
    "is safe",
    "準拠",
    "適合",
    "合格",
    "認証済",
    "違反していない",
    "クラウド例外に該当",
    "第三者提供に当たらない",
    "第三者提供に該当しない",
    "報告不要",
    "報告は不要",
    "許可は不要",
    "許可不要",
    "適用されない",
    "適用を受けない",
    "及ばない",
    "安全です",
];

#[test]
fn nothing_is_claimed_that_code_cannot_show() {
    for lang in ["en", "ja"] {
        for format in ["md", "html"] {
            let mut more = vec!["--format", format, "--lang", lang];
            more.extend(all_profiles());
            let text = report(DEMO, &more);
            // What documents ask for may use such words: only what sekisho says itself is looked at.
            let mut own = text.to_lowercase();
            let asked = json(DEMO, &[&["--lang", lang][..], &all_profiles()].concat());
            for r in asked["requirements"].as_array().expect("a list") {
                for field in ["asks", "says", "settle", "section"] {
                    own = without(&own, r[field].as_str().unwrap_or(""));
                }
            }
            for d in asked["documents"].as_array().expect("a list") {
                for field in ["title", "note"] {
                    own = without(&own, d[field].as_str().unwrap_or(""));
                }
            }
            let profiles: toml::Table =
                toml::from_str(include_str!("../rules.toml")).expect("TOML");
            for p in profiles["profiles"].as_table().expect("a table").values() {
                for field in ["summary", "not_claimed", "title"] {
                    own = without(&own, p[field][lang].as_str().unwrap_or(""));
                }
            }
            for word in NEVER {
                let at = own.find(word);
                // That it is no such thing may be said.
                let around = at.map(|i| {
                    let before: Vec<char> = own[..i].chars().rev().take(60).collect();
                    let before = before.into_iter().rev();
                    before.chain(own[i..].chars().take(40)).collect::<String>()
                });
                let denied = around
                    .as_ref()
                    .is_some_and(|t| t.contains("意味しま") || t.contains("代わるものでも"));
                assert!(
                    at.is_none() || denied,
                    "{format} {lang}: {word} in {around:?}"
                );
            }
        }
    }
}

/// A text without another, as either format writes that.
fn without(text: &str, part: &str) -> String {
    let part = part.to_lowercase();
    if part.is_empty() {
        return text.to_owned();
    }
    let html = part
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    let mut md = String::new();
    for c in part
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .chars()
    {
        if "\\`*_[]|#~!$".contains(c) {
            md.push('\\');
        }
        md.push(c);
    }
    text.replace(&html, " ").replace(&md, " ")
}

#[test]
fn every_text_is_there_in_both_languages() {
    for lang in ["en", "ja"] {
        for path in [
            DEMO,
            "modules",
            "unclassified",
            "suppressed",
            "terragrunt",
            "broken",
        ] {
            for format in ["md", "html"] {
                let mut more = vec!["--format", format, "--lang", lang];
                more.extend(all_profiles());
                let text = report(path, &more);
                for section in ["audit.", "flow.", "custody.", "answer.", "copy-kind."] {
                    let plain = text.replace("\\_", "_");
                    let bare = plain
                        .split(|c: char| c.is_whitespace() || "<>|`*[](){}\"".contains(c))
                        .find(|w| w.starts_with(section));
                    assert_eq!(bare, None, "{path} {format} {lang}");
                }
            }
        }
    }
}

#[test]
fn html_is_one_file_without_script_and_nothing_of_the_input_is_markup() {
    let name = r#"x\"><script>alert(1)</script><img src=http://evil.example/x>"#;
    let text = format!(
        "provider \"aws\" {{\n  region = \"us-east-1\"\n}}\n\
         resource \"aws_sqs_queue\" \"q\" {{\n  for_each = toset([\"{name}\"])\n}}\n"
    );
    let dir = tree(&text);
    let path = dir.path().display().to_string();
    for lang in ["en", "ja"] {
        let html = report(&path, &["--format", "html", "--lang", lang]);
        assert!(html.starts_with("<!DOCTYPE html>"), "{html}");
        assert!(html.contains("&lt;script&gt;"), "the name is shown");
        let tags: Vec<&str> = html
            .split('<')
            .skip(1)
            .map(|t| t.split('>').next().unwrap_or_default())
            .collect();
        for tag in tags {
            let name = tag.split([' ', '/']).next().unwrap_or_default();
            let bad = ["script", "img", "link", "iframe", "object", "base", "form"];
            assert!(!bad.contains(&name), "<{tag}>");
            assert!(!tag.contains(" on") && !tag.contains(" src="), "<{tag}>");
        }
        assert!(!html.contains("@import"));
        let links: Vec<&str> = html.split("href=\"").skip(1).collect();
        assert!(
            links.iter().all(|l| l.starts_with('#')),
            "only within the page"
        );
        for link in links {
            let id = link[1..].split('"').next().unwrap_or_default();
            assert!(
                html.contains(&format!("id=\"{id}\"")),
                "#{id} leads nowhere"
            );
        }
        let md = report(&path, &["--lang", lang]);
        assert!(!md.contains("<script") && !md.contains("<img"), "{md}");
    }
}

#[test]
fn what_was_not_seen_stands_in_the_report() {
    for format in ["md", "html", "json"] {
        let modules = report("modules", &["--format", format]);
        assert!(modules.contains("module-not-loaded"), "{format}");
        let broken = run(&["report", "broken", "--format", format]);
        assert_eq!(broken.status.code(), Some(2), "{format}");
        let text = String::from_utf8_lossy(&broken.stdout).into_owned();
        assert!(text.contains("input-not-read"), "{format}");
        let nothing = run(&["report", "nothing", "--format", format]);
        assert_eq!(nothing.status.code(), Some(2), "{format}");
    }
    // Findings are what is asked for, and no failure.
    assert_eq!(run(&["report", "bucket"]).status.code(), Some(0));
}

#[test]
fn accepted_findings_stand_with_their_reasons() {
    let md = report("suppressed", &[]);
    let all = json("suppressed", &[]);
    let reasons: Vec<&str> = all["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|f| f["suppressed"]["reason"].as_str())
        .collect();
    assert!(!reasons.is_empty());
    for reason in reasons {
        let word = reason.split(' ').next().expect("a word");
        assert!(md.contains(word), "{reason}");
    }
}

#[test]
fn much_evidence_is_cut_for_readers_and_whole_in_json() {
    let mut text = String::from("provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\n");
    for i in 0..300 {
        text += &format!("resource \"aws_sqs_queue\" \"q{i}\" {{}}\n");
    }
    let dir = tree(&text);
    let path = dir.path().display().to_string();
    let found = standing(dir.path(), "government", "R03");
    assert_eq!(found["answers"]["met"], 300);
    assert_eq!(found["evidence"].as_array().map(Vec::len), Some(300));
    let md = report(&path, &["--profile", "government"]);
    assert!(md.contains("and 292 more"), "{md}");
    assert!(md.len() < 200_000, "{}", md.len());
}

#[test]
fn no_secret_reaches_a_report() {
    let dir = tree(include_str!("data/secrets.tf"));
    let given = dir.path().join("terraform.tfvars");
    std::fs::write(given, "given = \"hunter2-given\"\n").expect("written");
    let path = dir.path().display().to_string();
    for format in ["md", "html", "json"] {
        let mut more = vec!["--format", format, "--var", "typed=hunter2-typed"];
        more.extend(all_profiles());
        let text = report(&path, &more);
        assert!(!text.contains("hunter2"), "{format}");
        assert!(text.contains("typed"), "{format}: the name is told");
    }
}

#[test]
fn the_same_bytes_each_time_and_from_one_thread() {
    for format in ["md", "html", "json"] {
        let args = [
            "report",
            "../../fixtures/evaluation/copies",
            "--format",
            format,
        ];
        let many = run(&args).stdout;
        let one = sekisho(&args).env("RAYON_NUM_THREADS", "1").output();
        assert!(many == one.expect("it runs").stdout, "{format}");
    }
}

#[test]
fn a_report_goes_to_a_file() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("report.html");
    let name = file.display().to_string();
    let output = run(&["report", "bucket", "--format", "html", "-o", &name]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty());
    let there = std::fs::read(&file).expect("it was written");
    assert_eq!(there, run(&["report", "bucket", "--format", "html"]).stdout);
    let nowhere = dir.path().join("no/such/report.html").display().to_string();
    let output = run(&["report", "bucket", "-o", &nowhere]);
    assert_eq!(output.status.code(), Some(2));
}

/// A schema; what it takes from those of the other commands stands under their names.
fn schema() -> Value {
    let read = |name: &str| -> Value {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("schema")
            .join(name);
        let text = std::fs::read_to_string(path).expect("it is there");
        // The checker knows definitions of one file only.
        let prefix = name.split('-').next().unwrap_or_default();
        let text = text
            .replace("\"#/$defs/", &format!("\"#/$defs/{prefix}-"))
            .replace("\"check-1.json#/$defs/", "\"#/$defs/check-")
            .replace("\"inventory-1.json#/$defs/", "\"#/$defs/inventory-");
        serde_json::from_str(&text).expect("JSON")
    };
    let mut whole = read("report-1.json");
    let mut all = serde_json::Map::new();
    for name in ["report", "check", "inventory"] {
        let one = read(&format!("{name}-1.json"));
        for (key, definition) in one["$defs"].as_object().expect("definitions") {
            all.insert(format!("{name}-{key}"), definition.clone());
        }
    }
    whole["$defs"] = Value::Object(all);
    whole
}

#[test]
fn what_the_schema_says() {
    let schema = schema();
    for tree in [DEMO, "bucket", "modules", "broken", "suppressed"] {
        let value = json(tree, &all_profiles());
        let problems = support::schema::problems(&schema, &value);
        assert!(problems.is_empty(), "{tree}: {problems:#?}");
    }
}
