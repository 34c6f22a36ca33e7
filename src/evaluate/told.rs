//! Values for people: as they would be written in the code.

use super::functions::jsonencode;
use super::value::{Kind, Marks, Val, World};

/// A value as it would be written: text, numbers, booleans, null; of several those that can be in a
/// world. What is sensitive, or made of parts that may be, is not told.
pub fn told(v: &Val, world: &World) -> Option<String> {
    let marks = v.has().marks;
    if marks.has(Marks::SENSITIVE) || marks.has(Marks::EPHEMERAL) {
        return None;
    }
    match &v.kind {
        Kind::Null(_) => Some("null".into()),
        Kind::Bool(_) | Kind::Num(_) | Kind::Str(_) => Some(jsonencode(v)),
        Kind::OneOf(alts) => {
            let mut all: Vec<String> = Vec::new();
            for a in alts.iter().filter(|a| world.and(&a.when).is_some()) {
                let one = told(&a.val, world)?;
                if !all.contains(&one) {
                    all.push(one);
                }
            }
            Some(all.join(" | "))
        }
        _ => None,
    }
}
