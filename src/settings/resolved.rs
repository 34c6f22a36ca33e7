//! The settings of one target: what the files around it come to together, with the command line over
//! them. The nearer file wins key by key; profiles, home and countries of concern are replaced, all
//! other lists add up.

use super::file::{Assume, File, SetsWord, Texts};
use super::found::Loaded;
use super::own::OwnRow;
use super::reading::{Any, At};
use crate::diagnostic::Level;
use crate::discover::clean;
use crate::load::syntax::Span;
use crate::load::{MappedSource, SetOf};
use crate::messages::Lang;
use crate::policy::Policy;
use crate::policy::classify;
use crate::policy::rules::RuleText;
use crate::source::{line_column, slashed};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the command line says over all files.
#[derive(Clone, Debug, Default)]
pub struct Over {
    /// `--profile`.
    pub profiles: Vec<String>,
    /// `--fail-on`.
    pub fail_on: Option<Level>,
    /// `--variable-sets auto`, or `given`.
    pub auto_sets: Option<bool>,
}

/// Where a setting is from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Source {
    /// Nobody said anything.
    #[default]
    Default,
    /// An option.
    CommandLine(&'static str),
    /// A line of a file.
    File(Arc<str>, u32),
}

/// A setting and where it is from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct From<T> {
    /// The setting.
    pub value: T,
    /// Where it is from.
    pub source: Source,
}

/// A variable set of a root.
#[derive(Clone, Debug)]
pub struct TargetOf {
    /// The root's directory.
    pub root: PathBuf,
    /// The set, as load takes it.
    pub set: SetOf,
    /// Where it stands.
    pub source: Source,
}

/// What belongs to the organisation.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Own {
    pub aws_accounts: Vec<From<String>>,
    pub google_projects: Vec<From<String>>,
    pub google_domains: Vec<From<String>>,
    pub azure_tenants: Vec<From<String>>,
    pub azure_subscriptions: Vec<From<String>>,
    pub trusted_keys: Vec<From<String>>,
}

/// The settings of a target.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Resolved {
    pub profiles: From<Vec<String>>,
    pub lang: Option<From<Lang>>,
    pub fail_on: From<Level>,
    /// The highest level of what is undetermined.
    pub undetermined: From<Level>,
    pub home: From<Vec<String>>,
    pub accepted_regions: Vec<From<String>>,
    pub countries_of_concern: From<Vec<String>>,
    pub countries_of_concern_as_of: Option<From<String>>,
    pub own: Own,
    /// Provider to region.
    pub regions: BTreeMap<String, From<String>>,
    pub environment: From<bool>,
    /// The nearest file's first.
    pub classify: Vec<From<classify::Entry>>,
    pub targets: Vec<TargetOf>,
    /// Whether values files near a root make sets.
    pub auto_sets: From<bool>,
    /// The nearest file's first.
    pub modules: Vec<MappedSource>,
    pub levels: BTreeMap<String, From<Level>>,
    pub rules: Vec<From<Arc<RuleText>>>,
    pub rows: Vec<From<OwnRow>>,
    /// The files, the farthest first.
    pub files: Vec<Arc<Loaded>>,
}

impl Resolved {
    /// What files come to together, the farthest first.
    pub fn new(chain: &[Arc<Loaded>], over: &Over) -> Resolved {
        let mut out = Resolved {
            profiles: From {
                value: vec!["baseline".to_owned()],
                source: Source::Default,
            },
            lang: None,
            fail_on: From {
                value: Level::Error,
                source: Source::Default,
            },
            undetermined: From {
                value: Level::Error,
                source: Source::Default,
            },
            home: From {
                value: vec!["JP".to_owned()],
                source: Source::Default,
            },
            accepted_regions: Vec::new(),
            countries_of_concern: From::default(),
            countries_of_concern_as_of: None,
            own: Own::default(),
            regions: BTreeMap::new(),
            environment: From::default(),
            classify: Vec::new(),
            targets: Vec::new(),
            auto_sets: From::default(),
            modules: Vec::new(),
            levels: BTreeMap::new(),
            rules: Vec::new(),
            rows: Vec::new(),
            files: chain.to_vec(),
        };
        for loaded in chain {
            out.lay_over(loaded);
        }
        if !over.profiles.is_empty() {
            out.profiles = From {
                value: over.profiles.clone(),
                source: Source::CommandLine("--profile"),
            };
        }
        if let Some(level) = over.fail_on {
            out.fail_on = From {
                value: level,
                source: Source::CommandLine("--fail-on"),
            };
        }
        if let Some(auto) = over.auto_sets {
            out.auto_sets = From {
                value: auto,
                source: Source::CommandLine("--variable-sets"),
            };
        }
        out
    }

    fn lay_over(&mut self, loaded: &Loaded) {
        let file = &loaded.file;
        let from = Lines(loaded);
        let known = Policy::profile_names();
        if let Some(profiles) = &file.profiles {
            let names = profiles.value.iter().map(|p| p.value.clone());
            let names: Vec<String> = names.filter(|n| known.contains(&n.as_str())).collect();
            // A list of which nothing is known is a mistake, and no reason to judge by nothing.
            if !names.is_empty() {
                self.profiles = from.at(names, profiles.span);
            }
        }
        if let Some(lang) = &file.lang {
            self.lang = Some(from.at(lang.value.into(), lang.span));
        }
        if let Some(level) = &file.fail_on {
            self.fail_on = from.at(level.value.into(), level.span);
        }
        if let Some(level) = &file.undetermined {
            self.undetermined = from.at(level.value.into(), level.span);
        }
        self.residency(file, &from);
        self.own(file, &from);
        if let Some(assume) = &file.assume {
            let Assume {
                region,
                environment,
            } = &assume.value;
            for (provider, code) in region.iter().flat_map(|r| &r.value.0) {
                let code_from = from.at(code.value.clone(), code.span);
                self.regions.insert(provider.value.clone(), code_from);
            }
            if let Some(yes) = environment {
                self.environment = from.at(yes.value, yes.span);
            }
        }
        for (rule, level) in file.levels.iter().flat_map(|l| &l.value.0) {
            let level = from.at(level.value.into(), level.span);
            self.levels.insert(rule.value.clone(), level);
        }
        let mut classes = classes(loaded, &from);
        classes.append(&mut self.classify);
        self.classify = classes;
        if let Some(sets) = &file.variable_sets {
            self.auto_sets = from.at(sets.value == SetsWord::Auto, sets.span);
        }
        self.targets.extend(targets(loaded, &from));
        let mut modules: Vec<MappedSource> = file
            .modules
            .iter()
            .flat_map(|m| &m.value.0)
            .map(|(source, to)| MappedSource {
                pattern: source.value.clone(),
                to: slashed(&loaded.dir.join(&to.value)),
            })
            .collect();
        modules.append(&mut self.modules);
        self.modules = modules;
        for rule in file.rule.iter().flat_map(|r| &r.value) {
            let id = &rule.value.rule.id;
            if Policy::rule_ids().contains(&id.as_str()) {
                continue;
            }
            let rule = from.at(Arc::clone(&rule.value.rule), rule.value.id_at);
            // In its place: other rules may come after it.
            match self.rules.iter_mut().find(|r| r.value.id == rule.value.id) {
                Some(have) => *have = rule,
                None => self.rules.push(rule),
            }
        }
        for row in file.types.iter().flat_map(|t| &t.value.0) {
            self.rows.retain(|r| r.value.name.value != row.name.value);
            self.rows.push(from.at(row.clone(), row.name.span));
        }
    }

    fn residency(&mut self, file: &File, from: &Lines<'_>) {
        let Some(residency) = &file.residency else {
            return;
        };
        let residency = &residency.value;
        if let Some(home) = &residency.home
            && !home.value.is_empty()
        {
            let countries = home.value.iter().map(|c| c.value.0.clone()).collect();
            self.home = from.at(countries, home.span);
        }
        if let Some(concern) = &residency.countries_of_concern {
            let countries = concern.value.iter().map(|c| c.value.0.clone()).collect();
            self.countries_of_concern = from.at(countries, concern.span);
        }
        if let Some(day) = &residency.as_of {
            self.countries_of_concern_as_of = Some(from.at(day.value.0.clone(), day.span));
        }
        from.add(
            &mut self.accepted_regions,
            residency.accepted_regions.as_ref(),
        );
    }

    fn own(&mut self, file: &File, from: &Lines<'_>) {
        let Some(own) = &file.own else { return };
        let own = &own.value;
        from.add(&mut self.own.aws_accounts, own.aws_accounts.as_ref());
        from.add(&mut self.own.google_projects, own.google_projects.as_ref());
        from.add(&mut self.own.google_domains, own.google_domains.as_ref());
        from.add(&mut self.own.azure_tenants, own.azure_tenants.as_ref());
        let subscriptions = own.azure_subscriptions.as_ref();
        from.add(&mut self.own.azure_subscriptions, subscriptions);
        from.add(&mut self.own.trusted_keys, own.trusted_keys.as_ref());
    }
}

/// Says of values of one file where they are from.
struct Lines<'a>(&'a Loaded);

impl Lines<'_> {
    fn at<T>(&self, value: T, span: Span) -> From<T> {
        let (line, _) = line_column(&self.0.text, span.start as usize);
        From {
            value,
            source: Source::File(Arc::clone(&self.0.shown), line),
        }
    }

    fn add(&self, list: &mut Vec<From<String>>, more: Option<&At<Texts>>) {
        for text in more.iter().flat_map(|m| &m.value) {
            if !list.iter().any(|have| have.value == text.value) {
                list.push(self.at(text.value.clone(), text.span));
            }
        }
    }
}

fn list(texts: Option<&At<Texts>>) -> Vec<String> {
    let texts = texts.iter().flat_map(|t| &t.value);
    texts.map(|t| t.value.clone()).collect()
}

fn any(texts: Option<&At<Any>>) -> Vec<String> {
    let texts = texts.iter().flat_map(|t| &t.value.0);
    texts.map(|t| t.value.clone()).collect()
}

fn classes(loaded: &Loaded, from: &Lines<'_>) -> Vec<From<classify::Entry>> {
    let base = directory(&loaded.dir);
    let entries = loaded.file.classify.iter().flat_map(|c| &c.value);
    entries
        .filter_map(|at| {
            let entry = &at.value.0;
            let class = entry.class.as_ref()?.value.word();
            let marks = entry.marks.iter().flat_map(|m| &m.value);
            let tags = entry.tags.iter().flat_map(|t| &t.value.0);
            let compiled = classify::Entry {
                class: class.into(),
                marks: marks.map(|m| m.value.word().into()).collect(),
                tags: tags
                    .map(|(key, values)| (key.value.clone(), any(Some(values))))
                    .collect(),
                types: any(entry.types.as_ref()),
                categories: any(entry.categories.as_ref()),
                names: any(entry.names.as_ref()),
                addresses: any(entry.addresses.as_ref()),
                paths: any(entry.paths.as_ref()),
                base: base.clone(),
                stands: "".into(),
            };
            let mut entry = from.at(compiled, at.span);
            entry.value.stands = entry.source.to_string().into();
            Some(entry)
        })
        .collect()
}

/// A directory with `/` at its end.
fn directory(dir: &Path) -> String {
    let mut out = slashed(dir);
    if !out.ends_with('/') {
        out.push('/');
    }
    out
}

fn targets(loaded: &Loaded, from: &Lines<'_>) -> Vec<TargetOf> {
    let mut out = Vec::new();
    for (number, at) in loaded.file.target.iter().flat_map(|t| &t.value).enumerate() {
        let target = &at.value;
        let Some(name) = &target.name else { continue };
        let root = loaded
            .dir
            .join(target.root.as_ref().map_or(".", |r| &r.value));
        // As the roots that load finds: a real directory.
        let Ok(root) = root.canonicalize() else {
            continue;
        };
        let below = |path: &str| clean(&root.join(path));
        let values = loaded.values.iter().filter(|(n, ..)| *n == number);
        let set = SetOf {
            name: name.value.as_str().into(),
            var_files: list(target.var_files.as_ref())
                .iter()
                .map(|f| below(f))
                .collect(),
            settings: loaded.path.clone(),
            vars: values
                .map(|(_, name, node, span)| (Arc::clone(name), *node, *span))
                .collect(),
            workspace: target.workspace.as_ref().map(|w| w.value.as_str().into()),
            backend_config: list(target.backend_config.as_ref())
                .into_iter()
                .map(|c| {
                    if c.contains('=') {
                        c
                    } else {
                        below(&c).to_string_lossy().into_owned()
                    }
                })
                .collect(),
        };
        out.push(TargetOf {
            root,
            set,
            source: from.at((), at.span).source,
        });
    }
    out
}
