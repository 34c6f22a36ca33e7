//! What else has the same provider configuration, and what a plan or state holds of it: where the
//! configuration itself does not tell a place, its other resources and data sources may.

use super::{FromPlan, key_of};
use crate::evaluate::Evaluation;
use crate::evaluate::evaluated::Provider;
use crate::evaluate::value::{Marks, Ref};
use crate::load::planned::{Kind as PlanKind, PlannedInstance, Raw, Sensitive};
use crate::load::project::Mode;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A text that the provider gave.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its type; of a data source `data.TYPE`.
    pub ty: String,
    /// Which attribute of which instance.
    pub address: String,
    /// The attribute.
    pub attribute: String,
    /// The text.
    pub text: String,
}

/// The top of a body.
type Top<'t> = BTreeMap<Cow<'t, str>, &'t RawValue>;

impl Evaluation<'_> {
    /// What a plan or state holds at `asked` (type or `None` for all types, attribute) of all that has a
    /// provider configuration, where the provider gave it: what the configuration writes is left out, and
    /// so is all of an instance for which it writes one of `own`, a place of its own.
    pub fn told_by_neighbours(
        &self,
        provider: &Provider,
        asked: &[(Option<String>, String)],
        own: &[String],
    ) -> Vec<Told> {
        let Some(from) = &self.from_plan else {
            return self.told_beside(provider, asked, own);
        };
        let at = provider.view.as_ref().map(|v| v.place);
        let mut out = Vec::new();
        // Of what is replaced only the prior state holds such a text; it was just read with this configuration.
        let before = from.plan.before.iter().flatten().filter(|i| !i.aside);
        for instance in from.plan.instances.iter().chain(before) {
            let used = instance.provider.map(|p| &from.plan.providers[p as usize]);
            let same = match (at, used) {
                (Some(at), Some(used)) => used.place == at,
                (None, None) => {
                    // Not listed: there is one, if it is not one of several that may be meant.
                    let source = |s: &str| crate::evaluate::full_source(s) == provider.source;
                    let plan = &from.plan;
                    source(&instance.source)
                        && (plan.kind == PlanKind::State
                            || !plan.providers.iter().any(|p| source(&p.source)))
                }
                _ => false,
            };
            if same && instance.deposed.is_none() {
                self.told_by_neighbour(from, instance, asked, own, &mut out);
            }
        }
        out
    }

    /// The same of a plan beside its code.
    fn told_beside(
        &self,
        provider: &Provider,
        asked: &[(Option<String>, String)],
        own: &[String],
    ) -> Vec<Told> {
        let mut out = Vec::new();
        if self.beside.is_none() {
            return out;
        }
        let place = |p: &Provider| (p.view.as_ref().map(|v| v.place), p.instance);
        for instance in &self.instances {
            let theirs = self.provider(instance.id);
            if theirs.source != provider.source || place(&theirs) != place(provider) {
                continue;
            }
            let view = self.view(instance.id);
            if view.planned.is_none() {
                continue;
            }
            // What the provider gave, not what the code writes.
            let given = |name: &str| {
                let found = self.path(&view, name).into_iter().next()?;
                Some(found.val).filter(|v| v.marks.has(Marks::CHOSEN))
            };
            let writes = |name: &String| {
                let found = self.path(&view, name).into_iter().next();
                found.is_some_and(|f| !f.val.is_null() && !f.val.marks.has(Marks::CHOSEN))
            };
            if own.iter().any(writes) {
                continue;
            }
            let data = instance.mode == Mode::Data;
            let ty = format!("{}{}", if data { "data." } else { "" }, instance.ty);
            for (only, attribute) in asked {
                if only.as_ref().is_some_and(|o| *o != ty) {
                    continue;
                }
                let Some(v) = given(attribute).filter(|v| !v.marks.has(Marks::SENSITIVE)) else {
                    continue;
                };
                if let Some(text) = v.as_str() {
                    out.push(Told {
                        ty: ty.clone(),
                        address: format!("{}.{attribute}", instance.address),
                        attribute: attribute.clone(),
                        text: text.to_owned(),
                    });
                }
            }
        }
        out
    }

    fn told_by_neighbour(
        &self,
        from: &FromPlan<'_>,
        instance: &PlannedInstance,
        asked: &[(Option<String>, String)],
        own: &[String],
        out: &mut Vec<Told>,
    ) {
        let module = &from.plan.modules[instance.module as usize];
        let resource = &self.project.module(module.module).resources[instance.resource as usize];
        // What a data source of a state was asked for stands there like what it answered.
        let data = resource.mode == Mode::Data;
        if data && from.plan.kind == PlanKind::State {
            return;
        }
        let ty = if data {
            format!("data.{}", resource.ty)
        } else {
            resource.ty.to_string()
        };
        let config = (module.module.0 - from.plan.modules[0].module.0) as usize;
        let configured = from.plan.configs[config].resources[instance.resource as usize].as_ref();
        let written = configured
            .and_then(|c| top(from, c.expressions))
            .unwrap_or_default();
        if own.iter().any(|o| written.contains_key(o.as_str())) {
            return;
        }
        let Some(values) = top(from, instance.values) else {
            return;
        };
        let hidden = match instance.sensitive {
            Sensitive::None => None,
            Sensitive::Tree(raw) => top(from, raw),
            // A place is nothing that a provider hides; what is said of others is not looked at.
            Sensitive::Paths(raw) => from
                .plan
                .raw(raw)
                .is_some_and(|t| t.len() > 2)
                .then(Top::new),
        };
        for (only, attribute) in asked {
            let hides = hidden
                .as_ref()
                .and_then(|h| h.get(attribute.as_str()))
                .is_some_and(|v| v.get() != "false");
            if only.as_ref().is_some_and(|o| *o != ty)
                || hides
                || written.contains_key(attribute.as_str())
            {
                continue;
            }
            let text = values
                .get(attribute.as_str())
                .and_then(|v| serde_json::from_str::<String>(v.get()).ok());
            if let Some(text) = text.filter(|t| !t.is_empty()) {
                out.push(Told {
                    ty: ty.clone(),
                    address: self.address(&Ref {
                        module: instance.module,
                        resource: instance.resource,
                        key: key_of(&instance.key),
                        path: attribute.as_str().into(),
                    }),
                    attribute: attribute.clone(),
                    text,
                });
            }
        }
    }
}

/// The fields of an object of the text.
fn top<'t>(from: &FromPlan<'t>, raw: Raw) -> Option<Top<'t>> {
    serde_json::from_str(from.plan.raw(raw)?).ok()
}
