//! sekisho: where Terraform's data rests, whose law reaches it, and who holds its key.
//!
//! The library is for the binary, tests and fuzzing: no stable API. This page is a run from above:
//! arguments become settings, the stages are called in order, the outcome is written.

pub mod catalog;
pub mod cli;
pub mod date;
pub mod diagnostic;
pub mod discover;
pub mod evaluate;
pub mod extract;
pub mod judge;
pub mod load;
pub mod messages;
pub mod policy;
pub mod report;
pub mod settings;
pub mod source;

mod exit;
mod init;
mod looking;
mod panics;
mod progress;
mod stages;

pub use exit::Exit;
pub(crate) use policy::nearest::nearest;
pub use stages::Policy;

use diagnostic::{Code, Diagnostic, Finding, Message};
use extract::facts::Facts;
use load::project::{Project, Root};
use messages::Words;
use progress::Progress;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use report::Outcome;
use settings::{Environment, Settings};
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};

/// Evaluation is recursive; its depth limits are made for this.
const STACK: usize = 16 << 20;

/// Runs a command line.
pub fn run<I, T>(args: I) -> Exit
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    panics::remember_instead_of_print();
    panics::catch(|| run_typed(args)).unwrap_or_else(|place| {
        // Not even the words may be had; better plain English than a silent end.
        let _ = writeln!(
            io::stderr(),
            "sekisho: internal error at {place}; nothing of this run counts. Please report it."
        );
        Exit::NotJudged
    })
}

fn run_typed<I, T>(args: I) -> Exit
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let typed = match cli::parse(args) {
        Ok(typed) => typed,
        Err(error) => {
            // To a closed pipe there is nothing to say.
            let _ = error.print();
            return if error.exit_code() == 0 {
                Exit::Clean
            } else {
                Exit::NotJudged
            };
        }
    };
    let env = match Environment::of_process() {
        Ok(env) => env,
        Err(error) => {
            let message = Message::new("report.no-current-directory").arg(error.to_string());
            complain(&Words::default(), &message);
            return Exit::NotJudged;
        }
    };
    match &typed.command {
        cli::Command::Check(check) => {
            answer_or_show(&Settings::of_check(check, &env), &check.files)
        }
        cli::Command::Inventory(inventory) => answer_or_show(
            &Settings::of_inventory(inventory, &env),
            &inventory.files,
        ),
        cli::Command::Init(typed) => init::run(typed, &env),
        cli::Command::Debug(debug) => looking::look(&debug.command, &env),
    }
}

fn answer_or_show(settings: &Settings, files: &cli::FileArgs) -> Exit {
    if files.show_settings {
        show_settings(settings)
    } else {
        answer(settings)
    }
}

/// `--show-settings`: the settings of each root, and what is wrong with them.
fn show_settings(settings: &Settings) -> Exit {
    let policy = stages::policy(settings);
    let words = Words::new(policy.lang);
    let loaded = on_own_threads(|| stages::load(&settings.input, Some(&policy.files)));
    let mistakes = policy.mistakes(&loaded.project);
    let text = settings::show::all(&loaded.project, &policy.files);
    let mut exit = Exit::Clean;
    for d in &mistakes {
        let place = d.place.map(|p| {
            let at = loaded.project.sources.lines(p);
            let file = &loaded.project.sources.file(p.file).shown;
            format!("{file}:{}:{}: ", at.line, at.column)
        });
        let help = d.help.as_ref().map(|h| format!(" ({})", words.show(h)));
        let _ = writeln!(
            io::stderr(),
            "{}{}{}",
            place.unwrap_or_default(),
            words.show(&d.message),
            help.unwrap_or_default()
        );
        exit = Exit::NotJudged;
    }
    match to_stdout(|out| out.write_all(text.as_bytes())) {
        Ok(()) => exit,
        Err(_) => Exit::NotJudged,
    }
}

/// Answers a question: the outcome to standard output and to the files that were asked for.
fn answer(settings: &Settings) -> Exit {
    let policy = stages::policy(settings);
    let outcome = on_own_threads(|| examine(settings, &policy));
    let words = Words::new(policy.lang)
        .with(policy.texts.clone())
        .with(outcome.texts.clone());
    let mut exit = Exit::of(&outcome, settings);

    for (format, path) in &settings.outputs {
        let mut bytes = Vec::new();
        let plain = settings.for_a_file();
        let written = report::write(&mut bytes, *format, &outcome, &plain, &words)
            .and_then(|()| std::fs::write(path, bytes));
        if let Err(error) = written {
            let message = Message::new("report.not-written")
                .arg(path.to_string_lossy())
                .arg(error.to_string());
            complain(&words, &message);
            exit = Exit::NotJudged;
        }
    }
    let written = to_stdout(|out| report::write(out, settings.format, &outcome, settings, &words));
    if let Err(error) = written {
        let message = Message::new("report.not-written")
            .arg("stdout")
            .arg(error.to_string());
        complain(&words, &message);
        exit = Exit::NotJudged;
    }
    // The process ends here: taking apart a million nodes would only cost time.
    std::mem::forget(outcome);
    exit
}

/// What is asked under these settings.
pub fn policy_of(settings: &Settings) -> Policy {
    stages::policy(settings)
}

/// The stages in order: from paths to everything that was found. Run it on a thread with a stack of
/// 16 MiB ([`on_own_threads`]).
pub fn examine(settings: &Settings, policy: &Policy) -> Outcome {
    let progress = Progress::start(settings, policy.lang);
    let loaded = stages::load(&settings.input, Some(&policy.files));
    let project = loaded.project;
    // What each root is judged by, in their order.
    let asked = policy.ask(&project, settings);
    let suppressions = stages::suppressions(&project, &asked, settings);
    progress.roots(project.roots.len());

    // One task a root; the order of results is that of the roots.
    let judged: Vec<Judged> = project
        .roots
        .par_iter()
        .zip(&asked.roots)
        .map(|(root, asked)| {
            let judge = || stages::judge(&project, root, asked, settings, &suppressions);
            let judged =
                panics::catch(judge).unwrap_or_else(|place| Judged::failed(root, &place));
            progress.judged();
            judged
        })
        .collect();
    drop(progress);

    let mut facts = Vec::new();
    let mut findings = Vec::new();
    let mut diagnostics = loaded.diagnostics;
    let mut passed = 0;
    for root in judged {
        facts.extend(root.facts);
        findings.extend(root.findings);
        diagnostics.extend(root.diagnostics);
        passed += root.passed;
    }
    diagnostics.extend(asked.diagnostics(&facts, settings));
    diagnostics.extend(policy.mistakes(&project));
    findings.extend(stages::accept(
        &project,
        &asked,
        settings,
        &suppressions,
        &mut facts,
        &mut diagnostics,
    ));
    keep_what_was_named(&project, &mut findings);

    let mut outcome = Outcome::new(project, facts, findings, diagnostics, passed);
    outcome.profiles = asked.profiles();
    outcome.rules = asked.rules;
    outcome.texts = asked.texts;
    outcome.fail_on = asked.fail_on;
    outcome.catalog.clone_from(&policy.catalog);
    if outcome.nothing_seen() && !settings.allow_nothing {
        outcome.add(nothing_judged(settings));
    }
    outcome
}

/// What one root gave.
#[derive(Default)]
pub struct Judged {
    /// The facts, one entry a variable set.
    pub facts: Vec<Facts>,
    /// The findings over all variable sets.
    pub findings: Vec<Finding>,
    /// What went wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// How many questions passed.
    pub passed: usize,
}

impl Judged {
    /// A root on which sekisho itself failed.
    fn failed(root: &Root, place: &str) -> Judged {
        let diagnostic = Diagnostic::new(
            Code::InternalError,
            Message::new("report.internal-error").arg(place),
        )
        .target(root.target.clone())
        .path(root.target.clone())
        .help(Message::new("report.internal-error-help"));
        Judged {
            diagnostics: vec![diagnostic],
            ..Judged::default()
        }
    }
}

fn nothing_judged(settings: &Settings) -> Diagnostic {
    let paths: Vec<String> = settings
        .input
        .paths
        .iter()
        .map(|p| source::slashed(p))
        .collect();
    Diagnostic::new(
        Code::NothingJudged,
        Message::new("report.nothing-judged").arg(paths.join(" ")),
    )
    .help(Message::new("report.nothing-judged-help"))
}

/// A named `.tf` file stands for its module and the roots that call it, but only what has a mark in
/// it is shown.
fn keep_what_was_named(project: &Project, findings: &mut Vec<Finding>) {
    if project.only.is_empty() {
        return;
    }
    findings.retain(|f| {
        std::iter::once(f.place)
            .chain(f.trail.iter().map(|m| m.place))
            .any(|place| {
                project
                    .only
                    .contains(&project.sources.file(place.file).path)
            })
    });
}

/// Runs on a thread pool whose stacks are deep enough.
pub fn on_own_threads<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    match rayon::ThreadPoolBuilder::new().stack_size(STACK).build() {
        Ok(pool) => pool.install(work),
        // No threads to be had: the global pool or this thread will have to do.
        Err(_) => work(),
    }
}

/// Writes results. A closed pipe ends quietly: who closed it has read enough.
fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is still buffered has nobody to go to; dropping it would try again.
            let _ = out.into_parts();
            Ok(())
        }
        other => other,
    }
}

fn complain(words: &Words, message: &Message) {
    let _ = writeln!(io::stderr(), "sekisho: {}", words.show(message));
}

/// What the settings ask for that does not exist: said once, as a diagnostic.
pub(crate) fn unknown_rules(settings: &Settings, known: &[&str]) -> Vec<Diagnostic> {
    settings
        .select
        .iter()
        .chain(&settings.ignore)
        .filter(|name| !known.contains(&name.as_str()))
        .map(|name| {
            let help = match nearest(name, known) {
                Some(near) => Message::new("report.unknown-rule-help").arg(near),
                None => Message::new("report.unknown-rule-help-all").arg(known.join(", ")),
            };
            Diagnostic::new(
                Code::SettingsInvalid,
                Message::new("report.unknown-rule").arg(name),
            )
            .help(help)
        })
        .collect()
}
