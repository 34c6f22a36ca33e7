//! Answers that a row writes as an expression: `coalesce(self.name, config.region)`.
//!
//! Its names: `self` is the block, `config` the provider configuration that it resolves to, `own_account` a
//! text for the account (project, subscription) that terraform runs in, `some` a text that nobody knows.
//! Beside Terraform's functions: `by_start(text, { "cn-" = x, "" = y })`, the value of the longest key that the
//! text begins with (not known where the text is not), and `some_from(text)`, a list of nobody knows how many
//! texts that begin so. Where the expression fails or gives null, there is no answer.

use super::super::Evaluation;
use super::super::evaluated::{Found, View};
use super::super::text::prefix;
use super::super::types::Type;
use super::super::value::{Kind, Part, Ref, Unknown, Val, Whose, Why, lift, mix, unknown_from};
use super::Answer;
use crate::load::syntax::{Expr, NodeId, Tree};
use std::sync::Arc;

impl Evaluation<'_> {
    /// The value of an expression of a row about an instance.
    pub(super) fn told(&self, tree: &Tree, view: &View, reference: &Ref) -> Option<Val> {
        let config = match self.provider_at(reference, view).view {
            Some(config) => self.as_object(&config, &[]),
            // Nothing is configured: what is read of it is null.
            None => Val::object(Vec::new()),
        };
        // What is not known of the answer is this attribute.
        let subject: Arc<str> = self.address(reference).into();
        let bindings = [
            ("self", self.as_object(view, &[])),
            ("config", config),
            (
                "own_account",
                text(0xacc, Part::Named(Whose::OwnAccount), reference, &subject),
            ),
            (
                "some",
                text(0x50e, Part::Named(Whose::Thing), reference, &subject),
            ),
        ];
        let more = |name: &str, args: &[Val]| match (name, args) {
            ("by_start", [text, by]) => Some(by_start(text, by)),
            ("some_from", [start]) => Some(Ok(some_from(start, reference, &subject))),
            _ => None,
        };
        let (v, errors) = self.condition(tree, tree.root(), &bindings, &more);
        if !errors.is_empty() || v.is_null() || super::super::expr::is_error(&v) {
            return None;
        }
        let nulls = matches!(&v.kind, Kind::OneOf(alts) if alts.iter().any(|a| a.val.is_null()));
        (!nulls).then_some(v)
    }

    /// What an answer took over unchanged: the attribute of the block, or of the provider configuration.
    pub(in super::super) fn told_by(&self, r: &Ref, view: &View, name: &str) -> Option<Found> {
        let inst = self.module_instance(r.module);
        let resource = &self.project.module(inst.module).resources[r.resource as usize];
        let Answer::Expression(tree) = self.types.answer(resource.mode, &resource.ty, name)? else {
            return None;
        };
        let value = self.resource_attribute(&Arc::new(r.clone()), name);
        let mut read = Vec::new();
        read_by(&tree, tree.root(), &mut read);
        read.iter().find_map(|(config, attribute)| {
            let found = if *config {
                self.attribute(&self.provider_at(r, view).view?, attribute)?
            } else {
                self.attribute(view, attribute)?
            };
            found.val.same(&value).then_some(found)
        })
    }
}

/// The attributes of `self` or `config` that an expression reads, in their order.
fn read_by(tree: &Tree, node: NodeId, out: &mut Vec<(bool, String)>) {
    match tree.expr(node) {
        Expr::Attr { of, name } => match tree.expr(of) {
            Expr::Variable(root @ ("self" | "config")) => {
                out.push((root == "config", name.to_owned()));
            }
            _ => read_by(tree, of, out),
        },
        Expr::Paren(of) | Expr::Wrap(of) | Expr::Index { of, .. } => read_by(tree, of, out),
        Expr::Call { args, .. } => args.iter().for_each(|a| read_by(tree, *a, out)),
        _ => {}
    }
}

/// The value of the longest key that a text begins with.
fn by_start(text: &Val, by: &Val) -> Result<Val, String> {
    let Some(by) = by.as_fields() else {
        return Err("by_start: no object".into());
    };
    if text.is_null() {
        return Err("by_start: null".into());
    }
    Ok(lift(std::slice::from_ref(text), |text| {
        let (start, all) = prefix(&text[0]);
        let longest = by.items.iter().filter(|(k, _)| start.starts_with(&**k));
        let found = longest.max_by_key(|(k, _)| k.len());
        // What is not known may make it begin with a longer one.
        let open = !all
            && (start.is_empty()
                || by
                    .items
                    .iter()
                    .any(|(k, _)| k.len() > start.len() && k.starts_with(start)));
        match found {
            Some((_, v)) if !open => v.clone(),
            _ => unknown_from(Type::String, "by_start", &[&text[0]]),
        }
    }))
}

/// A list of texts with a start that is known; how many nobody knows.
fn some_from(start: &Val, of: &Ref, subject: &Arc<str>) -> Val {
    lift(std::slice::from_ref(start), |start| {
        let id = mix(mix(0x11f7, of.identity()), start[0].identity());
        let mut v = Val::unknown(
            Type::list(Type::String),
            id,
            Why::DataSource,
            subject.clone(),
        );
        if let Kind::Unknown(u) = &mut v.kind {
            let u: &mut Unknown = Arc::make_mut(u);
            u.not_null = true;
            u.refs = Arc::from([of.clone()]);
            if let Some(start) = start[0].as_str() {
                // A list's parts are those of each of its elements.
                u.parts = Arc::from([Part::Known(start.into()), Part::Named(Whose::Thing)]);
            }
        }
        v
    })
}

/// A text of which only that is known.
fn text(seed: u64, part: Part, of: &Ref, subject: &Arc<str>) -> Val {
    let id = mix(seed, of.identity());
    let mut v = Val::unknown(Type::String, id, Why::DataSource, subject.clone());
    if let Kind::Unknown(u) = &mut v.kind {
        let u: &mut Unknown = Arc::make_mut(u);
        u.not_null = true;
        u.parts = Arc::from([part]);
        u.refs = Arc::from([of.clone()]);
    }
    v
}
