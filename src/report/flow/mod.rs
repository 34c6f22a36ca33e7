//! The flow map: countries as boxes, what is kept in them, and where data, keys and logs go.
//!
//! Lives here: which parts make it, and what the picture says of itself. What is drawn is made once
//! (`model.rs`), from the facts of the register; the two ways of drawing know nothing of facts.

mod gather;
mod layout;
mod mermaid;
mod model;
mod svg;

pub(super) use gather::country;
pub(super) use svg::escaped;

use super::{Outcome, brief, summary};
use crate::diagnostic::Message;
use crate::messages::{Words, visible};
use crate::settings::Settings;
use model::{Abroad, Kind, Map};
use std::io::{self, Write};

/// `inventory --format mermaid`.
pub fn mermaid(
    out: &mut dyn Write,
    outcome: &Outcome,
    settings: &Settings,
    words: &Words,
) -> io::Result<()> {
    let map = gather::map(outcome, words);
    let mut about = About::of(&map, outcome, words);
    about.notes = notes(outcome, settings, words, usize::MAX);
    out.write_all(mermaid::draw(&map, &about, words).as_bytes())
}

/// `inventory --format svg`: a file of its own.
pub fn svg(
    out: &mut dyn Write,
    outcome: &Outcome,
    settings: &Settings,
    words: &Words,
) -> io::Result<()> {
    let map = gather::map(outcome, words);
    let mut about = About::of(&map, outcome, words);
    about.notes = notes(outcome, settings, words, NOTES);
    out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
    out.write_all(svg::draw(&map, &about, words).as_bytes())
}

/// The picture as a mermaid flowchart, for a page that tells the rest.
pub fn mermaid_element(outcome: &Outcome, words: &Words) -> String {
    let map = gather::map(outcome, words);
    mermaid::draw(&map, &About::of(&map, outcome, words), words)
}

/// The picture as an SVG element, for a page that tells the rest.
pub fn svg_element(outcome: &Outcome, words: &Words) -> String {
    let map = gather::map(outcome, words);
    svg::draw(&map, &About::of(&map, outcome, words), words)
}

/// So many diagnostics stand in a picture that is looked at.
const NOTES: usize = 20;

/// What was seen and what went wrong: a picture is handed on alone.
fn notes(outcome: &Outcome, settings: &Settings, words: &Words, most: usize) -> Vec<String> {
    let plain = settings.for_a_file();
    let mut out: Vec<String> = summary::summary(outcome, &plain, words)
        .lines()
        .filter(|l| !l.trim().is_empty())
        .map(|l| l.trim_end().to_owned())
        .collect();
    let all = &outcome.diagnostics;
    let shown = all.iter().take(most);
    out.extend(shown.map(|d| brief::diagnostic(outcome, words, d).trim_end().to_owned()));
    if all.len() > most {
        let more = Message::new("summary.more").arg((all.len() - most).to_string());
        out.push(words.show(&more));
    }
    out
}

/// What the picture says of itself, for those who do not see it.
struct About {
    title: String,
    description: String,
    /// What stands below it.
    notes: Vec<String>,
}

impl About {
    fn of(map: &Map, outcome: &Outcome, words: &Words) -> About {
        let stores = |abroad: &[Abroad]| -> usize {
            let nodes = map.nodes.iter().filter(|n| n.kind == Kind::Store);
            let there = nodes.filter(|n| abroad.contains(&map.lanes[n.lane].abroad));
            there.map(|n| n.count).sum()
        };
        let description = Message::new("flow.description")
            .arg(outcome.seen.targets.to_string())
            .arg(stores(&[Abroad::Home]).to_string())
            .arg(stores(&[Abroad::Out, Abroad::Partly]).to_string())
            .arg(stores(&[Abroad::Perhaps, Abroad::Unknown]).to_string())
            .arg(outcome.seen.keys.to_string());
        let targets: Vec<&str> = outcome.project.roots.iter().map(|r| &*r.target).collect();
        let named = match targets[..] {
            [only] => visible(only),
            _ => targets.len().to_string(),
        };
        let title = match targets.len() {
            1 => Message::new("flow.title").arg(named),
            _ => Message::new("flow.title-many").arg(named),
        };
        About {
            title: words.show(&title),
            description: words.show(&description),
            notes: Vec::new(),
        }
    }
}
