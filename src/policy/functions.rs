//! The functions of conditions beside Terraform's own: `within`, `outside`, `at_least`, `listed`, and the
//! readers of documents.

use super::Policy;
use crate::catalog::ciphers;
use crate::catalog::custody::Custody;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Val, lift, unknown_from};
use crate::extract::readers;
use std::sync::Arc;

/// The functions beside Terraform's own.
pub fn function(p: &Policy, name: &str, args: &[Val]) -> Option<Result<Val, String>> {
    let two = |f: &dyn Fn(&Val, &Val) -> Option<bool>| -> Result<Val, String> {
        let [a, b] = args else {
            return Err(format!("{name}: two arguments are needed"));
        };
        Ok(lift(&[a.clone(), b.clone()], |args| {
            match f(&args[0], &args[1]) {
                Some(b) => Val::bool(b),
                None => unknown_from(Type::Bool, name, &[&args[0], &args[1]]),
            }
        }))
    };
    Some(match name {
        "within" => two(&|place, countries| within(p, place, countries)),
        "outside" => two(&outside),
        "at_least" => two(&at_least),
        "listed" => {
            let [cipher] = args else {
                return Some(Err(format!("{name}: one argument is needed")));
            };
            Ok(lift(std::slice::from_ref(cipher), |args| {
                match args[0].as_str().and_then(|c| ciphers::listed(c, p.today)) {
                    Some(b) => Val::bool(b),
                    None => unknown_from(Type::Bool, name, &[&args[0]]),
                }
            }))
        }
        _ => return readers::call(name, args),
    })
}

fn list(v: &Val) -> Option<Vec<Arc<str>>> {
    let items = v.as_seq()?.iter();
    items.map(|i| i.as_str().map(Arc::from)).collect()
}

/// Whether no region of a place lies in one of these countries; of a place that is in no one country
/// nobody knows.
fn outside(place: &Val, countries: &Val) -> Option<bool> {
    let lies_in = list(place.as_fields()?.get("countries")?)?;
    let unwanted = list(countries)?;
    if lies_in.iter().any(|c| unwanted.contains(c)) {
        return Some(false);
    }
    let known = !lies_in.is_empty() && lies_in.iter().all(|c| !c.is_empty());
    (known || unwanted.is_empty()).then_some(true)
}

/// Whether every region of a place lies in these countries, or is accepted.
fn within(p: &Policy, place: &Val, countries: &Val) -> Option<bool> {
    let fields = place.as_fields()?;
    let regions = list(fields.get("regions")?)?;
    let lies_in = list(fields.get("countries")?)?;
    let namespace = fields.get("namespace")?.as_str()?;
    let wanted = list(countries)?;
    let good = |(region, country): (&Arc<str>, &Arc<str>)| {
        wanted.contains(country) || p.accepts(namespace, region)
    };
    Some(!regions.is_empty() && regions.iter().zip(&lies_in).all(good))
}

/// Whether a step is as high as another.
fn at_least(have: &Val, want: &Val) -> Option<bool> {
    let have = Custody::parse(have.as_str()?)?;
    let want = Custody::parse(want.as_str()?)?;
    Some(have >= want)
}

#[cfg(test)]
mod tests {
    use super::super::words::location;
    use super::*;
    use crate::evaluate::value::World;
    use crate::extract::facts::{Location, Placement, Region};

    fn text(s: &str) -> Val {
        Val::text(s)
    }

    fn place(countries: &[&str]) -> Placement {
        Placement {
            regions: countries
                .iter()
                .map(|c| Region {
                    code: format!("{c}-1").into(),
                    country: (*c).into(),
                })
                .collect(),
            when: World::ANY,
            written: None,
            basis: None,
        }
    }

    fn ask(p: &Policy, l: &Location) -> Val {
        let home = Val::strings(p.home.iter().cloned());
        function(p, "within", &[location(l, 0), home])
            .expect("it is a function")
            .expect("two arguments")
    }

    #[test]
    fn every_region_counts() {
        let p = Policy::builtin(&["baseline"]).expect("it exists");
        let at = |l: &[Placement], open: bool| Location {
            alternatives: l.to_vec(),
            open,
            ..Location::default()
        };
        assert_eq!(ask(&p, &at(&[place(&["JP"])], false)).as_bool(), Some(true));
        assert_eq!(
            ask(&p, &at(&[place(&["JP", "KR"])], false)).as_bool(),
            Some(false)
        );
        assert_eq!(ask(&p, &at(&[place(&[""])], false)).as_bool(), Some(false));
        let abroad = [place(&["US"]), place(&["KR"])];
        assert_eq!(ask(&p, &at(&abroad, false)).as_bool(), Some(false));
        let either = [place(&["US"]), place(&["JP"])];
        assert_eq!(ask(&p, &at(&either, false)).as_bool(), None);
        assert_eq!(ask(&p, &at(&[], true)).as_bool(), None);
        assert_eq!(ask(&p, &at(&[place(&["JP"])], true)).as_bool(), None);
    }

    #[test]
    fn the_list_of_ciphers() {
        let mut p = Policy::builtin(&["baseline"]).expect("it exists");
        let ask = |p: &Policy, v: Val| {
            let v = function(p, "listed", &[v])
                .expect("it exists")
                .expect("one argument");
            v.as_bool()
        };
        for (name, listed) in [
            ("AES-256", Some(true)),
            ("aes-128", Some(true)),
            ("3DES", Some(false)),
            ("SM4", Some(false)),
            ("ROT13", None),
        ] {
            assert_eq!(ask(&p, text(name)), listed, "{name}");
        }
        assert_eq!(ask(&p, Val::null()), None);
        // Some are on it up to a day.
        for (day, listed) in [("2030-12-31", true), ("2031-01-01", false)] {
            p.today = crate::date::Date::parse(day).expect("a day");
            assert_eq!(ask(&p, text("RSA-2048")), Some(listed), "{day}");
        }
    }

    #[test]
    fn the_ladder() {
        let ask = |a: &str, b: &str| at_least(&text(a), &text(b));
        assert_eq!(ask("provider-managed", "customer-managed"), Some(false));
        assert_eq!(ask("external", "customer-hsm"), Some(true));
        assert_eq!(ask("no such step", "none"), None);
    }
}
