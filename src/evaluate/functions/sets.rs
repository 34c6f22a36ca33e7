//! Setunion, setintersection, setsubtract, setproduct.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
