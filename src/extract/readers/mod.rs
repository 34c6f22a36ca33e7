//! Readers of documents: what conditions of the catalog and rules ask of policies, members and ranges.
//!
//! Lives here: the functions by name, and three-valued logic. Not here: the languages (`aws.rs`,
//! `members.rs`, `own.rs`, `network.rs`, `material.rs`); what they have to know of the clouds
//! (`catalog/documents.toml`); how a text with gaps is read (`evaluate/partial_json.rs`).
//!
//! | Function | true: |
//! |---|---|
//! | `policy_open(doc, actions)` | the AWS policy lets everybody do one of these |
//! | `policy_foreign(doc, actions, own_accounts)` | it lets an account do so that is none of these |
//! | `members_open(members)` | one of the Google IAM members is everybody |
//! | `policy_data_open(doc)` | a binding of the Google IAM policy has such a member |
//! | `account_foreign(texts, own)` | one of the texts names an account, project, subscription or tenant that is none of these |
//! | `members_foreign(members, own_projects, own_domains)` | one of the Google IAM members is of another project or domain |
//! | `policy_data_foreign(doc, own_projects, own_domains)` | a binding of the Google IAM policy has such a member |
//! | `cidr_open(ranges)` | one of the ranges is everywhere |
//! | `takes(protocol, from, to, ports)` | a rule for these ports is about one of `ports` |
//! | `takes_any(protocol, ranges, ports)` | the same, for ranges as text: `8000-9000` |
//! | `key_material(text)` | the text is a key itself, not the name of one |
//!
//! All are false for null, and unknown where what is known does not decide it. None ever says true
//! or false where a value that is still unknown could turn it round.

mod aws;
mod conditions;
mod material;
mod members;
mod network;
mod own;
mod pattern;
#[cfg(test)]
mod tests;

pub use own::{is_foreign, like, piece};

use crate::evaluate::partial_json::{Broken, Text};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Part, Unknown, Val, Why, hoist, lift, unknown_from};
use std::sync::Arc;

/// Yes, no, or not known.
type Answer = Option<bool>;

fn not(a: Answer) -> Answer {
    a.map(|a| !a)
}

fn both(a: Answer, b: Answer) -> Answer {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn either(a: Answer, b: Answer) -> Answer {
    not(both(not(a), not(b)))
}

/// Whether one holds; those after the first that does are not asked.
fn any(answers: impl IntoIterator<Item = Answer>) -> Answer {
    let mut found = Some(false);
    for a in answers {
        if a == Some(true) {
            return a;
        }
        found = either(found, a);
    }
    found
}

/// Whether all hold.
fn all(answers: impl IntoIterator<Item = Answer>) -> Answer {
    not(any(answers.into_iter().map(not)))
}

/// Why there is no answer, beside values that are not known.
enum Trouble {
    /// Nothing says it yet.
    Unknown,
    /// The text is not what is read here.
    NotRead,
}

impl From<Broken> for Trouble {
    fn from(_: Broken) -> Trouble {
        Trouble::NotRead
    }
}

type Asked = Result<bool, Trouble>;

fn asked(a: Answer) -> Asked {
    a.ok_or(Trouble::Unknown)
}

/// Calls a function of this family; `None` where the name is not theirs, an error where it is called
/// with other arguments than it has.
pub fn call(name: &str, args: &[Val]) -> Option<Result<Val, String>> {
    Some(match name {
        "policy_open" => match args {
            [doc, actions] => texts(name, actions)
                .map(|actions| each(name, &[doc], |d| aws::open(d[0], &actions))),
            _ => Err(count(name, "a document and a list of actions")),
        },
        "policy_foreign" => match args {
            [doc, actions, own] => texts(name, actions)
                .map(|actions| each(name, &[doc, own], |d| aws::foreign(d[0], &actions, d[1]))),
            _ => Err(count(
                name,
                "a document, a list of actions and a list of accounts",
            )),
        },
        "account_foreign" => match args {
            [texts, own] => Ok(each(name, &[texts, own], |d| own::account(d[0], d[1]))),
            _ => Err(count(name, "texts and a list of accounts")),
        },
        "members_foreign" | "policy_data_foreign" => match args {
            [of, projects, domains] => Ok(each(name, &[of, projects, domains], |d| match name {
                "members_foreign" => own::members(d[0], d[1], d[2]),
                _ => own::policy(d[0], d[1], d[2]),
            })),
            _ => Err(count(
                name,
                "members, a list of projects and one of domains",
            )),
        },
        "members_open" => one(name, args, "members", members::open),
        "policy_data_open" => one(name, args, "a document", members::policy_open),
        "cidr_open" => one(name, args, "ranges", network::open),
        "takes" => match args {
            [protocol, from, to, ports] => Ok(network::takes(protocol, from, to, ports)),
            _ => Err(count(name, "a protocol, two ports and a list of ports")),
        },
        "takes_any" => match args {
            [protocol, ranges, ports] => Ok(network::takes_any(protocol, ranges, ports)),
            _ => Err(count(
                name,
                "a protocol, ranges of ports and a list of ports",
            )),
        },
        "key_material" => one(name, args, "a text", material::is),
        _ => return None,
    })
}

fn count(name: &str, what: &str) -> String {
    format!("{name}: {what} is needed")
}

/// The texts of an argument that a row or a rule writes out.
fn texts(name: &str, v: &Val) -> Result<Vec<Arc<str>>, String> {
    let items = match v.as_seq() {
        Some(items) => items,
        None => std::slice::from_ref(v),
    };
    items
        .iter()
        .map(|i| match &i.kind {
            Kind::Str(s) => Ok(s.clone()),
            _ => Err(format!("{name}: the list has to be written out")),
        })
        .collect()
}

fn one(name: &str, args: &[Val], what: &str, f: fn(&Val) -> Asked) -> Result<Val, String> {
    match args {
        [v] => Ok(each(name, &[v], |v| f(v[0]))),
        _ => Err(count(name, what)),
    }
}

/// Asks for each combination of alternatives, those inside lists included; null is no.
fn each(name: &str, args: &[&Val], mut f: impl FnMut(&[&Val]) -> Asked) -> Val {
    let hoisted: Vec<Val> = args.iter().map(|v| hoist(v)).collect();
    lift(&hoisted, |args| {
        if args.first().is_some_and(Val::is_null) {
            return Val::bool(false);
        }
        let refs: Vec<&Val> = args.iter().collect();
        match f(&refs) {
            Ok(b) => Val::bool(b),
            Err(trouble) => {
                let mut v = unknown_from(Type::Bool, name, &refs);
                if let (Kind::Unknown(u), Trouble::NotRead) = (&mut v.kind, trouble) {
                    let u: &mut Unknown = Arc::make_mut(u);
                    (u.why, u.subject) = (Why::Document, name.into());
                }
                v
            }
        }
    })
}

/// Whether a text is `word`, in any case of letters.
fn is_word(text: &Text, word: &str) -> Answer {
    match text.known() {
        Some(t) => Some(t.eq_ignore_ascii_case(word)),
        None => {
            let lower: Vec<Part> = text
                .0
                .iter()
                .map(|p| match p {
                    Part::Known(s) => Part::Known(s.to_ascii_lowercase().into()),
                    gap => gap.clone(),
                })
                .collect();
            crate::evaluate::could_be(&lower, &word.to_ascii_lowercase())
                .then_some(())
                .map_or(Some(false), |()| None)
        }
    }
}
