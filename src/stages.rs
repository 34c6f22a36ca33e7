//! The stages as `lib.rs` calls them: what each is handed out of the settings.

use crate::Judged;
use crate::diagnostic::Diagnostic;
use crate::cli::Typed;
use crate::evaluate::functions::{FileError, Files};
use crate::load::project::{Loaded, Module, ModuleId, Project, Root, Seen, VariableSet};
use crate::load::{self, GivenArg, Request};
use crate::messages::Text;
use crate::report::RuleInfo;
use crate::settings::{Input, Settings};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is asked: rules and the profiles that ask them, and the catalog behind them.
#[derive(Default)]
pub struct Policy {
    /// The profiles.
    pub profiles: Vec<Arc<str>>,
    /// What rules say beside their messages, by id.
    pub rules: BTreeMap<Arc<str>, RuleInfo>,
    /// The texts of rules, by message key.
    pub texts: Vec<(String, Text)>,
    /// The catalog's edition.
    pub catalog: Arc<str>,
    /// What is wrong with the settings.
    pub mistakes: Vec<Diagnostic>,
}

/// Reads the rules and the catalog.
pub fn policy(settings: &Settings) -> Policy {
    let policy = Policy {
        profiles: vec!["baseline".into()],
        ..Policy::default()
    };
    let known: Vec<&str> = policy.rules.keys().map(|id| &**id).collect();
    let mistakes = crate::unknown_rules(settings, &known);
    Policy { mistakes, ..policy }
}

/// Discover and load.
pub fn load(input: &Input) -> Loaded {
    load::load(&request(input))
}

/// A root without a file, for expressions that need none.
pub fn empty_root() -> Project {
    let mut project = Project::default();
    project.modules.push(Module::default());
    project.roots.push(Root {
        module: ModuleId(0),
        target: ".".into(),
        identity: ".".into(),
        reusable: false,
        sets: vec![VariableSet::default()],
        vendored: FxHashMap::default(),
        backend_config: Vec::new(),
        backend_files: Vec::new(),
        locked: Vec::new(),
        callers_unread: false,
    });
    project
}

/// Walks and reads the same files and parses nothing.
pub fn read_only(input: &Input) -> Seen {
    load::read_only(&request(input))
}

fn request(input: &Input) -> Request {
    let mut request = Request::new(input.paths.clone(), input.current_dir.clone());
    request.boundary.clone_from(&input.boundary);
    request.excludes.clone_from(&input.exclude);
    request.as_root = input.as_root;
    request.given = input
        .values
        .iter()
        .map(|typed| match typed {
            Typed::Var(text) => {
                let (name, value) = text.split_once('=').unwrap_or((text, ""));
                GivenArg::Var(name.to_owned(), value.to_owned())
            }
            Typed::File(path) => GivenArg::VarFile(path.clone()),
        })
        .collect();
    request.backend_config.clone_from(&input.backend_config);
    request.env.clone_from(&input.terraform_environment);
    request
}

/// Evaluate, extract and, where findings are asked for, judge one root.
pub fn judge(_project: &Project, _root: &Root, _policy: &Policy, settings: &Settings) -> Judged {
    let _ = settings.judges();
    Judged::default()
}

/// What `file()` and its relatives read through, for one root.
pub fn files(_project: &Project, _root: &Root) -> impl Files {
    Nothing
}

struct Nothing;

impl Files for Nothing {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        Err(FileError::NotRead(path.to_owned()))
    }
    fn exists(&self, path: &str) -> Result<bool, FileError> {
        Err(FileError::NotRead(path.to_owned()))
    }
    fn below(&self, path: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::NotRead(path.to_owned()))
    }
}
