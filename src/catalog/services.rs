//! Services that a root module sends data to because it configures their provider. The data is
//! `catalog/services.toml`.
//!
//! Not here: which provider configurations a root has (`evaluate/providers.rs`), what is asked of them
//! (rules.toml, `service`).

use super::compile::{self, Provider, Row};
use super::custody::Operator;
use super::embedded;
use super::operators;
use super::row::{DefaultText, RowText};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    service: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    sources: Vec<String>,
    operator: String,
    kind: String,
    #[serde(default)]
    place: Vec<String>,
    regions: Option<String>,
    #[serde(default)]
    defaults: BTreeMap<String, DefaultText>,
    #[serde(default)]
    credentials: bool,
    self_managed: Option<SelfManaged>,
}

/// A service that people run themselves too.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct SelfManaged {
    /// The argument that says where it is.
    pub host: String,
    /// The operator's own hosts; with a leading dot: any below.
    pub theirs: Vec<String>,
}

impl SelfManaged {
    /// Whether a host is the operator's.
    pub fn is_theirs(&self, host: &str) -> bool {
        self.theirs.iter().any(|t| {
            if t.starts_with('.') {
                host.ends_with(t.as_str())
            } else {
                host == t
            }
        })
    }
}

/// A service behind a provider.
#[derive(Debug)]
pub struct Service {
    /// The provider's sources, without the registry's host.
    pub sources: Vec<String>,
    /// Who runs it.
    pub operator: Operator,
    /// Its service kind.
    pub kind: Arc<str>,
    /// It keeps what opens the systems that it manages.
    pub credentials: bool,
    /// Where people run it themselves too.
    pub self_managed: Option<SelfManaged>,
    /// How the provider configuration tells its place.
    pub row: Row,
    /// The tables that its place is looked up in.
    pub provider: Arc<Provider>,
}

/// All services.
pub fn all() -> &'static [Service] {
    static ALL: OnceLock<Vec<Service>> = OnceLock::new();
    ALL.get_or_init(|| {
        let wrong = |what: &str| -> ! { panic!("catalog: services.toml: {what}") };
        let file: File =
            toml::from_str(embedded::SERVICES).unwrap_or_else(|e| wrong(&e.to_string()));
        let service = |t: Text| {
            let operator =
                operators::named(&t.operator).unwrap_or_else(|| wrong("an operator is nobody"));
            let text = RowText {
                place: t.place,
                defaults: t.defaults,
                ..RowText::default()
            };
            let row = compile::row("service", &text).unwrap_or_else(|e| wrong(&e));
            Service {
                provider: Arc::new(Provider::of_service(
                    operator.clone(),
                    t.regions.as_deref().map(Arc::from),
                )),
                sources: t.sources,
                operator,
                kind: t.kind.into(),
                credentials: t.credentials,
                self_managed: t.self_managed,
                row,
            }
        };
        file.service.into_iter().map(service).collect()
    })
}

/// The service behind a provider (`registry.terraform.io/datadog/datadog`).
pub fn find(source: &str) -> Option<&'static Service> {
    let short = source.strip_prefix("registry.terraform.io/")?;
    all()
        .iter()
        .find(|s| s.sources.iter().any(|own| own == short))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn one_service_a_source_and_no_provider_with_rows() {
        let mut seen = BTreeSet::new();
        for s in all() {
            for source in &s.sources {
                assert!(seen.insert(source), "{source} stands there twice");
                assert_eq!(source.to_lowercase(), *source);
                let full = format!("registry.terraform.io/{source}");
                let catalog = crate::catalog::Catalog::builtin();
                assert!(catalog.provider_by_source(&full).is_none(), "{source}");
            }
        }
        assert!(find("registry.terraform.io/datadog/datadog").is_some());
        assert!(find("registry.terraform.io/hashicorp/random").is_none());
    }

    #[test]
    fn whose_host() {
        let grafana = find("registry.terraform.io/grafana/grafana").expect("it is there");
        let who = grafana.self_managed.as_ref().expect("people run it too");
        assert!(who.is_theirs("acme.grafana.net"));
        assert!(!who.is_theirs("grafana.example.jp"));
    }
}
