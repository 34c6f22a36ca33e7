//! `sekisho rules`.

use super::PageArgs;
use clap::Args;

/// List the rules and their levels
#[derive(Args, Debug, Clone)]
pub struct Rules {
    /// Only what this profile asks (repeatable) [default: all profiles]
    #[arg(long, value_name = "NAME")]
    pub profile: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub page: PageArgs,
}
