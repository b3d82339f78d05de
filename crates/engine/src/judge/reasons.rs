//! Why something is a finding.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use firstsight_cloudtrail::Timestamp;
use firstsight_cloudtrail::classify::Sensitivity;

use super::background::Background;
use super::cluster::Cluster;
use super::evidence::{Case, Circumstances, Examiner};
use super::facts::Facts;
use super::input::{JudgeInput, RecordedFinding};
use super::novelty::was_resolved;
use super::score::{COMPARED, least_familiar};
use super::verdict::{Familiarity, Novelty, Reason};
use super::{MILLIS_PER_HOUR, whole_hours};
use crate::signature::Dimension;

/// The most words that a difference between two templates lists on each side.
const MAX_WORDS: usize = 8;

/// Why a cluster counts as arrived: the facts of now, also where an earlier judgement decided.
pub(super) fn why_arrived(
    input: &JudgeInput,
    background: &Background<'_>,
    cluster: &Cluster<'_>,
    reports: &[&RecordedFinding],
) -> Vec<Reason> {
    let start = input.window.start;
    let Some(before) = cluster.before else {
        return vec![never_seen(input, background, cluster)];
    };
    let mut why = Vec::new();
    if was_resolved(cluster, input, reports) {
        why.push(Reason::WasResolved);
    }
    why.push(Reason::LastSeen {
        last: before.last,
        hours_ago: whole_hours(start.as_millis() - before.last.as_millis()),
    });
    why
}

fn never_seen(input: &JudgeInput, background: &Background<'_>, cluster: &Cluster<'_>) -> Reason {
    let start = input.window.start;
    let age = |founded: Timestamp| start.as_millis() - founded.as_millis();
    let forget = input.policy.forget_after_hours.saturating_mul(MILLIS_PER_HOUR);
    match cluster.state {
        Some(state) if age(state.founded) > forget => Reason::Forgotten {
            founded: state.founded,
        },
        _ => Reason::NeverSeen {
            history_hours: background.compared_hours,
            history_errors: background.errors,
        },
    }
}

impl<'a> Examiner<'a> {
    /// All reasons, the most telling first.
    pub(super) fn reasons(
        &self,
        cluster: &Cluster<'_>,
        facts: &Facts<'_>,
        case: &Case<'_>,
        circumstances: Circumstances,
    ) -> Vec<Reason> {
        let mut reasons = case.why.clone();
        reasons.extend(self.overflow(cluster));
        reasons.extend(self.about_the_call(cluster, facts));
        reasons.extend(self.familiarities(case));
        reasons.extend(circumstances.standing.and_then(|standing| standing.reason()));
        reasons.extend(self.nearest_known(cluster, case));
        reasons.extend(facts.noise.iter().map(|&mark| Reason::Noise { mark }));
        reasons.extend(circumstances.late.then_some(Reason::Late {
            within: Some(case.within),
        }));
        reasons.extend(
            circumstances
                .learning
                .map(|(learner, learning)| Reason::Learning {
                    learner,
                    have_hours: learning.have_hours,
                    need_hours: learning.need_hours,
                }),
        );
        reasons
    }

    fn overflow(&self, cluster: &Cluster<'_>) -> Option<Reason> {
        let members = self.family.iter().flat_map(|one| &one.members);
        let own = members.filter(|member| member.id.0 != cluster.id.0);
        cluster.overflow.then(|| Reason::FamilyOverflow {
            templates: own.count() as u64,
        })
    }

    /// What was called, on what, and what refused it.
    fn about_the_call(&self, cluster: &Cluster<'_>, facts: &Facts<'_>) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if facts.sensitivity > Sensitivity::Normal {
            let sensitivity = facts.sensitivity;
            reasons.push(Reason::SensitiveCall { sensitivity });
        }
        reasons.extend(facts.target.map(|(target, sensitivity)| Reason::SensitiveTarget {
            target: target.to_owned(),
            sensitivity,
        }));
        reasons.extend(facts.denial.map(|denial| Reason::Denied { denial }));
        let technique = (self.context.tables.technique)(&cluster.key.event_source, &cluster.key.event_name);
        reasons.extend(technique.map(|technique| Reason::Technique {
            id: technique.id.to_owned(),
            name: technique.name.to_owned(),
            tactic: technique.tactic.to_owned(),
        }));
        reasons
    }

    /// The least familiar value of each dimension, unseen ones first. Without any error before everything is unseen,
    /// and that says nothing.
    fn familiarities(&self, case: &Case<'_>) -> Vec<Reason> {
        if self.background.errors == 0 {
            return Vec::new();
        }
        let least = COMPARED.iter().filter_map(|&(dimension, _)| {
            let least = least_familiar(case, self.background, dimension)?;
            Some((dimension, least))
        });
        let mut least: Vec<_> = least.collect();
        least.sort_by_key(|(_, (_, familiarity))| *familiarity);
        let reason =
            |(dimension, (value, familiarity)): (Dimension, (&str, Familiarity))| Reason::Dimension {
                dimension,
                value: value.to_owned(),
                familiarity,
            };
        least.into_iter().map(reason).collect()
    }

    /// The known cluster of the family whose words are most alike; of equals the least id. Told of new clusters only.
    fn nearest_known(&self, cluster: &Cluster<'_>, case: &Case<'_>) -> Option<Reason> {
        if case.novelty != Novelty::New || cluster.overflow {
            return None;
        }
        let mine = words(cluster.shown());
        let known = self.known_words().iter().filter(|(one, _)| one.id != cluster.id);
        let (nearest, theirs) =
            known.max_by_key(|(one, theirs)| (likeness(&mine, theirs), Reverse(one.id)))?;
        Some(Reason::NearestKnown {
            cluster: nearest.id,
            template: nearest.shown().to_owned(),
            only_here: only_in(cluster.shown(), theirs),
            only_there: only_in(nearest.shown(), &mine),
        })
    }

    fn known_words(&self) -> &[(&'a Cluster<'a>, BTreeSet<&'a str>)] {
        self.known_words.get_or_init(|| {
            let known = self
                .family
                .iter()
                .filter(|one| one.before.is_some() && !one.overflow);
            known.map(|one| (one, words(one.shown()))).collect()
        })
    }
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split_whitespace().collect()
}

/// The words of a text that are not among those of another one, in order, each once.
fn only_in(text: &str, others: &BTreeSet<&str>) -> Vec<String> {
    let mut told = BTreeSet::new();
    let words = text.split_whitespace().filter(|word| !others.contains(word));
    let words = words.filter(|word| told.insert(*word));
    words.take(MAX_WORDS).map(str::to_owned).collect()
}

/// The share of words that two texts have in common, in thousandths.
fn likeness(a: &BTreeSet<&str>, b: &BTreeSet<&str>) -> usize {
    let common = a.intersection(b).count();
    (2000 * common).checked_div(a.len() + b.len()).unwrap_or(0)
}
