//! A daemon's life: runs that fail, hang and panic, people, reloads, sinks, ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use firstsight_config::OverrideKey;
use firstsight_sink::KeyStanding;
use firstsight_store::{AuditQuery, Said};
use tokio::sync::Notify;

use super::world::{Opens, Remembers, Stage, World, at, config, record};
use crate::{Control as _, Daemon, DaemonError, DaemonOptions, LeftState};

fn said() -> Said {
    Said {
        by: "ana".to_owned(),
        at: at("2026-01-01T12:00:00Z"),
        note: "because".to_owned(),
    }
}

#[tokio::test]
async fn hours_go_by() {
    let world = World::new(config(&["prod"], &[]), Stage::default()).await;
    world.daemon.idle().await;
    for time in [
        "2026-01-01T12:10:00Z",
        "2026-01-01T13:09:00Z",
        "2026-01-01T13:10:00Z",
        "2026-01-01T18:30:00Z",
    ] {
        world.go_to(time).await;
    }
    let runs = world.runs("prod").await;
    let begins: Vec<&str> = runs.iter().map(|run| &run[11..13]).collect();
    assert_eq!(begins, ["11", "12", "13", "18"], "{runs:?}");
    assert!(runs[3].ends_with("CatchUp"), "{runs:?}");
    let next = world.state("prod").next.unwrap();
    assert_eq!(
        (next.tick, next.starts),
        (at("2026-01-01T19:00:00Z"), at("2026-01-01T19:10:00Z"))
    );
    assert!(world.daemon.ready().is_ok());
    world.stop().await;
}

#[tokio::test]
async fn failures_and_panics_are_told_and_tried_again() {
    let stage = Stage::default();
    stage.set("prod", [Opens::Fails, Opens::Panics, Opens::Records(Vec::new())]);
    let world = World::new(config(&["prod", "other"], &[]), stage).await;
    world.daemon.idle().await;
    let state = world.state("prod");
    assert_eq!(state.failures, 1);
    assert_eq!(state.last.unwrap().reason, "cannot reach it: connection refused");
    assert_eq!(state.next.unwrap().starts, at("2026-01-01T12:01:00Z"));
    world.go_to("2026-01-01T12:01:00Z").await;
    let state = world.state("prod");
    assert_eq!(
        state.last.unwrap().reason,
        "the run panicked: of a source; please report it"
    );
    assert_eq!(state.next.unwrap().starts, at("2026-01-01T12:03:00Z"));
    world.go_to("2026-01-01T12:03:00Z").await;
    assert_eq!(world.state("prod").failures, 0);
    let tick = "2026-01-01T11:00:00Z";
    let runs = world.runs("prod").await;
    assert_eq!(runs[0], format!("{tick} failed Schedule"));
    assert_eq!(runs[1], format!("{tick} failed Retry"));
    assert!(
        runs[2].ends_with("Retry") && !runs[2].contains("failed"),
        "{runs:?}"
    );
    assert_eq!(world.state("other").failures, 0);
    world.stop().await;
}

#[tokio::test]
async fn a_run_has_its_time_and_no_more() {
    let stage = Stage::default();
    stage.set("prod", [Opens::Hangs, Opens::Records(Vec::new())]);
    let world = World::new(config(&["prod"], &[]), stage).await;
    started(&world).await;
    assert!(world.state("prod").running.is_some());
    world.go_to("2026-01-01T12:15:00Z").await;
    // By then the next tick has settled: it is run in place of another try.
    let runs = world.runs("prod").await;
    assert_eq!(runs[0], "2026-01-01T11:00:00Z timed-out Schedule");
    assert!(runs[1].starts_with("2026-01-01T12:00:00Z"), "{runs:?}");
    world.stop().await;
}

#[tokio::test]
async fn a_source_that_never_answers_is_given_up_at_the_time_limit_and_told() {
    let stage = Stage::default();
    stage.set("prod", [Opens::NeverAnswers, Opens::Records(Vec::new())]);
    let world = World::new(config(&["prod"], &[]), stage).await;
    let listed = |world: &World| world.state("prod").running.map(|run| run.partitions);
    while listed(&world) != Some((0, 1)) {
        tokio::task::yield_now().await;
    }
    world.pass_to("2026-01-01T12:15:00Z").await;
    // It is asked to end, does not, and is cut off.
    while world.state("prod").running.is_some() && world.state("prod").last.is_none() {
        world.clock.set(world.daemon.now().plus_millis(1_000));
        tokio::task::yield_now().await;
    }
    world.daemon.idle().await;
    let runs = world.runs("prod").await;
    assert_eq!(runs[0], "2026-01-01T11:00:00Z timed-out Schedule");
    let store = world.daemon.store("prod").unwrap();
    let stored = store.runs(&firstsight_store::RunQuery::default()).await.unwrap();
    let first = stored.iter().min_by_key(|run| run.started).unwrap();
    let record = firstsight_inspection::RunRecord::of(first).unwrap();
    assert!(record.reason.contains("longer than 900 s"), "{}", record.reason);
    assert_eq!(world.state("prod").failures, 0, "the next one reads");
    world.stop().await;
}

/// Waits until a run of the only inspection opens its source.
async fn started(world: &World) {
    while world.stage.opening.lock().unwrap().0 == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn never_two_runs_of_one_inspection() {
    let until = Arc::new(Notify::new());
    let stage = Stage::default();
    stage.set(
        "prod",
        [Opens::Waits(Arc::clone(&until)), Opens::Records(Vec::new())],
    );
    let world = World::new(config(&["prod"], &[]), stage).await;
    started(&world).await;
    let refused = world.daemon.run_now("prod", "ana").await.unwrap_err();
    assert!(matches!(refused, DaemonError::AlreadyRunning { .. }), "{refused}");
    world.pass_to("2026-01-01T12:10:00Z").await;
    until.notify_one();
    world.daemon.idle().await;
    assert_eq!(world.runs("prod").await.len(), 2);
    assert_eq!(world.stage.opening.lock().unwrap().1, 1);
    let id = world.daemon.run_now("prod", "ana").await.unwrap();
    assert_eq!(world.state("prod").running.unwrap().by, "ana");
    world.daemon.idle().await;
    let last = world.state("prod").last.unwrap();
    assert_eq!((last.id, last.by.as_str()), (id, "ana"));
    let unknown = world.daemon.run_now("none", "ana").await.unwrap_err();
    assert!(matches!(unknown, DaemonError::UnknownInspection { .. }));
    world.stop().await;
}

#[tokio::test]
async fn inspections_run_side_by_side_as_far_as_there_is_room() {
    let names = ["a", "b", "c", "d", "e"];
    let until = Arc::new(Notify::new());
    let stage = Stage::default();
    for name in names {
        stage.set(
            name,
            [Opens::Waits(Arc::clone(&until)), Opens::Records(Vec::new())],
        );
    }
    let world = World::new(config(&names, &[]), stage).await;
    while world.stage.opening.lock().unwrap().0 < 2 {
        tokio::task::yield_now().await;
    }
    while names.iter().any(|name| world.state(name).last.is_none()) {
        until.notify_waiters();
        tokio::task::yield_now().await;
    }
    world.daemon.idle().await;
    assert_eq!(world.stage.opening.lock().unwrap().1, 2);
    for name in names {
        assert_eq!(world.runs(name).await.len(), 1, "{name}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_stop_ends_runs_and_the_next_start_goes_on() {
    let stage = Stage::default();
    stage.set("prod", [Opens::Hangs, Opens::Records(Vec::new())]);
    let world = World::new(config(&["prod"], &[]), stage).await;
    started(&world).await;
    let (stage, folder) = world.stop().await;
    let now = at("2026-01-01T12:00:30Z");
    let world = World::again(config(&["prod"], &[]), stage, folder, now, 2).await;
    world.daemon.idle().await;
    let runs = world.runs("prod").await;
    assert_eq!(runs[0], "2026-01-01T11:00:00Z stopped Schedule");
    assert!(
        runs[1].starts_with("2026-01-01T11:00:00Z") && runs[1].ends_with("Schedule"),
        "{runs:?}"
    );
    assert_eq!(world.state("prod").failures, 0);
    world.stop().await;
}

#[tokio::test]
async fn what_people_change_holds_at_once_and_over_restarts() {
    let world = World::new(config(&["prod"], &[]), Stage::default()).await;
    world.daemon.idle().await;
    let before = world.daemon.version();
    let daily = "\"30 4 * * *\"";
    world
        .daemon
        .set_override("prod", OverrideKey::Schedule, daily, &said())
        .await
        .unwrap();
    assert!(world.daemon.version() > before);
    assert_eq!(world.state("prod").next.unwrap().tick, at("2026-01-02T04:30:00Z"));
    let wrong = world
        .daemon
        .set_override("prod", OverrideKey::Policies, "[\"nothing\"]", &said())
        .await;
    assert!(matches!(wrong, Err(DaemonError::Invalid { .. })), "{wrong:?}");
    let export = world.daemon.export_overrides();
    assert!(export.contains("30 4 * * *"), "{export}");

    let (stage, folder) = world.stop().await;
    let now = at("2026-01-01T12:01:00Z");
    let world = World::again(config(&["prod"], &[]), stage, folder, now, 2).await;
    world.daemon.idle().await;
    let state = world.state("prod");
    assert_eq!(state.effective.schedule.expression(), "30 4 * * *");
    assert_eq!(state.overrides[0].said, said());
    world
        .daemon
        .drop_override("prod", OverrideKey::Schedule, &said())
        .await
        .unwrap();
    assert_eq!(world.state("prod").next.unwrap().tick, at("2026-01-01T12:00:00Z"));
    let again = world
        .daemon
        .drop_override("prod", OverrideKey::Schedule, &said())
        .await;
    assert!(matches!(again, Err(DaemonError::Store(_))), "{again:?}");
    world.stop().await;
}

#[tokio::test]
async fn disabled_inspections_run_when_they_are_asked_to() {
    let mut config = config(&["prod"], &[]);
    config.inspections[0].enabled = false;
    let world = World::new(config, Stage::default()).await;
    world.go_to("2026-01-02T12:00:00Z").await;
    assert_eq!(world.runs("prod").await, Vec::<String>::new());
    assert_eq!(world.state("prod").next, None);
    world.daemon.run_now("prod", "ana").await.unwrap();
    world.daemon.idle().await;
    assert_eq!(world.runs("prod").await.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn a_reload_adds_changes_and_removes_inspections() {
    let until = Arc::new(Notify::new());
    let stage = Stage::default();
    stage.set("prod", [Opens::Waits(Arc::clone(&until))]);
    let world = World::new(config(&["prod"], &[]), stage).await;
    started(&world).await;
    let mut without = config(&["staging"], &[]);
    without.file = "other.toml".to_owned();
    world.daemon.reload(without).await.unwrap();
    let names = |world: &World| {
        let all = world.daemon.inspections();
        all.into_iter().map(|state| state.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&world), ["staging"]);
    assert_eq!(world.daemon.configuration(), "other.toml");
    // It comes back while its run goes on: the same one.
    world
        .daemon
        .reload(config(&["prod", "staging"], &[]))
        .await
        .unwrap();
    assert!(world.state("prod").running.is_some());
    until.notify_one();
    world.daemon.idle().await;
    assert_eq!(world.runs("prod").await.len(), 1);
    assert_eq!(world.runs("staging").await.len(), 1);

    *world.stage.mistake.lock().unwrap() = Some("no such secret".to_owned());
    let error = world.daemon.reload(config(&["new"], &[])).await.unwrap_err();
    assert!(error.to_string().contains("no such secret"), "{error}");
    assert_eq!(names(&world), ["prod", "staging"]);
    let last = world.daemon.last_reload().unwrap();
    assert!(last.error.unwrap().contains("no such secret"));
    *world.stage.mistake.lock().unwrap() = None;
    let mut elsewhere = config(&["prod"], &[]);
    elsewhere.server.bind = "127.0.0.1:7781".parse().unwrap();
    for (config, needs_restart) in [
        (elsewhere, vec!["server.bind".to_owned()]),
        (config(&["prod"], &[]), Vec::new()),
    ] {
        world.daemon.reload(config).await.unwrap();
        let last = world.daemon.last_reload().unwrap();
        assert_eq!((last.error, last.needs_restart), (None, needs_restart));
    }
    world.stop().await;
}

#[tokio::test]
async fn a_slow_sink_and_one_that_fails_hold_no_other() {
    let good = Arc::new(Remembers::default());
    let bad = Arc::new(Remembers::default());
    *bad.fails.lock().unwrap() = true;
    let slow = Arc::new(Remembers {
        hangs: true,
        ..Remembers::default()
    });
    let stage = Stage::default();
    *stage.sinks.lock().unwrap() = vec![
        ("slow".to_owned(), slow as _),
        ("bad".to_owned(), Arc::clone(&bad) as _),
        ("good".to_owned(), Arc::clone(&good) as _),
    ];
    stage.set(
        "prod",
        [Opens::Records(vec![record(
            "1",
            "2026-01-01T10:20:00Z",
            "CreateUser",
        )])],
    );
    let world = World::new(config(&["prod"], &["slow", "bad", "good"]), stage).await;
    let status = |sink: &str| {
        let all = world.daemon.deliveries();
        all.into_iter().find(|status| status.sink == sink).unwrap()
    };
    while status("good").delivered == 0 || status("bad").failed == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(good.events.lock().unwrap().len(), 1);
    assert!(status("bad").error.unwrap().contains("no room"));
    *bad.fails.lock().unwrap() = false;
    world.pass_to("2026-01-01T12:02:00Z").await;
    while status("bad").delivered == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(status("bad").error, None);
    assert_eq!(status("slow").delivered, 0);
    drop(world.kill());
}

#[tokio::test]
async fn what_a_sink_refused_for_good_is_tried_again_when_asked() {
    let picky = Arc::new(Remembers::default());
    *picky.refuses.lock().unwrap() = true;
    let stage = Stage::default();
    *stage.sinks.lock().unwrap() = vec![("picky".to_owned(), Arc::clone(&picky) as _)];
    let found = [record("1", "2026-01-01T10:20:00Z", "CreateUser")];
    stage.set("prod", [Opens::Records(found.to_vec())]);
    let world = World::new(config(&["prod"], &["picky"]), stage).await;
    world.daemon.idle().await;
    assert_eq!(world.daemon.deliveries()[0].parked, 1);
    *picky.refuses.lock().unwrap() = false;
    world.go_to("2026-01-01T12:05:00Z").await;
    assert_eq!(picky.events.lock().unwrap().len(), 0, "nobody has asked yet");
    let retried = world.daemon.retry_parked("picky", &said()).await.unwrap();
    world.daemon.idle().await;
    assert_eq!((retried, picky.events.lock().unwrap().len()), (1, 1));
    assert_eq!(world.daemon.retry_parked("picky", &said()).await.unwrap(), 0);
    let unknown = world.daemon.retry_parked("none", &said()).await.unwrap_err();
    assert!(matches!(unknown, DaemonError::UnknownSink { .. }), "{unknown}");
    let store = world.daemon.store("prod").unwrap();
    let audit = store.audit(&AuditQuery::default()).await.unwrap();
    let told: Vec<_> = audit
        .iter()
        .map(|entry| (entry.action.as_str(), entry.said.clone()))
        .collect();
    assert_eq!(told, [("retry", said())]);
    world.stop().await;
}

/// Nobody delivered what an inspection had found when it was taken out of the configuration.
#[tokio::test]
async fn what_waits_where_an_inspection_is_gone_is_delivered() {
    let sink = Arc::new(Remembers::default());
    *sink.fails.lock().unwrap() = true;
    let stage = Stage::default();
    *stage.sinks.lock().unwrap() = vec![("chat".to_owned(), Arc::clone(&sink) as _)];
    let found = [record("1", "2026-01-01T10:20:00Z", "CreateUser")];
    stage.set("prod", [Opens::Records(found.to_vec())]);
    let world = World::new(config(&["prod", "other"], &["chat"]), stage).await;
    world.daemon.idle().await;
    world.daemon.reload(config(&["other"], &["chat"])).await.unwrap();
    world.daemon.idle().await;
    let left = |world: &World| world.daemon.left();
    let waits = [LeftState {
        inspection: "prod".to_owned(),
        waiting: vec![("chat".to_owned(), 1)],
    }];
    assert_eq!(left(&world), waits);

    // Over a restart, without its sink: it is told, and stays.
    let (stage, folder) = world.stop().await;
    let sinks = std::mem::take(&mut *stage.sinks.lock().unwrap());
    let now = at("2026-01-01T12:20:00Z");
    let world = World::again(config(&["other"], &[]), stage, folder, now, 2).await;
    world.daemon.idle().await;
    assert_eq!(left(&world), waits);
    // With it: it is delivered, and the state is closed.
    *world.stage.sinks.lock().unwrap() = sinks;
    *sink.fails.lock().unwrap() = false;
    world.daemon.reload(config(&["other"], &["chat"])).await.unwrap();
    world.daemon.idle().await;
    world.go_to("2026-01-01T12:22:00Z").await;
    assert_eq!(sink.events.lock().unwrap().len(), 1);
    assert_eq!(left(&world), []);
    // It comes back: nothing is told twice.
    world
        .daemon
        .reload(config(&["other", "prod"], &["chat"]))
        .await
        .unwrap();
    world.go_to("2026-01-01T12:30:00Z").await;
    assert_eq!(sink.events.lock().unwrap().len(), 1);
    assert_eq!(world.state("prod").failures, 0);
    world.stop().await;
}

/// A copy of a state that lay in the folder under a name of its own had its waiting events delivered beside the state's.
#[tokio::test]
async fn what_waits_in_a_copy_is_not_delivered_twice() {
    let sink = Arc::new(Remembers::default());
    *sink.fails.lock().unwrap() = true;
    let stage = Stage::default();
    *stage.sinks.lock().unwrap() = vec![("chat".to_owned(), Arc::clone(&sink) as _)];
    let found = [record("1", "2026-01-01T10:20:00Z", "CreateUser")];
    stage.set("prod", [Opens::Records(found.to_vec())]);
    let world = World::new(config(&["prod"], &["chat"]), stage).await;
    world.daemon.idle().await;
    let (stage, folder) = world.stop().await;
    std::fs::copy(folder.path().join("prod.db"), folder.path().join("prod-copy.db")).unwrap();
    *sink.fails.lock().unwrap() = false;
    let now = at("2026-01-01T12:20:00Z");
    let world = World::again(config(&["prod"], &["chat"]), stage, folder, now, 2).await;
    world.daemon.idle().await;
    assert_eq!(world.daemon.left(), []);
    assert_eq!(sink.events.lock().unwrap().len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn a_file_that_is_no_state_keeps_nobody_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("notes.db"),
        "no state at all, only some text that is long",
    )
    .unwrap();
    let now = at("2026-01-01T12:00:00Z");
    let world = World::again(config(&["prod"], &[]), Arc::default(), folder, now, 2).await;
    world.daemon.idle().await;
    assert_eq!(world.daemon.left(), []);
    world.stop().await;
}

/// An inspection's `iam` had no effect in a daemon.
#[tokio::test]
async fn iam_is_asked_behind_a_run_about_the_keys_that_it_knows() {
    let owned = record("1", "2026-01-01T10:20:00Z", "CreateUser").replace(
        "\"eventID\"",
        r#""userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::444455556666:user/ana","accessKeyId":"AKIAIOSFODNN7EXAMPLE"},
        "eventID""#,
    );
    let stage = Stage::default();
    stage.set("prod", [Opens::Records(vec![owned])]);
    let standing = KeyStanding::Unknown {
        reason: "of a test".to_owned(),
    };
    let says = BTreeMap::from([("AKIAIOSFODNN7EXAMPLE".to_owned(), standing)]);
    *stage.iam.lock().unwrap() = Some(says.clone());
    let world = World::new(config(&["prod"], &[]), stage).await;
    world.daemon.idle().await;
    let asked = [("444455556666".to_owned(), "AKIAIOSFODNN7EXAMPLE".to_owned())];
    assert_eq!(*world.stage.asked.lock().unwrap(), asked);
    assert_eq!(*world.daemon.key_standings("prod"), says);
    assert_eq!(*world.daemon.key_standings("none"), BTreeMap::new());
    // Where it cannot be asked, the run is as it was, and what was known stays.
    *world.stage.iam.lock().unwrap() = None;
    world.go_to("2026-01-01T12:10:00Z").await;
    assert_eq!(world.stage.asked.lock().unwrap().len(), 2);
    assert_eq!(
        (world.state("prod").failures, &*world.daemon.key_standings("prod")),
        (0, &says)
    );
    // Where it is not to be asked, it is not.
    let mut without = config(&["prod"], &[]);
    without.inspections[0].iam = false;
    world.daemon.reload(without).await.unwrap();
    world.go_to("2026-01-01T13:10:00Z").await;
    assert_eq!(world.stage.asked.lock().unwrap().len(), 2);
    assert_eq!(*world.daemon.key_standings("prod"), BTreeMap::new());
    world.stop().await;
}

#[tokio::test]
async fn no_two_daemons_share_states() {
    let world = World::new(config(&["prod"], &[]), Stage::default()).await;
    let options = DaemonOptions {
        config: config(&["prod"], &[]),
        states: world.folder.path().to_owned(),
        clock: Arc::clone(&world.clock) as _,
        surroundings: Arc::new(super::world::Nothing(Arc::clone(&world.clock))),
        workers: 1,
        seed: 2,
    };
    let refused = Daemon::behind(options, Arc::clone(&world.stage) as _)
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("another firstsightd uses it"),
        "{refused}"
    );
    world.stop().await;
}
