//! Joins the parts: source → scanner → store → judgement → fault ledger → outbox → sink.
//!
//! An **inspection** is a configured job over a source. One run of it is three steps, each of which can be cut off at any
//! point and repeated without losing or doubling anything:
//!
//! 1. [`ingest`](ingest()) reads every unit that the store has not finished, and commits what it held *together with*
//!    the fact that it was read.
//! 2. [`judge_window`] takes one consistent snapshot, judges it ([`firstsight_engine::judge()`]), moves the fault ledger
//!    ([`fault`]), decides what becomes of each event at each sink ([`alert`]) and records everything, events into the
//!    outbox included, in one transaction. If the snapshot has been overtaken meanwhile, it judges again.
//! 3. [`deliver()`] takes recorded events to a sink until each is delivered or refused for good.
//!
//! # Invariants
//!
//! * An event is a function of what was read and judged before: its id and its bytes do not depend on the order of
//!   reading, on how often something was read, or on when and how often a run was cut off.
//! * Nothing here reads a clock: the present is an argument.
//! * An account that is learning has its findings recorded and shown; they open no fault.
//! * A window that was not fully read recovers nothing.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use firstsight_inspection::{Ingest, Progress, Settings, Silent, ingest, judge_window};
//! use firstsight_source::{LogSource, memory::MemorySource};
//! use firstsight_store::{Store, memory::MemoryStore};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let record = r#"{"eventTime":"2026-01-31T11:20:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser",
//!     "errorCode":"AccessDenied","errorMessage":"no","recipientAccountId":"111122223333","eventID":"1"}"#;
//! let source: Arc<dyn LogSource> = Arc::new(MemorySource::new([("one", record)]));
//! let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
//! let silent: Arc<dyn Progress> = Arc::new(Silent);
//! let now = "2026-01-31T12:00:00Z".parse().unwrap();
//!
//! let read = ingest(&source, &store, &Ingest::new("example", now), &silent).await.unwrap();
//! assert_eq!(read.counters.error_events, 1);
//!
//! let settings = Settings { min_history_hours: 0, ..Settings::default() };
//! let judged = judge_window(&*store, &settings, now.hour(), read.complete(), now).await.unwrap();
//! assert_eq!(judged.verdict.findings.len(), 1);
//! # });
//! ```

pub mod alert;
mod bundle;
mod catch_up;
mod checking;
mod deliver;
mod enrich;
mod error;
mod event;
pub mod explain;
mod facets;
pub mod fault;
mod history;
mod hours;
mod ingest;
mod judging;
mod label;
pub mod mutes;
mod phase;
mod progress;
mod replay;
mod report;
mod retry;
mod run;
mod schedule;
mod settings;
mod trouble;

pub use catch_up::{CatchUp, Due, SETTLE_MILLIS, Windows, is_whole, judge_due};
pub use checking::{check_state, unreadable_state};
pub use deliver::{Deliveries, SinkRun, deliver, deliver_all, deliver_events, deliver_until};
pub use enrich::{accounts_to_name, enrich, enrich_keys, keys_to_look_up, long_lived};
pub use error::{InspectionError, chain};
pub use event::{decode as decode_event, encode as encode_event};
pub use facets::{facets_of, index_events};
pub use history::{FaultRecord, fault_record, fault_records};
pub use ingest::{Cancel, Ingest, Ingested, ingest};
pub use judging::{Judged, judge_window};
pub use label::{FoundRecord, Label, labels_of};
pub use phase::{Phase, Phases};
pub use progress::{Progress, Silent};
pub use replay::{Replay, replay};
pub use report::{Run, View, key_activity, report, undelivered};
pub use retry::RetryPolicy;
pub use run::{Outcome, Ran, RunCounts, RunPlan, RunRecord, Trigger, WindowCounts, run};
pub use schedule::{Schedule, ScheduleError};
pub use settings::Settings;
pub use trouble::{Patience, tell_troubles, troubles};
