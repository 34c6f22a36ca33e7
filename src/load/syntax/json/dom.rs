//! Reads JSON, with spans.
//!
//! What HCL's JSON reader takes is what is taken here. After an error the values read so far stay.

use super::super::MAX_DEPTH;
use super::super::tree::{Span, SyntaxError};

/// A value's number in [`Dom::values`].
pub(super) type Id = u32;

/// What a value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Value {
    Null,
    True,
    False,
    Number,
    /// The content, escapes resolved: in place, or behind the file.
    String(Span),
    /// A range of [`Dom::elements`].
    Array(u32, u32),
    /// A range of [`Dom::members`].
    Object(u32, u32),
}

/// A value and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub value: Value,
    pub span: Span,
}

/// A property of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// The key with its quotation marks.
    pub key_span: Span,
    /// The key's text.
    pub key: Span,
    pub value: Id,
}

/// A JSON text.
pub(super) struct Dom {
    pub values: Vec<Placed>,
    pub elements: Vec<Id>,
    pub members: Vec<Member>,
    pub root: Option<Id>,
    pub moved: Vec<(u32, Span)>,
    pub errors: Vec<SyntaxError>,
}

struct Stop;

struct Reader<'t> {
    src: &'t [u8],
    text: &'t str,
    pos: usize,
    depth: u32,
    tail: String,
    dom: Dom,
}

impl Dom {
    /// Reads `text`, and appends to it the strings that have escapes.
    pub fn read(text: &mut String) -> Self {
        let dom = Self {
            values: Vec::new(),
            elements: Vec::new(),
            members: Vec::new(),
            root: None,
            moved: Vec::new(),
            errors: Vec::new(),
        };
        let mut reader = Reader {
            src: text.as_bytes(),
            text,
            pos: 0,
            depth: 0,
            tail: String::new(),
            dom,
        };
        reader.document();
        let Reader { tail, dom, .. } = reader;
        text.push_str(&tail);
        dom
    }
}

impl Reader<'_> {
    fn document(&mut self) {
        let (root, whole) = self.value();
        self.dom.root = root;
        if whole.is_ok() {
            self.skip();
            if self.pos < self.src.len() {
                let _: Result<(), Stop> = self.fail("json-extra");
            }
        }
    }

    fn skip(&mut self) {
        while matches!(self.src.get(self.pos), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.pos += 1;
        }
    }

    fn byte(&self) -> u8 {
        self.src.get(self.pos).copied().unwrap_or(0)
    }

    fn fail<T>(&mut self, code: &'static str) -> Result<T, Stop> {
        let rest = &self.text[self.pos..];
        let word = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let len = if word > 0 {
            word
        } else {
            rest.chars().next().map_or(0, char::len_utf8)
        };
        let code = if len == 0 { "unexpected-end" } else { code };
        let args = if len == 0 {
            Vec::new()
        } else {
            vec![rest[..len].escape_debug().to_string()]
        };
        self.error(code, self.pos, self.pos + len, args)
    }

    fn error<T>(
        &mut self,
        code: &'static str,
        start: usize,
        end: usize,
        args: Vec<String>,
    ) -> Result<T, Stop> {
        let span = Span::new(start as u32, end as u32);
        debug_assert!(SyntaxError::CODES.contains(&code), "{code} is not in CODES");
        self.dom.errors.push(SyntaxError {
            code,
            span,
            related: None,
            args,
        });
        Err(Stop)
    }

    fn add(&mut self, value: Value, start: usize) -> Id {
        let id = self.dom.values.len() as Id;
        let span = Span::new(start as u32, self.pos as u32);
        self.dom.values.push(Placed { value, span });
        id
    }

    /// A value, as far as it can be read.
    fn value(&mut self) -> (Option<Id>, Result<(), Stop>) {
        self.skip();
        let start = self.pos;
        let value = match self.byte() {
            b'{' | b'[' => return self.container(),
            b'"' => self.string().map(Value::String),
            b'-' | b'+' | b'.' | b'0'..=b'9' => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' => {
                let rest = &self.src[start..];
                let len = rest
                    .iter()
                    .take_while(|b| b.is_ascii_alphabetic() || **b == b'_')
                    .count();
                let value = match &rest[..len] {
                    b"true" => Some(Value::True),
                    b"false" => Some(Value::False),
                    b"null" => Some(Value::Null),
                    _ => None,
                };
                match value {
                    Some(value) => {
                        self.pos += len;
                        Ok(value)
                    }
                    None => self.fail("json-value-expected"),
                }
            }
            _ => self.fail("json-value-expected"),
        };
        match value {
            Ok(value) => (Some(self.add(value, start)), Ok(())),
            Err(stop) => (None, Err(stop)),
        }
    }

    fn container(&mut self) -> (Option<Id>, Result<(), Stop>) {
        if self.depth >= MAX_DEPTH {
            let args = vec![MAX_DEPTH.to_string(), MAX_DEPTH.to_string()];
            return (None, self.error("too-deep", self.pos, self.pos + 1, args));
        }
        self.depth += 1;
        let start = self.pos;
        let object = self.byte() == b'{';
        self.pos += 1;
        let (value, result) = if object {
            let mut members = Vec::new();
            let result = self.object(&mut members, start);
            let at = self.dom.members.len() as u32;
            self.dom.members.extend(members);
            (Value::Object(at, self.dom.members.len() as u32), result)
        } else {
            let mut elements = Vec::new();
            let result = self.array(&mut elements, start);
            let at = self.dom.elements.len() as u32;
            self.dom.elements.extend(elements);
            (Value::Array(at, self.dom.elements.len() as u32), result)
        };
        self.depth -= 1;
        (Some(self.add(value, start)), result)
    }

    fn object(&mut self, members: &mut Vec<Member>, open: usize) -> Result<(), Stop> {
        self.skip();
        if self.byte() == b'}' {
            self.pos += 1;
            return Ok(());
        }
        loop {
            self.skip();
            let start = self.pos;
            if self.byte() != b'"' {
                return self.fail_in("json-key-expected", open);
            }
            let key = self.string()?;
            let key_span = Span::new(start as u32, self.pos as u32);
            self.skip();
            if self.byte() != b':' {
                return self.fail_in("json-colon-expected", open);
            }
            self.pos += 1;
            let (value, result) = self.value();
            if let Some(value) = value {
                members.push(Member {
                    key_span,
                    key,
                    value,
                });
            }
            result?;
            self.skip();
            match self.byte() {
                b',' => self.pos += 1,
                b'}' => {
                    self.pos += 1;
                    return Ok(());
                }
                _ => return self.fail_in("json-comma-expected", open),
            }
        }
    }

    fn array(&mut self, elements: &mut Vec<Id>, open: usize) -> Result<(), Stop> {
        self.skip();
        if self.byte() == b']' {
            self.pos += 1;
            return Ok(());
        }
        loop {
            let (value, result) = self.value();
            elements.extend(value);
            result?;
            self.skip();
            match self.byte() {
                b',' => self.pos += 1,
                b']' => {
                    self.pos += 1;
                    return Ok(());
                }
                _ => return self.fail_in("json-comma-expected", open),
            }
        }
    }

    /// An error inside the container that opens at `open`.
    fn fail_in<T>(&mut self, code: &'static str, open: usize) -> Result<T, Stop> {
        let result = self.fail(code);
        if let Some(error) = self.dom.errors.last_mut() {
            error.related = Some(Span::new(open as u32, open as u32 + 1));
        }
        result
    }

    fn number(&mut self) -> Result<Value, Stop> {
        let start = self.pos;
        let len = self.src[start..]
            .iter()
            .take_while(|b| matches!(b, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9'))
            .count();
        let text = &self.text[start..start + len];
        if !is_number(text.as_bytes()) {
            return self.error("invalid-number", start, start + len, vec![text.to_owned()]);
        }
        self.pos += len;
        Ok(Value::Number)
    }

    /// A string; gives its content.
    fn string(&mut self) -> Result<Span, Stop> {
        let start = self.pos;
        let mut at = start + 1;
        let mut escapes = false;
        loop {
            match self.src.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escapes = true;
                    at += 2;
                }
                Some(0..32) => {
                    let code = if self.src[at] == b'\n' {
                        "newline-in-string"
                    } else {
                        "json-control"
                    };
                    let args = vec![format!("U+{:04X}", self.src[at])];
                    return self.error(code, at, at + 1, args);
                }
                Some(_) => at += 1,
                None => {
                    return self.error("unclosed-string", start, start + 1, Vec::new());
                }
            }
        }
        let content = Span::new(start as u32 + 1, at as u32);
        let place = if escapes {
            self.decode(content)?
        } else {
            content
        };
        self.pos = at + 1;
        Ok(place)
    }

    /// Resolves a string's escapes; the result comes to stand behind the file.
    fn decode(&mut self, content: Span) -> Result<Span, Stop> {
        let raw = &self.text[content.range()];
        let from = (self.text.len() + self.tail.len()) as u32;
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'\\', &raw.as_bytes()[at..]) {
            self.tail.push_str(&raw[at..at + found]);
            at += found;
            let simple = match raw.as_bytes().get(at + 1) {
                Some(b'"') => Some('"'),
                Some(b'\\') => Some('\\'),
                Some(b'/') => Some('/'),
                Some(b'b') => Some('\u{8}'),
                Some(b'f') => Some('\u{c}'),
                Some(b'n') => Some('\n'),
                Some(b'r') => Some('\r'),
                Some(b't') => Some('\t'),
                _ => None,
            };
            let (said, len) = match (simple, hex(raw, at)) {
                (Some(c), _) => (c, 2),
                (None, Some(high @ 0xd800..0xdc00)) => match hex(raw, at + 6) {
                    Some(low @ 0xdc00..0xe000) => {
                        let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                        (
                            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
                            12,
                        )
                    }
                    _ => (char::REPLACEMENT_CHARACTER, 6),
                },
                (None, Some(code)) => (
                    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
                    6,
                ),
                (None, None) => {
                    let start = content.start as usize + at;
                    let len = 1 + raw[at + 1..].chars().next().map_or(0, char::len_utf8);
                    let args = vec![raw[at..at + len].to_owned()];
                    return self.error("invalid-escape", start, start + len, args);
                }
            };
            self.tail.push(said);
            at += len;
        }
        self.tail.push_str(&raw[at..]);
        let end = (self.text.len() + self.tail.len()) as u32;
        if end == from {
            return Ok(Span::new(content.start, content.start));
        }
        self.dom.moved.push((from, super::quoted(content)));
        Ok(Span::new(from, end))
    }
}

/// The code of `\uXXXX` at `at`.
fn hex(raw: &str, at: usize) -> Option<u32> {
    let digits = raw.get(at..at + 6)?.strip_prefix("\\u")?;
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

/// Whether this is a number of JSON, of a size that can be one.
fn is_number(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let digits = |t: &[u8]| t.iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = digits(text);
    if whole == 0 || (text[0] == b'0' && whole > 1) {
        return false;
    }
    let mut rest = &text[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let len = digits(fraction);
        if len == 0 {
            return false;
        }
        rest = &fraction[len..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = match exponent {
            [b'+' | b'-', tail @ ..] => tail,
            tail => tail,
        };
        let len = digits(exponent);
        if len == 0 || exponent[..len].iter().skip_while(|b| **b == b'0').count() > 9 {
            return false;
        }
        rest = &exponent[len..];
    }
    rest.is_empty()
}
