//! Whether something grows that must not.

use std::ops::RangeInclusive;

use super::process::Footprint;

/// The most that a daemon of this size may hold: KiB of memory, threads, files.
const MOST_MEMORY: u64 = 256 << 10;
const MOST_THREADS: u64 = 64;
const MOST_FILES: u64 = 128;
/// The most bytes of states that a day of the sample makes, and what a state has in any case.
const STATES_A_DAY: u64 = 8 << 20;
/// The most bytes of both states' logs: each is written again from its start behind 32 MiB, and the last transaction.
const MOST_LOGS: u64 = 2 * (40 << 20);

/// Days of a month: the second week, when retention has been reached, and the two behind it. In the second and third, one process
/// goes on; the fourth has restarts.
const SECOND: RangeInclusive<i64> = 9..=14;
const THIRD: RangeInclusive<i64> = 15..=21;
const FOURTH: RangeInclusive<i64> = 22..=28;

/// What is measured at the end of a day.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    pub(crate) day: i64,
    pub(crate) footprint: Footprint,
    /// Bytes of the states' files, and of their logs.
    pub(crate) states: u64,
    pub(crate) logs: u64,
}

/// What was measured at the end of each day.
#[derive(Debug)]
pub(crate) struct Growth {
    days: i64,
    measured: Vec<Measured>,
}

impl Growth {
    pub(crate) fn new(days: i64) -> Self {
        Self {
            days,
            measured: Vec::new(),
        }
    }

    /// Takes in a day.
    pub(crate) fn note(&mut self, measured: Measured) {
        self.measured.push(measured);
    }

    fn most(&self, days: &RangeInclusive<i64>, of: impl Fn(&Measured) -> u64) -> u64 {
        let these = self.measured.iter().filter(|one| days.contains(&one.day));
        these.map(of).max().unwrap_or_default()
    }

    /// What has grown.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let mut wrong = self.beyond_bounds();
        if self.days < *FOURTH.end() {
            return wrong;
        }
        let memory = |days| self.most(days, |one| one.footprint.memory);
        let states = |days| self.most(days, |one| one.states);
        for (week, days) in [("third", &THIRD), ("fourth", &FOURTH)] {
            let (before, then) = (memory(&SECOND), memory(days));
            if then > before + before / 10 + (4 << 10) {
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
        wrong
    }

    fn beyond_bounds(&self) -> Vec<String> {
        let is_beyond = |one: &&Measured| {
            let held = one.footprint;
            held.memory > MOST_MEMORY
                || held.threads > MOST_THREADS
                || held.files > MOST_FILES
                || held.children > 0
                || one.logs > MOST_LOGS
                || one.states > STATES_A_DAY * u64::try_from(one.day.min(8) + 2).unwrap_or(1)
        };
        let beyond = self.measured.iter().filter(is_beyond);
        beyond.map(|one| format!("too much: {one:?}")).collect()
    }

    /// The most of everything.
    pub(crate) fn told(&self) -> String {
        let all = 0..=i64::MAX;
        let memory = |days| self.most(days, |one| one.footprint.memory) >> 10;
        let states = |days| self.most(days, |one| one.states) >> 10;
        let threads = self.most(&all, |one| one.footprint.threads);
        let files = self.most(&all, |one| one.footprint.files);
        let logs = self.most(&all, |one| one.logs) >> 10;
        let mut told = format!(
            "at most: memory {} MiB, states {} KiB and logs {logs} KiB, {threads} threads, {files} open files",
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
            growth.note(Measured {
                day,
                footprint,
                states: states(day),
                logs: 60 << 20,
            });
        }
        growth.wrong()
    }

    #[test]
    fn what_is_flat_is_well_and_what_grows_is_not() {
        let flat = |_| 50_000;
        assert_eq!(month(flat, |_| 9_000_000), Vec::<String>::new());
        assert_eq!(
            month(flat, |day| 5_000_000 + 400_000 * day.unsigned_abs()).len(),
            2
        );
        assert_eq!(
            month(|day| 20_000 + 7_000 * day.unsigned_abs(), |_| 9_000_000).len(),
            2
        );
    }

    #[test]
    fn processes_that_are_left_behind_are_told() {
        let mut growth = Growth::new(3);
        let mut measured = Measured::default();
        measured.footprint.children = 1;
        growth.note(measured);
        assert_eq!(growth.wrong().len(), 1);
    }
}
