//! The scanner: chunks in, records out.

mod container;
mod identities;
mod index;
mod inflate;
mod read;
mod record;
mod resync;
mod skim;
mod structure;
mod text;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::event::Visitor;
use crate::reject::RejectReason;
use crate::time::{TimeRange, Timestamp};

use container::Content;
use inflate::{Inflate, Stop};
pub(crate) use read::reread;

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
    /// The most bytes out for each byte in, once 16 MiB came out. Default 500: real CloudTrail is 5 to 30,
    /// deflate cannot do more than 1,032.
    pub max_ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_record: 8 << 20,
            max_output: 16 << 30,
            max_ratio: 500,
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
///
/// The results do not depend on where the chunks are cut. Memory is bounded by [`Limits::max_record`] and a
/// decompression window, whatever the size of the input: what lies whole inside a chunk is read in place, and only a
/// value across its edge is kept.
#[derive(Debug)]
pub struct Scanner {
    limits: Limits,
    bytes_in: u64,
    unpacking: Unpacking,
    content: Content,
}

/// What happens to the next chunk.
#[derive(Debug)]
enum Unpacking {
    /// The first bytes, until they tell the encoding.
    Undecided {
        encoding: Encoding,
        start: Vec<u8>,
    },
    Plain,
    Packed(Inflate),
    /// It cannot go on: chunks are only counted. Whether all of the text came out before.
    Stopped {
        complete: bool,
    },
}

impl Scanner {
    /// A scanner for one unit.
    #[must_use]
    pub fn new(options: ScanOptions) -> Self {
        Self {
            limits: options.limits,
            bytes_in: 0,
            unpacking: Unpacking::Undecided {
                encoding: options.encoding,
                start: Vec::new(),
            },
            content: Content::new(options),
        }
    }

    /// Takes the next bytes and calls the visitor for each record that ends in them. Never fails: what cannot be read
    /// goes to [`Visitor::reject`].
    pub fn feed<V: Visitor + ?Sized>(&mut self, chunk: &[u8], visitor: &mut V) {
        self.bytes_in += chunk.len() as u64;
        if let Unpacking::Undecided { encoding, start } = &mut self.unpacking {
            let found = decide(*encoding, chunk).filter(|_| start.is_empty());
            let Some(found) = found else {
                start.extend_from_slice(chunk);
                return self.decide_late(visitor);
            };
            self.begin(found, visitor);
        }
        self.unpack(chunk, visitor);
    }

    /// Starts with the bytes that were kept, once they tell the encoding.
    fn decide_late<V: Visitor + ?Sized>(&mut self, visitor: &mut V) {
        let Unpacking::Undecided { encoding, start } = &mut self.unpacking else {
            return;
        };
        if let Some(found) = decide(*encoding, start) {
            let start = std::mem::take(start);
            self.begin(found, visitor);
            self.unpack(&start, visitor);
        }
    }

    /// Ends the unit: what is still open is a [`RejectReason::Truncated`].
    pub fn finish<V: Visitor + ?Sized>(mut self, visitor: &mut V) -> Counters {
        if let Unpacking::Undecided { start, .. } = &mut self.unpacking {
            let start = std::mem::take(start);
            self.begin(Encoding::Plain, visitor);
            self.unpack(&start, visitor);
        }
        let bytes_out = self.content.pushed();
        let counters = match self.unpacking {
            Unpacking::Stopped { complete: false } => self.content.abandon(),
            Unpacking::Packed(inflate) => self.content.finish(inflate.is_cut_off(), visitor),
            _ => self.content.finish(false, visitor),
        };
        Counters {
            bytes_in: self.bytes_in,
            bytes_out,
            ..counters
        }
    }

    fn begin<V: Visitor + ?Sized>(&mut self, encoding: Encoding, visitor: &mut V) {
        match Inflate::new(encoding, self.limits) {
            Ok(Some(inflate)) => self.unpacking = Unpacking::Packed(inflate),
            Ok(None) => self.unpacking = Unpacking::Plain,
            Err(stop) => self.stop(&stop, visitor),
        }
    }

    fn unpack<V: Visitor + ?Sized>(&mut self, chunk: &[u8], visitor: &mut V) {
        match &mut self.unpacking {
            Unpacking::Undecided { .. } | Unpacking::Stopped { .. } => {}
            Unpacking::Plain => self.content.push(chunk, visitor),
            Unpacking::Packed(inflate) => {
                let content = &mut self.content;
                let unpacked = inflate.feed(chunk, &mut |text| content.push(text, visitor));
                if let Err(stop) = unpacked {
                    self.stop(&stop, visitor);
                }
            }
        }
    }

    fn stop<V: Visitor + ?Sized>(&mut self, stop: &Stop, visitor: &mut V) {
        self.content.reject(stop.reason, stop.detail, visitor);
        self.unpacking = Unpacking::Stopped {
            complete: stop.complete,
        };
    }
}

/// The encoding, once the first bytes tell it.
fn decide(stated: Encoding, start: &[u8]) -> Option<Encoding> {
    match stated {
        Encoding::Auto => inflate::detect(start),
        stated => (!start.is_empty()).then_some(stated),
    }
}
