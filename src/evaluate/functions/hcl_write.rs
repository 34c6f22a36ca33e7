//! Values as HCL text, as Terraform's own provider writes them: `encode_expr` and `encode_tfvars`.
//!
//! Lives here: tokens and their layout, which is that of `HashiCorp`'s formatter (equals signs one under the
//! other, two blanks for each line that leaves a bracket open). Not here: reading such text
//! (`evaluate/own_provider.rs`).

use super::{Failure, Function, Returns, dynamic, param, string};
use crate::evaluate::text::MAX_TEXT;
use crate::evaluate::value::{Kind, Val, Why};
use crate::load::syntax::is_name;
use std::fmt::Write;
use unicode_segmentation::UnicodeSegmentation;

/// The functions, by their names in the provider.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "encode_expr",
        params: &[param("value", dynamic)],
        more: None,
        returns: Returns::Always(string),
        call: |c| Ok(Val::text(&laid_out(&expression(&c.args[0])?))),
    },
    Function {
        name: "encode_tfvars",
        params: &[param("value", dynamic)],
        more: None,
        returns: Returns::Always(string),
        call: |c| Ok(Val::text(&laid_out(&file(&c.args[0])?))),
    },
];

/// The lines of a values file.
fn file(v: &Val) -> Result<Lines, Failure> {
    let Some(fields) = v.as_fields() else {
        return Err(Failure::at(
            0,
            "must be an object whose attribute names will become the encoded variable names",
        ));
    };
    let mut out = Lines::default();
    for (name, v) in &fields.items {
        if !is_name(name) {
            return Err(Failure::at(
                0,
                format!("invalid variable name {name:?}: must be a valid identifier"),
            ));
        }
        out.text(name);
        out.equals();
        out.value(v, 0)?;
        out.end();
    }
    Ok(out)
}

fn expression(v: &Val) -> Result<Lines, Failure> {
    let mut out = Lines::default();
    out.value(v, 0)?;
    Ok(out)
}

/// A line before it is laid out.
#[derive(Default)]
struct Line {
    text: String,
    /// Where its first equals sign stands in the text, and how many brackets were open before it.
    equals: Option<(usize, i32)>,
    /// Brackets opened less brackets closed.
    net: i32,
}

#[derive(Default)]
struct Lines {
    done: Vec<Line>,
    open: Line,
    size: usize,
}

impl Lines {
    fn text(&mut self, s: &str) {
        self.size += s.len();
        self.open.text.push_str(s);
    }

    fn bracket(&mut self, c: char) {
        self.open.net += if matches!(c, '[' | '{') { 1 } else { -1 };
        self.size += 1;
        self.open.text.push(c);
    }

    fn equals(&mut self) {
        let at = self.open.text.len();
        self.open.equals.get_or_insert((at, self.open.net));
        self.text(" = ");
    }

    fn end(&mut self) {
        self.done.push(std::mem::take(&mut self.open));
    }

    fn value(&mut self, v: &Val, depth: usize) -> Result<(), Failure> {
        if depth > 1000 || self.size > MAX_TEXT {
            return Err(Failure::Unknown(Why::Limit, "size of HCL".into()));
        }
        match &v.kind {
            Kind::Null(_) => self.text("null"),
            Kind::Bool(b) => self.text(if *b { "true" } else { "false" }),
            Kind::Num(n) => self.text(&n.to_string()),
            Kind::Str(s) => self.quoted(s),
            Kind::List(s) | Kind::Set(s) | Kind::Tuple(s) => {
                self.bracket('[');
                for (i, item) in s.items.iter().enumerate() {
                    if i > 0 {
                        self.text(", ");
                    }
                    self.value(item, depth + 1)?;
                }
                self.bracket(']');
            }
            Kind::Map(f) | Kind::Object(f) => {
                self.bracket('{');
                if !f.items.is_empty() {
                    self.end();
                }
                for (key, item) in &f.items {
                    if is_name(key) {
                        self.text(key);
                    } else {
                        self.quoted(key);
                    }
                    self.equals();
                    self.value(item, depth + 1)?;
                    self.end();
                }
                self.bracket('}');
            }
            Kind::Unknown(_) | Kind::OneOf(_) | Kind::Instance(_) => {
                return Err(Failure::Unknown(Why::Limit, "value".into()));
            }
        }
        Ok(())
    }

    fn quoted(&mut self, s: &str) {
        let mut out = String::with_capacity(s.len() + 2);
        out.push('"');
        let mut chars = s.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '$' | '%' => {
                    out.push(c);
                    if chars.peek() == Some(&'{') {
                        out.push(c);
                    }
                }
                _ if is_print(c) => out.push(c),
                // Writing to a String cannot fail.
                _ if u32::from(c) < 0x1_0000 => drop(write!(out, "\\u{:04x}", u32::from(c))),
                _ => drop(write!(out, "\\U{:08x}", u32::from(c))),
            }
        }
        out.push('"');
        self.text(&out);
    }
}

/// Letters, marks, numbers, punctuation, symbols, and the blank: what Go prints as it is.
fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    // The standard library escapes the same kinds, and marks only where they begin a text.
    let mut text = String::from("a");
    text.push(c);
    text.escape_debug().nth(1) != Some('\\')
}

/// The lines as `HashiCorp`'s formatter lays them out.
fn laid_out(lines: &Lines) -> String {
    let all: Vec<&Line> = lines.done.iter().chain([&lines.open]).collect();
    let mut out = String::new();
    // So many brackets each line left open that are not closed yet.
    let mut indents: Vec<i32> = Vec::new();
    let columns = |line: &Line| match line.equals {
        // Only where the whole value stands on the line.
        Some((at, before)) if line.net == before => Some(line.text[..at].graphemes(true).count()),
        _ => None,
    };
    let mut widest = 0;
    for (i, line) in all.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let own = columns(line);
        if own.is_some() && (i == 0 || columns(all[i - 1]).is_none()) {
            let run = all[i..].iter().map_while(|l| columns(l));
            widest = run.max().unwrap_or(0);
        }
        if line.text.is_empty() {
            continue;
        }
        if line.net < 0 {
            let mut closed = -line.net;
            while closed > 0
                && let Some(last) = indents.last_mut()
            {
                if closed < *last {
                    *last -= closed;
                    closed = 0;
                } else {
                    closed -= *last;
                    indents.pop();
                }
            }
        }
        out.extend(std::iter::repeat_n(' ', 2 * indents.len()));
        match (own, line.equals) {
            (Some(own), Some((at, _))) => {
                out.push_str(&line.text[..at]);
                out.extend(std::iter::repeat_n(' ', widest - own));
                out.push_str(&line.text[at..]);
            }
            _ => out.push_str(&line.text),
        }
        if line.net > 0 {
            indents.push(line.net);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::functions::json::jsondecode;

    /// Answers of terraform 1.11.
    #[test]
    fn as_terraform_writes_it() {
        for (json, want) in [
            ("1.5", "1.5"),
            ("1e30", "1000000000000000000000000000000"),
            ("1e-7", "0.0000001"),
            (r#""a${b}%{c} $ $$ {""#, r#""a$${b}%%{c} $ $$ {""#),
            (r#""a\"b\\c\td\re""#, r#""a\"b\\c\td\re""#),
            (
                r#""\u0000\u001f\u007f\ufeff\ud83d\ude00日""#,
                r#""\u0000\u001f\u007f\ufeff😀日""#,
            ),
            (r#"[1,"a",null,true]"#, r#"[1, "a", null, true]"#),
            ("{}", "{}"),
            (
                r#"{"a":1,"b c":2,"x-y":3,"1z":4,"null":5,"日本":8,"${q}":9,"é":1}"#,
                "{\n  \"$${q}\" = 9\n  \"1z\"    = 4\n  a       = 1\n  \"b c\"   = 2\n  null    = 5\n  x-y     = 3\n  é       = 1\n  日本      = 8\n}",
            ),
            (
                r#"{"a":[1,{"b":2,"ccc":3}],"dddd":{"e":{"f":1}}}"#,
                "{\n  a = [1, {\n    b   = 2\n    ccc = 3\n  }]\n  dddd = {\n    e = {\n      f = 1\n    }\n  }\n}",
            ),
            (
                r#"[{"a":1},{"b":[2,3]},[]]"#,
                "[{\n  a = 1\n  }, {\n  b = [2, 3]\n}, []]",
            ),
            (
                r#"{"a":{},"b":[],"ccc":[{}],"d":[[1,2],[3]]}"#,
                "{\n  a   = {}\n  b   = []\n  ccc = [{}]\n  d   = [[1, 2], [3]]\n}",
            ),
            (
                r#"{"a":[{"b":1,"cc":"x"},{"dddd":2}],"eeee":"y","f":{"g":[],"h":{}}}"#,
                "{\n  a = [{\n    b  = 1\n    cc = \"x\"\n    }, {\n    dddd = 2\n  }]\n  eeee = \"y\"\n  f = {\n    g = []\n    h = {}\n  }\n}",
            ),
        ] {
            let v = jsondecode(json).expect("JSON");
            let got = laid_out(&expression(&v).expect("a value"));
            assert_eq!(got, want, "{json}");
        }
    }

    #[test]
    fn as_terraform_writes_a_file() {
        let write = |json: &str| file(&jsondecode(json).expect("JSON")).map(|l| laid_out(&l));
        for (json, want) in [
            ("{}", ""),
            (
                r#"{"a":1,"bbb":"x","c":{"d":1,"eee":[1,2]},"ddd":null}"#,
                "a   = 1\nbbb = \"x\"\nc = {\n  d   = 1\n  eee = [1, 2]\n}\nddd = null\n",
            ),
            (
                r#"{"a":{"b":1},"long":2,"c":[{"d":1}],"zz":3}"#,
                "a = {\n  b = 1\n}\nc = [{\n  d = 1\n}]\nlong = 2\nzz   = 3\n",
            ),
            (
                r#"{"x-y":1,"日本":"é","z":2}"#,
                "x-y = 1\nz   = 2\n日本  = \"é\"\n",
            ),
        ] {
            assert_eq!(write(json).expect("it can be written"), want, "{json}");
        }
        for json in [r#"{"b c":1}"#, r#"{"1a":1}"#, "[1]", "\"a\""] {
            assert!(write(json).is_err(), "{json}");
        }
    }
}
