//! What can go wrong at AWS, by what the caller can do.

use std::time::Duration;

use crate::target::Call;

/// A request's failure. Each message names the call, the account, the region, what was asked of (a log group, a role, a
/// key), and what to do. Nothing at AWS is changed by any of them: firstsight only reads.
///
/// Messages quote what the service said, which can carry text of others: sinks neutralise it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AwsError {
    /// No credentials were found, or they are wrong or have expired. Trying again does not help before they are renewed.
    #[error("{place}: {reason}: {advice}")]
    Credentials {
        /// The account and region, or the profile, as far as known.
        place: String,
        /// What is wrong.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// The caller may not make this call. Trying again does not help before a policy allows it.
    #[error(
        "{place}: {call} was refused: allow {permission} ({said}); 'firstsight iam-policy' prints the whole policy"
    )]
    Denied {
        /// The account, the region and what was asked of.
        place: String,
        /// The call.
        call: Call,
        /// The missing permission: an action, and the resource that it is missing on.
        permission: String,
        /// What the service said.
        said: String,
    },
    /// What was asked for does not exist there.
    #[error("{place}: not found ({reason})")]
    NotFound {
        /// The account, the region and what was asked for.
        place: String,
        /// Where it was looked for, and what to do.
        reason: String,
    },
    /// A page token that is not valid any more: they live for 24 hours. The read starts again from a time.
    #[error("{place}: the page token is not valid any more")]
    StaleToken {
        /// The account, the region and the log group.
        place: String,
    },
    /// The request makes no sense to the service or to us.
    #[error("{place}: {reason}")]
    Invalid {
        /// What was asked for.
        place: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The service asked to slow down, after all retries.
    #[error(
        "{place}: {call} is throttled after {}: others use the account's quota too; {}",
        tries(*attempts),
        slow_down(*call)
    )]
    Throttled {
        /// The account, the region and what was asked of.
        place: String,
        /// The call.
        call: Call,
        /// How often it was tried.
        attempts: u32,
        /// How long the service asked to wait.
        retry_after: Option<Duration>,
    },
    /// No usable answer came, after all retries: connection, time-out, 5xx, a body that cannot be read.
    #[error(
        "{place}: {call} failed after {} ({reason}): look whether AWS can be reached from here (network, proxy, \
         --endpoint-url, --region), or run again later",
        tries(*attempts)
    )]
    Unavailable {
        /// The account, the region and what was asked of.
        place: String,
        /// The call.
        call: Call,
        /// How often it was tried.
        attempts: u32,
        /// What happened.
        reason: String,
    },
}

/// What to do about throttling: the option is about CloudWatch Logs.
pub(crate) fn slow_down(call: Call) -> &'static str {
    if call.action().starts_with("logs:") {
        "lower --requests-per-second or run again later"
    } else {
        "run again later"
    }
}

fn tries(attempts: u32) -> String {
    if attempts == 1 {
        "1 attempt".to_owned()
    } else {
        format!("{attempts} attempts")
    }
}

impl AwsError {
    /// Whether the same request may succeed later, with nothing changed by anybody.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Throttled { .. } | Self::Unavailable { .. })
    }

    /// How long the service asked to wait.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
