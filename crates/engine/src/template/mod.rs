//! Fine templates: an error message with its variable parts masked, a pure function of one record.

mod leaves;
mod mask;
mod output;
mod scan;
pub(crate) use mask::is_kind;
pub(crate) use scan::{run_length, starts_token};
pub(crate) mod vocabulary;

use firstsight_cloudtrail::ErrorEvent;

use leaves::Leaves;

/// The version of the grouping: of the masks, the tokens and the family rule. Stored with every state.
pub const GROUPING_VERSION: u32 = 1;

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
    /// The fine template of an event's message.
    #[must_use]
    pub fn of(event: &ErrorEvent<'_>) -> Self {
        scan::template(&event.error_message, &Leaves::of(event))
    }
}

#[cfg(test)]
mod tests;
