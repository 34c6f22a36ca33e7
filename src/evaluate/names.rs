//! Names: what `var.x`, `local.x`, `module.m`, `aws_s3_bucket.b`, `each.key` stand for.
//!
//! Each of a module instance's objects is evaluated once, when first asked for, and remembered in
//! its slot; a slot that is asked for while it is being filled is a cycle.

use super::expr::Cx;
use super::modules::Slot;
use super::scope::{NO_MODULE, Scope};
use super::types::Type;
use super::value::{Key, Kind, Marks, Ref, Val, Why, mix_bytes};
use super::{Evaluation, MODULE, constraint};
use crate::diagnostic::Message;
use crate::load::project::{GivenValue, Mode};
use crate::load::syntax::NodeId;
use std::sync::Arc;

impl Evaluation<'_> {
    /// A name without an attribute after it.
    pub(super) fn name(&self, cx: &Cx<'_>, node: NodeId, name: &str) -> Val {
        if let Some(v) = cx.scope.name(name) {
            return v.clone();
        }
        if cx.scope.module == NO_MODULE {
            self.static_error(cx, node, Message::new("evaluate.no-name").arg(name));
            return self.unknown_error(cx, node);
        }
        match name {
            "var" | "local" | "each" | "count" | "path" | "terraform" | "module" | "data"
            | "ephemeral" => {
                // `lookup(var, "x")` is an error in Terraform too.
                self.static_error(cx, node, Message::new("evaluate.bare-name").arg(name));
            }
            "self" => return self.self_object(cx, node),
            _ => self.static_error(cx, node, Message::new("evaluate.no-name").arg(name)),
        }
        self.unknown_error(cx, node)
    }

    fn self_object(&self, cx: &Cx<'_>, node: NodeId) -> Val {
        // Provisioners and postconditions only; nothing that is judged stands there.
        Val::unknown(
            Type::Dynamic,
            self.node_identity(cx, node, 0x5e1f),
            Why::Computed,
            "self",
        )
    }

    /// `root.name`, where `root` is one of Terraform's names or a resource type.
    pub(super) fn reference(
        &self,
        cx: &Cx<'_>,
        node: NodeId,
        root: &str,
        name: &str,
    ) -> Option<Val> {
        if cx.scope.name(root).is_some() || cx.scope.module == NO_MODULE {
            return None;
        }
        let m = cx.scope.module;
        Some(match root {
            "var" => self.variable(cx, node, m, name),
            "local" => self.local(cx, node, m, name),
            "each" => match (cx.scope.each(), name) {
                (Some((k, _)), "key") => k.clone(),
                (Some((_, v)), "value") => v.clone(),
                _ => {
                    self.static_error(cx, node, Message::new("evaluate.each"));
                    self.unknown_error(cx, node)
                }
            },
            "count" => match (cx.scope.count(), name) {
                (Some(i), "index") => i.clone(),
                _ => {
                    self.static_error(cx, node, Message::new("evaluate.count"));
                    self.unknown_error(cx, node)
                }
            },
            "path" => self.path_value(cx, node, m, name),
            "terraform" | "tofu" => match name {
                "workspace" => match &self.set.workspace {
                    Some(w) => Val::text(w),
                    None => self.workspace_of_cloud().unwrap_or_else(workspace),
                },
                "applying" => {
                    Val::unknown(Type::Bool, 0xa991, Why::Environment, "terraform.applying")
                }
                _ => self.error(cx, node, Message::new("evaluate.no-attribute").arg(name)),
            },
            "module" => self.module_value(cx, node, m, name),
            "data" | "ephemeral" | "resource" | "self" => return None,
            ty => self.resource_value(cx, node, m, Mode::Managed, ty, name),
        })
    }

    /// The workspace that a `cloud` block names; it is selected wherever the configuration runs.
    fn workspace_of_cloud(&self) -> Option<Val> {
        let backend = self.project.module(self.root.module).backend.as_ref()?;
        if &*backend.ty != "cloud" {
            return None;
        }
        let found = self.path(&self.backend()?, "workspaces.name").pop()?;
        found.val.as_str().is_some().then_some(found.val)
    }

    /// `data.TYPE.NAME`, `ephemeral.TYPE.NAME`.
    pub(super) fn long_reference(
        &self,
        cx: &Cx<'_>,
        node: NodeId,
        root: &str,
        ty: &str,
        name: &str,
    ) -> Option<Val> {
        if cx.scope.module == NO_MODULE || cx.scope.name(root).is_some() {
            return None;
        }
        let mode = match root {
            "data" => Mode::Data,
            "ephemeral" => Mode::Ephemeral,
            // The long form, for types that would else read as one of Terraform's names.
            "resource" => Mode::Managed,
            _ => return None,
        };
        Some(self.resource_value(cx, node, cx.scope.module, mode, ty, name))
    }

    fn path_value(&self, cx: &Cx<'_>, node: NodeId, m: u32, name: &str) -> Val {
        match name {
            "root" | "cwd" => Val::str("."),
            "module" => {
                let inst = self.module_instance(m);
                let module = self.project.module(inst.module);
                let root = &self.project.module(self.root.module).dir;
                Val::text(&crate::source::shown(&module.dir, root))
            }
            _ => self.error(cx, node, Message::new("evaluate.no-attribute").arg(name)),
        }
    }

    /// `var.name` in a module instance.
    pub(super) fn variable(&self, cx: &Cx<'_>, node: NodeId, m: u32, name: &str) -> Val {
        let inst = self.module_instance(m);
        let module = self.project.module(inst.module);
        let Some(&i) = module.variable_index.get(name) else {
            self.static_error(cx, node, Message::new("evaluate.no-variable").arg(name));
            return self.unknown_error(cx, node);
        };
        self.variable_at(m, i)
    }

    pub(super) fn variable_at(&self, m: u32, i: u32) -> Val {
        let inst = self.module_instance(m);
        let slot = inst.variables.borrow()[i as usize].clone();
        match slot {
            Slot::Done(v) => return v,
            Slot::Busy => return self.cycle(m, "variable", i),
            Slot::Empty => {}
        }
        inst.variables.borrow_mut()[i as usize] = Slot::Busy;
        let v = self.certain(|| self.variable_value(m, i));
        inst.variables.borrow_mut()[i as usize] = Slot::Done(v.clone());
        v
    }

    fn variable_value(&self, m: u32, i: u32) -> Val {
        let inst = self.module_instance(m);
        let module = self.project.module(inst.module);
        let variable = &module.variables[i as usize];
        let sources = &self.project.sources;
        let scope = Scope::module(m);
        let flag = |name: &str| {
            variable
                .body
                .attribute(sources, name)
                .and_then(|(file, a)| {
                    self.expr(
                        &Cx::new(sources.tree(file), Some(file), scope.clone()),
                        a.value,
                    )
                    .as_bool()
                })
        };
        let nullable = flag("nullable").unwrap_or(true);
        let mut marks = Marks::NONE;
        if flag("sensitive") == Some(true) {
            marks = marks.with(Marks::SENSITIVE);
        }
        if flag("ephemeral") == Some(true) {
            marks = marks.with(Marks::EPHEMERAL);
        }
        let default = variable
            .body
            .attribute(sources, "default")
            .map(|(file, a)| {
                self.expr(
                    &Cx::new(sources.tree(file), Some(file), Scope::module(NO_MODULE)),
                    a.value,
                )
            });
        let ty = variable.body.attribute(sources, "type");
        let ty_constraint = ty.as_ref().and_then(|(file, a)| {
            constraint::read(sources.tree(*file), a.value, 0).map(|c| (*file, c))
        });
        if let (Some((file, a)), None) = (&ty, &ty_constraint) {
            self.report(
                Some(sources.place(*file, a.value)),
                Message::new("evaluate.type").arg(&*variable.name),
            );
        }
        let place = variable.place;
        let given = match inst.parent {
            None => self.given(&variable.name, ty_constraint.as_ref().map(|(_, c)| c)),
            Some((parent, call)) => {
                let parent_inst = self.module_instance(parent);
                let call = &self.project.module(parent_inst.module).calls[call as usize];
                call.body
                    .attribute(sources, &variable.name)
                    .map(|(file, a)| {
                        self.expr(
                            &Cx::new(sources.tree(file), Some(file), inst.scope.clone()),
                            a.value,
                        )
                    })
            }
        };
        // A default has to fit, also where it does not come to it.
        if let (Some(default), Some(_)) = (&default, &given) {
            let fits = ty_constraint.as_ref().map_or(Ok(Val::null()), |(file, c)| {
                let tree = sources.tree(*file);
                c.apply(default, &|node| {
                    self.expr(&Cx::new(tree, Some(*file), Scope::module(NO_MODULE)), node)
                })
            });
            if let Err(e) = fits {
                let message = Message::new("evaluate.variable-type").arg(&*variable.name);
                self.report(Some(place), message.arg(e));
            }
        }
        if !nullable && default.as_ref().is_some_and(Val::is_null) {
            let message = Message::new("evaluate.variable-null").arg(&*variable.name);
            self.report(Some(place), message);
        }
        let refused = !nullable && default.is_none() && given.as_ref().is_some_and(Val::is_null);
        let value = match given {
            Some(v) if v.is_null() && !nullable => default,
            Some(v) => Some(v),
            None => default,
        };
        let Some(value) = value else {
            let ty = ty_constraint
                .as_ref()
                .map_or(Type::Dynamic, |(_, c)| c.ty());
            if inst.parent.is_some() || refused {
                let key = if refused {
                    "evaluate.variable-null"
                } else {
                    "evaluate.variable-missing"
                };
                self.report(Some(place), Message::new(key).arg(&*variable.name));
                return Val::unknown(
                    ty,
                    mix_bytes(0x7a4, variable.name.as_bytes()),
                    Why::Error,
                    "",
                );
            }
            let id = mix_bytes(0x7a5, variable.name.as_bytes());
            let mut v = Val::unknown(ty, id, Why::Variable, format!("var.{}", variable.name));
            if let Kind::Unknown(u) = &mut v.kind {
                Arc::make_mut(u).not_null = !nullable;
            }
            let constraint = ty_constraint.as_ref().map(|(_, c)| c);
            return self.narrowed(m, variable, constraint, v).marked(marks);
        };
        let converted = match &ty_constraint {
            Some((file, c)) => {
                let tree = sources.tree(*file);
                c.apply(&value, &|node| {
                    self.expr(&Cx::new(tree, Some(*file), Scope::module(NO_MODULE)), node)
                })
            }
            None => Ok(value),
        };
        match converted {
            Ok(v) => {
                let constraint = ty_constraint.as_ref().map(|(_, c)| c);
                self.narrowed(m, variable, constraint, v).marked(marks)
            }
            Err(e) => {
                let place = self.given_place(m, i).unwrap_or(place);
                self.report(
                    Some(place),
                    Message::new("evaluate.variable-type")
                        .arg(&*variable.name)
                        .arg(e),
                );
                let ty = ty_constraint.map_or(Type::Dynamic, |(_, c)| c.ty());
                Val::unknown(
                    ty,
                    mix_bytes(0x7a6, variable.name.as_bytes()),
                    Why::Error,
                    "",
                )
                .marked(marks)
            }
        }
    }

    /// The value that the command line, the environment or a values file gives.
    fn given(&self, name: &str, ty: Option<&constraint::Constraint>) -> Option<Val> {
        if let Some(told) = self.beside.as_ref().and_then(|plan| plan.variable(name)) {
            return Some(told);
        }
        let given = self.set.values.iter().rev().find(|g| *g.name == *name)?;
        Some(match &given.value {
            GivenValue::Node(file, node, _) => {
                let tree = self.project.sources.tree(*file);
                self.expr(&Cx::new(tree, Some(*file), Scope::module(NO_MODULE)), *node)
            }
            GivenValue::Argument(text) | GivenValue::Environment(text) => {
                let literal = match ty {
                    None => true,
                    Some(c) => c.ty().is_primitive(),
                };
                if literal {
                    return Some(Val::text(text));
                }
                let tree = crate::load::syntax::parse_expression(text);
                if !tree.errors().is_empty() {
                    self.report(None, Message::new("evaluate.given").arg(name));
                    return Some(Val::unknown(
                        Type::Dynamic,
                        mix_bytes(0x7a7, name.as_bytes()),
                        Why::Error,
                        "",
                    ));
                }
                self.expr(&Cx::new(&tree, None, Scope::module(NO_MODULE)), tree.root())
            }
        })
    }

    /// `local.name`.
    pub(super) fn local(&self, cx: &Cx<'_>, node: NodeId, m: u32, name: &str) -> Val {
        let inst = self.module_instance(m);
        let module = self.project.module(inst.module);
        let Some(&i) = module.local_index.get(name) else {
            self.static_error(cx, node, Message::new("evaluate.no-local").arg(name));
            return self.unknown_error(cx, node);
        };
        self.local_at(m, i)
    }

    pub(super) fn local_at(&self, m: u32, i: u32) -> Val {
        let inst = self.module_instance(m);
        let slot = inst.locals.borrow()[i as usize].clone();
        match slot {
            Slot::Done(v) => return v,
            Slot::Busy => return self.cycle(m, "local", i),
            Slot::Empty => {}
        }
        inst.locals.borrow_mut()[i as usize] = Slot::Busy;
        let local = &self.project.module(inst.module).locals[i as usize];
        let tree = self.project.sources.tree(local.file);
        let v = self.certain(|| {
            self.expr(
                &Cx::new(tree, Some(local.file), Scope::module(m)),
                local.value,
            )
        });
        inst.locals.borrow_mut()[i as usize] = Slot::Done(v.clone());
        v
    }

    /// An output of a module instance, as its caller reads it.
    pub(super) fn output_at(&self, m: u32, i: u32) -> Val {
        let inst = self.module_instance(m);
        let slot = inst.outputs.borrow()[i as usize].clone();
        match slot {
            Slot::Done(v) => return v,
            Slot::Busy => return self.cycle(m, "output", i),
            Slot::Empty => {}
        }
        inst.outputs.borrow_mut()[i as usize] = Slot::Busy;
        let output = &self.project.module(inst.module).outputs[i as usize];
        let sources = &self.project.sources;
        let v = self.certain(|| {
            let Some((file, a)) = output.body.attribute(sources, "value") else {
                return Val::null();
            };
            let cx = Cx::new(sources.tree(file), Some(file), Scope::module(m));
            let mut v = self.expr(&cx, a.value);
            if let Some((file, a)) = output.body.attribute(sources, "sensitive") {
                let cx = Cx::new(sources.tree(file), Some(file), Scope::module(m));
                // Terraform 1.11 forgets it between modules.
                let kept = m == 0 || !self.strict;
                if kept && self.expr(&cx, a.value).as_bool() == Some(true) {
                    v = v.marked(Marks::SENSITIVE);
                }
            }
            v
        });
        inst.outputs.borrow_mut()[i as usize] = Slot::Done(v.clone());
        v
    }

    /// Unknown because it depends on itself; said once.
    fn cycle(&self, m: u32, what: &str, i: u32) -> Val {
        let inst = self.module_instance(m);
        let module = self.project.module(inst.module);
        let (name, place) = match what {
            "local" => {
                let l = &module.locals[i as usize];
                (
                    format!("local.{}", l.name),
                    crate::source::Place {
                        file: l.file,
                        span: l.span,
                    },
                )
            }
            "variable" => {
                let v = &module.variables[i as usize];
                (format!("var.{}", v.name), v.place)
            }
            _ => {
                let o = &module.outputs[i as usize];
                (format!("output.{}", o.name), o.place)
            }
        };
        self.report_always(Some(place), Message::new("evaluate.cycle").arg(name));
        let id = mix_bytes(u64::from(m) + 0xc1c, what.as_bytes());
        Val::unknown(
            Type::Dynamic,
            super::value::mix(id, u64::from(i)),
            Why::Error,
            "",
        )
    }

    /// `module.name`: one instance, a tuple or an object of them.
    fn module_value(&self, cx: &Cx<'_>, node: NodeId, m: u32, name: &str) -> Val {
        let inst = self.module_instance(m);
        let module = self.project.module(inst.module);
        let Some(&call) = module.call_index.get(name) else {
            self.static_error(cx, node, Message::new("evaluate.no-module").arg(name));
            return self.unknown_error(cx, node);
        };
        if self.validating.get() {
            let address = self.call_address(m, call);
            let id = mix_bytes(0x7a12, address.as_bytes());
            return Val::unknown(Type::Dynamic, id, Why::Computed, address);
        }
        let expansion = self.call_expansion(m, call);
        let Some(expansion) = expansion else {
            let address = self.call_address(m, call);
            self.report_always(
                self.place(cx, node),
                Message::new("evaluate.cycle").arg(&*address),
            );
            return Val::unknown(
                Type::Dynamic,
                mix_bytes(0xca11, address.as_bytes()),
                Why::Error,
                "",
            );
        };
        match &expansion.value {
            Some(v) => v.clone(),
            None => {
                let address = self.call_address(m, call);
                Val::unknown(
                    Type::Dynamic,
                    mix_bytes(0xca12, address.as_bytes()),
                    Why::Module,
                    &*address,
                )
            }
        }
    }

    /// All outputs of a module instance.
    pub(super) fn module_object(&self, m: u32) -> Val {
        let inst = self.module_instance(m);
        let outputs = &self.project.module(inst.module).outputs;
        Val::object(
            outputs
                .iter()
                .enumerate()
                .map(|(i, o)| (o.name.clone(), self.output_at(m, i as u32)))
                .collect(),
        )
    }

    /// `TYPE.NAME`: one instance, a tuple or an object of them.
    fn resource_value(
        &self,
        cx: &Cx<'_>,
        node: NodeId,
        m: u32,
        mode: Mode,
        ty: &str,
        name: &str,
    ) -> Val {
        let inst = self.module_instance(m);
        let module = self.project.module(inst.module);
        let Some(&r) = module
            .resource_index
            .get(&(mode, Arc::from(ty), Arc::from(name)))
        else {
            let prefix = if mode == Mode::Data { "data." } else { "" };
            let address = format!("{prefix}{ty}.{name}");
            let message = Message::new("evaluate.no-resource").arg(&*address);
            self.static_error(cx, node, message);
            let id = self.node_identity(cx, node, 0xe45);
            return Val::unknown(Type::Dynamic, id, Why::NotDeclared, &*address);
        };
        if self.validating.get() {
            let id = mix_bytes(0x7a11, name.as_bytes());
            return Val::unknown(Type::Dynamic, id, Why::Computed, format!("{ty}.{name}"));
        }
        match self.resource_expansion(m, r) {
            Some(expansion) => expansion.value.clone().unwrap_or_else(Val::null),
            None => {
                let reference = Ref {
                    module: m,
                    resource: r,
                    key: Key::None,
                    path: "".into(),
                };
                let address = self.address(&reference);
                self.report_always(
                    self.place(cx, node),
                    Message::new("evaluate.cycle").arg(&*address),
                );
                Val::unknown(Type::Dynamic, reference.identity(), Why::Error, "")
            }
        }
    }

    /// An attribute of a resource instance, of a module instance, or of a body given to a condition.
    pub(super) fn instance_attribute(
        &self,
        cx: &Cx<'_>,
        node: NodeId,
        r: &Arc<Ref>,
        name: &str,
    ) -> Val {
        if r.module == super::VIEW {
            return self.view_attribute(r.resource, name);
        }
        if r.resource == MODULE {
            let inst = self.module_instance(r.module);
            let module = self.project.module(inst.module);
            return match module.output_index.get(name) {
                Some(&i) => self.output_at(r.module, i),
                None => {
                    // Whether an output is there is known without values: `try` does not save it.
                    self.error(cx, node, Message::new("evaluate.no-output").arg(name));
                    self.unknown_error(cx, node)
                }
            };
        }
        self.resource_attribute(r, name)
    }
}

/// `terraform.workspace` where nothing says which is selected: what holds in `default` need not hold
/// in the others.
fn workspace() -> Val {
    let mut v = Val::unknown(
        Type::String,
        0xa995,
        Why::Environment,
        "terraform.workspace",
    );
    if let Kind::Unknown(u) = &mut v.kind {
        Arc::make_mut(u).not_null = true;
    }
    v
}
