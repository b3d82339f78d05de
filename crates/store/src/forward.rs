//! A box or a shared pointer to a store is a store.

use std::sync::Arc;

use async_trait::async_trait;
use firstsight_engine::{ClusterId, Finding, Hour, HourCount, LifeCycle, Range, SignatureId, Time};

use crate::{
    AuditEntry, AuditQuery, BaselineCluster, ClusterHead, ClusterQuery, ClusterRemark, ClusterRow,
    ClusterSearch, Committed, DeliveryOutcome, DueDelivery, EventFacets, EventHead, EventQuery, EventSearch,
    FaultTally, FindingQuery, Found, FoundKeys, HourSeries, Imported, IngestBatch, JudgeQuery, JudgedWindow,
    Judgement, KeyQuery, KeyRow, KeySearch, LifeCycleChange, OverrideChange, Overview, Purged, Recorded,
    Retention, RunQuery, Said, Snapshot, Store, StoreError, StoredEvent, StoredFault, StoredMute,
    StoredOverride, StoredPosition, StoredRun, Totals, Versions,
};

macro_rules! forward {
    ($pointer:ident) => {
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<S: Store + ?Sized> Store for $pointer<S> {
            async fn commit(&self, batch: &IngestBatch) -> Result<Committed, StoreError> {
                (**self).commit(batch).await
            }

            async fn finished(&self, source: &str, units: &[String]) -> Result<Vec<String>, StoreError> {
                (**self).finished(source, units).await
            }

            async fn positions(&self, source: &str) -> Result<Vec<StoredPosition>, StoreError> {
                (**self).positions(source).await
            }

            async fn judge_input(&self, query: &JudgeQuery) -> Result<Snapshot, StoreError> {
                (**self).judge_input(query).await
            }

            async fn record(
                &self,
                judgement: &Judgement,
                versions: &Versions,
            ) -> Result<Recorded, StoreError> {
                (**self).record(judgement, versions).await
            }

            async fn reopened(&self, inspection: &str) -> Result<Vec<JudgedWindow>, StoreError> {
                (**self).reopened(inspection).await
            }

            async fn judged(&self, inspection: &str, limit: usize) -> Result<Vec<JudgedWindow>, StoreError> {
                (**self).judged(inspection, limit).await
            }

            async fn findings(&self, query: &FindingQuery) -> Result<Vec<Finding>, StoreError> {
                (**self).findings(query).await
            }

            async fn faults(&self, inspection: &str, closed: usize) -> Result<Vec<StoredFault>, StoreError> {
                (**self).faults(inspection, closed).await
            }

            async fn fault_tallies(&self, faults: &[String]) -> Result<Vec<FaultTally>, StoreError> {
                (**self).fault_tallies(faults).await
            }

            async fn events(&self, query: &EventQuery) -> Result<Vec<StoredEvent>, StoreError> {
                (**self).events(query).await
            }

            async fn due(&self, sink: &str, now: Time, limit: usize) -> Result<Vec<DueDelivery>, StoreError> {
                (**self).due(sink, now, limit).await
            }

            async fn attempt(
                &self,
                events: &[String],
                sink: &str,
                at: Time,
                repeatable: bool,
            ) -> Result<(), StoreError> {
                (**self).attempt(events, sink, at, repeatable).await
            }

            async fn hold_back(&self, sink: &str, until: Time) -> Result<(), StoreError> {
                (**self).hold_back(sink, until).await
            }

            async fn retry_parked(&self, sink: Option<&str>, said: &Said) -> Result<u64, StoreError> {
                (**self).retry_parked(sink, said).await
            }

            async fn mutes(&self, ended_too: bool) -> Result<Vec<StoredMute>, StoreError> {
                (**self).mutes(ended_too).await
            }

            async fn set_mute(&self, mute: &StoredMute) -> Result<(), StoreError> {
                (**self).set_mute(mute).await
            }

            async fn end_mute(&self, id: &str, said: &Said) -> Result<(), StoreError> {
                (**self).end_mute(id, said).await
            }

            async fn delivered(
                &self,
                event: &str,
                sink: &str,
                outcome: &DeliveryOutcome,
            ) -> Result<(), StoreError> {
                (**self).delivered(event, sink, outcome).await
            }

            async fn clusters(&self, query: &ClusterQuery) -> Result<Vec<ClusterRow>, StoreError> {
                (**self).clusters(query).await
            }

            async fn cluster_of(
                &self,
                signatures: &[SignatureId],
            ) -> Result<Vec<Option<ClusterId>>, StoreError> {
                (**self).cluster_of(signatures).await
            }

            async fn set_life_cycle(&self, change: &LifeCycleChange) -> Result<LifeCycle, StoreError> {
                (**self).set_life_cycle(change).await
            }

            async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
                (**self).audit(query).await
            }

            async fn export_baseline(
                &self,
                query: &ClusterQuery,
            ) -> Result<Vec<BaselineCluster>, StoreError> {
                (**self).export_baseline(query).await
            }

            async fn import_baseline(
                &self,
                clusters: &[BaselineCluster],
                said: &Said,
            ) -> Result<Imported, StoreError> {
                (**self).import_baseline(clusters, said).await
            }

            async fn forget_clusters(&self, clusters: &[ClusterId], said: &Said) -> Result<u64, StoreError> {
                (**self).forget_clusters(clusters, said).await
            }

            async fn keys(&self, query: &KeyQuery) -> Result<Vec<KeyRow>, StoreError> {
                (**self).keys(query).await
            }

            async fn overview(&self, range: &Range) -> Result<Overview, StoreError> {
                (**self).overview(range).await
            }

            async fn purge(&self, retention: &Retention) -> Result<Purged, StoreError> {
                (**self).purge(retention).await
            }

            async fn note_run(&self, run: &StoredRun) -> Result<(), StoreError> {
                (**self).note_run(run).await
            }

            async fn runs(&self, query: &RunQuery) -> Result<Vec<StoredRun>, StoreError> {
                (**self).runs(query).await
            }

            async fn overrides(&self, inspection: &str) -> Result<Vec<StoredOverride>, StoreError> {
                (**self).overrides(inspection).await
            }

            async fn set_override(&self, change: &OverrideChange) -> Result<Option<String>, StoreError> {
                (**self).set_override(change).await
            }

            async fn search_events(&self, search: &EventSearch) -> Result<Found<EventHead>, StoreError> {
                (**self).search_events(search).await
            }

            async fn event(&self, id: &str) -> Result<Option<StoredEvent>, StoreError> {
                (**self).event(id).await
            }

            async fn fault(&self, id: &str) -> Result<Option<StoredFault>, StoreError> {
                (**self).fault(id).await
            }

            async fn events_without_facets(&self, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
                (**self).events_without_facets(limit).await
            }

            async fn give_facets(&self, facets: &[(String, EventFacets)]) -> Result<(), StoreError> {
                (**self).give_facets(facets).await
            }

            async fn search_clusters(
                &self,
                search: &ClusterSearch,
            ) -> Result<Found<ClusterHead>, StoreError> {
                (**self).search_clusters(search).await
            }

            async fn cluster_hours(
                &self,
                clusters: &[ClusterId],
                range: &Range,
            ) -> Result<Vec<Vec<HourCount>>, StoreError> {
                (**self).cluster_hours(clusters, range).await
            }

            async fn cluster_days(
                &self,
                clusters: &[ClusterId],
                first: Hour,
                days: usize,
            ) -> Result<Vec<Vec<u64>>, StoreError> {
                (**self).cluster_days(clusters, first, days).await
            }

            async fn remark(&self, remark: &ClusterRemark) -> Result<(), StoreError> {
                (**self).remark(remark).await
            }

            async fn search_keys(&self, search: &KeySearch) -> Result<FoundKeys, StoreError> {
                (**self).search_keys(search).await
            }

            async fn series(&self, range: &Range) -> Result<HourSeries, StoreError> {
                (**self).series(range).await
            }

            async fn totals(&self) -> Result<Totals, StoreError> {
                (**self).totals().await
            }

            async fn close(&self) {
                (**self).close().await;
            }
        }
    };
}

forward!(Box);
forward!(Arc);
