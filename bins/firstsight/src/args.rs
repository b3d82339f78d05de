//! The command line.

pub(crate) mod alerts;
pub(crate) mod aws;
pub(crate) mod check;
pub(crate) mod config;
pub(crate) mod guance;
pub(crate) mod ledger;
pub(crate) mod operations;
pub(crate) mod people;
pub(crate) mod policy;
pub(crate) mod source;

use std::io::Read as _;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use firstsight_cloudtrail::{Hour, Timestamp};
use firstsight_engine::severity::SeverityTable;
use firstsight_engine::{LearnBy, Locale, Severity};
use firstsight_sink::Records;
use source::{CLOUDWATCH_HEADING, Iam, LogGroups, Source, StoredLogs};

const EXAMPLES: &str = "\
Examples:
  firstsight demo                            try it: made-up data and a report to open
  firstsight inspect logs/                   what is new in the newest hour of a folder
  firstsight inspect -f html -o report.html 'trail/**/*.json.gz'
  firstsight inspect --state fs.db --fail-on-new logs/
                                             from cron: keeps history, exits with 3 on news
  firstsight explain --state fs.db 1a2b3c4d  why: a cluster, finding, event or eventID
  firstsight replay --min-severity warning logs/
                                             what each hour would have reported
  zcat trail.json.gz | firstsight inspect -  from a pipe
  firstsight inspect --state fs.db --region eu-west-1 cloudwatch:LOG_GROUP
                                             from CloudWatch Logs; the permissions that it takes:
  firstsight iam-policy --region eu-west-1 cloudwatch:LOG_GROUP
  firstsight inspect --state fs.db --config firstsight.toml logs/
                                             alert: Guance, chats, files, by the policies of a file

Exit codes:
  0    done; with --fail-on-new: nothing new
  1    failed: the message says what and what to do; the state is intact
  2    the command line or the configuration is wrong
  3    with --fail-on-new: something new was found
  4    done, but some input could not be read to its end (a file, a log group; it is listed)
  130  stopped by Ctrl-C; what was read is kept in the state";

/// Behind a command's own options, however many there are.
const LAST: usize = 500;

/// Tells which AWS CloudTrail errors your accounts have never seen before, and why that matters.
#[derive(Debug, Parser)]
#[command(name = "firstsight", version, after_help = EXAMPLES, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When to colour: on a terminal, always, or never (NO_COLOR is honoured).
    #[arg(long, global = true, display_order = LAST, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,

    /// The language of reasons: en or zh. Headings and fields stay as they are.
    #[arg(long, global = true, display_order = LAST, env = "FIRSTSIGHT_LOCALE", default_value_t = Locale::English, value_name = "LOCALE")]
    pub(crate) locale: Locale,

    /// No progress and no hints on standard error; errors stay.
    #[arg(long, short, global = true, display_order = LAST)]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge one window: which errors are new, returned, new for their actor, or far more than usual.
    Inspect(Inspect),
    /// Walk the data window by window and print what each would have reported: a back-test.
    Replay(ReplayArgs),
    /// List the known clusters of a state or a source, and say something of them.
    Clusters(people::Clusters),
    /// List who said what of which cluster, when and why.
    Audit(people::Audit),
    /// Carry known clusters from one state to another, or forget some.
    #[command(subcommand)]
    Baseline(people::Baseline),
    /// List events (faults opening, going on, recovering) of a state, or what a source would have raised.
    Events(ledger::Events),
    /// List faults of a state or a source: what was abnormal in which account, from when until when.
    Faults(ledger::Faults),
    /// List access keys with their last activity, from a state or a source.
    Keys(Keys),
    /// Tell all that is known of a cluster, a finding, an event or a record, and what to look at next.
    Explain(ExplainArgs),
    /// Print `eventID <tab> cluster id` for each error event.
    Label(LabelArgs),
    /// Say what keeps findings from coming: credentials, permissions, log groups, their records, the state.
    Check(check::Check),
    /// Write a first configuration for the daemon and for alerts, by asking a few questions.
    Init(config::Init),
    /// Check a configuration and say what it means.
    #[command(subcommand)]
    Config(config::Config),
    /// Ask a daemon how it stands: when each inspection ran, and whether all is well; for people and monitors.
    Status(operations::Status),
    /// Copy a state, or all of a daemon's, while they are in use.
    Backup(operations::Backup),
    /// Send what is due to the sinks of a configuration: what could not be sent, was held back, or is to be tried again.
    Deliver(alerts::Deliver),
    /// Say what is not to be sent, and until when.
    #[command(subcommand)]
    Mutes(alerts::Mutes),
    /// Connect a Guance or TrueWatch workspace: check it, make its monitor, send a test.
    #[command(subcommand)]
    Guance(guance::Guance),
    /// Print ready templates of webhooks.
    #[command(subcommand)]
    Webhook(alerts::Webhook),
    /// Write realistic, seeded CloudTrail in the S3 layout.
    Sample(SampleArgs),
    /// Sample data, inspected, as an HTML report: what firstsight does, in one command.
    Demo(DemoArgs),
    /// Print the least IAM policy for log groups, roles and access keys; offline, without credentials.
    IamPolicy(policy::IamPolicy),
    /// Print the built-in rules of severity, to start a table of one's own from (--severity-table).
    SeverityTable,
    /// Print a completion script for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// What is judged, and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct Judging {
    /// Length of a window: 1h, 6h, 1d.
    #[arg(long, default_value = "1h", value_parser = hours, value_name = "TIME")]
    pub(crate) window: i64,

    /// How far back counts are compared: 14d, 4w.
    #[arg(long, default_value = "14d", value_parser = hours, value_name = "TIME")]
    pub(crate) baseline: i64,

    /// Accounts with less history before the window are learning: shown, not alerted.
    #[arg(long, default_value = "7d", value_parser = hours_or_none, value_name = "TIME")]
    pub(crate) min_history: i64,

    /// What learns: accounts, and where asked regions new to the account and sources that began after it. Both are off by
    /// default: a new region is what an attacker uses too, and a new folder is a new source.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "account",
        value_name = "WHAT"
    )]
    pub(crate) learn_by: Vec<Learns>,

    /// A cluster that was quiet for longer has returned when it comes again.
    #[arg(long, default_value = "30d", value_parser = hours, value_name = "TIME")]
    pub(crate) forget_after: i64,

    /// Only this account (can be given several times).
    #[arg(long = "account", value_name = "ID")]
    pub(crate) accounts: Vec<String>,

    /// List findings from this severity on; lower ones are counted.
    #[arg(long, value_enum, default_value_t = Level::Info, value_name = "LEVEL")]
    pub(crate) min_severity: Level,

    /// Decide severities by the rules in this file; `firstsight severity-table` prints the built-in ones to start from.
    #[arg(long, value_parser = severity_table, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) severity_table: Option<SeverityTable>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Learns {
    Account,
    Region,
    Source,
}

impl From<Learns> for LearnBy {
    fn from(learns: Learns) -> Self {
        match learns {
            Learns::Account => Self::Account,
            Learns::Region => Self::Region,
            Learns::Source => Self::Source,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    Info,
    Warning,
    Error,
    Critical,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Info => Self::Info,
            Level::Warning => Self::Warning,
            Level::Error => Self::Error,
            Level::Critical => Self::Critical,
        }
    }
}

/// How records are read.
#[derive(Clone, Debug, Args)]
pub(crate) struct Reading {
    /// Take out what this path of a record leads to, and wherever it stands again, before anything is kept:
    /// requestParameters.password, requestParameters.**.secret (can be given several times).
    #[arg(long, env = "FIRSTSIGHT_REDACT", value_delimiter = ',', value_name = "PATH")]
    pub(crate) redact: Vec<String>,

    #[command(flatten)]
    pub(crate) groups: LogGroups,

    #[command(flatten)]
    pub(crate) stored: StoredLogs,
}

/// How all of a source is read.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReadingAll {
    #[command(flatten)]
    pub(crate) reading: Reading,

    /// How far back log groups are read: 15d, 4w. (Files are read whole.)
    #[arg(long, default_value = "15d", value_parser = hours, value_name = "TIME", help_heading = CLOUDWATCH_HEADING)]
    pub(crate) since: i64,
}

/// Where the output goes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Output {
    /// What to print: a table for people, or a documented format for programs.
    #[arg(long, short, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    pub(crate) format: Format,

    /// Write to this file instead of standard output; it is replaced whole or not at all.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,

    /// Put the kept records of findings into json, ndjson and html: without it they are only named.
    #[arg(long)]
    pub(crate) samples: bool,
}

impl Output {
    /// Whether the records of samples are to leave.
    pub(crate) const fn records(&self) -> Records {
        if self.samples {
            Records::Shown
        } else {
            Records::Withheld
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, as wide as the terminal.
    Table,
    /// One JSON document.
    Json,
    /// One JSON document a line.
    Ndjson,
    /// One self-contained page.
    Html,
    /// The events of faults as OCSF Detection Findings, one a line.
    Ocsf,
}

const SOURCE_HELP: &str = "Files, folders, globs, - for standard input; log groups: cloudwatch:NAME, cloudwatch:PREFIX* or \
                           cloudwatch:ARN; or logs in Guance: guance-logs:SOURCE[,SOURCE]";
const IN_PLACE_OF_A_STATE: &str = "Read these files, folders, globs (or - for standard input) or log groups (cloudwatch:NAME) \
                                   instead of a state";

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    #[arg(required = true, value_name = "SOURCE", help = SOURCE_HELP, value_parser = source::parser(),
          value_hint = ValueHint::AnyPath)]
    pub(crate) sources: Vec<Source>,

    /// Keep history in this file: later runs read only what is new, and report nothing twice.
    #[arg(long, env = "FIRSTSIGHT_STATE", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) state: Option<PathBuf>,

    /// Deliver events to the sinks of this configuration, by its policies; needs --state.
    #[arg(long, env = "FIRSTSIGHT_CONFIG", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,

    /// The end of the window: a time in UTC like 2026-01-31T12:00Z, a day, or now [default: the hour after the newest
    /// record].
    #[arg(long, value_parser = When::parse, value_name = "WHEN")]
    pub(crate) as_of: Option<When>,

    #[command(flatten)]
    pub(crate) reading: Reading,

    #[command(flatten)]
    pub(crate) iam: Iam,

    #[command(flatten)]
    pub(crate) judging: Judging,

    #[command(flatten)]
    pub(crate) output: Output,

    /// Exit with 3 when there is a finding of at least --min-severity that no earlier run has told, in an account that is
    /// not learning.
    #[arg(long)]
    pub(crate) fail_on_new: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    #[arg(required = true, value_name = "SOURCE", help = SOURCE_HELP, value_parser = source::parser(),
          value_hint = ValueHint::AnyPath)]
    pub(crate) sources: Vec<Source>,

    /// The end of the first window [default: --min-history behind the first record].
    #[arg(long, value_parser = When::parse, value_name = "WHEN")]
    pub(crate) from: Option<When>,

    /// The end of the last window [default: the hour after the newest record].
    #[arg(long, value_parser = When::parse, value_name = "WHEN")]
    pub(crate) until: Option<When>,

    #[command(flatten)]
    pub(crate) reading: ReadingAll,

    #[command(flatten)]
    pub(crate) judging: Judging,

    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Listing {
    #[arg(value_name = "SOURCE", help = IN_PLACE_OF_A_STATE, value_parser = source::parser(),
          value_hint = ValueHint::AnyPath, conflicts_with = "state")]
    pub(crate) sources: Vec<Source>,

    /// The state to read [default: FIRSTSIGHT_STATE, else $XDG_STATE_HOME/firstsight/state.db].
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) state: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) reading: ReadingAll,

    /// Only this account (can be given several times).
    #[arg(long = "account", value_name = "ID")]
    pub(crate) accounts: Vec<String>,

    /// At most so many rows; 0 for all.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) limit: usize,

    /// What to print (html and ocsf are not available here).
    #[arg(long, short, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    pub(crate) format: Format,

    /// Write to this file instead of standard output.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

impl Listing {
    /// How it is printed.
    pub(crate) fn print(&self) -> people::Print {
        people::Print {
            format: self.format,
            output: self.output.clone(),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Keys {
    #[command(flatten)]
    pub(crate) list: Listing,

    #[command(flatten)]
    pub(crate) iam: Iam,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A cluster's id or at least 4 of its first digits, a finding's id, an event's id, or a CloudTrail eventID.
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    #[arg(value_name = "SOURCE", help = IN_PLACE_OF_A_STATE, value_parser = source::parser(),
          value_hint = ValueHint::AnyPath, conflicts_with = "state")]
    pub(crate) sources: Vec<Source>,

    /// The state to read [default: FIRSTSIGHT_STATE, else $XDG_STATE_HOME/firstsight/state.db].
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) state: Option<PathBuf>,

    /// What to print: text for people, or a JSON array for programs.
    #[arg(long, short, value_enum, default_value_t = Telling::Table, value_name = "FORMAT")]
    pub(crate) format: Telling,

    #[command(flatten)]
    pub(crate) reading: ReadingAll,

    #[command(flatten)]
    pub(crate) iam: Iam,

    /// Write to this file instead of standard output.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Telling {
    /// For people, as wide as the terminal.
    Table,
    /// One JSON document.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct LabelArgs {
    #[arg(required = true, value_name = "SOURCE", help = SOURCE_HELP, value_parser = source::parser(),
          value_hint = ValueHint::AnyPath)]
    pub(crate) sources: Vec<Source>,

    /// Judge hour by hour on the way, as a live inspection would, instead of all at once.
    #[arg(long)]
    pub(crate) online: bool,

    #[command(flatten)]
    pub(crate) reading: ReadingAll,

    /// Write to this file instead of standard output.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

/// What the sample holds.
#[derive(Clone, Debug, Args)]
pub(crate) struct SampleShape {
    /// The end of the data, a whole hour [default: the last whole hour].
    #[arg(long, value_parser = When::parse, value_name = "WHEN")]
    pub(crate) end: Option<When>,

    /// How many days.
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=366), value_name = "N")]
    pub(crate) days: u32,

    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,

    /// How many accounts.
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub(crate) accounts: usize,

    /// Multiplies the traffic: at 1 an account has about 130 records an hour.
    #[arg(long, default_value_t = 1.0, value_name = "F")]
    pub(crate) scale: f64,

    /// Leave out the attack of the last hour.
    #[arg(long)]
    pub(crate) no_attack: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SampleArgs {
    /// The folder to write into; it has to be empty or new.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,

    #[command(flatten)]
    pub(crate) shape: SampleShape,

    /// Add a recording's records, account and time remapped into the last hours (can be given several times).
    #[arg(long, num_args = 1.., value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub(crate) overlay: Vec<PathBuf>,

    /// Write what the attack left behind (event ids, calls, codes) to this file, as JSON.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) planted: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// The folder for the sample and the report.
    #[arg(long, default_value = "firstsight-demo", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,

    #[command(flatten)]
    pub(crate) shape: SampleShape,
}

/// The largest table of severities that is read.
const MAX_TABLE: u64 = 1 << 20;

/// The rules of severity in a file.
fn severity_table(path: &str) -> Result<SeverityTable, String> {
    let failed = |error: std::io::Error| format!("cannot read it: {error}");
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut text = String::new();
    let read = file
        .take(MAX_TABLE + 1)
        .read_to_string(&mut text)
        .map_err(failed)?;
    if read as u64 > MAX_TABLE {
        return Err(format!("a table of severities has at most {MAX_TABLE} bytes"));
    }
    text.parse().map_err(|error| format!("{error}"))
}

/// A length of time in whole hours: `6h`, `14d`, `2w`.
fn hours(text: &str) -> Result<i64, String> {
    match hours_or_none(text)? {
        0 => Err("has to be at least 1h".to_owned()),
        hours => Ok(hours),
    }
}

/// Like [`hours`], and `0` for none.
fn hours_or_none(text: &str) -> Result<i64, String> {
    if text == "0" {
        return Ok(0);
    }
    let hint =
        || format!("'{text}' is not a length of time: write whole hours, days or weeks, like 6h, 14d or 2w");
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(hint)?;
    let (count, unit) = text.split_at(split);
    let count: i64 = count.parse().map_err(|_| hint())?;
    let unit = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 24 * 7,
        _ => return Err(hint()),
    };
    let most = 24 * 366 * 10;
    count
        .checked_mul(unit)
        .filter(|hours| *hours <= most)
        .ok_or_else(|| format!("'{text}' is more than ten years"))
}

/// A moment, cut to its hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Now,
    At(Hour),
}

impl When {
    /// `2026-01-31T12:00:00Z`, `2026-01-31T12:00Z`, `2026-01-31` or `now`.
    fn parse(text: &str) -> Result<Self, String> {
        if text == "now" {
            return Ok(Self::Now);
        }
        let tries = [
            text.to_owned(),
            text.replace('Z', ":00Z"),
            format!("{text}T00:00:00Z"),
        ];
        let parsed = tries.iter().find_map(|text| text.parse::<Timestamp>().ok());
        parsed.map(|time| Self::At(time.hour())).ok_or_else(|| {
            format!(
                "'{text}' is not a time: write it in UTC like 2026-01-31T12:00:00Z, as a day like 2026-01-31, or now"
            )
        })
    }

    /// The hour it stands for.
    pub(crate) fn hour(self, now: Timestamp) -> Hour {
        match self {
            Self::Now => now.hour(),
            Self::At(hour) => hour,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// A heading once leaked from the options of AWS to all that stood behind them.
    #[test]
    fn only_options_of_aws_stand_under_its_heading() {
        const OURS: [&str; 13] = [
            "all_records",
            "regions",
            "profile",
            "roles",
            "external_id",
            "role_session_name",
            "endpoint_url",
            "fips",
            "dual_stack",
            "requests_per_second",
            "since",
            "iam",
            "no_iam",
        ];
        for command in [
            "inspect",
            "replay",
            "clusters",
            "events",
            "faults",
            "keys",
            "explain",
            "label",
            "iam-policy",
        ] {
            let cli = Cli::command();
            let command = cli.find_subcommand(command).unwrap();
            for option in command.get_arguments() {
                let is_there = option.get_help_heading() == Some(CLOUDWATCH_HEADING);
                let id = option.get_id().as_str();
                assert_eq!(is_there, OURS.contains(&id), "{} --{id}", command.get_name());
            }
        }
    }

    #[test]
    fn lengths_of_time() {
        assert_eq!(
            (hours("1h"), hours("14d"), hours("2w")),
            (Ok(1), Ok(336), Ok(336))
        );
        assert_eq!((hours_or_none("0"), hours_or_none("0h")), (Ok(0), Ok(0)));
        for wrong in [
            "",
            "0",
            "h",
            "1",
            "1m",
            "-1h",
            "1.5h",
            "99999999999999999999h",
            "9999999d",
            "é",
        ] {
            assert!(hours(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn moments() {
        let now = Timestamp::from_secs(7200);
        let hour = |text: &str| When::parse(text).map(|when| when.hour(now).to_string());
        for text in [
            "2026-01-31T12:00:00Z",
            "2026-01-31T12:00Z",
            "2026-01-31T12:59:59Z",
        ] {
            assert_eq!(hour(text).unwrap(), "2026-01-31T12:00:00Z", "{text}");
        }
        assert_eq!(hour("2026-01-31").unwrap(), "2026-01-31T00:00:00Z");
        assert_eq!(hour("now").unwrap(), "1970-01-01T02:00:00Z");
        assert!(hour("yesterday").is_err());
    }
}
