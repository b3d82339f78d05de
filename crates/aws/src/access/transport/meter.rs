//! What went over the wire, and what the servers' clocks say.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use firstsight_cloudtrail::Timestamp;

use crate::access::Traffic;

/// Counts, shared by all clients of one access.
#[derive(Debug)]
pub(crate) struct Meter {
    requests: AtomicU64,
    bytes: AtomicU64,
    throttled: AtomicU64,
    failed: AtomicU64,
    ahead: Mutex<Option<i64>>,
    begun: Instant,
    now: Timestamp,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With an answer, of whatever kind.
    Answered,
    /// With an answer that asks to slow down.
    Throttled,
    /// Without a usable answer, or with a 5xx one.
    Failed,
}

/// A request on its way. One that is dropped (its attempt took too long) has failed.
#[derive(Debug)]
pub(super) struct Sent {
    meter: Arc<Meter>,
    ended: bool,
}

impl Meter {
    /// Counts nothing yet; the present is `now`.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            ahead: Mutex::new(None),
            begun: Instant::now(),
            now,
        }
    }

    pub(crate) fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.requests.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            throttled: self.throttled.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn clock_ahead_millis(&self) -> Option<i64> {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more request goes out.
    pub(super) fn send(self: &Arc<Self>) -> Sent {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Sent {
            meter: Arc::clone(self),
            ended: false,
        }
    }

    /// Takes the `Date` of an answer; one that cannot be read says nothing.
    pub(super) fn date(&self, header: &str) {
        let Some(server) = DateTime::from_str(header, Format::HttpDate)
            .ok()
            .and_then(|date| date.to_millis().ok())
        else {
            return;
        };
        let elapsed = i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        let ahead = server.saturating_sub(self.now.as_millis().saturating_add(elapsed));
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
    }
}

impl Sent {
    /// Bytes of a body.
    pub(super) fn received(&self, bytes: usize) {
        self.meter.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// It has ended so.
    pub(super) fn end(mut self, ending: Ending) {
        self.ended = true;
        self.count(ending);
    }

    fn count(&self, ending: Ending) {
        match ending {
            Ending::Answered => {}
            Ending::Throttled => _ = self.meter.throttled.fetch_add(1, Ordering::Relaxed),
            Ending::Failed => _ = self.meter.failed.fetch_add(1, Ordering::Relaxed),
        }
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if !self.ended {
            self.count(Ending::Failed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_clock_is_compared_with_ours() {
        let meter = Meter::new(Timestamp::from_secs(784_111_777 - 90)); // Sun, 06 Nov 1994 08:48:07 GMT
        assert_eq!(meter.clock_ahead_millis(), None);
        meter.date("not a date");
        assert_eq!(meter.clock_ahead_millis(), None);
        meter.date("Sun, 06 Nov 1994 08:49:37 GMT");
        let ahead = meter.clock_ahead_millis().expect("a date was seen");
        assert!(ahead <= 90_000, "time has passed since: {ahead}");
        assert!(ahead > 30_000, "and not a minute: {ahead}");
    }

    #[test]
    fn what_is_given_up_has_failed() {
        let meter = Arc::new(Meter::new(Timestamp::from_secs(0)));
        drop(meter.send());
        meter.send().end(Ending::Answered);
        meter.send().end(Ending::Throttled);
        let expected = Traffic {
            requests: 3,
            bytes: 0,
            throttled: 1,
            failed: 1,
        };
        assert_eq!(meter.traffic(), expected);
    }
}
