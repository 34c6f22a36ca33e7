//! Plans and states that were named: each is a root.

use super::planned::{self, At, Refused};
use super::project::{Module, ModuleId, Root, Seen};
use super::syntax::parse_native;
use super::{Loading, roots};
use crate::diagnostic::{Code, Diagnostic, Message};
use crate::source::{FileId, SourceFile, shown};
use std::path::Path;
use std::sync::Arc;

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
        let cwd = &self.inputs.cwd;
        let piped = path.as_os_str() == "-";
        let shown: Arc<str> = if piped {
            "-".into()
        } else {
            shown(path, cwd).into()
        };
        let bytes = match (piped, &self.request.stdin) {
            (true, Some(bytes)) => bytes.to_vec(),
            (true, None) => {
                seen.files_failed += 1;
                let refused = Refused::new("load.stdin", "load.help-plan");
                return self.refuse(&shown, refused);
            }
            (false, _) => match std::fs::read(path) {
                Ok(bytes) => bytes,
                Err(error) => {
                    seen.files_failed += 1;
                    let refused = Refused::new("load.file-unreadable", "load.help-path");
                    return self.refuse(&shown, refused.arg(error.to_string()));
                }
            },
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
        let read = match planned::read(bytes, &at) {
            Ok(read) => read,
            Err(refused) => {
                seen.files_failed += 1;
                return self.refuse(&shown, refused);
            }
        };
        seen.files_read += 1;
        self.sources.files.push(SourceFile {
            path: if piped {
                cwd.join("-")
            } else {
                path.to_path_buf()
            },
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
        let whole = if piped {
            cwd.join("-")
        } else {
            path.to_path_buf()
        };
        roots.push(Root {
            target: Arc::clone(&shown),
            identity: roots::relative(&whole, boundary),
            planned: Some(Arc::new(read.planned)),
            ..Root::of(at.first)
        });
        modules.extend(read.modules);
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
