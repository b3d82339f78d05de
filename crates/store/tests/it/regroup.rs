//! A state that was written with one grouping version, read with the next: nothing is new by itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use firstsight_engine::{
    Digest, Dimension, ErrorEvent, EventIdentity, FindingId, FineTemplate, LifeCycle, Novelty, Observation,
    Policy, Range, Summary, SummaryOptions, Time, judge, retemplate,
};
use firstsight_store::conformance::data::{ACCOUNTS, at, change};
use firstsight_store::conformance::lists_agree;
use firstsight_store::sqlite::{Grouping, SqliteOptions, SqliteStore};
use firstsight_store::{
    ClusterQuery, ClusterRow, FindingQuery, IngestBatch, JudgeQuery, Judgement, Overview, Store, StoreError,
    baseline,
};

type Templating = fn(&ErrorEvent<'_>) -> FineTemplate;

fn masked(event: &ErrorEvent<'_>, is_variable: impl Fn(usize, &str) -> bool) -> FineTemplate {
    let words = event.error_message.split(' ').enumerate();
    let words = words.map(|(place, word)| if is_variable(place, word) { "<*>" } else { word });
    let identity = words.collect::<Vec<_>>().join(" ");
    FineTemplate {
        display: identity.clone(),
        identity,
    }
}

fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

fn usual(event: &ErrorEvent<'_>) -> FineTemplate {
    masked(event, |_, word| has_digit(word))
}

fn masks_more(event: &ErrorEvent<'_>) -> FineTemplate {
    masked(event, |place, word| place == 0 || has_digit(word))
}

fn masks_less(event: &ErrorEvent<'_>) -> FineTemplate {
    masked(event, |_, _| false)
}

fn renames(event: &ErrorEvent<'_>) -> FineTemplate {
    let FineTemplate { identity, display } = usual(event);
    FineTemplate {
        identity: identity.replace(' ', "_"),
        display,
    }
}

/// Names that the family rule does not take for names: each message is a cluster of its own where nothing is masked.
const MESSAGES: [(&str, &str, i64); 6] = [
    ("alice", "stack 17 is gone", 0),
    ("alice", "stack 18 is gone", 0),
    ("alice", "volume 1 may not be read", 1),
    ("bob", "table 4 is gone", 2),
    ("carol", "table 5 is gone", 3),
    ("carol", "you cannot write", 3),
];

/// The error events of an hour: of each message from the hour on in which it came first.
fn batch(hour: i64, messages: &[(&str, &str, i64)], templating: Templating) -> IngestBatch {
    let mut summary = Summary::new(SummaryOptions::default());
    for (number, (user, message, _)) in messages.iter().enumerate().filter(|(_, of)| of.2 <= hour) {
        show(
            &mut summary,
            &format!("{hour} {number}"),
            at(hour, 5),
            (user, message),
            templating,
        );
    }
    IngestBatch {
        source: "files".to_owned(),
        arrived: at(hour, 30),
        summary,
        ..IngestBatch::default()
    }
}

fn show(summary: &mut Summary, id: &str, time: Time, (user, message): (&str, &str), templating: Templating) {
    let raw = serde_json::json!({
        "eventID": id,
        "eventTime": time,
        "recipientAccountId": ACCOUNTS[0],
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "errorCode": "AccessDenied",
        "errorMessage": message,
    });
    let raw = raw.to_string();
    let template = retemplate(&raw, templating).expect("a record");
    let actor = format!("arn:aws:iam::{}:user/{user}", ACCOUNTS[0]);
    summary.insert(&Observation {
        identity: EventIdentity(Digest::of(&[id]).0),
        time,
        account: ACCOUNTS[0],
        event_source: "s3.amazonaws.com",
        event_name: "GetObject",
        error_code: "AccessDenied",
        template: &template.identity,
        display: &template.display,
        values: &[(Dimension::Actor, &actor)],
        event_id: id,
        raw: &raw,
    });
}

fn options(version: u32, template: Templating) -> SqliteOptions {
    SqliteOptions {
        grouping: Grouping { version, template },
        ..SqliteOptions::default()
    }
}

fn query(hour: i64) -> JudgeQuery {
    let window = Range::new(at(hour, 0), at(hour + 1, 0));
    JudgeQuery {
        inspection: "hourly".to_owned(),
        window,
        baseline: Range::new(at(-48, 0), window.start),
        accounts: Vec::new(),
        remember_from: Time::MIN,
        policy: Policy::default(),
    }
}

/// Judges an hour and records it: the ids of what is new.
async fn judged(store: &SqliteStore, hour: i64) -> Vec<FindingId> {
    let query = query(hour);
    let seen = store.judge_input(&query).await.expect("a snapshot");
    let verdict = judge(&seen.input);
    let active = verdict.active.iter();
    let judgement = Judgement {
        inspection: query.inspection,
        window: Some(query.window),
        complete: true,
        judged_at: query.window.end,
        assignments: verdict.assignments.clone(),
        templates: active
            .map(|active| (active.cluster, active.template.clone()))
            .collect(),
        findings: verdict.findings,
        ..Judgement::default()
    };
    let recorded = store
        .record(&judgement, &seen.versions)
        .await
        .expect("a judgement");
    recorded.new_findings
}

/// A state of version 1 with the messages of six hours, each judged; a person said something of its clusters.
async fn written(path: &Path) -> Vec<ClusterRow> {
    let store = SqliteStore::open_with(path, &options(1, usual))
        .await
        .expect("a store");
    for hour in 0..6 {
        store
            .commit(&batch(hour, &MESSAGES, usual))
            .await
            .expect("a commit");
        judged(&store, hour).await;
    }
    let clusters = clusters(&store).await;
    assert_eq!(clusters.len(), 4, "{clusters:#?}");
    let said = change(clusters[0].id, LifeCycle::Acknowledged);
    store.set_life_cycle(&said).await.expect("a cluster");
    let clusters = self::clusters(&store).await;
    store.close().await;
    clusters
}

async fn clusters(store: &SqliteStore) -> Vec<ClusterRow> {
    lists_agree(store).await.expect("lists");
    store.clusters(&ClusterQuery::default()).await.expect("clusters")
}

async fn overview(store: &SqliteStore) -> Overview {
    store.overview(&Range::ALL).await.expect("an overview")
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.db");
    (folder, path)
}

/// What a regrouped state exports is taken in elsewhere, whole.
async fn can_be_carried_over(store: &SqliteStore, clusters: &[ClusterRow]) {
    let exported = store.export_baseline(&ClusterQuery::default()).await;
    let document = baseline::write(&exported.expect("a baseline"));
    let read = baseline::read(document.as_bytes());
    assert_eq!(read.expect("a document").len(), clusters.len());
}

/// Everything that a change of version has to leave alone, whatever it masks.
async fn nothing_is_new_by_itself(templating: Templating) -> Vec<ClusterRow> {
    let (_folder, path) = folder();
    let before = written(&path).await;
    let store = SqliteStore::open_with(&path, &options(2, templating))
        .await
        .expect("a store");
    let after = clusters(&store).await;
    let known = |rows: &[ClusterRow]| -> BTreeSet<_> {
        rows.iter()
            .map(|row| (row.id, row.life_cycle, row.founded))
            .collect()
    };
    assert_eq!(known(&before), known(&after), "clusters stay");
    let count = |rows: &[ClusterRow]| rows.iter().map(|row| row.seen.count).sum::<u64>();
    assert_eq!(count(&before), count(&after), "events stay");
    let overview = overview(&store).await;
    assert_eq!((overview.grouping_version, overview.not_regrouped), (2, 0));
    can_be_carried_over(&store, &after).await;
    for hour in 0..6 {
        assert_eq!(judged(&store, hour).await, [], "hour {hour}, judged again");
    }
    for hour in 6..9 {
        store
            .commit(&batch(hour, &MESSAGES, templating))
            .await
            .expect("a commit");
        assert_eq!(judged(&store, hour).await, [], "hour {hour}");
    }
    let really_new = [("dora", "quota of nobody was exceeded", 9)];
    store
        .commit(&batch(9, &really_new, templating))
        .await
        .expect("a commit");
    let new = judged(&store, 9).await;
    let found = store.findings(&FindingQuery::default()).await.expect("findings");
    let found: Vec<_> = found.iter().filter(|finding| new.contains(&finding.id)).collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].novelty, Novelty::New);
    after
}

#[tokio::test]
async fn a_version_that_masks_more_reports_nothing_by_itself() {
    let clusters = nothing_is_new_by_itself(masks_more).await;
    let templates: Vec<_> = clusters.iter().map(|row| row.templates).collect();
    assert!(
        templates.contains(&0),
        "what became one keeps its record: {clusters:#?}"
    );
    let most = clusters
        .iter()
        .max_by_key(|row| row.seen.count)
        .expect("a cluster");
    assert_eq!((most.seen.count, most.actors), (19, 3), "counts add up");
}

#[tokio::test]
async fn a_version_that_masks_less_reports_nothing_by_itself() {
    let clusters = nothing_is_new_by_itself(masks_less).await;
    let templates: u64 = clusters.iter().map(|row| row.templates).sum();
    assert_eq!(templates, MESSAGES.len() as u64);
}

#[tokio::test]
async fn a_version_that_renames_reports_nothing_by_itself() {
    let clusters = nothing_is_new_by_itself(renames).await;
    assert!(clusters.iter().all(|row| row.templates == 1), "{clusters:#?}");
}

#[tokio::test]
async fn what_has_no_readable_record_keeps_its_name_and_is_counted() {
    let (_folder, path) = folder();
    let store = SqliteStore::open_with(&path, &options(1, usual))
        .await
        .expect("a store");
    let mut read = batch(0, &MESSAGES, usual);
    let id = "cut";
    read.summary.insert(&Observation {
        identity: EventIdentity(Digest::of(&[id]).0),
        time: at(0, 9),
        account: ACCOUNTS[0],
        event_source: "s3.amazonaws.com",
        event_name: "GetObject",
        error_code: "AccessDenied",
        template: "a long one",
        display: "a long one",
        values: &[],
        event_id: id,
        raw: "{\"eventTime\":\"2026-03-01T00:0",
    });
    store.commit(&read).await.expect("a commit");
    judged(&store, 0).await;
    store.close().await;
    let store = SqliteStore::open_with(&path, &options(2, masks_less))
        .await
        .expect("a store");
    assert_eq!(overview(&store).await.not_regrouped, 1);
    let kept = clusters(&store).await;
    assert!(
        kept.iter()
            .any(|row| row.template == "a long one" && row.seen.count == 1)
    );
    assert_eq!(judged(&store, 0).await, []);
}

#[tokio::test]
async fn a_state_of_another_grouping_is_not_read_and_a_newer_one_not_written() {
    let (_folder, path) = folder();
    written(&path).await;
    let store = SqliteStore::open_with(&path, &options(2, renames))
        .await
        .expect("a store");
    store.close().await;
    let newer = SqliteStore::open_with(&path, &options(1, usual))
        .await
        .expect_err("it is newer");
    assert!(matches!(newer, StoreError::CannotOpen { .. }), "{newer:?}");
    assert!(newer.to_string().contains("grouping version 2, newer"), "{newer}");
    let store = SqliteStore::open_with(&path, &options(2, renames))
        .await
        .expect("still whole");
    assert_eq!(overview(&store).await.grouping_version, 2);
}

#[tokio::test]
async fn a_state_of_an_older_grouping_is_read_once_it_was_brought_up_to_date() {
    let (_folder, path) = folder();
    let store = SqliteStore::open_with(&path, &options(0, usual))
        .await
        .expect("a store");
    store.close().await;
    let older = SqliteStore::open_read_only(&path).await.expect_err("it is older");
    assert!(older.to_string().contains("open it once for writing"), "{older}");
    SqliteStore::open(&path).await.expect("a store").close().await;
    let store = SqliteStore::open_read_only(&path).await.expect("up to date");
    assert_eq!(overview(&store).await.not_regrouped, 0);
}
