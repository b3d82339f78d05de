//! The newest events of a log group, by few requests.

use firstsight_cloudtrail::Timestamp;

use crate::api::{FilterPage, FilterRequest, GroupName, LogEvent, LogsApi};
use crate::cloudwatch::pattern;
use crate::error::AwsError;

/// How far back is looked, in hours: further where there is nothing.
const REACHES: [i64; 3] = [1, 24, LONGEST];
/// The longest look back: a baseline.
pub(super) const LONGEST: i64 = 14 * 24;
/// Pages of one look at most: they may be empty, and servers that do not know `startFromHead` give the newest last.
const PAGES: usize = 3;
/// AWS stops at 1 MB before; servers that do not know `startFromHead` give more of what is newest.
const EVENTS: i32 = 10_000;

const HOUR_MILLIS: i64 = 3_600_000;

/// The newest events, in the order in which they came.
#[derive(Debug)]
pub(super) struct Newest {
    /// The events; none where the longest look back found none.
    pub(super) events: Vec<LogEvent>,
    /// How far back was looked, in hours.
    pub(super) hours: i64,
    /// Whether there is more in that time than was read.
    pub(super) more: bool,
}

impl Newest {
    /// Looks back, further where there is nothing: 9 requests at most.
    pub(super) async fn read(
        logs: &dyn LogsApi,
        group: &GroupName,
        now: Timestamp,
    ) -> Result<Self, AwsError> {
        let mut read = Self {
            events: Vec::new(),
            hours: 0,
            more: false,
        };
        for hours in REACHES {
            read = Self::look(logs, group, now, hours).await?;
            if !read.events.is_empty() {
                break;
            }
        }
        Ok(read)
    }

    async fn look(
        logs: &dyn LogsApi,
        group: &GroupName,
        now: Timestamp,
        hours: i64,
    ) -> Result<Self, AwsError> {
        let mut read = Self {
            events: Vec::new(),
            hours,
            more: false,
        };
        let mut request = request(group, now, hours);
        for _ in 0..PAGES {
            let FilterPage { events, token } = logs.filter_log_events(&request).await?;
            read.events.extend(events);
            read.more = token.is_some();
            request.token = token;
            if !read.more || read.has_newest() {
                break;
            }
        }
        Ok(read)
    }

    /// Whether what came first is the newest.
    fn has_newest(&self) -> bool {
        match (self.events.first(), self.events.last()) {
            (Some(first), Some(last)) => first.time > last.time,
            _ => false,
        }
    }

    /// The newest log time.
    pub(super) fn time(&self) -> Option<Timestamp> {
        self.events.iter().map(|event| event.time).max()
    }
}

/// Whether the pattern for error events is accepted: one event at most, of the last so many hours.
pub(super) async fn try_pattern(
    logs: &dyn LogsApi,
    group: &GroupName,
    now: Timestamp,
    hours: i64,
) -> Result<(), AwsError> {
    let request = FilterRequest {
        pattern: Some(pattern::ERRORS),
        limit: 1,
        ..request(group, now, hours)
    };
    logs.filter_log_events(&request).await.map(drop)
}

fn request(group: &GroupName, now: Timestamp, hours: i64) -> FilterRequest {
    FilterRequest {
        group: group.clone(),
        streams: Vec::new(),
        start: now.plus_millis(-hours * HOUR_MILLIS),
        end_inclusive: now,
        pattern: None,
        limit: EVENTS,
        newest_first: true,
        token: None,
    }
}
