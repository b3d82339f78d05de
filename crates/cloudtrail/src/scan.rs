//! The scanner: chunks in, records out.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::event::Visitor;
use crate::reject::RejectReason;
use crate::time::{TimeRange, Timestamp};

/// How a unit's bytes are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Encoding {
    /// Told by the first bytes (gzip and zstd have magic numbers).
    #[default]
    Auto,
    /// As it stands.
    Plain,
    /// gzip, one or more members.
    Gzip,
    /// zstd, one or more frames.
    Zstd,
}

/// The bounds a scan keeps, whatever the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest record, in bytes (CloudTrail's own limit is 256 KB); larger ones are rejects. Default 8 MiB.
    pub max_record: usize,
    /// The most bytes one unit may expand to. Default 16 GiB.
    pub max_output: u64,
    /// The most bytes out for each byte in, once 16 MiB came out. Default 1,000 (real CloudTrail is 5 to 30).
    pub max_ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_record: 8 << 20,
            max_output: 16 << 30,
            max_ratio: 1000,
        }
    }
}

/// What a scan needs to know besides the bytes.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// How the bytes are packed.
    pub encoding: Encoding,
    /// The present: records more than 15 minutes ahead of it are rejects.
    pub now: Timestamp,
    /// The account that the input is known to belong to, for records that name none.
    pub origin_account: Option<String>,
    /// Bounds on memory and expansion.
    pub limits: Limits,
}

impl ScanOptions {
    /// Automatic encoding, no known account, default limits.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            encoding: Encoding::Auto,
            now,
            origin_account: None,
            limits: Limits::default(),
        }
    }
}

/// What became of one unit's bytes. Every item of the input is in exactly one of `records`, `insights`, `digests`,
/// `control_messages` and `rejects`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Bytes fed.
    pub bytes_in: u64,
    /// Bytes after decompression.
    pub bytes_out: u64,
    /// Well-formed records with a time, error events included.
    pub records: u64,
    /// Records that report a failure.
    pub error_events: u64,
    /// Records that name an access key.
    pub key_uses: u64,
    /// Insight events: recognised, not judged.
    pub insights: u64,
    /// Digest files: recognised, not judged.
    pub digests: u64,
    /// CloudWatch Logs probes (`CONTROL_MESSAGE`): recognised, not judged.
    pub control_messages: u64,
    /// What could not be read, by reason.
    pub rejects: BTreeMap<RejectReason, u64>,
    /// From the first record's time to just behind the last one's; `None` without records.
    pub times: Option<TimeRange>,
}

impl Counters {
    /// All rejects together.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.rejects.values().sum()
    }

    /// Adds another unit's counters to these.
    pub fn merge(&mut self, other: &Self) {
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.records += other.records;
        self.error_events += other.error_events;
        self.key_uses += other.key_uses;
        self.insights += other.insights;
        self.digests += other.digests;
        self.control_messages += other.control_messages;
        for (reason, count) in &other.rejects {
            *self.rejects.entry(*reason).or_default() += count;
        }
        self.times = match (self.times, other.times) {
            (Some(a), Some(b)) => Some(TimeRange::new(a.start.min(b.start), a.end.max(b.end))),
            (a, b) => a.or(b),
        };
    }
}

/// Reads one unit, fed as chunks that may be cut anywhere.
#[derive(Debug)]
pub struct Scanner {
    options: ScanOptions,
}

impl Scanner {
    /// A scanner for one unit.
    #[must_use]
    pub fn new(options: ScanOptions) -> Self {
        Self { options }
    }

    /// Takes the next bytes and calls the visitor for each record that ends in them. Never fails: what cannot be read
    /// goes to [`Visitor::reject`].
    pub fn feed<V: Visitor + ?Sized>(&mut self, _chunk: &[u8], _visitor: &mut V) {
        let _ = &self.options;
    }

    /// Ends the unit: what is still open is a [`RejectReason::Truncated`].
    pub fn finish<V: Visitor + ?Sized>(self, _visitor: &mut V) -> Counters {
        Counters::default()
    }
}
