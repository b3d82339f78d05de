//! Which cluster each error event belongs to, for scoring and for joining with other tools.

use firstsight_cloudtrail::{ErrorEvent, EventIdentity};
use firstsight_engine::{ClusterId, FineTemplate, Signature, SignatureId};
use firstsight_store::{Store, StoreError};

/// One error event's fine signature.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// Its identity.
    pub identity: EventIdentity,
    /// Its `eventID`, or its identity where it has none.
    pub event_id: String,
    /// Its fine signature.
    pub signature: SignatureId,
}

pub(crate) fn label_of(event: &ErrorEvent<'_>) -> Label {
    let identity = event.id();
    let event_id = event.event_id.as_deref().filter(|id| !id.is_empty());
    Label {
        identity,
        event_id: event_id.map_or_else(|| identity.to_string(), str::to_owned),
        signature: Signature::new(event, FineTemplate::of(event).identity).id(),
    }
}

/// The cluster of each label, in the labels' order; `None` where it was never judged.
///
/// # Errors
/// When the store cannot be read.
pub async fn labels_of(
    store: &dyn Store,
    labels: &[Label],
) -> Result<Vec<(String, Option<ClusterId>)>, StoreError> {
    let signatures: Vec<SignatureId> = labels.iter().map(|label| label.signature).collect();
    let clusters = store.cluster_of(&signatures).await?;
    Ok(labels
        .iter()
        .map(|label| label.event_id.clone())
        .zip(clusters)
        .collect())
}
