//! Templates, clusters and novelty of CloudTrail error events.

pub mod family;
pub mod judge;
pub mod keys;
pub mod severity;
pub mod signature;
pub mod summary;
pub mod template;

pub use judge::history::{Forgotten, History, InputQuery, Observed};
pub use judge::input::{
    AccountHistory, ClusterState, Family, FamilyKey, HourCount, JudgeInput, LifeCycle, Policy,
    RecordedFinding, Sample, Span, TemplateHistory, ValueCount, ValueHistory,
};
pub use judge::verdict::{
    AccountVerdict, ActiveCluster, Familiarity, Finding, FindingId, Learning, Novelty, Reason, Severity,
    Value, Verdict,
};
pub use judge::{is_reconnaissance, judge};
pub use keys::{KeyUse, KeyUses};
pub use severity::{SeverityFacts, severity};
pub use signature::{ClusterId, Digest, Dimension, Signature, SignatureId};
pub use summary::{Event, Observation, Summary, SummaryOptions};
pub use template::{FineTemplate, GROUPING_VERSION};

/// Re-exported for crates that depend on the engine alone.
pub use firstsight_cloudtrail::{
    ErrorEvent, EventIdentity, Hour, Identity, TimeRange as Range, Timestamp as Time,
};
