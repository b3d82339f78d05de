//! What a run came to, as it is kept and shown.

use std::collections::BTreeMap;

use firstsight_engine::{Range, Time};
use firstsight_store::StoredRun;
use serde::{Deserialize, Serialize};

use super::Ran;
use crate::error::InspectionError;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It goes on.
    Running,
    /// Everything was read and judged.
    Ok,
    /// It was judged, and not everything could be read.
    Incomplete,
    /// It failed; what it had read and judged is kept.
    Failed,
    /// It took longer than it may; what it had read and judged is kept.
    TimedOut,
    /// Somebody asked it to stop (a shutdown); the next run goes on.
    Stopped,
    /// Its process ended without a word; the next run goes on.
    Lost,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 7] = [
        Self::Running,
        Self::Ok,
        Self::Incomplete,
        Self::Failed,
        Self::TimedOut,
        Self::Stopped,
        Self::Lost,
    ];

    /// The word that people read, and that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ok => "ok",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Stopped => "stopped",
            Self::Lost => "lost",
        }
    }
}

/// Who asked for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// The schedule.
    Schedule,
    /// Downtime: ticks had been missed.
    CatchUp,
    /// An earlier run had failed.
    Retry,
    /// A person.
    Person,
}

/// What a run counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunCounts {
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
    /// Findings that no run had recorded before, of all windows.
    pub findings: u64,
    /// Of those, late ones: of windows that had been judged before.
    pub late: u64,
    /// Of those, ones of accounts that are learning.
    pub learning: u64,
    /// Clusters that occur in the asked window and have no finding.
    pub known_clusters: u64,
    /// Clusters of the asked window that people acknowledged, expect or archived.
    pub silenced_clusters: u64,
    /// Events that were recorded.
    pub events: u64,
    /// Deliveries of those that are withheld (muted, silent, outside the hours).
    pub withheld: u64,
}

/// What a run says of one window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowCounts {
    /// Which.
    pub window: Range,
    /// Whether it was fully read.
    pub complete: bool,
    /// Whether it had been judged before.
    pub rejudged: bool,
    /// Records of any kind in it, over the accounts.
    pub records: u64,
    /// Error events in it.
    pub errors: u64,
    /// Clusters that occur in it.
    pub clusters: u64,
    /// Findings that no run had recorded before.
    pub findings: u64,
}

/// A run, as it is kept and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Its id.
    pub id: String,
    /// The inspection.
    pub inspection: String,
    /// The tick that it is for.
    pub tick: Time,
    /// Who asked for it.
    pub trigger: Trigger,
    /// The person who asked, where one did.
    pub by: String,
    /// When it began.
    pub started: Time,
    /// When it ended.
    pub ended: Option<Time>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed, with the causes; empty where it did not.
    pub reason: String,
    /// What it counted.
    pub counts: RunCounts,
    /// The windows that it judged: the asked one first, then earlier ones; the first 200.
    pub windows: Vec<WindowCounts>,
    /// What could not be read, with the reasons; the first 20.
    pub unread: Vec<String>,
    /// Accounts that are learning, with the hours of history that they have and need.
    pub learning: Vec<(String, i64, i64)>,
    /// Windows that were passed over, being more than are caught up with.
    pub passed_over: u64,
    /// The newest record's time when it ended: what lies between it and the end is the source's lag.
    pub newest_record: Option<Time>,
    /// What the source says besides, for people.
    pub notes: Vec<String>,
}

impl RunRecord {
    /// A run that begins.
    #[must_use]
    pub fn begin(
        id: String,
        inspection: String,
        tick: Time,
        trigger: Trigger,
        by: String,
        now: Time,
    ) -> Self {
        Self {
            id,
            inspection,
            tick,
            trigger,
            by,
            started: now,
            ended: None,
            outcome: Outcome::Running,
            reason: String::new(),
            counts: RunCounts::default(),
            windows: Vec::new(),
            unread: Vec::new(),
            learning: Vec::new(),
            passed_over: 0,
            newest_record: None,
            notes: Vec::new(),
        }
    }

    /// Takes in what the run came to, at its end.
    pub fn complete(&mut self, ran: &Ran, now: Time) {
        let _ = (ran, now);
        todo!()
    }

    /// Takes in why the run ended without coming to its end.
    pub fn end(&mut self, outcome: Outcome, reason: String, now: Time) {
        self.outcome = outcome;
        self.reason = reason;
        self.ended = Some(now);
    }

    /// As a store keeps it.
    #[must_use]
    pub fn stored(&self) -> StoredRun {
        StoredRun {
            id: self.id.clone(),
            inspection: self.inspection.clone(),
            tick: self.tick,
            started: self.started,
            ended: self.ended,
            outcome: self.outcome.as_str().to_owned(),
            body: serde_json::to_vec(self).unwrap_or_default(),
        }
    }

    /// As it was kept.
    ///
    /// # Errors
    /// [`InspectionError::Undecodable`].
    pub fn of(stored: &StoredRun) -> Result<Self, InspectionError> {
        serde_json::from_slice(&stored.body).map_err(|source| InspectionError::Undecodable {
            id: stored.id.clone(),
            source,
        })
    }
}
