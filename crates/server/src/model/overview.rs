//! The overview.

use firstsight_daemon::Control;
use firstsight_engine::Time;
use serde::Serialize;

use super::faults::FaultLine;
use super::inspections::InspectionLine;
use crate::problem::Problem;

/// A number an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct HourPoint {
    /// The hour's start.
    pub hour: Time,
    /// Error events.
    pub errors: u64,
    /// Clusters that occurred for the first time.
    pub new_clusters: u64,
}

/// The overview: how everything stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overview {
    /// The present, by the daemon's clock.
    pub now: Time,
    /// When the daemon started.
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

/// The overview, with the last `hours` hours; of one inspection, or of all.
///
/// # Errors
/// When a state cannot be read, or there is no such inspection.
pub async fn overview(
    control: &dyn Control,
    inspection: Option<&str>,
    hours: u32,
) -> Result<Overview, Problem> {
    let _ = (control, inspection, hours);
    todo!()
}
