//! The walk: lists directories on all threads and says of each which of its files count.
//!
//! A directory is listed once, and only directories are matched against ignore rules; that is why the
//! walk is ours and only the matching is the `ignore` crate's. Whoever calls gets every directory with
//! the scope of the thread pool, so that reading and parsing go on in the same threads.

use super::boundary::Boundaries;
use super::kinds::{self, Config};
use super::rules::{self, Level, Rules};
use crate::diagnostic::{Code, Diagnostic, Message};
use crate::source::shown;
use rayon::Scope;
use rustc_hash::FxHashSet;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What of a file's kind cannot be seen in its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// A file that can be read, as far as the listing says.
    Plain,
    /// A link that leads out of the boundary.
    Outside(PathBuf),
    /// A pipe, a device, a socket: reading might not end.
    Special,
}

/// A configuration file of a directory.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name.
    pub name: OsString,
    /// What it says.
    pub config: Config,
    /// Whether it can be read.
    pub state: State,
}

/// A directory and those of its files that count.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// The real path.
    pub path: PathBuf,
    /// Configuration, in the order in which Terraform reads it: overriding files last.
    pub config: Vec<Entry>,
    /// Values files that are loaded without being named, in Terraform's order.
    pub values: Vec<(OsString, State)>,
    /// Values files that are loaded only when somebody names them.
    pub named_values: Vec<(OsString, State)>,
    /// There are values files, named or not: the directory is applied, not called.
    pub any_values: bool,
    /// `*.tfbackend`.
    pub backends: Vec<OsString>,
    /// There is a `.terraform.lock.hcl`.
    pub lock: bool,
    /// Configuration that is not judged: kind and name.
    pub not_judged: Vec<(&'static str, OsString)>,
    dirs: Vec<OsString>,
    links: Vec<OsString>,
    ignore_files: (bool, bool, bool),
}

impl Directory {
    /// The directories in it that are not hidden; given away to the walk.
    pub(super) fn dirs(&self) -> &[OsString] {
        &self.dirs
    }

    /// Lists a directory (a real path).
    pub fn list(path: &Path, boundaries: &Boundaries) -> std::io::Result<Directory> {
        let mut out = Directory {
            path: path.to_path_buf(),
            ..Directory::default()
        };
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            let name = entry.file_name();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                out.ignore_files.2 |= name == ".git";
                if !hidden(&name) {
                    out.dirs.push(name);
                }
                continue;
            }
            let link = kind.is_symlink();
            let state = |boundaries: &Boundaries| {
                if link {
                    follow(&path.join(&name), boundaries)
                } else if kind.is_file() {
                    Some(State::Plain)
                } else {
                    Some(State::Special)
                }
            };
            out.take(&name, || state(boundaries));
            if link && !hidden(&name) && path.join(&name).is_dir() {
                out.links.push(name);
            }
        }
        out.sort();
        Ok(out)
    }

    /// A directory that is not on disk, with configuration files of these names.
    pub fn in_memory<'n>(path: PathBuf, names: impl Iterator<Item = &'n str>) -> Directory {
        let mut out = Directory {
            path,
            ..Directory::default()
        };
        for name in names.filter(|name| kinds::config(name).is_some()) {
            out.take(OsStr::new(name), || Some(State::Plain));
        }
        out.sort();
        out
    }

    fn take(&mut self, name: &OsStr, state: impl FnOnce() -> Option<State>) {
        let text = name.to_string_lossy();
        if let Some((_, config)) = kinds::config(&text) {
            if let Some(state) = state() {
                self.config.push(Entry {
                    name: name.to_owned(),
                    config,
                    state,
                });
            }
        } else if kinds::is_values(name) {
            let Some(state) = state() else { return };
            self.any_values = true;
            if kinds::auto_values(&text).is_some() {
                self.values.push((name.to_owned(), state));
            } else {
                self.named_values.push((name.to_owned(), state));
            }
        } else if text.ends_with(".tfbackend") {
            self.backends.push(name.to_owned());
        } else if text == ".terraform.lock.hcl" {
            self.lock = state() == Some(State::Plain);
        } else if text == rules::GIT {
            self.ignore_files.0 = true;
        } else if text == rules::OWN {
            self.ignore_files.1 = true;
        } else if text == ".git" {
            self.ignore_files.2 = true;
        } else if text.ends_with(".hcl") && state() == Some(State::Plain) {
            let path = self.path.join(name);
            if let Some(kind) = kinds::not_judged(&text, || head(&path)) {
                self.not_judged.push((kind, name.to_owned()));
            }
        }
    }

    fn sort(&mut self) {
        // A `.tofu` file stands for the `.tf` file of the same name.
        if self.config.iter().any(|e| e.config.tofu) {
            let stem = |e: &Entry| {
                let text = e.name.to_string_lossy();
                let stem = kinds::config(&text).map(|(s, _)| s.to_owned());
                (stem, e.config.json)
            };
            let tofu: FxHashSet<_> = self
                .config
                .iter()
                .filter(|e| e.config.tofu)
                .map(stem)
                .collect();
            self.config
                .retain(|e| e.config.tofu || !tofu.contains(&stem(e)));
        }
        self.config
            .sort_by(|a, b| (a.config.overriding, &a.name).cmp(&(b.config.overriding, &b.name)));
        self.values.sort_by(|a, b| {
            let (x, y) = (a.0.to_string_lossy(), b.0.to_string_lossy());
            kinds::auto_values(&x).cmp(&kinds::auto_values(&y))
        });
        self.backends.sort();
        self.not_judged.sort();
        self.dirs.sort();
        self.links.sort();
    }
}

fn hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}

/// What a link leads to; `None` for a directory.
fn follow(path: &Path, boundaries: &Boundaries) -> Option<State> {
    let Ok(real) = path.canonicalize() else {
        // Reading it fails with the system's reason.
        return Some(State::Plain);
    };
    if !boundaries.hold(&real) {
        return if real.is_dir() {
            None
        } else {
            Some(State::Outside(real))
        };
    }
    let kind = real.metadata().ok()?.file_type();
    if kind.is_dir() {
        None
    } else if kind.is_file() {
        Some(State::Plain)
    } else {
        Some(State::Special)
    }
}

/// The kind of a named file that holds configuration but is not judged.
pub fn not_judged(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_string_lossy();
    kinds::not_judged(&name, || path.is_file().then(|| head(path)).flatten())
}

/// The start of a file, enough to see what it is.
fn head(path: &Path) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    std::fs::File::open(path)
        .ok()?
        .take(64 << 10)
        .read_to_end(&mut out)
        .ok()?;
    Some(out)
}

/// Who gets the directories of a walk.
pub trait Visitor: Sync {
    /// A directory that is looked at; called from any thread, once for each. Further work may be
    /// spawned on the scope: the walk ends when it is done.
    fn directory<'s>(&'s self, scope: &Scope<'s>, directory: Directory);
}

/// A walk over directories; each is visited once, however often it is met.
#[derive(Debug)]
pub struct Walker<'a> {
    boundaries: &'a Boundaries,
    rules: Rules,
    cwd: &'a Path,
    /// `TF_DATA_DIR`, which may have a name that is not hidden.
    data_dir: &'a Path,
    visited: Mutex<FxHashSet<PathBuf>>,
    links: Mutex<Vec<PathBuf>>,
    troubles: Mutex<Vec<Diagnostic>>,
}

impl<'a> Walker<'a> {
    /// A walk that has not begun.
    pub fn new(
        boundaries: &'a Boundaries,
        rules: Rules,
        cwd: &'a Path,
        data_dir: &'a Path,
    ) -> Self {
        Walker {
            boundaries,
            rules,
            cwd,
            data_dir,
            visited: Mutex::default(),
            links: Mutex::default(),
            troubles: Mutex::default(),
        }
    }

    /// Walks from real directories down. What an earlier walk has visited is not visited again.
    pub fn walk<'s, V: Visitor>(&'s self, starts: &[PathBuf], on: &'s V) {
        let mut starts = starts.to_vec();
        while !starts.is_empty() {
            rayon::scope(|scope| {
                for start in starts.drain(..) {
                    let level = Level::at(&start, self.boundaries.around(&start));
                    scope.spawn(move |s| self.visit(s, &start, &level, on));
                }
            });
            // What links lead to comes after what stands there by itself, so that the outcome does not
            // depend on which thread was first.
            let mut links = std::mem::take(&mut *lock(&self.links));
            links.sort();
            for link in links {
                let Ok(real) = link.canonicalize() else {
                    continue;
                };
                if !self.boundaries.hold(&real) {
                    self.trouble(
                        Diagnostic::new(
                            Code::OutsideBoundary,
                            Message::new("load.link-outside").arg(shown(&link, self.cwd)),
                        )
                        .path(shown(&link, self.cwd))
                        .help(Message::new("load.help-boundary")),
                    );
                } else if !starts.contains(&real) && !lock(&self.visited).contains(&real) {
                    starts.push(real);
                }
            }
        }
    }

    fn visit<'s, V: Visitor>(&'s self, scope: &Scope<'s>, dir: &Path, above: &Level, on: &'s V) {
        if !lock(&self.visited).insert(dir.to_path_buf()) {
            return;
        }
        let mut listed = match Directory::list(dir, self.boundaries) {
            Ok(listed) => listed,
            Err(error) => {
                self.trouble(unlisted(&shown(dir, self.cwd), &error));
                return;
            }
        };
        let (git, own, work_tree) = listed.ignore_files;
        let level = above.below(dir, git, own, work_tree);
        for name in std::mem::take(&mut listed.dirs) {
            let child = dir.join(name);
            if self.is_data_dir(dir, &child) || self.rules.skip(&child, &level) {
                continue;
            }
            let level = level.clone();
            scope.spawn(move |s| self.visit(s, &child, &level, on));
        }
        for name in std::mem::take(&mut listed.links) {
            let link = dir.join(name);
            if !self.rules.skip(&link, &level) {
                lock(&self.links).push(link);
            }
        }
        on.directory(scope, listed);
    }

    fn is_data_dir(&self, dir: &Path, child: &Path) -> bool {
        // An absolute one replaces `dir` in the join.
        child == dir.join(self.data_dir)
    }

    fn trouble(&self, diagnostic: Diagnostic) {
        lock(&self.troubles).push(diagnostic);
    }

    /// What was met and could not be looked at.
    pub fn troubles(self) -> Vec<Diagnostic> {
        self.troubles
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A panic of another thread is told elsewhere; what it left behind is whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A directory that could not be listed.
pub fn unlisted(shown: &str, error: &std::io::Error) -> Diagnostic {
    let message = match error.kind() {
        std::io::ErrorKind::PermissionDenied => Message::new("load.dir-no-rights").arg(shown),
        _ => Message::new("load.dir-unreadable")
            .arg(shown)
            .arg(error.to_string()),
    };
    Diagnostic::new(Code::InputNotRead, message)
        .path(shown)
        .help(Message::new("load.help-rights"))
}
