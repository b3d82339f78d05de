//! Delivery: at least once, in order within a fault, refused events parked, failures postponed (invariant 7); what may have
//! come twice is marked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use firstsight_engine::Time;
use firstsight_inspection::{
    Cancel, Deliveries, InspectionError, RetryPolicy, SinkRun, decode_event, deliver_all, deliver_until,
};
use firstsight_sink::{Delivery, Digest, Event, EventKind, FaultRef, Sink, SinkError, Status};
use firstsight_store::memory::MemoryStore;
use firstsight_store::{
    AttemptRow, DeliveryRow, DeliveryState, EventQuery, Judgement, NewDelivery, NewEvent, Said, Store,
    Versions,
};
use proptest::prelude::*;

const SINK: &str = "scripted";

/// What a far side does with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Take,
    Refuse,
    /// Takes it, and the answer is lost.
    TakeAndLose,
    /// The answer is lost, and nothing was taken.
    LoseAll,
    Down,
    /// Asks for an hour.
    Limit,
    /// Asks for a minute.
    Limited,
    Block,
    Reject,
    Close,
    /// Takes it, and answers for one event too few.
    Miscount,
    /// Does not take it, and does not say whether it ever will.
    Hesitate,
}

/// Answers as it was told to, call by call, and remembers what it was shown and what it took.
#[derive(Debug, Default)]
struct Scripted {
    idempotent: bool,
    together: bool,
    answers: Mutex<VecDeque<Answer>>,
    /// Down whenever it is shown this event.
    always_down: Option<String>,
    shown: Mutex<Vec<Vec<String>>>,
    taken: Mutex<Vec<String>>,
    /// Answers of an event that were lost.
    lost: Mutex<BTreeMap<String, usize>>,
    digests: Mutex<Vec<Digest>>,
}

impl Scripted {
    fn answering(answers: &[Answer]) -> Self {
        Self {
            answers: Mutex::new(answers.iter().copied().collect()),
            ..Self::default()
        }
    }

    fn shown(&self) -> Vec<Vec<String>> {
        self.shown.lock().unwrap().clone()
    }

    fn answer(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        let ids: Vec<String> = events.iter().map(|event| event.id.clone()).collect();
        self.shown.lock().unwrap().push(ids.clone());
        let scripted = self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Take);
        let fails = ids.iter().any(|id| Some(id) == self.always_down.as_ref());
        let answer = if fails { Answer::Down } else { scripted };
        let sink = SINK.to_owned();
        if matches!(answer, Answer::Take | Answer::TakeAndLose | Answer::Miscount) {
            self.taken.lock().unwrap().extend(ids.clone());
        }
        if matches!(answer, Answer::TakeAndLose | Answer::LoseAll | Answer::Miscount) {
            let mut lost = self.lost.lock().unwrap();
            ids.iter()
                .for_each(|id| *lost.entry(id.clone()).or_default() += 1);
        }
        let source = "no route".into();
        match answer {
            Answer::Take => Ok(ids.iter().map(|_| Delivery::Delivered).collect()),
            Answer::Refuse => Ok(ids.iter().map(|_| refused()).collect()),
            Answer::Hesitate => Ok(ids.iter().map(|_| not_taken()).collect()),
            Answer::Miscount => Ok(ids.iter().skip(1).map(|_| Delivery::Delivered).collect()),
            Answer::TakeAndLose | Answer::LoseAll => Err(SinkError::Unanswered { sink, source }),
            Answer::Down | Answer::Limit | Answer::Limited => Err(SinkError::Unavailable {
                sink,
                retry_after: match answer {
                    Answer::Limit => Some(Duration::from_secs(3600)),
                    Answer::Limited => Some(Duration::from_secs(60)),
                    _ => None,
                },
                source,
            }),
            Answer::Block => Err(SinkError::Blocked {
                sink,
                reason: "the quota is used up: raise it".to_owned(),
                retry_after: Duration::from_secs(7200),
            }),
            Answer::Reject => Err(SinkError::Rejected {
                sink,
                reason: "the key is not known".to_owned(),
            }),
            Answer::Close => Err(SinkError::Closed { sink }),
        }
    }
}

fn refused() -> Delivery {
    Delivery::Refused {
        reason: "too long".to_owned(),
    }
}

fn not_taken() -> Delivery {
    Delivery::NotTaken {
        reason: "ok: false".to_owned(),
    }
}

#[async_trait]
impl Sink for Scripted {
    fn describe(&self) -> String {
        SINK.to_owned()
    }

    fn idempotent(&self) -> bool {
        self.idempotent
    }

    fn tells_together(&self) -> bool {
        self.together
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        self.answer(events)
    }

    async fn deliver_together(&self, digest: &Digest) -> Result<Vec<Delivery>, SinkError> {
        self.digests.lock().unwrap().push(digest.clone());
        self.answer(&digest.events)
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
        trouble: None,
    }
}

/// A store with these events to be delivered: id, fault, bundle.
async fn store_with(events: &[(&str, &str, &str)]) -> MemoryStore {
    let store = MemoryStore::new();
    let row = |(id, fault, bundle): &(&str, &str, &str)| NewEvent {
        id: (*id).to_owned(),
        fault: (*fault).to_owned(),
        account: "111122223333".to_owned(),
        status: "warning".to_owned(),
        time: Time::from_secs(3600),
        body: firstsight_inspection::encode_event(&event(id, fault)),
        facets: firstsight_store::EventFacets::default(),
        deliveries: vec![NewDelivery {
            bundle: (*bundle).to_owned(),
            ..NewDelivery::to(SINK)
        }],
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

fn plain() -> RetryPolicy {
    RetryPolicy {
        jitter: None,
        ..RetryPolicy::default()
    }
}

fn now() -> Time {
    Time::from_secs(7200)
}

async fn run(store: &MemoryStore, sink: &Scripted, now: Time) -> SinkRun {
    deliver_until(store, SINK, sink, now, plain(), &Cancel::default()).await
}

/// The deliveries by event.
async fn rows(store: &MemoryStore) -> BTreeMap<String, DeliveryRow> {
    let events = store.events(&EventQuery::default()).await.unwrap();
    let rows = events.into_iter();
    rows.map(|mut row| (row.event.id, row.deliveries.remove(0)))
        .collect()
}

fn done(delivered: u64, parked: u64, postponed: u64) -> Deliveries {
    Deliveries {
        delivered,
        parked,
        postponed,
    }
}

#[tokio::test]
async fn everything_comes_in_the_order_of_its_fault() {
    for idempotent in [false, true] {
        let store = store_with(&[("a1", "a", ""), ("b1", "b", ""), ("a2", "a", ""), ("a3", "a", "")]).await;
        let sink = Scripted {
            idempotent,
            ..Scripted::default()
        };
        let result = run(&store, &sink, now()).await.into_result().unwrap();
        assert_eq!(result, done(4, 0, 0));
        let taken = sink.taken.lock().unwrap().clone();
        let of_a: Vec<&String> = taken.iter().filter(|id| id.starts_with('a')).collect();
        assert_eq!(of_a, ["a1", "a2", "a3"]);
        let most = sink.shown().iter().map(Vec::len).max();
        assert_eq!(most, Some(if idempotent { 2 } else { 1 }), "events a call");
    }
}

#[tokio::test]
async fn a_failure_keeps_the_events_until_their_time_comes() {
    let store = store_with(&[("a1", "a", ""), ("a2", "a", ""), ("b1", "b", "")]).await;
    let sink = Scripted::answering(&[Answer::Down]);
    let failed = run(&store, &sink, now()).await;
    assert!(matches!(failed.error, Some(InspectionError::Sink(_))));
    assert_eq!((failed.sink.as_str(), failed.done), (SINK, done(0, 0, 1)));
    assert_eq!(sink.shown(), [["a1"]], "the run ends with the failure");
    let row = &rows(&store).await["a1"];
    assert_eq!((row.state, row.attempts), (DeliveryState::Pending, 1));
    assert_eq!(row.message, "no route");
    let soon = run(&store, &sink, now().plus_millis(29_999)).await.done;
    assert_eq!(soon, done(1, 0, 0), "of another fault");
    let later = run(&store, &sink, now().plus_millis(30_000)).await.done;
    assert_eq!(later, done(2, 0, 0));
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again_and_keeps_no_other_fault_waiting() {
    let store = store_with(&[("a1", "a", ""), ("a2", "a", ""), ("b1", "b", "")]).await;
    let sink = Scripted::answering(&[Answer::Hesitate, Answer::Take, Answer::Hesitate]);
    let first = run(&store, &sink, now()).await.into_result().unwrap();
    assert_eq!(first, done(1, 0, 1), "b1 is taken in the same run");
    let row = &rows(&store).await["a1"];
    assert_eq!((row.state, row.attempts), (DeliveryState::Pending, 1));
    assert_eq!(row.message, "ok: false");
    for hour in 1..3 {
        let then = now().plus_millis(hour * 3_600_000);
        run(&store, &sink, then).await.into_result().unwrap();
    }
    assert_eq!(*sink.taken.lock().unwrap(), ["b1", "a1", "a2"]);
    assert!(rows(&store).await.values().all(|row| !row.perhaps_twice()));
}

/// What an attacker writes into a message must not silence what comes after it.
#[tokio::test]
async fn what_is_never_taken_is_parked_and_what_follows_it_is_sent() {
    let store = store_with(&[("a1", "a", ""), ("a2", "a", "")]).await;
    let tries = plain().tries;
    let sink = Scripted::answering(&vec![Answer::Hesitate; tries as usize]);
    for hour in 0..i64::from(tries) {
        run(&store, &sink, now().plus_millis(hour * 3_600_000)).await;
    }
    let rows = rows(&store).await;
    assert_eq!(
        (rows["a1"].state, rows["a1"].attempts),
        (DeliveryState::Parked, tries)
    );
    assert_eq!(rows["a2"].state, DeliveryState::Delivered);
}

#[tokio::test]
async fn a_wait_that_a_far_side_asks_for_holds_for_every_event() {
    for (answer, wait) in [(Answer::Limit, 3600), (Answer::Block, 7200)] {
        let store = store_with(&[("a1", "a", ""), ("b1", "b", "")]).await;
        let sink = Scripted::answering(&[answer]);
        let until = |seconds: i64| now().plus_millis(seconds * 1000);
        assert!(run(&store, &sink, now()).await.error.is_some());
        let early = run(&store, &sink, until(wait - 1)).await.into_result().unwrap();
        assert_eq!(early, done(0, 0, 0), "{answer:?}");
        assert_eq!(rows(&store).await["b1"].attempts, 0, "it was not tried");
        let late = run(&store, &sink, until(wait)).await.into_result().unwrap();
        assert_eq!(late, done(2, 0, 0), "{answer:?}");
    }
}

/// A far side that fails over one event each time must not keep the others waiting for ever.
#[tokio::test]
async fn an_event_that_always_fails_keeps_no_other_fault_waiting() {
    for bundle in ["", "cap:x"] {
        let store = store_with(&[
            ("a1", "a", ""),
            ("a2", "a", ""),
            ("b1", "b", bundle),
            ("c1", "c", bundle),
        ])
        .await;
        let sink = Scripted {
            always_down: Some("a1".to_owned()),
            together: true,
            ..Scripted::default()
        };
        for hour in 0..2 {
            let then = now().plus_millis(hour * 3_600_000);
            let error = run(&store, &sink, then).await.error;
            assert!(error.is_some(), "a1 failed in hour {hour}");
        }
        let taken = sink.taken.lock().unwrap().clone();
        assert_eq!(taken, ["b1", "c1"], "{bundle:?}; a2 waits for a1");
        assert_eq!(rows(&store).await["a1"].attempts, 2, "it is tried on");
    }
}

/// Guance's `OpenAPI` and the robots of chats take about 20 calls a minute: a burst of 60 gets through over a few runs.
#[tokio::test]
async fn a_burst_gets_through_a_rate_limit_over_runs() {
    let names: Vec<(String, String)> = (0..60)
        .map(|n| (format!("{n:02}"), format!("f{}", n % 20)))
        .collect();
    let events: Vec<_> = names
        .iter()
        .map(|(id, fault)| (id.as_str(), fault.as_str(), ""))
        .collect();
    let store = store_with(&events).await;
    let sink = Scripted::default();
    let mut runs = 0;
    for minute in 0..10 {
        let answers = [[Answer::Take; 20].as_slice(), &[Answer::Limited; 40]].concat();
        *sink.answers.lock().unwrap() = answers.into();
        let then = now().plus_millis(minute * 61_000);
        let left = run(&store, &sink, then).await;
        assert_eq!(left.done.parked, 0);
        runs += 1;
        if left.error.is_none() && sink.taken.lock().unwrap().len() == 60 {
            break;
        }
    }
    let taken = sink.taken.lock().unwrap().clone();
    assert_eq!(taken.iter().collect::<std::collections::BTreeSet<_>>().len(), 60);
    assert_eq!(taken.len(), 60, "each once");
    assert!(runs <= 4, "{runs} runs, a minute apart");
    for fault in 0..20 {
        let of_fault: Vec<_> = taken
            .iter()
            .filter(|id| id.parse::<usize>().unwrap() % 20 == fault)
            .collect();
        assert!(of_fault.is_sorted(), "{of_fault:?}");
    }
    assert!(rows(&store).await.values().all(|row| !row.perhaps_twice()));
}

#[tokio::test]
async fn the_far_side_is_given_the_time_it_asks_for() {
    for (answer, seconds, message) in [
        (Answer::Limit, 3600, "no route"),
        (Answer::Block, 7200, "the quota is used up: raise it"),
        (Answer::Reject, 30, "the key is not known"),
        (Answer::Close, 30, "nobody reads on"),
        (Answer::LoseAll, 30, "sent, but the answer was lost: no route"),
    ] {
        let store = store_with(&[("a1", "a", "")]).await;
        run(&store, &Scripted::answering(&[answer]), now())
            .await
            .into_result()
            .unwrap_err();
        let row = &rows(&store).await["a1"];
        let next = Time::from_millis(now().as_millis() + seconds * 1000);
        assert_eq!(
            (row.next_attempt, row.message.as_str()),
            (Some(next), message),
            "{answer:?}"
        );
        let expected = AttemptRow {
            at: now(),
            state: Some(DeliveryState::Pending),
            message: message.to_owned(),
            lost: answer == Answer::LoseAll,
            repeatable: false,
        };
        assert_eq!(row.log, [expected], "{answer:?}");
    }
}

#[tokio::test]
async fn waits_are_jittered_by_event_and_attempt() {
    let store = store_with(&[("a1", "a", ""), ("b1", "b", "")]).await;
    let sink = Scripted {
        idempotent: true,
        ..Scripted::answering(&[Answer::Down])
    };
    let policy = RetryPolicy::default();
    deliver_until(&store, SINK, &sink, now(), policy, &Cancel::default()).await;
    let rows = rows(&store).await;
    let waits: Vec<i64> = rows
        .values()
        .map(|row| row.next_attempt.unwrap().as_millis() - now().as_millis())
        .collect();
    assert!(waits.iter().all(|wait| (0..=30_000).contains(wait)), "{waits:?}");
    assert_ne!(waits[0], waits[1]);
}

#[tokio::test]
async fn a_refused_event_is_parked_and_lets_the_next_one_pass() {
    let store = store_with(&[("a1", "a", ""), ("a2", "a", "")]).await;
    let sink = Scripted::answering(&[Answer::Refuse]);
    let result = run(&store, &sink, now()).await.into_result().unwrap();
    assert_eq!(result, done(1, 1, 0));
    let parked = &rows(&store).await["a1"];
    assert_eq!(
        (parked.state, parked.message.as_str()),
        (DeliveryState::Parked, "too long")
    );
    let events = store.events(&EventQuery::default()).await.unwrap();
    assert!(decode_event("a1", &events[1].event.body).is_ok());
    let said = Said {
        by: "alice".to_owned(),
        at: now(),
        note: String::new(),
    };
    store.retry_parked(Some(SINK), &said).await.unwrap();
    assert_eq!(run(&store, &sink, now()).await.done, done(1, 0, 0));
}

#[tokio::test]
async fn what_cannot_be_read_is_parked_and_the_rest_goes_on() {
    let store = store_with(&[("a1", "a", "")]).await;
    let judgement = Judgement {
        inspection: "other".to_owned(),
        events: vec![NewEvent {
            id: "damaged".to_owned(),
            fault: "a".to_owned(),
            account: String::new(),
            status: String::new(),
            time: now(),
            body: b"{".to_vec(),
            facets: firstsight_store::EventFacets::default(),
            deliveries: vec![NewDelivery::to(SINK)],
        }],
        ..Judgement::default()
    };
    store.record(&judgement, &Versions::default()).await.unwrap();
    let sink = Scripted::default();
    assert_eq!(
        run(&store, &sink, now()).await.into_result().unwrap(),
        done(1, 0, 0)
    );
    let rows = rows(&store).await;
    let row = &rows["damaged"];
    assert_eq!(row.state, DeliveryState::Parked);
    assert!(
        row.message
            .starts_with("event damaged in the outbox cannot be read: "),
        "{}",
        row.message
    );
    assert_eq!(sink.shown(), [["a1"]]);
}

#[tokio::test]
async fn a_bundle_is_one_notification_where_the_sink_can_tell_it() {
    let events = [
        ("a1", "a", "cap:x"),
        ("b1", "b", ""),
        ("b2", "b", "cap:x"),
        ("c1", "c", "agg:y"),
    ];
    let store = store_with(&events).await;
    let sink = Scripted {
        together: true,
        ..Scripted::answering(&[Answer::Take, Answer::Down])
    };
    assert_eq!(run(&store, &sink, now()).await.done, done(1, 0, 2));
    let rows_of = rows(&store).await;
    assert_eq!(
        rows_of["a1"].next_attempt, rows_of["b2"].next_attempt,
        "they wait together"
    );
    let later = run(&store, &sink, now().plus_millis(60_000)).await.done;
    assert_eq!(later, done(3, 0, 0));
    let shown: Vec<Vec<String>> = sink.shown();
    assert_eq!(
        shown,
        [vec!["b1"], vec!["a1", "b2"], vec!["c1"], vec!["a1", "b2"]]
    );
    let digests = sink.digests.lock().unwrap().clone();
    let causes: Vec<_> = digests.iter().map(|digest| digest.cause).collect();
    assert_eq!(
        causes,
        [firstsight_sink::DigestCause::Capped; 2],
        "a bundle of one is an event"
    );
    assert_eq!(digests[0].id, digests[1].id, "the same notification again");
}

/// A medium that keeps events one by one would not tell which events of a call that failed half-way it has.
#[tokio::test]
async fn a_bundle_goes_one_by_one_where_the_sink_cannot_tell_it() {
    let store = store_with(&[("a1", "a", "agg:x"), ("a2", "a", "agg:x"), ("b1", "b", "agg:x")]).await;
    let sink = Scripted::answering(&[Answer::Take, Answer::Down]);
    assert_eq!(run(&store, &sink, now()).await.done, done(1, 0, 1));
    assert_eq!(
        run(&store, &sink, now()).await.done,
        done(1, 0, 0),
        "of another fault"
    );
    assert_eq!(
        run(&store, &sink, now().plus_millis(60_000)).await.done,
        done(1, 0, 0)
    );
    assert_eq!(sink.shown(), [["a1"], ["a2"], ["b1"], ["a2"]]);
    assert!(rows(&store).await.values().all(|row| !row.perhaps_twice()));
}

#[tokio::test]
async fn stops_between_two_events_when_asked() {
    let store = store_with(&[("a1", "a", "")]).await;
    let sink = Scripted::default();
    let cancel = Cancel::default();
    cancel.cancel();
    let stopped = deliver_until(&store, SINK, &sink, now(), plain(), &cancel).await;
    assert!(matches!(stopped.error, Some(InspectionError::Cancelled)));
    assert!(sink.shown().is_empty());
    assert_eq!(rows(&store).await["a1"].log, [], "no attempt was noted");
}

/// Answers once somebody else was called.
#[derive(Debug)]
struct After(tokio::sync::Semaphore);

#[derive(Debug)]
struct Releases(Arc<After>);

#[async_trait]
impl Sink for After {
    fn describe(&self) -> String {
        "after".to_owned()
    }

    fn idempotent(&self) -> bool {
        true
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        let _permit = self.0.acquire().await.unwrap();
        Ok(events.iter().map(|_| Delivery::Delivered).collect())
    }
}

#[async_trait]
impl Sink for Releases {
    fn describe(&self) -> String {
        "releases".to_owned()
    }

    fn idempotent(&self) -> bool {
        true
    }

    async fn deliver(&self, _: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        self.0.0.add_permits(1);
        let sink = self.describe();
        Err(SinkError::Closed { sink })
    }
}

#[tokio::test]
async fn sinks_go_side_by_side_and_fail_alone() {
    let store = MemoryStore::new();
    let mut told = event("a1", "a");
    told.id = "a1".to_owned();
    let judgement = Judgement {
        inspection: "default".to_owned(),
        events: vec![NewEvent {
            id: "a1".to_owned(),
            fault: "a".to_owned(),
            account: String::new(),
            status: String::new(),
            time: now(),
            body: firstsight_inspection::encode_event(&told),
            facets: firstsight_store::EventFacets::default(),
            deliveries: ["after", "releases"].map(NewDelivery::to).to_vec(),
        }],
        ..Judgement::default()
    };
    store.record(&judgement, &Versions::default()).await.unwrap();
    let after = Arc::new(After(tokio::sync::Semaphore::new(0)));
    let releases = Arc::new(Releases(after.clone()));
    let sinks: [(String, Arc<dyn Sink>); 2] =
        [("after".to_owned(), after), ("releases".to_owned(), releases)];
    let runs = deliver_all(&store, &sinks, now(), plain(), &Cancel::default()).await;
    let told: Vec<_> = runs
        .iter()
        .map(|run| (run.sink.as_str(), run.done, run.error.is_some()))
        .collect();
    assert_eq!(
        told,
        [("after", done(1, 0, 0), false), ("releases", done(0, 0, 1), true)]
    );
}

/// While it is shown an event for the first time, another process delivers all that is due.
#[derive(Debug)]
struct Overtaken {
    store: Arc<MemoryStore>,
    own: Scripted,
    other: Arc<Scripted>,
    other_ran: std::sync::atomic::AtomicBool,
}

#[async_trait]
impl Sink for Overtaken {
    fn describe(&self) -> String {
        SINK.to_owned()
    }

    fn idempotent(&self) -> bool {
        false
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        if !self.other_ran.swap(true, std::sync::atomic::Ordering::Relaxed) {
            run(&self.store, &self.other, now()).await;
        }
        self.own.answer(events)
    }
}

/// Nothing keeps two processes from showing one event to a sink; what each of them did is in the log, and the event is
/// marked.
#[tokio::test]
async fn what_two_processes_deliver_at_once_is_marked() {
    for (own, other) in [
        (Answer::Take, Answer::Take),
        (Answer::Down, Answer::Take),
        (Answer::Take, Answer::Down),
        (Answer::Take, Answer::TakeAndLose),
        (Answer::TakeAndLose, Answer::Take),
        (Answer::TakeAndLose, Answer::Down),
    ] {
        let store = Arc::new(store_with(&[("a1", "a", ""), ("a2", "a", "")]).await);
        let sink = Overtaken {
            store: Arc::clone(&store),
            own: Scripted::answering(&[own]),
            other: Arc::new(Scripted::answering(&[other])),
            other_ran: false.into(),
        };
        for hour in 0..3 {
            let then = now().plus_millis(hour * 3_600_000);
            deliver_until(&*store, SINK, &sink, then, plain(), &Cancel::default()).await;
        }
        let took = |id: &str| {
            let taken = |sink: &Scripted| {
                sink.taken
                    .lock()
                    .unwrap()
                    .iter()
                    .filter(|taken| *taken == id)
                    .count()
            };
            taken(&sink.own) + taken(&sink.other)
        };
        for (id, row) in rows(&store).await {
            assert_eq!(row.state, DeliveryState::Delivered, "{own:?} {other:?}: {row:?}");
            assert!(took(&id) > 0, "{id} {own:?} {other:?}");
            assert!(
                took(&id) == 1 || row.perhaps_twice(),
                "{id} {own:?} {other:?}: {row:?}"
            );
            assert!(
                id == "a1" || took(&id) == 1,
                "{id} is not on its way yet: {own:?} {other:?}"
            );
        }
    }
}

fn answer() -> impl Strategy<Value = Answer> {
    prop::sample::select(vec![
        Answer::Take,
        Answer::Take,
        Answer::Refuse,
        Answer::TakeAndLose,
        Answer::LoseAll,
        Answer::Down,
        Answer::Limit,
        Answer::Block,
        Answer::Reject,
        Answer::Miscount,
    ])
}

const FAULTS: [&str; 3] = ["a", "b", "c"];
const BUNDLES: [&str; 4] = ["", "", "cap:x", "agg:y"];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the far side does: every event comes, in order within its fault, and comes twice only where an answer was
    /// lost; just those that may have are marked, and each call is in the log.
    #[test]
    fn whatever_the_far_side_does(
        planned in prop::collection::vec((0usize..3, 0usize..4), 1..12),
        answers in prop::collection::vec(answer(), 0..30),
        together in any::<bool>(),
        idempotent in any::<bool>(),
        jitter in prop::option::of(any::<u64>()),
    ) {
        let ids: Vec<String> = (0..planned.len()).map(|number| format!("{number:02}")).collect();
        let events: Vec<_> = planned
            .iter()
            .zip(&ids)
            .map(|((fault, bundle), id)| (id.as_str(), FAULTS[*fault], BUNDLES[*bundle]))
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sink = Scripted { idempotent, together, ..Scripted::answering(&answers) };
        let rows = runtime.block_on(async {
            let store = store_with(&events).await;
            let policy = RetryPolicy { jitter, ..RetryPolicy::default() };
            // Each run takes at least one answer, and none waits longer than two hours.
            for hours in 0..60 {
                let then = now().plus_millis(hours * 2 * 3_600_000);
                deliver_until(&store, SINK, &sink, then, policy, &Cancel::default()).await;
            }
            rows(&store).await
        });
        let (shown, taken) = (sink.shown(), sink.taken.lock().unwrap().clone());
        let lost = sink.lost.lock().unwrap().clone();
        for (id, _, _) in &events {
            let row = &rows[*id];
            let came = taken.iter().filter(|taken| taken == id).count();
            let calls = shown.iter().flatten().filter(|shown| shown == id).count();
            prop_assert!(matches!(row.state, DeliveryState::Delivered | DeliveryState::Parked), "{row:?}");
            prop_assert!(came > 0 || row.state == DeliveryState::Parked);
            prop_assert_eq!(row.attempts as usize, calls);
            prop_assert_eq!(row.log.len(), calls);
            let lost = lost.get(*id).copied().unwrap_or_default();
            prop_assert_eq!(row.log.iter().filter(|attempt| attempt.lost).count(), lost);
            let expected = !idempotent && (lost > 1 || lost == 1 && row.state == DeliveryState::Delivered);
            prop_assert_eq!(row.perhaps_twice(), expected, "{:?}", row);
            prop_assert!(came < 2 || lost > 0, "{} came {} times without a lost answer", id, came);
        }
        for fault in FAULTS {
            let of_fault = |id: &&String| events.iter().any(|(own, of, _)| own == id && *of == fault);
            let order: Vec<_> = shown.iter().flatten().filter(of_fault).collect();
            if !together && !idempotent {
                prop_assert!(order.is_sorted(), "{order:?}");
            }
            let mut first: Vec<&String> = Vec::new();
            for id in order {
                if !first.contains(&id) {
                    first.push(id);
                }
            }
            prop_assert!(first.is_sorted(), "{first:?}");
        }
        if !idempotent && !together {
            prop_assert!(shown.iter().all(|call| call.len() == 1));
        }
    }
}
