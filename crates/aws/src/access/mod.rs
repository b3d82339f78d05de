//! Credentials, accounts and regions, and the one way out to AWS: every request passes the budget of its account and
//! region, and is counted.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use firstsight_cloudtrail::Timestamp;

#[cfg(feature = "iam")]
use crate::api::IamApi;
#[cfg(feature = "cloudwatch")]
use crate::api::LogsApi;
use crate::error::AwsError;
use crate::target::Target;

/// A role that is assumed by `sts:AssumeRole`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// What its trust policy asks for, where it asks.
    pub external_id: Option<String>,
    /// What CloudTrail will show as the session; `firstsight` by default.
    pub session_name: Option<String>,
}

/// How AWS is reached. Everything that is left out comes from the SDK's default chain: environment, profile, SSO, web
/// identity, container, IMDS.
#[derive(Clone, Debug)]
pub struct AccessOptions {
    /// A profile of the shared configuration.
    pub profile: Option<String>,
    /// The regions to read; the chain's where there is none.
    pub regions: Vec<String>,
    /// The roles to assume, one an account; the caller's own account where there is none.
    pub roles: Vec<Role>,
    /// For every service, over `AWS_ENDPOINT_URL*`.
    pub endpoint_url: Option<String>,
    /// FIPS endpoints.
    pub fips: bool,
    /// Endpoints that speak IPv6 too.
    pub dual_stack: bool,
    /// At most so many requests of CloudWatch Logs a second, account and region; half the region's quota by default.
    pub requests_per_second: Option<NonZeroU32>,
    /// How long a connection may take to be made. Default 3 s.
    pub connect_timeout: Duration,
    /// How long the service may be silent. Default 30 s. (The SDK has no such limit of its own.)
    pub read_timeout: Duration,
    /// How long one attempt may take, waiting for the budget included. Default 120 s.
    pub attempt_timeout: Duration,
    /// How often a request is tried. Default 5.
    pub attempts: u32,
    /// How long the SDK waits before it tries again, at first, at most. Default 1 s.
    pub initial_backoff: Duration,
    /// The present: what the servers' clocks are compared with.
    pub now: Timestamp,
}

/// What was asked of AWS so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests sent, tries again included.
    pub requests: u64,
    /// Bytes received in bodies.
    pub bytes: u64,
    /// Answers that asked to slow down.
    pub throttled: u64,
    /// Requests that got no answer or a 5xx one.
    pub failed: u64,
}

/// Who the credentials belong to, by `sts:GetCallerIdentity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: String,
    /// The principal.
    pub arn: String,
}

/// Opened access. Cheap to clone; clones share budgets, credentials and counts.
#[derive(Clone, Debug)]
pub struct Access(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: AccessOptions,
}

impl AccessOptions {
    /// Everything from the default chain, with the default limits.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            profile: None,
            regions: Vec::new(),
            roles: Vec::new(),
            endpoint_url: None,
            fips: false,
            dual_stack: false,
            requests_per_second: None,
            connect_timeout: Duration::from_secs(3),
            read_timeout: Duration::from_secs(30),
            attempt_timeout: Duration::from_secs(120),
            attempts: 5,
            initial_backoff: Duration::from_secs(1),
            now,
        }
    }
}

impl Access {
    /// Reads the configuration and finds the credentials' provider. No request is made, unless a provider makes one.
    ///
    /// # Errors
    /// [`AwsError::Invalid`] for a profile, region, role or endpoint that makes no sense, or no region at all.
    pub async fn load(options: AccessOptions) -> Result<Self, AwsError> {
        Ok(Self(Arc::new(Inner { options })))
    }

    /// The regions to read.
    #[must_use]
    pub fn regions(&self) -> &[String] {
        &self.0.options.regions
    }

    /// Who the caller is, before any role is assumed. Asked once.
    ///
    /// # Errors
    /// [`AwsError::Credentials`] where there are none or they are not accepted.
    pub async fn caller(&self) -> Result<Caller, AwsError> {
        todo!()
    }

    /// Assumes the role of a target, where it has one, and tells who that is. Asked once a role.
    ///
    /// # Errors
    /// [`AwsError::Denied`] where the role may not be assumed.
    pub async fn identity(&self, target: &Target) -> Result<Caller, AwsError> {
        let _ = target;
        todo!()
    }

    /// Each account in each region: of the roles, else of the caller.
    ///
    /// # Errors
    /// Those of [`caller`](Self::caller), where there is no role.
    pub async fn targets(&self) -> Result<Vec<Target>, AwsError> {
        todo!()
    }

    /// CloudWatch Logs there.
    #[cfg(feature = "cloudwatch")]
    #[must_use]
    pub fn logs(&self, target: &Target) -> Arc<dyn LogsApi> {
        let _ = target;
        todo!()
    }

    /// IAM there. (One endpoint a partition: the region only chooses which.)
    #[cfg(feature = "iam")]
    #[must_use]
    pub fn iam(&self, target: &Target) -> Arc<dyn IamApi> {
        let _ = target;
        todo!()
    }

    /// At most so many requests of CloudWatch Logs a second go there.
    #[must_use]
    pub fn rate(&self, target: &Target) -> f64 {
        let _ = target;
        todo!()
    }

    /// What was asked of AWS so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        Traffic::default()
    }

    /// How far the servers' clocks are ahead of ours, in milliseconds, by the `Date` of the latest answer; `None` before
    /// any. Exact to a second or so.
    #[must_use]
    pub fn clock_ahead_millis(&self) -> Option<i64> {
        None
    }
}
