//! An event and its recovery, marked as a test: what a judgement makes of one made-up record.

use std::sync::Arc;

use firstsight_engine::{Digest, Range, Time};
use firstsight_inspection::{Ingest, Progress, Settings, Silent, decode_event, ingest, judge_window};
use firstsight_sink::{Event, EventKind, FaultRef, Status};
use firstsight_source::LogSource;
use firstsight_source::memory::MemorySource;
use firstsight_store::memory::MemoryStore;
use firstsight_store::{EventQuery, Store};
use serde_json::json;

use crate::failure::Failure;

/// No account is called so: it stands in titles and dimensions in every language.
const ACCOUNT: &str = "firstsight-test";

/// The event, and its recovery an hour of data later.
pub(super) async fn pair(now: Time) -> Result<[Event; 2], Failure> {
    let mut opened = judged(now).await?;
    opened.id = Digest::of(&["test", &now.as_millis().to_string()]).to_string();
    opened.fault.id.clone_from(&opened.id);
    opened.title = format!("TEST: {}", opened.title);
    let recovered = recovery(&opened);
    Ok([opened, recovered])
}

async fn judged(now: Time) -> Result<Event, Failure> {
    let hour = now.hour();
    let record = record(hour.plus(-1).start());
    let source: Arc<dyn LogSource> = Arc::new(MemorySource::new([("test", record)]));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let silent: Arc<dyn Progress> = Arc::new(Silent);
    let read = ingest(&source, &store, &Ingest::new("test", now), &silent).await?;
    let settings = Settings {
        inspection: "firstsight-test".to_owned(),
        min_history_hours: 0,
        ..Settings::default()
    };
    judge_window(&*store, &settings, hour, read.complete(), now).await?;
    let rows = store.events(&EventQuery::default()).await?;
    let row = rows
        .first()
        .ok_or_else(|| Failure::new("the test made no event"))?;
    Ok(decode_event(&row.event.id, &row.event.body)?)
}

fn record(time: Time) -> String {
    let record = json!({
        "eventVersion": "1.11",
        "eventTime": time.to_string(),
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateUser",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.1",
        "userAgent": "firstsight test",
        "errorCode": "AccessDenied",
        "errorMessage": "This is a test of firstsight: nothing happened in any account",
        "recipientAccountId": ACCOUNT,
        "eventID": Digest::of(&["test record", &time.to_string()]).to_string(),
        "userIdentity": {
            "type": "IAMUser",
            "arn": "arn:aws:iam::000000000000:user/firstsight-test",
            "accountId": ACCOUNT,
            "userName": "firstsight-test",
        },
    });
    record.to_string()
}

fn recovery(opened: &Event) -> Event {
    let window = Range::new(opened.window.end, opened.window.end.plus_millis(3_600_000));
    Event {
        id: Digest::of(&["test recovery", &opened.id]).to_string(),
        kind: EventKind::Recovered,
        status: Status::Ok,
        fault: FaultRef {
            duration_seconds: 3_600,
            ..opened.fault.clone()
        },
        title: format!("TEST: recovered: account {ACCOUNT}"),
        findings: Vec::new(),
        ongoing_clusters: 0,
        errors: 0,
        hours: Vec::new(),
        keys: Vec::new(),
        window,
        ..opened.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_test_is_an_event_and_its_recovery_and_says_so() {
        let now = "2026-01-31T12:34:56Z".parse().unwrap();
        let [opened, recovered] = pair(now).await.unwrap();
        assert!(opened.title.starts_with("TEST: "), "{}", opened.title);
        assert_eq!(
            (opened.kind, recovered.kind),
            (EventKind::Opened, EventKind::Recovered)
        );
        assert_eq!(recovered.status, Status::Ok);
        assert_eq!((&opened.fault.id, &recovered.fault.id), (&opened.id, &opened.id));
        assert_eq!((opened.findings.len(), recovered.findings.len()), (1, 0));
        assert_eq!(opened.account, ACCOUNT);
        let [later, _] = pair(now.plus_millis(1)).await.unwrap();
        assert_ne!(later.id, opened.id, "each test is another event");
    }
}
