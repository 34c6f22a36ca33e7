//! States that an old Terraform wrote: version 3 (up to 0.11), and values of version 4 that no newer one has
//! refreshed. In both, values are a flat map of texts (`rule.0.sse_algorithm`). They are written anew as
//! version 4 has them, and read as that.
//!
//! The types of values are not told: `true` and `false` are taken for what they look like, and so are short
//! numbers; an account's number stays a text.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// So long a number may be to be one.
const SHORT: usize = 6;
/// Blocks in blocks.
const MAX_DEPTH: usize = 64;

/// A state as one of version 4 without flat values; `None` where it is not understood.
pub(super) fn as_version_4(text: &str) -> Option<String> {
    let mut state: Value = serde_json::from_str(text).ok()?;
    if state.get("version")?.as_u64()? == 3 {
        state = from_version_3(&state)?;
    }
    let resources = state.get_mut("resources").and_then(Value::as_array_mut);
    for resource in resources.into_iter().flatten() {
        let instances = resource.get_mut("instances").and_then(Value::as_array_mut);
        for instance in instances.into_iter().flatten() {
            let instance = instance.as_object_mut()?;
            let has = instance.get("attributes").is_some_and(|a| !a.is_null());
            if let Some(flat) = instance.remove("attributes_flat").filter(|_| !has) {
                instance.insert("attributes".into(), deep(flat.as_object()?));
            }
        }
    }
    Some(state.to_string())
}

fn from_version_3(state: &Value) -> Option<Value> {
    let mut resources = Vec::new();
    let modules = state.get("modules").and_then(Value::as_array);
    for module in modules.into_iter().flatten() {
        let path = module.get("path").and_then(Value::as_array)?;
        let path: Option<Vec<String>> = path
            .iter()
            .skip(1) // `root`
            .map(|p| Some(format!("module.{}", p.as_str()?)))
            .collect();
        let path = path?.join(".");
        let all = module.get("resources").and_then(Value::as_object);
        for (address, resource) in all.into_iter().flatten() {
            resources.push(of_version_3(&path, address, resource)?);
        }
    }
    Some(json!({
        "version": 4,
        "terraform_version": state.get("terraform_version"),
        "lineage": state.get("lineage").and_then(Value::as_str).unwrap_or(""),
        "resources": resources,
    }))
}

/// `data.TYPE.NAME.INDEX` with what it holds.
fn of_version_3(module: &str, address: &str, resource: &Value) -> Option<Value> {
    let (mode, rest) = match address.strip_prefix("data.") {
        Some(rest) => ("data", rest),
        None => ("managed", address),
    };
    let mut words = rest.split('.');
    let (ty, name) = (words.next()?, words.next()?);
    let index: Option<u64> = words.next().and_then(|i| i.parse().ok());
    let object = |instance: &Value, deposed: Option<usize>| {
        let flat = instance.get("attributes").and_then(Value::as_object);
        let mut out = Map::new();
        out.insert(
            "attributes_flat".into(),
            Value::Object(flat.cloned().unwrap_or_default()),
        );
        if let Some(index) = index {
            out.insert("index_key".into(), json!(index));
        }
        if let Some(number) = deposed {
            out.insert("deposed".into(), json!(number.to_string()));
        }
        Value::Object(out)
    };
    let mut instances = Vec::new();
    if let Some(primary) = resource.get("primary").filter(|p| p.is_object()) {
        instances.push(object(primary, None));
    }
    let deposed = resource.get("deposed").and_then(Value::as_array);
    for (i, instance) in deposed.into_iter().flatten().enumerate() {
        instances.push(object(instance, Some(i + 1)));
    }
    Some(json!({
        "module": module,
        "mode": mode,
        "type": ty,
        "name": name,
        "provider": resource.get("provider").and_then(Value::as_str).unwrap_or(""),
        "instances": instances,
    }))
}

/// A flat map as the tree that it stands for.
fn deep(flat: &Map<String, Value>) -> Value {
    let mut keys: Vec<(&str, &Value)> = flat.iter().map(|(k, v)| (k.as_str(), v)).collect();
    keys.sort_by_key(|(k, _)| *k);
    object(&keys, 0)
}

/// An object of the keys that share a beginning, which is cut off.
fn object(keys: &[(&str, &Value)], depth: usize) -> Value {
    let mut out = Map::new();
    for (name, below) in grouped(keys) {
        out.insert(name.to_owned(), part(&below, depth + 1));
    }
    Value::Object(out)
}

/// The keys by their first name.
fn grouped<'k>(keys: &[(&'k str, &'k Value)]) -> Vec<(&'k str, Vec<(&'k str, &'k Value)>)> {
    let mut out: BTreeMap<&str, Vec<(&str, &Value)>> = BTreeMap::new();
    for (key, v) in keys {
        let (name, rest) = key.split_once('.').unwrap_or((key, ""));
        out.entry(name).or_default().push((rest, v));
    }
    out.into_iter().collect()
}

fn part(keys: &[(&str, &Value)], depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return Value::Null;
    }
    if let [("", value)] = keys {
        return scalar(value);
    }
    // A map: its keys may have dots in them, and its values are texts.
    if keys.iter().any(|(k, _)| *k == "%") {
        let items = keys.iter().filter(|(k, _)| !matches!(*k, "%" | ""));
        return Value::Object(items.map(|(k, v)| ((*k).into(), (*v).clone())).collect());
    }
    // A list by number, a set by hash.
    if keys.iter().any(|(k, _)| *k == "#") {
        let items: Vec<(&str, &Value)> = keys
            .iter()
            .filter(|(k, _)| !matches!(*k, "#" | ""))
            .copied()
            .collect();
        let mut items = grouped(&items);
        items.sort_by_key(|(n, _)| n.parse::<u64>().unwrap_or(u64::MAX));
        let items = items.iter().map(|(_, below)| part(below, depth + 1));
        return Value::Array(items.collect());
    }
    object(keys, depth)
}

fn scalar(v: &Value) -> Value {
    let Some(text) = v.as_str() else {
        return v.clone();
    };
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => {
            let digits = text.len() <= SHORT && text.bytes().all(|b| b.is_ascii_digit());
            let plain = text == "0" || !text.starts_with('0');
            match text.parse::<u64>() {
                Ok(number) if digits && plain => json!(number),
                _ => v.clone(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_values_get_their_form() {
        let flat = json!({
            "id": "acme", "owner": "123456789012", "versioning.#": "1", "versioning.0.enabled": "true",
            "rule.#": "1", "rule.3724.days": "30", "rule.3724.zones.#": "2", "rule.3724.zones.0": "a",
            "rule.3724.zones.1": "b", "tags.%": "1", "tags.a.b": "true", "none.#": "0", "zip": "0123",
        });
        let got = deep(flat.as_object().expect("an object"));
        assert_eq!(
            got,
            json!({
                "id": "acme", "owner": "123456789012", "versioning": [{"enabled": true}],
                "rule": [{"days": 30, "zones": ["a", "b"]}], "tags": {"a.b": "true"}, "none": [],
                "zip": "0123",
            })
        );
    }
}
