//! What terraform 1.11 answers.

use super::{convert, mismatch, unify};
use crate::evaluate::number::Num;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Val, Why};
use std::slice::from_ref;

fn num(i: i64) -> Val {
    Val::num(i)
}

fn tuple(types: &[Type]) -> Type {
    Type::tuple(types.to_vec())
}

fn object(attributes: &[(&str, Type)]) -> Type {
    Type::object(
        attributes
            .iter()
            .map(|(n, t)| ((*n).into(), t.clone()))
            .collect(),
    )
}

#[test]
fn types_in_common() {
    let (n, s, b, d) = (Type::Number, Type::String, Type::Bool, Type::Dynamic);
    let (list, set, map) = (Type::list, Type::set, Type::map);
    for (types, want) in [
        (vec![], "dynamic"),
        (vec![n.clone(), s.clone()], "string"),
        (vec![n.clone(), d.clone()], "number"),
        (vec![n.clone(), b.clone()], "none"),
        (vec![b.clone(), n.clone(), s.clone()], "string"),
        (
            vec![tuple(from_ref(&n)), tuple(from_ref(&s))],
            "tuple([string])",
        ),
        (
            vec![tuple(from_ref(&n)), tuple(&[s.clone(), b.clone()])],
            "list(string)",
        ),
        (vec![tuple(&[]), tuple(from_ref(&n))], "list(number)"),
        (vec![tuple(&[]), list(s.clone())], "list(string)"),
        (vec![tuple(from_ref(&n)), set(s.clone())], "set(string)"),
        (vec![list(n.clone()), set(s.clone())], "list(number)"),
        (vec![list(d.clone()), tuple(from_ref(&n))], "list(number)"),
        (vec![list(s.clone()), d.clone()], "dynamic"),
        (
            vec![object(&[("a", n.clone())]), object(&[("b", n.clone())])],
            "map(number)",
        ),
        (
            vec![object(&[("a", n.clone())]), object(&[("a", s.clone())])],
            "object({a: string})",
        ),
        (
            vec![object(&[]), object(&[("a", s.clone())])],
            "map(string)",
        ),
        (
            vec![object(&[("a", n.clone())]), map(s.clone())],
            "map(string)",
        ),
        (vec![object(&[]), tuple(&[])], "none"),
        (vec![map(s.clone()), list(n.clone())], "none"),
        (
            vec![
                object(&[("a", n.clone()), ("z", tuple(&[]))]),
                object(&[("b", n)]),
            ],
            "none",
        ),
    ] {
        let got = unify(&types).map_or("none".to_owned(), |t| t.to_string());
        assert_eq!(got, want, "{types:?}");
    }
}

#[test]
fn values_become() {
    let any_list = Type::list(Type::Dynamic);
    let any_set = Type::set(Type::Dynamic);
    for (v, ty, want) in [
        (
            Val::tuple(vec![num(1), Val::str("a")]),
            &any_list,
            r#"["1", "a"]: list(string)"#,
        ),
        (
            Val::tuple(vec![num(10), num(9), Val::str("8")]),
            &any_set,
            r#"["10", "8", "9"]: set(string)"#,
        ),
        (
            Val::tuple(vec![Val::null(), Val::str("a")]),
            &any_set,
            r#"["a", null]: set(string)"#,
        ),
        (
            Val::tuple(vec![Val::null()]),
            &any_list,
            "[null]: list(dynamic)",
        ),
        (Val::tuple(vec![]), &any_list, "[]: list(dynamic)"),
        (
            Val::tuple(vec![num(1), Val::tuple(vec![num(1)])]),
            &any_list,
            "all list elements must have the same type",
        ),
        (
            Val::tuple(vec![Val::tuple(vec![num(1)]), Val::null()]),
            &any_list,
            "all list elements must have the same type",
        ),
        (
            Val::tuple(vec![Val::str("a"), Val::tuple(vec![])]),
            &Type::list(Type::String),
            "element 1: string required",
        ),
        (
            Val::str("x"),
            &Type::list(Type::Dynamic),
            "list of any single type required",
        ),
        (
            Val::str("True"),
            &Type::Bool,
            "a bool is required; to convert from string, use lowercase \"true\"",
        ),
        (Val::bool(true), &Type::Number, "number required"),
        (Val::str("0x10"), &Type::Number, "a number is required"),
        (Val::null(), &Type::String, "null: string"),
        (
            Val::null_of(Type::tuple(vec![])),
            &Type::String,
            "string required",
        ),
    ] {
        let got = convert(&v, ty).map_or_else(|e| e, |v| format!("{}: {}", show(&v), v.ty()));
        assert_eq!(got, want);
    }
}

fn show(v: &Val) -> String {
    match &v.kind {
        Kind::Str(s) => format!("{s:?}"),
        Kind::Num(n) => n.to_string(),
        Kind::Null(_) => "null".into(),
        _ => {
            let items: Vec<String> = v.as_seq().unwrap_or_default().iter().map(show).collect();
            format!("[{}]", items.join(", "))
        }
    }
}

#[test]
fn what_is_not_known_stays() {
    let unknown = Val::unknown(Type::Dynamic, 7, Why::Variable, "x");
    let list = convert(
        &Val::tuple(vec![num(1), unknown.clone()]),
        &Type::list(Type::String),
    );
    let list = list.expect("an unknown fits anywhere");
    assert_eq!(list.as_seq().map(<[Val]>::len), Some(2));
    assert_eq!(list.as_seq().and_then(|s| s[0].as_str()), Some("1"));
    // How long the list is that a set with unknowns becomes is not known.
    let set = Val::set(Type::String, vec![Val::str("a"), unknown]);
    let list = convert(&set, &Type::list(Type::String)).expect("a set is a list");
    assert!(list.as_unknown().is_some());
    let five = Val::num(Num::from(5i64));
    assert!(convert(&five, &Type::String).is_ok_and(|v| v.as_str() == Some("5")));
}

#[test]
fn objects_that_lack_something() {
    let want = object(&[
        ("a", Type::String),
        ("b", Type::String),
        ("c", Type::String),
    ]);
    let got = object(&[("a", Type::String)]);
    assert_eq!(
        mismatch(&got, &want),
        "attributes \"b\" and \"c\" are required"
    );
    let none = object(&[]);
    assert_eq!(
        mismatch(&none, &want),
        "attributes \"a\", \"b\", and \"c\" are required"
    );
}
