//! Events, as sinks are sent them, and faults.

use utoipa::ToSchema;

use super::{HourCount, Moment, Range, Span};

/// The status of an event.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// The fault is over.
    Ok,
    /// Worth a look when there is time.
    Info,
    /// Worth a look today.
    Warning,
    /// Worth a look now.
    Error,
    /// Somebody should get up.
    Critical,
}

/// What happens to a fault.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
pub(crate) enum EventKind {
    /// It opens.
    Opened,
    /// It goes on.
    Ongoing,
    /// It recovers.
    Recovered,
}

/// The fault of an event.
#[derive(ToSchema)]
pub(crate) struct FaultRef {
    /// Its id: the first event's.
    pub id: String,
    /// The end of the window that opened it.
    pub started: Moment,
    /// Seconds from then to this event.
    pub duration_seconds: i64,
}

/// An access key with its owner and last known use.
#[derive(ToSchema)]
pub(crate) struct KeyActivity {
    /// The key's id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its owner: an actor's name.
    pub owner: String,
    /// When it was used last, by any record that was read.
    pub last_used: Moment,
    /// The last call, as `iam:CreateUser`.
    pub last_call: String,
    /// Its region.
    pub region: String,
    /// Remembered error events made with it.
    pub errors: u64,
    /// What IAM says of it, where it was asked.
    #[schema(value_type = Option<Object>)]
    pub iam: Option<()>,
}

/// What is wrong with an inspection itself.
#[derive(ToSchema)]
pub(crate) struct Trouble {
    /// `silent`, `unread` or `failing`.
    pub kind: String,
    /// Since when.
    pub since: Moment,
    /// How many runs in a row have met it.
    pub runs: u64,
    /// What was said last.
    pub reason: String,
}

/// A dimension value of a finding.
#[derive(ToSchema)]
pub(crate) struct Value {
    /// Which dimension.
    pub dimension: String,
    /// Which value.
    pub value: String,
    /// Its occurrences in this cluster and window.
    pub count: u64,
    /// How well the account's error events knew it before: `UNSEEN`, `RARE`, `INFREQUENT`, `FREQUENT`.
    pub familiarity: String,
}

/// A cluster judged novel in a window, with its evidence.
#[derive(ToSchema)]
pub(crate) struct Finding {
    /// Its id.
    pub id: String,
    /// `new`, `returned`, `new-actor` or `surge`.
    pub novelty: String,
    /// Tells repetitions of a novelty apart.
    pub episode: String,
    /// `info`, `warning`, `error` or `critical`.
    pub severity: String,
    /// 0 to 100: how unusual it is.
    #[schema(minimum = 0, maximum = 100)]
    pub score: u8,
    /// The window it was found in.
    pub window: Range,
    /// Whether the window had been judged before, without these records.
    pub late: bool,
    /// Whether its account is still learning.
    pub learning: bool,
    /// Whether an earlier judgement had recorded it already.
    pub recorded: bool,
    /// Its cluster.
    pub cluster: String,
    /// Its account.
    pub account: String,
    /// `eventSource`.
    pub event_source: String,
    /// `eventName`.
    pub event_name: String,
    /// `errorCode`; empty where the records have none.
    pub error_code: String,
    /// The cluster's template.
    pub template: String,
    /// What kind of error it is.
    pub class: String,
    /// Whether the call reads or changes something.
    pub verb: String,
    /// How sensitive the call is.
    pub sensitivity: String,
    /// Which policy refused it, where the message says so.
    #[schema(value_type = Option<Object>)]
    pub denial: Option<()>,
    /// Marks of known noise.
    pub noise: Vec<String>,
    /// Its occurrences in the window.
    pub within: Span,
    /// Its cluster's remembered occurrences before the window.
    pub before: Option<Span>,
    /// Its cluster's occurrences an hour.
    pub hours: Vec<HourCount>,
    /// Its dimension values in the window.
    pub values: Vec<Value>,
    /// Why it is a finding, the most telling first: data, each with its `kind`.
    #[schema(value_type = Vec<Object>)]
    pub reasons: Vec<()>,
    /// Kept records.
    #[schema(value_type = Vec<Object>)]
    pub samples: Vec<()>,
}

/// A fault opening, going on, or recovering, as sinks are sent it.
#[derive(ToSchema)]
pub(crate) struct Event {
    /// `firstsight.event/1`.
    pub schema: String,
    /// Its id: 32 hexadecimal digits.
    pub id: String,
    /// What happens to the fault.
    pub kind: EventKind,
    /// Its status.
    pub status: Status,
    /// The inspection.
    pub inspection: String,
    /// The account.
    pub account: String,
    /// The fault.
    pub fault: FaultRef,
    /// The window that was judged. The event's time is its end.
    pub window: Range,
    /// One line for people.
    pub title: String,
    /// New findings of this window.
    pub findings: Vec<Finding>,
    /// How many of the fault's clusters still occur.
    pub ongoing_clusters: u64,
    /// Error events of the account in the window.
    pub errors: u64,
    /// Its findings' clusters: occurrences an hour.
    pub hours: Vec<HourCount>,
    /// The access keys of the findings.
    pub keys: Vec<KeyActivity>,
    /// What is wrong with the inspection itself, where the event is about that.
    pub trouble: Option<Trouble>,
}

/// A fault, open or over.
#[derive(ToSchema)]
pub(crate) struct FaultRecord {
    /// Its id: the first event's.
    pub id: String,
    /// The inspection: with the account, the detection object.
    pub inspection: String,
    /// The account.
    pub account: String,
    /// The status that was told last.
    pub status: Option<Status>,
    /// The most severe status that was told.
    pub worst: Option<Status>,
    /// The anomaly time.
    pub started: Moment,
    /// The recovery time; none while it is open.
    pub recovered: Option<Moment>,
    /// Seconds from its start to its recovery.
    pub duration_seconds: i64,
    /// Its events that are remembered.
    pub events: u64,
    /// Their findings.
    pub findings: u64,
    /// The title of the first of them.
    pub title: String,
}
