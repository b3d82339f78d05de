//! Fine templates: an error message with its variable parts masked, a pure function of one record.
//!
//! Template miners learn what varies from a stream of messages. Drain and its kin keep a tree that grows as lines come,
//! so that their groups depend on the order of the lines, and a line that came once has nothing to be compared with:
//! all of it is constant. (He et al., *Drain: an online log parsing approach with fixed depth tree*, ICWS 2017; Jiang
//! et al., *A large-scale evaluation for log parsing techniques*, ISSTA 2024, on their accuracy for rare templates.)
//! Here the rare lines are the ones that matter, and a CloudTrail record holds more than its message. Three steps use it:
//!
//! 1. **The record explains its own variables.** The values of `requestParameters`, the parts of `userIdentity` and the
//!    source address that stand in the message as whole tokens are variables, the longest first. They carry the last key
//!    of their path as their name. A plain word of AWS's language (a parameter's value `instance`) is one only where the
//!    message sets it apart, in quotes or brackets or behind a colon; so is a plain word that only names the caller.
//! 2. **Forms** that leave little doubt are variables wherever they stand: ARNs, account ids, UUIDs, resource ids, IAM's
//!    unique ids, e-mail and IP addresses, CIDR blocks, times, regions and zones, URLs, JSON, numbers, hexadecimal and
//!    base64 text, the encoded authorization message, resource types, AWS's service principals, what AWS's request
//!    validation quotes and the values it would take, and any other token with a digit that is no word spelled with digits (`S3`, `AES_256`). The
//!    action of a denial (`iam:CreateUser`) is no variable.
//! 3. What is left (`The function orders does not exist`) is decided by comparing the templates of one family, when a
//!    window is judged: see [`family`](crate::family).
//!
//! The first two steps give the fine template, by one pass over the message and without any state:
//!
//! ```
//! # use std::borrow::Cow;
//! # use firstsight_cloudtrail::{ErrorEvent, Identity, Timestamp};
//! # use firstsight_engine::FineTemplate;
//! let parameters = serde_json::value::RawValue::from_string(r#"{"roleName":"Deploy"}"#.to_owned())?;
//! let event = ErrorEvent {
//!     error_message: Cow::Borrowed("The role with name Deploy cannot be found in account 111122223333."),
//!     request_parameters: Some(&parameters),
//! #   event_id: None,
//! #   time: Timestamp::default(),
//! #   account: Cow::Borrowed(""),
//! #   event_source: Cow::Borrowed(""),
//! #   event_name: Cow::Borrowed(""),
//! #   error_code: Cow::Borrowed(""),
//! #   region: Cow::Borrowed(""),
//! #   source_ip: Cow::Borrowed(""),
//! #   user_agent: Cow::Borrowed(""),
//! #   user_identity: Identity::default(),
//! #   read_only: None,
//! #   event_type: Cow::Borrowed(""),
//! #   raw: "",
//!     // the record's other fields
//! };
//! let template = FineTemplate::of(&event);
//! assert_eq!(template.identity, "The role with name <*> cannot be found in account <*>.");
//! assert_eq!(template.display, "The role with name <roleName> cannot be found in account <account>.");
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Invariants
//!
//! * The same record has the same template, in any process.
//! * The template of an identity is that identity, for messages that services send.
//! * White space and control characters are single spaces. A list of variables is one variable, however long.
//! * Everything is bounded: 2 KB of a message and 16 KB of the parameters are read, 64 values of at most 256 bytes are
//!   looked for, an identity has at most 512 bytes and a display 1,024 (and `…` behind them where more would follow).
//! * CloudTrail cuts messages at 1 KB. Such a message ends with `…` behind its last whole token, and
//!   [`family`](crate::family) joins it to what it is the start of.

mod again;
mod leaves;
mod mask;
mod output;
mod scan;
pub(crate) use mask::is_kind;
pub(crate) use scan::{run_length, starts_token};
pub(crate) mod vocabulary;

use firstsight_cloudtrail::ErrorEvent;

pub use again::retemplate;
use leaves::Leaves;

/// The version of the grouping: of the masks, the tokens and the family rule. Stored with every state.
pub const GROUPING_VERSION: u32 = 2;

/// What every variable is in an identity.
pub(crate) const VARIABLE: &str = "<*>";

/// What ends a template whose message goes on.
pub(crate) const CUT: &str = "…";

/// A message with its variable parts masked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FineTemplate {
    /// What identifies it: every variable is `<*>`.
    pub identity: String,
    /// What people read: variables carry the record's own names where it has them (`<roleName>`).
    pub display: String,
}

impl FineTemplate {
    /// The fine template of an event's message. Any text has one; an empty message has an empty one.
    #[must_use]
    pub fn of(event: &ErrorEvent<'_>) -> Self {
        if event.error_message.is_empty() {
            return Self {
                identity: String::new(),
                display: String::new(),
            };
        }
        scan::template(&event.error_message, &Leaves::of(event), false).0
    }

    /// The same, with what stands in the message for each variable, in its order: the variable's name as
    /// [`display`](Self::display) shows it, and its text, cut at 256 bytes. A list of variables is one variable with
    /// several texts. Left out is what tells nothing: encoded messages, JSON and what the service itself hid.
    #[must_use]
    pub fn of_with_values<'e>(event: &'e ErrorEvent<'_>) -> (Self, Vec<(String, &'e str)>) {
        scan::template(&event.error_message, &Leaves::of(event), true)
    }
}

#[cfg(test)]
mod stability;
#[cfg(test)]
mod tests;
