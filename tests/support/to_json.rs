//! A fixture written in JSON syntax, as Terraform's documentation maps one syntax to the other.

use super::fixture::Fixture;
use super::rewrite::parsed;
use sekisho::load::syntax::{Block, Expr, Item, NodeId, Tree};
use serde_json::{Map, Value, json};

/// Every `.tf` file as `.tf.json`.
pub fn json(fixture: &Fixture) -> Fixture {
    let mut files = fixture.files.clone();
    for (path, tree) in parsed(fixture) {
        files.remove(&path);
        let value = body(&tree, tree.root(), &[]);
        let text = serde_json::to_string_pretty(&value).expect("it is a value");
        files.insert(format!("{path}.json"), text);
    }
    fixture.with(files)
}

fn body(tree: &Tree, id: NodeId, way: &[&str]) -> Value {
    let mut out = Map::new();
    for item in tree.items(id) {
        match item {
            Item::Attribute(a) => {
                out.insert(a.name.to_owned(), attribute(tree, way, a.name, a.value));
            }
            Item::Block(b) => {
                let list = out
                    .entry(b.kind.to_owned())
                    .or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(list) = list {
                    list.push(block(tree, &b, way));
                }
            }
        }
    }
    Value::Object(out)
}

fn block(tree: &Tree, b: &Block<'_>, way: &[&str]) -> Value {
    let mut below = way.to_vec();
    below.push(b.kind);
    let mut value = body(tree, b.body, &below);
    let labels: Vec<String> = b.labels().map(Into::into).collect();
    for label in labels.into_iter().rev() {
        value = json!({ label: value });
    }
    value
}

/// Some arguments are no expressions: what they hold is written as plain text.
fn attribute(tree: &Tree, way: &[&str], name: &str, value: NodeId) -> Value {
    let plain = match (way, name) {
        (["variable"], "type") => true,
        (["resource" | "data" | "module" | "output", ..], "depends_on") => true,
        (["resource" | "data"], "provider") => true,
        (["module"], "providers") => true,
        ([.., "lifecycle"], "ignore_changes" | "replace_triggered_by") => true,
        (["terraform", "required_providers"], _) => true,
        _ => false,
    };
    if plain {
        words(tree, value)
    } else {
        expression(tree, value)
    }
}

/// References as they are written, in quotes.
fn words(tree: &Tree, id: NodeId) -> Value {
    match tree.expr(id) {
        Expr::Text(text) => Value::String(text.decode().into_owned()),
        Expr::Tuple(all) => all.iter().map(|&x| words(tree, x)).collect(),
        Expr::Object(pairs) => Value::Object(
            pairs
                .chunks(2)
                .map(|pair| (written(tree, pair[0]), words(tree, pair[1])))
                .collect(),
        ),
        _ => Value::String(tree.text(tree.span(id)).to_owned()),
    }
}

/// A key as it is written: `aws.osaka`.
fn written(tree: &Tree, id: NodeId) -> String {
    match tree.expr(id) {
        Expr::Text(text) => text.decode().into_owned(),
        _ => tree.text(tree.span(id)).to_owned(),
    }
}

fn key(tree: &Tree, id: NodeId) -> String {
    match tree.expr(id) {
        Expr::Text(text) => escaped(&text.decode()),
        Expr::Paren(inner) => interpolated(tree.text(tree.span(inner))),
        _ => interpolated_or_name(tree, id),
    }
}

fn interpolated_or_name(tree: &Tree, id: NodeId) -> String {
    match tree.expr(id) {
        Expr::Variable(name) => name.to_owned(),
        _ => interpolated(tree.text(tree.span(id))),
    }
}

fn expression(tree: &Tree, id: NodeId) -> Value {
    match tree.expr(id) {
        Expr::Null => Value::Null,
        Expr::Bool(b) => Value::Bool(b),
        Expr::Number(text) => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::String(interpolated(text)))
        }
        Expr::Text(text) => Value::String(escaped(&text.decode())),
        Expr::Tuple(all) => all.iter().map(|&x| expression(tree, x)).collect(),
        Expr::Object(pairs) => Value::Object(
            pairs
                .chunks(2)
                .map(|pair| (key(tree, pair[0]), expression(tree, pair[1])))
                .collect(),
        ),
        _ => Value::String(interpolated(tree.text(tree.span(id)))),
    }
}

fn interpolated(source: &str) -> String {
    format!("${{{source}}}")
}

fn escaped(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}
