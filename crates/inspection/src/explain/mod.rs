//! Explaining: from an id to everything that is known of what it names.

mod find;
mod gather;
mod variables;

use firstsight_engine::{ClusterId, FindingId, Sample};
use firstsight_sink::explanation::{Asked, Facts, Kept};
use firstsight_store::Store;

use crate::error::InspectionError;
use crate::label::FoundRecord;

/// What is to be explained.
#[derive(Clone, Debug, Default)]
pub struct Question<'a> {
    /// A cluster's id or at least four of its first digits, a finding's id, an event's id, or a record's `eventID`.
    pub id: &'a str,
    /// The inspection whose judgements are told.
    pub inspection: &'a str,
    /// The records of that `eventID`, where a source was read for this question, see
    /// [`Ingest::look_for`](crate::Ingest::look_for).
    pub records: &'a [FoundRecord],
    /// Where what is told is kept.
    pub kept: Kept,
}

/// What an answer holds: an event can be about several clusters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The clusters' facts, in the order of the event's findings.
    pub facts: Vec<Facts>,
    /// How many clusters were left out.
    pub left_out: usize,
}

/// The most clusters that one answer tells.
const MOST_CLUSTERS: usize = 20;

/// One cluster of an answer.
struct Target {
    cluster: ClusterId,
    /// The finding that was asked for.
    finding: Option<FindingId>,
    /// The record that was asked for.
    sample: Option<Sample>,
    asked: Asked,
}

/// Everything that a store knows of what an id names.
///
/// # Errors
/// [`InspectionError::Unknown`] and [`InspectionError::Ambiguous`] about the id, otherwise when the store cannot be read.
pub async fn explain(store: &dyn Store, question: &Question<'_>) -> Result<Answer, InspectionError> {
    let mut targets = find::targets(store, question).await?;
    let left_out = targets.len().saturating_sub(MOST_CLUSTERS);
    targets.truncate(MOST_CLUSTERS);
    let mut answer = Answer {
        left_out,
        ..Answer::default()
    };
    for target in &targets {
        answer.facts.push(gather::facts(store, question, target).await?);
    }
    Ok(answer)
}
