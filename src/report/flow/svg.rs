//! The flow map as SVG: no script, nothing from outside, its own colours for light, dark and print. What
//! colours tell is told by lines and words too.

use super::About;
use super::layout::{Arrow, EDGE, LINE, Layout, NODE, baseline, layout, wrapped};
use super::model::{Abroad, Edge, Flow, Kind, Map};
use crate::messages::{Words, visible};
use std::fmt::Write as _;

/// The styles; every selector begins with the picture's own class, so that a page around it stays as it is.
const STYLE: &str = "\
.sekisho-flow{--ink:#1b1f24;--soft:#57606a;--paper:#fff;--lane:#f6f8fa;--line:#8c959f;--node:#fff;\
--copies:#0b57a4;--logs:#7a5c00;--processing:#b3261e;--keys:#6b3fa0;--state:#22694a;--services:#a03a6a;\
background:var(--paper);color:var(--ink)}\
.sekisho-flow text{fill:var(--ink);font:12px ui-monospace,Menlo,Consolas,'Noto Sans Mono CJK JP','Noto Sans CJK JP',monospace}\
.sekisho-flow .title{font-size:16px;font-weight:bold}\
.sekisho-flow .lane-title{font-size:14px;font-weight:bold}\
.sekisho-flow .head,.sekisho-flow .more{fill:var(--soft)}\
.sekisho-flow .head{font-size:11px}\
.sekisho-flow .name{font-weight:bold}\
.sekisho-flow .label{font-size:11px;stroke:var(--lane);stroke-width:4px;paint-order:stroke}\
.sekisho-flow .lane{fill:var(--lane);stroke:var(--line);stroke-width:1.5}\
.sekisho-flow .abroad{stroke:var(--ink);stroke-width:3;stroke-dasharray:10 5}\
.sekisho-flow .perhaps{stroke:var(--ink);stroke-width:3;stroke-dasharray:3 5}\
.sekisho-flow .node{fill:var(--node);stroke:var(--line);stroke-width:1.2}\
.sekisho-flow .node.opaque{stroke-dasharray:4 3}\
.sekisho-flow .node.key{stroke:var(--keys);stroke-width:2}\
.sekisho-flow .node.copy{stroke-dasharray:8 3}\
.sekisho-flow .arrow{fill:none;stroke-width:1.6}\
.sekisho-flow .copies{stroke:var(--copies)}.sekisho-flow .logs{stroke:var(--logs);stroke-dasharray:7 3 2 3}\
.sekisho-flow .processing{stroke:var(--processing);stroke-width:3}\
.sekisho-flow .keys{stroke:var(--keys);stroke-dasharray:2 3}.sekisho-flow .state{stroke:var(--state);stroke-dasharray:9 4}\
.sekisho-flow .services{stroke:var(--services);stroke-dasharray:12 3 2 3 2 3}\
.sekisho-flow .tip{stroke:none}.sekisho-flow .tip.copies{fill:var(--copies)}.sekisho-flow .tip.logs{fill:var(--logs)}\
.sekisho-flow .tip.processing{fill:var(--processing)}.sekisho-flow .tip.keys{fill:var(--keys)}\
.sekisho-flow .tip.state{fill:var(--state)}.sekisho-flow .tip.services{fill:var(--services)}\
@media screen and (prefers-color-scheme:dark){.sekisho-flow{--ink:#e6edf3;--soft:#9da7b3;--paper:#0d1117;--lane:#161b22;\
--line:#6e7681;--node:#0d1117;--copies:#6cb6ff;--logs:#d9b23c;--processing:#ff8b82;--keys:#c5a3ff;--state:#6bd49b;--services:#ff9bce}}";

/// The picture, with its title and description.
pub(super) fn draw(map: &Map, about: &About, words: &Words) -> String {
    let head = 2 * EDGE + 20;
    let layout = layout(map, head);
    let flows: Vec<Flow> = Flow::ALL
        .into_iter()
        .filter(|f| map.edges.iter().any(|e| e.flow == *f))
        .collect();
    let width = layout.width;
    let columns = ((width - 2 * EDGE) * 10 / 72) as usize;
    let notes: Vec<String> = about
        .notes
        .iter()
        .flat_map(|n| wrapped(&visible(n), columns, 6))
        .collect();
    let legend_end = layout.height + legend_height(map, &flows);
    let height = legend_end + notes.len() as i32 * LINE + 2 * EDGE;
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"sekisho-flow\" role=\"img\" \
         aria-labelledby=\"sekisho-flow-title sekisho-flow-desc\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\">\n<title id=\"sekisho-flow-title\">{}</title>\n\
         <desc id=\"sekisho-flow-desc\">{}</desc>\n<style>{STYLE}</style>\n<defs>\n",
        escaped(&about.title),
        escaped(&about.description)
    );
    for f in &flows {
        let _ = writeln!(
            out,
            "<marker id=\"sekisho-tip-{0}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" \
             markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"tip {0}\" \
             d=\"M0 0L10 5L0 10z\"/></marker>",
            f.class()
        );
    }
    out.push_str("</defs>\n");
    let _ = writeln!(
        out,
        "<text class=\"title\" x=\"{EDGE}\" y=\"{}\">{}</text>",
        EDGE + 16,
        escaped(&about.title)
    );
    lanes(&mut out, map, &layout);
    // Arrows lie under the nodes, what they are called over them.
    for (e, a) in map.edges.iter().zip(&layout.arrows) {
        let _ = writeln!(
            out,
            "<path class=\"arrow {0}\" d=\"{1}\" marker-end=\"url(#sekisho-tip-{0})\"/>",
            e.flow.class(),
            path(a)
        );
    }
    nodes(&mut out, map, &layout);
    for (e, a) in map.edges.iter().zip(&layout.arrows) {
        label(&mut out, e, a);
    }
    legend(&mut out, map, &flows, layout.height, words);
    for (i, note) in notes.iter().enumerate() {
        let y = legend_end + EDGE + LINE * i as i32;
        let _ = writeln!(
            out,
            "<text class=\"more\" x=\"{EDGE}\" y=\"{y}\">{}</text>",
            escaped(note)
        );
    }
    out.push_str("</svg>\n");
    out
}

fn lanes(out: &mut String, map: &Map, layout: &Layout) {
    for (lane, (top, height)) in map.lanes.iter().zip(&layout.lanes) {
        let class = match lane.abroad {
            Abroad::No | Abroad::Home => "",
            Abroad::Out | Abroad::Partly => " abroad",
            Abroad::Perhaps | Abroad::Unknown => " perhaps",
        };
        let _ = writeln!(
            out,
            "<rect class=\"lane{class}\" x=\"{EDGE}\" y=\"{top}\" width=\"{}\" height=\"{height}\" rx=\"6\"/>\n\
             <text class=\"lane-title\" x=\"{}\" y=\"{}\">{}</text>",
            layout.width - 2 * EDGE,
            EDGE + 10,
            top + 22,
            escaped(&lane.title)
        );
    }
}

fn nodes(out: &mut String, map: &Map, layout: &Layout) {
    for (node, d) in map.nodes.iter().zip(&layout.nodes) {
        let round = match node.kind {
            Kind::Key | Kind::Service => 14,
            Kind::Root | Kind::Opaque => 0,
            _ => 5,
        };
        let _ = write!(out, "<g><title>{}</title>", escaped(&visible(&node.name)));
        if node.count > 1 {
            // One behind the other: many of them.
            let _ = write!(
                out,
                "<rect class=\"node\" x=\"{}\" y=\"{}\" width=\"{NODE}\" height=\"{}\" rx=\"{round}\"/>",
                d.x + 5,
                d.y + 5,
                d.height
            );
        }
        let _ = write!(
            out,
            "<rect class=\"node {}\" x=\"{}\" y=\"{}\" width=\"{NODE}\" height=\"{}\" rx=\"{round}\"/>",
            node.kind.class(),
            d.x,
            d.y,
            d.height
        );
        let texts = std::iter::once(("head", &d.head))
            .chain(d.name.iter().map(|l| ("name", l)))
            .chain(d.lines.iter().map(|l| ("more", l)));
        for (i, (class, text)) in texts.enumerate() {
            let _ = write!(
                out,
                "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>",
                d.x + 10,
                baseline(d, i),
                escaped(text)
            );
        }
        out.push_str("</g>\n");
    }
}

/// The way of an arrow; a bow beside the column where both ends are in it.
fn path(a: &Arrow) -> String {
    let ((x, y), (to_x, to_y)) = (a.from, a.to);
    if a.around {
        let out = x.max(to_x) + 34 + ((to_y - y).abs() / 12).min(70);
        return format!("M{x} {y}C{out} {y} {out} {to_y} {to_x} {to_y}");
    }
    let bow = ((to_x - x).abs() / 2).max(40);
    let (one, two) = if to_x > x {
        (x + bow, to_x - bow)
    } else {
        (x - bow, to_x + bow)
    };
    format!("M{x} {y}C{one} {y} {two} {to_y} {to_x} {to_y}")
}

fn label(out: &mut String, e: &Edge, a: &Arrow) {
    let mut text = e.label.clone();
    if e.count > 1 {
        let _ = write!(text, " ×{}", e.count);
    }
    if text.trim().is_empty() || !(a.labelled || e.count > 1) {
        return;
    }
    // In front of the tip, on the side that it comes from.
    let (x, anchor) = if a.around || a.to.0 < a.from.0 {
        (a.to.0 + 10, "start")
    } else {
        (a.to.0 - 10, "end")
    };
    let _ = writeln!(
        out,
        "<text class=\"label\" text-anchor=\"{anchor}\" x=\"{x}\" y=\"{}\">{}</text>",
        a.to.1 - 5,
        escaped(&visible(text.trim()))
    );
}

fn legend_lines(map: &Map) -> usize {
    let abroad = |of: &[Abroad]| map.lanes.iter().any(|l| of.contains(&l.abroad));
    usize::from(abroad(&[Abroad::Out, Abroad::Partly]))
        + usize::from(abroad(&[Abroad::Perhaps, Abroad::Unknown]))
}

fn legend_height(map: &Map, flows: &[Flow]) -> i32 {
    (flows.len() + legend_lines(map)) as i32 * (LINE + 6)
}

fn legend(out: &mut String, map: &Map, flows: &[Flow], top: i32, words: &Words) {
    let mut y = top + 6;
    let text = |out: &mut String, y: i32, key: &str| {
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\">{}</text>",
            EDGE + 70,
            y + 4,
            escaped(&words.word(key))
        );
    };
    for f in flows {
        let _ = write!(
            out,
            "<path class=\"arrow {0}\" d=\"M{EDGE} {y}H{1}\" marker-end=\"url(#sekisho-tip-{0})\"/>",
            f.class(),
            EDGE + 58
        );
        let only_elsewhere = map.grouped && *f == Flow::Key;
        text(
            out,
            y,
            if only_elsewhere {
                "flow.keys-elsewhere"
            } else {
                f.word()
            },
        );
        y += LINE + 6;
    }
    let marks: [(&[Abroad], &str, &str); 2] = [
        (&[Abroad::Out, Abroad::Partly], "abroad", "flow.mark-abroad"),
        (
            &[Abroad::Perhaps, Abroad::Unknown],
            "perhaps",
            "flow.mark-unknown",
        ),
    ];
    for (of, class, key) in marks {
        if map.lanes.iter().any(|l| of.contains(&l.abroad)) {
            let _ = write!(
                out,
                "<path class=\"arrow {class}\" d=\"M{EDGE} {y}H{}\"/>",
                EDGE + 58
            );
            text(out, y, key);
            y += LINE + 6;
        }
    }
}

/// A text as it stands in XML: characters that may not stand there are written out before.
pub(in crate::report) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
