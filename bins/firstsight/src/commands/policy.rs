//! `firstsight iam-policy`: the least policy for what the arguments name.

use firstsight_aws::policy;

use crate::args::policy::IamPolicy;
use crate::args::source::Sources;
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::output;

pub(crate) fn run(args: &IamPolicy, context: &Context) -> Result<Done, Failure> {
    let Sources::LogGroups(groups) = Sources::of(&args.sources)? else {
        return Err(Failure::usage(
            "only log groups need an IAM policy: name log groups as cloudwatch:NAME, cloudwatch:PREFIX* or cloudwatch:ARN",
        ));
    };
    let wanted = args.wanted(groups);
    policy::check(&wanted).map_err(|error| Failure::usage(error.to_string()))?;
    output::print(&policy::documents(&wanted))?;
    for remark in policy::remarks(&wanted) {
        context.hint(&format!("note: {remark}"));
    }
    Ok(Done::Well)
}
