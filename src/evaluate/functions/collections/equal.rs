//! Whether two values are equal, as far as that is known.

use crate::evaluate::could_be;
use crate::evaluate::operators;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Unknown, Val, hoist, lift};

/// Whether they are equal, as a value: a bool, not known, or one of both.
pub fn equal(a: &Val, b: &Val) -> Val {
    if !a.has().one_of && !b.has().one_of {
        return operators::equal(a, b);
    }
    lift(&[hoist(a), hoist(b)], |args| {
        operators::equal(&args[0], &args[1])
    })
}

/// Whether they are equal; `None` where that is not known. Values of different types differ.
pub fn decide(a: &Val, b: &Val) -> Option<bool> {
    operators::equal(a, b).as_bool()
}

/// Whether the unknown may turn out to be this text.
pub fn may_be(u: &Unknown, text: &str) -> bool {
    matches!(u.ty, Type::String | Type::Dynamic) && could_be(&u.parts, text)
}
