//! Settings that were changed by hand.

use sqlx::{FromRow, SqliteConnection};

use super::convert::{failed, time};
use super::{Result, people};
use crate::people::overridden;
use crate::{OverrideChange, Said, StoredOverride};

#[derive(FromRow)]
struct Row {
    key: String,
    value: String,
    said_at: i64,
    said_by: String,
    note: String,
}

impl From<Row> for StoredOverride {
    fn from(row: Row) -> Self {
        Self {
            key: row.key,
            value: row.value,
            said: Said {
                by: row.said_by,
                at: time(row.said_at),
                note: row.note,
            },
        }
    }
}

/// Those of an inspection, by key.
pub(super) async fn all(conn: &mut SqliteConnection, inspection: &str) -> Result<Vec<StoredOverride>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT key, value, said_at, said_by, note FROM overrides WHERE inspection = ? ORDER BY key",
    )
    .bind(inspection)
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    Ok(rows.into_iter().map(StoredOverride::from).collect())
}

/// Sets one, or drops it; the value that it had. The caller commits the transaction.
pub(super) async fn set(conn: &mut SqliteConnection, change: &OverrideChange) -> Result<Option<String>> {
    let before = drop(conn, change).await?;
    let entry = overridden(change, before.as_deref())?;
    if let Some(value) = &change.value {
        keep(conn, change, value).await?;
    }
    people::write(conn, &entry).await?;
    Ok(before)
}

async fn drop(conn: &mut SqliteConnection, change: &OverrideChange) -> Result<Option<String>> {
    sqlx::query_scalar("DELETE FROM overrides WHERE inspection = ? AND key = ? RETURNING value")
        .bind(&change.inspection)
        .bind(&change.key)
        .fetch_optional(conn)
        .await
        .map_err(failed)
}

async fn keep(conn: &mut SqliteConnection, change: &OverrideChange, value: &str) -> Result<()> {
    sqlx::query(
        "INSERT INTO overrides (inspection, key, value, said_at, said_by, note) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(&change.inspection)
    .bind(&change.key)
    .bind(value)
    .bind(change.said.at.as_millis())
    .bind(&change.said.by)
    .bind(&change.said.note)
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(())
}
