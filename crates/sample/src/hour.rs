//! One hour of one account.

use firstsight_cloudtrail::{Hour, Timestamp};

use crate::call::{Cadence, Call, Routine, Step, Who};
use crate::caller::Caller;
use crate::config::SampleConfig;
use crate::dice::{Dice, fnv};
use crate::ephemeral::Ephemeral;
use crate::record::Writer;
use crate::tables::attack::{self, Move};
use crate::tables::machines::{CI_DEPLOYER, CI_RUNNER, NOTEBOOK};
use crate::tables::noise::NOISE;
use crate::tables::novelty::Novelty;
use crate::tables::work::{WHO_AM_I, WORK};
use crate::world::World;

const DAY: i64 = 24;

/// The share of the peak that people work at, by the hour of their day.
const OFFICE: [f64; 24] = [
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.05, 0.2, 0.6, 0.9, 1.0, 1.0, 0.7, 0.9, 1.0, 0.95, 0.8, 0.5, 0.2, 0.1,
    0.08, 0.05, 0.02, 0.0,
];

/// The share of people's work that is done at weekends.
const WEEKEND: f64 = 0.12;

/// Writes the records of one hour.
pub(crate) struct HourWriter<'a> {
    config: &'a SampleConfig,
    catalogue: &'a [Novelty],
    /// The order in which this account comes upon the catalogue.
    order: &'a [usize],
    hour: Hour,
    writer: Writer<'a>,
}

impl<'a> HourWriter<'a> {
    pub(crate) fn new(
        config: &'a SampleConfig,
        world: &'a World,
        catalogue: &'a [Novelty],
        order: &'a [usize],
        hour: Hour,
    ) -> Self {
        let writer = Writer {
            world,
            buffer: Vec::with_capacity(256 * 1024),
            records: Vec::with_capacity(256),
        };
        Self {
            config,
            catalogue,
            order,
            hour,
            writer,
        }
    }

    /// What happens in any hour.
    pub(crate) fn ordinary(&mut self) {
        for routine in WORK.iter().chain(NOISE) {
            self.routine(routine);
        }
        self.new_signatures();
        self.new_actors();
    }

    /// What has been written.
    pub(crate) fn finish(self) -> Writer<'a> {
        self.writer
    }

    fn world(&self) -> &'a World {
        self.writer.world
    }

    fn routine(&mut self, routine: &Routine) {
        let world = self.world();
        match routine.who {
            Who::PeopleInConsole | Who::PeopleWithCli => {
                for (index, person) in world.people.iter().enumerate() {
                    let mut dice = world.dice(self.hour.index(), fnv(routine.name) ^ index as u64);
                    for _ in 0..self.runs(routine.cadence, person.zone, &mut dice) {
                        let console = matches!(routine.who, Who::PeopleInConsole);
                        let caller = Caller::person(world, person, console, &mut dice, self.hour);
                        self.steps(routine.steps, &caller, &mut dice);
                    }
                }
            }
            who => {
                let mut dice = world.dice(self.hour.index(), fnv(routine.name));
                let zone = world.people.first().map_or(0, |person| person.zone);
                for _ in 0..self.runs(routine.cadence, zone, &mut dice) {
                    let caller = Caller::of(&who, world, &mut dice, self.hour);
                    self.steps(routine.steps, &caller, &mut dice);
                }
            }
        }
    }

    /// How often a routine runs in this hour.
    fn runs(&self, cadence: Cadence, zone: i64, dice: &mut Dice) -> u32 {
        let (day, hour) = (
            self.hour.index().div_euclid(DAY),
            self.hour.index().rem_euclid(DAY),
        );
        match cadence {
            Cadence::Steady(rate) => {
                let mean = rate * (0.85 + 0.3 * rhythm(self.hour, zone)) * self.config.scale;
                let mean = mean * dice.burst();
                dice.count(mean)
            }
            Cadence::Office(rate) => {
                let mean = rate * rhythm(self.hour, zone) * self.config.scale * dice.burst();
                dice.count(mean)
            }
            Cadence::Daily(times, at) => {
                if hour == i64::from(at) {
                    times
                } else {
                    0
                }
            }
            Cadence::Weekly(on, at) => u32::from(hour == i64::from(at) && weekday(day) == on),
        }
    }

    /// The calls of one run, seconds apart, all within the hour.
    fn steps(&mut self, steps: &[Step], caller: &Caller, dice: &mut Dice) {
        let region = self.world().region(dice).to_owned();
        let mut second = i64::from(dice.between(0, 3_400));
        for step in steps {
            for _ in 0..dice.between(step.least, step.most) {
                self.call(&step.call, caller, &region, second, dice);
                second = (second + i64::from(dice.between(0, 7))).min(3_599);
            }
        }
    }

    fn call(&mut self, call: &Call<'_>, caller: &Caller, region: &str, second: i64, dice: &mut Dice) {
        let time = Timestamp::from_secs(self.hour.start().as_secs() + second);
        self.writer.write(call, caller, region, time, dice);
    }

    /// Harmless errors that the account has not seen before, and those of the last two days that come again.
    fn new_signatures(&mut self) {
        let today = self.hour.index().div_euclid(DAY);
        for day in today - 2..=today {
            for number in 0..self.config.new_signatures_per_day {
                self.new_signature(day, number);
            }
        }
    }

    fn new_signature(&mut self, day: i64, number: u32) {
        let world = self.world();
        let mut dice = world.dice(day, fnv("new signature") ^ u64::from(number));
        let first = day * DAY + i64::from(dice.between(6, 20));
        let again = if dice.chance(0.4) {
            first + i64::from(dice.between(1, 40))
        } else {
            first
        };
        if ![first, again].contains(&self.hour.index()) {
            return;
        }
        let place = day * i64::from(self.config.new_signatures_per_day) + i64::from(number);
        let Some(novelty) = self.novelty(place) else {
            return;
        };
        let mut dice = world.dice(
            self.hour.index(),
            fnv("new signature") ^ u64::from(number) ^ day.cast_unsigned() << 8,
        );
        let who = match dice.below(6) {
            0 => Who::Role(&CI_RUNNER),
            1 => Who::Role(&NOTEBOOK),
            2 | 3 => Who::PeopleInConsole,
            _ => Who::PeopleWithCli,
        };
        let caller = Caller::of(&who, world, &mut dice, self.hour);
        let region = world.region(&mut dice).to_owned();
        let mut second = i64::from(dice.between(0, 3_400));
        for _ in 0..dice.between(1, 3) {
            self.call(&novelty.call(), &caller, &region, second, &mut dice);
            second += i64::from(dice.between(1, 60));
        }
    }

    fn novelty(&self, place: i64) -> Option<&'a Novelty> {
        let length = i64::try_from(self.order.len())
            .ok()
            .filter(|length| *length > 0)?;
        let index = usize::try_from(place.rem_euclid(length)).ok()?;
        self.catalogue.get(*self.order.get(index)?)
    }

    /// Roles made today for one purpose, which meet the denials that such roles always meet.
    fn new_actors(&mut self) {
        let world = self.world();
        let day = self.hour.index().div_euclid(DAY);
        for number in 0..self.config.new_actors_per_day {
            let mut dice = world.dice(day, fnv("new actor") ^ u64::from(number));
            let begins = i64::from(dice.between(5, 21));
            let lasts = i64::from(dice.between(1, 2));
            let actor = Ephemeral::new(world, &mut dice, day);
            let age = self.hour.index().rem_euclid(DAY) - begins;
            if (0..lasts).contains(&age) {
                self.new_actor(&actor, number);
            }
        }
    }

    fn new_actor(&mut self, actor: &Ephemeral, number: u32) {
        let world = self.world();
        let mut dice = world.dice(self.hour.index(), fnv("new actor's calls") ^ u64::from(number));
        let caller = Caller::named_role(
            world,
            &actor.role,
            &actor.session,
            actor.machine,
            &mut dice,
            self.hour,
        );
        let region = world.region(&mut dice).to_owned();
        let mut second = i64::from(dice.between(0, 3_300));
        self.call(&WHO_AM_I, &caller, &region, second, &mut dice);
        for denial in actor.denials {
            for _ in 0..dice.between(1, 2) {
                second += i64::from(dice.between(1, 40));
                self.call(denial, &caller, &region, second, &mut dice);
            }
        }
    }

    /// The attack and the flood of throttling around it. Gives each move with the id of its record.
    pub(crate) fn attack(&mut self) -> Vec<(Move, String)> {
        let world = self.world();
        let mut dice = world.dice(self.hour.index(), fnv(attack::FLOOD.name));
        self.flood(&mut dice);
        let mut dice = world.dice(self.hour.index(), fnv("attack"));
        let key = Caller {
            address: attack::ADDRESS.to_owned(),
            agent: attack::AGENT.to_owned(),
            ..Caller::user(world, &CI_DEPLOYER, &mut dice)
        };
        let root = Caller::root(world, attack::ROOT_ADDRESS);
        let region = &self.config.regions[0];
        let mut moves = Vec::with_capacity(attack::MOVES.len());
        for step in attack::MOVES {
            self.call(
                &step.call,
                if step.root { &root } else { &key },
                region,
                step.at,
                &mut dice,
            );
            moves.extend(
                self.writer
                    .records
                    .last()
                    .map(|record| (*step, record.event_id.clone())),
            );
        }
        moves
    }

    fn flood(&mut self, dice: &mut Dice) {
        let caller = Caller::of(&attack::FLOOD.who, self.world(), dice, self.hour);
        let region = &self.config.regions[0];
        for step in attack::FLOOD.steps {
            for _ in 0..dice.between(step.least, step.most) {
                let second = i64::from(dice.between(300, 3_500));
                self.call(&step.call, &caller, region, second, dice);
            }
        }
    }
}

/// The day of the week of a day since 1970-01-01, a Thursday; 0 is Sunday.
fn weekday(day: i64) -> i64 {
    (day + 4).rem_euclid(7)
}

/// How much people in a time zone work in this hour, from 0 to 1.
fn rhythm(hour: Hour, zone: i64) -> f64 {
    let local = hour.index() + zone;
    let share = usize::try_from(local.rem_euclid(DAY))
        .ok()
        .and_then(|hour| OFFICE.get(hour))
        .copied()
        .unwrap_or(0.0);
    let weekend = matches!(weekday(local.div_euclid(DAY)), 0 | 6);
    if weekend { share * WEEKEND } else { share }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_are_those_of_the_calendar() {
        let day = |text: &str| text.parse::<Timestamp>().unwrap().hour().index().div_euclid(DAY);
        assert_eq!(weekday(day("2026-01-12T00:00:00Z")), 1);
        assert_eq!(weekday(day("2026-01-18T00:00:00Z")), 0);
        assert_eq!(weekday(day("1969-12-31T00:00:00Z")), 3);
    }

    #[test]
    fn people_work_by_day_and_little_at_weekends() {
        let at = |text: &str| rhythm(text.parse::<Timestamp>().unwrap().hour(), -5);
        assert!(at("2026-01-14T15:00:00Z") > 0.9);
        assert!(at("2026-01-14T08:00:00Z") < 0.01);
        assert!(at("2026-01-17T15:00:00Z") < 0.2);
    }
}
