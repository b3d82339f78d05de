//! How many queries a minute are made.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// Queries a minute when nothing else is said.
pub(super) const DEFAULT: u32 = 15;

/// Guance takes 20 requests a minute for each key
/// (<https://docs.guance.com/en/open-api/api-limit/>); a burst and a minute's quota together are no more by default.
const BURST: u32 = 5;

/// Lets queries pass at a budget.
#[derive(Debug)]
pub(super) struct Pace(DefaultDirectRateLimiter);

impl Pace {
    pub(super) fn new(per_minute: u32) -> Self {
        Self(RateLimiter::direct(quota(per_minute)))
    }

    /// Waits until one more may be made.
    pub(super) async fn pass(&self) {
        self.0.until_ready().await;
    }
}

/// A third of the budget may go at once, up to [`BURST`].
fn quota(per_minute: u32) -> Quota {
    let rate = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
    let burst = NonZeroU32::new((rate.get() / 3).min(BURST)).unwrap_or(NonZeroU32::MIN);
    let period = Duration::from_secs(60) / rate.get();
    Quota::with_period(period).map_or_else(|| Quota::per_minute(rate), |quota| quota.allow_burst(burst))
}

#[cfg(test)]
mod tests {
    use governor::clock::{Clock, FakeRelativeClock};

    use super::*;

    /// When each of so many queries goes, in milliseconds, if all want to go at once.
    fn departures(per_minute: u32, count: usize) -> Vec<u128> {
        let clock = FakeRelativeClock::default();
        let limiter = RateLimiter::direct_with_clock(quota(per_minute), clock.clone());
        let mut elapsed = Duration::ZERO;
        let mut times = Vec::new();
        while times.len() < count {
            match limiter.check() {
                Ok(()) => times.push(elapsed.as_millis()),
                Err(refused) => {
                    let wait = refused.wait_time_from(clock.now());
                    clock.advance(wait);
                    elapsed += wait;
                }
            }
        }
        times
    }

    #[test]
    fn no_minute_holds_more_than_a_key_may_ask() {
        let times = departures(DEFAULT, 100);
        for (index, first) in times.iter().enumerate() {
            let minute = times[index..].iter().take_while(|time| **time < first + 60_000);
            assert!(minute.count() <= 20, "from {first} ms on");
        }
    }

    #[test]
    fn the_whole_budget_is_used() {
        for rate in [1, 2, 15, 600] {
            let last = departures(rate, 61).pop().unwrap();
            assert!(last <= 60 * 60_000 / u128::from(rate), "{rate}: {last} ms");
        }
        assert_eq!(departures(0, 2), departures(1, 2), "none would be none for ever");
    }
}
