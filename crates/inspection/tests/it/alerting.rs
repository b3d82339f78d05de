//! A day of simulated hours: faults open, go on and recover, and each sink is told what its policy says, when it says so.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use firstsight_cloudtrail::Timestamp;
use firstsight_engine::{Hour, Severity, Time};
use firstsight_inspection::alert::{
    AlertPolicy, Alerting, Escalation, Filter, Hours, Mute, MuteTime, Pattern, counted,
};
use firstsight_inspection::mutes::mute;
use firstsight_inspection::{
    Cancel, FaultRecord, Ingest, RetryPolicy, Settings, Silent, deliver_all, fault_records, ingest,
    judge_window,
};
use firstsight_sink::{Delivery, Digest, Event, EventKind, Sink, SinkError};
use firstsight_source::LogSource;
use firstsight_source::memory::MemorySource;
use firstsight_store::memory::MemoryStore;
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{EventQuery, Said, Store, StoredEvent, StoredMute};

/// Each account's errors: account, user, call, and the hours of the first day and the next in which it fails.
const ERRORS: [(&str, &str, &str, std::ops::Range<u32>); 11] = [
    // Opens at 03:00, has something new at 06:00, recovers at 10:00.
    ("111122223333", "ci", "CreateUser", 2..9),
    ("111122223333", "ci", "DeleteUser", 5..6),
    // By night: opens at 20:00, recovers at 21:00.
    ("444455556666", "ci", "CreateRole", 19..20),
    // By night, and still there in the morning.
    ("444455556667", "ci", "CreateRole", 21..34),
    // The penetration test: opens at 14:00, recovers at 17:00.
    ("777788889999", "pentest-1", "CreateUser", 13..16),
    // Muted and more: opens at 14:00 by the tester and by someone else.
    ("777788889990", "pentest-1", "CreateUser", 13..14),
    ("777788889990", "mallory", "DeleteTrail", 13..14),
    // All at once: open at 12:00, recover at 13:00.
    ("100000000001", "ci", "CreateUser", 11..12),
    ("100000000002", "ci", "CreateUser", 11..12),
    ("100000000003", "ci", "CreateUser", 11..12),
    ("100000000004", "ci", "CreateUser", 11..12),
];

fn records() -> Vec<(String, Vec<u8>)> {
    let mut units = Vec::new();
    for (number, (account, user, call, hours)) in ERRORS.into_iter().enumerate() {
        let service = if call == "DeleteTrail" {
            "cloudtrail"
        } else {
            "iam"
        };
        for hour in hours {
            let (day, hour) = (1 + hour / 24, hour % 24);
            let record = format!(
                r#"{{"eventID":"{number}-{day}-{hour}","eventTime":"2026-01-{day:02}T{hour:02}:10:00Z",
                "eventSource":"{service}.amazonaws.com","eventName":"{call}","errorCode":"AccessDenied",
                "errorMessage":"denied","recipientAccountId":"{account}","awsRegion":"us-east-1",
                "userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::{account}:user/{user}"}}}}"#
            );
            units.push((format!("{number}-{day}-{hour}"), record.into_bytes()));
        }
    }
    units
}

fn sinks(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Guance is told everything; the chat seldom, and its on-call when something lasts; mail by day.
fn policies() -> Vec<AlertPolicy> {
    let policy = |name: &str, to: &[&str]| AlertPolicy {
        name: name.to_owned(),
        to: sinks(to),
        silence: 0,
        cap: 0,
        ..AlertPolicy::default()
    };
    vec![
        policy("all", &["guance"]),
        AlertPolicy {
            silence: 86_400,
            cap: 2,
            escalations: vec![Escalation {
                after: 4 * 3600,
                to: sinks(&["chat:oncall"]),
            }],
            ..policy("team", &["chat"])
        },
        AlertPolicy {
            severities: vec![Severity::Warning, Severity::Error, Severity::Critical],
            hours: vec![Hours {
                days: Vec::new(),
                from: 8 * 60,
                until: 18 * 60,
            }],
            silence: 86_400,
            ..policy("office", &["mail"])
        },
    ]
}

fn settings() -> Settings {
    Settings {
        min_history_hours: 0,
        alerting: Alerting {
            policies: policies(),
            ..Alerting::default()
        },
        ..Settings::default()
    }
}

/// The penetration test, in the state.
fn pen_test() -> Mute {
    Mute {
        id: String::new(),
        filter: Filter {
            actors: vec![Pattern::try_from("*pentest*".to_owned()).unwrap()],
            ..Filter::default()
        },
        when: MuteTime::Once {
            from: Some("2026-01-01T13:00:00Z".parse().unwrap()),
            until: Some("2026-01-01T16:00:00Z".parse().unwrap()),
        },
        reason: "TICKET-12".to_owned(),
        expires: None,
    }
}

/// Writes down what it is told.
#[derive(Debug)]
struct Diary {
    name: &'static str,
    told: Arc<Mutex<Vec<String>>>,
}

impl Diary {
    fn write(&self, text: &str) {
        self.told
            .lock()
            .unwrap()
            .push(format!("{:<11} {text}", self.name));
    }
}

fn line(event: &Event) -> String {
    let hour = event.window.end.to_string();
    let (hour, status) = (&hour[8..16], event.status.as_str());
    format!("{} {} {status} ({hour})", event.account, event.kind.as_str())
}

#[async_trait]
impl Sink for Diary {
    fn describe(&self) -> String {
        self.name.to_owned()
    }

    fn idempotent(&self) -> bool {
        true
    }

    fn tells_together(&self) -> bool {
        self.name != "guance"
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        events.iter().for_each(|event| self.write(&line(event)));
        Ok(vec![Delivery::Delivered; events.len()])
    }

    async fn deliver_together(&self, digest: &Digest) -> Result<Vec<Delivery>, SinkError> {
        let lines: Vec<String> = digest.events.iter().map(line).collect();
        self.write(&format!("{:?} [{}]", digest.cause, lines.join("; ")));
        Ok(vec![Delivery::Delivered; digest.events.len()])
    }
}

const NAMES: [&str; 4] = ["guance", "chat", "chat:oncall", "mail"];

/// Judges and delivers hour by hour, each ten minutes behind its end; what was told, hour by hour.
async fn live(store: &Arc<dyn Store>) -> Vec<String> {
    let now: Timestamp = "2026-01-03T00:00:00Z".parse().unwrap();
    let source: Arc<dyn LogSource> = Arc::new(MemorySource::new(records()));
    let silent: Arc<dyn firstsight_inspection::Progress> = Arc::new(Silent);
    ingest(&source, store, &Ingest::new("example", now), &silent)
        .await
        .unwrap();
    let said = Said {
        by: "alice".to_owned(),
        at: "2026-01-01T00:00:00Z".parse().unwrap(),
        note: "TICKET-12".to_owned(),
    };
    mute(&**store, pen_test(), said).await.unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let diary = |name: &'static str| {
        let told = Arc::clone(&told);
        (name.to_owned(), Arc::new(Diary { name, told }) as Arc<dyn Sink>)
    };
    let sinks: Vec<(String, Arc<dyn Sink>)> = NAMES.map(diary).into();
    let first = "2026-01-01T01:00:00Z".parse::<Time>().unwrap().hour();
    let mut all = Vec::new();
    for hours in 0..36 {
        let end: Hour = first.plus(hours);
        let at = end.start().plus_millis(600_000);
        // Twice: what was judged is not told again.
        judge_window(&**store, &settings(), end, true, at).await.unwrap();
        let again = judge_window(&**store, &settings(), end, true, at).await.unwrap();
        assert!(again.recorded.new_events.is_empty() && again.unreadable_mutes.is_empty());
        let runs = deliver_all(&**store, &sinks, at, RetryPolicy::default(), &Cancel::default()).await;
        assert!(runs.iter().all(|run| run.error.is_none()));
        let clock = at.to_string();
        let mut told: Vec<String> = std::mem::take(&mut *told.lock().unwrap());
        // Sinks are served side by side: only what one of them is told has an order.
        told.sort_by_key(|line| line.split(' ').next().map(str::to_owned));
        all.extend(told.into_iter().map(|line| format!("{} {line}", &clock[8..16])));
    }
    all
}

async fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

#[tokio::test]
async fn a_day_as_each_sink_was_told() {
    let store = memory().await;
    let told = live(&store).await;
    insta::assert_snapshot!("told", told.join("\n"));
}

#[tokio::test]
async fn a_day_as_it_was_planned_and_what_was_withheld() {
    let store = memory().await;
    live(&store).await;
    let mut rows = store.events(&EventQuery::default()).await.unwrap();
    rows.reverse();
    let mut lines = Vec::new();
    for row in &rows {
        let time = row.event.time.to_string();
        for delivery in row
            .deliveries
            .iter()
            .filter(|delivery| !delivery.message.is_empty())
        {
            let why = normal(&delivery.message);
            lines.push(format!(
                "{} {} {} {}: {} {why}",
                &time[8..16],
                row.event.account,
                row.event.status,
                delivery.sink,
                delivery.state.as_str(),
            ));
        }
    }
    lines.push(counted(&rows).to_string());
    insta::assert_snapshot!("withheld", lines.join("\n"));
}

/// The id of the mute is a hash.
fn normal(message: &str) -> String {
    match message.strip_prefix("muted by ") {
        Some(_) => "muted by \"…\"".to_owned(),
        None => message.to_owned(),
    }
}

/// What the original shows as historical records: detection object, anomaly time, recovery time, duration.
#[tokio::test]
async fn the_ledger_tells_each_fault_from_its_beginning_to_its_end() {
    let store = memory().await;
    live(&store).await;
    let mut records = fault_records(&*store, "default", false).await.unwrap();
    records.sort_by_key(|fault| (fault.started, fault.account.clone()));
    let line = |fault: &FaultRecord| {
        let time = |time: Time| time.to_string()[5..16].replace('T', " ");
        format!(
            "{} {} | {} to {}, {} h | {:?}, at worst {:?} | {} events, {} findings | {}",
            fault.inspection,
            fault.account,
            time(fault.started),
            time(fault.recovered.expect("all is over")),
            fault.duration_seconds as f64 / 3600.0,
            fault.status.expect("events are remembered"),
            fault.worst.expect("events are remembered"),
            fault.events,
            fault.findings,
            fault.title,
        )
    };
    let ledger: Vec<String> = records.iter().map(line).collect();
    insta::assert_snapshot!("ledger", ledger.join("\n"));
}

#[tokio::test]
async fn both_stores_tell_the_same_day() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite: Arc<dyn Store> = Arc::new(SqliteStore::open(&folder.path().join("state.db")).await.unwrap());
    assert_eq!(live(&sqlite).await, live(&memory().await).await);
    sqlite.close().await;
}

/// To each sink: who was told that something is wrong is told when it is over, and nobody else is.
#[tokio::test]
async fn recoveries_are_told_to_who_knows() {
    let store = memory().await;
    live(&store).await;
    let rows = store.events(&EventQuery::default()).await.unwrap();
    let events: Vec<Event> = rows
        .iter()
        .map(|row| firstsight_inspection::decode_event(&row.event.id, &row.event.body).unwrap())
        .collect();
    for name in NAMES {
        for (recovery, row) in events
            .iter()
            .zip(&rows)
            .filter(|(event, _)| event.kind == EventKind::Recovered)
        {
            let was_sent = |row: &StoredEvent| {
                let state = firstsight_store::DeliveryState::Delivered;
                row.deliveries
                    .iter()
                    .any(|delivery| delivery.sink == name && delivery.state == state)
            };
            let of_fault = events.iter().zip(&rows).filter(|(event, _)| {
                event.fault.id == recovery.fault.id && event.kind != EventKind::Recovered
            });
            let knows = of_fault.map(|(_, row)| row).any(was_sent);
            assert_eq!(was_sent(row), knows, "{name}: {}", recovery.account);
        }
    }
}

#[tokio::test]
async fn a_mute_that_cannot_be_read_mutes_nothing_and_is_named() {
    let store = memory().await;
    let set = Said {
        by: "alice".to_owned(),
        at: Time::from_secs(0),
        note: String::new(),
    };
    let damaged = StoredMute {
        id: "4f1c".to_owned(),
        body: b"{".to_vec(),
        summary: String::new(),
        set,
        ended: None,
    };
    store.set_mute(&damaged).await.unwrap();
    let now: Timestamp = "2026-01-03T00:00:00Z".parse().unwrap();
    let source: Arc<dyn LogSource> = Arc::new(MemorySource::new(records()));
    let silent: Arc<dyn firstsight_inspection::Progress> = Arc::new(Silent);
    ingest(&source, &store, &Ingest::new("example", now), &silent)
        .await
        .unwrap();
    let end = "2026-01-01T03:00:00Z".parse::<Time>().unwrap().hour();
    let judged = judge_window(&*store, &settings(), end, true, now).await.unwrap();
    assert_eq!(judged.unreadable_mutes.len(), 1);
    assert!(judged.unreadable_mutes[0].starts_with("mute 4f1c of the state cannot be read: end it"));
    let rows = store.events(&EventQuery::default()).await.unwrap();
    assert!(
        rows[0]
            .deliveries
            .iter()
            .all(|delivery| delivery.message.is_empty())
    );
}
