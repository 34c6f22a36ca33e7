//! `sekisho explain`.

use super::LangArg;
use clap::{Args, ValueEnum};

/// Explain a rule, a profile, or what the catalog says of a resource type
#[derive(Args, Debug, Clone)]
pub struct Explain {
    /// A rule (`data-outside-japan`), a profile (`government`), or a type (`aws_s3_bucket`, `data.aws_kms_alias`, `backend.s3`)
    #[arg(value_name = "RULE|PROFILE|TYPE")]
    pub name: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub page: PageArgs,
}

/// How a page is given: the same for each command that judges nothing.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Output")]
pub struct PageArgs {
    /// Format of standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: PageFormat,
    /// Language of texts [default: that of the locale]
    #[arg(long, value_name = "LANG")]
    pub lang: Option<LangArg>,
}

/// `--format` of a page.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum PageFormat {
    Text,
    Json,
}
