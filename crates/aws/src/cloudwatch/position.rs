//! Where reading stands, as text that may be stored.

use std::collections::BTreeMap;

use firstsight_cloudtrail::Timestamp;
use firstsight_source::Position;
use serde::{Deserialize, Serialize};

use super::Records;

/// Where a slice, or the newest records of a lane, stands. Always between units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Standing {
    /// In the middle.
    Reading(Reading),
    /// Read to its end, by a run whose present was `at`.
    Done {
        /// That run's present: what came later was not seen.
        at: Timestamp,
        /// Which records it asked for.
        records: Records,
    },
}

/// A read that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reading {
    /// The next page; `None` is the first one.
    pub(super) token: Option<String>,
    /// The present of the run that it was given to; `None` where an earlier version has kept it, which did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) given: Option<Timestamp>,
    /// The first log time that was asked for: a token goes with the request that it came from.
    pub(super) from: Timestamp,
    /// Where to start again when the token has expired: the last event's log time, as long as all came in time order.
    pub(super) resume: Timestamp,
    /// Whether they did.
    pub(super) ordered: bool,
    /// The present of the run that began: the last log time that was asked for.
    pub(super) started: Timestamp,
    /// Which records are asked for.
    pub(super) records: Records,
    /// How often in a row the service gave the token that it was asked with.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) stuck: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde calls it.
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Reading {
    /// The first page from a log time on.
    pub(super) fn new(from: Timestamp, started: Timestamp, records: Records) -> Self {
        Self {
            token: None,
            given: None,
            from,
            resume: from,
            ordered: true,
            started,
            records,
            stuck: 0,
        }
    }

    /// The same read, begun again behind what it has seen.
    pub(super) fn restarted(self) -> Self {
        Self {
            from: self.resume,
            token: None,
            given: None,
            stuck: 0,
            ..self
        }
    }
}

/// The oldest record of each account: which were read, and which are to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Firsts {
    /// The present of the run that listed the streams last.
    pub(super) listed: Timestamp,
    /// Whether they may not be listed: then the whole group stands in for its accounts.
    pub(super) denied: bool,
    /// What was read, and the present of the run that did.
    pub(super) known: BTreeMap<String, Timestamp>,
    /// What is to be read next, the first one first.
    pub(super) pending: Vec<First>,
    /// The next page of the first one.
    pub(super) token: Option<String>,
}

/// An account whose oldest record is to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct First {
    /// The account; `*` for all of a group whose streams tell none.
    pub(super) account: String,
    /// Its stream with the oldest event.
    pub(super) stream: Option<String>,
    /// From which log time on.
    pub(super) from: Timestamp,
}

/// As a position that may be stored.
pub(super) fn encode(standing: &impl Serialize) -> Position {
    Position {
        // Texts, numbers and lists: they always can be written.
        token: serde_json::to_vec(standing).unwrap_or_default(),
        durable: true,
    }
}

/// What [`encode`] wrote; `None` for anything else.
pub(super) fn decode<T: for<'de> Deserialize<'de>>(position: &Position) -> Option<T> {
    serde_json::from_slice(&position.token).ok()
}
