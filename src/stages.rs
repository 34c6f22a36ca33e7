//! The stages as `lib.rs` calls them: what each is handed out of the settings.

use crate::Judged;
use crate::catalog::row::Words;
use crate::diagnostic::Diagnostic;
use crate::evaluate::Evaluation;
use crate::extract::facts::Facts;
use crate::cli::Typed;
use crate::evaluate::functions::{FileError, Files};
use crate::load::project::{Loaded, Module, ModuleId, Project, Root, Seen, VariableSet};
use crate::load::{self, GivenArg, Request};
use crate::messages::{Lang, Text};
use crate::report::{Basis, RuleInfo};
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
    /// The rules themselves.
    pub asked: Option<crate::policy::Policy>,
}

/// Reads the rules and the catalog.
pub fn policy(settings: &Settings) -> Policy {
    let asked = crate::policy::Policy::builtin(&["baseline"])
        .expect("internal: rules.toml is ours and tested");
    let said = |w: &Words| match settings.lang {
        Lang::En => w.en.clone(),
        Lang::Ja => w.ja.clone(),
    };
    let info = |rule: &crate::policy::Rule| RuleInfo {
        family: rule.family.clone(),
        basis: rule
            .basis
            .iter()
            .map(|b| Basis {
                document: asked
                    .documents
                    .get(&b.document)
                    .map_or_else(|| b.document.clone(), said)
                    .into(),
                section: b.section.as_str().into(),
                says: said(&b.says).into(),
            })
            .collect(),
    };
    let mut policy = Policy {
        profiles: asked.profiles.clone(),
        rules: asked.rules.iter().map(|r| (r.id.clone(), info(r))).collect(),
        texts: asked
            .texts()
            .into_iter()
            .map(|(key, w)| (key, Text { en: w.en, ja: w.ja }))
            .collect(),
        catalog: crate::catalog::DATE.into(),
        ..Policy::default()
    };
    let known: Vec<&str> = policy.rules.keys().map(|id| &**id).collect();
    policy.mistakes = crate::unknown_rules(settings, &known);
    policy.asked = Some(asked);
    policy
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
pub fn judge(project: &Project, root: &Root, policy: &Policy, settings: &Settings) -> Judged {
    let catalog = crate::catalog::Catalog::builtin();
    let options = crate::extract::Options::default();
    let files = files(project, root);
    let evaluations: Vec<Evaluation<'_>> = root
        .sets
        .iter()
        .map(|set| Evaluation::new(project, root, set, &files))
        .collect();
    let facts: Vec<Facts> = evaluations
        .iter()
        .map(|ev| crate::extract::facts(ev, catalog, &options))
        .collect();
    let mut out = Judged::default();
    // Trails evaluate once more, out of order: what they run into was said before.
    for ev in &evaluations {
        out.diagnostics.extend(ev.diagnostics());
    }
    if settings.judges()
        && let Some(asked) = &policy.asked
    {
        let sets: Vec<_> = evaluations
            .iter()
            .zip(&facts)
            .map(|(evaluation, facts)| crate::judge::Judged { evaluation, facts })
            .collect();
        let judgement = crate::judge::judge(&sets, asked);
        out.findings = judgement.findings;
        out.passed = judgement.passed;
    }
    out.facts = facts;
    out
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
