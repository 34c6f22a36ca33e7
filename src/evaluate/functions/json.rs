//! JSON, read and written as Terraform does.
//!
//! Lives here: `jsonencode` of values that are partly not known, `jsondecode` with the type that the
//! text implies. Not here: the JSON forms of configuration, plans and states (`serde_json` reads those;
//! [`json_to_val`] makes values of them).

use super::Failure;
use crate::evaluate::number::Num;
use crate::evaluate::text::{
    MAX_ELEMENTS, MAX_TEXT, Piece, concat, is_name, parts_of, unknown_text,
};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Part, Val, Why, unknown_from};
use std::fmt::Write;
use std::sync::Arc;

/// How deep JSON may be nested.
pub(super) const MAX_DEPTH: usize = 200;

/// Text as it stands between the quotes.
pub(in crate::evaluate) fn escaped(s: &str) -> String {
    let mut out = String::with_capacity(s.len() + 2);
    escape(s, &mut out);
    out
}

fn escape(s: &str, out: &mut String) {
    let mut from = 0;
    for (at, c) in s.char_indices() {
        let short = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => "",
            _ => continue,
        };
        out.push_str(&s[from..at]);
        if short.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push_str(short);
        }
        from = at + c.len_utf8();
    }
    out.push_str(&s[from..]);
}

/// A value as JSON, for reading by people and machines: what is not known is `null`.
pub fn jsonencode(v: &Val) -> String {
    let mut w = Writer {
        pieces: Vec::new(),
        text: String::new(),
        for_display: true,
        length: 0,
    };
    // For display nothing is refused.
    let _ = w.value(v, 0);
    w.text
}

/// A known value as JSON; `None` for what JSON cannot say (an infinite number).
pub fn strict_json(v: &Val) -> Option<String> {
    let mut w = Writer {
        pieces: Vec::new(),
        text: String::new(),
        for_display: false,
        length: 0,
    };
    w.value(v, 0).ok()?;
    w.pieces.is_empty().then_some(w.text)
}

/// A value as JSON in pieces: what is not known stays a piece of its own.
pub(super) fn json_pieces(v: &Val) -> Result<Vec<Piece>, Failure> {
    let mut w = Writer {
        pieces: Vec::new(),
        text: String::new(),
        for_display: false,
        length: 0,
    };
    w.value(v, 0)?;
    w.flush();
    Ok(w.pieces)
}

struct Writer {
    pieces: Vec<Piece>,
    text: String,
    for_display: bool,
    length: usize,
}

impl Writer {
    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.length += self.text.len();
            self.pieces.push(std::mem::take(&mut self.text).into());
        }
    }

    fn gap(&mut self, v: Val) {
        self.flush();
        self.pieces.push(v.into());
    }

    fn string(&mut self, s: &str) {
        self.text.push('"');
        escape(s, &mut self.text);
        self.text.push('"');
    }

    fn value(&mut self, v: &Val, depth: usize) -> Result<(), Failure> {
        if depth > 1000 || self.length + self.text.len() > MAX_TEXT {
            return Err(Failure::Unknown(Why::Limit, "size of JSON".into()));
        }
        match &v.kind {
            Kind::Null(_) => self.text.push_str("null"),
            Kind::Bool(b) => self.text.push_str(if *b { "true" } else { "false" }),
            Kind::Num(n) if n.is_infinite() => {
                if !self.for_display {
                    return Err(Failure::new("cannot serialize infinity as JSON"));
                }
                self.text.push_str("null");
            }
            Kind::Num(n) => {
                let _ = write!(self.text, "{n}");
            }
            Kind::Str(s) => self.string(s),
            Kind::Set(s)
                if !self.for_display && (s.has.unknown || s.has.one_of || s.has.instance) =>
            {
                // Neither the order nor the number of elements is known.
                self.text.push('[');
                self.gap(as_unknown(v));
                self.text.push(']');
            }
            Kind::List(s) | Kind::Set(s) | Kind::Tuple(s) => {
                self.text.push('[');
                for (i, item) in s.items.iter().enumerate() {
                    if i > 0 {
                        self.text.push(',');
                    }
                    self.value(item, depth + 1)?;
                }
                self.text.push(']');
            }
            Kind::Map(f) | Kind::Object(f) => {
                self.text.push('{');
                let open = f.open.is_some() && !self.for_display;
                // What the provider adds may stand before, between and behind.
                if open {
                    self.gap(as_unknown(v));
                }
                for (i, (key, item)) in f.items.iter().enumerate() {
                    if i > 0 {
                        self.text.push(',');
                    }
                    if open && i > 0 {
                        self.gap(as_unknown(v));
                    }
                    self.string(key);
                    self.text.push(':');
                    self.value(item, depth + 1)?;
                }
                if open && !f.items.is_empty() {
                    self.gap(as_unknown(v));
                }
                self.text.push('}');
            }
            Kind::Instance(_) | Kind::Unknown(_) | Kind::OneOf(_) if self.for_display => {
                self.text.push_str("null");
            }
            Kind::Instance(_) => self.gap(as_unknown(v)),
            Kind::Unknown(u) => {
                // An id or an ARN is text, and there after apply.
                if (u.ty == Type::String && u.not_null) || is_name(v) {
                    self.unknown_text(v);
                } else {
                    self.gap(as_unknown(v));
                }
            }
            Kind::OneOf(_) => {
                let mut out = Vec::new();
                for (world, alternative) in v.alternatives() {
                    let pieces = json_pieces(&alternative)?;
                    out.push((world, concat("jsonencode", &pieces)));
                }
                self.gap(Val::one_of(out));
            }
        }
        Ok(())
    }

    /// Text that is partly known, and is not null: escaped in its known parts.
    fn unknown_text(&mut self, v: &Val) {
        self.text.push('"');
        for part in parts_of(v) {
            match part {
                Part::Known(s) => escape(&s, &mut self.text),
                gap => self.gap(unknown_text("jsonencode", &[v], vec![gap])),
            }
        }
        self.text.push('"');
    }
}

/// The JSON of a value that is not known.
fn as_unknown(v: &Val) -> Val {
    unknown_from(Type::String, "jsonencode", &[v])
}

/// A value from JSON that serde read.
pub fn json_to_val(json: &serde_json::Value) -> Val {
    use serde_json::Value;
    match json {
        Value::Null => Val::null(),
        Value::Bool(b) => Val::bool(*b),
        Value::Number(n) => Num::parse(&n.to_string()).map_or_else(Val::null, Val::num),
        Value::String(s) => Val::text(s),
        Value::Array(items) => Val::tuple(items.iter().map(json_to_val).collect()),
        Value::Object(fields) => Val::object(
            fields
                .iter()
                .map(|(k, v)| (nfc(k), json_to_val(v)))
                .collect(),
        ),
    }
}

/// Text as Terraform keeps it.
pub(super) fn nfc(s: &str) -> Arc<str> {
    match Val::text(s).kind {
        Kind::Str(s) => s,
        _ => s.into(),
    }
}

/// A value from JSON text, of the type that the text implies.
pub fn jsondecode(text: &str) -> Result<Val, Failure> {
    let mut r = Reader {
        text,
        at: 0,
        elements: 0,
    };
    let v = r.value(0)?;
    r.space();
    if r.at < text.len() {
        return Err(Failure::new("extraneous data after JSON object"));
    }
    Ok(v)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    elements: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn unexpected(&self, context: &str) -> Failure {
        match self.text.get(self.at..).and_then(|t| t.chars().next()) {
            Some(c) => Failure::new(format!("invalid character {c:?} {context}")),
            None => Failure::new("unexpected EOF"),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Val, Failure> {
        self.elements += 1;
        if depth > MAX_DEPTH || self.elements > MAX_ELEMENTS {
            return Err(Failure::Unknown(Why::Limit, "size of JSON".into()));
        }
        self.space();
        match self.peek() {
            None => Err(Failure::new("EOF")),
            Some(b'n') => self.word("null", Val::null()),
            Some(b't') => self.word("true", Val::bool(true)),
            Some(b'f') => self.word("false", Val::bool(false)),
            Some(b'"') => Ok(Val::text(&self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'[') => self.array(depth),
            Some(b'{') => self.object(depth),
            Some(_) => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn word(&mut self, word: &str, v: Val) -> Result<Val, Failure> {
        for b in word.bytes() {
            if self.peek() != Some(b) {
                return Err(self.unexpected(&format!("in literal {word}")));
            }
            self.at += 1;
        }
        Ok(v)
    }

    fn number(&mut self) -> Result<Val, Failure> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text = &self.text[start..self.at];
        Num::parse(text)
            .map(Val::num)
            .ok_or_else(|| Failure::Unknown(Why::Limit, format!("number {text}")))
    }

    fn digits(&mut self, context: &str) -> Result<(), Failure> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.unexpected(context));
        }
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, Failure> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let start = self.at;
            while self
                .peek()
                .is_some_and(|b| b != b'"' && b != b'\\' && b >= 0x20)
            {
                self.at += 1;
            }
            out.push_str(&self.text[start..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(&mut out)?;
                }
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Result<(), Failure> {
        let c = match self.peek() {
            Some(b @ (b'"' | b'\\' | b'/')) => char::from(b),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let first = self.hex()?;
                out.push(self.surrogates(first));
                return Ok(());
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.at += 1;
        out.push(c);
        Ok(())
    }

    fn hex(&mut self) -> Result<u32, Failure> {
        let mut n = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|b| char::from(b).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.unexpected("in \\u hexadecimal character escape"));
            };
            n = n * 16 + digit;
            self.at += 1;
        }
        Ok(n)
    }

    /// The character of an escaped code unit, with the second half where it is the first; a half
    /// alone is the replacement character.
    fn surrogates(&mut self, first: u32) -> char {
        if let Some(c) = char::from_u32(first) {
            return c;
        }
        let before = self.at;
        if first < 0xdc00 && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            if let Ok(second @ 0xdc00..=0xdfff) = self.hex() {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return char::from_u32(code).unwrap_or('\u{fffd}');
            }
            self.at = before;
        }
        '\u{fffd}'
    }

    fn array(&mut self, depth: usize) -> Result<Val, Failure> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Val::tuple(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Val::tuple(items));
                }
                None => return Err(Failure::new("EOF")),
                _ => return Err(self.unexpected("after array element")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Val, Failure> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Val::object(items));
        }
        loop {
            self.space();
            match self.peek() {
                Some(b'"') => {}
                None => return Err(Failure::new("EOF")),
                _ => return Err(self.unexpected("looking for beginning of object key string")),
            }
            let key = nfc(&self.string()?);
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("after object key"));
            }
            self.at += 1;
            items.push((key, self.value(depth + 1)?));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Val::object(items));
                }
                None => return Err(Failure::new("EOF")),
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
    }
}
