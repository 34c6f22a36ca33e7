//! Discover: which directories are looked at, which files of one count, and what bounds reading.
//!
//! Lives here: paths, the boundary, ignore rules, the kinds of files, the walk. Not here: what stands
//! in the files (`load/`), and which directory is a root: that is known only after the module calls
//! of all directories are parsed.

mod boundary;
mod kinds;
mod rules;
mod values;
mod walk;

pub use boundary::{Boundaries, absolute, clean};
pub use kinds::{Config, auto_values, is_configuration, is_values};
pub use rules::Rules;
pub use values::{Near, NearFile, NearSet};
pub use walk::{Directory, Entry, State, Visitor, Walker, not_judged, unlisted};
