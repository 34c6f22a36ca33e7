//! Md5, sha1, sha256, sha512, uuidv5 and the impure ones.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
