//! Counts without chance: what surges and what does not, and against what it is compared.

use firstsight_cloudtrail::Hour;

use super::*;
use crate::judge::input::Span;

/// Monday, 2026-01-05: hour 0 here.
fn at(hour: i64) -> Hour {
    "2026-01-05T00:00:00Z"
        .parse::<Timestamp>()
        .unwrap()
        .hour()
        .plus(hour)
}

fn counts(hours: impl IntoIterator<Item = i64>, count: impl Fn(i64) -> u64) -> Vec<HourCount> {
    let counted = hours.into_iter().map(|hour| (at(hour), count(hour)));
    let counted = counted.filter(|(_, count)| *count > 0);
    counted
        .map(|(hour, count)| HourCount {
            hour,
            span: Span {
                count,
                ..Span::at(hour.start())
            },
        })
        .collect()
}

/// Two every third hour and none else: as dispersed as independent events.
fn steady(hour: i64) -> u64 {
    if hour % 3 == 0 { 2 } else { 0 }
}

/// What is judged: a window after so many hours of history.
struct Case {
    start: i64,
    hours: i64,
    account_known: i64,
    cluster_known: i64,
}

/// One hour at noon of the Monday after 14 days.
const NOON: Case = Case {
    start: 14 * 24 + 12,
    hours: 1,
    account_known: 14 * 24,
    cluster_known: 14 * 24,
};

impl Case {
    fn after(days: i64) -> Self {
        let hours = days * 24;
        Self {
            start: hours + 12,
            account_known: hours,
            cluster_known: hours,
            ..NOON
        }
    }

    fn judged(&self, usual: impl Fn(i64) -> u64 + Copy, seen: u64) -> Option<Surge> {
        self.among(usual, seen, 1)
    }

    /// With so many active clusters, all alike.
    fn among(&self, usual: impl Fn(i64) -> u64 + Copy, seen: u64, active: usize) -> Option<Surge> {
        let errors = counts(self.start - self.account_known..self.start, usual);
        let mut hours = counts(self.start - self.cluster_known..self.start, usual);
        hours.extend(counts([self.start], |_| seen));
        let pool = Pool {
            window: TimeRange::new(at(self.start).start(), at(self.start + self.hours).start()),
            baseline: TimeRange::hours_before(at(self.start), self.account_known),
            history_from: Some(at(self.start - self.account_known).start()),
            errors: &errors,
        };
        let series = Series {
            hours: &hours,
            known_since: at(self.start - self.cluster_known).start(),
        };
        surges(&pool, &vec![series; active]).pop().flatten()
    }
}

#[test]
fn ten_instead_of_one_is_a_surge() {
    let surge = NOON.judged(|_| 1, 10).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&surge).unwrap());
    assert_eq!(
        serde_json::from_str::<Surge>(&serde_json::to_string(&surge).unwrap()).unwrap(),
        surge
    );
}

#[test]
fn what_is_usual_is_none() {
    for seen in 0..=4 {
        assert_eq!(NOON.judged(steady, seen), None, "{seen}");
    }
    assert_eq!(NOON.judged(|_| 100, 299), None, "less than threefold");
    assert!(NOON.judged(|_| 100, 301).is_some());
}

#[test]
fn at_most_is_the_last_usual_count() {
    for usual in [1, 4, 30] {
        let uneven = move |hour: i64| if hour % 5 == 0 { usual * 3 } else { usual / 2 };
        let at_most = NOON.judged(uneven, 1000).unwrap().at_most;
        assert_eq!(NOON.judged(uneven, at_most), None);
        assert_eq!(NOON.judged(uneven, at_most + 1).unwrap().at_most, at_most);
    }
}

#[test]
fn the_more_counts_vary_the_more_it_takes() {
    let at_most = |usual: fn(i64) -> u64| NOON.judged(usual, 10_000).unwrap();
    let even = at_most(|_| 6);
    // The same mean, in one hour of seven, whatever the hour of day.
    let bursts = at_most(|hour| if hour % 7 == 0 { 42 } else { 0 });
    assert_eq!(even.dispersion_millis, None);
    assert!(bursts.dispersion_millis.unwrap() < 1000, "{bursts:?}");
    assert!(bursts.at_most > 2 * even.at_most, "{even:?} {bursts:?}");
}

#[test]
fn more_active_clusters_raise_the_bar() {
    let at_most = |active| NOON.among(steady, 1000, active).unwrap().at_most;
    let bars: Vec<u64> = [1, 10, 100, 1000].map(at_most).to_vec();
    assert!(bars.is_sorted() && bars.first() < bars.last(), "{bars:?}");
}

#[test]
fn a_daily_job_is_usual_in_its_hour_and_nowhere_else() {
    let job = |hour: i64| {
        if hour.rem_euclid(24) == 12 {
            50
        } else {
            u64::from(hour % 6 == 0)
        }
    };
    assert_eq!(NOON.judged(job, 60), None);
    let evening = Case {
        start: NOON.start + 8,
        ..NOON
    };
    let surge = evening.judged(job, 50).unwrap();
    assert_eq!(surge.model, SurgeModel::HourOfDay);
    assert!(surge.expected_millis < 2000, "{surge:?}");
}

#[test]
fn nights_and_weekends_are_compared_with_their_like() {
    let office = |hour: i64| {
        let (day, hour) = (hour.rem_euclid(168) / 24, hour.rem_euclid(24));
        if day < 5 && (8..18).contains(&hour) {
            12 + hour.unsigned_abs() % 3
        } else {
            1
        }
    };
    let saturday = Case {
        start: NOON.start + 5 * 24,
        ..NOON
    };
    assert_eq!(NOON.judged(office, 16), None);
    assert!(saturday.judged(office, 16).is_some());
}

#[test]
fn hours_of_the_week_stand_for_themselves_from_28_days() {
    let mondays = |hour: i64| {
        if hour.rem_euclid(168) == 12 {
            60
        } else {
            u64::from(hour % 3 == 0)
        }
    };
    let monday = Case::after(28);
    assert_eq!(monday.judged(mondays, 70), None);
    let tuesday = Case {
        start: monday.start + 24,
        ..monday
    };
    let surge = tuesday.judged(mondays, 60).unwrap();
    assert_eq!(
        (surge.model, surge.history_hours),
        (SurgeModel::HourOfWeek, 28 * 24)
    );
    assert!(surge.expected_millis < 5000, "{surge:?}");
}

#[test]
fn short_histories_back_off_visibly() {
    let model = |account_days: i64, cluster_hours: i64| {
        let case = Case {
            cluster_known: cluster_hours,
            ..Case::after(account_days)
        };
        let surge = case.judged(|_| 2, 10_000);
        surge.map(|surge| (surge.model, surge.history_hours))
    };
    assert_eq!(model(28, 28 * 24), Some((SurgeModel::HourOfWeek, 672)));
    assert_eq!(model(28, 27 * 24), Some((SurgeModel::HourOfDay, 648)));
    assert_eq!(model(14, 168), Some((SurgeModel::HourOfDay, 168)));
    assert_eq!(model(14, 167), Some((SurgeModel::AccountRhythm, 167)));
    assert_eq!(model(6, 48), Some((SurgeModel::Flat, 48)));
    assert_eq!(model(14, 2), Some((SurgeModel::AccountTotal, 336)));
    assert_eq!(model(0, 0), None, "nothing to compare with");
}

#[test]
fn the_shorter_the_history_the_more_it_takes() {
    let usual = |hour: i64| [0, 1, 1, 2, 3, 5][usize::try_from(hour % 6).unwrap()];
    let at_most = |account_days: i64, cluster_hours: i64| {
        let case = Case {
            cluster_known: cluster_hours,
            ..Case::after(account_days)
        };
        case.judged(usual, 10_000).unwrap().at_most
    };
    assert!(at_most(14, 14 * 24) < at_most(14, 24));
    assert!(at_most(14, 48) < at_most(2, 48));
}

#[test]
fn a_cluster_is_compared_with_the_time_since_it_is_known() {
    // 6 an hour for 8 days: over 14 days that would be half as many.
    let case = Case {
        cluster_known: 8 * 24,
        ..NOON
    };
    let expected = case.judged(|_| 6, 1000).unwrap().expected_millis;
    assert!((5900..6100).contains(&expected), "{expected}");
}

#[test]
fn a_past_surge_does_not_hide_the_next() {
    let before = NOON.judged(steady, 1000).unwrap().at_most;
    for length in [1, 5, 20] {
        let surged = move |hour: i64| {
            if (100..100 + length).contains(&hour) {
                500
            } else {
                steady(hour)
            }
        };
        let after = NOON.judged(surged, 1000).unwrap();
        assert!(after.at_most <= before + 1, "{length} hours: {before} {after:?}");
    }
}

#[test]
fn a_new_level_becomes_usual_within_days() {
    let days_until_usual = (1..14).find(|days| {
        let risen = |hour: i64| {
            if hour >= NOON.start - days * 24 {
                20
            } else {
                1 + steady(hour)
            }
        };
        NOON.judged(risen, 20).is_none()
    });
    assert_eq!(days_until_usual, Some(3));
}

#[test]
fn a_rare_cluster_may_come_in_a_batch() {
    let rare = |hour: i64| if hour == 40 { 1 } else { 0 };
    for batch in 1..=6 {
        assert_eq!(NOON.judged(rare, batch), None, "a client that retries");
    }
    assert!(NOON.judged(rare, 200).is_some());
}

#[test]
fn longer_windows_are_sums_of_hours() {
    let day = Case { hours: 24, ..NOON };
    let surge = day.judged(|_| 2, 500).unwrap();
    assert!((47_000..49_000).contains(&surge.expected_millis), "{surge:?}");
    assert_eq!(day.judged(|_| 2, 60), None);
}

#[test]
fn rarity_is_told_in_hours() {
    let near = NOON.judged(|_| 2, 20).unwrap();
    let far = NOON.judged(|_| 2, 2_000_000).unwrap();
    assert!(
        near.one_in_hours > 100 && near.one_in_hours <= far.one_in_hours,
        "{near:?}"
    );
    assert_eq!(far.one_in_hours, 1_000_000);
}

#[test]
fn absurd_counts_are_judged_too() {
    let surge = NOON.judged(steady, u64::MAX).unwrap();
    assert_eq!(surge.seen, u64::MAX);
    assert_eq!(NOON.judged(|_| u64::MAX / 1000, 5), None);
}

#[test]
fn an_episode_lasts_a_day() {
    let (start, hour) = (at(100).start(), |hour| at(hour).start());
    assert_eq!(episode(start, []), start);
    assert_eq!(episode(start, [hour(77), hour(50)]), hour(77));
    assert_eq!(episode(start, [hour(76)]), start, "24 hours ago");
    assert_eq!(episode(start, [start]), start, "judged again");
    assert_eq!(episode(start, [hour(101)]), start, "later ones do not tell");
}
