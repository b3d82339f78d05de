//! Events and faults.

use clap::{Args, Subcommand};

use super::Listing;
use super::people::{Print, State};

const EVENTS_EXAMPLES: &str = "\
Examples:
  firstsight events --state fs.db                     what was recorded, newest first, and what became of it
  firstsight events show 3f2a                         one event with each attempt to deliver it
  firstsight events logs/                             what a source would have raised, without a state

An event is named by its id, or by so many of its first digits that no other begins with them (4 at least).
A folder that is called like a command is read as ./show.";

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EVENTS_EXAMPLES)]
pub(crate) struct Events {
    #[command(subcommand)]
    pub(crate) action: Option<Action>,

    #[command(flatten)]
    pub(crate) list: Listing,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Print events in full, with each attempt to deliver them, when it was and what came of it.
    Show(Show),
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Ids of events, or their first digits.
    #[arg(required = true, value_name = "EVENT")]
    pub(crate) events: Vec<String>,

    #[command(flatten)]
    pub(crate) state: State,

    #[command(flatten)]
    pub(crate) print: Print,
}

#[derive(Debug, Args)]
pub(crate) struct Faults {
    /// Only faults that are open.
    #[arg(long)]
    pub(crate) open: bool,

    /// The inspection whose faults are listed.
    #[arg(long, default_value = "default", value_name = "NAME")]
    pub(crate) inspection: String,

    #[command(flatten)]
    pub(crate) list: Listing,
}
