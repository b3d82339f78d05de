//! The daemon itself.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use firstsight_config::{Config, Surroundings};
use firstsight_engine::Time;

use crate::error::DaemonError;

/// A clock that can be waited for. The binary has the real one; tests and simulations drive theirs.
#[async_trait]
pub trait Clock: std::fmt::Debug + Send + Sync {
    /// The present.
    fn now(&self) -> Time;
    /// Ends once it is this time.
    async fn until(&self, time: Time);
}

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
    /// How many partitions are read side by side.
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

/// Runs the inspections of a configuration.
#[derive(Debug)]
pub struct Daemon {}

impl Daemon {
    /// Opens states, sources and sinks. Nothing runs yet. Runs that a killed process left are marked as lost.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration and cannot be opened, at once.
    pub async fn open(options: DaemonOptions) -> Result<Arc<Self>, DaemonError> {
        let _ = options;
        todo!()
    }

    /// Runs inspections at their times and delivers, until somebody asks to [`stop`](Self::stop).
    pub async fn serve(self: &Arc<Self>) {
        todo!()
    }

    /// Asks runs and deliveries to end at the next durable step, waits for them (10 s at most) and closes the states.
    pub async fn stop(self: &Arc<Self>) {
        todo!()
    }

    /// Takes another configuration. Runs that go on end with what they began with.
    ///
    /// # Errors
    /// Everything that is wrong with it; the configuration from before stays.
    pub async fn reload(self: &Arc<Self>, config: Config) -> Result<(), DaemonError> {
        let _ = config;
        todo!()
    }
}
