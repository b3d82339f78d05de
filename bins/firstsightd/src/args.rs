//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, ValueEnum, ValueHint};

const EXIT_CODES: &str = "\
Signals:
  SIGTERM, SIGINT  stop within 10 s; a second one stops at once
  SIGHUP           read the configuration again; runs that go on end as they began

Exit codes:
  0  stopped
  1  failed: the message says what and what to do; the states are intact
  2  the command line or the configuration is wrong: all mistakes are listed";

/// Inspects CloudTrail by the hour, alerts, and shows what it knows on a page and through an API.
#[derive(Clone, Debug, Parser)]
#[command(name = "firstsightd", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Args {
    /// The configuration; 'firstsight init' writes one.
    #[arg(long, env = "FIRSTSIGHT_CONFIG", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,

    /// The folder of the states, over the configuration's [default: systemd's STATE_DIRECTORY, else the user's state folder].
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) states: Option<PathBuf>,

    /// The address to serve, over the configuration's.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) bind: Option<SocketAddr>,

    /// Shows what there is to see, with two weeks of made-up data and an attack in it. Reads no configuration, and leaves nothing behind.
    #[arg(long, conflicts_with_all = ["states", "bind", "drive"])]
    pub(crate) demo: bool,

    /// The port of the demonstration's page; 0 for any that is free.
    #[arg(long, value_name = "PORT", default_value_t = 7780, requires = "demo")]
    pub(crate) port: u16,

    /// How logs are written, on standard error.
    #[arg(long, value_enum, default_value_t = LogFormat::Human, value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,

    /// What is written into logs at least [default: info; error for a demonstration, which tells its events].
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) log_level: Option<LogLevel>,

    /// For simulations: the clock stands still and is set by lines on standard input, an RFC 3339 time each, the first one before
    /// anything begins. `idle TIME` is printed when everything that is due by then is done, `reloaded TIME` behind a SIGHUP. Stops at the end of the input.
    #[arg(long, hide = true)]
    pub(crate) drive: bool,
}

impl Args {
    /// Reads the command line; where it is wrong, says so and ends the process.
    pub(crate) fn read() -> Self {
        Self::of(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    fn of(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut command = Self::command();
        let matches = command.try_get_matches_from_mut(words)?;
        // Only what is said is a contradiction: the variable may be set for another daemon.
        let said = matches.value_source("config") == Some(ValueSource::CommandLine);
        if matches.get_flag("demo") && said {
            return Err(command.error(
                ErrorKind::ArgumentConflict,
                "--demo makes its own configuration: leave --config FILE out, or --demo",
            ));
        }
        Self::from_arg_matches(&matches)
    }

    /// What is written into logs at least.
    pub(crate) fn level(&self) -> LogLevel {
        match self.log_level {
            Some(level) => level,
            None if self.demo => LogLevel::Error,
            None => LogLevel::Info,
        }
    }
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people.
    Human,
    /// An object a line.
    Json,
}

/// What is written at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// What failed.
    Error,
    /// What may need somebody.
    Warn,
    /// Runs, deliveries, changes.
    Info,
    /// What other crates say too.
    Debug,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(words: &[&str]) -> Option<ErrorKind> {
        let words = ["firstsightd"].iter().chain(words).map(OsString::from);
        Args::of(words).err().map(|error| error.kind())
    }

    #[test]
    fn a_demonstration_takes_a_port_and_no_data_of_ones_own() {
        assert_eq!(refused(&["--demo"]), None);
        assert_eq!(refused(&["--demo", "--port", "0"]), None);
        let conflict = Some(ErrorKind::ArgumentConflict);
        assert_eq!(refused(&["--demo", "--config", "a.toml"]), conflict);
        assert_eq!(refused(&["--demo", "--states", "here"]), conflict);
        assert_eq!(refused(&["--demo", "--bind", "127.0.0.1:1"]), conflict);
        assert_eq!(
            refused(&["--port", "1"]),
            Some(ErrorKind::MissingRequiredArgument)
        );
    }
}
