//! File, fileexists, fileset, paths.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
