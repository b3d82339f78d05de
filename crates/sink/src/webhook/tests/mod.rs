//! The webhook against a recorder.

mod answers;
mod conforms;
mod golden;
mod limits;
mod templates;

use std::sync::Arc;

use firstsight_engine::{Finding, Locale, Time};
use secrecy::SecretString;
use serde_json::Value;

use super::{Clock, Preset, Template, Told, WebhookError, WebhookSettings, WebhookSink};
use crate::conformance::fixture;
use crate::http::recorder::{HttpRecorder, Reply};
use crate::http::{Http, HttpSettings};
use crate::markdown::{Dialect, LinkTemplate};
use crate::rendering::Records;
use crate::{Event, EventKind, Status, TroubleKind};

/// Ten minutes after the fixture's window.
fn now() -> Time {
    "2026-03-14T11:10:00Z".parse().unwrap()
}

fn clock() -> Clock {
    Arc::new(now)
}

fn client() -> Http {
    let settings = HttpSettings {
        timeout: std::time::Duration::from_millis(300),
        proxies: false,
        ..HttpSettings::default()
    };
    Http::new(&settings).unwrap()
}

fn settings(template: Template, url: &str) -> WebhookSettings {
    WebhookSettings {
        name: "ops".to_owned(),
        url: SecretString::from(url),
        template,
        secret: None,
        headers: Vec::new(),
        mentions: Vec::new(),
        locale: Locale::English,
        records: Records::Withheld,
        evidence: Some(LinkTemplate::new("https://firstsight.example.com/events/{event}").unwrap()),
    }
}

fn sink_of(settings: WebhookSettings) -> Result<WebhookSink, WebhookError> {
    WebhookSink::new(settings, client(), clock())
}

fn ready(preset: Preset, url: &str) -> WebhookSink {
    sink_of(settings(Template::Ready(preset), url)).unwrap()
}

fn own(template: &str) -> Result<WebhookSink, WebhookError> {
    sink_of(settings(
        Template::Own(template.to_owned()),
        "https://example.com",
    ))
}

/// What a far side of this kind says when it is content.
fn content_reply(preset: Option<Preset>) -> Reply {
    match preset {
        Some(Preset::DingTalk | Preset::WeCom) => Reply::json(200, r#"{"errcode":0,"errmsg":"ok"}"#),
        Some(Preset::Feishu) => Reply::json(200, r#"{"code":0,"data":{},"msg":"success"}"#),
        _ => Reply::status(200),
    }
}

async fn recorder(preset: Option<Preset>) -> HttpRecorder {
    HttpRecorder::start(move |_, _| content_reply(preset))
        .await
        .unwrap()
}

/// An event that is short enough to look at.
fn opened() -> Event {
    let mut event = fixture::event(1);
    event.hours.truncate(2);
    event
}

fn ongoing() -> Event {
    let mut event = opened();
    event.kind = EventKind::Ongoing;
    event.status = Status::Warning;
    event.id = "0123456789abcdef0123456789abcdef".to_owned();
    event.title = "event number 2: it goes on".to_owned();
    event.fault.duration_seconds = 3600;
    event.findings = Vec::<Finding>::new();
    event.keys.clear();
    event
}

fn recovered() -> Event {
    Event {
        kind: EventKind::Recovered,
        status: Status::Ok,
        title: "event number 3: it is over".to_owned(),
        ongoing_clusters: 0,
        ..ongoing()
    }
}

/// What people read of a body, as one text: plain text is written as Markdown.
fn read(preset: Preset, body: &Value) -> String {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let plain = |value: &Value| Dialect::Full.neutral(&text(value));
    let texts: Vec<String> = match preset {
        Preset::Json => vec![body.to_string()],
        Preset::Slack => {
            let blocks = list(&body["attachments"][0]["blocks"]);
            blocks.iter().map(|block| text(&block["text"]["text"])).collect()
        }
        Preset::DingTalk => vec![text(&body["markdown"]["text"])],
        Preset::Feishu => {
            let card = &body["card"];
            let elements = list(&card["elements"]);
            let elements = elements.iter().map(|element| text(&element["text"]["content"]));
            std::iter::once(plain(&card["header"]["title"]["content"]))
                .chain(elements)
                .collect()
        }
        Preset::WeCom => vec![text(&body["markdown"]["content"])],
        Preset::Alertmanager => list(body)
            .iter()
            .map(|alert| &alert["annotations"])
            .flat_map(|told| [plain(&told["summary"]), text(&told["description"])])
            .collect(),
    };
    texts.join("\n")
}

fn body_of(sink: &WebhookSink, event: &Event) -> Value {
    let body = sink.body(&Told::Event(event.clone().into()), now()).unwrap();
    serde_json::from_str(&body).unwrap()
}

#[test]
fn made_up_events_read() {
    let [Told::Event(opened), ..] = super::trials() else {
        panic!("an event comes first")
    };
    assert!(opened.findings.iter().any(|finding| finding.before.is_none()));
    assert!(opened.findings.iter().any(|finding| finding.before.is_some()));
    assert!(!opened.keys.is_empty() && !opened.hours.is_empty());
}

#[test]
fn what_is_secret_is_not_shown() {
    let mut settings = settings(Template::Ready(Preset::Json), "https://example.com/tkn_secret");
    settings.secret = Some("tkn_secret".into());
    settings.headers = vec![("Authorization".to_owned(), "tkn_secret".into())];
    let shown = format!("{settings:?} {:?}", sink_of(settings.clone()).unwrap());
    assert!(!shown.contains("tkn_secret"), "{shown}");
}

#[test]
fn an_address_or_header_that_cannot_be_is_an_error_without_its_value() {
    for url in ["tkn_secret", "ftp://tkn_secret.example.com"] {
        let error = sink_of(settings(Template::Ready(Preset::Json), url)).unwrap_err();
        assert!(matches!(error, WebhookError::Address { .. }), "{error}");
        assert!(!format!("{error:?} {error}").contains("tkn_secret"), "{error:?}");
    }
    for (name, value) in [("X One", "tkn_secret"), ("X-One", "tkn_secret\n")] {
        let mut settings = settings(Template::Ready(Preset::Json), "https://example.com");
        settings.headers = vec![(name.to_owned(), value.into())];
        let error = sink_of(settings).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("webhook ops: header {name:?} cannot be sent")
        );
    }
}
