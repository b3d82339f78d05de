//! A back-test: judges what a store holds window by window, as it would have been judged then.

use std::collections::BTreeSet;

use firstsight_engine::{Hour, Range, Time};
use firstsight_store::Store;

use crate::catch_up::is_whole;
use crate::error::InspectionError;
use crate::fault::tells_trouble;
use crate::ingest::{Cancel, Ingested};
use crate::judging::{Judged, judge_window};
use crate::settings::Settings;

/// Which windows a replay walks.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The end of the first window.
    pub first: Hour,
    /// The end of the last window.
    pub last: Hour,
    /// What was read for them.
    pub read: Ingested,
    /// When they are judged.
    pub judged_at: Time,
    /// Stops between two windows.
    pub cancel: Cancel,
}

impl Replay {
    /// The windows between an account's first full history and the last record: from `min_history` behind the first
    /// record's hour (but at least one window behind it) to the hour after the last.
    #[must_use]
    pub fn over(first_record: Time, last_record: Time, settings: &Settings, judged_at: Time) -> Self {
        let begin = first_record.hour();
        let first = begin.plus(settings.min_history_hours.max(0) + settings.window_hours);
        let last = last_record.hour().plus(1);
        Self {
            first: first.min(last),
            last,
            read: Ingested::default(),
            judged_at,
            cancel: Cancel::default(),
        }
    }

    /// The ends of the windows, in order: counted back from the last one, until nothing behind `first` is left out.
    pub fn ends(&self, settings: &Settings) -> Vec<Hour> {
        let step = settings.window_hours.max(1);
        let back = std::iter::successors(Some(self.last), |end| Some(end.plus(-step)));
        let mut ends: Vec<Hour> = back.take_while(|end| *end > self.first.plus(-step)).collect();
        ends.reverse();
        ends
    }
}

/// Judges every window in order that has records or an open fault, and shows each to `each` as soon as it is recorded.
///
/// # Errors
/// When the store or `each` fails, or when it is cancelled; the windows judged so far are recorded.
pub async fn replay<E>(
    store: &dyn Store,
    settings: &Settings,
    replay: &Replay,
    mut each: impl AsyncFnMut(Judged) -> Result<(), E>,
) -> Result<(), E>
where
    E: From<InspectionError>,
{
    let traffic = traffic(store).await?;
    for end in replay.ends(settings) {
        if replay.cancel.is_cancelled() {
            return Err(InspectionError::Cancelled.into());
        }
        if is_silent(store, settings, &traffic, end).await? {
            continue;
        }
        let newest = traffic.last().copied();
        let complete = is_whole(settings.window(end), &replay.read, newest, replay.judged_at);
        let judged = judge_window(store, settings, end, complete, replay.judged_at).await?;
        each(judged).await?;
    }
    Ok(())
}

/// The hours with records of any kind.
async fn traffic(store: &dyn Store) -> Result<BTreeSet<Hour>, InspectionError> {
    let overview = store.overview(&Range::ALL).await?;
    let hours = overview.traffic.iter().flat_map(|(_, hours)| hours);
    Ok(hours.map(|count| count.hour).collect())
}

/// Whether judging a window can tell nothing: it has no records, and no fault waits for its end.
async fn is_silent(
    store: &dyn Store,
    settings: &Settings,
    traffic: &BTreeSet<Hour>,
    end: Hour,
) -> Result<bool, InspectionError> {
    let window = settings.window(end);
    if traffic.range(window.start.hour()..end).next().is_some() {
        return Ok(false);
    }
    let open = store.faults(&settings.inspection, 0).await?;
    Ok(open.iter().all(tells_trouble))
}
