//! Opens log groups, and tells what reading them costs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use firstsight_aws::access::{Access, Traffic};
use firstsight_aws::cloudwatch::{CloudWatchOptions, CloudWatchSource, Estimate, Place, Records};
use firstsight_cloudtrail::TimeRange;
use firstsight_inspection::{Ingest, Ingested, Progress};
use firstsight_source::LogSource as _;
use firstsight_store::Store;
use indicatif::{DecimalBytes, HumanCount, HumanDuration};

use super::{Opened, Way, settled};
use crate::args::aws::Aws;
use crate::args::source::{CLOUDWATCH, LogGroups};
use crate::context::Context;
use crate::failure::Failure;

/// The name that slices of log groups are remembered under.
const SOURCE: &str = "cloudwatch";

/// Reading waits for AWS, not for the processor: so many requests are on their way, more where there are many places.
const WORKERS: usize = 8;
const MOST_WORKERS: usize = 32;

/// From so many requests or seconds on, an estimate is told.
const LARGE_REQUESTS: u64 = 200;
const LARGE_SECONDS: u64 = 60;

/// What log groups need besides their source.
pub(crate) struct Groups {
    pub(crate) access: Access,
    source: Arc<CloudWatchSource>,
    options: CloudWatchOptions,
    /// Requests a second of each place.
    rates: Vec<f64>,
}

/// AWS as the arguments say, for these log groups.
pub(crate) async fn access(aws: &Aws, groups: &[String], context: &Context) -> Result<Access, Failure> {
    let options = aws.options(groups, context.now);
    options
        .check()
        .map_err(|error| Failure::usage(error.to_string()))?;
    Ok(context.or_cancelled(Access::load(options)).await??)
}

/// Opens log groups.
pub(super) async fn open(
    names: &[String],
    how: &LogGroups,
    way: Way,
    context: &Context,
) -> Result<Opened, Failure> {
    let access = access(&how.aws, names, context).await?;
    let places = places(&access, context).await?;
    let options = CloudWatchOptions {
        records: if how.all_records {
            Records::All
        } else {
            Records::Errors
        },
        slice_hours: way.slice_hours,
        horizon_hours: way.horizon_hours,
        ..CloudWatchOptions::new(names.to_vec(), context.now)
    };
    let rates = places.iter().map(|place| place.rate).collect();
    let source = CloudWatchSource::new(places, options.clone());
    let source = Arc::new(source.map_err(|error| Failure::usage(error.to_string()))?);
    Ok(Opened {
        source: Arc::clone(&source) as _,
        // Whether there is a record in it is not known: it is the hour that is judged at the latest.
        newest: Some(settled(context)),
        passed_over: String::new(),
        groups: Some(Groups {
            access,
            source,
            options,
            rates,
        }),
        stored: None,
    })
}

async fn places(access: &Access, context: &Context) -> Result<Vec<Place>, Failure> {
    let targets = context.or_cancelled(access.targets()).await??;
    let place = |target| Place {
        logs: access.logs(&target),
        rate: access.rate(&target),
        target,
    };
    Ok(targets.into_iter().map(place).collect())
}

impl Groups {
    /// Says what a large back-fill may cost, before it begins.
    pub(super) async fn announce(
        &self,
        store: &dyn Store,
        range: &TimeRange,
        context: &Context,
    ) -> Result<(), Failure> {
        // Where a run has read before, only the newest slices are left.
        if context.quiet || !store.positions(SOURCE).await?.is_empty() {
            return Ok(());
        }
        // What cannot be listed is told by the reading.
        if let Ok(estimate) = context.or_cancelled(self.source.estimate(range)).await?
            && (estimate.requests > LARGE_REQUESTS || estimate.seconds > LARGE_SECONDS)
        {
            context.hint(&announced(&estimate, self.hours(range), &self.rates));
        }
        Ok(())
    }

    /// How many hours of a range are read.
    fn hours(&self, range: &TimeRange) -> i64 {
        let now = self.options.now;
        let horizon = now.plus_millis(-self.options.horizon_hours * 3_600_000);
        let millis = range.end.min(now).as_millis() - range.start.max(horizon).as_millis();
        (millis / 3_600_000).max(1)
    }

    /// What there is to say after reading.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = self.source.notes();
        notes.push(told(&self.access.traffic()));
        if self.options.records == Records::Errors {
            notes.push(
                "only records of errors were asked for: counts of records, and access keys' last activity, are told from \
                 those (--all-records reads every record)"
                    .to_owned(),
            );
        }
        notes
    }

    /// Why there is nothing to judge, and where to look.
    pub(super) fn nothing(&self, read: &Ingested) -> Failure {
        let mut message = format!("{}: no CloudTrail record was found in it", self.source.describe());
        if !read.unread.is_empty() {
            message = format!("{}: nothing of it could be read", self.source.describe());
        }
        for unread in read.unread.iter().take(5) {
            message.push_str(&format!("\n  {unread}"));
        }
        // Where in a page it stood helps nobody.
        let rejects = read.reject_examples.iter();
        let rejects: BTreeSet<_> = rejects
            .map(|example| (&example.origin, &example.reason))
            .collect();
        for (origin, reason) in rejects.into_iter().take(5) {
            message.push_str(&format!("\n  {origin}: {reason}"));
        }
        if let Some(group) = self.options.groups.first() {
            message.push_str(&format!(
                "\n  'firstsight check {CLOUDWATCH}{group}', with the same options, tells step by step what is missing"
            ));
        }
        Failure::new(message)
    }

    /// How to read: by many workers, who together hold no more than one does otherwise.
    pub(super) fn reading(&self, options: Ingest) -> Ingest {
        let workers = (2 * self.rates.len()).clamp(WORKERS, MOST_WORKERS);
        Ingest {
            source: SOURCE.to_owned(),
            workers,
            row_limit: options.row_limit / workers,
            weight_limit: options.weight_limit / workers,
            unit_limit: options.unit_limit / workers,
            ..options
        }
    }

    /// A progress bar over slices.
    pub(super) fn progress(&self, context: &Context) -> Arc<dyn Progress> {
        let access = self.access.clone();
        crate::progress::slices(context, move || access.traffic())
    }
}

fn announced(estimate: &Estimate, hours: i64, rates: &[f64]) -> String {
    let groups = counted(estimate.groups, "log group");
    let bytes = estimate
        .bytes
        .map_or(String::new(), |bytes| format!("about {}, ", DecimalBytes(bytes)));
    format!(
        "reading {} of {groups}: {bytes}at least {}, {} at {} (--requests-per-second)",
        stretch(hours),
        counted(estimate.requests, "request"),
        HumanDuration(Duration::from_secs(estimate.seconds)),
        rate(rates),
    )
}

/// How fast places are asked, each by itself.
fn rate(rates: &[f64]) -> String {
    let slowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
    let fastest = rates.iter().copied().fold(0.0, f64::max);
    let each = if rates.len() > 1 {
        ", account and region"
    } else {
        ""
    };
    if slowest < fastest {
        format!("{slowest} to {fastest} requests a second{each}")
    } else {
        format!("{fastest} requests a second{each}")
    }
}

fn stretch(hours: i64) -> String {
    match u64::try_from(hours).unwrap_or_default() {
        hours if hours >= 48 => counted(hours / 24, "day"),
        hours => counted(hours, "hour"),
    }
}

/// What was asked of AWS.
fn told(traffic: &Traffic) -> String {
    let mut text = format!(
        "AWS: {}, {} received",
        counted(traffic.requests, "request"),
        DecimalBytes(traffic.bytes)
    );
    if traffic.throttled > 0 {
        text.push_str(&format!(", {} throttled", HumanCount(traffic.throttled)));
    }
    if traffic.failed > 0 {
        text.push_str(&format!(", {} failed", HumanCount(traffic.failed)));
    }
    text
}

fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what}{plural}", HumanCount(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_names_every_number_that_decides() {
        let estimate = Estimate {
            groups: 2,
            slices: 60,
            bytes: Some(3_400_000_000),
            requests: 3_500,
            seconds: 720,
        };
        assert_eq!(
            announced(&estimate, 360, &[5.0]),
            "reading 15 days of 2 log groups: about 3.40 GB, at least 3,500 requests, 12 minutes at 5 requests a second \
             (--requests-per-second)"
        );
        let unknown = Estimate {
            groups: 1,
            bytes: None,
            ..estimate
        };
        assert_eq!(
            announced(&unknown, 30, &[12.0, 2.5]),
            "reading 30 hours of 1 log group: at least 3,500 requests, 12 minutes at 2.5 to 12 requests a second, account \
             and region (--requests-per-second)"
        );
    }

    #[test]
    fn throttles_and_failures_are_told_where_there_are_any() {
        let mut traffic = Traffic {
            requests: 1,
            bytes: 1_500_000,
            ..Traffic::default()
        };
        assert_eq!(told(&traffic), "AWS: 1 request, 1.50 MB received");
        (traffic.requests, traffic.throttled, traffic.failed) = (12_000, 3, 2);
        assert_eq!(
            told(&traffic),
            "AWS: 12,000 requests, 1.50 MB received, 3 throttled, 2 failed"
        );
    }
}
