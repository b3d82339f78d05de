//! overrides.

use sqlx::SqliteConnection;

use super::Result;
use crate::{OverrideChange, StoredOverride};

pub(super) async fn all(_conn: &mut SqliteConnection, _inspection: &str) -> Result<Vec<StoredOverride>> {
    todo!()
}

pub(super) async fn set(_conn: &mut SqliteConnection, _change: &OverrideChange) -> Result<Option<String>> {
    todo!()
}
