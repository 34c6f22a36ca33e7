//! To what a name stands for: a local's definition, what was given for a variable or its default, the
//! output of a module, the attribute of a resource.

use super::Step;
use crate::diagnostic::{Mark, Message};
use crate::evaluate::Evaluation;
use crate::evaluate::evaluated::Trail;
use crate::evaluate::expr::Cx;
use crate::evaluate::scope::{NO_MODULE, Scope};
use crate::evaluate::value::{Kind, Ref};
use crate::load::project::{GivenValue, Variable};
use crate::load::syntax::{Expr, NodeId};
use crate::source::{FileId, Place};
use std::sync::Arc;

impl Evaluation<'_> {
    pub(super) fn from_local(&self, at: &Step, name: &str, out: &mut Trail) -> Option<Step> {
        let m = at.scope.module;
        let module = self.project.module(self.module_instance(m).module);
        let local = &module.locals[*module.local_index.get(name)? as usize];
        let message = Message::new("trail.local").arg(name);
        out.push(self.mark(local.file, local.value, message));
        Some(at.elsewhere(local.file, local.value, Scope::module(m)))
    }

    pub(super) fn from_variable(&self, at: &Step, name: &str, out: &mut Trail) -> Option<Step> {
        let m = at.scope.module;
        let inst = self.module_instance(m);
        let module = self.project.module(inst.module);
        let variable = &module.variables[*module.variable_index.get(name)? as usize];
        let sources = &self.project.sources;
        let ty = variable.body.attribute(sources, "type");
        let step = |file: FileId, node: NodeId, scope: Scope| Step {
            ty: ty.map(|(file, a)| (file, a.value)),
            ..at.elsewhere(file, node, scope)
        };
        if inst.parent.is_none() && self.only_the_plan_gives(name, variable) {
            out.push(Mark {
                place: variable.place,
                message: Message::new("trail.given-plan").arg(name),
                value: None,
            });
            return None;
        }
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
                        value: None,
                    });
                    return Some(step(*file, *node, Scope::module(NO_MODULE)));
                }
                Some(given) => {
                    let key = match given {
                        GivenValue::Environment(_) => "trail.given-environment",
                        _ => "trail.given-argument",
                    };
                    out.push(Mark {
                        place: variable.place,
                        message: Message::new(key).arg(name),
                        value: None,
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
                    value: None,
                });
                return Some(step(file, node, inst.scope.clone()));
            }
        }
        if let Some((file, a)) = variable.body.attribute(sources, "default") {
            let place = sources.place(file, a.value);
            out.push(Mark {
                place,
                message: Message::new("trail.default").arg(name),
                value: None,
            });
            return Some(step(file, a.value, Scope::module(NO_MODULE)));
        }
        out.push(Mark {
            place: variable.place,
            message: Message::new(match inst.parent {
                None => "trail.no-value",
                Some(_) => "trail.not-passed",
            })
            .arg(name),
            value: None,
        });
        None
    }

    /// `module.m.name`, `module.m[0].name`.
    pub(super) fn from_output(
        &self,
        at: &Step,
        of: NodeId,
        name: &str,
        out: &mut Trail,
    ) -> Option<Step> {
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
        if r.resource != crate::evaluate::MODULE {
            return None;
        }
        let module = self.project.module(self.module_instance(r.module).module);
        let output = &module.outputs[*module.output_index.get(name)? as usize];
        let (file, a) = output.body.attribute(&self.project.sources, "value")?;
        let place = self.project.sources.place(file, a.value);
        out.push(Mark {
            place,
            message: Message::new("trail.output").arg(name),
            value: None,
        });
        Some(at.elsewhere(file, a.value, Scope::module(r.module)))
    }

    /// An attribute of a resource that is written in the configuration.
    pub(super) fn from_resource(
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
        // A data source that reads what the configuration makes: the way goes on there.
        let view = self.resource_view(&r)?;
        let (r, view) = match self.managed_behind(&r, &view) {
            Some(managed) => {
                let view = self.resource_view(&managed)?;
                (managed, view)
            }
            None => (r, view),
        };
        let found = self
            .told_by(&r, &view, name)
            .or_else(|| self.attribute(&view, name))?;
        let (file, node, scope) = found.origin?;
        let place = Place {
            file,
            span: self.project.sources.tree(file).span(node),
        };
        out.push(Mark {
            place,
            message: Message::new("trail.attribute")
                .arg(self.address(&crate::evaluate::traverse::extended(&r, name))),
            value: None,
        });
        Some(at.elsewhere(file, node, scope))
    }

    fn resource_view(&self, r: &Arc<Ref>) -> Option<crate::evaluate::evaluated::View> {
        if r.resource == crate::evaluate::MODULE || r.module == crate::evaluate::VIEW {
            return None;
        }
        self.view_of(r)
    }

    /// Whether the plan beside the configuration gives a variable of the root a value that neither a values
    /// file nor the default has.
    fn only_the_plan_gives(&self, name: &str, variable: &Variable) -> bool {
        let Some(told) = self.beside.as_ref().and_then(|plan| plan.variable(name)) else {
            return false;
        };
        let given = self.set.values.iter().rev().find(|g| *g.name == *name);
        let at = match given.map(|g| &g.value) {
            Some(GivenValue::Node(file, node, _)) => Some((*file, *node)),
            Some(_) => None,
            None => {
                let default = variable.body.attribute(&self.project.sources, "default");
                default.map(|(file, a)| (file, a.value))
            }
        };
        !at.is_some_and(|(file, node)| {
            let tree = self.project.sources.tree(file);
            let cx = Cx::new(tree, Some(file), Scope::module(NO_MODULE));
            self.expr(&cx, node).same(&told)
        })
    }
}
