//! CloudTrail that a workspace has stored already: by Guance's own CloudWatch Logs integration, or by its Lambda forwarder.

use std::sync::Arc;

use async_trait::async_trait;
use firstsight_cloudtrail::{TimeRange, Timestamp};
use firstsight_source::{LogSource, Page, Partition, Position, SourceError, UnitId};

use crate::client::OpenApi;

/// What to read.
#[derive(Clone, Debug)]
pub struct GuanceLogsSettings {
    /// The names of the log sources, as `cloudtrail` or the name of a log group.
    pub sources: Vec<String>,
    /// The index that is asked; the default one when `None`.
    pub index: Option<String>,
    /// Rows a page, 1 to 10,000. Default 1,000.
    pub page_rows: usize,
    /// Hours of stored time a partition. Default 1.
    pub slice_hours: i64,
    /// What is younger than this is read again in each run, in milliseconds. Default 2 h.
    pub overlap: i64,
}

/// Reads CloudTrail from stored logs by DQL.
pub struct GuanceLogs {
    #[allow(dead_code)]
    api: OpenApi,
    #[allow(dead_code)]
    settings: GuanceLogsSettings,
    #[allow(dead_code)]
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl std::fmt::Debug for GuanceLogs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GuanceLogs")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl GuanceLogs {
    /// A source; nothing is asked yet.
    #[must_use]
    pub fn new(
        api: OpenApi,
        settings: GuanceLogsSettings,
        now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> Self {
        Self { api, settings, now }
    }
}

#[async_trait]
impl LogSource for GuanceLogs {
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
        todo!()
    }
}
