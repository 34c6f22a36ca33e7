//! The stages as `lib.rs` calls them: what each is handed out of the settings.

use crate::Judged;
use crate::catalog::{self, Catalog, row};
use crate::cli::Typed;
use crate::diagnostic::{Diagnostic, Finding};
use crate::evaluate::Evaluation;
use crate::evaluate::files_on_disk::BoundedFiles;
use crate::extract::facts::Facts;
use crate::extract::{self, Options};
use crate::judge;
use crate::load::project::{Loaded, Module, ModuleId, Project, Root, Seen, VariableSet};
use crate::load::{self, GivenArg, Request};
use crate::messages::{Lang, Text};
use crate::policy;
use crate::policy::suppress::{self, Ignore, Suppressions};
use crate::report::{Basis, RuleInfo};
use crate::settings::{Input, Settings};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What is asked, and what is said of it beside findings.
pub struct Policy {
    asked: policy::Policy,
    /// What rules say beside their messages, by id.
    pub rules: BTreeMap<Arc<str>, RuleInfo>,
    /// The texts of rules, by message key.
    pub texts: Vec<(String, Text)>,
    /// The catalog's edition.
    pub catalog: Arc<str>,
    /// What is wrong with the settings.
    pub mistakes: Vec<Diagnostic>,
}

impl Policy {
    /// Accepts by these conditions too (`[[ignore]]` of settings).
    pub fn accept(&mut self, ignores: Vec<Ignore>) {
        self.asked.ignores.extend(ignores);
    }

    /// What a rule is about.
    pub fn fact_of(&self, id: &str) -> Option<policy::rules::Fact> {
        let rule = self.asked.rules.iter().find(|r| &*r.id == id)?;
        rule.asks.first().map(|ask| ask.fact)
    }

    /// The profiles that judge.
    pub fn profiles(&self) -> Vec<Arc<str>> {
        self.asked.profiles.clone()
    }
}

/// Reads the rules.
pub fn policy(settings: &Settings) -> Policy {
    let asked =
        policy::Policy::builtin(&["baseline"]).expect("internal: rules.toml is ours and tested");
    let said = |words: &row::Words| match settings.lang {
        Lang::En => words.en.as_str().into(),
        Lang::Ja => words.ja.as_str().into(),
    };
    let info = |rule: &policy::Rule| RuleInfo {
        family: rule.family.clone(),
        fact: of_stores(rule),
        title: said(&rule.title),
        why: said(&rule.why),
        help: said(&rule.help),
        level: asked.level(rule, "protected").0,
        basis: rule
            .basis
            .iter()
            .map(|b| Basis {
                document: asked
                    .documents
                    .get(&b.document)
                    .map_or_else(|| b.document.as_str().into(), said),
                section: b.section.as_str().into(),
                says: said(&b.says),
            })
            .collect(),
    };
    let rules: BTreeMap<Arc<str>, RuleInfo> = asked
        .rules
        .iter()
        .map(|rule| (rule.id.clone(), info(rule)))
        .collect();
    let known: Vec<&str> = rules.keys().map(|id| &**id).collect();
    let mistakes = crate::unknown_rules(settings, &known);
    let texts = asked
        .texts()
        .into_iter()
        .map(|(key, words)| {
            let text = Text {
                en: words.en,
                ja: words.ja,
            };
            (key, text)
        })
        .collect();
    Policy {
        asked,
        rules,
        texts,
        catalog: catalog::DATE.into(),
        mistakes,
    }
}

/// What a rule asks of stores.
fn of_stores(rule: &policy::Rule) -> Option<policy::rules::Fact> {
    let about = |a: &&policy::Ask| a.about == policy::rules::About::Store;
    rule.asks.iter().find(about).map(|a| a.fact)
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

/// What comments and settings accept.
pub fn suppressions(project: &Project, policy: &Policy, settings: &Settings) -> Suppressions {
    let data_dir = settings
        .input
        .terraform_environment
        .iter()
        .find(|(name, value)| name == "TF_DATA_DIR" && !value.is_empty());
    let options = suppress::Options {
        inline: settings.inline_suppressions,
        vendored: settings.vendored_suppressions,
        data_dir: data_dir.map_or(".terraform", |(_, value)| value).into(),
        today: settings.today,
    };
    let comments = load::suppress::comments(&project.sources);
    Suppressions::new(project, comments, &policy.asked, &options)
}

/// Marks what was accepted of what is no finding, and gives what suppressions themselves come to.
pub fn accept(
    project: &Project,
    policy: &Policy,
    settings: &Settings,
    suppressions: &Suppressions,
    facts: &mut [Facts],
    diagnostics: &mut [Diagnostic],
) -> Vec<Finding> {
    for missing in facts.iter_mut().flat_map(|f| &mut f.modules_missing) {
        suppressions.missing(project, missing);
    }
    for d in diagnostics.iter_mut() {
        d.suppressed = suppressions.of_diagnostic(project, d);
    }
    if !settings.judges() {
        return Vec::new();
    }
    let named: Vec<_> = settings
        .input
        .paths
        .iter()
        .map(|p| settings.input.absolute(p))
        .flat_map(|p| [p.canonicalize().unwrap_or_else(|_| p.clone()), p])
        .collect();
    let whole = diagnostics.iter().all(|d| d.code.exit() != 2);
    let asked = |id: &str| id_wanted(settings, id);
    // What lies outside of what was named may be used by what was not looked at.
    let seen = |path: &Path| named.iter().any(|n| path.starts_with(n));
    let mut found = suppressions.findings(project, &policy.asked, whole, &asked, &seen);
    found.retain(|finding| wanted(settings, finding));
    found
}

/// Evaluate, extract and, where findings are asked for, judge one root with all its variable sets.
///
/// `look` sees each root's evaluations and facts while they are there.
pub fn judge<T>(
    project: &Project,
    root: &Root,
    policy: &Policy,
    settings: &Settings,
    suppressions: &Suppressions,
    look: &dyn Fn(&[judge::Judged<'_, '_>]) -> T,
) -> (Judged, T) {
    let files = files(project, root);
    let evaluations: Vec<Evaluation<'_>> = root
        .sets
        .iter()
        .map(|set| Evaluation::of_types(project, root, set, &files, Catalog::builtin()))
        .collect();
    let options = Options::default();
    let facts: Vec<Facts> = evaluations
        .iter()
        .map(|evaluation| extract::facts(evaluation, Catalog::builtin(), &options))
        .collect();
    let mut out = Judged {
        // Trails evaluate once more, out of order: what they run into was said before.
        diagnostics: evaluations
            .iter()
            .flat_map(Evaluation::diagnostics)
            .collect(),
        ..Judged::default()
    };
    let sets: Vec<judge::Judged<'_, '_>> = evaluations
        .iter()
        .zip(&facts)
        .map(|(evaluation, facts)| judge::Judged { evaluation, facts })
        .collect();
    if settings.judges() {
        let judgement = judge::judge(&sets, &policy.asked, suppressions);
        out.findings = judgement.findings;
        out.findings.retain(|finding| wanted(settings, finding));
        out.passed = judgement.passed;
    }
    let looked = look(&sets);
    out.facts = facts;
    (out, looked)
}

/// `--select`, `--ignore`. Rules are not left out before: some are asked only where another passed.
fn wanted(settings: &Settings, finding: &Finding) -> bool {
    id_wanted(settings, &finding.rule)
}

fn id_wanted(settings: &Settings, id: &str) -> bool {
    let named = |list: &[String]| list.iter().any(|named| named == id);
    (settings.select.is_empty() || named(&settings.select)) && !named(&settings.ignore)
}

/// What `file()` and its relatives read through, for one root.
pub fn files<'p>(project: &'p Project, root: &Root) -> BoundedFiles<'p> {
    BoundedFiles::new(&project.module(root.module).dir, &project.boundaries)
}
