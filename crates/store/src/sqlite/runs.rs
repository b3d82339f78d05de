//! runs.

use sqlx::SqliteConnection;

use super::Result;
use crate::{RunQuery, StoredRun};

pub(super) async fn note(_conn: &mut SqliteConnection, _run: &StoredRun) -> Result<()> {
    todo!()
}

pub(super) async fn runs(_conn: &mut SqliteConnection, _query: &RunQuery) -> Result<Vec<StoredRun>> {
    todo!()
}
