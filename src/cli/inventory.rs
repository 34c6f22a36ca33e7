//! `sekisho inventory`.

use super::{ExitArgs, FileArgs, InputArgs, OutputArgs};
use clap::Args;

/// List every store of data with its place and its key: the data register
#[derive(Args, Debug, Clone)]
pub struct Inventory {
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
}
