//! CloudTrail that a workspace has stored already: by Guance's own CloudWatch Logs integration, or by its Lambda forwarder.
//!
//! # Partitions
//!
//! A **lane** is a log source in an index. Its *stored time* is cut into slices that begin at fixed hours of UTC; each is a
//! partition, `guance-logs:INDEX:SOURCE@2026-11-23T06:00Z+1h`. The slices come the oldest first.
//!
//! Stored time is what Guance calls a log's time. It is not the record's `eventTime`, which alone decides over windows: the
//! CloudWatch Logs integration keeps the log event's time, some minutes behind it, the Lambda forwarder the time at which
//! it forwarded, and CloudTrail itself may deliver a day late. So for a window the slices from its start until 24 hours
//! behind its end are read, or until the present and 5 minutes more, should Guance's clock be ahead.
//!
//! # Units, and the two shapes of a log
//!
//! The rows of a page are a unit, a log a line; its id is its partition's and a hash of its rows, so that a page that is
//! read again unchanged is the unit that it was. A log is either the text of a record (or of a CloudWatch Logs envelope,
//! or a record wrapped in a log event), or only the columns that were made of one: then the record is put together again.
//! Tags are cut at 1,024 bytes, so an error message of such a log may be cut there. What is neither is a reject.
//!
//! # Positions, and what is read again
//!
//! A position is durable always. Inside a slice it holds Guance's `search_after`, which is sent for an hour; afterwards,
//! or when Guance does not take it, reading goes on from the last row's time. At the slice's end it holds the present of the
//! run that began it. DQL cannot be asked for what has arrived since, so a slice is read again when it ended less than
//! [`overlap`](GuanceLogsSettings::overlap) before it was read, or after, and once more when its UTC day has ended. What
//! comes twice is known by the records' identities.
//!
//! # How many queries
//!
//! A slice costs one query for each page and one to learn that there are no more, at
//! [`queries_per_minute`](GuanceLogsSettings::queries_per_minute). With slices of an hour the first run over 15 days takes
//! 361 queries and more, 24 minutes; with slices of 6 hours a sixth of it. The length of a slice is part of its name: a run
//! with another length reads everything again, so keep it for as long as the state is kept.

mod pace;
mod pieces;
mod position;
mod queries;
mod read;
mod record;
mod refusal;
#[cfg(test)]
mod tests;
mod unit;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use firstsight_cloudtrail::{TimeRange, Timestamp};
use firstsight_source::slices::{DAY, HOUR, Slice};
use firstsight_source::{LogSource, Page, Partition, Position, SourceError, UnitId};

use self::pace::Pace;
pub use self::queries::Queries;
use self::queries::Spec;
use self::read::{AHEAD, Task};
use self::refusal::Refusals;
use crate::client::OpenApi;

/// What to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuanceLogsSettings {
    /// The names of the log sources, as `cloudtrail` or the name of a log group, or regular expressions, as
    /// `re(aws-cloudtrail-.*)`.
    pub sources: Vec<String>,
    /// The index that is asked; the default one when `None`.
    pub index: Option<String>,
    /// Rows a page, 1 to 10,000. Default 1,000.
    pub page_rows: usize,
    /// Hours of stored time a partition: 1, 2, 3, 4, 6, 8, 12 or 24. Default 1.
    pub slice_hours: i64,
    /// What ended less than this before it was read is read again in each run, in milliseconds. Default 2 h.
    pub overlap: i64,
    /// What is stored longer ago than so many hours is not read, whatever the window. Default 15 days.
    pub horizon_hours: i64,
    /// Queries a minute. Default 15: a key has 20 requests.
    pub queries_per_minute: u32,
}

impl GuanceLogsSettings {
    /// These sources of the default index, with the default lengths.
    #[must_use]
    pub fn new(sources: Vec<String>) -> Self {
        Self {
            sources,
            index: None,
            page_rows: 1_000,
            slice_hours: 1,
            overlap: 2 * HOUR,
            horizon_hours: 15 * 24,
            queries_per_minute: pace::DEFAULT,
        }
    }

    /// Whether a source can be built on them; listing asks this too.
    ///
    /// # Errors
    /// [`SourceError::Invalid`] for a name or number that makes no sense.
    pub fn check(&self) -> Result<(), SourceError> {
        self.specs()?;
        let wrong = [
            (
                self.sources.is_empty(),
                "there is no log source to read: name one",
            ),
            (
                !(1..=10_000).contains(&self.page_rows),
                "a page has 1 to 10,000 rows",
            ),
            (
                !(1..=24).contains(&self.slice_hours) || 24 % self.slice_hours != 0,
                "a slice has 1, 2, 3, 4, 6, 8, 12 or 24 hours",
            ),
            (
                self.overlap < 0 || self.horizon_hours < 1,
                "the horizon has at least 1 hour, the overlap at least 0",
            ),
            (self.queries_per_minute == 0, "there is at least 1 query a minute"),
        ];
        match wrong.iter().find(|(is_wrong, _)| *is_wrong) {
            Some((_, reason)) => Err(invalid("guance-logs", reason)),
            None => Ok(()),
        }
    }

    fn specs(&self) -> Result<Vec<Spec>, SourceError> {
        let names: BTreeSet<&String> = self.sources.iter().collect();
        let index = self.index.as_deref();
        names.into_iter().map(|name| Spec::new(name, index)).collect()
    }

    /// The stored time in which what lies in a window may be.
    fn stored(&self, window: &TimeRange, present: Timestamp) -> TimeRange {
        let start = window.start.max(present.plus_millis(-self.horizon_hours * HOUR));
        let end = window.end.plus_millis(LATE).min(present.plus_millis(AHEAD));
        TimeRange::new(start, end)
    }
}

/// The bytes of an answer that a client for this source has to read
/// ([`HttpSettings::longest_answer`](firstsight_sink::http::HttpSettings)): a row can have its record twice, as a text and as
/// columns, and a page 10,000 rows.
pub const LONGEST_ANSWER: usize = 128 << 20;

/// How late a record may be stored, and is looked for, in milliseconds.
const LATE: i64 = DAY;

/// Reads CloudTrail from stored logs by DQL.
pub struct GuanceLogs {
    queries: Arc<dyn Queries>,
    settings: GuanceLogsSettings,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    pace: Pace,
    state: Mutex<State>,
}

/// Of the run: from one listing to the next.
#[derive(Debug, Default)]
struct State {
    /// Its present: it stands still, so that a run comes to an end.
    present: Option<Timestamp>,
    refusals: Refusals,
}

impl fmt::Debug for GuanceLogs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuanceLogs")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl GuanceLogs {
    /// A source; nothing is asked yet. The client has to read answers of [`LONGEST_ANSWER`].
    #[must_use]
    pub fn new(
        api: OpenApi,
        settings: GuanceLogsSettings,
        now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> Self {
        Self::over(Arc::new(api), settings, now)
    }

    /// A source over something else that answers queries.
    #[must_use]
    pub fn over(
        queries: Arc<dyn Queries>,
        settings: GuanceLogsSettings,
        now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> Self {
        Self {
            queries,
            pace: Pace::new(settings.queries_per_minute),
            settings,
            now,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn present(&self) -> Timestamp {
        *self.state().present.get_or_insert_with(|| (self.now)())
    }

    /// The lane and slice that a partition is of.
    fn parse(&self, partition: &str) -> Option<(Spec, Slice)> {
        let (lane, slice) = partition.rsplit_once('@')?;
        let specs = self.settings.specs().ok()?;
        let spec = specs.into_iter().find(|spec| spec.to_string() == lane)?;
        Some((spec, Slice::parse(slice)?))
    }
}

#[async_trait]
impl LogSource for GuanceLogs {
    fn describe(&self) -> String {
        let index = self.settings.index.as_deref().unwrap_or(queries::DEFAULT_INDEX);
        let name = format!("guance-logs {} (index {index})", self.settings.sources.join(" "));
        name.chars().take(MOST_NAME).collect()
    }

    async fn partitions(&self, window: &TimeRange) -> Result<Vec<Partition>, SourceError> {
        self.settings.check()?;
        let present = (self.now)();
        *self.state() = State {
            present: Some(present),
            refusals: Refusals::default(),
        };
        let specs = self.settings.specs()?;
        let slices = Slice::over(self.settings.stored(window, present), self.settings.slice_hours);
        let ids = slices.flat_map(|slice| specs.iter().map(move |spec| format!("{spec}@{slice}")));
        Ok(ids.map(partition).collect())
    }

    async fn page(&self, partition: &Partition, position: Option<Position>) -> Result<Page, SourceError> {
        let Some((spec, slice)) = self.parse(&partition.id) else {
            let reason = format!("the partition is not one of {}", self.describe());
            return Err(invalid(&partition.id, &reason));
        };
        let lane = spec.to_string();
        if let Some(refused) = self.state().refusals.of(&lane) {
            return Err(refused);
        }
        let task = Task {
            source: self,
            spec: &spec,
            lane: &lane,
            id: &partition.id,
            slice,
            present: self.present(),
        };
        task.page(position).await
    }

    async fn acknowledge(&self, _units: &[UnitId]) -> Result<(), SourceError> {
        Ok(()) // Guance keeps what it holds.
    }
}

/// A name of a source is no longer, in characters.
const MOST_NAME: usize = 300;

fn invalid(name: &str, reason: &str) -> SourceError {
    SourceError::Invalid {
        name: name.to_owned(),
        reason: reason.to_owned(),
    }
}

/// How much a partition gives nobody knows before it is asked.
fn partition(id: String) -> Partition {
    Partition {
        id,
        units: Vec::new(),
        size_hint: 0,
    }
}
