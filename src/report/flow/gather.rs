//! The flow map out of the register: each thing once, many of a kind together, arrows by what goes there.

use super::super::inventory::level_word;
use super::super::{Outcome, named_sets};
use super::model::{Abroad, Edge, Flow, Kind, Lane, Map, Node, Where};
use crate::diagnostic::Message;
use crate::extract::facts::{Answer, Copy, Location, Operator, Store};
use crate::messages::{Words, texts, visible};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So many things are drawn one by one.
const SINGLE: usize = 36;
/// So many groups of one type are drawn; more are put together by category.
const GROUPS: usize = 60;
/// So many regions, levels and the like are named in a line.
const NAMED: usize = 3;

/// A thing before it is known whether it is drawn alone. What is equal is one thing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Item {
    place: Where,
    kind: Kind,
    category: String,
    ty: String,
    target: Arc<str>,
    /// The address, or words for what has none.
    name: String,
    regions: String,
    class: String,
    operator: String,
    custody: String,
}

/// The variable sets in which a thing is so.
type Sets = BTreeSet<Arc<str>>;

struct Gather<'a> {
    outcome: &'a Outcome,
    words: &'a Words,
    items: Vec<(Item, Sets)>,
    numbers: FxHashMap<Item, usize>,
    /// By target, variable set and address.
    stores: FxHashMap<(&'a str, &'a str, &'a str), usize>,
    edges: BTreeMap<(usize, usize, Flow, String), usize>,
}

/// The picture of a register.
pub(super) fn map(outcome: &Outcome, words: &Words) -> Map {
    let mut gather = Gather {
        outcome,
        words,
        items: Vec::new(),
        numbers: FxHashMap::default(),
        stores: FxHashMap::default(),
        edges: BTreeMap::new(),
    };
    gather.stores();
    gather.keys();
    gather.copies();
    gather.others();
    gather.drawn()
}

impl<'a> Gather<'a> {
    /// The number of a thing, in a variable set.
    fn add(&mut self, item: Item, set: &Arc<str>) -> usize {
        let items = &mut self.items;
        let number = *self.numbers.entry(item).or_insert_with_key(|item| {
            items.push((item.clone(), Sets::new()));
            items.len() - 1
        });
        self.items[number].1.insert(Arc::clone(set));
        number
    }

    fn edge(&mut self, from: usize, to: usize, flow: Flow, label: String) {
        *self.edges.entry((from, to, flow, label)).or_default() += 1;
    }

    fn stores(&mut self) {
        for s in &self.outcome.stores {
            let item = Item {
                place: place(&s.location),
                kind: Kind::Store,
                category: s.category.to_string(),
                ty: s.ty.to_string(),
                target: Arc::clone(&s.target),
                name: s.address.to_string(),
                regions: regions(&s.location, self.words),
                class: class(s),
                operator: operator(&s.operator),
                custody: level_word(&s.custody).to_owned(),
            };
            let number = self.add(item, &s.variable_set);
            let at = (&*s.target, &*s.variable_set, &*s.address);
            self.stores.insert(at, number);
        }
    }

    fn keys(&mut self) {
        for k in self.outcome.keys.iter().filter(|k| !k.defers) {
            let item = Item {
                place: place(&k.location),
                kind: Kind::Key,
                category: String::new(),
                ty: k.ty.to_string(),
                target: Arc::clone(&k.target),
                name: k.address.to_string(),
                regions: regions(&k.location, self.words),
                class: String::new(),
                operator: String::new(),
                custody: level_word(&k.custody).to_owned(),
            };
            let key = self.add(item, &k.variable_set);
            for served in &k.used_by {
                let at = (&*k.target, &*k.variable_set, &**served);
                if let Some(&store) = self.stores.get(&at) {
                    self.edge(key, store, Flow::Key, String::new());
                }
            }
        }
        // Keys that only a text names stand where the text says.
        for s in &self.outcome.stores {
            let here = self.stores[&(&*s.target, &*s.variable_set, &*s.address)];
            for answer in &s.custody.answers {
                let Some(location) = &answer.key_location else {
                    continue;
                };
                if answer.key.is_some() || answer.key_as_store {
                    continue;
                }
                let item = Item {
                    place: place(location),
                    kind: Kind::Key,
                    category: String::new(),
                    ty: String::new(),
                    target: Arc::clone(&s.target),
                    name: self.words.word("flow.key-by-text"),
                    regions: regions(location, self.words),
                    class: String::new(),
                    operator: String::new(),
                    custody: answer.level.map_or("unknown", |l| l.word()).to_owned(),
                };
                let key = self.add(item, &s.variable_set);
                self.edge(key, here, Flow::Key, String::new());
            }
        }
    }

    fn copies(&mut self) {
        for s in &self.outcome.stores {
            let here = self.stores[&(&*s.target, &*s.variable_set, &*s.address)];
            for c in &s.copies {
                self.copy(here, c, &s.target, &s.variable_set);
            }
        }
    }

    fn copy(&mut self, from: usize, c: &Copy, target: &'a Arc<str>, set: &'a Arc<str>) {
        let made = c.made.answer();
        if made == Answer::No {
            return;
        }
        let kind = self.words.word(&format!("copy-kind.{}", c.kind));
        let flow = match &*c.kind {
            "processing" => Flow::Processing,
            "access-log" | "log-sink" => Flow::Log,
            _ => Flow::Copy,
        };
        let address = c.to.as_deref().unwrap_or("");
        let known = self.stores.get(&(&**target, &**set, address)).copied();
        let words = self.words;
        let elsewhere = || Item {
            place: place(&c.location),
            kind: Kind::Copy,
            category: kind.clone(),
            ty: kind.clone(),
            target: Arc::clone(target),
            name: if address.is_empty() {
                kind.clone()
            } else {
                address.to_owned()
            },
            regions: regions(&c.location, words),
            class: String::new(),
            operator: String::new(),
            custody: level_word(&c.custody).to_owned(),
        };
        let to = match known {
            Some(store) => store,
            None => self.add(elsewhere(), set),
        };
        let label = if made == Answer::Yes {
            kind
        } else {
            words.say(&Message::new("flow.perhaps").arg(kind))
        };
        self.edge(from, to, flow, label);
    }

    fn others(&mut self) {
        for o in &self.outcome.others {
            let kind = match o.role {
                "backend" => Kind::State,
                "service" => Kind::Service,
                "opaque" => Kind::Opaque,
                "route" if !o.copies.is_empty() => Kind::Route,
                // Doors and endpoints move nothing; what a route does to a store stands at the store.
                _ => continue,
            };
            let item = Item {
                place: place(&o.location),
                kind,
                category: String::new(),
                ty: o.ty.to_string(),
                target: Arc::clone(&o.target),
                name: o.address.to_string(),
                regions: regions(&o.location, self.words),
                class: String::new(),
                operator: o.operator.as_ref().map(operator).unwrap_or_default(),
                custody: String::new(),
            };
            let thing = self.add(item, &o.variable_set);
            let flow = match kind {
                Kind::State => Some(Flow::State),
                Kind::Service => Some(Flow::Service),
                _ => None,
            };
            if let Some(flow) = flow {
                let root = Item {
                    place: Where::Tool,
                    kind: Kind::Root,
                    category: String::new(),
                    ty: String::new(),
                    target: Arc::clone(&o.target),
                    name: o.target.to_string(),
                    regions: String::new(),
                    class: String::new(),
                    operator: String::new(),
                    custody: String::new(),
                };
                let root = self.add(root, &o.variable_set);
                self.edge(root, thing, flow, String::new());
            }
            for c in &o.copies {
                self.copy(thing, c, &o.target, &o.variable_set);
            }
        }
        for m in &self.outcome.modules_missing {
            let item = Item {
                place: place(&m.location),
                kind: Kind::Opaque,
                category: String::new(),
                ty: self.words.word("flow.module-missing"),
                target: Arc::clone(&m.target),
                name: m.address.to_string(),
                regions: regions(&m.location, self.words),
                class: String::new(),
                operator: String::new(),
                custody: String::new(),
            };
            self.add(item, &"default".into());
        }
    }

    /// Puts together what there is too much of, and gives everything its number.
    fn drawn(self) -> Map {
        let Gather {
            outcome,
            words,
            items,
            edges,
            ..
        } = self;
        let by = how_fine(&items);
        let mut groups: BTreeMap<Item, Vec<usize>> = BTreeMap::new();
        let mut group_of: Vec<Item> = Vec::with_capacity(items.len());
        for (number, (item, _)) in items.iter().enumerate() {
            let group = by.group(item);
            group_of.push(group.clone());
            groups.entry(group).or_default().push(number);
        }
        let several_targets = outcome.project.roots.len() > 1;
        let all_sets: BTreeMap<&str, usize> = outcome
            .project
            .roots
            .iter()
            .map(|r| (&*r.target, r.sets.len()))
            .collect();

        let mut places: Vec<&Where> = groups.keys().map(|g| &g.place).collect();
        places.dedup();
        let mut lanes: Vec<(&Where, Lane)> = places
            .into_iter()
            .map(|w| (w, lane(w, &outcome.home, words)))
            .collect();
        lanes.sort_by(|(a, x), (b, y)| (x.abroad, *a).cmp(&(y.abroad, *b)));
        let mut nodes = Vec::new();
        let mut numbers: FxHashMap<&Item, usize> = FxHashMap::default();
        for (number, (place, _)) in lanes.iter().enumerate() {
            for (group, members) in groups.iter().filter(|(g, _)| g.place == **place) {
                let members: Vec<&(Item, Sets)> = members.iter().map(|&m| &items[m]).collect();
                numbers.insert(group, nodes.len());
                let set_of = |item: &Item, sets: &Sets| {
                    let every = all_sets.get(&*item.target).copied().unwrap_or(1);
                    let sets: Vec<Arc<str>> = sets.iter().cloned().collect();
                    let some = sets.len() < every;
                    named_sets(&sets).filter(|_| some).map(|s| s.join(", "))
                };
                nodes.push(match &members[..] {
                    [(item, sets)] => {
                        single(item, number, several_targets, set_of(item, sets), words)
                    }
                    many => several(group, many, number, words),
                });
            }
        }
        let mut merged: BTreeMap<(usize, usize, Flow, String), usize> = BTreeMap::new();
        let grouped = !matches!(by, Fine::Single);
        for ((from, to, flow, label), count) in edges {
            let at = |item: usize| numbers[&group_of[item]];
            // Among many things an arrow to nearly each would hide those that lead elsewhere.
            if grouped && flow == Flow::Key && items[from].0.place == items[to].0.place {
                continue;
            }
            *merged.entry((at(from), at(to), flow, label)).or_default() += count;
        }
        Map {
            grouped,
            edges: merged
                .into_iter()
                .map(|((from, to, flow, label), count)| Edge {
                    from,
                    to,
                    flow,
                    label,
                    count,
                })
                .collect(),
            nodes,
            lanes: lanes.into_iter().map(|(_, lane)| lane).collect(),
        }
    }
}

/// How much is put together.
#[derive(Clone, Copy)]
enum Fine {
    Single,
    ByType,
    ByCategory,
}

impl Fine {
    /// What stands for a thing and all like it.
    fn group(self, item: &Item) -> Item {
        let together = Item {
            name: String::new(),
            target: "".into(),
            regions: String::new(),
            class: String::new(),
            operator: String::new(),
            custody: String::new(),
            ..item.clone()
        };
        match self {
            Fine::Single => item.clone(),
            Fine::ByType => together,
            Fine::ByCategory => Item {
                ty: String::new(),
                ..together
            },
        }
    }
}

fn how_fine(items: &[(Item, Sets)]) -> Fine {
    if items.len() <= SINGLE {
        return Fine::Single;
    }
    let groups: BTreeSet<Item> = items.iter().map(|(i, _)| Fine::ByType.group(i)).collect();
    if groups.len() <= GROUPS {
        Fine::ByType
    } else {
        Fine::ByCategory
    }
}

fn class(s: &Store) -> String {
    if s.marks.is_empty() {
        s.data_class.to_string()
    } else {
        format!("{} ({})", s.data_class, s.marks.join(", "))
    }
}

fn operator(o: &Operator) -> String {
    if o.name.is_empty() {
        String::new()
    } else {
        format!("{} ({})", o.name, o.country)
    }
}

fn custody_words(level: &str, words: &Words) -> Option<String> {
    let word = || words.word(&format!("custody.{level}"));
    (!level.is_empty()).then(|| words.say(&Message::new("flow.custody").arg(word())))
}

fn single(
    item: &Item,
    lane: usize,
    several_targets: bool,
    sets: Option<String>,
    words: &Words,
) -> Node {
    let mut lines = Vec::new();
    if several_targets && item.kind != Kind::Root {
        lines.push(item.target.to_string());
    }
    lines.extend(sets.map(|s| format!("[{s}]")));
    let about = [&item.regions, &item.class, &item.operator];
    lines.extend(about.iter().filter(|l| !l.is_empty()).map(|l| (*l).clone()));
    lines.extend(custody_words(&item.custody, words));
    let kind = words.word(item.kind.word());
    let what = match item.kind {
        Kind::Store => &item.category,
        Kind::Copy => "",
        _ => &item.ty,
    };
    Node {
        lane,
        kind: item.kind,
        head: if what.is_empty() {
            kind
        } else {
            format!("{kind} · {what}")
        },
        name: item.name.clone(),
        lines,
        count: 1,
    }
}

fn several(group: &Item, members: &[&(Item, Sets)], lane: usize, words: &Words) -> Node {
    let kind = words.word(group.kind.word());
    let what = match (group.ty.is_empty(), group.category.is_empty()) {
        (false, _) => group.ty.clone(),
        (true, false) => group.category.clone(),
        (true, true) => kind.clone(),
    };
    let mut lines = Vec::new();
    let targets: BTreeSet<&str> = members.iter().map(|(i, _)| &*i.target).collect();
    if targets.len() > 1 && group.kind != Kind::Root {
        let message = Message::new("flow.roots").arg(targets.len().to_string());
        lines.push(words.say(&message));
    }
    lines.extend(counted(
        members.iter().map(|(i, _)| i.regions.clone()),
        words,
    ));
    let levels = members
        .iter()
        .filter_map(|(i, _)| custody_words(&i.custody, words));
    lines.extend(counted(levels, words));
    Node {
        lane,
        kind: group.kind,
        head: kind,
        name: words.say(
            &Message::new("flow.many")
                .arg(what)
                .arg(members.len().to_string()),
        ),
        lines,
        count: members.len(),
    }
}

/// What there is most of, a line each, with how many.
fn counted(all: impl Iterator<Item = String>, words: &Words) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for text in all.filter(|t| !t.is_empty()) {
        *counts.entry(text).or_default() += 1;
    }
    let mut sorted: Vec<(String, usize)> = counts.into_iter().collect();
    sorted.sort_by(|(a, x), (b, y)| (y, a).cmp(&(x, b)));
    let more = sorted.len().saturating_sub(NAMED);
    let lines = sorted.into_iter().take(NAMED);
    let mut out: Vec<String> = lines
        .map(|(text, count)| words.say(&Message::new("flow.many").arg(text).arg(count.to_string())))
        .collect();
    if more > 0 {
        out.push(words.say(&Message::new("summary.more").arg(more.to_string())));
    }
    out
}

/// The place of a location, as the picture tells places apart.
fn place(location: &Location) -> Where {
    let mut sets: BTreeSet<BTreeSet<String>> = BTreeSet::new();
    for alternative in &location.alternatives {
        let countries = alternative.regions.iter().map(|r| r.country.to_string());
        sets.insert(countries.collect());
    }
    let known = location.state() != "unknown" && sets.iter().flatten().all(|c| !c.is_empty());
    if !known {
        return Where::Unknown;
    }
    if sets.len() > 1 {
        return Where::OneOf(sets);
    }
    let Some(countries) = sets.pop_first() else {
        return Where::Unknown;
    };
    match countries.len() {
        1 => countries
            .into_iter()
            .next()
            .map_or(Where::Unknown, Where::Country),
        _ => Where::Several(countries),
    }
}

/// The codes of a place in a line.
fn regions(location: &Location, words: &Words) -> String {
    let mut alternatives: Vec<String> = Vec::new();
    for a in &location.alternatives {
        let codes: Vec<&str> = a.regions.iter().map(|r| &*r.code).collect();
        let text = a
            .written
            .as_deref()
            .map_or_else(|| codes.join(" + "), str::to_owned);
        if !alternatives.contains(&text) {
            alternatives.push(text);
        }
    }
    if location.open || alternatives.is_empty() {
        // Part of what may be is not told as if it were all.
        return words.word("flow.region-unknown");
    }
    alternatives.join(" | ")
}

fn lane(place: &Where, home: &[Arc<str>], words: &Words) -> Lane {
    let at_home = |code: &String| home.iter().any(|h| **h == **code);
    let names = |codes: &BTreeSet<String>| {
        let names: Vec<String> = codes.iter().map(|c| country(c, words)).collect();
        names.join(", ")
    };
    let (title, abroad) = match place {
        Where::Tool => (words.word("flow.terraform"), Abroad::No),
        Where::Country(code) if at_home(code) => (country(code, words), Abroad::Home),
        Where::Country(code) => {
            let message = Message::new("flow.abroad").arg(country(code, words));
            (words.say(&message), Abroad::Out)
        }
        Where::Several(codes) => {
            let title = words.say(&Message::new("flow.several").arg(names(codes)));
            let home = codes.iter().filter(|c| at_home(c)).count();
            if home == codes.len() {
                (title, Abroad::Home)
            } else if home == 0 {
                let message = Message::new("flow.abroad").arg(title);
                (words.say(&message), Abroad::Out)
            } else {
                let message = Message::new("flow.abroad-partly").arg(title);
                (words.say(&message), Abroad::Partly)
            }
        }
        Where::OneOf(sets) => {
            let each: Vec<String> = sets.iter().map(names).collect();
            let title = words.say(&Message::new("flow.one-of").arg(each.join(" | ")));
            if sets.iter().flatten().all(at_home) {
                (title, Abroad::Home)
            } else if sets.iter().flatten().any(at_home) {
                let message = Message::new("flow.abroad-perhaps").arg(title);
                (words.say(&message), Abroad::Perhaps)
            } else {
                let message = Message::new("flow.abroad").arg(title);
                (words.say(&message), Abroad::Out)
            }
        }
        Where::Unknown => (words.word("flow.unknown"), Abroad::Unknown),
    };
    Lane {
        title: visible(&title),
        abroad,
    }
}

/// A country's name with its code; of own rows' countries the code.
pub(in crate::report) fn country(code: &str, words: &Words) -> String {
    let key = format!("country.{code}");
    if texts().contains_key(&key) {
        format!("{} ({code})", words.word(&key))
    } else {
        code.to_owned()
    }
}
