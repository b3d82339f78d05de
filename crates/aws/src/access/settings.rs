//! From options to the SDK's configuration: what can be wrong is said before anything is asked.

use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::{Env, Fs};

use super::{AccessOptions, Role};
use crate::arn::{is_region, partition_in, partition_of, role_account};
use crate::error::AwsError;

/// No pause between attempts is longer; the SDK's own limit.
const LONGEST_BACKOFF: Duration = Duration::from_secs(20);

/// Credentials are renewed so long before they expire: a signed request may wait for the budget.
const EXPIRY_MARGIN: Duration = Duration::from_secs(120);

/// More roles than the SDK's 64 keep their credentials.
const MOST_IDENTITIES: usize = 4096;

/// What a program may give in place of what the chain finds: tests do.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    pub(super) http: Option<SharedHttpClient>,
    pub(super) credentials: Option<SharedCredentialsProvider>,
}

/// The SDK's configuration for the caller, with the shared client, and the regions to read.
pub(super) async fn load(
    options: &AccessOptions,
    http: &SharedHttpClient,
    given: Option<SharedCredentialsProvider>,
) -> Result<(SdkConfig, Vec<String>), AwsError> {
    if let Some(profile) = &options.profile {
        check_profile(profile).await?;
    }
    let mut loader = loader(options, http);
    if let Some(credentials) = &given {
        loader = loader.credentials_provider(credentials.clone());
    }
    let sdk = loader.load().await;
    let regions = regions(options, &sdk)?;
    check_partitions(&options.roles, &regions)?;
    let profile = options.profile.as_ref().filter(|_| given.is_none());
    Ok((
        profile.map_or(sdk.clone(), |profile| of_profile(&sdk, profile, http)),
        regions,
    ))
}

fn loader(options: &AccessOptions, http: &SharedHttpClient) -> ConfigLoader {
    let cache = IdentityCache::lazy()
        .buffer_time(EXPIRY_MARGIN)
        .max_partitions(MOST_IDENTITIES);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.clone())
        .retry_config(retries(options, RetryConfig::standard()))
        .timeout_config(timeouts(options))
        .identity_cache(cache.build())
        // Bodies are read whole and their pauses timed by our own connector.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Ok(name) = AppName::new(concat!("firstsight-", env!("CARGO_PKG_VERSION"))) {
        loader = loader.app_name(name);
    }
    chosen(loader, options)
}

/// A misspelt profile would else be said at the first request only, as missing credentials.
#[allow(deprecated)] // The type's new home is a crate that is no public interface.
async fn check_profile(profile: &str) -> Result<(), AwsError> {
    let files = aws_config::profile::profile_file::ProfileFiles::default();
    let (fs, env) = (Fs::real(), Env::real());
    let place = format!("--profile {profile}");
    let sets = aws_config::profile::load(&fs, &env, &files, Some(profile.to_owned().into()));
    let sets = sets.await.map_err(|error| invalid(&place, &error.to_string()))?;
    if sets.get_profile(profile).is_some() {
        return Ok(());
    }
    let known: Vec<&str> = sets.profiles().collect();
    let known = if known.is_empty() {
        "none".to_owned()
    } else {
        sorted(known).join(", ")
    };
    Err(invalid(
        &place,
        &format!("no such profile in the shared configuration (there are: {known})"),
    ))
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

/// Only what was asked for: the rest stays as the environment and the profile say.
fn chosen(mut loader: ConfigLoader, options: &AccessOptions) -> ConfigLoader {
    if let Some(region) = options.regions.first() {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(url) = &options.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if options.fips {
        loader = loader.use_fips(true);
    }
    if options.dual_stack {
        loader.use_dual_stack(true)
    } else {
        loader
    }
}

/// A profile that is named comes before keys in the environment, as in the AWS CLI; in the SDK's chain it would come
/// after them, and another account be read than the one that was asked for.
fn of_profile(sdk: &SdkConfig, profile: &str, http: &SharedHttpClient) -> SdkConfig {
    let settings = ProviderConfig::without_region()
        .with_region(sdk.region().cloned())
        .with_use_fips(sdk.use_fips())
        .with_use_dual_stack(sdk.use_dual_stack())
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_http_client(http.clone());
    let settings = match (sdk.retry_config(), sdk.timeout_config()) {
        (Some(retries), Some(timeouts)) => settings
            .with_retry_config(retries.clone())
            .with_timeout_config(timeouts.clone()),
        _ => settings,
    };
    let provider = ProfileFileCredentialsProvider::builder()
        .configure(&settings)
        .profile_name(profile)
        .build();
    let provider = SharedCredentialsProvider::new(provider);
    sdk.clone().into_builder().credentials_provider(provider).build()
}

/// So many attempts, with growing pauses.
pub(super) fn retries(options: &AccessOptions, kind: RetryConfig) -> RetryConfig {
    let longest = options.initial_backoff.saturating_mul(16).min(LONGEST_BACKOFF);
    kind.with_max_attempts(options.attempts)
        .with_initial_backoff(options.initial_backoff.min(LONGEST_BACKOFF))
        .with_max_backoff(longest)
}

/// The SDK limits only the connecting by itself. The operation's limit lets every attempt run to its own.
fn timeouts(options: &AccessOptions) -> TimeoutConfig {
    let one = options.attempt_timeout.saturating_add(LONGEST_BACKOFF);
    TimeoutConfig::builder()
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.read_timeout)
        .operation_attempt_timeout(options.attempt_timeout)
        .operation_timeout(one.saturating_mul(options.attempts))
        .build()
}

/// Everything that can be seen to be wrong without asking anybody.
pub(super) fn check(options: &AccessOptions) -> Result<(), AwsError> {
    if options.attempts == 0 {
        return Err(invalid("attempts", "at least one is needed"));
    }
    if options
        .profile
        .as_ref()
        .is_some_and(|profile| profile.trim().is_empty())
    {
        return Err(invalid("--profile", "the name is empty"));
    }
    options
        .regions
        .iter()
        .try_for_each(|region| check_region(region))?;
    options.roles.iter().try_for_each(check_role)?;
    options
        .endpoint_url
        .iter()
        .try_for_each(|url| check_endpoint(url, options))
}

pub(crate) fn check_region(region: &str) -> Result<(), AwsError> {
    if is_region(region) {
        return Ok(());
    }
    Err(invalid(
        &format!("--region {region}"),
        "not a region's name, which looks like eu-west-1",
    ))
}

/// Source of the shapes: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
pub(crate) fn check_role(role: &Role) -> Result<(), AwsError> {
    let place = format!("--role-arn {}", role.arn);
    if role_account(&role.arn).is_none() {
        return Err(invalid(
            &place,
            "not a role's ARN, which looks like arn:aws:iam::111122223333:role/name",
        ));
    }
    let session = role.session_name.as_ref();
    if session.is_some_and(|name| !(2..=64).contains(&name.len()) || !is_sts_text(name, b"+=,.@-_")) {
        return Err(invalid(
            &place,
            "a session name has 2 to 64 letters, digits and =,.@-_+",
        ));
    }
    let external = role.external_id.as_ref();
    if external.is_some_and(|id| !(2..=1224).contains(&id.len()) || !is_sts_text(id, b"+=,.@:/-_")) {
        return Err(invalid(
            &place,
            "an external id has 2 to 1224 letters, digits and =,.@:/-_+",
        ));
    }
    Ok(())
}

fn is_sts_text(text: &str, others: &[u8]) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}

fn check_endpoint(url: &str, options: &AccessOptions) -> Result<(), AwsError> {
    let place = format!("--endpoint-url {url}");
    let parsed = url.parse::<http::Uri>().ok();
    let scheme = parsed.as_ref().and_then(http::Uri::scheme_str);
    if !matches!(scheme, Some("http" | "https")) {
        return Err(invalid(
            &place,
            "not a URL, which looks like https://logs.example.com",
        ));
    }
    if options.fips || options.dual_stack {
        return Err(invalid(
            &place,
            "an endpoint of its own cannot be FIPS or dual stack as well: leave one out",
        ));
    }
    Ok(())
}

fn regions(options: &AccessOptions, sdk: &SdkConfig) -> Result<Vec<String>, AwsError> {
    let mut regions = options.regions.clone();
    if regions.is_empty() {
        regions.extend(sdk.region().map(ToString::to_string));
    }
    if regions.is_empty() {
        let place = options
            .profile
            .as_ref()
            .map_or("region".to_owned(), |profile| format!("profile {profile}"));
        return Err(invalid(
            &place,
            "no region is set: give --region, set AWS_REGION, or put region into the profile",
        ));
    }
    let mut seen = std::collections::BTreeSet::new();
    regions.retain(|region| seen.insert(region.clone()));
    Ok(regions)
}

/// Credentials of one partition open nothing in another.
pub(crate) fn check_partitions(roles: &[Role], regions: &[String]) -> Result<(), AwsError> {
    let first = regions.first().map_or("aws", |region| partition_of(region));
    if let Some(other) = regions.iter().find(|region| partition_of(region) != first) {
        let reason = format!(
            "in partition {}, others are in {first}: read them in two runs",
            partition_of(other)
        );
        return Err(invalid(&format!("--region {other}"), &reason));
    }
    let stray = roles
        .iter()
        .find(|role| partition_in(&role.arn).is_some_and(|partition| partition != first));
    stray.map_or(Ok(()), |role| {
        let reason = format!("the role is not in partition {first}, where the regions are");
        Err(invalid(&format!("--role-arn {}", role.arn), &reason))
    })
}

/// Each role once; the same one in two ways is a mistake.
pub(super) fn distinct(roles: &[Role]) -> Result<Vec<Role>, AwsError> {
    let mut kept: Vec<Role> = Vec::new();
    for role in roles {
        match kept.iter().find(|other| other.arn == role.arn) {
            None => kept.push(role.clone()),
            Some(same) if same == role => {}
            Some(_) => {
                let place = format!("--role-arn {}", role.arn);
                return Err(invalid(
                    &place,
                    "given twice, with different external ids or session names",
                ));
            }
        }
    }
    Ok(kept)
}

fn invalid(place: &str, reason: &str) -> AwsError {
    AwsError::Invalid {
        place: place.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(all(test, feature = "cloudwatch", feature = "iam"))]
mod tests;
