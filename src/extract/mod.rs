//! Extract: the facts about every store, key and backend of an evaluated target.

pub mod facts;
