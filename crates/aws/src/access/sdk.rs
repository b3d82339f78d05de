//! What the adapters share: whom they ask for, and how often a request was tried.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::failure::{Asked, Sdk, explain};
#[cfg(any(feature = "cloudwatch", feature = "iam"))]
use crate::arn::partition_of;
use crate::error::AwsError;
#[cfg(any(feature = "cloudwatch", feature = "iam"))]
use crate::target::{Call, Target};

/// On whose behalf requests are made.
#[cfg(any(feature = "cloudwatch", feature = "iam"))]
#[derive(Clone, Debug)]
pub(super) struct Asker {
    pub(super) target: Target,
    pub(super) profile: Option<String>,
    pub(super) most_attempts: u32,
}

#[cfg(any(feature = "cloudwatch", feature = "iam"))]
impl Asker {
    /// A request of `call` about `subject` (`log group trail`), which a policy allows on `resource`.
    pub(super) fn asked(&self, call: Call, subject: &str, resource: String) -> Asked {
        let target = &self.target;
        let place = if subject.is_empty() {
            target.to_string()
        } else {
            format!("{target}, {subject}")
        };
        Asked {
            call,
            place,
            resource,
            region: target.region.clone(),
            role: target.role.clone(),
            profile: self.profile.clone(),
            token: false,
            attempts: 0,
            most_attempts: self.most_attempts,
        }
    }

    /// The ARN of something of a service in this account and region.
    #[cfg(feature = "cloudwatch")]
    pub(super) fn regional_arn(&self, service: &str, resource: &str) -> String {
        let Target { account, region, .. } = &self.target;
        format!(
            "arn:{}:{service}:{region}:{account}:{resource}",
            partition_of(region)
        )
    }

    /// The ARN of something of IAM in this account.
    #[cfg(feature = "iam")]
    pub(super) fn iam_arn(&self, resource: &str) -> String {
        let Target { account, region, .. } = &self.target;
        format!("arn:{}:iam::{account}:{resource}", partition_of(region))
    }
}

/// Sends a request that counts its attempts; a failure is told as one of what was asked.
pub(super) async fn sent<T, E, F>(asked: &Asked, send: impl FnOnce(Attempts) -> F) -> Result<T, AwsError>
where
    E: Error + ProvideErrorMetadata + 'static,
    F: Future<Output = Result<T, Sdk<E>>>,
{
    let attempts = Attempts::default();
    let answer = send(attempts.clone()).await;
    answer.map_err(|error| explain(&error, &attempts.of(asked)))
}

/// Counts the attempts of one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts(Arc<AtomicU32>);

impl Attempts {
    /// What was asked, with the count so far.
    pub(super) fn of(&self, asked: &Asked) -> Asked {
        Asked {
            attempts: self.0.load(Ordering::Relaxed),
            ..asked.clone()
        }
    }
}

impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
