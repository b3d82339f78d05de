//! Which cluster each error event belongs to, for scoring and for joining with other tools.

use firstsight_cloudtrail::{ErrorEvent, EventIdentity};
use firstsight_engine::{
    Bounds, ClusterId, FineTemplate, Sample, Signature, SignatureId, Summary, SummaryOptions,
};
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
    /// What its family counts it for where it went past its bound.
    pub overflow: SignatureId,
}

/// An error event that was looked for by its `eventID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundRecord {
    /// Its identity and fine signature.
    pub label: Label,
    /// The record.
    pub sample: Sample,
}

/// The event with its record as a store would keep it: a large one stays JSON.
pub(crate) fn found_record(event: &ErrorEvent<'_>) -> Option<FoundRecord> {
    let mut summary = Summary::new(SummaryOptions::default());
    summary.observe(event);
    let (_, sample) = summary.samples().next()?;
    Some(FoundRecord {
        label: label_of(event),
        sample: sample.clone(),
    })
}

pub(crate) fn label_of(event: &ErrorEvent<'_>) -> Label {
    let identity = event.id();
    let event_id = event.event_id.as_deref().filter(|id| !id.is_empty());
    let signature = Signature::new(event, FineTemplate::of(event).identity);
    Label {
        identity,
        event_id: event_id.map_or_else(|| identity.to_string(), str::to_owned),
        overflow: Bounds::overflow(&signature.family()),
        signature: signature.id(),
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
    let signatures = labels.iter().flat_map(|label| [label.signature, label.overflow]);
    let clusters = store.cluster_of(&signatures.collect::<Vec<_>>()).await?;
    let clusters = clusters.chunks(2).map(|of| of.iter().copied().flatten().next());
    Ok(labels
        .iter()
        .map(|label| label.event_id.clone())
        .zip(clusters)
        .collect())
}
