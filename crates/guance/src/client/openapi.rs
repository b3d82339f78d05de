//! The OpenAPI: <https://docs.guance.com/en/open-api/>.

use firstsight_sink::http::{Http, Request};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value as Json;

use super::answer::{Call, encoded};
use super::query::{QueryWire, page};
use super::reply::{self, Envelope};
use super::types::{
    AlertPolicy, CreateEvent, DqlPage, DqlQuery, Monitor, NewMonitor, PushBody, Reached, Workspace,
};
use crate::error::GuanceError;

/// What to do where the key is not accepted.
const KEY_ADVICE: &str = "use the Key ID (wsak_…) of an API key of this workspace, made at this node, and not disabled \
                          (Management > API Key Management)";
/// What to do where events may not be pushed.
const PUSH_ADVICE: &str =
    "compare the monitor's address in Guance with the secret and sub_uri that are configured";
/// The most items of a page of a list.
/// Source: `pageSize`, `$maxValue`, of both lists' pages.
const PAGE_SIZE: usize = 100;
/// So many pages of a list are read: more would be a list that never ends.
const MAX_PAGES: usize = 1000;

/// A client of a workspace's OpenAPI. Cheap to clone; its key is in no output of it.
#[derive(Clone, Debug)]
pub struct OpenApi {
    http: Http,
    base: String,
    key: Option<SecretString>,
    monitor_type: String,
}

impl OpenApi {
    /// A client. Without a key only [`push_event`](Self::push_event) can be called: there the address is the secret.
    #[must_use]
    pub fn new(http: Http, base: &str, key: Option<SecretString>) -> Self {
        Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            key,
            monitor_type: "trigger".to_owned(),
        }
    }

    /// The `type` that [`add_monitor`](Self::add_monitor) asks for: `trigger` unless a private deployment from before
    /// 2024-12-11 wants `outer_event_checker` (<https://docs.guance.com/en/open-api/changelog/>).
    #[must_use]
    pub fn monitor_type(mut self, name: &str) -> Self {
        name.clone_into(&mut self.monitor_type);
        self
    }

    /// Its address, as `https://openapi.guance.com`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Whether there is a key to ask with.
    #[must_use]
    pub const fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Whether the node answers: `GET /api/v1/const/check_ping`. Any answer but a failure (5xx) will do: not every
    /// deployment has this page, and what it says of the key is for [`workspace`](Self::workspace) to find out.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<Reached, GuanceError> {
        const PATH: &str = "/api/v1/const/check_ping";
        let call = Call::new(format!("GET {PATH}"), KEY_ADVICE);
        let answer = self.http.send(Request::get(self.url(PATH))).await;
        let answer = answer.map_err(|error| call.lost(error))?;
        if answer.status >= 500 {
            return Err(call.failure(&answer));
        }
        Ok(Reached { date: answer.date })
    }

    /// The workspace of the key: `GET /api/v1/workspace/get`.
    ///
    /// # Errors
    /// When the key is not accepted, and the like.
    pub async fn workspace(&self) -> Result<Workspace, GuanceError> {
        let reply = self.get("/api/v1/workspace/get", "").await?;
        reply.read(reply::workspace)
    }

    /// Every alert policy whose name holds the text: `GET /api/v1/alert_policy/list`, all pages.
    ///
    /// # Errors
    /// When a page cannot be had.
    pub async fn alert_policies(&self, search: &str) -> Result<Vec<AlertPolicy>, GuanceError> {
        self.list("/api/v1/alert_policy/list", search, reply::alert_policy)
            .await
    }

    /// Every monitor whose name holds the text: `GET /api/v1/checker/list`, all pages.
    ///
    /// # Errors
    /// When a page cannot be had.
    pub async fn monitors(&self, search: &str) -> Result<Vec<Monitor>, GuanceError> {
        self.list("/api/v1/checker/list", search, reply::monitor).await
    }

    /// Makes an external-event monitor: `POST /api/v1/checker/add`
    /// (<https://docs.guance.com/en/open-api/checker/create/>, sections 1 and 9).
    ///
    /// # Errors
    /// When it is refused. After a lost answer it may exist.
    pub async fn add_monitor(&self, monitor: &NewMonitor) -> Result<Monitor, GuanceError> {
        let body = NewMonitorWire {
            kind: &self.monitor_type,
            alert_policies: &monitor.alert_policies,
            secret: monitor.secret.expose_secret(),
            script: NewScriptWire {
                kind: "OuterEventChecker",
                title: &monitor.title,
                sub_uri: &monitor.sub_uri,
            },
        };
        let reply = self
            .post_hiding("/api/v1/checker/add", &body, Some(&monitor.secret))
            .await?;
        let mut made = reply.read(reply::monitor)?;
        made.secret.get_or_insert_with(|| monitor.secret.clone());
        made.sub_uri.get_or_insert_with(|| monitor.sub_uri.clone());
        Ok(made)
    }

    /// Gives an external-event monitor an event. The address is what authorises; the key goes along where there is one, as some
    /// of the documentation's samples have it and others not.
    ///
    /// Guance answers a wrong address with success as well: that the event is in the workspace is known only from there.
    /// An answer without `content.ok` counts as success where the rest of it says so.
    ///
    /// # Errors
    /// When it is not taken; [`GuanceError::may_have_arrived`] tells whether it may have been all the same.
    pub async fn push_event(
        &self,
        secret: &SecretString,
        sub_uri: &str,
        body: &PushBody,
    ) -> Result<(), GuanceError> {
        let call = Call::new("POST /api/v1/push-events", PUSH_ADVICE).hiding(Some(secret));
        let secret = encoded(secret.expose_secret(), "");
        let path = format!("/api/v1/push-events/{secret}/{}", encoded(sub_uri, "/"));
        let request = Request::post(self.url(&path), written(body)).header(JSON.0, JSON.1);
        self.ask(request, call).await?.accepted()
    }

    /// Writes an event with `df_source` `custom`.
    ///
    /// # Errors
    /// As [`push_event`](Self::push_event).
    pub async fn create_event(&self, event: &CreateEvent) -> Result<(), GuanceError> {
        self.post("/api/v1/events/create", event).await?.accepted()
    }

    /// A page of rows: `POST /api/v1/df/query_data_v1`, without sampling, oldest first.
    ///
    /// A page may be larger than the answers that [`Http`] reads unless it is told otherwise
    /// ([`longest_answer`](firstsight_sink::http::HttpSettings::longest_answer)); what is cut off cannot be read.
    ///
    /// # Errors
    /// When it cannot be had. A query that goes on at the server after the answer is [`GuanceError::Unavailable`]: its
    /// rows so far are not all.
    pub async fn query(&self, query: &DqlQuery) -> Result<DqlPage, GuanceError> {
        const PATH: &str = "/api/v1/df/query_data_v1";
        let reply = self.post(PATH, &QueryWire::of(query)).await?;
        if reply.is_running() {
            return Err(GuanceError::Unavailable {
                call: format!("POST {PATH}"),
                status: 200,
                said: ": the query takes longer than the server waits: ask for less time or fewer rows"
                    .to_owned(),
                retry_after: None,
            });
        }
        reply.read(page)
    }

    /// Every item of a list, page by page, until one is short of what was asked for or the list says that it is all.
    async fn list<T>(
        &self,
        path: &str,
        search: &str,
        item: fn(&Json) -> Option<T>,
    ) -> Result<Vec<T>, GuanceError> {
        let search = match search {
            "" => String::new(),
            search => format!("&search={}", encoded(search, "")),
        };
        let mut items = Vec::new();
        for page in 1..=MAX_PAGES {
            let query = format!("?pageIndex={page}&pageSize={PAGE_SIZE}{search}");
            let reply = self.get(path, &query).await?;
            let more = reply.items(item)?;
            let short = more.len() < PAGE_SIZE;
            items.extend(more);
            if short || reply.total().is_some_and(|total| items.len() >= total) {
                break;
            }
        }
        Ok(items)
    }

    async fn get(&self, path: &str, query: &str) -> Result<Envelope, GuanceError> {
        let request = Request::get(self.url(&format!("{path}{query}")));
        self.ask(request, self.call(format!("GET {path}"))?).await
    }

    async fn post(&self, path: &str, body: &impl Serialize) -> Result<Envelope, GuanceError> {
        self.post_hiding(path, body, None).await
    }

    /// With a body that holds a secret, which no error may say back.
    async fn post_hiding(
        &self,
        path: &str,
        body: &impl Serialize,
        secret: Option<&SecretString>,
    ) -> Result<Envelope, GuanceError> {
        let call = self.call(format!("POST {path}"))?.hiding(secret);
        let request = Request::post(self.url(path), written(body)).header(JSON.0, JSON.1);
        self.ask(request, call).await
    }

    /// A call that needs a key.
    fn call(&self, name: String) -> Result<Call, GuanceError> {
        if self.key.is_some() {
            return Ok(Call::new(name, KEY_ADVICE));
        }
        Err(GuanceError::Unauthorized {
            call: name,
            code: "no API key".to_owned(),
            advice: KEY_ADVICE,
        })
    }

    async fn ask(&self, request: Request, call: Call) -> Result<Envelope, GuanceError> {
        let call = call.hiding(self.key.as_ref());
        let answer = call.send(&self.http, self.keyed(request)).await?;
        Envelope::of(answer, call)
    }

    /// With the key, if there is one. Source: <https://docs.guance.com/en/open-api/>, "DF-API-KEY".
    fn keyed(&self, request: Request) -> Request {
        match &self.key {
            Some(key) => request.header("DF-API-KEY", key.clone()),
            None => request,
        }
    }

    fn url(&self, path: &str) -> SecretString {
        SecretString::from(format!("{}{path}", self.base))
    }
}

#[derive(Serialize)]
struct NewMonitorWire<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(rename = "alertPolicyUUIDs")]
    alert_policies: &'a [String],
    secret: &'a str,
    #[serde(rename = "jsonScript")]
    script: NewScriptWire<'a>,
}

#[derive(Serialize)]
struct NewScriptWire<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    #[serde(rename = "subUri")]
    sub_uri: &'a str,
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Bodies have texts as keys and no numbers that JSON lacks, except for a check value that is not finite: `null`.
fn written(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}
