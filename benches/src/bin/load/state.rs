//! A state as it is after three months, made by the program's own runs over made-up CloudTrail.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use firstsight_cloudtrail::Hour;
use firstsight_config::{Config, Surroundings, open_settings};
use firstsight_engine::{LifeCycle, Time};
use firstsight_inspection::{
    CatchUp, Ingest, Progress, RetryPolicy, RunPlan, RunRecord, Settings, Silent, Trigger, deliver, run,
};
use firstsight_sink::{Delivery, Event, Sink, SinkError};
use firstsight_source::LogSource;
use firstsight_source::memory::MemorySource;
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{ClusterRemark, ClusterSearch, LifeCycleChange, Said, Store, Totals};

use crate::world::{self, ACCOUNTS, Occurrence, Way, mixed};
use crate::{INSPECTION, Outcome};

/// In the first week the world becomes known: accounts learn, and nothing is told.
const LEARNING: usize = 7 * 24;
/// Then nothing comes until that week lies before every baseline (14 days): what is judged behind it has few new clusters to
/// compare with, as years of use have.
const AGAIN: usize = LEARNING + 15 * 24;
/// So many hours are one run: each of them is judged by itself.
const RUN: usize = 6;
/// So many of the clusters come every hour, and so many behind them every day.
const HOURLY: usize = 60;
pub(crate) const DAILY: usize = 1_000;

/// What comes in an hour: the account and the number of the way.
type Plan = Vec<Vec<(usize, usize)>>;

/// How much the state is to hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) clusters: usize,
    pub(crate) events: usize,
    /// So many hours it goes back.
    pub(crate) hours: usize,
}

/// Makes the state of the configuration's inspection up to the hour that begins now.
pub(crate) async fn fill(path: &Path, config: &Config, size: Size, end: Hour) -> Outcome<Totals> {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path).await?);
    let inspection = config
        .inspections
        .iter()
        .find(|inspection| inspection.name == INSPECTION)
        .ok_or("the configuration has no such inspection")?;
    let settings = open_settings(config, inspection, &Nothing)?;
    let plan = plan(size);
    let begin = end.plus(-i64::try_from(size.hours)?);
    let runs = plan.chunks(RUN).enumerate();
    for (number, hours) in runs.filter(|(number, _)| !is_still(number * RUN)) {
        let first = begin.plus(i64::try_from(number * RUN)?);
        one_run(&store, &settings, first, hours).await?;
    }
    let now = end.start();
    for sink in &config.sinks {
        deliver(&*store, &sink.name, &Nowhere, now, RetryPolicy::default()).await?;
    }
    people(&*store, now).await?;
    let totals = store.totals().await?;
    store.close().await;
    if totals.clusters < size.clusters as u64 || totals.events < size.events as u64 {
        return Err(format!("the state is too small: {totals:?}").into());
    }
    Ok(totals)
}

/// Which ways of failing come when. What is new behind the first week comes in working hours, two days of three in each account, so
/// that faults open, go on and recover.
fn plan(size: Size) -> Plan {
    let mut plan: Plan = vec![Vec::new(); size.hours];
    let cells: Vec<(usize, usize)> = (AGAIN..size.hours)
        .flat_map(|hour| (0..ACCOUNTS).map(move |account| (hour, account)))
        .filter(|(hour, account)| (6..20).contains(&(hour % 24)) && (hour / 24 + account) % 3 != 2)
        // Behind each, another event follows: the fault goes on, or recovers.
        .filter(|(hour, account)| mixed((hour * ACCOUNTS + account) as u64) % 5 < 3)
        .take(size.events)
        .collect();
    let new = cells.len() + cells.len() / 2;
    let known = size.clusters.saturating_sub(new);
    for number in 0..known {
        let (hour, account) = (number * LEARNING / known, number % ACCOUNTS);
        plan[hour].push((account, number));
        recur(&mut plan, hour, account, number);
    }
    for number in 0..new {
        let (hour, account) = cells[number * cells.len() / new];
        plan[hour].push((account, known + number));
        recur(&mut plan, hour, account, known + number);
    }
    plan
}

/// A few come every hour or day, and all the others once more: those of the first week within it, so that what is told later
/// is of new ones alone.
fn recur(plan: &mut Plan, first: usize, account: usize, number: usize) {
    let hours = plan.len();
    let mut add = |hour: usize| {
        if hour < hours && !is_still(hour) {
            plan[hour].push((account, number));
        }
    };
    let step = match number {
        0..HOURLY => 1,
        HOURLY..DAILY => 24,
        _ => {
            let end = if first < LEARNING { LEARNING } else { hours };
            return add(first + 1 + (mixed(number as u64) as usize) % (end - first));
        }
    };
    (first + step..hours).step_by(step).for_each(add);
}

/// Whether nothing comes in an hour.
fn is_still(hour: usize) -> bool {
    (LEARNING..AGAIN).contains(&hour)
}

/// A run over some hours, each account's records of an hour in a file of its own; its record is kept.
async fn one_run(
    store: &Arc<dyn Store>,
    settings: &Settings,
    first: Hour,
    hours: &[Vec<(usize, usize)>],
) -> Outcome<()> {
    let end = first.plus(i64::try_from(hours.len())?);
    let files = hours.iter().enumerate().flat_map(|(offset, calls)| {
        let hour = first.plus(offset as i64);
        (0..ACCOUNTS).map(move |account| {
            (
                format!("{}-{account}.json", hour.index()),
                file(hour, account, calls),
            )
        })
    });
    // A partition each, as files on a disk are: positions of one run mean nothing to the next.
    let source = MemorySource::new(files).with_partitions(hours.len() * ACCOUNTS);
    let source: Arc<dyn LogSource> = Arc::new(source);
    let progress: Arc<dyn Progress> = Arc::new(Silent);
    let now = end.start().plus_millis(11 * 60_000);
    let plan = RunPlan {
        settings,
        source: &source,
        ingest: Ingest::new("made-up", now),
        end: Some(end),
        newest: None,
        is_service: false,
        catch_up: CatchUp::ALL,
    };
    let id = format!("{:016x}", mixed(end.index().cast_unsigned()));
    let mut record = RunRecord::begin(
        id,
        INSPECTION.to_owned(),
        end.start(),
        Trigger::Schedule,
        String::new(),
        now,
    );
    let ran = run(store, &plan, &progress).await?;
    record.complete(&ran, now.plus_millis(20_000));
    store.note_run(&record.stored()).await?;
    Ok(())
}

/// What fails of an account in an hour, and one call that goes well.
fn file(hour: Hour, account: usize, calls: &[(usize, usize)]) -> Vec<u8> {
    let base = hour.index().cast_unsigned() << 24;
    let occurrence = |place: usize| {
        let id = base + ((account as u64) << 18) + place as u64;
        Occurrence {
            id,
            account,
            time: world::within(hour, id),
        }
    };
    let own = calls.iter().filter(|(of, _)| *of == account);
    let failed = own
        .enumerate()
        .map(|(place, (_, number))| (Some(Way::of(*number)), occurrence(place + 1)));
    world::file(std::iter::once((None, occurrence(0))).chain(failed))
}

/// What people said of some clusters, and who looks after others.
async fn people(store: &dyn Store, now: Time) -> Outcome<()> {
    let search = ClusterSearch {
        limit: 2_000,
        ..ClusterSearch::default()
    };
    let said = Said {
        by: "alice".to_owned(),
        at: now,
        note: "known since the migration".to_owned(),
    };
    for (place, head) in store.search_clusters(&search).await?.rows.iter().enumerate() {
        match place % 8 {
            0 => {
                let change = LifeCycleChange {
                    cluster: head.id,
                    life_cycle: LifeCycle::Acknowledged,
                    said: said.clone(),
                };
                store.set_life_cycle(&change).await?;
            }
            1 => {
                let remark = ClusterRemark {
                    cluster: head.id,
                    owner: Some(format!("team-{}", place % 12)),
                    note: Some("see the runbook".to_owned()),
                    said: said.clone(),
                };
                store.remark(&remark).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A sink that takes everything.
#[derive(Debug)]
struct Nowhere;

#[async_trait]
impl Sink for Nowhere {
    fn describe(&self) -> String {
        "nowhere".to_owned()
    }

    fn idempotent(&self) -> bool {
        true
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        Ok(vec![Delivery::Delivered; events.len()])
    }
}

/// The configuration names no secrets and no files.
struct Nothing;

impl Surroundings for Nothing {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn read(&self, path: &Path) -> std::io::Result<String> {
        Err(std::io::Error::other(format!(
            "{} is not read here",
            path.display()
        )))
    }

    fn now(&self) -> Time {
        Time::MIN
    }
}
