//! The catalog as a whole: every row is well-formed, every file is built in, and no resource type
//! stands in the program's code.

use sekisho::catalog::Catalog;
use sekisho::catalog::embedded::FOLDERS;
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
    // ciphers.toml, hosts.toml and regions.toml belong to no provider.
    assert_eq!(built_in, on_disk.len() - 3);
}

#[test]
fn no_resource_type_stands_in_the_code() {
    let allowed: BTreeSet<&str> = ["terraform_data", "terraform_remote_state"].into();
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
