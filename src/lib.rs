//! sekisho: where Terraform's data rests, whose law reaches it, and who holds its key.
//!
//! The library is for the binary, tests and fuzzing: no stable API. This page is a run from above:
//! arguments become settings, the stages are called in order, the outcome is written.

pub mod catalog;
pub mod cli;
pub mod compare;
pub mod date;
pub mod diagnostic;
pub mod discover;
pub mod evaluate;
pub mod explain;
pub mod extract;
pub mod judge;
pub mod load;
pub mod messages;
pub mod policy;
pub mod provenance;
pub mod report;
pub mod settings;
pub mod source;

mod exit;
mod init;
mod looking;
mod panics;
mod progress;
mod reporting;
mod stages;
pub mod unknowns;
mod verify;
pub mod why;

pub use exit::Exit;
pub(crate) use policy::nearest::nearest;
pub use stages::Policy;

use diagnostic::{Code, Diagnostic, Finding, Mended, Message};
use extract::facts::Facts;
use load::project::{Project, Root};
use messages::Words;
use progress::Progress;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use report::Outcome;
use settings::{Environment, Question, Settings};
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

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
        cli::Command::Inventory(inventory) => {
            answer_or_show(&Settings::of_inventory(inventory, &env), &inventory.files)
        }
        cli::Command::Report(typed) => reporting::report(typed, &env),
        cli::Command::Verify(typed) => verify::verify(typed, &env),
        cli::Command::Init(typed) => init::run(typed, &env),
        cli::Command::Explain(explain) => explain::explain(explain, &env),
        cli::Command::Rules(rules) => explain::rules(rules, &env),
        cli::Command::Catalog(catalog) => explain::catalog(catalog, &env),
        cli::Command::Completions(completions) => explain::completions(completions),
        cli::Command::Why(why) => explain(why, &env),
        cli::Command::Unknowns(unknowns) => count_unknowns(unknowns, &env),
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
    let mut mistakes = loaded.diagnostics;
    mistakes.retain(|d| d.code.exit() == 2);
    mistakes.extend(policy.mistakes(&loaded.project));
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
    let outcome = on_own_threads(|| {
        let mut outcome = examine(settings, &policy);
        outcome.provenance = provenance(&outcome, settings, &policy);
        outcome
    });
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

/// What an outcome was made from, where a format tells it. Hashes cost reading all files again: only the
/// register has them.
fn provenance(
    outcome: &Outcome,
    settings: &Settings,
    policy: &Policy,
) -> Option<provenance::Provenance> {
    let mut formats = std::iter::once(settings.format).chain(settings.outputs.iter().map(|o| o.0));
    formats.any(|f| f == settings::Format::Json).then(|| {
        let files = policy.files.paths();
        provenance::of(&outcome.project, settings, &files, !settings.judges())
    })
}

/// `sekisho why`: exit 2 where nothing has that address, else as for the register.
fn explain(typed: &cli::Why, env: &Environment) -> Exit {
    let settings = Settings::of_question(Question::Register, &typed.input(), typed.lang, env);
    let policy = stages::policy(&settings);
    let words = Words::new(policy.lang).with(policy.texts.clone());
    let fact = typed.fact.map(why::Fact::from);
    let look = |sets: &[judge::Judged<'_, '_>]| why::look(sets, &typed.address, fact);
    let (outcome, looked) = on_own_threads(|| examine_and(&settings, &policy, &look));
    let told: Vec<why::Told> = looked.iter().flat_map(|l| l.told.clone()).collect();
    let written = to_stdout(|out| match typed.format {
        cli::PlainFormat::Text => report::why::text(out, &outcome, &told, &words),
        cli::PlainFormat::Json => report::why::json(out, &outcome, &told, &words),
    });
    let mut exit = said_of_input(&outcome, &settings, &words);
    if told.is_empty() {
        let all = looked.iter().flat_map(|l| &l.addresses).map(|a| &**a);
        let near = nearest_addresses(&typed.address, all);
        let message = if near.is_empty() {
            Message::new("tree.no-address").arg(&typed.address)
        } else {
            Message::new("tree.no-address-near")
                .arg(&typed.address)
                .arg(near.join(", "))
        };
        complain(&words, &message);
        exit = Exit::NotJudged;
    }
    if written.is_err() {
        exit = Exit::NotJudged;
    }
    exit
}

/// `sekisho unknowns`: what is not decided is what is asked for here, and no failure.
fn count_unknowns(typed: &cli::Unknowns, env: &Environment) -> Exit {
    let settings = Settings::of_question(Question::Findings, &typed.input, typed.lang, env);
    let policy = stages::policy(&settings);
    let words = Words::new(policy.lang).with(policy.texts.clone());
    let mut outcome = on_own_threads(|| examine(&settings, &policy));
    let groups = unknowns::groups(&outcome, &|id| policy.fact_of(id));
    outcome.findings.clear();
    let written = to_stdout(|out| match typed.format {
        cli::PlainFormat::Text => report::unknowns::text(out, &groups, &words),
        cli::PlainFormat::Json => report::unknowns::json(out, &outcome, &groups, &words),
    });
    let exit = said_of_input(&outcome, &settings, &words);
    match written {
        Ok(()) => exit,
        Err(_) => Exit::NotJudged,
    }
}

/// What went wrong with the input, a line each on standard error, and the exit code of that.
fn said_of_input(outcome: &Outcome, settings: &Settings, words: &Words) -> Exit {
    for d in outcome
        .diagnostics
        .iter()
        .filter(|d| d.suppressed.is_none())
    {
        if d.code.level() < diagnostic::Level::Warning {
            continue;
        }
        let at = match (d.place, &d.path) {
            (Some(place), _) => format!("{}:{}: ", outcome.file(place), outcome.lines(place).line),
            (None, Some(path)) => format!("{path}: "),
            (None, None) => String::new(),
        };
        let at = messages::visible(&at);
        let _ = writeln!(
            io::stderr(),
            "{at}[{}] {}",
            d.code.id(),
            words.show(&d.message)
        );
    }
    Exit::of(outcome, settings)
}

/// The addresses that were perhaps meant: those that end alike, then those that are spelt alike.
fn nearest_addresses<'a>(wanted: &str, all: impl Iterator<Item = &'a str>) -> Vec<String> {
    let end = |a: &str| -> Vec<String> {
        let steps = policy::pattern::steps(a);
        let last = steps.iter().rev().take(2);
        last.map(|s| s.split('[').next().unwrap_or(s).to_owned())
            .collect()
    };
    let mut found: Vec<(bool, usize, &str)> = all
        .map(|a| {
            (
                end(a) != end(wanted),
                policy::nearest::distance(wanted, a),
                a,
            )
        })
        .filter(|(other, far, _)| !other || *far <= wanted.chars().count() / 3)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
        .iter()
        .take(3)
        .map(|(_, _, a)| (*a).to_owned())
        .collect()
}

/// What is asked under these settings.
pub fn policy_of(settings: &Settings) -> Policy {
    stages::policy(settings)
}

/// The stages in order: from paths to everything that was found. Run it on a thread with a stack of
/// 16 MiB ([`on_own_threads`]).
pub fn examine(settings: &Settings, policy: &Policy) -> Outcome {
    examine_and(settings, policy, &|_| ()).0
}

/// The same; `look` sees the evaluations and facts of each root while they are there, and what it makes
/// of them is given back, one a root that did not fail.
pub fn examine_and<T: Send>(
    settings: &Settings,
    policy: &Policy,
    look: &(dyn Fn(&[judge::Judged<'_, '_>]) -> T + Sync),
) -> (Outcome, Vec<T>) {
    let progress = Progress::start(settings, policy.lang);
    let loaded = stages::load(&settings.input, Some(&policy.files));
    let project = loaded.project;
    // What each root is judged by, in their order.
    let asked = policy.ask(&project, settings);
    let suppressions = stages::suppressions(&project, &asked, settings);
    progress.roots(project.roots.len());

    // One task a root; the order of results is that of the roots.
    let judged: Vec<(Judged, Option<T>)> = project
        .roots
        .par_iter()
        .zip(&asked.roots)
        .map(|(root, asked)| {
            let one = || stages::judge(&project, root, asked, settings, &suppressions, look);
            let judged = match panics::catch(one) {
                Ok((judged, looked)) => (judged, Some(looked)),
                Err(place) => (Judged::failed(root, &place), None),
            };
            progress.judged();
            judged
        })
        .collect();
    drop(progress);

    let mut facts = Vec::new();
    let mut findings = Vec::new();
    let mut diagnostics = loaded.diagnostics;
    let mut passed = 0;
    let mut resolved = Vec::new();
    let mut answers = Vec::new();
    let mut not_compared = Vec::new();
    let mut looked = Vec::new();
    for ((root, seen), of) in judged.into_iter().zip(&project.roots) {
        looked.extend(seen);
        facts.extend(root.facts);
        findings.extend(root.findings);
        diagnostics.extend(root.diagnostics);
        passed += root.passed;
        answers.extend(root.asked.into_iter().map(|a| (of.target.clone(), a)));
        resolved.extend(root.resolved);
        if !root.compared {
            not_compared.push(of.target.clone());
        }
    }
    let compared = not_compared.len() < project.roots.len();
    if settings.new_only {
        diagnostics.extend(nothing_to_compare(&not_compared));
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
    outcome.home = asked.home();
    outcome.countries_of_concern = asked.countries_of_concern();
    outcome.rules = asked.rules;
    outcome.answers = answers;
    outcome.texts = asked.texts;
    outcome.fail_on = asked.fail_on;
    outcome.compared = compared;
    resolved.sort();
    outcome.resolved = resolved;
    outcome.catalog.clone_from(&policy.catalog);
    if outcome.nothing_seen() && !settings.allow_nothing {
        outcome.add(nothing_judged(settings));
    }
    (outcome, looked)
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
    /// Every answer, where they are noted.
    pub asked: Vec<judge::asked::Asked>,
    /// It is known how things were before.
    pub compared: bool,
    /// What held before, and does no longer.
    pub resolved: Vec<Mended>,
}

impl Judged {
    /// A root on which sekisho itself failed.
    fn failed(root: &Root, place: &str) -> Judged {
        Judged {
            diagnostics: vec![internal_error(root, place)],
            ..Judged::default()
        }
    }
}

/// Sekisho itself failed on a root.
fn internal_error(root: &Root, place: &str) -> Diagnostic {
    Diagnostic::new(
        Code::InternalError,
        Message::new("report.internal-error").arg(place),
    )
    .target(root.target.clone())
    .path(root.target.clone())
    .help(Message::new("report.internal-error-help"))
}

/// `--new-only` where nothing tells what is new: everything counts, and that is said.
fn nothing_to_compare(targets: &[Arc<str>]) -> Option<Diagnostic> {
    /// So many are named.
    const NAMED: usize = 5;
    if targets.is_empty() {
        return None;
    }
    let mut named: Vec<&str> = targets.iter().take(NAMED).map(|t| &**t).collect();
    if targets.len() > NAMED {
        named.push("…");
    }
    let message = Message::new("report.not-compared")
        .arg(targets.len().to_string())
        .arg(named.join(", "));
    let help = Message::new("report.not-compared-help");
    Some(Diagnostic::new(Code::NotCompared, message).help(help))
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
