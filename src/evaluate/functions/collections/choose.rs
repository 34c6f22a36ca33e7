//! One of several: coalesce, element, one, and the tests of elements: contains, index, alltrue.

use super::equal::{decide, equal};
use super::{Call, Failure, each_world, is_loose_set, not_known, not_known_yet, whole};
use crate::evaluate::convert::{convert, unify_values};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Literal, MAX_ALTERNATIVES, Val, World, lift, mix};

/// Whether some element is `stop`, the bool that decides alone; null counts as false.
pub(super) fn some_is(c: &Call<'_>, stop: bool) -> Val {
    let decides = |v: &Val| match &v.kind {
        Kind::Bool(b) => *b == stop,
        Kind::Null(_) => !stop,
        _ => false,
    };
    let items = c.seq(0);
    if items.iter().any(decides) {
        return Val::bool(stop);
    }
    let open: Vec<Val> = items.iter().filter(|v| !v.is_known()).cloned().collect();
    match open.as_slice() {
        [] => Val::bool(!stop),
        // Keeps what is known about it, and what has to hold for it to be true.
        [one] if one.is_not_null() => one.clone(),
        open => lift(open, |open| {
            if open.iter().any(decides) {
                Val::bool(stop)
            } else if open.iter().all(Val::is_known) {
                Val::bool(!stop)
            } else {
                not_known_yet(c, Type::Bool)
            }
        }),
    }
}

/// Whether the value is among the elements.
pub(super) fn contains(c: &Call<'_>) -> Result<Val, Failure> {
    let (list, value) = (&c.args[0], &c.args[1]);
    let Some(items) = list.as_seq() else {
        return match (&list.kind, list.ty()) {
            (Kind::Unknown(_), Type::List(_) | Type::Set(_) | Type::Tuple(_) | Type::Dynamic) => {
                Ok(not_known_yet(c, Type::Bool))
            }
            _ => Err("argument must be list, tuple, or set".into()),
        };
    };
    let mut open = Vec::new();
    for item in items {
        let same = equal(value, item);
        match same.kind {
            Kind::Bool(true) => return Ok(same),
            Kind::Bool(false) => {}
            _ => open.push(same),
        }
    }
    match open.as_slice() {
        [] => Ok(Val::bool(false)),
        // Keeps what has to hold for it to be true.
        [one] => Ok(one.clone()),
        open if let Some(worlds) = one_of_constants(open) => Ok(Val::one_of(worlds)),
        open => Ok(lift(open, |open| {
            if open.iter().any(|v| v.as_bool() == Some(true)) {
                Val::bool(true)
            } else if open.iter().all(Val::is_known) {
                Val::bool(false)
            } else {
                not_known_yet(c, Type::Bool)
            }
        })),
    }
}

/// The worlds of "it is one of these constants": each of them, and none of them.
fn one_of_constants(open: &[Val]) -> Option<Vec<(World, Val)>> {
    let tests = open
        .iter()
        .map(|v| v.as_unknown()?.test.clone())
        .collect::<Option<Vec<Literal>>>()?;
    let first = tests.first()?;
    let same = |t: &Literal| t.equal && t.atom == first.atom;
    if tests.len() >= MAX_ALTERNATIVES || !tests.iter().all(same) {
        return None;
    }
    let mut none = World::ANY;
    for t in &tests {
        none = none.and(&World::of(t.negate()))?;
    }
    let mut out: Vec<_> = tests
        .into_iter()
        .map(|t| (World::of(t), Val::bool(true)))
        .collect();
    out.push((none, Val::bool(false)));
    Some(out)
}

/// Where the value stands for the first time.
pub(super) fn index(c: &Call<'_>) -> Result<Val, Failure> {
    let items = match &c.args[0].kind {
        Kind::List(s) | Kind::Tuple(s) => &s.items,
        _ => return Err("argument must be a list or tuple".into()),
    };
    if items.is_empty() {
        return Err("cannot search an empty list".into());
    }
    if c.args[0].has().one_of {
        return each_world(c, 0, Type::Number, index);
    }
    for (i, item) in items.iter().enumerate() {
        match decide(&c.args[1], item) {
            Some(true) => return Ok(Val::num(i)),
            Some(false) => {}
            None => return Ok(not_known_yet(c, Type::Number)),
        }
    }
    Err("item not found".into())
}

/// The first that is neither null nor empty text.
pub(super) fn coalesce(c: &Call<'_>) -> Result<Val, Failure> {
    let ty = Some(c.args)
        .filter(|args| !args.is_empty())
        .and_then(unify_values)
        .ok_or("all arguments must have the same type")?;
    for arg in c.args {
        let v = convert(arg, &ty)?;
        match &v.kind {
            Kind::Null(_) => {}
            Kind::Str(s) if s.is_empty() => {}
            Kind::Unknown(u) if !u.not_null => return Ok(not_known_yet(c, ty)),
            _ => return Ok(v),
        }
    }
    Err("no non-null, non-empty-string arguments".into())
}

/// The first that has elements.
pub(super) fn coalesce_list(c: &Call<'_>) -> Result<Val, Failure> {
    if c.args.is_empty() {
        return Err("at least one argument is required".into());
    }
    for arg in c.args {
        match (&arg.kind, arg.ty()) {
            // What kind of value it is, is not known, and with it the type of the result.
            (Kind::Unknown(_), Type::Dynamic) => break,
            (_, Type::List(_) | Type::Tuple(_)) => {}
            _ => return Err("coalescelist arguments must be lists or tuples".into()),
        }
    }
    for arg in c.args {
        match &arg.kind {
            Kind::Unknown(u) if matches!(&u.ty, Type::Tuple(ts) if ts.is_empty()) => {}
            Kind::Unknown(u) if matches!(&u.ty, Type::Tuple(_)) && u.not_null => {
                return Ok(arg.clone());
            }
            Kind::Unknown(_) => return Ok(not_known_yet(c, Type::Dynamic)),
            Kind::Null(_) => {}
            _ if arg.as_seq().is_some_and(<[Val]>::is_empty) => {}
            _ => return Ok(arg.clone()),
        }
    }
    Err("no non-null arguments".into())
}

/// The element at an index, counted round and round.
pub(super) fn element(c: &Call<'_>) -> Result<Val, Failure> {
    let list = &c.args[0];
    let (items, tuple) = match &list.kind {
        Kind::List(s) => (&s.items, false),
        Kind::Tuple(s) => (&s.items, true),
        _ => return Err(format!("cannot read elements from {}", list.ty().friendly()).into()),
    };
    if c.args[1].as_num().is_none() {
        return Ok(any_element(c, items).marked(list.marks));
    }
    if items.is_empty() {
        return Err("cannot use element function with an empty list".into());
    }
    let at = whole(c, 1, "invalid index: ")?;
    let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
    if tuple && at % count < 0 {
        return Err("cannot use element function with a negative index".into());
    }
    let at = usize::try_from(at.rem_euclid(count)).unwrap_or(0);
    Ok(items[at].clone().marked(list.marks))
}

/// One of the elements; which one, the index decides.
fn any_element(c: &Call<'_>, items: &[Val]) -> Val {
    let index = &c.args[1];
    let ty = match &c.args[0].kind {
        Kind::List(s) => s.elem.clone(),
        _ => Type::Dynamic,
    };
    let unknown = not_known(c, ty);
    let few = (1..=MAX_ALTERNATIVES).contains(&items.len());
    let (Some(u), true) = (index.as_unknown(), few) else {
        return unknown;
    };
    let count = items.len();
    let of = |i: usize| {
        World::of(Literal::new(
            mix(u.id, count as u64),
            &Val::num(i),
            format!("{} % {count} = {i}", u.subject),
        ))
    };
    let each = items.iter().enumerate().map(|(i, v)| (of(i), v.clone()));
    Val::one_of(each.collect()).marked(index.marks)
}

/// The only element, or null where there is none.
pub(super) fn one(c: &Call<'_>) -> Result<Val, Failure> {
    const WRONG: &str = "must be a list, set, or tuple value with either zero or one elements";
    let list = &c.args[0];
    let (items, elem) = match &list.kind {
        Kind::List(s) | Kind::Set(s) => (&s.items, &s.elem),
        Kind::Tuple(s) => (&s.items, &Type::Dynamic),
        _ => return Err(Failure::at(0, WRONG)),
    };
    match items.as_slice() {
        [] => Ok(Val::null_of(elem.clone()).marked(list.marks)),
        [only] => Ok(only.clone().marked(list.marks)),
        _ if is_loose_set(list) => each_world(c, 0, elem.clone(), one),
        _ => Err(Failure::at(0, WRONG)),
    }
}
