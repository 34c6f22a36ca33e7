//! `sekisho debug`: what each stage gives, printed.

use crate::catalog::Catalog;
use crate::catalog::versions::Range;
use crate::cli::DebugCommand;
use crate::diagnostic::{Code, Diagnostic, Message};
use crate::evaluate::answers::{Answer, SameAs};
use crate::evaluate::functions::{jsonencode, strict_json};
use crate::evaluate::value::{Kind, Marks, Val, find_unknown, hoist};
use crate::evaluate::{Evaluation, Types};
use crate::extract::why_of;
use crate::load::project::{Loaded, Mode, Project, Root};
use crate::load::syntax;
use crate::messages::Words;
use crate::report;
use crate::settings::{Environment, Input, Question, Settings};
use crate::{Exit, examine, on_own_threads, stages, to_stdout};
use serde_json::{Map, Value, json};
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

/// Does what was typed.
pub fn look(command: &DebugCommand, env: &Environment) -> Exit {
    on_own_threads(|| match command {
        DebugCommand::Expr {
            chdir,
            known,
            values,
        } => {
            let project = match chdir {
                Some(dir) => stages::load(&Input::of(vec![dir.clone()], values, env), None).project,
                None => Project::default(),
            };
            expressions(
                project,
                chdir.as_ref().map(|d| env.current_dir.join(d)).as_deref(),
                *known,
            )
        }
        DebugCommand::Resources {
            dir,
            show_sensitive,
            known,
            values,
        } => resources(
            &Input::of(vec![dir.clone()], values, env),
            *show_sensitive,
            *known,
        ),
        DebugCommand::Blocks { files } => blocks(files),
        DebugCommand::Read { paths } => read(&Input {
            paths: paths.clone(),
            current_dir: env.current_dir.clone(),
            ..Input::default()
        }),
        DebugCommand::Stores { input } => facts(&Input::new(input, env)),
    })
}

fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Exit {
    match to_stdout(write) {
        Ok(()) => Exit::Clean,
        Err(_) => Exit::NotJudged,
    }
}

/// `debug read`.
fn read(input: &Input) -> Exit {
    let seen = stages::read_only(input);
    print(|out| {
        writeln!(
            out,
            "{}",
            json!({"files_read": seen.files_read, "files_failed": seen.files_failed})
        )
    })
}

/// `debug blocks`: a line a file, as a dump of `HashiCorp`'s parser gives it.
fn blocks(files: &[PathBuf]) -> Exit {
    let mut exit = Exit::Clean;
    let printed = print(|out| {
        for file in files {
            let Ok(bytes) = std::fs::read(file) else {
                writeln!(out, "{}\tERR\tnot readable", file.display())?;
                exit = Exit::NotJudged;
                continue;
            };
            let tree = parse(file, &bytes);
            if tree.errors().is_empty() {
                writeln!(out, "{}\tOK\t{}", file.display(), syntax::dump(&tree))?;
            } else {
                let errors: Vec<String> = tree
                    .errors()
                    .iter()
                    .map(|e| format!("{}@{}-{}", e.code, e.span.start, e.span.end))
                    .collect();
                let errors = errors.join("; ");
                writeln!(
                    out,
                    "{}\tERR\t{errors}\t{}",
                    file.display(),
                    syntax::dump(&tree)
                )?;
                exit = exit.max(Exit::Findings);
            }
        }
        Ok(())
    });
    exit.max(printed)
}

fn parse(file: &Path, bytes: &[u8]) -> syntax::Tree {
    let name = file.to_string_lossy();
    if name.ends_with(".tfvars.json") {
        syntax::parse_json_values(bytes)
    } else if name.ends_with(".json") {
        syntax::parse_json(bytes)
    } else {
        syntax::parse_native(bytes)
    }
}

/// All types, and of each only its id and the answers that need no cloud.
struct EveryType;

impl Types for EveryType {
    fn wanted(&self, _mode: Mode, _ty: &str) -> bool {
        true
    }
    fn never_null(&self, _mode: Mode, _ty: &str, attribute: &str) -> bool {
        attribute == "id"
    }
    fn answer(&self, mode: Mode, ty: &str, attribute: &str) -> Option<Answer> {
        Catalog::builtin().answer(mode, ty, attribute)
    }
    fn same_as(&self, ty: &str) -> Option<SameAs> {
        Catalog::builtin().same_as(ty)
    }
}

/// The root that was named (else the first), and its first variable set.
fn with_root<R>(
    project: &Project,
    dir: Option<&Path>,
    known: bool,
    work: impl FnOnce(&Evaluation<'_>) -> R,
) -> Option<R> {
    let root = root(project, dir)?;
    let mut set = root.sets.first()?.clone();
    // As in terraform's console, where nothing was selected.
    set.workspace.get_or_insert_with(|| "default".into());
    let files = stages::files(project, root);
    let evaluation = if known {
        Evaluation::of_types(project, root, &set, &files, &EveryType)
    } else {
        Evaluation::as_terraform(project, root, &set, &files, &EveryType)
    };
    Some(work(&evaluation))
}

fn root<'p>(project: &'p Project, dir: Option<&Path>) -> Option<&'p Root> {
    let named = dir.and_then(|dir| {
        let dir = dir.canonicalize().ok()?;
        let is_it = |r: &&Root| {
            project
                .module(r.module)
                .dir
                .canonicalize()
                .is_ok_and(|d| d == dir)
        };
        project.roots.iter().find(is_it)
    });
    named.or(project.roots.first())
}

/// `debug expr`.
fn expressions(mut project: Project, dir: Option<&Path>, known: bool) -> Exit {
    if project.roots.is_empty() {
        // Most expressions need no configuration around them.
        project = stages::empty_root();
    }
    let words = Words::default();
    let answers = |evaluation: &Evaluation<'_>, out: &mut dyn Write| -> io::Result<()> {
        for line in io::stdin().lock().lines() {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            let answer = match serde_json::from_str::<String>(&line) {
                Ok(text) => expression(evaluation, &words, &text, known),
                Err(error) => failed(&[("not a JSON string".to_owned(), error.to_string())]),
            };
            writeln!(out, "{answer}")?;
        }
        Ok(())
    };
    print(|out| {
        with_root(&project, dir, known, |evaluation| answers(evaluation, out)).unwrap_or(Ok(()))
    })
}

fn failed(errors: &[(String, String)]) -> Value {
    let errors: Vec<Value> = errors
        .iter()
        .map(|(summary, detail)| json!({"summary": summary, "detail": detail}))
        .collect();
    json!({"ok": false, "errors": errors})
}

fn expression(evaluation: &Evaluation<'_>, words: &Words, text: &str, known: bool) -> Value {
    let tree = syntax::parse_expression(text);
    if !tree.errors().is_empty() {
        let errors: Vec<(String, String)> = tree
            .errors()
            .iter()
            .map(|e| {
                let mut message = Message::new(format!("syntax.{}", e.code));
                message.args.extend(e.args.iter().map(ToString::to_string));
                (words.say(&message), e.code.to_owned())
            })
            .collect();
        return failed(&errors);
    }
    let (value, errors) = evaluation.root_expression(&tree);
    if !errors.is_empty() {
        let errors: Vec<(String, String)> = errors
            .iter()
            .map(|e| (words.say(e), e.key.clone()))
            .collect();
        return failed(&errors);
    }
    shown(&value, words, known)
}

/// What is still known of a value: the possibilities where they can be listed, else why it is not known.
fn not_known(value: &Val, words: &Words, out: &mut Map<String, Value>) {
    let lifted = hoist(value);
    if let Kind::OneOf(alts) = &lifted.kind
        && alts.iter().all(|a| a.val.is_wholly_known())
    {
        let mut all: Vec<Value> = Vec::new();
        for a in alts.iter() {
            let one = json!(jsonencode(&a.val));
            if !all.contains(&one) {
                all.push(one);
            }
        }
        out.insert("one_of".into(), json!(all));
        return;
    }
    if let Some(unknown) = find_unknown(value) {
        let why = why_of(&Kind::Unknown(unknown).into());
        out.insert("why".into(), json!(words.say(&why)));
    }
}

fn shown(value: &Val, words: &Words, known: bool) -> Value {
    let mut out = Map::new();
    out.insert("ok".into(), json!(true));
    let nested = value.has().marks.has(Marks::SENSITIVE) && !value.marks.has(Marks::SENSITIVE);
    if !value.is_wholly_known() {
        out.insert("unknown".into(), json!(true));
        not_known(value, words, &mut out);
    } else if let Some(text) = strict_json(value).filter(|_| known || !nested) {
        out.insert("json".into(), json!(text));
    }
    out.insert("type".into(), json!(value.ty().console()));
    if nested && !known {
        out.insert("sensitive".into(), json!("nested"));
    } else if value.has().marks.has(Marks::SENSITIVE) {
        out.insert("sensitive".into(), json!(true));
    }
    Value::Object(out)
}

/// `debug resources`.
fn resources(input: &Input, show_sensitive: bool, known: bool) -> Exit {
    let loaded = stages::load(input, None);
    let dir = input.paths.first().map(|p| input.absolute(p));
    let evaluated = with_root(&loaded.project, dir.as_deref(), known, |evaluation| {
        let all = evaluation.everything(show_sensitive);
        (
            all,
            evaluation.diagnostics(),
            evaluation.missing().is_empty(),
        )
    });
    let (all, later, complete) = evaluated
        .map_or((None, Vec::new(), false), |(all, d, complete)| {
            (Some(all), d, complete)
        });
    let loaded_diagnostics = loaded.diagnostics.iter().cloned();
    let mut diagnostics: Vec<Diagnostic> = loaded_diagnostics.chain(later).collect();
    diagnostics.extend(unsupported(&loaded.project, dir.as_deref()));
    let fine = [
        Code::OutsideBoundary,
        Code::ModuleNotLoaded,
        Code::ValuesNotNamed,
    ];
    let bad = |d: &Diagnostic| !fine.contains(&d.code);
    let listed = listed(&loaded, &diagnostics);
    let answer = match all {
        Some(all) if complete && !diagnostics.iter().any(bad) => json!({
            "ok": true,
            "resources": all.resources,
            "outputs": all.outputs,
            "output_unknown": all.output_unknown,
            "diagnostics": listed,
        }),
        _ => json!({"ok": false, "diagnostics": listed}),
    };
    let ok = answer["ok"] == json!(true);
    let printed = print(|out| {
        serde_json::to_writer_pretty(&mut *out, &answer).map_err(io::Error::from)?;
        writeln!(out)
    });
    if ok {
        printed
    } else {
        printed.max(Exit::Findings)
    }
}

/// A `required_version` that neither terraform 1.11 nor 1.12 satisfies, in the root or a module of it.
/// Only here: the product judges a configuration whichever terraform will apply it.
fn unsupported(project: &Project, dir: Option<&Path>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let Some(root) = root(project, dir) else {
        return out;
    };
    let mut modules = vec![root.module];
    let mut at = 0;
    while let Some(&id) = modules.get(at) {
        at += 1;
        let module = project.module(id);
        for called in module.calls.iter().filter_map(|c| c.local) {
            if !modules.contains(&called) {
                modules.push(called);
            }
        }
        for &file in &module.files {
            let tree = project.sources.tree(file);
            for block in tree.blocks(tree.root()).filter(|b| b.kind == "terraform") {
                let Some(a) = block.attribute("required_version") else {
                    continue;
                };
                let text = tree.text(tree.span(a.value));
                let fits = Range::parse(text.trim_matches('"')).is_ok_and(|range| {
                    (11..=12).any(|minor| (0..=20).any(|patch| range.has([1, minor, patch])))
                });
                if !fits {
                    let message = Message::new("evaluate.required-version").arg(text);
                    let mut d = Diagnostic::new(Code::EvaluationError, message);
                    d.place = Some(project.sources.place(file, a.value));
                    out.push(d);
                }
            }
        }
    }
    out
}

fn listed(loaded: &Loaded, diagnostics: &[Diagnostic]) -> Vec<Value> {
    let words = Words::default();
    let sources = &loaded.project.sources;
    diagnostics
        .iter()
        .map(|d| {
            let lines = d.place.map(|p| sources.lines(p));
            let file = d.place.map(|p| &*sources.file(p.file).shown);
            json!({
                "code": d.code.id(),
                "key": d.message.key,
                "message": words.say(&d.message),
                "file": file.or(d.path.as_deref()),
                "line": lines.map(|l| l.line),
                "column": lines.map(|l| l.column),
            })
        })
        .collect()
}

/// `debug stores`: what extract gives, in the words of the register, before anything is judged.
fn facts(input: &Input) -> Exit {
    let settings = Settings::plain(Question::Register, input.clone());
    let outcome = examine(&settings, &stages::policy(&settings));
    print(|out| report::write_register(out, &outcome, &Words::default()))
}
