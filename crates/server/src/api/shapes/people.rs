//! Clusters, deliveries, and what people say.

use utoipa::ToSchema;

use super::{HourCount, Moment, Span};

/// Who said something, when and why.
#[derive(ToSchema)]
pub(crate) struct Said {
    /// Who.
    pub by: String,
    /// When.
    pub at: Moment,
    /// Why; empty where they did not say.
    pub note: String,
}

/// A change, as the audit log keeps it.
#[derive(ToSchema)]
pub(crate) struct AuditEntry {
    /// Its number in the log of its state: a later entry has a greater one.
    pub number: u64,
    /// Who.
    pub by: String,
    /// When.
    pub at: Moment,
    /// Why; empty where they did not say.
    pub note: String,
    /// What was done: `acknowledge`, `expect`, `archive`, `mute`, `override`, …
    pub action: String,
    /// The cluster that it is about, if it is about one.
    #[schema(required)]
    pub cluster: Option<String>,
    /// Its account; empty where it concerns none.
    pub account: String,
    /// What stood before.
    pub before: String,
    /// What stands now.
    pub after: String,
}

/// Where a cluster stands in the last 24 hours of data.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
pub(crate) enum Phase {
    /// Seen and recorded for the first time.
    New,
    /// Known, and it occurs.
    Ongoing,
    /// A surge was found, or it escalated.
    Escalating,
    /// It has come back.
    Returned,
    /// A person resolved it, and it has not come back.
    Resolved,
    /// It does not occur.
    Quiet,
}

/// What stood for a variable of a cluster's template.
#[derive(ToSchema)]
pub(crate) struct Example {
    /// The variable's name.
    pub name: String,
    /// Some of its values, each with its occurrences.
    #[schema(value_type = Vec<Vec<serde_json::Value>>)]
    pub values: Vec<(String, u64)>,
    /// Whether there were others.
    pub more: bool,
}

/// A cluster with its history.
#[derive(ToSchema)]
pub(crate) struct ClusterRow {
    /// Its id.
    pub id: String,
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
    /// What people said of it.
    pub life_cycle: String,
    /// Who said that, when and why.
    #[schema(required)]
    pub said: Option<Said>,
    /// The start of the window whose judgement recorded it first.
    pub founded: Moment,
    /// All its remembered occurrences.
    pub seen: Span,
    /// Occurrences an hour.
    pub hours: Vec<HourCount>,
    /// How many actors had it.
    pub actors: u64,
    /// How many fine templates it has.
    pub templates: u64,
    /// What stood for its template's variables.
    pub examples: Vec<Example>,
}

/// How far a delivery is.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
pub(crate) enum DeliveryState {
    /// To be tried.
    Pending,
    /// The sink took it.
    Delivered,
    /// The sink refused it for good.
    Parked,
    /// It is not sent: muted, silenced, or outside the hours.
    Withheld,
}

/// One attempt to deliver.
#[derive(ToSchema)]
pub(crate) struct AttemptRow {
    /// When it began.
    pub at: Moment,
    /// What came of it; none while nobody knows.
    #[schema(required)]
    pub state: Option<DeliveryState>,
    /// What the sink said.
    pub message: String,
    /// Whether the event may have arrived without our knowing.
    pub lost: bool,
    /// Whether delivering the event twice is harmless.
    pub repeatable: bool,
}

/// What became of an event at one sink.
#[derive(ToSchema)]
pub(crate) struct DeliveryRow {
    /// The sink.
    pub sink: String,
    /// How far it is.
    pub state: DeliveryState,
    /// Attempts made.
    pub attempts: u32,
    /// The last attempt's time.
    #[schema(required)]
    pub last_attempt: Option<Moment>,
    /// What the last attempt said; why it is withheld.
    pub message: String,
    /// Not before this time.
    #[schema(required)]
    pub next_attempt: Option<Moment>,
    /// What it is delivered together with; empty when alone.
    pub bundle: String,
    /// Each attempt, in order; the last 100.
    pub log: Vec<AttemptRow>,
}
