//! Connecting a Guance workspace.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::Telling;
use super::people::Print;

const EXAMPLES: &str = "\
Examples:
  export GUANCE_NODE=us1 GUANCE_API_KEY=wsak_…
  firstsight guance check                    node, clock, key
  firstsight guance setup --alert-policy 'on call'
                                             makes the monitor, prints its configuration
  firstsight guance check --config firstsight.toml
  firstsight guance send-test --config firstsight.toml
                                             an event and its recovery, marked as a test

What is not given stands in the environment: GUANCE_NODE, GUANCE_OPENAPI_URL, GUANCE_OPENWAY_URL,
GUANCE_API_KEY (the key's id), GUANCE_TOKEN, GUANCE_DATAKIT_URL, GUANCE_MONITOR_SECRET. Keys are
never taken from the command line, where other users of the machine could read them.";

/// A Guance or TrueWatch workspace.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(crate) enum Guance {
    /// Say step by step whether node, clock, key, token and monitor work, and how to mend what does not.
    Check(CheckGuance),
    /// Find or make the external-event monitor that events are pushed to, and print the configuration for it.
    Setup(SetUp),
    /// Send an event and its recovery, both marked as a test.
    SendTest(SendTest),
    /// List the workspace's alert policies, which a monitor can be bound to.
    Policies(Policies),
}

/// Which workspace.
#[derive(Clone, Debug, Args)]
pub(crate) struct Workspace {
    /// The configuration with a sink of the kind guance; --node and --openapi-url win over it.
    #[arg(long, env = "FIRSTSIGHT_CONFIG", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,

    /// Which of its sinks, where there are several of the kind guance.
    #[arg(long, value_name = "NAME")]
    pub(crate) sink: Option<String>,

    /// The node: default, aws, us1, eu1, ap1, …, us1_truewatch [default: GUANCE_NODE].
    #[arg(long, value_name = "NODE")]
    pub(crate) node: Option<String>,

    /// The address of the OpenAPI, in place of the node's [default: GUANCE_OPENAPI_URL].
    #[arg(long, value_name = "URL")]
    pub(crate) openapi_url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckGuance {
    #[command(flatten)]
    pub(crate) workspace: Workspace,

    /// What to print: text for people, or a JSON document for programs.
    #[arg(long, short, value_enum, default_value_t = Telling::Table, value_name = "FORMAT")]
    pub(crate) format: Telling,

    /// Write to this file instead of standard output.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SetUp {
    #[command(flatten)]
    pub(crate) workspace: Workspace,

    /// The last part of the monitor's address; a monitor that has it is used as it is.
    #[arg(long, default_value = "firstsight", value_name = "TEXT")]
    pub(crate) sub_uri: String,

    /// The title of a monitor that is made.
    #[arg(
        long,
        default_value = "firstsight: CloudTrail errors never seen before",
        value_name = "TEXT"
    )]
    pub(crate) title: String,

    /// Bind a monitor that is made to this alert policy: its name or id (can be given several times).
    #[arg(long = "alert-policy", value_name = "NAME")]
    pub(crate) alert_policies: Vec<String>,

    /// Write the secret part of the monitor's address to this new file, readable by its owner alone, instead of printing it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) secret_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SendTest {
    #[command(flatten)]
    pub(crate) workspace: Workspace,

    /// The last part of the monitor's address, where no configuration says it.
    #[arg(long, default_value = "firstsight", value_name = "TEXT")]
    pub(crate) sub_uri: String,
}

#[derive(Debug, Args)]
pub(crate) struct Policies {
    #[command(flatten)]
    pub(crate) workspace: Workspace,

    /// Only those whose names hold this.
    #[arg(value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) search: String,

    #[command(flatten)]
    pub(crate) print: Print,
}
