//! How the program ends when it cannot go on.

use std::io::Write as _;
use std::process::ExitCode;

use firstsight_config::ConfigError;
use firstsight_daemon::DaemonError;
use firstsight_inspection::chain;
use firstsight_sink::terminal::neutralise;

/// Why the program ends.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The message says what and what to do: exit code 1.
    Failed(String),
    /// The command line or the configuration is wrong: exit code 2.
    Usage(String),
}

impl Failure {
    /// Says why, on standard error.
    pub(crate) fn tell(&self) -> ExitCode {
        let (Self::Failed(text) | Self::Usage(text)) = self;
        for (number, line) in text.lines().enumerate() {
            let begin = if number == 0 { "firstsightd: " } else { "" };
            // Nothing can be done if that fails.
            let _ = writeln!(std::io::stderr(), "{begin}{}", neutralise(line));
        }
        ExitCode::from(match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
        })
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<DaemonError> for Failure {
    fn from(error: DaemonError) -> Self {
        match error {
            DaemonError::Configuration(said) => Self::Usage(said),
            error => Self::Failed(chain(&error)),
        }
    }
}
