//! The SDK's clients, by account, region and role.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::sts::AssumeRoleProvider;
use aws_config::{Region, SdkConfig};
use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio::sync::OnceCell;

use super::failure::Asked;
#[cfg(feature = "cloudwatch")]
use super::limiter::Limiters;
use super::retry::UnreadableAnswer;
#[cfg(any(feature = "cloudwatch", feature = "iam"))]
use super::sdk::Asker;
use super::sdk::sent;
#[cfg(feature = "iam")]
use super::sdk_iam::SdkIam;
#[cfg(feature = "cloudwatch")]
use super::sdk_logs::SdkLogs;
use super::transport::{Meter, Transport};
use super::{AccessOptions, Caller, Role};
use crate::error::AwsError;
use crate::target::Call;
#[cfg(any(feature = "cloudwatch", feature = "iam"))]
use crate::target::Target;

/// What CloudTrail shows as the session of a role, where nothing else is asked for.
const SESSION_NAME: &str = "firstsight";

type ByRole<T> = Mutex<BTreeMap<Option<String>, Arc<OnceCell<T>>>>;

/// Everything that makes requests.
#[derive(Debug)]
pub(super) struct Clients {
    pub(super) transport: Transport,
    sdk: SdkConfig,
    roles: BTreeMap<String, SharedCredentialsProvider>,
    profile: Option<String>,
    most_attempts: u32,
    callers: ByRole<Caller>,
    #[cfg(feature = "cloudwatch")]
    limiters: Limiters,
    #[cfg(feature = "cloudwatch")]
    logs: Mutex<BTreeMap<Target, Arc<SdkLogs>>>,
    #[cfg(feature = "iam")]
    iam: Mutex<BTreeMap<Target, Arc<SdkIam>>>,
}

impl Clients {
    pub(super) async fn new(options: &AccessOptions, sdk: SdkConfig, http: SharedHttpClient) -> Self {
        let meter = Meter::new(options.now);
        let transport = Transport::new(http, meter, options.requests_per_second, options.read_timeout);
        let sdk = sdk.into_builder().http_client(transport.free()).build();
        let mut roles = BTreeMap::new();
        for role in &options.roles {
            roles.insert(role.arn.clone(), assumed(role, &sdk).await);
        }
        Self {
            transport,
            sdk,
            roles,
            profile: options.profile.clone(),
            most_attempts: options.attempts,
            callers: Mutex::default(),
            #[cfg(feature = "cloudwatch")]
            limiters: Limiters::new(options),
            #[cfg(feature = "cloudwatch")]
            logs: Mutex::default(),
            #[cfg(feature = "iam")]
            iam: Mutex::default(),
        }
    }

    /// Who answers under this role, or without one. A failure is not remembered.
    pub(super) async fn identity(&self, role: Option<&str>) -> Result<Caller, AwsError> {
        let role = role.map(str::to_owned);
        let cell = {
            let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(callers.entry(role.clone()).or_default())
        };
        cell.get_or_try_init(|| self.ask_identity(role)).await.cloned()
    }

    async fn ask_identity(&self, role: Option<String>) -> Result<Caller, AwsError> {
        let config = aws_sdk_sts::config::Builder::from(&self.config(role.as_deref(), None));
        let client = aws_sdk_sts::Client::from_conf(config.retry_classifier(UnreadableAnswer).build());
        let asked = self.asked_identity(role.as_deref());
        let request = client.get_caller_identity();
        let output = sent(&asked, |attempts| {
            request.customize().interceptor(attempts).send()
        })
        .await?;
        Ok(caller(output))
    }

    fn asked_identity(&self, role: Option<&str>) -> Asked {
        let region = self.sdk.region().map(ToString::to_string).unwrap_or_default();
        let place = match (role, &self.profile) {
            (Some(role), _) => format!("role {role}"),
            (None, Some(profile)) => format!("profile {profile}, region {region}"),
            (None, None) => format!("the caller's credentials, region {region}"),
        };
        Asked {
            call: Call::GetCallerIdentity,
            place,
            resource: "*".to_owned(),
            region,
            role: role.map(str::to_owned),
            profile: self.profile.clone(),
            token: false,
            attempts: 0,
            most_attempts: self.most_attempts,
        }
    }

    /// The SDK's configuration for a role, or the caller, in a region, or that of the chain.
    fn config(&self, role: Option<&str>, region: Option<&str>) -> SdkConfig {
        let mut builder = self.sdk.clone().into_builder();
        if let Some(region) = region {
            builder = builder.region(Region::new(region.to_owned()));
        }
        if let Some(role) = role {
            let provider = self.roles.get(role).cloned().unwrap_or_else(|| unknown(role));
            builder = builder.credentials_provider(provider);
        }
        builder.build()
    }

    #[cfg(feature = "cloudwatch")]
    pub(super) fn logs(&self, target: &Target) -> Arc<SdkLogs> {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let client = logs
            .entry(target.clone())
            .or_insert_with(|| Arc::new(self.new_logs(target)));
        Arc::clone(client)
    }

    #[cfg(feature = "cloudwatch")]
    fn new_logs(&self, target: &Target) -> SdkLogs {
        let config = self.config(target.role.as_deref(), Some(&target.region));
        let config = aws_sdk_cloudwatchlogs::config::Builder::from(&config)
            .http_client(self.transport.logs(target))
            .retry_classifier(UnreadableAnswer)
            .retry_config(self.limiters.retries())
            .retry_partition(self.limiters.of(target, self.transport.rate(target)))
            .build();
        SdkLogs {
            client: aws_sdk_cloudwatchlogs::Client::from_conf(config),
            asker: self.asker(target),
        }
    }

    #[cfg(feature = "iam")]
    pub(super) fn iam(&self, target: &Target) -> Arc<SdkIam> {
        let mut iam = self.iam.lock().unwrap_or_else(PoisonError::into_inner);
        let client = iam
            .entry(target.clone())
            .or_insert_with(|| Arc::new(self.new_iam(target)));
        Arc::clone(client)
    }

    #[cfg(feature = "iam")]
    fn new_iam(&self, target: &Target) -> SdkIam {
        let config = self.config(target.role.as_deref(), Some(&target.region));
        let http = self.transport.iam(&target.account);
        let config = aws_sdk_iam::config::Builder::from(&config)
            .http_client(http)
            .build();
        SdkIam {
            client: aws_sdk_iam::Client::from_conf(config),
            asker: self.asker(target),
        }
    }

    #[cfg(any(feature = "cloudwatch", feature = "iam"))]
    fn asker(&self, target: &Target) -> Asker {
        Asker {
            target: target.clone(),
            profile: self.profile.clone(),
            most_attempts: self.most_attempts,
        }
    }
}

/// Assumes the role with the caller's credentials when they are first needed, and again before they expire.
async fn assumed(role: &Role, sdk: &SdkConfig) -> SharedCredentialsProvider {
    let session = role.session_name.as_deref().unwrap_or(SESSION_NAME);
    let mut builder = AssumeRoleProvider::builder(&role.arn)
        .session_name(session)
        .configure(sdk);
    if let Some(id) = &role.external_id {
        builder = builder.external_id(id);
    }
    SharedCredentialsProvider::new(builder.build().await)
}

/// A target of another access: its requests fail, and say why.
fn unknown(role: &str) -> SharedCredentialsProvider {
    let role = role.to_owned();
    SharedCredentialsProvider::new(provide_credentials_fn(move || {
        let reason = format!("the role {role} is not among the configured ones");
        async { Err(CredentialsError::invalid_configuration(reason)) }
    }))
}

fn caller(output: GetCallerIdentityOutput) -> Caller {
    Caller {
        account: output.account.unwrap_or_default(),
        arn: output.arn.unwrap_or_default(),
    }
}
