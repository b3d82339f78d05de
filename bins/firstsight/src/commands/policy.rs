//! `firstsight iam-policy`: the least policy for what the arguments name.

use firstsight_aws::arn::{GroupArn, role_account};
use firstsight_aws::policy;

use crate::args::policy::IamPolicy;
use crate::args::source::Sources;
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::output;

pub(crate) fn run(args: &IamPolicy, context: &Context) -> Result<Done, Failure> {
    let Sources::LogGroups(groups) = Sources::of(&args.sources)? else {
        return Err(Failure::usage(
            "files need no IAM policy: name log groups as cloudwatch:NAME, cloudwatch:PREFIX* or cloudwatch:ARN",
        ));
    };
    check(&groups, args)?;
    let wanted = args.wanted(groups);
    output::print(&policy::documents(&wanted))?;
    for remark in policy::remarks(&wanted) {
        context.hint(&format!("note: {remark}"));
    }
    Ok(Done::Well)
}

/// What begins like an ARN has to be one: a policy with a mistake in it allows nothing, and nobody sees why.
fn check(groups: &[String], args: &IamPolicy) -> Result<(), Failure> {
    let mut arns = groups.iter().filter(|group| group.starts_with("arn:"));
    if let Some(wrong) = arns.find(|group| GroupArn::parse(group).is_none()) {
        return Err(Failure::usage(format!(
            "{wrong} is no log group's ARN: write it like arn:aws:logs:eu-west-1:111122223333:log-group:NAME"
        )));
    }
    let roles = args.aws.roles();
    match roles.iter().find(|role| role_account(&role.arn).is_none()) {
        None => Ok(()),
        Some(wrong) => Err(Failure::usage(format!(
            "--role-arn {} is no role's ARN: write it like arn:aws:iam::111122223333:role/NAME",
            wrong.arn
        ))),
    }
}
