//! Ranges of addresses: whether one of them is everywhere.
//!
//! Lives here: CIDR notation, single addresses, ranges `FROM-TO`, and the words that stand for
//! addresses. How wide is everywhere, and the words, stand in `catalog/documents.toml`. A list is as
//! open as its widest range: halves of everything are wide each.

use super::{Answer, Asked, any, asked, either, is_word};
use crate::catalog::documents::{Documents, Network};
use crate::evaluate::partial_json::Text;
use crate::evaluate::text::parts_of;
use crate::evaluate::value::{Kind, Part, Val};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether one of the ranges is everywhere: a list, a set, or one.
pub fn open(v: &Val) -> Asked {
    let found = match v.as_seq() {
        Some(items) => any(items.iter().map(range)),
        None => range(v),
    };
    asked(found)
}

fn range(v: &Val) -> Answer {
    match &v.kind {
        Kind::Null(_) => Some(false),
        Kind::Str(_) | Kind::Unknown(_) => everywhere(&Text(parts_of(v))),
        _ => None,
    }
}

/// Whether a text is everywhere. What is neither range nor known word, such as the id of a prefix
/// list or of a group, may stand for anything.
pub fn everywhere(text: &Text) -> Answer {
    let table = &Documents::builtin().network;
    let Some(known) = text.known() else {
        return of_parts(text, table);
    };
    let known = known.trim();
    let among = |words: &[String]| words.iter().any(|w| w.eq_ignore_ascii_case(known));
    if known.is_empty() || among(&table.inside) {
        return Some(false);
    }
    if among(&table.everywhere) {
        return Some(true);
    }
    Some(wide(parse(known)?, table))
}

/// Of a text that is partly known, a length that is known decides.
fn of_parts(text: &Text, table: &Network) -> Answer {
    let words = any(table.everywhere.iter().map(|w| is_word(text, w)));
    let Some(Part::Known(end)) = text.0.last() else {
        return None;
    };
    let (before, length) = end.rsplit_once('/')?;
    let length: u8 = length.parse().ok()?;
    if length == 0 {
        return Some(true);
    }
    // An address of IPv6 has a colon: where none is seen, only what is narrow in both is decided.
    let six = before.contains(':')
        || text
            .0
            .iter()
            .any(|p| p.known().is_some_and(|s| s.contains(':')));
    let narrow = length >= table.wide_ipv6 || (!six && length >= table.wide_ipv4 && dotted(text));
    if narrow {
        return either(Some(false), words);
    }
    None
}

fn dotted(text: &Text) -> bool {
    text.0
        .iter()
        .any(|p| p.known().is_some_and(|s| s.contains('.')))
}

/// First and last address.
#[derive(Clone, Copy)]
enum Range {
    Four(u32, u32),
    Six(u128, u128),
}

fn parse(text: &str) -> Option<Range> {
    if let Some((from, to)) = text.split_once('-') {
        return match (from.trim().parse().ok()?, to.trim().parse().ok()?) {
            (IpAddr::V4(a), IpAddr::V4(b)) => Some(Range::Four(a.into(), b.into())),
            (IpAddr::V6(a), IpAddr::V6(b)) => Some(Range::Six(a.into(), b.into())),
            _ => None,
        };
    }
    let (address, length) = match text.split_once('/') {
        Some((a, l)) => (a, Some(l.parse::<u32>().ok()?)),
        None => (text, None),
    };
    match address.parse().ok()? {
        // Nobody means the one host 0.0.0.0.
        IpAddr::V4(a) => {
            let host = if a == Ipv4Addr::UNSPECIFIED { 0 } else { 32 };
            let rest = 32_u32.checked_sub(length.unwrap_or(host))?;
            let mask = u32::MAX.checked_shl(rest).unwrap_or(0);
            let first = u32::from(a) & mask;
            Some(Range::Four(first, first | !mask))
        }
        IpAddr::V6(a) => {
            let host = if a == Ipv6Addr::UNSPECIFIED { 0 } else { 128 };
            let rest = 128_u32.checked_sub(length.unwrap_or(host))?;
            let mask = u128::MAX.checked_shl(rest).unwrap_or(0);
            let first = u128::from(a) & mask;
            Some(Range::Six(first, first | !mask))
        }
    }
}

fn wide(range: Range, table: &Network) -> bool {
    let private = |inner: Range| {
        table
            .private
            .iter()
            .filter_map(|p| parse(p))
            .any(|outer| match (outer, inner) {
                (Range::Four(a, b), Range::Four(x, y)) => a <= x && y <= b,
                (Range::Six(a, b), Range::Six(x, y)) => a <= x && y <= b,
                _ => false,
            })
    };
    let is_wide = match range {
        Range::Four(a, b) => b.saturating_sub(a) > u32::MAX >> table.wide_ipv4,
        Range::Six(a, b) => b.saturating_sub(a) > u128::MAX >> table.wide_ipv6,
    };
    is_wide && !private(range)
}
