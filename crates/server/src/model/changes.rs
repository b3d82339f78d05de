//! What people changed: the audit log, and mutes.

use firstsight_daemon::Control;
use firstsight_engine::Time;
use firstsight_store::{AuditEntry, Said};
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditLine {
    /// The inspection whose state was changed.
    pub inspection: String,
    /// The change.
    #[serde(flatten)]
    pub entry: AuditEntry,
}

/// A mute, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MuteLine {
    /// Its id.
    pub id: String,
    /// The inspection whose state holds it; empty for those of the configuration.
    pub inspection: String,
    /// `active`, `upcoming`, `between`, `expired`, `ended`: the word of the state that it is in.
    pub state: String,
    /// What it mutes, and when, in words.
    pub summary: String,
    /// When it begins, or its present cycle began.
    pub from: Option<Time>,
    /// When it ends, or its present cycle does.
    pub until: Option<Time>,
    /// Who set it, when and why; `None` for those of the configuration.
    pub set: Option<Said>,
    /// Who ended it, when and why.
    pub ended: Option<Said>,
}

/// A mute to be set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewMute {
    /// What it is called.
    pub name: String,
    /// Why.
    pub reason: String,
    /// Only this account; all when empty.
    pub account: String,
    /// Only this cluster, by its id; all when empty.
    pub cluster: String,
    /// Only actors like this pattern; all when empty.
    pub actor: String,
    /// Only services like this pattern; all when empty.
    pub service: String,
    /// For how long, from now on: `2h`, `7d`; for ever when empty.
    pub duration: String,
}

/// The audit log, the newest first; of one inspection, or of all.
///
/// # Errors
/// When a state cannot be read, or there is no such inspection.
pub async fn audit(
    control: &dyn Control,
    inspection: Option<&str>,
    limit: usize,
) -> Result<Vec<AuditLine>, Problem> {
    let _ = (control, inspection, limit);
    todo!()
}

/// The mutes of states, those that stand first; of one inspection, or of all.
///
/// # Errors
/// As [`audit`].
pub async fn mutes(
    control: &dyn Control,
    inspection: Option<&str>,
    ended_too: bool,
) -> Result<Vec<MuteLine>, Problem> {
    let _ = (control, inspection, ended_too);
    todo!()
}

/// Sets a mute in the state of an inspection.
///
/// # Errors
/// When it makes no sense, there is no such inspection, or its state cannot be written; nothing was changed.
pub async fn set_mute(
    control: &dyn Control,
    inspection: &str,
    mute: &NewMute,
    by: &str,
) -> Result<MuteLine, Problem> {
    let _ = (control, inspection, mute, by);
    todo!()
}

/// Ends a mute.
///
/// # Errors
/// When there is none that stands, or the state cannot be written.
pub async fn end_mute(
    control: &dyn Control,
    inspection: &str,
    id: &str,
    note: &str,
    by: &str,
) -> Result<(), Problem> {
    let _ = (control, inspection, id, note, by);
    todo!()
}
