//! `sekisho report`: the run behind a report for an auditor, and where it goes.

use crate::cli;
use crate::diagnostic::Message;
use crate::messages::Words;
use crate::report::audit;
use crate::settings::{Environment, Settings};
use crate::{
    Exit, complain, examine, on_own_threads, provenance, said_of_input, show_settings, stages,
    to_stdout,
};
use std::io::Write;

/// `sekisho report`: what it finds is what is asked for here, and no failure.
pub fn report(typed: &cli::Report, env: &Environment) -> Exit {
    let settings = Settings::of_report(typed, env);
    if typed.files.show_settings {
        return show_settings(&settings);
    }
    let policy = stages::policy(&settings);
    let mut outcome = on_own_threads(|| {
        let mut outcome = examine(&settings, &policy);
        let files = policy.files.paths();
        let made_from = provenance::of(&outcome.project, &settings, &files, true);
        outcome.provenance = Some(made_from);
        outcome
    });
    let words = Words::new(policy.lang)
        .with(policy.texts.clone())
        .with(outcome.texts.clone());
    let format = match typed.format {
        cli::ReportFormat::Md => audit::Format::Md,
        cli::ReportFormat::Html => audit::Format::Html,
        cli::ReportFormat::Json => audit::Format::Json,
    };
    let write = |out: &mut dyn Write| audit::write(out, format, &outcome, settings.today, &words);
    let written = match &typed.output {
        Some(path) => {
            let mut bytes = Vec::new();
            write(&mut bytes).and_then(|()| std::fs::write(env.current_dir.join(path), bytes))
        }
        None => to_stdout(write),
    };
    outcome.findings.clear();
    let exit = said_of_input(&outcome, &settings, &words);
    match written {
        Ok(()) => exit,
        Err(error) => {
            let to = typed.output.as_ref().map(|p| p.to_string_lossy());
            let message = Message::new("report.not-written")
                .arg(to.unwrap_or("stdout".into()))
                .arg(error.to_string());
            complain(&words, &message);
            Exit::NotJudged
        }
    }
}
