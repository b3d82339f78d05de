//! What firstsight remembers: the [`Store`] trait, one SQLite file behind it ([`sqlite::SqliteStore`]), and maps in
//! memory ([`memory::MemoryStore`]).
//!
//! A store holds what was seen (error events as counts an hour by fine template and dimension value, access keys, units
//! and positions) and what was made of it (clusters, findings, faults, and events on their way to sinks). It knows
//! nothing of where CloudTrail comes from or where events go: positions, counters, faults and events are opaque bytes.
//!
//! ```
//! use firstsight_engine::{Hour, Policy, Range, judge};
//! use firstsight_store::memory::MemoryStore;
//! use firstsight_store::{IngestBatch, JudgeQuery, Judgement, Store};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), firstsight_store::StoreError> {
//! let store = MemoryStore::new();
//! store.commit(&IngestBatch::default()).await?; // what a reader has read
//!
//! let window = Range::hours_before(Hour::from_index(492_337), 1);
//! let query = JudgeQuery {
//!     inspection: "main".to_owned(),
//!     window,
//!     baseline: Range::hours_before(window.start.hour(), 14 * 24),
//!     accounts: Vec::new(),
//!     remember_from: window.start.plus_millis(-30 * 24 * 3_600_000),
//!     policy: Policy::default(),
//! };
//! let snapshot = store.judge_input(&query).await?;
//! let verdict = judge(&snapshot.input);
//! let judgement = Judgement {
//!     inspection: query.inspection,
//!     window: Some(window),
//!     complete: true,
//!     assignments: verdict.assignments,
//!     findings: verdict.findings,
//!     ..Judgement::default()
//! };
//! let recorded = store.record(&judgement, &snapshot.versions).await?;
//! assert!(recorded.new_findings.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # Why nothing counts twice and nothing is lost
//!
//! 1. What was read and *that* it was read become durable together: [`Store::commit`] keeps error events, unit counts,
//!    finished units and positions in one transaction. A crash before it loses work, never records: the source gives
//!    them again from the stored position. A crash after it loses nothing.
//! 2. What comes again is recognised: an error event by its identity, a unit by its id. Both are sets, so that a repeated
//!    commit, an overlap of files, and a unit that was cut off and read again add only what is missing.
//! 3. A judgement stands only on what it saw: [`Store::record`] compares, inside its transaction, the versions that the
//!    snapshot saw, and refuses with [`StoreError::Stale`] what has been overtaken. Of two judges of one window the
//!    second is refused. What a commit adds to a window after its judgement shows in [`Store::reopened`].
//! 4. Findings, events and assignments have ids that follow from what they are about, and are inserted once: judging
//!    again after a crash gives the same ids, and nothing new.
//! 5. An event and its deliveries become durable with the judgement that gave it; a delivery is pending until a sink has
//!    taken or refused it. So an event is made exactly once, and delivered at least once.
//!
//! # What is durable when
//!
//! | after `Ok` from | this outlives the process |
//! |---|---|
//! | [`commit`](Store::commit) | the events, counts, key uses, units and positions: the units may be acknowledged |
//! | [`record`](Store::record) | assignments, clusters, findings, faults, events and their deliveries |
//! | [`attempt`](Store::attempt) | that the events may have arrived: said until the outcome is known |
//! | [`delivered`](Store::delivered) | the attempt's outcome: a settled delivery is not due again |
//! | [`set_mute`](Store::set_mute), [`end_mute`](Store::end_mute) | the mute, or its end, and who said so |
//! | [`set_life_cycle`](Store::set_life_cycle) | what was said of the cluster, and by whom |
//! | [`set_override`](Store::set_override) | the setting, and who changed it |
//! | [`note_run`](Store::note_run) | the run, as it was noted |
//! | [`give_facets`](Store::give_facets) | what the events are found by |
//! | [`import_baseline`](Store::import_baseline), [`forget_clusters`](Store::forget_clusters) | what was carried over or forgotten |
//! | [`purge`](Store::purge) | that it is forgotten |
//!
//! After an error, or a future that was dropped, the call stands whole or not at all; all of these may be made again.
//! (In memory, "durable" means as long as the value lives.)
//!
//! # Time
//!
//! Occurrences are kept by the hour. An hour belongs to a stretch of time if it begins inside; windows and baselines are
//! whole hours, so that nothing is cut.
//!
//! # Features
//!
//! * `sqlite` (default): [`sqlite`].
//! * `conformance`: the suite that every store has to pass.
#![cfg_attr(not(feature = "sqlite"), allow(rustdoc::broken_intra_doc_links))]

mod attempts;
pub mod baseline;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod examples;
mod forward;
mod lists;
pub mod memory;
mod model;
mod pages;
mod people;
mod rules;
mod search;
#[cfg(feature = "sqlite")]
pub mod sqlite;

use async_trait::async_trait;
pub use error::StoreError;
pub use model::*;
pub use pages::*;

/// What firstsight remembers between runs.
///
/// # Contract
///
/// * Every method is one transaction: after `Ok` its effect is durable, after an error nothing of it stands.
/// * [`commit`](Self::commit) is applied once however often it is retried: identities and finished units are sets.
/// * [`judge_input`](Self::judge_input) is one consistent snapshot; [`record`](Self::record) refuses with
///   [`StoreError::Stale`] what was judged from a snapshot that has been overtaken.
/// * Results are sorted, so that two stores that were given the same give the same bytes.
/// * Only what is remembered counts: error events from before `retention` may be forgotten by
///   [`purge`](Self::purge), clusters that a person touched may not.
#[async_trait]
pub trait Store: std::fmt::Debug + Send + Sync {
    /// Adds what was read: identities first, and aggregates of the new ones only.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] and its like; nothing was added.
    async fn commit(&self, batch: &IngestBatch) -> Result<Committed, StoreError>;

    /// Those of these units that are finished already, each once, by id.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn finished(&self, source: &str, units: &[String]) -> Result<Vec<String>, StoreError>;

    /// The stored positions of a source, by partition.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn positions(&self, source: &str) -> Result<Vec<StoredPosition>, StoreError>;

    /// One consistent snapshot of what a judgement looks at.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn judge_input(&self, query: &JudgeQuery) -> Result<Snapshot, StoreError>;

    /// Keeps a judgement: assignments, clusters, findings, faults, and events into the outbox.
    ///
    /// A finding whose id is known is not added again; its first occurrence is amended if it moved back. An event whose
    /// id is known is not added again.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when what the snapshot saw has changed since: a commit touched one of its accounts before
    /// the window's end, another judgement of the inspection was recorded, a person said something of a cluster, imported
    /// or forgot some, set or ended a mute or changed a setting, or another inspection gave one of the fine templates another cluster. Judge again.
    async fn record(&self, judgement: &Judgement, versions: &Versions) -> Result<Recorded, StoreError>;

    /// Windows of an inspection that were judged, and into whose hours a commit (to any account) has come since, by
    /// start. Judging such a window again closes it.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn reopened(&self, inspection: &str) -> Result<Vec<JudgedWindow>, StoreError>;

    /// The windows of an inspection that were judged, by start; from the last ones, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn judged(&self, inspection: &str, limit: usize) -> Result<Vec<JudgedWindow>, StoreError>;

    /// Recorded findings, newest window first, then by severity and id.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn findings(&self, query: &FindingQuery) -> Result<Vec<firstsight_engine::Finding>, StoreError>;

    /// Faults of an inspection, open ones first, then by opening time from the newest; of those that are over at most `closed`.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn faults(&self, inspection: &str, closed: usize) -> Result<Vec<StoredFault>, StoreError>;

    /// Events, newest first, each with its deliveries, without their facets.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn events(&self, query: &EventQuery) -> Result<Vec<StoredEvent>, StoreError>;

    /// Deliveries of a sink that are due, in the order the events were recorded; within a fault only the first one that
    /// is pending, and with it those behind it that are delivered together with it. What is due of a bundle comes whole,
    /// whatever the limit. The events come without their facets.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn due(
        &self,
        sink: &str,
        now: firstsight_engine::Time,
        limit: usize,
    ) -> Result<Vec<DueDelivery>, StoreError>;

    /// Notes that an attempt to deliver these events to a sink begins. An attempt that nobody has ended when the next one
    /// begins is taken for lost: its process has ended. `repeatable` says whether delivering one event twice is harmless.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such delivery, [`StoreError::Settled`] when one is not pending; nothing was
    /// noted.
    async fn attempt(
        &self,
        events: &[String],
        sink: &str,
        at: firstsight_engine::Time,
        repeatable: bool,
    ) -> Result<(), StoreError>;

    /// Holds back everything that is pending at a sink until a time, whatever was planned earlier: the far side has asked for
    /// it. What is recorded later is not held back.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn hold_back(&self, sink: &str, until: firstsight_engine::Time) -> Result<(), StoreError>;

    /// Makes deliveries that were parked due again, those of one sink or of all; how many. Within a fault they come in the
    /// order of recording, behind what was delivered meanwhile. The audit log says so, unless there were none.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn retry_parked(&self, sink: Option<&str>, said: &Said) -> Result<u64, StoreError>;

    /// Mutes, by id: those that nobody has ended, or all that are remembered.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn mutes(&self, ended_too: bool) -> Result<Vec<StoredMute>, StoreError>;

    /// Keeps a mute, and writes it into the audit log.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when a mute, ended ones too, has this id; nothing was changed.
    async fn set_mute(&self, mute: &StoredMute) -> Result<(), StoreError>;

    /// Ends a mute, and writes that into the audit log.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when no such mute stands.
    async fn end_mute(&self, id: &str, said: &Said) -> Result<(), StoreError>;

    /// Keeps the outcome of one delivery attempt: of the one that was begun, or of one that nobody noted.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such delivery, [`StoreError::Settled`] when it is not pending.
    async fn delivered(&self, event: &str, sink: &str, outcome: &DeliveryOutcome) -> Result<(), StoreError>;

    /// Known clusters with their history, most recently seen first, then by id.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn clusters(&self, query: &ClusterQuery) -> Result<Vec<ClusterRow>, StoreError>;

    /// Which cluster each of these error events belongs to, in the order asked: `None` where it is not known (any more)
    /// or not judged yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn cluster_of(
        &self,
        signatures: &[firstsight_engine::SignatureId],
    ) -> Result<Vec<Option<firstsight_engine::ClusterId>>, StoreError>;

    /// Says what a person says of a cluster, and writes it into the audit log; what was said before.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such cluster.
    async fn set_life_cycle(
        &self,
        change: &LifeCycleChange,
    ) -> Result<firstsight_engine::LifeCycle, StoreError>;

    /// What people, and judgements in their name, changed: the newest first by its time, then the one written last.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError>;

    /// The recorded clusters as a baseline document carries them, by id.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn export_baseline(&self, query: &ClusterQuery) -> Result<Vec<BaselineCluster>, StoreError>;

    /// Makes clusters of a baseline document known: those that are not recorded here, with all they carry; of those that
    /// are, only what people said where nobody had said anything here. Fine templates that are known here keep their
    /// cluster and counts. Importing twice adds nothing. Written into the audit log.
    ///
    /// # Errors
    /// When the store cannot be written; nothing was imported.
    async fn import_baseline(
        &self,
        clusters: &[BaselineCluster],
        said: &Said,
    ) -> Result<Imported, StoreError>;

    /// Forgets clusters with all that was counted of them, so that their next occurrence is new; those that were not
    /// known are passed over. How many were forgotten. What sinks were sent, and what the account as a whole counted,
    /// stays. Written into the audit log.
    ///
    /// # Errors
    /// When the store cannot be written; nothing was forgotten.
    async fn forget_clusters(
        &self,
        clusters: &[firstsight_engine::ClusterId],
        said: &Said,
    ) -> Result<u64, StoreError>;

    /// Access keys with their last use, most recently used first, then by account and id.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn keys(&self, query: &KeyQuery) -> Result<Vec<KeyRow>, StoreError>;

    /// What the store holds: for reports and for progress.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn overview(&self, range: &firstsight_engine::Range) -> Result<Overview, StoreError>;

    /// Forgets what is older than the [retention](Retention). Idempotent. Of positions that is what no commit has written
    /// since: a partition that stood still for so long is read from its start when it comes back.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn purge(&self, retention: &Retention) -> Result<Purged, StoreError>;

    /// Keeps a run: a new one, or what became of one that is known.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn note_run(&self, run: &StoredRun) -> Result<(), StoreError>;

    /// Runs, the latest start first, then by id.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn runs(&self, query: &RunQuery) -> Result<Vec<StoredRun>, StoreError>;

    /// The settings of an inspection that were changed by hand, by key.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn overrides(&self, inspection: &str) -> Result<Vec<StoredOverride>, StoreError>;

    /// Changes a setting by hand, or drops such a change, and writes that into the audit log (`override`,
    /// `drop-override`, with `inspection key = value` before and after); the value that the override had before.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no override to drop; nothing was changed.
    async fn set_override(&self, change: &OverrideChange) -> Result<Option<String>, StoreError>;

    /// Events for a list, newest first, then by id.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn search_events(&self, search: &EventSearch) -> Result<Found<EventHead>, StoreError>;

    /// What the remembered events of these faults (by their ids) come to, each in the place of its fault.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn fault_tallies(&self, faults: &[String]) -> Result<Vec<FaultTally>, StoreError>;

    /// One event with its deliveries and its facets, by its id.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn event(&self, id: &str) -> Result<Option<StoredEvent>, StoreError>;

    /// One fault, by its id.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn fault(&self, id: &str) -> Result<Option<StoredFault>, StoreError>;

    /// Events that were recorded without [facets](EventFacets) (by an earlier version) and were given none since, in the order
    /// of recording, at most `limit`; `0` gives none.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn events_without_facets(&self, limit: usize) -> Result<Vec<StoredEvent>, StoreError>;

    /// Gives events the facets that they can be found by, instead of those they may have; ids that are not known are passed
    /// over. Empty ones are given too: of such an event it is known that nothing is to be found.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn give_facets(&self, facets: &[(String, EventFacets)]) -> Result<(), StoreError>;

    /// Recorded clusters for a list.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn search_clusters(&self, search: &ClusterSearch) -> Result<Found<ClusterHead>, StoreError>;

    /// Occurrences an hour of these clusters inside a range, in the order asked.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn cluster_hours(
        &self,
        clusters: &[firstsight_engine::ClusterId],
        range: &firstsight_engine::Range,
    ) -> Result<Vec<Vec<firstsight_engine::HourCount>>, StoreError>;

    /// Occurrences of these clusters on so many days, in the order asked: a number for each 24 hours from this hour on.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn cluster_days(
        &self,
        clusters: &[firstsight_engine::ClusterId],
        first: firstsight_engine::Hour,
        days: usize,
    ) -> Result<Vec<Vec<u64>>, StoreError>;

    /// Says who looks after a cluster, and what is written beside it; written into the audit log (`remark`).
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such cluster.
    async fn remark(&self, remark: &ClusterRemark) -> Result<(), StoreError>;

    /// Access keys for a list.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn search_keys(&self, search: &KeySearch) -> Result<FoundKeys, StoreError>;

    /// Error events, records and new clusters an hour inside a range, over all accounts.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn series(&self, range: &firstsight_engine::Range) -> Result<HourSeries, StoreError>;

    /// How much the store holds.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn totals(&self) -> Result<Totals, StoreError>;

    /// Waits for the calls under way, writes everything back and ends the use of the store: later calls may fail.
    /// Idempotent. A store that is dropped instead loses nothing either, but may leave work to the next opening.
    async fn close(&self);
}
