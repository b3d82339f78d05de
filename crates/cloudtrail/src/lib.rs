//! CloudTrail bytes in, error events and access-key uses out.
pub mod actor;
pub mod classify;
pub mod event;
pub mod reject;
pub mod scan;
pub mod time;

pub use actor::{ActorKind, Identity};
pub use event::{AccessKeyUse, ErrorEvent, EventIdentity, RecordSeen, Visitor};
pub use reject::{Reject, RejectReason};
pub use scan::{Counters, Encoding, Limits, ScanOptions, Scanner};
pub use time::{Hour, InvalidTimestamp, TimeRange, Timestamp};
