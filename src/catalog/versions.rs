//! Provider versions: which of a row's ranges may be in use, as the lock file and `required_providers`
//! of all modules leave it open.
//!
//! Lives here: constraints of versions as terraform writes them (`= != > >= < <= ~>`), and whether a
//! version can satisfy several at once. Not here: where they were found (`evaluate/providers.rs`).

use super::compile::Mistake;

/// Three numbers; a pre-release counts as the version before which it stands.
type Version = [u64; 3];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Op {
    Is,
    Not,
    Above,
    From,
    Below,
    To,
    /// `~>`, with the number of parts that were written.
    Pessimistic(usize),
}

/// A version constraint: all of its parts hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Range {
    parts: Vec<(Op, Version)>,
    text: String,
}

impl Range {
    /// Reads `>= 4.20, < 5`.
    pub fn parse(text: &str) -> Result<Range, Mistake> {
        let mistake = || format!("`{text}` is no version constraint");
        let mut out = Vec::new();
        for part in text.split(',') {
            let part = part.trim();
            let digits = part
                .find(|c: char| c.is_ascii_digit() || c == 'v')
                .ok_or_else(mistake)?;
            let (op, version) = part.split_at(digits);
            let (version, parts) = parse_version(version.trim()).ok_or_else(mistake)?;
            let op = match op.trim() {
                "" | "=" => Op::Is,
                "!=" => Op::Not,
                ">" => Op::Above,
                ">=" => Op::From,
                "<" => Op::Below,
                "<=" => Op::To,
                "~>" => Op::Pessimistic(parts),
                _ => return Err(mistake()),
            };
            out.push((op, version));
        }
        Ok(Range {
            parts: out,
            text: text.trim().to_owned(),
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a version satisfies it.
    pub fn has(&self, v: Version) -> bool {
        self.parts.iter().all(|(op, bound)| match op {
            Op::Is => v == *bound,
            Op::Not => v != *bound,
            Op::Above => v > *bound,
            Op::From => v >= *bound,
            Op::Below => v < *bound,
            Op::To => v <= *bound,
            Op::Pessimistic(parts) => {
                let fixed = parts.saturating_sub(1).max(1);
                v >= *bound && v[..fixed] == bound[..fixed]
            }
        })
    }
}

fn parse_version(text: &str) -> Option<(Version, usize)> {
    let text = text.trim_start_matches('v');
    let core = text.split(['-', '+']).next().unwrap_or(text);
    let mut out = [0; 3];
    let mut parts = 0;
    for (i, part) in core.split('.').enumerate() {
        *out.get_mut(i)? = part.parse().ok()?;
        parts = i + 1;
    }
    Some((out, parts))
}

/// Which of these ranges may be in use: by their numbers. A lock file decides; without one every version
/// that all constraints allow is possible. Constraints that cannot be read constrain nothing.
pub fn possible(ranges: &[&Range], locked: Option<&str>, constraints: &[&str]) -> Vec<usize> {
    if let Some((version, _)) = locked.and_then(parse_version) {
        return holding(ranges, &[version], &[]);
    }
    let said: Vec<Range> = constraints
        .iter()
        .filter_map(|c| Range::parse(c).ok())
        .collect();
    // Between the bounds that are named nothing changes: each bound, and what is next to it.
    let mut versions: Vec<Version> = vec![[0, 0, 0], [u64::MAX, 0, 0]];
    for (_, v) in said
        .iter()
        .chain(ranges.iter().copied())
        .flat_map(|r| &r.parts)
    {
        let [a, b, c] = *v;
        versions.extend([[a, b, c], [a, b, c.saturating_add(1)], [a, b, u64::MAX]]);
        versions.extend([[a, u64::MAX, 0], [a.saturating_add(1), 0, 0]]);
        if let Some(c) = c.checked_sub(1) {
            versions.push([a, b, c]);
        } else if let Some(b) = b.checked_sub(1) {
            versions.push([a, b, u64::MAX]);
        } else if let Some(a) = a.checked_sub(1) {
            versions.push([a, u64::MAX, u64::MAX]);
        }
    }
    let found = holding(ranges, &versions, &said);
    if found.is_empty() {
        // Constraints that contradict each other: terraform would refuse, nothing is ruled out here.
        return (0..ranges.len()).collect();
    }
    found
}

fn holding(ranges: &[&Range], versions: &[Version], said: &[Range]) -> Vec<usize> {
    (0..ranges.len())
        .filter(|&i| {
            versions
                .iter()
                .any(|&v| ranges[i].has(v) && said.iter().all(|s| s.has(v)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(locked: Option<&str>, constraints: &[&str]) -> Vec<usize> {
        let old = Range::parse("<5").expect("it is one");
        let new = Range::parse(">= 5").expect("it is one");
        possible(&[&old, &new], locked, constraints)
    }

    #[test]
    fn which_versions_are_possible() {
        assert_eq!(ask(None, &[]), [0, 1]);
        assert_eq!(ask(Some("4.9.1"), &[">= 5"]), [0]);
        assert_eq!(ask(None, &["~> 4.0"]), [0]);
        assert_eq!(ask(None, &["~> 4"]), [0]);
        assert_eq!(ask(None, &["~> 5.1.0"]), [1]);
        assert_eq!(ask(None, &[">= 4.1"]), [0, 1]);
        assert_eq!(ask(None, &[">= 4.1", "< 5.0.0"]), [0]);
        assert_eq!(ask(None, &["= 5.0.0"]), [1]);
        assert_eq!(ask(None, &["> 4.99.99"]), [0, 1]);
        assert_eq!(ask(None, &["not one"]), [0, 1]);
        assert_eq!(ask(None, &["< 3", "> 6"]), [0, 1]);
        assert_eq!(ask(None, &["!= 5.0.0", ">= 4.67.0-beta1"]), [0, 1]);
    }
}
