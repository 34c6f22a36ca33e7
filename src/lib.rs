//! sekisho: where Terraform's data rests, whose law reaches it, and who holds its key.
//!
//! The library is for the binary, tests and fuzzing: no stable API.

pub mod catalog;
pub mod diagnostic;
pub mod evaluate;
pub mod extract;
pub mod load;
pub mod source;
