//! `format` and `formatlist`: Terraform's verbs, for values that are partly not known too.

use super::decimal::{Decimal, integer};
use super::json::{escaped, json_pieces, jsonencode};
use super::{Call, Failure};
use crate::evaluate::convert::convert;
use crate::evaluate::number::Num;
use crate::evaluate::text::{MAX_ELEMENTS, MAX_TEXT, Piece, concat, parts_of, unknown_text};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Part, Val, Why, unknown_from};
use num_bigint::{BigInt, Sign};
use unicode_segmentation::UnicodeSegmentation;

/// A verb of the format string: `%-5.2f`.
#[derive(Debug, Default)]
struct Verb<'a> {
    raw: &'a str,
    offset: usize,
    /// Which argument, from 0.
    arg: usize,
    mode: char,
    zero: bool,
    sharp: bool,
    minus: bool,
    plus: bool,
    space: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// A format string, taken apart.
enum Item<'a> {
    Text(&'a str),
    Verb(Verb<'a>),
}

/// The digits at the start of `s` as a number, and what follows.
fn digits(s: &str) -> (Option<usize>, &str) {
    let end = s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
    let (number, rest) = s.split_at(end);
    if number.is_empty() {
        return (None, rest);
    }
    (Some(number.parse().unwrap_or(usize::MAX)), rest)
}

fn parse(format: &str) -> Result<Vec<Item<'_>>, Failure> {
    let unexpected = |rest: &str| match rest.chars().next() {
        Some(c) => Failure::new(format!(
            "unrecognized format character '{c}' at offset {}",
            format.len() - rest.len()
        )),
        None => Failure::new(format!(
            "invalid format string starting at offset {}",
            format.len()
        )),
    };
    let mut items = Vec::new();
    let mut next = 0;
    let mut rest = format;
    while !rest.is_empty() {
        let Some(at) = rest.find('%') else {
            items.push(Item::Text(rest));
            break;
        };
        if at > 0 {
            items.push(Item::Text(&rest[..at]));
        }
        let from = &rest[at..];
        if let Some(after) = from.strip_prefix("%%") {
            items.push(Item::Text("%"));
            rest = after;
            continue;
        }
        let mut verb = Verb {
            offset: format.len() - from.len(),
            ..Verb::default()
        };
        let mut s = &from[1..];
        loop {
            match s.as_bytes().first() {
                Some(b'0') => verb.zero = true,
                Some(b'#') => verb.sharp = true,
                Some(b'-') => verb.minus = true,
                Some(b'+') => verb.plus = true,
                Some(b' ') => verb.space = true,
                _ => break,
            }
            s = &s[1..];
        }
        (verb.width, s) = digits(s);
        if let Some(after) = s.strip_prefix('.') {
            let (precision, after) = digits(after);
            verb.precision = Some(precision.unwrap_or(0));
            s = after;
        }
        if let Some(after) = s.strip_prefix('[') {
            if !after.starts_with(|c: char| c.is_ascii_digit() && c != '0') {
                return Err(unexpected(after));
            }
            let (index, after) = digits(after);
            next = index.unwrap_or(1) - 1;
            s = after.strip_prefix(']').ok_or_else(|| unexpected(after))?;
        }
        match s.chars().next() {
            Some(c) if c.is_ascii_alphabetic() => verb.mode = c,
            _ => return Err(unexpected(s)),
        }
        rest = &s[1..];
        verb.raw = &from[..from.len() - rest.len()];
        verb.arg = next;
        next += 1;
        items.push(Item::Verb(verb));
    }
    Ok(items)
}

/// `format`.
pub(super) fn format(c: &Call<'_>) -> Result<Val, Failure> {
    // Terraform does not look at an untyped null: it does not know the result.
    if c.args.iter().any(untyped_null) {
        return Ok(unknown_from(
            Type::Dynamic,
            c.name,
            &c.args.iter().collect::<Vec<_>>(),
        ));
    }
    let items = parse(c.str(0))?;
    match one(c.name, &items, &c.args[1..]) {
        Ok(v) => Ok(v),
        // Terraform looks at arguments when all of them are known.
        Err(TooMany(_) | Other(Failure::Error(..))) if !c.args.iter().all(Val::is_wholly_known) => {
            let args: Vec<&Val> = c.args.iter().collect();
            Ok(unknown_from(Type::String, c.name, &args))
        }
        Err(TooMany(message)) => Err(Failure::at(1, message)),
        Err(Other(failure)) => Err(failure),
    }
}

fn untyped_null(v: &Val) -> bool {
    matches!(&v.kind, Kind::Null(Type::Dynamic))
}

/// Why one format gives no text.
enum Problem {
    TooMany(String),
    Other(Failure),
}
use Problem::{Other, TooMany};

impl From<Failure> for Problem {
    fn from(f: Failure) -> Problem {
        Other(f)
    }
}

fn one(op: &str, items: &[Item<'_>], args: &[Val]) -> Result<Val, Problem> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut used = 0;
    for item in items {
        match item {
            Item::Text(t) => pieces.push((*t).into()),
            Item::Verb(v) => {
                let Some(arg) = args.get(v.arg) else {
                    return Err(Other(Failure::new(format!(
                        "not enough arguments for {:?} at {}: need index {} but have {} total",
                        v.raw,
                        v.offset,
                        v.arg.saturating_add(1),
                        args.len()
                    ))));
                };
                used = used.max(v.arg + 1);
                verb(v, arg, &mut pieces)?;
            }
        }
    }
    if used < args.len() {
        return Err(TooMany(if used == 0 {
            "too many arguments; no verbs in format string".into()
        } else {
            format!("too many arguments; only {used} used by format string")
        }));
    }
    Ok(concat(op, &pieces))
}

fn unsupported(v: &Verb<'_>, why: &str) -> Failure {
    Failure::new(format!(
        "unsupported value for {:?} at {}: {why}",
        v.raw, v.offset
    ))
}

/// Writes an argument as its verb says.
fn verb(v: &Verb<'_>, arg: &Val, out: &mut Vec<Piece>) -> Result<(), Failure> {
    if arg.is_null() && v.mode != 'v' {
        return Err(unsupported(v, "null value cannot be formatted"));
    }
    if v.width.max(v.precision).is_some_and(|n| n > MAX_TEXT) {
        return Err(Failure::Unknown(Why::Limit, "text length".into()));
    }
    match v.mode {
        'v' | 't' | 'b' | 'd' | 'o' | 'x' | 'X' | 'e' | 'E' | 'f' | 'g' | 'G' | 's' | 'q' => {}
        mode => {
            return Err(Failure::new(format!(
                "unsupported format verb '{mode}' in {:?} at offset {}",
                v.raw, v.offset
            )));
        }
    }
    if super::strings::is_unknown(arg) {
        out.push(not_known(v, arg).into());
        return Ok(());
    }
    let to = |ty: &Type| convert(arg, ty).map_err(|e| unsupported(v, &e));
    let text = match v.mode {
        'v' => return as_is(v, arg, out),
        't' => match to(&Type::Bool)?.as_bool() {
            Some(true) => "true".into(),
            _ => "false".into(),
        },
        's' | 'q' => {
            let value = to(&Type::String)?;
            let text = value.as_str().unwrap_or("");
            if v.mode == 's' {
                padded(v, &cut(v, text))
            } else {
                padded(v, &jsonencode(&Val::str(cut(v, text))))
            }
        }
        _ => {
            let value = to(&Type::Number)?;
            match value.as_num() {
                Some(n) => number(v, n)?,
                None => String::new(),
            }
        }
    };
    out.push(text.into());
    Ok(())
}

/// `%v`: text, number and bool as they are, all else as JSON; with `#` all as JSON.
fn as_is(v: &Verb<'_>, arg: &Val, out: &mut Vec<Piece>) -> Result<(), Failure> {
    let text = match &arg.kind {
        Kind::Str(s) if !v.sharp => s.to_string(),
        Kind::Num(n) if !v.sharp => general(n, None, 'e'),
        Kind::Bool(b) if !v.sharp => b.to_string(),
        _ => {
            let pieces = json_pieces(arg)?;
            if v.width.is_none() {
                out.extend(pieces);
                return Ok(());
            }
            let json = concat("format", &pieces);
            let Some(text) = json.as_str() else {
                out.push(opaque(v, &json).into());
                return Ok(());
            };
            text.to_owned()
        }
    };
    out.push(padded(v, &text).into());
    Ok(())
}

/// Text that depends on an unknown value; nothing else is known of it.
fn opaque(v: &Verb<'_>, arg: &Val) -> Val {
    unknown_text(v.raw, &[arg], Vec::new())
}

/// An argument that is not known.
fn not_known(v: &Verb<'_>, arg: &Val) -> Val {
    let Kind::Unknown(u) = &arg.kind else {
        // One of several: each as its verb says.
        let alternatives = arg
            .alternatives()
            .into_iter()
            .filter_map(|(world, alternative)| {
                let mut pieces = Vec::new();
                let failed = matches!(alternative.kind, Kind::OneOf(_) | Kind::Instance(_))
                    || verb(v, &alternative, &mut pieces).is_err();
                (!failed).then(|| (world, concat("format", &pieces)))
            })
            .collect::<Vec<_>>();
        if alternatives.is_empty() {
            return opaque(v, arg);
        }
        return Val::one_of(alternatives);
    };
    let plain = v.width.is_none()
        && v.precision.is_none()
        && !(v.plus || v.space || v.sharp || v.zero || v.minus);
    if !plain {
        return opaque(v, arg);
    }
    match (v.mode, &u.ty) {
        ('s', Type::String | Type::Bool | Type::Number | Type::Dynamic)
        | ('v', Type::String | Type::Bool)
        | ('t', Type::Bool)
        | ('d', Type::Number) => convert(arg, &Type::String).unwrap_or_else(|_| opaque(v, arg)),
        ('q', Type::String) => {
            let mut parts = vec![Part::Known("\"".into())];
            parts.extend(parts_of(arg).into_iter().map(|p| match p {
                Part::Known(s) => Part::Known(escaped(&s).into()),
                gap => gap,
            }));
            parts.push(Part::Known("\"".into()));
            unknown_text(v.raw, &[arg], parts)
        }
        _ => opaque(v, arg),
    }
}

/// Not longer than the precision says, in what a reader calls characters.
fn cut(v: &Verb<'_>, text: &str) -> String {
    match v.precision {
        Some(n) if n > 0 => text.graphemes(true).take(n).collect(),
        _ => text.to_owned(),
    }
}

/// As wide as the width says.
fn padded(v: &Verb<'_>, text: &str) -> String {
    let have = text.graphemes(true).count();
    let Some(missing) = v.width.and_then(|w| w.checked_sub(have)) else {
        return text.to_owned();
    };
    let pad = if v.zero { "0" } else { " " }.repeat(missing);
    if v.minus {
        format!("{text}{pad}")
    } else {
        format!("{pad}{text}")
    }
}

fn number(v: &Verb<'_>, n: &Num) -> Result<String, Failure> {
    if matches!(v.mode, 'b' | 'd' | 'o' | 'x' | 'X') {
        let whole = integer(n).ok_or_else(|| unsupported(v, "an integer is required"))?;
        return Ok(whole_number(v, &whole));
    }
    let negative = n.to_string().starts_with('-');
    let e = if v.mode.is_uppercase() { 'E' } else { 'e' };
    let text = if n.is_infinite() {
        "Inf".into()
    } else {
        let d = Decimal::of(n);
        match v.mode {
            'e' | 'E' => d.exponential(v.precision.unwrap_or(6), e),
            'f' => d.fixed(v.precision.unwrap_or(6)),
            _ => d.general(v.precision, e),
        }
    };
    let sign = match (negative, v.plus || n.is_infinite(), v.space) {
        (true, ..) => "-",
        (_, _, true) if n.is_infinite() => " ",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    let missing = v.width.unwrap_or(0).saturating_sub(sign.len() + text.len());
    Ok(if v.zero && !n.is_infinite() {
        format!("{sign}{}{text}", "0".repeat(missing))
    } else if v.minus {
        format!("{sign}{text}{}", " ".repeat(missing))
    } else {
        format!("{}{sign}{text}", " ".repeat(missing))
    })
}

/// A number as `%v` writes it.
fn general(n: &Num, precision: Option<usize>, e: char) -> String {
    if n.is_infinite() {
        let sign = if n.to_string().starts_with('-') {
            '-'
        } else {
            '+'
        };
        return format!("{sign}Inf");
    }
    let d = Decimal::of(n);
    let sign = if d.negative { "-" } else { "" };
    format!("{sign}{}", d.general(precision, e))
}

fn whole_number(v: &Verb<'_>, n: &BigInt) -> String {
    let sign = match (n.sign(), v.plus, v.space) {
        (Sign::Minus, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    let (base, prefix) = match v.mode {
        'b' => (2, "0b"),
        'o' => (8, "0"),
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        _ => (10, ""),
    };
    let prefix = if v.sharp { prefix } else { "" };
    let mut digits = n.magnitude().to_str_radix(base);
    if v.mode == 'X' {
        digits.make_ascii_uppercase();
    }
    let mut zeros = 0;
    if let Some(precision) = v.precision {
        if precision == 0 && digits == "0" {
            return String::new();
        }
        zeros = precision.saturating_sub(digits.len());
    }
    let length = sign.len() + prefix.len() + zeros + digits.len();
    let missing = v.width.unwrap_or(0).saturating_sub(length);
    let (mut left, mut right) = (0, 0);
    if v.minus {
        right = missing;
    } else if v.zero && v.precision.is_none() {
        zeros = missing;
    } else {
        left = missing;
    }
    format!(
        "{}{sign}{prefix}{}{digits}{}",
        " ".repeat(left),
        "0".repeat(zeros),
        " ".repeat(right)
    )
}

/// `formatlist`: every list gives one argument a round, everything else the same each time.
pub(super) fn formatlist(c: &Call<'_>) -> Result<Val, Failure> {
    let args: Vec<&Val> = c.args.iter().collect();
    if c.args.iter().any(untyped_null) {
        return Ok(unknown_from(Type::Dynamic, c.name, &args));
    }
    let items = parse(c.str(0))?;
    let mut rounds: Option<(usize, usize)> = None;
    for (i, arg) in c.args.iter().enumerate().skip(1) {
        if let Kind::Unknown(u) = &arg.kind
            && !u.ty.is_primitive()
        {
            return Ok(unknown_from(Type::list(Type::String), c.name, &args));
        }
        if let Kind::Set(s) = &arg.kind
            && (s.has.unknown || s.has.one_of || s.has.instance)
        {
            return Ok(unknown_from(Type::list(Type::String), c.name, &args));
        }
        let Some(items) = arg.as_seq() else { continue };
        match rounds {
            None => rounds = Some((i, items.len())),
            Some((_, n)) if n == items.len() => {}
            Some((first, n)) => {
                return Err(Failure::at(
                    i,
                    format!(
                        "argument {i} has length {}, which is inconsistent with argument {first} \
                         of length {n}",
                        items.len()
                    ),
                ));
            }
        }
    }
    let n = rounds.map_or(1, |(_, n)| n);
    if n > MAX_ELEMENTS {
        return Err(Failure::Unknown(Why::Limit, "number of elements".into()));
    }
    let mut out = Vec::with_capacity(n);
    for round in 0..n {
        let args: Vec<Val> = c.args[1..]
            .iter()
            .map(|arg| match arg.as_seq() {
                Some(items) => items[round].clone(),
                None => arg.clone(),
            })
            .collect();
        let value = one(c.name, &items, &args).map_err(|e| match e {
            TooMany(m) | Other(Failure::Error(_, m)) => {
                Failure::new(format!("error on format iteration {round}: {m}"))
            }
            Other(unknown) => unknown,
        })?;
        out.push(value);
    }
    Ok(Val::list(Type::String, out))
}
