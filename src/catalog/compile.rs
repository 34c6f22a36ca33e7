//! A row as the program uses it: paths split, levels and places read, conditions parsed.
//!
//! Lives here: the compiled form and its mistakes. Not here: what it does to an instance (`extract/`).

use super::custody::{Custody, Operator};
use super::row::{
    AlgorithmText, CarriesText, CaseText, CopyText, DefaultText, ExposureText, KeyText, LossText,
    OneOrMany, ProposedKeyText, ProviderFile, RepairText, Role, RowText, ScopeText, SignInText,
    TransportText, Words, YesText,
};
use super::versions::Range;
use crate::evaluate::answers::{Answer, SameAs};
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
    /// Every value at a path, those of lists and of all blocks: the place is all of them together.
    All(KeyPath, Option<Arc<str>>),
    /// Where what an attribute refers to keeps its second copies by default: the pair of its place.
    Near(KeyPath),
    /// An attribute that names a zone: not known, it is a zone of where the rest of the chain says.
    Zone(KeyPath, Option<Arc<str>>),
    /// An attribute that names a zone of any region: not known, nothing is; a zone that a data source
    /// lists is one of its region.
    OwnZone(KeyPath),
    /// The place that a text tells which the provider gave: an ARN. Only plans and states hold those.
    InText(KeyPath),
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
    /// What an expression gives.
    Value(Arc<Condition>),
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

/// What a key encrypts or signs with.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Algorithm {
    pub when: Option<Condition>,
    pub says: Named,
}

/// Where a name of `ciphers.toml` is from.
#[derive(Debug)]
pub enum Named {
    /// An attribute's value.
    Value(KeyPath),
    /// It is always this one.
    Is(Arc<str>),
}

/// Whether something is guarded against being destroyed.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Loss {
    pub protected: Option<YesNo>,
    /// The days between the order to destroy a key and its end.
    pub days: Option<Condition>,
}

/// Where a copy goes.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum To {
    Pair,
    /// A code, and its namespace when it is not the provider's.
    Region(KeyPath, Option<Arc<str>>),
    /// By reference, name or ARN; the type that it has where it is not in the code.
    Store(KeyPath, Option<Arc<str>>),
    Fixed(Arc<str>),
    /// The resource is the copy: it goes where that is. What it is a copy of.
    Here(KeyPath),
    /// Where the source is.
    Source,
}

/// The words of `carries.facts`.
pub const CARRIED: [&str; 8] = [
    "custody",
    "exposure",
    "foreign",
    "backup",
    "loss",
    "transport",
    "copies",
    "parts",
];

/// The lists of `[own]` that accounts are held against.
pub const ACCOUNTS: [&str; 5] = [
    "aws-accounts",
    "google-projects",
    "google-domains",
    "azure-tenants",
    "azure-subscriptions",
];

/// Who can reach it: doors by name.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Exposure {
    pub open: Vec<(Arc<str>, Condition)>,
    pub shut: Vec<(Arc<str>, Condition)>,
    pub unlocked: Vec<(Arc<str>, Condition)>,
}

/// How it is talked to.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Transport {
    pub plaintext: Option<Condition>,
    pub weak: Option<Condition>,
    pub minimum: Option<KeyPath>,
    /// Only where this holds is `minimum` asked.
    pub when: Option<Condition>,
    pub not_asked: Option<Condition>,
}

/// How people sign in.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct SignIn {
    pub length: Option<Condition>,
    pub mfa: Option<Condition>,
    pub reuse: Option<Condition>,
    pub not_asked: Option<Condition>,
}

/// What holds where nothing is written.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub enum Default {
    Always(Val),
    /// By versions of the provider.
    Ranged(Vec<(Range, Val)>),
}

/// A copy.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct CopyRow {
    pub kind: Arc<str>,
    pub service: Option<Arc<str>>,
    /// `TYPE.copy[0]`.
    pub id: Arc<str>,
    pub each: Option<Arc<str>>,
    pub when: Option<Condition>,
    pub given: Option<KeyPath>,
    pub to: To,
    /// Its key; none: the destination's, or the store's own.
    pub key: Option<Case>,
    /// Its key is the store's.
    pub as_self: bool,
    /// Where it is when its destination is not found.
    pub otherwise: Option<To>,
    /// How it is kept when its destination is not found: one of these.
    pub kept: Vec<Custody>,
    /// Whether another key could be had there.
    pub custody_asked: bool,
}

/// What a carrier does.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Carries {
    pub to: Vec<Arc<str>>,
    pub by: Vec<KeyPath>,
    /// Block, and in it the attributes with a tag's key and value.
    pub tags: Option<(Arc<str>, Arc<str>, Arc<str>)>,
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
    /// Nothing that is written makes it use a key of the customer's.
    pub no_key: bool,
    pub names: Vec<Name>,
    /// Attributes that every instance has after apply: what it is called by.
    pub never_null: Vec<Arc<str>>,
    /// Attributes that are built of what is written.
    pub answers: Vec<(Arc<str>, Answer)>,
    /// What a data source reads, where the same configuration makes it.
    pub same_as: Option<SameAs>,
    pub place: Vec<PlaceSource>,
    pub narrowed: Option<KeyPath>,
    pub endpoint: Vec<Arc<str>>,
    pub inside: Option<KeyPath>,
    pub secrets: Vec<String>,
    /// Those of `secrets` that only may hold one, and where.
    pub looked_through: Vec<(Arc<str>, Condition)>,
    pub source: Option<String>,
    pub not_judged: bool,
    pub defaults: Vec<(Arc<str>, Default)>,
    /// Some default hangs on the provider's version.
    pub by_version: bool,
    pub custody: Vec<Case>,
    /// Name and cases, in the order of first appearance.
    pub parts: Vec<(Arc<str>, Vec<Case>)>,
    pub copies: Vec<CopyRow>,
    pub not_asked: Vec<(String, Condition, Words)>,
    pub carries: Option<Carries>,
    pub rotation: Option<YesNo>,
    /// It is somebody else's, or somebody else may decrypt with it.
    pub foreign: Option<YesNo>,
    /// What a key encrypts or signs with.
    pub algorithm: Vec<Algorithm>,
    pub backup: Option<YesNo>,
    pub exposure: Option<Exposure>,
    /// Guarded against being destroyed.
    pub loss: Option<Loss>,
    pub transport: Option<Transport>,
    pub sign_in: Option<SignIn>,
    pub imported: Option<Condition>,
    pub repairs: Vec<RepairText>,
}

impl Row {
    /// The defaults that hold for every version.
    pub fn fixed_defaults(&self) -> Vec<(Arc<str>, Val)> {
        let fixed = |(name, d): &(Arc<str>, Default)| match d {
            Default::Always(v) => Some((name.clone(), v.clone())),
            Default::Ranged(_) => None,
        };
        self.defaults.iter().filter_map(fixed).collect()
    }

    /// What it decides of others, in a word of `carries.facts`.
    pub fn carries(&self, fact: &str) -> bool {
        self.carries
            .as_ref()
            .is_some_and(|c| c.facts.iter().any(|f| f == fact))
    }

    /// What it is, when it is judged and keeps nothing: `route`, `door`, `endpoint`, `sign-in`.
    pub fn other_role(&self) -> Option<&'static str> {
        match self.role {
            Some(Role::Route) => Some("route"),
            Some(Role::Door) => Some("door"),
            Some(Role::Endpoint) => Some("endpoint"),
            Some(Role::SignIn) => Some("sign-in"),
            Some(_) => None,
            None if self.is_store() => None,
            None if !self.copies.is_empty() => Some("route"),
            None if self.carries("exposure") => Some("door"),
            None => None,
        }
    }

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
    /// One of these; not empty.
    pub is: Vec<Custody>,
    /// Whose accounts its group `account` is held against.
    pub accounts: Option<Arc<str>>,
    pub place: LiteralPlace,
    pub table: Option<Arc<str>>,
    pub sure: bool,
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
    pub endpoints: Option<Arc<str>>,
    pub hosts: Vec<String>,
    pub tags: Vec<String>,
    pub default_tags: Vec<String>,
    /// Attributes that say where a resource or data source is looked for.
    pub alike: Vec<Arc<str>>,
    pub places_in_text: Vec<Regex>,
    pub literals: Vec<Literal>,
    pub proposed_key: Option<ProposedKeyText>,
}

impl Provider {
    /// That of a service whose resources have no rows.
    pub fn of_service(operator: Operator, regions: Option<Arc<str>>) -> Provider {
        Provider {
            sources: Vec::new(),
            operator,
            regions,
            place: Vec::new(),
            endpoints: None,
            hosts: Vec::new(),
            tags: Vec::new(),
            default_tags: Vec::new(),
            alike: Vec::new(),
            places_in_text: Vec::new(),
            literals: Vec::new(),
            proposed_key: None,
        }
    }
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
        "in-text" => PlaceSource::InText(key_path(path)),
        "all" => PlaceSource::All(key_path(path), table),
        "near" => PlaceSource::Near(key_path(path)),
        "zone" => PlaceSource::Zone(key_path(path), table),
        "own-zone" => PlaceSource::OwnZone(key_path(path)),
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
        (None, Some(KeyText::Value { value }), None, None) => {
            Says::Key(vec![KeyRef::Value(Arc::new(condition(value)?))])
        }
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

fn yes_no(yes: &str, not_asked: Option<&str>) -> Result<YesNo, Mistake> {
    Ok(YesNo {
        yes: condition(yes)?,
        not_asked: not_asked.map(condition).transpose()?,
    })
}

fn yes(y: &YesText) -> Result<YesNo, Mistake> {
    yes_no(&y.yes, y.not_asked.as_deref())
}

fn loss(l: &LossText) -> Result<Loss, Mistake> {
    let not_asked = l.not_asked.as_deref();
    let protected = l.protected.as_deref();
    if protected.is_none() && not_asked.is_some() {
        return Err("loss: `not_asked` goes with `protected`".into());
    }
    Ok(Loss {
        protected: protected.map(|p| yes_no(p, not_asked)).transpose()?,
        days: l.days.as_deref().map(condition).transpose()?,
    })
}

fn algorithm(a: &AlgorithmText) -> Result<Algorithm, Mistake> {
    Ok(Algorithm {
        when: a.when.as_deref().map(condition).transpose()?,
        says: match (&a.value, &a.is) {
            (Some(path), None) => Named::Value(key_path(path)),
            (None, Some(name)) => Named::Is(name.as_str().into()),
            _ => return Err("algorithm: one of `value` and `is` is needed".into()),
        },
    })
}

fn exposure(x: &ExposureText) -> Result<Exposure, Mistake> {
    let doors = |map: &std::collections::BTreeMap<String, String>| {
        map.iter()
            .map(|(door, c)| Ok::<_, Mistake>((door.as_str().into(), condition(c)?)))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(Exposure {
        open: doors(&x.open)?,
        shut: doors(&x.shut)?,
        unlocked: doors(&x.unlocked)?,
    })
}

fn transport(t: &TransportText) -> Result<Transport, Mistake> {
    let asked = |c: &Option<String>| c.as_deref().map(condition).transpose();
    Ok(Transport {
        plaintext: asked(&t.plaintext)?,
        weak: asked(&t.weak)?,
        minimum: t.minimum.as_deref().map(key_path),
        when: asked(&t.when)?,
        not_asked: asked(&t.not_asked)?,
    })
}

fn sign_in(t: &SignInText) -> Result<SignIn, Mistake> {
    let asked = |c: &Option<String>| c.as_deref().map(condition).transpose();
    Ok(SignIn {
        length: asked(&t.length)?,
        mfa: asked(&t.mfa)?,
        reuse: asked(&t.reuse)?,
        not_asked: asked(&t.not_asked)?,
    })
}

fn looked_through(
    path: &str,
    when: &str,
    secrets: &[String],
) -> Result<(Arc<str>, Condition), Mistake> {
    if !secrets.iter().any(|s| s == path) {
        return Err(format!("looked_through: `{path}` is none of `secrets`"));
    }
    Ok((path.into(), condition(when)?))
}

fn default(d: &DefaultText) -> Result<Default, Mistake> {
    Ok(match d {
        DefaultText::Always(v) => Default::Always(value(v)?),
        DefaultText::Ranged(list) => Default::Ranged(
            list.iter()
                .map(|r| Ok::<_, Mistake>((Range::parse(&r.provider)?, value(&r.is)?)))
                .collect::<Result<_, _>>()?,
        ),
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
    if (c.by.is_some() || c.tags.is_some()) == c.scope.is_some() {
        return Err("carries: one of `by` (or `tags`) and `scope` is needed".into());
    }
    if let Some(word) = c.facts.iter().find(|f| !CARRIED.contains(&f.as_str())) {
        return Err(format!("carries: `{word}` is no fact"));
    }
    Ok(Carries {
        to: c.to.iter().map(|t| t.as_str().into()).collect(),
        by: c
            .by
            .as_ref()
            .map_or(&[][..], OneOrMany::list)
            .iter()
            .map(|p| key_path(p))
            .collect(),
        tags: c.tags.as_ref().map(|t| {
            let word = |s: &String| Arc::from(s.as_str());
            (word(&t.block), word(&t.key), word(&t.value))
        }),
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
        Some(("region", p)) => match p.split_once('@') {
            Some((p, table)) => To::Region(key_path(p), Some(table.into())),
            None => To::Region(key_path(p), None),
        },
        Some(("store", p)) => match p.split_once('@') {
            Some((p, ty)) => To::Store(key_path(p), Some(ty.into())),
            None => To::Store(key_path(p), None),
        },
        Some(("fixed", code)) => To::Fixed(code.into()),
        _ => return Err(format!("`{text}` is no destination")),
    })
}

fn copy(id: String, c: &CopyText) -> Result<CopyRow, Mistake> {
    let destination = match (&c.to, &c.of) {
        (Some(text), None) => to(text)?,
        (None, Some(of)) => {
            let path = of.split_once(':').map_or(of.as_str(), |(_, p)| p);
            To::Here(key_path(path))
        }
        _ => return Err(format!("{id}: one of `to` and `of` is needed")),
    };
    let as_self = match c.r#as.as_deref() {
        None => false,
        Some("self") if c.key.is_none() => true,
        Some(_) => return Err(format!("{id}: `as` can only be `self`, without `key`")),
    };
    let as_destination = |x: &OneOrMany| x.list() == ["as-destination"];
    let key = c.key.as_ref().map(|key| {
        case(
            id.clone(),
            &CaseText {
                key: Some(key.clone()),
                absent: c.absent.clone().filter(|a| !as_destination(a)),
                ..CaseText::default()
            },
        )
    });
    let otherwise = match c.r#else.as_deref() {
        None => None,
        Some("here") => Some(To::Source),
        Some(text) => match to(text)? {
            fixed @ To::Fixed(_) => Some(fixed),
            _ => return Err(format!("{id}: `else` can be `here` or `fixed:CODE`")),
        },
    };
    let custody_asked = match c.not_asked.as_deref() {
        None => true,
        Some("custody") => false,
        Some(_) => return Err(format!("{id}: `not_asked` can only be `custody`")),
    };
    let kept = c.kept.as_ref().map_or(&[][..], OneOrMany::list);
    if !matches!(destination, To::Store(..)) && (otherwise.is_some() || !kept.is_empty()) {
        return Err(format!(
            "{id}: `else` and `kept` go with `to = \"store:…\"`"
        ));
    }
    Ok(CopyRow {
        otherwise,
        kept: kept.iter().map(|l| level(l)).collect::<Result<_, _>>()?,
        custody_asked,
        kind: c.kind.as_str().into(),
        service: c.service.as_deref().map(Arc::from),
        each: c.each.as_deref().map(Arc::from),
        when: c.when.as_deref().map(condition).transpose()?,
        given: c.given.as_deref().map(key_path),
        to: destination,
        key: key.transpose()?,
        as_self,
        id: id.into(),
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
    let copies = t
        .copy
        .iter()
        .enumerate()
        .map(|(i, c)| copy(format!("{ty}.copy[{i}]"), c))
        .collect::<Result<_, _>>()?;
    Ok(Row {
        ty: ty.into(),
        role: t.role,
        category: t.category.as_deref().map(Arc::from),
        service: t.service.as_deref().unwrap_or("user-data").into(),
        cipher: t.cipher.as_deref().map(Arc::from),
        no_key: t.no_key,
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
        answers: t
            .answers
            .iter()
            .map(|(attribute, word)| match Answer::parse(word) {
                Some(answer) => Ok((attribute.as_str().into(), answer)),
                None => Err(format!("answers: there is no {word}")),
            })
            .collect::<Result<_, _>>()?,
        same_as: t.same_as.as_ref().map(|s| SameAs {
            ty: s.r#type.as_str().into(),
            by: s
                .by
                .iter()
                .map(|(own, other)| (own.as_str().into(), other.as_str().into()))
                .collect(),
            // The provider's to say (`Catalog::same_as`).
            alike: Vec::new(),
            everywhere: s.everywhere,
        }),
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
        looked_through: t
            .looked_through
            .iter()
            .map(|(path, when)| looked_through(path, when, &t.secrets))
            .collect::<Result<_, _>>()?,
        source: t.source.clone(),
        not_judged: t.not_judged,
        by_version: t
            .defaults
            .values()
            .any(|d| matches!(d, DefaultText::Ranged(_))),
        defaults: t
            .defaults
            .iter()
            .map(|(k, v)| Ok::<_, Mistake>((k.as_str().into(), default(v)?)))
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
        rotation: t.rotation.as_ref().map(yes).transpose()?,
        foreign: t.foreign.as_ref().map(yes).transpose()?,
        algorithm: t
            .algorithm
            .iter()
            .map(algorithm)
            .collect::<Result<_, _>>()?,
        backup: t.backup.as_ref().map(yes).transpose()?,
        exposure: t.exposure.as_ref().map(exposure).transpose()?,
        loss: t.loss.as_ref().map(loss).transpose()?,
        transport: t.transport.as_ref().map(transport).transpose()?,
        sign_in: t.sign_in.as_ref().map(sign_in).transpose()?,
        imported: t.imported.as_deref().map(condition).transpose()?,
        repairs: t.repair.clone(),
    })
}

/// Compiles a provider.
pub fn provider(file: &ProviderFile) -> Result<Provider, Mistake> {
    let (p, literals) = (&file.provider, &file.key_literal);
    Ok(Provider {
        proposed_key: file.proposed_key.clone(),
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
        endpoints: p.endpoints.as_deref().map(Arc::from),
        hosts: p.hosts.clone(),
        tags: p.tags.clone(),
        default_tags: p.default_tags.clone(),
        alike: p.alike.iter().map(|a| a.as_str().into()).collect(),
        places_in_text: p
            .places_in_text
            .iter()
            .map(|x| Regex::new(x).map_err(|e| e.to_string()))
            .collect::<Result<_, _>>()?,
        literals: literals
            .iter()
            .map(|l| {
                let pattern = Regex::new(&l.r#match).map_err(|e| e.to_string())?;
                let has_group = pattern.capture_names().flatten().any(|n| n == "region");
                let is = levels(Some(&l.is))?;
                if is.is_empty() {
                    return Err(format!("`{}`: whose is such a key?", l.r#match));
                }
                if let Some(word) = &l.accounts
                    && !ACCOUNTS.contains(&word.as_str())
                {
                    return Err(format!("`{word}` is no list of accounts"));
                }
                Ok::<_, Mistake>(Literal {
                    is,
                    accounts: l.accounts.as_deref().map(Arc::from),
                    place: match l.region.as_deref() {
                        None if has_group => LiteralPlace::Group,
                        Some("as-store") => LiteralPlace::AsStore,
                        Some("never") => LiteralPlace::Never,
                        _ => return Err(format!("`{}`: where is such a key?", l.r#match)),
                    },
                    table: l.table.as_deref().map(Arc::from),
                    sure: l.sure,
                    pattern,
                })
            })
            .collect::<Result<_, _>>()?,
    })
}
