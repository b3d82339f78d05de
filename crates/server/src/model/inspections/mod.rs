//! Inspections: how they stand, their settings, their runs, and why there was no finding.

mod settings;
#[cfg(test)]
mod tests;
mod why;

use firstsight_config::SourceConfig;
use firstsight_daemon::{Control, InspectionState, SettingState};
use firstsight_engine::{Locale, Time};
use firstsight_inspection::{Outcome, RunRecord};
use firstsight_store::{DeliveryState, Found, RunQuery, Said, StoredRun, Totals};
use serde::Serialize;
use utoipa::ToSchema;
pub use why::why_quiet;

use super::asked;
use super::cursor::{self, Cursor, Listed, Way};
use crate::api::shapes;
use crate::problem::Problem;
use crate::refusal::Refusal;

/// An inspection in the list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct InspectionLine {
    /// Its name.
    pub name: String,
    /// Whether it runs by itself.
    pub enabled: bool,
    /// What it reads, in words.
    pub source: String,
    /// What it reads, as configured, so that a page can word it; the API tells it in words alone.
    #[serde(skip)]
    #[schema(ignore)]
    pub reads: Option<SourceConfig>,
    /// Its schedule, in words: expression and time zone.
    pub schedule: String,
    /// `disabled`, `running`, `ok`, `incomplete`, `failing`, `never-run`.
    pub state: String,
    /// The last run that ended.
    pub last: Option<RunLine>,
    /// When it runs next: the start.
    #[schema(value_type = Option<shapes::Moment>)]
    pub next: Option<Time>,
    /// How many runs in a row have failed.
    pub failures: u32,
    /// Open faults.
    pub open_faults: u64,
    /// Accounts that are learning, as of the last run.
    pub learning: u64,
    /// Seconds between the newest record and the last run's end.
    pub lag_seconds: Option<i64>,
}

/// A run in the history.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunLine {
    /// The run.
    #[schema(value_type = shapes::RunRecord)]
    #[serde(flatten)]
    pub run: RunRecord,
    /// How long it took, in seconds; so far, while it goes on.
    pub seconds: i64,
}

/// A setting that can be changed by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettingLine {
    /// Its key.
    pub key: String,
    /// What the file says, in TOML.
    pub configured: String,
    /// What holds, in TOML.
    pub effective: String,
    /// Who changed it, when and why.
    #[schema(value_type = Option<shapes::Said>)]
    pub changed: Option<Said>,
}

/// Why a run found nothing, or little: the questions that people ask first, answered in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhyQuiet {
    /// Each answer: its key, and a sentence in the language asked for; the most telling first.
    #[schema(value_type = Vec<Vec<String>>)]
    pub answers: Vec<(String, String)>,
}

/// Everything about an inspection.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct InspectionDetail {
    /// As the list shows it.
    pub line: InspectionLine,
    /// The run that goes on: id, start, who asked for it, bytes so far; `units` are the partitions that are done.
    pub running: Option<RunLine>,
    /// How many partitions (files, slices of log groups) that run reads; `None` until its source has listed them, and where
    /// none goes on.
    pub running_partitions: Option<u64>,
    /// Settings that can be changed by hand.
    pub settings: Vec<SettingLine>,
    /// The other settings, as `key: value`, for people.
    #[schema(value_type = Vec<Vec<String>>)]
    pub other: Vec<(String, String)>,
    /// The policies that there are.
    pub policies: Vec<String>,
    /// The last runs, the newest first; at most 50.
    pub runs: Vec<RunLine>,
    /// Why the last run found nothing.
    pub why: WhyQuiet,
}

/// The most runs that the details of an inspection list.
const RUNS: usize = 50;
/// The most runs that are read at once.
const MOST_AT_ONCE: usize = 200;
const ORDER: &str = "runs";
const NEWEST_FIRST: Way = Way {
    numbers_descend: true,
    names_descend: false,
    ids_descend: false,
};

/// Every inspection.
///
/// # Errors
/// When a state cannot be read.
pub async fn inspections(control: &dyn Control) -> Result<Vec<InspectionLine>, Problem> {
    Ok(standing(control, None).await?.inspections)
}

/// How inspections stand, and what their states hold together.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    pub(crate) inspections: Vec<InspectionLine>,
    /// Known clusters.
    pub(crate) clusters: u64,
    /// Events that wait for a sink.
    pub(crate) waiting: u64,
    /// Events that a sink refused for good.
    pub(crate) parked: u64,
}

impl Standing {
    fn add(&mut self, state: &InspectionState, totals: &Totals) {
        self.inspections.push(line(state, totals));
        self.clusters += totals.clusters;
        for (_, state, number) in &totals.deliveries {
            match state {
                DeliveryState::Pending => self.waiting += number,
                DeliveryState::Parked => self.parked += number,
                _ => {}
            }
        }
    }
}

/// How all inspections stand, or one of them. What a state holds is counted once, for everything that is told of it.
pub(crate) async fn standing(control: &dyn Control, only: Option<&str>) -> Result<Standing, Problem> {
    let mut standing = Standing::default();
    for state in control.inspections() {
        if only.is_none_or(|name| name == state.name) {
            let store = asked::store(control, &state.name)?;
            standing.add(&state, &store.totals().await?);
        }
    }
    Ok(standing)
}

fn line(state: &InspectionState, totals: &Totals) -> InspectionLine {
    let last = state.last.as_ref();
    InspectionLine {
        name: state.name.clone(),
        enabled: state.effective.enabled,
        source: state.source.clone(),
        reads: Some(state.effective.source.clone()),
        schedule: state.effective.schedule.to_string(),
        state: word(state).to_owned(),
        last: last.cloned().map(|run| run_line(run, None)),
        next: state.next.map(|next| next.starts),
        failures: state.failures,
        open_faults: totals.open_faults,
        learning: last.map_or(0, |run| run.learning.len() as u64),
        lag_seconds: last.and_then(lag),
    }
}

/// How an inspection stands, in a word.
fn word(state: &InspectionState) -> &'static str {
    if state.running.is_some() {
        return "running";
    }
    if !state.effective.enabled {
        return "disabled";
    }
    match state.last.as_ref().map(|run| run.outcome) {
        None => "never-run",
        Some(Outcome::Failed | Outcome::TimedOut | Outcome::Lost) => "failing",
        Some(Outcome::Incomplete) => "incomplete",
        // It was asked to stop: what counts is how it went before.
        Some(Outcome::Stopped | Outcome::Running) => {
            let before = state.last_ok.as_ref().map(|run| run.outcome);
            before.map_or("never-run", |outcome| match outcome {
                Outcome::Incomplete => "incomplete",
                _ => "ok",
            })
        }
        Some(Outcome::Ok) => "ok",
    }
}

/// Seconds between the newest record and the run's end.
fn lag(run: &RunRecord) -> Option<i64> {
    let (ended, newest) = (run.ended?, run.newest_record?);
    Some((ended.as_millis() - newest.as_millis()) / 1000)
}

/// A run with how long it took; one that goes on, until now.
fn run_line(run: RunRecord, now: Option<Time>) -> RunLine {
    let end = run.ended.or(now).unwrap_or(run.started);
    RunLine {
        seconds: ((end.as_millis() - run.started.as_millis()) / 1000).max(0),
        run,
    }
}

/// One inspection.
///
/// # Errors
/// When there is none, or its state cannot be read.
pub async fn inspection(
    control: &dyn Control,
    name: &str,
    locale: Locale,
) -> Result<InspectionDetail, Problem> {
    let store = asked::store(control, name)?;
    let states = control.inspections().into_iter();
    let unknown = || Problem::from(Refusal::NoInspection(name.to_owned()));
    let state = states
        .into_iter()
        .find(|state| state.name == name)
        .ok_or_else(unknown)?;
    let why = state
        .last
        .as_ref()
        .map(|run| why_quiet(run, state.effective.enabled, locale));
    Ok(InspectionDetail {
        line: line(&state, &store.totals().await?),
        running: running(&state, control.now()),
        running_partitions: state
            .running
            .as_ref()
            .map(|run| run.partitions.1)
            .filter(|all| *all > 0),
        settings: state.settings().into_iter().map(setting).collect(),
        other: settings::other(&state.effective),
        policies: control.policies(),
        runs: runs(control, name, "", RUNS).await?.items,
        why: why.unwrap_or_else(|| why::never_run(state.effective.enabled, locale)),
    })
}

fn running(state: &InspectionState, now: Time) -> Option<RunLine> {
    let running = state.running.as_ref()?;
    let mut run = RunRecord::begin(
        running.id.clone(),
        state.name.clone(),
        running.tick,
        running.trigger,
        running.by.clone(),
        running.started,
    );
    run.counts.bytes = running.bytes;
    run.counts.units = running.partitions.0;
    Some(run_line(run, Some(now)))
}

fn setting(state: SettingState) -> SettingLine {
    SettingLine {
        key: state.key.as_str().to_owned(),
        configured: state.configured,
        effective: state.effective,
        changed: state.said,
    }
}

/// Runs of an inspection, the newest first.
///
/// # Errors
/// When there is none, its state cannot be read, the cursor is none, or the limit not within 1 to 200.
pub async fn runs(
    control: &dyn Control,
    inspection: &str,
    cursor: &str,
    limit: usize,
) -> Result<Listed<RunLine>, Problem> {
    let store = asked::store(control, inspection)?;
    let limit = asked::checked_limit(limit)?;
    let after = Cursor::decode(cursor, ORDER)?;
    let query = RunQuery {
        inspection: Some(inspection.to_owned()),
        outcomes: Vec::new(),
        after: after.map(|cursor| (Time::from_millis(cursor.number), cursor.id)),
        limit: limit + 1,
    };
    let stored = store.runs(&query).await?;
    let more = stored.len() > limit;
    let mut rows = Vec::with_capacity(stored.len());
    for run in stored.iter().take(limit) {
        let record = RunRecord::of(run).map_err(asked::problem)?;
        let now = (record.outcome == Outcome::Running).then(|| control.now());
        rows.push((place(run), run_line(record, now)));
    }
    Ok(cursor::merge(vec![Found { rows, more }], NEWEST_FIRST, limit))
}

/// One run of an inspection. Runs are kept in the order of their starts, so they are walked through: as many as the retention
/// keeps, a few thousand at most.
///
/// # Errors
/// When there is no such inspection or run, or its state cannot be read.
pub async fn run(control: &dyn Control, inspection: &str, id: &str) -> Result<RunLine, Problem> {
    let mut cursor = String::new();
    loop {
        let page = runs(control, inspection, &cursor, MOST_AT_ONCE).await?;
        if let Some(line) = page.items.into_iter().find(|line| line.run.id == id) {
            return Ok(line);
        }
        match page.next {
            Some(next) => cursor = next,
            None => {
                return Err(Refusal::NoRun(id.to_owned()).into());
            }
        }
    }
}

fn place(run: &StoredRun) -> Cursor {
    Cursor {
        order: ORDER.to_owned(),
        number: run.started.as_millis(),
        name: String::new(),
        inspection: run.inspection.clone(),
        id: run.id.clone(),
    }
}
