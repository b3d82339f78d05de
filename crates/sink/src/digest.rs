//! Several events as one notification.

use firstsight_engine::Digest as Hash;
use serde::{Deserialize, Serialize};

use crate::event::{Event, Status};

/// Several events that are told at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// Its id, from its events': 32 hexadecimal digits.
    pub id: String,
    /// Why they are told at once.
    pub cause: DigestCause,
    /// The events, in the order in which they were recorded; never empty.
    pub events: Vec<Event>,
}

/// Why events are told at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DigestCause {
    /// They came within one aggregation window.
    Aggregated,
    /// They are what went past the cap of a run.
    Capped,
}

impl Digest {
    /// The digest of these events.
    #[must_use]
    pub fn of(events: Vec<Event>, cause: DigestCause) -> Self {
        let mut parts = vec!["digest"];
        parts.extend(events.iter().map(|event| event.id.as_str()));
        let id = Hash::of(&parts).to_string();
        Self { id, cause, events }
    }

    /// The most severe status of its events.
    #[must_use]
    pub fn status(&self) -> Status {
        self.events
            .iter()
            .map(|event| event.status)
            .max()
            .unwrap_or(Status::Ok)
    }
}
