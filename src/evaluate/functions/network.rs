//! Cidrhost, cidrnetmask, cidrsubnet, cidrsubnets.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
