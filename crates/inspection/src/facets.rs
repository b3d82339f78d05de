//! What an event can be found by, extracted from it.

use firstsight_sink::Event;
use firstsight_store::{EventFacets, Store};

use crate::error::InspectionError;

/// What an event can be found by: a function of the event alone.
#[must_use]
pub fn facets_of(event: &Event) -> EventFacets {
    let _ = event;
    EventFacets::default()
}

/// Gives facets to the events that an earlier version recorded without; how many.
///
/// # Errors
/// When the store fails. Events that cannot be read are given their status alone, so that they are not asked for again.
pub async fn index_events(store: &dyn Store) -> Result<u64, InspectionError> {
    let _ = store;
    todo!()
}
