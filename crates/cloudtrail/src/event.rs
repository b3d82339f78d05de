//! What a scan yields: error events, access-key uses, records seen.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::actor::Identity;
use crate::time::Timestamp;

/// A record that reports a failure, borrowed from the scanner's window.
///
/// A record is an error event when its top-level `errorCode` is a non-empty string other than `"200"`, or its
/// `errorMessage` is a non-empty string, or `responseElements.ConsoleLogin` (or `CheckMfa`, `SwitchRole`) is
/// `"Failure"`. Error fields anywhere else do not count. Source: CloudTrail record contents and console sign-in events
/// in the AWS CloudTrail user guide.
#[derive(Clone, Debug)]
pub struct ErrorEvent<'a> {
    /// `eventID`; absent in some old and hand-made records.
    pub event_id: Option<Cow<'a, str>>,
    /// `eventTime`.
    pub time: Timestamp,
    /// The account the error counts for: `recipientAccountId`, else `userIdentity.accountId`, else the origin's, else
    /// `"unknown"`.
    pub account: Cow<'a, str>,
    /// `eventSource`, for example `iam.amazonaws.com`; empty when absent.
    pub event_source: Cow<'a, str>,
    /// `eventName`, for example `CreateUser`; empty when absent.
    pub event_name: Cow<'a, str>,
    /// `errorCode` as it stands; empty when the record has none (failed console sign-ins).
    pub error_code: Cow<'a, str>,
    /// `errorMessage`; empty when absent.
    pub error_message: Cow<'a, str>,
    /// `awsRegion`; empty when absent.
    pub region: Cow<'a, str>,
    /// `sourceIPAddress`: an address, a service's host name or `AWS Internal`; empty when absent.
    pub source_ip: Cow<'a, str>,
    /// `userAgent`; empty when absent.
    pub user_agent: Cow<'a, str>,
    /// `userIdentity`, the parts that tell who it was.
    pub user_identity: Identity<'a>,
    /// `readOnly`, where the record says so.
    pub read_only: Option<bool>,
    /// `eventType`, for example `AwsApiCall` or `AwsConsoleSignIn`; empty when absent.
    pub event_type: Cow<'a, str>,
    /// `requestParameters`, unparsed; `None` when absent or `null`.
    pub request_parameters: Option<&'a RawValue>,
    /// The whole record, as JSON text.
    pub raw: &'a str,
}

/// 128 bits that name one error event wherever its record stands.
///
/// The start of SHA-256 over the account and the `eventID`, or over the record's text where it has no `eventID`.
/// Records that CloudTrail delivers twice (other file, other region prefix) have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventIdentity(pub [u8; 16]);

/// One use of an access key, from any record, failed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKeyUse<'a> {
    /// `userIdentity.accessKeyId`, long-lived (`AKIA…`) or temporary (`ASIA…`).
    pub key_id: Cow<'a, str>,
    /// The account that the record counts for, as in [`ErrorEvent::account`].
    pub account: Cow<'a, str>,
    /// The key's owner: the actor's name, see [`Identity::actor`].
    pub owner: Cow<'a, str>,
    /// `eventTime`.
    pub time: Timestamp,
    /// `eventSource` of the call.
    pub event_source: Cow<'a, str>,
    /// `eventName` of the call.
    pub event_name: Cow<'a, str>,
    /// `awsRegion` of the call; empty when absent.
    pub region: Cow<'a, str>,
}

/// One record of any kind that could be read: what a count by account and hour needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSeen<'a> {
    /// The account that the record counts for, as in [`ErrorEvent::account`].
    pub account: &'a str,
    /// `eventTime`.
    pub time: Timestamp,
    /// Whether it is an error event too (then [`Visitor::error_event`] follows).
    pub is_error: bool,
    /// The whole record, as JSON text.
    pub raw: &'a str,
}

/// Takes what a [`Scanner`](crate::Scanner) finds, in the order of the input.
///
/// For one record the calls are `record`, then `key_use` if it names a key, then `error_event` if it is one.
pub trait Visitor {
    /// A well-formed record with a time.
    fn record(&mut self, record: &RecordSeen<'_>) {
        let _ = record;
    }

    /// A record that was made with an access key.
    fn key_use(&mut self, key_use: &AccessKeyUse<'_>) {
        let _ = key_use;
    }

    /// A record that reports a failure.
    fn error_event(&mut self, event: &ErrorEvent<'_>);

    /// Something that could not be read as a record, with its place and reason. Reading goes on behind it.
    fn reject(&mut self, reject: &crate::reject::Reject);
}

impl ErrorEvent<'_> {
    /// The identity of this event, see [`EventIdentity`].
    #[must_use]
    pub fn id(&self) -> EventIdentity {
        let named = self.event_id.as_deref().filter(|id| !id.is_empty());
        EventIdentity::new(&self.account, named, self.raw)
    }
}

impl EventIdentity {
    /// From the account, the `eventID` if there is one, else the record's text.
    #[must_use]
    pub fn new(account: &str, event_id: Option<&str>, raw: &str) -> Self {
        use sha2::Digest as _;
        let mut hash = sha2::Sha256::new();
        hash.update(account.as_bytes());
        hash.update([0, u8::from(event_id.is_some())]);
        hash.update(event_id.unwrap_or(raw).as_bytes());
        let digest = hash.finalize();
        let mut start = [0; 16];
        start.copy_from_slice(&digest[..16]);
        Self(start)
    }
}

impl std::fmt::Display for EventIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
