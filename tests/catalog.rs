//! The catalog as a whole: every row is well-formed, every file is built in, and no resource type
//! stands in the program's code.

mod support;

use sekisho::catalog::embedded::{FOLDERS, KNOWN, OPAQUE, ROLES, STORES};
use sekisho::catalog::types::{self, Names, Unjudged};
use sekisho::catalog::{Catalog, Unlisted};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn files(dir: &Path, ending: &str, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("it can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, ending, out);
        } else if path.to_string_lossy().ends_with(ending) {
            out.push(path);
        }
    }
}

#[test]
fn rows_parse_and_say_where_they_are_from() {
    let catalog = Catalog::builtin();
    for name in catalog.names() {
        let row = catalog.row(name).expect("the name is from the catalog");
        assert!(catalog.provider(name).is_some(), "{name}");
        if row.is_store() || row.is_key() {
            assert!(row.source.is_some(), "{name}: no source");
        }
        if row.is_store() {
            assert!(!row.custody.is_empty(), "{name}: no custody");
            let last = row.custody.last().expect("there is one");
            assert!(
                last.when.is_none() && last.each.is_none(),
                "{name}: the last case has a condition"
            );
        }
    }
}

#[test]
fn every_file_is_built_in() {
    let built_in: usize = FOLDERS.iter().map(|f| f.rows.len() + 1).sum();
    let mut on_disk = Vec::new();
    files(&here("catalog"), ".toml", &mut on_disk);
    // Tables that belong to no provider stand beside the folders.
    on_disk.retain(|p| p.parent() != Some(&here("catalog")));
    assert_eq!(built_in, on_disk.len());
}

#[test]
fn no_resource_type_stands_in_the_code() {
    // Terraform's own, and settings that are called after a provider.
    let allowed: BTreeSet<&str> = [
        "terraform_data",
        "terraform_remote_state",
        "aws_accounts",
        "google_projects",
        "google_domains",
    ]
    .into();
    let types = Names::decode(KNOWN);
    for word in allowed.iter().filter(|w| !w.starts_with("terraform_")) {
        assert!(!types.has(word), "{word} is a type");
    }
    let mut sources = Vec::new();
    files(&here("src"), ".rs", &mut sources);
    let catalog = Catalog::builtin();
    let prefixes = [
        "aws_",
        "google_",
        "azurerm_",
        "azuread_",
        "oci_",
        "sakura_",
        "alicloud_",
    ];
    let mut wrong: Vec<String> = Vec::new();
    for path in sources {
        let text = std::fs::read_to_string(&path).expect("sources are text");
        // What stands in comments and in unit tests decides nothing.
        let code = text.split("#[cfg(test)]").next().unwrap_or("");
        for (i, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap_or("");
            for word in line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
                if allowed.contains(word) {
                    continue;
                }
                let known = catalog.row(word).is_some()
                    || types.has(word)
                    || prefixes
                        .iter()
                        .any(|p| word.starts_with(p) && word.len() > p.len() + 2);
                if known {
                    wrong.push(format!("{}:{}: {word}", path.display(), i + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each type of the providers' lists is in the list of all types, and no type is said to be two things.
#[test]
fn lists_of_types_agree() {
    let mut wrong: Vec<String> = Vec::new();
    let mut known: BTreeSet<String> = Names::decode(KNOWN).all().map(Into::into).collect();
    let mut lists = support::provider_schema::Lists::new();
    let mut needed: BTreeSet<String> = BTreeSet::new();
    for provider in support::provider_schema::providers() {
        needed.extend(
            lists
                .types(&provider)
                .into_iter()
                .filter(|t| !t.contains('.') && t != "provider" && t != "terraform_remote_state"),
        );
    }
    let roles = types::roles(ROLES);
    let named: [(&str, Vec<&str>); 3] = [
        ("stores.txt", types::lines(STORES).collect()),
        ("opaque.txt", types::lines(OPAQUE).collect()),
        ("roles.txt", roles.keys().copied().collect()),
    ];
    for (_, list) in &named {
        needed.extend(list.iter().map(ToString::to_string));
    }
    let catalog = Catalog::builtin();
    let rows: Vec<&str> = catalog.names();
    needed.extend(
        rows.iter()
            .filter(|n| !n.contains('.'))
            .map(ToString::to_string),
    );
    if std::env::var_os("UPDATE").is_some() && !needed.is_subset(&known) {
        known.extend(needed);
        let text = types::encode(known.iter().map(String::as_str));
        std::fs::write(here("catalog/types/known.txt"), text).expect("it can be written");
        return;
    }
    let lost = needed.difference(&known);
    wrong.extend(lost.map(|t| format!("types/known.txt lacks {t} (UPDATE=1 adds it)")));
    let coded = types::encode(known.iter().map(String::as_str));
    assert!(coded == KNOWN, "types/known.txt is sorted, each name once");
    let mut said: std::collections::BTreeMap<&str, &str> = std::collections::BTreeMap::new();
    for (name, list) in &named {
        for ty in list {
            if let Some(before) = said.insert(ty, name) {
                wrong.push(format!("{ty} is in {before} and in {name}"));
            }
        }
    }
    for ty in types::lines(OPAQUE) {
        if rows.contains(&ty) {
            wrong.push(format!("{ty} is in opaque.txt and has a row"));
        }
    }
    for list in [STORES, ROLES] {
        let all: Vec<&str> = types::lines(list).collect();
        let pairs = all.iter().zip(all.iter().skip(1));
        let unsorted = pairs.filter(|(a, b)| a >= b);
        wrong.extend(unsorted.map(|(a, b)| format!("{b} stands after {a}")));
    }
    // What a row says of itself is what the lists say of it.
    for name in rows.iter().filter(|n| !n.contains('.')) {
        let row = catalog.row(name).expect("the name is from the catalog");
        let listed = said.get(name).copied();
        if row.is_store() && listed == Some("roles.txt") {
            wrong.push(format!("{name} has a category and stands in roles.txt"));
        }
        if row.is_key() && listed == Some("stores.txt") {
            wrong.push(format!("{name} is a key and stands in stores.txt"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_known_of_types_without_a_row() {
    let catalog = Catalog::builtin();
    let first = |list: &'static str| types::lines(list).next().expect("a type");
    assert_eq!(catalog.unlisted(first(STORES)), Unlisted::NoRow);
    assert_eq!(catalog.unlisted(first(OPAQUE)), Unlisted::Opaque);
    let (ty, role) = first(ROLES).split_once(' ').expect("type and role");
    let Unlisted::Unjudged(said) = catalog.unlisted(ty) else {
        panic!("{ty} has a role");
    };
    assert_eq!(said.word(), role);
    assert!(Unjudged::ALL.contains(&said));
    assert_eq!(catalog.unlisted("terraform_data"), Unlisted::NoData);
    assert_eq!(catalog.unlisted("aws_no_such_thing"), Unlisted::UnknownType);
}
