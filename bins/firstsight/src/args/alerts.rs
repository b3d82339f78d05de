//! Delivering, mutes, webhooks.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use firstsight_engine::{Class, ClusterId};
use firstsight_inspection::alert::{Pattern, ZoneName};
use firstsight_store::Said;

use super::people::{Print, State, Voice};

const DELIVER_HELP: &str = "\
Examples:
  firstsight deliver --state fs.db --config firstsight.toml
                                             from cron: what is due now, all sinks
  firstsight deliver --state fs.db --config firstsight.toml --sink chat --retry-parked
                                             again what the chat refused, once it is mended

What is due: what no sink has taken yet and is not waiting for its next try, what was held outside
a policy's hours, and what an aggregation window has gathered. 'firstsight inspect --config' does
the same after judging.

Exit codes:
  0    every sink took what was due
  1    a sink did not: the line says why; the events are kept
  2    the command line or the configuration is wrong";

#[derive(Debug, Args)]
#[command(after_help = DELIVER_HELP)]
pub(crate) struct Deliver {
    #[command(flatten)]
    pub(crate) state: State,

    /// The configuration with the sinks.
    #[arg(long, env = "FIRSTSIGHT_CONFIG", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: PathBuf,

    /// Only to this sink (SINK or SINK:TARGET).
    #[arg(long, value_name = "NAME")]
    pub(crate) sink: Option<String>,

    /// Try events again that a sink refused for good.
    #[arg(long)]
    pub(crate) retry_parked: bool,

    #[command(flatten)]
    pub(crate) voice: Voice,
}

const MUTES_EXAMPLES: &str = "\
Examples:
  firstsight mutes add --state fs.db --actor '*pentest*' --for 4h --reason TICKET-12
  firstsight mutes add --state fs.db --service backup --repeat 'sat,sun 02:00' --for 2h \\
      --time-zone Europe/Berlin --expires 2027-01-01 --reason 'it always fails then'
  firstsight mutes list --state fs.db
  firstsight mutes end --state fs.db 3f2a9c01 --note 'test is over'

Muted events are recorded and counted, not sent. Mutes that belong to a configuration stand in its
file ([[mutes]]).";

/// What is not to be sent.
#[derive(Debug, Subcommand)]
#[command(after_help = MUTES_EXAMPLES)]
pub(crate) enum Mutes {
    /// List the mutes of a state.
    List(ListMutes),
    /// Mute events that tell nothing but what matches.
    Add(Box<AddMute>),
    /// End mutes before their time.
    End(EndMutes),
}

#[derive(Debug, Args)]
pub(crate) struct ListMutes {
    #[command(flatten)]
    pub(crate) state: State,

    /// Those that were ended, too.
    #[arg(long)]
    pub(crate) all: bool,

    #[command(flatten)]
    pub(crate) print: Print,
}

#[derive(Debug, Args)]
pub(crate) struct AddMute {
    #[command(flatten)]
    pub(crate) state: State,

    #[command(flatten)]
    pub(crate) matching: Matching,

    /// From when: 2026-11-24T02:00 by the time zone, 2026-11-24T02:00Z, or a day [default: now].
    #[arg(long, value_name = "WHEN", conflicts_with = "repeat")]
    pub(crate) from: Option<String>,

    /// Until when, written as --from.
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["repeat", "length"])]
    pub(crate) until: Option<String>,

    /// For how long: 30m, 4h, 2d; with --repeat each time.
    #[arg(long = "for", id = "length", value_parser = length, value_name = "TIME")]
    pub(crate) length: Option<i64>,

    /// Again and again: 02:00, or on some days 'sat,sun 02:00'.
    #[arg(long, value_name = "DAYS TIME", requires = "length")]
    pub(crate) repeat: Option<String>,

    /// The time zone of times without an offset, by its IANA name.
    #[arg(long, default_value = "UTC", value_parser = firstsight_config::values::zone, value_name = "ZONE")]
    pub(crate) time_zone: ZoneName,

    /// Over at this time whatever else is said, written as --from.
    #[arg(long, value_name = "WHEN")]
    pub(crate) expires: Option<String>,

    /// Why: kept with the mute and in the audit log.
    #[arg(long, value_parser = reason, value_name = "TEXT")]
    pub(crate) reason: String,

    /// Who mutes [default: FIRSTSIGHT_USER, else USER, else LOGNAME].
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
}

/// What a mute matches: of each kind that is named, one has to match. Patterns have * and ?.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Matching {
    /// Inspections (can be given several times, as all of these).
    #[arg(long = "inspection", value_parser = pattern, value_name = "PATTERN")]
    pub(crate) inspections: Vec<Pattern>,

    /// Accounts.
    #[arg(long = "account", value_parser = pattern, value_name = "PATTERN")]
    pub(crate) accounts: Vec<Pattern>,

    /// Services: s3, iam.amazonaws.com.
    #[arg(long = "service", value_parser = pattern, value_name = "PATTERN")]
    pub(crate) services: Vec<Pattern>,

    /// Calls: iam:Create*.
    #[arg(long = "call", value_parser = pattern, value_name = "PATTERN")]
    pub(crate) calls: Vec<Pattern>,

    /// Error codes.
    #[arg(long = "error-code", value_parser = pattern, value_name = "PATTERN")]
    pub(crate) error_codes: Vec<Pattern>,

    /// Classes: access-denied, throttling, …
    #[arg(long = "class", value_parser = class, value_name = "CLASS")]
    pub(crate) classes: Vec<Class>,

    /// Actors, by name.
    #[arg(long = "actor", value_parser = pattern, value_name = "PATTERN")]
    pub(crate) actors: Vec<Pattern>,

    /// Clusters, by their whole ids.
    #[arg(long = "cluster", value_name = "ID")]
    pub(crate) clusters: Vec<ClusterId>,
}

#[derive(Debug, Args)]
pub(crate) struct EndMutes {
    /// Ids of mutes.
    #[arg(required = true, value_name = "MUTE")]
    pub(crate) mutes: Vec<String>,

    #[command(flatten)]
    pub(crate) state: State,

    #[command(flatten)]
    pub(crate) voice: Voice,
}

/// Ready templates.
#[derive(Debug, Subcommand)]
pub(crate) enum Webhook {
    /// Print a ready template, to begin one of your own with (template_file).
    Template {
        /// json, slack, dingtalk, feishu, wecom or alertmanager.
        #[arg(value_parser = preset, value_name = "NAME")]
        name: firstsight_sink::webhook::Preset,
    },
}

fn preset(name: &str) -> Result<firstsight_sink::webhook::Preset, String> {
    let known = firstsight_sink::webhook::Preset::ALL;
    let found = known.into_iter().find(|preset| preset.as_str() == name);
    let names = || known.map(firstsight_sink::webhook::Preset::as_str).join(", ");
    found.ok_or_else(|| format!("there are {}", names()))
}

fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::try_from(text.to_owned()).map_err(|error| error.to_string())
}

fn class(name: &str) -> Result<Class, String> {
    let known = firstsight_config::CLASSES;
    let found = known
        .iter()
        .find(|(word, _)| *word == name)
        .map(|(_, class)| *class);
    found.ok_or_else(|| format!("there are {}", known.map(|(word, _)| word).join(", ")))
}

fn length(text: &str) -> Result<i64, String> {
    match firstsight_config::values::duration(text)? {
        0 => Err("it has to be longer than nothing".to_owned()),
        seconds => Ok(seconds),
    }
}

fn reason(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("a reason is needed".to_owned());
    }
    if text.chars().count() > Said::MAX_NOTE {
        return Err(format!("it has more than {} characters", Said::MAX_NOTE));
    }
    Ok(text.to_owned())
}
