//! A store in one SQLite file: the embedded default.
//!
//! # Durability
//!
//! The file is in WAL mode with `synchronous = FULL`: a call that returned `Ok` survives a killed process and a power
//! loss. That costs one flush of the log a commit, and is what lets a caller acknowledge a unit at its source (a queue
//! deletes the message) as soon as [`commit`](crate::Store::commit) returns. With `NORMAL` a power loss could take back
//! the last commits, and their messages would be gone.
//!
//! # Processes
//!
//! Several processes may open one file: readers never wait, writers wait for each other
//! ([`SqliteOptions::busy_timeout`]) and then get [`StoreError::Busy`]. Write transactions take the write lock at their
//! start, so that none of them fails halfway because another one wrote.
//!
//! # The file
//!
//! `application_id` names it as a firstsight state and `user_version` is the state version. Opening brings an older
//! version up to date, in one transaction; a newer one is refused and not touched. The same goes for the version of the
//! grouping: its fine templates are made again from the records that were kept of them, clusters keep their ids, and
//! nothing is new by itself ([`Overview::not_regrouped`] counts what could not be read). Beside the file stand `-wal` and
//! `-shm` while it is open: copy it with [`SqliteStore::backup`], or with [`Store::close`]
//! behind you, or with `sqlite3 FILE ".backup COPY"`.

mod attempts;
mod backup;
mod baseline;
mod convert;
mod facets;
mod findings;
mod fold;
mod ingest;
mod keys;
mod ledger;
mod listed;
mod lists;
mod mutes;
mod open;
mod others;
mod outbox;
mod overrides;
mod people;
mod purge;
mod regroup;
mod report;
mod rows;
mod runs;
mod scopes;
mod search;
mod series;
mod snapshot;
#[cfg(test)]
mod tests;
mod variables;

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use firstsight_engine::{Bounds, ClusterId, Finding, Hour, HourCount, LifeCycle, Range, SignatureId, Time};
use sqlx::{Sqlite, SqlitePool, Transaction};

use self::convert::failed;
#[doc(hidden)]
pub use self::regroup::Grouping;
use crate::{
    AuditEntry, AuditQuery, BaselineCluster, ClusterHead, ClusterQuery, ClusterRemark, ClusterRow,
    ClusterSearch, Committed, DeliveryOutcome, DueDelivery, EventFacets, EventHead, EventQuery, EventSearch,
    FaultTally, FindingQuery, Found, FoundKeys, HourSeries, Imported, IngestBatch, JudgeQuery, JudgedWindow,
    Judgement, KeyQuery, KeyRow, KeySearch, LifeCycleChange, OverrideChange, Overview, Purged, Recorded,
    Retention, RunQuery, Said, Snapshot, Store, StoreError, StoredEvent, StoredFault, StoredMute,
    StoredOverride, StoredPosition, StoredRun, Totals, Versions,
};

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What is in every state file's header: `FSst`.
pub const APPLICATION_ID: i32 = 0x4653_7374;

/// The newest state version that this build reads and writes.
pub const STATE_VERSION: i64 = 6;

/// What stands for the path of a state in SQLite's memory.
const IN_MEMORY: &str = ":memory:";

/// How a state file is opened.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// How long a call waits for another process's write before it gives up with [`StoreError::Busy`]. Default 30 s.
    pub busy_timeout: Duration,
    /// How many connections read side by side. Default 4.
    pub readers: u32,
    /// How much is told apart. Default [`Bounds::default`].
    pub bounds: Bounds,
    /// What the state is grouped by: for the tests of a change of version. Default is the engine's grouping.
    #[doc(hidden)]
    pub grouping: Grouping,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(30),
            readers: 4,
            bounds: Bounds::default(),
            grouping: Grouping::default(),
        }
    }
}

/// A store in one SQLite file, or in SQLite's memory.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    /// One connection: this process's writers queue here instead of at the file's lock.
    writer: SqlitePool,
    readers: SqlitePool,
    /// One connection for what judgements look at: it goes through much of the file, and pages are not to wait for it.
    judging: SqlitePool,
    /// Whether the file was opened for reading only.
    read_only: bool,
    bounds: Bounds,
}

impl SqliteStore {
    /// Opens a state file, or creates it. Its folder has to exist.
    ///
    /// # Errors
    /// [`StoreError::CannotOpen`], [`NotAState`](StoreError::NotAState) or [`Newer`](StoreError::Newer), and nothing was
    /// changed; [`Busy`](StoreError::Busy) when another process is creating it; [`Full`](StoreError::Full).
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, &SqliteOptions::default()).await
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A write transaction, with the write lock from its start.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>> {
        if self.read_only {
            return Err(StoreError::ReadOnly);
        }
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed)
    }

    /// A read transaction: one snapshot from its first statement on.
    async fn read(&self) -> Result<Transaction<'static, Sqlite>> {
        self.readers.begin().await.map_err(failed)
    }

    /// Gives back what the connections of a run keep of the file, and lets its log go: the next run may be an hour away.
    async fn let_go(&self) {
        // Nobody is waited for: where somebody reads what stands in the log, it stays until another time. The next write
        // begins the log again, and cuts it.
        let _ = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
            .execute(&self.writer)
            .await;
        for pool in [&self.writer, &self.judging] {
            // What a connection keeps is its own matter: nothing depends on it.
            let _ = sqlx::query("PRAGMA shrink_memory").execute(pool).await;
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, batch: &IngestBatch) -> Result<Committed> {
        let mut tx = self.write().await?;
        let committed = ingest::commit(&mut tx, batch, self.bounds).await?;
        tx.commit().await.map_err(failed)?;
        Ok(committed)
    }

    async fn finished(&self, source: &str, units: &[String]) -> Result<Vec<String>> {
        ingest::finished(&mut *self.read().await?, source, units).await
    }

    async fn positions(&self, source: &str) -> Result<Vec<StoredPosition>> {
        ingest::positions(&mut *self.read().await?, source).await
    }

    async fn judge_input(&self, query: &JudgeQuery) -> Result<Snapshot> {
        let mut tx = self.judging.begin().await.map_err(failed)?;
        snapshot::take(&mut tx, query).await
    }

    async fn record(&self, judgement: &Judgement, versions: &Versions) -> Result<Recorded> {
        let mut tx = self.write().await?;
        let recorded = ledger::record(&mut tx, judgement, versions).await?;
        tx.commit().await.map_err(failed)?;
        Ok(recorded)
    }

    async fn reopened(&self, inspection: &str) -> Result<Vec<JudgedWindow>> {
        ledger::reopened(&mut *self.read().await?, inspection).await
    }

    async fn judged(&self, inspection: &str, limit: usize) -> Result<Vec<JudgedWindow>> {
        ledger::judged(&mut *self.read().await?, inspection, limit).await
    }

    async fn findings(&self, query: &FindingQuery) -> Result<Vec<Finding>> {
        findings::findings(&mut *self.read().await?, query).await
    }

    async fn faults(&self, inspection: &str, closed: usize) -> Result<Vec<StoredFault>> {
        ledger::faults(&mut *self.read().await?, inspection, closed).await
    }

    async fn fault_tallies(&self, faults: &[String]) -> Result<Vec<FaultTally>> {
        search::fault_tallies(&mut *self.read().await?, faults).await
    }

    async fn events(&self, query: &EventQuery) -> Result<Vec<StoredEvent>> {
        outbox::events(&mut *self.read().await?, query).await
    }

    async fn due(&self, sink: &str, now: Time, limit: usize) -> Result<Vec<DueDelivery>> {
        outbox::due(&mut *self.read().await?, sink, now, limit).await
    }

    async fn attempt(
        &self,
        events: &[String],
        sink: &str,
        at: Time,
        repeatable: bool,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        attempts::begin(&mut tx, events, sink, at, repeatable).await?;
        tx.commit().await.map_err(failed)
    }

    async fn hold_back(&self, sink: &str, until: Time) -> Result<()> {
        let mut tx = self.write().await?;
        attempts::hold_back(&mut tx, sink, until).await?;
        tx.commit().await.map_err(failed)
    }

    async fn retry_parked(&self, sink: Option<&str>, said: &Said) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let parked = attempts::retry_parked(&mut tx, sink, said).await?;
        tx.commit().await.map_err(failed)?;
        Ok(parked)
    }

    async fn mutes(&self, ended_too: bool) -> Result<Vec<StoredMute>, StoreError> {
        mutes::all(&mut *self.read().await?, ended_too).await
    }

    async fn set_mute(&self, mute: &StoredMute) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        mutes::set(&mut tx, mute).await?;
        tx.commit().await.map_err(failed)
    }

    async fn end_mute(&self, id: &str, said: &Said) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        mutes::end(&mut tx, id, said).await?;
        tx.commit().await.map_err(failed)
    }

    async fn delivered(&self, event: &str, sink: &str, outcome: &DeliveryOutcome) -> Result<()> {
        let mut tx = self.write().await?;
        attempts::end(&mut tx, event, sink, outcome).await?;
        tx.commit().await.map_err(failed)
    }

    async fn clusters(&self, query: &ClusterQuery) -> Result<Vec<ClusterRow>> {
        report::clusters(&mut *self.read().await?, query).await
    }

    async fn cluster_of(&self, signatures: &[SignatureId]) -> Result<Vec<Option<ClusterId>>> {
        report::cluster_of(&mut *self.read().await?, signatures).await
    }

    async fn set_life_cycle(&self, change: &LifeCycleChange) -> Result<LifeCycle, StoreError> {
        let mut tx = self.write().await?;
        let before = people::set_life_cycle(&mut tx, change).await?;
        tx.commit().await.map_err(failed)?;
        Ok(before)
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        people::audit(&mut *self.read().await?, query).await
    }

    async fn export_baseline(&self, query: &ClusterQuery) -> Result<Vec<BaselineCluster>, StoreError> {
        baseline::export(&mut *self.read().await?, query).await
    }

    async fn import_baseline(
        &self,
        clusters: &[BaselineCluster],
        said: &Said,
    ) -> Result<Imported, StoreError> {
        let mut tx = self.write().await?;
        let imported = baseline::import(&mut tx, clusters, said).await?;
        tx.commit().await.map_err(failed)?;
        Ok(imported)
    }

    async fn forget_clusters(&self, clusters: &[ClusterId], said: &Said) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let forgotten = baseline::forget(&mut tx, clusters, said).await?;
        tx.commit().await.map_err(failed)?;
        Ok(forgotten)
    }

    async fn keys(&self, query: &KeyQuery) -> Result<Vec<KeyRow>> {
        report::keys(&mut *self.read().await?, query).await
    }

    async fn overview(&self, range: &Range) -> Result<Overview> {
        report::overview(&mut *self.read().await?, range).await
    }

    async fn purge(&self, retention: &Retention) -> Result<Purged> {
        let mut tx = self.write().await?;
        let purged = purge::purge(&mut tx, retention).await?;
        tx.commit().await.map_err(failed)?;
        self.let_go().await;
        Ok(purged)
    }

    async fn note_run(&self, run: &StoredRun) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        runs::note(&mut tx, run).await?;
        tx.commit().await.map_err(failed)
    }

    async fn runs(&self, query: &RunQuery) -> Result<Vec<StoredRun>, StoreError> {
        runs::runs(&mut *self.read().await?, query).await
    }

    async fn overrides(&self, inspection: &str) -> Result<Vec<StoredOverride>, StoreError> {
        overrides::all(&mut *self.read().await?, inspection).await
    }

    async fn set_override(&self, change: &OverrideChange) -> Result<Option<String>, StoreError> {
        let mut tx = self.write().await?;
        let done = overrides::set(&mut tx, change).await?;
        tx.commit().await.map_err(failed)?;
        Ok(done)
    }

    async fn search_events(&self, search: &EventSearch) -> Result<Found<EventHead>, StoreError> {
        search::events(&mut *self.read().await?, search).await
    }

    async fn event(&self, id: &str) -> Result<Option<StoredEvent>, StoreError> {
        outbox::event(&mut *self.read().await?, id).await
    }

    async fn fault(&self, id: &str) -> Result<Option<StoredFault>, StoreError> {
        ledger::fault(&mut *self.read().await?, id).await
    }

    async fn events_without_facets(&self, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        outbox::without_facets(&mut *self.read().await?, limit).await
    }

    async fn give_facets(&self, facets: &[(String, EventFacets)]) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        facets::give(&mut tx, facets).await?;
        tx.commit().await.map_err(failed)
    }

    async fn search_clusters(&self, search: &ClusterSearch) -> Result<Found<ClusterHead>, StoreError> {
        lists::clusters(&mut *self.read().await?, search).await
    }

    async fn cluster_hours(
        &self,
        clusters: &[ClusterId],
        range: &Range,
    ) -> Result<Vec<Vec<HourCount>>, StoreError> {
        lists::hours(&mut *self.read().await?, clusters, range).await
    }

    async fn cluster_days(&self, clusters: &[ClusterId], first: Hour, days: usize) -> Result<Vec<Vec<u64>>> {
        lists::days(&mut *self.read().await?, clusters, first, days).await
    }

    async fn remark(&self, remark: &ClusterRemark) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        people::remark(&mut tx, remark).await?;
        tx.commit().await.map_err(failed)
    }

    async fn search_keys(&self, search: &KeySearch) -> Result<FoundKeys, StoreError> {
        keys::search(&mut *self.read().await?, search).await
    }

    async fn series(&self, range: &Range) -> Result<HourSeries, StoreError> {
        series::series(&mut *self.read().await?, range).await
    }

    async fn totals(&self) -> Result<Totals, StoreError> {
        series::totals(&mut *self.read().await?).await
    }

    /// Whoever closes the file last writes its log back, and removes `-wal` and `-shm`.
    async fn close(&self) {
        self.readers.close().await;
        self.judging.close().await;
        self.writer.close().await;
    }
}
