//! From a page of log events to a unit.

use std::fmt::Write as _;

use bytes::Bytes;
use firstsight_cloudtrail::Encoding;
use firstsight_source::{Origin, Payload, UnitId};
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};

use crate::api::LogEvent;

/// A page as one unit, a message a line; none when the page is empty.
///
/// Its id is the partition's and a hash of the events: the same page read again is the same unit.
pub(super) fn payload(partition: &str, origin: Origin, events: &[LogEvent]) -> Option<Payload> {
    if events.is_empty() {
        return None;
    }
    Some(Payload {
        unit: UnitId(format!("{partition}#{}", digest(events))),
        offset: 0,
        chunk: joined(events),
        last: true,
        encoding: Encoding::Plain,
        origin,
    })
}

/// 128 bits of SHA-256 over the events, each part with its length before it.
fn digest(events: &[LogEvent]) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    for event in events {
        part(event.id.as_bytes());
        part(&event.time.as_millis().to_be_bytes());
        part(event.message.as_bytes());
    }
    hash.finalize()
        .iter()
        .take(16)
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn joined(events: &[LogEvent]) -> Bytes {
    let size = events.iter().map(|event| event.message.len() + 1).sum();
    let mut text = String::with_capacity(size);
    for event in events {
        push_message(&mut text, &event.message);
        text.push('\n');
    }
    text.into()
}

/// A message that is no JSON would run into the next one, and take it with it: it is given as a text inside an
/// object, so that it is a reject by itself.
fn push_message(text: &mut String, message: &str) {
    if serde_json::from_str::<IgnoredAny>(message).is_ok() {
        text.push_str(message);
    } else {
        text.push_str(&serde_json::json!({ "message": message }).to_string());
    }
}
