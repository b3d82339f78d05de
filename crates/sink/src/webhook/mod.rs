//! Any HTTP target: signed, with templates. Ready ones for Slack, DingTalk, Feishu and WeCom robots and for Prometheus
//! Alertmanager.
//!
//! # Templates
//!
//! A template is text with [Jinja's syntax](https://docs.rs/minijinja/3/minijinja/syntax/index.html); [`Preset::text`] gives
//! one to begin with. What it makes is JSON unless a `Content-Type` among the headers says otherwise. In JSON each `{{ x }}`
//! is a whole JSON value, quotes included: no text that is filled in can end a string. In HTML and XML it is text; in
//! anything else it stands on one line. A name that there is not is an error, found by [`WebhookSink::new`], which renders
//! made-up events once.
//!
//! | name | what it is |
//! |---|---|
//! | `event` | the event as `docs/schema.md` describes it (`firstsight.event/1`); `none` in a digest. `event.trouble` is there where it is about the inspection itself: ask `event.trouble is defined` first |
//! | `digest` | the digest (`firstsight.digest/1`); `none` for one event |
//! | `alerts` | a list, one for each event: `event`, `title`, `message` (at most 16 KiB), `url`, `ends_at` (when an alert ends by itself) |
//! | `id` | the event's or the digest's id |
//! | `kind` | `opened`, `ongoing`, `recovered` or `digest` |
//! | `status` | `critical`, `error`, `warning`, `info` or `ok`; of a digest the severest |
//! | `title` | one line of plain text, in the language that is set |
//! | `message` | everything, in full Markdown, at most 64 KiB |
//! | `color` | the status as a colour: `#c62828` |
//! | `url` | where the evidence can be looked at; `none` where nothing is set, and in a digest |
//! | `mentions` | the people to call: a list; empty for a recovery |
//! | `signature` | `timestamp` and `sign` of Feishu's scheme; `none` but for that preset with a secret |
//! | `markdown(dialect, bytes)` | the message in `full`, `slack`, `dingtalk`, `feishu` or `wecom`, at most so many bytes |
//! | `heading(dialect, characters)` | the title, safe to stand in such Markdown |
//! | `mention(dialect)` | what calls the people in such Markdown |
//! | `text(dialect, bytes)` | title, calls and message in one |
//! | `x\|cut(characters)` | the text, at most so long |
//!
//! ```
//! use std::sync::Arc;
//!
//! use firstsight_engine::{Locale, Time};
//! use firstsight_sink::http::{Http, HttpSettings};
//! use firstsight_sink::webhook::{Template, WebhookSettings, WebhookSink};
//! use firstsight_sink::{Records, Sink};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = WebhookSettings {
//!     name: "pager".to_owned(),
//!     url: "https://pager.example.com/in".into(),
//!     template: Template::Own(r#"{"summary": {{ title|cut(255) }}, "fault": {{ id }}}"#.to_owned()),
//!     secret: Some("a shared secret".into()),
//!     headers: Vec::new(),
//!     mentions: Vec::new(),
//!     locale: Locale::English,
//!     records: Records::Withheld,
//!     evidence: None,
//! };
//! let clock = Arc::new(|| Time::from_secs(1_773_486_600));
//! let sink = WebhookSink::new(settings, Http::new(&HttpSettings::default())?, clock)?;
//! assert_eq!(sink.describe(), "webhook pager");
//! # Ok(())
//! # }
//! ```
//!
//! # Errors and repeats
//!
//! An error of [`deliver`](Sink::deliver) is about the whole call, though the events before the one that failed may have
//! arrived: a caller gives a webhook that is not [idempotent](Sink::idempotent) one event at a time.

mod answer;
mod given;
mod preset;
mod sign;
mod template;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use firstsight_engine::{Locale, Time};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use self::answer::Reader;
use self::given::{Telling, Told, given};
pub use self::preset::Preset;
use self::template::{Content, Failure};
use crate::http::{Http, Request};
use crate::markdown::LinkTemplate;
use crate::rendering::{Records, Rendering};
use crate::{Delivery, Digest, DigestCause, Event, EventKind, Sink, SinkError, Status, Trouble, TroubleKind};

/// What the far side understands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Template {
    /// A ready one.
    Ready(Preset),
    /// The text of a template of one's own; `{{ … }}` gives JSON. See the module's page for what it is given.
    Own(String),
}

/// How a webhook is set.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// Its name, for people and errors: never the address, which is a secret.
    pub name: String,
    /// Where to; with a chat's robots whoever knows it can send.
    pub url: SecretString,
    /// What is sent.
    pub template: Template,
    /// What requests are signed with.
    pub secret: Option<SecretString>,
    /// Headers besides, values being secrets.
    pub headers: Vec<(String, SecretString)>,
    /// People to call, as the far side names them (Slack member ids, DingTalk mobile numbers, Feishu open ids, WeCom user ids).
    pub mentions: Vec<String>,
    /// The language.
    pub locale: Locale,
    /// Whether the records of samples leave.
    pub records: Records,
    /// Where an event's evidence can be looked at.
    pub evidence: Option<LinkTemplate>,
}

/// Where times of signatures come from.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// What is wrong with a webhook's settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The address is none, or not `http` or `https`.
    #[error("webhook {name}: {reason}")]
    Address {
        /// Which.
        name: String,
        /// What is wrong; never the address.
        reason: String,
    },
    /// The template does not stand.
    #[error("webhook {name}: line {line} of the template: {reason}")]
    Template {
        /// Which.
        name: String,
        /// Its line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A header has no such name or value.
    #[error("webhook {name}: header {header:?} cannot be sent")]
    Header {
        /// Which.
        name: String,
        /// The header's name.
        header: String,
    },
}

/// Sends each event to an HTTP target.
pub struct WebhookSink {
    settings: WebhookSettings,
    url: Url,
    template: template::Template,
    http: Http,
    clock: Clock,
}

impl std::fmt::Debug for WebhookSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookSink")
            .field("name", &self.settings.name)
            .finish_non_exhaustive()
    }
}

impl WebhookSink {
    /// A webhook; nothing is sent yet.
    ///
    /// # Errors
    /// When the settings are wrong.
    pub fn new(settings: WebhookSettings, http: Http, clock: Clock) -> Result<Self, WebhookError> {
        let url = address(&settings)?;
        check_headers(&settings)?;
        let text = match &settings.template {
            Template::Ready(preset) => preset.text().to_owned(),
            Template::Own(text) => text.clone(),
        };
        let template = template::Template::new(text, content(&settings))
            .map_err(|failure| settings.template_error(failure))?;
        let sink = Self {
            settings,
            url,
            template,
            http,
            clock,
        };
        sink.try_template()?;
        Ok(sink)
    }

    /// Renders made-up events, so that a name that there is not is found now and not with the first fault.
    fn try_template(&self) -> Result<(), WebhookError> {
        for told in trials() {
            self.render(&told, Time::default(), 1)
                .map_err(|failure| self.settings.template_error(failure))?;
        }
        Ok(())
    }

    fn render(&self, told: &Told, now: Time, share: usize) -> Result<String, Failure> {
        let WebhookSettings { locale, records, .. } = self.settings;
        let telling = Telling {
            rendering: Rendering { locale, records },
            evidence: self.settings.evidence.clone(),
            mentions: self.settings.mentions.clone(),
            content: content(&self.settings),
            now,
            share,
        };
        let secret = self.settings.secret.as_ref();
        let signature = secret
            .filter(|_| self.preset() == Some(Preset::Feishu))
            .map(|secret| sign::feishu(secret, now));
        self.template.render(&given(told.clone(), telling, signature))
    }

    /// The body, short enough for the far side: where it is too long, Markdown has to do with less.
    fn body(&self, told: &Told, now: Time) -> Result<String, String> {
        let longest = self.preset().and_then(Preset::longest_body).unwrap_or(usize::MAX);
        for share in [1, 2, 4, 8] {
            let body = self
                .render(told, now, share)
                .map_err(|Failure { line, reason }| format!("line {line} of the template: {reason}"))?;
            if body.len() <= longest {
                return Ok(body);
            }
        }
        Err(format!(
            "it takes more than the {longest} bytes that the far side takes"
        ))
    }

    fn request(&self, told: &Told, now: Time, body: String) -> Request {
        let mut url = self.url.clone();
        let mut signed = Vec::new();
        match (self.preset(), &self.settings.secret) {
            (_, None) | (Some(Preset::Feishu), _) => {}
            (Some(Preset::DingTalk), Some(secret)) => sign::dingtalk(&mut url, secret, now),
            (_, Some(secret)) => signed.extend(sign::headers(secret, now, body.as_bytes())),
        }
        let mut request = Request::post(String::from(url).into(), body)
            .header("Content-Type", "application/json; charset=utf-8".to_owned())
            .header(sign::EVENT, told.id().to_owned());
        // Later ones win: a type of one's own over ours, signatures over everything.
        request.headers.extend(self.settings.headers.iter().cloned());
        request.headers.extend(signed);
        request
    }

    async fn send(&self, told: &Told) -> Result<Delivery, SinkError> {
        let now = (self.clock)();
        match self.body(told, now) {
            Ok(body) => {
                let answer = self.http.send(self.request(told, now, body)).await;
                self.reader().read(answer)
            }
            Err(reason) => Ok(Delivery::Refused { reason }),
        }
    }

    fn preset(&self) -> Option<Preset> {
        match self.settings.template {
            Template::Ready(preset) => Some(preset),
            Template::Own(_) => None,
        }
    }

    fn reader(&self) -> Reader {
        Reader {
            sink: self.describe(),
            preset: self.preset(),
            secrets: self.secrets(),
        }
    }

    /// What no error may hold: the longest first.
    fn secrets(&self) -> Vec<String> {
        let mut secrets = vec![self.url.to_string(), self.url.path().to_owned()];
        // A far side may write the slashes otherwise; short segments are words, as `hook`.
        let segments = self.url.path().split('/').filter(|segment| segment.len() >= 8);
        secrets.extend(segments.map(str::to_owned));
        secrets.extend(self.url.query().map(str::to_owned));
        secrets.extend(self.url.query_pairs().map(|(_, value)| value.into_owned()));
        let kept = self.settings.headers.iter().map(|(_, value)| value);
        let kept = kept.chain(&self.settings.secret);
        secrets.extend(kept.map(|secret| secret.expose_secret().to_owned()));
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets
    }
}

#[async_trait]
impl Sink for WebhookSink {
    fn describe(&self) -> String {
        format!("webhook {}", self.settings.name)
    }

    fn idempotent(&self) -> bool {
        // Alertmanager knows an alert by its labels; chats know nothing.
        self.preset() == Some(Preset::Alertmanager)
    }

    fn tells_together(&self) -> bool {
        // Alertmanager keeps alerts one by one; its template tells the events of a digest as alerts, in one request.
        true
    }

    /// One request for each event, one after the other. The first that fails ends the call: events before it have
    /// arrived all the same, so give one event at a time where a repeat does harm.
    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        let mut deliveries = Vec::with_capacity(events.len());
        for event in events {
            deliveries.push(self.send(&Told::Event(Arc::new(event.clone()))).await?);
        }
        Ok(deliveries)
    }

    /// One request for all.
    async fn deliver_together(&self, digest: &Digest) -> Result<Vec<Delivery>, SinkError> {
        let delivery = self.send(&Told::Digest(Arc::new(digest.clone()))).await?;
        Ok(vec![delivery; digest.events.len()])
    }
}

impl WebhookSettings {
    fn template_error(&self, Failure { line, reason }: Failure) -> WebhookError {
        WebhookError::Template {
            name: self.name.clone(),
            line,
            reason,
        }
    }
}

/// Where requests go. Alertmanager's may be its base: the path is known.
fn address(settings: &WebhookSettings) -> Result<Url, WebhookError> {
    let wrong = |reason: String| WebhookError::Address {
        name: settings.name.clone(),
        reason,
    };
    let mut url = Url::parse(settings.url.expose_secret())
        .map_err(|error| wrong(format!("the address is not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        let scheme = url.scheme();
        return Err(wrong(format!(
            "the address begins with {scheme}:, not with http: or https:"
        )));
    }
    if settings.template == Template::Ready(Preset::Alertmanager) && !url.path().ends_with(ALERTS) {
        let path = format!("{}{ALERTS}", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    Ok(url)
}

const ALERTS: &str = "/api/v2/alerts";

fn check_headers(settings: &WebhookSettings) -> Result<(), WebhookError> {
    for (header, value) in &settings.headers {
        let named = header.parse::<reqwest::header::HeaderName>().is_ok();
        let valued = value
            .expose_secret()
            .parse::<reqwest::header::HeaderValue>()
            .is_ok();
        if !named || !valued {
            return Err(WebhookError::Header {
                name: settings.name.clone(),
                header: header.clone(),
            });
        }
    }
    Ok(())
}

/// What the template makes: a ready one JSON, others by the `Content-Type` among the headers.
fn content(settings: &WebhookSettings) -> Content {
    if matches!(settings.template, Template::Ready(_)) {
        return Content::Json;
    }
    let headers = settings.headers.iter();
    let given = headers
        .rev()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    Content::of(given.map(|(_, value)| value.expose_secret()))
}

/// A fault that opens, its recovery, one of an inspection itself, and all at once.
fn trials() -> [Told; 4] {
    let opened: Event =
        serde_json::from_str(include_str!("trial.json")).expect("a test reads the made-up event");
    let recovered = Event {
        kind: EventKind::Recovered,
        status: Status::Ok,
        findings: Vec::new(),
        keys: Vec::new(),
        ..opened.clone()
    };
    let trouble = Event {
        kind: EventKind::Opened,
        status: Status::Error,
        account: String::new(),
        trouble: Some(Trouble {
            kind: TroubleKind::Silent,
            since: opened.window.start,
            runs: 3,
            reason: "the newest record is an hour old".to_owned(),
        }),
        ..recovered.clone()
    };
    let events = vec![opened.clone(), recovered.clone(), trouble.clone()];
    let digest = Digest::of(events, DigestCause::Aggregated);
    [
        Told::Event(opened.into()),
        Told::Event(recovered.into()),
        Told::Event(trouble.into()),
        Told::Digest(digest.into()),
    ]
}
