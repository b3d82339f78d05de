//! Clusters: the known world.

use firstsight_daemon::Control;
use firstsight_engine::{HourCount, Time};
use firstsight_inspection::Phase;
use firstsight_store::{AuditEntry, ClusterRow, Said};
use serde::{Deserialize, Serialize};

use super::cursor::Listed;
use crate::problem::Problem;

/// Which clusters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterFilter {
    /// Text to look for: call, error code, template, owner, note.
    pub text: String,
    /// The name of an inspection.
    pub inspection: String,
    /// Accounts, with commas between them.
    pub account: String,
    /// Services, with commas between them.
    pub service: String,
    /// Classes, with commas between them.
    pub class: String,
    /// What people said: `open`, `acknowledged`, `expected`, `archived`, `resolved`, with commas between them.
    pub life_cycle: String,
    /// An owner's name.
    pub owner: String,
    /// `yes` or `no`: whether it has a noise mark.
    pub noise: String,
    /// `last-seen`, `first-seen`, `count` or `name`; `-` in front turns it round. Default `-last-seen`.
    pub sort: String,
    /// Where the page begins.
    pub cursor: String,
    /// So many rows, 1 to 200. Default 50.
    pub limit: Option<u32>,
}

/// A cluster in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClusterLine {
    /// Its id.
    pub id: String,
    /// The inspection that knows it.
    pub inspection: String,
    /// Its account.
    pub account: String,
    /// `eventSource`.
    pub event_source: String,
    /// `eventName`.
    pub event_name: String,
    /// `errorCode`.
    pub error_code: String,
    /// Its template.
    pub template: String,
    /// Its class.
    pub class: String,
    /// Its noise marks.
    pub noise: Vec<String>,
    /// What people said of it: one word, see the engine's `LifeCycle`.
    pub life_cycle: String,
    /// Who said that, when and why.
    pub said: Option<Said>,
    /// Who looks after it.
    pub owner: String,
    /// What is written beside it.
    pub note: String,
    /// The first remembered occurrence.
    pub first_seen: Time,
    /// The last one.
    pub last_seen: Time,
    /// How many are remembered.
    pub count: u64,
    /// Occurrences a day, the last 14 days, oldest first: the sparkline.
    pub days: Vec<u64>,
}

/// Everything about a cluster.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClusterDetail {
    /// As the list shows it.
    pub line: ClusterLine,
    /// The cluster with its history.
    pub row: ClusterRow,
    /// Where it stands by what the data shows.
    pub phase: Phase,
    /// Occurrences an hour, the last 14 days.
    pub hours: Vec<HourCount>,
    /// Its recorded findings, the newest first; at most 20.
    pub findings: Vec<firstsight_engine::Finding>,
    /// What people changed of it, the newest first; at most 50.
    pub audit: Vec<AuditEntry>,
}

/// What somebody says of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifeCycleWord {
    /// `open`, `acknowledged`, `expected`, `archived` (until it escalates), `archived-forever`, `archived-until:TIME`, `resolved`.
    pub life_cycle: String,
    /// Why.
    #[serde(default)]
    pub note: String,
}

/// Who looks after a cluster, and what is written beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The owner from now on.
    pub owner: Option<String>,
    /// The note from now on.
    pub note: Option<String>,
}

/// Clusters, in the order asked for.
///
/// # Errors
/// When the filter makes no sense, or a state cannot be read.
pub async fn clusters(control: &dyn Control, filter: &ClusterFilter) -> Result<Listed<ClusterLine>, Problem> {
    let _ = (control, filter);
    todo!()
}

/// One cluster, as one inspection knows it.
///
/// # Errors
/// When there is none, or a state cannot be read.
pub async fn cluster(control: &dyn Control, inspection: &str, id: &str) -> Result<ClusterDetail, Problem> {
    let _ = (control, inspection, id);
    todo!()
}

/// Says what somebody says of a cluster.
///
/// # Errors
/// When there is none, the word is not known, or the state cannot be written; nothing was changed.
pub async fn set_life_cycle(
    control: &dyn Control,
    inspection: &str,
    id: &str,
    word: &LifeCycleWord,
    by: &str,
) -> Result<ClusterDetail, Problem> {
    let _ = (control, inspection, id, word, by);
    todo!()
}

/// Says who looks after a cluster, and what is written beside it.
///
/// # Errors
/// As [`set_life_cycle`].
pub async fn remark(
    control: &dyn Control,
    inspection: &str,
    id: &str,
    remark: &Remark,
    by: &str,
) -> Result<ClusterDetail, Problem> {
    let _ = (control, inspection, id, remark, by);
    todo!()
}
