//! The policy document that the Google provider builds of `binding` blocks.
//!
//! Lives here: bindings with their members and conditions. The order of bindings is the roles', so that
//! one configuration gives one text; audit settings are left out, they let nobody in.

use super::{Layout, Out, not_known};
use crate::evaluate::Evaluation;
use crate::evaluate::evaluated::View;
use crate::evaluate::value::{Val, World};

const BLOCKS: &[(&str, &[&str])] = &[("binding", &["condition"])];

impl Evaluation<'_> {
    /// The document of a body.
    pub(super) fn google_iam_policy(&self, view: &View) -> Option<Val> {
        let mut out = Vec::new();
        for world in self.told_apart(view, BLOCKS) {
            let (blocks, open) = self.blocks_in(view, "binding", &world);
            let mut bindings: Vec<(String, Out)> =
                blocks.iter().map(|b| self.binding_in(b, &world)).collect();
            bindings.sort_by(|a, b| a.0.cmp(&b.0));
            let bindings = bindings.into_iter().map(|(_, b)| b).collect();
            let list = Out::List(bindings, open.then(|| not_known(view.place)));
            let document = Out::Object(vec![(Val::str("bindings"), list)], None);
            out.push((world, document.write(Layout::Compact)));
        }
        (!out.is_empty()).then(|| Val::one_of(out))
    }

    /// A binding, and its role to sort by.
    fn binding_in(&self, block: &View, world: &World) -> (String, Out) {
        let mut members = Vec::new();
        let mut push = |name: &str, out: Out| members.push((Val::str(name), out));
        let (conditions, open) = self.blocks_in(block, "condition", world);
        if let Some(condition) = conditions.first() {
            let text = |name: &str| {
                let v = self.text_in(condition, name, world)?;
                Some((Val::str(name), Out::Text(v)))
            };
            let fields = ["description", "expression", "title"];
            push(
                "condition",
                Out::Object(fields.iter().filter_map(|f| text(f)).collect(), None),
            );
        } else if open {
            push("condition", Out::Gap(not_known(block.place)));
        }
        let mut texts = self.texts_in(block, "members", world);
        texts.items.sort_by(Val::order);
        let list = texts.items.into_iter().map(Out::Text).collect();
        push("members", Out::List(list, texts.open));
        let role = self.text_in(block, "role", world);
        let sort = role.as_ref().and_then(Val::as_str).unwrap_or("").to_owned();
        if let Some(role) = role {
            push("role", Out::Text(role));
        }
        (sort, Out::Object(members, None))
    }
}
