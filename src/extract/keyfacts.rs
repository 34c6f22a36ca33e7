//! Facts that only keys have: whose they are, how long a deletion can be taken back, what they encrypt with.
//!
//! Lives here: putting them together from a key's own row, the ring or vault that it lies in, and those who carry
//! something for it. Not here: who controls a key and where it is (`custody.rs`, `place.rs`).

use super::collect::{EntryId, Extractor, why_of};
use super::facts::{Answer, Foreign, KeyAnswer, Valued, YesNo};
use super::worlds::{self, within};
use crate::catalog::ciphers::{self, Standing};
use crate::catalog::compile::{Named, Row};
use crate::date::Date;
use crate::diagnostic::Message;
use crate::evaluate::value::{Kind, Val, World};
use std::sync::Arc;

impl Extractor<'_, '_> {
    /// The key, ring or vault that an entry lies in, where it refers to it.
    pub(super) fn holder(&self, e: EntryId) -> Option<EntryId> {
        let row = self.entries[e].row.clone();
        let path = row.inside.as_ref()?;
        let written = self.read_at(e, None, path).into_iter();
        let mut found = written.filter_map(|(_, v)| {
            let r = v?.0.via?;
            let found = self.entries_of(&r).into_iter();
            let mut keys = found.filter(|&k| k != e && self.entries[k].row.is_key());
            keys.next()
        });
        found.next()
    }

    /// Whether what a door opens is keys.
    pub(super) fn opens_keys(&self, row: &Row) -> bool {
        let to = row.carries.as_ref().map_or(&[][..], |c| &c.to);
        let mut rows = to.iter().filter_map(|ty| self.catalog.row(ty));
        rows.any(|r| r.is_key())
    }

    /// Whether something is guarded against being destroyed: by itself, or, of a key, by the vault that it lies in.
    pub(super) fn guarded(&self, e: EntryId) -> YesNo {
        let row = self.entries[e].row.clone();
        let own = self.yes_no(
            e,
            "loss",
            |row| row.loss.as_ref()?.protected.as_ref(),
            Answer::No,
        );
        if self.said_elsewhere(&row) && own.answer() == Answer::NotApplicable {
            return self.not_here(e);
        }
        own
    }

    /// Whether a key leaves to its vault how it is guarded.
    fn said_elsewhere(&self, row: &Row) -> bool {
        let silent = |l: &crate::catalog::compile::Loss| l.protected.is_none() && l.days.is_none();
        row.inside.is_some() && row.loss.as_ref().is_some_and(silent)
    }

    /// What the vault says, which is not in this configuration.
    fn not_here(&self, e: EntryId) -> YesNo {
        let (why, basis) = self.no_vault(e);
        YesNo {
            why: Some(why),
            basis: Some(basis),
            ..YesNo::of(Answer::Unknown)
        }
    }

    fn no_vault(&self, e: EntryId) -> (Message, super::facts::Basis) {
        let row = self.entries[e].row.clone();
        let written = row.inside.as_ref().map(|path| self.read_at(e, None, path));
        let written = written.into_iter().flatten().find_map(|(_, v)| v);
        let basis = written.map_or_else(|| self.header(e), |(_, basis)| basis);
        (Message::new("why.vault-not-here"), basis)
    }

    /// The days between the order to destroy a key and its end.
    pub(super) fn window(&self, e: EntryId) -> Valued<i64> {
        let row = self.entries[e].row.clone();
        let has = |e: EntryId| {
            let loss = self.entries[e].row.loss.as_ref();
            loss.is_some_and(|l| l.days.is_some())
        };
        let from = [Some(e), self.holder(e)].into_iter().flatten();
        let Some(from) = from.into_iter().find(|&e| has(e)) else {
            if !self.said_elsewhere(&row) {
                return Valued::default();
            }
            let (why, basis) = self.no_vault(e);
            return Valued {
                answers: vec![(World::ANY, None)],
                basis: Some(basis),
                why: Some(why),
                case: None,
            };
        };
        let row = self.entries[from].row.clone();
        let Some(days) = row.loss.as_ref().and_then(|l| l.days.as_ref()) else {
            return Valued::default();
        };
        let mut out = Valued {
            case: Some(format!("{}.loss.days", row.ty).into()),
            ..Valued::default()
        };
        let exists = self.exists(e);
        for (world, v) in self.value_of(days, from, None) {
            if !worlds::can_be(&world, &exists) {
                continue;
            }
            let Some((v, basis)) = v else {
                out.answers.push((world, None));
                continue;
            };
            let number = v.as_num().and_then(|n| n.floor().to_i64());
            if number.is_none() {
                let open = self.open_of(days, from, None);
                let (why, basis) = open.unwrap_or_else(|| (why_of(&v), basis.clone()));
                out.why = Some(why);
                out.basis = Some(basis);
            }
            out.basis.get_or_insert(basis);
            out.answers.push((world, number));
        }
        out
    }

    /// Whether a key is somebody else's, or an account of somebody else may decrypt with it.
    pub(super) fn foreign(&self, e: EntryId, answers: &[KeyAnswer]) -> YesNo {
        let said = self.yes_no(e, "foreign", |row| row.foreign.as_ref(), Answer::Yes);
        // A text that it stands for: whose account that names.
        let named: Vec<(&KeyAnswer, &Arc<Foreign>)> = answers
            .iter()
            .filter(|a| a.key.is_none())
            .filter_map(|a| Some((a, a.foreign.as_ref()?)))
            .collect();
        let rank = |a: Answer| match a {
            Answer::Yes => 3,
            Answer::Unknown => 2,
            Answer::No => 1,
            Answer::NotApplicable => 0,
        };
        let worst = named.iter().max_by_key(|(_, f)| rank(f.answer));
        let Some((answer, worst)) = worst.filter(|(_, f)| rank(f.answer) > rank(said.answer()))
        else {
            return said;
        };
        let mut out = YesNo {
            answers: named
                .iter()
                .map(|(a, f)| (a.when.clone(), f.answer))
                .collect(),
            basis: answer.basis.clone(),
            case: answer.case.clone(),
            ..YesNo::of(Answer::Unknown)
        };
        if worst.answer == Answer::Unknown {
            out.why = Some(Message::new("why.account-not-known"));
        }
        out
    }

    /// What a key encrypts or signs with.
    pub(super) fn cipher(&self, e: EntryId) -> Valued<Arc<str>> {
        let row = self.entries[e].row.clone();
        let mut out = Valued::default();
        if row.algorithm.is_empty() {
            return out;
        }
        out.case = Some(format!("{}.algorithm", row.ty).into());
        for world in self.exists(e) {
            self.algorithm(e, &row, 0, &world, &mut out);
        }
        out
    }

    fn algorithm(
        &self,
        e: EntryId,
        row: &Row,
        i: usize,
        world: &World,
        out: &mut Valued<Arc<str>>,
    ) {
        let Some(case) = row.algorithm.get(i) else {
            out.answers.push((world.clone(), None));
            out.why.get_or_insert_with(|| Message::new("why.no-case"));
            return;
        };
        let holds = match &case.when {
            Some(c) => self.holds(c, e, None),
            None => worlds::yes(),
        };
        for (both, holds) in within(&holds, world) {
            match holds {
                Some(true) => self.algorithm_says(e, row, &case.says, &both, out),
                Some(false) => self.algorithm(e, row, i + 1, &both, out),
                None => {
                    out.answers.push((both, None));
                    let open = case.when.as_ref().and_then(|c| self.open_of(c, e, None));
                    if let Some((why, basis)) = open {
                        out.why = Some(why);
                        out.basis = Some(basis);
                    }
                }
            }
        }
    }

    fn algorithm_says(
        &self,
        e: EntryId,
        row: &Row,
        says: &Named,
        world: &World,
        out: &mut Valued<Arc<str>>,
    ) {
        let path = match says {
            Named::Is(name) => {
                out.answers.push((world.clone(), Some(name.clone())));
                return;
            }
            Named::Value(path) => path,
        };
        let attribute = format!("{}.{}", row.ty, path.path);
        let location = self.location(e);
        for (both, v) in within(&self.read_at(e, None, path), world) {
            let Some((v, basis)) = v else {
                out.answers.push((both, None));
                out.why
                    .get_or_insert_with(|| Message::new("why.no-such-value"));
                continue;
            };
            let Some(text) = text_of(&v) else {
                out.answers.push((both, None));
                out.why = Some(why_of(&v));
                out.basis = Some(basis);
                continue;
            };
            out.basis.get_or_insert(basis);
            // What a value is called hangs on where the key is; where nobody knows that, it is said there.
            let mut places: Vec<(World, Vec<&str>)> = location
                .alternatives
                .iter()
                .map(|p| {
                    let countries = p.regions.iter().map(|r| &*r.country);
                    (p.when.clone(), countries.collect())
                })
                .collect();
            if location.open || places.is_empty() {
                places.push((World::ANY, Vec::new()));
            }
            for (all, countries) in within(&places, &both) {
                let name = ciphers::named(&attribute, &text, countries.into_iter());
                // A value that nobody wrote down is called by itself: no list has it.
                let name = name.map_or_else(|| Arc::from(text.as_str()), Arc::from);
                out.answers.push((all, Some(name)));
            }
        }
    }

    /// Whether a cipher is on the list of recommended ones today.
    pub(super) fn listed(&self, cipher: &Valued<Arc<str>>) -> Answer {
        if cipher.answers.is_empty() {
            return Answer::NotApplicable;
        }
        let today = self.options.today.unwrap_or_else(|| Date::today(None));
        let one = |name: &Option<Arc<str>>| match name.as_ref().map(|n| ciphers::listed(n, today)) {
            Some(Some(true)) => Answer::Yes,
            Some(Some(false)) => Answer::No,
            _ => Answer::Unknown,
        };
        let first = one(&cipher.answers[0].1);
        let same = cipher.answers.iter().all(|(_, name)| one(name) == first);
        if same { first } else { Answer::Unknown }
    }
}

/// The last day on which a cipher is on the list.
pub(super) fn until(cipher: &Valued<Arc<str>>) -> Option<Date> {
    match ciphers::standing(cipher.value()?)? {
        Standing::Until(day) => Some(day),
        _ => None,
    }
}

/// A value as a table has it: a number as it is written.
fn text_of(v: &Val) -> Option<String> {
    match &v.kind {
        Kind::Str(s) => Some(s.to_string()),
        Kind::Num(n) => Some(n.to_i64()?.to_string()),
        _ => None,
    }
}
