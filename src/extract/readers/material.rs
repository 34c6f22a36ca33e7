//! Key material: whether a text is a key itself.
//!
//! Lives here: the forms that keys are written in: PEM, and the bytes of a key of a usual length in
//! base64 or hexadecimal digits. A name, an ARN, a URL of a key is none of them.

use super::{Asked, asked};
use crate::evaluate::text::prefix;
use crate::evaluate::value::{Kind, Val};

/// The lengths of keys in bytes.
const LENGTHS: &[usize] = &[16, 24, 32, 48, 64];

/// Whether a text is key material.
pub fn is(v: &Val) -> Asked {
    match &v.kind {
        Kind::Str(s) => asked(Some(material(s))),
        Kind::Unknown(_) => {
            let (known, _) = prefix(v);
            asked(pem(known).then_some(true))
        }
        _ => asked(None),
    }
}

fn pem(text: &str) -> bool {
    let first = text.trim_start().lines().next().unwrap_or_default();
    first.starts_with("-----BEGIN ") && first.contains("PRIVATE KEY")
}

fn material(text: &str) -> bool {
    let text = text.trim();
    pem(text) || hexadecimal(text) || base64(text)
}

fn hexadecimal(text: &str) -> bool {
    LENGTHS.contains(&(text.len() / 2))
        && text.len().is_multiple_of(2)
        && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Base64, either alphabet; without padding only where the text does not read as words.
fn base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let alphabet = body
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_'));
    if !alphabet || padding > 2 || body.len() % 4 == 1 {
        return false;
    }
    let whole = padding == 0 || text.len().is_multiple_of(4);
    let mixed = body.bytes().any(|b| b.is_ascii_uppercase())
        && body.bytes().any(|b| b.is_ascii_lowercase())
        && body.bytes().any(|b| b.is_ascii_digit());
    whole && LENGTHS.contains(&(body.len() * 3 / 4)) && (padding > 0 || mixed)
}
