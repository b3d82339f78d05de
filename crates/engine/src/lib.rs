//! Templates, clusters and novelty of CloudTrail error events: what was seen goes in as a set, what is new comes out,
//! with its reasons.
//!
//! # The way of an error event
//!
//! 1. Its message becomes a [`FineTemplate`]: variable parts are masked, by what its own record tells and by their form.
//! 2. With account, call and error code the template is a [`Signature`]. A [`Summary`] holds events by their identities,
//!    over signatures and over what is compared with history: actor, access key, source network, region, user agent
//!    (the [`Dimension`]s). Threads, processes and machines each make summaries; merging them is set union.
//! 3. A store counts the events it has not counted yet, by the hour. [`History`] is that store in memory.
//! 4. [`judge()`] looks at one window of a [`JudgeInput`] and gives a [`Verdict`]. Fine templates that differ only where
//!    tokens look variable become one cluster ([`family`]); clusters that are [new](Novelty::New), have
//!    [returned](Novelty::Returned), meet a [new actor](Novelty::NewActor) or [surge](Novelty::Surge) become [`Finding`]s.
//! 5. The verdict is recorded: assignments stand for ever, and a finding is news once.
//!
//! # Example
//!
//! Two weeks of one denied call, then somebody tries to stop the trail:
//!
//! ```
//! use firstsight_engine::{ErrorEvent, History, Identity, InputQuery, Novelty, Policy, Range, Reason};
//! use firstsight_engine::{Summary, SummaryOptions, Time, judge};
//!
//! fn denied<'a>(id: &'a str, time: Time, source: &'a str, name: &'a str, message: &'a str) -> ErrorEvent<'a> {
//!     ErrorEvent {
//!         event_id: Some(id.into()),
//!         time,
//!         account: "111122223333".into(),
//!         event_source: source.into(),
//!         event_name: name.into(),
//!         error_code: "AccessDenied".into(),
//!         error_message: message.into(),
//!         region: "us-east-1".into(),
//!         source_ip: "198.51.100.7".into(),
//!         user_agent: "aws-cli/2.15.0".into(),
//!         user_identity: Identity {
//!             kind: Some("IAMUser".into()),
//!             arn: Some("arn:aws:iam::111122223333:user/alice".into()),
//!             ..Identity::default()
//!         },
//!         read_only: None,
//!         event_type: "AwsApiCall".into(),
//!         request_parameters: None,
//!         raw: "{}", // The whole record: kept as a sample.
//!     }
//! }
//!
//! let end = "2026-01-15T12:00:00Z".parse::<Time>()?.hour();
//! let window = Range::hours_before(end, 1);
//! let mut summary = Summary::new(SummaryOptions::default());
//! for hour in window.start.hour().index() - 336..=window.start.hour().index() {
//!     let time = firstsight_engine::Hour::from_index(hour).start();
//!     summary.observe(&denied(&hour.to_string(), time, "s3.amazonaws.com", "GetObject", "Access Denied"));
//! }
//! let stop = denied("stop", window.start, "cloudtrail.amazonaws.com", "StopLogging", "not authorized to stop");
//! summary.observe(&stop);
//! summary.observe(&stop); // Read twice, counted once.
//!
//! let mut history = History::new();
//! assert_eq!(history.observe(&summary).new, 338);
//! let query = InputQuery {
//!     inspection: "hourly".to_owned(),
//!     window,
//!     baseline: Range::hours_before(window.start.hour(), 14 * 24),
//!     accounts: Vec::new(), // All.
//!     remember_from: Time::MIN,
//!     policy: Policy::default(),
//! };
//! let verdict = judge(&history.input(&query));
//! let finding = &verdict.findings[0];
//! assert_eq!((finding.novelty, finding.event_name.as_str()), (Novelty::New, "StopLogging"));
//! assert_eq!(
//!     finding.reasons[0].to_string(),
//!     "never seen before in 14 days of history with 336 error events"
//! );
//! assert_eq!(verdict.active.len(), 2, "the known cluster is there, and no finding");
//! assert_eq!(verdict.findings.len(), 1);
//!
//! // What was recorded is not news again.
//! history.record(&query.inspection, window, &verdict);
//! assert!(judge(&history.input(&query)).findings[0].recorded);
//! # Ok::<(), firstsight_cloudtrail::InvalidTimestamp>(())
//! ```
//!
//! A store with tables of its own builds the [`JudgeInput`] itself; its fields say what they hold, and what
//! [`History::input`] gives is the reference.
//!
//! # Invariants
//!
//! * **Summaries are sets.** [`Summary::merge`] and [`KeyUses::merge`] are commutative, associative and idempotent: an
//!   event counts once, however it is read, split, ordered or repeated.
//! * **What was known decides.** The same events and the same recorded judgements before a window give the same
//!   [`JudgeInput`] and the same [`Verdict`], byte for byte. What came after the window changes neither, as long as no
//!   family goes past its bound with it; that is why counts are kept by hour, and samples and texts for people are
//!   those of the earliest events.
//! * **Assignments stand.** A fine template keeps the cluster it was given; clusters never merge or split.
//! * **A finding is news once.** Its id is made of inspection, cluster, novelty and episode. A window that is judged
//!   again reports what it reported before; what is added then is [late](Finding::late).
//! * **Everything that grows is bounded.** What comes to a family past its [bound](Bounds) is one overflow cluster, more
//!   than [`Finding::MAX_NEW_ACTORS`] new actors are one finding, samples are few and cut.
//! * **Nothing is dropped in silence.** Known noise is marked and ranked lower, clusters that people expect or archived
//!   stay among the [active](Verdict::active) ones.
//! * **Unseen means unseen among errors.** Successful calls are not looked at, and no sentence claims they were.

mod bounds;
pub mod family;
pub mod judge;
pub mod keys;
pub mod severity;
pub mod signature;
pub mod summary;
pub mod surge;
pub mod template;

pub use bounds::Bounds;
pub use judge::history::{Forgotten, History, InputQuery, Observed};
pub use judge::input::{
    AccountHistory, ClusterState, Family, FamilyKey, HourCount, InvalidLifeCycle, JudgeInput, LearnBy,
    LifeCycle, Policy, RecordedFinding, Sample, Scope, ScopeHistory, SourceHistory, Span, TemplateHistory,
    Until, ValueCount, ValueHistory,
};
pub use judge::scope_days::ScopeDays;
pub use judge::sentence::{InvalidLocale, Labelled, Locale, Sentence};
pub use judge::verdict::{
    AccountVerdict, ActiveCluster, Familiarity, Finding, FindingId, Learner, Learning, Novelty, Reason,
    Severity, Silenced, Value, Verdict,
};
pub use judge::{is_reconnaissance, judge};
pub use keys::{KeyUse, KeyUses};
pub use signature::{ClusterId, Digest, Dimension, Signature, SignatureId};
pub use summary::variables::kept_variables;
pub use summary::{Event, Observation, Summary, SummaryOptions, Tally, VariableCount};
pub use surge::{Surge, SurgeModel};
pub use template::{FineTemplate, GROUPING_VERSION, retemplate};

/// Re-exported for crates that depend on the engine alone.
pub use firstsight_cloudtrail::classify::{Class, Sensitivity, Verb};
/// Re-exported for crates that depend on the engine alone.
pub use firstsight_cloudtrail::{
    ErrorEvent, EventIdentity, Hour, Identity, TimeRange as Range, Timestamp as Time,
};

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
