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
    let signed = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    // The number is `0.digits * 10^point`.
    let mut point = signed(whole.len()) - signed(all.len() - digits.len());
    let mut kept = digits[..digits.len().min(DIGITS)].to_owned();
    if digits.as_bytes().get(DIGITS).is_some_and(|d| *d >= b'5') {
        kept.truncate(kept.trim_end_matches('9').len());
        if let Some(last) = kept.pop() {
            kept.push(char::from(last as u8 + 1));
        } else {
            kept.push('1');
            point += 1;
        }
    }
    kept.truncate(kept.trim_end_matches('0').len());
    if n.is_negative() {
        out.push('-');
    }
    let count = signed(kept.len());
    let most = if count >= point {
        count.min(signed(DIGITS))
    } else {
        signed(DIGITS)
    };
    let exp = point - 1;
    if exp < -4 || exp >= most {
        let (first, rest) = kept.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        let sign = if exp < 0 { '-' } else { '+' };
        let _ = write!(out, "{first}{dot}{rest}e{sign}{:02}", exp.abs());
        return;
    }
    match usize::try_from(point) {
        Ok(0) | Err(_) => {
            out.push_str("0.");
            (point..0).for_each(|_| out.push('0'));
            out.push_str(&kept);
        }
        Ok(point) if point >= kept.len() => {
            out.push_str(&kept);
            (kept.len()..point).for_each(|_| out.push('0'));
        }
        Ok(point) => {
            let (whole, rest) = kept.split_at(point);
            let _ = write!(out, "{whole}.{rest}");
        }
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
