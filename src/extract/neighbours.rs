//! The place of a provider configuration of a plan or state that does not tell it itself (the region is a
//! local value, a condition, a workspace's): other resources and data sources with the same configuration
//! do, where the provider gave them a text with a place in it. Where two disagree, nothing is concluded.

use super::collect::Extractor;
use super::facts::{Basis, Placement};
use super::place::placement;
use crate::catalog::compile::{PlaceSource, Provider as Known};
use crate::catalog::row::Role;
use crate::evaluate::evaluated::Provider;
use crate::evaluate::value::World;
use crate::source::Place;
use std::sync::Arc;

/// The configuration block and the provider.
pub(super) type Of = (Option<Place>, Arc<str>);

/// A place, and what told it.
#[derive(Clone, Debug)]
pub(super) struct Near {
    code: String,
    /// `data.aws_region.here.name=ap-northeast-1`
    pub told: String,
}

impl Extractor<'_, '_> {
    /// The place that the neighbours tell, and which of them does.
    pub(super) fn near(&self, provider: &Provider, known: &Arc<Known>) -> Option<Near> {
        let of = (
            provider.view.as_ref().map(|v| v.place),
            provider.source.clone(),
        );
        if let Some(found) = self.neighbours.borrow().get(&of) {
            return found.clone();
        }
        let found = self.find_near(provider, known);
        self.neighbours.borrow_mut().insert(of, found.clone());
        found
    }

    /// That place, as one of a location.
    pub(super) fn near_placement(
        &self,
        near: &Near,
        known: &Arc<Known>,
        when: World,
        basis: Basis,
    ) -> Option<Placement> {
        let table = self.catalog.regions(known.regions.as_ref()?)?;
        Some(placement(&table.find(&near.code)?, &near.code, when, basis))
    }

    fn find_near(&self, provider: &Provider, known: &Arc<Known>) -> Option<Near> {
        let table = self.catalog.regions(known.regions.as_ref()?)?;
        let own: Vec<String> = known.place.iter().filter_map(attribute).collect();
        let in_text = known.place.iter().filter_map(|s| match s {
            PlaceSource::InText(path) => Some((None, path.path.to_string())),
            _ => None,
        });
        // Data sources whose answer is the place of their configuration.
        let rows = self.by_type.values().filter_map(|list| {
            let entry = &self.entries[*list.first()?];
            let tells = entry.row.role == Some(Role::Place)
                && entry.row.ty.starts_with("data.")
                && entry
                    .row
                    .place
                    .iter()
                    .any(|s| matches!(s, PlaceSource::Provider));
            (tells && Arc::ptr_eq(&entry.provider, known)).then(|| entry.row.clone())
        });
        let by_data = rows.flat_map(|row| {
            let of_row = |s: &PlaceSource| Some((Some(row.ty.to_string()), attribute(s)?));
            row.place.iter().filter_map(of_row).collect::<Vec<_>>()
        });
        let asked: Vec<(Option<String>, String)> = in_text.chain(by_data).collect();
        let mut all = self.ev.told_by_neighbours(provider, &asked, &own);
        all.sort_by(|a, b| a.address.cmp(&b.address));
        let mut out: Option<(Near, Vec<Arc<str>>)> = None;
        for told in all {
            let is_code = asked
                .iter()
                .any(|(ty, a)| ty.as_ref() == Some(&told.ty) && *a == told.attribute);
            let code = if is_code {
                Some(told.text.clone())
            } else {
                known.places_in_text.iter().find_map(|pattern| {
                    let found = pattern.captures(&told.text)?;
                    Some(found.name("region")?.as_str().to_owned())
                })
            };
            let Some((code, spots)) = code.and_then(|c| Some((c.clone(), table.find(&c)?))) else {
                continue;
            };
            let codes: Vec<Arc<str>> = spots.iter().map(|s| s.code.clone()).collect();
            match &out {
                None => {
                    let told = format!("{}={code}", told.address);
                    out = Some((Near { code, told }, codes));
                }
                Some((_, known)) if *known == codes => {}
                Some(_) => return None,
            }
        }
        out.map(|(near, _)| near)
    }
}

fn attribute(source: &PlaceSource) -> Option<String> {
    match source {
        PlaceSource::Attr(path, _) => Some(path.path.to_string()),
        _ => None,
    }
}
