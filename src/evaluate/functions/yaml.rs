//! `yamldecode`: YAML as Terraform reads it; writing it is in `yaml_write.rs`.
//!
//! saphyr-parser gives the events; what a scalar means is decided here as Terraform's library does,
//! which is YAML 1.1 with its own ideas: `yes` and `on` are bools, `010` is ten, dates become text in
//! RFC 3339, keys become text.

use super::encoding::from_base64;
use super::json::{MAX_DEPTH, nfc};
use super::time::Time;
use super::{Call, Failure, Function, Returns, dynamic, param, string};
use crate::evaluate::convert::convert;
use crate::evaluate::number::Num;
use crate::evaluate::text::MAX_ELEMENTS;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Val, Why};
use num_bigint::BigUint;
use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "yamldecode",
        params: &[param("src", string)],
        more: None,
        returns: Returns::Always(dynamic),
        call: |c| remembered(c.str(0)),
    },
    Function {
        name: "yamlencode",
        params: &[param("value", dynamic).null()],
        more: None,
        returns: Returns::Always(string),
        call: yamlencode,
    },
];

fn yamlencode(c: &Call<'_>) -> Result<Val, Failure> {
    super::yaml_write::write(&c.args[0]).map(|text| Val::text(&text))
}

/// Texts whose value is remembered, and how long they may be: module factories decode the same files
/// once an instance, and reading YAML costs more than everything else that they do.
const REMEMBERED: usize = 256;
const REMEMBERED_LEN: usize = 64 << 10;

thread_local! {
    static VALUES: RefCell<FxHashMap<Arc<str>, Val>> = RefCell::default();
}

fn remembered(text: &str) -> Result<Val, Failure> {
    if let Some(known) = VALUES.with(|v| v.borrow().get(text).cloned()) {
        return Ok(known);
    }
    let value = decode(text)?;
    if text.len() <= REMEMBERED_LEN {
        VALUES.with(|v| {
            let mut values = v.borrow_mut();
            if values.len() >= REMEMBERED {
                values.clear();
            }
            values.insert(text.into(), value.clone());
        });
    }
    Ok(value)
}

const CORE: &str = "tag:yaml.org,2002:";

/// A value from YAML.
pub(super) fn decode(text: &str) -> Result<Val, Failure> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_characters(text)?;
    check_directives(text)?;
    let mut reader = Reader {
        text,
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        elements: 0,
        tabs: text.contains('\t').then(|| Tabs::of(text)),
    };
    reader.document()
}

/// Refuses control characters, as the reader of Terraform's library does.
fn check_characters(text: &str) -> Result<(), Failure> {
    for c in text.chars() {
        match c {
            '\t' | '\n' | '\r' | ' '..='~' => {}
            // Line breaks for YAML 1.1, and none for the parser.
            '\u{85}' | '\u{2028}' | '\u{2029}' => {
                return Err(Failure::Unknown(Why::Function, "yamldecode".into()));
            }
            '\0'..='\u{9f}' | '\u{fffe}'..='\u{ffff}' => {
                return Err(Failure::new("control characters are not allowed"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Refuses directives that Terraform's library does not know.
fn check_directives(text: &str) -> Result<(), Failure> {
    for line in text.lines() {
        let Some(directive) = line.strip_prefix('%') else {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            break;
        };
        let mut words = directive.split_whitespace();
        match (words.next(), words.next()) {
            (Some("YAML"), Some("1.1")) | (Some("TAG"), _) => {}
            (Some("YAML"), _) => return Err(Failure::new("found incompatible YAML document")),
            _ => return Err(Failure::new("found unknown directive name")),
        }
    }
    Ok(())
}

/// What the parser refuses and Terraform's library need not: after these nothing is known.
const STRICTER: &[&str] = &[
    "invalid indentation",
    "comments must be separated",
    "must be followed by a valid YAML whitespace",
];

struct Reader<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    /// Values by the number of their anchor, with how many elements they have; none while it is
    /// still being read, and for keys.
    anchors: HashMap<usize, (Val, usize)>,
    elements: usize,
    /// Where there are tabs in the text.
    tabs: Option<Tabs>,
}

/// Refuses tabs where a token has to begin: Terraform's library takes none for indentation, nor behind
/// the dash of an element.
struct Tabs {
    text: Vec<char>,
    /// The end of the last token.
    end: usize,
    /// What the tokens stand in: whether each is in brackets.
    flow: Vec<bool>,
}

impl Tabs {
    fn of(text: &str) -> Tabs {
        Tabs {
            text: text.chars().collect(),
            end: 0,
            flow: Vec::new(),
        }
    }

    fn check(&mut self, event: &Event<'_>, span: Span) -> Result<(), Failure> {
        let (start, end) = (span.start.index(), span.end.index());
        let flow = self.flow.last() == Some(&true);
        let gap = self.end..start.min(self.text.len());
        if !flow && gap.into_iter().any(|at| self.is_wrong(at)) {
            return Err(Failure::new("found character that cannot start any token"));
        }
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                let open = matches!(self.text.get(start), Some('[' | '{'));
                self.flow.push(open || flow);
            }
            Event::SequenceEnd | Event::MappingEnd => drop(self.flow.pop()),
            _ => {}
        }
        self.end = self.end.max(end).max(start);
        Ok(())
    }

    fn is_wrong(&self, at: usize) -> bool {
        if self.text[at] != '\t' {
            return false;
        }
        let before = self.text[..at].iter().rev();
        matches!(
            before.into_iter().find(|c| !matches!(c, ' ' | '\t')),
            None | Some('\n' | '\r' | '-' | '?')
        )
    }
}

/// A scalar before it is known whether it is a key.
struct Scalar {
    value: Val,
    /// `<<`, which merges as a key.
    merge: bool,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Event<'a>, Failure> {
        loop {
            match self.parser.next_event() {
                Some(Ok((Event::Nothing, _))) => {}
                Some(Ok((event, span))) => {
                    if let Some(tabs) = &mut self.tabs {
                        tabs.check(&event, span)?;
                    }
                    return Ok(event);
                }
                Some(Err(e)) if e.info().contains("recursion limit") => {
                    return Err(Failure::Unknown(Why::Limit, "depth of YAML".into()));
                }
                Some(Err(e)) if self.may_be_fine(e.info()) => {
                    return Err(Failure::Unknown(Why::Function, "yamldecode".into()));
                }
                Some(Err(e)) => {
                    let at = e.marker();
                    return Err(Failure::new(format!(
                        "on line {}, column {}: {}",
                        at.line(),
                        at.col() + 1,
                        e.info()
                    )));
                }
                None => return Ok(Event::StreamEnd),
            }
        }
    }

    /// Whether an error of the parser may be none for Terraform's library.
    fn may_be_fine(&self, error: &str) -> bool {
        STRICTER.iter().any(|s| error.contains(s))
            || (error.contains("unknown escape") && self.text.contains("\\'"))
    }

    fn document(&mut self) -> Result<Val, Failure> {
        self.next()?;
        match self.next()? {
            Event::DocumentStart(_) => {}
            _ => {
                return Err(Failure::new(
                    "on line 1, column 1: missing start of document",
                ));
            }
        }
        let event = self.next()?;
        let value = self.value(event, 0)?;
        match self.next()? {
            Event::DocumentEnd => {}
            _ => return Err(Failure::new("unexpected extra content after value")),
        }
        match self.next()? {
            Event::StreamEnd => Ok(value),
            _ => Err(Failure::new("unexpected extra content after value")),
        }
    }

    fn count(&mut self, elements: usize) -> Result<(), Failure> {
        self.elements += elements;
        if self.elements > MAX_ELEMENTS {
            return Err(Failure::Unknown(Why::Limit, "size of YAML".into()));
        }
        Ok(())
    }

    fn value(&mut self, event: Event<'a>, depth: usize) -> Result<Val, Failure> {
        if depth > MAX_DEPTH {
            return Err(Failure::Unknown(Why::Limit, "depth of YAML".into()));
        }
        let before = self.elements;
        self.count(1)?;
        let (value, anchor) = match event {
            Event::Alias(id) => return self.alias(id),
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_deref().map(full_tag);
                let text = self.without_final_break(&text, style);
                (scalar(text, style, tag.as_deref())?.value, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                if let Some(tag) = tag
                    .as_deref()
                    .map(full_tag)
                    .filter(|t| *t != format!("{CORE}seq"))
                {
                    return Err(Failure::new(format!("can't interpret sequence as {tag}")));
                }
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break,
                        event => items.push(self.value(event, depth + 1)?),
                    }
                }
                (Val::tuple(items), anchor)
            }
            Event::MappingStart(anchor, tag) => {
                if let Some(tag) = tag
                    .as_deref()
                    .map(full_tag)
                    .filter(|t| *t != format!("{CORE}map"))
                {
                    return Err(Failure::new(format!("can't interpret mapping as {tag}")));
                }
                (self.mapping(depth)?, anchor)
            }
            _ => return Err(Failure::new("did not find expected node content")),
        };
        if anchor > 0 {
            let elements = self.elements - before;
            self.anchors.insert(anchor, (value.clone(), elements));
        }
        Ok(value)
    }

    /// A block at the very end of a text that does not end its last line has no line break there.
    fn without_final_break<'t>(&self, scalar: &'t str, style: ScalarStyle) -> &'t str {
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let last = self
            .text
            .rsplit('\n')
            .next()
            .unwrap_or("")
            .trim_start_matches(' ');
        match scalar.strip_suffix('\n') {
            Some(without) if block && !last.is_empty() && without.ends_with(last) => without,
            _ => scalar,
        }
    }

    fn alias(&mut self, id: usize) -> Result<Val, Failure> {
        let Some((value, elements)) = self.anchors.get(&id).cloned() else {
            return Err(Failure::new("reference to undefined anchor"));
        };
        self.count(elements)?;
        Ok(value)
    }

    fn mapping(&mut self, depth: usize) -> Result<Val, Failure> {
        let mut items: Vec<(Arc<str>, Val)> = Vec::new();
        loop {
            // The anchor of a key is none for Terraform's library.
            let key = match self.next()? {
                Event::MappingEnd => return Ok(Val::object(items)),
                Event::Scalar(text, style, _, tag) => {
                    let tag = tag.as_deref().map(full_tag);
                    scalar(&text, style, tag.as_deref())?
                }
                _ => return Err(Failure::new("only strings are allowed as mapping keys")),
            };
            let event = self.next()?;
            let value = self.value(event, depth + 1)?;
            if key.merge {
                let Kind::Object(fields) = &value.kind else {
                    let ty = value.ty().friendly();
                    return Err(Failure::new(format!("cannot merge {ty} into mapping")));
                };
                items.extend(fields.items.iter().cloned());
                continue;
            }
            if key.value.is_null() {
                return Err(Failure::new("mapping key cannot be null"));
            }
            let key = convert(&key.value, &Type::String).map_err(Failure::new)?;
            items.push((nfc(key.as_str().unwrap_or("")), value));
        }
    }
}

fn full_tag(tag: &saphyr_parser::Tag) -> String {
    let full = format!("{}{}", tag.handle, tag.suffix);
    if full.is_empty() { "!".into() } else { full }
}

/// What a scalar means.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&str>) -> Result<Scalar, Failure> {
    let tag = match tag {
        None => "",
        Some(tag) => match tag.strip_prefix(CORE) {
            Some(known @ ("str" | "binary" | "int" | "float" | "bool" | "null" | "timestamp")) => {
                known
            }
            _ => return Err(Failure::new(format!("unsupported tag {tag:?}"))),
        },
    };
    let value = |value| Scalar {
        value,
        merge: text == "<<",
    };
    if tag == "binary" && from_base64(text).is_none() {
        return Err(Failure::new(format!(
            "cannot parse {text:?} as {CORE}binary: not valid base64"
        )));
    }
    if matches!(tag, "str" | "binary") {
        return Ok(value(Val::text(text)));
    }
    if style != ScalarStyle::Plain {
        // An empty block is no text for Terraform's library.
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        return Ok(value(if block && text.is_empty() {
            Val::null_of(Type::String)
        } else {
            Val::text(text)
        }));
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") && tag.is_empty() {
        return Err(Failure::new("floating point NaN is not supported"));
    }
    if let Some(word) = word(text) {
        return Ok(value(word));
    }
    if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        if matches!(tag, "" | "timestamp")
            && let Some(time) = timestamp(text)
        {
            return Ok(value(Val::str(time.text())));
        }
        if let Some(n) = number(text) {
            return Ok(value(Val::num(n)));
        }
    }
    match tag {
        "" => Ok(value(Val::text(text))),
        "null" => Ok(value(Val::null())),
        tag => Err(Failure::new(format!(
            "cannot parse {text:?} as {CORE}{tag}"
        ))),
    }
}

/// The words that are no text.
fn word(text: &str) -> Option<Val> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Val::bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Val::bool(false)
        }
        "" | "~" | "null" | "Null" | "NULL" => Val::null(),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Val::num(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Val::num(f64::NEG_INFINITY),
        _ => return None,
    })
}

fn number(text: &str) -> Option<Num> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
                return None;
            }
            let n = BigUint::parse_bytes(digits.as_bytes(), radix)?;
            return Num::parse(&n.to_string());
        }
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if !digits(whole) || !digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    if let Some(exponent) = exponent {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if exponent.is_empty() || !digits(exponent) {
            return None;
        }
    }
    Num::parse(text.strip_prefix('+').unwrap_or(text))
}

/// A date, or a date and time, in the forms that Terraform's library takes.
fn timestamp(text: &str) -> Option<Time> {
    /// One or two digits.
    fn short(s: &str) -> Option<(i64, &str)> {
        let two = s.get(..2).filter(|s| s.bytes().all(|b| b.is_ascii_digit()));
        let n = two.or_else(|| s.get(..1))?;
        Some((n.parse().ok()?, &s[n.len()..]))
    }
    let year = text
        .get(..4)
        .filter(|y| y.bytes().all(|b| b.is_ascii_digit()))?;
    let (month, rest) = short(text[4..].strip_prefix('-')?)?;
    let (day, rest) = short(rest.strip_prefix('-')?)?;
    let date = (year.parse().ok()?, month, day);
    if rest.is_empty() {
        return Time::of(date, 0, 0);
    }
    let with_zone = rest.starts_with(['T', 't']);
    let rest = if with_zone {
        &rest[1..]
    } else {
        rest.strip_prefix(' ')?.trim_start_matches(' ')
    };
    let (hour, rest) = short(rest)?;
    let (minute, rest) = short(rest.strip_prefix(':')?)?;
    let (second, mut rest) = short(rest.strip_prefix(':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == fraction.len() {
            return None;
        }
    }
    let seconds = hour * 3600 + minute * 60 + second;
    if !with_zone {
        return rest.is_empty().then(|| Time::of(date, seconds, 0))?;
    }
    if rest == "Z" {
        return Time::of(date, seconds, 0);
    }
    let sign = match rest.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = rest[1..].split_once(':')?;
    let two = |s: &str| -> Option<i32> {
        (s.len() == 2 && s.bytes().all(|b| b.is_ascii_digit()))
            .then(|| s.parse().ok())
            .flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    if hours > 24 || minutes > 59 {
        return None;
    }
    Time::of(date, seconds, sign * (hours * 3600 + minutes * 60))
}
