//! A clock that moves only when it is told to.

use async_trait::async_trait;
use firstsight_engine::Time;
use tokio::sync::watch;

use crate::clock::Clock;

/// A clock for tests and simulations: time stands still until it is [set](Self::set).
#[derive(Debug)]
pub struct DrivenClock(watch::Sender<Hand>);

/// Where the clock stands.
#[derive(Clone, Copy, Debug)]
struct Hand {
    now: Time,
    /// The milliseconds that it has moved forward, all together.
    moved: i64,
}

impl DrivenClock {
    /// It is this time.
    #[must_use]
    pub fn new(now: Time) -> Self {
        Self(watch::Sender::new(Hand { now, moved: 0 }))
    }

    /// Now it is this time, later or earlier than before. Whoever waited for it goes on.
    pub fn set(&self, now: Time) {
        self.0.send_modify(|hand| {
            hand.moved += (now.as_millis() - hand.now.as_millis()).max(0);
            hand.now = now;
        });
    }
}

#[async_trait]
impl Clock for DrivenClock {
    fn now(&self) -> Time {
        self.0.borrow().now
    }

    async fn until(&self, time: Time) {
        let mut hand = self.0.subscribe();
        let since = *hand.borrow();
        let wait = time.as_millis() - since.now.as_millis();
        // The sender lives as long as this handle: an error cannot come.
        let _ = hand
            .wait_for(|hand| hand.now >= time || hand.moved - since.moved >= wait)
            .await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn waiting_ends_at_its_time_or_after_its_length() {
        let at = Time::from_secs;
        let clock = DrivenClock::new(at(100));
        assert!(clock.until(at(100)).now_or_never().is_some());
        let mut until = clock.until(at(160));
        assert!((&mut until).now_or_never().is_none());
        clock.set(at(159));
        assert!((&mut until).now_or_never().is_none());
        clock.set(at(160));
        assert!((&mut until).now_or_never().is_some());

        let mut until = clock.until(at(220));
        assert!((&mut until).now_or_never().is_none());
        clock.set(at(10));
        assert!((&mut until).now_or_never().is_none(), "set back");
        clock.set(at(70));
        assert!((&mut until).now_or_never().is_some(), "a minute has passed");
    }
}
