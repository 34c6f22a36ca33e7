//! Conversion of values between types, and the one type that several have in common.
//!
//! Follows cty's `convert` package, as Terraform uses it: what converts, what unifies, and in which
//! words it says no.

use super::number::Num;
use super::types::Type;
use super::value::{Kind, Unknown, Val};
use std::sync::Arc;

/// Converts a value; unknown stays unknown, alternatives are converted one by one.
pub fn convert(v: &Val, ty: &Type) -> Result<Val, String> {
    if *ty == Type::Dynamic {
        return Ok(v.clone());
    }
    let out: Val = match &v.kind {
        Kind::OneOf(alts) => {
            let mut out = Vec::with_capacity(alts.len());
            let mut error = None;
            for a in alts.iter() {
                match convert(&a.val, ty) {
                    Ok(x) => out.push((a.when.clone(), x)),
                    Err(e) => error = Some(e),
                }
            }
            match error {
                // A world in which Terraform refuses is not one in which data is kept.
                Some(e) if out.is_empty() => return Err(e),
                _ => Val::one_of(out),
            }
        }
        Kind::Null(_) => Val::null_of(ty.clone()),
        Kind::Unknown(u) => {
            if !convertible(&u.ty, ty) {
                return Err(mismatch(ty));
            }
            Kind::Unknown(Arc::new(Unknown {
                ty: unknown_type(&u.ty, ty),
                ..(**u).clone()
            }))
            .into()
        }
        Kind::Instance(_) => super::value::unknown_from(ty.clone(), "convert", &[v]),
        _ => known(v, ty)?,
    };
    let via = if out.is_known() == v.is_known() {
        v.via.clone()
    } else {
        None
    };
    Ok(Val {
        via,
        ..out.marked(v.marks)
    })
}

/// The type of an unknown after conversion: dynamic parts of the target take what is known.
fn unknown_type(from: &Type, to: &Type) -> Type {
    match (from, to) {
        (_, Type::Dynamic) => from.clone(),
        (Type::List(f) | Type::Set(f), Type::List(t)) => Type::list(unknown_type(f, t)),
        (Type::List(f) | Type::Set(f), Type::Set(t)) => Type::set(unknown_type(f, t)),
        (Type::Map(f), Type::Map(t)) => Type::map(unknown_type(f, t)),
        _ => to.clone(),
    }
}

fn mismatch(ty: &Type) -> String {
    match ty {
        Type::Bool => "a bool is required".into(),
        Type::Number => "a number is required".into(),
        Type::String => "string required".into(),
        other => format!("{} required", other.friendly()),
    }
}

fn known(v: &Val, ty: &Type) -> Result<Val, String> {
    match ty {
        Type::String => match &v.kind {
            Kind::Str(_) => Ok(Val::from(v.kind.clone())),
            Kind::Num(n) => Ok(Val::str(n.to_string())),
            Kind::Bool(b) => Ok(Val::str(if *b { "true" } else { "false" })),
            _ => Err("string required".into()),
        },
        Type::Number => match &v.kind {
            Kind::Num(_) => Ok(Val::from(v.kind.clone())),
            Kind::Str(s) => Num::parse(s)
                .map(Val::num)
                .ok_or_else(|| "a number is required".into()),
            _ => Err("number required".into()),
        },
        Type::Bool => match &v.kind {
            Kind::Bool(_) => Ok(Val::from(v.kind.clone())),
            Kind::Str(s) => match &**s {
                "true" | "1" => Ok(Val::bool(true)),
                "false" | "0" => Ok(Val::bool(false)),
                _ => Err("a bool is required".into()),
            },
            _ => Err("bool required".into()),
        },
        Type::List(elem) | Type::Set(elem) => {
            let set = matches!(ty, Type::Set(_));
            let Some(items) = v.as_seq() else {
                return Err(mismatch(ty));
            };
            let (elem, items) = elements(items, elem, own_elem(v))?;
            Ok(if set {
                Val::set(elem, items)
            } else {
                Val::list(elem, items)
            })
        }
        Type::Map(elem) => {
            let Some(fields) = v.as_fields() else {
                return Err(mismatch(ty));
            };
            let values: Vec<Val> = fields.items.iter().map(|(_, v)| v.clone()).collect();
            let own = match &v.kind {
                Kind::Map(f) => Some(f.elem.clone()),
                _ => None,
            };
            let (elem, values) = elements(&values, elem, own)?;
            let keys = fields.items.iter().map(|(k, _)| k.clone());
            Ok(Val::map(elem, keys.zip(values).collect()))
        }
        Type::Tuple(types) => {
            let items = match &v.kind {
                Kind::Tuple(s) | Kind::List(s) => &s.items,
                _ => return Err("tuple required".into()),
            };
            if items.len() != types.len() {
                return Err(format!("tuple of {} elements required", types.len()));
            }
            let items: Result<Vec<Val>, String> = items
                .iter()
                .zip(types.iter())
                .map(|(v, t)| convert(v, t))
                .collect();
            Ok(Val::tuple(items?))
        }
        Type::Object(o) => {
            let Some(fields) = v.as_fields() else {
                return Err("object required".into());
            };
            let mut out = Vec::with_capacity(o.attributes.len());
            for (name, t) in &o.attributes {
                match fields.get(name) {
                    Some(v) => out.push((
                        name.clone(),
                        convert(v, t).map_err(|e| format!("attribute \"{name}\": {e}"))?,
                    )),
                    None => return Err(format!("attribute \"{name}\" is required")),
                }
            }
            Ok(Val::object(out))
        }
        Type::Dynamic => Ok(v.clone()),
    }
}

fn own_elem(v: &Val) -> Option<Type> {
    match &v.kind {
        Kind::List(s) | Kind::Set(s) => Some(s.elem.clone()),
        _ => None,
    }
}

/// Converts elements to one type; where the wanted type is dynamic, to the one they have in common.
fn elements(items: &[Val], elem: &Type, own: Option<Type>) -> Result<(Type, Vec<Val>), String> {
    let elem = if elem.has_dynamic() {
        if items.is_empty() {
            own.filter(|_| *elem == Type::Dynamic)
                .unwrap_or_else(|| elem.clone())
        } else {
            let converted: Result<Vec<Val>, String> =
                items.iter().map(|v| convert(v, elem)).collect();
            let types: Vec<Type> = converted?.iter().map(Val::ty).collect();
            unify(&types).ok_or_else(|| "all elements must have the same type".to_owned())?
        }
    } else {
        elem.clone()
    };
    let items: Result<Vec<Val>, String> = items.iter().map(|v| convert(v, &elem)).collect();
    Ok((elem, items?))
}

/// Whether a value of type `from` can become one of type `to`, for some value.
pub fn convertible(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Dynamic, _) | (_, Type::Dynamic) => true,
        (Type::Bool | Type::Number, Type::String) | (Type::String, _) if to.is_primitive() => true,
        (Type::List(f) | Type::Set(f), Type::List(t) | Type::Set(t))
        | (Type::Map(f), Type::Map(t)) => convertible(f, t),
        (Type::Tuple(fs), Type::List(t) | Type::Set(t)) => fs.iter().all(|f| convertible(f, t)),
        (Type::Tuple(fs), Type::Tuple(ts)) => {
            fs.len() == ts.len() && fs.iter().zip(ts.iter()).all(|(f, t)| convertible(f, t))
        }
        (Type::Object(o), Type::Map(t)) => o.attributes.iter().all(|(_, f)| convertible(f, t)),
        (Type::Map(f), Type::Object(o)) => o.attributes.iter().all(|(_, t)| convertible(f, t)),
        (Type::Object(f), Type::Object(t)) => t.attributes.iter().all(|(name, t)| {
            f.attributes
                .iter()
                .any(|(n, f)| n == name && convertible(f, t))
        }),
        _ => from == to,
    }
}

/// The type that all of these convert to without loss; `None` where there is none.
pub fn unify(types: &[Type]) -> Option<Type> {
    let mut rest = types.iter().filter(|t| **t != Type::Dynamic);
    let Some(first) = rest.next() else {
        return Some(Type::Dynamic);
    };
    let mut out = first.clone();
    for t in rest {
        out = unify_two(&out, t)?;
    }
    Some(out)
}

fn unify_two(a: &Type, b: &Type) -> Option<Type> {
    if a == b {
        return Some(a.clone());
    }
    match (a, b) {
        (Type::Dynamic, x) | (x, Type::Dynamic) => Some(x.clone()),
        (Type::String, x) | (x, Type::String) if x.is_primitive() => Some(Type::String),
        (Type::List(x), Type::List(y)) => Some(Type::list(unify_two(x, y)?)),
        (Type::Set(x), Type::Set(y)) => Some(Type::set(unify_two(x, y)?)),
        (Type::Map(x), Type::Map(y)) => Some(Type::map(unify_two(x, y)?)),
        (Type::List(x), Type::Set(y)) | (Type::Set(x), Type::List(y)) => {
            Some(Type::list(unify_two(x, y)?))
        }
        (Type::List(x), Type::Tuple(ts)) | (Type::Tuple(ts), Type::List(x)) => Some(Type::list(
            ts.iter().try_fold((**x).clone(), |a, t| unify_two(&a, t))?,
        )),
        (Type::Set(x), Type::Tuple(ts)) | (Type::Tuple(ts), Type::Set(x)) => Some(Type::set(
            ts.iter().try_fold((**x).clone(), |a, t| unify_two(&a, t))?,
        )),
        (Type::Map(x), Type::Object(o)) | (Type::Object(o), Type::Map(x)) => Some(Type::map(
            o.attributes
                .iter()
                .try_fold((**x).clone(), |a, (_, t)| unify_two(&a, t))?,
        )),
        (Type::Tuple(xs), Type::Tuple(ys)) if xs.len() == ys.len() => {
            let ts: Option<Vec<Type>> = xs
                .iter()
                .zip(ys.iter())
                .map(|(x, y)| unify_two(x, y))
                .collect();
            Some(Type::tuple(ts?))
        }
        (Type::Tuple(xs), Type::Tuple(ys)) => {
            let all: Vec<Type> = xs.iter().chain(ys.iter()).cloned().collect();
            Some(Type::list(unify(&all)?))
        }
        (Type::Object(x), Type::Object(y)) => {
            let same_names = x.attributes.len() == y.attributes.len()
                && x.attributes
                    .iter()
                    .zip(&y.attributes)
                    .all(|(a, b)| a.0 == b.0);
            if same_names {
                let ts: Option<Vec<(Arc<str>, Type)>> = x
                    .attributes
                    .iter()
                    .zip(&y.attributes)
                    .map(|(a, b)| Some((a.0.clone(), unify_two(&a.1, &b.1)?)))
                    .collect();
                return Some(Type::object(ts?));
            }
            let all: Vec<Type> = x
                .attributes
                .iter()
                .chain(&y.attributes)
                .map(|(_, t)| t.clone())
                .collect();
            Some(Type::map(unify(&all)?))
        }
        _ => None,
    }
}
