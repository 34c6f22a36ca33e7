//! Marks: the line that the user can change, and the way of the value to it.

use crate::diagnostic::Mark;
use crate::evaluate::Evaluation;
use crate::extract::facts::Basis;
use crate::source::{FileId, Place};

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
    let mut trail = ev.trail(found);
    if in_root(ev, basis.place.file) {
        trail.retain(|m| m.place != here.place);
        return Marked { trail, ..here };
    }
    match trail.iter().position(|m| in_root(ev, m.place.file)) {
        Some(i) => {
            let place = trail.remove(i).place;
            let message = crate::diagnostic::Message::new("trail.used-here");
            trail.insert(
                0,
                Mark {
                    place: basis.place,
                    message,
                },
            );
            Marked {
                place,
                header: None,
                trail,
            }
        }
        None => Marked { trail, ..here },
    }
}
