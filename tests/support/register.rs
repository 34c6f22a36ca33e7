//! What the register says of each store, to be held against what another input says of it.

use serde_json::Value;
use std::collections::BTreeMap;

/// Facts by name; `None`: not determined.
pub type Facts = BTreeMap<String, Option<String>>;

/// The facts of a store as text; `None`: not determined.
pub fn facts(store: &Value) -> Facts {
    let mut out = BTreeMap::new();
    let mut say = |name: String, v: &Value| {
        let open = v.is_null() || v == "unknown";
        out.insert(name, (!open).then(|| v.to_string()));
    };
    let place = |l: &Value| match l["state"].as_str() {
        Some("known") => l["regions"].clone(),
        _ => Value::Null,
    };
    say("place".into(), &place(&store["location"]));
    say("at_rest".into(), &store["encryption"]["at_rest"]);
    say("custody".into(), &store["custody"]["level"]);
    if store["custody"]["level"] != "unknown" {
        say("key".into(), &store["custody"]["key"]);
    }
    for fact in ["exposure", "backup", "deletion_protected"] {
        say(fact.into(), &store[fact]);
    }
    for part in store["parts"].as_array().into_iter().flatten() {
        let name = format!("part {}", part["part"]);
        say(format!("{name} custody"), &part["custody"]["level"]);
        say(format!("{name} at_rest"), &part["encryption"]["at_rest"]);
    }
    let mut copies: Vec<String> = store["copies"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|c| format!("{} {} {}", c["kind"], place(&c["location"]), c["to"]))
        .collect();
    copies.sort();
    out.insert("copies".into(), Some(copies.join(", ")));
    out
}

/// The facts of each store, by address.
pub fn stores(inventory: &Value) -> BTreeMap<String, Facts> {
    inventory["stores"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|s| (s["address"].as_str().expect("text").to_owned(), facts(s)))
        .collect()
}
