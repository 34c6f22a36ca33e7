//! Names of resource types: which keep data, which are opaque, which move or guard what others keep, which are
//! known at all.
//!
//! What people edit is a type a line. The list of all is front-coded: the first character of a line says how much of the line before it
//! shares (0-9, A-Z, a-z), the rest is the rest. It is decoded once, when it is first asked, into
//! one text: going through it again for each type was half of a large run.

use rustc_hash::FxHashMap;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A sorted list of names.
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

    /// Reads a list with a name a line; lines with `#` and empty ones are for people.
    pub fn plain(list: &str) -> Names {
        let mut all: Vec<&str> = lines(list).collect();
        all.sort_unstable();
        let mut names = Names {
            text: String::with_capacity(list.len()),
            starts: Vec::with_capacity(all.len() + 1),
        };
        for name in all {
            names.starts.push(names.text.len() as u32);
            names.text.push_str(name);
        }
        names.starts.push(names.text.len() as u32);
        names
    }

    /// All names, sorted.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let range = |w: &[u32]| w[0] as usize..w[1] as usize;
        self.starts.windows(2).map(move |w| &self.text[range(w)])
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

/// Writes a list as [`Names::decode`] reads it.
pub fn encode<'a>(sorted: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = String::new();
    let mut before = "";
    for name in sorted {
        let same = before.bytes().zip(name.bytes());
        let keep = same.take_while(|(a, b)| a == b).count();
        let keep = keep.min(DIGITS.len() - 1);
        out.push(char::from(DIGITS[keep]));
        out.push_str(&name[keep..]);
        out.push('\n');
        before = name;
    }
    out
}

/// The lines of a list that people edit.
pub fn lines(list: &str) -> impl Iterator<Item = &str> {
    list.lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
}

/// `TYPE ROLE` a line, as a map.
pub fn roles(list: &'static str) -> FxHashMap<&'static str, Unjudged> {
    lines(list)
        .filter_map(|l| {
            let (ty, role) = l.split_once(' ')?;
            Some((ty, Unjudged::parse(role)?))
        })
        .collect()
}

/// What a type without a row does with data that others keep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unjudged {
    /// Moves it.
    Route,
    /// Opens or shuts it.
    Door,
    /// Is where it goes over the wire.
    Endpoint,
    /// Guards it: a key, a vault, a key store.
    Key,
    /// Is a setting of it.
    Carrier,
}

impl Unjudged {
    /// All of them.
    pub const ALL: [Unjudged; 5] = [
        Unjudged::Route,
        Unjudged::Door,
        Unjudged::Endpoint,
        Unjudged::Key,
        Unjudged::Carrier,
    ];

    /// As it stands in the list and in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Unjudged::Route => "route",
            Unjudged::Door => "door",
            Unjudged::Endpoint => "endpoint",
            Unjudged::Key => "key",
            Unjudged::Carrier => "carrier",
        }
    }

    fn parse(word: &str) -> Option<Unjudged> {
        Unjudged::ALL.into_iter().find(|r| r.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::super::embedded::{KNOWN, OPAQUE, ROLES, STORES};
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
        assert_eq!(encode(list.all()), "0ab\n2c\n3d\n1x\n");
    }

    #[test]
    fn plain_lists() {
        let list = Names::plain("# words\nb\n\n# more\na\n");
        assert_eq!(list.all().collect::<Vec<_>>(), ["a", "b"]);
        assert!(list.has("a") && list.has("b") && !list.has("ab"));
    }

    #[test]
    fn lists_are_there() {
        let known = Names::decode(KNOWN);
        assert!(known.has("terraform_data"));
        assert!(!known.has("no_such_type"));
        assert!(lines(STORES).count() > 1000);
        assert!(lines(OPAQUE).count() > 20);
        assert_eq!(roles(ROLES).len(), lines(ROLES).count(), "each has a role");
    }
}
