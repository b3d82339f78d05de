//! The OpenAPI: <https://docs.guance.com/en/open-api/>.

use std::collections::BTreeMap;

use firstsight_sink::http::Http;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value as Json;

use crate::error::GuanceError;

/// A client of a workspace's OpenAPI.
#[derive(Clone, Debug)]
pub struct OpenApi {
    #[allow(dead_code)]
    http: Http,
    #[allow(dead_code)]
    base: String,
    #[allow(dead_code)]
    key: Option<SecretString>,
}

/// That the node answers, and what its clock says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The `Date` header.
    pub date: Option<String>,
}

/// A workspace.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Its id, `wksp_…`.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// What data is written with, `tkn_…`.
    pub token: SecretString,
}

/// An alert policy of the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertPolicy {
    /// Its id, `altpl_…`.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// How many monitors it is bound to, where the answer says.
    pub monitors: Option<u64>,
}

/// A monitor that exists.
#[derive(Clone, Debug)]
pub struct Monitor {
    /// Its id, `rul_…`.
    pub uuid: String,
    /// Its title.
    pub title: String,
    /// Its type: `outer_event_checker` for external events.
    pub kind: String,
    /// The last part of the address of an external-event monitor.
    pub sub_uri: Option<String>,
    /// The secret part of the address, where the answer tells it.
    pub secret: Option<SecretString>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// The alert policies it is bound to.
    pub alert_policies: Vec<String>,
}

/// An external-event monitor to be made.
#[derive(Clone, Debug)]
pub struct NewMonitor {
    /// Its title, at most 256 characters.
    pub title: String,
    /// The last part of its address.
    pub sub_uri: String,
    /// The secret part of its address: unique and random.
    pub secret: SecretString,
    /// The alert policies it is bound to.
    pub alert_policies: Vec<String>,
}

/// An event for an external-event monitor: `POST /api/v1/push-events/{secret}/{subUri}`
/// (<https://docs.guance.com/en/open-api/checker/receive/>).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PushBody {
    /// The event.
    pub event: PushEvent,
    /// What else is known: lands in `df_meta.extra_data`.
    #[serde(rename = "extraData")]
    pub extra_data: BTreeMap<String, String>,
    /// Keys of our own at the top: `fs_…`, texts only, none that begins with `_` or `df_`.
    #[serde(flatten)]
    pub own: BTreeMap<String, String>,
}

/// The event itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PushEvent {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub date: i64,
    /// `critical`, `error`, `warning`, `info` or `ok`.
    pub status: &'static str,
    /// One line.
    pub title: String,
    /// Markdown.
    pub message: String,
    /// What the event is about: the same for every event of a fault.
    pub dimension_tags: BTreeMap<String, String>,
    /// The number of new error events.
    pub check_value: f64,
}

/// An event by `POST /api/v1/events/create` (<https://docs.guance.com/en/open-api/keyevent/create/>).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CreateEvent {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub date: i64,
    /// The status.
    pub status: &'static str,
    /// One line.
    pub title: String,
    /// Markdown.
    pub message: String,
    /// Who wrote it.
    pub origin: &'static str,
    /// Tags of our own.
    #[serde(rename = "customTags")]
    pub custom_tags: BTreeMap<String, String>,
}

/// A DQL query of logs (<https://docs.guance.com/en/open-api/query-data/query-data-v1/>).
#[derive(Clone, Debug, PartialEq)]
pub struct DqlQuery {
    /// The query, as ``L::`cloudtrail`:(`*`)``.
    pub dql: String,
    /// From and until when, in milliseconds: stored time.
    pub time_range: (i64, i64),
    /// At most so many rows.
    pub limit: usize,
    /// Where the page before ended, as it said; empty for the first one.
    pub search_after: Vec<Json>,
}

/// A page of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct DqlPage {
    /// The rows, by column; columns without a value are left out.
    pub rows: Vec<serde_json::Map<String, Json>>,
    /// Where the next page goes on; empty when there is none.
    pub search_after: Vec<Json>,
}

impl OpenApi {
    /// A client. Without a key only [`push_event`](Self::push_event) can be called: there the address is the secret.
    #[must_use]
    pub fn new(http: Http, base: &str, key: Option<SecretString>) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self { http, base, key }
    }

    /// Whether the node answers: `GET /api/v1/const/check_ping`.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<Reached, GuanceError> {
        todo!()
    }

    /// The workspace of the key: `GET /api/v1/workspace/get`.
    ///
    /// # Errors
    /// When the key is not accepted, and the like.
    pub async fn workspace(&self) -> Result<Workspace, GuanceError> {
        todo!()
    }

    /// Every alert policy whose name holds the text: `GET /api/v1/alert_policy/list`, all pages.
    ///
    /// # Errors
    /// When a page cannot be had.
    pub async fn alert_policies(&self, search: &str) -> Result<Vec<AlertPolicy>, GuanceError> {
        let _ = search;
        todo!()
    }

    /// Every monitor whose name holds the text: `GET /api/v1/checker/list`, all pages.
    ///
    /// # Errors
    /// When a page cannot be had.
    pub async fn monitors(&self, search: &str) -> Result<Vec<Monitor>, GuanceError> {
        let _ = search;
        todo!()
    }

    /// Makes an external-event monitor: `POST /api/v1/checker/add`.
    ///
    /// # Errors
    /// When it is refused. After a lost answer it may exist.
    pub async fn add_monitor(&self, monitor: &NewMonitor) -> Result<Monitor, GuanceError> {
        let _ = monitor;
        todo!()
    }

    /// Gives an external-event monitor an event. Guance answers a wrong address with success as well.
    ///
    /// # Errors
    /// When it is not taken; [`GuanceError::may_have_arrived`] tells whether it may have been all the same.
    pub async fn push_event(
        &self,
        secret: &SecretString,
        sub_uri: &str,
        body: &PushBody,
    ) -> Result<(), GuanceError> {
        let _ = (secret, sub_uri, body);
        todo!()
    }

    /// Writes an event with `df_source` `custom`.
    ///
    /// # Errors
    /// As [`push_event`](Self::push_event).
    pub async fn create_event(&self, event: &CreateEvent) -> Result<(), GuanceError> {
        let _ = event;
        todo!()
    }

    /// A page of rows.
    ///
    /// # Errors
    /// When it cannot be had.
    pub async fn query(&self, query: &DqlQuery) -> Result<DqlPage, GuanceError> {
        let _ = query;
        todo!()
    }
}
