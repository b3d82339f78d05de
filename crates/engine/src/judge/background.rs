//! What an account's errors were like before the window.

use std::collections::BTreeMap;

use super::input::{AccountHistory, JudgeInput};
use super::verdict::{Familiarity, Learning};
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
    pub(super) learning: Option<Learning>,
    counts: BTreeMap<(Dimension, &'a str), u64>,
}

impl<'a> Background<'a> {
    pub(super) fn new(input: &JudgeInput, account: Option<&'a AccountHistory>) -> Self {
        let values = account.into_iter().flat_map(|account| &account.values);
        let counts = values.map(|value| {
            let count = value.before.map_or(0, |before| before.count);
            ((value.dimension, value.value.as_str()), count)
        });
        let baseline = input.baseline.end.as_millis() - input.baseline.start.as_millis();
        Self {
            errors: account.map_or(0, |account| account.baseline_errors),
            compared_hours: history_hours(input, account).min(whole_hours(baseline)),
            learning: learning(input, account),
            counts: counts.collect(),
        }
    }

    pub(super) fn familiarity(&self, dimension: Dimension, value: &str) -> Familiarity {
        match self.counts.get(&(dimension, value)).copied().unwrap_or(0) {
            0 => Familiarity::Unseen,
            1..=RARE => Familiarity::Rare,
            count if count.saturating_mul(100) <= self.errors => Familiarity::Infrequent,
            _ => Familiarity::Frequent,
        }
    }
}

/// Whole hours of history that an account has before the window.
fn history_hours(input: &JudgeInput, account: Option<&AccountHistory>) -> i64 {
    let first = account.and_then(|history| history.first_record);
    first.map_or(0, |first| {
        whole_hours(input.window.start.as_millis() - first.as_millis())
    })
}

/// Set while an account's history before the window is shorter than the policy asks for.
pub(super) fn learning(input: &JudgeInput, account: Option<&AccountHistory>) -> Option<Learning> {
    let learning = Learning {
        have_hours: history_hours(input, account),
        need_hours: input.policy.min_history_hours,
    };
    (learning.have_hours < learning.need_hours).then_some(learning)
}
