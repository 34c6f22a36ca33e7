//! Templates: texts with interpolations and directives.

use super::{Cx, either, is_error, iterate, may_be_iterated};
use crate::diagnostic::Message;
use crate::evaluate::Evaluation;
use crate::evaluate::convert::convert;
use crate::evaluate::scope::Binding;
use crate::evaluate::text::{Piece, concat};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Val, lift, unknown_from};
use crate::load::syntax::{Expr, NodeId};

impl Evaluation<'_> {
    pub(super) fn template(&self, cx: &Cx<'_>, node: NodeId, parts: &[NodeId]) -> Val {
        let mut pieces = Vec::with_capacity(parts.len());
        for &part in parts {
            if let Expr::Text(t) = cx.tree.expr(part) {
                pieces.push(Piece::Text(t.decode().into()));
                continue;
            }
            let v = self.expr(cx, part);
            match self.piece(cx, part, &v) {
                Some(v) => pieces.push(Piece::Val(v)),
                None => return self.unknown_error(cx, node),
            }
        }
        self.joined(cx, node, "\"\"", &pieces)
    }

    /// The pieces as one text; one that grew too long is said.
    fn joined(&self, cx: &Cx<'_>, node: NodeId, op: &str, pieces: &[Piece]) -> Val {
        let v = concat(op, pieces);
        let values = pieces.iter().filter_map(|p| match p {
            Piece::Val(v) => Some(v),
            Piece::Text(_) => None,
        });
        self.say_of_limit(cx, node, &v, values);
        v
    }

    pub(super) fn piece(&self, cx: &Cx<'_>, node: NodeId, v: &Val) -> Option<Val> {
        if v.is_null() {
            self.error(cx, node, Message::new("evaluate.template-null"));
            return None;
        }
        match convert(v, &Type::String) {
            Ok(v) => Some(v),
            Err(_) if is_error(v) => Some(self.unknown_error(cx, node)),
            // Terraform looks at what it is when it is known.
            Err(_) if self.strict && !v.is_known() => {
                Some(unknown_from(Type::String, "\"\"", &[v]))
            }
            Err(e) => {
                self.error(cx, node, Message::new("evaluate.template").arg(e));
                None
            }
        }
    }

    pub(super) fn directive(&self, cx: &Cx<'_>, node: NodeId) -> Val {
        match cx.tree.expr(node) {
            Expr::TemplateIf { cond, then, other } => {
                let c = self.expr(cx, cond);
                let marks = c.marks;
                let c = match convert(&c, &Type::Bool) {
                    Err(_) if self.strict && !c.is_known() => c,
                    Ok(c) if !c.is_null() => self.decided(cx.tree, &c, cond),
                    Ok(_) => {
                        return self.error(
                            cx,
                            cond,
                            Message::new("evaluate.condition").arg("null"),
                        );
                    }
                    Err(e) => {
                        return self.error(cx, cond, Message::new("evaluate.condition").arg(e));
                    }
                };
                let other = |this: &Self| other.map_or_else(|| Val::str(""), |o| this.expr(cx, o));
                lift(&[c], |c| match c[0].kind {
                    // As of a condition, with the marks of both.
                    Kind::Bool(true) => {
                        let (left, _) = self.trial(|| other(self));
                        self.text_of(cx, then).marked(left.marks)
                    }
                    Kind::Bool(false) => {
                        let (left, _) = self.trial(|| self.text_of(cx, then));
                        other(self).marked(left.marks)
                    }
                    _ => {
                        let (then, _) = self.trial(|| self.text_of(cx, then));
                        let (other, _) = self.trial(|| other(self));
                        either(&then, &other)
                    }
                })
                .marked(marks)
            }
            Expr::TemplateFor {
                key_name,
                value_name,
                collection,
                body,
            } => {
                let coll = self.materialised(&self.expr(cx, collection));
                lift(&[coll], |coll| {
                    let Some(pairs) = iterate(&coll[0]) else {
                        if may_be_iterated(&coll[0]) {
                            return unknown_from(Type::String, "%{for}", &[&coll[0]]);
                        }
                        return self.error(
                            cx,
                            collection,
                            Message::new("evaluate.for-type").arg(coll[0].ty().friendly()),
                        );
                    };
                    let mut pieces = Vec::new();
                    for (k, v) in pairs {
                        let mut cx = cx.clone();
                        if let Some(name) = key_name {
                            cx = cx.bound(Binding::Name(name.into(), k));
                        }
                        cx = cx.bound(Binding::Name(value_name.into(), v));
                        pieces.push(Piece::Val(self.text_of(&cx, body)));
                    }
                    self.joined(cx, node, "%{for}", &pieces)
                        .marked(coll[0].marks)
                })
            }
            _ => self.unknown_error(cx, node),
        }
    }

    /// A template node as text, also where it is a single value.
    pub(super) fn text_of(&self, cx: &Cx<'_>, node: NodeId) -> Val {
        let v = self.expr(cx, node);
        self.piece(cx, node, &v)
            .unwrap_or_else(|| self.unknown_error(cx, node))
    }
}
