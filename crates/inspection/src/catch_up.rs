//! Every window that is due: the one that was asked for, and what earlier runs have left.

use std::collections::BTreeSet;

use firstsight_engine::{Hour, Range, Time};
use firstsight_store::{JudgedWindow, Store, StoredFault};

use crate::error::InspectionError;
use crate::fault::tells_trouble;
use crate::ingest::{Cancel, Ingested};
use crate::judging::{Judged, judge_window};
use crate::settings::Settings;

/// How long CloudTrail may take to deliver: an hour is settled so many milliseconds behind its end. ("Typically within an
/// average of about 5 minutes", AWS CloudTrail user guide.)
pub const SETTLE_MILLIS: i64 = 10 * 60 * 1000;

/// How windows that no run has judged are caught up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatchUp {
    /// At most so many windows a run, the newest of them; those before are left for the next runs, and that is said. Default: a
    /// week of hours.
    pub windows: u32,
    /// Whether the asked window is judged, and so told, before earlier ones, and of these the newest first. The same errors are
    /// found in the same windows, for a judgement looks at nothing behind its own; only which of several like messages gives a new
    /// cluster its id may differ.
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

impl CatchUp {
    /// All of them in one run, the oldest first.
    pub const ALL: Self = Self {
        windows: u32::MAX,
        newest_first: false,
    };
}

/// What is to be judged.
#[derive(Clone, Debug)]
pub struct Due<'a> {
    /// The end of the window that is asked for.
    pub end: Hour,
    /// What was read for it.
    pub read: &'a Ingested,
    /// The present, when the windows are judged.
    pub now: Time,
    /// How windows that no run has judged are caught up with.
    pub catch_up: CatchUp,
    /// Stops between two windows.
    pub cancel: Cancel,
}

/// The windows of a run.
#[derive(Clone, Debug)]
pub struct Windows {
    /// The one that was asked for.
    pub asked: Judged,
    /// Earlier ones, in the order they were judged: first those that late records had reopened
    /// ([`Judged::rejudged`]), then those that no run had judged yet.
    pub earlier: Vec<Judged>,
    /// Windows with records that no run has judged, and that this one has left for the next because of
    /// [`CatchUp::windows`].
    pub passed_over: u64,
}

impl Windows {
    /// One window alone.
    #[must_use]
    pub const fn only(asked: Judged) -> Self {
        Self {
            asked,
            earlier: Vec::new(),
            passed_over: 0,
        }
    }
}

/// Judges windows that late records have reopened, then those since the first judgement that no run has judged (and that
/// have records, or an open fault that waits for their end), then the one that was asked for; or that one first, where the
/// [`CatchUp`] says so.
///
/// A window that is skipped would become baseline, and what was new in it would never be told. Only what lies before the
/// retention is left out. Each window is recorded as it is judged.
///
/// # Errors
/// When the store fails, or when it is cancelled: the windows judged so far are recorded, and the next run goes on.
pub async fn judge_due(
    store: &dyn Store,
    settings: &Settings,
    due: &Due<'_>,
) -> Result<Windows, InspectionError> {
    judge_each(store, settings, due, std::convert::identity).await
}

/// [`judge_due`], holding of earlier windows only what `keep` keeps.
pub(crate) async fn judge_each(
    store: &dyn Store,
    settings: &Settings,
    due: &Due<'_>,
    keep: fn(Judged) -> Judged,
) -> Result<Windows, InspectionError> {
    let reach = settings.retention_hours + settings.window_hours;
    let series = store.series(&Range::hours_before(due.end, reach)).await?;
    let judging = Judging {
        store,
        settings,
        due,
        newest: newest_record(store).await?.map(Time::hour),
        records: series.records.into_iter().map(|(hour, _)| hour).collect(),
    };
    let left = judging.left().await?;
    let mut asked = None;
    if due.catch_up.newest_first {
        asked = Some(judging.window(settings, due.end, true).await?);
    }
    let mut earlier = Vec::new();
    for reopened in &left.reopened {
        earlier.push(keep(judging.again(reopened).await?));
    }
    for missed in &left.missed {
        if missed.has_records || judging.waits_for_recovery(missed.end).await? {
            earlier.push(keep(judging.window(settings, missed.end, true).await?));
        }
    }
    let asked = match asked {
        Some(asked) => asked,
        None => judging.window(settings, due.end, true).await?,
    };
    Ok(Windows {
        asked,
        earlier,
        passed_over: left.passed_over,
    })
}

/// The newest record's time, of any run.
pub(crate) async fn newest_record(store: &dyn Store) -> Result<Option<Time>, InspectionError> {
    Ok(store.totals().await?.newest_record)
}

/// Whether all that is known of a window was read: nothing of it was damaged or failed, its end has settled, and there
/// are records as new as its last hour. Behind the newest record silence may as well be a trail that has stopped.
#[must_use]
pub fn is_whole(window: Range, read: &Ingested, newest: Option<Hour>, now: Time) -> bool {
    let settled = window.end.plus_millis(SETTLE_MILLIS) <= now;
    let reached = newest.is_some_and(|newest| window.end <= newest.plus(1).start());
    settled && reached && read.covers(window)
}

/// What earlier runs have left.
struct Left {
    /// Windows that late records have reopened.
    reopened: Vec<JudgedWindow>,
    /// Windows that no run has judged, in the order in which they are to be.
    missed: Vec<Missed>,
    passed_over: u64,
}

/// A window that no run has judged.
struct Missed {
    end: Hour,
    has_records: bool,
}

/// What every window of a run is judged with.
struct Judging<'a> {
    store: &'a dyn Store,
    settings: &'a Settings,
    due: &'a Due<'a>,
    /// The hour of the newest record.
    newest: Option<Hour>,
    /// The hours with records of any kind, as far back as windows are caught up with.
    records: BTreeSet<Hour>,
}

impl Judging<'_> {
    async fn window(
        &self,
        settings: &Settings,
        end: Hour,
        complete: bool,
    ) -> Result<Judged, InspectionError> {
        if self.due.cancel.is_cancelled() {
            return Err(InspectionError::Cancelled);
        }
        let complete = complete && is_whole(settings.window(end), self.due.read, self.newest, self.due.now);
        judge_window(self.store, settings, end, complete, self.due.now).await
    }

    /// A window that late records have reopened, as long as it was then.
    async fn again(&self, reopened: &JudgedWindow) -> Result<Judged, InspectionError> {
        let Range { start, end } = reopened.window;
        let settings = Settings {
            window_hours: end.hour().index() - start.hour().index(),
            ..self.settings.clone()
        };
        self.window(&settings, end.hour(), reopened.complete).await
    }

    /// Whether a fault of an account is open that began before this window's end: then a window without records has something to tell.
    async fn waits_for_recovery(&self, end: Hour) -> Result<bool, InspectionError> {
        let open = self.store.faults(&self.settings.inspection, 0).await?;
        let waits = |fault: &StoredFault| fault.opened < end.start() && !tells_trouble(fault);
        Ok(open.iter().any(waits))
    }

    async fn left(&self) -> Result<Left, InspectionError> {
        let asked = self.settings.window(self.due.end);
        let mut reopened = self.store.reopened(&self.settings.inspection).await?;
        reopened.retain(|reopened| reopened.window != asked);
        let mut missed = self.missed().await?;
        let passed_over = pass_over(&mut missed, self.due.catch_up.windows);
        if !self.due.catch_up.newest_first {
            missed.reverse();
        }
        Ok(Left {
            reopened,
            missed,
            passed_over,
        })
    }

    /// Windows that no run has judged, from the first judged one on and within the retention, the newest first.
    async fn missed(&self) -> Result<Vec<Missed>, InspectionError> {
        // No more than the retention leaves: what is older is purged.
        let judged = self.store.judged(&self.settings.inspection, usize::MAX).await?;
        let Some(first) = judged.first().map(|judged| judged.window.end.hour()) else {
            return Ok(Vec::new());
        };
        let first = first.max(self.due.end.plus(-self.settings.retention_hours));
        let judged: BTreeSet<Hour> = judged.iter().flat_map(|judged| judged.window.hours()).collect();
        let mut missed = Vec::new();
        // Counted back from the asked window, so that none overlaps it.
        let mut end = self.due.end.plus(-self.settings.window_hours);
        while end > first {
            let window = self.settings.window(end);
            if window.hours().any(|hour| !judged.contains(&hour)) {
                let has_records = self.records.range(window.start.hour()..end).next().is_some();
                missed.push(Missed { end, has_records });
            }
            end = end.plus(-self.settings.window_hours);
        }
        Ok(missed)
    }
}

/// Leaves out the oldest of them, newest first, where more than so many have records; how many were left out.
fn pass_over(missed: &mut Vec<Missed>, most: u32) -> u64 {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut recorded = missed.iter().enumerate().filter(|(_, missed)| missed.has_records);
    let Some((first, _)) = recorded.nth(most) else {
        return 0;
    };
    let passed_over = 1 + recorded.count() as u64;
    missed.truncate(first);
    passed_over
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn at(hours: i64, minutes: i64) -> Time {
        Time::from_millis(hours * HOUR + minutes * 60_000)
    }

    /// The window from hour 10 to hour 11, with records up to hour 10, a day later.
    fn whole(read: &Ingested, newest: Option<i64>, now: Time) -> bool {
        is_whole(
            Range::new(at(10, 0), at(11, 0)),
            read,
            newest.map(Hour::from_index),
            now,
        )
    }

    #[test]
    fn an_hour_is_whole_once_it_has_settled() {
        let read = Ingested::default();
        assert!(whole(&read, Some(10), at(35, 0)));
        assert!(whole(&read, Some(10), at(11, 10)));
        assert!(!whole(&read, Some(10), at(11, 9)));
        assert!(!whole(&read, Some(10), at(10, 30)));
    }

    #[test]
    fn behind_the_newest_record_nothing_is_whole() {
        let read = Ingested::default();
        assert!(!whole(&read, Some(9), at(35, 0)));
        assert!(!whole(&read, None, at(35, 0)));
    }

    #[test]
    fn damage_hurts_the_hours_around_it_and_failures_all() {
        let damaged = |start, end| Ingested {
            damaged: vec![Range::new(start, end)],
            ..Ingested::default()
        };
        assert!(!whole(&damaged(at(9, 0), at(10, 1)), Some(10), at(35, 0)));
        assert!(whole(&damaged(at(9, 0), at(10, 0)), Some(10), at(35, 0)));
        let failed = Ingested {
            failed: 1,
            ..Ingested::default()
        };
        assert!(!whole(&failed, Some(10), at(35, 0)));
    }
}
