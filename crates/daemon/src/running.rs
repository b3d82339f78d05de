//! One run, from its beginning to what is kept of it: with its time limit, and behind a wall that its panics do not pass.

use std::any::Any;
use std::sync::Arc;

use firstsight_engine::Time;
use firstsight_inspection::{
    Cancel, InspectionError, Outcome, Progress, Ran, RunPlan, RunRecord, Schedule, Trigger, chain, run,
    tell_troubles, troubles,
};
use firstsight_source::LogSource;
use firstsight_store::{RunQuery, Store};

use crate::daemon::Daemon;
use crate::error::DaemonError;
use crate::inspection::{Inspection, Run};
use crate::opening::Doors;

/// What is asked to end has so long, in milliseconds, to reach the next durable step; then it is cut off. Nothing is lost by
/// that, but what was not committed is read again.
const GRACE: i64 = 30_000;

/// And so long when the daemon stops.
pub(crate) const STOP_GRACE: i64 = 8_000;

/// What a run came to, with what the source says besides.
type Done = (Ran, Vec<String>);

/// Why a run did not come to its end.
#[derive(Debug)]
enum Cut {
    /// Somebody asked.
    Asked,
    /// It failed.
    Failed(String),
}

impl From<InspectionError> for Cut {
    fn from(error: InspectionError) -> Self {
        match error {
            InspectionError::Cancelled => Self::Asked,
            error => Self::Failed(chain(&error)),
        }
    }
}

impl Daemon {
    /// Starts a run of an inspection that runs not yet; its id.
    pub(crate) fn start(
        self: &Arc<Self>,
        inspection: &Arc<Inspection>,
        tick: Time,
        trigger: Trigger,
        by: &str,
    ) -> Result<String, DaemonError> {
        if self.stopping.is_cancelled() {
            return Err(DaemonError::Stopping);
        }
        let now = self.clock.now();
        let id = self.ids.next(now);
        let run = inspection.begin(id.clone(), tick, trigger, by, now)?;
        self.rest.begin();
        self.moved();
        let (daemon, inspection) = (Arc::clone(self), Arc::clone(inspection));
        self.runtime.spawn(async move {
            daemon.carry_out(&inspection, run).await;
            daemon.rest.end();
            daemon.moved();
        });
        Ok(id)
    }

    async fn carry_out(self: &Arc<Self>, inspection: &Arc<Inspection>, run: Run) {
        begun(&run.record);
        let record = match inspection.store.note_run(&run.record.stored()).await {
            Ok(()) => self.supervise(inspection, &run).await,
            Err(error) => {
                let mut record = run.record.clone();
                record.end(Outcome::Failed, chain(&error), self.clock.now());
                record
            }
        };
        if let Err(error) = inspection.store.note_run(&record.stored()).await {
            let (inspection, run) = (&inspection.name, &record.id);
            tracing::error!(
                inspection,
                run,
                error = chain(&error),
                "what became of a run cannot be kept"
            );
        }
        ended(&record);
        if record.outcome != Outcome::Stopped {
            self.after_run(inspection, &run).await;
        }
        inspection.ended(&run, record);
        self.look_keys_up(inspection, &run).await;
    }

    /// Behind each run, with its outcome kept: tells the inspection's own trouble. Where that fails, the next run tells it.
    async fn after_run(&self, inspection: &Inspection, run: &Run) {
        match self.tell_trouble(inspection, run).await {
            Ok(told) if told > 0 => {
                let inspection = &inspection.name;
                tracing::warn!(
                    inspection,
                    events = told,
                    "trouble of the inspection itself is told"
                );
            }
            Ok(_) => {}
            Err(said) => {
                let inspection = &inspection.name;
                tracing::error!(
                    inspection,
                    error = said,
                    "trouble of the inspection itself cannot be told"
                );
            }
        }
    }

    async fn tell_trouble(&self, inspection: &Inspection, run: &Run) -> Result<usize, String> {
        let patience = &run.inspection.patience;
        let query = RunQuery {
            inspection: Some(inspection.name.clone()),
            limit: patience.runs_looked_at(),
            ..RunQuery::default()
        };
        let stored = inspection
            .store
            .runs(&query)
            .await
            .map_err(|error| chain(&error))?;
        // A record that cannot be read tells nothing.
        let runs: Vec<RunRecord> = stored.iter().filter_map(|run| RunRecord::of(run).ok()).collect();
        let now = self.clock.now();
        let troubles = troubles(&runs, patience, now);
        let settings = self.doors.settings(&run.config, &run.inspection)?;
        let told = tell_troubles(&inspection.store, &settings, &troubles, now).await;
        told.map(|events| events.len()).map_err(|error| chain(&error))
    }

    /// Lets a run have its time, and no more.
    async fn supervise(&self, inspection: &Inspection, run: &Run) -> RunRecord {
        let (doors, store) = (Arc::clone(&self.doors), Arc::clone(&inspection.store));
        let mut work = tokio::spawn(work(doors, store, run.clone(), Arc::clone(&self.clock)));
        let limit = i64::from(run.inspection.timeout_seconds) * 1_000;
        let why = tokio::select! {
            done = &mut work => return self.told(run, fallen(done), None),
            () = self.clock.until(run.record.started.plus_millis(limit)) => Outcome::TimedOut,
            () = self.stopping.cancelled() => Outcome::Stopped,
        };
        run.cancel.cancel();
        let done = tokio::select! {
            done = &mut work => fallen(done),
            () = self.grace() => {
                work.abort();
                // It is waited for: nothing of it may go on beside the next run.
                match work.await {
                    Err(error) if error.is_cancelled() => Err(Cut::Asked),
                    done => fallen(done),
                }
            }
        };
        self.told(run, done, Some(why))
    }

    /// Ends when what was asked to end has had its time.
    async fn grace(&self) {
        let stop = async {
            self.stopping.cancelled().await;
            self.clock.until(self.clock.now().plus_millis(STOP_GRACE)).await;
        };
        tokio::select! {
            () = self.clock.until(self.clock.now().plus_millis(GRACE)) => {}
            () = stop => {}
        }
    }

    /// What a run came to; `why` it was asked to end, if it was.
    fn told(&self, run: &Run, done: Result<Done, Cut>, why: Option<Outcome>) -> RunRecord {
        let mut record = run.record.clone();
        let now = self.clock.now();
        match done {
            Ok((ran, notes)) => {
                record.complete(&ran, now);
                record.notes.extend(notes);
            }
            Err(Cut::Failed(reason)) => record.end(Outcome::Failed, reason, now),
            Err(Cut::Asked) => match why {
                Some(Outcome::TimedOut) => record.end(Outcome::TimedOut, overdue(run), now),
                _ => record.end(Outcome::Stopped, String::new(), now),
            },
        }
        if matches!(record.outcome, Outcome::Failed | Outcome::TimedOut) {
            self.doors.forget(&run.inspection);
        }
        record
    }
}

/// Reads and judges.
async fn work(
    doors: Arc<dyn Doors>,
    store: Arc<dyn Store>,
    job: Run,
    clock: Arc<dyn crate::Clock>,
) -> Result<Done, Cut> {
    let opened = tokio::select! {
        opened = doors.source(&job.config, &job.inspection, clock.now()) => opened.map_err(Cut::Failed)?,
        () = job.cancel.cancelled() => return Err(Cut::Asked),
    };
    let settings = doors
        .settings(&job.config, &job.inspection)
        .map_err(Cut::Failed)?;
    let source: Arc<dyn LogSource> = opened.source;
    let progress: Arc<dyn Progress> = Arc::clone(&job.gauge) as _;
    let plan = RunPlan {
        settings: &settings,
        source: &source,
        ingest: firstsight_inspection::Ingest {
            cancel: Cancel::clone(&job.cancel),
            ..opened.ingest
        },
        end: Some(Schedule::window_end(job.record.tick)),
        newest: opened.newest,
        is_service: opened.is_service,
        catch_up: job.inspection.catch_up,
    };
    let ran = run(&store, &plan, &progress).await?;
    Ok((ran, (opened.notes)()))
}

/// What a task gave; a panic is a failure with what it said.
fn fallen(done: Result<Result<Done, Cut>, tokio::task::JoinError>) -> Result<Done, Cut> {
    match done {
        Ok(done) => done,
        Err(error) if error.is_panic() => {
            let said = panic_text(&*error.into_panic());
            Err(Cut::Failed(format!("the run panicked: {said}; please report it")))
        }
        Err(_) => Err(Cut::Asked),
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "no reason".to_owned())
}

fn overdue(run: &Run) -> String {
    let seconds = run.inspection.timeout_seconds;
    format!(
        "it took longer than {seconds} s (timeout); what was read and judged is kept, and the next run goes on"
    )
}

fn begun(record: &RunRecord) {
    tracing::info!(
        inspection = record.inspection,
        run = record.id,
        trigger = ?record.trigger,
        tick = %record.tick,
        "run begins"
    );
}

fn ended(record: &RunRecord) {
    let (inspection, run, outcome) = (&record.inspection, &record.id, record.outcome.as_str());
    let counts = &record.counts;
    match record.outcome {
        Outcome::Failed | Outcome::TimedOut => {
            tracing::error!(inspection, run, outcome, reason = record.reason, "run failed");
        }
        _ => tracing::info!(
            inspection,
            run,
            outcome,
            windows = record.windows.len(),
            units = counts.units,
            records = counts.records,
            errors = counts.error_records,
            findings = counts.findings,
            events = counts.events,
            unread = counts.unread,
            "run ended"
        ),
    }
}
