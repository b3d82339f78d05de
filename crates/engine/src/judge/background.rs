//! What an account's errors were like before the window, and what of it is too new to alert.

use std::collections::BTreeMap;

use firstsight_cloudtrail::Timestamp;

use super::cluster::Cluster;
use super::evidence::Case;
use super::input::{AccountHistory, JudgeInput, LearnBy, SourceHistory, Span};
use super::verdict::{Familiarity, Learner, Learning};
use super::whole_hours;
use crate::signature::Dimension;

/// At most so many occurrences are rare.
const RARE: u64 = 5;

/// What an account's errors were like before the window.
pub(super) struct Background<'a> {
    /// Error events in the baseline.
    pub(super) errors: u64,
    /// Hours of the baseline for which there is history.
    pub(super) compared_hours: i64,
    /// Set while the history is shorter than the policy asks for.
    learning: Option<Learning>,
    /// What is known of the values that are told apart.
    known: BTreeMap<(Dimension, &'a str), Option<Span>>,
    sources: &'a [SourceHistory],
}

impl<'a> Background<'a> {
    pub(super) fn new(input: &JudgeInput, account: Option<&'a AccountHistory>) -> Self {
        let values = account.into_iter().flat_map(|account| &account.values);
        let known = values.map(|value| ((value.dimension, value.value.as_str()), value.before));
        let baseline = input.baseline.end.as_millis() - input.baseline.start.as_millis();
        Self {
            errors: account.map_or(0, |account| account.baseline_errors),
            compared_hours: history_hours(input, account).min(whole_hours(baseline)),
            learning: learning(input, account),
            known: known.collect(),
            sources: account.map_or(&[][..], |account| &account.sources),
        }
    }

    /// Of a value that is not told apart nothing is claimed.
    pub(super) fn familiarity(&self, dimension: Dimension, value: &str) -> Familiarity {
        let Some(known) = self.known.get(&(dimension, value)) else {
            return Familiarity::Frequent;
        };
        match known.map_or(0, |before| before.count) {
            0 => Familiarity::Unseen,
            1..=RARE => Familiarity::Rare,
            count if count.saturating_mul(100) <= self.errors => Familiarity::Infrequent,
            _ => Familiarity::Frequent,
        }
    }

    /// What of a finding is still learning, the widest first: its account, its only region, a source that is younger
    /// than its cluster.
    pub(super) fn learner(
        &self,
        input: &JudgeInput,
        cluster: &Cluster<'_>,
        case: &Case<'_>,
    ) -> Option<(Learner, Learning)> {
        let account = self.learning.map(|learning| (Learner::Account, learning));
        account
            .or_else(|| self.region_learns(input, case))
            .or_else(|| self.source_learns(input, cluster))
    }

    fn region_learns(&self, input: &JudgeInput, case: &Case<'_>) -> Option<(Learner, Learning)> {
        let mut regions = case.values.iter().filter(|(of, ..)| *of == Dimension::Region);
        let (_, region, _) = regions.next().filter(|_| regions.next().is_none())?;
        let known = self.known.get(&(Dimension::Region, *region)).copied().flatten();
        let learning = too_young(input, LearnBy::Region, known.map(|before| before.first))?;
        Some((Learner::Region((*region).to_owned()), learning))
    }

    fn source_learns(&self, input: &JudgeInput, cluster: &Cluster<'_>) -> Option<(Learner, Learning)> {
        let first = cluster.before.or(cluster.within)?.first;
        let began_before = self.sources.iter().filter(|source| source.first_record <= first);
        let learning = began_before.filter_map(|source| {
            let learning = too_young(input, LearnBy::Source, Some(source.first_record))?;
            Some((learning, source))
        });
        // The one that needs longest; of equals the first by name.
        let (learning, source) =
            learning.min_by_key(|(learning, source)| (learning.have_hours, &source.name))?;
        Some((Learner::Source(source.name.clone()), learning))
    }
}

/// Whole hours of history that an account has before the window.
fn history_hours(input: &JudgeInput, account: Option<&AccountHistory>) -> i64 {
    hours_since(input, account.and_then(|history| history.first_record))
}

fn hours_since(input: &JudgeInput, first: Option<Timestamp>) -> i64 {
    first.map_or(0, |first| {
        whole_hours(input.window.start.as_millis() - first.as_millis())
    })
}

/// Set while an account's history before the window is shorter than the policy asks for.
pub(super) fn learning(input: &JudgeInput, account: Option<&AccountHistory>) -> Option<Learning> {
    too_young(
        input,
        LearnBy::Account,
        account.and_then(|history| history.first_record),
    )
}

/// Set while what began then has a shorter history than the policy asks for, if it asks.
fn too_young(input: &JudgeInput, by: LearnBy, first: Option<Timestamp>) -> Option<Learning> {
    let learning = Learning {
        have_hours: hours_since(input, first),
        need_hours: input.policy.min_history_hours,
    };
    let learns = input.policy.learn_by.contains(&by) && learning.have_hours < learning.need_hours;
    learns.then_some(learning)
}
