//! What a recorder receives, byte for byte, and what its answers mean.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use firstsight_engine::Locale;
use firstsight_sink::conformance::{self, Medium, Subject, fixture};
use firstsight_sink::http::recorder::{HttpRecorder, Recorded, Reply};
use firstsight_sink::http::{Http, HttpSettings};
use firstsight_sink::{Delivery, Event, EventKind, FaultRef, Sink, SinkError, Status};
use influxdb_line_protocol::{FieldValue, parse_lines};
use secrecy::SecretString;

use super::*;
use crate::client::Destination;

const SECRETS: [&str; 3] = [
    "secret_of_the_monitor",
    "tkn_00000000000000000000000000000000",
    "wsak_secret",
];

/// Every way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum In {
    Push,
    DataKit,
    OpenWay,
    Create,
}

const WAYS: [In; 4] = [In::Push, In::DataKit, In::OpenWay, In::Create];

impl In {
    const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::DataKit => "datakit",
            Self::OpenWay => "openway",
            Self::Create => "create",
        }
    }

    fn way(self, url: &str) -> Way {
        let key = SecretString::from(SECRETS[2]);
        match self {
            Self::Push => Way::Push {
                api: OpenApi::new(http(), url, None),
                secret: SecretString::from(SECRETS[0]),
                sub_uri: "firstsight".to_owned(),
            },
            Self::DataKit => Way::KeyEvent(datakit(url)),
            Self::OpenWay => Way::KeyEvent(openway(url)),
            Self::Create => Way::Create(OpenApi::new(http(), url, Some(key))),
        }
    }
}

fn http() -> Http {
    let settings = HttpSettings {
        timeout: Duration::from_millis(500),
        proxies: false,
        ..HttpSettings::default()
    };
    Http::new(&settings).unwrap()
}

fn datakit(url: &str) -> Writer {
    Writer::new(http(), Destination::DataKit { url: url.to_owned() })
}

fn openway(url: &str) -> Writer {
    let token = SecretString::from(SECRETS[1]);
    Writer::new(
        http(),
        Destination::OpenWay {
            url: url.to_owned(),
            token,
        },
    )
}

fn sink(way: Way, evidence: Option<Writer>, options: EventOptions) -> GuanceSink {
    GuanceSink::new(GuanceSettings {
        name: "test".to_owned(),
        way,
        evidence,
        options,
    })
}

fn plain(way: In, far: &HttpRecorder) -> GuanceSink {
    sink(way.way(&far.url()), None, EventOptions::default())
}

/// Takes everything, as Guance says it.
fn taken(request: &Recorded) -> Reply {
    if request.target.contains("/v1/write/") {
        return Reply::status(200);
    }
    let content = if request.target.contains("/push-events/") {
        r#"{"error":"","message":"","ok":true}"#
    } else {
        "true"
    };
    Reply::json(
        200,
        &format!(
            r#"{{"code":200,"content":{content},"errorCode":"","message":"","success":true,"traceId":"TRACE-1"}}"#
        ),
    )
}

async fn willing() -> HttpRecorder {
    HttpRecorder::start(|request, _| taken(request)).await.unwrap()
}

/// The body as it was before it was compressed.
fn body(request: &Recorded) -> String {
    if request.header("content-encoding") != Some("gzip") {
        return request.text();
    }
    let mut text = String::new();
    let mut unpacked = flate2::read::GzDecoder::new(request.body.as_slice());
    unpacked.read_to_string(&mut text).unwrap();
    text
}

/// A request as it came. (The port differs from run to run, the length of a compressed body with the compressor.)
fn golden(request: &Recorded) -> String {
    let mut out = format!("{} {}\n", request.method, request.target);
    for (name, value) in &request.headers {
        if !["host", "content-length"].contains(&name.to_ascii_lowercase().as_str()) {
            out.push_str(&format!("{name}: {value}\n"));
        }
    }
    out.push_str(&format!("\n{}\n", body(request)));
    out
}

fn opened() -> Event {
    Event {
        hours: Vec::new(),
        ..fixture::event(1)
    }
}

fn later(kind: EventKind, hours: i64) -> Event {
    let opened = opened();
    let end = opened.window.end.plus_millis(hours * 3_600_000);
    let recovered = kind == EventKind::Recovered;
    let title = if recovered {
        "no new CloudTrail errors in account 111122223333 any more"
    } else {
        "1 CloudTrail error still occurring in account 111122223333"
    };
    Event {
        id: fixture::event(1 + hours.unsigned_abs()).id,
        kind,
        status: if recovered { Status::Ok } else { Status::Critical },
        window: firstsight_engine::Range::new(end.plus_millis(-3_600_000), end),
        title: title.to_owned(),
        fault: FaultRef {
            duration_seconds: hours * 3_600,
            ..opened.fault.clone()
        },
        findings: Vec::new(),
        keys: Vec::new(),
        ongoing_clusters: u64::from(!recovered),
        ..opened
    }
}

/// Texts that are past every limit which an event of ours can reach.
fn overlong() -> Event {
    let mut event = opened();
    event.title = "標題".repeat(200);
    event.inspection = "i".repeat(300);
    event.findings[0].template = "東京 ".repeat(20_000);
    event
}

fn hostile() -> Event {
    let mut event = conformance::hostile(
        "a\"b\\c\u{1b}[2J\u{202e},= \n`#*<script>alert(1)</script>|[x](http://example.com)",
    );
    event.hours = Vec::new();
    event
}

async fn requests(sink: impl Fn(&HttpRecorder) -> GuanceSink, event: Event) -> String {
    let far = willing().await;
    let answer = sink(&far).deliver(&[event]).await.unwrap();
    assert_eq!(answer, [Delivery::Delivered]);
    far.requests().iter().map(golden).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn every_way_sends_what_is_documented() {
    let cases = [
        ("opened", opened()),
        ("ongoing", later(EventKind::Ongoing, 1)),
        ("recovered", later(EventKind::Recovered, 2)),
        ("overlong", overlong()),
        ("hostile", hostile()),
    ];
    for way in WAYS {
        for (case, event) in &cases {
            let sent = requests(|far| plain(way, far), event.clone()).await;
            insta::assert_snapshot!(format!("{}_{case}", way.name()), sent);
        }
    }
}

#[tokio::test]
async fn every_way_sends_chinese() {
    for way in WAYS {
        let options = EventOptions {
            locale: Locale::Chinese,
            ..EventOptions::default()
        };
        let sent = requests(|far| sink(way.way(&far.url()), None, options.clone()), opened()).await;
        insta::assert_snapshot!(format!("{}_chinese", way.name()), sent);
    }
}

#[tokio::test]
async fn evidence_comes_before_its_event() {
    let options = EventOptions::default();
    let with = |far: &HttpRecorder| {
        let url = far.url();
        sink(In::Push.way(&url), Some(openway(&url)), options.clone())
    };
    insta::assert_snapshot!("push_with_evidence", requests(with, opened()).await);
}

#[tokio::test]
async fn an_event_without_a_new_finding_has_no_evidence() {
    let far = willing().await;
    let url = far.url();
    let sink = sink(In::Push.way(&url), Some(datakit(&url)), EventOptions::default());
    sink.deliver(&[later(EventKind::Recovered, 2)]).await.unwrap();
    assert_eq!(far.requests().len(), 1);
}

/// What one event's delivery comes to where the far side answers each request like this.
async fn outcome(way: In, reply: Reply) -> Result<Vec<Delivery>, SinkError> {
    let far = HttpRecorder::start(move |_, _| reply.clone()).await.unwrap();
    let outcome = plain(way, &far).deliver(&[opened()]).await;
    assert_eq!(far.requests().len(), 1, "{way:?}: sent once");
    if let Err(error) = &outcome {
        assert_tells_no_secret(error);
    }
    outcome
}

fn assert_tells_no_secret(error: &SinkError) {
    let mut said = format!("{error:?}");
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        said.push_str(&error.to_string());
        next = error.source();
    }
    for secret in SECRETS {
        assert!(!said.contains(secret), "{said}");
    }
}

#[tokio::test]
async fn too_many_requests_are_tried_again_when_the_server_says() {
    for way in WAYS {
        let limited = r#"{"code":401,"content":{},"errorCode":"ft.TriggerApiAkCurrentLimiting","message":"slow down","success":false}"#;
        let error = outcome(way, Reply::json(401, limited)).await.unwrap_err();
        assert!(
            matches!(error, SinkError::Unavailable { .. }),
            "{way:?}: {error:?}"
        );
        let reply = Reply::json(429, "{}").with_header("Retry-After", "7");
        let error = outcome(way, reply).await.unwrap_err();
        assert!(
            matches!(error, SinkError::Unavailable { .. }),
            "{way:?}: {error:?}"
        );
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)), "{way:?}");
    }
}

#[tokio::test]
async fn a_used_up_workspace_blocks_for_an_hour_and_says_what_to_do() {
    for way in WAYS {
        let used_up = Reply::json(
            403,
            r#"{"error_code":"kodo.beyondDataUsage","message":"data usage limit"}"#,
        );
        let error = outcome(way, used_up).await.unwrap_err();
        let SinkError::Blocked {
            reason, retry_after, ..
        } = &error
        else {
            panic!("{way:?}: {error:?}")
        };
        assert!(
            error.is_retryable() && reason.contains("beyondDataUsage"),
            "{reason}"
        );
        assert_eq!(*retry_after, Duration::from_secs(3_600));
    }
}

#[tokio::test]
async fn a_key_that_is_not_accepted_rejects_the_call() {
    for way in WAYS {
        let invalid =
            r#"{"code":403,"content":{},"errorCode":"ft.InvalidAPIKey","message":"no","success":false}"#;
        let error = outcome(way, Reply::json(403, invalid)).await.unwrap_err();
        assert!(matches!(error, SinkError::Rejected { .. }), "{way:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_failing_server_is_tried_again() {
    for way in WAYS {
        for status in [500, 503] {
            let error = outcome(way, Reply::json(status, "oh no")).await.unwrap_err();
            assert!(
                matches!(error, SinkError::Unavailable { .. }),
                "{way:?} {status}: {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_lost_answer_is_marked() {
    // A gateway that gives up says nothing of what is behind it.
    let lost = [
        Reply::Hang,
        Reply::Reset,
        Reply::CutAnswer,
        Reply::status(502),
        Reply::status(504),
    ];
    for way in WAYS {
        for reply in lost.clone() {
            let said = format!("{way:?} {reply:?}");
            let error = outcome(way, reply).await.unwrap_err();
            assert!(
                error.may_have_arrived() && error.is_retryable(),
                "{said}: {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_may_have_arrived() {
    let far = willing().await;
    let url = far.url();
    drop(far);
    tokio::task::yield_now().await;
    for way in WAYS {
        let sink = sink(way.way(&url), None, EventOptions::default());
        let error = sink.deliver(&[opened()]).await.unwrap_err();
        assert!(
            matches!(error, SinkError::Unavailable { .. }),
            "{way:?}: {error:?}"
        );
        assert!(!error.may_have_arrived());
        assert_tells_no_secret(&error);
    }
}

#[tokio::test]
async fn an_event_that_is_refused_is_kept_with_the_reason() {
    let refused = r#"{"code":400,"content":{},"errorCode":"ft.InvalidParameter","message":"bad title","error_code":"datakit.invalidLinePoint","success":false}"#;
    for way in WAYS {
        let answer = outcome(way, Reply::json(400, refused)).await.unwrap();
        let [Delivery::Refused { reason }] = &answer[..] else {
            panic!("{way:?}: {answer:?}")
        };
        assert!(reason.contains("bad title"), "{way:?}: {reason}");
    }
}

#[tokio::test]
async fn a_success_that_is_none_is_a_refusal() {
    let inner = r#"{"code":200,"content":{"ok":false,"error":"OuterEventError","message":"no such monitor"},"errorCode":"","message":"","success":true}"#;
    let answer = outcome(In::Push, Reply::json(200, inner)).await.unwrap();
    assert!(
        matches!(&answer[..], [Delivery::Refused { reason }] if reason.contains("no such monitor")),
        "{answer:?}"
    );
}

/// Takes events, and answers evidence like this.
async fn picky(reply: Reply) -> HttpRecorder {
    let script = move |request: &Recorded, _| {
        if request.target.contains("/logging") {
            reply.clone()
        } else {
            taken(request)
        }
    };
    HttpRecorder::start(script).await.unwrap()
}

#[tokio::test]
async fn an_event_waits_for_evidence_that_can_be_tried_again() {
    for reply in [Reply::status(500), Reply::json(429, "{}"), Reply::Hang] {
        let far = picky(reply.clone()).await;
        let url = far.url();
        let sink = sink(In::Push.way(&url), Some(datakit(&url)), EventOptions::default());
        let error = sink.deliver(&[opened()]).await.unwrap_err();
        assert!(error.is_retryable(), "{reply:?}: {error:?}");
        assert_eq!(far.requests().len(), 1, "{reply:?}: the event was not sent");
    }
}

#[tokio::test]
async fn refused_evidence_keeps_no_event_back_and_is_told() {
    let answer = Reply::json(
        400,
        r#"{"error_code":"datakit.invalidLinePoint","message":"bad line"}"#,
    );
    let far = picky(answer).await;
    let url = far.url();
    for way in WAYS {
        let sink = sink(way.way(&url), Some(datakit(&url)), EventOptions::default());
        assert_eq!(sink.deliver(&[opened()]).await.unwrap(), [Delivery::Delivered]);
        let requests = far.requests();
        let told = body(requests.last().unwrap());
        assert!(
            told.contains("fs_evidence") && told.contains("refused: "),
            "{way:?}: {told}"
        );
        assert!(
            !told.contains("L::`firstsight`"),
            "{way:?}: no query for what is not there"
        );
    }
}

#[tokio::test]
async fn a_call_ends_at_the_first_failure_and_says_that_some_may_have_arrived() {
    for (failing, arrived) in [(0, false), (1, true)] {
        let script = move |request: &Recorded, before| {
            if before == failing {
                Reply::status(500)
            } else {
                taken(request)
            }
        };
        let far = HttpRecorder::start(script).await.unwrap();
        let events: Vec<Event> = (1..=3).map(fixture::event).collect();
        let error = plain(In::Push, &far).deliver(&events).await.unwrap_err();
        assert_eq!(far.requests().len(), failing + 1);
        assert_eq!((error.is_retryable(), error.may_have_arrived()), (true, arrived));
    }
}

#[tokio::test]
async fn a_refused_event_does_not_hold_up_the_next() {
    let script = |request: &Recorded, before| {
        if before == 0 {
            Reply::status(400)
        } else {
            taken(request)
        }
    };
    let far = HttpRecorder::start(script).await.unwrap();
    let events: Vec<Event> = (1..=2).map(fixture::event).collect();
    let answers = plain(In::Push, &far).deliver(&events).await.unwrap();
    assert!(
        matches!(answers[..], [Delivery::Refused { .. }, Delivery::Delivered]),
        "{answers:?}"
    );
}

/// What people read of a request: title and message of an event. (Evidence is JSON: the tests of [`event`] look at it.)
fn read(request: &Recorded) -> String {
    let body = body(request);
    if !request.target.contains("/v1/write/") {
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        let event = json.get("event").unwrap_or(&json);
        return format!(
            "{}\n{}\n",
            event["title"].as_str().unwrap(),
            event["message"].as_str().unwrap()
        );
    }
    let mut out = String::new();
    for line in parse_lines(&body) {
        let line = line.unwrap();
        for key in ["df_title", "df_message"] {
            if let Some(FieldValue::String(text)) = line.field_value(key) {
                out.push_str(&format!("{text}\n"));
            }
        }
    }
    out
}

#[tokio::test]
async fn every_way_keeps_the_contract_of_sinks() {
    let far = Arc::new(willing().await);
    for way in WAYS {
        conformance::all(|| subject(way, false, &far)).await;
    }
}

#[tokio::test]
async fn evidence_beside_changes_nothing_of_the_contract() {
    let far = Arc::new(willing().await);
    let make = || subject(In::Push, true, &far);
    conformance::describes_itself(&make());
    conformance::an_empty_delivery_is_fine(&make()).await;
    conformance::events_arrive_in_order(&make()).await;
    conformance::calls_arrive_in_order(&make()).await;
    conformance::twice_is_harmless_if_promised(&make()).await;
    conformance::hostile_texts_are_neutralised(&make).await;
}

/// A sink whose far side is what comes to the recorder from now on.
fn subject(way: In, with_evidence: bool, far: &Arc<HttpRecorder>) -> Subject {
    let url = far.url();
    let evidence = with_evidence.then(|| openway(&url));
    let (far, before) = (Arc::clone(far), far.requests().len());
    Subject {
        sink: Box::new(sink(way.way(&url), evidence, EventOptions::default())),
        received: Box::new(move || far.requests()[before..].iter().map(read).collect()),
        medium: Medium::Markdown,
        idempotent: false,
    }
}
