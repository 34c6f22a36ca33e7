//! Conditions of AWS policies: whether a statement is held to callers whom somebody named.
//!
//! Lives here: the operators, and when a value is fixed. Which keys count stands in
//! `catalog/documents.toml`, after what AWS takes for public. Not here: the statement around them
//! (`aws.rs`).

use super::{Answer, all, any, both, network, not};
use crate::catalog::documents::{Documents, Fixed};
use crate::evaluate::partial_json::{Json, Member, Text};
use crate::evaluate::value::{Part, Whose};

/// An operator, and what is put before and after its name.
struct Operator {
    test: Test,
    /// `ForAllValues:`: true too where the key is absent.
    for_all: bool,
    /// `ForAnyValue:`: false where the key is absent.
    for_any: bool,
    /// `…IfExists`: true too where the key is absent.
    if_exists: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Test {
    /// Equals, is like, lies in.
    Is,
    /// The contrary.
    IsNot,
    Bool,
    /// Whether the key is absent.
    Null,
    /// Numbers, dates, bytes: nobody is named by them.
    Other,
}

fn operator(name: &str) -> Operator {
    let lower = name.trim().to_ascii_lowercase();
    let (for_all, rest) = match lower.strip_prefix("forallvalues:") {
        Some(rest) => (true, rest),
        None => (false, lower.as_str()),
    };
    let (for_any, rest) = match rest.strip_prefix("foranyvalue:") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let (if_exists, rest) = match rest.strip_suffix("ifexists") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let test = match rest {
        "stringequals"
        | "stringequalsignorecase"
        | "stringlike"
        | "arnequals"
        | "arnlike"
        | "ipaddress" => Test::Is,
        "stringnotequals"
        | "stringnotequalsignorecase"
        | "stringnotlike"
        | "arnnotequals"
        | "arnnotlike"
        | "notipaddress" => Test::IsNot,
        "bool" => Test::Bool,
        "null" => Test::Null,
        _ => Test::Other,
    };
    Operator {
        test,
        for_all,
        for_any,
        if_exists,
    }
}

/// One test of a statement: operator, key and value; `None` where it is not known which.
type Found<'a> = Option<(&'a Text, &'a Text, &'a Json)>;

/// The tests of a statement; an open object gives one that is not known.
fn tests(statement: &Json) -> Vec<Found<'_>> {
    let condition = match statement.member("Condition") {
        Member::Is(Json::Object { members, open }) => (members, *open),
        Member::Is(Json::Null) | Member::Absent => return Vec::new(),
        Member::Is(_) | Member::Open => return vec![None],
    };
    let mut out: Vec<Found<'_>> = Vec::new();
    for (operator, keys) in condition.0 {
        match keys {
            Json::Object { members, open } => {
                out.extend(
                    members
                        .iter()
                        .map(|(key, value)| Some((operator, key, value))),
                );
                out.extend(open.then_some(None));
            }
            _ => out.push(None),
        }
    }
    out.extend(condition.1.then_some(None));
    out
}

/// Whether a grant is held to callers whom somebody named: one test that does so is enough, since all
/// have to pass.
pub fn hold(statement: &Json) -> Answer {
    let tests = tests(statement);
    any(tests.iter().map(|test| {
        let (name, key, value) = (*test)?;
        let name = name.known()?;
        let key = key.known()?.to_ascii_lowercase();
        let Some(&fixed) = Documents::builtin().aws.narrowing.get(&key) else {
            return Some(false);
        };
        let o = operator(name);
        let counts = match (o.test, fixed) {
            (Test::Bool, Fixed::True) | (Test::Is, _) => values(fixed, value),
            _ => return Some(false),
        };
        // Where the key is absent from a request these are true, unless it must not be absent.
        if o.for_all || o.if_exists {
            both(counts, must_be_there(&tests, &key))
        } else {
            counts
        }
    }))
}

/// Whether `Null: {key: false}` stands among the tests.
fn must_be_there(tests: &[Found<'_>], key: &str) -> Answer {
    any(tests.iter().map(|test| {
        let (name, of, value) = (*test)?;
        if operator(name.known()?).test != Test::Null {
            return Some(false);
        }
        both(super::is_word(of, key), not(boolean(value)))
    }))
}

/// Whether a refusal leaves only callers whom somebody named: each of its tests lets all others
/// through to the refusal.
pub fn spare_only_named(statement: &Json) -> Answer {
    let tests = tests(statement);
    all(tests.iter().map(|test| {
        let (name, key, value) = (*test)?;
        let (name, key) = (name.known()?, key.known()?.to_ascii_lowercase());
        let Some(&fixed) = Documents::builtin().aws.narrowing.get(&key) else {
            return Some(false);
        };
        let o = operator(name);
        match (o.test, fixed) {
            // `ForAnyValue:` is false where the key is absent, so spares whoever has none.
            (Test::IsNot, _) if !o.for_any => values(fixed, value),
            // A request without the key is refused only with `IfExists`.
            (Test::Bool, Fixed::True) if o.if_exists || o.for_all => not(boolean_of_all(value)),
            _ => Some(false),
        }
    }))
}

/// The accounts that a statement is held to: each text of tests that name accounts.
pub fn accounts(statement: &Json) -> Vec<&Text> {
    let tests = tests(statement);
    let mut out = Vec::new();
    for (name, key, value) in tests.iter().flatten() {
        let known = (name.known(), key.known());
        let (Some(name), Some(key)) = known else {
            continue;
        };
        let key = key.to_ascii_lowercase();
        let o = operator(name);
        let named = Documents::builtin().aws.narrowing.get(&key) == Some(&Fixed::Account);
        if named && o.test == Test::Is && !o.for_all && !o.if_exists {
            let (items, _) = value.one_or_many();
            out.extend(items.iter().filter_map(|i| match i {
                Json::Text(t) => Some(t),
                _ => None,
            }));
        }
    }
    out
}

/// Whether all values are fixed; a test of no values is never passed.
fn values(fixed: Fixed, value: &Json) -> Answer {
    let (items, open) = value.one_or_many();
    let answers = items.iter().map(|item| match (fixed, item) {
        (Fixed::True, item) => boolean(item),
        (_, Json::Text(t)) => is_fixed(fixed, t),
        (Fixed::Account, Json::Number(_)) => Some(true),
        _ => None,
    });
    all(answers.chain(open.then_some(None)))
}

fn boolean(value: &Json) -> Answer {
    match value {
        Json::Bool(b) => Some(*b),
        Json::Text(t) => match (super::is_word(t, "true"), super::is_word(t, "false")) {
            (Some(true), _) => Some(true),
            (_, Some(true)) => Some(false),
            _ => None,
        },
        Json::List { items, open: false } if items.len() == 1 => boolean(&items[0]),
        _ => None,
    }
}

fn boolean_of_all(value: &Json) -> Answer {
    let (items, open) = value.one_or_many();
    any(items.iter().map(boolean).chain(open.then_some(None)))
}

/// Whether a value stands for something that somebody named, and not for whatever is like it.
fn is_fixed(fixed: Fixed, text: &Text) -> Answer {
    if let Some(known) = text.known() {
        let lower = known.to_ascii_lowercase();
        let variable = lower
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'));
        let own = &Documents::builtin().aws.own_variables;
        if variable.is_some_and(|v| own.iter().any(|o| o == v)) {
            return Some(true);
        }
    }
    match fixed {
        Fixed::Id | Fixed::Account => plain(text),
        Fixed::Arn => match plain(text) {
            Some(true) => Some(true),
            _ => named_arn(text),
        },
        Fixed::OrgPath => first_step(text, '/'),
        Fixed::UserId => first_step(text, ':'),
        Fixed::Cidr => not(network::everywhere(text)),
        Fixed::True => super::is_word(text, "true"),
    }
}

/// Whether neither a wildcard nor a policy variable stands in it.
fn plain(text: &Text) -> Answer {
    all(text.0.iter().map(|p| match p {
        Part::Known(s) => Some(!s.contains(['*', '?']) && !s.contains("${")),
        Part::Named(_) => Some(true),
        Part::Unknown => None,
    }))
}

/// Whether what stands before the first `end` is plain; without it, all of it.
fn first_step(text: &Text, end: char) -> Answer {
    let mut before = Vec::new();
    for p in &text.0 {
        if let Part::Known(s) = p
            && let Some(at) = s.find(end)
        {
            if at > 0 {
                before.push(Part::Known(s[..at].into()));
            }
            return both(Some(!before.is_empty()), plain(&Text(before)));
        }
        before.push(p.clone());
    }
    plain(text)
}

/// Whether an ARN with a pattern in it names its account, or a resource that needs none; `None`
/// where that hangs on what is not known.
fn named_arn(text: &Text) -> Answer {
    // `${aws_x.y.arn}/*`
    if matches!(
        text.0.first(),
        Some(Part::Named(Whose::Thing | Whose::Told(..)))
    ) {
        return Some(true);
    }
    let steps = steps(text);
    let [_, _, service, _, account, resource @ ..] = &steps[..] else {
        return plain(text).and(Some(false));
    };
    let global = &Documents::builtin().aws.global_names;
    let in_the_world = || {
        let is_global = any(global.iter().map(|g| super::is_word(service, g)));
        both(is_global, all(resource.iter().map(plain)))
    };
    if account.0.is_empty() {
        return in_the_world();
    }
    match plain(account) {
        Some(false) => in_the_world(),
        other => other,
    }
}

/// A text cut at its colons; a gap belongs to the step that it stands in.
fn steps(text: &Text) -> Vec<Text> {
    let mut out = vec![Text::default()];
    for p in &text.0 {
        match p {
            Part::Known(s) => {
                for (i, piece) in s.split(':').enumerate() {
                    if i > 0 {
                        out.push(Text::default());
                    }
                    if let (false, Some(last)) = (piece.is_empty(), out.last_mut()) {
                        last.0.push(Part::Known(piece.into()));
                    }
                }
            }
            gap => {
                if let Some(last) = out.last_mut() {
                    last.0.push(gap.clone());
                }
            }
        }
    }
    out
}
