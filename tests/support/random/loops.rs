//! Expressions that go through something, and texts with expressions in them.

use super::expressions::Maker;
use super::node::{Node, Part, text};
use super::types::{NAMES, Ty};

impl Maker<'_> {
    pub(super) fn template(&mut self, depth: usize) -> Node {
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

    pub(super) fn for_tuple(&mut self, ty: &Ty, elem: &Ty, depth: usize) -> Node {
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

    pub(super) fn for_object(&mut self, ty: &Ty, elem: &Ty, depth: usize) -> Node {
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

    pub(super) fn splat(&mut self, ty: &Ty, elem: &Ty, depth: usize) -> Node {
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
