//! Plans and states that were named: each is a root, or (`--plan`) lies beside the root module it was made of.

use super::planned::{self, At, Kind, Planned, Refused, Snapshot};
use super::project::{Module, ModuleId, Root, Seen};
use super::snapshot::Around;
use super::syntax::parse_native;
use super::{Loading, roots};
use crate::diagnostic::{Code, Diagnostic, Message};
use crate::source::{FileId, SourceFile, shown};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A plan or state that was read.
struct Named {
    shown: Arc<str>,
    identity: Arc<str>,
    planned: Arc<Planned>,
    /// The configuration that it was made of, where the file holds it; and where the file lies.
    snapshot: Option<(Snapshot, PathBuf)>,
}

impl Loading<'_> {
    /// Reads them, after everything else: their modules are added to the others.
    pub(super) fn planned(
        &mut self,
        modules: &mut Vec<Module>,
        roots: &mut Vec<Root>,
        seen: &mut Seen,
    ) {
        for path in &self.inputs.planned {
            self.plan(path, modules, roots, seen);
        }
        roots.sort_by(|a, b| a.target.cmp(&b.target));
    }

    fn plan(
        &mut self,
        path: &Path,
        modules: &mut Vec<Module>,
        roots: &mut Vec<Root>,
        seen: &mut Seen,
    ) {
        let Some(named) = self.read_planned(path, modules, seen) else {
            return;
        };
        let root = Root::of_plan(&named.planned, named.shown, named.identity);
        roots.push(match named.snapshot {
            None => root,
            Some((snapshot, dir)) => {
                let around = Around {
                    dir: &dir,
                    shown: &root.target,
                };
                let code = self.snapshot(snapshot, &around, modules, seen);
                Root {
                    target: root.target,
                    identity: root.identity,
                    beside: root.planned,
                    ..code
                }
            }
        });
    }

    /// Reads the plan of the one root module that was named (`--plan`). Where it does not come to that, the
    /// one is judged without the other, and it is told.
    pub(super) fn plan_beside(
        &mut self,
        path: &Path,
        modules: &mut Vec<Module>,
        roots: &mut Vec<Root>,
        seen: &mut Seen,
    ) {
        let Some(named) = self.read_planned(path, modules, seen) else {
            return;
        };
        let refused = |key| Refused::new(key, "load.help-plan-beside");
        if named.planned.kind != Kind::Plan {
            return self.refuse(&named.shown, refused("load.plan-is-state"));
        }
        let alone = self.inputs.files.is_empty() && self.inputs.planned.is_empty();
        let ([dir], true) = (&self.inputs.dirs[..], alone) else {
            return self.refuse(&named.shown, refused("load.plan-beside-one"));
        };
        // As for terraform, the directory is the root module, not what lies below it.
        roots.retain(|r| modules[r.module.0 as usize].dir == *dir);
        let Some(root) = roots.first_mut() else {
            let refused = refused("load.plan-beside-none").arg(shown(dir, &self.inputs.cwd));
            self.refuse(&named.shown, refused);
            return roots.push(Root::of_plan(&named.planned, named.shown, named.identity));
        };
        root.beside = Some(named.planned);
        root.reusable = false;
        // The plan holds the values of its variables; which workspace it was made in, only a binary one says.
        let workspace = named.snapshot.map(|(snapshot, _)| snapshot.workspace);
        let workspace: Option<Arc<str>> = workspace.filter(|w| !w.is_empty()).map(Into::into);
        root.sets.truncate(1);
        for set in &mut root.sets {
            set.name = "default".into();
            set.workspace.clone_from(&workspace);
        }
    }

    /// Reads a plan or state; its modules are added to the others.
    fn read_planned(
        &mut self,
        path: &Path,
        modules: &mut Vec<Module>,
        seen: &mut Seen,
    ) -> Option<Named> {
        let cwd = &self.inputs.cwd;
        let piped = path.as_os_str() == "-";
        let path = if piped {
            path.to_path_buf()
        } else {
            cwd.join(path)
        };
        let shown: Arc<str> = if piped {
            "-".into()
        } else {
            shown(&path, cwd).into()
        };
        let bytes = match (piped, &self.request.stdin) {
            (true, Some(bytes)) => Ok(bytes.to_vec()),
            (true, None) => Err(Refused::new("load.stdin", "load.help-plan")),
            (false, _) => std::fs::read(&path).map_err(|error| {
                Refused::new("load.file-unreadable", "load.help-path").arg(error.to_string())
            }),
        };
        let dir = if piped {
            cwd
        } else {
            path.parent().unwrap_or(cwd)
        };
        let at = At {
            file: FileId(self.sources.files.len() as u32),
            dir,
            shown: &shown,
            first: ModuleId(modules.len() as u32),
        };
        let read = match bytes.and_then(|bytes| planned::read(bytes, &at)) {
            Ok(read) => read,
            Err(refused) => {
                seen.files_failed += 1;
                self.refuse(&shown, refused);
                return None;
            }
        };
        seen.files_read += 1;
        let whole = if piped { cwd.join("-") } else { path.clone() };
        self.sources.files.push(SourceFile {
            path: whole.clone(),
            shown: Arc::clone(&shown),
            // No line of it is ever shown: secrets stand in it in clear.
            tree: parse_native(b""),
        });
        for message in read.incomplete {
            self.diagnostics.push(
                Diagnostic::new(Code::PlanIncomplete, message)
                    .path(&*shown)
                    .target(Arc::clone(&shown))
                    .help(Message::new("load.help-plan-partial")),
            );
        }
        let boundary = self.inputs.boundaries.around(dir);
        modules.extend(read.modules);
        Some(Named {
            identity: roots::relative(&whole, boundary),
            planned: Arc::new(read.planned),
            shown,
            snapshot: read.snapshot.map(|s| (s, dir.to_path_buf())),
        })
    }

    fn refuse(&mut self, shown: &str, refused: Refused) {
        let mut message = Message::new(refused.key).arg(shown);
        message.args.extend(refused.args);
        self.diagnostics.push(
            Diagnostic::new(Code::InputNotRead, message)
                .path(shown)
                .help(Message::new(refused.help)),
        );
    }
}
