//! What else lies beside a root: the lock file and the workspace that was chosen.

use super::read::{Reader, Syntax};
use super::request::Request;
use super::syntax::Tree;
use super::words;
use crate::diagnostic::{Code, Diagnostic, Message};
use crate::discover::{Directory, State};
use crate::source::shown;
use std::path::Path;
use std::sync::Arc;

/// The name of a workspace is not longer; the file is not looked at further.
const WORKSPACE_NAME: usize = 256;

/// Provider source to version, as `.terraform.lock.hcl` says.
pub(super) fn locked(
    directory: &Directory,
    reader: &Reader<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(Arc<str>, Arc<str>)> {
    if !directory.lock {
        return Vec::new();
    }
    let path = directory.path.join(".terraform.lock.hcl");
    let tree = match reader.parse(&path, &State::Plain, Syntax::Native) {
        Ok(tree) => tree,
        Err(diagnostic) => {
            diagnostics.push(*diagnostic);
            return Vec::new();
        }
    };
    versions(&tree, &shown(&path, reader.cwd), diagnostics)
}

/// The versions that a lock file names.
pub(super) fn versions(
    tree: &Tree,
    shown: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(Arc<str>, Arc<str>)> {
    if !tree.errors().is_empty() {
        diagnostics.push(
            Diagnostic::new(
                Code::InputNotRead,
                Message::new("load.lock-broken").arg(shown),
            )
            .path(shown)
            .help(Message::new("load.help-init")),
        );
    }
    let mut out: Vec<(Arc<str>, Arc<str>)> = tree
        .blocks(tree.root())
        .filter(|b| b.kind == "provider")
        .filter_map(|b| {
            let version = words::literal(tree, b.attribute("version")?.value)?;
            Some((b.label(0)?.into(), version.into()))
        })
        .collect();
    out.sort();
    out
}

/// The workspace: `TF_WORKSPACE`, else what `terraform workspace select` left behind; `None` where
/// nothing says which.
pub(super) fn workspace(
    request: &Request,
    data_dir: &Path,
    directory: &Directory,
    reader: &Reader<'_>,
) -> Option<Arc<str>> {
    if let Some(name) = request.env("TF_WORKSPACE") {
        return Some(name.into());
    }
    let path = directory.path.join(data_dir).join("environment");
    if !path.metadata().is_ok_and(|m| m.is_file()) {
        return None;
    }
    let name = reader.bytes(&path, &State::Plain, |bytes| {
        let bytes = &bytes[..bytes.len().min(WORKSPACE_NAME)];
        String::from_utf8_lossy(bytes).trim().to_owned()
    });
    let name = name.ok()?;
    (!name.is_empty()).then(|| name.into())
}
