//! A back-test: judges what a store holds window by window, as it would have been judged then.

use firstsight_engine::{Hour, Time};
use firstsight_store::Store;

use crate::error::InspectionError;
use crate::ingest::Cancel;
use crate::judging::{Judged, judge_window};
use crate::settings::Settings;

/// Which windows a replay walks.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The end of the first window.
    pub first: Hour,
    /// The end of the last window.
    pub last: Hour,
    /// Whether everything that the windows concern was read.
    pub complete: bool,
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
            complete: true,
            judged_at,
            cancel: Cancel::default(),
        }
    }

    /// The ends of the windows, in order.
    pub fn ends(&self, settings: &Settings) -> impl Iterator<Item = Hour> + use<> {
        let step = usize::try_from(settings.window_hours.max(1)).unwrap_or(1);
        (self.first.index()..=self.last.index())
            .step_by(step)
            .map(Hour::from_index)
    }
}

/// Judges every window in order, and shows each to `each` as soon as it is recorded.
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
    for end in replay.ends(settings) {
        if replay.cancel.is_cancelled() {
            return Err(InspectionError::Cancelled.into());
        }
        let judged = judge_window(store, settings, end, replay.complete, replay.judged_at).await?;
        each(judged).await?;
    }
    Ok(())
}
