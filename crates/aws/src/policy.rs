//! The least IAM policy for a configuration.

use crate::access::Role;

/// What is to be allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Names, patterns or ARNs of log groups, as the user wrote them behind `cloudwatch:`.
    pub groups: Vec<String>,
    /// The regions.
    pub regions: Vec<String>,
    /// The roles that are assumed.
    pub roles: Vec<Role>,
    /// The caller's account, where known: `*` stands in for it otherwise.
    pub account: Option<String>,
    /// The caller's ARN, where known: for the roles' trust policies.
    pub caller: Option<String>,
    /// Whether access keys are looked up in IAM.
    pub iam: bool,
    /// Whether groups are listed: patterns need it, names do not.
    pub list_groups: bool,
}

/// The documents, as JSON text that can be pasted: one policy, or with roles an object of the caller's policy and, by
/// role, its policy and its trust policy.
#[must_use]
pub fn documents(wanted: &Wanted) -> String {
    let _ = wanted;
    todo!()
}

/// What the documents cannot say themselves.
#[must_use]
pub fn remarks(wanted: &Wanted) -> Vec<String> {
    let _ = wanted;
    todo!()
}
