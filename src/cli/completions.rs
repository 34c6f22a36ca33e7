//! `sekisho completions`.

use clap::Args;

/// Print the completions for a shell
#[derive(Args, Debug, Clone)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}
