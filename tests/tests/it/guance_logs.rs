//! CloudTrail that Guance has stored, end to end: the binary, and a server that only pages through rows.

use firstsight_cloudtrail::Timestamp;
use firstsight_sink::http::recorder::{HttpRecorder, Recorded, Reply};
use firstsight_tests::{Ran, allowed, denied, firstsight, write_records};
use serde_json::{Map, Value, json};

const QUERY: &str = "/api/v1/df/query_data_v1";
const END: &str = "2026-01-15T12:00Z";
/// The server gives no more rows a page, whatever it is asked for.
const PAGE: usize = 2;

/// A day with a known error, and two new ones in the last hour. No more than that: queries are paced, as Guance wants it.
fn records() -> Vec<Value> {
    let mut records = Vec::new();
    for time in [
        "2026-01-14T12:10:00Z",
        "2026-01-15T01:10:00Z",
        "2026-01-15T11:10:00Z",
    ] {
        records.push(denied(&format!("known-{time}"), time, "ListRoles"));
        records.push(allowed(&format!("fine-{time}"), time));
    }
    for (number, call) in ["CreateUser", "AttachUserPolicy"].into_iter().enumerate() {
        for twice in 0..2 {
            let time = format!("2026-01-15T11:2{twice}:00Z");
            records.push(denied(&format!("new-{number}-{twice}"), &time, call));
        }
    }
    records
}

/// As the integration of CloudWatch Logs stores a record: the text of the log event.
fn as_message(record: &Value) -> Map<String, Value> {
    Map::from_iter([("message".to_owned(), record.to_string().into())])
}

/// As the Lambda forwarder stores it: its texts are columns, what has parts is JSON in a column, all of it is the message.
fn as_columns(record: &Value) -> Map<String, Value> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let columns = record.as_object().unwrap().iter();
    let mut row: Map<String, Value> = columns
        .map(|(key, value)| (key.clone(), text(value).into()))
        .collect();
    row.extend(as_message(record));
    row.insert("sourcecategory".to_owned(), "aws".into());
    row.insert("host".to_owned(), "trail".into());
    row
}

/// A workspace with these records: every other one in each shape, stored two minutes after it happened.
fn stored() -> Vec<Map<String, Value>> {
    let shapes = [as_message, as_columns];
    let row = |(number, record): (usize, &Value)| {
        let happened: Timestamp = record["eventTime"].as_str().unwrap().parse().unwrap();
        let mut row = shapes[number % 2](record);
        row.insert("time".to_owned(), (happened.as_millis() + 120_000).into());
        row.insert("__docid".to_owned(), format!("L_{number:06}").into());
        row
    };
    records().iter().enumerate().map(row).collect()
}

fn place(row: &Map<String, Value>) -> (i64, &str) {
    (row["time"].as_i64().unwrap(), row["__docid"].as_str().unwrap())
}

/// One page, by the rules of the query: time, order, and what the page before ended with.
fn page(rows: &[Map<String, Value>], request: &Recorded) -> Reply {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let query = &body["queries"][0]["query"];
    let bound = |index: usize| query["timeRange"][index].as_i64().unwrap();
    let after = match query["search_after"].as_array().unwrap().as_slice() {
        [] => (i64::MIN, String::new()),
        [time, id] => (time.as_i64().unwrap(), id.as_str().unwrap().to_owned()),
        other => panic!("not given by this server: {other:?}"),
    };
    let mut found: Vec<_> = rows
        .iter()
        .filter(|row| (bound(0)..=bound(1)).contains(&place(row).0))
        .filter(|row| place(row) > (after.0, after.1.as_str()))
        .collect();
    found.sort_by_key(|row| place(row));
    let all = found.len();
    found.truncate(PAGE.min(usize::try_from(query["limit"].as_u64().unwrap()).unwrap()));
    let last = found.last().filter(|_| found.len() < all);
    let search_after = last.map(|row| json!([row["time"], row["__docid"]]));
    let mut columns: Vec<&String> = found.iter().flat_map(|row| row.keys()).collect();
    columns.sort();
    columns.dedup();
    let values: Vec<Vec<&Value>> = found
        .iter()
        .map(|row| {
            columns
                .iter()
                .map(|column| row.get(*column).unwrap_or(&Value::Null))
                .collect()
        })
        .collect();
    let answer = json!({
        "code": 200, "errorCode": "", "message": "", "success": true, "traceId": "1",
        "content": {"data": [{
            "series": [{"columns": columns, "values": values}],
            "search_after": search_after.unwrap_or_else(|| json!([])),
        }]},
    });
    Reply::json(200, &answer.to_string())
}

async fn guance() -> HttpRecorder {
    let rows = stored();
    HttpRecorder::start(move |request, _| page(&rows, request))
        .await
        .unwrap()
}

async fn inspect(arguments: &[&str]) -> Ran {
    let mut command = firstsight();
    command
        .env("GUANCE_API_KEY", "wsak_0123456789abcdef")
        .args([
            "inspect",
            "--as-of",
            END,
            "--baseline",
            "1d",
            "--min-history",
            "1h",
            "--format",
            "json",
        ])
        .args(arguments);
    let ran = tokio::task::spawn_blocking(move || command.output());
    ran.await.unwrap().unwrap().into()
}

/// What was found, and how it stands in each account; names of files and rows aside.
fn found(ran: Ran) -> (Value, Value) {
    let mut report = ran.expect(0).json();
    let findings = report["findings"].take();
    assert_eq!(findings.as_array().map(Vec::len), Some(2), "{findings:#}");
    (without_origins(findings), report["accounts"].take())
}

fn without_origins(value: Value) -> Value {
    match value {
        Value::Array(all) => all.into_iter().map(without_origins).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(key, _)| key != "origin")
            .map(|(key, value)| (key, without_origins(value)))
            .collect(),
        plain => plain,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_logs_give_the_findings_of_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let trail = folder.path().join("trail.json");
    write_records(&trail, &records());
    let expected = found(inspect(&[trail.to_str().unwrap()]).await);

    let far = guance().await;
    let url = far.url();
    let stored = ["guance-logs:cloudtrail", "--guance-openapi-url", &url];
    assert_eq!(found(inspect(&stored).await), expected);
    let asked = far.requests();
    assert!(
        asked
            .iter()
            .all(|request| request.method == "POST" && request.target == QUERY)
    );
    assert!(
        asked
            .iter()
            .all(|request| request.header("DF-API-KEY") == Some("wsak_0123456789abcdef")),
        "{asked:#?}"
    );
    let body = |request: &Recorded| serde_json::from_slice::<Value>(&request.body).unwrap();
    let goes_on = |request: &&Recorded| body(request)["queries"][0]["query"]["search_after"] != json!([]);
    assert!(asked.iter().filter(goes_on).count() > 1, "page by page");
}
