//! Whether a cluster is new in a window, has returned, or is known.

use super::MILLIS_PER_HOUR;
use super::cluster::Cluster;
use super::input::{JudgeInput, LifeCycle, RecordedFinding};
use super::verdict::Novelty;

/// While a cluster stays resolved, occurrences less than so many hours apart are one return.
const ONE_RETURN_HOURS: i64 = 24;

/// How a cluster comes into a window: as something new or as a return, with the episode that tells its repetitions
/// apart; `None` for a known one.
///
/// What an earlier judgement recorded decides first: this window's own report stands, and an arrival that a later
/// window has reported already (this one holds an occurrence that came late) is that one.
pub(super) fn arrival(
    cluster: &Cluster<'_>,
    input: &JudgeInput,
    reports: &[&RecordedFinding],
) -> Option<(Novelty, String)> {
    let known_as = |report: &RecordedFinding| (report.novelty, report.episode.clone());
    let arrivals = || {
        reports
            .iter()
            .filter(|report| matches!(report.novelty, Novelty::New | Novelty::Returned))
    };
    let window = input.window.start;
    if let Some(own) = arrivals().find(|report| report.window_start == window) {
        return Some(known_as(own));
    }
    let novelty = judged(cluster, input, reports)?;
    let reach = window.plus_millis(input.policy.forget_after_hours.saturating_mul(MILLIS_PER_HOUR));
    let later = arrivals()
        .filter(|report| report.window_start > window && report.window_start <= reach)
        .min_by_key(|report| (report.window_start, report.id));
    Some(later.map_or_else(|| (novelty, episode(novelty, input)), |report| known_as(report)))
}

/// Whether this window told of it as of a known cluster: that stands as well, since that it was opened since (by a person,
/// or because it escalated) brings nothing back.
pub(super) fn was_told_as_known(input: &JudgeInput, reports: &[&RecordedFinding]) -> bool {
    let known = |report: &&RecordedFinding| matches!(report.novelty, Novelty::NewActor | Novelty::Surge);
    let mut own = reports
        .iter()
        .filter(|report| report.window_start == input.window.start)
        .peekable();
    own.peek().is_some() && own.all(known)
}

fn episode(novelty: Novelty, input: &JudgeInput) -> String {
    match novelty {
        Novelty::New => String::new(),
        Novelty::Returned | Novelty::NewActor | Novelty::Surge => input.window.start.to_string(),
    }
}

fn judged(cluster: &Cluster<'_>, input: &JudgeInput, reports: &[&RecordedFinding]) -> Option<Novelty> {
    let forgets = |since| is_longer_ago(input, since, input.policy.forget_after_hours);
    let Some(before) = cluster.before else {
        let forgotten = cluster.state.is_some_and(|state| forgets(state.founded));
        return Some(if forgotten {
            Novelty::Returned
        } else {
            Novelty::New
        });
    };
    let returned = forgets(before.last) || was_resolved(cluster, input, reports);
    returned.then_some(Novelty::Returned)
}

/// Whether a person had resolved it and this is not the same return as one reported before.
///
/// The record does not say when it was resolved. A window that is judged again was judged before, most likely before
/// that: there, being resolved tells nothing.
pub(super) fn was_resolved(cluster: &Cluster<'_>, input: &JudgeInput, reports: &[&RecordedFinding]) -> bool {
    if cluster.life_cycle() != LifeCycle::Resolved || input.rejudged {
        return false;
    }
    let Some(last) = cluster.before.map(|before| before.last) else {
        return true;
    };
    let goes_on = reports.iter().any(|report| {
        report.novelty == Novelty::Returned
            && report.window_start <= last
            && !is_longer_ago(input, last, ONE_RETURN_HOURS)
    });
    !goes_on
}

fn is_longer_ago(input: &JudgeInput, time: firstsight_cloudtrail::Timestamp, hours: i64) -> bool {
    let ago = input.window.start.as_millis().saturating_sub(time.as_millis());
    ago > hours.saturating_mul(MILLIS_PER_HOUR)
}
