//! The configuration in a plan file: the files of each module as terraform read them, and the manifest.

use super::archive::{Archive, Trouble};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The manifest.
const MANIFEST: &str = "tfconfig/modules.json";
/// What the folder of a module starts with: `tfconfig/m-app.db/main.tf`.
const MODULE: &str = "tfconfig/m-";
/// The lock file.
const LOCK: &str = ".terraform.lock.hcl";

/// The configuration that a plan was made of.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The modules, by key; the root's is empty.
    pub modules: Vec<SnapshotModule>,
    /// The lock file.
    pub lock: Option<Vec<u8>>,
    /// The workspace that it was planned in.
    pub workspace: String,
}

/// A module of it.
#[derive(Debug)]
pub struct SnapshotModule {
    /// The path of calls to it: `app.db`.
    pub key: String,
    /// Where it lay, relative to where terraform ran: `modules/db`, `.terraform/modules/app`.
    pub dir: String,
    /// Its files: name and content, by name.
    pub files: Vec<(String, Vec<u8>)>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "Key", default)]
    key: String,
    #[serde(rename = "Dir", default)]
    dir: String,
}

/// Reads it; `None` where it is not there or not whole.
pub(super) fn read(archive: &mut Archive<'_>, max_file: u64) -> Option<Snapshot> {
    let manifest = archive.read(MANIFEST, max_file)?.ok()?;
    let manifest: Vec<Entry> = serde_json::from_slice(&manifest).ok()?;
    let mut files: BTreeMap<String, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    for name in archive.names() {
        let Some((key, file)) = name
            .strip_prefix(MODULE)
            .and_then(|rest| rest.rsplit_once('/'))
        else {
            continue;
        };
        let content = archive.read(&name, max_file)?.ok()?;
        files
            .entry(key.to_owned())
            .or_default()
            .push((file.to_owned(), content));
    }
    let mut modules: Vec<SnapshotModule> = manifest
        .into_iter()
        .map(|entry| SnapshotModule {
            files: files.remove(&entry.key).unwrap_or_default(),
            key: entry.key,
            dir: entry.dir,
        })
        .collect();
    // What the manifest does not name, no call could be led to.
    if !files.is_empty() {
        return None;
    }
    modules.sort_by(|a, b| a.key.cmp(&b.key));
    modules.dedup_by(|a, b| a.key == b.key);
    let root = modules.first().is_some_and(|m| m.key.is_empty());
    root.then(|| Snapshot {
        modules,
        lock: archive.read(LOCK, max_file).and_then(lock),
        workspace: String::new(),
    })
}

fn lock(read: Result<Vec<u8>, Trouble>) -> Option<Vec<u8>> {
    // Without it versions of providers are not known, as where there is no lock file.
    read.ok()
}
