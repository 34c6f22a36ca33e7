//! The configuration in a plan file as modules: directories out of memory, of which nothing is looked for on
//! disk. Which module a call means, the manifest tells, as it told terraform.
//!
//! What is shown of a file is the plan file's path and its own after it (`tfplan/modules/db/main.tf`). Its
//! path, which patterns of settings and the marks of code hosts go by, is the one that it has where the plan
//! lies beside the configuration that it was made of.

use super::planned::{Snapshot, SnapshotModule};
use super::project::{Missing, Module, ModuleId, Root, Seen};
use super::read::{Syntax, parsed};
use super::{Loading, beside, graph, modules, words};
use crate::diagnostic::Diagnostic;
use crate::discover::{Directory, clean};
use crate::source::{FileId, SourceFile, slashed};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Where a plan file lies.
pub(super) struct Around<'a> {
    /// Its directory: where terraform ran, as far as is known.
    pub dir: &'a Path,
    /// The file, as shown.
    pub shown: &'a str,
}

impl Loading<'_> {
    /// The root module of a snapshot; its modules are added to the others.
    pub(super) fn snapshot(
        &mut self,
        snapshot: Snapshot,
        around: &Around<'_>,
        all: &mut Vec<Module>,
        seen: &mut Seen,
    ) -> Root {
        let root = ModuleId(all.len() as u32);
        let mut by_key: FxHashMap<String, ModuleId> = FxHashMap::default();
        let mut by_dir: FxHashMap<String, ModuleId> = FxHashMap::default();
        for module in snapshot.modules {
            // A directory that two calls enter is in the file once for each.
            let id = *by_dir.entry(module.dir.clone()).or_insert_with(|| {
                let id = ModuleId(all.len() as u32);
                all.push(self.snapshot_module(&module, around, seen));
                id
            });
            by_key.insert(module.key, id);
        }
        let vendored = link(all, root, &by_key);
        let mut circles = Vec::new();
        graph::cut_circles(all, &mut circles);
        self.diagnostics.extend(circles);
        let mut out = Root {
            vendored,
            in_plan: true,
            ..Root::of(root)
        };
        if !snapshot.workspace.is_empty() {
            for set in &mut out.sets {
                set.workspace = Some(snapshot.workspace.as_str().into());
            }
        }
        if let Some(lock) = snapshot.lock {
            let shown = format!("{}/.terraform.lock.hcl", around.shown);
            match parsed(&lock, Syntax::Native, &shown) {
                Ok(tree) => out.locked = beside::versions(&tree, &shown, &mut self.diagnostics),
                Err(diagnostic) => self.diagnostics.push(*diagnostic),
            }
        }
        out
    }

    /// Parses the files of a module.
    fn snapshot_module(
        &mut self,
        module: &SnapshotModule,
        around: &Around<'_>,
        seen: &mut Seen,
    ) -> Module {
        let dir = clean(&around.dir.join(&module.dir));
        let shown = shown_dir(around.shown, &module.dir);
        let names = module.files.iter().map(|(name, _)| name.as_str());
        let directory = Directory::in_memory(dir.clone(), names);
        let parse = |entry: &crate::discover::Entry| {
            let name = entry.name.to_string_lossy().into_owned();
            let content = module.files.iter().find(|(have, _)| *have == name);
            let syntax = if entry.config.json {
                Syntax::Json
            } else {
                Syntax::Native
            };
            let shown = format!("{shown}/{name}");
            let tree = parsed(content.map_or(b"", |(_, c)| c), syntax, &shown);
            (name, shown, entry.config.overriding, tree)
        };
        let all: Vec<_> = directory.config.par_iter().map(parse).collect();
        let (mut files, mut incomplete) = (Vec::new(), false);
        for (name, shown, overriding, tree) in all {
            match tree {
                Ok(tree) => {
                    incomplete |= !tree.errors().is_empty();
                    let file = FileId(self.sources.files.len() as u32);
                    files.push((file, overriding));
                    self.sources.files.push(SourceFile {
                        path: dir.join(name),
                        shown: shown.into(),
                        tree,
                    });
                    self.say_of_syntax(file, seen);
                }
                Err(diagnostic) => {
                    incomplete = true;
                    seen.files_failed += 1;
                    self.diagnostics.push(*diagnostic);
                }
            }
        }
        let (mut built, diagnostics): (Module, Vec<Diagnostic>) =
            modules::build(&self.sources, dir, shown.into(), &files);
        self.diagnostics.extend(diagnostics);
        built.incomplete = incomplete;
        modules::compose_sources(&mut built, &self.sources, false);
        built
    }
}

/// What is shown of a module's directory: steps up out of where terraform ran are left out.
fn shown_dir(plan: &str, dir: &str) -> String {
    let mut inner = PathBuf::new();
    for part in Path::new(dir).components() {
        if let Component::Normal(part) = part {
            inner.push(part);
        }
    }
    match slashed(&inner) {
        inner if inner.is_empty() => plan.to_owned(),
        inner => format!("{plan}/{inner}"),
    }
}

/// Leads each call to the module that the manifest names; gives those of sources that are not local.
fn link(
    all: &mut [Module],
    root: ModuleId,
    by_key: &FxHashMap<String, ModuleId>,
) -> FxHashMap<Arc<str>, ModuleId> {
    let mut out = FxHashMap::default();
    for (key, id) in by_key {
        for call in &mut all[id.0 as usize].calls {
            let below = if key.is_empty() {
                call.name.to_string()
            } else {
                format!("{key}.{}", call.name)
            };
            let target = by_key.get(&below).copied();
            if !words::is_local(&call.source) {
                out.extend(target.map(|to| (Arc::from(below), to)));
            } else if target.is_some_and(|to| to != root) {
                call.local = target;
                call.missing = None;
            } else if call.local.is_none() {
                call.missing = Some(Missing::NotThere);
            }
        }
    }
    out
}
