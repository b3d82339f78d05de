//! `firstsight iam-policy`: the least policy.

use clap::Args;
use firstsight_aws::policy::Wanted;

use super::aws::Aws;
use super::source::{CLOUDWATCH_HEADING, Source, parser};

const EXAMPLES: &str = "\
Examples:
  firstsight iam-policy cloudwatch:trail --region eu-west-1 --account 111122223333 > policy.json
  firstsight iam-policy 'cloudwatch:cloudtrail/*' --region eu-west-1 \\
      --role-arn arn:aws:iam::444455556666:role/firstsight --account 111122223333
                                             the caller's policy, the role's, whom it trusts

Give it the sources and options of inspect. Nothing is asked of AWS, and no profile is read: what
is not said stands as * (account, region), or has to be filled in (whom a role trusts).";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct IamPolicy {
    /// Log groups: cloudwatch:NAME, cloudwatch:PREFIX* or cloudwatch:ARN.
    #[arg(required = true, value_name = "SOURCE", value_parser = parser())]
    pub(crate) sources: Vec<Source>,

    /// The account that firstsight runs in.
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,

    /// The user or role that firstsight runs as: whom the roles trust [default: the account].
    #[arg(long, value_name = "ARN")]
    pub(crate) caller: Option<String>,

    /// Leave out what looking up access keys in IAM needs.
    #[arg(long, help_heading = CLOUDWATCH_HEADING)]
    pub(crate) no_iam: bool,

    #[command(flatten)]
    pub(crate) aws: Aws,
}

impl IamPolicy {
    /// What is to be allowed for these log groups.
    pub(crate) fn wanted(&self, groups: Vec<String>) -> Wanted {
        Wanted {
            list_groups: groups.iter().any(|group| group.contains('*')),
            groups,
            regions: self.aws.regions.clone(),
            roles: self.aws.roles(),
            account: self.account.clone(),
            caller: self.caller.clone(),
            iam: !self.no_iam,
        }
    }
}
