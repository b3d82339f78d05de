//! What runs tell, and what is told of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use firstsight_sink::{Event, EventKind, Status};
use firstsight_store::memory::MemoryStore;
use firstsight_store::{EventQuery, Store};
use proptest::prelude::*;

use super::*;
use crate::run::Trigger;
use crate::settings::Settings;

const NOW: i64 = 1_000;

fn hour(number: i64) -> Time {
    Time::from_secs(1_773_486_000).plus_millis((number - NOW) * HOUR)
}

/// A run of an hour, ten minutes behind it, five minutes long.
fn run(number: i64, outcome: Outcome) -> RunRecord {
    let started = hour(number).plus_millis(10 * 60_000);
    let mut run = RunRecord::begin(
        format!("run {number}"),
        "main".to_owned(),
        hour(number),
        Trigger::Schedule,
        String::new(),
        started,
    );
    run.outcome = outcome;
    run.ended = (outcome != Outcome::Running).then(|| started.plus_millis(5 * 60_000));
    run.newest_record = Some(hour(number).plus_millis(-60_000));
    if outcome == Outcome::Incomplete {
        run.unread = vec![format!("group {number}: access denied"), "another".to_owned()];
        run.counts.unread = 7;
    }
    if outcome == Outcome::Failed {
        run.reason = format!("reason {number}");
    }
    run
}

/// Runs with these outcomes, by a letter each, the earliest first; given back the latest first.
fn runs(outcomes: &str) -> Vec<RunRecord> {
    let first = NOW + 1 - i64::try_from(outcomes.len()).unwrap();
    let of = |(place, letter): (usize, char)| {
        let outcome = match letter {
            'o' => Outcome::Ok,
            'i' => Outcome::Incomplete,
            'f' => Outcome::Failed,
            't' => Outcome::TimedOut,
            'l' => Outcome::Lost,
            's' => Outcome::Stopped,
            _ => Outcome::Running,
        };
        run(first + i64::try_from(place).unwrap(), outcome)
    };
    let mut runs: Vec<RunRecord> = outcomes.chars().enumerate().map(of).collect();
    runs.reverse();
    runs
}

fn told(runs: &[RunRecord]) -> Vec<(TroubleKind, u64)> {
    let troubles = troubles(runs, &Patience::default(), hour(NOW + 1));
    troubles
        .iter()
        .map(|trouble| (trouble.kind, trouble.runs))
        .collect()
}

#[test]
fn so_many_runs_in_a_row_are_told() {
    use TroubleKind::{Failing, Unread};
    for (outcomes, expected) in [
        ("", vec![]),
        ("ooo", vec![]),
        ("off", vec![]),
        ("offf", vec![(Failing, 3)]),
        ("oftl", vec![(Failing, 3)]),
        ("fff", vec![(Failing, 3)]),
        // Stopped and running ones count neither for nor against.
        ("offsfr", vec![(Failing, 3)]),
        ("offss", vec![]),
        ("offfr", vec![(Failing, 3)]),
        ("offfo", vec![]),
        ("fffi", vec![]),
        ("oii", vec![]),
        ("oiii", vec![(Unread, 3)]),
        ("oiiio", vec![]),
        // A failed run tells nothing of what can be read.
        ("oiifi", vec![(Unread, 3)]),
        ("oiiifff", vec![(Unread, 3), (Failing, 3)]),
        ("iiisri", vec![(Unread, 4)]),
    ] {
        assert_eq!(told(&runs(outcomes)), expected, "{outcomes}");
    }
}

#[test]
fn trouble_is_since_all_was_last_well_with_the_last_reason() {
    let of = |outcomes: &str| troubles(&runs(outcomes), &Patience::default(), hour(NOW + 1)).remove(0);
    let failing = of("offft");
    assert_eq!(failing.since, run(NOW - 4, Outcome::Ok).ended.unwrap());
    assert_eq!(failing.reason, format!("reason {}", NOW - 1));
    assert_eq!(of("fff").since, run(NOW - 2, Outcome::Failed).started);
    assert_eq!(of("ttt").reason, "timed-out");
    let unread = of("oiii");
    assert_eq!(unread.reason, format!("group {NOW}: access denied (and 6 more)"));
}

#[test]
fn a_reason_is_bounded_in_whole_characters() {
    let mut failed = runs("fff");
    failed[0].reason = "東".repeat(10_000);
    let told = troubles(&failed, &Patience::default(), hour(NOW + 1)).remove(0);
    assert_eq!(told.reason, "東".repeat(333));
    let mut cut = runs("iii");
    cut[0].unread[0] = "東".repeat(10_000);
    let told = troubles(&cut, &Patience::default(), hour(NOW + 1)).remove(0);
    assert!(told.reason.len() <= MOST_REASON);
}

/// Runs that read everything, the earliest first, with the newest record's age at each end; the latest first.
fn quiet(ages: &[Option<i64>]) -> Vec<RunRecord> {
    let mut runs = runs(&"o".repeat(ages.len()));
    for (run, age) in runs.iter_mut().zip(ages.iter().rev()) {
        run.newest_record = age.map(|minutes| run.ended.unwrap().plus_millis(-minutes * 60_000));
    }
    runs
}

#[test]
fn a_source_is_silent_when_a_run_that_read_everything_saw_nothing_new() {
    for (minutes, expected) in [(20, 0), (180, 0), (181, 1), (60 * 24, 1)] {
        assert_eq!(told(&quiet(&[Some(minutes)])).len(), expected, "{minutes}");
    }
    let ages = [60, 120, 180, 240, 300].map(Some);
    let troubles = troubles(&quiet(&ages), &Patience::default(), hour(NOW + 1));
    let newest = quiet(&ages)[0].newest_record.unwrap();
    assert_eq!((troubles[0].since, troubles[0].runs), (newest, 2));
    assert!(
        troubles[0]
            .reason
            .starts_with(&format!("the newest record is of {newest};"))
    );
}

#[test]
fn a_source_that_never_had_a_record_is_silent_after_as_long() {
    assert_eq!(told(&quiet(&[None; 3])), []);
    assert_eq!(told(&quiet(&[None; 4])), [(TroubleKind::Silent, 1)]);
    let never = quiet(&[None; 6]);
    let troubles = troubles(&never, &Patience::default(), hour(NOW + 1));
    assert_eq!(troubles[0].since, never[5].started);
    assert!(troubles[0].reason.starts_with("no record was ever read;"));
}

#[test]
fn records_seen_by_a_run_that_could_not_read_everything_are_records() {
    let mut runs = quiet(&[Some(240), Some(300)]);
    assert_eq!(told(&runs), [(TroubleKind::Silent, 2)]);
    runs[0].outcome = Outcome::Incomplete;
    assert_eq!(told(&runs), [(TroubleKind::Silent, 1)], "it proves no silence");
    runs[0].newest_record = runs[0].ended;
    assert_eq!(told(&runs), []);
}

#[test]
fn patience_is_set_and_silence_can_be_left_out() {
    let patience = Patience {
        failures: 1,
        silent_after_hours: None,
        incomplete: 0,
    };
    let kinds = |runs: &[RunRecord]| -> Vec<TroubleKind> {
        let troubles = troubles(runs, &patience, hour(NOW + 1));
        troubles.iter().map(|trouble| trouble.kind).collect()
    };
    assert_eq!(kinds(&quiet(&[Some(100_000)])), []);
    assert_eq!(kinds(&runs("of")), [TroubleKind::Failing]);
    assert_eq!(kinds(&runs("oi")), [TroubleKind::Unread]);
    assert!(patience.runs_looked_at() >= 200);
}

#[test]
fn runs_of_the_future_are_not_looked_at() {
    assert_eq!(troubles(&runs("offf"), &Patience::default(), hour(NOW)), []);
}

// What is told.

fn trouble(kind: TroubleKind) -> Trouble {
    Trouble {
        kind,
        since: hour(NOW - 5),
        runs: 3,
        reason: "throttled".to_owned(),
    }
}

fn settings() -> Settings {
    let mut settings = Settings {
        inspection: "main".to_owned(),
        ..Settings::default()
    };
    settings.alerting.sinks = vec!["sink".to_owned()];
    settings
}

async fn tell(store: &Arc<dyn Store>, kinds: &[TroubleKind], now: Time) -> Vec<Event> {
    let troubles: Vec<Trouble> = kinds.iter().copied().map(trouble).collect();
    tell_troubles(store, &settings(), &troubles, now).await.unwrap()
}

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

#[tokio::test]
async fn trouble_opens_goes_on_once_a_day_and_recovers() {
    let store = memory();
    let mut told = Vec::new();
    for number in 0..60 {
        let kinds: &[_] = if number < 55 { &[TroubleKind::Silent] } else { &[] };
        let at = hour(NOW + number).plus_millis(15 * 60_000 + 1_234);
        for event in tell(&store, kinds, at).await {
            told.push((number, event));
        }
    }
    let steps: Vec<_> = told
        .iter()
        .map(|(number, event)| (*number, event.kind, event.status))
        .collect();
    assert_eq!(
        steps,
        [
            (0, EventKind::Opened, Status::Error),
            (24, EventKind::Ongoing, Status::Error),
            (48, EventKind::Ongoing, Status::Error),
            (55, EventKind::Recovered, Status::Ok),
        ]
    );
    let first = &told[0].1;
    assert_eq!(
        (first.window.start, first.window.end),
        (hour(NOW - 5), hour(NOW).plus_millis(15 * 60_000))
    );
    assert!(
        first.account.is_empty() && first.title.starts_with("main: no data"),
        "{first:?}"
    );
    let fault = |event: &Event| (event.fault.id.clone(), event.fault.started);
    assert!(
        told.iter()
            .all(|(_, event)| fault(event) == (first.id.clone(), first.window.end))
    );
    assert_eq!(told[3].1.fault.duration_seconds, 55 * 3600);
    assert_eq!(told[3].1.trouble, first.trouble, "a recovery says what is over");
}

#[tokio::test]
async fn while_runs_fail_other_troubles_stay_as_they_are() {
    use TroubleKind::{Failing, Silent, Unread};
    let store = memory();
    let kinds = |events: Vec<Event>| -> Vec<_> {
        let of = |event: Event| (event.trouble.unwrap().kind, event.kind);
        events.into_iter().map(of).collect()
    };
    assert_eq!(
        kinds(tell(&store, &[Unread], hour(NOW)).await),
        [(Unread, EventKind::Opened)]
    );
    let with_failing = tell(&store, &[Silent, Failing], hour(NOW + 1)).await;
    assert_eq!(kinds(with_failing), [(Failing, EventKind::Opened)]);
    assert_eq!(
        kinds(tell(&store, &[Silent, Unread], hour(NOW + 2)).await),
        [(Silent, EventKind::Opened), (Failing, EventKind::Recovered)]
    );
    assert_eq!(
        kinds(tell(&store, &[], hour(NOW + 3)).await),
        [(Silent, EventKind::Recovered), (Unread, EventKind::Recovered)]
    );
}

#[tokio::test]
async fn trouble_that_ends_and_begins_within_a_minute_is_told_by_the_next_run() {
    let store = memory();
    let kinds = [TroubleKind::Failing];
    assert_eq!(tell(&store, &kinds, hour(NOW)).await.len(), 1);
    assert_eq!(tell(&store, &[], hour(NOW).plus_millis(10_000)).await.len(), 1);
    assert_eq!(tell(&store, &kinds, hour(NOW).plus_millis(20_000)).await, []);
    assert_eq!(tell(&store, &kinds, hour(NOW + 1)).await.len(), 1);
}

#[tokio::test]
async fn a_fault_of_an_inspection_is_none_of_an_account() {
    let store = memory();
    tell(&store, &[TroubleKind::Silent], hour(NOW)).await;
    let settings = settings();
    for number in 1..4 {
        let (end, now) = (hour(NOW + number).hour(), hour(NOW + number));
        let judged = crate::judge_window(&*store, &settings, end, true, now).await;
        assert_eq!(
            judged.unwrap().recorded.new_events.len(),
            0,
            "it judges accounts only"
        );
    }
    let faults = crate::fault_records(&*store, "main", true).await.unwrap();
    assert_eq!(faults.len(), 1);
    assert_eq!(
        (
            faults[0].trouble,
            faults[0].account.as_str(),
            faults[0].status,
            faults[0].duration_seconds
        ),
        (Some(TroubleKind::Silent), "", Some(Status::Error), 0)
    );
    let told = tell(&store, &[], hour(NOW + 5)).await;
    assert_eq!(told.len(), 1);
    let faults = crate::fault_records(&*store, "main", false).await.unwrap();
    assert_eq!(
        (faults[0].recovered, faults[0].duration_seconds),
        (Some(hour(NOW + 5)), 5 * 3600)
    );
}

#[test]
fn faults_of_earlier_versions_are_read() {
    let body = r#"{"id":"f","opened":"2026-01-31T10:00:00Z","last_window_end":"2026-01-31T10:00:00Z","clusters":{}}"#;
    let fault: crate::fault::Fault = serde_json::from_str(body).unwrap();
    assert_eq!(fault.trouble, None);
    assert_eq!(serde_json::to_string(&fault).unwrap(), body);
}

/// Of each kind in turn: an event opens a fault that none is open for, and recovers the one that is.
fn alternates(events: &[Event]) -> Result<(), TestCaseError> {
    let mut open: BTreeMap<TroubleKind, String> = BTreeMap::new();
    for event in events {
        let kind = event.trouble.as_ref().unwrap().kind;
        match event.kind {
            EventKind::Opened => prop_assert_eq!(open.insert(kind, event.fault.id.clone()), None),
            EventKind::Ongoing => prop_assert_eq!(open.get(&kind), Some(&event.fault.id)),
            EventKind::Recovered => prop_assert_eq!(open.remove(&kind), Some(event.fault.id.clone())),
        }
    }
    Ok(())
}

/// Tells what runs with these outcomes come to, as a daemon does behind each of them, `again` and again.
async fn through(outcomes: &[Outcome], again: usize) -> (Vec<Event>, Arc<dyn Store>) {
    let store = memory();
    let mut known: Vec<RunRecord> = Vec::new();
    let mut told = Vec::new();
    for (number, outcome) in (NOW..).zip(outcomes) {
        known.insert(0, run(number, *outcome));
        let now = hour(number).plus_millis(20 * 60_000);
        for _ in 0..=again {
            let troubles = troubles(&known, &Patience::default(), now);
            told.extend(tell_troubles(&store, &settings(), &troubles, now).await.unwrap());
        }
    }
    (told, store)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn each_trouble_opens_once_and_recovers_once(
        places in prop::collection::vec((0..Outcome::ALL.len(), 1..6_usize), 1..20),
    ) {
        let outcomes = places.iter().flat_map(|(place, times)| vec![Outcome::ALL[*place]; *times]);
        let outcomes: Vec<Outcome> = outcomes.collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let ((once, store), (twice, _)) = runtime.block_on(async { (through(&outcomes, 0).await, through(&outcomes, 2).await) });
        prop_assert_eq!(&once, &twice, "a repeated call tells nothing twice");
        alternates(&once)?;
        let stored = runtime.block_on(store.events(&EventQuery::default())).unwrap();
        prop_assert_eq!(stored.len(), once.len());
        for event in stored {
            prop_assert!(once.iter().any(|told| crate::event::encode(told) == event.event.body), "the same bytes");
        }
    }
}
