//! What a run came to, as it is kept and shown.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_engine::{Range, Time};
use firstsight_sink::text::counted;
use firstsight_store::StoredRun;
use serde::{Deserialize, Serialize};

use super::Ran;
use crate::catch_up::Windows;
use crate::error::InspectionError;
use crate::ingest::Ingested;
use crate::judging::Judged;

/// So many windows of a run are told one by one.
const MOST_WINDOWS: usize = 200;
/// So much of what could not be read is told, and of what else a source says.
const MOST_UNREAD: usize = 20;
/// The most bytes of one text that a source says.
const MOST_TEXT: usize = 2000;
/// So many accounts that are learning are told.
const MOST_ACCOUNTS: usize = 200;

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
    /// Accounts that are learning, with the hours of history that they have and need; the first 200.
    pub learning: Vec<(String, i64, i64)>,
    /// Windows that were left for the next runs, being more than one run catches up with.
    pub passed_over: u64,
    /// The newest record's time when it ended: what lies between it and the end is the source's lag.
    pub newest_record: Option<Time>,
    /// What the source says besides, for people.
    pub notes: Vec<String>,
}

impl RunCounts {
    fn of(read: &Ingested, windows: &Windows) -> Self {
        let mut counts = Self {
            units: read.units,
            bytes: read.counters.bytes_in,
            records: read.counters.records,
            error_records: read.counters.error_events,
            new_events: read.committed.new_events,
            known_events: read.committed.known_events,
            rejects: rejects(read),
            unread: read.unread.len() as u64,
            ..Self::default()
        };
        for account in &windows.asked.verdict.accounts {
            counts.known_clusters += account.known_clusters;
            let silenced = account.silenced;
            counts.silenced_clusters += silenced.acknowledged + silenced.expected + silenced.archived;
        }
        for judged in std::iter::once(&windows.asked).chain(&windows.earlier) {
            counts.add(judged);
        }
        counts
    }

    /// Takes in what a window's judgement recorded.
    fn add(&mut self, judged: &Judged) {
        let new: BTreeSet<_> = judged.recorded.new_findings.iter().collect();
        let found = judged.verdict.findings.iter();
        for finding in found.filter(|finding| new.contains(&finding.id)) {
            self.late += u64::from(finding.late);
            self.learning += u64::from(finding.learning);
        }
        self.findings += new.len() as u64;
        self.events += judged.recorded.new_events.len() as u64;
        self.withheld += judged.withheld;
    }
}

/// By the reasons' names in JSON.
fn rejects(read: &Ingested) -> BTreeMap<String, u64> {
    let rejects = read.counters.rejects.iter();
    rejects
        .filter_map(|(reason, count)| match serde_json::to_value(reason) {
            Ok(serde_json::Value::String(name)) => Some((name, *count)),
            _ => None,
        })
        .collect()
}

impl WindowCounts {
    fn of(judged: &Judged) -> Self {
        let accounts = &judged.verdict.accounts;
        Self {
            window: judged.window,
            complete: judged.complete,
            rejudged: judged.rejudged,
            records: accounts.iter().map(|account| account.records).sum(),
            errors: accounts.iter().map(|account| account.errors).sum(),
            clusters: accounts.iter().map(|account| account.active_clusters).sum(),
            findings: judged.recorded.new_findings.len() as u64,
        }
    }
}

fn learning(asked: &Judged) -> Vec<(String, i64, i64)> {
    let accounts = asked.verdict.accounts.iter();
    let learning = accounts.filter_map(|account| {
        let learning = account.learning?;
        Some((account.account.clone(), learning.have_hours, learning.need_hours))
    });
    learning.take(MOST_ACCOUNTS).collect()
}

/// The first of these texts, each cut to a length: a source may quote what an attacker wrote.
fn first(texts: &[String], most: usize) -> Vec<String> {
    let cut = |text: &String| text[..text.floor_char_boundary(MOST_TEXT)].to_owned();
    texts.iter().take(most).map(cut).collect()
}

/// What there is to say besides the counts.
fn notes(read: &Ingested, windows: &Windows) -> Vec<String> {
    let mut notes = Vec::new();
    if windows.passed_over > 0 {
        notes.push(format!(
            "left for the next runs: {} with records that no run has judged; this one caught up with the newest",
            counted(windows.passed_over, "window", "windows")
        ));
    }
    if read.committed.folded_events > 0 {
        notes.push(format!(
            "counted together: {} past what is told apart of one call",
            counted(read.committed.folded_events, "error event", "error events")
        ));
    }
    let unacknowledged = first(&read.unacknowledged, MOST_UNREAD);
    let unacknowledged = unacknowledged.iter();
    notes.extend(unacknowledged.map(|said| format!("not acknowledged, may come again: {said}")));
    notes.extend(first(&windows.asked.unreadable_mutes, MOST_UNREAD));
    notes
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

    /// Takes in what the run came to, at its end. Notes that it has stay, before those that are added.
    pub fn complete(&mut self, ran: &Ran, now: Time) {
        let Ran { read, windows, .. } = ran;
        let all = || std::iter::once(&windows.asked).chain(&windows.earlier);
        self.outcome = if read.complete() {
            Outcome::Ok
        } else {
            Outcome::Incomplete
        };
        self.ended = Some(now);
        self.counts = RunCounts::of(read, windows);
        self.windows = all().take(MOST_WINDOWS).map(WindowCounts::of).collect();
        self.unread = first(&read.unread, MOST_UNREAD);
        self.learning = learning(&windows.asked);
        self.passed_over = windows.passed_over;
        self.newest_record = ran.newest;
        self.notes.extend(notes(read, windows));
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
