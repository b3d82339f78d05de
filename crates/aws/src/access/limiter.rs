//! How the SDK slows down when the service asks to: one state for each account and region.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_cloudwatchlogs::config::retry::{ClientRateLimiter, RetryConfig, RetryPartition};

use super::AccessOptions;
use super::settings::retries;
use crate::target::Target;

/// Without a partition of our own the SDK would keep one state a region for the whole process, whatever the account:
/// one that is throttled would slow all others down.
#[derive(Debug)]
pub(super) struct Limiters {
    retries: RetryConfig,
    partitions: Mutex<BTreeMap<(String, String), RetryPartition>>,
}

impl Limiters {
    pub(super) fn new(options: &AccessOptions) -> Self {
        Self {
            retries: retries(options, RetryConfig::adaptive()),
            partitions: Mutex::default(),
        }
    }

    pub(super) fn retries(&self) -> RetryConfig {
        self.retries.clone()
    }

    /// The state for an account and region, whichever role leads there.
    pub(super) fn of(&self, target: &Target, rate: f64) -> RetryPartition {
        let key = (target.account.clone(), target.region.clone());
        let mut partitions = self.partitions.lock().unwrap_or_else(PoisonError::into_inner);
        partitions
            .entry(key)
            .or_insert_with(|| partition(target, rate))
            .clone()
    }
}

/// The limiter starts from the budget's rate. From nothing, as it does by itself, it would take an early throttle for one
/// at half a request a second, and creep from there. Its first measurement spans the time since 1970 and leaves a fifth
/// of the rate that it is given, so it is given five times that.
fn partition(target: &Target, rate: f64) -> RetryPartition {
    let limiter = ClientRateLimiter::builder()
        .tokens_retrieved_per_second(rate * 5.0)
        .build();
    RetryPartition::custom(format!("logs {target}"))
        .client_rate_limiter(limiter)
        .build()
}
