//! From a page of log events to a unit.

use bytes::Bytes;
use firstsight_cloudtrail::Encoding;
use firstsight_source::{Origin, Payload, UnitId, slices};
use serde::de::IgnoredAny;

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

/// Of all that makes an event what it is.
fn digest(events: &[LogEvent]) -> String {
    let times: Vec<[u8; 8]> = events
        .iter()
        .map(|event| event.time.as_millis().to_be_bytes())
        .collect();
    let parts = events
        .iter()
        .zip(&times)
        .flat_map(|(event, time)| [event.id.as_bytes(), time, event.message.as_bytes()]);
    slices::digest(parts)
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
/// object that is no record, so that it is one reject. It is whole: nothing says that its neighbours are damaged.
fn push_message(text: &mut String, message: &str) {
    if serde_json::from_str::<IgnoredAny>(message).is_ok() {
        text.push_str(message);
    } else {
        text.push_str(&serde_json::json!({ "notJson": message }).to_string());
    }
}

#[cfg(test)]
mod tests {
    use firstsight_cloudtrail::{ErrorEvent, Reject, RejectReason, ScanOptions, Scanner, Timestamp, Visitor};
    use proptest::prelude::*;

    use super::*;

    fn event(message: &str) -> LogEvent {
        LogEvent {
            id: "1".to_owned(),
            stream: String::new(),
            time: Timestamp::from_millis(7),
            message: message.to_owned(),
        }
    }

    fn unit(messages: &[&str]) -> Payload {
        let events: Vec<LogEvent> = messages.iter().map(|message| event(message)).collect();
        payload("p", Origin::default(), &events).unwrap()
    }

    /// What must not change: units are known by it for as long as a state is kept.
    #[test]
    fn a_units_id_follows_from_its_events_alone() {
        assert_eq!(unit(&["{}"]).unit.0, "p#a3cace4977b1c98bba7d99f4f643bf46");
        assert_eq!(unit(&["{}"]).unit, unit(&["{}"]).unit);
        assert_ne!(unit(&["{}", ""]).unit, unit(&["{}"]).unit);
        assert_ne!(unit(&["ab", "c"]).unit, unit(&["a", "bc"]).unit);
        assert_eq!(payload("p", Origin::default(), &[]), None);
    }

    #[derive(Default)]
    struct Seen {
        events: Vec<String>,
        rejects: usize,
    }

    /// What says that more than the message itself is lost.
    const DAMAGE: [RejectReason; 2] = [RejectReason::Truncated, RejectReason::CorruptCompression];

    impl Visitor for Seen {
        fn error_event(&mut self, event: &ErrorEvent<'_>) {
            self.events
                .push(event.event_id.as_deref().unwrap_or_default().to_owned());
        }
        fn reject(&mut self, reject: &Reject) {
            assert!(!DAMAGE.contains(&reject.reason), "{reject:?}");
            self.rejects += 1;
        }
    }

    /// Scanned in chunks of so many bytes.
    fn scanned(messages: &[&str], chunk: usize) -> (Seen, u64) {
        let mut seen = Seen::default();
        let mut scanner = Scanner::new(ScanOptions::new("2026-01-02T00:00:00Z".parse().unwrap()));
        for bytes in unit(messages).chunk.chunks(chunk) {
            scanner.feed(bytes, &mut seen);
        }
        let counters = scanner.finish(&mut seen);
        (seen, counters.records)
    }

    fn record(id: usize, pretty: bool) -> String {
        let record = serde_json::json!({
            "eventVersion": "1.11", "eventID": id.to_string(), "eventTime": "2026-01-01T00:00:00Z",
            "eventName": "GetRole", "errorCode": "AccessDenied", "errorMessage": "{\"[\\",
        });
        if pretty {
            format!("{record:#}")
        } else {
            record.to_string()
        }
    }

    const BAD: [&str; 22] = [
        "",
        " \n",
        "{",
        "\"",
        "}",
        "]",
        "[",
        "\\",
        "\u{feff}",
        "{\"a\":\"",
        "{\"Records\":[",
        "{\"Records\":[{\"eventID\":\"1\",",
        "[{\"eventTime\":\"2026-01-01T00:00:00Z\"",
        "{\"eventVersion\":\"1.11\",\"eventTime\":",
        "{\"eventVersion\":\"1.11\",\"eventTime\":\"2026-01-01T00:00:00Z\",\"errorMessage\":\"a\nb",
        "{\"a\":1}}",
        "{\"a\":1",
        "START RequestId: 7 {\"eventVersion\":\"1.11\"",
        "{\"message\":\"",
        "123",
        "null",
        "\"text\"",
    ];

    #[test]
    fn each_bad_message_is_one_reject_and_takes_no_other_with_it() {
        for bad in BAD {
            for chunk in [1, 7, 1 << 20] {
                let (first, last) = (record(1, false), record(2, true));
                let (seen, records) = scanned(&[&first, bad, &last], chunk);
                assert_eq!(
                    (&*seen.events.concat(), records, seen.rejects),
                    ("12", 2, 1),
                    "{bad:?}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_between_records_each_of_them_is_read(
            parts in proptest::collection::vec(prop_oneof![
                (0_usize..BAD.len()).prop_map(|bad| Err(BAD[bad].to_owned())),
                any::<bool>().prop_map(Ok),
                "[\\[\\]{}\",:\\\\a \n]{0,12}".prop_filter_map("it is JSON", |text| {
                    serde_json::from_str::<IgnoredAny>(&text).is_err().then_some(Err(text))
                }),
            ], 1..12),
            chunk in 1_usize..200,
        ) {
            let messages: Vec<String> = parts.iter().enumerate().map(|(id, part)| match part {
                Ok(pretty) => record(id, *pretty),
                Err(bad) => bad.clone(),
            }).collect();
            let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
            let good: Vec<String> = (0..parts.len()).filter(|id| parts[*id].is_ok()).map(|id| id.to_string()).collect();
            let (seen, _) = scanned(&messages, chunk);
            prop_assert_eq!(&seen.events, &good);
            prop_assert_eq!(seen.rejects, parts.len() - good.len());
        }
    }
}
