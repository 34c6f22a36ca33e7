//! What is worse: the orders that facts have.
//!
//! - A place is worse where data may lie in a country in which none of it lay before, unless it may be there
//!   (home, accepted regions); or where nobody can tell any longer.
//! - A key is worse where a lower step of the ladder is possible than before.
//! - Another operator is worse where its country is another, and not home.
//! - Of yes and no, both sides of the same verdict are the same.

use crate::catalog::custody::Custody;
use crate::extract::facts::{Answer, Keeping, Location, Region};
use crate::judge::outcome::Seen;

/// Whether two facts are the same.
pub(super) fn same(before: &Seen<'_>, after: &Seen<'_>) -> bool {
    match (before, after) {
        (Seen::Place(b), Seen::Place(a)) => b.open == a.open && regions(b) == regions(a),
        (Seen::Keeping(b, _), Seen::Keeping(a, _)) => {
            let key = |k: &Keeping| k.answers.iter().map(|a| a.key.clone()).collect::<Vec<_>>();
            b.levels() == a.levels() && b.encrypted() == a.encrypted() && key(b) == key(a)
        }
        (Seen::YesNo(b), Seen::YesNo(a)) => {
            b.answer() == a.answer() && b.door == a.door && b.by == a.by
        }
        (Seen::Operator(b), Seen::Operator(a)) => b.name == a.name && b.country == a.country,
        (Seen::Nothing, Seen::Nothing) => true,
        _ => false,
    }
}

/// The alternatives, in one order.
fn regions(l: &Location) -> Vec<&[Region]> {
    let mut out: Vec<&[Region]> = l.alternatives.iter().map(|p| &*p.regions).collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// Whether a fact got worse.
pub(super) fn worse(
    before: &Seen<'_>,
    after: &Seen<'_>,
    at_home: &dyn Fn(&str, &str, &str) -> bool,
) -> bool {
    match (before, after) {
        (Seen::Place(b), Seen::Place(a)) => {
            let all = |l: &'_ Location| -> Vec<Region> {
                let all = l.alternatives.iter().flat_map(|p| &p.regions);
                all.cloned().collect()
            };
            let had = all(b);
            let namespace = a.namespace.as_deref().unwrap_or("");
            // A place without a country is known by its code.
            let same = |x: &Region, y: &Region| {
                x.country == y.country && (!x.country.is_empty() || x.code == y.code)
            };
            let new = |r: &Region| {
                !at_home(namespace, &r.code, &r.country) && !had.iter().any(|h| same(h, r))
            };
            // What may be anywhere may be there.
            !b.open && (a.open || all(a).iter().any(new))
        }
        (Seen::Keeping(b, _), Seen::Keeping(a, _)) => lowest(a) < lowest(b),
        (Seen::Operator(b), Seen::Operator(a)) => {
            b.country != a.country && !at_home("", "", &a.country)
        }
        _ => false,
    }
}

/// The lowest step that is possible.
fn lowest(k: &Keeping) -> Option<Custody> {
    match k.encrypted() {
        Answer::No => Some(Custody::LADDER[0]),
        _ => k.levels().first().copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::value::World;
    use crate::extract::facts::{KeyAnswer, Placement};

    /// A place: alternatives of countries, with `?` for what is not known.
    fn place(text: &str) -> Location {
        let alternatives = text.split('|').filter(|a| *a != "?");
        let alternatives = alternatives.map(|all| Placement {
            regions: all
                .split('+')
                .map(|c| Region {
                    code: format!("{c}-1").into(),
                    country: c.trim_end_matches(char::is_numeric).into(),
                })
                .collect(),
            when: World::ANY,
            written: None,
            basis: None,
        });
        Location {
            alternatives: alternatives.collect(),
            open: text.contains('?'),
            ..Location::default()
        }
    }

    #[test]
    fn a_new_country_is_worse() {
        let home = |_: &str, _: &str, country: &str| country == "JP";
        for (before, after, expected) in [
            ("US", "US", false),
            ("US", "US2", false),
            ("US", "DE", true),
            ("US", "JP", false),
            ("US", "JP|US", false),
            ("US", "JP+US", false),
            ("JP|US", "JP|DE", true),
            ("JP|US", "US|DE", true),
            ("US|DE", "DE", false),
            ("US", "?", true),
            ("JP|US", "JP|?", true),
            ("?", "US", false),
            ("?", "?", false),
        ] {
            let (b, a) = (place(before), place(after));
            let got = worse(&Seen::Place(&b), &Seen::Place(&a), &home);
            assert_eq!(got, expected, "{before} → {after}");
            let same_place = same(&Seen::Place(&b), &Seen::Place(&a));
            assert_eq!(same_place, before == after, "{before} → {after}");
        }
    }

    #[test]
    fn a_lower_step_is_worse() {
        let keeping = |levels: &[Option<Custody>]| Keeping {
            answers: levels
                .iter()
                .map(|level| KeyAnswer {
                    level: *level,
                    when: World::ANY,
                    key: None,
                    key_location: None,
                    why: None,
                    encrypted: match level {
                        Some(Custody::None) => Answer::No,
                        _ => Answer::Yes,
                    },
                    key_as_store: false,
                    foreign: None,
                    basis: None,
                    case: None,
                })
                .collect(),
            imported: false,
        };
        let customers = Some(Custody::CustomerHsm);
        let providers = Some(Custody::ProviderManaged);
        let owned = Some(Custody::ProviderOwned);
        let nobodys = Some(Custody::None);
        for (before, after, expected) in [
            (&[providers][..], &[providers][..], false),
            (&[providers], &[owned], true),
            (&[providers], &[nobodys], true),
            (&[nobodys], &[owned], false),
            (&[customers], &[providers], true),
            (&[customers, providers], &[customers, owned], true),
            (&[customers, owned], &[customers, providers], false),
            // It may be any step that encrypts.
            (&[providers], &[None], true),
            (&[None], &[None], false),
        ] {
            let (b, a) = (keeping(before), keeping(after));
            let (b, a) = (Seen::Keeping(&b, None), Seen::Keeping(&a, None));
            assert_eq!(
                worse(&b, &a, &|_, _, _| false),
                expected,
                "{before:?} → {after:?}"
            );
        }
    }
}
