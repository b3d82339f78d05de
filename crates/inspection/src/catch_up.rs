//! Every window that is due: the one that was asked for, and what earlier runs have left.

use firstsight_engine::{Hour, Time};
use firstsight_store::Store;

use crate::error::InspectionError;
use crate::ingest::Cancel;
use crate::judging::{Judged, judge_window};
use crate::settings::Settings;

/// What is to be judged.
#[derive(Clone, Debug)]
pub struct Due {
    /// The end of the window that is asked for.
    pub end: Hour,
    /// Whether windows between the last judged one and the asked one are judged too. A window that is skipped becomes
    /// baseline: what was new in it would never be told.
    pub catch_up: bool,
    /// At most so many of those, the newest ones. Default two weeks of hours.
    pub most: usize,
    /// Whether everything that the windows concern was read.
    pub complete: bool,
    /// When they are judged.
    pub judged_at: Time,
    /// Stops between two windows.
    pub cancel: Cancel,
}

impl Due {
    /// The window that ends at an hour, and what was missed before it.
    #[must_use]
    pub fn new(end: Hour, complete: bool, judged_at: Time) -> Self {
        Self {
            end,
            catch_up: true,
            most: 14 * 24,
            complete,
            judged_at,
            cancel: Cancel::default(),
        }
    }
}

/// The windows of a run.
#[derive(Clone, Debug)]
pub struct Windows {
    /// The one that was asked for.
    pub asked: Judged,
    /// Earlier ones, in the order they were judged: first those that late records had reopened
    /// ([`Judged::rejudged`]), then those that no run had judged yet.
    pub earlier: Vec<Judged>,
    /// How many unjudged ones were left out because they are more than [`Due::most`].
    pub left_out: usize,
}

/// Judges windows that late records have reopened, then those since the last run, then the one that was asked for.
///
/// # Errors
/// When the store fails, or when it is cancelled: the windows judged so far are recorded, and the next run goes on.
pub async fn judge_due(
    store: &dyn Store,
    settings: &Settings,
    due: &Due,
) -> Result<Windows, InspectionError> {
    let mut earlier = Vec::new();
    for reopened in store.reopened(&settings.inspection).await? {
        let again = reopened.window.end.hour();
        if again != due.end && settings.window(again) == reopened.window {
            let complete = reopened.complete && due.complete;
            earlier.push(judge_window(store, settings, again, complete, due.judged_at).await?);
        }
    }
    let missed = if due.catch_up {
        missed(store, settings, due.end).await?
    } else {
        Vec::new()
    };
    let left_out = missed.len().saturating_sub(due.most);
    for end in missed.into_iter().skip(left_out) {
        if due.cancel.is_cancelled() {
            return Err(InspectionError::Cancelled);
        }
        earlier.push(judge_window(store, settings, end, due.complete, due.judged_at).await?);
    }
    let asked = judge_window(store, settings, due.end, due.complete, due.judged_at).await?;
    Ok(Windows {
        asked,
        earlier,
        left_out,
    })
}

/// The ends of the windows between the last judged one and the one that ends at `end`, in order.
async fn missed(store: &dyn Store, settings: &Settings, end: Hour) -> Result<Vec<Hour>, InspectionError> {
    let judged = store.judged(&settings.inspection, 1).await?;
    let Some(last) = judged.last().map(|judged| judged.window.end.hour()) else {
        return Ok(Vec::new());
    };
    let step = usize::try_from(settings.window_hours.max(1)).unwrap_or(1);
    // Counted back from the asked window, so that none overlaps it.
    let ends = last.index() + 1..=end.index() - settings.window_hours.max(1);
    let mut ends: Vec<Hour> = ends.rev().step_by(step).map(Hour::from_index).collect();
    ends.reverse();
    Ok(ends)
}
