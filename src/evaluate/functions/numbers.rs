//! Abs, ceil, floor, log, max, min, parseint, pow, signum, sum.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
