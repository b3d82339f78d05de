//! Measures lists among many clusters: `cargo run --release -p firstsight-store --all-features --example list_speed
//! [CLUSTERS]`. Prints the slowest of some repetitions of each, while another task commits to the same file.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use firstsight_engine::{ClusterId, Digest, Dimension, EventIdentity, Observation, Summary, SummaryOptions};
use firstsight_store::conformance::data::{at, hours, judgement, key_use, query};
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{
    ClusterSearch, ClusterSort, IngestBatch, Judgement, KeySearch, KeySort, Retention, Store,
};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const SERVICES: usize = 60;
const DAYS: i64 = 14;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Outcome<()> {
    let clusters = std::env::args()
        .nth(1)
        .map_or(Ok(100_000), |number| number.parse())?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("state.db");
    let store = Arc::new(SqliteStore::open(&path).await?);
    let mut out = std::io::stdout();
    fill(&*store, clusters, &mut out).await?;
    let busy = Arc::clone(&store);
    let writer = tokio::spawn(async move { write_on(&*busy).await });
    for (name, search) in searches() {
        let (slowest, found) = measure(async || Ok(store.search_clusters(&search).await?.rows.len())).await?;
        tell(&mut out, name, slowest, found)?;
    }
    for (name, search) in key_searches() {
        let (slowest, found) = measure(async || Ok(store.search_keys(&search).await?.rows.len())).await?;
        tell(&mut out, name, slowest, found)?;
    }
    let first = ClusterSearch {
        limit: 50,
        descending: true,
        sort: ClusterSort::Count,
        ..ClusterSearch::default()
    };
    let page: Vec<_> = store
        .search_clusters(&first)
        .await?
        .rows
        .iter()
        .map(|row| row.id)
        .collect();
    let range = hours(0, DAYS * 24);
    let (slowest, found) =
        measure(async || Ok(store.cluster_hours(&page, &range).await?.concat().len())).await?;
    tell(&mut out, "hours of the 50 most frequent", slowest, found)?;
    let (slowest, found) = measure(async || Ok(store.series(&range).await?.errors.len())).await?;
    tell(&mut out, "series", slowest, found)?;
    let (slowest, _) = measure(async || Ok(store.totals().await?.clusters as usize)).await?;
    tell(&mut out, "totals", slowest, 1)?;
    writer.abort();
    let _ = writer.await;
    let begun = Instant::now();
    store
        .purge(&Retention {
            before: at(1, 0),
            identities_before: at(1, 0),
        })
        .await?;
    writeln!(out, "purged one hour in {:.1?}", begun.elapsed())?;
    store.close().await;
    writeln!(out, "{:.1} MB", std::fs::metadata(&path)?.len() as f64 / 1e6)?;
    Ok(())
}

fn tell(out: &mut impl std::io::Write, name: &str, slowest: Duration, found: usize) -> Outcome<()> {
    writeln!(
        out,
        "{name:40} {:7.2} ms, {found} found",
        slowest.as_secs_f64() * 1000.0
    )?;
    Ok(())
}

async fn measure(run: impl AsyncFn() -> Outcome<usize>) -> Outcome<(Duration, usize)> {
    let (mut slowest, mut found) = (Duration::ZERO, 0);
    run().await?;
    for _ in 0..10 {
        let begun = Instant::now();
        found = run().await?;
        slowest = slowest.max(begun.elapsed());
    }
    Ok((slowest, found))
}

/// Clusters in parts, each judged; every tenth of them in each hour of all days.
async fn fill(store: &dyn Store, clusters: usize, out: &mut impl std::io::Write) -> Outcome<()> {
    let numbers: Vec<usize> = (0..clusters).collect();
    let (mut committed, mut recorded) = (Duration::ZERO, Duration::ZERO);
    for chunk in numbers.chunks(10_000) {
        let read = batch(
            chunk
                .iter()
                .map(|number| (*number, (*number as i64 * 7) % (DAYS * 24))),
        );
        let begun = Instant::now();
        store.commit(&read).await?;
        committed += begun.elapsed();
        let versions = store.judge_input(&query(hours(0, 1))).await?.versions;
        let ids: Vec<_> = read.summary.signatures().map(|(id, ..)| id).collect();
        let judged = Judgement {
            assignments: ids.iter().map(|id| (*id, ClusterId(id.0))).collect(),
            ..judgement(hours(0, 1))
        };
        let begun = Instant::now();
        store.record(&judged, &versions).await?;
        recorded += begun.elapsed();
    }
    writeln!(
        out,
        "{clusters} clusters: committed in {committed:.1?}, recorded in {recorded:.1?}"
    )?;
    let begun = Instant::now();
    for hour in (0..DAYS * 24).step_by(8) {
        store
            .commit(&batch(numbers.iter().step_by(100).map(|number| (*number, hour))))
            .await?;
    }
    writeln!(out, "further hours committed in {:.1?}", begun.elapsed())?;
    Ok(())
}

async fn write_on(store: &dyn Store) {
    for number in 0.. {
        let events = (0..2_000).map(|event| (event * 3 + number % 7, DAYS * 24 + (number % 90) as i64));
        let _ = store.commit(&batch(events)).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn batch(events: impl Iterator<Item = (usize, i64)>) -> IngestBatch {
    let mut summary = Summary::new(SummaryOptions::default());
    let mut read = IngestBatch {
        source: "files".to_owned(),
        arrived: at(0, 0),
        ..IngestBatch::default()
    };
    for (number, hour) in events {
        show(&mut summary, number, hour);
        let key = format!("AKIA{:016}", number % 10_000);
        read.key_uses.insert(
            ("111122223333".to_owned(), key),
            key_use("GetObject", at(hour, (number % 60) as i64)),
        );
    }
    read.summary = summary;
    read
}

fn show(summary: &mut Summary, number: usize, hour: i64) {
    let id = format!("{number} {hour}");
    let service = format!("service{}.amazonaws.com", number * number % SERVICES);
    let name = format!("Call{}", number % 500);
    let template = format!(
        "User <userArn> is not authorized to perform thing{number} on resource <resource> because no policy allows it"
    );
    let key = format!("AKIA{:016}", number % 10_000);
    summary.insert(&Observation {
        identity: EventIdentity(Digest::of(&[&id]).0),
        time: at(hour, (number % 60) as i64),
        account: ["111122223333", "444455556666"][usize::from(number.is_multiple_of(500))],
        event_source: &service,
        event_name: &name,
        error_code: ["AccessDenied", "NoSuchEntity"][number % 2],
        template: &template,
        display: &template,
        values: &[
            (Dimension::Actor, "arn:aws:iam::111122223333:role/app"),
            (Dimension::AccessKey, &key),
        ],
        event_id: &id,
        raw: "{}",
    });
}

fn searches() -> Vec<(&'static str, ClusterSearch)> {
    let first = ClusterSearch {
        limit: 50,
        descending: true,
        ..ClusterSearch::default()
    };
    let by = |text: &str| ClusterSearch {
        text: text.to_owned(),
        ..first.clone()
    };
    vec![
        ("last seen", first.clone()),
        (
            "first seen",
            ClusterSearch {
                sort: ClusterSort::FirstSeen,
                ..first.clone()
            },
        ),
        (
            "count",
            ClusterSearch {
                sort: ClusterSort::Count,
                ..first.clone()
            },
        ),
        (
            "name",
            ClusterSearch {
                sort: ClusterSort::Name,
                descending: false,
                ..first.clone()
            },
        ),
        ("rare text", by("thing77777 ")),
        ("text in many", by("thing7")),
        ("text in all", by("not authorized")),
        ("text in none", by("no such words")),
        ("two letters in all", by("on")),
        ("two letters in none", by("zq")),
        (
            "text in many, of a service",
            ClusterSearch {
                services: vec!["service1.amazonaws.com".to_owned()],
                ..by("thing7")
            },
        ),
        (
            "of a service",
            ClusterSearch {
                services: vec!["service1.amazonaws.com".to_owned()],
                ..first.clone()
            },
        ),
        (
            "of a small account",
            ClusterSearch {
                accounts: vec!["444455556666".to_owned()],
                ..first.clone()
            },
        ),
        (
            "of no service",
            ClusterSearch {
                services: vec!["none.amazonaws.com".to_owned()],
                ..first.clone()
            },
        ),
        (
            "of a class",
            ClusterSearch {
                classes: vec!["not-found".to_owned()],
                ..first.clone()
            },
        ),
        (
            "of no class",
            ClusterSearch {
                classes: vec!["quota".to_owned()],
                ..first.clone()
            },
        ),
        (
            "of a life cycle without clusters",
            ClusterSearch {
                life_cycles: vec!["resolved".to_owned()],
                ..first.clone()
            },
        ),
        (
            "noise",
            ClusterSearch {
                noise: Some(true),
                ..first.clone()
            },
        ),
        (
            "of an owner",
            ClusterSearch {
                owner: Some("nobody".to_owned()),
                ..first.clone()
            },
        ),
    ]
}

fn key_searches() -> Vec<(&'static str, KeySearch)> {
    let first = KeySearch {
        limit: 50,
        ..KeySearch::default()
    };
    vec![
        ("keys", first.clone()),
        (
            "keys by errors",
            KeySearch {
                sort: KeySort::Errors,
                ..first.clone()
            },
        ),
        (
            "keys by text",
            KeySearch {
                text: "0000777".to_owned(),
                ..first.clone()
            },
        ),
        (
            "keys by text of none",
            KeySearch {
                text: "no such words".to_owned(),
                ..first
            },
        ),
    ]
}
