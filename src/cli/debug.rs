//! `sekisho debug`: what each stage gives, for tests and for the curious. Hidden, and no stable
//! interface except where docs/usage.md says so.

use super::{InputArgs, ValueArgs};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Look inside
#[derive(Args, Debug, Clone)]
pub struct Debug {
    #[command(subcommand)]
    #[allow(missing_docs)]
    pub command: DebugCommand,
}

/// What to look at.
#[derive(Subcommand, Debug, Clone)]
pub enum DebugCommand {
    /// Evaluate expressions: a JSON string a line on standard input, a JSON object a line back
    Expr {
        /// The root module in which they are evaluated
        #[arg(long, value_name = "DIR")]
        chdir: Option<PathBuf>,
        /// Answer what is known, also where terraform does not know it yet
        #[arg(long)]
        known: bool,
        #[command(flatten)]
        #[allow(missing_docs)]
        values: ValueArgs,
    },
    /// Evaluate every resource instance and output of a root module
    Resources {
        /// The root module
        #[arg(default_value = ".")]
        dir: PathBuf,
        /// Print sensitive values
        #[arg(long)]
        show_sensitive: bool,
        /// Print what is known, also where terraform does not know it yet
        #[arg(long)]
        known: bool,
        #[command(flatten)]
        #[allow(missing_docs)]
        values: ValueArgs,
    },
    /// Print the syntax tree of files with the byte range of each node
    Blocks {
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Walk and read only: the floor that speed is measured against
    Read {
        /// Directories or files
        #[arg(default_value = ".")]
        paths: Vec<PathBuf>,
    },
    /// Print what extract gives, before anything is judged
    Stores {
        #[command(flatten)]
        #[allow(missing_docs)]
        input: InputArgs,
    },
}

impl DebugCommand {
    /// The values that were typed, for the commands that take some.
    pub(super) fn values_mut(&mut self) -> Option<&mut ValueArgs> {
        match self {
            DebugCommand::Expr { values, .. } | DebugCommand::Resources { values, .. } => {
                Some(values)
            }
            DebugCommand::Stores { input } => Some(&mut input.values),
            DebugCommand::Blocks { .. } | DebugCommand::Read { .. } => None,
        }
    }
}
