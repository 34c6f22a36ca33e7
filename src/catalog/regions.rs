//! Region tables: where a code lies. One table a namespace, read when the first code of it is asked.
//!
//! Lives here: folding, zones, places that are several regions at once, pairs. The data is
//! `catalog/regions.toml`. Not here: which attribute has the code (`extract/place.rs`).

use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A region, a zone that lies elsewhere than its region, or a place without a fixed country.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Spot {
    /// The code, as the table has it.
    pub code: Arc<str>,
    /// ISO 3166-1 alpha-2; empty for a place that is not in one country.
    pub country: Arc<str>,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Fold {
    #[default]
    Case,
    CaseAndBlanks,
    /// All of a URL but its host.
    Host,
}

#[derive(Deserialize, Clone, Copy)]
enum Zone {
    #[serde(rename = "letter")]
    Letter,
    #[serde(rename = "-letter")]
    DashLetter,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(default)]
    fold: Fold,
    zone: Option<Zone>,
    extends: Option<String>,
    #[serde(default)]
    regions: BTreeMap<String, String>,
    #[serde(default)]
    edges: BTreeMap<String, String>,
    #[serde(default)]
    wide: BTreeMap<String, String>,
    #[serde(default)]
    members: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pairs: BTreeMap<String, String>,
    /// Texts that begin so (after their last `/`) mean these regions at once.
    #[serde(default)]
    prefixes: BTreeMap<String, Vec<String>>,
}

/// The table of one namespace.
pub struct Regions {
    fold: Fold,
    zone: Option<Zone>,
    spots: FxHashMap<String, Arc<[Spot]>>,
    edges: FxHashMap<String, Vec<Spot>>,
    pairs: FxHashMap<String, String>,
    /// Longest first.
    prefixes: Vec<(String, Arc<[Spot]>)>,
}

impl Regions {
    /// Reads the table `name` out of the text of all tables.
    pub fn read(all: &str, name: &str) -> Result<Regions, String> {
        Regions::read_nested(all, name, 0)
    }

    fn read_nested(all: &str, name: &str, depth: u8) -> Result<Regions, String> {
        let text = cut(all, name).ok_or_else(|| format!("no region table `{name}`"))?;
        let text: Text = toml::from_str(&text).map_err(|e| e.to_string())?;
        let mut out = match &text.extends {
            Some(other) if depth < 4 => Regions::read_nested(all, other, depth + 1)?,
            Some(other) => return Err(format!("region table `{other}`: too deep")),
            None => Regions {
                fold: text.fold,
                zone: None,
                spots: FxHashMap::default(),
                edges: FxHashMap::default(),
                pairs: FxHashMap::default(),
                prefixes: Vec::new(),
            },
        };
        out.fold = text.fold;
        out.zone = text.zone.or(out.zone);
        for (code, country) in text.regions.iter().chain(&text.wide) {
            out.add(code, country);
        }
        for (code, place) in &text.edges {
            let (country, region) = place
                .split_once(' ')
                .ok_or_else(|| format!("{code}: country and region are needed"))?;
            out.add(code, country);
            let spot = Spot {
                code: code.as_str().into(),
                country: country.into(),
            };
            out.edges.entry(region.to_owned()).or_default().push(spot);
        }
        for (code, members) in &text.members {
            let spots = out.all_of(code, members)?;
            out.spots.insert(out.folded(code), spots);
        }
        for (start, members) in &text.prefixes {
            let spots = out.all_of(start, members)?;
            out.prefixes.push((out.folded(start), spots));
        }
        out.prefixes
            .sort_by_key(|(start, _)| std::cmp::Reverse(start.len()));
        for (code, pair) in &text.pairs {
            out.pairs.insert(out.folded(code), pair.clone());
        }
        Ok(out)
    }

    fn all_of(&self, code: &str, members: &[String]) -> Result<Arc<[Spot]>, String> {
        let mut spots = Vec::with_capacity(members.len());
        for m in members {
            let found = self.spots.get(&self.folded(m));
            spots.extend_from_slice(found.ok_or_else(|| format!("{code}: no region `{m}`"))?);
        }
        Ok(spots.into())
    }

    fn add(&mut self, code: &str, country: &str) {
        let spot = Spot {
            code: code.into(),
            country: country.into(),
        };
        self.spots.insert(self.folded(code), Arc::from([spot]));
    }

    fn folded(&self, code: &str) -> String {
        let lower = code.trim().to_lowercase();
        match self.fold {
            Fold::Case => lower,
            Fold::CaseAndBlanks => lower.split_whitespace().collect(),
            Fold::Host => super::hosts::host_of(&lower).to_owned(),
        }
    }

    /// Where a code lies: one spot, or several at once; `None` for a code that the table does not have.
    pub fn find(&self, code: &str) -> Option<Arc<[Spot]>> {
        let code = self.folded(code);
        if let Some(found) = self.spots.get(&code) {
            return Some(found.clone());
        }
        let last = code.rsplit('/').next().unwrap_or(&code);
        let starts = |(start, _): &&(String, Arc<[Spot]>)| last.starts_with(start.as_str());
        if let Some((_, spots)) = self.prefixes.iter().find(starts) {
            return Some(spots.clone());
        }
        let region = match self.zone? {
            Zone::Letter => code.strip_suffix(|c: char| c.is_ascii_lowercase())?,
            Zone::DashLetter => code
                .strip_suffix(|c: char| c.is_ascii_lowercase())?
                .strip_suffix('-')?,
        };
        // Only a region has zones: what lies elsewhere has a name of its own in the table.
        self.spots
            .get(region)
            .filter(|s| region.ends_with(|c: char| c.is_ascii_digit()) && s.len() == 1)
            .cloned()
    }

    /// The first code, by the alphabet, of one place in a country.
    pub fn first_in(&self, country: &str) -> Option<String> {
        let inside = |spots: &[Spot]| matches!(spots, [one] if *one.country == *country);
        let codes = self.spots.iter().filter(|(_, spots)| inside(spots));
        codes.map(|(code, _)| code.clone()).min()
    }

    /// The places of a region that lie somewhere of their own: a zone of the region may be one of them.
    pub fn edges(&self, region: &str) -> &[Spot] {
        self.edges.get(region).map_or(&[], Vec::as_slice)
    }

    /// Where geo-redundant copies of a region go.
    pub fn pair(&self, code: &str) -> Option<Arc<[Spot]>> {
        self.find(self.pairs.get(&self.folded(code))?)
    }
}

/// The tables of one namespace, with its name taken off the headers.
fn cut(all: &str, name: &str) -> Option<String> {
    let mut out = String::new();
    let mut inside = false;
    let mut found = false;
    for line in all.lines() {
        if let Some(header) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            let rest = header.strip_prefix(name);
            inside = rest.is_some_and(|r| r.is_empty() || r.starts_with('.'));
            found |= inside;
            if inside {
                match rest.and_then(|r| r.strip_prefix('.')) {
                    Some(sub) => {
                        out.push('[');
                        out.push_str(sub);
                        out.push_str("]\n");
                    }
                    None => out.push('\n'),
                }
            }
        } else if inside {
            out.push_str(line);
            out.push('\n');
        }
    }
    found.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> Regions {
        Regions::read(super::super::embedded::REGIONS, name).expect("the table is well-formed")
    }

    fn countries(t: &Regions, code: &str) -> Vec<String> {
        let mut out: Vec<String> = t
            .find(code)
            .map(|s| s.iter().map(|s| s.country.to_string()).collect())
            .unwrap_or_default();
        out.sort();
        out.dedup();
        out
    }

    #[test]
    fn traps_of_the_cloud_with_zones() {
        let t = table("aws");
        assert_eq!(countries(&t, "ap-northeast-1"), ["JP"]);
        assert_eq!(countries(&t, "ap-northeast-1a"), ["JP"]);
        assert_eq!(countries(&t, "ap-northeast-2"), ["KR"]);
        assert_eq!(countries(&t, "ap-northeast-3c"), ["JP"]);
        // A Local Zone in Taipei belongs to Tokyo and lies abroad.
        assert_eq!(countries(&t, "ap-northeast-1-tpe-1a"), ["TW"]);
        assert_eq!(countries(&t, "ap-northeast-1-wl1-kix-wlz-1"), ["JP"]);
        assert!(t.find("ap-northeast-1-xyz-1a").is_none());
        assert!(t.find("ap-northeast-9").is_none());
        assert!(t.find("").is_none());
        assert!(
            t.edges("ap-northeast-1")
                .iter()
                .any(|e| &*e.country == "TW")
        );
        assert!(t.edges("ap-northeast-3").is_empty());
        assert_eq!(countries(&t, "aws-global"), [""]);
    }

    #[test]
    fn starts_of_model_ids() {
        let t = table("bedrock-profiles");
        assert_eq!(countries(&t, "jp.anthropic.claude-sonnet-4-5"), ["JP"]);
        let arn = "arn:aws:bedrock:ap-northeast-1:123456789012:inference-profile/us.amazon.nova";
        assert_eq!(countries(&t, arn), ["US"]);
        assert!(countries(&t, "apac.anthropic.claude").contains(&"KR".to_owned()));
        assert_eq!(countries(&t, "global.anthropic.claude"), [""]);
        assert!(t.find("anthropic.claude-sonnet-4-5").is_none());
        let skus = table("azure-openai-skus");
        assert_eq!(countries(&skus, "GlobalStandard"), [""]);
        assert!(skus.find("Standard").is_none());
    }

    #[test]
    fn several_regions_at_once() {
        let gcs = table("google-gcs");
        assert_eq!(countries(&gcs, "ASIA1"), ["JP"]);
        assert_eq!(countries(&gcs, "asia1"), ["JP"]);
        assert!(countries(&gcs, "ASIA").len() > 1);
        assert_eq!(countries(&gcs, "us"), ["US"]);
        assert_eq!(countries(&gcs, "Asia-Northeast1"), ["JP"]);
        let kms = table("google-kms");
        assert_eq!(countries(&kms, "asia1"), ["JP", "KR"]);
        assert_eq!(countries(&kms, "global"), [""]);
        let g = table("google");
        assert_eq!(countries(&g, "asia-northeast3-a"), ["KR"]);
        assert!(g.find("asia1").is_none());
    }

    #[test]
    fn display_names_and_pairs() {
        let t = table("azure");
        assert_eq!(countries(&t, "Japan East"), ["JP"]);
        assert_eq!(countries(&t, "japaneast"), ["JP"]);
        assert_eq!(countries(&t, "japan"), ["JP"]);
        assert_eq!(countries(&t, "asiapacific"), [""]);
        let pair = |c: &str| t.pair(c).map(|s| s[0].country.to_string());
        assert_eq!(pair("Japan East").as_deref(), Some("JP"));
        assert_eq!(pair("southeastasia").as_deref(), Some("HK"));
        assert_eq!(pair("austriaeast"), None);
    }
}
