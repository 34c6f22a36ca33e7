//! Names of resource types: which keep data, which are known at all.
//!
//! The lists are front-coded: the first character of a line says how much of the line before it
//! shares (0-9, A-Z, a-z), the rest is the rest. A list is gone through once a question; the
//! questions are few (types without a row), and answers are kept by the caller.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Whether a front-coded, sorted list has the name.
pub fn has(list: &str, name: &str) -> bool {
    let mut word = String::with_capacity(80);
    for line in list.lines() {
        let Some((&first, _)) = line.as_bytes().split_first() else {
            continue;
        };
        let keep = DIGITS.iter().position(|&d| d == first).unwrap_or(0);
        word.truncate(keep);
        word.push_str(&line[1..]);
        match word.as_str().cmp(name) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Greater => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::embedded::{KNOWN, STORES};
    use super::*;

    #[test]
    fn front_coding() {
        let list = "0ab\n2c\n3d\n1x\n";
        for name in ["ab", "abc", "abcd", "ax"] {
            assert!(has(list, name), "{name}");
        }
        for name in ["a", "b", "abd", ""] {
            assert!(!has(list, name), "{name}");
        }
    }

    #[test]
    fn lists_are_there() {
        assert!(has(KNOWN, "terraform_data"));
        assert!(!has(KNOWN, "no_such_type"));
        assert!(STORES.lines().count() > 1000);
    }
}
