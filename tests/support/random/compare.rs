//! Whether two answers are the same, and if not, how.

use super::run::{Answer, NO_ANSWER};
use serde_json::{Value, json};

/// How the answers stand to each other.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// The same.
    Same,
    /// Both say error.
    BothFail,
    /// Sekisho knows what terraform does not.
    More(String),
    /// Only terraform says error.
    Missed(String),
    /// Only sekisho says error.
    Alarm(String),
    /// Both have a value, and another one; or sekisho does not know it.
    Differs(String),
}

impl Verdict {
    /// The same kind of disagreement.
    pub fn like(&self, other: &Verdict) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// Whole answers.
pub fn answers(terraform: &Answer, sekisho: &Answer) -> Verdict {
    // Sekisho goes on without a value.
    let none =
        |words: &str| words == NO_ANSWER || words.starts_with("No value for required variable");
    if terraform.errors.iter().any(|(_, _, words)| none(words)) {
        return Verdict::BothFail;
    }
    match (terraform.ok, sekisho.ok) {
        (false, false) => return Verdict::BothFail,
        (false, true) => return Verdict::Missed(format!("{:?}", terraform.errors)),
        (true, false) => return Verdict::Alarm(format!("{:?}", sekisho.errors)),
        (true, true) => {}
    }
    let names = |a: &Answer| a.resources.keys().cloned().collect::<Vec<_>>();
    if names(terraform) != names(sekisho) {
        return Verdict::Differs(format!(
            "instances {:?}, sekisho {:?}",
            names(terraform),
            names(sekisho)
        ));
    }
    let mut more = Verdict::Same;
    let each = terraform
        .resources
        .keys()
        .map(|address| resource(terraform, sekisho, address));
    for verdict in each.chain(
        terraform
            .outputs
            .keys()
            .map(|name| output(terraform, sekisho, name)),
    ) {
        match verdict {
            Verdict::Same => {}
            Verdict::More(_) => more = verdict,
            bad => return bad,
        }
    }
    more
}

/// One resource instance.
pub fn resource(terraform: &Answer, sekisho: &Answer, address: &str) -> Verdict {
    let (t, s) = (
        &terraform.resources[address],
        sekisho.resources.get(address).unwrap_or(&Value::Null),
    );
    let both = || format!("{address}\n  terraform {t}\n  sekisho   {s}");
    let known = values(
        (Some(&t["values"]), &t["unknown"]),
        (Some(&s["values"]), &s["unknown"]),
    );
    match known {
        Known::Same if t["sensitive"] == s["sensitive"] && t["index"] == s["index"] => {
            Verdict::Same
        }
        Known::More => Verdict::More(both()),
        _ => Verdict::Differs(both()),
    }
}

/// One output.
pub fn output(terraform: &Answer, sekisho: &Answer, name: &str) -> Verdict {
    let none = json!(false);
    let t = &terraform.outputs[name];
    let s = sekisho.outputs.get(name).unwrap_or(&Value::Null);
    let tu = terraform.output_unknown.get(name).unwrap_or(&none);
    let su = sekisho.output_unknown.get(name).unwrap_or(&none);
    let both =
        || format!("output {name}\n  terraform {t} unknown {tu}\n  sekisho   {s} unknown {su}");
    let same_type = t.get("type").is_none_or(|ty| *ty == s["type"]);
    match values((t.get("value"), tu), (s.get("value"), su)) {
        Known::Same
            if same_type && (t.get("sensitive").is_none() || t["sensitive"] == s["sensitive"]) =>
        {
            Verdict::Same
        }
        Known::More => Verdict::More(both()),
        _ => Verdict::Differs(both()),
    }
}

enum Known {
    Same,
    More,
    Other,
}

fn is_unknown(unknown: &Value) -> bool {
    *unknown == json!(true)
}

#[allow(clippy::many_single_char_names)] // terraform and sekisho, each value and what is unknown of it
fn values(t: (Option<&Value>, &Value), s: (Option<&Value>, &Value)) -> Known {
    if is_unknown(t.1) {
        return if is_unknown(s.1) {
            Known::Same
        } else {
            Known::More
        };
    }
    if is_unknown(s.1) {
        return Known::Other;
    }
    let null = Value::Null;
    let (a, b) = (t.0.unwrap_or(&null), s.0.unwrap_or(&null));
    match (a, b) {
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            let pairs = x.iter().zip(y).enumerate();
            all(pairs.map(|(i, (x, y))| values((Some(x), &t.1[i]), (Some(y), &s.1[i]))))
        }
        (Value::Object(x), Value::Object(y)) => {
            // What is not known stands in no value.
            let keys = |v: &Value, u: &Value| -> Vec<String> {
                let mut keys: Vec<String> = v
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(k, _)| k.clone())
                    .collect();
                keys.extend(
                    u.as_object()
                        .into_iter()
                        .flatten()
                        .filter(|(_, u)| is_unknown(u))
                        .map(|(k, _)| k.clone()),
                );
                keys.sort();
                keys.dedup();
                keys
            };
            let names = keys(a, t.1);
            if names != keys(b, s.1) {
                return Known::Other;
            }
            all(names
                .iter()
                .map(|k| values((x.get(k), &t.1[k]), (y.get(k), &s.1[k]))))
        }
        _ if same_scalar(a, b) => Known::Same,
        _ => Known::Other,
    }
}

/// Numbers may be written in several ways.
fn same_scalar(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        _ => a == b,
    }
}

fn all(each: impl Iterator<Item = Known>) -> Known {
    let mut out = Known::Same;
    for known in each {
        match known {
            Known::Same => {}
            Known::More => out = Known::More,
            Known::Other => return Known::Other,
        }
    }
    out
}
