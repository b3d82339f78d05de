//! The one place that reads the clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use firstsight_daemon::Clock;
use firstsight_engine::Time;

/// The wall clock is looked at so often while something waits: it may be set, and machines sleep.
const LOOK: Duration = Duration::from_secs(5);

/// The machine's clock.
#[derive(Debug)]
pub(crate) struct WallClock;

#[async_trait]
impl Clock for WallClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "the binary is where the clock is read; everything else is told"
    )]
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    async fn until(&self, time: Time) {
        // By a clock that nobody sets, which does not run while the machine sleeps.
        let mut left = between(self.now(), time);
        while !left.is_zero() && self.now() < time {
            let wait = left.min(between(self.now(), time)).min(LOOK);
            tokio::time::sleep(wait).await;
            left = left.saturating_sub(wait);
        }
    }
}

fn between(now: Time, time: Time) -> Duration {
    let millis = time.as_millis().saturating_sub(now.as_millis());
    Duration::from_millis(u64::try_from(millis).unwrap_or_default())
}
