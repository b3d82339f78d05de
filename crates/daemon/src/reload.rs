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
        self.engage();
        self.rest.call();
        self.close_those_that_left().await;
        Ok(())
    }

    /// Closes the states of inspections that were taken out of the configuration, once their runs have ended.
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
                "no longer configured: its state is closed and kept"
            );
            inspection.store.close().await;
        }
    }

    /// Keeps what became of a reload.
    pub(crate) fn reloaded(&self, error: Option<String>) {
        let at = self.clock.now();
        match &error {
            None => tracing::info!("configuration reloaded"),
            Some(error) => tracing::error!(error, "configuration not reloaded: the one from before stays"),
        }
        *self.last_reload.lock().unwrap_or_else(PoisonError::into_inner) = Some(LastReload { at, error });
        self.moved();
    }
}
