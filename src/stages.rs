//! The stages as `lib.rs` calls them: what each is handed out of the settings.

use crate::Judged;
use crate::cli::Typed;
use crate::diagnostic::Diagnostic;
use crate::evaluate::Evaluation;
use crate::evaluate::files_on_disk::BoundedFiles;
use crate::extract::facts::Facts;
use crate::load::project::{Loaded, Module, ModuleId, Project, Root};
use crate::load::{GivenArg, Request};
use crate::messages::Text;
use crate::report::RuleInfo;
use crate::settings::{Input, Settings};
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

/// What load is asked for.
pub fn request(input: &Input) -> Request {
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
    request.env = input
        .environment_values
        .iter()
        .map(|(name, value)| (format!("TF_VAR_{name}"), value.clone()))
        .collect();
    if let Some(workspace) = &input.workspace {
        request.env.push(("TF_WORKSPACE".into(), workspace.clone()));
    }
    if let Some(dir) = &input.data_dir {
        let dir = dir.to_string_lossy().into_owned();
        request.env.push(("TF_DATA_DIR".into(), dir));
    }
    request
}

/// Discover and load.
pub fn load(input: &Input) -> Loaded {
    crate::load::load(&request(input))
}

/// The files that a root's expressions may read.
pub fn files(project: &Project, root: &Root) -> BoundedFiles {
    BoundedFiles::new(&project.module(root.module).dir, &project.boundary)
}

/// A project of one root without any configuration, for expressions that need none.
pub fn empty_project(input: &Input) -> Project {
    let module = Module::empty(input.current_dir.clone());
    let root = Root::of(ModuleId(0));
    Project {
        modules: vec![module],
        roots: vec![root],
        boundary: input.current_dir.clone(),
        ..Project::default()
    }
}

/// What extract finds.
pub fn facts(_evaluation: &Evaluation<'_>) -> Facts {
    Facts::default()
}

/// Evaluate, extract and, where findings are asked for, judge one root.
pub fn judge(_project: &Project, _root: &Root, _policy: &Policy, settings: &Settings) -> Judged {
    let _ = settings.judges();
    Judged::default()
}
