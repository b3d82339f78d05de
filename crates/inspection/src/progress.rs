//! Who wants to know how far a run is.

use firstsight_cloudtrail::Counters;

/// Told how far reading is. Called from several threads.
pub trait Progress: Send + Sync {
    /// The source was listed: so many partitions are to be read, of so many bytes as far as known.
    fn listed(&self, partitions: u64, bytes: u64) {
        let _ = (partitions, bytes);
    }

    /// So many more bytes were read.
    fn advanced(&self, bytes: u64) {
        let _ = bytes;
    }

    /// A unit was read to its end.
    fn unit_read(&self, counters: &Counters) {
        let _ = counters;
    }

    /// A unit had been read by an earlier run and was passed over.
    fn unit_skipped(&self, bytes: u64) {
        let _ = bytes;
    }

    /// A partition was passed over as a whole: earlier runs had read all its units.
    fn partition_skipped(&self) {}

    /// A partition was read as far as it goes, or given up.
    fn partition_done(&self) {}
}

/// Nobody wants to know.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {}
