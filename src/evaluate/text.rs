//! Text built from pieces that are partly not known.
//!
//! Lives here: [`concat()`], which everything that joins text goes through (templates, `join`,
//! `format`, `jsonencode`), and what the known parts of an unknown text decide. Not here: what is
//! done with wholly known text (`functions/strings.rs`).
//!
//! A text such as `"p-${x.id}"` is unknown and yet begins with `p-`; [`Unknown::parts`] holds that.

use super::types::Type;
use super::value::{
    Kind, Marks, Part, Ref, Unknown, Val, Whose, Why, combine, find_unknown, mix, mix_bytes,
    unknown_from,
};
use std::sync::Arc;

/// How long a text may become; above it the value is unknown.
pub const MAX_TEXT: usize = 4 << 20;

/// How many elements a result may have; above it the value is unknown.
pub const MAX_ELEMENTS: usize = 100_000;

/// How many parts an unknown text keeps; the rest becomes one unknown part.
const MAX_PARTS: usize = 10_000;

/// A piece of a text.
#[derive(Clone, Debug)]
pub enum Piece {
    /// This stands there.
    Text(Arc<str>),
    /// A value, converted to a string; unknown, one of several and marked as it may be.
    Val(Val),
}

impl From<&str> for Piece {
    fn from(s: &str) -> Piece {
        Piece::Text(s.into())
    }
}

impl From<String> for Piece {
    fn from(s: String) -> Piece {
        Piece::Text(s.into())
    }
}

impl From<Val> for Piece {
    fn from(v: Val) -> Piece {
        Piece::Val(v)
    }
}

/// The pieces, one after the other.
///
/// Known where all are known. Else unknown, with what is known of it as parts, and the same unknown
/// for the same pieces, whoever joined them. Pieces that are one of several make the text one of
/// several; where that were too many, those with the most count as not known. `op` is named as the
/// reason for what the caller should have refused (null).
pub fn concat(op: &str, pieces: &[Piece]) -> Val {
    if !pieces
        .iter()
        .any(|p| matches!(p, Piece::Val(v) if matches!(v.kind, Kind::OneOf(_))))
    {
        return concat_one(op, pieces);
    }
    let mut values: Vec<Val> = pieces
        .iter()
        .filter_map(|p| match p {
            Piece::Val(v) => Some(v.clone()),
            Piece::Text(_) => None,
        })
        .collect();
    let combinations = loop {
        if let Some(combinations) = combine(&values) {
            break combinations;
        }
        let most = values
            .iter_mut()
            .max_by_key(|v| match &v.kind {
                Kind::OneOf(alts) => alts.len(),
                _ => 0,
            })
            .expect("internal: no values have only one combination");
        *most = demoted(most);
    };
    let out = combinations
        .into_iter()
        .map(|(world, values)| {
            let mut values = values.into_iter();
            let pieces: Vec<Piece> = pieces
                .iter()
                .map(|p| match p {
                    Piece::Text(t) => Piece::Text(t.clone()),
                    Piece::Val(_) => values.next().map_or_else(|| "".into(), Piece::Val),
                })
                .collect();
            (world, concat_one(op, &pieces))
        })
        .collect();
    Val::one_of(out)
}

/// A value that is one of several as one that is not known.
fn demoted(v: &Val) -> Val {
    let mut refs = Vec::new();
    v.collect_refs(&mut refs);
    refs.sort();
    refs.dedup();
    Val::from(Kind::Unknown(Arc::new(Unknown {
        ty: Type::String,
        id: v.identity() | 1,
        test: None,
        why: Why::TooMany,
        subject: "".into(),
        refs: refs.into(),
        not_null: v.is_not_null(),
        parts: Arc::from([]),
    })))
    .marked(v.has().marks)
}

/// Concatenates pieces none of which is one of several.
fn concat_one(op: &str, pieces: &[Piece]) -> Val {
    // The text of one value is that value.
    if let [Piece::Val(v)] = pieces {
        match &v.kind {
            Kind::Str(_) => return v.clone(),
            Kind::Unknown(u) if u.ty == Type::String => return not_null(v, u),
            _ => {}
        }
    }
    let mut b = Builder::default();
    for p in pieces {
        match p {
            Piece::Text(t) => b.known(t),
            Piece::Val(v) => {
                b.marks = b.marks.with(v.has().marks);
                match &v.kind {
                    Kind::Str(s) => {
                        b.known(s);
                        v.collect_refs(&mut b.refs);
                    }
                    _ => b.unknown(op, v),
                }
            }
        }
    }
    b.finish()
}

fn not_null(v: &Val, u: &Unknown) -> Val {
    if u.not_null {
        return v.clone();
    }
    Val {
        kind: Kind::Unknown(Arc::new(Unknown {
            not_null: true,
            ..u.clone()
        })),
        ..v.clone()
    }
}

/// Collects pieces.
#[derive(Default)]
struct Builder {
    /// Known text that no unknown part ended yet.
    run: String,
    /// The parts before it.
    parts: Vec<Part>,
    /// The identity of what stands before `id_run`.
    id: u64,
    /// Where in `run` the identity has not gone yet.
    id_run: usize,
    /// How long the known text is.
    length: usize,
    refs: Vec<Ref>,
    marks: Marks,
    /// The first reason; rather one that is not the id of one thing, which seldom matters.
    why: Option<(Why, Arc<str>)>,
    /// It is the id of one thing.
    why_named: bool,
}

impl Builder {
    fn known(&mut self, text: &str) {
        self.length += text.len();
        if self.length <= MAX_TEXT {
            self.run.push_str(text);
        }
    }

    /// Takes the known text since the last unknown into the identity.
    fn settle(&mut self) {
        let new = &self.run.as_bytes()[self.id_run..];
        if !new.is_empty() {
            self.id = mix_bytes(self.id, new);
        }
        self.id_run = self.run.len();
    }

    fn flush(&mut self) {
        if !self.run.is_empty() {
            let run = std::mem::take(&mut self.run);
            self.parts.push(Part::Known(run.into()));
        }
        self.id_run = 0;
    }

    fn unknown(&mut self, op: &str, v: &Val) {
        v.collect_refs(&mut self.refs);
        self.settle();
        self.id = mix(self.id, v.identity());
        let parts = parts_of(v);
        let named = parts.iter().all(|p| *p != Part::Unknown);
        if self.why.is_none() || (self.why_named && !named) {
            self.why_named = named;
            self.why = Some(match find_unknown(v) {
                Some(u) => (u.why, u.subject.clone()),
                None if v.is_null() => (Why::Error, op.into()),
                None => (Why::Computed, "".into()),
            });
        }
        for p in parts {
            match p {
                Part::Known(s) => self.known(&s),
                gap => self.gap(gap),
            }
        }
        // What the unknown ends with is in the identity already.
        self.id_run = self.run.len();
    }

    fn gap(&mut self, gap: Part) {
        self.flush();
        match self.parts.last_mut() {
            Some(before) if before.known().is_none() => *before = both_gaps(before, &gap),
            _ => self.parts.push(gap),
        }
    }

    fn finish(mut self) -> Val {
        if self.why.is_none() && self.length <= MAX_TEXT {
            return Val::text(&self.run).marked(self.marks);
        }
        self.settle();
        self.flush();
        let too_long = self.length > MAX_TEXT;
        if too_long {
            self.parts = Vec::new();
        }
        self.refs.sort();
        self.refs.dedup();
        let (why, subject) = match self.why {
            Some(why) if !too_long => why,
            _ => (Why::Limit, "text length".into()),
        };
        Val::from(Kind::Unknown(Arc::new(Unknown {
            ty: Type::String,
            id: mix(self.id, 0x7e87),
            test: None,
            why,
            subject,
            refs: self.refs.into(),
            not_null: true,
            parts: normal(self.parts),
        })))
        .marked(self.marks)
    }
}

/// The parts in normal form: no two of a kind in a row, none empty, none at all where nothing is
/// known.
fn normal(parts: Vec<Part>) -> Arc<[Part]> {
    let mut out: Vec<Part> = Vec::with_capacity(parts.len());
    for p in parts {
        match (&p, out.last_mut()) {
            (Part::Known(s), _) if s.is_empty() => {}
            (Part::Known(s), Some(Part::Known(before))) => *before = format!("{before}{s}").into(),
            (Part::Unknown | Part::Named(_), Some(before)) if before.known().is_none() => {
                *before = both_gaps(before, &p);
            }
            _ => out.push(p),
        }
        if out.len() >= MAX_PARTS {
            out.push(Part::Unknown);
            break;
        }
    }
    if out.iter().all(|p| *p == Part::Unknown) {
        out.clear();
    }
    out.into()
}

/// Two unknown parts in a row as one.
fn both_gaps(a: &Part, b: &Part) -> Part {
    match (a, b) {
        (Part::Named(_), Part::Named(_)) => Part::Named(Whose::Thing),
        _ => Part::Unknown,
    }
}

/// Whether an unknown value is the id or ARN of one thing, or that thing as an IAM member, as a provider gives it: what a resource's
/// attribute of such a name has after apply. What passes through a function, or through a variable that
/// nobody sets, may be anything.
fn names_one(v: &Val, u: &Unknown) -> bool {
    let read = v.via.as_deref().is_some_and(|r| {
        let name = r.path.rsplit('.').next().unwrap_or_default();
        matches!(name, "id" | "arn" | "member") || name.ends_with("_id") || name.ends_with("_arn")
    });
    read && matches!(u.why, Why::Computed | Why::DataSource)
}

/// An unknown text that `op` made from `args`, of which `parts` are known.
pub fn unknown_text(op: &str, args: &[&Val], parts: Vec<Part>) -> Val {
    let mut v = unknown_from(Type::String, op, args);
    if let Kind::Unknown(u) = &mut v.kind {
        let u = Arc::make_mut(u);
        // All of it known would be text, and not this unknown.
        if parts.iter().any(|p| p.known().is_none()) {
            u.parts = normal(parts);
        }
    }
    v
}

/// The parts of a text: a known text has one, one of which nothing is known one too.
pub fn parts_of(v: &Val) -> Vec<Part> {
    match &v.kind {
        Kind::Str(s) => vec![Part::Known(s.clone())],
        Kind::Unknown(u) if matches!(u.ty, Type::List(_) | Type::Set(_)) => vec![Part::Unknown],
        Kind::Unknown(u) if !u.parts.is_empty() => u.parts.to_vec(),
        Kind::Unknown(u) if names_one(v, u) => vec![Part::Named(Whose::Thing)],
        _ => vec![Part::Unknown],
    }
}

/// Whether a value is the id or ARN of one thing: a text, whatever its type is taken for.
pub fn is_name(v: &Val) -> bool {
    v.as_unknown().is_some() && matches!(parts_of(v)[..], [Part::Named(_)])
}

/// What the text surely begins with; and whether that is all of it.
pub fn prefix(v: &Val) -> (&str, bool) {
    match &v.kind {
        Kind::Str(s) => (s, true),
        Kind::Unknown(u) => match u.parts.first() {
            Some(Part::Known(s)) => (s, false),
            _ => ("", false),
        },
        _ => ("", false),
    }
}

/// What the text surely ends with; and whether that is all of it.
pub fn suffix(v: &Val) -> (&str, bool) {
    match &v.kind {
        Kind::Str(s) => (s, true),
        Kind::Unknown(u) => match u.parts.last() {
            Some(Part::Known(s)) => (s, false),
            _ => ("", false),
        },
        _ => ("", false),
    }
}

/// Whether the text begins with another, as far as the known parts decide it.
pub fn starts_with(v: &Val, with: &Val) -> Option<bool> {
    let ((have, all), (want, whole)) = (prefix(v), prefix(with));
    if whole && have.starts_with(want) {
        return Some(true);
    }
    let possible = have.starts_with(want) || (!all && want.starts_with(have));
    if possible { None } else { Some(false) }
}

/// Whether the text ends with another, as far as the known parts decide it.
pub fn ends_with(v: &Val, with: &Val) -> Option<bool> {
    let ((have, all), (want, whole)) = (suffix(v), suffix(with));
    if whole && have.ends_with(want) {
        return Some(true);
    }
    let possible = have.ends_with(want) || (!all && want.ends_with(have));
    if possible { None } else { Some(false) }
}

/// Whether another text stands somewhere in the text, as far as the known parts decide it.
pub fn contains(v: &Val, other: &Val) -> Option<bool> {
    match (v.as_str(), other.as_str()) {
        (Some(v), Some(other)) => Some(v.contains(other)),
        (None, Some(other)) => {
            let found = parts_of(v)
                .iter()
                .any(|p| matches!(p, Part::Known(s) if s.contains(other)));
            (found || other.is_empty()).then_some(true)
        }
        (Some(v), None) => {
            let impossible = parts_of(other)
                .iter()
                .any(|p| matches!(p, Part::Known(s) if !v.contains(&**s)));
            impossible.then_some(false)
        }
        (None, None) => None,
    }
}

/// Whether the texts are the same, as far as the known parts decide it: never true for unknowns
/// (their identity says that).
pub fn differ(a: &Val, b: &Val) -> bool {
    let ((a_prefix, a_all), (b_prefix, b_all)) = (prefix(a), prefix(b));
    if a_all && b_all {
        return a_prefix != b_prefix;
    }
    let (a_suffix, b_suffix) = (suffix(a).0, suffix(b).0);
    let length = |v: &Val| -> usize {
        parts_of(v)
            .iter()
            .map(|p| p.known().map_or(0, str::len))
            .sum()
    };
    let meet = |x: &str, y: &str| x.starts_with(y) || y.starts_with(x);
    let meet_end = |x: &str, y: &str| x.ends_with(y) || y.ends_with(x);
    !meet(a_prefix, b_prefix)
        || !meet_end(a_suffix, b_suffix)
        || (a_all && length(b) > a_prefix.len())
        || (b_all && length(a) > b_prefix.len())
        || (a_all && contains(a, b) == Some(false))
        || (b_all && contains(b, a) == Some(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::value::{Literal, World};

    fn unknown(id: u64) -> Val {
        Val::unknown(Type::String, id, Why::Computed, "x.id")
    }

    fn parts(v: &Val) -> String {
        match v.as_unknown() {
            Some(u) => u
                .parts
                .iter()
                .map(|p| match p {
                    Part::Known(s) => s.to_string(),
                    Part::Unknown => "?".into(),
                    Part::Named(_) => "#".into(),
                })
                .collect::<Vec<_>>()
                .join("|"),
            None => v.as_str().unwrap_or("not text").into(),
        }
    }

    #[test]
    fn known_pieces_make_known_text() {
        let v = concat("join", &["a".into(), Val::str("b").into(), "c".into()]);
        assert_eq!(v.as_str(), Some("abc"));
        // Text stays NFC over the seam.
        let v = concat("join", &["か".into(), Val::str("\u{3099}").into()]);
        assert_eq!(v.as_str(), Some("が"));
        assert_eq!(concat("join", &[]).as_str(), Some(""));
    }

    #[test]
    fn what_is_known_is_kept() {
        let v = concat("join", &["a-".into(), unknown(3).into(), "-z".into()]);
        assert_eq!(parts(&v), "a-|?|-z");
        let w = concat("join", &["<".into(), v.clone().into(), ">".into()]);
        assert_eq!(parts(&w), "<a-|?|-z>");
        assert_eq!(starts_with(&w, &Val::str("<a")), Some(true));
        assert_eq!(starts_with(&w, &Val::str("<b")), Some(false));
        assert_eq!(starts_with(&w, &Val::str("<a-z")), None);
        assert_eq!(starts_with(&Val::str("<b-"), &w), Some(false));
        assert_eq!(ends_with(&w, &Val::str("z>")), Some(true));
        assert_eq!(ends_with(&w, &Val::str("y>")), Some(false));
        assert_eq!(contains(&w, &Val::str("a-")), Some(true));
        assert_eq!(contains(&w, &Val::str("q")), None);
        assert_eq!(contains(&Val::str("q"), &w), Some(false));
        assert!(differ(&w, &Val::str("<a-")));
        assert!(!differ(&w, &Val::str("<a-xx-z>")));
        assert_eq!(
            parts(&concat("f", &[unknown(3).into(), unknown(5).into()])),
            ""
        );
    }

    #[test]
    fn one_concatenation_one_identity() {
        let build = |id, text: &str| concat("x", &[text.into(), unknown(id).into()]);
        assert_eq!(build(3, "a").identity(), build(3, "a").identity());
        assert_ne!(build(3, "a").identity(), build(5, "a").identity());
        assert_ne!(build(3, "a").identity(), build(3, "b").identity());
        let split = concat("y", &["a".into(), "b".into(), unknown(3).into()]);
        assert_eq!(split.identity(), build(3, "ab").identity());
        assert_eq!(
            concat("x", &[unknown(3).into()]).identity(),
            unknown(3).identity()
        );
    }

    #[test]
    fn alternatives_are_lifted_or_become_a_gap() {
        let one_of = |atom: u64, texts: &[&str]| {
            let alts = texts.iter().map(|t| {
                let literal = Literal::new(atom, &Val::str(*t), "");
                (World::of(literal), Val::str(*t))
            });
            Val::one_of(alts.collect())
        };
        let v = concat("x", &["a-".into(), one_of(3, &["b", "c"]).into()]);
        let texts: Vec<String> = v.alternatives().iter().map(|(_, v)| parts(v)).collect();
        assert_eq!(texts, ["a-b", "a-c"]);
        let many: Vec<String> = (0..9).map(|i| i.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let v = concat(
            "x",
            &[
                one_of(3, &many).into(),
                "-".into(),
                one_of(5, &["b", "c"]).into(),
            ],
        );
        let texts: Vec<String> = v.alternatives().iter().map(|(_, v)| parts(v)).collect();
        assert_eq!(texts, ["?|-b", "?|-c"]);
    }

    #[test]
    fn marks_are_joined_and_length_is_bounded() {
        let v = concat(
            "x",
            &["a".into(), Val::str("b").marked(Marks::SENSITIVE).into()],
        );
        assert!(v.marks.has(Marks::SENSITIVE));
        let long: Arc<str> = "x".repeat(MAX_TEXT).into();
        let v = concat("x", &[Piece::Text(long.clone()), Piece::Text(long)]);
        assert_eq!(v.as_unknown().map(|u| u.why), Some(Why::Limit));
    }
}
