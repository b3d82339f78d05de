//! What people and programs ask: a mix of pages and calls, at fixed times.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::Value;

use crate::world::mixed;
use crate::{INSPECTION, Outcome};

/// A kind of request: what it is called in the report, how often it comes, and where it goes.
struct Route {
    name: &'static str,
    weight: u32,
    path: Path,
}

enum Path {
    Fixed(&'static str),
    /// With one of the events' ids in place of `{}`, and so on.
    Event(&'static str),
    Cluster(&'static str),
    Run(&'static str),
    EventCursor(&'static str),
    ClusterCursor(&'static str),
    Asset,
}

use Path::{Asset, Cluster, ClusterCursor, Event, EventCursor, Fixed, Run};

const fn route(name: &'static str, weight: u32, path: Path) -> Route {
    Route { name, weight, path }
}

const ROUTES: [Route; 49] = [
    route("page overview", 8, Fixed("/")),
    route("page overview, two weeks", 2, Fixed("/?hours=336")),
    route("page events", 6, Fixed("/events")),
    route("page events, further back", 2, EventCursor("/events?cursor={}")),
    route("page events by status", 2, Fixed("/events?status=critical,error")),
    route("page events by text", 2, Fixed("/events?text=createvaults")),
    route(
        "page events by common text",
        1,
        Fixed("/events?text=accessdenied"),
    ),
    route("page events by short text", 1, Fixed("/events?text=zq")),
    route("page events by actor", 1, Fixed("/events?actor=service-role-77")),
    route("page events by service", 1, Fixed("/events?service=iam")),
    route("page events of a day", 1, Fixed("/events?from=24h")),
    route("page event", 10, Event("/events/{}")),
    route("page clusters", 6, Fixed("/clusters")),
    route(
        "page clusters, further back",
        2,
        ClusterCursor("/clusters?cursor={}"),
    ),
    route("page clusters by count", 2, Fixed("/clusters?sort=-count")),
    route("page clusters by name", 1, Fixed("/clusters?sort=name")),
    route("page clusters by text", 2, Fixed("/clusters?text=createvaults")),
    route(
        "page clusters by common text",
        1,
        Fixed("/clusters?text=accessdenied"),
    ),
    route("page clusters by short text", 1, Fixed("/clusters?text=zq")),
    route(
        "page clusters by no text",
        1,
        Fixed("/clusters?text=nothing%20like%20it"),
    ),
    route(
        "page clusters by account, class",
        1,
        Fixed("/clusters?account=111122223333&class=throttling"),
    ),
    route(
        "page clusters by word",
        1,
        Fixed("/clusters?life_cycle=acknowledged"),
    ),
    route("page cluster", 8, Cluster("/clusters/main/{}")),
    route("page inspections", 3, Fixed("/inspections")),
    route("page inspection", 3, Fixed("/inspections/main")),
    route("page run", 2, Run("/inspections/main/runs/{}")),
    route("page keys", 2, Fixed("/keys")),
    route("page keys by text", 1, Fixed("/keys?text=ASIAEXAMPLE000001")),
    route("page changes", 2, Fixed("/changes")),
    route("asset", 4, Asset),
    route("api overview", 3, Fixed("/api/v1/overview")),
    route("api status", 3, Fixed("/api/v1/status")),
    route("api events", 3, Fixed("/api/v1/events")),
    route("api events, 200", 1, Fixed("/api/v1/events?limit=200")),
    route(
        "api events, further back",
        1,
        EventCursor("/api/v1/events?cursor={}"),
    ),
    route("api event", 4, Event("/api/v1/events/{}")),
    route("api clusters", 3, Fixed("/api/v1/clusters")),
    route("api clusters, 200", 1, Fixed("/api/v1/clusters?limit=200")),
    route(
        "api clusters, further back",
        1,
        ClusterCursor("/api/v1/clusters?cursor={}"),
    ),
    route("api cluster", 4, Cluster("/api/v1/inspections/main/clusters/{}")),
    route("api inspections", 2, Fixed("/api/v1/inspections")),
    route("api inspection", 2, Fixed("/api/v1/inspections/main")),
    route("api runs", 2, Fixed("/api/v1/inspections/main/runs")),
    route("api faults", 2, Fixed("/api/v1/faults")),
    route("api keys", 2, Fixed("/api/v1/keys")),
    route("api audit", 1, Fixed("/api/v1/audit")),
    route("api document", 1, Fixed("/api/v1/openapi.json")),
    route("metrics", 3, Fixed("/metrics")),
    route("health", 3, Fixed("/healthz")),
];

/// What there is to ask for by name.
pub(crate) struct Known {
    events: Vec<String>,
    clusters: Vec<String>,
    runs: Vec<String>,
    event_cursors: Vec<String>,
    cluster_cursors: Vec<String>,
    assets: Vec<String>,
}

/// So many pages of a list are walked for ids and cursors.
const PAGES: usize = 20;

impl Known {
    /// Asks the daemon what it has.
    pub(crate) async fn of(client: &Client, url: &str) -> Outcome<Self> {
        let (events, event_cursors) = walk(client, &format!("{url}/api/v1/events?limit=200"), PAGES).await?;
        let (clusters, cluster_cursors) =
            walk(client, &format!("{url}/api/v1/clusters?limit=200"), PAGES).await?;
        let runs = format!("{url}/api/v1/inspections/{INSPECTION}/runs?limit=100");
        let (runs, _) = walk(client, &runs, 1).await?;
        let page = client.get(url).send().await?.error_for_status()?.text().await?;
        let assets: Vec<String> = page
            .split('"')
            .filter(|part| part.starts_with("/assets/"))
            .map(str::to_owned)
            .collect();
        if assets.is_empty() {
            return Err("the page loads nothing".into());
        }
        Ok(Self {
            events,
            clusters,
            runs,
            event_cursors,
            cluster_cursors,
            assets,
        })
    }
}

/// The ids of some pages of a list, and the cursors between them.
async fn walk(client: &Client, first: &str, pages: usize) -> Outcome<(Vec<String>, Vec<String>)> {
    let (mut ids, mut cursors) = (Vec::new(), Vec::new());
    let mut address = first.to_owned();
    for _ in 0..pages {
        let answer = client.get(&address).send().await?.error_for_status()?;
        let page: Value = serde_json::from_slice(&answer.bytes().await?)?;
        let items = page["items"].as_array().ok_or("a list has items")?;
        ids.extend(
            items
                .iter()
                .filter_map(|item| Some(item["id"].as_str()?.to_owned())),
        );
        let Some(cursor) = page["next"].as_str() else {
            break;
        };
        address = format!("{first}&cursor={cursor}");
        cursors.push(cursor.to_owned());
    }
    if ids.is_empty() {
        return Err(format!("{first} has nothing").into());
    }
    Ok((ids, cursors))
}

impl Route {
    fn path(&self, known: &Known, draw: u64) -> String {
        let one = |of: &Vec<String>| {
            of.get(draw as usize % of.len().max(1))
                .cloned()
                .unwrap_or_default()
        };
        match self.path {
            Fixed(path) => path.to_owned(),
            Event(path) => path.replace("{}", &one(&known.events)),
            Cluster(path) => path.replace("{}", &one(&known.clusters)),
            Run(path) => path.replace("{}", &one(&known.runs)),
            EventCursor(path) => path.replace("{}", &one(&known.event_cursors)),
            ClusterCursor(path) => path.replace("{}", &one(&known.cluster_cursors)),
            Asset => one(&known.assets),
        }
    }
}

/// What became of a request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) route: &'static str,
    /// From the moment it was due until its last byte.
    pub(crate) took: Duration,
    pub(crate) bytes: usize,
    /// What was wrong.
    pub(crate) failed: Option<String>,
}

/// So much, and for so long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) per_second: u32,
    pub(crate) seconds: u32,
}

/// Asks at fixed times, whether or not earlier requests are answered: what waits is not left out of the count.
pub(crate) async fn ask(client: &Client, url: &str, known: &Arc<Known>, pace: Pace, seed: u64) -> Vec<Asked> {
    let interval = Duration::from_secs(1) / pace.per_second;
    let begun = Instant::now();
    let mut requests = tokio::task::JoinSet::new();
    for number in 0..pace.per_second * pace.seconds {
        let due = begun + interval * number;
        tokio::time::sleep_until(due.into()).await;
        let draw = mixed(seed.wrapping_add(u64::from(number)));
        let route = drawn(draw);
        let address = format!("{url}{}", route.path(known, draw >> 20));
        requests.spawn(one(client.clone(), route.name, address, due));
    }
    requests.join_all().await
}

/// A route, each as often as it weighs.
fn drawn(draw: u64) -> &'static Route {
    let all: u32 = ROUTES.iter().map(|route| route.weight).sum();
    let mut place = (draw % u64::from(all)) as u32;
    let found = ROUTES.iter().find(|route| {
        let is_it = place < route.weight;
        place = place.saturating_sub(route.weight);
        is_it
    });
    found.unwrap_or(&ROUTES[0])
}

async fn one(client: Client, route: &'static str, address: String, due: Instant) -> Asked {
    // As browsers do; the packed bytes are what is counted.
    let request = client.get(&address).header("accept-encoding", "gzip");
    let answer = async {
        let answer = request.send().await?.error_for_status()?;
        answer.bytes().await
    };
    let answer = answer.await;
    Asked {
        route,
        took: due.elapsed(),
        bytes: answer.as_ref().map_or(0, bytes_len),
        failed: answer.err().map(|error| format!("{address}: {error}")),
    }
}

fn bytes_len(bytes: &impl AsRef<[u8]>) -> usize {
    bytes.as_ref().len()
}
