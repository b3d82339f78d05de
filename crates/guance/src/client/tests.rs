//! Each call against a recorder: what is sent, byte for byte, and what each answer means.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::time::Duration;

use firstsight_sink::http::recorder::{HttpRecorder, Recorded, Reply};
use firstsight_sink::http::{Http, HttpSettings};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::*;
use crate::error::GuanceError;
use crate::point::{Point, Value};

const KEY: &str = "wsak_0123456789abcdef";
const TOKEN: &str = "tkn_0123456789abcdef0123456789abcdef";
const SECRET: &str = "5ec4e7";
const OK: &str = r#"{"code":200,"content":true,"errorCode":"","message":"","success":true,"traceId":"t"}"#;

fn http() -> Http {
    patient(Duration::from_secs(30))
}

fn patient(timeout: Duration) -> Http {
    let settings = HttpSettings {
        timeout,
        proxies: false,
        ..HttpSettings::default()
    };
    Http::new(&settings).unwrap()
}

async fn answering(reply: Reply) -> HttpRecorder {
    HttpRecorder::start(move |_, _| reply.clone()).await.unwrap()
}

async fn saying(body: &str) -> HttpRecorder {
    answering(Reply::json(200, body)).await
}

fn api(far: &HttpRecorder) -> OpenApi {
    OpenApi::new(http(), &format!("{}/", far.url()), Some(SecretString::from(KEY)))
}

fn open_way(far: &HttpRecorder) -> Writer {
    let destination = Destination::OpenWay {
        url: far.url(),
        token: SecretString::from(TOKEN),
    };
    Writer::new(http(), destination)
}

fn data_kit(far: &HttpRecorder) -> Writer {
    Writer::new(http(), Destination::DataKit { url: far.url() })
}

/// Requests as they came, with what differs from run to run named.
fn golden(requests: &[Recorded]) -> String {
    let mut out = String::new();
    for request in requests {
        out.push_str(&format!("{} {}\n", request.method, request.target));
        for (name, value) in &request.headers {
            let value = match name.as_str() {
                "host" => "(ours)",
                "user-agent" => "firstsight/(version)",
                // Its length is the body's, whatever the compressor.
                "content-length" if request.header("content-encoding").is_some() => "(of the body)",
                _ => value,
            };
            out.push_str(&format!("{name}: {value}\n"));
        }
        out.push_str(&format!("\n{}\n", body(request)));
    }
    out
}

fn body(request: &Recorded) -> String {
    if request.header("content-encoding") != Some("gzip") {
        return request.text();
    }
    let mut text = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&request.body[..]);
    decoder.read_to_string(&mut text).unwrap();
    text
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn push_body() -> PushBody {
    PushBody {
        event: PushEvent {
            date: 1_700_003_600,
            status: "error",
            title: "2 new errors 新的错误".to_owned(),
            message: "| a | \"b\" |\n\u{202e}".to_owned(),
            dimension_tags: texts(&[("account", "111122223333"), ("inspection", "prod")]),
            check_value: 2.0,
        },
        extra_data: texts(&[("findings", "2")]),
        own: texts(&[
            ("fs_event_id", "event-0123"),
            ("df_event_id", "forbidden"),
            ("_x", "forbidden"),
            ("time", "forbidden"),
            ("account", "forbidden: a dimension"),
            ("", "forbidden"),
        ]),
    }
}

fn create_body() -> CreateEvent {
    CreateEvent {
        date: 1_700_003_600_000,
        status: "ok",
        title: "recovered".to_owned(),
        message: "nothing new".to_owned(),
        origin: "firstsight",
        custom_tags: texts(&[("account", "111122223333")]),
    }
}

fn point(fields: &[(&str, Value)]) -> Point {
    Point {
        measurement: "custom".to_owned(),
        tags: texts(&[("df_status", "error"), ("df_event_id", "event-0123")]),
        fields: fields
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect(),
        time: 1_700_003_600_000_000_000,
    }
}

fn title() -> Point {
    point(&[("df_title", Value::Text("two \"new\" errors".to_owned()))])
}

fn dql() -> DqlQuery {
    DqlQuery {
        dql: "L::`cloudtrail`:(`*`)".to_owned(),
        time_range: (1_700_000_000_000, 1_700_003_600_000),
        limit: 500,
        search_after: vec![json!(1_700_000_000_123_i64), json!("doc")],
    }
}

#[tokio::test]
async fn what_the_open_api_is_sent() {
    let far = HttpRecorder::start(|request, _| match request.target.as_str() {
        target if target.contains("/list") => Reply::json(200, r#"{"code":200,"content":{"data":[]}}"#),
        target if target.contains("workspace") => Reply::json(
            200,
            r#"{"code":200,"content":{"uuid":"wksp_1","name":"ops","token":"tkn_1"}}"#,
        ),
        target if target.contains("checker/add") => {
            Reply::json(200, r#"{"code":200,"content":{"uuid":"rul_1"}}"#)
        }
        target if target.contains("query_data") => {
            Reply::json(200, r#"{"code":200,"content":{"data":[{}]}}"#)
        }
        _ => Reply::json(200, OK),
    });
    let far = far.await.unwrap();
    let api = api(&far);
    api.ping().await.unwrap();
    api.workspace().await.unwrap();
    api.alert_policies("").await.unwrap();
    api.monitors("a&b 值").await.unwrap();
    let monitor = NewMonitor {
        title: "AWS CloudTrail \"errors\"".to_owned(),
        sub_uri: "first/sight".to_owned(),
        secret: SecretString::from(SECRET),
        alert_policies: vec!["altpl_1".to_owned()],
    };
    let made = api.add_monitor(&monitor).await.unwrap();
    assert_eq!(
        (made.uuid.as_str(), made.sub_uri.as_deref()),
        ("rul_1", Some("first/sight"))
    );
    assert_eq!(made.secret.unwrap().expose_secret(), SECRET);
    let older = api.clone().monitor_type("outer_event_checker");
    older.add_monitor(&monitor).await.unwrap();
    api.push_event(&SecretString::from("s/e c"), "first/sight", &push_body())
        .await
        .unwrap();
    api.create_event(&create_body()).await.unwrap();
    api.query(&dql()).await.unwrap();
    insta::assert_snapshot!(golden(&far.requests()));
}

#[tokio::test]
async fn what_the_ways_in_for_points_are_sent() {
    let far = answering(Reply::status(200)).await;
    let (data_kit, open_way) = (data_kit(&far), open_way(&far));
    data_kit.check().await.unwrap();
    open_way.check().await.unwrap();
    let hostile = Point {
        tags: texts(&[("actor", "a=b,c d\ne\\"), ("empty", ""), ("source", "left out")]),
        ..point(&[
            ("message", Value::Text("\"}\n没有权限 \\".to_owned())),
            ("date", Value::Integer(1)),
        ])
    };
    assert_eq!(
        data_kit
            .write(Category::KeyEvent, &[title()], "fs-1")
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        open_way
            .write(Category::KeyEvent, &[title()], "fs-1")
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        open_way
            .write(Category::Logging, &[hostile], "fs-1")
            .await
            .unwrap(),
        2
    );
    insta::assert_snapshot!(golden(&far.requests()));
}

#[tokio::test]
async fn batches_have_packages_of_their_own_and_a_status_that_is_given_stays() {
    let far = answering(Reply::status(200)).await;
    let mut points = vec![title(); 101];
    points[0].tags.insert("status".to_owned(), "critical".to_owned());
    data_kit(&far)
        .write(Category::Logging, &points, "fs-7")
        .await
        .unwrap();
    let requests = far.requests();
    let packages: Vec<_> = requests
        .iter()
        .map(|request| request.header("x-pkg-id").unwrap())
        .collect();
    assert_eq!(packages, ["fs-7", "fs-7-1"]);
    let first = body(&requests[0]);
    assert!(first.starts_with("custom,df_event_id=event-0123,df_status=error,status=critical df_title="));
    assert_eq!(first.matches(",status=info ").count(), 99);
}

#[tokio::test]
async fn a_point_that_cannot_be_written_is_refused_before_anything_is_sent() {
    let far = answering(Reply::status(200)).await;
    let points = [title(), point(&[("x", Value::Float(f64::NAN))])];
    let error = data_kit(&far)
        .write(Category::KeyEvent, &points, "fs-1")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "POST /v1/write/keyevent: refused: point 1 has no field that can be written"
    );
    assert!(far.requests().is_empty());
}

#[tokio::test]
async fn a_batch_that_is_not_taken_ends_the_call() {
    let far = HttpRecorder::start(|_, before| Reply::status(if before == 1 { 500 } else { 200 })).await;
    let far = far.unwrap();
    let points = vec![title(); 301];
    let error = data_kit(&far)
        .write(Category::KeyEvent, &points, "fs-1")
        .await
        .unwrap_err();
    assert!(
        matches!(error, GuanceError::Unavailable { status: 500, .. }),
        "{error:?}"
    );
    assert_eq!(far.requests().len(), 2);
}

/// What each kind of call makes of an answer.
async fn failures_of(reply: Reply) -> Vec<GuanceError> {
    let hangs = matches!(reply, Reply::Hang);
    let far = answering(reply).await;
    let http = patient(Duration::from_millis(if hangs { 50 } else { 30_000 }));
    failures_at(&far, http).await
}

async fn failures_at(far: &HttpRecorder, http: Http) -> Vec<GuanceError> {
    let api = OpenApi::new(http.clone(), &far.url(), Some(SecretString::from(KEY)));
    let token = SecretString::from(TOKEN);
    let writer = Writer::new(
        http,
        Destination::OpenWay {
            url: far.url(),
            token,
        },
    );
    let secret = SecretString::from(SECRET);
    vec![
        api.push_event(&secret, "fs", &push_body()).await.unwrap_err(),
        api.create_event(&create_body()).await.unwrap_err(),
        writer
            .write(Category::KeyEvent, &[title()], "fs-1")
            .await
            .unwrap_err(),
        api.query(&dql()).await.unwrap_err(),
        api.workspace().await.unwrap_err(),
        api.monitors("").await.unwrap_err(),
        writer.check().await.unwrap_err(),
    ]
}

#[tokio::test]
async fn every_class_of_failure_at_every_call() {
    let wait = Reply::json(429, "slow").with_header("Retry-After", "9");
    for error in failures_of(wait).await {
        assert!(matches!(error, GuanceError::RateLimited { .. }), "{error:?}");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(9)));
    }
    let limited = r#"{"code":401,"errorCode":"ft.TriggerApiAkCurrentLimiting","success":false}"#;
    for error in failures_of(Reply::json(401, limited)).await {
        assert!(matches!(error, GuanceError::RateLimited { .. }), "{error:?}");
    }
    for error in failures_of(Reply::json(403, r#"{"error_code":"kodo.beyondDataUsage"}"#)).await {
        assert!(matches!(error, GuanceError::OverQuota { .. }), "{error:?}");
    }
    for error in failures_of(Reply::json(403, r#"{"errorCode":"ft.InvalidAPIKey"}"#)).await {
        assert!(matches!(error, GuanceError::Unauthorized { .. }), "{error:?}");
    }
    for error in failures_of(Reply::json(503, "")).await {
        assert!(matches!(error, GuanceError::Unavailable { .. }), "{error:?}");
        assert!(!error.may_have_arrived());
    }
    for error in failures_of(Reply::json(400, r#"{"errorCode":"ft.Bad","message":"no"}"#)).await {
        assert!(matches!(error, GuanceError::Refused { .. }), "{error:?}");
    }
    for reply in [Reply::Hang, Reply::Reset, Reply::CutAnswer] {
        for error in failures_of(reply.clone()).await {
            assert!(matches!(error, GuanceError::Http { .. }), "{error:?}");
            assert!(error.may_have_arrived() && error.is_retryable(), "{error:?}");
        }
    }
}

#[tokio::test]
async fn no_error_and_no_debug_holds_a_secret() {
    let mut said = Vec::new();
    for status in [400, 401, 403, 404, 500] {
        // A server that says back all that it was sent.
        let echo = move |request: &Recorded, _| {
            let key = request.header("df-api-key").unwrap_or_default();
            let words = format!("{} {key}", request.target);
            let body = json!({"errorCode": words, "message": words}).to_string();
            Reply::json(status, if status == 404 { &words } else { &body })
        };
        let far = HttpRecorder::start(echo).await.unwrap();
        let errors = failures_at(&far, http()).await;
        assert!(far.requests()[0].target.contains(SECRET));
        said.extend(
            errors
                .iter()
                .map(|error| format!("{error:?} {error} {}", error.in_full())),
        );
    }
    for reply in [Reply::Reset, Reply::CutAnswer] {
        let errors = failures_of(reply).await;
        said.extend(
            errors
                .iter()
                .map(|error| format!("{error:?} {error} {}", error.in_full())),
        );
    }
    let far = answering(Reply::status(200)).await;
    said.push(format!("{:?} {:?}", api(&far), open_way(&far)));
    let gone = far.url();
    drop(far);
    tokio::task::yield_now().await;
    let api = OpenApi::new(http(), &gone, Some(SecretString::from(KEY)));
    let error = api
        .push_event(&SecretString::from(SECRET), "fs", &push_body())
        .await
        .unwrap_err();
    said.push(format!("{error:?} {error}"));
    for said in said {
        for secret in [KEY, TOKEN, SECRET] {
            assert!(!said.contains(secret), "{said}");
        }
    }
}

async fn pushed(body: &str) -> Result<(), GuanceError> {
    let far = saying(body).await;
    api(&far)
        .push_event(&SecretString::from(SECRET), "fs", &push_body())
        .await
}

#[tokio::test]
async fn what_was_pushed_was_taken_only_where_guance_says_so() {
    for taken in [
        r#"{"code":200,"content":{"data":{},"error":200,"message":"","ok":true},"success":true}"#,
        r#"{"code":200,"content":null,"success":true}"#,
        OK,
    ] {
        pushed(taken).await.unwrap();
    }
    let refused =
        pushed(r#"{"code":200,"content":{"ok":false,"error":200,"message":"bad \u001b[2J"},"success":true}"#);
    let error = refused.await.unwrap_err();
    assert_eq!(
        error.to_string(),
        r"POST /api/v1/push-events: refused: bad \u{1b}[2J"
    );
    for (body, retryable) in [
        (r#"{"content":{"ok":false}}"#, false),
        (r#"{"content":{"ok":false,"error":400}}"#, false),
        (r#"{"content":false}"#, false),
        (r#"{"success":false,"code":400,"errorCode":"ft.Bad"}"#, false),
        (
            r#"{"success":false,"code":403,"errorCode":"ft.InvalidAPIKey"}"#,
            false,
        ),
        (r#"{"content":{"ok":false,"error":500}}"#, true),
        (r#"{"content":{"ok":false,"error":429}}"#, true),
        (
            r#"{"success":false,"code":401,"errorCode":"ft.TriggerApiAkCurrentLimiting"}"#,
            true,
        ),
    ] {
        let error = pushed(body).await.unwrap_err();
        assert_eq!(
            (error.is_retryable(), error.may_have_arrived()),
            (retryable, false),
            "{body}: {error:?}"
        );
    }
    for body in ["", "<html>", "{}", "[]"] {
        let error = pushed(body).await.unwrap_err();
        assert!(matches!(error, GuanceError::Unreadable { .. }), "{error:?}");
        assert!(error.is_retryable() && error.may_have_arrived(), "{error:?}");
    }
}

#[tokio::test]
async fn without_a_key_only_events_are_pushed() {
    let far = saying(OK).await;
    let api = OpenApi::new(http(), &far.url(), None);
    let error = api.workspace().await.unwrap_err();
    assert!(matches!(error, GuanceError::Unauthorized { .. }), "{error:?}");
    assert!(far.requests().is_empty());
    api.push_event(&SecretString::from(SECRET), "fs", &push_body())
        .await
        .unwrap();
    assert_eq!(far.requests()[0].header("df-api-key"), None);
}

#[tokio::test]
async fn lists_are_read_to_their_end() {
    let far = HttpRecorder::start(|request, before| {
        let policies = if before < 2 { 100 } else { 1 };
        let item = |at| json!({"uuid": format!("altpl_{before}_{at}"), "name": "on call", "ruleCount": 3});
        let data: Vec<_> = (0..policies).map(item).collect();
        assert!(
            request
                .target
                .ends_with(&format!("?pageIndex={}&pageSize=100", before + 1))
        );
        Reply::json(200, &json!({"code": 200, "content": {"data": data}}).to_string())
    });
    let far = far.await.unwrap();
    let policies = api(&far).alert_policies("").await.unwrap();
    assert_eq!((policies.len(), far.requests().len()), (201, 3));
    assert_eq!(policies[200].uuid, "altpl_2_0");
    assert_eq!(policies[0].monitors, Some(3));
}

#[tokio::test]
async fn a_list_that_says_how_long_it_is_costs_no_page_more() {
    let items: Vec<_> = (0..100).map(|at| json!({"uuid": format!("rul_{at}")})).collect();
    let page = json!({"code": 200, "content": items, "pageInfo": {"totalCount": 100}});
    let far = saying(&page.to_string()).await;
    assert_eq!(api(&far).monitors("").await.unwrap().len(), 100);
    assert_eq!(far.requests().len(), 1);
}

#[tokio::test]
async fn monitors_are_read_in_the_forms_that_there_are() {
    let content = json!([
        {
            "uuid": "rul_1", "type": "trigger", "status": 0, "secret": SECRET,
            "jsonScript": {"type": "OuterEventChecker", "title": "CloudTrail", "subUri": "fs"},
            "alertPolicyUUIDs": ["altpl_1"], "alertPolicyInfos": [{"uuid": "altpl_1"}, {"uuid": "altpl_2", "name": "x"}],
        },
        {"uuid": "rul_2", "type": "outer_event_checker", "status": 2, "secret": "", "jsonScript": {"name": "old"}},
        {"uuid": "rul_3", "type": "trigger", "status": 0, "jsonScript": {"type": "simpleCheck"}},
    ]);
    let far = saying(&json!({"code": 200, "content": content}).to_string()).await;
    let monitors = api(&far).monitors("").await.unwrap();
    let [first, second, third] = &monitors[..] else {
        panic!("three monitors")
    };
    assert!(first.takes_events() && second.takes_events() && !third.takes_events());
    assert_eq!(
        (first.title.as_str(), first.sub_uri.as_deref(), first.enabled),
        ("CloudTrail", Some("fs"), true)
    );
    assert_eq!(first.alert_policies, ["altpl_1", "altpl_2"]);
    assert_eq!(first.secret.as_ref().unwrap().expose_secret(), SECRET);
    assert_eq!((second.title.as_str(), second.enabled), ("old", false));
    assert!(second.secret.is_none() && second.alert_policies.is_empty());
}

#[tokio::test]
async fn rows_are_read_by_column() {
    let data = json!({"content": {"data": [{
        "series": [
            {"columns": ["time", "message", "absent"], "values": [[1, "{}", null], [2, "{\"a\":1}", "x"]]},
            {"name": "cloudtrail", "columns": ["time"], "values": [[3]], "tags": {"host": "h"}},
        ],
        "search_after": [2, "doc"], "is_running": false,
    }]}});
    let far = saying(&data.to_string()).await;
    let page = api(&far).query(&dql()).await.unwrap();
    assert_eq!(
        json!(page.rows),
        json!([{"message": "{}", "time": 1}, {"absent": "x", "message": "{\"a\":1}", "time": 2}, {"host": "h", "time": 3}])
    );
    assert_eq!(page.search_after, [json!(2), json!("doc")]);
    for empty in [
        r#"{"content":{"data":[{"series":[]}]}}"#,
        r#"{"content":{"data":[{"series":null,"search_after":null}]}}"#,
    ] {
        let far = saying(empty).await;
        let page = api(&far).query(&dql()).await.unwrap();
        assert!(page.rows.is_empty() && page.search_after.is_empty());
    }
}

#[tokio::test]
async fn rows_that_are_not_all_there_are_no_page() {
    let running = r#"{"content":{"data":[{"series":[],"is_running":true,"async_id":"a"}]}}"#;
    let far = saying(running).await;
    let error = api(&far).query(&dql()).await.unwrap_err();
    assert!(
        matches!(error, GuanceError::Unavailable { .. }) && error.is_retryable(),
        "{error:?}"
    );
    for body in [
        r#"{"content":{}}"#,
        r#"{"content":{"data":[{"series":[{"values":[[1]]}]}]}}"#,
        r#"{"content":{"data":["#,
    ] {
        let far = saying(body).await;
        let error = api(&far).query(&dql()).await.unwrap_err();
        assert!(
            matches!(error, GuanceError::Unreadable { .. }),
            "{body}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_told_by_status_or_by_body() {
    let refused = r#"{"code":403,"errorCode":"kodo.tokenNotFound","message":"no"}"#;
    for reply in [Reply::json(403, refused), Reply::json(200, refused)] {
        let far = answering(reply).await;
        let error = open_way(&far).check().await.unwrap_err();
        let said = "GET /v1/check/token: kodo.tokenNotFound: use this workspace's token (tkn_…) at this node \
                    (Management > Settings)";
        assert_eq!(error.to_string(), said);
    }
    for taken in [r#"{"code":200,"errorCode":""}"#, "", "pong", r#"{"content":1}"#] {
        let far = saying(taken).await;
        open_way(&far).check().await.unwrap();
    }
}
