//! Everything evaluated, for `debug resources`: as terraform's plan would show it.
//!
//! Also the checks that terraform makes of a whole configuration and that no single value needs:
//! validations of variables, preconditions of outputs.

use super::Evaluation;
use super::body::META;
use super::convert::convert;
use super::evaluated::View;
use super::expr::Cx;
use super::scope::Scope;
use super::types::Type;
use super::value::{Key, Kind, Marks, Val};
use crate::diagnostic::Message;
use crate::load::project::{Body, Mode};
use serde_json::{Map, Value, json};

/// What a plan would show.
pub struct Everything {
    /// The resource instances, sorted by address.
    pub resources: Value,
    /// The outputs.
    pub outputs: Value,
    /// Which parts of outputs are not known.
    pub output_unknown: Value,
}

impl Evaluation<'_> {
    /// Evaluates every variable's validation; a condition that is known to be false is a diagnostic.
    /// Of a module that is there only under an assumption, or perhaps not, nothing is said, nor of one that
    /// is meant to be called: its callers give the values.
    pub fn validate(&self) {
        for m in 0..self.modules.borrow().len() as u32 {
            let inst = self.module_instance(m);
            if inst.worlds.as_ref().is_none_or(|w| !w.is_empty()) || !inst.counted {
                continue;
            }
            if inst.parent.is_none() && self.root.reusable {
                continue;
            }
            let module = self.project.module(inst.module);
            for (i, v) in module.variables.iter().enumerate() {
                let conditions = v.body.blocks(&self.project.sources, "validation");
                if conditions.is_empty() {
                    continue;
                }
                let value = self.variable_at(m, i as u32);
                if super::expr::is_error(&value) {
                    continue;
                }
                for (file, block) in conditions {
                    self.check(
                        m,
                        file,
                        &block,
                        &format!("var.{}", v.name),
                        "evaluate.validation",
                    );
                }
            }
        }
    }

    /// What terraform refuses before it evaluates anything: arguments that a called module does not
    /// declare, and statements about what was moved or removed that the configuration contradicts.
    pub fn check_structure(&self) {
        const ARGUMENTS: &[&str] = &[
            "source",
            "version",
            "count",
            "for_each",
            "providers",
            "depends_on",
        ];
        let sources = &self.project.sources;
        let mut seen = rustc_hash::FxHashSet::default();
        for m in 0..self.modules.borrow().len() as u32 {
            let inst = self.module_instance(m);
            if !seen.insert(inst.module) {
                continue;
            }
            let module = self.project.module(inst.module);
            for (c, call) in module.calls.iter().enumerate() {
                let Some(expansion) = self.call_expansion(m, c as u32) else {
                    continue;
                };
                if expansion
                    .instances
                    .iter()
                    .any(|i| i.key == Key::Any || !i.worlds.is_empty())
                {
                    let address = self.call_address(m, c as u32);
                    self.report(
                        Some(call.place),
                        Message::new("evaluate.not-counted").arg(address),
                    );
                }
                let made = expansion.modules.first();
                let child = made.map(|&m| self.module_instance(m).module);
                let Some(child) = child.or(call.local) else {
                    continue;
                };
                let child = self.project.module(child);
                for (file, a) in call.body.attributes(sources) {
                    if !ARGUMENTS.contains(&a.name) && !child.variable_index.contains_key(a.name) {
                        let place = crate::source::Place { file, span: a.span };
                        self.report(
                            Some(place),
                            Message::new("evaluate.unknown-argument").arg(a.name),
                        );
                    }
                }
            }
            for &file in &module.files {
                let tree = sources.tree(file);
                for block in tree
                    .blocks(tree.root())
                    .filter(|b| matches!(b.kind, "moved" | "removed" | "import"))
                {
                    if block.kind == "import" {
                        self.check_import(m, file, &block);
                        continue;
                    }
                    let Some(from) = block.attribute("from") else {
                        continue;
                    };
                    let text = tree.text(tree.span(from.value)).trim_matches('"');
                    let Some((ty, name)) = text.split_once('.') else {
                        continue;
                    };
                    let key = (Mode::Managed, ty.into(), name.into());
                    let repeated = |r: &u32| {
                        let body = &module.resources[*r as usize].body;
                        ["count", "for_each"]
                            .iter()
                            .any(|n| body.attribute(sources, n).is_some())
                    };
                    // What has instances may have got them by the move.
                    if module
                        .resource_index
                        .get(&key)
                        .is_some_and(|r| !repeated(r))
                    {
                        let place = crate::source::Place {
                            file,
                            span: block.header,
                        };
                        self.report(
                            Some(place),
                            Message::new("evaluate.still-declared").arg(text),
                        );
                    }
                }
            }
        }
    }

    /// What is imported has to be declared.
    fn check_import(
        &self,
        m: u32,
        file: crate::source::FileId,
        block: &crate::load::syntax::Block<'_>,
    ) {
        let tree = self.project.sources.tree(file);
        let Some(to) = block.attribute("to") else {
            return;
        };
        let text = tree.text(tree.span(to.value)).trim_matches('"');
        let text = text.split('[').next().unwrap_or(text);
        let Some((ty, name)) = text.split_once('.').filter(|(ty, _)| *ty != "module") else {
            return;
        };
        let module = self.project.module(self.module_instance(m).module);
        let key = (Mode::Managed, ty.into(), name.into());
        if !module.resource_index.contains_key(&key) {
            let place = self.project.sources.place(file, to.value);
            self.report(Some(place), Message::new("evaluate.no-resource").arg(text));
        }
    }

    fn check(
        &self,
        m: u32,
        file: crate::source::FileId,
        block: &crate::load::syntax::Block<'_>,
        name: &str,
        key: &str,
    ) {
        let Some(condition) = block.attribute("condition") else {
            return;
        };
        let cx = Cx::new(
            self.project.sources.tree(file),
            Some(file),
            Scope::module(m),
        );
        let v = self.expr(&cx, condition.value);
        if let Ok(v) = convert(&v, &Type::Bool)
            && v.as_bool() == Some(false)
        {
            self.error(&cx, condition.value, Message::new(key).arg(name));
        }
    }

    /// Every resource instance with all its values, in the form of terraform's plan.
    pub fn everything(&self, show_sensitive: bool) -> Everything {
        self.validate();
        self.check_structure();
        let mut resources = Vec::new();
        for instance in self.instances() {
            // Terraform has to know how many there are; sekisho goes on with one.
            if instance.key == Key::Any || !instance.worlds.is_empty() {
                self.report(
                    Some(instance.place),
                    Message::new("evaluate.not-counted").arg(&*instance.address),
                );
            }
            self.check_remote_state(instance.id);
            let view = self.view(instance.id);
            let resource = {
                let inst = self.module_instance(instance.module);
                &self.project.module(inst.module).resources[instance.resource as usize]
            };
            let mut values = self.body_values(&view, 0);
            let built_in = instance.mode == Mode::Managed && &*instance.ty == "terraform_data";
            if built_in {
                for name in ["input", "triggers_replace"] {
                    if !values.iter().any(|(n, _)| n == name) {
                        values.push((name.into(), Val::null()));
                    }
                }
            }
            let mut shown = Map::new();
            let mut unknown = Map::new();
            let mut sensitive = Map::new();
            for (name, v) in &values {
                if instance.mode != Mode::Ephemeral && v.has().marks.has(Marks::EPHEMERAL) {
                    self.report(
                        Some(instance.place),
                        Message::new("evaluate.ephemeral").arg(name),
                    );
                }
                split(
                    v,
                    name,
                    show_sensitive,
                    0,
                    [&mut shown, &mut unknown, &mut sensitive],
                );
            }
            let mut out = Map::new();
            out.insert("address".into(), json!(&*instance.address));
            let mode = match instance.mode {
                Mode::Managed => "managed",
                Mode::Data => "data",
                Mode::Ephemeral => "ephemeral",
            };
            out.insert("mode".into(), json!(mode));
            out.insert("type".into(), json!(&*instance.ty));
            out.insert("name".into(), json!(&*resource.name));
            match &instance.key {
                Key::Index(i) => drop(out.insert("index".into(), json!(i))),
                Key::Name(n) => drop(out.insert("index".into(), json!(&**n))),
                Key::None | Key::Any => {}
            }
            out.insert("values".into(), Value::Object(shown));
            out.insert("unknown".into(), Value::Object(unknown));
            out.insert("sensitive".into(), Value::Object(sensitive));
            resources.push((instance.address.clone(), Value::Object(out)));
        }
        resources.sort_by(|a, b| a.0.cmp(&b.0));
        let mut outputs = Map::new();
        let mut output_unknown = Map::new();
        let root = self.project.module(self.root.module);
        for (i, output) in root.outputs.iter().enumerate() {
            let v = self.materialised(&self.output_at(0, i as u32));
            for (file, block) in output.body.blocks(&self.project.sources, "precondition") {
                self.check(
                    0,
                    file,
                    &block,
                    &format!("output.{}", output.name),
                    "evaluate.precondition",
                );
            }
            let secret = v.marks.has(Marks::SENSITIVE);
            if v.has().marks.has(Marks::SENSITIVE) && !self.says_sensitive(output) {
                self.report(
                    Some(output.place),
                    Message::new("evaluate.output-sensitive").arg(&*output.name),
                );
            }
            let (known, unknown, _) = parts(&v, show_sensitive, 0);
            let mut o = Map::new();
            o.insert("sensitive".into(), json!(secret));
            // A plan does not remember which type a null had.
            let ty = if v.is_null() { Type::Dynamic } else { v.ty() };
            o.insert("type".into(), type_json(&ty));
            if let Some(known) = known {
                o.insert("value".into(), known);
            }
            outputs.insert(output.name.to_string(), Value::Object(o));
            if !v.is_wholly_known()
                && let Some(unknown) = unknown
            {
                output_unknown.insert(output.name.to_string(), unknown);
            }
        }
        for m in 0..self.modules.borrow().len() as u32 {
            let inst = self.module_instance(m);
            let module = self.project.module(inst.module);
            for r in 0..module.resources.len() as u32 {
                let none = |e: &super::modules::Expansion| e.instances.is_empty();
                if self.resource_expansion(m, r).is_some_and(|e| none(&e)) {
                    self.validating.set(true);
                    self.body_values(&self.view_of_none(m, r), 0);
                    self.validating.set(false);
                }
            }
            (0..module.variables.len()).for_each(|i| drop(self.variable_at(m, i as u32)));
            (0..module.locals.len()).for_each(|i| drop(self.local_at(m, i as u32)));
            (0..module.outputs.len()).for_each(|i| drop(self.output_at(m, i as u32)));
        }
        let made = self.modules.borrow().len() as u32;
        for m in 0..made {
            self.check_calls_of_none(m);
        }
        Everything {
            resources: Value::Array(resources.into_iter().map(|(_, v)| v).collect()),
            outputs: Value::Object(outputs),
            output_unknown: Value::Object(output_unknown),
        }
    }

    /// Terraform also checks the arguments of a module of which there is no instance.
    fn check_calls_of_none(&self, m: u32) {
        let inst = self.module_instance(m);
        let module = self.project.module(inst.module);
        for (c, call) in module.calls.iter().enumerate() {
            let c = c as u32;
            let none = self
                .call_expansion(m, c)
                .is_some_and(|e| e.instances.is_empty());
            let Some(target) = call.local.filter(|_| none) else {
                continue;
            };
            let address: std::sync::Arc<str> = self.call_address(m, c).into();
            let scope = super::modules::Expanded::any().scope(m, u64::from(c));
            let one = self.new_instance(target, Some((m, c)), scope, address, call.name.clone());
            let one = self.add_module(one);
            self.validating.set(true);
            for i in 0..self.project.module(target).variables.len() as u32 {
                self.variable_at(one, i);
            }
            self.validating.set(false);
        }
    }

    fn says_sensitive(&self, output: &crate::load::project::Named) -> bool {
        output
            .body
            .attribute(&self.project.sources, "sensitive")
            .is_some_and(|(file, a)| {
                let cx = Cx::new(
                    self.project.sources.tree(file),
                    Some(file),
                    Scope::module(0),
                );
                self.expr(&cx, a.value).as_bool() == Some(true)
            })
    }

    fn body_values(&self, view: &View, depth: u32) -> Vec<(String, Val)> {
        let super::evaluated::From::Text(body, _) = &view.from else {
            return Vec::new();
        };
        let body: &Body = body;
        let sources = &self.project.sources;
        let mut out = Vec::new();
        for (_, a) in body.attributes(sources) {
            if META.contains(&a.name) && depth == 0 {
                continue;
            }
            if let Some(found) = self.attribute(view, a.name) {
                out.push((a.name.to_owned(), self.materialised(&found.val)));
            }
        }
        for kind in body.block_kinds(sources) {
            if depth == 0 && matches!(&*kind, "lifecycle" | "provisioner" | "connection")
                || depth > 10
            {
                continue;
            }
            let blocks = self.blocks(view, &kind);
            let list = blocks
                .iter()
                .map(|b| {
                    let values = self.body_values(b, depth + 1);
                    Val::object(values.into_iter().map(|(n, v)| (n.into(), v)).collect())
                })
                .collect();
            out.push((kind, Val::tuple(list)));
        }
        out
    }
}

/// Adds the parts of a value to what is known, where it is not, where it is sensitive.
fn split(v: &Val, name: &str, show_sensitive: bool, depth: u32, to: [&mut Map<String, Value>; 3]) {
    let (known, unknown, sensitive) = parts(v, show_sensitive, depth);
    for (map, part) in to.into_iter().zip([known, unknown, sensitive]) {
        if let Some(part) = part {
            map.insert(name.to_owned(), part);
        }
    }
}

type Parts = (Option<Value>, Option<Value>, Option<Value>);

/// What is known, where it is not, where it is sensitive. As in terraform's plans the last two have
/// the shape of the value: a list's elements are `false`, an object leaves them out.
fn parts(v: &Val, show_sensitive: bool, depth: u32) -> Parts {
    let hidden = v.marks.has(Marks::SENSITIVE);
    let mark = hidden.then_some(Value::Bool(true));
    if !v.is_known() || matches!(v.kind, Kind::Instance(_)) || depth > 200 {
        // Of what is not known the plan says what kind of collection it is.
        let shape = match v.ty() {
            Type::List(_) | Type::Set(_) | Type::Tuple(_) => Some(json!([])),
            Type::Map(_) | Type::Object(_) => Some(json!({})),
            _ => None,
        };
        return (None, Some(json!(true)), mark.or(shape));
    }
    let masked = hidden && !show_sensitive;
    let (known, unknown, sensitive) = if let Some(items) = v.as_seq() {
        let mut known = Vec::new();
        let (mut unknown, mut sensitive) = (Vec::new(), Vec::new());
        for item in items {
            let (k, u, s) = parts(item, show_sensitive, depth + 1);
            known.push(k.unwrap_or(Value::Null));
            unknown.push(u.unwrap_or(json!(false)));
            sensitive.push(s.unwrap_or(json!(false)));
        }
        (
            Value::Array(known),
            Some(Value::Array(unknown)),
            Some(Value::Array(sensitive)),
        )
    } else if let Some(fields) = v.as_fields() {
        let (mut known, mut unknown, mut sensitive) = (Map::new(), Map::new(), Map::new());
        for (name, v) in &fields.items {
            split(
                v,
                name,
                show_sensitive,
                depth + 1,
                [&mut known, &mut unknown, &mut sensitive],
            );
        }
        (
            Value::Object(known),
            Some(Value::Object(unknown)),
            Some(Value::Object(sensitive)),
        )
    } else {
        (scalar(v), None, None)
    };
    let known = if masked { json!("(sensitive)") } else { known };
    (Some(known), unknown, mark.or(sensitive))
}

/// A type as terraform's plans write it.
fn type_json(ty: &Type) -> Value {
    match ty {
        Type::Dynamic => json!("dynamic"),
        Type::Bool => json!("bool"),
        Type::Number => json!("number"),
        Type::String => json!("string"),
        Type::List(t) => json!(["list", type_json(t)]),
        Type::Set(t) => json!(["set", type_json(t)]),
        Type::Map(t) => json!(["map", type_json(t)]),
        Type::Tuple(ts) => json!(["tuple", ts.iter().map(type_json).collect::<Vec<_>>()]),
        Type::Object(o) => {
            let fields: Map<String, Value> = o
                .attributes
                .iter()
                .map(|(n, t)| (n.to_string(), type_json(t)))
                .collect();
            json!(["object", fields])
        }
    }
}

fn scalar(v: &Val) -> Value {
    match &v.kind {
        Kind::Bool(b) => json!(b),
        Kind::Str(s) => json!(&**s),
        Kind::Num(n) => serde_json::from_str(&n.to_string()).unwrap_or(Value::Null),
        _ => Value::Null,
    }
}
