//! Trouble of an inspection itself: a source that is silent or cannot be read, a run that keeps failing. It is told as a fault is:
//! an event when it begins, when it goes on (once a day), and when it is over, through the same outbox and policies.

mod tell;
#[cfg(test)]
mod tests;

use firstsight_engine::Time;
use firstsight_sink::{Trouble, TroubleKind};
pub use tell::tell_troubles;

use crate::run::{Outcome, RunRecord};

const HOUR: i64 = 3_600_000;
/// The most bytes of a reason.
const MOST_REASON: usize = 1000;

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

impl Patience {
    /// So many of an inspection's last runs tell its troubles, for [`troubles`]: enough to see, behind runs that failed less
    /// often than is told, the ones before that could not read everything, and the one before those that could.
    #[must_use]
    pub const fn runs_looked_at(&self) -> usize {
        const FEWEST: usize = 200;
        let needed = self.failures as usize + self.incomplete as usize + 1;
        if needed > FEWEST { needed } else { FEWEST }
    }
}

/// What is wrong with an inspection, as its last runs (the latest first) tell: each kind at most once, by kind. A pure function.
///
/// Runs that go on or were stopped count neither for nor against; nor do those that began later than now (a clock that was
/// set back). A failed run tells nothing of what can be read. See [`Patience::runs_looked_at`] for how many runs it takes.
#[must_use]
pub fn troubles(runs: &[RunRecord], patience: &Patience, now: Time) -> Vec<Trouble> {
    let counts = |run: &&RunRecord| run.started <= now && tells(run.outcome);
    let ended: Vec<&RunRecord> = runs.iter().filter(counts).collect();
    let read = ended.iter().copied().filter(|run| !failed(run));
    let read: Vec<&RunRecord> = read.collect();
    let all = [
        silent(&read, ended.last().copied(), patience),
        unread(&read, patience),
        failing(&ended, patience),
    ];
    all.into_iter().flatten().collect()
}

const fn tells(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::Running | Outcome::Stopped)
}

const fn failed(run: &RunRecord) -> bool {
    matches!(run.outcome, Outcome::Failed | Outcome::TimedOut | Outcome::Lost)
}

/// Whether a run that came to its end could not read everything.
fn is_cut(run: &RunRecord) -> bool {
    run.outcome == Outcome::Incomplete || run.counts.unread > 0 || !run.unread.is_empty()
}

fn end(run: &RunRecord) -> Time {
    run.ended.unwrap_or(run.started)
}

fn failing(ended: &[&RunRecord], patience: &Patience) -> Option<Trouble> {
    let streak = ended.iter().take_while(|run| failed(run)).count();
    let reasons = ended[..streak].iter().map(|run| run.reason.as_str());
    let mut reasons = reasons.filter(|reason| !reason.is_empty());
    let outcome = ended.first().map_or("", |run| run.outcome.as_str());
    let reason = reasons.next().unwrap_or(outcome);
    in_a_row(ended, streak, patience.failures, TroubleKind::Failing, reason)
}

fn unread(read: &[&RunRecord], patience: &Patience) -> Option<Trouble> {
    let streak = read.iter().take_while(|run| is_cut(run)).count();
    let reason = read.first().map(|run| unread_reason(run)).unwrap_or_default();
    in_a_row(read, streak, patience.incomplete, TroubleKind::Unread, &reason)
}

/// The first thing that could not be read, and how many others.
fn unread_reason(run: &RunRecord) -> String {
    let first = run.unread.first().map_or("", |unread| cut(unread));
    let others = (run.counts.unread.max(run.unread.len() as u64)).saturating_sub(1);
    match others {
        0 => first.to_owned(),
        _ => format!("{first} (and {others} more)"),
    }
}

/// Trouble that so many of these runs, from the latest on, have met.
fn in_a_row(
    runs: &[&RunRecord],
    streak: usize,
    enough: u32,
    kind: TroubleKind,
    reason: &str,
) -> Option<Trouble> {
    let first = streak.checked_sub(1).and_then(|oldest| runs.get(oldest))?;
    let before = runs.get(streak).map(|run| end(run));
    (streak >= enough.max(1) as usize).then(|| Trouble {
        kind,
        since: before.unwrap_or(first.started),
        runs: streak as u64,
        reason: bounded(reason),
    })
}

/// A source that was read whole and holds nothing new. Runs behind it that could not read everything may have seen records.
fn silent(read: &[&RunRecord], oldest: Option<&RunRecord>, patience: &Patience) -> Option<Trouble> {
    let limit = patience.silent_after_hours?.saturating_mul(HOUR);
    let last = read.iter().position(|run| !is_cut(run))?;
    let newest = read[..=last].iter().filter_map(|run| run.newest_record).max();
    let since = newest.or_else(|| oldest.map(|run| run.started))?;
    let is_silent = |run: &&&RunRecord| end(run).as_millis().saturating_sub(since.as_millis()) > limit;
    let whole = read[last..].iter().filter(|run| !is_cut(run));
    let runs = whole.take_while(is_silent).count() as u64;
    (runs > 0).then(|| Trouble {
        kind: TroubleKind::Silent,
        since,
        runs,
        reason: bounded(&silent_reason(read[last], newest)),
    })
}

fn silent_reason(run: &RunRecord, newest: Option<Time>) -> String {
    let newest = match newest {
        None => "no record was ever read".to_owned(),
        Some(newest) => format!("the newest record is of {newest}"),
    };
    let counts = &run.counts;
    format!(
        "{newest}; the last run that read everything found {} records in {} units",
        counts.records, counts.units
    )
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MOST_REASON)]
}

fn bounded(reason: &str) -> String {
    cut(reason).to_owned()
}
