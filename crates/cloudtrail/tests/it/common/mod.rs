//! What the tests share: a visitor that keeps everything, and a reading of the same text through `serde_json::Value`.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::borrow::Cow;

use firstsight_cloudtrail::{
    AccessKeyUse, Counters, Encoding, ErrorEvent, Identity, RecordSeen, Reject, RejectReason, ScanOptions,
    Scanner, Timestamp, Visitor,
};
use serde_json::Value;

/// What a visitor was told, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    Record {
        account: String,
        time: Timestamp,
        is_error: bool,
    },
    Key {
        id: String,
        account: String,
        owner: String,
        time: Timestamp,
        call: [String; 3],
    },
    Error(Box<Error>),
    Reject(RejectReason),
}

/// An error event with everything in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    pub id: Option<String>,
    pub time: Timestamp,
    pub texts: [String; 9],
    pub identity: Identity<'static>,
    pub read_only: Option<bool>,
    pub request_parameters: Option<Value>,
    pub record: Value,
}

/// Keeps what it is told.
#[derive(Debug, Default)]
pub struct Keeper {
    pub told: Vec<Told>,
    pub rejects: Vec<Reject>,
}

impl Keeper {
    pub fn errors(&self) -> Vec<&Error> {
        let errors = self.told.iter().filter_map(|told| match told {
            Told::Error(error) => Some(&**error),
            _ => None,
        });
        errors.collect()
    }

    pub fn reasons(&self) -> Vec<RejectReason> {
        self.rejects.iter().map(|reject| reject.reason).collect()
    }

    /// What was told of readable records.
    pub fn read(&self) -> Vec<&Told> {
        self.told
            .iter()
            .filter(|told| !matches!(told, Told::Reject(_)))
            .collect()
    }
}

fn owned(text: &Option<Cow<'_, str>>) -> Option<Cow<'static, str>> {
    text.as_deref().map(|text| Cow::Owned(text.to_owned()))
}

fn owned_identity(identity: &Identity<'_>) -> Identity<'static> {
    Identity {
        kind: owned(&identity.kind),
        principal_id: owned(&identity.principal_id),
        arn: owned(&identity.arn),
        account_id: owned(&identity.account_id),
        access_key_id: owned(&identity.access_key_id),
        user_name: owned(&identity.user_name),
        invoked_by: owned(&identity.invoked_by),
        identity_provider: owned(&identity.identity_provider),
        issuer_kind: owned(&identity.issuer_kind),
        issuer_arn: owned(&identity.issuer_arn),
        issuer_name: owned(&identity.issuer_name),
    }
}

/// Null for an escaped lone surrogate in a field that the scanner need not decode: only damaged input has one.
fn readable(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

impl Visitor for Keeper {
    fn record(&mut self, record: &RecordSeen<'_>) {
        self.told.push(Told::Record {
            account: record.account.to_owned(),
            time: record.time,
            is_error: record.is_error,
        });
    }

    fn key_use(&mut self, key_use: &AccessKeyUse<'_>) {
        self.told.push(Told::Key {
            id: key_use.key_id.to_string(),
            account: key_use.account.to_string(),
            owner: key_use.owner.to_string(),
            time: key_use.time,
            call: [&key_use.event_source, &key_use.event_name, &key_use.region].map(ToString::to_string),
        });
    }

    fn error_event(&mut self, event: &ErrorEvent<'_>) {
        let texts = [
            &event.account,
            &event.event_source,
            &event.event_name,
            &event.error_code,
            &event.error_message,
            &event.region,
            &event.source_ip,
            &event.user_agent,
            &event.event_type,
        ];
        self.told.push(Told::Error(Box::new(Error {
            id: event.event_id.as_deref().map(str::to_owned),
            time: event.time,
            texts: texts.map(ToString::to_string),
            identity: owned_identity(&event.user_identity),
            read_only: event.read_only,
            request_parameters: event.request_parameters.map(|raw| readable(raw.get())),
            record: readable(event.raw),
        })));
    }

    fn reject(&mut self, reject: &Reject) {
        self.told.push(Told::Reject(reject.reason));
        self.rejects.push(reject.clone());
    }
}

/// The present of the tests.
pub fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub fn options() -> ScanOptions {
    ScanOptions::new(now())
}

/// Scans in chunks of these sizes, over and over.
pub fn scan_in(options: ScanOptions, bytes: &[u8], sizes: &[usize]) -> (Keeper, Counters) {
    let mut keeper = Keeper::default();
    let mut scanner = Scanner::new(options);
    let mut rest = bytes;
    for &size in sizes.iter().cycle() {
        let (chunk, behind) = rest.split_at(size.min(rest.len()));
        scanner.feed(chunk, &mut keeper);
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    let counters = scanner.finish(&mut keeper);
    (keeper, counters)
}

pub fn scan(bytes: &[u8]) -> (Keeper, Counters) {
    scan_in(options(), bytes, &[bytes.len().max(1)])
}

/// The items of a counter's report.
pub fn items(counters: &Counters) -> u64 {
    counters.records + counters.insights + counters.digests + counters.control_messages + counters.rejected()
}

/// The reading through `serde_json::Value`: what a scan of the same well-formed text must tell.
#[derive(Debug, Default)]
pub struct Reference {
    pub told: Vec<Told>,
    pub insights: u64,
    pub digests: u64,
    pub control_messages: u64,
}

const CONTAINERS: [&str; 4] = ["Records", "Events", "events", "logEvents"];
const RECORD_KEYS: [&str; 4] = ["eventTime", "eventSource", "eventName", "userIdentity"];

impl Reference {
    pub fn of_text(text: &str) -> Self {
        let mut reference = Self::default();
        for value in
            serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}')).into_iter::<Value>()
        {
            reference.value(&value.unwrap());
        }
        reference
    }

    pub fn items(&self) -> u64 {
        let told = self
            .told
            .iter()
            .filter(|told| matches!(told, Told::Record { .. } | Told::Reject(_)));
        told.count() as u64 + self.insights + self.digests + self.control_messages
    }

    pub fn value(&mut self, value: &Value) {
        let is_record = RECORD_KEYS.iter().any(|key| value.get(key).is_some());
        let elements = CONTAINERS.iter().find_map(|key| value.get(key)?.as_array());
        match (value, elements) {
            (Value::Object(_), Some(_)) if !is_record && value["messageType"] == "CONTROL_MESSAGE" => {
                self.control_messages += 1;
            }
            (Value::Object(_), Some(elements)) if !is_record => {
                elements.iter().for_each(|element| self.value(element));
            }
            (Value::Array(elements), _) if elements.iter().any(holds_object) => {
                elements.iter().for_each(|element| self.value(element));
            }
            (Value::Array(elements), _) if elements.is_empty() => {}
            _ => self.item(value, 0),
        }
    }

    fn item(&mut self, value: &Value, wrappers: usize) {
        let is_record = RECORD_KEYS.iter().any(|key| value.get(key).is_some());
        let has_text = |key: &str, text: &str| value.get(key).and_then(Value::as_str) == Some(text);
        let is_insight = value.get("insightDetails").is_some()
            || has_text("eventType", "AwsCloudTrailInsight")
            || has_text("eventCategory", "Insight");
        if is_record && is_insight {
            self.insights += 1;
            return;
        }
        if is_record {
            return self.record(value);
        }
        let held = value.get("CloudTrailEvent").filter(|held| !held.is_null());
        let held = held.or(value.get("message").filter(|held| !held.is_null()));
        match (held, value.get("detail").filter(|detail| !detail.is_null())) {
            (Some(held), _) if wrappers < 3 => self.held(held, wrappers),
            (_, Some(detail)) if wrappers < 3 => self.item(detail, wrappers + 1),
            _ if value.is_string() && wrappers < 3 => self.held(value, wrappers),
            _ if ["digestStartTime", "digestEndTime", "digestS3Object"]
                .iter()
                .any(|key| value.get(key).is_some()) =>
            {
                self.digests += 1;
            }
            _ if is_insight => self.insights += 1,
            _ if has_text("messageType", "CONTROL_MESSAGE") => self.control_messages += 1,
            _ => self.told.push(Told::Reject(RejectReason::NotARecord)),
        }
    }

    fn held(&mut self, held: &Value, wrappers: usize) {
        let text = held
            .as_str()
            .unwrap_or_default()
            .trim_matches([' ', '\t', '\r', '\n']);
        if held
            .as_str()
            .is_some_and(|text| text.starts_with("CWL CONTROL MESSAGE"))
        {
            self.control_messages += 1;
        } else if !text.starts_with('{') {
            self.told.push(Told::Reject(RejectReason::NotARecord));
        } else {
            match serde_json::from_str(text) {
                Ok(value) => self.item(&value, wrappers + 1),
                Err(error) if error.is_eof() => self.told.push(Told::Reject(RejectReason::Truncated)),
                Err(_) => self.told.push(Told::Reject(RejectReason::InvalidJson)),
            }
        }
    }

    fn record(&mut self, value: &Value) {
        let text = |key: &str| {
            value
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let Ok(time) = text("eventTime").parse::<Timestamp>() else {
            return self.told.push(Told::Reject(RejectReason::NoEventTime));
        };
        if time > now().plus_millis(15 * 60 * 1000) {
            return self.told.push(Told::Reject(RejectReason::FutureEventTime));
        }
        let identity = identity(&value["userIdentity"]);
        let mut accounts = [
            text("recipientAccountId"),
            identity.account_id.as_deref().unwrap_or_default().to_owned(),
        ]
        .into_iter()
        .filter(|account| !account.is_empty());
        let account = accounts.next().unwrap_or("unknown".to_owned());
        let is_error = is_error(value);
        self.told.push(Told::Record {
            account: account.clone(),
            time,
            is_error,
        });
        if let Some(id) = identity.access_key_id.as_deref().filter(|id| !id.is_empty()) {
            self.told.push(Told::Key {
                id: id.to_owned(),
                account: account.clone(),
                owner: identity.actor().into_owned(),
                time,
                call: ["eventSource", "eventName", "awsRegion"].map(text),
            });
        }
        if is_error {
            let texts = [
                "eventSource",
                "eventName",
                "errorCode",
                "errorMessage",
                "awsRegion",
                "sourceIPAddress",
                "userAgent",
                "eventType",
            ];
            let texts: Vec<String> = std::iter::once(account).chain(texts.map(text)).collect();
            self.told.push(Told::Error(Box::new(Error {
                id: value.get("eventID").and_then(Value::as_str).map(str::to_owned),
                time,
                texts: texts.try_into().unwrap(),
                identity,
                read_only: value.get("readOnly").and_then(Value::as_bool),
                request_parameters: value
                    .get("requestParameters")
                    .filter(|found| !found.is_null())
                    .cloned(),
                record: value.clone(),
            })));
        }
    }
}

fn holds_object(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::String(text) => text.starts_with('{'),
        Value::Array(elements) => elements.iter().any(holds_object),
        _ => false,
    }
}

/// The rule of error events, over a value.
pub fn is_error(record: &Value) -> bool {
    let code = record
        .get("errorCode")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let message = record
        .get("errorMessage")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let response = record.get("responseElements");
    let failed = |key: &str| {
        response
            .and_then(|found| found.get(key))
            .is_some_and(|result| result == "Failure")
    };
    !matches!(code, "" | "200")
        || !message.is_empty()
        || ["ConsoleLogin", "CheckMfa", "SwitchRole"]
            .iter()
            .any(|key| failed(key))
}

fn identity(value: &Value) -> Identity<'static> {
    let text = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .map(|text| Cow::Owned(text.to_owned()))
    };
    let issuer = value
        .pointer("/sessionContext/sessionIssuer")
        .unwrap_or(&Value::Null);
    Identity {
        kind: text(value, "type"),
        principal_id: text(value, "principalId"),
        arn: text(value, "arn"),
        account_id: text(value, "accountId"),
        access_key_id: text(value, "accessKeyId"),
        user_name: text(value, "userName"),
        invoked_by: text(value, "invokedBy"),
        identity_provider: text(value, "identityProvider"),
        issuer_kind: text(issuer, "type"),
        issuer_arn: text(issuer, "arn"),
        issuer_name: text(issuer, "userName"),
    }
}

/// Options for one encoding.
pub fn encoded(encoding: Encoding) -> ScanOptions {
    ScanOptions {
        encoding,
        ..options()
    }
}
