//! Join, split, format and other text.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
