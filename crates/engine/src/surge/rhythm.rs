//! The rhythm of days and weeks, as factors on a level.
//!
//! A rhythm is refined step by step, from coarse to fine and from the account to the cluster. Each step believes the
//! counts as far as they differ by more than chance (the credibility of Bühlmann and Straub, *Glaubwürdigkeit für
//! Schadensätze*, 1970), and else the step before. So a series without rhythm stays nearly flat, and one with few
//! counts keeps its account's rhythm.

use firstsight_cloudtrail::Hour;

use super::past::Past;

/// Hours of a week.
pub(super) const SLOTS: usize = 168;
const WEEKEND: usize = 120;

/// The hour of the week, from Monday 00:00 UTC.
pub(super) fn slot(hour: Hour) -> usize {
    // 1970-01-01 was a Thursday.
    usize::try_from((hour.index() + 72).rem_euclid(168)).unwrap_or(0)
}

/// What is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cells {
    /// 24 hours of days from Monday to Friday, 24 of Saturday and Sunday.
    HourOfDay,
    /// The same, each taken with its neighbours.
    SmoothHourOfDay,
    /// 168 hours of the week.
    HourOfWeek,
}

impl Cells {
    fn of(self, slot: usize) -> usize {
        match self {
            Self::HourOfDay | Self::SmoothHourOfDay => slot % 24 + if slot < WEEKEND { 0 } else { 24 },
            Self::HourOfWeek => slot,
        }
    }
}

/// For each hour of the week a factor on the level, and how unsure it is (the variance relative to its square).
#[derive(Clone, Debug)]
pub(super) struct Profile {
    pub(super) factor: [f64; SLOTS],
    pub(super) variance: [f64; SLOTS],
}

/// What one cell counted.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    observed: f64,
    expected: f64,
    noise: f64,
}

impl Cell {
    fn add(&mut self, other: Self, weight: f64) {
        self.observed += weight * other.observed;
        self.expected += weight * other.expected;
        self.noise += weight * weight * other.noise;
    }

    fn ratio(self) -> f64 {
        if self.expected > 0.0 {
            self.observed / self.expected
        } else {
            1.0
        }
    }

    /// The variance of the ratio by chance alone.
    fn chance(self) -> f64 {
        self.noise / (self.expected * self.expected)
    }
}

impl Profile {
    /// All hours alike, which may be wrong by so much.
    pub(super) const fn flat(variance: f64) -> Self {
        Self {
            factor: [1.0; SLOTS],
            variance: [variance; SLOTS],
        }
    }

    pub(super) fn at(&self, slot: usize) -> f64 {
        self.factor.get(slot).copied().unwrap_or(1.0)
    }

    pub(super) fn variance_at(&self, slot: usize) -> f64 {
        self.variance.get(slot).copied().unwrap_or(1.0)
    }

    /// The same, for something that may differ from it by so much.
    pub(super) fn less_sure(mut self, by: f64) -> Self {
        for variance in &mut self.variance {
            *variance += by;
        }
        self
    }

    /// With what `past` shows beyond chance.
    pub(super) fn refined(&self, past: &Past, cells: Cells) -> Self {
        let counted = self.cells(past, cells);
        let between = between(&counted);
        if between <= 0.0 {
            return self.clone();
        }
        let mut profile = self.clone();
        let slots = profile.factor.iter_mut().zip(&mut profile.variance);
        for (slot, (factor, variance)) in slots.enumerate() {
            let Some(cell) = counted.get(cells.of(slot)).filter(|cell| cell.expected > 0.0) else {
                continue;
            };
            let credibility = between / (between + cell.chance());
            let change = 1.0 + credibility * (cell.ratio() - 1.0);
            let kept = (1.0 - credibility) * (1.0 - credibility) * (*variance + between);
            *variance =
                ((kept + credibility * credibility * cell.chance()) / (change * change)).min(MOST_UNSURE);
            *factor *= change;
        }
        profile
    }

    fn cells(&self, past: &Past, cells: Cells) -> [Cell; SLOTS] {
        let mut counted = [Cell::default(); SLOTS];
        let (mean, excess) = (past.mean(self), past.moment_excess(self));
        for (slot, (hours, factor)) in past.exposure.iter().zip(&self.factor).enumerate() {
            let expected = mean * factor;
            if let Some(cell) = counted.get_mut(cells.of(slot)) {
                cell.expected += hours * expected;
                cell.noise += hours * (expected + excess * expected * expected);
            }
        }
        for seen in &past.seen {
            if let Some(cell) = counted.get_mut(cells.of(seen.slot)) {
                cell.observed += seen.count;
            }
        }
        if cells == Cells::SmoothHourOfDay {
            smoothed(&counted)
        } else {
            counted
        }
    }
}

/// A cell that hardly ever counts tells its own factor within no better bounds.
const MOST_UNSURE: f64 = 2.0;

/// Each hour of a day with half of the one before and of the one after.
fn smoothed(cells: &[Cell; SLOTS]) -> [Cell; SLOTS] {
    let mut result = [Cell::default(); SLOTS];
    for (index, cell) in result.iter_mut().enumerate().take(48) {
        let (day, hour) = (index / 24 * 24, index % 24);
        for (away, weight) in [(23, 0.5), (0, 1.0), (1, 0.5)] {
            if let Some(other) = cells.get(day + (hour + away) % 24) {
                cell.add(*other, weight);
            }
        }
    }
    result
}

/// How far cells differ beyond chance: the variance of their ratios, by moments.
fn between(cells: &[Cell; SLOTS]) -> f64 {
    let (mut sum, mut weight) = (0.0, 0.0);
    for cell in cells.iter().filter(|cell| cell.expected > 0.0) {
        let away = cell.ratio() - 1.0;
        sum += cell.expected * (away * away - cell.chance());
        weight += cell.expected;
    }
    if weight > 0.0 { sum / weight } else { 0.0 }
}
