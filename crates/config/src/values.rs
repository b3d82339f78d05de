//! Lengths of time, times of day, days and moments, as people write them; command lines write them the same way.
//!
//! What is wrong is said for people, without naming the key or flag.

use firstsight_engine::Time;
use firstsight_inspection::alert::{Day, Repeat, ZoneName};
use jiff::civil;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::nearest::nearest;

/// The longest length of time: a leap year, in seconds.
const LONGEST: i64 = 366 * 86_400;

/// A length of time in seconds: `90s`, `10m`, `24h`, `7d`, `2w`; `0` for none.
///
/// # Errors
/// Says how it is written, or that it is more than a year.
pub fn duration(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is no length of time: write 90s, 10m, 24h, 7d or 2w");
    if text == "0" {
        return Ok(0);
    }
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (count, unit) = text.split_at(split);
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err(wrong()),
    };
    if count.is_empty() {
        return Err(wrong());
    }
    let seconds = count
        .parse::<i64>()
        .ok()
        .and_then(|count| count.checked_mul(unit));
    seconds
        .filter(|seconds| *seconds <= LONGEST)
        .ok_or_else(|| format!("{text:?} is more than a year"))
}

/// A time of day in minutes: `18:00`; `24:00` is the day's end.
///
/// # Errors
/// Says how it is written.
pub fn time_of_day(text: &str) -> Result<u16, String> {
    let wrong = || format!("{text:?} is no time of day: write 08:30, 18:00 or 24:00");
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    let number = |digits: &str, lengths: &[usize]| {
        let is_plain = lengths.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| digits.parse::<u16>().ok()).flatten()
    };
    let hours = number(hours, &[1, 2]).ok_or_else(wrong)?;
    let minutes = number(minutes, &[2])
        .filter(|minutes| *minutes < 60)
        .ok_or_else(wrong)?;
    let time = hours * 60 + minutes;
    if time > 1_440 { Err(wrong()) } else { Ok(time) }
}

/// The days of the week, by their short names.
pub(crate) const DAYS: [(&str, Day); 7] = [
    ("mon", Day::Mon),
    ("tue", Day::Tue),
    ("wed", Day::Wed),
    ("thu", Day::Thu),
    ("fri", Day::Fri),
    ("sat", Day::Sat),
    ("sun", Day::Sun),
];

/// A time zone that is known.
///
/// # Errors
/// Proposes the nearest one.
pub fn zone(text: &str) -> Result<ZoneName, String> {
    let known = TimeZoneDatabase::bundled();
    if let Ok(found) = known.get(text) {
        let name = found.iana_name().unwrap_or(text).to_owned();
        return Ok(ZoneName(name));
    }
    let names: Vec<String> = known.available().map(|name| name.to_string()).collect();
    let hint = nearest(text, names.iter().map(String::as_str));
    let hint = hint.map_or_else(String::new, |name| format!("; did you mean {name:?}?"));
    Err(format!(
        "no time zone is called {text:?}: names are those of IANA, as Europe/Berlin{hint}"
    ))
}

/// The time zone's rules.
fn rules(zone: &ZoneName) -> TimeZone {
    let known = TimeZoneDatabase::bundled();
    known.get(&zone.0).unwrap_or(TimeZone::UTC)
}

/// A moment: `2026-11-24T02:00Z` with an offset; `2026-11-24T02:00` or `2026-11-24` (its beginning) by the time zone. A time
/// that a change of the clocks leaves out is an hour later, one that comes twice is the first.
///
/// # Errors
/// Says how it is written.
pub fn moment(text: &str, zone: &ZoneName) -> Result<Time, String> {
    let wrong = || format!("{text:?} is no time: write 2026-11-24T02:00, 2026-11-24T02:00Z or 2026-11-24");
    // TOML allows a space, and leaves out seconds as people do.
    let text = text.trim().replacen(' ', "T", 1);
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(Time::from_millis(time.as_millisecond()));
    }
    if text.ends_with(['Z', 'z']) {
        return Err(wrong());
    }
    let local = match text.parse::<civil::DateTime>() {
        Ok(time) => time,
        Err(_) => text.parse::<civil::Date>().map_err(|_| wrong())?.at(0, 0, 0, 0),
    };
    let zoned = local.to_zoned(rules(zone)).map_err(|_| wrong())?;
    Ok(Time::from_millis(zoned.timestamp().as_millisecond()))
}

/// What comes back, on one line: `02:00` every day, or `sat,sun 02:00`; for so many seconds.
///
/// # Errors
/// Says how it is written, or that a length is none.
pub fn repeat(text: &str, seconds: i64) -> Result<Repeat, String> {
    let wrong = || format!("{text:?} is no repetition: write 02:00 or 'sat,sun 02:00'");
    let (days, at) = match text.trim().split_once(' ') {
        Some((days, at)) => (days.split(',').map(day).collect::<Result<_, _>>()?, at.trim()),
        None => (Vec::new(), text.trim()),
    };
    if at.is_empty() {
        return Err(wrong());
    }
    Ok(Repeat {
        days,
        at: time_of_day(at)?,
        minutes: repeated_minutes(seconds)?,
    })
}

fn day(text: &str) -> Result<Day, String> {
    let text = text.trim();
    let found = DAYS.iter().find(|(name, _)| *name == text);
    let hint = || crate::nearest::hint(text, DAYS.map(|(name, _)| name));
    found
        .map(|(_, day)| *day)
        .ok_or_else(|| format!("{text:?} is no day{}", hint()))
}

/// How long what comes back lasts, in minutes.
pub(crate) fn repeated_minutes(seconds: i64) -> Result<u32, String> {
    let minutes = u32::try_from(seconds / 60).unwrap_or(u32::MAX);
    if (1..=10_080).contains(&minutes) {
        Ok(minutes)
    } else {
        Err("it lasts from a minute to a week: write 30m, 2h or 7d".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        let lengths = ["0", "90s", "10m", "24h", "7d", "2w"].map(|text| duration(text).unwrap());
        assert_eq!(lengths, [0, 90, 600, 86_400, 604_800, 1_209_600]);
        for wrong in [
            "",
            "h",
            "1",
            "-1h",
            "1.5h",
            "1 h",
            "1H",
            "é",
            "99999999999999999999s",
            "367d",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_of_day() {
        let times = ["00:00", "8:30", "18:05", "24:00"].map(|text| time_of_day(text).unwrap());
        assert_eq!(times, [0, 510, 1_085, 1_440]);
        for wrong in [
            "", "8", "08:60", "24:01", "99:99", "08:5", "+8:00", "08:00:00", "8h",
        ] {
            assert!(time_of_day(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn zones_by_name_and_the_nearest_one() {
        assert_eq!(zone("Asia/Shanghai").unwrap().0, "Asia/Shanghai");
        assert_eq!(zone("UTC").unwrap().0, "UTC");
        assert!(zone("Asia/Shangai").unwrap_err().contains("\"Asia/Shanghai\""));
        assert!(zone("").is_err());
    }

    #[test]
    fn moments_by_offset_or_zone() {
        let berlin = ZoneName("Europe/Berlin".to_owned());
        let at = |text: &str| moment(text, &berlin).map(|time| time.to_string());
        assert_eq!(at("2026-11-24T02:00").unwrap(), "2026-11-24T01:00:00Z");
        assert_eq!(at("2026-11-24 02:00:00").unwrap(), "2026-11-24T01:00:00Z");
        assert_eq!(at("2026-07-01").unwrap(), "2026-06-30T22:00:00Z");
        assert_eq!(at("2026-11-24T02:00Z").unwrap(), "2026-11-24T02:00:00Z");
        assert_eq!(at("2026-11-24T02:00+08:00").unwrap(), "2026-11-23T18:00:00Z");
        // The clocks go from 02:00 to 03:00.
        assert_eq!(at("2026-03-29T02:30").unwrap(), "2026-03-29T01:30:00Z");
        for wrong in ["", "tomorrow", "2026-13-01", "2026-11-24T25:00", "2026-11-24Z"] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn repetitions() {
        let weekend = repeat("sat,sun 02:00", 7_200).unwrap();
        assert_eq!(
            (weekend.days, weekend.at, weekend.minutes),
            (vec![Day::Sat, Day::Sun], 120, 120)
        );
        assert_eq!(repeat("02:00", 60).unwrap().days, []);
        for (wrong, seconds) in [
            ("", 60),
            ("sat", 60),
            ("weekend 02:00", 60),
            ("02:00", 59),
            ("02:00", 700_000),
        ] {
            assert!(repeat(wrong, seconds).is_err(), "{wrong}");
        }
    }
}
