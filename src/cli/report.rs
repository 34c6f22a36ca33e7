//! `sekisho report`.

use super::{ExitArgs, FileArgs, InputArgs, LangArg};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Write a report for an auditor: each requirement of the profiles, its evidence, and what stays open
#[derive(Args, Debug, Clone)]
pub struct Report {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub input: InputArgs,
    /// Report on this profile, in place of those of the settings (repeatable) [default: baseline]
    #[arg(long, value_name = "NAME", help_heading = "Rules")]
    pub profile: Vec<String>,
    /// Format of the report
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "md",
        help_heading = "Output"
    )]
    pub format: ReportFormat,
    /// Write it to this file [default: standard output]
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Language of texts [default: that of the locale]
    #[arg(long, value_name = "LANG", help_heading = "Output")]
    pub lang: Option<LangArg>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub exit: ExitArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub files: FileArgs,
}

/// `--format` of a report.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum ReportFormat {
    Md,
    Html,
    Json,
}
