//! Files of expressions on disk.

use super::functions::{FileError, Files};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads within a boundary.
pub struct BoundedFiles {
    root: PathBuf,
}

impl BoundedFiles {
    /// For the root module in `root`.
    pub fn new(root: &Path, _boundary: &Path) -> BoundedFiles {
        BoundedFiles {
            root: root.to_path_buf(),
        }
    }
}

impl Files for BoundedFiles {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        std::fs::read(self.root.join(path))
            .map(Into::into)
            .map_err(|e| FileError::Missing(e.to_string()))
    }
    fn exists(&self, path: &str) -> Result<bool, FileError> {
        Ok(self.root.join(path).is_file())
    }
    fn below(&self, _path: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::NotRead(String::new()))
    }
}
