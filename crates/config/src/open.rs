//! Opens the sinks that a configuration names.

use std::path::Path;
use std::sync::Arc;

use firstsight_engine::Time;
use firstsight_sink::Sink;

use crate::Config;
use crate::error::ConfigError;

/// What surrounds a program: environment, files, clock. The binaries have the real one.
pub trait Surroundings: Send + Sync {
    /// The value of an environment variable.
    fn variable(&self, name: &str) -> Option<String>;
    /// The content of a file.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&self, path: &Path) -> std::io::Result<String>;
    /// The present.
    fn now(&self) -> Time;
}

/// An opened sink.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Its name.
    pub name: String,
    /// The sink.
    pub sink: Arc<dyn Sink>,
}

/// Opens every sink; nothing is sent.
///
/// # Errors
/// Every secret that is missing, every file that cannot be opened, every template that does not stand.
pub fn open_sinks(
    config: &Config,
    surroundings: &Arc<dyn Surroundings>,
) -> Result<Vec<Opening>, ConfigError> {
    let _ = (config, surroundings);
    todo!()
}
