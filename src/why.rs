//! `sekisho why`: how the facts of an address came about, as trees.
//!
//! Lives here: what belongs into such a tree: the row and case of the catalog, the value that decided,
//! its way, the alternatives and what they hang on. Not here: how it looks (`report/why.rs`).

use crate::catalog::Catalog;
use crate::catalog::written::Line;
use crate::diagnostic::Message;
use crate::evaluate::Evaluation;
use crate::evaluate::told::told;
use crate::evaluate::value::World;
use crate::extract::facts::{
    Answer, Basis, Copy, Custody, Facts, Keeping, KeyAnswer, KeyFacts, Location, Placement, YesNo,
};
use crate::judge::{Judged, subject_of};
use crate::policy::pattern;
use crate::source::Place;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What can be asked of an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Fact {
    Location,
    Custody,
    Encryption,
    Exposure,
    Backup,
    Copies,
    Parts,
    Class,
}

impl Fact {
    /// All of them, in the order of the answer.
    pub const ALL: [Fact; 8] = [
        Fact::Location,
        Fact::Custody,
        Fact::Encryption,
        Fact::Exposure,
        Fact::Backup,
        Fact::Copies,
        Fact::Parts,
        Fact::Class,
    ];

    /// As it is typed.
    pub fn word(self) -> &'static str {
        match self {
            Fact::Location => "location",
            Fact::Custody => "custody",
            Fact::Encryption => "encryption",
            Fact::Exposure => "exposure",
            Fact::Backup => "backup",
            Fact::Copies => "copies",
            Fact::Parts => "parts",
            Fact::Class => "class",
        }
    }
}

/// The facts of one address.
#[derive(Clone, PartialEq, Debug)]
pub struct Told {
    /// The root, as shown.
    pub target: Arc<str>,
    /// The variable set.
    pub variable_set: Arc<str>,
    /// The address.
    pub address: Arc<str>,
    /// The header of its block.
    pub place: Place,
    /// One tree a fact.
    pub facts: Vec<Node>,
}

/// What a node of a tree is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Is {
    /// A fact and its answer.
    Fact(&'static str),
    /// One of several answers, or one of several things (a part, a copy).
    One,
    /// A row or case of the catalog.
    Row,
    /// An expression of the configuration.
    Value,
    /// A step of a value's way.
    Step,
    /// Nothing is written there.
    Silent,
    /// A resource that decides, or a key.
    Resource,
    /// Why it is not decided.
    Open,
    /// What decides between the alternatives.
    HangsOn,
    /// What was assumed.
    Assumed,
}

/// A node of a tree.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// What it is.
    pub is: Is,
    /// What stands there: words of the contract, addresses, codes.
    pub text: String,
    /// Words that depend on the language, in place of the text.
    pub message: Option<Message>,
    /// The assumptions under which it holds.
    pub when: Vec<String>,
    /// The value at a step, as it would be written; `None` where it is not told.
    pub value: Option<String>,
    /// Where it stands.
    pub place: Option<Place>,
    /// Where it stands in the catalog.
    pub row: Option<Line>,
    /// What it rests on.
    pub children: Vec<Node>,
}

impl Node {
    fn new(is: Is, text: impl Into<String>) -> Node {
        Node {
            is,
            text: text.into(),
            message: None,
            when: Vec::new(),
            value: None,
            place: None,
            row: None,
            children: Vec::new(),
        }
    }

    fn said(is: Is, message: Message) -> Node {
        Node {
            message: Some(message),
            ..Node::new(is, "")
        }
    }

    fn with(mut self, children: Vec<Node>) -> Node {
        self.children = children;
        self
    }
}

/// The addresses of a root's facts, and what was asked of those that match.
#[derive(Debug, Default)]
pub struct Looked {
    /// Every address that could have been asked for.
    pub addresses: Vec<Arc<str>>,
    /// The answers.
    pub told: Vec<Told>,
}

/// Looks at a root.
pub fn look(sets: &[Judged<'_, '_>], address: &str, fact: Option<Fact>) -> Looked {
    let mut out = Looked::default();
    for set in sets {
        let asking = Asking {
            ev: set.evaluation,
            catalog: Catalog::builtin(),
            only: fact,
            keys: set.facts.keys.iter().map(|k| (&*k.address, k)).collect(),
        };
        asking.all(set.facts, address, &mut out);
    }
    out.addresses.sort();
    out.addresses.dedup();
    out
}

struct Asking<'a, 'p> {
    ev: &'a Evaluation<'p>,
    catalog: &'static Catalog,
    only: Option<Fact>,
    /// The keys of the same evaluation, by address.
    keys: FxHashMap<&'a str, &'a KeyFacts>,
}

impl Asking<'_, '_> {
    fn all(&self, facts: &Facts, wanted: &str, out: &mut Looked) {
        let matches = |address: &str| address == wanted || pattern::address(wanted, address);
        let told = |address: &Arc<str>, place: Place, trees: Vec<Option<Node>>| Told {
            target: self.ev.root.target.clone(),
            variable_set: self.ev.set.name.clone(),
            address: address.clone(),
            place,
            facts: trees.into_iter().flatten().collect(),
        };
        for s in &facts.stores {
            out.addresses.push(s.address.clone());
            if !matches(&s.address) {
                continue;
            }
            let row = row_name(&s.ty, &s.address);
            let trees = vec![
                self.location(&s.location, &row),
                self.custody(&s.custody),
                self.encryption(&s.custody, s.encryption.cipher.as_deref(), &row),
                self.yes_no(Fact::Exposure, &s.exposure),
                self.yes_no(Fact::Backup, &s.backup),
                self.copies(&s.copies),
                self.fact(Fact::Parts, || {
                    let mut parts = Vec::new();
                    for p in &s.parts {
                        let mut below: Vec<Node> = p.by.iter().map(|by| resource(by)).collect();
                        below.extend(self.keeping(&p.custody));
                        let text = format!("{}: {}", p.part, levels(&p.custody));
                        parts.push(Node::new(Is::One, text).with(below));
                    }
                    (s.parts.len().to_string(), parts)
                }),
                self.fact(Fact::Class, || {
                    let line = |what: &str, text: &str| Node {
                        row: self.catalog.stands(&format!("{row}.{what}")),
                        ..Node::new(Is::Row, format!("{what}: {text}"))
                    };
                    let below = vec![
                        line("category", &s.category),
                        line("service", &s.service_kind),
                    ];
                    (s.data_class.to_string(), below)
                }),
            ];
            out.told.push(told(&s.address, s.place, trees));
        }
        for k in &facts.keys {
            out.addresses.push(k.address.clone());
            if matches(&k.address) {
                let row = row_name(&k.ty, &k.address);
                let trees = vec![self.location(&k.location, &row), self.custody(&k.custody)];
                out.told.push(told(&k.address, k.place, trees));
            }
        }
        for o in &facts.others {
            out.addresses.push(o.address.clone());
            if matches(&o.address) {
                let row = match o.role {
                    "backend" => format!("backend.{}", o.ty),
                    _ => row_name(&o.ty, &o.address),
                };
                let trees = vec![
                    self.location(&o.location, &row),
                    self.yes_no(Fact::Exposure, &o.open),
                    self.copies(&o.copies),
                ];
                out.told.push(told(&o.address, o.place, trees));
            }
        }
    }

    /// A fact's tree, where it is asked for.
    fn fact(&self, fact: Fact, tree: impl FnOnce() -> (String, Vec<Node>)) -> Option<Node> {
        if self.only.is_some_and(|only| only != fact) {
            return None;
        }
        let (text, children) = tree();
        Some(Node::new(Is::Fact(fact.word()), text).with(children))
    }

    fn location(&self, l: &Location, row: &str) -> Option<Node> {
        self.fact(Fact::Location, || {
            let mut below: Vec<Node> = Vec::new();
            if let Some(line) = self.catalog.place_written(row) {
                below.push(Node {
                    row: Some(line),
                    ..Node::new(Is::Row, format!("{row}.place"))
                });
            }
            below.extend(self.placed(l));
            (places(l), below)
        })
    }

    /// The alternatives of a place, each with what decided it.
    fn placed(&self, l: &Location) -> Vec<Node> {
        let mut out = Vec::new();
        match &l.alternatives[..] {
            [only] if !l.open => out.extend(only.basis.iter().map(|b| self.basis(b, &only.when))),
            all => out.extend(all.iter().map(|p| {
                Node {
                    when: when(&p.when),
                    ..Node::new(Is::One, place(p))
                }
                .with(p.basis.iter().map(|b| self.basis(b, &p.when)).collect())
            })),
        }
        if l.open {
            let why = l.why.clone();
            out.push(self.open(why, l.basis.as_ref()));
        }
        out.extend(hangs_on(l.alternatives.iter().map(|p| &p.when)));
        let assumed = l.assumptions.iter();
        out.extend(assumed.map(|a| Node::new(Is::Assumed, a.clone())));
        out
    }

    fn open(&self, why: Option<Message>, basis: Option<&Basis>) -> Node {
        let why = why.unwrap_or_else(|| Message::new("why.several"));
        let basis = basis.iter().map(|b| self.basis(b, &World::ANY));
        Node::said(Is::Open, why).with(basis.collect())
    }

    fn custody(&self, k: &Keeping) -> Option<Node> {
        self.fact(Fact::Custody, || (levels(k), self.keeping(k)))
    }

    fn encryption(&self, k: &Keeping, cipher: Option<&str>, row: &str) -> Option<Node> {
        self.fact(Fact::Encryption, || {
            let answer = k.encrypted();
            let mut below = Vec::new();
            let text = match cipher {
                Some(cipher) if answer == Answer::Yes => {
                    below.push(Node {
                        row: self.catalog.stands(&format!("{row}.cipher")),
                        ..Node::new(Is::Row, format!("{row}.cipher"))
                    });
                    format!("{} ({cipher})", answer.word())
                }
                _ => answer.word().to_owned(),
            };
            below.extend(self.keeping(k));
            (text, below)
        })
    }

    /// The possible answers to who controls the key, each with what decided it.
    fn keeping(&self, k: &Keeping) -> Vec<Node> {
        let mut out = Vec::new();
        match &k.answers[..] {
            [only] if only.level.is_some() => out = self.key_answer(only),
            all => {
                for a in all {
                    let node = match a.level {
                        Some(level) => Node::new(Is::One, level.word()),
                        None => Node::said(
                            Is::Open,
                            a.why.clone().unwrap_or_else(|| Message::new("why.several")),
                        ),
                    };
                    let node = Node {
                        when: when(&a.when),
                        ..node
                    };
                    out.push(node.with(self.key_answer(a)));
                }
            }
        }
        out.extend(hangs_on(k.answers.iter().map(|a| &a.when)));
        out
    }

    fn key_answer(&self, a: &KeyAnswer) -> Vec<Node> {
        let mut out: Vec<Node> = a.case.iter().map(|c| self.case(c)).collect();
        out.extend(a.basis.iter().map(|b| self.basis(b, &a.when)));
        if let Some(key) = &a.key {
            let location =
                |l: &Location| Node::new(Is::Fact("location"), places(l)).with(self.placed(l));
            let mut below: Vec<Node> = a.key_location.iter().map(|l| location(l)).collect();
            if let Some(known) = self.keys.get(&**key) {
                // What the key is by itself: without the keys that it may name in turn.
                let own = known.custody.answers.iter().flat_map(|a| {
                    let case = a.case.iter().map(|c| self.case(c));
                    let basis = a.basis.iter().map(|b| self.basis(b, &a.when));
                    case.chain(basis).collect::<Vec<_>>()
                });
                let text = levels(&known.custody);
                below.push(Node::new(Is::Fact("custody"), text).with(own.collect()));
            }
            out.push(resource(key).with(below));
        }
        out
    }

    fn yes_no(&self, fact: Fact, y: &YesNo) -> Option<Node> {
        let text = match fact {
            Fact::Exposure if y.answer() != Answer::NotApplicable => y.exposure(),
            _ => y.answer().word(),
        };
        self.fact(fact, || {
            let mut below: Vec<Node> = y.case.iter().map(|c| self.case(c)).collect();
            below.extend(y.by.iter().map(|by| resource(by)));
            if y.answers.len() > 1 {
                below.extend(y.answers.iter().map(|(w, a)| Node {
                    when: when(w),
                    ..Node::new(Is::One, a.word())
                }));
            }
            if y.answer() == Answer::Unknown {
                below.push(self.open(y.why.clone(), y.basis.as_ref()));
            } else {
                below.extend(y.basis.iter().map(|b| self.basis(b, &World::ANY)));
            }
            below.extend(hangs_on(y.answers.iter().map(|(w, _)| w)));
            (text.to_owned(), below)
        })
    }

    fn copies(&self, copies: &[Copy]) -> Option<Node> {
        self.fact(Fact::Copies, || {
            let below = copies.iter().map(|c| {
                let mut below = vec![self.case(&c.case)];
                below.extend(c.by.iter().map(|by| resource(by)));
                below.push(self.basis(&c.basis, &World::ANY));
                let location = Node::new(Is::Fact("location"), places(&c.location));
                below.push(location.with(self.placed(&c.location)));
                let custody = Node::new(Is::Fact("custody"), levels(&c.custody));
                below.push(custody.with(self.keeping(&c.custody)));
                let to =
                    c.to.as_ref()
                        .map_or_else(String::new, |to| format!(" → {to}"));
                let made = match c.made.answer() {
                    Answer::Unknown => " (?)",
                    _ => "",
                };
                Node::new(Is::One, format!("{}{to}{made}", c.kind)).with(below)
            });
            (copies.len().to_string(), below.collect())
        })
    }

    fn case(&self, case: &str) -> Node {
        Node {
            row: self.catalog.stands(case),
            ..Node::new(Is::Row, case)
        }
    }

    /// What decided: the expression with its value in a world, and below it the way to where that is
    /// written.
    fn basis(&self, b: &Basis, world: &World) -> Node {
        let Some(found) = &b.found else {
            return Node {
                place: Some(b.place),
                ..Node::said(Is::Silent, Message::new("tree.silent"))
            };
        };
        let mut way: Vec<Node> = self
            .ev
            .way(found, world)
            .into_iter()
            .map(|(mark, value)| Node {
                place: Some(mark.place),
                value: value.as_ref().and_then(|v| told(v, world)),
                ..Node::said(Is::Step, mark.message)
            })
            .collect();
        // Each step rests on the next.
        let mut below: Option<Node> = None;
        while let Some(step) = way.pop() {
            below = Some(step.with(below.into_iter().collect()));
        }
        Node {
            place: Some(b.place),
            value: told(&found.val, world),
            ..Node::new(Is::Value, "")
        }
        .with(below.into_iter().collect())
    }
}

fn resource(address: &str) -> Node {
    Node::new(Is::Resource, address)
}

/// The name of a row: data sources have rows of their own.
fn row_name(ty: &str, address: &str) -> String {
    let steps = pattern::steps(address);
    let data = steps.len() >= 3 && steps[steps.len() - 3] == "data";
    if data && !ty.starts_with("data.") {
        format!("data.{ty}")
    } else {
        ty.to_owned()
    }
}

fn when(world: &World) -> Vec<String> {
    world.texts().iter().map(ToString::to_string).collect()
}

/// What decides between alternatives: the subjects of their assumptions.
fn hangs_on<'w>(worlds: impl Iterator<Item = &'w World>) -> Vec<Node> {
    let mut on: Vec<String> = worlds
        .flat_map(World::texts)
        .map(|t| subject_of(&t).to_owned())
        .collect();
    on.sort();
    on.dedup();
    on.into_iter().map(|s| Node::new(Is::HangsOn, s)).collect()
}

fn place(p: &Placement) -> String {
    let regions: Vec<String> = p
        .regions
        .iter()
        .map(|r| {
            if r.country.is_empty() {
                r.code.to_string()
            } else {
                format!("{} ({})", r.code, r.country)
            }
        })
        .collect();
    regions.join(" + ")
}

fn places(l: &Location) -> String {
    let mut out: Vec<String> = l.alternatives.iter().map(place).collect();
    out.dedup();
    if l.open || out.is_empty() {
        out.push("unknown".into());
    }
    out.join(" | ")
}

fn levels(k: &Keeping) -> String {
    if k.answers.iter().any(|a| a.level.is_none()) {
        return "unknown".into();
    }
    let words: Vec<&str> = k.levels().into_iter().map(Custody::word).collect();
    words.join(" | ")
}
