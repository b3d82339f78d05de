//! What was counted before the window, hour by hour.

use firstsight_cloudtrail::Hour;

use super::rhythm::{Profile, SLOTS, slot};
use super::tail::NegativeBinomial;
use crate::judge::input::HourCount;

/// An hour as rare as this was a surge itself, and tells nothing of usual hours.
const TRIMMED_TAIL: f64 = 1e-4;
/// Hours with less are never left out.
const NEVER_TRIMMED_BELOW: f64 = 5.0;
/// Nor are those within so many standard deviations, which spares most hours the tail.
const SURELY_USUAL: f64 = 3.5;
/// For each so many hours the fullest day does not say what is usual enough to be kept.
const HOURS_FOR_ONE_OUTLIER: i64 = 14 * 24;

/// An hour that counted something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) slot: usize,
    hour: i64,
    pub(super) count: f64,
}

/// The hours from which a model is made: how many of each hour of the week, and those of them that counted something.
#[derive(Clone, Debug)]
pub(super) struct Past {
    pub(super) exposure: [f64; SLOTS],
    pub(super) seen: Vec<Seen>,
    pub(super) hours: i64,
    end: i64,
}

impl Past {
    /// The hours from `first` up to but without `end` (hours since the epoch).
    pub(super) fn new(counts: &[HourCount], first: i64, end: i64) -> Self {
        let start = counts.partition_point(|count| count.hour.index() < first);
        let before_window = counts.iter().skip(start);
        let seen = before_window
            .take_while(|count| count.hour.index() < end)
            .filter(|count| count.span.count > 0)
            .map(|count| Seen {
                slot: slot(count.hour),
                hour: count.hour.index(),
                count: count.span.count as f64,
            });
        Self {
            exposure: exposure(first, end),
            seen: seen.collect(),
            hours: (end - first).max(0),
            end,
        }
    }

    /// The share of hours that counted something; never nought, since the future may.
    pub(super) fn active_share(&self) -> f64 {
        ((self.seen.len() as f64 + 0.5) / (self.hours as f64 + 1.0)).min(1.0)
    }

    pub(super) fn total(&self) -> f64 {
        self.seen.iter().map(|seen| seen.count).sum()
    }

    /// Hours, each weighted by how much the profile expects of it.
    pub(super) fn weight(&self, profile: &Profile) -> f64 {
        let hours = self.exposure.iter().zip(&profile.factor);
        hours.map(|(hours, factor)| hours * factor).sum()
    }

    /// The squares of these weights, added up.
    pub(super) fn square_weight(&self, profile: &Profile) -> f64 {
        let hours = self.exposure.iter().zip(&profile.factor);
        hours.map(|(hours, factor)| hours * factor * factor).sum()
    }

    /// Occurrences an hour where the profile is 1.
    pub(super) fn mean(&self, profile: &Profile) -> f64 {
        let weight = self.weight(profile);
        if weight > 0.0 { self.total() / weight } else { 0.0 }
    }

    /// The excess variance over squared means, by moments: cheap, and good enough to weigh and to trim by.
    pub(super) fn moment_excess(&self, profile: &Profile) -> f64 {
        let mean = self.mean(profile);
        let squares = mean * mean * self.square_weight(profile);
        if squares <= 0.0 {
            return 0.0;
        }
        let active: f64 = self.seen.iter().fold(0.0, |sum, seen| {
            sum + seen.count * (seen.count - 2.0 * mean * profile.at(seen.slot))
        });
        let all = squares - mean * self.weight(profile);
        ((active + all) / squares).max(0.0)
    }

    /// Without the hours that were surges themselves, so that one surge does not hide the next.
    ///
    /// Farrington et al. (1996) and Noufaily et al. (2013) weigh such hours down after a first fit. That first fit
    /// here leaves the fullest day out: a surge that lasts for hours would move it too far to be seen.
    pub(super) fn trimmed(mut self, profile: &Profile) -> Self {
        let usual = self.without_fullest_days();
        let mean = usual.mean(profile);
        // Not too sure of what is usual: a hidden tenth, and half as much again.
        let excess = 0.1 + 1.5 * usual.moment_excess(profile);
        let exposure = &mut self.exposure;
        self.seen.retain(|seen| {
            let expected = mean * profile.at(seen.slot);
            let usual = NegativeBinomial {
                mean: expected,
                excess,
            };
            let kept = seen.count <= usual.mean + SURELY_USUAL * usual.deviation()
                || seen.count < NEVER_TRIMMED_BELOW
                || usual.at_least(seen.count) >= TRIMMED_TAIL;
            if !kept && let Some(hours) = exposure.get_mut(seen.slot) {
                *hours = (*hours - 1.0).max(0.0);
            }
            kept
        });
        self
    }

    /// Without as many of its fullest stretches of a day as it has fortnights.
    fn without_fullest_days(&self) -> Self {
        let mut usual = self.clone();
        for _ in 0..(self.hours + HOURS_FOR_ONE_OUTLIER / 2) / HOURS_FOR_ONE_OUTLIER {
            usual.leave_out_fullest_day();
        }
        usual
    }

    fn leave_out_fullest_day(&mut self) {
        let Some(start) = self.fullest_day() else { return };
        let day = start..(start + 24).min(self.end);
        self.seen.retain(|seen| !day.contains(&seen.hour));
        for hour in day {
            if let Some(hours) = self.exposure.get_mut(slot(Hour::from_index(hour))) {
                *hours = (*hours - 1.0).max(0.0);
            }
        }
    }

    /// The hour with which the 24 hours with most occurrences begin; of equal ones the first.
    fn fullest_day(&self) -> Option<i64> {
        let (mut ends, mut sum) = (self.seen.iter().peekable(), 0.0);
        let mut fullest: Option<(f64, i64)> = None;
        for start in &self.seen {
            while let Some(end) = ends.next_if(|end| end.hour < start.hour + 24) {
                sum += end.count;
            }
            if fullest.is_none_or(|(most, _)| sum > most) {
                fullest = Some((sum, start.hour));
            }
            sum -= start.count;
        }
        fullest.map(|(_, start)| start)
    }
}

fn exposure(first: i64, end: i64) -> [f64; SLOTS] {
    let hours = (end - first).max(0);
    let weeks = hours / SLOTS as i64;
    let mut exposure = [weeks as f64; SLOTS];
    for hour in first + weeks * SLOTS as i64..end {
        if let Some(hours) = exposure.get_mut(slot(Hour::from_index(hour))) {
            *hours += 1.0;
        }
    }
    exposure
}
