//! The tree as an S-expression, in the format of a dump of `HashiCorp`'s own parser.
//!
//! For differential tests. The format groups some things differently than the tree does: steps of a
//! traversal stand in one list, literal text is cut where HCL's scanner cuts it.

mod go;

use super::escape;
use super::tree::{Escapes, Expr, Item, Kind, NodeId, Op, Span, Tree};
use go::{json, number, string};
use std::fmt::Write;

/// The tree of a file as one line.
pub fn dump(tree: &Tree) -> String {
    let mut dump = Dump {
        tree,
        lines: true,
        out: String::new(),
    };
    if tree.node(tree.root()).kind == Kind::Body {
        dump.body(tree.root());
    } else {
        dump.expr(tree.root());
    }
    dump.out.trim().to_owned()
}

struct Dump<'t> {
    tree: &'t Tree,
    /// The template around is cut at newlines: a heredoc or a file.
    lines: bool,
    out: String,
}

/// A step of a traversal.
enum Step<'t> {
    Name(&'t str, Span),
    /// The key as Go prints it.
    Key(String, Span),
}

impl Dump<'_> {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn open(&mut self, kind: &str, span: Span) {
        let _ = write!(self.out, "({kind}@{}-{}", span.start, span.end);
    }

    /// The byte at `at`, in the file or behind it.
    fn byte(&self, at: u32) -> u8 {
        self.tree
            .source
            .as_bytes()
            .get(at as usize)
            .copied()
            .unwrap_or(0)
    }

    /// A node without children.
    fn leaf(&mut self, kind: &str, span: Span, value: &str) {
        self.open(kind, span);
        let _ = write!(self.out, " {})", json(value));
    }

    fn body(&mut self, id: NodeId) {
        for item in self.tree.items(id) {
            match item {
                Item::Attribute(a) => {
                    self.put(" ");
                    self.open("attr", a.span);
                    let _ = write!(
                        self.out,
                        " {}@{}-{} ",
                        a.name, a.name_span.start, a.name_span.end
                    );
                    self.expr(a.value);
                    self.put(")");
                }
                Item::Block(b) => {
                    self.put(" ");
                    self.open("block", b.span);
                    let _ = write!(self.out, " {}", b.kind);
                    for (i, label) in b.labels().enumerate() {
                        let span = b.label_span(i).unwrap_or_default();
                        let _ = write!(self.out, " {}@{}-{}", json(&label), span.start, span.end);
                    }
                    self.put(" {");
                    self.body(b.body);
                    self.put("})");
                }
            }
        }
    }

    fn kids(&mut self, ids: &[NodeId]) {
        for &id in ids {
            self.put(" ");
            self.expr(id);
        }
    }

    fn end(&mut self) {
        self.put(")");
    }

    fn expr(&mut self, id: NodeId) {
        let span = self.tree.span(id);
        match self.tree.expr(id) {
            Expr::Missing => self.leaf("LiteralValue", span, "cty.DynamicVal"),
            Expr::Null => self.leaf("LiteralValue", span, "cty.NullVal(cty.DynamicPseudoType)"),
            Expr::Bool(true) => self.leaf("LiteralValue", span, "cty.True"),
            Expr::Bool(false) => self.leaf("LiteralValue", span, "cty.False"),
            Expr::Number(text) => self.leaf("LiteralValue", span, &number(text)),
            Expr::Text(_) => self.text(id, span),
            Expr::Template(pieces) => {
                self.open("Template", span);
                let lines = self.byte(span.start) != b'"';
                let outer = std::mem::replace(&mut self.lines, lines);
                self.pieces(pieces, lines);
                self.lines = outer;
                self.end();
            }
            Expr::Wrap(of) => {
                self.open("TemplateWrap", span);
                self.kids(&[of]);
                self.end();
            }
            Expr::Variable(_) | Expr::Attr { .. } | Expr::LegacyIndex { .. } => {
                self.traversal(id, span);
            }
            Expr::Index { of, key } => {
                if self.literal_key(key).is_some() {
                    self.traversal(id, span);
                } else {
                    self.open("Index", span);
                    self.kids(&[of, key]);
                    self.end();
                }
            }
            Expr::Splat { of, each, .. } => {
                self.open("Splat", span);
                self.kids(&[of, each]);
                self.end();
            }
            Expr::Item => {
                self.open("AnonSymbol", span);
                self.end();
            }
            Expr::Call { name, args, expand } => {
                self.open("FunctionCall", span);
                let _ = write!(self.out, " {name} {expand}");
                self.kids(args);
                self.end();
            }
            Expr::Conditional { cond, then, other } => {
                self.open("Conditional", span);
                self.kids(&[cond, then, other]);
                self.end();
            }
            Expr::Unary { op, of } => {
                self.open("UnaryOp", span);
                let _ = write!(self.out, " {}", op.text());
                self.kids(&[of]);
                self.end();
            }
            Expr::Binary { op, left, right } => {
                self.open("BinaryOp", span);
                let _ = write!(self.out, " {}{}", operand_type(op), op.text());
                self.kids(&[left, right]);
                self.end();
            }
            Expr::Tuple(elements) => {
                self.open("TupleCons", span);
                self.kids(elements);
                self.end();
            }
            Expr::Object(entries) => self.object(entries, span),
            Expr::For(f) => {
                self.open("For", span);
                let key_name = f.key_name.unwrap_or("");
                let _ = write!(
                    self.out,
                    " {key_name:?} {:?} group={}",
                    f.value_name, f.group
                );
                for part in [Some(f.collection), f.key, Some(f.value), f.condition] {
                    self.put(" ");
                    match part {
                        Some(part) => self.expr(part),
                        None => self.put("(nil)"),
                    }
                }
                self.end();
            }
            Expr::Paren(of) => {
                self.open("Parentheses", span);
                self.kids(&[of]);
                self.end();
            }
            Expr::TemplateIf { cond, then, other } => {
                self.open("Conditional", span);
                self.kids(&[cond]);
                self.put(" ");
                self.arm(then);
                self.put(" ");
                if let Some(other) = other {
                    self.arm(other);
                } else {
                    // HCL puts an empty text at the start of the closing directive.
                    let at = self.directive_start(span.end);
                    let at = Span::new(at, at);
                    self.open("Template", at);
                    self.put(" ");
                    self.leaf("LiteralValue", at, &string(""));
                    self.end();
                }
                self.end();
            }
            Expr::TemplateFor {
                key_name,
                value_name,
                collection,
                body,
            } => {
                self.open("TemplateJoin", span);
                self.put(" ");
                self.open("For", span);
                let key_name = key_name.unwrap_or("");
                let _ = write!(self.out, " {key_name:?} {value_name:?} group=false ");
                self.expr(collection);
                self.put(" (nil) ");
                self.arm(body);
                self.put(" (nil)))");
            }
        }
    }

    /// The start of the directive that ends at `end`.
    fn directive_start(&self, end: u32) -> u32 {
        let source = self.tree.text(Span::new(0, end));
        source.rfind("%{").map_or(end, |at| at as u32)
    }

    /// One arm of a directive.
    fn arm(&mut self, id: NodeId) {
        let mut span = self.tree.span(id);
        if let Expr::Template(pieces) = self.tree.expr(id) {
            if let [first, .., last] | [first @ last] = pieces {
                // HCL's first and last piece may be one line of ours.
                span = self.tree.span(*first).to(self.tree.span(*last));
            }
            self.open("Template", span);
            if pieces.is_empty() {
                self.put(" ");
                self.leaf("LiteralValue", span, &string(""));
            } else {
                self.pieces(pieces, self.lines);
            }
            self.end();
        } else {
            self.expr(id);
        }
    }

    fn pieces(&mut self, pieces: &[NodeId], lines: bool) {
        for &piece in pieces {
            let node = self.tree.node(piece);
            if node.kind == Kind::Text && self.is_literal(node.start, node.a) {
                self.literal(piece, lines);
            } else {
                self.put(" ");
                self.expr(piece);
            }
        }
    }

    /// Whether a text node is a piece of the template itself, and not a string inside `${}`.
    fn is_literal(&self, start: u32, content: u32) -> bool {
        let source = &self.tree.source;
        let before = &source.as_bytes()[..start as usize];
        let _ = content;
        let inside = before.iter().rev().find(|b| !b.is_ascii_whitespace());
        let value = inside == Some(&b'{')
            || (inside == Some(&b'~') && {
                let tilde = before.iter().rposition(|b| *b == b'~').unwrap_or(0);
                tilde > 0 && before[tilde - 1] == b'{'
            });
        !value || !matches!(source.as_bytes().get(start as usize), Some(b'"' | b'<'))
    }

    /// A string or heredoc without templates, or a bare key.
    fn text(&mut self, id: NodeId, span: Span) {
        let node = *self.tree.node(id);
        if id == self.tree.root() {
            self.open("Template", span);
            self.literal_run(node.a, node.a, node.b, node.b, escapes(node.op), true);
            self.end();
            return;
        }
        if !matches!(self.byte(span.start), b'"' | b'<') {
            // A bare key that is a keyword is a literal for HCL's parser.
            let name = self.tree.text(Span::new(node.a, node.b));
            match name {
                "true" => self.leaf("LiteralValue", span, "cty.True"),
                "false" => self.leaf("LiteralValue", span, "cty.False"),
                "null" => self.leaf("LiteralValue", span, "cty.NullVal(cty.DynamicPseudoType)"),
                name => {
                    self.open("ScopeTraversal", span);
                    let _ = write!(self.out, " root:{name})");
                }
            }
            return;
        }
        self.open("Template", span);
        if node.a == node.b {
            // HCL puts the empty text behind the closing mark.
            self.put(" ");
            self.leaf("LiteralValue", Span::new(span.end, span.end), &string(""));
        } else {
            let lines = self.byte(span.start) == b'<';
            self.literal_run(node.a, node.a, node.b, node.b, escapes(node.op), lines);
        }
        self.end();
    }

    /// Literal text of a template.
    fn literal(&mut self, id: NodeId, lines: bool) {
        let node = *self.tree.node(id);
        self.literal_run(
            node.start,
            node.a,
            node.b,
            node.end,
            escapes(node.op),
            lines,
        );
    }

    /// Literal text from `start` to `end`, of which `a` to `b` counts, cut as HCL's scanner cuts it.
    fn literal_run(&mut self, start: u32, a: u32, b: u32, end: u32, how: Escapes, lines: bool) {
        let source = self.tree.source.as_bytes();
        if start == end {
            self.put(" ");
            self.leaf("LiteralValue", Span::new(start, end), &string(""));
        }
        let mut at = start;
        let before = start.checked_sub(1).map(|i| source[i as usize]);
        let cut = lines && matches!(before, Some(b' ' | b'\t'));
        if cut && start < end && matches!(source.get(start as usize), Some(b'$' | b'%')) {
            // What was cut off was a literal of its own.
            self.put(" ");
            self.leaf("LiteralValue", Span::new(start, start), &string(""));
        }
        while at < end {
            let rest = &source[at as usize..end as usize];
            let mut len = 0;
            while len < rest.len() {
                match rest[len] {
                    b'\\' if how == Escapes::Quoted => len += 2,
                    c @ (b'$' | b'%') => {
                        if len > 0 {
                            break;
                        }
                        let follows = source.get(at as usize + 1..at as usize + 3);
                        if follows == Some(&[c, b'{']) {
                            len = 3;
                            if source.get(at as usize + 3) == Some(&b'~') {
                                len = 4;
                            }
                        } else {
                            len = 1;
                            // HCL's scanner takes one more character if the line ends behind it.
                            if let (true, Some(&[c, b'\n'])) = (lines, rest.get(1..3)) {
                                len += usize::from(c != b'\n');
                            }
                        }
                        break;
                    }
                    b'\n' if lines => {
                        len += 1;
                        break;
                    }
                    _ => len += 1,
                }
            }
            let next = (at + len as u32).min(end);
            let (from, to) = (a.clamp(at, next), b.clamp(at, next));
            let said = escape::decode(self.tree.text(Span::new(from, to)), how);
            self.put(" ");
            self.leaf("LiteralValue", Span::new(at, next), &string(&said));
            at = next;
        }
    }

    fn object(&mut self, entries: &[NodeId], span: Span) {
        self.open("ObjectCons", span);
        for pair in entries.chunks_exact(2) {
            let key = self.tree.span(pair[0]);
            let forced = self.byte(key.start) == b'(';
            self.put(" ");
            self.open("ObjectConsKey", key);
            let _ = write!(self.out, " force={forced}");
            self.kids(&pair[..1]);
            self.end();
            self.kids(&pair[1..]);
        }
        self.end();
    }

    /// A key that HCL's parser makes a step of: a literal.
    fn literal_key(&self, key: NodeId) -> Option<String> {
        Some(match self.tree.expr(key) {
            Expr::Null => "cty.NullVal(cty.DynamicPseudoType)".to_owned(),
            Expr::Bool(true) => "cty.True".to_owned(),
            Expr::Bool(false) => "cty.False".to_owned(),
            Expr::Number(text) => number(text),
            Expr::Text(text) => {
                let node = self.tree.node(key);
                let raw = self.tree.text(Span::new(node.a, node.b));
                let start = self.byte(node.start);
                let parts = raw.contains(['$', '%'])
                    || (start == b'<' && raw.find('\n').is_some_and(|i| i + 1 < raw.len()));
                if parts {
                    return None;
                }
                string(&text.decode())
            }
            _ => return None,
        })
    }

    fn traversal(&mut self, id: NodeId, span: Span) {
        let mut steps = Vec::new();
        let mut at = id;
        let base = loop {
            let end = self.tree.span(at).end;
            match self.tree.expr(at) {
                Expr::Attr { of, name } => {
                    steps.push(Step::Name(name, Span::new(self.step_start(of), end)));
                    at = of;
                }
                Expr::LegacyIndex { of, index } => {
                    steps.push(Step::Key(
                        number(index),
                        Span::new(self.step_start(of), end),
                    ));
                    at = of;
                }
                Expr::Index { of, key } => match self.literal_key(key) {
                    Some(key) => {
                        steps.push(Step::Key(key, Span::new(self.step_start(of), end)));
                        at = of;
                    }
                    None => break at,
                },
                _ => break at,
            }
        };
        match self.tree.expr(base) {
            Expr::Variable(name) => {
                self.open("ScopeTraversal", span);
                let _ = write!(self.out, " root:{name}");
            }
            of => {
                // In `x.*.y` the steps begin behind the star.
                let item = self.tree.span(base);
                let text = self.tree.text(item);
                let start = match (of, steps.last()) {
                    (Expr::Item, Some(Step::Name(_, s) | Step::Key(_, s)))
                        if text.ends_with('*') =>
                    {
                        s.start
                    }
                    _ => item.start,
                };
                self.open("RelativeTraversal", Span::new(start, span.end));
                self.kids(&[base]);
            }
        }
        for step in steps.iter().rev() {
            let _ = match step {
                Step::Name(name, span) => write!(self.out, " .{name}@{}-{}", span.start, span.end),
                Step::Key(key, span) => write!(self.out, " [{key}]@{}-{}", span.start, span.end),
            };
        }
        self.end();
    }

    /// Where the step after `of` begins: at the next token.
    fn step_start(&self, of: NodeId) -> u32 {
        let end = self.tree.span(of).end;
        let rest = self
            .tree
            .text(Span::new(end, self.tree.source().len() as u32));
        let mut parser = super::parser::Parser::with_room(rest, 0);
        parser.lines = false;
        parser.skip();
        end + parser.pos as u32
    }
}

fn escapes(op: u8) -> Escapes {
    match op {
        0 => Escapes::Raw,
        1 => Escapes::Quoted,
        _ => Escapes::Heredoc,
    }
}

/// The type of an operator's result, as Go prints it.
fn operand_type(op: Op) -> &'static str {
    match op {
        Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Mod | Op::Neg => "number",
        _ => "bool",
    }
}
