//! The plan in a plan file: a message of protocol buffers, written anew as `terraform show -json` has it.
//!
//! Numbers of fields are those of terraform's `planfile.proto`, version 3: Terraform 0.12 to 1.15, and
//! `OpenTofu`. Not in it are the schema, so that texts which are numbers stay texts, and the configuration,
//! which stands beside it in the zip.

use super::json::{self, Step, comma};
use super::msgpack::{self, Value};
use super::wire::{Broken, Held, fields};
use crate::load::planned::InstanceKey;
use crate::load::planned::address::{self, InstanceAddress};
use std::borrow::Cow;

/// The version of the message that is read.
const VERSION: u64 = 3;

/// A plan.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Its parts of the JSON, without the braces around them.
    pub json: String,
    /// The workspace it was made in.
    pub workspace: String,
    /// So many changes could not be read, or their values.
    pub lost: usize,
}

/// Why there is no plan.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum NoPlan {
    Broken,
    Version(u64),
}

impl From<Broken> for NoPlan {
    fn from(_: Broken) -> NoPlan {
        NoPlan::Broken
    }
}

/// The message of a plan.
pub(super) fn read(bytes: &[u8]) -> Result<Plan, NoPlan> {
    let mut version = 0;
    let (mut errored, mut applyable, mut complete, mut part) = (false, false, false, false);
    let mut out = Plan::default();
    let (mut changes, mut deferred, mut variables) = (String::new(), String::new(), String::new());
    for field in fields(bytes) {
        let (number, held) = field?;
        match number {
            1 => version = held.number(),
            2 => variable(&mut variables, held.bytes())?,
            3 => out.lost += change(&mut changes, held.bytes()),
            // `-target`.
            5 => part = true,
            13 => out.workspace = inner(held, 3)?.map_or_else(String::new, |w| w.text().into()),
            // `-refresh-only`: what would be changed is not asked.
            17 => part |= held.number() == 2,
            20 => errored = held.number() != 0,
            25 => applyable = held.number() != 0,
            26 => complete = held.number() != 0,
            27 => {
                if let Some(of) = inner(held, 2)? {
                    let mut one = String::new();
                    out.lost += change(&mut one, of.bytes());
                    if !one.is_empty() {
                        comma(&mut deferred);
                        deferred.push_str(&format!("{{\"resource_change\":{one}}}"));
                    }
                }
            }
            _ => {}
        }
    }
    if version != VERSION {
        return Err(NoPlan::Version(version));
    }
    // Whether a plan is complete stands only in newer ones, which can be applied where they say nothing.
    let partial = part || applyable && !complete;
    out.json = format!(
        "\"format_version\":\"1.2\",\"errored\":{errored},{}\"variables\":{{{variables}}},\
         \"resource_changes\":[{changes}],\"deferred_changes\":[{deferred}]",
        if partial { "\"complete\":false," } else { "" },
    );
    Ok(out)
}

/// A field of a message in a field, the last one of its number.
fn inner(held: Held<'_>, wanted: u64) -> Result<Option<Held<'_>>, Broken> {
    let mut out = None;
    for field in fields(held.bytes()) {
        let (number, held) = field?;
        if number == wanted {
            out = Some(held);
        }
    }
    Ok(out)
}

/// The value in a message that is there for values.
fn dynamic(held: Held<'_>) -> Result<Value<'_>, Broken> {
    msgpack::value(inner(held, 1)?.ok_or(Broken)?.bytes())
}

fn variable(out: &mut String, bytes: &[u8]) -> Result<(), Broken> {
    let entry = Held::Bytes(bytes);
    let name = inner(entry, 1)?.map_or("", Held::text);
    let Some(held) = inner(entry, 2)? else {
        return Ok(());
    };
    // What cannot be read is not known, as if it were set when the plan is applied.
    if let Ok(value) = dynamic(held)
        && value != Value::Unknown
    {
        comma(out);
        json::text(out, name);
        out.push_str(":{\"value\":");
        json::value(out, &value);
        out.push('}');
    }
    Ok(())
}

/// A change while it is read.
#[derive(Default)]
struct Read<'a> {
    address: &'a str,
    before: &'a str,
    deposed: &'a str,
    provider: &'a str,
    change: &'a [u8],
    old: Old<'a>,
}

/// How plans before Terraform 1.1 tell which instance it is.
#[derive(Default)]
struct Old<'a> {
    module: &'a str,
    data: bool,
    ty: &'a str,
    name: &'a str,
    key: InstanceKey,
}

/// Writes a change; 1 where it or its values could not be read.
fn change(out: &mut String, bytes: &[u8]) -> usize {
    let start = out.len();
    match written(out, bytes) {
        Ok(lost) => usize::from(lost),
        Err(Broken) => {
            out.truncate(start);
            1
        }
    }
}

fn written(out: &mut String, bytes: &[u8]) -> Result<bool, Broken> {
    let mut read = Read::default();
    for field in fields(bytes) {
        let (number, held) = field?;
        match number {
            1 => read.old.module = held.text(),
            2 => read.old.data = held.number() == 1,
            3 => read.old.ty = held.text(),
            4 => read.old.name = held.text(),
            5 => read.old.key = InstanceKey::Name(held.text().into()),
            6 => read.old.key = InstanceKey::Index(held.number()),
            7 => read.deposed = held.text(),
            8 => read.provider = held.text(),
            9 => read.change = held.bytes(),
            13 => read.address = held.text(),
            14 => read.before = held.text(),
            _ => {}
        }
    }
    let at = if read.address.is_empty() && !read.old.ty.is_empty() {
        InstanceAddress {
            module: read.old.module,
            mode: if read.old.data { "data" } else { "managed" },
            ty: read.old.ty,
            name: read.old.name,
            key: read.old.key.clone(),
        }
    } else {
        address::instance(read.address).ok_or(Broken)?
    };
    comma(out);
    out.push('{');
    let mut say = |name: &str, value: &str| {
        if !value.is_empty() {
            out.push_str(&format!("\"{name}\":"));
            json::text(out, value);
            out.push(',');
        }
    };
    say("address", read.address);
    say("previous_address", read.before);
    say("module_address", at.module);
    say("mode", at.mode);
    say("type", at.ty);
    say("name", at.name);
    say("deposed", read.deposed);
    say("provider_name", &source(read.provider));
    match &at.key {
        InstanceKey::None => {}
        InstanceKey::Index(i) => out.push_str(&format!("\"index\":{i},")),
        InstanceKey::Name(name) => {
            out.push_str("\"index\":");
            json::text(out, name);
            out.push(',');
        }
    }
    out.push_str("\"change\":{");
    let start = out.len();
    let happens = happens(out, read.change);
    if happens.is_err() {
        // That it is there is known, and nothing of it.
        out.truncate(start);
        out.push_str("\"actions\":[],\"after\":{},\"after_unknown\":true");
    }
    out.push_str("}}");
    Ok(happens.is_err())
}

/// The provider of `module.a.provider["registry.terraform.io/hashicorp/aws"].osaka`.
fn source(provider: &str) -> Cow<'_, str> {
    match provider.split('"').nth(1) {
        Some(source) => source.into(),
        // `provider.aws` of Terraform 0.12.
        None => provider
            .rsplit_once("provider.")
            .map_or("", |(_, name)| name.split('.').next().unwrap_or(name))
            .into(),
    }
}

/// What an action does, and which of the values are before and after it.
fn action(number: u64, values: usize) -> (&'static [&'static str], Option<usize>, Option<usize>) {
    match number {
        0 => (&["no-op"], Some(0), Some(0)),
        1 => (&["create"], None, Some(0)),
        2 => (&["read"], Some(0), Some(1)),
        3 => (&["update"], Some(0), Some(1)),
        5 => (&["delete"], Some(0), None),
        6 => (&["delete", "create"], Some(0), Some(1)),
        7 => (&["create", "delete"], Some(0), Some(1)),
        8 => (&["forget"], Some(0), None),
        9 => (&["create", "forget"], Some(0), Some(1)),
        // One that is newer: what it leaves comes last.
        _ => (&[], values.checked_sub(2), values.checked_sub(1)),
    }
}

fn happens(out: &mut String, bytes: &[u8]) -> Result<(), Broken> {
    let mut number = 0;
    let (mut values, mut before_paths, mut after_paths) = (Vec::new(), Vec::new(), Vec::new());
    let mut importing = None;
    for field in fields(bytes) {
        let (field, held) = field?;
        match field {
            1 => number = held.number(),
            2 => values.push(held),
            3 => before_paths.push(path(held)?),
            4 => after_paths.push(path(held)?),
            5 => importing = Some(inner(held, 1)?.map_or("", Held::text)),
            _ => {}
        }
    }
    let (actions, before, after) = action(number, values.len());
    let value = |at: Option<usize>| match at {
        None => Ok(Value::Null),
        Some(at) => dynamic(*values.get(at).ok_or(Broken)?),
    };
    let (before, after) = (value(before)?, value(after)?);
    out.push_str(&format!("\"actions\":{}", serde_json::json!(actions)));
    for (name, value, paths) in [
        ("before", &before, &before_paths),
        ("after", &after, &after_paths),
    ] {
        out.push_str(&format!(",\"{name}\":"));
        json::value(out, value);
        if !paths.is_empty() {
            let paths: Vec<&[Step<'_>]> = paths.iter().map(Vec::as_slice).collect();
            out.push_str(&format!(",\"{name}_sensitive\":"));
            json::marked(out, value, &paths);
        }
    }
    out.push_str(",\"after_unknown\":");
    json::unknown(out, &after);
    if let Some(id) = importing {
        out.push_str(",\"importing\":{\"id\":");
        json::text(out, id);
        out.push('}');
    }
    Ok(())
}

/// A path into a value.
fn path(held: Held<'_>) -> Result<Vec<Step<'_>>, Broken> {
    let mut out = Vec::new();
    for field in fields(held.bytes()) {
        let (1, step) = field? else { continue };
        out.push(match (inner(step, 1)?, inner(step, 2)?) {
            (Some(name), _) => Step::Name(name.text()),
            (None, Some(key)) => match dynamic(key) {
                Ok(Value::Typed(_, key)) => element(&key),
                Ok(key) => element(&key),
                Err(Broken) => Step::Some,
            },
            (None, None) => Step::Some,
        });
    }
    Ok(out)
}

fn element<'a>(key: &Value<'a>) -> Step<'a> {
    match key {
        Value::Text(name) => Step::Name(name),
        Value::Whole(at) => u64::try_from(*at).map_or(Step::Some, Step::Index),
        _ => Step::Some,
    }
}
