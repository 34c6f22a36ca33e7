//! A page of words: made once, written for a terminal or as Markdown.

use crate::messages::visible;
use crate::report::width::table;

/// What stands below a heading.
#[derive(Debug, Clone)]
pub enum Block {
    /// A paragraph.
    Words(String),
    /// Points.
    List(Vec<String>),
    /// Points in order.
    Steps(Vec<String>),
    /// Rows; the first is the head.
    Table(Vec<Vec<String>>),
    /// Terraform or TOML.
    Code(&'static str, String),
}

/// A page.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Its heading.
    pub title: String,
    /// Heading and blocks.
    pub sections: Vec<(String, Vec<Block>)>,
}

impl Page {
    /// Adds a section, if there is anything in it.
    pub fn section(&mut self, heading: String, blocks: Vec<Block>) {
        let empty = blocks.iter().all(|b| match b {
            Block::Words(text) | Block::Code(_, text) => text.is_empty(),
            Block::List(all) | Block::Steps(all) => all.is_empty(),
            Block::Table(rows) => rows.len() < 2,
        });
        if !empty {
            self.sections.push((heading, blocks));
        }
    }

    /// For a terminal. Code in words (`x`) stays as it is marked.
    pub fn text(&self) -> String {
        let mut out = format!("{}\n", self.title);
        for (heading, blocks) in &self.sections {
            out.push('\n');
            if !heading.is_empty() {
                out.push_str(heading);
                out.push('\n');
            }
            for block in blocks {
                let lines = match block {
                    Block::Words(text) => text.clone(),
                    Block::List(all) => all.iter().fold(String::new(), |o, l| o + "- " + l + "\n"),
                    Block::Steps(all) => (1..)
                        .zip(all)
                        .fold(String::new(), |o, (i, l)| o + &format!("{i}. {l}\n")),
                    Block::Table(rows) => table(rows),
                    Block::Code(_, text) => text.clone(),
                };
                for line in lines.lines() {
                    out.push_str(if line.is_empty() { "" } else { "  " });
                    out.push_str(&visible(line));
                    out.push('\n');
                }
            }
        }
        out
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!("# {}\n", self.title);
        for (heading, blocks) in &self.sections {
            if !heading.is_empty() {
                out.push_str(&format!("\n## {heading}\n"));
            }
            for block in blocks {
                out.push('\n');
                match block {
                    Block::Words(text) => out.push_str(&format!("{text}\n")),
                    Block::List(all) => {
                        for line in all {
                            out.push_str(&format!("- {line}\n"));
                        }
                    }
                    Block::Steps(all) => {
                        for (i, line) in (1..).zip(all) {
                            out.push_str(&format!("{i}. {line}\n"));
                        }
                    }
                    Block::Table(rows) => {
                        for (i, row) in rows.iter().enumerate() {
                            let cells: Vec<String> =
                                row.iter().map(|c| c.replace('|', "\\|")).collect();
                            out.push_str(&format!("| {} |\n", cells.join(" | ")));
                            if i == 0 {
                                out.push_str(&format!("|{}\n", " --- |".repeat(row.len())));
                            }
                        }
                    }
                    Block::Code(language, text) => {
                        out.push_str(&format!("```{language}\n{}\n```\n", text.trim_end()));
                    }
                }
            }
        }
        out
    }
}
