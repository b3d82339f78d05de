//! Counts by hour, gathered into as many buckets as a chart can show.

use firstsight_engine::{Hour, Range};

/// Counts over baseline and window in buckets of equal length. The window starts at a bucket's start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Series {
    /// The first bucket's first hour, as its index.
    pub(super) start: i64,
    /// Hours a bucket.
    pub(super) per: i64,
    /// The counts.
    pub(super) buckets: Vec<u64>,
    /// How many buckets come before the window.
    pub(super) before: usize,
    /// What the window's hours count.
    pub(super) in_window: u64,
}

impl Series {
    /// Gathers counts into at most about `most` buckets of at least `least` hours. Hours outside are left out.
    pub(super) fn new(
        counts: impl Iterator<Item = (Hour, u64)>,
        baseline: Range,
        window: Range,
        least: i64,
        most: i64,
    ) -> Self {
        let (first, last) = (window.start.hour().index(), window.end.hour().index());
        let first_known = baseline.start.hour().index().min(first);
        let last = last.max(first + 1);
        let per = bucket_hours(last - first_known, least, most);
        let before = (first - first_known + per - 1).div_euclid(per);
        let after = (last - first + per - 1).div_euclid(per);
        let mut series = Self {
            start: first - before * per,
            per,
            buckets: vec![0; usize::try_from(before + after).unwrap_or(0)],
            before: usize::try_from(before).unwrap_or(0),
            in_window: 0,
        };
        for (hour, count) in counts {
            series.add(hour.index(), count);
            if (first..last).contains(&hour.index()) {
                series.in_window = series.in_window.saturating_add(count);
            }
        }
        series
    }

    fn add(&mut self, hour: i64, count: u64) {
        let bucket = usize::try_from((hour - self.start).div_euclid(self.per));
        if let Some(bucket) = bucket.ok().and_then(|index| self.buckets.get_mut(index)) {
            *bucket = bucket.saturating_add(count);
        }
    }

    /// The greatest count of a bucket.
    pub(super) fn peak(&self) -> u64 {
        self.buckets.iter().copied().max().unwrap_or(0)
    }

    /// Everything counted.
    pub(super) fn total(&self) -> u64 {
        self.buckets.iter().copied().fold(0, u64::saturating_add)
    }

    /// The length of it all in hours.
    pub(super) fn hours(&self) -> i64 {
        self.per * self.buckets.len() as i64
    }

    /// `an hour`, `a day`, `every 6 hours`.
    pub(super) fn rate(&self) -> String {
        match self.per {
            1 => "an hour".to_owned(),
            24 => "a day".to_owned(),
            per if per % 24 == 0 => format!("every {} days", per / 24),
            per => format!("every {per} hours"),
        }
    }
}

/// The shortest round bucket that gives no more than `most` of them.
fn bucket_hours(hours: i64, least: i64, most: i64) -> i64 {
    let fits = |per: &i64| *per >= least && hours / *per <= most;
    [1, 2, 3, 4, 6, 8, 12, 24]
        .into_iter()
        .find(fits)
        .unwrap_or_else(|| {
            let days = (hours / most.max(1)).div_euclid(24) + 1;
            days * 24
        })
}

#[cfg(test)]
mod tests {
    use firstsight_engine::Time;

    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn window() -> Range {
        Range::new(at("2026-03-14T10:00:00Z"), at("2026-03-14T11:00:00Z"))
    }

    fn days_before(days: i64) -> Range {
        Range::hours_before(window().start.hour(), days * 24)
    }

    #[test]
    fn hours_fall_into_their_buckets() {
        let hour = window().start.hour();
        let counts = [
            (hour, 4),
            (hour.plus(-1), 2),
            (hour.plus(-9999), 7),
            (hour.plus(1), 7),
        ];
        let series = Series::new(counts.into_iter(), days_before(1), window(), 1, 400);
        assert_eq!((series.per, series.before, series.buckets.len()), (1, 24, 25));
        assert_eq!(series.buckets.get(23..), Some([2, 4].as_slice()));
        assert_eq!((series.peak(), series.total(), series.in_window), (4, 6, 4));
    }

    #[test]
    fn long_stretches_take_longer_buckets_and_the_window_starts_one() {
        let series = Series::new(std::iter::empty(), days_before(14), window(), 1, 60);
        assert_eq!((series.per, series.rate().as_str()), (6, "every 6 hours"));
        assert_eq!(
            series.start + series.before as i64 * series.per,
            window().start.hour().index()
        );
        let series = Series::new(std::iter::empty(), days_before(14), window(), 24, 400);
        assert_eq!(series.rate(), "a day");
    }

    #[test]
    fn no_range_gives_an_endless_series() {
        for (baseline, judged) in [
            (Range::ALL, Range::ALL),
            (Range::new(Time::MAX, Time::MIN), Range::new(Time::MAX, Time::MIN)),
            (window(), Range::new(Time::MIN, Time::MIN)),
            (Range::new(Time::MIN, Time::MIN), Range::new(Time::MAX, Time::MAX)),
        ] {
            let series = Series::new(std::iter::empty(), baseline, judged, 1, 400);
            assert!(
                (1..=402).contains(&series.buckets.len()),
                "{}",
                series.buckets.len()
            );
            assert!(series.before < series.buckets.len());
        }
    }
}
