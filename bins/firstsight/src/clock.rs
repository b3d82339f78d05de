//! The one place that reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use firstsight_cloudtrail::Timestamp;

/// The present.
#[allow(
    clippy::disallowed_methods,
    reason = "the binary is where the clock is read; everything else is told"
)]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
