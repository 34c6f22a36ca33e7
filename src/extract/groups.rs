//! Groups of rules that stores name to say who may open a connection: `some_open` and `none_open` of a
//! row's conditions.
//!
//! Lives here: from the value that names groups to what they say. Not here: what a group lets in (its
//! row's door `network`, and those who carry that to it: `answers.rs`).

use super::answers::{MAX_CASES, NETWORK};
use super::collect::{EntryId, Extractor};
use super::worlds::{self, Cond};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Val, World, hoist, lift, unknown_from};

impl Extractor<'_, '_> {
    /// `some_open(groups, ports)`: one of the groups lets everybody in to one of the ports. `none_open`:
    /// groups are named, and none of them does. A group that is not in this code may let in whom it wants.
    pub(super) fn groups(&self, name: &str, args: &[Val]) -> Result<Val, String> {
        let (groups, ports) = match args {
            [groups] => (groups, Val::null()),
            [groups, ports] => (groups, ports.clone()),
            _ => return Err(format!("{name}: groups and ports are needed")),
        };
        let none = name == "none_open";
        Ok(lift(&[hoist(groups)], |args| {
            let groups = &args[0];
            let said = match groups.as_seq() {
                _ if groups.is_null() => return Val::bool(false),
                Some([]) => return Val::bool(false),
                Some(items) => {
                    let mut out: Cond = vec![(World::ANY, Some(false))];
                    for item in items {
                        out = worlds::or(&out, &self.group(item, &ports));
                    }
                    out
                }
                None => self.group(groups, &ports),
            };
            let said = if none { worlds::not(&said) } else { said };
            let not_known = || unknown_from(Type::Bool, name, &[groups]);
            let alternatives = said
                .into_iter()
                .map(|(w, b)| (w, b.map_or_else(not_known, Val::bool)));
            Val::one_of(alternatives.collect())
        }))
    }

    /// `let_in_by(TYPE, ports)`: a rule of this type that says itself whom it is about lets everybody in to
    /// one of the ports of this store. In the rule's condition `store` is the store.
    pub(super) fn let_in_by(&self, e: EntryId, args: &[Val]) -> Result<Val, String> {
        let [ty, ports] = args else {
            return Err("let_in_by: a type and ports are needed".into());
        };
        let ty = ty.as_str().unwrap_or_default();
        let mut out: Cond = vec![(World::ANY, Some(false))];
        for &rule in self.by_type.get(ty).map_or(&[][..], Vec::as_slice) {
            let row = self.entries[rule].row.clone();
            let open = row.exposure.iter().flat_map(|x| &x.open);
            for (_, c) in open.filter(|(door, _)| &**door == NETWORK) {
                for there in self.exists(rule) {
                    let there = worlds::presence(&there, false);
                    let says = worlds::and(&there, &self.holds_about(c, rule, e, ports));
                    out = worlds::or(&out, &says);
                }
            }
            if out.len() > MAX_CASES {
                out = vec![(World::ANY, None)];
            }
        }
        let not_known = || unknown_from(Type::Bool, "let_in_by", &[ports]);
        let alternatives = out
            .into_iter()
            .map(|(w, b)| (w, b.map_or_else(not_known, Val::bool)));
        Ok(Val::one_of(alternatives.collect()))
    }

    fn group(&self, named: &Val, ports: &Val) -> Cond {
        if matches!(named.kind, Kind::Null(_)) {
            return vec![(World::ANY, Some(false))];
        }
        let found = named.via.as_ref().map(|r| self.entries_of(r));
        let found = found.unwrap_or_default();
        let rules = |e: &usize| self.entries[*e].row.exposure.is_some();
        if found.is_empty() || !found.iter().all(rules) {
            return vec![(World::ANY, None)];
        }
        let mut out: Cond = vec![(World::ANY, Some(false))];
        for e in found {
            out = worlds::or(&out, &self.lets_in(e, ports));
        }
        out
    }
}
