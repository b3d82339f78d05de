//! A month of the daemon, simulated: its clock is driven through days of a sample, while it is stopped, killed and told of other
//! configurations, its source and its sinks fail, and records come late. Behind each day its states are compared with what was
//! delivered; see `docs/soak.md`.

mod books;
mod delivered;
mod dice;
mod far;
mod growth;
mod plan;
mod process;
mod trail;
mod world;

use std::collections::BTreeMap;
use std::path::PathBuf;

use self::growth::{Growth, Measured};
pub use self::plan::{Act, Moment, Plan};
use self::world::World;
use firstsight_engine::Hour;

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Options {
    /// The daemon's program.
    pub program: PathBuf,
    /// An empty folder, for the trail, the states and the log.
    pub folder: PathBuf,
    /// Chooses the sample and what happens.
    pub seed: u64,
    /// How many days.
    pub days: i64,
    /// Whether what must make no difference is left out, see [`Plan::undisturbed`].
    pub undisturbed: bool,
}

/// What became of it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What is wrong: nothing, if all is well.
    pub wrong: Vec<String>,
    /// A line a day and one in the end, of counts that follow from the seed.
    pub table: Vec<String>,
    /// Every event that was recorded, as JSON, by id.
    pub events: BTreeMap<String, String>,
}

/// The first hour: a Monday.
const START: &str = "2026-03-02T00:00:00Z";

/// Minutes of each hour that the clock is moved to. What has settled runs by the second one.
const MINUTES: [i64; 4] = [0, 11, 31, 51];

/// Simulates, and tells a line a day.
///
/// # Panics
/// When the simulation itself fails: the daemon hangs, ends by itself or cannot be started, a state cannot be read.
pub fn simulate(options: &Options, say: &mut dyn FnMut(&str)) -> Report {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let start: firstsight_engine::Time = START.parse().expect("a time");
    let mut month = Month {
        world: World::new(options, start.hour(), &runtime),
        growth: Growth::new(options.days),
        table: Vec::new(),
    };
    say(HEAD);
    month.world.begin();
    for hour in 0..=options.days * 24 {
        month.hour(start.hour().plus(hour), hour, say);
    }
    month.end(say)
}

const HEAD: &str = "day files records errors late | windows (incomplete) events file hook | by chance: runs lost repeats refused | memory states logs";

struct Month<'a> {
    world: World<'a>,
    growth: Growth,
    table: Vec<String>,
}

impl Month<'_> {
    /// An hour; behind the first run of a day, the day before is looked at.
    fn hour(&mut self, now: Hour, index: i64, say: &mut dyn FnMut(&str)) {
        if index > 0 {
            self.world.happen(now.plus(-1), index - 1);
        }
        for minute in MINUTES {
            self.world.minute(now, index, minute);
            if minute == MINUTES[1] && index % 24 == 0 && index > 0 {
                self.day(now, index / 24, say);
            }
        }
    }

    fn day(&mut self, end: Hour, day: i64, say: &mut dyn FnMut(&str)) {
        self.world.look(end);
        let footprint = self.world.footprint();
        let (states, logs) = (self.world.bytes_of_states(""), self.world.bytes_of_states("-wal"));
        self.growth.note(Measured {
            day,
            footprint,
            states,
            logs,
        });
        let counts = self.world.counts();
        let line = format!("{day:>3} {counts}");
        let chance = self.world.chance();
        let (memory, states, logs) = (footprint.memory >> 10, states >> 10, logs >> 10);
        say(&format!("{line} | {chance} | {memory} MiB {states} {logs} KiB"));
        self.table.push(line);
    }

    /// Stops, and looks at everything once more.
    fn end(mut self, say: &mut dyn FnMut(&str)) -> Report {
        let mut wrong = self.world.end();
        wrong.extend(self.growth.wrong());
        for line in self.world.summary() {
            say(&line);
            self.table.push(line);
        }
        say(&self.growth.told());
        Report {
            wrong,
            table: self.table,
            events: self.world.events(),
        }
    }
}
