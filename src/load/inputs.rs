//! What was named: directories, files of a module, and what is not read.

use super::request::Request;
use crate::diagnostic::{Code, Diagnostic, Message};
use crate::discover::{Boundaries, absolute, is_configuration, is_values};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The named paths, sorted by what they are. Directories are real paths; of a file its directory is.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// The current directory, real.
    pub cwd: PathBuf,
    /// `TF_DATA_DIR`, relative to each root or absolute.
    pub data_dir: PathBuf,
    pub dirs: Vec<PathBuf>,
    pub files: Vec<PathBuf>,
    /// Named files that may be plans or states; `-` for standard input.
    pub planned: Vec<PathBuf>,
    /// Named files of kinds that are not judged.
    pub not_judged: Vec<(&'static str, PathBuf)>,
    pub boundaries: Boundaries,
    pub diagnostics: Vec<Diagnostic>,
}

impl Inputs {
    pub(super) fn of(request: &Request) -> Inputs {
        let cwd = request
            .cwd
            .canonicalize()
            .unwrap_or_else(|_| request.cwd.clone());
        let mut out = Inputs {
            data_dir: request.env("TF_DATA_DIR").unwrap_or(".terraform").into(),
            cwd,
            ..Inputs::default()
        };
        let here = [PathBuf::from(".")];
        let paths = if request.paths.is_empty() {
            &here[..]
        } else {
            &request.paths
        };
        for path in paths {
            out.take(path);
        }
        out.dirs.sort();
        out.dirs.dedup();
        out.files.sort();
        out.files.dedup();
        out.planned.sort();
        out.planned.dedup();
        let planned = out.planned.iter().filter(|p| p.as_os_str() != "-");
        let named: Vec<_> = out
            .dirs
            .iter()
            .chain(&out.files)
            .chain(planned)
            .cloned()
            .collect();
        out.boundaries = Boundaries::of(&named, &out.cwd, request.boundary.as_deref());
        out
    }

    fn take(&mut self, path: &Path) {
        let typed = crate::source::slashed(path);
        if typed == "-" {
            if !self.planned.iter().any(|p| p.as_os_str() == "-") {
                self.planned.push("-".into());
            }
            return;
        }
        let whole = absolute(path, &self.cwd);
        let real = match whole.canonicalize() {
            Ok(real) => real,
            Err(error) => {
                let key = match error.kind() {
                    ErrorKind::NotFound | ErrorKind::NotADirectory => "load.path-missing",
                    ErrorKind::PermissionDenied => "load.file-no-rights",
                    _ => "load.file-unreadable",
                };
                let reason = (key == "load.file-unreadable").then(|| error.to_string());
                return self.refuse(key, &typed, reason, "load.help-path");
            }
        };
        if real.is_dir() {
            self.dirs.push(real);
            return;
        }
        let Some(name) = whole.file_name() else {
            return self.refuse("load.path-kind", &typed, None, "load.help-path-kind");
        };
        // The file keeps its name, also where it is a link: it stands for the module it lies in.
        let file = whole
            .parent()
            .and_then(|p| p.canonicalize().ok())
            .map_or_else(|| whole.clone(), |dir| dir.join(name));
        let text = name.to_string_lossy();
        if is_configuration(name) || is_values(name) {
            self.files.push(file);
        } else if let Some(kind) = crate::discover::not_judged(&file) {
            self.not_judged.push((kind, file));
        } else if super::planned::may_be_planned(&file, &text) {
            self.planned.push(file);
        } else {
            self.refuse("load.path-kind", &typed, None, "load.help-path-kind");
        }
    }

    fn refuse(&mut self, key: &str, path: &str, reason: Option<String>, help: &str) {
        let mut message = Message::new(key).arg(path);
        message.args.extend(reason);
        self.diagnostics.push(
            Diagnostic::new(Code::InputNotRead, message)
                .path(path)
                .help(Message::new(help)),
        );
    }
}
