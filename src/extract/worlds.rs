//! Facts that hold in some worlds: what the catalog's conditions give, combined only where it can be.
//!
//! Lives here: the algebra. A fact is a list of alternatives, each with the world it holds in; together
//! they cover every world that can be. Not here: what the alternatives are about.

use crate::evaluate::convert::convert;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, MAX_ALTERNATIVES, Val, World};

/// A condition's outcome: yes, no or unknown, by world.
pub type Cond = Vec<(World, Option<bool>)>;

/// The condition that always holds.
pub fn yes() -> Cond {
    vec![(World::ANY, Some(true))]
}

/// What a condition's value says. Null and what is no bool is unknown: a mistake of the row is no answer.
pub fn cond(v: &Val) -> Cond {
    let mut out = Vec::new();
    for (world, v) in v.alternatives() {
        match &v.kind {
            Kind::Bool(b) => out.push((world, Some(*b))),
            // A switch that is written as a text.
            Kind::Str(_) => {
                let b = convert(&v, &Type::Bool).ok().and_then(|b| b.as_bool());
                out.push((world, b));
            }
            Kind::Unknown(u) => match &u.test {
                Some(test) => {
                    for (literal, holds) in [(test.clone(), true), (test.negate(), false)] {
                        if let Some(both) = world.and(&World::of(literal)) {
                            out.push((both, Some(holds)));
                        }
                    }
                }
                None => out.push((world, None)),
            },
            _ => out.push((world, None)),
        }
    }
    out
}

/// The worlds in which none of `worlds` holds. Where that would be too many, anywhere: that can only
/// add a possibility.
pub fn complement(worlds: &[World]) -> Vec<World> {
    let mut out = vec![World::ANY];
    for w in worlds {
        if w.is_any() {
            return Vec::new();
        }
        let mut next = Vec::new();
        for have in &out {
            for literal in w.literals() {
                if let Some(both) = have.and(&World::of(literal.negate())) {
                    next.push(both);
                }
            }
        }
        if next.len() > MAX_ALTERNATIVES {
            return vec![World::ANY];
        }
        out = next;
    }
    out
}

/// Both conditions.
pub fn and(a: &Cond, b: &Cond) -> Cond {
    let mut out = Vec::new();
    for (wa, a) in a {
        for (wb, b) in b {
            let Some(both) = wa.and(wb) else { continue };
            let v = match (a, b) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
            out.push((both, v));
        }
    }
    out
}

/// One of both conditions.
pub fn or(a: &Cond, b: &Cond) -> Cond {
    not(&and(&not(a), &not(b)))
}

/// The contrary.
pub fn not(a: &Cond) -> Cond {
    a.iter().map(|(w, v)| (w.clone(), v.map(|b| !b))).collect()
}

/// Presence of something that is there in `when`, or perhaps not even there.
pub fn presence(when: &World, maybe: bool) -> Cond {
    let holds = if maybe { None } else { Some(true) };
    let mut out = vec![(when.clone(), holds)];
    out.extend(
        complement(std::slice::from_ref(when))
            .into_iter()
            .map(|w| (w, Some(false))),
    );
    out
}

/// The alternatives that can be in a world, each with both worlds together.
pub fn within<T: Clone>(alternatives: &[(World, T)], world: &World) -> Vec<(World, T)> {
    alternatives
        .iter()
        .filter_map(|(w, v)| world.and(w).map(|both| (both, v.clone())))
        .collect()
}

/// Whether something that holds in `when` can hold where a store with these worlds exists.
pub fn can_be(when: &World, exists: &[World]) -> bool {
    exists.is_empty() || exists.iter().any(|w| w.agrees(when))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::value::Literal;

    fn literal(atom: u64, equal: bool) -> World {
        let holds = Literal::new(atom, &Val::bool(true), "x = true");
        World::of(if equal { holds } else { holds.negate() })
    }

    #[test]
    fn what_is_left() {
        assert!(complement(&[World::ANY]).is_empty());
        assert_eq!(complement(&[]).len(), 1);
        let a = literal(2, true);
        let rest = complement(std::slice::from_ref(&a));
        assert_eq!(rest.len(), 1);
        assert!(!rest[0].agrees(&a));
        // Both sides covered: nothing is left.
        assert!(complement(&[a.clone(), rest[0].clone()]).is_empty());
        // Two literals: it is enough that one does not hold.
        let both = a.and(&literal(3, true)).expect("they agree");
        assert_eq!(complement(&[both]).len(), 2);
    }

    #[test]
    fn three_valued() {
        let a = presence(&literal(2, true), false);
        assert_eq!(a.len(), 2);
        let both = and(&a, &vec![(World::ANY, None)]);
        assert_eq!(both.iter().filter(|(_, v)| v.is_none()).count(), 1);
        assert_eq!(both.iter().filter(|(_, v)| *v == Some(false)).count(), 1);
        let known = cond(&Val::bool(true));
        assert!(matches!(&known[..], [(w, Some(true))] if w.is_any()));
        assert_eq!(cond(&Val::null())[0].1, None);
    }
}
