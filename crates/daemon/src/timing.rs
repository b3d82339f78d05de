//! When an inspection runs next: a pure function of its schedule, what became of its runs, and the present.
//!
//! A tick is *done* when a run of it, or of a later one, came to its end: a run judges every window before its own that no run
//! has judged. So after downtime the latest tick that has settled is run, and catches up with those before it.

use firstsight_engine::Time;
use firstsight_inspection::{Outcome, RunRecord, Schedule, Trigger};

/// The first wait before a run that failed is made again, in milliseconds; each further one is twice as long, up to the next tick.
const FIRST_WAIT: i64 = 60_000;

/// The clock may be set back by so much, in milliseconds, before what was run in its future counts as not run: a clock that was
/// wrong by years must not keep an inspection from running for years.
const SET_BACK: i64 = 3_600_000;

/// When an inspection is to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing<'a> {
    pub(crate) schedule: &'a Schedule,
    /// How long after its tick a run starts, in milliseconds: settled, and with its jitter.
    pub(crate) delay: i64,
}

/// What became of an inspection's runs, as far as it decides about the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Past {
    /// Every tick up to here is done.
    pub(crate) done: Option<Time>,
    /// The failures since.
    pub(crate) failing: Option<Failing>,
}

/// Runs that failed, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failing {
    /// The tick of the last one.
    pub(crate) tick: Time,
    /// When that one ended.
    pub(crate) at: Time,
    /// How many.
    pub(crate) times: u32,
    /// Whether the last one ran out of time with something done: the next one goes on behind it, and need not wait longer and longer.
    pub(crate) goes_on: bool,
}

/// A run to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) tick: Time,
    /// When it starts; in the past where it should have started already.
    pub(crate) starts: Time,
    pub(crate) trigger: Trigger,
}

impl Timing<'_> {
    /// The next run; `None` where the schedule has no more ticks.
    pub(crate) fn next(&self, past: &Past, now: Time) -> Option<Due> {
        let settled = now.plus_millis(-self.delay);
        let done = past.done.filter(|done| *done <= now.plus_millis(SET_BACK));
        let waiting = self.schedule.last(settled);
        match waiting.filter(|tick| done.is_none_or(|done| *tick > done)) {
            Some(tick) => Some(self.due(tick, done, past.failing, now)),
            None => {
                let tick = self
                    .schedule
                    .next(done.map_or(settled, |done| done.max(settled)))?;
                Some(Due {
                    tick,
                    starts: tick.plus_millis(self.delay),
                    trigger: Trigger::Schedule,
                })
            }
        }
    }

    /// The run of a tick that has settled and is not done.
    fn due(&self, tick: Time, done: Option<Time>, failing: Option<Failing>, now: Time) -> Due {
        let starts = tick.plus_millis(self.delay);
        if let Some(failing) = failing.filter(|failing| failing.tick == tick) {
            let again = failing.again(now).max(starts);
            let following = self.schedule.next(tick).map(|tick| tick.plus_millis(self.delay));
            return Due {
                tick,
                starts: following.map_or(again, |following| again.min(following)),
                trigger: Trigger::Retry,
            };
        }
        let tried = failing.map(|failing| failing.tick).filter(|tried| *tried < tick);
        let first = done.max(tried).and_then(|before| self.schedule.next(before));
        Due {
            tick,
            starts,
            trigger: match first {
                Some(first) if first < tick => Trigger::CatchUp,
                _ => Trigger::Schedule,
            },
        }
    }
}

impl Failing {
    /// When it is tried again. Where the clock was set back behind the failure: now.
    fn again(&self, now: Time) -> Time {
        let doublings = if self.goes_on {
            0
        } else {
            self.times.saturating_sub(1)
        };
        let again = self.at.plus_millis(FIRST_WAIT << doublings.min(20));
        if self.at > now { now } else { again }
    }
}

impl Past {
    /// Takes in a run that ended; `settle` in milliseconds, `goes_on` as in [`Failing`].
    pub(crate) fn ended(&mut self, run: &RunRecord, settle: i64, goes_on: bool) {
        let at = run.ended.unwrap_or(run.started);
        match run.outcome {
            Outcome::Ok | Outcome::Incomplete => {
                let known = self.done.filter(|done| *done <= at.plus_millis(SET_BACK));
                self.done = known.max(Some(done_by(run, settle)));
                self.failing = None;
            }
            Outcome::Failed | Outcome::TimedOut => {
                self.failing = Some(Failing {
                    tick: run.tick,
                    at,
                    times: self.failures() + 1,
                    goes_on: goes_on && run.outcome == Outcome::TimedOut,
                });
            }
            // The tick is due as it was.
            Outcome::Running | Outcome::Stopped | Outcome::Lost => {}
        }
    }

    /// From the runs that are remembered, the oldest first. Those that began in the future are passed over: the clock was wrong.
    pub(crate) fn of<'a>(runs: impl IntoIterator<Item = &'a RunRecord>, settle: i64, now: Time) -> Self {
        let mut past = Self::default();
        for run in runs {
            if run.started <= now.plus_millis(SET_BACK) {
                past.ended(run, settle, false);
            }
        }
        past
    }

    /// How many runs in a row have failed.
    pub(crate) fn failures(&self) -> u32 {
        self.failing.map_or(0, |failing| failing.times)
    }
}

/// What a run that came to its end has done: its tick, where that had settled when it began. (A person may have asked for it
/// earlier; then its tick is run again by itself.)
fn done_by(run: &RunRecord, settle: i64) -> Time {
    match run.trigger {
        Trigger::Person => run.tick.min(run.started.plus_millis(-settle)),
        Trigger::Schedule | Trigger::CatchUp | Trigger::Retry => run.tick,
    }
}

/// How much later than settled an inspection starts, in milliseconds: by its name, so that it is the same every time.
pub(crate) fn jitter(name: &str, most_seconds: u32) -> i64 {
    // FNV-1a: stable over versions, and good enough to spread names.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let seconds = hash % (u64::from(most_seconds) + 1);
    i64::try_from(seconds).unwrap_or_default() * 1_000
}
