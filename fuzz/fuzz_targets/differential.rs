//! Our parser against hcl-edit: both take a text or both refuse it, and where both take it, names and places are
//! the same. What is known to differ, and who is right there, stands in [`excused`].
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/support/second_opinion.rs"]
mod second_opinion;
#[allow(dead_code, unused_imports)]
#[path = "../../src/load/syntax/mod.rs"]
mod syntax;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (ours, theirs) = (second_opinion::ours(text), second_opinion::theirs(text));
    if ours != theirs && !excused(text) {
        let codes: Vec<_> = syntax::parse_native(bytes)
            .errors()
            .iter()
            .map(|e| e.code)
            .collect();
        panic!(
            "{codes:?} {:?} {text:?}\n  ours   {ours:?}\n  theirs {theirs:?}",
            hcl_edit::parser::parse_body(text)
                .err()
                .map(|e| e.message().to_owned())
        );
    }
});

/// What our parser refuses and hcl-edit takes; `HashiCorp`'s parser refuses it too.
const STRICTER: &[&str] = &[
    "newline-in-string",
    "nested-splat",
    "splat-bracket-expected",
    "legacy-index-chain",
    "invalid-number",
    "for-name-expected",
    "for-in-expected",
    "directive-unclosed",
];

/// What hcl-edit refuses and we take, as terraform does: words of its message.
const LAXER: &[&str] = &[
    // Terraform keeps the last of equal keys.
    "unique object key",
    // Its own limits: 64 levels, 128 operators.
    "nest",
];

/// Whether a text has something in it that the two are known to read differently.
fn excused(text: &str) -> bool {
    // A byte order mark is skipped by terraform; a carriage return alone is no white space.
    if text.starts_with('\u{feff}') || text.contains('\r') || odd_heredoc(text) {
        return true;
    }
    let tree = syntax::parse_native(text.as_bytes());
    if tree.errors().iter().any(|e| STRICTER.contains(&e.code)) {
        return true;
    }
    match hcl_edit::parser::parse_body(text) {
        Err(error) => {
            LAXER.iter().any(|words| error.message().contains(words)) || unknown_to_it(text)
        }
        // A newline before the star of a splat.
        Ok(_) => {
            tree.errors()
                .iter()
                .any(|e| e.code == "expression-expected")
                && text.contains("[\n")
        }
    }
}

/// What hcl-edit does not know: a legacy index with an exponent (`x.1e5`), a line break in the key or value of a
/// `for` that makes an object.
fn unknown_to_it(text: &str) -> bool {
    let exponent = text.split('.').skip(1).any(|after| {
        let digits = after.trim_start_matches(|c: char| c.is_ascii_digit());
        digits.len() < after.len() && digits.starts_with(['e', 'E'])
    });
    // A large exponent is infinity for terraform.
    let large = text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        let word = word.trim_start_matches(|c: char| c.is_ascii_digit());
        word.len() > 3 && word.starts_with(['e', 'E'])
    });
    // Letters that only the older property ID_Start has; and its own limits.
    let letters = !text.is_ascii();
    let chained = text.matches(['-', '!', '/', '*', '+']).count() > 60;
    exponent || large || letters || chained || text.contains("=>") && text.contains('\n')
}

/// A heredoc with a line that begins with its marker and goes on, or whose last line is not ended: hcl-edit ends
/// it there, terraform does not. Or one that is empty: hcl-edit goes on to the next marker.
fn odd_heredoc(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("<<") {
        let after = after.strip_prefix('-').unwrap_or(after);
        let (marker, lines) = after.split_once('\n').unwrap_or((after, ""));
        let odd = |line: &str| line.trim_start().starts_with(marker) && line.trim_start() != marker;
        let empty = lines.lines().next().is_some_and(|l| l.trim() == marker);
        // White space before a marker is blanks and tabs for terraform, and more for hcl-edit.
        let feed = lines.contains(['\u{c}', '\u{b}']);
        if !marker.is_empty() && (empty || feed || lines.lines().any(odd) || !lines.ends_with('\n'))
        {
            return true;
        }
        rest = after;
    }
    false
}
