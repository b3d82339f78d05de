//! When an inspection runs: cron expressions in a time zone.
//!
//! An expression is a set of wall-clock minutes. Those that a change of the clocks skips come as much later (02:30 becomes
//! 03:30); those that come twice are ticks the first time, and both times where the expression goes by every hour (its hour field
//! begins with `*`). So a daily tick is never lost and never doubled, and an hourly one never leaves out an hour.

mod error;
mod expression;
#[cfg(test)]
mod tests;

use std::fmt;

use error::Wrong;
use expression::Expression;
use firstsight_engine::{Hour, Time};
use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

use crate::alert::ZoneName;

pub use error::ScheduleError;

/// Further than the 29th of February is from the next, over the turn of a century.
const LOOK_AROUND_DAYS: u32 = 8 * 366 + 7;
/// A change of the clocks moves a tick by at most a day (Samoa left one out).
const NEIGHBOURS: u32 = 2;

/// A cron expression in a time zone: minute, hour, day of the month, month, day of the week (as `crontab(5)` has them), or a
/// nickname (`@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`).
///
/// Fields have numbers, ranges, lists, steps (`*/15`, `8-18/2`), names of days and months, and `L` as the last day of the month.
/// Where both days are restricted (do not begin with `*`), either of them is enough.
///
/// A tick names the window's end: the window ends with the whole UTC hour that the tick stands in or at.
#[derive(Clone, Debug)]
pub struct Schedule {
    written: String,
    expression: Expression,
    zone: ZoneName,
    clock: TimeZone,
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written && self.zone == other.zone
    }
}

impl Eq for Schedule {}

impl Schedule {
    /// Every hour, on the hour.
    #[must_use]
    pub fn hourly() -> Self {
        Self {
            written: "0 * * * *".to_owned(),
            expression: Expression::hourly(),
            zone: ZoneName::default(),
            clock: TimeZone::UTC,
        }
    }

    /// Reads an expression; the time zone is an IANA name.
    ///
    /// # Errors
    /// What is wrong with it, for the one who wrote it.
    pub fn new(expression: &str, time_zone: &str) -> Result<Self, ScheduleError> {
        let zone = ZoneName(time_zone.to_owned());
        let clock = zone.zone();
        let clock = clock.ok_or_else(|| ScheduleError(Wrong::Zone(time_zone.to_owned())))?;
        Ok(Self {
            written: expression.trim().to_owned(),
            expression: Expression::read(expression).map_err(ScheduleError)?,
            zone,
            clock,
        })
    }

    /// The expression, as it was written.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.written
    }

    /// The time zone's IANA name.
    #[must_use]
    pub fn time_zone(&self) -> &str {
        &self.zone.0
    }

    /// The first tick behind a time. `None` where there is none within eight years (the 30th of February).
    ///
    /// Wall-clock times that a change of the clocks skips are moved behind the gap; those that come twice are ticks once, unless
    /// the expression goes by every hour.
    #[must_use]
    pub fn next(&self, after: Time) -> Option<Time> {
        let days = self.days(after, 1);
        nearest(
            days.map(|date| self.ticks(date).filter(|tick| *tick > after).min()),
            Time::min,
        )
    }

    /// The last tick at or before a time. `None` where there is none within eight years.
    #[must_use]
    pub fn last(&self, until: Time) -> Option<Time> {
        let days = self.days(until, -1);
        nearest(
            days.map(|date| self.ticks(date).filter(|tick| *tick <= until).max()),
            Time::max,
        )
    }

    /// The end of a tick's window.
    #[must_use]
    pub fn window_end(tick: Time) -> Hour {
        tick.hour()
    }

    /// The dates from the ones around a time on, forwards or backwards; none for a time that no calendar has.
    fn days(&self, from: Time, step: i64) -> impl Iterator<Item = Option<Date>> + use<> {
        let at = Timestamp::from_millisecond(from.as_millis()).ok();
        let date = at.map(|at| self.clock.to_datetime(at).date());
        let first = -i64::from(NEIGHBOURS);
        let last = i64::from(LOOK_AROUND_DAYS);
        (first..last).map_while(move |day| Some(date?.checked_add((day * step).days()).ok()))
    }

    /// The ticks of a date on the wall, in no order.
    fn ticks(&self, date: Option<Date>) -> impl Iterator<Item = Time> {
        let date = date.filter(|date| self.expression.has_day(*date));
        let clocks = date.into_iter().flat_map(|date| self.expression.clocks(date));
        let moments = clocks.flat_map(|clock| {
            let clock = self.clock.to_ambiguous_timestamp(clock);
            // A time that is skipped is moved, one that comes twice is the first: RFC 5545 has it so too.
            let again = clock.later().ok().filter(|_| {
                self.expression.goes_by_every_hour() && matches!(clock.offset(), AmbiguousOffset::Fold { .. })
            });
            [clock.compatible().ok(), again]
        });
        moments
            .flatten()
            .map(|moment| Time::from_millis(moment.as_millisecond()))
    }
}

/// The best of the first day that has one and of its neighbours: a change of the clocks moves ticks over midnight.
fn nearest(mut days: impl Iterator<Item = Option<Time>>, better: fn(Time, Time) -> Time) -> Option<Time> {
    let first = days.by_ref().flatten().next()?;
    let neighbours = days.take(NEIGHBOURS as usize).flatten();
    Some(neighbours.fold(first, better))
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.written, self.zone.0)
    }
}
