//! What each requirement comes to, shown on the fixtures: one where it is met, one where it is broken, one where nobody can
//! tell. A requirement comes to what its rules come to, so the fixtures of the rules show it.

#[path = "support/fixture_roots.rs"]
mod fixture_roots;
mod support;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use support::sekisho;

/// What the code cannot show of a requirement: which standing no fixture can have, and why.
const NEVER: &[(&str, &str, &str)] = &[
    (
        "P02",
        "broken",
        "it asks to say what cannot be fixed: the rule finds nothing else",
    ),
    (
        "R12",
        "broken",
        "no provider of such a service that names its place has one abroad",
    ),
];

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The settings that a fixture asks for in comments (tests/fixtures.rs), and its day.
fn settings(dir: &Path) -> (String, String) {
    let concern = fixture_roots::list(dir, "countries-of-concern").unwrap_or_default();
    let concern: Vec<String> = concern.iter().map(|c| format!("\"{c}\"")).collect();
    let own = fixture_roots::told(dir, "own").join("\n");
    let file = format!(
        "[residency]\ncountries-of-concern = [{}]\ncountries-of-concern-as-of = 2026-11-01\n[own]\n{own}\n",
        concern.join(", ")
    );
    let today = fixture_roots::told(dir, "today").into_iter().next();
    (file, today.unwrap_or_else(|| "2026-11-25".into()))
}

/// What all requirements come to in a folder, under every profile at once.
fn report(dir: &Path, number: usize) -> Value {
    let (text, today) = settings(dir);
    let config = std::env::temp_dir().join(format!(
        "sekisho-requirements-{}-{number}.toml",
        std::process::id()
    ));
    std::fs::write(&config, text).expect("a file in the temporary directory");
    let mut command = sekisho(&["report", "--format", "json", "--allow-nothing"]);
    for profile in sekisho::policy::Policy::profile_names() {
        command.args(["--profile", profile]);
    }
    let output = command
        .arg("--config")
        .arg(&config)
        .arg(dir)
        .env("SEKISHO_TODAY", today)
        .output()
        .expect("sekisho runs");
    let _ = std::fs::remove_file(&config);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!(
            "{}: {e}: {}",
            dir.display(),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

#[test]
fn each_judged_requirement_is_met_broken_and_open_somewhere() {
    let dirs = fixture_roots::roots(&here("fixtures/rules"), &[]);
    assert!(dirs.len() > 60, "the fixtures are there");
    let mut standings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (number, dir) in dirs.iter().enumerate() {
        let report = report(dir, number);
        for r in report["requirements"].as_array().expect("a list") {
            let text = |key: &str| r[key].as_str().expect("a text").to_owned();
            standings
                .entry(text("id"))
                .or_default()
                .insert(text("standing"));
        }
    }
    let mut wrong = Vec::new();
    for r in &sekisho::policy::requirements::file().requirement {
        let have = standings.get(&r.id).cloned().unwrap_or_default();
        let wanted: &[&str] = match r.treated.word() {
            "judged" => &["met", "broken", "open"],
            "shown" => &["shown"],
            _ => &["asked"],
        };
        for want in wanted {
            let never = NEVER
                .iter()
                .any(|(id, standing, _)| *id == r.id && standing == want);
            if never == have.contains(*want) {
                wrong.push(format!("{}: {want} ({have:?})", r.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_requirement_of_the_five_texts_is_treated() {
    let ids: BTreeSet<&str> = sekisho::policy::requirements::file()
        .requirement
        .iter()
        .map(|r| r.id.as_str())
        .collect();
    for n in 1..=31 {
        let id = format!("R{n:02}");
        assert!(ids.contains(&*id), "{id}");
    }
}
