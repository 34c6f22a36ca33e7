//! Which data source a known text of a plan comes from: the value stands there, and the configuration says what
//! it refers to.

use super::FromPlan;
use super::references::{Site, Target, references};
use crate::evaluate::Evaluation;
use crate::evaluate::value::Ref;
use crate::load::project::Mode;
use serde_json::Value;
use std::sync::Arc;

impl<'p> Evaluation<'p> {
    /// The attribute of a data source that a known text was taken from: the one that the configuration
    /// refers to, with this very value.
    pub(super) fn read_from(
        &self,
        from: &FromPlan<'p>,
        site: Site<'_>,
        written: &[&Value],
        text: &str,
    ) -> Option<Arc<Ref>> {
        let [expression] = written else { return None };
        let may_be_data = |r: &&str| {
            ["data.", "var.", "module."]
                .iter()
                .any(|p| r.starts_with(p))
        };
        if !references(expression).iter().any(may_be_data) {
            return None;
        }
        let mut found: Option<Ref> = None;
        for target in self.targets(from, site, expression) {
            let more = match &target {
                Target::Known(v) => v.as_str() == Some(text),
                Target::Attribute(r) => self.is_read_as(from, r, text),
                Target::Opaque(_) => false,
            };
            match target {
                Target::Attribute(r) if more && found.is_none() => found = Some(r),
                // Which of them it is, is not told.
                _ if more => return None,
                _ => {}
            }
        }
        found.map(Arc::new)
    }

    /// Whether an attribute is one of a data source, and has this value.
    fn is_read_as(&self, from: &FromPlan<'p>, r: &Ref, text: &str) -> bool {
        let module = from.plan.modules[r.module as usize].module;
        if self.project.module(module).resources[r.resource as usize].mode != Mode::Data {
            return false;
        }
        let at = (r.module, r.resource, r.key.clone());
        let there = from
            .by_key
            .get(&at)
            .and_then(|number| self.attribute_of(from, *number, &r.path));
        there.is_some_and(|v| v.as_str() == Some(text))
    }
}
