//! Measures searches among many events: `cargo run --release -p firstsight-store --all-features --example search_speed
//! [EVENTS]`. Prints the slowest of some repetitions of each, and what the events take on the disk.

use std::io::Write as _;
use std::time::{Duration, Instant};

use firstsight_engine::{ClusterId, Digest};
use firstsight_store::conformance::data::{at, event, hours, judgement, query};
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{EventFacets, EventSearch, NewEvent, Store};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const WORDS: [&str; 10] = [
    "GetRole",
    "CreateUser",
    "AccessDenied",
    "is not authorized to perform",
    "because no identity-based policy allows the action",
    "on resource arn:aws:iam::111122223333:role/",
    "203.0.113.",
    "AKIAIOSFODNN7EXAMPLE",
    "UnauthorizedOperation",
    "ThrottlingException",
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let events = std::env::args()
        .nth(1)
        .map_or(Ok(10_000), |number| number.parse())?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("state.db");
    let store = SqliteStore::open(&path).await?;
    let mut out = std::io::stdout().lock();
    let begun = Instant::now();
    fill(&store, events).await?;
    writeln!(out, "recorded {events} events in {:.1?}", begun.elapsed())?;
    for (name, search) in searches() {
        let (slowest, found) = measure(&store, &search).await?;
        writeln!(
            out,
            "{name:36} {:7.2} ms, {found} found",
            slowest.as_secs_f64() * 1000.0
        )?;
    }
    store.close().await;
    writeln!(out, "{} kB", std::fs::metadata(&path)?.len() / 1000)?;
    Ok(())
}

async fn fill(store: &dyn Store, events: u64) -> Outcome<()> {
    let numbers: Vec<u64> = (0..events).collect();
    for chunk in numbers.chunks(500) {
        let seen = store.judge_input(&query(hours(0, 1))).await?;
        let mut judged = judgement(hours(0, 1));
        judged.events = chunk.iter().map(|number| one(*number)).collect();
        store.record(&judged, &seen.versions).await?;
    }
    Ok(())
}

/// An event of 8 KiB, found by about a kilobyte of text.
fn one(number: u64) -> NewEvent {
    let hour = i64::try_from(number / 5).unwrap_or_default();
    let mut event = event(
        &format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        &format!("fault {}", number % 50),
        at(hour, 0),
        &["log", "web"],
    );
    event.status = if number.is_multiple_of(500) {
        "critical"
    } else {
        "error"
    }
    .to_owned();
    event.body = vec![b'x'; 8192];
    let words = (0..30).map(|place| {
        let word = WORDS[usize::try_from((number * 7 + place * place) % 10).unwrap_or_default()];
        format!("{word}{}", number.wrapping_mul(place + 3) % 997)
    });
    event.facets = EventFacets {
        kind: "opened".to_owned(),
        title: "new errors".to_owned(),
        findings: 3,
        services: vec!["iam.amazonaws.com".to_owned()],
        actors: vec![
            format!("arn:aws:iam::111122223333:user/user{}", number % 700),
            "root".to_owned(),
        ],
        clusters: vec![ClusterId(Digest::of(&[&(number % 3000).to_string()]))],
        text: words.collect::<Vec<_>>().join(" "),
    };
    if number < 300 {
        event.facets.text.push_str(" oldest");
    }
    event
}

fn searches() -> Vec<(&'static str, EventSearch)> {
    let any = EventSearch::default;
    let text = |text: &str| EventSearch {
        text: text.to_owned(),
        ..any()
    };
    let actor = |actor: &str| EventSearch {
        actor: actor.to_owned(),
        ..any()
    };
    vec![
        ("all", any()),
        (
            "all, far back",
            EventSearch {
                after: Some((at(100, 0), String::new())),
                ..any()
            },
        ),
        (
            "a rare status",
            EventSearch {
                statuses: vec!["critical".to_owned()],
                ..any()
            },
        ),
        (
            "no such status",
            EventSearch {
                statuses: vec!["none".to_owned()],
                ..any()
            },
        ),
        (
            "a fault",
            EventSearch {
                fault: Some("fault 7".to_owned()),
                ..any()
            },
        ),
        (
            "a time",
            EventSearch {
                times: Some(hours(500, 524)),
                ..any()
            },
        ),
        (
            "a service of all",
            EventSearch {
                services: vec!["iam.amazonaws.com".to_owned()],
                ..any()
            },
        ),
        ("an actor", actor("user/user77")),
        ("an actor of all", actor("ROOT")),
        (
            "a cluster",
            EventSearch {
                cluster: Some(ClusterId(Digest::of(&["7"]))),
                ..any()
            },
        ),
        ("a rare text", text("getrole77 ")),
        ("a text of all", text("amazonaws.com")),
        (
            "a long text of all",
            text("because no identity-based policy allows the action"),
        ),
        ("a text of the oldest", text("oldest")),
        ("no such text", text("no such text")),
        ("threes of no such text", text("policy allows the role")),
        ("a short text of all", text("7")),
        ("no such short text", text("zq")),
        (
            "a text and an actor of all",
            EventSearch {
                actor: "root".to_owned(),
                ..text("getrole")
            },
        ),
        (
            "a text of all and a rare status",
            EventSearch {
                statuses: vec!["critical".to_owned()],
                ..text("amazonaws.com")
            },
        ),
    ]
}

async fn measure(store: &dyn Store, search: &EventSearch) -> Outcome<(Duration, usize)> {
    let search = EventSearch {
        limit: 50,
        ..search.clone()
    };
    let mut slowest = Duration::ZERO;
    let mut found = 0;
    for _ in 0..10 {
        let begun = Instant::now();
        found = store.search_events(&search).await?.rows.len();
        slowest = slowest.max(begun.elapsed());
    }
    Ok((slowest, found))
}
