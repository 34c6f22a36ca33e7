//! Lists and maps: length, merge, lookup, element, ….

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
