//! Values: what an expression gives. Known, unknown with its reason, or one of several.
//!
//! Lives here: the value, its marks, unknowns, references, alternatives and the worlds they hold in.
//! Not here: conversion (`convert.rs`), what operators and functions do (`expr.rs`, `functions/`).
//!
//! Three things are more than Terraform has. An *unknown* says why, what it depends on, and which
//! part of a text is known all the same. A value that is *one of several* keeps each with the
//! [`World`] it holds in, so that two values that hang on one condition are only ever combined where
//! they agree. And a value that came out of a resource's attribute keeps that *reference* also when
//! it is known: a join by reference counts before a join by name.

use super::number::Num;
use super::types::Type;
use std::sync::Arc;

/// How many alternatives a value may have before it becomes plain unknown.
pub const MAX_ALTERNATIVES: usize = 16;

/// Marks of a value: a set of bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct Marks(u8);

impl Marks {
    /// No mark.
    pub const NONE: Marks = Marks(0);
    /// Must not be printed.
    pub const SENSITIVE: Marks = Marks(1);
    /// Exists only while terraform runs.
    pub const EPHEMERAL: Marks = Marks(2);
    /// Out of a plan or state, and nobody can tell whether a person wrote it or the provider chose it.
    pub const CHOSEN: Marks = Marks(4);

    /// Whether all bits of `other` are set.
    pub fn has(self, other: Marks) -> bool {
        self.0 & other.0 == other.0 && other.0 != 0
    }

    /// Both.
    #[must_use]
    pub fn with(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    /// Without the bits of `other`.
    #[must_use]
    pub fn without(self, other: Marks) -> Marks {
        Marks(self.0 & !other.0)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// A value. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Val {
    /// What it is.
    pub kind: Kind,
    /// The marks of this level; nested values have their own.
    pub marks: Marks,
    /// The resource attribute that it was read from, unchanged.
    pub via: Option<Arc<Ref>>,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Null, of a type (`Type::Dynamic` for a bare `null`).
    Null(Type),
    /// A bool.
    Bool(bool),
    /// A number.
    Num(Num),
    /// Text, NFC-normalised.
    Str(Arc<str>),
    /// A list: one element type.
    List(Arc<Seq>),
    /// A set: one element type, sorted, without duplicates.
    Set(Arc<Seq>),
    /// A tuple.
    Tuple(Arc<Seq>),
    /// A map: one element type.
    Map(Arc<Fields>),
    /// An object.
    Object(Arc<Fields>),
    /// A resource instance, read attribute by attribute when asked.
    Instance(Arc<Ref>),
    /// Not known.
    Unknown(Arc<Unknown>),
    /// One of several: at least two.
    OneOf(Arc<Vec<Alt>>),
}

/// What a collection has somewhere inside, so that nothing is searched in vain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Has {
    /// An unknown.
    pub unknown: bool,
    /// An alternative.
    pub one_of: bool,
    /// A resource instance.
    pub instance: bool,
    /// All marks inside.
    pub marks: Marks,
    /// How deep the value is.
    pub depth: u16,
    /// How many values it is made of, shared ones counted each time: what going through it costs.
    pub size: u32,
}

impl Has {
    fn add(&mut self, v: &Val) {
        let inner = v.has();
        self.unknown |= inner.unknown;
        self.one_of |= inner.one_of;
        self.instance |= inner.instance;
        self.marks = self.marks.with(inner.marks);
        self.depth = self.depth.max(inner.depth.saturating_add(1));
        self.size = self.size.saturating_add(inner.size).saturating_add(1);
    }
}

/// The elements of a list, set or tuple.
#[derive(Debug)]
pub struct Seq {
    /// The element type of a list or set; for a tuple `Type::Dynamic`.
    pub elem: Type,
    /// The elements.
    pub items: Vec<Val>,
    /// What stands inside.
    pub has: Has,
}

/// The elements of a map or object, sorted by key.
#[derive(Debug)]
pub struct Fields {
    /// The element type of a map; for an object `Type::Dynamic`.
    pub elem: Type,
    /// Key and value, sorted by key.
    pub items: Vec<(Arc<str>, Val)>,
    /// What stands inside.
    pub has: Has,
    /// For what a resource's block gives: an attribute that is not here is computed by this one.
    pub open: Option<Arc<Ref>>,
}

impl Fields {
    /// The value at `key`.
    pub fn get(&self, key: &str) -> Option<&Val> {
        self.items
            .binary_search_by(|(k, _)| (**k).cmp(key))
            .ok()
            .map(|i| &self.items[i].1)
    }
}

/// The key of an instance in its resource or module call.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Key {
    /// Neither `count` nor `for_each`.
    #[default]
    None,
    /// `[0]`.
    Index(u64),
    /// `["a"]`.
    Name(Arc<str>),
    /// `[*]`: how many and which is not known.
    Any,
}

/// A reference to an attribute of a resource instance of the same root.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ref {
    /// The module instance's number in its evaluation.
    pub module: u32,
    /// The resource's number in its module.
    pub resource: u32,
    /// The instance.
    pub key: Key,
    /// The attribute path below it, `.`-separated without indexes; empty for the instance itself.
    pub path: Arc<str>,
}

/// Why a value is not known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Why {
    /// An attribute that the provider computes at apply; the subject is its address.
    Computed,
    /// What a data source will read; the subject is its address.
    DataSource,
    /// A variable without value; the subject is its name.
    Variable,
    /// An output of a module that is not there; the subject is the call.
    Module,
    /// A function that sekisho does not evaluate; the subject is its name.
    Function,
    /// A function whose result differs each time; the subject is its name.
    Impure,
    /// More possibilities than [`MAX_ALTERNATIVES`].
    TooMany,
    /// An error that has its own diagnostic.
    Error,
    /// A resource that its module does not have, which has its own diagnostic too; the subject is its
    /// address, and what is read of it.
    NotDeclared,
    /// A file outside the boundary, or not readable; the subject is its path.
    File,
    /// A file that the configuration in a plan file reads, and the plan file does not hold; the subject is its
    /// path.
    NotHeld,
    /// How many instances there are is not known; the subject is the address.
    Instances,
    /// A budget of sekisho's.
    Limit,
    /// A document that could not be read; the subject is the function that wanted to.
    Document,
    /// `terraform.workspace` that nothing sets, and the like; the subject names it.
    Environment,
    /// A plan does not hold it (a local value, a condition); the subject names it.
    Plan,
}

/// A value that is not known.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// Its type, as far as that is known.
    pub ty: Type,
    /// Two unknowns with one identity have one value. Never 0.
    pub id: u64,
    /// For a bool: what has to hold for it to be true.
    pub test: Option<Literal>,
    /// Why.
    pub why: Why,
    /// What the reason is about, in the user's words.
    pub subject: Arc<str>,
    /// The resource attributes that it depends on, sorted.
    pub refs: Arc<[Ref]>,
    /// It is not null, whatever it is.
    pub not_null: bool,
    /// For text: its parts in order; for a list or set of texts: those of each element. Empty when nothing
    /// is known of it.
    pub parts: Arc<[Part]>,
}

/// A part of a text that is not wholly known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// This stands there.
    Known(Arc<str>),
    /// Something stands there.
    Unknown,
    /// The id or ARN of one thing stands there, which a provider gives: not empty, no wildcard in it.
    Named(Whose),
}

impl Part {
    /// The text, where it is known.
    pub fn known(&self) -> Option<&str> {
        match self {
            Part::Known(s) => Some(s),
            _ => None,
        }
    }
}

/// Whose id stands in a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// Of some thing.
    Thing,
    /// Of the account (project, subscription) that terraform runs in.
    OwnAccount,
    /// Of what a data source tells that the code does not: the numbers of its module instance and resource.
    /// Where it is the settings or the environment may say.
    Told(u32, u32),
}

/// One thing that is assumed: an unknown equals a constant, or does not.
#[derive(Clone, Debug)]
pub struct Literal {
    /// The identity of the unknown.
    pub atom: u64,
    /// Equals, else differs from.
    pub equal: bool,
    /// The identity of the constant (see [`Val::identity`]).
    pub constant: u64,
    /// The constant, where it is at hand: what the unknown is where the literal holds.
    pub value: Option<Val>,
    /// In the user's words: `var.dr = true`.
    pub text: Arc<str>,
}

impl Literal {
    /// That the unknown of an identity is `constant`.
    pub fn new(atom: u64, constant: &Val, text: impl Into<Arc<str>>) -> Literal {
        Literal {
            atom,
            equal: true,
            constant: constant.identity(),
            value: Some(constant.clone()),
            text: text.into(),
        }
    }

    /// The contrary.
    #[must_use]
    pub fn negate(&self) -> Literal {
        let (t, f) = (Val::bool(true).identity(), Val::bool(false).identity());
        if self.equal && (self.constant == t || self.constant == f) {
            let constant = if self.constant == t { f } else { t };
            let text = match (
                self.text.strip_suffix(" = true"),
                self.text.strip_suffix(" = false"),
            ) {
                (Some(x), _) => format!("{x} = false").into(),
                (_, Some(x)) => format!("{x} = true").into(),
                _ => format!("not ({})", self.text).into(),
            };
            return Literal {
                constant,
                text,
                value: self.value.as_ref().map(|_| Val::bool(constant == t)),
                ..self.clone()
            };
        }
        let text = if self.equal {
            self.text.replacen(" = ", " ≠ ", 1).into()
        } else {
            self.text.replacen(" ≠ ", " = ", 1).into()
        };
        Literal {
            equal: !self.equal,
            text,
            ..self.clone()
        }
    }

    fn contradicts(&self, other: &Literal) -> bool {
        self.atom == other.atom
            && match (self.equal, other.equal) {
                (true, true) => self.constant != other.constant,
                (true, false) | (false, true) => self.constant == other.constant,
                (false, false) => false,
            }
    }

    fn same(&self, other: &Literal) -> bool {
        (self.atom, self.equal, self.constant) == (other.atom, other.equal, other.constant)
    }
}

/// What is assumed together: all literals hold. Empty: nothing is assumed.
#[derive(Clone, Debug, Default)]
pub struct World(Option<Arc<Vec<Literal>>>);

impl World {
    /// Nothing assumed.
    pub const ANY: World = World(None);

    /// One assumption.
    pub fn of(literal: Literal) -> World {
        World(Some(Arc::new(vec![literal])))
    }

    /// The assumptions.
    pub fn literals(&self) -> &[Literal] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    /// Nothing assumed?
    pub fn is_any(&self) -> bool {
        self.literals().is_empty()
    }

    /// Both; `None` where they cannot hold together.
    pub fn and(&self, other: &World) -> Option<World> {
        if other.is_any() {
            return Some(self.clone());
        }
        if self.is_any() {
            return Some(other.clone());
        }
        let mut all = self.literals().to_vec();
        for l in other.literals() {
            if all.iter().any(|have| have.contradicts(l)) {
                return None;
            }
            if !all.iter().any(|have| have.same(l)) {
                all.push(l.clone());
            }
        }
        Some(World(Some(Arc::new(all))))
    }

    /// What an unknown is, where the world says it.
    fn value_of(&self, u: &Unknown) -> Option<&Val> {
        let said = |l: &&Literal| l.equal && l.atom == u.id;
        self.literals().iter().find(said)?.value.as_ref()
    }

    /// Whether they can hold together.
    pub fn agrees(&self, other: &World) -> bool {
        !self
            .literals()
            .iter()
            .any(|a| other.literals().iter().any(|b| a.contradicts(b)))
    }

    /// The assumptions in the user's words.
    pub fn texts(&self) -> Vec<Arc<str>> {
        self.literals().iter().map(|l| l.text.clone()).collect()
    }
}

/// One of several values, and where it holds.
#[derive(Clone, Debug)]
pub struct Alt {
    /// Where it holds.
    pub when: World,
    /// The value; not itself one of several.
    pub val: Val,
}

/// Mixes two numbers into an identity.
pub fn mix(a: u64, b: u64) -> u64 {
    let mut x = a.rotate_left(23) ^ b.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x ^= x >> 32;
    x = x.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    x ^= x >> 29;
    x | 1
}

/// An identity from bytes.
pub fn mix_bytes(seed: u64, bytes: &[u8]) -> u64 {
    let mut h = mix(seed, bytes.len() as u64);
    for chunk in bytes.chunks(8) {
        let mut word = [0u8; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        h = mix(h, u64::from_le_bytes(word));
    }
    h
}

impl From<Kind> for Val {
    fn from(kind: Kind) -> Val {
        Val {
            kind,
            marks: Marks::NONE,
            via: None,
        }
    }
}

impl Val {
    /// `null`.
    pub fn null() -> Val {
        Kind::Null(Type::Dynamic).into()
    }

    /// Null of a type.
    pub fn null_of(ty: Type) -> Val {
        Kind::Null(ty).into()
    }

    /// A bool.
    pub fn bool(b: bool) -> Val {
        Kind::Bool(b).into()
    }

    /// A number.
    pub fn num(n: impl Into<Num>) -> Val {
        Kind::Num(n.into()).into()
    }

    /// Text; the caller has normalised it (see [`Val::text`]).
    pub fn str(s: impl Into<Arc<str>>) -> Val {
        Kind::Str(s.into()).into()
    }

    /// Text from outside: NFC-normalised on entry, as Terraform does.
    pub fn text(s: &str) -> Val {
        use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
        if s.is_ascii() || is_nfc_quick(s.chars()) == IsNormalized::Yes {
            return Val::str(s);
        }
        Val::str(s.nfc().collect::<String>())
    }

    fn seq(elem: Type, items: Vec<Val>) -> Arc<Seq> {
        let mut has = Has::default();
        for v in &items {
            has.add(v);
        }
        Arc::new(Seq { elem, items, has })
    }

    /// A list; every item already has the type `elem`.
    pub fn list(elem: Type, items: Vec<Val>) -> Val {
        let elem = element_type(elem, || items.iter());
        Kind::List(Val::seq(elem, items)).into()
    }

    /// A list of texts.
    pub fn strings<S: Into<Arc<str>>>(items: impl IntoIterator<Item = S>) -> Val {
        Val::list(Type::String, items.into_iter().map(Val::str).collect())
    }

    /// A set; sorts and drops duplicates. Marks of the elements move to the set.
    pub fn set(elem: Type, mut items: Vec<Val>) -> Val {
        let mut marks = Marks::NONE;
        for v in &mut items {
            marks = marks.with(v.marks);
            v.marks = Marks::NONE;
        }
        let elem = element_type(elem, || items.iter());
        items.sort_by(Val::order);
        // Two that are not known may differ, also where both are of one origin.
        items.dedup_by(|a, b| a.is_wholly_known() && a.same(b));
        Val::from(Kind::Set(Val::seq(elem, items))).marked(marks)
    }

    /// A tuple.
    pub fn tuple(items: Vec<Val>) -> Val {
        Kind::Tuple(Val::seq(Type::Dynamic, items)).into()
    }

    fn fields(elem: Type, mut items: Vec<(Arc<str>, Val)>, open: Option<Arc<Ref>>) -> Arc<Fields> {
        // The last of equal keys counts; a stable sort keeps their order.
        if !items.windows(2).all(|w| w[0].0 < w[1].0) {
            items.sort_by(|a, b| a.0.cmp(&b.0));
            items.reverse();
            items.dedup_by(|a, b| a.0 == b.0);
            items.reverse();
        }
        let mut has = Has::default();
        for (_, v) in &items {
            has.add(v);
        }
        Arc::new(Fields {
            elem,
            items,
            has,
            open,
        })
    }

    /// A map; every item already has the type `elem`. The last of equal keys counts.
    pub fn map(elem: Type, items: Vec<(Arc<str>, Val)>) -> Val {
        let elem = element_type(elem, || items.iter().map(|(_, v)| v));
        Kind::Map(Val::fields(elem, items, None)).into()
    }

    /// An object. The last of equal keys counts.
    pub fn object(items: Vec<(Arc<str>, Val)>) -> Val {
        Kind::Object(Val::fields(Type::Dynamic, items, None)).into()
    }

    /// What a resource or one of its blocks says; what is not here, `open` computes.
    pub fn open_object(items: Vec<(Arc<str>, Val)>, open: Arc<Ref>) -> Val {
        Kind::Object(Val::fields(Type::Dynamic, items, Some(open))).into()
    }

    /// Not known, with a reason. `id` tells it from others (see [`Unknown::id`]).
    pub fn unknown(ty: Type, id: u64, why: Why, subject: impl Into<Arc<str>>) -> Val {
        Kind::Unknown(Arc::new(Unknown {
            ty,
            id: id | 1,
            test: None,
            why,
            subject: subject.into(),
            refs: Arc::from([]),
            not_null: false,
            parts: Arc::from([]),
        }))
        .into()
    }

    /// One of several: drops what cannot be, unfolds nested ones, gives the value itself where all
    /// are the same, and plain unknown where there are too many.
    pub fn one_of(alts: Vec<(World, Val)>) -> Val {
        let mut flat: Vec<Alt> = Vec::with_capacity(alts.len());
        for (when, val) in alts {
            match val.kind {
                Kind::OneOf(inner) => {
                    for a in inner.iter() {
                        if let Some(both) = when.and(&a.when) {
                            flat.push(Alt {
                                when: both,
                                val: a.val.clone().marked(val.marks),
                            });
                        }
                    }
                }
                _ => flat.push(Alt { when, val }),
            }
        }
        let Some((first, rest)) = flat.split_first() else {
            return Val::unknown(Type::Dynamic, 0x0a17, Why::TooMany, "");
        };
        if rest
            .iter()
            .all(|a| a.val.same(&first.val) && a.val.via == first.val.via)
        {
            return first.val.clone();
        }
        if flat.len() > MAX_ALTERNATIVES {
            let ty = first.val.ty();
            let same_type = rest.iter().all(|a| a.val.ty() == ty);
            let id = flat.iter().fold(0x0b17, |h, a| mix(h, a.val.identity()));
            let mut u = Unknown {
                ty: if same_type { ty } else { Type::Dynamic },
                id,
                test: None,
                why: Why::TooMany,
                subject: "".into(),
                refs: Arc::from([]),
                not_null: flat.iter().all(|a| a.val.is_not_null()),
                parts: Arc::from([]),
            };
            let mut refs = Vec::new();
            let mut marks = Marks::NONE;
            for a in &flat {
                a.val.collect_refs(&mut refs);
                marks = marks.with(a.val.has().marks);
            }
            refs.sort();
            refs.dedup();
            u.refs = refs.into();
            return Val::from(Kind::Unknown(Arc::new(u))).marked(marks);
        }
        Kind::OneOf(Arc::new(flat)).into()
    }

    /// The value with these marks added.
    #[must_use]
    pub fn marked(mut self, marks: Marks) -> Val {
        self.marks = self.marks.with(marks);
        self
    }

    /// The value as read from a resource attribute.
    #[must_use]
    pub fn via(mut self, r: Arc<Ref>) -> Val {
        self.via = Some(r);
        self
    }

    /// What stands in it.
    pub fn has(&self) -> Has {
        let mut has = match &self.kind {
            Kind::List(s) | Kind::Set(s) | Kind::Tuple(s) => s.has,
            Kind::Map(f) | Kind::Object(f) => f.has,
            Kind::Unknown(_) => Has {
                unknown: true,
                ..Has::default()
            },
            Kind::OneOf(alts) => {
                let mut has = Has {
                    one_of: true,
                    ..Has::default()
                };
                alts.iter().for_each(|a| has.add(&a.val));
                has
            }
            Kind::Instance(_) => Has {
                instance: true,
                ..Has::default()
            },
            _ => Has::default(),
        };
        has.marks = has.marks.with(self.marks);
        has
    }

    /// Null?
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null(_))
    }

    /// Certainly not null.
    pub fn is_not_null(&self) -> bool {
        match &self.kind {
            Kind::Null(_) => false,
            Kind::Unknown(u) => u.not_null,
            Kind::OneOf(alts) => alts.iter().all(|a| a.val.is_not_null()),
            _ => true,
        }
    }

    /// Known at this level (not unknown, not one of several).
    pub fn is_known(&self) -> bool {
        !matches!(self.kind, Kind::Unknown(_) | Kind::OneOf(_))
    }

    /// Known throughout.
    pub fn is_wholly_known(&self) -> bool {
        let h = self.has();
        !h.unknown && !h.one_of && !h.instance
    }

    /// Text, when it is known text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The bool, when it is a known bool.
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// The number, when it is a known number.
    pub fn as_num(&self) -> Option<&Num> {
        match &self.kind {
            Kind::Num(n) => Some(n),
            _ => None,
        }
    }

    /// The unknown, when it is one.
    pub fn as_unknown(&self) -> Option<&Unknown> {
        match &self.kind {
            Kind::Unknown(u) => Some(u),
            _ => None,
        }
    }

    /// The elements of a list, set or tuple.
    pub fn as_seq(&self) -> Option<&[Val]> {
        match &self.kind {
            Kind::List(s) | Kind::Set(s) | Kind::Tuple(s) => Some(&s.items),
            _ => None,
        }
    }

    /// The elements of a map or object.
    pub fn as_fields(&self) -> Option<&Fields> {
        match &self.kind {
            Kind::Map(f) | Kind::Object(f) => Some(f),
            _ => None,
        }
    }

    /// The values it may have, each with where it holds; one with [`World::ANY`] for any other value.
    pub fn alternatives(&self) -> Vec<(World, Val)> {
        match &self.kind {
            Kind::OneOf(alts) => alts
                .iter()
                .map(|a| (a.when.clone(), a.val.clone().marked(self.marks)))
                .collect(),
            _ => vec![(World::ANY, self.clone())],
        }
    }

    /// What it is in a world: alternatives that do not agree with it are gone, and an unknown that the
    /// world says the value of has that value.
    #[must_use]
    pub fn within(&self, world: &World) -> Val {
        let alts = match &self.kind {
            Kind::OneOf(alts) => alts,
            Kind::Unknown(u) => {
                return world.value_of(u).map_or_else(
                    || self.clone(),
                    |v| Val {
                        kind: v.kind.clone(),
                        marks: self.marks.with(v.marks),
                        via: self.via.clone(),
                    },
                );
            }
            _ => return self.clone(),
        };
        if world.is_any() || alts.iter().all(|a| a.when.agrees(world)) {
            return self.clone();
        }
        let left: Vec<_> = alts
            .iter()
            .filter(|a| a.when.agrees(world))
            .map(|a| (a.when.clone(), a.val.clone()))
            .collect();
        if left.is_empty() {
            self.clone()
        } else {
            Val::one_of(left).marked(self.marks)
        }
    }

    /// Its type, as `type()` gives it.
    pub fn ty(&self) -> Type {
        match &self.kind {
            Kind::Null(t) => t.clone(),
            Kind::Bool(_) => Type::Bool,
            Kind::Num(_) => Type::Number,
            Kind::Str(_) => Type::String,
            Kind::List(s) => Type::list(s.elem.clone()),
            Kind::Set(s) => Type::set(s.elem.clone()),
            Kind::Map(f) => Type::map(f.elem.clone()),
            Kind::Tuple(s) => Type::tuple(s.items.iter().map(Val::ty).collect()),
            Kind::Object(f) => {
                Type::object(f.items.iter().map(|(k, v)| (k.clone(), v.ty())).collect())
            }
            Kind::Instance(_) => Type::Dynamic,
            Kind::Unknown(u) => u.ty.clone(),
            Kind::OneOf(alts) => {
                let first = alts[0].val.ty();
                if alts.iter().all(|a| a.val.ty() == first) {
                    first
                } else {
                    Type::Dynamic
                }
            }
        }
    }

    /// A number that is equal for equal values, and for unknowns that are the same unknown.
    pub fn identity(&self) -> u64 {
        match &self.kind {
            Kind::Null(_) => mix(1, 1),
            Kind::Bool(b) => mix(2, u64::from(*b) + 1),
            Kind::Num(n) => mix_bytes(3, n.to_string().as_bytes()),
            Kind::Str(s) => mix_bytes(4, s.as_bytes()),
            Kind::List(s) | Kind::Tuple(s) => s
                .items
                .iter()
                .fold(mix(5, s.items.len() as u64), |h, v| mix(h, v.identity())),
            Kind::Set(s) => s
                .items
                .iter()
                .fold(mix(6, s.items.len() as u64), |h, v| mix(h, v.identity())),
            Kind::Map(f) | Kind::Object(f) => f
                .items
                .iter()
                .fold(mix(7, f.items.len() as u64), |h, (k, v)| {
                    mix(mix_bytes(h, k.as_bytes()), v.identity())
                }),
            Kind::Instance(r) => r.identity(),
            Kind::Unknown(u) => u.id,
            Kind::OneOf(alts) => alts.iter().fold(8, |h, a| {
                let w = a.when.literals().iter().fold(h, |h, l| {
                    mix(mix(h, l.atom), l.constant ^ u64::from(l.equal))
                });
                mix(w, a.val.identity())
            }),
        }
    }

    /// The same value: known and equal in value and type, or the same unknown. Marks do not count.
    pub fn same(&self, other: &Val) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Null(a), Kind::Null(b)) => a == b,
            (Kind::Bool(a), Kind::Bool(b)) => a == b,
            (Kind::Num(a), Kind::Num(b)) => a == b,
            (Kind::Str(a), Kind::Str(b)) => a == b,
            (Kind::List(a), Kind::List(b)) | (Kind::Set(a), Kind::Set(b)) => {
                a.elem == b.elem && same_items(a, b)
            }
            (Kind::Tuple(a), Kind::Tuple(b)) => same_items(a, b),
            (Kind::Map(a), Kind::Map(b)) => a.elem == b.elem && same_fields(a, b),
            (Kind::Object(a), Kind::Object(b)) => a.open == b.open && same_fields(a, b),
            (Kind::Instance(a), Kind::Instance(b)) => a == b,
            (Kind::Unknown(a), Kind::Unknown(b)) => a.id == b.id,
            (Kind::OneOf(_), Kind::OneOf(_)) => self.identity() == other.identity(),
            _ => false,
        }
    }

    /// The order of elements in a set: false before true, numbers by size, texts by bytes, null last;
    /// others as `order.rs` says.
    pub fn order(&self, other: &Val) -> std::cmp::Ordering {
        use std::cmp::Ordering;
        fn rank(v: &Val) -> u8 {
            match v.kind {
                Kind::Bool(_) => 0,
                Kind::Num(_) => 1,
                Kind::Str(_) => 2,
                Kind::Null(_) => 9,
                Kind::Unknown(_) | Kind::OneOf(_) | Kind::Instance(_) => 8,
                _ => 3,
            }
        }
        match (&self.kind, &other.kind) {
            (Kind::Bool(a), Kind::Bool(b)) => a.cmp(b),
            (Kind::Num(a), Kind::Num(b)) => a.cmp(b),
            (Kind::Str(a), Kind::Str(b)) => a.cmp(b),
            _ => match rank(self).cmp(&rank(other)) {
                Ordering::Equal => super::order::compare(self, other),
                o => o,
            },
        }
    }

    /// Adds the resource attributes that it depends on.
    pub fn collect_refs(&self, out: &mut Vec<Ref>) {
        if let Some(r) = &self.via {
            out.push((**r).clone());
        }
        match &self.kind {
            Kind::Unknown(u) => out.extend(u.refs.iter().cloned()),
            Kind::Instance(r) => out.push((**r).clone()),
            Kind::List(s) | Kind::Set(s) | Kind::Tuple(s) => {
                s.items.iter().for_each(|v| v.collect_refs(out));
            }
            Kind::Map(f) | Kind::Object(f) => f.items.iter().for_each(|(_, v)| v.collect_refs(out)),
            Kind::OneOf(alts) => alts.iter().for_each(|a| a.val.collect_refs(out)),
            _ => {}
        }
    }
}

/// Where no element type was asked for, the one that all elements have.
fn element_type<'v, I: Iterator<Item = &'v Val>>(elem: Type, items: impl Fn() -> I) -> Type {
    if elem != Type::Dynamic {
        return elem;
    }
    let Some(first) = items().next().map(Val::ty) else {
        return elem;
    };
    let same = first != Type::Dynamic && items().all(|v| v.ty() == first);
    if same { first } else { elem }
}

fn same_items(a: &Seq, b: &Seq) -> bool {
    a.items.len() == b.items.len() && a.items.iter().zip(&b.items).all(|(x, y)| x.same(y))
}

fn same_fields(a: &Fields, b: &Fields) -> bool {
    a.items.len() == b.items.len()
        && a.items
            .iter()
            .zip(&b.items)
            .all(|(x, y)| x.0 == y.0 && x.1.same(&y.1))
}

impl Ref {
    /// A number that is equal for equal references.
    pub fn identity(&self) -> u64 {
        let key = match &self.key {
            Key::None => 1,
            Key::Index(i) => mix(2, *i),
            Key::Name(n) => mix_bytes(3, n.as_bytes()),
            Key::Any => 4,
        };
        let own = mix(mix(0xfe, u64::from(self.module)), u64::from(self.resource));
        mix_bytes(mix(own, key), self.path.as_bytes())
    }
}

/// A value made from others without being known: it depends on all that they depend on.
///
/// `op` names what was done, so that the same done to the same unknowns is the same unknown. The
/// reason is the first unknown's.
pub fn unknown_from(ty: Type, op: &str, args: &[&Val]) -> Val {
    let id = args
        .iter()
        .fold(mix_bytes(9, op.as_bytes()), |h, v| mix(h, v.identity()));
    let mut refs = Vec::new();
    let mut marks = Marks::NONE;
    for v in args {
        v.collect_refs(&mut refs);
        marks = marks.with(v.has().marks);
    }
    // A collection of which an element is not known is seldom the reason beside one that is not known itself.
    let whole = args.iter().find_map(|v| v.as_unknown());
    let first = match whole {
        Some(u) => Some(Arc::new(u.clone())),
        None => args.iter().find_map(|v| find_unknown(v)),
    };
    refs.sort();
    refs.dedup();
    let (why, subject) = first.map_or((Why::Computed, "".into()), |u| (u.why, u.subject.clone()));
    Val::from(Kind::Unknown(Arc::new(Unknown {
        ty,
        id,
        test: None,
        why,
        subject,
        refs: refs.into(),
        not_null: true,
        parts: Arc::from([]),
    })))
    .marked(marks)
}

/// The first unknown inside a value.
pub fn find_unknown(v: &Val) -> Option<Arc<Unknown>> {
    match &v.kind {
        Kind::Unknown(u) => Some(u.clone()),
        Kind::List(s) | Kind::Set(s) | Kind::Tuple(s) if s.has.unknown || s.has.one_of => {
            s.items.iter().find_map(find_unknown)
        }
        Kind::Map(f) | Kind::Object(f) if f.has.unknown || f.has.one_of => {
            f.items.iter().find_map(|(_, v)| find_unknown(v))
        }
        Kind::OneOf(alts) => alts.iter().find_map(|a| find_unknown(&a.val)),
        _ => None,
    }
}

/// Runs `f` for every combination of the arguments' alternatives that can be; the result is one of
/// what it gives. Arguments that are not one of several cost nothing.
pub fn lift(args: &[Val], mut f: impl FnMut(&[Val]) -> Val) -> Val {
    if !args.iter().any(|a| matches!(a.kind, Kind::OneOf(_))) {
        return f(args);
    }
    let Some(combinations) = combine(args) else {
        let refs: Vec<&Val> = args.iter().collect();
        return too_many("lift", &refs);
    };
    Val::one_of(
        combinations
            .into_iter()
            .map(|(w, args)| (w, f(&args)))
            .collect(),
    )
}

/// Plain unknown because there were too many possibilities.
pub fn too_many(op: &str, args: &[&Val]) -> Val {
    let mut v = unknown_from(Type::Dynamic, op, args);
    if let Kind::Unknown(u) = &mut v.kind {
        let u = Arc::make_mut(u);
        u.why = Why::TooMany;
        u.not_null = false;
    }
    v
}

/// The combinations of the arguments' alternatives that can be; `None` for too many.
pub fn combine(args: &[Val]) -> Option<Vec<(World, Vec<Val>)>> {
    let mut out: Vec<(World, Vec<Val>)> = vec![(World::ANY, Vec::with_capacity(args.len()))];
    for arg in args {
        let alts = arg.alternatives();
        let mut next = Vec::with_capacity(out.len() * alts.len());
        for (w, have) in &out {
            for (aw, v) in &alts {
                if let Some(both) = w.and(aw) {
                    let mut have = have.clone();
                    have.push(v.clone());
                    next.push((both, have));
                }
            }
        }
        if next.len() > MAX_ALTERNATIVES {
            return None;
        }
        out = next;
    }
    Some(out)
}

/// Lifts alternatives inside collections to the top: the result has none inside. Plain unknown where
/// there are too many.
pub fn hoist(v: &Val) -> Val {
    if !v.has().one_of {
        return v.clone();
    }
    let rebuilt = match &v.kind {
        Kind::OneOf(alts) => Val::one_of(
            alts.iter()
                .map(|a| (a.when.clone(), hoist(&a.val)))
                .collect(),
        ),
        Kind::List(s) | Kind::Set(s) | Kind::Tuple(s) => {
            let items: Vec<Val> = s.items.iter().map(hoist).collect();
            let kind = v.kind.clone();
            lift(&items, |items| match kind {
                Kind::List(_) => Val::list(s.elem.clone(), items.to_vec()),
                Kind::Set(_) => Val::set(s.elem.clone(), items.to_vec()),
                _ => Val::tuple(items.to_vec()),
            })
        }
        Kind::Map(f) | Kind::Object(f) => {
            let items: Vec<Val> = f.items.iter().map(|(_, v)| hoist(v)).collect();
            let object = matches!(v.kind, Kind::Object(_));
            lift(&items, |items| {
                let items = f
                    .items
                    .iter()
                    .map(|(k, _)| k.clone())
                    .zip(items.iter().cloned())
                    .collect();
                match (object, &f.open) {
                    (true, Some(open)) => Val::open_object(items, open.clone()),
                    (true, None) => Val::object(items),
                    _ => Val::map(f.elem.clone(), items),
                }
            })
        }
        _ => v.clone(),
    };
    rebuilt.marked(v.marks)
}
