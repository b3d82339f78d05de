//! Files, folders and globs.

use std::path::PathBuf;
use std::sync::Arc;

use firstsight_cloudtrail::TimeRange;
use firstsight_engine::Time;
use firstsight_inspection::{Ingest, chain};
use firstsight_source::LogSource as _;
use firstsight_source::files::{FileSource, ListedFile, Listing};

use super::Opened;

/// The name that file units are remembered under.
const SOURCE: &str = "files";

/// Clocks differ by no more.
const AHEAD_MILLIS: i64 = 15 * 60 * 1000;

pub(super) async fn open(paths: &[PathBuf], workers: usize, now: Time) -> Result<Opened, String> {
    let source = FileSource::new(paths);
    let listing = source.listing(&TimeRange::ALL).await;
    let listing = listing.map_err(|error| chain(&error))?;
    let (timely, passed_over) = timely(listing, now);
    let newest = timely.newest();
    Ok(Opened {
        source: Arc::new(source),
        ingest: Ingest {
            workers,
            ..Ingest::new(SOURCE, now)
        },
        newest: newest.map(|time| time.plus_millis(3_599_999).hour()),
        is_service: false,
        notes: Box::new(move || passed_over.clone()),
    })
}

/// Without what comes from the future by its name, which must not move a window; and what is passed over, in words.
fn timely(mut listing: Listing, now: Time) -> (Listing, Vec<String>) {
    let latest = now.plus_millis(AHEAD_MILLIS);
    let listed = listing.files.len();
    let is_timely = |file: &ListedFile| file.delivered().is_none_or(|time| time <= latest);
    listing.files.retain(is_timely);
    let passed_over = listing.passed_over.iter();
    let mut said: Vec<String> = passed_over
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    match listed - listing.files.len() {
        0 => {}
        ahead => said.push(format!("{ahead} from the future by name")),
    }
    let said = (!said.is_empty()).then(|| format!("passed over: {}", said.join(", ")));
    (listing, said.into_iter().collect())
}

pub(super) fn described(paths: &[PathBuf]) -> String {
    FileSource::new(paths).describe()
}
