//! Where everything of the picture stands: lanes below each other, in each a column of keys, one of what is
//! kept, one of where it goes; what no arrow touches stands below. All numbers are whole pixels.

use super::super::width::width;
use super::model::{Flow, Kind, Map, Node};
use crate::messages::visible;

pub(super) const NODE: i32 = 272;
pub(super) const GAP: i32 = 132;
pub(super) const EDGE: i32 = 20;
pub(super) const LINE: i32 = 15;
const PAD: i32 = 9;
const BETWEEN: i32 = 14;
const HEAD: i32 = 34;
const LANES: i32 = 18;
/// Columns of the font that fit into a node.
const FITS: usize = 34;
/// So many lines of a name are drawn.
const NAME_LINES: usize = 4;

/// A node's place and what stands in it.
#[derive(Debug)]
pub(super) struct Drawn {
    pub x: i32,
    pub y: i32,
    pub height: i32,
    /// What it is; its name; the rest.
    pub head: String,
    pub name: Vec<String>,
    pub lines: Vec<String>,
}

/// An arrow's ends.
#[derive(Debug)]
pub(super) struct Arrow {
    pub from: (i32, i32),
    pub to: (i32, i32),
    /// It leaves and comes in at the right side: both ends are in one column.
    pub around: bool,
    /// The label is drawn: of several arrows that say the same only one does.
    pub labelled: bool,
}

#[derive(Debug)]
pub(super) struct Layout {
    pub width: i32,
    pub height: i32,
    /// Top and height.
    pub lanes: Vec<(i32, i32)>,
    pub nodes: Vec<Drawn>,
    pub arrows: Vec<Arrow>,
}

/// Lays out a map below a head of so many pixels.
pub(super) fn layout(map: &Map, head: i32) -> Layout {
    let columns = columns(map);
    let count = columns.iter().flatten().max().map_or(1, |c| c + 1).max(2);
    let width = 2 * EDGE + count * NODE + (count - 1) * GAP + 2 * PAD;
    let x = |column: i32| EDGE + PAD + column * (NODE + GAP);
    let mut nodes: Vec<Drawn> = map.nodes.iter().map(drawn).collect();
    let mut lanes = Vec::new();
    let mut y = head;
    for lane in 0..map.lanes.len() {
        let top = y;
        y += HEAD;
        let mut bottoms = vec![y; count as usize];
        let here = |n: &usize| map.nodes[*n].lane == lane;
        for n in (0..nodes.len()).filter(here) {
            if let Some(column) = columns[n] {
                let bottom = &mut bottoms[column as usize];
                nodes[n].x = x(column);
                nodes[n].y = *bottom;
                *bottom += nodes[n].height + BETWEEN;
            }
        }
        y = bottoms.iter().copied().max().unwrap_or(y);
        // What no arrow touches, in rows.
        let alone: Vec<usize> = (0..nodes.len())
            .filter(here)
            .filter(|&n| columns[n].is_none())
            .collect();
        let across = (width - 2 * (EDGE + PAD) + BETWEEN) / (NODE + BETWEEN);
        for row in alone.chunks(across.max(1) as usize) {
            let mut tallest = 0;
            for (i, &n) in row.iter().enumerate() {
                nodes[n].x = x(0) + i as i32 * (NODE + BETWEEN);
                nodes[n].y = y;
                tallest = tallest.max(nodes[n].height);
            }
            y += tallest + BETWEEN;
        }
        lanes.push((top, y - top));
        y += LANES;
    }
    let arrows = arrows(map, &nodes);
    Layout {
        width,
        height: y,
        lanes,
        nodes,
        arrows,
    }
}

/// The column of each node; none: no arrow touches it.
fn columns(map: &Map) -> Vec<Option<i32>> {
    let keys = map.edges.iter().any(|e| e.flow == Flow::Key);
    let first = i32::from(keys);
    (0..map.nodes.len())
        .map(|n| {
            let (mut gives, mut gets) = (false, false);
            for e in map.edges.iter().filter(|e| e.from != e.to) {
                gives |= e.from == n;
                gets |= e.to == n && e.flow != Flow::Key;
            }
            let touched = map.edges.iter().any(|e| e.from == n || e.to == n);
            touched.then_some(match map.nodes[n].kind {
                Kind::Key => 0,
                Kind::Copy | Kind::State | Kind::Service => first + 1,
                // What only receives stands where data goes.
                Kind::Store | Kind::Opaque if gets && !gives => first + 1,
                Kind::Store | Kind::Opaque | Kind::Route | Kind::Root => first,
            })
        })
        .collect()
}

fn drawn(node: &Node) -> Drawn {
    let name = wrapped(&visible(&node.name), FITS, NAME_LINES);
    let lines: Vec<String> = node
        .lines
        .iter()
        .flat_map(|l| wrapped(&visible(l), FITS, 2))
        .collect();
    let head = wrapped(&visible(&node.head), FITS, 1).remove(0);
    Drawn {
        x: 0,
        y: 0,
        height: 2 * PAD + LINE * (1 + name.len() + lines.len()) as i32,
        head,
        name,
        lines,
    }
}

/// The baseline of a line of a node.
pub(super) fn baseline(node: &Drawn, line: usize) -> i32 {
    node.y + PAD + LINE * (line as i32 + 1) - 4
}

/// A text in lines that fit; what is left over is cut, and that is seen.
pub(super) fn wrapped(text: &str, fits: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let wide = width(c.encode_utf8(&mut [0; 4]));
        if used + wide > fits {
            if lines.len() == most {
                if let Some(last) = lines.last_mut() {
                    last.pop();
                    last.push('…');
                }
                return lines;
            }
            // Behind a mark of the address, where there is one not far away.
            let full = lines.last_mut().expect("internal: never empty");
            let tail = || full.char_indices().rev().take(fits / 2);
            let space = || tail().find(|(_, c)| *c == ' ');
            let at = space()
                .or_else(|| tail().find(|(_, c)| matches!(c, '.' | '[' | '/' | '-')))
                .map(|(i, c)| if c == '[' { i } else { i + c.len_utf8() });
            let rest = match at.filter(|&i| i > 0) {
                Some(at) => full.split_off(at),
                None => String::new(),
            };
            used = width(&rest);
            lines.push(rest);
        }
        lines.last_mut().expect("internal: never empty").push(c);
        used += wide;
    }
    lines
}

fn arrows(map: &Map, nodes: &[Drawn]) -> Vec<Arrow> {
    let right = |from: usize, to: usize| nodes[from].x >= nodes[to].x;
    // At which side of its ends each arrow is: `true` is the right side.
    let sides: Vec<(bool, bool)> = map
        .edges
        .iter()
        .map(|e| {
            let same = nodes[e.from].x == nodes[e.to].x;
            let back = right(e.from, e.to) && !same;
            (!back, same || back)
        })
        .collect();
    // Arrows at one side of a node come in the order of where they lead.
    let port = |edge: usize, at_start: bool| -> (i32, i32) {
        let e = &map.edges[edge];
        let node = if at_start { e.from } else { e.to };
        let side = if at_start {
            sides[edge].0
        } else {
            sides[edge].1
        };
        let mut all: Vec<(i32, usize, bool)> = Vec::new();
        for (i, other) in map.edges.iter().enumerate() {
            if other.from == node && sides[i].0 == side {
                all.push((nodes[other.to].y, i, true));
            }
            if other.to == node && sides[i].1 == side {
                all.push((nodes[other.from].y, i, false));
            }
        }
        all.sort_unstable();
        let at = all
            .iter()
            .position(|&(_, i, start)| (i, start) == (edge, at_start))
            .unwrap_or(0) as i32;
        let n = &nodes[node];
        let x = if side { n.x + NODE } else { n.x };
        (x, n.y + n.height * (at + 1) / (all.len() as i32 + 1))
    };
    let mut labelled: Vec<(usize, Flow, &str)> = Vec::new();
    map.edges
        .iter()
        .enumerate()
        .map(|(i, e)| {
            let label = (e.to, e.flow, &*e.label);
            let first = !labelled.contains(&label);
            labelled.push(label);
            Arrow {
                from: port(i, true),
                to: port(i, false),
                around: nodes[e.from].x == nodes[e.to].x,
                labelled: first,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_what_is_cut_is_seen() {
        let address = "module.application[\"tokyo\"].module.database.aws_rds_cluster.orders[0]";
        let lines = wrapped(address, FITS, 4);
        assert_eq!(lines.concat(), address);
        assert!(
            lines.len() > 1 && lines.iter().all(|l| width(l) <= FITS),
            "{lines:?}"
        );
        let japanese = wrapped(&"顧客".repeat(30), FITS, 2);
        assert!(japanese.iter().all(|l| width(l) <= FITS), "{japanese:?}");
        assert!(japanese[1].ends_with('…'), "{japanese:?}");
        assert_eq!(wrapped("", FITS, 2), [""]);
    }
}
