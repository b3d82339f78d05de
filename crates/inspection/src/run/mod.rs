//! One run of an inspection, from listing the source to forgetting what is too old.
//!
//! [`run`](run()) reads, judges every window that is due, and purges; it sends nothing (see [`deliver`](crate::deliver())). What a run
//! came to is kept as a [`RunRecord`], from which "why was there no finding?" is answered.

mod record;

use std::sync::Arc;

use firstsight_engine::{Hour, Range, Time};
use firstsight_source::LogSource;
use firstsight_store::{Purged, Retention, Store};
pub use record::{Outcome, RunCounts, RunRecord, Trigger, WindowCounts};

use crate::catch_up::{CatchUp, Due, SETTLE_MILLIS, Windows, judge_each, newest_record};
use crate::error::InspectionError;
use crate::ingest::{Ingest, Ingested, ingest};
use crate::judging::Judged;
use crate::progress::Progress;
use crate::settings::Settings;

const HOUR: i64 = 3_600_000;
/// Identities are remembered for this long after their arrival.
const DEDUP_HORIZON: i64 = 48 * HOUR;
/// And for this long where a service could not be read: when it can be again, the last day before is read once more.
const LONG_DEDUP_HORIZON: i64 = 7 * 24 * HOUR;
/// Records may be delivered a day late by files that tell their hour, and a log group tells no hour before it is read: its
/// newest record, and with it the window, may lie so far back.
const SLACK_HOURS: i64 = 24;
/// So many of the reasons why nothing could be read are told.
const MOST_REASONS: usize = 5;

/// What is to be run.
#[derive(Clone, Debug)]
pub struct RunPlan<'a> {
    /// What the inspection is set to.
    pub settings: &'a Settings,
    /// Where it reads.
    pub source: &'a Arc<dyn LogSource>,
    /// How it reads: name, workers, limits, redaction, cancel; and the present. Its range bounds the one that is worked out.
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
    /// What was judged. Of earlier windows' findings only what they are about is held, not what explains them.
    pub windows: Windows,
    /// The newest record's time, of any run.
    pub newest: Option<Time>,
    /// What was forgotten.
    pub purged: Purged,
}

/// Runs an inspection once.
///
/// # Errors
/// When the store fails, the source cannot be listed or nothing of it can be read, or somebody asks to stop. What was read and
/// judged until then is kept, and the next run goes on.
pub async fn run(
    store: &Arc<dyn Store>,
    plan: &RunPlan<'_>,
    progress: &Arc<dyn Progress>,
) -> Result<Ran, InspectionError> {
    let reading = Ingest {
        range: plan.range(&**store).await?,
        ..plan.ingest.clone()
    };
    let read = ingest(plan.source, store, &reading, progress).await?;
    if read.is_hopeless() {
        let unread = read.unread.into_iter().take(MOST_REASONS).collect();
        return Err(InspectionError::Unreadable { unread });
    }
    let newest = newest_record(&**store).await?;
    let end = plan.end_behind(&read, newest);
    let due = plan.due(end, &read);
    let windows = judge_each(&**store, plan.settings, &due, Judged::counted).await?;
    let purged = store.purge(&plan.retention(&read, end, newest)).await?;
    Ok(Ran {
        read,
        windows,
        newest,
        purged,
    })
}

impl RunPlan<'_> {
    /// What has to be read for the windows that are due: all that the asked one's judgement looks at, and with a state from the
    /// last judged one on, however long ago that was. Where an end is asked for, nothing that [`retention`](Self::retention) lets
    /// go besides: units of that time are forgotten, and would be read again by every run.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn range(&self, store: &dyn Store) -> Result<Range, InspectionError> {
        let end = self.end.or(self.newest);
        let mut range = end.map_or(Range::ALL, |end| self.settings.reach(end));
        let kept = self.end.map(|end| end.plus(-self.settings.retention_hours));
        let kept = kept.map_or(Time::MIN, |kept| kept.start().min(range.start));
        let judged = store.judged(&self.settings.inspection, 1).await?;
        if let Some(last) = judged.last() {
            range.start = range.start.min(last.window.end);
        }
        range.start = range.start.plus_millis(-SLACK_HOURS * HOUR).max(kept);
        let within = self.ingest.range;
        Ok(Range::new(
            range.start.max(within.start),
            range.end.min(within.end),
        ))
    }

    /// The end of the asked window, once it is known what was read and which record is the newest. Where nobody chose one: behind
    /// the newest record, once that hour has settled. A service that was not read to its end may hold newer records than any that
    /// was read, and a window that lies back makes every hour behind it one to catch up with: there it is the last hour that has
    /// settled.
    #[must_use]
    pub fn end_behind(&self, read: &Ingested, newest: Option<Time>) -> Hour {
        let settled = self.ingest.now.plus_millis(-SETTLE_MILLIS).hour();
        let usual = match newest {
            Some(newest) if !self.is_service || read.complete() => behind(newest).min(settled),
            _ => settled,
        };
        self.end.unwrap_or(usual)
    }

    /// What is to be judged, up to the asked window's end.
    #[must_use]
    pub fn due<'a>(&self, end: Hour, read: &'a Ingested) -> Due<'a> {
        Due {
            end,
            read,
            now: self.ingest.now,
            catch_up: self.catch_up,
            cancel: self.ingest.cancel.clone(),
        }
    }

    /// What may be forgotten behind the run: nothing that the next judgement looks at, whatever end was asked for.
    #[must_use]
    pub fn retention(&self, read: &Ingested, end: Hour, newest: Option<Time>) -> Retention {
        let end = newest.map_or(end, |newest| end.min(behind(newest)));
        let known_for = known_for(self.is_service, read);
        Retention {
            before: end.plus(-self.settings.retention_hours).start(),
            identities_before: self.ingest.now.plus_millis(-known_for),
        }
    }
}

/// The hour behind a record's.
fn behind(newest: Time) -> Hour {
    newest.hour().plus(1)
}

/// For how long identities are kept. A run that reads other log groups must not forget those of one that it could not read.
const fn known_for(is_service: bool, read: &Ingested) -> i64 {
    if is_service && read.failed > 0 {
        LONG_DEDUP_HORIZON
    } else {
        DEDUP_HORIZON
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_could_not_be_read_is_known_until_it_is_read_again() {
        let failed = Ingested {
            failed: 1,
            ..Ingested::default()
        };
        let days = |is_service, read: &Ingested| known_for(is_service, read) / (24 * HOUR);
        assert_eq!(days(true, &failed), 7);
        assert_eq!(days(true, &Ingested::default()), 2);
        assert_eq!(days(false, &failed), 2, "files are known as a whole");
    }
}
