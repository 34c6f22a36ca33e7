//! Tostring, tonumber, tobool, tolist, toset, tomap, sensitive, nonsensitive, issensitive.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
