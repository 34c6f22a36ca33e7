//! The page as one HTML file: no script, nothing from outside, readable on paper.

use super::super::Outcome;
use super::super::flow::{self, escaped};
use super::page::{Block, Cell, Page, Table};
use crate::diagnostic::Message;
use crate::messages::{Lang, Words};
use std::fmt::Write as _;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--paper:#fff;--line:#c9d1d9;--head:#f3f5f7;\
--bad:#a40e26;--open:#7a4b00;--good:#116329}\
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b3;--paper:#0d1117;--line:#30363d;\
--head:#161b22;--bad:#ff938a;--open:#e3b341;--good:#56d364}}\
*{box-sizing:border-box}\
body{margin:0 auto;max-width:76rem;padding:1.5rem;background:var(--paper);color:var(--ink);\
font:15px/1.6 system-ui,'Hiragino Sans','Noto Sans CJK JP','Noto Sans JP','Yu Gothic',sans-serif}\
h1{font-size:1.6rem;line-height:1.3}h2{margin-top:2.4rem;border-bottom:2px solid var(--line);font-size:1.3rem}\
h3{margin-top:1.8rem;font-size:1.05rem}\
nav ol{columns:2 22rem}a{color:inherit}\
.table{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:.6rem 0;font-size:.86rem}\
th,td{border:1px solid var(--line);padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
td:empty{height:2.5rem}\
th{background:var(--head);white-space:nowrap}td.short{white-space:nowrap;overflow-wrap:normal}\
code{font:.92em ui-monospace,Menlo,Consolas,'Noto Sans Mono CJK JP',monospace}\
blockquote,.note{margin:.6rem 0;padding:.4rem .8rem;border-left:4px solid var(--line);background:var(--head)}\
.note{border-left-color:var(--open)}\
.standing{font-weight:bold;white-space:nowrap}.broken{color:var(--bad)}.open{color:var(--open)}.met{color:var(--good)}\
.broken::before{content:'\\2715\\00a0'}.open::before{content:'?\\00a0'}.met::before{content:'\\2713\\00a0'}\
.accepted::before{content:'\\2212\\00a0'}\
.more,footer{color:var(--soft)}\
figure{margin:1rem 0;overflow-x:auto}figure svg{max-width:100%;height:auto}\
@page{size:A4;margin:14mm}\
@media print{body{max-width:none;padding:0;font-size:9.5pt}h2,h3{break-after:avoid}tr{break-inside:avoid}\
thead{display:table-header-group}.table,figure{overflow:visible}th{white-space:normal}table{font-size:7.5pt}\
figure svg{max-height:250mm}}";

/// The whole page.
pub(super) fn write(page: &Page, outcome: &Outcome, words: &Words) -> String {
    let lang = match words.lang {
        Lang::En => "en",
        Lang::Ja => "ja",
    };
    let title = escaped(&page.title);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"generator\" content=\"sekisho {}\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n<header><h1>{title}</h1></header>\n",
        env!("CARGO_PKG_VERSION")
    );
    let _ = writeln!(
        out,
        "<nav aria-label=\"{}\"><ol>",
        escaped(&words.word("audit.contents"))
    );
    for block in &page.blocks {
        if let Block::Heading(2, text, id) = block {
            let _ = writeln!(out, "<li><a href=\"#{id}\">{}</a></li>", escaped(text));
        }
    }
    out.push_str("</ol></nav>\n<main>\n");
    for block in &page.blocks {
        match block {
            Block::Heading(depth, text, id) => {
                let _ = writeln!(out, "<h{depth} id=\"{id}\">{}</h{depth}>", escaped(text));
            }
            Block::Text(text) => {
                let _ = writeln!(out, "<p>{}</p>", escaped(text));
            }
            Block::Quote(text) => {
                let _ = writeln!(out, "<blockquote>{}</blockquote>", escaped(text));
            }
            Block::Note(text) => {
                let _ = writeln!(out, "<p class=\"note\">{}</p>", escaped(text));
            }
            Block::List(all) => {
                out.push_str("<ul>");
                for text in all {
                    let _ = write!(out, "<li>{}</li>", escaped(text));
                }
                out.push_str("</ul>\n");
            }
            Block::Table(t) => table(&mut out, t, words),
            Block::Picture => {
                let _ = writeln!(
                    out,
                    "<figure>\n{}</figure>",
                    flow::svg_element(outcome, words)
                );
            }
        }
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn table(out: &mut String, t: &Table, words: &Words) {
    out.push_str("<div class=\"table\"><table>\n<thead><tr>");
    for h in &t.head {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(h));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &t.rows {
        out.push_str("<tr>");
        for c in row {
            cell(out, c);
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
    if t.more > 0 {
        let more = Message::new("audit.more").arg(t.more.to_string());
        let _ = writeln!(out, "<p class=\"more\">{}</p>", escaped(&words.show(&more)));
    }
}

fn cell(out: &mut String, c: &Cell) {
    /// What is short is not broken: an id, a number.
    const SHORT: usize = 12;
    let short = c.lines.iter().all(|l| l.chars().count() <= SHORT);
    let mut text = String::new();
    for (i, line) in c.lines.iter().enumerate() {
        if i > 0 {
            text.push_str("<br>");
        }
        let line = escaped(line);
        match (c.code && !line.is_empty(), &c.standing) {
            (true, _) => {
                let _ = write!(text, "<code>{line}</code>");
            }
            (false, Some(standing)) if i == 0 => {
                let _ = write!(
                    text,
                    "<span class=\"standing {}\">{line}</span>",
                    standing.word()
                );
            }
            _ => text.push_str(&line),
        }
    }
    if let Some(id) = &c.link {
        text = format!("<a href=\"#{id}\">{text}</a>");
    }
    let class = if short { " class=\"short\"" } else { "" };
    let _ = write!(out, "<td{class}>{text}</td>");
}
