//! `sekisho check`.

use super::{ExitArgs, FileArgs, InputArgs, LevelArg, OutputArgs};
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
    #[command(flatten)]
    #[allow(missing_docs)]
    pub files: FileArgs,
    /// Show findings of this level and above in text, brief and github
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "warning",
        help_heading = "Output"
    )]
    pub min_level: LevelArg,
    /// Exit with 1 on findings of this level and above [default: that of the settings, else error]
    #[arg(long, value_name = "LEVEL", help_heading = "Exit code")]
    pub fail_on: Option<LevelArg>,
    /// Of a plan, only what the change introduces or makes worse counts and is shown
    #[arg(long, help_heading = "Exit code")]
    pub new_only: bool,
    /// A plan that is not whole (errored, deferred, `-target`) is exit 2
    #[arg(long, help_heading = "Exit code")]
    pub require_complete: bool,
    /// Judge by this profile, in place of those of the settings (repeatable) [default: baseline]
    #[arg(long, value_name = "NAME", help_heading = "Rules")]
    pub profile: Vec<String>,
    /// Judge by these rules only (repeatable)
    #[arg(long, value_name = "RULE", help_heading = "Rules")]
    pub select: Vec<String>,
    /// Do not judge by this rule (repeatable)
    #[arg(long, value_name = "RULE", help_heading = "Rules")]
    pub ignore: Vec<String>,
}
