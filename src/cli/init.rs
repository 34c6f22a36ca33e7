//! `sekisho init`.

use super::LangArg;
use clap::Args;
use std::path::PathBuf;

/// Write a commented sekisho.toml from what is found
#[derive(Args, Debug, Clone)]
pub struct Init {
    /// The directory that is looked through, and in which the file is written
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
    /// Language of the comments [default: that of the locale]
    #[arg(long, value_name = "LANG")]
    pub lang: Option<LangArg>,
}
