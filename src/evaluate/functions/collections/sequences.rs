//! Functions of lists, sets and tuples.

use super::equal::decide;
use super::{
    Call, Failure, MAX_ELEMENTS, each_world, is_loose_set, not_known, not_known_yet, open_keys,
    whole,
};
use crate::evaluate::convert::{convert, unify};
use crate::evaluate::number::Num;
use crate::evaluate::text::is_name;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Marks, Part, Val, Why};
use rustc_hash::FxHashMap;

/// More elements than these are not compared one by one with what is not known.
const MAX_COMPARED: usize = 200;

fn too_many(name: &str) -> Failure {
    Failure::Unknown(Why::Limit, name.to_owned())
}

/// The elements of a list, set or tuple with its marks.
fn items_of(v: &Val) -> Vec<Val> {
    v.as_seq().unwrap_or_default().to_vec()
}

/// How many elements, or for text how many characters as a reader counts them.
pub(super) fn length(c: &Call<'_>) -> Result<Val, Failure> {
    use unicode_segmentation::UnicodeSegmentation;
    let v = &c.args[0];
    let count = match &v.kind {
        Kind::Str(s) => s.graphemes(true).count(),
        Kind::Set(_) if is_loose_set(v) => return each_world(c, 0, Type::Number, length),
        Kind::List(s) | Kind::Set(s) | Kind::Tuple(s) => s.items.len(),
        Kind::Map(f) | Kind::Object(f) => match &f.open {
            Some(open) => return Err(open_keys(&open.path)),
            None => f.items.len(),
        },
        Kind::Instance(_) => return Ok(not_known_yet(c, Type::Number)),
        Kind::Unknown(u) => match &u.ty {
            Type::Tuple(types) => types.len(),
            Type::Object(o) => o.attributes.len(),
            Type::Bool | Type::Number => return Err(NOT_COUNTABLE.into()),
            _ => return Ok(not_known_yet(c, Type::Number).marked(v.marks)),
        },
        _ => return Err(NOT_COUNTABLE.into()),
    };
    Ok(Val::num(count).marked(v.marks))
}

const NOT_COUNTABLE: &str = "argument must be a string, a collection type, or a structural type";

/// Lists of at most so many elements.
pub(super) fn chunk_list(c: &Call<'_>) -> Result<Val, Failure> {
    let list = &c.args[0];
    let size = whole(c, 1, "invalid size: ")?;
    let size = usize::try_from(size).map_err(|_| "the size argument must be positive")?;
    let Kind::List(s) = &list.kind else {
        return Ok(not_known(c, Type::Dynamic));
    };
    let chunks = match (s.items.len(), size) {
        (0, _) => Vec::new(),
        (_, 0) => vec![Val::from(list.kind.clone())],
        _ => {
            let chunks = s.items.chunks(size);
            chunks
                .map(|c| Val::list(s.elem.clone(), c.to_vec()))
                .collect()
        }
    };
    Ok(Val::list(list.ty(), chunks).marked(list.marks))
}

/// Without empty texts and nulls.
pub(super) fn compact(c: &Call<'_>) -> Result<Val, Failure> {
    let ty = || Type::list(Type::String);
    // What certainly stays, is certainly dropped, or may be either.
    let stays = |v: &Val| match &v.kind {
        Kind::Str(s) => Some(!s.is_empty()),
        Kind::Null(_) => Some(false),
        Kind::Unknown(u) => {
            let some = u
                .parts
                .iter()
                .any(|p| matches!(p, Part::Known(k) if !k.is_empty()));
            (u.not_null && some).then_some(true)
        }
        _ => None,
    };
    let mut out = Vec::new();
    for item in c.seq(0) {
        match stays(item) {
            Some(true) => out.push(item.clone()),
            Some(false) => {}
            None if c.args[0].has().one_of => return each_world(c, 0, ty(), compact),
            None => return Ok(not_known_yet(c, ty())),
        }
    }
    Ok(Val::list(Type::String, out))
}

/// The type of `concat` where one of the lists is not known.
pub(super) fn concat_type(args: &[Val]) -> Type {
    let types: Vec<Type> = args.iter().map(Val::ty).collect();
    if types.iter().all(|t| matches!(t, Type::List(_))) {
        return unify(&types).unwrap_or_default();
    }
    Type::Dynamic
}

/// One list after the other.
pub(super) fn concat(c: &Call<'_>) -> Result<Val, Failure> {
    if c.args.is_empty() {
        return Err("at least one argument is required".into());
    }
    let mut marks = Marks::NONE;
    let mut count = 0;
    for (i, arg) in c.args.iter().enumerate() {
        let (Kind::List(s) | Kind::Tuple(s)) = &arg.kind else {
            let got = arg.ty().friendly();
            return Err(Failure::at(
                i,
                format!("all arguments must be lists or tuples; got {got}"),
            ));
        };
        marks = marks.with(arg.marks);
        count += s.items.len();
    }
    if count > MAX_ELEMENTS {
        return Err(too_many(c.name));
    }
    let lists = c.args.iter().all(|v| matches!(v.kind, Kind::List(_)));
    let types: Vec<Type> = c.args.iter().map(Val::ty).collect();
    if lists && let Some(ty @ Type::List(_)) = unify(&types) {
        let mut out = Vec::with_capacity(count);
        for (i, arg) in c.args.iter().enumerate() {
            let list = convert(arg, &ty).map_err(|e| Failure::at(i, e))?;
            out.extend(items_of(&list));
        }
        let Type::List(elem) = ty else {
            return Ok(not_known(c, Type::Dynamic));
        };
        return Ok(Val::list((*elem).clone(), out).marked(marks));
    }
    let all = c.args.iter().flat_map(items_of).collect();
    Ok(Val::tuple(all).marked(marks))
}

/// Each value once, in the order of the first.
pub(super) fn distinct(c: &Call<'_>) -> Result<Val, Failure> {
    let list = &c.args[0];
    let Kind::List(s) = &list.kind else {
        return Ok(not_known(c, Type::Dynamic));
    };
    if s.has.one_of {
        return each_world(c, 0, list.ty(), distinct);
    }
    let mut out: Vec<Val> = Vec::new();
    if s.has.unknown || s.has.instance {
        if s.items.len() > MAX_COMPARED {
            return Ok(not_known_yet(c, list.ty()));
        }
        for item in &s.items {
            let seen: Vec<_> = out.iter().map(|v| decide(v, item)).collect();
            if seen.contains(&Some(true)) {
                continue;
            }
            if seen.contains(&None) {
                return Ok(not_known_yet(c, list.ty()));
            }
            out.push(item.clone());
        }
    } else {
        let mut seen: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
        for item in &s.items {
            let same = seen.entry(item.identity()).or_default();
            if !same.iter().any(|i| out[*i].same(item)) {
                same.push(out.len());
                out.push(item.clone());
            }
        }
    }
    Ok(Val::list(s.elem.clone(), out))
}

/// The elements of lists in lists, at any depth, as one tuple.
pub(super) fn flatten(c: &Call<'_>) -> Result<Val, Failure> {
    let list = &c.args[0];
    if list.as_seq().is_none() {
        return Err("can only flatten lists, sets and tuples".into());
    }
    if list.has().one_of && holds_open_lists(list) {
        return each_world(c, 0, Type::Dynamic, flatten);
    }
    let mut flat = Flat {
        out: Vec::new(),
        marks: Marks::NONE,
    };
    if !flat.add(list) {
        return Ok(not_known_yet(c, Type::Dynamic));
    }
    if flat.out.len() > MAX_ELEMENTS {
        return Err(too_many(c.name));
    }
    Ok(Val::tuple(flat.out).marked(flat.marks))
}

/// Whether an element that is one of several may be a list.
fn holds_open_lists(v: &Val) -> bool {
    match &v.kind {
        Kind::OneOf(alts) => alts.iter().any(|a| match &a.val.kind {
            Kind::List(_) | Kind::Set(_) | Kind::Tuple(_) => true,
            Kind::Unknown(u) => may_be_list(&u.ty) && !is_name(&a.val),
            _ => false,
        }),
        Kind::List(s) | Kind::Set(s) | Kind::Tuple(s) => {
            is_loose_set(v) || (s.has.one_of && s.items.iter().any(holds_open_lists))
        }
        _ => false,
    }
}

fn may_be_list(ty: &Type) -> bool {
    matches!(
        ty,
        Type::List(_) | Type::Set(_) | Type::Tuple(_) | Type::Dynamic
    )
}

struct Flat {
    out: Vec<Val>,
    marks: Marks,
}

impl Flat {
    /// Adds the elements of a list; whether all of them are known to be there.
    fn add(&mut self, list: &Val) -> bool {
        self.marks = self.marks.with(list.marks);
        if is_loose_set(list) {
            return false;
        }
        list.as_seq()
            .unwrap_or_default()
            .iter()
            .all(|v| match &v.kind {
                Kind::List(_) | Kind::Set(_) | Kind::Tuple(_) if self.out.len() <= MAX_ELEMENTS => {
                    self.add(v)
                }
                Kind::Unknown(u) if may_be_list(&u.ty) && !is_name(v) => false,
                _ => {
                    self.out.push(v.clone());
                    true
                }
            })
    }
}

/// The values whose keys are among those looked for.
pub(super) fn match_keys(c: &Call<'_>) -> Result<Val, Failure> {
    let [values, keys, wanted] = c.args else {
        return Ok(not_known(c, Type::Dynamic));
    };
    let ty =
        unify(&[keys.ty(), wanted.ty()]).ok_or("keys and searchset must be of the same type")?;
    let Kind::List(s) = &values.kind else {
        return Ok(not_known(c, Type::Dynamic));
    };
    if s.items.len() != c.seq(1).len() {
        return Err("length of keys and values should be equal".into());
    }
    for at in [1, 2] {
        if c.args[at].has().one_of {
            return each_world(c, at, values.ty(), match_keys);
        }
    }
    let (keys, wanted) = (convert(keys, &ty)?, convert(wanted, &ty)?);
    let mut out = Vec::new();
    for (value, key) in s.items.iter().zip(items_of(&keys)) {
        let mut found = Some(false);
        for one in items_of(&wanted) {
            match decide(&key, &one) {
                Some(false) => {}
                other => {
                    found = other;
                    break;
                }
            }
        }
        match found {
            Some(true) => out.push(value.clone()),
            Some(false) => {}
            None => return Ok(not_known_yet(c, values.ty())),
        }
    }
    Ok(Val::list(s.elem.clone(), out))
}

/// Numbers from one to before another.
pub(super) fn range(c: &Call<'_>) -> Result<Val, Failure> {
    const MOST: usize = 1024;
    let n = |i: usize| {
        c.args[i]
            .as_num()
            .cloned()
            .unwrap_or_else(|| Num::from(0i64))
    };
    let step = |down: bool| Num::from(if down { -1i64 } else { 1 });
    let zero = Num::from(0i64);
    let (start, end, step) = match c.args.len() {
        1 => (zero.clone(), n(0), step(n(0) < zero)),
        2 => (n(0), n(1), step(n(1) < n(0))),
        3 => (n(0), n(1), n(2)),
        _ => return Err("must have one, two, or three arguments".into()),
    };
    let down = step < zero;
    if down && end > start {
        return Err(Failure::at(
            1,
            "end must be less than start when step is negative",
        ));
    }
    if !down && end < start {
        return Err(Failure::at(
            1,
            "end must be greater than start when step is positive",
        ));
    }
    let mut out = Vec::new();
    let mut next = start;
    while if down { next > end } else { next < end } {
        if out.len() >= MOST {
            return Err("more than 1024 values were generated; either decrease the difference between start and end or use a smaller step".into());
        }
        out.push(Val::num(next.clone()));
        next = next
            .add(&step)
            .ok_or("can't compute sum of opposing infinities")?;
    }
    Ok(Val::list(Type::Number, out))
}

/// The type of `reverse` where the list is not known.
pub(super) fn reverse_type(args: &[Val]) -> Type {
    match args[0].ty() {
        Type::List(elem) | Type::Set(elem) => Type::List(elem),
        Type::Tuple(types) => Type::tuple(types.iter().rev().cloned().collect()),
        _ => Type::Dynamic,
    }
}

/// The last first.
pub(super) fn reverse(c: &Call<'_>) -> Result<Val, Failure> {
    let list = &c.args[0];
    let back = |items: &[Val]| items.iter().rev().cloned().collect();
    let out = match &list.kind {
        Kind::Set(s) if is_loose_set(list) => {
            return each_world(c, 0, Type::list(s.elem.clone()), reverse);
        }
        Kind::Tuple(s) => Val::tuple(back(&s.items)),
        Kind::List(s) | Kind::Set(s) => Val::list(s.elem.clone(), back(&s.items)),
        _ => {
            let got = list.ty().friendly();
            let message = format!("can only reverse list or tuple values, not {got}");
            return Err(Failure::at(0, message));
        }
    };
    Ok(out.marked(list.marks))
}

/// The elements from one index to before another.
pub(super) fn slice(c: &Call<'_>) -> Result<Val, Failure> {
    let list = &c.args[0];
    let s = match &list.kind {
        Kind::List(s) | Kind::Tuple(s) => s,
        Kind::Set(_) => {
            return Err(Failure::at(
                0,
                "cannot slice a set, because its elements do not have indices; explicitly convert to a list if the ordering of the result is not important",
            ));
        }
        _ => return Err(Failure::at(0, "must be a list or tuple value")),
    };
    // As much is checked as is known.
    let at = |i: usize, name: &str| {
        if c.args[i].as_num().is_none() {
            return Ok(None);
        }
        let n = whole(c, i, &format!("invalid {name} index: "))?;
        match usize::try_from(n) {
            Err(_) => Err(Failure::at(
                i,
                format!("{name} index must not be less than zero"),
            )),
            Ok(n) if n > s.items.len() => Err(Failure::at(
                i,
                format!("{name} index must not be greater than the length of the list"),
            )),
            Ok(n) => Ok(Some(n)),
        }
    };
    let (Some(start), Some(end)) = (at(1, "start")?, at(2, "end")?) else {
        let ty = match &list.kind {
            Kind::List(_) => list.ty(),
            _ => Type::Dynamic,
        };
        return Ok(not_known_yet(c, ty));
    };
    if start > end {
        return Err(Failure::at(
            1,
            "start index must not be greater than end index",
        ));
    }
    let items = s.items[start..end].to_vec();
    let out = match &list.kind {
        Kind::Tuple(_) => Val::tuple(items),
        _ => Val::list(s.elem.clone(), items),
    };
    Ok(out.marked(list.marks))
}

/// Texts in the order of their bytes.
pub(super) fn sort(c: &Call<'_>) -> Result<Val, Failure> {
    let items = c.seq(0);
    if let Some(i) = items.iter().position(Val::is_null) {
        return Err(
            format!("given list element {i} is null; a null string cannot be sorted").into(),
        );
    }
    let mut out: Vec<Val> = items.to_vec();
    out.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    Ok(Val::list(Type::String, out))
}
