//! Hosts of services that speak another cloud's API: whose they are and where. The data is
//! `catalog/hosts.toml`.

use super::custody::Operator;
use super::embedded;
use super::regions::Spot;
use super::row::OperatorText;
use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    host: Vec<HostText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HostText {
    r#match: String,
    operator: OperatorText,
    region: Option<String>,
    regions: BTreeMap<String, String>,
    #[allow(dead_code)] // for who reads the file
    source: String,
}

struct Host {
    pattern: Regex,
    operator: Operator,
    region: Option<String>,
    regions: BTreeMap<String, String>,
}

/// Whose a host is, and where, as far as its name tells.
#[derive(Debug)]
pub struct Found {
    /// Who runs it.
    pub operator: Operator,
    /// The region that its name tells.
    pub spot: Option<Spot>,
}

/// The host of an endpoint: a URL, or a host with or without a port.
pub fn host_of(endpoint: &str) -> &str {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, r)| r);
    rest.split(['/', ':']).next().unwrap_or("")
}

fn hosts() -> &'static [Host] {
    static HOSTS: OnceLock<Vec<Host>> = OnceLock::new();
    HOSTS.get_or_init(|| {
        let file: File =
            toml::from_str(embedded::HOSTS).unwrap_or_else(|e| panic!("catalog: hosts.toml: {e}"));
        file.host
            .into_iter()
            .map(|h| Host {
                pattern: Regex::new(&h.r#match)
                    .unwrap_or_else(|e| panic!("catalog: hosts.toml: {e}")),
                operator: Operator {
                    name: h.operator.name.as_str().into(),
                    country: h.operator.country.as_str().into(),
                },
                region: h.region,
                regions: h.regions,
            })
            .collect()
    })
}

/// All operators of hosts, for tests.
pub fn operators() -> impl Iterator<Item = Operator> {
    hosts().iter().map(|h| h.operator.clone())
}

/// Looks an endpoint up; `None` for a host that nobody knows.
pub fn find(endpoint: &str) -> Option<Found> {
    let host = host_of(endpoint).to_ascii_lowercase();
    hosts().iter().find_map(|h| {
        let captures = h.pattern.captures(&host)?;
        let code = captures
            .name("region")
            .map(|m| m.as_str().to_owned())
            .or_else(|| h.region.clone());
        let spot = code.and_then(|code| {
            let country = h.regions.get(&code)?;
            Some(Spot {
                country: country.as_str().into(),
                code: code.into(),
            })
        });
        Some(Found {
            operator: h.operator.clone(),
            spot,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(endpoint: &str) -> Option<String> {
        find(endpoint)?.spot.map(|s| s.country.to_string())
    }

    #[test]
    fn who_and_where() {
        let sakura = find("https://s3.isk01.sakurastorage.jp").expect("it is listed");
        assert_eq!(&*sakura.operator.country, "JP");
        assert_eq!(
            country("https://s3.isk01.sakurastorage.jp/").as_deref(),
            Some("JP")
        );
        // The same code is Seoul at Amazon.
        let osaka = country("s3.ap-northeast-2.wasabisys.com:443");
        assert_eq!(osaka.as_deref(), Some("JP"));
        assert_eq!(country("https://s3.wasabisys.com").as_deref(), Some("US"));
        let r2 = country("https://0123abcd.r2.cloudflarestorage.com");
        assert_eq!(r2.as_deref(), Some(""));
        assert_eq!(country("https://s3.xxx99.sakurastorage.jp"), None);
        assert!(find("http://localhost:4566").is_none());
        assert!(find("https://evil-s3.isk01.sakurastorage.jp.example.com").is_none());
    }
}
