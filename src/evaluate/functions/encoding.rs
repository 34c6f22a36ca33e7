//! Base64, JSON, CSV, URLs and legacy encodings.

use super::json::{json_pieces, jsondecode, nfc};
use super::strings::bounded;
use super::{Call, Failure, Function, Returns, dynamic, param, string};
use crate::evaluate::text::{MAX_ELEMENTS, concat};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Val, Why};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::fmt::Write;
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "base64decode",
        &[param("str", string)],
        string,
        base64decode,
    ),
    function("base64encode", &[param("str", string)], string, |c| {
        bounded(c.str(0).len() * 4 / 3)?;
        Ok(Val::str(to_base64(c.str(0).as_bytes())))
    }),
    function(
        "base64gunzip",
        &[param("str", string)],
        string,
        base64gunzip,
    ),
    function("base64gzip", &[param("str", string)], string, |_| {
        // The bytes differ from one deflate to the other.
        Err(Failure::Unknown(Why::Function, "base64gzip".into()))
    }),
    function("csvdecode", &[param("str", string)], dynamic, csvdecode),
    function("jsondecode", &[param("str", string)], dynamic, |c| {
        jsondecode(c.str(0))
    }),
    function(
        "jsonencode",
        &[param("val", dynamic).null().unknown()],
        string,
        |c| Ok(concat(c.name, &json_pieces(&c.args[0])?)),
    ),
    function(
        "textdecodebase64",
        &[param("source", string), param("encoding", string)],
        string,
        super::legacy::textdecodebase64,
    ),
    function(
        "textencodebase64",
        &[param("string", string), param("encoding", string)],
        string,
        super::legacy::textencodebase64,
    ),
    function("urldecode", &[param("str", string)], string, urldecode),
    function("urlencode", &[param("str", string)], string, urlencode),
];

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

/// As Go's: padding required, left-over bits of the last character ignored.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// Bytes in base64.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Bytes from base64, which may be broken into lines.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    if text.contains(['\r', '\n']) {
        let one_line: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
        return BASE64.decode(one_line).ok();
    }
    BASE64.decode(text).ok()
}

/// The text that another one is in base64, where it is long enough not to be a word.
pub fn base64_text(text: &str) -> Option<String> {
    /// Shorter ones are names and numbers too.
    const LONG: usize = 24;
    let long = text.len() >= LONG && !text.contains(char::is_whitespace);
    let decoded = String::from_utf8(long.then(|| from_base64(text)).flatten()?).ok()?;
    let readable = |c: char| !c.is_control() || c.is_whitespace();
    decoded.chars().all(readable).then_some(decoded)
}

fn base64decode(c: &Call<'_>) -> Result<Val, Failure> {
    let source = c.str(0);
    let bytes = from_base64(source)
        .ok_or_else(|| Failure::new(format!("failed to decode base64 data {source:?}")))?;
    utf8(
        bytes,
        "the result of decoding the provided string is not valid UTF-8",
    )
}

/// Text of bytes.
pub(super) fn utf8(bytes: Vec<u8>, otherwise: &str) -> Result<Val, Failure> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Val::text(&text)),
        Err(_) => Err(Failure::new(otherwise)),
    }
}

fn base64gunzip(c: &Call<'_>) -> Result<Val, Failure> {
    use std::io::Read;
    let bytes =
        from_base64(c.str(0)).ok_or_else(|| Failure::new("failed to decode base64 data"))?;
    let mut out = Vec::new();
    // One byte more than is allowed tells too long from just right.
    let limit = crate::evaluate::text::MAX_TEXT as u64 + 1;
    flate2::read::MultiGzDecoder::new(&bytes[..])
        .take(limit)
        .read_to_end(&mut out)
        .map_err(|e| Failure::new(format!("failed to gunzip data: {e}")))?;
    bounded(out.len())?;
    utf8(
        out,
        "the result of decoding the provided string is not valid UTF-8",
    )
}

fn urlencode(c: &Call<'_>) -> Result<Val, Failure> {
    let source = c.str(0);
    bounded(source.len().saturating_mul(3))?;
    let mut out = String::with_capacity(source.len());
    for b in source.bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'~' | b'-' | b'_' | b'.' => {
                out.push(char::from(b));
            }
            b' ' => out.push('+'),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(out, "%{b:02X}");
            }
        }
    }
    Ok(if out == source {
        c.args[0].clone()
    } else {
        Val::str(out)
    })
}

fn urldecode(c: &Call<'_>) -> Result<Val, Failure> {
    let source = c.str(0).as_bytes();
    let mut out = Vec::with_capacity(source.len());
    let mut at = 0;
    while let Some(b) = source.get(at) {
        at += 1;
        match b {
            b'+' => out.push(b' '),
            b'%' => {
                let digit = |i: usize| {
                    let digit = source.get(i).and_then(|b| char::from(*b).to_digit(16));
                    digit.and_then(|d| u8::try_from(d).ok())
                };
                let (Some(high), Some(low)) = (digit(at), digit(at + 1)) else {
                    return Err(Failure::new("invalid URL escape"));
                };
                out.push(high * 16 + low);
                at += 2;
            }
            _ => out.push(*b),
        }
    }
    utf8(
        out,
        "the result of decoding the provided string is not valid UTF-8",
    )
}

/// `csvdecode`: a list of objects; the first line names the attributes.
fn csvdecode(c: &Call<'_>) -> Result<Val, Failure> {
    let mut csv = Csv {
        rest: c.str(0),
        line: 0,
    };
    let header: Vec<Arc<str>> = match csv.record()? {
        Some((_, fields)) => fields.iter().map(|f| nfc(f)).collect(),
        None => return Err(Failure::new("missing header line")),
    };
    let mut names = header.clone();
    names.sort();
    for (name, next) in names.iter().zip(names.iter().skip(1)) {
        if name == next {
            return Err(Failure::new(format!("duplicate column name {name:?}")));
        }
    }
    let ty = Type::object(header.iter().map(|n| (n.clone(), Type::String)).collect());
    let mut rows = Vec::new();
    let mut cells = 0;
    while let Some((line, fields)) = csv.record()? {
        if fields.len() != header.len() {
            return Err(Failure::new(format!(
                "CSV parse error on line {line}: wrong number of fields"
            )));
        }
        cells += fields.len();
        if cells > MAX_ELEMENTS {
            return Err(Failure::Unknown(Why::Limit, "number of elements".into()));
        }
        let values = fields.iter().map(|f| Val::text(f));
        rows.push(Val::object(header.iter().cloned().zip(values).collect()));
    }
    Ok(Val::list(ty, rows))
}

/// CSV as strict as Go's reader.
struct Csv<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Csv<'a> {
    /// The next line without its end, and whether it had one.
    fn next_line(&mut self) -> Option<(&'a str, bool)> {
        if self.rest.is_empty() {
            return None;
        }
        self.line += 1;
        let (line, ended) = if let Some((line, rest)) = self.rest.split_once('\n') {
            self.rest = rest;
            (line, true)
        } else {
            (std::mem::take(&mut self.rest), false)
        };
        Some((line.strip_suffix('\r').unwrap_or(line), ended))
    }

    fn error(line: usize, what: &str) -> Failure {
        Failure::new(format!("CSV parse error on line {line}: {what}"))
    }

    /// The next record, and the line it begins on.
    fn record(&mut self) -> Result<Option<(usize, Vec<String>)>, Failure> {
        const QUOTE: &str = "extraneous or missing \" in quoted-field";
        let (mut line, mut ended) = loop {
            match self.next_line() {
                None => return Ok(None),
                Some(("", _)) => {}
                Some(found) => break found,
            }
        };
        let start = self.line;
        let mut fields = Vec::new();
        loop {
            let Some(quoted) = line.strip_prefix('"') else {
                let (field, rest) = match line.split_once(',') {
                    Some((field, rest)) => (field, Some(rest)),
                    None => (line, None),
                };
                if field.contains('"') {
                    return Err(Csv::error(self.line, "bare \" in non-quoted-field"));
                }
                fields.push(field.to_owned());
                match rest {
                    Some(rest) => line = rest,
                    None => return Ok(Some((start, fields))),
                }
                continue;
            };
            let mut field = String::new();
            line = quoted;
            loop {
                let Some((text, rest)) = line.split_once('"') else {
                    field.push_str(line);
                    if !ended {
                        return Err(Csv::error(self.line, QUOTE));
                    }
                    field.push('\n');
                    match self.next_line() {
                        Some(found) => (line, ended) = found,
                        None => return Err(Csv::error(self.line, QUOTE)),
                    }
                    continue;
                };
                field.push_str(text);
                if let Some(rest) = rest.strip_prefix('"') {
                    field.push('"');
                    line = rest;
                } else if let Some(rest) = rest.strip_prefix(',') {
                    fields.push(field);
                    line = rest;
                    break;
                } else if rest.is_empty() {
                    fields.push(field);
                    return Ok(Some((start, fields)));
                } else {
                    return Err(Csv::error(self.line, QUOTE));
                }
            }
        }
    }
}
