//! The files that `file()` and its kin may read: those within the boundary, also through links.
//!
//! Paths are relative to the root's directory, as Terraform's are to the directory it runs in. Each
//! file is read once a run; what is too large or lies outside makes the value unknown, not an error.

use super::functions::{FileError, Files};
use crate::discover::{Boundaries, clean};
use crate::load::project::Noted;
use rustc_hash::FxHashMap;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A larger file is not read.
const MAX_SIZE: u64 = 10 << 20;
/// A directory with more files below it is not listed.
const MAX_FILES: usize = 100_000;
/// Directories nested deeper are not listed; links may nest without end.
const MAX_DEPTH: usize = 64;

/// Files below the boundaries, seen from one root.
#[derive(Debug)]
pub struct BoundedFiles<'a> {
    root: &'a Path,
    boundaries: &'a Boundaries,
    /// The configuration stands in a plan file, which holds no other files.
    none: bool,
    /// Where what is read is noted.
    noted: Option<&'a Noted>,
    cache: Mutex<FxHashMap<PathBuf, Arc<[u8]>>>,
}

impl<'a> BoundedFiles<'a> {
    /// The files that a root (a real path) may read.
    pub fn new(root: &'a Path, boundaries: &'a Boundaries) -> BoundedFiles<'a> {
        BoundedFiles {
            root,
            boundaries,
            none: false,
            noted: None,
            cache: Mutex::default(),
        }
    }

    /// No file at all: of a configuration in a plan file.
    pub fn none(root: &'a Path, boundaries: &'a Boundaries) -> BoundedFiles<'a> {
        BoundedFiles {
            none: true,
            ..BoundedFiles::new(root, boundaries)
        }
    }

    /// The same, and what is read is noted.
    #[must_use]
    pub fn noting(self, noted: &'a Noted) -> BoundedFiles<'a> {
        BoundedFiles {
            noted: Some(noted),
            ..self
        }
    }

    /// The real path of something that is there and may be read.
    fn resolve(&self, path: &str) -> Result<PathBuf, FileError> {
        if self.none {
            return Err(FileError::NotHeld(path.to_owned()));
        }
        if path == "~" || path.starts_with("~/") {
            return Err(not_read(path));
        }
        let joined = self.root.join(path);
        match joined.canonicalize() {
            Ok(real) if self.boundaries.hold(&real) => Ok(real),
            Ok(_) => Err(not_read(path)),
            // Of what lies outside nothing is told, not even whether it is there.
            Err(_) if !self.parents_inside(&joined) => Err(not_read(path)),
            Err(error) => Err(failed(path, &error)),
        }
    }

    /// Whether the nearest directory that is there lies inside.
    fn parents_inside(&self, path: &Path) -> bool {
        clean(path)
            .ancestors()
            .find_map(|p| p.canonicalize().ok())
            .is_some_and(|real| self.boundaries.hold(&real))
    }

    /// All files below `dir`, as paths from `base`; links to directories are followed, but not back
    /// into a directory that is being listed.
    fn list(
        &self,
        dir: &Path,
        prefix: &str,
        open: &mut Vec<PathBuf>,
        out: &mut Vec<String>,
    ) -> Result<(), FileError> {
        if open.len() >= MAX_DEPTH {
            return Err(not_read(prefix));
        }
        open.push(dir.to_path_buf());
        let entries = std::fs::read_dir(dir).map_err(|error| failed(prefix, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| failed(prefix, &error))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let inner = if prefix.is_empty() {
                name.into_owned()
            } else {
                format!("{prefix}/{name}")
            };
            let mut path = entry.path();
            let mut kind = entry.file_type().map_err(|e| failed(&inner, &e))?;
            if kind.is_symlink() {
                // A link that leads nowhere is no file.
                let Ok(real) = path.canonicalize() else {
                    continue;
                };
                if !self.boundaries.hold(&real) {
                    return Err(not_read(&inner));
                }
                let Ok(meta) = real.metadata() else { continue };
                kind = meta.file_type();
                path = real;
            }
            if kind.is_dir() {
                if !open.contains(&path) {
                    self.list(&path, &inner, open, out)?;
                }
            } else if kind.is_file() {
                if out.len() >= MAX_FILES {
                    return Err(not_read(prefix));
                }
                out.push(inner);
            }
        }
        open.pop();
        Ok(())
    }
}

impl Files for BoundedFiles<'_> {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        let real = self.resolve(path)?;
        let cache = || self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(content) = cache().get(&real) {
            return Ok(Arc::clone(content));
        }
        let meta = real.metadata().map_err(|error| failed(path, &error))?;
        if meta.is_dir() {
            return Err(FileError::Missing(format!(
                "failed to read file: read {path}: is a directory"
            )));
        }
        // A pipe or a device might not end.
        if !meta.is_file() {
            return Err(not_read(path));
        }
        let mut content = Vec::new();
        std::fs::File::open(&real)
            .and_then(|file| file.take(MAX_SIZE + 1).read_to_end(&mut content))
            .map_err(|error| failed(path, &error))?;
        if content.len() as u64 > MAX_SIZE {
            return Err(not_read(path));
        }
        let content: Arc<[u8]> = content.into();
        if let Some(noted) = self.noted {
            noted.note(real.clone());
        }
        cache().insert(real, Arc::clone(&content));
        Ok(content)
    }

    fn exists(&self, path: &str) -> Result<bool, FileError> {
        match self.resolve(path) {
            Ok(real) if real.is_file() => Ok(true),
            Ok(real) if real.is_dir() => Err(FileError::Missing(format!(
                "\"{path}\" is a directory, not a file"
            ))),
            Ok(_) => Err(FileError::Missing(format!(
                "\"{path}\" is not a regular file"
            ))),
            Err(FileError::Missing(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn below(&self, path: &str) -> Result<Vec<String>, FileError> {
        let dir = match self.resolve(path) {
            Ok(dir) => dir,
            // fileset() of a directory that is not there has nothing in it.
            Err(FileError::Missing(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut out = Vec::new();
        if dir.is_dir() {
            self.list(&dir, "", &mut Vec::new(), &mut out)?;
        }
        out.sort();
        Ok(out)
    }
}

fn not_read(path: &str) -> FileError {
    FileError::NotRead(path.to_owned())
}

fn failed(path: &str, error: &std::io::Error) -> FileError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => FileError::Missing(path.to_owned()),
        _ => not_read(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_within_the_boundary_only() {
        let tmp = tempfile::TempDir::new().expect("a temporary directory");
        let base = tmp.path().canonicalize().expect("a real path");
        for (path, content) in [
            ("repo/root/a.txt", "a"),
            ("repo/root/t/b.txt", "b"),
            ("repo/root/t/deep/.c", "c"),
            ("repo/shared.txt", "s"),
            ("secret.txt", "no"),
        ] {
            let path = base.join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            std::fs::write(path, content).expect("a file");
        }
        let large = std::fs::File::create(base.join("repo/root/large")).expect("a file");
        large.set_len(MAX_SIZE + 1).expect("a size");
        let repo = base.join("repo");
        let root = repo.join("root");
        let boundaries = Boundaries::of(std::slice::from_ref(&repo), &base, Some(&repo));
        let files = BoundedFiles::new(&root, &boundaries);

        assert_eq!(&*files.read("a.txt").expect("a file"), b"a");
        assert_eq!(&*files.read("./t/../a.txt").expect("a file"), b"a");
        assert_eq!(&*files.read("../shared.txt").expect("a file"), b"s");
        let full = root.join("a.txt");
        assert_eq!(&*files.read(&full.to_string_lossy()).expect("a file"), b"a");
        for missing in ["nope", "nope/x", "t"] {
            assert!(matches!(files.read(missing), Err(FileError::Missing(_))));
        }
        for not in [
            "../../secret.txt",
            "../../nope",
            "/etc/passwd",
            "~/.ssh/id",
            "large",
        ] {
            assert!(
                matches!(files.read(not), Err(FileError::NotRead(_))),
                "{not}"
            );
        }
        assert!(matches!(
            files.exists("../../secret.txt"),
            Err(FileError::NotRead(_))
        ));
        assert!(files.exists("a.txt").expect("an answer"));
        assert!(!files.exists("nope").expect("an answer"));
        assert!(files.exists("t").is_err());
        assert_eq!(files.below("t").expect("a list"), ["b.txt", "deep/.c"]);
        assert!(files.below("nope").expect("a list").is_empty());

        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink("..", root.join("t/loop")).expect("a link");
            symlink("../a.txt", root.join("t/link.txt")).expect("a link");
            let below = files.below("t").expect("a list");
            assert!(below.contains(&"link.txt".to_owned()));
            assert!(below.contains(&"loop/a.txt".to_owned()));
            symlink(base.join("secret.txt"), root.join("t/out.txt")).expect("a link");
            assert!(matches!(
                files.read("t/out.txt"),
                Err(FileError::NotRead(_))
            ));
            assert!(matches!(files.below("t"), Err(FileError::NotRead(_))));
        }
    }
}
