//! The same over HTTP: the bytes that the OpenAPI is sent, and answers as it writes them.

use firstsight_sink::http::recorder::{HttpRecorder, Recorded, Reply};
use firstsight_sink::http::{Http, HttpSettings};
use firstsight_source::conformance::{self, Subject};
use secrecy::SecretString;
use serde_json::{Value as Json, json};

use super::fake::{FakeGuance, Row, at};
use super::reading::{expected, rows};
use super::*;
use crate::client::{DqlPage, DqlQuery, OpenApi};
use crate::logs::LONGEST_ANSWER;

const KEY: &str = "a-key-of-a-test";

/// A service in front of the rows.
async fn service(fake: &Arc<FakeGuance>) -> HttpRecorder {
    let fake = Arc::clone(fake);
    HttpRecorder::start(move |request, _| answer(&fake, request))
        .await
        .unwrap()
}

fn answer(fake: &FakeGuance, request: &Recorded) -> Reply {
    assert_eq!(
        (&*request.method, &*request.target),
        ("POST", "/api/v1/df/query_data_v1")
    );
    assert_eq!(request.header("df-api-key"), Some(KEY));
    let page = fake.answer(&query(&serde_json::from_slice(&request.body).unwrap()));
    Reply::json(200, &written(&page).to_string())
}

/// The one query of a request, as the documentation has it.
fn query(body: &Json) -> DqlQuery {
    assert_eq!(body["queries"].as_array().map(Vec::len), Some(1));
    let one = &body["queries"][0];
    assert_eq!(one["qtype"], "dql");
    let query = &one["query"];
    assert_eq!(
        (&query["disable_sampling"], &query["disableMultipleField"]),
        (&json!(true), &json!(false))
    );
    assert!(
        query.to_string().to_lowercase().contains("asc"),
        "the oldest first: {query}"
    );
    DqlQuery {
        dql: query["q"].as_str().unwrap().to_owned(),
        time_range: serde_json::from_value(query["timeRange"].clone()).unwrap(),
        limit: serde_json::from_value(query["limit"].clone()).unwrap(),
        search_after: query["search_after"].as_array().unwrap().clone(),
    }
}

/// A page as a table: columns, and `null` where a row has none.
fn written(page: &DqlPage) -> Json {
    let columns: BTreeSet<&String> = page.rows.iter().flat_map(Row::keys).collect();
    let values = |row: &Row| -> Json {
        let value = |column: &&String| row.get(*column).cloned().unwrap_or_default();
        columns.iter().map(value).collect()
    };
    let series = json!({ "columns": columns, "values": page.rows.iter().map(values).collect::<Json>() });
    let series = if page.rows.is_empty() {
        json!([])
    } else {
        json!([series])
    };
    let data = json!([{
        "async_id": "", "complete": false, "cost": "1ms", "is_running": false, "next_cursor_time": -1,
        "sample": 1, "scan_completed": false, "search_after": page.search_after, "series": series,
    }]);
    json!({
        "code": 200, "content": { "data": data }, "errorCode": "", "message": "", "success": true, "traceId": "1",
    })
}

fn over_http(service: &HttpRecorder, settings: GuanceLogsSettings) -> GuanceLogs {
    let http = HttpSettings {
        longest_answer: LONGEST_ANSWER,
        proxies: false,
        ..HttpSettings::default()
    };
    let http = Http::new(&http).unwrap();
    let api = OpenApi::new(http, &service.url(), Some(SecretString::from(KEY)));
    GuanceLogs::new(api, settings, Arc::new(|| at("23T11:30:00")))
}

#[tokio::test]
async fn the_source_conforms_over_http() {
    for (page_rows, tells_end) in [(7, true), (1000, false)] {
        let fake = Arc::new(FakeGuance {
            tells_end,
            ..FakeGuance::with(SOURCE, rows())
        });
        let service = service(&fake).await;
        let settings = || GuanceLogsSettings {
            horizon_hours: 8,
            ..settings(page_rows)
        };
        let subject = Subject {
            make: &|| Box::new(over_http(&service, settings())),
            window: TimeRange::new(at("23T04:00:00"), at("23T11:00:00")),
            expected: expected(&fake, page_rows),
            rereads: true,
            durable: true,
        };
        conformance::all(&subject).await;
    }
}

#[tokio::test]
async fn large_pages_are_read_whole() {
    let long = |number: usize| {
        let mut record = super::fake::record(number, at("23T06:10:00"));
        record["requestParameters"] = json!({ "policyDocument": "x".repeat(100_000) });
        super::fake::row(at("23T06:10:00"), json!({ "message": record.to_string() }))
    };
    let fake = Arc::new(FakeGuance::with(SOURCE, (0..40).map(long)));
    let service = service(&fake).await;
    let mut reader = Reader::default();
    reader.run(&over_http(&service, settings(1_000))).await;
    assert_eq!(format!("{:?}", reader.errors), "[]");
    assert_eq!(reader.seen().records.len(), 40);
}

#[tokio::test]
async fn a_refused_key_is_denied_and_a_query_too_many_is_to_wait() {
    let body = |code: &str| {
        json!({"code": 401, "errorCode": code, "message": "no", "success": false, "content": null})
            .to_string()
    };
    for (status, code, wait) in [
        (403, "ft.InvalidAPIKey", None),
        (401, "ft.TriggerApiAkCurrentLimiting", Some(60)),
    ] {
        let reply = Reply::json(status, &body(code));
        let service = HttpRecorder::start(move |_, _| reply.clone()).await.unwrap();
        let source = over_http(&service, settings(10));
        let partition = &source.partitions(&TimeRange::ALL).await.unwrap()[0];
        let error = source.page(partition, None).await.unwrap_err();
        assert_eq!(error.retry_after().map(|wait| wait.as_secs()), wait, "{error:?}");
        assert_eq!(
            matches!(error, SourceError::Denied { .. }),
            wait.is_none(),
            "{error:?}"
        );
        assert!(!format!("{error:?}").contains(KEY));
    }
}
