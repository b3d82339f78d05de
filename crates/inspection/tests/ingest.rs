//! Reading: what cannot be read is told, the rest is read, and nothing is read twice (invariants 1 and 2).

use std::sync::Arc;

use bytes::Bytes;
use firstsight_cloudtrail::{Encoding, TimeRange, Timestamp};
use firstsight_inspection::{Cancel, Ingest, Ingested, InspectionError, Progress, Silent, ingest};
use firstsight_source::memory::MemorySource;
use firstsight_source::{
    LogSource, MockLogSource, Next, Origin, Page, Partition, Payload, SourceError, UnitId,
};
use firstsight_store::Store;
use firstsight_store::memory::MemoryStore;

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
