//! Bodies of native syntax: attributes, blocks, and how the parse goes on after an error.

use super::parser::{Parser, R, Stop};
use super::tree::{Escapes, Kind, NodeId, Span};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The block whose body is being parsed.
#[derive(Clone, Copy)]
struct Opened {
    /// Its header.
    header: Span,
    /// How far its line is indented.
    indent: usize,
    /// Its opening brace.
    brace: usize,
}

/// Where a body ends.
enum Close {
    /// At the end of the text.
    File,
    /// At the closing brace of this block.
    Block(Opened),
}

impl<'s> Parser<'s> {
    /// The whole text as a body.
    pub fn file(&mut self) -> NodeId {
        if self.src.starts_with(b"\xef\xbb\xbf") {
            self.pos = 3;
        }
        let (body, hoisted) = self.body(&Close::File);
        debug_assert!(hoisted.is_empty());
        body
    }

    /// A body, from behind the opening brace. The nodes that come with it belong to the body around
    /// it: they stand no deeper than the block, whose closing brace is missing.
    fn body(&mut self, close: &Close) -> (NodeId, Vec<NodeId>) {
        let start = match close {
            Close::File => 0,
            Close::Block(b) => b.brace,
        };
        let base = self.stack.len();
        let names = self.names.len();
        let mut index: Option<HashMap<&'s str, Span>> = None;
        let mut hoisted = Vec::new();
        let mut one_line = matches!(close, Close::Block(_));
        loop {
            self.lines = true;
            if one_line {
                self.skip();
                one_line = !self.newline() && !self.ended() && self.byte() != b'}';
            }
            if !one_line {
                self.skip_newlines();
            }
            if self.ended() {
                if let Close::Block(block) = close {
                    self.error(
                        "unclosed-block",
                        block.header,
                        [self.slice(block.header).to_owned()],
                    );
                    hoisted = self.hoist(base, block.indent);
                    // The block ends where the last item ends that is its own.
                    let last = self.stack[base..].last().map(|&id| self.span_of(id).1);
                    self.last = last.unwrap_or(block.brace + 1);
                }
                break;
            }
            if self.byte() == b'}' && matches!(close, Close::Block(_)) {
                self.take(1);
                break;
            }
            let item = self.pos;
            let depth = self.depth;
            let heredocs = self.heredocs.len();
            let result = if self.name_next() {
                self.item(std::mem::take(&mut one_line), names, &mut index)
            } else if self.byte() == b'"' {
                self.fail("quoted-name", self.here(), [])
            } else {
                self.unexpected("item-expected", None)
            };
            if matches!(result, Err(Stop)) {
                one_line = false;
                self.depth = depth;
                self.recover(item, heredocs);
            }
        }
        self.names.truncate(names);
        let end = self.last.max(start);
        let end = if matches!(close, Close::File) {
            self.src.len()
        } else {
            end
        };
        let (a, b) = self.collect(base);
        (self.add(Kind::Body, 0, (start, end), a, b, 0), hoisted)
    }

    /// An attribute or a block, pushed onto the stack.
    fn item(
        &mut self,
        one_line: bool,
        names: usize,
        index: &mut Option<HashMap<&'s str, Span>>,
    ) -> R<()> {
        let name = self.name();
        self.skip();
        match self.byte() {
            b'=' if !matches!(self.at(self.pos + 1), b'=' | b'>') => {
                self.duplicate(name, names, index);
                self.attribute(name, one_line)
            }
            b'"' | b'{' => self.block(name, one_line),
            _ if self.name_next() => self.block(name, one_line),
            _ => {
                let found = self.here();
                if self.ended() || self.newline() {
                    self.fail("item-incomplete", name, [self.slice(name).to_owned()])
                } else {
                    self.error_related(
                        "item-incomplete-before",
                        found,
                        Some(name),
                        [self.slice(name).to_owned(), self.slice(found).to_owned()],
                    );
                    Err(Stop)
                }
            }
        }
    }

    /// Reports an attribute whose name the body already has. `names` is where the body's names
    /// begin; `index` holds them once they are many, since comparing each with each is quadratic.
    fn duplicate(&mut self, name: Span, names: usize, index: &mut Option<HashMap<&'s str, Span>>) {
        const MANY: usize = 16;
        let text = self.slice(name);
        let first = if let Some(index) = index {
            match index.entry(text) {
                Entry::Occupied(first) => Some(*first.get()),
                Entry::Vacant(place) => {
                    place.insert(name);
                    None
                }
            }
        } else {
            let first = self.names[names..]
                .iter()
                .find(|n| self.slice(**n) == text)
                .copied();
            if first.is_none() {
                self.names.push(name);
                if self.names.len() - names > MANY {
                    *index = Some(
                        self.names[names..]
                            .iter()
                            .map(|&n| (self.slice(n), n))
                            .collect(),
                    );
                }
            }
            first
        };
        if first.is_some() {
            self.error_related("duplicate-attribute", name, first, [text.to_owned()]);
        }
    }

    fn attribute(&mut self, name: Span, one_line: bool) -> R<()> {
        self.take(1);
        let (stack, parts) = (self.stack.len(), self.parts.len());
        let (value, result) = if let Ok(ex) = self.expression() {
            (ex.id, Ok(()))
        } else {
            self.stack.truncate(stack);
            self.parts.truncate(parts);
            (self.leaf(Kind::Missing, self.last, self.last), Err(Stop))
        };
        let span = (name.start as usize, self.last);
        let node = self.add(Kind::Attribute, 0, span, name.start, name.end, value.0);
        self.stack.push(node);
        result?;
        self.skip();
        if one_line {
            if self.byte() != b'}' {
                let comma = self.byte() == b',';
                let Err(Stop) = self.unexpected::<()>("one-line-block", Some(name)) else {
                    return Ok(());
                };
                if comma {
                    self.take(1);
                } else if !self.newline() {
                    return Err(Stop);
                }
            }
            return Ok(());
        }
        if self.newline() || self.ended() {
            return Ok(());
        }
        match self.byte() {
            b',' => {
                self.error("comma-after-attribute", self.here(), []);
                self.take(1);
                Ok(())
            }
            b'}' => {
                let _: R<()> = self.unexpected("newline-after-attribute", Some(name));
                Ok(())
            }
            _ => self.unexpected("newline-after-attribute", Some(name)),
        }
    }

    fn block(&mut self, kind: Span, one_line: bool) -> R<()> {
        if one_line {
            self.error(
                "block-in-one-line-block",
                kind,
                [self.slice(kind).to_owned()],
            );
        }
        let base = self.stack.len();
        let kind_node = self.name_node(kind);
        self.stack.push(kind_node);
        loop {
            self.skip();
            match self.byte() {
                b'{' => break,
                b'"' => {
                    let Ok(label) = self.label() else {
                        self.stack.truncate(base);
                        return Err(Stop);
                    };
                    self.stack.push(label);
                }
                _ if self.name_next() => {
                    let name = self.name();
                    let label = self.name_node(name);
                    self.stack.push(label);
                }
                _ => {
                    let newline = self.newline();
                    let header = Span::new(kind.start, self.last as u32);
                    let _: R<()> = self.unexpected("brace-expected", Some(header));
                    // A brace on the next line is an error, but what it means is plain.
                    if newline {
                        self.skip_newlines();
                    }
                    if !newline || self.byte() != b'{' {
                        self.stack.truncate(base);
                        return Err(Stop);
                    }
                }
            }
        }
        let header = Span::new(kind.start, self.last as u32);
        let opened = Opened {
            header,
            indent: self.indent(kind.start as usize),
            brace: self.pos,
        };
        self.take(1);
        let parsed = self.nested(|p| Ok(p.body(&Close::Block(opened))));
        let Ok((body, hoisted)) = parsed else {
            self.stack.truncate(base);
            return Err(Stop);
        };
        self.stack.push(body);
        let (a, b) = self.collect(base);
        let node = self.add(Kind::Block, 0, (kind.start as usize, self.last), a, b, 0);
        self.stack.push(node);
        self.stack.extend(hoisted);
        self.lines = true;
        self.skip();
        if self.newline() || self.ended() {
            return Ok(());
        }
        let goes_on = self.name_next() || self.byte() == b'}';
        let failed = self.unexpected("newline-after-block", Some(header));
        if goes_on { Ok(()) } else { failed }
    }

    /// A quoted label: text without templates.
    fn label(&mut self) -> R<NodeId> {
        let start = self.pos;
        let (content, escapes) = self.quoted_literal()?;
        Ok(self.text_node(
            (start, self.last),
            content,
            if escapes {
                Escapes::Quoted
            } else {
                Escapes::Raw
            },
        ))
    }

    /// How far the line of `at` is indented, if nothing but white space stands before `at`.
    fn indent(&self, at: usize) -> usize {
        let before = &self.src[..at];
        let blank = before
            .iter()
            .rev()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count();
        match before.len().checked_sub(blank + 1) {
            None => blank,
            Some(i) if before[i] == b'\n' => blank,
            // Not at the start of its line: as deep as can be, so that nothing is moved by it.
            Some(_) => usize::MAX,
        }
    }

    /// Takes the items from the stack that stand no deeper than `indent`: in a body whose closing
    /// brace is missing, these belong to the body around it.
    fn hoist(&mut self, base: usize, indent: usize) -> Vec<NodeId> {
        let items = self.stack.split_off(base);
        let (inner, outer) = items
            .into_iter()
            .partition(|&id| self.indent(self.span_of(id).0) > indent);
        self.stack.extend::<Vec<NodeId>>(inner);
        outer
    }

    /// After an error in the item that begins at `item`: goes to where the next item may begin.
    ///
    /// That is the first line that does not begin before the error on which no bracket of the item is open, or one that
    /// is indented no deeper than the item and begins with a name (then a bracket is missing), or
    /// less deep and begins with a closing bracket (then that closes the body). Only forward, so
    /// that a file of errors takes linear time.
    fn recover(&mut self, item: usize, heredocs: usize) {
        let error = self.pos.max(item);
        let indent = self.indent(item);
        let mut nest = 0;
        let mut line = item;
        if let Some(&marker) = self.heredocs.get(heredocs) {
            self.heredocs.truncate(heredocs);
            if let Some(end) = self.heredoc_end(error, marker) {
                line = end;
            }
        }
        loop {
            let end = self.line_end(line);
            nest = self.brackets(line, end, nest);
            line = (end + 1).min(self.src.len());
            let heredoc = self.heredoc_opened(end);
            if let Some(end) = heredoc.and_then(|marker| self.heredoc_end(line, marker)) {
                line = end;
                continue;
            }
            if line >= self.src.len() {
                break;
            }
            let mut first = line;
            while matches!(self.at(first), b' ' | b'\t') {
                first += 1;
            }
            if first < error {
                continue;
            }
            if nest <= 0 {
                break;
            }
            let depth = first - line;
            let closing = matches!(self.at(first), b'}' | b']' | b')');
            let at = std::mem::replace(&mut self.pos, first);
            let name = self.name_next();
            self.pos = at;
            if (depth < indent && closing) || (depth <= indent && name) {
                break;
            }
        }
        self.pos = line;
    }

    /// How many brackets are open at the end of a line, given how many were at its start. Roughly:
    /// comments and strings are seen, what stands inside them is not.
    fn brackets(&self, start: usize, end: usize, mut nest: i32) -> i32 {
        let mut at = start;
        while at < end {
            match self.at(at) {
                b'{' | b'[' | b'(' => nest += 1,
                b'}' | b']' | b')' => nest -= 1,
                b'#' => break,
                b'/' if self.at(at + 1) == b'/' => break,
                b'"' => {
                    at += 1;
                    while at < end && self.at(at) != b'"' {
                        at += if self.at(at) == b'\\' { 2 } else { 1 };
                    }
                }
                _ => {}
            }
            at += 1;
        }
        nest
    }

    /// The marker of the heredoc that the line that ends at `end` opens.
    fn heredoc_opened(&self, end: usize) -> Option<Span> {
        let stop = if end > 0 && self.at(end - 1) == b'\r' {
            end - 1
        } else {
            end
        };
        let start = self.src[..stop]
            .iter()
            .rposition(|b| matches!(b, b'<' | b'\n'))?
            + 1;
        if start < 2 || self.at(start - 2) != b'<' || self.at(start - 1) != b'<' {
            return None;
        }
        let start = if self.at(start) == b'-' {
            start + 1
        } else {
            start
        };
        (start < stop && self.name_end(start) == stop).then(|| Span::new(start as u32, stop as u32))
    }

    /// The end of the line that closes a heredoc, looked for from `at`, which begins a line or
    /// stands inside one.
    fn heredoc_end(&mut self, at: usize, marker: Span) -> Option<usize> {
        let mut line = at;
        while self.closable(marker, line) && line < self.src.len() {
            let end = self.line_end(line);
            if self.text.get(line..end).map(str::trim) == Some(self.slice(marker)) {
                return Some(end);
            }
            line = end + 1;
        }
        None
    }
}
