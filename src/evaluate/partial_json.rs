//! JSON text that is partly not known: what stands in it all the same.
//!
//! Lives here: reading a document of which some parts are known and some are gaps, as templates,
//! heredocs and `jsonencode` make them. Not here: `jsondecode` of known text
//! (`functions/json.rs`), what a document means (`extract/readers`).
//!
//! A gap between quotes is a gap of that text. A gap where a value stands is a value that is not known.
//! A gap where an element or a member stands may be any number of them: the list or object is *open*.
//! Where a gap leaves nothing certain at all, the whole is a gap.

use super::text::parts_of;
use super::value::{Kind, Part, Val};

/// How deep a document may be nested.
const MAX_DEPTH: usize = 200;
/// How many values a document may have.
const MAX_VALUES: usize = 100_000;

/// A value of a document.
#[derive(Clone, PartialEq, Debug)]
pub enum Json {
    /// `null`.
    Null,
    /// A bool.
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// Text.
    Text(Text),
    /// A list; open: of more elements than these, anywhere.
    List {
        /// The elements that are known to be there.
        items: Vec<Json>,
        /// There may be more.
        open: bool,
    },
    /// An object; open: of more members than these.
    Object {
        /// The members that are known to be there, in the order they stand.
        members: Vec<(Text, Json)>,
        /// There may be more.
        open: bool,
    },
    /// Not known.
    Gap,
}

/// Text in parts: empty text has none.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Text(pub Vec<Part>);

impl Text {
    /// Text that is known.
    pub fn of(s: &str) -> Text {
        if s.is_empty() {
            return Text::default();
        }
        Text(vec![Part::Known(s.into())])
    }

    /// The text, where all of it is known.
    pub fn known(&self) -> Option<&str> {
        match &self.0[..] {
            [] => Some(""),
            [Part::Known(s)] => Some(s),
            _ => None,
        }
    }

    /// Whether all parts are known.
    pub fn is_known(&self) -> bool {
        self.known().is_some()
    }
}

/// A member of an object.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Member<'a> {
    /// This stands there.
    Is(&'a Json),
    /// It is not there.
    Absent,
    /// Whether it is there is not known.
    Open,
}

impl Json {
    /// The member `name` of an object, its name in any case; the last of several.
    pub fn member(&self, name: &str) -> Member<'_> {
        match self {
            Json::Object { members, open } => {
                let named = |(key, _): &&(Text, Json)| {
                    key.known().is_some_and(|k| k.eq_ignore_ascii_case(name))
                };
                match members.iter().rev().find(named) {
                    Some((_, v)) => Member::Is(v),
                    None if *open || members.iter().any(|(k, _)| !k.is_known()) => Member::Open,
                    None => Member::Absent,
                }
            }
            Json::Gap => Member::Open,
            _ => Member::Absent,
        }
    }

    /// The elements of a list, or the one value that stands for a list of one; and whether there may
    /// be more.
    pub fn one_or_many(&self) -> (&[Json], bool) {
        match self {
            Json::List { items, open } => (items, *open),
            Json::Gap => (&[], true),
            other => (std::slice::from_ref(other), false),
        }
    }
}

/// Why there is no document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Broken {
    /// The value is no text, or the text is no JSON.
    NotJson,
    /// It is larger than sekisho reads.
    Limit,
}

/// Reads a text. A value that is not known is a gap, as is a text whose gaps leave nothing certain.
pub fn read(v: &Val) -> Result<Json, Broken> {
    match &v.kind {
        Kind::Str(_) | Kind::Unknown(_) => read_parts(&parts_of(v)),
        Kind::OneOf(_) | Kind::Instance(_) => Ok(Json::Gap),
        _ => Err(Broken::NotJson),
    }
}

/// Reads a text that is given in parts.
pub fn read_parts(parts: &[Part]) -> Result<Json, Broken> {
    let mut tokens = Vec::new();
    let mut gaps = false;
    for p in parts {
        match p {
            Part::Known(s) => tokens.extend(s.chars().map(Token::Char)),
            gap => {
                gaps = true;
                tokens.push(Token::Gap(gap.clone()));
            }
        }
    }
    let mut r = Reader {
        tokens,
        at: 0,
        values: 0,
    };
    let found = r.value(0).and_then(|v| {
        r.space();
        match r.peek() {
            None => Ok(v),
            Some(_) => Err(Broken::NotJson),
        }
    });
    match found {
        Err(Broken::NotJson) if gaps => Ok(Json::Gap),
        found => found,
    }
}

enum Token {
    Char(char),
    Gap(Part),
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    values: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn char(&self) -> Option<char> {
        match self.peek() {
            Some(Token::Char(c)) => Some(*c),
            _ => None,
        }
    }

    fn is_gap(&self) -> bool {
        matches!(self.peek(), Some(Token::Gap(_)))
    }

    fn space(&mut self) {
        while let Some(' ' | '\t' | '\n' | '\r') = self.char() {
            self.at += 1;
        }
    }

    /// Skips space and gaps; tells whether there was a gap.
    fn gaps(&mut self) -> bool {
        let mut found = false;
        loop {
            self.space();
            if !self.is_gap() {
                return found;
            }
            found = true;
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json, Broken> {
        self.values += 1;
        if depth > MAX_DEPTH || self.values > MAX_VALUES {
            return Err(Broken::Limit);
        }
        self.space();
        if self.is_gap() {
            return self.gap_value();
        }
        match self.char() {
            Some('"') => Ok(Json::Text(self.text()?)),
            Some('[') => self.list(depth),
            Some('{') => self.object(depth),
            Some(_) => self.bare(),
            None => Err(Broken::NotJson),
        }
    }

    /// A value that is a gap or begins with one: it ends where a value has to end.
    fn gap_value(&mut self) -> Result<Json, Broken> {
        loop {
            match self.peek() {
                None | Some(Token::Char(',' | ']' | '}')) => return Ok(Json::Gap),
                // What is opened here may be closed in the gap, or the other way round.
                Some(Token::Char('"' | '[' | '{' | ':')) => return Err(Broken::NotJson),
                Some(_) => self.at += 1,
            }
        }
    }

    /// A number, `true`, `false`, `null`.
    fn bare(&mut self) -> Result<Json, Broken> {
        let mut word = String::new();
        while let Some(c) = self.char() {
            if !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')) {
                break;
            }
            word.push(c);
            self.at += 1;
        }
        if self.is_gap() {
            return self.gap_value();
        }
        match word.as_str() {
            "null" => Ok(Json::Null),
            "true" => Ok(Json::Bool(true)),
            "false" => Ok(Json::Bool(false)),
            _ if is_number(&word) => Ok(Json::Number(word)),
            _ => Err(Broken::NotJson),
        }
    }

    fn text(&mut self) -> Result<Text, Broken> {
        self.at += 1;
        let mut parts: Vec<Part> = Vec::new();
        let mut run = String::new();
        loop {
            match self.peek() {
                None => return Err(Broken::NotJson),
                Some(Token::Gap(gap)) => {
                    if !run.is_empty() {
                        parts.push(Part::Known(std::mem::take(&mut run).into()));
                    }
                    parts.push(gap.clone());
                    self.at += 1;
                }
                Some(Token::Char('"')) => {
                    self.at += 1;
                    if !run.is_empty() {
                        parts.push(Part::Known(run.into()));
                    }
                    return Ok(Text(parts));
                }
                Some(Token::Char('\\')) => {
                    self.at += 1;
                    run.push(self.escape()?);
                }
                Some(Token::Char(c)) => {
                    if *c < ' ' {
                        return Err(Broken::NotJson);
                    }
                    run.push(*c);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Broken> {
        let c = match self.char() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                self.at += 1;
                return self.unit();
            }
            _ => return Err(Broken::NotJson),
        };
        self.at += 1;
        Ok(c)
    }

    /// A code unit, with the second half where it is the first; a half alone is the replacement
    /// character.
    fn unit(&mut self) -> Result<char, Broken> {
        let first = self.hex()?;
        if let Some(c) = char::from_u32(first) {
            return Ok(c);
        }
        let before = self.at;
        if first < 0xdc00 && self.char() == Some('\\') {
            self.at += 1;
            if self.char() == Some('u') {
                self.at += 1;
                if let Ok(second @ 0xdc00..=0xdfff) = self.hex() {
                    let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
                }
            }
            self.at = before;
        }
        Ok('\u{fffd}')
    }

    fn hex(&mut self) -> Result<u32, Broken> {
        let mut n = 0;
        for _ in 0..4 {
            let digit = self.char().and_then(|c| c.to_digit(16));
            n = n * 16 + digit.ok_or(Broken::NotJson)?;
            self.at += 1;
        }
        Ok(n)
    }

    fn list(&mut self, depth: usize) -> Result<Json, Broken> {
        self.at += 1;
        let (mut items, mut open) = (Vec::new(), false);
        let mut separated = true;
        loop {
            let gap = self.gaps();
            open |= gap;
            match self.char() {
                None => return Err(Broken::NotJson),
                Some(']') if !separated || items.is_empty() || gap || open => {
                    self.at += 1;
                    return Ok(Json::List { items, open });
                }
                Some(',') if !separated || gap || open => {
                    self.at += 1;
                    separated = true;
                }
                Some(_) if separated || gap => {
                    items.push(self.value(depth + 1)?);
                    separated = false;
                }
                Some(_) => return Err(Broken::NotJson),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, Broken> {
        self.at += 1;
        let (mut members, mut open) = (Vec::new(), false);
        let mut separated = true;
        loop {
            let gap = self.gaps();
            open |= gap;
            match self.char() {
                Some('}') if !separated || members.is_empty() || open => {
                    self.at += 1;
                    return Ok(Json::Object { members, open });
                }
                Some(',') if !separated || open => {
                    self.at += 1;
                    separated = true;
                }
                Some('"') if separated || gap => {
                    let key = self.text()?;
                    self.space();
                    if self.char() != Some(':') {
                        return Err(Broken::NotJson);
                    }
                    self.at += 1;
                    members.push((key, self.value(depth + 1)?));
                    separated = false;
                }
                // The gap was the name.
                Some(':') if gap => {
                    self.at += 1;
                    self.value(depth + 1)?;
                    separated = false;
                }
                _ => return Err(Broken::NotJson),
            }
        }
    }
}

/// JSON's form of a number.
fn is_number(word: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((m, e)) => (m, Some(e)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((w, f)) => (w, Some(f)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `⟨⟩` is a gap.
    fn parts(text: &str) -> Vec<Part> {
        let mut out = Vec::new();
        for (i, piece) in text.split("⟨⟩").enumerate() {
            if i > 0 {
                out.push(Part::Unknown);
            }
            if !piece.is_empty() {
                out.push(Part::Known(piece.into()));
            }
        }
        out
    }

    fn show(j: &Json) -> String {
        let text = |t: &Text| -> String {
            t.0.iter()
                .map(|p| p.known().map_or("⟨⟩".to_owned(), str::to_owned))
                .collect()
        };
        let tail = |open: bool| if open { "…" } else { "" };
        match j {
            Json::Null => "null".into(),
            Json::Bool(b) => b.to_string(),
            Json::Number(n) => n.clone(),
            Json::Text(t) => format!("'{}'", text(t)),
            Json::List { items, open } => {
                let items: Vec<String> = items.iter().map(show).collect();
                format!("[{}{}]", items.join(" "), tail(*open))
            }
            Json::Object { members, open } => {
                let members: Vec<String> = members
                    .iter()
                    .map(|(k, v)| format!("{}:{}", text(k), show(v)))
                    .collect();
                format!("{{{}{}}}", members.join(" "), tail(*open))
            }
            Json::Gap => "?".into(),
        }
    }

    #[test]
    fn documents() {
        for (text, want) in [
            (
                r#" {"a": [1, -2.5e3, "x\u00e9\n", null, true]} "#,
                "{a:[1 -2.5e3 'xé\n' null true]}",
            ),
            ("[]", "[]"),
            ("{}", "{}"),
            ("\"\\ud83d\\ude00 \\ud83d\"", "'😀 \u{fffd}'"),
            // Gaps.
            ("⟨⟩", "?"),
            (r#"{"a": ⟨⟩, "b": 1}"#, "{a:? b:1}"),
            (r#"{"a": "x-⟨⟩/*"}"#, "{a:'x-⟨⟩/*'}"),
            (r#"{"a": 1⟨⟩}"#, "{a:?}"),
            (r#"{"a": [⟨⟩]}"#, "{a:[…]}"),
            (r#"{"a": ["x", ⟨⟩, "y"]}"#, "{a:['x' 'y'…]}"),
            (r#"{"a": ["x"⟨⟩]}"#, "{a:['x'…]}"),
            (r#"{"a": [⟨⟩ {"b": 1}]}"#, "{a:[{b:1}…]}"),
            (r#"{⟨⟩ "a": 1}"#, "{a:1…}"),
            (r#"{"a": 1, ⟨⟩}"#, "{a:1…}"),
            (r#"{⟨⟩: 1, "a": 2}"#, "{a:2…}"),
            (r#"{"⟨⟩": 1}"#, "{⟨⟩:1}"),
            // Nothing is certain.
            (r#"{"a": ⟨⟩"x"}"#, "?"),
            (r#"{"a": {⟨⟩"#, "?"),
            ("⟨⟩{}", "?"),
        ] {
            let found = read_parts(&parts(text)).map(|j| show(&j));
            assert_eq!(found.as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_said_so() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{'a':1}",
            "[1 2]",
            "nul",
            "01",
            "1.",
            "\"a",
            "{} {}",
            "{\"a\" 1}",
            "\"\n\"",
            "[,1]",
            "{,}",
        ] {
            assert_eq!(read_parts(&parts(text)), Err(Broken::NotJson), "{text:?}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(read_parts(&parts(&deep)), Err(Broken::Limit));
    }
}
