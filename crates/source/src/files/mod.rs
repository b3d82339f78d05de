//! Files, folders, patterns and standard input.

mod listing;
mod name;
mod pattern;
mod read;
mod stream;
mod walk;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use firstsight_cloudtrail::{Encoding, TimeRange, Timestamp};

pub use self::listing::{ListedFile, Listing, PassedOver, Unreadable};
use self::name::encode;
use self::read::position_at;
use self::stream::Streams;
use self::walk::{Walk, read_folder};
use crate::layout::DeliveryWindow;
use crate::{LogSource, Next, Origin, Page, Partition, Payload, Position, SourceError, UnitId};

/// The argument that means standard input.
const STDIN: &str = "-";

/// CloudTrail in files, as SOURCE arguments name them.
///
/// An argument is, in this order:
///
/// * `-`, standard input, when the program hands it over ([`FileSourceBuilder::stdin`]). It is one unit, read once and
///   in order; so is a named pipe.
/// * A path that is there. A **file** is read whatever its name. A **folder** is walked, all the way down, through
///   symbolic links, each folder once. Taken is what looks like CloudTrail by name: `.json`, `.jsonl`, `.ndjson`,
///   `.log`, whatever is packed (`.gz`, `.zst`), and names without an extension, as S3 objects have them (but not
///   `LICENSE` and other names of capitals alone).
/// * A **pattern**, read here and not by a shell: `*`, `?`, `[a-z]` and `{json,gz}` within a name, `**` over any number
///   of folders (`logs/**/*.json.gz`). A matching file is read whatever its ending, a matching folder is walked.
///
/// Hidden files, digests, Insights events, and other services' folders beside CloudTrail's are passed over. Everything
/// that is passed over is counted, by reason: [`listing`](Self::listing).
///
/// # Time windows
///
/// Where a file's name tells when it was delivered ([`crate::layout`]), a window opens only files delivered from its
/// start until two hours after its end ([`FileSourceBuilder::lateness`]), and the dated folders of a trail that lie
/// outside are not even listed. In other folders, files that do not tell are always taken. Records that were delivered
/// later than the lateness are not seen with their window, only with a larger one.
///
/// # Partitions, units, positions
///
/// A file is a partition, and a unit: its id is its path with links resolved, its size, and its time of writing. A file
/// named twice, directly or by links, comes once. A position is a byte offset inside the file, so none is durable: what
/// is finished is remembered by unit. A file that is written to while it is read gives [`SourceError::Changed`].
///
/// What cannot be listed does not hide the rest: it comes as a partition whose page gives the error.
///
/// Listing and reading run on tokio's threads for blocking work, so a tokio runtime has to be there.
///
/// ```no_run
/// # async fn example() -> Result<(), firstsight_source::SourceError> {
/// use firstsight_cloudtrail::TimeRange;
/// use firstsight_source::files::FileSource;
///
/// let source = FileSource::new(["logs/", "more/**/*.json.gz"]);
/// let listing = source.listing(&TimeRange::ALL).await?;
/// println!("{} files, {} bytes", listing.files.len(), listing.bytes());
/// for (reason, count) in &listing.passed_over {
///     println!("passed over: {count} {reason}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FileSource {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sources: Vec<OsString>,
    run_id: Option<String>,
    lateness: Duration,
    size: PageSize,
    streams: Streams,
}

/// How much one call of `page` reads, in bytes, both at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PageSize {
    page: usize,
    chunk: usize,
}

/// Says how a [`FileSource`] is to read.
#[derive(Debug)]
#[must_use]
pub struct FileSourceBuilder {
    inner: Inner,
}

impl FileSourceBuilder {
    /// Adds a SOURCE argument.
    pub fn source(mut self, source: impl Into<OsString>) -> Self {
        self.inner.sources.push(source.into());
        self
    }

    /// Adds SOURCE arguments.
    pub fn sources<S: Into<OsString>>(mut self, sources: impl IntoIterator<Item = S>) -> Self {
        self.inner.sources.extend(sources.into_iter().map(Into::into));
        self
    }

    /// What `-` reads. Without it, `-` is an error. Needs a [`run_id`](Self::run_id) too.
    pub fn stdin(self, reader: impl Read + Send + 'static) -> Self {
        self.inner.streams.add(STDIN, reader);
        self
    }

    /// Names this run, differently from every other (a start time, a random number): part of the unit ids of streams.
    ///
    /// Nothing tells one stream from the next, and a store passes over units that it has finished: with a fixed name,
    /// the second run's standard input would be taken for the first one's.
    pub fn run_id(mut self, run_id: impl Into<String>) -> Self {
        self.inner.run_id = Some(run_id.into());
        self
    }

    /// How long after a record's time its file may have been delivered; [`DeliveryWindow::LATENESS`] by default. More
    /// opens more files.
    pub fn lateness(mut self, lateness: Duration) -> Self {
        self.inner.lateness = lateness;
        self
    }

    /// How many bytes a page has at most; 1 MiB by default.
    pub fn page_bytes(mut self, bytes: usize) -> Self {
        self.inner.size.page = bytes.max(1);
        self
    }

    /// How many bytes a chunk has at most; 256 KiB by default.
    pub fn chunk_bytes(mut self, bytes: usize) -> Self {
        self.inner.size.chunk = bytes.max(1);
        self
    }

    /// The source. Nothing is opened before it is asked.
    #[must_use]
    pub fn build(self) -> FileSource {
        FileSource {
            inner: Arc::new(self.inner),
        }
    }
}

impl FileSource {
    /// A source over these arguments, with default settings and without standard input.
    #[must_use]
    pub fn new<S: Into<OsString>>(sources: impl IntoIterator<Item = S>) -> Self {
        Self::builder().sources(sources).build()
    }

    /// Default settings and no arguments yet.
    pub fn builder() -> FileSourceBuilder {
        FileSourceBuilder {
            inner: Inner {
                sources: Vec::new(),
                run_id: None,
                lateness: DeliveryWindow::LATENESS,
                size: PageSize {
                    page: 1 << 20,
                    chunk: 256 << 10,
                },
                streams: Streams::default(),
            },
        }
    }

    /// What there is to read for a window, what was passed over, and what could not be listed.
    ///
    /// # Errors
    /// When an argument names nothing, makes no sense, or names a folder that cannot be read.
    pub async fn listing(&self, window: &TimeRange) -> Result<Listing, SourceError> {
        let window = DeliveryWindow::new(window, self.inner.lateness);
        self.blocking(move |inner| inner.list(window)).await
    }

    /// A moment that no record is behind: the end of the latest delivery's minute, when every file's name tells when it
    /// was delivered; else `None`. Lists everything, reads nothing.
    ///
    /// # Errors
    /// Those of [`listing`](Self::listing).
    pub async fn newest(&self) -> Result<Option<Timestamp>, SourceError> {
        Ok(self.listing(&TimeRange::ALL).await?.newest())
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, SourceError> {
        let inner = Arc::clone(&self.inner);
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(error) => Err(SourceError::Unavailable {
                name: self.describe(),
                retry_after: None,
                retryable: false,
                attempts: 0,
                source: error.into(),
            }),
        }
    }
}

impl Inner {
    fn list(&self, window: DeliveryWindow) -> Result<Listing, SourceError> {
        let mut walk = Walk::new(window, self.run_id.as_deref(), &read_folder);
        for source in &self.sources {
            if source == STDIN && self.streams.get(STDIN).is_none() {
                return Err(SourceError::Invalid {
                    name: STDIN.into(),
                    reason: "standard input was not handed to this source (FileSourceBuilder::stdin)".into(),
                });
            }
            walk.source(source)?;
        }
        Ok(walk.finish())
    }
}

#[async_trait]
impl LogSource for FileSource {
    fn describe(&self) -> String {
        const SHOWN: usize = 3;
        let mut text = String::from("files");
        for (index, source) in self.inner.sources.iter().take(SHOWN).enumerate() {
            let separator = if index == 0 { " " } else { ", " };
            let name = if source == STDIN {
                "stdin".into()
            } else {
                encode(Path::new(source))
            };
            text.extend([separator, &*name]);
        }
        let more = self.inner.sources.len().saturating_sub(SHOWN);
        if more > 0 {
            // Writing to a String does not fail.
            let _ = write!(text, " and {more} more");
        }
        text
    }

    async fn partitions(&self, window: &TimeRange) -> Result<Vec<Partition>, SourceError> {
        Ok(self.listing(window).await?.partitions())
    }

    async fn page(&self, partition: &Partition, position: Option<Position>) -> Result<Page, SourceError> {
        let partition = partition.clone();
        self.blocking(move |inner| {
            read::page(
                &partition,
                position.as_ref(),
                &inner.streams,
                inner.run_id.as_deref(),
                inner.size,
            )
        })
        .await
    }

    async fn acknowledge(&self, _units: &[UnitId]) -> Result<(), SourceError> {
        Ok(())
    }
}

/// The unit of a stream in a run.
fn stream_unit(id: &str, run_id: &str) -> UnitId {
    UnitId(format!("{id} run={run_id}"))
}

/// A page of one unit, cut in chunks that share its bytes.
fn page_of(unit: &UnitId, origin: &Origin, offset: u64, bytes: &Bytes, last: bool, size: PageSize) -> Page {
    let after = offset + bytes.len() as u64;
    let payload = |start: usize, end: usize| Payload {
        unit: unit.clone(),
        offset: offset + start as u64,
        chunk: bytes.slice(start..end),
        last: last && end == bytes.len(),
        encoding: Encoding::Auto,
        origin: origin.clone(),
    };
    // An empty page is one empty chunk: the end of a unit has to be told.
    let starts = (0..bytes.len().max(1)).step_by(size.chunk);
    let payloads = starts
        .map(|start| payload(start, bytes.len().min(start.saturating_add(size.chunk))))
        .collect();
    let next = if last {
        Next::End
    } else {
        Next::More(position_at(after))
    };
    Page { payloads, next }
}
