//! CloudTrail bytes in, error events and access-key uses out.
//!
//! AWS CloudTrail records come in many wrappings: files in S3, messages of CloudWatch Logs, events of EventBridge,
//! answers of `lookup-events`, each perhaps compressed. A [`Scanner`] takes the bytes of any of them, in chunks cut
//! anywhere, and tells a [`Visitor`] what it finds:
//!
//! * every record that could be read ([`RecordSeen`]): which account, when;
//! * every use of an access key ([`AccessKeyUse`]), from all records;
//! * every record that reports a failure ([`ErrorEvent`]), borrowed from the bytes;
//! * everything that could *not* be read ([`Reject`]), with its place and reason.
//!
//! # Example
//!
//! ```
//! use firstsight_cloudtrail::{ErrorEvent, Reject, ScanOptions, Scanner, Visitor};
//!
//! #[derive(Default)]
//! struct Denials {
//!     calls: Vec<String>,
//!     rejects: Vec<String>,
//! }
//!
//! impl Visitor for Denials {
//!     fn error_event(&mut self, event: &ErrorEvent<'_>) {
//!         self.calls.push(format!("{} {}", event.event_name, event.error_code));
//!     }
//!     fn reject(&mut self, reject: &Reject) {
//!         self.rejects.push(reject.to_string());
//!     }
//! }
//!
//! let file = br#"{"Records":[
//!     {"eventTime":"2026-01-31T12:00:00Z","eventName":"ListUsers","errorCode":"AccessDenied"},
//!     {"eventTime":"2026-01-31T12:00:01Z","eventName":"ListRoles"},
//!     {"eventName":"ListKeys","errorCode":"AccessDenied"}
//! ]}"#;
//!
//! let mut denials = Denials::default();
//! let mut scanner = Scanner::new(ScanOptions::new("2026-02-01T00:00:00Z".parse()?));
//! for chunk in file.chunks(50) {
//!     scanner.feed(chunk, &mut denials);
//! }
//! let counters = scanner.finish(&mut denials);
//!
//! assert_eq!(denials.calls, ["ListUsers AccessDenied"]);
//! assert_eq!(denials.rejects, ["byte 176: record without a readable eventTime"]);
//! assert_eq!((counters.records, counters.rejected()), (2, 1));
//! # Ok::<(), firstsight_cloudtrail::InvalidTimestamp>(())
//! ```
//!
//! # What is read
//!
//! The text is a sequence of JSON values, on lines of their own or not, with or without a UTF-8 BOM. Each is an item or
//! a container of items:
//!
//! | container | its items |
//! |---|---|
//! | `{"Records":[…]}`, the files in S3 | the elements |
//! | a JSON array that holds objects | the elements |
//! | a CloudWatch Logs subscription envelope, `{"messageType":…,"logEvents":[…]}` | the elements, each with its `message` |
//! | the output of FilterLogEvents and GetLogEvents, `{"events":[…]}` | the same |
//! | the output of `lookup-events`, `{"Events":[…]}` | the elements, each with its `CloudTrailEvent` |
//!
//! and an item is
//!
//! | item | counted as |
//! |---|---|
//! | an object with `eventTime`, `eventSource`, `eventName` or `userIdentity` | a record |
//! | one of those of an Insights event (`eventType` `AwsCloudTrailInsight`, `eventCategory` `Insight`, or `insightDetails`) | an insight |
//! | an object with a string `message` or `CloudTrailEvent`, or such a string alone | what the string holds |
//! | an EventBridge event | its `detail` |
//! | a digest file (`digestStartTime`, …) | a digest |
//! | a CloudWatch Logs probe (`CONTROL_MESSAGE`) | a control message |
//! | anything else | a reject: [`RejectReason::NotARecord`] |
//!
//! All of it plain, gzip (one or more members) or zstd; see [`Encoding`]. Sources: the AWS CloudTrail user guide
//! (record contents, log file examples, digest file structure, Insights events), the Amazon CloudWatch Logs user guide
//! (subscriptions) and the API references of CloudTrail, CloudWatch Logs and EventBridge.
//!
//! # Invariants
//!
//! 1. **Nothing is silent.** Every item ends in exactly one of [`Counters`]' fields, and everything that is not JSON in
//!    at least one reject.
//! 2. **Cuts change nothing.** The calls and counters are the same however the bytes are cut into chunks.
//! 3. **Memory is bounded** by [`Limits::max_record`] and a decompression window, never by the input. Larger records are
//!    rejects, and so is what expands beyond the caps.
//! 4. **Well-formed input reads as `serde_json` reads it**: escapes decoded, and of a duplicate key the last wins. A
//!    field of another type than expected counts as absent and does not lose the record. Nesting may be 127 deep. (An
//!    object is known as a container when its array begins, so the last of two arrays under the same name does not
//!    win: both are read. And an escaped lone surrogate, which is no text, is refused only in the fields that are read. Records
//!    that report no failure are skimmed: a lexical fault within one, as a bad literal or a control character, may pass unseen; a
//!    structural one does not.)
//! 5. **A bad record costs itself.** Reading goes on with the next element or line; where brackets or quotes do not
//!    balance, with the next line that starts a value or the next object that starts like a record.
//! 6. **No clock, no files, no network**: the present is an argument, and the same bytes give the same calls.
//!
//! # Features
//!
//! * `gzip` and `zstd` (both on by default): without one, such input is an [`RejectReason::UnsupportedEncoding`].
pub mod actor;
pub mod classify;
pub mod event;
pub mod redact;
pub mod reject;
pub mod scan;
pub mod time;

pub use actor::{ActorKind, Identity};
pub use event::{AccessKeyUse, ErrorEvent, EventIdentity, RecordSeen, Visitor};
pub use redact::{InvalidRedaction, Redaction};
pub use reject::{Reject, RejectReason};
pub use scan::{Counters, Encoding, Limits, ScanOptions, Scanner};
pub use time::{Hour, InvalidTimestamp, TimeRange, Timestamp};
