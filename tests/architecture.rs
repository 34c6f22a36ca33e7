//! What holds the source together and no compiler checks: who imports whom, that the program knows
//! no resource type by name, that every message has words, that documents say what is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// From the ground up; a stage imports what stands before it. `report`, `cli` and what stands in
/// `src/` itself may import any.
const ORDER: &[&str] = &[
    "date",
    "source",
    "diagnostic",
    "messages",
    "discover",
    "load",
    "evaluate",
    "catalog",
    "extract",
    "policy",
    "judge",
    "compare",
];
/// These may be used by each other: a place is a span of the syntax tree.
const TOGETHER: &[(&str, &str)] = &[("source", "load::syntax"), ("diagnostic", "source")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(dir)
        .expect("a directory of the project")
        .map(|e| e.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// Path relative to `src/`, with `/`, and text, comments left out.
fn all() -> Vec<(String, String)> {
    let src = root().join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    files
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(&src)
                .expect("below src")
                .to_string_lossy()
                .replace('\\', "/");
            let text = std::fs::read_to_string(&path).expect("a source file");
            let code = text
                .lines()
                .filter(|l| !l.trim_start().starts_with("//"))
                .collect::<Vec<_>>()
                .join("\n");
            (name, code)
        })
        .collect()
}

fn stage(file: &str) -> Option<usize> {
    let first = file.split('/').next()?.trim_end_matches(".rs");
    ORDER.iter().position(|s| *s == first)
}

/// Every `crate::a::b` of a text.
fn imports(code: &str) -> Vec<String> {
    code.match_indices("crate::")
        .map(|(i, m)| {
            let rest = &code[i + m.len()..];
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':')
                .unwrap_or(rest.len());
            rest[..end].to_owned()
        })
        .collect()
}

#[test]
fn a_stage_imports_only_what_stands_before_it() {
    let mut wrong = Vec::new();
    for (file, code) in all() {
        let Some(own) = stage(&file) else { continue };
        for import in imports(&code) {
            let name = import.split("::").next().unwrap_or_default();
            let together = TOGETHER
                .iter()
                .any(|(a, b)| ORDER[own] == *a && import.starts_with(b));
            match ORDER.iter().position(|s| *s == name) {
                Some(other) if other <= own || together => {}
                Some(_) => wrong.push(format!("src/{file} imports {import}")),
                None => wrong.push(format!("src/{file} imports {import}, which is no stage")),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_parser_depends_on_nothing_of_the_rest() {
    for (file, code) in all() {
        if file.starts_with("load/syntax/") {
            assert!(
                imports(&code).iter().all(|i| i.starts_with("load::syntax")),
                "src/{file}"
            );
        }
    }
}

#[test]
fn no_resource_type_stands_in_the_source() {
    let providers = [
        "aws",
        "awscc",
        "google",
        "azurerm",
        "azuread",
        "azapi",
        "alicloud",
        "ibm",
        "oci",
        "sakuracloud",
        "sakura",
        "nifcloud",
        "kubernetes",
        "helm",
    ];
    let mut wrong = Vec::new();
    for (file, code) in all() {
        // Tests may name what they are about.
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        for text in code.split('"').skip(1).step_by(2) {
            let named = providers.iter().any(|p| {
                text.strip_prefix(p)
                    .and_then(|rest| rest.strip_prefix('_'))
                    .is_some_and(|rest| {
                        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_lowercase() || c == '_')
                    })
            });
            if named {
                wrong.push(format!("src/{file}: {text}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "resource types belong into catalog/: {wrong:#?}"
    );
}

/// A rule is a table in rules.toml and a folder of fixtures, and nothing else: what runs knows no rule by its name. The
/// rules about suppressions are said by what looks for them.
#[test]
fn no_rule_stands_in_the_source() {
    let rules = sekisho::policy::Policy::rule_ids();
    let mut wrong = Vec::new();
    for (file, code) in all() {
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        for text in code.split('"').skip(1).step_by(2) {
            if rules.contains(&text) && file != "policy/suppress.rs" {
                wrong.push(format!("src/{file}: {text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "rules belong into rules.toml: {wrong:#?}");
}

/// A profile is a table too: only the one that judges where nobody names one is known by name.
#[test]
fn no_profile_stands_in_the_source() {
    let profiles = sekisho::policy::Policy::profile_names();
    let mut wrong = Vec::new();
    for (file, code) in all() {
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        for text in code.split('"').skip(1).step_by(2) {
            // Two of them are marks of data too.
            let known = ["baseline", "medical", "my-number"].contains(&text);
            if profiles.contains(&text) && !known {
                wrong.push(format!("src/{file}: {text}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "profiles belong into rules.toml: {wrong:#?}"
    );
}

/// Texts that look like a message key, by the sections that there are.
fn keys_in_source() -> BTreeSet<String> {
    let sections: BTreeSet<String> = sekisho::messages::texts()
        .keys()
        .filter_map(|k| Some(k.split_once('.')?.0.to_owned()))
        .collect();
    let mut out = BTreeSet::new();
    for (_, code) in all() {
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        for text in code.split('"').skip(1).step_by(2) {
            let shape =
                |t: &str| !t.is_empty() && t.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            if let Some((section, key)) = text.split_once('.')
                && sections.contains(section)
                && shape(key)
                && !matches!(key, "rs" | "toml" | "json" | "tf")
            {
                out.insert(text.to_owned());
            }
        }
    }
    out
}

#[test]
fn every_message_has_words() {
    let missing: Vec<String> = keys_in_source()
        .into_iter()
        .filter(|k| !sekisho::messages::texts().contains_key(k))
        .collect();
    assert!(
        missing.is_empty(),
        "no words in messages.toml: {missing:#?}"
    );
    for code in sekisho::load::syntax::SyntaxError::CODES {
        let key = format!("syntax.{code}");
        assert!(
            sekisho::messages::texts().contains_key(&key),
            "no words for {key}"
        );
    }
}

/// Every string of a table that is a country's code.
fn countries(value: &toml::Value, out: &mut BTreeSet<String>) {
    match value {
        toml::Value::String(s) if s.len() == 2 && s.chars().all(|c| c.is_ascii_uppercase()) => {
            out.insert(s.clone());
        }
        toml::Value::Array(items) => items.iter().for_each(|v| countries(v, out)),
        toml::Value::Table(t) => t.values().for_each(|v| countries(v, out)),
        _ => {}
    }
}

#[test]
fn what_findings_name_has_words() {
    let catalog = sekisho::catalog::Catalog::builtin();
    let mut keys: BTreeSet<String> = BTreeSet::new();
    for name in catalog.names() {
        let row = catalog.row(name).expect("the name is from the catalog");
        keys.extend(row.copies.iter().map(|c| format!("copy-kind.{}", c.kind)));
        keys.extend(row.parts.iter().map(|(part, _)| format!("part.{part}")));
        let open = row.exposure.iter().flat_map(|x| &x.open);
        keys.extend(open.map(|(door, _)| format!("door.{door}")));
    }
    let ladder = sekisho::catalog::custody::Custody::LADDER;
    keys.extend(
        ladder
            .iter()
            .map(|level| format!("keeper.{}", level.word())),
    );
    let text = std::fs::read_to_string(root().join("catalog/regions.toml")).expect("it is there");
    let table: toml::Value = toml::from_str(&text).expect("it is TOML");
    let mut codes = BTreeSet::new();
    countries(&table, &mut codes);
    assert!(codes.contains("JP") && codes.len() > 20, "{codes:?}");
    keys.extend(codes.iter().map(|code| format!("country.{code}")));
    let missing: Vec<&String> = keys
        .iter()
        .filter(|k| !sekisho::messages::texts().contains_key(*k))
        .collect();
    assert!(missing.is_empty(), "no words for {missing:#?}");
}

#[test]
fn documents_name_every_diagnostic_and_every_option() {
    let read = |file: &str| std::fs::read_to_string(root().join(file)).expect("a document");
    let formats = read("docs/formats.md");
    let source = read("src/diagnostic.rs");
    let ids = source.lines().filter_map(|l| {
        l.trim()
            .strip_prefix("Code::")?
            .split_once("=> \"")?
            .1
            .split('"')
            .next()
    });
    for id in ids {
        assert!(
            formats.contains(&format!("`{id}`")),
            "docs/formats.md lacks {id}"
        );
    }
    let usage = read("docs/usage.md");
    for file in ["help-check", "help-inventory"] {
        let help = read(&format!("tests/snapshots/{file}.txt"));
        for word in help
            .split_whitespace()
            .filter(|w| w.starts_with("--") && w.len() > 3)
        {
            let option = word.trim_end_matches(|c: char| !c.is_ascii_lowercase());
            if option != "--help" && option.len() > 2 {
                assert!(usage.contains(option), "docs/usage.md lacks {option}");
            }
        }
    }
}
