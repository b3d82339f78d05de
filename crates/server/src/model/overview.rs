//! The overview.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use firstsight_daemon::Control;
use firstsight_engine::{Hour, Range, Time};
use firstsight_store::Store;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{self, Named};
use super::faults::{FaultLine, faults};
use super::inspections::{InspectionLine, Standing, standing};
use crate::api::shapes;
use crate::problem::Problem;

/// A number an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct HourPoint {
    /// The hour's start.
    #[schema(value_type = shapes::Moment)]
    pub hour: Time,
    /// Error events.
    pub errors: u64,
    /// Clusters that occurred for the first time.
    pub new_clusters: u64,
}

/// The overview: how everything stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Overview {
    /// The present, by the daemon's clock.
    #[schema(value_type = shapes::Moment)]
    pub now: Time,
    /// When the daemon started.
    #[schema(value_type = shapes::Moment)]
    pub started: Time,
    /// The inspections.
    pub inspections: Vec<InspectionLine>,
    /// The last hours, oldest first, gaps filled with zero.
    pub hours: Vec<HourPoint>,
    /// Open faults, the most severe first.
    pub open_faults: Vec<FaultLine>,
    /// Known clusters, over all inspections.
    pub clusters: u64,
    /// Events that wait for a sink.
    pub waiting: u64,
    /// Events that a sink refused for good.
    pub parked: u64,
}

/// The most hours that a chart shows: the usual retention.
const MOST_HOURS: u32 = 90 * 24;

/// The overview, with the last `hours` hours, the present one among them; of one inspection, or of all.
///
/// # Errors
/// When a state cannot be read, there is no such inspection, or there are to be no hours, or more than 90 days of them.
pub async fn overview(
    control: &dyn Control,
    inspection: Option<&str>,
    hours: u32,
) -> Result<Overview, Problem> {
    asked::within("hours", hours as usize, MOST_HOURS as usize)?;
    let stores = asked::stores(control, inspection.unwrap_or_default())?;
    let range = Range::hours_before(control.now().hour().plus(1), i64::from(hours));
    let Standing {
        inspections,
        clusters,
        waiting,
        parked,
    } = standing(control, inspection).await?;
    let mut open_faults = faults(control, inspection, true, 0).await?;
    open_faults.sort_by_key(|line| Reverse((line.fault.status, line.fault.worst, line.fault.started)));
    Ok(Overview {
        now: control.now(),
        started: control.started(),
        inspections,
        hours: points(&stores, &range).await?,
        open_faults,
        clusters,
        waiting,
        parked,
    })
}

/// A point for each hour, over all states.
async fn points(stores: &[Named], range: &Range) -> Result<Vec<HourPoint>, Problem> {
    let mut points: BTreeMap<Hour, HourPoint> = range.hours().map(|hour| (hour, nothing(hour))).collect();
    for (_, store) in stores {
        add(&**store, range, &mut points).await?;
    }
    Ok(points.into_values().collect())
}

fn nothing(hour: Hour) -> HourPoint {
    HourPoint {
        hour: hour.start(),
        errors: 0,
        new_clusters: 0,
    }
}

async fn add(
    store: &dyn Store,
    range: &Range,
    points: &mut BTreeMap<Hour, HourPoint>,
) -> Result<(), Problem> {
    let series = store.series(range).await?;
    for (hour, errors) in series.errors {
        if let Some(point) = points.get_mut(&hour) {
            point.errors += errors;
        }
    }
    for (hour, clusters) in series.new_clusters {
        if let Some(point) = points.get_mut(&hour) {
            point.new_clusters += clusters;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[tokio::test]
    async fn it_tells_how_everything_stands() {
        let fixture = Fixture::shared().await;
        let all = overview(&*fixture.control, None, 48).await.unwrap();
        assert_eq!((all.hours.len(), all.inspections.len()), (48, 4));
        assert_eq!(all.hours[0].hour.to_string(), "2026-01-29T13:00:00Z");
        assert_eq!(all.hours[47].hour.to_string(), "2026-01-31T12:00:00Z");
        assert!(all.hours.iter().map(|point| point.new_clusters).sum::<u64>() > 20);
        assert!(all.clusters > 60 && all.waiting > 0 && all.parked > 0, "{all:?}");
        let statuses: Vec<_> = all
            .open_faults
            .iter()
            .map(|line| Reverse(line.fault.status))
            .collect();
        assert!(statuses.len() > 1 && statuses.is_sorted(), "{statuses:?}");
    }

    #[tokio::test]
    async fn inspections_add_up() {
        let fixture = Fixture::shared().await;
        let errors = async |inspection| {
            let one = overview(&*fixture.control, inspection, 24).await.unwrap();
            (
                one.hours.iter().map(|point| point.errors).sum::<u64>(),
                one.clusters,
            )
        };
        let mut sum = (0, 0);
        for name in ["main", "payments", "sandbox", "legacy"] {
            let one = errors(Some(name)).await;
            sum = (sum.0 + one.0, sum.1 + one.1);
        }
        assert_eq!(sum, errors(None).await);
        assert_eq!(errors(Some("legacy")).await, (0, 0));
    }

    #[tokio::test]
    async fn what_makes_no_sense_is_refused() {
        let fixture = Fixture::shared().await;
        for (inspection, hours, status) in [(None, 0, 400), (None, 2161, 400), (Some("nobody"), 24, 404)] {
            let problem = overview(&*fixture.control, inspection, hours).await.unwrap_err();
            assert_eq!(problem.status, status);
        }
    }
}
