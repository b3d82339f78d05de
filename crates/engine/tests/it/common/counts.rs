//! Made-up hourly counts: over-dispersed, with a rhythm and with runs.
#![allow(dead_code, reason = "each of its users needs a part")]

use firstsight_engine::surge::{Pool, Series};
use firstsight_engine::{Hour, HourCount, Range, Span, Time};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A Monday, 00:00 UTC: hour 0 of all series here.
pub(crate) const MONDAY: &str = "2026-01-05T00:00:00Z";

/// Seeded chance.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Between 0 and 1, neither included.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }

    fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.uniform(), self.uniform());
        libm::sqrt(-2.0 * libm::log(radius)) * libm::cos(std::f64::consts::TAU * angle)
    }

    /// Gamma of mean and variance `shape`: Marsaglia and Tsang, 2000.
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = libm::pow(self.uniform(), 1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / libm::sqrt(9.0 * d);
        loop {
            let x = self.normal();
            let v = 1.0 + c * x;
            if v > 0.0 && libm::log(self.uniform()) < 0.5 * x * x + d - d * v * v * v + 3.0 * d * libm::log(v)
            {
                return d * v * v * v;
            }
        }
    }

    /// Poisson: by multiplication where the mean is small, by transformed rejection (Hörmann, 1993) where it is not.
    pub(crate) fn poisson(&mut self, mean: f64) -> u64 {
        if mean < 10.0 {
            let (end, mut product, mut count) = (libm::exp(-mean), self.uniform(), 0);
            while product > end {
                product *= self.uniform();
                count += 1;
            }
            return count;
        }
        let b = 0.931 + 2.53 * libm::sqrt(mean);
        let a = -0.059 + 0.02483 * b;
        let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        loop {
            let u = self.uniform() - 0.5;
            let v = self.uniform();
            let us = 0.5 - u.abs();
            let k = libm::floor((2.0 * a / us + b) * u + mean + 0.43);
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            let log = libm::log(v * inverse_alpha / (a / (us * us) + b));
            if log <= k * libm::log(mean) - mean - libm::lgamma(k + 1.0) {
                return k as u64;
            }
        }
    }

    /// A negative binomial count (`None`: Poisson).
    pub(crate) fn count(&mut self, mean: f64, dispersion: Option<f64>) -> u64 {
        let rate = dispersion.map_or(1.0, |k| self.gamma(k) / k);
        self.poisson(mean * rate)
    }
}

/// What a cluster's counts are like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habit {
    /// Expected count of an hour at work.
    pub(crate) mean: f64,
    /// Dispersion k.
    pub(crate) dispersion: Option<f64>,
    /// Whether nights and weekends are quiet.
    pub(crate) rhythm: bool,
    /// Correlation of the rates of hours that follow each other.
    pub(crate) runs: f64,
}

impl Habit {
    /// The expected count of an hour.
    pub(crate) fn expected(&self, hour: usize) -> f64 {
        self.mean * if self.rhythm { rhythm(hour) } else { 1.0 }
    }

    /// So many hours' counts.
    ///
    /// The rates are a stationary gamma process whose correlation falls by `runs` an hour (Lewis, McKenzie and Hugus,
    /// 1989: thinned by a beta factor, and added to). The counts' own distribution is that without runs.
    pub(crate) fn counts(&self, dice: &mut Dice, hours: usize) -> Vec<u64> {
        let Some(k) = self.dispersion else {
            return (0..hours).map(|hour| dice.poisson(self.expected(hour))).collect();
        };
        let mut rate = dice.gamma(k);
        let mut counts = Vec::with_capacity(hours);
        for hour in 0..hours {
            counts.push(dice.poisson(self.expected(hour) * rate / k));
            rate = if self.runs > 0.0 {
                let (kept, lost) = (dice.gamma(k * self.runs), dice.gamma(k * (1.0 - self.runs)));
                rate * kept / (kept + lost) + dice.gamma(k * (1.0 - self.runs))
            } else {
                dice.gamma(k)
            };
        }
        counts
    }
}

/// The factor of an hour since [`MONDAY`]: 1 at work.
pub(crate) fn rhythm(hour: usize) -> f64 {
    const DAY: [f64; 24] = [
        0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.4, 0.7, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.8,
        0.6, 0.5, 0.4, 0.3, 0.25,
    ];
    DAY[hour % 24] * if hour % 168 < 120 { 1.0 } else { 0.4 }
}

/// The time of an hour since [`MONDAY`].
pub(crate) fn at(hour: usize) -> Hour {
    MONDAY.parse::<Time>().unwrap().hour().plus(hour as i64)
}

/// Counts from hour `first` on, as a store keeps them.
pub(crate) fn series(first: usize, counts: &[u64]) -> Vec<HourCount> {
    let hours = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    let count = |(index, count): (usize, &u64)| {
        let hour = at(first + index);
        HourCount {
            hour,
            span: Span {
                count: *count,
                first: hour.start(),
                last: hour.start(),
            },
        }
    };
    hours.map(count).collect()
}

/// The part of a series from hour `first` up to but without `end`.
pub(crate) fn part(hours: &[HourCount], first: usize, end: usize) -> &[HourCount] {
    let (first, end) = (at(first), at(end));
    let low = hours.partition_point(|count| count.hour < first);
    let high = hours.partition_point(|count| count.hour < end);
    &hours[low..high]
}

/// The pool for a window of some hours that starts at `start`, with a baseline of so many hours.
pub(crate) fn pool(errors: &[HourCount], start: usize, hours: usize, baseline: usize) -> Pool<'_> {
    let start = at(start);
    Pool {
        window: Range::new(start.start(), start.plus(hours as i64).start()),
        baseline: Range::hours_before(start, baseline as i64),
        history_from: Some(start.plus(-(baseline as i64)).start()),
        errors,
    }
}

/// A cluster that is known for longer than any baseline.
pub(crate) fn known(hours: &[HourCount]) -> Series<'_> {
    Series {
        hours,
        known_since: Time::MIN,
    }
}
