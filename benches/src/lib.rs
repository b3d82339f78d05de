//! What the benchmarks share: the same seeded CloudTrail for all of them. The benchmarks are in `benches/`; run them with
//! `cargo bench -p firstsight-benches`.

mod clusters;
mod events;

pub use clusters::{Clusters, INSPECTION};
pub use events::error_events;

use firstsight_cloudtrail::{ErrorEvent, Reject, ScanOptions, Scanner, Timestamp, Visitor};
use firstsight_engine::{Summary, SummaryOptions};
use firstsight_sample::{Sample, SampleConfig};

/// When the sample ends.
#[must_use]
pub fn end() -> Timestamp {
    Timestamp::from_secs(1_780_272_000)
}

/// So many days of one account of seeded CloudTrail, as the bodies of its files.
///
/// # Panics
/// When `days` is no length of a sample.
#[must_use]
pub fn bodies(days: u32) -> Vec<Vec<u8>> {
    let mut config = SampleConfig::new(1, end().hour());
    config.days = days;
    config.accounts = 1;
    let sample = Sample::new(config).expect("the settings are in their range");
    sample.files().map(|file| file.body).collect()
}

/// Feeds each body to its own scanner.
pub fn scan<V: Visitor>(bodies: &[Vec<u8>], visitor: &mut V) {
    for body in bodies {
        let mut scanner = Scanner::new(ScanOptions::new(end()));
        scanner.feed(body, visitor);
        scanner.finish(visitor);
    }
}

/// Collects a summary.
#[derive(Debug)]
pub struct Collect(pub Summary);

impl Default for Collect {
    fn default() -> Self {
        Self(Summary::new(SummaryOptions::default()))
    }
}

impl Visitor for Collect {
    fn error_event(&mut self, event: &ErrorEvent<'_>) {
        self.0.observe(event);
    }

    fn reject(&mut self, _: &Reject) {}
}

/// Counts error events and does nothing with them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count(pub u64);

impl Visitor for Count {
    fn error_event(&mut self, _: &ErrorEvent<'_>) {
        self.0 += 1;
    }

    fn reject(&mut self, _: &Reject) {}
}

/// Keeps the records of error events, to be scanned alone.
#[derive(Clone, Debug, Default)]
pub struct Errors(pub Vec<Vec<u8>>);

impl Visitor for Errors {
    fn error_event(&mut self, event: &ErrorEvent<'_>) {
        self.0.push(event.raw.as_bytes().to_vec());
    }

    fn reject(&mut self, _: &Reject) {}
}
