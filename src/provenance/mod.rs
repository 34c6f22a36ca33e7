//! Provenance: what a register or report was made from, so that somebody else can make it again and see
//! whether it comes out the same.
//!
//! Lives here: what is told of the input, the lists and the files. Not here: how git keeps its commits
//! (`git.rs`), how it is written (`report/`), how it is compared (`verify/`).

mod git;

use crate::catalog::{ciphers, operators};
use crate::cli;
use crate::load::project::{GivenValue, Project};
use crate::settings::found::Which;
use crate::settings::{Input, Settings};
use crate::source::{shown, slashed};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a run was made from.
#[derive(Clone, Serialize, Deserialize, Debug, Default)]
pub struct Provenance {
    /// The lists that judge, each with its edition.
    pub lists: Vec<List>,
    /// What was typed and what of the environment counted.
    pub input: Given,
    /// What the root modules ran with.
    pub variable_sets: Vec<Set>,
    /// The commit, where the input lies in a git work tree whose commit can be told.
    pub git: Option<Git>,
    /// The files that were read; `None` where nobody asked for their hashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<File>>,
}

/// A list with its edition.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[allow(missing_docs)]
pub struct List {
    pub list: String,
    pub edition: String,
}

/// What was typed. Of values only the names stand here: they may be secrets.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug, Default)]
#[serde(default)]
pub struct Given {
    /// As typed.
    pub paths: Vec<String>,
    /// `--boundary`.
    pub boundary: Option<String>,
    /// `--exclude`.
    pub exclude: Vec<String>,
    /// `--plan`.
    pub plan: Option<String>,
    /// `--as-root`.
    pub as_root: bool,
    /// `--variable-sets`: `auto`, `given`.
    pub variable_sets: Option<String>,
    /// `--var` and `--var-file`, in order.
    pub values: Vec<Typed>,
    /// `--backend-config`, in order.
    pub backend_config: Vec<Typed>,
    /// The names of what counted in the environment: `TF_VAR_x`, `TF_WORKSPACE`.
    pub environment: Vec<String>,
    /// `--config`.
    pub config: Option<String>,
    /// `--no-config`.
    pub no_config: bool,
}

/// A value, or a file of values.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Typed {
    /// The name of one.
    Var(String),
    /// The path of a file, as typed.
    File(String),
}

/// A variable set of a root module.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[allow(missing_docs)]
pub struct Set {
    pub target: String,
    pub name: String,
    pub workspace: Option<String>,
    /// The names of its variables.
    pub variables: Vec<String>,
    /// The files that its values stand in.
    pub files: Vec<String>,
}

/// The state of the work tree.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
pub struct Git {
    /// The commit.
    pub commit: String,
    /// The branch, where one is checked out.
    pub branch: Option<String>,
    /// Those of the files read that are not as in the commit; `None`: it cannot be told.
    pub differing: Option<Vec<String>>,
}

/// A file that was read.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[allow(missing_docs)]
pub struct File {
    pub path: String,
    /// `None`: it cannot be read any more.
    pub sha256: Option<String>,
}

/// What a run was made from. `hashed`: with the files and their hashes.
pub fn of(
    project: &Project,
    settings: &Settings,
    settings_files: &[PathBuf],
    hashed: bool,
) -> Provenance {
    let boundary = &project.boundary;
    let repository = git::Repository::at(boundary);
    let mut git = repository.as_ref().and_then(|r| {
        Some(Git {
            commit: r.commit()?,
            branch: r.branch(),
            differing: None,
        })
    });
    let mut files = None;
    if hashed {
        let read = read(project, settings, settings_files);
        let index = repository.as_ref().and_then(git::Repository::committed);
        if let (Some(git), Some(index), Some(r)) = (&mut git, index, &repository) {
            let differing = read.iter().filter(|f| !f.is_stdin).filter(|f| {
                let inside = f.path.strip_prefix(r.work_tree()).ok().map(slashed);
                let blob = inside.and_then(|name| index.get(&name));
                !blob.is_some_and(|blob| f.blobs.contains(blob))
            });
            git.differing = Some(differing.map(|f| f.file.path.clone()).collect());
        }
        files = Some(read.into_iter().map(|f| f.file).collect());
    }
    Provenance {
        lists: lists(),
        input: given(settings),
        variable_sets: sets(project),
        git,
        files,
    }
}

/// The lists that judge.
pub fn lists() -> Vec<List> {
    let list = |list: &str, edition: &str| List {
        list: list.to_owned(),
        edition: edition.to_owned(),
    };
    vec![
        list("cryptrec", ciphers::edition()),
        list("operators", operators::edition()),
    ]
}

fn given(settings: &Settings) -> Given {
    let input = &settings.input;
    let text = |p: &Path| slashed(p);
    let mut out = Given {
        paths: input.paths.iter().map(|p| text(p)).collect(),
        boundary: input.boundary.as_deref().map(text),
        exclude: input.exclude.clone(),
        plan: input.plan.as_deref().map(text),
        as_root: input.as_root,
        variable_sets: input
            .auto_sets
            .map(|auto| if auto { "auto" } else { "given" }.to_owned()),
        values: input
            .values
            .iter()
            .map(|value| match value {
                cli::Typed::Var(var) => Typed::Var(name(var).to_owned()),
                cli::Typed::File(path) => Typed::File(text(path)),
            })
            .collect(),
        backend_config: input
            .backend_config
            .iter()
            .map(|c| {
                if c.contains('=') {
                    Typed::Var(name(c).to_owned())
                } else {
                    Typed::File(c.clone())
                }
            })
            .collect(),
        environment: environment(input),
        ..Given::default()
    };
    match &settings.which {
        Which::Found => {}
        Which::Given(path) => out.config = Some(text(path)),
        Which::None => out.no_config = true,
    }
    out
}

/// The name of `NAME=VALUE`.
pub fn name(text: &str) -> &str {
    text.split('=').next().unwrap_or(text).trim()
}

/// The names of what of the environment counted.
pub fn environment(input: &Input) -> Vec<String> {
    let set = input.terraform_environment.iter();
    set.filter(|(_, value)| !value.is_empty())
        .map(|(name, _)| name.clone())
        .collect()
}

fn sets(project: &Project) -> Vec<Set> {
    let mut out = Vec::new();
    for root in &project.roots {
        for set in &root.sets {
            let mut variables: Vec<String> = Vec::new();
            let mut files: BTreeSet<String> = BTreeSet::new();
            for given in &set.values {
                variables.push(given.name.to_string());
                if let GivenValue::Node(file, ..) = given.value {
                    files.insert(project.sources.file(file).shown.to_string());
                }
            }
            variables.sort();
            variables.dedup();
            out.push(Set {
                target: root.target.to_string(),
                name: set.name.to_string(),
                workspace: set.workspace.as_deref().map(str::to_owned),
                variables,
                files: files.into_iter().collect(),
            });
        }
    }
    out
}

struct Read {
    path: PathBuf,
    file: File,
    /// What git may call its content: as it is, and with line ends as git keeps them.
    blobs: Vec<String>,
    is_stdin: bool,
}

/// The files of a run: sources, plans, settings, what lies beside roots, what `file()` read.
fn read(project: &Project, settings: &Settings, settings_files: &[PathBuf]) -> Vec<Read> {
    let input = &settings.input;
    let mut paths: BTreeSet<PathBuf> = BTreeSet::new();
    paths.extend(project.sources.files.iter().map(|f| f.path.clone()));
    paths.extend(settings_files.iter().cloned());
    let named = |p: &Path| input.absolute(p);
    paths.extend(input.plan.iter().map(|p| named(p)));
    paths.extend(input.paths.iter().map(|p| named(p)));
    let data_dir = input
        .terraform_environment
        .iter()
        .find(|(name, value)| name == "TF_DATA_DIR" && !value.is_empty())
        .map_or(".terraform", |(_, value)| value);
    for root in project.roots.iter().filter(|r| !r.in_plan) {
        let dir = &project.module(root.module).dir;
        let beside = dir.join(data_dir);
        paths.insert(dir.join(".terraform.lock.hcl"));
        paths.insert(beside.join("modules").join("modules.json"));
        paths.insert(beside.join("environment"));
    }
    paths.extend(project.noted.all());
    let cwd = input
        .current_dir
        .canonicalize()
        .unwrap_or_else(|_| input.current_dir.clone());
    // A link and what it leads to are one file, and directories and what stands in a plan are none.
    let real: BTreeSet<PathBuf> = paths
        .into_iter()
        .filter(|p| p.is_file())
        .map(|p| {
            let dir = p.parent().and_then(|d| d.canonicalize().ok());
            match (dir, p.file_name()) {
                (Some(dir), Some(name)) => dir.join(name),
                _ => p,
            }
        })
        .collect();
    let mut out: Vec<Read> = real
        .into_par_iter()
        .map(|path| {
            let bytes = std::fs::read(&path).ok();
            Read {
                file: File {
                    path: shown(&path, &cwd),
                    sha256: bytes.as_deref().map(sha256),
                },
                blobs: bytes.as_deref().map(git::blobs).unwrap_or_default(),
                path,
                is_stdin: false,
            }
        })
        .collect();
    if let Some(bytes) = &input.stdin {
        out.push(Read {
            path: "-".into(),
            file: File {
                path: "-".into(),
                sha256: Some(sha256(bytes)),
            },
            blobs: Vec::new(),
            is_stdin: true,
        });
    }
    out.sort_by(|a, b| a.file.path.cmp(&b.file.path));
    out
}

/// The hash of some bytes, in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}
