//! Faults.

use firstsight_daemon::Control;
use firstsight_engine::Time;
use firstsight_inspection::{FaultRecord, fault_record};
use firstsight_store::{FaultTally, Store, StoredFault};
use serde::Serialize;
use utoipa::ToSchema;

use super::asked;

use crate::api::shapes;
use crate::problem::Problem;

/// A fault of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FaultLine {
    /// The fault as people look back on it.
    #[schema(value_type = shapes::FaultRecord)]
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
    let mut found = Vec::new();
    for (name, store) in asked::stores(control, inspection.unwrap_or_default())? {
        let until = judged_until(&*store, &name).await?;
        let stored = store.faults(&name, if only_open { 0 } else { limit }).await?;
        let ids: Vec<_> = stored.iter().map(|fault| fault.id.clone()).collect();
        let tallies = store.fault_tallies(&ids).await?;
        found.extend(
            stored
                .into_iter()
                .zip(tallies)
                .map(|(fault, tally)| (fault, tally, until)),
        );
    }
    found.sort_by(|(a, ..), (b, ..)| place(a).cmp(&place(b)));
    let open = found
        .iter()
        .filter(|(fault, ..)| fault.recovered.is_none())
        .count();
    found.truncate(open + limit);
    Ok(found.into_iter().map(line).collect())
}

/// Open ones first, then from the newest.
fn place(fault: &StoredFault) -> (bool, std::cmp::Reverse<Time>, &str) {
    (
        fault.recovered.is_some(),
        std::cmp::Reverse(fault.opened),
        &fault.id,
    )
}

/// The end of the last window that was judged.
pub(super) async fn judged_until(store: &dyn Store, inspection: &str) -> Result<Option<Time>, Problem> {
    let judged = store.judged(inspection, 1).await?;
    Ok(judged.last().map(|judged| judged.window.end))
}

fn line((fault, tally, until): (StoredFault, FaultTally, Option<Time>)) -> FaultLine {
    FaultLine {
        fault: fault_record(fault, &tally, until),
        last_event: tally.last.map(|(id, _)| id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[tokio::test]
    async fn open_ones_come_first_then_the_newest() {
        let fixture = Fixture::shared().await;
        let all = faults(&*fixture.control, None, false, 1000).await.unwrap();
        let places: Vec<_> = all
            .iter()
            .map(|line| {
                (
                    line.fault.recovered.is_some(),
                    std::cmp::Reverse(line.fault.started),
                )
            })
            .collect();
        assert!(places.is_sorted(), "{places:?}");
        let open = all.iter().filter(|line| line.fault.recovered.is_none()).count();
        assert!(open > 1 && all.len() > open + 2, "{open} of {}", all.len());
        for line in &all {
            assert!(line.last_event.is_some() && line.fault.events > 0, "{line:?}");
        }
        let few = faults(&*fixture.control, None, false, 2).await.unwrap();
        assert_eq!(few, all[..open + 2]);
        let only_open = faults(&*fixture.control, None, true, 0).await.unwrap();
        assert_eq!(only_open, all[..open]);
    }

    #[tokio::test]
    async fn they_are_asked_for_by_inspection() {
        let fixture = Fixture::shared().await;
        let of = faults(&*fixture.control, Some("payments"), false, 1000)
            .await
            .unwrap();
        assert!(!of.is_empty() && of.iter().all(|line| line.fault.inspection == "payments"));
        let unknown = faults(&*fixture.control, Some("nobody"), false, 1)
            .await
            .unwrap_err();
        assert_eq!(unknown.status, 404);
    }
}
