//! Runs.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::{Moment, Range};

/// How a run ended.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// It goes on.
    Running,
    /// Everything was read and judged.
    Ok,
    /// It was judged, and not everything could be read.
    Incomplete,
    /// It failed.
    Failed,
    /// It took longer than it may.
    TimedOut,
    /// Somebody asked it to stop.
    Stopped,
    /// Its process ended without a word.
    Lost,
}

/// Who asked for a run.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
pub(crate) enum Trigger {
    /// The schedule.
    Schedule,
    /// Downtime.
    CatchUp,
    /// An earlier run had failed.
    Retry,
    /// A person.
    Person,
}

/// What a run counted.
#[derive(ToSchema)]
pub(crate) struct RunCounts {
    /// Units that it read to their end.
    pub units: u64,
    /// Bytes, as they came.
    pub bytes: u64,
    /// Records of any kind.
    pub records: u64,
    /// Error records, repeated ones too.
    pub error_records: u64,
    /// Error events that had not been known.
    pub new_events: u64,
    /// Error events that had been known.
    pub known_events: u64,
    /// Rejects by reason.
    pub rejects: BTreeMap<String, u64>,
    /// Units and partitions that could not be read to their end.
    pub unread: u64,
    /// Findings that no run had recorded before.
    pub findings: u64,
    /// Of those, late ones.
    pub late: u64,
    /// Of those, ones of accounts that are learning.
    pub learning: u64,
    /// Clusters that occur in the asked window and have no finding.
    pub known_clusters: u64,
    /// Clusters of the asked window that people acknowledged, expect or archived.
    pub silenced_clusters: u64,
    /// Events that were recorded.
    pub events: u64,
    /// Deliveries of those that are withheld.
    pub withheld: u64,
}

/// What a run says of one window.
#[derive(ToSchema)]
pub(crate) struct WindowCounts {
    /// Which.
    pub window: Range,
    /// Whether it was fully read.
    pub complete: bool,
    /// Whether it had been judged before.
    pub rejudged: bool,
    /// Records of any kind in it.
    pub records: u64,
    /// Error events in it.
    pub errors: u64,
    /// Clusters that occur in it.
    pub clusters: u64,
    /// Findings that no run had recorded before.
    pub findings: u64,
}

/// A run, as it is kept.
#[derive(ToSchema)]
pub(crate) struct RunRecord {
    /// Its id.
    pub id: String,
    /// The inspection.
    pub inspection: String,
    /// The tick that it is for.
    pub tick: Moment,
    /// Who asked for it.
    pub trigger: Trigger,
    /// The person who asked, where one did.
    pub by: String,
    /// When it began.
    pub started: Moment,
    /// When it ended.
    #[schema(required)]
    pub ended: Option<Moment>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed; empty where it did not.
    pub reason: String,
    /// What it counted.
    pub counts: RunCounts,
    /// The windows that it judged: the asked one first; the first 200.
    pub windows: Vec<WindowCounts>,
    /// What could not be read; the first 20.
    pub unread: Vec<String>,
    /// Accounts that are learning: the account, the hours of history that it has, and those that it needs.
    #[schema(value_type = Vec<Vec<serde_json::Value>>)]
    pub learning: Vec<(String, i64, i64)>,
    /// Windows that were passed over.
    pub passed_over: u64,
    /// The newest record's time when it ended.
    #[schema(required)]
    pub newest_record: Option<Moment>,
    /// What the source says besides.
    pub notes: Vec<String>,
}
