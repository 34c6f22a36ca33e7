//! The command line: what was typed, recorded and not yet judged.
//!
//! One file a command. Lives here: names and shapes of arguments. Not here: what they mean together
//! with the environment (`settings.rs`).

mod catalog;
mod check;
mod completions;
mod debug;
mod explain;
mod init;
mod inventory;
mod report;
mod rules;
mod unknowns;
mod verify;
mod why;

pub use catalog::Catalog;
pub use check::Check;
pub use completions::Completions;
pub use debug::{Debug, DebugCommand};
pub use explain::{Explain, PageArgs, PageFormat};
pub use init::Init;
pub use inventory::Inventory;
pub use report::{Report, ReportFormat};
pub use rules::Rules;
pub use unknowns::Unknowns;
pub use verify::Verify;
pub use why::{FactArg, Why};

use crate::diagnostic::Level;
use crate::messages::Lang;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Where Terraform's data rests, whose law reaches it, and who holds its key.
#[derive(Parser, Debug)]
#[command(name = "sekisho", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand, Debug)]
#[allow(missing_docs)] // a doc comment would become the help text
pub enum Command {
    Check(Check),
    Inventory(Inventory),
    Report(Report),
    Verify(Verify),
    Init(Init),
    Explain(Explain),
    Rules(Rules),
    Catalog(Catalog),
    Completions(Completions),
    Why(Why),
    Unknowns(Unknowns),
    #[command(hide = true)]
    Debug(Debug),
}

/// What is read and how: the same for each command.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Input")]
pub struct InputArgs {
    /// Directories, .tf files, plans and states; `-` is one on standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Read nothing outside of this directory [default: the git work tree that holds PATH]
    #[arg(long, value_name = "DIR")]
    pub boundary: Option<PathBuf>,
    /// Do not look for root modules in directories that match this pattern (as in .gitignore)
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// The plan of the root module at PATH: values are the plan's, places and comments the code's; `-` is on
    /// standard input
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["var", "var_file", "variable_sets"]
    )]
    pub plan: Option<PathBuf>,
    /// Judge modules that are meant to be called as if they were applied
    #[arg(long)]
    pub as_root: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub values: ValueArgs,
}

/// The values that Terraform would be given.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Values, as for terraform")]
pub struct ValueArgs {
    /// A value for a variable of the root modules
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub var: Vec<String>,
    /// A file of values; later ones win, in the order of --var and --var-file
    #[arg(long, value_name = "FILE")]
    pub var_file: Vec<PathBuf>,
    /// A setting of the backend, or a file of such
    #[arg(long, value_name = "NAME=VALUE|FILE")]
    pub backend_config: Vec<String>,
    /// Judge a root module once with each values file near it that is not loaded by itself (auto)
    #[arg(long, value_name = "HOW")]
    pub variable_sets: Option<SetsArg>,
    /// `--var` and `--var-file` in the order in which they were typed.
    #[arg(skip)]
    pub in_order: Vec<Typed>,
}

/// One `--var` or `--var-file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// `--var NAME=VALUE`.
    Var(String),
    /// `--var-file FILE`.
    File(PathBuf),
}

/// `--variable-sets`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum SetsArg {
    Given,
    Auto,
}

/// How results are given: the same for each command.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Format of standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: FormatArg,
    /// Write a further output to a file (repeatable)
    #[arg(long, value_name = "FORMAT=FILE", value_parser = any_format_and_file)]
    pub output: Vec<(FormatArg, PathBuf)>,
    /// Language of texts [default: that of the locale]
    #[arg(long, value_name = "LANG")]
    pub lang: Option<LangArg>,
    /// Colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: ColorArg,
    /// One line a finding
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Every address, every file that is not judged
    #[arg(short, long)]
    pub verbose: bool,
}

/// When a run is not clean: the same for each command.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Exit code")]
pub struct ExitArgs {
    /// A module that is not there is exit 2, not 1
    #[arg(long)]
    pub require_modules: bool,
    /// A run that saw no store, key or backend is clean (for hooks)
    #[arg(long)]
    pub allow_nothing: bool,
    /// Comments (`# sekisho: ignore[…]`) accept nothing
    #[arg(long)]
    pub no_inline_suppressions: bool,
    /// Comments in vendored modules (.terraform) accept findings too
    #[arg(long, conflicts_with = "no_inline_suppressions")]
    pub vendored_suppressions: bool,
}

/// Which settings files count: the same for each command.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Settings")]
pub struct FileArgs {
    /// Settings for all root modules [default: sekisho.toml, found upwards from each]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Read no sekisho.toml
    #[arg(long)]
    pub no_config: bool,
    /// Print the settings of each root module, with where they are from, and stop
    #[arg(long)]
    pub show_settings: bool,
}

/// `--format`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum FormatArg {
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

/// `--format` of commands that answer people.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum PlainFormat {
    Text,
    Json,
}

/// The formats of `check`.
pub const OF_CHECK: &[FormatArg] = &[
    FormatArg::Text,
    FormatArg::Brief,
    FormatArg::Json,
    FormatArg::Sarif,
    FormatArg::Github,
    FormatArg::Csv,
];

/// The formats of `inventory`.
pub const OF_INVENTORY: &[FormatArg] = &[
    FormatArg::Text,
    FormatArg::Table,
    FormatArg::Json,
    FormatArg::Csv,
    FormatArg::Mermaid,
    FormatArg::Svg,
];

/// `--lang`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum LangArg {
    En,
    Ja,
}

impl From<LangArg> for Lang {
    fn from(lang: LangArg) -> Lang {
        match lang {
            LangArg::En => Lang::En,
            LangArg::Ja => Lang::Ja,
        }
    }
}

/// `--color`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum ColorArg {
    Auto,
    Always,
    Never,
}

/// A level of findings.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum LevelArg {
    Error,
    Warning,
    Note,
}

impl From<LevelArg> for Level {
    fn from(level: LevelArg) -> Level {
        match level {
            LevelArg::Error => Level::Error,
            LevelArg::Warning => Level::Warning,
            LevelArg::Note => Level::Note,
        }
    }
}

fn name_and_value(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((name, _)) if !name.trim().is_empty() => Ok(text.to_owned()),
        _ => Err("expected NAME=VALUE".into()),
    }
}

/// The command line, each command with the formats that it has.
pub fn command() -> clap::Command {
    let with = |command: clap::Command, formats: &'static [FormatArg]| {
        let names = || {
            formats
                .iter()
                .filter_map(ValueEnum::to_possible_value)
                .collect::<Vec<PossibleValue>>()
        };
        let format =
            PossibleValuesParser::new(names()).try_map(|name| FormatArg::from_str(&name, false));
        let output = move |text: &str| format_and_file(text, formats);
        command
            .mut_arg("format", |a| a.value_parser(format))
            .mut_arg("output", |a| a.value_parser(output))
    };
    Cli::command()
        .mut_subcommand("check", |c| with(c, OF_CHECK))
        .mut_subcommand("inventory", |c| with(c, OF_INVENTORY))
}

fn any_format_and_file(text: &str) -> Result<(FormatArg, PathBuf), String> {
    format_and_file(text, FormatArg::value_variants())
}

fn format_and_file(text: &str, formats: &[FormatArg]) -> Result<(FormatArg, PathBuf), String> {
    let (name, file) = text.split_once('=').ok_or("expected FORMAT=FILE")?;
    if file.is_empty() {
        return Err("expected FORMAT=FILE".into());
    }
    let format = FormatArg::from_str(name, false).ok();
    match format.filter(|f| formats.contains(f)) {
        Some(format) => Ok((format, PathBuf::from(file))),
        None => {
            let names: Vec<String> = formats
                .iter()
                .filter_map(|f| Some(f.to_possible_value()?.get_name().to_owned()))
                .collect();
            Err(format!("the formats are {}", names.join(", ")))
        }
    }
}

/// Reads the command line. An `Err` is clap's: usage errors, `--help`, `--version`.
pub fn parse<I, T>(args: I) -> Result<Cli, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<std::ffi::OsString> + Clone,
{
    let matches = command().try_get_matches_from(args)?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    let (_, at) = matches
        .subcommand()
        .expect("internal: a command is required");
    match &mut cli.command {
        Command::Check(c) => c.input.values.order(at),
        Command::Inventory(i) => i.input.values.order(at),
        Command::Report(r) => r.input.values.order(at),
        Command::Explain(_)
        | Command::Rules(_)
        | Command::Catalog(_)
        | Command::Completions(_)
        | Command::Verify(_)
        | Command::Init(_) => {}
        Command::Why(w) => w.values.order(at),
        Command::Unknowns(u) => u.input.values.order(at),
        Command::Debug(d) => {
            let (_, at) = at.subcommand().expect("internal: a command is required");
            if let Some(values) = d.command.values_mut() {
                values.order(at);
            }
        }
    }
    Ok(cli)
}

impl ValueArgs {
    /// clap keeps a list an option; Terraform wants them in one order.
    fn order(&mut self, matches: &clap::ArgMatches) {
        let at = |id: &str| {
            matches
                .indices_of(id)
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
        };
        let vars = at("var")
            .into_iter()
            .zip(self.var.iter().cloned().map(Typed::Var));
        let files = at("var_file")
            .into_iter()
            .zip(self.var_file.iter().cloned().map(Typed::File));
        let mut all: Vec<(usize, Typed)> = vars.chain(files).collect();
        all.sort_by_key(|(index, _)| *index);
        self.in_order = all.into_iter().map(|(_, typed)| typed).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }

    #[test]
    fn var_and_var_file_keep_their_order() {
        let cli = parse([
            "sekisho",
            "check",
            "--var",
            "a=1",
            "--var-file",
            "b.tfvars",
            "--var",
            "c=3",
        ])
        .expect("a good command line");
        let Command::Check(check) = cli.command else {
            panic!("check was typed");
        };
        assert_eq!(
            check.input.values.in_order,
            [
                Typed::Var("a=1".into()),
                Typed::File("b.tfvars".into()),
                Typed::Var("c=3".into())
            ]
        );
    }
}
