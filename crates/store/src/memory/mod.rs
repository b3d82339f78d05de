//! A store in memory: for runs that keep no state, and the model that other stores are compared with.
//!
//! Plain maps behind one lock: every call sees and leaves a whole state. Nothing outlives the value.

mod history;
mod ledger;
mod lists;
mod mutes;
mod outbox;
mod overrides;
mod people;
mod runs;
mod scopes;
mod search;
mod variables;

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use firstsight_engine::{Bounds, ClusterId, Finding, Hour, HourCount, LifeCycle, Range, SignatureId, Time};

use self::history::History;
use self::ledger::Ledger;
use self::mutes::Mutes;
use self::overrides::Overrides;
use self::people::AuditLog;
use self::runs::Runs;
use crate::{
    AuditEntry, AuditQuery, BaselineCluster, ClusterHead, ClusterQuery, ClusterRemark, ClusterRow,
    ClusterSearch, Committed, DeliveryOutcome, DueDelivery, EventFacets, EventHead, EventQuery, EventSearch,
    FaultTally, FindingQuery, Found, FoundKeys, HourSeries, Imported, IngestBatch, JudgeQuery, JudgedWindow,
    Judgement, KeyQuery, KeyRow, KeySearch, LifeCycleChange, OverrideChange, Overview, Purged, Recorded,
    Retention, RunQuery, Said, Snapshot, Store, StoreError, StoredEvent, StoredFault, StoredMute,
    StoredOverride, StoredPosition, StoredRun, Totals, Versions,
};

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

/// What was seen, and what was made of it.
#[derive(Clone, Debug, Default)]
struct State {
    history: History,
    ledger: Ledger,
    audit: AuditLog,
    mutes: Mutes,
    runs: Runs,
    overrides: Overrides,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store that keeps within these bounds.
    #[must_use]
    pub fn bounded(bounds: Bounds) -> Self {
        let state = State {
            history: History::bounded(bounds),
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
        }
    }

    /// The state. Each call checks before it changes anything, so that even a panic elsewhere leaves it whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, batch: &IngestBatch) -> Result<Committed, StoreError> {
        Ok(self.state().history.commit(batch))
    }

    async fn finished(&self, source: &str, units: &[String]) -> Result<Vec<String>, StoreError> {
        Ok(self.state().history.finished(source, units))
    }

    async fn positions(&self, source: &str) -> Result<Vec<StoredPosition>, StoreError> {
        Ok(self.state().history.positions(source))
    }

    async fn judge_input(&self, query: &JudgeQuery) -> Result<Snapshot, StoreError> {
        Ok(self.state().judge_input(query))
    }

    async fn record(&self, judgement: &Judgement, versions: &Versions) -> Result<Recorded, StoreError> {
        self.state().record(judgement, versions)
    }

    async fn reopened(&self, inspection: &str) -> Result<Vec<JudgedWindow>, StoreError> {
        let state = self.state();
        Ok(state.ledger.reopened(inspection, &state.history))
    }

    async fn judged(&self, inspection: &str, limit: usize) -> Result<Vec<JudgedWindow>, StoreError> {
        Ok(self.state().ledger.judged(inspection, limit))
    }

    async fn findings(&self, query: &FindingQuery) -> Result<Vec<Finding>, StoreError> {
        Ok(self.state().ledger.findings(query))
    }

    async fn faults(&self, inspection: &str, closed: usize) -> Result<Vec<StoredFault>, StoreError> {
        Ok(self.state().ledger.faults(inspection, closed))
    }

    async fn fault_tallies(&self, faults: &[String]) -> Result<Vec<FaultTally>, StoreError> {
        let ledger = &self.state().ledger;
        Ok(faults.iter().map(|fault| ledger.fault_tally(fault)).collect())
    }

    async fn events(&self, query: &EventQuery) -> Result<Vec<StoredEvent>, StoreError> {
        Ok(self.state().ledger.events(query))
    }

    async fn due(&self, sink: &str, now: Time, limit: usize) -> Result<Vec<DueDelivery>, StoreError> {
        Ok(self.state().ledger.due(sink, now, limit))
    }

    async fn attempt(
        &self,
        events: &[String],
        sink: &str,
        at: Time,
        repeatable: bool,
    ) -> Result<(), StoreError> {
        self.state().ledger.attempt(events, sink, at, repeatable)
    }

    async fn hold_back(&self, sink: &str, until: Time) -> Result<(), StoreError> {
        self.state().ledger.hold_back(sink, until);
        Ok(())
    }

    async fn retry_parked(&self, sink: Option<&str>, said: &Said) -> Result<u64, StoreError> {
        Ok(self.state().retry_parked(sink, said))
    }

    async fn mutes(&self, ended_too: bool) -> Result<Vec<StoredMute>, StoreError> {
        Ok(self.state().mutes.all(ended_too))
    }

    async fn set_mute(&self, mute: &StoredMute) -> Result<(), StoreError> {
        self.state().set_mute(mute)
    }

    async fn end_mute(&self, id: &str, said: &Said) -> Result<(), StoreError> {
        self.state().end_mute(id, said)
    }

    async fn delivered(&self, event: &str, sink: &str, outcome: &DeliveryOutcome) -> Result<(), StoreError> {
        self.state().ledger.delivered(event, sink, outcome)
    }

    async fn clusters(&self, query: &ClusterQuery) -> Result<Vec<ClusterRow>, StoreError> {
        Ok(self.state().history.clusters(query))
    }

    async fn cluster_of(&self, signatures: &[SignatureId]) -> Result<Vec<Option<ClusterId>>, StoreError> {
        Ok(self.state().history.cluster_of(signatures))
    }

    async fn set_life_cycle(&self, change: &LifeCycleChange) -> Result<LifeCycle, StoreError> {
        self.state().set_life_cycle(change)
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(self.state().audit.entries(query))
    }

    async fn export_baseline(&self, query: &ClusterQuery) -> Result<Vec<BaselineCluster>, StoreError> {
        Ok(self.state().history.export_baseline(query))
    }

    async fn import_baseline(
        &self,
        clusters: &[BaselineCluster],
        said: &Said,
    ) -> Result<Imported, StoreError> {
        Ok(self.state().import_baseline(clusters, said))
    }

    async fn forget_clusters(&self, clusters: &[ClusterId], said: &Said) -> Result<u64, StoreError> {
        Ok(self.state().forget_clusters(clusters, said))
    }

    async fn keys(&self, query: &KeyQuery) -> Result<Vec<KeyRow>, StoreError> {
        Ok(self.state().history.keys(query))
    }

    async fn overview(&self, range: &Range) -> Result<Overview, StoreError> {
        Ok(self.state().history.overview(range))
    }

    async fn purge(&self, retention: &Retention) -> Result<Purged, StoreError> {
        Ok(self.state().purge(retention))
    }

    async fn note_run(&self, run: &StoredRun) -> Result<(), StoreError> {
        self.state().runs.note(run);
        Ok(())
    }

    async fn runs(&self, query: &RunQuery) -> Result<Vec<StoredRun>, StoreError> {
        Ok(self.state().runs.asked(query))
    }

    async fn overrides(&self, inspection: &str) -> Result<Vec<StoredOverride>, StoreError> {
        Ok(self.state().overrides.of(inspection))
    }

    async fn set_override(&self, change: &OverrideChange) -> Result<Option<String>, StoreError> {
        self.state().set_override(change)
    }

    async fn search_events(&self, search: &EventSearch) -> Result<Found<EventHead>, StoreError> {
        Ok(self.state().ledger.search_events(search))
    }

    async fn event(&self, id: &str) -> Result<Option<StoredEvent>, StoreError> {
        Ok(self.state().ledger.event(id))
    }

    async fn fault(&self, id: &str) -> Result<Option<StoredFault>, StoreError> {
        Ok(self.state().ledger.fault(id))
    }

    async fn events_without_facets(&self, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        Ok(self.state().ledger.events_without_facets(limit))
    }

    async fn give_facets(&self, facets: &[(String, EventFacets)]) -> Result<(), StoreError> {
        self.state().ledger.give_facets(facets);
        Ok(())
    }

    async fn search_clusters(&self, search: &ClusterSearch) -> Result<Found<ClusterHead>, StoreError> {
        Ok(self.state().history.search_clusters(search))
    }

    async fn cluster_hours(
        &self,
        clusters: &[ClusterId],
        range: &Range,
    ) -> Result<Vec<Vec<HourCount>>, StoreError> {
        Ok(self.state().history.cluster_hours(clusters, range))
    }

    async fn cluster_days(
        &self,
        clusters: &[ClusterId],
        first: Hour,
        days: usize,
    ) -> Result<Vec<Vec<u64>>, StoreError> {
        Ok(self.state().history.cluster_days(clusters, first, days))
    }

    async fn remark(&self, remark: &ClusterRemark) -> Result<(), StoreError> {
        self.state().remark(remark)
    }

    async fn search_keys(&self, search: &KeySearch) -> Result<FoundKeys, StoreError> {
        Ok(self.state().history.search_keys(search))
    }

    async fn series(&self, range: &Range) -> Result<HourSeries, StoreError> {
        Ok(self.state().history.series(range))
    }

    async fn totals(&self) -> Result<Totals, StoreError> {
        Ok(self.state().totals())
    }

    async fn close(&self) {}
}

impl State {
    fn judge_input(&self, query: &JudgeQuery) -> Snapshot {
        let mut input = self.history.judge_input(query);
        input.rejudged = self.ledger.was_judged(&query.inspection, &query.window);
        let keys: Vec<_> = input.families.iter().map(|family| family.key.clone()).collect();
        input.recorded = self.ledger.recorded(&query.inspection, &keys);
        Snapshot {
            mutes: self.mutes.all(false),
            input,
            faults: self.ledger.open_faults(&query.inspection),
            versions: Versions {
                accounts: self.history.versions(&query.window, &query.accounts),
                judgement: self.judgement(&query.inspection),
                only: query.accounts.clone(),
            },
        }
    }

    fn record(&mut self, judgement: &Judgement, versions: &Versions) -> Result<Recorded, StoreError> {
        if self.is_stale(judgement, versions) {
            return Err(StoreError::Stale);
        }
        self.history.found(judgement);
        self.escalate(judgement);
        let recorded = self.ledger.record(judgement, self.history.sequence());
        self.history.keep_noise(judgement, &recorded.new_findings);
        Ok(recorded)
    }

    /// Moves with each recorded judgement of the inspection, and with everything that people change.
    fn judgement(&self, inspection: &str) -> i64 {
        self.ledger.judgement(inspection) + self.audit.version()
    }

    fn is_stale(&self, judgement: &Judgement, versions: &Versions) -> bool {
        let moved = judgement
            .window
            .is_some_and(|window| self.history.versions(&window, &versions.only) != versions.accounts);
        moved
            || self.judgement(&judgement.inspection) != versions.judgement
            || !self.history.takes(&judgement.assignments)
    }

    fn purge(&mut self, retention: &Retention) -> Purged {
        self.ledger.purge(retention.before);
        self.mutes.purge(retention.before);
        self.runs.purge(retention.before);
        let mut purged = self.history.purge(retention);
        purged.clusters = self
            .history
            .forget_clusters(|cluster| self.ledger.has_findings(cluster));
        self.purge_audit(retention.before);
        purged
    }
}
