//! For sources over stored logs, which can be asked by a log's time alone: slices of that time, when one is read again,
//! and names for pages that follow from what they hold.

use std::fmt::{self, Write as _};

use firstsight_cloudtrail::{TimeRange, Timestamp};
use sha2::{Digest, Sha256};

/// An hour, in milliseconds.
pub const HOUR: i64 = 3_600_000;
/// A day, in milliseconds.
pub const DAY: i64 = 24 * HOUR;

/// 128 bits of SHA-256 over some texts, each with its length before it, in hexadecimal. As the name of a page it stays the
/// same whenever the page is read, for as long as it holds the same.
pub fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let bytes = hash.finalize();
    bytes.iter().take(16).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A stretch of log time that begins at a multiple of its length in UTC. Displays as `2026-11-23T06:00Z+1h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slice {
    start: Timestamp,
    hours: i64,
}

impl Slice {
    /// The slice that a moment lies in; `hours` is a divisor of 24.
    #[must_use]
    pub fn at(time: Timestamp, hours: i64) -> Self {
        let length = hours * HOUR;
        let start = time.as_millis().div_euclid(length) * length;
        Self {
            start: Timestamp::from_millis(start),
            hours,
        }
    }

    /// The slices that hold a range, the oldest first.
    pub fn over(range: TimeRange, hours: i64) -> impl Iterator<Item = Self> {
        let first = Self::at(range.start, hours);
        std::iter::successors(Some(first), move |slice| Some(Self::at(slice.end(), hours)))
            .take_while(move |slice| slice.start < range.end)
    }

    /// What [`Display`](fmt::Display) wrote; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (start, hours) = text.strip_suffix('h')?.split_once("Z+")?;
        let slice = Self {
            start: format!("{start}:00Z").parse().ok()?,
            hours: hours.parse().ok().filter(|hours| (1..=24).contains(hours))?,
        };
        // Only one text names a slice: whoever wrote another one does not know what it is.
        (Self::at(slice.start, slice.hours) == slice && slice.to_string() == text).then_some(slice)
    }

    /// Its first moment.
    #[must_use]
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// The first moment behind it.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.start.plus_millis(self.hours * HOUR)
    }

    /// From when on this slice has to be read again, after a read that began at `read_at`; `None` when it need not be.
    ///
    /// A log service selects by log time and cannot be asked for what has arrived since. So what ended less than `overlap`
    /// (milliseconds) before it was read is read again in each run, and each day once more in the first run after
    /// midnight, for what came later still.
    #[must_use]
    pub fn again(&self, read_at: Timestamp, now: Timestamp, overlap: i64) -> Option<Timestamp> {
        if read_at >= now {
            return None;
        }
        if self.ends_in_a_day_between(read_at, now) {
            return Some(self.start);
        }
        let since = read_at.plus_millis(-overlap);
        (self.end() > since).then(|| self.resumed_at(since))
    }

    /// A short slice from its start: its pages are then the units that they were, which the store passes over. A long
    /// one from the hour on: its old pages would be asked for in vain.
    fn resumed_at(&self, since: Timestamp) -> Timestamp {
        if self.hours <= 1 {
            self.start
        } else {
            self.start.max(since.hour().start())
        }
    }

    /// Whether the day of this slice ended (midnight, UTC) after one moment and not after the other.
    fn ends_in_a_day_between(&self, after: Timestamp, until: Timestamp) -> bool {
        let midnight = Timestamp::from_millis((self.start.as_millis().div_euclid(DAY) + 1) * DAY);
        after < midnight && midnight <= until
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.start.to_string();
        // Whole hours: the seconds say nothing.
        write!(
            f,
            "{}Z+{}h",
            start.strip_suffix(":00Z").unwrap_or(&start),
            self.hours
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}Z").parse().unwrap()
    }

    #[test]
    fn a_slice_is_named_by_its_start_and_length() {
        for (hours, name) in [
            (1, "2026-11-23T07:00Z+1h"),
            (6, "2026-11-23T06:00Z+6h"),
            (24, "2026-11-23T00:00Z+24h"),
        ] {
            let slice = Slice::at(at("23T07:59:59.999"), hours);
            assert_eq!(slice.to_string(), name);
            assert_eq!(Slice::parse(name), Some(slice));
        }
        let others = [
            "",
            "pulse",
            "2026-11-23T07:00Z+0h",
            "2026-11-23T07:00Z+25h",
            "2026-11-23T07:30Z+1h",
            "2026-11-23T07:00Z+6h",
            "2026-11-23T07:00Z+01h",
            "2026-11-23T07:00:00Z+1h",
            "2026-11-23T07:00Z+-1h",
            "x2026-11-23T07:00Z+1h",
        ];
        for other in others {
            assert_eq!(Slice::parse(other), None, "{other}");
        }
    }

    #[test]
    fn slices_hold_their_range() {
        let range = TimeRange::new(at("23T07:30:00"), at("23T13:00:00"));
        let names: Vec<String> = Slice::over(range, 3).map(|slice| slice.to_string()).collect();
        assert_eq!(
            names,
            [
                "2026-11-23T06:00Z+3h",
                "2026-11-23T09:00Z+3h",
                "2026-11-23T12:00Z+3h"
            ]
        );
        assert_eq!(Slice::over(TimeRange::new(range.end, range.start), 1).count(), 0);
        assert_eq!(Slice::over(TimeRange::new(range.end, range.end), 1).count(), 0);
    }

    #[test]
    fn what_is_young_is_read_again_and_each_day_once_more() {
        let slice = Slice::at(at("23T06:00:00"), 1);
        let again = |read_at: &str, now: &str| slice.again(at(read_at), at(now), 2 * HOUR);
        let whole = Some(slice.start());
        assert_eq!(again("23T08:59:00", "23T09:30:00"), whole);
        assert_eq!(
            again("23T09:00:00", "23T10:00:00"),
            None,
            "it ended two hours before it was read"
        );
        assert_eq!(again("23T09:00:00", "23T23:59:59"), None);
        assert_eq!(again("23T09:00:00", "24T00:00:00"), whole);
        assert_eq!(again("24T00:00:00", "25T01:00:00"), None);
        assert_eq!(
            again("23T06:30:00", "23T06:30:00"),
            None,
            "the same present has nothing new"
        );
        assert_eq!(
            again("23T06:30:00", "23T06:10:00"),
            None,
            "nor has an earlier one"
        );
    }
}
