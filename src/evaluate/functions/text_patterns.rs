//! Regex, regexall, replace.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
