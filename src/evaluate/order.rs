//! The order of lists, tuples, maps and objects in a set.
//!
//! Terraform promises none, but has one: that of the bytes that it hashes them by. A `for` over a set
//! of objects, `tolist` and indexes follow it, so it is followed here.

use super::number::Num;
use super::value::{Kind, Val};
use std::cmp::Ordering;
use std::fmt::Write as _;

/// Which of two values that are neither bools, numbers nor texts stands first in a set.
pub(super) fn compare(a: &Val, b: &Val) -> Ordering {
    let text = |v: &Val| {
        let mut out = String::new();
        write(v, &mut out);
        out
    };
    // Equal values must stand side by side, whatever stands for their unknown parts.
    text(a)
        .cmp(&text(b))
        .then_with(|| a.identity().cmp(&b.identity()))
}

fn write(v: &Val, out: &mut String) {
    match &v.kind {
        Kind::Null(_) => out.push('~'),
        Kind::Bool(b) => out.push(if *b { 'T' } else { 'F' }),
        Kind::Num(n) => number(n, out),
        Kind::Str(s) => {
            let _ = write!(out, "{s:?}");
        }
        Kind::List(s) | Kind::Set(s) => {
            out.push('[');
            s.items.iter().for_each(|v| element(v, out));
            out.push(']');
        }
        Kind::Tuple(s) => {
            out.push('<');
            s.items.iter().for_each(|v| element(v, out));
            out.push('>');
        }
        Kind::Map(f) => {
            out.push('{');
            for (k, v) in &f.items {
                let _ = write!(out, "{k:?}:");
                element(v, out);
            }
            out.push('}');
        }
        Kind::Object(f) => {
            out.push('<');
            f.items.iter().for_each(|(_, v)| element(v, out));
            out.push('>');
        }
        Kind::Unknown(_) | Kind::OneOf(_) | Kind::Instance(_) => out.push('?'),
    }
}

fn element(v: &Val, out: &mut String) {
    write(v, out);
    out.push(';');
}

/// As Go's `%.10g` prints it.
fn number(n: &Num, out: &mut String) {
    const DIGITS: usize = 10;
    let plain = n.to_string();
    let unsigned = plain.trim_start_matches(['-', '+']);
    if n.is_infinite() || unsigned.len() <= DIGITS && !unsigned.starts_with("0.0") {
        out.push_str(&plain);
        return;
    }
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    let mut point = whole.len() as i64 - (all.len() - digits.len()) as i64;
    let mut kept: Vec<u8> = digits.bytes().take(DIGITS).collect();
    if digits.as_bytes().get(DIGITS).is_some_and(|d| *d >= b'5') {
        while kept.last() == Some(&b'9') {
            kept.pop();
        }
        match kept.last_mut() {
            Some(last) => *last += 1,
            None => {
                kept.push(b'1');
                point += 1;
            }
        }
    }
    while kept.last() == Some(&b'0') {
        kept.pop();
    }
    let exp = point - 1;
    if n.is_negative() {
        out.push('-');
    }
    let digit = |i: i64| {
        let at = usize::try_from(i).ok().and_then(|i| kept.get(i));
        char::from(at.copied().unwrap_or(b'0'))
    };
    let count = kept.len() as i64;
    let most = if count < DIGITS as i64 && count >= point { count } else { DIGITS as i64 };
    let last = if exp < -4 || exp >= most { 1 } else { point.max(0) };
    if last == 0 {
        out.push('0');
    }
    (0..last).for_each(|i| out.push(digit(i)));
    if exp < -4 || exp >= most {
        if count > 1 {
            out.push('.');
            (1..count).for_each(|i| out.push(digit(i)));
        }
        let sign = if exp < 0 { '-' } else { '+' };
        let _ = write!(out, "e{sign}{:02}", exp.abs());
    } else if count > point {
        out.push('.');
        (point.min(0)..0).for_each(|_| out.push('0'));
        (last..count).for_each(|i| out.push(digit(i)));
    }
}

#[cfg(test)]
mod tests {
    use super::{Num, number};

    #[test]
    fn numbers_as_go_prints_them() {
        for (text, want) in [
            ("0", "0"),
            ("100", "100"),
            ("-1.5", "-1.5"),
            ("0.01", "0.01"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("9999999999", "9999999999"),
            ("10000000000", "1e+10"),
            ("12345678901", "1.23456789e+10"),
            ("99999999999", "1e+11"),
            ("0.12345678901", "0.123456789"),
            ("123.45678901234", "123.456789"),
            ("1e30", "1e+30"),
        ] {
            let mut out = String::new();
            number(&Num::parse(text).expect("a number"), &mut out);
            assert_eq!(out, want, "{text}");
        }
    }
}
