//! What a judgement gives: findings with their reasons, assignments, and the state of each account.

use std::fmt;

use firstsight_cloudtrail::classify::{Class, DenialReason, NoiseMark, Sensitivity, Verb};
use firstsight_cloudtrail::{TimeRange, Timestamp};
use serde::{Deserialize, Serialize};

use super::input::{HourCount, LifeCycle, Sample, Scope, Span};
use crate::signature::{ClusterId, Digest, Dimension, SignatureId};
use crate::surge::Surge;

/// The result of one judgement.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The findings: most severe first, then by score, account and id.
    pub findings: Vec<Finding>,
    /// Fine templates that were given a cluster by this judgement, by id.
    pub assignments: Vec<(SignatureId, ClusterId)>,
    /// Every cluster that occurs in the window, by account and id.
    pub active: Vec<ActiveCluster>,
    /// Every account of the input, by account.
    pub accounts: Vec<AccountVerdict>,
    /// Clusters that were archived until they escalate, and did: they are open from now on. By id.
    pub escalated: Vec<ClusterId>,
}

/// A cluster that occurs in the window, new or known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveCluster {
    /// Which.
    pub cluster: ClusterId,
    /// Its account.
    pub account: String,
    /// The template that its members share now.
    pub template: String,
    /// Occurrences inside the window.
    pub within: Span,
    /// What people said of it.
    pub life_cycle: LifeCycle,
    /// Whether it stands for a family that went past its cap.
    pub overflow: bool,
}

/// The state of one account in a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountVerdict {
    /// Which.
    pub account: String,
    /// Set while its history is too short to alert.
    pub learning: Option<Learning>,
    /// Records of any kind in the window.
    pub records: u64,
    /// Error events in the window.
    pub errors: u64,
    /// Clusters that occur in the window.
    pub active_clusters: u64,
    /// Of those, the ones with no finding.
    pub known_clusters: u64,
    /// Of those, the ones that people said something of.
    pub silenced: Silenced,
}

/// Clusters of a window that people said something of: they go on being counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silenced {
    /// Acknowledged ones: they hold no fault open.
    pub acknowledged: u64,
    /// Expected ones: nothing is told of them.
    pub expected: u64,
    /// Archived ones: nothing is told of them until they escalate, until a date, or ever.
    pub archived: u64,
    /// Error events of the expected and archived ones in the window.
    pub errors: u64,
}

/// An account whose baseline is still too short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learning {
    /// Hours of history before the window.
    pub have_hours: i64,
    /// Hours needed.
    pub need_hours: i64,
}

/// What is new about a finding. The name in JSON is in kebab-case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Novelty {
    /// No occurrence is remembered before the window.
    New,
    /// Last seen longer ago than the policy's `forget_after`, or a person had resolved it.
    Returned,
    /// A known cluster, for the first time by this actor.
    NewActor,
    /// A known cluster, far more often than is usual for it at such hours.
    Surge,
}

impl Novelty {
    /// The word that people read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Returned => "returned",
            Self::NewActor => "new actor",
            Self::Surge => "surge",
        }
    }
}

impl fmt::Display for Novelty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How much a finding matters, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth a look when there is time.
    Info,
    /// Worth a look today.
    Warning,
    /// Worth a look now.
    Error,
    /// Somebody should get up.
    Critical,
}

impl Severity {
    /// The word that people read and write.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The id of a finding: unique by (inspection, cluster, novelty, episode).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FindingId(pub Digest);

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A cluster judged novel in a window, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Its id.
    pub id: FindingId,
    /// Which novelty.
    pub novelty: Novelty,
    /// Tells repetitions of a novelty apart: empty for `new`, the window's start that first reported this return for
    /// `returned`, the actor for `new actor` (where a window has too many new actors to report each, `many` and the
    /// window's start; where the cluster has more actors than are told apart, `overflow`, once), the start of the window
    /// that first reported it for `surge`.
    pub episode: String,
    /// How much it matters.
    pub severity: Severity,
    /// 0 to 100: how unusual it is; orders findings of one severity. In whole numbers, the sum of (rules of severity see it
    /// without the severity's own points):
    ///
    /// | what | points |
    /// |---|---|
    /// | the novelty | new 40, returned 30, surge 30, new actor 25 |
    /// | the least familiar value of each dimension | actor 12, source network 10, region 8, user agent 6, access key 4 when unseen; half when rare, a quarter when infrequent; all that × n / (n + 20), n the account's errors in the baseline |
    /// | how seldom new errors come to its scopes | up to 15: 15 × the probability that nothing new comes in a day; −15 where they come all the time; 0 where no history is long enough, and for surges |
    /// | the severity | 5 for each step above info |
    /// | an explicit deny | 5 |
    /// | marks of known noise | −10 each, −20 at most |
    /// | an actor of the same shape as a known one | −10 |
    ///
    /// The scopes are judged after the published
    /// [new-entity model](https://learn.microsoft.com/en-us/kusto/functions-library/detect-anomalous-new-entity-fl): of the
    /// call, the actors, the account and the organisation the narrowest decides that has a history of 14 days (or of the
    /// whole baseline) and in which new errors are rare or come all the time.
    pub score: u8,
    /// The window it was found in.
    pub window: TimeRange,
    /// Whether the window had been judged before, without these records.
    pub late: bool,
    /// Whether its account is still learning: recorded and shown, not alerted.
    pub learning: bool,
    /// Whether an earlier judgement had recorded it already (the same id): shown, not alerted again.
    pub recorded: bool,
    /// Its cluster.
    pub cluster: ClusterId,
    /// Its account.
    pub account: String,
    /// `eventSource`.
    pub event_source: String,
    /// `eventName`.
    pub event_name: String,
    /// `errorCode`, empty where the records have none.
    pub error_code: String,
    /// The cluster's template for people.
    pub template: String,
    /// What kind of error it is.
    pub class: Class,
    /// Whether the call reads or changes something.
    pub verb: Verb,
    /// How sensitive the call is.
    pub sensitivity: Sensitivity,
    /// Which policy refused it, where the message says so.
    pub denial: Option<DenialReason>,
    /// Marks of known noise that all its occurrences in the window carry.
    pub noise: Vec<NoiseMark>,
    /// Its occurrences in the window (for a new actor: that actor's; for many: theirs together).
    pub within: Span,
    /// Its cluster's remembered occurrences before the window.
    pub before: Option<Span>,
    /// Its cluster's occurrences an hour, baseline and window.
    pub hours: Vec<HourCount>,
    /// Its dimension values in the window, by dimension and then by count, at most [`Finding::MAX_VALUES`] a dimension.
    /// For a new actor that was not alone in the window only the actor: whose the other values are is not kept.
    pub values: Vec<Value>,
    /// Why it is a finding, the most telling first.
    pub reasons: Vec<Reason>,
    /// At most [`Sample::KEEP`] kept records, by identity: of the window where there are any (for a new actor that
    /// actor's), else the latest from before it.
    pub samples: Vec<Sample>,
}

impl Finding {
    /// The most values of one dimension that a finding lists.
    pub const MAX_VALUES: usize = 10;
    /// The most new actors of one cluster in one window that are findings of their own; more are one finding together.
    pub const MAX_NEW_ACTORS: usize = 20;

    /// The id of a finding.
    #[must_use]
    pub fn id_of(inspection: &str, cluster: ClusterId, novelty: Novelty, episode: &str) -> FindingId {
        let cluster = cluster.to_string();
        FindingId(Digest::of(&[inspection, &cluster, novelty.as_str(), episode]))
    }
}

/// A dimension value of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// Which dimension.
    pub dimension: Dimension,
    /// Which value.
    pub value: String,
    /// Its occurrences in this cluster and window.
    pub count: u64,
    /// How well the account's error events knew it before.
    pub familiarity: Familiarity,
}

/// What has too short a history to alert.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Learner {
    /// The finding's account.
    #[default]
    Account,
    /// The region that all its occurrences come from.
    Region(String),
    /// A source that gives the account's records only since a short while.
    Source(String),
}

/// How often a value had occurred among the account's error events before the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Familiarity {
    /// Never among errors.
    Unseen,
    /// At most 5 times.
    Rare,
    /// At most 1 % of the account's errors.
    Infrequent,
    /// More often.
    Frequent,
}

/// Why something is a finding: data, with a sentence by [`Display`](fmt::Display).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// No occurrence of the cluster is remembered before the window.
    NeverSeen {
        /// Hours of history that were looked at.
        history_hours: i64,
        /// Error events in that history.
        history_errors: u64,
    },
    /// Last seen long ago.
    LastSeen {
        /// When.
        last: Timestamp,
        /// How many hours before the window.
        hours_ago: i64,
    },
    /// It was reported long ago, and no occurrence of it is remembered any more.
    Forgotten {
        /// The start of the window that first reported it.
        founded: Timestamp,
    },
    /// A person had resolved it.
    WasResolved,
    /// For the first time by this actor.
    FirstByActor {
        /// Who.
        actor: String,
        /// How many actors had this error before.
        known_actors: u64,
        /// A known actor of the same shape (a role with another random suffix), if there is one.
        like: Option<String>,
    },
    /// It occurred far more often than it does at such hours.
    Surge {
        /// What was seen, what was expected, and what it was compared with.
        #[serde(flatten)]
        surge: Surge,
    },
    /// For the first time by more actors than are reported one by one.
    ManyNewActors {
        /// How many.
        actors: u64,
        /// How many actors had this error before.
        known_actors: u64,
    },
    /// How well the account knew a dimension value.
    Dimension {
        /// Which dimension.
        dimension: Dimension,
        /// Which value.
        value: String,
        /// How well.
        familiarity: Familiarity,
    },
    /// Which policy refused the call.
    Denied {
        /// The policy and how it refused.
        #[serde(flatten)]
        denial: DenialReason,
    },
    /// The most similar cluster of the same family that was known before.
    NearestKnown {
        /// Which.
        cluster: ClusterId,
        /// Its template.
        template: String,
        /// What the new one says and that one does not, in the order of the text.
        #[serde(default)]
        only_here: Vec<String>,
        /// What that one says and the new one does not, in the order of the text.
        #[serde(default)]
        only_there: Vec<String>,
    },
    /// What the call is known for as an attack.
    Technique {
        /// The MITRE ATT&CK technique's id.
        id: String,
        /// Its name.
        name: String,
        /// Its tactic.
        tactic: String,
    },
    /// A sensitive resource that this cluster had not been seen with before.
    SensitiveTarget {
        /// Which, as `secret:prod/db`.
        target: String,
        /// How sensitive.
        sensitivity: Sensitivity,
    },
    /// New clusters are seldom here: the finding weighs more.
    QuietScope {
        /// Where.
        scope: Scope,
        /// New clusters a week that were to be expected, in thousandths.
        per_week_millis: u64,
    },
    /// New clusters come here all the time: the finding is ranked lower.
    BusyScope {
        /// Where.
        scope: Scope,
        /// New clusters a week that were to be expected, in thousandths.
        per_week_millis: u64,
    },
    /// It was archived until it escalates, and did.
    Escalated,
    /// It has more values of a dimension than are told apart, so that a first time by one of them cannot be told.
    DimensionOverflow {
        /// Which dimension.
        dimension: Dimension,
        /// How many are told apart.
        kept: u64,
    },
    /// The call itself is sensitive.
    SensitiveCall {
        /// How sensitive.
        sensitivity: Sensitivity,
    },
    /// Known noise of this kind: ranked lower.
    Noise {
        /// Which mark.
        mark: NoiseMark,
    },
    /// The family has more fine templates than are told apart: those past its bound are judged as one.
    FamilyOverflow {
        /// How many are told apart; it has more than these.
        templates: u64,
    },
    /// Found in records that came after their window had been judged.
    Late {
        /// What came late, as far as it is part of this finding; unknown where state version 1 recorded it.
        #[serde(default)]
        within: Option<Span>,
    },
    /// The account, or what is named, is still learning.
    Learning {
        /// What is learning.
        #[serde(default)]
        learner: Learner,
        /// Hours of history before the window.
        have_hours: i64,
        /// Hours needed.
        need_hours: i64,
    },
}

impl Reason {
    /// Whether a page for people says it: that a value is as usual is data, and no news.
    #[must_use]
    pub const fn tells(&self) -> bool {
        !matches!(
            self,
            Self::Dimension {
                familiarity: Familiarity::Infrequent | Familiarity::Frequent,
                ..
            }
        )
    }
}
