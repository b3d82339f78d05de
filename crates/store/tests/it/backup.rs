//! A state is copied while it is in use; the copy is a state.

use std::path::{Path, PathBuf};

use firstsight_engine::Range;
use firstsight_store::conformance::data::{at, batch, call, event, hours, judgement, query};
use firstsight_store::sqlite::{SqliteOptions, SqliteStore};
use firstsight_store::{EventFacets, EventSearch, Found, Store, StoreError};

fn folder() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (state, copy) = (folder.path().join("state.db"), folder.path().join("copy.db"));
    (folder, state, copy)
}

/// Reads one call, and tells of an event that can be searched.
async fn fill(store: &dyn Store, name: &str) {
    let read = batch(&[call(name, "CreateUser", at(0, 1))]);
    store.commit(&read).await.unwrap();
    let seen = store.judge_input(&query(hours(0, 1))).await.unwrap();
    let mut judged = judgement(hours(0, 1));
    judged.events = vec![event(name, "fault", at(1, 0), &["log"])];
    judged.events[0].facets = EventFacets {
        title: format!("about {name}"),
        ..EventFacets::default()
    };
    store.record(&judged, &seen.versions).await.unwrap();
}

async fn shown(store: &dyn Store) -> String {
    let search = EventSearch {
        text: "about".to_owned(),
        limit: 9,
        ..EventSearch::default()
    };
    let Found { rows, .. } = store.search_events(&search).await.unwrap();
    let overview = store.overview(&Range::ALL).await.unwrap();
    format!("{rows:?} {overview:?}")
}

fn reason(answer: Result<(), StoreError>) -> String {
    match answer {
        Err(StoreError::CannotCopy { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

fn is_there(path: &Path) -> bool {
    path.try_exists().unwrap()
}

#[tokio::test]
async fn the_copy_holds_what_was_committed_and_is_a_state() {
    let (_folder, state, to) = folder();
    let store = SqliteStore::open(&state).await.unwrap();
    fill(&store, "one").await;
    let expected = shown(&store).await;
    store.backup(&to).await.unwrap();
    fill(&store, "two").await;
    assert_ne!(shown(&store).await, expected);
    assert!(!is_there(&to.with_file_name("copy.db-wal")), "one file");
    let copy = SqliteStore::open(&to).await.unwrap();
    assert_eq!(shown(&copy).await, expected);
    fill(&copy, "two").await;
    assert_eq!(shown(&copy).await, shown(&store).await, "it can be written");
}

#[tokio::test]
async fn a_writer_at_work_is_not_waited_for_and_not_copied() {
    let (_folder, state, to) = folder();
    let options = SqliteOptions {
        busy_timeout: std::time::Duration::ZERO,
        ..SqliteOptions::default()
    };
    let store = SqliteStore::open_with(&state, &options).await.unwrap();
    fill(&store, "one").await;
    let expected = shown(&store).await;
    let mut writer = {
        use sqlx::Connection as _;
        let connect = sqlx::sqlite::SqliteConnectOptions::new().filename(&state);
        sqlx::SqliteConnection::connect_with(&connect).await.unwrap()
    };
    let half = "BEGIN IMMEDIATE; DELETE FROM deliveries; DELETE FROM events";
    sqlx::raw_sql(half).execute(&mut writer).await.unwrap();
    store.backup(&to).await.unwrap();
    let copy = SqliteStore::open_read_only(&to).await.unwrap();
    assert_eq!(shown(&copy).await, expected);
}

#[tokio::test]
async fn a_state_open_for_reading_is_copied_too() {
    let (_folder, state, to) = folder();
    let store = SqliteStore::open(&state).await.unwrap();
    fill(&store, "one").await;
    let expected = shown(&store).await;
    let reader = SqliteStore::open_read_only(&state).await.unwrap();
    reader.backup(&to).await.unwrap();
    assert_eq!(shown(&SqliteStore::open(&to).await.unwrap()).await, expected);
}

/// SQLite copies memory into memory, and says that all is well.
#[tokio::test]
async fn a_state_in_memory_is_not_said_to_be_copied() {
    let (_folder, _, to) = folder();
    let memory = SqliteStore::open_in_memory().await.unwrap();
    let reason = reason(memory.backup(&to).await);
    assert!(reason.contains("in memory only"), "{reason}");
    assert!(!is_there(&to));
}

#[tokio::test]
async fn what_is_there_is_not_overwritten() {
    let (folder, state, to) = folder();
    let store = SqliteStore::open(&state).await.unwrap();
    for there in [b"".as_slice(), b"something else"] {
        std::fs::write(&to, there).unwrap();
        let reason = reason(store.backup(&to).await);
        assert!(reason.contains("there is such a file already"), "{reason}");
        assert_eq!(std::fs::read(&to).unwrap(), there);
    }
    for there in [&state, folder.path()] {
        let reason = reason(store.backup(there).await);
        assert!(reason.contains("already"), "{}: {reason}", there.display());
    }
    fill(&store, "one").await;
}

#[tokio::test]
async fn a_place_without_a_folder_is_told() {
    let (folder, state, _) = folder();
    let store = SqliteStore::open(&state).await.unwrap();
    let to = folder.path().join("no/such/copy.db");
    let error = store.backup(&to).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("copy.db") && text.contains("does not exist; create it first"),
        "{text}"
    );
}

#[tokio::test]
async fn a_copy_that_fails_leaves_no_file() {
    let (_folder, state, to) = folder();
    let store = SqliteStore::open(&state).await.unwrap();
    store.close().await;
    assert!(store.backup(&to).await.is_err());
    assert!(!is_there(&to));
}

/// SQLite would read such a name as an address, with options behind it.
#[tokio::test]
async fn a_name_is_a_name_whatever_it_begins_with() {
    let (folder, state, _) = folder();
    let store = SqliteStore::open(&state).await.unwrap();
    let to = folder.path().join("file:copy.db?mode=memory'; --");
    store.backup(&to).await.unwrap();
    assert!(std::fs::metadata(&to).unwrap().len() > 0);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_copy() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, state, to) = folder();
    let store = SqliteStore::open(&state).await.unwrap();
    store.backup(&to).await.unwrap();
    let mode = std::fs::metadata(&to).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_copy_that_is_whole_is_told_from_one_that_is_damaged() {
    let (_folder, state, to) = folder();
    let store = SqliteStore::open(&state).await.unwrap();
    fill(&store, "one").await;
    store.backup(&to).await.unwrap();
    let copy = SqliteStore::open_read_only(&to).await.unwrap();
    copy.verify().await.unwrap();
    copy.close().await;

    // Every page from the second half on is overwritten: what the header says of the file still holds.
    let mut bytes = std::fs::read(&to).unwrap();
    let half = bytes.len() / 8192 * 4096;
    bytes[half..].fill(0xff);
    std::fs::write(&to, bytes).unwrap();
    let damaged = SqliteStore::open_read_only(&to).await;
    let told = match damaged {
        Ok(damaged) => damaged.verify().await,
        Err(error) => Err(error),
    };
    assert!(told.is_err());
}

#[tokio::test]
async fn rows_that_refer_to_nothing_are_damage() {
    let (_folder, state, to) = folder();
    let store = SqliteStore::open(&state).await.unwrap();
    fill(&store, "one").await;
    store.backup(&to).await.unwrap();
    let mut writer = {
        use sqlx::Connection as _;
        let connect = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(&to)
            .foreign_keys(false);
        sqlx::SqliteConnection::connect_with(&connect).await.unwrap()
    };
    sqlx::raw_sql("DELETE FROM events")
        .execute(&mut writer)
        .await
        .unwrap();
    let told = SqliteStore::open_read_only(&to)
        .await
        .unwrap()
        .verify()
        .await
        .unwrap_err();
    assert!(told.to_string().contains("it is damaged"), "{told}");
}
