//! Time as CloudTrail states it: UTC, to the millisecond.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MILLIS_PER_HOUR: i64 = 3_600_000;

/// A moment in UTC, in milliseconds since 1970-01-01T00:00:00Z.
///
/// Displays, parses and serialises as ISO 8601 with `Z` (`2023-07-10T12:00:00Z`; milliseconds only where they are not
/// zero), the form of CloudTrail's `eventTime`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 2013-11-13, the day AWS introduced CloudTrail: no record is older.
    pub const CLOUDTRAIL_START: Self = Self(1_384_300_800_000);
    /// The earliest moment that can be displayed, 0001-01-01.
    pub const MIN: Self = Self(-62_135_596_800_000);
    /// The latest moment that can be displayed, 9999-12-30.
    pub const MAX: Self = Self(253_402_207_200_000);

    /// From milliseconds since the epoch; values outside [`MIN`](Self::MIN)..=[`MAX`](Self::MAX) are clamped.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(millis).clamp(Self::MIN, Self::MAX)
    }

    /// From seconds since the epoch, clamped like [`from_millis`](Self::from_millis).
    #[must_use]
    pub fn from_secs(secs: i64) -> Self {
        Self::from_millis(secs.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The UTC hour this moment lies in.
    #[must_use]
    pub const fn hour(self) -> Hour {
        Hour(self.0.div_euclid(MILLIS_PER_HOUR))
    }

    /// This moment moved by so many milliseconds, clamped at the ends.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    fn civil(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = if self.0.rem_euclid(1000) == 0 {
            "%Y-%m-%dT%H:%M:%SZ"
        } else {
            "%Y-%m-%dT%H:%M:%S.%3fZ"
        };
        self.civil().strftime(shape).fmt(f)
    }
}

/// The text was not an ISO 8601 date and time with an offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidTimestamp;

impl fmt::Display for InvalidTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a time like 2026-01-31T12:00:00Z")
    }
}

impl std::error::Error for InvalidTimestamp {}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(time) = canonical(text.as_bytes()) {
            return Ok(time);
        }
        let parsed: jiff::Timestamp = text.trim().parse().map_err(|_| InvalidTimestamp)?;
        let millis = parsed.as_millisecond();
        if (Self::MIN.0..=Self::MAX.0).contains(&millis) {
            Ok(Self(millis))
        } else {
            Err(InvalidTimestamp)
        }
    }
}

/// The form that CloudTrail writes, `2026-01-31T12:00:00Z`, without the general parser; `None` for any other form.
fn canonical(text: &[u8]) -> Option<Timestamp> {
    let &[
        y0,
        y1,
        y2,
        y3,
        b'-',
        m0,
        m1,
        b'-',
        d0,
        d1,
        b'T',
        h0,
        h1,
        b':',
        n0,
        n1,
        b':',
        s0,
        s1,
        b'Z',
    ] = text
    else {
        return None;
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i64, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + i64::from(digit - b'0'))
        })
    };
    let (year, month, day) = (number(&[y0, y1, y2, y3])?, number(&[m0, m1])?, number(&[d0, d1])?);
    let (hour, minute, second) = (number(&[h0, h1])?, number(&[n0, n1])?, number(&[s0, s1])?);
    // Days past the 28th depend on the month, and so do leap seconds on the day: the general parser knows.
    let plain = year >= 1 && (1..=12).contains(&month) && (1..=28).contains(&day);
    if !(plain && hour < 24 && minute < 60 && second < 60) {
        return None;
    }
    let days = days_since_epoch(year, month, day);
    Some(Timestamp::from_secs(
        ((days * 24 + hour) * 60 + minute) * 60 + second,
    ))
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, in years that begin with March (so that a leap day is
/// the last of its year).
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month < 3 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let before_year = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // March is month 0; each five months from there have 153 days. 719,468 days lie before 1970-01-01.
    before_year + (month * 153 + 2) / 5 + day - 1 - 719_468
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A whole UTC hour, counted since 1970-01-01T00:00:00Z. Serialises as the ISO 8601 moment of its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(i64);

impl Hour {
    /// From a count of hours since the epoch, clamped to what [`Timestamp`] can hold.
    #[must_use]
    pub fn from_index(index: i64) -> Self {
        Timestamp::from_millis(index.saturating_mul(MILLIS_PER_HOUR)).hour()
    }

    /// Hours since the epoch.
    #[must_use]
    pub const fn index(self) -> i64 {
        self.0
    }

    /// The moment this hour starts.
    #[must_use]
    pub fn start(self) -> Timestamp {
        Timestamp::from_millis(self.0 * MILLIS_PER_HOUR)
    }

    /// The hour so many hours later (earlier when negative).
    #[must_use]
    pub fn plus(self, hours: i64) -> Self {
        Self::from_index(self.0.saturating_add(hours))
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.start().fmt(f)
    }
}

impl Serialize for Hour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.start().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Hour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Timestamp::deserialize(deserializer)?.hour())
    }
}

/// A stretch of time: `start` belongs to it, `end` does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimeRange {
    /// The first moment inside.
    pub start: Timestamp,
    /// The first moment after it.
    pub end: Timestamp,
}

impl TimeRange {
    /// Everything that a [`Timestamp`] can state.
    pub const ALL: Self = Self {
        start: Timestamp::MIN,
        end: Timestamp::MAX,
    };

    /// From `start` up to but without `end`.
    #[must_use]
    pub const fn new(start: Timestamp, end: Timestamp) -> Self {
        Self { start, end }
    }

    /// The `hours` hours before `end`, whole when `end` starts an hour.
    #[must_use]
    pub fn hours_before(end: Hour, hours: i64) -> Self {
        Self {
            start: end.plus(-hours).start(),
            end: end.start(),
        }
    }

    /// Whether the moment lies inside.
    #[must_use]
    pub fn contains(&self, time: Timestamp) -> bool {
        self.start <= time && time < self.end
    }

    /// The hours that begin inside, in order.
    pub fn hours(&self) -> impl Iterator<Item = Hour> + use<> {
        let first = self.start.plus_millis(MILLIS_PER_HOUR - 1).hour().index();
        let last = self.end.plus_millis(MILLIS_PER_HOUR - 1).hour().index();
        (first..last).map(Hour::from_index)
    }
}

impl fmt::Display for TimeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_what_it_parses() {
        for text in [
            "2023-07-10T12:00:00Z",
            "1969-12-31T23:59:59Z",
            "2026-01-01T00:00:00.250Z",
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        assert_eq!(
            "2023-07-10T14:00:00+02:00"
                .parse::<Timestamp>()
                .unwrap()
                .to_string(),
            "2023-07-10T12:00:00Z"
        );
    }

    #[test]
    fn refuses_what_is_no_moment() {
        for text in ["", "yesterday", "2023-07-10", "2023-07-10T12:00:00", "1688990400"] {
            assert_eq!(text.parse::<Timestamp>(), Err(InvalidTimestamp), "{text}");
        }
    }

    #[test]
    fn the_canonical_form_reads_as_the_general_one() {
        for year in [
            1, 4, 100, 1899, 1900, 1969, 1970, 1999, 2000, 2023, 2024, 2026, 2100, 9999,
        ] {
            for month in 0..=13 {
                for day in 0..=32 {
                    let text = format!("{year:04}-{month:02}-{day:02}T23:59:58Z");
                    let general = text.replace('Z', ".0Z").parse::<Timestamp>();
                    assert_eq!(text.parse(), general, "{text}");
                }
            }
        }
        for clock in ["24:00:00", "00:60:00", "00:00:61", "0a:00:00"] {
            let text = format!("2026-01-31T{clock}Z");
            assert_eq!(
                text.parse(),
                text.replace('Z', ".0Z").parse::<Timestamp>(),
                "{text}"
            );
        }
    }

    #[test]
    fn extremes_display_and_stay_ordered() {
        assert_eq!(Timestamp::from_millis(i64::MIN), Timestamp::MIN);
        assert_eq!(Timestamp::MAX.to_string().parse(), Ok(Timestamp::MAX));
        assert_eq!(Timestamp::MIN.to_string().parse(), Ok(Timestamp::MIN));
    }

    #[test]
    fn hours_are_the_whole_ones_inside() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let range = TimeRange::new(at("2026-01-01T10:00:00Z"), at("2026-01-01T12:00:00Z"));
        assert_eq!(range.hours().count(), 2);
        assert_eq!(
            range,
            TimeRange::hours_before(at("2026-01-01T12:00:00Z").hour(), 2)
        );
        assert!(range.contains(range.start) && !range.contains(range.end));
    }
}
