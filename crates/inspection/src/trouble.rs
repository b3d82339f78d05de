//! Trouble of an inspection itself: a source that is silent or cannot be read, a run that keeps failing. It is told as a fault is:
//! an event when it begins, when it goes on (once a day), and when it is over, through the same outbox and policies.

use std::sync::Arc;

use firstsight_engine::Time;
use firstsight_sink::{Event, Trouble};
use firstsight_store::Store;

use crate::error::InspectionError;
use crate::run::RunRecord;
use crate::settings::Settings;

/// When trouble is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// So many failed runs in a row are told. Default 3.
    pub failures: u32,
    /// A source whose newest record is older, when a run has read it whole, is silent; `None` never. Default 3 hours.
    pub silent_after_hours: Option<i64>,
    /// So many runs in a row that could not read everything are told. Default 3.
    pub incomplete: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            failures: 3,
            silent_after_hours: Some(3),
            incomplete: 3,
        }
    }
}

/// What is wrong with an inspection, as its last runs (the latest first) tell: each kind at most once, by kind. A pure function.
#[must_use]
pub fn troubles(runs: &[RunRecord], patience: &Patience, now: Time) -> Vec<Trouble> {
    let _ = (runs, patience, now);
    todo!()
}

/// Moves the faults of an inspection's own troubles: records what begins, goes on and is over as events. `now` is the events'
/// time, as a whole minute. The events that were recorded.
///
/// # Errors
/// When the store fails; nothing was recorded then.
pub async fn tell_troubles(
    store: &Arc<dyn Store>,
    settings: &Settings,
    troubles: &[Trouble],
    now: Time,
) -> Result<Vec<Event>, InspectionError> {
    let _ = (store, settings, troubles, now);
    todo!()
}
