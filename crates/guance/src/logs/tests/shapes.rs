//! Both shapes of a log give what the files give that the records came from.

use std::path::{Path, PathBuf};

use firstsight_sample::{Sample, SampleConfig};
use serde_json::{Map, Value as Json, json};

use super::fake::{FakeGuance, Row, at, row};
use super::*;

/// What Python's `str` makes of a value, without white space at its ends, cut as a tag is.
fn tag(value: &Json) -> String {
    let text = match value {
        Json::Null => "None".to_owned(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    let end = (0..=1024.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    text[..end.unwrap_or(0)].to_owned()
}

/// The columns that the Lambda forwarder makes of an event; none of blank texts.
fn columns(event: &Map<String, Json>) -> Map<String, Json> {
    let column = |(key, value): (&String, &Json)| {
        let text = match value {
            Json::Array(_) | Json::Object(_) => value.to_string(),
            other => tag(other),
        };
        (!text.is_empty()).then(|| (key.clone(), text.into()))
    };
    event.iter().filter_map(column).collect()
}

/// What the forwarder adds to each event.
fn with_metadata(record: &Json) -> Map<String, Json> {
    let mut event = record.as_object().unwrap().clone();
    event.insert("sourcecategory".into(), "aws".into());
    event.insert("service".into(), "cloudtrail".into());
    event.insert("source".into(), "cloudtrail".into());
    event.insert("host".into(), "i-0123456789abcdef0".into());
    event.insert(
        "aws".into(),
        json!({"s3": {"bucket": "trail", "key": "AWSLogs/a.json.gz"}}),
    );
    event
}

/// A log's columns, of a record.
type Shape = fn(&Json) -> Json;

const SHAPES: [(&str, Shape); 9] = [
    ("a text", |record| json!({ "message": record.to_string() })),
    (
        "printed for people",
        |record| json!({ "message": format!("{record:#}") }),
    ),
    ("not as a text", |record| json!({ "message": record })),
    (
        "a text of a text",
        |record| json!({ "message": Json::from(record.to_string()).to_string() }),
    ),
    ("a log event", |record| {
        let event = json!({"id": "1", "timestamp": 7, "message": record.to_string()});
        json!({ "message": event.to_string() })
    }),
    ("an envelope", |record| {
        let envelope = json!({
            "messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "trail",
            "logEvents": [{"id": "1", "timestamp": 7, "message": record.to_string()}],
        });
        json!({ "message": envelope.to_string() })
    }),
    ("forwarded from a bucket", |record| {
        let event = with_metadata(record);
        let mut row = columns(&event);
        row.insert("message".into(), Json::from(event).to_string().into());
        row.into()
    }),
    ("columns alone", |record| columns(&with_metadata(record)).into()),
    ("columns and a cut message", |record| {
        let event = with_metadata(record);
        let mut row = columns(&event);
        let text = record.to_string();
        let cut: String = text.chars().take(text.chars().count() / 2).collect();
        row.insert("message".into(), cut.into());
        row.into()
    }),
];

/// What the source makes of records in a shape.
async fn stored(records: &[Json], shape: Shape) -> Seen {
    let start = at("23T06:00:00");
    let time = |index: usize| start.plus_millis(index as i64 % 10_000 * 1000 + 1);
    let rows: Vec<Row> = records
        .iter()
        .enumerate()
        .map(|(index, record)| row(time(index), shape(record)))
        .collect();
    let fake = Arc::new(FakeGuance::with(SOURCE, rows));
    let mut reader = Reader::default();
    reader
        .run(&source(&fake, settings(1_000), at("23T12:00:00")))
        .await;
    assert!(reader.errors.is_empty());
    reader.seen()
}

async fn check(records: &[Json]) {
    let text: Vec<String> = records.iter().map(Json::to_string).collect();
    let expected = Seen::of_text(text.join("\n").as_bytes());
    assert!(expected.records.len() > 1 && expected.rejects.is_empty());
    for (name, shape) in SHAPES {
        let seen = stored(records, shape).await;
        let lost: Vec<_> = expected.errors.difference(&seen.errors).take(2).collect();
        assert!(
            lost.is_empty(),
            "{name}: {lost:#?}\n{:#?}",
            seen.errors.difference(&expected.errors).next()
        );
        assert_eq!(seen, expected, "{name}");
    }
}

#[tokio::test]
async fn a_sample_comes_as_it_is_in_files_whatever_its_shape() {
    let mut config = SampleConfig::new(11, at("23T00:00:00").hour());
    config.days = 1;
    config.accounts = 1;
    let sample = Sample::new(config).unwrap();
    let records: Vec<Json> = sample.files().flat_map(|file| records_of(&file.body)).collect();
    // The attack stands in the last hour.
    let records: Vec<Json> = records.into_iter().rev().take(600).collect();
    check(&records).await;
}

/// The records of a container, an array or lines.
fn records_of(bytes: &[u8]) -> Vec<Json> {
    match serde_json::from_slice::<Json>(bytes) {
        Ok(Json::Array(records)) => records,
        Ok(mut container) => match container["Records"].take() {
            Json::Array(records) => records,
            _ => vec![container],
        },
        Err(_) => {
            let lines = bytes.split(|byte| *byte == b'\n');
            lines
                .filter_map(|line| serde_json::from_slice(line).ok())
                .collect()
        }
    }
}

/// Recordings of real accounts, where `FIRSTSIGHT_REAL_DATA` says that there are some.
fn recordings() -> Vec<PathBuf> {
    let Some(folder) = std::env::var_os("FIRSTSIGHT_REAL_DATA") else {
        return Vec::new();
    };
    [
        "stratus-red-team",
        "invictus-ir/CloudTrail",
        "awsdocs-cloudtrail-user-guide",
    ]
    .iter()
    .flat_map(|name| files_in(&Path::new(&folder).join(name)))
    .collect()
}

#[allow(clippy::disallowed_methods)] // A test may look into a folder.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let is_json = |path: &PathBuf| {
        path.extension()
            .is_some_and(|end| end == "json" || end == "ndjson")
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(is_json)
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn recordings_come_as_they_are_in_files_whatever_their_shape() {
    let files = recordings();
    let read = |path: &PathBuf| records_of(&std::fs::read(path).unwrap());
    let is_record = |record: &Json| record["eventTime"].is_string() && record["eventID"].is_string();
    let records: Vec<Json> = files
        .iter()
        .flat_map(read)
        .filter(is_record)
        .take(1_200)
        .collect();
    if files.is_empty() {
        return;
    }
    check(&records).await;
}

/// What is no record, and why it is none.
fn hostile() -> Vec<Json> {
    let mut rows: Vec<Json> = [
        "",
        " ",
        "{",
        "}",
        "[",
        "[]",
        "[1]",
        "{}",
        "123",
        "null",
        "\"text\"",
        "\"\\\"",
        "\u{feff}",
        "{\"Records\":[",
        "{\"eventTime\":\"2026-01-01T00:00:00Z\"",
        "{\"a\":1}}",
        "{\"a\":1}\n{\"b\":2}",
        "START RequestId: 7 {\"eventVersion\":\"1.11\"",
        "{\"message\":\"{}\"}",
        "{\"message\":7}",
    ]
    .iter()
    .map(|text| json!({ "message": text }))
    .collect();
    rows.extend([
        json!({}),
        json!({"message": null}),
        json!({"status": "info", "host": "i-0"}),
        json!({"eventName": "GetRole"}),
        json!({"eventTime": "yesterday", "eventName": "GetRole"}),
        json!({"eventID": "1", "message": "{"}),
    ]);
    rows
}

#[tokio::test]
async fn what_is_no_record_is_one_reject_and_takes_no_other_with_it() {
    for odd in hostile() {
        let time = at("23T06:10:00");
        let rows = [fake::event(1, time), row(time, odd.clone()), fake::event(2, time)];
        let fake = Arc::new(FakeGuance::with(SOURCE, rows));
        let mut reader = Reader::default();
        reader.run(&source(&fake, settings(10), at("23T12:00:00"))).await;
        let seen = reader.seen();
        assert_eq!(
            (seen.records.len(), seen.rejects.len()),
            (2, 1),
            "{odd}: {seen:?}"
        );
    }
}

#[tokio::test]
async fn a_record_wrapped_too_often_is_a_reject() {
    let mut text = fake::record(1, at("23T06:00:00")).to_string();
    for wrappings in 0..7 {
        let shape = json!({ "message": text });
        let fake = Arc::new(FakeGuance::with(SOURCE, [row(at("23T06:10:00"), shape)]));
        let mut reader = Reader::default();
        reader.run(&source(&fake, settings(10), at("23T12:00:00"))).await;
        let expected = if wrappings <= 4 { (1, 0) } else { (0, 1) };
        let seen = reader.seen();
        assert_eq!((seen.records.len(), seen.rejects.len()), expected, "{wrappings}");
        text = Json::from(text).to_string();
    }
}

#[test]
fn a_record_is_put_together_again_from_its_columns() {
    let columns = json!({
        "time": 7, "__docid": "L_1", "status": "info", "source": "cloudtrail", "service": "cloudtrail",
        "eventVersion": "1.08", "eventTime": "2026-11-23T06:00:00Z", "eventName": "RunInstances",
        "errorCode": "Client.UnauthorizedOperation", "errorMessage": "You are not authorized",
        "readOnly": "False", "managementEvent": "True", "sharedEventID": "None",
        "userIdentity": "{\"type\":\"IAMUser\",\"userName\":\"None\"}", "responseElements": "None",
        "requestParameters": "HIDDEN_DUE_TO_SECURITY_REASONS", "resources": "[{\"ARN\":\"a\"}]",
        "recipientAccountId": 111_122_223_333_u64,
    });
    let log = super::super::pieces::Log::Whole(columns.as_object().unwrap().clone());
    insta::assert_snapshot!(super::super::record::line(&log), @r#"{"errorCode":"Client.UnauthorizedOperation","errorMessage":"You are not authorized","eventName":"RunInstances","eventTime":"2026-11-23T06:00:00Z","eventVersion":"1.08","managementEvent":true,"readOnly":false,"recipientAccountId":"111122223333","requestParameters":"HIDDEN_DUE_TO_SECURITY_REASONS","resources":[{"ARN":"a"}],"responseElements":null,"sharedEventID":null,"userIdentity":{"type":"IAMUser","userName":"None"}}"#);
}
