//! Evaluate: the values that Terraform would have, as far as the text alone decides them.

pub mod convert;
pub mod functions;
pub mod number;
pub mod text;
pub mod types;
pub mod value;
