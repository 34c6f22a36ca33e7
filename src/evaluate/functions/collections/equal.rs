//! Whether two values are equal, as far as that is known.

use crate::evaluate::types::Type;
use crate::evaluate::value::{Fields, Kind, Part, Seq, Unknown, Val, hoist, lift, unknown_from};

/// Whether they are equal, as a value: a bool, not known, or one of both.
pub fn equal(a: &Val, b: &Val) -> Val {
    if !a.has().one_of && !b.has().one_of {
        return answer(a, b);
    }
    lift(&[hoist(a), hoist(b)], |args| answer(&args[0], &args[1]))
}

fn answer(a: &Val, b: &Val) -> Val {
    decide(a, b).map_or_else(|| unknown_from(Type::Bool, "equal", &[a, b]), Val::bool)
}

/// Whether they are equal; `None` where that is not known. Values of different types differ.
pub fn decide(a: &Val, b: &Val) -> Option<bool> {
    match (&a.kind, &b.kind) {
        (Kind::Null(_), Kind::Null(_)) => Some(true),
        (Kind::Null(_), _) => b.is_not_null().then_some(false),
        (_, Kind::Null(_)) => a.is_not_null().then_some(false),
        (Kind::Unknown(x), Kind::Unknown(y)) if x.id == y.id => Some(true),
        (Kind::OneOf(_), Kind::OneOf(_)) if a.same(b) => Some(true),
        (Kind::Unknown(u), Kind::Str(s)) | (Kind::Str(s), Kind::Unknown(u)) => {
            (!may_be(u, s)).then_some(false)
        }
        (Kind::Instance(x), Kind::Instance(y)) if x == y => Some(true),
        (Kind::Unknown(_) | Kind::OneOf(_), _) | (_, Kind::Unknown(_) | Kind::OneOf(_)) => None,
        (Kind::Instance(_), Kind::Object(_) | Kind::Instance(_))
        | (Kind::Object(_), Kind::Instance(_)) => None,
        (Kind::Bool(x), Kind::Bool(y)) => Some(x == y),
        (Kind::Num(x), Kind::Num(y)) => Some(x == y),
        (Kind::Str(x), Kind::Str(y)) => Some(x == y),
        (Kind::List(x), Kind::List(y)) if may_agree(&x.elem, &y.elem) => elements(x, y),
        (Kind::Tuple(x), Kind::Tuple(y)) => elements(x, y),
        (Kind::Set(x), Kind::Set(y)) if may_agree(&x.elem, &y.elem) => {
            let known = a.is_wholly_known() && b.is_wholly_known();
            known.then(|| elements(x, y)).flatten()
        }
        (Kind::Map(x), Kind::Map(y)) if may_agree(&x.elem, &y.elem) => fields(x, y),
        (Kind::Object(x), Kind::Object(y)) => fields(x, y),
        _ => Some(false),
    }
}

/// One element type, as far as both are known.
fn may_agree(a: &Type, b: &Type) -> bool {
    a == b || a.has_dynamic() || b.has_dynamic()
}

fn elements(a: &Seq, b: &Seq) -> Option<bool> {
    if a.items.len() != b.items.len() {
        return Some(false);
    }
    all(a.items.iter().zip(&b.items).map(|(x, y)| decide(x, y)))
}

fn fields(a: &Fields, b: &Fields) -> Option<bool> {
    if a.open.is_some() || b.open.is_some() {
        return None;
    }
    let same_keys =
        a.items.len() == b.items.len() && a.items.iter().zip(&b.items).all(|(x, y)| x.0 == y.0);
    if !same_keys {
        return Some(false);
    }
    all(a
        .items
        .iter()
        .zip(&b.items)
        .map(|(x, y)| decide(&x.1, &y.1)))
}

fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut out = Some(true);
    for part in parts {
        match part {
            Some(true) => {}
            Some(false) => return Some(false),
            None => out = None,
        }
    }
    out
}

/// Whether the unknown may turn out to be this text: its known parts stand in it, in their order.
pub fn may_be(u: &Unknown, text: &str) -> bool {
    if matches!(
        u.ty,
        Type::Bool | Type::Number | Type::List(_) | Type::Set(_) | Type::Map(_)
    ) {
        return false;
    }
    let mut rest = text;
    for (i, part) in u.parts.iter().enumerate() {
        let Part::Known(known) = part else { continue };
        if i + 1 == u.parts.len() {
            return if i == 0 {
                rest == &**known
            } else {
                rest.ends_with(&**known)
            };
        }
        let at = if i == 0 {
            rest.starts_with(&**known).then_some(0)
        } else {
            rest.find(&**known)
        };
        let Some(at) = at else { return false };
        rest = &rest[at + known.len()..];
    }
    true
}
