//! Values that must not be kept: taken out of a record before anything is made of it.
//!
//! A [`Redaction`] is a list of paths. Every value under one of them becomes `"(redacted)"`, and so does every place
//! where such a value stands again as a whole token: in the error message, the user agent, another parameter. What is
//! made of the event then (templates, dimension values, samples) never had it.
//!
//! ```
//! use firstsight_cloudtrail::redact::Redaction;
//! # use firstsight_cloudtrail::{ErrorEvent, Reject, ScanOptions, Scanner, Visitor};
//! # struct Look(Redaction, Vec<String>);
//! # impl Visitor for Look {
//! #     fn error_event(&mut self, event: &ErrorEvent<'_>) {
//! let redaction = Redaction::new(["requestParameters.password", "userIdentity.**.userName"]).unwrap();
//! let mut buffer = String::new();
//! let event = redaction.event(event, &mut buffer);
//! assert_eq!(event.error_message, "(redacted) is too short");
//! assert_eq!(event.request_parameters.unwrap().get(), r#"{"password":"(redacted)"}"#);
//! #         self.1.push(event.raw.to_owned());
//! #     }
//! #     fn reject(&mut self, _: &Reject) {}
//! # }
//! # let mut look = Look(Redaction::default(), Vec::new());
//! # let mut scanner = Scanner::new(ScanOptions::new("2026-02-01T00:00:00Z".parse().unwrap()));
//! # scanner.feed(br#"{"eventTime":"2026-01-31T12:00:00Z","eventName":"A","errorMessage":"hunter2 is too short",
//! #     "requestParameters":{"password":"hunter2"}}"#, &mut look);
//! # scanner.finish(&mut look);
//! # assert_eq!(look.1.len(), 1);
//! ```
//!
//! # Invariants
//!
//! * What errors are counted by is never taken out: such paths are refused. The account that an event counts for, its
//!   time and its identity stay, where it has an `eventID`.
//! * What AWS states of the caller (`userIdentity`, the source address, the region) loses only what a path names there.
//!   Else a caller could hide by sending their own name as the value of a parameter.
//! * Values shorter than four characters are taken out in place only. Of a record with more than 256 values under the
//!   paths, all free texts are taken out.
//! * Without paths nothing is read or copied.

mod mask;
mod path;
mod tree;

use std::borrow::Cow;

use crate::actor::Identity;
use crate::event::{AccessKeyUse, ErrorEvent};
use crate::scan;
use mask::Values;
pub use path::InvalidRedaction;
use path::{Open, Path};
use tree::Node;

/// What stands in place of a value.
pub const REDACTED: &str = "(redacted)";

/// What errors are counted by, and where it stands: nothing is replaced there.
const KEPT: [&str; 6] = [
    "eventTime",
    "eventID",
    "recipientAccountId",
    "eventSource",
    "eventName",
    "errorCode",
];

/// What AWS states of a caller.
const STATED: [&str; 5] = [
    "userIdentity",
    "sourceIPAddress",
    "awsRegion",
    "eventType",
    "eventCategory",
];

/// Which values are taken out of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redaction {
    paths: Vec<Path>,
}

impl Redaction {
    /// Takes out what these paths lead to: keys from the record's top joined by dots (`requestParameters.password`),
    /// `*` for any one key, `**` for any number of them (`requestParameters.**.secret`). Lists are passed through, keys
    /// are compared without regard to case, and what a path ends at is taken out whole.
    ///
    /// # Errors
    /// The first path that is none, or that takes out what errors are counted by: `eventTime`, `eventID`,
    /// `recipientAccountId`, `eventSource`, `eventName`, `errorCode`.
    pub fn new<P: AsRef<str>>(paths: impl IntoIterator<Item = P>) -> Result<Self, InvalidRedaction> {
        let paths = paths.into_iter().map(|path| path.as_ref().parse());
        Ok(Self {
            paths: paths.collect::<Result<_, _>>()?,
        })
    }

    /// Whether it takes out nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Whether it may take out something that access-key uses tell: then [`key_use`](Self::key_use) needs the record.
    #[must_use]
    pub fn touches_key_uses(&self) -> bool {
        let open = Open::of(&self.paths);
        ["userIdentity", "awsRegion"]
            .into_iter()
            .any(|key| !open.below(key).is_closed())
    }

    /// The event without these values, read anew from its record without them. `buffer` takes that record.
    #[must_use]
    pub fn event<'b>(&self, event: &'b ErrorEvent<'_>, buffer: &'b mut String) -> ErrorEvent<'b> {
        if self.is_empty() {
            return borrowed(event);
        }
        buffer.clear();
        self.write(event.raw, buffer);
        scan::reread(buffer, &event.account, event.time).unwrap_or_else(|| ErrorEvent {
            event_id: event.event_id.as_deref().map(Cow::Borrowed),
            event_source: Cow::Borrowed(&event.event_source),
            event_name: Cow::Borrowed(&event.event_name),
            error_code: Cow::Borrowed(&event.error_code),
            ..blank(event)
        })
    }

    /// The key use without these values; `None` when the key itself is one. `record` is its record's text.
    #[must_use]
    pub fn key_use<'k>(&self, seen: &'k AccessKeyUse<'_>, record: &str) -> Option<AccessKeyUse<'k>> {
        let mut told = AccessKeyUse {
            key_id: Cow::Borrowed(&seen.key_id),
            account: Cow::Borrowed(&seen.account),
            owner: Cow::Borrowed(&seen.owner),
            time: seen.time,
            event_source: Cow::Borrowed(&seen.event_source),
            event_name: Cow::Borrowed(&seen.event_name),
            region: Cow::Borrowed(&seen.region),
        };
        if self.touches_key_uses() {
            let mut text = String::new();
            self.write(record, &mut text);
            let event = scan::reread(&text, &seen.account, seen.time)?;
            told.key_id = Cow::Owned(event.user_identity.access_key_id.as_deref()?.to_owned());
            told.owner = Cow::Owned(event.user_identity.actor().into_owned());
            told.region = Cow::Owned(event.region.into_owned());
        }
        Some(told)
    }

    /// Writes the record without these values.
    fn write(&self, record: &str, out: &mut String) {
        let mut tree = Node::read(record);
        if let Node::Object(fields) = &mut tree {
            self.redact(fields);
        }
        tree.write(out);
    }

    fn redact(&self, fields: &mut [(String, Node<'_>)]) {
        let open = Open::of(&self.paths);
        let (mut of_callers, mut others) = (Values::default(), Values::default());
        for (key, value) in &mut *fields {
            let values = if STATED.contains(&key.as_str()) {
                &mut of_callers
            } else {
                &mut others
            };
            let below = open.below(key);
            if !below.is_closed() {
                value.take_out(&below, values);
            }
        }
        for (key, value) in fields {
            if KEPT.contains(&key.as_str()) {
                continue;
            }
            value.mask(&of_callers);
            if !STATED.contains(&key.as_str()) {
                value.mask(&others);
            }
        }
    }
}

fn borrowed<'b>(event: &'b ErrorEvent<'_>) -> ErrorEvent<'b> {
    ErrorEvent {
        event_id: event.event_id.as_deref().map(Cow::Borrowed),
        event_source: Cow::Borrowed(&event.event_source),
        event_name: Cow::Borrowed(&event.event_name),
        error_code: Cow::Borrowed(&event.error_code),
        error_message: Cow::Borrowed(&event.error_message),
        region: Cow::Borrowed(&event.region),
        source_ip: Cow::Borrowed(&event.source_ip),
        user_agent: Cow::Borrowed(&event.user_agent),
        user_identity: event.user_identity.clone(),
        read_only: event.read_only,
        event_type: Cow::Borrowed(&event.event_type),
        request_parameters: event.request_parameters,
        raw: event.raw,
        ..blank(event)
    }
}

/// Nothing but the account and the time.
fn blank<'b>(event: &'b ErrorEvent<'_>) -> ErrorEvent<'b> {
    const NONE: Cow<'static, str> = Cow::Borrowed("");
    ErrorEvent {
        event_id: None,
        time: event.time,
        account: Cow::Borrowed(&event.account),
        event_source: NONE,
        event_name: NONE,
        error_code: NONE,
        error_message: NONE,
        region: NONE,
        source_ip: NONE,
        user_agent: NONE,
        user_identity: Identity::default(),
        read_only: None,
        event_type: NONE,
        request_parameters: None,
        raw: "{}",
    }
}

#[cfg(test)]
mod tests;
