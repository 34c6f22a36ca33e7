//! What people wrote on a store: its tags or labels, the provider's default ones included, and its
//! own name. Read only where something asks for it.

use super::collect::{self, EntryId, Extractor, Written};
use super::facts::{Labels, Tag, Tags};
use crate::catalog::compile::Name;
use crate::evaluate::convert::convert;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Val};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The labels of an entry.
pub(super) fn labels(x: &Extractor<'_, '_>, e: EntryId) -> Labels {
    let mut out = Labels::default();
    let provider = x.entries[e].provider.clone();
    for path in &provider.default_tags {
        let configured = x.ev.provider(x.instance(e).id);
        let layer = match &configured.view {
            Some(view) => layer(&x.read(view, path)),
            // A caller that is not here may hand in a configuration with default tags.
            None => Tags {
                open: configured.handed_in,
                ..Tags::default()
            },
        };
        over(&mut out.tags, layer);
    }
    for path in &provider.tags {
        over(&mut out.tags, layer(&x.read(x.view(e), path)));
    }
    for name in &x.entries[e].row.names {
        let Name::Attr(path) = name else { continue };
        for (_, written) in x.read(x.view(e), path) {
            let Some((v, _)) = written else { continue };
            match text(&v) {
                Some(known) if !out.names.contains(&known) => out.names.push(known),
                Some(_) => {}
                None => out.names_open = true,
            }
        }
    }
    out
}

/// What is written at one place, over all worlds.
fn layer(written: &Written) -> Tags {
    let mut out = Tags::default();
    let mut seen: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for (_, v) in written {
        let Some((v, _)) = v else { continue };
        let Some(fields) = v.as_fields().filter(|_| !collect::is_sensitive(v)) else {
            out.open = true;
            continue;
        };
        out.open |= fields.open.is_some();
        for (key, v) in &fields.items {
            *seen.entry(key.clone()).or_default() += 1;
            let tag = out.entries.entry(key.clone()).or_default();
            for (_, v) in v.alternatives() {
                match text(&v) {
                    // A null tag is none.
                    _ if v.is_null() => tag.absent = true,
                    Some(known) if !tag.values.contains(&known) => tag.values.push(known),
                    Some(_) => {}
                    None => tag.unknown = true,
                }
            }
        }
    }
    for (key, tag) in &mut out.entries {
        tag.absent |= seen.get(key).copied().unwrap_or(0) < written.len();
        tag.unknown |= out.open;
    }
    out
}

/// Lays tags over others: what they certainly have takes the place of what was there.
fn over(base: &mut Tags, layer: Tags) {
    if layer.open {
        for (key, tag) in &mut base.entries {
            tag.unknown |= !layer.entries.contains_key(key);
        }
        base.open = true;
    }
    for (key, mut tag) in layer.entries {
        if tag.absent && !tag.unknown {
            let below = base.entries.remove(&key).unwrap_or(Tag {
                absent: true,
                unknown: base.open,
                ..Tag::default()
            });
            tag.absent = below.absent;
            tag.unknown |= below.unknown;
            for value in below.values {
                if !tag.values.contains(&value) {
                    tag.values.push(value);
                }
            }
        }
        base.entries.insert(key, tag);
    }
}

/// A value as the text that a tag has; `None`: not known, or not to be shown.
fn text(v: &Val) -> Option<Arc<str>> {
    if collect::is_sensitive(v) {
        return None;
    }
    match &v.kind {
        Kind::Str(s) => Some((&**s).into()),
        Kind::Bool(_) | Kind::Num(_) => convert(v, &Type::String).ok()?.as_str().map(Arc::from),
        _ => None,
    }
}
