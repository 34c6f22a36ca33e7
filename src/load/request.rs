//! What load is asked for: paths, and what the command line and the environment say.

use super::syntax::{NodeId, Span, Tree};
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    /// `--plan`: the plan of the one root module that is named; `-` is on standard input.
    pub plan: Option<PathBuf>,
    /// `--as-root`: a reusable module is judged as if it were applied.
    pub as_root: bool,
    /// `--var` and `--var-file`, in the order given.
    pub given: Vec<GivenArg>,
    /// `--backend-config`: `key=value`, or the path of a file.
    pub backend_config: Vec<String>,
    /// `--variable-sets`: whether values files near a root make sets; `None`: what settings say.
    pub auto_sets: Option<bool>,
    /// `TF_VAR_*`, `TF_WORKSPACE`, `TF_DATA_DIR`; whatever else is in it is not looked at.
    pub env: Vec<(String, String)>,
    /// A larger file is not read.
    pub max_file_size: u64,
    /// What stands on standard input, where `-` is among the paths or the plan.
    pub stdin: Option<Arc<[u8]>>,
    /// What settings say of roots.
    pub configured: Option<Arc<dyn Configured>>,
}

/// What settings files say of roots. Directories and boundaries are real paths.
pub trait Configured: Debug + Send + Sync {
    /// The variable sets of a root, in order; none: what Terraform would load by itself.
    fn sets(&self, root: &Path, boundary: &Path) -> Vec<SetOf>;
    /// Whether values files near a root without such sets make some.
    fn auto_sets(&self, root: &Path, boundary: &Path) -> bool;
    /// Where the content of module sources lies, the first match counts.
    fn mapped(&self, root: &Path, boundary: &Path) -> Vec<MappedSource>;
    /// The settings files that were read since this was last asked: path, as shown, values and text.
    fn take_texts(&self) -> Vec<(PathBuf, Arc<str>, Tree)>;
}

/// A variable set as settings give it, or a values file near the root. Paths are absolute.
#[derive(Clone, Debug, Default)]
pub struct SetOf {
    /// Its name.
    pub name: Arc<str>,
    /// Files of values.
    pub var_files: Vec<PathBuf>,
    /// The settings file in which the values stand; empty where a values file makes the set.
    pub settings: PathBuf,
    /// Values that stand in it.
    pub vars: Vec<(Arc<str>, NodeId, Span)>,
    /// The workspace that is selected.
    pub workspace: Option<Arc<str>>,
    /// `key=value`, or the path of a file.
    pub backend_config: Vec<String>,
}

/// Where the content of a module source lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MappedSource {
    /// The source; `*` stands for anything but a slash.
    pub pattern: String,
    /// The directory, absolute; each `*` in it is filled in from the source.
    pub to: String,
}

impl MappedSource {
    /// The directory of a source, where it is one of these. What stands behind `//` in the source is a
    /// directory below; a revision (`?ref=…`) does not count.
    pub fn directory(&self, source: &str) -> Option<PathBuf> {
        let source = source.split('?').next().unwrap_or(source);
        // Not the slashes of `https://`.
        let after = source.find("://").map_or(0, |at| at + 3);
        let (address, below) = match source[after..].find("//") {
            Some(at) => (&source[..after + at], Some(&source[after + at + 2..])),
            None => (source, None),
        };
        let taken = taken(&self.pattern, address)?;
        let mut out = String::with_capacity(self.to.len());
        let mut taken = taken.into_iter();
        for (at, piece) in self.to.split('*').enumerate() {
            if at > 0 {
                out.push_str(taken.next().unwrap_or(""));
            }
            out.push_str(piece);
        }
        let mut out = PathBuf::from(out);
        out.extend(below);
        Some(out)
    }
}

/// What the stars of a pattern stand for in a text, the shortest first.
fn taken<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let Some((first, rest)) = pattern.split_once('*') else {
        return (pattern == text).then(Vec::new);
    };
    let text = text.strip_prefix(first)?;
    let end = text.find('/').unwrap_or(text.len());
    for (at, _) in text
        .char_indices()
        .chain([(text.len(), ' ')])
        .take_while(|(at, _)| *at <= end)
    {
        // What is filled in is a name: it leads nowhere else.
        if at == 0 || text[..at].chars().all(|c| c == '.') {
            continue;
        }
        if let Some(more) = taken(rest, &text[at..]) {
            let mut all = vec![&text[..at]];
            all.extend(more);
            return Some(all);
        }
    }
    None
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
            plan: None,
            as_root: false,
            given: Vec::new(),
            backend_config: Vec::new(),
            auto_sets: None,
            env: Vec::new(),
            max_file_size: 100 << 20,
            stdin: None,
            configured: None,
        }
    }

    /// Whether a values file is named by `--var-file`.
    pub(super) fn names_values(&self) -> bool {
        let file = |g: &GivenArg| matches!(g, GivenArg::VarFile(_));
        self.given.iter().any(file)
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

#[cfg(test)]
mod tests {
    use super::MappedSource;
    use std::path::Path;

    #[test]
    fn sources_and_their_directories() {
        let map = |pattern: &str, to: &str, source: &str| {
            let mapped = MappedSource {
                pattern: pattern.into(),
                to: to.into(),
            };
            mapped.directory(source)
        };
        let star = "app.terraform.io/acme/*/aws";
        let all = [
            (
                star,
                "/m/*",
                "app.terraform.io/acme/bucket/aws",
                "/m/bucket",
            ),
            (
                star,
                "/m/*",
                "app.terraform.io/acme/b/aws//modules/x",
                "/m/b/modules/x",
            ),
            (
                "git::https://h/*.git",
                "/m/*",
                "git::https://h/a.git?ref=v1",
                "/m/a",
            ),
            (
                "git::https://h/*.git",
                "/m/*",
                "git::https://h/a.git//x?ref=v1",
                "/m/a/x",
            ),
            ("acme/*/*", "/m/*/b", "acme/x/aws", "/m/x/b"),
            ("acme/x/aws", "/m/x", "acme/x/aws", "/m/x"),
        ];
        for (pattern, to, source, dir) in all {
            assert_eq!(
                map(pattern, to, source).as_deref(),
                Some(Path::new(dir)),
                "{source}"
            );
        }
        for source in [
            "app.terraform.io/acme/a/b/aws",
            "acme/a/aws",
            "app.terraform.io/acme/../aws",
        ] {
            assert_eq!(map(star, "/m/*", source), None, "{source}");
        }
    }
}
