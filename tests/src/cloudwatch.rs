//! Log groups read at the library's level, through the real SDK, at a present of the test's own.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use firstsight_aws::access::{Access, AccessOptions, Role};
use firstsight_aws::cloudwatch::{CloudWatchOptions, CloudWatchSource, Place, Records};
use firstsight_cloudtrail::{TimeRange, Timestamp};
use firstsight_inspection::{Ingest, Ingested, InspectionError, Silent, ingest};
use firstsight_source::LogSource;
use firstsight_store::Store;
use serde_json::Value;

use crate::moto::{Call, Moto};
use crate::{allowed, denied};

/// The account that holds the trail; its role is assumed.
pub const ACCOUNT: &str = "111122223333";
/// Where the trail is.
pub const REGION: &str = "eu-west-1";
/// Its log group.
pub const GROUP: &str = "trail";
/// The calls that read it.
pub const FILTER: &str = "FilterLogEvents";
/// The present, unless a test says otherwise.
pub const NOW: &str = "2026-01-15T12:30:00Z";

/// A time.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn at(time: &str) -> Timestamp {
    time.parse().expect("a time")
}

/// A record every two minutes from 04:00 to 12:28 on 2026-01-15; every other one is an error.
#[must_use]
pub fn story() -> Vec<Value> {
    let record = |number: i64| {
        let time = at("2026-01-15T04:00:00Z")
            .plus_millis(number * 120_000)
            .to_string();
        match number % 2 {
            0 => denied(
                &format!("error-{number}"),
                &time,
                &format!("Get{}", ["Role", "User", "Group"][number as usize % 3]),
            ),
            _ => allowed(&format!("fine-{number}"), &time),
        }
    };
    (0..255).map(record).collect()
}

/// A server whose log group holds the [`story`].
#[must_use]
pub fn moto() -> Moto {
    let moto = Moto::start();
    moto.put(ACCOUNT, REGION, GROUP, &story());
    moto
}

/// How AWS is reached: quickly, and without a pause worth waiting for between attempts.
#[must_use]
pub fn options(moto: &Moto, now: Timestamp) -> AccessOptions {
    AccessOptions {
        regions: vec![REGION.to_owned()],
        roles: vec![Role {
            arn: format!("arn:aws:iam::{ACCOUNT}:role/reader"),
            external_id: None,
            session_name: None,
        }],
        endpoint_url: Some(moto.url()),
        requests_per_second: std::num::NonZeroU32::new(10_000),
        initial_backoff: Duration::from_millis(1),
        ..AccessOptions::new(now)
    }
}

/// Opens AWS, as `options` say.
///
/// # Panics
/// When it cannot be opened.
pub async fn places(options: AccessOptions) -> Vec<Place> {
    let access = Access::load(options).await.expect("AWS opens");
    let targets = access.targets().await.expect("there are accounts");
    let place = |target| Place {
        logs: access.logs(&target),
        rate: access.rate(&target),
        target,
    };
    targets.into_iter().map(place).collect()
}

/// How the log group is read: in slices of an hour, ten events a page, the last twelve hours.
#[must_use]
pub fn reading(now: Timestamp, records: Records) -> CloudWatchOptions {
    CloudWatchOptions {
        records,
        page_events: 10,
        horizon_hours: 12,
        ..CloudWatchOptions::new(vec![GROUP.to_owned()], now)
    }
}

/// The source over the log group.
///
/// # Panics
/// When it cannot be opened.
pub async fn source(moto: &Moto, now: Timestamp, records: Records) -> Arc<dyn LogSource> {
    let places = places(options(moto, now)).await;
    Arc::new(CloudWatchSource::new(places, reading(now, records)).expect("the options are good"))
}

/// What is read: all of it, by one worker, committed a few pages at a time.
#[must_use]
pub fn job(now: Timestamp) -> Ingest {
    Ingest {
        range: TimeRange::new(at("2026-01-15T04:00:00Z"), now),
        unit_limit: 2,
        ..Ingest::new("cloudwatch", now)
    }
}

/// Reads the source into a store.
///
/// # Errors
/// Those of [`ingest`].
pub async fn read(
    source: &Arc<dyn LogSource>,
    store: &Arc<dyn Store>,
    job: &Ingest,
) -> Result<Ingested, InspectionError> {
    let silent: Arc<dyn firstsight_inspection::Progress> = Arc::new(Silent);
    ingest(source, store, job, &silent).await
}

/// The starts of the slices that were asked for.
#[must_use]
pub fn slices(calls: &[Call]) -> BTreeSet<String> {
    let start = |call: &Call| Timestamp::from_millis(call.field("startTime").as_i64().unwrap_or_default());
    calls.iter().map(|call| start(call).to_string()).collect()
}
