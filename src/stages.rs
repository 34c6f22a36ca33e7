//! The stages as `lib.rs` calls them: what each is handed out of the settings.

mod before;
mod root;

pub use root::judge;

use crate::catalog::{self, Catalog, row};
use crate::cli::Typed;
use crate::diagnostic::{Code, Diagnostic, Finding, Level, Message};
use crate::discover::Boundaries;
use crate::evaluate::files_on_disk::BoundedFiles;
use crate::extract::facts::{Facts, Store};
use crate::extract::{self, Options};
use crate::load::project::{Loaded, Module, ModuleId, Project, Root, Seen, VariableSet};
use crate::load::{self, Configured, GivenArg, Request};
use crate::messages::{Lang, Text};
use crate::policy::requirements;
use crate::policy::rules::{AskText, RuleText};
use crate::policy::suppress::{self, Ignore, Suppressions};
use crate::policy::{self, classify};
use crate::report::{Basis, RuleInfo};
use crate::settings::found::Files;
use crate::settings::reading;
use crate::settings::resolved::{self, Over, Resolved, Source};
use crate::settings::{Input, Settings};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is asked by default, what is said of it beside findings, and where settings are.
pub struct Policy {
    /// What rules say beside their messages, by id.
    pub rules: BTreeMap<Arc<str>, RuleInfo>,
    /// The texts of rules, by message key.
    pub texts: Vec<(String, Text)>,
    /// The catalog's edition.
    pub catalog: Arc<str>,
    /// The language of texts.
    pub lang: Lang,
    /// The settings files.
    pub files: Arc<Files>,
    /// What is accepted beside what the settings accept.
    accepted: Vec<Ignore>,
}

/// What roots are asked.
pub struct AskedOfAll {
    /// Of each root, in their order.
    pub roots: Vec<Arc<Asked>>,
    /// What rules say beside their messages, own ones too.
    pub rules: BTreeMap<Arc<str>, RuleInfo>,
    /// The texts of own rules.
    pub texts: Vec<(String, Text)>,
    /// The lowest level that makes exit 1, by target.
    pub fail_on: BTreeMap<Arc<str>, Level>,
    /// What is asked of the run as a whole, and what all settings accept.
    run: policy::Policy,
    targets: Vec<Arc<str>>,
    mistakes: Vec<Diagnostic>,
}

/// What one root is asked, by its settings.
pub struct Asked {
    policy: policy::Policy,
    /// The catalog with the rows of the settings, where there are any.
    catalog: Option<Catalog>,
    options: Options,
    classes: Vec<classify::Entry>,
    /// Own rules that do not fit together, and why.
    left_out: Vec<(String, String)>,
}

impl Asked {
    fn new(resolved: &Resolved, settings: &Settings) -> Asked {
        let profiles: Vec<&str> = resolved.profiles.value.iter().map(String::as_str).collect();
        let known = policy::Policy::profile_names();
        let mut profiles: Vec<&str> = profiles.into_iter().filter(|p| known.contains(p)).collect();
        if profiles.is_empty() {
            profiles.push(DEFAULT_PROFILE);
        }
        let rules: Vec<_> = resolved
            .rules
            .iter()
            .map(|r| Arc::clone(&r.value))
            .collect();
        let tagged = rules.iter().any(|r| asks_for_tags(r));
        let (mut asked, left_out) = with_rules(&profiles, rules);
        let shared = |list: &[String]| -> Vec<Arc<str>> {
            list.iter().map(|text| text.as_str().into()).collect()
        };
        let accepted = resolved.accepted_regions.iter().map(|r| &*r.value);
        asked.home = shared(&resolved.home.value);
        asked.accepted_regions = accepted.map(Arc::from).collect();
        asked.countries_of_concern = shared(&resolved.countries_of_concern.value);
        asked.countries_of_concern_as_of = resolved
            .countries_of_concern_as_of
            .as_ref()
            .map(|day| day.value.as_str().into());
        asked.undetermined = resolved.undetermined.value;
        asked.today = settings.today;
        let overrides = resolved.levels.iter();
        asked.overrides = overrides
            .map(|(rule, level)| (rule.clone(), level.value))
            .collect();
        let environment = if resolved.environment.value {
            let names = Catalog::builtin().environment_names();
            let counts = |name: &String| names.iter().any(|n| **n == **name);
            let vars = settings.places.iter().filter(|(name, _)| counts(name));
            vars.map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        } else {
            BTreeMap::new()
        };
        let rows = resolved.rows.iter().map(|r| &r.value);
        Asked {
            policy: asked,
            catalog: (!resolved.rows.is_empty()).then(|| {
                Catalog::with(rows.map(|r| (r.name.value.as_str().into(), Arc::clone(&r.row))))
            }),
            options: Options {
                regions: resolved
                    .regions
                    .iter()
                    .map(|(provider, code)| (provider.clone(), code.value.clone()))
                    .collect(),
                environment,
                labels: !resolved.classify.is_empty() || tagged,
                own: own(&resolved.own),
                today: Some(settings.today),
            },
            classes: {
                let said = resolved.classify.iter().map(|c| c.value.clone());
                said.chain(classify::builtin()).collect()
            },
            left_out,
        }
    }

    fn catalog(&self) -> &Catalog {
        self.catalog.as_ref().unwrap_or_else(|| Catalog::builtin())
    }
}

impl AskedOfAll {
    /// The profiles that judge, each once.
    pub fn profiles(&self) -> Vec<Arc<str>> {
        let mut out: Vec<Arc<str>> = Vec::new();
        for profile in self.roots.iter().flat_map(|a| &a.policy.profiles) {
            if !out.contains(profile) {
                out.push(Arc::clone(profile));
            }
        }
        if out.is_empty() {
            out.push(DEFAULT_PROFILE.into());
        }
        out
    }

    /// The countries of concern that some root names, with the days on which the lists were looked at.
    pub fn countries_of_concern(&self) -> Vec<String> {
        let of = |p: &policy::Policy| {
            let named = p.countries_of_concern.join(", ");
            match &p.countries_of_concern_as_of {
                Some(day) if !named.is_empty() => format!("{named} ({day})"),
                _ => named,
            }
        };
        let mut all: Vec<String> = self.roots.iter().map(|a| of(&a.policy)).collect();
        all.retain(|named| !named.is_empty());
        all.sort();
        all.dedup();
        all
    }

    /// The countries where data may rest by the settings of every root.
    pub fn home(&self) -> Vec<Arc<str>> {
        let mut all = self.roots.iter().map(|a| &a.policy.home);
        let first = all.next().unwrap_or(&self.run.home).clone();
        all.fold(first, |mut out, home| {
            out.retain(|country| home.contains(country));
            out
        })
    }

    /// What settings ask for that comes to nothing.
    pub fn diagnostics(&self, facts: &[Facts], settings: &Settings) -> Vec<Diagnostic> {
        let mut out = self.mistakes.clone();
        if !settings.judges() {
            return out;
        }
        let nameless = self.roots.iter().any(|a| {
            let mut profiles = a.policy.profiles.iter();
            a.policy.countries_of_concern.is_empty()
                && profiles.any(|p| a.policy.names_countries(p))
        });
        if nameless {
            out.push(
                Diagnostic::new(
                    Code::NoCountriesOfConcern,
                    Message::new("settings.no-countries-of-concern"),
                )
                .help(Message::new("settings.no-countries-of-concern-help")),
            );
        }
        for profile in self.profiles() {
            let by_it = |target: &str| {
                let mut roots = self.targets.iter().zip(&self.roots);
                roots.any(|(t, a)| **t == *target && a.policy.profiles.contains(&profile))
            };
            let about = self
                .roots
                .first()
                .map_or(&[][..], |a| a.policy.about(&profile));
            let mut stores = facts
                .iter()
                .flat_map(|f| &f.stores)
                .filter(|s| by_it(&s.target))
                .peekable();
            let met = |s: &Store| about.iter().any(|c| **c == *s.data_class);
            if stores.peek().is_some() && !stores.any(met) {
                out.push(Diagnostic::new(
                    Code::ClassNotMet,
                    Message::new("settings.class-not-met")
                        .arg(&*profile)
                        .arg(about.join(", ")),
                ));
            }
        }
        out
    }
}

/// The profile that judges where nobody names one.
const DEFAULT_PROFILE: &str = "baseline";

impl Policy {
    /// What a rule is about; none for rules about the run.
    pub fn fact_of(&self, id: &str) -> Option<policy::rules::Fact> {
        self.rules.get(id)?.fact
    }

    /// Accepts by these conditions too (`[[ignore]]` of settings).
    pub fn accept(&mut self, ignores: Vec<Ignore>) {
        self.accepted.extend(ignores);
    }

    /// What is wrong with the settings files that were read.
    pub fn mistakes(&self, project: &Project) -> Vec<Diagnostic> {
        self.files.diagnostics(&project.sources)
    }

    /// What each root is asked by its settings. Roots with the same settings share it.
    pub fn ask(&self, project: &Project, settings: &Settings) -> AskedOfAll {
        let mut out = AskedOfAll {
            roots: Vec::with_capacity(project.roots.len()),
            rules: BTreeMap::new(),
            texts: Vec::new(),
            fail_on: BTreeMap::new(),
            run: policy::Policy::builtin(&[DEFAULT_PROFILE])
                .expect("internal: rules.toml is ours and tested"),
            targets: Vec::new(),
            mistakes: Vec::new(),
        };
        let mut made: Vec<(Arc<Resolved>, Arc<Asked>)> = Vec::new();
        for root in &project.roots {
            let dir = &project.module(root.module).dir;
            let resolved = self.files.of(dir, project.boundaries.around(dir));
            let fail_on = resolved.fail_on.value;
            out.fail_on.insert(Arc::clone(&root.target), fail_on);
            let known = made.iter().find(|(r, _)| Arc::ptr_eq(r, &resolved));
            let asked = if let Some((_, asked)) = known {
                Arc::clone(asked)
            } else {
                let asked = Arc::new(Asked::new(&resolved, settings));
                for (id, why) in &asked.left_out {
                    let rule = resolved.rules.iter().find(|r| r.value.id == *id);
                    let mut d = Diagnostic::new(
                        Code::SettingsInvalid,
                        Message::new("settings.rule").arg(why),
                    );
                    if let Some(Source::File(file, _)) = rule.map(|r| &r.source) {
                        d = d.path(Arc::clone(file));
                    }
                    out.mistakes.push(d);
                }
                made.push((resolved, Arc::clone(&asked)));
                asked
            };
            out.roots.push(asked);
            out.targets.push(Arc::clone(&root.target));
        }
        out.run = self.of_run(project, &out, &made);
        for rule in &out.run.rules {
            let id = &rule.id;
            out.rules
                .insert(Arc::clone(id), info(rule, &out.run, self.lang));
            if !self.rules.contains_key(id) {
                out.texts.extend(texts_of(&out.run, Some(id)));
            }
        }
        let known: Vec<&str> = out.rules.keys().map(|id| &**id).collect();
        out.mistakes.extend(crate::unknown_rules(settings, &known));
        let profiles = policy::Policy::profile_names();
        for name in &settings.over.profiles {
            if !profiles.contains(&name.as_str()) {
                out.mistakes.push(
                    Diagnostic::new(
                        Code::SettingsInvalid,
                        Message::new("settings.unknown-profile").arg(name),
                    )
                    .help(reading::meant(name, &profiles)),
                );
            }
        }
        out
    }
}

impl Policy {
    /// What is asked of the run as a whole: by the profiles of all roots, with all own rules, accepting
    /// what any settings file accepts (each entry says for itself where it counts).
    fn of_run(
        &self,
        project: &Project,
        all: &AskedOfAll,
        made: &[(Arc<Resolved>, Arc<Asked>)],
    ) -> policy::Policy {
        let profiles = all.profiles();
        let profiles: Vec<&str> = profiles.iter().map(|p| &**p).collect();
        let mut rules: Vec<Arc<RuleText>> = Vec::new();
        for rule in made.iter().flat_map(|(resolved, _)| &resolved.rules) {
            if !rules.iter().any(|r| r.id == rule.value.id) {
                rules.push(Arc::clone(&rule.value));
            }
        }
        let (mut out, _) = with_rules(&profiles, rules);
        for (resolved, _) in made {
            for (rule, level) in &resolved.levels {
                // Of several files that say something else the strictest counts.
                let have = out.overrides.entry(rule.clone()).or_insert(level.value);
                *have = (*have).max(level.value);
            }
        }
        out.ignores.clone_from(&self.accepted);
        out.ignores.extend(self.files.ignores(&project.sources));
        out
    }
}

/// The built-in rules and own ones, and which of those do not fit together and why: they must not take
/// the rest with them.
fn with_rules(
    profiles: &[&str],
    mut rules: Vec<Arc<RuleText>>,
) -> (policy::Policy, Vec<(String, String)>) {
    let mut left_out = Vec::new();
    loop {
        let why = match policy::Policy::with(profiles, &rules) {
            Ok(asked) => return (asked, left_out),
            Err(why) => why,
        };
        let blamed =
            |r: &Arc<RuleText>| why.strip_prefix(&*r.id).is_some_and(|w| w.starts_with(':'));
        let at = rules.iter().position(blamed).or(rules.len().checked_sub(1));
        match at {
            Some(at) => left_out.push((rules.remove(at).id.clone(), why)),
            None => panic!("rules.toml is ours and tested: {why}"),
        }
    }
}

/// What settings say belongs to the organisation.
fn own(from: &resolved::Own) -> extract::Own {
    let list = |all: &[resolved::From<String>]| all.iter().map(|f| f.value.clone()).collect();
    extract::Own {
        aws_accounts: list(&from.aws_accounts),
        google_projects: list(&from.google_projects),
        google_domains: list(&from.google_domains),
        azure_tenants: list(&from.azure_tenants),
        azure_subscriptions: list(&from.azure_subscriptions),
        trusted_keys: list(&from.trusted_keys),
    }
}

/// Whether a rule reads tags.
fn asks_for_tags(rule: &RuleText) -> bool {
    let conditions = |a: &AskText| a.conditions().any(|t| t.get_ref().contains("tags"));
    rule.ask.iter().any(conditions)
}

/// What a rule says beside its messages.
fn info(rule: &policy::Rule, of: &policy::Policy, lang: Lang) -> RuleInfo {
    let said = |words: &row::Words| -> Arc<str> {
        match lang {
            Lang::En => words.en.as_str().into(),
            Lang::Ja => words.ja.as_str().into(),
        }
    };
    RuleInfo {
        family: rule.family.clone(),
        fact: of_stores(rule),
        title: said(&rule.title),
        why: said(&rule.why),
        help: said(&rule.help),
        level: of.level(rule, policy::Class::DEFAULT).0,
        basis: rule
            .basis
            .iter()
            .map(|b| Basis {
                id: b.document.as_str().into(),
                document: requirements::title(&b.document)
                    .map_or_else(|| b.document.as_str().into(), said),
                section: b.section.as_str().into(),
                says: b.says.as_ref().map(said),
                profiles: b.profiles.clone(),
            })
            .filter(|b| of.profiles.iter().any(|p| b.stands_for(p)))
            .collect(),
    }
}

/// The texts of all rules, or of one, by message key.
fn texts_of(of: &policy::Policy, only: Option<&str>) -> Vec<(String, Text)> {
    let prefix = only.map(|id| format!("rule.{id}."));
    of.texts()
        .into_iter()
        .filter(|(key, _)| prefix.as_ref().is_none_or(|p| key.starts_with(p.as_str())))
        .map(|(key, words)| {
            let text = Text {
                en: words.en,
                ja: words.ja,
            };
            (key, text)
        })
        .collect()
}

/// Reads the rules, and the settings of the first path that is named: they say the language.
pub fn policy(settings: &Settings) -> Policy {
    let asked = policy::Policy::builtin(&[DEFAULT_PROFILE])
        .expect("internal: rules.toml is ours and tested");
    let files = Arc::new(Files::new(
        settings.which.clone(),
        &settings.input.current_dir,
        Over {
            auto_sets: settings.input.auto_sets,
            ..settings.over.clone()
        },
    ));
    let lang = if settings.lang_typed {
        settings.lang
    } else {
        said_language(&settings.input, &files).unwrap_or(settings.lang)
    };
    Policy {
        rules: asked
            .rules
            .iter()
            .map(|rule| (rule.id.clone(), info(rule, &asked, lang)))
            .collect(),
        texts: texts_of(&asked, None),
        catalog: catalog::DATE.into(),
        lang,
        files,
        accepted: Vec::new(),
    }
}

/// What a rule asks of stores.
fn of_stores(rule: &policy::Rule) -> Option<policy::rules::Fact> {
    let about = |a: &&policy::Ask| a.about == policy::rules::About::Store;
    rule.asks.iter().find(about).map(|a| a.fact)
}

/// The language that the settings of the first named path ask for.
fn said_language(input: &Input, files: &Files) -> Option<Lang> {
    let here = PathBuf::from(".");
    let path = input.absolute(input.paths.first().unwrap_or(&here));
    let real = path.canonicalize().ok()?;
    let dir = if real.is_dir() {
        real
    } else {
        real.parent()?.to_path_buf()
    };
    let cwd = input.current_dir.canonicalize().ok()?;
    let boundaries = Boundaries::of(std::slice::from_ref(&dir), &cwd, input.boundary.as_deref());
    let resolved = files.of(&dir, boundaries.around(&dir));
    resolved.lang.as_ref().map(|l| l.value)
}

/// Discover and load, with what settings say of roots.
pub fn load(input: &Input, files: Option<&Arc<Files>>) -> Loaded {
    let mut request = request(input);
    request.configured = files.map(|f| Arc::clone(f) as Arc<dyn Configured>);
    load::load(&request)
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
        planned: None,
        beside: None,
        in_plan: false,
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
    request.auto_sets = input.auto_sets;
    request.plan.clone_from(&input.plan);
    request.env.clone_from(&input.terraform_environment);
    request.stdin.clone_from(&input.stdin);
    request
}

/// What comments and settings accept.
pub fn suppressions(project: &Project, asked: &AskedOfAll, settings: &Settings) -> Suppressions {
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
    Suppressions::new(project, comments, &asked.run, &options)
}

/// Marks what was accepted of what is no finding, and gives what suppressions themselves come to.
pub fn accept(
    project: &Project,
    asked: &AskedOfAll,
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
    let wants = |id: &str| id_wanted(settings, id);
    // What lies outside of what was named may be used by what was not looked at.
    let seen = |path: &Path| named.iter().any(|n| path.starts_with(n));
    let mut found = suppressions.findings(project, &asked.run, whole, &wants, &seen);
    found.retain(|finding| wanted(settings, finding));
    found
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
    let dir = &project.module(root.module).dir;
    if root.in_plan {
        return BoundedFiles::none(dir, &project.boundaries);
    }
    BoundedFiles::new(dir, &project.boundaries).noting(&project.noted)
}
