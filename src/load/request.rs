//! What load is asked for: paths, and what the command line and the environment say.

use std::path::PathBuf;

/// What to load. It does not depend on settings or on the process, so that tests are hermetic.
#[derive(Clone, Debug)]
pub struct Request {
    /// Directories and files, as typed; empty means the current directory.
    pub paths: Vec<PathBuf>,
    /// The current directory, absolute.
    pub cwd: PathBuf,
    /// `--boundary`.
    pub boundary: Option<PathBuf>,
    /// `--exclude`: globs as in .gitignore, relative to the current directory.
    pub excludes: Vec<String>,
    /// `--as-root`: a reusable module is judged as if it were applied.
    pub as_root: bool,
    /// `--var` and `--var-file`, in the order given.
    pub given: Vec<GivenArg>,
    /// `--backend-config`: `key=value`, or the path of a file.
    pub backend_config: Vec<String>,
    /// `TF_VAR_*`, `TF_WORKSPACE`, `TF_DATA_DIR`; whatever else is in it is not looked at.
    pub env: Vec<(String, String)>,
    /// A larger file is not read.
    pub max_file_size: u64,
}

/// A value, or a file of values, from the command line.
#[derive(Clone, Debug)]
pub enum GivenArg {
    /// `--var name=value`.
    Var(String, String),
    /// `--var-file`, relative to the current directory.
    VarFile(PathBuf),
}

impl Request {
    /// A request for `paths` with nothing else said.
    pub fn new(paths: Vec<PathBuf>, cwd: PathBuf) -> Request {
        Request {
            paths,
            cwd,
            boundary: None,
            excludes: Vec::new(),
            as_root: false,
            given: Vec::new(),
            backend_config: Vec::new(),
            env: Vec::new(),
            max_file_size: 100 << 20,
        }
    }

    /// A variable of the environment that says something.
    pub(super) fn env(&self, name: &str) -> Option<&str> {
        self.env
            .iter()
            .rev()
            .find(|(n, v)| n == name && !v.is_empty())
            .map(|(_, v)| v.as_str())
    }
}
