//! The sink and a far side that only records.

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

mod failures;
mod golden;

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
