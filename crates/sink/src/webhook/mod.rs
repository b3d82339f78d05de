//! Any HTTP target: signed, with templates. Ready ones for Slack, DingTalk, Feishu and WeCom robots and for Prometheus
//! Alertmanager.

use std::sync::Arc;

use async_trait::async_trait;
use firstsight_engine::{Locale, Time};
use secrecy::SecretString;

use crate::http::Http;
use crate::markdown::LinkTemplate;
use crate::rendering::Records;
use crate::{Delivery, Digest, Event, Sink, SinkError};

/// What the far side understands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Template {
    /// A ready one.
    Ready(Preset),
    /// The text of a template of one's own; `{{ … }}` gives JSON. See the module's page for what it is given.
    Own(String),
}

/// The ready templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Preset {
    /// The event as `docs/schema.md` describes it.
    Json,
    /// A Slack incoming webhook.
    Slack,
    /// A DingTalk robot; signed by its own scheme where there is a secret.
    DingTalk,
    /// A Feishu (Lark) robot; signed by its own scheme where there is a secret.
    Feishu,
    /// A WeCom (WeChat Work) group robot.
    WeCom,
    /// Prometheus Alertmanager, `POST /api/v2/alerts`.
    Alertmanager,
}

impl Preset {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Json,
        Self::Slack,
        Self::DingTalk,
        Self::Feishu,
        Self::WeCom,
        Self::Alertmanager,
    ];

    /// Its name in configurations: `json`, `slack`, `dingtalk`, `feishu`, `wecom`, `alertmanager`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Slack => "slack",
            Self::DingTalk => "dingtalk",
            Self::Feishu => "feishu",
            Self::WeCom => "wecom",
            Self::Alertmanager => "alertmanager",
        }
    }

    /// The text of its template, to begin one's own with.
    #[must_use]
    pub fn text(self) -> &'static str {
        todo!()
    }
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
    #[allow(dead_code)]
    settings: WebhookSettings,
    #[allow(dead_code)]
    http: Http,
    #[allow(dead_code)]
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
        Ok(Self {
            settings,
            http,
            clock,
        })
    }
}

#[async_trait]
impl Sink for WebhookSink {
    fn describe(&self) -> String {
        format!("webhook {}", self.settings.name)
    }

    fn idempotent(&self) -> bool {
        // Alertmanager knows an alert by its labels; chats know nothing.
        self.settings.template == Template::Ready(Preset::Alertmanager)
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        let _ = events;
        todo!()
    }

    async fn deliver_together(&self, digest: &Digest) -> Result<Vec<Delivery>, SinkError> {
        let _ = digest;
        todo!()
    }
}
