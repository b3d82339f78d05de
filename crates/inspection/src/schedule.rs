//! When an inspection runs: cron expressions in a time zone.

use std::fmt;

use firstsight_engine::{Hour, Time};

/// A cron expression in a time zone: minute, hour, day of the month, month, day of the week (as `crontab(5)` has them), or a
/// nickname (`@hourly`, `@daily`, …).
///
/// A tick names the window's end: the window ends with the whole UTC hour that the tick stands in or at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    expression: String,
    time_zone: String,
}

impl Schedule {
    /// Every hour, on the hour.
    #[must_use]
    pub fn hourly() -> Self {
        Self {
            expression: "0 * * * *".to_owned(),
            time_zone: "UTC".to_owned(),
        }
    }

    /// Reads an expression; the time zone is an IANA name.
    ///
    /// # Errors
    /// What is wrong with it, for the one who wrote it.
    pub fn new(expression: &str, time_zone: &str) -> Result<Self, String> {
        let _ = (expression, time_zone);
        todo!()
    }

    /// The expression, as it was written.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// The time zone's IANA name.
    #[must_use]
    pub fn time_zone(&self) -> &str {
        &self.time_zone
    }

    /// The first tick behind a time. `None` where there is none within four years (the 30th of February).
    ///
    /// Wall-clock times that a change of the clocks skips are moved behind the gap; those that come twice are ticks once, unless
    /// the expression names every hour.
    #[must_use]
    pub fn next(&self, after: Time) -> Option<Time> {
        let _ = after;
        todo!()
    }

    /// The last tick at or before a time.
    #[must_use]
    pub fn last(&self, until: Time) -> Option<Time> {
        let _ = until;
        todo!()
    }

    /// The end of a tick's window.
    #[must_use]
    pub fn window_end(tick: Time) -> Hour {
        tick.hour()
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.expression, self.time_zone)
    }
}
