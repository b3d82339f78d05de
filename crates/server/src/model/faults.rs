//! Faults.

use firstsight_daemon::Control;
use firstsight_inspection::FaultRecord;
use serde::Serialize;

use crate::problem::Problem;

/// A fault of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultLine {
    /// The fault as people look back on it.
    #[serde(flatten)]
    pub fault: FaultRecord,
    /// The last event of it, to be opened.
    pub last_event: Option<String>,
}

/// Faults, open ones first, then from the newest; of one inspection, or of all; at most `limit` closed ones.
///
/// # Errors
/// When a state cannot be read, or there is no such inspection.
pub async fn faults(
    control: &dyn Control,
    inspection: Option<&str>,
    only_open: bool,
    limit: usize,
) -> Result<Vec<FaultLine>, Problem> {
    let _ = (control, inspection, only_open, limit);
    todo!()
}
