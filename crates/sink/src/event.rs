//! What is sent: a fault opening, going on, or recovering.

use firstsight_engine::{Finding, HourCount, Range, Severity, Time};
use serde::{Deserialize, Serialize};

use crate::standing::KeyStanding;

/// A fault opening, going on, or recovering.
///
/// Nothing in it depends on when it was made or by which process: the same judgement gives the same event, byte for
/// byte, with the same id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// `firstsight.event/1`.
    pub schema: String,
    /// Its id: 32 hexadecimal digits.
    pub id: String,
    /// What happens to the fault.
    pub kind: EventKind,
    /// The most severe of its findings, else of the clusters that hold the fault; `ok` for a recovery.
    pub status: Status,
    /// The inspection: with the account, the detection dimension.
    pub inspection: String,
    /// The account; empty where the event is about the inspection itself.
    pub account: String,
    /// The fault.
    pub fault: FaultRef,
    /// The window that was judged; of the inspection's own trouble, from when it was last known to be well. The event's time is
    /// its end.
    pub window: Range,
    /// One line for people.
    pub title: String,
    /// New findings of this window.
    pub findings: Vec<Finding>,
    /// How many of the fault's clusters still occur in the window.
    pub ongoing_clusters: u64,
    /// Error events of the account in the window.
    pub errors: u64,
    /// Its findings' clusters: occurrences an hour, baseline and window.
    pub hours: Vec<HourCount>,
    /// The access keys of the findings, with their last use as far as records had been read when the event was made.
    pub keys: Vec<KeyActivity>,
    /// What is wrong with the inspection itself, where the event is about that: it has no findings then, and no account.
    // Left out where there is none, so that a recorded event's bytes stay what they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// What is wrong with an inspection itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Which kind.
    pub kind: TroubleKind,
    /// Since when: the end of what was last known to be well.
    pub since: Time,
    /// How many runs in a row have met it.
    pub runs: u64,
    /// What was said last, in the words of the source or the store; may hold an attacker's text.
    pub reason: String,
}

/// A kind of trouble. The name in JSON is the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// No data: the source was read, and holds nothing new.
    Silent,
    /// Some of the source cannot be read.
    Unread,
    /// Runs fail.
    Failing,
}

impl TroubleKind {
    /// The word that people read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Unread => "unread",
            Self::Failing => "failing",
        }
    }

    /// How bad it is while it lasts.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::Silent | Self::Failing => Status::Error,
            Self::Unread => Status::Warning,
        }
    }
}

impl Event {
    /// The schema that this version writes.
    pub const SCHEMA: &'static str = "firstsight.event/1";
}

/// What happens to a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// It opens.
    Opened,
    /// It goes on: it has a new finding, or one of its clusters still occurs.
    Ongoing,
    /// It recovers.
    Recovered,
}

impl EventKind {
    /// The word that people read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Ongoing => "ongoing",
            Self::Recovered => "recovered",
        }
    }
}

/// The status of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The fault is over.
    Ok,
    /// See [`Severity::Info`].
    Info,
    /// See [`Severity::Warning`].
    Warning,
    /// See [`Severity::Error`].
    Error,
    /// See [`Severity::Critical`].
    Critical,
}

impl Status {
    /// The word that people read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

impl From<Severity> for Status {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Warning => Self::Warning,
            Severity::Error => Self::Error,
            Severity::Critical => Self::Critical,
        }
    }
}

/// The fault that an event belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultRef {
    /// Its id: the first event's.
    pub id: String,
    /// The end of the window that opened it.
    pub started: Time,
    /// Seconds from then to this event.
    pub duration_seconds: i64,
}

/// An access key with its owner and last known use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyActivity {
    /// The key's id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its owner: an actor's name.
    pub owner: String,
    /// When it was used last, by any record that was read.
    pub last_used: Time,
    /// The last call, as `iam:CreateUser`.
    pub last_call: String,
    /// Its region.
    pub region: String,
    /// Remembered error events made with it.
    pub errors: u64,
    /// What IAM says of it; `None` where IAM was not asked. Events are recorded without it: it is asked when a report is
    /// made, since an event is a function of what was read.
    // Left out where there is none, so that a recorded event's bytes stay what they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iam: Option<KeyStanding>,
}
