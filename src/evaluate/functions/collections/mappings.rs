//! Functions of maps and objects.

use super::equal::may_be;
use super::{Call, Failure, MAX_ELEMENTS, not_known, not_known_yet, open_keys};
use crate::evaluate::convert::{convert, missing};
use crate::evaluate::operators::by_key;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Fields, Kind, Marks, Ref, Unknown, Val, Why, World};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The keys, sorted.
pub(super) fn keys(c: &Call<'_>) -> Result<Val, Failure> {
    let map = &c.args[0];
    let texts = |f: &Fields| f.items.iter().map(|(k, _)| Val::str(k.clone())).collect();
    let out = match &map.kind {
        Kind::Map(f) => Val::list(Type::String, texts(f)),
        Kind::Object(f) => match &f.open {
            Some(open) => return Err(open_keys(&open.path)),
            None => Val::tuple(texts(f)),
        },
        Kind::Instance(_) => not_known_yet(c, Type::Dynamic),
        Kind::Unknown(u) => match &u.ty {
            Type::Object(o) => {
                let names = o.attributes.iter().map(|(n, _)| Val::str(n.clone()));
                Val::tuple(names.collect())
            }
            Type::Map(_) => not_known_yet(c, Type::list(Type::String)),
            Type::Dynamic => not_known_yet(c, Type::Dynamic),
            _ => return Err(Failure::at(0, "must have map or object type")),
        },
        _ => return Err(Failure::at(0, "must have map or object type")),
    };
    Ok(out.marked(map.marks))
}

/// The values, in the order of their keys.
pub(super) fn values(c: &Call<'_>) -> Result<Val, Failure> {
    let map = &c.args[0];
    let items = |f: &Fields| f.items.iter().map(|(_, v)| v.clone()).collect();
    let out = match &map.kind {
        Kind::Map(f) => Val::list(f.elem.clone(), items(f)),
        Kind::Object(f) => match &f.open {
            Some(open) => return Err(open_keys(&open.path)),
            None => Val::tuple(items(f)),
        },
        _ => return Err("values() requires a map as the first argument".into()),
    };
    Ok(out.marked(map.marks))
}

/// The value at a key, or a default.
pub(super) fn lookup(c: &Call<'_>) -> Result<Val, Failure> {
    let (map, key) = (&c.args[0], &c.args[1]);
    if c.args.len() > 3 {
        return Err(format!(
            "lookup() takes two or three arguments, got {}",
            c.args.len()
        )
        .into());
    }
    let fields = map
        .as_fields()
        .ok_or_else(|| Failure::at(0, "lookup() requires a map as the first argument"))?;
    let default = c.args.get(2).map(|v| default(map, v)).transpose()?;
    let marks = map.marks.with(key.marks);
    let Some(name) = key.as_str() else {
        return Ok(match key.as_unknown() {
            Some(u) if fields.open.is_none() => any_value(fields, u, default).marked(marks),
            _ => not_known(c, Type::Dynamic),
        });
    };
    if let Some(v) = fields.get(name) {
        return Ok(v.clone().marked(marks));
    }
    if let Some(v) = missing(fields, name) {
        return Ok(v.marked(marks));
    }
    if let Some(v) = default {
        return Ok(v.marked(marks));
    }
    Err(match map.kind {
        Kind::Object(_) => Failure::at(0, format!("the given object has no attribute \"{name}\"")),
        _ => format!("lookup failed to find key \"{name}\"").into(),
    })
}

/// The default as a map's element; an object's values have their own types.
fn default(map: &Val, v: &Val) -> Result<Val, Failure> {
    match &map.kind {
        Kind::Map(f) => convert(v, &f.elem).map_err(|_| {
            Failure::at(
                2,
                "the default value must have the same type as the map elements",
            )
        }),
        _ => Ok(v.clone()),
    }
}

/// One of the values, or the default: the key, which is not known, decides.
fn any_value(fields: &Fields, key: &Unknown, default: Option<Val>) -> Val {
    let items = fields.items.iter().filter(|(k, _)| may_be(key, k));
    let mut out = by_key(key, items.map(|(k, v)| (Val::str(k.clone()), v)));
    let mut none = Some(World::ANY);
    for literal in out.iter().flat_map(|(w, _)| w.literals()) {
        none = none.and_then(|w| w.and(&World::of(literal.negate())));
    }
    if let (Some(world), Some(v)) = (none, default) {
        out.push((world, v));
    }
    Val::one_of(out)
}

/// All keys of all maps, the last value of each.
pub(super) fn merge(c: &Call<'_>) -> Result<Val, Failure> {
    let mut marks = Marks::NONE;
    let mut items: Vec<(Arc<str>, Val)> = Vec::new();
    let mut open: Option<Arc<Ref>> = None;
    let mut unknown = false;
    for arg in c.args {
        match &arg.kind {
            Kind::Null(Type::Dynamic | Type::Map(_) | Type::Object(_)) => {}
            Kind::Map(f) | Kind::Object(f) => {
                marks = marks.with(arg.marks);
                if let Some(own) = &f.open {
                    // What was there before may be overridden by what the provider computes.
                    unknown |= open.is_some();
                    open = Some(own.clone());
                    items.clear();
                }
                items.extend(f.items.iter().cloned());
            }
            Kind::Instance(_) => unknown = true,
            // Of those after it terraform says nothing.
            Kind::Unknown(u) if u.ty == Type::Dynamic => {
                return Ok(not_known_yet(c, Type::Dynamic));
            }
            Kind::Unknown(u) if matches!(u.ty, Type::Dynamic | Type::Map(_) | Type::Object(_)) => {
                unknown = true;
            }
            _ => {
                let got = arg.ty().friendly();
                return Err(format!("arguments must be maps or objects, got \"{got}\"").into());
            }
        }
    }
    let first = c.args.first().map(Val::ty);
    let elem = match &first {
        Some(Type::Map(elem)) if c.args.iter().all(|v| Some(v.ty()) == first) => Some(elem),
        _ => None,
    };
    if unknown {
        let ty = elem.map_or(Type::Dynamic, |e| Type::Map(e.clone()));
        return Ok(not_known_yet(c, ty));
    }
    if items.len() > MAX_ELEMENTS {
        return Err(Failure::Unknown(Why::Limit, c.name.to_owned()));
    }
    let out = match (elem, open) {
        (Some(elem), _) => Val::map((**elem).clone(), items),
        (None, Some(open)) => Val::open_object(items, open),
        (None, None) => Val::object(items),
    };
    Ok(out.marked(marks))
}

/// Keys become values and values keys.
pub(super) fn transpose(c: &Call<'_>) -> Result<Val, Failure> {
    let mut out: BTreeMap<Arc<str>, Vec<Val>> = BTreeMap::new();
    let fields = c.args[0].as_fields().map(|f| f.items.as_slice());
    for (key, list) in fields.unwrap_or_default() {
        let list = list.as_seq().ok_or("input must not contain null list")?;
        for v in list {
            let Kind::Str(s) = &v.kind else {
                return Err("input list must not contain null string".into());
            };
            out.entry(s.clone())
                .or_default()
                .push(Val::str(key.clone()));
        }
    }
    let lists = out
        .into_iter()
        .map(|(k, keys)| (k, Val::list(Type::String, keys)));
    Ok(Val::map(Type::list(Type::String), lists.collect()))
}

/// An object or map of keys and values.
pub(super) fn zip_map(c: &Call<'_>) -> Result<Val, Failure> {
    let values = &c.args[1];
    let (Kind::List(s) | Kind::Tuple(s)) = &values.kind else {
        return Err("values argument must be a list or tuple value".into());
    };
    let keys = c.seq(0);
    if keys.len() != s.items.len() {
        return Err(format!(
            "number of keys ({}) does not match number of values ({})",
            keys.len(),
            s.items.len()
        )
        .into());
    }
    let mut items = Vec::with_capacity(keys.len());
    for (i, (key, v)) in keys.iter().zip(&s.items).enumerate() {
        let Kind::Str(key) = &key.kind else {
            return Err(format!("keys list has null value at index {i}").into());
        };
        items.push((key.clone(), v.clone()));
    }
    let out = match &values.kind {
        Kind::List(s) => Val::map(s.elem.clone(), items),
        _ => Val::object(items),
    };
    Ok(out.marked(values.marks))
}
