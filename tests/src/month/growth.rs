//! Whether something grows that must not.

use std::ops::RangeInclusive;

use super::process::Footprint;

/// The most that a daemon of this size may hold: KiB of memory, threads, files.
const MOST_MEMORY: u64 = 256 << 10;
const MOST_THREADS: u64 = 64;
const MOST_FILES: u64 = 128;
/// The most bytes of states that a day of the sample makes, and what a state has in any case.
const STATES_A_DAY: u64 = 8 << 20;

/// Days of a month: the second week, when retention has been reached, and the two behind it. In the third, one process goes on.
const SECOND: RangeInclusive<i64> = 8..=14;
const THIRD: RangeInclusive<i64> = 16..=21;
const FOURTH: RangeInclusive<i64> = 22..=28;

/// What was measured at the end of each day.
#[derive(Debug)]
pub(crate) struct Growth {
    days: i64,
    measured: Vec<(i64, Footprint, u64)>,
}

impl Growth {
    pub(crate) fn new(days: i64) -> Self {
        Self {
            days,
            measured: Vec::new(),
        }
    }

    /// Takes in what a process holds, and the bytes of its states.
    pub(crate) fn note(&mut self, day: i64, footprint: Footprint, states: u64) {
        self.measured.push((day, footprint, states));
    }

    fn most(&self, days: &RangeInclusive<i64>, of: impl Fn(&(i64, Footprint, u64)) -> u64) -> u64 {
        let these = self.measured.iter().filter(|(day, ..)| days.contains(day));
        these.map(of).max().unwrap_or_default()
    }

    /// What has grown.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let mut wrong = self.beyond_bounds();
        if self.days < *FOURTH.end() {
            return wrong;
        }
        let memory = |days| self.most(days, |(_, footprint, _)| footprint.memory);
        let states = |days| self.most(days, |(_, _, states)| *states);
        for (week, days) in [("third", &THIRD), ("fourth", &FOURTH)] {
            let (before, then) = (memory(&SECOND), memory(days));
            if then > before + before / 4 + (8 << 10) {
                wrong.push(format!(
                    "memory: {before} KiB in the second week, {then} KiB in the {week}"
                ));
            }
            let (before, then) = (states(&SECOND), states(days));
            if then > before + before / 5 {
                wrong.push(format!(
                    "states: {before} bytes in the second week, {then} bytes in the {week}"
                ));
            }
        }
        let (first, last) = (memory(&(16..=17)), memory(&(20..=21)));
        if last > first + first / 5 + (4 << 10) {
            wrong.push(format!(
                "memory of one process: {first} KiB on day 17, {last} KiB on day 21"
            ));
        }
        wrong
    }

    fn beyond_bounds(&self) -> Vec<String> {
        let is_beyond = |(day, footprint, states): &&(i64, Footprint, u64)| {
            footprint.memory > MOST_MEMORY
                || footprint.threads > MOST_THREADS
                || footprint.files > MOST_FILES
                || footprint.children > 0
                || *states > STATES_A_DAY * u64::try_from((*day).min(8) + 2).unwrap_or(1)
        };
        let beyond = self.measured.iter().filter(is_beyond);
        beyond
            .map(|(day, footprint, states)| format!("day {day}: {footprint:?}, {states} bytes of states"))
            .collect()
    }

    /// The most of everything.
    pub(crate) fn told(&self) -> String {
        let all = 0..=i64::MAX;
        let memory = |days| self.most(days, |(_, footprint, _)| footprint.memory) >> 10;
        let states = |days| self.most(days, |(_, _, states)| *states) >> 10;
        let threads = self.most(&all, |(_, footprint, _)| footprint.threads);
        let files = self.most(&all, |(_, footprint, _)| footprint.files);
        let mut told = format!(
            "at most: memory {} MiB, states {} KiB, {threads} threads, {files} open files",
            memory(&all),
            states(&all)
        );
        if self.days >= *FOURTH.end() {
            for (week, days) in [("second", &SECOND), ("third", &THIRD), ("fourth", &FOURTH)] {
                told.push_str(&format!(
                    "; {week} week: {} MiB, {} KiB",
                    memory(days),
                    states(days)
                ));
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(memory: impl Fn(i64) -> u64, states: impl Fn(i64) -> u64) -> Vec<String> {
        let mut growth = Growth::new(30);
        for day in 1..=30 {
            let footprint = Footprint {
                memory: memory(day),
                threads: 8,
                files: 40,
                children: 0,
            };
            growth.note(day, footprint, states(day));
        }
        growth.wrong()
    }

    #[test]
    fn what_is_flat_is_well_and_what_grows_is_not() {
        let flat = |_| 50_000;
        assert_eq!(month(flat, |_| 9_000_000), Vec::<String>::new());
        assert_eq!(
            month(flat, |day| 5_000_000 + 400_000 * day.unsigned_abs()).len(),
            1
        );
        assert_eq!(
            month(|day| 40_000 + 3_000 * day.unsigned_abs(), |_| 9_000_000).len(),
            3
        );
    }

    #[test]
    fn processes_that_are_left_behind_are_told() {
        let mut growth = Growth::new(3);
        growth.note(
            1,
            Footprint {
                children: 1,
                ..Footprint::default()
            },
            0,
        );
        assert_eq!(growth.wrong().len(), 1);
    }
}
