//! `sekisho verify`.

use super::{LangArg, PlainFormat};
use clap::Args;
use std::path::PathBuf;

/// Make a register again and tell what differs
#[derive(Args, Debug, Clone)]
pub struct Verify {
    /// The register: what `inventory --format json` or `report --format json` wrote
    #[arg(value_name = "REGISTER")]
    pub register: PathBuf,
    /// The directory in which it was made
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// A value that the register was made with (registers hold no values)
    #[arg(
        long,
        value_name = "NAME=VALUE",
        value_parser = super::name_and_value,
        help_heading = "Values, as for terraform"
    )]
    pub var: Vec<String>,
    /// A setting of the backend that the register was made with
    #[arg(
        long,
        value_name = "NAME=VALUE",
        value_parser = super::name_and_value,
        help_heading = "Values, as for terraform"
    )]
    pub backend_config: Vec<String>,
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
