//! How AWS is reached.

use std::num::NonZeroU32;

use clap::Args;
use firstsight_aws::access::{AccessOptions, Role};
use firstsight_aws::cloudwatch::regions_of;
use firstsight_cloudtrail::Timestamp;

use super::source::CLOUDWATCH_HEADING;

/// How AWS is reached; what is left out comes from the SDK's default chain.
#[derive(Clone, Debug, Args)]
pub(crate) struct Aws {
    /// The region to read [default: that of ARNs, else the profile's or AWS_REGION's] (can be given several times).
    #[arg(help_heading = CLOUDWATCH_HEADING, long = "region", value_delimiter = ',', value_name = "REGION")]
    pub(crate) regions: Vec<String>,

    /// A profile of the shared AWS configuration [default: AWS_PROFILE's].
    #[arg(help_heading = CLOUDWATCH_HEADING, long, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// Read another account by assuming this role there (can be given several times).
    #[arg(help_heading = CLOUDWATCH_HEADING, long = "role-arn", value_name = "ARN")]
    pub(crate) roles: Vec<String>,

    /// The external id that the roles' trust policies ask for.
    #[arg(help_heading = CLOUDWATCH_HEADING, long, value_name = "ID", requires = "roles")]
    pub(crate) external_id: Option<String>,

    /// What CloudTrail will show as the session of assumed roles.
    #[arg(help_heading = CLOUDWATCH_HEADING, long, value_name = "NAME", default_value = "firstsight")]
    pub(crate) role_session_name: String,

    /// An endpoint for every AWS service, in place of AWS's own.
    #[arg(help_heading = CLOUDWATCH_HEADING, long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,

    /// Use FIPS endpoints.
    #[arg(help_heading = CLOUDWATCH_HEADING, long)]
    pub(crate) fips: bool,

    /// Use endpoints that speak IPv6 too.
    #[arg(help_heading = CLOUDWATCH_HEADING, long)]
    pub(crate) dual_stack: bool,

    /// At most so many requests of CloudWatch Logs a second, account and region [default: half the region's quota].
    #[arg(help_heading = CLOUDWATCH_HEADING, long, value_name = "N")]
    pub(crate) requests_per_second: Option<NonZeroU32>,
}

impl Aws {
    /// What to open for these log groups. ARNs tell their regions themselves.
    pub(crate) fn options(&self, groups: &[String], now: Timestamp) -> AccessOptions {
        let regions = if self.regions.is_empty() {
            regions_of(groups).unwrap_or_default()
        } else {
            self.regions.clone()
        };
        AccessOptions {
            profile: self.profile.clone(),
            regions,
            roles: self.roles(),
            endpoint_url: self.endpoint_url.clone(),
            fips: self.fips,
            dual_stack: self.dual_stack,
            requests_per_second: self.requests_per_second,
            ..AccessOptions::new(now)
        }
    }

    /// The roles to assume.
    pub(crate) fn roles(&self) -> Vec<Role> {
        let role = |arn: &String| Role {
            arn: arn.clone(),
            external_id: self.external_id.clone(),
            session_name: Some(self.role_session_name.clone()),
        };
        self.roles.iter().map(role).collect()
    }

    /// The first option that was given, if any.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let given = [
            (!self.regions.is_empty(), "--region"),
            (self.profile.is_some(), "--profile"),
            (!self.roles.is_empty(), "--role-arn"),
            (self.endpoint_url.is_some(), "--endpoint-url"),
            (self.fips, "--fips"),
            (self.dual_stack, "--dual-stack"),
            (self.requests_per_second.is_some(), "--requests-per-second"),
        ];
        given
            .into_iter()
            .find(|(is_given, _)| *is_given)
            .map(|(_, name)| name)
    }
}
