//! Settings: command line and environment, resolved once; below `settings/` the files that join them.
//!
//! Lives here: every decision that more than one place would otherwise make for itself: which
//! language, which formats go where, what counts as a failure. After this no stage asks the
//! environment anything.

pub mod file;
pub mod found;
pub mod own;
pub mod reading;
pub mod resolved;
pub mod show;

use crate::cli::{Check, Inventory, Report};
use crate::cli::{
    ColorArg, ExitArgs, FileArgs, FormatArg, InputArgs, LangArg, OutputArgs, SetsArg, Typed,
    ValueArgs,
};
use crate::date::{self, Date};
use crate::diagnostic::{Change, Finding, Level};
use crate::messages::Lang;
use found::Which;
use resolved::Over;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the process was started with, besides its arguments.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The current directory.
    pub current_dir: PathBuf,
    /// The environment variables, as text.
    pub vars: BTreeMap<String, String>,
    /// Standard output takes colours.
    pub colour: bool,
    /// The columns of the terminal that is standard output.
    pub width: Option<usize>,
    /// Standard error is a terminal that a line can be taken back from.
    pub progress: bool,
    /// Reads all of standard input; asked only where `-` is named.
    pub stdin: Option<fn() -> std::io::Result<Vec<u8>>>,
}

/// All of standard input.
fn all_of_stdin() -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)?;
    Ok(bytes)
}

impl Environment {
    /// That of this process. `Err` when there is no current directory.
    pub fn of_process() -> std::io::Result<Environment> {
        let choice = anstream::AutoStream::choice(&std::io::stdout());
        let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
        let terminal =
            || terminal_size::terminal_size_of(std::io::stdout()).map(|(w, _)| usize::from(w.0));
        let dumb = std::env::var_os("TERM").is_none_or(|t| t.is_empty() || t == "dumb");
        Ok(Environment {
            stdin: Some(all_of_stdin),
            current_dir: std::env::current_dir()?,
            vars: std::env::vars_os()
                .map(|(k, v)| {
                    (
                        k.to_string_lossy().into_owned(),
                        v.to_string_lossy().into_owned(),
                    )
                })
                .collect(),
            colour: choice != anstream::ColorChoice::Never,
            width: columns.or_else(terminal).filter(|w| *w > 0),
            progress: std::io::stderr().is_terminal() && !dumb,
        })
    }

    /// A variable that is set and not empty.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.vars
            .get(name)
            .map(String::as_str)
            .filter(|v| !v.is_empty())
    }

    /// The language of the locale, as POSIX says where it stands.
    pub fn lang(&self) -> Lang {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| self.var(name))
            .map_or(Lang::En, Lang::of_locale)
    }
}

/// What is read, and with which values: what discover and load need.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// What shown paths are relative to; absolute.
    pub current_dir: PathBuf,
    /// The named paths, as typed.
    pub paths: Vec<PathBuf>,
    /// `--plan`.
    pub plan: Option<PathBuf>,
    /// `--boundary`.
    pub boundary: Option<PathBuf>,
    /// `--exclude`, patterns as in .gitignore.
    pub exclude: Vec<String>,
    /// `--as-root`.
    pub as_root: bool,
    /// `--var` and `--var-file` in their order.
    pub values: Vec<Typed>,
    /// `--backend-config`, in order.
    pub backend_config: Vec<String>,
    /// `--variable-sets auto`, or `given`.
    pub auto_sets: Option<bool>,
    /// `TF_VAR_*`, `TF_WORKSPACE`, `TF_DATA_DIR`, by name.
    pub terraform_environment: Vec<(String, String)>,
    /// What stands on standard input, where `-` is among the paths or the plan.
    pub stdin: Option<Arc<[u8]>>,
}

/// A format of results.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Format {
    Text,
    Brief,
    Json,
    Sarif,
    Github,
    Csv,
    Table,
    Mermaid,
    Svg,
}

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Format {
        match format {
            FormatArg::Text => Format::Text,
            FormatArg::Brief => Format::Brief,
            FormatArg::Json => Format::Json,
            FormatArg::Sarif => Format::Sarif,
            FormatArg::Github => Format::Github,
            FormatArg::Csv => Format::Csv,
            FormatArg::Table => Format::Table,
            FormatArg::Mermaid => Format::Mermaid,
            FormatArg::Svg => Format::Svg,
        }
    }
}

/// How much text is printed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Detail {
    /// One line a finding.
    Quiet,
    /// Findings in their source, and the summary.
    #[default]
    Normal,
    /// Every address and every file in the summary too.
    Verbose,
}

/// Which list is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// `check`: findings.
    Findings,
    /// `inventory`: the data register.
    Register,
}

/// Everything that decides a run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which list.
    pub question: Question,
    /// What is read.
    pub input: Input,
    /// The format of standard output.
    pub format: Format,
    /// Further outputs.
    pub outputs: Vec<(Format, PathBuf)>,
    /// The language of texts.
    pub lang: Lang,
    /// Text goes out with colours.
    pub colour: bool,
    /// The columns that a table on standard output may take.
    pub width: Option<usize>,
    /// What goes on is told on standard error.
    pub progress: bool,
    /// How much text.
    pub detail: Detail,
    /// The lowest level that text shows.
    pub min_level: Level,
    /// Which settings files count.
    pub which: Which,
    /// What was typed over them.
    pub over: Over,
    /// `--lang` was typed: files do not change it.
    pub lang_typed: bool,
    /// Variables of the environment that may tell a place.
    pub places: BTreeMap<String, String>,
    /// `--select`: these rules only; empty: all.
    pub select: Vec<String>,
    /// `--ignore`: not these rules.
    pub ignore: Vec<String>,
    /// A module that is not there is exit 2.
    pub require_modules: bool,
    /// A plan that is not whole is exit 2.
    pub require_complete: bool,
    /// What a change leaves as it was does not count.
    pub new_only: bool,
    /// Every answer is noted, also what passed: for a report.
    pub noted: bool,
    /// A run that saw nothing is clean.
    pub allow_nothing: bool,
    /// Comments can accept findings.
    pub inline_suppressions: bool,
    /// Those in vendored modules too.
    pub vendored_suppressions: bool,
    /// The day on which the run is.
    pub today: Date,
}

impl Settings {
    /// Those of `sekisho check`.
    pub fn of_check(typed: &Check, env: &Environment) -> Settings {
        Settings {
            min_level: typed.min_level.into(),
            over: Over {
                profiles: typed.profile.clone(),
                fail_on: typed.fail_on.map(Level::from),
                ..Over::default()
            },
            select: typed.select.clone(),
            ignore: typed.ignore.clone(),
            require_complete: typed.require_complete,
            new_only: typed.new_only,
            ..Settings::new(
                Question::Findings,
                &typed.input,
                &typed.output,
                &typed.exit,
                &typed.files,
                env,
            )
        }
    }

    /// Those of `sekisho inventory`.
    pub fn of_inventory(typed: &Inventory, env: &Environment) -> Settings {
        Settings::new(
            Question::Register,
            &typed.input,
            &typed.output,
            &typed.exit,
            &typed.files,
            env,
        )
    }

    /// Those of `sekisho report`.
    pub fn of_report(typed: &Report, env: &Environment) -> Settings {
        let output = OutputArgs {
            format: FormatArg::Json,
            output: Vec::new(),
            lang: typed.lang,
            color: ColorArg::Never,
            quiet: false,
            verbose: false,
        };
        Settings {
            over: Over {
                profiles: typed.profile.clone(),
                ..Over::default()
            },
            noted: true,
            ..Settings::new(
                Question::Findings,
                &typed.input,
                &output,
                &typed.exit,
                &typed.files,
                env,
            )
        }
    }

    /// Those of a command that asks for the findings or facts of an input and has no further options.
    pub fn of_question(
        question: Question,
        input: &InputArgs,
        lang: Option<LangArg>,
        env: &Environment,
    ) -> Settings {
        Settings {
            lang: lang.map_or_else(|| env.lang(), Lang::from),
            today: Date::today(env.var(date::TODAY)),
            ..Settings::plain(question, Input::new(input, env))
        }
    }

    fn new(
        question: Question,
        input: &InputArgs,
        output: &OutputArgs,
        exit: &ExitArgs,
        files: &FileArgs,
        env: &Environment,
    ) -> Settings {
        Settings {
            format: output.format.into(),
            outputs: output
                .output
                .iter()
                .map(|(format, file)| ((*format).into(), env.current_dir.join(file)))
                .collect(),
            lang: output.lang.map_or_else(|| env.lang(), Lang::from),
            lang_typed: output.lang.is_some(),
            which: match (&files.config, files.no_config) {
                (Some(path), _) => Which::Given(path.clone()),
                (None, true) => Which::None,
                (None, false) => Which::Found,
            },
            places: Settings::places(env),
            colour: match output.color {
                ColorArg::Auto => env.colour,
                ColorArg::Always => true,
                ColorArg::Never => false,
            },
            width: env.width,
            progress: env.progress && !output.quiet,
            detail: match (output.quiet, output.verbose) {
                (true, _) => Detail::Quiet,
                (_, true) => Detail::Verbose,
                _ => Detail::Normal,
            },
            require_modules: exit.require_modules,
            allow_nothing: exit.allow_nothing,
            inline_suppressions: !exit.no_inline_suppressions,
            vendored_suppressions: exit.vendored_suppressions,
            today: Date::today(env.var(date::TODAY)),
            ..Settings::plain(question, Input::new(input, env))
        }
    }

    /// Variables of the environment that may tell a place.
    pub fn places(env: &Environment) -> BTreeMap<String, String> {
        env.vars
            .iter()
            .filter(|(name, value)| {
                let tells = ["REGION", "ZONE", "LOCATION"];
                !value.is_empty() && tells.iter().any(|word| name.contains(word))
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// A question about an input with nothing else said.
    pub fn plain(question: Question, input: Input) -> Settings {
        Settings {
            question,
            input,
            format: Format::Text,
            outputs: Vec::new(),
            lang: Lang::En,
            colour: false,
            width: None,
            progress: false,
            detail: Detail::Normal,
            min_level: Level::Warning,
            which: Which::Found,
            over: Over::default(),
            lang_typed: false,
            places: BTreeMap::new(),
            select: Vec::new(),
            ignore: Vec::new(),
            require_modules: false,
            require_complete: false,
            new_only: false,
            noted: false,
            allow_nothing: false,
            inline_suppressions: true,
            vendored_suppressions: false,
            today: Date::today(None),
        }
    }

    /// The same for a file: nothing of the terminal counts there.
    #[must_use]
    pub fn for_a_file(&self) -> Settings {
        Settings {
            colour: false,
            width: None,
            ..self.clone()
        }
    }

    /// Whether a finding counts: with `--new-only` not what was so before.
    pub fn counts(&self, finding: &Finding) -> bool {
        !self.new_only || finding.change != Some(Change::Existing)
    }

    /// Whether text for people shows a finding that nobody accepted.
    pub fn shows(&self, finding: &Finding) -> bool {
        finding.level >= self.min_level && self.counts(finding)
    }

    /// Whether rules are asked at all.
    pub fn judges(&self) -> bool {
        self.question == Question::Findings
    }
}

impl Input {
    /// What was typed, with what the environment says.
    pub fn new(typed: &InputArgs, env: &Environment) -> Input {
        Input {
            boundary: typed.boundary.clone(),
            exclude: typed.exclude.clone(),
            as_root: typed.as_root,
            ..Input::with_plan(typed.paths.clone(), typed.plan.clone(), &typed.values, env)
        }
    }

    /// Paths and values only.
    pub fn of(paths: Vec<PathBuf>, values: &ValueArgs, env: &Environment) -> Input {
        Input::with_plan(paths, None, values, env)
    }

    fn with_plan(
        paths: Vec<PathBuf>,
        plan: Option<PathBuf>,
        values: &ValueArgs,
        env: &Environment,
    ) -> Input {
        let piped = paths.iter().chain(&plan).any(|p| p.as_os_str() == "-");
        let stdin = env.stdin.filter(|_| piped);
        Input {
            current_dir: env.current_dir.clone(),
            stdin: stdin.and_then(|read| read().ok()).map(Into::into),
            paths,
            plan,
            values: values.in_order.clone(),
            backend_config: values.backend_config.clone(),
            auto_sets: values.variable_sets.map(|s| s == SetsArg::Auto),
            terraform_environment: env
                .vars
                .iter()
                .filter(|(name, _)| {
                    name.starts_with("TF_VAR_")
                        || matches!(&***name, "TF_WORKSPACE" | "TF_DATA_DIR")
                })
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            ..Input::default()
        }
    }

    /// A typed path, made absolute.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        self.current_dir.join(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Command, parse};

    fn settings(args: &[&str], vars: &[(&str, &str)]) -> Settings {
        let env = Environment {
            current_dir: "/w".into(),
            vars: vars
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            ..Environment::default()
        };
        match parse(["sekisho"].iter().chain(args)).expect("good").command {
            Command::Check(c) => Settings::of_check(&c, &env),
            Command::Inventory(i) => Settings::of_inventory(&i, &env),
            _ => panic!("not a command with settings"),
        }
    }

    #[test]
    fn the_language_is_that_of_the_argument_then_of_the_locale() {
        assert_eq!(settings(&["check"], &[]).lang, Lang::En);
        let ja = [("LANG", "ja_JP.UTF-8")];
        assert_eq!(settings(&["check"], &ja).lang, Lang::Ja);
        assert_eq!(settings(&["check", "--lang", "en"], &ja).lang, Lang::En);
        let both = [("LANG", "ja_JP.UTF-8"), ("LC_ALL", "C")];
        assert_eq!(settings(&["check"], &both).lang, Lang::En);
        let empty = [("LANG", "ja_JP.UTF-8"), ("LC_ALL", "")];
        assert_eq!(settings(&["check"], &empty).lang, Lang::Ja);
    }

    #[test]
    fn terraforms_environment_is_read() {
        let s = settings(
            &["inventory", "envs"],
            &[
                ("TF_VAR_region", "ap-northeast-1"),
                ("TF_LOG", "trace"),
                ("TF_WORKSPACE", "prod"),
                ("TF_DATA_DIR", ".tf"),
            ],
        );
        let names: Vec<&str> = s
            .input
            .terraform_environment
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["TF_DATA_DIR", "TF_VAR_region", "TF_WORKSPACE"]);
    }
}
