//! How Go prints numbers and strings.

use std::fmt::Write;

/// A number as go-cty prints it: by way of a float where that is exact.
pub(super) fn number(text: &str) -> String {
    let value: f64 = text.parse().unwrap_or(f64::INFINITY);
    if value.is_infinite() {
        return "cty.NumberFloatVal(+Inf)".to_owned();
    }
    let exact = format!("{value:.400}");
    let trim = |t: &str| {
        let t = t.trim_start_matches('0');
        let t = if t.contains('.') {
            t.trim_end_matches('0').trim_end_matches('.')
        } else {
            t
        };
        if t.is_empty() || t.starts_with('.') {
            format!("0{t}")
        } else {
            t.to_owned()
        }
    };
    let plain = trim(&without_exponent(text));
    // A power of ten is taken to be exact as far as the mantissa's digits go.
    if !text.contains(['e', 'E']) && trim(&exact) != plain
        || value != 0.0 && value.abs() < 1.0 && trim(&exact) != plain
    {
        return format!("cty.MustParseNumberVal(\"{plain}\")");
    }
    let kind = if value.fract() == 0.0 { "Int" } else { "Float" };
    format!("cty.Number{kind}Val({})", go_float(value))
}

/// A number written out.
fn without_exponent(text: &str) -> String {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let places = usize::try_from(exponent.unsigned_abs())
        .unwrap_or(0)
        .min(1_000);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = "0".repeat(places);
    if exponent < 0 {
        let digits = format!("{zeros}{whole}");
        let (whole, moved) = digits.split_at(digits.len() - places);
        format!("{whole}.{moved}{fraction}")
    } else {
        let digits = format!("{fraction}{zeros}");
        let (moved, fraction) = digits.split_at(places);
        format!("{whole}{moved}.{fraction}")
    }
}

/// A float as Go's `%#v` prints it.
fn go_float(value: f64) -> String {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..21).contains(&exponent) && exponent < 6 {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// A string as Go's `%#v` prints it, in NFC for what is ASCII.
pub(super) fn string(text: &str) -> String {
    let mut out = String::from("cty.StringVal(\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\u{b}' => out.push_str("\\v"),
            c if (c as u32) < 0x20 || c == '\u{7f}' => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            '\u{a0}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{feff}' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push_str("\")");
    out
}

/// A string as Go's `json.Marshal` writes it.
pub(super) fn json(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
