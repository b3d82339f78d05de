//! Measures commits and snapshots of a state file: `cargo run --release -p firstsight-store --example commit_speed`.
//!
//! Each line is one batch into a new file: how many new error events over how many fine templates, how long its commit
//! took, how long the snapshot of a window that holds all of it, and how large the file became.

use std::io::Write as _;
use std::time::{Duration, Instant};

use firstsight_engine::{
    ClusterId, Digest, Dimension, EventIdentity, Hour, Observation, Policy, Range, Summary, SummaryOptions,
    Time,
};
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{IngestBatch, JudgeQuery, Judgement, Store};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// 2026-03-01T00:00:00Z.
const FIRST: i64 = 492_312;

fn first() -> Hour {
    Hour::from_index(FIRST)
}

/// A batch's shape.
struct Shape {
    events: usize,
    templates: usize,
    /// Whether all its templates are of one family.
    one_family: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "   events  templates families   commit snapshot    again     file"
    )?;
    measure_known(&mut out).await?;
    for (events, templates, one_family) in [
        (10_000, 10_000, false),
        (100_000, 10_000, false),
        (100_000, 100, false),
        (20_000, 20_000, true),
    ] {
        let shape = Shape {
            events,
            templates,
            one_family,
        };
        measure(&mut out, &shape).await?;
    }
    Ok(())
}

/// Fine templates that are known, an event of each in a further hour: while they have no cluster, and when each has one,
/// whose count and times are kept up.
async fn measure_known(out: &mut impl std::io::Write) -> Outcome<()> {
    let shape = Shape {
        events: 10_000,
        templates: 10_000,
        one_family: false,
    };
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("state.db")).await?;
    store.commit(&batch_of(&shape, 0)).await?;
    let (committed, without) = timed(store.commit(&batch_of(&shape, 1))).await;
    committed?;
    let snapshot = store.judge_input(&query()).await?;
    let batch = batch_of(&shape, 2);
    let ids = batch.summary.signatures().map(|(id, ..)| id);
    let judgement = Judgement {
        inspection: "main".to_owned(),
        assignments: ids.map(|id| (id, ClusterId(id.0))).collect(),
        ..Judgement::default()
    };
    let (recorded, record) = timed(store.record(&judgement, &snapshot.versions)).await;
    recorded?;
    let (committed, with) = timed(store.commit(&batch)).await;
    committed?;
    writeln!(
        out,
        "10,000 known templates: {} ms without clusters, {} ms with; founding these {} ms",
        without.as_millis(),
        with.as_millis(),
        record.as_millis()
    )?;
    Ok(())
}

async fn measure(out: &mut impl std::io::Write, shape: &Shape) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("state.db");
    let store = SqliteStore::open(&path).await?;
    let batch = batch(shape);
    let (committed, commit) = timed(store.commit(&batch)).await;
    assert_eq!(committed?.new_events, shape.events as u64);
    let (snapshot, looked) = timed(store.judge_input(&query())).await;
    let families = snapshot?.input.families.len();
    let (_, again) = timed(store.commit(&batch)).await;
    store.close().await;
    let size = std::fs::metadata(&path)?.len() >> 10;
    writeln!(
        out,
        "{:9} {:10} {families:8} {:5} ms {:5} ms {:5} ms {size:5} KiB",
        shape.events,
        shape.templates,
        commit.as_millis(),
        looked.as_millis(),
        again.as_millis()
    )?;
    Ok(())
}

async fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    let done = future.await;
    (done, start.elapsed())
}

fn query() -> JudgeQuery {
    let window = Range::new(first().start(), first().plus(1).start());
    JudgeQuery {
        inspection: "main".to_owned(),
        window,
        baseline: Range::hours_before(first(), 14 * 24),
        accounts: Vec::new(),
        remember_from: Time::MIN,
        policy: Policy::default(),
    }
}

fn batch(shape: &Shape) -> IngestBatch {
    batch_of(shape, 0)
}

/// The same so many hours later.
fn batch_of(shape: &Shape, hour: usize) -> IngestBatch {
    let mut summary = Summary::new(SummaryOptions::default());
    for number in 0..shape.events {
        show(&mut summary, shape, number, hour);
    }
    IngestBatch {
        source: "files".to_owned(),
        arrived: first().plus(1).start(),
        summary,
        ..IngestBatch::default()
    }
}

/// An event with as much to it as one of CloudTrail: a record of a kilobyte, and a value of each dimension, and three variables in
/// its message: one with few values, one with some, one that is never the same.
fn show(summary: &mut Summary, shape: &Shape, number: usize, hour: usize) {
    let id = (hour * shape.events + number).to_string();
    let kind = number % shape.templates;
    let template = format!("the call of kind {kind} is not allowed");
    let actor = format!("arn:aws:iam::111122223333:role/{}", number % 50);
    let name = format!("Call{}", if shape.one_family { 0 } else { kind % 500 });
    let network = format!("198.51.{}.0/24", number % 40);
    let raw = format!("{{\"eventID\":\"{id}\",\"filler\":\"{}\"}}", "x".repeat(1000));
    let millis = i64::try_from(number).unwrap_or_default() % 3_600_000;
    summary.insert(&Observation {
        identity: EventIdentity(Digest::of(&[&id]).0),
        time: first()
            .plus(i64::try_from(hour).unwrap_or_default())
            .start()
            .plus_millis(millis),
        account: "111122223333",
        event_source: "s3.amazonaws.com",
        event_name: &name,
        error_code: "AccessDenied",
        template: &template,
        display: &template,
        values: &[
            (Dimension::Actor, &actor),
            (Dimension::AccessKey, &actor[13..]),
            (Dimension::SourceNetwork, &network),
            (Dimension::Region, "eu-central-1"),
            (Dimension::UserAgent, "aws-cli"),
            (Dimension::Variable, &format!("userArn={actor}")),
            (
                Dimension::Variable,
                &format!("bucket=arn:aws:s3:::example-{}", number % 20),
            ),
            (Dimension::Variable, &format!("key=objects/{number}")),
        ],
        event_id: &id,
        raw: &raw,
    });
}
