//! What keeps a daemon running: how it stands, copies of its states.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

const STATUS_HELP: &str = "\
Examples:
  firstsight status                          a daemon on this machine
  firstsight status --inspection main --max-age 26h
                                             an inspection that runs once a day
  firstsight status --url https://firstsight.example.com --token-file /run/secrets/firstsight

Exit codes, as monitoring plugins have them (0 well, not 0 tell somebody):
  0  all is well
  1  something is not: the daemon is not ready, a run failed, was incomplete, or is too long ago
  2  the command line is wrong
  3  not known: the daemon is not there, refuses, or something else answers

A token comes from --token-file or the environment variable FIRSTSIGHT_TOKEN; one that may look is enough. Ages are
told by the daemon's clock. Proxies of the environment are not used.";

/// How a daemon stands.
#[derive(Debug, Args)]
#[command(after_help = STATUS_HELP)]
pub(crate) struct Status {
    /// The daemon's address, as its log or its reverse proxy has it.
    #[arg(long, env = "FIRSTSIGHT_URL", default_value = "http://127.0.0.1:7780", value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) url: String,

    /// The file with a token; white space around it is left out.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) token_file: Option<PathBuf>,

    /// Only this inspection, which then has to be enabled (can be given several times).
    #[arg(long = "inspection", value_name = "NAME")]
    pub(crate) inspections: Vec<String>,

    /// How long ago the last run may have ended: 90m, 2h, 1d.
    #[arg(long, default_value = "2h", value_parser = seconds, value_name = "TIME")]
    pub(crate) max_age: i64,

    /// What to print.
    #[arg(long, short, value_enum, default_value_t = Form::Table, value_name = "FORMAT")]
    pub(crate) format: Form,
}

/// What is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Lines for people.
    Table,
    /// One JSON document.
    Json,
}

const BACKUP_HELP: &str = "\
Examples:
  firstsight backup --states /var/lib/firstsight --to /var/backups/firstsight --force
  firstsight backup --state fs.db --to fs-copy.db

The daemon goes on meanwhile. Each copy is its state as it was at one moment, is checked before it takes its name, and is
a state itself: to restore, stop the daemon, put it in the state's place, remove the old one's -wal and -shm, start.
Run it as the user whom the states belong to.";

/// Copies of states that are in use.
#[derive(Debug, Args)]
#[command(after_help = BACKUP_HELP)]
pub(crate) struct Backup {
    /// A state.
    #[arg(long, value_name = "FILE", required_unless_present = "states", conflicts_with = "states", value_hint = ValueHint::FilePath)]
    pub(crate) state: Option<PathBuf>,

    /// A daemon's folder of states: all of them.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) states: Option<PathBuf>,

    /// The copy: a file for --state, a folder for --states, which is made where it is missing.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) to: PathBuf,

    /// Replace copies that are there.
    #[arg(long)]
    pub(crate) force: bool,
}

/// A length of time in seconds: `90m`, `2h`, `1d`.
fn seconds(text: &str) -> Result<i64, String> {
    let hint = || {
        format!("'{text}' is not a length of time: write whole minutes, hours or days, like 90m, 2h or 1d")
    };
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(hint)?;
    let (count, unit) = text.split_at(split);
    let count: i64 = count.parse().map_err(|_| hint())?;
    let unit = match unit {
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(hint()),
    };
    match count.checked_mul(unit) {
        Some(0) => Err("has to be at least 1m".to_owned()),
        Some(seconds) if seconds <= 366 * 86_400 => Ok(seconds),
        _ => Err(format!("'{text}' is more than a year")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_whole_and_bounded() {
        assert_eq!(seconds("90m"), Ok(5400));
        assert_eq!(seconds("2h"), Ok(7200));
        assert_eq!(seconds("1d"), Ok(86_400));
        for wrong in [
            "",
            "2",
            "h",
            "0h",
            "-1h",
            "1.5h",
            "2w",
            "400d",
            "99999999999999999999h",
            "9223372036854775807d",
        ] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
