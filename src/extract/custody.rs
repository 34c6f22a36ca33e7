//! Custody: the cases of a row, keys followed to who owns them, facts that others carry.

use super::collect::{EntryId, Extractor, why_of};
use super::facts::{Answer, Basis, Custody, Keeping, KeyAnswer};
use super::worlds::{self, Cond, within};
use crate::catalog::compile::{Case, KeyPath, KeyRef, Says};
use crate::diagnostic::Message;
use crate::evaluate::evaluated::View;
use crate::evaluate::value::{Val, World};
use std::rc::Rc;
use std::sync::Arc;

/// A fact that is worked out once.
pub enum Memo<T> {
    /// Not asked yet.
    Open,
    /// Being worked out: who asks again goes in a circle.
    Busy,
    /// Worked out.
    Done(T),
}

/// Blocks of one kind that are told apart.
const MAX_ITEMS: usize = 8;

/// Whose cases are asked.
pub(super) struct Cases<'a> {
    pub entry: EntryId,
    pub list: &'a [Case],
    /// The store's own custody, for parts that have it too.
    pub own: Option<&'a [KeyAnswer]>,
}

/// Whether a block's case holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// The block is not there.
    Absent,
    No,
    Yes,
    Unknown,
}

/// A step of the ladder.
pub(super) fn answer(level: Custody, when: World, basis: Basis, case: &Arc<str>) -> KeyAnswer {
    KeyAnswer {
        level: Some(level),
        when,
        key: None,
        key_location: None,
        key_as_store: false,
        foreign: None,
        encrypted: if level == Custody::None {
            Answer::No
        } else {
            Answer::Yes
        },
        why: None,
        basis: Some(basis),
        case: Some(case.clone()),
    }
}

/// Nobody knows which step.
pub(super) fn undecided(encrypted: Answer, why: Message, when: World, basis: Basis) -> KeyAnswer {
    KeyAnswer {
        level: None,
        when,
        key: None,
        key_location: None,
        key_as_store: false,
        foreign: None,
        encrypted,
        why: Some(why),
        basis: Some(basis),
        case: None,
    }
}

/// How weak an answer is: the weakest of several that hold at once counts.
fn strength(a: &KeyAnswer) -> u8 {
    match (a.level, a.encrypted) {
        (Some(Custody::None), _) => 0,
        // Not decided, perhaps not even encrypted: below everything that is.
        (None, Answer::Unknown | Answer::No) => 1,
        (Some(level @ (Custody::ProviderOwned | Custody::ProviderManaged)), _) => 1 + level as u8,
        (None, _) => 4,
        (Some(level), _) => 5 + level as u8,
    }
}

/// Answers that hold at once: in each world the weakest.
pub(super) fn weakest(a: &[KeyAnswer], b: &[KeyAnswer]) -> Vec<KeyAnswer> {
    let mut out = Vec::new();
    for x in a {
        for y in b {
            if let Some(when) = x.when.and(&y.when) {
                let weak = if strength(y) < strength(x) { y } else { x };
                out.push(KeyAnswer {
                    when,
                    ..weak.clone()
                });
            }
        }
    }
    out
}

/// The answers that can be in a world.
pub(super) fn within_world(answers: &[KeyAnswer], world: &World) -> Vec<KeyAnswer> {
    answers
        .iter()
        .filter_map(|a| {
            let when = world.and(&a.when)?;
            Some(KeyAnswer { when, ..a.clone() })
        })
        .collect()
}

impl Extractor<'_, '_> {
    /// Who controls the key of an entry: its own facts and those that others carry.
    pub(super) fn custody(&self, e: EntryId) -> Rc<Vec<KeyAnswer>> {
        match &self.custody.borrow()[e] {
            Memo::Done(known) => return known.clone(),
            Memo::Busy => {
                let why = Message::new("why.circle");
                return Rc::new(vec![undecided(
                    Answer::Unknown,
                    why,
                    World::ANY,
                    self.header(e),
                )]);
            }
            Memo::Open => {}
        }
        self.custody.borrow_mut()[e] = Memo::Busy;
        let mut found = Vec::new();
        self.with_carried(e, &mut found);
        tidy(&mut found);
        // There are as many of these as there are stores.
        found.shrink_to_fit();
        let found = Rc::new(found);
        self.custody.borrow_mut()[e] = Memo::Done(found.clone());
        found
    }

    /// Asks cases from the `i`th on, in one world.
    pub(super) fn cases(&self, cx: &Cases<'_>, i: usize, world: &World) -> Vec<KeyAnswer> {
        let Some(case) = cx.list.get(i) else {
            let why = Message::new("why.no-case");
            let basis = self.header(cx.entry);
            return vec![undecided(Answer::Unknown, why, world.clone(), basis)];
        };
        let items: Vec<Option<View>> = match &case.each {
            None => vec![None],
            Some(path) => {
                let views = self.blocks(self.view(cx.entry), path);
                views.into_iter().map(Some).collect()
            }
        };
        if items.is_empty() {
            return self.cases(cx, i + 1, world);
        }
        if items.len() > MAX_ITEMS {
            let why = Message::new("why.too-many").arg("");
            let basis = self.header(cx.entry);
            return vec![undecided(Answer::Unknown, why, world.clone(), basis)];
        }
        let mut combinations: Vec<(World, Vec<Holds>)> = vec![(world.clone(), Vec::new())];
        for item in &items {
            let holds = self.case_holds(cx.entry, case, item.as_ref());
            combinations = combinations
                .iter()
                .flat_map(|(w, have)| {
                    within(&holds, w).into_iter().map(|(both, h)| {
                        let mut have = have.clone();
                        have.push(h);
                        (both, have)
                    })
                })
                .collect();
        }
        let mut out = Vec::new();
        let split = combinations.len() > 1;
        for (w, holds) in combinations {
            let before = out.len();
            self.combination(cx, i, case, &items, &holds, &w, &mut out);
            // What is so in one world only is to be marked where the worlds part.
            let open = case.when.as_ref().filter(|_| split).and_then(|c| {
                let item = items.first().and_then(|x| x.as_ref());
                self.open_of(c, cx.entry, item)
            });
            if let Some((_, basis)) = open {
                for a in &mut out[before..] {
                    if a.basis.as_ref().is_none_or(|b| b.found.is_none()) {
                        a.basis = Some(basis.clone());
                    }
                }
            }
        }
        out
    }

    #[allow(clippy::too_many_arguments)] // one call site; a struct would only name them again
    fn combination(
        &self,
        cx: &Cases<'_>,
        i: usize,
        case: &Case,
        items: &[Option<View>],
        holds: &[Holds],
        w: &World,
        out: &mut Vec<KeyAnswer>,
    ) {
        let any = |h: Holds| holds.contains(&h);
        if !any(Holds::Yes) && !any(Holds::Unknown) {
            out.extend(self.cases(cx, i + 1, w));
            return;
        }
        // What holds for sure, all at once; blocks for which the case does not hold go on to the rest.
        let mut sure: Option<Vec<KeyAnswer>> = None;
        let add = |have: &mut Option<Vec<KeyAnswer>>, more: Vec<KeyAnswer>| {
            *have = Some(match have.take() {
                Some(old) => weakest(&old, &more),
                None => more,
            });
        };
        for (item, h) in items.iter().zip(holds) {
            if *h == Holds::Yes {
                add(&mut sure, self.says(cx, i, case, item.as_ref(), w));
            }
        }
        if sure.is_some() && any(Holds::No) {
            add(&mut sure, self.cases(cx, i + 1, w));
        }
        let unknowns: Vec<&Option<View>> = items
            .iter()
            .zip(holds)
            .filter(|(_, h)| **h == Holds::Unknown)
            .map(|(item, _)| item)
            .collect();
        if unknowns.is_empty() {
            out.extend(sure.unwrap_or_default());
            return;
        }
        // This or the rest; what is to be known for it to be decided is the condition.
        let rest = sure.clone().unwrap_or_else(|| self.cases(cx, i + 1, w));
        let open = case.when.as_ref().and_then(|c| {
            let item = unknowns.first().and_then(|x| x.as_ref());
            self.open_of(c, cx.entry, item)
        });
        let open = open.or_else(|| {
            // The case has no condition: it is the block that may not be there.
            let view = unknowns
                .iter()
                .find_map(|x| x.as_ref().filter(|v| v.maybe))?;
            Some((Message::new("why.block"), Basis::block(view.place)))
        });
        let mut add = |answers: Vec<KeyAnswer>| {
            out.extend(answers.into_iter().map(|mut a| {
                if let Some((why, basis)) = &open {
                    a.why.get_or_insert_with(|| why.clone());
                    a.basis = Some(basis.clone());
                }
                a
            }));
        };
        add(rest);
        for item in unknowns {
            let perhaps = self.says(cx, i, case, item.as_ref(), w);
            add(match &sure {
                Some(have) => weakest(have, &perhaps),
                None => perhaps,
            });
        }
    }

    fn case_holds(&self, e: EntryId, case: &Case, item: Option<&View>) -> Vec<(World, Holds)> {
        let there = item.map_or_else(worlds::yes, |v| worlds::presence(&v.when, v.maybe));
        let mut cond: Cond = case
            .when
            .as_ref()
            .map_or_else(worlds::yes, |c| self.holds(c, e, item));
        if let Some(path) = &case.given {
            let given = self.given(e, item, path);
            cond = worlds::and(&cond, &given);
        }
        let mut out = Vec::new();
        for (wt, t) in &there {
            if *t == Some(false) {
                out.push((wt.clone(), Holds::Absent));
                continue;
            }
            for (wc, c) in &cond {
                let Some(both) = wt.and(wc) else { continue };
                let holds = match (t, c) {
                    (_, Some(false)) => Holds::No,
                    (Some(true), Some(true)) => Holds::Yes,
                    _ => Holds::Unknown,
                };
                out.push((both, holds));
            }
        }
        out
    }

    /// What a case says, in a world in which it holds; falls through to the rest where it says nothing.
    fn says(
        &self,
        cx: &Cases<'_>,
        i: usize,
        case: &Case,
        item: Option<&View>,
        w: &World,
    ) -> Vec<KeyAnswer> {
        let e = cx.entry;
        let here = || match item {
            Some(view) => Basis::block(view.place),
            None => self.header(e),
        };
        let levels = |levels: &[Custody], w: &World, basis: &Basis| -> Vec<KeyAnswer> {
            self.one_of_levels(levels, w, basis, &case.id)
        };
        let not_written = |w: &World| -> Vec<KeyAnswer> {
            if case.absent.is_empty() {
                return self.cases(cx, i + 1, w);
            }
            // A key that is written and null, then what switched encryption on, then the block.
            let decided = self.written_as_null(e, item, &case.says).or_else(|| {
                let when = case.when.as_ref()?;
                self.decided_by(when, e, item)
            });
            levels(&case.absent, w, &decided.unwrap_or_else(here))
        };
        match &case.says {
            Says::Is(is) => {
                let given = case.given.as_ref().and_then(|p| self.written(e, item, p));
                let decided = match &case.when {
                    _ if given.is_some() => given,
                    Some(c) => self.decided_by(c, e, item),
                    // The last case: a key that an earlier one would have taken is written and null.
                    None => cx.list[..i]
                        .iter()
                        .filter(|c| c.each.is_none())
                        .find_map(|c| self.written_as_null(e, None, &c.says)),
                };
                levels(is, w, &decided.unwrap_or_else(here))
            }
            Says::AsSelf => {
                let mut out = within_world(cx.own.unwrap_or(&[]), w);
                for a in &mut out {
                    a.case = Some(case.id.clone());
                }
                out
            }
            Says::Key(refs) => {
                let mut out = Vec::new();
                let mut open = vec![w.clone()];
                for key in refs {
                    let mut next = Vec::new();
                    for o in &open {
                        self.key_source(cx, case, item, key, o, &mut next, &mut out);
                    }
                    open = next;
                }
                for o in &open {
                    out.extend(not_written(o));
                }
                out
            }
            Says::Literal(path) => {
                let mut out = Vec::new();
                let mut open = Vec::new();
                let key = KeyRef::Path(path.clone());
                self.key_source(cx, case, item, &key, w, &mut open, &mut out);
                for o in open {
                    let why = Message::new("why.no-case");
                    out.push(undecided(Answer::Yes, why, o, here()));
                }
                out
            }
            Says::As(path) => {
                let mut out = Vec::new();
                for (both, v) in within(&self.read_at(e, item, path), w) {
                    let Some((v, basis)) = v else {
                        out.extend(self.cases(cx, i + 1, &both));
                        continue;
                    };
                    self.as_other(e, case, (&v, &basis), &both, &mut out);
                }
                out
            }
            Says::Columns { ty, columns } => self.columns(cx, case, ty, columns, item, w),
        }
    }

    /// One of these levels: which, the code does not tell.
    pub(super) fn one_of_levels(
        &self,
        levels: &[Custody],
        w: &World,
        basis: &Basis,
        case: &Arc<str>,
    ) -> Vec<KeyAnswer> {
        let why = (levels.len() > 1).then(|| Message::new("why.one-of-levels"));
        levels
            .iter()
            .map(|&l| KeyAnswer {
                why: why.clone(),
                ..answer(l, w.clone(), basis.clone(), case)
            })
            .collect()
    }

    fn written_as_null(&self, e: EntryId, item: Option<&View>, says: &Says) -> Option<Basis> {
        let Says::Key(refs) = says else { return None };
        refs.iter().find_map(|r| {
            let KeyRef::Path(path) = r else { return None };
            self.written(e, item, path)
        })
    }

    fn written(&self, e: EntryId, item: Option<&View>, path: &KeyPath) -> Option<Basis> {
        let view = match item {
            Some(view) if path.item => view,
            _ => self.view(e),
        };
        let found = self.ev.path(view, &path.path).into_iter().next()?;
        Some(Basis::value(found))
    }

    /// The custody of what a value refers to.
    fn as_other(
        &self,
        e: EntryId,
        case: &Case,
        (v, basis): (&Val, &Basis),
        w: &World,
        out: &mut Vec<KeyAnswer>,
    ) {
        let found = match &v.via {
            Some(r) => self.entries_of(r),
            None => match self.named_alike(e, v) {
                Some(alike) => vec![alike],
                None if v.as_str().is_some() => self.key_named(e, v).0,
                None => Vec::new(),
            },
        };
        let useful: Vec<EntryId> = found
            .into_iter()
            .filter(|&t| !self.entries[t].row.custody.is_empty())
            .collect();
        if useful.is_empty() {
            if case.otherwise.is_empty() {
                out.push(undecided(
                    Answer::Unknown,
                    why_of(v),
                    w.clone(),
                    basis.clone(),
                ));
            }
            let why = if v.is_known() {
                Message::new("why.not-here")
            } else {
                why_of(v)
            };
            for mut a in self.one_of_levels(&case.otherwise, w, basis, &case.id) {
                a.why = a.why.map(|_| why.clone());
                out.push(a);
            }
            return;
        }
        for t in useful {
            for mut a in within_world(&self.custody(t), w) {
                if self.entries[t].row.is_key() {
                    self.at_key(t, &mut a);
                }
                a.case = Some(case.id.clone());
                out.push(a);
            }
        }
    }

    /// The parts of a store, each with its answers.
    pub(super) fn parts(&self, e: EntryId, own: &[KeyAnswer]) -> Vec<(Arc<str>, Keeping)> {
        let row = self.entries[e].row.clone();
        let mut out = Vec::new();
        for (name, cases) in &row.parts {
            let never = cases.iter().all(|c| c.when.is_some() || c.each.is_some());
            let cx = Cases {
                entry: e,
                list: cases,
                own: Some(own),
            };
            let mut answers = Vec::new();
            for world in self.exists(e) {
                answers.extend(self.cases(&cx, 0, &world));
            }
            // A part whose every case has a condition is not there where none holds.
            if never {
                answers.retain(|a| a.why.as_ref().is_none_or(|m| m.key != "why.no-case"));
            }
            tidy(&mut answers);
            if !answers.is_empty() {
                out.push((
                    name.clone(),
                    Keeping {
                        answers,
                        imported: false,
                    },
                ));
            }
        }
        out
    }

    /// The key of a copy.
    pub(super) fn copy_key(&self, e: EntryId, case: &Case, item: Option<&View>) -> Keeping {
        let cases = std::slice::from_ref(case);
        let cx = Cases {
            entry: e,
            list: cases,
            own: None,
        };
        let mut answers = Vec::new();
        for world in self.exists(e) {
            answers.extend(self.says(&cx, 0, case, item, &world));
        }
        tidy(&mut answers);
        Keeping {
            answers,
            imported: false,
        }
    }
}

/// Answers that say the same are one.
fn tidy(answers: &mut Vec<KeyAnswer>) {
    if answers.len() < 2 {
        return;
    }
    let same = |a: &KeyAnswer, b: &KeyAnswer| {
        a.level == b.level
            && a.encrypted == b.encrypted
            && a.key == b.key
            && a.key_as_store == b.key_as_store
            && match (&a.key_location, &b.key_location) {
                (None, None) => true,
                (Some(x), Some(y)) => {
                    x.open == y.open
                        && x.alternatives.len() == y.alternatives.len()
                        && x.alternatives
                            .iter()
                            .zip(&y.alternatives)
                            .all(|(p, q)| p.regions == q.regions)
                }
                _ => false,
            }
    };
    if answers.iter().all(|a| same(a, &answers[0])) {
        answers.truncate(1);
        answers[0].when = World::ANY;
        return;
    }
    let mut out: Vec<KeyAnswer> = Vec::with_capacity(answers.len());
    for a in answers.drain(..) {
        if !out
            .iter()
            .any(|b| same(&a, b) && a.when.texts() == b.when.texts())
        {
            out.push(a);
        }
    }
    *answers = out;
}
