//! Accounts, projects, subscriptions and tenants: whether one is somebody else's.
//!
//! Lives here: texts that name one, held against those that settings say are one's own, and members of Google
//! IAM. Not here: AWS policies (`aws.rs`), which members are everybody (`members.rs`).
//!
//! An account that this configuration makes, and the one that terraform runs in, are one's own. A number is held
//! against numbers alone: a project has both a number and a name.

use super::members::everybody;
use super::{Answer, Asked, any, asked, pattern};
use crate::catalog::compile::UNKNOWN_PIECE;
use crate::evaluate::partial_json::{self, Json, Member, Text};
use crate::evaluate::text::parts_of;
use crate::evaluate::value::{Kind, Part, Val};
use std::ops::Range;

/// Whether a text fits a pattern in which `*` stands for anything.
pub fn like(pattern: &str, text: &str) -> bool {
    pattern::covers(&Text::of(pattern), &Text::of(text)) == Some(true)
}

/// The piece of a half-known text (see `half_known`) that stands in a range of it.
pub fn piece(v: &Val, text: &str, range: Range<usize>) -> Text {
    cut(&parts_of(v), text, range)
}

fn cut(parts: &[Part], text: &str, range: Range<usize>) -> Text {
    let mut gaps = parts
        .iter()
        .filter(|p| p.known().is_none())
        .skip(text[..range.start].matches(UNKNOWN_PIECE).count());
    let mut out = Vec::new();
    for (i, known) in text[range].split(UNKNOWN_PIECE).enumerate() {
        if i > 0 {
            out.push(gaps.next().cloned().unwrap_or(Part::Unknown));
        }
        if !known.is_empty() {
            out.push(Part::Known(known.into()));
        }
    }
    Text(out)
}

/// A text with [`UNKNOWN_PIECE`] for what is not known.
fn flat(parts: &[Part]) -> String {
    let piece = |p: &Part| p.known().map_or(UNKNOWN_PIECE.to_string(), str::to_owned);
    parts.iter().map(piece).collect()
}

/// Whether an account is none of `own`.
pub fn is_foreign<S: AsRef<str>>(account: &Text, own: &[S]) -> Answer {
    if matches!(account.0[..], [Part::Named(_)]) {
        return Some(false);
    }
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit() || b == b'*');
    let name = account.known().filter(|name| !name.is_empty())?;
    if own.iter().any(|o| like(o.as_ref(), name)) {
        return Some(false);
    }
    (!digits(name) || own.iter().any(|o| digits(o.as_ref()))).then_some(true)
}

/// The texts of a list that settings give.
fn own_list(v: &Val) -> Vec<String> {
    let items = v.as_seq().unwrap_or_default();
    items
        .iter()
        .filter_map(|i| Some(i.as_str()?.to_owned()))
        .collect()
}

/// Whether one of these names an account that is none of `own`: an id, or a path with `projects/X` or
/// `subscriptions/X` in it. What names none is nobody's.
pub fn account(v: &Val, own: &Val) -> Asked {
    let own = own_list(own);
    let one = |v: &Val| match &v.kind {
        Kind::Null(_) => Some(false),
        Kind::Str(_) | Kind::Unknown(_) => in_text(&parts_of(v), &own),
        _ => None,
    };
    asked(match v.as_seq() {
        Some(items) => any(items.iter().map(one)),
        None => one(v),
    })
}

fn in_text(parts: &[Part], own: &[String]) -> Answer {
    if matches!(parts, [Part::Named(_), ..]) {
        return Some(false);
    }
    let text = flat(parts);
    let after = ["projects/", "subscriptions/"].iter().find_map(|word| {
        let at = text.find(word)?;
        let start = at + word.len();
        let len = text[start..].find('/').unwrap_or(text.len() - start);
        (at == 0 || text[..at].ends_with('/')).then_some(start..start + len)
    });
    match after {
        Some(range) => is_foreign(&cut(parts, &text, range), own),
        // A path that names none.
        None if text.contains('/') => parts.iter().all(|p| p.known().is_some()).then_some(false),
        None if text.is_empty() => Some(false),
        None => is_foreign(&Text(parts.to_vec()), own),
    }
}

/// Whose members are one's own.
struct Whose {
    projects: Vec<String>,
    /// None are named: people are not asked about.
    domains: Vec<String>,
}

impl Whose {
    fn new(projects: &Val, domains: &Val) -> Whose {
        Whose {
            projects: own_list(projects),
            domains: own_list(domains),
        }
    }

    fn member(&self, text: &Text) -> Answer {
        let parts = &text.0;
        if everybody(text) == Some(true) || matches!(parts[..], [Part::Named(_)]) {
            return Some(false);
        }
        let flat = flat(parts);
        let Some((kind, rest)) = flat.split_once(':') else {
            // No member is written so.
            return text.is_known().then_some(false);
        };
        let start = kind.len() + 1;
        let project = |range: Range<usize>| is_foreign(&cut(parts, &flat, range), &self.projects);
        let within = |piece: &str| {
            let at = flat.find(piece).unwrap_or(start);
            at..at + piece.len()
        };
        match kind.to_ascii_lowercase().as_str() {
            "serviceaccount" => {
                if matches!(parts[..], [Part::Known(_), Part::Named(_)]) {
                    return Some(false);
                }
                let (name, host) = rest.split_once('@')?;
                // Google's own, for a project that their name tells by its number.
                let agent = name
                    .strip_prefix("service-")
                    .or_else(|| name.strip_prefix("bq-"))
                    .filter(|_| host.ends_with(".iam.gserviceaccount.com"))
                    .or_else(|| {
                        name.strip_suffix("-compute")
                            .filter(|_| host == "developer.gserviceaccount.com")
                    })
                    .or_else(|| (host == "cloudservices.gserviceaccount.com").then_some(name))
                    .or_else(|| (host == "appspot.gserviceaccount.com").then_some(name));
                match (agent, host.strip_suffix(".iam.gserviceaccount.com")) {
                    (Some(of), _) => {
                        let at = start + name.find(of).unwrap_or(0);
                        project(at..at + of.len())
                    }
                    (None, Some(of)) => {
                        let at = start + name.len() + 1;
                        project(at..at + of.len())
                    }
                    (None, None) => None,
                }
            }
            "projectowner" | "projecteditor" | "projectviewer" => project(start..flat.len()),
            "principal" | "principalset" => {
                let of = rest.split("/projects/").nth(1)?.split('/').next()?;
                project(within(of))
            }
            "user" | "group" | "domain" => {
                if self.domains.is_empty() {
                    return Some(false);
                }
                let of = rest.rsplit('@').next().unwrap_or(rest);
                let at = flat.len() - of.len();
                is_foreign(&cut(parts, &flat, at..flat.len()), &self.domains)
            }
            "deleted" => Some(false),
            _ => None,
        }
    }
}

/// Whether one of the Google IAM members is of a project or domain that is none of these.
pub fn members(v: &Val, projects: &Val, domains: &Val) -> Asked {
    let whose = Whose::new(projects, domains);
    let one = |v: &Val| match &v.kind {
        Kind::Null(_) => Some(false),
        Kind::Str(_) | Kind::Unknown(_) => whose.member(&Text(parts_of(v))),
        _ => None,
    };
    asked(match v.as_seq() {
        Some(items) => any(items.iter().map(one)),
        None => one(v),
    })
}

/// Whether a binding of a Google IAM policy has such a member.
pub fn policy(v: &Val, projects: &Val, domains: &Val) -> Asked {
    let whose = Whose::new(projects, domains);
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
            let one = |m: &Json| match m {
                Json::Text(t) => whose.member(t),
                _ => None,
            };
            any(members.iter().map(one).chain(open.then_some(None)))
        }
        Member::Open => None,
    });
    asked(any(found.chain(open.then_some(None))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str]) -> Val {
        Val::strings(items.iter().copied())
    }

    #[test]
    fn accounts() {
        let ask = |text: &str, own: &[&str]| account(&Val::text(text), &list(own)).ok();
        assert_eq!(ask("prod-1", &["prod-*"]), Some(false));
        assert_eq!(ask("partner", &["prod-*"]), Some(true));
        assert_eq!(ask("projects/partner/locations/x", &["prod-*"]), Some(true));
        assert_eq!(ask("projects/prod-1/locations/x", &["prod-*"]), Some(false));
        assert_eq!(ask("asia-northeast1/ring", &["prod-*"]), Some(false));
        // A number may be that of one of those names.
        assert_eq!(ask("123456789012", &["prod-*"]), None);
        assert_eq!(ask("123456789012", &["prod-*", "99"]), Some(true));
        assert_eq!(account(&Val::null(), &list(&["a"])).ok(), Some(false));
    }

    #[test]
    fn google_members() {
        let ask = |text: &str, domains: &[&str]| {
            members(&Val::text(text), &list(&["own-*"]), &list(domains)).ok()
        };
        for (member, domains, want) in [
            (
                "serviceAccount:a@own-1.iam.gserviceaccount.com",
                &[][..],
                Some(false),
            ),
            (
                "serviceAccount:a@else.iam.gserviceaccount.com",
                &[],
                Some(true),
            ),
            (
                "serviceAccount:else@appspot.gserviceaccount.com",
                &[],
                Some(true),
            ),
            (
                "serviceAccount:service-12@gcp-sa-pubsub.iam.gserviceaccount.com",
                &[],
                None,
            ),
            (
                "serviceAccount:12-compute@developer.gserviceaccount.com",
                &[],
                None,
            ),
            ("projectOwner:else", &[], Some(true)),
            ("user:a@partner.example", &[], Some(false)),
            ("user:a@partner.example", &["own.example"], Some(true)),
            ("domain:own.example", &["own.example"], Some(false)),
            ("allUsers", &[], Some(false)),
            ("principal://somewhere", &[], None),
            ("nobody", &[], Some(false)),
        ] {
            assert_eq!(ask(member, domains), want, "{member}");
        }
    }
}
