//! The configuration file: made, checked, described.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use firstsight_config::{BeginningSink, ServerConfig};
use firstsight_sink::webhook::Preset;

use super::source::{self, Source};

const INIT_HELP: &str = "\
Examples:
  firstsight init                            asks where CloudTrail is and where events go
  firstsight init --yes --source cloudwatch:trail --region eu-west-1 --sink slack
  firstsight init --yes --source logs/ --output -

What is given by an option is not asked for. Without a terminal nothing is asked.";

/// A first configuration.
#[derive(Debug, Args)]
#[command(after_help = INIT_HELP)]
pub(crate) struct Init {
    /// The file to write, readable by its owner alone; - for standard output.
    #[arg(long, short, default_value = "firstsight.toml", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,

    /// Ask nothing.
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Replace a file that is there.
    #[arg(long)]
    pub(crate) force: bool,

    /// What the daemon is to read: files, folders, globs, cloudwatch:NAME or guance-logs:SOURCE (can be given several times)
    /// [default: cloudwatch:aws-cloudtrail-logs-*].
    #[arg(long = "source", value_name = "SOURCE", value_parser = source::parser(), value_hint = ValueHint::AnyPath)]
    pub(crate) sources: Vec<Source>,

    /// The region of log groups (can be given several times).
    #[arg(long = "region", value_delimiter = ',', value_name = "REGION")]
    pub(crate) regions: Vec<String>,

    /// Where events go: guance, slack, dingtalk, feishu, wecom, alertmanager, webhook, ocsf, json or none [default: none].
    #[arg(long, value_name = "KIND", value_parser = sink)]
    pub(crate) sink: Option<Sink>,

    /// The node of the Guance or TrueWatch workspace [default: us1].
    #[arg(long, value_name = "NODE")]
    pub(crate) node: Option<String>,

    /// The port of the page, on 127.0.0.1 [default: 7780].
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
}

/// Where events go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sink {
    None,
    Guance,
    Webhook(Preset),
    Ocsf,
    Json,
}

/// The names of the sinks.
pub(crate) const SINKS: [(&str, Sink); 10] = [
    ("none", Sink::None),
    ("guance", Sink::Guance),
    ("slack", Sink::Webhook(Preset::Slack)),
    ("dingtalk", Sink::Webhook(Preset::DingTalk)),
    ("feishu", Sink::Webhook(Preset::Feishu)),
    ("wecom", Sink::Webhook(Preset::WeCom)),
    ("alertmanager", Sink::Webhook(Preset::Alertmanager)),
    ("webhook", Sink::Webhook(Preset::Json)),
    ("ocsf", Sink::Ocsf),
    ("json", Sink::Json),
];

/// The node where none is named.
pub(crate) const NODE: &str = "us1";

/// The port where none is named.
pub(crate) const PORT: u16 = ServerConfig::PORT;

impl Sink {
    pub(crate) fn at(self, node: &str) -> BeginningSink {
        match self {
            Self::None => BeginningSink::None,
            Self::Guance => BeginningSink::Guance(node.to_owned()),
            Self::Webhook(preset) => BeginningSink::Webhook(preset),
            Self::Ocsf => BeginningSink::Ocsf,
            Self::Json => BeginningSink::Json,
        }
    }
}

/// A sink by its name.
pub(crate) fn sink(text: &str) -> Result<Sink, String> {
    let found = SINKS.iter().find(|(name, _)| *name == text);
    found.map(|(_, sink)| *sink).ok_or_else(|| {
        let names = SINKS.map(|(name, _)| name).join(", ");
        format!("known are {names}")
    })
}

const CHECK_HELP: &str = "\
Exit codes:
  0    all is well
  1    a secret or a file that it names is not there, or not what it should be
  2    the configuration has mistakes: each is told with its line

Environment variables FIRSTSIGHT_CFG_… are laid over the file, as FIRSTSIGHT_CFG_SERVER__BIND.";

/// The configuration file.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Check a configuration whole, and say in words what it means and which secrets it needs. Nothing is sent.
    #[command(after_help = CHECK_HELP)]
    Check {
        /// The file.
        #[arg(env = "FIRSTSIGHT_CONFIG", default_value = "firstsight.toml", value_name = "FILE",
              value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Print the JSON Schema (2020-12) of the file, for editors.
    Schema,
}
