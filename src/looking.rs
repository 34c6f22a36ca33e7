//! `sekisho debug`: hands what a stage gives to its printer.

use crate::Exit;
use crate::cli::DebugCommand;
use crate::settings::Environment;

/// Does what was typed.
pub fn look(_command: &DebugCommand, _env: &Environment) -> Exit {
    Exit::NotJudged
}
