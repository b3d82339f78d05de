//! Answers of the OpenAPI, read with an open mind: fields that are missing or of another type are taken for absent, as the
//! documentation's samples differ from version to version.

use firstsight_sink::http::Answer;
use secrecy::SecretString;
use serde::de::Error as _;
use serde_json::{Value as Json, json};

use super::answer::{Call, text};
use super::types::{AlertPolicy, Monitor, Workspace};
use crate::error::GuanceError;

/// `{"code", "content", "errorCode", "message", "success", "pageInfo"}`.
/// Source: <https://docs.guance.com/en/open-api/>.
#[derive(Debug)]
pub(super) struct Envelope {
    call: Call,
    answer: Answer,
    body: Json,
}

impl Envelope {
    /// An answer of the 200s; an error where it says itself that it is one.
    pub(super) fn of(answer: Answer, call: Call) -> Result<Self, GuanceError> {
        let body = serde_json::from_slice(&answer.body).and_then(|body: Json| {
            let known = ["success", "code", "content"];
            if known.iter().any(|key| body.get(key).is_some()) {
                Ok(body)
            } else {
                Err(serde_json::Error::custom("not an answer of the OpenAPI"))
            }
        });
        let envelope = Self {
            body: body.map_err(|source| unreadable(&call, source))?,
            call,
            answer,
        };
        if envelope.says_it_failed() {
            return Err(envelope.failed(envelope.body.get("code"), None));
        }
        Ok(envelope)
    }

    /// By `success`; by the status in `code` where that is missing.
    fn says_it_failed(&self) -> bool {
        match self.body.get("success") {
            Some(Json::Bool(success)) => !success,
            _ => {
                let code = self.body.get("code").and_then(Json::as_u64);
                code.is_some_and(|code| (400..600).contains(&code))
            }
        }
    }

    /// What a failure inside an answer of the 200s means, by the status that it names: 400 where it names none.
    fn failed(&self, status: Option<&Json>, message: Option<&str>) -> GuanceError {
        let status = status
            .and_then(Json::as_u64)
            .and_then(|status| status.try_into().ok());
        let mut answer = self.answer.clone();
        answer.status = status.filter(|status| (400..600).contains(status)).unwrap_or(400);
        match (self.call.failure(&answer), message) {
            (GuanceError::Refused { call, .. }, Some(message)) => GuanceError::Refused {
                call,
                reason: self.call.fit(message),
            },
            (error, _) => error,
        }
    }

    /// Whether what was sent was taken. `content` is `true`, or says `ok`, `error` (a status) and `message`.
    /// Source: <https://docs.guance.com/en/open-api/checker/receive/>.
    pub(super) fn accepted(&self) -> Result<(), GuanceError> {
        let content = self.content();
        let refused = *content == Json::Bool(false) || content.get("ok") == Some(&Json::Bool(false));
        if !refused {
            return Ok(());
        }
        let message = content.get("message").and_then(text).or(Some("ok: false"));
        let status = content.get("error").and_then(Json::as_u64);
        if status.is_some_and(|status| (400..600).contains(&status)) {
            return Err(self.failed(content.get("error"), message));
        }
        Err(GuanceError::NotTaken {
            call: self.call.name.clone(),
            reason: self.call.fit(message.unwrap_or_default()),
        })
    }

    fn content(&self) -> &Json {
        self.body.get("content").unwrap_or(&Json::Null)
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&Json) -> Option<T>) -> Result<T, GuanceError> {
        read(self.content()).ok_or_else(|| self.unexpected())
    }

    /// The items of a page: a list, or one under `data`; the documentation has both for monitors.
    pub(super) fn items<T>(&self, item: fn(&Json) -> Option<T>) -> Result<Vec<T>, GuanceError> {
        let content = self.content();
        let items = content.get("data").unwrap_or(content).as_array();
        let items = items.and_then(|items| items.iter().map(item).collect());
        items.ok_or_else(|| self.unexpected())
    }

    /// How many items there are on all pages.
    pub(super) fn total(&self) -> Option<usize> {
        let total = self.body.pointer("/pageInfo/totalCount")?.as_u64()?;
        usize::try_from(total).ok()
    }

    /// Whether the server has answered before the query ended.
    pub(super) fn is_running(&self) -> bool {
        self.content().pointer("/data/0/is_running") == Some(&Json::Bool(true))
    }

    fn unexpected(&self) -> GuanceError {
        let source = serde_json::Error::custom("its content is not what is documented");
        unreadable(&self.call, source)
    }
}

fn unreadable(call: &Call, source: serde_json::Error) -> GuanceError {
    GuanceError::Unreadable {
        call: call.name.clone(),
        source,
    }
}

fn word(value: &Json, key: &str) -> Option<String> {
    text(value.get(key)?).map(str::to_owned)
}

/// Source: <https://docs.guance.com/en/open-api/workspace/get/>.
pub(super) fn workspace(content: &Json) -> Option<Workspace> {
    Some(Workspace {
        uuid: word(content, "uuid").or_else(|| word(content, "wsUUID"))?,
        name: word(content, "name").unwrap_or_default(),
        token: SecretString::from(word(content, "token").unwrap_or_default()),
    })
}

/// Source: <https://docs.guance.com/en/open-api/alert-policy/list/>.
pub(super) fn alert_policy(item: &Json) -> Option<AlertPolicy> {
    Some(AlertPolicy {
        uuid: word(item, "uuid")?,
        name: word(item, "name").unwrap_or_default(),
        monitors: item.get("ruleCount").and_then(Json::as_u64),
    })
}

/// Source: <https://docs.guance.com/en/open-api/checker/list/> and `create/`: `status` is 0 for enabled, 2 for disabled.
pub(super) fn monitor(item: &Json) -> Option<Monitor> {
    let script = item.get("jsonScript").unwrap_or(&Json::Null);
    let title = word(script, "title").or_else(|| word(script, "name"));
    Some(Monitor {
        uuid: word(item, "uuid")?,
        title: title.unwrap_or_default(),
        kind: word(script, "type")
            .or_else(|| word(item, "type"))
            .unwrap_or_default(),
        sub_uri: word(script, "subUri"),
        secret: word(item, "secret").map(SecretString::from),
        enabled: item.get("status").is_none_or(|status| *status == json!(0)),
        alert_policies: bound(item),
    })
}

/// The alert policies of a monitor: by id, or with their names (`alertPolicyInfos`).
fn bound(item: &Json) -> Vec<String> {
    let list = |key: &str| item.get(key).and_then(Json::as_array).into_iter().flatten();
    let mut ids: Vec<String> = list("alertPolicyUUIDs")
        .filter_map(text)
        .map(str::to_owned)
        .collect();
    for id in list("alertPolicyInfos").filter_map(|info| word(info, "uuid")) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}
