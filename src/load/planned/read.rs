//! From bytes to a plan or state, or the reason why it is none.

use super::binary::{self, Snapshot};
use super::document::Document;
use super::{Kind, Planned, build, flat};
use crate::diagnostic::Message;
use crate::load::project::{Module, ModuleId};
use crate::source::{FileId, Place};
use std::path::Path;
use std::sync::Arc;

/// Why a file is not read, and the next step.
#[derive(Debug)]
pub struct Refused {
    /// A key of messages; the file fills the first gap.
    pub key: &'static str,
    /// What fills the further gaps. Nothing out of the file but versions and places.
    pub args: Vec<String>,
    /// The next step.
    pub help: &'static str,
}

impl Refused {
    /// Without further gaps.
    pub fn new(key: &'static str, help: &'static str) -> Refused {
        Refused {
            key,
            args: Vec::new(),
            help,
        }
    }

    /// With the next gap filled.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Refused {
        self.args.push(arg.into());
        self
    }
}

/// Where what is read lies.
pub struct At<'a> {
    /// The directory it lies in, whose settings count.
    pub dir: &'a Path,
    /// The file, as shown.
    pub shown: &'a Arc<str>,
}

/// What a plan or state gives.
#[derive(Debug)]
pub struct Read {
    /// Its instances and configuration.
    pub planned: Planned,
    /// The modules that they belong to; the first is the root.
    pub modules: Vec<Module>,
    /// What it says of itself: it is not all.
    pub incomplete: Vec<Message>,
    /// The configuration that it was made of, where the file holds it.
    pub snapshot: Option<Snapshot>,
}

impl Read {
    /// Gives its file and modules their numbers, which are not known while several files are read at once.
    pub fn numbered(&mut self, file: FileId, first: ModuleId) {
        self.planned.file = file;
        for module in &mut self.planned.modules {
            module.module.0 += first.0;
        }
        for provider in &mut self.planned.providers {
            provider.place.file = file;
        }
        for module in &mut self.modules {
            module.files = vec![file];
            for resource in &mut module.resources {
                resource.place.file = file;
            }
            for call in &mut module.calls {
                call.place.file = file;
                if let Some(local) = &mut call.local {
                    local.0 += first.0;
                }
            }
        }
    }
}

/// Reads a plan or state, as if it were the first file and its modules the first ones (`Read::numbered`).
pub fn read(bytes: Vec<u8>, at: &At<'_>) -> Result<Read, Refused> {
    let mut incomplete = Vec::new();
    let (text, snapshot) = if binary::is_zip(&bytes) {
        let opened = binary::open(&bytes)?;
        drop(bytes);
        let mut say = |part: bool, key: &str| {
            if part {
                incomplete.push(Message::new(key).arg(&**at.shown));
            }
        };
        say(opened.no_state, "load.plan-no-state");
        say(opened.snapshot.is_none(), "load.plan-no-configuration");
        if opened.lost > 0 {
            let lost = opened.lost.to_string();
            incomplete.push(Message::new("load.plan-lost").arg(&**at.shown).arg(lost));
        }
        (opened.json, opened.snapshot)
    } else {
        let text = without_wrapper(text(bytes)?);
        let refused = || Refused::new("load.state-flat", "load.help-state-version");
        if is_flat(&text)? {
            (flat::as_version_4(&text).ok_or_else(refused)?, None)
        } else {
            (text, None)
        }
    };
    let document: Document<'_> = match serde_json::from_str(&text) {
        Ok(document) => document,
        Err(error) => return Err(broken(&text, &error)),
    };
    let kind = kind(&document)?;
    if document.errored {
        incomplete.push(Message::new("load.plan-errored").arg(&**at.shown));
    } else if document.complete == Some(false)
        || document
            .deferred_changes
            .as_ref()
            .is_some_and(|d| !d.is_empty())
    {
        incomplete.push(Message::new("load.plan-partial").arg(&**at.shown));
    }
    let mut built = build::build(&document, kind, &text, at);
    if let Some(at) = built.broken {
        let before = &text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.len() - before.rfind('\n').map_or(0, |n| n + 1) + 1;
        return Err(not_a_plan(line, column));
    }
    if built.unreadable > 0 {
        incomplete.push(
            Message::new("load.plan-addresses")
                .arg(&**at.shown)
                .arg(built.unreadable.to_string()),
        );
    }
    drop(document);
    built.planned.keep_what_is_asked_for(text);
    built.planned.complete = incomplete.is_empty();
    Ok(Read {
        planned: built.planned,
        modules: built.modules,
        incomplete,
        snapshot,
    })
}

/// Whether it is a state with values in the form of Terraform before 0.12.
fn is_flat(text: &str) -> Result<bool, Refused> {
    // A look first: most files are large and have none.
    if !["\"attributes_flat\"", "\"version\":3", "\"version\": 3"]
        .iter()
        .any(|s| text.contains(s))
    {
        return Ok(false);
    }
    let document: Document<'_> = serde_json::from_str(text).map_err(|e| broken(text, &e))?;
    let state = document.format_version.is_none() && document.lineage.is_some();
    let flat = |r: &super::document::RawResource<'_>| {
        r.instances
            .iter()
            .any(|i| i.attributes.is_none() && i.attributes_flat.is_some())
    };
    Ok(match document.version {
        Some(3) => state,
        Some(4) => state && document.resources.iter().flatten().any(flat),
        _ => false,
    })
}

/// The bytes as text; PowerShell writes UTF-16 where a command's output goes into a file.
fn text(bytes: Vec<u8>) -> Result<String, Refused> {
    // `tfplan` and a digit: what Terraform kept before it made a zip of it.
    if bytes.starts_with(b"tfplan") {
        return Err(Refused::new("load.plan-old", "load.help-plan-again"));
    }
    if let Some((encoding, skip)) = encoding_rs::Encoding::for_bom(&bytes) {
        if encoding == encoding_rs::UTF_8 {
            let rest = bytes[skip..].to_vec();
            return String::from_utf8(rest).map_err(|_| not_json());
        }
        let (text, broken) = encoding.decode_without_bom_handling(&bytes[skip..]);
        return if broken {
            Err(not_json())
        } else {
            Ok(text.into_owned())
        };
    }
    String::from_utf8(bytes).map_err(|_| not_json())
}

/// The text without the lines that the `setup-terraform` action of GitHub writes around what terraform says: the
/// command before it, what it sets as outputs after it.
fn without_wrapper(mut text: String) -> String {
    if !text.starts_with("[command]") {
        return text;
    }
    let start = text.find('\n').map_or(text.len(), |end| end + 1);
    // In JSON no text has a line of its own.
    if let Some(after) = text[start..].find("\n::") {
        text.truncate(start + after);
    }
    text.drain(..start);
    text
}

fn not_json() -> Refused {
    Refused::new("load.plan-no-json", "load.help-plan")
}

/// What is wrong with the JSON. The words of the reader are not passed on: they quote values.
fn broken(text: &str, error: &serde_json::Error) -> Refused {
    if !text.trim_start().starts_with('{') {
        return not_json();
    }
    if error.is_eof() {
        return Refused::new("load.plan-cut", "load.help-plan-cut");
    }
    not_a_plan(error.line(), error.column())
}

fn not_a_plan(line: usize, column: usize) -> Refused {
    Refused::new("load.plan-broken", "load.help-plan")
        .arg(line.to_string())
        .arg(column.to_string())
}

/// Which kind it is, of a version that is known.
fn kind(document: &Document<'_>) -> Result<Kind, Refused> {
    if document.encrypted_data.is_some() {
        return Err(Refused::new(
            "load.plan-encrypted",
            "load.help-plan-encrypted",
        ));
    }
    if document.remote_plan_format.is_some() {
        return Err(Refused::new("load.plan-remote", "load.help-plan-json"));
    }
    if let Some(format) = document.format_version.as_deref() {
        let major = format.split('.').next().unwrap_or(format);
        if !matches!(major, "0" | "1") {
            return Err(Refused::new("load.plan-version", "load.help-plan-version").arg(format));
        }
        let plan = document.planned_values.is_some()
            || document.resource_changes.is_some()
            || document.configuration.is_some();
        if plan {
            return Ok(Kind::Plan);
        }
        // A directory without a state is told as the version alone.
        if document.values.is_some() || document.timestamp.is_none() && document.resources.is_none()
        {
            return Ok(Kind::State);
        }
        return Err(Refused::new("load.plan-kind", "load.help-plan"));
    }
    let state = document.lineage.is_some()
        || document.terraform_version.is_some()
        || document.resources.is_some()
        || document.modules.is_some();
    match document.version {
        Some(4) if state => Ok(Kind::State),
        Some(version) if state => Err(Refused::new(
            "load.state-version",
            "load.help-state-version",
        )
        .arg(version.to_string())),
        _ => Err(Refused::new("load.plan-kind", "load.help-plan")),
    }
}

/// A place for the number of an instance: the file has no lines that are shown, but places tell apart
/// what causes findings.
pub fn place(file: FileId, number: usize) -> Place {
    let at = u32::try_from(number).unwrap_or(u32::MAX);
    Place {
        file,
        span: crate::load::syntax::Span::new(at, at),
    }
}

/// Whether a file may be a plan or state: by its name, or by what it starts with.
pub fn may_be_planned(path: &Path, name: &str) -> bool {
    if [".json", ".tfstate", ".tfplan", ".backup"]
        .iter()
        .any(|end| name.ends_with(end))
    {
        return true;
    }
    let mut start = [0u8; 64];
    let read = std::fs::File::open(path).and_then(|mut f| std::io::Read::read(&mut f, &mut start));
    let start = &start[..read.unwrap_or(0)];
    let first = start
        .iter()
        .find(|b| !b.is_ascii_whitespace() && !matches!(b, 0xef | 0xbb | 0xbf | 0xfe | 0xff));
    binary::is_zip(start) || start.starts_with(b"tfplan") || first == Some(&b'{')
}
