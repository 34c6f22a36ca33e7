//! Names of resource types: which keep data, which are known at all.
//!
//! The lists are front-coded: the first character of a line says how much of the line before it
//! shares (0-9, A-Z, a-z), the rest is the rest. A list is decoded once, when it is first asked, into
//! one text: going through it again for each type was half of a large run.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A sorted list of names, decoded.
#[derive(Debug)]
pub struct Names {
    text: String,
    /// Where each name starts in `text`; one more for the end.
    starts: Vec<u32>,
}

impl Names {
    /// Decodes a front-coded, sorted list.
    pub fn decode(list: &str) -> Names {
        let mut text = String::with_capacity(list.len() * 3);
        let mut starts = Vec::with_capacity(list.len() / 12);
        let mut before = 0;
        for line in list.lines() {
            let Some((&first, _)) = line.as_bytes().split_first() else {
                continue;
            };
            let keep = DIGITS.iter().position(|&d| d == first).unwrap_or(0);
            let start = text.len();
            starts.push(start as u32);
            let shared = before..(before + keep).min(start);
            let shared = text[shared].to_owned();
            text.push_str(&shared);
            text.push_str(&line[1..]);
            before = start;
        }
        starts.push(text.len() as u32);
        Names { text, starts }
    }

    /// Whether the list has the name.
    pub fn has(&self, name: &str) -> bool {
        let mut low = 0;
        let mut high = self.starts.len() - 1;
        while low < high {
            let middle = usize::midpoint(low, high);
            let at = self.starts[middle] as usize..self.starts[middle + 1] as usize;
            match self.text[at].cmp(name) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::embedded::{KNOWN, STORES};
    use super::*;

    #[test]
    fn front_coding() {
        let list = Names::decode("0ab\n2c\n3d\n1x\n");
        for name in ["ab", "abc", "abcd", "ax"] {
            assert!(list.has(name), "{name}");
        }
        for name in ["a", "b", "abd", ""] {
            assert!(!list.has(name), "{name}");
        }
    }

    #[test]
    fn lists_are_there() {
        let known = Names::decode(KNOWN);
        assert!(known.has("terraform_data"));
        assert!(!known.has("no_such_type"));
        assert!(STORES.lines().count() > 1000);
    }
}
