//! `textencodebase64` and `textdecodebase64`: text in encodings other than UTF-8.
//!
//! `encoding_rs` knows the web's encodings; Terraform has Go's, under IANA's names only. Where both
//! differ, the difference is dealt with here, or the result is not known.

use super::encoding::{from_base64, to_base64};
use super::strings::bounded;
use super::{Call, Failure};
use crate::evaluate::value::{Val, Why};
use encoding_rs::Encoding;

/// An encoding.
enum Charset {
    Utf8,
    /// Big endian or little; with a byte order mark.
    Utf16 {
        big: bool,
        mark: bool,
    },
    /// The characters up to this one are their own codes.
    Latin(u32),
    /// ISO-8859-9: Latin 1 with six letters changed.
    Turkish,
    Web(&'static Encoding),
}

/// IANA's names and aliases, in lower case, and how `encoding_rs` calls the encoding.
const NAMES: &[(&str, &[&str])] = &[
    (
        "ISO-8859-2",
        &[
            "iso_8859-2:1987",
            "iso-ir-101",
            "iso_8859-2",
            "latin2",
            "l2",
            "csisolatin2",
        ],
    ),
    (
        "ISO-8859-3",
        &[
            "iso_8859-3:1988",
            "iso-ir-109",
            "iso_8859-3",
            "latin3",
            "l3",
            "csisolatin3",
        ],
    ),
    (
        "ISO-8859-4",
        &[
            "iso_8859-4:1988",
            "iso-ir-110",
            "iso_8859-4",
            "latin4",
            "l4",
            "csisolatin4",
        ],
    ),
    (
        "ISO-8859-5",
        &[
            "iso_8859-5:1988",
            "iso-ir-144",
            "iso_8859-5",
            "cyrillic",
            "csisolatincyrillic",
        ],
    ),
    (
        "ISO-8859-6",
        &[
            "iso_8859-6:1987",
            "iso-ir-127",
            "iso_8859-6",
            "ecma-114",
            "asmo-708",
            "arabic",
            "csisolatinarabic",
        ],
    ),
    (
        "ISO-8859-7",
        &[
            "iso_8859-7:1987",
            "iso-ir-126",
            "iso_8859-7",
            "elot_928",
            "ecma-118",
            "greek",
            "greek8",
            "csisolatingreek",
        ],
    ),
    (
        "ISO-8859-8",
        &[
            "iso_8859-8:1988",
            "iso-ir-138",
            "iso_8859-8",
            "hebrew",
            "csisolatinhebrew",
        ],
    ),
    (
        "ISO-8859-10",
        &[
            "iso-ir-157",
            "l6",
            "iso_8859-10:1992",
            "csisolatin6",
            "latin6",
        ],
    ),
    ("ISO-8859-13", &["csiso885913"]),
    (
        "ISO-8859-14",
        &[
            "iso-ir-199",
            "iso_8859-14:1998",
            "iso_8859-14",
            "latin8",
            "iso-celtic",
            "l8",
            "csiso885914",
        ],
    ),
    ("ISO-8859-15", &["iso_8859-15", "latin-9", "csiso885915"]),
    (
        "ISO-8859-16",
        &[
            "iso-ir-226",
            "iso_8859-16:2001",
            "iso_8859-16",
            "latin10",
            "l10",
            "csiso885916",
        ],
    ),
    ("Shift_JIS", &["ms_kanji", "csshiftjis"]),
    (
        "EUC-JP",
        &[
            "extended_unix_code_packed_format_for_japanese",
            "cseucpkdfmtjapanese",
        ],
    ),
    ("ISO-2022-JP", &["csiso2022jp"]),
    ("EUC-KR", &["cseuckr"]),
    ("GBK", &["cp936", "ms936", "windows-936", "csgbk"]),
    ("GB18030", &["csgb18030"]),
    ("Big5", &["csbig5"]),
    ("KOI8-R", &["cskoi8r"]),
    ("KOI8-U", &["cskoi8u"]),
    ("macintosh", &["mac", "csmacintosh"]),
    ("IBM866", &["cp866", "866", "csibm866"]),
    ("windows-874", &["cswindows874"]),
    ("windows-1250", &["cswindows1250"]),
    ("windows-1251", &["cswindows1251"]),
    ("windows-1252", &["cswindows1252"]),
    ("windows-1253", &["cswindows1253"]),
    ("windows-1254", &["cswindows1254"]),
    ("windows-1255", &["cswindows1255"]),
    ("windows-1256", &["cswindows1256"]),
    ("windows-1257", &["cswindows1257"]),
    ("windows-1258", &["cswindows1258"]),
];

fn charset(name: &str) -> Result<Charset, Failure> {
    let wanted = name.to_ascii_lowercase();
    match wanted.as_str() {
        "utf-8" | "csutf8" => return Ok(Charset::Utf8),
        "utf-16" | "csutf16" => {
            return Ok(Charset::Utf16 {
                big: true,
                mark: true,
            });
        }
        "utf-16be" | "csutf16be" => {
            return Ok(Charset::Utf16 {
                big: true,
                mark: false,
            });
        }
        "utf-16le" | "csutf16le" => {
            return Ok(Charset::Utf16 {
                big: false,
                mark: false,
            });
        }
        "us-ascii" | "iso-ir-6" | "ansi_x3.4-1968" | "ansi_x3.4-1986" | "iso_646.irv:1991"
        | "iso646-us" | "us" | "ibm367" | "cp367" | "csascii" => return Ok(Charset::Latin(0x7f)),
        "iso-8859-1" | "iso_8859-1:1987" | "iso-ir-100" | "iso_8859-1" | "latin1" | "l1"
        | "ibm819" | "cp819" | "csisolatin1" => return Ok(Charset::Latin(0xff)),
        "iso-8859-9" | "iso_8859-9:1989" | "iso-ir-148" | "iso_8859-9" | "latin5" | "l5"
        | "csisolatin5" => return Ok(Charset::Turkish),
        _ => {}
    }
    let known = NAMES
        .iter()
        .find(|(name, more)| name.eq_ignore_ascii_case(&wanted) || more.contains(&&*wanted));
    if let Some(encoding) = known.and_then(|(n, _)| Encoding::for_label(n.as_bytes())) {
        return Ok(Charset::Web(encoding));
    }
    // Mainframe code pages and the like, which Go has and we have not.
    let go_may_know = [
        "ibm",
        "cp",
        "cs",
        "ebcdic",
        "iso-ir-",
        "ccsid",
        "hz-gb-2312",
        "iso-8859-6-",
        "iso-8859-8-",
        "iso_8859-6-",
        "iso_8859-8-",
    ];
    if go_may_know.iter().any(|p| wanted.starts_with(p)) && !matches!(&*wanted, "cp1252" | "cp932")
    {
        return Err(Failure::Unknown(Why::Function, format!("encoding {name}")));
    }
    Err(Failure::at(
        1,
        format!(
            "{name:?} is not a supported IANA encoding name or alias in this Terraform version"
        ),
    ))
}

const TURKISH: &[(u8, char)] = &[
    (0xd0, 'Ğ'),
    (0xdd, 'İ'),
    (0xde, 'Ş'),
    (0xf0, 'ğ'),
    (0xfd, 'ı'),
    (0xfe, 'ş'),
];

/// The web gives the bytes that a Windows encoding does not use to control characters.
fn has_control(text: &str) -> bool {
    text.chars().any(|c| ('\u{80}'..='\u{9f}').contains(&c))
}

fn is_windows(e: &'static Encoding) -> bool {
    e.name().starts_with("windows-")
}

/// Whether a character of Shift JIS begins with a byte from 0xfa on.
fn has_ibm_rows(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(b) = bytes.get(at) {
        at += match b {
            0xfa.. => return true,
            0x81..=0x9f | 0xe0.. => 2,
            _ => 1,
        };
    }
    false
}

fn latin(text: &str, last: u32) -> Option<Vec<u8>> {
    text.chars()
        .map(|c| {
            u8::try_from(u32::from(c))
                .ok()
                .filter(|b| u32::from(*b) <= last)
        })
        .collect()
}

fn encode(text: &str, to: &Charset) -> Result<Option<Vec<u8>>, Failure> {
    Ok(match to {
        Charset::Utf8 => Some(text.as_bytes().to_vec()),
        Charset::Utf16 { big, mark } => {
            let mark = mark.then_some(0xfeff);
            let units = mark.into_iter().chain(text.encode_utf16());
            Some(
                units
                    .flat_map(|u| {
                        if *big {
                            u.to_be_bytes()
                        } else {
                            u.to_le_bytes()
                        }
                    })
                    .collect(),
            )
        }
        Charset::Latin(last) => latin(text, *last),
        Charset::Turkish => text
            .chars()
            .map(|c| match TURKISH.iter().find(|(_, t)| *t == c) {
                Some((b, _)) => Some(*b),
                None => u8::try_from(u32::from(c))
                    .ok()
                    .filter(|b| TURKISH.iter().all(|(t, _)| t != b)),
            })
            .collect(),
        Charset::Web(e) => {
            if is_windows(e) && has_control(text) {
                return Ok(None);
            }
            let japanese = matches!(e.name(), "Shift_JIS" | "EUC-JP" | "ISO-2022-JP");
            if japanese && text.contains(['¥', '‾', '\u{2212}']) {
                return Ok(None);
            }
            let not_known = || Failure::Unknown(Why::Function, format!("encoding {}", e.name()));
            // Go keeps half-width kana, and has another place for some characters of IBM's.
            if e.name() == "ISO-2022-JP" && text.chars().any(|c| ('｡'..='ﾟ').contains(&c)) {
                return Err(not_known());
            }
            let (bytes, _, failed) = e.encode(text);
            // JIS X 0212, which the web only reads.
            if failed && japanese && e.name() != "Shift_JIS" {
                return Err(not_known());
            }
            if e.name() == "Shift_JIS" && has_ibm_rows(&bytes) {
                return Err(not_known());
            }
            (!failed).then(|| bytes.into_owned())
        }
    })
}

fn decode(bytes: &[u8], from: &Charset) -> Option<String> {
    match from {
        Charset::Utf8 => String::from_utf8(bytes.to_vec()).ok(),
        Charset::Utf16 { big, mark } => {
            let (big, bytes) = match bytes {
                [0xff, 0xfe, rest @ ..] if *mark => (false, rest),
                [0xfe, 0xff, rest @ ..] if *mark => (true, rest),
                _ => (*big, bytes),
            };
            let (pairs, rest) = bytes.as_chunks::<2>();
            if !rest.is_empty() {
                return None;
            }
            let units = pairs.iter().map(|p| {
                if big {
                    u16::from_be_bytes(*p)
                } else {
                    u16::from_le_bytes(*p)
                }
            });
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        Charset::Latin(last) => bytes
            .iter()
            .map(|b| (u32::from(*b) <= *last).then(|| char::from(*b)))
            .collect(),
        Charset::Turkish => Some(
            bytes
                .iter()
                .map(|b| match TURKISH.iter().find(|(t, _)| t == b) {
                    Some((_, c)) => *c,
                    None => char::from(*b),
                })
                .collect(),
        ),
        Charset::Web(e) => {
            let text = e.decode_without_bom_handling_and_without_replacement(bytes)?;
            if is_windows(e) && has_control(&text) {
                return None;
            }
            Some(text.into_owned())
        }
    }
}

pub(super) fn textencodebase64(c: &Call<'_>) -> Result<Val, Failure> {
    let to = charset(c.str(1))?;
    bounded(c.str(0).len().saturating_mul(3))?;
    match encode(c.str(0), &to)? {
        Some(bytes) => Ok(Val::str(to_base64(&bytes))),
        None => Err(Failure::at(
            0,
            format!(
                "the given string contains characters that cannot be represented in {}",
                c.str(1)
            ),
        )),
    }
}

pub(super) fn textdecodebase64(c: &Call<'_>) -> Result<Val, Failure> {
    let from = charset(c.str(1))?;
    let bytes = from_base64(c.str(0))
        .ok_or_else(|| Failure::at(0, "the given value has an invalid base64 symbol"))?;
    match decode(&bytes, &from) {
        Some(text) => Ok(Val::text(&text)),
        None => Err(Failure::at(
            0,
            format!(
                "the given string contains symbols that are not defined for {}",
                c.str(1)
            ),
        )),
    }
}
