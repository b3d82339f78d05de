//! Moments and lengths of time. A moment is shown as how long ago it was and by the clock, in UTC; a script keeps the first up
//! to date.

use firstsight_engine::{Locale, Time};
use firstsight_sink::text;
use maud::{Markup, html};

use crate::pages::visit::Visit;
use crate::pages::words::{self, fill};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Up to here hours are told; days from here on.
const TWO_DAYS: i64 = 2 * DAY;

/// A moment: `12 min ago`, and beneath it `2026-03-14 10:02`.
pub(crate) fn when(visit: &Visit, time: Time) -> Markup {
    html! {
        time.when datetime=(time) title={ (text::date(time)) " " (text::clock(time)) " UTC" } {
            span.ago data-ago=(time.as_millis()) { (relative(visit.locale, visit.now, time)) }
            " " span.clock { (text::minute(time)) }
        }
    }
}

/// A moment, or a word where there is none.
pub(crate) fn when_or(visit: &Visit, time: Option<Time>, otherwise: &str) -> Markup {
    time.map_or_else(|| html! { span.muted { (otherwise) } }, |time| when(visit, time))
}

/// A moment by the clock alone: `2026-03-14 10:02 UTC`.
pub(crate) fn clock(time: Time) -> Markup {
    html! { time datetime=(time) { (text::minute(time)) " UTC" } }
}

/// How long ago a moment was, or how far ahead it is.
pub(crate) fn relative(locale: Locale, now: Time, time: Time) -> String {
    let words = words::common::of(locale);
    let seconds = (now.as_millis().saturating_sub(time.as_millis())).div_euclid(1000);
    let size = seconds.abs();
    let (past, ahead, number) = match size {
        ..MINUTE => {
            return if seconds >= 0 {
                words.just_now
            } else {
                words.in_moments
            }
            .to_owned();
        }
        MINUTE..HOUR => (words.minutes_ago, words.in_minutes, size / MINUTE),
        HOUR..TWO_DAYS => (words.hours_ago, words.in_hours, size / HOUR),
        _ => (words.days_ago, words.in_days, size / DAY),
    };
    fill(if seconds >= 0 { past } else { ahead }, &[&number])
}

/// A length of time, to two units: `1 min 4 s`, `2 h 5 min`, `3 d`.
pub(crate) fn length(locale: Locale, seconds: i64) -> String {
    let words = words::common::of(locale);
    let seconds = seconds.max(0);
    let (one, two, large, small) = match seconds {
        0 => return words.moment.to_owned(),
        ..MINUTE => return fill(words.seconds, &[&seconds]),
        MINUTE..HOUR => (
            words.minutes,
            words.minutes_seconds,
            seconds / MINUTE,
            seconds % MINUTE,
        ),
        HOUR..DAY => (
            words.hours,
            words.hours_minutes,
            seconds / HOUR,
            seconds % HOUR / MINUTE,
        ),
        _ => (words.days, words.days_hours, seconds / DAY, seconds % DAY / HOUR),
    };
    if small == 0 {
        fill(one, &[&large])
    } else {
        fill(two, &[&large, &small])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_to_the_unit_that_matters() {
        let now: Time = "2026-03-14T11:00:00Z".parse().unwrap();
        let told = |seconds: i64| relative(Locale::English, now, now.plus_millis(seconds * 1000));
        let all = [
            -1, -59, -60, -3599, -3600, -172_799, -172_800, 30, 90, 7200, 200_000,
        ]
        .map(told);
        assert_eq!(
            all,
            [
                "just now",
                "just now",
                "1 min ago",
                "59 min ago",
                "1 h ago",
                "47 h ago",
                "2 d ago",
                "now",
                "in 1 min",
                "in 2 h",
                "in 2 d"
            ]
        );
        assert_eq!(
            relative(Locale::Chinese, now, now.plus_millis(-120_000)),
            "2 分钟前"
        );
    }

    #[test]
    fn lengths_have_two_units_at_most() {
        let told = |seconds| length(Locale::English, seconds);
        let all = [-5, 0, 59, 60, 64, 3600, 7500, 86_400, 100_000].map(told);
        assert_eq!(
            all,
            [
                "under 1 s",
                "under 1 s",
                "59 s",
                "1 min",
                "1 min 4 s",
                "1 h",
                "2 h 5 min",
                "1 d",
                "1 d 3 h"
            ]
        );
    }
}
