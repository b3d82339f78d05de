//! How much a finding matters.

use firstsight_cloudtrail::ActorKind;
use firstsight_cloudtrail::classify::{Class, DenialReason, NoiseMark, Sensitivity, Verb};

use crate::judge::verdict::{Novelty, Severity};

/// What the severity of a finding follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeverityFacts<'a> {
    /// What kind of error it is.
    pub class: Class,
    /// Whether the call reads or changes something.
    pub verb: Verb,
    /// How sensitive the call is.
    pub sensitivity: Sensitivity,
    /// What kind of actor made it.
    pub actor_kind: ActorKind,
    /// Marks of known noise that all its occurrences carry.
    pub noise: &'a [NoiseMark],
    /// Which novelty.
    pub novelty: Novelty,
    /// Which policy refused it.
    pub denial: Option<DenialReason>,
    /// Whether an actor of the same shape had the error before.
    pub like_known_actor: bool,
}

/// The default severity.
#[must_use]
pub fn severity(facts: &SeverityFacts<'_>) -> Severity {
    if facts.like_known_actor || !facts.noise.is_empty() {
        Severity::Info
    } else {
        Severity::Warning
    }
}
