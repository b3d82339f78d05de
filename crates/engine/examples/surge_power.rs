//! How often a surge is false, and how often a true one is found, by simulation.
//!
//! `surge_power [--seeds N] [--days 14|28] [--clusters 1|20] [--means 1,5] [--all|--speed]` makes accounts of one and of twenty clusters, with and without rhythm and runs,
//! over a grid of means and dispersions. Each hour of a week is judged against the 14 or 28 days before it, with all
//! parameters estimated from those. The tables show the mean of the four (rhythm or not, runs or not); `--all` adds each.
//! The same seeds print the same bytes. `--speed` measures instead how fast surges are judged.
#![allow(clippy::print_stdout, reason = "it is a command")]

#[path = "../tests/it/common/counts.rs"]
mod counts;

use std::time::Instant;

use counts::{Dice, Habit, at, known, part, pool, series};
use firstsight_engine::surge::{EPISODE_HOURS, surges};
use firstsight_engine::{HourCount, Span};

const MEANS: [f64; 11] = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];
const DISPERSIONS: [Option<f64>; 5] = [Some(0.5), Some(1.0), Some(2.0), Some(5.0), None];
const WEEK: usize = 168;
/// Surges of one week and reading.
const DRAWS: usize = 4;
const CLUSTERS: [usize; 2] = [1, 20];
const HISTORIES: [usize; 2] = [14, 28];

#[derive(Clone, Copy)]
struct Cell {
    habit: Habit,
    days: usize,
    clusters: usize,
}

/// Some of many.
#[derive(Clone, Copy, Default)]
struct Share {
    some: f64,
    of: f64,
}

impl Share {
    fn add(&mut self, some: f64, of: f64) {
        self.some += some;
        self.of += of;
    }

    fn value(self) -> f64 {
        self.some / self.of
    }
}

/// What a surge is like.
#[derive(Clone, Copy)]
enum Reading {
    /// The usual rate, times something: as dispersed as usual.
    Factor(f64),
    /// Ten callers, each like the usual one.
    Callers,
}

const READINGS: [Reading; 5] = [
    Reading::Factor(10.0),
    Reading::Callers,
    Reading::Factor(3.0),
    Reading::Factor(5.0),
    Reading::Factor(30.0),
];

const NAMES: [&str; READINGS.len()] = [
    "tenfold, as dispersed as ever",
    "ten callers instead of one",
    "threefold",
    "fivefold",
    "thirtyfold",
];
const WAYS: [&str; 4] = ["neither", "rhythm", "runs", "rhythm and runs"];

/// How many of the readings are tried: all of them where that is cheap.
fn readings(clusters: usize) -> usize {
    if clusters == 1 { READINGS.len() } else { 2 }
}

/// One cell's result: false surges over account days, and found of true ones by reading.
#[derive(Clone, Default)]
struct Outcome {
    false_surges: Share,
    found: [Share; READINGS.len()],
}

struct Account {
    cell: Cell,
    clusters: Vec<Vec<HourCount>>,
    errors: Vec<HourCount>,
}

impl Account {
    fn new(cell: Cell, dice: &mut Dice) -> Self {
        let hours = cell.days * 24 + WEEK;
        let counts: Vec<Vec<u64>> = (0..cell.clusters)
            .map(|_| cell.habit.counts(dice, hours))
            .collect();
        let sums: Vec<u64> = (0..hours)
            .map(|hour| counts.iter().map(|counts| counts[hour]).sum())
            .collect();
        Self {
            cell,
            clusters: counts.iter().map(|counts| series(0, counts)).collect(),
            errors: series(0, &sums),
        }
    }

    /// Which clusters surge in an hour, with these counts of the first cluster instead of its own.
    fn surging(&self, hour: usize, first: Option<&[HourCount]>) -> Vec<usize> {
        let baseline = self.cell.days * 24;
        let start = hour - baseline;
        let active = |hours: &[HourCount]| hours.last().is_some_and(|count| count.hour == at(hour));
        let all = self
            .clusters
            .iter()
            .enumerate()
            .map(|(index, hours)| match first {
                Some(instead) if index == 0 => (index, instead),
                _ => (index, part(hours, start, hour + 1)),
            });
        let (indices, series): (Vec<usize>, Vec<_>) = all
            .filter(|(_, hours)| active(hours))
            .map(|(index, hours)| (index, known(hours)))
            .unzip();
        let found = surges(&pool(part(&self.errors, start, hour), hour, 1, baseline), &series);
        indices
            .into_iter()
            .zip(found)
            .filter_map(|(index, surge)| surge.map(|_| index))
            .collect()
    }

    /// Episodes in the week after the first baseline.
    fn false_surges(&self) -> usize {
        let first = self.cell.days * 24;
        let mut until = vec![0; self.clusters.len()];
        let mut episodes = 0;
        for hour in first..first + WEEK {
            for cluster in self.surging(hour, None) {
                if hour >= until[cluster] {
                    until[cluster] = hour + EPISODE_HOURS as usize;
                    episodes += 1;
                }
            }
        }
        episodes
    }

    /// Of some surges of the first cluster in an hour at work, how many were found within it.
    fn found(&self, reading: Reading, dice: &mut Dice) -> usize {
        let day = (dice.uniform() * 5.0) as usize;
        let hour = self.cell.days * 24 + day * 24 + 8 + (dice.uniform() * 10.0) as usize;
        let usual = part(&self.clusters[0], hour - self.cell.days * 24, hour);
        let one = |dice: &mut Dice| {
            let count = self.surge(reading, dice);
            let mut hours = usual.to_vec();
            if count > 0 {
                let time = at(hour);
                hours.push(HourCount {
                    hour: time,
                    span: Span {
                        count,
                        ..Span::at(time.start())
                    },
                });
            }
            self.surging(hour, Some(&hours)).contains(&0)
        };
        (0..DRAWS).filter(|_| one(dice)).count()
    }

    fn surge(&self, reading: Reading, dice: &mut Dice) -> u64 {
        let Habit { mean, dispersion, .. } = self.cell.habit;
        match reading {
            Reading::Factor(factor) => dice.count(mean * factor, dispersion),
            Reading::Callers => dice.count(mean * 10.0, dispersion.map(|k| k * 10.0)),
        }
    }
}

fn simulated(cell: Cell, seeds: u64, number: u64) -> Outcome {
    let mut outcome = Outcome::default();
    for seed in 0..seeds {
        let mut dice = Dice::new(number * 1_000_003 + seed);
        let account = Account::new(cell, &mut dice);
        outcome
            .false_surges
            .add(account.false_surges() as f64, WEEK as f64 / 24.0);
        for (reading, found) in READINGS
            .into_iter()
            .zip(&mut outcome.found)
            .take(readings(cell.clusters))
        {
            found.add(account.found(reading, &mut dice) as f64, DRAWS as f64);
        }
    }
    outcome
}

/// Every cell of one history and number of clusters: by mean, dispersion, and rhythm and runs.
fn grid(means: &[f64], days: usize, clusters: usize, seeds: u64) -> Vec<Vec<[Outcome; 4]>> {
    let cell = |mean, dispersion: Option<f64>, way: usize| {
        let (rhythm, correlated) = (way & 1 == 1, way & 2 == 2);
        // A constant rate has no runs: where it is to have some, it has to vary a little.
        let (dispersion, runs) = if correlated {
            (dispersion.or(Some(20.0)), 0.5)
        } else {
            (dispersion, 0.0)
        };
        Cell {
            habit: Habit {
                mean,
                dispersion,
                rhythm,
                runs,
            },
            days,
            clusters,
        }
    };
    let mut number = (days * 100 + clusters) as u64 * 1000;
    let mut outcomes = |mean, dispersion| {
        std::array::from_fn(|way| {
            number += 1;
            simulated(cell(mean, dispersion, way), seeds, number)
        })
    };
    means
        .iter()
        .map(|mean| DISPERSIONS.iter().map(|k| outcomes(*mean, *k)).collect())
        .collect()
}

fn table(title: &str, means: &[f64], grid: &[Vec<[Outcome; 4]>], value: impl Fn(&[Outcome; 4]) -> String) {
    println!(
        "\n{title}\n\n| mean an hour | k = 0.5 | k = 1 | k = 2 | k = 5 | none |\n|--:|--:|--:|--:|--:|--:|"
    );
    for (mean, row) in means.iter().zip(grid) {
        let row: Vec<String> = row.iter().map(&value).collect();
        println!("| {mean} | {} |", row.join(" | "));
    }
}

fn sum(shares: impl Iterator<Item = Share>) -> Share {
    shares.fold(Share::default(), |mut sum, share| {
        sum.add(share.some, share.of);
        sum
    })
}

fn rate(share: Share) -> String {
    format!("{:.3} ± {:.3}", share.value(), libm::sqrt(share.some) / share.of)
}

fn percent(share: Share) -> String {
    format!("{:.1}", share.value() * 100.0)
}

fn print(means: &[f64], days: usize, clusters: usize, seeds: u64, all: bool) {
    let grid = grid(means, days, clusters, seeds);
    let place = format!(
        "{clusters} cluster{}, {days} days",
        if clusters == 1 { "" } else { "s" }
    );
    table(
        &format!("**{place}: false surges a day and account**"),
        means,
        &grid,
        |outcomes| rate(sum(outcomes.iter().map(|outcome| outcome.false_surges))),
    );
    for (reading, name) in NAMES.iter().enumerate().take(readings(clusters)) {
        table(
            &format!("**{place}: found within the hour, %: {name}**"),
            means,
            &grid,
            |outcomes| percent(sum(outcomes.iter().map(|outcome| outcome.found[reading]))),
        );
    }
    for (way, name) in WAYS.iter().enumerate() {
        let cells = || grid.iter().flatten().map(|outcomes| outcomes[way].false_surges);
        let worst = cells()
            .max_by(|a, b| a.value().total_cmp(&b.value()))
            .unwrap_or_default();
        println!(
            "\n{place}, {name}: {} over the grid, {} in its worst cell",
            rate(sum(cells())),
            rate(worst)
        );
        if all {
            table(
                &format!("**{place}, {name}: false / tenfold / ten callers**"),
                means,
                &grid,
                |outcomes| {
                    let Outcome { false_surges, found } = &outcomes[way];
                    format!(
                        "{:.3} / {} / {}",
                        false_surges.value(),
                        percent(found[0]),
                        percent(found[1])
                    )
                },
            );
        }
    }
}

/// How long 10,000 active clusters with every hour of 14 days take.
fn speed() {
    const ACTIVE: usize = 10_000;
    const HOURS: usize = 336;
    let habit = Habit {
        mean: 10.0,
        dispersion: Some(0.5),
        rhythm: true,
        runs: 0.5,
    };
    let mut dice = Dice::new(0);
    let clusters: Vec<_> = (0..ACTIVE)
        .map(|_| series(0, &habit.counts(&mut dice, HOURS + 1)))
        .collect();
    let active: Vec<_> = clusters.iter().map(|hours| known(hours)).collect();
    let start = Instant::now();
    let found = surges(&pool(&clusters[0], HOURS, 1, HOURS), &active)
        .into_iter()
        .flatten()
        .count();
    let nanos = start.elapsed().as_nanos() as f64;
    println!(
        "{ACTIVE} clusters: {:.0} ms, {:.1} ns an hour, {found} surges",
        nanos / 1e6,
        nanos / (ACTIVE * HOURS) as f64
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).map(String::as_str)
    };
    let number = |name| after(name).and_then(|number| number.parse::<u64>().ok());
    if arguments.iter().any(|argument| argument == "--speed") {
        return speed();
    }
    let seeds = number("--seeds").unwrap_or(60);
    let all = arguments.iter().any(|argument| argument == "--all");
    let chosen = |name, value: usize| number(name).is_none_or(|number| number == value as u64);
    let means = after("--means").map_or(MEANS.to_vec(), |means| {
        means.split(',').flat_map(str::parse).collect()
    });
    for days in HISTORIES.into_iter().filter(|days| chosen("--days", *days)) {
        for clusters in CLUSTERS
            .into_iter()
            .filter(|clusters| chosen("--clusters", *clusters))
        {
            // An account of twenty has twenty times the counts to judge.
            let seeds = if clusters == 1 { seeds } else { seeds.div_ceil(6) };
            print(&means, days, clusters, seeds, all);
        }
    }
}
