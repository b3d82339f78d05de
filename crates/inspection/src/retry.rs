//! When a delivery that failed is tried again: a pure function, randomness is an argument.

use std::time::Duration;

use firstsight_engine::{Digest, Time};

/// How a delivery that failed is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The longest wait after the first failure, in milliseconds; it doubles with each further one. Default 30 s.
    pub first_wait: i64,
    /// The longest wait of all, in milliseconds. Default 30 min.
    pub longest_wait: i64,
    /// The seed of full jitter: each wait is somewhere between none and its longest, so that what failed together is not
    /// tried again together. The same seed, delivery and attempt give the same wait. `None` waits the longest. What the far
    /// side asks for is waited for in any case, up to a day. Default a fixed seed.
    pub jitter: Option<u64>,
    /// An event that the far side did not take, and did not refuse for good either, is parked after so many attempts.
    /// Default 10: with the other defaults an hour and more.
    pub tries: u32,
}

/// The longest wait that a far side is granted, in milliseconds: a mistake in one header must not keep an event, and what
/// follows it in its fault, for ever.
const LONGEST_ASKED: i64 = 24 * 3_600_000;

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first_wait: 30_000,
            longest_wait: 1_800_000,
            jitter: Some(0),
            tries: 10,
        }
    }
}

impl RetryPolicy {
    /// When the delivery that this key names is tried again, after so many attempts before the one that failed.
    pub(crate) fn next(&self, now: Time, key: &str, attempts: u32, asked: Option<Duration>) -> Time {
        let doubled = self.first_wait.saturating_mul(1_i64 << attempts.min(30));
        let longest = doubled.clamp(0, self.longest_wait.max(0));
        let wait = match self.jitter {
            Some(seed) => part_of(longest, seed, key, attempts),
            None => longest,
        };
        let drawn = Time::from_millis(now.as_millis().saturating_add(wait));
        asked.map_or(drawn, |asked| drawn.max(behind(now, asked)))
    }
}

/// When the wait that a far side asks for is over.
pub(crate) fn behind(now: Time, asked: Duration) -> Time {
    let asked = i64::try_from(asked.as_millis()).unwrap_or(i64::MAX);
    Time::from_millis(now.as_millis().saturating_add(asked.min(LONGEST_ASKED)))
}

/// A number between 0 and the longest, as good as random over keys and attempts.
fn part_of(longest: i64, seed: u64, key: &str, attempts: u32) -> i64 {
    let hash = Digest::of(&["jitter", &seed.to_string(), key, &attempts.to_string()]);
    let [a, b, c, d, e, f, g, h, ..] = hash.0;
    let drawn = i64::from_be_bytes([a, b, c, d, e, f, g, h]);
    drawn.rem_euclid(longest.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(policy: RetryPolicy, key: &str, attempts: u32, asked: Option<u64>) -> i64 {
        let next = policy.next(Time::from_secs(0), key, attempts, asked.map(Duration::from_secs));
        next.as_millis()
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let policy = RetryPolicy {
            jitter: None,
            ..RetryPolicy::default()
        };
        let waits: Vec<i64> = [0, 1, 2, 5, 6, 99].map(|n| wait(policy, "a", n, None)).to_vec();
        assert_eq!(waits, [30_000, 60_000, 120_000, 960_000, 1_800_000, 1_800_000]);
    }

    #[test]
    fn jitter_spreads_over_the_whole_wait_and_repeats_itself() {
        let policy = RetryPolicy::default();
        let waits: Vec<i64> = (0..400).map(|n| wait(policy, &n.to_string(), 1, None)).collect();
        assert!(waits.iter().all(|wait| (0..=60_000).contains(wait)));
        for part in 0..4 {
            let range = part * 15_000..(part + 1) * 15_000;
            let inside = waits.iter().filter(|wait| range.contains(*wait)).count();
            assert!((60..=140).contains(&inside), "{inside} waits in {range:?}");
        }
        let again: Vec<i64> = (0..400).map(|n| wait(policy, &n.to_string(), 1, None)).collect();
        assert_eq!(waits, again);
        let reseeded = RetryPolicy {
            jitter: Some(1),
            ..policy
        };
        assert_ne!(waits[0], wait(reseeded, "0", 1, None));
    }

    #[test]
    fn what_the_far_side_asks_for_is_waited_for_and_no_more_than_a_day() {
        for (asked, waited) in [(7_200, 7_200_000), (86_400, 86_400_000), (u64::MAX, 86_400_000)] {
            assert_eq!(
                wait(RetryPolicy::default(), "a", 0, Some(asked)),
                waited,
                "{asked}"
            );
        }
    }
}
