//! The source over log groups.

pub mod pattern;

use std::sync::Arc;

use async_trait::async_trait;
use firstsight_cloudtrail::{TimeRange, Timestamp};
use firstsight_source::{LogSource, Page, Partition, Position, SourceError, UnitId};

use crate::api::LogsApi;
use crate::error::AwsError;
use crate::target::Target;

/// Where logs are read: an account in a region, and its API. [`Access`](crate::access::Access) makes them; tests mock
/// them.
#[derive(Clone, Debug)]
pub struct Place {
    /// Which account and region.
    pub target: Target,
    /// Its CloudWatch Logs.
    pub logs: Arc<dyn LogsApi>,
    /// How many requests a second it takes, for estimates.
    pub rate: f64,
}

/// Which records are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Records {
    /// Those that [`pattern::ERRORS`] matches, and a few others as witnesses.
    Errors,
    /// All: access keys' last activity is then told from every record.
    All,
}

/// How a source over log groups is built.
#[derive(Clone, Debug)]
pub struct CloudWatchOptions {
    /// Names (`aws-cloudtrail-logs`), prefixes (`cloudtrail/*`) and other patterns (`*trail*`), ARNs
    /// (`arn:aws:logs:eu-west-1:111122223333:log-group:name`, `*` allowed in the name).
    pub groups: Vec<String>,
    /// Which records.
    pub records: Records,
    /// The present.
    pub now: Timestamp,
    /// The length of a slice in hours: 1, 2, 3, 4, 6, 8, 12 or 24. Default 1.
    pub slice_hours: i64,
    /// What is older than so many hours before `now` is not read, whatever the window. Default 15 days.
    pub horizon_hours: i64,
    /// How far a later run reads back behind the last one. Default 2 hours.
    pub overlap_hours: i64,
    /// At most so many events a page. Default 2,000: AWS stops at 1 MB before.
    pub page_events: i32,
}

/// CloudTrail in log groups.
#[derive(Debug)]
pub struct CloudWatchSource {
    options: CloudWatchOptions,
    places: Vec<Place>,
}

/// What reading a window may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Log groups.
    pub groups: u64,
    /// Slices that have to be read.
    pub slices: u64,
    /// Bytes that lie in them, where the service tells; AWS looks through all of them, whatever the pattern lets through.
    pub bytes: Option<u64>,
    /// Requests, at least.
    pub requests: u64,
    /// Seconds at the budget, at least.
    pub seconds: u64,
}

impl CloudWatchOptions {
    /// Errors only, with the default lengths.
    #[must_use]
    pub fn new(groups: Vec<String>, now: Timestamp) -> Self {
        Self {
            groups,
            records: Records::Errors,
            now,
            slice_hours: 1,
            horizon_hours: 15 * 24,
            overlap_hours: 2,
            page_events: 2_000,
        }
    }
}

impl CloudWatchSource {
    /// A source over these places. Nothing is asked yet.
    ///
    /// # Errors
    /// [`AwsError::Invalid`] for a name or number that makes no sense.
    pub fn new(places: Vec<Place>, options: CloudWatchOptions) -> Result<Self, AwsError> {
        Ok(Self { options, places })
    }

    /// What reading this window would cost, if nothing of it was read before.
    ///
    /// # Errors
    /// When the groups cannot be listed.
    pub async fn estimate(&self, window: &TimeRange) -> Result<Estimate, SourceError> {
        let _ = (&self.options, &self.places, window);
        todo!()
    }

    /// What was left out and why, in words: streams that may not be listed, groups of another class.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

#[async_trait]
impl LogSource for CloudWatchSource {
    fn describe(&self) -> String {
        todo!()
    }

    async fn partitions(&self, window: &TimeRange) -> Result<Vec<Partition>, SourceError> {
        let _ = window;
        todo!()
    }

    async fn page(&self, partition: &Partition, position: Option<Position>) -> Result<Page, SourceError> {
        let _ = (partition, position);
        todo!()
    }

    async fn acknowledge(&self, units: &[UnitId]) -> Result<(), SourceError> {
        let _ = units;
        Ok(()) // Log groups keep what they hold.
    }
}
