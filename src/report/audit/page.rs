//! A page: what stands in the report, before it is Markdown or HTML.

use super::super::Outcome;
use super::evidence::{Checked, Standing};
use super::{asked, said, scope, tables};
use crate::date::Date;
use crate::diagnostic::Message;
use crate::messages::Words;
use crate::policy::Policy;

/// So many rows of a table are shown; JSON has all.
pub(super) const ROWS: usize = 200;
/// So many addresses are named in one place.
pub(super) const NAMED: usize = 8;

/// A part of a page.
#[derive(Debug)]
pub(super) enum Block {
    /// Its depth, its text, and what it is linked by.
    Heading(u8, String, String),
    Text(String),
    /// What a document says.
    Quote(String),
    /// What has to be known to read the rest.
    Note(String),
    List(Vec<String>),
    Table(Table),
    /// The flow map.
    Picture,
}

/// A table.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub head: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
    /// So many rows there are beside those.
    pub more: usize,
}

/// A cell: lines of text.
#[derive(Debug, Default, Clone)]
pub(super) struct Cell {
    pub lines: Vec<String>,
    /// It is code: an address, a path, a hash.
    pub code: bool,
    pub standing: Option<Standing>,
    /// What it is linked to.
    pub link: Option<String>,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::lines(vec![text.into()])
    }

    pub fn lines(lines: Vec<String>) -> Cell {
        Cell {
            lines,
            ..Cell::default()
        }
    }

    pub fn code(text: impl Into<String>) -> Cell {
        Cell {
            code: true,
            ..Cell::text(text)
        }
    }

    pub fn standing(standing: Standing, words: &Words) -> Cell {
        Cell {
            standing: Some(standing),
            ..Cell::text(standing.words(words))
        }
    }
}

impl Table {
    /// With the columns of some words.
    pub fn new(columns: &[&str], words: &Words) -> Table {
        Table {
            head: columns
                .iter()
                .map(|c| words.word(&format!("audit.col-{c}")))
                .collect(),
            ..Table::default()
        }
    }

    /// Adds a row while there is room.
    pub fn row(&mut self, cells: Vec<Cell>) {
        if self.rows.len() < ROWS {
            self.rows.push(cells);
        } else {
            self.more += 1;
        }
    }
}

/// A page that is being written.
pub(super) struct Page {
    pub title: String,
    pub blocks: Vec<Block>,
}

impl Page {
    pub fn heading(&mut self, depth: u8, key: &str, words: &Words) {
        let id = key.rsplit('.').next().unwrap_or(key).to_owned();
        self.blocks.push(Block::Heading(depth, words.word(key), id));
    }

    pub fn text(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Text(text.into()));
    }

    pub fn note(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Note(text.into()));
    }

    /// A table, or that there is nothing for it.
    pub fn table(&mut self, table: Table, words: &Words) {
        if table.rows.is_empty() {
            self.text(words.word("audit.none"));
        } else {
            self.blocks.push(Block::Table(table));
        }
    }
}

/// The title of a profile.
pub(super) fn profile(name: &str, words: &Words) -> String {
    let profile = Policy::file().profiles.get(name);
    profile.map_or_else(
        || name.to_owned(),
        |p| format!("{} ({name})", said(&p.title, words)),
    )
}

/// The whole report.
pub(super) fn page(outcome: &Outcome, checked: &[Checked], today: Date, words: &Words) -> Page {
    let names: Vec<String> = outcome.profiles.iter().map(|p| profile(p, words)).collect();
    let mut page = Page {
        title: words.say(&Message::new("audit.title").arg(names.join(", "))),
        blocks: Vec::new(),
    };
    scope::head(&mut page, outcome, today, words);
    asked::summary(&mut page, outcome, checked, words);
    scope::seen(&mut page, outcome, words);
    asked::details(&mut page, outcome, checked, words);
    tables::register(&mut page, outcome, words);
    page.heading(2, "audit.flow", words);
    page.text(words.word("audit.flow-text"));
    page.blocks.push(Block::Picture);
    scope::suppressions(&mut page, outcome, words);
    scope::sources(&mut page, outcome, checked, words);
    page
}
