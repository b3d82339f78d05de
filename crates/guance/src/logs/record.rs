//! From a stored log to the CloudTrail record that it was.
//!
//! Guance's CloudWatch Logs integration keeps a record as the text `message`. Its Lambda forwarder
//! (`AWS/Lambda/lambda-forward.py` in <https://github.com/GuanceCloud/serverless-functions>) does so too, and makes a column
//! of each of the record's keys besides: of an object or a list its JSON as text, of everything else a tag, written as
//! Python writes it (`True`, `None`) without white space at its ends.

use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

use super::pieces::{Log, Row};

/// A log as a line: its record or the container of records that it holds. What is neither is given inside an object that
/// is no record, so that it is counted as one reject and takes no other line with it.
pub(super) fn line(log: &Log) -> String {
    let (row, is_broken) = match log {
        Log::Whole(row) => (row, false),
        Log::Broken(row) => (row, true),
    };
    held(row)
        .or_else(|| rebuilt(row).map(|record| record.to_string()))
        .unwrap_or_else(|| no_record(row, is_broken).to_string())
}

fn no_record(row: &Row, is_broken: bool) -> Json {
    if is_broken {
        return json!({ "lacksPieces": row.get("__truncated_id") });
    }
    match row.get("message") {
        Some(message) => json!({ "noRecord": message }),
        None => json!({ "noMessage": row.keys().collect::<Vec<_>>() }),
    }
}

/// What the message holds that a scanner can read.
fn held(row: &Row) -> Option<String> {
    match row.get("message")? {
        Json::String(text) => readable(text, MOST_WRAPPINGS),
        other => readable(&other.to_string(), MOST_WRAPPINGS),
    }
}

/// A record may lie in a log event (`{"id", "timestamp", "message"}`) or in a text of JSON, and these in others.
const MOST_WRAPPINGS: usize = 4;

/// Keys that a record or a container of records has; `scan` knows the containers.
const SIGNS: [&str; 9] = [
    "eventVersion",
    "eventTime",
    "eventName",
    "Records",
    "logEvents",
    "Events",
    "events",
    "detail",
    "CloudTrailEvent",
];

fn readable(text: &str, wrappings: usize) -> Option<String> {
    if let Ok(inner) = serde_json::from_str::<String>(text) {
        return readable(&inner, wrappings.checked_sub(1)?);
    }
    if let Ok(items) = serde_json::from_str::<Vec<BTreeMap<String, &RawValue>>>(text) {
        return (!items.is_empty()).then(|| text.to_owned());
    }
    let object: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    if SIGNS.iter().any(|sign| object.contains_key(*sign)) {
        return Some(text.to_owned());
    }
    readable(object.get("message")?.get(), wrappings.checked_sub(1)?)
}

/// A record's keys at its top, by what they hold.
/// Source: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
const TEXTS: [&str; 20] = [
    "annotation",
    "apiVersion",
    "awsRegion",
    "errorCode",
    "errorMessage",
    "eventCategory",
    "eventID",
    "eventName",
    "eventSource",
    "eventTime",
    "eventType",
    "eventVersion",
    "recipientAccountId",
    "requestID",
    "sessionCredentialFromConsole",
    "sharedEventID",
    "sourceIPAddress",
    "userAgent",
    "vpcEndpointAccountId",
    "vpcEndpointId",
];
const FLAGS: [&str; 2] = ["managementEvent", "readOnly"];
const NESTED: [&str; 11] = [
    "addendum",
    "additionalEventData",
    "edgeDeviceDetails",
    "eventContext",
    "insightDetails",
    "requestParameters",
    "resources",
    "responseElements",
    "serviceEventDetails",
    "tlsDetails",
    "userIdentity",
];

/// The record that the columns were made of; none where they were made of something else.
fn rebuilt(row: &Row) -> Option<Json> {
    if !["eventTime", "eventName", "eventID"]
        .iter()
        .any(|key| row.contains_key(*key))
    {
        return None;
    }
    let mut record = Map::new();
    let columns = |keys: &'static [&'static str]| {
        keys.iter()
            .filter_map(|key| Some(((*key).to_owned(), row.get(*key)?)))
    };
    record.extend(columns(&TEXTS).map(|(key, value)| (key, as_text(value))));
    record.extend(columns(&FLAGS).map(|(key, value)| (key, as_flag(value))));
    record.extend(columns(&NESTED).map(|(key, value)| (key, as_nested(value))));
    Some(record.into())
}

/// Python's word for what JSON calls null.
const NONE: &str = "None";

fn as_text(value: &Json) -> Json {
    match value {
        Json::String(text) if text == NONE => Json::Null,
        Json::Number(number) => number.to_string().into(),
        other => other.clone(),
    }
}

fn as_flag(value: &Json) -> Json {
    match value.as_str() {
        Some("True" | "true") => true.into(),
        Some("False" | "false") => false.into(),
        _ => as_text(value),
    }
}

/// A text that is no JSON stands for itself: CloudTrail has such ones where it hides something.
fn as_nested(value: &Json) -> Json {
    let Json::String(text) = value else {
        return value.clone();
    };
    match serde_json::from_str(text) {
        Ok(nested @ (Json::Object(_) | Json::Array(_))) => nested,
        _ => as_text(value),
    }
}
