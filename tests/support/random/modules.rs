//! Modules: blocks in files, with values files, child modules, repetition and outputs.

use super::Rng;
use super::expressions::Maker;
use super::node::{Node, Part, text};
use super::types::Ty;
use std::path::Path;

/// A file of blocks.
#[derive(Clone)]
pub struct File {
    pub path: &'static str,
    pub items: Vec<Node>,
}

/// Where a block was written: its file and number, its first line and its last.
#[derive(Clone, Copy, Debug)]
pub struct At {
    pub file: usize,
    pub item: usize,
    pub first: usize,
    pub last: usize,
}

/// A configuration.
#[derive(Clone)]
pub struct Case {
    pub files: Vec<File>,
}

impl Case {
    /// Writes it below `dir`, and says where.
    pub fn write(&self, dir: &Path) -> Vec<At> {
        let mut lines = Vec::new();
        for (f, file) in self.files.iter().enumerate() {
            let mut out = String::new();
            let mut line = 1;
            for (i, item) in file.items.iter().enumerate() {
                let own = item.text() + "\n";
                let count = own.matches('\n').count();
                lines.push(At {
                    file: f,
                    item: i,
                    first: line,
                    last: line + count - 1,
                });
                line += count;
                out += &own;
            }
            let path = dir.join(file.path);
            std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
            std::fs::write(path, out).expect("written");
        }
        if self.files.iter().any(|f| f.path.starts_with("child/")) {
            // What `terraform init` would write.
            let modules = dir.join(".terraform/modules");
            std::fs::create_dir_all(&modules).expect("made");
            let manifest = r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"m","Source":"./child","Dir":"child"},{"Key":"n","Source":"./child","Dir":"child"}]}"#;
            std::fs::write(modules.join("modules.json"), manifest).expect("written");
        }
        lines
    }

    /// All of its text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for file in &self.files {
            out += &format!("# {}\n", file.path);
            for item in &file.items {
                out += &item.text();
                out += "\n";
            }
        }
        out
    }

    /// Smaller ones: without a block, or with a smaller one.
    pub fn smaller(&self) -> Vec<Case> {
        let mut out = Vec::new();
        let with = |f: usize, change: &dyn Fn(&mut Vec<Node>)| {
            let mut case = self.clone();
            change(&mut case.files[f].items);
            case
        };
        for f in 0..self.files.len() {
            for i in 0..self.files[f].items.len() {
                out.push(with(f, &|items| drop(items.remove(i))));
            }
        }
        for f in 0..self.files.len() {
            for i in 0..self.files[f].items.len() {
                let tamed = self.files[f].items[i].tamed();
                if tamed.text() != self.files[f].items[i].text() {
                    out.push(with(f, &|items| items[i] = tamed.clone()));
                }
            }
        }
        for f in 0..self.files.len() {
            for i in 0..self.files[f].items.len() {
                for node in self.files[f].items[i].smaller() {
                    out.push(with(f, &|items| items[i] = node.clone()));
                }
            }
        }
        out
    }
}

fn block(parts: Vec<Part>) -> Node {
    Node::of(parts, "")
}

/// What expressions of the expression mode can read.
pub fn prelude() -> (Vec<Node>, Vec<(String, Ty)>) {
    let s = || Box::new(Ty::Str);
    let items = [
        "resource \"terraform_data\" \"u\" {\n  input = { s = \"in\", n = 4 }\n}",
        "locals {\n  str = \"abc\"\n  num = 3\n  yes = true\n  strs = tolist([\"b\", \"a\", \"c\"])\n  set = toset([\"x\", \"y\"])\n  map = tomap({ k = \"v\", a = \"w\" })\n  objs = [{ name = \"n1\", tags = [\"t\"] }, { name = \"n2\", tags = [] }]\n  secret = sensitive(\"s3\")\n  unk = terraform_data.u.id\n  unks = tolist([\"a\", terraform_data.u.id])\n  unkb = terraform_data.u.id == \"x\"\n  nothing = null\n}",
    ];
    let scope = vec![
        ("local.str".to_owned(), Ty::Str),
        ("local.num".into(), Ty::Num),
        ("local.yes".into(), Ty::Bool),
        ("local.strs".into(), Ty::List(s())),
        ("local.set".into(), Ty::Set(s())),
        ("local.map".into(), Ty::Map(s())),
        ("local.objs[0].name".into(), Ty::Str),
        ("local.objs[*].name".into(), Ty::List(s())),
        ("local.secret".into(), Ty::Str),
        ("local.unk".into(), Ty::Str),
        ("local.unks".into(), Ty::List(s())),
        ("local.unkb".into(), Ty::Bool),
        ("length(local.unk)".into(), Ty::Num),
        ("terraform_data.u.output".into(), Ty::Str),
        ("terraform_data.u.input.s".into(), Ty::Str),
        ("terraform_data.u.output.n".into(), Ty::Num),
    ];
    (
        items.into_iter().map(Node::leaf).map(fixed).collect(),
        scope,
    )
}

fn fixed(node: Node) -> Node {
    Node {
        fallback: String::new(),
        ..node
    }
}

/// The two blocks that ask for the value of an expression.
pub fn asking(i: usize, expr: &Node) -> Node {
    block(vec![text(format!(
        "resource \"terraform_data\" \"e{i}\" {{\n  input = {{ v = {0} }}\n}}\noutput \"o{i}\" {{\n  value = {0}\n  sensitive = true\n}}",
        expr.text()
    ))])
}

/// An expression of the expression mode.
pub fn expression(rng: &mut Rng) -> Node {
    let ty = Ty::random(rng, 2);
    let depth = 1 + rng.below(3);
    let (_, scope) = prelude();
    Maker::new(rng, scope, 3).expr(&ty, depth)
}

/// A random module.
pub fn module(rng: &mut Rng) -> Case {
    let mut root = Builder::new(rng, "");
    root.variables();
    root.locals();
    root.resources();
    let with_child = root.rng.percent(75);
    let mut child_files = Vec::new();
    if with_child {
        let scope = std::mem::take(&mut root.scope);
        let own = std::mem::take(&mut root.items);
        let values = std::mem::take(&mut root.values);
        let mut child = Builder::new(root.rng, "c");
        child.variables();
        child.locals();
        child.resources();
        let outputs = child.outputs();
        let (items, wanted) = (child.items, child.wanted);
        child_files.push(File {
            path: "child/main.tf",
            items,
        });
        (root.scope, root.items, root.values) = (scope, own, values);
        for name in ["m", "n"] {
            if name == "m" || root.rng.percent(40) {
                root.call(name, &wanted, &outputs);
            }
        }
    }
    root.locals();
    root.outputs();
    let mut files = vec![
        File {
            path: "main.tf",
            items: root.items,
        },
        File {
            path: "terraform.tfvars",
            items: root.values,
        },
    ];
    files.extend(child_files);
    Case { files }
}

struct Builder<'r> {
    rng: &'r mut Rng,
    prefix: &'static str,
    scope: Vec<(String, Ty)>,
    items: Vec<Node>,
    values: Vec<Node>,
    /// Variables with their types, and whether a value has to be given.
    wanted: Vec<(String, Ty, bool)>,
    names: usize,
}

impl<'r> Builder<'r> {
    fn new(rng: &'r mut Rng, prefix: &'static str) -> Builder<'r> {
        Builder {
            rng,
            prefix,
            scope: Vec::new(),
            items: Vec::new(),
            values: Vec::new(),
            wanted: Vec::new(),
            names: 0,
        }
    }

    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{}{kind}{}", self.prefix, self.names)
    }

    fn expr(&mut self, ty: &Ty, depth: usize) -> Node {
        Maker::new(self.rng, self.scope.clone(), 0)
            .calm()
            .expr(ty, depth)
    }

    fn variables(&mut self) {
        for _ in 0..=self.rng.below(4) {
            let name = self.name("v");
            let ty = Ty::random(self.rng, 2);
            let mut lines = format!("variable \"{name}\" {{\n");
            if self.rng.percent(85) {
                lines += &format!("  type = {}\n", ty.constraint(self.rng));
            }
            let child = !self.prefix.is_empty();
            let given = self.rng.percent(45);
            if !given || self.rng.percent(40) {
                lines += &format!("  default = {}\n", ty.literal(self.rng));
            }
            if self.rng.percent(12) {
                lines += "  sensitive = true\n";
            }
            if self.rng.percent(15) {
                lines += "  nullable = false\n";
            }
            let mut parts = vec![text(lines)];
            if self.rng.percent(10) {
                let scope =
                    std::mem::replace(&mut self.scope, vec![(format!("var.{name}"), ty.clone())]);
                let condition = self.expr(&Ty::Bool, 2);
                self.scope = scope;
                parts.extend([
                    text(format!(
                        "  validation {{\n    condition = var.{name} == null || "
                    )),
                    Part::Node(condition),
                    text("\n    error_message = \"no\"\n  }\n"),
                ]);
            }
            parts.push(text("}"));
            self.items.push(block(parts));
            if given && !child {
                let value = ty.literal(self.rng);
                self.values.push(block(vec![
                    text(format!("{name} = ")),
                    Part::Node(Node::of(vec![text(value)], "null")),
                ]));
            }
            self.scope.push((format!("var.{name}"), ty.clone()));
            if let Ty::Object(fields) = &ty {
                for (n, t) in fields {
                    self.scope.push((format!("var.{name}.{n}"), t.clone()));
                }
            }
            self.wanted.push((name, ty, given));
        }
    }

    fn locals(&mut self) {
        for _ in 0..=self.rng.below(3) {
            let name = self.name("l");
            let ty = Ty::random(self.rng, 2);
            let depth = 1 + self.rng.below(3);
            let value = if ty == Ty::Str && self.rng.percent(40) {
                self.heredoc()
            } else {
                self.expr(&ty, depth)
            };
            self.items.push(block(vec![
                text(format!("locals {{\n  {name} = ")),
                Part::Node(value),
                text("\n}"),
            ]));
            self.scope.push((format!("local.{name}"), ty));
        }
    }

    fn heredoc(&mut self) -> Node {
        let (a, b) = (self.expr(&Ty::Str, 1), self.expr(&Ty::Bool, 1));
        let open = *self.rng.pick(&["<<EOT\n", "<<-EOT\n"]);
        Node::of(
            vec![
                text(open),
                text(*self.rng.pick(&["    one ${", "  \"${", "\n   x ${"])),
                Part::Node(a),
                text("}\n      two \\n $${x}\n    %{ if "),
                Part::Node(b),
                text(*self.rng.pick(&[
                    " }\n    yes\n    %{ else }\n  no\n    %{ endif }\n",
                    " ~}\n  yes\n  %{~ endif ~}\n  end\n",
                ])),
                text("    EOT"),
            ],
            "\"a\"",
        )
    }

    /// A `count` or `for_each` line, and what can be read there; and the name's ending to read one.
    fn repeated(&mut self) -> (Vec<Part>, Vec<(String, Ty)>, &'static str) {
        match self.rng.below(6) {
            0 | 1 => {
                let n = if self.rng.percent(85) {
                    Node::leaf(*self.rng.pick(&["0", "1", "2", "3"]))
                } else {
                    self.expr(&Ty::Num, 2)
                };
                let parts = vec![
                    text("  count = "),
                    Part::Node(Node {
                        fallback: "1".into(),
                        ..n
                    }),
                    text("\n"),
                ];
                (parts, vec![("count.index".into(), Ty::Num)], "[0]")
            }
            2 => {
                let set = self.expr(&Ty::Set(Box::new(Ty::Str)), 2);
                let scope = vec![("each.key".into(), Ty::Str), ("each.value".into(), Ty::Str)];
                (
                    vec![text("  for_each = "), Part::Node(set), text("\n")],
                    scope,
                    "[\"a\"]",
                )
            }
            3 => {
                let ty = Ty::random(self.rng, 1);
                let map = self.expr(&Ty::Map(Box::new(ty.clone())), 2);
                let scope = vec![("each.key".into(), Ty::Str), ("each.value".into(), ty)];
                (
                    vec![text("  for_each = "), Part::Node(map), text("\n")],
                    scope,
                    "[\"a\"]",
                )
            }
            _ => (Vec::new(), Vec::new(), ""),
        }
    }

    fn resources(&mut self) {
        for _ in 0..=self.rng.below(3) {
            let name = self.name("r");
            let (mut parts, more, ending) = self.repeated();
            parts.insert(
                0,
                text(format!("resource \"terraform_data\" \"{name}\" {{\n")),
            );
            let ty = Ty::random(self.rng, 2);
            let before = self.scope.len();
            self.scope.extend(more);
            let input = self.expr(&ty, 2);
            parts.extend([text("  input = "), Part::Node(input), text("\n")]);
            if self.rng.percent(25) {
                let t = Ty::random(self.rng, 1);
                let value = self.expr(&t, 2);
                parts.extend([text("  triggers_replace = "), Part::Node(value), text("\n")]);
            }
            self.scope.truncate(before);
            parts.push(text("}"));
            self.items.push(block(parts));
            let address = format!("terraform_data.{name}");
            if ending != "[\"a\"]" {
                self.scope.push((format!("{address}{ending}.id"), Ty::Str));
                self.scope
                    .push((format!("{address}{ending}.input"), ty.clone()));
                self.scope
                    .push((format!("{address}{ending}.output"), ty.clone()));
            }
            match ending {
                "[0]" => self
                    .scope
                    .push((format!("{address}[*].id"), Ty::List(Box::new(Ty::Str)))),
                "" => {}
                _ => {
                    let all = format!("{{ for k, r in {address} : k => r.input }}");
                    self.scope.push((all, Ty::Map(Box::new(ty))));
                    self.scope
                        .push((format!("keys({address})"), Ty::List(Box::new(Ty::Str))));
                }
            }
        }
    }

    fn outputs(&mut self) -> Vec<(String, Ty)> {
        let mut out = Vec::new();
        for _ in 0..=self.rng.below(3) {
            let name = self.name("o");
            let ty = Ty::random(self.rng, 2);
            let value = self.expr(&ty, 2);
            let sensitive = if self.rng.percent(35) {
                "  sensitive = true\n"
            } else {
                ""
            };
            self.items.push(block(vec![
                text(format!("output \"{name}\" {{\n  value = ")),
                Part::Node(value),
                text(format!("\n{sensitive}}}")),
            ]));
            out.push((name, ty));
        }
        out
    }

    fn call(&mut self, name: &str, wanted: &[(String, Ty, bool)], outputs: &[(String, Ty)]) {
        let (mut parts, more, ending) = self.repeated();
        parts.insert(
            0,
            text(format!("module \"{name}\" {{\n  source = \"./child\"\n")),
        );
        let before = self.scope.len();
        self.scope.extend(more);
        for (variable, ty, must) in wanted {
            if *must || self.rng.percent(50) {
                let value = self.expr(ty, 2);
                parts.extend([
                    text(format!("  {variable} = ")),
                    Part::Node(value),
                    text("\n"),
                ]);
            }
        }
        self.scope.truncate(before);
        parts.push(text("}"));
        self.items.push(block(parts));
        for (o, ty) in outputs {
            match ending {
                "" => self.scope.push((format!("module.{name}.{o}"), ty.clone())),
                "[0]" => {
                    self.scope
                        .push((format!("module.{name}[0].{o}"), ty.clone()));
                    self.scope.push((
                        format!("module.{name}[*].{o}"),
                        Ty::List(Box::new(ty.clone())),
                    ));
                }
                _ => {
                    let all = format!("{{ for k, m in module.{name} : k => m.{o} }}");
                    self.scope.push((all, Ty::Map(Box::new(ty.clone()))));
                }
            }
        }
    }
}
