//! Hashes of text, name-based UUIDs, and what comes out different each time.

use super::{Call, Failure, Function, Param, Returns, number, param, string};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Marks, Val, Why, unknown_from};
use base64::Engine as _;
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use std::fmt::Write as _;
use std::sync::Arc;

const STR: &[Param] = &[param("str", string)];

const fn function(
    name: &'static str,
    params: &'static [Param],
    call: fn(&Call<'_>) -> Result<Val, Failure>,
) -> Function {
    Function {
        name,
        params,
        more: None,
        returns: Returns::Always(string),
        call,
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    function("base64sha256", STR, |c| {
        Ok(base64(&Sha256::digest(c.str(0))))
    }),
    function("base64sha512", STR, |c| {
        Ok(base64(&Sha512::digest(c.str(0))))
    }),
    Function {
        name: "bcrypt",
        params: STR,
        more: Some(param("cost", number)),
        returns: Returns::Always(string),
        call: impure,
    },
    function("md5", STR, |c| Ok(hex(&Md5::digest(c.str(0))))),
    function("plantimestamp", &[], impure),
    function(
        "rsadecrypt",
        &[param("ciphertext", string), param("privatekey", string)],
        |c| {
            let mut v = unknown_from(Type::String, c.name, &c.args.iter().collect::<Vec<_>>());
            if let Kind::Unknown(u) = &mut v.kind {
                let u = Arc::make_mut(u);
                u.why = Why::Function;
                u.subject = c.name.into();
            }
            Ok(v.marked(Marks::SENSITIVE))
        },
    ),
    function("sha1", STR, |c| Ok(hex(&Sha1::digest(c.str(0))))),
    function("sha256", STR, |c| Ok(hex(&Sha256::digest(c.str(0))))),
    function("sha512", STR, |c| Ok(hex(&Sha512::digest(c.str(0))))),
    function("timestamp", &[], impure),
    function("uuid", &[], impure),
    function(
        "uuidv5",
        &[param("namespace", string), param("name", string)],
        uuid_v5,
    ),
];

/// Comes out different each time; the evaluator tells one call from another.
fn impure(c: &Call<'_>) -> Result<Val, Failure> {
    Err(Failure::Unknown(Why::Impure, c.name.to_owned()))
}

fn hex(bytes: &[u8]) -> Val {
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        write!(out, "{b:02x}").expect("internal: writing to a String does not fail");
    }
    Val::str(out)
}

fn base64(bytes: &[u8]) -> Val {
    Val::str(base64::engine::general_purpose::STANDARD.encode(bytes))
}

fn uuid_v5(c: &Call<'_>) -> Result<Val, Failure> {
    // RFC 4122's namespaces differ in one byte.
    let well_known = |last: u8| 0x6ba7_b800_9dad_11d1_80b4_00c0_4fd4_30c8 | u128::from(last) << 96;
    let namespace = match c.str(0) {
        "dns" => well_known(0x10),
        "url" => well_known(0x11),
        "oid" => well_known(0x12),
        "x500" => well_known(0x14),
        other => {
            uuid(other).ok_or_else(|| format!("uuidv5() doesn't support namespace {other}"))?
        }
    };
    let mut hash = Sha1::new();
    hash.update(namespace.to_be_bytes());
    hash.update(c.str(1));
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let n = u128::from_be_bytes(bytes);
    let text = format!("{n:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &text[part]);
    Ok(Val::str(parts.join("-")))
}

/// A UUID as Go's package reads it: plain, in braces, as a URN, or without dashes.
fn uuid(text: &str) -> Option<u128> {
    let text = match text.len() {
        45 if text.is_ascii() && text[..9].eq_ignore_ascii_case("urn:uuid:") => &text[9..],
        // Whatever stands around it, the package does not look at.
        38 if text.is_ascii() => &text[1..37],
        _ => text,
    };
    let digits = match text.len() {
        32 => text.to_owned(),
        36 if [8, 13, 18, 23].iter().all(|i| text.as_bytes()[*i] == b'-') => text.replace('-', ""),
        _ => return None,
    };
    let all_hex = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    all_hex
        .then(|| u128::from_str_radix(&digits, 16).ok())
        .flatten()
}
