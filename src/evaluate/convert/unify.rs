//! Which types convert to which, and the one type that several have in common.
//!
//! Only types are looked at here, never values: that `"x"` is no number is found when it is
//! converted.

use super::required;
use crate::evaluate::types::{ObjectType, Type};
use crate::evaluate::value::{Kind, Val};
use std::cmp::Ordering;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// Whether a value of type `from` can become one of type `to`, for some value.
pub fn convertible(from: &Type, to: &Type) -> bool {
    if from == to {
        return true;
    }
    match (from, to) {
        (Type::Dynamic, _) | (_, Type::Dynamic) => true,
        (Type::Bool | Type::Number, Type::String) | (Type::String, Type::Bool | Type::Number) => {
            true
        }
        (Type::List(f) | Type::Set(f), Type::List(t) | Type::Set(t))
        | (Type::Map(f), Type::Map(t)) => convertible(f, t),
        (Type::Tuple(fs), Type::List(t) | Type::Set(t)) => {
            fs.iter().all(|f| convertible(f, t))
                && (**t != Type::Dynamic || fs.is_empty() || common(fs, true))
        }
        (Type::Tuple(fs), Type::Tuple(ts)) => {
            fs.len() == ts.len() && fs.iter().zip(ts.iter()).all(|(f, t)| convertible(f, t))
        }
        (Type::Object(o), Type::Map(t)) => {
            o.attributes.iter().all(|(_, f)| convertible(f, t))
                && (**t != Type::Dynamic || o.attributes.is_empty() || common(&types_of(o), false))
        }
        (Type::Map(f), Type::Object(o)) => o.attributes.iter().all(|(_, t)| convertible(f, t)),
        (Type::Object(f), Type::Object(t)) => t
            .attributes
            .iter()
            .all(|(name, t)| attribute(f, name).is_some_and(|f| convertible(f, t))),
        _ => false,
    }
}

/// Whether they have a type in common; a list or set of several kinds is none.
fn common(types: &[Type], strict: bool) -> bool {
    let dynamic = |t: &Type| *t == Type::Dynamic;
    unify_all(types).is_some_and(|t| !strict || !dynamic(&t) || types.iter().all(dynamic))
}

fn attribute<'a>(o: &'a ObjectType, name: &str) -> Option<&'a Type> {
    let at = o.attributes.binary_search_by(|(n, _)| (**n).cmp(name));
    at.ok().map(|i| &o.attributes[i].1)
}

fn types_of(o: &ObjectType) -> Vec<Type> {
    o.attributes.iter().map(|(_, t)| t.clone()).collect()
}

/// Why `got` does not convert to `want`, in cty's words.
pub fn mismatch(got: &Type, want: &Type) -> String {
    match (got, want) {
        (Type::Object(g), Type::Object(w)) => mismatch_objects(g, w),
        (Type::Tuple(_), Type::List(t)) if **t == Type::Dynamic => {
            "all list elements must have the same type".into()
        }
        (Type::Tuple(_), Type::Set(t)) if **t == Type::Dynamic => {
            "all set elements must have the same type".into()
        }
        (Type::Object(_), Type::Map(t)) if **t == Type::Dynamic => {
            "all map elements must have the same type".into()
        }
        (Type::Tuple(ts), Type::List(t) | Type::Set(t)) => {
            let bad = ts.iter().enumerate().find(|(_, f)| !convertible(f, t));
            bad.map_or_else(
                || format!("all elements must be {}", t.friendly()),
                |(i, f)| format!("element {i}: {}", mismatch(f, t)),
            )
        }
        (Type::Object(o), Type::Map(t)) => {
            let bad = o.attributes.iter().find(|(_, f)| !convertible(f, t));
            bad.map_or_else(
                || format!("all elements must be {}", t.friendly()),
                |(n, f)| format!("element \"{n}\": {}", mismatch(f, t)),
            )
        }
        (Type::List(f) | Type::Set(f), Type::List(t)) => {
            format!("incorrect list element type: {}", mismatch(f, t))
        }
        (Type::List(f) | Type::Set(f), Type::Set(t)) => {
            format!("incorrect set element type: {}", mismatch(f, t))
        }
        (Type::Map(f), Type::Map(t)) => {
            format!("incorrect map element type: {}", mismatch(f, t))
        }
        _ => required(want),
    }
}

fn mismatch_objects(got: &ObjectType, want: &ObjectType) -> String {
    let missing: Vec<String> = want
        .attributes
        .iter()
        .filter(|(n, _)| attribute(got, n).is_none())
        .map(|(n, _)| format!("\"{n}\""))
        .collect();
    match missing.as_slice() {
        [] => {}
        [one] => return format!("attribute {one} is required"),
        [one, two] => return format!("attributes {one} and {two} are required"),
        [some @ .., last] => {
            return format!("attributes {}, and {last} are required", some.join(", "));
        }
    }
    let bad = want.attributes.iter().find_map(|(n, t)| {
        let own = attribute(got, n).filter(|f| !convertible(f, t))?;
        Some(format!("attribute \"{n}\": {}", mismatch(own, t)))
    });
    bad.unwrap_or_else(|| "incorrect object attributes".into())
}

/// The type that all of these convert to; `None` where there is none.
pub fn unify(types: &[Type]) -> Option<Type> {
    if types.is_empty() {
        return Some(Type::Dynamic);
    }
    unify_all(types)
}

/// The type that all of these values convert to. Where the type of one is not known, neither is the
/// common one, but for text, which every primitive converts to.
pub fn unify_values(values: &[Val]) -> Option<Type> {
    fn collect(v: &Val, out: &mut Vec<Type>) {
        match &v.kind {
            Kind::OneOf(alts) => alts.iter().for_each(|a| collect(&a.val, out)),
            _ if is_untyped(v) => {}
            _ => out.push(v.ty()),
        }
    }
    let mut types = Vec::with_capacity(values.len());
    for v in values {
        collect(v, &mut types);
    }
    let known = unify(&types);
    if values.iter().any(is_untyped) {
        return known.filter(|t| *t == Type::String).or(Some(Type::Dynamic));
    }
    known
}

/// Whether its type is not known, in some world at least.
pub fn is_untyped(v: &Val) -> bool {
    match &v.kind {
        Kind::Unknown(u) => u.ty == Type::Dynamic,
        Kind::Instance(_) => true,
        Kind::OneOf(alts) => alts.iter().any(|a| is_untyped(&a.val)),
        _ => false,
    }
}

/// As cty does it: types of one kind make a new type of that kind; else one of the types is chosen
/// that the others convert to.
fn unify_all(types: &[Type]) -> Option<Type> {
    let mut seen = HashSet::with_capacity(types.len());
    let types: Vec<&Type> = types.iter().filter(|t| seen.insert(*t)).collect();
    if let [one] = types.as_slice() {
        return Some((*one).clone());
    }
    let count = |f: fn(&Type) -> bool| types.iter().filter(|t| f(t)).count();
    let maps = count(|t| matches!(t, Type::Map(_)));
    let lists = count(|t| matches!(t, Type::List(_)));
    let sets = count(|t| matches!(t, Type::Set(_)));
    let objects = count(|t| matches!(t, Type::Object(_)));
    let tuples = count(|t| matches!(t, Type::Tuple(_)));
    let dynamics = count(|t| matches!(t, Type::Dynamic));
    let all = types.len();
    // What a dynamic one turns out to be may change which way is taken.
    let or_dynamic = |t: Option<Type>| if dynamics > 0 { Some(Type::Dynamic) } else { t };
    if maps > 0 && maps + dynamics == all {
        return or_dynamic(elements(&types).map(Type::map));
    }
    if lists > 0 && lists + dynamics == all {
        return or_dynamic(elements(&types).map(Type::list));
    }
    if sets > 0 && sets + dynamics == all {
        return or_dynamic(elements(&types).map(Type::set));
    }
    if maps > 0 && maps + objects + dynamics == all {
        let found = replace(&types, |t| matches!(t, Type::Object(_)), to_map);
        if let Some(t @ Type::Map(_)) = found {
            return Some(t);
        }
    } else if lists > 0 && lists + tuples + dynamics == all {
        let found = replace(&types, |t| matches!(t, Type::Tuple(_)), to_list);
        if let Some(t @ Type::List(_)) = found {
            return Some(t);
        }
    } else if objects > 0 && objects + dynamics == all {
        return if dynamics > 0 {
            Some(Type::Dynamic)
        } else {
            unify_objects(&types)
        };
    } else if tuples > 0 && tuples + dynamics == all {
        return if dynamics > 0 {
            Some(Type::Dynamic)
        } else {
            unify_tuples(&types)
        };
    } else if objects > 0 && tuples > 0 {
        return None;
    }
    preferred(&types)
        .into_iter()
        .find(|want| types.iter().all(|t| convertible(t, want)))
        .cloned()
}

fn elements(types: &[&Type]) -> Option<Type> {
    let elements: Vec<Type> = types
        .iter()
        .filter_map(|t| match t {
            Type::List(e) | Type::Set(e) | Type::Map(e) => Some((**e).clone()),
            _ => None,
        })
        .collect();
    unify_all(&elements)
}

/// Unifies with the structural types replaced by the collection type that they have in common.
fn replace(
    types: &[&Type],
    structural: fn(&Type) -> bool,
    to: fn(&[&Type]) -> Option<Type>,
) -> Option<Type> {
    let of: Vec<&Type> = types.iter().copied().filter(|t| structural(t)).collect();
    if of.is_empty() {
        return None;
    }
    let collection = to(&of)?;
    let replaced: Vec<Type> = types
        .iter()
        .map(|t| {
            if structural(t) {
                collection.clone()
            } else {
                (*t).clone()
            }
        })
        .collect();
    unify_all(&replaced)
}

fn to_map(types: &[&Type]) -> Option<Type> {
    let attributes: Vec<Type> = types
        .iter()
        .flat_map(|t| match t {
            Type::Object(o) => types_of(o),
            _ => Vec::new(),
        })
        .collect();
    collection(&attributes, types, Type::map)
}

fn to_list(types: &[&Type]) -> Option<Type> {
    let elements: Vec<Type> = types
        .iter()
        .flat_map(|t| match t {
            Type::Tuple(ts) => ts.to_vec(),
            _ => Vec::new(),
        })
        .collect();
    collection(&elements, types, Type::list)
}

fn collection(elements: &[Type], types: &[&Type], make: fn(Type) -> Type) -> Option<Type> {
    if elements.is_empty() {
        return None;
    }
    let out = make(unify_all(elements)?);
    types.iter().all(|t| convertible(t, &out)).then_some(out)
}

fn unify_objects(types: &[&Type]) -> Option<Type> {
    let objects: Vec<&ObjectType> = types
        .iter()
        .filter_map(|t| match t {
            Type::Object(o) => Some(&**o),
            _ => None,
        })
        .collect();
    let (first, rest) = objects.split_first()?;
    let same_names = rest.iter().all(|o| {
        o.attributes.len() == first.attributes.len()
            && o.attributes
                .iter()
                .zip(&first.attributes)
                .all(|(a, b)| a.0 == b.0)
    });
    if !same_names {
        return to_map(types);
    }
    let mut attributes: Vec<(Arc<str>, Type)> = Vec::with_capacity(first.attributes.len());
    for (i, (name, _)) in first.attributes.iter().enumerate() {
        let across: Vec<Type> = objects.iter().map(|o| o.attributes[i].1.clone()).collect();
        attributes.push((name.clone(), unify_all(&across)?));
    }
    let out = Type::object(attributes);
    if types.iter().all(|t| convertible(t, &out)) {
        return Some(out);
    }
    to_map(types)
}

fn unify_tuples(types: &[&Type]) -> Option<Type> {
    let tuples: Vec<&Vec<Type>> = types
        .iter()
        .filter_map(|t| match t {
            Type::Tuple(ts) => Some(&**ts),
            _ => None,
        })
        .collect();
    let (first, rest) = tuples.split_first()?;
    if rest.iter().any(|t| t.len() != first.len()) {
        return to_list(types);
    }
    let mut elements = Vec::with_capacity(first.len());
    for i in 0..first.len() {
        let across: Vec<Type> = tuples.iter().map(|t| t[i].clone()).collect();
        elements.push(unify_all(&across)?);
    }
    let out = Type::tuple(elements);
    if types.iter().all(|t| convertible(t, &out)) {
        return Some(out);
    }
    to_list(types)
}

/// The more general types first, those that do not compare in the order given.
fn preferred<'a>(types: &[&'a Type]) -> Vec<&'a Type> {
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); types.len()];
    let mut waits = vec![0usize; types.len()];
    for i in 0..types.len() {
        for j in i + 1..types.len() {
            let (first, second) = match generality(types[i], types[j]) {
                Ordering::Less => (i, j),
                Ordering::Greater => (j, i),
                Ordering::Equal => continue,
            };
            after[first].push(second);
            waits[second] += 1;
        }
    }
    let mut ready: VecDeque<usize> = (0..types.len()).filter(|i| waits[*i] == 0).collect();
    let mut out = Vec::with_capacity(types.len());
    while let Some(i) = ready.pop_front() {
        out.push(types[i]);
        for j in &after[i] {
            waits[*j] -= 1;
            if waits[*j] == 0 {
                ready.push_back(*j);
            }
        }
    }
    out
}

/// `Less` where `a` is the more general one.
fn generality(a: &Type, b: &Type) -> Ordering {
    use Type::{Dynamic, List, Map, Object, Set, String, Tuple};
    match (a, b) {
        (Dynamic, Dynamic) => Ordering::Equal,
        (Dynamic, _) => Ordering::Greater,
        (_, Dynamic) => Ordering::Less,
        (String, String) => Ordering::Equal,
        (String, b) if b.is_primitive() => Ordering::Less,
        (a, String) if a.is_primitive() => Ordering::Greater,
        (List(x), List(y)) | (Set(x), Set(y)) | (Map(x), Map(y)) => generality(x, y),
        // That their elements convert is assumed here and found out later.
        (Tuple(_) | List(_), Set(_)) | (List(_), Tuple(_)) | (Map(_), Object(_)) => Ordering::Less,
        (Set(_), Tuple(_) | List(_)) | (Tuple(_), List(_)) | (Object(_), Map(_)) => {
            Ordering::Greater
        }
        (Object(x), Object(y)) => {
            let same_names = x.attributes.len() == y.attributes.len()
                && x.attributes
                    .iter()
                    .zip(&y.attributes)
                    .all(|(a, b)| a.0 == b.0);
            if !same_names {
                return Ordering::Equal;
            }
            let pairs = x.attributes.iter().zip(&y.attributes);
            one_sided(pairs.map(|(a, b)| generality(&a.1, &b.1)))
        }
        (Tuple(x), Tuple(y)) if x.len() == y.len() => {
            one_sided(x.iter().zip(y.iter()).map(|(a, b)| generality(a, b)))
        }
        _ => Ordering::Equal,
    }
}

/// The one order that all agree on, where some are equal.
fn one_sided(orders: impl Iterator<Item = Ordering>) -> Ordering {
    let (mut less, mut greater) = (false, false);
    for o in orders {
        less |= o == Ordering::Less;
        greater |= o == Ordering::Greater;
    }
    match (less, greater) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}
