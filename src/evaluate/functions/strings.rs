//! Join, split, trim and other text; `format` has its own file.

#![allow(clippy::unnecessary_wraps)] // the table of functions asks for their form

use super::casing;
use super::{Call, Failure, Function, Returns, boolean, list_of_string, number, param, string};
use crate::evaluate::text::{
    self, MAX_ELEMENTS, MAX_TEXT, Piece, parts_of, starts_with, unknown_text,
};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Part, Val, Why, unknown_from};
use std::sync::Arc;
use unicode_segmentation::UnicodeSegmentation;

const fn function(
    name: &'static str,
    params: &'static [super::Param],
    returns: fn() -> Type,
    call: fn(&Call<'_>) -> Result<Val, Failure>,
) -> Function {
    Function {
        name,
        params,
        more: None,
        returns: Returns::Always(returns),
        call,
    }
}

const TEXT: super::Param = param("str", string).unknown();

pub(super) const FUNCTIONS: &[Function] = &[
    function("chomp", &[TEXT], string, chomp),
    function(
        "endswith",
        &[TEXT, param("suffix", string).unknown()],
        boolean,
        |c| decided(c, text::ends_with(&c.args[0], &c.args[1])),
    ),
    Function {
        name: "format",
        params: &[param("format", string)],
        more: Some(param("args", super::dynamic).null().unknown()),
        returns: Returns::Always(string),
        call: super::format::format,
    },
    Function {
        name: "formatlist",
        params: &[param("format", string)],
        more: Some(param("args", super::dynamic).null().unknown()),
        returns: Returns::Always(list_of_string),
        call: super::format::formatlist,
    },
    function("indent", &[param("spaces", number), TEXT], string, indent),
    Function {
        name: "join",
        params: &[param("separator", string).unknown()],
        more: Some(param("lists", list_of_string).unknown_inside()),
        returns: Returns::Always(string),
        call: join,
    },
    function("lower", &[TEXT], string, |c| {
        mapped(c, |s| s.chars().map(casing::lower).collect())
    }),
    function(
        "split",
        &[param("separator", string), param("str", string)],
        list_of_string,
        split,
    ),
    function(
        "startswith",
        &[TEXT, param("prefix", string).unknown()],
        boolean,
        |c| decided(c, starts_with(&c.args[0], &c.args[1])),
    ),
    function(
        "strcontains",
        &[TEXT, param("substr", string).unknown()],
        boolean,
        |c| decided(c, text::contains(&c.args[0], &c.args[1])),
    ),
    function("strrev", &[TEXT], string, strrev),
    function(
        "substr",
        &[TEXT, param("offset", number), param("length", number)],
        string,
        substr,
    ),
    function("title", &[TEXT], string, title),
    function("trim", &[TEXT, param("cutset", string)], string, |c| {
        let cut = c.str(1);
        trimmed(c, true, true, |ch| cut.contains(ch))
    }),
    function(
        "trimprefix",
        &[TEXT, param("prefix", string)],
        string,
        trimprefix,
    ),
    function("trimspace", &[TEXT], string, |c| {
        trimmed(c, true, true, char::is_whitespace)
    }),
    function(
        "trimsuffix",
        &[TEXT, param("suffix", string)],
        string,
        trimsuffix,
    ),
    function("upper", &[TEXT], string, |c| {
        mapped(c, |s| s.chars().map(casing::upper).collect())
    }),
];

/// The answer, or a bool that is not known.
fn decided(c: &Call<'_>, answer: Option<bool>) -> Result<Val, Failure> {
    Ok(match answer {
        Some(b) => Val::bool(b),
        None => unknown_from(Type::Bool, c.name, &c.args.iter().collect::<Vec<_>>()),
    })
}

/// Known text; the argument itself where it is the same, which keeps where it came from.
fn known(arg: &Val, text: &str) -> Val {
    if arg.as_str() == Some(text) {
        return arg.clone();
    }
    Val::text(text)
}

/// Text of which something is known.
pub(super) fn partly(c: &Call<'_>, parts: Vec<Part>) -> Val {
    unknown_text(c.name, &c.args.iter().collect::<Vec<_>>(), parts)
}

/// Refuses a text that becomes too long.
pub(super) fn bounded(length: usize) -> Result<(), Failure> {
    if length > MAX_TEXT {
        return Err(Failure::Unknown(Why::Limit, "text length".into()));
    }
    Ok(())
}

/// What holds for every part alone: done to each.
fn mapped(c: &Call<'_>, f: impl Fn(&str) -> String) -> Result<Val, Failure> {
    let arg = &c.args[0];
    if let Some(s) = arg.as_str() {
        return Ok(known(arg, &f(s)));
    }
    Ok(partly(c, map_parts(arg, f)))
}

fn map_parts(arg: &Val, f: impl Fn(&str) -> String) -> Vec<Part> {
    parts_of(arg)
        .into_iter()
        .map(|p| match p {
            Part::Known(s) => Part::Known(f(&s).into()),
            gap => gap,
        })
        .collect()
}

/// Takes characters off the ends.
fn trimmed(
    c: &Call<'_>,
    start: bool,
    end: bool,
    off: impl Fn(char) -> bool,
) -> Result<Val, Failure> {
    let trim_start = |s: &str| s.trim_start_matches(&off).to_owned();
    let trim_end = |s: &str| s.trim_end_matches(&off).to_owned();
    let arg = &c.args[0];
    if let Some(s) = arg.as_str() {
        let s = if start { trim_start(s) } else { s.to_owned() };
        let s = if end { trim_end(&s) } else { s };
        return Ok(known(arg, &s));
    }
    let mut parts = parts_of(arg);
    if let (true, Some(Part::Known(s))) = (start, parts.first_mut()) {
        *s = trim_start(s).into();
    }
    if let (true, Some(Part::Known(s))) = (end, parts.last_mut()) {
        *s = trim_end(s).into();
    }
    // A part that went wholly leaves the next one open, which is an unknown one.
    Ok(partly(c, parts))
}

fn chomp(c: &Call<'_>) -> Result<Val, Failure> {
    trimmed(c, false, true, |ch| ch == '\n' || ch == '\r')
}

fn indent(c: &Call<'_>) -> Result<Val, Failure> {
    let spaces = c.int(0)?;
    let spaces = usize::try_from(spaces)
        .map_err(|_| Failure::at(0, "the number of spaces must not be negative"))?;
    bounded(spaces)?;
    let arg = &c.args[1];
    let lines: usize = parts_of(arg)
        .iter()
        .map(|p| match p {
            Part::Known(s) => s.matches('\n').count(),
            _ => 0,
        })
        .sum();
    bounded(spaces.saturating_mul(lines))?;
    let with = format!("\n{}", " ".repeat(spaces));
    if let Some(s) = arg.as_str() {
        return Ok(known(arg, &s.replace('\n', &with)));
    }
    Ok(partly(c, map_parts(arg, |s| s.replace('\n', &with))))
}

fn join(c: &Call<'_>) -> Result<Val, Failure> {
    let Some((separator, lists)) = c.args.split_first() else {
        return Err(Failure::new("at least one list is required"));
    };
    if lists.is_empty() {
        return Err(Failure::new("at least one list is required"));
    }
    let mut pieces: Vec<Piece> = Vec::new();
    for (i, list) in lists.iter().enumerate() {
        let Some(items) = list.as_seq() else {
            return Ok(partly(c, vec![Part::Unknown]));
        };
        for (at, item) in items.iter().enumerate() {
            if item.is_null() {
                let of = if lists.len() == 1 {
                    String::new()
                } else {
                    format!(" of list {}", i + 1)
                };
                return Err(Failure::at(
                    i + 1,
                    format!("element {at}{of} is null; cannot concatenate null values"),
                ));
            }
            if !pieces.is_empty() {
                pieces.push(separator.clone().into());
            }
            pieces.push(item.clone().into());
        }
    }
    Ok(text::concat(c.name, &pieces))
}

fn split(c: &Call<'_>) -> Result<Val, Failure> {
    let (separator, s) = (c.str(0), c.str(1));
    let too_many = || Failure::Unknown(Why::Limit, "number of elements".into());
    let items: Vec<Val> = if separator.is_empty() {
        s.chars()
            .take(MAX_ELEMENTS + 1)
            .map(|ch| Val::text(ch.encode_utf8(&mut [0; 4])))
            .collect()
    } else {
        let items: Vec<Val> = s
            .split(separator)
            .take(MAX_ELEMENTS + 1)
            .map(Val::text)
            .collect();
        // Split at nothing it is the same text.
        if items.len() == 1 {
            vec![c.args[1].clone()]
        } else {
            items
        }
    };
    if items.len() > MAX_ELEMENTS {
        return Err(too_many());
    }
    Ok(Val::list(Type::String, items))
}

fn strrev(c: &Call<'_>) -> Result<Val, Failure> {
    let reversed = |s: &str| s.graphemes(true).rev().collect::<String>();
    let arg = &c.args[0];
    if let Some(s) = arg.as_str() {
        return Ok(known(arg, &reversed(s)));
    }
    let mut parts = map_parts(arg, reversed);
    parts.reverse();
    Ok(partly(c, parts))
}

fn substr(c: &Call<'_>) -> Result<Val, Failure> {
    let (offset, length) = (c.int(1)?, c.int(2)?);
    let arg = &c.args[0];
    let Some(s) = arg.as_str() else {
        return Ok(substr_of_unknown(c, offset, length));
    };
    let mut start = usize::try_from(offset).unwrap_or(0);
    let mut length = usize::try_from(length).ok();
    if offset < 0 {
        let total = i64::try_from(s.graphemes(true).count()).unwrap_or(i64::MAX);
        start = usize::try_from(offset.saturating_add(total)).unwrap_or(0);
        // Terraform's own: with an offset from the end, length 0 is no limit.
        length = length.filter(|l| *l > 0);
    } else if length == Some(0) {
        return Ok(Val::str(""));
    }
    let text: String = match length {
        Some(n) => s.graphemes(true).skip(start).take(n).collect(),
        None => s.graphemes(true).skip(start).collect(),
    };
    Ok(known(arg, &text))
}

/// What lies wholly in the known beginning is known.
fn substr_of_unknown(c: &Call<'_>, offset: i64, length: i64) -> Val {
    let arg = &c.args[0];
    let Ok(start) = usize::try_from(offset) else {
        return partly(c, vec![Part::Unknown]);
    };
    let limit = usize::try_from(length).ok();
    if limit == Some(0) {
        return Val::str("");
    }
    let (prefix, _) = text::prefix(arg);
    let graphemes: Vec<&str> = prefix.graphemes(true).collect();
    if start == 0 && limit.is_none() {
        return arg.clone();
    }
    if graphemes.len() < start {
        return partly(c, vec![Part::Unknown]);
    }
    let rest = &graphemes[start..];
    match limit {
        Some(n) if n <= rest.len() => Val::text(&rest[..n].concat()),
        Some(_) => partly(c, vec![Part::Known(rest.concat().into()), Part::Unknown]),
        None => {
            let mut parts = parts_of(arg);
            if let Some(Part::Known(s)) = parts.first_mut() {
                *s = rest.concat().into();
            }
            partly(c, parts)
        }
    }
}

fn title(c: &Call<'_>) -> Result<Val, Failure> {
    let arg = &c.args[0];
    if let Some(s) = arg.as_str() {
        return Ok(known(arg, &casing::title_words(s, ' ')));
    }
    // Whether a part that follows an unknown one begins a word is not known: its first character is
    // not either.
    let mut parts = Vec::new();
    for p in parts_of(arg) {
        match p {
            Part::Known(s) if parts.is_empty() => {
                parts.push(Part::Known(casing::title_words(&s, ' ').into()));
            }
            Part::Known(s) => {
                let mut chars = s.chars();
                if let Some(first) = chars.next() {
                    let rest = casing::title_words(chars.as_str(), first);
                    if casing::title(first) == first {
                        parts.push(Part::Known(format!("{first}{rest}").into()));
                    } else {
                        parts.push(Part::Known(rest.into()));
                    }
                }
            }
            gap => parts.push(gap),
        }
    }
    Ok(partly(c, parts))
}

fn trimprefix(c: &Call<'_>) -> Result<Val, Failure> {
    let (arg, prefix) = (&c.args[0], c.str(1));
    if let Some(s) = arg.as_str() {
        return Ok(known(arg, s.strip_prefix(prefix).unwrap_or(s)));
    }
    match starts_with(arg, &c.args[1]) {
        Some(false) => Ok(arg.clone()),
        Some(true) => {
            let mut parts = parts_of(arg);
            if let Some(Part::Known(s)) = parts.first_mut() {
                *s = Arc::from(s.strip_prefix(prefix).unwrap_or(s));
            }
            Ok(partly(c, parts))
        }
        None => {
            // It begins with less than the prefix, or with nothing known; its end stays.
            let mut parts = parts_of(arg);
            parts[0] = Part::Unknown;
            Ok(partly(c, parts))
        }
    }
}

fn trimsuffix(c: &Call<'_>) -> Result<Val, Failure> {
    let (arg, suffix) = (&c.args[0], c.str(1));
    if let Some(s) = arg.as_str() {
        return Ok(known(arg, s.strip_suffix(suffix).unwrap_or(s)));
    }
    let mut parts = parts_of(arg);
    match text::ends_with(arg, &c.args[1]) {
        Some(false) => return Ok(arg.clone()),
        Some(true) => {
            if let Some(Part::Known(s)) = parts.last_mut() {
                *s = Arc::from(s.strip_suffix(suffix).unwrap_or(s));
            }
        }
        None => {
            if let Some(last) = parts.last_mut() {
                *last = Part::Unknown;
            }
        }
    }
    Ok(partly(c, parts))
}

/// Whether the value is text or will be.
pub(super) fn is_unknown(v: &Val) -> bool {
    matches!(
        v.kind,
        Kind::Unknown(_) | Kind::OneOf(_) | Kind::Instance(_)
    )
}
