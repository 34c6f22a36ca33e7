//! Which module directories are roots.
//!
//! Decided after all module calls are known: a root is a directory with configuration that no call
//! enters, whatever the call's `count` is (what is called with count = 0 makes nothing and is no
//! root). A directory that was named is judged also where it is called from elsewhere; calls from
//! below it (a module's own `examples/`) stand for it.

use super::project::{Module, ModuleId};
use super::words;
use crate::discover::{Directory, clean};
use crate::source::Sources;
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What deciding needs to know.
#[derive(Debug)]
pub(super) struct Deciding<'a> {
    pub modules: &'a [Module],
    pub ids: &'a FxHashMap<PathBuf, ModuleId>,
    pub directories: &'a [(PathBuf, Arc<Directory>)],
    /// Directories that were named.
    pub named: &'a [PathBuf],
    /// Files that were named.
    pub files: &'a [PathBuf],
    /// What was met below named directories.
    pub walked: &'a FxHashSet<PathBuf>,
    /// What was met around named files: looked at for the roots that call them.
    pub around: &'a FxHashSet<PathBuf>,
    /// Caller and callee of calls whose source settings map to a directory.
    pub mapped: &'a [(u32, ModuleId)],
}

impl Deciding<'_> {
    /// The roots that are judged.
    pub(super) fn roots(&self) -> Vec<ModuleId> {
        let mut callers: Vec<Vec<u32>> = vec![Vec::new(); self.modules.len()];
        for (at, module) in self.modules.iter().enumerate() {
            for to in module.calls.iter().filter_map(|c| c.local) {
                callers[to.0 as usize].push(at as u32);
            }
        }
        for (at, to) in self.mapped {
            callers[to.0 as usize].push(*at);
        }
        let is_root = |at: usize| {
            let dir = &self.modules[at].dir;
            if self.directories[at].1.config.is_empty() {
                return false;
            }
            let called_from_outside_only = || {
                self.named.contains(dir)
                    && callers[at]
                        .iter()
                        .all(|&c| !self.modules[c as usize].dir.starts_with(dir))
            };
            callers[at].is_empty() || called_from_outside_only()
        };
        let mut roots: FxHashSet<usize> = (0..self.modules.len())
            .filter(|&at| self.walked.contains(&self.modules[at].dir) && is_root(at))
            .collect();
        let mut of_files: Vec<usize> = self
            .files
            .iter()
            .filter_map(|f| self.ids.get(f.parent()?))
            .map(|id| id.0 as usize)
            .collect();
        of_files.sort_unstable();
        of_files.dedup();
        for module in of_files {
            let mut reached = FxHashSet::default();
            let mut open = vec![module];
            while let Some(at) = open.pop() {
                if reached.insert(at) {
                    open.extend(callers[at].iter().map(|&c| c as usize));
                }
            }
            let before = roots.len();
            let looked_at = |at: &usize| {
                let dir = &self.modules[*at].dir;
                self.around.contains(dir) || self.walked.contains(dir)
            };
            let mut any = reached.iter().any(|at| roots.contains(at));
            roots.extend(
                reached
                    .iter()
                    .copied()
                    .filter(|at| looked_at(at) && is_root(*at)),
            );
            any |= roots.len() > before;
            if !any {
                roots.insert(module);
            }
        }
        let mut roots: Vec<_> = roots.into_iter().map(|at| ModuleId(at as u32)).collect();
        roots.sort_unstable();
        roots
    }
}

/// The modules that the roots run: local ones and installed ones.
pub(super) fn reached(
    modules: &[Module],
    roots: impl Iterator<Item = (ModuleId, Vec<ModuleId>)>,
) -> Vec<bool> {
    let mut seen = vec![false; modules.len()];
    let mut open = Vec::new();
    for (root, vendored) in roots {
        open.push(root);
        open.extend(vendored);
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut seen[id.0 as usize], true) {
                let calls = &modules[id.0 as usize].calls;
                open.extend(calls.iter().filter_map(|c| c.local));
            }
        }
    }
    seen
}

/// The directories that a file with broken syntax seems to call: its quoted local sources.
///
/// The parser goes on after an error, so a call is lost only where the error stands in it; and what is
/// then no root because of a wrong guess here is still judged: the guess only gives the reason.
pub(super) fn perhaps_called(sources: &Sources, module: &Module) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for &file in &module.files {
        let tree = sources.tree(file);
        if tree.errors().is_empty() {
            continue;
        }
        for quoted in tree.source().split('"') {
            if words::is_local(quoted) && !quoted.contains('\n') {
                let dir = clean(&module.dir.join(quoted));
                if dir != module.dir {
                    out.push(dir);
                }
            }
        }
    }
    out
}

/// Whether a module looks as if it were meant to be called: it configures no provider and no backend.
pub(super) fn shaped_to_be_called(module: &Module) -> bool {
    module.providers.is_empty() && module.backend.is_none()
}

/// A path relative to another with `/`, `.` for the same.
pub(super) fn relative(path: &Path, base: &Path) -> Arc<str> {
    crate::source::shown(path, base).into()
}
