//! Provider configurations that are a service by themselves: a root that configures a monitoring
//! service sends it data. What such a service is stands in `catalog/services.toml`.

use super::collect::Extractor;
use super::facts::{Basis, Location, Other, Transport, YesNo};
use super::place::{Site, unknown};
use crate::catalog::hosts::host_of;
use crate::catalog::services::{self, SelfManaged, Service};
use crate::diagnostic::Message;
use crate::evaluate::evaluated::{Instance, Provider, View};
use crate::source::Place;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// The services that a root configures, or uses as they are: `rest` are the resources without a row.
pub(super) fn services(
    x: &Extractor<'_, '_>,
    rest: &[&Instance],
    target: &Arc<str>,
    set: &Arc<str>,
) -> Vec<Other> {
    let mut out = Vec::new();
    let mut seen: FxHashSet<Arc<str>> = FxHashSet::default();
    let mut add = |address: Arc<str>, provider: &Provider, place: Place| {
        let Some(service) = services::find(&provider.source) else {
            return;
        };
        // Who calls a module hands its configuration in, and is asked.
        if provider.handed_in || !seen.insert(address.clone()) {
            return;
        }
        let view = provider.view.as_ref();
        let Some(theirs) = is_theirs(x, service.self_managed.as_ref(), view) else {
            return;
        };
        let location = match view {
            Some(view) if theirs => location(x, service, view),
            _ => unknown(Message::new("why.service-place"), Basis::block(place)),
        };
        let operator = if theirs {
            service.operator.clone()
        } else {
            crate::catalog::custody::Operator::default()
        };
        out.push(Other {
            target: target.clone(),
            variable_set: set.clone(),
            address,
            ty: service.sources[0].as_str().into(),
            provider: provider.source.clone(),
            role: "service",
            service_kind: service.kind.clone(),
            data_class: "protected".into(),
            place,
            assumptions: location.assumptions.clone(),
            location,
            operator: Some(operator),
            credentials: service.credentials,
            copies: Vec::new(),
            open: YesNo::default(),
            opens_keys: false,
            sign_in: None,
            transport: Transport::default(),
            worlds: Vec::new(),
        });
    };
    for (address, provider) in x.ev.configurations() {
        let place = provider.view.as_ref().map(|v| v.place);
        if let Some(place) = place {
            add(address, &provider, place);
        }
    }
    // What is used without a configuration of its own has what the environment says.
    for instance in rest {
        let provider = x.ev.provider(instance.id);
        if provider.view.is_none() {
            let name = provider.source.rsplit('/').next().unwrap_or_default();
            add(format!("provider.{name}").into(), &provider, instance.place);
        }
    }
    for o in &mut out {
        o.assumptions.sort();
        o.assumptions.dedup();
    }
    out
}

/// Whether it is the operator's; of one that people run themselves too, its host tells. `None`: it is
/// nobody else's; false: nobody knows whose.
fn is_theirs(
    x: &Extractor<'_, '_>,
    who: Option<&SelfManaged>,
    view: Option<&View>,
) -> Option<bool> {
    let Some(who) = who else { return Some(true) };
    let Some(view) = view else { return Some(false) };
    let read = x.read(view, &who.host);
    let mut known = Vec::new();
    for (_, v) in &read {
        match v.as_ref().map(|(v, _)| v.as_str()) {
            Some(Some(host)) => known.push(who.is_theirs(&host_of(host).to_ascii_lowercase())),
            // Not written: the default or the environment says it.
            None | Some(None) => return Some(false),
        }
    }
    match (known.iter().any(|t| *t), known.iter().all(|t| *t)) {
        (false, _) if !known.is_empty() => None,
        (true, true) => Some(true),
        _ => Some(false),
    }
}

fn location(x: &Extractor<'_, '_>, service: &Service, view: &View) -> Location {
    if service.row.place.is_empty() {
        return unknown(Message::new("why.service-place"), Basis::block(view.place));
    }
    let site = Site {
        entry: None,
        view,
        provider: &service.provider,
        given: &|_| None,
        defaults: &service.row.fixed_defaults(),
    };
    let mut out = Location::default();
    x.chain(
        &site,
        &service.row.place,
        &crate::evaluate::value::World::ANY,
        &mut out,
    );
    if out.alternatives.is_empty() {
        // Whatever the chain says of a missing place speaks of resources.
        return unknown(Message::new("why.service-place"), Basis::block(view.place));
    }
    out
}
