//! The parts of the JSON that are read; all others are passed over.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// Some JSON value, as it stands in the text.
pub(super) type Value<'a> = Option<&'a RawValue>;

/// A list whose items are read one after the other: all at once they would take as much room as the text.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Each<'a, T> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
    #[serde(skip)]
    of: PhantomData<fn() -> T>,
}

impl<T> Default for Each<'_, T> {
    fn default() -> Self {
        Each {
            items: Vec::new(),
            of: PhantomData,
        }
    }
}

impl<'a, T: Deserialize<'a>> Each<'a, T> {
    /// The items; for one that is none, its text.
    pub fn iter(&self) -> impl Iterator<Item = Result<T, &'a str>> + '_ {
        let items = self.items.iter();
        items.map(|item| serde_json::from_str(item.get()).map_err(|_| item.get()))
    }
}

/// The top of a plan or state. Which it is, the keys tell.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Document<'a> {
    #[serde(borrow)]
    pub format_version: Option<Cow<'a, str>>,
    /// Of a raw state.
    pub version: Option<u64>,
    pub terraform_version: Option<Cow<'a, str>>,
    pub lineage: Option<Cow<'a, str>>,
    pub planned_values: Option<Values<'a>>,
    pub resource_changes: Option<Each<'a, Change<'a>>>,
    pub prior_state: Option<State<'a>>,
    pub configuration: Option<Configuration<'a>>,
    pub variables: Option<BTreeMap<Cow<'a, str>, Variable<'a>>>,
    pub values: Option<Values<'a>>,
    pub resources: Option<Vec<RawResource<'a>>>,
    /// Of a raw state before version 4.
    pub modules: Value<'a>,
    pub deferred_changes: Option<Vec<Deferred<'a>>>,
    pub errored: bool,
    pub complete: Option<bool>,
    /// `OpenTofu`'s encrypted files.
    pub encrypted_data: Value<'a>,
    /// Of a file that only names a run of HCP Terraform.
    pub remote_plan_format: Value<'a>,
    /// What `terraform show -json` says of a directory without a state is `format_version` alone.
    pub timestamp: Value<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct State<'a> {
    #[serde(borrow)]
    pub values: Option<Values<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Values<'a> {
    #[serde(borrow)]
    pub root_module: Option<ValuesModule<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ValuesModule<'a> {
    #[serde(borrow)]
    pub address: Cow<'a, str>,
    pub resources: Each<'a, Resource<'a>>,
    pub child_modules: Vec<ValuesModule<'a>>,
}

/// An instance with its values.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Resource<'a> {
    #[serde(borrow)]
    pub mode: Cow<'a, str>,
    #[serde(rename = "type")]
    pub ty: Cow<'a, str>,
    pub name: Cow<'a, str>,
    pub index: Value<'a>,
    pub provider_name: Cow<'a, str>,
    pub deposed_key: Option<Cow<'a, str>>,
    pub values: Value<'a>,
    pub sensitive_values: Value<'a>,
}

/// An instance with what happens to it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Change<'a> {
    #[serde(borrow)]
    pub module_address: Cow<'a, str>,
    pub mode: Cow<'a, str>,
    #[serde(rename = "type")]
    pub ty: Cow<'a, str>,
    pub name: Cow<'a, str>,
    pub index: Value<'a>,
    pub provider_name: Cow<'a, str>,
    pub deposed: Option<Cow<'a, str>>,
    #[serde(rename = "change")]
    pub happens: Happens<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Happens<'a> {
    #[serde(borrow)]
    pub actions: Vec<Cow<'a, str>>,
    pub before: Value<'a>,
    pub before_sensitive: Value<'a>,
    pub after: Value<'a>,
    pub after_unknown: Value<'a>,
    pub after_sensitive: Value<'a>,
}

impl Happens<'_> {
    /// Terraform lets go of it: it is still there.
    pub fn is_forgotten(&self) -> bool {
        !self.actions.is_empty() && self.actions.iter().all(|a| a == "forget")
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Deferred<'a> {
    #[serde(borrow)]
    pub resource_change: Option<Change<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Variable<'a> {
    #[serde(borrow)]
    pub value: Value<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Configuration<'a> {
    #[serde(borrow)]
    pub provider_config: BTreeMap<Cow<'a, str>, Provider<'a>>,
    pub root_module: Module<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Provider<'a> {
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    pub full_name: Option<Cow<'a, str>>,
    pub module_address: Option<Cow<'a, str>>,
    pub version_constraint: Option<Cow<'a, str>>,
    pub expressions: Value<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Module<'a> {
    #[serde(borrow)]
    pub resources: Vec<ConfiguredResource<'a>>,
    #[serde(rename = "module_calls")]
    pub calls: BTreeMap<Cow<'a, str>, Call<'a>>,
    pub outputs: BTreeMap<Cow<'a, str>, Output<'a>>,
    pub variables: BTreeMap<Cow<'a, str>, ModuleVariable<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ConfiguredResource<'a> {
    #[serde(borrow)]
    pub mode: Cow<'a, str>,
    #[serde(rename = "type")]
    pub ty: Cow<'a, str>,
    pub name: Cow<'a, str>,
    pub provider_config_key: Cow<'a, str>,
    pub expressions: Value<'a>,
    pub for_each_expression: Value<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Call<'a> {
    #[serde(borrow)]
    pub expressions: Value<'a>,
    pub for_each_expression: Value<'a>,
    pub module: Module<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Output<'a> {
    #[serde(borrow)]
    pub expression: Value<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ModuleVariable<'a> {
    #[serde(borrow)]
    pub default: Value<'a>,
    pub sensitive: bool,
}

/// A resource of a raw state.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct RawResource<'a> {
    #[serde(borrow)]
    pub module: Cow<'a, str>,
    pub mode: Cow<'a, str>,
    #[serde(rename = "type")]
    pub ty: Cow<'a, str>,
    pub name: Cow<'a, str>,
    pub provider: Cow<'a, str>,
    pub instances: Vec<RawInstance<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct RawInstance<'a> {
    #[serde(borrow)]
    pub index_key: Value<'a>,
    pub deposed: Option<Cow<'a, str>>,
    pub attributes: Value<'a>,
    /// Of states that an old version wrote and no new one has refreshed.
    pub attributes_flat: Value<'a>,
    pub sensitive_attributes: Value<'a>,
}
