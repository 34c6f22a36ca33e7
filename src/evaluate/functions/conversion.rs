//! Conversion by name (`tostring`, `toset`, …) and the marks sensitive and ephemeral.

use super::{Call, Failure, Function, Param, Returns, boolean, dynamic, param};
use crate::evaluate::convert::{convert, convertible};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Marks, Val, unknown_from};

const V: &[Param] = &[param("v", dynamic).null().unknown().marks()];
const VALUE: &[Param] = &[param("value", dynamic).null().unknown().marks()];

const fn function(
    name: &'static str,
    params: &'static [Param],
    returns: Returns,
    call: fn(&Call<'_>) -> Result<Val, Failure>,
) -> Function {
    Function {
        name,
        params,
        more: None,
        returns,
        call,
    }
}

/// A conversion keeps a value that is not known as it is, with its new type.
const fn to(name: &'static str, call: fn(&Call<'_>) -> Result<Val, Failure>) -> Function {
    function(name, V, Returns::Always(dynamic), call)
}

pub(super) const FUNCTIONS: &[Function] = &[
    function("ephemeralasnull", VALUE, Returns::Always(dynamic), |c| {
        Ok(without_ephemeral(&c.args[0]))
    }),
    function("issensitive", VALUE, Returns::Always(boolean), |c| {
        Ok(is_sensitive(c))
    }),
    function("nonsensitive", VALUE, Returns::Always(dynamic), |c| {
        let mut v = c.args[0].clone();
        v.marks = v.marks.without(Marks::SENSITIVE);
        Ok(v)
    }),
    function("sensitive", VALUE, Returns::Always(dynamic), |c| {
        Ok(c.args[0].clone().marked(Marks::SENSITIVE))
    }),
    to("tobool", |c| converted(c, &Type::Bool)),
    to("tolist", |c| converted(c, &Type::list(Type::Dynamic))),
    to("tomap", |c| converted(c, &Type::map(Type::Dynamic))),
    to("tonumber", |c| converted(c, &Type::Number)),
    to("toset", |c| converted(c, &Type::set(Type::Dynamic))),
    to("tostring", |c| converted(c, &Type::String)),
];

fn converted(c: &Call<'_>, ty: &Type) -> Result<Val, Failure> {
    let v = &c.args[0];
    convert(v, ty).map_err(|e| {
        let from = v.ty();
        let message = match (&v.kind, ty) {
            _ if !convertible(&from, ty) => {
                format!("cannot convert {} to {}", from.friendly(), wanted(ty))
            }
            (Kind::Str(_), _) if v.marks.has(Marks::SENSITIVE) => {
                format!("cannot convert this sensitive string to {}", wanted(ty))
            }
            (Kind::Str(s), Type::Number) => format!(
                "cannot convert {s:?} to number; given string must be a decimal representation of a number"
            ),
            (Kind::Str(s), Type::Bool) => format!(
                "cannot convert {s:?} to bool; only the strings \"true\" or \"false\" are allowed"
            ),
            _ => e,
        };
        Failure::at(0, message)
    })
}

fn wanted(ty: &Type) -> String {
    match ty {
        Type::List(_) => "list of any single type".into(),
        Type::Set(_) => "set of any single type".into(),
        Type::Map(_) => "map of any single type".into(),
        other => other.friendly(),
    }
}

/// What is not known yet may turn out to be sensitive.
fn is_sensitive(c: &Call<'_>) -> Val {
    let v = &c.args[0];
    match v.kind {
        _ if v.marks.has(Marks::SENSITIVE) => Val::bool(true),
        Kind::Unknown(_) => unknown_from(Type::Bool, c.name, &[v]),
        _ => Val::bool(false),
    }
}

/// With null in place of what is ephemeral, at any depth.
fn without_ephemeral(v: &Val) -> Val {
    let has = v.has().marks;
    if !has.has(Marks::EPHEMERAL) {
        return v.clone();
    }
    let rest = v.marks.without(Marks::EPHEMERAL);
    if v.marks.has(Marks::EPHEMERAL) {
        return Val::null_of(v.ty()).marked(rest);
    }
    let items = |items: &[Val]| items.iter().map(without_ephemeral).collect();
    let out = match &v.kind {
        Kind::List(s) => Val::list(s.elem.clone(), items(&s.items)),
        Kind::Set(s) => Val::set(s.elem.clone(), items(&s.items)),
        Kind::Tuple(s) => Val::tuple(items(&s.items)),
        Kind::Map(f) | Kind::Object(f) => {
            let fields = f.items.iter();
            let fields = fields
                .map(|(k, v)| (k.clone(), without_ephemeral(v)))
                .collect();
            match (&v.kind, &f.open) {
                (Kind::Map(_), _) => Val::map(f.elem.clone(), fields),
                (_, Some(open)) => Val::open_object(fields, open.clone()),
                (_, None) => Val::object(fields),
            }
        }
        _ => return v.clone(),
    };
    out.marked(rest)
}
