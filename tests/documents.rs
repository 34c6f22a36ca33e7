//! The pages of `docs/` that are made, and the examples in them: they are what rules.toml, the catalog and the fixtures
//! say now. `UPDATE=1 cargo test --test documents` writes them.

use sekisho::explain::examples::{Example, Examples};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The blocks of a fixture, as `terraform fmt` leaves them: from a line that starts with a name to a brace at the start of one.
/// Comments right above belong to a block.
fn blocks(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut now = String::new();
    let mut inside = false;
    for line in text.lines() {
        if !inside && line.trim().is_empty() {
            now.clear();
            continue;
        }
        now.push_str(line);
        now.push('\n');
        let code = line.split('#').next().unwrap_or("").trim_end();
        if !inside && code.starts_with(|c: char| c.is_ascii_lowercase()) {
            inside = !code.ends_with('}');
            if !inside {
                out.push(std::mem::take(&mut now));
            }
        } else if inside && code == "}" {
            inside = false;
            out.push(std::mem::take(&mut now));
        }
    }
    out
}

/// What a block declares: `resource aws_sqs_queue`, `terraform`.
fn declares(block: &str) -> String {
    let head = block.lines().find(|l| !l.starts_with('#')).unwrap_or("");
    let mut words = head
        .split(['"', ' '])
        .filter(|w| !w.is_empty() && *w != "{");
    let first = words.next().unwrap_or("");
    let takes_type = matches!(first, "resource" | "data");
    let second = words.next().filter(|_| takes_type).unwrap_or("");
    format!("{first} {second}")
}

/// Whether a finding of the rule is expected in a block.
fn has_mark(block: &str, rule: &str, verdict: &str) -> bool {
    block.lines().any(|l| {
        let Some((_, words)) = l.split_once("# expect: ") else {
            return false;
        };
        words.split(',').any(|one| {
            let mut words = one.split_whitespace();
            words.next() == Some(rule) && words.next().unwrap_or("violation") == verdict
        })
    })
}

/// How well a block shows something: one that its author chose (`# example`), then a type for which nothing else decides.
fn shows(block: &str) -> u8 {
    let catalog = sekisho::catalog::Catalog::builtin();
    let ty = declares(block);
    let ty = ty.split(' ').nth(1).unwrap_or("");
    let decided_elsewhere = || {
        let names = catalog.names();
        let rows = names.into_iter().filter_map(|n| catalog.row(n));
        rows.filter_map(|r| r.carries.as_ref().map(|c| c.to.iter().any(|t| **t == *ty)))
            .any(|decides| decides)
    };
    match block {
        b if b.lines().any(|l| l.trim() == "# example") => 3,
        _ if ty.is_empty() => 0,
        _ if decided_elsewhere() => 1,
        _ => 2,
    }
}

/// The block that shows best what the rule finds, and what it declares; where the mark is at a provider's configuration, with
/// a resource that stands in it.
fn marked(blocks: &[String], rule: &str, verdict: &str) -> Option<(String, String)> {
    let all = blocks.iter().filter(|b| has_mark(b, rule, verdict));
    // Of several that are as good, the first.
    let found = all.rev().max_by_key(|b| shows(b))?;
    let mut text = found.clone();
    let mut what = declares(found);
    if what.trim() == "provider" {
        let alias = found.lines().find_map(|l| l.trim().strip_prefix("alias"));
        let alias = alias.and_then(|l| l.split('"').nth(1));
        let stands = |b: &&String| {
            let mut lines = b.lines().map(str::trim);
            let given =
                lines.find_map(|l| l.strip_prefix("provider ")?.split_once('=').map(|x| x.1));
            declares(b).starts_with("resource ")
                && given.and_then(|g| g.rsplit_once('.')).map(|x| x.1) == alias
        };
        let resources = blocks.iter().filter(stands).rev();
        // Of a service the provider's configuration is all that there is.
        if let Some(resource) = resources.max_by_key(|b| shows(b)) {
            text = format!("{text}\n{resource}");
            what = declares(resource);
        }
    }
    Some((text, what))
}

/// Without what only the tests read.
fn plain(text: &str) -> String {
    text.lines()
        .filter(|l| l.trim() != "# example")
        .map(|l| l.split("# expect: ").next().unwrap_or(l).trim_end())
        .fold(String::new(), |out, l| out + l + "\n")
}

fn example(rule: &str) -> Example {
    let read = |kind: &str| {
        let path = here("fixtures/rules").join(rule).join(kind).join("main.tf");
        blocks(&std::fs::read_to_string(path).unwrap_or_default())
    };
    let bad_blocks = read("bad");
    let bad = marked(&bad_blocks, rule, "violation");
    let good = read("good");
    let best = |fits: &dyn Fn(&String) -> bool| {
        let all = good.iter().filter(|b| fits(b)).rev();
        all.max_by_key(|b| shows(b)).cloned()
    };
    let same = |what: &str| best(&|b| declares(b) == what);
    let first = || best(&|b| declares(b).starts_with("resource "));
    let good = match &bad {
        Some((_, what)) => same(what).or_else(first),
        None => first(),
    };
    let unresolved = marked(&read("unresolved"), rule, "undetermined");
    Example {
        bad: bad.map(|(text, _)| plain(&text)),
        good: good.map(|text| plain(&text)),
        unresolved: unresolved.map(|(text, _)| plain(&text)),
    }
}

fn examples() -> Examples {
    let mut out = Examples::new();
    for entry in std::fs::read_dir(here("fixtures/rules"))
        .expect("the fixtures")
        .flatten()
    {
        let rule = entry.file_name().to_string_lossy().into_owned();
        let found = example(&rule);
        out.insert(rule, found);
    }
    out
}

/// Compares, or writes where `UPDATE` is set. What differs is named.
fn hold(path: &Path, text: &str, wrong: &mut Vec<String>) {
    let have = std::fs::read_to_string(path).unwrap_or_default();
    if have == text {
        return;
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        std::fs::write(path, text).expect("it can be written");
    } else {
        wrong.push(path.display().to_string());
    }
}

#[test]
fn examples_are_those_of_the_fixtures() {
    let mut text =
        String::from("# Made from fixtures/rules/ by tests/documents.rs: UPDATE=1 writes it.\n");
    for (rule, example) in examples() {
        assert!(
            example.bad.is_some() || example.unresolved.is_some(),
            "{rule}: its fixtures mark nothing"
        );
        let _ = write!(text, "\n[{rule}]\n");
        for (name, code) in example.each() {
            assert!(!code.contains("'''"), "{rule}");
            let _ = write!(text, "{name} = '''\n{code}'''\n");
        }
    }
    let mut wrong = Vec::new();
    hold(&here("src/explain/examples.toml"), &text, &mut wrong);
    assert!(
        wrong.is_empty(),
        "UPDATE=1 cargo test --test documents writes {wrong:?}"
    );
}

#[test]
fn pages_are_what_the_rules_and_the_catalog_say() {
    let pages: BTreeMap<String, String> =
        sekisho::explain::pages(&examples()).into_iter().collect();
    let mut wrong = Vec::new();
    for (path, text) in &pages {
        hold(&here("docs").join(path), text, &mut wrong);
    }
    // A page of a rule that is gone.
    for folder in ["rules", "ja/rules"] {
        for entry in std::fs::read_dir(here("docs").join(folder))
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if pages.contains_key(&name) {
                continue;
            }
            if std::env::var_os("UPDATE").is_some() {
                std::fs::remove_file(entry.path()).expect("it can go");
            } else {
                wrong.push(format!("{name} is no longer made"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "UPDATE=1 cargo test --test documents writes these: {wrong:#?}"
    );
}

/// Each page that is linked is there.
#[test]
fn links_between_pages_lead_somewhere() {
    let mut wrong = Vec::new();
    for (path, text) in sekisho::explain::pages(&examples()) {
        let from = here("docs").join(&path);
        for link in text.split("](").skip(1).filter_map(|t| t.split(')').next()) {
            let to = from.parent().expect("a directory").join(link);
            if !link.contains(':') && !to.is_file() {
                wrong.push(format!("{path}: {link}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
