//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, ValueEnum, ValueHint};

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

    /// What is written into logs at least [default: info; warn for a demonstration].
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) log_level: Option<LogLevel>,

    /// For simulations: the clock stands still and is set by lines on standard input, an RFC 3339 time each, the first one before
    /// anything begins. `idle TIME` is printed when everything that is due by then is done, `reloaded TIME` behind a SIGHUP. Stops at the end of the input.
    #[arg(long, hide = true)]
    pub(crate) drive: bool,
}

impl Args {
    /// What is written into logs at least.
    pub(crate) fn level(&self) -> LogLevel {
        match self.log_level {
            Some(level) => level,
            None if self.demo => LogLevel::Warn,
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
