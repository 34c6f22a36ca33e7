//! Expressions of a wanted type, mostly of the right one.

use super::Rng;
use super::functions::{Signature, matches, signatures, texts, type_of};
use super::node::{Node, Part, text};
use super::types::{NAMES, Ty};

/// Makes expressions.
pub struct Maker<'r> {
    pub rng: &'r mut Rng,
    /// Names that can be read, with their types.
    pub scope: Vec<(String, Ty)>,
    /// In how many of a hundred a type is not the one that was wanted.
    pub wrong: usize,
    /// Only what seldom fails: a module with one error has no plan to compare.
    pub calm: bool,
    functions: Vec<Signature>,
    names: usize,
}

const STRINGS: &[&str] = &[
    r#""a""#,
    r#""b""#,
    r#""""#,
    r#""Hello, World""#,
    r#""10""#,
    r#""true""#,
    r#""a,b,,c""#,
    r#""-2.50""#,
    r#""x y  z""#,
    r#""東京タワー""#,
    r#""é""#,
    r#""e\u0301x""#,
    r#""l1\nl2\n""#,
    r#""\"q\" <&>""#,
    r#""$${no} %%{no}""#,
    r#""ß ǆ İ""#,
    r#""  pad\t""#,
    r#""👨‍👩‍👧x""#,
    r#""k""#,
    r#""key-1""#,
    r#""/a/../b//c.txt""#,
    r#""UPPER lower""#,
    r#""1e3""#,
    r#""null""#,
];
/// Functions that take nearly everything of the right type.
const SAFE: &[&str] = &[
    "abs",
    "ceil",
    "floor",
    "length",
    "upper",
    "lower",
    "title",
    "trimspace",
    "join",
    "replace",
    "strrev",
    "format",
    "jsonencode",
    "yamlencode",
    "base64encode",
    "md5",
    "tostring",
    "startswith",
    "contains",
    "alltrue",
    "anytrue",
    "can",
    "issensitive",
    "split",
    "sort",
    "compact",
    "keys",
    "reverse",
    "distinct",
    "concat",
    "values",
    "flatten",
    "tolist",
    "toset",
    "setunion",
    "setintersection",
    "setsubtract",
    "setproduct",
    "merge",
    "try",
    "nonsensitive",
    "sensitive",
    "ephemeralasnull",
    "tomap",
    "max",
    "min",
];
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "-1",
    "5",
    "10",
    "0.1",
    "1.5",
    "-2.75",
    "100",
    "1e3",
    "1000000",
    "3.0",
    "0.30",
    "12345678901234567890",
    "1.0000000001",
];

impl<'r> Maker<'r> {
    /// With names in scope.
    pub fn new(rng: &'r mut Rng, scope: Vec<(String, Ty)>, wrong: usize) -> Maker<'r> {
        Maker {
            rng,
            scope,
            wrong,
            calm: false,
            functions: signatures(),
            names: 0,
        }
    }

    /// The same, with only what seldom fails.
    #[must_use]
    pub fn calm(mut self) -> Maker<'r> {
        self.calm = true;
        self.functions
            .retain(|f| SAFE.contains(&f.name) && !f.expands);
        self
    }

    /// An expression of a type.
    pub fn expr(&mut self, ty: &Ty, depth: usize) -> Node {
        if self.rng.percent(self.wrong) {
            let other = Ty::random(self.rng, 1);
            return self.right(&other, depth);
        }
        self.right(ty, depth)
    }

    fn right(&mut self, ty: &Ty, depth: usize) -> Node {
        if depth == 0 {
            return self.leaf(ty);
        }
        match self.rng.below(100) {
            0..14 => self.leaf(ty),
            14..42 => self
                .call(ty, depth)
                .unwrap_or_else(|| self.special(ty, depth)),
            42..52 => self.conditional(ty, depth),
            52..62 => self.part_of(ty, depth),
            _ => self.special(ty, depth),
        }
    }

    fn node(ty: &Ty, parts: Vec<Part>) -> Node {
        Node::of(parts, ty.simple())
    }

    fn leaf(&mut self, ty: &Ty) -> Node {
        let named: Vec<String> = self
            .scope
            .iter()
            .filter(|(_, t)| t == ty)
            .map(|(n, _)| n.clone())
            .collect();
        if !named.is_empty() && self.rng.percent(55) {
            return Node::of(vec![text(self.rng.pick(&named).clone())], ty.simple());
        }
        if !self.calm && self.rng.percent(3) {
            return Node::of(vec![text("null")], ty.simple());
        }
        let own = match ty {
            Ty::Bool => (*self.rng.pick(&["true", "false"])).to_owned(),
            Ty::Num => (*self.rng.pick(NUMBERS)).to_owned(),
            Ty::Str => (*self.rng.pick(STRINGS)).to_owned(),
            _ => return self.collection(ty, 0),
        };
        Node::of(vec![text(own)], ty.simple())
    }

    /// A collection, element by element.
    fn collection(&mut self, ty: &Ty, depth: usize) -> Node {
        let less = depth.saturating_sub(1);
        let bare = self.rng.percent(30);
        match ty {
            Ty::List(t) | Ty::Set(t) => {
                let items = (0..self.rng.below(4)).map(|_| self.expr(t, less)).collect();
                let name = match ty {
                    Ty::List(_) if bare => "",
                    Ty::List(_) => "tolist",
                    _ => "toset",
                };
                Self::node(
                    ty,
                    vec![text(format!("{name}([")), Part::List(items), text("])")],
                )
            }
            Ty::Map(t) => {
                let mut items = Vec::new();
                for _ in 0..self.rng.below(4) {
                    let key = self.key(depth);
                    let value = self.expr(t, less);
                    items.push(Node::of(vec![key, text(" = "), Part::Node(value)], ""));
                }
                let name = if bare { "" } else { "tomap" };
                Self::node(
                    ty,
                    vec![text(format!("{name}({{")), Part::List(items), text("})")],
                )
            }
            Ty::Tuple(ts) => {
                let items = ts.iter().map(|t| self.expr(t, less)).collect();
                Self::node(ty, vec![text("["), Part::List(items), text("]")])
            }
            Ty::Object(fields) => {
                let items = fields
                    .iter()
                    .map(|(n, t)| {
                        let value = self.expr(t, less);
                        Node::of(vec![text(format!("{n} = ")), Part::Node(value)], "")
                    })
                    .collect();
                Self::node(ty, vec![text("{"), Part::List(items), text("}")])
            }
            _ => self.leaf(ty),
        }
    }

    fn key(&mut self, depth: usize) -> Part {
        match self.rng.below(6) {
            0 => text(format!(
                "\"{}\"",
                self.rng.pick(&["k", "x y", "東", "1", "a"])
            )),
            1 if depth > 0 => {
                let key = self.expr(&Ty::Str, depth - 1);
                Part::Node(Node::of(vec![text("("), Part::Node(key), text(")")], "a"))
            }
            2 => text("1"),
            _ => text(*self.rng.pick(&["a", "b", "c", "k"])),
        }
    }

    fn conditional(&mut self, ty: &Ty, depth: usize) -> Node {
        let cond = self.expr(&Ty::Bool, depth - 1);
        let (a, b) = (self.expr(ty, depth - 1), self.expr(ty, depth - 1));
        Self::node(
            ty,
            vec![
                text("("),
                Part::Node(cond),
                text(" ? "),
                Part::Node(a),
                text(" : "),
                Part::Node(b),
                text(")"),
            ],
        )
    }

    /// An element or attribute of something bigger.
    fn part_of(&mut self, ty: &Ty, depth: usize) -> Node {
        let less = depth - 1;
        let own = self.expr(ty, less);
        match self.rng.below(6) {
            0 => {
                let other = Ty::random(self.rng, 1);
                let other = self.expr(&other, less);
                let name = *self.rng.pick(NAMES);
                let items = vec![
                    Node::of(vec![text(format!("{name} = ")), Part::Node(own)], ""),
                    Node::of(vec![text("zz = "), Part::Node(other)], ""),
                ];
                let get = if self.rng.percent(50) {
                    format!("}}.{name}")
                } else {
                    format!("}}[\"{name}\"]")
                };
                Self::node(ty, vec![text("{"), Part::List(items), text(get)])
            }
            1 => {
                let more = self.expr(ty, less);
                let at = if self.calm {
                    Node::leaf("1")
                } else {
                    self.index()
                };
                Self::node(
                    ty,
                    vec![
                        text("["),
                        Part::List(vec![own, more]),
                        text("]["),
                        Part::Node(at),
                        text("]"),
                    ],
                )
            }
            2 if !self.calm => {
                let list = self.expr(&Ty::List(Box::new(ty.clone())), less);
                let at = self.index();
                Self::node(
                    ty,
                    vec![Part::Node(list), text("["), Part::Node(at), text("]")],
                )
            }
            3 => {
                let map = self.expr(&Ty::Map(Box::new(ty.clone())), less);
                let key = self.expr(&Ty::Str, less.min(1));
                Self::node(
                    ty,
                    vec![
                        text("try("),
                        Part::Node(map),
                        text("["),
                        Part::Node(key),
                        text("], "),
                        Part::Node(own),
                        text(")"),
                    ],
                )
            }
            4 => Self::node(ty, vec![text("["), Part::Node(own), text("].0")]),
            _ => Self::node(ty, vec![text("one("), Part::Node(own), text("[*])")]),
        }
    }

    fn index(&mut self) -> Node {
        if self.rng.percent(25) {
            return self.expr(&Ty::Num, 1);
        }
        Node::of(
            vec![text(*self.rng.pick(&["0", "1", "\"0\"", "1 - 1"]))],
            "0",
        )
    }

    fn call(&mut self, ty: &Ty, depth: usize) -> Option<Node> {
        let fits: Vec<Signature> = self
            .functions
            .iter()
            .filter(|f| matches(f.result, ty, &mut [None, None]))
            .cloned()
            .collect();
        if fits.is_empty() {
            return None;
        }
        let f = self.rng.pick(&fits).clone();
        let mut bound = [None, None];
        matches(f.result, ty, &mut bound);
        let mut items: Vec<Node> = Vec::new();
        let more = if f.repeats { self.rng.below(3) } else { 0 };
        let last = f.arguments.last().copied().unwrap_or("s");
        let all = f.arguments.iter().copied().chain((0..more).map(|_| last));
        for notation in all {
            if notation.starts_with('"') {
                items.push(Node::leaf(notation));
                continue;
            }
            let item = match type_of(notation, &mut bound, self.rng) {
                Some(t) => self.expr(&t, depth - 1),
                None if self.rng.percent(88) => {
                    Node::of(vec![text(*self.rng.pick(texts(notation)))], "1")
                }
                None if notation == "i" => self.expr(&Ty::Num, depth - 1),
                None => self.expr(&Ty::Str, depth - 1),
            };
            items.push(item);
        }
        if !self.calm && self.rng.percent(1) {
            items.pop();
        }
        let prefix = if self.rng.percent(1) { "core::" } else { "" };
        let end = if f.expands { "...)" } else { ")" };
        Some(Self::node(
            ty,
            vec![
                text(format!("{prefix}{}(", f.name)),
                Part::List(items),
                text(end),
            ],
        ))
    }

    /// What only this type has.
    fn special(&mut self, ty: &Ty, depth: usize) -> Node {
        let less = depth - 1;
        match ty {
            Ty::Bool => {
                let (op, of) = match self.rng.below(10) {
                    0 => ("&&", Ty::Bool),
                    1 => ("||", Ty::Bool),
                    2 => ("!", Ty::Bool),
                    3 => ("<", Ty::Num),
                    4 => (">=", Ty::Num),
                    5 => ("!=", Ty::random(self.rng, 1)),
                    6 => ("== null", Ty::random(self.rng, 1)),
                    _ => ("==", Ty::random(self.rng, 1)),
                };
                let a = Part::Node(self.expr(&of, less));
                match op {
                    "!" => Self::node(ty, vec![text("!"), a]),
                    "== null" => Self::node(ty, vec![text("("), a, text(" == null)")]),
                    _ => {
                        let b = Part::Node(self.expr(&of, less));
                        Self::node(
                            ty,
                            vec![text("("), a, text(format!(" {op} ")), b, text(")")],
                        )
                    }
                }
            }
            Ty::Num => {
                let ops = if self.calm { 3 } else { 7 };
                let op = *self.rng.pick(&["+", "-", "*", "/", "%", "+", "-"][..ops]);
                let (a, b) = (self.expr(ty, less), self.expr(ty, less));
                if self.rng.percent(10) {
                    return Self::node(ty, vec![text("-("), Part::Node(a), text(")")]);
                }
                Self::node(
                    ty,
                    vec![
                        text("("),
                        Part::Node(a),
                        text(format!(" {op} ")),
                        Part::Node(b),
                        text(")"),
                    ],
                )
            }
            Ty::Str => self.template(depth),
            Ty::List(t) | Ty::Set(t) => match self.rng.below(4) {
                0 => self.collection(ty, depth),
                1 => self.splat(ty, t, depth),
                _ => self.for_tuple(ty, t, depth),
            },
            Ty::Map(t) => match self.rng.below(3) {
                0 => self.collection(ty, depth),
                _ => self.for_object(ty, t, depth),
            },
            Ty::Tuple(_) | Ty::Object(_) => self.collection(ty, depth),
        }
    }

    fn template(&mut self, depth: usize) -> Node {
        let less = depth - 1;
        let mut parts = vec![text("\"")];
        for _ in 0..=self.rng.below(3) {
            match self.rng.below(6) {
                0 => parts.push(text(
                    *self
                        .rng
                        .pick(&["a", "-", " x ", "日本", "\\n", "$${", "\\\"", "%"]),
                )),
                1 => {
                    let c = self.expr(&Ty::Bool, less);
                    let v = self.expr(&Ty::Str, less);
                    parts.extend([
                        text("%{ if "),
                        Part::Node(c),
                        text(*self.rng.pick(&[" }", " ~}"])),
                        text(" ${"),
                        Part::Node(v),
                        text("}"),
                        text(*self.rng.pick(&[
                            "%{ else } no%{ endif }",
                            "%{ endif }",
                            "%{ else ~} n %{~ endif ~}",
                        ])),
                    ]);
                }
                2 => {
                    let of = Ty::primitive(self.rng);
                    let list = self.expr(&Ty::List(Box::new(of.clone())), less);
                    let name = self.bind();
                    self.scope.push((name.clone(), of.clone()));
                    let v = self.expr(&of, less.min(1));
                    self.scope.pop();
                    parts.extend([
                        text(format!("%{{ for {name} in ")),
                        Part::Node(list),
                        text(*self.rng.pick(&[" }", " ~}"])),
                        text("<${"),
                        Part::Node(v),
                        text("}> %{ endfor }"),
                    ]);
                }
                _ => {
                    let of = Ty::primitive(self.rng);
                    let v = self.expr(&of, less);
                    let (open, close) =
                        *self.rng.pick(&[("${", "}"), ("${", "}"), ("${~ ", " ~}")]);
                    parts.extend([text(open), Part::Node(v), text(close)]);
                }
            }
        }
        parts.push(text("\""));
        Self::node(&Ty::Str, parts)
    }

    fn bind(&mut self) -> String {
        self.names += 1;
        format!("x{}", self.names)
    }

    /// A collection to go through, and the types of key and value.
    fn source(&mut self, depth: usize) -> (Node, Ty, Ty) {
        let of = Ty::random(self.rng, 1);
        match self.rng.below(3) {
            0 => (
                self.expr(&Ty::List(Box::new(of.clone())), depth),
                Ty::Num,
                of,
            ),
            1 => (
                self.expr(&Ty::Map(Box::new(of.clone())), depth),
                Ty::Str,
                of,
            ),
            _ => {
                let of = Ty::primitive(self.rng);
                (
                    self.expr(&Ty::Set(Box::new(of.clone())), depth),
                    of.clone(),
                    of,
                )
            }
        }
    }

    /// `for` up to the colon, with the names in scope; and the condition.
    fn going(&mut self, depth: usize) -> (Vec<Part>, Vec<Part>, usize) {
        let (source, key, value) = self.source(depth - 1);
        let (k, v) = (self.bind(), self.bind());
        let both = self.rng.percent(60);
        let mut head = vec![text(if both {
            format!("for {k}, {v} in ")
        } else {
            format!("for {v} in ")
        })];
        head.extend([Part::Node(source), text(" : ")]);
        let mut bound = 1;
        self.scope.push((v, value));
        if both {
            self.scope.push((k, key));
            bound = 2;
        }
        let condition = if self.rng.percent(30) {
            vec![text(" if "), Part::Node(self.expr(&Ty::Bool, depth - 1))]
        } else {
            Vec::new()
        };
        (head, condition, bound)
    }

    fn unbind(&mut self, n: usize) {
        self.scope.truncate(self.scope.len() - n);
    }

    fn for_tuple(&mut self, ty: &Ty, elem: &Ty, depth: usize) -> Node {
        let (head, condition, bound) = self.going(depth);
        let body = self.expr(elem, depth - 1);
        self.unbind(bound);
        let (open, close) = match ty {
            Ty::Set(_) => ("toset([", "])"),
            _ if self.rng.percent(50) => ("tolist([", "])"),
            _ => ("[", "]"),
        };
        let mut parts = vec![text(open)];
        parts.extend(head);
        parts.push(Part::Node(body));
        parts.extend(condition);
        parts.push(text(close));
        Self::node(ty, parts)
    }

    fn for_object(&mut self, ty: &Ty, elem: &Ty, depth: usize) -> Node {
        let (head, condition, bound) = self.going(depth);
        let key = match self.scope.last() {
            Some((name, t)) if *t != Ty::Bool && self.rng.percent(70) => match t {
                Ty::Str | Ty::Num => Node::of(vec![text(name.clone())], "\"k\""),
                _ => self.expr(&Ty::Str, depth - 1),
            },
            _ => self.expr(&Ty::Str, depth - 1),
        };
        let group = self.rng.percent(if self.calm { 60 } else { 20 });
        let body = self.expr(elem, depth - 1);
        self.unbind(bound);
        let mut parts = vec![text("{")];
        parts.extend(head);
        parts.extend([Part::Node(key), text(" => "), Part::Node(body)]);
        parts.push(text(if group { "..." } else { "" }));
        parts.extend(condition);
        parts.push(text("}"));
        Self::node(ty, parts)
    }

    fn splat(&mut self, ty: &Ty, elem: &Ty, depth: usize) -> Node {
        let name = *self.rng.pick(NAMES);
        let of = Ty::Object(vec![(name, elem.clone())]);
        let source = match self.rng.below(3) {
            0 => of,
            1 => Ty::Set(Box::new(of)),
            _ => Ty::List(Box::new(of)),
        };
        let list = self.expr(&source, depth - 1);
        let (open, close) = if matches!(ty, Ty::Set(_)) {
            ("toset(", ")")
        } else {
            ("", "")
        };
        let get = *self.rng.pick(&["[*].", ".*."]);
        Self::node(
            ty,
            vec![
                text(open),
                Part::Node(list),
                text(format!("{get}{name}{close}")),
            ],
        )
    }
}
