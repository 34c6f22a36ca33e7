//! The catalog: facts about providers and resource types, read from `catalog/`.
//!
//! Lives here: finding a row. A folder's files are cut at their table headers when its first type is
//! asked; a row is parsed when its type is, and kept. Not here: the schema (`row.rs`), the compiled form
//! (`compile.rs`), region tables (`regions.rs`), lists of type names (`types.rs`).

pub mod ciphers;
pub mod compile;
pub mod condition;
pub mod custody;
pub mod documents;
pub mod embedded;
pub mod hosts;
pub mod operators;
pub mod regions;
pub mod row;
pub mod services;
pub mod types;
pub mod versions;
pub mod written;

use crate::evaluate::Types;
use crate::evaluate::answers::{Answer, SameAs};
use crate::load::project::Mode;
use compile::{Provider, Row};
use embedded::{FOLDERS, Folder};
use regions::Regions;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What evaluation has to know of types.
impl Types for Catalog {
    /// A type with a row, or that a row's condition looks for, or that does something with data and has no row,
    /// or of which nobody knows what it does.
    fn wanted(&self, mode: Mode, ty: &str) -> bool {
        match mode {
            Mode::Managed => {
                self.row(ty).is_some() || asked_for(ty) || self.unlisted(ty) != Unlisted::NoData
            }
            // A data source may be how a store is named, with or without a row of its own.
            Mode::Data => self.row(&format!("data.{ty}")).is_some() || self.row(ty).is_some(),
            Mode::Ephemeral => false,
        }
    }

    fn never_filled(&self, ty: &str, path: &str) -> bool {
        lists().unfilled.has(&format!("{ty} {path}"))
    }

    /// What a row says under `answers`.
    fn answer(&self, mode: Mode, ty: &str, attribute: &str) -> Option<Answer> {
        let row = match mode {
            Mode::Managed => self.row(ty)?,
            Mode::Data => self.row(&format!("data.{ty}"))?,
            Mode::Ephemeral => return None,
        };
        let found = row.answers.iter().find(|(n, _)| **n == *attribute);
        found.map(|(_, answer)| answer.clone())
    }

    /// What a row says under `same_as`.
    fn same_as(&self, ty: &str) -> Option<SameAs> {
        let mut same = self.row(&format!("data.{ty}"))?.same_as.clone()?;
        same.alike.clone_from(&self.provider(ty)?.alike);
        Some(same)
    }

    /// What an instance is called by is there after apply.
    fn never_null(&self, mode: Mode, ty: &str, attribute: &str) -> bool {
        let row = match mode {
            Mode::Managed => self.row(ty),
            Mode::Data => self.row(&format!("data.{ty}")),
            Mode::Ephemeral => None,
        };
        attribute == "id" || row.is_some_and(|r| r.never_null.iter().any(|n| **n == *attribute))
    }
}

/// Whether a condition of some row asks `named_in("TYPE.…")`.
fn asked_for(ty: &str) -> bool {
    static ASKED: OnceLock<Vec<&'static str>> = OnceLock::new();
    ASKED
        .get_or_init(|| {
            FOLDERS
                .iter()
                .flat_map(|f| f.rows)
                .flat_map(|text| text.split("named_in(\"").skip(1))
                .filter_map(|rest| rest.split(['.', '"']).next())
                .collect()
        })
        .contains(&ty)
}

/// What is known of a type without a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unlisted {
    /// It keeps data, and there is no row yet.
    NoRow,
    /// What it makes is not in the Terraform code.
    Opaque,
    /// It keeps no data and does something with that of others; there is no row yet.
    Unjudged(types::Unjudged),
    /// Nobody knows it.
    UnknownType,
    /// Known, and it keeps no data.
    NoData,
}

/// Names of types, with or without a row.
#[derive(Debug)]
pub struct Lists {
    /// Keep data.
    pub stores: types::Names,
    /// Make what Terraform does not show.
    pub opaque: types::Names,
    /// Attributes and blocks that no provider fills in: type, blank, path.
    pub unfilled: types::Names,
    /// Move, open or guard what others keep.
    pub roles: FxHashMap<&'static str, types::Unjudged>,
    /// All.
    pub known: types::Names,
}

/// The lists that are built in.
pub fn lists() -> &'static Lists {
    static LISTS: OnceLock<Lists> = OnceLock::new();
    LISTS.get_or_init(|| Lists {
        stores: types::Names::plain(embedded::STORES),
        opaque: types::Names::plain(embedded::OPAQUE),
        unfilled: types::Names::plain(embedded::UNFILLED),
        roles: types::roles(embedded::ROLES),
        known: types::Names::decode(embedded::KNOWN),
    })
}

/// The rows of one folder: where each stands, and those that were asked for.
struct Shelf {
    folder: &'static Folder,
    /// Type to the number of its file and its text.
    index: OnceLock<FxHashMap<&'static str, (usize, &'static str)>>,
    rows: Mutex<FxHashMap<&'static str, Arc<Row>>>,
    provider: OnceLock<Arc<Provider>>,
}

impl Shelf {
    fn index(&self) -> &FxHashMap<&'static str, (usize, &'static str)> {
        self.index.get_or_init(|| {
            let mut out = FxHashMap::default();
            for (file, text) in self.folder.rows.iter().enumerate() {
                out.extend(cut(text).into_iter().map(|(name, row)| (name, (file, row))));
            }
            out
        })
    }
}

/// The catalog.
pub struct Catalog {
    /// Rows of the user's own, which take the place of others.
    own: FxHashMap<Arc<str>, Arc<Row>>,
    /// Where everything else is; `None` for the built-in catalog itself.
    base: Option<&'static Catalog>,
    shelves: Vec<Shelf>,
    regions: Mutex<FxHashMap<Arc<str>, Option<Arc<Regions>>>>,
}

/// The date of the facts, for outputs.
pub const DATE: &str = "2026-11-24";

impl Catalog {
    /// The catalog that is built in.
    pub fn builtin() -> &'static Catalog {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        CATALOG.get_or_init(|| Catalog {
            own: FxHashMap::default(),
            base: None,
            shelves: FOLDERS
                .iter()
                .map(|folder| Shelf {
                    folder,
                    index: OnceLock::new(),
                    rows: Mutex::default(),
                    provider: OnceLock::new(),
                })
                .collect(),
            regions: Mutex::default(),
        })
    }

    /// The built-in catalog with rows of the user's own, by name.
    pub fn with(rows: impl IntoIterator<Item = (Arc<str>, Arc<Row>)>) -> Catalog {
        Catalog {
            own: rows.into_iter().collect(),
            base: Some(Catalog::builtin()),
            shelves: Vec::new(),
            regions: Mutex::default(),
        }
    }

    /// The names of providers as settings write them (the last word of a source), each with what the
    /// catalog says of it.
    pub fn provider_words(&self) -> Vec<(String, Arc<Provider>)> {
        let mut out = Vec::new();
        for folder in FOLDERS {
            let Some(provider) = self.provider(folder.name) else {
                continue;
            };
            for source in provider
                .sources
                .iter()
                .filter(|_| !provider.place.is_empty())
            {
                let word = source.rsplit('/').next().unwrap_or(source);
                out.push((word.to_owned(), Arc::clone(&provider)));
            }
        }
        out
    }

    /// The environment variables that tell a place.
    pub fn environment_names(&self) -> Vec<Arc<str>> {
        let mut out = Vec::new();
        for folder in FOLDERS {
            let provider = self.provider(folder.name);
            for step in provider.iter().flat_map(|p| &p.place) {
                if let compile::PlaceSource::Env(name) = step {
                    out.push(Arc::clone(name));
                }
            }
        }
        out
    }

    fn shelf(&self, name: &str) -> Option<&Shelf> {
        if let Some(base) = self.base {
            return base.shelf(name);
        }
        let bare = name.strip_prefix("data.").unwrap_or(name);
        let word = bare.split(['_', '.']).next().unwrap_or(bare);
        let word = if bare.starts_with("backend.") {
            "terraform"
        } else {
            word
        };
        let of = |word: &str| self.shelves.iter().find(|s| s.folder.name == word);
        // Data sources of the utility providers stand with Terraform's own things.
        of(word).or_else(|| name.starts_with("data.").then(|| of("terraform"))?)
    }

    /// The row of a type: `aws_x`, `data.aws_x`, `backend.s3`.
    pub fn row(&self, name: &str) -> Option<Arc<Row>> {
        if let Some(base) = self.base {
            return self.own.get(name).cloned().or_else(|| base.row(name));
        }
        let shelf = self.shelf(name)?;
        let (&key, &(_, text)) = shelf.index().get_key_value(name)?;
        let mut rows = shelf.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(row) = rows.get(key) {
            return Some(row.clone());
        }
        // The built-in rows are held by tests; a row that is wrong all the same must not pass for one
        // that says nothing, so it is our bug and said as one.
        let row = Arc::new(parse_row(key, text).unwrap_or_else(|e| panic!("catalog: {key}: {e}")));
        rows.insert(key, row.clone());
        Some(row)
    }

    /// All names that have a row, sorted.
    pub fn names(&self) -> Vec<&'static str> {
        let mut out: Vec<&'static str> = FOLDERS
            .iter()
            .flat_map(|f| f.rows)
            .flat_map(|text| cut(text))
            .map(|(name, _)| name)
            .collect();
        out.sort_unstable();
        out
    }

    /// What is known of a type without a row.
    pub fn unlisted(&self, ty: &str) -> Unlisted {
        let lists = lists();
        if lists.stores.has(ty) {
            Unlisted::NoRow
        } else if lists.opaque.has(ty) {
            Unlisted::Opaque
        } else if let Some(&role) = lists.roles.get(ty) {
            Unlisted::Unjudged(role)
        } else if lists.known.has(ty) {
            Unlisted::NoData
        } else {
            Unlisted::UnknownType
        }
    }

    /// The provider that a type belongs to.
    pub fn provider(&self, name: &str) -> Option<Arc<Provider>> {
        let shelf = self.shelf(name)?;
        Some(
            shelf
                .provider
                .get_or_init(|| {
                    let file: row::ProviderFile = toml::from_str(shelf.folder.provider)
                        .unwrap_or_else(|e| panic!("catalog: {}: {e}", shelf.folder.name));
                    let p = compile::provider(&file)
                        .unwrap_or_else(|e| panic!("catalog: {}: {e}", shelf.folder.name));
                    Arc::new(p)
                })
                .clone(),
        )
    }

    /// The provider of a provider configuration's source.
    pub fn provider_by_source(&self, source: &str) -> Option<Arc<Provider>> {
        if let Some(base) = self.base {
            return base.provider_by_source(source);
        }
        let bare = source
            .strip_prefix("registry.terraform.io/")
            .or_else(|| source.strip_prefix("registry.opentofu.org/"))
            .unwrap_or(source);
        self.shelves.iter().find_map(|s| {
            let p = self.provider(s.folder.name)?;
            p.sources.iter().any(|x| x == bare).then_some(p)
        })
    }

    /// The region table of a namespace.
    pub fn regions(&self, name: &str) -> Option<Arc<Regions>> {
        if let Some(base) = self.base {
            return base.regions(name);
        }
        let mut have = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = have.get(name) {
            return found.clone();
        }
        let read = Regions::read(embedded::REGIONS, name).ok().map(Arc::new);
        have.insert(name.into(), read.clone());
        read
    }
}

/// The type that a table header belongs to: `[aws_x.custody]` → `aws_x`, `[data.aws_x]` → `data.aws_x`.
fn owner(header: &str) -> &str {
    let inner = header.trim_start_matches('[');
    let end = inner.find(']').unwrap_or(inner.len());
    let inner = &inner[..end];
    let skip = if inner.starts_with("data.") || inner.starts_with("backend.") {
        inner.find('.').map_or(0, |i| i + 1)
    } else {
        0
    };
    let end = inner[skip..].find('.').map_or(inner.len(), |i| skip + i);
    &inner[..end]
}

/// Cuts a file into its rows: a row is a contiguous run of tables of one type.
fn cut(text: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut out: Vec<(&'static str, &'static str)> = Vec::new();
    let mut at = 0;
    let mut current: Option<(&'static str, usize)> = None;
    for line in text.split_inclusive('\n') {
        if line.starts_with('[') {
            let name = owner(line);
            if current.is_none_or(|(n, _)| n != name) {
                if let Some((n, start)) = current {
                    out.push((n, &text[start..at]));
                }
                current = Some((name, at));
            }
        }
        at += line.len();
    }
    if let Some((n, start)) = current {
        out.push((n, &text[start..]));
    }
    out
}

/// Parses the text of one row, its type taken off the headers.
pub fn parse_row(name: &str, text: &str) -> Result<Row, String> {
    compile::row(name, &read_row(name, text)?)
}

/// The same, as it is written.
fn read_row(name: &str, text: &str) -> Result<row::RowText, String> {
    let mut bare = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let brackets = line.len() - line.trim_start_matches('[').len();
        let rest = line[brackets..].strip_prefix(name);
        match rest.map(|r| (r, r.strip_prefix('.'))) {
            Some((_, Some(sub))) if (1..3).contains(&brackets) => {
                bare.push_str(&line[..brackets]);
                bare.push_str(sub);
            }
            Some((r, None)) if brackets == 1 && r.starts_with(']') => bare.push('\n'),
            _ => bare.push_str(line),
        }
    }
    toml::from_str(&bare).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        assert_eq!(owner("[aws_x]\n"), "aws_x");
        assert_eq!(owner("[[aws_x.custody]]   # words"), "aws_x");
        assert_eq!(owner("[data.aws_x.defaults]"), "data.aws_x");
        assert_eq!(owner("[backend.s3]"), "backend.s3");
    }

    #[test]
    fn every_row_is_one_run_of_tables() {
        let names = Catalog::builtin().names();
        let mut unique = names.clone();
        unique.dedup();
        assert_eq!(names, unique);
    }
}
