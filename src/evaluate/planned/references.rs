//! References of the plan's configuration: what they mean, through module inputs and outputs.
//!
//! The configuration in a plan has no expressions: a constant, or a list of what an expression refers
//! to, each reference followed by its own beginnings (`a.b.c`, `a.b`).

use super::{At, FromPlan, key_of};
use crate::evaluate::Evaluation;
use crate::evaluate::functions::json_to_val;
use crate::evaluate::value::{Key, Kind, Marks, Ref, Val};
use crate::load::planned::{InstanceKey, Raw, key as read_key};
use crate::load::project::Mode;
use serde_json::Value;
use std::rc::Rc;
use std::sync::Arc;

/// Modules and inputs that a reference is followed through.
const MAX_DEPTH: u32 = 128;

/// What a reference means.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// An attribute of an instance.
    Attribute(Ref),
    /// A value that is known: it may decide, it is not what is unknown.
    Known(Val),
    /// Something that a plan does not hold: a local value. In the user's words.
    Opaque(Arc<str>),
}

/// In what a reference stands.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    /// The module instance.
    pub module: u32,
    /// The key of the instance or of the module call around it.
    pub key: &'a InstanceKey,
    /// What it is repeated over.
    pub for_each: Raw,
}

/// A reference in pieces: `a`, `b[0]` are name `a`, name `b`, key `0`.
#[derive(Debug, PartialEq, Eq)]
struct Piece<'t> {
    name: &'t str,
    key: InstanceKey,
}

/// The pieces of a reference.
fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut out = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let name = &rest[..end];
        let (key, mut after) = read_key(&rest[end..])?;
        out.push(Piece { name, key });
        // A second index leads into the value.
        while after.starts_with('[') {
            after = read_key(after)?.1;
        }
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None if after.is_empty() => return Some(out),
            None => return None,
        }
    }
}

/// The references of an expression without those that only begin another.
pub(super) fn references(expression: &Value) -> Vec<&str> {
    let Some(list) = expression.get("references").and_then(Value::as_array) else {
        return Vec::new();
    };
    let all: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    let mut out: Vec<&str> = Vec::new();
    for (i, r) in all.iter().enumerate() {
        let begins = |longer: &str| {
            longer
                .strip_prefix(*r)
                .is_some_and(|rest| rest.starts_with(['.', '[']))
        };
        // Its beginnings follow a reference.
        let begun = all[..i].iter().rev().any(|longer| begins(longer));
        if !begun && !out.contains(r) {
            out.push(r);
        }
    }
    out
}

/// The names after the first `skip`, as a path.
fn path(pieces: &[Piece<'_>], skip: usize) -> String {
    let names: Vec<&str> = pieces.iter().skip(skip).map(|p| p.name).collect();
    names.join(".")
}

/// What leads into the value that the piece `of` names: its key, the further names and theirs.
fn path_in_value(pieces: &[Piece<'_>], of: usize) -> String {
    let mut steps = Vec::new();
    for (i, p) in pieces.iter().enumerate().skip(of) {
        if i > of {
            steps.push(p.name.to_owned());
        }
        match &p.key {
            InstanceKey::None => {}
            InstanceKey::Index(n) => steps.push(n.to_string()),
            InstanceKey::Name(n) => steps.push(n.to_string()),
        }
    }
    steps.join(".")
}

impl<'p> Evaluation<'p> {
    /// What the references of an expression mean.
    pub(super) fn targets(
        &self,
        from: &FromPlan<'p>,
        site: Site<'_>,
        expression: &Value,
    ) -> Vec<Target> {
        if let Some(constant) = expression.get("constant_value") {
            return vec![Target::Known(json_to_val(constant))];
        }
        let mut out = Vec::new();
        if from.depth.get() >= MAX_DEPTH {
            out.push(Target::Opaque("".into()));
            return out;
        }
        from.depth.set(from.depth.get() + 1);
        for r in references(expression) {
            self.target(from, site, r, &mut out);
        }
        from.depth.set(from.depth.get() - 1);
        out
    }

    fn target(&self, from: &FromPlan<'p>, site: Site<'_>, text: &str, out: &mut Vec<Target>) {
        let Some(pieces) = pieces(text) else {
            out.push(Target::Opaque(text.into()));
            return;
        };
        let name = |i: usize| pieces.get(i).map_or("", |p: &Piece<'_>| p.name);
        match (pieces[0].name, pieces.len()) {
            // Which instance it is decides nothing by itself.
            ("each", _) if name(1) == "key" => {}
            ("count" | "path" | "self", _) => {}
            ("each", _) => self.of_each(from, site, &path(&pieces, 2), text, out),
            ("var", 2..) => {
                let found = self.input(from, site.module, name(1));
                below(&found, &path_in_value(&pieces, 1), out);
            }
            ("module", 2..) => self.of_module(from, site, &pieces, out),
            ("data", 3..) => self.of_resource(from, site, Mode::Data, &pieces[1..], out),
            ("local" | "terraform" | "ephemeral", _) | (_, 1) => {
                out.push(Target::Opaque(text.into()));
            }
            _ => self.of_resource(from, site, Mode::Managed, &pieces, out),
        }
    }

    /// `each.value`: of the instance with the same key, where it is repeated over instances; of a known
    /// value its element.
    fn of_each(
        &self,
        from: &FromPlan<'p>,
        site: Site<'_>,
        rest: &str,
        text: &str,
        out: &mut Vec<Target>,
    ) {
        let expression: Option<Value> = from
            .plan
            .raw(site.for_each)
            .and_then(|t| serde_json::from_str(t).ok());
        let InstanceKey::Name(key) = site.key else {
            out.push(Target::Opaque(text.into()));
            return;
        };
        let targets = expression.map_or_else(Vec::new, |e| self.targets(from, site, &e));
        if targets.is_empty() {
            out.push(Target::Opaque(text.into()));
        }
        for target in &targets {
            match target {
                Target::Known(v) => match &v.kind {
                    Kind::Set(_) | Kind::Tuple(_) | Kind::List(_) => {
                        out.push(Target::Known(Val::str(key.clone())));
                    }
                    _ => below(
                        std::slice::from_ref(target),
                        &if rest.is_empty() {
                            key.to_string()
                        } else {
                            format!("{key}.{rest}")
                        },
                        out,
                    ),
                },
                Target::Attribute(r) if r.path.is_empty() => {
                    let own = Key::Name(key.clone());
                    let keys = from.keys.get(&(r.module, r.resource));
                    if r.key == own || r.key == Key::Any && keys.is_some_and(|k| k.contains(&own)) {
                        out.push(Target::Attribute(Ref {
                            key: own,
                            path: rest.into(),
                            ..r.clone()
                        }));
                    }
                }
                // A set of ids, a map of them: one of them, which the plan does not tell.
                Target::Attribute(_) | Target::Opaque(_) => {
                    out.push(Target::Opaque(text.into()));
                }
            }
        }
    }

    /// An input of a module instance.
    fn input(&self, from: &FromPlan<'p>, module: u32, name: &str) -> Rc<Vec<Target>> {
        let memo = (module, Arc::<str>::from(name));
        if let Some(known) = from.inputs.borrow().get(&memo) {
            return known.clone();
        }
        let found = Rc::new(self.input_of(from, module, name));
        from.inputs.borrow_mut().insert(memo, found.clone());
        found
    }

    fn input_of(&self, from: &FromPlan<'p>, module: u32, name: &str) -> Vec<Target> {
        let inst = &from.plan.modules[module as usize];
        let variable = self.config(from, module).variables.get(name);
        let marks = match variable {
            Some(v) if v.sensitive => Marks::SENSITIVE,
            _ => Marks::NONE,
        };
        let json = |raw: Raw| -> Option<Value> {
            from.plan
                .raw(raw)
                .and_then(|t| serde_json::from_str(t).ok())
        };
        let known = |v: &Value| vec![Target::Known(json_to_val(v).marked(marks))];
        if let Some(parent) = inst.parent {
            let call = self.config(from, parent).calls.get(&inst.name);
            let given = call.and_then(|c| Some((c, json(c.expressions)?)));
            if let Some((call, arguments)) = given
                && let Some(expression) = arguments.get(name)
            {
                let site = Site {
                    module: parent,
                    key: &inst.key,
                    for_each: call.for_each,
                };
                let mut out = self.targets(from, site, expression);
                for t in &mut out {
                    if let Target::Known(v) = t {
                        *v = v.clone().marked(marks);
                    }
                }
                return out;
            }
        } else if let Some(given) = from.plan.variables.get(name) {
            return known(&json(*given).unwrap_or(Value::Null));
        }
        match variable.and_then(|v| json(v.default)) {
            Some(value) => known(&value),
            // What a call leaves out has a default; it is null.
            None if inst.parent.is_some() && variable.is_some() => known(&Value::Null),
            None => vec![Target::Opaque(format!("var.{name}").into())],
        }
    }

    fn config(&self, from: &FromPlan<'p>, module: u32) -> &'p crate::load::planned::ConfigModule {
        let id = from.plan.modules[module as usize].module.0;
        &from.plan.configs[(id - from.plan.modules[0].module.0) as usize]
    }

    fn of_module(
        &self,
        from: &FromPlan<'p>,
        site: Site<'_>,
        pieces: &[Piece<'_>],
        out: &mut Vec<Target>,
    ) {
        let call = (site.module, Arc::<str>::from(pieces[1].name));
        let Some(instances) = from.children.get(&call) else {
            out.push(Target::Known(Val::null())); // count = 0
            return;
        };
        let named = |key: &InstanceKey| -> Vec<u32> {
            let with_it = instances.iter().filter(|(k, _)| k == key);
            with_it.map(|(_, m)| *m).collect()
        };
        let mut meant = named(&pieces[1].key);
        if meant.is_empty() && pieces[1].key == InstanceKey::None {
            meant = named(site.key);
            if meant.is_empty() {
                meant = instances.iter().map(|(_, m)| *m).collect();
            }
        }
        let rest = path(pieces, 3);
        for m in meant {
            match pieces.get(2) {
                Some(output) => below(&self.output(from, m, output.name), &rest, out),
                // Which output, the plan does not tell.
                None => {
                    let mut names: Vec<&Arc<str>> = self.config(from, m).outputs.keys().collect();
                    names.sort();
                    for name in names {
                        let found = self.output(from, m, name);
                        let refs = found.iter().filter(|t| !matches!(t, Target::Known(_)));
                        out.extend(refs.cloned());
                    }
                }
            }
        }
    }

    /// An output of a module instance.
    fn output(&self, from: &FromPlan<'p>, module: u32, name: &str) -> Rc<Vec<Target>> {
        let memo = (module, Arc::<str>::from(name));
        if let Some(known) = from.outputs.borrow().get(&memo) {
            return known.clone();
        }
        let found = self
            .config(from, module)
            .outputs
            .get(name)
            .and_then(|raw| serde_json::from_str::<Value>(from.plan.raw(*raw)?).ok())
            .map_or_else(Vec::new, |expression| {
                let site = Site {
                    module,
                    key: &InstanceKey::None,
                    for_each: Raw::default(),
                };
                self.targets(from, site, &expression)
            });
        let found = Rc::new(found);
        from.outputs.borrow_mut().insert(memo, found.clone());
        found
    }

    fn of_resource(
        &self,
        from: &FromPlan<'p>,
        site: Site<'_>,
        mode: Mode,
        pieces: &[Piece<'_>],
        out: &mut Vec<Target>,
    ) {
        let id = from.plan.modules[site.module as usize].module;
        let (ty, name) = (pieces[0].name, pieces[1].name);
        let module = self.project.module(id);
        let mut none = || out.push(Target::Known(Val::null()));
        let Some(&resource) = module.resource_index.get(&(mode, ty.into(), name.into())) else {
            return none();
        };
        let at = |key: Key| -> At { (site.module, resource, key) };
        let given = key_of(&pieces[1].key);
        let own = key_of(site.key);
        let key = if from.by_key.contains_key(&at(given.clone())) {
            given
        } else if given != Key::None {
            return none();
        } else if pieces.len() == 2
            && own != Key::None
            && from.by_key.contains_key(&at(own.clone()))
        {
            // `x[each.key]` is written as `x`.
            own
        } else if from.keys.contains_key(&(site.module, resource)) {
            Key::Any
        } else {
            return none(); // count = 0
        };
        out.push(Target::Attribute(Ref {
            module: site.module,
            resource,
            key,
            path: path(pieces, 2).into(),
        }));
    }
}

/// What lies at a path below what was found.
fn below(found: &[Target], rest: &str, out: &mut Vec<Target>) {
    if rest.is_empty() {
        out.extend(found.iter().cloned());
        return;
    }
    for target in found {
        match target {
            Target::Attribute(r) if r.path.is_empty() => out.push(Target::Attribute(Ref {
                path: rest.into(),
                ..r.clone()
            })),
            Target::Known(v) => out.push(Target::Known(inside(v, rest))),
            other => out.push(other.clone()),
        }
    }
}

/// The part of a known value at a path; null where there is none.
fn inside(v: &Val, path: &str) -> Val {
    let (mut at, mut rest) = (v.clone(), path);
    while !rest.is_empty() {
        if let Some(items) = at.as_seq() {
            let (number, after) = rest.split_once('.').unwrap_or((rest, ""));
            let item = number.parse().ok().and_then(|n: usize| items.get(n));
            let item = item.cloned().unwrap_or_else(Val::null).marked(at.marks);
            (at, rest) = (item, after);
            continue;
        }
        let Some(fields) = at.as_fields() else {
            return Val::null().marked(at.marks);
        };
        // A key may have a dot in it.
        let next = fields.items.iter().find_map(|(k, v)| {
            let after = rest.strip_prefix(&**k)?;
            let after = if after.is_empty() {
                after
            } else {
                after.strip_prefix('.')?
            };
            Some((v.clone().marked(at.marks), after))
        });
        match next {
            Some((v, after)) => (at, rest) = (v, after),
            None => return Val::null().marked(at.marks),
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn beginnings_do_not_count() {
        let e = json!({"references": ["aws_kms_key.k[0].arn", "aws_kms_key.k[0]", "aws_kms_key.k", "var.own"]});
        assert_eq!(references(&e), ["aws_kms_key.k[0].arn", "var.own"]);
        let e = json!({"references": ["aws_kms_key.k", "each.key"]});
        assert_eq!(references(&e), ["aws_kms_key.k", "each.key"]);
    }

    #[test]
    fn in_pieces() {
        let got = pieces(r#"module.a["x.y"].out.sub[0][1].last"#).expect("a reference");
        let names: Vec<_> = got.iter().map(|p| p.name).collect();
        assert_eq!(names, ["module", "a", "out", "sub", "last"]);
        assert_eq!(got[1].key, InstanceKey::Name("x.y".into()));
    }
}
