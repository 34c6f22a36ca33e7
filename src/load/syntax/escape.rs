//! What literal text says: backslash escapes, `$${`, `%%{`.
//!
//! Lives here: decoding for readers, the check of escapes for the parser, and the places of white
//! space that `~` takes away. One scanner serves all three, so they cannot disagree.

use super::tree::Escapes;
use std::borrow::Cow;

/// What a piece of quoted text says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Said {
    /// This character.
    Char(char),
    /// `${` or `%{`; the given character and a brace.
    Marker(char),
    /// Nothing that can be said: `\q`, `\u12`, `\ud800`.
    Bad(Bad),
}

/// What is wrong with an escape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Bad {
    /// There is no such escape, or too few hexadecimal digits follow it.
    Unknown,
    /// The digits do not name a character.
    NotACharacter,
}

/// The first unit of `raw` and its length; `None` at the end.
fn unit(raw: &str, escapes: Escapes) -> Option<(Said, usize)> {
    let bytes = raw.as_bytes();
    let first = *bytes.first()?;
    match first {
        b'\\' if escapes == Escapes::Quoted => Some(backslash(raw)),
        b'$' | b'%'
            if escapes != Escapes::Raw
                && bytes.get(1) == Some(&first)
                && bytes.get(2) == Some(&b'{') =>
        {
            Some((Said::Marker(char::from(first)), 3))
        }
        _ => raw.chars().next().map(|c| (Said::Char(c), c.len_utf8())),
    }
}

fn backslash(raw: &str) -> (Said, usize) {
    let Some(selector) = raw[1..].chars().next() else {
        return (Said::Bad(Bad::Unknown), 1);
    };
    let simple = match selector {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        '"' => Some('"'),
        '\\' => Some('\\'),
        _ => None,
    };
    if let Some(c) = simple {
        return (Said::Char(c), 2);
    }
    let want = match selector {
        'u' => 4,
        'U' => 8,
        _ => return (Said::Bad(Bad::Unknown), 1 + selector.len_utf8()),
    };
    let digits = raw[2..]
        .bytes()
        .take(want)
        .take_while(u8::is_ascii_hexdigit)
        .count();
    if digits < want {
        return (Said::Bad(Bad::Unknown), 2 + digits);
    }
    let code = u32::from_str_radix(&raw[2..2 + want], 16)
        .ok()
        .and_then(char::from_u32);
    (
        code.map_or(Said::Bad(Bad::NotACharacter), Said::Char),
        2 + want,
    )
}

/// The text that `raw` says. What is wrong in it stays as it is written.
pub(super) fn decode(raw: &str, escapes: Escapes) -> Cow<'_, str> {
    if escapes == Escapes::Raw {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((said, len)) = unit(rest, escapes) {
        match said {
            Said::Char(c) => out.push(c),
            Said::Marker(c) => {
                out.push(c);
                out.push('{');
            }
            Said::Bad(_) => out.push_str(&rest[..len]),
        }
        rest = &rest[len..];
    }
    Cow::Owned(out)
}

/// Calls `report` with the offset and length of every wrong escape of quoted text.
pub(super) fn check(raw: &str, mut report: impl FnMut(usize, usize, Bad)) {
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &raw.as_bytes()[at..]) {
        at += found;
        let (said, len) = backslash(&raw[at..]);
        if let Said::Bad(bad) = said {
            report(at, len, bad);
        }
        at += len;
    }
}

/// How many bytes at the start of `raw` say white space.
pub(super) fn leading_space(raw: &str, escapes: Escapes) -> usize {
    let mut at = 0;
    while let Some((Said::Char(c), len)) = unit(&raw[at..], escapes) {
        if !c.is_whitespace() {
            break;
        }
        at += len;
    }
    at
}

/// The length of `raw` without the white space that its end says.
pub(super) fn without_trailing_space(raw: &str, escapes: Escapes) -> usize {
    if escapes == Escapes::Raw {
        return raw.trim_end().len();
    }
    let (mut at, mut end) = (0, 0);
    while let Some((said, len)) = unit(&raw[at..], escapes) {
        at += len;
        if !matches!(said, Said::Char(c) if c.is_whitespace()) {
            end = at;
        }
    }
    end
}
