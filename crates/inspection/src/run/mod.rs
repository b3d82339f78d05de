//! One run of an inspection, from listing the source to forgetting what is too old.
//!
//! [`run`](run()) reads, judges every window that is due, and purges; it sends nothing (see [`deliver`](crate::deliver())). What a run
//! came to is kept as a [`RunRecord`], from which "why was there no finding?" is answered.

mod record;

use std::sync::Arc;

use firstsight_engine::{Hour, Time};
use firstsight_source::LogSource;
use firstsight_store::{Purged, Store};
pub use record::{Outcome, RunCounts, RunRecord, Trigger, WindowCounts};

use crate::catch_up::Windows;
use crate::error::InspectionError;
use crate::ingest::{Ingest, Ingested};
use crate::progress::Progress;
use crate::settings::Settings;

/// How windows that no run has judged are caught up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatchUp {
    /// At most so many windows a run, the newest of them; those before are passed over, and that is said. Default: a week of
    /// hours.
    pub windows: u32,
    /// Whether the asked window is judged, and so told, before earlier ones. They then are found late.
    pub newest_first: bool,
}

impl Default for CatchUp {
    fn default() -> Self {
        Self {
            windows: 7 * 24,
            newest_first: false,
        }
    }
}

/// What is to be run.
#[derive(Clone, Debug)]
pub struct RunPlan<'a> {
    /// What the inspection is set to.
    pub settings: &'a Settings,
    /// Where it reads.
    pub source: &'a Arc<dyn LogSource>,
    /// How it reads: name, workers, limits, redaction, cancel. Its range is worked out by the run.
    pub ingest: Ingest,
    /// The end of the window that is asked for; the hour behind the newest record, once it has settled, when `None`.
    pub end: Option<Hour>,
    /// The hour behind the newest record, as far as the source's names tell before it is read (files).
    pub newest: Option<Hour>,
    /// Whether a service is asked: it goes on filling, and what could not be read may be newer than all that was.
    pub is_service: bool,
    /// How earlier windows are caught up with.
    pub catch_up: CatchUp,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Ran {
    /// What was read.
    pub read: Ingested,
    /// What was judged.
    pub windows: Windows,
    /// Windows that were passed over because [`CatchUp::windows`] was reached.
    pub passed_over: u64,
    /// The newest record's time, of any run.
    pub newest: Option<Time>,
    /// What was forgotten.
    pub purged: Purged,
}

/// Runs an inspection once.
///
/// # Errors
/// When the store fails, the source cannot be listed, or somebody asks to stop. What was read and judged until then is kept, and
/// the next run goes on.
pub async fn run(
    store: &Arc<dyn Store>,
    plan: &RunPlan<'_>,
    progress: &Arc<dyn Progress>,
) -> Result<Ran, InspectionError> {
    let _ = (store, plan, progress);
    todo!()
}
