//! The syntax tree of one file: an arena of 24-byte nodes over the file's text.
//!
//! Lives here: the node layout and the typed views that the rest of the program reads
//! ([`Tree::expr`], [`Tree::items`]). Not here: how the tree is built (`native.rs`, `json.rs`) and
//! what it means (the evaluator).
//!
//! Why an arena: 77,000 allocations for a 517 kB repository become about five, and a whole tree is
//! dropped at once. Why views: the layout can change without touching a reader. Why one tree for
//! native and JSON syntax: everything after the parser has one code path.

use std::borrow::Cow;

/// A range of bytes of a file, end not included.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from `start` to `end`.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self::new(self.start.min(other.start), self.end.max(other.end))
    }

    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A node of a [`Tree`]; only meaningful together with the tree that gave it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// The node's number, for use as part of a key.
    pub fn index(self) -> u32 {
        self.0
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Kind {
    /// a, b: range of `kids`, each an Attribute or a Block.
    Body,
    /// a, b: span of the name; c: value.
    Attribute,
    /// a, b: range of `kids` = type name, labels… (Text nodes), body.
    Block,
    Missing,
    Null,
    True,
    False,
    /// The span is the number's text.
    Number,
    /// Literal text; a, b: span of the content; op: how it is written (`Escapes`).
    Text,
    /// a, b: range of `kids`: Text, expressions, `TemplateIf`, `TemplateFor`.
    Template,
    /// `"${x}"`: a: the expression.
    Wrap,
    /// The span is the name.
    Variable,
    /// a: source; b, c: span of the name.
    Attr,
    /// a: source; b: key.
    Index,
    /// `x.0`: a: source; b, c: span of the digits.
    LegacyIndex,
    /// a: source; b: the expression over `Item`; op: 1 for `[*]`, 0 for `.*`.
    Splat,
    /// The element that a splat is looking at.
    Item,
    /// a, b: range of `kids` = arguments; c: length of the name, which starts at the span's start.
    /// op: bit 0 when the last argument is expanded with `...`; bit 1 when the name is written with
    /// white space in it (`core :: max`): then the last child is its text.
    Call,
    /// a, b, c.
    Conditional,
    /// a; op.
    Unary,
    /// a, b; op.
    Binary,
    /// a, b: range of `kids`.
    Tuple,
    /// a, b: range of `kids`, key and value in turn.
    Object,
    /// a: start in `kids` of [key name or NONE, value name, collection, key or NONE, value, condition or NONE];
    /// op: bit 0 = object, bit 1 = grouped with `...`.
    For,
    /// a.
    Paren,
    /// a: condition, b: template, c: template or NONE.
    TemplateIf,
    /// a: start in `kids` of [key name or NONE, value name, collection, template].
    TemplateFor,
}

pub(super) const NONE: u32 = u32::MAX;

/// How a piece of literal text is written, so how to read it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Escapes {
    /// As it stands.
    Raw = 0,
    /// Backslash escapes, `$${` and `%%{`.
    Quoted = 1,
    /// Only `$${` and `%%{` (heredocs, template files, JSON strings already decoded).
    Heredoc = 2,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub kind: Kind,
    pub op: u8,
    pub start: u32,
    pub end: u32,
    pub a: u32,
    pub b: u32,
    pub c: u32,
}

/// A unary or binary operator.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Op {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Not,
    Neg,
}

impl Op {
    pub(super) const ALL: [Self; 15] = [
        Self::Or,
        Self::And,
        Self::Eq,
        Self::Ne,
        Self::Lt,
        Self::Le,
        Self::Gt,
        Self::Ge,
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::Div,
        Self::Mod,
        Self::Not,
        Self::Neg,
    ];

    /// As it is written.
    pub fn text(self) -> &'static str {
        [
            "||", "&&", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "!", "-",
        ][self as usize]
    }
}

/// A piece of literal text as written; [`Text::decode`] gives what it says.
#[derive(Clone, Copy, Debug)]
pub struct Text<'t> {
    pub(super) raw: &'t str,
    pub(super) escapes: Escapes,
}

impl<'t> Text<'t> {
    /// What the text says, escapes resolved. Not NFC-normalised: that is the evaluator's.
    pub fn decode(self) -> Cow<'t, str> {
        super::escape::decode(self.raw, self.escapes)
    }
}

/// An expression, one level deep.
#[derive(Clone, Copy, Debug)]
pub enum Expr<'t> {
    /// What could not be parsed; its error is in [`Tree::errors`].
    Missing,
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as written (never signed; may have an exponent).
    Number(&'t str),
    /// Text without interpolation: a quoted string, a heredoc, a bare object key, one piece of a template.
    Text(Text<'t>),
    /// Text with interpolation: pieces in order.
    Template(&'t [NodeId]),
    /// `"${x}"`: keeps the type of `x`.
    Wrap(NodeId),
    /// The first name of a traversal: `var`, `aws_s3_bucket`, a `for` variable.
    Variable(&'t str),
    /// `of.name`.
    Attr {
        /// The object.
        of: NodeId,
        /// The attribute's name.
        name: &'t str,
    },
    /// `of[key]`.
    Index {
        /// The collection.
        of: NodeId,
        /// The key.
        key: NodeId,
    },
    /// `of.0`.
    LegacyIndex {
        /// The collection.
        of: NodeId,
        /// The digits.
        index: &'t str,
    },
    /// `of.*.each` (attribute-only) or `of[*].each` (full).
    Splat {
        /// The collection.
        of: NodeId,
        /// The expression for each element, over [`Expr::Item`].
        each: NodeId,
        /// Written `[*]`.
        full: bool,
    },
    /// The element that the enclosing splat looks at.
    Item,
    /// `name(args)`.
    Call {
        /// The function's name, with its namespace (`core::max`, `provider::x::y`).
        name: &'t str,
        /// The arguments.
        args: &'t [NodeId],
        /// The last argument is written `x...`.
        expand: bool,
    },
    /// `cond ? then : other`.
    Conditional {
        /// The condition.
        cond: NodeId,
        /// Where it holds.
        then: NodeId,
        /// Where it does not.
        other: NodeId,
    },
    /// `-x`, `!x`.
    Unary {
        /// [`Op::Not`] or [`Op::Neg`].
        op: Op,
        /// The operand.
        of: NodeId,
    },
    /// `left op right`.
    Binary {
        /// The operator.
        op: Op,
        /// The left operand.
        left: NodeId,
        /// The right operand.
        right: NodeId,
    },
    /// `[a, b]`.
    Tuple(&'t [NodeId]),
    /// `{ a = b }`: keys and values in turn. A bare name as key is [`Expr::Text`].
    Object(&'t [NodeId]),
    /// `[for …]`, `{for …}`.
    For(For<'t>),
    /// `(x)`.
    Paren(NodeId),
    /// `%{ if cond }…%{ else }…%{ endif }`, a piece of a template.
    TemplateIf {
        /// The condition.
        cond: NodeId,
        /// The template where it holds.
        then: NodeId,
        /// The template where it does not.
        other: Option<NodeId>,
    },
    /// `%{ for k, v in coll }…%{ endfor }`, a piece of a template.
    TemplateFor {
        /// The name of the key.
        key_name: Option<&'t str>,
        /// The name of the value.
        value_name: &'t str,
        /// What is gone through.
        collection: NodeId,
        /// The template for each.
        body: NodeId,
    },
}

/// A `for` expression.
#[derive(Clone, Copy, Debug)]
pub struct For<'t> {
    /// The name of the key.
    pub key_name: Option<&'t str>,
    /// The name of the value.
    pub value_name: &'t str,
    /// What is gone through.
    pub collection: NodeId,
    /// `None` gives a tuple, else an object.
    pub key: Option<NodeId>,
    /// The value of each element.
    pub value: NodeId,
    /// `if condition`.
    pub condition: Option<NodeId>,
    /// `value...`: one list a key.
    pub group: bool,
}

/// An attribute or a block of a body.
#[derive(Clone, Copy, Debug)]
pub enum Item<'t> {
    /// `name = value`.
    Attribute(Attribute<'t>),
    /// `kind "label" { … }`.
    Block(Block<'t>),
}

/// `name = value`.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'t> {
    /// The node of the attribute itself.
    pub node: NodeId,
    /// The name.
    pub name: &'t str,
    /// Where the name stands.
    pub name_span: Span,
    /// The value.
    pub value: NodeId,
    /// Name to end of value.
    pub span: Span,
}

/// `kind "label" { … }`.
#[derive(Clone, Copy, Debug)]
pub struct Block<'t> {
    /// The node of the block itself.
    pub node: NodeId,
    /// `resource`, `rule`, …
    pub kind: &'t str,
    /// Where the kind stands.
    pub kind_span: Span,
    labels: &'t [NodeId],
    /// The content, for [`Tree::items`].
    pub body: NodeId,
    /// The kind to the end of the last label.
    pub header: Span,
    /// The kind to the closing brace.
    pub span: Span,
    tree: &'t Tree,
}

impl<'t> Block<'t> {
    /// The labels, decoded.
    pub fn labels(&self) -> impl ExactSizeIterator<Item = Cow<'t, str>> + use<'t> {
        let tree = self.tree;
        self.labels.iter().map(move |&l| tree.text_of(l))
    }

    /// The label at `index`.
    pub fn label(&self, index: usize) -> Option<Cow<'t, str>> {
        self.labels.get(index).map(|&l| self.tree.text_of(l))
    }

    /// Where the label at `index` stands, quotes included.
    pub fn label_span(&self, index: usize) -> Option<Span> {
        self.labels.get(index).map(|&l| self.tree.span(l))
    }

    /// The attribute `name` of this block's body.
    pub fn attribute(&self, name: &str) -> Option<Attribute<'t>> {
        self.tree.attribute(self.body, name)
    }

    /// The blocks of kind `kind` in this block's body.
    pub fn blocks(&self, kind: &str) -> impl Iterator<Item = Block<'t>> + use<'t> {
        let kind = kind.to_owned();
        self.tree.blocks(self.body).filter(move |b| b.kind == kind)
    }
}

/// What is wrong with a file's syntax, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    /// A kebab-case code; the texts for people are keyed by it (`syntax.CODE` in messages.toml).
    pub code: &'static str,
    /// Where.
    pub span: Span,
    /// Another place that belongs to it: the first of two attributes of one name, the bracket that
    /// is never closed.
    pub related: Option<Span>,
    /// What the message names: the token that was found, the limit that was reached.
    pub args: Vec<String>,
}

/// The syntax tree of one file, or of one expression.
#[derive(Debug)]
pub struct Tree {
    /// The text. Bytes that are not UTF-8 (only comments may have them) are replaced one by one, so
    /// that offsets stay. After `file_len` come decoded strings of JSON syntax, see `moved`.
    pub(super) source: String,
    pub(super) file_len: u32,
    pub(super) nodes: Vec<Node>,
    pub(super) kids: Vec<NodeId>,
    pub(super) root: NodeId,
    pub(super) comments: Vec<Span>,
    pub(super) errors: Vec<SyntaxError>,
    /// For text that was decoded to behind the file: start of the decoded text, and the span of the
    /// JSON string it came from; ascending.
    pub(super) moved: Vec<(u32, Span)>,
}

impl Tree {
    /// The root: a body, or for [`super::parse_expression`] and [`super::parse_template`] an expression.
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// The file's text.
    pub fn source(&self) -> &str {
        &self.source[..self.file_len as usize]
    }

    /// What is wrong with the syntax, in order; empty for a file that terraform takes.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// The comments, in order, with their marks.
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node (never for a parsed tree).
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many bytes of memory the tree holds, its text included.
    pub fn memory(&self) -> usize {
        self.source.capacity()
            + self.nodes.capacity() * size_of::<Node>()
            + self.kids.capacity() * size_of::<NodeId>()
            + self.comments.capacity() * size_of::<Span>()
            + self.moved.capacity() * size_of::<(u32, Span)>()
    }

    /// The text at `span`.
    pub fn text(&self, span: Span) -> &str {
        &self.source[span.range()]
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// Where a node stands in the file.
    pub fn span(&self, id: NodeId) -> Span {
        let n = self.node(id);
        self.place(Span::new(n.start, n.end))
    }

    /// Where decoded text stands in the file.
    pub(super) fn place(&self, span: Span) -> Span {
        if span.start < self.file_len || self.moved.is_empty() {
            return span;
        }
        let at = self
            .moved
            .partition_point(|(start, _)| *start <= span.start);
        at.checked_sub(1).map_or(span, |i| self.moved[i].1)
    }

    fn list(&self, a: u32, b: u32) -> &[NodeId] {
        &self.kids[a as usize..b as usize]
    }

    fn kid(&self, at: u32) -> Option<NodeId> {
        let id = self.kids[at as usize];
        (id.0 != NONE).then_some(id)
    }

    fn name(&self, at: u32) -> &str {
        let n = self.node(self.kids[at as usize]);
        &self.source[n.start as usize..n.end as usize]
    }

    /// The decoded text of a [`Expr::Text`] node; empty for any other.
    pub fn text_of(&self, id: NodeId) -> Cow<'_, str> {
        match self.expr(id) {
            Expr::Text(t) => t.decode(),
            _ => Cow::Borrowed(""),
        }
    }

    /// Those attributes and blocks of a body that touch a span of a file in native syntax; the others
    /// are not looked at.
    pub fn items_touching(&self, body: NodeId, span: Span) -> impl Iterator<Item = Item<'_>> {
        let n = self.node(body);
        let all = if n.kind == Kind::Body {
            self.list(n.a, n.b)
        } else {
            &[]
        };
        let first = all.partition_point(|&id| self.node(id).end <= span.start);
        all[first..]
            .iter()
            .take_while(move |&&id| self.node(id).start < span.end)
            .map(|&id| self.item(id))
    }

    /// The attributes and blocks of a body, in the order they stand.
    pub fn items(
        &self,
        body: NodeId,
    ) -> impl DoubleEndedIterator<Item = Item<'_>> + ExactSizeIterator {
        let n = self.node(body);
        let range = if n.kind == Kind::Body {
            (n.a, n.b)
        } else {
            (0, 0)
        };
        self.list(range.0, range.1).iter().map(|&id| self.item(id))
    }

    /// The attribute or block at a node that [`Attribute::node`] or [`Block::node`] gave.
    pub fn item(&self, id: NodeId) -> Item<'_> {
        let n = self.node(id);
        let span = self.place(Span::new(n.start, n.end));
        if n.kind == Kind::Attribute {
            let name_span = Span::new(n.a, n.b);
            return Item::Attribute(Attribute {
                node: id,
                name: self.text(name_span),
                name_span: self.place(name_span),
                value: NodeId(n.c),
                span,
            });
        }
        debug_assert_eq!(n.kind, Kind::Block);
        let kids = self.list(n.a, n.b);
        let (kind, rest) = kids.split_first().expect("internal: a block has a kind");
        let (body, labels) = rest.split_last().expect("internal: a block has a body");
        let kind_span = self.span(*kind);
        Item::Block(Block {
            node: id,
            kind: self.raw_text(*kind),
            kind_span,
            labels,
            body: *body,
            header: labels
                .last()
                .map_or(kind_span, |l| kind_span.to(self.span(*l))),
            span,
            tree: self,
        })
    }

    fn raw_text(&self, id: NodeId) -> &str {
        let n = self.node(id);
        &self.source[n.a as usize..n.b as usize]
    }

    /// The attribute `name` of a body; the last one where JSON syntax gives several.
    pub fn attribute(&self, body: NodeId, name: &str) -> Option<Attribute<'_>> {
        // The most asked question of all: names are compared before a view is made.
        let found = self.of_kind(body, Kind::Attribute).rev().find(|&id| {
            let n = self.node(id);
            self.text(Span::new(n.a, n.b)) == name
        })?;
        match self.item(found) {
            Item::Attribute(a) => Some(a),
            Item::Block(_) => None,
        }
    }

    /// The blocks of a body.
    pub fn blocks(&self, body: NodeId) -> impl Iterator<Item = Block<'_>> {
        self.of_kind(body, Kind::Block)
            .filter_map(|id| match self.item(id) {
                Item::Block(b) => Some(b),
                Item::Attribute(_) => None,
            })
    }

    /// The attributes of a body.
    pub fn attributes(&self, body: NodeId) -> impl Iterator<Item = Attribute<'_>> {
        self.of_kind(body, Kind::Attribute)
            .filter_map(|id| match self.item(id) {
                Item::Attribute(a) => Some(a),
                Item::Block(_) => None,
            })
    }

    /// The nodes of a kind in a body.
    fn of_kind(&self, body: NodeId, kind: Kind) -> impl DoubleEndedIterator<Item = NodeId> + '_ {
        let n = self.node(body);
        let (a, b) = if n.kind == Kind::Body {
            (n.a, n.b)
        } else {
            (0, 0)
        };
        self.list(a, b)
            .iter()
            .copied()
            .filter(move |&id| self.node(id).kind == kind)
    }

    /// The expression at a node, one level deep.
    pub fn expr(&self, id: NodeId) -> Expr<'_> {
        let n = self.node(id);
        match n.kind {
            Kind::Missing | Kind::Body | Kind::Attribute | Kind::Block => Expr::Missing,
            Kind::Null => Expr::Null,
            Kind::True => Expr::Bool(true),
            Kind::False => Expr::Bool(false),
            Kind::Number => Expr::Number(&self.source[n.start as usize..n.end as usize]),
            Kind::Text => Expr::Text(Text {
                raw: &self.source[n.a as usize..n.b as usize],
                escapes: match n.op {
                    0 => Escapes::Raw,
                    1 => Escapes::Quoted,
                    _ => Escapes::Heredoc,
                },
            }),
            Kind::Template => Expr::Template(self.list(n.a, n.b)),
            Kind::Wrap => Expr::Wrap(NodeId(n.a)),
            Kind::Variable => Expr::Variable(&self.source[n.start as usize..n.end as usize]),
            Kind::Attr => Expr::Attr {
                of: NodeId(n.a),
                name: self.text(Span::new(n.b, n.c)),
            },
            Kind::Index => Expr::Index {
                of: NodeId(n.a),
                key: NodeId(n.b),
            },
            Kind::LegacyIndex => Expr::LegacyIndex {
                of: NodeId(n.a),
                index: self.text(Span::new(n.b, n.c)),
            },
            Kind::Splat => Expr::Splat {
                of: NodeId(n.a),
                each: NodeId(n.b),
                full: n.op == 1,
            },
            Kind::Item => Expr::Item,
            Kind::Call if n.op & 2 != 0 => {
                let (name, args) = self
                    .list(n.a, n.b)
                    .split_last()
                    .expect("internal: a spaced name is the last child");
                Expr::Call {
                    name: self.raw_text(*name),
                    args,
                    expand: n.op & 1 != 0,
                }
            }
            Kind::Call => Expr::Call {
                name: self.text(Span::new(n.start, n.start + n.c)),
                args: self.list(n.a, n.b),
                expand: n.op & 1 != 0,
            },
            Kind::Conditional => Expr::Conditional {
                cond: NodeId(n.a),
                then: NodeId(n.b),
                other: NodeId(n.c),
            },
            Kind::Unary => Expr::Unary {
                op: Op::ALL[n.op as usize],
                of: NodeId(n.a),
            },
            Kind::Binary => Expr::Binary {
                op: Op::ALL[n.op as usize],
                left: NodeId(n.a),
                right: NodeId(n.b),
            },
            Kind::Tuple => Expr::Tuple(self.list(n.a, n.b)),
            Kind::Object => Expr::Object(self.list(n.a, n.b)),
            Kind::For => Expr::For(For {
                key_name: self.kid(n.a).map(|_| self.name(n.a)),
                value_name: self.name(n.a + 1),
                collection: self.kids[n.a as usize + 2],
                key: self.kid(n.a + 3),
                value: self.kids[n.a as usize + 4],
                condition: self.kid(n.a + 5),
                group: n.op & 2 != 0,
            }),
            Kind::Paren => Expr::Paren(NodeId(n.a)),
            Kind::TemplateIf => Expr::TemplateIf {
                cond: NodeId(n.a),
                then: NodeId(n.b),
                other: (n.c != NONE).then_some(NodeId(n.c)),
            },
            Kind::TemplateFor => Expr::TemplateFor {
                key_name: self.kid(n.a).map(|_| self.name(n.a)),
                value_name: self.name(n.a + 1),
                collection: self.kids[n.a as usize + 2],
                body: self.kids[n.a as usize + 3],
            },
        }
    }
}
