//! What lies in a log group, by a reading of some of its events.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_cloudtrail::{
    AccessKeyUse, Counters, Encoding, ErrorEvent, RecordSeen, Reject, ScanOptions, Scanner, Timestamp,
    Visitor,
};

use super::words;
use crate::api::LogEvent;

/// How much of a message that is no record is shown.
const SHOWN: usize = 60;

/// What some log events hold.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// What became of the messages, each scanned for itself: none can swallow its neighbours.
    pub(super) counters: Counters,
    /// Records by account.
    pub(super) accounts: BTreeMap<String, u64>,
    /// Long-lived access keys, with the account they were used in.
    pub(super) keys: BTreeSet<(String, String)>,
    /// The newest record's own time.
    pub(super) newest: Option<Timestamp>,
    /// What a message that is no record looks like.
    pub(super) stray: Option<String>,
}

impl Survey {
    pub(super) fn of(events: &[LogEvent], now: Timestamp) -> Self {
        let mut survey = Self::default();
        for event in events {
            survey.take(&event.message, now);
        }
        survey
    }

    fn take(&mut self, message: &str, now: Timestamp) {
        let options = ScanOptions {
            encoding: Encoding::Plain,
            ..ScanOptions::new(now)
        };
        let mut scanner = Scanner::new(options);
        scanner.feed(message.as_bytes(), self);
        let counters = scanner.finish(self);
        if counters.rejected() > 0 && self.stray.is_none() {
            self.stray = Some(look(message));
        }
        self.counters.merge(&counters);
    }
}

impl Visitor for Survey {
    fn record(&mut self, record: &RecordSeen<'_>) {
        *self.accounts.entry(record.account.to_owned()).or_default() += 1;
        self.newest = self.newest.max(Some(record.time));
    }

    fn key_use(&mut self, key_use: &AccessKeyUse<'_>) {
        if key_use.key_id.starts_with("AKIA") {
            let pair = (key_use.account.to_string(), key_use.key_id.to_string());
            self.keys.insert(pair);
        }
    }

    fn error_event(&mut self, _: &ErrorEvent<'_>) {}

    fn reject(&mut self, _: &Reject) {}
}

/// What a message looks like. Of JSON only the names of its fields are told: values may be secrets of another
/// application.
fn look(message: &str) -> String {
    if let Ok(fields) = serde_json::from_str::<BTreeMap<String, serde::de::IgnoredAny>>(message) {
        let names: Vec<String> = fields
            .into_keys()
            .map(|name| words::cut(&name, SHOWN / 2))
            .collect();
        return format!("a JSON object with the fields {}", words::listed(&names, 5));
    }
    let first = message.lines().next().unwrap_or_default();
    let shown = words::cut(first, SHOWN);
    match known(first) {
        Some(kind) => format!("{kind}: '{shown}'"),
        None => format!("'{shown}'"),
    }
}

/// What AWS services write into log groups besides. Sources: the user guides of VPC (flow log records) and Lambda
/// (log formats).
fn known(line: &str) -> Option<&'static str> {
    let mut words = line.split(' ');
    let (first, second) = (words.next()?, words.next()?);
    let flow =
        first.parse::<u8>().is_ok() && second.len() == 12 && second.bytes().all(|b| b.is_ascii_digit());
    let lambda = matches!(first, "START" | "END" | "REPORT") && second == "RequestId:";
    match (flow, lambda || first == "INIT_START") {
        (true, _) => Some("VPC flow logs"),
        (_, true) => Some("a Lambda function's log"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_by_their_looks_without_values() {
        let looks = [
            r#"{"level":"info","password":"hunter2"}"#,
            "2 111122223333 eni-0a1b2c3d 10.0.0.1 10.0.0.2 443 50000 6 1 40 1 2 ACCEPT OK",
            "START RequestId: 8f5f Version: $LATEST",
            "plain text of some length that goes on and on for more than sixty characters",
            "",
        ]
        .map(look);
        assert_eq!(
            looks,
            [
                "a JSON object with the fields level, password",
                "VPC flow logs: '2 111122223333 eni-0a1b2c3d 10.0.0.1 10.0.0.2 443 50000 6 1…'",
                "a Lambda function's log: 'START RequestId: 8f5f Version: $LATEST'",
                "'plain text of some length that goes on and on for more than…'",
                "''",
            ]
        );
    }

    #[test]
    fn a_broken_message_costs_itself_only() {
        let event = |message: &str| LogEvent {
            id: String::new(),
            stream: String::new(),
            time: Timestamp::from_secs(0),
            message: message.to_owned(),
        };
        let record = r#"{"eventTime":"2026-01-31T12:00:00Z","recipientAccountId":"111122223333"}"#;
        let events = [record, "{\"eventTime\":\"2026", record, "]\"{", record].map(event);
        let survey = Survey::of(&events, "2026-01-31T13:00:00Z".parse().unwrap());
        assert_eq!(survey.counters.records, 3);
        assert!(survey.counters.rejected() >= 2);
    }
}
