//! AWS policy documents: whom they let do what.
//!
//! Lives here: statements, principals, actions, refusals. Not here: conditions (`conditions.rs`),
//! patterns (`pattern.rs`).
//!
//! Open means that somebody whom nobody named may do one of the asked actions: the principal is `*`,
//! a pattern over accounts, or everybody but some (`NotPrincipal`), and no condition holds the grant
//! to fixed callers, as AWS itself judges it ("The meaning of public", Amazon S3 User Guide).
//! A refusal closes a grant where it is for everybody, for all that is asked, for all resources of
//! the grant, and spares only callers who are named. Which resources a grant is for is not looked
//! at: a grant for one prefix opens the store.
//!
//! AWS takes a wildcard in a principal only as the whole of it. So a principal of which a part is
//! known (`arn:aws:iam::${…}:root`) is somebody, whatever stands in its gaps.

use super::conditions;
use super::{Answer, Asked, Trouble, all, any, asked, both, either, is_word, not, pattern};
use crate::evaluate::partial_json::{self, Json, Member, Text};
use crate::evaluate::text::parts_of;
use crate::evaluate::value::{Kind, Part, Val, Whose};
use std::sync::Arc;

/// The statements of a document; open: there may be more.
fn statements(doc: &Json) -> Result<(&[Json], bool), Trouble> {
    if !matches!(doc, Json::Object { .. } | Json::Gap) {
        return Err(Trouble::NotRead);
    }
    Ok(match doc.member("Statement") {
        Member::Is(Json::Null) | Member::Absent => (&[], false),
        Member::Is(statements) => statements.one_or_many(),
        Member::Open => (&[], true),
    })
}

/// Whether everybody may do one of the actions.
pub fn open(doc: &Val, actions: &[Arc<str>]) -> Asked {
    let doc = partial_json::read(doc)?;
    let (statements, more) = statements(&doc)?;
    let answer = any(actions.iter().map(|action| {
        any(statements
            .iter()
            .map(|s| {
                let granted = all([
                    effect(s, "Allow"),
                    everybody(s),
                    does(s, action),
                    not(conditions::hold(s)),
                ]);
                both(granted, not(closed(s, action, statements, more)))
            })
            .chain(more.then_some(None)))
    }));
    asked(answer)
}

/// Whether an account that is none of `own` may do one of the actions.
pub fn foreign(doc: &Val, actions: &[Arc<str>], own: &Val) -> Asked {
    let doc = partial_json::read(doc)?;
    let (statements, more) = statements(&doc)?;
    let own = Own::new(own);
    let answer = any(statements
        .iter()
        .map(|s| {
            let action = any(actions.iter().map(|a| does(s, a)));
            let granted = both(effect(s, "Allow"), action);
            let refused = any(actions.iter().map(|a| closed(s, a, statements, more)));
            let to = to_foreign(s, &own);
            // A refusal may spare its own accounts, or an organization's: whose they are is open.
            let unless = if refused == Some(false) {
                to
            } else {
                both(to, None)
            };
            both(granted, unless)
        })
        .chain(more.then_some(None)));
    asked(answer)
}

fn effect(statement: &Json, word: &str) -> Answer {
    match statement.member("Effect") {
        Member::Is(Json::Text(t)) => is_word(t, word),
        Member::Is(Json::Gap) | Member::Open => None,
        Member::Is(_) | Member::Absent => Some(false),
    }
}

/// Whether the principal of a grant takes in everybody.
fn everybody(statement: &Json) -> Answer {
    let named = match statement.member("Principal") {
        Member::Is(p) => any_principal(p, true, is_everybody),
        Member::Absent => Some(false),
        Member::Open => None,
    };
    let but = match statement.member("NotPrincipal") {
        Member::Is(Json::Null) | Member::Absent => Some(false),
        Member::Is(_) => Some(true),
        Member::Open => None,
    };
    either(named, but)
}

/// Whether a refusal is for everybody whom nobody named.
fn refuses_everybody(statement: &Json) -> Answer {
    let star = |t: &Text| is_word(t, "*");
    let named = match statement.member("Principal") {
        Member::Is(p) => any_principal(p, false, star),
        Member::Absent => Some(false),
        Member::Open => None,
    };
    let but = match statement.member("NotPrincipal") {
        Member::Is(Json::Null) | Member::Absent => Some(false),
        Member::Is(p) => not(any_principal(p, true, is_everybody)),
        Member::Open => None,
    };
    either(named, but)
}

/// Whether `f` holds for a principal: of all kinds, or of accounts and users only.
fn any_principal(principal: &Json, all_kinds: bool, f: impl Fn(&Text) -> Answer) -> Answer {
    let texts = |v: &Json| {
        let (items, open) = v.one_or_many();
        any(items
            .iter()
            .map(|i| match i {
                Json::Text(t) => f(t),
                Json::Null | Json::Number(_) => Some(false),
                _ => None,
            })
            .chain(open.then_some(None)))
    };
    match principal {
        Json::Object { members, open } => any(members
            .iter()
            .map(|(kind, v)| {
                let counts = all_kinds
                    .then_some(true)
                    .or_else(|| either(is_word(kind, "AWS"), is_word(kind, "*")));
                both(counts, texts(v))
            })
            .chain(open.then_some(None))),
        other => texts(other),
    }
}

/// Whether a principal's text is everybody.
fn is_everybody(text: &Text) -> Answer {
    let wild = text
        .0
        .iter()
        .any(|p| p.known().is_some_and(|s| s.contains('*')));
    match (&text.0[..], wild) {
        ([Part::Unknown], _) => None,
        (_, false) => Some(false),
        (_, true) => match account(text) {
            Account::Is(_) | Account::Own | Account::OfHere => Some(false),
            Account::Gap => None,
            Account::None => Some(true),
        },
    }
}

/// The account that a principal's text names.
enum Account<'a> {
    /// This one.
    Is(&'a str),
    /// The one that terraform runs in.
    Own,
    /// The one of something that this configuration makes or reads.
    OfHere,
    /// Which is not known.
    Gap,
    /// None: no account stands in it.
    None,
}

fn digits(s: &str) -> bool {
    s.len() == 12 && s.bytes().all(|b| b.is_ascii_digit())
}

fn account(text: &Text) -> Account<'_> {
    match &text.0[..] {
        [Part::Known(s)] if digits(s) => return Account::Is(s),
        [Part::Named(Whose::OwnAccount)] => return Account::Own,
        [Part::Named(Whose::Thing | Whose::Told(..)), ..] => return Account::OfHere,
        [Part::Unknown, ..] => return Account::Gap,
        _ => {}
    }
    // Where the account stands: after four colons.
    let mut colons = 0;
    let mut found: Option<Account<'_>> = None;
    // Colons may stand in it.
    let mut gap_before = false;
    for p in &text.0 {
        match p {
            Part::Known(s) => {
                for (i, piece) in s.split(':').enumerate() {
                    if i > 0 {
                        colons += 1;
                    }
                    if colons == 4 && !piece.is_empty() {
                        found = Some(match found {
                            None if digits(piece) => Account::Is(piece),
                            // `*`, or one of AWS's own names: `arn:aws:iam::cloudfront:user/…`.
                            None => Account::None,
                            Some(_) => Account::Gap,
                        });
                    }
                }
            }
            gap if colons == 4 => {
                found = Some(match (found, gap) {
                    (None, Part::Named(Whose::OwnAccount)) => Account::Own,
                    _ => Account::Gap,
                });
            }
            _ => gap_before |= colons < 4,
        }
    }
    found.unwrap_or(if gap_before {
        Account::Gap
    } else {
        Account::None
    })
}

/// Whether a statement is about the action.
fn does(statement: &Json, action: &str) -> Answer {
    let named = match statement.member("Action") {
        Member::Is(v) => texts(v, |p| pattern::hits(p, action)),
        Member::Absent => Some(false),
        Member::Open => None,
    };
    let but = match statement.member("NotAction") {
        Member::Is(Json::Null) | Member::Absent => Some(false),
        Member::Is(v) => not(texts(v, |p| pattern::covers(p, &Text::of(action)))),
        Member::Open => None,
    };
    either(named, but)
}

/// Whether a statement is about all that `action` names.
fn does_all(statement: &Json, action: &str) -> Answer {
    let named = match statement.member("Action") {
        Member::Is(v) => texts(v, |p| pattern::covers(p, &Text::of(action))),
        Member::Absent => Some(false),
        Member::Open => None,
    };
    let but = match statement.member("NotAction") {
        Member::Is(Json::Null) | Member::Absent => Some(false),
        Member::Is(v) => not(texts(v, |p| pattern::hits(p, action))),
        Member::Open => None,
    };
    either(named, but)
}

/// Whether `f` holds for one of the texts; what is no text there is nobody's.
fn texts(v: &Json, f: impl Fn(&Text) -> Answer) -> Answer {
    let (items, open) = v.one_or_many();
    any(items
        .iter()
        .map(|i| match i {
            Json::Text(t) => f(t),
            Json::Gap => None,
            _ => Some(false),
        })
        .chain(open.then_some(None)))
}

/// Whether a refusal closes what a statement grants.
fn closed(grant: &Json, action: &str, statements: &[Json], more: bool) -> Answer {
    any(statements
        .iter()
        .map(|d| {
            all([
                effect(d, "Deny"),
                refuses_everybody(d),
                does_all(d, action),
                for_all_of(d, grant),
                conditions::spare_only_named(d),
            ])
        })
        .chain(more.then_some(None)))
}

/// Whether a refusal is for all the resources that a grant is for.
fn for_all_of(refusal: &Json, grant: &Json) -> Answer {
    match refusal.member("NotResource") {
        Member::Is(Json::Null) | Member::Absent => {}
        Member::Is(_) => return Some(false),
        Member::Open => return None,
    }
    let patterns = match refusal.member("Resource") {
        // The policy of a key or a repository is for nothing else.
        Member::Is(Json::Null) | Member::Absent => return Some(true),
        Member::Is(v) => v,
        Member::Open => return None,
    };
    let everything = Json::Text(Text::of("*"));
    let of = match (grant.member("Resource"), grant.member("NotResource")) {
        (Member::Is(v), Member::Absent) => v,
        (Member::Open, _) | (_, Member::Open) => return texts(patterns, |p| is_word(p, "*")),
        _ => &everything,
    };
    let (items, open) = of.one_or_many();
    let one = |r: &Json| match r {
        Json::Text(r) => texts(patterns, |p| pattern::covers(p, r)),
        _ => None,
    };
    let all_resources = texts(patterns, |p| is_word(p, "*"));
    match all_resources {
        Some(true) => Some(true),
        _ => all(items.iter().map(one).chain(open.then_some(None))),
    }
}

/// The accounts that count as one's own.
struct Own {
    accounts: Vec<Text>,
    /// All are known.
    whole: bool,
}

impl Own {
    fn new(v: &Val) -> Own {
        let items = match (&v.kind, v.as_seq()) {
            (Kind::Null(_), _) => &[],
            (_, Some(items)) => items,
            _ => std::slice::from_ref(v),
        };
        let accounts: Vec<Text> = items.iter().map(|i| Text(parts_of(i))).collect();
        Own {
            whole: !accounts.is_empty() && accounts.iter().all(Text::is_known),
            accounts,
        }
    }

    /// Whether an account is another's.
    fn foreign(&self, account: &Account<'_>) -> Answer {
        match account {
            Account::Is(id) => {
                let id = Text::of(id);
                if self
                    .accounts
                    .iter()
                    .any(|a| pattern::covers(a, &id) == Some(true))
                {
                    Some(false)
                } else if self.whole {
                    Some(true)
                } else {
                    None
                }
            }
            Account::Own | Account::OfHere => Some(false),
            Account::Gap => None,
            Account::None => Some(false),
        }
    }
}

/// Whether a statement's principal takes in another's account.
fn to_foreign(statement: &Json, own: &Own) -> Answer {
    let held: Vec<Answer> = conditions::accounts(statement)
        .into_iter()
        .map(|t| own.foreign(&account(t)))
        .collect();
    if !held.is_empty() && held.iter().all(|a| *a == Some(false)) {
        return Some(false);
    }
    let named = match statement.member("Principal") {
        Member::Is(Json::Object { members, open }) => any(members
            .iter()
            .map(
                |(kind, v)| match either(is_word(kind, "AWS"), is_word(kind, "*")) {
                    Some(true) => texts(v, |t| own.foreign(&account(t))),
                    // A service, an identity provider: no account.
                    Some(false) if is_word(kind, "CanonicalUser") == Some(false) => Some(false),
                    _ => None,
                },
            )
            .chain(open.then_some(None))),
        Member::Is(_) | Member::Absent => Some(false),
        Member::Open => None,
    };
    let open = match (everybody(statement), conditions::hold(statement)) {
        (Some(true), Some(false)) => Some(true),
        (Some(false), _) => Some(false),
        // Held to somebody: another's where the accounts say so.
        (Some(true), Some(true)) if held.contains(&Some(true)) => Some(true),
        _ => None,
    };
    either(named, open)
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn accounts_in_texts() {
        let id = |s: &str| match account(&Text::of(s)) {
            Account::Is(id) => id.to_owned(),
            Account::None => "none".to_owned(),
            _ => "open".to_owned(),
        };
        assert_eq!(id("123456789012"), "123456789012");
        assert_eq!(id("arn:aws:iam::123456789012:root"), "123456789012");
        assert_eq!(id("arn:aws:iam::*:root"), "none");
        assert_eq!(id("*"), "none");
        assert_eq!(id("arn:aws:iam::cloudfront:user/x"), "none");
    }
}
