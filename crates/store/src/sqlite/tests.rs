//! What only the file shows: opening, damage, a full disk, interruption, query plans.

use std::future::{Future, poll_fn};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::Poll;

use firstsight_engine::{Digest, EventIdentity, KeyUses, Observation, Range, Summary, Time};
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

use super::*;
use crate::memory::MemoryStore;
use crate::{FinishedUnit, HourRecords};

fn options() -> SqliteOptions {
    SqliteOptions {
        busy_timeout: Duration::ZERO,
        ..SqliteOptions::default()
    }
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    (folder, path)
}

fn at(hour: i64) -> Time {
    firstsight_engine::Hour::from_index(492_312 + hour).start()
}

/// A unit of so many records in hour 1, with a counter of so many bytes.
fn batch(id: &str, bytes: usize) -> IngestBatch {
    let span = firstsight_engine::Span::at(at(1));
    let records = [(
        ("111122223333".to_owned(), at(1).hour().index()),
        HourRecords { span },
    )];
    IngestBatch {
        source: "files".to_owned(),
        arrived: at(2),
        summary: Summary::default(),
        key_uses: KeyUses::new(),
        units: vec![FinishedUnit {
            id: id.to_owned(),
            records: records.into(),
            counters: vec![7; bytes],
        }],
        positions: vec![StoredPosition {
            partition: "all".to_owned(),
            position: id.as_bytes().to_vec(),
        }],
    }
}

/// What a store shows of batches.
async fn shown(store: &dyn Store) -> String {
    let overview = store.overview(&Range::ALL).await.unwrap();
    let positions = store.positions("files").await.unwrap();
    format!("{overview:?} {positions:?}")
}

async fn execute(path: &Path, sql: &'static str) {
    let connect = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    let mut conn = SqliteConnection::connect_with(&connect).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

#[tokio::test]
async fn a_new_file_says_what_it_is() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).await.unwrap();
    let mut conn = store.readers.acquire().await.unwrap();
    let mut pragma = async |name: &str| -> String {
        let row = sqlx::query(AssertSqlSafe(format!("PRAGMA {name}")))
            .fetch_one(&mut *conn)
            .await
            .unwrap();
        row.try_get::<i64, _>(0)
            .map_or_else(|_| row.get::<String, _>(0), |number| number.to_string())
    };
    assert_eq!(pragma("journal_mode").await, "wal");
    assert_eq!(pragma("synchronous").await, "2", "FULL");
    assert_eq!(pragma("foreign_keys").await, "1");
    assert_eq!(pragma("application_id").await, APPLICATION_ID.to_string());
    assert_eq!(pragma("user_version").await, STATE_VERSION.to_string());
    assert_eq!(pragma("busy_timeout").await, "30000");
}

#[tokio::test]
async fn closing_leaves_the_file_alone_behind_and_ends_the_use() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).await.unwrap();
    store.commit(&batch("one", 1)).await.unwrap();
    let expected = shown(&store).await;
    assert!(path.with_file_name("state.db-wal").try_exists().unwrap());
    store.close().await;
    store.close().await;
    for beside in ["state.db-wal", "state.db-shm"] {
        assert!(!path.with_file_name(beside).try_exists().unwrap(), "{beside}");
    }
    let error = store.commit(&batch("two", 1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert_eq!(shown(&SqliteStore::open(&path).await.unwrap()).await, expected);
}

#[tokio::test]
async fn a_newer_state_is_refused_and_not_touched() {
    let (_folder, path) = folder();
    SqliteStore::open(&path).await.unwrap().close().await;
    execute(&path, "PRAGMA user_version = 1000").await;
    let before = std::fs::read(&path).unwrap();
    for opened in [
        SqliteStore::open(&path).await,
        SqliteStore::open_read_only(&path).await,
    ] {
        let error = opened.unwrap_err();
        assert!(
            matches!(&error, StoreError::Newer { found: 1000, known: STATE_VERSION, path: p } if *p == path),
            "{error:?}"
        );
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn what_is_no_state_is_refused_and_not_touched() {
    let (_folder, path) = folder();
    let text = b"{\"Records\": []}".repeat(100);
    std::fs::write(&path, &text).unwrap();
    for opened in [
        SqliteStore::open(&path).await,
        SqliteStore::open_read_only(&path).await,
    ] {
        let error = opened.unwrap_err();
        assert!(
            matches!(&error, StoreError::NotAState { reason, .. } if reason.contains("not an SQLite file")),
            "{error:?}"
        );
    }
    assert_eq!(std::fs::read(&path).unwrap(), text);

    let other = path.with_file_name("other.db");
    execute(&other, "CREATE TABLE bookmarks (url TEXT)").await;
    let before = std::fs::read(&other).unwrap();
    let error = SqliteStore::open(&other).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::NotAState { reason, .. } if reason.contains("another program")),
        "{error:?}"
    );
    assert_eq!(std::fs::read(&other).unwrap(), before);
}

#[tokio::test]
async fn an_empty_file_becomes_a_state_but_not_by_reading() {
    let (_folder, path) = folder();
    std::fs::write(&path, b"").unwrap();
    let error = SqliteStore::open_read_only(&path).await.unwrap_err();
    assert!(matches!(error, StoreError::NotAState { .. }), "{error:?}");
    let store = SqliteStore::open(&path).await.unwrap();
    store.commit(&batch("one", 1)).await.unwrap();
}

#[tokio::test]
async fn a_place_that_cannot_be_opened_is_told_with_what_to_do() {
    let (folder, path) = folder();
    let missing = folder.path().join("no/such/state.db");
    let error = SqliteStore::open(&missing).await.unwrap_err();
    let text = error.to_string();
    assert!(
        matches!(error, StoreError::CannotOpen { .. }) && text.contains("does not exist; create it first"),
        "{text}"
    );

    let error = SqliteStore::open(folder.path()).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::CannotOpen { reason, .. } if reason == "it is a folder"),
        "{error:?}"
    );

    std::fs::write(&path, b"").unwrap();
    let error = SqliteStore::open(path.join("state.db")).await.unwrap_err();
    assert!(matches!(error, StoreError::CannotOpen { .. }), "{error:?}");

    let error = SqliteStore::open_read_only(folder.path().join("none.db"))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, StoreError::CannotOpen { reason, .. } if reason.contains("no such file")),
        "{error:?}"
    );
}

#[tokio::test]
async fn reading_changes_nothing_and_cannot_write() {
    let (folder, path) = folder();
    let store = SqliteStore::open(&path).await.unwrap();
    store.commit(&batch("one", 1)).await.unwrap();
    let expected = shown(&store).await;
    let beside = SqliteStore::open_read_only(&path).await.unwrap();
    assert_eq!(shown(&beside).await, expected, "while another one has it open");
    beside.close().await;
    store.close().await;

    let before = std::fs::read(&path).unwrap();
    let reader = SqliteStore::open_read_only(&path).await.unwrap();
    assert_eq!(shown(&reader).await, expected);
    let error = reader.commit(&batch("two", 1)).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly), "{error:?}");
    let said = crate::Said {
        by: "alice".to_owned(),
        at: Time::from_millis(0),
        note: String::new(),
    };
    let change = crate::LifeCycleChange {
        cluster: ClusterId(firstsight_engine::Digest([0; 16])),
        life_cycle: LifeCycle::Expected,
        said: said.clone(),
    };
    for refused in [
        reader.set_life_cycle(&change).await.map(|_| ()),
        reader.import_baseline(&[], &said).await.map(|_| ()),
        reader.forget_clusters(&[], &said).await.map(|_| ()),
    ] {
        assert!(matches!(refused, Err(StoreError::ReadOnly)), "{refused:?}");
    }
    reader.close().await;
    assert_eq!(std::fs::read(&path).unwrap(), before);
    drop(folder);
}

/// Sets the mode of a folder and its state, and tells whether that keeps this user out (root passes everywhere).
#[cfg(unix)]
fn protect(folder: &Path, path: &Path, read_only: bool) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let (for_folder, for_file) = if read_only { (0o555, 0o444) } else { (0o755, 0o644) };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(for_file)).unwrap();
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(for_folder)).unwrap();
    let probe = folder.join("probe");
    let kept_out = std::fs::write(&probe, b"").is_err();
    std::fs::remove_file(&probe).ok();
    kept_out
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_state_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, path) = folder();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    store.commit(&batch("one", 1)).await.unwrap();
    for entry in folder.path().read_dir().unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
    store.close().await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    SqliteStore::open(&path).await.unwrap().close().await;
    let kept = path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(kept, 0o640, "what its owner chose stays");
}

#[cfg(unix)]
#[tokio::test]
async fn a_read_only_folder_can_be_read_and_not_written() {
    let (folder, path) = folder();
    let store = SqliteStore::open(&path).await.unwrap();
    store.commit(&batch("one", 1)).await.unwrap();
    let expected = shown(&store).await;
    store.close().await;
    let kept_out = protect(folder.path(), &path, true);
    let reader = SqliteStore::open_read_only(&path).await.unwrap();
    assert_eq!(shown(&reader).await, expected);
    reader.close().await;
    if kept_out {
        let error = SqliteStore::open(&path).await.unwrap_err();
        assert!(matches!(error, StoreError::CannotOpen { .. }), "{error:?}");
    }
    protect(folder.path(), &path, false);
}

/// What reading in a read-only folder comes to, whoever runs the test.
#[tokio::test]
async fn a_state_can_be_read_as_one_that_nobody_changes() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).await.unwrap();
    store.commit(&batch("one", 1)).await.unwrap();
    let expected = shown(&store).await;
    store.close().await;
    let connect = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&path)
        .read_only(true)
        .immutable(true);
    let reader = SqliteStore::read_only(&path, &connect, &options()).await.unwrap();
    assert_eq!(shown(&reader).await, expected);
}

/// Nothing can be made in `/proc`, not even by root.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_takes_no_files_is_told() {
    let error = SqliteStore::open("/proc/state.db").await.unwrap_err();
    assert!(
        matches!(&error, StoreError::CannotOpen { reason, .. } if reason.contains("permissions")),
        "{error:?}"
    );
}

#[tokio::test]
async fn another_writer_is_waited_for_and_then_told() {
    let (_folder, path) = folder();
    let first = SqliteStore::open_with(&path, &options()).await.unwrap();
    let second = SqliteStore::open_with(&path, &options()).await.unwrap();
    let held = first.write().await.unwrap();
    let error = second.commit(&batch("one", 1)).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Busy { .. }) && error.is_retryable(),
        "{error:?}"
    );
    let empty = shown(&second).await;
    assert_eq!(empty, shown(&MemoryStore::new()).await, "readers do not wait");
    held.rollback().await.unwrap();
    second.commit(&batch("one", 1)).await.unwrap();
    assert_eq!(shown(&first).await, shown(&second).await);
}

#[tokio::test]
async fn a_full_disk_is_told_and_leaves_nothing_half() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).await.unwrap();
    store.commit(&batch("one", 10)).await.unwrap();
    let before = shown(&store).await;
    limit_pages(&store, Some(10)).await;
    let error = store.commit(&batch("two", 1 << 20)).await.unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert_eq!(shown(&store).await, before);
    limit_pages(&store, None).await;
    store.commit(&batch("two", 1 << 20)).await.unwrap();
    assert_ne!(shown(&store).await, before);
}

/// SQLite rolls back by itself where a disk is full or fails: every write after that was refused, with "attempted to call
/// begin_with at non-zero transaction depth", until the process ended.
#[tokio::test]
async fn a_transaction_that_sqlite_has_ended_spoils_no_later_one() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).await.unwrap();
    for id in ["one", "two"] {
        let mut ended = store.write().await.unwrap();
        sqlx::raw_sql("ROLLBACK").execute(&mut *ended).await.unwrap();
        assert!(ended.commit().await.is_err(), "there is nothing to commit");
        store.commit(&batch(id, 10)).await.unwrap();
        let mut ended = store.write().await.unwrap();
        sqlx::raw_sql("ROLLBACK").execute(&mut *ended).await.unwrap();
        drop(ended);
        store.hold_back("log", at(3)).await.unwrap();
    }
    let model = MemoryStore::new();
    for id in ["one", "two"] {
        model.commit(&batch(id, 10)).await.unwrap();
    }
    assert_eq!(shown(&store).await, shown(&model).await);
}

/// Lets the file grow by no more than so many pages.
async fn limit_pages(store: &SqliteStore, more: Option<i64>) {
    let mut conn = store.writer.acquire().await.unwrap();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    let most = more.map_or(1 << 30, |more| pages + more);
    sqlx::query(AssertSqlSafe(format!("PRAGMA max_page_count = {most}")))
        .execute(&mut *conn)
        .await
        .unwrap();
}

/// Polls a future so many times, and drops it.
async fn abandon<T>(future: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

#[tokio::test]
async fn an_abandoned_commit_stands_whole_or_not_at_all() {
    let model = MemoryStore::new();
    let empty = shown(&model).await;
    model.commit(&batch("one", 100)).await.unwrap();
    let full = shown(&model).await;
    let (mut abandoned, mut polls) = (0, 0);
    loop {
        let (_folder, path) = folder();
        let store = SqliteStore::open(&path).await.unwrap();
        let committed = abandon(store.commit(&batch("one", 100)), polls).await;
        // What was abandoned may still be on its way: closing waits for it.
        store.close().await;
        let store = SqliteStore::open(&path).await.unwrap();
        let after = shown(&store).await;
        assert!(
            after == full || (after == empty && committed.is_none()),
            "after {polls} polls: {after}"
        );
        store.commit(&batch("one", 100)).await.unwrap();
        assert_eq!(shown(&store).await, full, "made again after {polls} polls");
        if committed.is_some() {
            break;
        }
        abandoned += 1;
        polls += 1;
    }
    assert!(
        abandoned > 3,
        "the commit was abandoned at {abandoned} places only"
    );
}

#[tokio::test]
async fn a_process_that_ends_loses_no_commit() {
    let (folder, path) = folder();
    let store = SqliteStore::open(&path).await.unwrap();
    store.commit(&batch("one", 1)).await.unwrap();
    let expected = shown(&store).await;
    // What a killed process leaves: the file and its log, copied while it is open.
    let copy = folder.path().join("copy.db");
    for end in ["", "-wal"] {
        let from = folder.path().join(format!("state.db{end}"));
        std::fs::copy(from, folder.path().join(format!("copy.db{end}"))).unwrap();
    }
    let copy = SqliteStore::open(&copy).await.unwrap();
    assert_eq!(shown(&copy).await, expected);
}

/// The tables that grow with time: the queries of every hour may look things up in them, not walk through them.
const GROWING: [&str; 11] = [
    "attempts",
    "o",
    "s",
    "t",
    "h",
    "d",
    "e",
    "before",
    "occurrences",
    "account_hours",
    "v",
];

#[tokio::test]
async fn the_queries_of_every_hour_walk_through_no_table_that_grows() {
    let store = SqliteStore::open_in_memory().await.unwrap();
    let mut conn = store.readers.acquire().await.unwrap();
    let of_templates = snapshot::values_sql(
        "signature_values",
        "signature_value_hours",
        "t.owner = asked.value",
    );
    let of_accounts = snapshot::values_sql(
        "account_values",
        "account_value_hours",
        "t.owner = asked.value ->> 0 AND t.value = asked.value ->> 1",
    );
    let amend_first = format!(
        "{}VALUES (1, 2, 3){}",
        scopes::AMEND_FIRST_HEAD,
        scopes::AMEND_FIRST
    );
    for query in [
        snapshot::ACTIVE_FAMILIES,
        snapshot::TEMPLATES,
        &of_templates.0,
        &of_accounts.0,
        snapshot::ERROR_HOURS,
        snapshot::ACCOUNT_SOURCES,
        scopes::NEW_CLUSTERS,
        scopes::NEW_BY_ACTORS,
        &amend_first,
        variables::STORED,
        ledger::REOPENED,
        outbox::DUE,
        outbox::DUE_OF_BUNDLES,
    ] {
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}")));
        let plan = plan.fetch_all(&mut *conn).await.unwrap();
        let steps: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
        for step in &steps {
            // The fine templates without a cluster have an index of their own, which holds nothing else.
            let walks = GROWING.iter().any(|table| {
                step.split(' ').take(2).eq(["SCAN", *table]) && !step.ends_with("signatures_not_judged")
            });
            assert!(!walks, "{step}\nin {steps:#?}\nof {query}");
        }
        assert!(!steps.is_empty());
    }
}

#[tokio::test]
async fn of_a_flood_only_what_is_kept_is_written() {
    let bounds = Bounds {
        templates_per_family: 10,
        ..Bounds::default()
    };
    let options = SqliteOptions { bounds, ..options() };
    let store = SqliteStore::open_in_memory_with(&options).await.unwrap();
    for half in [0..600, 300..900] {
        let committed = store.commit(&flood(half)).await.unwrap();
        assert!(committed.folded_templates >= 290, "{committed:?}");
    }
    let mut conn = store.readers.acquire().await.unwrap();
    let counts: (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM signatures), (SELECT SUM(count) FROM occurrences), \
         (SELECT COUNT(DISTINCT signature) FROM samples)",
    )
    .fetch_one(&mut *conn)
    .await
    .unwrap();
    assert_eq!(counts, (11, 900, 11));
}

/// One error event for each of these messages of one call.
fn flood(messages: std::ops::Range<u32>) -> IngestBatch {
    let mut summary = Summary::default();
    for number in messages {
        let id = number.to_string();
        summary.insert(&Observation {
            identity: EventIdentity(Digest::of(&[&id]).0),
            time: at(1),
            account: "111122223333",
            event_source: "s3.amazonaws.com",
            event_name: "GetObject",
            error_code: "AccessDenied",
            template: &id,
            display: &id,
            values: &[],
            event_id: &id,
            raw: "{}",
        });
    }
    IngestBatch {
        summary,
        ..batch("flood", 0)
    }
}

/// An error event of this fine template in an hour.
fn seen(template: &str, hour: i64) -> IngestBatch {
    let mut summary = Summary::default();
    summary.insert(&Observation {
        identity: EventIdentity(Digest::of(&[template, &hour.to_string()]).0),
        time: at(hour),
        account: "111122223333",
        event_source: "iam.amazonaws.com",
        event_name: "GetRole",
        error_code: "AccessDenied",
        template,
        display: template,
        values: &[],
        event_id: template,
        raw: "{}",
    });
    IngestBatch {
        arrived: at(hour),
        summary,
        ..IngestBatch::default()
    }
}

#[tokio::test]
async fn what_is_folded_again_leaves_no_sample_behind() {
    let bounds = firstsight_engine::Bounds {
        templates_per_family: 1,
        ..firstsight_engine::Bounds::default()
    };
    let options = SqliteOptions { bounds, ..options() };
    let store = SqliteStore::open_in_memory_with(&options).await.unwrap();
    let id = |template: &str| seen(template, 0).summary.signatures().map(|(id, ..)| id).next();
    let (stays, folded) = if id("one") < id("two") {
        ("one", "two")
    } else {
        ("two", "one")
    };
    store.commit(&seen(stays, 0)).await.unwrap();
    store.commit(&seen(folded, 5)).await.unwrap();
    let retention = crate::Retention {
        before: at(3),
        identities_before: at(9),
    };
    store.purge(&retention).await.unwrap();
    store.commit(&seen(folded, 5)).await.unwrap();
    let committed = store.commit(&seen(stays, 6)).await.unwrap();
    assert_eq!(committed.folded_templates, 1, "the one that was stored meanwhile");
    // Its number is given again, to the one that stays.
    let samples = "SELECT COUNT(*) FROM samples WHERE event_id = ?";
    let samples = sqlx::query_scalar(samples).bind(folded);
    let samples: i64 = samples.fetch_one(&store.readers).await.unwrap();
    assert_eq!(samples, 1, "the overflow template's");
}

/// A run over a trail of thousands of files asks for all of them: it took seconds, and minutes for ten thousands.
#[tokio::test]
async fn finished_units_are_looked_up_one_by_one() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).await.unwrap();
    let explained = format!("EXPLAIN QUERY PLAN {}", super::ingest::FINISHED);
    let plan = sqlx::query(AssertSqlSafe(explained)).bind("files").bind("[]");
    let plan = plan.fetch_all(&store.readers).await.unwrap();
    let steps: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
    let looks_up = "SEARCH units USING PRIMARY KEY (source=? AND unit=?)";
    assert!(steps.iter().any(|step| step == looks_up), "{steps:#?}");
    store.close().await;
}

/// How SQLite goes about a statement.
async fn steps(store: &SqliteStore, statement: &str) -> Vec<String> {
    let explained = format!("EXPLAIN QUERY PLAN {statement}");
    let plan = sqlx::query(AssertSqlSafe(explained));
    let plan = plan.fetch_all(&store.readers).await.unwrap();
    plan.iter().map(|row| row.get("detail")).collect()
}

/// With some thousands waiting for a sink that was away, each sixty of them took seconds.
#[tokio::test]
async fn what_waits_before_a_delivery_is_looked_for_in_its_fault_alone() {
    let store = SqliteStore::open_in_memory().await.unwrap();
    for (statement, index) in [
        (outbox::DUE, "d USING INDEX deliveries_pending (sink=?)"),
        (
            outbox::DUE_OF_BUNDLES,
            "d USING INDEX deliveries_by_bundle (sink=? AND bundle=?)",
        ),
    ] {
        let steps = steps(&store, statement).await;
        let before = "SEARCH before USING INDEX deliveries_first_of_fault (sink=? AND fault=? AND event<?)";
        assert!(steps.iter().any(|step| step == before), "{steps:#?}");
        assert!(steps.iter().any(|step| step.ends_with(index)), "{steps:#?}");
    }
}

/// Each account with findings asked once a window, and walked through every key of the state.
#[tokio::test]
async fn keys_that_are_named_are_looked_up_one_by_one() {
    let store = SqliteStore::open_in_memory().await.unwrap();
    let steps = steps(&store, report::NAMED_KEYS).await;
    let looks_up = "SEARCH k USING PRIMARY KEY (account=? AND key=?)";
    assert!(steps.iter().any(|step| step == looks_up), "{steps:#?}");
}

/// The page of a cluster walked through all of them.
#[tokio::test]
async fn a_cluster_is_looked_up_by_its_id() {
    let store = SqliteStore::open_in_memory().await.unwrap();
    let steps = steps(&store, report::ONE_CLUSTER).await;
    let looks_up = "SEARCH c USING INDEX sqlite_autoindex_clusters_1 (digest=?)";
    assert!(steps.iter().any(|step| step == looks_up), "{steps:#?}");
}

/// It stayed at 32 MiB and more for as long as a state was open.
#[tokio::test]
async fn the_log_is_short_behind_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let length = || {
        std::fs::metadata(folder.path().join("state.db-wal"))
            .unwrap()
            .len()
    };
    let limit = u64::from(super::open::LOG_LIMIT);
    sqlx::query("INSERT INTO facet_values (kind, text, folded) VALUES (0, hex(zeroblob(?1)), '')")
        .bind(i64::try_from(limit).unwrap())
        .execute(&store.writer)
        .await
        .unwrap();
    assert!(length() > 2 * limit, "{} bytes show nothing", length());
    let nothing = Retention {
        before: Time::MIN,
        identities_before: Time::MIN,
    };
    store.purge(&nothing).await.unwrap();
    // What follows each run.
    sqlx::query("UPDATE meta SET sequence = sequence + 1")
        .execute(&store.writer)
        .await
        .unwrap();
    assert!(length() <= limit, "{} bytes", length());
}

/// Every judgement asks for the open ones; those that are over were walked through.
#[tokio::test]
async fn open_faults_are_looked_up() {
    let store = SqliteStore::open_in_memory().await.unwrap();
    let steps = steps(&store, ledger::FAULTS).await;
    let looks_up = "SEARCH faults USING COVERING INDEX faults_by_inspection (inspection=? AND recovered=?)";
    assert!(steps.iter().any(|step| step == looks_up), "{steps:#?}");
}
