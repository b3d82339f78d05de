//! The configuration file: sinks, alert policies, mutes. Checked whole: all errors at once, each with line, key and a hint.
//!
//! Parsing is a pure function of the text. Secrets are named in it (`{ env = "…" }`, `{ file = "…" }`) and fetched through
//! [`Surroundings`] when sinks are opened.

mod error;
mod open;
mod sinks;

pub use error::{ConfigError, Mistake};
pub use open::{Opening, Surroundings, open_sinks};
pub use sinks::{SecretRef, SinkConfig, SinkKind};

use firstsight_engine::Locale;
use firstsight_inspection::alert::Alerting;

/// A checked configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The language of what sinks write, unless they say otherwise.
    pub locale: Option<Locale>,
    /// The sinks, by their order in the file.
    pub sinks: Vec<SinkConfig>,
    /// Policies and mutes. Without a policy every event goes to every sink.
    pub alerting: Alerting,
}

/// Reads a configuration; `name` is the file's, for errors.
///
/// # Errors
/// Every mistake that is in it.
pub fn parse(name: &str, text: &str) -> Result<Config, ConfigError> {
    let _ = (name, text);
    todo!()
}
