//! Known clusters that come far more often.

use super::super::input::HourCount;
use super::*;
use crate::surge::SurgeModel;

const NOW: i64 = 14 * 24;
const THROTTLED: Told = Told {
    call: ("ec2.amazonaws.com", "GetHosts", "Throttling"),
    message: "slow down",
    ..DENIED
};

/// Fourteen days with one an hour of this.
fn steady(told: Told) -> World {
    let mut world = World::new();
    for hour in 0..NOW {
        world.tell(Told { hour, ..told }, "app");
    }
    world
}

fn many(world: &mut World, told: Told, hour: i64, times: usize) {
    for _ in 0..times {
        world.tell(Told { hour, ..told }, "app");
    }
}

/// The input, with the account's errors an hour as its families show them.
fn input(world: &World, index: i64) -> JudgeInput {
    let mut input = world.input(index);
    let templates = input.families.iter().flat_map(|family| &family.templates);
    let hours = templates.flat_map(|template| &template.hours);
    let mut sums: std::collections::BTreeMap<Hour, Span> = std::collections::BTreeMap::new();
    for count in hours.filter(|count| input.baseline.contains(count.hour.start())) {
        let sum = sums.entry(count.hour).or_insert(count.span);
        if *sum != count.span {
            *sum = sum.merged(count.span);
        }
    }
    let hours = sums
        .into_iter()
        .map(|(hour, span)| HourCount { hour, span })
        .collect();
    input.accounts.get_mut(ACCOUNT).unwrap().hours = hours;
    input
}

fn run(world: &mut World, index: i64) -> Verdict {
    let verdict = judge_with(&input(world, index), &TABLES);
    world.history.record("hourly", window(index), &verdict);
    verdict
}

#[test]
fn forty_times_where_one_is_usual_is_a_surge() {
    let mut world = steady(THROTTLED);
    run(&mut world, NOW - 1);
    many(&mut world, THROTTLED, NOW, 40);
    let verdict = run(&mut world, NOW);
    assert_eq!(told(&verdict), [(Novelty::Surge, "2026-01-15T00:00:00Z", true)]);
    let finding = &verdict.findings[0];
    let Reason::Surge { surge } = &finding.reasons[0] else {
        panic!("{:?}", finding.reasons);
    };
    assert_eq!((surge.seen, surge.model), (40, SurgeModel::HourOfDay));
    assert!(surge.at_most < 40 && (500..2000).contains(&surge.expected_millis));
    assert_eq!(finding.within.count, 40);
    assert!(!finding.samples.is_empty());
}

#[test]
fn the_usual_number_is_none() {
    let mut world = steady(THROTTLED);
    run(&mut world, NOW - 1);
    many(&mut world, THROTTLED, NOW, 2);
    assert_eq!(novelties(&run(&mut world, NOW)), []);
}

#[test]
fn surges_less_than_a_day_apart_are_one_episode() {
    let mut world = steady(THROTTLED);
    run(&mut world, NOW - 1);
    for hour in [NOW, NOW + 2, NOW + 23, NOW + 24] {
        many(&mut world, THROTTLED, hour, 60);
    }
    let news: Vec<bool> = [NOW, NOW + 2, NOW + 23, NOW + 24]
        .map(|hour| told(&run(&mut world, hour))[0].2)
        .to_vec();
    assert_eq!(news, [true, false, false, true]);
}

#[test]
fn a_window_that_is_judged_again_keeps_its_episode() {
    let mut world = steady(THROTTLED);
    run(&mut world, NOW - 1);
    many(&mut world, THROTTLED, NOW + 2, 40);
    run(&mut world, NOW);
    run(&mut world, NOW + 2);
    many(&mut world, THROTTLED, NOW, 40);
    many(&mut world, THROTTLED, NOW + 2, 5);
    let episode = "2026-01-15T02:00:00Z";
    for hour in [NOW, NOW + 2] {
        assert_eq!(
            told(&run(&mut world, hour)),
            [(Novelty::Surge, episode, false)],
            "{hour}"
        );
    }
}

#[test]
fn a_new_actor_does_not_hide_a_surge() {
    let mut world = steady(DENIED);
    run(&mut world, NOW - 1);
    for _ in 0..40 {
        world.tell(Told { hour: NOW, ..DENIED }, "other");
    }
    let mut found = novelties(&run(&mut world, NOW));
    found.sort_unstable();
    assert_eq!(found, [Novelty::NewActor, Novelty::Surge]);
}

#[test]
fn what_is_new_or_silent_or_learning_does_not_surge() {
    let mut world = World::new();
    world.tell(DENIED, "app");
    run(&mut world, 0);
    many(&mut world, THROTTLED, NOW, 40);
    assert_eq!(novelties(&run(&mut world, NOW)), [Novelty::New]);

    let mut world = steady(THROTTLED);
    run(&mut world, NOW - 1);
    let cluster = world.only_cluster();
    many(&mut world, THROTTLED, NOW, 40);
    for silent in [LifeCycle::Expected, LifeCycle::Archived(Until::Forever)] {
        world.history.set_life_cycle(cluster, silent);
        assert_eq!(
            novelties(&judge_with(&input(&world, NOW), &TABLES)),
            [],
            "{silent}"
        );
    }
    world.history.set_life_cycle(cluster, LifeCycle::Open);
    world.policy.min_history_hours = 15 * 24;
    assert_eq!(novelties(&judge_with(&input(&world, NOW), &TABLES)), []);
}

#[test]
fn a_surge_brings_back_what_was_archived_until_it_escalates() {
    let mut world = steady(THROTTLED);
    run(&mut world, NOW - 1);
    let cluster = world.only_cluster();
    world
        .history
        .set_life_cycle(cluster, LifeCycle::Archived(Until::Escalation));
    many(&mut world, THROTTLED, NOW, 40);
    let verdict = run(&mut world, NOW);
    assert_eq!(novelties(&verdict), [Novelty::Surge]);
    assert_eq!(verdict.findings[0].reasons[1], Reason::Escalated);
    assert_eq!(verdict.escalated, [cluster]);
}

#[test]
fn errors_without_their_hours_are_not_compared() {
    let mut world = steady(THROTTLED);
    run(&mut world, NOW - 1);
    many(&mut world, THROTTLED, NOW, 40);
    let mut input = input(&world, NOW);
    input.accounts.get_mut(ACCOUNT).unwrap().hours.clear();
    assert_eq!(novelties(&judge_with(&input, &TABLES)), []);
}

#[test]
fn a_family_past_its_cap_surges_as_one() {
    let messages = [
        "apples are out",
        "no pears here",
        "plum not ripe",
        "cherry was eaten",
    ];
    let mut world = World::new();
    world.bound(3);
    for hour in 0..NOW {
        let message = messages[hour as usize % 4];
        world.tell(
            Told {
                hour,
                message,
                ..THROTTLED
            },
            "app",
        );
    }
    run(&mut world, NOW - 1);
    for n in 0..40 {
        let message = messages[n % 4];
        world.tell(
            Told {
                hour: NOW,
                message,
                ..THROTTLED
            },
            "app",
        );
    }
    let verdict = run(&mut world, NOW);
    assert_eq!(novelties(&verdict), [Novelty::Surge]);
    assert!(verdict.active[0].overflow);
}
