//! Functions, operators and conditionals against what terraform 1.11 answers
//! (`tests/data/functions-1.jsonl`), and what terraform does not say: partly unknown arguments.

use super::{FileError, Files, jsonencode};
use crate::evaluate::convert::convertible;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Fields, Key, Kind, Literal, Marks, Part, Ref, Val, Why, World};
use crate::evaluate::{Evaluation, could_be};
use crate::load::project::{Module, ModuleId, Project, Root, VariableSet};
use crate::load::syntax::parse_expression;
use rustc_hash::FxHashMap as HashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        Err(FileError::Missing(path.into()))
    }
    fn exists(&self, _: &str) -> Result<bool, FileError> {
        Ok(false)
    }
    fn below(&self, _: &str) -> Result<Vec<String>, FileError> {
        Ok(Vec::new())
    }
}

/// A root module without anything in it.
fn empty() -> Project {
    let module = Module {
        dir: "/".into(),
        shown: ".".into(),
        files: Vec::new(),
        variables: Vec::new(),
        locals: Vec::new(),
        outputs: Vec::new(),
        resources: Vec::new(),
        calls: Vec::new(),
        providers: Vec::new(),
        required: Vec::new(),
        backend: None,
        variable_index: HashMap::default(),
        local_index: HashMap::default(),
        output_index: HashMap::default(),
        call_index: HashMap::default(),
        resource_index: HashMap::default(),
        incomplete: false,
    };
    let root = Root {
        module: ModuleId(0),
        target: ".".into(),
        identity: "".into(),
        reusable: false,
        sets: vec![VariableSet::default()],
        vendored: HashMap::default(),
        backend_config: Vec::new(),
        backend_files: Vec::new(),
        locked: Vec::new(),
        callers_unread: false,
        planned: None,
        beside: None,
        in_plan: false,
    };
    Project {
        modules: vec![module],
        roots: vec![root],
        ..Project::default()
    }
}

/// `ok`, then JSON, type and marks, as the data has them.
fn said(v: &Val) -> String {
    let marks = v.has().marks;
    let marked = match (v.marks.has(Marks::SENSITIVE), marks.has(Marks::SENSITIVE)) {
        (true, _) => " sensitive",
        (false, true) => " nested",
        _ => "",
    };
    let json = if v.has().unknown {
        "unknown".into()
    } else {
        jsonencode(v)
    };
    format!("{json}: {}{marked}", v.ty())
}

fn wanted(case: &serde_json::Value) -> String {
    let text = |k: &str| case[k].as_str().unwrap_or_default().to_owned();
    let marked = match &case["sensitive"] {
        serde_json::Value::Bool(true) => " sensitive",
        serde_json::Value::String(_) => " nested",
        _ => "",
    };
    let json = if case["unknown"] == true {
        "unknown".into()
    } else {
        text("json")
    };
    format!("{json}: {}{marked}", text("type"))
}

#[test]
fn as_terraform_answers() {
    let data = include_str!("../../../tests/data/functions-1.jsonl");
    let project = empty();
    let root = &project.roots[0];
    let evaluation = Evaluation::new(&project, root, &root.sets[0], &NoFiles);
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in data.lines() {
        let case: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        let expr = case["expr"].as_str().expect("an expression");
        let tree = parse_expression(expr);
        let got = if tree.errors().is_empty() {
            let (v, errors) = evaluation.root_expression(&tree);
            match errors.first() {
                Some(e) => format!("error {e:?}"),
                None => said(&v),
            }
        } else {
            "error: syntax".to_owned()
        };
        let ok = case["ok"] == true;
        let want = if ok {
            wanted(&case)
        } else {
            "error".to_owned()
        };
        let agrees = if ok {
            // What JSON cannot say, only the type of is compared.
            let bare = want.strip_prefix(':').filter(|_| case["json"].is_null());
            bare.map_or(got == want, |w| got.ends_with(w))
        } else {
            got.starts_with("error")
        };
        let count = counts.entry(case["group"].to_string()).or_default();
        count.1 += 1;
        if agrees {
            count.0 += 1;
        } else {
            wrong.push(format!("{expr}\n  want {want}\n  got  {got}"));
        }
    }
    let off: Vec<_> = counts.iter().filter(|(_, n)| n.0 < n.1).collect();
    assert!(wrong.is_empty(), "{}\n{off:?}", wrong.join("\n"));
}

/// What is known of a value, in short: `?` for what is not, `|` between alternatives.
fn show(v: &Val) -> String {
    let list = |items: &[Val]| items.iter().map(show).collect::<Vec<_>>().join(", ");
    let text = match &v.kind {
        Kind::Unknown(u) if u.ty == Type::Dynamic => "?".into(),
        Kind::Unknown(u) => format!("?{}", u.ty),
        Kind::OneOf(alts) => {
            let alts: Vec<String> = alts.iter().map(|a| show(&a.val)).collect();
            alts.join(" | ")
        }
        Kind::List(s) | Kind::Tuple(s) => format!("[{}]", list(&s.items)),
        Kind::Set(s) => format!("set[{}]", list(&s.items)),
        Kind::Map(f) | Kind::Object(f) => {
            let open = if f.open.is_some() { ", …" } else { "" };
            let items = f.items.iter().map(|(k, v)| format!("{k}={}", show(v)));
            format!("{{{}{open}}}", items.collect::<Vec<_>>().join(", "))
        }
        Kind::Instance(_) => "instance".into(),
        _ => jsonencode(v),
    };
    let via = if v.via.is_some() { "@" } else { "" };
    let mark = if v.marks.has(Marks::SENSITIVE) {
        "!"
    } else {
        ""
    };
    format!("{via}{text}{mark}")
}

fn bindings() -> Vec<(&'static str, Val)> {
    let unknown = |ty: Type, id: u64| Val::unknown(ty, id, Why::Variable, "x");
    let of = Arc::new(Ref {
        module: 0,
        resource: 1,
        key: Key::None,
        path: "".into(),
    });
    let with = |mut v: Val, parts: &[Part]| {
        if let Kind::Unknown(u) = &mut v.kind {
            let u = Arc::make_mut(u);
            u.not_null = true;
            u.parts = parts.into();
        }
        v
    };
    let literal = Literal::new(91, &Val::bool(true), "var.dr = true");
    let (yes, no) = (World::of(literal.clone()), World::of(literal.negate()));
    let fields = vec![("name".into(), Val::str("n"))];
    vec![
        ("u", unknown(Type::Dynamic, 11)),
        ("us", unknown(Type::String, 13)),
        ("ul", unknown(Type::list(Type::String), 15)),
        ("id", with(unknown(Type::String, 17), &[])),
        (
            "arn",
            with(
                unknown(Type::String, 19),
                &[Part::Known("arn:".into()), Part::Unknown],
            ),
        ),
        ("own", Val::str("k").via(of.clone())),
        (
            "either",
            Val::one_of(vec![
                (yes.clone(), Val::str("a")),
                (no.clone(), Val::str("b")),
            ]),
        ),
        ("block", Val::open_object(fields, of.clone())),
        ("res", Kind::Instance(of).into()),
    ]
}

/// Expressions of [`bindings`] and what stays known of them.
const KNOWN: &[(&str, &str)] = &[
    ("length([u])", "1"),
    ("length(toset([\"a\", us]))", "?number"),
    ("length(ul)", "?number"),
    ("length({a = u})", "1"),
    ("length(block)", "?number"),
    ("length(toset([either, \"a\"]))", "1 | 2"),
    ("toset([\"a\", us])", "set[\"a\", ?string]"),
    ("toset([{a = \"x\", b = us}])", "set[{a=\"x\", b=?string}]"),
    ("toset([either, \"a\"])", "set[\"a\"] | set[\"a\", \"b\"]"),
    ("tolist([1, u])", "[1, ?]"),
    ("tolist([\"a\", u])", "[\"a\", ?string]"),
    ("tostring(own)", "@\"k\""),
    ("merge({a = 1}, u)", "?"),
    ("merge({a = 1}, {b = u})", "{a=1, b=?}"),
    ("merge({a = 1, name = 2}, block)", "{name=\"n\", …}"),
    ("merge(block, {a = 1})", "{a=1, name=\"n\", …}"),
    ("merge({a = 1}, res)", "?"),
    ("contains([\"x\", us], \"x\")", "true"),
    ("contains([\"x\", us], \"y\")", "?bool"),
    ("contains([arn], \"alias/x\")", "false"),
    ("contains([arn], \"arn:x\")", "?bool"),
    ("contains([\"x\", us], us)", "true"),
    ("contains([either], \"a\")", "true | false"),
    ("contains([either], \"c\")", "false"),
    ("contains([\"a\", \"b\"], either)", "true"),
    ("contains(u, \"a\")", "?bool"),
    ("lookup({a = us}, \"b\", 1)", "1"),
    ("lookup({a = us}, \"a\", 1)", "?string"),
    ("lookup({a = own}, \"a\")", "@\"k\""),
    ("lookup({a = 1, b = 2}, us, 3)", "1 | 2 | 3"),
    ("lookup({a = 1, b = 1}, us, 1)", "1"),
    ("lookup({a = 1, \"arn:b\" = 2}, arn, 3)", "2 | 3"),
    ("lookup(tomap({a = \"x\"}), us, 3)", "\"x\" | \"3\""),
    ("lookup({a = 1, b = 2}, either, 3)", "1 | 2"),
    ("lookup({a = 1}, either, 3)", "1 | 3"),
    ("lookup(block, \"name\", 3)", "\"n\""),
    ("lookup(block, \"kms\", 3)", "?"),
    ("keys({a = u, b = 1})", "[\"a\", \"b\"]"),
    ("keys(res)", "?"),
    ("values({a = u, b = own})", "[?, @\"k\"]"),
    ("concat([u], [own], [res])", "[?, @\"k\", instance]"),
    ("concat([1], ul)", "?"),
    ("concat([either], [1])", "[\"a\" | \"b\", 1]"),
    ("element([u, own], 1)", "@\"k\""),
    ("element([\"a\", \"b\"], u)", "\"a\" | \"b\""),
    ("element(ul, 0)", "?string"),
    ("flatten([[us], [own]])", "[?string, @\"k\"]"),
    ("flatten([[us], ul])", "?"),
    ("flatten([[us], u])", "?"),
    ("flatten([res, [either]])", "[instance, \"a\" | \"b\"]"),
    ("reverse([u, 1])", "[1, ?]"),
    ("slice([u, 1, 2], 0, 2)", "[?, 1]"),
    ("zipmap([\"a\", \"b\"], [u, own])", "{a=?, b=@\"k\"}"),
    ("zipmap([\"a\", us], [1, 2])", "?"),
    ("zipmap([either], [1])", "{a=1} | {b=1}"),
    ("coalesce(null, \"\", own)", "@\"k\""),
    ("coalesce(us, \"a\")", "?string"),
    ("coalesce(null, id, \"a\")", "?string"),
    ("coalesce(\"a\", us)", "\"a\""),
    ("coalesce(null, either)", "\"a\" | \"b\""),
    ("coalesce(res, null)", "instance"),
    ("coalescelist([], [us])", "[?string]"),
    ("coalescelist(ul, [1])", "?"),
    ("compact([\"a\", arn, \"\"])", "[\"a\", ?string]"),
    ("compact([\"a\", us])", "?list(string)"),
    (
        "compact([\"a\", either])",
        "[\"a\", \"a\"] | [\"a\", \"b\"]",
    ),
    ("distinct([\"a\", us])", "?list(string)"),
    ("distinct([\"a\", arn, arn])", "[\"a\", ?string]"),
    ("distinct([\"a\", either])", "[\"a\"] | [\"a\", \"b\"]"),
    ("index([\"a\", us], \"a\")", "0"),
    ("index([us, \"a\"], \"a\")", "?number"),
    ("index([either, \"b\"], \"b\")", "1 | 0"),
    ("one([own])", "@\"k\""),
    ("one([res])", "instance"),
    ("one([u])", "?"),
    ("one(ul)", "?string"),
    ("alltrue([u, false])", "false"),
    ("alltrue([u, true])", "?bool"),
    ("anytrue([u, true])", "true"),
    ("chunklist([us, 1, 2], 2)", "[[?string, \"1\"], [\"2\"]]"),
    ("matchkeys([u, 2], [\"a\", \"b\"], [\"a\"])", "[?]"),
    ("matchkeys([1, 2], [\"a\", us], [\"a\"])", "?list(number)"),
    ("setproduct([us], [1, 2])", "[[?string, 1], [?string, 2]]"),
    ("setunion([\"a\"], [us])", "set[\"a\", ?string]"),
    (
        "setunion([\"a\"], [either])",
        "set[\"a\"] | set[\"a\", \"b\"]",
    ),
    ("setintersection([\"a\"], [us])", "?set(string)"),
    ("sum([1, u])", "?number"),
    ("max(1, u)", "?number"),
    ("sort([us, \"a\"])", "?list(string)"),
    (
        "sort([either, \"aa\"])",
        "[\"a\", \"aa\"] | [\"aa\", \"b\"]",
    ),
    ("sensitive(us)", "?string!"),
    ("nonsensitive(sensitive(us))", "?string"),
    ("issensitive(us)", "?bool"),
    ("issensitive(sensitive(us))", "true"),
    ("md5(us)", "?string"),
    ("rsadecrypt(\"a\", \"b\")", "?string!"),
    ("contains([uuid()], uuid())", "?bool"),
    ("setproduct(range(1000), range(1000))", "?"),
];

#[test]
fn what_stays_known() {
    let project = empty();
    let root = &project.roots[0];
    let evaluation = Evaluation::new(&project, root, &root.sets[0], &NoFiles);
    let mut wrong = Vec::new();
    for (expr, want) in KNOWN {
        let tree = parse_expression(expr);
        let (v, errors) = evaluation.condition(&tree, tree.root(), &bindings(), &|_, _| None);
        let got = errors
            .first()
            .map_or_else(|| show(&v), |e| format!("error {e}"));
        if got != *want {
            wrong.push(format!("{expr}\n  want {want}\n  got  {got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether what is known of a value allows it to be this one.
fn allows(known: &Val, v: &Val) -> bool {
    let all =
        |a: &[Val], b: &[Val]| a.len() == b.len() && a.iter().zip(b).all(|(x, y)| allows(x, y));
    match (&known.kind, &v.kind) {
        (Kind::Unknown(u), _) if u.not_null && v.is_null() => false,
        (Kind::Unknown(u), Kind::Str(s)) => could_be(&u.parts, s),
        (Kind::Unknown(u), _) => convertible(&v.ty(), &u.ty),
        (Kind::OneOf(alts), _) => alts.iter().any(|a| allows(&a.val, v)),
        (Kind::List(a), Kind::List(b)) | (Kind::Tuple(a), Kind::Tuple(b)) => {
            all(&a.items, &b.items)
        }
        // What was not known may turn out to be one, and to stand elsewhere.
        (Kind::Set(a), Kind::Set(b)) => {
            let (a, b) = (&a.items, &b.items);
            b.len() <= a.len()
                && b.iter().all(|y| a.iter().any(|x| allows(x, y)))
                && a.iter().all(|x| b.iter().any(|y| allows(x, y)))
        }
        (Kind::Map(a), Kind::Map(b)) | (Kind::Object(a), Kind::Object(b)) => {
            let values = |f: &Fields| f.items.iter().map(|(_, v)| v.clone()).collect::<Vec<_>>();
            a.items
                .iter()
                .map(|i| &i.0)
                .eq(b.items.iter().map(|i| &i.0))
                && all(&values(a), &values(b))
        }
        // Beside an unknown without a type a number may be text: `tolist([1, u])`.
        (Kind::Num(n), Kind::Str(s)) => n.to_string() == **s,
        _ => known.same(v),
    }
}

#[test]
fn what_is_said_of_unknowns_holds_for_all_values() {
    let texts = |all: &[&str]| all.iter().map(|s| Val::str(*s)).collect::<Vec<_>>();
    let mut concrete = [
        ("id", texts(&["a", "k", "x"])),
        ("arn", texts(&["arn:", "arn:x", "arn:b"])),
        ("either", texts(&["a", "b"])),
        ("us", texts(&["a", "b", "", "arn:b", "y"])),
        ("u", texts(&["a", "b"])),
        (
            "ul",
            vec![
                Val::strings([""; 0]),
                Val::strings(["a"]),
                Val::strings(["", "b"]),
            ],
        ),
    ];
    concrete[3].1.push(Val::null_of(Type::String));
    concrete[4].1.extend([
        Val::null(),
        Val::bool(true),
        Val::num(1i64),
        Val::tuple(Vec::new()),
    ]);
    let project = empty();
    let root = &project.roots[0];
    let evaluation = Evaluation::new(&project, root, &root.sets[0], &NoFiles);
    let mut wrong = Vec::new();
    for (expr, _) in KNOWN {
        let tree = parse_expression(expr);
        let value = |bindings: &[(&str, Val)]| {
            let (v, errors) = evaluation.condition(&tree, tree.root(), bindings, &|_, _| None);
            errors.is_empty().then_some(v)
        };
        let known = value(&bindings()).expect("no error: what_stays_known says so");
        for i in 0..60 {
            let mut bindings = bindings();
            for (name, v) in &mut bindings {
                if let Some((_, all)) = concrete.iter().find(|(n, _)| n == name) {
                    *v = all[(i + i / all.len()) % all.len()].clone();
                }
            }
            if let Some(v) = value(&bindings)
                && !allows(&known, &v)
            {
                wrong.push(format!(
                    "{expr}\n  said {}\n  is   {}",
                    show(&known),
                    show(&v)
                ));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
