//! The judgement: which clusters of a window are new against history, how much that matters, and why.

mod actors;
mod background;
mod cluster;
mod evidence;
mod facts;
pub mod history;
pub mod input;
mod life_cycle;
mod novelty;
mod reasons;
mod scope;
pub mod scope_days;
mod score;
pub mod sentence;
mod surging;
mod tables;
#[cfg(test)]
mod tests;
pub mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use background::Background;
use cluster::{Cluster, Group};
use evidence::{Context, Examiner};
use firstsight_cloudtrail::TimeRange;
use input::{AccountHistory, JudgeInput, LifeCycle, RecordedFinding, Span};
use scope::Scopes;
use tables::Tables;
pub use tables::is_reconnaissance;
use verdict::{AccountVerdict, ActiveCluster, Finding, Silenced, Verdict};

use crate::signature::ClusterId;

/// Judges one window. A pure function: the same input gives the same bytes out.
///
/// * Fine templates without a cluster get one, by [`family::assign`](crate::family::assign). In a family
///   [past its bound](crate::Bounds) they all get its overflow cluster.
/// * A cluster that occurs in the window is **new** when no occurrence of it is remembered before the window, and
///   **returned** when its last one is longer before the window's start than `forget_after`, or when a person had
///   resolved it and the window is judged for the first time. Otherwise it is known.
/// * A known cluster of class access denied or authentication, one that [looks like reconnaissance](is_reconnaissance), or
///   a critical call that did not find what it was to act on gives a **new actor** for each actor who had not had it before.
/// * A known cluster that occurs far more often than it does at such hours gives a [**surge**](crate::surge), controlled
///   over its account's known clusters; surges of one cluster less than a day apart are one.
/// * Clusters that a person expects or has archived give nothing, but for those archived until they escalate: these are
///   told of, and listed in [`Verdict::escalated`], when they surge or a new actor's finding is error or
///   worse.
/// * How seldom new errors come to the account, the actor and the call raises or lowers a finding.
/// * What an earlier judgement recorded keeps its id: a window that is judged again reports a new or returned cluster
///   as it did before, and an earlier occurrence that comes late does not make a second finding of the same arrival.
///
/// The time it takes grows with the families of the input, not with what else is known.
#[must_use]
pub fn judge(input: &JudgeInput) -> Verdict {
    judge_with(input, &Tables::DEFAULT)
}

fn judge_with(input: &JudgeInput, tables: &Tables) -> Verdict {
    let groups: Vec<Group<'_>> = input
        .families
        .iter()
        .map(|family| Group::new(family, input))
        .collect();
    let reports = Reports::new(input);
    let context = Context {
        input,
        tables,
        recorded: input.recorded.iter().map(|finding| finding.id).collect(),
        scopes: Scopes::new(input, &groups),
        surges: surging::episodes(input, &groups, &reports),
    };
    let unknown = Background::new(input, None);
    let accounts = input.accounts.iter();
    let backgrounds: BTreeMap<&str, Background<'_>> = accounts
        .map(|(account, history)| (account.as_str(), Background::new(input, Some(history))))
        .collect();
    let mut verdict = Verdict::default();
    for (family, group) in input.families.iter().zip(&groups) {
        let background = backgrounds.get(family.key.account.as_str()).unwrap_or(&unknown);
        let examiner = Examiner::new(&context, background, &group.clusters);
        for (cluster, within) in group.clusters.iter().filter_map(|one| Some((one, one.within?))) {
            let template = cluster.template();
            let found = examiner.findings(cluster, &template, reports.of(cluster.id));
            verdict.findings.extend(found.findings);
            verdict.escalated.extend(found.escalated.then_some(cluster.id));
            let active = active(cluster, template, within, input.window, found.escalated);
            verdict.active.push(active);
        }
        verdict.assignments.extend(&group.assigned);
    }
    finish(&mut verdict, input);
    verdict
}

/// Findings recorded before, by cluster.
struct Reports<'a>(BTreeMap<ClusterId, Vec<&'a RecordedFinding>>);

impl<'a> Reports<'a> {
    fn new(input: &'a JudgeInput) -> Self {
        let mut reports: BTreeMap<ClusterId, Vec<&RecordedFinding>> = BTreeMap::new();
        for finding in &input.recorded {
            reports.entry(finding.cluster).or_default().push(finding);
        }
        Self(reports)
    }

    fn of(&self, cluster: ClusterId) -> &[&'a RecordedFinding] {
        self.0.get(&cluster).map_or(&[], Vec::as_slice)
    }
}

fn active(
    cluster: &Cluster<'_>,
    template: String,
    within: Span,
    window: TimeRange,
    escalated: bool,
) -> ActiveCluster {
    let said = cluster.life_cycle().within(window);
    ActiveCluster {
        cluster: cluster.id,
        account: cluster.key.account.clone(),
        template,
        within,
        life_cycle: if escalated { LifeCycle::Open } else { said },
        overflow: cluster.overflow,
    }
}

fn finish(verdict: &mut Verdict, input: &JudgeInput) {
    verdict.assignments.sort_unstable();
    verdict.escalated.sort_unstable();
    verdict
        .active
        .sort_unstable_by(|a, b| (&a.account, a.cluster).cmp(&(&b.account, b.cluster)));
    verdict.findings.sort_unstable_by(|a, b| {
        let worst_first = (b.severity, b.score).cmp(&(a.severity, a.score));
        worst_first.then_with(|| (&a.account, a.id).cmp(&(&b.account, b.id)))
    });
    verdict.accounts = account_verdicts(input, &verdict.active, &verdict.findings);
}

fn account_verdicts(
    input: &JudgeInput,
    active: &[ActiveCluster],
    findings: &[Finding],
) -> Vec<AccountVerdict> {
    let found: BTreeSet<ClusterId> = findings.iter().map(|finding| finding.cluster).collect();
    let mut counts: BTreeMap<&str, (u64, u64, Silenced)> = BTreeMap::new();
    for cluster in active {
        let (all, known, silenced) = counts.entry(&cluster.account).or_default();
        *all += 1;
        *known += u64::from(!found.contains(&cluster.cluster));
        silenced.count(cluster);
    }
    let verdict = |(account, history): (&String, &AccountHistory)| {
        let (active_clusters, known_clusters, silenced) =
            counts.get(account.as_str()).copied().unwrap_or_default();
        AccountVerdict {
            account: account.clone(),
            learning: background::learning(input, Some(history)),
            records: history.records,
            errors: history.errors,
            active_clusters,
            known_clusters,
            silenced,
        }
    };
    input.accounts.iter().map(verdict).collect()
}

impl Silenced {
    fn count(&mut self, cluster: &ActiveCluster) {
        match cluster.life_cycle {
            LifeCycle::Acknowledged => self.acknowledged += 1,
            LifeCycle::Expected => self.expected += 1,
            LifeCycle::Archived(_) => self.archived += 1,
            LifeCycle::Open | LifeCycle::Resolved => {}
        }
        if cluster.life_cycle.silences() {
            self.errors += cluster.within.count;
        }
    }
}

fn whole_hours(millis: i64) -> i64 {
    (millis / MILLIS_PER_HOUR).max(0)
}

const MILLIS_PER_HOUR: i64 = 3_600_000;
