//! Values files near a root that Terraform does not load by itself: where people keep one for each
//! environment, and what sets they come to.
//!
//! Lives here: which files, and which of them belong together. Not here: whether a file says anything
//! about the root (that is known when it is read), and what becomes of the sets (`load/`, `init.rs`).

use super::boundary::Boundaries;
use super::kinds::auto_values;
use super::walk::{Directory, State};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

/// Directories beside a root in which people keep values files.
const FOLDERS: &[&str] = &["vars", "tfvars", "env", "envs", "environments", "config"];
/// Those that have a directory for each environment too.
const NESTING: &[&str] = &["env", "envs", "environments"];
/// Values files of these names belong to every set.
const COMMON: &[&str] = &["base", "common", "default", "defaults", "global", "shared"];

/// A values file near a root.
#[derive(Clone, Debug)]
pub struct NearFile {
    /// What the set is called that it makes.
    name: String,
    /// Relative to the root, with `/`.
    pub path: String,
    /// Whether it can be read.
    pub state: State,
}

/// A set that files near a root make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NearSet {
    /// Its name: that of its file without the ends, or the path where two have the same.
    pub name: String,
    /// Files of values, relative to the root: those that all sets share, then its own.
    pub var_files: Vec<String>,
    /// Files of backend settings with the same name, relative to the root.
    pub backends: Vec<String>,
}

/// The files near a root.
#[derive(Clone, Debug, Default)]
pub struct Near {
    /// Values files, in the order of their paths.
    pub values: Vec<NearFile>,
    /// Backend files: name and path.
    backends: Vec<(String, String)>,
}

impl Near {
    /// What lies beside a root (a real path) and in the directories that are usual for it. A directory
    /// with configuration is a module of its own: its files are not this root's.
    pub fn of(root: &Path, boundaries: &Boundaries) -> Near {
        let mut out = Near::default();
        if let Ok(here) = Directory::list(root, boundaries) {
            out.take("", None, &here.named_values, &here.backends);
        }
        let folder = |path: &Path| -> Option<Directory> {
            let real = path.canonicalize().ok()?;
            if !boundaries.hold(&real) {
                return None;
            }
            let listed = Directory::list(&real, boundaries).ok()?;
            listed.config.is_empty().then_some(listed)
        };
        for name in FOLDERS {
            let path = root.join(name);
            let Some(listed) = folder(&path) else {
                continue;
            };
            out.folder(&format!("{name}/"), None, &listed);
            if !NESTING.contains(name) {
                continue;
            }
            for below in listed.dirs() {
                let below = below.to_string_lossy();
                if let Some(listed) = folder(&path.join(&*below)) {
                    out.folder(&format!("{name}/{below}/"), Some(&below), &listed);
                }
            }
        }
        out.values.sort_by(|a, b| a.path.cmp(&b.path));
        out
    }

    /// Away from the root no name is loaded by itself.
    fn folder(&mut self, before: &str, of: Option<&str>, listed: &Directory) {
        let mut values = listed.named_values.clone();
        values.extend(listed.values.iter().cloned());
        self.take(before, of, &values, &listed.backends);
    }

    fn take(
        &mut self,
        before: &str,
        of: Option<&str>,
        values: &[(OsString, State)],
        backends: &[OsString],
    ) {
        for (file, state) in values {
            let Some(file) = file.to_str() else { continue };
            let stem = stem(file);
            let name = match of {
                _ if stem.is_empty() => continue,
                Some(of) if stem == "terraform" || stem == of => of.to_owned(),
                Some(of) => format!("{of}/{stem}"),
                None => stem.to_owned(),
            };
            self.values.push(NearFile {
                name,
                path: format!("{before}{file}"),
                state: state.clone(),
            });
        }
        for file in backends.iter().filter_map(|f| f.to_str()) {
            let stem = file.split('.').next().unwrap_or(file);
            let name = of.unwrap_or(stem).to_owned();
            self.backends.push((name, format!("{before}{file}")));
        }
    }

    /// The backend files, relative to the root.
    pub fn backends(&self) -> impl Iterator<Item = &str> {
        self.backends.iter().map(|(_, path)| path.as_str())
    }

    /// The sets of those files that count.
    pub fn sets(&self, counts: &dyn Fn(&NearFile) -> bool) -> Vec<NearSet> {
        let counting: Vec<&NearFile> = self.values.iter().filter(|f| counts(f)).collect();
        let common = |f: &&&NearFile| COMMON.contains(&stem_of(&f.path));
        let mut own: Vec<&NearFile> = counting.iter().filter(|f| !common(f)).copied().collect();
        let mut shared: Vec<&NearFile> = counting.iter().filter(common).copied().collect();
        if own.is_empty() {
            // What all sets would share is a set where there is no other.
            std::mem::swap(&mut own, &mut shared);
        }
        let mut named: BTreeMap<&str, usize> = BTreeMap::new();
        for file in &own {
            *named.entry(&file.name).or_default() += 1;
        }
        own.iter()
            .map(|file| {
                let mut var_files: Vec<String> = shared
                    .iter()
                    .filter(|s| is_for(s, file))
                    .map(|s| s.path.clone())
                    .collect();
                var_files.push(file.path.clone());
                let group = file.name.split('/').next().unwrap_or(&file.name);
                let backends = self.backends.iter();
                let backends = backends.filter(|(name, _)| name == group);
                NearSet {
                    name: if named[&*file.name] > 1 {
                        file.path.clone()
                    } else {
                        file.name.clone()
                    },
                    var_files,
                    backends: backends.map(|(_, path)| path.clone()).collect(),
                }
            })
            .collect()
    }
}

/// Whether a shared file is for a set: one in an environment's own directory is for that one.
fn is_for(shared: &NearFile, file: &NearFile) -> bool {
    let dir = |path: &str| path.rsplit_once('/').map_or("", |(dir, _)| dir).to_owned();
    let of = dir(&shared.path);
    !of.contains('/') || of == dir(&file.path)
}

/// A file's name without the ends of values files.
fn stem(file: &str) -> &str {
    let stem = [".tfvars.json", ".tfvars"]
        .iter()
        .find_map(|end| file.strip_suffix(end))
        .unwrap_or(file);
    match auto_values(file) {
        Some(_) => stem.strip_suffix(".auto").unwrap_or(stem),
        None => stem,
    }
}

fn stem_of(path: &str) -> &str {
    stem(path.rsplit('/').next().unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(files: &[&str]) -> Vec<(String, String, String)> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = dir.path().canonicalize().expect("there");
        for file in files {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, "").expect("written");
        }
        let boundaries = Boundaries::of(std::slice::from_ref(&root), &root, Some(&root));
        Near::of(&root, &boundaries)
            .sets(&|_| true)
            .into_iter()
            .map(|s| (s.name, s.var_files.join(" "), s.backends.join(" ")))
            .collect()
    }

    fn texts(all: &[(String, String, String)]) -> Vec<(&str, &str, &str)> {
        all.iter().map(|(a, b, c)| (&**a, &**b, &**c)).collect()
    }

    #[test]
    fn what_is_loaded_anyway_makes_no_set_and_what_is_shared_is_in_all() {
        let all = sets(&[
            "main.tf",
            "terraform.tfvars",
            "x.auto.tfvars",
            "common.tfvars",
            "dev.tfvars",
            "prod.tfvars.json",
            "prod.s3.tfbackend",
        ]);
        assert_eq!(
            texts(&all),
            [
                ("dev", "common.tfvars dev.tfvars", ""),
                (
                    "prod",
                    "common.tfvars prod.tfvars.json",
                    "prod.s3.tfbackend"
                ),
            ]
        );
        assert_eq!(
            texts(&sets(&["default.tfvars"])),
            [("default", "default.tfvars", "")]
        );
    }

    #[test]
    fn two_of_one_name_are_told_apart_by_their_files() {
        let all = sets(&["prod.tfvars", "prod.tfvars.json", "vars/dev.tfvars"]);
        let names: Vec<&str> = all.iter().map(|s| &*s.0).collect();
        assert_eq!(names, ["prod.tfvars", "prod.tfvars.json", "dev"]);
    }

    #[test]
    fn folders_of_environments_and_not_those_that_are_modules() {
        let all = sets(&[
            "main.tf",
            "common.tfvars",
            "environments/prod/terraform.tfvars",
            "environments/prod/backend.tfbackend",
            "environments/dev/eu.tfvars",
            "environments/dev/us.tfvars",
            "environments/dev/common.tfvars",
            "environments/own/main.tf",
            "environments/own/x.tfvars",
            "config/stg.auto.tfvars",
            "other/x.tfvars",
        ]);
        assert_eq!(
            texts(&all),
            [
                ("stg", "common.tfvars config/stg.auto.tfvars", ""),
                (
                    "dev/eu",
                    "common.tfvars environments/dev/common.tfvars environments/dev/eu.tfvars",
                    ""
                ),
                (
                    "dev/us",
                    "common.tfvars environments/dev/common.tfvars environments/dev/us.tfvars",
                    ""
                ),
                (
                    "prod",
                    "common.tfvars environments/prod/terraform.tfvars",
                    "environments/prod/backend.tfbackend"
                ),
            ]
        );
    }
}
