//! Setunion, setintersection, setsubtract, setproduct.

use super::collections::{MAX_ELEMENTS, is_loose_set, not_known_yet};
use super::{Call, Failure, Function, Param, Returns, dynamic, param};
use crate::evaluate::convert::{convert, is_untyped, set_of, unify, unify_values};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Marks, Val, Why};

fn set_of_any() -> Type {
    Type::set(Type::Dynamic)
}

const FIRST: Param = param("first_set", set_of_any);
const OTHERS: Param = param("other_sets", set_of_any);

const RETURNS: Returns = Returns::From(|args| common(args).map_or(Type::Dynamic, Type::set));

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "setintersection",
        params: &[FIRST],
        more: Some(OTHERS),
        returns: RETURNS,
        call: |c| operate(c, |a, b| a.retain(|v| has(b, v))),
    },
    Function {
        name: "setproduct",
        params: &[],
        more: Some(param("sets", dynamic).unknown_inside().marks()),
        returns: Returns::Always(dynamic),
        call: product,
    },
    Function {
        name: "setsubtract",
        params: &[param("a", set_of_any), param("b", set_of_any)],
        more: None,
        returns: RETURNS,
        call: |c| operate(c, |a, b| a.retain(|v| !has(b, v))),
    },
    Function {
        name: "setunion",
        params: &[FIRST.unknown_inside()],
        more: Some(OTHERS.unknown_inside()),
        returns: RETURNS,
        call: |c| operate(c, |a, b| a.extend(b.iter().cloned())),
    },
];

/// The element type that the sets have in common. An empty set without one takes any; where the type
/// of an element is not known, neither is the common one, but for text, which every primitive becomes.
fn common(sets: &[Val]) -> Option<Type> {
    let types: Vec<Type> = sets
        .iter()
        .filter_map(|v| match v.ty() {
            Type::Set(elem) if *elem != Type::Dynamic || holds_untyped_null(v) => {
                Some((*elem).clone())
            }
            _ => None,
        })
        .collect();
    let elem = unify(&types);
    let untyped = |v: &Val| match &v.kind {
        Kind::Unknown(u) => u.ty.has_dynamic(),
        _ => v.as_seq().is_some_and(|items| items.iter().any(is_untyped)),
    };
    if sets.iter().any(untyped) {
        return elem.filter(|t| *t == Type::String).or(Some(Type::Dynamic));
    }
    // Nulls go with any primitive, but with nothing else.
    elem.filter(|elem| *elem != Type::Dynamic || types.iter().all(|t| t == elem))
}

fn holds_untyped_null(v: &Val) -> bool {
    let mut items = v.as_seq().unwrap_or_default().iter();
    items.any(|v| matches!(v.kind, Kind::Null(Type::Dynamic)))
}

fn all_null(items: &[Val]) -> bool {
    items.iter().all(Val::is_null)
}

fn has(sorted: &[Val], v: &Val) -> bool {
    let at = sorted.partition_point(|x| x.order(v).is_lt());
    let near = sorted[at..].iter().take_while(|x| x.order(v).is_eq());
    near.into_iter().any(|x| x.same(v))
}

fn operate(c: &Call<'_>, f: fn(&mut Vec<Val>, &[Val])) -> Result<Val, Failure> {
    let elem = common(c.args).ok_or("given sets must all have compatible element types")?;
    let ty = Type::set(elem.clone());
    let mut out: Option<Vec<Val>> = None;
    for (i, arg) in c.args.iter().enumerate() {
        let set = convert(arg, &ty).map_err(|e| Failure::at(i, e))?;
        let Some(items) = set.as_seq() else {
            return Ok(not_known_yet(c, ty));
        };
        // A union has all that is there, known or not.
        if c.name != "setunion" && items.iter().any(|v| v.has().unknown) {
            return Ok(not_known_yet(c, ty));
        }
        match &mut out {
            None => out = Some(items.to_vec()),
            Some(out) => f(out, items),
        }
        if out.as_ref().is_some_and(|o| o.len() > MAX_ELEMENTS) {
            return Err(Failure::Unknown(Why::Limit, c.name.to_owned()));
        }
    }
    Ok(set_of(elem, out.unwrap_or_default()))
}

/// All combinations of one element of each.
fn product(c: &Call<'_>) -> Result<Val, Failure> {
    if c.args.len() < 2 {
        return Err("at least two arguments are required".into());
    }
    let mut marks = Marks::NONE;
    let mut lists = true;
    let mut loose = false;
    let mut elems = Vec::with_capacity(c.args.len());
    for (i, arg) in c.args.iter().enumerate() {
        marks = marks.with(arg.marks);
        loose |= is_loose_set(arg);
        let elem = match &arg.kind {
            Kind::Set(s) => {
                lists = false;
                s.elem.clone()
            }
            Kind::List(s) => s.elem.clone(),
            Kind::Tuple(s) => unify_values(&s.items)
                .filter(|t| *t != Type::Dynamic || !holds_untyped_null(arg) || all_null(&s.items))
                .ok_or_else(|| Failure::at(i, "all elements must be of the same type"))?,
            _ => return Err(Failure::at(i, "a set or a list is required")),
        };
        elems.push(elem);
    }
    let tuple = Type::tuple(elems.clone());
    let ty = if lists {
        Type::list(tuple.clone())
    } else {
        Type::set(tuple.clone())
    };
    if loose {
        return Ok(not_known_yet(c, ty));
    }
    let count = c
        .args
        .iter()
        .filter_map(Val::as_seq)
        .try_fold(1usize, |n, s| n.checked_mul(s.len()));
    if count.is_none_or(|n| n.saturating_mul(c.args.len()) > MAX_ELEMENTS) {
        return Err(Failure::Unknown(Why::Limit, c.name.to_owned()));
    }
    let mut rows: Vec<Vec<Val>> = vec![Vec::new()];
    for (arg, elem) in c.args.iter().zip(&elems) {
        let items: Result<Vec<Val>, String> = arg
            .as_seq()
            .unwrap_or_default()
            .iter()
            .map(|v| convert(v, elem))
            .collect();
        let items = items?;
        let longer = |row: &Vec<Val>, v: &Val| row.iter().chain([v]).cloned().collect();
        rows = rows
            .iter()
            .flat_map(|row| items.iter().map(|v| longer(row, v)).collect::<Vec<_>>())
            .collect();
    }
    let rows = rows.into_iter().map(Val::tuple).collect();
    let out = if lists {
        Val::list(tuple, rows)
    } else {
        set_of(tuple, rows)
    };
    Ok(out.marked(marks))
}
