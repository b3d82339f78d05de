//! The source over a log service in memory, and over mocks.

pub(crate) mod fake;
mod groups;
mod reading;
mod resuming;
mod witnesses;

use std::collections::BTreeMap;
use std::sync::Arc;

use firstsight_cloudtrail::{TimeRange, Timestamp};
use firstsight_source::{LogSource, Next, Payload, Position, SourceError};

use self::fake::{FakeLogs, place};
use super::{CloudWatchOptions, CloudWatchSource, Records};

pub(crate) const GROUP: &str = "trail";

pub(crate) fn at(text: &str) -> Timestamp {
    format!("2026-11-{text}Z").parse().unwrap()
}

/// All records of the group, in slices of an hour, up to `now`; a day of it.
pub(crate) fn options(now: Timestamp) -> CloudWatchOptions {
    CloudWatchOptions {
        records: Records::All,
        horizon_hours: 24,
        page_events: 2,
        ..CloudWatchOptions::new(vec![GROUP.to_owned()], now)
    }
}

pub(crate) fn source(fake: &Arc<FakeLogs>, options: CloudWatchOptions) -> CloudWatchSource {
    CloudWatchSource::new(vec![place(fake, "111122223333", "eu-west-1")], options).unwrap()
}

/// A reader that keeps positions as a store does.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) positions: BTreeMap<String, Position>,
    pub(crate) payloads: Vec<Payload>,
    pub(crate) errors: Vec<SourceError>,
}

impl Reader {
    /// Reads everything that there is for now; what was given this time.
    pub(crate) async fn run(&mut self, source: &CloudWatchSource) -> Vec<Payload> {
        let before = self.payloads.len();
        for partition in source.partitions(&TimeRange::ALL).await.unwrap() {
            while self.step(source, &partition.id).await {}
        }
        self.payloads[before..].to_vec()
    }

    /// One page; whether there is more.
    pub(crate) async fn step(&mut self, source: &CloudWatchSource, id: &str) -> bool {
        let partition = firstsight_source::Partition {
            id: id.to_owned(),
            units: Vec::new(),
            size_hint: 0,
        };
        let page = match source.page(&partition, self.positions.get(id).cloned()).await {
            Ok(page) => page,
            Err(error) => {
                self.errors.push(error);
                return false;
            }
        };
        self.payloads.extend(page.payloads);
        let (more, position) = match page.next {
            Next::More(position) => (true, position),
            Next::Later(position) => (false, position),
            Next::End => panic!("{id} ends"),
        };
        assert!(position.durable);
        self.positions.insert(id.to_owned(), position);
        more
    }

    /// The messages, in the order in which they came.
    pub(crate) fn messages(&self) -> Vec<String> {
        lines(&self.payloads)
    }
}

pub(crate) fn lines(payloads: &[Payload]) -> Vec<String> {
    let text = |payload: &Payload| String::from_utf8(payload.chunk.to_vec()).unwrap();
    payloads
        .iter()
        .flat_map(|payload| text(payload).lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}
