//! Yamldecode, yamlencode.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
