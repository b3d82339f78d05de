//! When an inspection runs next: cases, and a year of bad luck.

use firstsight_engine::Time;
use firstsight_inspection::{Outcome, RunRecord, Schedule, Trigger};
use proptest::prelude::*;

use crate::timing::{Due, Past, Timing, jitter};

const MINUTE: i64 = 60_000;
const SETTLE: i64 = 10 * MINUTE;

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

fn run(tick: Time, trigger: Trigger, started: Time, ended: Time, outcome: Outcome) -> RunRecord {
    let mut record = RunRecord::begin(
        String::new(),
        "prod".to_owned(),
        tick,
        trigger,
        String::new(),
        started,
    );
    record.end(outcome, String::new(), ended);
    record
}

/// What is next, as text.
fn next(schedule: &Schedule, past: &Past, now: &str) -> String {
    let timing = Timing {
        schedule,
        delay: SETTLE,
    };
    match timing.next(past, at(now)) {
        None => "never".to_owned(),
        Some(due) => format!("{} at {} ({:?})", due.tick, due.starts, due.trigger),
    }
}

fn done(tick: &str) -> Past {
    Past {
        done: Some(at(tick)),
        failing: None,
    }
}

#[test]
fn a_tick_runs_once_it_has_settled() {
    let hourly = Schedule::hourly();
    let past = done("2026-01-01T11:00:00Z");
    let noon = "2026-01-01T12:00:00Z at 2026-01-01T12:10:00Z (Schedule)";
    for now in [
        "2026-01-01T11:20:00Z",
        "2026-01-01T12:09:59Z",
        "2026-01-01T12:10:00Z",
        "2026-01-01T12:59:00Z",
    ] {
        assert_eq!(next(&hourly, &past, now), noon, "{now}");
    }
}

#[test]
fn the_first_run_is_of_the_tick_that_has_settled_last() {
    assert_eq!(
        next(&Schedule::hourly(), &Past::default(), "2026-01-01T12:05:00Z"),
        "2026-01-01T11:00:00Z at 2026-01-01T11:10:00Z (Schedule)"
    );
}

#[test]
fn downtime_is_caught_up_with_by_one_run() {
    assert_eq!(
        next(
            &Schedule::hourly(),
            &done("2026-01-01T11:00:00Z"),
            "2026-01-03T08:30:00Z"
        ),
        "2026-01-03T08:00:00Z at 2026-01-03T08:10:00Z (CatchUp)"
    );
}

#[test]
fn a_failure_is_tried_again_after_longer_and_longer_waits() {
    let daily = Schedule::new("0 6 * * *", "UTC").unwrap();
    let tick = at("2026-01-02T06:00:00Z");
    let mut past = done("2026-01-01T06:00:00Z");
    let mut now = at("2026-01-02T06:10:00Z");
    let mut waits = Vec::new();
    for _ in 0..12 {
        past.ended(
            &run(tick, Trigger::Retry, now, now, Outcome::Failed),
            SETTLE,
            false,
        );
        let timing = Timing {
            schedule: &daily,
            delay: SETTLE,
        };
        let due = timing.next(&past, now).unwrap();
        assert_eq!((due.tick, due.trigger), (tick, Trigger::Retry));
        waits.push((due.starts.as_millis() - now.as_millis()) / MINUTE);
        now = due.starts.min(at("2026-01-03T06:09:00Z"));
    }
    assert_eq!(waits[..10], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
    // At the next tick at the latest.
    assert_eq!(waits[10..], [417, 1]);
    assert_eq!(past.failures(), 12);
    assert_eq!(
        next(&daily, &past, "2026-01-03T06:10:00Z"),
        "2026-01-03T06:00:00Z at 2026-01-03T06:10:00Z (Schedule)"
    );
    past.ended(&run(tick, Trigger::Retry, now, now, Outcome::Ok), SETTLE, false);
    assert_eq!(past.failures(), 0);
}

#[test]
fn a_run_that_ran_out_of_time_and_got_on_goes_on_in_a_minute() {
    let mut past = done("2026-01-01T11:00:00Z");
    let (tick, started) = (at("2026-01-01T12:00:00Z"), at("2026-01-01T12:10:00Z"));
    for ended in ["2026-01-01T12:25:00Z", "2026-01-01T12:41:00Z"] {
        past.ended(
            &run(tick, Trigger::Schedule, started, at(ended), Outcome::TimedOut),
            SETTLE,
            true,
        );
    }
    assert_eq!(
        next(&Schedule::hourly(), &past, "2026-01-01T12:41:00Z"),
        "2026-01-01T12:00:00Z at 2026-01-01T12:42:00Z (Retry)"
    );
}

#[test]
fn what_a_person_ran_before_it_had_settled_runs_again() {
    let mut past = done("2026-01-01T11:00:00Z");
    let tick = at("2026-01-01T12:00:00Z");
    let early = at("2026-01-01T12:03:00Z");
    past.ended(
        &run(tick, Trigger::Person, early, early, Outcome::Incomplete),
        SETTLE,
        false,
    );
    let noon = "2026-01-01T12:00:00Z at 2026-01-01T12:10:00Z (Schedule)";
    assert_eq!(next(&Schedule::hourly(), &past, "2026-01-01T12:04:00Z"), noon);
    let settled = at("2026-01-01T12:10:00Z");
    past.ended(
        &run(tick, Trigger::Person, settled, settled, Outcome::Ok),
        SETTLE,
        false,
    );
    assert_eq!(
        next(&Schedule::hourly(), &past, "2026-01-01T12:11:00Z"),
        "2026-01-01T13:00:00Z at 2026-01-01T13:10:00Z (Schedule)"
    );
}

#[test]
fn a_run_that_was_stopped_or_lost_is_due_as_it_was() {
    for outcome in [Outcome::Stopped, Outcome::Lost] {
        let mut past = done("2026-01-01T11:00:00Z");
        let started = at("2026-01-01T12:10:00Z");
        let tick = at("2026-01-01T12:00:00Z");
        past.ended(
            &run(tick, Trigger::Schedule, started, started, outcome),
            SETTLE,
            false,
        );
        assert_eq!(past, done("2026-01-01T11:00:00Z"));
    }
}

#[test]
fn a_clock_that_was_wrong_by_years_does_not_stop_an_inspection() {
    let far = done("2038-01-19T03:00:00Z");
    assert_eq!(
        next(&Schedule::hourly(), &far, "2026-01-01T12:30:00Z"),
        "2026-01-01T12:00:00Z at 2026-01-01T12:10:00Z (Schedule)"
    );
    let runs = [
        (at("2026-01-01T11:00:00Z"), at("2026-01-01T11:10:00Z")),
        (at("2038-01-19T03:00:00Z"), at("2038-01-19T03:10:00Z")),
    ];
    let runs = runs.map(|(tick, time)| run(tick, Trigger::Schedule, time, time, Outcome::Ok));
    let past = Past::of(&runs, SETTLE, at("2026-01-01T12:30:00Z"));
    assert_eq!(past, done("2026-01-01T11:00:00Z"));
}

#[test]
fn a_failure_in_the_future_is_tried_again_at_once() {
    let mut past = done("2026-01-01T11:00:00Z");
    let (tick, later) = (at("2026-01-01T12:00:00Z"), at("2026-01-01T22:00:00Z"));
    past.ended(
        &run(tick, Trigger::Schedule, later, later, Outcome::Failed),
        SETTLE,
        false,
    );
    assert_eq!(
        next(&Schedule::hourly(), &past, "2026-01-01T12:30:00Z"),
        "2026-01-01T12:00:00Z at 2026-01-01T12:30:00Z (Retry)"
    );
}

#[test]
fn jitter_is_the_same_for_a_name_and_spreads_names() {
    assert_eq!(jitter("prod", 0), 0);
    assert_eq!(jitter("prod", 30), jitter("prod", 30));
    let all: Vec<i64> = (0..310)
        .map(|name| jitter(&format!("inspection-{name}"), 30))
        .collect();
    assert!(
        all.iter()
            .all(|wait| (0..=30_000).contains(wait) && wait % 1_000 == 0)
    );
    for second in 0..=30 {
        let same = all.iter().filter(|wait| **wait == second * 1_000).count();
        assert!((1..=30).contains(&same), "{same} of 310 wait {second} s");
    }
}

/// Something that happens to a daemon.
#[derive(Clone, Copy, Debug)]
enum Luck {
    /// Minutes go by.
    Minutes(i64),
    /// The machine sleeps, or the clock is set forward.
    Forward(i64),
    /// The clock is set back, by less than an hour in all.
    Back(i64),
    /// The process is killed, and started anew.
    Restart,
    /// So many of the next runs end like this.
    Runs(usize, Outcome),
}

fn luck() -> impl Strategy<Value = Luck> {
    let bad = prop_oneof![
        Just(Outcome::Failed),
        Just(Outcome::TimedOut),
        Just(Outcome::Lost),
        Just(Outcome::Incomplete)
    ];
    prop_oneof![
        4 => (1_i64..300).prop_map(Luck::Minutes),
        1 => (1_i64..5_000).prop_map(Luck::Forward),
        1 => (1_i64..60).prop_map(Luck::Back),
        2 => Just(Luck::Restart),
        2 => (1_usize..6, bad).prop_map(|(runs, outcome)| Luck::Runs(runs, outcome)),
    ]
}

/// A daemon with one inspection, whose runs take a minute.
struct World {
    schedule: Schedule,
    delay: i64,
    now: Time,
    past: Past,
    /// All that the state remembers, the oldest first.
    runs: Vec<RunRecord>,
    /// How the next runs end.
    bad: Vec<Outcome>,
    /// The latest that the clock has shown.
    latest: Time,
}

impl World {
    fn well(outcome: Outcome) -> bool {
        matches!(outcome, Outcome::Ok | Outcome::Incomplete)
    }

    /// Minutes go by; what is due runs.
    fn minutes(&mut self, minutes: i64) {
        let until = self.now.plus_millis(minutes * MINUTE);
        while self.now < until {
            let timing = Timing {
                schedule: &self.schedule,
                delay: self.delay,
            };
            let due = timing.next(&self.past, self.now).expect("there is always a tick");
            if due.starts > self.now {
                self.now = due.starts.min(until);
            } else {
                self.run(due);
            }
        }
        self.latest = self.latest.max(self.now);
    }

    fn run(&mut self, due: Due) {
        let started = self.now;
        self.now = started.plus_millis(MINUTE);
        assert!(
            due.tick.plus_millis(self.delay) <= started,
            "before it has settled"
        );
        let outcome = self.bad.pop().unwrap_or(Outcome::Ok);
        let record = run(due.tick, due.trigger, started, self.now, outcome);
        let ran_well = |run: &&RunRecord| Self::well(run.outcome) && run.tick == due.tick;
        assert!(
            self.runs.iter().find(ran_well).is_none(),
            "{} ran twice",
            due.tick
        );
        self.past.ended(&record, SETTLE, false);
        self.runs.push(record);
    }

    fn meet(&mut self, luck: Luck) {
        match luck {
            Luck::Minutes(minutes) => self.minutes(minutes),
            Luck::Forward(minutes) => {
                self.now = self.now.plus_millis(minutes * MINUTE);
                self.latest = self.latest.max(self.now);
            }
            Luck::Back(minutes) => {
                let earliest = self.latest.plus_millis(-59 * MINUTE);
                self.now = self.now.plus_millis(-minutes * MINUTE).max(earliest);
            }
            Luck::Restart => self.past = Past::of(&self.runs, SETTLE, self.now),
            Luck::Runs(runs, outcome) => self.bad = vec![outcome; runs],
        }
    }

    /// The last tick that was run to its end.
    fn covered(&self) -> Option<Time> {
        let well = self.runs.iter().filter(|run| Self::well(run.outcome));
        well.map(|run| run.tick).max()
    }
}

proptest! {
    // A case is months of ticks.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_tick_is_lost_or_run_twice(
        lucks in prop::collection::vec(luck(), 1..60),
        cron in prop::sample::select(vec!["0 * * * *", "*/20 * * * *", "30 2 * * *", "0 9-17 * * mon-fri"]),
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/St_Johns"]),
        jitter in 0_i64..40,
    ) {
        let begun = at("2026-03-28T00:00:00Z");
        let mut world = World {
            schedule: Schedule::new(cron, zone).unwrap(),
            delay: SETTLE + jitter * 1_000,
            now: begun,
            past: Past::default(),
            runs: Vec::new(),
            bad: Vec::new(),
            latest: begun,
        };
        for luck in lucks {
            world.meet(luck);
        }
        // Then nothing bad happens for three hours and a backoff: every tick that has settled is done, by a run of it or of a
        // later one.
        world.bad.clear();
        let behind = world.past.failing.map_or(0, |failing| (1 << failing.times.min(12)) + 1);
        world.minutes(behind + 180);
        let settled = world.schedule.last(world.now.plus_millis(-world.delay - 2 * MINUTE));
        prop_assert!(world.covered() >= settled, "{:?} is done, {settled:?} has settled", world.covered());
    }
}
