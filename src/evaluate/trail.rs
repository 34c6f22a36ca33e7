//! Where a value came from, rebuilt on demand: only findings ask.
//!
//! Follows the one expression that gave the value: a local to its definition, a variable to the
//! module call's argument, the values file or the default, an output into its module, a conditional
//! into the branch that was taken. Ends at a literal, or where several expressions made the value.

use super::Evaluation;
use super::evaluated::{Found, Trail};
use super::expr::Cx;
use super::scope::{NO_MODULE, Scope};
use super::value::{Kind, Ref, Val};
use crate::diagnostic::{Mark, Message};
use crate::load::project::{GivenValue, Mode};
use crate::load::syntax::{Expr, NodeId};
use crate::source::{FileId, Place};
use std::sync::Arc;

/// Longer ways are not shown.
const MAX_STEPS: usize = 20;

struct Step {
    file: FileId,
    node: NodeId,
    scope: Scope,
}

impl Evaluation<'_> {
    /// Where a value came from, nearest first: literal ← variable default ← module argument ← …
    pub fn trail(&self, found: &Found) -> Trail {
        let mut out = Vec::new();
        self.follow(found, &mut out, &mut |_, _| {});
        out.dedup();
        out
    }

    /// The same way with the value at each step, where it can be told.
    pub fn way(&self, found: &Found) -> Vec<(Mark, Option<Val>)> {
        let mut marks = Vec::new();
        let mut values: Vec<(usize, Val)> = Vec::new();
        self.follow(found, &mut marks, &mut |so_far, at| {
            let tree = self.project.sources.tree(at.file);
            let cx = Cx::new(tree, Some(at.file), at.scope.clone());
            values.push((so_far, self.expr(&cx, at.node)));
        });
        let mut out: Vec<(Mark, Option<Val>)> = Vec::new();
        for (number, mark) in marks.into_iter().enumerate() {
            let value = values.iter().rev().find(|(n, _)| *n == number + 1);
            if out.last().is_none_or(|(last, _)| *last != mark) {
                out.push((mark, value.map(|(_, v)| v.clone())));
            }
        }
        out
    }

    /// Goes the way of a value. `each` hears how many marks there are after a step, and at what
    /// expression it is then.
    fn follow(&self, found: &Found, out: &mut Trail, each: &mut dyn FnMut(usize, &Step)) {
        let Some((file, node, scope)) = found.origin.clone() else {
            return;
        };
        let mut at = Step { file, node, scope };
        // What goes wrong on the way was said where it happened.
        self.trial(|| {
            for _ in 0..MAX_STEPS {
                let next = self.step(&at, out);
                each(out.len(), next.as_ref().unwrap_or(&at));
                match next {
                    Some(next) => at = next,
                    None => break,
                }
            }
        });
    }

    fn step(&self, at: &Step, out: &mut Trail) -> Option<Step> {
        let tree = self.project.sources.tree(at.file);
        let cx = Cx::new(tree, Some(at.file), at.scope.clone());
        let inner = |node: NodeId| {
            Some(Step {
                file: at.file,
                node,
                scope: at.scope.clone(),
            })
        };
        match tree.expr(at.node) {
            Expr::Wrap(of) | Expr::Paren(of) => inner(of),
            Expr::Conditional { cond, then, other } => match self.expr(&cx, cond).as_bool() {
                Some(true) => inner(then),
                Some(false) => inner(other),
                None => None,
            },
            Expr::Call { args, .. } => {
                let value = self.expr(&cx, at.node);
                let from = args.iter().find(|&&a| self.expr(&cx, a).same(&value))?;
                inner(*from)
            }
            Expr::Index { of, key } => {
                let key = self.expr(&cx, key);
                self.into_part(at, of, &key, out)
            }
            Expr::Attr { of, name } => {
                if let Expr::Variable(root) = tree.expr(of)
                    && at.scope.name(root).is_none()
                    && at.scope.module != NO_MODULE
                {
                    match root {
                        "var" => return self.from_variable(at.scope.module, name, out),
                        "local" => return self.from_local(at.scope.module, name, out),
                        "each" => return None,
                        _ => {}
                    }
                }
                if let Some(step) = self.from_output(at, of, name, out) {
                    return Some(step);
                }
                if let Some(step) = self.from_resource(at, &cx, of, name, out) {
                    return Some(step);
                }
                self.into_part(at, of, &Val::str(name), out)
            }
            _ => None,
        }
    }

    /// Into the item of an object or tuple that is written out somewhere.
    fn into_part(&self, at: &Step, of: NodeId, key: &Val, out: &mut Trail) -> Option<Step> {
        let mut holder = Step {
            file: at.file,
            node: of,
            scope: at.scope.clone(),
        };
        let mut marks = Vec::new();
        for _ in 0..MAX_STEPS {
            let tree = self.project.sources.tree(holder.file);
            let cx = Cx::new(tree, Some(holder.file), holder.scope.clone());
            match tree.expr(holder.node) {
                Expr::Object(items) => {
                    let pair = items
                        .chunks_exact(2)
                        .rev()
                        .find(|p| self.expr(&cx, p[0]).same(key))?;
                    out.append(&mut marks);
                    let place = self.project.sources.place(holder.file, pair[1]);
                    out.push(Mark {
                        place,
                        message: Message::new("trail.element"),
                    });
                    return Some(Step {
                        node: pair[1],
                        ..holder
                    });
                }
                Expr::Tuple(items) => {
                    let index = usize::try_from(key.as_num()?.to_i64()?).ok()?;
                    let node = *items.get(index)?;
                    out.append(&mut marks);
                    return Some(Step { node, ..holder });
                }
                _ => holder = self.step(&holder, &mut marks)?,
            }
        }
        None
    }

    fn from_local(&self, m: u32, name: &str, out: &mut Trail) -> Option<Step> {
        let module = self.project.module(self.module_instance(m).module);
        let local = &module.locals[*module.local_index.get(name)? as usize];
        let place = self.project.sources.place(local.file, local.value);
        out.push(Mark {
            place,
            message: Message::new("trail.local").arg(name),
        });
        Some(Step {
            file: local.file,
            node: local.value,
            scope: Scope::module(m),
        })
    }

    fn from_variable(&self, m: u32, name: &str, out: &mut Trail) -> Option<Step> {
        let inst = self.module_instance(m);
        let module = self.project.module(inst.module);
        let variable = &module.variables[*module.variable_index.get(name)? as usize];
        let sources = &self.project.sources;
        let given = match inst.parent {
            None => match self
                .set
                .values
                .iter()
                .rev()
                .find(|g| *g.name == *name)
                .map(|g| &g.value)
            {
                Some(GivenValue::Node(file, node, _)) => {
                    let place = sources.place(*file, *node);
                    out.push(Mark {
                        place,
                        message: Message::new("trail.given").arg(name),
                    });
                    return Some(Step {
                        file: *file,
                        node: *node,
                        scope: Scope::module(NO_MODULE),
                    });
                }
                Some(_) => {
                    out.push(Mark {
                        place: variable.place,
                        message: Message::new("trail.given-outside").arg(name),
                    });
                    return None;
                }
                None => None,
            },
            Some((parent, call)) => {
                let parent = self.module_instance(parent);
                let call = &self.project.module(parent.module).calls[call as usize];
                call.body
                    .attribute(sources, name)
                    .map(|(file, a)| (file, a.value, call.name.clone()))
            }
        };
        if let Some((file, node, call)) = given {
            let tree = sources.tree(file);
            let null = self
                .expr(&Cx::new(tree, Some(file), inst.scope.clone()), node)
                .is_null();
            if !null {
                let place = sources.place(file, node);
                out.push(Mark {
                    place,
                    message: Message::new("trail.argument").arg(name).arg(&*call),
                });
                return Some(Step {
                    file,
                    node,
                    scope: inst.scope.clone(),
                });
            }
        }
        if let Some((file, a)) = variable.body.attribute(sources, "default") {
            let place = sources.place(file, a.value);
            out.push(Mark {
                place,
                message: Message::new("trail.default").arg(name),
            });
            return Some(Step {
                file,
                node: a.value,
                scope: Scope::module(NO_MODULE),
            });
        }
        out.push(Mark {
            place: variable.place,
            message: Message::new("trail.no-value").arg(name),
        });
        None
    }

    /// `module.m.name`, `module.m[0].name`.
    fn from_output(&self, at: &Step, of: NodeId, name: &str, out: &mut Trail) -> Option<Step> {
        let tree = self.project.sources.tree(at.file);
        let cx = Cx::new(tree, Some(at.file), at.scope.clone());
        let mut root = of;
        while let Expr::Index { of, .. } | Expr::Attr { of, .. } = tree.expr(root) {
            root = of;
        }
        if !matches!(tree.expr(root), Expr::Variable("module")) || of == root {
            return None;
        }
        let Kind::Instance(r) = self.expr(&cx, of).kind else {
            return None;
        };
        if r.resource != super::MODULE {
            return None;
        }
        let module = self.project.module(self.module_instance(r.module).module);
        let output = &module.outputs[*module.output_index.get(name)? as usize];
        let (file, a) = output.body.attribute(&self.project.sources, "value")?;
        let place = self.project.sources.place(file, a.value);
        out.push(Mark {
            place,
            message: Message::new("trail.output").arg(name),
        });
        Some(Step {
            file,
            node: a.value,
            scope: Scope::module(r.module),
        })
    }

    /// An attribute of a resource that is written in the configuration.
    fn from_resource(
        &self,
        at: &Step,
        cx: &Cx<'_>,
        of: NodeId,
        name: &str,
        out: &mut Trail,
    ) -> Option<Step> {
        if !matches!(
            cx.tree.expr(of),
            Expr::Attr { .. } | Expr::Index { .. } | Expr::Variable(_)
        ) {
            return None;
        }
        if matches!(cx.tree.expr(of), Expr::Variable(_)) || at.scope.module == NO_MODULE {
            return None;
        }
        let Kind::Instance(r) = self.expr(cx, of).kind else {
            return None;
        };
        let view = self.resource_view(&r)?;
        let found = self.attribute(&view, name)?;
        let (file, node, scope) = found.origin?;
        let place = Place {
            file,
            span: self.project.sources.tree(file).span(node),
        };
        out.push(Mark {
            place,
            message: Message::new("trail.attribute")
                .arg(self.address(&super::traverse::extended(&r, name))),
        });
        Some(Step { file, node, scope })
    }

    fn resource_view(&self, r: &Arc<Ref>) -> Option<super::evaluated::View> {
        if r.resource == super::MODULE || r.module == super::VIEW {
            return None;
        }
        self.view_of(r)
    }

    /// The place of the value that was given for a variable, where it stands in a file.
    pub(super) fn given_place(&self, m: u32, i: u32) -> Option<Place> {
        let inst = self.module_instance(m);
        let variable = &self.project.module(inst.module).variables[i as usize];
        let sources = &self.project.sources;
        match inst.parent {
            None => match &self
                .set
                .values
                .iter()
                .rev()
                .find(|g| g.name == variable.name)?
                .value
            {
                GivenValue::Node(file, node, _) => Some(sources.place(*file, *node)),
                _ => None,
            },
            Some((parent, call)) => {
                let parent = self.module_instance(parent);
                let call = &self.project.module(parent.module).calls[call as usize];
                let (file, a) = call.body.attribute(sources, &variable.name)?;
                Some(sources.place(file, a.value))
            }
        }
    }

    /// Whether a reference is to a data source.
    pub(super) fn is_data(&self, r: &Ref) -> bool {
        if r.resource == super::MODULE || r.module == super::VIEW {
            return false;
        }
        self.is_data_of(r.module, r.resource)
    }

    pub(super) fn is_data_of(&self, module: u32, resource: u32) -> bool {
        let inst = self.module_instance(module);
        self.project.module(inst.module).resources[resource as usize].mode == Mode::Data
    }
}
