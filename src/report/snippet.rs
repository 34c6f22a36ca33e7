//! A message with its places in the source, as rustc shows them.
//!
//! annotate-snippets panics on a span past the end, inside a character or reversed, and goes through
//! the whole text that it is given. So this file hands it a window of whole lines only, with spans
//! that were clamped to it.

use super::Outcome;
use crate::diagnostic::Level;
use crate::messages::{hidden, visible};
use crate::source::{FileId, Place};
use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level as Shown, Origin, Renderer, Snippet,
};

/// A longer line is shown cut around its mark.
const LONGEST_LINE: usize = 400;
/// Marks that lie further apart are shown as two windows.
const FURTHEST: usize = 200;

/// Something to say, with its places.
pub struct Saying<'a> {
    /// How much it matters.
    pub level: Level,
    /// The rule or the code.
    pub id: &'a str,
    /// What is wrong, fit for a terminal.
    pub title: String,
    /// The main mark.
    pub primary: Option<Place>,
    /// The header to keep visible.
    pub header: Option<Place>,
    /// Further marks with their texts.
    pub marks: Vec<(Place, String)>,
    /// For a file without text: its path.
    pub path: Option<&'a str>,
    /// `= name: text` below, in order.
    pub notes: Vec<(String, String)>,
}

struct Piece {
    kind: AnnotationKind,
    place: Place,
    label: Option<String>,
    line: usize,
}

/// Renders it; ends with an empty line.
pub fn render(renderer: &Renderer, outcome: &Outcome, saying: Saying<'_>) -> String {
    let level = match saying.level {
        Level::Error => Shown::ERROR,
        Level::Warning => Shown::WARNING,
        Level::Note | Level::Off => Shown::NOTE,
    };
    let mut group = Group::with_title(level.primary_title(saying.title).id(saying.id.to_owned()));
    for window in windows(outcome, saying.primary, saying.header, saying.marks) {
        group = group.elements(window);
    }
    if let Some(path) = saying.path {
        group = group.element(Origin::path(visible(path)));
    }
    for (name, text) in saying.notes {
        group = group.element(Shown::NOTE.with_name(Some(name)).message(text));
    }
    let rendered = renderer.render(&[group]);
    let mut text = String::with_capacity(rendered.len() + 2);
    for line in rendered.lines() {
        // Empty lines of a note are padded to stand below it.
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push('\n');
    text
}

fn windows(
    outcome: &Outcome,
    primary: Option<Place>,
    header: Option<Place>,
    marks: Vec<(Place, String)>,
) -> Vec<Vec<Element<'static>>> {
    let Some(primary) = primary else {
        return Vec::new();
    };
    let line = |p: Place| {
        outcome
            .tables
            .line(&outcome.project.sources, p.file, p.span.start)
    };
    let mut pieces = vec![Piece {
        kind: AnnotationKind::Primary,
        place: primary,
        label: None,
        line: line(primary),
    }];
    for (place, label) in marks {
        match pieces.iter_mut().find(|p| p.place == place) {
            Some(have) => {
                have.label.get_or_insert(label);
            }
            None => pieces.push(Piece {
                kind: AnnotationKind::Context,
                place,
                label: Some(label),
                line: line(place),
            }),
        }
    }
    if let Some(place) = header
        && place.file == primary.file
        && line(place) != line(primary)
    {
        pieces.push(Piece {
            kind: AnnotationKind::Visible,
            place,
            label: None,
            line: line(place),
        });
    }

    // Pieces that are near each other share a window; the primary's comes first.
    let mut windows: Vec<Vec<Piece>> = Vec::new();
    for piece in pieces {
        let near = |w: &Vec<Piece>| {
            w.iter().any(|p| {
                p.place.file == piece.place.file && p.line.abs_diff(piece.line) <= FURTHEST
            })
        };
        match windows.iter().position(near) {
            Some(i) => windows[i].push(piece),
            None => windows.push(vec![piece]),
        }
    }
    windows
        .into_iter()
        .filter(|w| w.iter().any(|p| p.kind != AnnotationKind::Visible))
        .flat_map(|w| window(outcome, w))
        .collect()
}

fn window(outcome: &Outcome, pieces: Vec<Piece>) -> Vec<Vec<Element<'static>>> {
    let file = pieces[0].place.file;
    if outcome.project.sources.tree(file).source().is_empty() {
        // Of a plan or state no line is shown: secrets stand in them in clear.
        let shown = visible(&outcome.project.sources.file(file).shown);
        return vec![vec![Origin::path(shown).into()]];
    }
    let first = pieces.iter().map(|p| p.line).min().unwrap_or(0);
    let last = pieces.iter().map(|p| p.line).max().unwrap_or(first);
    let (start, _) = line_range(outcome, file, first);
    let (_, end) = line_range(outcome, file, last);
    if end - start > LONGEST_LINE * (last - first + 1) {
        return pieces
            .into_iter()
            .filter(|p| p.kind != AnnotationKind::Visible)
            .map(|p| cut(outcome, &p))
            .collect();
    }
    let source = outcome.project.sources.file(file);
    let text = harmless(&outcome.secrets.cover(&outcome.project, file, start, end));
    let annotations: Vec<Annotation<'static>> = pieces
        .into_iter()
        .map(|p| {
            let (_, line_end) = line_range(outcome, file, p.line);
            annotation(&text, p, start, line_end)
        })
        .collect();
    vec![vec![
        Snippet::source(text)
            .path(visible(&source.shown))
            .line_start(first + 1)
            .annotations(annotations)
            .into(),
    ]]
}

/// A mark in a line that is too long to be shown: what stands around it, with its true place above.
fn cut(outcome: &Outcome, piece: &Piece) -> Vec<Element<'static>> {
    let file = piece.place.file;
    let source = outcome.project.sources.file(file);
    let all = source.tree.source();
    let (line_start, line_end) = line_range(outcome, file, piece.line);
    let at = boundary(
        all,
        (piece.place.span.start as usize).clamp(line_start, line_end),
    );
    let start = boundary(all, at.saturating_sub(LONGEST_LINE / 4).max(line_start));
    let end = boundary(all, (at + LONGEST_LINE / 2).min(line_end));
    let text = harmless(&outcome.secrets.cover(&outcome.project, file, start, end));
    let lines = outcome.lines(piece.place);
    let mark = Piece {
        kind: piece.kind,
        place: piece.place,
        label: piece.label.clone(),
        line: piece.line,
    };
    let annotation = annotation(&text, mark, start, end);
    vec![
        Origin::path(visible(&source.shown))
            .line(lines.line as usize)
            .char_column(lines.column as usize)
            .into(),
        Snippet::source(text)
            .line_start(piece.line + 1)
            .annotation(annotation)
            .into(),
    ]
}

/// A mark within a window that starts at byte `start`; it ends where its first line does.
fn annotation(text: &str, piece: Piece, start: usize, line_end: usize) -> Annotation<'static> {
    let inside = |offset: usize| boundary(text, offset.saturating_sub(start));
    let from = inside(piece.place.span.start as usize);
    let to = inside((piece.place.span.end as usize).min(line_end)).max(from);
    let annotation = piece.kind.span(from..to);
    match piece.label {
        Some(label) => annotation.label(label),
        None => annotation,
    }
}

/// The bytes of a line without its end.
fn line_range(outcome: &Outcome, file: FileId, line: usize) -> (usize, usize) {
    let text = outcome.project.sources.tree(file).source();
    let starts = outcome.tables.starts(&outcome.project.sources, file);
    let mut start = starts.get(line).map_or(text.len(), |&s| s as usize);
    let mut end = starts.get(line + 1).map_or(text.len(), |&s| s as usize);
    let bytes = text.as_bytes();
    while end > start && matches!(bytes[end - 1], b'\n' | b'\r') {
        end -= 1;
    }
    if line == 0 && text.starts_with('\u{feff}') {
        start += '\u{feff}'.len_utf8();
    }
    (start, end.max(start))
}

fn boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// The text with each character that does something to a terminal replaced by one of its length:
/// spans stay right. (Controls below U+0020 are shown by the renderer itself.)
fn harmless(text: &str) -> String {
    let bad = |c: char| hidden(c) && c != '\n' && c != '\t';
    if !text.chars().any(bad) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| match (bad(c), c.len_utf8()) {
            (false, _) => c,
            (true, 1) if c == '\r' => ' ',
            (true, 1) => '?',
            (true, 2) => '\u{b7}',
            (true, _) => '\u{fffd}',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::project::Project;
    use crate::load::syntax::{Span, parse_native};
    use crate::source::SourceFile;
    use proptest::prelude::*;

    fn outcome(texts: &[&str]) -> Outcome {
        let mut project = Project::default();
        for (i, text) in texts.iter().enumerate() {
            project.sources.files.push(SourceFile {
                path: format!("/w/{i}.tf").into(),
                shown: format!("{i}.tf").into(),
                tree: parse_native(text.as_bytes()),
            });
        }
        Outcome::new(project, Vec::new(), Vec::new(), Vec::new(), 0)
    }

    fn at(file: u32, start: usize, end: usize) -> Place {
        Place {
            file: FileId(file),
            span: Span::new(start as u32, end as u32),
        }
    }

    fn say(outcome: &Outcome, primary: Place, header: Option<Place>, marks: &[Place]) -> String {
        let saying = Saying {
            level: Level::Error,
            id: "rule",
            title: "what is wrong".into(),
            primary: Some(primary),
            header,
            marks: marks.iter().map(|m| (*m, "from here".into())).collect(),
            path: None,
            notes: vec![("help".into(), "do this".into())],
        };
        render(&Renderer::plain(), outcome, saying)
    }

    fn find(text: &str, what: &str) -> (usize, usize) {
        let start = text.find(what).expect("it stands there");
        (start, start + what.len())
    }

    #[test]
    fn the_header_stays_visible_and_the_way_of_the_value_is_shown() {
        let main = "# top\nresource \"a\" \"b\" {\n  x = 1\n  y = 2\n  z = 3\n  w = 4\n  v = 5\n  region = var.r\n}\n";
        let vars = "variable \"r\" {\n  default = \"us-east-1\"\n}\n";
        let place = |file: u32, text: &str, what: &str| {
            let (start, end) = find(text, what);
            at(file, start, end)
        };
        let text = say(
            &outcome(&[main, vars]),
            place(0, main, "region = var.r"),
            Some(place(0, main, "resource \"a\" \"b\"")),
            &[place(1, vars, "default = \"us-east-1\"")],
        );
        assert_eq!(
            text,
            "\
error[rule]: what is wrong
 --> 0.tf:8:3
  |
2 | resource \"a\" \"b\" {
...
8 |   region = var.r
  |   ^^^^^^^^^^^^^^
  |
 ::: 1.tf:2:3
  |
2 |   default = \"us-east-1\"
  |   --------------------- from here
  |
  = help: do this

"
        );
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_around_its_mark_and_keeps_its_column() {
        let text = format!("x = [{}\"us-east-1\"]\n", "\"あ\", ".repeat(2000));
        let o = outcome(&[&text]);
        let (a, b) = find(&text, "\"us-east-1\"");
        let said = say(&o, at(0, a, b), None, &[]);
        assert!(said.contains("0.tf:1:10006"), "{said}");
        assert!(said.contains("us-east-1"), "{said}");
        assert!(said.len() < 4000);
    }

    #[test]
    fn marks_far_apart_do_not_bring_what_lies_between() {
        let text = format!("a = 1\n{}b = 2\n", "# nothing\n".repeat(5000));
        let o = outcome(&[&text]);
        let said = say(
            &o,
            at(0, 0, 5),
            None,
            &[at(0, text.len() - 6, text.len() - 1)],
        );
        assert!(said.contains("b = 2") && said.len() < 1000, "{said}");
    }

    proptest! {
        /// Whatever a span says: no panic, nothing that moves a terminal.
        #[test]
        fn no_span_and_no_text_breaks_it(
            text in "(\u{feff})?([a-z= \"{}\\t\r\u{1b}\u{7f}\u{85}\u{202e}\u{200d}あ鍵\u{301}]{0,40}(\n|\r\n)?){0,8}",
            spans in prop::collection::vec((0usize..200, 0usize..200), 1..6),
        ) {
            let o = outcome(&[&text, ""]);
            let places: Vec<Place> = spans
                .iter()
                .enumerate()
                .map(|(i, (a, b))| at(u32::from(i % 3 == 2), *a, *b))
                .collect();
            let said = say(&o, places[0], places.get(1).copied(), &places[1..]);
            prop_assert!(!said.chars().any(|c| c != '\n' && hidden(c)), "{said:?}");
        }
    }
}
