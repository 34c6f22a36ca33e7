//! Templates: quoted strings, heredocs, template files.
//!
//! A template is first read as a flat list of pieces (literal text, `${…}`, the parts of `%{…}`),
//! then built into nodes. In between stand the two things that look at neighbours: the strip
//! markers `~`, which take white space from the literal next to them, and the indentation that
//! `<<-` takes away. Both see literal text in HCL's units: in heredocs and files that is one line,
//! so `~` never reaches over a newline that does not touch it.

use super::chars::{CLASS, QUOTED};
use super::escape::{self, Bad};
use super::parser::{Ex, NO_NODE, Parser, R, Stop};
use super::tree::{Escapes, Kind, NodeId, Span};

/// A piece of a template.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    kind: PartKind,
    /// Where it stands.
    start: u32,
    end: u32,
    /// For text: its content. For a `for`: the nodes of its names.
    a: u32,
    b: u32,
    /// The expression, condition or collection.
    node: NodeId,
    height: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum PartKind {
    /// How the text is written.
    Literal(Escapes),
    Value,
    If,
    Else,
    EndIf,
    For,
    EndFor,
}

impl PartKind {
    fn keyword(self) -> &'static str {
        match self {
            Self::Literal(_) | Self::Value => "",
            Self::If => "if",
            Self::Else => "else",
            Self::EndIf => "endif",
            Self::For => "for",
            Self::EndFor => "endfor",
        }
    }
}

/// What ends a template.
#[derive(Clone, Copy)]
enum End {
    /// A quotation mark. The quotation mark that opened it.
    Quote(usize),
    /// A line with this marker.
    Marker(Span),
    /// The end of the text.
    Text,
}

impl Parser<'_> {
    /// A quoted string.
    pub fn quoted(&mut self) -> R<Ex> {
        let start = self.pos;
        // Most strings are plain: find the end without further ado.
        let mut at = start + 1;
        while CLASS[self.at(at) as usize] & QUOTED == 0 && at < self.src.len() {
            at += 1;
        }
        if self.at(at) == b'"' {
            self.take(at + 1 - start);
            let content = Span::new(start as u32 + 1, at as u32);
            let id = self.text_node((start, self.last), content, Escapes::Raw);
            return Ok(Ex { id, height: 0 });
        }
        self.take(1);
        let base = self.parts.len();
        self.nested(|p| p.pieces(End::Quote(start)))?;
        self.build(base, start, self.last)
    }

    /// A quoted string that may not hold templates: the span of its content, and whether that has
    /// escapes.
    pub fn quoted_literal(&mut self) -> R<(Span, bool)> {
        let start = self.pos;
        let mut at = start + 1;
        let mut escapes = false;
        loop {
            while CLASS[self.at(at) as usize] & QUOTED == 0 && at < self.src.len() {
                at += 1;
            }
            let next = self.at(at + 1);
            match self.at(at) {
                b'"' => break,
                b'\\' if at + 1 < self.src.len() && !matches!(next, b'\n' | b'\r') => {
                    escapes = true;
                    at += 1 + self.char_at(at + 1).map_or(1, char::len_utf8);
                }
                b @ (b'$' | b'%') => {
                    if next == b'{' {
                        let span = Span::new(at as u32, at as u32 + 2);
                        self.pos = at;
                        return self.fail(
                            "template-not-allowed",
                            span,
                            [char::from(b).to_string()],
                        );
                    }
                    if next == b && self.at(at + 2) == b'{' {
                        escapes = true;
                        at += 3;
                    } else {
                        at += 1;
                    }
                }
                _ => return self.string_end(start, at),
            }
        }
        self.take(at + 1 - start);
        let content = Span::new(start as u32 + 1, at as u32);
        if escapes {
            self.check_escapes(content);
        }
        Ok((content, escapes))
    }

    /// The error of a string that begins at `start` and is broken off at `at`.
    fn string_end<T>(&mut self, start: usize, at: usize) -> R<T> {
        self.pos = at.min(self.src.len());
        let opening = Span::new(start as u32, start as u32 + 1);
        let code = if self.ended() {
            "unclosed-string"
        } else {
            "newline-in-string"
        };
        self.error(code, Span::new(opening.start, self.pos as u32), []);
        Err(Stop)
    }

    fn check_escapes(&mut self, content: Span) {
        let text = self.slice(content);
        escape::check(text, |at, len, bad| {
            let start = content.start + at as u32;
            let code = match bad {
                Bad::Unknown => "invalid-escape",
                Bad::NotACharacter => "escape-not-a-character",
            };
            self.error(
                code,
                Span::new(start, start + len as u32),
                [text[at..at + len].to_owned()],
            );
        });
    }

    /// If a heredoc begins at the position: its marker, whether indentation is taken away, and
    /// where its text begins.
    pub fn heredoc_marker(&self) -> Option<(Span, bool, usize)> {
        let flush = self.at(self.pos + 2) == b'-';
        let start = self.pos + 2 + usize::from(flush);
        let first = self.at(start);
        if first.is_ascii_digit() || first == b'-' {
            return None;
        }
        let end = self.name_end(start);
        let newline = match self.at(end) {
            b'\n' => 1,
            b'\r' if self.at(end + 1) == b'\n' => 2,
            _ => return None,
        };
        (end > start).then(|| (Span::new(start as u32, end as u32), flush, end + newline))
    }

    /// A heredoc, whose introducer is at the position.
    pub fn heredoc(&mut self, marker: Span, flush: bool, text: usize) -> R<Ex> {
        let start = self.pos;
        self.pos = text;
        if self.hopeless(marker, text) {
            return self.unclosed_heredoc(marker);
        }
        let base = self.parts.len();
        self.heredocs.push(marker);
        self.nested(|p| p.pieces(End::Marker(marker)))?;
        self.heredocs.pop();
        if flush {
            self.flush(base);
        }
        self.build(base, start, self.last)
    }

    /// The rest of the text as a template that stands at `span`.
    pub fn template_at(&mut self, span: (usize, usize)) -> R<Ex> {
        let base = self.parts.len();
        self.pieces(End::Text)?;
        self.build(base, span.0, span.1)
    }

    /// Reads pieces up to the end of the template.
    fn pieces(&mut self, end: End) -> R<()> {
        let mut strip = false;
        let mut line_start = matches!(end, End::Marker(_));
        loop {
            let start = self.pos;
            let (sequence, escaped) = match end {
                End::Quote(open) => self.quoted_run(open)?,
                End::Marker(marker) => self.heredoc_run(marker, line_start)?,
                End::Text => self.bare_run(),
            };
            line_start = false;
            let lines = !matches!(end, End::Quote(_));
            let literal = start < self.pos;
            if literal {
                self.literal(start, self.pos, escaped, lines, strip);
            }
            if !sequence {
                match end {
                    End::Quote(_) => self.take(1),
                    End::Marker(_) => {
                        let mut line = self.line_end(self.pos);
                        if self.at(line - 1) == b'\r' {
                            line -= 1;
                        }
                        self.take(line - self.pos);
                    }
                    End::Text => self.last = self.pos,
                }
                return Ok(());
            }
            let left = self.at(self.pos + 2) == b'~';
            if left && literal {
                self.strip_end(lines);
            }
            strip = self.sequence(2 + usize::from(left), end)?;
        }
    }

    /// Literal text of a quoted string up to a sequence (true) or the quotation mark.
    fn quoted_run(&mut self, open: usize) -> R<(bool, Escapes)> {
        let start = self.pos;
        let mut at = start;
        let mut backslash = false;
        let mut doubled = false;
        let sequence = loop {
            while CLASS[self.at(at) as usize] & QUOTED == 0 && at < self.src.len() {
                at += 1;
            }
            let next = self.at(at + 1);
            match self.at(at) {
                b'"' => break false,
                b'\\' if at + 1 < self.src.len() && !matches!(next, b'\n' | b'\r') => {
                    backslash = true;
                    at += 1 + self.char_at(at + 1).map_or(1, char::len_utf8);
                }
                b'$' | b'%' if next == b'{' => break true,
                b @ (b'$' | b'%') if next == b && self.at(at + 2) == b'{' => {
                    doubled = true;
                    at += 3;
                }
                b'$' | b'%' => at += 1,
                _ => return self.string_end(open, at),
            }
        };
        self.pos = at;
        if backslash {
            self.check_escapes(Span::new(start as u32, at as u32));
        }
        Ok((
            sequence,
            if backslash || doubled {
                Escapes::Quoted
            } else {
                Escapes::Raw
            },
        ))
    }

    /// Literal text of a heredoc up to a sequence (true) or the start of the closing line.
    fn heredoc_run(&mut self, marker: Span, mut line_start: bool) -> R<(bool, Escapes)> {
        let start = self.pos;
        let mut at = start;
        let mut doubled = false;
        let sequence = loop {
            if line_start && self.closes(at, marker) {
                break false;
            }
            line_start = false;
            let rest = &self.src[at.min(self.src.len())..];
            let Some(found) = memchr::memchr3(b'\n', b'$', b'%', rest) else {
                return self.unclosed_heredoc(marker);
            };
            at += found;
            let byte = self.at(at);
            if byte == b'\n' {
                at += 1;
                line_start = true;
            } else if self.at(at + 1) == b'{' {
                break true;
            } else if self.at(at + 1) == byte && self.at(at + 2) == b'{' {
                doubled = true;
                at += 3;
            } else {
                at += 1;
            }
        };
        // A carriage return is part of a newline or not allowed.
        let mut from = start;
        while let Some(found) = memchr::memchr(b'\r', &self.src[from..at]) {
            from += found + 1;
            if self.at(from) != b'\n' {
                self.pos = from - 1;
                return self.unexpected("invalid-character", Some(marker));
            }
        }
        self.pos = at;
        Ok((
            sequence,
            if doubled {
                Escapes::Heredoc
            } else {
                Escapes::Raw
            },
        ))
    }

    #[cold]
    fn unclosed_heredoc<T>(&mut self, marker: Span) -> R<T> {
        // From now on it is known which heredocs are closed.
        self.closable(marker, self.pos);
        self.fail("unclosed-heredoc", marker, [self.slice(marker).to_owned()])
    }

    /// Whether the line at `at` closes the heredoc: nothing but the marker, and a newline behind it.
    fn closes(&self, at: usize, marker: Span) -> bool {
        let word = &self.src[marker.range()];
        let mut first = at;
        while matches!(self.at(first), b' ' | b'\t') {
            first += 1;
        }
        let rest = &self.src[first.min(self.src.len())..];
        if !rest.starts_with(word) && rest.first().is_none_or(u8::is_ascii_graphic) {
            return false;
        }
        let end = self.line_end(at);
        let Some(line) = self.text.get(at..end) else {
            return false;
        };
        let line = line.strip_suffix('\r').unwrap_or(line);
        end < self.src.len() && line.trim().as_bytes() == word && !line.contains('\r')
    }

    /// Literal text of a template file up to a sequence (true) or the end.
    fn bare_run(&mut self) -> (bool, Escapes) {
        let mut at = self.pos;
        let mut doubled = false;
        let sequence = loop {
            let Some(found) = memchr::memchr2(b'$', b'%', &self.src[at.min(self.src.len())..])
            else {
                at = self.src.len();
                break false;
            };
            at += found;
            if self.at(at + 1) == b'{' {
                break true;
            } else if self.at(at + 1) == self.at(at) && self.at(at + 2) == b'{' {
                doubled = true;
                at += 3;
            } else {
                at += 1;
            }
        };
        self.pos = at;
        (
            sequence,
            if doubled {
                Escapes::Heredoc
            } else {
                Escapes::Raw
            },
        )
    }

    /// Adds literal text; `strip` takes white space from its start.
    fn literal(&mut self, start: usize, end: usize, escapes: Escapes, lines: bool, strip: bool) {
        let mut content = start;
        if strip {
            let unit = if lines {
                self.line_end(start).saturating_add(1).min(end)
            } else {
                end
            };
            content += escape::leading_space(&self.text[start..unit], escapes);
        }
        self.parts.push(Part {
            kind: PartKind::Literal(escapes),
            start: start as u32,
            end: end as u32,
            a: content as u32,
            b: end as u32,
            node: NO_NODE,
            height: 0,
        });
    }

    /// Takes white space from the end of the literal text that was added last.
    fn strip_end(&mut self, lines: bool) {
        let Some(part) = self.parts.last_mut() else {
            return;
        };
        let PartKind::Literal(escapes) = part.kind else {
            return;
        };
        let (start, end) = (part.start as usize, part.end as usize);
        let unit = if lines {
            memchr::memrchr(b'\n', &self.src[start..end - 1]).map_or(start, |i| start + i + 1)
        } else {
            start
        };
        let kept = escape::without_trailing_space(&self.text[unit..end], escapes);
        part.b = ((unit + kept) as u32).max(part.a);
    }

    /// A sequence, whose opening is `open` bytes long; gives whether white space behind it goes.
    fn sequence(&mut self, open: usize, end: End) -> R<bool> {
        let start = self.pos;
        let control = self.byte() == b'%';
        self.take(open);
        let lines = std::mem::replace(&mut self.lines, false);
        let opening = Span::new(start as u32, self.pos as u32);
        let mut part = Part {
            kind: PartKind::Value,
            start: start as u32,
            end: 0,
            a: 0,
            b: 0,
            node: NO_NODE,
            height: 0,
        };
        let mut keyword = "";
        if control {
            keyword = self.directive(&mut part)?;
        } else {
            let value = self.expression()?;
            part.node = value.id;
            part.height = value.height;
        }
        self.skip();
        let strip = self.byte() == b'~' && self.at(self.pos + 1) == b'}';
        if strip {
            self.take(2);
        } else if !self.eat(b'}') {
            if control && !self.ended() {
                let here = self.here();
                let args = [keyword.to_owned(), self.slice(here).to_owned()];
                self.error_related("directive-end-expected", here, Some(opening), args);
                return Err(Stop);
            }
            let quote = matches!(end, End::Quote(_)) && matches!(self.byte(), b'"' | b'\n' | b'\r');
            if quote || self.ended() {
                return self.fail("unclosed-interpolation", opening, []);
            }
            let here = self.here();
            let found = self.slice(here).to_owned();
            self.error_related("interpolation-end-expected", here, Some(opening), [found]);
            return Err(Stop);
        }
        part.end = self.last as u32;
        self.parts.push(part);
        self.lines = lines;
        Ok(strip)
    }

    /// What stands in `%{ … }`; gives the keyword.
    fn directive(&mut self, part: &mut Part) -> R<&'static str> {
        self.skip();
        let Some(word) = self.try_name() else {
            return self.unexpected("directive-expected", None);
        };
        part.kind = match self.slice(word) {
            "if" => PartKind::If,
            "else" => PartKind::Else,
            "endif" => PartKind::EndIf,
            "for" => PartKind::For,
            "endfor" => PartKind::EndFor,
            other => return self.fail("directive-unknown", word, [other.to_owned()]),
        };
        let value = match part.kind {
            PartKind::If => self.expression()?,
            PartKind::For => {
                let (key, name) = self.for_names("for-name-expected")?;
                part.a = key.0;
                part.b = name.0;
                self.expression()?
            }
            _ => return Ok(part.kind.keyword()),
        };
        part.node = value.id;
        part.height = value.height;
        Ok(part.kind.keyword())
    }

    /// Takes from the lines of a `<<-` heredoc the indentation that they share.
    fn flush(&mut self, base: usize) {
        // As HCL does it: a line counts if it begins in literal text, and is not blank. The start
        // of a line is known from the literal before it, as it is after `~` has taken its share.
        let mut least = usize::MAX;
        let mut line_start = true;
        for i in base..self.parts.len() {
            let part = self.parts[i];
            if !matches!(part.kind, PartKind::Literal(_)) {
                if line_start {
                    least = 0;
                }
                line_start = false;
                continue;
            }
            self.each_line(part, |text| {
                if line_start {
                    let blank = text.trim_start();
                    if !(blank.is_empty() && text.ends_with('\n')) {
                        least = least.min(text[..text.len() - blank.len()].chars().count());
                    }
                }
                line_start = text.ends_with('\n');
            });
        }
        if least == 0 || least == usize::MAX {
            return;
        }
        let parts = self.parts.split_off(base);
        let mut line_start = true;
        for part in parts {
            if !matches!(part.kind, PartKind::Literal(_)) {
                line_start = false;
                self.parts.push(part);
                continue;
            }
            let mut from = part.start;
            while from < part.end {
                let end = (self.line_end(from as usize) as u32 + 1).min(part.end);
                let (a, b) = (part.a.clamp(from, end), part.b.clamp(from, end));
                let text = &self.text[a as usize..b as usize];
                let mut cut = 0;
                let blank = text.trim_start().is_empty() && text.ends_with('\n');
                if line_start && !blank {
                    cut = text
                        .char_indices()
                        .nth(least)
                        .map_or(text.len(), |(i, _)| i) as u32;
                }
                line_start = text.ends_with('\n');
                self.parts.push(Part {
                    start: from + cut,
                    end,
                    a: a + cut,
                    b,
                    ..part
                });
                from = end;
            }
        }
    }

    /// Calls `see` with the content of each line of a literal.
    fn each_line(&self, part: Part, mut see: impl FnMut(&str)) {
        let mut from = part.start;
        while from < part.end {
            let end = (self.line_end(from as usize) as u32 + 1).min(part.end);
            let (a, b) = (part.a.clamp(from, end), part.b.clamp(from, end));
            see(&self.text[a as usize..b as usize]);
            from = end;
        }
    }

    /// The node of the template whose pieces stand from `base` on.
    fn build(&mut self, base: usize, start: usize, end: usize) -> R<Ex> {
        let span = (start, end);
        let count = self.parts.len() - base;
        if count == 0 {
            let at = if self.at(start) == b'"' && end > start {
                start + 1
            } else {
                end
            } as u32;
            let id = self.text_node(span, Span::new(at, at), Escapes::Raw);
            return Ok(Ex { id, height: 0 });
        }
        if count == 1 {
            let part = self.parts[base];
            match part.kind {
                PartKind::Literal(escapes) => {
                    self.parts.truncate(base);
                    let id = self.text_node(span, Span::new(part.a, part.b), escapes);
                    return Ok(Ex { id, height: 0 });
                }
                PartKind::Value => {
                    self.parts.truncate(base);
                    let height = self.above(part.height)?;
                    let id = self.add(Kind::Wrap, 0, span, part.node.0, 0, 0);
                    return Ok(Ex { id, height });
                }
                _ => {}
            }
        }
        let kids = self.stack.len();
        let mut at = base;
        let (height, closing) = self.sequence_of_parts(&mut at)?;
        if let Some(part) = closing {
            let span = Span::new(part.start, part.end);
            return self.fail(
                "directive-unbalanced",
                span,
                [part.kind.keyword().to_owned()],
            );
        }
        self.parts.truncate(base);
        let height = self.above(height)?;
        let (a, b) = self.collect(kids);
        Ok(Ex {
            id: self.add(Kind::Template, 0, span, a, b, 0),
            height,
        })
    }

    /// Pushes the nodes of pieces up to one that closes or continues a directive, which is given.
    fn sequence_of_parts(&mut self, at: &mut usize) -> R<(u32, Option<Part>)> {
        let mut height = 0;
        while let Some(&part) = self.parts.get(*at) {
            *at += 1;
            let piece = match part.kind {
                PartKind::Literal(escapes) => {
                    let span = (part.start as usize, part.end as usize);
                    let id = self.text_node(span, Span::new(part.a, part.b), escapes);
                    Ex { id, height: 0 }
                }
                PartKind::Value => Ex {
                    id: part.node,
                    height: part.height,
                },
                PartKind::If => self.nested(|p| p.if_directive(part, at))?,
                PartKind::For => self.nested(|p| p.for_directive(part, at))?,
                PartKind::Else | PartKind::EndIf | PartKind::EndFor => {
                    return Ok((height, Some(part)));
                }
            };
            height = height.max(piece.height);
            self.stack.push(piece.id);
        }
        Ok((height, None))
    }

    /// The pieces of one arm of a directive as a template; `empty` is where it stands without any.
    fn arm(&mut self, at: &mut usize, opener: Part) -> R<(Ex, Part)> {
        let base = self.stack.len();
        let (height, closing) = self.sequence_of_parts(at)?;
        let Some(closing) = closing else {
            let span = Span::new(opener.start, opener.end);
            return self.fail(
                "directive-unclosed",
                span,
                [opener.kind.keyword().to_owned()],
            );
        };
        let span = match (self.stack.get(base), self.stack.last()) {
            (Some(&first), Some(&last)) => (self.span_of(first).0, self.span_of(last).1),
            _ if opener.kind == PartKind::Else => (closing.start as usize, closing.start as usize),
            _ => (opener.end as usize, opener.end as usize),
        };
        let height = self.above(height)?;
        let (a, b) = self.collect(base);
        Ok((
            Ex {
                id: self.add(Kind::Template, 0, span, a, b, 0),
                height,
            },
            closing,
        ))
    }

    fn if_directive(&mut self, opener: Part, at: &mut usize) -> R<Ex> {
        let (then, mut closing) = self.arm(at, opener)?;
        let mut other = None;
        if closing.kind == PartKind::Else {
            let (arm, end) = self.arm(at, closing)?;
            other = Some(arm);
            closing = end;
        }
        if closing.kind != PartKind::EndIf {
            return self.unbalanced(opener, closing);
        }
        let height = then
            .height
            .max(other.map_or(0, |o| o.height))
            .max(opener.height);
        let height = self.above(height)?;
        let span = (opener.start as usize, closing.end as usize);
        let other = other.map_or(NO_NODE, |o| o.id);
        let id = self.add(Kind::TemplateIf, 0, span, opener.node.0, then.id.0, other.0);
        Ok(Ex { id, height })
    }

    fn for_directive(&mut self, opener: Part, at: &mut usize) -> R<Ex> {
        let (body, closing) = self.arm(at, opener)?;
        if closing.kind != PartKind::EndFor {
            return self.unbalanced(opener, closing);
        }
        let height = self.above(body.height.max(opener.height))?;
        let start = self.kids.len() as u32;
        self.kids
            .extend([NodeId(opener.a), NodeId(opener.b), opener.node, body.id]);
        let span = (opener.start as usize, closing.end as usize);
        let id = self.add(Kind::TemplateFor, 0, span, start, 0, 0);
        Ok(Ex { id, height })
    }

    fn unbalanced<T>(&mut self, opener: Part, closing: Part) -> R<T> {
        let span = Span::new(closing.start, closing.end);
        let related = Some(Span::new(opener.start, opener.end));
        let args = [closing.kind.keyword().to_owned()];
        self.error_related("directive-unbalanced", span, related, args);
        Err(Stop)
    }
}
