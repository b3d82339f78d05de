//! facets.

use sqlx::SqliteConnection;

use super::Result;
use crate::{EventFacets, EventHead, EventSearch, Found, StoredEvent};

pub(super) async fn search(_conn: &mut SqliteConnection, _search: &EventSearch) -> Result<Found<EventHead>> {
    todo!()
}

pub(super) async fn missing(_conn: &mut SqliteConnection, _limit: usize) -> Result<Vec<StoredEvent>> {
    todo!()
}

pub(super) async fn give(_conn: &mut SqliteConnection, _facets: &[(String, EventFacets)]) -> Result<()> {
    todo!()
}
