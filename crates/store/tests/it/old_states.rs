//! A state file of each released version can be opened, read and written.

use firstsight_engine::{GROUPING_VERSION, LifeCycle, Range};
use firstsight_store::conformance::data::{at, batch, call, finding_id, key_use};
use firstsight_store::conformance::lists_agree;
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{
    AuditQuery, ClusterQuery, EventFacets, EventQuery, EventSearch, FindingQuery, KeyQuery, RunQuery, Store,
};

#[tokio::test]
async fn a_state_of_version_1_is_read_and_written() {
    is_read_and_written(include_bytes!("../data/version-1.db")).await;
}

#[tokio::test]
async fn a_state_of_version_2_is_read_and_written() {
    tells_who_said_what(include_bytes!("../data/version-2.db")).await;
}

#[tokio::test]
async fn a_state_of_version_3_is_read_and_written() {
    tells_who_said_what(include_bytes!("../data/version-3.db")).await;
}

#[tokio::test]
async fn a_state_of_version_4_is_read_and_written() {
    tells_who_said_what(include_bytes!("../data/version-4.db")).await;
}

#[tokio::test]
async fn a_state_of_version_5_is_read_and_written() {
    tells_who_said_what(include_bytes!("../data/version-5.db")).await;
}

async fn tells_who_said_what(kept: &[u8]) {
    let (store, _folder) = is_read_and_written(kept).await;
    let audit = store.audit(&AuditQuery::default()).await.unwrap();
    let told: Vec<_> = audit
        .iter()
        .map(|entry| {
            (
                entry.said.by.as_str(),
                entry.action.as_str(),
                entry.after.as_str(),
            )
        })
        .collect();
    assert_eq!(told, [("alice", "expect", "expected")]);
}

/// Checks what every version kept, and writes to it. The folder stays as long as the store: a reader may open the file at any
/// call.
async fn is_read_and_written(kept: &[u8]) -> (SqliteStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    std::fs::write(&path, kept).unwrap();
    let store = SqliteStore::open(&path).await.unwrap();

    let clusters = store.clusters(&ClusterQuery::default()).await.unwrap();
    let told: Vec<_> = clusters
        .iter()
        .map(|row| (row.event_name.as_str(), row.life_cycle, row.seen.count))
        .collect();
    assert_eq!(told, [("CreateUser", LifeCycle::Expected, 1)]);
    let found = store.findings(&FindingQuery::default()).await.unwrap();
    assert_eq!(
        found.iter().map(|finding| finding.id).collect::<Vec<_>>(),
        [finding_id("one")]
    );
    let sent = store.events(&EventQuery::default()).await.unwrap();
    assert_eq!(sent[0].event.id, "event");
    assert_eq!(store.due("log", at(99, 0), 9).await.unwrap().len(), 1);
    assert_eq!(store.faults("main", 0).await.unwrap()[0].body, b"body");
    assert_eq!(store.judged("main", 9).await.unwrap().len(), 1);
    let keys = store.keys(&KeyQuery::default()).await.unwrap();
    assert_eq!(
        (&keys[0].last, keys[0].errors),
        (&key_use("PutObject", at(24, 30)), 2)
    );
    assert_eq!(
        store.finished("files", &["unit".to_owned()]).await.unwrap(),
        ["unit"]
    );
    assert_eq!(store.positions("files").await.unwrap()[0].position, b"end");
    let overview = store.overview(&Range::ALL).await.unwrap();
    assert_eq!(
        (overview.records.unwrap().count, overview.grouping_version),
        (12, GROUPING_VERSION)
    );

    let committed = store
        .commit(&batch(&[
            call("one", "CreateUser", at(24, 10)),
            call("new", "CreateUser", at(25, 0)),
        ]))
        .await
        .unwrap();
    assert_eq!((committed.known_events, committed.new_events), (1, 1));
    notes_an_attempt(&store).await;
    gives_facets(&store).await;
    lists_agree(&store).await.unwrap();
    (store, folder)
}

/// What state version 5 added: facets, which events of earlier versions are given, runs, and settings by hand.
async fn gives_facets(store: &SqliteStore) {
    let search = EventSearch {
        text: "facets".to_owned(),
        limit: 9,
        ..EventSearch::default()
    };
    assert_eq!(store.search_events(&search).await.unwrap().rows, []);
    let missing = store.events_without_facets(9).await.unwrap();
    assert_eq!(missing[0].event.id, "event");
    let facets = EventFacets {
        title: "with Facets".to_owned(),
        ..EventFacets::default()
    };
    store
        .give_facets(&[("event".to_owned(), facets.clone())])
        .await
        .unwrap();
    let found = store.search_events(&search).await.unwrap().rows;
    assert_eq!((found[0].id.as_str(), &found[0].facets), ("event", &facets));
    assert_eq!(store.events_without_facets(9).await.unwrap(), []);
    assert_eq!(store.runs(&RunQuery::default()).await.unwrap(), []);
    assert_eq!(store.overrides("main").await.unwrap(), []);
}

/// What state version 4 added: attempts one by one, and mutes.
async fn notes_an_attempt(store: &SqliteStore) {
    let events = ["event".to_owned()];
    store.attempt(&events, "log", at(99, 0), false).await.unwrap();
    let sent = store.events(&EventQuery::default()).await.unwrap();
    let row = sent[0].deliveries.iter().find(|row| row.sink == "log").unwrap();
    assert_eq!(
        (row.log.len(), row.log[0].state, row.log[0].lost),
        (1, None, true)
    );
    assert_eq!((row.bundle.as_str(), row.next_attempt), ("", None));
    assert_eq!(store.mutes(true).await.unwrap(), []);
}
