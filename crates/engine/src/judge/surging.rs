//! Surges: known clusters that occur far more often in the window than they do at such hours.

use std::collections::BTreeMap;

use firstsight_cloudtrail::Timestamp;

use super::background;
use super::cluster::{Cluster, Group};
use super::input::{AccountHistory, HourCount, JudgeInput, LifeCycle, RecordedFinding, Until};
use super::novelty::arrival;
use super::verdict::Novelty;
use super::{MILLIS_PER_HOUR, Reports};
use crate::signature::ClusterId;
use crate::surge::{EPISODE_HOURS, Pool, Series, Surge, episode, surges};

/// A surge and the episode that it belongs to: the start of the window that first reported it.
pub(super) struct Episode {
    pub(super) surge: Surge,
    pub(super) start: Timestamp,
}

/// A cluster that could surge, with its counts.
struct Candidate<'a, 'g> {
    cluster: &'g Cluster<'a>,
    hours: Vec<HourCount>,
    known_since: Timestamp,
}

/// The surges of a window, by cluster. Each account is controlled by itself, over its known clusters that occur in the
/// window; in an account that is learning nothing surges.
pub(super) fn episodes(
    input: &JudgeInput,
    groups: &[Group<'_>],
    reports: &Reports<'_>,
) -> BTreeMap<ClusterId, Episode> {
    let mut candidates: BTreeMap<&str, Vec<Candidate<'_, '_>>> = BTreeMap::new();
    for cluster in groups.iter().flat_map(|group| &group.clusters) {
        if let Some(candidate) = candidate(input, cluster, reports.of(cluster.id)) {
            let account = cluster.key.account.as_str();
            candidates.entry(account).or_default().push(candidate);
        }
    }
    let accounts = candidates.into_iter();
    let episodes = accounts.flat_map(|(account, candidates)| {
        let history = input.accounts.get(account);
        history.map_or(Vec::new(), |history| {
            of_account(input, history, &candidates, reports)
        })
    });
    episodes.collect()
}

/// A known cluster of the window that may be told of: neither new nor returned, not silenced for good.
fn candidate<'a, 'g>(
    input: &JudgeInput,
    cluster: &'g Cluster<'a>,
    reports: &[&RecordedFinding],
) -> Option<Candidate<'a, 'g>> {
    let said = cluster.life_cycle().within(input.window);
    let silent = said.silences() && said != LifeCycle::Archived(Until::Escalation);
    cluster.within?;
    let known_since = cluster.before?.first;
    if silent || arrival(cluster, input, reports).is_some() {
        return None;
    }
    Some(Candidate {
        cluster,
        hours: cluster.hours(),
        known_since,
    })
}

fn of_account(
    input: &JudgeInput,
    history: &AccountHistory,
    candidates: &[Candidate<'_, '_>],
    reports: &Reports<'_>,
) -> Vec<(ClusterId, Episode)> {
    // Errors without the hours that they fell in cannot be compared.
    let unknown = history.hours.is_empty() && history.baseline_errors > 0;
    if unknown || background::learning(input, Some(history)).is_some() {
        return Vec::new();
    }
    let pool = Pool {
        window: input.window,
        baseline: input.baseline,
        history_from: history.first_record,
        errors: &history.hours,
    };
    let series: Vec<Series<'_>> = candidates
        .iter()
        .map(|candidate| Series {
            hours: &candidate.hours,
            known_since: candidate.known_since,
        })
        .collect();
    let found = surges(&pool, &series).into_iter().zip(candidates);
    let found = found.filter_map(|(surge, candidate)| Some((surge?, candidate.cluster.id)));
    let episode = |(surge, id)| {
        let start = start_of(input, reports.of(id));
        (id, Episode { surge, start })
    };
    found.map(episode).collect()
}

/// The start of the episode: as this window reported it before; that of a surge less than a day ago; of one that a
/// window less than a day later reported already, when this one's occurrences came late.
fn start_of(input: &JudgeInput, reports: &[&RecordedFinding]) -> Timestamp {
    let window = input.window.start;
    let known = || reports.iter().filter(|report| report.novelty == Novelty::Surge);
    let starts = || known().filter_map(|report| report.episode.parse::<Timestamp>().ok());
    if let Some(own) = known().find(|report| report.window_start == window) {
        return own.episode.parse().unwrap_or(window);
    }
    let start = episode(window, starts());
    let reach = window.plus_millis(EPISODE_HOURS * MILLIS_PER_HOUR);
    let later = || starts().filter(|start| *start > window && *start < reach).min();
    if start == window {
        later().unwrap_or(window)
    } else {
        start
    }
}
