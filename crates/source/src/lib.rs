//! Where CloudTrail comes from: the [`LogSource`] trait.

#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod ext;
#[cfg(feature = "files")]
pub mod files;
mod forward;
pub mod layout;
pub mod memory;
mod page;

use std::fmt;

use async_trait::async_trait;
pub use error::SourceError;
pub use ext::{LogSourceExt, PartitionReader, WholeUnit};
use firstsight_cloudtrail::TimeRange;
pub use page::{Next, Origin, Page, Partition, Payload, Position, UnitId};

/// Where CloudTrail comes from.
///
/// # Contract
///
/// * A **unit** (file, object, page of log events) is what is read whole or not at all. Its chunks come in order, from
///   offset 0, the last one marked; they feed one scanner. A unit belongs to one partition, and comes once a pass.
/// * [`partitions`](Self::partitions) lists what can be read side by side, the same each time while nothing changes at
///   the far side. The most work comes first, so that the last reader does not work alone.
/// * [`page`](Self::page) gives the next payloads after a position, `None` meaning the start. The same position gives
///   the same payloads while nothing changes at the far side; a page may be empty with [`Next::More`].
/// * A position that follows a unit's last chunk ([`Position::durable`]) may be stored and used by another process. One
///   in the middle of a unit is good for this process only: after a crash the unit is read again from its start.
/// * An error leaves the source as it was: the same call may be made again.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait LogSource: fmt::Debug + Send + Sync {
    /// A short name for people and reports, for example `files logs/`. The same after a restart.
    fn describe(&self) -> String;

    /// The independent streams that hold what lies in the window (more is allowed, less is not).
    ///
    /// What cannot be listed, when other things can, comes as a partition whose page gives the error: it hides nothing,
    /// and nobody takes the window for complete.
    ///
    /// # Errors
    /// When the far side cannot be listed; nothing has been read.
    async fn partitions(&self, window: &TimeRange) -> Result<Vec<Partition>, SourceError>;

    /// The next payloads of a partition, from the start or after `position`. May lease (queues); leases stay in the
    /// source and lapse.
    ///
    /// # Errors
    /// When the far side cannot be read; the position stays good.
    async fn page(&self, partition: &Partition, position: Option<Position>) -> Result<Page, SourceError>;

    /// These units are durable downstream: a queue deletes their messages, files need nothing.
    ///
    /// # Errors
    /// When the far side does not take it; the units may come again, and will be recognised downstream.
    async fn acknowledge(&self, units: &[UnitId]) -> Result<(), SourceError>;
}
