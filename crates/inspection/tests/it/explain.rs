//! Explaining records that were looked for in a source.

use std::sync::Arc;

use firstsight_cloudtrail::Timestamp;
use firstsight_engine::{Bounds, Dimension, Sample};
use firstsight_inspection::explain::{Answer, Question, explain};
use firstsight_inspection::{Ingest, Ingested, Progress, Settings, Silent, ingest, judge_window};
use firstsight_source::LogSource;
use firstsight_source::memory::MemorySource;
use firstsight_store::Store;
use firstsight_store::memory::MemoryStore;

fn now() -> Timestamp {
    "2026-01-02T00:00:00Z".parse().unwrap()
}

fn record(id: &str, user: &str, message: &str, more: &str) -> String {
    format!(
        r#"{{"eventID":"{id}","eventTime":"2026-01-01T10:10:00Z","eventSource":"iam.amazonaws.com","eventName":"GetRole",
        "errorCode":"AccessDenied","errorMessage":"{message}","recipientAccountId":"111122223333",
        "requestParameters":{{"filler":"{more}"}},
        "userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/{user}","userName":"{user}"}}}}"#
    )
}

async fn read(records: &[String], store: &Arc<dyn Store>, look_for: &str) -> Ingested {
    let source: Arc<dyn LogSource> = Arc::new(MemorySource::new([("all", records.join("\n"))]));
    let silent: Arc<dyn Progress> = Arc::new(Silent);
    let options = Ingest {
        look_for: Some(look_for.to_owned()),
        ..Ingest::new("test", now())
    };
    ingest(&source, store, &options, &silent).await.unwrap()
}

async fn told(store: &Arc<dyn Store>, read: &Ingested, id: &str) -> Answer {
    let settings = Settings::default();
    let end = "2026-01-01T11:00:00Z".parse::<Timestamp>().unwrap().hour();
    judge_window(&**store, &settings, end, true, now()).await.unwrap();
    let question = Question {
        id,
        inspection: &settings.inspection,
        records: &read.looked_for,
        ..Question::default()
    };
    explain(&**store, &question).await.unwrap()
}

#[tokio::test]
async fn a_record_that_went_past_its_familys_bound_is_explained_by_the_overflow() {
    let names = [
        "apple", "birch", "cedar", "daisy", "ember", "flint", "grape", "hazel",
    ];
    // Of one actor: that each record is kept as a sample would hide the bound.
    let message = |name: &str| format!("{name} {name} went {name}");
    let records = names.map(|name| record(&format!("id-{name}"), "alice", &message(name), ""));
    for name in names {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::bounded(Bounds {
            templates_per_family: 1,
            ..Bounds::default()
        }));
        let id = format!("id-{name}");
        let read = read(&records, &store, &id).await;
        let answer = told(&store, &read, &id).await;
        assert_eq!(answer.facts.len(), 1, "{id}");
        let is_shown = answer.facts[0].samples.iter().any(|sample| sample.event_id == id);
        assert!(is_shown, "{id}: the record that was asked for");
    }
}

#[tokio::test]
async fn a_large_record_that_was_looked_for_stays_json() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let large = record("large", "alice", "no", &"x".repeat(2 * Sample::MAX_RAW));
    let read = read(&[large], &store, "large").await;
    let raw = &read.looked_for[0].sample.raw;
    assert!(raw.len() <= Sample::MAX_RAW);
    let record: serde_json::Value = serde_json::from_str(raw).unwrap();
    assert_eq!(record["errorMessage"], "no");
}

#[tokio::test]
async fn what_stands_for_actors_that_are_not_told_apart_is_no_actor() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::bounded(Bounds {
        values_per_dimension: 2,
        ..Bounds::default()
    }));
    let names = ["apple", "birch", "cedar", "daisy", "ember"];
    let records: Vec<String> = names.iter().map(|name| record(name, name, "no", "")).collect();
    let read = read(&records, &store, "apple").await;
    let answer = told(&store, &read, "apple").await;
    let values = &answer.facts[0].values;
    let actors = values
        .iter()
        .filter(|(dimension, ..)| *dimension == Dimension::Actor);
    assert_eq!(actors.count(), 2, "{values:?}");
    assert!(values.iter().all(|(_, value, _)| !value.is_empty()), "{values:?}");
}
