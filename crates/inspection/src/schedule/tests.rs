//! Ticks around changes of the clocks, what is refused and in which words, and what holds of all schedules.

use std::collections::BTreeSet;

use firstsight_engine::Locale;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

fn schedule(expression: &str, zone: &str) -> Schedule {
    Schedule::new(expression, zone).unwrap_or_else(|error| panic!("{expression}: {error}"))
}

/// The ticks behind a time.
fn ticks(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let schedule = schedule(expression, zone);
    let ticks = std::iter::successors(schedule.next(at(after)), |tick| schedule.next(*tick));
    ticks.take(count).map(|tick| tick.to_string()).collect()
}

/// What is said of an expression that is refused.
fn refused(expression: &str, locale: Locale) -> String {
    Schedule::new(expression, "UTC")
        .expect_err(expression)
        .told(locale)
}

#[test]
fn ticks_are_exact_whatever_the_second() {
    let hourly = Schedule::hourly();
    for (time, next, last) in [
        (
            "2026-11-23T10:59:59.999Z",
            "2026-11-23T11:00:00Z",
            "2026-11-23T10:00:00Z",
        ),
        (
            "2026-11-23T11:00:00Z",
            "2026-11-23T12:00:00Z",
            "2026-11-23T11:00:00Z",
        ),
        (
            "2026-11-23T11:00:00.001Z",
            "2026-11-23T12:00:00Z",
            "2026-11-23T11:00:00Z",
        ),
    ] {
        assert_eq!(hourly.next(at(time)), Some(at(next)), "{time}");
        assert_eq!(hourly.last(at(time)), Some(at(last)), "{time}");
    }
    assert_eq!(
        Schedule::window_end(at("2026-11-23T11:30:00Z"))
            .start()
            .to_string(),
        "2026-11-23T11:00:00Z"
    );
}

#[test]
fn the_hourly_schedule_is_what_its_expression_says() {
    let read = schedule("0 * * * *", "UTC");
    assert_eq!(read, Schedule::hourly());
    assert_eq!(Schedule::hourly().to_string(), "0 * * * * (UTC)");
    let mut time = at("2026-02-27T00:10:00Z");
    for _ in 0..100 {
        assert_eq!(read.next(time), Schedule::hourly().next(time));
        time = read.next(time).unwrap();
    }
    assert_eq!(time, at("2026-03-03T04:00:00Z"));
}

#[test]
fn a_zone_that_is_half_an_hour_off_ticks_at_half_past() {
    assert_eq!(
        ticks("0 9 * * *", "Asia/Kolkata", "2026-11-23T00:00:00Z", 2),
        ["2026-11-23T03:30:00Z", "2026-11-24T03:30:00Z"]
    );
}

#[test]
fn what_the_clocks_skip_comes_as_much_later() {
    // Berlin, 2026-03-29: 02:00 is 03:00. New York, 2026-03-08: 02:00 is 03:00. Lord Howe, 2026-10-04: 02:00 is 02:30.
    for (expression, zone, after, wanted) in [
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            ["2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"],
        ),
        (
            "0 2 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            ["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"],
        ),
        (
            "30 2 * * *",
            "America/New_York",
            "2026-03-07T12:00:00Z",
            ["2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z"],
        ),
        (
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T12:00:00Z",
            ["2026-10-03T15:45:00Z", "2026-10-04T15:15:00Z"],
        ),
        (
            "0 * * * *",
            "Europe/Berlin",
            "2026-03-29T00:10:00Z",
            ["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"],
        ),
        // What is skipped and what follows are one tick.
        (
            "0 2,3 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            ["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"],
        ),
        // A day that a zone left out: Apia had no 2011-12-30.
        (
            "0 9 * * *",
            "Pacific/Apia",
            "2011-12-29T12:00:00Z",
            ["2011-12-29T19:00:00Z", "2011-12-30T19:00:00Z"],
        ),
        (
            "0 9 30 12 *",
            "Pacific/Apia",
            "2011-12-01T00:00:00Z",
            ["2011-12-30T19:00:00Z", "2012-12-29T19:00:00Z"],
        ),
    ] {
        assert_eq!(
            ticks(expression, zone, after, 2),
            wanted,
            "{expression} in {zone}"
        );
    }
}

#[test]
fn what_comes_twice_is_a_tick_once_unless_it_goes_by_every_hour() {
    // Berlin, 2026-10-25: 03:00 is 02:00. New York, 2026-11-01: 02:00 is 01:00. Lord Howe, 2026-04-05: 02:00 is 01:30.
    for (expression, zone, after, wanted) in [
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        ),
        (
            "30 1-3 * * *",
            "Europe/Berlin",
            "2026-10-24T23:40:00Z",
            ["2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z"],
        ),
        (
            "30 * * * *",
            "Europe/Berlin",
            "2026-10-25T00:10:00Z",
            ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"],
        ),
        (
            "0 */2 * * *",
            "Europe/Berlin",
            "2026-10-24T23:00:00Z",
            ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"],
        ),
        (
            "0 1 * * *",
            "America/New_York",
            "2026-10-31T12:00:00Z",
            ["2026-11-01T05:00:00Z", "2026-11-02T06:00:00Z"],
        ),
        (
            "0 * * * *",
            "America/New_York",
            "2026-11-01T04:10:00Z",
            ["2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z"],
        ),
        (
            "45 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-04T10:00:00Z",
            ["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"],
        ),
        (
            "45 * * * *",
            "Australia/Lord_Howe",
            "2026-04-04T14:00:00Z",
            ["2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"],
        ),
    ] {
        assert_eq!(
            ticks(expression, zone, after, 2),
            wanted,
            "{expression} in {zone}"
        );
    }
}

#[test]
fn days_match_as_in_crontab() {
    // 2026-11-23 is a Monday.
    let from = "2026-11-23T12:00:00Z";
    for (expression, wanted) in [
        ("0 0 * * fri", ["2026-11-27", "2026-12-04", "2026-12-11"]),
        ("0 0 * * 7", ["2026-11-29", "2026-12-06", "2026-12-13"]),
        ("0 0 * * SAT-SUN", ["2026-11-28", "2026-11-29", "2026-12-05"]),
        ("0 0 * * 5-0", ["2026-11-27", "2026-11-28", "2026-11-29"]),
        ("0 0 * * 1-5/2", ["2026-11-25", "2026-11-27", "2026-11-30"]),
        ("0 0 1,L * *", ["2026-11-30", "2026-12-01", "2026-12-31"]),
        ("0 0 L feb *", ["2027-02-28", "2028-02-29", "2029-02-28"]),
        ("0 0 29 feb *", ["2028-02-29", "2032-02-29", "2036-02-29"]),
        // Both days restricted: either.
        ("0 0 1 * mon", ["2026-11-30", "2026-12-01", "2026-12-07"]),
        // One of them begins with a star: both.
        ("0 0 */2 * mon", ["2026-12-07", "2026-12-21", "2027-01-11"]),
        ("0 0 13 * */5", ["2026-12-13", "2027-06-13", "2027-08-13"]),
        ("0 0 1 jan,JUL *", ["2027-01-01", "2027-07-01", "2028-01-01"]),
        ("@daily", ["2026-11-24", "2026-11-25", "2026-11-26"]),
        ("@Midnight", ["2026-11-24", "2026-11-25", "2026-11-26"]),
        ("@weekly", ["2026-11-29", "2026-12-06", "2026-12-13"]),
        ("@monthly", ["2026-12-01", "2027-01-01", "2027-02-01"]),
        (" @yearly ", ["2027-01-01", "2028-01-01", "2029-01-01"]),
    ] {
        let wanted = wanted.map(|date| format!("{date}T00:00:00Z"));
        assert_eq!(ticks(expression, "UTC", from, 3), wanted, "{expression}");
    }
}

#[test]
fn a_date_that_never_comes_has_no_tick() {
    let never = schedule("0 0 30 2 *", "Europe/Berlin");
    assert_eq!(never.next(at("2026-11-23T00:00:00Z")), None);
    assert_eq!(never.last(at("2026-11-23T00:00:00Z")), None);
    let leap = schedule("0 0 29 2 *", "UTC");
    assert_eq!(
        leap.next(at("2096-03-01T00:00:00Z")),
        Some(at("2104-02-29T00:00:00Z"))
    );
    assert_eq!(
        leap.last(at("2104-02-28T00:00:00Z")),
        Some(at("2096-02-29T00:00:00Z"))
    );
    for end in [Time::MIN, Time::MAX] {
        let _ = (leap.next(end), leap.last(end));
    }
}

const REFUSED: [&str; 29] = [
    "",
    "* * * *",
    "*/10 0 * * * *",
    "1 2 3 4 5 6 7",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "* * * * 8",
    "* * * foo *",
    "* * * * monday",
    "x * * * *",
    "*/0 * * * *",
    "*/90 * * * *",
    "5/10 * * * *",
    "/5 * * * *",
    "1,,2 * * * *",
    "30-10 * * * *",
    "1-2-3 * * * *",
    "-1 * * * *",
    "+1 * * * *",
    "* * 15W * *",
    "* * * * 5#2",
    "* L * * *",
    "* * ? * *",
    "99999 * * * *",
    "@reboot",
    "@",
    "mon * * * *",
];

/// Each with what is said of it.
fn all_refused(locale: Locale) -> String {
    let said = REFUSED.map(|expression| format!("{expression}\n  {}", refused(expression, locale)));
    said.join("\n")
}

#[test]
fn what_is_wrong_is_said_of_its_field() {
    insta::assert_snapshot!(all_refused(Locale::English));
    for locale in Locale::ALL {
        assert!(refused(&"1,".repeat(400), locale).contains("500"));
        let zone = Schedule::new("0 * * * *", "Mars/Olympus")
            .unwrap_err()
            .told(locale);
        assert!(
            zone.contains("\"Mars/Olympus\"") && zone.contains("IANA"),
            "{zone}"
        );
    }
}

#[test]
fn what_is_wrong_is_said_in_chinese_too() {
    insta::assert_snapshot!(all_refused(Locale::Chinese));
}

const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Africa/Casablanca",
];

/// A field, with what it matches.
type Part = (String, BTreeSet<i8>);

fn part(least: i8, most: i8) -> impl Strategy<Value = Part> {
    let all = move || least..=most;
    prop_oneof![
        Just(("*".to_owned(), all().collect())),
        (1..most).prop_map(move |step| {
            let step = usize::from(step.unsigned_abs());
            (format!("*/{step}"), all().step_by(step).collect())
        }),
        (least..=most).prop_map(|number| (number.to_string(), BTreeSet::from([number]))),
        prop::collection::btree_set(least..=most, 2..5).prop_map(|numbers| {
            let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            (texts.join(","), numbers)
        }),
    ]
}

/// Times of all kinds, and many near changes of the clocks: there Apia left out a day, São Paulo changes at midnight, and Morocco
/// goes back for a month.
fn time() -> impl Strategy<Value = Time> {
    let changes = [
        "2026-03-29T01:00:00Z",
        "2026-10-25T01:00:00Z",
        "2026-03-08T07:00:00Z",
        "2026-11-01T06:00:00Z",
        "2026-04-04T15:00:00Z",
        "2026-10-03T15:30:00Z",
        "2011-12-30T10:00:00Z",
        "2017-10-15T03:00:00Z",
        "2018-02-18T02:00:00Z",
        "2026-02-15T02:00:00Z",
    ];
    let near = (
        prop::sample::select(changes.to_vec()),
        -90_000_000_i64..90_000_000,
    )
        .prop_map(|(change, millis)| at(change).plus_millis(millis));
    prop_oneof![
        near,
        (1_300_000_000_000_i64..4_000_000_000_000).prop_map(Time::from_millis)
    ]
}

/// Every tick of a day and a half around a time, worked out minute by minute.
fn by_the_minute(minutes: &Part, hours: &Part, zone: &str, around: Time) -> BTreeSet<Time> {
    let zone = jiff::tz::TimeZoneDatabase::bundled().get(zone).unwrap();
    let middle = Timestamp::from_second(around.as_secs().div_euclid(60) * 60).unwrap();
    let matches =
        |clock: jiff::civil::DateTime| minutes.1.contains(&clock.minute()) && hours.1.contains(&clock.hour());
    let mut found = BTreeSet::new();
    let mut keep = |moment: Timestamp| found.insert(Time::from_millis(moment.as_millisecond()));
    for minute in -1000_i64..=1000 {
        let moment = middle + minute.minutes();
        let clock = zone.to_datetime(moment);
        let is_first = || hours.0.starts_with('*') || !shown_before(&zone, moment);
        if matches(clock) && is_first() {
            keep(moment);
        }
        // Behind a gap, the times that it swallowed: as they would be had the clocks not been changed.
        let unchanged = zone.to_offset(moment - 25.hours()).to_datetime(moment);
        if matches(unchanged) && !is_shown(&zone, unchanged) {
            keep(moment);
        }
    }
    found
}

/// Whether the clock showed the same time within the last day and an hour.
fn shown_before(zone: &TimeZone, moment: Timestamp) -> bool {
    let clock = zone.to_datetime(moment);
    let mut earlier = (1..=50).map(|half_hours: i64| moment - (half_hours * 30).minutes());
    earlier.any(|earlier| zone.to_datetime(earlier) == clock)
}

/// Whether the clock ever shows this time.
fn is_shown(zone: &TimeZone, clock: jiff::civil::DateTime) -> bool {
    let utc = TimeZone::UTC.to_timestamp(clock).unwrap();
    let offsets = [-30_i64, 30].map(|hours| zone.to_offset(utc + hours.hours()));
    offsets.iter().any(|offset| {
        offset
            .to_timestamp(clock)
            .is_ok_and(|moment| zone.to_datetime(moment) == clock)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn ticks_are_those_of_the_clock_on_the_wall(
        minutes in part(0, 59), hours in part(0, 23), zone in prop::sample::select(&ZONES[..]), time in time(),
    ) {
        let schedule = schedule(&format!("{} {} * * *", minutes.0, hours.0), zone);
        let wanted = by_the_minute(&minutes, &hours, zone, time);
        // Where none lies inside, none is told nearer.
        let (next, last) = (schedule.next(time).unwrap(), schedule.last(time).unwrap());
        let near = |tick: &Time| (tick.as_millis() - time.as_millis()).abs() < 59_000_000;
        prop_assert_eq!(Some(next).filter(near), wanted.iter().find(|tick| **tick > time).copied().filter(near));
        prop_assert_eq!(Some(last).filter(near), wanted.iter().rfind(|tick| **tick <= time).copied().filter(near));
    }

    #[test]
    fn next_and_last_agree(
        minutes in part(0, 59), hours in part(0, 23), days in part(1, 31), months in part(1, 12), weekdays in part(0, 7),
        zone in prop::sample::select(&ZONES[..]), time in time(), later in 0_i64..200_000_000,
    ) {
        let expression = format!("{} {} {} {} {}", minutes.0, hours.0, days.0, months.0, weekdays.0);
        let schedule = schedule(&expression, zone);
        if let Some(next) = schedule.next(time) {
            prop_assert!(next > time);
            prop_assert_eq!(schedule.last(next), Some(next));
            prop_assert_eq!(schedule.last(next.plus_millis(-1)), schedule.last(time), "nothing lies between");
            prop_assert!(schedule.next(time.plus_millis(later)).is_none_or(|after| after >= next), "monotone");
        }
        if let Some(last) = schedule.last(time) {
            prop_assert!(last <= time);
            prop_assert_eq!(schedule.next(last.plus_millis(-1)), Some(last));
        }
    }

    #[test]
    fn whatever_is_written_is_read_or_refused(text in "[-0-9*/,a-zL#?@ +]{0,40}|\\PC{0,20}") {
        if let Ok(schedule) = Schedule::new(&text, "Europe/Berlin") {
            prop_assert_eq!(schedule.expression(), text.trim());
            let _ = schedule.next(at("2026-11-23T00:00:00Z"));
        }
    }
}
