//! `sekisho why`.

use super::{InputArgs, LangArg, PlainFormat, ValueArgs};
use crate::why::Fact;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Tell how a fact came about: the catalog's row, the value and its way, the alternatives
#[derive(Args, Debug, Clone)]
pub struct Why {
    /// Address of a store, key or backend; `*` stands for any step of it, `**` for any number of steps
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// This fact only
    #[arg(value_name = "FACT")]
    pub fact: Option<FactArg>,
    /// Directories, .tf files, plans and states; `-` is one on standard input
    #[arg(
        long = "path",
        value_name = "PATH",
        default_value = ".",
        help_heading = "Input"
    )]
    pub paths: Vec<PathBuf>,
    /// Read nothing outside of this directory [default: the git work tree that holds PATH]
    #[arg(long, value_name = "DIR", help_heading = "Input")]
    pub boundary: Option<PathBuf>,
    /// The plan of the root module at PATH, as for check
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["var", "var_file", "variable_sets"],
        help_heading = "Input"
    )]
    pub plan: Option<PathBuf>,
    /// Judge modules that are meant to be called as if they were applied
    #[arg(long, help_heading = "Input")]
    pub as_root: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub values: ValueArgs,
    /// Format of standard output
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Output"
    )]
    pub format: PlainFormat,
    /// Language of texts [default: that of the locale]
    #[arg(long, value_name = "LANG", help_heading = "Output")]
    pub lang: Option<LangArg>,
}

impl Why {
    /// What is read.
    pub fn input(&self) -> InputArgs {
        InputArgs {
            paths: self.paths.clone(),
            boundary: self.boundary.clone(),
            plan: self.plan.clone(),
            as_root: self.as_root,
            values: self.values.clone(),
            ..InputArgs::default()
        }
    }
}

/// What can be asked.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum FactArg {
    Location,
    Custody,
    Encryption,
    Exposure,
    Backup,
    Copies,
    Parts,
    Class,
}

impl From<FactArg> for Fact {
    fn from(fact: FactArg) -> Fact {
        match fact {
            FactArg::Location => Fact::Location,
            FactArg::Custody => Fact::Custody,
            FactArg::Encryption => Fact::Encryption,
            FactArg::Exposure => Fact::Exposure,
            FactArg::Backup => Fact::Backup,
            FactArg::Copies => Fact::Copies,
            FactArg::Parts => Fact::Parts,
            FactArg::Class => Fact::Class,
        }
    }
}
