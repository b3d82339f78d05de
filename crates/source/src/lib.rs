//! Where CloudTrail comes from.
//!
//! A [`LogSource`] is a place that holds CloudTrail: files, objects in a bucket, a log group, a queue. Whoever reads one
//! asks what there is for a window of time, reads it page by page, hands the bytes to a
//! [`Scanner`](firstsight_cloudtrail::Scanner), and acknowledges what it has stored. A source knows nothing of records;
//! it moves bytes, and says exactly where it stands.
//!
//! # Units, partitions, positions
//!
//! A **unit** is what is read whole or not at all, and has an id that names it for ever: a file with its size and time of
//! writing, an object with its eTag. Ids make a second delivery harmless: what is finished is known by its id.
//!
//! A **partition** is a stream of units that can be read beside other partitions. A folder of files has one for each
//! file; a log group is one.
//!
//! A **position** is a place in a partition, and belongs to the source that gave it. Between units it is *durable*: it
//! may be stored, and another process goes on from there. Inside a unit it is good for this process only, for the
//! decompressor and the parser stand in the middle too; after a crash the unit is read again from its start.
//!
//! Reading is pulled, one page a call. So a slow reader slows the source down without any queue between them, a source
//! is a few functions without a loop, and where it stands is data.
//!
//! # Reading
//!
//! [`LogSourceExt`] is for callers. Its [`reader`](LogSourceExt::reader) keeps the position over errors:
//!
//! ```
//! use firstsight_cloudtrail::TimeRange;
//! use firstsight_source::{LogSource, LogSourceExt, SourceError, memory::MemorySource};
//!
//! async fn count_bytes(source: &dyn LogSource) -> Result<u64, SourceError> {
//!     let mut bytes = 0;
//!     for partition in source.partitions(&TimeRange::ALL).await? {
//!         let mut reader = source.reader(&partition, None);
//!         while let Some(payloads) = reader.next_payloads().await? {
//!             bytes += payloads.iter().map(|payload| payload.chunk.len() as u64).sum::<u64>();
//!             let done: Vec<_> = payloads.into_iter().filter(|payload| payload.last).map(|payload| payload.unit).collect();
//!             source.acknowledge(&done).await?;
//!         }
//!     }
//!     Ok(bytes)
//! }
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let source = MemorySource::new([("a.json", r#"{"Records":[]}"#), ("b.json", "{}")]);
//! assert_eq!(count_bytes(&source).await.unwrap(), 16);
//! # });
//! ```
//!
//! # Writing a source
//!
//! A source is a name and three functions. This one reads an archive that keeps a text for each day; a day is a unit,
//! and a position is the number of the next day.
//!
//! ```
//! use async_trait::async_trait;
//! use firstsight_cloudtrail::{Encoding, TimeRange};
//! use firstsight_source::{
//!     LogSource, LogSourceExt, Next, Origin, Page, Partition, Payload, Position, SourceError, UnitId,
//! };
//!
//! #[derive(Debug)]
//! struct Archive {
//!     days: Vec<&'static str>,
//! }
//!
//! #[async_trait]
//! impl LogSource for Archive {
//!     fn describe(&self) -> String {
//!         "archive".into()
//!     }
//!
//!     async fn partitions(&self, _window: &TimeRange) -> Result<Vec<Partition>, SourceError> {
//!         // One stream, whatever the window: more than asked for is allowed.
//!         Ok(vec![Partition { id: "days".into(), units: Vec::new(), size_hint: 0 }])
//!     }
//!
//!     async fn page(&self, _partition: &Partition, position: Option<Position>) -> Result<Page, SourceError> {
//!         let day = match position.as_ref().map(|position| position.token.as_slice()) {
//!             None => 0,
//!             Some([day]) if usize::from(*day) <= self.days.len() => *day,
//!             Some(_) => return Err(SourceError::Invalid { name: "archive".into(), reason: "not a day".into() }),
//!         };
//!         let Some(text) = self.days.get(usize::from(day)) else {
//!             return Ok(Page { payloads: Vec::new(), next: Next::End });
//!         };
//!         let name = format!("day {day}");
//!         let payload = Payload {
//!             unit: UnitId(name.clone()),
//!             offset: 0,
//!             chunk: text.as_bytes().into(),
//!             last: true,
//!             encoding: Encoding::Plain,
//!             origin: Origin { name, ..Origin::default() },
//!         };
//!         // The next page starts with a new unit, so another process may go on here.
//!         let next = Next::More(Position { token: vec![day + 1], durable: true });
//!         Ok(Page { payloads: vec![payload], next })
//!     }
//!
//!     async fn acknowledge(&self, _units: &[UnitId]) -> Result<(), SourceError> {
//!         Ok(()) // Nothing to delete.
//!     }
//! }
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let archive = Archive { days: vec!["{}", "[]"] };
//! let units = archive.read_units(&TimeRange::ALL).await.unwrap();
//! assert_eq!(units[1].bytes, b"[]");
//! # });
//! ```
//!
//! A source of one's own is done when it passes the suite in `conformance`: one call in a test checks each promise of
//! the [contract](LogSource#contract).
//!
//! # What is here
//!
//! | where | what | feature |
//! |---|---|---|
//! | [`LogSource`], [`LogSourceExt`], [`SourceError`] | the contract, help for callers, what can go wrong | |
//! | [`memory`] | units held in memory | |
//! | [`layout`] | the names and folders of a CloudTrail trail | |
//! | `slices` | for sources over stored logs: slices of log time, when one is read again | `slices` |
//! | `files` | files, folders, patterns, standard input | `files` (default) |
//! | `MockLogSource` | a mock, by mockall, for tests of callers | `mock` |
//! | `conformance` | the suite that every source has to pass | `conformance` |
//!
//! No source here reads a clock or the environment.

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
#[cfg(feature = "slices")]
pub mod slices;

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

/// The examples of the README are compiled and run with those of the documentation.
#[cfg(all(doctest, feature = "files"))]
#[doc = include_str!("../README.md")]
struct Readme;
