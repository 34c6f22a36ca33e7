//! Plans and states that were named: each is a root, or (`--plan`) lies beside the root module it was made of.

use super::inputs::Inputs;
use super::planned::{self, At, Kind, Planned, Refused, Snapshot};
use super::project::{Module, ModuleId, Root, Seen};
use super::request::Request;
use super::snapshot::Around;
use super::syntax::parse_native;
use super::{Loading, roots};
use crate::diagnostic::{Code, Diagnostic, Message};
use crate::source::{FileId, SourceFile, shown};
use rayon::prelude::*;
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

/// A file, read by itself.
struct OnDisk {
    path: PathBuf,
    dir: PathBuf,
    shown: Arc<str>,
    read: Result<planned::Read, Refused>,
}

impl OnDisk {
    fn read(path: &Path, inputs: &Inputs, request: &Request) -> OnDisk {
        let cwd = &inputs.cwd;
        let piped = path.as_os_str() == "-";
        let path = cwd.join(path);
        let (shown, dir): (Arc<str>, &Path) = if piped {
            ("-".into(), cwd)
        } else {
            (shown(&path, cwd).into(), path.parent().unwrap_or(cwd))
        };
        let bytes = match (piped, &request.stdin) {
            (true, Some(bytes)) => Ok(bytes.to_vec()),
            (true, None) => Err(Refused::new("load.stdin", "load.help-plan")),
            (false, _) => std::fs::read(&path).map_err(|error| {
                Refused::new("load.file-unreadable", "load.help-path").arg(error.to_string())
            }),
        };
        let at = At { dir, shown: &shown };
        let read = bytes.and_then(|bytes| planned::read(bytes, &at));
        OnDisk {
            dir: dir.to_path_buf(),
            shown,
            read,
            path,
        }
    }
}

impl Loading<'_> {
    /// Reads them, after everything else: their modules are added to the others.
    pub(super) fn planned(
        &mut self,
        modules: &mut Vec<Module>,
        roots: &mut Vec<Root>,
        seen: &mut Seen,
    ) {
        let (inputs, request) = (self.inputs, self.request);
        let all = inputs.planned.par_iter();
        let all: Vec<OnDisk> = all
            .map(|path| OnDisk::read(path, inputs, request))
            .collect();
        for read in all {
            self.plan(read, modules, roots, seen);
        }
        roots.sort_by(|a, b| a.target.cmp(&b.target));
    }

    fn plan(
        &mut self,
        read: OnDisk,
        modules: &mut Vec<Module>,
        roots: &mut Vec<Root>,
        seen: &mut Seen,
    ) {
        let Some(named) = self.take_in(read, modules, seen) else {
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
        let read = OnDisk::read(path, self.inputs, self.request);
        let Some(named) = self.take_in(read, modules, seen) else {
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

    /// Gives what was read its place among files and modules.
    fn take_in(
        &mut self,
        on_disk: OnDisk,
        modules: &mut Vec<Module>,
        seen: &mut Seen,
    ) -> Option<Named> {
        let OnDisk {
            path,
            dir,
            shown,
            read,
        } = on_disk;
        let mut read = match read {
            Ok(read) => read,
            Err(refused) => {
                seen.files_failed += 1;
                self.refuse(&shown, refused);
                return None;
            }
        };
        seen.files_read += 1;
        let file = FileId(self.sources.files.len() as u32);
        read.numbered(file, ModuleId(modules.len() as u32));
        self.sources.files.push(SourceFile {
            path: path.clone(),
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
        let boundary = self.inputs.boundaries.around(&dir);
        modules.extend(read.modules);
        Some(Named {
            identity: roots::relative(&path, boundary),
            planned: Arc::new(read.planned),
            shown,
            snapshot: read.snapshot.map(|s| (s, dir)),
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
