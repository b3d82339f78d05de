//! One HTTP client for everything, and over it a lane for each account and region.

mod budget;
mod connector;
mod meter;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use budget::Budget;
use connector::{Lane, MeteredClient};
pub(crate) use meter::Meter;

use crate::quota;
use crate::target::Target;

/// Requests of IAM a second and account. Its quotas are not published; its throttling is shared with whoever administers
/// the account.
#[cfg(feature = "iam")]
const IAM_RATE: f64 = 5.0;

/// Which budget a request is counted against.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Purse {
    Logs {
        account: String,
        region: String,
    },
    #[cfg(feature = "iam")]
    Iam {
        account: String,
    },
}

/// The shared client, its meter, and the budgets by account and region, whichever role leads there.
#[derive(Debug)]
pub(crate) struct Transport {
    http: SharedHttpClient,
    pub(crate) meter: Arc<Meter>,
    budgets: Mutex<BTreeMap<Purse, Arc<Budget>>>,
    rate: Option<NonZeroU32>,
    silence: Duration,
}

impl Transport {
    pub(crate) fn new(
        http: SharedHttpClient,
        meter: Meter,
        rate: Option<NonZeroU32>,
        silence: Duration,
    ) -> Self {
        Self {
            http,
            meter: Arc::new(meter),
            budgets: Mutex::default(),
            rate,
            silence,
        }
    }

    /// Requests of CloudWatch Logs a second that go there, at most.
    pub(crate) fn rate(&self, target: &Target) -> f64 {
        self.logs_budget(target).rate()
    }

    /// For CloudWatch Logs there.
    #[cfg(feature = "cloudwatch")]
    pub(crate) fn logs(&self, target: &Target) -> SharedHttpClient {
        self.lane(Some(self.logs_budget(target)))
    }

    /// For IAM of that account.
    #[cfg(feature = "iam")]
    pub(crate) fn iam(&self, account: &str) -> SharedHttpClient {
        let purse = Purse::Iam {
            account: account.to_owned(),
        };
        self.lane(Some(self.budget(purse, IAM_RATE)))
    }

    /// For STS, which is asked a few times a run.
    pub(crate) fn free(&self) -> SharedHttpClient {
        self.lane(None)
    }

    fn logs_budget(&self, target: &Target) -> Arc<Budget> {
        let half = f64::from(quota::filter_log_events(&target.region)) / 2.0;
        let rate = self.rate.map_or(half, |rate| f64::from(rate.get()));
        let purse = Purse::Logs {
            account: target.account.clone(),
            region: target.region.clone(),
        };
        self.budget(purse, rate)
    }

    fn budget(&self, purse: Purse, rate: f64) -> Arc<Budget> {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        let budget = budgets
            .entry(purse)
            .or_insert_with(|| Arc::new(Budget::new(rate)));
        Arc::clone(budget)
    }

    fn lane(&self, budget: Option<Arc<Budget>>) -> SharedHttpClient {
        let lane = Lane {
            budget,
            meter: Arc::clone(&self.meter),
            silence: self.silence,
        };
        SharedHttpClient::new(MeteredClient {
            inner: self.http.clone(),
            lane,
        })
    }
}

/// As the SDK's own default client: rustls with aws-lc, the system's certificates, `HTTPS_PROXY`, `HTTP_PROXY` and
/// `NO_PROXY`. One for everything, so that connections are shared.
pub(crate) fn shared_http_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut builder = ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        builder.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        builder.set_proxy_config(Some(ProxyConfig::from_env()));
        builder.build()
    })
}

#[cfg(all(test, feature = "cloudwatch", feature = "iam"))]
mod tests;
