//! Ignore rules: `--exclude`, `.sekishoignore`, `.gitignore`, in this order of precedence.
//!
//! They decide which *directories* are looked at for roots. Inside a directory that is looked at every
//! file counts that Terraform would load (people ignore `*.tfvars` and `*_override.tf`), so only
//! directories are ever matched. The global ignore file of git lies outside the boundary and differs
//! between people: it does not count.

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::Path;
use std::sync::Arc;

/// The names of the files with rules.
pub(super) const GIT: &str = ".gitignore";
pub(super) const OWN: &str = ".sekishoignore";

/// What the command line excludes.
#[derive(Debug)]
pub struct Rules {
    excludes: Gitignore,
}

/// The rules that hold below a directory: those of its own files, then those of its parents.
#[derive(Clone, Debug, Default)]
pub(super) struct Level(Option<Arc<Files>>);

#[derive(Debug)]
struct Files {
    parent: Level,
    git: Gitignore,
    own: Gitignore,
    /// A work tree of its own starts here: the rules of git above do not reach into it.
    work_tree: bool,
}

impl Rules {
    /// Globs as in .gitignore, relative to the current directory.
    pub fn new(excludes: &[String], cwd: &Path) -> Rules {
        let mut builder = GitignoreBuilder::new(cwd);
        for glob in excludes {
            // A glob that cannot be read excludes nothing; settings tell about it.
            let _ = builder.add_line(None, glob);
        }
        Rules {
            excludes: builder.build().unwrap_or_else(|_| Gitignore::empty()),
        }
    }

    /// Whether a directory is not to be looked at.
    pub(super) fn skip(&self, dir: &Path, level: &Level) -> bool {
        match self.excludes.matched(dir, true) {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => {}
        }
        let mut at = level;
        while let Some(files) = at.0.as_deref() {
            match files.own.matched(dir, true) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => at = &files.parent,
            }
        }
        let mut at = level;
        while let Some(files) = at.0.as_deref() {
            match files.git.matched(dir, true) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None if files.work_tree => return false,
                Match::None => at = &files.parent,
            }
        }
        false
    }
}

impl Level {
    /// The rules that hold in `dir`, from those of the boundary down.
    pub(super) fn at(dir: &Path, boundary: &Path) -> Level {
        let mut level = Level::default();
        let mut dirs: Vec<&Path> = dir
            .ancestors()
            .take_while(|d| d.starts_with(boundary))
            .collect();
        dirs.reverse();
        // The last one is the directory itself: the walk adds its files when it has listed it.
        dirs.pop();
        for dir in dirs {
            let there = |name: &str| dir.join(name).symlink_metadata().is_ok();
            level = level.below(dir, there(GIT), there(OWN), there(".git"));
        }
        level
    }

    /// The rules that hold below `dir`, which has the named files.
    pub(super) fn below(&self, dir: &Path, git: bool, own: bool, work_tree: bool) -> Level {
        if !git && !own && !work_tree {
            return self.clone();
        }
        let read = |names: &[(&str, bool)]| {
            let mut builder = GitignoreBuilder::new(dir);
            for (name, there) in names {
                // What cannot be read or understood ignores nothing: more is looked at, not less.
                // A special file would not end.
                let path = dir.join(name);
                if *there && path.is_file() {
                    let _ = builder.add(path);
                }
            }
            builder.build().unwrap_or_else(|_| Gitignore::empty())
        };
        Level(Some(Arc::new(Files {
            parent: self.clone(),
            // Later lines win, so .gitignore comes after what stands in the work tree's own list.
            git: read(&[(".git/info/exclude", work_tree), (GIT, git)]),
            own: read(&[(OWN, own)]),
            work_tree,
        })))
    }
}
