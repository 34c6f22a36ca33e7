//! Values as `terraform show -json` writes them: what is known, which of it is not, which must not be shown.

use super::msgpack::Value;
use serde_json::Value as Type;

/// A step into a value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Step<'a> {
    /// An attribute, or an element of a map.
    Name(&'a str),
    /// An element of a list.
    Index(u64),
    /// An element of a set, which is named by its value; or what cannot be read.
    Some,
}

/// A text in JSON.
pub(super) fn text(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// A value. What is known after apply is left out of objects and null in lists.
pub(super) fn value(out: &mut String, v: &Value<'_>) {
    known(out, v, &Type::Null);
}

fn known(out: &mut String, v: &Value<'_>, ty: &Type) {
    match v {
        Value::Null | Value::Unknown => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Whole(n) => out.push_str(&n.to_string()),
        Value::Float(f) => out.push_str(&serde_json::Value::from(*f).to_string()),
        // A number that is no float, where the type is told: JSON takes its digits as they are.
        Value::Text(digits)
            if ty == "number" && serde_json::from_str::<serde_json::Number>(digits).is_ok() =>
        {
            out.push_str(digits);
        }
        Value::Text(t) => text(out, t),
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                comma(out);
                let ty = if ty[0] == "tuple" { &ty[1][at] } else { &ty[1] };
                known(out, item, ty);
            }
            out.push(']');
        }
        Value::Map(fields) => {
            out.push('{');
            for (name, inner) in fields.iter().filter(|(_, v)| *v != Value::Unknown) {
                comma(out);
                text(out, name);
                out.push(':');
                let ty = if ty[0] == "object" {
                    &ty[1][name]
                } else {
                    &ty[1]
                };
                known(out, inner, ty);
            }
            out.push('}');
        }
        Value::Typed(ty, inner) => {
            let ty: Type = serde_json::from_slice(ty).unwrap_or_default();
            known(out, inner, &ty);
        }
    }
}

/// A tree like the value's, with `true` for what is known after apply.
pub(super) fn unknown(out: &mut String, v: &Value<'_>) {
    match v {
        Value::Unknown => out.push_str("true"),
        Value::Typed(_, inner) => unknown(out, inner),
        Value::List(items) => {
            out.push('[');
            for item in items {
                comma(out);
                unknown(out, item);
            }
            out.push(']');
        }
        Value::Map(fields) => {
            out.push('{');
            for (name, inner) in fields.iter().filter(|(_, v)| !is_plain(v)) {
                comma(out);
                text(out, name);
                out.push(':');
                unknown(out, inner);
            }
            out.push('}');
        }
        _ => out.push_str("false"),
    }
}

fn is_plain(v: &Value<'_>) -> bool {
    match v {
        Value::Unknown | Value::List(_) | Value::Map(_) => false,
        Value::Typed(_, inner) => is_plain(inner),
        _ => true,
    }
}

/// A tree like the value's, with `true` for what the paths lead to. A path that leads to no single element
/// means all of what it comes to.
pub(super) fn marked(out: &mut String, v: &Value<'_>, paths: &[&[Step<'_>]]) {
    if paths.is_empty() {
        return out.push_str("false");
    }
    let whole = paths.iter().any(|p| p.is_empty());
    match v {
        Value::Typed(_, inner) => marked(out, inner, paths),
        Value::List(items) if !whole && paths.iter().all(|p| is_element(p, items.len())) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                comma(out);
                let inner = below(paths, |step| step == Step::Index(at as u64));
                marked(out, item, &inner);
            }
            out.push(']');
        }
        Value::Map(fields) if !whole && paths.iter().all(|p| matches!(p[0], Step::Name(_))) => {
            out.push('{');
            for (name, item) in fields {
                let inner = below(paths, |step| step == Step::Name(name));
                if inner.is_empty() {
                    continue;
                }
                comma(out);
                text(out, name);
                out.push(':');
                marked(out, item, &inner);
            }
            out.push('}');
        }
        _ => out.push_str("true"),
    }
}

fn is_element(path: &[Step<'_>], length: usize) -> bool {
    matches!(path[0], Step::Index(at) if at < length as u64)
}

fn below<'p, 's>(paths: &[&'p [Step<'s>]], here: impl Fn(Step<'s>) -> bool) -> Vec<&'p [Step<'s>]> {
    let found = paths.iter().filter(|p| here(p[0]));
    found.map(|p| &p[1..]).collect()
}

/// Parts one element from the next; before the first there is nothing, or what opens the list.
pub(super) fn comma(out: &mut String) {
    if !out.is_empty() && !out.ends_with(['[', '{']) {
        out.push(',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        assert!(
            serde_json::from_str::<serde_json::Value>(&out).is_ok(),
            "{out}"
        );
        out
    }

    fn some() -> Value<'static> {
        Value::Map(vec![
            ("a", Value::Text("x\"")),
            ("b", Value::Unknown),
            (
                "c",
                Value::List(vec![
                    Value::Map(vec![("d", Value::Unknown), ("e", Value::Bool(true))]),
                    Value::Unknown,
                ]),
            ),
            ("f", Value::Float(f64::INFINITY)),
        ])
    }

    #[test]
    fn what_is_known_and_what_is_not() {
        let v = some();
        assert_eq!(
            written(|o| value(o, &v)),
            r#"{"a":"x\"","c":[{"e":true},null],"f":null}"#
        );
        assert_eq!(
            written(|o| unknown(o, &v)),
            r#"{"b":true,"c":[{"d":true},true]}"#
        );
    }

    #[test]
    fn a_type_tells_numbers() {
        let ty = br#"["object",{"n":"number","s":"string","l":["list","number"],"t":["tuple",["string","number"]]}]"#;
        let list = || Value::List(vec![Value::Text("1.1"), Value::Text("1.1")]);
        let fields = vec![
            ("n", Value::Text("0.1")),
            ("s", Value::Text("0.1")),
            ("l", list()),
            ("t", list()),
        ];
        let v = Value::Typed(ty, Box::new(Value::Map(fields)));
        assert_eq!(
            written(|o| value(o, &v)),
            r#"{"n":0.1,"s":"0.1","l":[1.1,1.1],"t":["1.1",1.1]}"#
        );
        let no_number = Value::Typed(br#""number""#, Box::new(Value::Text("1}, {")));
        assert_eq!(written(|o| value(o, &no_number)), r#""1}, {""#);
    }

    #[test]
    fn paths_become_a_tree() {
        let v = some();
        let name = Step::Name;
        let tree = |paths: &[&[Step<'_>]]| written(|o| marked(o, &v, paths));
        assert_eq!(tree(&[]), "false");
        assert_eq!(tree(&[&[]]), "true");
        assert_eq!(tree(&[&[name("b")]]), r#"{"b":true}"#);
        assert_eq!(
            tree(&[&[name("c"), Step::Index(0), name("e")], &[name("a")]]),
            r#"{"a":true,"c":[{"e":true},false]}"#
        );
        for all in [Step::Some, Step::Index(2), name("x")] {
            assert_eq!(tree(&[&[name("c"), all, name("e")]]), r#"{"c":true}"#);
        }
    }
}
