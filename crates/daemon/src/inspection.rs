//! An inspection as the daemon holds it: its state, its settings, its runs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use firstsight_config::{Config, InspectionConfig};
use firstsight_engine::Time;
use firstsight_inspection::{Cancel, InspectionError, Outcome, Progress, RunRecord, Trigger, index_events};
use firstsight_store::{RunQuery, Store, StoredRun};

use crate::control::{InspectionState, NextRun, OverrideState, RunningRun};
use crate::error::DaemonError;
use crate::keys::Standings;
use crate::opening::described;
use crate::overrides;
use crate::timing::{Due, Past, Timing, jitter};

/// So many runs tell how often it has failed.
const REMEMBERED: usize = 50;

/// An inspection with its state.
#[derive(Debug)]
pub(crate) struct Inspection {
    pub(crate) name: String,
    pub(crate) store: Arc<dyn Store>,
    standing: Mutex<Standing>,
    /// What IAM says of its access keys.
    keys: Mutex<Arc<Standings>>,
}

#[derive(Debug)]
struct Standing {
    /// The configuration that it is part of.
    config: Arc<Config>,
    configured: InspectionConfig,
    effective: InspectionConfig,
    overrides: Vec<OverrideState>,
    past: Past,
    running: Option<Run>,
    last: Option<RunRecord>,
    last_ok: Option<RunRecord>,
    totals: BTreeMap<Outcome, u64>,
}

/// A run that goes on, with all that it began with.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) record: RunRecord,
    pub(crate) config: Arc<Config>,
    pub(crate) inspection: InspectionConfig,
    pub(crate) cancel: Cancel,
    pub(crate) gauge: Arc<Gauge>,
}

/// How far a run is.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    bytes: AtomicU64,
    done: AtomicU64,
    skipped: AtomicU64,
    listed: AtomicU64,
}

impl Gauge {
    /// Whether something was read to its end.
    pub(crate) fn has_progressed(&self) -> bool {
        self.done.load(Ordering::Relaxed) > 0
    }
}

impl Progress for Gauge {
    fn listed(&self, partitions: u64, _bytes: u64) {
        self.listed.store(partitions, Ordering::Relaxed);
    }

    fn advanced(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn partition_skipped(&self) {
        self.skipped.fetch_add(1, Ordering::Relaxed);
    }

    fn partition_done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl Inspection {
    /// Takes over a state: runs that a killed process left are marked as lost, and what was changed by hand is applied.
    pub(crate) async fn open(
        store: Arc<dyn Store>,
        config: &Arc<Config>,
        configured: &InspectionConfig,
        now: Time,
    ) -> Result<Self, DaemonError> {
        let name = configured.name.clone();
        lose(&*store, &name, now).await?;
        index_events(&*store).await.map_err(store_error)?;
        let overrides = overrides::stored(&*store, &name).await?;
        let runs = runs(&*store, &name, &[]).await?;
        let well = [Outcome::Ok, Outcome::Incomplete];
        let ended_well = self::runs(&*store, &name, &well).await?;
        let settle = settle(configured);
        // The oldest first: those that ended well may lie behind a long row of failures.
        let remembered = ended_well.iter().rev().chain(runs.iter().rev());
        let last_ok = ended_well.iter().find(|run| run.outcome == Outcome::Ok);
        Ok(Self {
            name,
            store,
            standing: Mutex::new(Standing {
                config: Arc::clone(config),
                configured: configured.clone(),
                effective: overrides::applied(configured, &overrides, config),
                past: Past::of(remembered, settle, now),
                overrides,
                running: None,
                last: runs.first().cloned(),
                last_ok: last_ok.cloned(),
                totals: BTreeMap::new(),
            }),
            keys: Mutex::default(),
        })
    }

    /// Takes another configuration. A run that goes on ends with the one from before.
    pub(crate) fn configure(&self, config: &Arc<Config>, configured: &InspectionConfig) {
        let mut standing = self.standing();
        standing.config = Arc::clone(config);
        standing.configured = configured.clone();
        standing.apply();
    }

    /// What the file says, and what was changed by hand.
    pub(crate) fn configured(&self) -> (Arc<Config>, InspectionConfig, Vec<OverrideState>) {
        let standing = self.standing();
        (
            Arc::clone(&standing.config),
            standing.configured.clone(),
            standing.overrides.clone(),
        )
    }

    /// Takes what was changed by hand.
    pub(crate) fn override_with(&self, overrides: Vec<OverrideState>) {
        let mut standing = self.standing();
        standing.overrides = overrides;
        standing.apply();
    }

    /// The next run, where it is enabled and none goes on.
    pub(crate) fn next(&self, now: Time) -> Option<Due> {
        let standing = self.standing();
        match standing.running {
            None => standing.next(now),
            Some(_) => None,
        }
    }

    /// Begins a run.
    pub(crate) fn begin(
        &self,
        id: String,
        tick: Time,
        trigger: Trigger,
        by: &str,
        now: Time,
    ) -> Result<Run, DaemonError> {
        let mut standing = self.standing();
        if let Some(running) = &standing.running {
            return Err(DaemonError::AlreadyRunning {
                name: self.name.clone(),
                since: running.record.started,
            });
        }
        let run = Run {
            record: RunRecord::begin(id, self.name.clone(), tick, trigger, by.to_owned(), now),
            config: Arc::clone(&standing.config),
            inspection: standing.effective.clone(),
            cancel: Cancel::default(),
            gauge: Arc::default(),
        };
        standing.running = Some(run.clone());
        Ok(run)
    }

    /// Takes in what became of the run that went on.
    pub(crate) fn ended(&self, run: &Run, record: RunRecord) {
        let mut standing = self.standing();
        standing.running = None;
        *standing.totals.entry(record.outcome).or_default() += 1;
        standing
            .past
            .ended(&record, settle(&run.inspection), run.gauge.has_progressed());
        if record.outcome == Outcome::Ok {
            standing.last_ok = Some(record.clone());
        }
        standing.last = Some(record);
    }

    /// What IAM said last of its access keys, by id.
    pub(crate) fn keys(&self) -> Arc<Standings> {
        Arc::clone(&self.keys.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn know_keys(&self, standings: Standings) {
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(standings);
    }

    /// Whether a run goes on.
    pub(crate) fn is_running(&self) -> bool {
        self.standing().running.is_some()
    }

    /// As it stands.
    pub(crate) fn state(&self, now: Time) -> InspectionState {
        let standing = self.standing();
        let next = standing.next(now).map(|due| NextRun {
            tick: due.tick,
            starts: due.starts.max(now),
        });
        InspectionState {
            name: self.name.clone(),
            configured: standing.configured.clone(),
            effective: standing.effective.clone(),
            overrides: standing.overrides.clone(),
            source: described(&standing.effective.source),
            running: standing.running.as_ref().map(Run::shown),
            last: standing.last.clone(),
            last_ok: standing.last_ok.clone(),
            failures: standing.past.failures(),
            next,
            totals: standing
                .totals
                .iter()
                .map(|(outcome, count)| (*outcome, *count))
                .collect(),
        }
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing {
    fn apply(&mut self) {
        self.effective = overrides::applied(&self.configured, &self.overrides, &self.config);
    }

    fn next(&self, now: Time) -> Option<Due> {
        let config = &self.effective;
        let timing = Timing {
            schedule: &config.schedule,
            delay: settle(config) + jitter(&config.name, config.jitter_seconds),
        };
        config.enabled.then(|| timing.next(&self.past, now)).flatten()
    }
}

impl Run {
    fn shown(&self) -> RunningRun {
        let read = |gauge: &AtomicU64| gauge.load(Ordering::Relaxed);
        RunningRun {
            id: self.record.id.clone(),
            started: self.record.started,
            tick: self.record.tick,
            trigger: self.record.trigger,
            by: self.record.by.clone(),
            bytes: read(&self.gauge.bytes),
            partitions: (
                read(&self.gauge.done) + read(&self.gauge.skipped),
                read(&self.gauge.listed),
            ),
        }
    }
}

/// How long after its tick an inspection has settled, in milliseconds.
fn settle(config: &InspectionConfig) -> i64 {
    i64::from(config.settle_seconds) * 1_000
}

/// The last runs, the latest first; those that cannot be read any more are passed over.
async fn runs(store: &dyn Store, name: &str, outcomes: &[Outcome]) -> Result<Vec<RunRecord>, DaemonError> {
    let query = RunQuery {
        inspection: Some(name.to_owned()),
        outcomes: outcomes
            .iter()
            .map(|outcome| outcome.as_str().to_owned())
            .collect(),
        after: None,
        limit: REMEMBERED,
    };
    let stored = store.runs(&query).await?;
    Ok(stored.iter().filter_map(|run| RunRecord::of(run).ok()).collect())
}

/// Marks runs that a killed process left: their tick is due as it was.
async fn lose(store: &dyn Store, name: &str, now: Time) -> Result<(), DaemonError> {
    let query = RunQuery {
        inspection: Some(name.to_owned()),
        outcomes: vec![Outcome::Running.as_str().to_owned()],
        ..RunQuery::default()
    };
    for run in store.runs(&query).await? {
        tracing::warn!(
            inspection = name,
            run = run.id,
            "a run was lost: its process ended without a word"
        );
        store.note_run(&lost(&run, now)).await?;
    }
    Ok(())
}

fn lost(run: &StoredRun, now: Time) -> StoredRun {
    match RunRecord::of(run) {
        Ok(mut record) => {
            record.end(Outcome::Lost, String::new(), now);
            record.stored()
        }
        // By another version: what it says is kept as it is.
        Err(_) => StoredRun {
            ended: Some(now),
            outcome: Outcome::Lost.as_str().to_owned(),
            ..run.clone()
        },
    }
}

fn store_error(error: InspectionError) -> DaemonError {
    match error {
        InspectionError::Store(error) => DaemonError::Store(error),
        error => DaemonError::Store(firstsight_store::StoreError::Unavailable { source: error.into() }),
    }
}
