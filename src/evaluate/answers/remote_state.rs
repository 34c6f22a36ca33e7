//! The outputs of another root, read out of its state file: `terraform_remote_state` with the local backend.
//!
//! Lives here: which file it is, and its outputs with their types. Other backends are asked over the network:
//! what they give is not known. The file is read within the boundary only; one that is not there is an error
//! of Terraform's, but states are seldom beside the code, so that only `debug resources` says it.

use super::super::Evaluation;
use super::super::convert::convert;
use super::super::evaluated::{From, InstanceId, View};
use super::super::functions::{FileError, json_to_val};
use super::super::types::Type;
use super::super::value::{Kind, Marks, Ref, Val, Why, hoist, lift};
use crate::diagnostic::Message;
use crate::load::project::{Body, Mode};
use crate::load::syntax::Expr;
use serde_json::Value;
use std::sync::Arc;

/// Terraform's own data source.
const TYPE: &str = "terraform_remote_state";
/// The version of the format of state files.
const VERSION: u64 = 4;
const DEFAULT_PATH: &str = "terraform.tfstate";
const DEFAULT_DIR: &str = "terraform.tfstate.d";

/// Why there are no outputs.
enum Gap {
    /// Where the state is cannot be told from the code.
    NotTold,
    /// There is no such file.
    Missing(String),
    /// It is not read, or not understood.
    NotRead(String),
}

impl Evaluation<'_> {
    /// An attribute of a data source that reads another root's state; `None` where it has to be asked for.
    pub(in super::super) fn remote_state(
        &self,
        ty: &str,
        view: &View,
        reference: &Ref,
    ) -> Option<Val> {
        if ty != TYPE {
            return None;
        }
        match &*reference.path {
            "outputs" => {}
            // Arguments that are not written are null: nobody computes them.
            "workspace" | "config" | "defaults"
                if self.attribute(view, &reference.path).is_none() =>
            {
                return Some(Val::null());
            }
            _ => return None,
        }
        if self.waits(reference.module, view) {
            return None;
        }
        let args: Vec<Val> = ["backend", "config", "workspace", "defaults"]
            .iter()
            .map(|name| {
                let found = self.attribute(view, name);
                hoist(&found.map_or_else(Val::null, |f| self.materialised(&f.val)))
            })
            .collect();
        let out = lift(&args, |args| match self.state_outputs(args) {
            Ok(v) => v,
            Err(why) => {
                let mut v = self.computed(reference);
                if let (Gap::Missing(path) | Gap::NotRead(path), Kind::Unknown(u)) =
                    (why, &mut v.kind)
                {
                    let u = Arc::make_mut(u);
                    (u.why, u.subject) = (Why::File, path.into());
                }
                v
            }
        });
        Some(out)
    }

    /// Whether a data source waits for the apply of something: it, or a call around it, has `depends_on`.
    fn waits(&self, module: u32, view: &View) -> bool {
        let sources = &self.project.sources;
        let made = |body: &Body| {
            body.attribute(sources, "depends_on")
                .is_some_and(|(file, a)| {
                    let tree = sources.tree(file);
                    match tree.expr(a.value) {
                        Expr::Tuple(items) => items
                            .iter()
                            .any(|i| !tree.text(tree.span(*i)).starts_with("data.")),
                        _ => true,
                    }
                })
        };
        let From::Text(body, _) = &view.from else {
            return false;
        };
        let mut at = self.module_instance(module);
        let mut waits = made(body);
        while let Some((parent, call)) = at.parent {
            at = self.module_instance(parent);
            waits |= made(&self.project.module(at.module).calls[call as usize].body);
        }
        waits
    }

    /// Says of a data source that the state which it reads is not there.
    pub(in super::super) fn check_remote_state(&self, id: InstanceId) {
        let instance = self.instance(id);
        if instance.mode != Mode::Data || &*instance.ty != TYPE {
            return;
        }
        let view = self.view(id);
        if self.waits(instance.module, &view) {
            return;
        }
        let [backend, config, workspace, defaults] = ["backend", "config", "workspace", "defaults"]
            .map(|name| {
                let found = self.attribute(&view, name);
                found.map_or_else(Val::null, |f| self.materialised(&f.val))
            });
        if let Err(Gap::Missing(path)) = self.state_outputs(&[backend, config, workspace, defaults])
        {
            self.report(
                Some(instance.place),
                Message::new("evaluate.no-state").arg(path),
            );
        }
    }

    /// The outputs that `backend`, `config`, `workspace` and `defaults` give.
    fn state_outputs(&self, args: &[Val]) -> Result<Val, Gap> {
        let [backend, config, workspace, defaults] = args else {
            return Err(Gap::NotTold);
        };
        if backend.as_str() != Some("local") {
            return Err(Gap::NotTold);
        }
        let setting = |name: &str| match &config.kind {
            Kind::Null(_) => Some(None),
            Kind::Object(f) | Kind::Map(f) => match f.get(name) {
                None => Some(None),
                Some(v) if v.is_null() => Some(None),
                Some(v) => v.as_str().map(|s| Some(s.to_owned())),
            },
            _ => None,
        };
        let known = |s: Option<Option<String>>| s.ok_or(Gap::NotTold);
        let (path, dir) = (known(setting("path"))?, known(setting("workspace_dir"))?);
        let set = |s: Option<String>, default: &str| {
            s.filter(|s| !s.is_empty())
                .unwrap_or_else(|| default.to_owned())
        };
        let path = match &workspace.kind {
            Kind::Null(_) => set(path, DEFAULT_PATH),
            Kind::Str(s) if &**s == "default" => set(path, DEFAULT_PATH),
            Kind::Str(s) => format!("{}/{s}/{DEFAULT_PATH}", set(dir, DEFAULT_DIR)),
            _ => return Err(Gap::NotTold),
        };
        let bytes = match self.files.read(&path) {
            Ok(bytes) => bytes,
            Err(FileError::Missing(_)) => return Err(Gap::Missing(path)),
            Err(FileError::NotHeld(_)) => return Err(Gap::NotTold),
            Err(FileError::NotRead(_)) => return Err(Gap::NotRead(path)),
        };
        let Some(mut outputs) = outputs(&bytes) else {
            return Err(Gap::NotRead(path));
        };
        match &defaults.kind {
            Kind::Null(_) => {}
            Kind::Object(f) | Kind::Map(f) => {
                for (name, v) in &f.items {
                    if !outputs.iter().any(|(have, _)| have == name) {
                        outputs.push((name.clone(), v.clone().marked(defaults.marks)));
                    }
                }
            }
            // What stands in the file is known all the same, but not what else there is.
            _ => return Err(Gap::NotTold),
        }
        Ok(Val::object(outputs).marked(config.marks))
    }
}

/// The outputs of a state file; `None` for what is none, or of a format that is not known (a state that is
/// encrypted, an old one).
fn outputs(bytes: &[u8]) -> Option<Vec<(Arc<str>, Val)>> {
    let state: Value = serde_json::from_slice(bytes).ok()?;
    if state.get("version")?.as_u64()? != VERSION || state.get("encrypted_data").is_some() {
        return None;
    }
    let Some(outputs) = state.get("outputs") else {
        return Some(Vec::new());
    };
    let read = |(name, output): (&String, &Value)| {
        let ty = type_of(output.get("type")?, 0)?;
        let value = output.get("value").unwrap_or(&Value::Null);
        let v = typed(value, &ty, 0)?;
        let secret = output.get("sensitive").and_then(Value::as_bool) == Some(true);
        let marks = if secret {
            Marks::SENSITIVE
        } else {
            Marks::NONE
        };
        Some((Arc::from(name.as_str()), v.marked(marks)))
    };
    outputs.as_object()?.iter().map(read).collect()
}

/// A value of the type that stands beside it. A value of any type carries its own.
fn typed(value: &Value, ty: &Type, depth: u32) -> Option<Val> {
    if depth > 100 {
        return None;
    }
    if value.is_null() {
        return Some(Val::null_of(ty.clone()));
    }
    let own = |v: &Value, t: &Type| typed(v, t, depth + 1);
    let items = |elem: &Type| {
        let all = value.as_array()?.iter().map(|v| own(v, elem));
        all.collect::<Option<Vec<Val>>>()
    };
    Some(match ty {
        Type::Dynamic => own(value.get("value")?, &type_of(value.get("type")?, 0)?)?,
        Type::List(t) => Val::list((**t).clone(), items(t)?),
        Type::Set(t) => Val::set((**t).clone(), items(t)?),
        Type::Tuple(types) => {
            let all = value.as_array().filter(|a| a.len() == types.len())?;
            let all = all.iter().zip(types.iter()).map(|(v, t)| own(v, t));
            Val::tuple(all.collect::<Option<_>>()?)
        }
        Type::Map(t) => {
            let all = value.as_object()?.iter();
            let all = all.map(|(k, v)| Some((Arc::from(k.as_str()), own(v, t)?)));
            Val::map((**t).clone(), all.collect::<Option<_>>()?)
        }
        Type::Object(o) => {
            let fields = value.as_object()?;
            let all = o.attributes.iter().map(|(name, t)| {
                let v = fields.get(&**name).unwrap_or(&Value::Null);
                Some((name.clone(), own(v, t)?))
            });
            Val::object(all.collect::<Option<_>>()?)
        }
        Type::Bool | Type::Number | Type::String => convert(&json_to_val(value), ty).ok()?,
    })
}

/// A type as states write it: `"string"`, `["list", "string"]`, `["object", {…}]`.
fn type_of(json: &Value, depth: u32) -> Option<Type> {
    if depth > 100 {
        return None;
    }
    if let Some(word) = json.as_str() {
        return Some(match word {
            "dynamic" => Type::Dynamic,
            "bool" => Type::Bool,
            "number" => Type::Number,
            "string" => Type::String,
            _ => return None,
        });
    }
    let parts = json.as_array()?;
    let (kind, of) = (parts.first()?.as_str()?, parts.get(1)?);
    let inner = |t: &Value| type_of(t, depth + 1);
    Some(match kind {
        "list" => Type::list(inner(of)?),
        "set" => Type::set(inner(of)?),
        "map" => Type::map(inner(of)?),
        "tuple" => Type::tuple(of.as_array()?.iter().map(inner).collect::<Option<_>>()?),
        "object" => {
            let fields = of.as_object()?.iter();
            let fields = fields.map(|(n, t)| Some((Arc::from(n.as_str()), inner(t)?)));
            Type::object(fields.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<(Arc<str>, Val)>> {
        outputs(text.as_bytes())
    }

    #[test]
    fn outputs_have_the_types_that_stand_beside_them() {
        let text = r#"{"version": 4, "outputs": {
            "ids":  {"value": ["b", "a"], "type": ["set", "string"]},
            "any":  {"value": {"value": "q", "type": "string"}, "type": "dynamic"},
            "none": {"value": null, "type": "string"},
            "of":   {"value": {"x": null, "y": [1, "z"]}, "type": ["object", {"x": "string", "y": ["tuple", ["number", "string"]]}]},
            "pass": {"value": "s", "type": "string", "sensitive": true}}}"#;
        let all = read(text).expect("a state");
        let types: Vec<String> = all
            .iter()
            .map(|(name, v)| format!("{name}: {}", v.ty()))
            .collect();
        assert_eq!(
            types,
            [
                "any: string",
                "ids: set(string)",
                "none: string",
                "of: object({x: string, y: tuple([number, string])})",
                "pass: string"
            ]
        );
        let secret: Vec<bool> = all
            .iter()
            .map(|(_, v)| v.marks.has(Marks::SENSITIVE))
            .collect();
        assert_eq!(secret, [false, false, false, false, true]);
    }

    #[test]
    fn what_is_no_state_has_no_outputs() {
        assert!(read(r#"{"version": 4}"#).is_some_and(|o| o.is_empty()));
        for text in [
            "",
            "[]",
            r#"{"version": 3, "modules": []}"#,
            r#"{"version": 4, "encrypted_data": "…"}"#,
            r#"{"version": 4, "outputs": {"a": {"value": 1, "type": "wrong"}}}"#,
            r#"{"version": 4, "outputs": {"a": {"value": [1], "type": ["map", "number"]}}}"#,
            r#"{"version": 4, "outputs": {"a": {"value": 1}}}"#,
            r#"{"version": 4, "outputs": []}"#,
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
