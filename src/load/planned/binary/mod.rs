//! Plans as terraform keeps them for itself (`terraform plan -out=tfplan`): a zip with the plan, the
//! state that it starts from and the configuration.
//!
//! Lives here: taking the zip apart. The plan is written anew as the JSON that `terraform show -json`
//! makes of it, so that one reader remains. Not here: what the configuration becomes (`load/snapshot.rs`).

mod archive;
mod config;
mod json;
mod msgpack;
mod plan;
mod state;
#[cfg(test)]
mod tests;
mod wire;

pub use config::{Snapshot, SnapshotModule};

use super::read::Refused;
use archive::{Archive, Trouble};

/// The plan.
const PLAN: &str = "tfplan";
/// The state that it starts from.
const STATE: &str = "tfstate";
/// A plan or a state is not inflated to more.
const MAX_PART: u64 = 1 << 30;
/// Nor a file of configuration.
const MAX_FILE: u64 = 100 << 20;

/// A plan file, taken apart.
#[derive(Debug)]
pub(super) struct Opened {
    /// The plan as JSON.
    pub json: String,
    /// The configuration; `None` where it cannot be read.
    pub snapshot: Option<Snapshot>,
    /// The state cannot be read.
    pub no_state: bool,
    /// So many changes could not be read.
    pub lost: usize,
}

/// Whether bytes are a zip.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Takes a plan file apart.
pub(super) fn open(bytes: &[u8]) -> Result<Opened, Refused> {
    let mut archive = Archive::open(bytes).map_err(refused)?;
    let Some(read) = archive.read(PLAN, MAX_PART) else {
        return Err(Refused::new("load.plan-zip", "load.help-plan-zip"));
    };
    let plan = plan::read(&read.map_err(refused)?).map_err(|why| match why {
        plan::NoPlan::Broken => refused(Trouble::Damaged),
        plan::NoPlan::Version(version) => {
            Refused::new("load.plan-version", "load.help-plan-again").arg(version.to_string())
        }
    })?;
    let mut json = format!("{{{}", plan.json);
    let state = archive
        .read(STATE, MAX_PART)
        .and_then(Result::ok)
        .and_then(|bytes| state::read(&bytes));
    if let Some(state) = &state {
        json.push_str(state);
    }
    json.push('}');
    let snapshot = config::read(&mut archive, MAX_FILE).map(|snapshot| Snapshot {
        workspace: plan.workspace,
        ..snapshot
    });
    Ok(Opened {
        json,
        snapshot,
        no_state: state.is_none(),
        lost: plan.lost,
    })
}

fn refused(why: Trouble) -> Refused {
    match why {
        Trouble::Damaged => Refused::new("load.plan-zip-broken", "load.help-plan-again"),
        Trouble::TooLarge => Refused::new("load.plan-zip-large", "load.help-plan-json")
            .arg((MAX_PART >> 20).to_string()),
    }
}
