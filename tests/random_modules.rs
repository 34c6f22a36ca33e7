//! Random expressions and modules, asked of the real terraform and of sekisho: nothing may differ.
//!
//! Not part of `cargo test`, since terraform has to be there: CONTRIBUTING.md says how to run it.
//! What it finds is shrunk and printed; the case then goes into `tests/language`.

#[path = "support/random/mod.rs"]
mod random;

use random::hunt::{Settings, Tally, expressions, modules, said};

/// Shrunk disagreements that are known, by a part of their text, with the reason.
const KNOWN: &[(&str, &str)] = &[];

#[test]
#[ignore = "needs terraform"]
fn random_expressions() {
    judge(&expressions(&Settings::of_environment()));
}

#[test]
#[ignore = "needs terraform"]
fn random_modules() {
    judge(&modules(&Settings::of_environment()));
}

fn judge(tally: &Tally) {
    println!(
        "{} asked: {} the same, {} fail in both, {} known to sekisho alone, {} disagreements",
        tally.asked,
        tally.same,
        tally.failed,
        tally.more,
        tally.bad.len()
    );
    let known = |text: &str| KNOWN.iter().any(|(part, _)| text.contains(part));
    let new: Vec<String> = tally
        .bad
        .iter()
        .filter(|(text, _)| !known(text))
        .map(|(text, verdict)| format!("{text}\n{}", said(verdict)))
        .collect();
    assert!(new.is_empty(), "{}", new.join("\n\n"));
    assert!(tally.asked > 0 && tally.same > 0, "nothing was compared");
}
