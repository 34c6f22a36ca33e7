//! `yamlencode`: YAML in exactly the form that Terraform writes, since its text ends up in
//! attributes and is compared there.
//!
//! Texts are quoted, or blocks where they have more than one line; sequences inside mappings are not
//! indented; long quoted texts are folded at spaces after column 80.

use super::Failure;
use crate::evaluate::text::MAX_TEXT;
use crate::evaluate::value::{Kind, Val, Why};
use std::fmt::Write;

/// After this column a quoted text goes on in the next line.
const WIDTH: usize = 80;

/// A key longer than this (in bytes) is written as `? key`.
const SIMPLE_KEY: usize = 128;

/// A wholly known value as YAML.
pub(super) fn write(v: &Val) -> Result<String, Failure> {
    let mut w = Writer { out: String::new() };
    w.node(v, None, true, false)?;
    w.fresh_line();
    if matches!(v.kind, Kind::Null(_) | Kind::Bool(_) | Kind::Num(_)) {
        w.out.push_str("...\n");
    }
    Ok(w.out)
}

struct Writer {
    out: String,
}

impl Writer {
    fn fresh_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn column(&self) -> usize {
        let start = self.out.rfind('\n').map_or(0, |at| at + 1);
        self.out[start..].chars().count()
    }

    fn start_item(&mut self, indent: usize) {
        self.fresh_line();
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    /// Writes a value. `indent` is that of the collection around it; `inline`: it goes on behind an
    /// indicator (`- `, `? `, `: `); `in_mapping`: it is a mapping's value.
    fn node(
        &mut self,
        v: &Val,
        indent: Option<usize>,
        inline: bool,
        in_mapping: bool,
    ) -> Result<(), Failure> {
        if self.out.len() > MAX_TEXT {
            return Err(Failure::Unknown(Why::Limit, "text length".into()));
        }
        if let Some(items) = v.as_seq() {
            if items.is_empty() {
                self.out.push_str("[]");
                return Ok(());
            }
            let indent = match indent {
                None => 0,
                Some(n) if in_mapping && !inline => n,
                Some(n) => n + 2,
            };
            for (i, item) in items.iter().enumerate() {
                if i > 0 || !inline {
                    self.start_item(indent);
                }
                self.out.push_str("- ");
                self.node(item, Some(indent), true, false)?;
            }
            return Ok(());
        }
        if let Some(fields) = v.as_fields() {
            if fields.items.is_empty() {
                self.out.push_str("{}");
                return Ok(());
            }
            let indent = indent.map_or(0, |n| n + 2);
            for (i, (key, item)) in fields.items.iter().enumerate() {
                if i > 0 || !inline {
                    self.start_item(indent);
                }
                let lines = key.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
                if !lines && key.len() <= SIMPLE_KEY {
                    self.quoted(key, indent + 2, false);
                    self.out.push(':');
                    let nested = item.as_seq().is_some_and(|s| !s.is_empty())
                        || item.as_fields().is_some_and(|f| !f.items.is_empty());
                    if !nested {
                        self.out.push(' ');
                    }
                    self.node(item, Some(indent), false, true)?;
                } else {
                    self.out.push_str("? ");
                    self.text(key, indent + 2);
                    self.start_item(indent);
                    self.out.push_str(": ");
                    self.node(item, Some(indent), true, true)?;
                }
            }
            return Ok(());
        }
        match &v.kind {
            Kind::Null(_) => self.out.push_str("null"),
            Kind::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Kind::Num(n) if n.is_infinite() => {
                let sign = if n.to_string().starts_with('-') {
                    '-'
                } else {
                    '+'
                };
                self.out.push(sign);
                self.out.push_str("Inf");
            }
            Kind::Num(n) => {
                // Writing to a String cannot fail.
                let _ = write!(self.out, "{n}");
            }
            Kind::Str(s) => self.text(s, indent.map_or(2, |n| n + 2)),
            _ => return Err(Failure::Unknown(Why::Function, "yamlencode".into())),
        }
        Ok(())
    }

    fn text(&mut self, s: &str, indent: usize) {
        if s.contains('\n') && block_allowed(s) {
            self.block(s, indent);
        } else {
            self.quoted(s, indent, true);
        }
    }

    /// `|`.
    fn block(&mut self, s: &str, indent: usize) {
        self.out.push('|');
        if s.starts_with([' ', '\n', '\u{2028}', '\u{2029}']) {
            self.out.push('2');
        }
        let breaks = s.chars().rev().take_while(|c| is_break(*c)).count();
        if breaks == 0 {
            self.out.push('-');
        } else if breaks > 1 || s.chars().count() == 1 {
            self.out.push('+');
        }
        self.out.push('\n');
        let mut line_start = true;
        for c in s.chars() {
            if is_break(c) {
                self.out.push(c);
                line_start = true;
                continue;
            }
            if line_start {
                self.out.extend(std::iter::repeat_n(' ', indent));
                line_start = false;
            }
            self.out.push(c);
        }
    }

    /// `"…"`.
    fn quoted(&mut self, s: &str, indent: usize, fold: bool) {
        let mut column = self.column() + 1;
        self.out.push('"');
        // A byte order mark at the start has everything behind it escaped too.
        let all = s.starts_with('\u{feff}');
        let mut after_space = false;
        let mut chars = s.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if c == ' ' && !all {
                let last = at + 1 == s.len();
                if fold && !after_space && column > WIDTH && at > 0 && !last {
                    self.out.push('\n');
                    self.out.extend(std::iter::repeat_n(' ', indent));
                    column = indent;
                    if let Some((_, ' ')) = chars.peek() {
                        self.out.push('\\');
                        column += 1;
                    }
                } else {
                    self.out.push(' ');
                    column += 1;
                }
                after_space = true;
                continue;
            }
            after_space = false;
            if is_printable(c) && !is_break(c) && !matches!(c, '"' | '\\') && !all {
                self.out.push(c);
                column += 1;
                continue;
            }
            let before = self.out.len();
            self.escaped(c);
            column += self.out.len() - before;
        }
        self.out.push('"');
    }

    fn escaped(&mut self, c: char) {
        let short = match c {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let code = u32::from(c);
                // Writing to a String cannot fail.
                let _ = match code {
                    0..=0xff => write!(self.out, "\\x{code:02X}"),
                    0x100..=0xffff => write!(self.out, "\\u{code:04X}"),
                    _ => write!(self.out, "\\U{code:08X}"),
                };
                return;
            }
        };
        self.out.push('\\');
        self.out.push(short);
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What the writer of Terraform's library takes for printable: nothing beyond the basic plane.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// Whether a block can hold the text: all is printable, and no line ends with a space.
fn block_allowed(s: &str) -> bool {
    let mut before = 'x';
    for c in s.chars() {
        if !is_printable(c) || (before == ' ' && is_break(c)) {
            return false;
        }
        before = c;
    }
    before != ' '
}
