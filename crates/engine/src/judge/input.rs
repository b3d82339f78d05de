//! What a judgement is about: one window, and what was known before it.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_cloudtrail::{EventIdentity, Hour, TimeRange, Timestamp};
use serde::{Deserialize, Serialize};

pub use super::life_cycle::{InvalidLifeCycle, LifeCycle, Until};
use super::verdict::{Finding, Novelty, Severity};
use crate::severity::SeverityTable;
use crate::signature::{ClusterId, Digest, Dimension, Signature, SignatureId};

/// Everything [`judge`](super::judge) looks at. Stores build it; every list is sorted by its key, so that two stores
/// that hold the same give the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeInput {
    /// The inspection's name; part of every finding's id.
    pub inspection: String,
    /// The window: whole UTC hours.
    pub window: TimeRange,
    /// The stretch before the window whose counts are compared; ends where the window starts.
    pub baseline: TimeRange,
    /// Whether the window had been judged before: then new findings are late ones.
    pub rejudged: bool,
    /// What is known of each account that has been seen, by account.
    pub accounts: BTreeMap<String, AccountHistory>,
    /// Each family with an occurrence inside the window or with a fine template known by the window's end that has no
    /// cluster yet, with *all* its fine templates known by the window's end, by key.
    pub families: Vec<Family>,
    /// Findings recorded before for clusters of these families, in the order of their ids.
    pub recorded: Vec<RecordedFinding>,
    /// How often new things had come before the window: of the organisation, and of each account, actor and call that
    /// occurs in it. By scope.
    pub scopes: Vec<ScopeHistory>,
    /// How to judge.
    pub policy: Policy,
}

/// How to judge: the inspection's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// A cluster last seen longer ago than so many hours has returned when it comes again. Default 30 days.
    pub forget_after_hours: i64,
    /// An account with a shorter history than so many hours before the window is learning. Default 7 days.
    pub min_history_hours: i64,
    /// What has to have `min_history` before its findings alert. Default the account alone: a new region is what an
    /// attacker uses too, and a new folder of files is a new source.
    pub learn_by: BTreeSet<LearnBy>,
    /// The rules of severity; the built-in ones where there are none.
    pub severity: Option<SeverityTable>,
}

/// What can be too new to alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LearnBy {
    /// An account, from its first record on.
    Account,
    /// A region, from its first error event in the account on: for findings that come from it alone.
    Region,
    /// A source, from its first record of the account on: for findings of clusters that were not seen before it began.
    Source,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            forget_after_hours: 30 * 24,
            min_history_hours: 7 * 24,
            learn_by: BTreeSet::from([LearnBy::Account]),
            severity: None,
        }
    }
}

/// What is known of an account up to the window's end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountHistory {
    /// The time of the earliest remembered record (of any kind) from it; `None` when none is.
    pub first_record: Option<Timestamp>,
    /// Records of any kind inside the window (as counted by units: repeats in other files count again).
    pub records: u64,
    /// Error events inside the window, each once.
    pub errors: u64,
    /// Error events inside the baseline, each once.
    pub baseline_errors: u64,
    /// Error events an hour inside the baseline, each once; hours with none are left out. By hour.
    pub hours: Vec<HourCount>,
    /// The sources that gave its records, by name.
    pub sources: Vec<SourceHistory>,
    /// For each dimension value that occurs inside the window: what the whole account knew of it before. Sorted. A value
    /// that a fine template or the account does not [tell apart](crate::Bounds) is left out.
    pub values: Vec<ValueHistory>,
}

/// What an account's error events knew of one dimension value before the window.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ValueHistory {
    /// Which dimension.
    pub dimension: Dimension,
    /// Which value.
    pub value: String,
    /// Its occurrences before the window, `None` when it had none.
    pub before: Option<Span>,
}

/// Since when a source gives an account's records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceHistory {
    /// The source's name.
    pub name: String,
    /// The time of its earliest record (of any kind) of the account.
    pub first_record: Timestamp,
}

/// Where new things come from: each has a rate of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "kebab-case")]
pub enum Scope {
    /// All accounts together.
    Organisation,
    /// One account.
    Account {
        /// Which.
        account: String,
    },
    /// One actor in one account.
    Actor {
        /// The account.
        account: String,
        /// The actor's name.
        actor: String,
    },
    /// One call in one account.
    Call {
        /// The account.
        account: String,
        /// `eventSource`.
        event_source: String,
        /// `eventName`.
        event_name: String,
    },
}

/// How often a scope met a cluster for the first time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScopeHistory {
    /// Which.
    pub scope: Scope,
    /// Recorded clusters by how many times 24 hours before the window's start they were seen first (for an actor: seen
    /// first by that actor), inside the baseline; days with none are left out. By day, the latest first.
    pub days: Vec<(u32, u64)>,
}

/// What families are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FamilyKey {
    /// The account the errors count for.
    pub account: String,
    /// `eventSource`.
    pub event_source: String,
    /// `eventName`.
    pub event_name: String,
    /// `errorCode`.
    pub error_code: String,
}

impl Signature {
    /// The family of this signature: all fine templates of one call failing in one way in one account.
    #[must_use]
    pub fn family(&self) -> FamilyKey {
        FamilyKey {
            account: self.account.clone(),
            event_source: self.event_source.clone(),
            event_name: self.event_name.clone(),
            error_code: self.error_code.clone(),
        }
    }
}

/// One family: all fine templates of one call failing in one way in one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// Which.
    pub key: FamilyKey,
    /// Its fine templates, by id. Those without a remembered occurrence before the window's end are left out, but for
    /// those of a cluster that a person said something of: they are remembered for ever. Where the family went past its
    /// [bound](crate::Bounds), one of them is its overflow template.
    pub templates: Vec<TemplateHistory>,
    /// Its recorded clusters, by id: also those that a later window founded, since what was reported of them is known.
    pub clusters: Vec<ClusterState>,
}

/// One fine template and when it occurred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateHistory {
    /// Its signature's id.
    pub id: SignatureId,
    /// Its identity text (variables as `<*>`).
    pub template: String,
    /// Its text for people (variables named where the record names them): that of its earliest event.
    pub display: String,
    /// The recorded cluster it belongs to.
    pub cluster: Option<ClusterId>,
    /// Remembered occurrences before the baseline.
    pub earlier: Option<Span>,
    /// Occurrences an hour from the baseline's start to the window's end; hours with none are left out. By hour.
    pub hours: Vec<HourCount>,
    /// Dimension values, sorted by dimension and value; the empty one stands for all that are not
    /// [told apart](crate::Bounds).
    pub values: Vec<ValueCount>,
    /// Remembered samples from before the window's end, by identity: the [`Sample::KEEP`] earliest error events, and each actor's
    /// earliest one (of the [`Sample::KEEP_ACTORS`] actors whose own are earliest); of events of one time those with
    /// the least identities. Because time decides first, what came later does not change them.
    pub samples: Vec<Sample>,
}

/// Some occurrences: how many, from when to when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// How many.
    pub count: u64,
    /// The first one's time.
    pub first: Timestamp,
    /// The last one's time.
    pub last: Timestamp,
}

impl Span {
    /// One occurrence.
    #[must_use]
    pub const fn at(time: Timestamp) -> Self {
        Self {
            count: 1,
            first: time,
            last: time,
        }
    }

    /// Both together.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

/// The occurrences inside one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HourCount {
    /// Which hour.
    pub hour: Hour,
    /// How many, from when to when.
    #[serde(flatten)]
    pub span: Span,
}

/// One value of a dimension in one fine template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ValueCount {
    /// Which dimension.
    pub dimension: Dimension,
    /// Which value.
    pub value: String,
    /// Remembered occurrences before the window.
    pub before: Option<Span>,
    /// Occurrences inside the window.
    pub within: Option<Span>,
}

/// One kept error event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sample {
    /// The event's identity, as 32 hexadecimal digits.
    pub identity: Digest,
    /// Its time.
    pub time: Timestamp,
    /// Its `eventID`, empty when it has none.
    pub event_id: String,
    /// Its actor's name.
    pub actor: String,
    /// The record, as JSON text of at most [`Sample::MAX_RAW`] bytes: of a larger one, markers like `"(cut: 18231 bytes)"`
    /// stand in place of its response, its longest texts, or its largest fields.
    pub raw: String,
}

impl Sample {
    /// The most bytes of a record that a sample keeps.
    pub const MAX_RAW: usize = 16 << 10;
    /// How many samples a fine template keeps, whoever made them.
    pub const KEEP: usize = 3;
    /// For how many actors a fine template keeps one sample each, besides.
    pub const KEEP_ACTORS: usize = 100;
}

impl From<&Finding> for RecordedFinding {
    fn from(finding: &Finding) -> Self {
        Self {
            id: finding.id,
            cluster: finding.cluster,
            novelty: finding.novelty,
            episode: finding.episode.clone(),
            window_start: finding.window.start,
            severity: finding.severity,
        }
    }
}

impl From<EventIdentity> for Digest {
    fn from(identity: EventIdentity) -> Self {
        Self(identity.0)
    }
}

/// A recorded cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterState {
    /// Which.
    pub id: ClusterId,
    /// The template it shows: what its members shared when it was last judged.
    pub template: String,
    /// What people said of it.
    pub life_cycle: LifeCycle,
    /// The window whose judgement recorded it first.
    pub founded: Timestamp,
}

/// A finding that an earlier judgement recorded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordedFinding {
    /// Its id.
    pub id: super::verdict::FindingId,
    /// Its cluster.
    pub cluster: ClusterId,
    /// Which novelty.
    pub novelty: Novelty,
    /// Which episode of it, see [`Finding::episode`](super::verdict::Finding::episode).
    pub episode: String,
    /// The start of the window it was found in.
    pub window_start: Timestamp,
    /// Its severity.
    pub severity: Severity,
}
