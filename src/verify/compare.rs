//! What differs between two registers: files, things, facts, versions. Where something stands in a file is
//! no fact.

use super::Register;
use crate::provenance::File;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What was, and what is.
#[derive(Serialize, Debug)]
pub struct Difference {
    /// Of what; empty where there is one only.
    pub name: String,
    /// Before.
    pub was: String,
    /// Now.
    pub is: String,
}

/// A fact that is another.
#[derive(Serialize, Debug)]
#[allow(missing_docs)]
pub struct Field {
    #[serde(rename = "field")]
    pub name: String,
    pub was: Value,
    pub is: Value,
}

/// A thing whose facts are others.
#[derive(Serialize, Debug)]
#[allow(missing_docs)]
pub struct Changed {
    pub name: String,
    pub fields: Vec<Field>,
}

/// Everything that differs.
#[derive(Serialize, Debug, Default)]
#[allow(missing_docs)]
pub struct Differences {
    /// Versions of sekisho and its lists.
    pub versions: Vec<Difference>,
    /// The commit; alone it is no difference.
    pub commit: Option<Difference>,
    pub files_changed: Vec<String>,
    pub files_new: Vec<String>,
    pub files_gone: Vec<String>,
    /// The names of the parts of the register that are others as a whole.
    pub parts: Vec<&'static str>,
    pub new: Vec<String>,
    pub gone: Vec<String>,
    pub changed: Vec<Changed>,
    /// How much was compared: files, stores, keys.
    pub compared: [usize; 3],
}

impl Differences {
    /// How many differences there are.
    pub fn count(&self) -> usize {
        self.versions.len()
            + self.files_changed.len()
            + self.files_new.len()
            + self.files_gone.len()
            + self.parts.len()
            + self.new.len()
            + self.gone.len()
            + self.changed.len()
    }

    /// Whether nothing differs.
    pub fn is_same(&self) -> bool {
        self.count() == 0
    }
}

/// Compares what was with what is.
pub(super) fn compare(was: &Register, is: &Register) -> Differences {
    let mut out = Differences::default();
    let text = |v: &Value| v.as_str().unwrap_or("").to_owned();
    for field in ["version", "catalog"] {
        let (then, now) = (
            text(&was.json["tool"][field]),
            text(&is.json["tool"][field]),
        );
        if then != now {
            out.versions.push(Difference {
                name: field.to_owned(),
                was: then,
                is: now,
            });
        }
    }
    lists(was, is, &mut out);
    let commit = |r: &Register| {
        r.made_from
            .git
            .as_ref()
            .map_or("-".into(), |g| g.commit.clone())
    };
    if commit(was) != commit(is) {
        out.commit = Some(Difference {
            name: String::new(),
            was: commit(was),
            is: commit(is),
        });
    }
    files(was, is, &mut out);
    if was.made_from.variable_sets != is.made_from.variable_sets {
        out.parts.push("variable-sets");
    }
    for (part, name) in [
        ("unclassified", "unclassified"),
        ("modules_missing", "modules"),
    ] {
        if was.json[part] != is.json[part] {
            out.parts.push(name);
        }
    }
    for list in ["stores", "keys", "others"] {
        things(&was.json[list], &is.json[list], &mut out);
    }
    let count = |list: &str| is.json[list].as_array().map_or(0, Vec::len);
    let files = is.made_from.files.as_ref().map_or(0, Vec::len);
    out.compared = [files, count("stores"), count("keys")];
    out
}

fn lists(was: &Register, is: &Register, out: &mut Differences) {
    let then: BTreeMap<&str, &str> = (was.made_from.lists.iter())
        .map(|l| (&*l.list, &*l.edition))
        .collect();
    let now: BTreeMap<&str, &str> = (is.made_from.lists.iter())
        .map(|l| (&*l.list, &*l.edition))
        .collect();
    let mut names: Vec<&str> = then.keys().chain(now.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let of = |all: &BTreeMap<&str, &str>| all.get(name).copied().unwrap_or("-").to_owned();
        if of(&then) != of(&now) {
            out.versions.push(Difference {
                name: name.to_owned(),
                was: of(&then),
                is: of(&now),
            });
        }
    }
}

fn files(was: &Register, is: &Register, out: &mut Differences) {
    fn by_path(files: Option<&Vec<File>>) -> BTreeMap<&str, Option<&str>> {
        let all = files.into_iter().flatten();
        all.map(|f| (&*f.path, f.sha256.as_deref())).collect()
    }
    let then = by_path(was.made_from.files.as_ref());
    let now = by_path(is.made_from.files.as_ref());
    for (path, hash) in &then {
        match now.get(path) {
            None => out.files_gone.push((*path).to_owned()),
            Some(other) if other != hash => out.files_changed.push((*path).to_owned()),
            Some(_) => {}
        }
    }
    let new = now.keys().filter(|p| !then.contains_key(*p));
    out.files_new.extend(new.map(|p| (*p).to_owned()));
}

/// The stores, keys or others of both, by what they are called.
fn things(was: &Value, is: &Value, out: &mut Differences) {
    let (then, now) = (by_name(was), by_name(is));
    for (name, thing) in &then {
        let Some(other) = now.get(name) else {
            out.gone.push(name.clone());
            continue;
        };
        let fields = fields(thing, other);
        if !fields.is_empty() {
            out.changed.push(Changed {
                name: name.clone(),
                fields,
            });
        }
    }
    let new = now.keys().filter(|n| !then.contains_key(*n));
    out.new.extend(new.cloned());
}

fn by_name(list: &Value) -> BTreeMap<String, &Value> {
    let mut out = BTreeMap::new();
    for thing in list.as_array().into_iter().flatten() {
        let text = |field: &str| thing[field].as_str().unwrap_or("");
        let set = match text("variable_set") {
            "default" | "" => String::new(),
            set => format!(" [{set}]"),
        };
        let name = format!("{}{set}: {}", text("target"), text("address"));
        out.insert(name, thing);
    }
    out
}

/// The facts that differ. What one side does not have at all is another version's word, and told as null.
fn fields(was: &Value, is: &Value) -> Vec<Field> {
    /// Lines move without anything being another.
    const NO_FACTS: &[&str] = &["file", "line"];
    let (Some(then), Some(now)) = (was.as_object(), is.as_object()) else {
        return Vec::new();
    };
    let mut names: Vec<&String> = then.keys().chain(now.keys()).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|n| !NO_FACTS.contains(&n.as_str()) && then.get(*n) != now.get(*n))
        .map(|n| Field {
            name: n.clone(),
            was: then.get(n).cloned().unwrap_or_default(),
            is: now.get(n).cloned().unwrap_or_default(),
        })
        .collect()
}
