//! Lists, maps and objects: length, keys, lookup, merge, concat, flatten and the like.
//!
//! Lives here: the table of these functions. What they do: `sequences.rs` (lists, sets, tuples),
//! `mappings.rs` (maps, objects), `choose.rs` (one of several arguments or elements), `equal.rs`
//! (equality of what is only partly known). Not here: set operations (`sets.rs`).
//!
//! Terraform answers "unknown" more often than these: where an element is not known, what does not
//! hang on it stays known here. Elements that are one of several or resource instances pass through
//! untouched.

mod choose;
pub(super) mod equal;
mod mappings;
mod sequences;

use super::{
    Call, Failure, Function, Param, Returns, boolean, dynamic, list_of_string, number, param,
    string,
};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Marks, Val, Why, hoist, lift, unknown_from};
use std::sync::Arc;

/// More elements than these are not built: no configuration means them.
pub(super) const MAX_ELEMENTS: usize = 100_000;

/// `list(any)`.
pub(super) fn list_of_any() -> Type {
    Type::list(Type::Dynamic)
}

fn list_of_bool() -> Type {
    Type::list(Type::Bool)
}

fn map_of_lists() -> Type {
    Type::map(list_of_string())
}

const ANY: Param = param("list", dynamic).unknown_inside().marks();
const VALUES: Returns = Returns::Always(dynamic);

/// An element of the first argument.
const ELEMENT: Returns = Returns::From(|args| match args[0].ty() {
    Type::List(t) | Type::Set(t) | Type::Map(t) => (*t).clone(),
    _ => Type::Dynamic,
});

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

const fn variadic(
    name: &'static str,
    more: Param,
    returns: Returns,
    call: fn(&Call<'_>) -> Result<Val, Failure>,
) -> Function {
    Function {
        name,
        params: &[],
        more: Some(more),
        returns,
        call,
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "alltrue",
        &[param("list", list_of_bool).unknown_inside()],
        Returns::Always(boolean),
        |c| Ok(choose::some_is(c, false)),
    ),
    function(
        "anytrue",
        &[param("list", list_of_bool).unknown_inside()],
        Returns::Always(boolean),
        |c| Ok(choose::some_is(c, true)),
    ),
    function(
        "chunklist",
        &[
            param("list", list_of_any).unknown_inside().marks(),
            param("size", number),
        ],
        Returns::From(|args| Type::list(args[0].ty())),
        sequences::chunk_list,
    ),
    variadic(
        "coalesce",
        param("vals", dynamic).null().unknown(),
        VALUES,
        choose::coalesce,
    ),
    variadic(
        "coalescelist",
        param("vals", dynamic).null().unknown(),
        VALUES,
        choose::coalesce_list,
    ),
    function(
        "compact",
        &[param("list", list_of_string).unknown_inside()],
        Returns::Always(list_of_string),
        sequences::compact,
    ),
    variadic(
        "concat",
        param("seqs", dynamic).unknown_inside().marks(),
        Returns::From(sequences::concat_type),
        sequences::concat,
    ),
    function(
        "contains",
        &[
            param("list", dynamic).unknown(),
            param("value", dynamic).unknown(),
        ],
        Returns::Always(boolean),
        choose::contains,
    ),
    function(
        "distinct",
        &[param("list", list_of_any).unknown_inside()],
        Returns::From(|args| args[0].ty()),
        sequences::distinct,
    ),
    function(
        "element",
        &[ANY, param("index", number).unknown()],
        ELEMENT,
        choose::element,
    ),
    function("flatten", &[ANY], VALUES, sequences::flatten),
    function(
        "index",
        &[
            param("list", dynamic).unknown_inside(),
            param("value", dynamic).unknown(),
        ],
        Returns::Always(number),
        choose::index,
    ),
    function(
        "keys",
        &[param("inputMap", dynamic).unknown().marks()],
        VALUES,
        mappings::keys,
    ),
    function(
        "length",
        &[param("value", dynamic).unknown().marks()],
        Returns::Always(number),
        sequences::length,
    ),
    variadic(
        "list",
        param("vals", dynamic).null().unknown(),
        VALUES,
        |_| {
            Err("the \"list\" function was deprecated in Terraform v0.12 and is no longer available; use tolist([ ... ]) syntax to write a literal list".into())
        },
    ),
    Function {
        name: "lookup",
        params: &[
            param("inputMap", dynamic).unknown_inside().marks(),
            param("key", string).unknown().marks(),
        ],
        more: Some(param("default", dynamic).null().unknown().marks()),
        returns: ELEMENT,
        call: mappings::lookup,
    },
    variadic(
        "map",
        param("vals", dynamic).null().unknown(),
        VALUES,
        |_| {
            Err("the \"map\" function was deprecated in Terraform v0.12 and is no longer available; use tomap({ ... }) syntax to write a literal map".into())
        },
    ),
    function(
        "matchkeys",
        &[
            param("values", list_of_any).unknown_inside(),
            param("keys", list_of_any).unknown_inside(),
            param("searchset", list_of_any).unknown_inside(),
        ],
        Returns::From(|args| args[0].ty()),
        sequences::match_keys,
    ),
    variadic(
        "merge",
        param("maps", dynamic).null().unknown().marks(),
        VALUES,
        mappings::merge,
    ),
    function(
        "one",
        &[param("list", dynamic).unknown_inside()],
        ELEMENT,
        choose::one,
    ),
    variadic(
        "range",
        param("params", number),
        Returns::Always(|| Type::list(Type::Number)),
        sequences::range,
    ),
    function(
        "reverse",
        &[ANY],
        Returns::From(sequences::reverse_type),
        sequences::reverse,
    ),
    function(
        "slice",
        &[
            ANY,
            param("start_index", number).unknown(),
            param("end_index", number).unknown(),
        ],
        Returns::From(|args| match args[0].ty() {
            list @ Type::List(_) => list,
            _ => Type::Dynamic,
        }),
        sequences::slice,
    ),
    function(
        "sort",
        &[param("list", list_of_string)],
        Returns::Always(list_of_string),
        sequences::sort,
    ),
    function(
        "transpose",
        &[param("values", map_of_lists)],
        Returns::Always(map_of_lists),
        mappings::transpose,
    ),
    function(
        "values",
        &[param("mapping", dynamic).unknown_inside().marks()],
        Returns::From(|args| match args[0].ty() {
            Type::Map(elem) => Type::List(elem),
            _ => Type::Dynamic,
        }),
        mappings::values,
    ),
    function(
        "zipmap",
        &[
            param("keys", list_of_string),
            param("values", dynamic).unknown_inside().marks(),
        ],
        Returns::From(|args| match args[1].ty() {
            Type::List(elem) => Type::Map(elem),
            _ => Type::Dynamic,
        }),
        mappings::zip_map,
    ),
];

/// A result that hangs on what is not known in the arguments. It may be null.
pub(super) fn not_known(c: &Call<'_>, ty: Type) -> Val {
    let mut v = not_known_yet(c, ty);
    if let Kind::Unknown(u) = &mut v.kind {
        Arc::make_mut(u).not_null = false;
    }
    v
}

/// A result that hangs on what is not known in the arguments, but is not null.
pub(super) fn not_known_yet(c: &Call<'_>, ty: Type) -> Val {
    let mut v = unknown_from(ty, c.name, &c.args.iter().collect::<Vec<_>>());
    // Marks of elements are none of the whole.
    let marks = c.args.iter().map(|a| a.marks);
    v.marks = marks.fold(Marks::NONE, Marks::with);
    v
}

/// Which keys it has, only the provider knows.
fn open_keys(path: &str) -> Failure {
    Failure::Unknown(Why::Computed, path.to_owned())
}

/// A set whose number of elements is not known, since two of them may turn out to be one.
pub(super) fn is_loose_set(v: &Val) -> bool {
    matches!(&v.kind, Kind::Set(s) if s.items.len() > 1 && (s.has.unknown || s.has.one_of))
}

/// Runs `f` on the argument at `at` as it is in each world: for functions whose result hangs on which
/// value each element has. Where there are too many worlds, the result is not known.
pub(super) fn each_world(
    c: &Call<'_>,
    at: usize,
    ty: Type,
    f: impl Fn(&Call<'_>) -> Result<Val, Failure>,
) -> Result<Val, Failure> {
    let apart = hoist(&c.args[at]);
    if !matches!(apart.kind, Kind::OneOf(_)) {
        return Ok(not_known(c, ty));
    }
    let mut failure = None;
    let mut args = c.args.to_vec();
    let mut answers = 0;
    let out = lift(std::slice::from_ref(&apart), |one| {
        args[at] = one[0].clone();
        let call = Call { args: &args, ..*c };
        match f(&call) {
            Ok(v) => {
                answers += 1;
                v
            }
            Err(e) => {
                failure = Some(e);
                not_known(c, ty.clone())
            }
        }
    });
    match failure {
        Some(e) if answers == 0 => Err(e),
        _ => Ok(out),
    }
}

/// A whole number that fits Go's `int`.
pub(super) fn whole(c: &Call<'_>, i: usize, what: &str) -> Result<i64, Failure> {
    let n = c.args.get(i).and_then(Val::as_num);
    n.and_then(crate::evaluate::number::Num::to_i64)
        .ok_or_else(|| {
            Failure::at(
                i,
                format!("{what}value must be a whole number, between -9223372036854775808 and 9223372036854775807"),
            )
        })
}
