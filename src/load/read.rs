//! Reading and parsing the configuration files of directories, on the threads that walk.
//!
//! Each file is read into a buffer that its thread keeps, so that the only copy that lives on is the
//! one in the syntax tree.

use super::constant::has_composed_sources;
use super::syntax::{self, Tree};
use super::words;
use crate::diagnostic::{Code, Diagnostic, Message};
use crate::discover::{Boundaries, Directory, State, Visitor, unlisted};
use crate::source::shown;
use rayon::Scope;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::io::{ErrorKind, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A file that was looked at.
#[derive(Debug)]
pub(super) struct ReadFile {
    /// The directory's real path and the file's name.
    pub path: PathBuf,
    /// The tree, or why there is none.
    pub outcome: Result<Tree, Box<Diagnostic>>,
    /// The local sources (`./`, `../`) of its module calls, as written.
    pub calls: Vec<String>,
    /// The other literal sources of its module calls.
    pub far: Vec<String>,
    /// Some sources of its module calls are more than a literal text.
    pub composed: bool,
}

/// Everything that was listed and read so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Directories with configuration, and those that a module call names.
    pub directories: FxHashMap<PathBuf, Arc<Directory>>,
    /// Their files.
    pub files: Vec<ReadFile>,
    /// What could not be looked at.
    pub troubles: Vec<Diagnostic>,
    /// Configuration of kinds that are not judged: kind and path.
    pub not_judged: Vec<(&'static str, PathBuf)>,
    /// Files read by a run that only reads.
    pub read: usize,
    /// Files that such a run could not read.
    pub failed: usize,
}

/// Which syntax a file has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Syntax {
    Native,
    Json,
    JsonValues,
}

impl Syntax {
    /// Of a values file.
    pub(super) fn of_values(path: &Path) -> Syntax {
        if path.extension().is_some_and(|e| e == "json") {
            Syntax::JsonValues
        } else {
            Syntax::Native
        }
    }
}

/// Reads what a walk meets.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub boundaries: &'a Boundaries,
    pub cwd: &'a Path,
    pub max_file_size: u64,
    /// Only read, parse nothing: the floor that speed is measured against.
    pub dry: bool,
    found: Mutex<Found>,
}

/// So many files are read by one task; large directories are shared between threads.
const BATCH: usize = 8;
/// A buffer that grew over this is given back.
const KEEP: usize = 4 << 20;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Visitor for Reader<'_> {
    fn directory<'s>(&'s self, scope: &Scope<'s>, directory: Directory) {
        let mut found = self.found();
        for (kind, name) in &directory.not_judged {
            found.not_judged.push((kind, directory.path.join(name)));
        }
        drop(found);
        if !directory.config.is_empty() {
            self.take(scope, directory);
        }
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        boundaries: &'a Boundaries,
        cwd: &'a Path,
        max_file_size: u64,
        dry: bool,
    ) -> Reader<'a> {
        Reader {
            boundaries,
            cwd,
            // Places are 32 bits wide, and decoded JSON strings come after the text.
            max_file_size: max_file_size.min(u64::from(u32::MAX) / 4),
            dry,
            found: Mutex::default(),
        }
    }

    /// What was found; not to be held while something is spawned.
    pub(super) fn found(&self) -> std::sync::MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn into_found(self) -> Found {
        self.found
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists and reads directories that module calls name, without looking below them.
    pub(super) fn directories(&self, dirs: &[PathBuf]) {
        rayon::scope(|scope| {
            for dir in dirs {
                scope.spawn(move |s| match Directory::list(dir, self.boundaries) {
                    Ok(directory) => self.take(s, directory),
                    Err(error) => {
                        let trouble = unlisted(&shown(dir, self.cwd), &error);
                        self.found().troubles.push(trouble);
                    }
                });
            }
        });
    }

    /// Reads the configuration of a directory.
    fn take<'s>(&'s self, scope: &Scope<'s>, directory: Directory) {
        let directory = Arc::new(directory);
        let count = directory.config.len();
        for start in (BATCH..count).step_by(BATCH) {
            let directory = Arc::clone(&directory);
            scope.spawn(move |_| self.batch(&directory, start..(start + BATCH).min(count)));
        }
        self.batch(&directory, 0..count.min(BATCH));
        if self.dry {
            for (name, state) in &directory.values {
                let read = self.bytes(&directory.path.join(name), state, <[u8]>::len);
                self.count(read.is_ok());
            }
        } else {
            self.found()
                .directories
                .insert(directory.path.clone(), directory);
        }
    }

    fn count(&self, read: bool) {
        let mut found = self.found();
        if read {
            found.read += 1;
        } else {
            found.failed += 1;
        }
    }

    fn batch(&self, directory: &Directory, range: std::ops::Range<usize>) {
        let mut files = Vec::with_capacity(range.len());
        for entry in &directory.config[range] {
            let path = directory.path.join(&entry.name);
            if self.dry {
                let read = self.bytes(&path, &entry.state, <[u8]>::len);
                self.count(read.is_ok());
                continue;
            }
            let syntax = if entry.config.json {
                Syntax::Json
            } else {
                Syntax::Native
            };
            let outcome = self.parse(&path, &entry.state, syntax);
            let (calls, far) = outcome.as_ref().map(sources_of).unwrap_or_default();
            let composed = outcome.as_ref().is_ok_and(has_composed_sources);
            files.push(ReadFile {
                path,
                outcome,
                calls,
                far,
                composed,
            });
        }
        self.found().files.append(&mut files);
    }

    /// Reads and parses a file.
    pub(super) fn parse(
        &self,
        path: &Path,
        state: &State,
        syntax: Syntax,
    ) -> Result<Tree, Box<Diagnostic>> {
        self.bytes(path, state, |bytes| {
            parsed(bytes, syntax, &shown(path, self.cwd))
        })?
    }

    /// Reads a file and gives its bytes to `with`.
    pub(super) fn bytes<T>(
        &self,
        path: &Path,
        state: &State,
        with: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, Box<Diagnostic>> {
        let shown = || shown(path, self.cwd);
        let not_read = |message: Message, help: &str| {
            let diagnostic = Diagnostic::new(Code::InputNotRead, message).path(shown());
            Box::new(diagnostic.help(Message::new(help)))
        };
        match state {
            State::Plain => {}
            State::Outside(real) => {
                let message = Message::new("load.file-outside")
                    .arg(shown())
                    .arg(crate::source::slashed(real));
                return Err(not_read(message, "load.help-boundary"));
            }
            State::Special => {
                let message = Message::new("load.file-special").arg(shown());
                return Err(not_read(message, "load.help-special"));
            }
        }
        BUFFER.with_borrow_mut(|buffer| {
            let read = read(path, buffer, self.max_file_size);
            let out = match read {
                Ok(Some(length)) => Ok(with(&buffer[..length])),
                Ok(None) => Err(not_read(
                    Message::new("load.file-too-large")
                        .arg(shown())
                        .arg((self.max_file_size >> 20).to_string()),
                    "load.help-size",
                )),
                Err(error) => Err(Box::new(unreadable(&shown(), &error))),
            };
            if buffer.len() > KEEP {
                *buffer = Vec::new();
            }
            out
        })
    }
}

/// Parses the bytes of a file. A mistake of ours in one file must not lose the others.
pub(super) fn parsed(bytes: &[u8], syntax: Syntax, shown: &str) -> Result<Tree, Box<Diagnostic>> {
    let tree = catch_unwind(AssertUnwindSafe(|| match syntax {
        Syntax::Native => syntax::parse_native(bytes),
        Syntax::Json => syntax::parse_json(bytes),
        Syntax::JsonValues => syntax::parse_json_values(bytes),
    }));
    tree.map_err(|_| {
        let message = Message::new("load.parser-failed").arg(shown);
        let diagnostic = Diagnostic::new(Code::InternalError, message).path(shown);
        Box::new(diagnostic.help(Message::new("load.help-report")))
    })
}

/// A file that could not be read, with the system's reason.
pub(super) fn unreadable(shown: &str, error: &std::io::Error) -> Diagnostic {
    let message = match error.kind() {
        ErrorKind::NotFound => Message::new("load.file-missing").arg(shown),
        ErrorKind::PermissionDenied => Message::new("load.file-no-rights").arg(shown),
        _ => Message::new("load.file-unreadable")
            .arg(shown)
            .arg(error.to_string()),
    };
    Diagnostic::new(Code::InputNotRead, message)
        .path(shown)
        .help(Message::new("load.help-rights"))
}

/// Fills the buffer with a file's bytes; `None` for one that is larger than `max`. The buffer's length
/// is its room: it stays filled with what was read before, so that it is cleared only once.
fn read(path: &Path, buffer: &mut Vec<u8>, max: u64) -> std::io::Result<Option<usize>> {
    let mut file = std::fs::File::open(path)?;
    let mut length = 0;
    loop {
        if length == buffer.len() {
            buffer.resize((length * 2).max(64 << 10), 0);
        }
        match file.read(&mut buffer[length..]) {
            Ok(0) => return Ok(Some(length)),
            Ok(n) => length += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if length as u64 > max {
            return Ok(None);
        }
    }
}

/// What paths are ordered by. Comparing them part by part takes as long as parsing a third of the text.
pub(super) fn bytes_of(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// The sources of a file's module calls as written, local ones and others.
fn sources_of(tree: &Tree) -> (Vec<String>, Vec<String>) {
    tree.blocks(tree.root())
        .filter(|b| b.kind == "module")
        .filter_map(|b| {
            let source = b.attribute("source")?;
            words::literal(tree, source.value).map(std::borrow::Cow::into_owned)
        })
        .partition(|source| words::is_local(source))
}
