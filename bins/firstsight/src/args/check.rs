//! What is checked.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::Telling;
use super::aws::Aws;
use super::source::{Source, parser};

const CHECK_HELP: &str = "\
Examples:
  firstsight check cloudwatch:aws-cloudtrail-logs --region eu-west-1
                                             credentials, permissions, what lies in the group and how old it is
  firstsight check 'cloudwatch:trail*' --role-arn arn:aws:iam::444455556666:role/firstsight --state fs.db
                                             another account's groups, and the state
  firstsight check --state fs.db             the state alone

Nothing is changed, at AWS or in the state; of a log group at most 12 pages are asked for.

Exit codes:
  0    nothing is wrong that keeps findings from coming altogether
  1    something does not work (marked ✗): what it is and what to do stands below it
  2    the command line is wrong";

#[derive(Debug, Args)]
#[command(after_help = CHECK_HELP)]
pub(crate) struct Check {
    /// Log groups (cloudwatch:NAME, cloudwatch:PREFIX* or cloudwatch:ARN), or files, folders and globs.
    #[arg(value_name = "SOURCE", value_parser = parser(), value_hint = ValueHint::AnyPath)]
    pub(crate) sources: Vec<Source>,

    /// The state to check, too.
    #[arg(long, env = "FIRSTSIGHT_STATE", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) state: Option<PathBuf>,

    /// Do not ask IAM about access keys.
    #[arg(long)]
    pub(crate) no_iam: bool,

    /// What to print: text for people, or a JSON document for programs.
    #[arg(long, short, value_enum, default_value_t = Telling::Table, value_name = "FORMAT")]
    pub(crate) format: Telling,

    /// Write to this file instead of standard output.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) aws: Aws,
}
