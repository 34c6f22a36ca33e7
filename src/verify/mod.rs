//! `sekisho verify`: a register is made again from the tree, as it was made before, and compared.
//!
//! Lives here: reading a register, what it was made with, and the run. Not here: what differs
//! (`compare.rs`), how that is told (`report/verify.rs`).

mod compare;

pub use compare::{Differences, Field};

use crate::cli::{self, PlainFormat};
use crate::diagnostic::Message;
use crate::messages::Words;
use crate::provenance::{self, Provenance, Typed};
use crate::settings::found::Which;
use crate::settings::{Environment, Input, Question, Settings};
use crate::{Exit, complain, examine, on_own_threads, report, stages, to_stdout};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Does what was typed.
pub fn verify(typed: &cli::Verify, env: &Environment) -> Exit {
    let words = Words::new(typed.lang.map_or_else(|| env.lang(), Into::into));
    let compared = read(&typed.register, env).and_then(|was| {
        let again = again(typed, env, &was)?;
        Ok(compare::compare(&was, &again))
    });
    let found = match compared {
        Ok(found) => found,
        Err(message) => {
            complain(&words, &message);
            return Exit::NotJudged;
        }
    };
    let written = to_stdout(|out| match typed.format {
        PlainFormat::Text => report::verify::text(out, &found, &words),
        PlainFormat::Json => report::verify::json(out, &found),
    });
    match written {
        Err(_) => Exit::NotJudged,
        Ok(()) if found.is_same() => Exit::Clean,
        Ok(()) => Exit::Findings,
    }
}

/// A register, and what it was made from.
pub struct Register {
    json: Value,
    made_from: Provenance,
}

/// Reads a register of ours.
fn read(path: &Path, env: &Environment) -> Result<Register, Box<Message>> {
    let name = path.to_string_lossy();
    let bytes = std::fs::read(env.current_dir.join(path)).map_err(|error| {
        let message = Message::new("verify.not-read").arg(&*name);
        Box::new(message.arg(error.to_string()))
    })?;
    let foreign = || Box::new(Message::new("verify.foreign").arg(&*name));
    let json: Value = serde_json::from_slice(&bytes).map_err(|_| foreign())?;
    let version = json["schema_version"].as_u64().ok_or_else(foreign)?;
    if version > u64::from(report::SCHEMA_VERSION) {
        let message = Message::new("verify.newer").arg(&*name);
        let message = message.arg(version.to_string());
        return Err(Box::new(message.arg(report::SCHEMA_VERSION.to_string())));
    }
    let is_register = ["stores", "keys", "others"]
        .iter()
        .all(|list| json[list].is_array());
    if !is_register || !json["tool"]["version"].is_string() {
        return Err(foreign());
    }
    let without = || Box::new(Message::new("verify.no-provenance").arg(&*name));
    let made_from = serde_json::from_value(json["provenance"].clone());
    let mut made_from: Provenance = made_from.map_err(|_| without())?;
    let files = serde_json::from_value(json["files"].clone());
    made_from.files = Some(files.map_err(|_| without())?);
    Ok(Register { json, made_from })
}

/// The register of the tree, made with what the other one was made with.
fn again(typed: &cli::Verify, env: &Environment, was: &Register) -> Result<Register, Box<Message>> {
    let settings = settings(typed, env, &was.made_from.input)?;
    for path in &settings.input.paths {
        let is_piped = path.as_os_str() == "-";
        if !is_piped && !settings.input.absolute(path).exists() {
            let name = path.to_string_lossy();
            return Err(Box::new(Message::new("verify.path-missing").arg(name)));
        }
    }
    let policy = stages::policy(&settings);
    let outcome = on_own_threads(|| {
        let mut outcome = examine(&settings, &policy);
        let files = policy.files.paths();
        let made_from = provenance::of(&outcome.project, &settings, &files, true);
        outcome.provenance = Some(made_from);
        outcome
    });
    // What could not be read then need not be readable now; anything else must be.
    let then = was.json["diagnostics"].as_array();
    let known = |code: &str| then.into_iter().flatten().any(|d| d["code"] == code);
    let fails = |d: &crate::diagnostic::Diagnostic| d.code.exit() == 2 && !known(d.code.id());
    if outcome.diagnostics.iter().any(fails) {
        return Err(Box::new(Message::new("verify.not-judged")));
    }
    let mut bytes = Vec::new();
    let words = Words::default();
    let written = report::write_register(&mut bytes, &outcome, &words);
    let json = written
        .ok()
        .and_then(|()| serde_json::from_slice(&bytes).ok());
    let made_from = outcome.provenance.unwrap_or_default();
    json.map(|json| Register { json, made_from })
        .ok_or_else(|| Box::new(Message::new("verify.not-judged")))
}

/// The settings that a register was made with; values have to be given again.
fn settings(
    typed: &cli::Verify,
    env: &Environment,
    given: &provenance::Given,
) -> Result<Settings, Box<Message>> {
    let missing = |key: &str, name: &str| Box::new(Message::new(key).arg(name));
    let value = |all: &[String], name: &str| -> Result<String, Box<Message>> {
        let mut same = all.iter().filter(|v| provenance::name(v) == name);
        let last = same.next_back().cloned();
        last.ok_or_else(|| missing("verify.value-missing", name))
    };
    let mut values = Vec::new();
    for one in &given.values {
        values.push(match one {
            Typed::Var(name) => cli::Typed::Var(value(&typed.var, name)?),
            Typed::File(path) => cli::Typed::File(path.into()),
        });
    }
    let mut backend_config = Vec::new();
    for one in &given.backend_config {
        backend_config.push(match one {
            Typed::Var(name) => value(&typed.backend_config, name)?,
            Typed::File(path) => path.clone(),
        });
    }
    for (all, known) in [
        (&typed.var, &given.values),
        (&typed.backend_config, &given.backend_config),
    ] {
        for text in all {
            let name = provenance::name(text);
            if !known.contains(&Typed::Var(name.to_owned())) {
                return Err(missing("verify.value-unknown", name));
            }
        }
    }
    let mut here = env.clone();
    here.current_dir = env.current_dir.join(&typed.dir);
    if !here.current_dir.is_dir() {
        let dir = typed.dir.to_string_lossy();
        return Err(missing("verify.path-missing", &dir));
    }
    // What counted then counts now, and nothing else.
    let counts = |name: &String| given.environment.contains(name);
    here.vars
        .retain(|name, _| !name.starts_with("TF_") || counts(name));
    if let Some(name) = given.environment.iter().find(|n| here.var(n).is_none()) {
        return Err(missing("verify.environment-missing", name));
    }
    let args = cli::InputArgs {
        paths: given.paths.iter().map(PathBuf::from).collect(),
        boundary: given.boundary.as_ref().map(PathBuf::from),
        exclude: given.exclude.clone(),
        plan: given.plan.as_ref().map(PathBuf::from),
        as_root: given.as_root,
        values: cli::ValueArgs {
            in_order: values,
            backend_config,
            variable_sets: match given.variable_sets.as_deref() {
                Some("auto") => Some(cli::SetsArg::Auto),
                Some(_) => Some(cli::SetsArg::Given),
                None => None,
            },
            ..cli::ValueArgs::default()
        },
    };
    Ok(Settings {
        which: match (&given.config, given.no_config) {
            (Some(path), _) => Which::Given(path.into()),
            (None, true) => Which::None,
            (None, false) => Which::Found,
        },
        allow_nothing: true,
        places: Settings::places(&here),
        ..Settings::plain(Question::Register, Input::new(&args, &here))
    })
}
