//! Values for variables and backends, in Terraform's precedence: the environment, `terraform.tfvars`,
//! `terraform.tfvars.json`, `*.auto.tfvars(.json)` in lexical order, then what the command line says in
//! its order. The files themselves are parsed once, whichever roots use them.

use super::project::{Given, GivenValue, Module, VariableSet};
use super::read::{Reader, Syntax};
use super::request::{GivenArg, Request, SetOf};
use super::syntax::{Item, Tree};
use crate::diagnostic::{Code, Diagnostic, Message};
use crate::discover::{Directory, Near, NearFile, State, absolute};
use crate::source::{FileId, Place, SourceFile, Sources, shown};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The values files that were read.
#[derive(Debug, Default)]
pub(super) struct ValueFiles {
    ids: FxHashMap<PathBuf, FileId>,
    /// Those that were not.
    pub failed: usize,
}

/// What lies near a root that settings give no set, for sets of its own.
#[derive(Debug, Default)]
pub(super) struct NearRoot {
    /// The root's directory.
    pub root: PathBuf,
    /// Whether the files make sets.
    pub auto: bool,
    pub files: Near,
}

impl ValueFiles {
    /// Reads what the roots load by themselves and what the command line names; `sources` gets them
    /// after what it has.
    pub(super) fn read<'d>(
        reader: &Reader<'_>,
        request: &Request,
        sets: impl Iterator<Item = &'d SetOf>,
        near: &[NearRoot],
        directories: impl Iterator<Item = &'d Directory>,
        sources: &mut Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> ValueFiles {
        let mut wanted: BTreeMap<PathBuf, State> = BTreeMap::new();
        for directory in directories {
            for (name, state) in &directory.values {
                wanted.insert(directory.path.join(name), state.clone());
            }
        }
        // What is named is read, wherever it lies and whatever it is: `--var-file <(…)` is a pipe.
        let named = request.given.iter().filter_map(|g| match g {
            GivenArg::VarFile(path) => Some(absolute(path, reader.cwd)),
            GivenArg::Var(..) => None,
        });
        let backends = request.backend_config.iter();
        let backends = backends.filter(|c| !c.contains('='));
        let named = named.chain(backends.map(|c| absolute(Path::new(c), reader.cwd)));
        wanted.extend(named.map(|path| (path, State::Plain)));
        for set in sets {
            let backends = set.backend_config.iter().filter(|c| !c.contains('='));
            let files = set.var_files.iter().cloned();
            wanted.extend(
                files
                    .chain(backends.map(PathBuf::from))
                    .map(|path| (path, State::Plain)),
            );
        }

        for near in near.iter().filter(|n| n.auto) {
            let values = near.files.values.iter();
            wanted.extend(values.map(|f| (near.root.join(&f.path), f.state.clone())));
            let backends = near.files.backends().map(|f| near.root.join(f));
            wanted.extend(backends.map(|path| (path, State::Plain)));
        }

        let parsed: Vec<(PathBuf, Result<Tree, Box<Diagnostic>>)> = wanted
            .into_par_iter()
            .map(|(path, state)| {
                let tree = reader.parse(&path, &state, Syntax::of_values(&path));
                (path, tree)
            })
            .collect();
        let mut out = ValueFiles::default();
        for (path, tree) in parsed {
            match tree {
                Ok(tree) => {
                    let file = FileId(sources.files.len() as u32);
                    sources.files.push(SourceFile {
                        shown: shown(&path, reader.cwd).into(),
                        path: path.clone(),
                        tree,
                    });
                    out.ids.insert(path, file);
                }
                Err(diagnostic) => {
                    out.failed += 1;
                    diagnostics.push(*diagnostic);
                }
            }
        }
        for &file in out.ids.values() {
            let is_backend = sources
                .file(file)
                .path
                .extension()
                .is_some_and(|e| e == "tfbackend");
            blocks(sources, file, is_backend, diagnostics);
        }
        out
    }

    /// The files.
    pub(super) fn files(&self) -> impl Iterator<Item = FileId> + '_ {
        self.ids.values().copied()
    }

    /// The attributes of a file as given values.
    fn given(&self, path: &Path, sources: &Sources) -> Vec<Given> {
        let Some(&file) = self.ids.get(path) else {
            return Vec::new();
        };
        let tree = sources.tree(file);
        tree.attributes(tree.root())
            .map(|a| Given {
                name: a.name.into(),
                value: GivenValue::Node(file, a.value, a.span),
            })
            .collect()
    }

    /// The sets that values files near a root make: each sets a variable that the root declares.
    pub(super) fn sets_near(
        &self,
        request: &Request,
        cwd: &Path,
        near: &NearRoot,
        module: &Module,
        sources: &Sources,
    ) -> Vec<SetOf> {
        let path = |file: &str| near.root.join(file);
        let named: Vec<PathBuf> = request
            .given
            .iter()
            .filter_map(|g| match g {
                GivenArg::VarFile(path) => absolute(path, cwd).canonicalize().ok(),
                GivenArg::Var(..) => None,
            })
            .collect();
        let counts = |file: &NearFile| {
            let path = path(&file.path);
            // What is named lies over every set.
            let over = path.canonicalize().is_ok_and(|p| named.contains(&p));
            let given = self.given(&path, sources);
            !over
                && given
                    .iter()
                    .any(|g| module.variable_index.contains_key(&g.name))
        };
        let sets = near.files.sets(&counts);
        sets.into_iter()
            .map(|set| SetOf {
                name: set.name.into(),
                var_files: set.var_files.iter().map(|f| path(f)).collect(),
                backend_config: set
                    .backends
                    .iter()
                    .map(|f| path(f).to_string_lossy().into_owned())
                    .collect(),
                ..SetOf::default()
            })
            .collect()
    }

    /// What a root runs with.
    pub(super) fn variables(
        &self,
        request: &Request,
        cwd: &Path,
        directory: &Directory,
        module: &Module,
        sources: &Sources,
        set: Option<&SetOf>,
    ) -> VariableSet {
        let mut values: BTreeMap<Arc<str>, GivenValue> = BTreeMap::new();
        // What a root does not declare is silent: repositories share values files and environments.
        let mut give = |given: Given| {
            if module.variable_index.contains_key(&given.name) {
                values.insert(given.name, given.value);
            }
        };
        for (name, value) in &request.env {
            if let Some(name) = name.strip_prefix("TF_VAR_") {
                give(Given {
                    name: name.into(),
                    value: GivenValue::Environment(value.as_str().into()),
                });
            }
        }
        for (name, _) in &directory.values {
            self.given(&directory.path.join(name), sources)
                .into_iter()
                .for_each(&mut give);
        }
        if let Some(set) = set {
            for file in &set.var_files {
                self.given(file, sources).into_iter().for_each(&mut give);
            }
            if let Some(file) = settings_file(sources, set) {
                for (name, node, span) in &set.vars {
                    give(Given {
                        name: Arc::clone(name),
                        value: GivenValue::Node(file, *node, *span),
                    });
                }
            }
        }
        for given in &request.given {
            match given {
                GivenArg::Var(name, value) => give(Given {
                    name: name.as_str().into(),
                    value: GivenValue::Argument(value.as_str().into()),
                }),
                GivenArg::VarFile(path) => self
                    .given(&absolute(path, cwd), sources)
                    .into_iter()
                    .for_each(&mut give),
            }
        }
        VariableSet {
            name: set.map_or_else(|| "default".into(), |s| Arc::clone(&s.name)),
            values: values
                .into_iter()
                .map(|(name, value)| Given { name, value })
                .collect(),
            workspace: None,
            backend_config: set.map_or_else(Vec::new, |s| {
                self.backend_settings(&s.backend_config, cwd, sources)
            }),
        }
    }

    /// Values that settings give for variables that the root does not declare.
    pub(super) fn undeclared(
        &self,
        set: &SetOf,
        module: &Module,
        sources: &Sources,
    ) -> Vec<Diagnostic> {
        let Some(file) = settings_file(sources, set) else {
            return Vec::new();
        };
        let unknown = set
            .vars
            .iter()
            .filter(|(name, ..)| !module.variable_index.contains_key(name));
        unknown
            .map(|(name, _, span)| {
                Diagnostic::new(
                    Code::EvaluationError,
                    Message::new("load.value-undeclared").arg(&**name),
                )
                .at(Place { file, span: *span })
                .target(Arc::clone(&module.shown))
                .help(Message::new("load.help-variable-undeclared").arg(&**name))
            })
            .collect()
    }

    /// The settings of a backend that the command line gives.
    pub(super) fn backend(&self, request: &Request, cwd: &Path, sources: &Sources) -> Vec<Given> {
        self.backend_settings(&request.backend_config, cwd, sources)
    }

    fn backend_settings(&self, configs: &[String], cwd: &Path, sources: &Sources) -> Vec<Given> {
        let mut values: BTreeMap<Arc<str>, GivenValue> = BTreeMap::new();
        for config in configs {
            if let Some((name, value)) = config.split_once('=') {
                values.insert(name.into(), GivenValue::Argument(value.into()));
            } else {
                let given = self.given(&absolute(Path::new(config), cwd), sources);
                values.extend(given.into_iter().map(|g| (g.name, g.value)));
            }
        }
        values
            .into_iter()
            .map(|(name, value)| Given { name, value })
            .collect()
    }
}

/// The settings file of a set among the sources.
fn settings_file(sources: &Sources, set: &SetOf) -> Option<FileId> {
    if set.vars.is_empty() {
        return None;
    }
    let at = sources.files.iter().rposition(|f| f.path == set.settings)?;
    Some(FileId(at as u32))
}

/// The backend files beside a root that neither the command line nor settings name.
pub(super) fn unused_backends(
    request: &Request,
    sets: &[SetOf],
    cwd: &Path,
    directory: &Directory,
) -> Vec<String> {
    let used: Vec<PathBuf> = request
        .backend_config
        .iter()
        .chain(sets.iter().flat_map(|s| &s.backend_config))
        .map(|c| absolute(Path::new(c), cwd))
        .collect();
    let beside = directory.backends.iter().map(|n| directory.path.join(n));
    beside
        .filter(|path| !used.contains(path))
        .map(|path| shown(&path, cwd))
        .collect()
}

/// Values files near a root that nobody names, where nobody names any: each may be an environment of its
/// own, and what it changes is not judged.
pub(super) fn not_named(
    request: &Request,
    sets: &[SetOf],
    near: &NearRoot,
    target: &Arc<str>,
) -> Option<Diagnostic> {
    let any = !near.files.values.is_empty();
    if !any || near.auto || !sets.is_empty() || request.names_values() {
        return None;
    }
    let files = near.files.values.iter();
    let names: Vec<&str> = files.map(|f| f.path.as_str()).collect();
    Some(
        Diagnostic::new(
            Code::ValuesNotNamed,
            Message::new("load.values-not-named").arg(names.join(", ")),
        )
        .path(Arc::clone(target))
        .target(Arc::clone(target))
        .help(Message::new("load.help-values-not-named")),
    )
}

/// `--var` for a variable that the only root does not declare: Terraform's error.
pub(super) fn undeclared(request: &Request, module: &Module, target: &Arc<str>) -> Vec<Diagnostic> {
    let mut names: Vec<&String> = request
        .given
        .iter()
        .filter_map(|g| match g {
            GivenArg::Var(name, _) => Some(name),
            GivenArg::VarFile(_) => None,
        })
        .filter(|name| !module.variable_index.contains_key(name.as_str()))
        .collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            Diagnostic::new(
                Code::EvaluationError,
                Message::new("load.variable-undeclared").arg(name),
            )
            .target(Arc::clone(target))
            .help(Message::new("load.help-variable-undeclared").arg(name))
        })
        .collect()
}

/// Blocks do not belong in a values file; a backend's settings may have some.
fn blocks(sources: &Sources, file: FileId, backend: bool, diagnostics: &mut Vec<Diagnostic>) {
    let tree = sources.tree(file);
    for item in tree.items(tree.root()) {
        if let Item::Block(block) = item
            && !backend
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::EvaluationError,
                    Message::new("load.block-in-values").arg(block.kind),
                )
                .at(Place {
                    file,
                    span: block.header,
                })
                .help(Message::new("load.help-block-in-values").arg(block.kind)),
            );
        }
    }
}
