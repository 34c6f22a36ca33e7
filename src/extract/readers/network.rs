//! Ranges of addresses: whether one of them is everywhere.
//!
//! Lives here: CIDR notation, single addresses, ranges `FROM-TO`, and the words that stand for
//! addresses. How wide is everywhere, and the words, stand in `catalog/documents.toml`. A list is as
//! open as its widest range: halves of everything are wide each.

use super::{Answer, Asked, any, asked, either, is_word};
use crate::catalog::documents::{Documents, Network};
use crate::evaluate::partial_json::Text;
use crate::evaluate::text::parts_of;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Part, Val, hoist, lift, unknown_from};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether one of the ranges is everywhere: a list, a set, or one.
pub fn open(v: &Val) -> Asked {
    let found = match v.as_seq() {
        Some(items) => any(items.iter().map(range)),
        None => range(v),
    };
    asked(found)
}

/// Whether a rule for the ports from `from` to `to` is about one of `ports`: a number, a list, a word of the
/// table (`beyond-web`: any but those that the world is meant to come to), null for any. What is no port,
/// such as an echo request, opens nothing.
pub fn takes(protocol: &Val, from: &Val, to: &Val, ports: &Val) -> Val {
    let args = [protocol, from, to, ports].map(hoist);
    lift(&args, |args| {
        match rule_takes(&args[0], &args[1], &args[2], &args[3]) {
            Some(b) => Val::bool(b),
            None => unknown_from(Type::Bool, "takes", &args.iter().collect::<Vec<_>>()),
        }
    })
}

/// The same for ranges that are written as text, `22` or `8000-9000`; without any, for all ports.
pub fn takes_any(protocol: &Val, ranges: &Val, ports: &Val) -> Val {
    let args = [protocol, ranges, ports].map(hoist);
    lift(&args, |args| {
        let all = [Val::num(0_i64), Val::num(65_535_i64)];
        let said = match args[1].as_seq() {
            _ if args[1].is_null() => rule_takes(&args[0], &all[0], &all[1], &args[2]),
            Some([]) => rule_takes(&args[0], &all[0], &all[1], &args[2]),
            Some(list) => any(list.iter().map(|r| {
                let (from, to) = match r.as_str() {
                    Some(text) => text.split_once('-').unwrap_or((text, text)),
                    None => return rule_takes(&args[0], r, r, &args[2]),
                };
                rule_takes(&args[0], &Val::text(from), &Val::text(to), &args[2])
            })),
            None => None,
        };
        match said {
            Some(b) => Val::bool(b),
            None => unknown_from(Type::Bool, "takes_any", &args.iter().collect::<Vec<_>>()),
        }
    })
}

fn rule_takes(protocol: &Val, from: &Val, to: &Val, ports: &Val) -> Answer {
    let table = &Documents::builtin().network;
    let known = match &protocol.kind {
        Kind::Str(s) => Some(s.to_ascii_lowercase()),
        Kind::Num(n) => n.to_i64().map(|n| n.to_string()),
        _ => None,
    };
    let among = |words: &[String]| known.as_ref().map(|k| words.contains(k));
    match among(&table.without_ports) {
        Some(true) => return Some(false),
        _ if known
            .as_deref()
            .is_some_and(|k| table.all_protocols.iter().any(|p| p == k)) =>
        {
            return Some(true);
        }
        _ => {}
    }
    let sure = known.as_ref().map(|_| true);
    let overlap = overlaps(port(from), port(to), ports, &table.web);
    super::both(sure, overlap)
}

fn overlaps(from: Option<i64>, to: Option<i64>, ports: &Val, web: &[i64]) -> Answer {
    if ports.is_null() {
        return Some(true);
    }
    if ports.as_str() == Some("beyond-web") {
        let (from, to) = (from?, to?);
        let inside = web.iter().filter(|p| (from..=to).contains(*p)).count();
        return Some(to - from + 1 > inside as i64);
    }
    let list = match ports.as_seq() {
        Some(list) => list,
        None => std::slice::from_ref(ports),
    };
    any(list.iter().map(|p| {
        let p = port(p)?;
        Some((from?..=to?).contains(&p))
    }))
}

/// A port, as number or text.
fn port(v: &Val) -> Option<i64> {
    match &v.kind {
        Kind::Num(n) => n.to_i64(),
        Kind::Str(s) => s.trim().parse().ok(),
        _ => None,
    }
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
