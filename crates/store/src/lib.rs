//! What firstsight remembers: the [`Store`] trait.

#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod forward;
pub mod memory;
mod model;
mod rules;
#[cfg(feature = "sqlite")]
pub mod sqlite;

use async_trait::async_trait;
pub use error::StoreError;
pub use model::*;

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

    /// Those of these units that are finished already.
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
    /// [`StoreError::Stale`] when what the snapshot saw has changed since: judge again.
    async fn record(&self, judgement: &Judgement, versions: &Versions) -> Result<Recorded, StoreError>;

    /// Windows of an inspection that were judged, and into whose hours a commit has come since, by start.
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

    /// Faults of an inspection, open ones first, then by opening time from the newest.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn faults(&self, inspection: &str, only_open: bool) -> Result<Vec<StoredFault>, StoreError>;

    /// Events, newest first, each with its deliveries.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn events(&self, query: &EventQuery) -> Result<Vec<StoredEvent>, StoreError>;

    /// Deliveries of a sink that are due, in the order the events were recorded; within a fault only the first one that
    /// is neither delivered nor parked.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn due(
        &self,
        sink: &str,
        now: firstsight_engine::Time,
        limit: usize,
    ) -> Result<Vec<DueDelivery>, StoreError>;

    /// Keeps the outcome of one delivery attempt.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such delivery.
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

    /// Says what a person said of a cluster.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such cluster.
    async fn set_life_cycle(
        &self,
        cluster: firstsight_engine::ClusterId,
        life_cycle: firstsight_engine::LifeCycle,
    ) -> Result<(), StoreError>;

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

    /// Forgets what is older than the retention. Idempotent.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn purge(&self, retention: &Retention) -> Result<Purged, StoreError>;
}
