//! What the functions of text keep of values that are partly not known.

use super::{Failure, FileError, Files, call, find, json_to_val, jsondecode, jsonencode};
use crate::evaluate::text::concat;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Literal, Marks, Part, Val, Why, World};
use std::sync::Arc;

/// A few files, and one outside.
struct Few;

impl Files for Few {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        match path {
            "./a.txt" | "a.txt" => Ok(b"hello\n"[..].into()),
            "bytes" => Ok([0xff, 0xfe][..].into()),
            p if p.starts_with("../") => Err(FileError::NotRead(p.to_owned())),
            p => Err(FileError::Missing(p.to_owned())),
        }
    }
    fn exists(&self, path: &str) -> Result<bool, FileError> {
        self.read(path).map(|_| true).or_else(|e| match e {
            FileError::Missing(_) => Ok(false),
            e @ (FileError::NotRead(_) | FileError::NotHeld(_)) => Err(e),
        })
    }
    fn below(&self, path: &str) -> Result<Vec<String>, FileError> {
        match path {
            "." => Ok(["a.txt", "d/b.txt", "d/e/c.json"]
                .map(str::to_owned)
                .to_vec()),
            "d" => Ok(["b.txt", "e/c.json"].map(str::to_owned).to_vec()),
            p => Err(FileError::Missing(p.to_owned())),
        }
    }
}

fn try_run(name: &str, args: &[Val]) -> Result<Val, Failure> {
    let f = find(name).expect("the function is there");
    call(f, args, &Few)
}

fn run(name: &str, args: &[Val]) -> Val {
    try_run(name, args).expect("terraform answers")
}

fn why(v: &Val) -> Option<Why> {
    v.as_unknown().map(|u| u.why)
}

fn s(text: &str) -> Val {
    Val::str(text)
}

fn unknown() -> Val {
    Val::unknown(Type::String, 77, Why::Computed, "x.id")
}

/// `before${x.id}after`.
fn around(before: &str, after: &str) -> Val {
    concat("test", &[before.into(), unknown().into(), after.into()])
}

/// The parts of a text, `?` for what is not known.
fn parts(v: &Val) -> String {
    match &v.kind {
        Kind::Str(s) => format!("={s}"),
        Kind::Unknown(u) => u
            .parts
            .iter()
            .map(|p| match p {
                Part::Known(s) => s.to_string(),
                _ => "?".into(),
            })
            .collect::<Vec<_>>()
            .join("|"),
        _ => jsonencode(v),
    }
}

#[test]
fn the_known_beginning_and_end_decide() {
    let v = around("p-", "-z");
    for (name, other, answer) in [
        ("startswith", "p-", Some(true)),
        ("startswith", "q", Some(false)),
        ("startswith", "p-x", None),
        ("endswith", "-z", Some(true)),
        ("endswith", "-y", Some(false)),
        ("strcontains", "-z", Some(true)),
        ("strcontains", "q", None),
    ] {
        let got = run(name, &[v.clone(), s(other)]);
        assert_eq!(got.as_bool(), answer, "{name} {other}");
    }
}

#[test]
fn parts_stay_known() {
    let v = around("Ab-", "-yZ");
    let n = |i: i64| Val::num(i);
    for (name, args, want) in [
        ("upper", vec![v.clone()], "AB-|?|-YZ"),
        ("lower", vec![v.clone()], "ab-|?|-yz"),
        ("title", vec![around("ab ", " c")], "Ab |?| C"),
        ("trimspace", vec![around("  a", " ")], "a|?"),
        ("trimprefix", vec![v.clone(), s("Ab")], "-|?|-yZ"),
        ("trimprefix", vec![v.clone(), s("x")], "Ab-|?|-yZ"),
        ("trimsuffix", vec![v.clone(), s("yZ")], "Ab-|?|-"),
        ("trimsuffix", vec![v.clone(), s("q-yZ")], "Ab-|?"),
        ("chomp", vec![around("a", "b\n")], "a|?|b"),
        ("replace", vec![v.clone(), s("-"), s("+")], "Ab+|?|+yZ"),
        ("replace", vec![v.clone(), s("b-c"), s("+")], "?|-yZ"),
        ("replace", vec![s("a-b-c"), s("-"), unknown()], "a|?|b|?|c"),
        ("replace", vec![v.clone(), s("/-/"), s("+")], ""),
        ("substr", vec![v.clone(), n(0), n(2)], "=Ab"),
        ("substr", vec![v.clone(), n(1), n(9)], "b-|?"),
        ("substr", vec![v.clone(), n(1), n(-1)], "b-|?|-yZ"),
        ("strrev", vec![v.clone()], "Zy-|?|-bA"),
        ("indent", vec![n(1), around("a\n", "\nb")], "a\n |?|\n b"),
        ("format", vec![s("%s-x"), unknown()], "?|-x"),
        (
            "format",
            vec![s("<%s|%d>"), v.clone(), n(5)],
            "<Ab-|?|-yZ|5>",
        ),
        ("format", vec![s("%5s-x"), unknown()], "?|-x"),
        ("format", vec![s("%q"), v.clone()], "\"Ab-|?|-yZ\""),
        ("basename", vec![around("", "/f.txt")], "=f.txt"),
        ("basename", vec![around("d/", ".txt")], "?|.txt"),
        ("split", vec![s("-"), v.clone()], ""),
    ] {
        assert_eq!(parts(&run(name, &args)), want, "{name}");
    }
    let list = Val::tuple(vec![s("a"), unknown(), s("b")]);
    assert_eq!(parts(&run("join", &[s("-"), list.clone()])), "a-|?|-b");
    let lines = run("formatlist", &[s("%s:%s"), list, s("x")]);
    let lines: Vec<String> = lines.as_seq().expect("a list").iter().map(parts).collect();
    assert_eq!(lines, ["=a:x", "?|:x", "=b:x"]);
}

#[test]
fn json_keeps_what_is_known() {
    let text = |v: Val| match v.kind {
        Kind::Unknown(mut u) => {
            Arc::make_mut(&mut u).not_null = true;
            Val::from(Kind::Unknown(u))
        }
        _ => v,
    };
    let v = Val::object(vec![
        ("a".into(), Val::num(1_i64)),
        ("b".into(), unknown()),
        ("c".into(), around("arn:\"", "/*")),
        ("d".into(), text(unknown())),
    ]);
    let json = run("jsonencode", &[v]);
    assert_eq!(
        parts(&json),
        "{\"a\":1,\"b\":|?|,\"c\":\"arn:\\\"|?|/*\",\"d\":\"|?|\"}"
    );
    let literal = |n: i64| Literal::new(5, &Val::num(n), "");
    let one_of = Val::one_of(vec![
        (World::of(literal(1)), s("x")),
        (World::of(literal(2)), Val::num(2_i64)),
    ]);
    let json = run("jsonencode", &[Val::tuple(vec![one_of])]);
    let all: Vec<String> = json.alternatives().iter().map(|(_, v)| parts(v)).collect();
    assert_eq!(all, ["=[\"x\"]", "=[2]"]);
}

#[test]
fn the_same_text_is_the_same_unknown() {
    let a = run("join", &[s("-"), Val::tuple(vec![s("a"), unknown()])]);
    let b = run("format", &[s("a-%s"), unknown()]);
    assert_eq!(a.identity(), b.identity());
    assert_eq!(a.identity(), around("a-", "").identity());
    assert_ne!(a.identity(), around("b-", "").identity());
}

#[test]
fn marks_come_along() {
    let secret = s("x").marked(Marks::SENSITIVE);
    for v in [
        run("upper", std::slice::from_ref(&secret)),
        run("join", &[s("-"), Val::tuple(vec![s("a"), secret.clone()])]),
        run("format", &[s("%s"), secret.clone()]),
        run("jsonencode", &[Val::tuple(vec![secret, unknown()])]),
    ] {
        assert!(v.marks.has(Marks::SENSITIVE), "{v:?}");
    }
}

#[test]
fn files_are_read_within_the_boundary() {
    assert_eq!(run("file", &[s("./a.txt")]).as_str(), Some("hello\n"));
    assert_eq!(run("filebase64", &[s("a.txt")]).as_str(), Some("aGVsbG8K"));
    assert_eq!(
        run("filemd5", &[s("a.txt")]).as_str(),
        Some("b1946ac92492d2347c6235b4d2611184")
    );
    assert_eq!(run("fileexists", &[s("no")]).as_bool(), Some(false));
    assert!(matches!(
        try_run("file", &[s("no")]),
        Err(Failure::Error(Some(0), _))
    ));
    assert!(try_run("file", &[s("bytes")]).is_err());
    for path in ["../x", "~/x"] {
        assert_eq!(why(&run("file", &[s(path)])), Some(Why::File), "{path}");
    }
    let set = |path: &str, glob: &str| parts(&run("fileset", &[s(path), s(glob)]));
    assert_eq!(set(".", "*.txt"), "[\"a.txt\"]");
    assert_eq!(set(".", "**/*.txt"), "[\"a.txt\",\"d/b.txt\"]");
    assert_eq!(set("./d", "**"), "[\"b.txt\",\"e/c.json\"]");
    assert_eq!(set("d", "../{a,b}.txt"), "[\"../a.txt\"]");
    assert_eq!(set("none", "*"), "[]");
    assert!(try_run("fileset", &[s("."), s("[")]).is_err());
}

#[test]
fn budgets_hold() {
    let deep = "[".repeat(100_000);
    assert!(matches!(
        jsondecode(&deep),
        Err(Failure::Unknown(Why::Limit, _))
    ));
    let many = format!("[{}0]", "0,".repeat(200_000));
    assert!(matches!(
        jsondecode(&many),
        Err(Failure::Unknown(Why::Limit, _))
    ));
    for (name, args) in [
        ("yamldecode", vec![s(&"[".repeat(5_000))]),
        ("split", vec![s(""), s(&"x".repeat(200_000))]),
        (
            "replace",
            vec![s(&"x".repeat(2_000)), s("x"), s(&"y".repeat(9_000))],
        ),
        ("indent", vec![Val::num(1_000_000_000_i64), s("a\nb")]),
        ("format", vec![s("%999999999d"), Val::num(1_i64)]),
        ("regexall", vec![s(""), s(&"x".repeat(200_000))]),
        ("regex", vec![s(&"((a{30}){30}b){1,}".repeat(900)), s("x")]),
    ] {
        assert_eq!(why(&run(name, &args)), Some(Why::Limit), "{name}");
    }
    // Aliases of aliases: few bytes, many elements.
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..9 {
        let before = format!("*a{}, ", i - 1).repeat(10);
        let aliases = before.trim_end_matches(", ");
        bomb = format!("{bomb}a{i}: &a{i} [{aliases}]\n");
    }
    assert_eq!(why(&run("yamldecode", &[s(&bomb)])), Some(Why::Limit));
}

#[test]
fn json_from_serde_is_the_same() {
    let text = r#"{"b":[1,"x",null,true,1.50],"a":{}}"#;
    let a = jsondecode(text).expect("it is JSON");
    let b = json_to_val(&serde_json::from_str(text).expect("it is JSON"));
    assert!(a.same(&b));
    assert_eq!(jsonencode(&a), r#"{"a":{},"b":[1,"x",null,true,1.5]}"#);
}
