//! What people said of a cluster, in the judgement.

use super::*;

const CRITICAL: Told = Told {
    call: ("cloudtrail.amazonaws.com", "StopLogging", "AccessDenied"),
    ..DENIED
};

/// A cluster that was reported in hour 0, of which somebody says this.
fn said(told: Told, life_cycle: LifeCycle) -> World {
    let mut world = World::new();
    world.tell(told, "app");
    world.run(0);
    let cluster = world.only_cluster();
    assert!(world.history.set_life_cycle(cluster, life_cycle));
    world
}

fn silenced(verdict: &Verdict) -> (u64, u64, u64, u64) {
    let counts = verdict.accounts[0].silenced;
    (
        counts.acknowledged,
        counts.expected,
        counts.archived,
        counts.errors,
    )
}

#[test]
fn silent_clusters_are_counted() {
    for (life_cycle, counts) in [
        (LifeCycle::Open, (0, 0, 0, 0)),
        (LifeCycle::Acknowledged, (1, 0, 0, 0)),
        (LifeCycle::Expected, (0, 1, 0, 2)),
        (LifeCycle::Archived(Until::Forever), (0, 0, 1, 2)),
        (LifeCycle::Archived(Until::Escalation), (0, 0, 1, 2)),
    ] {
        let mut world = said(DENIED, life_cycle);
        world
            .tell(Told { hour: 1, ..DENIED }, "app")
            .tell(Told { hour: 1, ..DENIED }, "app");
        assert_eq!(silenced(&world.run(1)), counts, "{life_cycle}");
    }
}

#[test]
fn an_acknowledged_cluster_is_told_of_as_before() {
    let mut world = said(DENIED, LifeCycle::Acknowledged);
    world.tell(Told { hour: 1, ..DENIED }, "other");
    assert_eq!(novelties(&world.run(1)), [Novelty::NewActor]);
}

#[test]
fn archived_until_it_escalates_speaks_when_a_new_actor_matters() {
    let mut world = said(CRITICAL, LifeCycle::Archived(Until::Escalation));
    world.tell(Told { hour: 1, ..CRITICAL }, "app");
    let quiet = world.run(1);
    assert_eq!(
        (novelties(&quiet), quiet.escalated.len()),
        (vec![], 0),
        "a known actor"
    );
    world.tell(Told { hour: 2, ..CRITICAL }, "intruder");
    let loud = world.run(2);
    assert_eq!(novelties(&loud), [Novelty::NewActor]);
    assert_eq!(loud.findings[0].reasons[1], Reason::Escalated);
    assert_eq!(loud.escalated, [loud.findings[0].cluster]);
    assert_eq!(
        loud.active[0].life_cycle,
        LifeCycle::Open,
        "it is open from this window on"
    );
    assert_eq!(silenced(&loud), (0, 0, 0, 0));
}

#[test]
fn what_escalated_after_a_long_time_is_told_once() {
    let later = 40 * 24;
    let mut world = said(CRITICAL, LifeCycle::Archived(Until::Escalation));
    for _ in 0..20 {
        world.tell(
            Told {
                hour: later,
                ..CRITICAL
            },
            "intruder",
        );
    }
    let loud = world.run(later);
    assert_eq!(novelties(&loud), [Novelty::NewActor]);
    assert!(world.history.set_life_cycle(loud.escalated[0], LifeCycle::Open));
    let again = world.run(later);
    let news = told(&again).into_iter().filter(|(.., is_news)| *is_news);
    assert_eq!(news.collect::<Vec<_>>(), [], "the same, judged again");
    assert_eq!(again.findings[0].id, loud.findings[0].id);
}

#[test]
fn archived_until_it_escalates_stays_silent_for_what_matters_less() {
    let mut world = said(DENIED, LifeCycle::Archived(Until::Escalation));
    world.tell(Told { hour: 1, ..DENIED }, "other");
    let verdict = world.run(1);
    assert_eq!(
        (novelties(&verdict), verdict.escalated.len()),
        (vec![], 0),
        "a warning"
    );
}

#[test]
fn an_account_that_learns_brings_nothing_back() {
    let mut world = said(CRITICAL, LifeCycle::Archived(Until::Escalation));
    world.policy.min_history_hours = 100;
    world.tell(Told { hour: 1, ..CRITICAL }, "intruder");
    let verdict = world.run(1);
    assert_eq!((novelties(&verdict), verdict.escalated.len()), (vec![], 0));
}

#[test]
fn for_ever_is_for_ever() {
    let mut world = said(CRITICAL, LifeCycle::Archived(Until::Forever));
    world.tell(Told { hour: 1, ..CRITICAL }, "intruder");
    let verdict = world.run(1);
    assert_eq!((novelties(&verdict), verdict.escalated.len()), (vec![], 0));
}

#[test]
fn archived_until_a_date_is_open_behind_it() {
    let until = LifeCycle::Archived(Until::Time(hour(3).start()));
    let mut world = said(DENIED, until);
    for hour in [2, 3] {
        world.tell(
            Told { hour, ..DENIED },
            &format!("actor-of-hour-{}", ["two", "three"][hour as usize - 2]),
        );
    }
    let before = world.run(2);
    assert_eq!((novelties(&before), silenced(&before)), (vec![], (0, 0, 1, 1)));
    let behind = world.run(3);
    assert_eq!(
        (novelties(&behind), silenced(&behind)),
        (vec![Novelty::NewActor], (0, 0, 0, 0))
    );
}
