//! What holds of surges whatever the counts, and how often they are false, by a small simulation.

use crate::common::counts::{Dice, Habit, known, part, pool, series};
use firstsight_engine::HourCount;
use firstsight_engine::surge::{EPISODE_HOURS, Surge, surges};
use proptest::collection::vec;
use proptest::prelude::*;

const DAYS: usize = 14;
const BASELINE: usize = DAYS * 24;

/// Judges the hour after the baseline; the last count of each cluster is the window's.
fn judged(clusters: &[Vec<u64>]) -> Vec<Option<Surge>> {
    let sums: Vec<u64> = (0..BASELINE)
        .map(|hour| clusters.iter().map(|counts| counts[hour]).sum())
        .collect();
    against(&series(0, &sums), clusters)
}

/// The same, where the account's errors are given.
fn against(errors: &[HourCount], clusters: &[Vec<u64>]) -> Vec<Option<Surge>> {
    let clusters: Vec<Vec<HourCount>> = clusters.iter().map(|counts| series(0, counts)).collect();
    let clusters: Vec<_> = clusters.iter().map(|hours| known(hours)).collect();
    surges(&pool(errors, BASELINE, 1, BASELINE), &clusters)
}

fn cluster() -> impl Strategy<Value = Vec<u64>> {
    let habit = (
        0.05..20.0_f64,
        prop::option::of(0.3..8.0_f64),
        any::<bool>(),
        any::<u64>(),
        1..200_u64,
    );
    habit.prop_map(|(mean, dispersion, rhythm, seed, seen)| {
        let habit = Habit {
            mean,
            dispersion,
            rhythm,
            runs: 0.0,
        };
        let mut counts = habit.counts(&mut Dice::new(seed), BASELINE);
        counts.push(seen);
        counts
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn more_never_turns_a_surge_off(clusters in vec(cluster(), 1..4), more in 1..500_u64) {
        let before = judged(&clusters);
        let mut grown = clusters;
        *grown[0].last_mut().unwrap() += more;
        let after = judged(&grown);
        prop_assert!(after[0].is_some() || before[0].is_none());
        prop_assert_eq!(&after[1..], &before[1..]);
    }

    #[test]
    fn more_active_clusters_never_turn_one_on(clusters in vec(cluster(), 2..5)) {
        let errors = series(0, &clusters[0][..BASELINE]);
        let few = against(&errors, &clusters[..1]);
        let many = against(&errors, &clusters);
        prop_assert!(few[0].is_some() || many[0].is_none());
    }

    #[test]
    fn their_order_does_not_matter(mut clusters in vec(cluster(), 1..5)) {
        let mut forwards = judged(&clusters);
        clusters.reverse();
        forwards.reverse();
        prop_assert_eq!(judged(&clusters), forwards);
    }

    #[test]
    fn what_is_told_fits_together(clusters in vec(cluster(), 1..4)) {
        for surge in judged(&clusters).into_iter().flatten() {
            prop_assert!(surge.seen > surge.at_most);
            prop_assert!(surge.seen * 1000 >= 3 * surge.expected_millis.saturating_sub(1));
            prop_assert!((1..=1_000_000).contains(&surge.one_in_hours));
            prop_assert_eq!(surge.history_hours, 336);
        }
    }

    #[test]
    fn any_counts_are_judged(
        counts in vec(prop_oneof![4 => Just(0_u64), 2 => 0..50_u64, 1 => any::<u64>()], 1..400),
        start in 0..450_usize,
        hours in 0..30_usize,
        baseline in 0..450_usize,
    ) {
        let hours_counted = series(0, &counts);
        let found = surges(&pool(&hours_counted, start, hours, baseline), &[known(&hours_counted)]);
        prop_assert_eq!(found.len(), 1);
    }
}

#[test]
fn hours_outside_the_baseline_do_not_count() {
    let counts = Habit {
        mean: 1.0,
        dispersion: Some(5.0),
        rhythm: true,
        runs: 0.0,
    }
    .counts(&mut Dice::new(1), 600);
    let mut all = series(0, &counts);
    all.retain(|count| count.hour < crate::common::counts::at(500));
    all.extend(series(500, &[40, 900, 900]));
    let whole = surges(&pool(&all, 500, 1, BASELINE), &[known(&all)]);
    let part = part(&all, 500 - BASELINE, 501);
    assert_eq!(whole, surges(&pool(part, 500, 1, BASELINE), &[known(part)]));
    assert!(whole[0].is_some());
}

/// False surges (episodes) of one cluster in the week after its baseline.
fn false_surges(habit: &Habit, dice: &mut Dice) -> usize {
    let hours = series(0, &habit.counts(dice, BASELINE + 168));
    let mut until = 0;
    let surges_in = |hour: usize| {
        let (before, all) = (
            part(&hours, hour - BASELINE, hour),
            part(&hours, hour - BASELINE, hour + 1),
        );
        surges(&pool(before, hour, 1, BASELINE), &[known(all)])[0].is_some()
    };
    let mut new_episode = |hour: usize| {
        let new = hour >= until && surges_in(hour);
        if new {
            until = hour + EPISODE_HOURS as usize;
        }
        new
    };
    (BASELINE..BASELINE + 168)
        .filter(|hour| new_episode(*hour))
        .count()
}

/// The table of `docs/surge.md` in small, so that a change of the model cannot go unseen.
#[test]
fn false_surges_stay_within_the_budget() {
    const SEEDS: u64 = 12;
    let (mut episodes, mut days) = (0, 0);
    for (number, (mean, dispersion)) in [
        (0.2, Some(0.5)),
        (1.0, Some(5.0)),
        (2.0, Some(1.0)),
        (10.0, Some(2.0)),
        (50.0, None),
    ]
    .into_iter()
    .enumerate()
    {
        for seed in 0..SEEDS {
            let mut dice = Dice::new(number as u64 * 1000 + seed);
            let habit = Habit {
                mean,
                dispersion,
                rhythm: seed % 2 == 1,
                runs: if seed % 4 < 2 { 0.0 } else { 0.5 },
            };
            episodes += false_surges(&habit, &mut dice);
            days += 7;
        }
    }
    let rate = episodes as f64 / days as f64;
    assert!(rate <= 0.2, "{episodes} in {days} days");
    assert!(
        episodes > 0,
        "a control that never errs is not within a budget: it is deaf"
    );
}

/// Tenfold surges at a mean of 1 and k = 5; ten callers instead of one, so that a small number of draws can tell.
#[test]
fn tenfold_surges_are_found() {
    let habit = Habit {
        mean: 1.0,
        dispersion: Some(5.0),
        rhythm: false,
        runs: 0.0,
    };
    let found = (0..60).filter(|seed| {
        let mut dice = Dice::new(*seed);
        let mut counts = habit.counts(&mut dice, BASELINE);
        counts.push(dice.count(10.0, Some(50.0)));
        judged(&[counts])[0].is_some()
    });
    let found = found.count();
    assert!(found >= 51, "{found} of 60");
}
