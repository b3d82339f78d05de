//! What people say of clusters, and baselines.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use firstsight_engine::{LifeCycle, Until};
use firstsight_inspection::Phase;
use firstsight_store::Said;

use super::{Format, Listing, When};

const CLUSTERS_EXAMPLES: &str = "\
Examples:
  firstsight clusters --state fs.db                   the known world, most recently seen first
  firstsight clusters --phase new --phase returned    what came up in the last 24 hours of data
  firstsight clusters show 3f2a
  firstsight clusters acknowledge 3f2a --note 'ticket 4711'
  firstsight clusters archive 3f2a --until 2026-12-01
  firstsight clusters logs/                           of a source, without a state

A cluster is named by its id, or by so many of its first digits that no other begins with them (4 at least).
A folder that is called like a command is read as ./show.";

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = CLUSTERS_EXAMPLES)]
pub(crate) struct Clusters {
    #[command(subcommand)]
    pub(crate) action: Option<Action>,

    #[command(flatten)]
    pub(crate) list: Listing,

    /// Only clusters that people said this of (can be given several times).
    #[arg(long = "life-cycle", value_enum, value_name = "WORD")]
    pub(crate) words: Vec<Word>,

    /// Only clusters in this phase, by the last 24 hours of data (can be given several times).
    #[arg(long = "phase", value_enum, value_name = "PHASE")]
    pub(crate) phases: Vec<PhaseWord>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Print clusters in full, with what people said of them.
    Show(Show),
    /// Say that somebody looks after it: it is told of as before, and holds no fault open.
    Acknowledge(Change),
    /// Say that it belongs to the baseline: nothing is told of it, it is only counted.
    Expect(Change),
    /// Put it out of sight: nothing is told of it until it escalates, until a date, or for ever.
    Archive(Archive),
    /// Say that it is mended: its next occurrence is a return.
    Resolve(Change),
    /// Take back what was said of it.
    Reopen(Change),
}

/// Which clusters.
#[derive(Clone, Debug, Args)]
pub(crate) struct Named {
    /// Ids of clusters, or their first digits.
    #[arg(required = true, value_name = "CLUSTER")]
    pub(crate) clusters: Vec<String>,

    #[command(flatten)]
    pub(crate) state: State,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct State {
    /// The state [default: FIRSTSIGHT_STATE, else $XDG_STATE_HOME/firstsight/state.db].
    #[arg(long = "state", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) path: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) named: Named,

    #[command(flatten)]
    pub(crate) print: Print,
}

/// How a list is printed.
#[derive(Clone, Debug, Args)]
pub(crate) struct Print {
    /// What to print (html and ocsf are not available here).
    #[arg(long, short, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    pub(crate) format: Format,

    /// Write to this file instead of standard output.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

/// Who says something, and why: it goes into the audit log.
#[derive(Clone, Debug, Args)]
pub(crate) struct Voice {
    /// Why: kept with the change and in the audit log.
    #[arg(long, default_value = "", value_parser = note, value_name = "TEXT")]
    pub(crate) note: String,

    /// Who says so [default: FIRSTSIGHT_USER, else USER, else LOGNAME].
    #[arg(long, value_parser = name, value_name = "NAME")]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Change {
    #[command(flatten)]
    pub(crate) named: Named,

    #[command(flatten)]
    pub(crate) voice: Voice,
}

#[derive(Debug, Args)]
pub(crate) struct Archive {
    #[command(flatten)]
    pub(crate) change: Change,

    /// Until when: escalation (a surge, or a new actor at severity error or above), a time in UTC like 2026-12-01 or
    /// 2026-12-01T06:00Z, or forever.
    #[arg(long, default_value = "escalation", value_parser = until, value_name = "WHEN")]
    pub(crate) until: Until,
}

fn until(text: &str) -> Result<Until, String> {
    match text {
        "escalation" => Ok(Until::Escalation),
        "forever" => Ok(Until::Forever),
        _ => match When::parse(text) {
            Ok(When::At(hour)) => Ok(Until::Time(hour.start())),
            _ => Err(format!(
                "'{text}' is no end: write escalation, forever, or a time in UTC like 2026-12-01"
            )),
        },
    }
}

fn note(text: &str) -> Result<String, String> {
    bounded(text, Said::MAX_NOTE)
}

fn name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("a name is needed".to_owned());
    }
    bounded(text, Said::MAX_BY)
}

fn bounded(text: &str, most: usize) -> Result<String, String> {
    if text.chars().count() > most {
        return Err(format!("it has more than {most} characters"));
    }
    Ok(text.to_owned())
}

/// What people can say of a cluster, without until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Word {
    Open,
    Acknowledged,
    Expected,
    Archived,
    Resolved,
}

impl Word {
    pub(crate) fn of(life_cycle: LifeCycle) -> Self {
        match life_cycle {
            LifeCycle::Acknowledged => Self::Acknowledged,
            LifeCycle::Expected => Self::Expected,
            LifeCycle::Archived(_) => Self::Archived,
            LifeCycle::Resolved => Self::Resolved,
            _ => Self::Open,
        }
    }
}

/// [`Phase`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PhaseWord(pub(crate) Phase);

impl ValueEnum for PhaseWord {
    fn value_variants<'a>() -> &'a [Self] {
        const {
            &[
                Self(Phase::New),
                Self(Phase::Ongoing),
                Self(Phase::Escalating),
                Self(Phase::Returned),
                Self(Phase::Resolved),
                Self(Phase::Quiet),
            ]
        }
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.as_str()))
    }
}

const AUDIT_EXAMPLES: &str = "\
Examples:
  firstsight audit --state fs.db              who changed what, the newest first
  firstsight audit 3f2a                       what was said of one cluster, forgotten ones too
  firstsight audit --format ndjson -o audit.ndjson";

#[derive(Debug, Args)]
#[command(after_help = AUDIT_EXAMPLES)]
pub(crate) struct Audit {
    /// About this cluster only: its id, or the first digits of it.
    #[arg(value_name = "CLUSTER")]
    pub(crate) cluster: Option<String>,

    #[command(flatten)]
    pub(crate) state: State,

    /// Only this account (can be given several times).
    #[arg(long = "account", value_name = "ID")]
    pub(crate) accounts: Vec<String>,

    /// At most so many rows; 0 for all.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) limit: usize,

    #[command(flatten)]
    pub(crate) print: Print,
}

const BASELINE_EXAMPLES: &str = "\
Examples:
  firstsight baseline export --state old.db -o baseline.ndjson
  firstsight baseline import --state new.db baseline.ndjson --note 'moved to the new host'
  firstsight baseline forget --state fs.db 3f2a --yes --note 'was a test'";

#[derive(Debug, Subcommand)]
#[command(after_help = BASELINE_EXAMPLES)]
pub(crate) enum Baseline {
    /// Write the known clusters, with their counts and what people said of them, as lines of JSON.
    Export(Export),
    /// Make the clusters of an exported baseline known: all of them or, where the file is wrong, none.
    Import(Import),
    /// Forget clusters: their next occurrence is new.
    Forget(Forget),
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) state: State,

    /// Only this account (can be given several times).
    #[arg(long = "account", value_name = "ID")]
    pub(crate) accounts: Vec<String>,

    /// Write to this file instead of standard output; it is replaced whole or not at all.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// What export wrote, or - for standard input.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) state: State,

    #[command(flatten)]
    pub(crate) voice: Voice,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["clusters", "accounts", "all"])))]
pub(crate) struct Forget {
    /// Ids of clusters, or their first digits.
    #[arg(value_name = "CLUSTER")]
    pub(crate) clusters: Vec<String>,

    /// Every cluster of this account (can be given several times).
    #[arg(long = "account", value_name = "ID")]
    pub(crate) accounts: Vec<String>,

    /// Every cluster.
    #[arg(long)]
    pub(crate) all: bool,

    /// Do it: without, what would be forgotten is printed.
    #[arg(long)]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) state: State,

    #[command(flatten)]
    pub(crate) voice: Voice,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_an_archiving() {
        assert_eq!(until("escalation"), Ok(Until::Escalation));
        assert_eq!(until("forever"), Ok(Until::Forever));
        let day = "2026-12-01T00:00:00Z".parse().unwrap();
        assert_eq!(until("2026-12-01"), Ok(Until::Time(day)));
        for wrong in ["", "now", "tomorrow", "2026-13-01"] {
            assert!(until(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_said_has_a_length() {
        assert!(note(&"x".repeat(Said::MAX_NOTE)).is_ok());
        assert!(note(&"x".repeat(Said::MAX_NOTE + 1)).is_err());
        assert!(name(" ").is_err());
    }

    #[test]
    fn every_phase_has_a_word() {
        let words: Vec<_> = PhaseWord::value_variants().iter().map(|word| word.0).collect();
        assert_eq!(words, Phase::ALL);
    }
}
