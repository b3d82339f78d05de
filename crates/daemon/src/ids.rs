//! Ids of runs.

use std::sync::atomic::{AtomicU64, Ordering};

use firstsight_engine::Time;

/// Makes ids that differ: within a process by a count, between processes by their seed and the time.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: u64,
    made: AtomicU64,
}

impl Ids {
    pub(crate) const fn new(seed: u64) -> Self {
        Self {
            seed,
            made: AtomicU64::new(0),
        }
    }

    /// Sixteen hexadecimal digits.
    pub(crate) fn next(&self, now: Time) -> String {
        let made = self.made.fetch_add(1, Ordering::Relaxed);
        let mixed = mix(mix(self.seed ^ mix(now.as_millis().cast_unsigned())) ^ made);
        format!("{mixed:016x}")
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): every bit of the
/// input reaches every bit of the output, and no two inputs meet.
const fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_differ_within_and_between_processes() {
        let now = Time::from_secs(1);
        let mut ids = BTreeSet::new();
        for seed in 0..10 {
            let process = Ids::new(seed);
            ids.extend((0..100).map(|_| process.next(now)));
        }
        ids.insert(Ids::new(0).next(Time::from_secs(2)));
        assert_eq!(ids.len(), 1001);
        assert!(ids.iter().all(|id| id.len() == 16));
    }
}
