//! Of the text of a plan or state only what values are ranges of is kept.
//!
//! A plan says most things two or three times (planned values, changes, prior state); what was passed over is
//! most of it. What is kept is moved to the front of the same memory, so that at no time there is more than the
//! file.

use super::{Planned, PlannedInstance, Raw, Sensitive};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher;
use std::ops::Range;

/// Texts that were met, by hash: what is not known or sensitive of the instances of one resource is mostly told
/// in the same words.
#[derive(Default)]
struct Texts(FxHashMap<u64, (usize, usize)>);

impl Texts {
    /// Longer ones are values: they differ.
    const LONG: usize = 1024;

    fn hash(text: &[u8]) -> u64 {
        let mut hasher = FxHasher::default();
        hasher.write(text);
        hasher.finish()
    }

    fn find(&self, bytes: &[u8], region: &Range<usize>) -> Option<usize> {
        let text = bytes.get(region.clone())?;
        if text.len() > Self::LONG {
            return None;
        }
        let (start, end) = *self.0.get(&Self::hash(text))?;
        (bytes.get(start..end)? == text).then_some(start)
    }

    fn add(&mut self, bytes: &[u8], at: Range<usize>) {
        if at.len() <= Self::LONG {
            let hash = Self::hash(&bytes[at.clone()]);
            self.0.entry(hash).or_insert((at.start, at.end));
        }
    }
}

impl Planned {
    /// Takes the text that was read; all ranges mean that one.
    pub(super) fn keep_what_is_asked_for(&mut self, text: String) {
        let mut bytes = text.into_bytes();
        let mut ranges = self.ranges();
        ranges.sort_unstable_by_key(|r| (r.start, std::cmp::Reverse(r.end)));
        // The region of the text that was moved last, and where to: a range may lie in another.
        let (mut region, mut to, mut end) = (0..0, 0, 0);
        let mut texts = Texts::default();
        for range in ranges {
            if range.start >= region.end {
                region = range.start..range.end;
                to = texts.find(&bytes, &region).unwrap_or_else(|| {
                    bytes.copy_within(region.clone(), end);
                    end += region.len();
                    texts.add(&bytes, end - region.len()..end);
                    end - region.len()
                });
            }
            let moved = to + (range.start - region.start);
            *range = Raw {
                start: moved,
                end: moved + (range.end - range.start),
            };
        }
        bytes.truncate(end);
        bytes.shrink_to_fit();
        // Ranges are whole values of JSON that was text.
        self.text = String::from_utf8(bytes).unwrap_or_default();
    }

    /// All ranges that are no empty ones.
    fn ranges(&mut self) -> Vec<&mut Raw> {
        let mut out: Vec<&mut Raw> = Vec::with_capacity(self.instances.len() * 3);
        let before = self.before.iter_mut().flatten();
        let instances = self.instances.iter_mut().chain(before);
        out.extend(instances.flat_map(PlannedInstance::ranges));
        for config in &mut self.configs {
            for resource in config.resources.iter_mut().flatten() {
                out.extend([&mut resource.expressions, &mut resource.for_each]);
            }
            for call in config.calls.values_mut() {
                out.extend([&mut call.expressions, &mut call.for_each]);
            }
            out.extend(config.outputs.values_mut());
            out.extend(config.variables.values_mut().map(|v| &mut v.default));
        }
        let providers = self.providers.iter_mut();
        out.extend(providers.filter_map(|p| p.expressions.as_mut()));
        out.extend(self.variables.values_mut());
        out.retain(|raw| !raw.is_none());
        out
    }
}

impl PlannedInstance {
    fn ranges(&mut self) -> impl Iterator<Item = &mut Raw> {
        let sensitive = match &mut self.sensitive {
            Sensitive::None => None,
            Sensitive::Tree(raw) | Sensitive::Paths(raw) => Some(raw),
        };
        [&mut self.values, &mut self.unknown]
            .into_iter()
            .chain(sensitive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str, part: &str) -> Raw {
        let start = text.find(part).expect("it is in it");
        Raw {
            start,
            end: start + part.len(),
        }
    }

    #[test]
    fn ranges_mean_the_same_text_as_before() {
        let text = r#"{"a": {"x": [1, 2]}, "passed": "over", "b": true, "c": "é"}"#;
        let mut planned = Planned::empty(super::super::Kind::Plan, crate::source::FileId(0));
        for (name, part) in [
            ("whole", r#"{"x": [1, 2]}"#),
            ("inner", "[1, 2]"),
            ("same", "[1, 2]"),
            ("last", "\"é\""),
            ("b", "true"),
        ] {
            planned.variables.insert(name.into(), raw(text, part));
        }
        planned.variables.insert("none".into(), Raw::default());
        planned.keep_what_is_asked_for(text.to_owned());
        assert_eq!(planned.text, "{\"x\": [1, 2]}true\"é\"");
        let of = |name: &str| planned.raw(planned.variables[name]);
        assert_eq!(of("whole"), Some(r#"{"x": [1, 2]}"#));
        assert_eq!(of("inner"), Some("[1, 2]"));
        assert_eq!(of("same"), Some("[1, 2]"));
        assert_eq!(of("b"), Some("true"));
        assert_eq!(of("last"), Some("\"é\""));
        assert_eq!(of("none"), None);
    }
}
