//! What literal text says: backslash escapes, `$${`, `%%{`.

use super::tree::Escapes;
use std::borrow::Cow;

pub(super) fn decode(_raw: &str, _escapes: Escapes) -> Cow<'_, str> {
    todo!()
}
