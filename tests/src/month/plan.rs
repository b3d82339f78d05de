//! What happens in the month, and in which hour: a pure function of seed and length.

use std::collections::BTreeMap;

use super::dice::Dice;

/// Something that happens. What is lasting is a pair of acts: how it begins, and how it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// The daemon is stopped while nothing runs, and started again at once.
    Restart,
    /// The daemon is stopped in the midst of a run, and started again at once.
    StopInRun,
    /// The daemon is stopped, and stays so.
    Down,
    /// It is started again: windows have been missed.
    Up,
    /// The daemon is killed (`SIGKILL`), and started again at once.
    Kill(Moment),
    /// The hourly inspection runs every two hours from now on.
    TwoHourly,
    /// Every hour again.
    Hourly,
    /// Another sink is configured.
    SinkAdded,
    /// It is taken out again.
    SinkRemoved,
    /// A configuration that is wrong, while a run goes on.
    Broken,
    /// The folder that is read is not there.
    SourceGone,
    /// It is there again, with all that was written meanwhile.
    SourceBack,
    /// The trail delivers nothing.
    Silence,
    /// It delivers again, with all that it held back.
    Speech,
    /// One file is delivered damaged.
    Damage,
    /// It is whole.
    Mended,
    /// The webhook's far side answers 503.
    SinkDown,
    /// It takes what it is sent.
    SinkUp,
    /// An attack takes place in this hour: findings that matter.
    Attack,
}

/// When a daemon is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// While nothing goes on.
    Rest,
    /// As soon as a run has begun.
    Begun,
    /// When a run has written so many bytes to its state's log.
    Written(u32),
    /// When the webhook's far side has the next event, and has not answered.
    Delivery,
}

/// What happens, by hour from the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    acts: BTreeMap<i64, Vec<Act>>,
}

/// The days without a kill or a restart, so that one process can be watched for two weeks: the second and third of a month.
const QUIET: std::ops::Range<i64> = 7..21;

impl Plan {
    /// The plan of so many days.
    #[must_use]
    pub fn new(seed: u64, days: i64) -> Self {
        let mut plan = Self::default();
        for day in 0..days {
            let mut dice = Dice::new(seed, &format!("day {day}"));
            let quiet = days > QUIET.end && QUIET.contains(&day);
            plan.source(day, &mut dice);
            plan.people(day, quiet, &mut dice);
            plan.sink(day, &mut dice);
            if !quiet {
                plan.process(day, &mut dice);
            }
        }
        for acts in plan.acts.values_mut() {
            acts.sort_unstable();
        }
        plan
    }

    /// The same trail, configuration and times of being down, and nothing that must make no difference: no kills, no stops in
    /// the midst of runs, no far side that fails, no configuration that is refused.
    #[must_use]
    pub fn undisturbed(&self) -> Self {
        let disturbs = |act: &Act| {
            matches!(
                act,
                Act::Kill(_) | Act::StopInRun | Act::Restart | Act::SinkDown | Act::SinkUp | Act::Broken
            )
        };
        let mut acts = self.acts.clone();
        acts.values_mut()
            .for_each(|acts| acts.retain(|act| !disturbs(act)));
        Self { acts }
    }

    /// What happens in this hour, counted from the beginning.
    #[must_use]
    pub fn of(&self, hour: i64) -> &[Act] {
        self.acts.get(&hour).map_or(&[], Vec::as_slice)
    }

    /// How often something happens.
    #[must_use]
    pub fn times(&self, is_it: impl Fn(Act) -> bool) -> usize {
        let all = self.acts.values().flatten();
        all.filter(|act| is_it(**act)).count()
    }

    /// The stretches, in hours from the beginning, from one act to the other.
    pub(crate) fn stretches(&self, begins: Act, ends: Act) -> Vec<std::ops::Range<i64>> {
        let of = |wanted: Act| {
            let hours = self.acts.iter().filter(move |(_, acts)| acts.contains(&wanted));
            hours.map(|(hour, _)| *hour)
        };
        of(begins).zip(of(ends)).map(|(start, end)| start..end).collect()
    }

    fn add(&mut self, day: i64, hour: i64, act: Act) {
        self.acts.entry(day * 24 + hour).or_default().push(act);
    }

    fn pair(&mut self, day: i64, hour: i64, length: i64, [begins, ends]: [Act; 2]) {
        self.add(day, hour, begins);
        self.add(day, hour + length, ends);
    }

    /// The trail has its troubles in the morning, and has recovered by noon.
    fn source(&mut self, day: i64, dice: &mut Dice) {
        let hour = dice.between(2, 3);
        match day % 3 {
            0 => self.pair(day, hour, dice.between(3, 6), [Act::SourceGone, Act::SourceBack]),
            1 => self.pair(day, hour, dice.between(5, 7), [Act::Silence, Act::Speech]),
            _ => self.pair(day, hour, dice.between(4, 6), [Act::Damage, Act::Mended]),
        }
        if day % 5 == 1 {
            self.add(day, 12, Act::Attack);
        }
    }

    /// People change the configuration in the afternoon.
    fn people(&mut self, day: i64, quiet: bool, dice: &mut Dice) {
        let (hour, length) = (dice.between(14, 16), 2 * dice.between(1, 2));
        match day % 3 {
            0 => self.pair(day, hour, length, [Act::TwoHourly, Act::Hourly]),
            // Before what an attack leads to.
            1 => self.pair(day, 12, length, [Act::SinkAdded, Act::SinkRemoved]),
            _ if quiet => {}
            _ => self.pair(day, hour, dice.between(2, 4), [Act::Down, Act::Up]),
        }
        self.add(day, 13, Act::Broken);
    }

    fn sink(&mut self, day: i64, dice: &mut Dice) {
        if day % 2 == 1 {
            self.pair(
                day,
                dice.between(11, 13),
                dice.between(3, 7),
                [Act::SinkDown, Act::SinkUp],
            );
        }
    }

    /// Kills and restarts, away from the troubles of the trail: a run that was killed counts as one that failed, and how many have
    /// must not depend on whether the kill came before or after its end.
    fn process(&mut self, day: i64, dice: &mut Dice) {
        self.add(day, 21, Act::Restart);
        self.add(day, dice.between(22, 23), Act::Kill(Moment::Begun));
        self.add(day, 12, Act::Kill(Moment::Delivery));
        let written = u32::try_from(dice.between(1, 400_000)).unwrap_or_default();
        // At six in the evening both inspections run.
        self.add(
            day,
            if day % 3 == 2 { 20 } else { 18 },
            Act::Kill(Moment::Written(written)),
        );
        match day % 2 {
            0 => self.add(day, 20, Act::StopInRun),
            _ => self.add(day, 1, Act::Kill(Moment::Rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_follows_from_its_seed() {
        assert_eq!(Plan::new(1, 30), Plan::new(1, 30));
        assert_ne!(Plan::new(1, 30), Plan::new(2, 30));
        let (short, long) = (Plan::new(1, 3), Plan::new(1, 9));
        assert!((0..72).all(|hour| short.of(hour) == long.of(hour)));
    }

    #[test]
    fn three_days_have_all_of_it() {
        let plan = Plan::new(7, 3);
        let lasting = [
            [Act::SourceGone, Act::SourceBack],
            [Act::Silence, Act::Speech],
            [Act::Damage, Act::Mended],
            [Act::SinkDown, Act::SinkUp],
            [Act::SinkAdded, Act::SinkRemoved],
            [Act::TwoHourly, Act::Hourly],
            [Act::Down, Act::Up],
        ];
        for [begins, ends] in lasting {
            assert_eq!(plan.stretches(begins, ends).len(), 1, "{begins:?}");
        }
        for act in [Act::Restart, Act::StopInRun, Act::Attack, Act::Kill(Moment::Rest)] {
            assert!(plan.times(|one| one == act) > 0, "{act:?}");
        }
        let undisturbed = plan.undisturbed();
        assert_eq!(undisturbed.times(|act| matches!(act, Act::Kill(_))), 0);
        assert_eq!(undisturbed.times(|act| act == Act::SourceGone), 1);
    }

    #[test]
    fn two_weeks_of_a_month_have_one_process() {
        let plan = Plan::new(3, 30);
        let ends = |act: &Act| matches!(act, Act::Kill(_) | Act::Restart | Act::StopInRun | Act::Down);
        let quiet = (QUIET.start * 24..QUIET.end * 24).flat_map(|hour| plan.of(hour));
        assert_eq!(quiet.filter(|act| ends(act)).count(), 0);
    }
}
