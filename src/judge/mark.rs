//! Marks: the line that the user can change, and the way of the value to it.

use crate::diagnostic::{Mark, Message};
use crate::evaluate::Evaluation;
use crate::evaluate::told::told;
use crate::evaluate::value::World;
use crate::extract::facts::Basis;
use crate::source::{FileId, Place};

/// Longer values are cut.
const LONGEST: usize = 80;

/// Where a finding points.
pub struct Marked {
    /// The line to change.
    pub place: Place,
    /// The block around it.
    pub header: Option<Place>,
    /// The value's way.
    pub trail: Vec<Mark>,
}

/// Whether a file belongs to the root module.
fn in_root(ev: &Evaluation<'_>, file: FileId) -> bool {
    ev.project.module(ev.root.module).files.contains(&file)
}

/// Where the root hands in a value that decides in a module.
pub fn handed_in(ev: &Evaluation<'_>, basis: &Basis) -> Option<Place> {
    basis.found.as_ref()?;
    if basis.group.is_some() || in_root(ev, basis.place.file) {
        return None;
    }
    Some(mark(ev, basis).place)
}

/// A value that came into a module is changed where the root hands it in.
pub fn mark(ev: &Evaluation<'_>, basis: &Basis) -> Marked {
    let here = Marked {
        place: basis.place,
        header: (basis.header != basis.place).then_some(basis.header),
        trail: Vec::new(),
    };
    let Some(found) = &basis.found else {
        return here;
    };
    let trail = ev.trail(found);
    if in_root(ev, basis.place.file) {
        let trail = seen_from(here.place, basis, trail);
        return Marked { trail, ..here };
    }
    match trail.iter().find(|m| in_root(ev, m.place.file)) {
        Some(handed_in) => {
            let place = handed_in.place;
            Marked {
                place,
                header: None,
                trail: seen_from(place, basis, trail),
            }
        }
        None => Marked { trail, ..here },
    }
}

/// The way with its values, of alternatives each one's, seen from the mark of the finding.
pub fn way(ev: &Evaluation<'_>, basis: &Basis, from: Place, world: &World) -> Vec<Mark> {
    let way = basis.found.iter().flat_map(|found| ev.way(found, world));
    let marks = way.map(|(mark, value)| Mark {
        value: value
            .filter(|_| !basis.secret)
            .as_ref()
            .and_then(|v| told(v, world))
            .map(cut),
        ..mark
    });
    seen_from(from, basis, marks.collect())
}

/// Without the mark itself; what it is used for is said where the mark is not there.
fn seen_from(from: Place, basis: &Basis, mut trail: Vec<Mark>) -> Vec<Mark> {
    trail.retain(|m| m.place != from);
    if from != basis.place && basis.found.is_some() {
        let used = Mark {
            place: basis.place,
            message: Message::new("trail.used-here"),
            value: None,
        };
        trail.insert(0, used);
    }
    trail
}

/// Of a long value the beginning.
fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
