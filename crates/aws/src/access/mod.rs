//! Credentials, accounts and regions, and the one way out to AWS: every request passes the budget of its account and
//! region, and is counted.
//!
//! # Credentials
//!
//! The SDK's default chain finds the caller's: environment, profile (keys, SSO, `role_arn`, `credential_process`), web
//! identity, container, IMDS. A profile that is named comes before keys in the environment, as in the AWS CLI. From
//! there each [`Role`] is assumed by `sts:AssumeRole` when it is first needed, and again before its session ends.
//!
//! # Endpoints
//!
//! `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS` and its like are read by the SDK;
//! [`AccessOptions::endpoint_url`] goes over them, for every service. FIPS and dual stack endpoints are asked for by
//! option or by `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`. The partition (GovCloud, China, …) follows
//! from the region. What finds the caller's own credentials (SSO, a profile's `role_arn`) is asked where the environment
//! and the profile say, as in the AWS CLI. Proxies are those of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
//!
//! # Budget
//!
//! `FilterLogEvents` may be called 25, 10 or 5 times a second in an account and region, by the region; that cannot be
//! raised, and others live on it too. A token bucket of half of it stands before *every attempt*, so that trying again costs as well; whoever comes first
//! goes first. Roles and clones that lead to the same account and region share it. Over that, the SDK's adaptive retry
//! slows down further for as long as the service asks to.
//!
//! Waiting for the budget is no silence of the service: the read time-out begins behind it. It does count in
//! [`AccessOptions::attempt_timeout`].
//!
//! # Example
//!
#![cfg_attr(feature = "cloudwatch", doc = "```no_run")]
#![cfg_attr(not(feature = "cloudwatch"), doc = "```ignore")]
//! use firstsight_aws::AwsError;
//! use firstsight_aws::access::{Access, AccessOptions, Role};
//! use firstsight_cloudtrail::Timestamp;
//!
//! async fn accounts(now: Timestamp) -> Result<(), AwsError> {
//!     let mut options = AccessOptions::new(now);
//!     options.regions = vec!["eu-west-1".into(), "us-east-1".into()];
//!     options.roles = vec![Role {
//!         arn: "arn:aws:iam::444455556666:role/firstsight".into(),
//!         external_id: Some("example".into()),
//!         session_name: None,
//!     }];
//!     let access = Access::load(options).await?;
//!     for target in access.targets().await? {
//!         let groups = access.logs(&target).describe_log_groups(Some("aws-cloudtrail"), None).await?;
//!         println!("{target}: {} groups", groups.groups.len());
//!     }
//!     println!("{:?}", access.traffic());
//!     Ok(())
//! }
//! ```

mod clients;
mod failure;
#[cfg(all(test, feature = "cloudwatch", feature = "iam"))]
mod fake;
#[cfg(feature = "cloudwatch")]
mod limiter;
mod retry;
mod sdk;
#[cfg(feature = "iam")]
mod sdk_iam;
#[cfg(feature = "cloudwatch")]
mod sdk_logs;
pub(crate) mod settings;
#[cfg(all(test, feature = "cloudwatch", feature = "iam"))]
mod tests;
mod transport;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use clients::Clients;
use firstsight_cloudtrail::Timestamp;

#[cfg(feature = "iam")]
use crate::api::IamApi;
#[cfg(feature = "cloudwatch")]
use crate::api::LogsApi;
use crate::arn::role_account;
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
    regions: Vec<String>,
    roles: Vec<Role>,
    clients: Clients,
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

impl AccessOptions {
    /// Looks for what can be seen to be wrong without asking anybody.
    ///
    /// # Errors
    /// [`AwsError::Invalid`] for a region, role or endpoint that makes no sense, or regions and roles of several
    /// partitions.
    pub fn check(&self) -> Result<(), AwsError> {
        settings::check(self)?;
        settings::distinct(&self.roles)?;
        if self.regions.is_empty() {
            return Ok(());
        }
        settings::check_partitions(&self.roles, &self.regions)
    }
}

impl Access {
    /// Reads the configuration and finds the credentials' provider. No request is made, except of IMDS for a region
    /// where none is set.
    ///
    /// # Errors
    /// [`AwsError::Invalid`] for a profile, region, role or endpoint that makes no sense, or no region at all.
    pub async fn load(options: AccessOptions) -> Result<Self, AwsError> {
        Self::with(options, settings::Given::default()).await
    }

    async fn with(mut options: AccessOptions, given: settings::Given) -> Result<Self, AwsError> {
        settings::check(&options)?;
        options.roles = settings::distinct(&options.roles)?;
        let http = given.http.unwrap_or_else(transport::shared_http_client);
        let (sdk, regions) = settings::load(&options, &http, given.credentials).await?;
        let clients = Clients::new(&options, sdk, http).await;
        Ok(Self(Arc::new(Inner {
            regions,
            roles: options.roles,
            clients,
        })))
    }

    /// The regions to read.
    #[must_use]
    pub fn regions(&self) -> &[String] {
        &self.0.regions
    }

    /// The roles that are assumed, each once.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.0.roles
    }

    /// Who the caller is, before any role is assumed. Asked once.
    ///
    /// # Errors
    /// [`AwsError::Credentials`] where there are none or they are not accepted.
    pub async fn caller(&self) -> Result<Caller, AwsError> {
        self.0.clients.identity(None).await
    }

    /// Assumes the role of a target, where it has one, and tells who that is. Asked once a role.
    ///
    /// # Errors
    /// [`AwsError::Denied`] where the role may not be assumed.
    pub async fn identity(&self, target: &Target) -> Result<Caller, AwsError> {
        self.0.clients.identity(target.role.as_deref()).await
    }

    /// Each account in each region: of the roles, else of the caller.
    ///
    /// # Errors
    /// Those of [`caller`](Self::caller), where there is no role.
    pub async fn targets(&self) -> Result<Vec<Target>, AwsError> {
        let own = if self.0.roles.is_empty() {
            vec![(self.caller().await?.account, None)]
        } else {
            Vec::new()
        };
        let account = |role: &Role| role_account(&role.arn).unwrap_or_default().to_owned();
        let roles = self
            .0
            .roles
            .iter()
            .map(|role| (account(role), Some(role.arn.clone())));
        Ok(own
            .into_iter()
            .chain(roles)
            .flat_map(|place| self.in_each_region(place))
            .collect())
    }

    fn in_each_region(&self, (account, role): (String, Option<String>)) -> Vec<Target> {
        let target = |region: &String| Target {
            account: account.clone(),
            region: region.clone(),
            role: role.clone(),
        };
        self.0.regions.iter().map(target).collect()
    }

    /// CloudWatch Logs there.
    #[cfg(feature = "cloudwatch")]
    #[must_use]
    pub fn logs(&self, target: &Target) -> Arc<dyn LogsApi> {
        self.0.clients.logs(target)
    }

    /// IAM there. (One endpoint a partition: the region only chooses which.)
    #[cfg(feature = "iam")]
    #[must_use]
    pub fn iam(&self, target: &Target) -> Arc<dyn IamApi> {
        self.0.clients.iam(target)
    }

    /// At most so many requests of CloudWatch Logs a second go there.
    #[must_use]
    pub fn rate(&self, target: &Target) -> f64 {
        self.0.clients.transport.rate(target)
    }

    /// What was asked of AWS so far: of CloudWatch Logs, IAM and STS. What the caller's own credentials cost (SSO, IMDS)
    /// is not counted.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.0.clients.transport.meter.traffic()
    }

    /// How far the servers' clocks are ahead of ours, in milliseconds, by the `Date` of the latest answer; `None` before
    /// any. Exact to a second or so.
    #[must_use]
    pub fn clock_ahead_millis(&self) -> Option<i64> {
        self.0.clients.transport.meter.clock_ahead_millis()
    }
}
