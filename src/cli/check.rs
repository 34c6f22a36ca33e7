//! `sekisho check`.

use super::{ExitArgs, InputArgs, LevelArg, OutputArgs};
use clap::Args;

/// Judge where data rests and who holds its key
#[derive(Args, Debug, Clone)]
pub struct Check {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub input: InputArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: OutputArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub exit: ExitArgs,
    /// Show findings of this level and above in text, brief and github
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "warning",
        help_heading = "Output"
    )]
    pub min_level: LevelArg,
    /// Exit with 1 on findings of this level and above
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "error",
        help_heading = "Exit code"
    )]
    pub fail_on: LevelArg,
    /// Judge by these rules only (repeatable)
    #[arg(long, value_name = "RULE", help_heading = "Rules")]
    pub select: Vec<String>,
    /// Do not judge by this rule (repeatable)
    #[arg(long, value_name = "RULE", help_heading = "Rules")]
    pub ignore: Vec<String>,
}
