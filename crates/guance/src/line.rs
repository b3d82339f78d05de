//! Line protocol: points as text that Guance reads back as what was meant.
//!
//! Grammar and limits: the parser that DataKit uses (GuanceCloud/influxdb1-client `models/points.go`, cliutils
//! `point/option.go` and `check.go`). One bad line rejects a whole body there, so nothing that this module writes is bad: what
//! is past a limit is cut on a character boundary, and counted.

use crate::point::Point;

/// The most points of a batch.
pub const MAX_POINTS: usize = 100;
/// The most bytes of a batch, before it is compressed.
pub const MAX_BYTES: usize = 1 << 20;

/// Points as bodies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// The bodies, each with how many points it holds.
    pub batches: Vec<Batch>,
    /// How many texts were cut, keys shortened, tags or fields left out.
    pub changed: u64,
    /// The places (in the given order) of points that have no field that can be written: they are in no body.
    pub dropped: Vec<usize>,
}

/// A body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The lines.
    pub body: String,
    /// How many points.
    pub points: usize,
}

/// Writes points.
#[must_use]
pub fn encode(points: &[Point]) -> Encoded {
    let _ = points;
    todo!()
}
