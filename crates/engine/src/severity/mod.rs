//! The default severity of a finding, from what kind of error it is, who made the call, on what and where.
//!
//! The goal is quiet and right: warning and above is for what somebody on call would thank for. The rules are data
//! (`data/severity.tsv`): the first row that matches decides, and each row says why. Six thoughts run through them:
//!
//! * A call that blinds the defender is loud however it failed: `StopLogging` of a trail that does not exist is an attempt.
//! * What only AWS can write (the identity of a service, the path of a service-linked role) may quiet a finding. What the
//!   caller claims (a user agent) may quiet only what is not sensitive, or what a role did.
//! * A refused sensitive call is worth a look by whomever; a refused ordinary one only from users with long-lived keys,
//!   from who should not be there at all, and where nothing about it is familiar.
//! * A known error by one more actor is news where the call is sensitive and no actor of the same shape is known.
//! * A sensitive resource counts like a sensitive call.
//! * Where new errors come all day a warning about one more of them is info; critical calls and everything above warning
//!   are not damped.
//!
//! ```
//! use firstsight_cloudtrail::ActorKind;
//! use firstsight_cloudtrail::classify::{Class, Sensitivity, Verb};
//! use firstsight_engine::severity::{Pace, SeverityFacts, severity};
//! use firstsight_engine::{Novelty, Severity};
//!
//! let facts = SeverityFacts {
//!     class: Class::NotFound, // TrailNotFoundException
//!     verb: Verb::of("StopLogging"),
//!     sensitivity: Sensitivity::of("cloudtrail.amazonaws.com", "StopLogging"),
//!     actor_kind: ActorKind::User,
//!     noise: &[],
//!     novelty: Novelty::New,
//!     denial: None,
//!     like_known_actor: false,
//!     score: 60,
//!     scope: Pace::Usual,
//!     target: Sensitivity::Normal,
//! };
//! assert_eq!(severity(&facts), Severity::Error);
//! ```

mod table;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use firstsight_cloudtrail::ActorKind;
use firstsight_cloudtrail::classify::{Class, DenialReason, NoiseMark, Sensitivity, Verb};
use serde::{Deserialize, Serialize};
pub use table::{InvalidSeverityTable, SeverityTable};

use crate::judge::verdict::{Novelty, Severity};

static BUILT_IN: LazyLock<SeverityTable> =
    LazyLock::new(|| SeverityTable::BUILT_IN.parse().unwrap_or_default());

/// What the severity of a finding depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeverityFacts<'a> {
    /// What kind of error it is.
    pub class: Class,
    /// Whether the call reads or changes something.
    pub verb: Verb,
    /// How sensitive the call is.
    pub sensitivity: Sensitivity,
    /// What kind of actor made it; of several, the one that gives the highest severity.
    pub actor_kind: ActorKind,
    /// Marks of known noise that all its occurrences carry.
    pub noise: &'a [NoiseMark],
    /// Which novelty.
    pub novelty: Novelty,
    /// Which policy refused it, where the message says so.
    pub denial: Option<DenialReason>,
    /// Whether an actor of the same shape was known before (a role with another random suffix).
    pub like_known_actor: bool,
    /// Its score without the points that its severity adds, 0 to 100.
    pub score: u8,
    /// How often its scopes meet new errors.
    pub scope: Pace,
    /// The most sensitive resource that its cluster had not been seen with before the window.
    pub target: Sensitivity,
}

/// How often new errors come to a scope (an account, an actor, a call).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// Seldom.
    Quiet,
    /// Now and then, or its history is too short to tell.
    #[default]
    Usual,
    /// All the time.
    Busy,
}

/// The severity that the built-in table gives.
#[must_use]
pub fn severity(facts: &SeverityFacts<'_>) -> Severity {
    BUILT_IN.severity(facts)
}
