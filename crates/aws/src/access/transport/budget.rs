//! How many requests a second go to one account and region.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Mutex;

/// No budget is below this: a window has to end some time.
const LEAST: f64 = 0.1;

/// A token bucket, passed in turn: who came first goes first, so that no request waits for ever behind later ones.
#[derive(Debug)]
pub(crate) struct Budget<C: Clock = DefaultClock> {
    turn: Mutex<()>,
    limiter: RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<C::Instant>>,
    clock: C,
    rate: f64,
}

impl Budget<DefaultClock> {
    /// So many requests a second, with a burst of a quarter of a second's.
    pub(crate) fn new(rate: f64) -> Self {
        Self::with_clock(rate, DefaultClock::default())
    }
}

impl<C: Clock + Clone> Budget<C> {
    fn with_clock(rate: f64, clock: C) -> Self {
        let rate = rate.max(LEAST);
        Self {
            turn: Mutex::new(()),
            limiter: RateLimiter::direct_with_clock(quota(rate), clock.clone()),
            clock,
            rate,
        }
    }

    /// Requests a second.
    pub(crate) const fn rate(&self) -> f64 {
        self.rate
    }

    /// Waits until one more request may go.
    pub(crate) async fn pass(&self) {
        let _turn = self.turn.lock().await;
        while let Some(wait) = self.take() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes a token; how long to wait for one where there is none.
    fn take(&self) -> Option<Duration> {
        let refused = self.limiter.check().err()?;
        Some(refused.wait_time_from(self.clock.now()))
    }
}

fn quota(rate: f64) -> Quota {
    let burst = NonZeroU32::new((rate / 4.0).ceil() as u32).unwrap_or(NonZeroU32::MIN);
    let period = Duration::from_secs_f64(1.0 / rate).max(Duration::from_nanos(1));
    Quota::with_period(period).map_or_else(|| Quota::per_second(burst), |quota| quota.allow_burst(burst))
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    /// When each of so many requests goes, in milliseconds, if all want to go at once.
    fn departures(rate: f64, count: usize) -> Vec<u128> {
        let clock = FakeRelativeClock::default();
        let budget = Budget::with_clock(rate, clock.clone());
        let mut elapsed = Duration::ZERO;
        let depart = |_| {
            while let Some(wait) = budget.take() {
                clock.advance(wait);
                elapsed += wait;
            }
            elapsed.as_millis()
        };
        (0..count).map(depart).collect()
    }

    #[test]
    fn no_second_holds_more_than_the_rate_and_the_burst() {
        for (rate, burst) in [(12.5, 4), (5.0, 2), (2.5, 1), (1.0, 1), (100.0, 25)] {
            let times = departures(rate, 300);
            let most = (0..times.len())
                .map(|first| {
                    times[first..]
                        .iter()
                        .take_while(|time| **time < times[first] + 1000)
                        .count()
                })
                .max();
            assert!(
                most <= Some(rate.ceil() as usize + burst),
                "{rate}: {most:?} in a second"
            );
        }
    }

    #[test]
    fn the_whole_rate_is_used() {
        for rate in [12.5, 2.5, 100.0] {
            let last = *departures(rate, 201).last().expect("some") as f64;
            assert!(last <= 200.0 * 1000.0 / rate, "{rate}: {last} ms");
        }
    }

    #[tokio::test]
    async fn a_free_token_is_taken_at_once() {
        let budget = Budget::with_clock(4.0, FakeRelativeClock::default());
        budget.pass().await;
        assert!(budget.take().is_some(), "the burst is one");
    }
}
