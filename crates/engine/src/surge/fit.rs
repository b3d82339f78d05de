//! A series' level and dispersion, and what they make of a window.

use super::past::Past;
use super::rhythm::{Profile, SLOTS};
use super::tail::NegativeBinomial;

/// The logarithm of the excess is believed to lie within so much of its centre (a standard deviation): nearly nothing
/// is known before counts are.
const PRIOR_WIDTH: f64 = 3.0;
/// An excess up to this is as good as none.
const INDEPENDENT: f64 = 0.01;
/// Where dispersions are looked for: an excess of 2^-10 to 2^12.
const COARSE: std::ops::RangeInclusive<i32> = -10..=12;
/// Points of the fine grid.
const FINE: u8 = 16;
/// Points less likely than the best by more than this (in logarithms) do not count.
const NEGLIGIBLE: f64 = 8.0;
/// The variance of a mean over hours that follow each other, against that of independent ones: (1 + r) / (1 - r) for
/// hour-to-hour correlations of r = 0.5.
const RUNS: f64 = 3.0;

/// What a series is like.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    /// Occurrences an hour where the profile is 1.
    mean: f64,
    /// Occurrences behind the mean.
    total: f64,
    /// Equally weighted hours behind the mean.
    effective_hours: f64,
    /// Excess variances and how likely they are.
    excess: Vec<(f64, f64)>,
}

/// A window as a model expects it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ahead {
    /// The profile's factors over the window's hours, added up.
    weight: f64,
    /// The excess of the sum against that of an hour.
    pooling: f64,
    /// How unsure the profile is there.
    variance: f64,
}

impl Ahead {
    pub(super) fn new(profile: &Profile, slots: &[usize]) -> Self {
        let (mut weight, mut squares, mut variance) = (0.0, 0.0, 0.0);
        for slot in slots {
            let factor = profile.at(*slot);
            weight += factor;
            squares += factor * factor;
            variance += factor * profile.variance_at(*slot);
        }
        Self {
            weight,
            pooling: (RUNS * squares / (weight * weight)).min(1.0),
            variance: variance / weight,
        }
    }
}

impl Fit {
    pub(super) fn new(past: &Past, profile: &Profile) -> Self {
        let weight = past.weight(profile);
        // The half is Jeffreys' prior of a rate: nothing seen is not never.
        let total = past.total() + 0.5;
        let mean = total / weight.max(1.0);
        Self {
            mean,
            total,
            effective_hours: weight * weight / past.square_weight(profile).max(f64::MIN_POSITIVE),
            excess: Likelihood::new(past, profile, mean).posterior(),
        }
    }

    /// The expected count of the window.
    pub(super) fn expected(past: &Past, profile: &Profile, ahead: &Ahead) -> f64 {
        (past.total() + 0.5) / past.weight(profile).max(1.0) * ahead.weight
    }

    /// How likely so many or more are in the window, under all that the past allows.
    pub(super) fn at_least(&self, ahead: &Ahead, count: f64) -> f64 {
        self.over_excess(|excess| self.ahead(ahead, excess).at_least(count))
    }

    /// How likely the window counts anything.
    pub(super) fn any(&self, ahead: &Ahead) -> f64 {
        self.over_excess(|excess| self.ahead(ahead, excess).any())
    }

    /// The most likely dispersion k of single hours; `None` where it cannot be told from Poisson's.
    pub(super) fn dispersion(&self) -> Option<f64> {
        let excess = self.over_excess(|excess| excess);
        (excess > INDEPENDENT).then(|| 1.0 / excess)
    }

    fn over_excess(&self, value: impl Fn(f64) -> f64) -> f64 {
        self.excess
            .iter()
            .map(|(excess, weight)| weight * value(*excess))
            .sum()
    }

    /// The window's distribution: what is unsure of level and rhythm widens it, as more excess.
    fn ahead(&self, ahead: &Ahead, excess: f64) -> NegativeBinomial {
        let level = 1.0 / self.total + RUNS * excess / self.effective_hours.max(1.0);
        let wide = (1.0 + excess * ahead.pooling) * (1.0 + level) * (1.0 + ahead.variance) - 1.0;
        NegativeBinomial {
            mean: self.mean * ahead.weight,
            excess: wide,
        }
    }
}

/// How likely dispersions are, given counts and their means.
struct Likelihood {
    /// Means of an hour of each hour of the week, how many such hours, and what they counted.
    slots: Vec<(f64, f64, f64)>,
    /// Counts and how often they occurred.
    counts: Vec<(f64, f64)>,
    total: f64,
    centre: f64,
}

impl Likelihood {
    fn new(past: &Past, profile: &Profile, mean: f64) -> Self {
        let mut observed = [0.0; SLOTS];
        for seen in &past.seen {
            if let Some(sum) = observed.get_mut(seen.slot) {
                *sum += seen.count;
            }
        }
        let slots = profile.factor.iter().zip(&past.exposure).zip(observed);
        let slots = slots.filter(|((_, hours), _)| **hours > 0.0);
        Self {
            slots: slots
                .map(|((factor, hours), observed)| (mean * factor, *hours, observed))
                .collect(),
            counts: histogram(past),
            total: past.total(),
            // Errors come in batches (a client retries): the variance of rare ones is
            // believed to be thrice their mean.
            centre: libm::log((2.0 / mean).max(1.0)),
        }
    }

    /// Excess variances with their weights, which add up to 1.
    fn posterior(&self) -> Vec<(f64, f64)> {
        let coarse: Vec<(f64, f64)> = COARSE
            .map(|power| f64::from(power) * std::f64::consts::LN_2)
            .map(|log| (log, self.log(log)))
            .collect();
        let best = coarse.iter().fold(f64::MIN, |best, point| best.max(point.1));
        let likely = || coarse.iter().filter(|point| point.1 > best - NEGLIGIBLE);
        let low = likely().next().map_or(0.0, |point| point.0) - std::f64::consts::LN_2;
        let high = likely().next_back().map_or(0.0, |point| point.0) + std::f64::consts::LN_2;
        let step = (high - low) / f64::from(FINE - 1);
        let fine: Vec<(f64, f64)> = (0..FINE)
            .map(|point| low + step * f64::from(point))
            .map(|log| (log, self.log(log)))
            .collect();
        weights(&fine)
    }

    /// The logarithm of the likelihood of an excess, given by its logarithm, times its prior.
    fn log(&self, log_excess: f64) -> f64 {
        let excess = libm::exp(log_excess);
        let k = 1.0 / excess;
        let away = (log_excess - self.centre) / PRIOR_WIDTH;
        let mut sum = self.total * log_excess - away * away / 2.0;
        for (mean, hours, observed) in &self.slots {
            sum -= (hours * k + observed) * libm::log1p(excess * mean);
        }
        let base = libm::lgamma(k);
        for (count, times) in &self.counts {
            sum += times * (libm::lgamma(count + k) - base);
        }
        sum
    }
}

fn histogram(past: &Past) -> Vec<(f64, f64)> {
    let mut counts: Vec<f64> = past.seen.iter().map(|seen| seen.count).collect();
    counts.sort_by(f64::total_cmp);
    let mut histogram: Vec<(f64, f64)> = Vec::new();
    for count in counts {
        match histogram.last_mut() {
            Some((last, times)) if last.total_cmp(&count).is_eq() => *times += 1.0,
            _ => histogram.push((count, 1.0)),
        }
    }
    histogram
}

fn weights(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let best = points.iter().fold(f64::MIN, |best, point| best.max(point.1));
    let likely = points.iter().filter(|point| point.1 > best - NEGLIGIBLE);
    let weights: Vec<(f64, f64)> = likely
        .map(|(log, likelihood)| (libm::exp(*log), libm::exp(likelihood - best)))
        .collect();
    let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
    weights
        .into_iter()
        .map(|(excess, weight)| (excess, weight / sum))
        .collect()
}
