//! Load: text to modules. Files are parsed from the walking threads, roots decided after.

pub mod project;
pub mod syntax;
