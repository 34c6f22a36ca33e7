//! What every part of the parser stands on: the position in the text, white space and comments,
//! nodes, errors and limits.
//!
//! There is no token list: each part looks at the bytes itself. Whether a newline ends something is
//! a flag ([`Parser::lines`]), as in HCL: it does in bodies and object constructors, it does not
//! inside parentheses, brackets, calls, `for` expressions and interpolations.

use super::chars::{CLASS, CONTINUE, START};
use super::template::Part;
use super::tree::{Escapes, Kind, NONE, Node, NodeId, Span, SyntaxError, Tree};
use super::unicode;
use super::{MAX_DEPTH, MAX_ERRORS};
use std::collections::HashMap;

/// No node may have more than this many below it: whoever walks a tree recurses.
pub(super) const MAX_HEIGHT: u32 = 1_000;

/// The item, string or file cannot be parsed further; its error has been reported.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop;

pub(super) type R<T> = Result<T, Stop>;

/// A parsed expression, and how high its tree is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ex {
    pub id: NodeId,
    pub height: u32,
}

/// The state of a parse. `src` is the text up to where this parse may read.
pub(super) struct Parser<'s> {
    pub text: &'s str,
    pub src: &'s [u8],
    pub pos: usize,
    /// The end of the last token that was taken.
    pub last: usize,
    /// Newlines are tokens.
    pub lines: bool,
    pub depth: u32,
    pub nodes: Vec<Node>,
    pub kids: Vec<NodeId>,
    pub comments: Vec<Span>,
    pub errors: Vec<SyntaxError>,
    /// Children of nodes under construction.
    pub stack: Vec<NodeId>,
    /// Pieces of templates under construction.
    pub parts: Vec<Part>,
    /// Names of the attributes of bodies under construction.
    pub names: Vec<Span>,
    /// Markers of the heredocs that are open, and the start of their text.
    pub heredocs: Vec<Span>,
    /// Where each line that may close a heredoc stands last; made when a heredoc is not closed, so
    /// that a file of such heredocs is not read to its end for each of them.
    closers: Option<HashMap<&'s str, usize>>,
    /// Text that stands nowhere in the source as it is meant, to be put behind it; see `Tree::moved`.
    tail: String,
    moved: Vec<(u32, Span)>,
}

impl<'s> Parser<'s> {
    pub fn new(text: &'s str) -> Self {
        // The measured average is 22 bytes of source a node; too little costs one reallocation, too
        // much is given back at the end.
        Self::with_room(text, text.len() / 20 + 8)
    }

    /// A parser with room for so many nodes.
    pub fn with_room(text: &'s str, nodes: usize) -> Self {
        Self {
            text,
            src: text.as_bytes(),
            pos: 0,
            last: 0,
            lines: true,
            depth: 0,
            nodes: Vec::with_capacity(nodes),
            kids: Vec::with_capacity(nodes),
            comments: Vec::new(),
            errors: Vec::new(),
            stack: Vec::new(),
            parts: Vec::new(),
            names: Vec::new(),
            heredocs: Vec::new(),
            closers: None,
            tail: String::new(),
            moved: Vec::new(),
        }
    }

    /// The byte at `at`; 0 behind the end.
    #[inline]
    pub fn at(&self, at: usize) -> u8 {
        self.src.get(at).copied().unwrap_or(0)
    }

    /// The byte at the position.
    #[inline]
    pub fn byte(&self) -> u8 {
        self.at(self.pos)
    }

    #[inline]
    pub fn ended(&self) -> bool {
        self.pos >= self.src.len()
    }

    /// Takes `len` bytes as a token.
    #[inline]
    pub fn take(&mut self, len: usize) {
        self.pos += len;
        self.last = self.pos;
    }

    /// Takes the byte if it is next.
    #[inline]
    pub fn eat(&mut self, byte: u8) -> bool {
        let found = self.byte() == byte && !self.ended();
        if found {
            self.take(1);
        }
        found
    }

    /// Goes over white space and comments, and over newlines unless they are tokens here.
    #[inline]
    pub fn skip(&mut self) {
        loop {
            match self.byte() {
                b' ' | b'\t' => self.pos += 1,
                b'\n' if !self.lines => self.pos += 1,
                b'\r' if !self.lines && self.at(self.pos + 1) == b'\n' => self.pos += 2,
                b'#' => self.line_comment(),
                b'/' if self.at(self.pos + 1) == b'/' => self.line_comment(),
                b'/' if self.at(self.pos + 1) == b'*' => self.block_comment(),
                _ => return,
            }
        }
    }

    /// Like [`Self::skip`], and over newlines in any case.
    pub fn skip_newlines(&mut self) {
        let lines = std::mem::replace(&mut self.lines, false);
        self.skip();
        self.lines = lines;
    }

    /// Whether a newline is next.
    #[inline]
    pub fn newline(&self) -> bool {
        match self.byte() {
            b'\n' => true,
            b'\r' => self.at(self.pos + 1) == b'\n',
            _ => false,
        }
    }

    fn line_comment(&mut self) {
        let start = self.pos;
        self.pos = self.line_end(start);
        let end = if self.pos < self.src.len() && self.at(self.pos - 1) == b'\r' {
            self.pos - 1
        } else {
            self.pos
        };
        self.comment(start, end);
    }

    fn block_comment(&mut self) {
        let start = self.pos;
        let mut at = start + 2;
        loop {
            match memchr::memchr(b'*', &self.src[at.min(self.src.len())..]) {
                None => {
                    self.pos = self.src.len();
                    self.error(
                        "unclosed-comment",
                        Span::new(start as u32, start as u32 + 2),
                        [],
                    );
                    break;
                }
                Some(found) => at += found + 1,
            }
            if self.at(at) == b'/' {
                self.pos = at + 1;
                break;
            }
        }
        self.comment(start, self.pos);
    }

    fn comment(&mut self, start: usize, end: usize) {
        // Recovery may pass a comment twice.
        if self
            .comments
            .last()
            .is_none_or(|c| (c.end as usize) <= start)
        {
            self.comments.push(Span::new(start as u32, end as u32));
        }
    }

    /// The position of the newline that ends the line of `at`, or the end of the text.
    pub fn line_end(&self, at: usize) -> usize {
        memchr::memchr(b'\n', &self.src[at.min(self.src.len())..])
            .map_or(self.src.len(), |found| at + found)
    }

    /// Whether a name begins at the position.
    #[inline]
    pub fn name_next(&self) -> bool {
        let byte = self.byte();
        if byte < 0x80 {
            CLASS[byte as usize] & START != 0
        } else {
            self.char_at(self.pos).is_some_and(unicode::is_start)
        }
    }

    /// The character at `at`, which is a boundary inside the text.
    pub fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..self.src.len())?.chars().next()
    }

    /// The end of the name that begins at `at`.
    #[inline]
    pub fn name_end(&self, at: usize) -> usize {
        let mut end = at;
        loop {
            let byte = self.at(end);
            if CLASS[byte as usize] & CONTINUE != 0 {
                end += 1;
            } else if byte < 0x80 {
                return end;
            } else {
                match self.char_at(end) {
                    Some(c) if unicode::is_continue(c) => {
                        end += c.len_utf8();
                    }
                    _ => return end,
                }
            }
        }
    }

    /// Takes the name at the position, which has one.
    #[inline]
    pub fn name(&mut self) -> Span {
        let start = self.pos;
        let end = self.name_end(start);
        self.take(end - start);
        Span::new(start as u32, end as u32)
    }

    /// Takes a name if one is next.
    pub fn try_name(&mut self) -> Option<Span> {
        self.name_next().then(|| self.name())
    }

    /// Whether the word is next, as a whole name.
    pub fn word_next(&self, word: &str) -> bool {
        self.src[self.pos.min(self.src.len())..].starts_with(word.as_bytes())
            && self.name_end(self.pos) == self.pos + word.len()
    }

    pub fn slice(&self, span: Span) -> &'s str {
        &self.text[span.range()]
    }

    /// Whether a line behind `at` may close the heredoc with this marker.
    pub fn closable(&mut self, marker: Span, at: usize) -> bool {
        let (text, len, word) = (self.text, self.src.len(), self.slice(marker));
        let closers = self.closers.get_or_insert_with(|| {
            let mut closers = HashMap::new();
            let mut start = 0;
            for line in text[..len].split_inclusive('\n') {
                let word = line.trim();
                if line.ends_with('\n') && !word.is_empty() && word.len() < 256 {
                    closers.insert(word, start);
                }
                start += line.len();
            }
            closers
        });
        // A marker beyond any reason may be searched for in vain.
        marker.end - marker.start >= 256 || closers.get(word).is_some_and(|last| *last >= at)
    }

    /// Whether it is known that nothing closes the heredoc.
    pub fn hopeless(&mut self, marker: Span, at: usize) -> bool {
        self.closers.is_some() && !self.closable(marker, at)
    }

    // --- nodes ---

    #[inline]
    pub fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        id
    }

    #[inline]
    pub fn add(
        &mut self,
        kind: Kind,
        op: u8,
        span: (usize, usize),
        a: u32,
        b: u32,
        c: u32,
    ) -> NodeId {
        self.push(Node {
            kind,
            op,
            start: span.0 as u32,
            end: span.1 as u32,
            a,
            b,
            c,
        })
    }

    /// A node without children.
    #[inline]
    pub fn leaf(&mut self, kind: Kind, start: usize, end: usize) -> NodeId {
        self.add(kind, 0, (start, end), 0, 0, 0)
    }

    /// A piece of text at `span` whose content is `content`.
    #[inline]
    pub fn text_node(&mut self, span: (usize, usize), content: Span, escapes: Escapes) -> NodeId {
        self.add(
            Kind::Text,
            escapes as u8,
            span,
            content.start,
            content.end,
            0,
        )
    }

    /// A name as a node.
    pub fn name_node(&mut self, name: Span) -> NodeId {
        self.text_node((name.start as usize, name.end as usize), name, Escapes::Raw)
    }

    /// A piece of text that means `text` and is written at `span`.
    pub fn moved_text(&mut self, span: Span, text: &str) -> NodeId {
        let start = (self.text.len() + self.tail.len()) as u32;
        self.tail.push_str(text);
        self.moved.push((start, span));
        let content = Span::new(start, start + text.len() as u32);
        self.text_node(
            (span.start as usize, span.end as usize),
            content,
            Escapes::Raw,
        )
    }

    /// Moves the stack from `base` on into `kids`.
    #[inline]
    pub fn collect(&mut self, base: usize) -> (u32, u32) {
        let start = self.kids.len() as u32;
        self.kids.extend_from_slice(&self.stack[base..]);
        self.stack.truncate(base);
        (start, self.kids.len() as u32)
    }

    /// Where a node stands.
    #[inline]
    pub fn span_of(&self, id: NodeId) -> (usize, usize) {
        let node = &self.nodes[id.0 as usize];
        (node.start as usize, node.end as usize)
    }

    // --- limits ---

    /// Runs `parse` one level deeper.
    #[inline]
    pub fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> R<T>) -> R<T> {
        if self.depth >= MAX_DEPTH {
            return self.too_deep();
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    #[cold]
    pub fn too_deep<T>(&mut self) -> R<T> {
        let at = self.here();
        self.error(
            "too-deep",
            at,
            [MAX_DEPTH.to_string(), MAX_HEIGHT.to_string()],
        );
        Err(Stop)
    }

    /// The height of a node over one of `height`.
    #[inline]
    pub fn above(&mut self, height: u32) -> R<u32> {
        if height >= MAX_HEIGHT {
            self.too_deep()
        } else {
            Ok(height + 1)
        }
    }

    // --- errors ---

    #[cold]
    pub fn error<const N: usize>(&mut self, code: &'static str, span: Span, args: [String; N]) {
        self.error_related(code, span, None, args);
    }

    #[cold]
    pub fn error_related<const N: usize>(
        &mut self,
        code: &'static str,
        span: Span,
        related: Option<Span>,
        args: [String; N],
    ) {
        debug_assert!(SyntaxError::CODES.contains(&code), "{code} is not in CODES");
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(SyntaxError {
                code,
                span,
                related,
                args: Vec::from(args),
            });
        }
    }

    #[cold]
    pub fn fail<T, const N: usize>(
        &mut self,
        code: &'static str,
        span: Span,
        args: [String; N],
    ) -> R<T> {
        self.error(code, span, args);
        Err(Stop)
    }

    /// The error that something else was expected at the position: `code` names it, its first
    /// argument is what was found. Where the file ends, or a character stands that HCL has no use
    /// for, that is the better error.
    #[cold]
    pub fn unexpected<T>(&mut self, code: &'static str, opening: Option<Span>) -> R<T> {
        let span = self.here();
        if self.ended() {
            self.error_related("unexpected-end", span, opening, []);
            return Err(Stop);
        }
        let found = self.found();
        let better = match found.as_str() {
            "'" | "`" | "“" | "”" | "‘" | "’" => "wrong-quotes",
            ";" | "\\" | "@" | "$" => "invalid-character",
            "&" | "|" | "^" | "~" => "unsupported-operator",
            other => match other.chars().next() {
                Some(c) if !c.is_ascii() && !unicode::is_start(c) => "invalid-character",
                Some(c) if c.is_ascii_control() && c != '\n' => "invalid-character",
                _ => code,
            },
        };
        let found = match found.as_str() {
            "\n" => "\\n".to_owned(),
            _ if better == "invalid-character" => found.escape_debug().to_string(),
            _ => found,
        };
        self.error_related(better, span, opening, [found]);
        Err(Stop)
    }

    /// The token at the position, roughly.
    fn found(&self) -> String {
        let span = self.here();
        if self.newline() {
            "\n".to_owned()
        } else {
            self.slice(span).to_owned()
        }
    }

    /// The span of the token at the position, roughly.
    pub fn here(&self) -> Span {
        let start = self.pos.min(self.src.len());
        let end = if self.name_next() || self.byte().is_ascii_digit() {
            self.name_end(start)
        } else {
            let three = &self.src[start..self.src.len().min(start + 3)];
            match &three[..three.len().min(2)] {
                _ if three == b"..." => start + 3,
                b"==" | b"!=" | b"<=" | b">=" | b"=>" | b"&&" | b"||" | b"::" | b"<<" | b"\r\n" => {
                    start + 2
                }
                _ => start + self.char_at(start).map_or(0, char::len_utf8),
            }
        };
        Span::new(start as u32, end as u32)
    }

    // --- the end ---

    /// What the parse gave.
    pub fn finish(mut self, root: NodeId) -> Parts {
        if self.kids.capacity() > self.kids.len() + self.kids.len() / 8 {
            self.kids.shrink_to_fit();
        }
        if self.nodes.capacity() > self.nodes.len() + self.nodes.len() / 8 {
            self.nodes.shrink_to_fit();
        }
        self.comments.shrink_to_fit();
        Parts {
            nodes: self.nodes,
            kids: self.kids,
            root,
            comments: self.comments,
            errors: self.errors,
            tail: self.tail,
            moved: self.moved,
        }
    }
}

/// A tree without its text: what a parse gives while the text is still borrowed.
pub(super) struct Parts {
    pub nodes: Vec<Node>,
    pub kids: Vec<NodeId>,
    pub root: NodeId,
    pub comments: Vec<Span>,
    pub errors: Vec<SyntaxError>,
    tail: String,
    moved: Vec<(u32, Span)>,
}

impl Parts {
    /// The tree of these parts over `source`, of which the first `file_len` bytes are the file; what
    /// follows them is placed by `moved`.
    pub fn over(self, mut source: String, file_len: u32, mut moved: Vec<(u32, Span)>) -> Tree {
        source.push_str(&self.tail);
        moved.extend(self.moved);
        let mut tree = Tree {
            file_len,
            source,
            nodes: self.nodes,
            kids: self.kids,
            root: self.root,
            comments: self.comments,
            errors: self.errors,
            moved,
        };
        let mut errors = std::mem::take(&mut tree.errors);
        for error in &mut errors {
            error.span = tree.place(error.span);
            error.related = error.related.map(|r| tree.place(r));
        }
        errors.sort_by_key(|e| e.span.start);
        tree.errors = errors;
        tree
    }
}

/// No node.
pub(super) const NO_NODE: NodeId = NodeId(NONE);
