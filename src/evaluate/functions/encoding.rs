//! Base64, JSON, URL, CSV.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
