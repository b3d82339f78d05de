//! What could not be read, as data: counted, with its place and reason, never an end to the file and never silence.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a piece of input is not a record. The name in the JSON reports is the variant's in kebab-case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RejectReason {
    /// Not JSON at this place: a lexical or structural fault.
    InvalidJson,
    /// The input ended inside a value: the file was cut off.
    Truncated,
    /// Valid JSON, but neither a CloudTrail record nor a container of records.
    NotARecord,
    /// A record without a readable `eventTime`, or with one before [`CLOUDTRAIL_START`](crate::Timestamp::CLOUDTRAIL_START).
    NoEventTime,
    /// A record more than 15 minutes ahead of now: it must not move a window.
    FutureEventTime,
    /// A record larger than the scanner's limit.
    RecordTooLarge,
    /// The compressed stream is damaged; what came before was read.
    CorruptCompression,
    /// The input expands beyond the cap on its size or ratio.
    DecompressionCap,
    /// The encoding is known but this build cannot read it (feature `gzip` or `zstd` is off).
    UnsupportedEncoding,
}

impl RejectReason {
    /// Every reason, in the order of reports.
    pub const ALL: [Self; 9] = [
        Self::InvalidJson,
        Self::Truncated,
        Self::NotARecord,
        Self::NoEventTime,
        Self::FutureEventTime,
        Self::RecordTooLarge,
        Self::CorruptCompression,
        Self::DecompressionCap,
        Self::UnsupportedEncoding,
    ];

    /// The reason as a short phrase for people.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::InvalidJson => "not valid JSON",
            Self::Truncated => "cut off in the middle of a value",
            Self::NotARecord => "JSON, but not a CloudTrail record",
            Self::NoEventTime => "record without a readable eventTime",
            Self::FutureEventTime => "record from the future (more than 15 minutes ahead)",
            Self::RecordTooLarge => "record larger than the limit",
            Self::CorruptCompression => "damaged compressed data",
            Self::DecompressionCap => "expands beyond the decompression cap",
            Self::UnsupportedEncoding => "compressed in a way this build cannot read",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe())
    }
}

/// One rejected piece of input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// Why.
    pub reason: RejectReason,
    /// Where: bytes from the start of the decompressed input. For a record inside a JSON string (CloudWatch Logs
    /// messages, `lookup-events`) the offset of the item that holds the string.
    pub offset: u64,
    /// What the parser said, without any of the input's text; may be empty.
    pub detail: String,
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.reason)?;
        if self.detail.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", self.detail)
        }
    }
}
