//! What every store decides in the same way: pure functions.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use firstsight_engine::{Digest, Finding, Hour, KeyUse, Range, Sample, Span, Time};

use crate::JudgeQuery;

/// Half-open stretches of hour indices that a query is about. An hour belongs to where it begins; of no stretch is any
/// hour taken that is not remembered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hours {
    /// The first hour that is remembered.
    pub(crate) remember: i64,
    /// The first remembered hour from the baseline's start on.
    pub(crate) baseline: i64,
    /// The first remembered hour from the window's start on.
    pub(crate) window: i64,
    /// The first hour after the window.
    pub(crate) end: i64,
}

impl Hours {
    /// The hours of a query.
    pub(crate) fn of(query: &JudgeQuery) -> Self {
        let (window, end) = hours(&query.window);
        let remember = first_hour(query.remember_from);
        Self {
            remember,
            baseline: first_hour(query.baseline.start).max(remember),
            window: window.max(remember),
            end,
        }
    }

    /// The end of what is remembered from before the baseline.
    pub(crate) fn earlier_end(self) -> i64 {
        self.baseline.min(self.window)
    }

    /// The remembered hours of the baseline.
    pub(crate) fn baseline(self) -> std::ops::Range<Hour> {
        Hour::from_index(self.baseline)..Hour::from_index(self.window)
    }

    /// Whether a moment lies in the remembered time before the window's end.
    pub(crate) fn knows(self, time: Time) -> bool {
        (self.remember..self.end).contains(&time.hour().index())
    }
}

/// The first hour that begins at or after a moment.
pub(crate) fn first_hour(time: Time) -> i64 {
    let hour = time.hour();
    hour.index() + i64::from(hour.start() < time)
}

/// The hours that begin inside a range, half open.
pub(crate) fn hours(range: &Range) -> (i64, i64) {
    (first_hour(range.start), first_hour(range.end))
}

/// The hours before this one have ended by a moment.
pub(crate) fn ended(time: Time) -> i64 {
    time.hour().index()
}

/// Adds occurrences to what may have had none.
pub(crate) fn add(to: &mut Option<Span>, span: Span) {
    *to = Some(to.map_or(span, |known| known.merged(span)));
}

/// Where a sample stands in the order that decides which ones are kept, and its actor.
pub(crate) type Place<'a> = (Time, Digest, &'a str);

/// The samples that a fine template keeps: the earliest ones, and each actor's earliest of the actors who came first.
///
/// What is kept of kept ones is what is kept of all, and what is kept from before a moment does not depend on what came
/// after it: the order in which samples come does not matter.
pub(crate) fn kept<'a>(samples: impl Iterator<Item = Place<'a>>) -> BTreeSet<Digest> {
    let mut samples: Vec<_> = samples.collect();
    samples.sort_unstable();
    let mut actors = BTreeSet::new();
    let mut kept = BTreeSet::new();
    for (index, (_, identity, actor)) in samples.into_iter().enumerate() {
        let earliest_of_actor = actors.len() < Sample::KEEP_ACTORS && actors.insert(actor);
        if index < Sample::KEEP || earliest_of_actor {
            kept.insert(identity);
        }
    }
    kept
}

/// Amends a recorded finding by a later judgement's view of it: its first occurrence moves back, never forth. Tells
/// whether anything changed.
pub(crate) fn amend(recorded: &mut Finding, again: &Finding) -> bool {
    let mut changed = false;
    if again.within.first < recorded.within.first {
        recorded.within.first = again.within.first;
        changed = true;
    }
    if let Some(before) = again.before
        && recorded.before.is_none_or(|known| before.first < known.first)
    {
        recorded.before = Some(before);
        changed = true;
    }
    changed
}

/// The order of findings: newest window first, then most severe, then by id.
pub(crate) fn finding_order(a: &Finding, b: &Finding) -> Ordering {
    let key = |f: &Finding| (f.window.start, f.severity);
    key(b).cmp(&key(a)).then(a.id.cmp(&b.id))
}

/// Whether a key is forgotten once it has not been used for long: temporary ones are, long-lived ones are not.
pub(crate) fn is_forgotten(key: &str, last: &KeyUse, before: Time) -> bool {
    last.last_used < before && !key.starts_with(LONG_LIVED)
}

/// How the ids of long-lived access keys start. Source: IAM user guide, unique identifiers.
pub(crate) const LONG_LIVED: &str = "AKIA";

/// No occurrence, at a moment.
pub(crate) fn never(at: Time) -> Span {
    Span {
        count: 0,
        first: at,
        last: at,
    }
}

/// An hour's occurrences as a row.
pub(crate) fn hour_count(hour: i64, span: Span) -> firstsight_engine::HourCount {
    firstsight_engine::HourCount {
        hour: Hour::from_index(hour),
        span,
    }
}

/// At most so many; all when 0.
pub(crate) fn limited<T>(mut rows: Vec<T>, limit: usize) -> Vec<T> {
    if limit > 0 {
        rows.truncate(limit);
    }
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digest(number: u16) -> Digest {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        Digest(bytes)
    }

    type Taken = (Time, Digest, String);

    fn reduce(samples: &[Taken]) -> Vec<Taken> {
        let kept = kept(
            samples
                .iter()
                .map(|(time, id, actor)| (*time, *id, actor.as_str())),
        );
        samples
            .iter()
            .filter(|(_, id, _)| kept.contains(id))
            .cloned()
            .collect()
    }

    /// An identity has one time and one actor, in whatever part it stands; times are not in the order of identities.
    fn taken(id: &u16) -> Taken {
        let mixed = u32::from(*id) * 7919;
        let time = Time::from_millis(i64::from(mixed % 97));
        (time, digest(*id), format!("actor {}", mixed % 173))
    }

    proptest! {
        #[test]
        fn keeping_of_what_was_kept_is_keeping_of_all(
            parts in prop::collection::vec(prop::collection::btree_map(0u16..2000, 0u16..300, 0..200), 1..4)
        ) {
            let all: BTreeSet<_> = parts.iter().flat_map(|part| part.keys().map(taken)).collect();
            let by_parts: BTreeSet<_> = parts
                .iter()
                .flat_map(|part| reduce(&part.keys().map(taken).collect::<Vec<_>>()))
                .collect();
            let once = reduce(&all.into_iter().collect::<Vec<_>>());
            let twice = reduce(&by_parts.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(once, twice);
        }

        #[test]
        fn what_is_kept_from_before_a_moment_does_not_depend_on_what_came_after(
            ids in prop::collection::btree_set(0u16..2000, 0..400),
            end in 0..97_i64,
        ) {
            let end = Time::from_millis(end);
            let all: Vec<_> = ids.iter().map(taken).collect();
            let before: Vec<_> = all.iter().filter(|(time, ..)| *time < end).cloned().collect();
            let remaining: Vec<_> = reduce(&all).into_iter().filter(|(time, ..)| *time < end).collect();
            prop_assert_eq!(remaining, reduce(&before));
        }
    }

    #[test]
    fn keeps_the_earliest_and_each_actors_earliest() {
        let at = |n: u16| Time::from_millis(i64::from(9 - n));
        let samples: Vec<_> = (0..10)
            .map(|n| (at(n), digest(n), format!("{}", n / 5)))
            .collect();
        let kept: Vec<_> = reduce(&samples).into_iter().map(|(_, id, _)| id).collect();
        assert_eq!(kept, [digest(4), digest(7), digest(8), digest(9)]);
    }

    #[test]
    fn an_hour_belongs_to_where_it_begins() {
        let at = |text: &str| text.parse::<Time>().unwrap();
        let start = at("2026-03-01T10:00:00Z");
        assert_eq!(first_hour(start), start.hour().index());
        assert_eq!(first_hour(start.plus_millis(1)), start.hour().index() + 1);
        assert_eq!(ended(start.plus_millis(1)), start.hour().index());
    }
}
