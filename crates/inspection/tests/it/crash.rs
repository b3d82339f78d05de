//! Killed at any durable step and run again: the same events, with the same ids, byte for byte (invariants 2, 4, 7).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use firstsight_cloudtrail::Timestamp;
use firstsight_engine::{ClusterId, Finding, LifeCycle, Range, SignatureId, Time};
use firstsight_inspection::{
    Cancel, Ingest, InspectionError, Replay, RetryPolicy, Settings, Silent, deliver, ingest, replay,
    tell_troubles,
};
use firstsight_sink::{Delivery, Event, Sink, SinkError, Trouble, TroubleKind};
use firstsight_source::LogSource;
use firstsight_source::memory::MemorySource;
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::*;

const SINK: &str = "recorder";
const HOUR: i64 = 3_600_000;

fn now() -> Timestamp {
    "2026-01-02T00:00:00Z".parse().unwrap()
}

fn settings() -> Settings {
    Settings {
        min_history_hours: 0,
        alerting: firstsight_inspection::alert::Alerting {
            sinks: vec![SINK.to_owned()],
            ..firstsight_inspection::alert::Alerting::default()
        },
        ..Settings::default()
    }
}

/// Units of a small trail: errors that go on, one that comes once, one record that stands in two units.
fn units() -> Vec<(String, Vec<u8>)> {
    let record = |id: &str, hour: u32, call: &str| {
        format!(
            r#"{{"eventID":"{id}","eventTime":"2026-01-01T{hour:02}:10:00Z","eventSource":"iam.amazonaws.com",
            "eventName":"{call}","errorCode":"AccessDenied","errorMessage":"denied","recipientAccountId":"111122223333",
            "userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ci"}},"awsRegion":"us-east-1"}}"#
        )
    };
    let unit = |records: &[String]| format!(r#"{{"Records":[{}]}}"#, records.join(",")).into_bytes();
    vec![
        (
            "a".to_owned(),
            unit(&[record("1", 1, "CreateUser"), record("2", 2, "CreateUser")]),
        ),
        (
            "b".to_owned(),
            unit(&[record("2", 2, "CreateUser"), record("3", 3, "DeleteUser")]),
        ),
        (
            "c".to_owned(),
            unit(&[
                record("4", 5, "CreateRole"),
                record("5", 5, "CreateRole"),
                record("6", 6, "PutUserPolicy"),
            ]),
        ),
        (
            "d".to_owned(),
            unit(&[record("7", 7, "CreateRole"), record("8", 9, "AttachUserPolicy")]),
        ),
    ]
}

/// What the far side has received: every event by id, how often, and in which order.
#[derive(Debug, Default)]
struct Recorder {
    idempotent: bool,
    received: Mutex<BTreeMap<String, (Vec<u8>, u32)>>,
    order: Mutex<Vec<Event>>,
}

#[async_trait]
impl Sink for Recorder {
    fn describe(&self) -> String {
        SINK.to_owned()
    }

    fn idempotent(&self) -> bool {
        self.idempotent
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        let mut received = self.received.lock().unwrap();
        self.order.lock().unwrap().extend_from_slice(events);
        for event in events {
            let bytes = serde_json::to_vec(event).unwrap();
            let known = received
                .entry(event.id.clone())
                .or_insert_with(|| (bytes.clone(), 0));
            assert_eq!(known.0, bytes, "an event came again with other bytes");
            known.1 += 1;
        }
        Ok(events.iter().map(|_| Delivery::Delivered).collect())
    }
}

/// Dies at one durable step, before or after its effect.
#[derive(Debug)]
struct Mortal {
    inner: SqliteStore,
    dies_at: u32,
    after_effect: bool,
    step: AtomicU32,
    /// What it died of, and whether that took effect.
    died: Mutex<Option<(&'static str, bool)>>,
}

impl Mortal {
    fn dead(&self, step: &'static str) -> StoreError {
        *self.died.lock().unwrap() = Some((step, self.after_effect));
        StoreError::Unavailable {
            source: "killed".into(),
        }
    }

    /// Whether this step is the last one.
    fn last(&self) -> bool {
        self.step.fetch_add(1, Ordering::SeqCst) + 1 == self.dies_at
    }
}

/// A durable step: dies before or after its effect.
macro_rules! durable {
    ($self:ident, $step:literal, $effect:expr) => {{
        let last = $self.last();
        if last && !$self.after_effect {
            return Err($self.dead($step));
        }
        let done = $effect.await?;
        if last { Err($self.dead($step)) } else { Ok(done) }
    }};
}

#[async_trait]
impl Store for Mortal {
    async fn commit(&self, batch: &IngestBatch) -> Result<Committed, StoreError> {
        durable!(self, "commit", self.inner.commit(batch))
    }
    async fn record(&self, judgement: &Judgement, versions: &Versions) -> Result<Recorded, StoreError> {
        durable!(self, "record", self.inner.record(judgement, versions))
    }
    async fn attempt(
        &self,
        events: &[String],
        sink: &str,
        at: Time,
        repeatable: bool,
    ) -> Result<(), StoreError> {
        durable!(self, "attempt", self.inner.attempt(events, sink, at, repeatable))
    }
    async fn hold_back(&self, sink: &str, until: Time) -> Result<(), StoreError> {
        self.inner.hold_back(sink, until).await
    }
    async fn retry_parked(&self, sink: Option<&str>, said: &Said) -> Result<u64, StoreError> {
        self.inner.retry_parked(sink, said).await
    }
    async fn mutes(&self, ended_too: bool) -> Result<Vec<StoredMute>, StoreError> {
        self.inner.mutes(ended_too).await
    }
    async fn set_mute(&self, mute: &StoredMute) -> Result<(), StoreError> {
        self.inner.set_mute(mute).await
    }
    async fn end_mute(&self, id: &str, said: &Said) -> Result<(), StoreError> {
        self.inner.end_mute(id, said).await
    }
    async fn delivered(&self, event: &str, sink: &str, outcome: &DeliveryOutcome) -> Result<(), StoreError> {
        durable!(self, "delivered", self.inner.delivered(event, sink, outcome))
    }
    async fn note_run(&self, run: &firstsight_store::StoredRun) -> Result<(), StoreError> {
        self.inner.note_run(run).await
    }

    async fn runs(
        &self,
        query: &firstsight_store::RunQuery,
    ) -> Result<Vec<firstsight_store::StoredRun>, StoreError> {
        self.inner.runs(query).await
    }

    async fn overrides(&self, inspection: &str) -> Result<Vec<firstsight_store::StoredOverride>, StoreError> {
        self.inner.overrides(inspection).await
    }

    async fn set_override(
        &self,
        change: &firstsight_store::OverrideChange,
    ) -> Result<Option<String>, StoreError> {
        self.inner.set_override(change).await
    }

    async fn search_events(
        &self,
        search: &firstsight_store::EventSearch,
    ) -> Result<firstsight_store::Found<firstsight_store::EventHead>, StoreError> {
        self.inner.search_events(search).await
    }

    async fn event(&self, id: &str) -> Result<Option<firstsight_store::StoredEvent>, StoreError> {
        self.inner.event(id).await
    }

    async fn fault(&self, id: &str) -> Result<Option<firstsight_store::StoredFault>, StoreError> {
        self.inner.fault(id).await
    }

    async fn events_without_facets(
        &self,
        limit: usize,
    ) -> Result<Vec<firstsight_store::StoredEvent>, StoreError> {
        self.inner.events_without_facets(limit).await
    }

    async fn give_facets(
        &self,
        facets: &[(String, firstsight_store::EventFacets)],
    ) -> Result<(), StoreError> {
        self.inner.give_facets(facets).await
    }

    async fn search_clusters(
        &self,
        search: &firstsight_store::ClusterSearch,
    ) -> Result<firstsight_store::Found<firstsight_store::ClusterHead>, StoreError> {
        self.inner.search_clusters(search).await
    }

    async fn cluster_hours(
        &self,
        clusters: &[firstsight_engine::ClusterId],
        range: &firstsight_engine::Range,
    ) -> Result<Vec<Vec<firstsight_engine::HourCount>>, StoreError> {
        self.inner.cluster_hours(clusters, range).await
    }

    async fn cluster_days(
        &self,
        clusters: &[firstsight_engine::ClusterId],
        first: firstsight_engine::Hour,
        days: usize,
    ) -> Result<Vec<Vec<u64>>, StoreError> {
        self.inner.cluster_days(clusters, first, days).await
    }

    async fn remark(&self, remark: &firstsight_store::ClusterRemark) -> Result<(), StoreError> {
        self.inner.remark(remark).await
    }

    async fn search_keys(
        &self,
        search: &firstsight_store::KeySearch,
    ) -> Result<firstsight_store::FoundKeys, StoreError> {
        self.inner.search_keys(search).await
    }

    async fn series(&self, range: &Range) -> Result<firstsight_store::HourSeries, StoreError> {
        self.inner.series(range).await
    }

    async fn totals(&self) -> Result<firstsight_store::Totals, StoreError> {
        self.inner.totals().await
    }
    async fn finished(&self, source: &str, units: &[String]) -> Result<Vec<String>, StoreError> {
        self.inner.finished(source, units).await
    }
    async fn positions(&self, source: &str) -> Result<Vec<StoredPosition>, StoreError> {
        self.inner.positions(source).await
    }
    async fn judge_input(&self, query: &JudgeQuery) -> Result<Snapshot, StoreError> {
        self.inner.judge_input(query).await
    }
    async fn reopened(&self, inspection: &str) -> Result<Vec<JudgedWindow>, StoreError> {
        self.inner.reopened(inspection).await
    }
    async fn judged(&self, inspection: &str, limit: usize) -> Result<Vec<JudgedWindow>, StoreError> {
        self.inner.judged(inspection, limit).await
    }
    async fn findings(&self, query: &FindingQuery) -> Result<Vec<Finding>, StoreError> {
        self.inner.findings(query).await
    }
    async fn faults(&self, inspection: &str, closed: usize) -> Result<Vec<StoredFault>, StoreError> {
        self.inner.faults(inspection, closed).await
    }

    async fn fault_tallies(
        &self,
        faults: &[String],
    ) -> Result<Vec<firstsight_store::FaultTally>, StoreError> {
        self.inner.fault_tallies(faults).await
    }
    async fn events(&self, query: &EventQuery) -> Result<Vec<StoredEvent>, StoreError> {
        self.inner.events(query).await
    }
    async fn due(&self, sink: &str, now: Time, limit: usize) -> Result<Vec<DueDelivery>, StoreError> {
        self.inner.due(sink, now, limit).await
    }
    async fn clusters(&self, query: &ClusterQuery) -> Result<Vec<ClusterRow>, StoreError> {
        self.inner.clusters(query).await
    }
    async fn cluster_of(&self, signatures: &[SignatureId]) -> Result<Vec<Option<ClusterId>>, StoreError> {
        self.inner.cluster_of(signatures).await
    }
    async fn set_life_cycle(&self, change: &LifeCycleChange) -> Result<LifeCycle, StoreError> {
        self.inner.set_life_cycle(change).await
    }
    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        self.inner.audit(query).await
    }
    async fn export_baseline(&self, query: &ClusterQuery) -> Result<Vec<BaselineCluster>, StoreError> {
        self.inner.export_baseline(query).await
    }
    async fn import_baseline(
        &self,
        clusters: &[BaselineCluster],
        said: &Said,
    ) -> Result<Imported, StoreError> {
        self.inner.import_baseline(clusters, said).await
    }
    async fn forget_clusters(&self, clusters: &[ClusterId], said: &Said) -> Result<u64, StoreError> {
        self.inner.forget_clusters(clusters, said).await
    }
    async fn keys(&self, query: &KeyQuery) -> Result<Vec<KeyRow>, StoreError> {
        self.inner.keys(query).await
    }
    async fn overview(&self, range: &Range) -> Result<Overview, StoreError> {
        self.inner.overview(range).await
    }
    async fn purge(&self, retention: &Retention) -> Result<Purged, StoreError> {
        self.inner.purge(retention).await
    }
    async fn close(&self) {
        self.inner.close().await;
    }
}

/// Reads, judges every window that was not judged yet, and delivers: what a scheduled run does.
async fn run(
    store: Arc<dyn Store>,
    recorder: &Recorder,
    units: Vec<(String, Vec<u8>)>,
) -> Result<(), InspectionError> {
    let source: Arc<dyn LogSource> =
        Arc::new(MemorySource::new(units).with_partitions(2).with_chunk_bytes(100));
    let options = Ingest {
        row_limit: 1,
        unit_limit: 1,
        ..Ingest::new("memory", now())
    };
    ingest(&source, &store, &options, &(Arc::new(Silent) as _)).await?;
    let hour = |hour: i64| now().hour().plus(hour - 24);
    let settings = settings();
    let last = store
        .judged(&settings.inspection, 1)
        .await?
        .last()
        .map(|judged| judged.window.end.hour());
    let plan = Replay {
        first: last.map_or(hour(1), |end| end.plus(1)),
        last: hour(12),
        read: firstsight_inspection::Ingested::default(),
        judged_at: now(),
        cancel: Cancel::default(),
    };
    replay(&*store, &settings, &plan, async |_| Ok::<(), InspectionError>(())).await?;
    let policy = RetryPolicy::default();
    deliver(&*store, SINK, recorder, now(), policy).await.map(|_| ())
}

/// What came out of a run that died once at most.
struct Survived {
    events: Vec<Vec<u8>>,
    /// What the first run died of, and whether that took effect.
    died: Option<(&'static str, bool)>,
    /// Events that came more than once.
    twice: usize,
    /// Events that are marked to have perhaps come twice.
    marked: usize,
}

/// Runs until one run comes through; the first one dies at a step.
async fn survive(dies_at: u32, after_effect: bool, idempotent: bool) -> Survived {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let recorder = Recorder {
        idempotent,
        ..Recorder::default()
    };
    let mut died = None;
    let stored = loop {
        let store = Arc::new(Mortal {
            inner: SqliteStore::open(&path).await.unwrap(),
            dies_at: if died.is_none() { dies_at } else { 0 },
            after_effect,
            step: AtomicU32::new(0),
            died: Mutex::new(None),
        });
        let done = run(store.clone(), &recorder, units()).await;
        if done.is_ok() {
            break store.events(&EventQuery::default()).await.unwrap();
        }
        assert!(died.is_none(), "it does not recover");
        died = *store.died.lock().unwrap();
    };
    in_order_within_faults(&recorder.order.into_inner().unwrap());
    let received = recorder.received.into_inner().unwrap();
    let mut marked = 0;
    for row in &stored {
        let delivery = &row.deliveries[0];
        assert_eq!(delivery.state, DeliveryState::Delivered);
        let (_, times) = received[&row.event.id];
        assert!(
            times == 1 || idempotent || delivery.perhaps_twice(),
            "came twice, not marked"
        );
        marked += usize::from(delivery.perhaps_twice());
    }
    assert_eq!(stored.len(), received.len());
    Survived {
        twice: received.values().filter(|(_, times)| *times > 1).count(),
        events: received.into_values().map(|(bytes, _)| bytes).collect(),
        died,
        marked,
    }
}

/// The next event of a fault comes when the one before has come, however often that was.
fn in_order_within_faults(order: &[Event]) {
    let mut last: BTreeMap<&str, &Event> = BTreeMap::new();
    for event in order {
        if let Some(before) = last.insert(&event.fault.id, event) {
            assert!(
                before.window.end <= event.window.end,
                "{} after {}",
                event.id,
                before.id
            );
        }
    }
}

#[tokio::test]
async fn killed_at_any_durable_step_and_run_again() {
    let undisturbed = survive(0, false, true).await;
    assert!(undisturbed.events.len() >= 6, "{}", undisturbed.events.len());
    assert_eq!((undisturbed.twice, undisturbed.marked), (0, 0));
    for (after_effect, idempotent) in [(false, true), (true, true), (false, false), (true, false)] {
        let mut tried: BTreeMap<&str, u32> = BTreeMap::new();
        for step in 1.. {
            let survived = survive(step, after_effect, idempotent).await;
            let Some((died_of, _)) = survived.died else { break };
            let at = format!("killed at step {step} ({died_of}), after its effect: {after_effect}");
            assert_eq!(survived.events.len(), undisturbed.events.len(), "{at}");
            assert!(survived.events == undisturbed.events, "{at}");
            *tried.entry(died_of).or_default() += 1;
            if idempotent {
                assert_eq!(survived.marked, 0, "{at}");
                continue;
            }
            // Sent, and its outcome was not kept; or noted and not sent, which nobody can tell from that.
            let outcome_lost = (died_of, after_effect) == ("delivered", false);
            let unsure = outcome_lost || (died_of, after_effect) == ("attempt", true);
            assert_eq!(survived.twice, usize::from(outcome_lost), "{at}");
            assert_eq!(survived.marked, usize::from(unsure), "{at}");
        }
        let steps: Vec<&str> = tried.keys().copied().collect();
        assert_eq!(steps, ["attempt", "commit", "delivered", "record"]);
        assert!(tried.values().sum::<u32>() > 20, "only {tried:?} were tried");
    }
}

#[tokio::test]
async fn any_order_split_and_repetition_gives_the_same_events() {
    let undisturbed = survive(0, false, true).await.events;
    let whole = units();
    let reversed: Vec<_> = whole.iter().rev().cloned().collect();
    let twice: Vec<_> = whole
        .iter()
        .cloned()
        .chain(
            whole
                .iter()
                .map(|(name, body)| (format!("{name}2"), body.clone())),
        )
        .collect();
    let joined = vec![(
        "all".to_owned(),
        whole.iter().flat_map(|(_, body)| body.clone()).collect(),
    )];
    assert!(undisturbed.len() >= 6, "{}", undisturbed.len());
    for (what, units) in [("reversed", reversed), ("twice", twice), ("joined", joined)] {
        let recorder = Recorder::default();
        run(
            Arc::new(SqliteStore::open_in_memory().await.unwrap()),
            &recorder,
            units,
        )
        .await
        .unwrap();
        let received = recorder.received.into_inner().unwrap();
        let events: Vec<Vec<u8>> = received.into_values().map(|(bytes, _)| bytes).collect();
        assert!(events == undisturbed, "{what}");
    }
}

/// What hourly runs of an inspection come to: well, silent, cut off and failing, then well.
fn troubled(hour: i64) -> Vec<Trouble> {
    let trouble = |kind, began: i64| Trouble {
        kind,
        since: now().plus_millis(began * HOUR),
        runs: (hour - began).unsigned_abs(),
        reason: "denied".to_owned(),
    };
    match hour {
        2..4 => vec![trouble(TroubleKind::Silent, 1)],
        4..30 => vec![trouble(TroubleKind::Silent, 1), trouble(TroubleKind::Unread, 3)],
        30..33 => vec![trouble(TroubleKind::Unread, 3), trouble(TroubleKind::Failing, 29)],
        _ => Vec::new(),
    }
}

/// Tells them; the process dies once at a step, and the run is made again.
async fn survive_trouble(dies_at: u32, after_effect: bool) -> (Vec<Vec<u8>>, Option<(&'static str, bool)>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let open = async |dies_at| {
        Arc::new(Mortal {
            inner: SqliteStore::open(&path).await.unwrap(),
            dies_at,
            after_effect,
            step: AtomicU32::new(0),
            died: Mutex::new(None),
        })
    };
    let mut store = open(dies_at).await;
    let (mut hour, mut died) = (0, None);
    while hour < 36 {
        let now = now().plus_millis(hour * HOUR);
        let dynamic: Arc<dyn Store> = store.clone();
        if tell_troubles(&dynamic, &settings(), &troubled(hour), now)
            .await
            .is_ok()
        {
            hour += 1;
            continue;
        }
        assert!(died.is_none(), "it does not recover");
        died = *store.died.lock().unwrap();
        store = open(0).await;
    }
    let told = store.events(&EventQuery::default()).await.unwrap();
    assert!(
        store.faults("default", 0).await.unwrap().is_empty(),
        "all are over"
    );
    (told.into_iter().map(|row| row.event.body).collect(), died)
}

#[tokio::test]
async fn killed_while_it_tells_trouble_and_run_again() {
    let (undisturbed, _) = survive_trouble(0, false).await;
    // Silent opens, goes on for a day and recovers; unread and failing open and recover; unread goes on, too.
    assert_eq!(undisturbed.len(), 8);
    for after_effect in [false, true] {
        let mut tried = 0;
        for step in 1.. {
            let (survived, died) = survive_trouble(step, after_effect).await;
            if died.is_none() {
                break;
            }
            assert!(
                survived == undisturbed,
                "killed at step {step}, after its effect: {after_effect}"
            );
            tried += 1;
        }
        assert!(tried >= 6, "only {tried} were tried");
    }
}
