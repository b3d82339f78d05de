//! Runs of an inspection: what is read, judged, caught up with, forgotten and written down.

use std::collections::BTreeSet;
use std::sync::Arc;

use firstsight_engine::{Hour, Range, Time};
use firstsight_inspection::alert::{AlertPolicy, Alerting, Hours, Outside};
use firstsight_inspection::{
    CatchUp, Ingest, InspectionError, Judged, Outcome, Ran, RunPlan, RunRecord, Settings, Silent, Trigger,
    run,
};
use firstsight_source::memory::MemorySource;
use firstsight_source::{LogSource, MockLogSource, Partition, SourceError, UnitId};
use firstsight_store::memory::MemoryStore;
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{FindingQuery, Store};

const MINUTE: i64 = 60_000;

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

fn hour(number: i64) -> Hour {
    at("2026-01-01T00:00:00Z").hour().plus(number)
}

/// A record of an hour; an error where it has a code.
fn record(number: i64, call: &str, code: &str) -> String {
    let time = hour(number).start().plus_millis(10 * MINUTE);
    format!(
        r#"{{"eventID":"{number}-{call}","eventTime":"{time}","eventSource":"iam.amazonaws.com","eventName":"{call}",
        "errorCode":"{code}","recipientAccountId":"111122223333","awsRegion":"us-east-1",
        "userIdentity":{{"type":"IAMUser","userName":"alice","arn":"arn:aws:iam::111122223333:user/alice"}}}}"#
    )
}

/// What an hour holds: something that works in most, and now and then a new error that lasts for three hours.
fn unit(number: i64) -> (String, String) {
    let mut records = vec![record(number, "GetUser", "")];
    for back in 0..3 {
        let began = number - back;
        if began % 7 == 0 {
            records.push(record(number, &format!("Delete{}", began / 7), "AccessDenied"));
        }
    }
    let text = if number % 11 == 5 {
        String::new()
    } else {
        records.join("\n")
    };
    (format!("unit {number:04}"), text)
}

fn units(hours: std::ops::Range<i64>) -> Arc<dyn LogSource> {
    Arc::new(MemorySource::new(hours.map(unit)))
}

fn settings() -> Settings {
    Settings {
        min_history_hours: 0,
        alerting: Alerting {
            sinks: vec!["sink".to_owned()],
            ..Alerting::default()
        },
        ..Settings::default()
    }
}

/// How another source than the usual one is read.
fn another(end: i64) -> Ingest {
    Ingest::new("another", hour(end).start().plus_millis(10 * MINUTE))
}

/// What a service, asked ten minutes behind an hour, is asked for.
fn plan<'a>(settings: &'a Settings, source: &'a Arc<dyn LogSource>, end: i64) -> RunPlan<'a> {
    RunPlan {
        settings,
        source,
        ingest: Ingest::new("test", hour(end).start().plus_millis(10 * MINUTE)),
        end: Some(hour(end)),
        newest: None,
        is_service: true,
        catch_up: CatchUp::ALL,
    }
}

async fn ran(store: &Arc<dyn Store>, plan: &RunPlan<'_>) -> Result<Ran, InspectionError> {
    let silent: Arc<dyn firstsight_inspection::Progress> = Arc::new(Silent);
    run(store, plan, &silent).await
}

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

/// What was found, where it was found: by window and finding.
async fn found(store: &dyn Store) -> BTreeSet<(Time, String, bool)> {
    let findings = store.findings(&FindingQuery::default()).await.unwrap();
    findings
        .into_iter()
        .map(|finding| {
            (
                finding.window.end,
                format!("{} {}", finding.event_name, finding.id),
                finding.late,
            )
        })
        .collect()
}

/// The ends of windows, in hours.
fn ends<'a>(windows: impl IntoIterator<Item = &'a Range>) -> Vec<i64> {
    windows
        .into_iter()
        .map(|window| window.end.hour().index() - hour(0).index())
        .collect()
}

fn earlier(ran: &Ran) -> Vec<i64> {
    ends(ran.windows.earlier.iter().map(|judged| &judged.window))
}

#[tokio::test]
async fn after_downtime_the_same_is_found_as_without_it() {
    let (first, last) = (24, 130);
    let settings = settings();
    let in_time = memory();
    for end in first..=last {
        let source = units(0..end);
        let ran = ran(&in_time, &plan(&settings, &source, end)).await.unwrap();
        assert_eq!(
            ran.windows.earlier.len(),
            0,
            "nothing was missed before hour {end}"
        );
    }
    let wanted = found(&*in_time).await;
    assert!(
        wanted.len() > 10 && wanted.iter().all(|(_, _, late)| !late),
        "{wanted:?}"
    );

    for (windows, newest_first) in [
        (u32::MAX, false),
        (u32::MAX, true),
        (10, false),
        (10, true),
        (1, true),
    ] {
        let store = memory();
        let source = units(0..first);
        ran(&store, &plan(&settings, &source, first)).await.unwrap();
        let source = units(0..last);
        let catch_up = CatchUp {
            windows,
            newest_first,
        };
        let plan = RunPlan {
            catch_up,
            ..plan(&settings, &source, last)
        };
        let mut left = ran(&store, &plan).await.unwrap().windows.passed_over;
        assert_eq!(left > 0, windows < u32::MAX);
        while left > 0 {
            let ran = ran(&store, &plan).await.unwrap();
            let caught_up = ran
                .windows
                .earlier
                .iter()
                .filter(|judged| !judged.verdict.findings.is_empty());
            assert!(caught_up.count() <= windows as usize);
            assert!(ran.windows.passed_over < left, "each run goes on");
            left = ran.windows.passed_over;
        }
        assert_eq!(found(&*store).await, wanted, "{catch_up:?}");
    }
}

#[tokio::test]
async fn the_newest_windows_are_caught_up_with_and_those_before_are_left() {
    let settings = settings();
    let store = memory();
    let source = units(0..1);
    ran(&store, &plan(&settings, &source, 1)).await.unwrap();
    // No fault is open: hours without records have nothing to tell, and do not count.
    let quiet: Arc<dyn LogSource> =
        Arc::new(MemorySource::new([3, 4, 6, 8].map(|number| {
            (format!("quiet {number}"), record(number, "GetUser", ""))
        })));
    let mut asked = RunPlan {
        catch_up: CatchUp {
            windows: 2,
            newest_first: false,
        },
        ..plan(&settings, &quiet, 9)
    };
    let first = ran(&store, &asked).await.unwrap();
    assert_eq!((earlier(&first), first.windows.passed_over), (vec![5, 7], 1));
    asked.catch_up.newest_first = true;
    let second = ran(&store, &asked).await.unwrap();
    assert_eq!((earlier(&second), second.windows.passed_over), (vec![4], 0));
}

#[tokio::test]
async fn the_newest_is_told_first_where_that_is_asked_for() {
    let settings = settings();
    for (newest_first, wanted) in [(false, [8, 10, 15]), (true, [15, 10, 8])] {
        let store = memory();
        let source = units(0..5);
        ran(&store, &plan(&settings, &source, 5)).await.unwrap();
        let errors = [(7, "A"), (9, "B"), (14, "C")];
        let errors = errors.map(|(number, call)| (call.to_owned(), record(number, call, "AccessDenied")));
        let source: Arc<dyn LogSource> = Arc::new(MemorySource::new(errors));
        let plan = RunPlan {
            catch_up: CatchUp {
                newest_first,
                ..CatchUp::default()
            },
            ingest: another(15),
            ..plan(&settings, &source, 15)
        };
        let before = store.events(&Default::default()).await.unwrap().len();
        let ran = ran(&store, &plan).await.unwrap();
        let told = std::iter::once(&ran.windows.asked).chain(&ran.windows.earlier);
        let told = told.filter(|judged| !judged.recorded.new_findings.is_empty());
        let mut told = ends(told.map(|judged| &judged.window));
        if !newest_first {
            told.rotate_left(1);
        }
        assert_eq!(told, wanted);
        assert!(store.events(&Default::default()).await.unwrap().len() > before);
    }
}

#[tokio::test]
async fn a_reopened_window_is_never_left() {
    let settings = settings();
    let store = memory();
    for end in [10, 40] {
        let source = units(0..end);
        ran(&store, &plan(&settings, &source, end)).await.unwrap();
    }
    let late: Arc<dyn LogSource> = Arc::new(MemorySource::new([(
        "late",
        record(9, "LateCall", "AccessDenied"),
    )]));
    for newest_first in [false, true] {
        let plan = RunPlan {
            catch_up: CatchUp {
                windows: 0,
                newest_first,
            },
            ingest: another(40),
            ..plan(&settings, &late, 40)
        };
        let ran = ran(&store, &plan).await.unwrap();
        let (again, empty) = (ran.windows.earlier.iter()).partition::<Vec<_>, _>(|judged| judged.rejudged);
        let wanted = if newest_first { vec![] } else { vec![10] };
        assert_eq!(ends(again.iter().map(|judged| &judged.window)), wanted);
        // The fault that it opened waits for an end.
        let records = |judged: &&Judged| judged.verdict.accounts.iter().any(|account| account.records > 0);
        assert!(!empty.iter().any(records));
    }
    let found = found(&*store).await;
    assert!(
        found
            .iter()
            .any(|(end, name, late)| *end == hour(10).start() && name.starts_with("LateCall") && *late)
    );
}

#[tokio::test]
async fn where_nothing_can_be_read_no_window_is_judged() {
    let store = memory();
    let settings = settings();
    let mut source = MockLogSource::new();
    source.expect_partitions().returning(|_| {
        Ok(vec![Partition {
            id: "a".to_owned(),
            units: vec![UnitId("a".to_owned())],
            size_hint: 0,
        }])
    });
    source.expect_page().returning(|_, _| {
        Err(SourceError::Denied {
            name: "log group a".to_owned(),
            source: "no".into(),
        })
    });
    let source: Arc<dyn LogSource> = Arc::new(source);
    let error = ran(&store, &plan(&settings, &source, 5)).await.unwrap_err();
    assert!(
        error.is_retryable() && error.to_string().contains("log group a"),
        "{error}"
    );
    assert!(store.judged("default", 1).await.unwrap().is_empty());
    // It is found in time, once it can be read.
    let source = units(0..8);
    let ran = ran(&store, &plan(&settings, &source, 8)).await.unwrap();
    assert!(ran.windows.asked.complete && found(&*store).await.iter().all(|(_, _, late)| !late));
}

#[tokio::test]
async fn a_range_that_is_given_bounds_what_is_read() {
    let (settings, store, source) = (settings(), memory(), units(0..5));
    let mut plan = plan(&settings, &source, 5);
    let all = plan.range(&*store).await.unwrap();
    let day = 24;
    assert_eq!(
        all,
        Range::new(hour(5 - 1 - 14 * day - day).start(), hour(5).start())
    );
    plan.ingest.range = Range::new(hour(-3).start(), hour(100).start());
    assert_eq!(
        plan.range(&*store).await.unwrap(),
        Range::new(hour(-3).start(), hour(5).start())
    );
    plan.end = None;
    plan.newest = Some(hour(4));
    assert_eq!(plan.range(&*store).await.unwrap().end, hour(4).start());
}

/// Units are forgotten with the retention: what is read beyond it is read by every run, and its records, known or forgotten,
/// took the places of samples that were to be kept.
#[tokio::test]
async fn what_is_forgotten_is_not_read_again_by_every_run() {
    let (store, source) = (memory(), units(0..5));
    let tight = Settings {
        baseline_hours: 24,
        retention_hours: 36,
        ..settings()
    };
    let range = plan(&tight, &source, 5).range(&*store).await.unwrap();
    assert_eq!(range.start, hour(5 - 36).start(), "and not 1 + 24 + 24 hours");
    // What a judgement looks at is read in any case.
    let short = Settings {
        retention_hours: 12,
        ..tight
    };
    let range = plan(&short, &source, 5).range(&*store).await.unwrap();
    assert_eq!(range.start, hour(5 - 1 - 24).start());
}

/// By day: what happens in the first hours is withheld.
fn office() -> Settings {
    let policy = AlertPolicy {
        name: "office".to_owned(),
        to: vec!["mail".to_owned(), "chat".to_owned()],
        hours: vec![Hours {
            days: Vec::new(),
            from: 8 * 60,
            until: 18 * 60,
        }],
        outside: Outside::Drop,
        ..AlertPolicy::default()
    };
    Settings {
        min_history_hours: 1,
        alerting: Alerting {
            policies: vec![policy],
            ..Alerting::default()
        },
        ..settings()
    }
}

/// Two hours, of which the first is judged; then records for both, some of which cannot be read.
async fn recorded(store: Arc<dyn Store>) -> RunRecord {
    let settings = office();
    let source: Arc<dyn LogSource> = Arc::new(MemorySource::new([("one", record(0, "GetUser", ""))]));
    ran(&store, &plan(&settings, &source, 1)).await.unwrap();
    let rest = [
        record(2, "CreateUser", "AccessDenied"),
        record(2, "GetUser", "AccessDenied").replace("111122223333", "444455556666"),
        "{\"Records\":[{".to_owned(),
    ];
    let source: Arc<dyn LogSource> = Arc::new(MemorySource::new([
        ("late", record(0, "DeleteUser", "AccessDenied")),
        ("missed", record(1, "GetRole", "AccessDenied")),
        ("rest", rest.join("\n")),
    ]));
    let plan = plan(&settings, &source, 3);
    let begun = plan.ingest.now;
    let mut kept = RunRecord::begin(
        "run-1".to_owned(),
        "default".to_owned(),
        hour(3).start(),
        Trigger::Person,
        "alice".to_owned(),
        begun,
    );
    kept.notes.push("log groups: 1".to_owned());
    let ran = ran(&store, &plan).await.unwrap();
    kept.complete(&ran, begun.plus_millis(1500));
    kept
}

#[tokio::test]
async fn a_run_is_written_down() {
    let kept = recorded(memory()).await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&kept).unwrap());
    assert_eq!(RunRecord::of(&kept.stored()).unwrap(), kept);
    let file = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(&file.path().join("state.db")).await.unwrap();
    assert_eq!(recorded(Arc::new(sqlite)).await, kept);
}

#[test]
fn the_words_of_a_run_are_those_of_its_json() {
    for outcome in Outcome::ALL {
        assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
    }
}
