//! Patterns of AWS policies: `*` is any text, `?` any character; letters in any case.
//!
//! Lives here: whether two patterns have a text in common, whether one covers the other, with gaps.

use super::Answer;
use crate::evaluate::partial_json::Text;
use crate::evaluate::value::Part;

/// How long patterns may be that are compared; AWS takes none as long.
const MAX_LENGTH: usize = 4096;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Char(char),
    /// `?`
    One,
    /// `*`
    Any,
    /// Not known: any text, or none.
    Gap,
}

fn units(text: &Text) -> Vec<Unit> {
    let mut out = Vec::new();
    for p in &text.0 {
        match p {
            Part::Known(s) => out.extend(s.chars().map(|c| match c.to_ascii_lowercase() {
                '*' => Unit::Any,
                '?' => Unit::One,
                c => Unit::Char(c),
            })),
            _ => out.push(Unit::Gap),
        }
    }
    out
}

fn literal(text: &str) -> Vec<Unit> {
    units(&Text::of(text))
}

/// Whether the patterns have a text in common; what is not known counts as `*`.
fn meet(a: &[Unit], b: &[Unit]) -> bool {
    let many = |u: Unit| matches!(u, Unit::Any | Unit::Gap);
    // Row by row: `before[j]` says whether a[..i] and b[..j] can be the same text.
    let mut before = vec![false; b.len() + 1];
    before[0] = true;
    for j in 0..b.len() {
        before[j + 1] = before[j] && many(b[j]);
    }
    for &x in a {
        let mut row = vec![false; b.len() + 1];
        row[0] = before[0] && many(x);
        for (j, &y) in b.iter().enumerate() {
            let same = match (x, y) {
                (Unit::Char(x), Unit::Char(y)) => x == y,
                _ => true,
            };
            row[j + 1] = (same && before[j])
                || (many(x) && (row[j] || before[j + 1]))
                || (many(y) && (row[j] || before[j + 1]));
        }
        before = row;
    }
    before[b.len()]
}

/// Whether `pattern` matches all that `of` matches. Its gaps match nothing, gaps of `of` need a `*`.
fn contains(pattern: &[Unit], of: &[Unit]) -> bool {
    let mut before = vec![false; of.len() + 1];
    before[0] = true;
    for &p in pattern {
        let mut row = vec![false; of.len() + 1];
        row[0] = before[0] && p == Unit::Any;
        for (j, &y) in of.iter().enumerate() {
            row[j + 1] = match p {
                Unit::Any => row[j] || before[j + 1] || before[j],
                Unit::One => before[j] && matches!(y, Unit::One | Unit::Char(_)),
                Unit::Char(_) => before[j] && p == y,
                Unit::Gap => false,
            };
        }
        before = row;
    }
    before[of.len()]
}

fn has_gap(units: &[Unit]) -> bool {
    units.contains(&Unit::Gap)
}

/// What a pattern surely begins with, and whether that is all of it.
fn start(text: &Text) -> (&str, bool) {
    match &text.0[..] {
        [] => ("", true),
        [Part::Known(s), rest @ ..] => match s.find(['*', '?']) {
            Some(end) => (&s[..end], false),
            None => (s, rest.is_empty()),
        },
        _ => ("", false),
    }
}

/// Whether the beginnings tell that two patterns have no text in common: nearly all that are compared
/// differ there.
fn apart(a: &Text, b: &Text) -> bool {
    let ((a, all_a), (b, all_b)) = (start(a), start(b));
    let shared = a.len().min(b.len());
    !a.as_bytes()[..shared].eq_ignore_ascii_case(&b.as_bytes()[..shared])
        || (all_a && a.len() < b.len())
        || (all_b && b.len() < a.len())
}

/// Whether `pattern` takes in something that `asked` names.
pub fn hits(pattern: &Text, asked: &str) -> Answer {
    if apart(pattern, &Text::of(asked)) {
        return Some(false);
    }
    let (p, a) = (units(pattern), literal(asked));
    if p.len().max(a.len()) > MAX_LENGTH {
        return None;
    }
    match (meet(&p, &a), has_gap(&p)) {
        (false, _) => Some(false),
        (true, false) => Some(true),
        (true, true) => None,
    }
}

/// Whether `pattern` takes in all that `of` names.
pub fn covers(pattern: &Text, of: &Text) -> Answer {
    if apart(pattern, of) {
        return Some(false);
    }
    let (p, o) = (units(pattern), units(of));
    if p.len().max(o.len()) > MAX_LENGTH {
        return None;
    }
    if contains(&p, &o) {
        return Some(true);
    }
    if !has_gap(&p) && !has_gap(&o) {
        return Some(false);
    }
    meet(&p, &o).then_some(()).map_or(Some(false), |()| None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(s: &str) -> Text {
        Text(
            s.split_inclusive('⟨')
                .flat_map(|p| match p.strip_suffix('⟨') {
                    Some(known) => vec![Part::Known(known.into()), Part::Unknown],
                    None => vec![Part::Known(p.into())],
                })
                .filter(|p| p.known() != Some(""))
                .collect(),
        )
    }

    #[test]
    fn patterns_meet() {
        for (pattern, asked, want) in [
            ("s3:GetObject", "s3:GetObject", Some(true)),
            ("S3:getobject", "s3:GetObject", Some(true)),
            ("s3:Get*", "s3:GetObject", Some(true)),
            ("s3:*Object", "s3:GetObject", Some(true)),
            ("s3:Get??????", "s3:GetObject", Some(true)),
            ("s3:Get?????", "s3:GetObject", Some(false)),
            ("*", "s3:GetObject", Some(true)),
            ("s3:Put*", "s3:GetObject", Some(false)),
            ("s3:GetObject", "s3:*", Some(true)),
            ("s3:*Tagging", "s3:Get*", Some(true)),
            ("s3:Put*", "s3:Get*", Some(false)),
            ("s3:Get⟨", "s3:GetObject", None),
            ("s3:Put⟨", "s3:GetObject", Some(false)),
            ("⟨", "s3:GetObject", None),
            ("", "s3:GetObject", Some(false)),
        ] {
            assert_eq!(hits(&text(pattern), asked), want, "{pattern} {asked}");
        }
    }

    #[test]
    fn patterns_cover() {
        for (pattern, of, want) in [
            ("*", "arn:aws:s3:::b/*", Some(true)),
            ("*", "⟨", Some(true)),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/x*", Some(true)),
            ("arn:aws:s3:::b/x*", "arn:aws:s3:::b/*", Some(false)),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b", Some(false)),
            ("arn:aws:s3:::b/?", "arn:aws:s3:::b/*", Some(false)),
            ("arn:aws:s3:::b*", "arn:aws:s3:::b⟨", Some(true)),
            ("arn:aws:s3:::⟨/*", "arn:aws:s3:::⟨/*", None),
            ("arn:aws:s3:::b/?", "arn:aws:s3:::b/⟨", None),
            ("s3:Get*", "s3:GetObject", Some(true)),
            ("s3:Get*", "s3:*", Some(false)),
        ] {
            assert_eq!(covers(&text(pattern), &text(of)), want, "{pattern} {of}");
        }
    }
}
