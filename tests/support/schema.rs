//! JSON Schema, as much of it as `schema/` uses: type, properties, required, additionalProperties,
//! items, enum, const, anyOf, $ref into $defs. A keyword that is not known here fails the test, so
//! that nothing in a schema goes unchecked.

use serde_json::Value;

const IGNORED: [&str; 4] = ["$schema", "title", "description", "$defs"];

/// Everything that is wrong with a value, each with its path.
pub fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let mut out = Vec::new();
    check(schema, schema, value, "$", &mut out);
    out
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
    let Some(rules) = schema.as_object() else {
        out.push(format!("{at}: the schema is no object"));
        return;
    };
    let object = value.as_object();
    for (keyword, rule) in rules {
        match keyword.as_str() {
            "type" => {
                let types: Vec<&str> = match rule {
                    Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
                    one => one.as_str().into_iter().collect(),
                };
                if !types.iter().any(|t| is(value, t)) {
                    out.push(format!("{at}: {value} is no {types:?}"));
                }
            }
            "const" if rule != value => out.push(format!("{at}: {value} is not {rule}")),
            "enum" if !rule.as_array().is_some_and(|all| all.contains(value)) => {
                out.push(format!("{at}: {value} is none of {rule}"));
            }
            "required" => {
                for name in rule
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                {
                    if object.is_some_and(|o| !o.contains_key(name)) {
                        out.push(format!("{at}: {name} is missing"));
                    }
                }
            }
            "properties" => {
                for (name, inner) in rule.as_object().into_iter().flatten() {
                    if let Some(v) = object.and_then(|o| o.get(name)) {
                        check(root, inner, v, &format!("{at}.{name}"), out);
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(rule, false, "only false is known here");
                for name in object.into_iter().flat_map(|o| o.keys()) {
                    if schema["properties"].get(name).is_none() {
                        out.push(format!("{at}: {name} is not in the schema"));
                    }
                }
            }
            "items" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}[{i}]"), out);
                }
            }
            "anyOf" => {
                let fits = |one: &Value| {
                    let mut inner = Vec::new();
                    check(root, one, value, at, &mut inner);
                    inner.is_empty()
                };
                if !rule.as_array().is_some_and(|all| all.iter().any(fits)) {
                    out.push(format!("{at}: {value} fits no alternative"));
                }
            }
            "$ref" => {
                let name = rule.as_str().and_then(|r| r.strip_prefix("#/$defs/"));
                match name.and_then(|n| root["$defs"].get(n)) {
                    Some(inner) => check(root, inner, value, at, out),
                    None => out.push(format!("{at}: {rule} is not defined")),
                }
            }
            "const" | "enum" => {}
            known if IGNORED.contains(&known) => {}
            unknown => out.push(format!("{at}: the keyword {unknown} is not known here")),
        }
    }
}

fn is(value: &Value, ty: &str) -> bool {
    match ty {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}
