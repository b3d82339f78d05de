//! What a source gives: partitions, pages, payloads.

use std::fmt;

use bytes::Bytes;
use firstsight_cloudtrail::Encoding;
use serde::{Deserialize, Serialize};

/// A stream that can be read beside others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Partition {
    /// Names it within its source, the same after a restart.
    pub id: String,
    /// The units it is known to hold, where that is known before reading (a file names itself); lets a caller pass over
    /// finished ones without opening them.
    pub units: Vec<UnitId>,
    /// How many bytes it is expected to give; 0 when unknown. For progress and for order only.
    pub size_hint: u64,
}

/// Names a unit for ever: a file (path, size, modification time), an object (bucket, key, eTag), a page of log events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitId(pub String);

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place in a partition. Opaque to everyone but its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The source's own encoding.
    pub token: Vec<u8>,
    /// Whether it stands between units, where a fresh scanner can start: only then may it be stored.
    pub durable: bool,
}

/// What comes after a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// More, after this position.
    More(Position),
    /// The partition is read to its end.
    End,
    /// Nothing more for now: ask again later, from this position.
    Later(Position),
}

/// Some payloads, and what comes after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// In order; may be empty.
    pub payloads: Vec<Payload>,
    /// What comes next.
    pub next: Next,
}

/// A chunk of one unit. The chunks of a unit feed one scanner, in order, so that a large object never stands in memory
/// whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Which unit.
    pub unit: UnitId,
    /// Where the chunk starts in the unit, in bytes.
    pub offset: u64,
    /// The bytes. Empty only for an empty unit's one chunk, or as a last one.
    pub chunk: Bytes,
    /// Whether the unit ends with it.
    pub last: bool,
    /// How the unit is packed.
    pub encoding: Encoding,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a unit comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// For people: a path, an object's URL, a log group.
    pub name: String,
    /// The account that the place belongs to, where the place tells.
    pub account: Option<String>,
    /// The region that the place belongs to, where the place tells.
    pub region: Option<String>,
}
