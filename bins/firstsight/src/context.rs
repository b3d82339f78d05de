//! What every command is told about the world.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use firstsight_cloudtrail::Timestamp;
use firstsight_engine::Locale;
use firstsight_inspection::Cancel;
use firstsight_store::Said;

use crate::args::{Cli, Color};
use crate::failure::{Done, Failure};

/// The world, read once at the start.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) now: Timestamp,
    pub(crate) cancel: Cancel,
    pub(crate) quiet: bool,
    pub(crate) workers: usize,
    /// Colour on standard output.
    pub(crate) color: bool,
    /// The language of reasons.
    pub(crate) locale: Locale,
    /// Columns of standard output.
    pub(crate) width: usize,
    /// Where lines of a list are cut: on a terminal only.
    pub(crate) cut: Option<usize>,
    /// The state that the environment names.
    pub(crate) state: Option<PathBuf>,
    /// Who runs this, as far as the environment tells.
    pub(crate) user: Option<String>,
    /// Progress bars on standard error.
    pub(crate) bars: bool,
}

const DEFAULT_WIDTH: usize = 100;

impl Context {
    #[allow(
        clippy::disallowed_methods,
        reason = "the binary is where the environment is read"
    )]
    pub(crate) fn new(cli: &Cli) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let plain = std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty())
            || std::env::var("TERM").is_ok_and(|term| term == "dumb");
        let columns = std::env::var("COLUMNS")
            .ok()
            .and_then(|columns| columns.parse().ok());
        let width = columns.or_else(|| terminal.then(crate::progress::terminal_width));
        Self {
            now: crate::clock::now(),
            cancel: Cancel::default(),
            quiet: cli.quiet,
            state: std::env::var_os("FIRSTSIGHT_STATE")
                .filter(|path| !path.is_empty())
                .map(PathBuf::from),
            user: ["FIRSTSIGHT_USER", "USER", "LOGNAME"]
                .into_iter()
                .filter_map(|name| std::env::var(name).ok())
                .find(|user| !user.trim().is_empty())
                .map(|user| user.chars().take(Said::MAX_BY).collect()),
            workers: std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(16),
            color: match cli.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => terminal && !plain,
            },
            locale: cli.locale,
            width: width.unwrap_or(DEFAULT_WIDTH),
            cut: width.filter(|_| terminal),
            bars: !cli.quiet && std::io::stderr().is_terminal(),
        }
    }

    /// The first Ctrl-C stops between two steps, the second at once.
    pub(crate) fn watch_for_ctrl_c(&self) {
        let cancel = self.cancel.clone();
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                if cancel.is_cancelled() {
                    std::process::exit(130);
                }
                cancel.cancel();
            }
        });
    }

    /// What a piece of work gives, unless somebody asks to stop before: it is then dropped.
    pub(crate) async fn or_cancelled<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            done = work => Ok(done),
            () = self.cancel.cancelled() => Err(Failure::Cancelled),
        }
    }

    /// A hint for people, on standard error.
    pub(crate) fn hint(&self, text: &str) {
        if !self.quiet {
            complain(text);
        }
    }

    /// What went wrong without ending the command, on standard error, however quiet it is to be.
    #[allow(clippy::unused_self, reason = "what is said goes through the context")]
    pub(crate) fn warn(&self, text: &str) {
        complain(text);
    }

    /// Says why, and with which exit code, the program ends.
    pub(crate) fn end(&self, outcome: Result<Done, Failure>) -> ExitCode {
        match outcome {
            Ok(done) => ExitCode::from(done.code()),
            Err(Failure::Closed) => ExitCode::SUCCESS,
            Err(Failure::Cancelled) => {
                complain(
                    "firstsight: stopped; what was read is kept where a --state was given, run again to go on",
                );
                ExitCode::from(130)
            }
            Err(Failure::Usage(message)) => {
                complain(&format!("firstsight: {message}"));
                ExitCode::from(2)
            }
            Err(Failure::Unreachable(message)) => {
                complain(&format!("firstsight: {message}"));
                ExitCode::from(3)
            }
            Err(Failure::Failed(message)) => {
                complain(&format!("firstsight: {message}"));
                ExitCode::from(1)
            }
        }
    }
}

/// Lines on standard error, neutralised: they may quote input. Nothing can be done if that fails.
fn complain(text: &str) {
    use std::io::Write as _;
    for line in text.lines() {
        let _ = writeln!(
            std::io::stderr(),
            "{}",
            firstsight_sink::terminal::neutralise(line)
        );
    }
}
