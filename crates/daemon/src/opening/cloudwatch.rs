//! Log groups of CloudWatch Logs.
//!
//! Access to AWS is kept from run to run, and shared by inspections that reach AWS alike: budgets of requests hold together,
//! and credentials are renewed by their providers. Its `now` is fixed when it is loaded; only the check of clocks asks it,
//! which a daemon does not make. What a profile or a credentials file says is read when it is loaded too: so a run that could
//! not read has it loaded again by the next one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use firstsight_aws::access::{Access, AccessOptions, Role, Traffic};
use firstsight_aws::cloudwatch::{CloudWatchOptions, CloudWatchSource, Place, Records, regions_of};
use firstsight_config::CloudWatchConfig;
use firstsight_engine::Time;
use firstsight_inspection::chain;
use tokio::sync::OnceCell;

use super::{Opened, settled, shared};

/// The name that slices of log groups are remembered under.
const SOURCE: &str = "cloudwatch";

/// Reading waits for AWS, not for the processor: so many requests are on their way, more where there are many places.
const WORKERS: usize = 8;
const MOST_WORKERS: usize = 32;

/// Longer than CloudTrail exists: the run's range alone tells where to begin.
const NO_HORIZON: i64 = 24 * 366 * 100;

/// What CloudTrail shows as the session of assumed roles, where nothing else is asked for.
const SESSION_NAME: &str = "firstsight";

/// Opened access, by how AWS is reached.
#[derive(Debug, Default)]
pub(super) struct Accesses(Mutex<BTreeMap<String, Arc<OnceCell<Access>>>>);

impl Accesses {
    pub(super) async fn get(&self, config: &CloudWatchConfig, now: Time) -> Result<Access, String> {
        let cell = {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(kept.entry(reached(config)).or_default())
        };
        let access = cell.get_or_try_init(|| Access::load(options(config, now))).await;
        access.cloned().map_err(|error| chain(&error))
    }

    pub(super) fn forget(&self, config: &CloudWatchConfig) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&reached(config));
    }
}

/// How AWS is reached, as text: without what is read there, and without the present.
fn reached(config: &CloudWatchConfig) -> String {
    let options = options(config, Time::from_millis(0));
    format!("{options:?}")
}

/// ARNs tell their regions themselves.
fn options(config: &CloudWatchConfig, now: Time) -> AccessOptions {
    let regions = if config.regions.is_empty() {
        regions_of(&config.groups).unwrap_or_default()
    } else {
        config.regions.clone()
    };
    let session_name = config.role_session_name.as_deref().unwrap_or(SESSION_NAME);
    let role = |arn: &String| Role {
        arn: arn.clone(),
        external_id: config.external_id.clone(),
        session_name: Some(session_name.to_owned()),
    };
    AccessOptions {
        profile: config.profile.clone(),
        regions,
        roles: config.role_arns.iter().map(role).collect(),
        endpoint_url: config.endpoint_url.clone(),
        fips: config.fips,
        dual_stack: config.dual_stack,
        requests_per_second: config.requests_per_second,
        ..AccessOptions::new(now)
    }
}

pub(super) fn check(config: &CloudWatchConfig) -> Result<(), String> {
    options(config, Time::from_millis(0))
        .check()
        .map_err(|error| chain(&error))
}

pub(super) async fn open(
    config: &CloudWatchConfig,
    accesses: &Accesses,
    now: Time,
) -> Result<Opened, String> {
    let access = accesses.get(config, now).await?;
    let targets = access.targets().await.map_err(|error| chain(&error))?;
    let place = |target| Place {
        logs: access.logs(&target),
        rate: access.rate(&target),
        target,
    };
    let places: Vec<Place> = targets.into_iter().map(place).collect();
    let workers = (2 * places.len()).clamp(WORKERS, MOST_WORKERS);
    let options = CloudWatchOptions {
        records: if config.all_records {
            Records::All
        } else {
            Records::Errors
        },
        horizon_hours: NO_HORIZON,
        ..CloudWatchOptions::new(config.groups.clone(), now)
    };
    let source = CloudWatchSource::new(places, options).map_err(|error| chain(&error))?;
    let source = Arc::new(source);
    let told = Arc::clone(&source);
    let before = access.traffic();
    Ok(Opened {
        source,
        ingest: shared(SOURCE, workers, now),
        newest: Some(settled(now)),
        is_service: true,
        notes: Box::new(move || {
            let mut notes = told.notes();
            notes.push(asked(&before, &access.traffic()));
            notes
        }),
    })
}

/// What was asked of AWS since; by inspections that share the access together.
fn asked(before: &Traffic, after: &Traffic) -> String {
    let since = |count: fn(&Traffic) -> u64| count(after).saturating_sub(count(before));
    format!(
        "AWS: {} requests, {} bytes received, {} throttled, {} failed",
        since(|traffic| traffic.requests),
        since(|traffic| traffic.bytes),
        since(|traffic| traffic.throttled),
        since(|traffic| traffic.failed),
    )
}

pub(super) fn described(config: &CloudWatchConfig) -> String {
    let regions = options(config, Time::from_millis(0)).regions;
    let mut text = format!("log groups {}", config.groups.join(", "));
    if !regions.is_empty() {
        text.push_str(&format!(" in {}", regions.join(", ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(groups: &[&str]) -> CloudWatchConfig {
        CloudWatchConfig {
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            regions: vec!["eu-west-1".to_owned()],
            ..CloudWatchConfig::default()
        }
    }

    #[test]
    fn inspections_that_reach_aws_alike_share_their_access() {
        assert_eq!(reached(&config(&["a"])), reached(&config(&["b", "c"])));
        let with_role = CloudWatchConfig {
            role_arns: vec!["arn:aws:iam::111122223333:role/reader".to_owned()],
            ..config(&["a"])
        };
        assert_ne!(reached(&config(&["a"])), reached(&with_role));
    }

    #[test]
    fn what_makes_no_sense_is_said_without_asking_anybody() {
        assert_eq!(check(&config(&["a"])), Ok(()));
        let wrong = CloudWatchConfig {
            regions: vec!["Mars".to_owned()],
            ..config(&["a"])
        };
        assert!(check(&wrong).unwrap_err().contains("Mars"));
    }

    #[test]
    fn only_what_a_run_asked_is_told() {
        let traffic = |requests| Traffic {
            requests,
            bytes: 10 * requests,
            ..Traffic::default()
        };
        assert_eq!(
            asked(&traffic(5), &traffic(8)),
            "AWS: 3 requests, 30 bytes received, 0 throttled, 0 failed"
        );
    }
}
