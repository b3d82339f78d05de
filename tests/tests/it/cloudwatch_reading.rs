//! Log groups through the real SDK over HTTP: what is read is whole and comes once, whatever breaks on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use firstsight_aws::cloudwatch::{CloudWatchSource, Records};
use firstsight_cloudtrail::{TimeRange, Timestamp};
use firstsight_inspection::{Cancel, CatchUp, Ingest, InspectionError, Settings, judge_due};
use firstsight_inspection::{Due, Ingested};
use firstsight_source::conformance::{self, Subject};
use firstsight_source::{LogSource, LogSourceExt as _, Page, Partition, Position, SourceError, UnitId};
use firstsight_store::Store;
use firstsight_store::sqlite::SqliteStore;
use firstsight_tests::cloudwatch::{
    ACCOUNT, FILTER, GROUP, NOW, REGION, at, job, moto, options, places, read, reading, slices, source, story,
};
use firstsight_tests::denied;
use firstsight_tests::moto::{Call, Fault, Moto};

async fn store() -> Arc<dyn Store> {
    Arc::new(SqliteStore::open_in_memory().await.unwrap())
}

/// What a run leaves behind, as far as it must not depend on how it went: error events, records and findings.
async fn outcome(store: &dyn Store, read: &Ingested) -> (u64, u64, String) {
    let now = at(NOW);
    let settings = Settings {
        min_history_hours: 0,
        ..Settings::default()
    };
    let due = Due {
        end: at("2026-01-15T12:00:00Z").hour(),
        read,
        now,
        catch_up: CatchUp::ALL,
        cancel: Cancel::default(),
    };
    let windows = judge_due(store, &settings, &due).await.unwrap();
    let asked = windows.asked;
    let told = serde_json::to_string(&asked.verdict.findings).unwrap();
    (read.committed.new_events, u64::from(asked.complete), told)
}

/// Reads everything once, under these faults: the outcome, and the calls that read.
async fn run_under(
    moto: &Moto,
    faults: Vec<Fault>,
    change: impl Fn(&mut firstsight_aws::access::AccessOptions),
) -> ((u64, u64, String), Vec<Call>) {
    moto.clear();
    moto.break_with(faults);
    let mut options = options(moto, at(NOW));
    change(&mut options);
    let places = places(options).await;
    let source: Arc<dyn LogSource> =
        Arc::new(CloudWatchSource::new(places, reading(at(NOW), Records::All)).unwrap());
    let store = store().await;
    let ingested = read(&source, &store, &job(at(NOW))).await.unwrap();
    assert!(ingested.complete(), "{:?}", ingested.unread);
    (outcome(&*store, &ingested).await, moto.calls_of(FILTER))
}

#[tokio::test]
#[ignore = "needs moto: scripts/test --services"]
async fn what_breaks_in_passing_changes_nothing() {
    let moto = moto();
    let unchanged = |_: &mut firstsight_aws::access::AccessOptions| ();
    let (undisturbed, calls) = run_under(&moto, Vec::new(), unchanged).await;
    assert_eq!(
        undisturbed.0,
        story()
            .iter()
            .filter(|record| record.get("errorCode").is_some())
            .count() as u64
    );
    for kind in [
        "throttle",
        "500",
        "503",
        "reset",
        "malformed",
        "truncated",
        "short",
        "empty",
    ] {
        let fault = Fault::new(FILTER, kind).after(3).times(2);
        let (outcome, disturbed) = run_under(&moto, vec![fault], unchanged).await;
        assert_eq!(outcome, undisturbed, "{kind}");
        assert_eq!(
            disturbed.len(),
            calls.len() + 2,
            "{kind}: each broken call is made once more"
        );
    }
}

#[tokio::test]
#[ignore = "needs moto: scripts/test --services"]
async fn a_stale_token_starts_the_slice_again_and_doubles_nothing() {
    let moto = moto();
    let (undisturbed, calls) = run_under(&moto, Vec::new(), |_| ()).await;
    let fault = Fault::new(FILTER, "stale-token")
        .on_following_pages()
        .after(4)
        .times(2);
    let (outcome, disturbed) = run_under(&moto, vec![fault], |_| ()).await;
    assert_eq!(outcome, undisturbed);
    // A slice has three pages: each time at most two of them come again, besides the refused call.
    assert!(
        disturbed.len() <= calls.len() + 2 * 3,
        "{} calls, {} without",
        disturbed.len(),
        calls.len()
    );
}

#[tokio::test]
#[ignore = "needs moto: scripts/test --services"]
async fn a_server_that_falls_silent_is_asked_again() {
    let moto = moto();
    let (undisturbed, calls) = run_under(&moto, Vec::new(), |_| ()).await;
    let hold = Fault::new(FILTER, "hold").after(3);
    let (outcome, disturbed) = run_under(&moto, vec![hold], |options| {
        options.read_timeout = Duration::from_millis(500);
    })
    .await;
    assert_eq!(outcome, undisturbed);
    assert_eq!(disturbed.len(), calls.len() + 1);
}

#[tokio::test]
#[ignore = "needs moto: scripts/test --services"]
async fn what_lasts_is_told_and_bounded() {
    let moto = moto();
    // An attempt is made 5 times by the SDK, a page asked for 3 times by whoever reads.
    for (kind, most_calls, words) in [
        ("throttle", 15, "throttled"),
        ("503", 15, "after 5 attempts"),
        ("reset", 15, "after 5 attempts"),
        ("denied", 1, "logs:FilterLogEvents"),
        ("expired", 1, "expired"),
    ] {
        moto.clear();
        let source = source(&moto, at(NOW), Records::All).await;
        moto.break_with([Fault::new(FILTER, kind).always()]);
        let store = store().await;
        let mut job = job(at(NOW));
        job.range = TimeRange::new(at("2026-01-15T08:00:00Z"), at("2026-01-15T09:00:00Z"));
        let ingested = read(&source, &store, &job).await.unwrap();
        assert!(!ingested.complete() && ingested.failed > 0, "{kind}");
        let told = ingested.unread.join("\n");
        assert!(
            told.contains(words) && told.contains(ACCOUNT) && told.contains(REGION),
            "{kind}: {told}"
        );
        assert!(
            !told.contains("secret") && !told.contains("testing"),
            "{kind}: {told}"
        );
        let slices = slices(&moto.calls_of(FILTER)).len();
        let calls = moto.calls_of(FILTER).len();
        let lasting = matches!(kind, "denied" | "expired");
        // What nobody can mend by asking again is asked once, not once a slice.
        assert!(
            calls <= if lasting { most_calls } else { most_calls * slices },
            "{kind}: {calls} calls"
        );
    }
}

/// Asks the run to stop once so many pages were given.
#[derive(Debug)]
struct CutAfter {
    inner: Arc<dyn LogSource>,
    pages: AtomicUsize,
    cancel: Cancel,
}

#[async_trait]
impl LogSource for CutAfter {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    async fn partitions(&self, window: &TimeRange) -> Result<Vec<Partition>, SourceError> {
        self.inner.partitions(window).await
    }

    async fn page(&self, partition: &Partition, position: Option<Position>) -> Result<Page, SourceError> {
        let page = self.inner.page(partition, position).await;
        if self.pages.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.cancel.cancel();
        }
        page
    }

    async fn acknowledge(&self, units: &[UnitId]) -> Result<(), SourceError> {
        self.inner.acknowledge(units).await
    }
}

/// How often each settled slice was asked: what is settled needs no second look.
fn settled(calls: &[Call]) -> BTreeMap<String, usize> {
    let mut asked = BTreeMap::new();
    for call in calls {
        let start = Timestamp::from_millis(call.field("startTime").as_i64().unwrap()).to_string();
        if start.as_str() < "2026-01-15T10:00:00Z" {
            *asked.entry(start).or_default() += 1;
        }
    }
    asked
}

#[tokio::test]
#[ignore = "needs moto: scripts/test --services"]
async fn a_run_cut_at_any_page_resumes() {
    let moto = moto();
    let (undisturbed, calls) = run_under(&moto, Vec::new(), |_| ()).await;
    let expected = settled(&calls);
    assert!(
        expected.values().any(|&pages| pages > 2),
        "slices have several pages: {expected:?}"
    );
    for pages in 1..=calls.len() {
        moto.clear();
        let store = store().await;
        let cancel = Cancel::default();
        let inner = source(&moto, at(NOW), Records::All).await;
        let cut = CutAfter {
            inner,
            pages: AtomicUsize::new(pages),
            cancel: cancel.clone(),
        };
        let cut: Arc<dyn LogSource> = Arc::new(cut);
        let first = read(
            &cut,
            &store,
            &Ingest {
                cancel,
                ..job(at(NOW))
            },
        )
        .await;
        assert!(
            matches!(first, Err(InspectionError::Cancelled)),
            "after page {pages}"
        );
        let rest = source(&moto, at(NOW), Records::All).await;
        let second = read(&rest, &store, &job(at(NOW))).await.unwrap();
        assert!(second.complete(), "{:?}", second.unread);
        let (_, whole, findings) = outcome(&*store, &second).await;
        assert_eq!(
            (whole, &findings),
            (undisturbed.1, &undisturbed.2),
            "after page {pages}"
        );
        assert_eq!(
            settled(&moto.calls_of(FILTER)),
            expected,
            "after page {pages}: nothing is asked twice"
        );
    }
}

#[tokio::test]
#[ignore = "needs moto: scripts/test --services"]
async fn a_later_run_reads_the_overlap_and_finds_what_came_late() {
    let moto = moto();
    let store = store().await;
    let first = read(&source(&moto, at(NOW), Records::All).await, &store, &job(at(NOW)))
        .await
        .unwrap();
    let (_, _, findings) = outcome(&*store, &first).await;
    assert!(!findings.contains("DeleteTrail"));

    let late = denied("late", "2026-01-15T11:10:00Z", "DeleteTrail");
    let older = denied("older", "2026-01-15T05:10:00Z", "PurgeQueue");
    moto.put(ACCOUNT, REGION, GROUP, &[late, older]);
    moto.clear();
    let later = at("2026-01-15T13:30:00Z");
    let second = read(&source(&moto, later, Records::All).await, &store, &job(later))
        .await
        .unwrap();
    assert_eq!(
        second.committed.new_events, 1,
        "the overlap reaches back two hours, not six"
    );
    let asked = slices(&moto.calls_of(FILTER));
    let hours = ["10", "11", "12", "13"].map(|hour| format!("2026-01-15T{hour}:00:00Z"));
    assert_eq!(asked, BTreeSet::from(hours));

    let settings = Settings {
        min_history_hours: 0,
        ..Settings::default()
    };
    let due = Due {
        end: later.hour(),
        read: &second,
        now: later,
        catch_up: CatchUp::ALL,
        cancel: Cancel::default(),
    };
    let windows = judge_due(&*store, &settings, &due).await.unwrap();
    let reopened = windows
        .earlier
        .iter()
        .find(|judged| judged.rejudged)
        .expect("the hour is reopened");
    let found = serde_json::to_string(&reopened.verdict.findings).unwrap();
    assert!(found.contains("DeleteTrail"), "{found}");

    // Past midnight the day before is read once more, whole.
    for (now, new_events) in [("2026-01-16T00:30:00Z", 1), ("2026-01-16T01:30:00Z", 0)] {
        moto.clear();
        let now = at(now);
        let mut wide = reading(now, Records::All);
        wide.horizon_hours = 48;
        let places = places(options(&moto, now)).await;
        let source: Arc<dyn LogSource> = Arc::new(CloudWatchSource::new(places, wide).unwrap());
        let daily = read(&source, &store, &job(now)).await.unwrap();
        assert_eq!(daily.committed.new_events, new_events, "at {now}");
        let whole_day = slices(&moto.calls_of(FILTER)).contains("2026-01-15T05:00:00Z");
        assert_eq!(whole_day, new_events == 1, "at {now}");
    }
}

#[tokio::test]
#[ignore = "needs moto: scripts/test --services"]
async fn the_source_conforms_over_http() {
    let moto = moto();
    let places = places(options(&moto, at(NOW))).await;
    for (records, slice_hours) in [(Records::All, 1), (Records::Errors, 1), (Records::All, 6)] {
        let mut options = reading(at(NOW), records);
        options.slice_hours = slice_hours;
        let make = || CloudWatchSource::new(places.clone(), options.clone()).unwrap();
        let window = TimeRange::new(at("2026-01-15T04:00:00Z"), at(NOW));
        let units = make().read_units(&window).await.unwrap();
        // The ids are the source's own affair; the bytes are what was put there.
        let given: BTreeSet<String> = units.iter().flat_map(|unit| lines(&unit.bytes)).collect();
        let put: BTreeSet<String> = story().iter().map(ToString::to_string).collect();
        assert!(given == put, "{} of {} records", given.len(), put.len());
        let subject = Subject {
            make: &|| Box::new(make()),
            window,
            expected: units.into_iter().map(|unit| (unit.id.0, unit.bytes)).collect(),
            rereads: true,
            durable: true,
        };
        conformance::all(&subject).await;
    }
}

fn lines(bytes: &[u8]) -> Vec<String> {
    std::str::from_utf8(bytes)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}
