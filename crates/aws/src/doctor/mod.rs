//! Checks a configuration step by step, and says what is wrong and how to mend it.

use firstsight_cloudtrail::Timestamp;

use crate::access::Access;

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// As it should be.
    Good,
    /// Could not be tried, because an earlier step failed, or because it is not asked for.
    Skipped,
    /// Works, with something missing.
    Warning,
    /// Does not work.
    Bad,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was checked: `credentials`, `role`, `log group`, `cloudtrail`, `permission`, `quota`, `access keys`, `clock`, …
    pub name: &'static str,
    /// Of what: a role, a log group, a call.
    pub subject: String,
    /// How it went.
    pub outcome: Outcome,
    /// What was found.
    pub found: String,
    /// What to do, where something is wrong.
    pub advice: Option<String>,
}

/// What is checked.
#[derive(Clone, Debug)]
pub struct Checkup {
    /// The groups, as for [`CloudWatchOptions`](crate::cloudwatch::CloudWatchOptions).
    pub groups: Vec<String>,
    /// Whether IAM is to be asked.
    pub iam: bool,
    /// The present.
    pub now: Timestamp,
}

/// Checks everything at AWS, in order.
pub async fn check(access: &Access, checkup: &Checkup) -> Vec<Step> {
    let _ = (access, checkup);
    todo!()
}
