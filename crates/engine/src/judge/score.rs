//! How unusual a finding is, see [`Finding::score`](super::verdict::Finding::score).

use super::background::Background;
use super::evidence::Case;
use super::facts::Facts;
use super::scope::Standing;
use super::verdict::{Familiarity, Novelty, Severity};
use crate::signature::Dimension;

/// The dimensions whose values are compared with the account's history, with the points that one gives to a score.
pub(super) const COMPARED: [(Dimension, u64); 5] = [
    (Dimension::Actor, 12),
    (Dimension::SourceNetwork, 10),
    (Dimension::Region, 8),
    (Dimension::UserAgent, 6),
    (Dimension::AccessKey, 4),
];

/// The score without the points of the severity, which may depend on it: may be below 0 and above 100.
pub(super) fn before_severity(
    facts: &Facts<'_>,
    case: &Case<'_>,
    background: &Background<'_>,
    standing: Option<&Standing>,
) -> i64 {
    let novelty = match case.novelty {
        Novelty::New => 40,
        Novelty::Returned | Novelty::Surge => 30,
        Novelty::NewActor => 25,
    };
    let explicit = facts.denial.is_some_and(|denial| denial.explicit);
    let marks = facts.noise.len().min(2);
    novelty + unfamiliarity(case, background) + 5 * i64::from(explicit) + standing.map_or(0, Standing::points)
        - 10 * i64::try_from(marks).unwrap_or(0)
        - 10 * i64::from(case.like.is_some())
}

/// The score of a finding of this severity.
pub(super) fn with_severity(before: i64, severity: Severity) -> u8 {
    bounded(before + 5 * severity as i64)
}

/// As a score: whole, from 0 to 100.
pub(super) fn bounded(points: i64) -> u8 {
    u8::try_from(points.clamp(0, 100)).unwrap_or(100)
}

fn unfamiliarity(case: &Case<'_>, background: &Background<'_>) -> i64 {
    let points = COMPARED.iter().map(|&(dimension, most)| {
        let least = least_familiar(case, background, dimension);
        most * least.map_or(0, |(_, familiarity)| match familiarity {
            Familiarity::Unseen => 4,
            Familiarity::Rare => 2,
            Familiarity::Infrequent => 1,
            Familiarity::Frequent => 0,
        })
    });
    let errors = u128::from(background.errors);
    let weighed = u128::from(points.sum::<u64>()) * errors / (4 * (errors + 20));
    i64::try_from(weighed).unwrap_or(i64::MAX)
}

/// Of the values of a dimension the one that the account knew least.
pub(super) fn least_familiar<'a>(
    case: &Case<'a>,
    background: &Background<'_>,
    dimension: Dimension,
) -> Option<(&'a str, Familiarity)> {
    let values = case.values.iter().filter(|(of, ..)| *of == dimension);
    let values = values.map(|&(_, value, _)| (value, background.familiarity(dimension, value)));
    values.min_by_key(|&(_, familiarity)| familiarity)
}
