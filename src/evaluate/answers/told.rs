//! Answers that a row writes as an expression: `coalesce(self.name, config.region)`.
//!
//! Its names: `self` is the block, `config` the provider configuration that it resolves to, `own_account` a
//! text for the account (project, subscription) that terraform runs in, `some` a text that nobody knows.
//! Where the expression fails or gives null, there is no answer.

use super::super::Evaluation;
use super::super::evaluated::View;
use super::super::types::Type;
use super::super::value::{Kind, Part, Ref, Unknown, Val, Whose, Why, mix};
use crate::load::syntax::Tree;
use std::sync::Arc;

impl Evaluation<'_> {
    /// The value of an expression of a row about an instance.
    pub(super) fn told(&self, tree: &Tree, view: &View, reference: &Ref) -> Option<Val> {
        let config = match self.provider_at(reference, view).view {
            Some(config) => self.as_object(&config, &[]),
            // Nothing is configured: what is read of it is null.
            None => Val::object(Vec::new()),
        };
        let bindings = [
            ("self", self.as_object(view, &[])),
            ("config", config),
            (
                "own_account",
                text(0xacc, Part::Named(Whose::OwnAccount), reference),
            ),
            ("some", text(0x50e, Part::Named(Whose::Thing), reference)),
        ];
        let no_more: &dyn Fn(&str, &[Val]) -> Option<Result<Val, String>> = &|_, _| None;
        let (v, errors) = self.condition(tree, tree.root(), &bindings, no_more);
        if !errors.is_empty() || v.is_null() || super::super::expr::is_error(&v) {
            return None;
        }
        let nulls = matches!(&v.kind, Kind::OneOf(alts) if alts.iter().any(|a| a.val.is_null()));
        (!nulls).then_some(v)
    }
}

/// A text of which only that is known.
fn text(seed: u64, part: Part, of: &Ref) -> Val {
    let id = mix(seed, of.identity());
    let mut v = Val::unknown(Type::String, id, Why::DataSource, "");
    if let Kind::Unknown(u) = &mut v.kind {
        let u: &mut Unknown = Arc::make_mut(u);
        u.not_null = true;
        u.parts = Arc::from([part]);
        u.refs = Arc::from([of.clone()]);
    }
    v
}
