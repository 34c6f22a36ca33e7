//! A text made of parts, so that it can be made smaller without knowing what it means.

/// An expression, or a block with expressions in it.
#[derive(Clone, Debug)]
pub struct Node {
    pub parts: Vec<Part>,
    /// A short text of the same type that can stand for it; empty for a block.
    pub fallback: String,
}

/// A part of a text.
#[derive(Clone, Debug)]
pub enum Part {
    Text(String),
    Node(Node),
    /// Nodes with commas between them, of which any can be left out.
    List(Vec<Node>),
}

impl Node {
    /// A text that is not looked into.
    pub fn leaf(text: impl Into<String>) -> Node {
        let text = text.into();
        Node {
            parts: vec![Part::Text(text.clone())],
            fallback: text,
        }
    }

    /// Parts, and what can stand for them.
    pub fn of(parts: Vec<Part>, fallback: impl Into<String>) -> Node {
        Node {
            parts,
            fallback: fallback.into(),
        }
    }

    /// The text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(t) => out.push_str(t),
                Part::Node(n) => n.write(out),
                Part::List(items) => {
                    for (i, item) in items.iter().enumerate() {
                        if i > 0 {
                            out.push_str(", ");
                        }
                        item.write(out);
                    }
                }
            }
        }
    }

    fn children(&self) -> Vec<&Node> {
        let mut out = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(_) => {}
                Part::Node(n) => out.push(n),
                Part::List(items) => out.extend(items),
            }
        }
        out
    }

    /// Smaller ones, the smallest first.
    pub fn smaller(&self) -> Vec<Node> {
        let mut out = Vec::new();
        self.collect(&mut out);
        let mut keyed: Vec<(usize, String, Node)> = out
            .into_iter()
            .map(|n| (n.text().len(), n.text(), n))
            .collect();
        keyed.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        keyed.dedup_by(|a, b| a.1 == b.1);
        let own = self.text();
        keyed.retain(|(len, text, _)| *len < own.len() || (*len == own.len() && *text < own));
        keyed.into_iter().map(|(_, _, n)| n).collect()
    }

    fn collect(&self, out: &mut Vec<Node>) {
        if !self.fallback.is_empty() {
            let leaf = self.fallback == self.text();
            if !leaf {
                out.push(Node::leaf(self.fallback.clone()));
            } else if self.fallback.len() > 1 {
                out.extend(["1", "null", "\"\"", "[]", "{}"].map(Node::leaf));
            }
            out.extend(self.children().into_iter().cloned());
        }
        for (i, part) in self.parts.iter().enumerate() {
            let with = |part: Part| {
                let mut node = self.clone();
                node.parts[i] = part;
                node
            };
            match part {
                Part::Text(_) => {}
                Part::Node(n) => {
                    let mut inner = Vec::new();
                    n.collect(&mut inner);
                    out.extend(inner.into_iter().map(|n| with(Part::Node(n))));
                }
                Part::List(items) => {
                    for at in 0..items.len() {
                        let mut fewer = items.clone();
                        fewer.remove(at);
                        out.push(with(Part::List(fewer)));
                        let mut inner = Vec::new();
                        items[at].collect(&mut inner);
                        for n in inner {
                            let mut changed = items.clone();
                            changed[at] = n;
                            out.push(with(Part::List(changed)));
                        }
                    }
                }
            }
        }
    }

    /// The block with the short text in place of each expression.
    pub fn tamed(&self) -> Node {
        let mut node = self.clone();
        for part in &mut node.parts {
            if let Part::Node(n) = part {
                *n = Node::leaf(n.fallback.clone());
            }
        }
        node
    }
}

/// A text part.
pub fn text(t: impl Into<String>) -> Part {
    Part::Text(t.into())
}
