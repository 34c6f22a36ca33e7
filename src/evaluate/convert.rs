//! Conversion of values between types, and the one type that several have in common.
//!
//! Follows cty's `convert` package, as Terraform uses it: what converts, what unifies
//! (`convert/unify.rs`), and in which words it says no.
//!
//! An unknown without a type is no obstacle anywhere: Terraform would have had its type from the
//! provider's schema, which is not read here, so it is taken to fit.

mod unify;

#[cfg(test)]
mod tests;

pub use unify::{convertible, is_untyped, mismatch, unify, unify_values};

use super::functions::strip;
use super::number::Num;
use super::types::Type;
use super::value::{Fields, Kind, Marks, Ref, Unknown, Val, hoist, unknown_from};
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
        Kind::Null(from) => {
            if !convertible(from, ty) {
                return Err(mismatch(from, ty));
            }
            Val::null_of(resolved(from, ty))
        }
        Kind::Unknown(u) => {
            if !convertible(&u.ty, ty) {
                return Err(mismatch(&u.ty, ty));
            }
            Kind::Unknown(Arc::new(Unknown {
                ty: resolved(&u.ty, ty),
                ..(**u).clone()
            }))
            .into()
        }
        // Read attribute by attribute as ever; one that the type does not name is never asked for.
        Kind::Instance(_) if matches!(ty, Type::Object(_)) => v.clone(),
        Kind::Instance(_) if ty.is_primitive() => return Err(required(ty)),
        Kind::Instance(_) => unknown_from(ty.clone(), "convert", &[v]),
        _ => known(v, ty).map_err(|e| {
            let own = v.ty();
            if convertible(&own, ty) {
                e
            } else {
                mismatch(&own, ty)
            }
        })?,
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

/// The type after conversion: dynamic parts of the target take what the source has there.
fn resolved(from: &Type, to: &Type) -> Type {
    let common = |types: Vec<&Type>, to: &Type| {
        let types: Vec<Type> = types.into_iter().cloned().collect();
        resolved(&unify(&types).unwrap_or_default(), to)
    };
    match (from, to) {
        (Type::Dynamic, _) => to.clone(),
        (_, Type::Dynamic) => from.clone(),
        (Type::List(f) | Type::Set(f), Type::List(t)) => Type::list(resolved(f, t)),
        (Type::List(f) | Type::Set(f), Type::Set(t)) => Type::set(resolved(f, t)),
        (Type::Tuple(fs), Type::List(t)) => Type::list(common(fs.iter().collect(), t)),
        (Type::Tuple(fs), Type::Set(t)) => Type::set(common(fs.iter().collect(), t)),
        (Type::Tuple(fs), Type::Tuple(ts)) if fs.len() == ts.len() => Type::tuple(
            fs.iter()
                .zip(ts.iter())
                .map(|(f, t)| resolved(f, t))
                .collect(),
        ),
        (Type::Map(f), Type::Map(t)) => Type::map(resolved(f, t)),
        (Type::Object(f), Type::Map(t)) => {
            Type::map(common(f.attributes.iter().map(|(_, t)| t).collect(), t))
        }
        (Type::Map(f), Type::Object(t)) => {
            let attributes = t.attributes.iter();
            Type::object(
                attributes
                    .map(|(n, t)| (n.clone(), resolved(f, t)))
                    .collect(),
            )
        }
        (Type::Object(f), Type::Object(t)) => {
            let one = |(n, t): &(Arc<str>, Type)| {
                let own = f.attributes.iter().find(|(m, _)| m == n);
                (
                    n.clone(),
                    own.map_or_else(|| t.clone(), |(_, f)| resolved(f, t)),
                )
            };
            Type::object(t.attributes.iter().map(one).collect())
        }
        _ => to.clone(),
    }
}

/// A type as error messages ask for it.
fn required(ty: &Type) -> String {
    fn name(ty: &Type) -> String {
        match ty {
            Type::Dynamic => "any single type".into(),
            Type::List(t) => format!("list of {}", name(t)),
            Type::Set(t) => format!("set of {}", name(t)),
            Type::Map(t) => format!("map of {}", name(t)),
            other => other.friendly(),
        }
    }
    format!("{} required", name(ty))
}

fn known(v: &Val, ty: &Type) -> Result<Val, String> {
    match ty {
        Type::String => match &v.kind {
            Kind::Str(_) => Ok(Val::from(v.kind.clone())),
            Kind::Num(n) => Ok(Val::str(n.to_string())),
            Kind::Bool(b) => Ok(Val::str(if *b { "true" } else { "false" })),
            _ => Err(required(ty)),
        },
        Type::Number => match &v.kind {
            Kind::Num(_) => Ok(Val::from(v.kind.clone())),
            Kind::Str(s) => Num::parse(s)
                .map(Val::num)
                .ok_or_else(|| "a number is required".into()),
            _ => Err(required(ty)),
        },
        Type::Bool => match &v.kind {
            Kind::Bool(_) => Ok(Val::from(v.kind.clone())),
            Kind::Str(s) => to_bool(s),
            _ => Err(required(ty)),
        },
        Type::List(elem) | Type::Set(elem) => to_sequence(v, ty, elem),
        Type::Map(elem) => {
            let Some(fields) = v.as_fields() else {
                return Err(required(ty));
            };
            if fields.open.is_some() {
                // Which keys the provider adds is not known.
                return Ok(unknown_from(ty.clone(), "convert", &[v]));
            }
            let own = match &v.kind {
                Kind::Map(f) if f.elem == **elem || **elem == Type::Dynamic => {
                    return Ok(Val::from(v.kind.clone()));
                }
                Kind::Map(f) => Some(&f.elem),
                _ => None,
            };
            if fields.items.is_empty() && !convertible(&v.ty(), ty) {
                return Err(mismatch(&v.ty(), ty));
            }
            let values: Vec<Val> = fields.items.iter().map(|(_, v)| v.clone()).collect();
            let (elem, values) =
                elements(&values, elem, own).ok_or_else(|| mismatch(&v.ty(), ty))??;
            if elem.has_dynamic() && differ(&values) {
                return Err(mismatch(&v.ty(), ty));
            }
            let keys = fields.items.iter().map(|(k, _)| k.clone());
            Ok(Val::map(elem, keys.zip(values).collect()))
        }
        Type::Tuple(types) => {
            let Kind::Tuple(s) = &v.kind else {
                return Err(required(ty));
            };
            if s.items.len() != types.len() {
                return Err(required(ty));
            }
            let pairs = s.items.iter().zip(types.iter());
            let items: Result<Vec<Val>, String> = pairs.map(|(v, t)| convert(v, t)).collect();
            Ok(Val::tuple(items?))
        }
        Type::Object(o) => {
            let Some(fields) = v.as_fields() else {
                return Err(required(ty));
            };
            let mut out = Vec::with_capacity(o.attributes.len());
            for (name, t) in &o.attributes {
                let v = match (fields.get(name), &fields.open) {
                    (Some(v), _) => convert(v, t)?,
                    (None, Some(open)) => computed(open, name, t),
                    (None, None) if matches!(v.kind, Kind::Map(_)) => {
                        return Err(format!(
                            "map has no element for required attribute \"{name}\""
                        ));
                    }
                    (None, None) => return Err(format!("attribute \"{name}\" is required")),
                };
                out.push((name.clone(), v));
            }
            Ok(Val::object(out))
        }
        Type::Dynamic => Ok(v.clone()),
    }
}

fn to_bool(s: &str) -> Result<Val, String> {
    match s {
        "true" | "1" => Ok(Val::bool(true)),
        "false" | "0" => Ok(Val::bool(false)),
        _ => match s.to_lowercase().as_str() {
            lower @ ("true" | "false") => Err(format!(
                "a bool is required; to convert from string, use lowercase \"{lower}\""
            )),
            _ => Err("a bool is required".into()),
        },
    }
}

fn to_sequence(v: &Val, ty: &Type, elem: &Type) -> Result<Val, String> {
    let as_set = matches!(ty, Type::Set(_));
    let Some(items) = v.as_seq() else {
        return Err(required(ty));
    };
    let own = match &v.kind {
        Kind::List(s) if !as_set && (s.elem == *elem || *elem == Type::Dynamic) => {
            return Ok(Val::from(v.kind.clone()));
        }
        Kind::Set(s) if as_set && (s.elem == *elem || *elem == Type::Dynamic) => {
            return Ok(Val::from(v.kind.clone()));
        }
        Kind::Set(s) if !as_set && items.len() > 1 && (s.has.one_of || s.has.unknown) => {
            // How many there are, and in which order, hangs on what is not known.
            let apart = hoist(v);
            if matches!(apart.kind, Kind::OneOf(_)) {
                return convert(&apart, ty);
            }
            return Ok(unknown_from(resolved(&v.ty(), ty), "convert", &[v]));
        }
        Kind::List(s) | Kind::Set(s) => Some(&s.elem),
        _ => None,
    };
    // Also where there are no elements their type has to fit.
    if items.is_empty() && !convertible(&v.ty(), ty) {
        return Err(mismatch(&v.ty(), ty));
    }
    let (elem, items) = elements(items, elem, own).ok_or_else(|| mismatch(&v.ty(), ty))??;
    // Nulls without a type go with primitives, but with nothing else.
    let untyped_null = |v: &Val| matches!(v.kind, Kind::Null(Type::Dynamic));
    if elem == Type::Dynamic
        && items.iter().any(untyped_null)
        && !items.iter().all(untyped_null)
        && !items.iter().any(is_untyped)
    {
        return Err(mismatch(&v.ty(), ty));
    }
    if elem.has_dynamic() && differ(&items) {
        return Err(mismatch(&v.ty(), ty));
    }
    if !as_set {
        return Ok(Val::list(elem, items));
    }
    let set = set_of(elem, items);
    let one_of = matches!(&set.kind, Kind::Set(s) if s.has.one_of && s.elem.is_primitive());
    if one_of {
        let apart = hoist(&set);
        if matches!(apart.kind, Kind::OneOf(_) | Kind::Set(_)) {
            return Ok(apart);
        }
    }
    Ok(set)
}

/// Whether elements are of several types, though what they have in common leaves something open.
fn differ(items: &[Val]) -> bool {
    if items.iter().any(|v| v.has().one_of || holds_untyped(v)) {
        return false;
    }
    let mut types = items.iter().map(Val::ty).filter(|t| *t != Type::Dynamic);
    let first = types.next();
    types.any(|t| Some(t) != first)
}

/// Whether the type of something in it is not known.
fn holds_untyped(v: &Val) -> bool {
    match &v.kind {
        Kind::Unknown(u) => u.ty.has_dynamic(),
        Kind::Instance(_) => true,
        Kind::OneOf(alts) => alts.iter().any(|a| holds_untyped(&a.val)),
        _ if !v.has().unknown && !v.has().instance => false,
        _ => match (v.as_seq(), v.as_fields()) {
            (Some(items), _) => items.iter().any(holds_untyped),
            (_, Some(fields)) => fields.items.iter().any(|(_, v)| holds_untyped(v)),
            _ => false,
        },
    }
}

/// A set; the marks of its elements, nested ones too, move to the set.
pub fn set_of(elem: Type, items: Vec<Val>) -> Val {
    let marks = items.iter().fold(Marks::NONE, |m, v| m.with(v.has().marks));
    if marks.is_empty() {
        return Val::set(elem, items);
    }
    Val::set(elem, items.iter().map(strip).collect()).marked(marks)
}

/// An attribute that the provider of `open` computes.
fn computed(open: &Arc<Ref>, name: &str, ty: &Type) -> Val {
    let path = if open.path.is_empty() {
        name.into()
    } else {
        format!("{}.{name}", open.path).into()
    };
    let of = Kind::Instance(Arc::new(Ref {
        path,
        ..(**open).clone()
    }));
    let mut v = unknown_from(ty.clone(), "attribute", &[&of.into()]);
    if let Kind::Unknown(u) = &mut v.kind {
        Arc::make_mut(u).not_null = false;
    }
    v
}

/// What an attribute or key that a resource's block does not have, its provider computes.
pub fn missing(fields: &Fields, name: &str) -> Option<Val> {
    let open = fields.open.as_ref()?;
    Some(computed(open, name, &Type::Dynamic))
}

type Elements = Result<(Type, Vec<Val>), String>;

/// Converts elements to one type; where the wanted type is dynamic, to the one they have in common,
/// `None` where there is none. `own`: the element type that they have as it is.
fn elements(items: &[Val], elem: &Type, own: Option<&Type>) -> Option<Elements> {
    let convert_all = |items: &[Val], elem: &Type| -> Result<Vec<Val>, String> {
        items.iter().map(|v| convert(v, elem)).collect()
    };
    if !elem.has_dynamic() {
        return Some(convert_all(items, elem).map(|items| (elem.clone(), items)));
    }
    if items.is_empty() {
        let own = own.filter(|_| *elem == Type::Dynamic);
        return Some(Ok((own.unwrap_or(elem).clone(), Vec::new())));
    }
    let items = match convert_all(items, elem) {
        Ok(items) => items,
        Err(e) => return Some(Err(e)),
    };
    let elem = unify_values(&items)?;
    Some(convert_all(&items, &elem).map(|items| (elem, items)))
}
