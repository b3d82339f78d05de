//! Hours and days in a time zone.
//!
//! [`Hours`] go by the clock on the wall: a stretch holds whenever the clock there shows a time inside it. So where the clocks
//! go forward, an hour that is skipped is not there, and where they go back, one that comes twice holds twice. A [`Repeat`]
//! begins once on each of its days and lasts as long as it says: where its time is skipped, it begins so much later (02:30
//! becomes 03:30), where it comes twice, the first time.

use std::sync::LazyLock;

use firstsight_engine::Time;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

const MINUTES_OF_DAY: u16 = 1440;
/// A weekday comes back after seven days; where a zone has left one out (Samoa, 2011-12-30), after fourteen.
const LOOK_AHEAD_DAYS: i64 = 15;
/// A [`Repeat`] lasts a week at the most, so that what holds now has begun at most so many days ago.
const LOOK_BACK_DAYS: i64 = 8;

/// The database that is part of the program. The machine's own is not looked at.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone by its IANA name, as `Asia/Shanghai`; `UTC` by default. The database is part of the program, so that the same
/// input gives the same answer everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneName(pub String);

impl Default for ZoneName {
    fn default() -> Self {
        Self("UTC".to_owned())
    }
}

impl ZoneName {
    /// Whether the database has it. Where it has not, hours hold always and mutes never: told rather than lost.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.zone().is_some()
    }

    /// The zone, where the database has it.
    pub(crate) fn zone(&self) -> Option<TimeZone> {
        ZONES.get(&self.0).ok()
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// Stretches of the week: these days, from one time of day to another (on the next day where it is not later).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The days on which it begins; every day when empty.
    #[serde(default)]
    pub days: Vec<Day>,
    /// From when, in minutes of the day.
    pub from: u16,
    /// Until when (excluded), in minutes of the day; 1440 is midnight.
    pub until: u16,
}

/// What comes back: these days, at a time of day, for so long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// The days on which it begins; every day when empty.
    #[serde(default)]
    pub days: Vec<Day>,
    /// At when, in minutes of the day.
    pub at: u16,
    /// For how long, in minutes, 1 to 10,080.
    pub minutes: u32,
}

impl Day {
    /// Every day, from Monday.
    pub const ALL: [Self; 7] = [
        Self::Mon,
        Self::Tue,
        Self::Wed,
        Self::Thu,
        Self::Fri,
        Self::Sat,
        Self::Sun,
    ];

    fn of(date: Date) -> Self {
        match date.weekday() {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }

    fn is_among(days: &[Self], date: Date) -> bool {
        days.is_empty() || days.contains(&Self::of(date))
    }
}

impl Hours {
    /// Whether the clock on the wall shows a time inside.
    fn holds(&self, clock: DateTime) -> bool {
        let minute = minute_of(clock);
        let begins = |date: Date| Day::is_among(&self.days, date);
        if self.until > self.from {
            return (self.from..self.until).contains(&minute) && begins(clock.date());
        }
        let began_yesterday = || clock.date().yesterday().is_ok_and(begins);
        (minute >= self.from && begins(clock.date())) || (minute < self.until && began_yesterday())
    }
}

/// Whether a time lies inside one of these stretches. Without a stretch, or in a time zone that is not known, it does.
pub(super) fn is_inside(hours: &[Hours], zone: &ZoneName, time: Time) -> bool {
    let (Some(zone), Some(at)) = (zone.zone(), timestamp(time)) else {
        return true;
    };
    hours.is_empty() || holds_at(hours, &zone, at)
}

fn holds_at(hours: &[Hours], zone: &TimeZone, at: Timestamp) -> bool {
    let clock = zone.to_datetime(at);
    hours.iter().any(|stretch| stretch.holds(clock))
}

/// The first time from here on that lies inside one of these stretches; `None` where there is none within two weeks.
pub(super) fn next_opening(hours: &[Hours], zone: &ZoneName, from: Time) -> Option<Time> {
    let (zone, at) = (zone.zone()?, timestamp(from)?);
    if holds_at(hours, &zone, at) {
        return Some(from);
    }
    let dates = dates(zone.to_datetime(at).date(), 0, LOOK_AHEAD_DAYS);
    let starts = dates.flat_map(|date| hours.iter().filter_map(move |stretch| clock(date, stretch.from)));
    let starts = starts.flat_map(|clock| moments(&zone, clock));
    // Where the clocks are changed, a stretch can begin or go on without its first minute being there.
    let last = at.checked_add((24 * LOOK_AHEAD_DAYS).hours()).ok()?;
    let changes = zone.following(at).map(|change| change.timestamp());
    let opening = starts
        .chain(changes.take_while(|change| *change <= last))
        .filter(|opening| *opening > at && holds_at(hours, &zone, *opening))
        .min()?;
    Some(Time::from_millis(opening.as_millisecond()))
}

impl Repeat {
    /// The stretch that a time lies in, or else the first one that begins later: from when until when (excluded); `None`
    /// where none begins within two weeks, or where the time zone is not known.
    pub(super) fn around(&self, zone: &ZoneName, time: Time) -> Option<(Time, Time)> {
        let (zone, at) = (zone.zone()?, timestamp(time)?);
        let dates = dates(zone.to_datetime(at).date(), -LOOK_BACK_DAYS, LOOK_AHEAD_DAYS);
        let days = dates.filter(|date| Day::is_among(&self.days, *date));
        let begins = days.filter_map(|date| zone.to_timestamp(clock(date, self.at)?).ok());
        let stretches = begins.map(|begin| {
            let begin = Time::from_millis(begin.as_millisecond());
            (begin, begin.plus_millis(i64::from(self.minutes) * 60_000))
        });
        stretches.filter(|(_, end)| time < *end).min()
    }

    pub(super) fn holds(&self, zone: &ZoneName, time: Time) -> bool {
        self.around(zone, time).is_some_and(|(begin, _)| begin <= time)
    }
}

/// The moments at which the clock on the wall shows this: none, one or two.
fn moments(zone: &TimeZone, clock: DateTime) -> impl Iterator<Item = Timestamp> + use<> {
    let moment = zone.to_ambiguous_timestamp(clock);
    [moment.earlier().ok(), moment.later().ok()].into_iter().flatten()
}

/// The dates from `first` to `last` days behind one.
fn dates(date: Date, first: i64, last: i64) -> impl Iterator<Item = Date> + Clone {
    (first..=last).filter_map(move |days| date.checked_add(days.days()).ok())
}

fn clock(date: Date, minute: u16) -> Option<DateTime> {
    let (hour, minute) = (minute / 60, minute % 60);
    Some(date.at(
        i8::try_from(hour).ok().filter(|hour| *hour < 24)?,
        minute as i8,
        0,
        0,
    ))
}

fn minute_of(clock: DateTime) -> u16 {
    let minute = i16::from(clock.hour()) * 60 + i16::from(clock.minute());
    minute.unsigned_abs() % MINUTES_OF_DAY
}

/// `None` for times that no calendar has.
fn timestamp(time: Time) -> Option<Timestamp> {
    Timestamp::from_millisecond(time.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> ZoneName {
        ZoneName(name.to_owned())
    }

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    /// `days from-until`, with times as `HH:MM`.
    fn hours(days: &[Day], from: &str, until: &str) -> Hours {
        Hours {
            days: days.to_vec(),
            from: minutes(from),
            until: minutes(until),
        }
    }

    fn minutes(clock: &str) -> u16 {
        let (hour, minute) = clock.split_once(':').unwrap();
        hour.parse::<u16>().unwrap() * 60 + minute.parse::<u16>().unwrap()
    }

    fn opening(hours: &[Hours], name: &str, from: &str) -> String {
        next_opening(hours, &zone(name), at(from)).map_or_else(|| "never".to_owned(), |time| time.to_string())
    }

    const OFFICE_DAYS: [Day; 5] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri];

    #[test]
    fn hours_hold_on_their_days_from_the_first_minute_to_before_the_last() {
        let office = [hours(&OFFICE_DAYS, "09:00", "18:00")];
        // 2026-11-23 is a Monday; Shanghai is eight hours ahead.
        for (time, inside) in [
            ("2026-11-23T00:59:59.999Z", false),
            ("2026-11-23T01:00:00Z", true),
            ("2026-11-23T09:59:59Z", true),
            ("2026-11-23T10:00:00Z", false),
            ("2026-11-22T05:00:00Z", false),
            ("2026-11-27T05:00:00Z", true),
            ("2026-11-28T05:00:00Z", false),
        ] {
            assert_eq!(
                is_inside(&office, &zone("Asia/Shanghai"), at(time)),
                inside,
                "{time}"
            );
        }
    }

    #[test]
    fn a_stretch_over_midnight_belongs_to_the_day_it_begins_on() {
        let night = [hours(&[Day::Fri, Day::Sun], "22:00", "06:00")];
        for (time, inside) in [
            ("2026-11-27T21:59:00Z", false),
            ("2026-11-27T22:00:00Z", true),
            ("2026-11-28T05:59:00Z", true),
            ("2026-11-28T06:00:00Z", false),
            ("2026-11-28T23:00:00Z", false),
            ("2026-11-29T05:00:00Z", false),
            // Over the end of the week.
            ("2026-11-29T23:00:00Z", true),
            ("2026-11-30T03:00:00Z", true),
            ("2026-11-30T23:00:00Z", false),
        ] {
            assert_eq!(
                is_inside(&night, &ZoneName::default(), at(time)),
                inside,
                "{time}"
            );
        }
    }

    #[test]
    fn from_one_time_to_the_same_is_a_whole_day_and_1440_is_midnight() {
        let whole = [hours(&[Day::Mon], "08:00", "08:00")];
        let day = [hours(&[Day::Mon], "00:00", "24:00")];
        let holds = |hours: &[Hours], time| is_inside(hours, &ZoneName::default(), at(time));
        assert!(holds(&whole, "2026-11-24T07:59:00Z") && !holds(&whole, "2026-11-24T08:00:00Z"));
        assert!(holds(&day, "2026-11-23T23:59:59Z") && !holds(&day, "2026-11-24T00:00:00Z"));
    }

    #[test]
    fn no_hours_and_an_unknown_zone_hold_always() {
        let noon = at("2026-11-23T12:00:00Z");
        assert!(is_inside(&[], &ZoneName::default(), noon));
        let never = [hours(&[], "00:00", "00:01")];
        assert!(is_inside(&never, &zone("Atlantis/Capital"), noon));
        assert!(!zone("Atlantis/Capital").is_known() && zone("Europe/Berlin").is_known());
    }

    #[test]
    fn opens_next_on_the_next_of_its_days() {
        let office = [hours(&OFFICE_DAYS, "09:00", "18:00")];
        for (from, open) in [
            ("2026-11-23T00:00:00Z", "2026-11-23T01:00:00Z"),
            ("2026-11-23T05:00:00Z", "2026-11-23T05:00:00Z"),
            ("2026-11-23T10:00:00Z", "2026-11-24T01:00:00Z"),
            ("2026-11-27T10:00:00Z", "2026-11-30T01:00:00Z"),
        ] {
            assert_eq!(opening(&office, "Asia/Shanghai", from), open, "{from}");
        }
    }

    #[test]
    fn opens_next_by_the_stretch_that_comes_first() {
        let two = [hours(&[], "20:00", "21:00"), hours(&[], "08:00", "09:00")];
        assert_eq!(
            opening(&two, "UTC", "2026-11-23T07:00:00Z"),
            "2026-11-23T08:00:00Z"
        );
        assert_eq!(
            opening(&two, "UTC", "2026-11-23T09:00:00Z"),
            "2026-11-23T20:00:00Z"
        );
    }

    /// Berlin, 2026-03-29: 02:00 becomes 03:00, at 01:00 UTC.
    #[test]
    fn a_skipped_hour_is_not_there() {
        let early = [hours(&[], "02:30", "04:00")];
        let holds = |time| is_inside(&early, &zone("Europe/Berlin"), at(time));
        assert!(
            !holds("2026-03-29T00:59:59Z") && holds("2026-03-29T01:00:00Z") && !holds("2026-03-29T02:00:00Z")
        );
        assert_eq!(
            opening(&early, "Europe/Berlin", "2026-03-28T23:00:00Z"),
            "2026-03-29T01:00:00Z"
        );
        let gone = [hours(&[], "02:00", "03:00")];
        assert_eq!(
            opening(&gone, "Europe/Berlin", "2026-03-28T12:00:00Z"),
            "2026-03-30T00:00:00Z"
        );
        let newyork = [hours(&[], "02:15", "03:15")];
        assert_eq!(
            opening(&newyork, "America/New_York", "2026-03-08T05:00:00Z"),
            "2026-03-08T07:00:00Z"
        );
    }

    /// Berlin, 2026-10-25: 03:00 becomes 02:00, at 01:00 UTC. New York, 2026-11-01: 02:00 becomes 01:00, at 06:00 UTC.
    #[test]
    fn a_doubled_hour_holds_twice() {
        let early = [hours(&[], "02:00", "02:30")];
        let inside: Vec<bool> = ["00:00", "00:29", "00:30", "01:00", "01:29", "01:30"]
            .map(|clock| {
                is_inside(
                    &early,
                    &zone("Europe/Berlin"),
                    at(&format!("2026-10-25T{clock}:00Z")),
                )
            })
            .to_vec();
        assert_eq!(inside, [true, true, false, true, true, false]);
        assert_eq!(
            opening(&early, "Europe/Berlin", "2026-10-25T00:30:00Z"),
            "2026-10-25T01:00:00Z"
        );
        let newyork = [hours(&[], "01:00", "02:00")];
        assert!(is_inside(
            &newyork,
            &zone("America/New_York"),
            at("2026-11-01T05:30:00Z")
        ));
        assert!(is_inside(
            &newyork,
            &zone("America/New_York"),
            at("2026-11-01T06:30:00Z")
        ));
        assert!(!is_inside(
            &newyork,
            &zone("America/New_York"),
            at("2026-11-01T07:00:00Z")
        ));
    }

    #[test]
    fn a_stretch_that_goes_on_behind_the_change_of_clocks_opens_there_again() {
        // 01:45 to 02:15 in New York: over at 02:00 = 01:00, it comes back at the second 01:45.
        let stretch = [hours(&[], "01:45", "02:15")];
        assert_eq!(
            opening(&stretch, "America/New_York", "2026-11-01T06:00:00Z"),
            "2026-11-01T06:45:00Z"
        );
    }

    #[test]
    fn a_day_that_a_zone_has_left_out_comes_a_week_later() {
        // In Samoa there was no Friday 2011-12-30.
        let friday = [hours(&[Day::Fri], "09:00", "10:00")];
        assert_eq!(
            opening(&friday, "Pacific/Apia", "2011-12-25T00:00:00Z"),
            "2012-01-05T19:00:00Z"
        );
    }

    #[test]
    fn hours_that_no_clock_shows_never_open() {
        let never = [Hours {
            days: Vec::new(),
            from: 2000,
            until: 2100,
        }];
        assert_eq!(opening(&never, "UTC", "2026-11-23T07:00:00Z"), "never");
    }

    fn repeat(days: &[Day], at: &str, minutes_long: u32) -> Repeat {
        Repeat {
            days: days.to_vec(),
            at: minutes(at),
            minutes: minutes_long,
        }
    }

    fn around(repeat: &Repeat, name: &str, time: &str) -> String {
        let around = repeat.around(&zone(name), at(time));
        around.map_or_else(|| "never".to_owned(), |(begin, end)| format!("{begin} {end}"))
    }

    #[test]
    fn what_repeats_holds_for_so_long_from_its_time() {
        let nightly = repeat(&[Day::Sat], "23:00", 120);
        let holds = |time| nightly.holds(&ZoneName::default(), at(time));
        assert!(!holds("2026-11-28T22:59:59Z") && holds("2026-11-28T23:00:00Z"));
        assert!(holds("2026-11-29T00:59:59Z") && !holds("2026-11-29T01:00:00Z"));
        assert!(!holds("2026-11-27T23:30:00Z"));
    }

    #[test]
    fn what_lasts_a_week_holds_always() {
        let week = repeat(&[Day::Wed], "12:00", 10_080);
        for day in 22..=29 {
            let time = at(&format!("2026-11-{day}T11:00:00Z"));
            assert!(week.holds(&ZoneName::default(), time), "{time}");
        }
    }

    #[test]
    fn what_repeats_begins_once_a_day_where_the_clocks_are_changed() {
        let skipped = repeat(&[], "02:30", 60);
        assert_eq!(
            around(&skipped, "Europe/Berlin", "2026-03-29T00:00:00Z"),
            "2026-03-29T01:30:00Z 2026-03-29T02:30:00Z"
        );
        let doubled = repeat(&[], "02:30", 60);
        assert_eq!(
            around(&doubled, "Europe/Berlin", "2026-10-25T00:00:00Z"),
            "2026-10-25T00:30:00Z 2026-10-25T01:30:00Z"
        );
        assert_eq!(
            around(&doubled, "Europe/Berlin", "2026-10-25T01:30:00Z"),
            "2026-10-26T01:30:00Z 2026-10-26T02:30:00Z"
        );
        let newyork = repeat(&[Day::Sun], "02:00", 30);
        assert_eq!(
            around(&newyork, "America/New_York", "2026-03-08T00:00:00Z"),
            "2026-03-08T07:00:00Z 2026-03-08T07:30:00Z"
        );
    }

    #[test]
    fn what_repeats_in_no_known_zone_never_holds() {
        let nightly = repeat(&[], "00:00", 1440);
        assert!(!nightly.holds(&zone("Nowhere"), at("2026-11-23T12:00:00Z")));
    }

    #[test]
    fn extremes_of_time_do_no_harm() {
        let office = [hours(&OFFICE_DAYS, "09:00", "18:00")];
        for time in [Time::MIN, Time::MAX] {
            let _ = (
                is_inside(&office, &ZoneName::default(), time),
                next_opening(&office, &ZoneName::default(), time),
                repeat(&[], "12:00", 1).around(&ZoneName::default(), time),
            );
        }
    }
}
