//! Formatdate, timeadd, timecmp.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
