//! Reading: what cannot be read is told, the rest is read, and nothing is read twice (invariants 1 and 2).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use firstsight_cloudtrail::{Encoding, TimeRange, Timestamp};
use firstsight_engine::{KeyUses, Summary};
use firstsight_inspection::{Cancel, Ingest, Ingested, InspectionError, Progress, Silent, ingest};
use firstsight_source::memory::MemorySource;
use firstsight_source::{
    LogSource, MockLogSource, Next, Origin, Page, Partition, Payload, Position, SourceError, UnitId,
};
use firstsight_store::memory::MemoryStore;
use firstsight_store::{IngestBatch, Store, StoredPosition};
use futures_util::FutureExt;

fn now() -> Timestamp {
    "2026-01-02T00:00:00Z".parse().unwrap()
}

fn record(id: u32) -> String {
    format!(
        r#"{{"eventID":"{id}","eventTime":"2026-01-01T10:10:00Z","eventSource":"iam.amazonaws.com","eventName":"GetRole",
        "errorCode":"AccessDenied","recipientAccountId":"111122223333",
        "userIdentity":{{"type":"IAMUser","accessKeyId":"AKIA{id}"}}}}"#
    )
}

async fn read(source: impl LogSource + 'static, store: &Arc<dyn Store>) -> Result<Ingested, InspectionError> {
    let source: Arc<dyn LogSource> = Arc::new(source);
    let silent: Arc<dyn Progress> = Arc::new(Silent);
    ingest(&source, store, &Ingest::new("test", now()), &silent).await
}

fn store() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

fn partition(name: &str) -> Partition {
    Partition {
        id: name.to_owned(),
        units: vec![UnitId(name.to_owned())],
        size_hint: 0,
    }
}

fn payload(name: &str, text: &str, last: bool) -> Payload {
    Payload {
        unit: UnitId(name.to_owned()),
        offset: 0,
        chunk: Bytes::from(text.to_owned()),
        last,
        encoding: Encoding::Plain,
        origin: Origin {
            name: name.to_owned(),
            ..Origin::default()
        },
    }
}

/// A source of one page a partition, whose acknowledgement may fail.
fn mock(pages: Vec<(&'static str, Result<Vec<Payload>, &'static str>)>, acknowledges: bool) -> MockLogSource {
    let mut source = MockLogSource::new();
    let names: Vec<Partition> = pages.iter().map(|(name, _)| partition(name)).collect();
    source.expect_partitions().returning(move |_| Ok(names.clone()));
    source.expect_page().returning(move |partition, _| {
        let (_, page) = pages.iter().find(|(name, _)| *name == partition.id).unwrap();
        match page {
            Ok(payloads) => Ok(Page {
                payloads: payloads.clone(),
                next: Next::End,
            }),
            Err(why) => Err(SourceError::Unavailable {
                name: partition.id.clone(),
                retry_after: None,
                retryable: false,
                attempts: 0,
                source: (*why).into(),
            }),
        }
    });
    source
        .expect_acknowledge()
        .returning(move |_| match acknowledges {
            true => Ok(()),
            false => Err(SourceError::Invalid {
                name: "queue".to_owned(),
                reason: "lease has lapsed".to_owned(),
            }),
        });
    source
}

#[tokio::test]
async fn a_page_that_cannot_be_read_is_told_and_the_rest_is_read() {
    let good = payload("good", &record(1), true);
    let read = read(
        mock(vec![("bad", Err("no route")), ("good", Ok(vec![good]))], true),
        &store(),
    )
    .await
    .unwrap();
    assert_eq!((read.units, read.counters.error_events), (1, 1));
    assert!(!read.complete());
    assert_eq!(read.unread, ["bad: cannot be read: no route"]);
}

/// A log group that was read before gives no unit when it is asked again: it can be read all the same.
#[tokio::test]
async fn a_source_is_hopeless_only_when_each_of_its_partitions_fails() {
    let pages = |quiet| {
        let other = if quiet { Ok(Vec::new()) } else { Err("no route") };
        mock(vec![("bad", Err("no route")), ("other", other)], true)
    };
    let quiet = read(pages(true), &store()).await.unwrap();
    assert_eq!(
        (quiet.partitions, quiet.units, quiet.is_hopeless()),
        (2, 0, false)
    );
    let failed = read(pages(false), &store()).await.unwrap();
    assert_eq!(
        (failed.partitions, failed.units, failed.is_hopeless()),
        (2, 0, true)
    );
    let nothing = read(mock(Vec::new(), true), &store()).await.unwrap();
    assert!(!nothing.is_hopeless());
}

#[tokio::test]
async fn a_unit_whose_end_never_comes_is_told() {
    let open = payload("open", &record(1), false);
    let next = payload("next", &record(2), true);
    let read = read(mock(vec![("one", Ok(vec![open, next]))], true), &store())
        .await
        .unwrap();
    assert_eq!(read.unread, ["open: its end never came"]);
    assert_eq!(read.units, 1);
}

#[tokio::test]
async fn an_acknowledgement_that_fails_loses_nothing() {
    let store = store();
    let unit = payload("unit", &record(1), true);
    let read = read(mock(vec![("unit", Ok(vec![unit]))], false), &store)
        .await
        .unwrap();
    assert!(read.complete());
    assert_eq!(read.unacknowledged, ["queue: lease has lapsed"]);
    assert_eq!(
        store.finished("test", &["unit".to_owned()]).await.unwrap(),
        ["unit"]
    );
}

#[tokio::test]
async fn finished_units_are_passed_over() {
    let store = store();
    let units = || MemorySource::new([("a", record(1)), ("b", record(2))]);
    assert_eq!(read(units(), &store).await.unwrap().units, 2);
    let again = read(units(), &store).await.unwrap();
    assert_eq!((again.units, again.counters.records), (0, 0));
}

/// What a run passes over counts as done: the rest would never come to the number that was listed.
#[tokio::test]
async fn partitions_that_are_passed_over_come_to_all_that_were_listed() {
    #[derive(Default)]
    struct Counts([AtomicU64; 3]);
    impl Counts {
        fn add(&self, place: usize, count: u64) {
            self.0[place].fetch_add(count, Ordering::Relaxed);
        }
    }
    impl Progress for Counts {
        fn listed(&self, partitions: u64, _: u64) {
            self.add(0, partitions);
        }
        fn partition_skipped(&self) {
            self.add(1, 1);
        }
        fn partition_done(&self) {
            self.add(2, 1);
        }
    }
    let store = store();
    let told = async |names: &[&'static str]| {
        let page = |name: &&'static str| (*name, Ok(vec![payload(name, &record(1), true)]));
        let source: Arc<dyn LogSource> = Arc::new(mock(names.iter().map(page).collect(), true));
        let counts = Arc::new(Counts::default());
        let progress: Arc<dyn Progress> = Arc::clone(&counts) as _;
        ingest(&source, &store, &Ingest::new("test", now()), &progress)
            .await
            .unwrap();
        [0, 1, 2].map(|place: usize| counts.0[place].load(Ordering::Relaxed))
    };
    assert_eq!(told(&["a", "b"]).await, [2, 0, 2]);
    assert_eq!(told(&["a", "b", "c", "d", "e"]).await, [5, 2, 3]);
}

#[tokio::test]
async fn keys_and_events_of_many_records_come_through_small_batches() {
    let store = store();
    let records: Vec<String> = (0..500).map(record).collect();
    let source: Arc<dyn LogSource> =
        Arc::new(MemorySource::new([("all", records.join("\n"))]).with_chunk_bytes(1000));
    let options = Ingest {
        row_limit: 7,
        ..Ingest::new("test", now())
    };
    let silent: Arc<dyn Progress> = Arc::new(Silent);
    let read = ingest(&source, &store, &options, &silent).await.unwrap();
    assert_eq!((read.committed.new_events, read.committed.new_units), (500, 1));
    assert_eq!(
        store
            .keys(&firstsight_store::KeyQuery::default())
            .await
            .unwrap()
            .len(),
        500
    );
    let overview = store.overview(&TimeRange::ALL).await.unwrap();
    assert_eq!(overview.traffic[0].1[0].span.count, 500);
}

/// How many events of two pages the store has when the second one is asked for.
async fn held_back(weight_limit: usize) -> usize {
    let store = store();
    let (other, first_held) = (Arc::clone(&store), Arc::new(std::sync::Mutex::new(0)));
    let held = Arc::clone(&first_held);
    let source = answering(&["one"], move |from| {
        if from.is_some() {
            let overview = other.overview(&TimeRange::ALL).now_or_never().unwrap().unwrap();
            *held.lock().unwrap() = overview.errors.len();
        }
        let (unit, next) = match from {
            None => ("a", Next::More(position("b"))),
            Some(_) => ("b", Next::End),
        };
        let payloads = vec![payload(unit, &record(1), true)];
        Ok(Page { payloads, next })
    });
    let options = Ingest {
        weight_limit,
        ..Ingest::new("test", now())
    };
    let (source, silent): (Arc<dyn LogSource>, Arc<dyn Progress>) = (Arc::new(source), Arc::new(Silent));
    ingest(&source, &store, &options, &silent).await.unwrap();
    *first_held.lock().unwrap()
}

#[tokio::test]
async fn what_weighs_too_much_is_committed_before_the_next_page() {
    assert_eq!(held_back(1 << 20).await, 0);
    assert_eq!(held_back(1).await, 1);
}

#[tokio::test]
async fn a_cancelled_run_says_so_and_keeps_what_it_finished() {
    let store = store();
    let options = Ingest {
        cancel: Cancel::default(),
        ..Ingest::new("test", now())
    };
    options.cancel.cancel();
    let source: Arc<dyn LogSource> = Arc::new(MemorySource::new([("a", record(1))]));
    let silent: Arc<dyn Progress> = Arc::new(Silent);
    let stopped = ingest(&source, &store, &options, &silent).await;
    assert!(matches!(stopped, Err(InspectionError::Cancelled)));
    let again = read(MemorySource::new([("a", record(1))]), &store).await.unwrap();
    assert_eq!(
        again.committed.new_events + again.committed.known_events,
        1 - again.skipped
    );
}

#[tokio::test]
async fn a_damaged_unit_is_not_acknowledged() {
    let mut source = MockLogSource::new();
    source
        .expect_partitions()
        .returning(|_| Ok(vec![partition("cut"), partition("whole")]));
    source.expect_page().returning(|partition, _| {
        let text = if partition.id == "cut" {
            &record(1)[..60]
        } else {
            &record(2)
        };
        Ok(Page {
            payloads: vec![payload(&partition.id, text, true)],
            next: Next::End,
        })
    });
    source
        .expect_acknowledge()
        .withf(|units| *units == [UnitId("whole".to_owned())])
        .times(1)
        .returning(|_| Ok(()));
    let read = read(source, &store()).await.unwrap();
    assert_eq!((read.units, read.damaged.len()), (2, 1));
}

/// A source of partitions that all give this answer.
fn answering(
    partitions: &[&str],
    answer: impl Fn(Option<Position>) -> Result<Page, SourceError> + Send + Sync + 'static,
) -> MockLogSource {
    let mut source = MockLogSource::new();
    let names: Vec<Partition> = partitions
        .iter()
        .map(|name| Partition {
            id: (*name).to_owned(),
            units: Vec::new(),
            size_hint: 0,
        })
        .collect();
    source.expect_partitions().returning(move |_| Ok(names.clone()));
    source
        .expect_page()
        .returning(move |_, position| answer(position));
    source.expect_acknowledge().returning(|_| Ok(()));
    source
}

#[tokio::test]
async fn what_several_partitions_say_alike_is_told_once_and_counted_each_time() {
    let refused = |_| {
        Err(SourceError::NotFound {
            name: "account 111122223333, log group trail".to_owned(),
            reason: "check --region".to_owned(),
        })
    };
    let read = read(answering(&["trail@1", "trail@2", "trail@3"], refused), &store())
        .await
        .unwrap();
    let told = "account 111122223333, log group trail: not found (check --region)";
    assert_eq!((read.unread, read.failed), (vec![told.to_owned()], 3));
}

fn position(token: &str) -> Position {
    Position {
        token: token.as_bytes().to_vec(),
        durable: true,
    }
}

fn stored(token: &str) -> IngestBatch {
    IngestBatch {
        source: "test".to_owned(),
        arrived: now(),
        summary: Summary::default(),
        key_uses: KeyUses::new(),
        units: Vec::new(),
        positions: vec![StoredPosition {
            partition: "one".to_owned(),
            position: token.as_bytes().to_vec(),
        }],
    }
}

/// What the store has in the end, when something else is put there while the partition is read: from "start" on, to these
/// positions one after another.
async fn kept_after(positions: &'static [&'static str]) -> Vec<u8> {
    let store = Arc::new(MemoryStore::new());
    store.commit(&stored("start")).await.unwrap();
    let other = Arc::clone(&store);
    let source = answering(&["one"], move |from| {
        other
            .commit(&stored("put there"))
            .now_or_never()
            .unwrap()
            .unwrap();
        let from = String::from_utf8(from.unwrap().token).unwrap();
        let read = positions.iter().position(|token| *token == from);
        let at = read.filter(|_| from != "start").map_or(0, |read| read + 1);
        let next = position(positions[at]);
        let payloads = Vec::new();
        Ok(Page {
            payloads,
            next: if at + 1 < positions.len() {
                Next::More(next)
            } else {
                Next::Later(next)
            },
        })
    });
    let store: Arc<dyn Store> = store;
    read(source, &store).await.unwrap();
    store.positions("test").await.unwrap().remove(0).position
}

#[tokio::test]
async fn a_position_that_did_not_move_is_not_written() {
    assert_eq!(kept_after(&["start"]).await, b"put there");
    assert_eq!(kept_after(&["next"]).await, b"next");
    assert_eq!(kept_after(&["next", "last"]).await, b"last");
}

#[tokio::test]
async fn a_run_is_stopped_alone_or_with_all_the_others() {
    let daemon = Cancel::default();
    let (one, other) = (daemon.child(), daemon.child());
    let (clone, part) = (one.clone(), one.child());
    one.cancel();
    assert!(clone.is_cancelled() && part.is_cancelled());
    assert!(!other.is_cancelled() && !daemon.is_cancelled());
    part.cancelled().await;
    assert!(other.cancelled().now_or_never().is_none());
    daemon.cancel();
    assert!(other.is_cancelled());
    other.cancelled().await;
}
