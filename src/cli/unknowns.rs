//! `sekisho unknowns`.

use super::{InputArgs, LangArg, PlainFormat};
use clap::Args;

/// List what to give so that the most is decided: values, modules, regions
#[derive(Args, Debug, Clone)]
pub struct Unknowns {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub input: InputArgs,
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
