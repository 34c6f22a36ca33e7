//! Google IAM: whether everybody is among the members.
//!
//! Lives here: lists of members, and the policy documents that hold them. A member is `KIND:NAME`, or
//! a word that stands for everybody (`catalog/documents.toml`). A condition on a binding does not keep
//! strangers out: Google refuses one on these members.

use super::{Answer, Asked, any, asked, is_word};
use crate::catalog::documents::Documents;
use crate::evaluate::partial_json::{self, Json, Member, Text};
use crate::evaluate::text::parts_of;
use crate::evaluate::value::{Kind, Part, Val};

/// Whether one of the members is everybody: a list, a set, or one.
pub fn open(v: &Val) -> Asked {
    let found = match v.as_seq() {
        Some(items) => any(items.iter().map(member)),
        None => member(v),
    };
    asked(found)
}

fn member(v: &Val) -> Answer {
    match &v.kind {
        Kind::Null(_) => Some(false),
        Kind::Str(_) | Kind::Unknown(_) => everybody(&Text(parts_of(v))),
        _ => None,
    }
}

pub(super) fn everybody(text: &Text) -> Answer {
    // The id of one thing is nobody else's.
    if matches!(text.0[..], [Part::Named(_)]) {
        return Some(false);
    }
    let words = &Documents::builtin().google.everybody;
    any(words.iter().map(|w| is_word(text, w)))
}

/// Whether a binding of a policy document has such a member.
pub fn policy_open(v: &Val) -> Asked {
    let doc = partial_json::read(v)?;
    let bindings = match doc.member("bindings") {
        Member::Is(b) => b,
        Member::Absent => return asked(Some(false)),
        Member::Open => return asked(None),
    };
    let (items, open) = bindings.one_or_many();
    let found = items.iter().map(|binding| match binding.member("members") {
        Member::Is(Json::Null) | Member::Absent => Some(false),
        Member::Is(members) => {
            let (members, open) = members.one_or_many();
            any(members
                .iter()
                .map(|m| match m {
                    Json::Text(t) => everybody(t),
                    _ => None,
                })
                .chain(open.then_some(None)))
        }
        Member::Open => None,
    });
    asked(any(found.chain(open.then_some(None))))
}
