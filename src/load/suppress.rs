//! Comments that suppress findings: `# sekisho: ignore[rule, rule] reason until=2027-03-31`.
//!
//! Lives here: what such a comment says, and which text of its file it is about. Not here: which
//! findings that means (`policy/suppress.rs`).
//!
//! The parser lists comments with their spans, so that text in a string or a heredoc is none. Files in
//! JSON syntax have no comments.

use super::syntax::{Block, Expr, Item, NodeId, Span, Tree};
use crate::date::Date;
use crate::source::{FileId, Place, Sources};
use memchr::memmem;
use rayon::prelude::*;

/// What a comment begins with that is for sekisho.
const WORD: &str = "sekisho:";

/// A comment for sekisho.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comment {
    /// From the word `sekisho:` to the end of what it says.
    pub place: Place,
    /// The ids in brackets, as written, each with its place.
    pub rules: Vec<(String, Place)>,
    /// The reason, where one is given.
    pub reason: Option<String>,
    /// The last day on which it counts.
    pub until: Option<Date>,
    /// Why it cannot count, whatever it is about.
    pub wrong: Option<Wrong>,
    /// What it is about: an attribute, a block, an element of a list or object. `None` where it stands
    /// above nothing.
    pub covers: Option<Place>,
    /// It is about whole blocks of resources or module calls, not about a value that is written.
    pub makes: bool,
    /// The block that it stands at or in, as an address (`aws_s3_bucket.b`, `module.m`).
    pub block: Option<String>,
}

/// What is wrong with how a comment is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// It is not `ignore[rule] reason`.
    Form,
    /// What follows `until=` is no day.
    Day(String),
}

/// All comments for sekisho, by file and place.
pub fn comments(sources: &Sources) -> Vec<Comment> {
    let found: Vec<Vec<Comment>> = sources
        .files
        .par_iter()
        .enumerate()
        .map(|(number, file)| of_file(&file.tree, FileId(number as u32)))
        .collect();
    found.into_iter().flatten().collect()
}

fn of_file(tree: &Tree, file: FileId) -> Vec<Comment> {
    let text = tree.source();
    let mut out = Vec::new();
    // Most files have none: one search, and no look at their comments.
    if memmem::find(text.as_bytes(), WORD.as_bytes()).is_none() {
        return out;
    }
    for &comment in tree.comments() {
        let mut covered = None;
        for (start, line) in content(text, comment) {
            let Some(at) = directive(line) else { continue };
            let mut found = read(file, start + at, &line[at..]);
            let (covers, makes, block) = covered
                .get_or_insert_with(|| {
                    let covers = Covering { tree, text }.of(comment);
                    let makes = covers.is_some_and(|c| holds_making(tree, c));
                    (covers, makes, block_at(tree, covers.unwrap_or(comment)))
                })
                .clone();
            found.covers = covers.map(|span| Place { file, span });
            found.makes = makes;
            found.block = block;
            out.push(found);
        }
    }
    out
}

/// The lines of a comment without its marks, each with where it starts.
fn content(text: &str, comment: Span) -> impl Iterator<Item = (usize, &str)> {
    let start = comment.start as usize;
    let whole = &text[start..comment.end as usize];
    let inner = if let Some(rest) = whole.strip_prefix("/*") {
        rest.strip_suffix("*/").unwrap_or(rest)
    } else if let Some(rest) = whole.strip_prefix("//") {
        rest
    } else {
        whole.trim_start_matches('#')
    };
    let mut at = start + (inner.as_ptr() as usize - whole.as_ptr() as usize);
    inner.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        let shown = line.trim_start_matches([' ', '\t', '*']);
        (start + line.len() - shown.len(), shown.trim_end())
    })
}

/// Where in a line of a comment the word for sekisho stands: at its start, or behind the comment of
/// another tool on the same line.
fn directive(line: &str) -> Option<usize> {
    if line.starts_with(WORD) {
        return Some(0);
    }
    [" # ", " #", " // ", " //"].iter().find_map(|mark| {
        let found = line.find(&format!("{mark}{WORD}"))?;
        Some(found + mark.len())
    })
}

/// Reads what follows from the word on; `text` ends where the line ends.
fn read(file: FileId, start: usize, text: &str) -> Comment {
    let place = |from: usize, to: usize| Place {
        file,
        span: Span::new((start + from) as u32, (start + to) as u32),
    };
    let mut out = Comment {
        place: place(0, text.len()),
        rules: Vec::new(),
        reason: None,
        until: None,
        wrong: None,
        covers: None,
        makes: false,
        block: None,
    };
    let rest = text[WORD.len()..].trim_start();
    let brackets = rest
        .strip_prefix("ignore")
        .and_then(|r| r.trim_start().strip_prefix('['))
        .and_then(|r| r.split_once(']'));
    let Some((ids, rest)) = brackets else {
        out.wrong = Some(Wrong::Form);
        return out;
    };
    for id in ids.split([',', ' ', '\t']).filter(|id| !id.is_empty()) {
        let from = id.as_ptr() as usize - text.as_ptr() as usize;
        out.rules
            .push((id.to_owned(), place(from, from + id.len())));
    }
    if out.rules.is_empty() {
        out.wrong = Some(Wrong::Form);
    }
    let mut words: Vec<&str> = Vec::new();
    for word in rest.split_whitespace() {
        match word.strip_prefix("until=") {
            Some(day) => match Date::parse(day.trim_end_matches([',', ';', '.'])) {
                Some(day) => out.until = Some(day),
                None => out.wrong = Some(Wrong::Day(day.to_owned())),
            },
            None => words.push(word),
        }
    }
    // `: because` and `-- because` are ways to begin one; a mark alone is no reason.
    let reason = words.join(" ");
    let reason = reason.trim_start_matches([':', '-', '—', '–', ' ']);
    if reason.chars().any(char::is_alphanumeric) {
        out.reason = Some(reason.to_owned());
    }
    out
}

/// Finds what a comment is about.
struct Covering<'t> {
    tree: &'t Tree,
    text: &'t str,
}

impl Covering<'_> {
    /// A comment behind code is about what begins on that line (or, where nothing does, about what ends
    /// there); one that stands alone is about what begins on the next line, comments between them left
    /// out.
    fn of(&self, comment: Span) -> Option<Span> {
        let (first, _) = self.code(self.line(comment.start as usize));
        let behind = first.filter(|&at| at < comment.start as usize);
        let first = match behind {
            Some(at) => at,
            None => self.below(comment)?,
        };
        let on = if behind.is_some() {
            comment.start as usize
        } else {
            first
        };
        let line = Span::new(first as u32, self.line_end(on) as u32);
        let mut found = Found::default();
        self.body(self.tree.root(), line, &mut found);
        match (found.begins, found.ends) {
            (Some(span), _) => Some(span),
            (None, Some(span)) if behind.is_some() => Some(span),
            _ if found.inside => Some(line),
            _ => None,
        }
    }

    /// The first code below a comment, or behind it on its own line; `None` where a line without
    /// anything comes first.
    fn below(&self, comment: Span) -> Option<usize> {
        let mut at = comment.end as usize;
        loop {
            match self.code(at) {
                (Some(code), _) => return Some(code),
                (None, end) => at = end + 1,
            }
            if at >= self.text.len() || self.text[at..self.line_end(at)].trim().is_empty() {
                return None;
            }
        }
    }

    fn body(&self, body: NodeId, line: Span, found: &mut Found) {
        for item in self.tree.items_touching(body, line) {
            let span = match item {
                Item::Attribute(a) => a.span,
                Item::Block(b) => b.span,
            };
            if span.start >= line.start {
                found.begin(span);
                continue;
            }
            if span.end <= line.end {
                found.ends.get_or_insert(span);
            }
            match item {
                Item::Attribute(a) => {
                    found.inside = true;
                    self.expression(a.value, line, found);
                }
                Item::Block(b) => self.body(b.body, line, found),
            }
        }
    }

    /// Elements of a value that is written over several lines.
    fn expression(&self, node: NodeId, line: Span, found: &mut Found) {
        let mut element = |span: Span, inner: &[NodeId]| {
            if span.end <= line.start || span.start >= line.end {
                return;
            }
            if span.start >= line.start {
                found.begin(span);
                return;
            }
            for &node in inner {
                self.expression(node, line, found);
            }
        };
        match self.tree.expr(node) {
            Expr::Object(items) => {
                for pair in items.chunks_exact(2) {
                    let whole = self.tree.span(pair[0]).to(self.tree.span(pair[1]));
                    element(whole, &pair[1..]);
                }
            }
            Expr::Tuple(items) | Expr::Call { args: items, .. } => {
                for &item in items {
                    element(self.tree.span(item), &[item]);
                }
            }
            Expr::Paren(inner) | Expr::Wrap(inner) => self.expression(inner, line, found),
            Expr::Conditional { then, other, .. } => {
                for branch in [then, other] {
                    element(self.tree.span(branch), &[branch]);
                }
            }
            _ => {}
        }
    }

    /// The start of the line of an offset.
    fn line(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |i| i + 1)
    }

    fn line_end(&self, at: usize) -> usize {
        self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |i| at + i)
    }

    /// The first code from an offset on: no white space, no comment; what follows a comment of several
    /// lines counts too. Without any, the end of the line is given.
    fn code(&self, mut at: usize) -> (Option<usize>, usize) {
        let comments = self.tree.comments();
        loop {
            let end = self.line_end(at);
            let rest = &self.text[at..end];
            let code = rest.trim_start_matches(['\u{feff}', ' ', '\t', '\r']);
            at += rest.len() - code.len();
            if code.is_empty() {
                return (None, end);
            }
            let next = comments.partition_point(|c| c.end as usize <= at);
            match comments.get(next) {
                Some(c) if (c.start as usize) <= at => at = c.end as usize,
                _ => return (Some(at), end),
            }
        }
    }
}

/// What a line has to do with the items around it.
#[derive(Default)]
struct Found {
    /// From the first to the end of the last item that begins on it.
    begins: Option<Span>,
    /// The outermost item that ends on it.
    ends: Option<Span>,
    /// It lies in the value of an attribute.
    inside: bool,
}

impl Found {
    fn begin(&mut self, span: Span) {
        self.begins = Some(self.begins.map_or(span, |have| have.to(span)));
    }
}

fn top_blocks(tree: &Tree, at: Span) -> impl Iterator<Item = Block<'_>> {
    tree.items_touching(tree.root(), at)
        .filter_map(|item| match item {
            Item::Block(b) => Some(b),
            Item::Attribute(_) => None,
        })
}

/// Whether a text holds whole blocks that make something.
fn holds_making(tree: &Tree, text: Span) -> bool {
    top_blocks(tree, text).any(|b| {
        matches!(b.kind, "resource" | "data" | "ephemeral" | "module")
            && text.start <= b.span.start
            && b.span.end <= text.end
    })
}

/// The outermost block around a place, as an address.
fn block_at(tree: &Tree, at: Span) -> Option<String> {
    let block = top_blocks(tree, at).find(|b| b.span.start <= at.start && at.end <= b.span.end)?;
    let labels: Vec<String> = block.labels().map(std::borrow::Cow::into_owned).collect();
    let words: Vec<&str> = match block.kind {
        "resource" => Vec::new(),
        "variable" => vec!["var"],
        kind => vec![kind],
    };
    let all: Vec<&str> = words
        .into_iter()
        .chain(labels.iter().map(String::as_str))
        .collect();
    Some(all.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::syntax::{parse_json, parse_native};

    fn all(text: &str) -> Vec<Comment> {
        of_file(&parse_native(text.as_bytes()), FileId(0))
    }

    fn one(text: &str) -> Comment {
        let mut found = all(text);
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0)
    }

    /// What a comment covers, as text.
    fn covers(text: &str) -> Option<&str> {
        let place = one(text).covers?;
        Some(&text[place.span.start as usize..place.span.end as usize])
    }

    fn said(text: &str, place: Place) -> &str {
        &text[place.span.start as usize..place.span.end as usize]
    }

    #[test]
    fn good_spellings() {
        for text in [
            "# sekisho: ignore[no-backup, key-not-rotated] cache, rebuilt at start",
            "#sekisho: ignore[no-backup,key-not-rotated] cache, rebuilt at start",
            "## sekisho:ignore [ no-backup key-not-rotated ]: cache, rebuilt at start",
            "// sekisho: ignore[no-backup, key-not-rotated] -- cache, rebuilt at start",
            "/* sekisho: ignore[no-backup, key-not-rotated] cache, rebuilt at start */",
            "/*\n * sekisho: ignore[no-backup, key-not-rotated] cache, rebuilt at start\n */",
            "# other-tool:skip # sekisho: ignore[no-backup, key-not-rotated] cache, rebuilt at start",
        ] {
            let c = one(text);
            let ids: Vec<&str> = c.rules.iter().map(|(id, _)| id.as_str()).collect();
            assert_eq!(ids, ["no-backup", "key-not-rotated"], "{text}");
            for (id, place) in &c.rules {
                assert_eq!(said(text, *place), id);
            }
            assert_eq!(
                c.reason.as_deref(),
                Some("cache, rebuilt at start"),
                "{text}"
            );
            assert_eq!((c.until, c.wrong), (None, None), "{text}");
            assert!(said(text, c.place).starts_with(WORD), "{text}");
            assert!(said(text, c.place).ends_with("at start"), "{text}");
        }
        let c = one("# sekisho: ignore[no-backup] until=2027-03-31, moved by then");
        assert_eq!(c.until, Date::parse("2027-03-31"));
        assert_eq!(c.reason.as_deref(), Some("moved by then"));
        let c = one("# sekisho: ignore[no-backup] 起動時に作り直すキャッシュ until=2027-03-31");
        assert_eq!(c.until, Date::parse("2027-03-31"));
        assert_eq!(c.reason.as_deref(), Some("起動時に作り直すキャッシュ"));
    }

    #[test]
    fn bad_spellings() {
        for text in [
            "# sekisho: ignore no-backup because",
            "# sekisho: ignore",
            "# sekisho: ignore[] because",
            "# sekisho: ignore[no-backup because",
            "# sekisho: disable[no-backup] because",
            "# sekisho: ignore[no-backup\n# ] because",
        ] {
            assert_eq!(one(text).wrong, Some(Wrong::Form), "{text}");
        }
        for text in [
            "# sekisho: ignore[a]",
            "# sekisho: ignore[a] --",
            "# sekisho: ignore[a] until=2027-01-01",
            "/* sekisho: ignore[a] */",
        ] {
            assert_eq!(one(text).reason, None, "{text}");
        }
        let c = one("# sekisho: ignore[a] because until=2027-02-30");
        assert_eq!(c.wrong, Some(Wrong::Day("2027-02-30".into())));
    }

    #[test]
    fn only_comments_count() {
        for text in [
            "a = \"# sekisho: ignore[a] b\"\n",
            "a = <<E\n# sekisho: ignore[a] b\nE\n",
            "a = 1 # see sekisho: ignore[a] b\n",
            "a = 1 # as in `# sekisho: ignore[a] b`\n",
        ] {
            assert_eq!(all(text), [], "{text}");
        }
        let json = parse_json(
            br##"{"//": "sekisho: ignore[a] b", "locals": {"x": "# sekisho: ignore[a] b"}}"##,
        );
        assert_eq!(of_file(&json, FileId(0)), []);
    }

    #[test]
    fn above_and_on() {
        let block = "resource \"t\" \"n\" {\n  a = 1\n}";
        for text in [
            format!("# sekisho: ignore[r] why\n{block}\n"),
            format!("/* sekisho: ignore[r] why */ {block}\n"),
            format!("\n# sekisho: ignore[r] why\n# another\n/* and\n one */\n{block}\n"),
            format!("/*\n sekisho: ignore[r] why\n*/\n{block}\n"),
            format!("{block} # sekisho: ignore[r] why\n"),
        ] {
            assert_eq!(covers(&text), Some(block), "{text}");
            assert_eq!(one(&text).block.as_deref(), Some("t.n"));
        }
        let text = "resource \"t\" \"n\" { # sekisho: ignore[r] why\n  a = 1\n}\n";
        assert_eq!(covers(text), Some(text.trim_end()));
        let text = "resource \"t\" \"n\" {\n  # sekisho: ignore[r] why\n  a = 1\n  b = 2\n}\n";
        assert_eq!(covers(text), Some("a = 1"));
        let text = "resource \"t\" \"n\" {\n  a = 1 # sekisho: ignore[r] why\n  b = 2\n}\n";
        assert_eq!(covers(text), Some("a = 1"));
        let text = "resource \"t\" \"n\" {\n  b {\n    a = 1 // sekisho: ignore[r] why\n    c = 2\n }\n}\n";
        assert_eq!(covers(text), Some("a = 1"));
        let text =
            "module \"m\" {\n  # sekisho: ignore[r] why\n  b {\n    a = 1\n  }\n  c = 1\n}\n";
        assert_eq!(covers(text), Some("b {\n    a = 1\n  }"));
        assert_eq!(one(text).block.as_deref(), Some("module.m"));
    }

    #[test]
    fn inside_of_a_value() {
        let map =
            "locals {\n  r = {\n    a = \"us\" # sekisho: ignore[r] why\n    b = \"eu\"\n  }\n}\n";
        assert_eq!(covers(map), Some("a = \"us\""));
        let list = "x = [\n  # sekisho: ignore[r] why\n  \"us\",\n  \"eu\",\n]\n";
        assert_eq!(covers(list), Some("\"us\""));
        let call = "x = f({\n  a = 1\n}) # sekisho: ignore[r] why\n";
        assert_eq!(covers(call), Some("x = f({\n  a = 1\n})"));
        let branch = "x = (c\n  ? \"us\" # sekisho: ignore[r] why\n  : \"jp\")\n";
        assert_eq!(covers(branch), Some("\"us\""));
    }

    #[test]
    fn above_nothing() {
        for text in [
            "# sekisho: ignore[r] why",
            "# sekisho: ignore[r] why\n\nresource \"t\" \"n\" {}\n",
            "resource \"t\" \"n\" {\n  a = 1\n  # sekisho: ignore[r] why\n}\n",
        ] {
            assert_eq!(covers(text), None, "{text}");
        }
        let text = "resource \"t\" \"n\" {\n  # sekisho: ignore[r] why\n}\n";
        assert_eq!(one(text).block.as_deref(), Some("t.n"));
    }
}
