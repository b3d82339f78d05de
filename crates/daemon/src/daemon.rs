//! The daemon itself: opened, served, stopped, and told of another configuration.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use firstsight_config::{Config, Surroundings};
use firstsight_engine::Time;
use firstsight_inspection::Cancel;

use crate::clock::Clock;
use crate::control::LastReload;
use crate::delivery::Deliveries;
use crate::error::DaemonError;
use crate::ids::Ids;
use crate::inspection::Inspection;
use crate::left::Left;
use crate::opening::{Doors, Real};
use crate::reload::{Setup, set_up};
use crate::rest::Rest;
use crate::running::panic_text;

/// How long a stop may take, in milliseconds.
const STOP: i64 = 10_000;

/// The scheduler looks at the clock at least so often, in milliseconds: clocks are set, and machines sleep.
const LOOK: i64 = 60_000;

/// A scheduler that has not looked for so long behind its time is taken for dead, in milliseconds.
const DEAD: i64 = 120_000;

const SCHEDULER: &str = "scheduler";

/// What a daemon needs of the world around it.
#[derive(Clone)]
pub struct DaemonOptions {
    /// The checked configuration.
    pub config: Config,
    /// The folder of the states; it exists.
    pub states: PathBuf,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Environment and files: secrets, templates.
    pub surroundings: Arc<dyn Surroundings>,
    /// How many partitions are read side by side, and how many inspections run at once.
    pub workers: usize,
    /// What makes runs' ids differ: random where it matters, counted in tests.
    pub seed: u64,
}

impl std::fmt::Debug for DaemonOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DaemonOptions")
            .field("states", &self.states)
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}

/// Runs the inspections of a configuration. What is asked of it is [`Control`](crate::Control), which `Arc<Daemon>` has.
pub struct Daemon {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) doors: Arc<dyn Doors>,
    pub(crate) states: PathBuf,
    pub(crate) ids: Ids,
    pub(crate) started: Time,
    /// What the daemon was started with: some keys take a restart.
    pub(crate) began_with: Config,
    pub(crate) setup: RwLock<Arc<Setup>>,
    /// Inspections that are no longer configured, and whose runs go on.
    leaving: Mutex<Vec<Arc<Inspection>>>,
    /// States without an inspection that something waits in.
    pub(crate) left: Mutex<Vec<Left>>,
    /// One change at a time.
    pub(crate) changing: tokio::sync::Mutex<()>,
    pub(crate) rest: Rest,
    pub(crate) deliveries: Deliveries,
    pub(crate) stopping: Cancel,
    pub(crate) version: AtomicU64,
    pub(crate) last_reload: Mutex<Option<LastReload>>,
    /// When the scheduler looks again at the latest; `None` while there is none.
    looks_again: Mutex<Option<Time>>,
    workers: usize,
    /// Where runs go on, whoever starts them: a server may have threads of its own, which are not for reading and judging.
    pub(crate) runtime: tokio::runtime::Handle,
    /// No other daemon uses these states for as long as this is open.
    _lock: File,
}

impl std::fmt::Debug for Daemon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Daemon")
            .field("states", &self.states)
            .field("started", &self.started)
            .finish_non_exhaustive()
    }
}

impl Daemon {
    /// Opens states and sinks, on the runtime on which its runs are to go on, and looks for what can be seen to be wrong with the
    /// sources. Nothing runs yet. Runs that a killed process left are marked as lost. A source that cannot be reached stops
    /// nobody: its run fails, and is tried again.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration and cannot be opened, at once; another daemon that uses the same states.
    pub async fn open(options: DaemonOptions) -> Result<Arc<Self>, DaemonError> {
        let doors = Real::new(Arc::clone(&options.surroundings), options.workers);
        Self::behind(options, Arc::new(doors)).await
    }

    /// Opens a daemon that reaches the world through these doors.
    pub(crate) async fn behind(
        options: DaemonOptions,
        doors: Arc<dyn Doors>,
    ) -> Result<Arc<Self>, DaemonError> {
        let lock = lock(&options.states)?;
        let now = options.clock.now();
        let began_with = options.config.clone();
        let setup = set_up(options.config, &[], &options.states, &*doors, now).await?;
        let daemon = Arc::new(Self {
            clock: options.clock,
            doors,
            states: options.states,
            ids: Ids::new(options.seed),
            started: now,
            began_with,
            setup: RwLock::new(Arc::new(setup)),
            leaving: Mutex::default(),
            left: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
            rest: Rest::default(),
            deliveries: Deliveries::default(),
            stopping: Cancel::default(),
            version: AtomicU64::new(0),
            last_reload: Mutex::default(),
            looks_again: Mutex::default(),
            workers: options.workers.max(1),
            runtime: tokio::runtime::Handle::current(),
            _lock: lock,
        });
        daemon.find_left().await;
        Ok(daemon)
    }

    /// Runs inspections at their times and delivers, until somebody asks to [`stop`](Self::stop). Ends before that only when the
    /// scheduler has failed: then the process has to be started anew, which loses nothing.
    pub async fn serve(self: &Arc<Self>) {
        self.engage();
        let daemon = Arc::clone(self);
        let scheduler = tokio::spawn(async move { daemon.schedule().await });
        if let Err(error) = scheduler.await
            && error.is_panic()
        {
            let said = panic_text(&*error.into_panic());
            tracing::error!(said, "the scheduler panicked; please report it");
        }
        *self.looks_again.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.rest.leave(SCHEDULER);
    }

    /// Asks runs and deliveries to end at the next durable step, waits for them (10 s at most) and closes the states.
    pub async fn stop(self: &Arc<Self>) {
        self.stopping.cancel();
        self.rest.call();
        let limit = self.clock.now().plus_millis(STOP);
        tokio::select! {
            () = self.rest.empty() => {}
            () = self.clock.until(limit) => tracing::warn!("stopped before everything had ended: the next start goes on"),
        }
        let open: Vec<Arc<Inspection>> = self.leaving().drain(..).collect();
        for inspection in self.setup().inspections.iter().chain(&open) {
            inspection.store.close().await;
        }
        self.close_left(|_| true).await;
    }

    /// Takes another configuration: inspections that are new are opened, those that are gone end and are closed, with their state
    /// kept. Runs that go on end with what they began with. [`last_reload`](crate::Control::last_reload) tells what became of it.
    ///
    /// # Errors
    /// Everything that is wrong with it; the configuration from before stays.
    pub async fn reload(self: &Arc<Self>, config: Config) -> Result<(), DaemonError> {
        if self.stopping.is_cancelled() {
            return Err(DaemonError::Stopping);
        }
        let _changing = self.changing.lock().await;
        let differing = self.began_with.takes_restart(&config);
        let outcome = self.replace(config).await;
        match &outcome {
            Ok(()) => self.reloaded(differing),
            Err(error) => self.not_reloaded(&error.to_string()),
        }
        outcome
    }

    /// Notes that another configuration could not even be read: the one from before stays.
    pub fn reload_failed(&self, error: &str) {
        self.not_reloaded(error);
    }

    /// Ends when nothing runs, and everything that is due by the clock has been done: what a simulation waits for before it moves
    /// the clock.
    pub async fn idle(&self) {
        self.rest.idle(&*self.clock).await;
    }

    /// Whether the scheduler lives: what a watchdog asks.
    ///
    /// # Errors
    /// Says since when it does not.
    pub fn alive(&self) -> Result<(), String> {
        let looks_again = *self.looks_again.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        match looks_again {
            _ if self.stopping.is_cancelled() => Err("the daemon is stopping".to_owned()),
            None => Err("the scheduler does not run".to_owned()),
            Some(time) if time.plus_millis(DEAD) < now => {
                Err(format!("the scheduler should have looked at the clock at {time}"))
            }
            Some(_) => Ok(()),
        }
    }

    pub(crate) fn setup(&self) -> Arc<Setup> {
        Arc::clone(&self.setup.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn leaving(&self) -> MutexGuard<'_, Vec<Arc<Inspection>>> {
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something has changed that a page may show.
    pub(crate) fn moved(&self) {
        self.version.fetch_add(1, Ordering::Relaxed);
    }

    /// Starts runs at their times.
    async fn schedule(self: &Arc<Self>) {
        while !self.stopping.is_cancelled() {
            let seen = self.rest.look(SCHEDULER);
            self.close_those_that_left().await;
            self.count_left().await;
            let until = self.start_due(self.clock.now());
            *self.looks_again.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
            tokio::select! {
                () = self.rest.sleep(SCHEDULER, seen, until, &*self.clock) => {}
                () = self.stopping.cancelled() => {}
            }
        }
    }

    /// Starts what is due, what has waited longest first, as far as there is room; when to look again.
    fn start_due(self: &Arc<Self>, now: Time) -> Time {
        let setup = self.setup();
        let next = |inspection: &Arc<Inspection>| Some((inspection.next(now)?, Arc::clone(inspection)));
        let mut waiting: Vec<_> = setup.inspections.iter().filter_map(next).collect();
        waiting.sort_by(|(a, one), (b, other)| (a.starts, &one.name).cmp(&(b.starts, &other.name)));
        let mut until = now.plus_millis(LOOK);
        for (due, inspection) in waiting {
            if due.starts > now {
                return until.min(due.starts);
            }
            if self.rest.runs() >= self.workers {
                // The end of a run calls.
                return until;
            }
            if let Err(error) = self.start(&inspection, due.tick, due.trigger, "") {
                tracing::warn!(inspection = inspection.name, %error, "not started");
                until = until.min(now.plus_millis(1_000));
            }
        }
        until
    }
}

/// Keeps other daemons from these states: two would run each inspection twice.
fn lock(states: &Path) -> Result<File, DaemonError> {
    let path = states.join("firstsightd.lock");
    let cannot = |error: &dyn std::fmt::Display| {
        DaemonError::Configuration(format!(
            "cannot use the folder of states {}: {error}",
            states.display()
        ))
    };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = file.map_err(|error| cannot(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(cannot(&"another firstsightd uses it")),
        Err(TryLockError::Error(error)) => Err(cannot(&error)),
    }
}
