//! Delivery: at least once, in order within a fault, refused events parked, failures postponed (invariant 7).

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use firstsight_engine::Time;
use firstsight_inspection::{Deliveries, InspectionError, RetryPolicy, decode_event, deliver};
use firstsight_sink::{Delivery, Event, EventKind, FaultRef, Sink, SinkError, Status};
use firstsight_store::memory::MemoryStore;
use firstsight_store::{DeliveryState, EventQuery, Judgement, NewEvent, Store, Versions};

/// Answers as it was told to, and remembers the order of what it took.
#[derive(Debug, Default)]
struct Scripted {
    answers: Mutex<VecDeque<Result<Delivery, &'static str>>>,
    taken: Mutex<Vec<String>>,
}

#[async_trait]
impl Sink for Scripted {
    fn describe(&self) -> String {
        "scripted".to_owned()
    }

    fn idempotent(&self) -> bool {
        false
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        let mut answers = Vec::new();
        for event in events {
            match self
                .answers
                .lock()
                .unwrap()
                .pop_front()
                .unwrap_or(Ok(Delivery::Delivered))
            {
                Ok(answer) => {
                    self.taken.lock().unwrap().push(event.id.clone());
                    answers.push(answer);
                }
                Err(why) => {
                    let sink = self.describe();
                    return Err(SinkError::Unavailable {
                        sink,
                        retry_after: None,
                        source: why.into(),
                    });
                }
            }
        }
        Ok(answers)
    }
}

fn event(id: &str, fault: &str) -> Event {
    let start = Time::from_secs(0);
    Event {
        schema: Event::SCHEMA.to_owned(),
        id: id.to_owned(),
        kind: EventKind::Opened,
        status: Status::Warning,
        inspection: "default".to_owned(),
        account: "111122223333".to_owned(),
        fault: FaultRef {
            id: fault.to_owned(),
            started: start,
            duration_seconds: 0,
        },
        window: firstsight_engine::Range::new(start, Time::from_secs(3600)),
        title: String::new(),
        findings: Vec::new(),
        ongoing_clusters: 0,
        errors: 0,
        hours: Vec::new(),
        keys: Vec::new(),
    }
}

async fn store_with(events: &[(&str, &str)]) -> MemoryStore {
    let store = MemoryStore::new();
    let row = |(id, fault): &(&str, &str)| NewEvent {
        id: (*id).to_owned(),
        fault: (*fault).to_owned(),
        account: "111122223333".to_owned(),
        status: "warning".to_owned(),
        time: Time::from_secs(3600),
        body: firstsight_inspection::encode_event(&event(id, fault)),
        deliveries: vec![firstsight_store::NewDelivery::to("scripted")],
    };
    let judgement = Judgement {
        inspection: "default".to_owned(),
        window: Some(event("x", "x").window),
        events: events.iter().map(row).collect(),
        ..Judgement::default()
    };
    store.record(&judgement, &Versions::default()).await.unwrap();
    store
}

async fn states(store: &MemoryStore) -> Vec<(String, DeliveryState, u32)> {
    let mut rows: Vec<_> = store
        .events(&EventQuery::default())
        .await
        .unwrap()
        .into_iter()
        .map(|row| (row.event.id, row.deliveries[0].state, row.deliveries[0].attempts))
        .collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn everything_comes_in_the_order_of_its_fault() {
    let store = store_with(&[("a1", "a"), ("b1", "b"), ("a2", "a"), ("a3", "a")]).await;
    let sink = Scripted::default();
    let done = deliver(
        &store,
        "scripted",
        &sink,
        Time::from_secs(7200),
        RetryPolicy::default(),
    )
    .await
    .unwrap();
    assert_eq!(
        done,
        Deliveries {
            delivered: 4,
            parked: 0
        }
    );
    let taken = sink.taken.into_inner().unwrap();
    let of_a: Vec<&String> = taken.iter().filter(|id| id.starts_with('a')).collect();
    assert_eq!(of_a, ["a1", "a2", "a3"]);
}

#[tokio::test]
async fn a_failure_keeps_the_events_until_their_time_comes() {
    let store = store_with(&[("a1", "a"), ("a2", "a")]).await;
    let sink = Scripted::default();
    sink.answers.lock().unwrap().push_back(Err("no route"));
    let at = Time::from_secs(7200);
    let failed = deliver(&store, "scripted", &sink, at, RetryPolicy::default()).await;
    assert!(matches!(failed, Err(InspectionError::Sink(_))));
    assert_eq!(
        states(&store).await[0],
        ("a1".to_owned(), DeliveryState::Pending, 1)
    );
    let soon = deliver(
        &store,
        "scripted",
        &sink,
        at.plus_millis(29_999),
        RetryPolicy::default(),
    )
    .await
    .unwrap();
    assert_eq!(soon.delivered, 0);
    let later = deliver(
        &store,
        "scripted",
        &sink,
        at.plus_millis(30_000),
        RetryPolicy::default(),
    )
    .await
    .unwrap();
    assert_eq!(later.delivered, 2);
}

#[tokio::test]
async fn a_refused_event_is_parked_and_lets_the_next_one_pass() {
    let store = store_with(&[("a1", "a"), ("a2", "a")]).await;
    let sink = Scripted::default();
    sink.answers.lock().unwrap().push_back(Ok(Delivery::Refused {
        reason: "too long".to_owned(),
    }));
    let done = deliver(
        &store,
        "scripted",
        &sink,
        Time::from_secs(7200),
        RetryPolicy::default(),
    )
    .await
    .unwrap();
    assert_eq!(
        done,
        Deliveries {
            delivered: 1,
            parked: 1
        }
    );
    let rows = store.events(&EventQuery::default()).await.unwrap();
    let parked = rows.iter().find(|row| row.event.id == "a1").unwrap();
    assert_eq!(
        (parked.deliveries[0].state, parked.deliveries[0].message.as_str()),
        (DeliveryState::Parked, "too long")
    );
    assert!(decode_event("a1", &parked.event.body).is_ok());
}
