//! Bodies and expressions from JSON.

use super::super::parser::Parser;
use super::super::tree::{Escapes, Kind, NodeId, Op, Span};
use super::dom::{Dom, Id, Member, Placed, Value};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Whose body is read: this decides which properties are blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Context {
    /// A configuration file.
    Root,
    /// A file of values for variables.
    Values,
    /// `terraform`.
    Terraform,
    /// `terraform.required_providers`.
    RequiredProviders,
    /// What else stands in `terraform`: nothing is evaluated there.
    Settings,
    /// `variable`.
    Variable,
    /// `output`.
    Output,
    /// `module`.
    Module,
    /// `locals`.
    Locals,
    /// `resource`, `data`, `ephemeral`: with blocks that only the provider knows.
    Resource,
    /// `lifecycle`.
    Lifecycle,
    /// `provisioner`.
    Provisioner,
    /// `dynamic`.
    Dynamic,
    /// `content` of a `dynamic`, and other bodies whose properties the provider knows.
    Content,
    /// `check`.
    Check,
    /// `moved`, `import`, `removed`.
    Refactoring,
    /// `precondition` and the like: attributes only.
    Condition,
}

impl Context {
    /// If a property is a block: its number of labels and what its body is.
    fn block(self, name: &str) -> Option<(usize, Self)> {
        Some(match (self, name) {
            (Self::Root, "resource" | "data" | "ephemeral") => (2, Self::Resource),
            (Self::Root, "module") => (1, Self::Module),
            (Self::Root, "variable") => (1, Self::Variable),
            (Self::Root, "output") => (1, Self::Output),
            (Self::Root, "provider") => (1, Self::Content),
            (Self::Root, "check") => (1, Self::Check),
            (Self::Root, "terraform") => (0, Self::Terraform),
            (Self::Root, "locals") => (0, Self::Locals),
            (Self::Root, "moved" | "import" | "removed") => (0, Self::Refactoring),
            (Self::Terraform, "backend" | "provider_meta") => (1, Self::Settings),
            (Self::Terraform, "cloud") => (0, Self::Settings),
            (Self::Settings, "workspaces") => (0, Self::Settings),
            (Self::Terraform, "required_providers") => (0, Self::RequiredProviders),
            (Self::Variable, "validation") => (0, Self::Condition),
            (Self::Output, "precondition") => (0, Self::Condition),
            (Self::Lifecycle, "precondition" | "postcondition") => (0, Self::Condition),
            (Self::Check, "assert") => (0, Self::Condition),
            (Self::Check, "data") => (2, Self::Resource),
            (Self::Resource | Self::Refactoring, "lifecycle") => (0, Self::Lifecycle),
            (Self::Resource | Self::Refactoring, "provisioner") => (1, Self::Provisioner),
            (Self::Resource | Self::Refactoring | Self::Provisioner, "connection") => {
                (0, Self::Condition)
            }
            (Self::Resource | Self::Content, "dynamic") => (1, Self::Dynamic),
            (Self::Dynamic, "content") => (0, Self::Content),
            _ => return None,
        })
    }

    /// How an attribute's strings are read.
    fn strings(self, name: &str) -> Strings {
        match (self, name) {
            // A module's source and a backend's settings may be put together (`OpenTofu`).
            (Self::Values | Self::Terraform, _)
            | (Self::Variable, "description" | "default")
            | (Self::Output, "description")
            | (Self::Module, "version") => Strings::Literal,
            (Self::RequiredProviders, _) => Strings::Requirement,
            (Self::Variable, "type")
            | (Self::Resource | Self::Refactoring, "provider")
            | (Self::Resource | Self::Output | Self::Module, "depends_on")
            | (Self::Module, "providers")
            | (Self::Lifecycle, "ignore_changes" | "replace_triggered_by")
            | (Self::Provisioner, "when" | "on_failure")
            | (Self::Dynamic, "iterator")
            | (Self::Refactoring, "from" | "to") => Strings::Expression,
            _ => Strings::Template,
        }
    }

    /// Whether two properties of one name are an error here. Where the provider decides what is a
    /// block, they may be two blocks.
    fn unique(self, name: &str) -> bool {
        match self {
            Self::Resource => {
                matches!(name, "count" | "for_each" | "provider" | "depends_on")
            }
            Self::Content | Self::Settings | Self::Root => false,
            _ => true,
        }
    }
}

/// How strings are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Strings {
    /// As templates.
    Template,
    /// As they stand.
    Literal,
    /// As expressions in native syntax.
    Expression,
    /// As they stand, but `configuration_aliases` as expressions.
    Requirement,
}

/// A JSON text on its way into a tree.
pub(super) struct Converter<'s> {
    pub parser: Parser<'s>,
    pub dom: &'s Dom,
}

impl Converter<'_> {
    /// The file's body.
    pub fn file(&mut self, context: Context, file_len: u32) -> NodeId {
        let members = match self.dom.root {
            None => Vec::new(),
            Some(root) => self.members(root, "json-root"),
        };
        let span = Span::new(0, file_len);
        self.body(context, &members, span)
    }

    fn value(&self, id: Id) -> Placed {
        self.dom.values[id as usize]
    }

    /// The properties of an object, or of all objects of an array: as a body, or as labels.
    fn members(&mut self, id: Id, code: &'static str) -> Vec<Member> {
        let dom = self.dom;
        let Placed { value, span } = self.value(id);
        match value {
            Value::Null if code != "json-root" => Vec::new(),
            Value::Object(from, to) => dom.members[from as usize..to as usize].to_vec(),
            Value::Array(from, to) => {
                let mut all = Vec::new();
                for &element in &dom.elements[from as usize..to as usize] {
                    match self.value(element) {
                        Placed {
                            value: Value::Object(from, to),
                            ..
                        } => {
                            all.extend_from_slice(&dom.members[from as usize..to as usize]);
                        }
                        Placed { span, .. } => self.parser.error(code, span, []),
                    }
                }
                all
            }
            _ => {
                self.parser.error(code, span, []);
                Vec::new()
            }
        }
    }

    fn body(&mut self, context: Context, members: &[Member], span: Span) -> NodeId {
        let base = self.parser.stack.len();
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for member in members {
            let name = self.parser.slice(member.key);
            if name == "//" {
                continue;
            }
            if let Some((labels, inner)) = context.block(name) {
                self.block(*member, member.value, labels, &mut Vec::new(), inner);
                continue;
            }
            if context.unique(name) {
                match seen.entry(name) {
                    Entry::Occupied(first) => {
                        let first = *first.get();
                        let args = [name.to_owned()];
                        let code = "duplicate-attribute";
                        self.parser
                            .error_related(code, member.key_span, Some(first), args);
                    }
                    Entry::Vacant(place) => {
                        place.insert(member.key_span);
                    }
                }
            }
            let value = self.expression(member.value, context.strings(name));
            let end = self.value(member.value).span.end;
            let node = self.parser.add(
                Kind::Attribute,
                0,
                (member.key_span.start as usize, end as usize),
                member.key.start,
                member.key.end,
                value.0,
            );
            self.parser.stack.push(node);
        }
        let (a, b) = self.parser.collect(base);
        self.parser.add(
            Kind::Body,
            0,
            (span.start as usize, span.end as usize),
            a,
            b,
            0,
        )
    }

    /// The blocks of a property, pushed onto the stack.
    fn block(
        &mut self,
        kind: Member,
        id: Id,
        labels_left: usize,
        labels: &mut Vec<Member>,
        context: Context,
    ) {
        if labels_left > 0 {
            let members = self.members(id, "json-labels-expected");
            if members.is_empty() {
                let args = [self.parser.slice(kind.key).to_owned()];
                self.parser
                    .error("json-label-missing", self.value(id).span, args);
            }
            for member in members {
                labels.push(member);
                self.block(kind, member.value, labels_left - 1, labels, context);
                labels.pop();
            }
            return;
        }
        match self.value(id) {
            Placed {
                value: Value::Null, ..
            } => {}
            Placed {
                value: Value::Object(..),
                ..
            } => self.one_block(kind, id, labels, context),
            Placed {
                value: Value::Array(from, to),
                ..
            } => {
                let dom = self.dom;
                for &element in &dom.elements[from as usize..to as usize] {
                    self.one_block(kind, element, labels, context);
                }
            }
            Placed { span, .. } => {
                let args = [self.parser.slice(kind.key).to_owned()];
                self.parser.error("json-block-expected", span, args);
            }
        }
    }

    fn one_block(&mut self, kind: Member, id: Id, labels: &[Member], context: Context) {
        let members = self.members(id, "json-body-expected");
        let span = self.value(id).span;
        let base = self.parser.stack.len();
        // Where a block begins is for people to see: with labels that is the last of them, since the
        // word before may be far away and belong to many blocks.
        let header = labels.last().map_or(kind.key_span, |l| l.key_span);
        let place = (header.start as usize, header.end as usize);
        let kind = self.parser.text_node(place, kind.key, Escapes::Raw);
        self.parser.stack.push(kind);
        for label in labels {
            let place = (label.key_span.start as usize, label.key_span.end as usize);
            let label = self.parser.text_node(place, label.key, Escapes::Raw);
            self.parser.stack.push(label);
        }
        let body = self.body(context, &members, span);
        self.parser.stack.push(body);
        let (a, b) = self.parser.collect(base);
        let block_span = (header.start.min(span.start) as usize, span.end as usize);
        let node = self.parser.add(Kind::Block, 0, block_span, a, b, 0);
        self.parser.stack.push(node);
    }

    fn expression(&mut self, id: Id, strings: Strings) -> NodeId {
        let dom = self.dom;
        let Placed { value, span } = self.value(id);
        let (start, end) = (span.start as usize, span.end as usize);
        match value {
            Value::Null => self.parser.leaf(Kind::Null, start, end),
            Value::True => self.parser.leaf(Kind::True, start, end),
            Value::False => self.parser.leaf(Kind::False, start, end),
            Value::Number if self.parser.at(start) == b'-' => {
                let number = self.parser.leaf(Kind::Number, start + 1, end);
                self.parser
                    .add(Kind::Unary, Op::Neg as u8, (start, end), number.0, 0, 0)
            }
            Value::Number => self.parser.leaf(Kind::Number, start, end),
            Value::String(content) => self.string(span, content, strings),
            Value::Array(from, to) => {
                let base = self.parser.stack.len();
                for &element in &dom.elements[from as usize..to as usize] {
                    let element = self.expression(element, strings);
                    self.parser.stack.push(element);
                }
                let (a, b) = self.parser.collect(base);
                self.parser.add(Kind::Tuple, 0, (start, end), a, b, 0)
            }
            Value::Object(from, to) => {
                let base = self.parser.stack.len();
                // Other than in native syntax, two entries of one name are an error here.
                let mut seen: HashMap<&str, Span> = HashMap::new();
                for member in &dom.members[from as usize..to as usize] {
                    let name = self.parser.slice(member.key);
                    if let Some(first) = seen.insert(name, member.key_span) {
                        let args = [name.to_owned()];
                        let code = "json-duplicate-key";
                        self.parser
                            .error_related(code, member.key_span, Some(first), args);
                    }
                    let key = self.string(member.key_span, member.key, strings);
                    self.parser.bare_key(key);
                    self.parser.stack.push(key);
                    let aliases = name == "configuration_aliases";
                    let inner = match strings {
                        Strings::Requirement if aliases => Strings::Expression,
                        _ => strings,
                    };
                    let value = self.expression(member.value, inner);
                    self.parser.stack.push(value);
                }
                let (a, b) = self.parser.collect(base);
                self.parser.add(Kind::Object, 0, (start, end), a, b, 0)
            }
        }
    }

    /// A string at `span` that says `content`.
    fn string(&mut self, span: Span, content: Span, strings: Strings) -> NodeId {
        let place = (span.start as usize, span.end as usize);
        let text = self.parser.slice(content);
        let plain = match strings {
            Strings::Literal | Strings::Requirement => true,
            Strings::Template => memchr::memchr2(b'$', b'%', text.as_bytes()).is_none(),
            Strings::Expression => false,
        };
        if plain {
            return self.parser.text_node(place, content, Escapes::Raw);
        }
        if strings == Strings::Expression && text.contains("${") {
            self.parser
                .error("json-reference-expected", span, [text.to_owned()]);
            return self.parser.leaf(Kind::Missing, place.0, place.1);
        }
        let parser = &mut self.parser;
        let (stack, parts, depth) = (parser.stack.len(), parser.parts.len(), parser.depth);
        let kept = (parser.src, parser.pos, parser.lines);
        parser.src = &parser.text.as_bytes()[..content.end as usize];
        parser.pos = content.start as usize;
        parser.lines = false;
        let result = if strings == Strings::Template {
            parser.template_at(place)
        } else {
            parser.lone_expression()
        };
        (parser.src, parser.pos, parser.lines) = kept;
        if let Ok(ex) = result {
            return ex.id;
        }
        parser.stack.truncate(stack);
        parser.parts.truncate(parts);
        parser.heredocs.clear();
        parser.depth = depth;
        parser.leaf(Kind::Missing, place.0, place.1)
    }
}
