//! Values that stand in a file of another syntax (sekisho.toml), as a tree over that file's text: so
//! they are evaluated, marked and covered like those of a values file.

use super::tree::{Escapes, Kind, Node, NodeId, Op, Span, Tree};

/// A value with the place where it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Given {
    /// The value.
    pub value: Plain,
    /// Its place.
    pub span: Span,
}

/// A value that is written out.
#[derive(Clone, PartialEq, Debug)]
pub enum Plain {
    /// A boolean.
    Bool(bool),
    /// A number, as Terraform writes it.
    Number(String),
    /// A text, escapes resolved.
    Text(String),
    /// A list.
    List(Vec<Given>),
    /// An object: name, place of the name, value.
    Object(Vec<(String, Span, Given)>),
}

/// A tree over `text` whose root is a body with these attributes; each comes back as its value's node.
pub fn given(text: &str, attributes: &[(String, Span, Given)]) -> (Tree, Vec<NodeId>) {
    let mut making = Making {
        source: text.to_owned(),
        nodes: Vec::new(),
        kids: Vec::new(),
        moved: Vec::new(),
    };
    let mut values = Vec::with_capacity(attributes.len());
    let mut body = Vec::with_capacity(attributes.len());
    for (name, span, value) in attributes {
        let value_node = making.value(value);
        let name = making.behind(name, *span);
        let whole = span.to(value.span);
        body.push(making.node(
            Kind::Attribute,
            0,
            whole,
            [name.start, name.end, value_node.0],
        ));
        values.push(value_node);
    }
    let whole = Span::new(0, text.len() as u32);
    let root = making.list(Kind::Body, whole, &body);
    let tree = Tree {
        source: making.source,
        file_len: text.len() as u32,
        nodes: making.nodes,
        kids: making.kids,
        root,
        comments: Vec::new(),
        errors: Vec::new(),
        moved: making.moved,
    };
    (tree, values)
}

struct Making {
    source: String,
    nodes: Vec<Node>,
    kids: Vec<NodeId>,
    moved: Vec<(u32, Span)>,
}

impl Making {
    fn node(&mut self, kind: Kind, op: u8, span: Span, [a, b, c]: [u32; 3]) -> NodeId {
        let (start, end) = (span.start, span.end);
        self.nodes.push(Node {
            kind,
            op,
            start,
            end,
            a,
            b,
            c,
        });
        NodeId(self.nodes.len() as u32 - 1)
    }

    fn list(&mut self, kind: Kind, span: Span, all: &[NodeId]) -> NodeId {
        let start = self.kids.len() as u32;
        self.kids.extend_from_slice(all);
        let end = self.kids.len() as u32;
        self.node(kind, 0, span, [start, end, 0])
    }

    /// Decoded text, put behind the file.
    fn behind(&mut self, text: &str, place: Span) -> Span {
        let start = self.source.len() as u32;
        self.source.push_str(text);
        self.moved.push((start, place));
        Span::new(start, self.source.len() as u32)
    }

    fn text(&mut self, text: &str, place: Span) -> NodeId {
        let content = self.behind(text, place);
        let op = Escapes::Raw as u8;
        self.node(Kind::Text, op, place, [content.start, content.end, 0])
    }

    fn value(&mut self, given: &Given) -> NodeId {
        let span = given.span;
        match &given.value {
            Plain::Bool(true) => self.node(Kind::True, 0, span, [0; 3]),
            Plain::Bool(false) => self.node(Kind::False, 0, span, [0; 3]),
            Plain::Number(text) => {
                let digits = text.trim_start_matches('-');
                let digits_at = self.behind(digits, span);
                let number = self.node(Kind::Number, 0, digits_at, [0; 3]);
                if digits.len() == text.len() {
                    return number;
                }
                self.node(Kind::Unary, Op::Neg as u8, span, [number.0, 0, 0])
            }
            Plain::Text(text) => self.text(text, span),
            Plain::List(all) => {
                let all: Vec<NodeId> = all.iter().map(|g| self.value(g)).collect();
                self.list(Kind::Tuple, span, &all)
            }
            Plain::Object(entries) => {
                let mut all = Vec::with_capacity(entries.len() * 2);
                for (name, at, value) in entries {
                    all.push(self.text(name, *at));
                    all.push(self.value(value));
                }
                self.list(Kind::Object, span, &all)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::syntax::{Expr, Item};

    #[test]
    fn values_are_read_and_stand_where_they_were_written() {
        let text = "vars = { n = -1_000, s = [\"a\\n\"] }";
        let at = |what: &str| {
            let start = text.find(what).expect("it stands there");
            Span::new(start as u32, (start + what.len()) as u32)
        };
        let number = Given {
            value: Plain::Number("-1000".into()),
            span: at("-1_000"),
        };
        let list = Given {
            value: Plain::List(vec![Given {
                value: Plain::Text("a\n".into()),
                span: at("\"a\\n\""),
            }]),
            span: at("[\"a\\n\"]"),
        };
        let all = [
            ("n".to_owned(), at("n ="), number),
            ("s".to_owned(), at("s ="), list),
        ];
        let (tree, nodes) = given(text, &all);
        assert_eq!(tree.source(), text);
        let names: Vec<&str> = tree
            .items(tree.root())
            .filter_map(|i| match i {
                Item::Attribute(a) => Some(a.name),
                Item::Block(_) => None,
            })
            .collect();
        assert_eq!(names, ["n", "s"]);
        let Expr::Unary { of, .. } = tree.expr(nodes[0]) else {
            panic!("a negative number");
        };
        assert!(matches!(tree.expr(of), Expr::Number("1000")));
        assert_eq!(tree.span(of), at("-1_000"));
        let Expr::Tuple([text]) = tree.expr(nodes[1]) else {
            panic!("a list of one");
        };
        assert_eq!(tree.text_of(*text), "a\n");
        assert_eq!(tree.span(*text), at("\"a\\n\""));
    }
}
