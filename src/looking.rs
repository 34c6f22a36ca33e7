//! `sekisho debug`: hands what a stage gives to its printer.
//!
//! Hidden commands, for tests and for measuring how the language is understood: `expr` against
//! terraform's console, `resources` against its plans, `blocks` against HashiCorp's parser, `read` as
//! the floor of every speed ratio.

use crate::cli::DebugCommand;
use crate::diagnostic::{Code, Diagnostic};
use crate::evaluate::Evaluation;
use crate::evaluate::functions::{Files, jsonencode};
use crate::evaluate::value::Marks;
use crate::load::project::{Project, Root};
use crate::load::syntax::parse_expression;
use crate::messages::Words;
use crate::settings::{Environment, Input};
use crate::{Exit, stages};
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

/// Does what was typed.
pub fn look(command: &DebugCommand, env: &Environment) -> Exit {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = match command {
        DebugCommand::Expr { chdir, values } => {
            let dir = chdir.clone().unwrap_or_else(|| PathBuf::from("."));
            let input = Input::of(vec![dir], values, env);
            expressions(&input, io::stdin().lock(), &mut out)
        }
        DebugCommand::Resources {
            dir,
            show_sensitive,
            values,
        } => {
            let input = Input::of(vec![dir.clone()], values, env);
            resources(&input, *show_sensitive, &mut out)
        }
        DebugCommand::Blocks { files } => blocks(files, &mut out),
        DebugCommand::Read { paths } => {
            let input = Input::of(paths.clone(), &crate::cli::ValueArgs::default(), env);
            let seen = crate::load::read_only(&stages::request(&input));
            writeln!(
                out,
                "{} files read, {} failed",
                seen.files_read, seen.files_failed
            )
            .map(|()| Exit::Clean)
        }
        DebugCommand::Stores { input } => {
            let input = Input::of(input.paths.clone(), &input.values, env);
            stores(&input, &mut out)
        }
    };
    let flushed = out.flush();
    match result.and_then(|exit| flushed.map(|()| exit)) {
        Ok(exit) => exit,
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Exit::Clean,
        Err(_) => Exit::NotJudged,
    }
}

/// Loads, and runs `f` on the named root; a directory without configuration is an empty root.
fn with_root<T>(
    input: &Input,
    f: impl FnOnce(&Project, &Evaluation<'_>, Vec<Diagnostic>) -> T,
) -> Result<T, Vec<Diagnostic>> {
    let loaded = stages::load(input);
    let Some(root) = named_root(&loaded.project.roots, &loaded.project, input) else {
        return Err(loaded.diagnostics);
    };
    let files = stages::files(&loaded.project, root);
    let evaluation = Evaluation::new(&loaded.project, root, &root.sets[0], &files as &dyn Files);
    Ok(f(&loaded.project, &evaluation, loaded.diagnostics.clone()))
}

fn named_root<'p>(roots: &'p [Root], project: &Project, input: &Input) -> Option<&'p Root> {
    let dir = input.absolute(input.paths.first().map_or(Path::new("."), PathBuf::as_path));
    let dir = dir.canonicalize().unwrap_or(dir);
    roots.iter().find(|r| {
        let own = &project.module(r.module).dir;
        *own == dir || own.canonicalize().is_ok_and(|own| own == dir)
    })
}

fn expressions(input: &Input, lines: impl BufRead, out: &mut impl Write) -> io::Result<Exit> {
    let mut texts = Vec::new();
    for line in lines.lines() {
        let line = line?;
        if !line.trim().is_empty() {
            texts.push(line);
        }
    }
    let answers = |evaluation: Option<&Evaluation<'_>>| -> Vec<Value> {
        texts
            .iter()
            .map(|line| expression(line, evaluation))
            .collect()
    };
    let answers = match with_root(input, |_, evaluation, _| answers(Some(evaluation))) {
        Ok(answers) => answers,
        Err(_) => {
            // No configuration there: expressions without a module.
            let project = stages::empty_project(input);
            let root = &project.roots[0];
            let files = stages::files(&project, root);
            let evaluation = Evaluation::new(&project, root, &root.sets[0], &files);
            answers(Some(&evaluation))
        }
    };
    for answer in answers {
        writeln!(out, "{answer}")?;
    }
    Ok(Exit::Clean)
}

/// The answer to one line: as terraform's console gives it.
fn expression(line: &str, evaluation: Option<&Evaluation<'_>>) -> Value {
    let fail = |summary: &str, detail: String| json!({"ok": false, "errors": [{"summary": summary, "detail": detail}]});
    let Ok(text) = serde_json::from_str::<String>(line) else {
        return fail("Not a JSON string", line.to_owned());
    };
    let tree = parse_expression(&text);
    if let Some(error) = tree.errors().first() {
        return fail(
            "Syntax",
            format!("{}: {}", error.code, error.args.join(", ")),
        );
    }
    let Some(evaluation) = evaluation else {
        return fail("No root", String::new());
    };
    let (v, errors) = evaluation.root_expression(&tree);
    if let Some(error) = errors.first() {
        return fail("Evaluation", error.clone());
    }
    let mut answer = json!({"ok": true, "type": v.ty().to_string()});
    if v.is_wholly_known() {
        answer["json"] = json!(jsonencode(&v));
    } else {
        answer["unknown"] = json!(true);
    }
    if v.has().marks.has(Marks::SENSITIVE) {
        answer["sensitive"] = json!(true);
    }
    answer
}

fn resources(input: &Input, show_sensitive: bool, out: &mut impl Write) -> io::Result<Exit> {
    let words = Words::default();
    let say = |diagnostics: &[Diagnostic], project: Option<&Project>| -> Vec<Value> {
        diagnostics
            .iter()
            .map(|d| {
                let mut said = json!({
                    "severity": if d.code == Code::EvaluationError || d.code.exit() > 0 { "error" } else { "warning" },
                    "code": d.code.id(),
                    "summary": words.show(&d.message),
                });
                if let (Some(place), Some(project)) = (d.place, project) {
                    let l = project.sources.lines(place);
                    said["range"] = json!({
                        "file": &*project.sources.file(place.file).shown,
                        "start": [l.line, l.column],
                        "end": [l.end_line, l.end_column],
                    });
                }
                said
            })
            .collect()
    };
    let result = with_root(input, |project, evaluation, mut diagnostics| {
        let all = evaluation.everything(show_sensitive);
        diagnostics.extend(evaluation.diagnostics());
        let failed = diagnostics
            .iter()
            .any(|d| d.code == Code::EvaluationError || d.code.exit() > 0);
        let said = say(&diagnostics, Some(project));
        (all, failed, said)
    });
    let (answer, exit) = match result {
        Ok((all, false, said)) => (
            json!({
                "ok": true,
                "resources": all.resources,
                "outputs": all.outputs,
                "output_unknown": all.output_unknown,
                "diagnostics": said,
            }),
            Exit::Clean,
        ),
        Ok((_, true, said)) => (json!({"ok": false, "diagnostics": said}), Exit::Findings),
        Err(diagnostics) => (
            json!({"ok": false, "diagnostics": say(&diagnostics, None)}),
            Exit::Findings,
        ),
    };
    writeln!(out, "{}", serde_json::to_string_pretty(&answer)?)?;
    Ok(exit)
}

fn blocks(files: &[PathBuf], out: &mut impl Write) -> io::Result<Exit> {
    let mut exit = Exit::Clean;
    for path in files {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(e) => {
                writeln!(out, "{}\tERR\t{e}", path.display())?;
                exit = Exit::NotJudged;
                continue;
            }
        };
        let json = path.extension().is_some_and(|e| e == "json");
        let tree = if json {
            crate::load::syntax::parse_json(&bytes)
        } else {
            crate::load::syntax::parse_native(&bytes)
        };
        let dump = crate::load::syntax::dump(&tree);
        if tree.errors().is_empty() {
            writeln!(out, "{}\tOK\t{dump}", path.display())?;
        } else {
            let errors: Vec<String> = tree
                .errors()
                .iter()
                .map(|e| format!("{}@{}-{}", e.code, e.span.start, e.span.end))
                .collect();
            writeln!(
                out,
                "{}\tERR\t{}\t{dump}",
                path.display(),
                errors.join("; ")
            )?;
            exit = Exit::Findings;
        }
    }
    Ok(exit)
}

fn stores(input: &Input, out: &mut impl Write) -> io::Result<Exit> {
    let loaded = stages::load(input);
    for root in &loaded.project.roots {
        let files = stages::files(&loaded.project, root);
        for set in &root.sets {
            let evaluation = Evaluation::new(&loaded.project, root, set, &files);
            let facts = stages::facts(&evaluation);
            for store in &facts.stores {
                writeln!(out, "{store:#?}")?;
            }
            for key in &facts.keys {
                writeln!(out, "{key:#?}")?;
            }
        }
    }
    Ok(Exit::Clean)
}
