//! How long an error event is known: for the dedup horizon behind its *last* arrival.

use firstsight_engine::{ErrorEvent, Identity, Summary, SummaryOptions, Time};
use firstsight_store::memory::MemoryStore;
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{IngestBatch, Retention, Store};

const DAY: i64 = 24 * 3600;

fn event() -> ErrorEvent<'static> {
    ErrorEvent {
        event_id: Some("1".into()),
        time: Time::from_secs(1_767_225_600),
        account: "111122223333".into(),
        event_source: "iam.amazonaws.com".into(),
        event_name: "GetRole".into(),
        error_code: "AccessDenied".into(),
        error_message: "".into(),
        region: "us-east-1".into(),
        source_ip: "192.0.2.7".into(),
        user_agent: "aws-cli".into(),
        user_identity: Identity::default(),
        read_only: None,
        event_type: "AwsApiCall".into(),
        request_parameters: None,
        raw: "{}",
    }
}

async fn arrive(store: &dyn Store, day: i64) -> u64 {
    let mut summary = Summary::new(SummaryOptions::default());
    summary.observe(&event());
    let batch = IngestBatch {
        source: "files".to_owned(),
        arrived: Time::from_secs(day * DAY),
        summary,
        ..IngestBatch::default()
    };
    store.commit(&batch).await.unwrap().new_events
}

async fn forget(store: &dyn Store, day: i64) {
    let retention = Retention {
        before: Time::from_secs(0),
        identities_before: Time::from_secs(day * DAY),
    };
    store.purge(&retention).await.unwrap();
}

async fn stays_known_while_it_comes_again(store: &dyn Store) {
    assert_eq!(arrive(store, 10).await, 1);
    for day in 11..20 {
        forget(store, day - 1).await;
        assert_eq!(arrive(store, day).await, 0, "day {day}");
    }
    // An older arrival does not shorten what is remembered.
    assert_eq!(arrive(store, 5).await, 0);
    forget(store, 19).await;
    assert_eq!(arrive(store, 20).await, 0);
    forget(store, 21).await;
    assert_eq!(arrive(store, 22).await, 1);
}

#[tokio::test]
async fn an_event_that_comes_again_stays_known() {
    stays_known_while_it_comes_again(&MemoryStore::new()).await;
    stays_known_while_it_comes_again(&SqliteStore::open_in_memory().await.unwrap()).await;
}
