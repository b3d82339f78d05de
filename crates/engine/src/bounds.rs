//! What bounds everything that a store keeps of a family, however much comes.

use crate::judge::input::FamilyKey;
use crate::signature::{ClusterId, Digest, SignatureId};

/// How much is told apart. What goes past a bound is counted exactly, but no longer one by one.
///
/// What is kept is decided by ids, so that it is the same however the events came: an id among the least of all is
/// among the least of every part, and folding on the way never folds what would have been kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Fine templates of one family that are kept one by one. Those that have a cluster stay; of the others, those with
    /// the least ids. The rest is folded into the family's [overflow template](Self::overflow). Default 1,000.
    pub templates_per_family: usize,
    /// Values of one dimension that a fine template tells apart: those with the least hashes. The others count for the
    /// [value that stands for them](Self::OTHERS). Default 1,000.
    pub values_per_dimension: usize,
    /// The same for all error events of an account. Default 100,000.
    pub values_per_account: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            templates_per_family: 1000,
            values_per_dimension: 1000,
            values_per_account: 100_000,
        }
    }
}

impl Bounds {
    /// The text of an overflow template, for the engine and for people.
    pub const OVERFLOW: &'static str = "<*>";

    /// The value that stands for those of a dimension that are not told apart. No event has an empty value.
    pub const OTHERS: &'static str = "";

    /// The fine template that takes what goes past a family's bound. It is no message's own: a fine template that is
    /// masked whole has the same text and another id.
    #[must_use]
    pub fn overflow(family: &FamilyKey) -> SignatureId {
        SignatureId(Digest::of(&[
            "overflow",
            &family.account,
            &family.event_source,
            &family.event_name,
            &family.error_code,
        ]))
    }

    /// The cluster of a family's overflow template, and of every template that had none when the family went past its
    /// bound.
    #[must_use]
    pub fn overflow_cluster(family: &FamilyKey) -> ClusterId {
        ClusterId(Self::overflow(family).0)
    }

    /// Those of a family's fine templates that are folded, by id: it has so many with a cluster, and these without one,
    /// its overflow template left out of both.
    #[must_use]
    pub fn folded(&self, assigned: usize, mut open: Vec<SignatureId>) -> Vec<SignatureId> {
        let room = self.templates_per_family.saturating_sub(assigned);
        open.sort_unstable();
        open.split_off(room.min(open.len()))
    }

    /// Those of these distinct values of one dimension that are not told apart where at most so many are.
    #[must_use]
    pub fn others<V: AsRef<str>>(most: usize, mut values: Vec<V>) -> Vec<V> {
        if values.len() <= most {
            return Vec::new();
        }
        values.sort_by_cached_key(|value| Digest::of(&[value.as_ref()]));
        values.split_off(most)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(numbers: &[u8]) -> Vec<SignatureId> {
        let distinct: std::collections::BTreeSet<_> = numbers.iter().collect();
        distinct
            .into_iter()
            .map(|number| SignatureId(Digest([*number; 16])))
            .collect()
    }

    fn kept(bounds: Bounds, assigned: usize, open: &[SignatureId]) -> Vec<SignatureId> {
        let folded = bounds.folded(assigned, open.to_vec());
        open.iter().filter(|id| !folded.contains(id)).copied().collect()
    }

    proptest! {
        #[test]
        fn folding_on_the_way_keeps_what_folding_at_the_end_keeps(
            parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..5),
            cap in 0_usize..20,
            assigned in 0_usize..5,
        ) {
            let bounds = Bounds { templates_per_family: cap, ..Bounds::default() };
            let mut on_the_way = Vec::new();
            for part in &parts {
                on_the_way.extend(ids(part));
                on_the_way.sort_unstable();
                on_the_way.dedup();
                on_the_way = kept(bounds, assigned, &on_the_way);
            }
            let at_the_end = kept(bounds, assigned, &ids(&parts.concat()));
            prop_assert!(at_the_end.len() <= cap);
            prop_assert_eq!(on_the_way, at_the_end);
        }

        #[test]
        fn the_same_values_are_told_apart_however_they_came(
            parts in proptest::collection::vec(proptest::collection::vec("[a-d]{1,3}", 0..40), 1..5),
            most in 0_usize..20,
        ) {
            let told_apart = |values: &[String]| {
                let distinct: std::collections::BTreeSet<_> = values.iter().cloned().collect();
                let others = Bounds::others(most, distinct.iter().cloned().collect());
                distinct.into_iter().filter(|value| !others.contains(value)).collect::<Vec<_>>()
            };
            let on_the_way = parts.iter().fold(Vec::new(), |sum, part| told_apart(&[sum, part.clone()].concat()));
            prop_assert_eq!(on_the_way, told_apart(&parts.concat()));
        }
    }
}
