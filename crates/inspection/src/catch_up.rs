//! Every window that is due: the one that was asked for, and what earlier runs have left.

use std::collections::BTreeSet;

use firstsight_engine::{Hour, Range, Time};
use firstsight_store::{JudgedWindow, Overview, Store};

use crate::error::InspectionError;
use crate::ingest::{Cancel, Ingested};
use crate::judging::{Judged, judge_window};
use crate::settings::Settings;

/// How long CloudTrail may take to deliver: an hour is settled so many milliseconds behind its end. ("Typically within an
/// average of about 5 minutes", AWS CloudTrail user guide.)
pub const SETTLE_MILLIS: i64 = 10 * 60 * 1000;

/// What is to be judged.
#[derive(Clone, Debug)]
pub struct Due<'a> {
    /// The end of the window that is asked for.
    pub end: Hour,
    /// What was read for it.
    pub read: &'a Ingested,
    /// The present, when the windows are judged.
    pub now: Time,
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
}

/// Judges windows that late records have reopened, then those since the first judgement that no run has judged (and that
/// have records, or an open fault that waits for their end), then the one that was asked for.
///
/// A window that is skipped would become baseline, and what was new in it would never be told. Only what lies before the
/// retention is left out.
///
/// # Errors
/// When the store fails, or when it is cancelled: the windows judged so far are recorded, and the next run goes on.
pub async fn judge_due(
    store: &dyn Store,
    settings: &Settings,
    due: &Due<'_>,
) -> Result<Windows, InspectionError> {
    let overview = store.overview(&Range::new(Time::MIN, due.end.start())).await?;
    let judging = Judging {
        store,
        settings,
        due,
        newest: overview.records.map(|span| span.last.hour()),
    };
    let mut earlier = Vec::new();
    for reopened in store.reopened(&settings.inspection).await? {
        if reopened.window != settings.window(due.end) {
            earlier.push(judging.again(&reopened).await?);
        }
    }
    for window in judging.missed(&overview).await? {
        if window.has_records || judging.waits_for_recovery().await? {
            earlier.push(judging.window(settings, window.end, true).await?);
        }
    }
    let asked = judging.window(settings, due.end, true).await?;
    Ok(Windows { asked, earlier })
}

/// Whether all that is known of a window was read: nothing of it was damaged or failed, its end has settled, and there
/// are records as new as its last hour. Behind the newest record silence may as well be a trail that has stopped.
#[must_use]
pub fn is_whole(window: Range, read: &Ingested, newest: Option<Hour>, now: Time) -> bool {
    let settled = window.end.plus_millis(SETTLE_MILLIS) <= now;
    let reached = newest.is_some_and(|newest| window.end <= newest.plus(1).start());
    settled && reached && read.covers(window)
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

    /// Whether a fault is open: then a window without records has something to tell.
    async fn waits_for_recovery(&self) -> Result<bool, InspectionError> {
        Ok(!self
            .store
            .faults(&self.settings.inspection, true)
            .await?
            .is_empty())
    }

    /// Windows that no run has judged, from the first judged one on and within the retention, in order.
    async fn missed(&self, overview: &Overview) -> Result<Vec<Missed>, InspectionError> {
        let judged = self.store.judged(&self.settings.inspection, usize::MAX).await?;
        let Some(first) = judged.first().map(|judged| judged.window.end.hour()) else {
            return Ok(Vec::new());
        };
        let first = first.max(self.due.end.plus(-self.settings.retention_hours));
        let judged: BTreeSet<Hour> = judged.iter().flat_map(|judged| judged.window.hours()).collect();
        let records: BTreeSet<Hour> = overview
            .traffic
            .iter()
            .flat_map(|(_, hours)| hours)
            .map(|count| count.hour)
            .collect();
        let mut missed = Vec::new();
        // Counted back from the asked window, so that none overlaps it.
        let mut end = self.due.end.plus(-self.settings.window_hours);
        while end > first {
            let window = self.settings.window(end);
            if window.hours().any(|hour| !judged.contains(&hour)) {
                let has_records = records.range(window.start.hour()..end).next().is_some();
                missed.push(Missed { end, has_records });
            }
            end = end.plus(-self.settings.window_hours);
        }
        missed.reverse();
        Ok(missed)
    }
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
