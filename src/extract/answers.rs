//! Yes-or-no facts: who can reach it, whether it is saved, guarded against being destroyed, talked to in
//! plain text.
//!
//! Lives here: a store's own answers and those that others carry, put together in three values, by world.
//! Not here: who carries (`carried.rs`), what the conditions are (the catalog's rows).

use super::collect::{EntryId, Extractor, Written, why_of};
use super::facts::{Answer, Basis, SignIn, Transport, YesNo};
use super::worlds::{self, Cond};
use crate::catalog::ciphers;
use crate::catalog::compile::{Condition, Row, YesNo as YesNoRow};
use crate::catalog::row::Role;
use crate::diagnostic::Message;
use crate::evaluate::value::{Val, World};
use std::sync::Arc;

/// So many alternatives are kept apart; beyond them nothing is decided.
pub(super) const MAX_CASES: usize = 64;

/// The door that is about connections, whoever is let in behind it.
pub(super) const NETWORK: &str = "network";

/// Who can reach something.
#[derive(Default)]
pub(super) struct Reach {
    /// By any door.
    pub all: YesNo,
    /// By the network's: whether anybody may open a connection.
    pub network: YesNo,
    /// By the others.
    pub others: YesNo,
}

/// The doors to something.
struct Doors {
    each: Vec<Door>,
    /// Who speaks of them.
    voices: Vec<Voice>,
    /// There may be more who do.
    more: bool,
}

/// A door, and whether it stands open.
struct Door {
    name: Arc<str>,
    stands: Cond,
    answer: Answer,
}

/// One resource that has a say.
struct Voice {
    entry: super::collect::EntryId,
    /// Where it is there; elsewhere it says nothing.
    there: Cond,
}

/// Why an answer is what it is, as far as it was looked for.
#[derive(Default)]
struct Reason {
    basis: Option<Basis>,
    why: Option<Message>,
    case: Option<Arc<str>>,
    by: Option<Arc<str>>,
}

impl Extractor<'_, '_> {
    /// Who has a say about a fact of an entry: itself, and its carriers.
    /// Besides, whether there are more who perhaps have one than are told apart.
    fn voices(&self, e: EntryId, fact: &str, has: &dyn Fn(&Row) -> bool) -> (Vec<Voice>, bool) {
        let mut out = Vec::new();
        if has(&self.entries[e].row) {
            out.push(Voice {
                entry: e,
                there: worlds::yes(),
            });
        }
        let carriers = self.carriers(e, fact);
        let mut overflow = carriers.overflow;
        for (list, maybe) in [(carriers.sure, false), (carriers.maybe, true)] {
            for (c, when) in list {
                if has(&self.entries[c].row) {
                    out.push(Voice {
                        entry: c,
                        there: worlds::presence(&when, maybe),
                    });
                }
            }
        }
        // What is said of the ring or vault that a key lies in is said of the key.
        if self.entries[e].row.role == Some(Role::Key)
            && let Some(holder) = self.holder(e)
        {
            let (more, of_holder) = self.voices(holder, fact, has);
            out.extend(more);
            overflow |= of_holder;
        }
        (out, overflow)
    }

    /// Whether some voice says yes.
    fn some(&self, voices: &[Voice], pick: &dyn Fn(&Row) -> Option<&Condition>) -> Cond {
        let mut out: Cond = vec![(World::ANY, Some(false))];
        for v in voices {
            let row = self.entries[v.entry].row.clone();
            let Some(c) = pick(&row) else { continue };
            let says = worlds::and(&v.there, &self.holds(c, v.entry, None));
            out = bounded(worlds::or(&out, &says));
        }
        out
    }

    /// The condition that explains an answer: that which holds, or that which is open.
    fn reason(
        &self,
        e: EntryId,
        voices: &[Voice],
        wanted: Answer,
        pick: &dyn Fn(&Row) -> Option<(&Condition, &str)>,
    ) -> Reason {
        let mut out = Reason::default();
        for v in voices {
            let row = self.entries[v.entry].row.clone();
            let Some((c, case)) = pick(&row) else {
                continue;
            };
            let said = worlds::and(&v.there, &self.holds(c, v.entry, None));
            let fits = match wanted {
                Answer::Yes => said.iter().any(|(_, b)| *b == Some(true)),
                Answer::No => said.iter().all(|(_, b)| *b == Some(false)),
                _ => {
                    said.iter().any(|(_, b)| b.is_none())
                        || said.iter().any(|(_, b)| *b != said[0].1)
                }
            };
            if !fits {
                continue;
            }
            out.case = Some(format!("{}.{case}", row.ty).into());
            out.by = (v.entry != e).then(|| self.instance(v.entry).address.clone());
            if wanted == Answer::Unknown
                && let Some((why, basis)) = self.open_of(c, v.entry, None)
            {
                out.why = Some(why);
                out.basis = Some(basis);
                return out;
            }
            let decided = self.decided_by(c, v.entry, None);
            out.basis = Some(decided.unwrap_or_else(|| self.header(v.entry)));
            if wanted == Answer::Unknown && v.there.iter().any(|(_, b)| b.is_none()) {
                let address = &*self.instance(v.entry).address;
                out.why = Some(Message::new("why.carrier").arg(address));
            }
            return out;
        }
        out
    }

    /// A fact that any voice can settle: saved, guarded.
    pub(super) fn yes_no(
        &self,
        e: EntryId,
        fact: &'static str,
        pick: fn(&Row) -> Option<&YesNoRow>,
        bad: Answer,
    ) -> YesNo {
        let (voices, more) = self.voices(e, fact, &|row| pick(row).is_some());
        if voices.is_empty() {
            return YesNo::default();
        }
        let row = self.entries[e].row.clone();
        let not_asked = pick(&row).and_then(|f| f.not_asked.as_ref());
        let not_asked = not_asked.map(|c| (c, self.holds(c, e, None)));
        let cond = self.some(&voices, &|row| pick(row).map(|f| &f.yes));
        let mut out = said(&cond, &self.exists(e));
        let reason = self.reason(e, &voices, out.answer(), &|row| {
            pick(row).map(|f| (&f.yes, fact))
        });
        fill(&mut out, reason);
        if more {
            too_many(&mut out);
        }
        if let Some((c, cond)) = &not_asked {
            self.unless(&mut out, c, cond, e, bad);
        }
        out
    }

    /// Where it cannot be asked there is no answer. Where nobody knows whether it can, an answer that is
    /// wrong of it may be none: it is not known.
    fn unless(&self, out: &mut YesNo, c: &Condition, not_asked: &Cond, e: EntryId, bad: Answer) {
        let exists = self.exists(e);
        let mut answers = Vec::new();
        for (w, a) in &out.answers {
            for (both, never) in worlds::within(not_asked, w) {
                if worlds::can_be(&both, &exists) {
                    let answer = match never {
                        Some(true) => Answer::NotApplicable,
                        None if *a == bad => Answer::Unknown,
                        Some(false) | None => *a,
                    };
                    answers.push((both, answer));
                }
            }
        }
        if answers.is_empty() {
            return;
        }
        let decided = out.answer();
        out.answers = answers;
        if decided == bad
            && out.answer() == Answer::Unknown
            && let Some((why, basis)) = self.open_of(c, e, None)
        {
            out.why = Some(why);
            out.basis = Some(basis);
        }
    }

    /// Who can reach it: some door is open and not shut.
    pub(super) fn exposure(&self, e: EntryId) -> YesNo {
        self.doors(e)
            .map_or_else(YesNo::default, |d| self.through(e, &d, |_| true))
    }

    /// Who can reach it: by any door, by the network's, by the others.
    pub(super) fn reach(&self, e: EntryId) -> Reach {
        let Some(doors) = self.doors(e) else {
            return Reach::default();
        };
        let is_network = |d: &Door| &*d.name == NETWORK;
        let others = self.through(e, &doors, |d| !is_network(d));
        // Where nothing speaks of the network nobody asks, and the others are all.
        if !doors.each.iter().any(is_network) {
            return Reach {
                all: others.clone(),
                network: YesNo::default(),
                others,
            };
        }
        Reach {
            all: self.through(e, &doors, |_| true),
            network: self.through(e, &doors, is_network),
            others,
        }
    }

    /// The doors to something, and who speaks of them; `None`: nobody does.
    fn doors(&self, e: EntryId) -> Option<Doors> {
        let (voices, more) = self.voices(e, "exposure", &|row| row.exposure.is_some());
        if voices.is_empty() {
            return None;
        }
        let mut names: Vec<Arc<str>> = voices
            .iter()
            .filter_map(|v| self.entries[v.entry].row.exposure.as_ref())
            .flat_map(|x| x.open.iter().map(|(door, _)| door.clone()))
            .collect();
        // What is granted says more than that one may knock.
        names.sort_by_key(|d| (&**d == NETWORK, d.clone()));
        names.dedup();
        let doors = names.into_iter().map(|name| self.door(e, &voices, name));
        Some(Doors {
            each: doors.collect(),
            voices,
            more,
        })
    }

    /// Whether a door stands open.
    fn door(&self, e: EntryId, voices: &[Voice], name: Arc<str>) -> Door {
        let named = |list: &[(Arc<str>, Condition)]| list.iter().position(|(d, _)| *d == name);
        let open = self.some(voices, &|row| {
            let list = &row.exposure.as_ref()?.open;
            named(list).map(|i| &list[i].1)
        });
        let shut = self.some(voices, &|row| {
            let list = &row.exposure.as_ref()?.shut;
            named(list).map(|i| &list[i].1)
        });
        let locked = self.some(voices, &|row| {
            let list = &row.exposure.as_ref()?.unlocked;
            named(list).map(|i| &list[i].1)
        });
        let has_lock = voices.iter().any(|v| {
            let x = self.entries[v.entry].row.exposure.as_ref();
            x.is_some_and(|x| named(&x.unlocked).is_some())
        });
        let mut stands = worlds::and(&open, &worlds::not(&shut));
        if has_lock {
            stands = bounded(worlds::and(&stands, &locked));
        }
        let stands = bounded(stands);
        Door {
            answer: said(&stands, &self.exists(e)).answer(),
            stands,
            name,
        }
    }

    /// Whether one of these doors stands open, and what decides it.
    fn through(&self, e: EntryId, all: &Doors, counts: impl Fn(&Door) -> bool) -> YesNo {
        let (voices, more) = (all.voices.as_slice(), all.more);
        let mut public: Cond = vec![(World::ANY, Some(false))];
        let mut first: Option<&Door> = None;
        for door in all.each.iter().filter(|d| counts(d)) {
            let better = match (first, door.answer) {
                (_, Answer::No | Answer::NotApplicable) => false,
                (None, _) => true,
                (Some(have), now) => have.answer == Answer::Unknown && now == Answer::Yes,
            };
            if better {
                first = Some(door);
            }
            public = bounded(worlds::or(&public, &door.stands));
        }
        let mut out = said(&public, &self.exists(e));
        if let Some(Door { name, answer, .. }) = first {
            let mut reason = self.reason(e, voices, *answer, &|row| {
                let x = row.exposure.as_ref()?;
                let found = x.open.iter().find(|(d, _)| d == name)?;
                Some((&found.1, "exposure"))
            });
            if reason.basis.is_none() {
                // What opens it is decided; what would shut it is not.
                reason = self.reason(e, voices, Answer::Unknown, &|row| {
                    let x = row.exposure.as_ref()?;
                    let found = x.shut.iter().chain(&x.unlocked);
                    let found = found.into_iter().find(|(d, _)| d == name)?;
                    Some((&found.1, "exposure"))
                });
            }
            fill(&mut out, reason);
            let by_id = out.why.as_ref().is_none_or(|w| w.key == "why.computed");
            if &**name == NETWORK && out.answer() == Answer::Unknown && by_id {
                // That a group has its id only then says nothing of whom it lets in.
                out.why = Some(Message::new("why.network"));
            }
            out.door = Some(name.clone());
        }
        if more {
            too_many(&mut out);
        }
        out
    }

    /// Whether what stores name to say who may open a connection (a group of rules) lets everybody in, to
    /// one of `ports` (null: to any).
    pub(super) fn lets_in(&self, e: EntryId, ports: &Val) -> Cond {
        let key = (e, ports.identity());
        if let Some(known) = self.let_in.borrow().get(&key) {
            return known.clone();
        }
        let (voices, more) = self.voices(e, "exposure", &|row| row.exposure.is_some());
        let mut out: Cond = vec![(World::ANY, Some(false))];
        for v in &voices {
            let row = self.entries[v.entry].row.clone();
            let open = row.exposure.iter().flat_map(|x| &x.open);
            for (_, c) in open.filter(|(door, _)| &**door == NETWORK) {
                let says = worlds::and(&v.there, &self.holds_for(c, v.entry, ports));
                out = bounded(worlds::or(&out, &says));
            }
        }
        if more {
            out = bounded(worlds::or(&out, &vec![(World::ANY, None)]));
        }
        self.let_in.borrow_mut().insert(key, out.clone());
        out
    }

    /// How people sign in.
    pub(super) fn sign_in(&self, e: EntryId) -> Option<Box<SignIn>> {
        let row = self.entries[e].row.clone();
        let says = row.sign_in.as_ref()?;
        let never = says.not_asked.as_ref().map(|c| self.holds(c, e, None));
        if let Some(never) = &never
            && never.iter().all(|(_, b)| *b == Some(true))
        {
            return None;
        }
        // Where nobody knows whether anybody signs in so, nothing is decided.
        let open = never.is_some_and(|n| n.iter().any(|(_, b)| *b != Some(false)));
        let asked = |c: Option<&Condition>, case: &str| {
            let Some(c) = c else {
                return YesNo::default();
            };
            let mut out = said(&self.holds(c, e, None), &self.exists(e));
            out.basis = self.decided_by(c, e, None);
            out.case = Some(format!("{}.sign_in.{case}", row.ty).into());
            if out.answer() == Answer::Unknown
                && let Some((why, basis)) = self.open_of(c, e, None)
            {
                out.why = Some(why);
                out.basis = Some(basis);
            }
            if open && out.answer() == Answer::No {
                out.answers = vec![(World::ANY, Answer::Unknown)];
                let open = says
                    .not_asked
                    .as_ref()
                    .and_then(|c| self.open_of(c, e, None));
                if let Some((why, basis)) = open {
                    out.why = Some(why);
                    out.basis = Some(basis);
                }
            }
            out
        };
        let mut out = SignIn {
            length: vec![(World::ANY, Val::null())],
            length_basis: None,
            length_why: None,
            mfa: asked(says.mfa.as_ref(), "mfa"),
            reuse: asked(says.reuse.as_ref(), "reuse"),
        };
        if let Some(c) = &says.length {
            let read = self.value_of(c, e, None);
            out.length = read
                .iter()
                .filter(|(w, _)| worlds::can_be(w, &self.exists(e)))
                .map(|(w, v)| {
                    (
                        w.clone(),
                        v.as_ref().map_or_else(Val::null, |(v, _)| v.clone()),
                    )
                })
                .collect();
            out.length_basis = self.decided_by(c, e, None);
            let unknown = read
                .iter()
                .flat_map(|(_, v)| v)
                .find(|(v, _)| !v.is_known());
            if unknown.is_some()
                && let Some((why, basis)) = self.open_of(c, e, None)
            {
                out.length_why = Some(why);
                out.length_basis = Some(basis);
            }
        }
        Some(Box::new(out))
    }

    /// How it is talked to.
    pub(super) fn transport(&self, e: EntryId) -> Transport {
        let (voices, _) = self.voices(e, "transport", &|row| row.transport.is_some());
        if voices.is_empty() {
            return Transport::default();
        }
        let row = self.entries[e].row.clone();
        let not_asked = row.transport.as_ref().and_then(|t| t.not_asked.as_ref());
        let not_asked = not_asked.map(|c| (c, self.holds(c, e, None)));
        let asked = |pick: fn(&Row) -> Option<&Condition>, case: &'static str| {
            if !voices
                .iter()
                .any(|v| pick(&self.entries[v.entry].row).is_some())
            {
                return YesNo::default();
            }
            let mut out = said(&self.some(&voices, &pick), &self.exists(e));
            let reason = self.reason(e, &voices, out.answer(), &|row| {
                pick(row).map(|c| (c, case))
            });
            fill(&mut out, reason);
            out
        };
        let mut plaintext = asked(
            |row| row.transport.as_ref()?.plaintext.as_ref(),
            "transport.plaintext",
        );
        let weak = asked(
            |row| row.transport.as_ref()?.weak.as_ref(),
            "transport.weak",
        );
        let mut weak = self.minimum(e).unwrap_or(weak);
        if let Some((c, cond)) = &not_asked {
            self.unless(&mut plaintext, c, cond, e, Answer::Yes);
            self.unless(&mut weak, c, cond, e, Answer::Yes);
        }
        Transport { plaintext, weak }
    }

    /// Whether the value of the attribute with the lowest version is a weak one.
    fn minimum(&self, e: EntryId) -> Option<YesNo> {
        let row = self.entries[e].row.clone();
        let path = row.transport.as_ref()?.minimum.as_ref()?;
        let name = format!("{}.{}", row.ty, path.path);
        let values: Written = self.read_at(e, None, path);
        let mut answers = Vec::new();
        let mut out = YesNo {
            case: Some(format!("{}.transport.minimum", row.ty).into()),
            ..YesNo::of(Answer::Unknown)
        };
        for (w, v) in values {
            let answer = match &v {
                // The row's default stands for what is not written; without one nobody knows.
                None => Answer::Unknown,
                Some((v, _)) => match v.as_str().map(|text| ciphers::weak(&name, text)) {
                    Some(Some(true)) => Answer::Yes,
                    Some(Some(false)) => Answer::No,
                    Some(None) | None => Answer::Unknown,
                },
            };
            if answer != Answer::No
                && let Some((v, basis)) = v
            {
                if answer == Answer::Unknown && out.why.is_none() {
                    out.why = Some(if v.is_known() {
                        Message::new("why.no-such-value")
                    } else {
                        why_of(&v)
                    });
                }
                out.basis.get_or_insert(basis);
            }
            answers.push((w, answer));
        }
        if let Some(when) = row.transport.as_ref().and_then(|t| t.when.as_ref()) {
            // Where there is no TLS at all, no version of it is weak.
            answers = answers
                .iter()
                .flat_map(|(w, a)| {
                    worlds::within(&self.holds(when, e, None), w)
                        .into_iter()
                        .map(|(both, holds)| match (holds, a) {
                            (Some(true), _) => (both, *a),
                            (Some(false), _) | (None, Answer::No) => (both, Answer::No),
                            (None, _) => (both, Answer::Unknown),
                        })
                        .collect::<Vec<_>>()
                })
                .collect();
        }
        answers.retain(|(w, _)| worlds::can_be(w, &self.exists(e)));
        if !answers.is_empty() {
            out.answers = answers;
        }
        Some(out)
    }
}

fn fill(out: &mut YesNo, reason: Reason) {
    out.basis = reason.basis;
    out.why = reason.why;
    out.case = reason.case;
    out.by = reason.by;
}

/// More may have a say than are told apart: what is not settled by one of those is not decided.
fn too_many(out: &mut YesNo) {
    if out.answer() == Answer::No {
        out.answers = vec![(World::ANY, Answer::Unknown)];
        out.why = Some(Message::new("why.too-many").arg(""));
    }
}

fn bounded(cond: Cond) -> Cond {
    if cond.len() > MAX_CASES {
        vec![(World::ANY, None)]
    } else {
        cond
    }
}

/// A condition's outcome where the store exists.
fn said(cond: &Cond, exists: &[World]) -> YesNo {
    let mut answers: Vec<(World, Answer)> = cond
        .iter()
        .filter(|(w, _)| worlds::can_be(w, exists))
        .map(|(w, b)| {
            let answer = match b {
                Some(true) => Answer::Yes,
                Some(false) => Answer::No,
                None => Answer::Unknown,
            };
            (w.clone(), answer)
        })
        .collect();
    match answers.first().map(|(_, a)| *a) {
        None => answers = vec![(World::ANY, Answer::Unknown)],
        Some(first) if answers.iter().all(|(_, a)| *a == first) => {
            answers = vec![(World::ANY, first)];
        }
        Some(_) => {}
    }
    YesNo {
        answers,
        ..YesNo::of(Answer::Unknown)
    }
}
