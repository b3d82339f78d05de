//! What reading a window may cost.

use std::collections::BTreeMap;

use firstsight_cloudtrail::TimeRange;
use firstsight_source::slices::Slice;

use super::lane::Lane;
use super::{CloudWatchSource, Estimate, Place, Records};

/// The most that a page of `FilterLogEvents` holds.
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
const PAGE_BYTES: u64 = 1 << 20;

/// Of each lane, where errors alone are asked for: the newest records, the streams, the oldest record of an account.
const WITNESSES: u64 = 3;

/// Adds lanes up. Accounts and regions are read side by side, each at its own rate; roles of one account share it.
pub(super) fn of<'a>(
    source: &CloudWatchSource,
    lanes: impl Iterator<Item = &'a Lane>,
    window: &TimeRange,
) -> Estimate {
    let mut estimate = Estimate::default();
    let mut budgets: BTreeMap<(&str, &str), (u64, f64)> = BTreeMap::new();
    for lane in lanes {
        let asked = requests_of(source, lane, window, &mut estimate);
        estimate.requests += asked;
        if let Some(Place { target, rate, .. }) = source.places.get(lane.place) {
            let budget = budgets.entry((&target.account, &target.region));
            budget.or_insert((0, *rate)).0 += asked;
        }
    }
    let seconds = budgets.values().map(|(requests, rate)| seconds(*requests, *rate));
    estimate.seconds = seconds.max().unwrap_or_default();
    estimate
}

fn requests_of(source: &CloudWatchSource, lane: &Lane, window: &TimeRange, estimate: &mut Estimate) -> u64 {
    let options = &source.options;
    let range = lane.range(window, options);
    let slices = Slice::over(range, options.slice_hours).count() as u64;
    let bytes = lane.bytes(range, options.now);
    estimate.groups += 1;
    estimate.slices += slices;
    estimate.bytes = match (estimate.bytes, bytes) {
        (Some(a), Some(b)) => Some(a.saturating_add(b)),
        (a, b) => a.or(b),
    };
    let witnesses = if options.records == Records::Errors {
        WITNESSES
    } else {
        0
    };
    slices.max(bytes.unwrap_or_default().div_ceil(PAGE_BYTES)) + witnesses
}

fn seconds(requests: u64, rate: f64) -> u64 {
    if requests == 0 || rate <= 0.0 || rate.is_nan() {
        return 0;
    }
    // Far fewer than 2^52 requests; a quotient beyond u64 saturates.
    (requests as f64 / rate).ceil() as u64
}
