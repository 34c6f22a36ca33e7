//! Classification: which data class a store has, by what the settings say of its tags, type, names,
//! address and path.
//!
//! Pure: what is asked about is handed in. The first entry that matches counts; an entry of which it is
//! not known whether it matches may be the one, and then the strictest class that is possible counts:
//! a tag that cannot be read makes nothing public.

use super::pattern;
use crate::extract::facts::{ClassBecause as Because, Labels, Tag};
use std::sync::Arc;

/// The class of what nobody classified.
pub const DEFAULT: &str = "protected";

/// The classes, the strictest last.
pub const CLASSES: &[&str] = &[
    "public",
    "internal",
    "protected",
    "personal",
    "controlled",
    "credentials",
];

/// An entry: all conditions must hold, of the values of one condition any. An empty condition holds.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The class.
    pub class: Arc<str>,
    /// Its marks.
    pub marks: Vec<Arc<str>>,
    /// Key and values; each key must hold.
    pub tags: Vec<(String, Vec<String>)>,
    /// Patterns of types.
    pub types: Vec<String>,
    /// Categories of the catalog.
    pub categories: Vec<String>,
    /// Patterns of names.
    pub names: Vec<String>,
    /// Patterns of addresses.
    pub addresses: Vec<String>,
    /// Patterns of paths, relative to `base`.
    pub paths: Vec<String>,
    /// The directory of the settings file, absolute, with `/` at its end.
    pub base: String,
    /// Where it stands: `sekisho.toml:12`; empty: with sekisho itself.
    pub stands: Arc<str>,
}

impl Entry {
    /// The conditions that it has, in words of the settings.
    fn conditions(&self) -> Vec<&'static str> {
        let all = [
            ("tags", self.tags.is_empty()),
            ("types", self.types.is_empty()),
            ("categories", self.categories.is_empty()),
            ("names", self.names.is_empty()),
            ("addresses", self.addresses.is_empty()),
            ("paths", self.paths.is_empty()),
        ];
        let has = all.into_iter().filter(|(_, empty)| !empty);
        has.map(|(name, _)| name).collect()
    }
}

/// What has a class by itself, after all that settings say.
pub fn builtin() -> impl Iterator<Item = Entry> {
    let texts = super::Policy::file().classify.iter();
    texts.map(|t| Entry {
        class: t.class.as_str().into(),
        categories: t.categories.clone(),
        ..Entry::default()
    })
}

/// What is classified.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The resource type.
    pub ty: &'a str,
    /// Its category.
    pub category: &'a str,
    /// The address.
    pub address: &'a str,
    /// The file of its block and the directory of its root, absolute.
    pub paths: [&'a str; 2],
    /// Tags and names.
    pub labels: Option<&'a Labels>,
}

/// A class with its marks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Class {
    /// The class.
    pub class: Arc<str>,
    /// Its marks.
    pub marks: Vec<Arc<str>>,
    /// Why.
    pub because: Because,
}

/// The class of a subject.
pub fn classify(entries: &[Entry], subject: &Subject<'_>) -> Class {
    let mut possible: Vec<Class> = Vec::new();
    let mut decided = false;
    for entry in entries {
        let matched = matches(entry, subject);
        if matched != Some(false) {
            possible.push(Class {
                class: entry.class.clone(),
                marks: entry.marks.clone(),
                because: Because::Entry {
                    stands: entry.stands.clone(),
                    by: entry.conditions(),
                },
            });
        }
        if matched == Some(true) {
            decided = true;
            break;
        }
    }
    if !decided {
        possible.push(Class {
            class: DEFAULT.into(),
            marks: Vec::new(),
            because: Because::Nobody,
        });
    }
    let rank = |class: &str| CLASSES.iter().position(|c| *c == class).unwrap_or(0);
    // The first of the strictest: of several entries of one class the earlier one counts.
    let strictest = possible.iter().map(|c| rank(&c.class)).max().unwrap_or(0);
    let certain = possible.len() == 1;
    let mut chosen = possible
        .iter()
        .find(|c| rank(&c.class) == strictest)
        .cloned()
        .unwrap_or(Class {
            class: DEFAULT.into(),
            marks: Vec::new(),
            because: Because::Nobody,
        });
    if !certain {
        chosen.because = match chosen.because {
            Because::Entry { stands, by } => Because::Perhaps { stands, by },
            _ => Because::Perhaps {
                stands: "".into(),
                by: Vec::new(),
            },
        };
        // Whatever is possible may be meant.
        for other in &possible {
            for mark in &other.marks {
                if other.class == chosen.class && !chosen.marks.contains(mark) {
                    chosen.marks.push(mark.clone());
                }
            }
        }
    }
    chosen
}

/// Whether an entry matches; `None`: not known.
fn matches(entry: &Entry, subject: &Subject<'_>) -> Option<bool> {
    let any = |patterns: &[String], test: &dyn Fn(&str) -> bool| {
        Some(patterns.is_empty() || patterns.iter().any(|p| test(p)))
    };
    let relative = |path: &str| path.strip_prefix(&entry.base).map(str::to_owned);
    let paths: Vec<String> = subject.paths.iter().filter_map(|p| relative(p)).collect();
    let conditions = [
        any(&entry.types, &|p| pattern::text(p, subject.ty)),
        any(&entry.categories, &|c| c == subject.category),
        any(&entry.addresses, &|p| pattern::address(p, subject.address)),
        any(&entry.paths, &|p| {
            paths.iter().any(|path| pattern::path(p, path))
        }),
        named(entry, subject),
        tagged(entry, subject),
    ];
    all(conditions)
}

fn named(entry: &Entry, subject: &Subject<'_>) -> Option<bool> {
    if entry.names.is_empty() {
        return Some(true);
    }
    let known = subject.labels.map_or(&[][..], |l| &l.names);
    let block = block_name(subject.address);
    let mut names = known.iter().map(|n| &**n).chain([block]);
    if names.any(|n| entry.names.iter().any(|p| pattern::text(p, n))) {
        return Some(true);
    }
    let open = subject.labels.is_some_and(|l| l.names_open);
    if open { None } else { Some(false) }
}

/// `b` of `module.a["x.y"].aws_s3_bucket.b["z.w"]`.
fn block_name(address: &str) -> &str {
    let last = pattern::steps(address).pop().unwrap_or(address);
    last.split('[').next().unwrap_or(last)
}

fn tagged(entry: &Entry, subject: &Subject<'_>) -> Option<bool> {
    let of_key = |(key, values): &(String, Vec<String>)| {
        let Some(labels) = subject.labels else {
            return Some(false);
        };
        match labels.tags.entries.get(key.as_str()) {
            Some(tag) => of_tag(tag, values),
            None if labels.tags.open => None,
            None => Some(false),
        }
    };
    all(entry.tags.iter().map(of_key))
}

fn of_tag(tag: &Tag, values: &[String]) -> Option<bool> {
    if values.iter().any(|v| v == "*") {
        return match (tag.absent, tag.values.is_empty() && !tag.unknown) {
            (false, _) => Some(true),
            (true, true) => Some(false),
            (true, false) => None,
        };
    }
    let hit = |v: &Arc<str>| values.iter().any(|p| pattern::text(p, v));
    let good = tag.values.iter().filter(|v| hit(v)).count();
    let bad = tag.values.len() - good;
    match (good > 0, bad > 0 || tag.absent, tag.unknown) {
        (true, false, false) => Some(true),
        (false, _, false) => Some(false),
        _ => None,
    }
}

/// Three-valued "and".
fn all(conditions: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut out = Some(true);
    for c in conditions {
        match c {
            Some(false) => return Some(false),
            None => out = None,
            Some(true) => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(values: &[&str], unknown: bool, absent: bool) -> Tag {
        Tag {
            values: values.iter().map(|v| Arc::from(*v)).collect(),
            unknown,
            absent,
        }
    }

    fn labels(tags: &[(&str, Tag)], open: bool) -> Labels {
        let mut out = Labels::default();
        out.tags.open = open;
        for (key, t) in tags {
            out.tags.entries.insert((*key).into(), t.clone());
        }
        out
    }

    fn by_tag(class: &str, value: &str) -> Entry {
        Entry {
            class: class.into(),
            tags: vec![("DataClass".into(), vec![value.into()])],
            ..Entry::default()
        }
    }

    fn class_of(entries: &[Entry], l: &Labels) -> String {
        let subject = Subject {
            ty: "t_x",
            category: "",
            address: "module.a[\"x.y\"].t_x.customer_db[0]",
            paths: ["/w/modules/x/main.tf", "/w/envs/prod"],
            labels: Some(l),
        };
        classify(entries, &subject).class.to_string()
    }

    #[test]
    fn the_first_match_counts() {
        let entries = [by_tag("public", "open"), by_tag("internal", "*")];
        let l = |v: &str| labels(&[("DataClass", tag(&[v], false, false))], false);
        assert_eq!(class_of(&entries, &l("open")), "public");
        assert_eq!(class_of(&entries, &l("other")), "internal");
        assert_eq!(class_of(&entries, &labels(&[], false)), "protected");
    }

    #[test]
    fn what_is_not_known_makes_nothing_public() {
        let entries = [by_tag("public", "open")];
        let unknown = [
            labels(&[("DataClass", tag(&[], true, false))], false),
            labels(
                &[("DataClass", tag(&["open", "closed"], false, false))],
                false,
            ),
            labels(&[("DataClass", tag(&["open"], false, true))], false),
            labels(&[], true),
        ];
        for l in &unknown {
            assert_eq!(class_of(&entries, l), "protected", "{l:?}");
        }
        // Perhaps personal, else public for certain: not public.
        let certain = Entry {
            class: "public".into(),
            types: vec!["t_*".into()],
            ..Entry::default()
        };
        let both = [by_tag("personal", "p"), certain];
        assert_eq!(class_of(&both, &labels(&[], true)), "personal");
        assert_eq!(class_of(&both, &labels(&[], false)), "public");
        // Public either way.
        let either = [by_tag("public", "p"), both[1].clone()];
        assert_eq!(class_of(&either, &labels(&[], true)), "public");
    }

    #[test]
    fn every_condition_must_hold_and_any_of_its_values() {
        let entry = Entry {
            class: "personal".into(),
            names: vec!["nothing".into(), "*customer*".into()],
            addresses: vec!["module.a.**".into()],
            paths: vec!["envs/prod/**".into(), "envs/prod".into()],
            base: "/w/".into(),
            ..Entry::default()
        };
        let none = labels(&[], false);
        assert_eq!(class_of(std::slice::from_ref(&entry), &none), "personal");
        let elsewhere = Entry {
            paths: vec!["envs/dev".into()],
            ..entry.clone()
        };
        assert_eq!(class_of(&[elsewhere], &none), "protected");
        let named = Entry {
            names: vec!["db".into()],
            ..entry
        };
        assert_eq!(class_of(std::slice::from_ref(&named), &none), "protected");
        let open = Labels {
            names_open: true,
            ..Labels::default()
        };
        assert_eq!(class_of(&[named], &open), "personal");
    }

    #[test]
    fn it_is_told_why() {
        let mut entries = vec![Entry {
            stands: "sekisho.toml:3".into(),
            ..by_tag("personal", "p")
        }];
        entries.extend(builtin());
        let of = |category: &str, l: &Labels| {
            let subject = Subject {
                ty: "t_x",
                category,
                address: "t_x.a",
                paths: ["/w/main.tf", "/w"],
                labels: Some(l),
            };
            let class = classify(&entries, &subject);
            (class.class.to_string(), class.because)
        };
        let stands: Arc<str> = "sekisho.toml:3".into();
        let by = vec!["tags"];
        let tagged = labels(&[("DataClass", tag(&["p"], false, false))], false);
        let because = Because::Entry {
            stands: stands.clone(),
            by: by.clone(),
        };
        assert_eq!(of("database", &tagged), ("personal".into(), because));
        let perhaps = Because::Perhaps { stands, by };
        let unknown = labels(&[], true);
        assert_eq!(of("database", &unknown), ("personal".into(), perhaps));
        let nothing = labels(&[], false);
        assert_eq!(of("database", &nothing), (DEFAULT.into(), Because::Nobody));
        // A store of secrets is of credentials by itself.
        let own = Because::Entry {
            stands: "".into(),
            by: vec!["categories"],
        };
        assert_eq!(of("secret-store", &nothing), ("credentials".into(), own));
    }
}
