//! Expressions of native syntax.
//!
//! Recursive descent with precedence climbing. What nests is counted by [`Parser::nested`]; what
//! only goes on (`a + b + c`, `a.b.c`, `a ? b : c ? d : e`) loops, and the height of the tree that
//! comes of it is limited instead.

use super::parser::{Ex, NO_NODE, Parser, R, Stop};
use super::tree::{Escapes, Kind, NodeId, Op, Span};

impl Parser<'_> {
    /// An expression.
    pub fn expression(&mut self) -> R<Ex> {
        self.nested(Self::conditional)
    }

    /// The rest of the text as one expression.
    pub fn lone_expression(&mut self) -> R<Ex> {
        let expression = self.expression()?;
        self.skip();
        if self.ended() {
            Ok(expression)
        } else {
            self.unexpected("extra-after-expression", None)
        }
    }

    /// An expression inside brackets, where newlines are white space.
    fn inner(&mut self) -> R<Ex> {
        let lines = std::mem::replace(&mut self.lines, false);
        let result = self.expression();
        self.lines = lines;
        result
    }

    fn conditional(&mut self) -> R<Ex> {
        let first = self.binary(0)?;
        self.skip();
        if self.byte() != b'?' {
            return Ok(first);
        }
        let mut arms = Vec::new();
        let mut cond = first;
        let mut other = loop {
            let question = Span::new(self.pos as u32, self.pos as u32 + 1);
            self.take(1);
            let then = self.expression()?;
            self.skip();
            if self.byte() != b':' || self.at(self.pos + 1) == b':' {
                return self.unexpected("colon-expected", Some(question));
            }
            self.take(1);
            arms.push((cond, then));
            cond = self.binary(0)?;
            self.skip();
            if self.byte() != b'?' {
                break cond;
            }
        };
        while let Some((cond, then)) = arms.pop() {
            let height = self.above(cond.height.max(then.height).max(other.height))?;
            let span = (self.span_of(cond.id).0, self.span_of(other.id).1);
            let id = self.add(Kind::Conditional, 0, span, cond.id.0, then.id.0, other.id.0);
            other = Ex { id, height };
        }
        Ok(other)
    }

    /// Operators that bind at least as strongly as `least`.
    fn binary(&mut self, least: u8) -> R<Ex> {
        let mut left = self.unary()?;
        loop {
            self.skip();
            let Some((op, binds, len)) = self.operator() else {
                return Ok(left);
            };
            if binds < least {
                return Ok(left);
            }
            self.take(len);
            let right = self.binary(binds + 1)?;
            let height = self.above(left.height.max(right.height))?;
            let span = (self.span_of(left.id).0, self.span_of(right.id).1);
            let id = self.add(Kind::Binary, op as u8, span, left.id.0, right.id.0, 0);
            left = Ex { id, height };
        }
    }

    /// The binary operator at the position: how strongly it binds, and its length.
    #[inline]
    fn operator(&self) -> Option<(Op, u8, usize)> {
        let next = self.at(self.pos + 1);
        Some(match self.byte() {
            b'|' if next == b'|' => (Op::Or, 0, 2),
            b'&' if next == b'&' => (Op::And, 1, 2),
            b'=' if next == b'=' => (Op::Eq, 2, 2),
            b'!' if next == b'=' => (Op::Ne, 2, 2),
            b'<' if next == b'=' => (Op::Le, 3, 2),
            // `<<` begins a heredoc, `<<<` is this operator before one.
            b'<' if next != b'<' || self.at(self.pos + 2) == b'<' => (Op::Lt, 3, 1),
            b'>' if next == b'=' => (Op::Ge, 3, 2),
            b'>' => (Op::Gt, 3, 1),
            b'+' => (Op::Add, 4, 1),
            b'-' => (Op::Sub, 4, 1),
            b'*' => (Op::Mul, 5, 1),
            b'/' => (Op::Div, 5, 1),
            b'%' => (Op::Mod, 5, 1),
            _ => return None,
        })
    }

    fn unary(&mut self) -> R<Ex> {
        self.skip();
        let op = match self.byte() {
            b'-' => Op::Neg,
            b'!' if self.at(self.pos + 1) != b'=' => Op::Not,
            _ => {
                let term = self.term()?;
                return self.traversals(term);
            }
        };
        let start = self.pos;
        self.take(1);
        let of = self.nested(Self::unary)?;
        let height = self.above(of.height)?;
        let span = (start, self.span_of(of.id).1);
        let id = self.add(Kind::Unary, op as u8, span, of.id.0, 0, 0);
        Ok(Ex { id, height })
    }

    /// Whether an ellipsis is next.
    fn ellipsis(&self) -> bool {
        self.src[self.pos.min(self.src.len())..].starts_with(b"...")
    }

    /// What follows a term: `.name`, `.0`, `.*`, `[key]`, `[*]`.
    fn traversals(&mut self, from: Ex) -> R<Ex> {
        let start = self.span_of(from.id).0;
        let mut of = from;
        loop {
            self.skip();
            match self.byte() {
                b'.' if !self.ellipsis() => {
                    let dot = self.pos;
                    self.take(1);
                    self.skip();
                    if self.byte() == b'*' {
                        of = self.attribute_splat(of, start, dot)?;
                    } else {
                        of = self.step(of, start, "attribute-name-expected")?;
                    }
                }
                b'[' => {
                    let open = self.pos;
                    self.take(1);
                    self.skip();
                    if self.byte() == b'*' {
                        of = self.full_splat(of, start, open)?;
                    } else {
                        let key = self.inner()?;
                        self.close(b']', open)?;
                        let height = self.above(of.height.max(key.height))?;
                        let span = (start, self.last);
                        let id = self.add(Kind::Index, 0, span, of.id.0, key.id.0, 0);
                        of = Ex { id, height };
                    }
                }
                _ => return Ok(of),
            }
        }
    }

    /// What follows a dot: a name, or the digits of the legacy index syntax.
    fn step(&mut self, of: Ex, start: usize, code: &'static str) -> R<Ex> {
        let height = self.above(of.height)?;
        if let Some(name) = self.try_name() {
            let span = (start, self.last);
            let id = self.add(Kind::Attr, 0, span, of.id.0, name.start, name.end);
            return Ok(Ex { id, height });
        }
        if !self.byte().is_ascii_digit() {
            return self.unexpected(code, None);
        }
        let number = self.number_token();
        let text = self.slice(number);
        if let Some((first, second)) = text.split_once('.') {
            self.error(
                "legacy-index-chain",
                number,
                [first.to_owned(), second.to_owned()],
            );
        } else {
            self.check_number(number);
        }
        let span = (start, self.last);
        let id = self.add(
            Kind::LegacyIndex,
            0,
            span,
            of.id.0,
            number.start,
            number.end,
        );
        Ok(Ex { id, height })
    }

    /// `.*` and the steps that belong to it. Brackets end it: they index the result.
    fn attribute_splat(&mut self, of: Ex, start: usize, dot: usize) -> R<Ex> {
        self.take(1);
        let item = self.leaf(Kind::Item, dot, self.last);
        let mut each = Ex {
            id: item,
            height: 0,
        };
        loop {
            self.skip();
            if self.byte() != b'.' || self.ellipsis() {
                break;
            }
            self.take(1);
            self.skip();
            if self.byte() == b'*' {
                return self.fail("nested-splat", self.here(), []);
            }
            each = self.step(each, dot, "attribute-name-expected")?;
        }
        let height = self.above(of.height.max(each.height))?;
        let id = self.add(Kind::Splat, 0, (start, self.last), of.id.0, each.id.0, 0);
        Ok(Ex { id, height })
    }

    /// `[*]` and all that follows: it is done for each element.
    fn full_splat(&mut self, of: Ex, start: usize, open: usize) -> R<Ex> {
        self.take(1);
        self.skip();
        if !self.eat(b']') {
            let open = Span::new(open as u32, open as u32 + 1);
            return self.unexpected("splat-bracket-expected", Some(open));
        }
        let item = self.leaf(Kind::Item, open, self.last);
        let each = self.nested(|p| {
            p.traversals(Ex {
                id: item,
                height: 0,
            })
        })?;
        let height = self.above(of.height.max(each.height))?;
        let end = self.span_of(each.id).1;
        let id = self.add(Kind::Splat, 1, (start, end), of.id.0, each.id.0, 0);
        Ok(Ex { id, height })
    }

    /// The closing bracket of the one at `open`; newlines before it are white space.
    fn close(&mut self, bracket: u8, open: usize) -> R<()> {
        let lines = std::mem::replace(&mut self.lines, false);
        self.skip();
        self.lines = lines;
        if self.eat(bracket) {
            return Ok(());
        }
        let open = Span::new(open as u32, open as u32 + 1);
        self.unexpected(
            if bracket == b')' {
                "parenthesis-expected"
            } else {
                "bracket-expected"
            },
            Some(open),
        )
    }

    fn term(&mut self) -> R<Ex> {
        let start = self.pos;
        let byte = self.byte();
        if self.name_next() {
            return self.named();
        }
        match byte {
            b'"' => self.quoted(),
            b'0'..=b'9' => {
                let number = self.number_token();
                self.check_number(number);
                Ok(Ex {
                    id: self.leaf(Kind::Number, start, self.last),
                    height: 0,
                })
            }
            b'(' => {
                self.take(1);
                let inner = self.inner()?;
                self.close(b')', start)?;
                let height = self.above(inner.height)?;
                let id = self.add(Kind::Paren, 0, (start, self.last), inner.id.0, 0, 0);
                Ok(Ex { id, height })
            }
            b'[' => {
                let lines = std::mem::replace(&mut self.lines, false);
                let result = self.tuple();
                self.lines = lines;
                result
            }
            b'{' => {
                let lines = self.lines;
                let result = self.object();
                self.lines = lines;
                result
            }
            b'<' if self.at(start + 1) == b'<' => match self.heredoc_marker() {
                Some((marker, flush, text)) => self.heredoc(marker, flush, text),
                None => self.unexpected("heredoc-marker-expected", None),
            },
            _ => self.unexpected("expression-expected", None),
        }
    }

    /// A keyword, a variable or a call.
    fn named(&mut self) -> R<Ex> {
        let name = self.name();
        self.skip();
        match self.byte() {
            b'(' => return self.call(name, self.last, None),
            b':' if self.at(self.pos + 1) == b':' => return self.namespaced(name),
            _ => {}
        }
        let kind = match self.slice(name) {
            "true" => Kind::True,
            "false" => Kind::False,
            "null" => Kind::Null,
            _ => Kind::Variable,
        };
        Ok(Ex {
            id: self.leaf(kind, name.start as usize, name.end as usize),
            height: 0,
        })
    }

    /// `a::b::c(…)`, from before the first `::`.
    fn namespaced(&mut self, first: Span) -> R<Ex> {
        let mut spaced = self.last != self.pos;
        while self.byte() == b':' && self.at(self.pos + 1) == b':' {
            self.take(2);
            self.skip();
            spaced |= self.pos != self.last;
            if self.try_name().is_none() {
                return self.unexpected("function-name-expected", Some(first));
            }
            let end = self.last;
            self.skip();
            spaced |= self.pos != end && self.byte() == b':';
        }
        let name = Span::new(first.start, self.last as u32);
        if self.byte() != b'(' {
            return self.unexpected("call-expected", Some(name));
        }
        // White space inside the name is allowed, and no reader should have to think of it.
        let written = spaced.then(|| self.slice(name));
        self.call(name, self.last, written)
    }

    fn call(&mut self, name: Span, name_end: usize, spaced: Option<&str>) -> R<Ex> {
        let open = self.pos;
        self.take(1);
        let lines = std::mem::replace(&mut self.lines, false);
        let base = self.stack.len();
        let result = self.arguments(open);
        self.lines = lines;
        let Ok((expand, height)) = result else {
            self.stack.truncate(base);
            return Err(Stop);
        };
        let height = self.above(height)?;
        if let Some(written) = spaced {
            let plain: String = written
                .split("::")
                .map(strip_trivia)
                .collect::<Vec<_>>()
                .join("::");
            let node = self.moved_text(Span::new(name.start, name_end as u32), &plain);
            self.stack.push(node);
        }
        let (a, b) = self.collect(base);
        let length = name_end as u32 - name.start;
        let span = (name.start as usize, self.last);
        let op = u8::from(expand) | (u8::from(spaced.is_some()) << 1);
        let id = self.add(Kind::Call, op, span, a, b, length);
        Ok(Ex { id, height })
    }

    /// The arguments of a call, pushed onto the stack, and the closing parenthesis.
    fn arguments(&mut self, open: usize) -> R<(bool, u32)> {
        let opening = Some(Span::new(open as u32, open as u32 + 1));
        let mut height = 0;
        loop {
            self.skip();
            if self.eat(b')') {
                return Ok((false, height));
            }
            let argument = self.expression()?;
            height = height.max(argument.height);
            self.stack.push(argument.id);
            self.skip();
            match self.byte() {
                b',' => self.take(1),
                b')' => {}
                b'.' if self.ellipsis() => {
                    self.take(3);
                    self.skip();
                    if self.eat(b')') {
                        return Ok((true, height));
                    }
                    return self.unexpected("expansion-not-last", opening);
                }
                _ => return self.unexpected("argument-separator-expected", opening),
            }
        }
    }

    fn tuple(&mut self) -> R<Ex> {
        let open = self.pos;
        let opening = Some(Span::new(open as u32, open as u32 + 1));
        self.take(1);
        self.skip();
        if self.word_next("for") {
            return self.for_expression(open, b']');
        }
        let base = self.stack.len();
        let mut height = 0;
        loop {
            self.skip();
            if self.eat(b']') {
                break;
            }
            let element = self.expression()?;
            height = height.max(element.height);
            self.stack.push(element.id);
            self.skip();
            match self.byte() {
                b',' => self.take(1),
                b']' => {}
                _ => return self.unexpected("element-separator-expected", opening),
            }
        }
        let height = self.above(height)?;
        let (a, b) = self.collect(base);
        Ok(Ex {
            id: self.add(Kind::Tuple, 0, (open, self.last), a, b, 0),
            height,
        })
    }

    fn object(&mut self) -> R<Ex> {
        let open = self.pos;
        let opening = Some(Span::new(open as u32, open as u32 + 1));
        self.take(1);
        self.skip_newlines();
        if self.word_next("for") {
            self.lines = false;
            return self.for_expression(open, b'}');
        }
        self.lines = true;
        let base = self.stack.len();
        let mut height = 0;
        loop {
            self.skip_newlines();
            if self.eat(b'}') {
                break;
            }
            let key = self.expression()?;
            self.bare_key(key.id);
            self.stack.push(key.id);
            self.skip();
            let next = self.at(self.pos + 1);
            match self.byte() {
                b'=' if next != b'=' && next != b'>' => self.take(1),
                b':' if next != b':' => self.take(1),
                _ => return self.unexpected("key-separator-expected", opening),
            }
            let value = self.expression()?;
            height = height.max(key.height).max(value.height);
            self.stack.push(value.id);
            self.skip();
            match self.byte() {
                b',' => self.take(1),
                b'}' => {}
                _ if self.newline() => {}
                _ => return self.unexpected("entry-separator-expected", opening),
            }
        }
        let height = self.above(height)?;
        let (a, b) = self.collect(base);
        Ok(Ex {
            id: self.add(Kind::Object, 0, (open, self.last), a, b, 0),
            height,
        })
    }

    /// A bare name as a key is text, keywords too: `{ null = 1 }` has the key `"null"`.
    pub fn bare_key(&mut self, id: NodeId) {
        let node = &mut self.nodes[id.0 as usize];
        if matches!(
            node.kind,
            Kind::Variable | Kind::True | Kind::False | Kind::Null
        ) {
            node.kind = Kind::Text;
            node.op = Escapes::Raw as u8;
            node.a = node.start;
            node.b = node.end;
        }
    }

    /// `for k, v in …` up to the closing bracket; newlines are white space.
    fn for_expression(&mut self, open: usize, close: u8) -> R<Ex> {
        let opening = Some(Span::new(open as u32, open as u32 + 1));
        self.take(3);
        let (key_name, value_name) = self.for_names("for-name-expected")?;
        let collection = self.expression()?;
        self.skip();
        if self.byte() != b':' || self.at(self.pos + 1) == b':' {
            return self.unexpected("for-colon-expected", opening);
        }
        self.take(1);
        let mut value = self.expression()?;
        let mut key = None;
        self.skip();
        if self.src[self.pos.min(self.src.len())..].starts_with(b"=>") {
            self.take(2);
            key = Some(value);
            value = self.expression()?;
        }
        self.skip();
        let group = self.ellipsis();
        let ellipsis = self.here();
        if group {
            self.take(3);
            self.skip();
        }
        let mut condition = None;
        if self.word_next("if") {
            self.take(2);
            condition = Some(self.expression()?);
            self.skip();
        }
        if !self.eat(close) {
            return self.unexpected("for-end-expected", opening);
        }
        let object = close == b'}';
        match key {
            Some(key) if !object => {
                let (start, end) = self.span_of(key.id);
                self.error("for-key-in-tuple", Span::new(start as u32, end as u32), []);
            }
            None if object => {
                let (start, end) = self.span_of(value.id);
                self.error("for-key-missing", Span::new(start as u32, end as u32), []);
            }
            _ => {}
        }
        if group && !object {
            self.error("for-group-in-tuple", ellipsis, []);
        }
        let heights = [Some(collection), key, Some(value), condition];
        let height = heights
            .into_iter()
            .flatten()
            .map(|e| e.height)
            .max()
            .unwrap_or(0);
        let height = self.above(height)?;
        let at = self.kids.len() as u32;
        let id_of = |ex: Option<Ex>| ex.map_or(NO_NODE, |e| e.id);
        self.kids.extend([
            key_name,
            value_name,
            collection.id,
            id_of(key),
            value.id,
            id_of(condition),
        ]);
        let op = u8::from(object) | (u8::from(group) << 1);
        Ok(Ex {
            id: self.add(Kind::For, op, (open, self.last), at, 0, 0),
            height,
        })
    }

    /// The names of a `for`, and `in`.
    pub fn for_names(&mut self, code: &'static str) -> R<(NodeId, NodeId)> {
        self.skip();
        let Some(mut value) = self.try_name() else {
            return self.unexpected(code, None);
        };
        let mut key = NO_NODE;
        self.skip();
        if self.eat(b',') {
            key = self.name_node(value);
            self.skip();
            let Some(name) = self.try_name() else {
                return self.unexpected(code, None);
            };
            value = name;
            self.skip();
        }
        if !self.word_next("in") {
            return self.unexpected("for-in-expected", None);
        }
        self.take(2);
        Ok((key, self.name_node(value)))
    }

    /// The number at the position as HCL scans it: it may come out wrong, as in `10.11.12`.
    fn number_token(&mut self) -> Span {
        let start = self.pos;
        let mut at = start;
        let mut end = start;
        loop {
            match self.at(at) {
                b'0'..=b'9' => {
                    at += 1;
                    end = at;
                }
                b'.' => at += 1,
                b'e' | b'E' => {
                    let sign = usize::from(matches!(self.at(at + 1), b'+' | b'-'));
                    if !self.at(at + 1 + sign).is_ascii_digit() {
                        break;
                    }
                    at += 2 + sign;
                    end = at;
                }
                _ => break,
            }
        }
        self.take(end - start);
        Span::new(start as u32, end as u32)
    }

    /// Reports a number token that is no number.
    fn check_number(&mut self, span: Span) {
        let text = self.slice(span);
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return;
        }
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            None => (text, ""),
            Some(at) => (&text[..at], &text[at + 1..]),
        };
        let digits = exponent.trim_start_matches(['+', '-']);
        let fits = exponent.is_empty()
            || (digits.bytes().all(|b| b.is_ascii_digit())
                && digits.trim_start_matches('0').len() <= 9);
        if !fits || mantissa.bytes().filter(|&b| b == b'.').count() > 1 {
            self.error("invalid-number", span, [text.to_owned()]);
        }
    }
}

/// A name without the white space and comments around it.
fn strip_trivia(written: &str) -> &str {
    let mut parser = Parser::with_room(written, 0);
    parser.lines = false;
    parser.skip();
    let start = parser.pos;
    &written[start..parser.name_end(start)]
}
