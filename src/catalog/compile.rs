//! A row as the program uses it: paths split, levels and places read, conditions parsed.
//!
//! Lives here: the compiled form and its mistakes. Not here: what it does to an instance (`extract/`).

use super::custody::{Custody, Operator};
use super::row::{
    CarriesText, CaseText, KeyText, LiteralText, OneOrMany, ProviderText, Role, RowText, ScopeText,
    Words, YesText,
};
use crate::evaluate::value::Val;

pub use super::condition::{Condition, Fast, condition};
use regex::Regex;
use std::sync::Arc;

/// Stands for what is not known in a half-known text: no text of a user has it.
pub const UNKNOWN_PIECE: char = '\u{1}';

/// A path below `self` or, inside `each`, below `item`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyPath {
    /// Below `item`.
    pub item: bool,
    /// The path.
    pub path: Arc<str>,
}

/// One step of a place chain.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum PlaceSource {
    /// An attribute; its namespace, when not the provider's.
    Attr(KeyPath, Option<Arc<str>>),
    /// An attribute that names a zone: not known, it is a zone of where the rest of the chain says.
    Zone(KeyPath, Option<Arc<str>>),
    /// The provider's chain.
    Provider,
    /// An attribute of the provider configuration.
    Config(Arc<str>),
    /// The environment.
    Env(Arc<str>),
    /// Where the instance is that an attribute refers to, or what its text says.
    Parent(KeyPath),
    /// Where the store of a type is that an attribute names.
    Store(KeyPath, Option<Arc<str>>),
    Fixed(Arc<str>),
}

/// What a case says.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Says {
    Is(Vec<Custody>),
    Key(Vec<KeyRef>),
    Columns {
        ty: Arc<str>,
        columns: Vec<(Arc<str>, KeyPath)>,
    },
    /// The custody of what an attribute refers to.
    As(KeyPath),
    /// The store's own.
    AsSelf,
    Literal(KeyPath),
}

/// Where a key is named.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum KeyRef {
    Path(KeyPath),
    /// A setting in the same scope: type and path.
    Beside(Arc<str>, Arc<str>),
}

/// A case.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Case {
    /// `TYPE.custody[0]`.
    pub id: Arc<str>,
    pub each: Option<Arc<str>>,
    pub when: Option<Condition>,
    pub given: Option<KeyPath>,
    pub says: Says,
    pub absent: Vec<Custody>,
    pub otherwise: Vec<Custody>,
}

/// A yes-or-no fact.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct YesNo {
    pub yes: Condition,
    pub not_asked: Option<Condition>,
}

/// Where a copy goes.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum To {
    Pair,
    Region(KeyPath),
    Store(KeyPath),
}

/// A copy.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct CopyRow {
    pub kind: Arc<str>,
    pub service: Option<Arc<str>>,
    pub each: Option<Arc<str>>,
    pub when: Option<Condition>,
    pub to: To,
    /// Its key; none: the store's own, or the destination's.
    pub key: Option<Case>,
}

/// What a carrier does.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Carries {
    pub to: Vec<Arc<str>>,
    pub by: Option<KeyPath>,
    pub scope: Option<ScopeText>,
    pub facts: Vec<String>,
    pub instead_of: Vec<Custody>,
}

/// A name that others may use: an attribute, or a template of attributes.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Name {
    Attr(Arc<str>),
    Template(Vec<NamePiece>),
}

/// A piece of a name's template.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum NamePiece {
    Text(Arc<str>),
    Any,
    Attr(Arc<str>),
}

/// A compiled row.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Row {
    pub ty: Arc<str>,
    pub role: Option<Role>,
    pub category: Option<Arc<str>>,
    pub service: Arc<str>,
    pub cipher: Option<Arc<str>>,
    pub names: Vec<Name>,
    /// Attributes that every instance has after apply: what it is called by.
    pub never_null: Vec<Arc<str>>,
    pub place: Vec<PlaceSource>,
    pub narrowed: Option<KeyPath>,
    pub endpoint: Vec<Arc<str>>,
    pub inside: Option<KeyPath>,
    pub secrets: Vec<String>,
    pub source: Option<String>,
    pub not_judged: bool,
    pub defaults: Vec<(Arc<str>, Val)>,
    pub custody: Vec<Case>,
    /// Name and cases, in the order of first appearance.
    pub parts: Vec<(Arc<str>, Vec<Case>)>,
    pub copies: Vec<CopyRow>,
    pub not_asked: Vec<(String, Condition, Words)>,
    pub carries: Option<Carries>,
    pub rotation: Option<YesNo>,
    pub backup: Option<YesNo>,
    pub imported: Option<Condition>,
}

impl Row {
    /// Keeps data.
    pub fn is_store(&self) -> bool {
        self.category.is_some()
    }

    /// Key, alias, ring or vault.
    pub fn is_key(&self) -> bool {
        matches!(self.role, Some(Role::Key | Role::Container | Role::Alias))
    }
}

/// What a key's text says: compiled.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Literal {
    pub pattern: Regex,
    pub is: Custody,
    pub place: LiteralPlace,
    pub table: Option<Arc<str>>,
}

/// Whether a key's text tells a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum LiteralPlace {
    /// The group `region`.
    Group,
    /// Where the store is.
    AsStore,
    /// Such a text can hold no place.
    Never,
}

/// A compiled provider.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Provider {
    pub sources: Vec<String>,
    pub operator: Operator,
    pub regions: Option<Arc<str>>,
    pub place: Vec<PlaceSource>,
    /// Where tags stand; later ones lie over earlier ones.
    pub classes: Vec<ClassSource>,
    pub endpoints: Option<Arc<str>>,
    pub hosts: Vec<String>,
    pub literals: Vec<Literal>,
}

/// Where tags stand: in an attribute, or in the provider configuration.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum ClassSource {
    Attr(Arc<str>),
    Config(Arc<str>),
}

/// A mistake of a row.
pub type Mistake = String;

fn level(word: &str) -> Result<Custody, Mistake> {
    Custody::parse(word).ok_or_else(|| format!("`{word}` is no step of the ladder"))
}

fn levels(words: Option<&OneOrMany>) -> Result<Vec<Custody>, Mistake> {
    words.map_or(Ok(Vec::new()), |w| {
        w.list().iter().map(|w| level(w)).collect()
    })
}

/// `item.a.b`, `self.a`, `a`.
pub fn key_path(text: &str) -> KeyPath {
    match text.strip_prefix("item.") {
        Some(path) => KeyPath {
            item: true,
            path: path.into(),
        },
        None => KeyPath {
            item: false,
            path: text.strip_prefix("self.").unwrap_or(text).into(),
        },
    }
}

fn place_source(text: &str) -> Result<PlaceSource, Mistake> {
    let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
    let (path, table) = match rest.split_once('@') {
        Some((path, table)) => (path, Some(Arc::from(table))),
        None => (rest, None),
    };
    Ok(match kind {
        "attr" => PlaceSource::Attr(key_path(path), table),
        "zone" => PlaceSource::Zone(key_path(path), table),
        "provider" => PlaceSource::Provider,
        "config" => PlaceSource::Config(path.into()),
        "env" => PlaceSource::Env(path.into()),
        "parent" => PlaceSource::Parent(key_path(path)),
        "store" => PlaceSource::Store(key_path(path), table),
        "fixed" => PlaceSource::Fixed(path.into()),
        _ => return Err(format!("`{text}` is no source of a place")),
    })
}

fn key_refs(paths: &OneOrMany) -> Result<Vec<KeyRef>, Mistake> {
    paths
        .list()
        .iter()
        .map(|p| match p.strip_prefix("beside:") {
            Some(rest) => {
                let (ty, path) = rest
                    .split_once('.')
                    .ok_or_else(|| format!("`{p}`: type and path are needed"))?;
                Ok(KeyRef::Beside(ty.into(), path.into()))
            }
            None => Ok(KeyRef::Path(key_path(p))),
        })
        .collect()
}

fn case(id: String, c: &CaseText) -> Result<Case, Mistake> {
    let says = match (&c.is, &c.key, &c.r#as, &c.literal) {
        (Some(_), None, None, None) => Says::Is(levels(c.is.as_ref())?),
        (None, Some(KeyText::Path(p)), None, None) => Says::Key(key_refs(p)?),
        (None, Some(KeyText::Columns { r#type, r#where }), None, None) => Says::Columns {
            ty: r#type.as_str().into(),
            columns: r#where
                .iter()
                .map(|(theirs, ours)| (theirs.as_str().into(), key_path(ours)))
                .collect(),
        },
        (None, None, Some(a), None) if a == "self" => Says::AsSelf,
        (None, None, Some(a), None) => {
            let path = a.split_once(':').map_or(a.as_str(), |(_, p)| p);
            Says::As(key_path(path))
        }
        (None, None, None, Some(l)) => Says::Literal(key_path(l)),
        _ => {
            return Err(format!(
                "{id}: one of `is`, `key`, `as` and `literal` is needed"
            ));
        }
    };
    Ok(Case {
        each: c.each.as_deref().map(Arc::from),
        when: c.when.as_deref().map(condition).transpose()?,
        given: c.given.as_deref().map(key_path),
        says,
        absent: levels(c.absent.as_ref())?,
        otherwise: levels(c.r#else.as_ref())?,
        id: id.into(),
    })
}

fn yes_no(y: &YesText) -> Result<YesNo, Mistake> {
    Ok(YesNo {
        yes: condition(&y.yes)?,
        not_asked: y.not_asked.as_deref().map(condition).transpose()?,
    })
}

fn name(text: &str) -> Result<Name, Mistake> {
    let Some((_, template)) = text.split_once('=') else {
        return Ok(Name::Attr(text.into()));
    };
    let mut pieces = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        if let Some(r) = rest.strip_prefix('*') {
            pieces.push(NamePiece::Any);
            rest = r;
        } else if let Some(r) = rest.strip_prefix('{') {
            let (attr, r) = r
                .split_once('}')
                .ok_or_else(|| format!("`{text}`: `}}` is missing"))?;
            pieces.push(NamePiece::Attr(attr.into()));
            rest = r;
        } else {
            let end = rest.find(['*', '{']).unwrap_or(rest.len());
            pieces.push(NamePiece::Text(rest[..end].into()));
            rest = &rest[end..];
        }
    }
    Ok(Name::Template(pieces))
}

fn carries(c: &CarriesText) -> Result<Carries, Mistake> {
    if c.by.is_some() == c.scope.is_some() {
        return Err("carries: one of `by` and `scope` is needed".into());
    }
    Ok(Carries {
        to: c.to.iter().map(|t| t.as_str().into()).collect(),
        by: c.by.as_deref().map(key_path),
        scope: c.scope,
        facts: c.facts.clone(),
        instead_of: c
            .instead_of
            .iter()
            .map(|l| level(l))
            .collect::<Result<_, _>>()?,
    })
}

fn value(v: &toml::Value) -> Result<Val, Mistake> {
    Ok(match v {
        toml::Value::String(s) => Val::text(s),
        toml::Value::Boolean(b) => Val::bool(*b),
        toml::Value::Integer(i) => Val::num(*i),
        toml::Value::Array(a) => Val::tuple(a.iter().map(value).collect::<Result<_, _>>()?),
        other => return Err(format!("`{other}` cannot be a default")),
    })
}

fn to(text: &str) -> Result<To, Mistake> {
    Ok(match text.split_once(':') {
        None if text == "pair" => To::Pair,
        Some(("region", p)) => To::Region(key_path(p)),
        Some(("store", p)) => To::Store(key_path(p)),
        _ => return Err(format!("`{text}` is no destination")),
    })
}

/// Compiles a row.
pub fn row(ty: &str, t: &RowText) -> Result<Row, Mistake> {
    let mut parts: Vec<(Arc<str>, Vec<Case>)> = Vec::new();
    for (i, p) in t.part.iter().enumerate() {
        let text = CaseText {
            each: p.each.clone(),
            when: p.when.clone(),
            given: p.given.clone(),
            is: p.is.clone(),
            key: p.key.clone(),
            absent: p.absent.clone(),
            r#as: p.r#as.clone(),
            literal: p.literal.clone(),
            r#else: p.r#else.clone(),
            source: p.source.clone(),
        };
        let compiled = case(format!("{ty}.part[{i}]"), &text)?;
        match parts.iter_mut().find(|(n, _)| **n == *p.name) {
            Some((_, cases)) => cases.push(compiled),
            None => parts.push((p.name.as_str().into(), vec![compiled])),
        }
    }
    let mut copies = Vec::new();
    for (i, c) in t.copy.iter().enumerate() {
        let key = match (&c.key, &c.r#as) {
            (Some(key), None) => Some(case(
                format!("{ty}.copy[{i}]"),
                &CaseText {
                    key: Some(key.clone()),
                    absent: c.absent.clone(),
                    ..CaseText::default()
                },
            )?),
            _ => None,
        };
        copies.push(CopyRow {
            kind: c.kind.as_str().into(),
            service: c.service.as_deref().map(Arc::from),
            each: c.each.as_deref().map(Arc::from),
            when: c.when.as_deref().map(condition).transpose()?,
            to: to(&c.to)?,
            key,
        });
    }
    Ok(Row {
        ty: ty.into(),
        role: t.role,
        category: t.category.as_deref().map(Arc::from),
        service: t.service.as_deref().unwrap_or("user-data").into(),
        cipher: t.cipher.as_deref().map(Arc::from),
        names: t
            .named_by
            .iter()
            .map(|n| name(n))
            .collect::<Result<_, _>>()?,
        never_null: t
            .named_by
            .iter()
            .map(|n| {
                n.split_once('=')
                    .map_or(n.as_str(), |(attr, _)| attr)
                    .into()
            })
            .collect(),
        place: t
            .place
            .iter()
            .map(|p| place_source(p))
            .collect::<Result<_, _>>()?,
        narrowed: t.narrowed.as_deref().map(key_path),
        endpoint: t
            .endpoint
            .as_ref()
            .map_or(&[][..], OneOrMany::list)
            .iter()
            .map(|e| e.as_str().into())
            .collect(),
        inside: t.inside.as_deref().map(key_path),
        secrets: t.secrets.clone(),
        source: t.source.clone(),
        not_judged: t.not_judged,
        defaults: t
            .defaults
            .iter()
            .map(|(k, v)| Ok::<_, Mistake>((k.as_str().into(), value(v)?)))
            .collect::<Result<_, _>>()?,
        custody: t
            .custody
            .iter()
            .enumerate()
            .map(|(i, c)| case(format!("{ty}.custody[{i}]"), c))
            .collect::<Result<_, _>>()?,
        parts,
        copies,
        not_asked: t
            .not_asked
            .iter()
            .map(|n| Ok::<_, Mistake>((n.question.clone(), condition(&n.when)?, n.because.clone())))
            .collect::<Result<_, _>>()?,
        carries: t.carries.as_ref().map(carries).transpose()?,
        rotation: t.rotation.as_ref().map(yes_no).transpose()?,
        backup: t.backup.as_ref().map(yes_no).transpose()?,
        imported: t.imported.as_deref().map(condition).transpose()?,
    })
}

/// Compiles a provider.
pub fn provider(p: &ProviderText, literals: &[LiteralText]) -> Result<Provider, Mistake> {
    Ok(Provider {
        sources: p.sources.clone(),
        operator: Operator {
            name: p.operator.name.as_str().into(),
            country: p.operator.country.as_str().into(),
        },
        regions: p.regions.as_deref().map(Arc::from),
        place: p
            .place
            .iter()
            .map(|s| place_source(s))
            .collect::<Result<_, _>>()?,
        classes: p
            .classes
            .iter()
            .map(|s| match s.split_once(':') {
                Some(("attr", path)) => Ok(ClassSource::Attr(path.into())),
                Some(("config", path)) => Ok(ClassSource::Config(path.into())),
                _ => Err(format!("`{s}`: attr: or config: is needed")),
            })
            .collect::<Result<_, Mistake>>()?,
        endpoints: p.endpoints.as_deref().map(Arc::from),
        hosts: p.hosts.clone(),
        literals: literals
            .iter()
            .map(|l| {
                let pattern = Regex::new(&l.r#match).map_err(|e| e.to_string())?;
                let has_group = pattern.capture_names().flatten().any(|n| n == "region");
                Ok::<_, Mistake>(Literal {
                    is: level(&l.is)?,
                    place: match l.region.as_deref() {
                        None if has_group => LiteralPlace::Group,
                        Some("as-store") => LiteralPlace::AsStore,
                        Some("never") => LiteralPlace::Never,
                        _ => return Err(format!("`{}`: where is such a key?", l.r#match)),
                    },
                    table: l.table.as_deref().map(Arc::from),
                    pattern,
                })
            })
            .collect::<Result<_, _>>()?,
    })
}
