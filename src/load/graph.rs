//! The module graph: which directory a call means, and what `modules.json` says of the rest.
//!
//! Local sources are followed until nothing new comes, also out of the directories that were walked,
//! as long as they lie inside a boundary. What `terraform init` brought is found through the manifest
//! of each directory that may be a root; only what stands in it may lie outside.

use super::constant::{Constants, composed, defaults_hold};
use super::project::{Missing, Module, ModuleId};
use super::read::{Found, ReadFile, Reader, bytes_of, unreadable};
use super::request::{Configured, MappedSource, Request};
use super::words;
use crate::diagnostic::{Code, Diagnostic, Message};
use crate::discover::{Directory, State, clean};
use crate::source::shown;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a local source leads to.
#[derive(Clone, Debug)]
enum Target {
    Dir(PathBuf),
    /// Inside only if a manifest names it.
    Outside(PathBuf),
    Missing(Missing),
}

/// An entry of `modules.json`.
#[derive(Debug)]
struct Installed {
    source: String,
    dir: PathBuf,
}

/// The content of a `modules.json`, by `a.b`.
#[derive(Debug, Default)]
struct Manifest(FxHashMap<String, Installed>);

/// The graph while it grows.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// By the path that directory and source make together, for those that are not that path itself.
    targets: FxHashMap<PathBuf, Target>,
    manifests: FxHashMap<PathBuf, Manifest>,
    /// So many of the files that were found have been looked through.
    done: usize,
    /// Directories that a call enters.
    entered: FxHashSet<PathBuf>,
    /// What settings say of sources, by root.
    mappings: FxHashMap<PathBuf, Vec<MappedSource>>,
    /// The real directories that mapped sources lead to, by the path that the settings make.
    mapped: FxHashMap<PathBuf, PathBuf>,
}

/// So many calls of one root are looked at for mapped sources.
const MAPPED_CALLS: usize = 200_000;

/// The form of `modules.json`.
#[derive(Deserialize)]
struct ManifestFile {
    #[serde(rename = "Modules", default)]
    modules: Vec<ManifestEntry>,
}

#[derive(Deserialize)]
struct ManifestEntry {
    #[serde(rename = "Key", default)]
    key: String,
    #[serde(rename = "Source", default)]
    source: String,
    #[serde(rename = "Dir", default)]
    dir: String,
}

impl Graph {
    /// Loads what local sources name, until nothing new comes.
    pub(super) fn close(&mut self, reader: &Reader<'_>, request: &Request) {
        loop {
            let mut wanted = BTreeSet::new();
            {
                let found = reader.found();
                for file in &found.files[self.done..] {
                    let dir = file.path.parent().unwrap_or(&file.path);
                    let composed = if file.composed {
                        composed_sources(file, &found, reader, request)
                    } else {
                        Vec::new()
                    };
                    for source in file.calls.iter().chain(&composed) {
                        let joined = clean(&dir.join(source));
                        if joined == dir {
                            continue;
                        }
                        if found.directories.contains_key(&joined) {
                            self.entered.insert(joined);
                        } else if !self.targets.contains_key(&joined) {
                            wanted.insert(joined);
                        }
                    }
                }
                self.done = found.files.len();
            }
            if wanted.is_empty() {
                return;
            }
            let mut new = BTreeSet::new();
            for joined in wanted {
                let target = resolve(&joined, reader);
                if let Target::Dir(real) = &target {
                    self.entered.insert(real.clone());
                    if !reader.found().directories.contains_key(real) {
                        new.insert(real.clone());
                    }
                }
                self.targets.insert(joined, target);
            }
            reader.directories(&new.into_iter().collect::<Vec<_>>());
        }
    }

    /// Whether a call enters a directory, as far as was seen.
    pub(super) fn enters(&self, dir: &Path) -> bool {
        self.entered.contains(dir)
    }

    /// Reads the manifests of directories that may be roots, and the modules that they name.
    pub(super) fn manifests(
        &mut self,
        reader: &Reader<'_>,
        request: &Request,
        roots: &[PathBuf],
        data_dir: &Path,
    ) {
        let mut new = BTreeSet::new();
        for root in roots {
            let Some(manifest) = manifest(reader, root, data_dir) else {
                continue;
            };
            for entry in manifest.0.values() {
                if !reader.found().directories.contains_key(&entry.dir) {
                    new.insert(entry.dir.clone());
                }
            }
            self.manifests.insert(root.clone(), manifest);
        }
        reader.directories(&new.into_iter().collect::<Vec<_>>());
        self.close(reader, request);
    }

    /// Asks the settings of directories that may be roots where sources lie, and reads what is there.
    pub(super) fn map(
        &mut self,
        reader: &Reader<'_>,
        request: &Request,
        roots: &[PathBuf],
        configured: &dyn Configured,
    ) {
        for root in roots {
            let mapping = configured.mapped(root, reader.boundaries.around(root));
            if !mapping.is_empty() {
                self.mappings.insert(root.clone(), mapping);
            }
        }
        let mut distinct: Vec<&[MappedSource]> = Vec::new();
        for mapping in self.mappings.values() {
            if !distinct.contains(&mapping.as_slice()) {
                distinct.push(mapping);
            }
        }
        let distinct: Vec<Vec<MappedSource>> = distinct.into_iter().map(<[_]>::to_vec).collect();
        let mut done = 0;
        while !distinct.is_empty() {
            let mut new = BTreeSet::new();
            {
                let found = reader.found();
                let far = found.files[done..].iter().flat_map(|f| &f.far);
                for source in far {
                    for mapping in &distinct {
                        let Some(path) = mapping.iter().find_map(|m| m.directory(source)) else {
                            continue;
                        };
                        let real = path.canonicalize();
                        if let Ok(real) = real
                            && real.is_dir()
                            && reader.boundaries.hold(&real)
                        {
                            if !found.directories.contains_key(&real) {
                                new.insert(real.clone());
                            }
                            self.mapped.insert(path, real);
                        }
                    }
                }
                done = found.files.len();
            }
            if new.is_empty() {
                return;
            }
            reader.directories(&new.into_iter().collect::<Vec<_>>());
            self.close(reader, request);
        }
    }

    /// The directory that a source lies in by one mapping.
    fn mapped_by(&self, mapping: &[MappedSource], source: &str) -> Option<&PathBuf> {
        self.mapped
            .get(&mapping.iter().find_map(|m| m.directory(source))?)
    }

    /// Caller and callee of all calls of mapped sources.
    pub(super) fn mapped_calls(
        &self,
        modules: &[Module],
        ids: &FxHashMap<PathBuf, ModuleId>,
    ) -> Vec<(u32, ModuleId)> {
        let mut out = Vec::new();
        if self.mapped.is_empty() {
            return out;
        }
        for (at, module) in modules.iter().enumerate() {
            for call in module.calls.iter().filter(|c| !words::is_local(&c.source)) {
                for mapping in self.mappings.values() {
                    let dir = self.mapped_by(mapping, &call.source);
                    let id = dir.and_then(|d| ids.get(d)).copied();
                    out.extend(id.map(|id| (at as u32, id)));
                }
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    /// The module that a local source of a directory means.
    fn local(
        &self,
        dir: &Path,
        source: &str,
        ids: &FxHashMap<PathBuf, ModuleId>,
    ) -> Result<ModuleId, Missing> {
        let joined = clean(&dir.join(source));
        if let Some(&id) = ids.get(&joined) {
            return Ok(id);
        }
        match self.targets.get(&joined) {
            Some(Target::Dir(real)) => ids.get(real).copied().ok_or(Missing::Unreadable),
            Some(Target::Outside(real)) => ids.get(real).copied().ok_or(Missing::OutsideBoundary),
            Some(Target::Missing(why)) => Err(*why),
            None => Err(Missing::NotThere),
        }
    }

    /// Sets the module of each call with a local source. Calls in a circle are cut.
    pub(super) fn link(
        &self,
        modules: &mut [Module],
        ids: &FxHashMap<PathBuf, ModuleId>,
    ) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        for module in modules.iter_mut() {
            let dir = module.dir.clone();
            for call in &mut module.calls {
                if !words::is_local(&call.source) {
                    continue;
                }
                match self.local(&dir, &call.source, ids) {
                    Ok(id) => call.local = Some(id),
                    Err(why) => call.missing = Some(why),
                }
                if call.missing == Some(Missing::OutsideBoundary) {
                    diagnostics.push(
                        Diagnostic::new(
                            Code::OutsideBoundary,
                            Message::new("load.module-outside")
                                .arg(&*call.name)
                                .arg(&*call.source),
                        )
                        .at(call.place)
                        .help(Message::new("load.help-boundary")),
                    );
                }
            }
        }
        cut_circles(modules, &mut diagnostics);
        diagnostics
    }

    /// What the manifest of a root names: the path of calls to the module.
    pub(super) fn vendored(
        &self,
        modules: &[Module],
        root: ModuleId,
        ids: &FxHashMap<PathBuf, ModuleId>,
    ) -> FxHashMap<Arc<str>, ModuleId> {
        let mut out = FxHashMap::default();
        let dir = &modules[root.0 as usize].dir;
        let none = Manifest::default();
        let manifest = self.manifests.get(dir).unwrap_or(&none);
        let mapping = self.mappings.get(dir).map_or(&[][..], Vec::as_slice);
        if manifest.0.is_empty() && mapping.is_empty() {
            return out;
        }
        // Without a mapping only keys of the manifest are entered, so that this ends also where modules
        // call each other; with one, no module is entered again below itself.
        let mut open = vec![(String::new(), vec![root])];
        let mut looked_at = 0;
        while let Some((prefix, path)) = open.pop() {
            let Some(id) = path.last() else { continue };
            for call in &modules[id.0 as usize].calls {
                looked_at += 1;
                let key = if prefix.is_empty() {
                    call.name.to_string()
                } else {
                    format!("{prefix}.{}", call.name)
                };
                // Whoever says where a source lies means it, whatever was installed.
                let mapped = self
                    .mapped_by(mapping, &call.source)
                    .filter(|_| !words::is_local(&call.source))
                    .and_then(|dir| ids.get(dir).copied())
                    .filter(|id| !path.contains(id));
                let entry = manifest.0.get(&key);
                let target = match (call.local, mapped, entry) {
                    (Some(local), _, entry) => {
                        let enter = entry.is_some() || !mapping.is_empty();
                        (enter && !path.contains(&local)).then_some(local)
                    }
                    (None, Some(mapped), _) => Some(mapped),
                    (None, None, Some(entry))
                        if call.missing.is_none()
                            && (call.composed || same_source(&call.source, &entry.source)) =>
                    {
                        ids.get(&entry.dir).copied()
                    }
                    _ => None,
                };
                if let Some(target) = target
                    && looked_at < MAPPED_CALLS
                {
                    if call.local.is_none() {
                        out.insert(Arc::from(key.as_str()), target);
                    }
                    let mut below = path.clone();
                    below.push(target);
                    open.push((key, below));
                }
            }
        }
        out
    }
}

/// Where a local source leads to.
fn resolve(joined: &Path, reader: &Reader<'_>) -> Target {
    match joined.canonicalize() {
        Ok(real) if !real.is_dir() => Target::Missing(Missing::NotThere),
        Ok(real) if reader.boundaries.hold(&real) => Target::Dir(real),
        Ok(real) => Target::Outside(real),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Target::Missing(Missing::Unreadable)
        }
        // What is not there cannot be followed; the text of the path says where it would be.
        Err(_) if !reader.boundaries.hold(joined) => Target::Missing(Missing::OutsideBoundary),
        Err(_) => Target::Missing(Missing::NotThere),
    }
}

/// Reads the manifest of a root; `None` where there is none.
fn manifest(reader: &Reader<'_>, root: &Path, data_dir: &Path) -> Option<Manifest> {
    let path = root.join(data_dir).join("modules").join("modules.json");
    let state = match path.metadata() {
        Ok(meta) if meta.is_file() => State::Plain,
        Ok(_) => State::Special,
        Err(error) => {
            if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) {
                let trouble = unreadable(&shown(&path, reader.cwd), &error);
                reader.found().troubles.push(trouble);
            }
            return None;
        }
    };
    let parsed = reader.bytes(&path, &state, |bytes| {
        serde_json::from_slice::<ManifestFile>(bytes)
    });
    let file = match parsed {
        Ok(Ok(file)) => file,
        Ok(Err(error)) => {
            let shown = shown(&path, reader.cwd);
            let trouble = Diagnostic::new(
                Code::InputNotRead,
                Message::new("load.manifest-broken")
                    .arg(shown.as_str())
                    .arg(error.to_string()),
            )
            .path(shown)
            .help(Message::new("load.help-init"));
            reader.found().troubles.push(trouble);
            return None;
        }
        Err(trouble) => {
            reader.found().troubles.push(*trouble);
            return None;
        }
    };
    let entries = file.modules.into_iter().filter(|e| !e.key.is_empty());
    let entries = entries.filter_map(|e| {
        let dir = root.join(e.dir).canonicalize().ok()?;
        dir.is_dir().then_some((
            e.key,
            Installed {
                source: e.source,
                dir,
            },
        ))
    });
    Some(Manifest(entries.collect()))
}

/// The local sources of a file that are put together of constants.
fn composed_sources(
    file: &ReadFile,
    found: &Found,
    reader: &Reader<'_>,
    request: &Request,
) -> Vec<String> {
    let (Ok(tree), Some(dir)) = (&file.outcome, file.path.parent()) else {
        return Vec::new();
    };
    let Some(directory) = found.directories.get(dir) else {
        return Vec::new();
    };
    let beside = found.files.iter().filter(|f| f.path.parent() == Some(dir));
    let trees: Vec<_> = beside.filter_map(|f| f.outcome.as_ref().ok()).collect();
    let constants = Constants {
        trees: &trees,
        defaults: defaults_hold(request, reader.boundaries, directory),
    };
    composed(tree)
        .filter_map(|node| constants.text(tree, node))
        .filter(|source| words::is_local(source))
        .collect()
}

/// Whether what was installed is what the call asks for now. Where Terraform rewrites a source too
/// much to compare it (`github.com/…`), only the revision is compared.
fn same_source(call: &str, installed: &str) -> bool {
    let registry = |source: &str| {
        let address = source.split("//").next().unwrap_or(source);
        let parts = address.split('/').count();
        let plain = !source.contains([':', '?']) && !address.starts_with(['.', '/']);
        let host = address.split('/').next().is_some_and(|h| h.contains('.'));
        (plain && (parts == 3 && !host || parts == 4 && host)).then(|| {
            let rest = source
                .strip_prefix("registry.terraform.io/")
                .or_else(|| source.strip_prefix("registry.opentofu.org/"));
            rest.unwrap_or(source).to_owned()
        })
    };
    match (registry(call), registry(installed)) {
        (Some(a), Some(b)) => a == b,
        (Some(_), None) => false,
        _ => {
            let revision = |s: &str| {
                s.split(['?', '&'])
                    .find_map(|p| p.strip_prefix("ref="))
                    .map(ToOwned::to_owned)
            };
            revision(call) == revision(installed)
        }
    }
}

/// Cuts calls that lead back to a module they are called from, so that every walk over the graph ends.
pub(super) fn cut_circles(modules: &mut [Module], diagnostics: &mut Vec<Diagnostic>) {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        Open,
        Done,
    }
    let mut seen = vec![Seen::No; modules.len()];
    for start in 0..modules.len() {
        if seen[start] != Seen::No {
            continue;
        }
        seen[start] = Seen::Open;
        // Module and the call that is next.
        let mut path = vec![(start, 0)];
        while let Some((at, next)) = path.last_mut() {
            let (at, index) = (*at, *next);
            *next += 1;
            let Some(call) = modules[at].calls.get_mut(index) else {
                seen[at] = Seen::Done;
                path.pop();
                continue;
            };
            let Some(to) = call.local.map(|id| id.0 as usize) else {
                continue;
            };
            match seen[to] {
                Seen::No => {
                    seen[to] = Seen::Open;
                    path.push((to, 0));
                }
                Seen::Open => {
                    call.local = None;
                    call.missing = Some(Missing::Circle);
                    diagnostics.push(
                        Diagnostic::new(
                            Code::EvaluationError,
                            Message::new("load.module-circle")
                                .arg(&*call.name)
                                .arg(&*call.source),
                        )
                        .at(call.place)
                        .help(Message::new("load.help-module-circle")),
                    );
                }
                Seen::Done => {}
            }
        }
    }
}

/// The directories with configuration of those that were found, sorted.
pub(super) fn sorted(found: &Found) -> Vec<(PathBuf, Arc<Directory>)> {
    let mut out: Vec<_> = found
        .directories
        .iter()
        .map(|(path, directory)| (path.clone(), Arc::clone(directory)))
        .collect();
    out.sort_by(|a, b| bytes_of(&a.0).cmp(bytes_of(&b.0)));
    out
}
