//! Load: text to modules. Files are parsed from the walking threads, roots decided after.
//!
//! Lives here: the order of the steps. What is wrong with the input is a diagnostic and the rest goes
//! on; the outcome does not depend on the number of threads or on the order of directories.

mod beside;
mod constant;
mod graph;
mod inputs;
mod modules;
mod named;
pub mod planned;
pub mod project;
mod read;
mod request;
mod roots;
mod snapshot;
pub mod suppress;
pub mod syntax;
mod tfvars;
mod words;

pub use project::Loaded;
pub use request::{Configured, GivenArg, MappedSource, Request, SetOf};

use crate::diagnostic::{Code, Diagnostic, Message};
use crate::discover::{Directory, Near, Rules, Walker};
use crate::source::{FileId, Place, SourceFile, Sources, shown};
use graph::Graph;
use inputs::Inputs;
use project::{Module, ModuleId, Project, Root, Seen, VariableSet};
use rayon::prelude::*;
use read::{Found, ReadFile, Reader};
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tfvars::{NearRoot, ValueFiles};

/// Reads and sorts everything that a run is about.
pub fn load(request: &Request) -> Loaded {
    let inputs = Inputs::of(request);
    let reader = Reader::new(
        &inputs.boundaries,
        &inputs.cwd,
        request.max_file_size,
        false,
    );
    let (walked, around, troubles) = walk(request, &inputs, &reader);
    let mut graph = Graph::default();
    graph.close(&reader, request);
    let mut perhaps_roots: Vec<PathBuf> = walked
        .iter()
        .chain(&around)
        .filter(|dir| !graph.enters(dir) || inputs.dirs.contains(dir))
        .cloned()
        .collect();
    perhaps_roots.sort();
    graph.manifests(&reader, request, &perhaps_roots, &inputs.data_dir);
    if let Some(configured) = request.configured.as_deref() {
        graph.map(&reader, request, &perhaps_roots, configured);
    }

    let found = std::mem::take(&mut *reader.found());
    let directories = graph::sorted(&found);
    let Found {
        files,
        troubles: more,
        not_judged,
        ..
    } = found;
    let mut loading = Loading {
        request,
        inputs: &inputs,
        reader: &reader,
        directories,
        ids: FxHashMap::default(),
        sources: Sources::default(),
        diagnostics: inputs.diagnostics.clone(),
    };
    let unread = loading.number(files);
    let mut modules = loading.build(&unread);
    let circles = graph.link(&mut modules, &loading.ids);

    let mapped = graph.mapped_calls(&modules, &loading.ids);
    let decided = roots::Deciding {
        mapped: &mapped,
        modules: &modules,
        ids: &loading.ids,
        directories: &loading.directories,
        named: &inputs.dirs,
        files: &inputs.files,
        walked: &walked,
        around: &around,
    }
    .roots();
    let vendored: Vec<_> = decided
        .iter()
        .map(|&root| graph.vendored(&modules, root, &loading.ids))
        .collect();
    let reached = roots::reached(
        &modules,
        decided
            .iter()
            .zip(&vendored)
            .map(|(&root, v)| (root, v.values().copied().collect())),
    );
    let judged = |module: &Module| {
        let at = loading.ids.get(&module.dir).map_or(0, |id| id.0 as usize);
        reached[at] || walked.contains(&module.dir)
    };
    let mut seen = Seen::default();
    let counted: FxHashSet<PathBuf> = modules
        .iter()
        .filter(|m| judged(m))
        .map(|m| m.dir.clone())
        .collect();
    // Around a named file much is read only to see who calls it: what is wrong there is not told.
    let unlisted: Vec<Diagnostic> = troubles.into_iter().chain(more).collect();
    let callers = Unread::of(&loading.sources, &modules, &unread, &unlisted);
    if inputs.files.is_empty() || !inputs.dirs.is_empty() {
        loading.diagnostics.extend(unlisted);
    }
    loading.say_of_files(&modules, &counted, unread, circles, &mut seen);

    let mut sets = loading.sets(&modules, &decided);
    let near = loading.near(&modules, &decided, &sets);
    let values = ValueFiles::read(
        &reader,
        request,
        sets.iter().flatten(),
        &near,
        decided
            .iter()
            .map(|&id| &*loading.directories[id.0 as usize].1),
        &mut loading.sources,
        &mut loading.diagnostics,
    );
    seen.files_failed += values.failed;
    for file in values.files() {
        loading.say_of_syntax(file, &mut seen);
    }
    for ((near, sets), id) in near.iter().zip(&mut sets).zip(&decided) {
        if near.auto {
            let module = &modules[id.0 as usize];
            *sets = values.sets_near(request, &inputs.cwd, near, module, &loading.sources);
        }
    }
    let with = decided.into_iter().zip(vendored).zip(sets).zip(near);
    let mut roots = loading.roots(&modules, with.collect(), &values, &callers);
    loading.planned(&mut modules, &mut roots, &mut seen);
    if let Some(plan) = request.plan.as_deref() {
        loading.plan_beside(plan, &mut modules, &mut roots, &mut seen);
    }
    seen.not_judged = kinds(not_judged, &inputs);
    let mut only = inputs.files.clone();
    if !inputs.dirs.is_empty() || !inputs.planned.is_empty() {
        // Whoever names directories too wants to see all of them.
        only.clear();
    }
    loading.finish(modules, roots, seen, only)
}

/// Walks and reads the same files, parses nothing: the floor that speed is measured against.
pub fn read_only(request: &Request) -> Seen {
    let inputs = Inputs::of(request);
    let reader = Reader::new(&inputs.boundaries, &inputs.cwd, request.max_file_size, true);
    walk(request, &inputs, &reader);
    let found = reader.into_found();
    Seen {
        files_read: found.read,
        files_failed: found.failed,
        not_judged: kinds(found.not_judged, &inputs),
    }
}

/// Walks the named directories and what is around named files.
fn walk(
    request: &Request,
    inputs: &Inputs,
    reader: &Reader<'_>,
) -> (FxHashSet<PathBuf>, FxHashSet<PathBuf>, Vec<Diagnostic>) {
    let rules = Rules::new(&request.excludes, &inputs.cwd);
    let walker = Walker::new(&inputs.boundaries, rules, &inputs.cwd, &inputs.data_dir);
    walker.walk(&inputs.dirs, reader);
    let walked: FxHashSet<PathBuf> = reader.found().directories.keys().cloned().collect();
    let mut starts: Vec<PathBuf> = Vec::new();
    for file in &inputs.files {
        let dir = file.parent().unwrap_or(file);
        for start in [inputs.boundaries.around(dir), dir] {
            if !starts.iter().any(|s| s == start) {
                starts.push(start.to_path_buf());
            }
        }
    }
    walker.walk(&starts, reader);
    let around = reader
        .found()
        .directories
        .keys()
        .filter(|dir| !walked.contains(*dir))
        .cloned()
        .collect();
    (walked, around, walker.troubles())
}

/// Why a caller may have been missed.
#[derive(Debug)]
struct Unread {
    /// Directories that broken files seem to call.
    named: FxHashSet<PathBuf>,
    /// A file or directory was not read at all: it may call anything.
    anything: bool,
}

impl Unread {
    fn of(
        sources: &Sources,
        modules: &[Module],
        unread: &[(PathBuf, Diagnostic)],
        unlisted: &[Diagnostic],
    ) -> Unread {
        let broken = modules.iter().filter(|m| m.incomplete);
        Unread {
            named: broken
                .flat_map(|m| roots::perhaps_called(sources, m))
                .collect(),
            anything: !unread.is_empty() || unlisted.iter().any(|d| d.code == Code::InputNotRead),
        }
    }
}

/// A root, the modules that were installed for it, the sets that are given for it, and what lies near it.
type Decided = (
    ((ModuleId, FxHashMap<Arc<str>, ModuleId>), Vec<SetOf>),
    NearRoot,
);

/// The steps after reading, which share much.
struct Loading<'a> {
    request: &'a Request,
    inputs: &'a Inputs,
    reader: &'a Reader<'a>,
    directories: Vec<(PathBuf, Arc<Directory>)>,
    ids: FxHashMap<PathBuf, ModuleId>,
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
}

impl Loading<'_> {
    /// Numbers files and directories, both by path. What was not read is given back.
    fn number(&mut self, mut files: Vec<ReadFile>) -> Vec<(PathBuf, Diagnostic)> {
        files.sort_unstable_by(|a, b| read::bytes_of(&a.path).cmp(read::bytes_of(&b.path)));
        let mut unread = Vec::new();
        self.sources.files.reserve_exact(files.len());
        for file in files {
            match file.outcome {
                Ok(tree) => self.sources.files.push(SourceFile {
                    shown: shown(&file.path, &self.inputs.cwd).into(),
                    path: file.path,
                    tree,
                }),
                Err(diagnostic) => unread.push((file.path, *diagnostic)),
            }
        }
        let numbered = self.directories.iter().enumerate();
        self.ids = numbered
            .map(|(at, (path, _))| (path.clone(), ModuleId(at as u32)))
            .collect();
        unread
    }

    /// Builds the module of each directory.
    fn build(&mut self, unread: &[(PathBuf, Diagnostic)]) -> Vec<Module> {
        let sources = &self.sources;
        let cwd = &self.inputs.cwd;
        let built: Vec<(Module, Vec<Diagnostic>)> = self
            .directories
            .par_iter()
            .map(|(dir, directory)| {
                let files: Vec<(FileId, bool)> = directory
                    .config
                    .iter()
                    .filter_map(|entry| {
                        let path = dir.join(&entry.name);
                        let at = sources
                            .files
                            .binary_search_by(|f| {
                                read::bytes_of(&f.path).cmp(read::bytes_of(&path))
                            })
                            .ok()?;
                        Some((FileId(at as u32), entry.config.overriding))
                    })
                    .collect();
                let broken = files
                    .iter()
                    .any(|&(file, _)| !sources.tree(file).errors().is_empty());
                let incomplete = broken || unread.iter().any(|(p, _)| p.parent() == Some(dir));
                let shown = shown(dir, cwd).into();
                let (mut module, diagnostics) = modules::build(sources, dir.clone(), shown, &files);
                module.incomplete = incomplete;
                if module.calls.iter().any(|c| c.source.is_empty()) {
                    let boundaries = self.reader.boundaries;
                    let hold = constant::defaults_hold(self.request, boundaries, directory);
                    modules::compose_sources(&mut module, sources, hold);
                }
                (module, diagnostics)
            })
            .collect();
        let mut modules = Vec::with_capacity(built.len());
        for (module, diagnostics) in built {
            modules.push(module);
            self.diagnostics.extend(diagnostics);
        }
        modules
    }

    /// Counts the files of the modules that are judged and tells what is wrong with them.
    fn say_of_files(
        &mut self,
        modules: &[Module],
        counted: &FxHashSet<PathBuf>,
        unread: Vec<(PathBuf, Diagnostic)>,
        circles: Vec<Diagnostic>,
        seen: &mut Seen,
    ) {
        self.diagnostics.extend(circles);
        let sources = &self.sources;
        self.diagnostics.retain(|d| match d.place {
            Some(place) => sources
                .file(place.file)
                .path
                .parent()
                .is_some_and(|dir| counted.contains(dir)),
            None => true,
        });
        for (path, diagnostic) in unread {
            if path.parent().is_some_and(|dir| counted.contains(dir)) {
                seen.files_failed += 1;
                self.diagnostics.push(diagnostic);
            }
        }
        for module in modules.iter().filter(|m| counted.contains(&m.dir)) {
            for &file in &module.files {
                self.say_of_syntax(file, seen);
            }
        }
    }

    /// Counts a file and tells its syntax errors.
    fn say_of_syntax(&mut self, file: FileId, seen: &mut Seen) {
        let errors = self.sources.tree(file).errors();
        seen.files_read += 1;
        seen.files_failed += usize::from(!errors.is_empty());
        for error in errors {
            let mut message = Message::new(format!("syntax.{}", error.code));
            message.args.clone_from(&error.args);
            let place = Place {
                file,
                span: error.span,
            };
            self.diagnostics.push(
                Diagnostic::new(Code::InputNotRead, message)
                    .at(place)
                    .help(Message::new("load.help-rest-judged")),
            );
        }
    }

    /// The variable sets that settings give each root; their texts join the sources.
    fn sets(&mut self, modules: &[Module], decided: &[ModuleId]) -> Vec<Vec<SetOf>> {
        let Some(configured) = self.request.configured.as_deref() else {
            return vec![Vec::new(); decided.len()];
        };
        let sets = decided
            .iter()
            .map(|id| {
                let dir = &modules[id.0 as usize].dir;
                configured.sets(dir, self.inputs.boundaries.around(dir))
            })
            .collect();
        for (path, shown, tree) in configured.take_texts() {
            self.sources.files.push(SourceFile { path, shown, tree });
        }
        sets
    }

    /// What lies near each root that settings give no set.
    fn near(&self, modules: &[Module], decided: &[ModuleId], sets: &[Vec<SetOf>]) -> Vec<NearRoot> {
        let boundaries = &self.inputs.boundaries;
        let roots = decided.par_iter().zip(sets);
        roots
            .map(|(id, sets)| {
                let dir = &modules[id.0 as usize].dir;
                if !sets.is_empty() {
                    return NearRoot::default();
                }
                let configured = self.request.configured.as_deref();
                let said = |c: &dyn Configured| c.auto_sets(dir, boundaries.around(dir));
                NearRoot {
                    root: dir.clone(),
                    // Who types a values file has chosen, unless sets are asked for beside it.
                    auto: self.request.auto_sets.unwrap_or_else(|| {
                        !self.request.names_values() && configured.is_some_and(said)
                    }),
                    files: Near::of(dir, boundaries),
                }
            })
            .collect()
    }

    /// The roots with the values that they run with.
    fn roots(
        &mut self,
        modules: &[Module],
        decided: Vec<Decided>,
        values: &ValueFiles,
        callers: &Unread,
    ) -> Vec<Root> {
        let single = decided.len() == 1;
        let (request, cwd) = (self.request, self.inputs.cwd.as_path());
        let sources = &self.sources;
        let made: Vec<(Root, Vec<Diagnostic>)> = decided
            .into_par_iter()
            .map(|(((id, vendored), given), near)| {
                let module = &modules[id.0 as usize];
                let directory = &*self.directories[id.0 as usize].1;
                let selected =
                    beside::workspace(request, &self.inputs.data_dir, directory, self.reader);
                let mut diagnostics = Vec::new();
                let of = |set: Option<&SetOf>| {
                    let mut out = values.variables(request, cwd, directory, module, sources, set);
                    out.workspace = set
                        .and_then(|s| s.workspace.clone())
                        .or_else(|| selected.clone());
                    out
                };
                let sets: Vec<VariableSet> = if given.is_empty() {
                    vec![of(None)]
                } else {
                    given.iter().map(|set| of(Some(set))).collect()
                };
                for set in &given {
                    diagnostics.extend(values.undeclared(set, module, sources));
                }
                let unset = module.variables.iter().any(|v| {
                    let given = |set: &VariableSet| set.values.iter().any(|g| g.name == v.name);
                    v.required && !sets.iter().any(given)
                });
                let applied = directory.any_values
                    || !near.files.values.is_empty()
                    || !directory.backends.is_empty()
                    || !given.is_empty();
                let shaped = roots::shaped_to_be_called(module);
                if single {
                    diagnostics.extend(tfvars::undeclared(request, module, &module.shown));
                }
                if request.plan.is_none() {
                    diagnostics.extend(tfvars::not_named(request, &given, &near, &module.shown));
                }
                let boundary = self.inputs.boundaries.around(&module.dir);
                let root = Root {
                    module: id,
                    target: Arc::clone(&module.shown),
                    identity: roots::relative(&module.dir, boundary),
                    reusable: !request.as_root && shaped && unset && !applied,
                    sets,
                    vendored,
                    backend_config: values.backend(request, cwd, sources),
                    backend_files: tfvars::unused_backends(request, &given, cwd, directory),
                    locked: beside::locked(directory, self.reader, &mut diagnostics),
                    callers_unread: callers.named.contains(&module.dir)
                        || callers.anything && shaped,
                    planned: None,
                    beside: None,
                    in_plan: false,
                };
                (root, diagnostics)
            })
            .collect();
        let mut roots = Vec::with_capacity(made.len());
        for (root, diagnostics) in made {
            roots.push(root);
            self.diagnostics.extend(diagnostics);
        }
        roots.sort_by(|a, b| a.target.cmp(&b.target));
        roots
    }

    /// Puts it all together; diagnostics in a stable order.
    fn finish(
        self,
        modules: Vec<Module>,
        roots: Vec<Root>,
        seen: Seen,
        only: Vec<PathBuf>,
    ) -> Loaded {
        let Loading {
            sources,
            mut diagnostics,
            inputs,
            ..
        } = self;
        diagnostics.sort_by_cached_key(|d| {
            let (path, span) = match d.place {
                Some(place) => (
                    Some(Arc::clone(&sources.file(place.file).shown)),
                    (place.span.start, place.span.end),
                ),
                None => (d.path.clone(), (0, 0)),
            };
            (path, span, d.code, d.message.clone())
        });
        diagnostics.dedup();
        Loaded {
            project: Project {
                sources,
                modules,
                roots,
                seen,
                boundary: inputs.boundaries.first().to_path_buf(),
                boundaries: inputs.boundaries.clone(),
                only,
                noted: project::Noted::default(),
            },
            diagnostics,
        }
    }
}

/// What is not judged, by kind, as shown.
fn kinds(mut found: Vec<(&'static str, PathBuf)>, inputs: &Inputs) -> Vec<(String, Vec<String>)> {
    found.extend(inputs.not_judged.iter().cloned());
    found.sort();
    found.dedup();
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    for (kind, path) in found {
        let path: &Path = &path;
        let text = shown(path, &inputs.cwd);
        match out.last_mut() {
            Some((last, paths)) if last == kind => paths.push(text),
            _ => out.push((kind.to_owned(), vec![text])),
        }
    }
    out
}
