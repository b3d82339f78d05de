//! What is configured, opened; and its replacement while the daemon runs.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use firstsight_config::{Config, Opening};
use firstsight_store::Store;
use firstsight_store::sqlite::SqliteStore;

use crate::control::LastReload;
use crate::daemon::Daemon;
use crate::error::DaemonError;
use crate::inspection::Inspection;
use crate::opening::Doors;

/// What is configured, opened. It is replaced as a whole.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) config: Arc<Config>,
    pub(crate) sinks: Vec<Opening>,
    /// By their order in the file.
    pub(crate) inspections: Vec<Arc<Inspection>>,
}

impl Setup {
    /// The inspection of this name.
    pub(crate) fn inspection(&self, name: &str) -> Result<&Arc<Inspection>, DaemonError> {
        let found = self.inspections.iter().find(|inspection| inspection.name == name);
        found.ok_or_else(|| DaemonError::UnknownInspection {
            name: name.to_owned(),
        })
    }
}

/// Opens what a configuration has; inspections that are open already are taken over, and not told yet.
pub(crate) async fn set_up(
    config: Config,
    known: &[Arc<Inspection>],
    states: &Path,
    doors: &dyn Doors,
    now: firstsight_engine::Time,
) -> Result<Setup, DaemonError> {
    let sinks = doors.sinks(&config);
    let sinks = sinks.map_err(|error| DaemonError::Configuration(error.to_string()))?;
    let config = Arc::new(config);
    let (mut inspections, mut opened, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for configured in &config.inspections {
        if let Some(known) = known.iter().find(|known| known.name == configured.name) {
            inspections.push(Arc::clone(known));
            continue;
        }
        let path = states.join(format!("{}.db", configured.name));
        match open(&path, &config, configured, now).await {
            Ok(inspection) => {
                opened.push(Arc::clone(&inspection));
                inspections.push(inspection);
            }
            Err(error) => failed.push(format!("inspection {}: {}", configured.name, said(&error))),
        }
    }
    if failed.is_empty() {
        return Ok(Setup {
            config,
            sinks,
            inspections,
        });
    }
    for inspection in opened {
        inspection.store.close().await;
    }
    Err(DaemonError::Configuration(failed.join("\n")))
}

async fn open(
    path: &Path,
    config: &Arc<Config>,
    configured: &firstsight_config::InspectionConfig,
    now: firstsight_engine::Time,
) -> Result<Arc<Inspection>, DaemonError> {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path).await?);
    match Inspection::open(Arc::clone(&store), config, configured, now).await {
        Ok(inspection) => Ok(Arc::new(inspection)),
        Err(error) => {
            store.close().await;
            Err(error)
        }
    }
}

fn said(error: &DaemonError) -> String {
    firstsight_inspection::chain(error)
}

impl Daemon {
    /// Replaces what is configured; nobody else may change anything meanwhile.
    pub(crate) async fn replace(self: &Arc<Self>, config: Config) -> Result<(), DaemonError> {
        let before = self.setup();
        let leaving = self.leaving().clone();
        let known: Vec<Arc<Inspection>> = before.inspections.iter().chain(&leaving).cloned().collect();
        let now = self.clock.now();
        let setup = set_up(config, &known, &self.states, &*self.doors, now).await?;
        for (inspection, configured) in setup.inspections.iter().zip(&setup.config.inspections) {
            inspection.configure(&setup.config, configured);
        }
        let stays =
            |inspection: &Arc<Inspection>| setup.inspections.iter().any(|new| new.name == inspection.name);
        let gone: Vec<Arc<Inspection>> = known.iter().filter(|known| !stays(known)).cloned().collect();
        *self.leaving() = gone;
        *self.setup.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(setup);
        let setup = self.setup();
        self.close_left(|name| setup.inspections.iter().any(|known| known.name == name))
            .await;
        self.engage();
        self.rest.call();
        self.close_those_that_left().await;
        Ok(())
    }

    /// Lets go of inspections that were taken out of the configuration, once their runs have ended.
    pub(crate) async fn close_those_that_left(&self) {
        let idle: Vec<Arc<Inspection>> = {
            let mut leaving = self.leaving();
            let (running, idle) = leaving.drain(..).partition(|inspection| inspection.is_running());
            *leaving = running;
            idle
        };
        for inspection in idle {
            tracing::info!(
                inspection = inspection.name,
                "no longer configured: its state is kept"
            );
            self.leave(inspection.name.clone(), Arc::clone(&inspection.store))
                .await;
        }
    }

    /// Keeps that a reload was taken, but for these keys.
    pub(crate) fn reloaded(&self, needs_restart: Vec<&'static str>) {
        tracing::info!("configuration reloaded");
        for key in &needs_restart {
            tracing::warn!(
                key,
                "changed in the configuration, and takes a restart of the daemon"
            );
        }
        let needs_restart = needs_restart.into_iter().map(str::to_owned).collect();
        self.keep_reload(None, needs_restart);
    }

    /// Keeps why a reload was not taken.
    pub(crate) fn not_reloaded(&self, error: &str) {
        tracing::error!(error, "configuration not reloaded: the one from before stays");
        let before = self
            .last_reload
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let needs_restart = before.map(|before| before.needs_restart).unwrap_or_default();
        self.keep_reload(Some(error.to_owned()), needs_restart);
    }

    fn keep_reload(&self, error: Option<String>, needs_restart: Vec<String>) {
        let last = LastReload {
            at: self.clock.now(),
            error,
            needs_restart,
        };
        *self.last_reload.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
        self.moved();
    }
}
