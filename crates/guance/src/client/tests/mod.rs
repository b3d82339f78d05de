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

mod answers;
mod failures;
mod requests;

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

fn new_monitor() -> NewMonitor {
    NewMonitor {
        title: "AWS CloudTrail \"errors\"".to_owned(),
        sub_uri: "first/sight".to_owned(),
        secret: SecretString::from(SECRET),
        alert_policies: vec!["altpl_1".to_owned()],
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
