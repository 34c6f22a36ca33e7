//! What decided: where the mark of a finding goes, why something is not decided, and the facts in words.

use super::subject::{Subject, same_key};
use crate::catalog::custody::{Custody, Operator};
use crate::catalog::operators;
use crate::diagnostic::{Message, Verdict};
use crate::evaluate::value::World;
use crate::extract::facts::{
    Answer, Basis, Copy, Keeping, KeyAnswer, Location, Placement, SignIn, Valued, YesNo,
};
use crate::policy::rules::Fact;
use crate::source::Place;
use std::sync::Arc;

/// A fact: what it is known by (in fingerprints, and to say it once), and in words.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub id: String,
    pub words: Message,
}

/// What decided an outcome.
pub(super) struct Decided {
    pub basis: Basis,
    /// Why it is not decided.
    pub why: Option<Message>,
    pub facts: Vec<Said>,
    /// Nothing that could be written would decide it.
    pub never: bool,
}

/// What decided a fact of a subject.
pub(super) fn of(subject: &Subject<'_>, fact: Fact, verdict: Verdict) -> Decided {
    let open = verdict == Verdict::Undetermined;
    let header = Basis::block(subject.place());
    if let (Fact::Location, Subject::Copy { copy, .. }) = (fact, subject) {
        return place_of_copy(copy, verdict);
    }
    if let (Fact::SignIn, Some(s)) = (fact, subject.sign_in()) {
        return of_sign_in(s, open, header);
    }
    if let (Fact::InCode, Subject::Secret(s)) = (fact, subject) {
        let mut out = of_yes_no(&s.in_code, fact, open, header);
        // Where it stands, never what.
        out.facts = vec![Said {
            id: s.path.to_string(),
            words: Message::new("fact.code").arg(&*s.path),
        }];
        return out;
    }
    if let Some(yes_no) = subject.yes_no(fact) {
        return of_yes_no(yes_no, fact, open, header);
    }
    match fact {
        Fact::Location => match subject.location() {
            Some(l) => of_location(l, &header, open),
            None => nothing(header),
        },
        Fact::Foreign => match subject {
            Subject::TextKey(_, _, a) => of_account(a, open, header),
            _ => nothing(header),
        },
        Fact::Window => match subject {
            Subject::Key(k) => of_valued(&k.window, open, header, &|days| Said {
                id: days.to_string(),
                words: Message::new("fact.days").arg(days.to_string()),
            }),
            _ => nothing(header),
        },
        Fact::Cipher => match subject {
            Subject::Key(k) => {
                let mut out = of_valued(&k.cipher, open, header, &of_cipher);
                if open && out.why.is_none() {
                    out.why = Some(Message::new("why.cipher-not-listed"));
                }
                out
            }
            Subject::Store(s) => Decided {
                why: open.then(|| Message::new("why.cipher-not-listed")),
                facts: s.encryption.cipher.iter().map(of_cipher).collect(),
                ..nothing(header)
            },
            _ => nothing(header),
        },
        Fact::Encryption | Fact::Custody => {
            let operator = match subject {
                Subject::Key(k) => Some(&k.operator),
                _ => subject.store().map(|s| &s.operator),
            };
            if let Subject::TextKey(_, k, a) = subject {
                let same = same_key(k, a);
                return of_keeping(&same, operator, open, &header, &|_| true);
            }
            let mut out = match (subject, subject.keeping()) {
                (Subject::Copy { copy, store, .. }, Some(k)) if fact == Fact::Custody => {
                    let own = store.map(|s| &s.custody);
                    let bound = own.and_then(|o| o.levels().last().copied());
                    let copys = of_keeping(k, operator, open, &copy.basis, &|a| {
                        a.level.is_none_or(|l| bound.is_none_or(|b| l < b))
                    });
                    match (store, own) {
                        // What is open is the store's own key: that is told there.
                        (Some(s), Some(own)) if open && k.level().is_some() => {
                            let header = Basis::block(s.place);
                            let own = of_keeping(own, operator, open, &header, &|a| {
                                a.level.is_none_or(|l| l < Custody::CustomerManaged)
                            });
                            Decided {
                                facts: copys.facts,
                                ..own
                            }
                        }
                        _ => copys,
                    }
                }
                (_, Some(k)) => {
                    let bad: &dyn Fn(&KeyAnswer) -> bool = match fact {
                        Fact::Encryption => &|a| a.encrypted != Answer::Yes,
                        _ => &|a| a.level.is_none_or(|l| l < Custody::CustomerManaged),
                    };
                    let header = match subject {
                        Subject::Copy { copy, .. } => copy.basis.clone(),
                        _ => header,
                    };
                    of_keeping(k, operator, open, &header, bad)
                }
                _ => return nothing(header),
            };
            for f in &mut out.facts {
                match subject {
                    Subject::Part(_, part) => {
                        f.id = format!("{}: {}", part.part, f.id);
                        let name = Message::new(format!("part.{}", part.part));
                        let words = std::mem::replace(&mut f.words, Message::new("fact.of"));
                        f.words = Message::new("fact.of")
                            .one_of(vec![name])
                            .one_of(vec![words]);
                    }
                    Subject::Copy { copy, .. } => {
                        f.id = format!("{}: {}", copy.kind, f.id);
                        let place = copy_to(copy);
                        let words = std::mem::replace(&mut f.words, Message::new("fact.of"));
                        f.words = Message::new("fact.of").one_of(place).one_of(vec![words]);
                    }
                    _ => {}
                }
            }
            out
        }
        Fact::Operator => {
            let Some(operator) = subject.operator() else {
                return nothing(header);
            };
            // Nobody may be known to run one thing and another.
            if operator.name.is_empty() {
                return Decided {
                    why: open.then(|| Message::new("why.operator")),
                    facts: Vec::new(),
                    ..nothing(header)
                };
            }
            Decided {
                // Every store of an operator is one problem.
                basis: Basis {
                    group: Some(format!("operator {}", operator.name).into()),
                    ..header
                },
                // Its country is known: what is not is whether a list has it.
                why: open.then(|| Message::new("why.operator-list").arg(operators::edition())),
                facts: vec![of_operator(operator)],
                never: false,
            }
        }
        // Every chart, every manifest is one thing to know, told once.
        Fact::Contents => match subject {
            Subject::Other(o) => nothing(Basis {
                group: Some(format!("opaque {}", o.ty).into()),
                ..header
            }),
            _ => nothing(header),
        },
        _ => nothing(header),
    }
}

fn nothing(basis: Basis) -> Decided {
    Decided {
        basis,
        why: None,
        facts: Vec::new(),
        never: false,
    }
}

/// Whose account a key's text names.
fn of_account(a: &KeyAnswer, open: bool, header: Basis) -> Decided {
    let account = a.foreign.as_ref().map(|f| &f.account);
    let facts = account.filter(|account| !account.is_empty());
    Decided {
        basis: a.basis.clone().unwrap_or(header),
        why: open.then(|| Message::new("why.account-not-known")),
        facts: facts
            .map(|account| Said {
                id: account.to_string(),
                words: Message::new("fact.account").arg(&**account),
            })
            .into_iter()
            .collect(),
        never: false,
    }
}

fn of_cipher(name: &Arc<str>) -> Said {
    Said {
        id: name.to_string(),
        words: Message::new("fact.code").arg(&**name),
    }
}

fn of_valued<T: PartialEq>(
    fact: &Valued<T>,
    open: bool,
    header: Basis,
    say: &dyn Fn(&T) -> Said,
) -> Decided {
    let mut facts: Vec<Said> = Vec::new();
    for said in fact.answers.iter().filter_map(|(_, v)| v.as_ref()).map(say) {
        if !facts.iter().any(|have| have.id == said.id) {
            facts.push(said);
        }
    }
    let hangs = fact.answers.len() > 1;
    let worlds = fact.answers.iter().map(|(w, _)| w);
    Decided {
        basis: fact.basis.clone().unwrap_or(header),
        why: open
            .then(|| fact.why.clone().or_else(|| hangs.then(|| several(worlds))))
            .flatten(),
        facts,
        never: false,
    }
}

fn of_operator(o: &Operator) -> Said {
    Said {
        id: format!("{} ({})", o.name, o.country),
        words: Message::new("fact.operator")
            .arg(&*o.name)
            .list(country(&o.country)),
    }
}

fn country(code: &str) -> Vec<Message> {
    if code.is_empty() {
        Vec::new()
    } else {
        vec![Message::new(format!("country.{code}"))]
    }
}

fn of_yes_no(fact: &YesNo, about: Fact, open: bool, header: Basis) -> Decided {
    let mut facts = Vec::new();
    let reach = matches!(about, Fact::Exposure | Fact::Access | Fact::Network);
    if let (true, Some(door)) = (reach, &fact.door) {
        let words = Message::new(format!("door.{door}"));
        facts.push(match &fact.by {
            Some(by) => Said {
                id: format!("{door} {by}"),
                words: Message::new("fact.by").arg(&**by).list(vec![words]),
            },
            None => Said {
                id: door.to_string(),
                words,
            },
        });
    } else if let Some(by) = &fact.by {
        facts.push(Said {
            id: by.to_string(),
            words: Message::new("fact.resource").arg(&**by),
        });
    } else if matches!(about, Fact::Foreign | Fact::Loss) && !open {
        facts.push(Said {
            id: "itself".to_owned(),
            words: Message::new("fact.itself"),
        });
    }
    let worlds = fact.answers.iter().map(|(w, _)| w);
    Decided {
        basis: fact.basis.clone().unwrap_or(header),
        why: open.then(|| fact.why.clone().unwrap_or_else(|| several(worlds))),
        facts,
        never: false,
    }
}

/// How people sign in: what is weak about it.
fn of_sign_in(s: &SignIn, open: bool, header: Basis) -> Decided {
    let mut facts = Vec::new();
    let mut lengths: Vec<String> = Vec::new();
    for (_, v) in &s.length {
        if let Some(n) = v.as_num() {
            lengths.push(n.to_string());
        }
    }
    lengths.dedup();
    for n in lengths {
        facts.push(Said {
            id: format!("length {n}"),
            words: Message::new("fact.password-length").arg(n),
        });
    }
    for (fact, key) in [
        (&s.mfa, "mfa-not-required"),
        (&s.reuse, "reuse-not-refused"),
    ] {
        if fact.answer() == Answer::No {
            facts.push(Said {
                id: key.to_owned(),
                words: Message::new(format!("fact.{key}")),
            });
        }
    }
    let by_fact = |f: &YesNo| f.why.clone().zip(f.basis.clone());
    let undecided = s
        .length_why
        .clone()
        .zip(s.length_basis.clone())
        .or_else(|| by_fact(&s.mfa))
        .or_else(|| by_fact(&s.reuse))
        .filter(|_| open);
    let (why, basis) = match undecided {
        Some((why, basis)) => (Some(why), Some(basis)),
        None => {
            let worlds = s.length.iter().map(|(w, _)| w);
            let worlds = worlds.chain(s.mfa.answers.iter().map(|(w, _)| w));
            let basis = s.length_basis.clone().or_else(|| s.mfa.basis.clone());
            (open.then(|| several(worlds)), basis)
        }
    };
    Decided {
        basis: basis.unwrap_or(header),
        why,
        facts,
        never: false,
    }
}

fn place_of_copy(copy: &Copy, verdict: Verdict) -> Decided {
    let open = verdict == Verdict::Undetermined;
    let mut out = of_location(&copy.location, &copy.basis, open);
    let by_place = open && (copy.location.open || copy.location.alternatives.len() != 1);
    if !by_place {
        out.basis = copy.basis.clone();
    }
    if open && copy.made.answer() != Answer::Yes && !copy.location.open {
        // Where it would be is known: whether it is made is not.
        let worlds = copy.made.answers.iter().map(|(w, _)| w);
        let why = copy.made.why.clone();
        out.why = Some(why.unwrap_or_else(|| several(worlds)));
        out.basis = copy
            .made
            .basis
            .clone()
            .unwrap_or_else(|| copy.basis.clone());
    }
    let kind = || Message::new(format!("copy-kind.{}", copy.kind));
    for f in &mut out.facts {
        f.id = format!("{}: {}", copy.kind, f.id);
        let place = std::mem::replace(&mut f.words, kind());
        f.words = Message::new("fact.copy")
            .one_of(vec![kind()])
            .one_of(vec![place]);
    }
    if out.facts.is_empty() {
        out.facts.push(Said {
            id: copy.kind.to_string(),
            words: kind(),
        });
    }
    out
}

/// A copy in words: what it is, and where.
pub(super) fn copy_to(copy: &Copy) -> Vec<Message> {
    let kind = Message::new(format!("copy-kind.{}", copy.kind));
    let places: Vec<Message> = places(&copy.location)
        .into_iter()
        .map(|p| p.words)
        .collect();
    if places.is_empty() {
        vec![kind]
    } else {
        vec![Message::new("fact.copy").one_of(vec![kind]).one_of(places)]
    }
}

fn of_location(l: &Location, header: &Basis, open: bool) -> Decided {
    let basis = l
        .basis
        .clone()
        .or_else(|| l.alternatives.first().and_then(|p| p.basis.clone()))
        .unwrap_or_else(|| header.clone());
    let why = open.then(|| {
        let said = l.why.clone().filter(|m| m.key != "why.several");
        said.unwrap_or_else(|| several(l.alternatives.iter().map(|p| &p.when)))
    });
    Decided {
        basis,
        why,
        facts: places(l),
        never: l.never,
    }
}

fn of_keeping(
    k: &Keeping,
    operator: Option<&Operator>,
    open: bool,
    header: &Basis,
    bad: &dyn Fn(&KeyAnswer) -> bool,
) -> Decided {
    // What is not decided says more than what is wrong under an assumption.
    let chosen = k
        .answers
        .iter()
        .filter(|a| bad(a))
        .find(|a| open && a.level.is_none())
        .or_else(|| k.answers.iter().find(|a| bad(a)))
        .or_else(|| k.answers.first());
    let basis = chosen
        .and_then(|a| a.basis.clone())
        .unwrap_or_else(|| header.clone());
    let why = open.then(|| {
        let said = k.answers.iter().find_map(|a| a.why.clone());
        said.unwrap_or_else(|| several(k.answers.iter().map(|a| &a.when)))
    });
    let decided = k.answers.iter().all(|a| a.level.is_some());
    let levels = if decided { k.levels() } else { Vec::new() };
    let name = operator.map_or("", |o| &o.name);
    let facts = levels
        .into_iter()
        .map(|level| Said {
            id: level.word().to_owned(),
            words: Message::new(format!("keeper.{}", level.word())).arg(name),
        })
        .collect();
    Decided {
        basis,
        why,
        facts,
        never: false,
    }
}

/// What is undecided because it hangs on something: on what.
fn several<'w>(worlds: impl Iterator<Item = &'w World>) -> Message {
    let mut assumed: Vec<String> = worlds
        .flat_map(World::texts)
        .map(|t| t.to_string())
        .collect();
    assumed.sort();
    assumed.dedup();
    let count = |what: &str| assumed.iter().filter(|t| subject_of(t) == what).count();
    let mut on: Vec<&str> = assumed
        .iter()
        .map(|t| {
            let what = subject_of(t);
            if count(what) > 1 { what } else { t.as_str() }
        })
        .collect();
    on.dedup();
    if on.is_empty() {
        Message::new("why.several")
    } else {
        Message::new("why.hangs-on").arg(on.join(", "))
    }
}

/// What an assumption is about: `var.dr` of `var.dr = true`.
pub fn subject_of(assumption: &str) -> &str {
    let inner = assumption
        .strip_prefix("not (")
        .and_then(|t| t.strip_suffix(')'));
    let text = inner.unwrap_or(assumption);
    [" = ", " ≠ "]
        .iter()
        .filter_map(|sign| text.rsplit_once(sign))
        .map(|(what, _)| what)
        .min_by_key(|what| std::cmp::Reverse(what.len()))
        .unwrap_or(text)
}

/// Places: `us-east-1 (US)`.
pub(super) fn places(l: &Location) -> Vec<Said> {
    let mut out: Vec<Said> = Vec::new();
    for p in &l.alternatives {
        let said = place(p);
        if !out.iter().any(|have| have.id == said.id) {
            out.push(said);
        }
    }
    out
}

fn place(p: &Placement) -> Said {
    let mut countries: Vec<&str> = p.regions.iter().map(|r| &*r.country).collect();
    countries.sort_unstable();
    countries.dedup();
    countries.retain(|c| !c.is_empty());
    let codes: Vec<&str> = p.regions.iter().map(|r| &*r.code).collect();
    let code = p
        .written
        .as_deref()
        .map_or_else(|| codes.join(" + "), str::to_owned);
    if countries.is_empty() {
        return Said {
            words: Message::new("fact.code").arg(&*code),
            id: code,
        };
    }
    Said {
        id: format!("{code} ({})", countries.join(", ")),
        words: Message::new("fact.place")
            .arg(code)
            .list(countries.into_iter().flat_map(country).collect()),
    }
}

/// What two findings have in common that one line causes.
pub(super) fn cause_of(basis: &Basis) -> String {
    match &basis.group {
        Some(group) => group.to_string(),
        None => at(basis.place),
    }
}

fn at(place: Place) -> String {
    format!("{}:{}-{}", place.file.0, place.span.start, place.span.end)
}
