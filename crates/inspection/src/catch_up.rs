//! Every window that is due: the one that was asked for, and what earlier runs have left.

use std::collections::BTreeSet;

use firstsight_cloudtrail::Counters;
use firstsight_engine::{Hour, Range, Time};
use firstsight_store::{JudgedWindow, Overview, Store};

use crate::error::InspectionError;
use crate::ingest::{Cancel, damage};
use crate::judging::{Judged, judge_window};
use crate::settings::Settings;

/// What is to be judged.
#[derive(Clone, Debug)]
pub struct Due {
    /// The end of the window that is asked for.
    pub end: Hour,
    /// At most so many of the windows that no run has judged, the newest ones. Default two weeks of hours.
    pub most: usize,
    /// Whether this run could read everything it tried to.
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

/// Judges windows that late records have reopened, then those with records that no run has judged since the first
/// judgement, then the one that was asked for.
///
/// A window that is skipped would become baseline, and what was new in it would never be told.
///
/// # Errors
/// When the store fails, or when it is cancelled: the windows judged so far are recorded, and the next run goes on.
pub async fn judge_due(
    store: &dyn Store,
    settings: &Settings,
    due: &Due,
) -> Result<Windows, InspectionError> {
    let overview = store.overview(&Range::new(Time::MIN, due.end.start())).await?;
    let judging = Judging {
        store,
        settings,
        due,
        damaged: damaged(&overview),
        newest: overview.records.map(|span| span.last.hour()),
    };
    let mut earlier = Vec::new();
    for reopened in store.reopened(&settings.inspection).await? {
        if reopened.window != settings.window(due.end) {
            earlier.push(judging.again(&reopened).await?);
        }
    }
    let missed = judging.missed(&overview).await?;
    let (too_old, missed) = missed.split_at(missed.len().saturating_sub(due.most));
    let left_out = too_old.iter().filter(|window| window.has_records).count();
    for window in missed {
        if window.has_records || judging.waits_for_recovery().await? {
            earlier.push(judging.window(settings, window.end, true).await?);
        }
    }
    let asked = judging.window(settings, due.end, true).await?;
    Ok(Windows {
        asked,
        earlier,
        left_out,
    })
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
    due: &'a Due,
    /// When the records of units happened that could not be read to their end, in this run or an earlier one.
    damaged: Vec<Range>,
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
        let complete = complete && self.due.complete && self.is_whole(settings.window(end));
        judge_window(self.store, settings, end, complete, self.due.judged_at).await
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

    /// Whether all that is known of a window was read. Behind the newest record nothing is known: silence there may as
    /// well be a trail that has stopped.
    fn is_whole(&self, window: Range) -> bool {
        let reached = self
            .newest
            .is_some_and(|newest| window.end <= newest.plus(1).start());
        reached
            && !self
                .damaged
                .iter()
                .any(|hurt| hurt.start < window.end && window.start < hurt.end)
    }

    /// Whether a fault is open: then a window without records has something to tell.
    async fn waits_for_recovery(&self) -> Result<bool, InspectionError> {
        Ok(!self
            .store
            .faults(&self.settings.inspection, true)
            .await?
            .is_empty())
    }

    /// Windows that no run has judged, from the first judged one on, in order.
    async fn missed(&self, overview: &Overview) -> Result<Vec<Missed>, InspectionError> {
        let judged = self.store.judged(&self.settings.inspection, usize::MAX).await?;
        let Some(first) = judged.first().map(|judged| judged.window.end.hour()) else {
            return Ok(Vec::new());
        };
        let hours: BTreeSet<Hour> = overview
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
            let covers = |judged: &JudgedWindow| {
                judged.window.start <= window.start && window.end <= judged.window.end
            };
            if !judged.iter().any(covers) {
                let has_records = hours.range(window.start.hour()..end).next().is_some();
                missed.push(Missed { end, has_records });
            }
            end = end.plus(-self.settings.window_hours);
        }
        missed.reverse();
        Ok(missed)
    }
}

/// A damaged unit tells until when it could be read, not what it held behind that: a day is assumed.
const UNKNOWN_MILLIS: i64 = 24 * 3_600_000;

fn damaged(overview: &Overview) -> Vec<Range> {
    let counters = overview
        .counters
        .iter()
        .filter_map(|bytes| serde_json::from_slice::<Counters>(bytes).ok());
    let hurt = counters
        .filter(|counters| damage(counters).is_some())
        .filter_map(|counters| counters.times);
    hurt.map(|times| {
        Range::new(
            times.start.plus_millis(-UNKNOWN_MILLIS),
            times.end.plus_millis(UNKNOWN_MILLIS),
        )
    })
    .collect()
}
