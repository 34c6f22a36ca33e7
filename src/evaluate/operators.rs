//! Operators, with what is still known when an operand is not.

use super::convert::convert;
use super::types::Type;
use super::value::{Kind, Literal, Part, Unknown, Val, World, mix, unknown_from};
use crate::diagnostic::Message;
use crate::load::syntax::Op;
use std::sync::Arc;

/// What has to hold for an unknown bool to be true, so that it can be assumed either way.
pub(super) fn literal_of(u: &Unknown, text: &str) -> Literal {
    u.test
        .clone()
        .unwrap_or_else(|| Literal::new(u.id, &Val::bool(true), format!("{text} = true")))
}

fn unknown_bool(op: &str, args: &[&Val], test: Option<Literal>) -> Val {
    let mut v = unknown_from(Type::Bool, op, args);
    if let Kind::Unknown(u) = &mut v.kind {
        Arc::make_mut(u).test = test;
    }
    v
}

/// `!v`, `-v`; the operand is not one of several.
pub(super) fn unary(op: Op, v: &Val) -> Result<Val, Message> {
    let ty = if op == Op::Not {
        Type::Bool
    } else {
        Type::Number
    };
    let v = operand(v, &ty)?;
    let out = match (&v.kind, op) {
        (Kind::Bool(b), _) => Val::bool(!b),
        (Kind::Num(n), _) => Val::num(n.neg()),
        (Kind::Unknown(u), Op::Not) => {
            let literal = literal_of(u, &u.subject).negate();
            unknown_bool("!", &[&v], Some(literal))
        }
        _ => unknown_from(Type::Number, "neg", &[&v]),
    };
    Ok(out.marked(v.marks))
}

fn operand(v: &Val, ty: &Type) -> Result<Val, Message> {
    let refused = |why: String| Message::new("evaluate.operand").arg(why);
    let out = convert(v, ty).map_err(refused)?;
    if out.is_null() {
        return Err(refused("argument must not be null".into()));
    }
    Ok(out)
}

/// `a op b`; the operands are not one of several.
pub(super) fn binary(op: Op, a: &Val, b: &Val) -> Result<Val, Message> {
    let marks = match op {
        // Equality looks at all of both.
        Op::Eq | Op::Ne => a.has().marks.with(b.has().marks),
        _ => a.marks.with(b.marks),
    };
    let out = match op {
        Op::And | Op::Or => logic(op, a, b)?,
        Op::Eq => equal(a, b),
        Op::Ne => {
            let same = equal(a, b);
            match same.kind {
                Kind::Bool(_) | Kind::Unknown(_) => unary(Op::Not, &same)?,
                _ => same,
            }
        }
        _ => {
            let (a, b) = (operand(a, &Type::Number)?, operand(b, &Type::Number)?);
            let compare = matches!(op, Op::Lt | Op::Le | Op::Gt | Op::Ge);
            let (Some(x), Some(y)) = (a.as_num(), b.as_num()) else {
                let ty = if compare { Type::Bool } else { Type::Number };
                return Ok(unknown_from(ty, op.text(), &[&a, &b]).marked(marks));
            };
            let number = |n: Option<super::number::Num>, why: &str| {
                n.map(Val::num)
                    .ok_or_else(|| Message::new("evaluate.operation").arg(why))
            };
            match op {
                Op::Lt => Val::bool(x < y),
                Op::Le => Val::bool(x <= y),
                Op::Gt => Val::bool(x > y),
                Op::Ge => Val::bool(x >= y),
                Op::Add => number(x.add(y), "can't compute sum of opposing infinities")?,
                Op::Sub => number(x.sub(y), "can't subtract infinity from itself")?,
                Op::Mul => number(x.mul(y), "can't multiply zero by infinity")?,
                Op::Div => number(
                    x.div(y),
                    "can't divide zero by zero or infinity by infinity",
                )?,
                _ => number(x.rem(y), "can't divide by zero")?,
            }
        }
    };
    Ok(out.marked(marks))
}

/// `a && b`, `a || b` where one is not known, as terraform 1.11 has it: neither decides alone.
pub(super) fn undecided(op: Op, a: &Val, b: &Val) -> Result<Val, Message> {
    let marks = a.marks.with(b.marks);
    let (a, b) = (operand(a, &Type::Bool)?, operand(b, &Type::Bool)?);
    Ok(unknown_bool(op.text(), &[&a, &b], None).marked(marks))
}

fn logic(op: Op, a: &Val, b: &Val) -> Result<Val, Message> {
    let (a, b) = (operand(a, &Type::Bool)?, operand(b, &Type::Bool)?);
    let deciding = op == Op::Or;
    // Terraform 1.11 says unknown for `false && unknown`; the answer cannot be another than this.
    if a.as_bool() == Some(deciding) || b.as_bool() == Some(deciding) {
        return Ok(Val::bool(deciding));
    }
    match (a.as_bool(), b.as_bool()) {
        (Some(_), Some(_)) => Ok(Val::bool(!deciding)),
        // `true && x` is x.
        (Some(_), None) => Ok(b),
        (None, Some(_)) => Ok(a),
        _ if a.same(&b) => Ok(a),
        _ => Ok(unknown_bool(op.text(), &[&a, &b], None)),
    }
}

/// `a == b`, as cty has it: of different types is false, null equals null.
pub(super) fn equal(a: &Val, b: &Val) -> Val {
    match decide_equal(a, b, 0) {
        Some(answer) => Val::bool(answer),
        None => {
            let test = match (&a.kind, &b.kind) {
                (Kind::Unknown(u), _) if b.is_wholly_known() => Some(test(u, b)),
                (_, Kind::Unknown(u)) if a.is_wholly_known() => Some(test(u, a)),
                _ => None,
            };
            unknown_bool("==", &[a, b], test)
        }
    }
}

/// That an unknown is a constant.
pub(super) fn test(u: &Unknown, constant: &Val) -> Literal {
    // `var.on == true` is what `var.on` itself says.
    if let (Some(test), Some(b)) = (&u.test, constant.as_bool()) {
        return if b { test.clone() } else { test.negate() };
    }
    let shown = match &constant.kind {
        Kind::Str(s) if constant.marks.is_empty() && s.len() < 40 => format!("\"{s}\""),
        Kind::Num(n) if constant.marks.is_empty() => n.to_string(),
        Kind::Bool(b) => b.to_string(),
        Kind::Null(_) => "null".into(),
        _ => "…".into(),
    };
    Literal::new(u.id, constant, format!("{} = {shown}", u.subject))
}

/// Whether they are equal, as far as that is known.
fn decide_equal(a: &Val, b: &Val, depth: u32) -> Option<bool> {
    if depth > 200 {
        return None;
    }
    match (&a.kind, &b.kind) {
        (Kind::Null(_), Kind::Null(_)) => Some(true),
        (Kind::Null(_), _) => b.is_not_null().then_some(false),
        (_, Kind::Null(_)) => a.is_not_null().then_some(false),
        (Kind::Unknown(x), Kind::Unknown(y)) if x.id == y.id => Some(true),
        (Kind::Unknown(_), _) | (_, Kind::Unknown(_)) if of_two_types(a, b) => Some(false),
        (Kind::Unknown(u), Kind::Str(s)) | (Kind::Str(s), Kind::Unknown(u)) => {
            (!could_be(&u.parts, s)).then_some(false)
        }
        (Kind::Unknown(_) | Kind::OneOf(_) | Kind::Instance(_), _)
        | (_, Kind::Unknown(_) | Kind::OneOf(_) | Kind::Instance(_)) => None,
        (Kind::Bool(x), Kind::Bool(y)) => Some(x == y),
        (Kind::Num(x), Kind::Num(y)) => Some(x == y),
        (Kind::Str(x), Kind::Str(y)) => Some(x == y),
        (Kind::List(x), Kind::List(y)) | (Kind::Tuple(x), Kind::Tuple(y)) => all_equal(
            x.items.iter(),
            y.items.iter(),
            x.items.len() == y.items.len(),
            depth,
        ),
        (Kind::Set(x), Kind::Set(y)) => {
            if x.has.unknown || y.has.unknown || x.has.one_of || y.has.one_of {
                return None;
            }
            all_equal(
                x.items.iter(),
                y.items.iter(),
                x.items.len() == y.items.len(),
                depth,
            )
        }
        (Kind::Map(x), Kind::Map(y)) | (Kind::Object(x), Kind::Object(y)) => {
            if x.open.is_some() || y.open.is_some() {
                return None;
            }
            let same_keys = x.items.len() == y.items.len()
                && x.items.iter().zip(&y.items).all(|(a, b)| a.0 == b.0);
            all_equal(
                x.items.iter().map(|(_, v)| v),
                y.items.iter().map(|(_, v)| v),
                same_keys,
                depth,
            )
        }
        _ => Some(false),
    }
}

/// Whether both types are known, and not the same one.
fn of_two_types(a: &Val, b: &Val) -> bool {
    let known = |v: &Val, ty: &Type| !ty.has_dynamic() && !v.has().instance && !v.has().one_of;
    let (x, y) = (a.ty(), b.ty());
    if x == Type::Dynamic || y == Type::Dynamic {
        return false;
    }
    // Of two kinds, whatever is in them.
    let kinds = std::mem::discriminant(&x) != std::mem::discriminant(&y);
    kinds || x != y && known(a, &x) && known(b, &y)
}

fn all_equal<'v>(
    a: impl Iterator<Item = &'v Val>,
    b: impl Iterator<Item = &'v Val>,
    same_shape: bool,
    depth: u32,
) -> Option<bool> {
    if !same_shape {
        return Some(false);
    }
    let mut out = Some(true);
    for (x, y) in a.zip(b) {
        match decide_equal(x, y, depth + 1) {
            Some(false) => return Some(false),
            None => out = None,
            Some(true) => {}
        }
    }
    out
}

/// Whether a text with these known parts could be `text`.
pub fn could_be(parts: &[Part], text: &str) -> bool {
    if parts.is_empty() {
        return true;
    }
    let mut rest = text;
    let mut gap = false;
    for (i, part) in parts.iter().enumerate() {
        match part {
            Part::Unknown | Part::Named(_) => gap = true,
            Part::Known(k) => {
                let last = i + 1 == parts.len();
                if gap && last {
                    return rest.ends_with(&**k);
                }
                if gap {
                    match rest.find(&**k) {
                        Some(at) => rest = &rest[at + k.len()..],
                        None => return false,
                    }
                } else if let Some(after) = rest.strip_prefix(&**k) {
                    rest = after;
                } else {
                    return false;
                }
                gap = false;
            }
        }
    }
    gap || rest.is_empty()
}

/// The values of an unknown key into known elements: one of them, each where the key is its.
pub(super) fn by_key<'v>(
    key: &Unknown,
    items: impl Iterator<Item = (Val, &'v Val)>,
) -> Vec<(World, Val)> {
    items
        .map(|(k, v)| {
            let literal = test(key, &k);
            (World::of(literal), v.clone())
        })
        .collect()
}

/// An identity for the unknown element of something.
pub(super) fn element_id(of: u64, key: &Val) -> u64 {
    mix(mix(0xe1e, of), key.identity())
}
