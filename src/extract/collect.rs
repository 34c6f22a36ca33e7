//! The first pass: which instances the catalog knows, and how their attributes and conditions are read.
//!
//! Lives here: the table of entries, reading a path with its alternatives, asking a condition. Not
//! here: what is made of it (`join.rs`, `place.rs`, `custody.rs`).

use super::facts::Basis;
use super::join::{Carried, NamedIn, Names};
use super::readers;
use super::worlds::{self, Cond};
use super::{Options, custody::Memo};
use crate::catalog::Catalog;
use crate::catalog::compile::{Condition, Default, Fast, KeyPath, Provider, Row};
use crate::catalog::versions;
use crate::diagnostic::Message;
use crate::evaluate::Evaluation;
use crate::evaluate::evaluated::{Found, Instance, InstanceId, View};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Literal, Marks, Unknown, Val, Why, World, mix};
use crate::extract::facts::{KeyAnswer, Location};
use crate::load::project::Mode;
use rustc_hash::FxHashMap;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// The number of an entry.
pub type EntryId = usize;

/// Attribute and value.
pub type Defaults = Rc<[(Arc<str>, Val)]>;

/// An instance whose type has a row.
pub struct Entry {
    /// Which instance.
    pub id: InstanceId,
    /// The row of its type.
    pub row: Arc<Row>,
    /// The provider of its type.
    pub provider: Arc<Provider>,
    /// What holds where nothing is written, with the versions of its provider that are possible.
    pub defaults: Defaults,
    view: OnceCell<View>,
    object: OnceCell<Val>,
}

/// What is written, by world: the value and where it stands, or nothing.
pub type Written = Vec<(World, Option<(Val, Basis)>)>;

/// A type, and a path that names resources of it (`TYPE.PATH`).
pub(super) type TypeAndPath = (Arc<str>, Arc<str>);

/// Module instance, resource, and which instance of the provider configuration.
type ConfiguredKey = (u32, u32, Option<u64>);

/// One evaluation, being looked at.
pub struct Extractor<'e, 'p> {
    pub(super) ev: &'e Evaluation<'p>,
    pub(super) catalog: &'e Catalog,
    pub(super) options: &'e Options,
    pub(super) entries: Vec<Entry>,
    pub(super) by_id: FxHashMap<InstanceId, EntryId>,
    /// Row name to entries.
    pub(super) by_type: FxHashMap<Arc<str>, Vec<EntryId>>,
    pub(super) custody: RefCell<Vec<Memo<Rc<Vec<KeyAnswer>>>>>,
    pub(super) places: RefCell<Vec<Memo<Arc<Location>>>>,
    pub(super) configured: RefCell<FxHashMap<ConfiguredKey, Arc<Location>>>,
    /// What the neighbours in a plan or state tell of a provider configuration.
    pub(super) neighbours:
        RefCell<FxHashMap<super::neighbours::Of, Option<super::neighbours::Near>>>,
    pub(super) carried: RefCell<FxHashMap<Arc<str>, Rc<Carried>>>,
    pub(super) names: RefCell<FxHashMap<Arc<str>, Rc<Names>>>,
    /// Conditions that were asked, by where they are kept.
    held: RefCell<FxHashMap<(usize, EntryId), Cond>>,
    /// Whether groups of rules let everybody in, by the ports that are asked about.
    pub(super) let_in: RefCell<FxHashMap<(EntryId, u64), Cond>>,
    /// By the type that is named and the path that names it.
    pub(super) named: RefCell<FxHashMap<TypeAndPath, Rc<NamedIn>>>,
    /// `own` of conditions.
    own: Val,
    /// Texts that data sources read of keys.
    pub(super) keys_read: OnceCell<FxHashMap<Arc<str>, Vec<EntryId>>>,
}

impl<'e, 'p> Extractor<'e, 'p> {
    /// Goes through all instances; gives those without a row too.
    pub fn new(
        ev: &'e Evaluation<'p>,
        catalog: &'e Catalog,
        options: &'e Options,
    ) -> (Self, Vec<&'e Instance>) {
        type RowOf = Option<(Arc<Row>, Arc<Provider>)>;
        // Of a type whose defaults hang on the provider's version, by the provider's source.
        let mut defaults: FxHashMap<(Arc<str>, Option<Arc<str>>), Defaults> = FxHashMap::default();
        let mut rows: FxHashMap<(Mode, Arc<str>), RowOf> = FxHashMap::default();
        let mut entries = Vec::with_capacity(ev.instances().len());
        let mut by_id = FxHashMap::default();
        let mut by_type: FxHashMap<Arc<str>, Vec<EntryId>> = FxHashMap::default();
        let mut rest = Vec::new();
        for instance in ev.instances() {
            let known = rows
                .entry((instance.mode, instance.ty.clone()))
                .or_insert_with(|| {
                    let name = match instance.mode {
                        Mode::Managed => instance.ty.to_string(),
                        Mode::Data => format!("data.{}", instance.ty),
                        Mode::Ephemeral => return None,
                    };
                    Some((catalog.row(&name)?, catalog.provider(&name)?))
                });
            let Some((row, provider)) = known else {
                if instance.mode == Mode::Managed {
                    rest.push(instance);
                }
                continue;
            };
            // What the configuration makes counts as itself, however it is read.
            if row.same_as.is_some() && ev.reads(instance.id).is_some() {
                continue;
            }
            let source = row
                .by_version
                .then(|| ev.provider(instance.id).source.clone());
            let defaults = defaults
                .entry((row.ty.clone(), source))
                .or_insert_with(|| defaults_of(ev, instance, row))
                .clone();
            by_id.insert(instance.id, entries.len());
            by_type
                .entry(row.ty.clone())
                .or_default()
                .push(entries.len());
            entries.push(Entry {
                id: instance.id,
                row: row.clone(),
                provider: provider.clone(),
                defaults,
                view: OnceCell::new(),
                object: OnceCell::new(),
            });
        }
        let count = entries.len();
        let this = Extractor {
            ev,
            catalog,
            options,
            entries,
            by_id,
            by_type,
            custody: RefCell::new((0..count).map(|_| Memo::Open).collect()),
            places: RefCell::new((0..count).map(|_| Memo::Open).collect()),
            configured: RefCell::default(),
            neighbours: RefCell::default(),
            carried: RefCell::default(),
            names: RefCell::default(),
            held: RefCell::default(),
            let_in: RefCell::default(),
            named: RefCell::default(),
            own: options.own.value(),
            keys_read: OnceCell::new(),
        };
        (this, rest)
    }

    pub(super) fn instance(&self, e: EntryId) -> &'e Instance {
        self.ev.instance(self.entries[e].id)
    }

    pub(super) fn view(&self, e: EntryId) -> &View {
        let entry = &self.entries[e];
        entry.view.get_or_init(|| self.ev.view(entry.id))
    }

    /// The worlds in which an entry exists; at least one.
    pub(super) fn exists(&self, e: EntryId) -> Vec<World> {
        let worlds = &self.instance(e).worlds;
        if worlds.is_empty() {
            vec![World::ANY]
        } else {
            worlds.clone()
        }
    }

    pub(super) fn header(&self, e: EntryId) -> Basis {
        Basis::block(self.instance(e).place)
    }

    fn object(&self, e: EntryId) -> Val {
        let entry = &self.entries[e];
        entry
            .object
            .get_or_init(|| self.ev.as_object(self.view(e), &entry.defaults))
            .clone()
    }

    /// The blocks at a path of block names (several paths: `a|b.c`); each with the world in which all of
    /// them are there.
    pub(super) fn blocks(&self, view: &View, path: &str) -> Vec<View> {
        if path.contains('|') {
            let paths = path.split('|');
            return paths.flat_map(|p| self.blocks(view, p)).collect();
        }
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let here = self.ev.blocks(view, first);
        match rest {
            None => here,
            Some(rest) => here
                .iter()
                .flat_map(|outer| {
                    let mut inner = self.blocks(outer, rest);
                    for v in &mut inner {
                        v.maybe |= outer.maybe;
                    }
                    inner
                })
                .collect(),
        }
    }

    /// The values at a path, one entry for every place where it is written.
    pub(super) fn read_each(&self, view: &View, path: &str) -> Vec<Written> {
        self.ev
            .path(view, path)
            .into_iter()
            .map(|found| written(&found))
            .collect()
    }

    /// The value at a path; where it is written several times, the first.
    pub(super) fn read(&self, view: &View, path: &str) -> Written {
        self.read_each(view, path)
            .into_iter()
            .next()
            .unwrap_or_else(|| vec![(World::ANY, None)])
    }

    /// The value at a path of an entry or of an item in it; a default stands for what is not written.
    pub(super) fn read_at(&self, e: EntryId, item: Option<&View>, path: &KeyPath) -> Written {
        let view = match item {
            Some(view) if path.item => view,
            _ => self.view(e),
        };
        let mut out = self.read(view, &path.path);
        if !path.item
            && let Some((_, default)) = self.entries[e]
                .defaults
                .iter()
                .find(|(n, _)| *n == path.path)
        {
            for (_, v) in &mut out {
                if v.is_none() {
                    *v = Some((default.clone(), Basis::block(view.place)));
                }
            }
            if matches!(default.kind, Kind::OneOf(_)) {
                out = apart(out);
            }
        }
        out
    }

    /// What a condition may speak of, but `item`.
    fn bindings(&self, e: EntryId) -> Vec<(&'static str, Val)> {
        vec![("self", self.object(e)), ("own", self.own.clone())]
    }

    /// What an expression over an entry gives.
    pub(super) fn value_of(&self, c: &Condition, e: EntryId, item: Option<&View>) -> Written {
        let mut bindings = self.bindings(e);
        if let Some(item) = item {
            bindings.push(("item", self.ev.as_object(item, &[])));
        }
        let more = |name: &str, args: &[Val]| self.function(e, name, args);
        let (val, _) = self.ev.condition(&c.tree, c.tree.root(), &bindings, &more);
        let basis = self
            .decided_by(c, e, item)
            .unwrap_or_else(|| self.header(e));
        val.alternatives()
            .into_iter()
            .map(|(w, v)| {
                let absent = v.is_null() || v.as_str() == Some("");
                (w, (!absent).then(|| (v, basis.clone())))
            })
            .collect()
    }

    /// Asks a condition. What is asked of a resource as a whole is asked again for the reason, and costs: a
    /// policy is read for it.
    pub(super) fn holds(&self, c: &Condition, e: EntryId, item: Option<&View>) -> Cond {
        if item.is_some() {
            return self.decide(c, e, item);
        }
        // Rows live as long as their entries.
        let key = (std::ptr::from_ref(c) as usize, e);
        let known = self.held.borrow().get(&key).cloned();
        known.unwrap_or_else(|| {
            let found = self.decide(c, e, None);
            self.held.borrow_mut().insert(key, found.clone());
            found
        })
    }

    /// Asks a condition of a group of rules, about these ports.
    pub(super) fn holds_for(&self, c: &Condition, e: EntryId, ports: &Val) -> Cond {
        let bindings = [("self", self.object(e)), ("ports", ports.clone())];
        let more = |name: &str, args: &[Val]| self.function(e, name, args);
        let (val, _) = self.ev.condition(&c.tree, c.tree.root(), &bindings, &more);
        worlds::cond(&val)
    }

    /// The same of a rule that says itself which stores it is about.
    pub(super) fn holds_about(
        &self,
        c: &Condition,
        rule: EntryId,
        store: EntryId,
        ports: &Val,
    ) -> Cond {
        let bindings = [
            ("self", self.object(rule)),
            ("store", self.object(store)),
            ("ports", ports.clone()),
        ];
        let more = |name: &str, args: &[Val]| self.function(rule, name, args);
        let (val, _) = self.ev.condition(&c.tree, c.tree.root(), &bindings, &more);
        worlds::cond(&val)
    }

    fn decide(&self, c: &Condition, e: EntryId, item: Option<&View>) -> Cond {
        if let Some(fast) = &c.fast
            && let Some(b) = self.fast(fast, e, item)
        {
            return vec![(World::ANY, Some(b))];
        }
        let mut bindings = self.bindings(e);
        bindings.push(("ports", Val::null()));
        if let Some(item) = item {
            bindings.push(("item", self.ev.as_object(item, &[])));
        }
        let more = |name: &str, args: &[Val]| self.function(e, name, args);
        let (val, _) = self.ev.condition(&c.tree, c.tree.root(), &bindings, &more);
        worlds::cond(&val)
    }

    /// A condition over values that are known; `None` where one is not.
    #[allow(clippy::many_single_char_names)] // operands of one operator
    fn fast(&self, f: &Fast, e: EntryId, item: Option<&View>) -> Option<bool> {
        Some(match f {
            Fast::Not(x) => !self.fast(x, e, item)?,
            Fast::And(a, b) => self.fast(a, e, item)? && self.fast(b, e, item)?,
            Fast::Or(a, b) => self.fast(a, e, item)? || self.fast(b, e, item)?,
            Fast::True(p) => match self.known(p, e, item)?.kind {
                Kind::Bool(b) => b,
                _ => return None,
            },
            Fast::Equal(p, constant) => {
                if constant.is_null() && self.certainly_there(p, e, item) {
                    return Some(false);
                }
                let v = self.known(p, e, item)?;
                match (&v.kind, &constant.kind) {
                    (Kind::Null(_), Kind::Null(_)) => true,
                    (Kind::Null(_), _) | (_, Kind::Null(_)) => false,
                    (Kind::Bool(a), Kind::Bool(b)) => a == b,
                    (Kind::Str(a), Kind::Str(b)) => a == b,
                    // Old code writes switches as text, and terraform takes it as the switch.
                    (Kind::Str(a), Kind::Bool(b)) if matches!(&**a, "true" | "false") => {
                        (&**a == "true") == *b
                    }
                    _ => return None,
                }
            }
        })
    }

    /// Not known yet, but not null: what another resource computes is there after apply.
    fn certainly_there(&self, p: &KeyPath, e: EntryId, item: Option<&View>) -> bool {
        let view = match (p.item, item) {
            (true, Some(item)) => item,
            (true, None) => return false,
            (false, _) => self.view(e),
        };
        self.ev.attribute(view, &p.path).is_some_and(|found| {
            let v = &found.val;
            matches!(v.kind, Kind::Unknown(_)) && (v.via.is_some() || v.is_not_null())
        })
    }

    fn known(&self, p: &KeyPath, e: EntryId, item: Option<&View>) -> Option<Val> {
        let view = match (p.item, item) {
            (true, item) => item?,
            (false, _) => self.view(e),
        };
        let default = || {
            let defaults = &self.entries[e].defaults;
            let found = defaults.iter().find(|(n, _)| *n == p.path && !p.item);
            found.map_or_else(Val::null, |(_, v)| v.clone())
        };
        match self.ev.attribute(view, &p.path) {
            None if !self.ev.blocks(view, &p.path).is_empty() => None,
            None => Some(default()),
            Some(found) => match found.val.kind {
                Kind::Null(_) => Some(default()),
                Kind::Bool(_) | Kind::Str(_) => Some(found.val),
                _ => None,
            },
        }
    }

    /// Functions of conditions beside Terraform's own.
    fn function(&self, e: EntryId, name: &str, args: &[Val]) -> Option<Result<Val, String>> {
        match name {
            "named_in" => Some(match args.first().and_then(Val::as_str) {
                Some(place) => Ok(self.named_in(e, place)),
                None => Err("named_in: TYPE.PATH is needed".into()),
            }),
            "none_open" | "some_open" => Some(self.groups(name, args)),
            "not_seen" => Some(Ok(Val::unknown(
                Type::Bool,
                mix(0x5ee4, e as u64),
                Why::Computed,
                &*self.instance(e).address,
            ))),
            "let_in_by" => Some(self.let_in_by(e, args)),
            _ => readers::call(name, args),
        }
    }

    /// The attribute that leaves a condition open, and why.
    pub(super) fn open_of(
        &self,
        c: &Condition,
        e: EntryId,
        item: Option<&View>,
    ) -> Option<(Message, Basis)> {
        c.looks.iter().find_map(|p| {
            let view = match (p.item, item) {
                (true, item) => item?,
                (false, _) => self.view(e),
            };
            let found = self
                .ev
                .path(view, &p.path)
                .into_iter()
                .find(|f| !f.val.is_known() || f.maybe)?;
            if found.val.is_known() {
                // What is not known is whether the block around it is there.
                return Some((Message::new("why.block"), Basis::block(found.header)));
            }
            Some((why_of(&found.val), Basis::value(found)))
        })
    }

    /// The attribute that decided a condition: the first that is written of those it looks at.
    pub(super) fn decided_by(
        &self,
        c: &Condition,
        e: EntryId,
        item: Option<&View>,
    ) -> Option<Basis> {
        c.looks.iter().find_map(|p| {
            let view = match (p.item, item) {
                (true, item) => item?,
                (false, _) => self.view(e),
            };
            let found = self.ev.path(view, &p.path).into_iter().next()?;
            Some(Basis::value(found))
        })
    }
}

/// The defaults of an instance's type, with the versions of its provider that are possible.
fn defaults_of(ev: &Evaluation<'_>, instance: &Instance, row: &Row) -> Defaults {
    let known = row.by_version.then(|| ev.provider(instance.id));
    row.defaults
        .iter()
        .filter_map(|(name, default)| {
            let list = match default {
                Default::Always(v) => return Some((name.clone(), v.clone())),
                Default::Ranged(list) => list,
            };
            let known = known.as_ref()?;
            let ranges: Vec<&versions::Range> = list.iter().map(|(r, _)| r).collect();
            let constraints: Vec<&str> = known.versions.constraints.iter().map(|c| &**c).collect();
            let may = versions::possible(&ranges, known.versions.locked.as_deref(), &constraints);
            // Which version it is, is one assumption for all that hangs on it.
            let short = known.source.rsplit('/').next().unwrap_or_default();
            let atom = Val::text(&format!("version of {}", known.source)).identity();
            let alternatives: Vec<(World, Val)> = may
                .into_iter()
                .map(|i| {
                    let (range, v) = &list[i];
                    let world = World::of(Literal::new(
                        atom,
                        &Val::text(range.text()),
                        format!("{short} {}", range.text()),
                    ));
                    (world, v.clone())
                })
                .collect();
            match &alternatives[..] {
                [] => None,
                [(_, v)] => Some((name.clone(), v.clone())),
                _ => Some((name.clone(), Val::one_of(alternatives))),
            }
        })
        .collect()
}

/// Each alternative of each value by itself.
fn apart(written: Written) -> Written {
    let mut out = Vec::with_capacity(written.len());
    for (w, v) in written {
        let Some((v, basis)) = v else {
            out.push((w, None));
            continue;
        };
        for (own, v) in v.alternatives() {
            if let Some(both) = w.and(&own) {
                out.push((both, Some((v, basis.clone()))));
            }
        }
    }
    out
}

/// A found value as alternatives: null and `""` are absent, and so is all of it where its block is not.
fn written(found: &Found) -> Written {
    let mut out: Written = Vec::new();
    let basis = Basis::value(found.clone());
    for (world, v) in found.val.alternatives() {
        let Some(world) = found.when.and(&world) else {
            continue;
        };
        let absent = v.is_null() || v.as_str() == Some("");
        out.push((world, (!absent).then(|| (v, basis.clone()))));
    }
    if found.maybe {
        out.push((found.when.clone(), None));
    }
    out.extend(
        worlds::complement(std::slice::from_ref(&found.when))
            .into_iter()
            .map(|w| (w, None)),
    );
    out
}

/// Whether a value must not be shown.
pub fn is_sensitive(v: &Val) -> bool {
    v.marks.has(Marks::SENSITIVE) || v.marks.has(Marks::EPHEMERAL)
}

/// Why a value is not known, in the user's terms.
pub fn why_of(v: &Val) -> Message {
    if is_sensitive(v) {
        return Message::new("why.sensitive");
    }
    match &v.kind {
        Kind::Unknown(u) => why(u),
        Kind::OneOf(alts) => alts
            .iter()
            .find_map(|a| match &a.val.kind {
                Kind::Unknown(u) => Some(why(u)),
                _ => None,
            })
            .unwrap_or_else(|| Message::new("why.several")),
        _ => Message::new("why.not-text"),
    }
}

fn why(u: &Unknown) -> Message {
    let key = match u.why {
        Why::Computed => "why.computed",
        Why::DataSource => "why.data-source",
        Why::Variable => "why.variable",
        Why::Module => "why.module",
        Why::Function => "why.function",
        Why::Impure => "why.impure",
        Why::TooMany => "why.too-many",
        Why::Error | Why::NotDeclared => "why.error",
        Why::File => "why.file",
        Why::NotHeld => "why.not-held",
        Why::Instances => "why.instances",
        Why::Limit => "why.limit",
        Why::Environment if u.subject.contains("workspace") => "why.workspace",
        Why::Environment => "why.environment",
        Why::Document => "why.document",
        Why::Plan => "why.plan",
    };
    Message::new(key).arg(&*u.subject)
}
